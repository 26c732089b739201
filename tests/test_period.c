/* Periods: what a person writes becomes whole business months. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fq/core/period.h"

static void test_a_period_is_its_months_and_days(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first_day, *last_day;
    } cases[] = {
        {"2021", "2021-01-01", "2021-12-31"},
        {"2021H1", "2021-01-01", "2021-06-30"},
        {"2021H2", "2021-07-01", "2021-12-31"},
        {"2021Q2", "2021-04-01", "2021-06-30"},
        {"2020Q1", "2020-01-01", "2020-03-31"},
        {"2020-02", "2020-02-01", "2020-02-29"},
        {"2020-12..2021-02", "2020-12-01", "2021-02-28"},
        {"2021-06..2021-06", "2021-06-01", "2021-06-30"},
        {"1900", "1900-01-01", "1900-12-31"},
        {"2078H2", "2078-07-01", "2078-12-31"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_period period;
        char text[FQ_DATE_TEXT_SIZE];
        assert_true(fq_period_parse(fq_span_text(cases[i].text), &period));
        assert_string_equal(period.name, cases[i].text);
        fq_date_format(period.first_day, text);
        assert_string_equal(text, cases[i].first_day);
        fq_date_format(period.last_day, text);
        assert_string_equal(text, cases[i].last_day);
        assert_int_equal(period.first_month, fq_month_of(period.first_day));
        assert_int_equal(period.last_month, fq_month_of(period.last_day));
    }
}

static void test_years_halves_and_quarters_are_those_of_the_calendar(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first_day, *last_day;
    } cases[] = {
        {"2021", "2020-12-01", "2021-11-30"},    {"2021H1", "2020-12-01", "2021-05-31"},
        {"2021H2", "2021-06-01", "2021-11-30"},  {"2021Q1", "2020-12-01", "2021-02-28"},
        {"2021-12", "2021-12-01", "2021-12-31"}, {"2021-01..2021-06", "2021-01-01", "2021-06-30"},
    };
    const struct fq_calendar december = {.version = 1, .year_starts = 12};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_period period;
        char text[FQ_DATE_TEXT_SIZE];
        assert_true(fq_period_parse_in(fq_span_text(cases[i].text), &december, &period));
        fq_date_format(period.first_day, text);
        assert_string_equal(text, cases[i].first_day);
        fq_date_format(period.last_day, text);
        assert_string_equal(text, cases[i].last_day);
    }
    struct fq_period period;
    assert_false(fq_period_parse_in(fq_span_text("1900"), &december, &period));
}

static void test_anything_else_is_no_period(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "21",
                                        "2021H0",
                                        "2021H3",
                                        "2021Q5",
                                        "2021h1",
                                        "2021-13",
                                        "2021-00",
                                        "2021-6",
                                        "2021-06..2021-05",
                                        "1899",
                                        "2079",
                                        "2021-06..2079-01",
                                        "2021-06-2021-07",
                                        "spring",
                                        "2021X1",
                                        "2021 ",
                                        "20211",
                                        "2021-06..2021-07 ",
                                        "-021"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fq_period period = {.first_month = 77};
        assert_false(fq_period_parse(fq_span_text(wrong[i]), &period));
        assert_int_equal(period.first_month, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_period_is_its_months_and_days),
        cmocka_unit_test(test_years_halves_and_quarters_are_those_of_the_calendar),
        cmocka_unit_test(test_anything_else_is_no_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
