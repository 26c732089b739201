/* Effects: what a turn wants done. The core fills them; the node carries them out in the order
 * store, speak. Everything points into the turn's arena or the inputs and lives until its end. */
#ifndef FQ_CORE_EFFECTS_H
#define FQ_CORE_EFFECTS_H

#include "fq/core/frontier.h"

struct fq_now {         /* what time it is, in milliseconds */
    uint64_t wall_ms;   /* since 1970; may be set, also back: for stamps and for people */
    uint64_t steady_ms; /* never runs backwards: for all that waits or falls silent */
};

#define FQ_PEER_PARENT 0          /* a child is named by its origin */
#define FQ_PEER_BUNDLE UINT32_MAX /* a person with a bundle */

struct fq_send { /* one link frame */
    uint32_t peer;
    struct fq_span frame;
};

/* Read batches of `log` from the store, beginning with the one that holds `from_seq`, while their total stays within `size_max` (at least one), send each in a BATCH frame of `session`
 * (fq_sync_batch_frame) and tell the core how far it went with fq_sync_forwarded. */
struct fq_forward {
    uint32_t peer;
    uint64_t session;
    struct fq_log_id log;
    uint64_t from_seq;
    uint64_t size_max;
};

struct fq_append { /* one batch to store, its events known as first_lsn and on */
    struct fq_log_id log;
    uint64_t first_seq, last_seq;
    uint64_t first_lsn;
    struct fq_span batch;
    struct fq_span records; /* of the batch, in it */
    uint32_t record_count;
    struct fq_span arrival; /* value of the column family arrival, see feed.h */
};

struct fq_evidence { /* something refused, kept for the operator */
    struct fq_log_id log;
    uint64_t seq;
    enum fq_reason reason;
    uint32_t peer;
    struct fq_span bytes; /* at most FQ_EVIDENCE_BYTES_MAX of what was refused */
};

struct fq_owed { /* to be relayed to the node of an area, see relay.h: to store until it is */
    struct fq_owed *next;
    uint32_t recipient;
    uint64_t lsn;    /* of the event that brought it about; with the recipient, its name */
    bool is_history; /* all of the dispute that is known up to `lsn`, not `event` alone */
    struct fq_id dispute;
    struct fq_event_id event;
};

struct fq_owed_list { /* in the turn's arena, as long as need be: none is dropped */
    struct fq_owed *first, *last;
    uint32_t count;
};

struct fq_settled { /* what was owed is written as relays: to forget, or to go on with later */
    uint32_t recipient;
    uint64_t lsn;
    bool is_done;
    struct fq_event_id cursor; /* of a history: relayed up to this one, in the order of ids */
    struct fq_id dispute;
};

#define FQ_EFFECT_SENDS_MAX 8192
#define FQ_EFFECT_FORWARDS_MAX 1024
#define FQ_EFFECT_APPENDS_MAX 8192
#define FQ_EFFECT_EVIDENCE_MAX 64
#define FQ_EFFECT_SETTLED_MAX 256
#define FQ_EVIDENCE_BYTES_MAX 4096

struct fq_effects {
    struct fq_arena *arena; /* the turn's */
    struct fq_append appends[FQ_EFFECT_APPENDS_MAX];
    uint32_t append_count;
    struct fq_send sends[FQ_EFFECT_SENDS_MAX];
    uint32_t send_count;
    struct fq_forward forwards[FQ_EFFECT_FORWARDS_MAX];
    uint32_t forward_count;
    struct fq_evidence evidence[FQ_EFFECT_EVIDENCE_MAX];
    uint32_t evidence_count;
    struct fq_owed_list owed;
    struct fq_settled settled[FQ_EFFECT_SETTLED_MAX];
    uint32_t settled_count;
    uint32_t dropped_count; /* sends and evidence beyond the limits: retried or told by count */
};

void fq_effects_reset(struct fq_effects *effects, struct fq_arena *arena);
/* Each returns false, counting in dropped_count, when its table is full. */
bool fq_effects_send(struct fq_effects *effects, uint32_t peer, struct fq_span frame);
bool fq_effects_forward(struct fq_effects *effects, const struct fq_forward *forward);
bool fq_effects_append(struct fq_effects *effects, const struct fq_append *append);
bool fq_effects_settle(struct fq_effects *effects, const struct fq_settled *settled);
bool fq_effects_evidence(struct fq_effects *effects, const struct fq_evidence *evidence);

#endif
