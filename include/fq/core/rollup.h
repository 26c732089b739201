/* Rollups: figures of a period by area, type, kind, month and whatever else a dispute has.
 *
 * Declared combinations are read from the cells, everything else is one scan over the disputes with
 * the same contribution function, so both ways give the same figures.
 *
 * R1  Home sums add up: the rows by county of a city are the city's row.
 * R2  By kind a dispute is counted in each kind that took part; overlap = sum of rows - distinct,
 *     and distinct is the total.
 * R3  Stocks are what stands at the end of the period.
 * R4  Areas, types, kinds, tiers and times are all listed, those without figures with zeros, as far as
 *     they go together: a city's row has its own counties.
 * R5  A figure is the sum of what fq_rollup_value gives for each dispute of the view. */
#ifndef FQ_CORE_ROLLUP_H
#define FQ_CORE_ROLLUP_H

#include "fq/core/metric.h"
#include "fq/core/scan.h"

#define FQ_ROLLUP_ROWS_MAX 65536

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

#endif
