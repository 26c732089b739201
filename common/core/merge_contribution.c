/* What a dispute adds to the figures: one pure function of its state, term by term. */
#include "fq/core/merge.h"

#include "fq/core/deadline.h"
#include "fq/core/unit.h"

static unsigned bit(unsigned kind)
{
    return 1u << kind;
}

static unsigned kinds_of(const struct fq_dispute *dispute)
{
    return bit(dispute->kind) | dispute->joined_kinds;
}

struct adder {
    struct fq_contribution *to;
    uint32_t area;
    uint8_t kinds;
};

static void add(struct adder *adder, enum fq_measure measure, uint16_t date, int64_t value)
{
    if (date == 0 || value == 0 || adder->to->count == FQ_TERMS_MAX) {
        return;
    }
    adder->to->terms[adder->to->count++] = (struct fq_term){
        .area = adder->area,
        .month = fq_month_of(date),
        .measure = (uint8_t)measure,
        .kinds = adder->kinds,
        .value = value,
    };
}

static uint16_t later(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

static bool is_found(const struct fq_dispute *dispute)
{
    return dispute->source == FQ_SOURCE_SCREENING || dispute->source == FQ_SOURCE_ON_INITIATIVE;
}

static void add_stocks(struct adder *adder, const struct fq_dispute *dispute)
{
    uint16_t over_on = (uint16_t)(fq_deadline_mediation(dispute) + 1);

    if (dispute->decided_on == 0) {
        return;
    }
    add(adder, FQ_MEASURE_OPEN, dispute->decided_on, 1);
    if (!dispute->outcome || dispute->outcome_on >= over_on) {
        add(adder, FQ_MEASURE_OVERDUE, over_on, 1);
    }
    if (dispute->outcome) {
        add(adder, FQ_MEASURE_OPEN, later(dispute->decided_on, dispute->outcome_on), -1);
        if (dispute->outcome_on >= over_on) {
            add(adder, FQ_MEASURE_OVERDUE, dispute->outcome_on, -1);
        }
    }
}

static void add_decision(struct adder *adder, const struct fq_dispute *dispute)
{
    add(adder, FQ_MEASURE_REGISTERED, dispute->registered_on, 1);
    add(adder, FQ_MEASURE_FOUND, dispute->registered_on, is_found(dispute));
    add(adder, FQ_MEASURE_FOUND_RESOLVED, dispute->registered_on,
        is_found(dispute) && dispute->outcome);
    if (dispute->decision == FQ_DECISION_ACCEPTED) {
        add(adder, FQ_MEASURE_ACCEPTED, dispute->decided_on, 1);
        add(adder, FQ_MEASURE_PERSONS, dispute->decided_on, dispute->persons);
        add_stocks(adder, dispute);
    } else if (dispute->decision == FQ_DECISION_REJECTED) {
        add(adder, FQ_MEASURE_REJECTED, dispute->decided_on, 1);
    }
}

static void add_outcome(struct adder *adder, const struct fq_dispute *dispute)
{
    static const enum fq_measure outcomes[] = {
        [FQ_OUTCOME_AGREED] = FQ_MEASURE_AGREED,
        [FQ_OUTCOME_FAILED] = FQ_MEASURE_FAILED,
        [FQ_OUTCOME_TERMINATED] = FQ_MEASURE_TERMINATED,
    };
    uint16_t on = dispute->outcome_on;

    add(adder, FQ_MEASURE_CONCLUDED, on, 1);
    add(adder, outcomes[dispute->outcome], on, 1);
    add(adder, FQ_MEASURE_ORAL, on, dispute->form == FQ_FORM_ORAL);
    add(adder, FQ_MEASURE_WRITTEN, on, dispute->form == FQ_FORM_WRITTEN);
    add(adder, FQ_MEASURE_AMOUNT_CENTS, on,
        dispute->amount_cents > INT64_MAX ? INT64_MAX : (int64_t)dispute->amount_cents);
    if (dispute->difficulty >= FQ_DIFFICULTY_DIFFICULT) {
        add(adder, FQ_MEASURE_DIFFICULT, on, 1);
        add(adder, FQ_MEASURE_DIFFICULT_PERSONS, on, dispute->persons);
    }
}

/* The outcome's day, else that of acceptance; 0 when neither is known. */
static uint16_t dealt_with_on(const struct fq_dispute *dispute)
{
    uint16_t accepted_on =
        dispute->decision == FQ_DECISION_ACCEPTED ? dispute->decided_on : (uint16_t)0;

    return dispute->outcome ? dispute->outcome_on : accepted_on;
}

static void add_after(struct adder *adder, const struct fq_dispute *dispute)
{
    bool is_performed = dispute->performance == FQ_PERFORMANCE_IMMEDIATE ||
                        dispute->performance == FQ_PERFORMANCE_PERFORMED;
    bool is_linked = __builtin_popcount(kinds_of(dispute)) >= 2;

    add(adder, FQ_MEASURE_CONFIRMED, dispute->confirmed_on, 1);
    add(adder, FQ_MEASURE_PERFORMED, dispute->performed_on, is_performed);
    add(adder, FQ_MEASURE_CLOSED, dispute->closed_on, 1);
    add(adder, FQ_MEASURE_SURVEYED, dispute->visited_on, (dispute->visit & FQ_VISIT_SURVEYED) != 0);
    add(adder, FQ_MEASURE_SATISFIED, dispute->visited_on,
        (dispute->visit & FQ_VISIT_SATISFIED) != 0);
    add(adder, FQ_MEASURE_LINKED, dealt_with_on(dispute), is_linked);
    add(adder, FQ_MEASURE_LINKED_CONCLUDED, dispute->outcome_on, is_linked);
}

/* Whether a map already holds `key`; adds it when there is room. Sets `out_is_full` otherwise. */
struct seen {
    uint64_t keys[FQ_MAP_ENTRIES_MAX];
    unsigned count;
};

static bool is_new_key(struct seen *seen, uint64_t key)
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

static bool is_county(const struct fq_view *view, uint32_t code)
{
    const struct fq_area *area = fq_areas_find(view->areas, code);

    return area && area->tier == FQ_TIER_COUNTY;
}

static void add_prevented(struct adder *adder, const struct fq_event *event)
{
    static const enum fq_measure effects[] = {
        [FQ_PREVENTION_SUICIDE] = FQ_MEASURE_PREVENTED_SUICIDE,
        [FQ_PREVENTION_CIVIL_TO_CRIMINAL] = FQ_MEASURE_PREVENTED_CRIME,
        [FQ_PREVENTION_MASS_PETITION] = FQ_MEASURE_PREVENTED_PETITION,
        [FQ_PREVENTION_MASS_BRAWL] = FQ_MEASURE_PREVENTED_BRAWL,
    };
    uint64_t effect = event->value[FQ_FIELD_EFFECT];

    if (effect >= FQ_PREVENTION_SUICIDE && effect <= FQ_PREVENTION_MASS_BRAWL) {
        add(adder, effects[effect], event->date, 1);
        add(adder, effects[effect] + 1, event->date,
            (int64_t)(event->value[FQ_FIELD_PERSONS] & INT64_MAX));
    }
}

/* What the maps add: referrals by their command, preventions by theirs, units by their code. A fact
 * that reached us under two origins is one command, hence one entry. */
static void add_maps(const struct fq_view *view, const struct fq_dispute *dispute,
                     struct fq_contribution *to)
{
    struct adder adder = {.to = to, .area = dispute->home, .kinds = (uint8_t)kinds_of(dispute)};
    struct seen referrals, preventions, units; /* 6 KiB: their keys are not emptied first */
    bool is_cross_area = false;
    struct adder assisting = adder;
    struct fq_event event;

    referrals.count = preventions.count = units.count = 0;
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->is_voided) {
            continue;
        }
        if (fact->step == FQ_EVENT_REFERRED && is_new_key(&referrals, fact->cmd_tag)) {
            add(&adder, FQ_MEASURE_REFERRED, fact->date, 1);
        } else if (fact->step == FQ_EVENT_PREVENTED && is_new_key(&preventions, fact->cmd_tag)) {
            fq_fact_unpack(fact, &event);
            add_prevented(&adder, &event);
        } else if (fact->step == FQ_EVENT_JOINED || fact->step == FQ_EVENT_REFERRAL_ACCEPTED) {
            fq_fact_unpack(fact, &event);
            uint64_t unit = event.value[FQ_FIELD_TO_UNIT];
            if (!is_new_key(&units, unit)) {
                continue;
            }
            assisting.area = fq_unit_area(unit);
            assisting.kinds = (uint8_t)bit(fq_kind_counted(event.value[FQ_FIELD_TO_KIND]));
            if (dispute->decision == FQ_DECISION_ACCEPTED) {
                add(&assisting, FQ_MEASURE_PARTICIPATED, dispute->decided_on, 1);
            }
            is_cross_area |= assisting.area != dispute->home && is_county(view, assisting.area);
        }
    }
    add(&adder, FQ_MEASURE_CROSS_AREA, dealt_with_on(dispute), is_cross_area);
}

static void add_service(struct adder *adder, const struct fq_dispute *dispute)
{
    if (dispute->flags & FQ_DISPUTE_SWEEP) {
        add(adder, FQ_MEASURE_SWEEPS, dispute->registered_on, 1);
        add(adder, FQ_MEASURE_ZERO_REPORTS, dispute->registered_on,
            (dispute->flags & FQ_DISPUTE_ZERO_REPORT) != 0);
        add(adder, FQ_MEASURE_HOUSEHOLDS, dispute->registered_on, dispute->persons);
    }
    if (dispute->flags & FQ_DISPUTE_ACTIVITY) {
        adder->to->is_activity = true;
        add(adder, FQ_MEASURE_ACTIVITY, dispute->registered_on,
            (int64_t)(dispute->amount_cents & INT64_MAX));
    }
}

/* Whether it counts as a dispute does: registered, not voided, not merged. */
static bool is_counted(const struct fq_dispute *dispute)
{
    return (dispute->flags & (FQ_DISPUTE_REGISTERED | FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED)) ==
           FQ_DISPUTE_REGISTERED;
}

bool fq_maps_count_alike(const struct fq_dispute *a, const struct fq_dispute *b)
{
    return is_counted(a) == is_counted(b) && a->home == b->home && a->type == b->type &&
           kinds_of(a) == kinds_of(b) && a->decision == b->decision &&
           a->decided_on == b->decided_on && a->outcome == b->outcome &&
           a->outcome_on == b->outcome_on;
}

void fq_contribution_of_values(const struct fq_dispute *dispute,
                               struct fq_contribution *out_contribution)
{
    struct adder adder = {
        .to = out_contribution, .area = dispute->home, .kinds = (uint8_t)kinds_of(dispute)};

    out_contribution->type = dispute->type;
    out_contribution->is_activity = false;
    out_contribution->count = 0;
    if (is_counted(dispute)) {
        add_decision(&adder, dispute);
        if (dispute->outcome) {
            add_outcome(&adder, dispute);
        }
        add_after(&adder, dispute);
    } else if (dispute->flags & FQ_DISPUTE_REGISTERED) {
        bool is_voided = dispute->flags & FQ_DISPUTE_VOIDED;
        add(&adder, is_voided ? FQ_MEASURE_VOIDED : FQ_MEASURE_MERGED, dispute->registered_on, 1);
    } else if (!(dispute->flags & FQ_DISPUTE_VOIDED)) {
        adder.kinds = 0;
        add_service(&adder, dispute);
    } /* else an orphan: waits for its registration (M5) */
}

void fq_contribution_of(const struct fq_view *view, const struct fq_dispute *dispute,
                        struct fq_contribution *out_contribution)
{
    fq_contribution_of_values(dispute, out_contribution);
    if (is_counted(dispute) && (dispute->flags & FQ_DISPUTE_HAS_MAPS)) {
        add_maps(view, dispute, out_contribution);
    }
}
