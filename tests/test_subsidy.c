/* Subsidies: one payday for each dispute (B1), one for all that are merged (B2), none for what does
 * not count (B3), and the first rule that fits with all supplements (B4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fq/core/subsidy.h"
#include "support/world.h"

static struct world world;
static struct world_view *held;
static uint64_t next_seq;

static int begin(void **state)
{
    (void)state;
    world_open(&world);
    held = world_view_open(&world);
    next_seq = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_view_close(held);
    world_close(&world);
    return 0;
}

/* An event of the county, the next of its log. */
static struct fq_event made(uint8_t dispute, uint8_t kind, uint32_t rev, const char *date)
{
    struct fq_event event = {
        .id = {{WORLD_COUNTY * 100 + 1, 0, 1}, ++next_seq},
        .kind = kind,
        .step = kind,
        .rev = rev,
        .dict_version = 1,
        .area = WORLD_COUNTY,
        .date = world_date(date),
        .dispute = world_id(dispute),
        .cmd_id = world_id((uint8_t)(100 + next_seq)),
    };

    event.actor = fq_span_text("wang.fang");
    if (kind == FQ_EVENT_REGISTERED) {
        event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_SCREENING;
        event.value[FQ_FIELD_TYPE] = 2;
        event.value[FQ_FIELD_KIND] = FQ_KIND_PEOPLE;
        event.value[FQ_FIELD_DIFFICULTY] = FQ_DIFFICULTY_ORDINARY;
    }
    return event;
}

static void tell(uint8_t dispute, uint8_t kind, uint32_t rev, const char *date)
{
    struct fq_event event = made(dispute, kind, rev, date);

    world_tell(held, &event);
}

static void tell_agreed(uint8_t dispute, const char *registered, const char *agreed)
{
    tell(dispute, FQ_EVENT_REGISTERED, 1, registered);
    tell(dispute, FQ_EVENT_ACCEPTED, 2, registered);
    tell(dispute, FQ_EVENT_AGREED, 3, agreed);
}

static const struct fq_dispute *dispute_of(uint8_t first)
{
    struct fq_id id = world_id(first);

    return fq_view_find(&held->view, &id);
}

static uint16_t payday_of(uint8_t first, uint8_t step)
{
    return fq_subsidy_payday(&held->view, dispute_of(first), step).day;
}

static const struct fq_subsidy_rules agreed_pays = {
    .step = FQ_EVENT_AGREED,
    .count = 1,
    .rows = {{.outcome = FQ_OUTCOME_AGREED, .cents = 5000}},
};

static void test_b1_the_payday_is_that_of_the_first_outcome(void **state)
{
    (void)state;
    tell_agreed(1, "2021-03-01", "2021-03-05");

    assert_int_equal(payday_of(1, FQ_EVENT_AGREED), world_date("2021-03-05"));
    assert_int_equal(fq_subsidy_payday(&held->view, dispute_of(1), FQ_EVENT_AGREED).event.seq, 3);
    assert_int_equal(payday_of(1, FQ_EVENT_CLOSED), 0);
    tell(1, FQ_EVENT_CLOSED, 4, "2021-04-02");
    assert_int_equal(payday_of(1, FQ_EVENT_CLOSED), world_date("2021-04-02"));
}

static void test_b1_no_correction_moves_it(void **state)
{
    (void)state;
    tell_agreed(1, "2021-03-01", "2021-03-05");
    struct fq_event later = made(1, FQ_EVENT_CORRECTED, 4, "2021-07-20");
    later.step = FQ_EVENT_AGREED;
    later.value[FQ_FIELD_CORRECTS] = FQ_EVENT_AGREED;
    world_tell(held, &later);
    struct fq_event earlier = made(1, FQ_EVENT_CORRECTED, 5, "2021-03-02");
    earlier.step = FQ_EVENT_AGREED;
    earlier.value[FQ_FIELD_CORRECTS] = FQ_EVENT_AGREED;
    world_tell(held, &earlier);

    assert_int_equal(dispute_of(1)->outcome_on, world_date("2021-03-02"));
    assert_int_equal(payday_of(1, FQ_EVENT_AGREED), world_date("2021-03-05"));
}

static void test_b1_nor_reopening_nor_voiding_the_outcome(void **state)
{
    (void)state;
    tell_agreed(1, "2021-03-01", "2021-03-05");
    tell(1, FQ_EVENT_REOPENED, 4, "2021-06-01");
    assert_int_equal(fq_subsidy_amount(&agreed_pays, dispute_of(1)), 0); /* B3 */
    tell(1, FQ_EVENT_AGREED, 5, "2021-07-09");
    assert_int_equal(payday_of(1, FQ_EVENT_AGREED), world_date("2021-03-05"));

    tell_agreed(2, "2021-03-01", "2021-03-06");
    uint8_t target[FQ_EVENT_ID_SIZE];
    struct fq_event_id mistaken = {{WORLD_COUNTY * 100 + 1, 0, 1}, next_seq};
    fq_event_id_encode(&mistaken, target);
    struct fq_event voided = made(2, FQ_EVENT_VOIDED, 4, "2021-03-07");
    (void)fq_event_set_bytes(&voided, FQ_FIELD_TARGET, fq_span_of(target, sizeof target));
    world_tell(held, &voided);
    assert_int_equal(dispute_of(2)->outcome, 0);
    tell(2, FQ_EVENT_FAILED, 5, "2021-08-01");
    assert_int_equal(payday_of(2, FQ_EVENT_AGREED), world_date("2021-03-06"));
}

static void test_b2_merged_disputes_lead_to_the_one_that_is_paid_for(void **state)
{
    (void)state;
    tell_agreed(1, "2021-05-01", "2021-07-05");
    tell_agreed(2, "2021-05-01", "2021-06-05");
    tell_agreed(3, "2021-05-01", "2021-06-05");
    struct fq_event merged = made(2, FQ_EVENT_MERGED, 4, "2021-07-06");
    struct fq_id into = world_id(1);
    (void)fq_event_set_bytes(&merged, FQ_FIELD_INTO, fq_span_of(into.bytes, FQ_ID_SIZE));
    world_tell(held, &merged);
    merged = made(3, FQ_EVENT_MERGED, 4, "2021-07-06");
    into = world_id(2);
    (void)fq_event_set_bytes(&merged, FQ_FIELD_INTO, fq_span_of(into.bytes, FQ_ID_SIZE));
    world_tell(held, &merged);

    assert_ptr_equal(fq_subsidy_root(&held->view, dispute_of(3)), dispute_of(1));
    assert_ptr_equal(fq_subsidy_root(&held->view, dispute_of(1)), dispute_of(1));
    assert_int_equal(fq_subsidy_amount(&agreed_pays, dispute_of(2)), 0); /* B3 */
    assert_int_equal(fq_subsidy_amount(&agreed_pays, dispute_of(1)), 5000);
}

static void test_b3_a_voided_dispute_is_not_paid_for(void **state)
{
    (void)state;
    tell_agreed(1, "2021-03-01", "2021-03-05");
    assert_int_equal(fq_subsidy_amount(&agreed_pays, dispute_of(1)), 5000);
    tell(1, FQ_EVENT_VOIDED, 4, "2021-03-06");

    assert_int_equal(fq_subsidy_amount(&agreed_pays, dispute_of(1)), 0);
}

static void test_b4_the_first_rule_that_fits_and_all_supplements(void **state)
{
    (void)state;
    static const struct fq_subsidy_rules rules = {
        .step = FQ_EVENT_AGREED,
        .count = 5,
        .rows = {{.outcome = FQ_OUTCOME_AGREED, .form = FQ_FORM_WRITTEN, .cents = 10000},
                 {.is_supplement = true, .is_confirmed = true, .cents = 700},
                 {.outcome = FQ_OUTCOME_AGREED, .cents = 4000},
                 {.outcome = FQ_OUTCOME_AGREED, .cents = 1},
                 {.is_supplement = true, .is_linked = true, .cents = 30}},
    };
    struct fq_dispute dispute = {.flags = FQ_DISPUTE_REGISTERED,
                                 .kind = FQ_KIND_PEOPLE,
                                 .outcome = FQ_OUTCOME_AGREED,
                                 .form = FQ_FORM_ORAL};

    assert_int_equal(fq_subsidy_amount(&rules, &dispute), 4000);
    dispute.form = FQ_FORM_WRITTEN;
    assert_int_equal(fq_subsidy_amount(&rules, &dispute), 10000);
    dispute.confirmed_on = 44000;
    dispute.joined_kinds = 1u << FQ_KIND_JUDICIAL;
    assert_int_equal(fq_subsidy_amount(&rules, &dispute), 10730);
    dispute.outcome = FQ_OUTCOME_FAILED; /* no rule fits: nothing to add to */
    assert_int_equal(fq_subsidy_amount(&rules, &dispute), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_b1_the_payday_is_that_of_the_first_outcome, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_b1_no_correction_moves_it, begin, end),
        cmocka_unit_test_setup_teardown(test_b1_nor_reopening_nor_voiding_the_outcome, begin, end),
        cmocka_unit_test_setup_teardown(test_b2_merged_disputes_lead_to_the_one_that_is_paid_for,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_b3_a_voided_dispute_is_not_paid_for, begin, end),
        cmocka_unit_test(test_b4_the_first_rule_that_fits_and_all_supplements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
