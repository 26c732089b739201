/* What a dispute adds to the cells, as a list of terms. */
#include "fq/core/merge.h"

#include "fq/core/contribution.h"

struct lister {
    struct fq_contribution *to;
    uint32_t area;
    uint8_t kinds;
};

FQ_ALWAYS_INLINE void aim(void *to, uint32_t area, unsigned kinds, uint64_t unit)
{
    struct lister *lister = to;

    (void)unit;
    lister->area = area;
    lister->kinds = (uint8_t)kinds;
}

FQ_ALWAYS_INLINE void add(void *to, enum fq_measure measure, uint16_t date, int64_t value)
{
    struct lister *lister = to;

    if (date == 0 || value == 0 || lister->to->count == FQ_TERMS_MAX) {
        return;
    }
    lister->to->terms[lister->to->count++] = (struct fq_term){
        .area = lister->area,
        .month = fq_month_of(date),
        .measure = (uint8_t)measure,
        .kinds = lister->kinds,
        .value = value,
    };
}

static bool is_live(const struct fq_fact *fact)
{
    return !fact->is_voided;
}

bool fq_maps_count_alike(const struct fq_dispute *a, const struct fq_dispute *b)
{
    return fq_is_counted(a) == fq_is_counted(b) && a->home == b->home && a->type == b->type &&
           fq_kinds_of(a) == fq_kinds_of(b) && a->decision == b->decision &&
           a->decided_on == b->decided_on && a->outcome == b->outcome &&
           a->outcome_on == b->outcome_on;
}

static void begin(const struct fq_dispute *dispute, struct fq_contribution *contribution)
{
    contribution->type = dispute->type;
    contribution->is_activity = !(dispute->flags & (FQ_DISPUTE_REGISTERED | FQ_DISPUTE_VOIDED)) &&
                                (dispute->flags & FQ_DISPUTE_ACTIVITY);
    contribution->count = 0;
}

void fq_contribution_of_values(const struct fq_dispute *dispute,
                               struct fq_contribution *out_contribution)
{
    struct lister lister = {.to = out_contribution};
    const struct fq_counter counter = {&lister, aim, add};

    begin(dispute, out_contribution);
    fq_count_values(&counter, dispute);
}

void fq_contribution_of(const struct fq_view *view, const struct fq_dispute *dispute,
                        struct fq_contribution *out_contribution)
{
    struct lister lister = {.to = out_contribution};
    const struct fq_counter counter = {&lister, aim, add};
    const struct fq_fact_source source = {
        .heap = view->memory.facts.base, .areas = view->areas, .is_live = is_live};

    begin(dispute, out_contribution);
    fq_count_dispute(&counter, &source, dispute);
}
