/* Commands of the other services: sweeps (Q1), activities (Q2), campaigns (Q3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/command.h"
#include "support/world.h"

#define UNIT (WORLD_COUNTY * UINT64_C(10000) + 1)
#define VILLAGE UINT64_C(410105001001)
#define HANDLED 101
#define SUCCEEDED 102
#define SEATS 408 /* a stock */

static struct world world;
static struct world_view *held;
static struct fq_campaigns *campaigns;
static struct fq_service_context context;
static struct fq_why why;
static uint8_t payload[FQ_CAMPAIGN_PAYLOAD_MAX];
static uint8_t memory[1 << 16];
static struct fq_arena arena;

static int begin(void **state)
{
    (void)state;
    world_open(&world);
    held = world_view_open(&world);
    campaigns = calloc(1, sizeof *campaigns);
    context = (struct fq_service_context){.areas = &world.areas,
                                          .codes = &world.codes,
                                          .own_area = WORLD_COUNTY,
                                          .view = &held->view,
                                          .campaigns = campaigns,
                                          .arena = &arena};
    arena = fq_arena_over(memory, sizeof memory);
    return campaigns ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    free(campaigns);
    world_view_close(held);
    world_close(&world);
    return 0;
}

static fq_err check(struct fq_event *command)
{
    const struct fq_command_context whole = {.areas = &world.areas,
                                             .codes = &world.codes,
                                             .own_area = context.own_area,
                                             .services = &context};

    why = (struct fq_why){.reason = FQ_REASON_NONE};
    fq_command_service_complete(&context, command);
    return fq_command_check(&whole, NULL, command, &why);
}

static void taken(struct fq_event command)
{
    fq_err err = check(&command);

    if (err) {
        fail_msg("%u %s", why.reason, why.detail);
    }
}

static void refused(struct fq_event command, enum fq_reason reason)
{
    assert_int_not_equal(check(&command), FQ_OK);
    if (why.reason != reason) {
        fail_msg("%u %s, not %u", why.reason, why.detail, reason);
    }
}

static struct fq_event sweep(void)
{
    struct fq_event event = {.kind = FQ_EVENT_SWEEP,
                             .step = FQ_EVENT_SWEEP,
                             .cmd_id = world_id(9),
                             .unit = UNIT,
                             .date = world_date("2021-03-10")};

    event.value[FQ_FIELD_ROUNDS] = 1;
    event.value[FQ_FIELD_HOUSEHOLDS] = 120;
    return event;
}

static struct fq_event activity(uint16_t indicator, uint64_t count)
{
    struct fq_event event = {.kind = FQ_EVENT_ACTIVITY,
                             .step = FQ_EVENT_ACTIVITY,
                             .cmd_id = world_id((uint8_t)(indicator % 200)),
                             .date = world_date("2021-07-05")};

    event.value[FQ_FIELD_INDICATOR] = indicator;
    event.value[FQ_FIELD_FIRST_DAY] = world_date("2021-01-01");
    event.value[FQ_FIELD_LAST_DAY] = world_date("2021-06-30");
    event.value[FQ_FIELD_COUNT] = count;
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_SIGNER, fq_span_text("李")));
    return event;
}

static struct fq_event campaign(uint8_t command, uint32_t area, const char *name)
{
    const struct fq_campaign_terms terms = {.area = area,
                                            .first_day = world_date("2021-03-01"),
                                            .last_day = world_date("2021-05-31"),
                                            .name = fq_span_text(name)};
    struct fq_event event = {.cmd_id = world_id(command), .date = world_date("2021-02-20")};

    assert_true(fq_campaign_write(&terms, FQ_CONTROL_CAMPAIGN, payload, &event));
    return event;
}

static struct fq_event closing(uint32_t number, const char *date)
{
    const struct fq_campaign_terms terms = {.number = number, .area = WORLD_CITY};
    struct fq_event event = {.cmd_id = world_id(77), .date = world_date(date)};

    assert_true(fq_campaign_write(&terms, FQ_CONTROL_CAMPAIGN_CLOSED, payload, &event));
    return event;
}

/* Fold it as the city's. */
static void fold(struct fq_event event, uint64_t seq)
{
    event.hlc = seq;
    event.id = (struct fq_event_id){{WORLD_CITY * 100 + 1, FQ_STREAM_CONTROL, 1}, seq};
    assert_true(fq_campaigns_fold(campaigns, &world.areas, &event));
}

static uint32_t open_campaign(void)
{
    struct fq_event event = campaign(1, WORLD_CITY, "spring");

    fold(event, 1);
    return fq_campaign_number(&event.cmd_id);
}

/* ---- sweeps ---- */

static void test_q1_a_sweep_may_find_nothing(void **state)
{
    (void)state;
    struct fq_event event = sweep();

    assert_int_equal(check(&event), FQ_OK);
    assert_int_equal(event.area, WORLD_COUNTY); /* completed */
}

static void test_q1_a_sweep_names_a_unit_or_a_place(void **state)
{
    (void)state;
    struct fq_event event = sweep();

    event.unit = 0;
    refused(event, FQ_REASON_FIELD);
    event.value[FQ_FIELD_PLACE] = VILLAGE;
    taken(event);
    event.value[FQ_FIELD_PLACE] = VILLAGE / 100;
    refused(event, FQ_REASON_PLACE_UNKNOWN);
    event.value[FQ_FIELD_PLACE] = UINT64_C(410102001001);
    refused(event, FQ_REASON_PLACE_FOREIGN);
    event = sweep();
    event.unit = WORLD_FAR * UINT64_C(10000) + 1;
    refused(event, FQ_REASON_UNIT);
}

static void test_q1_what_the_tables_do_not_know_is_no_unit_and_no_village(void **state)
{
    (void)state;
    struct fq_unit unit = {.code = UNIT, .kind = FQ_KIND_PEOPLE};
    struct fq_place places_of[] = {{.code = VILLAGE / 1000}, {.code = VILLAGE}};
    struct fq_units units = {.rows = &unit, .count = 1};
    struct fq_places places = {.rows = places_of, .count = 2};
    struct fq_event event = sweep();

    context.units = &units;
    context.places = &places;
    event.value[FQ_FIELD_PLACE] = VILLAGE;
    taken(event);
    event.value[FQ_FIELD_PLACE] = VILLAGE + 1;
    refused(event, FQ_REASON_PLACE_UNKNOWN);
    event = sweep();
    event.unit = UNIT + 1;
    refused(event, FQ_REASON_UNIT_UNKNOWN);
}

static void test_q1_counts_are_sane(void **state)
{
    (void)state;
    static const struct {
        enum fq_field field;
        uint64_t most;
    } cases[] = {{FQ_FIELD_ROUNDS, FQ_SWEEP_ROUNDS_MAX},
                 {FQ_FIELD_HOUSEHOLDS, FQ_SWEEP_HOUSEHOLDS_MAX},
                 {FQ_FIELD_FOUND, FQ_SWEEP_FOUND_MAX}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_event event = sweep();
        event.value[cases[i].field] = cases[i].most;
        taken(event);
        event.value[cases[i].field]++;
        refused(event, FQ_REASON_NUMBER);
    }
    struct fq_event event = sweep();
    event.value[FQ_FIELD_ROUNDS] = 0;
    refused(event, FQ_REASON_FIELD);
}

static void test_q1_a_sweep_is_a_countys_of_this_node(void **state)
{
    (void)state;
    struct fq_event event = sweep();

    event.area = WORLD_NEIGHBOUR;
    refused(event, FQ_REASON_AREA_OUTSIDE);
    context.own_area = WORLD_CITY;
    event = sweep();
    refused(event, FQ_REASON_AREA_UNKNOWN); /* a city is not screened as one */
    event.area = WORLD_COUNTY;
    taken(event);
}

static void test_q1_a_sweep_lies_in_its_campaign(void **state)
{
    (void)state;
    struct fq_event event = sweep();

    event.value[FQ_FIELD_CAMPAIGN] = 5;
    refused(event, FQ_REASON_CAMPAIGN_UNKNOWN);
    uint32_t number = open_campaign();
    event.value[FQ_FIELD_CAMPAIGN] = number;
    taken(event);
    static const struct {
        const char *date;
        bool is_inside;
    } days[] = {
        {"2021-02-28", false}, {"2021-03-01", true}, {"2021-05-31", true}, {"2021-06-01", false}};
    for (size_t i = 0; i < 4; i++) {
        event.date = world_date(days[i].date);
        if (days[i].is_inside) {
            taken(event);
        } else {
            refused(event, FQ_REASON_CAMPAIGN_OUTSIDE);
        }
    }
    fold(closing(number, "2021-04-15"), 2);
    event.date = world_date("2021-04-15"); /* what was done before the closing may come late */
    taken(event);
    event.date = world_date("2021-04-16");
    refused(event, FQ_REASON_CAMPAIGN_OUTSIDE);
    event.date = world_date("2021-04-15");
    context.own_area = event.area = WORLD_FAR;
    event.unit = 0;
    event.value[FQ_FIELD_PLACE] = UINT64_C(410302001001);
    refused(event, FQ_REASON_CAMPAIGN_OUTSIDE);
}

static void test_q1_a_dispute_is_registered_under_a_campaign_it_lies_in(void **state)
{
    (void)state;
    struct fq_event event = {.kind = FQ_EVENT_REGISTERED,
                             .step = FQ_EVENT_REGISTERED,
                             .cmd_id = world_id(3),
                             .dispute = world_id(3),
                             .area = WORLD_COUNTY,
                             .date = world_date("2021-03-05")};
    const struct fq_command_context whole = {.areas = &world.areas,
                                             .codes = &world.codes,
                                             .own_area = WORLD_COUNTY,
                                             .services = &context};

    event.value[FQ_FIELD_TYPE] = 2;
    event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_SCREENING;
    event.value[FQ_FIELD_CAMPAIGN] = 5;
    assert_int_not_equal(fq_command_check(&whole, NULL, &event, &why), FQ_OK);
    assert_int_equal(why.reason, FQ_REASON_CAMPAIGN_UNKNOWN);
    event.value[FQ_FIELD_CAMPAIGN] = open_campaign();
    assert_int_equal(fq_command_check(&whole, NULL, &event, &why), FQ_OK);
    event.date = world_date("2021-06-05");
    assert_int_not_equal(fq_command_check(&whole, NULL, &event, &why), FQ_OK);
    assert_int_equal(why.reason, FQ_REASON_CAMPAIGN_OUTSIDE);
}

static void test_no_service_is_a_disputes_step(void **state)
{
    (void)state;
    struct fq_event events[] = {sweep(), activity(HANDLED, 5)};

    for (size_t i = 0; i < 2; i++) {
        events[i].dispute = world_id(8);
        refused(events[i], FQ_REASON_FIELD);
        events[i].dispute = (struct fq_id){{0}};
        events[i].cmd_id = (struct fq_id){{0}};
        refused(events[i], FQ_REASON_FIELD);
    }
    struct fq_event event = sweep();
    event.date = 0;
    refused(event, FQ_REASON_DATE);
}

/* ---- activities ---- */

static void test_q2_an_activity_is_of_a_known_indicator_and_days_in_order(void **state)
{
    (void)state;
    struct fq_event event = activity(HANDLED, 17128);

    taken(event);
    event.value[FQ_FIELD_INDICATOR] = 7;
    refused(event, FQ_REASON_CODE_UNKNOWN);
    event = activity(HANDLED, 17128);
    event.value[FQ_FIELD_FIRST_DAY] = event.value[FQ_FIELD_LAST_DAY];
    taken(event);
    event.value[FQ_FIELD_FIRST_DAY]++;
    refused(event, FQ_REASON_DATE_ORDER);
    event.value[FQ_FIELD_FIRST_DAY] = 0;
    refused(event, FQ_REASON_DATE);
    event = activity(HANDLED, FQ_ACTIVITY_COUNT_MAX + 1);
    refused(event, FQ_REASON_NUMBER);
}

static void test_q2_an_activity_is_signed(void **state)
{
    (void)state;
    struct fq_event event = activity(HANDLED, 5);

    event.value[FQ_FIELD_SIGNER] = 0;
    refused(event, FQ_REASON_FIELD);
}

static void test_q2_a_stock_is_of_a_day(void **state)
{
    (void)state;
    struct fq_event event = activity(SEATS, 80);

    refused(event, FQ_REASON_FIELD);
    event.value[FQ_FIELD_FIRST_DAY] = 0;
    assert_int_equal(check(&event), FQ_OK);
    assert_int_equal(event.value[FQ_FIELD_FIRST_DAY], event.value[FQ_FIELD_LAST_DAY]);
}

/* Fold it as this county's. */
static void tell(struct fq_event event, uint64_t seq)
{
    event.id = (struct fq_event_id){{WORLD_COUNTY * 100 + 1, 0, 1}, seq};
    event.rev = (uint32_t)seq;
    event.area = WORLD_COUNTY;
    assert_int_equal(world_tell(held, &event), FQ_MERGED_NEW);
}

static struct fq_event activity_of(uint16_t indicator, const char *first, const char *last,
                                   uint64_t count)
{
    struct fq_event event = activity(indicator, count);

    event.value[FQ_FIELD_FIRST_DAY] = world_date(first);
    event.value[FQ_FIELD_LAST_DAY] = world_date(last);
    return event;
}

static void impossible(struct fq_event event, const char *detail)
{
    refused(event, FQ_REASON_ACTIVITY_IMPOSSIBLE);
    assert_string_equal(why.detail, detail);
}

static void test_q2_a_part_is_never_more_than_its_whole(void **state)
{
    (void)state;

    taken(activity(SUCCEEDED, 17356)); /* nothing is known yet */
    tell(activity(HANDLED, 17128), 1);
    impossible(activity(SUCCEEDED, 17356), "mediation_succeeded 17356 > mediation_handled 17128");
    taken(activity(SUCCEEDED, 17128));
    struct fq_event event = activity(SUCCEEDED, 17356); /* of other days, of another unit */
    event.value[FQ_FIELD_LAST_DAY]++;
    taken(event);
    event = activity(SUCCEEDED, 17356);
    event.unit = UNIT;
    taken(event);
}

static void test_q2_a_whole_is_never_less_than_its_parts(void **state)
{
    (void)state;

    tell(activity(SUCCEEDED, 17000), 1);
    refused(activity(HANDLED, 16999), FQ_REASON_ACTIVITY_IMPOSSIBLE);
    taken(activity(HANDLED, 17000));
}

static void test_q2_parts_add_up_to_no_more_than_the_whole_they_lie_in(void **state)
{
    (void)state;

    tell(activity_of(SUCCEEDED, "2021-01-01", "2021-01-31", 60), 1);
    tell(activity_of(SUCCEEDED, "2021-02-01", "2021-02-28", 50), 2);
    impossible(activity(HANDLED, 109), "mediation_succeeded 110 > mediation_handled 109");
    tell(activity(HANDLED, 110), 3);
    impossible(activity_of(SUCCEEDED, "2021-03-01", "2021-03-31", 1),
               "mediation_succeeded 111 > mediation_handled 110");
    taken(activity_of(SUCCEEDED, "2021-03-01", "2021-03-31", 0));
    taken(activity_of(SUCCEEDED, "2021-02-01", "2021-02-28", 49));
    impossible(activity_of(SUCCEEDED, "2021-02-01", "2021-02-28", 51), /* it replaces */
               "mediation_succeeded 111 > mediation_handled 110");
    taken(activity_of(SUCCEEDED, "2021-07-01", "2021-07-31", 500));
}

static void test_q2_a_part_is_no_more_than_the_wholes_that_fill_its_days(void **state)
{
    (void)state;

    tell(activity_of(HANDLED, "2021-01-01", "2021-03-31", 60), 1);
    taken(activity(SUCCEEDED, 500)); /* what was handled from April on is not known */
    tell(activity_of(HANDLED, "2021-04-01", "2021-06-30", 50), 2);
    impossible(activity(SUCCEEDED, 111), "mediation_succeeded 111 > mediation_handled 110");
    tell(activity(SUCCEEDED, 110), 3);
    impossible(activity_of(HANDLED, "2021-04-01", "2021-06-30", 49),
               "mediation_succeeded 110 > mediation_handled 109");
}

static void test_q2_days_are_reported_once(void **state)
{
    struct fq_event january = activity_of(HANDLED, "2021-01-01", "2021-01-31", 10);
    (void)state;

    tell(january, 1);
    refused(activity(HANDLED, 17128), FQ_REASON_ACTIVITY_OVERLAP);
    assert_string_equal(why.detail, "mediation_handled: 2021-01-01..2021-01-31");
    refused(activity_of(HANDLED, "2021-01-31", "2021-02-28", 9), FQ_REASON_ACTIVITY_OVERLAP);
    refused(activity_of(HANDLED, "2020-12-01", "2021-01-01", 9), FQ_REASON_ACTIVITY_OVERLAP);
    taken(activity_of(HANDLED, "2021-02-01", "2021-02-28", 9));
    taken(activity_of(HANDLED, "2021-01-01", "2021-01-31", 11)); /* of the same days: it replaces */
    struct fq_event event = activity(HANDLED, 17128); /* another unit's, another area's */
    event.unit = UNIT;
    taken(event);
    event = activity(HANDLED, 17128);
    context.own_area = WORLD_CITY;
    taken(event);
}

static void test_q2_a_report_is_taken_back_by_zero(void **state)
{
    (void)state;

    tell(activity_of(HANDLED, "2021-01-01", "2021-01-31", 10), 1);
    taken(activity(HANDLED, 0)); /* it adds nothing to those days */
    tell(activity_of(HANDLED, "2021-01-01", "2021-01-31", 0), 2);
    taken(activity(HANDLED, 17128));
}

static void test_q2_a_stock_may_stand_on_any_day(void **state)
{
    (void)state;

    tell(activity_of(SEATS, "2021-06-30", "2021-06-30", 80), 1);
    taken(activity_of(SEATS, "2021-06-30", "2021-06-30", 81));
    taken(activity_of(SEATS, "2021-05-31", "2021-05-31", 79));
}

/* The row of the table, which a province may have made otherwise. */
static struct fq_code *row_of(uint16_t number)
{
    struct fq_code *row = world.codes.tables[FQ_CODES_INDICATOR].rows;

    while (row->number != number) {
        row++;
    }
    return row;
}

static void test_q2_an_indicator_may_have_a_tier(void **state)
{
    (void)state;
    row_of(HANDLED)->of_indicator.tier = FQ_TIER_CITY;
    refused(activity(HANDLED, 5), FQ_REASON_ACTIVITY_TIER);
    assert_string_equal(why.detail, "mediation_handled: city");
    context.own_area = WORLD_CITY;
    taken(activity(HANDLED, 5));
    struct fq_event event = activity(HANDLED, 5);
    event.area = WORLD_COUNTY;
    refused(event, FQ_REASON_ACTIVITY_TIER);
    row_of(HANDLED)->of_indicator.tier = 0;
    taken(event);
}

static void test_q2_an_indicator_may_have_a_period(void **state)
{
    struct fq_calendar december = fq_calendar_default();
    (void)state;

    december.year_starts = 12;
    row_of(HANDLED)->of_indicator.months = 3;
    refused(activity(HANDLED, 5), FQ_REASON_ACTIVITY_DAYS); /* a half-year */
    assert_string_equal(why.detail, "mediation_handled: quarter");
    refused(activity_of(HANDLED, "2021-01-02", "2021-03-31", 5), FQ_REASON_ACTIVITY_DAYS);
    refused(activity_of(HANDLED, "2021-01-01", "2021-03-30", 5), FQ_REASON_ACTIVITY_DAYS);
    taken(activity_of(HANDLED, "2021-01-01", "2021-03-31", 5));
    taken(activity_of(HANDLED, "2020-12-01", "2021-02-28",
                      5)); /* no calendar says where one begins */
    context.calendar = &december;
    taken(activity_of(HANDLED, "2020-12-01", "2021-02-28", 5));
    refused(activity_of(HANDLED, "2021-01-01", "2021-03-31", 5), FQ_REASON_ACTIVITY_DAYS);
    row_of(HANDLED)->of_indicator.months = 0;
    taken(activity(HANDLED, 5));
}

static void rehearse(const struct fq_event *event, struct fq_dispute *out_rehearsed)
{
    struct fq_event completed = *event;

    fq_command_service_complete(&context, &completed);
    *out_rehearsed = (struct fq_dispute){.id = fq_merge_entity(&completed)};
    fq_dispute_apply(out_rehearsed, &completed);
    context.rehearsed_count++;
}

static void test_q2_a_dry_run_knows_what_came_before_in_it(void **state)
{
    struct fq_dispute rehearsed[3];
    struct fq_event handled = activity(HANDLED, 17128);
    (void)state;

    context.rehearsed = rehearsed;
    rehearse(&handled, &rehearsed[0]);
    refused(activity(SUCCEEDED, 17356), FQ_REASON_ACTIVITY_IMPOSSIBLE);
    refused(activity_of(HANDLED, "2021-01-01", "2021-01-31", 10), FQ_REASON_ACTIVITY_OVERLAP);
    handled.value[FQ_FIELD_COUNT] = 17400; /* of a report it is the last that counts */
    rehearse(&handled, &rehearsed[1]);
    taken(activity(SUCCEEDED, 17356));
    handled.value[FQ_FIELD_COUNT] = 0;
    rehearse(&handled, &rehearsed[2]);
    taken(activity_of(HANDLED, "2021-01-01", "2021-01-31", 10));
}

/* ---- campaigns ---- */

/* Whatever it says: the record of a seal is the node's own to write. */
static void test_q4_nobody_gives_a_seal_as_a_command(void **state)
{
    struct fq_event command = campaign(1, WORLD_COUNTY, "spring");
    (void)state;

    command.value[FQ_FIELD_VERB] = FQ_CONTROL_PERIOD_SEAL;
    refused(command, FQ_REASON_FIELD);
    context.is_sealing = true;
    taken(command);
    context.is_sealing = false;
}

static void test_q3_a_county_makes_no_campaign(void **state)
{
    (void)state;

    refused(campaign(1, WORLD_COUNTY, "spring"), FQ_REASON_CAMPAIGN_TIER);
    refused(closing(5, "2021-04-30"), FQ_REASON_CAMPAIGN_TIER); /* though its area is another's */
    context.own_area = WORLD_CITY;
    taken(campaign(1, WORLD_COUNTY, "spring")); /* a city may, for one county */
    taken(campaign(1, WORLD_CITY, "促和谐稳定·迎建党百年"));
    refused(campaign(1, WORLD_PROVINCE, "spring"), FQ_REASON_AREA_OUTSIDE);
}

static void test_q3_a_name_is_no_period_no_number_and_not_taken(void **state)
{
    (void)state;
    static const char *const wrong[] = {"2021H1", "2021", "77", "2021-01..2021-06"};

    context.own_area = WORLD_CITY;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        refused(campaign(1, WORLD_CITY, wrong[i]), FQ_REASON_CAMPAIGN_NAME);
    }
    refused(campaign(1, WORLD_CITY, "spring\n"), FQ_REASON_FIELD);
    uint32_t number = open_campaign();
    refused(campaign(2, WORLD_CITY, "spring"), FQ_REASON_CAMPAIGN_NAME);
    refused(campaign(1, WORLD_CITY, "autumn"), FQ_REASON_COMMAND_CLASH); /* its number is taken */
    fold(closing(number, "2021-05-31"), 2);
    taken(campaign(2, WORLD_CITY, "spring")); /* of the next year */
}

static void test_q3_what_is_closed_was_open(void **state)
{
    (void)state;

    context.own_area = WORLD_CITY;
    refused(closing(5, "2021-05-31"), FQ_REASON_CAMPAIGN_UNKNOWN);
    uint32_t number = open_campaign();
    refused(closing(number, "2021-02-28"), FQ_REASON_DATE_ORDER);
    taken(closing(number, "2021-04-30"));
    fold(closing(number, "2021-04-30"), 2);
    refused(closing(number, "2021-04-30"), FQ_REASON_CAMPAIGN_CLOSED);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_q1_a_sweep_may_find_nothing),
        CASE(test_q1_a_sweep_names_a_unit_or_a_place),
        CASE(test_q1_what_the_tables_do_not_know_is_no_unit_and_no_village),
        CASE(test_q1_counts_are_sane),
        CASE(test_q1_a_sweep_is_a_countys_of_this_node),
        CASE(test_q1_a_sweep_lies_in_its_campaign),
        CASE(test_q1_a_dispute_is_registered_under_a_campaign_it_lies_in),
        CASE(test_no_service_is_a_disputes_step),
        CASE(test_q2_an_activity_is_of_a_known_indicator_and_days_in_order),
        CASE(test_q2_an_activity_is_signed),
        CASE(test_q2_a_stock_is_of_a_day),
        CASE(test_q2_a_part_is_never_more_than_its_whole),
        CASE(test_q2_a_whole_is_never_less_than_its_parts),
        CASE(test_q2_parts_add_up_to_no_more_than_the_whole_they_lie_in),
        CASE(test_q2_a_part_is_no_more_than_the_wholes_that_fill_its_days),
        CASE(test_q2_days_are_reported_once),
        CASE(test_q2_a_report_is_taken_back_by_zero),
        CASE(test_q2_a_stock_may_stand_on_any_day),
        CASE(test_q2_an_indicator_may_have_a_tier),
        CASE(test_q2_an_indicator_may_have_a_period),
        CASE(test_q2_a_dry_run_knows_what_came_before_in_it),
        CASE(test_q4_nobody_gives_a_seal_as_a_command),
        CASE(test_q3_a_county_makes_no_campaign),
        CASE(test_q3_a_name_is_no_period_no_number_and_not_taken),
        CASE(test_q3_what_is_closed_was_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
