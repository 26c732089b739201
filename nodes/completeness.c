#include "completeness.h"

#include <stdio.h>
#include <string.h>

/* ---- one county ---- */

static void note_heard(struct fq_hearing *hearing, uint32_t origin, uint64_t heard_ms)
{
    if (heard_ms > hearing->heard_ms) {
        hearing->heard_ms = heard_ms;
        hearing->origin = origin;
    }
}

/* What is told of one of the county's nodes, be it written, carried or heard. */
static void hear_node(const struct fq_node *node, uint32_t origin, struct fq_hearing *hearing)
{
    const struct fq_sync_heard *heard = fq_sync_heard_of(&node->core.sync, origin);
    uint64_t held = fq_sync_held(&node->core.frontier, origin);
    uint64_t announced = heard && heard->announced > held ? heard->announced : held;

    hearing->held += held;
    hearing->announced += announced;
    if (heard) {
        note_heard(hearing, origin, heard->heard_ms);
        hearing->reason = heard->reason ? heard->reason : hearing->reason;
    }
}

static void hear_own(const struct fq_node *node, struct fq_hearing *hearing)
{
    const struct fq_sync *sync = &node->core.sync;

    note_heard(hearing, node->core.options.origin, fq_clock_now().wall_ms);
    if (!fq_sync_may_originate(sync)) {
        hearing->reason = FQ_REASON_COVERAGE_READ_ONLY;
    }
}

/* Whether this is the first log of its origin: each node is told of once. */
static bool is_first_log(const struct fq_frontier *frontier, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (frontier->logs[i].id.origin == frontier->logs[index].id.origin) {
            return false;
        }
    }
    return true;
}

struct fq_hearing fq_service_hear(const struct fq_node *node, uint32_t county)
{
    const struct fq_frontier *frontier = &node->core.frontier;
    const struct fq_sync *sync = &node->core.sync;
    struct fq_hearing hearing = {.origin = county * 100 + 1};

    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        if (log->id.origin / 100 != county) {
            continue;
        }
        note_heard(&hearing, log->id.origin, log->hlc >> 16);
        if (is_first_log(frontier, i)) {
            hear_node(node, log->id.origin, &hearing);
        }
    }
    for (uint32_t i = 0; i < sync->heard_count; i++) {
        uint32_t origin = sync->heard[i].origin;
        if (origin / 100 == county && fq_sync_held(frontier, origin) == 0) {
            hear_node(node, origin, &hearing); /* nothing of it is held */
        }
    }
    for (uint32_t i = 0; i < fq_sync_child_count(sync); i++) {
        struct fq_sync_child child = fq_sync_child_at(sync, i);
        if (child.origin / 100 == county) {
            note_heard(&hearing, child.origin, child.heard_ms);
        }
    }
    if (node->core.options.area == county) {
        hear_own(node, &hearing);
    }
    return hearing;
}

enum fq_reason fq_service_judge(const struct fq_node *node, const struct fq_hearing *hearing,
                                uint16_t last_day)
{
    uint64_t end_ms = last_day < FQ_DATE_MAX
                          ? fq_calendar_day_begins(&node->calendar, (uint16_t)(last_day + 1))
                          : UINT64_MAX;

    if (hearing->heard_ms == 0) {
        return FQ_REASON_COVERAGE_NEVER;
    }
    if (fq_clock_now().wall_ms < end_ms) {
        return FQ_REASON_COVERAGE_RUNNING;
    }
    if (hearing->heard_ms < end_ms) {
        return FQ_REASON_COVERAGE_SILENT;
    }
    if (hearing->reason) {
        return hearing->reason;
    }
    return hearing->held < hearing->announced ? FQ_REASON_COVERAGE_BEHIND : FQ_REASON_NONE;
}

/* ---- counties of a period ---- */

static bool is_of(const struct fq_node *node, const struct fq_area *area,
                  const struct fq_period *period, uint32_t below)
{
    return area->tier == FQ_TIER_COUNTY && fq_area_is_valid_on(area, period->last_day) &&
           fq_areas_covers(&node->areas, below, area->code);
}

/* Five pairs. */
static void put_county(uint32_t county, const struct fq_hearing *hearing, enum fq_reason reason,
                       struct fq_writer *writer)
{
    const struct fq_reason_row *row = fq_reason_find((unsigned)reason);
    char text[FQ_TIME_TEXT_SIZE];

    fq_write_text(writer, "area");
    snprintf(text, sizeof text, "%06u", county);
    fq_write_text(writer, text);
    fq_write_text(writer, "node");
    snprintf(text, sizeof text, "%08u", hearing->origin);
    fq_write_text(writer, text);
    fq_write_text(writer, "heard");
    if (hearing->heard_ms) {
        fq_time_format_ms((int64_t)hearing->heard_ms, text);
        fq_write_text(writer, text);
    } else {
        fq_write_nil(writer);
    }
    fq_write_text(writer, "reason");
    fq_write_text(writer, row ? row->cause : "");
    fq_write_text(writer, "code");
    snprintf(text, sizeof text, "FQ-%04u", (unsigned)reason);
    fq_write_text(writer, text);
}

uint32_t fq_service_missing(const struct fq_node *node, const struct fq_period *period,
                            uint32_t area, struct fq_writer *writer)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < node->areas.count; i++) {
        const struct fq_area *county = &node->areas.rows[i];
        if (!is_of(node, county, period, area)) {
            continue;
        }
        struct fq_hearing hearing = fq_service_hear(node, county->code);
        enum fq_reason reason = fq_service_judge(node, &hearing, period->last_day);
        count += reason != FQ_REASON_NONE;
        if (reason && writer) {
            fq_write_map(writer, 5);
            put_county(county->code, &hearing, reason, writer);
        }
    }
    return count;
}

/* ---- what came late ---- */

/* One per row of the area table; NULL when the arena is full. */
static struct fq_punctuality *tally_areas(struct fq_node *node, const struct fq_period *period)
{
    struct fq_punctuality *of = fq_arena_take(&node->scratch, (node->areas.count + 1) * sizeof *of);
    const struct fq_coverage *coverage = &node->coverage;

    for (uint32_t i = 0; i < coverage->node_row_count && of; i++) {
        const struct fq_coverage_row *row = &coverage->rows[coverage->node_rows[i]];
        const struct fq_area *area = fq_areas_find(&node->areas, (uint32_t)row->key);
        if (area) {
            (void)fq_coverage_add(row, period->first_month, period->last_month,
                                  &of[area - node->areas.rows]);
        }
    }
    return of;
}

static uint32_t put_late(const struct fq_node *node, const struct fq_punctuality *of,
                         const struct fq_period *period, uint32_t area, struct fq_writer *writer)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < node->areas.count && of; i++) {
        const struct fq_area *county = &node->areas.rows[i];
        if (of[i].arrived_late == 0 || !is_of(node, county, period, area)) {
            continue;
        }
        count++;
        if (writer) {
            struct fq_hearing hearing = fq_service_hear(node, county->code);
            fq_write_map(writer, 6);
            put_county(county->code, &hearing, FQ_REASON_COVERAGE_LATE, writer);
            fq_write_text(writer, "arrived_late");
            fq_write_uint(writer, of[i].arrived_late);
        }
    }
    return count;
}

void fq_service_put_completeness(struct fq_node *node, const struct fq_period *period,
                                 uint32_t area, struct fq_writer *writer)
{
    const struct fq_punctuality *of = tally_areas(node, period);
    uint32_t missing = fq_service_missing(node, period, area, NULL);

    fq_write_text(writer, "complete");
    fq_write_bool(writer, missing == 0);
    fq_write_text(writer, "missing");
    fq_write_array(writer, missing);
    (void)fq_service_missing(node, period, area, writer);
    fq_write_text(writer, "late");
    fq_write_array(writer, put_late(node, of, period, area, NULL));
    (void)put_late(node, of, period, area, writer);
}
