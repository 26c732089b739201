/* Coverage: whose facts are counted, once each, and which of them were late, in which way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/coverage.h"
#include "support/world.h"

#define ORIGIN (WORLD_COUNTY * 100 + 1)
#define UNIT UINT64_C(4101050003)
#define ROOM 256 /* rows */

static const struct fq_calendar fifth_and_tenth = {
    .version = 1, .unit_day = 5, .county_day = 10, .unit_second = 86400, .county_second = 86400};

struct held {
    struct fq_coverage coverage;
    uint8_t rows[ROOM * sizeof(struct fq_coverage_row)] __attribute__((aligned(16)));
    uint8_t heads[(ROOM + 1) * sizeof(uint32_t)] __attribute__((aligned(16)));
    uint8_t nodes[ROOM * sizeof(uint32_t)] __attribute__((aligned(16)));
    uint8_t links[ROOM * sizeof(struct fq_index_link)] __attribute__((aligned(16)));
};

static struct held held;
static uint64_t next_seq;

static void open_held(const struct fq_calendar *calendar)
{
    memset(&held, 0, sizeof held);
    const struct fq_coverage_memory memory = {.rows = fq_arena_over(held.rows, sizeof held.rows),
                                              .heads = fq_arena_over(held.heads, sizeof held.heads),
                                              .links = fq_arena_over(held.links, sizeof held.links),
                                              .nodes =
                                                  fq_arena_over(held.nodes, sizeof held.nodes)};
    fq_coverage_init(&held.coverage, calendar, &memory);
}

static int begin(void **state)
{
    (void)state;
    next_seq = 0;
    open_held(&fifth_and_tenth);
    return 0;
}

static uint64_t instant(const char *text)
{
    int64_t time_ms = 0;

    assert_true(fq_time_parse(fq_span_text(text), &time_ms));
    return (uint64_t)time_ms;
}

static struct fq_event fact(uint64_t unit, const char *date, const char *recorded)
{
    return (struct fq_event){.id = {{ORIGIN, FQ_STREAM_FACTS, 1}, ++next_seq},
                             .kind = FQ_EVENT_ACCEPTED,
                             .step = FQ_EVENT_ACCEPTED,
                             .hlc = instant(recorded) << 16,
                             .unit = unit,
                             .date = world_date(date)};
}

static void tell(uint64_t unit, const char *date, const char *recorded, const char *arrived)
{
    struct fq_event event = fact(unit, date, recorded);

    fq_coverage_take(&held.coverage, &event, instant(arrived), NULL, NULL);
}

/* What is known of the reporter's months. */
static struct fq_punctuality of(uint64_t key, const char *first, const char *last)
{
    struct fq_punctuality sum = {0};

    for (uint32_t i = 0; i < held.coverage.index.count; i++) {
        if (held.coverage.rows[i].key == key) {
            (void)fq_coverage_add(&held.coverage.rows[i], fq_month_of(world_date(first)),
                                  fq_month_of(world_date(last)), &sum);
        }
    }
    return sum;
}

static void assert_of(uint64_t key, const char *first, const char *last, uint64_t in_time,
                      uint64_t recorded_late, uint64_t arrived_late)
{
    struct fq_punctuality sum = of(key, first, last);

    assert_int_equal(sum.in_time, in_time);
    assert_int_equal(sum.recorded_late, recorded_late);
    assert_int_equal(sum.arrived_late, arrived_late);
}

static void test_g1_a_fact_counts_for_its_node_and_its_unit(void **state)
{
    (void)state;
    tell(UNIT, "2021-01-08", "2021-01-08", "2021-01-08");
    tell(UNIT, "2021-01-03", "2021-01-09", "2021-01-09");
    tell(0, "2021-01-30", "2021-01-30", "2021-01-30"); /* of no unit */

    assert_of(WORLD_COUNTY, "2021-01-01", "2021-01-31", 3, 0, 0);
    assert_of(UNIT, "2021-01-01", "2021-01-31", 2, 0, 0);
    assert_int_equal(held.coverage.node_row_count, 1);
    assert_int_equal(held.coverage.rows[held.coverage.node_rows[0]].key, WORLD_COUNTY);
    struct fq_punctuality january = of(WORLD_COUNTY, "2021-01-01", "2021-01-31");
    assert_int_equal(january.first_day, world_date("2021-01-03"));
    assert_int_equal(january.last_day, world_date("2021-01-30"));
    assert_of(WORLD_COUNTY, "2021-02-01", "2021-02-28", 0, 0, 0);
}

static void test_g1_copies_and_orders_count_nothing(void **state)
{
    (void)state;
    struct fq_event relay = fact(UNIT, "2021-01-08", "2021-01-08");
    struct fq_event control = relay, undated = relay;
    relay.id.log.stream = WORLD_NEIGHBOUR;
    control.id.log.stream = FQ_STREAM_CONTROL;
    undated.date = 0;

    fq_coverage_take(&held.coverage, &relay, instant("2021-01-08"), NULL, NULL);
    fq_coverage_take(&held.coverage, &control, instant("2021-01-08"), NULL, NULL);
    fq_coverage_take(&held.coverage, &undated, instant("2021-01-08"), NULL, NULL);

    assert_int_equal(held.coverage.index.count, 0);
}

static void test_g1_screenings_are_counted_apart(void **state)
{
    (void)state;
    struct fq_event sweep = fact(UNIT, "2021-01-08", "2021-01-08");
    sweep.kind = sweep.step = FQ_EVENT_SWEEP;

    fq_coverage_take(&held.coverage, &sweep, instant("2021-01-08"), NULL, NULL);
    tell(UNIT, "2021-01-09", "2021-01-09", "2021-01-09");

    assert_of(UNIT, "2021-01-01", "2021-01-31", 2, 0, 0);
    assert_int_equal(of(UNIT, "2021-01-01", "2021-01-31").sweeps, 1);
}

static void test_g2_late_is_recorded_late_or_arrived_late(void **state)
{
    (void)state;
    static const struct {
        const char *recorded, *arrived;
        uint64_t county[3], unit[3]; /* in time, recorded late, arrived late */
    } cases[] = {
        {"2021-01-31", "2021-01-31", {1, 0, 0}, {1, 0, 0}},
        {"2021-02-05T23:59:59.999Z", "2021-02-10T23:59:59.999Z", {1, 0, 0}, {1, 0, 0}},
        {"2021-02-06", "2021-02-10", {1, 0, 0}, {0, 1, 0}},
        {"2021-02-10T23:59:59.999Z", "2021-02-11", {0, 0, 1}, {0, 1, 0}},
        {"2021-01-20", "2021-03-01", {0, 0, 1}, {0, 0, 1}},
        {"2021-02-11", "2021-02-11", {0, 1, 0}, {0, 1, 0}},
        {"2021-02-12", "2023-02-12", {0, 1, 0}, {0, 1, 0}},
        {"2021-01-02", "2021-01-01", {1, 0, 0}, {1, 0, 0}}, /* by a clock ahead of this one */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_held(&fifth_and_tenth);
        tell(UNIT, "2021-01-31", cases[i].recorded, cases[i].arrived);
        assert_of(WORLD_COUNTY, "2021-01-01", "2021-01-31", cases[i].county[0], cases[i].county[1],
                  cases[i].county[2]);
        assert_of(UNIT, "2021-01-01", "2021-01-31", cases[i].unit[0], cases[i].unit[1],
                  cases[i].unit[2]);
    }
}

static void test_g2_a_period_is_due_when_its_last_month_is(void **state)
{
    (void)state;
    tell(0, "2021-01-31", "2021-02-20", "2021-02-20"); /* late for January, not for the quarter */
    tell(0, "2021-01-31", "2021-01-31", "2021-04-11"); /* late for both */
    tell(0, "2021-03-01", "2021-03-01", "2021-03-01");

    assert_of(WORLD_COUNTY, "2021-01-01", "2021-01-31", 0, 1, 1);
    assert_of(WORLD_COUNTY, "2021-01-01", "2021-03-31", 2, 0, 1);
    assert_of(WORLD_COUNTY, "2021-01-01", "2021-06-30", 3, 0, 0);
    assert_of(WORLD_COUNTY, "2021-02-01", "2021-03-31", 1, 0, 0);
}

static void test_g3_the_order_and_the_batches_do_not_matter(void **state)
{
    (void)state;
    struct fq_event events[40];
    char date[FQ_DATE_TEXT_SIZE];
    for (uint32_t i = 0; i < 40; i++) {
        fq_date_format((uint16_t)(world_date("2021-01-01") + i * 7), date);
        events[i] = fact(i % 3 ? UNIT + i % 5 : 0, date, "2021-03-07");
    }

    for (uint32_t i = 0; i < 40; i++) {
        fq_coverage_take(&held.coverage, &events[i], instant("2021-03-12"), NULL, NULL);
    }
    struct fq_punctuality forward = of(WORLD_COUNTY, "2021-01-01", "2021-06-30");
    uint32_t rows = held.coverage.index.count;
    open_held(&fifth_and_tenth);
    for (uint32_t i = 40; i > 0; i--) {
        fq_coverage_take(&held.coverage, &events[i - 1], instant("2021-03-12"), NULL, NULL);
    }
    struct fq_punctuality backward = of(WORLD_COUNTY, "2021-01-01", "2021-06-30");

    assert_int_equal(rows, held.coverage.index.count);
    assert_memory_equal(&forward, &backward, sizeof forward);
    assert_int_equal(forward.in_time + forward.recorded_late + forward.arrived_late, 26);
}

static void note_row(void *context, uint32_t row)
{
    bool *is_changed = context;

    is_changed[row] = true;
}

static void test_the_rows_that_changed_are_told(void **state)
{
    (void)state;
    bool is_changed[ROOM] = {false};
    tell(UNIT, "2021-01-08", "2021-01-08", "2021-01-08"); /* rows 0 and 1 */
    tell(0, "2021-02-08", "2021-02-08", "2021-02-08");    /* row 2 */
    struct fq_event event = fact(UNIT, "2021-01-09", "2021-01-09");

    fq_coverage_take(&held.coverage, &event, instant("2021-01-09"), note_row, is_changed);

    assert_true(is_changed[0] && is_changed[1]);
    assert_false(is_changed[2]);
}

static void test_what_has_no_room_is_counted_as_left_out(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ROOM; i++) { /* two rows each */
        tell(UNIT + i, "2021-01-08", "2021-01-08", "2021-01-08");
    }

    assert_int_equal(held.coverage.index.count, ROOM);
    assert_int_equal(held.coverage.dropped_count, 1);
    assert_of(WORLD_COUNTY, "2021-01-01", "2021-01-31", ROOM, 0, 0); /* what has room goes on */
}

#define CASE(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_g1_a_fact_counts_for_its_node_and_its_unit),
        CASE(test_g1_copies_and_orders_count_nothing),
        CASE(test_g1_screenings_are_counted_apart),
        CASE(test_g2_late_is_recorded_late_or_arrived_late),
        CASE(test_g2_a_period_is_due_when_its_last_month_is),
        CASE(test_g3_the_order_and_the_batches_do_not_matter),
        CASE(test_the_rows_that_changed_are_told),
        CASE(test_what_has_no_room_is_counted_as_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
