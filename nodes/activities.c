/* The verb `activity.list`: the reported figures of a period by indicator (core/activity.h). */
#include "services.h"

#include "asof.h"

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

static void put_figure(const struct fq_node *node, uint16_t number,
                       const struct fq_activity_figure *figure, struct fq_writer *writer)
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
