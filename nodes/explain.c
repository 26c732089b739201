/* The verb `explain`: the way from what counties reported to a figure. */
#include <stdio.h>
#include <string.h>

#include "asof.h"
#include "figures.h"

#include "fq/core/explain.h"

#define PAIRS_SIZE_MAX (1024 * 1024)
#define STEPS 7

static void put_pair(struct fq_writer *writer, const char *key, int64_t value)
{
    fq_write_text(writer, key);
    fq_write_int(writer, value);
}

static void put_steps(const struct fq_explained *row, struct fq_writer *writer)
{
    put_pair(writer, "reported", row->reported);
    put_pair(writer, "corrections", row->corrected);
    put_pair(writer, "transfers_in", row->moved_in);
    put_pair(writer, "transfers_out", row->moved_out);
    put_pair(writer, "voids", row->voided);
    put_pair(writer, "merges", row->merged);
    put_pair(writer, "home", row->home);
}

static void put_row(const struct fq_node *node, const struct fq_explained *row,
                    struct fq_writer *writer)
{
    const struct fq_area *area = fq_areas_find(&node->areas, row->area);
    char code[16];

    snprintf(code, sizeof code, "%06u", row->area);
    fq_write_map(writer, STEPS + 4);
    fq_write_text(writer, "area");
    fq_write_text(writer, code);
    fq_write_text(writer, "name");
    fq_write_text(writer, area ? area->name_en : "");
    fq_write_text(writer, "name_zh");
    fq_write_text(writer, area ? area->name_zh : "");
    put_steps(row, writer);
    put_pair(writer, "joint", row->joint);
}

/* The steps one below the other, with the figure they add up to; then the counties' own lists. */
static void put_lines(const struct fq_explained *total, struct figure_pairs *pairs)
{
    const struct {
        const char *name;
        int64_t value;
    } lines[] = {
        {"reported", total->reported},
        {"corrections", total->corrected},
        {"transfers_in", total->moved_in},
        {"transfers_out", total->moved_out},
        {"voids", total->voided},
        {"merges", total->merged},
        {"figure", total->home},
        {"with_joint", fq_plus(total->home, total->joint)},
        {"joint_overlap", fq_minus(0, total->joint)},
    };
    uint32_t count = sizeof lines / sizeof lines[0];

    figure_pair(pairs, "lines");
    fq_write_array(&pairs->writer, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_write_map(&pairs->writer, 2);
        fq_write_text(&pairs->writer, "line");
        fq_write_text(&pairs->writer, lines[i].name);
        put_pair(&pairs->writer, "value", lines[i].value);
    }
}

/* What the figure was when the counties' reports of the period were due. */
static fq_err count_in_time(struct fq_node *node, const struct fq_rollup_query *query,
                            enum fq_measure measure, int64_t *out_value, struct fq_why *out_why)
{
    uint64_t deadline_ms =
        fq_calendar_deadline(&node->calendar, FQ_REPORTER_COUNTY, query->period.last_month);
    struct fq_writer args = fq_writer_take(&node->scratch, 128);
    struct fq_lookback *lookback = NULL;
    struct fq_rollup rollup;
    char text[FQ_TIME_TEXT_SIZE] = "live";

    if (deadline_ms < fq_clock_now().wall_ms) {
        fq_time_format_ms((int64_t)deadline_ms, text);
    }
    fq_write_map(&args, 1);
    fq_write_text(&args, "as_of");
    fq_write_text(&args, text);
    fq_err err = fq_lookback_open(node, fq_writer_span(&args), query, true, &lookback, out_why);
    err =
        err ? err
            : fq_rollup_run(lookback->view, &node->codes, query, &node->scratch, &rollup, out_why);
    fq_lookback_close(lookback);
    *out_value = err ? 0 : rollup.total[measure];
    return err;
}

static void put_late(int64_t in_time, int64_t figure, struct figure_pairs *pairs)
{
    figure_pair(pairs, "punctuality");
    fq_write_map(&pairs->writer, 2);
    put_pair(&pairs->writer, "in_time", in_time);
    put_pair(&pairs->writer, "late", fq_minus(figure, in_time));
}

fq_err fq_verb_explain(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                       struct fq_why *out_why)
{
    struct figure_pairs pairs = {.writer = fq_writer_take(&node->scratch, PAIRS_SIZE_MAX)};
    enum fq_measure measure = FQ_MEASURE_ACCEPTED;
    struct fq_explanation explanation;
    struct fq_lookback *lookback = NULL;
    struct question question;
    struct fq_proofs proofs;
    bool has_late = fq_map_bool(args, "late");
    int64_t in_time = 0;
    char text[16];
    fq_err err = question_read(node, args, &question, out_why);
    const struct fq_rollup_query *query = &question.query;

    err = err ? err : fq_service_read_measure(args, &measure, out_why);
    if (!err && (query->by_count || query->where_count || question.has_base)) {
        err = fq_fail(out_why, FQ_REASON_QUESTION, "explain: by, where, compare");
    }
    err = err ? err : fq_lookback_open(node, args, query, false, &lookback, out_why);
    err = err ? err
              : fq_explain(lookback->view, query, measure, &node->scratch, &explanation, out_why);
    err = err ? err
              : fq_lookback_prove(lookback, query->area, query->period.first_month,
                                  query->period.last_month, &proofs, out_why);
    fq_lookback_close(lookback);
    if (!err && has_late) {
        err = count_in_time(node, query, measure, &in_time, out_why);
    }
    if (err) {
        return err;
    }
    figure_pair_text(&pairs, "period", query->period.name);
    snprintf(text, sizeof text, "%06u", query->area);
    figure_pair_text(&pairs, "area", text);
    figure_pair_text(&pairs, "measure", fq_measure_row(measure)->name);
    fq_date_format(query->period.first_day, text);
    figure_pair_text(&pairs, "from", text);
    fq_date_format(query->period.last_day, text);
    figure_pair_text(&pairs, "to", text);
    figure_pair_text(&pairs, "as_of", lookback->label);
    figure_pair_text(&pairs, "basis", query->basis == FQ_BASIS_THEN ? "then" : "now");
    figure_pair_text(&pairs, "frontier", proofs.frontier);
    figure_pair_text(&pairs, "digest", proofs.digest);
    figure_pair(&pairs, "figure");
    fq_write_int(&pairs.writer, explanation.total.home);
    figure_pair(&pairs, "changed"); /* disputes with corrections, transfers, voids or merges */
    fq_write_uint(&pairs.writer, explanation.changed_count);
    put_lines(&explanation.total, &pairs);
    if (has_late) {
        put_late(in_time, explanation.total.home, &pairs);
    }
    figure_pair(&pairs, "rows");
    fq_write_array(&pairs.writer, explanation.count);
    for (uint32_t i = 0; i < explanation.count; i++) {
        put_row(node, &explanation.rows[i], &pairs.writer);
    }
    figure_pair(&pairs, "total");
    fq_write_map(&pairs.writer, STEPS + 1);
    put_steps(&explanation.total, &pairs.writer);
    put_pair(&pairs.writer, "joint", explanation.total.joint);
    if (pairs.writer.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "explain");
    }
    fq_write_map(&answer->writer, pairs.count);
    fq_write_raw(&answer->writer, fq_writer_span(&pairs.writer));
    return FQ_OK;
}
