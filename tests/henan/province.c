#include "henan.h"

#include <stdlib.h>
#include <string.h>

#include "fq/edge/area_file.h"
#include "fq/edge/code_file.h"
#include "fq/edge/csv.h"

#define TYPES_FILE "tests/data/reference-mediation-stats.csv"
#define TYPES_SET "huangshi_2016_08" /* one month of a city of Hubei by all 15 types */
#define AREAS_FILE "config/areas/henan.csv"
#define CODES_FILE "config/taxonomy.cfg"
#define CODES_MEMORY (8u << 20)

static uint16_t day_of(const char *text)
{
    uint16_t day = 0;

    (void)fq_date_parse(fq_span_text(text), &day);
    return day;
}

/* ---- types ---- */

struct type_reading {
    struct province *province;
    const struct fq_codes *codes;
};

static fq_err take_type(void *context, const struct fq_csv_row *row, struct fq_why *out_why)
{
    struct type_reading *reading = context;
    struct province *province = reading->province;
    char value[16] = "";
    uint16_t number;

    (void)out_why;
    if (row->is_malformed || row->field_count < 8 ||
        !fq_span_equal(row->fields[0], fq_span_text(TYPES_SET)) ||
        !fq_span_equal(row->fields[5], fq_span_text("accepted")) || row->fields[7].size > 15 ||
        !fq_codes_find_id(reading->codes, FQ_CODES_TYPE, row->fields[6], &number) ||
        province->type_count == TYPES_MAX) {
        return FQ_OK;
    }
    memcpy(value, row->fields[7].data, row->fields[7].size);
    uint32_t before = province->type_count ? province->type_weights[province->type_count - 1] : 0;
    province->types[province->type_count] = number;
    province->type_weights[province->type_count++] = before + (uint32_t)strtoul(value, NULL, 10);
    return FQ_OK;
}

static bool read_types(struct province *province)
{
    void *memory = malloc(CODES_MEMORY);
    struct fq_codes codes = {0};
    struct fq_arena arena = fq_arena_over(memory, memory ? CODES_MEMORY : 0);
    struct type_reading reading = {province, &codes};
    struct fq_why why = {0};
    fq_err err = fq_codes_load(CODES_FILE, &arena, &codes, &why);

    err = err ? err : fq_csv_read(TYPES_FILE, take_type, &reading, &why);
    free(memory);
    if (err || province->type_count == 0) {
        return complain("%s: %s", TYPES_FILE, why.detail);
    }
    return true;
}

/* ---- counties ---- */

static uint16_t later(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

static void add_county(struct province *province, const struct fq_area *area, const struct lab *lab,
                       struct random *random)
{
    uint16_t end = area->valid_to ? (uint16_t)(area->valid_to - 1) : province->end_2021;

    province->counties[province->county_count++] = (struct county){
        .area = area->code,
        .city = area->parent,
        .successor = area->successor,
        .weight = 50 + random_below(random, 101),
        .first = later(province->day_2021, area->valid_from),
        .last = end < province->end_2021 ? end : province->end_2021,
        .is_run = lab_find_area(lab, area->code) != NULL,
    };
}

/* How the shares of a half-year fall: an area that is there for a part of it has a part. */
static uint64_t share(const struct province *province, const struct county *county, bool is_base)
{
    uint64_t days = (uint64_t)(county->last - county->first) + 1;

    if (is_base) {
        return county->first > province->day_2021 ? 0 : county->weight * 181u;
    }
    return county->weight * days;
}

/* Spread `total` over the counties by their shares, to the last one. */
static void spread(struct province *province, enum life_class class, uint64_t total,
                   uint64_t agreed)
{
    bool is_base = class == LIFE_BASE || class == LIFE_OLDER || class == LIFE_OPEN;
    uint64_t whole = 0, sum = 0;

    for (uint32_t i = 0; i < province->county_count; i++) {
        whole += share(province, &province->counties[i], is_base);
    }
    for (uint32_t i = 0; i < province->county_count; i++) {
        struct county *county = &province->counties[i];
        uint64_t next = sum + share(province, county, is_base);
        county->count[class] = (uint32_t)(total * next / whole - total * sum / whole);
        if (class == LIFE_MAIN || class == LIFE_BASE) {
            uint64_t before = total * sum / whole, after = total * next / whole;
            county->agreed[class] = /* of the disputes [before, after) of the province */
                (uint32_t)(agreed * after / total - agreed * before / total);
        }
        sum = next;
    }
}

static void spread_all(struct province *province)
{
    uint64_t main = MAIN_DISPUTES / province->scale, base = BASE_DISPUTES / province->scale;

    spread(province, LIFE_MAIN, main, MAIN_AGREED / province->scale);
    spread(province, LIFE_BASE, base, BASE_AGREED / province->scale);
    spread(province, LIFE_REJECTED, main / 50, 0);
    spread(province, LIFE_OLDER, main / 100, 0);
    spread(province, LIFE_OPEN, main / 150, 0);
    spread(province, LIFE_VOIDED, main / 200, 0);
    spread(province, LIFE_MERGED, main / 200, 0);
}

bool province_open(struct province *province, const struct lab *lab, uint64_t seed, uint32_t scale)
{
    void *memory = malloc(FQ_AREAS_MEMORY);
    struct fq_arena arena = fq_arena_over(memory, memory ? FQ_AREAS_MEMORY : 0);
    struct random random = random_of(seed);
    struct fq_why why = {0};

    *province = (struct province){
        .seed = seed,
        .memory = memory,
        .scale = scale ? scale : 1,
        .day_2020 = day_of("2020-01-01"),
        .end_2020 = day_of("2020-06-30"),
        .day_2021 = day_of("2021-01-01"),
        .end_2021 = day_of("2021-06-30"),
        .change_day = day_of("2021-03-18"),
    };
    if (fq_areas_load_csv(AREAS_FILE, &arena, &province->areas, &why)) {
        return complain("%s: %s", AREAS_FILE, why.detail);
    }
    for (uint32_t i = 0; i < province->areas.count; i++) {
        if (province->areas.rows[i].tier == FQ_TIER_COUNTY) {
            add_county(province, &province->areas.rows[i], lab, &random);
        }
    }
    spread_all(province);
    return read_types(province);
}

void province_close(struct province *province)
{
    free(province->memory);
}

const struct county *province_county(const struct province *province, uint32_t area)
{
    for (uint32_t i = 0; i < province->county_count; i++) {
        if (province->counties[i].area == area) {
            return &province->counties[i];
        }
    }
    return NULL;
}

uint32_t county_lives(const struct county *county)
{
    uint32_t sum = 0;

    for (int class = 0; class < LIFE_CLASSES; class ++) {
        sum += county->count[class];
    }
    return sum;
}
