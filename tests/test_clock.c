/* The clocks (K1). What the core makes of a wall clock that jumps is for test_core and the
 * simulation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "fq/edge/clock.h"

#define YEAR_2020_MS UINT64_C(1577836800000)

static void test_k1_steady_time_does_not_run_backwards(void **state)
{
    (void)state;
    struct fq_now before = fq_clock_now();

    for (int i = 0; i < 1000; i++) {
        struct fq_now after = fq_clock_now();
        assert_true(after.steady_ms >= before.steady_ms);
        before = after;
    }
}

static void test_the_wall_counts_from_1970(void **state)
{
    (void)state;

    assert_true(fq_clock_now().wall_ms > YEAR_2020_MS);
}

static void test_a_day_is_where_the_program_runs(void **state)
{
    (void)state;
    uint16_t first, second;
    assert_true(fq_date_from_civil(2020, 1, 1, &first));
    assert_true(fq_date_from_civil(2020, 1, 2, &second));

    assert_int_equal(setenv("TZ", "CST-8", 1), 0); /* eight hours ahead */
    tzset();
    assert_int_equal(fq_clock_day(YEAR_2020_MS), first);
    assert_int_equal(fq_clock_day(YEAR_2020_MS + UINT64_C(16) * 3600 * 1000), second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_k1_steady_time_does_not_run_backwards),
        cmocka_unit_test(test_the_wall_counts_from_1970),
        cmocka_unit_test(test_a_day_is_where_the_program_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
