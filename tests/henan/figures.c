/* What the other services reported, so that each sum prints as the article prints it
 * (tests/data/seed-figures.csv); between its bounds the values are ours. */
#include "henan.h"

#include <stdlib.h>
#include <string.h>

enum spread { BY_COUNTY, BY_CITY, BY_PROVINCE };

static const struct figure {
    uint16_t number;
    enum spread spread;
    bool is_stock;
    uint64_t count, base; /* of 2021H1 and 2020H1; cents of money; base 0: not reported */
    uint32_t area;        /* of one area alone, on one day */
    const char *day;
} figures[] = {
    {201, BY_COUNTY, false, 14326, 0, 0, NULL},
    {202, BY_COUNTY, false, 118043, 0, 0, NULL},
    {203, BY_COUNTY, false, 55731250, 0, 0, NULL},
    {301, BY_CITY, false, 7066, 0, 0, NULL},
    {302, BY_CITY, false, 152, 0, 0, NULL},
    {303, BY_CITY, false, 432, 0, 0, NULL},
    {304, BY_CITY, false, 19034, 0, 0, NULL},
    {305, BY_CITY, false, 22248000, 0, 0, NULL},
    {401, BY_CITY, false, 233047, 80638, 0, NULL}, /* +189.0 % */
    {402, BY_CITY, false, 121500, 42000, 0, NULL},
    {403, BY_CITY, false, 120528, 41076, 0, NULL}, /* 99.2 % */
    {501, BY_PROVINCE, false, 2304118, 0, 0, NULL},
    {502, BY_PROVINCE, true, 22317, 0, 0, NULL},
    {503, BY_PROVINCE, true, 17248, 0, 0, NULL},
    {504, BY_PROVINCE, true, 68, 0, 0, NULL},
    {601, BY_COUNTY, false, 287140, 0, 0, NULL},
    {602, BY_COUNTY, false, 79012, 0, 0, NULL},
    {603, BY_COUNTY, false, 7923, 0, 0, NULL},
    {604, BY_COUNTY, false, 8462341500, 0, 0, NULL},
    {701, BY_COUNTY, false, 512, 0, 0, NULL},
    {801, BY_PROVINCE, true, 220, 0, 0, NULL},
    {802, BY_PROVINCE, true, 610, 0, 0, NULL},
    {803, BY_PROVINCE, true, 280, 0, 0, NULL},
    {804, BY_PROVINCE, true, 122, 0, 0, NULL},
    {204, BY_CITY, false, 5, 0, 410700, "2021-04-27"},
    {306, BY_CITY, false, 413, 0, 411000, "2021-05-17"},
    {307, BY_CITY, false, 207, 0, 411000, "2021-05-17"},
    {408, BY_CITY, true, 5, 0, 410100, "2021-03-22"},
    {408, BY_CITY, true, 16, 0, 410100, "2021-03-23"},
    {409, BY_CITY, true, 26, 0, 410100, "2021-03-23"},
};
#define SEATS_ELSEWHERE 64 /* with Zhengzhou's 16: 80 */
#define MONTHS 6

struct making {
    const struct province *province;
    struct report *reports;
    size_t count, capacity;
    bool is_short;
};

static void add(struct making *making, struct report report)
{
    if (making->count == making->capacity) {
        size_t capacity = making->capacity ? 2 * making->capacity : 4096;
        struct report *more = realloc(making->reports, capacity * sizeof *more);
        if (!more) {
            making->is_short = true;
            return;
        }
        making->reports = more;
        making->capacity = capacity;
    }
    making->reports[making->count++] = report;
}

/* Whether the area reports figures of that spread on that day; Jiyuan, without a city, does as one. */
static bool does_report(const struct province *province, const struct fq_area *area,
                        enum spread spread, uint16_t day)
{
    if (!fq_area_is_valid_on(area, day)) {
        return false;
    }
    switch (spread) {
    case BY_COUNTY:
        return area->tier == FQ_TIER_COUNTY;
    case BY_CITY:
        return area->tier == FQ_TIER_CITY ||
               (area->tier == FQ_TIER_COUNTY &&
                area->parent == fq_areas_root(&province->areas)->code);
    case BY_PROVINCE:
        return area->tier == FQ_TIER_PROVINCE;
    }
    return false;
}

/* The month's first and last day, and the day of the report: the fifth after. */
static struct report month_report(uint16_t first_month, unsigned month)
{
    uint16_t first = fq_month_first_day((uint16_t)(first_month + month));
    uint16_t last = fq_month_last_day((uint16_t)(first_month + month));

    return (struct report){.first = first, .last = last, .written = (uint16_t)(last + 5)};
}

/* A flow is spread over all who report, and six months. */
static void add_flow(struct making *making, const struct figure *figure, uint64_t total,
                     uint16_t first_month)
{
    const struct fq_areas *areas = &making->province->areas;
    uint64_t slots = 0, at = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (unsigned month = 0; month < MONTHS; month++) {
            struct report report = month_report(first_month, month);
            for (uint32_t i = 0; i < areas->count; i++) {
                if (!does_report(making->province, &areas->rows[i], figure->spread, report.last)) {
                    continue;
                }
                if (pass == 0) {
                    slots++;
                    continue;
                }
                report.writer = areas->rows[i].code;
                report.number = figure->number;
                report.count = total * (at + 1) / slots - total * at / slots;
                at++;
                add(making, report);
            }
        }
    }
}

static void add_on_day(struct making *making, const struct figure *figure, uint32_t area,
                       uint16_t day, uint64_t count)
{
    add(making, (struct report){.writer = area,
                                .number = figure->number,
                                .first = day,
                                .last = day,
                                .written = (uint16_t)(day + 2),
                                .count = count});
}

static void add_figure(struct making *making, const struct figure *figure)
{
    const struct province *province = making->province;
    uint16_t day = 0;

    if (figure->day) {
        (void)fq_date_parse(fq_span_text(figure->day), &day);
        add_on_day(making, figure, figure->area, day, figure->count);
    } else if (figure->is_stock) {
        add_on_day(making, figure, fq_areas_root(&province->areas)->code, province->end_2021,
                   figure->count);
    } else {
        add_flow(making, figure, figure->count, fq_month_of(province->day_2021));
    }
    if (figure->base) {
        add_flow(making, figure, figure->base, fq_month_of(province->day_2020));
    }
}

/* The seats of those who answer the hotline, but for Zhengzhou's. */
static void add_seats(struct making *making)
{
    const struct figure seats = {.number = 408};
    const struct fq_areas *areas = &making->province->areas;
    uint16_t day = making->province->end_2021;
    uint64_t slots = 17, at = 0; /* 16 cities and Jiyuan */

    for (uint32_t i = 0; i < areas->count; i++) {
        if (does_report(making->province, &areas->rows[i], BY_CITY, day) &&
            areas->rows[i].code != 410100) {
            add_on_day(making, &seats, areas->rows[i].code, day,
                       SEATS_ELSEWHERE * (at + 1) / slots - SEATS_ELSEWHERE * at / slots);
            at++;
        }
    }
}

/* A screening a month in every county, each third one without anything found. */
static void add_screenings(struct making *making)
{
    const struct fq_areas *areas = &making->province->areas;

    for (unsigned month = 0; month < MONTHS; month++) {
        struct report report = month_report(fq_month_of(making->province->day_2021), month);
        for (uint32_t i = 0; i < areas->count; i++) {
            if (does_report(making->province, &areas->rows[i], BY_COUNTY, report.last)) {
                report.writer = areas->rows[i].code;
                report.found = (i + month) % 3 ? 1 + i % 7 : 0;
                report.count = 200 + i * 3 % 500;
                add(making, report);
            }
        }
    }
}

struct report *figures_make(const struct province *province, size_t *out_count)
{
    struct making making = {.province = province};

    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        add_figure(&making, &figures[i]);
    }
    add_seats(&making);
    add_screenings(&making);
    if (making.is_short) {
        free(making.reports);
        return NULL;
    }
    *out_count = making.count;
    return making.reports;
}

void report_event(const struct report *report, struct fq_event *out_event)
{
    struct random random =
        random_of((uint64_t)report->writer << 40 ^ (uint64_t)report->number << 24 ^ report->last);

    memset(out_event, 0, sizeof *out_event);
    out_event->kind = out_event->step = report->number ? FQ_EVENT_ACTIVITY : FQ_EVENT_SWEEP;
    out_event->rev = 1;
    out_event->dict_version = 1;
    out_event->area = report->writer;
    out_event->date = report->last;
    out_event->actor = fq_span_text("office");
    fq_put_be64(out_event->cmd_id.bytes, random_next(&random));
    fq_put_be64(out_event->cmd_id.bytes + 8, random_next(&random));
    if (report->number) {
        out_event->value[FQ_FIELD_INDICATOR] = report->number;
        out_event->value[FQ_FIELD_FIRST_DAY] = report->first;
        out_event->value[FQ_FIELD_LAST_DAY] = report->last;
        out_event->value[FQ_FIELD_COUNT] = report->count;
        (void)fq_event_set_bytes(out_event, FQ_FIELD_SIGNER, fq_span_text("office"));
    } else {
        out_event->unit = (uint64_t)report->writer * 10000 + 1;
        out_event->value[FQ_FIELD_ROUNDS] = 1;
        out_event->value[FQ_FIELD_HOUSEHOLDS] = report->count;
        out_event->value[FQ_FIELD_FOUND] = report->found;
    }
}
