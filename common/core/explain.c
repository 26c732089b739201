#include "fq/core/explain.h"

#include <string.h>

#include "fq/core/contribution.h"

#define FACTS_MAX 4096 /* of one dispute; what has more is taken as first reported */

enum stage { REPORTED, CORRECTED, MOVED, VOIDED, STAGES }; /* then it counts as it does */

struct explainer {
    const struct fq_view *view;
    const struct fq_rollup_query *query;
    enum fq_measure measure;
    struct fq_explained *rows; /* beside the areas of the table */
    uint32_t changed_count;
};

/* Sums of one dispute, by area: its home at some time, and units' areas. */
#define SUMS_MAX 64

struct sums {
    const struct explainer *explainer;
    uint32_t area;  /* aimed at; as it counts */
    bool is_inside; /* of the question's area */
    struct {
        uint32_t area;
        int64_t value[STAGES + 1];
        bool is_joint;
    } of[SUMS_MAX];
    uint32_t count;
    uint32_t stage;
    bool is_maps; /* terms now are those of maps: whoever is aimed at took part */
};

/* ---- counting one state ---- */

static uint32_t place_of(struct sums *sums, uint32_t area)
{
    uint32_t at = 0;

    while (at < sums->count && sums->of[at].area != area) {
        at++;
    }
    if (at == sums->count && at < SUMS_MAX) {
        memset(&sums->of[at], 0, sizeof sums->of[at]);
        sums->of[at].area = area;
        sums->count++;
    }
    return at;
}

static void aim(void *to, uint32_t area, unsigned kinds, uint64_t unit)
{
    struct sums *sums = to;
    const struct explainer *explainer = sums->explainer;
    const struct fq_areas *areas = explainer->view->areas;

    (void)kinds;
    (void)unit;
    sums->area = fq_query_area(areas, explainer->query, area);
    sums->is_inside = fq_query_covers(areas, explainer->query, sums->area);
    if (sums->is_maps && sums->is_inside && sums->stage == STAGES) {
        uint32_t at = place_of(sums, sums->area);
        sums->of[at < SUMS_MAX ? at : 0].is_joint |= at < SUMS_MAX;
    }
}

static void add(void *to, enum fq_measure measure, uint16_t date, int64_t value)
{
    struct sums *sums = to;
    const struct fq_period *period = &sums->explainer->query->period;
    bool is_stock = fq_measure_row(measure)->is_stock;

    if (!sums->is_inside || measure != sums->explainer->measure || date == 0 || value == 0 ||
        date > period->last_day || (date < period->first_day && !is_stock)) {
        return;
    }
    uint32_t at = place_of(sums, sums->area);
    if (at < SUMS_MAX) {
        sums->of[at].value[sums->stage] = fq_plus(sums->of[at].value[sums->stage], value);
    }
}

static bool is_late_step(const struct fq_fact *fact)
{
    return fact->step == FQ_EVENT_MERGED || fact->step == FQ_EVENT_UNMERGED;
}

static bool is_reported(const struct fq_fact *fact)
{
    return fact->kind != FQ_EVENT_CORRECTED && fact->step != FQ_EVENT_TRANSFERRED &&
           fact->step != FQ_EVENT_VOIDED && !is_late_step(fact);
}

static bool is_before_transfers(const struct fq_fact *fact)
{
    return fact->step != FQ_EVENT_TRANSFERRED && fact->step != FQ_EVENT_VOIDED &&
           !is_late_step(fact);
}

static bool is_before_voids(const struct fq_fact *fact)
{
    return fact->step != FQ_EVENT_VOIDED && !is_late_step(fact);
}

static bool is_before_merges(const struct fq_fact *fact)
{
    return !fact->is_voided && !is_late_step(fact);
}

static bool is_live(const struct fq_fact *fact)
{
    return !fact->is_voided;
}

static bool (*const is_of_stage[])(const struct fq_fact *) = {
    is_reported, is_before_transfers, is_before_voids, is_before_merges, is_live};

static void count_state(struct sums *sums, const struct fq_dispute *dispute, uint32_t stage)
{
    const struct fq_view *view = sums->explainer->view;
    const struct fq_counter counter = {sums, aim, add};
    const struct fq_fact_source source = {
        .heap = view->memory.facts.base, .areas = view->areas, .is_live = is_of_stage[stage]};

    sums->stage = stage;
    sums->is_maps = false;
    fq_count_values(&counter, dispute);
    if (fq_has_maps(dispute)) {
        sums->is_maps = true;
        fq_count_maps(&counter, &source, dispute);
    }
}

/* The dispute as the facts of a stage make it. */
static bool fold_stage(const struct fq_view *view, const struct fq_dispute *dispute, uint32_t stage,
                       struct fq_dispute *out_state)
{
    const struct fq_fact *facts[FACTS_MAX];
    struct fq_event event;
    uint32_t count = 0;

    *out_state = *dispute;
    fq_dispute_clear(out_state);
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (count == FACTS_MAX) {
            return false;
        }
        if (is_of_stage[stage](fact)) {
            facts[count++] = fact;
        }
    }
    while (count > 0) { /* the greatest stands first */
        fq_fact_unpack(facts[--count], &event);
        fq_dispute_apply(out_state, &event);
    }
    return true;
}

/* ---- one dispute ---- */

static bool is_changed(const struct fq_dispute *dispute)
{
    return (dispute->flags & (FQ_DISPUTE_CHANGED | FQ_DISPUTE_HAS_VOIDS | FQ_DISPUTE_VOIDED |
                              FQ_DISPUTE_MERGED)) != 0;
}

static struct fq_explained *row_of(const struct explainer *explainer, uint32_t area)
{
    const struct fq_areas *areas = explainer->view->areas;
    const struct fq_area *row = fq_areas_find(areas, area);

    return row ? &explainer->rows[row - areas->rows] : NULL;
}

static void add_sums(const struct explainer *explainer, const struct sums *sums)
{
    int64_t whole = 0;

    for (uint32_t i = 0; i < sums->count; i++) {
        whole = fq_plus(whole, sums->of[i].value[STAGES]);
    }
    for (uint32_t i = 0; i < sums->count; i++) {
        const int64_t *value = sums->of[i].value;
        struct fq_explained *row = row_of(explainer, sums->of[i].area);
        if (!row) {
            continue;
        }
        int64_t moved = fq_minus(value[MOVED], value[CORRECTED]);
        row->reported = fq_plus(row->reported, value[REPORTED]);
        row->corrected = fq_plus(row->corrected, fq_minus(value[CORRECTED], value[REPORTED]));
        *(moved > 0 ? &row->moved_in : &row->moved_out) =
            fq_plus(moved > 0 ? row->moved_in : row->moved_out, moved);
        row->voided = fq_plus(row->voided, fq_minus(value[VOIDED], value[MOVED]));
        row->merged = fq_plus(row->merged, fq_minus(value[STAGES], value[VOIDED]));
        row->home = fq_plus(row->home, value[STAGES]);
        if (sums->of[i].is_joint && value[STAGES] == 0) {
            row->joint = fq_plus(row->joint, whole);
        }
    }
}

static void explain_changed(struct explainer *explainer, const struct fq_dispute *dispute,
                            struct sums *sums)
{
    struct fq_dispute state;

    explainer->changed_count++;
    for (uint32_t stage = REPORTED; stage < STAGES; stage++) {
        bool is_folded = fold_stage(explainer->view, dispute, stage, &state);
        count_state(sums, is_folded ? &state : dispute, is_folded ? stage : STAGES);
        for (uint32_t i = 0; i < sums->count && !is_folded; i++) {
            sums->of[i].value[stage] = sums->of[i].value[STAGES];
            sums->of[i].value[STAGES] = 0;
        }
    }
    count_state(sums, dispute, STAGES);
}

static void explain_dispute(struct explainer *explainer, const struct fq_dispute *dispute)
{
    struct sums sums; /* its sums are emptied as they are made */

    sums.explainer = explainer;
    sums.count = 0;
    if (is_changed(dispute)) {
        explain_changed(explainer, dispute, &sums);
    } else {
        count_state(&sums, dispute, STAGES);
        for (uint32_t i = 0; i < sums.count; i++) {
            for (uint32_t stage = REPORTED; stage < STAGES; stage++) {
                sums.of[i].value[stage] = sums.of[i].value[STAGES];
            }
        }
    }
    add_sums(explainer, &sums);
}

/* ---- all ---- */

static void add_row(struct fq_explained *total, const struct fq_explained *row)
{
    total->reported = fq_plus(total->reported, row->reported);
    total->corrected = fq_plus(total->corrected, row->corrected);
    total->moved_in = fq_plus(total->moved_in, row->moved_in);
    total->moved_out = fq_plus(total->moved_out, row->moved_out);
    total->voided = fq_plus(total->voided, row->voided);
    total->merged = fq_plus(total->merged, row->merged);
    total->home = fq_plus(total->home, row->home);
    total->joint = fq_plus(total->joint, row->joint);
}

static bool is_empty(const struct fq_explained *row)
{
    return !row->reported && !row->corrected && !row->moved_in && !row->moved_out && !row->voided &&
           !row->merged && !row->home && !row->joint;
}

fq_err fq_explain(const struct fq_view *view, const struct fq_rollup_query *query,
                  enum fq_measure measure, struct fq_arena *arena,
                  struct fq_explanation *out_explanation, struct fq_why *out_why)
{
    struct explainer explainer = {.view = view, .query = query, .measure = measure};
    struct fq_explanation explanation = {.count = 0};

    explainer.rows = fq_arena_take(arena, (view->areas->count + 1) * sizeof *explainer.rows);
    if (!explainer.rows) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (uint32_t i = 0; i < view->index.count; i++) {
        const struct fq_dispute *dispute = &view->disputes[i];
        if (is_changed(dispute) || !fq_is_over(dispute, query->period.first_day)) {
            explain_dispute(&explainer, dispute);
        }
    }
    for (uint32_t i = 0; i < view->areas->count; i++) {
        struct fq_explained row = explainer.rows[i];
        row.area = view->areas->rows[i].code;
        if (!is_empty(&row)) {
            add_row(&explanation.total, &row);
            explainer.rows[explanation.count++] = row;
        }
    }
    explanation.total.area = query->area;
    explanation.rows = explainer.rows;
    explanation.changed_count = explainer.changed_count;
    *out_explanation = explanation;
    return FQ_OK;
}
