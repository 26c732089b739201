/* Descriptions: states and events as MessagePack maps for people and programs, codes by their ids,
 * dates as text, ids in hex. The shapes are those of include/PROTOCOL.md.
 *
 * Nothing here can tell party data: the core never has any. */
#ifndef FQ_CORE_DESCRIBE_H
#define FQ_CORE_DESCRIBE_H

#include "fq/core/docket.h"

#define FQ_DESCRIBE_EVENT_MAX 4096 /* bytes of one described event */
#define FQ_DESCRIBE_ROW_MAX 1024   /* of one row of a list */

/* The dispute's number: origin-epoch-seq of its first registration; empty before one is known. */
#define FQ_DISPUTE_NUMBER_SIZE 48
void fq_describe_number(const struct fq_view *view, const struct fq_dispute *dispute,
                        char out[FQ_DISPUTE_NUMBER_SIZE]);
/* One event as on the feed. */
void fq_describe_event(const struct fq_codes *codes, const struct fq_event *event, uint64_t lsn,
                       uint64_t prev, struct fq_writer *writer);
/* One event as a step in the history of its dispute: its public fields under `fields`. */
void fq_describe_step(const struct fq_codes *codes, const struct fq_event *event, uint64_t lsn,
                      struct fq_writer *writer);
/* One dispute in full; `extra_pairs` key-value pairs are the caller's to append. */
void fq_describe_dispute(const struct fq_view *view, const struct fq_codes *codes,
                         const struct fq_dispute *dispute, uint32_t extra_pairs,
                         struct fq_writer *writer);
/* One referral; `extra_pairs` key-value pairs are the caller's to append. */
void fq_describe_referral(const struct fq_codes *codes, const struct fq_referral *referral,
                          uint32_t extra_pairs, struct fq_writer *writer);
/* One dispute as a row of a list. */
void fq_describe_dispute_row(const struct fq_view *view, const struct fq_codes *codes,
                             const struct fq_dispute *dispute, struct fq_writer *writer);
/* The same with the `value` it adds to a figure. */
void fq_describe_case(const struct fq_view *view, const struct fq_codes *codes,
                      const struct fq_dispute *dispute, int64_t value, struct fq_writer *writer);

/* The number that a described field's words stand for: a role, a tier, a card, a kind of document, how
 * long it is kept, or groups with commas between; digits are themselves. */
uint64_t fq_describe_number_of(enum fq_field field, struct fq_span text);

#endif
