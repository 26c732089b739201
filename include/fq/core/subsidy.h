/* Subsidies for cases (以案定补): which disputes are paid for, in which period, and how much. The rules
 * are a county's own; this says only how they are applied.
 *
 * B1  A dispute has one payday: the day in the first fact, by stamp, that took it to the step which the
 *     rules name, voided since or not. Nothing that is written later moves it: no correction, no other
 *     outcome after reopening. So it falls into exactly one period and is never paid for twice.
 * B2  Disputes merged into one are paid for once, on the earliest payday of all of them.
 * B3  A merged or voided dispute is not paid for, nor one that no rule fits as it stands now.
 * B4  The first rule that fits says how much; every supplement that fits is added to it. */
#ifndef FQ_CORE_SUBSIDY_H
#define FQ_CORE_SUBSIDY_H

#include "fq/core/docket.h"

#define FQ_SUBSIDY_RULES_MAX 64
#define FQ_SUBSIDY_CENTS_MAX 10000000000 /* of one rule */

struct fq_subsidy_rule { /* fits when all that is not 0 fits */
    uint8_t outcome, form, difficulty, scale, performance;
    bool is_confirmed;  /* by a court */
    bool is_linked;     /* two kinds took part */
    bool is_supplement; /* B4 */
    uint64_t cents;
};

struct fq_subsidy_rules {
    uint8_t step; /* FQ_EVENT_AGREED stands for any outcome; or PERFORMED, CLOSED, ARCHIVED */
    uint32_t count;
    struct fq_subsidy_rule rows[FQ_SUBSIDY_RULES_MAX];
};

struct fq_subsidy_payday {
    uint16_t day;             /* 0: the step was never taken */
    struct fq_event_id event; /* who took it says who is paid */
};

/* The dispute's own payday (B1). */
struct fq_subsidy_payday fq_subsidy_payday(const struct fq_view *view,
                                           const struct fq_dispute *dispute, uint8_t step);
/* The dispute it was merged into, through all merges; itself when it was not. */
const struct fq_dispute *fq_subsidy_root(const struct fq_view *view,
                                         const struct fq_dispute *dispute);
/* Cents for the dispute as it stands (B3, B4); 0 when it is not paid for. */
uint64_t fq_subsidy_amount(const struct fq_subsidy_rules *rules, const struct fq_dispute *dispute);

#endif
