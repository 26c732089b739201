/* The verbs `campaign.list`, `campaign.report` and `coverage`: who screened, who found nothing, who has
 * not reported. All are one scan over the view: screenings are few beside events. What came late is no
 * matter of the view's: coverage adds it from the tally. */
#include "completeness.h"
#include "services.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_SIZE_MAX (200 * 1024)
#define ROW_SIZE_MAX 1024
#define FIRST_VILLAGE UINT64_C(100000000000) /* towns have fewer digits */
#define TOWN_OF_VILLAGE 1000                 /* a village's code by this is its town's */

/* ---- the tally: one row per county, unit or place ---- */

enum by { BY_AREA, BY_UNIT, BY_PLACE };

struct tally {
    uint64_t key; /* area code, unit code or place code */
    uint32_t area;
    uint16_t last_day; /* of its last sweep */
    uint64_t sweeps, zero_reports, households, found;
    uint64_t registered, accepted, agreed, resolved; /* disputes of the campaign */
    struct fq_punctuality punctuality;               /* of all facts of its months */
};

struct tallies {
    struct tally *rows; /* by key */
    uint32_t count;
};

struct scan {
    const struct fq_node *node;
    const struct fq_scope *scope;
    enum by by;
    bool has_disputes; /* count those of the campaign, too */
    bool has_tally;    /* and what is in the tally */
    struct tally *rows;
    uint32_t count, capacity;
    uint32_t last_area; /* the last one asked about, and the answer */
    bool is_covered;
};

static bool is_covered(struct scan *scan, uint32_t area)
{
    const struct fq_campaign *campaign = scan->scope->campaign;
    const struct fq_areas *areas = &scan->node->areas;

    if (area != scan->last_area) {
        scan->last_area = area;
        scan->is_covered = fq_areas_covers(areas, scan->scope->area, area) &&
                           (!campaign || fq_areas_covers(areas, campaign->area, area));
    }
    return scan->is_covered;
}

/* The live event that says what the entity is: the newest of `step`. False when there is none. */
static bool read_fact(const struct fq_view *view, const struct fq_dispute *dispute, unsigned step,
                      struct fq_event *out_event)
{
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->step == step && !fact->is_voided) {
            fq_fact_unpack(fact, out_event);
            return true;
        }
    }
    return false;
}

static bool is_of_campaign(const struct scan *scan, const struct fq_event *event)
{
    const struct fq_campaign *campaign = scan->scope->campaign;

    return !campaign || event->value[FQ_FIELD_CAMPAIGN] == campaign->number;
}

static uint64_t key_of(const struct scan *scan, uint32_t area, const struct fq_event *event)
{
    return scan->by == BY_AREA   ? area
           : scan->by == BY_UNIT ? event->unit
                                 : event->value[FQ_FIELD_PLACE];
}

static void take_sweep(struct scan *scan, const struct fq_dispute *sweep)
{
    struct fq_event event;

    if ((sweep->flags & FQ_DISPUTE_VOIDED) ||
        !read_fact(&scan->node->core.view, sweep, FQ_EVENT_SWEEP, &event) ||
        !is_of_campaign(scan, &event)) {
        return;
    }
    uint64_t key = key_of(scan, sweep->home, &event);
    if (key == 0) {
        return; /* it names a place and no unit, or the other way round */
    }
    scan->rows[scan->count++] = (struct tally){
        .key = key,
        .area = sweep->home,
        .last_day = sweep->registered_on,
        .sweeps = 1,
        .zero_reports = event.value[FQ_FIELD_FOUND] == 0,
        .households = event.value[FQ_FIELD_HOUSEHOLDS],
        .found = event.value[FQ_FIELD_FOUND],
    };
}

static void take_dispute(struct scan *scan, const struct fq_dispute *dispute)
{
    const unsigned counted = FQ_DISPUTE_REGISTERED | FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED;
    struct fq_event event;

    if (!scan->has_disputes || (dispute->flags & counted) != FQ_DISPUTE_REGISTERED ||
        !read_fact(&scan->node->core.view, dispute, FQ_EVENT_REGISTERED, &event) ||
        !is_of_campaign(scan, &event)) {
        return;
    }
    scan->rows[scan->count++] = (struct tally){
        .key = dispute->home,
        .area = dispute->home,
        .registered = 1,
        .accepted = dispute->decision == FQ_DECISION_ACCEPTED,
        .agreed = dispute->outcome == FQ_OUTCOME_AGREED,
        .resolved = dispute->outcome != 0,
    };
}

/* Whether its facts need to be looked at. */
static bool is_candidate(struct scan *scan, const struct fq_dispute *dispute)
{
    return !(dispute->flags & FQ_DISPUTE_ACTIVITY) &&
           (scan->has_disputes || (dispute->flags & FQ_DISPUTE_SWEEP)) &&
           dispute->registered_on >= scan->scope->first_day &&
           dispute->registered_on <= scan->scope->last_day && is_covered(scan, dispute->home);
}

/* Counties of the scope that were valid on its last day: each has a row, reported or not. */
static void take_counties(struct scan *scan)
{
    const struct fq_areas *areas = &scan->node->areas;

    for (uint32_t i = 0; i < areas->count; i++) {
        const struct fq_area *area = &areas->rows[i];
        if (area->tier == FQ_TIER_COUNTY && fq_area_is_valid_on(area, scan->scope->last_day) &&
            is_covered(scan, area->code)) {
            scan->rows[scan->count++] = (struct tally){.key = area->code, .area = area->code};
        }
    }
}

/* Units of the table: those that did not report have a row, too. */
static void take_units(struct scan *scan)
{
    const struct fq_units *units = &scan->node->units;

    for (uint32_t i = 0; i < units->count; i++) {
        uint32_t area = fq_unit_area(units->rows[i].code);
        if (is_covered(scan, area)) {
            scan->rows[scan->count++] = (struct tally){.key = units->rows[i].code, .area = area};
        }
    }
}

/* A town is screened by its villages, where the table has them: they follow it. */
static bool has_villages(const struct fq_places *places, uint32_t town)
{
    return town + 1 < places->count &&
           places->rows[town + 1].code / TOWN_OF_VILLAGE == places->rows[town].code;
}

/* The places of the table that report: villages, and towns without. */
static void take_places(struct scan *scan)
{
    const struct fq_places *places = &scan->node->places;

    for (uint32_t i = 0; i < places->count; i++) {
        uint64_t code = places->rows[i].code;
        uint32_t area = fq_place_county(code);
        bool reports = code >= FIRST_VILLAGE || !has_villages(places, i);
        if (reports && is_covered(scan, area)) {
            scan->rows[scan->count++] = (struct tally){.key = code, .area = area};
        }
    }
}

static bool is_county(const struct fq_areas *areas, uint32_t code)
{
    const struct fq_area *area = fq_areas_find(areas, code);

    return area && area->tier == FQ_TIER_COUNTY;
}

/* Nodes and units of the tally. Without a table of units those are listed that ever reported. */
static void take_tally(struct scan *scan)
{
    const struct fq_coverage *coverage = &scan->node->coverage;
    uint16_t first = fq_month_of(scan->scope->first_day), last = fq_month_of(scan->scope->last_day);

    for (uint32_t i = 0; i < coverage->index.count; i++) {
        const struct fq_coverage_row *row = &coverage->rows[i];
        bool is_unit = row->key >= FQ_COVERAGE_UNIT_LEAST;
        uint32_t area = is_unit ? fq_unit_area(row->key) : (uint32_t)row->key;
        struct tally tally = {.key = row->key, .area = area};
        if (is_unit != (scan->by == BY_UNIT) || !is_covered(scan, area) ||
            (!is_unit && !is_county(&scan->node->areas, area))) {
            continue;
        }
        bool is_in = fq_coverage_add(row, first, last, &tally.punctuality);
        if (is_in || (is_unit && scan->node->units.count == 0)) {
            scan->rows[scan->count++] = tally;
        }
    }
}

static int by_key(const void *a, const void *b)
{
    const struct tally *left = a, *right = b;

    if (left->area != right->area) {
        return left->area < right->area ? -1 : 1;
    }
    return left->key < right->key ? -1 : left->key > right->key;
}

static void add_punctuality(struct fq_punctuality *to, const struct fq_punctuality *what)
{
    bool is_first = to->first_day == 0 || (what->first_day && what->first_day < to->first_day);

    to->in_time += what->in_time;
    to->recorded_late += what->recorded_late;
    to->arrived_late += what->arrived_late;
    to->sweeps += what->sweeps;
    to->first_day = is_first ? what->first_day : to->first_day;
    to->last_day = what->last_day > to->last_day ? what->last_day : to->last_day;
}

static void add_tally(struct tally *to, const struct tally *what)
{
    to->last_day = what->last_day > to->last_day ? what->last_day : to->last_day;
    to->sweeps += what->sweeps;
    to->zero_reports += what->zero_reports;
    to->households += what->households;
    to->found += what->found;
    to->registered += what->registered;
    to->accepted += what->accepted;
    to->agreed += what->agreed;
    to->resolved += what->resolved;
    add_punctuality(&to->punctuality, &what->punctuality);
}

/* Rows of one key become one. */
static uint32_t fold_rows(struct tally *rows, uint32_t count)
{
    uint32_t kept = 0;

    qsort(rows, count, sizeof *rows, by_key);
    for (uint32_t i = 0; i < count; i++) {
        if (kept > 0 && by_key(&rows[kept - 1], &rows[i]) == 0) {
            add_tally(&rows[kept - 1], &rows[i]);
        } else {
            rows[kept++] = rows[i];
        }
    }
    return kept;
}

static fq_err run_scan(struct scan *scan, struct fq_arena *arena, struct tallies *out_tallies,
                       struct fq_why *out_why)
{
    const struct fq_view *view = &scan->node->core.view;

    scan->capacity = scan->by == BY_AREA   ? scan->node->areas.count
                     : scan->by == BY_UNIT ? scan->node->units.count
                                           : scan->node->places.count;
    for (uint32_t i = 0; i < view->index.count; i++) {
        scan->capacity += is_candidate(scan, &view->disputes[i]);
    }
    scan->capacity += scan->has_tally ? scan->node->coverage.index.count : 0;
    scan->rows = fq_arena_take_raw(arena, ((size_t)scan->capacity + 1) * sizeof *scan->rows);
    if (!scan->rows) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    static void (*const take_all[])(struct scan *) = {
        [BY_AREA] = take_counties, [BY_UNIT] = take_units, [BY_PLACE] = take_places};
    take_all[scan->by](scan);
    if (scan->has_tally && scan->by != BY_PLACE) {
        take_tally(scan);
    }
    for (uint32_t i = 0; i < view->index.count; i++) {
        const struct fq_dispute *dispute = &view->disputes[i];
        if (is_candidate(scan, dispute)) {
            if (dispute->flags & FQ_DISPUTE_SWEEP) {
                take_sweep(scan, dispute);
            } else {
                take_dispute(scan, dispute);
            }
        }
    }
    *out_tallies = (struct tallies){scan->rows, fold_rows(scan->rows, scan->count)};
    return FQ_OK;
}

/* ---- campaign.list ---- */

static void put_campaign(const struct fq_campaign *campaign, struct fq_writer *writer)
{
    fq_services_put_uint(writer, "number", campaign->number);
    fq_services_put_text(writer, "campaign", campaign->name);
    fq_services_put_code(writer, "area", 6, campaign->area);
    fq_services_put_date(writer, "from", campaign->first_day);
    fq_services_put_date(writer, "to", campaign->last_day);
    fq_services_put_text(writer, "state", fq_campaign_is_closed(campaign) ? "closed" : "open");
}

#define CAMPAIGN_PAIRS 6

fq_err fq_verb_campaigns(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                         struct fq_why *out_why)
{
    const struct fq_campaigns *campaigns = &node->core.control.campaigns;
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct fq_writer rows = fq_writer_take(&node->scratch, PAGE_SIZE_MAX);
    uint32_t count = 0;

    (void)out_why;
    for (uint32_t i = from.size == 4 ? fq_get_be32(from.data) : 0; i < campaigns->count; i++) {
        const struct fq_campaign *campaign = &campaigns->rows[i];
        if (!fq_campaign_is_made(campaign)) {
            continue;
        }
        if (rows.size - rows.used < ROW_SIZE_MAX) {
            fq_put_be32(answer->cursor, i);
            answer->cursor_size = 4;
            break;
        }
        bool is_closed = fq_campaign_is_closed(campaign);
        fq_write_map(&rows, CAMPAIGN_PAIRS + 3);
        put_campaign(campaign, &rows);
        fq_services_put_date(&rows, "closed", is_closed ? campaign->closed_on : 0);
        fq_services_put_code(&rows, "origin", 8, campaign->made.id.log.origin);
        fq_services_put_time(&rows, "recorded", campaign->made.hlc >> 16);
        count++;
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}

/* ---- campaign.report ---- */

static uint64_t event_count(const struct fq_punctuality *punctuality)
{
    return punctuality->in_time + punctuality->recorded_late + punctuality->arrived_late;
}

/* Of a campaign its screenings are asked for, of a period whatever was reported. */
static bool is_missing(const struct fq_scope *scope, const struct tally *tally)
{
    return tally->sweeps == 0 && (scope->campaign || event_count(&tally->punctuality) == 0);
}

static bool is_zero_reported(const struct fq_scope *scope, const struct tally *tally)
{
    bool is_all = scope->campaign || event_count(&tally->punctuality) <= tally->punctuality.sweeps;

    return tally->sweeps > 0 && tally->zero_reports == tally->sweeps && is_all;
}

static const char *state_of(const struct fq_scope *scope, const struct tally *tally)
{
    return is_missing(scope, tally)         ? "missing"
           : is_zero_reported(scope, tally) ? "zero_reported"
                                            : "reported";
}

#define SWEEP_PAIRS 4

static void put_sweeps(const struct tally *tally, struct fq_writer *writer)
{
    fq_services_put_uint(writer, "sweeps", tally->sweeps);
    fq_services_put_uint(writer, "zero_reports", tally->zero_reports);
    fq_services_put_uint(writer, "households", tally->households);
    fq_services_put_uint(writer, "found", tally->found);
}

#define DISPUTE_PAIRS 4

static void put_disputes(const struct tally *tally, struct fq_writer *writer)
{
    fq_services_put_uint(writer, "registered", tally->registered);
    fq_services_put_uint(writer, "accepted", tally->accepted);
    fq_services_put_uint(writer, "agreed", tally->agreed);
    fq_services_put_uint(writer, "resolved", tally->resolved);
}

static void put_missing(const struct fq_scope *scope, const struct tallies *tallies,
                        struct fq_writer *writer)
{
    uint32_t count = 0;
    char text[8];

    for (uint32_t i = 0; i < tallies->count; i++) {
        count += is_missing(scope, &tallies->rows[i]);
    }
    fq_write_text(writer, "missing");
    fq_write_array(writer, count);
    for (uint32_t i = 0; i < tallies->count; i++) {
        if (is_missing(scope, &tallies->rows[i])) {
            snprintf(text, sizeof text, "%06u", tallies->rows[i].area);
            fq_write_text(writer, text);
        }
    }
}

static void put_report_rows(const struct fq_node *node, const struct fq_scope *scope,
                            const struct tallies *tallies, struct fq_writer *writer)
{
    fq_write_text(writer, "rows");
    fq_write_array(writer, tallies->count);
    for (uint32_t i = 0; i < tallies->count; i++) {
        const struct tally *tally = &tallies->rows[i];
        fq_write_map(writer, 5 + SWEEP_PAIRS + DISPUTE_PAIRS);
        fq_services_put_code(writer, "area", 6, tally->area);
        fq_services_put_names(node, tally->area, writer);
        fq_services_put_text(writer, "state", state_of(scope, tally));
        put_sweeps(tally, writer);
        put_disputes(tally, writer);
        fq_services_put_date(writer, "last", tally->last_day);
    }
}

fq_err fq_verb_campaign_report(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                               struct fq_why *out_why)
{
    struct fq_scope scope = {0};
    struct tallies tallies = {0};
    struct tally total = {0};
    struct fq_writer *writer = &answer->writer;
    fq_err err = fq_services_read_campaign_scope(node, args, &scope, out_why);
    struct scan scan = {.node = node, .scope = &scope, .by = BY_AREA, .has_disputes = true};
    err = err ? err : run_scan(&scan, &node->scratch, &tallies, out_why);
    if (err) {
        return err;
    }
    for (uint32_t i = 0; i < tallies.count; i++) {
        add_tally(&total, &tallies.rows[i]);
    }
    fq_write_map(writer, CAMPAIGN_PAIRS + 4);
    put_campaign(scope.campaign, writer);
    fq_services_put_code(writer, "scope", 6, scope.area);
    put_report_rows(node, &scope, &tallies, writer);
    fq_write_text(writer, "total");
    fq_write_map(writer, SWEEP_PAIRS + DISPUTE_PAIRS);
    put_sweeps(&total, writer);
    put_disputes(&total, writer);
    put_missing(&scope, &tallies, writer);
    return writer->is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "campaign.report") : FQ_OK;
}

/* ---- coverage ---- */

static fq_err read_by(struct fq_span args, enum by *out_by, struct fq_why *out_why)
{
    static const char *const names[] = {
        [BY_AREA] = "area", [BY_UNIT] = "unit", [BY_PLACE] = "place"};
    struct fq_span text = fq_map_text(args, "by");

    *out_by = BY_AREA;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (fq_span_equal(text, fq_span_text(names[i]))) {
            *out_by = (enum by)i;
            return FQ_OK;
        }
    }
    return text.size == 0 ? FQ_OK
                          : fq_fail(out_why, FQ_REASON_MEASURE_UNKNOWN, "%.*s; area unit place",
                                    (int)(text.size & 63), (const char *)text.data);
}

/* The names of what the row is about; none where no table has them. */
static void put_names(const struct fq_node *node, const struct tally *tally, enum by by,
                      struct fq_writer *writer)
{
    const struct fq_unit *unit = by == BY_UNIT ? fq_units_find(&node->units, tally->key) : NULL;
    const struct fq_place *place =
        by == BY_PLACE ? fq_places_find(&node->places, tally->key) : NULL;

    if (by == BY_AREA) {
        fq_services_put_names(node, tally->area, writer);
        return;
    }
    fq_services_put_text(writer, "name", unit ? unit->name_en : place ? place->name_zh : "");
    fq_services_put_text(writer, "name_zh", unit ? unit->name_zh : place ? place->name_zh : "");
}

/* Whether what was reported came in time: in which of the ways it was late, if any of it was. */
static const char *timing_of(const struct fq_punctuality *punctuality)
{
    return punctuality->arrived_late    ? "arrived_late"
           : punctuality->recorded_late ? "recorded_late"
           : punctuality->in_time       ? "in_time"
                                        : NULL;
}

#define TIMING_PAIRS 9

static void put_timing(const struct scan *scan, const struct tally *tally, struct fq_writer *writer)
{
    const struct fq_punctuality *punctuality = &tally->punctuality;
    const char *timing = timing_of(punctuality);
    uint64_t deadline_ms = fq_calendar_deadline(
        &scan->node->calendar, scan->by == BY_AREA ? FQ_REPORTER_COUNTY : FQ_REPORTER_UNIT,
        fq_month_of(scan->scope->last_day));

    fq_services_put_time(writer, "deadline", deadline_ms == UINT64_MAX ? 0 : deadline_ms);
    fq_write_text(writer, "timing");
    if (timing) {
        fq_write_text(writer, timing);
    } else {
        fq_write_nil(writer);
    }
    fq_services_put_bool(writer, "late", punctuality->recorded_late || punctuality->arrived_late);
    fq_services_put_uint(writer, "events", event_count(punctuality));
    fq_services_put_uint(writer, "in_time", punctuality->in_time);
    fq_services_put_uint(writer, "recorded_late", punctuality->recorded_late);
    fq_services_put_uint(writer, "arrived_late", punctuality->arrived_late);
    fq_services_put_date(writer, "first_date", punctuality->first_day);
    fq_services_put_date(writer, "last_date", punctuality->last_day);
}

#define HEARING_PAIRS 6

/* Of the node of the row's county: how far it was heard, and what keeps it from being complete. */
static void put_hearing(const struct scan *scan, const struct fq_hearing *hearing,
                        struct fq_writer *writer)
{
    enum fq_reason reason = fq_service_judge(scan->node, hearing, scan->scope->last_day);
    const struct fq_reason_row *row = reason ? fq_reason_find((unsigned)reason) : NULL;
    char code[16];

    fq_services_put_time(writer, "heard", hearing->heard_ms);
    fq_services_put_uint(writer, "announced", hearing->announced);
    fq_services_put_uint(writer, "held", hearing->held);
    fq_services_put_bool(writer, "complete", reason == FQ_REASON_NONE);
    fq_write_text(writer, "reason");
    if (reason) {
        fq_write_text(writer, row ? row->cause : "");
    } else {
        fq_write_nil(writer);
    }
    fq_write_text(writer, "code");
    if (reason) {
        snprintf(code, sizeof code, "FQ-%04u", (unsigned)reason);
        fq_write_text(writer, code);
    } else {
        fq_write_nil(writer);
    }
}

static void put_coverage(const struct scan *scan, const struct tally *tally,
                         struct fq_writer *writer)
{
    const struct fq_node *node = scan->node;
    struct fq_hearing hearing = fq_service_hear(node, tally->area);
    bool is_absent = is_missing(scan->scope, tally);

    fq_write_map(writer, 11 + SWEEP_PAIRS + TIMING_PAIRS + HEARING_PAIRS);
    fq_services_put_code(writer, "area", 6, tally->area);
    put_names(node, tally, scan->by, writer);
    fq_services_put_code(writer, "node", 8, hearing.origin);
    fq_services_put_code(writer, "unit", 10, scan->by == BY_UNIT ? tally->key : 0);
    fq_services_put_code(writer, "place", 1, scan->by == BY_PLACE ? tally->key : 0);
    fq_services_put_text(writer, "state", state_of(scan->scope, tally));
    fq_services_put_bool(writer, "reported", !is_absent);
    fq_services_put_bool(writer, "zero_reported", is_zero_reported(scan->scope, tally));
    fq_services_put_bool(writer, "missing", is_absent);
    put_sweeps(tally, writer);
    fq_services_put_date(writer, "last", tally->last_day);
    put_timing(scan, tally, writer);
    put_hearing(scan, &hearing, writer);
}

fq_err fq_verb_coverage(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                        struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct fq_writer rows = fq_writer_take(&node->scratch, PAGE_SIZE_MAX);
    struct fq_scope scope;
    struct tallies tallies = {0};
    struct scan scan = {.node = node, .scope = &scope, .has_tally = true};
    fq_err err = fq_services_read_scope(node, args, &scope, out_why);

    err = err ? err : read_by(args, &scan.by, out_why);
    err = err ? err : run_scan(&scan, &node->scratch, &tallies, out_why);
    if (err) {
        return err;
    }
    uint32_t first = from.size == 4 ? fq_get_be32(from.data) : 0, at = first;
    while (at < tallies.count && rows.size - rows.used > ROW_SIZE_MAX) {
        put_coverage(&scan, &tallies.rows[at++], &rows);
    }
    fq_write_array(&answer->writer, at > first ? at - first : 0);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    if (at < tallies.count) {
        fq_put_be32(answer->cursor, at);
        answer->cursor_size = 4;
    }
    return FQ_OK;
}
