/* A node's tables: fetched, kept as bytes, and made of such bytes. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"

#define TABLES_MEMORY                                                                              \
    ((size_t)128 << 20) /* address space only; pages are used as they are written */

static void copy_text(char *out, size_t out_size, struct fq_span map, const char *key)
{
    cli_copy(out, out_size, fq_map_text(map, key));
}

static bool read_areas(struct fq_span list, struct cli_tables *tables, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader);

    if (fq_areas_init(&tables->areas, &tables->arena, count ? count : 1, out_why)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span map = fq_read_skip(&reader);
        struct fq_area area = {0};
        char code[16], parent[16];
        copy_text(code, sizeof code, map, "code");
        copy_text(parent, sizeof parent, map, "parent");
        copy_text(area.name_zh, sizeof area.name_zh, map, "name_zh");
        copy_text(area.name_en, sizeof area.name_en, map, "name_en");
        area.code = (uint32_t)strtoul(code, NULL, 10);
        area.parent = (uint32_t)strtoul(parent, NULL, 10);
        (void)fq_date_parse(fq_map_text(map, "valid_from"), &area.valid_from); /* "" is open */
        (void)fq_date_parse(fq_map_text(map, "valid_to"), &area.valid_to);
        if (!fq_tier_parse(fq_map_text(map, "tier"), &area.tier) ||
            fq_areas_add(&tables->areas, &area, out_why)) {
            return false;
        }
    }
    return !reader.is_bad;
}

/* A number that is none of a period's is of a later version: any days. */
static uint8_t months_of(uint64_t number)
{
    return number == 1 || number == 3 || number == 6 || number == 12 ? (uint8_t)number : 0;
}

static bool add_codes(struct fq_span rows, enum fq_code_table table, struct cli_tables *tables,
                      struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(rows);
    uint32_t count = fq_read_array(&reader);

    if (fq_codes_reserve(&tables->codes, &tables->arena, table, count ? count : 1, out_why)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span map = fq_read_skip(&reader);
        struct fq_code code = {.number = (uint16_t)fq_map_uint(map, "number")};
        code.parent = (uint16_t)fq_map_uint(map, "parent");
        copy_text(code.id, sizeof code.id, map, "id");
        copy_text(code.zh, sizeof code.zh, map, "zh");
        copy_text(code.en, sizeof code.en, map, "en");
        code.of_indicator.service = (uint16_t)fq_map_uint(map, "service");
        code.of_indicator.counted = (uint16_t)fq_map_uint(map, "counted");
        code.of_indicator.at_most = (uint16_t)fq_map_uint(map, "at_most");
        code.of_indicator.is_stock = fq_map_bool(map, "stock");
        code.of_indicator.tier = (uint8_t)fq_map_uint(map, "tier");
        code.of_indicator.months = months_of(fq_map_uint(map, "months"));
        if (fq_codes_add(&tables->codes, table, &code, out_why)) {
            return false;
        }
    }
    return !reader.is_bad;
}

static bool read_codes(struct fq_span result, struct cli_tables *tables, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(result, "tables"));
    uint32_t count = fq_read_map(&reader);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        enum fq_code_table table = fq_codes_table_find(fq_read_text(&reader));
        struct fq_span rows = fq_read_skip(&reader);
        if (table && !add_codes(rows, table, tables, out_why)) {
            return false;
        }
    }
    return !reader.is_bad;
}

static bool read_units(struct fq_span list, struct cli_tables *tables, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader);

    if (fq_units_init(&tables->units, &tables->arena, count ? count : 1, out_why)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span map = fq_read_skip(&reader);
        struct fq_unit unit = {0};
        char code[16];
        uint16_t kind = 0;
        copy_text(code, sizeof code, map, "code");
        copy_text(unit.name_zh, sizeof unit.name_zh, map, "name_zh");
        copy_text(unit.name_en, sizeof unit.name_en, map, "name_en");
        unit.code = strtoull(code, NULL, 10);
        if (fq_codes_find_id(&tables->codes, FQ_CODES_KIND, fq_map_text(map, "kind"), &kind)) {
            unit.kind = (uint8_t)kind;
        }
        if (fq_units_add(&tables->units, &unit, out_why)) {
            return false;
        }
    }
    return !reader.is_bad && fq_units_sort(&tables->units, out_why) == FQ_OK;
}

static bool read_places(struct fq_span list, struct cli_tables *tables, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader);

    if (fq_places_init(&tables->places, &tables->arena, count ? count : 1, out_why)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span map = fq_read_skip(&reader);
        struct fq_place place = {0};
        char code[16];
        copy_text(code, sizeof code, map, "code");
        copy_text(place.name_zh, sizeof place.name_zh, map, "name_zh");
        place.code = strtoull(code, NULL, 10);
        if (fq_places_add(&tables->places, &place, out_why)) {
            return false;
        }
    }
    return !reader.is_bad && fq_places_sort(&tables->places, out_why) == FQ_OK;
}

/* A node's places, those of its own area: where others are is for others to check. */
static fq_err fetch_places(struct cli_client *client, struct fq_span area, struct fq_span tier,
                           struct fq_writer *out_raw, struct fq_why *out_why)
{
    enum fq_tier parsed = FQ_TIER_PROVINCE;
    struct cli_args args;
    char prefix[8];

    (void)fq_tier_parse(tier, &parsed);
    cli_copy(prefix, sizeof prefix, area);
    prefix[parsed == FQ_TIER_COUNTY ? 6 : parsed == FQ_TIER_CITY ? 4 : 2] = '\0';
    cli_args_open(&args);
    cli_args_text(&args, "prefix", prefix);
    fq_err err = cli_call_all(client, "table.places", &args, 0, out_raw, out_why);
    cli_args_close(&args);
    return err;
}

fq_err cli_tables_fetch(struct cli_client *client, struct fq_writer *out_raw,
                        struct fq_why *out_why)
{
    static const struct {
        const char *key, *verb;
    } lists[] = {{"areas", "table.areas"}, {"units", "table.units"}};
    struct cli_answer answer;
    char area[16], tier[16];
    fq_err err = cli_call(client, "status", NULL, &answer, out_why);

    if (err) {
        return err;
    }
    copy_text(area, sizeof area, answer.result, "area");
    copy_text(tier, sizeof tier, answer.result, "tier");
    fq_write_map(out_raw, 6);
    cli_write_pair_text(out_raw, "area", area);
    cli_write_pair_text(out_raw, "tier", tier);
    err = cli_call(client, "table.codes", NULL, &answer, out_why);
    if (!err) {
        fq_write_text(out_raw, "codes");
        fq_write_raw(out_raw, answer.result);
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && !err; i++) {
        fq_write_text(out_raw, lists[i].key);
        err = cli_call_all(client, lists[i].verb, NULL, 0, out_raw, out_why);
    }
    if (!err) {
        fq_write_text(out_raw, "places");
        err = fetch_places(client, fq_span_text(area), fq_span_text(tier), out_raw, out_why);
    }
    return err || !out_raw->is_full ? err : fq_fail(out_why, FQ_REASON_LIMIT, "tables");
}

fq_err cli_tables_read(struct fq_span raw, struct cli_tables **out_tables, struct fq_why *out_why)
{
    struct cli_tables *tables = calloc(1, sizeof *tables);
    struct fq_writer memory = cli_build_open(TABLES_MEMORY);
    struct fq_why why = {0};
    char area[16];

    if (!tables || !memory.base) {
        free(tables);
        cli_build_close(&memory);
        return fq_fail(out_why, FQ_REASON_LIMIT, "tables");
    }
    tables->arena = fq_arena_over(memory.base, memory.size);
    copy_text(area, sizeof area, raw, "area");
    copy_text(tables->tier, sizeof tables->tier, raw, "tier");
    tables->area = (uint32_t)strtoul(area, NULL, 10);
    if (!read_codes(fq_map_get(raw, "codes"), tables, &why) ||
        !read_areas(fq_map_get(raw, "areas"), tables, &why) ||
        !read_units(fq_map_get(raw, "units"), tables, &why) ||
        !read_places(fq_map_get(raw, "places"), tables, &why)) {
        cli_tables_close(tables);
        return fq_fail(out_why, FQ_REASON_BYTES, "tables: %s", why.detail);
    }
    codes_lend(&tables->codes);
    *out_tables = tables;
    return FQ_OK;
}

fq_err cli_tables_open(struct cli_client *client, struct cli_tables **out_tables,
                       struct fq_why *out_why)
{
    struct fq_writer raw = cli_build_open(TABLES_MEMORY);
    fq_err err = cli_tables_fetch(client, &raw, out_why);

    err = err ? err : cli_tables_read(fq_writer_span(&raw), out_tables, out_why);
    cli_build_close(&raw);
    return err;
}

void cli_tables_close(struct cli_tables *tables)
{
    if (tables) {
        codes_return(&tables->codes);
        struct fq_writer memory = fq_writer_over(tables->arena.base, tables->arena.size);
        cli_build_close(&memory);
        free(tables);
    }
}
