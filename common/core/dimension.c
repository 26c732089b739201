#include "fq/core/dimension.h"

#include <stdio.h>

/* ---- names ---- */

static const char *const dimension_names[FQ_DIMENSIONS_COUNT] = {
#define DIMENSION_NAME(name, text) text,
    FQ_DIMENSIONS(DIMENSION_NAME)
#undef DIMENSION_NAME
};

const char *fq_dimension_name(enum fq_dimension dimension)
{
    FQ_ASSERT(dimension < FQ_DIMENSIONS_COUNT);

    return dimension_names[dimension];
}

bool fq_dimension_find(struct fq_span name, enum fq_dimension *out_dimension)
{
    for (int i = 0; i < FQ_DIMENSIONS_COUNT; i++) {
        if (fq_span_equal(name, fq_span_text(dimension_names[i]))) {
            *out_dimension = (enum fq_dimension)i;
            return true;
        }
    }
    return false;
}

enum fq_code_table fq_dimension_table(enum fq_dimension dimension)
{
    static const enum fq_code_table tables[FQ_DIMENSIONS_COUNT] = {
        [FQ_BY_TYPE] = FQ_CODES_TYPE,
        [FQ_BY_TYPE_GROUP] = FQ_CODES_TYPE,
        [FQ_BY_KIND] = FQ_CODES_KIND,
        [FQ_BY_COMMITTEE] = FQ_CODES_COMMITTEE,
        [FQ_BY_SOURCE] = FQ_CODES_SOURCE,
        [FQ_BY_OUTCOME] = FQ_CODES_OUTCOME,
        [FQ_BY_RISK] = FQ_CODES_RISK,
        [FQ_BY_SCALE] = FQ_CODES_SCALE,
        [FQ_BY_DIFFICULTY] = FQ_CODES_DIFFICULTY,
    };

    return tables[dimension];
}

bool fq_dimension_is_area(enum fq_dimension dimension)
{
    return dimension <= FQ_BY_COUNTY;
}

bool fq_dimension_is_time(enum fq_dimension dimension)
{
    return dimension >= FQ_BY_MONTH && dimension <= FQ_BY_YEAR;
}

bool fq_dimension_is_in_facts(enum fq_dimension dimension)
{
    return dimension == FQ_BY_TOWN || dimension == FQ_BY_VILLAGE || dimension == FQ_BY_CAMPAIGN ||
           dimension == FQ_BY_TIER;
}

/* ---- areas ---- */

uint32_t fq_query_area(const struct fq_areas *areas, const struct fq_rollup_query *query,
                       uint32_t code)
{
    const struct fq_area *area = fq_areas_find(areas, code);

    /* A checked table's successors come to an end. */
    while (area && area->successor &&
           (query->basis == FQ_BASIS_NOW ||
            (area->valid_to && area->valid_to <= query->period.first_day))) {
        area = fq_areas_find(areas, area->successor);
    }
    return area ? area->code : code;
}

bool fq_query_covers(const struct fq_areas *areas, const struct fq_rollup_query *query,
                     uint32_t code)
{
    return query->is_exact ? code == query->area : fq_areas_covers(areas, query->area, code);
}

uint32_t fq_query_area_key(const struct fq_areas *areas, const struct fq_rollup_query *query,
                           enum fq_dimension by, uint32_t code)
{
    if (by == FQ_BY_COUNTY) {
        return code;
    }
    for (const struct fq_area *area = fq_areas_find(areas, code); area;
         area = fq_areas_find(areas, area->parent)) {
        if (by == FQ_BY_CITY ? area->tier == FQ_TIER_CITY
                             : area->parent == query->area ||
                                   (area->code == query->area && area->code == code)) {
            return area->code;
        }
    }
    return code;
}

/* ---- time ---- */

uint64_t fq_query_time_key(const struct fq_rollup_query *query, enum fq_dimension by,
                           uint16_t month)
{
    struct fq_calendar built_in = fq_calendar_default();
    unsigned place;
    unsigned year =
        fq_calendar_year_of(query->calendar ? query->calendar : &built_in, month, &place);

    switch (by) {
    case FQ_BY_QUARTER:
        return year * 10 + place / 3 + 1;
    case FQ_BY_HALF:
        return year * 10 + place / 6 + 1;
    case FQ_BY_YEAR:
        return year;
    default:
        return month;
    }
}

void fq_time_key_format(enum fq_dimension by, uint64_t key, char out[16])
{
    unsigned number = (unsigned)key;

    if (by == FQ_BY_MONTH) {
        fq_month_format((uint16_t)key, out);
    } else if (by == FQ_BY_YEAR) {
        snprintf(out, 16, "%u", number);
    } else {
        snprintf(out, 16, "%u%c%u", number / 10, by == FQ_BY_HALF ? 'H' : 'Q', number % 10);
    }
}

/* ---- disputes ---- */

uint16_t fq_type_group(const struct fq_codes *codes, uint16_t type)
{
    const struct fq_code *row = codes ? fq_codes_find(codes, FQ_CODES_TYPE, type) : NULL;

    if (!row) {
        return type && codes ? FQ_TYPE_OTHER : type; /* G3 */
    }
    for (int depth = 0; row->parent && depth < 4; depth++) { /* parents stand above their rows */
        const struct fq_code *above = fq_codes_find(codes, FQ_CODES_TYPE, row->parent);
        row = above ? above : row;
    }
    return row->number;
}

void fq_view_origin(const struct fq_view *view, const struct fq_dispute *dispute,
                    struct fq_origin *out_origin)
{
    static const enum fq_field fields[] = {FQ_FIELD_PLACE, FQ_FIELD_CAMPAIGN};
    struct fq_origin origin = {0};
    uint64_t values[2];

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->is_voided ||
            (fact->step != FQ_EVENT_REGISTERED && fact->step != FQ_EVENT_SWEEP)) {
            continue;
        }
        if (origin.tier == 0) { /* the greatest, which stands */
            fq_fact_values(fact, fields, 2, values);
            origin.place = values[0];
            origin.campaign = values[1];
        }
        origin.tier = view->frontier->logs[fact->log].tier; /* in the end that of the first */
    }
    *out_origin = origin;
}

#define TOWN_CODES UINT64_C(1000000000) /* nine digits or more */
#define VILLAGE_CODES UINT64_C(100000000000)

uint64_t fq_dimension_value(const struct fq_rollup_query *query, enum fq_dimension by,
                            const struct fq_dispute *dispute, const struct fq_origin *origin)
{
    switch (by) {
    case FQ_BY_TYPE:
        return dispute->type;
    case FQ_BY_TYPE_GROUP:
        return fq_type_group(query->codes, dispute->type);
    case FQ_BY_COMMITTEE:
        return dispute->committee;
    case FQ_BY_SOURCE:
        return dispute->source;
    case FQ_BY_OUTCOME:
        return dispute->outcome;
    case FQ_BY_RISK:
        return dispute->risk;
    case FQ_BY_SCALE:
        return dispute->scale;
    case FQ_BY_DIFFICULTY:
        return dispute->difficulty;
    case FQ_BY_TOWN:
        return origin->place >= TOWN_CODES ? origin->place / 1000 : origin->place;
    case FQ_BY_VILLAGE:
        return origin->place >= VILLAGE_CODES ? origin->place : 0;
    case FQ_BY_CAMPAIGN:
        return origin->campaign;
    case FQ_BY_TIER:
        return origin->tier;
    default:
        return 0; /* areas, times, kinds and units are the term's */
    }
}
