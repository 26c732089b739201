/* As of: the view as it was when a given frontier was held, and why it is another now.
 *
 * A frontier is a list of marks: how far each log was held. An event had been heard of when its log is
 * marked so far, or when a relay within the marks carried it. Every figure is a sum over disputes
 * (merge.h), so the figures of then are those of now with the disputes of which something came later
 * set back to what came before: no log is replayed. Only those that something later speaks of must be
 * known: the caller finds the batches beyond the marks and notes their events.
 *
 * L1  The view set back equals a view of exactly the events within the marks: every cell, every digest.
 * L2  After it is set forth, it is the view it was, in every value and cell.
 * L3  A dispute comes from what it was then to what it is now by the facts that came later, in the order
 *     of their stamps; what each of them changes is put down to it. So the causes add up to the
 *     difference, whatever is counted. */
#ifndef FQ_CORE_ASOF_H
#define FQ_CORE_ASOF_H

#include "fq/core/merge.h"

struct fq_mark {
    struct fq_log_id log;
    uint64_t last;        /* held so far, at a batch boundary */
    struct fq_hash chain; /* there */
};

struct fq_marks {
    struct fq_mark *rows; /* in the order of log ids, each log once, none with last 0 */
    uint32_t count;
};

#define FQ_MARK_SIZE_MAX 64 /* of its bytes */

/* The marks of all that speaks of disputes here: facts, and the relays that others wrote; `own` writes
 * none it does not hold itself. False when the arena is full. */
bool fq_marks_of(const struct fq_frontier *frontier, uint32_t own, struct fq_arena *arena,
                 struct fq_marks *out_marks);
/* The mark of the log, or NULL. */
struct fq_mark *fq_marks_find(const struct fq_marks *marks, const struct fq_log_id *log);
/* [[origin, stream, epoch, last, chain], ...]. False when the arena is full. */
bool fq_marks_encode(const struct fq_marks *marks, struct fq_arena *arena,
                     struct fq_span *out_bytes);
/* The bytes must have passed fq_codec_scan. False when they are no marks in order, or too many. */
bool fq_marks_decode(struct fq_span bytes, struct fq_arena *arena, struct fq_marks *out_marks);
/* What fq_frontier_hash gave for the area when the marks were all that was held. False when the arena is
 * full. */
bool fq_marks_hash(const struct fq_marks *marks, const struct fq_areas *areas, uint32_t area,
                   struct fq_arena *arena, struct fq_hash *out_hash);

/* Which facts hold: of the logs by their place in the frontier, and of those that relays brought. */
struct fq_past {
    uint64_t last[FQ_LOGS_MAX];
    struct fq_event_id *relayed; /* sorted by fq_past_close */
    uint32_t relayed_count, relayed_capacity;
    const struct fq_frontier *frontier;
    const struct fq_areas *areas;
};

/* Begin a past of the view: these marks, with room for so many relayed events. False when the arena is full. */
bool fq_past_init(struct fq_past *past, const struct fq_view *view, const struct fq_marks *marks,
                  uint32_t relayed_max, struct fq_arena *arena);
/* A relay within the marks; anything else is nothing. False when there is no more room. */
bool fq_past_note_relay(struct fq_past *past, const struct fq_event *event);
void fq_past_close(struct fq_past *past);
bool fq_past_holds(const struct fq_past *past, const struct fq_fact *fact);

/* cause, name. The first that fits is a fact's cause. */
#define FQ_CAUSES(X)                                                                               \
    X(RECORDED_LATE,                                                                               \
      "recorded_late")              /* of a dispute unknown then; written down after the moment */ \
    X(ARRIVED_LATE, "arrived_late") /* likewise; written down before, but not here yet */          \
    X(VOIDED, "voided")                                                                            \
    X(MERGED, "merged")                                                                            \
    X(UNMERGED, "unmerged")                                                                        \
    X(TRANSFERRED, "transferred") /* to another home */                                            \
    X(REOPENED, "reopened")                                                                        \
    X(CORRECTED, "corrected")   /* a step was written again, or taken back */                      \
    X(LATER_STEP, "later_step") /* a further step of a known dispute */                            \
    X(JOINT, "joint")           /* nothing but units that joined, left, or were referred to */     \
    X(DEFINITION, "definition") /* no dispute's: figures are made otherwise now */

enum fq_cause {
#define FQ_CAUSE_ENUM(name, text) FQ_CAUSE_##name,
    FQ_CAUSES(FQ_CAUSE_ENUM)
#undef FQ_CAUSE_ENUM
        FQ_CAUSES_COUNT
};

const char *fq_cause_name(enum fq_cause cause);
bool fq_cause_find(struct fq_span name, enum fq_cause *out_cause);

/* A dispute that something later speaks of. */
struct fq_touched {
    _Alignas(16) uint32_t place; /* in the view */
    uint64_t recorded;           /* stamp of the first later registration or report; 0 none */
    struct fq_dispute was;
};

struct fq_asof {
    struct fq_view *view;
    struct fq_past *past;
    uint64_t moment_ms; /* what is recorded later is recorded late */
    struct fq_touched *touched;
    uint32_t count, capacity;
    uint32_t *entries; /* by place: of `touched`, plus 1 */
    uint32_t set_back; /* how many are, from the first on */
    size_t mark;
};

/* Begin, with nothing touched. Keeps the view and the past. False when the arena is full. */
bool fq_asof_init(struct fq_asof *asof, struct fq_view *view, struct fq_past *past,
                  uint64_t moment_ms, struct fq_arena *arena);
/* An event beyond the marks, or a relay; to be told before anything is judged or set back. The touched disputes grow at the top of `arena`, from which
 * nothing else may be taken meanwhile. False when it is full. */
bool fq_asof_note(struct fq_asof *asof, const struct fq_event *event, struct fq_arena *arena);
/* Why what was unknown then was: RECORDED_LATE or ARRIVED_LATE. */
enum fq_cause fq_asof_late(const struct fq_asof *asof, const struct fq_touched *touched);
/* Of each touched dispute each step from what it was to what it is (L3): the states before and after are
 * gone when `visit` returns. A dispute's steps follow one another. False when a region is full. Nothing
 * may be set back. */
typedef void fq_asof_visit(void *context, uint32_t place, enum fq_cause cause,
                           const struct fq_dispute *before, const struct fq_dispute *after);
bool fq_asof_walk(struct fq_asof *asof, fq_asof_visit *visit, void *context);
/* Set the touched disputes back. False when a region is full; nothing is then set back. */
bool fq_asof_go_back(struct fq_asof *asof);
/* Set forth what is set back (L2). */
void fq_asof_return(struct fq_asof *asof);

#endif
