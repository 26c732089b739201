#include "fq/core/coverage.h"

void fq_coverage_init(struct fq_coverage *coverage, const struct fq_calendar *calendar,
                      const struct fq_coverage_memory *memory)
{
    *coverage = (struct fq_coverage){.calendar = calendar, .memory = *memory};
    coverage->rows = (struct fq_coverage_row *)(void *)coverage->memory.rows.base;
    coverage->node_rows = (uint32_t *)(void *)coverage->memory.nodes.base;
    fq_index_init(&coverage->index, &coverage->memory.heads, &coverage->memory.links);
}

/* ---- rows ---- */

static uint64_t hash_of(const struct fq_coverage_row *row)
{
    uint64_t months =
        (uint64_t)row->month << 32 | (uint64_t)row->recorded << 16 | (uint64_t)row->arrived;
    uint64_t hash = (row->key ^ months << 20) * UINT64_C(0x9e3779b97f4a7c15);

    return hash ^ hash >> 29;
}

static bool is_same(const struct fq_coverage_row *a, const struct fq_coverage_row *b)
{
    return a->key == b->key && a->month == b->month && a->recorded == b->recorded &&
           a->arrived == b->arrived;
}

static uint32_t find(const struct fq_coverage *coverage, const struct fq_coverage_row *like)
{
    uint32_t at = coverage->last;

    if (at < coverage->index.count && is_same(&coverage->rows[at], like)) {
        return at;
    }
    at = fq_index_first(&coverage->index, hash_of(like));
    while (at != FQ_INDEX_NONE && !is_same(&coverage->rows[at], like)) {
        at = fq_index_next(&coverage->index, at);
    }
    return at;
}

bool fq_coverage_restore(struct fq_coverage *coverage, const struct fq_coverage_row *row)
{
    size_t end = ((size_t)coverage->index.count + 1) * sizeof *coverage->rows;
    bool is_node = row->key < FQ_COVERAGE_UNIT_LEAST;
    size_t nodes_end = ((size_t)coverage->node_row_count + is_node) * sizeof *coverage->node_rows;

    if (end > coverage->memory.rows.size || nodes_end > coverage->memory.nodes.size ||
        !fq_index_add(&coverage->index, hash_of(row))) {
        return false;
    }
    coverage->memory.rows.used = end;
    coverage->memory.nodes.used = nodes_end;
    coverage->rows[coverage->index.count - 1] = *row;
    if (is_node) {
        coverage->node_rows[coverage->node_row_count++] = coverage->index.count - 1;
    }
    return true;
}

/* ---- taking in ---- */

static uint16_t later(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

static void count_fact(struct fq_coverage *coverage, const struct fq_coverage_row *fact,
                       fq_coverage_changed *changed, void *context)
{
    uint32_t at = find(coverage, fact);

    if (at == FQ_INDEX_NONE) {
        at = coverage->index.count;
        if (!fq_coverage_restore(coverage, fact)) {
            coverage->dropped_count++;
            return;
        }
        coverage->rows[at].count = coverage->rows[at].sweeps = 0;
    }
    struct fq_coverage_row *row = &coverage->rows[at];
    row->count++;
    row->sweeps += fact->sweeps;
    row->first_day = fact->first_day < row->first_day ? fact->first_day : row->first_day;
    row->last_day = later(row->last_day, fact->last_day);
    coverage->last = at;
    if (changed) {
        changed(context, at);
    }
}

/* `met` is the month whose deadline the arrival met. */
static void take(struct fq_coverage *coverage, const struct fq_event *event, uint16_t met,
                 fq_coverage_changed *changed, void *context)
{
    const struct fq_calendar *calendar = coverage->calendar;
    uint64_t recorded_ms = event->hlc >> 16;
    uint16_t month = fq_month_of(event->date);

    if (event->id.log.stream != FQ_STREAM_FACTS || month == 0) {
        return; /* G1 */
    }
    struct fq_coverage_row fact = {
        .key = event->id.log.origin / 100,
        .month = month,
        .recorded = later(month, fq_calendar_month_met(calendar, FQ_REPORTER_COUNTY, recorded_ms)),
        .arrived = later(month, met),
        .first_day = event->date,
        .last_day = event->date,
        .sweeps = event->kind == FQ_EVENT_SWEEP,
        .count = 1,
    };
    count_fact(coverage, &fact, changed, context);
    if (event->unit >= FQ_COVERAGE_UNIT_LEAST) {
        fact.key = event->unit;
        fact.recorded =
            later(month, fq_calendar_month_met(calendar, FQ_REPORTER_UNIT, recorded_ms));
        count_fact(coverage, &fact, changed, context);
    }
}

void fq_coverage_take(struct fq_coverage *coverage, const struct fq_event *event,
                      uint64_t arrived_ms, fq_coverage_changed *changed, void *context)
{
    take(coverage, event, fq_calendar_month_met(coverage->calendar, FQ_REPORTER_COUNTY, arrived_ms),
         changed, context);
}

void fq_coverage_take_batch(struct fq_coverage *coverage, const struct fq_batch *batch,
                            uint64_t arrived_ms, fq_coverage_changed *changed, void *context)
{
    struct fq_batch_reader reader = fq_batch_reader_over(batch);
    uint16_t met = fq_calendar_month_met(coverage->calendar, FQ_REPORTER_COUNTY, arrived_ms);
    struct fq_event event;

    if (batch->seal.log.stream != FQ_STREAM_FACTS) {
        return; /* G1 */
    }
    for (; reader.left > 0; reader.left--) {
        if (!fq_event_peek(&reader.reader, reader.next_id, &event)) {
            return;
        }
        reader.next_id.seq++;
        take(coverage, &event, met, changed, context);
    }
}

/* ---- asking ---- */

bool fq_coverage_add(const struct fq_coverage_row *row, uint16_t first_month, uint16_t last_month,
                     struct fq_punctuality *punctuality)
{
    if (row->month < first_month || row->month > last_month) {
        return false;
    }
    if (row->recorded > last_month) { /* G2 */
        punctuality->recorded_late += row->count;
    } else if (row->arrived > last_month) {
        punctuality->arrived_late += row->count;
    } else {
        punctuality->in_time += row->count;
    }
    punctuality->sweeps += row->sweeps;
    if (punctuality->first_day == 0 || row->first_day < punctuality->first_day) {
        punctuality->first_day = row->first_day;
    }
    punctuality->last_day = later(punctuality->last_day, row->last_day);
    return true;
}
