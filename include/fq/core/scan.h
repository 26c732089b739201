/* Scans: figures counted dispute by dispute, for questions that no cells answer.
 *
 * B1  A scan gives what the cells would: both count what contribution.h tells.
 * B2  A figure is the sum of what fq_rollup_value gives for each dispute of the view (R5). */
#ifndef FQ_CORE_SCAN_H
#define FQ_CORE_SCAN_H

#include "fq/core/tally.h"

/* Count every dispute of the view into the rows of the query, made where they are missing, and once
 * into the total. False when the arena is full; a full tally says so itself. */
FQ_CHECKED bool fq_scan(const struct fq_view *view, const struct fq_rollup_query *query,
                        struct fq_arena *arena, struct fq_tally *tally, int64_t *total);

/* The same of states that are given one by one, added (sign 1) or taken away (-1): what rows and total
 * are when the scan is closed. It lives in the arena and keeps all it is given; NULL when the arena is
 * full. */
struct fq_scan;
struct fq_scan *fq_scan_open(const struct fq_view *view, const struct fq_rollup_query *query,
                             struct fq_arena *arena, struct fq_tally *tally, int64_t *total);
void fq_scan_count(struct fq_scan *scan, const struct fq_dispute *dispute, int sign);
void fq_scan_close(struct fq_scan *scan);

/* What the dispute adds to the total of `measure` in the query, whose `by` is not looked at: a cell is
 * asked for by its area, its time as the period, and its other values as `where` (B2). */
int64_t fq_rollup_value(const struct fq_view *view, const struct fq_rollup_query *query,
                        const struct fq_dispute *dispute, enum fq_measure measure);

#endif
