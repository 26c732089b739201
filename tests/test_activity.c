/* Reported figures: which reports stand, and what they add up to (Q5 to Q7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fq/core/activity.h"
#include "support/random.h"
#include "support/world.h"

#define HANDLED 101
#define SUCCEEDED 102
#define SEATS 408 /* a stock */
#define REPORTS_MAX 24

static struct world world;
static struct world_view *held;
static struct fq_arena arena;
static uint8_t memory[1 << 16];
static uint64_t next_seq;
static struct fq_reports reports;

static int begin(void **state)
{
    (void)state;
    world_open(&world);
    held = world_view_open(&world);
    next_seq = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_view_close(held);
    world_close(&world);
    return 0;
}

/* What the node of `writer` reports of the county. */
static struct fq_event report_of(uint32_t writer, uint16_t indicator, const char *first,
                                 const char *last, uint64_t count)
{
    uint64_t seq = ++next_seq;
    struct fq_event event = {.id = {{writer * 100 + 1, 0, 1}, seq},
                             .kind = FQ_EVENT_ACTIVITY,
                             .step = FQ_EVENT_ACTIVITY,
                             .rev = (uint32_t)seq,
                             .area = WORLD_COUNTY,
                             .date = world_date("2021-07-05"),
                             .cmd_id = world_id((uint8_t)seq)};

    event.value[FQ_FIELD_INDICATOR] = indicator;
    event.value[FQ_FIELD_FIRST_DAY] = world_date(first);
    event.value[FQ_FIELD_LAST_DAY] = world_date(last);
    event.value[FQ_FIELD_COUNT] = count;
    return event;
}

static void tell(struct fq_event event)
{
    assert_int_equal(world_tell(held, &event), FQ_MERGED_NEW);
}

/* The figure of the indicator; none when nothing was ever reported of it. */
static struct fq_activity_figure figure_of(uint16_t indicator, uint32_t area, const char *first,
                                           const char *last)
{
    struct fq_activity_figure figure = {0}, found = {0};

    arena = fq_arena_over(memory, sizeof memory);
    assert_true(fq_reports_gather(&held->view, &world.codes, area, &arena, &reports));
    for (uint32_t at = 0; at < reports.count;) {
        uint16_t number = reports.rows[at].indicator;
        at = fq_activity_figure(&world.codes, &reports, at, world_date(first), world_date(last),
                                &figure);
        found = number == indicator ? figure : found;
    }
    return found;
}

static struct fq_activity_figure half_year(uint16_t indicator)
{
    return figure_of(indicator, WORLD_PROVINCE, "2021-01-01", "2021-06-30");
}

#define IS(figure, ...)                                                                            \
    do {                                                                                           \
        struct fq_activity_figure is = (figure), expected = {__VA_ARGS__};                         \
        assert_memory_equal(&is, &expected, sizeof is);                                            \
    } while (0)

static void test_q6_reports_of_the_period_add_up(void **state)
{
    (void)state;
    tell(report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-03-31", 60));
    tell(report_of(WORLD_COUNTY, HANDLED, "2021-04-01", "2021-06-30", 50));
    tell(report_of(WORLD_COUNTY, SUCCEEDED, "2021-01-01", "2021-03-31", 59));
    struct fq_event other = report_of(WORLD_FAR, HANDLED, "2021-01-01", "2021-06-30", 7);
    other.area = WORLD_FAR;
    tell(other);

    IS(half_year(HANDLED), .count = 117, .reports = 3, .areas = 2);
    IS(half_year(SUCCEEDED), .count = 59, .reports = 1, .areas = 1);
    IS(figure_of(HANDLED, WORLD_CITY, "2021-01-01", "2021-06-30"), .count = 110, .reports = 2,
       .areas = 1);
    IS(figure_of(HANDLED, WORLD_PROVINCE, "2021-04-01", "2021-06-30"), .count = 50, .reports = 1,
       .areas = 1, .partial = 1);
    IS(figure_of(HANDLED, WORLD_PROVINCE, "2021-07-01", "2021-12-31"), .count = 0);
}

static void test_q5_the_finer_stands_whoever_wrote_it_and_whenever(void **state)
{
    struct fq_event told[] = {
        report_of(WORLD_CITY, HANDLED, "2021-01-01", "2021-06-30", 900),
        report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-01-31", 10),
        report_of(WORLD_COUNTY, HANDLED, "2021-02-01", "2021-02-28", 20),
        report_of(WORLD_CITY, HANDLED, "2020-12-01", "2021-02-28", 70), /* over the edge */
    };
    (void)state;

    for (size_t first = 0; first < 4; first++) {
        world_view_close(held);
        held = world_view_open(&world);
        for (size_t i = 0; i < 4; i++) {
            tell(told[(first + i) % 4]);
        }
        IS(half_year(HANDLED), .count = 30, .reports = 2, .areas = 1, .overlapping = 1);
        held = world_restart(held);
        IS(half_year(HANDLED), .count = 30, .reports = 2, .areas = 1, .overlapping = 1);
    }
}

static void test_q5_of_equally_fine_ones_the_later_stands(void **state)
{
    (void)state;
    tell(report_of(WORLD_COUNTY, HANDLED, "2021-01-11", "2021-01-20", 10));
    tell(report_of(WORLD_CITY, HANDLED, "2021-01-01", "2021-01-10", 5));
    tell(report_of(WORLD_CITY, HANDLED, "2021-01-06", "2021-01-15", 7));
    IS(half_year(HANDLED), .count = 15, .reports = 2, .areas = 1, .overlapping = 1);
}

static void test_q5_zero_stands_in_no_others_way(void **state)
{
    (void)state;
    tell(report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-01-31", 10));
    tell(report_of(WORLD_CITY, HANDLED, "2021-01-01", "2021-06-30", 900));
    tell(report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-01-31", 0)); /* it takes it back */
    IS(half_year(HANDLED), .count = 900, .reports = 2, .areas = 1);
}

static void test_q5_another_unit_or_area_is_another_report(void **state)
{
    struct fq_event of_unit = report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-06-30", 3);
    struct fq_event of_city = report_of(WORLD_CITY, HANDLED, "2021-01-01", "2021-06-30", 4);
    (void)state;

    of_unit.unit = WORLD_COUNTY * UINT64_C(10000) + 1;
    of_city.area = WORLD_CITY;
    tell(of_unit);
    tell(of_city);
    tell(report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-01-31", 10));
    IS(half_year(HANDLED), .count = 17, .reports = 3, .areas = 2);
}

static void test_q7_of_a_stock_the_last_value_stands(void **state)
{
    (void)state;
    tell(report_of(WORLD_COUNTY, SEATS, "2020-12-31", "2020-12-31", 80));
    tell(report_of(WORLD_COUNTY, SEATS, "2021-03-31", "2021-03-31", 70));
    tell(report_of(WORLD_COUNTY, SEATS, "2021-07-31", "2021-07-31", 60));
    IS(half_year(SEATS), .count = 70, .reports = 1, .areas = 1);
    IS(figure_of(SEATS, WORLD_PROVINCE, "2021-01-01", "2021-02-28"), .count = 80, .reports = 1,
       .areas = 1);
    tell(report_of(WORLD_COUNTY, SEATS, "2021-03-31", "2021-03-31", 0));
    IS(half_year(SEATS), .count = 0, .reports = 1, .areas = 1);
}

static void test_what_was_voided_or_is_inside_out_counts_nothing(void **state)
{
    struct fq_event event = report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-06-30", 9);
    struct fq_event inside_out = report_of(WORLD_COUNTY, HANDLED, "2021-06-30", "2021-01-01", 9);
    uint8_t target[FQ_EVENT_ID_SIZE];
    struct fq_event voided = report_of(WORLD_COUNTY, 0, "2021-01-01", "2021-01-01", 0);
    (void)state;

    memset(voided.value, 0, sizeof voided.value);
    voided.kind = voided.step = FQ_EVENT_VOIDED;
    voided.dispute = fq_merge_entity(&event);
    fq_event_id_encode(&event.id, target);
    assert_true(fq_event_set_bytes(&voided, FQ_FIELD_TARGET, fq_span_of(target, sizeof target)));
    tell(event);
    tell(voided);
    tell(inside_out); /* no node takes it; another's log may hold it */
    IS(half_year(HANDLED), .count = 0);
    event = report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-06-30", 8);
    tell(event); /* once more of the same days: it is listed once */
    IS(half_year(HANDLED), .count = 8, .reports = 1, .areas = 1);
}

/* ---- any reports ---- */

static void draw(struct random *random, struct fq_report *out_report)
{
    uint16_t first = (uint16_t)(1000 + random_below(random, 60));

    *out_report = (struct fq_report){
        .indicator = HANDLED,
        .first_day = first,
        .last_day = (uint16_t)(first + random_below(random, 12)),
        .area = WORLD_COUNTY,
        .unit = random_below(random, 2),
        .count = random_below(random, 5),
    };
}

static bool is_there(const struct fq_report *rows, uint32_t count, const struct fq_report *report)
{
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i].unit == report->unit && rows[i].first_day == report->first_day &&
            rows[i].last_day == report->last_day) {
            return true;
        }
    }
    return false;
}

static bool is_finer(const struct fq_report *a, const struct fq_report *b)
{
    int of_a = a->last_day - a->first_day, of_b = b->last_day - b->first_day;

    return of_a < of_b || (of_a == of_b && a->last_day > b->last_day);
}

/* Which stand is said by the rule alone: one is aside exactly when a finer one that stands shares its
 * days. */
static void agrees_with_the_rule(const struct fq_report *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bool is_beaten = false;
        for (uint32_t k = 0; k < count; k++) {
            is_beaten |= k != i && rows[k].unit == rows[i].unit && rows[k].count > 0 &&
                         rows[i].count > 0 && !rows[k].is_aside && is_finer(&rows[k], &rows[i]) &&
                         fq_reports_share_days(&rows[k], &rows[i]);
        }
        assert_int_equal(rows[i].is_aside, is_beaten);
    }
}

static void test_q5_one_is_aside_when_a_finer_one_that_stands_shares_its_days(void **state)
{
    struct fq_report rows[REPORTS_MAX], again[REPORTS_MAX];
    (void)state;

    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct random random = random_of(seed);
        uint32_t wanted = 1 + random_below(&random, REPORTS_MAX), count = 0;
        for (uint32_t i = 0; i < wanted; i++) {
            draw(&random, &rows[count]);
            count += !is_there(rows, count, &rows[count]);
        }
        for (uint32_t i = 0; i < count; i++) {
            again[i] = rows[count - 1 - i];
        }
        struct fq_reports forwards = {rows, count}, backwards = {again, count};
        arena = fq_arena_over(memory, sizeof memory);
        assert_true(fq_reports_settle(&world.codes, &arena, &forwards));
        assert_true(fq_reports_settle(&world.codes, &arena, &backwards));
        assert_int_equal(arena.used, 0);
        agrees_with_the_rule(rows, count);
        assert_memory_equal(rows, again, count * sizeof *rows);
    }
}

static void test_a_full_arena_is_told(void **state)
{
    (void)state;
    tell(report_of(WORLD_COUNTY, HANDLED, "2021-01-01", "2021-06-30", 9));
    for (size_t size = 0; size < 8192; size += 64) {
        arena = fq_arena_over(memory, size);
        assert_false(
            fq_reports_gather(&held->view, &world.codes, WORLD_PROVINCE, &arena, &reports));
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_q6_reports_of_the_period_add_up),
        CASE(test_q5_the_finer_stands_whoever_wrote_it_and_whenever),
        CASE(test_q5_of_equally_fine_ones_the_later_stands),
        CASE(test_q5_zero_stands_in_no_others_way),
        CASE(test_q5_another_unit_or_area_is_another_report),
        CASE(test_q7_of_a_stock_the_last_value_stands),
        CASE(test_what_was_voided_or_is_inside_out_counts_nothing),
        CASE(test_q5_one_is_aside_when_a_finer_one_that_stands_shares_its_days),
        CASE(test_a_full_arena_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
