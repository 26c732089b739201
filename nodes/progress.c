#include "progress.h"

#include <string.h>

static void note(struct fq_progress_ring *ring, uint64_t seq, uint64_t wall_ms)
{
    uint64_t last = (ring->count - 1) % FQ_PROGRESS_MAX;

    if (seq == 0 || (ring->count > 0 && ring->steps[last].seq >= seq)) {
        return;
    }
    ring->steps[ring->count % FQ_PROGRESS_MAX].seq = seq;
    ring->steps[ring->count % FQ_PROGRESS_MAX].at_ms = wall_ms;
    ring->count++;
}

void fq_progress_note(struct fq_progress *progress, const struct fq_log *log, uint64_t wall_ms)
{
    if (!fq_log_id_equal(&progress->log, &log->id)) {
        memset(progress, 0, sizeof *progress);
        progress->log = log->id;
    }
    note(&progress->acked, log->acked, wall_ms);
    note(&progress->up, log->up, wall_ms);
}

uint64_t fq_progress_since(const struct fq_progress_ring *ring, uint64_t seq)
{
    uint64_t kept = ring->count < FQ_PROGRESS_MAX ? ring->count : FQ_PROGRESS_MAX;
    uint64_t at_ms = 0;

    for (uint64_t back = 1; back <= kept;
         back++) { /* newest first; the oldest that holds it counts */
        uint64_t place = (ring->count - back) % FQ_PROGRESS_MAX;
        if (ring->steps[place].seq < seq) {
            return at_ms;
        }
        at_ms = ring->steps[place].at_ms;
    }
    /* Where the ring was cut off, the first step kept may have come long after `seq`. */
    return ring->count > FQ_PROGRESS_MAX ? 0 : at_ms;
}
