/* Since when the tiers above hold an event, as far as the node remembers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../nodes/progress.h"

static struct fq_log log_at(uint64_t acked, uint64_t up)
{
    return (struct fq_log){.id = {41010501, 0, 1}, .last = acked + 10, .acked = acked, .up = up};
}

static void test_r1_the_first_time_counts(void **state)
{
    (void)state;
    struct fq_progress progress = {0};
    struct fq_log first = log_at(3, 0), second = log_at(7, 3), same = log_at(7, 3);

    fq_progress_note(&progress, &first, 100);
    fq_progress_note(&progress, &second, 200);
    fq_progress_note(&progress, &same, 300);

    assert_int_equal(fq_progress_since(&progress.acked, 1), 100);
    assert_int_equal(fq_progress_since(&progress.acked, 3), 100);
    assert_int_equal(fq_progress_since(&progress.acked, 4), 200);
    assert_int_equal(fq_progress_since(&progress.acked, 7), 200);
    assert_int_equal(fq_progress_since(&progress.acked, 8), 0);
    assert_int_equal(fq_progress_since(&progress.up, 3), 200);
    assert_int_equal(fq_progress_since(&progress.up, 4), 0);
}

static void test_r1_what_is_forgotten_is_not_guessed(void **state)
{
    (void)state;
    struct fq_progress progress = {0};

    for (uint64_t seq = 1; seq <= FQ_PROGRESS_MAX + 5; seq++) {
        struct fq_log log = log_at(seq, 0);
        fq_progress_note(&progress, &log, 1000 + seq);
    }

    assert_int_equal(fq_progress_since(&progress.acked, 3), 0);
    assert_int_equal(fq_progress_since(&progress.acked, 6), 0); /* the first kept may be late */
    assert_int_equal(fq_progress_since(&progress.acked, 7), 1007);
    assert_int_equal(fq_progress_since(&progress.acked, FQ_PROGRESS_MAX + 5),
                     1000 + FQ_PROGRESS_MAX + 5);
    assert_int_equal(fq_progress_since(&progress.acked, FQ_PROGRESS_MAX + 6), 0);
}

static void test_another_log_begins_anew(void **state)
{
    (void)state;
    struct fq_progress progress = {0};
    struct fq_log before = log_at(9, 9), after = log_at(2, 0);
    after.id.epoch = 2;

    fq_progress_note(&progress, &before, 100);
    fq_progress_note(&progress, &after, 200);

    assert_int_equal(fq_progress_since(&progress.acked, 2), 200);
    assert_int_equal(fq_progress_since(&progress.acked, 3), 0);
    assert_int_equal(fq_progress_since(&progress.up, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r1_the_first_time_counts),
        cmocka_unit_test(test_r1_what_is_forgotten_is_not_guessed),
        cmocka_unit_test(test_another_log_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
