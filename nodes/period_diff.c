#include <stdio.h>
#include <string.h>

#include "seal.h"
#include "services.h"

#include "fq/core/describe.h"

/* The verbs `period.diff` and `period.cases`: what changed since a seal, cell by cell and by cause, and the
 * disputes behind each change (asof.h, L3). */

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

/* ---- figures side by side ---- */

enum { LIVE, SEALED, FIRST_CAUSE };
#define SIDES (FIRST_CAUSE + FQ_CAUSES_COUNT)

struct side { /* what stood, or what a cause added to it */
    struct fq_tally rows;
    int64_t total[FQ_MEASURES_COUNT];
    bool is_made;
};

struct diff {
    struct fq_node *node;
    const struct fq_period_seal *seal;
    struct fq_rollup_query query;
    struct side sides[SIDES];
    struct fq_scan *scans[FQ_CAUSES_COUNT];
    struct fq_tally keys; /* of all rows: those of the live figures first */
    struct fq_writer activities;
    bool has_measure; /* one alone is asked for */
    bool is_full;
};

static fq_err run(struct diff *diff, int place, const struct fq_view *view, struct fq_why *out_why)
{
    struct side *side = &diff->sides[place];
    struct fq_arena *arena = &diff->node->scratch;
    struct fq_rollup rollup;
    fq_err err = fq_rollup_run(view, &diff->node->codes, &diff->query, arena, &rollup, out_why);

    if (err) {
        return err;
    }
    if (!fq_tally_init(&side->rows, rollup.count + 1, arena)) {
        return limit(out_why);
    }
    for (uint32_t i = 0; i < rollup.count; i++) {
        *fq_tally_row(&side->rows, rollup.rows[i].key) = rollup.rows[i];
    }
    memcpy(side->total, rollup.total, sizeof side->total);
    side->is_made = true;
    return FQ_OK;
}

/* A step of a dispute: its state before is taken out of its cause's figures, that after put in. */
static void charge(void *context, uint32_t place, enum fq_cause cause,
                   const struct fq_dispute *before, const struct fq_dispute *after)
{
    struct diff *diff = context;
    struct side *side = &diff->sides[FIRST_CAUSE + cause];
    struct fq_arena *arena = &diff->node->scratch;

    (void)place;
    if (!side->is_made) {
        side->is_made = true;
        diff->scans[cause] = fq_tally_init(&side->rows, FQ_ROLLUP_ROWS_MAX, arena)
                                 ? fq_scan_open(&diff->node->core.view, &diff->query, arena,
                                                &side->rows, side->total)
                                 : NULL;
        diff->is_full |= !diff->scans[cause];
    }
    if (!diff->is_full) {
        fq_scan_count(diff->scans[cause], before, -1);
        fq_scan_count(diff->scans[cause], after, 1);
    }
}

static fq_err run_causes(struct diff *diff, struct fq_lookback *lookback, struct fq_why *out_why)
{
    if (!fq_asof_walk(&lookback->asof, charge, diff) || diff->is_full) {
        return limit(out_why);
    }
    for (int cause = 0; cause < FQ_CAUSES_COUNT; cause++) {
        struct side *side = &diff->sides[FIRST_CAUSE + cause];
        if (side->is_made) {
            fq_scan_close(diff->scans[cause]);
        }
        if (side->rows.is_full) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "%u rows", side->rows.capacity);
        }
    }
    return FQ_OK;
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
    if (!fq_asof_go_back(&touched->asof)) {
        return limit(out_why);
    }
    err = run(diff, SEALED, touched->view, out_why);
    fq_asof_return(&touched->asof);
    return err;
}

static fq_err list_keys(struct diff *diff, struct fq_why *out_why)
{
    uint32_t count = 1;

    for (int place = 0; place < SIDES; place++) {
        count += diff->sides[place].rows.count;
    }
    if (!fq_tally_init(&diff->keys, count, &diff->node->scratch)) {
        return limit(out_why);
    }
    for (int place = 0; place < SIDES; place++) {
        const struct fq_tally *rows = &diff->sides[place].rows;
        for (uint32_t i = 0; i < rows->count; i++) {
            (void)fq_tally_row(&diff->keys, rows->rows[i].key);
        }
    }
    return FQ_OK;
}

/* Reported figures are of an area and a period; no dispute's values, nor measures, go with them. */
static fq_err run_activities(struct diff *diff, struct fq_lookback *lookback,
                             struct fq_why *out_why)
{
    diff->activities = fq_writer_take(&diff->node->scratch, PAGE_SIZE);
    if (diff->query.where_count > 0 || diff->has_measure) {
        fq_write_array(&diff->activities, 0);
        return FQ_OK;
    }
    return fq_activities_put_diff(lookback, &diff->query, &diff->activities, out_why);
}

static fq_err run_all(struct diff *diff, struct fq_why *out_why)
{
    struct fq_lookback *lookback = NULL;
    fq_err err = run(diff, LIVE, &diff->node->core.view, out_why);

    diff->query.codes = &diff->node->codes;
    err = err ? err : fq_lookback_at_seal(diff->node, diff->seal, &lookback, out_why);
    err = err ? err : run_causes(diff, lookback, out_why);
    err = err ? err : run_sealed(diff, lookback, out_why);
    err = err ? err : list_keys(diff, out_why);
    err = err ? err : run_activities(diff, lookback, out_why);
    fq_lookback_close(lookback);
    return err;
}

/* ---- the answer ---- */

/* One cell of the question: its figures on all sides. */
struct line {
    const struct fq_rollup_row *row; /* its key; NULL: the total */
    const int64_t *values[SIDES];    /* of all measures; NULL: the side has no such row */
};

static int64_t value_of(const struct line *line, int side, int measure)
{
    return line->values[side] ? line->values[side][measure] : 0;
}

/* What the cause adds; what no dispute explains is a matter of definition. */
static void causes_of(const struct line *line, int measure, int64_t out[FQ_CAUSES_COUNT])
{
    int64_t left = fq_minus(value_of(line, LIVE, measure), value_of(line, SEALED, measure));

    for (int cause = 0; cause < FQ_CAUSES_COUNT; cause++) {
        out[cause] = value_of(line, FIRST_CAUSE + cause, measure);
        left = fq_minus(left, out[cause]);
    }
    out[FQ_CAUSE_DEFINITION] = left;
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
    fq_write_int(writer, fq_minus(live, sealed));
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
        causes_of(line, measure, causes);
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

static void line_of_row(const struct diff *diff, const struct fq_rollup_row *row,
                        struct line *out_line)
{
    *out_line = (struct line){.row = row};
    for (int place = 0; place < SIDES; place++) {
        const struct side *side = &diff->sides[place];
        const struct fq_rollup_row *found =
            side->is_made ? fq_tally_find(&side->rows, row->key) : NULL;
        out_line->values[place] = found ? found->value : NULL;
    }
}

static uint32_t put_totals(const struct diff *diff, struct fq_span wanted, struct fq_writer *writer)
{
    struct line line = {.row = NULL};

    for (int place = 0; place < SIDES; place++) {
        line.values[place] = diff->sides[place].total;
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
    diff->has_measure = wanted.size > 0;
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
    for (; at < diff->keys.count && lines.size - lines.used > most; at++) {
        struct line line;
        line_of_row(diff, &diff->keys.rows[at], &line);
        count += put_lines(diff, &line, wanted, &lines);
    }
    fq_write_map(writer, from.size ? 1 : 4);
    fq_write_text(writer, "rows");
    fq_write_array(writer, count);
    fq_write_raw(writer, fq_writer_span(&lines));
    if (!from.size) {
        fq_write_text(writer, "totals");
        uint32_t total_count = put_totals(diff, wanted, &totals);
        fq_write_array(writer, total_count);
        fq_write_raw(writer, fq_writer_span(&totals));
        fq_write_text(writer, "activities");
        fq_write_raw(writer, fq_writer_span(&diff->activities));
        fq_write_text(writer, "seal");
        fq_write_map(writer, FQ_SEAL_PAIRS);
        fq_seal_describe(node, diff->seal, writer);
    }
    if (at < diff->keys.count) {
        fq_put_be32(answer->cursor, at);
        answer->cursor_size = 4;
    }
    return FQ_OK;
}

/* ---- cases ---- */

struct moved {                   /* what a cause changed of a dispute's part */
    _Alignas(16) uint32_t place; /* so that they lie one after the other */
    uint8_t cause;
    int64_t value;
};

struct moving {
    const struct fq_view *view;
    const struct fq_rollup_query *query;
    enum fq_measure measure;
    struct fq_arena *arena; /* at whose top the list grows */
    struct moved *list;
    uint32_t count;
    uint32_t first; /* of the dispute at hand */
    bool is_full;
};

static struct moved *moved_of(struct moving *moving, uint32_t place, enum fq_cause cause)
{
    if (moving->count > 0 && moving->list[moving->count - 1].place != place) {
        moving->first = moving->count;
    }
    for (uint32_t i = moving->first; i < moving->count; i++) {
        if (moving->list[i].cause == cause) {
            return &moving->list[i];
        }
    }
    struct moved *added = fq_arena_take_raw(moving->arena, sizeof *added);
    if (!added) {
        moving->is_full = true;
        return NULL;
    }
    moving->list = moving->list ? moving->list : added;
    FQ_ASSERT(added == moving->list + moving->count);
    moving->count++;
    *added = (struct moved){.place = place, .cause = (uint8_t)cause};
    return added;
}

static void note_moved(void *context, uint32_t place, enum fq_cause cause,
                       const struct fq_dispute *before, const struct fq_dispute *after)
{
    struct moving *moving = context;
    int64_t value = fq_minus(fq_rollup_value(moving->view, moving->query, after, moving->measure),
                             fq_rollup_value(moving->view, moving->query, before, moving->measure));
    struct moved *moved = value ? moved_of(moving, place, cause) : NULL;

    if (moved) {
        moved->value = fq_plus(moved->value, value);
    }
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
    struct moving moving = {.view = &node->core.view,
                            .query = &query,
                            .measure = FQ_MEASURE_ACCEPTED,
                            .arena = &node->scratch};
    enum fq_cause cause = FQ_CAUSES_COUNT;
    const struct fq_period_seal *seal = NULL;
    struct fq_lookback *lookback = NULL;
    fq_err err = fq_service_read_seal(node, args, &seal, out_why);

    err = err ? err : read_question(node, args, seal, &query, out_why);
    err = err ? err : fq_service_read_measure(args, &moving.measure, out_why);
    if (!err && name.size && !fq_cause_find(name, &cause)) {
        err = fq_fail(out_why, FQ_REASON_ARGUMENT, "cause: %.*s",
                      (int)(name.size < 40 ? name.size : 40), (const char *)name.data);
    }
    err = err ? err : fq_lookback_at_seal(node, seal, &lookback, out_why);
    if (!err && (!fq_asof_walk(&lookback->asof, note_moved, &moving) || moving.is_full)) {
        err = limit(out_why);
    }
    fq_lookback_close(lookback);
    if (err) {
        return err;
    }
    for (; at < moving.count && rows.size - rows.used > FQ_DESCRIBE_ROW_MAX + 64; at++) {
        const struct moved *moved = &moving.list[at];
        if (moved->value != 0 && (!name.size || moved->cause == cause)) {
            put_moved(node, moved, &rows);
            count++;
        }
    }
    if (at < moving.count) {
        fq_put_be32(answer->cursor, at);
        answer->cursor_size = 4;
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}
