/* The link's rules: how a child and its parent come to hold the same logs, whatever is lost, late,
 * doubled or forgotten on the way. Pure: told what came in and what time it is.
 *
 *             HELLO sent                WELCOME of this session
 *   DOWN ------------------> GREETING -------------------------> UP
 *     ^                         |                                 |
 *     +---- no WELCOME in time -+---- silence, ERROR, no progress -+
 *
 * The log is the only queue: what is not acknowledged is read from it again. All times are steady
 * ones unless they say otherwise: a wall clock set back must not stop a heartbeat.
 *
 * Y1  Every message carries the session of its HELLO; one of another session changes nothing.
 * Y2  An acknowledgement names what the parent has on disk, for it leaves after the turn's commit.
 * Y3  A child that is behind its parent fetches the difference back; while its own log is behind it
 *     originates nothing.
 * Y4  What is in flight stays within the credit granted.
 * Y5  A log that diverged is stopped and shown; the others go on.
 * Y6  A child learns how far the tier above its parent has each of its logs.
 * Y7  What flows down is pulled: the parent says how far it is, when it moves and with each heartbeat,
 *     and the child asks until it has it.
 * Y8  A parent that is behind a child on a log that flows down gets the difference back from it, and
 *     writes nothing to the log before.
 * Y9  A child says with its greeting and with each heartbeat how far every node of its area has written
 *     as far as it knows, and when it heard of it: what is announced and not held is known above. */
#ifndef FQ_CORE_SYNC_H
#define FQ_CORE_SYNC_H

#include "fq/core/effects.h"
#include "fq/core/link.h"

#define FQ_CHILDREN_MAX 256
#define FQ_SYNC_HEARD_MAX 1024 /* nodes below, at most */
#define FQ_SYNC_NAKS_MAX 256
#define FQ_SYNC_WANTS_MAX 256

struct fq_sync_options {
    uint32_t origin, area;
    enum fq_tier tier;
    bool has_parent;
    struct fq_id instance;
    uint64_t cert_serial;
    uint64_t boot; /* how often this store was opened; makes sessions increase */
    uint64_t credit_bytes;
    uint32_t heartbeat_ms, silence_ms, reconnect_ms;
};

enum fq_uplink_state { FQ_UPLINK_DOWN, FQ_UPLINK_GREETING, FQ_UPLINK_UP };

struct fq_uplink {
    enum fq_uplink_state state;
    uint64_t session;
    uint32_t greeting_count, mseq;
    uint32_t parent; /* origin; 0 before the first WELCOME */
    uint64_t credit, sent_bytes, received_bytes;
    uint64_t lost_bytes; /* sent, never counted by the parent, and nothing is owed any more */
    uint64_t heard_ms, greet_ms, beat_ms, retry_ms;
    uint32_t greeting_tries; /* without an answer: each waits twice as long, a few times */
    bool is_blocked, is_unsent;
};

struct fq_downlink {
    uint32_t origin;
    uint64_t session;
    bool is_up;
    bool has_spoken;   /* in this session: its greeting was no late one of an older session (Y8) */
    bool is_heads_due; /* it is told of all that flows down to it, moved or not */
    uint32_t mseq;
    uint64_t received_bytes;
    uint64_t heard_ms, beat_ms;
    uint64_t heard_wall_ms; /* the same moment by the wall, for people */
};

struct fq_sync_log {          /* beside the frontier's log of the same index */
    uint64_t cursor;          /* next sequence to send to the parent */
    uint64_t parent_have;     /* what the parent was heard to hold */
    uint64_t waited_have;     /* parent_have when it was last looked at, */
    uint64_t waiting_ms;      /* and since when it stands still though more was sent */
    uint64_t nak_seq, nak_ms; /* the gap last heeded, and when: a burst after a gap is one gap */
    uint64_t told_up;         /* what the child was told of the tier above */
    uint64_t told_head;       /* how far the children it flows down to were told that it is */
    uint64_t want_ms;         /* it is not asked for again before */
    uint64_t below_have;      /* of an own log: what a child was heard to hold */
    uint32_t via;             /* child it comes up through, its place + 1; 0 none */
    bool is_forwarding, is_diverged, is_ack_due;
};

struct fq_sync_heard { /* what is known of a node below (Y9) */
    uint32_t origin;
    enum fq_reason reason; /* why it cannot be complete, as it said; NONE */
    uint64_t heard_ms;     /* by the wall */
    uint64_t announced;    /* events of its logs that go up */
    uint64_t greeted;      /* of them, those of the last greeting */
};

struct fq_sync_nak {
    uint32_t peer;
    struct fq_log_id log;
    uint64_t expected;
    enum fq_reason reason;
};

struct fq_sync_want { /* a child fetches a log */
    uint32_t peer;
    uint64_t session;
    struct fq_log_id log;
    uint64_t next;
    bool is_forwarding;
};

struct fq_sync {
    struct fq_sync_options options;
    struct fq_frontier *frontier;
    const struct fq_areas *areas;
    struct fq_uplink up;
    struct fq_downlink children[FQ_CHILDREN_MAX];
    uint32_t child_count;
    struct fq_sync_heard heard[FQ_SYNC_HEARD_MAX]; /* in the order they were heard of */
    uint32_t heard_count;
    struct fq_sync_log logs[FQ_LOGS_MAX];
    uint32_t next_log; /* whose turn it is to be forwarded first */
    struct fq_sync_nak naks[FQ_SYNC_NAKS_MAX];
    uint32_t nak_count;
    struct fq_sync_want wants[FQ_SYNC_WANTS_MAX];
    uint32_t want_count;
    struct fq_log_id amnesia_log;
    uint64_t amnesia_seq; /* clients were told up to here; 0 no amnesia */
};

/* Keeps `frontier` and `areas`. */
void fq_sync_init(struct fq_sync *sync, struct fq_frontier *frontier, const struct fq_areas *areas,
                  const struct fq_sync_options *options);

struct fq_incoming { /* a batch that came over the link, for the core to judge and take in */
    bool is_batch;
    uint32_t peer;
    struct fq_span batch;
};

/* Take one frame of a peer whose identity is certain. */
void fq_sync_receive(struct fq_sync *sync, uint32_t peer, struct fq_span frame, struct fq_now now,
                     struct fq_effects *effects, struct fq_incoming *out_incoming);

enum fq_sync_judgement {
    FQ_SYNC_ACCEPTED,  /* continues the log: verify it and take it in */
    FQ_SYNC_DUPLICATE, /* held already */
    FQ_SYNC_GAP,       /* something before it is missing */
    FQ_SYNC_REFUSED,   /* a boundary this node does not know, or bytes that do not verify */
};

enum fq_sync_judgement fq_sync_judge(const struct fq_frontier *frontier,
                                     const struct fq_log_id *log, uint64_t from_seq,
                                     uint64_t to_seq);

struct fq_sync_result {
    enum fq_sync_judgement judgement;
    enum fq_reason reason; /* of REFUSED */
    struct fq_log_id log;
    uint64_t size; /* bytes of the batch */
};

/* What became of a batch: acknowledged or refused at the end of the turn. */
void fq_sync_batch_result(struct fq_sync *sync, uint32_t peer, const struct fq_sync_result *result);

/* End the turn: everything to be said now goes into the effects. */
void fq_sync_finish(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects);

/* The BATCH frame of a forward. False when the arena is full. */
bool fq_sync_batch_frame(struct fq_sync *sync, const struct fq_forward *forward,
                         struct fq_span batch, struct fq_arena *arena, struct fq_span *out_frame);
/* A forward was carried out: everything before `next_seq` was handed to the socket. */
void fq_sync_forwarded(struct fq_sync *sync, const struct fq_forward *forward, uint64_t next_seq,
                       uint64_t bytes_sent);
/* What was sent to the peer did not leave. */
void fq_sync_peer_gone(struct fq_sync *sync, uint32_t peer);

/* How many events the writer of `own` told clients of at most: those of its streams 0 and 1. */
uint64_t fq_sync_told(const struct fq_frontier *frontier, const struct fq_log_id *own);
/* Clients were told of `seq` events and the logs are behind that: read-only until they are back
 * (Y3). */
void fq_sync_set_amnesia(struct fq_sync *sync, const struct fq_log_id *log, uint64_t seq);
bool fq_sync_may_originate(const struct fq_sync *sync);
/* Whether relays may be written to this own log: the child on the way is linked, and holds no more
 * of it than this node (Y8). */
bool fq_sync_may_relay(const struct fq_sync *sync, const struct fq_log_id *log);

/* When the next timer is due, in steady time; UINT64_MAX for none. */
uint64_t fq_sync_next_timer(const struct fq_sync *sync, uint64_t now_ms);

bool fq_sync_is_linked(const struct fq_sync *sync);
uint32_t fq_sync_parent(const struct fq_sync *sync); /* origin; 0 unknown */

struct fq_sync_child {
    uint32_t origin;
    bool is_linked;
    uint64_t heard_ms; /* by the wall */
};
/* What was heard of a node below since this process runs; NULL nothing (Y9). Of itself, or of one that
 * never spoke, a node has heard nothing. */
const struct fq_sync_heard *fq_sync_heard_of(const struct fq_sync *sync, uint32_t origin);
/* How many events of the node's logs that go up are held: what `announced` is compared with. */
uint64_t fq_sync_held(const struct fq_frontier *frontier, uint32_t origin);
uint32_t fq_sync_child_count(const struct fq_sync *sync);
struct fq_sync_child fq_sync_child_at(const struct fq_sync *sync, uint32_t index);

#endif
