#include <stdio.h>
#include <string.h>

#include "asof.h"
#include "seal.h"

#include "fq/core/describe.h"

/* The verbs `period.diff` and `period.cases`: what changed since a seal, cell by cell and by cause, and the
 * disputes behind each change. A cause's part is what is left when the disputes it fits are set back and
 * nothing else is; the parts of all causes are the whole difference, since figures are sums over disputes. */

#define PAGE_SIZE (200 * 1024)
#define ROW_SIZE_MAX 1400

static fq_err limit(struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
}

/* The question about a seal: its own period and area, unless the arguments narrow them. */
static fq_err read_question(struct fq_node *node, struct fq_span args,
                            const struct fq_period_seal *seal, struct fq_rollup_query *query,
                            struct fq_why *out_why)
{
    struct fq_writer writer = fq_writer_take(&node->scratch, args.size + 256);
    static const char *const kept[] = {"by", "where"};
    char area[8];

    snprintf(area, sizeof area, "%06u", seal->area);
    fq_write_map(&writer, 4);
    fq_write_text(&writer, "period");
    fq_write_text(&writer, seal->period);
    fq_write_text(&writer, "area");
    struct fq_span asked = fq_map_text(args, "area");
    fq_write_text_span(&writer, asked.size ? asked : fq_span_text(area));
    for (size_t i = 0; i < 2; i++) {
        struct fq_span value = fq_map_get(args, kept[i]);
        fq_write_text(&writer, kept[i]);
        if (value.size) {
            fq_write_raw(&writer, value);
        } else {
            fq_write_nil(&writer);
        }
    }
    if (writer.is_full) {
        return limit(out_why);
    }
    fq_err err = fq_service_read_query(node, fq_writer_span(&writer), query, out_why);
    if (!err && !fq_areas_covers(&node->areas, seal->area, query->area)) {
        err = fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%06u / %06u", query->area, seal->area);
    }
    return err;
}

/* ---- rollups side by side ---- */

enum { LIVE, SEALED, FIRST_CAUSE };
#define SIDES (FIRST_CAUSE + FQ_CAUSES_COUNT)

struct diff {
    struct fq_node *node;
    const struct fq_period_seal *seal;
    struct fq_rollup_query query;
    struct fq_rollup sides[SIDES]; /* of a cause: the view without it */
    bool is_made[SIDES];
};

static fq_err run(struct diff *diff, int side, const struct fq_view *view, struct fq_why *out_why)
{
    fq_err err = fq_rollup_run(view, &diff->node->codes, &diff->query, &diff->node->scratch,
                               &diff->sides[side], out_why);

    diff->is_made[side] = !err;
    return err;
}

static fq_err run_causes(struct diff *diff, struct fq_lookback *lookback, struct fq_why *out_why)
{
    uint32_t present = 0;
    fq_err err = FQ_OK;

    if (!fq_asof_judge(&lookback->asof)) {
        return limit(out_why);
    }
    for (uint32_t i = 0; i < lookback->asof.count; i++) {
        present |= 1u << lookback->asof.touched[i].cause;
    }
    for (int cause = 0; cause < FQ_CAUSES_COUNT && !err; cause++) {
        if (!(present >> cause & 1)) {
            continue;
        }
        if (!fq_asof_go_back(&lookback->asof, 1u << cause)) {
            return limit(out_why);
        }
        err = run(diff, FIRST_CAUSE + cause, lookback->view, out_why);
        fq_asof_return(&lookback->asof);
    }
    return err;
}

/* Where the cells that were sealed answer, they do, whatever the log may say today; else the view is set
 * back. */
static fq_err run_sealed(struct diff *diff, struct fq_lookback *touched, struct fq_why *out_why)
{
    struct fq_lookback *loaded = NULL;
    fq_err err;

    if (fq_rollup_is_declared(&diff->query)) {
        err = fq_lookback_load(diff->node, diff->seal, &loaded, out_why);
        err = err ? err : run(diff, SEALED, loaded->view, out_why);
        fq_lookback_close(loaded);
        return err;
    }
    if (!fq_asof_go_back(&touched->asof, FQ_CAUSES_ALL)) {
        return limit(out_why);
    }
    err = run(diff, SEALED, touched->view, out_why);
    fq_asof_return(&touched->asof);
    return err;
}

static fq_err run_all(struct diff *diff, struct fq_why *out_why)
{
    struct fq_lookback *lookback = NULL;
    fq_err err = run(diff, LIVE, &diff->node->core.view, out_why);

    err = err ? err : fq_lookback_at_seal(diff->node, diff->seal, &lookback, out_why);
    err = err ? err : run_causes(diff, lookback, out_why);
    err = err ? err : run_sealed(diff, lookback, out_why);
    fq_lookback_close(lookback);
    return err;
}

/* The row of the key, mostly at the same place; NULL when there is none. */
static const struct fq_rollup_row *row_of(const struct fq_rollup *rollup, const uint64_t *key,
                                          uint32_t guess)
{
    const size_t size = FQ_ROLLUP_BY_MAX * sizeof *key;

    if (guess < rollup->count && memcmp(rollup->rows[guess].key, key, size) == 0) {
        return &rollup->rows[guess];
    }
    for (uint32_t i = 0; i < rollup->count; i++) {
        if (memcmp(rollup->rows[i].key, key, size) == 0) {
            return &rollup->rows[i];
        }
    }
    return NULL;
}

/* ---- the answer ---- */

/* One cell of the question: its figures on all sides. */
struct line {
    const struct fq_rollup_row *row; /* NULL: the total */
    const int64_t
        *values[SIDES]; /* of all measures; NULL: the side was not made, or has no such row */
};

static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t value_of(const struct line *line, int side, int measure)
{
    return line->values[side] ? line->values[side][measure] : 0;
}

/* What the cause adds; what no dispute explains is a matter of definition. */
static void causes_of(const struct diff *diff, const struct line *line, int measure,
                      int64_t out[FQ_CAUSES_COUNT])
{
    int64_t live = value_of(line, LIVE, measure);
    int64_t left = minus(live, value_of(line, SEALED, measure));

    for (int cause = 0; cause < FQ_CAUSES_COUNT; cause++) {
        out[cause] = 0;
        if (diff->is_made[FIRST_CAUSE + cause]) {
            out[cause] = minus(live, value_of(line, FIRST_CAUSE + cause, measure));
            left = minus(left, out[cause]);
        }
    }
    out[FQ_CAUSE_DEFINITION] = (int64_t)((uint64_t)out[FQ_CAUSE_DEFINITION] + (uint64_t)left);
}

static void put_line(const struct diff *diff, const struct line *line, int measure,
                     const int64_t *causes, struct fq_writer *writer)
{
    int64_t live = value_of(line, LIVE, measure), sealed = value_of(line, SEALED, measure);

    fq_write_map(writer, (line->row ? diff->query.by_count + 2 : 0) + 4 + FQ_CAUSES_COUNT);
    if (line->row) {
        fq_service_put_keys(diff->node, &diff->query, line->row, writer);
    }
    fq_write_text(writer, "measure");
    fq_write_text(writer, fq_measure_row((enum fq_measure)measure)->name);
    fq_write_text(writer, "sealed");
    fq_write_int(writer, sealed);
    fq_write_text(writer, "live");
    fq_write_int(writer, live);
    fq_write_text(writer, "difference");
    fq_write_int(writer, minus(live, sealed));
    for (int cause = 0; cause < FQ_CAUSES_COUNT; cause++) {
        fq_write_text(writer, fq_cause_name((enum fq_cause)cause));
        fq_write_int(writer, causes[cause]);
    }
}

/* The measures of a cell in which something moved, though it may have moved back. */
static uint32_t put_lines(const struct diff *diff, const struct line *line, struct fq_span wanted,
                          struct fq_writer *writer)
{
    uint32_t count = 0;
    int64_t causes[FQ_CAUSES_COUNT];

    for (int measure = 0; measure < FQ_MEASURE_ACTIVITY; measure++) {
        const char *name = fq_measure_row((enum fq_measure)measure)->name;
        uint64_t moved = 0;
        if (wanted.size && !fq_span_equal(wanted, fq_span_text(name))) {
            continue;
        }
        causes_of(diff, line, measure, causes);
        for (int cause = 0; cause < FQ_CAUSES_COUNT; cause++) {
            moved |= (uint64_t)causes[cause];
        }
        if (moved || wanted.size) {
            put_line(diff, line, measure, causes, writer);
            count++;
        }
    }
    return count;
}

static void line_of_row(const struct diff *diff, const struct fq_rollup_row *row, uint32_t guess,
                        struct line *out_line)
{
    *out_line = (struct line){.row = row};
    for (int side = 0; side < SIDES; side++) {
        const struct fq_rollup_row *found =
            diff->is_made[side] ? row_of(&diff->sides[side], row->key, guess) : NULL;
        out_line->values[side] = found ? found->value : NULL;
    }
}

/* All rows of any side: those of the live one, then what only others have. */
static const struct fq_rollup_row *row_at(const struct diff *diff, uint32_t place)
{
    for (int side = 0; side < SIDES; side++) {
        for (uint32_t i = 0; diff->is_made[side] && i < diff->sides[side].count; i++) {
            const struct fq_rollup_row *row = &diff->sides[side].rows[i];
            bool is_new = true;
            for (int before = 0; before < side && is_new; before++) {
                is_new = !diff->is_made[before] || !row_of(&diff->sides[before], row->key, i);
            }
            if (is_new && place-- == 0) {
                return row;
            }
        }
    }
    return NULL;
}

static uint32_t put_totals(const struct diff *diff, struct fq_span wanted, struct fq_writer *writer)
{
    struct line line = {.row = NULL};

    for (int side = 0; side < SIDES; side++) {
        line.values[side] = diff->is_made[side] ? diff->sides[side].total : NULL;
    }
    return put_lines(diff, &line, wanted, writer);
}

fq_err fq_verb_period_diff(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                           struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor"), wanted = fq_map_text(args, "measure");
    uint32_t at = from.size == 4 ? fq_get_be32(from.data) : 0, count = 0;
    struct diff *diff = fq_arena_take(&node->scratch, sizeof *diff);
    struct fq_writer *writer = &answer->writer;
    enum fq_measure measure;

    if (!diff) {
        return limit(out_why);
    }
    diff->node = node;
    fq_err err = fq_service_read_seal(node, args, &diff->seal, out_why);
    err = err ? err : read_question(node, args, diff->seal, &diff->query, out_why);
    if (!err && wanted.size) {
        err = fq_service_read_measure(args, &measure, out_why);
    }
    err = err ? err : run_all(diff, out_why);
    if (err) {
        return err;
    }
    struct fq_writer lines = fq_writer_take(&node->scratch, PAGE_SIZE);
    struct fq_writer totals =
        fq_writer_take(&node->scratch, (size_t)FQ_MEASURES_COUNT * ROW_SIZE_MAX);
    const size_t most = (size_t)FQ_MEASURES_COUNT * ROW_SIZE_MAX;
    const struct fq_rollup_row *next = row_at(diff, at);
    for (; next && lines.size - lines.used > most; next = row_at(diff, ++at)) {
        struct line line;
        line_of_row(diff, next, at, &line);
        count += put_lines(diff, &line, wanted, &lines);
    }
    fq_write_map(writer, from.size ? 1 : 3);
    fq_write_text(writer, "rows");
    fq_write_array(writer, count);
    fq_write_raw(writer, fq_writer_span(&lines));
    if (!from.size) {
        fq_write_text(writer, "totals");
        uint32_t total_count = put_totals(diff, wanted, &totals);
        fq_write_array(writer, total_count);
        fq_write_raw(writer, fq_writer_span(&totals));
        fq_write_text(writer, "seal");
        fq_write_map(writer, FQ_SEAL_PAIRS);
        fq_seal_describe(node, diff->seal, writer);
    }
    if (next) {
        fq_put_be32(answer->cursor, at);
        answer->cursor_size = 4;
    }
    return FQ_OK;
}

/* ---- cases ---- */

struct moved { /* a dispute whose part changed */
    uint32_t place;
    uint8_t cause;
    int64_t value;
};

static fq_err find_moved(struct fq_lookback *lookback, const struct fq_rollup_query *query,
                         enum fq_measure measure, struct moved *moved, struct fq_why *out_why)
{
    const struct fq_view *view = lookback->view;
    struct fq_asof *asof = &lookback->asof;

    if (!fq_asof_judge(asof)) {
        return limit(out_why);
    }
    for (uint32_t i = 0; i < asof->count; i++) {
        const struct fq_dispute *now = &view->disputes[asof->touched[i].place];
        moved[i] = (struct moved){asof->touched[i].place, asof->touched[i].cause,
                                  fq_rollup_value(view, query, now, measure)};
    }
    if (!fq_asof_go_back(asof, FQ_CAUSES_ALL)) {
        return limit(out_why);
    }
    for (uint32_t i = 0; i < asof->count; i++) {
        const struct fq_dispute *then = &view->disputes[moved[i].place];
        moved[i].value = minus(moved[i].value, fq_rollup_value(view, query, then, measure));
    }
    fq_asof_return(asof);
    return FQ_OK;
}

/* A case as `cases` tells it, and its cause. */
static void put_moved(const struct fq_node *node, const struct moved *moved,
                      struct fq_writer *writer)
{
    const struct fq_view *view = &node->core.view;
    uint8_t room[FQ_DESCRIBE_ROW_MAX];
    struct fq_writer one = fq_writer_over(room, sizeof room);

    fq_describe_case(view, &node->codes, &view->disputes[moved->place], moved->value, &one);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&one));
    uint32_t pairs = fq_read_map(&reader);
    fq_write_map(writer, pairs + 1);
    fq_write_text(writer, "cause");
    fq_write_text(writer, fq_cause_name((enum fq_cause)moved->cause));
    fq_write_raw(writer, fq_span_of(reader.at, (size_t)(reader.end - reader.at)));
}

fq_err fq_verb_period_cases(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                            struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor"), name = fq_map_text(args, "cause");
    uint32_t at = from.size == 4 ? fq_get_be32(from.data) : 0, count = 0;
    struct fq_writer rows = fq_writer_take(&node->scratch, PAGE_SIZE);
    struct fq_rollup_query query = {.by_count = 0};
    enum fq_measure measure = FQ_MEASURE_ACCEPTED;
    enum fq_cause cause = FQ_CAUSES_COUNT;
    const struct fq_period_seal *seal = NULL;
    struct fq_lookback *lookback = NULL;
    struct moved *moved = NULL;
    fq_err err = fq_service_read_seal(node, args, &seal, out_why);

    err = err ? err : read_question(node, args, seal, &query, out_why);
    err = err ? err : fq_service_read_measure(args, &measure, out_why);
    if (!err && name.size && !fq_cause_find(name, &cause)) {
        err = fq_fail(out_why, FQ_REASON_ARGUMENT, "cause: %.*s",
                      (int)(name.size < 40 ? name.size : 40), (const char *)name.data);
    }
    err = err ? err : fq_lookback_at_seal(node, seal, &lookback, out_why);
    if (!err) {
        moved = fq_arena_take_raw(&node->scratch, (lookback->asof.count + 1) * sizeof *moved);
        err = moved ? find_moved(lookback, &query, measure, moved, out_why) : limit(out_why);
    }
    fq_lookback_close(lookback);
    if (err) {
        return err;
    }
    for (; at < lookback->asof.count && rows.size - rows.used > FQ_DESCRIBE_ROW_MAX + 64; at++) {
        if (moved[at].value != 0 && (!name.size || moved[at].cause == cause)) {
            put_moved(node, &moved[at], &rows);
            count++;
        }
    }
    if (at < lookback->asof.count) {
        fq_put_be32(answer->cursor, at);
        answer->cursor_size = 4;
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}
