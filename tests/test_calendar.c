/* Calendars: which months a reporting year has, and the file that orders it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/edge/calendar_file.h"

static uint16_t month_of(unsigned year, unsigned month)
{
    uint16_t number = 0;

    assert_true(fq_month_from_civil(year, month, &number));
    return number;
}

static void test_w1_a_year_is_named_after_where_most_of_it_lies(void **state)
{
    (void)state;
    static const struct {
        uint8_t year_starts;
        unsigned year, month;
    } cases[] = {{1, 2021, 1}, {12, 2020, 12}, {7, 2020, 7}, {4, 2021, 4}, {6, 2021, 6}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_calendar calendar = {.version = 1, .year_starts = cases[i].year_starts};
        assert_int_equal(fq_calendar_year_first(&calendar, 2021),
                         month_of(cases[i].year, cases[i].month));
    }
}

static void test_w1_every_month_lies_in_one_year_at_one_place(void **state)
{
    (void)state;

    for (uint8_t starts = 1; starts <= 12; starts++) {
        struct fq_calendar calendar = {.version = 1, .year_starts = starts};
        for (uint16_t month = 1; month <= FQ_MONTH_MAX; month++) {
            unsigned place = 99;
            unsigned year = fq_calendar_year_of(&calendar, month, &place);
            uint16_t first = fq_calendar_year_first(&calendar, year);
            assert_true(place < 12);
            if (first) {
                assert_int_equal(first + place, month);
            }
        }
    }
}

static void test_w1_a_year_outside_the_calendar_is_none(void **state)
{
    (void)state;
    struct fq_calendar december = {.version = 1, .year_starts = 12},
                       april = {.version = 1, .year_starts = 4};

    assert_int_equal(fq_calendar_year_first(&december, 1900), 0);
    assert_int_equal(fq_calendar_year_first(&december, 2078), month_of(2077, 12));
    assert_int_equal(fq_calendar_year_first(&april, 2078), 0);
}

static uint64_t instant(const char *text)
{
    int64_t time_ms = 0;

    assert_true(fq_time_parse(fq_span_text(text), &time_ms));
    return (uint64_t)time_ms;
}

static void test_w2_a_month_is_reported_until_its_deadline(void **state)
{
    (void)state;
    static const struct {
        uint8_t day;
        uint32_t second;
        int32_t offset_s;
        const char *deadline; /* of 2021-01 */
    } cases[] = {
        {10, 86400, 0, "2021-02-11"},
        {0, 0, 0, "2021-02-11"}, /* as built in */
        {31, 86400, 0, "2021-03-01"},
        {5, 63000, 0, "2021-02-05T17:30:00Z"},
        {10, 86400, 28800, "2021-02-10T16:00:00Z"},
        {10, 86400, -18000, "2021-02-11T05:00:00Z"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct fq_calendar calendar = {.version = 1,
                                             .county_day = cases[i].day,
                                             .county_second = cases[i].second,
                                             .utc_offset_s = cases[i].offset_s};
        uint64_t deadline = instant(cases[i].deadline);
        uint16_t january = month_of(2021, 1);
        assert_int_equal(fq_calendar_deadline(&calendar, FQ_REPORTER_COUNTY, january), deadline);
        assert_int_equal(fq_calendar_month_met(&calendar, FQ_REPORTER_COUNTY, deadline - 1),
                         january);
        assert_int_equal(fq_calendar_month_met(&calendar, FQ_REPORTER_COUNTY, deadline),
                         january + 1);
    }
}

static void test_w2_every_instant_meets_the_first_deadline_ahead_of_it(void **state)
{
    (void)state;
    static const int32_t offsets[] = {-50400, 0, 28800};
    const uint64_t step = 12345678;

    for (size_t i = 0; i < 3; i++) {
        const struct fq_calendar calendar = {
            .version = 1, .unit_day = 5, .utc_offset_s = offsets[i]};
        for (uint64_t time = instant("2020-01-01"); time < instant("2022-01-01"); time += step) {
            uint16_t month = fq_calendar_month_met(&calendar, FQ_REPORTER_UNIT, time);
            assert_true(time < fq_calendar_deadline(&calendar, FQ_REPORTER_UNIT, month));
            assert_true(time >=
                        fq_calendar_deadline(&calendar, FQ_REPORTER_UNIT, (uint16_t)(month - 1)));
        }
    }
}

static void test_w2_the_ends_of_time_are_met_too(void **state)
{
    (void)state;
    const struct fq_calendar west = {.version = 1, .utc_offset_s = -50400};

    assert_int_equal(fq_calendar_month_met(&west, FQ_REPORTER_UNIT, 0), month_of(1969, 12));
    assert_int_equal(fq_calendar_month_met(&west, FQ_REPORTER_UNIT, UINT64_MAX), FQ_MONTH_MAX);
    assert_true(fq_calendar_deadline(&west, FQ_REPORTER_UNIT, FQ_MONTH_MAX) == UINT64_MAX);
    assert_int_equal(fq_calendar_day_begins(&west, 1), 0);
}

static void test_the_shipped_file_is_the_built_in_calendar(void **state)
{
    (void)state;
    struct fq_calendar calendar, built_in = fq_calendar_default();
    struct fq_why why;

    assert_int_equal(fq_calendar_load("config/calendar.cfg", &calendar, &why), FQ_OK);
    assert_memory_equal(&calendar, &built_in, sizeof calendar);
}

static void test_w2_deadlines_are_read_from_the_file(void **state)
{
    (void)state;
    static const char text[] =
        "version = 3; unit_day = 3; unit_time = \"17:30:00\"; county_day = 8;\n"
        "county_time = \"12:00:01\"; utc_offset = \"-03:30\";\n";
    char path[] = "/tmp/fengqiao-calendar.XXXXXX";
    int file = mkstemp(path);
    struct fq_calendar calendar;
    struct fq_why why;

    assert_true(file >= 0);
    assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
    assert_int_equal(fq_calendar_load(path, &calendar, &why), FQ_OK);

    assert_int_equal(calendar.unit_day, 3);
    assert_int_equal(calendar.unit_second, 63000);
    assert_int_equal(calendar.county_day, 8);
    assert_int_equal(calendar.county_second, 43201);
    assert_int_equal(calendar.utc_offset_s, -12600);
    (void)close(file);
    assert_int_equal(unlink(path), 0);
}

static void test_a_wrong_file_is_refused_at_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"year_starts = 12;", ":1: version: must be set"},
        {"version = 2;\nyear_starts = 13;", ":2: year_starts: must be a month"},
        {"version = 2;\nyear_starts = \"May\";", ":2: year_starts: must be a month"},
        {"version = 0;", ":1: version: must be a number above 0"},
        {"version = 2;\nyear_begins = 3;", ":2: year_begins: there is no such key"},
        {"version = 2;\nunit_hour = 3;", ":2: unit_hour: there is no such key"},
        {"version = 2;\nunit_day = 0;", ":2: unit_day: must be a day from 1 to 31"},
        {"version = 2;\ncounty_day = 32;", ":2: county_day: must be a day from 1 to 31"},
        {"version = 2;\ncounty_time = \"24:00:01\";", ":2: county_time: must be a time"},
        {"version = 2;\ncounty_time = \"9:00\";", ":2: county_time: must be a time"},
        {"version = 2;\nunit_time = 9;", ":2: unit_time: must be a time"},
        {"version = 2;\nutc_offset = \"08:00\";", ":2: utc_offset: must be a time zone"},
        {"version = 2;\nutc_offset = \"+15:00\";", ":2: utc_offset: must be a time zone"},
    };
    char path[] = "/tmp/fengqiao-calendar.XXXXXX";
    int file = mkstemp(path);

    assert_true(file >= 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_calendar calendar = {.version = 77, .year_starts = 7};
        struct fq_why why = {0};
        ssize_t size = (ssize_t)strlen(cases[i].text);
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, cases[i].text, (size_t)size, 0), size);

        assert_int_equal(fq_calendar_load(path, &calendar, &why), FQ_ERR_USAGE);

        assert_int_equal(calendar.version, 77);
        if (!strstr(why.detail, cases[i].said)) {
            fail_msg("%s does not say %s", why.detail, cases[i].said);
        }
    }
    (void)close(file);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_w1_a_year_is_named_after_where_most_of_it_lies),
        cmocka_unit_test(test_w1_every_month_lies_in_one_year_at_one_place),
        cmocka_unit_test(test_w1_a_year_outside_the_calendar_is_none),
        cmocka_unit_test(test_w2_a_month_is_reported_until_its_deadline),
        cmocka_unit_test(test_w2_every_instant_meets_the_first_deadline_ahead_of_it),
        cmocka_unit_test(test_w2_the_ends_of_time_are_met_too),
        cmocka_unit_test(test_w2_deadlines_are_read_from_the_file),
        cmocka_unit_test(test_the_shipped_file_is_the_built_in_calendar),
        cmocka_unit_test(test_a_wrong_file_is_refused_at_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
