/* What a seal holds of the figures: every cell of its period and area, and a leaf for every dispute that
 * adds something to them.
 *
 *   cell = [table, area, month, dimension, measure, value, measure, value, ...]
 *   leaf = H(0x00 || salt16 || id16 || form1 || terms, or their hash when they are long)
 *
 * The cells of the month before the first hold the stocks that stood there. Each leaf has a salt of its
 * own, so that who holds a proof cannot try out what the neighbours in the tree might be.
 *
 * X3  The cells of a seal answer every declared question inside its period and area.
 * X4  A leaf holds an id and figures, nothing else. */
#ifndef FQ_CORE_PERIOD_FIGURES_H
#define FQ_CORE_PERIOD_FIGURES_H

#include "fq/core/merge.h"
#include "fq/core/merkle.h"
#include "fq/core/order.h"
#include "fq/core/period_seal.h"

/* ---- cells ---- */

/* Append the cells of the area and months one after the other, in the order of their keys, and the stocks
 * before. False when the arena is full. */
bool fq_period_cells(const struct fq_view *view, uint32_t area, uint16_t first_month,
                     uint16_t last_month, struct fq_arena *arena, struct fq_span *out_cells);
/* Put cells into an empty view, so that it answers what is asked of cells (X3). Bytes that passed no scan
 * are well: false when they are no cells, or a region is full. */
bool fq_period_cells_load(struct fq_span cells, struct fq_view *view);
/* The next of some cells; false at the end or when it is none. Values that are not written are zeros. */
bool fq_period_cells_next(struct fq_reader *reader, struct fq_cell *out_cell);
/* Those of one table and area out of them, which lie together; borrowed, of size 0 when there are none. */
struct fq_span fq_period_cells_group(struct fq_span cells, uint64_t table, uint64_t area);

/* ---- leaves ---- */

#define FQ_LEAF_INLINE_MAX 560 /* bytes of terms that stand in the leaf itself */
#define FQ_LEAF_SIZE_MAX (FQ_TERMS_MAX * 24 + 32)

struct fq_leaf {
    struct fq_id id;
    struct fq_id salt;
    bool is_hashed;       /* the terms are long: `terms` is their hash */
    struct fq_span terms; /* [type, is activity, [[area, month, measure, kinds, value], ...]] */
};

/* What the dispute adds to the period in the area, or nothing: then false. Stocks stand in the last month.
 * The terms lie in `room`, FQ_LEAF_SIZE_MAX bytes. */
bool fq_period_leaf(const struct fq_view *view, const struct fq_dispute *dispute,
                    const struct fq_period_seal *seal, const struct fq_id *seal_salt, uint8_t *room,
                    struct fq_leaf *out_leaf);
void fq_period_leaf_hash(const struct fq_leaf *leaf, struct fq_hash *out_hash);

/* Every leaf in the order of ids: its id and hash. Gives the root and the count. False when the arena is
 * full; it is used for sorting too. */
struct fq_leaf_row {
    struct fq_id id;
    struct fq_hash hash;
};
bool fq_period_leaves(const struct fq_view *view, const struct fq_period_seal *seal,
                      const struct fq_id *seal_salt, struct fq_arena *arena,
                      struct fq_leaf_row **out_rows, struct fq_hash *out_root, uint64_t *out_count);

#endif
