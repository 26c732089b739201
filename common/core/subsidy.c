#include "fq/core/subsidy.h"

#define MERGES_MAX 64 /* in a row */

static bool is_step(uint8_t wanted, uint8_t step)
{
    return wanted == FQ_EVENT_AGREED
               ? step == FQ_EVENT_AGREED || step == FQ_EVENT_FAILED || step == FQ_EVENT_TERMINATED
               : step == wanted;
}

struct fq_subsidy_payday fq_subsidy_payday(const struct fq_view *view,
                                           const struct fq_dispute *dispute, uint8_t step)
{
    const struct fq_fact *first = NULL;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (is_step(step, fact->step)) {
            first = fact; /* the greatest stamp comes first, so the last one found is the first */
        }
    }
    return first ? (struct fq_subsidy_payday){first->date, fq_view_event_id(view, first)}
                 : (struct fq_subsidy_payday){0};
}

const struct fq_dispute *fq_subsidy_root(const struct fq_view *view,
                                         const struct fq_dispute *dispute)
{
    struct fq_id into;

    for (int i = 0; i < MERGES_MAX && fq_docket_merged_into(view, dispute, &into); i++) {
        const struct fq_dispute *next = fq_view_find(view, &into);
        if (!next) {
            break;
        }
        dispute = next;
    }
    return dispute;
}

static bool is_linked(const struct fq_dispute *dispute)
{
    return __builtin_popcount(1u << dispute->kind | dispute->joined_kinds) >= 2;
}

static bool fits(const struct fq_subsidy_rule *rule, const struct fq_dispute *dispute)
{
    return (!rule->outcome || rule->outcome == dispute->outcome) &&
           (!rule->form || rule->form == dispute->form) &&
           (!rule->difficulty || rule->difficulty == dispute->difficulty) &&
           (!rule->scale || rule->scale == dispute->scale) &&
           (!rule->performance || rule->performance == dispute->performance) &&
           (!rule->is_confirmed || dispute->confirmed_on) &&
           (!rule->is_linked || is_linked(dispute));
}

uint64_t fq_subsidy_amount(const struct fq_subsidy_rules *rules, const struct fq_dispute *dispute)
{
    uint64_t cents = 0;
    bool has_rule = false;

    if ((dispute->flags & (FQ_DISPUTE_REGISTERED | FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED)) !=
            FQ_DISPUTE_REGISTERED ||
        !dispute->outcome) {
        return 0; /* B3 */
    }
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct fq_subsidy_rule *rule = &rules->rows[i];
        if ((!rule->is_supplement && has_rule) || !fits(rule, dispute)) {
            continue;
        }
        has_rule |= !rule->is_supplement;
        cents += rule->cents;
    }
    return has_rule ? cents : 0;
}
