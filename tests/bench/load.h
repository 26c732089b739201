/* A load: submits made beforehand from a stream of events, and their sending.
 *
 * D1  A group is what a clerk's program would send at once: one frame, or several sent back to
 *     back when the events do not fit one; it is answered when all its frames are.
 * D2  Every command's verdict is read: only new, accepted events count. */
#ifndef FQ_TESTS_BENCH_LOAD_H
#define FQ_TESTS_BENCH_LOAD_H

#include "site.h"
#include "workload.h"

struct load {
    uint8_t *bytes; /* the frames, one after the other */
    size_t used, size;
    struct load_frame {
        size_t offset, size;
        uint32_t group;
    } * frames;
    uint32_t frame_count, frame_capacity;
    uint32_t next_frame; /* the first not yet sent */
    uint32_t group_count;
    uint64_t event_count;
    uint64_t record_bytes;        /* of the records as the log will hold them */
    double *sent_s, *latencies_s; /* per group */
    uint32_t *waiting;            /* frames per group not yet answered */
};

/* What came of it; several runs add up. */
struct load_result {
    uint64_t events;  /* accepted */
    uint64_t refused; /* verdicts of another kind */
    uint32_t groups, frames;
    double seconds, node_cpu_s, loop_cpu_s;
    double *latencies_s; /* of each group, in the order of answers; the load's */
};

/* About `events_max` events, or all of the stream, in groups of `group_events`; the last may be
 * shorter. Release with load_close. */
bool load_open(struct load *load, struct stream *stream, uint32_t group_events,
               uint64_t events_max);
void load_close(struct load *load);
/* Go on sending groups, `window` of them in flight, until the load is used up or `seconds` are over,
 * and wait for all answers; adds to `result`. False when the node does not answer as it should. */
bool load_run(struct load *load, struct daemon *daemon, uint32_t window, double seconds,
              struct load_result *result);

#endif
