/* Tallies: rows of figures by key, kept while figures are gathered.
 *
 * H1  A key has one row. Rows stay where they are made, in the order they were made. */
#ifndef FQ_CORE_TALLY_H
#define FQ_CORE_TALLY_H

#include "fq/core/dimension.h"

struct fq_rollup_row {
    uint64_t key[FQ_ROLLUP_BY_MAX]; /* area code, code number, time, ..., as the query's `by` */
    int64_t value[FQ_MEASURES_COUNT];
};

struct fq_tally {
    struct fq_rollup_row *rows;
    uint32_t *slots;     /* open addressing over rows: index + 1 */
    uint32_t slot_count; /* a power of two, at least twice the capacity */
    uint32_t count;
    uint32_t capacity;
    struct fq_rollup_row *last; /* the row looked for before: often the next one too */
    bool is_full;               /* a row was wanted that there was no room for */
};

/* Room for `capacity` rows in the arena; false when it is full. */
FQ_CHECKED bool fq_tally_init(struct fq_tally *tally, uint32_t capacity, struct fq_arena *arena);
/* The row of a key (H1), made with zeros when absent; NULL when there are too many. */
struct fq_rollup_row *fq_tally_row(struct fq_tally *tally, const uint64_t *key);
/* The row of a key, or NULL. */
const struct fq_rollup_row *fq_tally_find(const struct fq_tally *tally, const uint64_t *key);

/* As in the cells: sums beyond 64 bits wrap alike everywhere. */
static inline int64_t fq_plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t fq_minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

#endif
