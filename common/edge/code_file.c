#include "fq/edge/code_file.h"

#include <stdlib.h>
#include <string.h>

#include "fq/core/area.h"
#include "fq/edge/settings.h"

#define SETTINGS_ARENA_SIZE (16 * 1024 * 1024) /* address space; touched as far as a file needs */

/* A setting's path "type.3.id", taken apart. */
struct place {
    enum fq_code_table table;
    unsigned long row;
    const char *member;
};

struct loader {
    const char *file;
    struct fq_codes *codes;
    struct fq_arena *arena;
    struct fq_why *why;
};

static bool read_place(const char *path, struct place *out)
{
    const char *dot = strchr(path, '.');
    if (!dot) {
        return false;
    }
    char *end;
    out->table = fq_codes_table_find(fq_span_of(path, (size_t)(dot - path)));
    out->row = strtoul(dot + 1, &end, 10);
    out->member = end + 1;
    return out->table != FQ_CODES_NONE && end > dot + 1 && *end == '.';
}

static fq_err fail_at(const struct loader *loader, const struct fq_setting *setting,
                      const char *wrong)
{
    return fq_fail(loader->why, FQ_REASON_CONFIG, "%s:%u: %s: %s", loader->file, setting->line,
                   setting->path, wrong);
}

/* Everything in the file has a place; give every table room for its rows. */
static fq_err reserve_tables(struct loader *loader, const struct fq_setting *first)
{
    uint32_t counts[FQ_CODES_COUNT] = {0};
    for (const struct fq_setting *setting = first; setting; setting = setting->next) {
        struct place place;
        if (strcmp(setting->path, "version") == 0) {
            continue;
        }
        if (!read_place(setting->path, &place)) {
            return fail_at(loader, setting, "there is no such table or key");
        }
        if (place.row >= FQ_CODES_MAX) {
            return fail_at(loader, setting, "the table has too many rows");
        }
        counts[place.table] = (uint32_t)place.row + 1;
    }
    for (int table = FQ_CODES_NONE + 1; table < FQ_CODES_COUNT; table++) {
        fq_err err = fq_codes_reserve(loader->codes, loader->arena, (enum fq_code_table)table,
                                      counts[table], loader->why);
        if (err) {
            return err;
        }
    }
    return FQ_OK;
}

static const char *take_text(const struct fq_setting *setting, char *out, size_t size)
{
    size_t length = strlen(setting->text);
    if (setting->type != FQ_SETTING_TEXT || length == 0) {
        return "must be a text in quotes";
    }
    if (length >= size) {
        return "is too long";
    }
    memcpy(out, setting->text, length + 1);
    return NULL;
}

/* The number of the row of `table` whose id the setting gives. */
static const char *take_row_above(const struct loader *loader, enum fq_code_table table,
                                  const struct fq_setting *setting, uint16_t *out_number)
{
    return setting->type == FQ_SETTING_TEXT &&
                   fq_codes_find_id(loader->codes, table, fq_span_text(setting->text), out_number)
               ? NULL
               : "must be the id of a row above";
}

static const char *take_tier(const struct fq_setting *setting, uint8_t *out_tier)
{
    for (uint8_t tier = FQ_TIER_COUNTY; tier <= FQ_TIER_PROVINCE; tier++) {
        if (setting->type == FQ_SETTING_TEXT &&
            strcmp(setting->text, fq_tier_name((enum fq_tier)tier)) == 0) {
            *out_tier = tier;
            return NULL;
        }
    }
    return "must be \"county\", \"city\" or \"province\"";
}

static const char *take_months(const struct fq_setting *setting, uint8_t *out_months)
{
    static const struct {
        const char *name;
        uint8_t months;
    } periods[] = {{"month", 1}, {"quarter", 3}, {"half", 6}, {"year", 12}};

    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        if (setting->type == FQ_SETTING_TEXT && strcmp(setting->text, periods[i].name) == 0) {
            *out_months = periods[i].months;
            return NULL;
        }
    }
    return "must be \"month\", \"quarter\", \"half\" or \"year\"";
}

static const char *take_indicator_member(const struct loader *loader, const char *member,
                                         const struct fq_setting *setting, struct fq_code *code)
{
    if (strcmp(member, "service") == 0) {
        return take_row_above(loader, FQ_CODES_SERVICE, setting, &code->of_indicator.service);
    }
    if (strcmp(member, "counted") == 0) {
        return take_row_above(loader, FQ_CODES_COUNTED, setting, &code->of_indicator.counted);
    }
    if (strcmp(member, "at_most") == 0) {
        return take_row_above(loader, FQ_CODES_INDICATOR, setting, &code->of_indicator.at_most);
    }
    if (strcmp(member, "tier") == 0) {
        return take_tier(setting, &code->of_indicator.tier);
    }
    if (strcmp(member, "period") == 0) {
        return take_months(setting, &code->of_indicator.months);
    }
    if (strcmp(member, "stock") == 0) {
        code->of_indicator.is_stock = setting->number == 1;
        return setting->type == FQ_SETTING_TRUTH ? NULL : "must be true or false";
    }
    return "there is no such key";
}

/* Take one member into the row; the result says what is wrong with it, or NULL. */
static const char *take_member(const struct loader *loader, const struct place *place,
                               const struct fq_setting *setting, struct fq_code *code)
{
    if (strcmp(place->member, "id") == 0) {
        return take_text(setting, code->id, sizeof code->id);
    }
    if (strcmp(place->member, "zh") == 0) {
        return take_text(setting, code->zh, sizeof code->zh);
    }
    if (strcmp(place->member, "en") == 0) {
        return take_text(setting, code->en, sizeof code->en);
    }
    if (strcmp(place->member, "number") == 0) {
        if (setting->type != FQ_SETTING_NUMBER || setting->number < 1 ||
            setting->number > UINT16_MAX) {
            return "must be a number between 1 and 65535";
        }
        code->number = (uint16_t)setting->number;
        return NULL;
    }
    if (strcmp(place->member, "parent") == 0) {
        return take_row_above(loader, place->table, setting, &code->parent);
    }
    return place->table == FQ_CODES_INDICATOR
               ? take_indicator_member(loader, place->member, setting, code)
               : "there is no such key";
}

/* Read the row that begins at `setting`; gives the first setting after it. */
static fq_err take_row(struct loader *loader, const struct fq_setting *setting,
                       const struct fq_setting **out_next)
{
    struct place row;
    struct place place;
    struct fq_code code = {0};
    struct fq_why why;
    const struct fq_setting *begin = setting;

    FQ_ASSERT(read_place(begin->path, &row));
    for (; setting && read_place(setting->path, &place); setting = setting->next) {
        if (place.table != row.table || place.row != row.row) {
            break;
        }
        const char *wrong = take_member(loader, &place, setting, &code);
        if (wrong) {
            return fail_at(loader, setting, wrong);
        }
    }
    if (code.number == 0 || !code.id[0] || !code.zh[0] || !code.en[0]) {
        return fail_at(loader, begin, "the row needs id, number, zh and en");
    }
    if (fq_codes_add(loader->codes, row.table, &code, &why)) {
        return fq_fail(loader->why, why.reason, "%s:%u: %.300s", loader->file, begin->line,
                       why.detail);
    }
    *out_next = setting;
    return FQ_OK;
}

static fq_err take_tables(struct loader *loader, const struct fq_setting *first)
{
    const struct fq_setting *version = fq_settings_find(first, "version");
    if (!version || version->type != FQ_SETTING_NUMBER || version->number < 1 ||
        version->number > UINT32_MAX) {
        return fq_fail(loader->why, FQ_REASON_CONFIG, "%s:%u: version: must be a number above 0",
                       loader->file, version ? version->line : 1);
    }
    loader->codes->version = (uint32_t)version->number;

    fq_err err = reserve_tables(loader, first);
    const struct fq_setting *setting = first;
    while (!err && setting) {
        if (setting == version) {
            setting = setting->next;
        } else {
            err = take_row(loader, setting, &setting);
        }
    }
    return err;
}

fq_err fq_codes_load(const char *path, struct fq_arena *arena, struct fq_codes *out_codes,
                     struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(arena);

    struct fq_codes codes = {0};
    struct loader loader = {.file = path, .codes = &codes, .arena = arena, .why = out_why};
    const struct fq_setting *first = NULL;
    struct fq_why why;
    fq_err err = FQ_OK;
    void *memory = malloc(SETTINGS_ARENA_SIZE);

    if (!memory) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: no memory", path);
        goto done;
    }
    struct fq_arena settings = fq_arena_over(memory, SETTINGS_ARENA_SIZE);
    err = fq_settings_read(path, &settings, &first, out_why);
    err = err ? err : take_tables(&loader, first);
    if (err) {
        goto done;
    }
    if (fq_codes_check(&codes, &why)) {
        err = fq_fail(out_why, why.reason, "%s:1: %.300s", path, why.detail);
        goto done;
    }
    *out_codes = codes;

done:
    free(memory);
    return err;
}
