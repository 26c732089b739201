/* Rollups: figures of a period by area, type, kind, month and whatever else a dispute has.
 *
 * Declared combinations are read from the cells, everything else is one scan over the disputes with
 * the same contribution function, so both ways give the same figures.
 *
 * R1  Home sums add up: the rows by county of a city are the city's row.
 * R2  By kind a dispute is counted in each kind that took part; overlap = sum of rows - distinct,
 *     and distinct is the total.
 * R3  Stocks are what stands at the end of the period.
 * R4  Areas, types, kinds and months are all listed, those without figures with zeros.
 * R5  A figure is the sum of what fq_rollup_value gives for each dispute of the view. */
#ifndef FQ_CORE_ROLLUP_H
#define FQ_CORE_ROLLUP_H

#include "fq/core/merge.h"
#include "fq/core/period.h"

#define FQ_ROLLUP_BY_MAX 3
#define FQ_ROLLUP_WHERE_MAX 8
#define FQ_ROLLUP_ROWS_MAX 65536

/* dimension, name */
#define FQ_DIMENSIONS(X)                                                                           \
    X(AREA, "area")                                                                                \
    X(CITY, "city")                                                                                \
    X(COUNTY, "county")                                                                            \
    X(TYPE, "type")                                                                                \
    X(KIND, "kind")                                                                                \
    X(MONTH, "month")                                                                              \
    X(COMMITTEE, "committee")                                                                      \
    X(SOURCE, "source")                                                                            \
    X(OUTCOME, "outcome")                                                                          \
    X(RISK, "risk")                                                                                \
    X(SCALE, "scale")                                                                              \
    X(DIFFICULTY, "difficulty")

enum fq_dimension {
#define FQ_DIMENSION_ENUM(name, text) FQ_BY_##name,
    FQ_DIMENSIONS(FQ_DIMENSION_ENUM)
#undef FQ_DIMENSION_ENUM
        FQ_DIMENSIONS_COUNT
};

const char *fq_dimension_name(enum fq_dimension dimension);
bool fq_dimension_find(struct fq_span name, enum fq_dimension *out_dimension);
/* The code table of a dimension; FQ_CODES_NONE for areas and months. */
enum fq_code_table fq_dimension_table(enum fq_dimension dimension);

struct fq_rollup_query {
    struct fq_period period;
    uint32_t area;
    bool is_exact; /* what stands under the area itself, not what lies below it */
    enum fq_dimension by[FQ_ROLLUP_BY_MAX];
    uint32_t by_count;
    struct {
        enum fq_dimension dimension; /* not an area, not a month */
        uint32_t number;
    } where[FQ_ROLLUP_WHERE_MAX];
    uint32_t where_count;
};

struct fq_rollup_row {
    uint32_t key[FQ_ROLLUP_BY_MAX]; /* area code, code number or month, as the query's `by` */
    int64_t value[FQ_MEASURES_COUNT];
};

struct fq_rollup {
    struct fq_rollup_row *rows; /* in the arena, in the order to print */
    uint32_t count;
    int64_t total[FQ_MEASURES_COUNT]; /* each dispute once */
    bool has_overlap;                 /* `kind` is among the query's `by` */
    int64_t overlap[FQ_MEASURES_COUNT];
};

/* Fails with LIMIT when there are more rows than FQ_ROLLUP_ROWS_MAX or the arena is full. */
FQ_CHECKED fq_err fq_rollup_run(const struct fq_view *view, const struct fq_codes *codes,
                                const struct fq_rollup_query *query, struct fq_arena *arena,
                                struct fq_rollup *out_rollup, struct fq_why *out_why);

/* Whether the cells answer it; otherwise the disputes are scanned. */
bool fq_rollup_is_declared(const struct fq_rollup_query *query);

/* What the dispute adds to the total of `measure` in the query, whose `by` is not looked at: a cell is
 * asked for by its area, its month as the period, and its codes as `where` (R5). */
int64_t fq_rollup_value(const struct fq_view *view, const struct fq_rollup_query *query,
                        const struct fq_dispute *dispute, enum fq_measure measure);

struct fq_rate_row {
    const char *name;
    enum fq_measure numerator, denominator;
    const char *definition; /* "v1 agreed/concluded" */
};
/* The rate at `index`, or NULL past the end. */
const struct fq_rate_row *fq_rate_at(size_t index);
/* Percent with one decimal, rounded half up; empty when the denominator is 0. */
void fq_rate_format(int64_t numerator, int64_t denominator, char out[32]);

#endif
