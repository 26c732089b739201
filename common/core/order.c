#include "fq/core/order.h"

#include <string.h>

struct fq_order_row fq_order_of_id(const struct fq_id *id, uint32_t place)
{
    return (struct fq_order_row){
        .high = fq_get_be64(id->bytes), .low = fq_get_be64(id->bytes + 8), .place = place};
}

static bool comes_after(const struct fq_order_row *a, const struct fq_order_row *b)
{
    return a->high != b->high ? a->high > b->high : a->low > b->low;
}

/* Two runs that lie one after the other, merged into `to`. */
static void merge_runs(const struct fq_order_row *from, uint32_t left_count, uint32_t count,
                       struct fq_order_row *to)
{
    uint32_t left = 0, right = left_count;

    for (uint32_t i = 0; i < count; i++) {
        bool is_right = left == left_count ||
                        (right < count && comes_after(&from[left], &from[right])); /* O2 */
        to[i] = is_right ? from[right++] : from[left++];
    }
}

void fq_order_sort(struct fq_order_row *rows, struct fq_order_row *spare, uint32_t count)
{
    struct fq_order_row *from = rows, *to = spare;

    for (uint64_t run = 1; run < count; run *= 2) { /* O1 */
        for (uint64_t at = 0; at < count; at += 2 * run) {
            uint64_t left = count - at < run ? count - at : run;
            uint64_t both = count - at < 2 * run ? count - at : 2 * run;
            merge_runs(from + at, (uint32_t)left, (uint32_t)both, to + at);
        }
        struct fq_order_row *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != rows) {
        memcpy(rows, from, (size_t)count * sizeof *rows);
    }
}
