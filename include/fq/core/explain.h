/* Explanations: the way from what counties reported to a figure, in steps that add up to it.
 *
 * Each dispute is folded as far as its first reports go, then with corrections, with transfers, with
 * voids, with merges: what a step changes of the measure is that step's, and the last state is the one
 * that counts.
 *
 * N1  reported + corrected + moved_in + moved_out + voided + merged = home, in every county and in all;
 *     home of all counties is the figure.
 * N2  joint is what a county took part in beyond its own, of the same disputes: the counties' own lists
 *     together are home + joint, and all joint is counted once elsewhere. */
#ifndef FQ_CORE_EXPLAIN_H
#define FQ_CORE_EXPLAIN_H

#include "fq/core/scan.h"

struct fq_explained {
    uint32_t area;
    int64_t reported;  /* by the steps as they were first written */
    int64_t corrected; /* by corrections of steps */
    int64_t moved_in;  /* by transfers to another county */
    int64_t moved_out; /* not above 0 */
    int64_t voided;    /* by voids of disputes and of steps */
    int64_t merged;    /* by merging */
    int64_t home;      /* what counts */
    int64_t joint;     /* see N2 */
};

struct fq_explanation {
    struct fq_explained *rows; /* areas in the order of the table, those with nothing left out */
    uint32_t count;
    struct fq_explained total;
    uint32_t changed_count; /* disputes whose later steps were looked at one by one */
};

/* Explain `measure` in the query, whose `by` and `where` are not looked at. Fails with LIMIT when the
 * arena is full. */
FQ_CHECKED fq_err fq_explain(const struct fq_view *view, const struct fq_rollup_query *query,
                             enum fq_measure measure, struct fq_arena *arena,
                             struct fq_explanation *out_explanation, struct fq_why *out_why);

#endif
