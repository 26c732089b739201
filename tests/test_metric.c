/* Metrics: what a rate is of, in which version, and how percents are rounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/edge/metric_file.h"

static void test_the_shipped_file_is_the_built_in_table(void **state)
{
    (void)state;
    static struct fq_metrics metrics;
    struct fq_why why;

    assert_int_equal(fq_metrics_load("config/metrics.cfg", &metrics, &why), FQ_OK);

    assert_memory_equal(&metrics, fq_metrics_default(), sizeof metrics);
    assert_int_equal(fq_metrics_check(fq_metrics_default(), &why), FQ_OK);
}

static void test_x1_the_default_is_printed_until_another_version_is_chosen(void **state)
{
    (void)state;
    const struct fq_metrics *metrics = fq_metrics_default();
    int64_t values[FQ_MEASURES_COUNT] = {
        [FQ_MEASURE_AGREED] = 98, [FQ_MEASURE_CONCLUDED] = 100, [FQ_MEASURE_ACCEPTED] = 196};
    char text[32], definition[FQ_METRIC_DEFINITION_SIZE];
    struct fq_rates rates;

    fq_rates_init(&rates, metrics);
    assert_int_equal(rates.count, 5);
    fq_rates_format(&rates, 0, values, text);
    fq_rates_define(&rates, 0, definition);
    assert_string_equal(text, "98.0");
    assert_string_equal(definition, "v1 agreed/concluded");

    assert_true(fq_rates_choose(&rates, metrics, fq_span_text("success_rate"), 2));
    fq_rates_format(&rates, 0, values, text);
    fq_rates_define(&rates, 0, definition);
    assert_string_equal(text, "50.0");
    assert_string_equal(definition, "v2 agreed/accepted");
    assert_false(fq_rates_choose(&rates, metrics, fq_span_text("beauty"), 1));
}

static void test_x2_a_version_that_is_not_known_says_so(void **state)
{
    (void)state;
    int64_t values[FQ_MEASURES_COUNT] = {[FQ_MEASURE_AGREED] = 1, [FQ_MEASURE_CONCLUDED] = 1};
    char text[32], definition[FQ_METRIC_DEFINITION_SIZE];
    struct fq_rates rates;

    fq_rates_init(&rates, fq_metrics_default());
    assert_true(fq_rates_choose(&rates, fq_metrics_default(), fq_span_text("success_rate"), 7));
    fq_rates_format(&rates, 0, values, text);
    fq_rates_define(&rates, 0, definition);

    assert_string_equal(text, "");
    assert_string_equal(definition, "v7 unknown to this node");
}

static void test_growth_is_rounded_half_up(void **state)
{
    (void)state;
    static const struct {
        int64_t base, now;
        const char *text;
    } cases[] = {
        {100, 289, "189.0"},
        {1000, 1000, "0.0"},
        {3, 2, "-33.3"},
        {3, 4, "33.3"},
        {2000, 2001, "0.1"},
        {2000, 1999, "0.0"},
        {2000, 1997, "-0.1"},
        {2000, 1998, "-0.1"},
        {5, 0, "-100.0"},
        {0, 5, ""},
        {-4, 5, ""},
        {4, -4, "-200.0"},
        {7, 11, "57.1"},
        {1, INT64_MAX, "922337203685477580600.0"},
        {INT64_MAX, INT64_MIN, "-200.0"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        fq_growth_format(cases[i].base, cases[i].now, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_a_wrong_file_is_refused_at_its_line(void **state)
{
    (void)state;
#define ROW(name, version, of, rest)                                                               \
    "{ name = \"" name "\"; version = " version "; numerator = \"" of                              \
    "\"; denominator = \"concluded\"; zh = \"率\"; en = \"rate\"; " rest "}"
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"metrics = (" ROW("a", "1", "agreed", "default = true;") ");", ":1: version: must be set"},
        {"version = 1;", "0 metrics"},
        {"version = 1;\nmetrics = (" ROW("a", "1", "beauty", "") ");",
         ":2: metrics.0.numerator: must be the name of a measure"},
        {"version = 1;\nmetrics = (" ROW("a", "1", "agreed", "") ");", "no version is the default"},
        {"version = 1;\nmetrics = (" ROW("a", "1", "agreed",
                                         "default = true;") ",\n" ROW("a", "1", "failed", "") ");",
         ":3: a v1 stands twice"},
        {"version = 1;\nmetrics = (" ROW("a", "1", "agreed", "default = true;") ",\n" ROW(
             "a", "2", "failed", "default = true;") ");",
         ":3: a: two versions are the default"},
        {"version = 1;\nmetrics = ({ name = \"a\"; });", ":2: metrics.0.name: the row needs"},
        {"version = 1;\nmetrics = ({ colour = \"a\"; });", "there is no such key"},
        {"version = 1;\nrates = 2;", ":2: rates: there is no such key"},
    };
#undef ROW
    char path[] = "/tmp/fengqiao-metric.XXXXXX";
    int file = mkstemp(path);

    assert_true(file >= 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct fq_metrics metrics;
        struct fq_why why = {0};
        ssize_t size = (ssize_t)strlen(cases[i].text);
        metrics.version = 77;
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, cases[i].text, (size_t)size, 0), size);

        assert_int_equal(fq_metrics_load(path, &metrics, &why), FQ_ERR_USAGE);

        assert_int_equal(metrics.version, 77);
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
        cmocka_unit_test(test_the_shipped_file_is_the_built_in_table),
        cmocka_unit_test(test_x1_the_default_is_printed_until_another_version_is_chosen),
        cmocka_unit_test(test_x2_a_version_that_is_not_known_says_so),
        cmocka_unit_test(test_growth_is_rounded_half_up),
        cmocka_unit_test(test_a_wrong_file_is_refused_at_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
