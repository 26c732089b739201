/* The tables of a bulletin, and where the bars of its charts stand. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bulletin.h"
#include "fq/core/press.h"
#include "sheet.h"

#define ROWS_MAX 256
#define TABLE_SIZE (512u << 10)
#define NAME_WIDTH 28 /* columns of a name in plain text */
#define BAR_HEIGHT 22 /* pixels of a lying bar's row */
#define BAR_LENGTH 380
#define COLUMN_WIDTH 90 /* of a standing bar */
#define COLUMN_HEIGHT 160

struct row {
    struct fq_span values; /* of the node's answer */
    struct fq_span base;   /* the same row of the year before; empty without */
    char name[128];
    int64_t concluded; /* 0 when it is hidden */
    bool is_hidden;
};

struct table {
    const char *name; /* of its key, such as `types` */
    const char *dimension;
    bool is_sorted, has_zeros, is_standing;
    struct row rows[ROWS_MAX];
    uint32_t count;
    int64_t most;
};

/* ---- names ---- */

static void name_area(const struct bulletin *bulletin, const char *code, struct row *row)
{
    const struct fq_area *area =
        fq_areas_find(&bulletin->tables->areas, (uint32_t)strtoul(code, NULL, 10));

    if (area) {
        snprintf(row->name, sizeof row->name, "%s",
                 bulletin->is_chinese ? area->name_zh : area->name_en);
    }
}

static void name_code(const struct bulletin *bulletin, const char *dimension, const char *id,
                      struct row *row)
{
    enum fq_code_table table = fq_codes_table_find(fq_span_text(dimension));
    uint16_t number;

    if (table && fq_codes_find_id(&bulletin->tables->codes, table, fq_span_text(id), &number)) {
        const struct fq_code *code = fq_codes_find(&bulletin->tables->codes, table, number);
        snprintf(row->name, sizeof row->name, "%s", bulletin->is_chinese ? code->zh : code->en);
    }
}

static void name_row(const struct bulletin *bulletin, const char *dimension, struct row *row)
{
    cli_copy(row->name, sizeof row->name, fq_map_text(row->values, dimension));
    if (strcmp(dimension, "area") == 0) {
        name_area(bulletin, row->name, row);
    } else if (strcmp(dimension, "month") != 0) {
        name_code(bulletin, dimension, row->name, row);
    }
}

/* ---- rows ---- */

/* The row with the same key; of months, with the same month a year before. */
static struct fq_span find_base(struct fq_span answer, const char *dimension, struct fq_span row)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(answer, "rows"));
    uint32_t count = answer.size ? fq_read_array(&reader) : 0;
    struct fq_span key = fq_map_text(row, dimension);
    size_t skipped = strcmp(dimension, "month") == 0 && key.size > 4 ? 4 : 0;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span other = fq_read_skip(&reader);
        struct fq_span other_key = fq_map_text(other, dimension);
        if (other_key.size == key.size &&
            memcmp(other_key.data + skipped, key.data + skipped, key.size - skipped) == 0) {
            return other;
        }
    }
    return (struct fq_span){0};
}

static int by_concluded(const void *a, const void *b)
{
    const struct row *left = a, *right = b;

    if (left->is_hidden != right->is_hidden) {
        return left->is_hidden ? 1 : -1; /* last, so that their order tells nothing */
    }
    if (left->concluded != right->concluded) {
        return left->concluded > right->concluded ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static void read_rows(struct bulletin *bulletin, struct fq_span now, struct fq_span base,
                      struct table *table)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(now, "rows"));
    uint32_t count = now.size ? fq_read_array(&reader) : 0;

    for (uint32_t i = 0; i < count && table->count < ROWS_MAX && !reader.is_bad; i++) {
        struct row row = {.values = fq_read_skip(&reader)};
        row.concluded = fq_map_int(row.values, "concluded");
        row.is_hidden = bulletin_is_hidden(bulletin, row.values, "concluded");
        bool is_told = row.concluded || fq_map_int(row.values, "accepted") ||
                       fq_map_bool(row.values, "suppressed");
        if (!table->has_zeros && !is_told) {
            continue;
        }
        row.base = find_base(base, table->dimension, row.values);
        name_row(bulletin, table->dimension, &row);
        table->most = row.concluded > table->most ? row.concluded : table->most;
        table->rows[table->count++] = row;
    }
    if (table->is_sorted) {
        qsort(table->rows, table->count, sizeof table->rows[0], by_concluded);
    }
}

/* ---- what a row says ---- */

/* Blanks that bring a name to a column of plain text. */
static const char *pad(struct bulletin *bulletin, const char *name)
{
    size_t width = sheet_text_width(name);

    return bulletin_text(bulletin, "%*s", (int)(width < NAME_WIDTH ? NAME_WIDTH - width : 1), "");
}

static void write_pair_count(struct bulletin *bulletin, struct fq_span figures, const char *key,
                             struct fq_writer *writer)
{
    if (bulletin_is_hidden(bulletin, figures, key)) {
        cli_write_pair_text(writer, key, BULLETIN_HIDDEN);
    } else {
        cli_write_pair_uint(writer, key, fq_map_uint(figures, key));
    }
}

static const char *count_of(struct bulletin *bulletin, struct fq_span figures)
{
    return bulletin_is_hidden(bulletin, figures, "concluded")
               ? BULLETIN_HIDDEN
               : bulletin_count(bulletin, fq_map_int(figures, "concluded"));
}

/* Part and whole in percent: a measure of some figures and of others. */
static void write_pair_percent(struct bulletin *bulletin, const char *key,
                               const struct fq_span figures[2], const char *const measures[2],
                               struct fq_writer *writer)
{
    int64_t part = fq_map_int(figures[0], measures[0]), whole = fq_map_int(figures[1], measures[1]);
    char text[FQ_PRESS_SIZE] = "-";

    if (bulletin_is_hidden(bulletin, figures[0], measures[0]) ||
        bulletin_is_hidden(bulletin, figures[1], measures[1])) {
        snprintf(text, sizeof text, BULLETIN_HIDDEN);
    } else if (part >= 0 && whole > 0) {
        fq_press_percent((uint64_t)part, (uint64_t)whole, 1, text);
    }
    cli_write_pair_text(writer, key, text);
}

/* Where the row's bar stands in its chart, in pixels. */
static void write_bar(const struct table *table, uint32_t place, struct fq_writer *writer)
{
    uint64_t most = table->most > 0 ? (uint64_t)table->most : 1;
    uint64_t size = table->rows[place].concluded > 0 ? (uint64_t)table->rows[place].concluded : 0;

    if (table->is_standing) {
        uint64_t height = size * COLUMN_HEIGHT / most;
        cli_write_pair_uint(writer, "x", 10 + (uint64_t)place * COLUMN_WIDTH);
        cli_write_pair_uint(writer, "y", 24 + COLUMN_HEIGHT - height);
        cli_write_pair_uint(writer, "size", height);
        cli_write_pair_uint(writer, "text_x", 10 + (uint64_t)place * COLUMN_WIDTH + 30);
        cli_write_pair_uint(writer, "text_y", 24 + COLUMN_HEIGHT - height - 5);
    } else {
        uint64_t length = size * BAR_LENGTH / most;
        cli_write_pair_uint(writer, "x", 200);
        cli_write_pair_uint(writer, "y", 4 + (uint64_t)place * BAR_HEIGHT);
        cli_write_pair_uint(writer, "size", length);
        cli_write_pair_uint(writer, "text_x", 205 + length);
        cli_write_pair_uint(writer, "text_y", 16 + (uint64_t)place * BAR_HEIGHT);
    }
}

static void write_row(struct bulletin *bulletin, const struct table *table, uint32_t place,
                      struct fq_writer *writer)
{
    static const char *const counts[] = {"registered", "accepted", "concluded", "agreed"};
    static const char *const rate[] = {"agreed", "concluded"}, *const share[] = {"concluded",
                                                                                 "concluded"};
    const struct row *row = &table->rows[place];
    struct fq_span total = fq_map_get(bulletin->now.total, "total");

    fq_write_map(writer, 15);
    cli_write_pair_text(writer, "name", row->name);
    cli_write_pair_text(writer, "pad", pad(bulletin, row->name));
    cli_write_pair_text(writer, "figure", count_of(bulletin, row->values));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        write_pair_count(bulletin, row->values, counts[i], writer);
    }
    write_pair_percent(bulletin, "rate", (struct fq_span[]){row->values, row->values}, rate,
                       writer);
    write_pair_percent(bulletin, "share", (struct fq_span[]){row->values, total}, share, writer);
    cli_write_pair_text(
        writer, "growth",
        row->is_hidden || row->base.size == 0
            ? ""
            : bulletin_growth(bulletin, row->concluded, fq_map_int(row->base, "concluded")));
    write_bar(table, place, writer);
}

static void write_table(struct bulletin *bulletin, struct table *table, struct fq_span now,
                        struct fq_span base, struct fq_writer *values)
{
    struct fq_writer rows = fq_writer_take(&bulletin->arena, TABLE_SIZE);
    char key[32];

    table->count = 0;
    table->most = 0;
    read_rows(bulletin, now, base, table);
    for (uint32_t i = 0; i < table->count; i++) {
        write_row(bulletin, table, i, &rows);
    }
    fq_write_text(values, table->name);
    fq_write_array(values, rows.is_full ? 0 : table->count);
    fq_write_raw(values, rows.is_full ? (struct fq_span){0} : fq_writer_span(&rows));
    snprintf(key, sizeof key, "%s_height", table->name);
    cli_write_pair_uint(values, key, 8 + (uint64_t)table->count * BAR_HEIGHT);
    snprintf(key, sizeof key, "%s_width", table->name);
    cli_write_pair_uint(values, key, 20 + (uint64_t)table->count * COLUMN_WIDTH);
}

uint32_t bulletin_write_tables(struct bulletin *bulletin, struct fq_writer *values)
{
    static struct table types = {.name = "types", .dimension = "type", .is_sorted = true};
    static struct table months = {
        .name = "months", .dimension = "month", .has_zeros = true, .is_standing = true};
    static struct table areas = {.name = "areas", .dimension = "area", .has_zeros = true};
    static struct table kinds = {.name = "kinds", .dimension = "kind", .has_zeros = true};
    struct fq_span overlap = fq_map_get(bulletin->now.kinds, "overlap");

    write_table(bulletin, &types, bulletin->now.types, bulletin->base.types, values);
    write_table(bulletin, &months, bulletin->now.months, bulletin->base.months, values);
    write_table(bulletin, &areas, bulletin->now.areas, bulletin->base.areas, values);
    write_table(bulletin, &kinds, bulletin->now.kinds, bulletin->base.kinds, values);
    cli_write_pair_text(values, "overlap", count_of(bulletin, overlap));
    cli_write_pair_text(values, "distinct",
                        count_of(bulletin, fq_map_get(bulletin->now.kinds, "distinct")));
    return 4 * 3 + 2;
}
