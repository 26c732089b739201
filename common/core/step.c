#include "fq/core/step.h"

#include <stdio.h>
#include <string.h>

/* The states, and what leads from one to the other:
 *
 *  registered --> accepted --> mediating --> agreed --> performed --> closed --> archived
 *      |  \            \           |  \ \------> failed ------------^
 *      |   rejected     \----------+   \------> terminated --------^
 *      +--- referred, transferred, joined at any time before the outcome
 *  visited after the outcome; reopened from any outcome on: back to mediating. */

#define IN(state) (1u << FQ_STATE_##state)
#define IN_HAND (IN(REGISTERED) | IN(ACCEPTED) | IN(MEDIATING))
#define IN_MEDIATION (IN(ACCEPTED) | IN(MEDIATING))
#define ENDED (IN(AGREED) | IN(FAILED) | IN(TERMINATED) | IN(PERFORMED))
#define ALIVE (IN_HAND | ENDED)
#define AGREEMENT (IN(AGREED) | IN(PERFORMED))
#define KNOWN (IN_HAND | IN(REJECTED) | ENDED | IN(CLOSED) | IN(ARCHIVED))

#define F(name) FQ_FIELD_##name
#define ROW(kind) [FQ_EVENT_##kind]
#define ON(day) FQ_RESTS_ON_##day
#define BY(who) FQ_WHO_##who

/* verb, states, the day it rests on, who, required fields, what it writes, whether it is an answer */
static const struct fq_step_row rows[FQ_EVENT_KINDS] = {
    ROW(REGISTERED) =
        {"add", IN(UNKNOWN), ON(NOTHING), BY(ANYONE), {F(TYPE), F(SOURCE)}, "registration", false},
    ROW(ACCEPTED) =
        {"accept", IN(REGISTERED), ON(REGISTRATION), BY(HOST), {0}, "acceptance", false},
    ROW(REJECTED) =
        {"reject", IN(REGISTERED), ON(REGISTRATION), BY(HOST), {0}, "acceptance", false},
    ROW(SESSION) = {"session", IN_MEDIATION, ON(DECISION), BY(ASSIST), {0}, NULL, false},
    ROW(JOINED) = {"join", IN_HAND, ON(REGISTRATION), BY(JOINER), {F(TO_UNIT)}, NULL, false},
    ROW(LEFT) = {"leave", IN_HAND, ON(REGISTRATION), BY(JOINER), {F(TO_UNIT)}, NULL, false},
    ROW(REFERRED) = {"refer", IN_HAND, ON(REGISTRATION), BY(HOST), {F(TO_UNIT)}, NULL, false},
    ROW(REFERRAL_ACCEPTED) =
        {"referral accept", ALIVE, ON(REGISTRATION), BY(REFERRED), {F(REFERRAL)}, NULL, true},
    ROW(REFERRAL_DECLINED) =
        {"referral decline", ALIVE, ON(REGISTRATION), BY(REFERRED), {F(REFERRAL)}, NULL, true},
    ROW(REFERRAL_REPORTED) =
        {"referral report", ALIVE, ON(REGISTRATION), BY(REFERRED), {F(REFERRAL)}, NULL, true},
    ROW(TRANSFERRED) = {"transfer", IN_HAND, ON(REGISTRATION), BY(HOST), {0}, "home", false},
    ROW(ESCALATED) = {"escalate", IN_HAND, ON(REGISTRATION), BY(HOST), {0}, "escalation", false},
    ROW(ASSIGNED) = {"assign", IN_HAND, ON(REGISTRATION), BY(ABOVE), {0}, "assignment", false},
    ROW(SUPERVISED) =
        {"supervise", IN_HAND, ON(REGISTRATION), BY(ABOVE), {0}, "supervision", false},
    ROW(EXTENDED) = {"extend", IN_MEDIATION, ON(DECISION), BY(HOST), {F(DAYS)}, "extension", false},
    ROW(AGREED) = {"agree", IN_MEDIATION, ON(DECISION), BY(HOST), {0}, "outcome", false},
    ROW(FAILED) = {"fail", IN_MEDIATION, ON(DECISION), BY(HOST), {0}, "outcome", false},
    ROW(TERMINATED) = {"terminate", IN_MEDIATION, ON(DECISION), BY(HOST), {0}, "outcome", false},
    ROW(PERFORMED) =
        {"perform", AGREEMENT, ON(OUTCOME), BY(HOST), {F(PERFORMANCE)}, "performance", false},
    ROW(CONFIRMATION) =
        {"confirm", AGREEMENT, ON(OUTCOME), BY(COURT), {F(STEP)}, "confirmation", false},
    ROW(VISITED) =
        {"visit", ENDED | IN(CLOSED) | IN(ARCHIVED), ON(OUTCOME), BY(HOST), {0}, "visit", false},
    ROW(PREVENTED) = {"prevent", ALIVE, ON(REGISTRATION), BY(ASSIST), {F(EFFECT)}, NULL, false},
    ROW(RISK_CHANGED) = {"risk", ALIVE, ON(REGISTRATION), BY(ASSIST), {F(RISK)}, "risk", false},
    ROW(DOCUMENT) =
        {"document", ALIVE | IN(CLOSED), ON(REGISTRATION), BY(ASSIST), {0}, NULL, false},
    ROW(CLOSED) = {"close", ENDED, ON(OUTCOME), BY(HOST), {0}, "closing", false},
    ROW(ARCHIVED) = {"archive", IN(CLOSED), ON(CLOSING), BY(HOST), {0}, "archiving", false},
    ROW(REOPENED) =
        {"reopen", ENDED | IN(CLOSED) | IN(ARCHIVED), ON(REGISTRATION), BY(HOST), {0}, NULL, false},
    ROW(CORRECTED) = {"correct", KNOWN, ON(NOTHING), BY(HOST), {F(CORRECTS), F(WHY)}, NULL, false},
    ROW(VOIDED) = {"void", KNOWN, ON(NOTHING), BY(HOST), {F(REASON)}, NULL, false},
    ROW(MERGED) = {"merge", KNOWN, ON(REGISTRATION), BY(HOST), {F(INTO)}, NULL, false},
    ROW(UNMERGED) = {"unmerge", IN(MERGED), ON(REGISTRATION), BY(HOST), {0}, NULL, false},
};
#undef F
#undef ROW
#undef ON
#undef BY

const struct fq_step_row *fq_step_row(unsigned kind)
{
    return kind < FQ_EVENT_KINDS && rows[kind].verb ? &rows[kind] : NULL;
}

const char *fq_step_verb(unsigned kind)
{
    return kind < FQ_EVENT_KINDS ? rows[kind].verb : NULL;
}

unsigned fq_step_find(struct fq_span verb)
{
    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        if (rows[kind].verb && fq_span_equal(verb, fq_span_text(rows[kind].verb))) {
            return kind;
        }
    }
    return 0;
}

bool fq_step_may(enum fq_state state, unsigned kind)
{
    return kind < FQ_EVENT_KINDS && (rows[kind].states >> state & 1u);
}

bool fq_step_requires(unsigned kind, enum fq_field field)
{
    const struct fq_step_row *row = fq_step_row(kind);

    for (unsigned i = 0; row && i < FQ_STEP_REQUIRED_MAX && row->required[i]; i++) {
        if (row->required[i] == field) {
            return true;
        }
    }
    return false;
}

uint16_t fq_step_rests_on(const struct fq_dispute *dispute, unsigned kind)
{
    const struct fq_step_row *row = fq_step_row(kind);

    switch (row ? row->rests_on : FQ_RESTS_ON_NOTHING) {
    case FQ_RESTS_ON_REGISTRATION:
        return dispute->registered_on;
    case FQ_RESTS_ON_DECISION:
        return dispute->decided_on;
    case FQ_RESTS_ON_OUTCOME:
        return dispute->outcome_on;
    case FQ_RESTS_ON_CLOSING:
        return dispute->closed_on;
    default:
        return 0;
    }
}

bool fq_step_same_register(unsigned kind, unsigned other)
{
    const struct fq_step_row *a = fq_step_row(kind), *b = fq_step_row(other);

    return a && b && a->writes && b->writes && strcmp(a->writes, b->writes) == 0;
}

bool fq_step_is_correctable(unsigned kind)
{
    const struct fq_step_row *row = fq_step_row(kind);

    return row && row->writes;
}

void fq_step_next(enum fq_state state, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        if (rows[kind].verb && !rows[kind].is_answer && fq_step_may(state, kind)) {
            int wrote = snprintf(out + used, size - used, "%s%s", used ? " " : "", rows[kind].verb);
            if (wrote < 0 || (size_t)wrote >= size - used) {
                out[used] = '\0';
                return;
            }
            used += (size_t)wrote;
        }
    }
}

/* The fields of a step that other steps write as well, and where the dispute has what holds. */
static const struct shared {
    unsigned step;
    enum fq_field field;
} shared[] = {
    {FQ_EVENT_REGISTERED, FQ_FIELD_HOST},     {FQ_EVENT_REGISTERED, FQ_FIELD_KIND},
    {FQ_EVENT_REGISTERED, FQ_FIELD_RISK},     {FQ_EVENT_TRANSFERRED, FQ_FIELD_TO_AREA},
    {FQ_EVENT_TRANSFERRED, FQ_FIELD_TO_UNIT}, {FQ_EVENT_TRANSFERRED, FQ_FIELD_TO_KIND},
    {FQ_EVENT_RISK_CHANGED, FQ_FIELD_RISK},   {FQ_EVENT_AGREED, FQ_FIELD_IMMEDIATE},
};

static uint64_t held(const struct fq_dispute *dispute, enum fq_field field)
{
    switch (field) {
    case FQ_FIELD_HOST:
    case FQ_FIELD_TO_UNIT:
        return dispute->host;
    case FQ_FIELD_KIND:
    case FQ_FIELD_TO_KIND:
        return dispute->kind;
    case FQ_FIELD_RISK:
        return dispute->risk;
    case FQ_FIELD_TO_AREA:
        return dispute->home;
    default:
        return (dispute->flags & FQ_DISPUTE_AT_ONCE) != 0;
    }
}

/* The value as the dispute would hold it. */
static uint64_t as_held(enum fq_field field, uint64_t value)
{
    bool is_kind = field == FQ_FIELD_KIND || field == FQ_FIELD_TO_KIND;

    return is_kind ? fq_kind_counted(value) : field == FQ_FIELD_IMMEDIATE ? value != 0 : value;
}

void fq_step_keep_later(struct fq_event *correction, const struct fq_event *live,
                        const struct fq_dispute *then, const struct fq_dispute *now)
{
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        enum fq_field field = shared[i].field;
        uint64_t value = as_held(field, correction->value[field]);
        bool is_as_before =
            correction->value[field] == live->value[field] || value == held(then, field);
        if (shared[i].step == live->step && is_as_before && value != held(now, field)) {
            correction->value[field] = held(now, field);
        }
    }
    if (correction->area == 0 || correction->area == live->area || correction->area == then->home) {
        correction->area = now->home;
    }
}
