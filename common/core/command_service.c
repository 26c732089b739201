#include "fq/core/command_service.h"

#include <string.h>

#include "fq/core/activity.h"
#include "fq/core/period.h"

bool fq_command_is_service(unsigned kind)
{
    return kind == FQ_EVENT_SWEEP || kind == FQ_EVENT_ACTIVITY || kind == FQ_EVENT_CONTROL;
}

void fq_command_service_complete(const struct fq_service_context *context, struct fq_event *command)
{
    if (command->area == 0) {
        command->area = context->own_area;
    }
    if (command->kind == FQ_EVENT_ACTIVITY && command->value[FQ_FIELD_FIRST_DAY] == 0) {
        const struct fq_code *indicator =
            fq_codes_find(context->codes, FQ_CODES_INDICATOR, command->value[FQ_FIELD_INDICATOR]);
        if (indicator && indicator->of_indicator.is_stock) {
            command->value[FQ_FIELD_FIRST_DAY] = command->value[FQ_FIELD_LAST_DAY];
        }
    }
}

/* ---- what all have ---- */

static bool is_day(uint64_t date)
{
    return date > 0 && date <= FQ_DATE_MAX;
}

static fq_err check_area(const struct fq_service_context *context, uint32_t code,
                         struct fq_why *out_why)
{
    if (!fq_areas_find(context->areas, code)) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%06u", code);
    }
    if (!fq_areas_covers(context->areas, context->own_area, code)) {
        return fq_fail(out_why, FQ_REASON_AREA_OUTSIDE, "%06u", code);
    }
    return FQ_OK;
}

/* A unit belongs to an area of the table: at or under the command's, or above it. */
static fq_err check_unit(const struct fq_service_context *context, const struct fq_event *command,
                         struct fq_why *out_why)
{
    uint64_t area = command->unit / 10000;

    if (command->unit == 0) {
        return FQ_OK;
    }
    if (area > 999999 || (!fq_areas_covers(context->areas, command->area, (uint32_t)area) &&
                          !fq_areas_covers(context->areas, (uint32_t)area, command->area))) {
        return fq_fail(out_why, FQ_REASON_UNIT, "%010llu", (unsigned long long)command->unit);
    }
    if (context->units && context->units->count > 0 &&
        !fq_units_find(context->units, command->unit)) {
        return fq_fail(out_why, FQ_REASON_UNIT_UNKNOWN, "%010llu",
                       (unsigned long long)command->unit);
    }
    return FQ_OK;
}

/* The greatest number a field takes: more than anything it counts is. */
static uint64_t most_of(enum fq_field field)
{
    switch (field) {
    case FQ_FIELD_PERSONS:
        return FQ_COMMAND_PERSONS_MAX;
    case FQ_FIELD_MINUTES:
        return FQ_COMMAND_MINUTES_MAX;
    case FQ_FIELD_ROUNDS:
        return FQ_SWEEP_ROUNDS_MAX;
    case FQ_FIELD_HOUSEHOLDS:
        return FQ_SWEEP_HOUSEHOLDS_MAX;
    case FQ_FIELD_FOUND:
        return FQ_SWEEP_FOUND_MAX;
    case FQ_FIELD_COUNT:
        return FQ_ACTIVITY_COUNT_MAX;
    default:
        return UINT64_MAX;
    }
}

fq_err fq_command_check_number(const struct fq_event *command, enum fq_field field,
                               struct fq_why *out_why)
{
    unsigned long long value = command->value[field], most = most_of(field);

    return value <= most ? FQ_OK
                         : fq_fail(out_why, FQ_REASON_NUMBER, "%s: %llu > %llu",
                                   fq_field_row(field)->name, value, most);
}

/* ---- sweeps (Q1) ---- */

fq_err fq_campaign_check(const struct fq_service_context *context, uint64_t number, uint32_t area,
                         uint16_t date, struct fq_why *out_why)
{
    const struct fq_campaign *campaign = fq_campaigns_find(context->campaigns, number);
    char first[FQ_DATE_TEXT_SIZE], last[FQ_DATE_TEXT_SIZE], given[FQ_DATE_TEXT_SIZE];

    if (!campaign || !fq_campaign_is_made(campaign)) {
        return fq_fail(out_why, FQ_REASON_CAMPAIGN_UNKNOWN, "%llu", (unsigned long long)number);
    }
    if (!fq_areas_covers(context->areas, campaign->area, area)) {
        return fq_fail(out_why, FQ_REASON_CAMPAIGN_OUTSIDE, "%s: %06u, %06u", campaign->name,
                       campaign->area, area);
    }
    bool is_closed = fq_campaign_is_closed(campaign);
    uint16_t end = is_closed && campaign->closed_on < campaign->last_day ? campaign->closed_on
                                                                         : campaign->last_day;
    if (date < campaign->first_day || date > end) {
        fq_date_format(campaign->first_day, first);
        fq_date_format(end, last);
        fq_date_format(date, given);
        return fq_fail(out_why, FQ_REASON_CAMPAIGN_OUTSIDE, "%s: %s..%s, %s", campaign->name, first,
                       last, given);
    }
    return FQ_OK;
}

static fq_err check_place(const struct fq_service_context *context, const struct fq_event *command,
                          struct fq_why *out_why)
{
    uint64_t place = command->value[FQ_FIELD_PLACE];

    if (place == 0) {
        return FQ_OK;
    }
    if (!fq_place_is_code(place) || (context->places && !fq_places_know(context->places, place))) {
        return fq_fail(out_why, FQ_REASON_PLACE_UNKNOWN, "%llu", (unsigned long long)place);
    }
    if (fq_place_county(place) != command->area) {
        return fq_fail(out_why, FQ_REASON_PLACE_FOREIGN, "%llu: %06u", (unsigned long long)place,
                       command->area);
    }
    return FQ_OK;
}

static fq_err check_sweep(const struct fq_service_context *context, const struct fq_event *command,
                          struct fq_why *out_why)
{
    const struct fq_area *area = fq_areas_find(context->areas, command->area);
    uint64_t campaign = command->value[FQ_FIELD_CAMPAIGN];

    if (area && area->tier != FQ_TIER_COUNTY) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%06u", command->area);
    }
    if (command->unit == 0 && command->value[FQ_FIELD_PLACE] == 0) {
        return fq_fail(out_why, FQ_REASON_FIELD, "unit, place");
    }
    if (command->value[FQ_FIELD_ROUNDS] == 0) {
        return fq_fail(out_why, FQ_REASON_FIELD, "rounds: 0");
    }
    fq_err err = check_unit(context, command, out_why);
    err = err ? err : check_place(context, command, out_why);
    err = err ? err : fq_command_check_number(command, FQ_FIELD_ROUNDS, out_why);
    err = err ? err : fq_command_check_number(command, FQ_FIELD_HOUSEHOLDS, out_why);
    err = err ? err : fq_command_check_number(command, FQ_FIELD_FOUND, out_why);
    if (!err && campaign) {
        err = fq_campaign_check(context, campaign, command->area, command->date, out_why);
    }
    return err;
}

/* ---- activities (Q2) ---- */

/* Whole months, as many as the indicator's and where the reporting year parts into so many. */
static fq_err check_days(const struct fq_service_context *context, const struct fq_event *command,
                         const struct fq_code *indicator, struct fq_why *out_why)
{
    static const char *const names[] = {
        [1] = "month", [3] = "quarter", [6] = "half", [12] = "year"};
    uint16_t first_day = (uint16_t)command->value[FQ_FIELD_FIRST_DAY];
    uint16_t last_day = (uint16_t)command->value[FQ_FIELD_LAST_DAY];
    uint16_t first = fq_month_of(first_day), last = fq_month_of(last_day);
    uint8_t months = indicator->of_indicator.months;
    unsigned place = 0;

    if (months == 0) {
        return FQ_OK;
    }
    if (context->calendar) {
        (void)fq_calendar_year_of(context->calendar, first, &place);
    }
    bool are_whole = first_day == fq_month_first_day(first) && last_day == fq_month_last_day(last);
    return are_whole && last - first + 1 == months && place % months == 0
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_ACTIVITY_DAYS, "%s: %s", indicator->id, names[months]);
}

static fq_err check_tier(const struct fq_service_context *context, const struct fq_event *command,
                         const struct fq_code *indicator, struct fq_why *out_why)
{
    const struct fq_area *area = fq_areas_find(context->areas, command->area);
    uint8_t tier = indicator->of_indicator.tier;

    return tier == 0 || (area && area->tier == tier)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_ACTIVITY_TIER, "%s: %s", indicator->id,
                         fq_tier_name((enum fq_tier)tier));
}

/* The reports of one area and unit that have to do with a command's: of its indicator, of the one it
 * is a part of, of those that are parts of it; what the command reports among them. */
struct related {
    struct fq_reports reports;
    struct fq_report told; /* by the command */
    const struct fq_code *indicator;
    const struct fq_codes *codes;
};

static bool is_related(const struct related *related, const struct fq_report *report)
{
    uint16_t own = related->indicator->number;
    const struct fq_code *other =
        fq_codes_find(related->codes, FQ_CODES_INDICATOR, report->indicator);

    return other && report->area == related->told.area && report->unit == related->told.unit &&
           (other->number == own || other->number == related->indicator->of_indicator.at_most ||
            other->of_indicator.at_most == own);
}

static bool is_of_same_days(const struct fq_report *a, const struct fq_report *b)
{
    return a->indicator == b->indicator && a->first_day == b->first_day &&
           a->last_day == b->last_day;
}

/* A report of the same days replaces what was there. */
static void put_report(struct related *related, const struct fq_report *report)
{
    struct fq_reports *reports = &related->reports;
    uint32_t at = 0;

    while (at < reports->count && !is_of_same_days(&reports->rows[at], report)) {
        at++;
    }
    reports->rows[at] = *report;
    reports->count += at == reports->count;
}

static fq_err find_related(const struct fq_service_context *context, const struct fq_event *command,
                           struct related *related, struct fq_why *out_why)
{
    const struct fq_view *view = context->view;
    size_t rows_max = view->activity_count + (size_t)context->rehearsed_count + 1;
    struct fq_dispute entity = {.facts = 0};
    struct fq_report report;

    fq_dispute_apply(&entity, command);
    (void)fq_report_of(&entity, &related->told);
    related->reports.count = 0;
    related->reports.rows = fq_arena_take_raw(context->arena, rows_max * sizeof(struct fq_report));
    if (!related->reports.rows) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (uint32_t i = 0; i < view->activity_count; i++) {
        if (view->activities[i].area == related->told.area &&
            fq_report_of(&view->disputes[view->activities[i].place], &report) &&
            is_related(related, &report)) {
            related->reports.rows[related->reports.count++] = report;
        }
    }
    for (uint32_t i = 0; i < context->rehearsed_count; i++) {
        if (fq_report_of(&context->rehearsed[i], &report) && is_related(related, &report)) {
            put_report(related, &report);
        }
    }
    put_report(related, &related->told);
    return fq_reports_settle(related->codes, context->arena, &related->reports)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
}

static fq_err check_overlap(const struct related *related, struct fq_why *out_why)
{
    char first[FQ_DATE_TEXT_SIZE], last[FQ_DATE_TEXT_SIZE];
    const struct fq_report *told = &related->told;

    if (related->indicator->of_indicator.is_stock || told->count == 0) {
        return FQ_OK;
    }
    for (uint32_t i = 0; i < related->reports.count; i++) {
        const struct fq_report *other = &related->reports.rows[i];
        if (other->indicator == told->indicator && other->count > 0 &&
            !is_of_same_days(other, told) && fq_reports_share_days(other, told)) {
            fq_date_format(other->first_day, first);
            fq_date_format(other->last_day, last);
            return fq_fail(out_why, FQ_REASON_ACTIVITY_OVERLAP, "%s: %s..%s",
                           related->indicator->id, first, last);
        }
    }
    return FQ_OK;
}

/* What stands of the indicator within the days; `out_are_full` when no day of them is without. */
static uint64_t sum_within(const struct related *related, uint16_t indicator,
                           const struct fq_report *days, bool *out_are_full)
{
    uint64_t sum = 0;
    uint32_t next_day = days->first_day; /* rows are by first day */

    for (uint32_t i = 0; i < related->reports.count; i++) {
        const struct fq_report *report = &related->reports.rows[i];
        if (report->indicator == indicator && !report->is_aside &&
            report->first_day >= days->first_day && report->last_day <= days->last_day) {
            sum += report->count;
            if (report->first_day <= next_day && report->last_day >= next_day) {
                next_day = report->last_day + 1u;
            }
        }
    }
    *out_are_full = next_day > days->last_day;
    return sum;
}

static fq_err check_bound(const struct related *related, const struct fq_code *part,
                          const struct fq_code *whole, struct fq_why *out_why)
{
    const struct fq_report *told = &related->told;

    for (uint32_t i = 0; i < related->reports.count; i++) {
        const struct fq_report *report = &related->reports.rows[i];
        bool are_full, is_of_part = report->indicator == part->number;
        if ((!is_of_part && report->indicator != whole->number) || report->is_aside ||
            report->first_day > told->first_day || report->last_day < told->last_day) {
            continue;
        }
        uint64_t sum =
            sum_within(related, is_of_part ? whole->number : part->number, report, &are_full);
        uint64_t part_count = is_of_part ? report->count : sum;
        uint64_t whole_count = is_of_part ? sum : report->count;
        if (part_count > whole_count && (are_full || !is_of_part)) {
            return fq_fail(out_why, FQ_REASON_ACTIVITY_IMPOSSIBLE, "%s %llu > %s %llu", part->id,
                           (unsigned long long)part_count, whole->id,
                           (unsigned long long)whole_count);
        }
    }
    return FQ_OK;
}

static fq_err check_bounds(const struct related *related, struct fq_why *out_why)
{
    const struct fq_code *own = related->indicator;
    const struct fq_code *whole =
        fq_codes_find(related->codes, FQ_CODES_INDICATOR, own->of_indicator.at_most);
    fq_err err = whole ? check_bound(related, own, whole, out_why) : FQ_OK;

    for (uint32_t i = 0; i < related->codes->tables[FQ_CODES_INDICATOR].count && !err; i++) {
        const struct fq_code *part = &related->codes->tables[FQ_CODES_INDICATOR].rows[i];
        if (part->of_indicator.at_most == own->number) {
            err = check_bound(related, part, own, out_why);
        }
    }
    return err;
}

static fq_err check_with_others(const struct fq_service_context *context,
                                const struct fq_event *command, const struct fq_code *indicator,
                                struct fq_why *out_why)
{
    struct related related = {.indicator = indicator, .codes = context->codes};
    size_t before = context->arena->used;
    fq_err err = find_related(context, command, &related, out_why);

    err = err ? err : check_overlap(&related, out_why);
    err = err ? err : check_bounds(&related, out_why);
    context->arena->used = before;
    return err;
}

static fq_err check_activity(const struct fq_service_context *context,
                             const struct fq_event *command, struct fq_why *out_why)
{
    uint64_t number = command->value[FQ_FIELD_INDICATOR];
    uint64_t first_day = command->value[FQ_FIELD_FIRST_DAY];
    uint64_t last_day = command->value[FQ_FIELD_LAST_DAY];
    const struct fq_code *indicator = fq_codes_find(context->codes, FQ_CODES_INDICATOR, number);
    char first[FQ_DATE_TEXT_SIZE], last[FQ_DATE_TEXT_SIZE];

    if (!indicator) {
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "indicator: %llu",
                       (unsigned long long)number);
    }
    if (!is_day(first_day) || !is_day(last_day)) {
        return fq_fail(out_why, FQ_REASON_DATE, "%s", is_day(first_day) ? "last_day" : "first_day");
    }
    if (first_day > last_day) {
        fq_date_format((uint16_t)first_day, first);
        fq_date_format((uint16_t)last_day, last);
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "%s < %s", last, first);
    }
    if (indicator->of_indicator.is_stock && first_day != last_day) {
        return fq_fail(out_why, FQ_REASON_FIELD, "first_day: %s", indicator->id);
    }
    if (fq_event_bytes(command, FQ_FIELD_SIGNER).size == 0) {
        return fq_fail(out_why, FQ_REASON_FIELD, "signer");
    }
    fq_err err = check_unit(context, command, out_why);
    err = err ? err : check_tier(context, command, indicator, out_why);
    err = err ? err : check_days(context, command, indicator, out_why);
    err = err ? err : fq_command_check_number(command, FQ_FIELD_COUNT, out_why);
    return err ? err : check_with_others(context, command, indicator, out_why);
}

/* ---- campaigns (Q3) ---- */

static fq_err check_name(const struct fq_service_context *context, struct fq_span name,
                         struct fq_why *out_why)
{
    int shown = (int)name.size; /* fq_campaign_read bounds it */
    struct fq_period period;
    bool is_number = true;

    if (!fq_utf8_is_valid(name)) {
        return fq_fail(out_why, FQ_REASON_TEXT_ENCODING, "name");
    }
    for (size_t i = 0; i < name.size; i++) {
        is_number &= name.data[i] >= '0' && name.data[i] <= '9';
        if (name.data[i] < ' ' || name.data[i] == 0x7f) {
            return fq_fail(out_why, FQ_REASON_FIELD, "name");
        }
    }
    if (is_number || fq_period_parse(name, &period)) {
        return fq_fail(out_why, FQ_REASON_CAMPAIGN_NAME, "%.*s", shown, (const char *)name.data);
    }
    for (uint32_t i = 0; i < context->campaigns->count; i++) {
        const struct fq_campaign *other = &context->campaigns->rows[i];
        if (fq_campaign_is_made(other) && !fq_campaign_is_closed(other) &&
            fq_span_equal(fq_span_text(other->name), name)) {
            return fq_fail(out_why, FQ_REASON_CAMPAIGN_NAME, "%.*s: %u", shown,
                           (const char *)name.data, other->number);
        }
    }
    return FQ_OK;
}

static fq_err check_making(const struct fq_service_context *context,
                           const struct fq_campaign_terms *terms, struct fq_why *out_why)
{
    if (fq_campaigns_find(context->campaigns, terms->number)) { /* the id is another's: Z3 */
        return fq_fail(out_why, FQ_REASON_COMMAND_CLASH, "campaign %u", terms->number);
    }
    if (context->campaigns->count >= FQ_CAMPAIGNS_MAX) {
        return fq_fail(out_why, FQ_REASON_TOO_MANY, "%d campaigns", FQ_CAMPAIGNS_MAX);
    }
    return check_name(context, terms->name, out_why);
}

static fq_err check_closing(const struct fq_service_context *context,
                            const struct fq_campaign_terms *terms, uint16_t date,
                            struct fq_why *out_why)
{
    const struct fq_campaign *campaign = fq_campaigns_find(context->campaigns, terms->number);
    char first[FQ_DATE_TEXT_SIZE], given[FQ_DATE_TEXT_SIZE];

    if (!campaign || !fq_campaign_is_made(campaign) || campaign->area != terms->area) {
        return fq_fail(out_why, FQ_REASON_CAMPAIGN_UNKNOWN, "%u", terms->number);
    }
    if (fq_campaign_is_closed(campaign)) {
        fq_date_format(campaign->closed_on, given);
        return fq_fail(out_why, FQ_REASON_CAMPAIGN_CLOSED, "%s: %s", campaign->name, given);
    }
    if (date < campaign->first_day) {
        fq_date_format(campaign->first_day, first);
        fq_date_format(date, given);
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "%s < %s", given, first);
    }
    return FQ_OK;
}

static fq_err check_control(const struct fq_service_context *context,
                            const struct fq_event *command, struct fq_why *out_why)
{
    struct fq_campaign_terms terms;

    if (command->value[FQ_FIELD_VERB] == FQ_CONTROL_PERIOD_SEAL) {
        return context->is_sealing ? FQ_OK : fq_fail(out_why, FQ_REASON_FIELD, "verb"); /* Q4 */
    }
    if (!fq_campaign_read(command, &terms) || command->area != terms.area) {
        return fq_fail(out_why, FQ_REASON_FIELD, "payload");
    }
    return command->value[FQ_FIELD_VERB] == FQ_CONTROL_CAMPAIGN
               ? check_making(context, &terms, out_why)
               : check_closing(context, &terms, command->date, out_why);
}

fq_err fq_command_service_check(const struct fq_service_context *context,
                                const struct fq_event *command, struct fq_why *out_why)
{
    if (fq_id_is_zero(&command->cmd_id) || !fq_id_is_zero(&command->dispute)) {
        return fq_fail(out_why, FQ_REASON_FIELD, "dispute");
    }
    if (!is_day(command->date)) {
        return fq_fail(out_why, FQ_REASON_DATE, "%u", command->date);
    }
    const struct fq_area *own = fq_areas_find(context->areas, context->own_area);
    bool is_campaign = command->kind == FQ_EVENT_CONTROL &&
                       command->value[FQ_FIELD_VERB] != FQ_CONTROL_PERIOD_SEAL;
    if (is_campaign && (!own || own->tier == FQ_TIER_COUNTY)) {
        return fq_fail(out_why, FQ_REASON_CAMPAIGN_TIER, "%06u", context->own_area);
    }
    fq_err err = check_area(context, command->area, out_why);
    if (err) {
        return err;
    }
    switch (command->kind) {
    case FQ_EVENT_SWEEP:
        return check_sweep(context, command, out_why);
    case FQ_EVENT_ACTIVITY:
        return check_activity(context, command, out_why);
    case FQ_EVENT_CONTROL:
        return check_control(context, command, out_why);
    default:
        return fq_fail(out_why, FQ_REASON_FIELD, "kind %u", command->kind);
    }
}
