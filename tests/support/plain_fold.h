/* The plain fold: what a history amounts to, computed the slow and obvious way.
 *
 * It shares no code with merge.c and dispute.c: it lists each dispute's distinct events, sorts them
 * by stamp, and asks each measure's question (1.4 of the domain) of that list from scratch. What it
 * holds of the rules it says where it counts. It is what the merge is tested against. */
#ifndef FQ_TESTS_PLAIN_FOLD_H
#define FQ_TESTS_PLAIN_FOLD_H

#include "history.h"

#define PLAIN_CELLS_MAX 16384
/* Beside the tables of measure.h: (area, month) by how much the kinds overlap there. */
#define PLAIN_OVERLAP FQ_CELL_TABLES

struct plain_cell {
    uint32_t table;
    uint32_t area;
    uint16_t month;
    uint16_t dimension;
    uint32_t measure;
    int64_t value;
    bool is_used;
};

struct plain {
    const struct world *world;
    struct plain_cell cells[PLAIN_CELLS_MAX]; /* open addressing */
    uint32_t event_count;                     /* distinct events that mean something */
};

/* Fold the entries from the first up to, but not, `count`. */
void plain_fold(struct plain *plain, const struct world *world, const struct history *history,
                uint32_t count);
int64_t plain_value(const struct plain *plain, uint32_t table, uint32_t area, uint16_t month,
                    uint16_t dimension, uint32_t measure);
/* Whether the view holds exactly these figures; else says on stdout what differs first. */
bool plain_agrees(const struct plain *plain, const struct fq_view *view);

#endif
