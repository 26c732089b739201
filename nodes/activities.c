/* The verb `activity.list`: the reported figures of a period by indicator (core/activity.h); and what of
 * them changed since a moment, for `period.diff`. */
#include "services.h"

#include "fq/core/activity.h"

/* The reports as they were known at the moment args.as_of names; cells alone do not have them. */
static fq_err gather(struct fq_node *node, struct fq_span args, const struct fq_scope *scope,
                     struct fq_reports *out_reports, struct fq_why *out_why)
{
    struct fq_rollup_query query = {.area = scope->area};
    struct fq_lookback *lookback = NULL;
    fq_err err = fq_service_read_period(node, args, &query.period, out_why);

    err = err ? err : fq_lookback_open(node, args, &query, false, &lookback, out_why);
    if (!err && !fq_reports_gather(lookback->view, &node->codes, scope->area, &node->scratch,
                                   out_reports)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_lookback_close(lookback);
    return err;
}

/* ---- the answer ---- */

static void put_counted(const struct fq_node *node, uint16_t number, struct fq_writer *writer)
{
    const struct fq_code *indicator = fq_codes_find(&node->codes, FQ_CODES_INDICATOR, number);
    const struct fq_code *counted =
        indicator ? fq_codes_find(&node->codes, FQ_CODES_COUNTED, indicator->of_indicator.counted)
                  : NULL;

    fq_services_put_text(writer, "counted", counted ? counted->en : "");
    fq_services_put_text(writer, "counted_zh", counted ? counted->zh : "");
}

static void put_number(struct fq_writer *writer, const char *key, bool is_given, uint64_t number)
{
    fq_write_text(writer, key);
    if (is_given) {
        fq_write_uint(writer, number);
    } else {
        fq_write_nil(writer);
    }
}

/* What is said of every indicator: six pairs, and whether its figures are cents. */
static bool put_indicator(const struct fq_node *node, uint16_t number, struct fq_writer *writer)
{
    static const struct fq_code unknown = {.id = ""};
    const struct fq_code *known = fq_codes_find(&node->codes, FQ_CODES_INDICATOR, number);
    const struct fq_code *code = known ? known : &unknown;
    const struct fq_code *service =
        fq_codes_find(&node->codes, FQ_CODES_SERVICE, code->of_indicator.service);

    fq_services_put_uint(writer, "number", number);
    fq_services_put_text(writer, "indicator", code->id);
    fq_services_put_text(writer, "name", code->en);
    fq_services_put_text(writer, "name_zh", code->zh);
    fq_services_put_text(writer, "service", service ? service->id : "");
    fq_services_put_text(writer, "kind", code->of_indicator.is_stock ? "stock" : "flow");
    return code->of_indicator.counted == FQ_COUNTED_YUAN;
}

static void put_figure(const struct fq_node *node, uint16_t number,
                       const struct fq_activity_figure *figure, struct fq_writer *writer)
{
    fq_write_map(writer, 14);
    bool is_money = put_indicator(node, number, writer);
    put_number(writer, "count", !is_money, figure->count);
    put_number(writer, "amount_cents", is_money, figure->count);
    put_counted(node, number, writer);
    fq_services_put_uint(writer, "reports", figure->reports);
    fq_services_put_uint(writer, "areas", figure->areas);
    fq_services_put_uint(writer, "partial", figure->partial);
    fq_services_put_uint(writer, "overlapping", figure->overlapping);
}

/* Whether anything of the period has to do with the indicator. */
static bool is_of_period(const struct fq_activity_figure *figure)
{
    return figure->reports || figure->partial || figure->overlapping;
}

fq_err fq_verb_activities(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                          struct fq_why *out_why)
{
    struct fq_writer rows = fq_writer_take(&node->scratch, answer->writer.size);
    struct fq_reports reports = {.count = 0};
    struct fq_activity_figure figure;
    struct fq_scope scope;
    uint32_t count = 0;
    fq_err err = fq_services_read_scope(node, args, &scope, out_why);

    err = err ? err : gather(node, args, &scope, &reports, out_why);
    for (uint32_t at = 0; at < reports.count && !err;) {
        uint16_t number = reports.rows[at].indicator;
        at = fq_activity_figure(&node->codes, &reports, at, scope.first_day, scope.last_day,
                                &figure);
        if (is_of_period(&figure)) {
            put_figure(node, number, &figure, &rows);
            count++;
        }
    }
    if (err) {
        return err;
    }
    if (rows.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "activity.list");
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}

/* ---- what changed ---- */

/* From what was reported then to what is now. A figure is no sum over reports, since the finer of two
 * stands: so all reports of one cause come in together, one cause after the other. */
enum stage { THEN, ARRIVED_TOO, RECORDED_TOO, NOW, STAGES };

struct change {
    struct fq_lookback *lookback; /* set back */
    const struct fq_rollup_query *query;
    struct fq_reports stages[STAGES];
};

static enum stage stage_of(const struct fq_asof *asof, const struct fq_touched *touched)
{
    if (asof->view->disputes[touched->place].flags & FQ_DISPUTE_ACTIVITY) {
        return NOW; /* known then: it was reported again */
    }
    return fq_asof_late(asof, touched) == FQ_CAUSE_ARRIVED_LATE ? ARRIVED_TOO : RECORDED_TOO;
}

static bool gather_stage(struct change *change, enum stage stage)
{
    struct fq_node *node = change->lookback->node;
    const struct fq_asof *asof = &change->lookback->asof;
    const struct fq_view *view = asof->view;
    struct fq_reports *reports = &change->stages[stage];

    reports->count = 0;
    reports->rows = fq_arena_take_raw(&node->scratch,
                                      (view->activity_count + (size_t)1) * sizeof *reports->rows);
    for (uint32_t i = 0; i < view->activity_count && reports->rows; i++) {
        uint32_t place = view->activities[i].place;
        const struct fq_dispute *entity = &view->disputes[place];
        uint32_t entry = asof->entries[place];
        const struct fq_touched *touched = entry ? &asof->touched[entry - 1] : NULL;
        struct fq_report *report = &reports->rows[reports->count];
        entity = touched && stage >= stage_of(asof, touched) ? &touched->was : entity;
        reports->count += fq_report_of(entity, report) &&
                          fq_areas_covers(view->areas, change->query->area, report->area);
    }
    return reports->rows && fq_reports_settle(&node->codes, &node->scratch, reports);
}

static int64_t figure_at(const struct change *change, enum stage stage, uint16_t indicator)
{
    const struct fq_reports *reports = &change->stages[stage];
    const struct fq_period *period = &change->query->period;
    struct fq_activity_figure figure = {0};
    uint32_t first = 0;

    while (first < reports->count && reports->rows[first].indicator < indicator) {
        first++;
    }
    if (first < reports->count && reports->rows[first].indicator == indicator) {
        (void)fq_activity_figure(&change->lookback->node->codes, reports, first, period->first_day,
                                 period->last_day, &figure);
    }
    return (int64_t)figure.count;
}

static void put_int(struct fq_writer *writer, const char *key, int64_t value)
{
    fq_write_text(writer, key);
    fq_write_int(writer, value);
}

static bool put_change(const struct change *change, uint16_t indicator, struct fq_writer *writer)
{
    static const enum fq_cause causes[STAGES] = {[ARRIVED_TOO] = FQ_CAUSE_ARRIVED_LATE,
                                                 [RECORDED_TOO] = FQ_CAUSE_RECORDED_LATE,
                                                 [NOW] = FQ_CAUSE_CORRECTED};
    int64_t figures[STAGES];
    bool has_moved = false;

    for (int stage = THEN; stage < STAGES; stage++) {
        figures[stage] = figure_at(change, (enum stage)stage, indicator);
        has_moved |= figures[stage] != figures[THEN];
    }
    if (!has_moved) {
        return false;
    }
    const struct fq_node *node = change->lookback->node;
    fq_write_map(writer, 14);
    if (put_indicator(node, indicator, writer)) {
        fq_services_put_text(writer, "counted", "cents");
        fq_services_put_text(writer, "counted_zh", "分");
    } else {
        put_counted(node, indicator, writer);
    }
    put_int(writer, "sealed", figures[THEN]);
    put_int(writer, "live", figures[NOW]);
    put_int(writer, "difference", figures[NOW] - figures[THEN]);
    for (int stage = ARRIVED_TOO; stage < STAGES; stage++) {
        put_int(writer, fq_cause_name(causes[stage]), figures[stage] - figures[stage - 1]);
    }
    return true;
}

/* The least indicator above the given one that was ever reported of. */
static bool next_indicator(const struct change *change, uint32_t *indicator)
{
    uint32_t next = UINT32_MAX;

    for (int stage = THEN; stage < STAGES; stage++) {
        const struct fq_reports *reports = &change->stages[stage];
        for (uint32_t i = 0; i < reports->count; i++) {
            uint32_t number = reports->rows[i].indicator;
            next = number > *indicator && number < next ? number : next;
        }
    }
    *indicator = next;
    return next != UINT32_MAX;
}

fq_err fq_activities_put_diff(struct fq_lookback *lookback, const struct fq_rollup_query *query,
                              struct fq_writer *writer, struct fq_why *out_why)
{
    struct fq_arena *arena = &lookback->node->scratch;
    struct fq_writer rows = fq_writer_take(arena, writer->size);
    struct change change = {.lookback = lookback, .query = query};
    bool is_whole = fq_asof_go_back(&lookback->asof);
    uint32_t count = 0;

    for (int stage = THEN; stage < STAGES && is_whole; stage++) {
        is_whole = gather_stage(&change, (enum stage)stage);
    }
    fq_asof_return(&lookback->asof);
    for (uint32_t indicator = 0; is_whole && next_indicator(&change, &indicator);) {
        count += put_change(&change, (uint16_t)indicator, &rows);
    }
    if (!is_whole || rows.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_write_array(writer, count);
    fq_write_raw(writer, fq_writer_span(&rows));
    return FQ_OK;
}
