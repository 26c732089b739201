/* When the tiers above came to hold what this node wrote: a short memory of how far its own log was
 * acknowledged, and when this node learned of it. Lost by a restart, and then told anew.
 *
 * R1  The time told for an event is when this node first knew that it was held, never later. */
#ifndef FQ_NODES_PROGRESS_H
#define FQ_NODES_PROGRESS_H

#include "fq/core/frontier.h"

#define FQ_PROGRESS_MAX 512 /* a power of two */

struct fq_progress_ring { /* ascending in both; the oldest are overwritten */
    struct {
        uint64_t seq, at_ms;
    } steps[FQ_PROGRESS_MAX];
    uint64_t count; /* ever noted */
};

struct fq_progress {
    struct fq_log_id log;
    struct fq_progress_ring acked, up;
};

/* Note how far `log` is acknowledged now; another log than the last begins anew. */
void fq_progress_note(struct fq_progress *progress, const struct fq_log *log, uint64_t wall_ms);
/* When the ring first reached `seq`; 0 when that is not remembered. */
uint64_t fq_progress_since(const struct fq_progress_ring *ring, uint64_t seq);

#endif
