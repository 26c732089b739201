/* Contribution: what a dispute adds to the figures, the one definition of every measure (1.4 of the
 * domain in README.md). It is told term by term to whoever counts, so that cells, scans, drill-down,
 * explanations and audits give the same figures.
 *
 * A template of inline functions, because a scan asks it of every dispute: `aim` says under which area,
 * kinds and unit the terms to come stand, `add` is a term; both must be known where it is used. */
#ifndef FQ_CORE_CONTRIBUTION_H
#define FQ_CORE_CONTRIBUTION_H

#include "fq/core/area.h"
#include "fq/core/deadline.h"
#include "fq/core/measure.h"
#include "fq/core/unit.h"

#include <stddef.h>
#include <string.h>

#define FQ_ALWAYS_INLINE static inline __attribute__((always_inline))

#define FQ_MAP_ENTRIES_MAX 255 /* referrals, preventions or units of one dispute that count */

/* How terms are taken. A term without date or value is none; `add` looks at that. */
struct fq_counter {
    void *to;
    void (*aim)(void *to, uint32_t area, unsigned kinds, uint64_t unit);
    void (*add)(void *to, enum fq_measure measure, uint16_t date, int64_t value);
};

/* Where the facts of disputes are, and which of them count. */
struct fq_fact_source {
    const uint8_t *heap;
    const struct fq_areas *areas;
    bool (*is_live)(const struct fq_fact *fact);
    /* The facts of the dispute that are in its maps, in their order, from one who walked them all; NULL:
     * they are looked for. */
    const struct fq_fact *const *maps;
    uint32_t map_count;
};

FQ_ALWAYS_INLINE const struct fq_fact *fq_fact_at(const uint8_t *heap, uint32_t place)
{
    return place ? (const void *)(heap + (size_t)place * FQ_FACT_PLACE_UNIT) : NULL;
}

FQ_ALWAYS_INLINE unsigned fq_kind_bit(unsigned kind)
{
    return 1u << kind;
}

FQ_ALWAYS_INLINE unsigned fq_kinds_of(const struct fq_dispute *dispute)
{
    return fq_kind_bit(dispute->kind) | dispute->joined_kinds;
}

/* Whether it counts as a dispute does: registered, not voided, not merged. */
FQ_ALWAYS_INLINE bool fq_is_counted(const struct fq_dispute *dispute)
{
    return (dispute->flags & (FQ_DISPUTE_REGISTERED | FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED)) ==
           FQ_DISPUTE_REGISTERED;
}

FQ_ALWAYS_INLINE uint16_t fq_later(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

/* The days of a dispute's steps, side by side as they lie in it, and its type behind them. */
typedef uint16_t fq_days __attribute__((vector_size(16)));
_Static_assert(offsetof(struct fq_dispute, type) ==
                   offsetof(struct fq_dispute, registered_on) + sizeof(fq_days) - sizeof(uint16_t),
               "seven days and the type");

/* Whether all of it lies before the period and nothing of it is still open: then it adds nothing, for
 * a stock's coming and going cancel. A scan asks this of every dispute: all days are compared at once. */
FQ_ALWAYS_INLINE bool fq_is_over(const struct fq_dispute *dispute, uint16_t first_day)
{
    static const fq_days is_day = {UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX,
                                   UINT16_MAX, UINT16_MAX, UINT16_MAX, 0};
    fq_days days;
    uint64_t since[2];

    memcpy(&days, (const char *)dispute + offsetof(struct fq_dispute, registered_on), sizeof days);
    days = (fq_days)(days >= first_day) & is_day;
    memcpy(since, &days, sizeof since);
    bool is_open = !dispute->outcome && dispute->decision == FQ_DECISION_ACCEPTED;
    return !(since[0] | since[1]) && dispute->maps_on < first_day && !is_open;
}

/* ---- the packed values ---- */

FQ_ALWAYS_INLINE void fq_count_stocks(const struct fq_counter *counter,
                                      const struct fq_dispute *dispute)
{
    uint16_t over_on = (uint16_t)(fq_deadline_mediation(dispute) + 1);

    if (dispute->decided_on == 0) {
        return;
    }
    counter->add(counter->to, FQ_MEASURE_OPEN, dispute->decided_on, 1);
    if (!dispute->outcome || dispute->outcome_on >= over_on) {
        counter->add(counter->to, FQ_MEASURE_OVERDUE, over_on, 1);
    }
    if (dispute->outcome) {
        counter->add(counter->to, FQ_MEASURE_OPEN,
                     fq_later(dispute->decided_on, dispute->outcome_on), -1);
        if (dispute->outcome_on >= over_on) {
            counter->add(counter->to, FQ_MEASURE_OVERDUE, dispute->outcome_on, -1);
        }
    }
}

FQ_ALWAYS_INLINE void fq_count_decision(const struct fq_counter *counter,
                                        const struct fq_dispute *dispute)
{
    bool is_found =
        dispute->source == FQ_SOURCE_SCREENING || dispute->source == FQ_SOURCE_ON_INITIATIVE;

    counter->add(counter->to, FQ_MEASURE_REGISTERED, dispute->registered_on, 1);
    if (is_found) {
        counter->add(counter->to, FQ_MEASURE_FOUND, dispute->registered_on, 1);
        counter->add(counter->to, FQ_MEASURE_FOUND_RESOLVED, dispute->registered_on,
                     dispute->outcome != 0);
    }
    if (dispute->decision == FQ_DECISION_ACCEPTED) {
        counter->add(counter->to, FQ_MEASURE_ACCEPTED, dispute->decided_on, 1);
        counter->add(counter->to, FQ_MEASURE_PERSONS, dispute->decided_on, dispute->persons);
        fq_count_stocks(counter, dispute);
    } else if (dispute->decision == FQ_DECISION_REJECTED) {
        counter->add(counter->to, FQ_MEASURE_REJECTED, dispute->decided_on, 1);
    }
}

FQ_ALWAYS_INLINE void fq_count_outcome(const struct fq_counter *counter,
                                       const struct fq_dispute *dispute)
{
    uint16_t on = dispute->outcome_on;

    counter->add(counter->to, FQ_MEASURE_CONCLUDED, on, 1);
    if (dispute->outcome == FQ_OUTCOME_AGREED) {
        counter->add(counter->to, FQ_MEASURE_AGREED, on, 1);
    } else if (dispute->outcome == FQ_OUTCOME_FAILED) {
        counter->add(counter->to, FQ_MEASURE_FAILED, on, 1);
    } else {
        counter->add(counter->to, FQ_MEASURE_TERMINATED, on, 1);
    }
    counter->add(counter->to, FQ_MEASURE_ORAL, on, dispute->form == FQ_FORM_ORAL);
    counter->add(counter->to, FQ_MEASURE_WRITTEN, on, dispute->form == FQ_FORM_WRITTEN);
    counter->add(counter->to, FQ_MEASURE_AMOUNT_CENTS, on,
                 dispute->amount_cents > INT64_MAX ? INT64_MAX : (int64_t)dispute->amount_cents);
    if (dispute->difficulty >= FQ_DIFFICULTY_DIFFICULT) {
        counter->add(counter->to, FQ_MEASURE_DIFFICULT, on, 1);
        counter->add(counter->to, FQ_MEASURE_DIFFICULT_PERSONS, on, dispute->persons);
    }
}

/* The outcome's day, else that of acceptance; 0 when neither is known. */
FQ_ALWAYS_INLINE uint16_t fq_dealt_with_on(const struct fq_dispute *dispute)
{
    uint16_t accepted_on =
        dispute->decision == FQ_DECISION_ACCEPTED ? dispute->decided_on : (uint16_t)0;

    return dispute->outcome ? dispute->outcome_on : accepted_on;
}

FQ_ALWAYS_INLINE void fq_count_after(const struct fq_counter *counter,
                                     const struct fq_dispute *dispute)
{
    bool is_performed = dispute->performance == FQ_PERFORMANCE_IMMEDIATE ||
                        dispute->performance == FQ_PERFORMANCE_PERFORMED;
    unsigned kinds = fq_kinds_of(dispute);

    counter->add(counter->to, FQ_MEASURE_CONFIRMED, dispute->confirmed_on, 1);
    counter->add(counter->to, FQ_MEASURE_PERFORMED, dispute->performed_on, is_performed);
    counter->add(counter->to, FQ_MEASURE_CLOSED, dispute->closed_on, 1);
    counter->add(counter->to, FQ_MEASURE_SURVEYED, dispute->visited_on,
                 (dispute->visit & FQ_VISIT_SURVEYED) != 0);
    counter->add(counter->to, FQ_MEASURE_SATISFIED, dispute->visited_on,
                 (dispute->visit & FQ_VISIT_SATISFIED) != 0);
    if (kinds & (kinds - 1)) { /* two kinds or more */
        counter->add(counter->to, FQ_MEASURE_LINKED, fq_dealt_with_on(dispute), 1);
        counter->add(counter->to, FQ_MEASURE_LINKED_CONCLUDED, dispute->outcome_on, 1);
    }
}

FQ_ALWAYS_INLINE void fq_count_service(const struct fq_counter *counter,
                                       const struct fq_dispute *dispute)
{
    if (dispute->flags & FQ_DISPUTE_SWEEP) {
        counter->add(counter->to, FQ_MEASURE_SWEEPS, dispute->registered_on, 1);
        counter->add(counter->to, FQ_MEASURE_ZERO_REPORTS, dispute->registered_on,
                     (dispute->flags & FQ_DISPUTE_ZERO_REPORT) != 0);
        counter->add(counter->to, FQ_MEASURE_HOUSEHOLDS, dispute->registered_on, dispute->persons);
    }
    if (dispute->flags & FQ_DISPUTE_ACTIVITY) {
        counter->add(counter->to, FQ_MEASURE_ACTIVITY, dispute->registered_on,
                     (int64_t)(dispute->amount_cents & INT64_MAX));
    }
}

/* What the packed values add, maps left out. Leaves the counter aimed at the dispute's home. */
FQ_ALWAYS_INLINE void fq_count_values(const struct fq_counter *counter,
                                      const struct fq_dispute *dispute)
{
    bool is_dispute = dispute->flags & FQ_DISPUTE_REGISTERED;

    counter->aim(counter->to, dispute->home, is_dispute ? fq_kinds_of(dispute) : 0, dispute->host);
    if (fq_is_counted(dispute)) {
        fq_count_decision(counter, dispute);
        if (dispute->outcome) {
            fq_count_outcome(counter, dispute);
        }
        fq_count_after(counter, dispute);
    } else if (is_dispute) {
        bool is_voided = dispute->flags & FQ_DISPUTE_VOIDED;
        counter->add(counter->to, is_voided ? FQ_MEASURE_VOIDED : FQ_MEASURE_MERGED,
                     dispute->registered_on, 1);
    } else if (!(dispute->flags & FQ_DISPUTE_VOIDED)) {
        fq_count_service(counter, dispute);
    } /* else an orphan: waits for its registration (M5) */
}

/* ---- the maps ---- */

/* Keys of a map that were counted. */
struct fq_seen {
    uint64_t keys[FQ_MAP_ENTRIES_MAX];
    unsigned count;
};

/* Whether the map has not held `key` and has room for it; notes it. */
FQ_ALWAYS_INLINE bool fq_is_new_key(struct fq_seen *seen, uint64_t key)
{
    for (unsigned i = 0; i < seen->count; i++) {
        if (seen->keys[i] == key) {
            return false;
        }
    }
    if (seen->count == FQ_MAP_ENTRIES_MAX) {
        return false;
    }
    seen->keys[seen->count++] = key;
    return true;
}

static inline bool fq_is_county(const struct fq_areas *areas, uint32_t code)
{
    const struct fq_area *area = fq_areas_find(areas, code);

    return area && area->tier == FQ_TIER_COUNTY;
}

FQ_ALWAYS_INLINE void fq_count_prevented(const struct fq_counter *counter,
                                         const struct fq_fact *fact)
{
    static const enum fq_measure effects[] = {
        [FQ_PREVENTION_SUICIDE] = FQ_MEASURE_PREVENTED_SUICIDE,
        [FQ_PREVENTION_CIVIL_TO_CRIMINAL] = FQ_MEASURE_PREVENTED_CRIME,
        [FQ_PREVENTION_MASS_PETITION] = FQ_MEASURE_PREVENTED_PETITION,
        [FQ_PREVENTION_MASS_BRAWL] = FQ_MEASURE_PREVENTED_BRAWL,
    };
    static const enum fq_field fields[] = {FQ_FIELD_EFFECT, FQ_FIELD_PERSONS};
    uint64_t values[2];

    fq_fact_values(fact, fields, 2, values);
    if (values[0] >= FQ_PREVENTION_SUICIDE && values[0] <= FQ_PREVENTION_MASS_BRAWL) {
        counter->add(counter->to, effects[values[0]], fact->date, 1);
        counter->add(counter->to, effects[values[0]] + 1, fact->date,
                     (int64_t)(values[1] & INT64_MAX));
    }
}

/* Steps whose facts themselves are counted, not only the values they leave. */
FQ_ALWAYS_INLINE bool fq_is_map_step(unsigned step)
{
    return step == FQ_EVENT_JOINED || step == FQ_EVENT_REFERRED ||
           step == FQ_EVENT_REFERRAL_ACCEPTED || step == FQ_EVENT_PREVENTED;
}

/* The `at`th fact to look at, which follows `before` (NULL: it is the first); NULL at the end. */
FQ_ALWAYS_INLINE const struct fq_fact *fq_fact_to_count(const struct fq_fact_source *source,
                                                        const struct fq_dispute *dispute,
                                                        const struct fq_fact *before, uint32_t at)
{
    if (source->maps) {
        return at < source->map_count ? source->maps[at] : NULL;
    }
    return fq_fact_at(source->heap, before ? before->next : dispute->facts);
}

/* What the maps add: referrals by their command, preventions by theirs, units by their code. A fact
 * that reached us under two origins is one command, hence one entry. */
FQ_ALWAYS_INLINE void fq_count_maps(const struct fq_counter *counter,
                                    const struct fq_fact_source *source,
                                    const struct fq_dispute *dispute)
{
    static const enum fq_field fields[] = {FQ_FIELD_TO_UNIT, FQ_FIELD_TO_KIND};
    struct fq_seen referrals, preventions, units; /* 6 KiB: their keys are not emptied first */
    struct {
        uint32_t area;
        unsigned kinds;
        uint64_t unit;
    } assisting[FQ_MAP_ENTRIES_MAX];
    bool is_cross_area = false;
    const struct fq_fact *fact = NULL;
    uint64_t values[2];

    referrals.count = preventions.count = units.count = 0;
    for (uint32_t i = 0; (fact = fq_fact_to_count(source, dispute, fact, i)); i++) {
        if (!source->is_live(fact)) {
            continue;
        }
        if (fact->step == FQ_EVENT_REFERRED && fq_is_new_key(&referrals, fact->cmd_tag)) {
            counter->add(counter->to, FQ_MEASURE_REFERRED, fact->date, 1);
        } else if (fact->step == FQ_EVENT_PREVENTED && fq_is_new_key(&preventions, fact->cmd_tag)) {
            fq_count_prevented(counter, fact);
        } else if (fact->step == FQ_EVENT_JOINED || fact->step == FQ_EVENT_REFERRAL_ACCEPTED) {
            fq_fact_values(fact, fields, 2, values);
            unsigned at = units.count;
            if (!fq_is_new_key(&units, values[0])) {
                continue;
            }
            uint32_t area = fq_unit_area(values[0]);
            assisting[at].area = area;
            assisting[at].kinds = fq_kind_bit(fq_kind_counted(values[1]));
            assisting[at].unit = values[0];
            is_cross_area =
                is_cross_area || (area != dispute->home && fq_is_county(source->areas, area));
        }
    }
    if (is_cross_area) {
        counter->add(counter->to, FQ_MEASURE_CROSS_AREA, fq_dealt_with_on(dispute), 1);
    }
    for (unsigned i = 0; i < units.count && dispute->decision == FQ_DECISION_ACCEPTED; i++) {
        counter->aim(counter->to, assisting[i].area, assisting[i].kinds, assisting[i].unit);
        counter->add(counter->to, FQ_MEASURE_PARTICIPATED, dispute->decided_on, 1);
    }
}

FQ_ALWAYS_INLINE bool fq_has_maps(const struct fq_dispute *dispute)
{
    return fq_is_counted(dispute) && (dispute->flags & FQ_DISPUTE_HAS_MAPS);
}

/* All of it. */
FQ_ALWAYS_INLINE void fq_count_dispute(const struct fq_counter *counter,
                                       const struct fq_fact_source *source,
                                       const struct fq_dispute *dispute)
{
    fq_count_values(counter, dispute);
    if (fq_has_maps(dispute)) {
        fq_count_maps(counter, source, dispute);
    }
}

#endif
