/* The state of a dispute: the set of its facts (D1, D2), reopening (D3), merging (D4), the states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/random.h"
#include "support/world.h"

static struct world world;
static struct world_view *held;
static uint32_t rev;
static uint64_t seq;

static int open_world(void **state)
{
    (void)state;
    world_open(&world);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static int open_view(void **state)
{
    (void)state;
    held = world_view_open(&world);
    rev = 0;
    seq = 0;
    return 0;
}

static int close_view(void **state)
{
    (void)state;
    world_view_close(held);
    return 0;
}

/* The next step of the dispute "a wall" (id 5), as its county writes it. */
static struct fq_event step(unsigned kind, const char *date)
{
    return (struct fq_event){
        .id = {{WORLD_COUNTY * 100 + 1, 0, 1}, ++seq},
        .kind = (uint16_t)kind,
        .step = (uint16_t)kind,
        .rev = ++rev,
        .area = WORLD_COUNTY,
        .date = world_date(date),
        .cmd_id = {{(uint8_t)seq, 0xcc}},
        .dispute = world_id(5),
    };
}

static struct fq_event tell(struct fq_event event)
{
    assert_int_equal(world_tell(held, &event), FQ_MERGED_NEW);
    return event;
}

static struct fq_event did(unsigned kind, const char *date)
{
    return tell(step(kind, date));
}

static struct fq_event voiding(const struct fq_event *target)
{
    static uint8_t bytes[8][FQ_EVENT_ID_SIZE];
    static unsigned next;
    struct fq_event event = step(FQ_EVENT_VOIDED, "2021-06-01");
    uint8_t *kept = bytes[next++ % 8];

    if (target) {
        fq_event_id_encode(&target->id, kept);
        assert_true(
            fq_event_set_bytes(&event, FQ_FIELD_TARGET, fq_span_of(kept, FQ_EVENT_ID_SIZE)));
    }
    return event;
}

static const struct fq_dispute *wall(void)
{
    struct fq_id id = world_id(5);

    return fq_view_find(&held->view, &id);
}

static enum fq_state state_now(void)
{
    return fq_dispute_state(wall());
}

/* ---- stamps ---- */

static void test_stamps_order_by_rev_tier_origin_stream_epoch_sequence(void **state)
{
    (void)state;
    static const struct fq_stamp stamps[] = {
        {1, 3, {{900, 9, 9}, 9}}, {2, 1, {{900, 9, 9}, 9}}, {2, 2, {{100, 9, 9}, 9}},
        {2, 2, {{101, 1, 9}, 9}}, {2, 2, {{101, 2, 1}, 9}}, {2, 2, {{101, 2, 2}, 8}},
        {2, 2, {{101, 2, 2}, 9}},
    };

    for (size_t i = 0; i < 7; i++) {
        for (size_t j = 0; j < 7; j++) {
            int order = fq_stamp_compare(&stamps[i], &stamps[j]);
            assert_int_equal(order < 0, i < j);
            assert_int_equal(order > 0, i > j);
        }
    }
}

/* Coverage is by unit: who reported is kept, also through a restart. */
static void test_the_fact_of_a_report_keeps_its_unit(void **state)
{
    (void)state;
    static const unsigned kinds[] = {FQ_EVENT_SWEEP, FQ_EVENT_ACTIVITY, FQ_EVENT_SESSION};
    uint8_t bytes[FQ_FACT_HEAD_SIZE + FQ_FACT_PAYLOAD_MAX] __attribute__((aligned(8)));
    struct fq_fact *fact = (void *)bytes;
    struct fq_event unpacked;

    for (size_t i = 0; i < 3; i++) {
        struct fq_event event = step(kinds[i], "2021-05-02");
        event.unit = UINT64_C(4101050001);
        event.value[kinds[i] == FQ_EVENT_SWEEP ? FQ_FIELD_PLACE : FQ_FIELD_COUNT] = 410105001001;
        memset(bytes, 0, sizeof bytes);
        fact->step = (uint8_t)kinds[i];
        fact->payload_size = (uint16_t)fq_fact_pack(&event, fact->payload);
        fq_fact_unpack(fact, &unpacked);
        assert_true(unpacked.unit == (kinds[i] == FQ_EVENT_SESSION ? 0 : event.unit));
        assert_int_equal(unpacked.area, event.area);
        if (kinds[i] == FQ_EVENT_SWEEP) {
            assert_true(unpacked.value[FQ_FIELD_PLACE] == 410105001001);
        }
    }
}

static void test_facts_lie_greatest_stamp_first_and_unpack_to_what_was_written(void **state)
{
    (void)state;
    struct fq_event agreed = step(FQ_EVENT_AGREED, "2021-05-02");
    struct fq_event referred = step(FQ_EVENT_REFERRED, "2021-05-03");
    struct fq_event unpacked;
    struct fq_id referral = world_id(77);
    agreed.value[FQ_FIELD_FORM] = FQ_FORM_WRITTEN;
    agreed.value[FQ_FIELD_AMOUNT] = UINT64_MAX;
    referred.value[FQ_FIELD_TO_UNIT] = UINT64_C(4101020001);
    assert_true(
        fq_event_set_bytes(&referred, FQ_FIELD_REFERRAL, fq_span_of(referral.bytes, FQ_ID_SIZE)));
    assert_true(fq_event_set_bytes(&referred, FQ_FIELD_REASON, fq_span_text("界墙")));

    tell(referred);
    tell(agreed); /* comes later, is smaller */

    const struct fq_fact *fact = fq_view_facts(&held->view, wall());
    fq_fact_unpack(fact, &unpacked);
    assert_int_equal(unpacked.step, FQ_EVENT_REFERRED);
    assert_int_equal(unpacked.date, referred.date);
    assert_int_equal(unpacked.area, WORLD_COUNTY);
    assert_true(unpacked.value[FQ_FIELD_TO_UNIT] == UINT64_C(4101020001));
    struct fq_span back = fq_event_bytes(&unpacked, FQ_FIELD_REFERRAL);
    assert_true(fq_span_equal(back, fq_span_of(referral.bytes, FQ_ID_SIZE)));
    assert_int_equal(fq_event_bytes(&unpacked, FQ_FIELD_REASON).size, 0); /* texts are not folded */
    fact = fq_view_next(&held->view, fact);
    fq_fact_unpack(fact, &unpacked);
    assert_int_equal(unpacked.step, FQ_EVENT_AGREED);
    assert_true(unpacked.value[FQ_FIELD_AMOUNT] == UINT64_MAX);
    assert_null(fq_view_next(&held->view, fact));
    assert_ptr_equal(fq_view_command(&held->view, wall(), &agreed.cmd_id), fact);
    assert_null(fq_view_command(&held->view, wall(), &(struct fq_id){{200}}));
}

/* ---- D1 ---- */

static void test_d1_the_values_are_those_of_the_set_whatever_the_order(void **state)
{
    (void)state;
    struct random random = random_of(5);
    struct fq_event events[8];
    struct fq_dispute first;

    events[0] = step(FQ_EVENT_REGISTERED, "2021-03-01");
    events[1] = step(FQ_EVENT_ACCEPTED, "2021-03-02");
    events[2] = step(FQ_EVENT_AGREED, "2021-03-10");
    events[2].value[FQ_FIELD_AMOUNT] = 100;
    events[3] = step(FQ_EVENT_REOPENED, "2021-04-01");
    events[4] = step(FQ_EVENT_FAILED, "2021-04-10");
    events[5] = voiding(&events[4]);
    events[6] = step(FQ_EVENT_TERMINATED, "2021-05-01");
    events[7] = step(FQ_EVENT_CLOSED, "2021-05-02");
    for (unsigned round = 0; round < 200; round++) {
        for (uint32_t i = 8; i > 1; i--) {
            uint32_t other = random_below(&random, i);
            struct fq_event moved = events[i - 1];
            events[i - 1] = events[other];
            events[other] = moved;
        }
        for (unsigned i = 0; i < 8; i++) {
            tell(events[i]);
        }
        struct fq_dispute now = *wall();
        now.facts = 0;
        if (round == 0) {
            first = now;
            assert_int_equal(now.outcome, FQ_OUTCOME_TERMINATED);
            assert_int_equal(now.closed_on, world_date("2021-05-02"));
        }
        assert_memory_equal(&now, &first, offsetof(struct fq_dispute, visit) + 1);
        world_view_close(held);
        held = world_view_open(&world);
    }
}

static void test_d1_the_greater_revision_wins_though_it_came_first(void **state)
{
    (void)state;
    struct fq_event early = step(FQ_EVENT_AGREED, "2021-03-10");
    struct fq_event late = step(FQ_EVENT_FAILED, "2021-03-09");

    tell(late);
    tell(early);

    assert_int_equal(wall()->outcome, FQ_OUTCOME_FAILED);
    assert_int_equal(wall()->rev, late.rev);
}

static void test_d1_the_tier_above_wins_among_equal_revisions(void **state)
{
    (void)state;
    struct fq_event county = step(FQ_EVENT_AGREED, "2021-03-10");
    struct fq_event city = county;
    city.step = city.kind = FQ_EVENT_FAILED;
    city.id = (struct fq_event_id){{WORLD_CITY * 100 + 1, 0, 1}, 1};

    tell(city);
    tell(county);

    assert_int_equal(wall()->outcome, FQ_OUTCOME_FAILED);
}

static void test_d1_a_correction_rewrites_the_step_it_names(void **state)
{
    (void)state;
    struct fq_event agreed = step(FQ_EVENT_AGREED, "2021-03-10");
    agreed.value[FQ_FIELD_AMOUNT] = 500;
    agreed.value[FQ_FIELD_FORM] = FQ_FORM_ORAL;
    tell(agreed);
    struct fq_event correction = step(FQ_EVENT_CORRECTED, "2021-02-28");
    correction.step = FQ_EVENT_AGREED;
    correction.value[FQ_FIELD_CORRECTS] = FQ_EVENT_AGREED;
    correction.value[FQ_FIELD_AMOUNT] = 700;

    tell(correction);

    assert_int_equal(wall()->amount_cents, 700);
    assert_int_equal(wall()->form, 0);
    assert_int_equal(wall()->outcome_on, world_date("2021-02-28"));
}

/* ---- D2 ---- */

static void test_d2_a_voided_event_is_not_live_whichever_came_first(void **state)
{
    (void)state;

    for (int is_void_first = 0; is_void_first < 2; is_void_first++) {
        struct fq_event agreed = step(FQ_EVENT_AGREED, "2021-03-10");
        struct fq_event failed = step(FQ_EVENT_FAILED, "2021-03-12");
        struct fq_event voided = voiding(&failed);
        tell(agreed);
        tell(is_void_first ? voided : failed);
        tell(is_void_first ? failed : voided);
        assert_int_equal(wall()->outcome, FQ_OUTCOME_AGREED); /* what stood before is back */
        world_view_close(held);
        held = world_view_open(&world);
    }
}

/* Its author had not seen as much of the dispute as that of the event. */
static void test_d2_a_void_of_a_smaller_stamp_reaches_an_event_that_comes_later(void **state)
{
    (void)state;
    struct fq_event agreed = step(FQ_EVENT_AGREED, "2021-03-10");
    struct fq_event failed = step(FQ_EVENT_FAILED, "2021-03-12");
    struct fq_event voided = voiding(&failed);
    voided.rev = agreed.rev;

    tell(agreed);
    tell(voided);
    tell(failed);

    assert_int_equal(wall()->outcome, FQ_OUTCOME_AGREED);
}

static void test_d2_a_void_is_final(void **state)
{
    (void)state;
    struct fq_event agreed = did(FQ_EVENT_AGREED, "2021-03-10");
    struct fq_event voided = tell(voiding(&agreed));

    tell(voiding(&voided)); /* voiding the void does nothing */
    struct fq_event again = agreed;
    assert_int_equal(world_tell(held, &again), FQ_MERGED_DUPLICATE);

    assert_int_equal(wall()->outcome, 0);
}

static void test_d2_a_void_names_events_of_its_own_dispute_only(void **state)
{
    (void)state;
    struct fq_event agreed = did(FQ_EVENT_AGREED, "2021-03-10");
    struct fq_event elsewhere = voiding(&agreed);
    elsewhere.dispute = world_id(6);

    tell(elsewhere);

    assert_int_equal(wall()->outcome, FQ_OUTCOME_AGREED);
}

static void test_d2_a_voided_dispute_stays_voided(void **state)
{
    (void)state;
    did(FQ_EVENT_REGISTERED, "2021-03-01");
    struct fq_event voided = tell(voiding(NULL));
    did(FQ_EVENT_ACCEPTED, "2021-03-02");
    did(FQ_EVENT_REGISTERED, "2021-03-03");

    assert_int_equal(state_now(), FQ_STATE_VOIDED);
    tell(voiding(&voided));
    assert_int_equal(state_now(), FQ_STATE_VOIDED);
}

/* ---- D3 ---- */

static void test_d3_reopening_empties_what_followed_the_outcome(void **state)
{
    (void)state;
    did(FQ_EVENT_REGISTERED, "2021-03-01");
    did(FQ_EVENT_ACCEPTED, "2021-03-02");
    struct fq_event agreed = step(FQ_EVENT_AGREED, "2021-03-10");
    agreed.value[FQ_FIELD_FORM] = FQ_FORM_WRITTEN;
    agreed.value[FQ_FIELD_AMOUNT] = 500;
    agreed.value[FQ_FIELD_IMMEDIATE] = 1;
    tell(agreed);
    struct fq_event confirmed = step(FQ_EVENT_CONFIRMATION, "2021-03-11");
    confirmed.value[FQ_FIELD_STEP] = FQ_CONFIRMATION_CONFIRMED;
    tell(confirmed);
    struct fq_event visited = step(FQ_EVENT_VISITED, "2021-03-12");
    visited.value[FQ_FIELD_SURVEYED] = visited.value[FQ_FIELD_SATISFIED] = 1;
    tell(visited);
    did(FQ_EVENT_CLOSED, "2021-03-13");
    did(FQ_EVENT_ARCHIVED, "2021-03-14");
    assert_int_equal(state_now(), FQ_STATE_ARCHIVED);

    did(FQ_EVENT_REOPENED, "2021-04-01");

    const struct fq_dispute *dispute = wall();
    assert_int_equal(state_now(), FQ_STATE_MEDIATING);
    assert_int_equal(dispute->outcome | dispute->form | dispute->performance, 0);
    assert_int_equal(dispute->confirmation | dispute->visit, 0);
    assert_int_equal(dispute->amount_cents, 0);
    assert_int_equal(dispute->outcome_on | dispute->confirmed_on | dispute->performed_on, 0);
    assert_int_equal(dispute->closed_on | dispute->visited_on, 0);
    assert_int_equal(dispute->decided_on, world_date("2021-03-02"));
}

static void test_an_outcome_takes_back_only_the_performance_an_outcome_wrote(void **state)
{
    (void)state;
    struct fq_event at_once = step(FQ_EVENT_AGREED, "2021-03-10");
    at_once.value[FQ_FIELD_IMMEDIATE] = 1;
    tell(at_once);
    assert_int_equal(wall()->performance, FQ_PERFORMANCE_IMMEDIATE);
    did(FQ_EVENT_AGREED, "2021-03-11");
    assert_int_equal(wall()->performance, 0);
    struct fq_event performed = step(FQ_EVENT_PERFORMED, "2021-03-12");
    performed.value[FQ_FIELD_PERFORMANCE] = FQ_PERFORMANCE_PERFORMED;
    tell(performed);
    did(FQ_EVENT_AGREED, "2021-03-13");
    assert_int_equal(wall()->performance, FQ_PERFORMANCE_PERFORMED);
    assert_int_equal(wall()->performed_on, world_date("2021-03-12"));
}

static void test_confirmation_stays_when_enforced_and_goes_when_rejected(void **state)
{
    (void)state;
    static const uint8_t steps[] = {FQ_CONFIRMATION_APPLIED, FQ_CONFIRMATION_CONFIRMED,
                                    FQ_CONFIRMATION_ENFORCED, FQ_CONFIRMATION_REJECTED};
    static const char *const expected[] = {NULL, "2021-03-02", "2021-03-02", NULL};
    static const char *const dates[] = {"2021-03-01", "2021-03-02", "2021-03-03", "2021-03-04"};

    for (size_t i = 0; i < 4; i++) {
        struct fq_event event = step(FQ_EVENT_CONFIRMATION, dates[i]);
        event.value[FQ_FIELD_STEP] = steps[i];
        tell(event);
        assert_int_equal(wall()->confirmed_on, expected[i] ? world_date(expected[i]) : 0);
    }
}

/* ---- D4 ---- */

static void merge_into(uint8_t id)
{
    struct fq_id into = world_id(id);
    struct fq_event event = step(FQ_EVENT_MERGED, "2021-06-01");

    assert_true(fq_event_set_bytes(&event, FQ_FIELD_INTO, fq_span_of(into.bytes, FQ_ID_SIZE)));
    tell(event);
}

static void test_d4_a_merge_points_from_the_greater_id_to_the_smaller(void **state)
{
    (void)state;
    did(FQ_EVENT_REGISTERED, "2021-03-01");

    merge_into(6);
    assert_int_equal(state_now(), FQ_STATE_REGISTERED);
    merge_into(5); /* into itself */
    assert_int_equal(state_now(), FQ_STATE_REGISTERED);
    merge_into(4);
    assert_int_equal(state_now(), FQ_STATE_MERGED);
    did(FQ_EVENT_UNMERGED, "2021-06-02");
    assert_int_equal(state_now(), FQ_STATE_REGISTERED);
    merge_into(4);
    merge_into(6); /* the last word is no merge */
    assert_int_equal(state_now(), FQ_STATE_REGISTERED);
}

/* ---- states ---- */

static void test_the_life_of_a_dispute(void **state)
{
    (void)state;
    static const struct {
        unsigned kind;
        enum fq_state then;
    } life[] = {
        {FQ_EVENT_SESSION, FQ_STATE_UNKNOWN},   {FQ_EVENT_REGISTERED, FQ_STATE_REGISTERED},
        {FQ_EVENT_REJECTED, FQ_STATE_REJECTED}, {FQ_EVENT_ACCEPTED, FQ_STATE_MEDIATING},
        {FQ_EVENT_FAILED, FQ_STATE_FAILED},     {FQ_EVENT_TERMINATED, FQ_STATE_TERMINATED},
        {FQ_EVENT_AGREED, FQ_STATE_AGREED},     {FQ_EVENT_CLOSED, FQ_STATE_CLOSED},
        {FQ_EVENT_ARCHIVED, FQ_STATE_ARCHIVED}, {FQ_EVENT_REOPENED, FQ_STATE_MEDIATING},
    };

    for (size_t i = 0; i < sizeof life / sizeof life[0]; i++) {
        did(life[i].kind, "2021-03-01");
        assert_string_equal(fq_state_name(state_now()), fq_state_name(life[i].then));
    }
}

static void test_accepted_without_a_session_is_accepted(void **state)
{
    (void)state;
    did(FQ_EVENT_REGISTERED, "2021-03-01");
    did(FQ_EVENT_ACCEPTED, "2021-03-01");
    assert_int_equal(state_now(), FQ_STATE_ACCEPTED);
    did(FQ_EVENT_SESSION, "2021-03-01");
    assert_int_equal(state_now(), FQ_STATE_MEDIATING);
}

#define WITH_VIEW(test) cmocka_unit_test_setup_teardown(test, open_view, close_view)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stamps_order_by_rev_tier_origin_stream_epoch_sequence),
        WITH_VIEW(test_the_fact_of_a_report_keeps_its_unit),
        WITH_VIEW(test_facts_lie_greatest_stamp_first_and_unpack_to_what_was_written),
        WITH_VIEW(test_d1_the_values_are_those_of_the_set_whatever_the_order),
        WITH_VIEW(test_d1_the_greater_revision_wins_though_it_came_first),
        WITH_VIEW(test_d1_the_tier_above_wins_among_equal_revisions),
        WITH_VIEW(test_d1_a_correction_rewrites_the_step_it_names),
        WITH_VIEW(test_d2_a_voided_event_is_not_live_whichever_came_first),
        WITH_VIEW(test_d2_a_void_of_a_smaller_stamp_reaches_an_event_that_comes_later),
        WITH_VIEW(test_d2_a_void_is_final),
        WITH_VIEW(test_d2_a_void_names_events_of_its_own_dispute_only),
        WITH_VIEW(test_d2_a_voided_dispute_stays_voided),
        WITH_VIEW(test_d3_reopening_empties_what_followed_the_outcome),
        WITH_VIEW(test_an_outcome_takes_back_only_the_performance_an_outcome_wrote),
        WITH_VIEW(test_confirmation_stays_when_enforced_and_goes_when_rejected),
        WITH_VIEW(test_d4_a_merge_points_from_the_greater_id_to_the_smaller),
        WITH_VIEW(test_the_life_of_a_dispute),
        WITH_VIEW(test_accepted_without_a_session_is_accepted),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
