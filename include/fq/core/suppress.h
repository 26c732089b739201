/* Suppression: what of a table must not be published, because few people stand behind it, and what
 * must not either, because the former could be worked out from it.
 *
 * Measures that add up to each other or describe the same cases (agreed, failed and terminated are what
 * was concluded) are hidden together. A count from 1 to k - 1 is few and hidden. For each few count a
 * box is hidden with it: the cells that result when any of its keys is exchanged for one other value.
 * Adding to every second corner what is taken from the others changes no sum over any of the keys.
 *
 * Of what is hidden nobody is told why: were it said which cells are few, two of them that add up to 2
 * would both be 1.
 *
 * I1  Every count from 1 to k - 1 is hidden, in rows, overlap and total.
 * I2  Who knows all that is shown, every sum over keys, and that counts are not negative, is left with
 *     two values at least for each few count; and with one of k or more, so that he cannot tell that
 *     it is few, where the table has cells large enough to stand beside it.
 *
 * That is promised of one table with its sums, not of several that cut the same cases otherwise: a half-year less
 * its quarter is the other quarter, and by type one county's table may hide other cells than that of
 * all counties. Who publishes both has to compare them. */
#ifndef FQ_CORE_SUPPRESS_H
#define FQ_CORE_SUPPRESS_H

#include "fq/core/tally.h"

#define FQ_SUPPRESS_ROWS_MAX 16384
_Static_assert(FQ_MEASURES_COUNT <= 64, "a bit for each measure");

struct fq_suppression {
    uint64_t *hidden; /* a set of measures for each row; in the arena */
    uint64_t total_hidden, overlap_hidden;
};

struct fq_suppress_table {
    const struct fq_rollup_row *rows;
    uint32_t count;
    uint32_t by_count;
    const int64_t *total;
    const int64_t *overlap; /* what the rows add up to beyond the total; NULL: nothing */
    const uint16_t *k;      /* for each row */
    uint16_t k_total;       /* of the overlap, too */
};

/* Fails with LIMIT when there are more than FQ_SUPPRESS_ROWS_MAX rows or the arena is full. */
FQ_CHECKED fq_err fq_suppress(const struct fq_suppress_table *table, struct fq_arena *arena,
                              struct fq_suppression *out_suppression, struct fq_why *out_why);

#endif
