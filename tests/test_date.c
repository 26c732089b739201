/* Dates: the calendar of business days and months, and instants as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fq/core/date.h"

static uint16_t day(unsigned year, unsigned month, unsigned day_of_month)
{
    uint16_t date = 0;
    assert_true(fq_date_from_civil(year, month, day_of_month, &date));
    return date;
}

/* A slow, plain calendar, counted on from 1900-01-01. */
static void test_t1_every_number_is_the_day_a_plain_calendar_says(void **state)
{
    (void)state;
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = 1900, month = 1, of_month = 1, months = 1;

    for (unsigned date = 1; date <= FQ_DATE_MAX; date++) {
        unsigned y, m, d;
        fq_date_to_civil((uint16_t)date, &y, &m, &d);
        assert_int_equal(y * 10000 + m * 100 + d, year * 10000 + month * 100 + of_month);
        assert_int_equal(day(year, month, of_month), date);
        assert_int_equal(fq_month_of((uint16_t)date), months);

        bool is_leap = year % 4 == 0 && year != 1900;
        if (of_month++ == lengths[month - 1] + (unsigned)(month == 2 && is_leap)) {
            assert_int_equal(fq_month_last_day((uint16_t)months), date);
            of_month = 1;
            months++;
            month = month % 12 + 1;
            year += month == 1;
            assert_int_equal(fq_month_first_day((uint16_t)months),
                             months > FQ_MONTH_MAX ? 0 : date + 1);
        }
    }
    assert_int_equal(year, 2079);
    assert_int_equal(fq_month_of(0), 0);
}

static void test_t1_no_such_day_has_no_number(void **state)
{
    (void)state;
    static const unsigned wrong[][3] = {{1899, 12, 31}, {2079, 1, 1}, {2021, 0, 1},
                                        {2021, 13, 1},  {2021, 1, 0}, {2021, 4, 31},
                                        {2021, 2, 29},  {1900, 2, 29}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint16_t date = 77;
        assert_false(fq_date_from_civil(wrong[i][0], wrong[i][1], wrong[i][2], &date));
        assert_int_equal(date, 77);
    }
}

static void test_a_date_is_read_as_it_is_printed(void **state)
{
    (void)state;
    char text[FQ_DATE_TEXT_SIZE];
    uint16_t date;

    fq_date_format(day(2021, 3, 18), text);
    assert_string_equal(text, "2021-03-18");
    assert_true(fq_date_parse(fq_span_text(text), &date));
    assert_int_equal(date, day(2021, 3, 18));
    fq_date_format(0, text);
    assert_string_equal(text, "");
    fq_date_format(FQ_DATE_MAX + 1, text);
    assert_string_equal(text, "");
}

static void test_only_the_exact_form_is_a_date(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",           "2021-3-18",   "2021-03-18 ", " 2021-03-18",
                                        "2021/03/18", "2021-02-30",  "21-03-18",    "2021-03-1",
                                        "20210318",   "2021-03-181", "-021-03-18"};
    uint16_t date;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(fq_date_parse(fq_span_text(wrong[i]), &date));
    }
}

static void test_a_register_says_how_it_writes_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text, *format;
        bool is_date;
    } cases[] = {
        {"03/18/2021", "%m/%d/%Y", true},
        {"3/18/2021", "%m/%d/%Y", true},
        {"2021年3月18日", "%Y年%m月%d日", true},
        {"20210318", "%Y%m%d", true},
        {"18.03.2021", "%d.%m.%Y", true},
        {"18/03/2021", "%m/%d/%Y", false},
        {"3/18/21", "%m/%d/%Y", false},
        {"03/18/2021", "%m/%d", false},
        {"03/18/2021", "%m/%m/%Y", false},
        {"03/18/2021", "%m/%e/%Y", false},
        {"03/18/2021", "%m/%d/%Y%", false},
        {"03/18/2021 ", "%m/%d/%Y", false},
        {"", "%m/%d/%Y", false},
        {"03//2021", "%m/%d/%Y", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint16_t date = 0;
        bool is_date = fq_date_parse_format(fq_span_text(cases[i].text), cases[i].format, &date);
        assert_int_equal(is_date, cases[i].is_date);
        assert_int_equal(date, is_date ? day(2021, 3, 18) : 0);
    }
}

static void test_a_month_is_printed_with_its_year(void **state)
{
    (void)state;
    char text[FQ_MONTH_TEXT_SIZE];
    fq_month_format(fq_month_of(day(2021, 6, 30)), text);
    assert_string_equal(text, "2021-06");
    fq_month_format(0, text);
    assert_string_equal(text, "");
}

static void test_an_instant_is_printed_in_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},         {1614834367089, "2021-03-04T05:06:07.089Z"},
        {-1, "1969-12-31T23:59:59.999Z"},        {951782400000, "2000-02-29T00:00:00.000Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"}, {INT64_MIN, "0000-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[FQ_TIME_TEXT_SIZE];
        int64_t ms;
        fq_time_format_ms(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
        assert_true(fq_time_parse(fq_span_text(text), &ms));
        fq_time_format_ms(ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_instants_are_read_as_rfc_3339(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"2021-03-04T05:06:07.089Z", 1614834367089},
        {"2021-03-04T13:06:07.0899+08:00", 1614834367089},
        {"2021-03-04t00:06:07.089-05:00", 1614834367089},
        {"2021-03-04 05:06:07Z", 1614834367000},
        {"2021-03-04T05:06:07.1z", 1614834367100},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"2021-03-04", 1614816000000},
    };
    static const char *const wrong[] = {"2021-03-04T05:06:07",       "2021-03-04T05:06Z",
                                        "2021-03-04T24:00:00Z",      "2021-02-29T05:06:07Z",
                                        "2021-03-04T05:06:07.Z",     "2021-03-04T05:06:07+0800",
                                        "2021-03-04T05:06:07Z ",     "now",
                                        "2021-03-04T05:06:07+24:00", "2021-00-04T05:06:07.089Z"};
    int64_t ms;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(fq_time_parse(fq_span_text(cases[i].text), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(fq_time_parse(fq_span_text(wrong[i]), &ms));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t1_every_number_is_the_day_a_plain_calendar_says),
        cmocka_unit_test(test_t1_no_such_day_has_no_number),
        cmocka_unit_test(test_a_date_is_read_as_it_is_printed),
        cmocka_unit_test(test_only_the_exact_form_is_a_date),
        cmocka_unit_test(test_a_register_says_how_it_writes_dates),
        cmocka_unit_test(test_a_month_is_printed_with_its_year),
        cmocka_unit_test(test_an_instant_is_printed_in_utc),
        cmocka_unit_test(test_instants_are_read_as_rfc_3339),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
