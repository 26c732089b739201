#include "fq/core/deadline.h"

#define MEDIATION_DAYS 30
#define PETITION_DAYS 60
#define CONFIRMATION_DAYS 30

static uint16_t days_after(uint16_t date, unsigned days)
{
    unsigned due = date + days;

    return due > FQ_DATE_MAX - 1 ? FQ_DATE_MAX - 1 : (uint16_t)due; /* the day after is a date */
}

uint16_t fq_deadline_mediation(const struct fq_dispute *dispute)
{
    unsigned days =
        dispute->source == FQ_SOURCE_DELEGATED_PETITION ? PETITION_DAYS : MEDIATION_DAYS;

    return dispute->decided_on ? days_after(dispute->decided_on, days + dispute->extended_days) : 0;
}

/* Neither voided nor merged nor without its registration. */
static bool is_live(const struct fq_dispute *dispute)
{
    return (dispute->flags & (FQ_DISPUTE_REGISTERED | FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED)) ==
           FQ_DISPUTE_REGISTERED;
}

uint16_t fq_deadline_open(const struct fq_dispute *dispute)
{
    bool is_open =
        is_live(dispute) && dispute->decision == FQ_DECISION_ACCEPTED && dispute->outcome == 0;

    return is_open ? fq_deadline_mediation(dispute) : 0;
}

uint16_t fq_deadline_confirmation(const struct fq_dispute *dispute)
{
    bool is_free = is_live(dispute) && dispute->outcome == FQ_OUTCOME_AGREED &&
                   dispute->confirmation <= FQ_CONFIRMATION_NONE && dispute->closed_on == 0;

    return is_free ? days_after(dispute->outcome_on, CONFIRMATION_DAYS) : 0;
}

bool fq_deadline_is_over(uint16_t due, uint16_t date)
{
    return due != 0 && date > due;
}
