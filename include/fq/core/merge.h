/* The idempotent merge: how facts become figures. Start reading here.
 *
 * The view of a node is a table of disputes, each the join of the events that speak of it, and a
 * table of cells, each the sum over disputes of one pure function of their states:
 *
 *     state(d) = the set of d's events            (dispute.h)
 *     cells    = sum over d of contribution(state(d))
 *
 * Folding an event adds it to its set and adds contribution(after) - contribution(before) to the
 * cells. Nothing is ever incremented because an event came. Therefore:
 *
 * M1  Folding an event a second time changes nothing.
 * M2  The order in which events arrive does not matter.
 * M3  How they are grouped into batches, turns and restarts does not matter.
 * M4  A view rebuilt from the log equals the view that was kept up event by event.
 * M5  An event before its registration is kept and counts nothing until the registration comes.
 * M6  What this version cannot interpret is kept in the log and folds to nothing.
 *
 * The caller reserves the memory; the view never allocates and never shrinks. */
#ifndef FQ_CORE_MERGE_H
#define FQ_CORE_MERGE_H

#include "fq/core/contribution.h"
#include "fq/core/dispute.h"
#include "fq/core/measure.h"

/* Regions the view grows in, each used for nothing else (edge/memory.h reserves them). */
struct fq_view_memory {
    struct fq_arena disputes, dispute_heads, dispute_links, facts, dirty, activities;
    struct fq_arena cells, cell_heads, cell_links;
};

struct fq_view_activity { /* where it stands among the disputes, and the area it is of */
    uint32_t place, area;
};

struct fq_view {
    const struct fq_areas *areas;
    struct fq_frontier *frontier;
    struct fq_view_memory memory;
    struct fq_dispute *disputes;
    struct fq_index index; /* of disputes, by id */
    struct fq_cells cells;
    uint32_t *dirty; /* a ring: disputes changed since they were taken last, longest ago first */
    uint32_t dirty_first, dirty_count, dirty_capacity;
    struct fq_view_activity *activities; /* those of which a report is known, in any order */
    uint32_t activity_count;
    const struct fq_log *log;        /* of the last event folded */
    const struct fq_dispute *folded; /* of the last event that was new */
    uint64_t event_count;            /* distinct events folded, relays counted as what they carry */
    uint64_t dispute_count;   /* with a live registration or not; screenings and activities apart */
    uint8_t types_seen[8192]; /* bit per dispute type ever seen in the view */
};

enum fq_merged {
    FQ_MERGED_NEW,       /* added to its set */
    FQ_MERGED_DUPLICATE, /* already there: nothing changed (M1) */
    FQ_MERGED_INERT,     /* nothing to fold (M6) */
    FQ_MERGED_FULL,      /* a region is full: the view is no longer good */
};

/* Keeps `areas` and `frontier`; takes the regions, which must be zero-filled. */
void fq_view_init(struct fq_view *view, const struct fq_areas *areas, struct fq_frontier *frontier,
                  const struct fq_view_memory *memory);

/* Under which id the event folds. Screenings and activities are no disputes but fold alike, under an
 * id of their own: a screening's command, and of an activity what it reports, so that a second report
 * replaces the first. */
struct fq_id fq_merge_entity(const struct fq_event *event);
enum fq_merged fq_merge_event(struct fq_view *view, const struct fq_event *event);
/* The event that folds when this relay does: what it carries, under its own identity. False when it is no
 * relay, or its writer has nothing to say of that. */
bool fq_merge_open_relay(const struct fq_areas *areas, const struct fq_event *relay,
                         struct fq_event *out_inner);
/* Fold the events of a batch, one after the other. Fails with LIMIT when a region is full and BYTES
 * when a record does not decode; what went before is folded. `out_areas` is NULL or gets the area of
 * each record. */
FQ_CHECKED fq_err fq_merge_batch(struct fq_view *view, const struct fq_batch *batch,
                                 uint32_t *out_areas, struct fq_why *out_why);
/* Tell the view which disputes are about to be folded or looked at, so that what it keeps of them is
 * on its way from memory: a fold waits longer than it computes. Changes nothing. */
#define FQ_VIEW_EXPECT_MAX 16
void fq_view_expect(const struct fq_view *view, const struct fq_event *events, uint32_t count);

/* The dispute, or NULL. The pointer stays good for the life of the view. */
const struct fq_dispute *fq_view_find(const struct fq_view *view, const struct fq_id *id);
/* The facts of a dispute, greatest stamp first: first, then next until NULL. */
const struct fq_fact *fq_view_facts(const struct fq_view *view, const struct fq_dispute *dispute);
const struct fq_fact *fq_view_next(const struct fq_view *view, const struct fq_fact *fact);
struct fq_event_id fq_view_event_id(const struct fq_view *view, const struct fq_fact *fact);
/* The fact that the command made in this dispute, or NULL: how a repeat is known. */
const struct fq_fact *fq_view_command(const struct fq_view *view, const struct fq_dispute *dispute,
                                      const struct fq_id *cmd_id);

/* Whether the dispute has FQ_DISPUTE_FACTS_MAX facts or more, asked for a command that would add one:
 * what folds anew and what a node looks up walk all of them, in one turn. */
#define FQ_DISPUTE_FACTS_MAX 2048
bool fq_view_is_full(const struct fq_view *view, const struct fq_dispute *dispute,
                     const struct fq_id *cmd_id);

/* A rehearsal: what would be if the event came next. Puts it on top of `copy`, a copy of a dispute of
 * the view or a new one, which then has the facts of the dispute and this one. The view itself stays as
 * it is; what was rehearsed since the mark is forgotten with fq_view_forget, before anything else is
 * folded. False when the heap is full. */
size_t fq_view_mark(const struct fq_view *view);
bool fq_view_rehearse(struct fq_view *view, struct fq_dispute *copy, const struct fq_event *event);
void fq_view_forget(struct fq_view *view, size_t mark);

/* One term of a contribution: `value` of `measure` in (area, month), in each kind of `kinds`. */
struct fq_term {
    uint32_t area;
    uint16_t month;
    uint8_t measure;
    uint8_t kinds; /* bit per enum fq_kind */
    int64_t value;
};

#define FQ_TERMS_MAX (32 + 4 * FQ_MAP_ENTRIES_MAX) /* a prevention is two terms */

struct fq_contribution {
    uint16_t type;
    bool is_activity; /* its terms go to FQ_CELLS_ACTIVITY with `type` as the indicator */
    uint32_t count;
    struct fq_term terms[FQ_TERMS_MAX];
};

/* What a dispute adds to the cells (contribution.h), as a list of terms. */
void fq_contribution_of(const struct fq_view *view, const struct fq_dispute *dispute,
                        struct fq_contribution *out_contribution);
/* The same without what its maps add: referrals, preventions, units. */
void fq_contribution_of_values(const struct fq_dispute *dispute,
                               struct fq_contribution *out_contribution);
/* Whether equal maps would add the same to both. */
bool fq_maps_count_alike(const struct fq_dispute *a, const struct fq_dispute *b);

/* Sum of cell digests over the areas below `area` (inclusive) and the months given; 0..UINT16_MAX
 * for all. Brings stale hashes up to date. */
struct fq_digest fq_view_digest(struct fq_view *view, uint32_t area, uint16_t first_month,
                                uint16_t last_month);

/* ---- looking back ----
 *
 * A dispute may for a while stand in the view, and count in the cells, as some of its facts alone would
 * have it: the rest of the view then is as it would be without the others (asof.h). Nothing may be folded
 * or written behind before each such dispute has its own state again and what was put on the heap since
 * the mark is forgotten. */

/* Asked of each fact of a dispute once, from the greatest stamp down. */
typedef bool fq_fact_holds(const void *context, const struct fq_fact *fact);
/* What those of a dispute's facts amount to that hold: its facts are copies on the heap, to be forgotten
 * (fq_view_forget) before anything else is done with the view. False when the heap is full. */
bool fq_view_state(struct fq_view *view, const struct fq_dispute *dispute, fq_fact_holds *holds,
                   const void *context, struct fq_dispute *out_state);
/* Let the dispute at `place` be what those of its facts amount to that hold; `out_was` is its state. False
 * when a region is full: the dispute is then as it was. */
bool fq_view_set_back(struct fq_view *view, uint32_t place, fq_fact_holds *holds,
                      const void *context, struct fq_dispute *out_was);
/* Give it its state again. */
void fq_view_set_forth(struct fq_view *view, uint32_t place, const struct fq_dispute *was);

/* ---- writing the view behind ----
 *
 * Disputes may be written one after the other while more is folded: what was written of one is some
 * state of it not older than when the writing began, and folding the events since again changes
 * nothing (M1). Loaded in the order of their places, as they were made. */

/* Of the disputes changed since they were taken last, the one whose first such change is longest ago,
 * or NULL; it is taken. */
const struct fq_dispute *fq_view_take_dirty(struct fq_view *view);
/* Its place in the view, from 0, the same for the life of the view. */
uint32_t fq_view_place(const struct fq_view *view, const struct fq_dispute *dispute);
/* The persistent form of one dispute: its id and its facts. False when the arena is full. */
bool fq_view_encode(const struct fq_view *view, const struct fq_dispute *dispute,
                    struct fq_arena *arena, struct fq_span *out_value);
/* Load what fq_view_encode wrote into a view that does not know the dispute; contributes to the
 * cells. False on bad bytes or a full region. */
bool fq_view_decode(struct fq_view *view, struct fq_span value);

#endif
