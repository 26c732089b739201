/* The frontier: which logs a node knows and how far it holds each, its have-vector.
 *
 * A log has a small index that stays the same while the process runs; packed dispute states refer
 * to logs by it. */
#ifndef FQ_CORE_FRONTIER_H
#define FQ_CORE_FRONTIER_H

#include "fq/core/area.h"
#include "fq/core/batch.h"

#define FQ_LOGS_MAX 4096

struct fq_log {
    struct fq_log_id id;
    uint8_t tier;          /* of the origin, an enum fq_tier; orders concurrent writes */
    uint64_t last;         /* last sequence held; 0 none */
    struct fq_hash chain;  /* at `last`; meaningless when last is 0 */
    struct fq_id instance; /* from the first seal */
    uint64_t acked;        /* the parent holds durably up to here */
    uint64_t up;           /* and its parent up to here */
    uint64_t hlc;          /* of the last seal held: when the origin last spoke */
};

struct fq_frontier {
    struct fq_log *logs; /* FQ_LOGS_MAX of them, the caller's memory */
    uint32_t count;
    uint32_t slots[FQ_LOGS_MAX * 2]; /* open addressing: index + 1, 0 free */
};

/* `memory` gives room for the logs. False when it is full. */
bool fq_frontier_init(struct fq_frontier *frontier, struct fq_arena *memory);
/* The log, or NULL when unknown. */
struct fq_log *fq_frontier_find(const struct fq_frontier *frontier, const struct fq_log_id *id);
/* The log, added with nothing held when unknown; NULL when FQ_LOGS_MAX is reached. */
struct fq_log *fq_frontier_add(struct fq_frontier *frontier, const struct fq_log_id *id,
                               const struct fq_areas *areas);
uint32_t fq_frontier_index(const struct fq_frontier *frontier, const struct fq_log *log);

/* Which logs pass between a node and the tier above it: what everyone asks who sends, takes in or
 * counts. Between them, a log flows one way or not at all.
 *
 * Up: what was written in the child's area, facts and control. */
bool fq_log_flows_up(const struct fq_areas *areas, uint32_t child_area,
                     const struct fq_log_id *log);
/* Down: what a tier above the child wrote, control for everyone below its origin, relays for the
 * area they are addressed to and those on the way there. */
bool fq_log_flows_down(const struct fq_areas *areas, uint32_t child_area,
                       const struct fq_log_id *log);

/* BLAKE2b over (log, last, chain) of every log with anything held that flows up from `area`, in the
 * order of log ids: equal frontiers, equal hash. `arena` is used for sorting. */
FQ_CHECKED fq_err fq_frontier_hash(const struct fq_frontier *frontier, const struct fq_areas *areas,
                                   uint32_t area, struct fq_arena *arena, struct fq_hash *out_hash);
/* The value of the column family `have`: index4 last8 chain32 instance16 acked8 up8 hlc8. The index is
 * kept because the persisted view refers to logs by it. */
#define FQ_HAVE_SIZE 84
void fq_have_encode(const struct fq_frontier *frontier, const struct fq_log *log,
                    uint8_t out[FQ_HAVE_SIZE]);
/* Put a stored log back at its index. False on bad bytes, an index in use or out of range. All logs
 * are restored before the first fq_frontier_add. */
bool fq_frontier_restore(struct fq_frontier *frontier, const struct fq_log_id *id,
                         struct fq_span value, const struct fq_areas *areas);
#define FQ_LOG_KEY_SIZE 20 /* origin4 stream4 epoch4 first_seq8; `have` uses the first 12 */

#endif
