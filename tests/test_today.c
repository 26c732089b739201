/* What waits for somebody: the verbs today, alerts, referral.list, and the filters of dispute.list, over
 * a view of a few disputes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../nodes/service.h"
#include "fq/edge/memory.h"
#include "support/world.h"

#define UNIT(area, number) ((area)*UINT64_C(10000) + (number))
#define HOST UNIT(WORLD_COUNTY, 1)
#define FAR_UNIT UNIT(WORLD_FAR, 1)
#define ROWS_MAX 32

static struct world world;
static struct world_view *held;
static struct fq_node *node;
static struct fq_why why;
static uint64_t seq;
static struct fq_span rows[ROWS_MAX];
static uint32_t row_count;

static int open_world(void **state)
{
    (void)state;
    world_open(&world);
    node = calloc(1, sizeof *node);
    return node ? (int)fq_memory_reserve((size_t)64 << 20, &node->scratch, &why) : -1;
}

static int close_world(void **state)
{
    (void)state;
    fq_memory_release(&node->scratch);
    free(node);
    world_close(&world);
    return 0;
}

static int open_view(void **state)
{
    (void)state;
    held = world_view_open(&world);
    seq = 0;
    return 0;
}

static int close_view(void **state)
{
    (void)state;
    world_view_close(held);
    return 0;
}

/* ---- telling ---- */

static struct fq_event event_of(uint8_t dispute, unsigned kind, const char *date)
{
    return (struct fq_event){
        .id = {{WORLD_COUNTY * 100 + 1, 0, 1}, ++seq},
        .kind = (uint16_t)kind,
        .step = (uint16_t)kind,
        .rev = (uint32_t)seq,
        .area = WORLD_COUNTY,
        .date = world_date(date),
        .cmd_id = {{(uint8_t)seq, 0xcc}},
        .dispute = world_id(dispute),
    };
}

static void tell(struct fq_event event)
{
    assert_int_equal(world_tell(held, &event), FQ_MERGED_NEW);
}

static void tell_with(uint8_t dispute, unsigned kind, const char *date, enum fq_field field,
                      uint64_t value)
{
    struct fq_event event = event_of(dispute, kind, date);

    event.value[field] = value;
    tell(event);
}

/* Registered and accepted on the day. */
static void a_case(uint8_t dispute, const char *date)
{
    struct fq_event event = event_of(dispute, FQ_EVENT_REGISTERED, date);

    event.value[FQ_FIELD_TYPE] = 2;
    event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_ON_APPLICATION;
    event.value[FQ_FIELD_HOST] = HOST;
    event.value[FQ_FIELD_PLACE] = 410105000 + dispute;
    tell(event);
    tell(event_of(dispute, FQ_EVENT_ACCEPTED, date));
}

static const uint8_t *refer(uint8_t dispute, uint64_t unit, const char *date, const char *due)
{
    static uint8_t id[FQ_ID_SIZE];
    struct fq_event event = event_of(dispute, FQ_EVENT_REFERRED, date);

    event.value[FQ_FIELD_TO_UNIT] = unit;
    event.value[FQ_FIELD_DUE] = due ? world_date(due) : 0;
    memcpy(id, event.cmd_id.bytes, FQ_ID_SIZE);
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_REFERRAL, fq_span_of(id, FQ_ID_SIZE)));
    tell(event);
    return id;
}

static void answer(uint8_t dispute, unsigned kind, const uint8_t *id, const char *date)
{
    struct fq_event event = event_of(dispute, kind, date);

    event.value[FQ_FIELD_TO_UNIT] = FAR_UNIT;
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_REFERRAL, fq_span_of(id, FQ_ID_SIZE)));
    tell(event);
}

/* ---- asking ---- */

/* Ask the node of `area`; `pairs` are texts, `joined` a truth. All pages. */
static void ask(fq_verb_run *verb, uint32_t area, const char *const pairs[][2], size_t count)
{
    struct fq_answer got = {.cursor_size = 0};

    node->scratch.used = 0;
    node->areas = world.areas;
    node->codes = world.codes;
    node->core.view = held->view;
    node->core.options.area = area;
    struct fq_writer args = fq_writer_take(&node->scratch, 1024);
    fq_write_map(&args, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        fq_write_text(&args, pairs[i][0]);
        if (strcmp(pairs[i][0], "joined") == 0) {
            fq_write_bool(&args, true);
        } else if (strcmp(pairs[i][0], "days") == 0) {
            fq_write_uint(&args, strtoull(pairs[i][1], NULL, 10));
        } else {
            fq_write_text(&args, pairs[i][1]);
        }
    }
    got.writer = fq_writer_take(&node->scratch, 256 * 1024);
    assert_int_equal(verb(node, fq_writer_span(&args), &got, &why), FQ_OK);
    assert_int_equal(got.cursor_size, 0);
    assert_true(fq_codec_scan(fq_writer_span(&got.writer)));
    struct fq_reader reader = fq_reader_over(fq_writer_span(&got.writer));
    row_count = fq_read_array(&reader);
    assert_true(row_count <= ROWS_MAX);
    for (uint32_t i = 0; i < row_count; i++) {
        rows[i] = fq_read_skip(&reader);
    }
}

#define ASK(verb, area, ...)                                                                       \
    do {                                                                                           \
        const char *const pairs[][2] = {__VA_ARGS__};                                              \
        ask(verb, area, pairs, sizeof pairs / sizeof pairs[0]);                                    \
    } while (0)

static bool is_text(struct fq_span row, const char *key, const char *text)
{
    return fq_span_equal(fq_map_text(row, key), fq_span_text(text));
}

/* Whether `what` is among the items for the dispute, by that day. */
static bool is_told(const char *what, uint8_t dispute, const char *date)
{
    char id[16];
    bool is_there = false;

    snprintf(id, sizeof id, "%02x000000", dispute);
    for (uint32_t i = 0; i < row_count; i++) {
        is_there |= is_text(rows[i], "what", what) && is_text(rows[i], "date", date) &&
                    memcmp(fq_map_text(rows[i], "id").data, id, 4) == 0;
    }
    return is_there;
}

/* ---- today ---- */

static void test_q3_what_is_due_and_what_is_over(void **state)
{
    (void)state;
    a_case(5, "2021-03-01"); /* to 03-31 */
    a_case(6, "2021-03-05"); /* to 04-04 */
    a_case(7, "2021-03-20"); /* to 04-19 */

    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-04-01"});

    assert_int_equal(row_count, 2);
    assert_true(is_told("overdue", 5, "2021-03-31"));
    assert_true(is_told("due", 6, "2021-04-04"));
    assert_int_equal(fq_map_int(rows[0], "days"), -1);
    assert_int_equal(fq_map_int(rows[1], "days"), 3);
    assert_true(is_text(rows[0], "unit", "4101050001"));
    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-04-01"}, {"days", "20"});
    assert_int_equal(row_count, 3);
    ASK(fq_verb_today, WORLD_NEIGHBOUR, {"date", "2021-04-01"});
    assert_int_equal(row_count, 0);
    ASK(fq_verb_today, WORLD_CITY, {"date", "2021-04-01"}, {"unit", "4101050002"});
    assert_int_equal(row_count, 0);
}

static void test_a_referral_waits_for_its_unit_and_comes_back(void **state)
{
    (void)state;
    a_case(5, "2021-03-01");
    const uint8_t *id = refer(5, FAR_UNIT, "2021-03-02", "2021-03-12");

    ASK(fq_verb_today, WORLD_FAR, {"date", "2021-03-03"});
    assert_int_equal(row_count, 1);
    assert_true(is_told("waiting", 5, "2021-03-12"));
    assert_true(is_text(rows[0], "unit", "4103020001"));
    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-03-03"});
    assert_int_equal(row_count, 0);

    answer(5, FQ_EVENT_REFERRAL_DECLINED, id, "2021-03-04");
    ASK(fq_verb_today, WORLD_FAR, {"date", "2021-03-05"});
    assert_int_equal(row_count, 0);
    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-03-05"});
    assert_true(is_told("sent_back", 5, "2021-03-04"));

    id = refer(5, FAR_UNIT, "2021-03-06", "2021-03-12");
    answer(5, FQ_EVENT_REFERRAL_ACCEPTED, id, "2021-03-07");
    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-03-08"});
    assert_int_equal(row_count, 0); /* sent on */
    ASK(fq_verb_today, WORLD_FAR, {"date", "2021-03-08"});
    assert_true(is_told("report_due", 5, "2021-03-12"));
}

static void test_what_was_agreed_is_to_be_confirmed_and_performed(void **state)
{
    (void)state;
    a_case(5, "2021-03-01");
    tell_with(5, FQ_EVENT_AGREED, "2021-03-10", FQ_FIELD_DUE, world_date("2021-04-05"));

    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-04-06"});

    assert_int_equal(row_count, 2);
    assert_true(is_told("confirm_due", 5, "2021-04-09"));
    assert_true(is_told("perform_due", 5, "2021-04-05"));
    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-04-10"});
    assert_int_equal(row_count, 1); /* too late to apply */
    tell_with(5, FQ_EVENT_PERFORMED, "2021-04-10", FQ_FIELD_PERFORMANCE, FQ_PERFORMANCE_PERFORMED);
    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-04-10"});
    assert_int_equal(row_count, 0);
}

static void test_alerts_are_red_risk_red_cards_and_what_is_over(void **state)
{
    (void)state;
    a_case(5, "2021-03-01");
    a_case(6, "2021-03-01");
    a_case(7, "2021-04-01");
    tell_with(5, FQ_EVENT_RISK_CHANGED, "2021-03-03", FQ_FIELD_RISK, FQ_RISK_RED);
    tell_with(6, FQ_EVENT_SUPERVISED, "2021-03-04", FQ_FIELD_CARD, 2);
    tell_with(7, FQ_EVENT_SUPERVISED, "2021-04-04", FQ_FIELD_CARD, 1);

    ASK(fq_verb_alerts, WORLD_CITY, {"date", "2021-03-31"});
    assert_int_equal(row_count, 2);
    assert_true(is_told("red", 5, "2021-03-03"));
    assert_true(is_told("supervised", 6, "2021-03-04"));
    ASK(fq_verb_alerts, WORLD_CITY, {"date", "2021-04-01"});
    assert_int_equal(row_count, 4);
    assert_true(is_told("overdue", 6, "2021-03-31"));
    tell(event_of(5, FQ_EVENT_FAILED, "2021-04-01"));
    ASK(fq_verb_alerts, WORLD_CITY, {"date", "2021-04-01"});
    assert_int_equal(row_count, 2);
    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-04-05"});
    assert_true(is_told("supervised", 7, "2021-04-04"));
}

/* Written by the node of `writer`. */
static struct fq_event written_by(uint32_t writer, uint8_t dispute, unsigned kind, const char *date)
{
    struct fq_event event = event_of(dispute, kind, date);

    event.id.log.origin = writer * 100 + 1;
    return event;
}

static void test_what_was_assigned_waits_where_it_was_handed_to(void **state)
{
    (void)state;
    a_case(5, "2021-03-01");
    struct fq_event event = written_by(WORLD_CITY, 5, FQ_EVENT_ASSIGNED, "2021-03-03");
    event.value[FQ_FIELD_TO_UNIT] = UNIT(WORLD_NEIGHBOUR, 1);
    event.value[FQ_FIELD_DUE] = world_date("2021-03-20");
    tell(event);

    ASK(fq_verb_today, WORLD_NEIGHBOUR, {"date", "2021-03-04"});
    assert_int_equal(row_count, 1);
    assert_true(is_told("assigned", 5, "2021-03-20"));
    ASK(fq_verb_today, WORLD_NEIGHBOUR, {"date", "2021-03-04"}, {"unit", "4101020002"});
    assert_int_equal(row_count, 0);
    ASK(fq_verb_today, WORLD_COUNTY, {"date", "2021-03-04"});
    assert_int_equal(row_count, 0);
    tell(event_of(5, FQ_EVENT_SESSION, "2021-03-05")); /* the county's own is no answer */
    ASK(fq_verb_today, WORLD_NEIGHBOUR, {"date", "2021-03-05"});
    assert_int_equal(row_count, 1);
    tell(written_by(WORLD_NEIGHBOUR, 5, FQ_EVENT_SESSION, "2021-03-06"));
    ASK(fq_verb_today, WORLD_NEIGHBOUR, {"date", "2021-03-06"});
    assert_int_equal(row_count, 0);
}

static void test_what_was_escalated_waits_at_that_tier(void **state)
{
    (void)state;
    a_case(5, "2021-03-01");
    tell_with(5, FQ_EVENT_ESCALATED, "2021-03-03", FQ_FIELD_TO_TIER, FQ_TIER_CITY);

    ASK(fq_verb_today, WORLD_CITY, {"date", "2021-03-04"});
    assert_int_equal(row_count, 1);
    assert_true(is_told("escalated", 5, "2021-03-03"));
    ASK(fq_verb_today, WORLD_PROVINCE, {"date", "2021-03-04"});
    assert_int_equal(row_count, 0);
    ASK(fq_verb_today, WORLD_OTHER_CITY, {"date", "2021-03-04"});
    assert_int_equal(row_count, 0);
    tell(event_of(5, FQ_EVENT_SESSION, "2021-03-05")); /* the county's is no answer */
    ASK(fq_verb_today, WORLD_CITY, {"date", "2021-03-05"});
    assert_int_equal(row_count, 1);
    tell(written_by(WORLD_CITY, 5, FQ_EVENT_ASSIGNED, "2021-03-06"));
    ASK(fq_verb_today, WORLD_CITY, {"date", "2021-03-06"});
    assert_int_equal(row_count, 0);
    a_case(6, "2021-03-01");
    tell_with(6, FQ_EVENT_ESCALATED, "2021-03-03", FQ_FIELD_TO_TIER, FQ_TIER_CITY);
    tell(event_of(6, FQ_EVENT_FAILED, "2021-03-04"));
    ASK(fq_verb_today, WORLD_CITY, {"date", "2021-03-06"});
    assert_int_equal(row_count, 0);
}

/* ---- lists ---- */

static void test_referrals_are_listed_on_both_sides(void **state)
{
    (void)state;
    a_case(5, "2021-03-01");
    const uint8_t *id = refer(5, FAR_UNIT, "2021-03-02", NULL);
    (void)refer(5, UNIT(WORLD_NEIGHBOUR, 1), "2021-03-02", NULL);

    ASK(fq_verb_referrals, WORLD_FAR, {"direction", "in"});
    assert_int_equal(row_count, 1);
    assert_true(is_text(rows[0], "to_unit", "4103020001"));
    assert_true(is_text(rows[0], "dispute", "41010501-1-1"));
    ASK(fq_verb_referrals, WORLD_COUNTY, {"direction", "out"});
    assert_int_equal(row_count, 2);
    ASK(fq_verb_referrals, WORLD_CITY, {"direction", "in"});
    assert_int_equal(row_count, 1);
    (void)id;
    ASK(fq_verb_referrals, WORLD_PROVINCE, {"state", "accepted"});
    assert_int_equal(row_count, 0);
    ASK(fq_verb_referrals, WORLD_PROVINCE, {"state", "open"}, {"unit", "4101020001"});
    assert_int_equal(row_count, 1);
}

static void test_disputes_are_listed_by_place_unit_and_days(void **state)
{
    (void)state;
    a_case(5, "2021-03-01");
    a_case(6, "2021-03-10");
    tell_with(6, FQ_EVENT_JOINED, "2021-03-11", FQ_FIELD_TO_UNIT, FAR_UNIT);

    ASK(fq_verb_list, WORLD_COUNTY, {"place", "410105006"});
    assert_int_equal(row_count, 1);
    ASK(fq_verb_list, WORLD_COUNTY, {"place", "4101"});
    assert_int_equal(row_count, 2);
    ASK(fq_verb_list, WORLD_COUNTY, {"since", "2021-03-02"});
    assert_int_equal(row_count, 1);
    ASK(fq_verb_list, WORLD_COUNTY, {"until", "2021-03-01"});
    assert_int_equal(row_count, 1);
    ASK(fq_verb_list, WORLD_COUNTY, {"due", "2021-04-01"});
    assert_int_equal(row_count, 1);
    ASK(fq_verb_list, WORLD_COUNTY, {"unit", "4103020001"});
    assert_int_equal(row_count, 1);
    ASK(fq_verb_list, WORLD_COUNTY, {"unit", "4101050001"});
    assert_int_equal(row_count, 2);
    ASK(fq_verb_list, WORLD_FAR, {"state", "accepted"});
    assert_int_equal(row_count, 0);
    ASK(fq_verb_list, WORLD_FAR, {"joined", ""});
    assert_int_equal(row_count, 1);
    ASK(fq_verb_list, WORLD_COUNTY, {"joined", ""});
    assert_int_equal(row_count, 0);
}

static void test_tables_come_by_prefix(void **state)
{
    (void)state;
    struct fq_unit units[2] = {{.code = HOST, .kind = FQ_KIND_PEOPLE, .name_zh = "甲"},
                               {.code = FAR_UNIT, .kind = FQ_KIND_JUDICIAL, .name_zh = "乙"}};
    struct fq_place places[2] = {{.code = 410105001, .name_zh = "一"},
                                 {.code = 410302001, .name_zh = "二"}};
    node->units = (struct fq_units){.rows = units, .count = 2, .capacity = 2};
    node->places = (struct fq_places){.rows = places, .count = 2, .capacity = 2};

    ASK(fq_verb_units, WORLD_COUNTY, {"prefix", "4103"});
    assert_int_equal(row_count, 1);
    assert_true(is_text(rows[0], "kind", "judicial"));
    ASK(fq_verb_places, WORLD_COUNTY, {"prefix", "410105"});
    assert_int_equal(row_count, 1);
    assert_true(is_text(rows[0], "name_zh", "一"));
    ASK(fq_verb_places, WORLD_COUNTY, {"prefix", ""});
    assert_int_equal(row_count, 2);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_view, close_view)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_q3_what_is_due_and_what_is_over),
        CASE(test_a_referral_waits_for_its_unit_and_comes_back),
        CASE(test_what_was_agreed_is_to_be_confirmed_and_performed),
        CASE(test_alerts_are_red_risk_red_cards_and_what_is_over),
        CASE(test_what_was_assigned_waits_where_it_was_handed_to),
        CASE(test_what_was_escalated_waits_at_that_tier),
        CASE(test_referrals_are_listed_on_both_sides),
        CASE(test_disputes_are_listed_by_place_unit_and_days),
        CASE(test_tables_come_by_prefix),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
