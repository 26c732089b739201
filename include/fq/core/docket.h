/* The docket: what the facts of a dispute say beyond its packed values: which units take part, which
 * referrals were made and what became of them, what it is supervised with, which write holds.
 *
 * All of it is a function of the set of facts, hence the same on all nodes that hold the same. */
#ifndef FQ_CORE_DOCKET_H
#define FQ_CORE_DOCKET_H

#include "fq/core/merge.h"
#include "fq/core/step.h"
#include "fq/core/unit.h"

struct fq_assist { /* a unit that takes part: joined, or accepted a referral, and not left since */
    uint64_t unit;
    uint64_t kind; /* as written */
};

/* Those that assist, the last to come first; at most FQ_MAP_ENTRIES_MAX. */
uint32_t fq_docket_assists(const struct fq_view *view, const struct fq_dispute *dispute,
                           struct fq_assist out[FQ_MAP_ENTRIES_MAX]);
bool fq_docket_takes_part(const struct fq_view *view, const struct fq_dispute *dispute,
                          uint64_t unit);

enum fq_referral_state {
    FQ_REFERRAL_OPEN,
    FQ_REFERRAL_ACCEPTED,
    FQ_REFERRAL_DECLINED,
    FQ_REFERRAL_REPORTED,
};

struct fq_referral {
    struct fq_id id; /* the command that referred */
    uint64_t to_unit;
    uint64_t to_kind;
    uint32_t from; /* the node that referred: area x 100 + index */
    uint16_t date, due, answered_on;
    uint16_t outcome; /* as reported; 0 none */
    enum fq_referral_state state;
};

const char *fq_referral_state_name(enum fq_referral_state state); /* open, accepted, ... */
/* The referrals of a dispute that were not voided, the last first; at most FQ_MAP_ENTRIES_MAX. */
uint32_t fq_docket_referrals(const struct fq_view *view, const struct fq_dispute *dispute,
                             struct fq_referral out[FQ_MAP_ENTRIES_MAX]);

struct fq_supervision {
    uint8_t card; /* 0 none, 1 yellow, 2 red */
    uint16_t date, due;
};

/* False when it never was supervised, or is no more. */
bool fq_docket_supervision(const struct fq_view *view, const struct fq_dispute *dispute,
                           struct fq_supervision *out_supervision);

/* The greatest live fact that writes the step `kind`, unpacked; NULL when there is none. */
const struct fq_fact *fq_docket_live(const struct fq_view *view, const struct fq_dispute *dispute,
                                     unsigned kind, struct fq_event *out_event);
/* Whether another live fact of the same register, written by who knew this one, stands above it. */
bool fq_docket_is_superseded(const struct fq_view *view, const struct fq_dispute *dispute,
                             const struct fq_fact *fact);
/* The write that holds the register of `fact`, when neither knew the other, as far as their revisions
 * tell: by another command, with no correction and nothing that knew `fact` above it. NULL when there is
 * no such. What a log shows to have been known is its events' revisions alone: of two written side by
 * side, what one side writes later is taken to be unaware of the other's until a correction settles it. */
const struct fq_fact *fq_docket_conflict(const struct fq_view *view,
                                         const struct fq_dispute *dispute,
                                         const struct fq_fact *fact);
/* The fact of an event of the dispute; NULL when it is not there. */
const struct fq_fact *fq_docket_event(const struct fq_view *view, const struct fq_dispute *dispute,
                                      const struct fq_event_id *id);
/* What the dispute would be without the fact, in values and flags. False when more facts of it are
 * live than FQ_DOCKET_FACTS_MAX. */
#define FQ_DOCKET_FACTS_MAX (2 * FQ_DISPUTE_FACTS_MAX) /* several nodes may add to it at once */
bool fq_docket_without(const struct fq_view *view, const struct fq_dispute *dispute,
                       const struct fq_fact *left_out, struct fq_dispute *out_dispute);
/* What the dispute was by the facts of a revision up to `rev`. False likewise. */
bool fq_docket_as_of(const struct fq_view *view, const struct fq_dispute *dispute, uint32_t rev,
                     struct fq_dispute *out_dispute);
/* The dispute it is merged into; false when it is not. */
bool fq_docket_merged_into(const struct fq_view *view, const struct fq_dispute *dispute,
                           struct fq_id *out_into);
/* The day by which what was agreed is to be performed; 0 when none was named, or it is done. */
uint16_t fq_docket_performance_due(const struct fq_view *view, const struct fq_dispute *dispute);

/* ---- who a node acts for ---- */

/* Whether `area` covers the home or the host: the host's side. */
bool fq_docket_is_host(const struct fq_areas *areas, const struct fq_dispute *dispute,
                       uint32_t area);
/* Whether `area` covers a unit that assists, was assigned to or was referred to without declining;
 * with `is_court`, a judicial one that assists. */
bool fq_docket_is_assist(const struct fq_view *view, const struct fq_dispute *dispute,
                         uint32_t area, bool is_court);

#endif
