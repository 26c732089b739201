/* Period seals: figures that stay as they are.
 *
 * A seal names exactly the events its figures are made of (marks, asof.h) and holds what they amount to:
 * every cell of the period and area, and the root of a tree over every dispute that adds something to
 * them. Its head is small, signed by the node that made it, and flows as a control record to all tiers;
 * the whole stays where it was made, and in the files it is saved to. Late events are never refused:
 * live figures move on, the seal does not.
 *
 *   head  = [version, id, period, first month, last month, area, node, made ms, flags, missing, metrics,
 *            count, digest16, marks32, cells32, root32, notes32, previous16]
 *   payload of the control record = [head, signature], both bin; Ed25519 over "FQP1" and the head
 *   cell  = [table, area, month, dimension, measure, value, measure, value, ...]
 *   leaf  = H(0x00 || salt16 || id16 || form1 || terms, or their hash when they are long)
 *
 * The cells of the month before the first hold the stocks that stood there. Each leaf has a salt of its
 * own, so that who holds a proof cannot try out what the neighbours in the tree might be.
 *
 * X1  Whoever holds the events can make the same cells, root and digest again.
 * X2  A seal counts when the node that wrote the record made it, for an area under its own; what is known
 *     of a seal does not depend on the order in which records arrive.
 * X3  The cells of a seal answer every declared question inside its period and area.
 * X4  A leaf holds an id and figures, nothing else. */
#ifndef FQ_CORE_PERIOD_SEAL_H
#define FQ_CORE_PERIOD_SEAL_H

#include "fq/base/sign.h"
#include "fq/core/merge.h"
#include "fq/core/merkle.h"
#include "fq/core/order.h"
#include "fq/core/period.h"

#define FQ_CONTROL_PERIOD_SEAL 3 /* verb of the control record; campaign.h has 1 and 2 */
#define FQ_PERIOD_SEALS_MAX 2048
#define FQ_PERIOD_HEAD_MAX 512
#define FQ_PERIOD_PAYLOAD_MAX (FQ_PERIOD_HEAD_MAX + FQ_SIGNATURE_SIZE + 16)
#define FQ_PERIOD_FORCED 1   /* flag: sealed though somebody was missing */
#define FQ_METRICS_VERSION 1 /* of merge_contribution.c: raised when a figure is made otherwise */

struct fq_period_seal { /* the head */
    struct fq_id id;    /* the command that made it */
    char period[FQ_PERIOD_NAME_SIZE];
    uint16_t first_month, last_month;
    uint32_t area;
    uint32_t node; /* origin */
    uint64_t made_ms;
    uint32_t flags;
    uint32_t missing; /* areas that were not heard of since the period ended */
    uint32_t metrics;
    uint64_t count;          /* leaves */
    struct fq_digest digest; /* of the cells of its months (fq_view_digest) */
    struct fq_hash marks, cells, root, notes;
    struct fq_id previous; /* the last seal of the same months and area by this node; zero none */
};

/* Append the head. */
void fq_period_seal_encode(const struct fq_period_seal *seal, struct fq_writer *writer);
/* Exactly what encode writes; false for anything else. */
bool fq_period_seal_decode(struct fq_span head, struct fq_period_seal *out_seal);
void fq_period_seal_sign(const struct fq_sign_secret *secret, struct fq_span head,
                         uint8_t out_signature[FQ_SIGNATURE_SIZE]);
bool fq_period_seal_verify(const struct fq_sign_public *key, struct fq_span head,
                           struct fq_span signature);

/* Write verb and payload into the event, a control record; borrows `payload`, which gets the bytes. False
 * when they do not fit. */
bool fq_period_seal_write(const struct fq_period_seal *seal, struct fq_span head,
                          const uint8_t signature[FQ_SIGNATURE_SIZE],
                          uint8_t payload[FQ_PERIOD_PAYLOAD_MAX], struct fq_event *event);
/* What a control record says; false when it is no seal. */
bool fq_period_seal_read(const struct fq_event *event, struct fq_period_seal *out_seal,
                         struct fq_span *out_head, struct fq_span *out_signature);

/* ---- the seals a node has heard of ---- */

struct fq_period_seals { /* begins as {0} */
    uint32_t count;
    uint32_t dropped_count; /* there was no room for */
    struct fq_period_seal rows[FQ_PERIOD_SEALS_MAX];
};

/* Fold a control record; anything but a seal that counts (X2) is nothing. Gives whether it is new. */
bool fq_period_seals_fold(struct fq_period_seals *seals, const struct fq_areas *areas,
                          const struct fq_event *event);
const struct fq_period_seal *fq_period_seals_find(const struct fq_period_seals *seals,
                                                  const struct fq_id *id);
/* The newest seal of exactly these months and this area; by one node, or 0 for any. NULL none. */
const struct fq_period_seal *fq_period_seals_newest(const struct fq_period_seals *seals,
                                                    uint16_t first_month, uint16_t last_month,
                                                    uint32_t area, uint32_t node);

/* ---- figures ---- */

/* Append the cells of the area and months one after the other, in the order of their keys, and the stocks
 * before. False when the arena is full. */
bool fq_period_cells(const struct fq_view *view, uint32_t area, uint16_t first_month,
                     uint16_t last_month, struct fq_arena *arena, struct fq_span *out_cells);
/* Put cells into an empty view, so that it answers what is asked of cells (X3). Bytes that passed no scan
 * are well: false when they are no cells, or a region is full. */
bool fq_period_cells_load(struct fq_span cells, struct fq_view *view);
/* The next of some cells; false at the end or when it is none. Values that are not written are zeros. */
bool fq_period_cells_next(struct fq_reader *reader, struct fq_cell *out_cell);

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
