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
    struct fq_calendar december = {.version = 1, .year_starts = 12}, april = {.version = 1, .year_starts = 4};

    assert_int_equal(fq_calendar_year_first(&december, 1900), 0);
    assert_int_equal(fq_calendar_year_first(&december, 2078), month_of(2077, 12));
    assert_int_equal(fq_calendar_year_first(&april, 2078), 0);
}

static void test_the_shipped_file_is_the_built_in_calendar(void **state)
{
    (void)state;
    struct fq_calendar calendar, built_in = fq_calendar_default();
    struct fq_why why;

    assert_int_equal(fq_calendar_load("config/calendar.cfg", &calendar, &why), FQ_OK);
    assert_memory_equal(&calendar, &built_in, sizeof calendar);
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
        cmocka_unit_test(test_the_shipped_file_is_the_built_in_calendar),
        cmocka_unit_test(test_a_wrong_file_is_refused_at_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
