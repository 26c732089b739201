/* Campaigns: the table of control records, whatever the order they come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/control.h"
#include "support/random.h"
#include "support/world.h"

#define RECORDS 6

static struct world world;
static struct fq_campaigns *campaigns;
static uint8_t payloads[RECORDS][FQ_CAMPAIGN_PAYLOAD_MAX];
static struct fq_event records[RECORDS];

static int begin(void **state)
{
    (void)state;
    world_open(&world);
    campaigns = calloc(1, sizeof *campaigns);
    return campaigns ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    free(campaigns);
    world_close(&world);
    return 0;
}

/* A record of the node of `writer`, the `seq`th of its log. */
static struct fq_event *record_of(int place, enum fq_campaign_verb verb, uint32_t writer,
                                  uint64_t hlc, const struct fq_campaign_terms *terms)
{
    struct fq_event *event = &records[place];

    *event = (struct fq_event){.cmd_id = world_id((uint8_t)(place + 1)),
                               .date = world_date("2021-03-02"),
                               .hlc = hlc,
                               .id = {{writer * 100 + 1, FQ_STREAM_CONTROL, 1}, hlc}};
    assert_true(fq_campaign_write(terms, verb, payloads[place], event));
    return event;
}

static struct fq_campaign_terms spring(uint32_t area, const char *name)
{
    return (struct fq_campaign_terms){.area = area,
                                      .first_day = world_date("2021-03-01"),
                                      .last_day = world_date("2021-05-31"),
                                      .name = fq_span_text(name)};
}

static bool fold(const struct fq_event *event)
{
    return fq_campaigns_fold(campaigns, &world.areas, event);
}

static void test_a_record_says_what_was_written(void **state)
{
    (void)state;
    struct fq_campaign_terms terms = spring(WORLD_CITY, "春季排查"), read;
    struct fq_event *event = record_of(0, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 5, &terms);

    assert_true(fq_campaign_read(event, &read));

    assert_int_equal(read.number, fq_campaign_number(&event->cmd_id));
    assert_int_equal(read.area, WORLD_CITY);
    assert_int_equal(read.first_day, terms.first_day);
    assert_int_equal(read.last_day, terms.last_day);
    assert_true(fq_span_equal(read.name, fq_span_text("春季排查")));
}

static void test_what_is_no_campaigns_record_is_nothing(void **state)
{
    (void)state;
    struct fq_campaign_terms terms = spring(WORLD_CITY, "spring"), read;
    struct fq_event good = *record_of(0, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 5, &terms), bad;
    static const uint8_t later[] = {0x81, 0xa1, 'v', 2}, torn[] = {0x82, 0xa1, 'v'};

    bad = good;
    bad.value[FQ_FIELD_VERB] = 77;
    assert_false(fq_campaign_read(&bad, &read));
    bad = good;
    bad.kind = FQ_EVENT_SWEEP;
    assert_false(fq_campaign_read(&bad, &read));
    bad = good;
    (void)fq_event_set_bytes(&bad, FQ_FIELD_PAYLOAD, fq_span_of(later, sizeof later));
    assert_false(fq_campaign_read(&bad, &read));
    (void)fq_event_set_bytes(&bad, FQ_FIELD_PAYLOAD, fq_span_of(torn, sizeof torn));
    assert_false(fq_campaign_read(&bad, &read));
    terms.last_day = (uint16_t)(terms.first_day - 1);
    assert_false(fq_campaign_read(record_of(1, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 5, &terms), &read));
    terms = spring(WORLD_CITY, "");
    assert_false(fq_campaign_read(record_of(1, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 5, &terms), &read));
    assert_false(fold(&bad));
    assert_int_equal(campaigns->count, 0);
}

static void test_z2_a_writer_outside_is_not_heard(void **state)
{
    (void)state;
    struct fq_campaign_terms terms = spring(WORLD_CITY, "spring");

    assert_false(fold(record_of(0, FQ_CONTROL_CAMPAIGN, WORLD_OTHER_CITY, 5, &terms)));
    assert_false(fold(record_of(1, FQ_CONTROL_CAMPAIGN, WORLD_COUNTY, 5, &terms)));
    assert_true(fold(record_of(2, FQ_CONTROL_CAMPAIGN, WORLD_PROVINCE, 5, &terms)));
    assert_int_equal(campaigns->count, 1);
}

static void test_z3_numbers_have_31_bits_and_are_never_0(void **state)
{
    (void)state;
    struct fq_id all = {{0}}, none = {{0}};

    memset(all.bytes, 0xff, sizeof all.bytes);
    assert_int_equal(fq_campaign_number(&all), INT32_MAX);
    assert_int_equal(fq_campaign_number(&none), 1);
}

static void test_z4_a_closing_names_the_area_too(void **state)
{
    (void)state;
    struct fq_campaign_terms terms = spring(WORLD_CITY, "spring");
    struct fq_event making = *record_of(0, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 5, &terms);
    struct fq_campaign_terms closing = {.number = fq_campaign_number(&making.cmd_id),
                                        .area = WORLD_OTHER_CITY};

    assert_true(fold(&making));
    assert_true(fold(record_of(1, FQ_CONTROL_CAMPAIGN_CLOSED, WORLD_OTHER_CITY, 6, &closing)));
    assert_false(fq_campaign_is_closed(&campaigns->rows[0]));
    closing.area = WORLD_CITY;
    assert_true(fold(record_of(2, FQ_CONTROL_CAMPAIGN_CLOSED, WORLD_CITY, 7, &closing)));
    assert_true(fq_campaign_is_closed(&campaigns->rows[0]));
    assert_int_equal(campaigns->rows[0].closed_on, world_date("2021-03-02"));
}

/* Two campaigns, one closed twice, one made anew by a salvage: every permutation, with repeats. */
static void draw_records(void)
{
    struct fq_campaign_terms city = spring(WORLD_CITY, "spring"),
                             other = spring(WORLD_OTHER_CITY, "spring");

    record_of(0, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 10, &city);
    record_of(1, FQ_CONTROL_CAMPAIGN, WORLD_OTHER_CITY, 10, &other);
    struct fq_campaign_terms closing = {.number = fq_campaign_number(&records[0].cmd_id),
                                        .area = WORLD_CITY};
    record_of(2, FQ_CONTROL_CAMPAIGN_CLOSED, WORLD_CITY, 20, &closing);
    record_of(3, FQ_CONTROL_CAMPAIGN_CLOSED, WORLD_PROVINCE, 20, &closing);
    records[3].date = world_date("2021-04-30");
    city.name = fq_span_text("spring again");
    record_of(4, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 12, &city);
    records[4].cmd_id = records[0].cmd_id;
    record_of(5, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 12, &city);
    records[5].cmd_id = records[0].cmd_id;
    records[5].id.log.epoch = 2;
}

static bool is_same_campaign(const struct fq_campaign *a, const struct fq_campaign *b)
{
    return a->area == b->area && a->first_day == b->first_day && a->last_day == b->last_day &&
           a->closed_on == b->closed_on && strcmp(a->name, b->name) == 0 &&
           a->made.hlc == b->made.hlc && a->made.id.log.epoch == b->made.id.log.epoch &&
           a->closed.id.log.origin == b->closed.id.log.origin &&
           fq_campaign_is_closed(a) == fq_campaign_is_closed(b);
}

static void test_z1_order_and_repeats_do_not_matter(void **state)
{
    (void)state;
    struct random random = random_of(random_setting(0, NULL, 0, "SEED", 17));
    struct fq_campaigns *in_order = calloc(1, sizeof *in_order);
    assert_non_null(in_order);
    draw_records();
    for (int i = 0; i < RECORDS; i++) {
        (void)fq_campaigns_fold(in_order, &world.areas, &records[i]);
    }
    assert_int_equal(in_order->count, 2);
    assert_string_equal(in_order->rows[0].name, "spring again");
    assert_int_equal(in_order->rows[0].closed.id.log.origin, WORLD_CITY * 100 + 1);

    for (int round = 0; round < 2000; round++) {
        memset(campaigns, 0, sizeof *campaigns);
        for (unsigned told = 0; told != (1u << RECORDS) - 1;) {
            uint32_t which = random_below(&random, RECORDS);
            bool is_repeat = told >> which & 1;
            bool is_changed = fold(&records[which]);
            assert_false(is_repeat && is_changed);
            told |= 1u << which;
        }
        assert_int_equal(campaigns->count, in_order->count);
        for (uint32_t i = 0; i < in_order->count; i++) {
            const struct fq_campaign *campaign =
                fq_campaigns_find(campaigns, in_order->rows[i].number);
            assert_non_null(campaign);
            assert_true(is_same_campaign(campaign, &in_order->rows[i]));
        }
    }
    free(in_order);
}

static void test_a_closing_alone_is_no_campaign(void **state)
{
    (void)state;
    bool is_many;
    draw_records();

    assert_true(fold(&records[2]));

    assert_false(fq_campaign_is_made(&campaigns->rows[0]));
    assert_null(fq_campaigns_named(campaigns, fq_span_text("16777216"), &is_many));
}

static void test_a_name_of_two_campaigns_is_no_name(void **state)
{
    (void)state;
    bool is_many;
    draw_records();
    (void)fold(&records[0]);
    assert_ptr_equal(fq_campaigns_named(campaigns, fq_span_text("spring"), &is_many),
                     &campaigns->rows[0]);
    assert_false(is_many);

    (void)fold(&records[1]);

    assert_null(fq_campaigns_named(campaigns, fq_span_text("spring"), &is_many));
    assert_true(is_many);
    assert_ptr_equal(fq_campaigns_named(campaigns, fq_span_text("33554432"), &is_many),
                     &campaigns->rows[1]);
    assert_null(fq_campaigns_named(campaigns, fq_span_text("summer"), &is_many));
    assert_false(is_many);
    assert_null(fq_campaigns_named(campaigns, fq_span_text(""), &is_many));
}

static void test_a_full_table_drops_and_counts(void **state)
{
    (void)state;
    struct fq_campaign_terms terms = spring(WORLD_CITY, "spring");
    struct fq_event *event = record_of(0, FQ_CONTROL_CAMPAIGN, WORLD_CITY, 5, &terms);

    for (uint32_t i = 0; i < FQ_CAMPAIGNS_MAX + 1; i++) {
        fq_put_be32(event->cmd_id.bytes, i + 1);
        assert_int_equal(fold(event), i < FQ_CAMPAIGNS_MAX);
    }
    assert_int_equal(campaigns->count, FQ_CAMPAIGNS_MAX);
    assert_int_equal(campaigns->dropped_count, 1);
    assert_null(fq_campaigns_find(campaigns, FQ_CAMPAIGNS_MAX + 1));
}

static void test_control_folds_campaigns(void **state)
{
    (void)state;
    struct fq_control *control = calloc(1, sizeof *control);
    assert_non_null(control);
    draw_records();

    assert_true(fq_control_fold(control, &world.areas, &records[0]));
    assert_false(fq_control_fold(control, &world.areas, &records[4])); /* the command is known */

    assert_int_equal(control->count, 1);
    assert_string_equal(control->campaigns.rows[0].name, "spring again");
    free(control);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_record_says_what_was_written),
        CASE(test_what_is_no_campaigns_record_is_nothing),
        CASE(test_z2_a_writer_outside_is_not_heard),
        CASE(test_z3_numbers_have_31_bits_and_are_never_0),
        CASE(test_z4_a_closing_names_the_area_too),
        CASE(test_z1_order_and_repeats_do_not_matter),
        CASE(test_a_closing_alone_is_no_campaign),
        CASE(test_a_name_of_two_campaigns_is_no_name),
        CASE(test_a_full_table_drops_and_counts),
        CASE(test_control_folds_campaigns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
