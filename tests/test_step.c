/* The table of steps: states (W1), days (W2), corrections (W4, W5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fq/core/step.h"
#include "support/correction.h"

/* The picture in step.c as a table: for each step, the states it may be taken in, by letter. */
static void test_w1_the_steps_each_state_allows(void **state)
{
    (void)state;
    static const char letters[FQ_STATES + 1] = "urjamgftpcxyv"; /* in the order of enum fq_state */
    static const struct {
        unsigned step;
        const char *states;
    } rows[] = {
        {FQ_EVENT_REGISTERED, "u"},
        {FQ_EVENT_ACCEPTED, "r"},
        {FQ_EVENT_REJECTED, "r"},
        {FQ_EVENT_SESSION, "am"},
        {FQ_EVENT_JOINED, "ram"},
        {FQ_EVENT_LEFT, "ram"},
        {FQ_EVENT_REFERRED, "ram"},
        {FQ_EVENT_REFERRAL_ACCEPTED, "ramgftp"},
        {FQ_EVENT_REFERRAL_DECLINED, "ramgftp"},
        {FQ_EVENT_REFERRAL_REPORTED, "ramgftp"},
        {FQ_EVENT_TRANSFERRED, "ram"},
        {FQ_EVENT_ESCALATED, "ram"},
        {FQ_EVENT_ASSIGNED, "ram"},
        {FQ_EVENT_SUPERVISED, "ram"},
        {FQ_EVENT_EXTENDED, "am"},
        {FQ_EVENT_AGREED, "am"},
        {FQ_EVENT_FAILED, "am"},
        {FQ_EVENT_TERMINATED, "am"},
        {FQ_EVENT_PERFORMED, "gp"},
        {FQ_EVENT_CONFIRMATION, "gp"},
        {FQ_EVENT_VISITED, "gftpcx"},
        {FQ_EVENT_PREVENTED, "ramgftp"},
        {FQ_EVENT_RISK_CHANGED, "ramgftp"},
        {FQ_EVENT_DOCUMENT, "ramgftpc"},
        {FQ_EVENT_CLOSED, "gftp"},
        {FQ_EVENT_ARCHIVED, "c"},
        {FQ_EVENT_REOPENED, "gftpcx"},
        {FQ_EVENT_CORRECTED, "rjamgftpcx"},
        {FQ_EVENT_VOIDED, "rjamgftpcx"},
        {FQ_EVENT_MERGED, "rjamgftpcx"},
        {FQ_EVENT_UNMERGED, "y"},
        {FQ_EVENT_SWEEP, ""},
        {FQ_EVENT_CONTROL, ""},
        {FQ_EVENT_KINDS, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned s = 0; s < FQ_STATES; s++) {
            if (fq_step_may((enum fq_state)s, rows[i].step) !=
                (strchr(rows[i].states, letters[s]) != NULL)) {
                fail_msg("step %u in state %s", rows[i].step, fq_state_name((enum fq_state)s));
            }
        }
    }
}

static void test_verbs_find_their_steps(void **state)
{
    (void)state;

    for (unsigned kind = 0; kind <= FQ_EVENT_KINDS; kind++) {
        const char *verb = fq_step_verb(kind);
        assert_true(!verb == !fq_step_row(kind));
        if (verb) {
            assert_int_equal(fq_step_find(fq_span_text(verb)), kind);
        }
    }
    assert_int_equal(fq_step_find(fq_span_text("dance")), 0);
    assert_null(fq_step_verb(FQ_EVENT_SWEEP));
    assert_true(fq_step_requires(FQ_EVENT_CORRECTED, FQ_FIELD_WHY));
    assert_false(fq_step_requires(FQ_EVENT_CORRECTED, FQ_FIELD_TYPE));
}

static void test_w2_the_day_a_step_rests_on(void **state)
{
    (void)state;
    const struct fq_dispute dispute = {
        .registered_on = 1, .decided_on = 2, .outcome_on = 3, .closed_on = 4};
    static const struct {
        unsigned kind;
        uint16_t day;
    } rows[] = {
        {FQ_EVENT_REGISTERED, 0}, {FQ_EVENT_ACCEPTED, 1}, {FQ_EVENT_AGREED, 2},
        {FQ_EVENT_SESSION, 2},    {FQ_EVENT_CLOSED, 3},   {FQ_EVENT_VISITED, 3},
        {FQ_EVENT_ARCHIVED, 4},   {FQ_EVENT_JOINED, 1},   {FQ_EVENT_SWEEP, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(fq_step_rests_on(&dispute, rows[i].kind), rows[i].day);
    }
}

static void test_w5_what_writes_a_register_is_corrected(void **state)
{
    (void)state;

    assert_true(fq_step_is_correctable(FQ_EVENT_TRANSFERRED));
    assert_false(fq_step_is_correctable(FQ_EVENT_SESSION));
    assert_false(fq_step_is_correctable(FQ_EVENT_REFERRED));
    assert_false(fq_step_is_correctable(FQ_EVENT_REOPENED));
    assert_false(fq_step_is_correctable(FQ_EVENT_MERGED));
    assert_true(fq_step_same_register(FQ_EVENT_AGREED, FQ_EVENT_FAILED));
    assert_true(fq_step_same_register(FQ_EVENT_ACCEPTED, FQ_EVENT_REJECTED));
    assert_false(fq_step_same_register(FQ_EVENT_AGREED, FQ_EVENT_PERFORMED));
    assert_false(fq_step_same_register(FQ_EVENT_SESSION, FQ_EVENT_SESSION));
}

static void test_w4_what_a_correction_leaves_out_stays(void **state)
{
    (void)state;
    const struct fq_dispute dispute = {.home = 410105};
    struct fq_event live = {.step = FQ_EVENT_AGREED, .date = 100, .area = 410102};
    struct fq_event given = {.step = FQ_EVENT_AGREED, .date = 101};
    live.value[FQ_FIELD_FORM] = FQ_FORM_WRITTEN;
    live.value[FQ_FIELD_AMOUNT] = 5000;
    live.value[FQ_FIELD_IMMEDIATE] = 1;
    given.value[FQ_FIELD_AMOUNT] = 6000;

    correction_complete(&given, UINT64_C(1) << FQ_FIELD_IMMEDIATE, &live, &dispute);

    assert_int_equal(given.date, 101);
    assert_int_equal(given.area, 410105); /* the home as it stands */
    assert_int_equal(given.value[FQ_FIELD_FORM], FQ_FORM_WRITTEN);
    assert_int_equal(given.value[FQ_FIELD_AMOUNT], 6000);
    assert_int_equal(given.value[FQ_FIELD_IMMEDIATE], 0); /* set to nothing */
}

static void test_w4_a_registration_takes_what_later_steps_wrote(void **state)
{
    (void)state;
    const struct fq_dispute dispute = {
        .home = 410105, .host = 7, .kind = FQ_KIND_JUDICIAL, .risk = 0};
    struct fq_event live = {.step = FQ_EVENT_REGISTERED, .date = 100, .area = 410102};
    struct fq_event given = {.step = FQ_EVENT_REGISTERED};
    live.value[FQ_FIELD_HOST] = 3;
    live.value[FQ_FIELD_RISK] = FQ_RISK_RED;
    live.value[FQ_FIELD_TYPE] = 2;

    correction_complete(&given, 0, &live, &dispute);

    assert_int_equal(given.date, 100);
    assert_int_equal(given.area, 410105);
    assert_int_equal(given.value[FQ_FIELD_HOST], 7);
    assert_int_equal(given.value[FQ_FIELD_KIND], FQ_KIND_JUDICIAL);
    assert_int_equal(given.value[FQ_FIELD_RISK], 0);
    assert_int_equal(given.value[FQ_FIELD_TYPE], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_w1_the_steps_each_state_allows),
        cmocka_unit_test(test_verbs_find_their_steps),
        cmocka_unit_test(test_w2_the_day_a_step_rests_on),
        cmocka_unit_test(test_w5_what_writes_a_register_is_corrected),
        cmocka_unit_test(test_w4_what_a_correction_leaves_out_stays),
        cmocka_unit_test(test_w4_a_registration_takes_what_later_steps_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
