#include "fq/edge/area_file.h"

#include <stdlib.h>
#include <string.h>

#include "fq/edge/csv.h"

enum column { CODE, NAME_ZH, NAME_EN, PARENT, TIER, VALID_FROM, VALID_TO, SUCCESSOR, COLUMN_COUNT };

static const struct column_row {
    const char *name;
    bool is_required;
} columns[COLUMN_COUNT] = {
    [CODE] = {"code", true},          [NAME_ZH] = {"name_zh", true},
    [NAME_EN] = {"name_en", true},    [PARENT] = {"parent_code", true},
    [TIER] = {"tier", true},          [VALID_FROM] = {"valid_from", false},
    [VALID_TO] = {"valid_to", false}, [SUCCESSOR] = {"successor", false},
};

struct loader {
    const char *path;
    struct fq_areas areas;
    bool has_header;
    uint32_t fields[COLUMN_COUNT]; /* which field of a row is the column, from 1; 0 absent */
    struct {
        uint32_t code, line;
    } lines[FQ_AREAS_MAX]; /* where each area was read */
};

static fq_err take_header(struct loader *loader, const struct fq_csv_row *row,
                          struct fq_why *out_why)
{
    for (uint32_t i = 0; i < row->field_count; i++) {
        struct fq_span name = row->fields[i];
        int column = 0;
        while (column < COLUMN_COUNT && !fq_span_equal(name, fq_span_text(columns[column].name))) {
            column++;
        }
        if (column == COLUMN_COUNT || loader->fields[column]) {
            return fq_fail(out_why, FQ_REASON_AREA_FILE,
                           "%s:%u: the column %.*s is unknown or there twice", loader->path,
                           row->line, (int)(name.size < 40 ? name.size : 40),
                           (const char *)name.data);
        }
        loader->fields[column] = i + 1;
    }
    for (int column = 0; column < COLUMN_COUNT; column++) {
        if (columns[column].is_required && !loader->fields[column]) {
            return fq_fail(out_why, FQ_REASON_AREA_FILE, "%s:%u: there is no column %s",
                           loader->path, row->line, columns[column].name);
        }
    }
    loader->has_header = true;
    return FQ_OK;
}

/* Six digits, or 0 for nothing. */
static bool read_code(struct fq_span text, uint32_t *out_code)
{
    uint32_t code = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        code = code * 10 + (uint32_t)(text.data[i] - '0');
    }
    *out_code = code;
    return text.size == 0 || text.size == 6;
}

static bool read_name(struct fq_span text, char *out, size_t size)
{
    if (text.size == 0 || text.size >= size) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static bool read_date(struct fq_span text, uint16_t *out_date)
{
    *out_date = 0;
    return text.size == 0 || fq_date_parse(text, out_date);
}

static bool read_field(enum column column, struct fq_span text, struct fq_area *area)
{
    switch (column) {
    case CODE:
        return read_code(text, &area->code);
    case NAME_ZH:
        return read_name(text, area->name_zh, sizeof area->name_zh);
    case NAME_EN:
        return read_name(text, area->name_en, sizeof area->name_en);
    case PARENT:
        return read_code(text, &area->parent);
    case TIER:
        return fq_tier_parse(text, &area->tier);
    case VALID_FROM:
        return read_date(text, &area->valid_from);
    case VALID_TO:
        return read_date(text, &area->valid_to);
    case SUCCESSOR:
        return read_code(text, &area->successor);
    default:
        return false;
    }
}

static fq_err take_row(void *context, const struct fq_csv_row *row, struct fq_why *out_why)
{
    struct loader *loader = context;
    struct fq_area area = {0};
    struct fq_why why;

    if (row->is_malformed) {
        return fq_fail(out_why, FQ_REASON_AREA_FILE, "%s:%u: the row is not well-formed",
                       loader->path, row->line);
    }
    if (!loader->has_header) {
        return take_header(loader, row, out_why);
    }
    for (int column = 0; column < COLUMN_COUNT; column++) {
        uint32_t field = loader->fields[column];
        if (field && !read_field((enum column)column, row->fields[field - 1], &area)) {
            return fq_fail(out_why, FQ_REASON_AREA_FILE, "%s:%u: %s is malformed", loader->path,
                           row->line, columns[column].name);
        }
    }
    if (fq_areas_add(&loader->areas, &area, &why)) {
        return fq_fail(out_why, why.reason, "%s:%u: %.300s", loader->path, row->line, why.detail);
    }
    loader->lines[loader->areas.count - 1].code = area.code;
    loader->lines[loader->areas.count - 1].line = row->line;
    return FQ_OK;
}

/* The line of the area whose code begins the detail of fq_areas_check; the header's for none. */
static uint32_t line_of(const struct loader *loader, const char *detail)
{
    unsigned long code = strtoul(detail, NULL, 10);
    for (uint32_t i = 0; i < loader->areas.count; i++) {
        if (loader->lines[i].code == code) {
            return loader->lines[i].line;
        }
    }
    return 1;
}

fq_err fq_areas_load_csv(const char *path, struct fq_arena *arena, struct fq_areas *out_areas,
                         struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(arena);

    fq_err err = FQ_OK;
    struct fq_why why;
    struct loader *loader = calloc(1, sizeof *loader);

    if (!loader) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: no memory", path);
        goto done;
    }
    loader->path = path;
    err = fq_areas_init(&loader->areas, arena, FQ_AREAS_MAX, out_why);
    err = err ? err : fq_csv_read(path, take_row, loader, out_why);
    if (err) {
        goto done;
    }
    if (fq_areas_check(&loader->areas, &why)) {
        err = fq_fail(out_why, why.reason, "%s:%u: %.300s", path, line_of(loader, why.detail),
                      why.detail);
        goto done;
    }
    *out_areas = loader->areas;

done:
    free(loader);
    return err;
}
