#include "fq/core/activity.h"

#include "fq/core/order.h"

bool fq_report_of(const struct fq_dispute *entity, struct fq_report *out_report)
{
    if (!(entity->flags & FQ_DISPUTE_ACTIVITY) || entity->flags & FQ_DISPUTE_VOIDED ||
        entity->registered_on > entity->closed_on) {
        return false;
    }
    *out_report = (struct fq_report){
        .indicator = entity->type,
        .first_day = entity->registered_on,
        .last_day = entity->closed_on,
        .area = entity->home,
        .unit = entity->host,
        .count = entity->amount_cents,
    };
    return true;
}

bool fq_reports_share_days(const struct fq_report *a, const struct fq_report *b)
{
    return a->first_day <= b->last_day && b->first_day <= a->last_day;
}

static bool is_stock(const struct fq_codes *codes, uint16_t number)
{
    const struct fq_code *indicator = fq_codes_find(codes, FQ_CODES_INDICATOR, number);

    return indicator && indicator->of_indicator.is_stock;
}

static bool is_same_reporter(const struct fq_report *a, const struct fq_report *b)
{
    return a->indicator == b->indicator && a->area == b->area && a->unit == b->unit;
}

/* ---- which stand (Q5) ---- */

#define DAYS_SIZE ((FQ_DATE_MAX + 1) / 8 + 1)

struct bench { /* to sort and choose on */
    struct fq_order_row *rows, *spare;
    struct fq_report *copies;
    uint8_t *days; /* a bit per day; none is set between two reporters */
};

static bool set_up(struct bench *bench, uint32_t count, struct fq_arena *arena)
{
    bench->days = fq_arena_take(arena, DAYS_SIZE);
    bench->rows = fq_arena_take_raw(arena, (count + (size_t)1) * sizeof *bench->rows);
    bench->spare = fq_arena_take_raw(arena, (count + (size_t)1) * sizeof *bench->spare);
    bench->copies = fq_arena_take_raw(arena, (count + (size_t)1) * sizeof *bench->copies);
    return bench->days && bench->rows && bench->spare && bench->copies;
}

/* By days, and then by reporters, which keeps the days in order. */
static void sort(struct bench *bench, struct fq_reports *reports)
{
    for (uint32_t i = 0; i < reports->count; i++) {
        const struct fq_report *report = &reports->rows[i];
        bench->copies[i] = *report;
        bench->rows[i] = (struct fq_order_row){
            .low = (uint64_t)report->first_day << 16 | report->last_day, .place = i};
    }
    fq_order_sort(bench->rows, bench->spare, reports->count);
    for (uint32_t i = 0; i < reports->count; i++) {
        const struct fq_report *report = &bench->copies[bench->rows[i].place];
        bench->rows[i].high = (uint64_t)report->indicator << 32 | report->area;
        bench->rows[i].low = report->unit;
    }
    fq_order_sort(bench->rows, bench->spare, reports->count);
    for (uint32_t i = 0; i < reports->count; i++) {
        reports->rows[i] = bench->copies[bench->rows[i].place];
    }
}

static bool is_taken(const uint8_t *days, const struct fq_report *report)
{
    for (uint32_t day = report->first_day; day <= report->last_day; day++) {
        if (days[day / 8] >> day % 8 & 1) {
            return true;
        }
    }
    return false;
}

static void turn_days(uint8_t *days, const struct fq_report *report)
{
    for (uint32_t day = report->first_day; day <= report->last_day; day++) {
        days[day / 8] ^= (uint8_t)(1u << day % 8);
    }
}

/* Among a reporter's, the first `count` rows of the bench: those that could stand in another's way. */
static void choose(struct bench *bench, struct fq_report *reports, uint32_t count)
{
    fq_order_sort(bench->rows, bench->spare, count);
    for (uint32_t i = 0; i < count; i++) {
        struct fq_report *report = &reports[bench->rows[i].place];
        report->is_aside = is_taken(bench->days, report);
        if (!report->is_aside) {
            turn_days(bench->days, report);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fq_report *report = &reports[bench->rows[i].place];
        if (!report->is_aside) {
            turn_days(bench->days, report);
        }
    }
}

bool fq_reports_settle(const struct fq_codes *codes, struct fq_arena *arena,
                       struct fq_reports *reports)
{
    size_t before = arena->used;
    struct bench bench;
    bool is_set_up = set_up(&bench, reports->count, arena);

    arena->used = before;
    if (!is_set_up) {
        return false;
    }
    sort(&bench, reports);
    for (uint32_t first = 0, next; first < reports->count; first = next) {
        const struct fq_report *reporter = &reports->rows[first];
        bool may_share_days = is_stock(codes, reporter->indicator);
        uint32_t count = 0;
        for (next = first;
             next < reports->count && is_same_reporter(reporter, &reports->rows[next]); next++) {
            struct fq_report *report = &reports->rows[next];
            report->is_aside = false;
            if (report->count > 0 && !may_share_days) {
                bench.rows[count++] =
                    (struct fq_order_row){/* the finest, the latest first */
                                          .high = (uint64_t)(report->last_day - report->first_day),
                                          .low = UINT64_MAX - report->last_day,
                                          .place = next};
            }
        }
        choose(&bench, reports->rows, count);
    }
    return true;
}

bool fq_reports_gather(const struct fq_view *view, const struct fq_codes *codes, uint32_t area,
                       struct fq_arena *arena, struct fq_reports *out_reports)
{
    struct fq_reports reports = {
        .rows = fq_arena_take_raw(arena, (view->activity_count + (size_t)1) * sizeof *reports.rows),
    };

    for (uint32_t i = 0; i < view->activity_count && reports.rows; i++) {
        struct fq_report *report = &reports.rows[reports.count];
        reports.count += fq_areas_covers(view->areas, area, view->activities[i].area) &&
                         fq_report_of(&view->disputes[view->activities[i].place], report);
    }
    *out_reports = reports;
    return reports.rows && fq_reports_settle(codes, arena, out_reports);
}

/* ---- figures ---- */

/* Q7: the report is of the period, and the reporter has none later that is. */
static bool is_last_stock(const struct fq_reports *reports, uint32_t at, uint16_t last_day)
{
    const struct fq_report *report = &reports->rows[at];

    return report->last_day <= last_day &&
           (at + 1 == reports->count || !is_same_reporter(report, report + 1) ||
            report[1].last_day > last_day);
}

/* Q6: whether the flow's report makes up the figure; else it is counted as what it is. */
static bool takes_flow(const struct fq_report *report, uint16_t first_day, uint16_t last_day,
                       struct fq_activity_figure *figure)
{
    bool is_within = report->first_day >= first_day && report->last_day <= last_day;
    bool is_beside = report->last_day < first_day || report->first_day > last_day;

    if (is_beside || (!is_within && report->count == 0)) {
        return false;
    }
    figure->overlapping += is_within && report->is_aside;
    figure->partial += !is_within && !report->is_aside;
    return is_within && !report->is_aside;
}

uint32_t fq_activity_figure(const struct fq_codes *codes, const struct fq_reports *reports,
                            uint32_t first, uint16_t first_day, uint16_t last_day,
                            struct fq_activity_figure *out_figure)
{
    uint16_t indicator = reports->rows[first].indicator;
    bool is_of_stock = is_stock(codes, indicator);
    struct fq_activity_figure figure = {0};
    uint32_t last_area = 0, at = first;

    for (; at < reports->count && reports->rows[at].indicator == indicator; at++) {
        const struct fq_report *report = &reports->rows[at];
        bool is_taken_in = is_of_stock ? is_last_stock(reports, at, last_day)
                                       : takes_flow(report, first_day, last_day, &figure);
        if (is_taken_in) {
            figure.count += report->count;
            figure.reports++;
            figure.areas += report->area != last_area;
            last_area = report->area;
        }
    }
    *out_figure = figure;
    return at;
}
