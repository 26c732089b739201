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
#define KNOWN (IN_HAND | IN(REJECTED) | ENDED | IN(CLOSED) | IN(ARCHIVED))

#define F(name) FQ_FIELD_##name
#define ROW(kind) [FQ_EVENT_##kind]

/* verb, states, the day it rests on, who, required fields */
static const struct fq_step_row rows[FQ_EVENT_KINDS] = {
    ROW(REGISTERED) =
        {"add", IN(UNKNOWN), FQ_RESTS_ON_NOTHING, FQ_WHO_ANYONE, {F(TYPE), F(SOURCE)}, false},
    ROW(ACCEPTED) = {"accept", IN(REGISTERED), FQ_RESTS_ON_REGISTRATION, FQ_WHO_HOST, {0}, false},
    ROW(REJECTED) = {"reject", IN(REGISTERED), FQ_RESTS_ON_REGISTRATION, FQ_WHO_HOST, {0}, false},
    ROW(SESSION) = {"session", IN_MEDIATION, FQ_RESTS_ON_DECISION, FQ_WHO_ASSIST, {0}, false},
    ROW(JOINED) = {"join", IN_HAND, FQ_RESTS_ON_REGISTRATION, FQ_WHO_JOINER, {F(TO_UNIT)}, false},
    ROW(LEFT) = {"leave", IN_HAND, FQ_RESTS_ON_REGISTRATION, FQ_WHO_JOINER, {F(TO_UNIT)}, false},
    ROW(REFERRED) = {"refer", IN_HAND, FQ_RESTS_ON_REGISTRATION, FQ_WHO_HOST, {0}, false},
    ROW(REFERRAL_ACCEPTED) = {"referral accept",
                              IN_HAND | ENDED,
                              FQ_RESTS_ON_REGISTRATION,
                              FQ_WHO_REFERRED,
                              {F(REFERRAL)},
                              true},
    ROW(REFERRAL_DECLINED) = {"referral decline",
                              IN_HAND | ENDED,
                              FQ_RESTS_ON_REGISTRATION,
                              FQ_WHO_REFERRED,
                              {F(REFERRAL)},
                              true},
    ROW(REFERRAL_REPORTED) = {"referral report",
                              IN_HAND | ENDED,
                              FQ_RESTS_ON_REGISTRATION,
                              FQ_WHO_REFERRED,
                              {F(REFERRAL)},
                              true},
    ROW(TRANSFERRED) = {"transfer", IN_HAND, FQ_RESTS_ON_REGISTRATION, FQ_WHO_HOST, {0}, false},
    ROW(ESCALATED) = {"escalate", IN_HAND, FQ_RESTS_ON_REGISTRATION, FQ_WHO_HOST, {0}, false},
    ROW(ASSIGNED) =
        {"assign", IN_HAND, FQ_RESTS_ON_REGISTRATION, FQ_WHO_ABOVE, {F(TO_UNIT)}, false},
    ROW(SUPERVISED) = {"supervise", IN_HAND, FQ_RESTS_ON_REGISTRATION, FQ_WHO_ABOVE, {0}, false},
    ROW(EXTENDED) = {"extend", IN_MEDIATION, FQ_RESTS_ON_DECISION, FQ_WHO_HOST, {F(DAYS)}, false},
    ROW(AGREED) = {"agree", IN_MEDIATION, FQ_RESTS_ON_DECISION, FQ_WHO_HOST, {0}, false},
    ROW(FAILED) = {"fail", IN_MEDIATION, FQ_RESTS_ON_DECISION, FQ_WHO_HOST, {0}, false},
    ROW(TERMINATED) = {"terminate", IN_MEDIATION, FQ_RESTS_ON_DECISION, FQ_WHO_HOST, {0}, false},
    ROW(PERFORMED) = {"perform",
                      IN(AGREED) | IN(PERFORMED),
                      FQ_RESTS_ON_OUTCOME,
                      FQ_WHO_HOST,
                      {F(PERFORMANCE)},
                      false},
    ROW(CONFIRMATION) = {"confirm",
                         IN(AGREED) | IN(PERFORMED),
                         FQ_RESTS_ON_OUTCOME,
                         FQ_WHO_COURT,
                         {F(STEP)},
                         false},
    ROW(VISITED) = {"visit", ENDED | IN(CLOSED), FQ_RESTS_ON_OUTCOME, FQ_WHO_HOST, {0}, false},
    ROW(PREVENTED) =
        {"prevent", IN_HAND | ENDED, FQ_RESTS_ON_REGISTRATION, FQ_WHO_ASSIST, {F(EFFECT)}, false},
    ROW(RISK_CHANGED) =
        {"risk", IN_HAND | ENDED, FQ_RESTS_ON_REGISTRATION, FQ_WHO_ASSIST, {F(RISK)}, false},
    ROW(DOCUMENT) = {"document",
                     IN_HAND | ENDED | IN(CLOSED),
                     FQ_RESTS_ON_REGISTRATION,
                     FQ_WHO_ASSIST,
                     {0},
                     false},
    ROW(CLOSED) = {"close", ENDED, FQ_RESTS_ON_OUTCOME, FQ_WHO_HOST, {0}, false},
    ROW(ARCHIVED) = {"archive", IN(CLOSED), FQ_RESTS_ON_CLOSING, FQ_WHO_HOST, {0}, false},
    ROW(REOPENED) = {"reopen",
                     ENDED | IN(CLOSED) | IN(ARCHIVED),
                     FQ_RESTS_ON_REGISTRATION,
                     FQ_WHO_HOST,
                     {0},
                     false},
    ROW(CORRECTED) =
        {"correct", KNOWN, FQ_RESTS_ON_NOTHING, FQ_WHO_HOST, {F(CORRECTS), F(WHY)}, false},
    ROW(VOIDED) = {"void", KNOWN, FQ_RESTS_ON_NOTHING, FQ_WHO_HOST, {F(REASON)}, false},
    ROW(MERGED) = {"merge", KNOWN, FQ_RESTS_ON_REGISTRATION, FQ_WHO_HOST, {F(INTO)}, false},
    ROW(UNMERGED) = {"unmerge", IN(MERGED), FQ_RESTS_ON_REGISTRATION, FQ_WHO_HOST, {0}, false},
};
#undef F

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

void fq_step_complete(struct fq_event *correction, uint64_t given, const struct fq_event *live)
{
    const struct fq_kind_row *row = fq_kind_row(live->step);

    if (correction->date == 0) {
        correction->date = live->date;
    }
    if (correction->area == 0) {
        correction->area = live->area;
    }
    for (unsigned i = 0; row && i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        enum fq_field field = row->fields[i];
        if (given >> field & 1 || correction->value[field] || !live->value[field]) {
            continue;
        }
        if (fq_field_is_bytes(field)) {
            (void)fq_event_set_bytes(correction, field, fq_event_bytes(live, field));
        } else {
            correction->value[field] = live->value[field];
        }
    }
}
