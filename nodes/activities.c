/* The verb `activity.list`: the reported figures of a period by indicator.
 *
 * A flow is the sum of the reports whose days lie in the period; those that reach over its edge are
 * not cut but counted apart, since nobody knows how they spread. A stock is the sum of what each area
 * and unit last reported up to the period's end. */
#include "services.h"

#include "asof.h"

#include <stdlib.h>

struct report {
    uint16_t indicator;
    uint16_t first_day, last_day;
    uint32_t area;
    uint64_t unit;
    uint64_t count;
};

struct figure { /* of one indicator */
    uint64_t count;
    uint32_t reports;     /* that make it up */
    uint32_t areas;       /* that reported them */
    uint32_t partial;     /* flows that reach over the period's edge: not counted */
    uint32_t overlapping; /* flows of one area and unit with days in common: counted, and said */
};

struct scan {
    const struct fq_node *node;
    const struct fq_view *view; /* of now, or of the moment asked for */
    const struct fq_scope *scope;
    struct report *reports;
    uint32_t count;
};

static bool is_stock(const struct fq_node *node, uint16_t number)
{
    const struct fq_code *indicator = fq_codes_find(&node->codes, FQ_CODES_INDICATOR, number);

    return indicator && indicator->of_indicator.is_stock;
}

/* Whether the period could have to do with it: its last day is among the facts. */
static bool is_candidate(const struct scan *scan, const struct fq_dispute *entity)
{
    return (entity->flags & FQ_DISPUTE_ACTIVITY) && !(entity->flags & FQ_DISPUTE_VOIDED) &&
           entity->registered_on <= scan->scope->last_day &&
           fq_areas_covers(&scan->node->areas, scan->scope->area, entity->home);
}

/* All facts of an activity say the same but for the count, which the values have. */
static void take_report(struct scan *scan, const struct fq_dispute *entity)
{
    const struct fq_view *view = scan->view;
    struct fq_event event;

    for (const struct fq_fact *fact = fq_view_facts(view, entity); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->step != FQ_EVENT_ACTIVITY || fact->is_voided) {
            continue;
        }
        fq_fact_unpack(fact, &event);
        uint64_t last_day = event.value[FQ_FIELD_LAST_DAY];
        if (last_day >= scan->scope->first_day || is_stock(scan->node, entity->type)) {
            scan->reports[scan->count++] = (struct report){
                .indicator = entity->type,
                .first_day = entity->registered_on,
                .last_day = last_day > FQ_DATE_MAX ? FQ_DATE_MAX : (uint16_t)last_day,
                .area = entity->home,
                .unit = event.unit,
                .count = entity->amount_cents,
            };
        }
        return;
    }
}

#define COMPARE(a, b, member)                                                                      \
    if ((a)->member != (b)->member) {                                                              \
        return (a)->member < (b)->member ? -1 : 1;                                                 \
    }

static int by_indicator(const void *a, const void *b)
{
    const struct report *left = a, *right = b;

    COMPARE(left, right, indicator)
    COMPARE(left, right, area)
    COMPARE(left, right, unit)
    COMPARE(left, right, first_day)
    COMPARE(left, right, last_day)
    return 0;
}

static fq_err run_scan(struct scan *scan, struct fq_arena *arena, struct fq_why *out_why)
{
    const struct fq_view *view = scan->view;
    size_t capacity = 1;

    for (uint32_t i = 0; i < view->index.count; i++) {
        capacity += is_candidate(scan, &view->disputes[i]);
    }
    scan->reports = fq_arena_take_raw(arena, capacity * sizeof *scan->reports);
    if (!scan->reports) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (uint32_t i = 0; i < view->index.count; i++) {
        if (is_candidate(scan, &view->disputes[i])) {
            take_report(scan, &view->disputes[i]);
        }
    }
    qsort(scan->reports, scan->count, sizeof *scan->reports, by_indicator);
    return FQ_OK;
}

static bool is_same_reporter(const struct report *a, const struct report *b)
{
    return a->indicator == b->indicator && a->area == b->area && a->unit == b->unit;
}

/* The figure of the run of reports that begins at `first`; gives the first after it. */
static uint32_t take_figure(const struct scan *scan, uint32_t first, struct figure *out_figure)
{
    const struct report *reports = scan->reports;
    bool is_of_stock = is_stock(scan->node, reports[first].indicator);
    struct figure figure = {0};
    uint32_t last_area = 0, at = first;

    for (; at < scan->count && reports[at].indicator == reports[first].indicator; at++) {
        const struct report *report = &reports[at];
        bool is_last = at + 1 == scan->count || !is_same_reporter(report, report + 1);
        bool is_within = report->first_day >= scan->scope->first_day &&
                         report->last_day <= scan->scope->last_day;
        if (!is_of_stock && !is_within) {
            figure.partial++;
            continue;
        }
        if (is_of_stock && !is_last) {
            continue; /* a later one stands */
        }
        figure.overlapping += !is_of_stock && at > first && is_same_reporter(report - 1, report) &&
                              report[-1].last_day >= report->first_day;
        figure.count += report->count;
        figure.reports++;
        figure.areas += report->area != last_area;
        last_area = report->area;
    }
    *out_figure = figure;
    return at;
}

/* The view of the moment args.as_of names; reports are read out of facts, so cells are not enough. */
static fq_err look_back(struct scan *scan, struct fq_node *node, struct fq_span args,
                        struct fq_lookback **out_lookback, struct fq_why *out_why)
{
    struct fq_rollup_query query = {.area = scan->scope->area};
    fq_err err = fq_service_read_period(node, args, &query.period, out_why);

    err = err ? err : fq_lookback_open(node, args, &query, false, out_lookback, out_why);
    scan->view = err ? NULL : (*out_lookback)->view;
    return err;
}

/* ---- the answer ---- */

static void put_code_names(const struct fq_node *node, enum fq_code_table table, uint64_t number,
                           const char *key, const char *key_zh, struct fq_writer *writer)
{
    const struct fq_code *code = fq_codes_find(&node->codes, table, number);

    fq_services_put_text(writer, key, code ? code->en : "");
    fq_services_put_text(writer, key_zh, code ? code->zh : "");
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

static void put_figure(const struct fq_node *node, uint16_t number, const struct figure *figure,
                       struct fq_writer *writer)
{
    static const struct fq_code unknown = {.id = ""};
    const struct fq_code *known = fq_codes_find(&node->codes, FQ_CODES_INDICATOR, number);
    const struct fq_code *code = known ? known : &unknown;
    const struct fq_code *service =
        fq_codes_find(&node->codes, FQ_CODES_SERVICE, code->of_indicator.service);
    bool is_money = code->of_indicator.counted == FQ_COUNTED_YUAN;

    fq_write_map(writer, 14);
    fq_services_put_uint(writer, "number", number);
    fq_services_put_text(writer, "indicator", code->id);
    fq_services_put_text(writer, "name", code->en);
    fq_services_put_text(writer, "name_zh", code->zh);
    fq_services_put_text(writer, "service", service ? service->id : "");
    fq_services_put_text(writer, "kind", code->of_indicator.is_stock ? "stock" : "flow");
    put_number(writer, "count", !is_money, figure->count);
    put_number(writer, "amount_cents", is_money, figure->count);
    put_code_names(node, FQ_CODES_COUNTED, code->of_indicator.counted, "counted", "counted_zh",
                   writer);
    fq_services_put_uint(writer, "reports", figure->reports);
    fq_services_put_uint(writer, "areas", figure->areas);
    fq_services_put_uint(writer, "partial", figure->partial);
    fq_services_put_uint(writer, "overlapping", figure->overlapping);
}

fq_err fq_verb_activities(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                          struct fq_why *out_why)
{
    struct fq_writer rows = fq_writer_take(&node->scratch, answer->writer.size);
    struct fq_scope scope;
    struct scan scan = {.node = node, .scope = &scope};
    struct fq_lookback *lookback = NULL;
    struct figure figure;
    uint32_t count = 0;
    fq_err err = fq_services_read_scope(node, args, &scope, out_why);

    err = err ? err : look_back(&scan, node, args, &lookback, out_why);
    err = err ? err : run_scan(&scan, &node->scratch, out_why);
    fq_lookback_close(lookback);
    if (err) {
        return err;
    }
    for (uint32_t at = 0; at < scan.count; count++) {
        uint16_t number = scan.reports[at].indicator;
        at = take_figure(&scan, at, &figure);
        put_figure(node, number, &figure, &rows);
    }
    if (rows.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "activity.list");
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}
