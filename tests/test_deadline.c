/* Deadlines: mediation (I1), confirmation (I2), the last day (I3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fq/core/deadline.h"

/* Accepted on day 1000. */
static struct fq_dispute accepted(void)
{
    return (struct fq_dispute){
        .registered_on = 990,
        .decided_on = 1000,
        .decision = FQ_DECISION_ACCEPTED,
        .source = FQ_SOURCE_ON_APPLICATION,
        .flags = FQ_DISPUTE_REGISTERED,
    };
}

static void test_i1_mediation_ends_thirty_days_after_acceptance(void **state)
{
    (void)state;
    struct fq_dispute dispute = accepted();

    assert_int_equal(fq_deadline_open(&dispute), 1030);
    dispute.extended_days = 20;
    assert_int_equal(fq_deadline_open(&dispute), 1050);
    dispute.source = FQ_SOURCE_DELEGATED_PETITION;
    assert_int_equal(fq_deadline_open(&dispute), 1080);
    dispute.source = FQ_SOURCE_DELEGATED_COURT;
    assert_int_equal(fq_deadline_open(&dispute), 1050);
    dispute.outcome = FQ_OUTCOME_FAILED;
    assert_int_equal(fq_deadline_open(&dispute), 0);         /* it has ended, */
    assert_int_equal(fq_deadline_mediation(&dispute), 1050); /* late or not */
}

static void test_i1_only_what_was_accepted_has_a_deadline(void **state)
{
    (void)state;
    struct fq_dispute registered = {.registered_on = 990, .flags = FQ_DISPUTE_REGISTERED};
    struct fq_dispute voided = accepted(), merged = accepted(), rejected = accepted();
    voided.flags |= FQ_DISPUTE_VOIDED;
    merged.flags |= FQ_DISPUTE_MERGED;
    rejected.decision = FQ_DECISION_REJECTED;

    assert_int_equal(fq_deadline_open(&registered), 0);
    assert_int_equal(fq_deadline_mediation(&registered), 0);
    assert_int_equal(fq_deadline_open(&voided), 0);
    assert_int_equal(fq_deadline_open(&merged), 0);
    assert_int_equal(fq_deadline_open(&rejected), 0);
}

static void test_i1_the_day_after_a_deadline_is_a_date(void **state)
{
    (void)state;
    struct fq_dispute dispute = accepted();
    dispute.decided_on = FQ_DATE_MAX - 3;

    assert_int_equal(fq_deadline_mediation(&dispute), FQ_DATE_MAX - 1);
}

static void test_i2_confirmation_is_applied_for_within_thirty_days(void **state)
{
    (void)state;
    struct fq_dispute dispute = accepted();

    assert_int_equal(fq_deadline_confirmation(&dispute), 0);
    dispute.outcome = FQ_OUTCOME_FAILED;
    dispute.outcome_on = 1010;
    assert_int_equal(fq_deadline_confirmation(&dispute), 0);
    dispute.outcome = FQ_OUTCOME_AGREED;
    assert_int_equal(fq_deadline_confirmation(&dispute), 1040);
    dispute.confirmation = FQ_CONFIRMATION_APPLIED;
    assert_int_equal(fq_deadline_confirmation(&dispute), 0);
}

static void test_i3_the_last_day_is_in_time(void **state)
{
    (void)state;

    assert_false(fq_deadline_is_over(1030, 1030));
    assert_true(fq_deadline_is_over(1030, 1031));
    assert_false(fq_deadline_is_over(0, 1031));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_i1_mediation_ends_thirty_days_after_acceptance),
        cmocka_unit_test(test_i1_only_what_was_accepted_has_a_deadline),
        cmocka_unit_test(test_i1_the_day_after_a_deadline_is_a_date),
        cmocka_unit_test(test_i2_confirmation_is_applied_for_within_thirty_days),
        cmocka_unit_test(test_i3_the_last_day_is_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
