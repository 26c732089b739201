#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asof.h"

#include "fq/core/describe.h"
#include "fq/core/rollup.h"

/* The verb `rollup`: figures as a map, with what says how far they can be trusted. */

#define ROWS_SIZE_MAX (200 * 1024)
#define ROW_SIZE_MAX (FQ_MEASURES_COUNT * 48 + 640)

/* ---- the question ---- */

static fq_err unknown_dimension(struct fq_span name, struct fq_why *out_why)
{
    char known[160] = "";
    size_t used = 0;

    for (int i = 0; i < FQ_DIMENSIONS_COUNT; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, " %s",
                                 fq_dimension_name((enum fq_dimension)i));
    }
    return fq_fail(out_why, FQ_REASON_MEASURE_UNKNOWN, "%.*s;%s",
                   (int)(name.size < 40 ? name.size : 40), (const char *)name.data, known);
}

static fq_err read_by(struct fq_span args, struct fq_rollup_query *query, struct fq_why *out_why)
{
    struct fq_reader by = fq_reader_over(fq_map_get(args, "by"));
    uint32_t count = fq_read_type(&by) == FQ_CODEC_ARRAY ? fq_read_array(&by) : 0;

    if (count > FQ_ROLLUP_BY_MAX) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "by: %u > %d", count, FQ_ROLLUP_BY_MAX);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span name = fq_read_text(&by);
        if (!fq_dimension_find(name, &query->by[i])) {
            return unknown_dimension(name, out_why);
        }
        for (uint32_t k = 0; k < i; k++) {
            if (query->by[k] == query->by[i]) {
                return fq_fail(out_why, FQ_REASON_ARGUMENT, "by: %s twice",
                               fq_dimension_name(query->by[i]));
            }
        }
    }
    query->by_count = count;
    return FQ_OK;
}

static fq_err unknown_code(const struct fq_node *node, enum fq_code_table table,
                           struct fq_span text, struct fq_why *out_why)
{
    char known[300] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < node->codes.tables[table].count && used + 44 < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, " %s",
                                 node->codes.tables[table].rows[i].id);
    }
    return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "%.*s;%s",
                   (int)(text.size < 40 ? text.size : 40), (const char *)text.data, known);
}

/* A condition on a row's area or month narrows the question itself, so that any row printed can be
 * asked for by its keys. */
static fq_err narrow(struct fq_node *node, enum fq_dimension dimension, struct fq_span value,
                     struct fq_rollup_query *query, struct fq_why *out_why)
{
    struct fq_period month;
    char code[8] = "";

    if (dimension == FQ_BY_MONTH) {
        if (!fq_period_parse(value, &month) || month.first_month != month.last_month ||
            month.first_month < query->period.first_month ||
            month.last_month > query->period.last_month) {
            return fq_fail(out_why, FQ_REASON_PERIOD_UNKNOWN, "%.*s",
                           (int)(value.size < 40 ? value.size : 40), (const char *)value.data);
        }
        query->period = month;
        return FQ_OK;
    }
    memcpy(code, value.data, value.size < sizeof code ? value.size : 0);
    const struct fq_area *area = fq_areas_find(&node->areas, (uint32_t)strtoul(code, NULL, 10));
    if (!area || !fq_areas_covers(&node->areas, query->area, area->code)) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%.*s",
                       (int)(value.size < 40 ? value.size : 40), (const char *)value.data);
    }
    /* A row by county is of that area alone, as is what stands under the area of the question; a
     * unit above county takes part there. */
    query->is_exact = dimension == FQ_BY_COUNTY || area->code == query->area;
    query->area = area->code;
    return FQ_OK;
}

static fq_err read_where(struct fq_node *node, struct fq_span args, struct fq_rollup_query *query,
                         struct fq_why *out_why)
{
    struct fq_reader where = fq_reader_over(fq_map_get(args, "where"));
    uint32_t count = fq_read_type(&where) == FQ_CODEC_MAP ? fq_read_map(&where) : 0;

    if (count > FQ_ROLLUP_WHERE_MAX) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "where: %u > %d", count, FQ_ROLLUP_WHERE_MAX);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span name = fq_read_text(&where);
        struct fq_span value = fq_read_text(&where);
        enum fq_dimension dimension;
        uint16_t number;
        if (!fq_dimension_find(name, &dimension)) {
            return unknown_dimension(name, out_why);
        }
        enum fq_code_table table = fq_dimension_table(dimension);
        if (table == FQ_CODES_NONE) {
            fq_err err = narrow(node, dimension, value, query, out_why);
            if (err) {
                return err;
            }
            continue;
        }
        if (!fq_codes_find_id(&node->codes, table, value, &number)) {
            return unknown_code(node, table, value, out_why);
        }
        query->where[query->where_count].dimension = dimension;
        query->where[query->where_count++].number = number;
    }
    return FQ_OK;
}

fq_err fq_service_read_query(struct fq_node *node, struct fq_span args,
                             struct fq_rollup_query *query, struct fq_why *out_why)
{
    fq_err err = fq_service_read_period(node, args, &query->period, out_why);

    err = err ? err : fq_service_read_area(node, args, &query->area, out_why);
    err = err ? err : read_by(args, query, out_why);
    return err ? err : read_where(node, args, query, out_why);
}

/* ---- completeness ---- */

struct fq_hearing fq_service_hear(const struct fq_node *node, uint32_t county)
{
    const struct fq_frontier *frontier = &node->core.frontier;
    struct fq_hearing hearing = {0};

    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        if (log->id.origin / 100 == county && log->hlc >> 16 >= hearing.heard_ms) {
            hearing.heard_ms = log->hlc >> 16;
            hearing.origin = log->id.origin;
        }
    }
    for (uint32_t i = 0; i < fq_sync_child_count(&node->core.sync); i++) {
        struct fq_sync_child child = fq_sync_child_at(&node->core.sync, i);
        if (child.origin / 100 == county && child.heard_ms > hearing.heard_ms) {
            hearing.heard_ms = child.heard_ms;
            hearing.origin = child.origin;
        }
    }
    if (node->core.options.area == county) {
        hearing.heard_ms = fq_clock_now().wall_ms;
        hearing.origin = node->core.options.origin;
    }
    return hearing;
}

/* Milliseconds since 1970 at which the day after the period begins. */
static uint64_t end_ms(const struct fq_period *period)
{
    char text[11];
    int64_t ms = 0;

    fq_date_format(period->last_day, text);
    return fq_time_parse(fq_span_text(text), &ms) && ms > 0 ? (uint64_t)ms + 86400000 : 0;
}

/* Counties of the query not heard of since the period ended. Counted; written unless NULL. */
static uint32_t put_missing(const struct fq_node *node, const struct fq_rollup_query *query,
                            struct fq_writer *writer)
{
    uint64_t wanted_ms = end_ms(&query->period);
    uint32_t count = 0;
    char text[40];

    for (uint32_t i = 0; i < node->areas.count; i++) {
        const struct fq_area *area = &node->areas.rows[i];
        if (area->tier != FQ_TIER_COUNTY || !fq_area_is_valid_on(area, query->period.last_day) ||
            !fq_areas_covers(&node->areas, query->area, area->code)) {
            continue;
        }
        struct fq_hearing hearing = fq_service_hear(node, area->code);
        if (hearing.heard_ms >= wanted_ms && hearing.heard_ms > 0) {
            continue;
        }
        count++;
        if (!writer) {
            continue;
        }
        fq_write_map(writer, 4);
        fq_write_text(writer, "area");
        snprintf(text, sizeof text, "%06u", area->code);
        fq_write_text(writer, text);
        fq_write_text(writer, "node");
        snprintf(text, sizeof text, "%08u", hearing.origin ? hearing.origin : area->code * 100 + 1);
        fq_write_text(writer, text);
        fq_write_text(writer, "heard");
        if (hearing.heard_ms) {
            fq_time_format_ms((int64_t)hearing.heard_ms, text);
            fq_write_text(writer, text);
        } else {
            fq_write_nil(writer);
        }
        fq_write_text(writer, "reason");
        fq_write_text(writer,
                      hearing.heard_ms ? "not heard since the period ended" : "never heard");
    }
    return count;
}

uint32_t fq_service_missing(const struct fq_node *node, const struct fq_period *period,
                            uint32_t area, struct fq_writer *writer)
{
    const struct fq_rollup_query query = {.period = *period, .area = area};

    return put_missing(node, &query, writer);
}

/* ---- the answer ---- */

/* Every measure by name, then the rates. Activities are no dispute's. */
#define FIGURE_PAIRS (FQ_MEASURES_COUNT - 1)

static uint32_t rate_count(void)
{
    uint32_t count = 0;

    while (fq_rate_at(count)) {
        count++;
    }
    return count;
}

static void put_figures(const int64_t *value, struct fq_writer *writer)
{
    char rate[32];

    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        if (i != FQ_MEASURE_ACTIVITY) {
            fq_write_text(writer, fq_measure_row((enum fq_measure)i)->name);
            fq_write_int(writer, value[i]);
        }
    }
    for (size_t i = 0; fq_rate_at(i); i++) {
        const struct fq_rate_row *row = fq_rate_at(i);
        fq_write_text(writer, row->name);
        fq_rate_format(value[row->numerator], value[row->denominator], rate);
        if (rate[0]) {
            fq_write_text(writer, rate);
        } else {
            fq_write_nil(writer);
        }
    }
}

static void put_key(const struct fq_node *node, enum fq_dimension by, uint32_t key,
                    struct fq_writer *writer)
{
    enum fq_code_table table = fq_dimension_table(by);
    char text[16];

    fq_write_text(writer, fq_dimension_name(by));
    if (by == FQ_BY_MONTH) {
        fq_month_format((uint16_t)key, text);
    } else if (table == FQ_CODES_NONE) {
        snprintf(text, sizeof text, "%06u", key);
    } else {
        const struct fq_code *code = fq_codes_find(&node->codes, table, key);
        if (code) {
            fq_write_text(writer, code->id);
            return;
        }
        snprintf(text, sizeof text, "%u", key);
    }
    fq_write_text(writer, text);
}

/* The names of what a row stands for, both languages, of its dimensions in turn. */
static void put_names(const struct fq_node *node, const struct fq_rollup_query *query,
                      const struct fq_rollup_row *row, struct fq_writer *writer)
{
    char en[400] = "", zh[400] = "";
    size_t en_used = 0, zh_used = 0;

    for (uint32_t i = 0; i < query->by_count; i++) {
        enum fq_code_table table = fq_dimension_table(query->by[i]);
        const char *name_en = "", *name_zh = "";
        char month[16];
        if (query->by[i] == FQ_BY_MONTH) {
            fq_month_format((uint16_t)row->key[i], month);
            name_en = name_zh = month;
        } else if (table == FQ_CODES_NONE) {
            const struct fq_area *area = fq_areas_find(&node->areas, row->key[i]);
            name_en = area ? area->name_en : "";
            name_zh = area ? area->name_zh : "";
        } else {
            const struct fq_code *code = fq_codes_find(&node->codes, table, row->key[i]);
            name_en = code ? code->en : "";
            name_zh = code ? code->zh : "";
        }
        en_used +=
            (size_t)snprintf(en + en_used, sizeof en - en_used, "%s%s", i ? " / " : "", name_en);
        zh_used +=
            (size_t)snprintf(zh + zh_used, sizeof zh - zh_used, "%s%s", i ? " / " : "", name_zh);
    }
    fq_write_text(writer, "name");
    fq_write_text(writer, en);
    fq_write_text(writer, "name_zh");
    fq_write_text(writer, zh);
}

void fq_service_put_keys(const struct fq_node *node, const struct fq_rollup_query *query,
                         const struct fq_rollup_row *row, struct fq_writer *writer)
{
    for (uint32_t i = 0; i < query->by_count; i++) {
        put_key(node, query->by[i], row->key[i], writer);
    }
    put_names(node, query, row, writer);
}

static void put_row(const struct fq_node *node, const struct fq_rollup_query *query,
                    const struct fq_rollup_row *row, struct fq_writer *writer)
{
    fq_write_map(writer, query->by_count + 2 + FIGURE_PAIRS + rate_count());
    fq_service_put_keys(node, query, row, writer);
    put_figures(row->value, writer);
}

static void put_figure_map(const char *name, const int64_t *value, struct fq_writer *writer)
{
    fq_write_text(writer, name);
    fq_write_map(writer, FIGURE_PAIRS + rate_count());
    put_figures(value, writer);
}

static void put_pair(struct fq_writer *writer, const char *key, const char *value)
{
    fq_write_text(writer, key);
    fq_write_text(writer, value);
}

static void put_question(const struct fq_rollup_query *query, const char *as_of,
                         struct fq_writer *writer)
{
    char text[16];

    put_pair(writer, "period", query->period.name);
    snprintf(text, sizeof text, "%06u", query->area);
    put_pair(writer, "area", text);
    fq_write_text(writer, "by");
    fq_write_array(writer, query->by_count);
    for (uint32_t i = 0; i < query->by_count; i++) {
        fq_write_text(writer, fq_dimension_name(query->by[i]));
    }
    fq_date_format(query->period.first_day, text);
    put_pair(writer, "from", text);
    fq_date_format(query->period.last_day, text);
    put_pair(writer, "to", text);
    put_pair(writer, "as_of", as_of);
}

static void put_completeness(const struct fq_node *node, const struct fq_rollup_query *query,
                             struct fq_writer *writer)
{
    uint32_t missing = put_missing(node, query, NULL);

    fq_write_text(writer, "complete");
    fq_write_bool(writer, missing == 0);
    fq_write_text(writer, "missing");
    fq_write_array(writer, missing);
    (void)put_missing(node, query, writer);
    fq_write_text(writer, "late");
    fq_write_array(writer, 0);
}

/* Rows from `first` on, as many as fit a page; gives the first that did not. */
static uint32_t put_rows(struct fq_node *node, const struct fq_rollup_query *query,
                         const struct fq_rollup *rollup, uint32_t first, struct fq_writer *writer)
{
    struct fq_writer rows = fq_writer_take(&node->scratch, ROWS_SIZE_MAX);
    uint32_t at = first;

    while (at < rollup->count && rows.size - rows.used > ROW_SIZE_MAX) {
        put_row(node, query, &rollup->rows[at++], &rows);
    }
    fq_write_text(writer, "rows");
    fq_write_array(writer, at - first);
    fq_write_raw(writer, fq_writer_span(&rows));
    return at;
}

static void put_metrics(struct fq_writer *writer)
{
    fq_write_text(writer, "metrics");
    fq_write_map(writer, rate_count());
    for (size_t i = 0; fq_rate_at(i); i++) {
        put_pair(writer, fq_rate_at(i)->name, fq_rate_at(i)->definition);
    }
}

fq_err fq_verb_rollup(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                      struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor");
    uint32_t first = from.size == 4 ? fq_get_be32(from.data) : 0;
    struct fq_rollup_query query = {.by_count = 0};
    struct fq_writer *writer = &answer->writer;
    struct fq_lookback *lookback = NULL;
    struct fq_rollup rollup;
    struct fq_proofs proofs;
    fq_err err = fq_service_read_query(node, args, &query, out_why);

    err = err ? err : fq_lookback_open(node, args, &query, true, &lookback, out_why);
    err =
        err ? err
            : fq_rollup_run(lookback->view, &node->codes, &query, &node->scratch, &rollup, out_why);
    err = err ? err
              : fq_lookback_prove(lookback, query.area, query.period.first_month,
                                  query.period.last_month, &proofs, out_why);
    fq_lookback_close(lookback);
    if (err) {
        return err;
    }
    fq_write_map(writer, first ? 1 : 14u + (rollup.has_overlap ? 2 : 0));
    if (first == 0) {
        put_question(&query, lookback->label, writer);
        put_pair(writer, "frontier", proofs.frontier);
        put_pair(writer, "digest", proofs.digest);
        put_completeness(node, &query, writer);
    }
    uint32_t next =
        put_rows(node, &query, &rollup, first < rollup.count ? first : rollup.count, writer);
    if (first == 0) {
        put_figure_map("total", rollup.total, writer);
        if (rollup.has_overlap) {
            put_figure_map("overlap", rollup.overlap, writer);
            put_figure_map("distinct", rollup.total, writer);
        }
        put_metrics(writer);
    }
    if (next < rollup.count) {
        fq_put_be32(answer->cursor, next);
        answer->cursor_size = 4;
    }
    return FQ_OK;
}

/* ---- cases: the disputes behind a figure ---- */

fq_err fq_service_read_measure(struct fq_span args, enum fq_measure *out_measure,
                               struct fq_why *out_why)
{
    struct fq_span name = fq_map_text(args, "measure");
    char known[FQ_WHY_SIZE - 60] = "";
    size_t used = 0;

    if (fq_measure_find(name, out_measure) && *out_measure != FQ_MEASURE_ACTIVITY) {
        return FQ_OK;
    }
    for (int i = 0; i < FQ_MEASURE_ACTIVITY && used + 40 < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, " %s",
                                 fq_measure_row((enum fq_measure)i)->name);
    }
    return fq_fail(out_why, FQ_REASON_MEASURE_UNKNOWN, "%.*s;%s",
                   (int)(name.size < 40 ? name.size : 40), name.size ? (const char *)name.data : "",
                   known);
}

#define CASES_PER_TURN 200000 /* disputes looked at before an answer is given */

fq_err fq_verb_cases(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                     struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    struct fq_span from = fq_map_bytes(args, "cursor");
    uint32_t at = from.size == 4 ? fq_get_be32(from.data) : 0;
    struct fq_writer rows = fq_writer_take(&node->scratch, ROWS_SIZE_MAX);
    struct fq_rollup_query query = {.by_count = 0};
    enum fq_measure measure = FQ_MEASURE_ACCEPTED;
    struct fq_lookback *lookback = NULL;
    uint32_t count = 0;
    fq_err err = fq_service_read_query(node, args, &query, out_why);

    err = err ? err : fq_service_read_measure(args, &measure, out_why);
    err = err ? err : fq_lookback_open(node, args, &query, false, &lookback, out_why);
    if (err) {
        fq_lookback_close(lookback);
        return err;
    }
    uint32_t end =
        view->index.count - at < CASES_PER_TURN ? view->index.count : at + CASES_PER_TURN;
    for (; at < end && rows.size - rows.used > FQ_DESCRIBE_ROW_MAX; at++) {
        int64_t value = fq_rollup_value(view, &query, &view->disputes[at], measure);
        if (value != 0) {
            fq_describe_case(view, &node->codes, &view->disputes[at], value, &rows);
            count++;
        }
    }
    fq_lookback_close(lookback);
    if (at < view->index.count) {
        fq_put_be32(answer->cursor, at);
        answer->cursor_size = 4;
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}
