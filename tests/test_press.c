/* Figures as newspapers print them: the article's own, and their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fq/core/press.h"

static void assert_zh(int64_t value, enum fq_press_style style, uint32_t step, const char *text)
{
    struct fq_press press = {.style = style, .step = step};
    char out[FQ_PRESS_SIZE];

    fq_press_zh(value, &press, out);
    assert_string_equal(out, text);
}

static void assert_en(int64_t value, enum fq_press_style style, uint32_t step, const char *text)
{
    struct fq_press press = {.style = style, .step = step};
    char out[FQ_PRESS_SIZE];

    fq_press_en(value, &press, out);
    assert_string_equal(out, text);
}

static void assert_yuan(int64_t cents, enum fq_press_style style, uint32_t step, const char *zh,
                        const char *en)
{
    struct fq_press press = {.style = style, .step = step, .is_cents = true};
    char out[FQ_PRESS_SIZE];

    fq_press_zh(cents, &press, out);
    assert_string_equal(out, zh);
    fq_press_en(cents, &press, out);
    assert_string_equal(out, en);
}

static void assert_percent(uint64_t part, uint64_t whole, unsigned decimals, const char *text)
{
    char out[FQ_PRESS_SIZE];

    fq_press_percent(part, whole, decimals, out);
    assert_string_equal(out, text);
}

static void test_p1_rounds_half_up_in_wan(void **state)
{
    (void)state;
    assert_zh(278604, FQ_PRESS_ROUNDED, 100, "27.86万");
    assert_zh(278550, FQ_PRESS_ROUNDED, 100, "27.86万");
    assert_zh(278549, FQ_PRESS_ROUNDED, 100, "27.85万");
    assert_zh(278650, FQ_PRESS_ROUNDED, 100, "27.87万");
    assert_zh(118043, FQ_PRESS_ROUNDED, 1000, "11.8万");
    assert_zh(118500, FQ_PRESS_ROUNDED, 1000, "11.9万");
    assert_zh(280000, FQ_PRESS_ROUNDED, 100, "28万");
    assert_zh(299960, FQ_PRESS_ROUNDED, 100, "30万");
    assert_zh(100004, FQ_PRESS_ROUNDED, 10, "10万");
    assert_zh(100050, FQ_PRESS_ROUNDED, 10, "10.005万");
}

static void test_p1_small_figures_are_told_whole(void **state)
{
    (void)state;
    assert_zh(7066, FQ_PRESS_ROUNDED, 1000, "7066");
    assert_zh(9999, FQ_PRESS_ROUNDED, 100, "9999");
    assert_zh(10000, FQ_PRESS_ROUNDED, 100, "1万");
    assert_zh(0, FQ_PRESS_ROUNDED, 100, "0");
    assert_zh(-52, FQ_PRESS_ROUNDED, 100, "-52");
    assert_zh(-278604, FQ_PRESS_ROUNDED, 100, "-27.86万");
    assert_zh(278604, FQ_PRESS_EXACT, 1, "278604");
    assert_en(278604, FQ_PRESS_EXACT, 1, "278,604");
}

static void test_p1_large_figures_are_told_in_yi(void **state)
{
    (void)state;
    assert_zh(99996000, FQ_PRESS_ROUNDED, 10000, "1亿");
    assert_zh(99994999, FQ_PRESS_ROUNDED, 10000, "9999万");
    assert_zh(INT64_C(13000000000), FQ_PRESS_ROUNDED, 1000000, "130亿");
    assert_zh(INT64_MIN, FQ_PRESS_ROUNDED, 100000000, "-92233720369亿");
    assert_zh(INT64_MAX, FQ_PRESS_MORE, 1, "92233720368.54775807亿");
}

static void test_p2_more_never_says_more_than_there_is(void **state)
{
    (void)state;
    assert_zh(14326, FQ_PRESS_MORE, 1000, "1.4万余");
    assert_zh(14999, FQ_PRESS_MORE, 1000, "1.4万余");
    assert_zh(14000, FQ_PRESS_MORE, 1000, "1.4万");
    assert_zh(14001, FQ_PRESS_MORE, 1000, "1.4万余");
    assert_zh(2304118, FQ_PRESS_MORE, 100000, "230余万");
    assert_zh(2399999, FQ_PRESS_MORE, 100000, "230余万");
    assert_zh(2300000, FQ_PRESS_MORE, 100000, "230万");
    assert_zh(512, FQ_PRESS_MORE, 100, "500余");
    assert_zh(52, FQ_PRESS_MORE, 100, "52");
    assert_zh(100, FQ_PRESS_MORE, 100, "100");
    assert_zh(-14326, FQ_PRESS_MORE, 1000, "-1.4万余");
    assert_zh(123456789, FQ_PRESS_MORE, 100000000, "1亿余");
    assert_zh(19999, FQ_PRESS_MORE, 10000, "1万余");
    assert_zh(239999, FQ_PRESS_MORE, 10000, "23余万");
}

static void test_p4_english_says_the_same_number(void **state)
{
    (void)state;
    assert_en(278604, FQ_PRESS_ROUNDED, 100, "278,600");
    assert_en(14326, FQ_PRESS_MORE, 1000, "more than 14,000");
    assert_en(2304118, FQ_PRESS_MORE, 100000, "more than 2,300,000");
    assert_en(512, FQ_PRESS_MORE, 100, "more than 500");
    assert_en(7066, FQ_PRESS_ROUNDED, 1000, "7,066");
    assert_en(68, FQ_PRESS_ROUNDED, 1000, "68");
    assert_en(INT64_MAX, FQ_PRESS_EXACT, 1, "9,223,372,036,854,775,807");
}

static void test_sums_of_money_are_told_in_yuan(void **state)
{
    (void)state;
    assert_yuan(55731250, FQ_PRESS_MORE, 1000, "55.7万余", "more than 557,000");
    assert_yuan(55700000, FQ_PRESS_MORE, 1000, "55.7万", "557,000");
    assert_yuan(55700001, FQ_PRESS_MORE, 1000, "55.7万余", "more than 557,000");
    assert_yuan(8462341500, FQ_PRESS_ROUNDED, 10000, "8462万", "84,620,000");
    assert_yuan(8462500000, FQ_PRESS_ROUNDED, 10000, "8463万", "84,630,000");
    assert_yuan(123450, FQ_PRESS_ROUNDED, 100, "1234.50", "1,234.50");
    assert_yuan(123400, FQ_PRESS_ROUNDED, 100, "1234", "1,234");
    assert_yuan(1234567890, FQ_PRESS_EXACT, 1, "12345678.90", "12,345,678.90");
}

static void test_percent_rounds_half_up(void **state)
{
    (void)state;
    assert_percent(273032, 278604, 1, "98%");
    assert_percent(120528, 121500, 1, "99.2%");
    assert_percent(233047 - 80638, 80638, 1, "189%");
    assert_percent(1, 8, 2, "12.5%");
    assert_percent(1, 8, 0, "13%");
    assert_percent(1249, 10000, 1, "12.5%");
    assert_percent(12449, 100000, 1, "12.4%");
    assert_percent(1, 3, 3, "33.333%");
    assert_percent(0, 5, 1, "0%");
    assert_percent(5, 0, 1, "");
    assert_percent(UINT64_MAX, UINT64_MAX, 3, "100%");
    assert_percent(UINT64_MAX / 2, UINT64_MAX, 1, "50%");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p1_rounds_half_up_in_wan),
        cmocka_unit_test(test_p1_small_figures_are_told_whole),
        cmocka_unit_test(test_p1_large_figures_are_told_in_yi),
        cmocka_unit_test(test_p2_more_never_says_more_than_there_is),
        cmocka_unit_test(test_p4_english_says_the_same_number),
        cmocka_unit_test(test_sums_of_money_are_told_in_yuan),
        cmocka_unit_test(test_percent_rounds_half_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
