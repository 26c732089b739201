/* Sorting rows that are known by a number of 128 bits: ids in order, cells in the order of their keys.
 *
 * O1  Time is n log n whatever the keys are, so that nobody slows a node by choosing ids.
 * O2  Rows of one key keep their order. */
#ifndef FQ_CORE_ORDER_H
#define FQ_CORE_ORDER_H

#include "fq/base/bytes.h"

struct fq_order_row {
    uint64_t high, low;
    uint32_t place; /* the caller's */
};

/* The key of an id: rows sorted by it are in the order of the ids' bytes. */
struct fq_order_row fq_order_of_id(const struct fq_id *id, uint32_t place);
/* Sort the rows; `spare` has room for as many and is overwritten. */
void fq_order_sort(struct fq_order_row *rows, struct fq_order_row *spare, uint32_t count);

#endif
