/* Dimensions: what figures can be asked by, and the question itself.
 *
 * G1  Every dispute has one value in every dimension, 0 where nothing is known; of kinds it has one or
 *     more, and a unit that took part stands under its own area, kind and unit.
 * G2  Basis `now`: what stands under an area that has a successor counts under the successor, so that
 *     years before and after a change can be compared. Basis `then`: an area counts as it was, but
 *     under its successor once it had ended before the period began. Either way each figure stands under
 *     one area.
 * G3  A type no table knows belongs to the group `other`. */
#ifndef FQ_CORE_DIMENSION_H
#define FQ_CORE_DIMENSION_H

#include "fq/core/merge.h"
#include "fq/core/period.h"

#define FQ_ROLLUP_BY_MAX 3
#define FQ_ROLLUP_WHERE_MAX 8

/* dimension, name. Areas come first. */
#define FQ_DIMENSIONS(X)                                                                           \
    X(AREA, "area")                                                                                \
    X(CITY, "city")                                                                                \
    X(COUNTY, "county")                                                                            \
    X(TOWN, "town")                                                                                \
    X(VILLAGE, "village")                                                                          \
    X(TYPE, "type")                                                                                \
    X(TYPE_GROUP, "type_group")                                                                    \
    X(KIND, "kind")                                                                                \
    X(MONTH, "month")                                                                              \
    X(QUARTER, "quarter")                                                                          \
    X(HALF, "half")                                                                                \
    X(YEAR, "year")                                                                                \
    X(COMMITTEE, "committee")                                                                      \
    X(SOURCE, "source")                                                                            \
    X(OUTCOME, "outcome")                                                                          \
    X(RISK, "risk")                                                                                \
    X(SCALE, "scale")                                                                              \
    X(DIFFICULTY, "difficulty")                                                                    \
    X(UNIT, "unit")                                                                                \
    X(CAMPAIGN, "campaign")                                                                        \
    X(TIER, "tier")

enum fq_dimension {
#define FQ_DIMENSION_ENUM(name, text) FQ_BY_##name,
    FQ_DIMENSIONS(FQ_DIMENSION_ENUM)
#undef FQ_DIMENSION_ENUM
        FQ_DIMENSIONS_COUNT
};

const char *fq_dimension_name(enum fq_dimension dimension);
bool fq_dimension_find(struct fq_span name, enum fq_dimension *out_dimension);
/* The code table of a dimension; FQ_CODES_NONE for areas, places, months, units, campaigns, tiers. */
enum fq_code_table fq_dimension_table(enum fq_dimension dimension);
bool fq_dimension_is_area(enum fq_dimension dimension); /* area, city, county */
bool fq_dimension_is_time(enum fq_dimension dimension); /* month, quarter, half, year */
/* Whether the packed values do not have it: it stands in the facts. */
bool fq_dimension_is_in_facts(enum fq_dimension dimension);

enum fq_basis { FQ_BASIS_NOW, FQ_BASIS_THEN }; /* G2 */

struct fq_rollup_query {
    struct fq_period period;
    const struct fq_calendar *calendar; /* of quarters, halves and years; NULL: the built-in one */
    const struct fq_codes *codes;       /* of groups of types; NULL: no type has one */
    enum fq_basis basis;
    uint32_t area;
    bool is_exact; /* what stands under the area itself, not what lies below it */
    enum fq_dimension by[FQ_ROLLUP_BY_MAX];
    uint32_t by_count;
    struct {
        enum fq_dimension dimension; /* not an area, not a time */
        uint64_t number;
    } where[FQ_ROLLUP_WHERE_MAX];
    uint32_t where_count;
};

/* The area that `code` counts under (G2); `code` itself when it is not in the table. */
uint32_t fq_query_area(const struct fq_areas *areas, const struct fq_rollup_query *query,
                       uint32_t code);
/* Whether what stands under `code`, an area that counts (G2), belongs to the question. */
bool fq_query_covers(const struct fq_areas *areas, const struct fq_rollup_query *query,
                     uint32_t code);
/* The row such a `code` stands in: the child of the query's area it lies in, its city, or itself. A
 * county directly under the province is its own city. */
uint32_t fq_query_area_key(const struct fq_areas *areas, const struct fq_rollup_query *query,
                           enum fq_dimension by, uint32_t code);
/* The month's value in a dimension of time: the month, year x 10 + part, or the year. */
uint64_t fq_query_time_key(const struct fq_rollup_query *query, enum fq_dimension by,
                           uint16_t month);
/* 2021-04, 2021Q2, 2021H1, 2021. */
void fq_time_key_format(enum fq_dimension by, uint64_t key, char out[16]);

/* The group of a type: its uppermost row (G3). */
uint16_t fq_type_group(const struct fq_codes *codes, uint16_t type);

/* What only the facts of a dispute tell. */
struct fq_origin {
    uint64_t place, campaign; /* as its registration, or a screening's report, has them now */
    uint8_t tier;             /* of the node that registered it first */
};
void fq_view_origin(const struct fq_view *view, const struct fq_dispute *dispute,
                    struct fq_origin *out_origin);

/* The value in a dimension that is a dispute's: no area, time, kind or unit. `origin` is looked at for
 * those in facts alone. */
uint64_t fq_dimension_value(const struct fq_rollup_query *query, enum fq_dimension by,
                            const struct fq_dispute *dispute, const struct fq_origin *origin);

#endif
