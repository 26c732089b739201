/* Realistic events from a seed: whole lives of disputes, in the order of their business dates.
 *
 * A life is about eight legal steps over some weeks: registered, accepted, sometimes joined by
 * another kind of mediation, one to three sessions, an outcome, then document, confirmation,
 * performance, visit, closing and archiving as they come. The same plan gives the same events. */
#ifndef FQ_TESTS_BENCH_WORKLOAD_H
#define FQ_TESTS_BENCH_WORKLOAD_H

#include "fq/core/event.h"

#define LIFE_STEPS_MAX 16

struct life {
    struct fq_id dispute;
    uint32_t area;
    uint64_t host, helper; /* units; the helper is of another kind */
    const char *actor;
    uint16_t type, form;
    uint8_t source, kind, helper_kind, scale, difficulty, risk;
    uint32_t persons, place, amount_cents;
    uint8_t hash[32]; /* of a document */
    uint32_t count;
    struct {
        uint8_t kind;
        uint8_t code; /* of a confirmation: its step */
        uint16_t date;
    } steps[LIFE_STEPS_MAX];
};

struct stream_plan {
    uint64_t seed;
    uint32_t area; /* the county */
    uint32_t dispute_count;
    uint16_t first_day, last_day; /* every step's date lies in here */
};

/* One county's events. What a stream gives borrows from it until its next event. */
struct stream {
    struct stream_plan plan;
    uint32_t *order; /* dispute x LIFE_STEPS_MAX + step, by date */
    uint32_t count, next;
    struct life life;
    uint32_t drawn; /* the dispute whose life it is, plus 1 */
};

/* False when memory is short. Release with stream_close. */
bool stream_open(struct stream *stream, const struct stream_plan *plan);
void stream_close(struct stream *stream); /* {0} is well */
/* The date of the next event; 0 at the end. */
uint16_t stream_next_date(struct stream *stream);
/* The next event as its county's log would hold it (its id's epoch is 1, its seq its place);
 * false at the end. */
bool stream_next(struct stream *stream, struct fq_event *out_event);

uint16_t workload_day(const char *text); /* 2021-01-01 */

#endif
