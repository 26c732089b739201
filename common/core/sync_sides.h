/* The two sides of the link's rules, each in a file of its own: sync_child.c is this node towards its
 * parent, sync_parent.c towards its children, sync_heard.c what goes from one to the other of nodes
 * further below. Here is what they share; nobody else looks at it. */
#ifndef FQ_CORE_SYNC_SIDES_H
#define FQ_CORE_SYNC_SIDES_H

#include "fq/core/sync.h"

#define HELLO_LOG_SIZE 80 /* bytes of one log in HELLO or WELCOME, at most */
#define SMALL_BODY 256
#define FORWARD_MAX (1024 * 1024)

struct heard_log { /* one log of a HELLO or WELCOME */
    struct fq_log_id id;
    enum fq_link_verdict verdict;
    uint64_t have;
    struct fq_hash chain;
    uint64_t up;
};

static inline struct fq_sync_log *beside(struct fq_sync *sync, const struct fq_log *log)
{
    return &sync->logs[fq_frontier_index(sync->frontier, log)];
}

static inline struct fq_downlink *find_child(struct fq_sync *sync, uint32_t origin)
{
    for (uint32_t i = 0; i < sync->child_count; i++) {
        if (sync->children[i].origin == origin) {
            return &sync->children[i];
        }
    }
    return NULL;
}

static inline uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How far the tier above this node has the log; the top tier is its own above. */
static inline uint64_t above(const struct fq_sync *sync, const struct fq_log *log)
{
    return sync->options.has_parent ? log->acked : log->last;
}

static inline bool is_own(const struct fq_sync *sync, const struct fq_log_id *log)
{
    return log->origin == sync->options.origin;
}

/* Whether the log passes between the child of this area and its parent, either way. */
static inline bool is_shared(const struct fq_sync *sync, uint32_t child_area,
                             const struct fq_log_id *log)
{
    return fq_log_flows_up(sync->areas, child_area, log) ||
           fq_log_flows_down(sync->areas, child_area, log);
}

struct fq_span fq_sync_heartbeat(struct fq_effects *effects, uint64_t session, uint32_t mseq,
                                 struct fq_now now);
/* What a BATCH carries. */
struct fq_span fq_sync_batch_of(struct fq_span body);

/* ---- sync_child.c ---- */

void fq_sync_receive_from_parent(struct fq_sync *sync, const struct fq_link_message *message,
                                 uint64_t now_ms, struct fq_incoming *out_incoming);
/* A batch came back, or down, from the parent. */
void fq_sync_take_returned(struct fq_sync *sync, struct fq_log *log,
                           const struct fq_sync_result *result);
/* Whether the parent has more of the log, to be asked for (Y3, Y7). */
bool fq_sync_is_behind(const struct fq_sync *sync, uint32_t index);
void fq_sync_tend_parent(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects);

/* ---- sync_parent.c ---- */

void fq_sync_receive_from_child(struct fq_sync *sync, uint32_t peer,
                                const struct fq_link_message *message, struct fq_now now,
                                struct fq_effects *effects, struct fq_incoming *out_incoming);
/* A child brought a batch. */
void fq_sync_take_brought(struct fq_sync *sync, struct fq_downlink *child,
                          const struct fq_sync_result *result);
void fq_sync_tend_children(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects);
bool fq_sync_read_hello_log(struct fq_reader *reader, struct heard_log *heard);

/* ---- sync_heard.c (Y9) ---- */

/* The logs that a child's HELLO names; all of them can be read. */
void fq_sync_hear_greeting(struct fq_sync *sync, uint32_t child, struct fq_reader logs,
                           uint32_t count);
/* A child's heartbeat: [wall_ms, [[origin, heard_ms, announced, reason], ...]]. */
void fq_sync_hear_heartbeat(struct fq_sync *sync, uint32_t child, struct fq_span body,
                            uint64_t wall_ms);
/* This node's heartbeat to its parent, which tells of all nodes here and below. */
struct fq_span fq_sync_report(struct fq_sync *sync, struct fq_effects *effects, struct fq_now now);

#endif
