#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asof.h"
#include "completeness.h"
#include "figures.h"

#include "fq/core/describe.h"

/* The verb `rollup`: figures as a map, with what says how far they can be trusted. */

#define ROWS_SIZE_MAX (200 * 1024)
#define ROW_SIZE_MAX (6 * FIGURE_SIZE_MAX + 4096)

/* ---- the answer ---- */

static void put_period(const char *prefix, const struct fq_period *period,
                       struct figure_pairs *pairs)
{
    char key[24], text[16];

    snprintf(key, sizeof key, "%sfrom", prefix);
    fq_date_format(period->first_day, text);
    figure_pair_text(pairs, key, text);
    snprintf(key, sizeof key, "%sto", prefix);
    fq_date_format(period->last_day, text);
    figure_pair_text(pairs, key, text);
}

/* Which month the years, halves and quarters begin in, and which version of the table says so. */
static void put_calendar(const struct fq_node *node, struct figure_pairs *pairs)
{
    figure_pair(pairs, "calendar");
    fq_write_map(&pairs->writer, 2);
    fq_write_text(&pairs->writer, "version");
    fq_write_uint(&pairs->writer, node->calendar.version);
    fq_write_text(&pairs->writer, "year_starts");
    fq_write_uint(&pairs->writer, node->calendar.year_starts ? node->calendar.year_starts : 1);
}

static void put_question(const struct fq_node *node, const struct question *question,
                         const char *as_of, struct figure_pairs *pairs)
{
    const struct fq_rollup_query *query = &question->query;
    char text[16];

    figure_pair_text(pairs, "period", query->period.name);
    snprintf(text, sizeof text, "%06u", query->area);
    figure_pair_text(pairs, "area", text);
    figure_pair(pairs, "by");
    fq_write_array(&pairs->writer, query->by_count);
    for (uint32_t i = 0; i < query->by_count; i++) {
        fq_write_text(&pairs->writer, fq_dimension_name(query->by[i]));
    }
    put_period("", &query->period, pairs);
    figure_pair_text(pairs, "as_of", as_of);
    figure_pair_text(pairs, "basis", query->basis == FQ_BASIS_THEN ? "then" : "now");
    put_calendar(node, pairs);
    if (question->has_base) {
        figure_pair_text(pairs, "base_period", question->base.period.name);
        put_period("base_", &question->base.period, pairs);
    }
    if (question->is_cumulative) {
        put_period("cumulative_", &question->year.period, pairs);
    }
    if (question->is_public) {
        const struct fq_publication *publication = &node->metrics.publication;
        figure_pair(pairs, "public");
        fq_write_map(&pairs->writer, 2);
        fq_write_text(&pairs->writer, "k");
        fq_write_uint(&pairs->writer, publication->k);
        fq_write_text(&pairs->writer, "k_sensitive");
        fq_write_uint(&pairs->writer, publication->k_sensitive);
    }
}

/* Rows from `first` on, as many as fit a page; gives the first that did not. */
static uint32_t put_rows(struct fq_node *node, const struct question *question,
                         const struct figure_table *table, uint32_t first,
                         struct figure_pairs *pairs)
{
    struct fq_writer rows = fq_writer_take(&node->scratch, ROWS_SIZE_MAX);
    uint32_t at = first;

    while (at < table->count && rows.size - rows.used > ROW_SIZE_MAX) {
        figure_put_row(node, question, table, at++, &rows);
    }
    figure_pair(pairs, "rows");
    fq_write_array(&pairs->writer, at - first);
    fq_write_raw(&pairs->writer, fq_writer_span(&rows));
    return at;
}

static void put_metrics(const struct fq_node *node, const struct fq_rates *rates,
                        struct figure_pairs *pairs)
{
    char text[FQ_METRIC_DEFINITION_SIZE];

    figure_pair(pairs, "metrics");
    fq_write_map(&pairs->writer, rates->count);
    for (uint32_t i = 0; i < rates->count; i++) {
        fq_rates_define(rates, i, text);
        fq_write_text(&pairs->writer, rates->rows[i].name);
        fq_write_text(&pairs->writer, text);
    }
    figure_pair(pairs, "tables");
    fq_write_map(&pairs->writer, 3);
    fq_write_text(&pairs->writer, "metrics");
    fq_write_uint(&pairs->writer, node->metrics.version);
    fq_write_text(&pairs->writer, "taxonomy");
    fq_write_uint(&pairs->writer, node->codes.version);
    fq_write_text(&pairs->writer, "areas");
    fq_write_uint(&pairs->writer, node->areas.version);
}

/* ---- what the node's tables do not know ---- */

static uint32_t put_unknown_types(const struct fq_node *node, struct fq_writer *writer)
{
    const uint8_t *seen = node->core.view.types_seen;
    uint32_t count = 0;

    for (uint32_t type = 1; type <= UINT16_MAX; type++) {
        if ((seen[type / 8] >> type % 8 & 1) && !fq_codes_find(&node->codes, FQ_CODES_TYPE, type)) {
            count++;
            if (writer) {
                fq_write_uint(writer, type);
            }
        }
    }
    return count;
}

static uint32_t put_unknown_areas(const struct fq_node *node, struct fq_writer *writer)
{
    const struct fq_frontier *frontier = &node->core.frontier;
    uint32_t count = 0, last = 0;

    for (uint32_t i = 0; i < frontier->count; i++) {
        uint32_t area = frontier->logs[i].id.origin / 100;
        if (area != last && !fq_areas_find(&node->areas, area)) {
            count++;
            last = area;
            if (writer) {
                fq_write_uint(writer, area);
            }
        }
    }
    return count;
}

static uint32_t put_unknown_metrics(const struct fq_rates *rates, struct fq_writer *writer)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < rates->count; i++) {
        if (!rates->rows[i].metric) {
            count++;
            if (writer) {
                fq_write_text(writer, rates->rows[i].name);
            }
        }
    }
    return count;
}

/* What a newer table would name: types that disputes have, areas that wrote, versions asked for. What
 * stands there counts all the same, in totals, under its number or, of areas, not at all. */
static void put_unknown(const struct fq_node *node, const struct fq_rates *rates,
                        struct figure_pairs *pairs)
{
    struct fq_writer *writer = &pairs->writer;

    figure_pair(pairs, "unknown");
    fq_write_map(writer, 3);
    fq_write_text(writer, "types");
    fq_write_array(writer, put_unknown_types(node, NULL));
    (void)put_unknown_types(node, writer);
    fq_write_text(writer, "areas");
    fq_write_array(writer, put_unknown_areas(node, NULL));
    (void)put_unknown_areas(node, writer);
    fq_write_text(writer, "metrics");
    fq_write_array(writer, put_unknown_metrics(rates, NULL));
    (void)put_unknown_metrics(rates, writer);
}

static void put_beside(const struct question *question, const char *name, const int64_t *values,
                       uint64_t hidden, struct fq_writer *writer)
{
    fq_write_text(writer, name);
    fq_write_map(writer, figure_pair_count(&question->rates) + question->is_public);
    figure_put_pairs(&question->rates, values, hidden, writer);
    if (question->is_public) {
        fq_write_text(writer, "suppressed");
        fq_write_bool(writer, hidden != 0);
    }
}

/* Of kinds: what stands in more than one of them, and each dispute once. */
static void put_overlap(const struct question *question, const struct figure_table *table,
                        struct figure_pairs *pairs)
{
    const struct fq_suppression *of = &table->of_now;

    pairs->count += 2;
    put_beside(question, "overlap", table->now.overlap, of->overlap_hidden, &pairs->writer);
    put_beside(question, "distinct", table->now.total, of->total_hidden, &pairs->writer);
}

#define PAIRS_SIZE_MAX (ROWS_SIZE_MAX + 64 * 1024)

fq_err fq_verb_rollup(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                      struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor");
    uint32_t first = from.size == 4 ? fq_get_be32(from.data) : 0;
    struct figure_pairs pairs = {.writer = fq_writer_take(&node->scratch, PAIRS_SIZE_MAX)};
    struct question question;
    struct fq_lookback *lookback = NULL;
    struct figure_table table;
    struct fq_proofs proofs;
    fq_err err = question_read(node, args, &question, out_why);
    const struct fq_rollup_query *query = &question.query;

    if (!err) { /* a seal has the cells of its own months */
        bool are_cells_enough = !question.has_base && !question.is_cumulative;
        err = fq_lookback_open(node, args, query, are_cells_enough, &lookback, out_why);
    }
    err = err ? err : figure_table_make(node, lookback->view, &question, &table, out_why);
    err = err ? err
              : fq_lookback_prove(lookback, query->area, query->period.first_month,
                                  query->period.last_month, &proofs, out_why);
    fq_lookback_close(lookback);
    if (err) {
        return err;
    }
    if (first == 0) {
        put_question(node, &question, lookback->label, &pairs);
        figure_pair_text(&pairs, "frontier", proofs.frontier);
        figure_pair_text(&pairs, "digest", proofs.digest);
        pairs.count += FQ_COMPLETENESS_PAIRS;
        fq_service_put_completeness(node, &query->period, query->area, &pairs.writer);
    }
    uint32_t next =
        put_rows(node, &question, &table, first < table.count ? first : table.count, &pairs);
    if (first == 0) {
        figure_pair(&pairs, "total");
        figure_put_total(&question, &table, &pairs.writer);
        if (table.now.has_overlap) {
            put_overlap(&question, &table, &pairs);
        }
        put_metrics(node, &question.rates, &pairs);
        put_unknown(node, &question.rates, &pairs);
    }
    if (pairs.writer.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "rollup");
    }
    fq_write_map(&answer->writer, pairs.count);
    fq_write_raw(&answer->writer, fq_writer_span(&pairs.writer));
    if (next < table.count) {
        fq_put_be32(answer->cursor, next);
        answer->cursor_size = 4;
    }
    return FQ_OK;
}

/* ---- cases: the disputes behind a figure ---- */

#define CASES_PER_TURN 200000 /* disputes looked at before an answer is given */

fq_err fq_verb_cases(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                     struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    struct fq_span from = fq_map_bytes(args, "cursor");
    uint32_t at = from.size == 4 ? fq_get_be32(from.data) : 0;
    struct fq_writer rows = fq_writer_take(&node->scratch, ROWS_SIZE_MAX);
    enum fq_measure measure = FQ_MEASURE_ACCEPTED;
    struct fq_lookback *lookback = NULL;
    struct question question;
    uint32_t count = 0;
    fq_err err = question_read(node, args, &question, out_why);

    err = err ? err : fq_service_read_measure(args, &measure, out_why);
    err = err ? err : fq_lookback_open(node, args, &question.query, false, &lookback, out_why);
    if (err) {
        fq_lookback_close(lookback);
        return err;
    }
    uint32_t end =
        view->index.count - at < CASES_PER_TURN ? view->index.count : at + CASES_PER_TURN;
    for (; at < end && rows.size - rows.used > FQ_DESCRIBE_ROW_MAX; at++) {
        int64_t value = fq_rollup_value(view, &question.query, &view->disputes[at], measure);
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
