#include "fq/core/docket.h"

#include <string.h>

/* ---- units ---- */

static bool is_of_participation(const struct fq_fact *fact)
{
    return !fact->is_voided && (fact->step == FQ_EVENT_JOINED || fact->step == FQ_EVENT_LEFT ||
                                fact->step == FQ_EVENT_REFERRAL_ACCEPTED);
}

/* Whether nothing newer was said of the unit. Facts run from the greatest stamp down. */
static bool is_last_word_on(const struct fq_view *view, const struct fq_dispute *dispute,
                            const struct fq_fact *at, uint64_t unit)
{
    struct fq_event event;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact != at;
         fact = fq_view_next(view, fact)) {
        if (is_of_participation(fact)) {
            fq_fact_unpack(fact, &event);
            if (event.value[FQ_FIELD_TO_UNIT] == unit) {
                return false;
            }
        }
    }
    return true;
}

uint32_t fq_docket_assists(const struct fq_view *view, const struct fq_dispute *dispute,
                           struct fq_assist out[FQ_MAP_ENTRIES_MAX])
{
    struct fq_event event;
    uint32_t count = 0;

    if (!(dispute->flags & FQ_DISPUTE_HAS_MAPS)) {
        return 0;
    }
    for (const struct fq_fact *fact = fq_view_facts(view, dispute);
         fact && count < FQ_MAP_ENTRIES_MAX; fact = fq_view_next(view, fact)) {
        if (!is_of_participation(fact) || fact->step == FQ_EVENT_LEFT) {
            continue;
        }
        fq_fact_unpack(fact, &event);
        uint64_t unit = event.value[FQ_FIELD_TO_UNIT];
        if (is_last_word_on(view, dispute, fact, unit)) {
            out[count++] = (struct fq_assist){unit, event.value[FQ_FIELD_TO_KIND]};
        }
    }
    return count;
}

bool fq_docket_takes_part(const struct fq_view *view, const struct fq_dispute *dispute,
                          uint64_t unit)
{
    struct fq_event event;

    if (unit == 0 || unit == dispute->host) {
        return unit != 0;
    }
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (is_of_participation(fact)) {
            fq_fact_unpack(fact, &event);
            if (event.value[FQ_FIELD_TO_UNIT] == unit) {
                return fact->step != FQ_EVENT_LEFT;
            }
        }
    }
    return false;
}

/* ---- referrals ---- */

const char *fq_referral_state_name(enum fq_referral_state state)
{
    static const char *const names[] = {"open", "accepted", "declined", "reported"};

    return names[state];
}

static struct fq_referral *find_referral(struct fq_referral *referrals, uint32_t count,
                                         struct fq_span id)
{
    for (uint32_t i = 0; i < count && id.size == FQ_ID_SIZE; i++) {
        if (memcmp(referrals[i].id.bytes, id.data, FQ_ID_SIZE) == 0) {
            return &referrals[i];
        }
    }
    return NULL;
}

/* A fact that came under two origins is one referral. */
static uint32_t collect_referrals(const struct fq_view *view, const struct fq_dispute *dispute,
                                  struct fq_referral *out)
{
    struct fq_event event;
    uint32_t count = 0;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute);
         fact && count < FQ_MAP_ENTRIES_MAX; fact = fq_view_next(view, fact)) {
        if (fact->is_voided || fact->step != FQ_EVENT_REFERRED) {
            continue;
        }
        fq_fact_unpack(fact, &event);
        struct fq_span id = fq_event_bytes(&event, FQ_FIELD_REFERRAL);
        if (id.size != FQ_ID_SIZE || find_referral(out, count, id)) {
            continue;
        }
        out[count] = (struct fq_referral){
            .to_unit = event.value[FQ_FIELD_TO_UNIT],
            .to_kind = event.value[FQ_FIELD_TO_KIND],
            .from = fq_view_event_id(view, fact).log.origin,
            .date = fact->date,
            .due = (uint16_t)event.value[FQ_FIELD_DUE],
        };
        memcpy(out[count++].id.bytes, id.data, FQ_ID_SIZE);
    }
    return count;
}

static void answer_referral(struct fq_referral *referral, const struct fq_event *answer)
{
    referral->state = answer->step == FQ_EVENT_REFERRAL_ACCEPTED   ? FQ_REFERRAL_ACCEPTED
                      : answer->step == FQ_EVENT_REFERRAL_DECLINED ? FQ_REFERRAL_DECLINED
                                                                   : FQ_REFERRAL_REPORTED;
    referral->answered_on = answer->date;
    referral->outcome = (uint16_t)answer->value[FQ_FIELD_OUTCOME];
}

uint32_t fq_docket_referrals(const struct fq_view *view, const struct fq_dispute *dispute,
                             struct fq_referral out[FQ_MAP_ENTRIES_MAX])
{
    uint32_t count =
        dispute->flags & FQ_DISPUTE_HAS_MAPS ? collect_referrals(view, dispute, out) : 0;
    struct fq_event event;

    for (const struct fq_fact *fact = count ? fq_view_facts(view, dispute) : NULL; fact;
         fact = fq_view_next(view, fact)) {
        if (fact->is_voided || fact->step < FQ_EVENT_REFERRAL_ACCEPTED ||
            fact->step > FQ_EVENT_REFERRAL_REPORTED) {
            continue;
        }
        fq_fact_unpack(fact, &event);
        struct fq_referral *referral =
            find_referral(out, count, fq_event_bytes(&event, FQ_FIELD_REFERRAL));
        if (referral && referral->state == FQ_REFERRAL_OPEN) {
            answer_referral(referral, &event); /* the greatest answer comes first */
        }
    }
    return count;
}

/* ---- registers ---- */

const struct fq_fact *fq_docket_live(const struct fq_view *view, const struct fq_dispute *dispute,
                                     unsigned kind, struct fq_event *out_event)
{
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (!fact->is_voided && fact->step == kind) {
            fq_fact_unpack(fact, out_event);
            return fact;
        }
    }
    return NULL;
}

/* Reopening empties what an outcome and what followed it wrote (D3). */
static bool is_emptied(unsigned step)
{
    return fq_step_same_register(step, FQ_EVENT_AGREED) || step == FQ_EVENT_PERFORMED ||
           step == FQ_EVENT_CONFIRMATION || step == FQ_EVENT_VISITED || step == FQ_EVENT_CLOSED ||
           step == FQ_EVENT_ARCHIVED;
}

/* Whether who wrote `newer` knew `fact`. The first event of that log whose revision is not below that of
 * `fact` tells: greater, and something of the revision of `fact` was known when it was written; equal,
 * and the two were written side by side. */
static bool has_seen(const struct fq_view *view, const struct fq_dispute *dispute,
                     const struct fq_fact *newer, const struct fq_fact *fact)
{
    uint64_t first_seq = fq_view_event_id(view, newer).seq;
    uint32_t first_rev = newer->rev;

    if (newer->log == fact->log) {
        return first_seq > fq_view_event_id(view, fact).seq;
    }
    for (const struct fq_fact *other = fq_view_facts(view, dispute); other;
         other = fq_view_next(view, other)) {
        uint64_t seq = other->log == newer->log && other->rev >= fact->rev
                           ? fq_view_event_id(view, other).seq
                           : UINT64_MAX;
        if (seq < first_seq) {
            first_seq = seq;
            first_rev = other->rev;
        }
    }
    return first_rev > fact->rev;
}

/* A correction is made by who was shown both. */
static bool resolves(const struct fq_view *view, const struct fq_dispute *dispute,
                     const struct fq_fact *newer, const struct fq_fact *fact)
{
    bool is_over = fq_step_same_register(newer->step, fact->step) ||
                   (newer->step == FQ_EVENT_REOPENED && is_emptied(fact->step));

    return is_over && newer->rev > fact->rev &&
           (newer->kind == FQ_EVENT_CORRECTED || has_seen(view, dispute, newer, fact));
}

bool fq_docket_is_superseded(const struct fq_view *view, const struct fq_dispute *dispute,
                             const struct fq_fact *fact)
{
    if (fact->step == FQ_EVENT_PERFORMED && (dispute->flags & FQ_DISPUTE_AT_ONCE)) {
        return true; /* an outcome wrote the performance as well */
    }
    for (const struct fq_fact *newer = fq_view_facts(view, dispute); newer != fact;
         newer = fq_view_next(view, newer)) {
        if (!newer->is_voided && resolves(view, dispute, newer, fact)) {
            return true;
        }
    }
    return false;
}

const struct fq_fact *fq_docket_conflict(const struct fq_view *view,
                                         const struct fq_dispute *dispute,
                                         const struct fq_fact *fact)
{
    const struct fq_fact *holder = NULL;

    if (fact->is_voided || !fq_step_is_correctable(fact->step)) {
        return NULL;
    }
    for (const struct fq_fact *newer = fq_view_facts(view, dispute); newer != fact;
         newer = fq_view_next(view, newer)) {
        if (newer->is_voided) {
            continue;
        }
        if (resolves(view, dispute, newer, fact)) {
            return NULL;
        }
        if (!holder && fq_step_same_register(newer->step, fact->step)) {
            holder = newer; /* facts run from the greatest stamp down */
        }
    }
    return holder && holder->cmd_tag != fact->cmd_tag ? holder : NULL;
}

const struct fq_fact *fq_docket_event(const struct fq_view *view, const struct fq_dispute *dispute,
                                      const struct fq_event_id *id)
{
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        struct fq_event_id other = fq_view_event_id(view, fact);
        if (other.seq == id->seq && fq_log_id_equal(&other.log, &id->log)) {
            return fact;
        }
    }
    return NULL;
}

/* Facts run from the greatest stamp down; they are applied from the smallest up. */
static bool apply_some(const struct fq_view *view, const struct fq_dispute *dispute,
                       const struct fq_fact *left_out, uint32_t rev_max,
                       struct fq_dispute *out_dispute)
{
    const struct fq_fact *facts[FQ_DOCKET_FACTS_MAX];
    struct fq_event event;
    uint32_t count = 0;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->is_voided || fact == left_out || fact->rev > rev_max) {
            continue;
        }
        if (count == FQ_DOCKET_FACTS_MAX) {
            return false;
        }
        facts[count++] = fact;
    }
    *out_dispute = *dispute;
    fq_dispute_clear(out_dispute);
    while (count > 0) {
        fq_fact_unpack(facts[--count], &event);
        fq_dispute_apply(out_dispute, &event);
    }
    return true;
}

bool fq_docket_without(const struct fq_view *view, const struct fq_dispute *dispute,
                       const struct fq_fact *left_out, struct fq_dispute *out_dispute)
{
    return apply_some(view, dispute, left_out, UINT32_MAX, out_dispute);
}

bool fq_docket_as_of(const struct fq_view *view, const struct fq_dispute *dispute, uint32_t rev,
                     struct fq_dispute *out_dispute)
{
    return apply_some(view, dispute, NULL, rev, out_dispute);
}

bool fq_docket_supervision(const struct fq_view *view, const struct fq_dispute *dispute,
                           struct fq_supervision *out_supervision)
{
    struct fq_event event;

    if (!fq_docket_live(view, dispute, FQ_EVENT_SUPERVISED, &event)) {
        return false;
    }
    *out_supervision = (struct fq_supervision){
        .card = (uint8_t)event.value[FQ_FIELD_CARD],
        .date = event.date,
        .due = (uint16_t)event.value[FQ_FIELD_DUE],
    };
    return out_supervision->card != 0;
}

bool fq_docket_merged_into(const struct fq_view *view, const struct fq_dispute *dispute,
                           struct fq_id *out_into)
{
    struct fq_event event;

    if (!(dispute->flags & FQ_DISPUTE_MERGED) ||
        !fq_docket_live(view, dispute, FQ_EVENT_MERGED, &event)) {
        return false;
    }
    struct fq_span into = fq_event_bytes(&event, FQ_FIELD_INTO);
    if (into.size != FQ_ID_SIZE) {
        return false;
    }
    memcpy(out_into->bytes, into.data, FQ_ID_SIZE);
    return true;
}

uint16_t fq_docket_performance_due(const struct fq_view *view, const struct fq_dispute *dispute)
{
    struct fq_event event;

    return fq_dispute_state(dispute) == FQ_STATE_AGREED &&
                   fq_docket_live(view, dispute, FQ_EVENT_AGREED, &event)
               ? (uint16_t)event.value[FQ_FIELD_DUE]
               : 0;
}

/* ---- who a node acts for ---- */

static bool covers_unit(const struct fq_areas *areas, uint32_t area, uint64_t unit)
{
    return unit != 0 && fq_areas_covers(areas, area, fq_unit_area(unit));
}

bool fq_docket_is_host(const struct fq_areas *areas, const struct fq_dispute *dispute,
                       uint32_t area)
{
    return fq_areas_covers(areas, area, dispute->home) || covers_unit(areas, area, dispute->host);
}

/* A unit that was referred to, until it declines. */
static bool is_referred_to(const struct fq_view *view, const struct fq_dispute *dispute,
                           uint32_t area)
{
    struct fq_referral referrals[FQ_MAP_ENTRIES_MAX];
    uint32_t count = fq_docket_referrals(view, dispute, referrals);

    for (uint32_t i = 0; i < count; i++) {
        if (referrals[i].state != FQ_REFERRAL_DECLINED &&
            covers_unit(view->areas, area, referrals[i].to_unit)) {
            return true;
        }
    }
    return false;
}

bool fq_docket_is_assist(const struct fq_view *view, const struct fq_dispute *dispute,
                         uint32_t area, bool is_court)
{
    struct fq_assist assists[FQ_MAP_ENTRIES_MAX];
    uint32_t count = fq_docket_assists(view, dispute, assists);
    struct fq_event assigned;

    for (uint32_t i = 0; i < count; i++) {
        if ((!is_court || assists[i].kind == FQ_KIND_JUDICIAL) &&
            covers_unit(view->areas, area, assists[i].unit)) {
            return true;
        }
    }
    if (is_court) {
        return false;
    }
    return is_referred_to(view, dispute, area) ||
           (fq_docket_live(view, dispute, FQ_EVENT_ASSIGNED, &assigned) &&
            (covers_unit(view->areas, area, assigned.value[FQ_FIELD_TO_UNIT]) ||
             fq_areas_covers(view->areas, area, (uint32_t)assigned.value[FQ_FIELD_TO_AREA])));
}
