/* Suppression: what of a table must not be published, because few people stand behind it, and what
 * must not either, because the former could be worked out from it.
 *
 * Measures that add up to each other or describe the same cases (agreed, failed and terminated are what
 * was concluded) are hidden together. A count from 1 to k - 1 is hidden. For each hidden cell a box is
 * hidden: the cells that result when any of its keys is exchanged for one other value. Adding 1 to
 * every second corner and taking 1 from the others changes no sum over any of the keys, so that
 * sums, of this table and of those with fewer keys, never determine a hidden cell.
 *
 * I1  Every count from 1 to k - 1 is hidden, in rows and total.
 * I2  No hidden cell can be worked out from cells that are shown and sums over keys. */
#ifndef FQ_CORE_SUPPRESS_H
#define FQ_CORE_SUPPRESS_H

#include "fq/core/tally.h"

#define FQ_SUPPRESS_ROWS_MAX 16384
_Static_assert(FQ_MEASURES_COUNT <= 64, "a bit for each measure");

struct fq_suppression {
    uint64_t *hidden; /* a set of measures for each row; in the arena */
    uint64_t *few;    /* those of them that are hidden by I1 */
    uint64_t total_hidden, total_few;
};

struct fq_suppress_table {
    const struct fq_rollup_row *rows;
    uint32_t count;
    uint32_t by_count;
    const int64_t *total;
    const uint16_t *k; /* for each row */
    uint16_t k_total;
};

/* Fails with LIMIT when there are more than FQ_SUPPRESS_ROWS_MAX rows or the arena is full. */
FQ_CHECKED fq_err fq_suppress(const struct fq_suppress_table *table, struct fq_arena *arena,
                              struct fq_suppression *out_suppression, struct fq_why *out_why);

#endif
