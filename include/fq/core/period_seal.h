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
 *
 * What is sealed of the figures is in period_figures.h.
 *
 * X1  Whoever holds the events can make the same cells, root and digest again.
 * X2  A seal counts when the node that wrote the record made it, for an area under its own; what is known
 *     of a seal does not depend on the order in which records arrive. */
#ifndef FQ_CORE_PERIOD_SEAL_H
#define FQ_CORE_PERIOD_SEAL_H

#include "fq/base/hash.h"
#include "fq/base/sign.h"
#include "fq/core/area.h"
#include "fq/core/event.h"
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

#endif
