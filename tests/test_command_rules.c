/* The rules of commands on a view: who may act (G4), what is named (G5), voided and merged disputes
 * (G1), the days of corrections (G2), units and places (G3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/command.h"
#include "support/correction.h"
#include "support/world.h"

#define UNIT(area, number) ((area)*UINT64_C(10000) + (number))
#define HOST UNIT(WORLD_COUNTY, 1)
#define NEIGHBOUR_UNIT UNIT(WORLD_NEIGHBOUR, 1)
#define FAR_UNIT UNIT(WORLD_FAR, 1)
#define COURT UNIT(WORLD_CITY, 201)

static struct world world;
static struct world_view *held;
static struct fq_why why;
static struct fq_command_room room;
static uint64_t seq;
static uint8_t commands;
static bool is_of_ledger;

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

/* A wall (id 5) that its county registered on 2021-03-01 and accepted on 2021-03-02. */
static struct fq_event command_of(unsigned kind, const char *date)
{
    struct fq_event command = {
        .kind = (uint16_t)kind,
        .step = (uint16_t)kind,
        .cmd_id = {{++commands, 0xcc}},
        .dispute = world_id(5),
        .date = world_date(date),
    };

    if (kind == FQ_EVENT_REGISTERED) {
        command.cmd_id = command.dispute;
        command.value[FQ_FIELD_TYPE] = 2;
        command.value[FQ_FIELD_SOURCE] = FQ_SOURCE_ON_APPLICATION;
        command.value[FQ_FIELD_HOST] = HOST;
    }
    return command;
}

static const struct fq_dispute *found(const struct fq_id *id)
{
    return fq_view_find(&held->view, id);
}

static const struct fq_dispute *wall(void)
{
    struct fq_id id = world_id(5);

    return found(&id);
}

static fq_err check_at(uint32_t area, struct fq_event *command)
{
    const struct fq_command_context context = {
        .areas = &world.areas,
        .codes = &world.codes,
        .own_area = area,
        .view = &held->view,
        .room = &room,
        .is_of_ledger = is_of_ledger,
    };

    why = (struct fq_why){.reason = FQ_REASON_NONE};
    return fq_command_check(&context, found(&command->dispute), command, &why);
}

/* Check the command at the node of `area` and, when it is good, fold its event. */
static enum fq_reason do_at(uint32_t area, struct fq_event command)
{
    if (check_at(area, &command)) {
        return why.reason;
    }
    const struct fq_dispute *dispute = found(&command.dispute);
    command.id = (struct fq_event_id){{area * 100 + 1, 0, 1}, ++seq};
    command.rev = (dispute ? dispute->rev : 0) + 1;
    assert_int_equal(world_tell(held, &command), FQ_MERGED_NEW);
    return FQ_REASON_NONE;
}

static enum fq_reason did(unsigned kind, const char *date)
{
    return do_at(WORLD_COUNTY, command_of(kind, date));
}

/* The same with one number field. */
static enum fq_reason with_at(uint32_t area, unsigned kind, const char *date, enum fq_field field,
                              uint64_t value)
{
    struct fq_event command = command_of(kind, date);

    command.value[field] = value;
    return do_at(area, command);
}

#define TEXT(command, field, text)                                                                 \
    assert_true(fq_event_set_bytes(&(command), FQ_FIELD_##field, fq_span_text(text)))

static int open_case(void **state)
{
    (void)state;
    held = world_view_open(&world);
    seq = 0;
    commands = 0;
    is_of_ledger = false;
    assert_int_equal(did(FQ_EVENT_REGISTERED, "2021-03-01"), FQ_REASON_NONE);
    assert_int_equal(did(FQ_EVENT_ACCEPTED, "2021-03-02"), FQ_REASON_NONE);
    return 0;
}

static int close_case(void **state)
{
    (void)state;
    world_view_close(held);
    return 0;
}

/* ---- G4 ---- */

static void test_g4_the_host_its_county_and_the_tiers_above_may_act(void **state)
{
    (void)state;

    assert_int_equal(did(FQ_EVENT_SESSION, "2021-03-03"), FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_CITY, command_of(FQ_EVENT_SESSION, "2021-03-03")), FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_NEIGHBOUR, command_of(FQ_EVENT_SESSION, "2021-03-03")),
                     FQ_REASON_NOT_HOST);
    assert_int_equal(do_at(WORLD_OTHER_CITY, command_of(FQ_EVENT_FAILED, "2021-03-03")),
                     FQ_REASON_NOT_HOST);
    assert_int_equal(do_at(WORLD_PROVINCE, command_of(FQ_EVENT_FAILED, "2021-03-03")),
                     FQ_REASON_NONE);
}

static void test_g4_the_node_of_a_host_elsewhere_may_act(void **state)
{
    (void)state;
    struct fq_event transfer = command_of(FQ_EVENT_TRANSFERRED, "2021-03-03");
    transfer.value[FQ_FIELD_TO_UNIT] = FAR_UNIT;
    transfer.value[FQ_FIELD_TO_AREA] = WORLD_COUNTY; /* the home stays */

    assert_int_equal(do_at(WORLD_FAR, command_of(FQ_EVENT_FAILED, "2021-03-04")),
                     FQ_REASON_NOT_HOST);
    assert_int_equal(do_at(WORLD_COUNTY, transfer), FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_FAR, command_of(FQ_EVENT_FAILED, "2021-03-04")), FQ_REASON_NONE);
}

static void test_g4_who_assists_may_take_some_steps(void **state)
{
    (void)state;
    assert_int_equal(
        with_at(WORLD_COUNTY, FQ_EVENT_JOINED, "2021-03-03", FQ_FIELD_TO_UNIT, FAR_UNIT),
        FQ_REASON_NONE);

    assert_int_equal(do_at(WORLD_FAR, command_of(FQ_EVENT_SESSION, "2021-03-04")), FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_OTHER_CITY, command_of(FQ_EVENT_SESSION, "2021-03-04")),
                     FQ_REASON_NONE);
    assert_int_equal(
        with_at(WORLD_FAR, FQ_EVENT_RISK_CHANGED, "2021-03-04", FQ_FIELD_RISK, FQ_RISK_RED),
        FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_FAR, command_of(FQ_EVENT_AGREED, "2021-03-04")),
                     FQ_REASON_NOT_HOST);
    assert_int_equal(with_at(WORLD_FAR, FQ_EVENT_LEFT, "2021-03-05", FQ_FIELD_TO_UNIT, FAR_UNIT),
                     FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_FAR, command_of(FQ_EVENT_SESSION, "2021-03-06")),
                     FQ_REASON_NOT_HOST);
}

static void test_g4_a_court_confirms_when_it_takes_part(void **state)
{
    (void)state;
    struct fq_event join = command_of(FQ_EVENT_JOINED, "2021-03-03");
    join.value[FQ_FIELD_TO_UNIT] = FAR_UNIT;
    join.value[FQ_FIELD_TO_KIND] = FQ_KIND_JUDICIAL;
    (void)with_at(WORLD_COUNTY, FQ_EVENT_JOINED, "2021-03-03", FQ_FIELD_TO_UNIT,
                  NEIGHBOUR_UNIT); /* people's */
    (void)do_at(WORLD_COUNTY, join);
    (void)did(FQ_EVENT_AGREED, "2021-03-10");

    assert_int_equal(with_at(WORLD_NEIGHBOUR, FQ_EVENT_CONFIRMATION, "2021-03-11", FQ_FIELD_STEP,
                             FQ_CONFIRMATION_CONFIRMED),
                     FQ_REASON_NOT_HOST);
    assert_int_equal(with_at(WORLD_FAR, FQ_EVENT_CONFIRMATION, "2021-03-11", FQ_FIELD_STEP,
                             FQ_CONFIRMATION_CONFIRMED),
                     FQ_REASON_NONE);
}

static void test_g4_a_unit_joins_by_its_own_node(void **state)
{
    (void)state;

    assert_int_equal(
        with_at(WORLD_NEIGHBOUR, FQ_EVENT_JOINED, "2021-03-03", FQ_FIELD_TO_UNIT, FAR_UNIT),
        FQ_REASON_NOT_HOST);
    assert_int_equal(with_at(WORLD_FAR, FQ_EVENT_JOINED, "2021-03-03", FQ_FIELD_TO_UNIT, FAR_UNIT),
                     FQ_REASON_NONE);
}

static void test_g4_who_supervises_is_above_the_county(void **state)
{
    (void)state;

    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_SUPERVISED, "2021-03-03", FQ_FIELD_CARD, 1),
                     FQ_REASON_NOT_HOST);
    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_ASSIGNED, "2021-03-03", FQ_FIELD_TO_UNIT, HOST),
                     FQ_REASON_NOT_HOST);
    assert_int_equal(with_at(WORLD_OTHER_CITY, FQ_EVENT_SUPERVISED, "2021-03-03", FQ_FIELD_CARD, 1),
                     FQ_REASON_NOT_HOST);
    assert_int_equal(with_at(WORLD_CITY, FQ_EVENT_SUPERVISED, "2021-03-03", FQ_FIELD_CARD, 3),
                     FQ_REASON_FIELD);
    assert_int_equal(with_at(WORLD_CITY, FQ_EVENT_SUPERVISED, "2021-03-03", FQ_FIELD_CARD, 2),
                     FQ_REASON_NONE);
}

/* A county does not take back the card it was shown. */
static void test_g4_what_a_tier_above_orders_is_not_undone_below(void **state)
{
    (void)state;
    assert_int_equal(with_at(WORLD_CITY, FQ_EVENT_SUPERVISED, "2021-03-03", FQ_FIELD_CARD, 2),
                     FQ_REASON_NONE);
    struct fq_event_id card = {{WORLD_CITY * 100 + 1, 0, 1}, seq};
    uint8_t target[FQ_EVENT_ID_SIZE];
    fq_event_id_encode(&card, target);
    struct fq_event voiding = command_of(FQ_EVENT_VOIDED, "2021-03-04");
    TEXT(voiding, REASON, "not wanted");
    assert_true(fq_event_set_bytes(&voiding, FQ_FIELD_TARGET, fq_span_of(target, sizeof target)));
    struct fq_event correcting = command_of(FQ_EVENT_CORRECTED, "2021-03-04");
    correcting.step = FQ_EVENT_SUPERVISED;
    correcting.value[FQ_FIELD_CORRECTS] = FQ_EVENT_SUPERVISED;
    TEXT(correcting, WHY, "not wanted");

    assert_int_equal(do_at(WORLD_COUNTY, voiding), FQ_REASON_NOT_HOST);
    assert_int_equal(do_at(WORLD_COUNTY, correcting), FQ_REASON_NOT_HOST);
    assert_int_equal(do_at(WORLD_CITY, correcting), FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_CITY, voiding), FQ_REASON_NONE);
}

/* ---- G6 ---- */

/* Sessions until the dispute is full; then nothing but the void of all of it. */
static void test_g6_a_dispute_takes_so_many_facts_and_then_its_void(void **state)
{
    (void)state;
    struct fq_event command = command_of(FQ_EVENT_SESSION, "2021-03-05");

    for (uint32_t count = 2; count < FQ_DISPUTE_FACTS_MAX; count++) {
        fq_put_be64(command.cmd_id.bytes, count);
        assert_int_equal(do_at(WORLD_COUNTY, command), FQ_REASON_NONE);
    }
    fq_put_be64(command.cmd_id.bytes, FQ_DISPUTE_FACTS_MAX);
    assert_int_equal(do_at(WORLD_COUNTY, command), FQ_REASON_TOO_MANY);
    struct fq_event voiding = command_of(FQ_EVENT_VOIDED, "2021-03-06");
    TEXT(voiding, REASON, "a program went wild");
    assert_int_equal(do_at(WORLD_COUNTY, voiding), FQ_REASON_NONE);
}

static void test_g3_persons_are_people_of_this_world(void **state)
{
    (void)state;
    struct fq_event command = command_of(FQ_EVENT_PREVENTED, "2021-03-05");
    command.value[FQ_FIELD_EFFECT] = FQ_PREVENTION_MASS_BRAWL;

    command.value[FQ_FIELD_PERSONS] = UINT64_C(1) << 62;
    assert_int_equal(do_at(WORLD_COUNTY, command), FQ_REASON_NUMBER);
    assert_string_equal(why.detail, "persons: 4611686018427387904 > 100000");
    command.value[FQ_FIELD_PERSONS] = FQ_COMMAND_PERSONS_MAX;
    assert_int_equal(do_at(WORLD_COUNTY, command), FQ_REASON_NONE);
}

/* ---- referrals ---- */

static enum fq_reason refer(uint64_t unit)
{
    return with_at(WORLD_COUNTY, FQ_EVENT_REFERRED, "2021-03-03", FQ_FIELD_TO_UNIT, unit);
}

static enum fq_reason answer_at(uint32_t area, unsigned kind)
{
    return do_at(area, command_of(kind, "2021-03-05"));
}

static void test_g5_a_referral_is_accepted_then_reported_by_its_unit(void **state)
{
    (void)state;
    struct fq_referral referrals[FQ_MAP_ENTRIES_MAX];
    struct fq_event accept = command_of(FQ_EVENT_REFERRAL_ACCEPTED, "2021-03-05");
    assert_int_equal(refer(FAR_UNIT), FQ_REASON_NONE);

    assert_int_equal(answer_at(WORLD_NEIGHBOUR, FQ_EVENT_REFERRAL_ACCEPTED),
                     FQ_REASON_REFERRAL_UNKNOWN);
    assert_int_equal(answer_at(WORLD_FAR, FQ_EVENT_REFERRAL_REPORTED), FQ_REASON_REFERRAL_UNKNOWN);
    assert_int_equal(check_at(WORLD_FAR, &accept), FQ_OK);
    assert_int_equal(accept.value[FQ_FIELD_TO_UNIT], FAR_UNIT); /* filled in */
    assert_int_equal(accept.value[FQ_FIELD_TO_KIND], FQ_KIND_PEOPLE);
    assert_int_equal(answer_at(WORLD_FAR, FQ_EVENT_REFERRAL_ACCEPTED), FQ_REASON_NONE);
    assert_int_equal(answer_at(WORLD_FAR, FQ_EVENT_REFERRAL_ACCEPTED), FQ_REASON_REFERRAL_UNKNOWN);
    assert_int_equal(answer_at(WORLD_OTHER_CITY, FQ_EVENT_REFERRAL_REPORTED), FQ_REASON_NONE);

    assert_int_equal(fq_docket_referrals(&held->view, wall(), referrals), 1);
    assert_int_equal(referrals[0].state, FQ_REFERRAL_REPORTED);
    assert_int_equal(referrals[0].from, WORLD_COUNTY * 100 + 1);
    assert_int_equal(referrals[0].answered_on, world_date("2021-03-05"));
}

static void test_g5_a_referral_that_is_named_is_in_the_state_for_the_answer(void **state)
{
    (void)state;
    struct fq_event refers = command_of(FQ_EVENT_REFERRED, "2021-03-03");
    refers.value[FQ_FIELD_TO_UNIT] = FAR_UNIT;
    struct fq_event report = command_of(FQ_EVENT_REFERRAL_REPORTED, "2021-03-05");
    struct fq_event foreign = command_of(FQ_EVENT_REFERRAL_DECLINED, "2021-03-05");
    struct fq_span id = fq_span_of(refers.cmd_id.bytes, FQ_ID_SIZE);
    assert_true(fq_event_set_bytes(&report, FQ_FIELD_REFERRAL, id));
    assert_true(fq_event_set_bytes(&foreign, FQ_FIELD_REFERRAL, id));
    (void)do_at(WORLD_COUNTY, refers);

    assert_int_equal(do_at(WORLD_FAR, report), FQ_REASON_REFERRAL_STATE); /* not accepted yet */
    assert_int_equal(do_at(WORLD_NEIGHBOUR, foreign), FQ_REASON_NOT_HOST);
    assert_int_equal(do_at(WORLD_COUNTY, foreign), FQ_REASON_NOT_HOST); /* nor who referred */
    assert_int_equal(do_at(WORLD_FAR, foreign), FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_FAR, report), FQ_REASON_REFERRAL_STATE); /* declined */
}

static void test_g5_of_two_open_referrals_one_is_named(void **state)
{
    (void)state;
    struct fq_event accept = command_of(FQ_EVENT_REFERRAL_ACCEPTED, "2021-03-05");
    (void)refer(FAR_UNIT);
    (void)refer(FAR_UNIT + 1);

    assert_int_equal(answer_at(WORLD_FAR, FQ_EVENT_REFERRAL_ACCEPTED), FQ_REASON_REFERRAL_UNKNOWN);
    assert_non_null(strstr(why.detail, "4103020002 open"));
    accept.value[FQ_FIELD_TO_UNIT] = FAR_UNIT + 1;
    assert_int_equal(do_at(WORLD_FAR, accept), FQ_REASON_NONE);
    assert_true(fq_docket_takes_part(&held->view, wall(), FAR_UNIT + 1));
    assert_false(fq_docket_takes_part(&held->view, wall(), FAR_UNIT));
}

static void test_a_body_outside_is_answered_for_by_the_host(void **state)
{
    (void)state;
    is_of_ledger = true; /* which does not say who it was */
    assert_int_equal(refer(0), FQ_REASON_NONE);
    is_of_ledger = false;
    struct fq_event accept = command_of(FQ_EVENT_REFERRAL_ACCEPTED, "2021-03-05");
    struct fq_referral referrals[FQ_MAP_ENTRIES_MAX];
    assert_int_equal(fq_docket_referrals(&held->view, wall(), referrals), 1);
    assert_true(fq_event_set_bytes(&accept, FQ_FIELD_REFERRAL,
                                   fq_span_of(referrals[0].id.bytes, FQ_ID_SIZE)));

    assert_int_equal(do_at(WORLD_FAR, accept), FQ_REASON_NOT_HOST);
    assert_int_equal(do_at(WORLD_COUNTY, accept), FQ_REASON_NONE);
}

static void test_g3_a_referral_names_the_unit(void **state)
{
    (void)state;
    assert_int_equal(refer(0), FQ_REASON_FIELD);
    assert_string_equal(why.detail, "to_unit");
    assert_int_equal(refer(FAR_UNIT), FQ_REASON_NONE);
}

/* ---- units, hosts, tiers ---- */

static void test_g5_a_unit_joins_once_and_leaves_when_it_is_there(void **state)
{
    (void)state;
    struct fq_event join = command_of(FQ_EVENT_JOINED, "2021-03-03");
    join.value[FQ_FIELD_TO_UNIT] = FAR_UNIT;

    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_LEFT, "2021-03-03", FQ_FIELD_TO_UNIT, FAR_UNIT),
                     FQ_REASON_UNIT_ABSENT);
    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_JOINED, "2021-03-03", FQ_FIELD_TO_UNIT, HOST),
                     FQ_REASON_UNIT_TAKES_PART);
    assert_int_equal(check_at(WORLD_COUNTY, &join), FQ_OK);
    assert_int_equal(join.value[FQ_FIELD_TO_KIND], FQ_KIND_PEOPLE);
    assert_int_equal(do_at(WORLD_COUNTY, join), FQ_REASON_NONE);
    join.cmd_id = world_id(200);
    assert_int_equal(do_at(WORLD_COUNTY, join), FQ_REASON_UNIT_TAKES_PART);
    assert_int_equal(refer(FAR_UNIT), FQ_REASON_UNIT_TAKES_PART);
    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_LEFT, "2021-03-03", FQ_FIELD_TO_UNIT, FAR_UNIT),
                     FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_COUNTY, join), FQ_REASON_NONE);
}

static void test_g5_a_transfer_moves_the_dispute(void **state)
{
    (void)state;

    assert_int_equal(
        with_at(WORLD_COUNTY, FQ_EVENT_TRANSFERRED, "2021-03-03", FQ_FIELD_TO_UNIT, HOST),
        FQ_REASON_HOST_SAME);
    assert_int_equal(
        with_at(WORLD_COUNTY, FQ_EVENT_TRANSFERRED, "2021-03-03", FQ_FIELD_TO_AREA, WORLD_COUNTY),
        FQ_REASON_HOST_SAME);
    assert_int_equal(did(FQ_EVENT_TRANSFERRED, "2021-03-03"), FQ_REASON_FIELD);
    assert_int_equal(
        with_at(WORLD_COUNTY, FQ_EVENT_TRANSFERRED, "2021-03-03", FQ_FIELD_TO_UNIT, COURT),
        FQ_REASON_NONE);
    assert_int_equal(wall()->home, WORLD_COUNTY); /* a city's unit has no county */
    assert_int_equal(
        with_at(WORLD_COUNTY, FQ_EVENT_TRANSFERRED, "2021-03-03", FQ_FIELD_TO_UNIT, FAR_UNIT),
        FQ_REASON_NONE);
    assert_int_equal(wall()->home, WORLD_FAR);
    assert_int_equal(did(FQ_EVENT_SESSION, "2021-03-04"), FQ_REASON_NOT_HOST);
}

static void test_g5_mediation_is_extended_once_by_up_to_thirty_days(void **state)
{
    (void)state;

    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_EXTENDED, "2021-03-03", FQ_FIELD_DAYS, 31),
                     FQ_REASON_EXTENSION);
    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_EXTENDED, "2021-03-03", FQ_FIELD_DAYS, 30),
                     FQ_REASON_NONE);
    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_EXTENDED, "2021-03-03", FQ_FIELD_DAYS, 1),
                     FQ_REASON_EXTENSION);
}

static void test_g5_an_escalation_goes_up(void **state)
{
    (void)state;
    struct fq_event command = command_of(FQ_EVENT_ESCALATED, "2021-03-03");

    assert_int_equal(
        with_at(WORLD_COUNTY, FQ_EVENT_ESCALATED, "2021-03-03", FQ_FIELD_TO_TIER, FQ_TIER_COUNTY),
        FQ_REASON_TIER);
    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_ESCALATED, "2021-03-03", FQ_FIELD_TO_TIER, 4),
                     FQ_REASON_TIER);
    assert_int_equal(do_at(WORLD_PROVINCE, command_of(FQ_EVENT_ESCALATED, "2021-03-03")),
                     FQ_REASON_TIER);
    assert_int_equal(check_at(WORLD_COUNTY, &command), FQ_OK);
    assert_int_equal(command.value[FQ_FIELD_TO_TIER], FQ_TIER_CITY);
}

/* ---- voided and merged ---- */

static enum fq_reason void_at(uint32_t area, struct fq_span target)
{
    struct fq_event command = command_of(FQ_EVENT_VOIDED, "2021-06-01");

    TEXT(command, REASON, "entered twice");
    if (target.size) {
        assert_true(fq_event_set_bytes(&command, FQ_FIELD_TARGET, target));
    }
    return do_at(area, command);
}

static void test_g1_a_voided_dispute_is_named_as_such(void **state)
{
    (void)state;
    (void)did(FQ_EVENT_AGREED, "2021-03-10");
    assert_int_equal(void_at(WORLD_COUNTY, (struct fq_span){0}), FQ_REASON_NONE);

    assert_int_equal(did(FQ_EVENT_VISITED, "2021-03-20"), FQ_REASON_DISPUTE_VOIDED);
    assert_int_equal(void_at(WORLD_COUNTY, (struct fq_span){0}), FQ_REASON_DISPUTE_VOIDED);
}

static void test_a_void_wants_a_reason(void **state)
{
    (void)state;

    assert_int_equal(did(FQ_EVENT_VOIDED, "2021-06-01"), FQ_REASON_FIELD);
    assert_string_equal(why.detail, "reason");
}

static void test_g5_a_void_names_an_event_by_its_command(void **state)
{
    (void)state;
    uint8_t target[FQ_EVENT_ID_SIZE];
    struct fq_event agreed = command_of(FQ_EVENT_AGREED, "2021-03-10");
    (void)do_at(WORLD_COUNTY, agreed);
    struct fq_id unknown = world_id(99);

    fq_command_target(&unknown, target);
    assert_int_equal(void_at(WORLD_COUNTY, fq_span_of(target, sizeof target)),
                     FQ_REASON_EVENT_UNKNOWN);
    fq_command_target(&agreed.cmd_id, target);
    assert_int_equal(void_at(WORLD_COUNTY, fq_span_of(target, sizeof target)), FQ_REASON_NONE);
    assert_int_equal(fq_dispute_state(wall()), FQ_STATE_ACCEPTED);
    assert_int_equal(void_at(WORLD_COUNTY, fq_span_of(target, sizeof target)),
                     FQ_REASON_EVENT_UNKNOWN); /* it is voided already */
}

static enum fq_reason void_event(uint64_t number)
{
    uint8_t target[FQ_EVENT_ID_SIZE];
    struct fq_event_id id = {{WORLD_COUNTY * 100 + 1, 0, 1}, number};

    fq_event_id_encode(&id, target);
    return void_at(WORLD_COUNTY, fq_span_of(target, sizeof target));
}

static void test_g5_what_others_rest_on_is_not_voided_alone(void **state)
{
    (void)state;
    (void)did(FQ_EVENT_AGREED, "2021-03-10"); /* event 3 */

    assert_int_equal(void_event(1), FQ_REASON_VOID_TARGET); /* the registration */
    assert_int_equal(void_event(2), FQ_REASON_VOID_TARGET); /* the acceptance of what was agreed */
    assert_int_equal(void_event(77), FQ_REASON_EVENT_UNKNOWN);
    assert_int_equal(void_event(3), FQ_REASON_NONE);
    assert_int_equal(void_event(4), FQ_REASON_VOID_TARGET); /* a void is final */
    assert_int_equal(void_event(2), FQ_REASON_NONE);
    assert_int_equal(fq_dispute_state(wall()), FQ_STATE_REGISTERED);
}

static enum fq_reason register_other(uint8_t first)
{
    struct fq_event command = command_of(FQ_EVENT_REGISTERED, "2021-03-05");

    command.dispute = command.cmd_id = world_id(first);
    return do_at(WORLD_COUNTY, command);
}

static enum fq_reason merge(uint8_t from, uint8_t to)
{
    static struct fq_id into;
    struct fq_event command = command_of(FQ_EVENT_MERGED, "2021-03-10");

    into = world_id(to);
    command.dispute = world_id(from);
    assert_true(fq_event_set_bytes(&command, FQ_FIELD_INTO, fq_span_of(into.bytes, FQ_ID_SIZE)));
    return do_at(WORLD_COUNTY, command);
}

static void test_g5_a_merge_points_to_a_known_dispute_of_a_smaller_id(void **state)
{
    (void)state;
    struct fq_id into;
    assert_int_equal(register_other(9), FQ_REASON_NONE);
    assert_int_equal(register_other(7), FQ_REASON_NONE);

    assert_int_equal(merge(9, 3), FQ_REASON_MERGE_INTO); /* unknown here */
    assert_int_equal(merge(9, 9), FQ_REASON_MERGE_INTO);
    assert_int_equal(merge(5, 9), FQ_REASON_MERGE_DIRECTION);
    assert_non_null(strstr(why.detail, "dispute merge 09"));
    assert_int_equal(merge(9, 5), FQ_REASON_NONE);
    assert_int_equal(merge(9, 7), FQ_REASON_DISPUTE_MERGED);
    assert_non_null(strstr(why.detail, "05000000"));
    struct fq_id nine = world_id(9);
    assert_true(fq_docket_merged_into(&held->view, found(&nine), &into));
    assert_int_equal(into.bytes[0], 5);
    assert_int_equal(register_other(11), FQ_REASON_NONE);
    assert_int_equal(merge(11, 9), FQ_REASON_MERGE_INTO); /* itself merged */
}

static void test_unmerge_is_for_the_merged(void **state)
{
    (void)state;
    (void)register_other(9);
    struct fq_event unmerge = command_of(FQ_EVENT_UNMERGED, "2021-03-11");
    unmerge.dispute = world_id(9);

    assert_int_equal(do_at(WORLD_COUNTY, unmerge), FQ_REASON_STEP);
    assert_int_equal(merge(9, 5), FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_COUNTY, unmerge), FQ_REASON_NONE);
    assert_int_equal(fq_dispute_state(found(&unmerge.dispute)), FQ_STATE_REGISTERED);
}

/* ---- corrections ---- */

/* The correction of a step as the command line makes it: what is not given stays. */
static struct fq_event correction_of(unsigned step, const char *date)
{
    struct fq_event command = command_of(FQ_EVENT_CORRECTED, "2021-03-10");
    struct fq_event live;

    command.step = (uint16_t)step;
    command.value[FQ_FIELD_CORRECTS] = step;
    command.date = date ? world_date(date) : 0;
    TEXT(command, WHY, "slip of the pen");
    if (fq_docket_live(&held->view, wall(), step, &live)) {
        correction_complete(&command, 0, &live, wall());
    } else if (command.date == 0) {
        command.date = world_date("2021-03-10");
    }
    return command;
}

static enum fq_reason correct(unsigned step, const char *date)
{
    return do_at(WORLD_COUNTY, correction_of(step, date));
}

static void test_g2_a_correction_keeps_the_order_of_days(void **state)
{
    (void)state;
    (void)did(FQ_EVENT_SESSION, "2021-03-05");
    (void)did(FQ_EVENT_AGREED, "2021-03-10");
    (void)did(FQ_EVENT_CLOSED, "2021-03-20");

    assert_int_equal(correct(FQ_EVENT_REGISTERED, "2021-03-03"), FQ_REASON_DATE_ORDER);
    assert_string_equal(why.detail, "2021-03-03 > 2021-03-02");
    assert_int_equal(correct(FQ_EVENT_REGISTERED, "2021-03-02"), FQ_REASON_NONE);
    assert_int_equal(correct(FQ_EVENT_ACCEPTED, "2021-03-01"), FQ_REASON_DATE_ORDER);
    assert_int_equal(correct(FQ_EVENT_ACCEPTED, "2021-03-06"), FQ_REASON_DATE_ORDER); /* session */
    assert_int_equal(correct(FQ_EVENT_AGREED, "2021-03-21"), FQ_REASON_DATE_ORDER);
    assert_int_equal(correct(FQ_EVENT_AGREED, "2021-03-20"), FQ_REASON_NONE);
    assert_int_equal(wall()->outcome_on, world_date("2021-03-20"));
}

static void test_g5_only_what_holds_is_corrected(void **state)
{
    (void)state;
    (void)did(FQ_EVENT_SESSION, "2021-03-05");
    assert_int_equal(correct(FQ_EVENT_AGREED, NULL), FQ_REASON_CORRECTION_NONE);
    assert_string_equal(why.detail, "agreed -> registered accepted");
    assert_int_equal(correct(FQ_EVENT_SESSION, NULL), FQ_REASON_CORRECTION_NONE); /* of several */
    (void)did(FQ_EVENT_AGREED, "2021-03-10");
    (void)did(FQ_EVENT_REOPENED, "2021-04-01");
    (void)did(FQ_EVENT_FAILED, "2021-04-10");

    assert_int_equal(correct(FQ_EVENT_AGREED, NULL), FQ_REASON_CORRECTION_NONE); /* overwritten */
    assert_int_equal(correct(FQ_EVENT_FAILED, "2021-04-11"), FQ_REASON_NONE);
}

static void test_a_correction_says_why(void **state)
{
    (void)state;
    struct fq_event command = correction_of(FQ_EVENT_REGISTERED, NULL);
    command.value[FQ_FIELD_WHY] = 0;

    assert_int_equal(do_at(WORLD_COUNTY, command), FQ_REASON_FIELD);
    assert_string_equal(why.detail, "correction_reason");
}

static void test_one_side_of_a_conflict_is_corrected(void **state)
{
    (void)state;
    struct fq_event failed = command_of(FQ_EVENT_FAILED, "2021-03-11");
    failed.area = WORLD_COUNTY;
    failed.rev = wall()->rev + 1; /* both knew the same */
    failed.id = (struct fq_event_id){{WORLD_CITY * 100 + 1, 0, 1}, 1};
    (void)did(FQ_EVENT_AGREED, "2021-03-10");
    assert_int_equal(world_tell(held, &failed), FQ_MERGED_NEW);
    assert_int_equal(fq_dispute_state(wall()), FQ_STATE_FAILED);

    assert_int_equal(correct(FQ_EVENT_AGREED, NULL), FQ_REASON_NONE);

    assert_int_equal(fq_dispute_state(wall()), FQ_STATE_AGREED);
    assert_int_equal(correct(FQ_EVENT_FAILED, NULL), FQ_REASON_CORRECTION_NONE);
}

static void test_w4_a_correction_of_the_registration_undoes_no_transfer(void **state)
{
    (void)state;
    (void)with_at(WORLD_COUNTY, FQ_EVENT_TRANSFERRED, "2021-03-03", FQ_FIELD_TO_UNIT,
                  NEIGHBOUR_UNIT);
    (void)with_at(WORLD_CITY, FQ_EVENT_RISK_CHANGED, "2021-03-04", FQ_FIELD_RISK, FQ_RISK_RED);
    struct fq_event command = correction_of(FQ_EVENT_REGISTERED, NULL);
    command.value[FQ_FIELD_TYPE] = 3;

    assert_int_equal(do_at(WORLD_CITY, command), FQ_REASON_NONE);

    assert_int_equal(wall()->type, 3);
    assert_int_equal(wall()->home, WORLD_NEIGHBOUR);
    assert_int_equal(wall()->host, NEIGHBOUR_UNIT);
    assert_int_equal(wall()->risk, FQ_RISK_RED);
    assert_int_equal(wall()->source, FQ_SOURCE_ON_APPLICATION);
}

/* A correction by who fills in all that the registration says, as a client does that knows it. */
static struct fq_event filled_correction(uint64_t host, uint64_t kind, uint32_t area)
{
    struct fq_event command = command_of(FQ_EVENT_CORRECTED, "2021-03-01");

    command.step = FQ_EVENT_REGISTERED;
    command.value[FQ_FIELD_CORRECTS] = FQ_EVENT_REGISTERED;
    command.value[FQ_FIELD_TYPE] = 3;
    command.value[FQ_FIELD_SOURCE] = FQ_SOURCE_ON_APPLICATION;
    command.value[FQ_FIELD_HOST] = host;
    command.value[FQ_FIELD_KIND] = kind;
    command.area = area;
    TEXT(command, WHY, "slip of the pen");
    return command;
}

static void transfer_to(uint32_t from, uint64_t unit, uint64_t kind)
{
    struct fq_event transfer = command_of(FQ_EVENT_TRANSFERRED, "2021-03-03");

    transfer.value[FQ_FIELD_TO_UNIT] = unit;
    transfer.value[FQ_FIELD_TO_KIND] = kind;
    assert_int_equal(do_at(from, transfer), FQ_REASON_NONE);
}

static void expect_wall(uint32_t home, uint64_t host, unsigned kind, unsigned risk)
{
    assert_int_equal(wall()->type, 3);
    assert_int_equal(wall()->home, home);
    assert_int_equal(wall()->host, host);
    assert_int_equal(wall()->kind, kind);
    assert_int_equal(wall()->risk, risk);
}

static void test_w4_what_the_registration_said_undoes_no_later_step(void **state)
{
    (void)state;
    transfer_to(WORLD_COUNTY, FAR_UNIT, FQ_KIND_ADMINISTRATIVE);
    (void)with_at(WORLD_FAR, FQ_EVENT_RISK_CHANGED, "2021-03-04", FQ_FIELD_RISK, FQ_RISK_RED);

    struct fq_event command = filled_correction(HOST, FQ_KIND_PEOPLE, WORLD_COUNTY);
    assert_int_equal(do_at(WORLD_FAR, command), FQ_REASON_NONE);
    expect_wall(WORLD_FAR, FAR_UNIT, FQ_KIND_ADMINISTRATIVE, FQ_RISK_RED);
    command = filled_correction(FAR_UNIT + 1, FQ_KIND_ADMINISTRATIVE, 0); /* that is new */
    command.value[FQ_FIELD_RISK] = FQ_RISK_BLUE;
    assert_int_equal(do_at(WORLD_FAR, command), FQ_REASON_NONE);
    expect_wall(WORLD_FAR, FAR_UNIT + 1, FQ_KIND_ADMINISTRATIVE, FQ_RISK_BLUE);
}

static void test_w4_a_correction_of_the_outcome_undoes_no_performance(void **state)
{
    (void)state;
    struct fq_event agreed = command_of(FQ_EVENT_AGREED, "2021-03-05");
    struct fq_event command = command_of(FQ_EVENT_CORRECTED, "2021-03-05");

    agreed.value[FQ_FIELD_IMMEDIATE] = 1;
    assert_int_equal(do_at(WORLD_COUNTY, agreed), FQ_REASON_NONE);
    (void)with_at(WORLD_COUNTY, FQ_EVENT_PERFORMED, "2021-03-06", FQ_FIELD_PERFORMANCE,
                  FQ_PERFORMANCE_REFUSED);
    command.step = FQ_EVENT_AGREED;
    command.value[FQ_FIELD_CORRECTS] = FQ_EVENT_AGREED;
    command.value[FQ_FIELD_IMMEDIATE] = 1; /* as it said */
    command.value[FQ_FIELD_AMOUNT] = 2000;
    TEXT(command, WHY, "slip of the pen");
    assert_int_equal(do_at(WORLD_COUNTY, command), FQ_REASON_NONE);

    assert_int_equal(wall()->performance, FQ_PERFORMANCE_REFUSED);
    assert_int_equal(wall()->amount_cents, 2000);
    assert_int_equal(correct(FQ_EVENT_PERFORMED, NULL), FQ_REASON_NONE);
}

static void test_g5_a_dispute_goes_to_a_unit_of_its_new_county(void **state)
{
    (void)state;
    struct fq_event transfer = command_of(FQ_EVENT_TRANSFERRED, "2021-03-03");

    transfer.value[FQ_FIELD_TO_AREA] = WORLD_FAR;
    transfer.value[FQ_FIELD_TO_UNIT] = NEIGHBOUR_UNIT;
    assert_int_equal(do_at(WORLD_COUNTY, transfer), FQ_REASON_UNIT_FOREIGN);
    assert_string_equal(why.detail, "4101020001: 410302");
    transfer.value[FQ_FIELD_TO_UNIT] = UNIT(WORLD_OTHER_CITY, 1); /* its city's */
    assert_int_equal(do_at(WORLD_COUNTY, transfer), FQ_REASON_NONE);
}

static void test_g2_an_answer_does_not_lie_before_the_referral(void **state)
{
    (void)state;
    assert_int_equal(refer(FAR_UNIT), FQ_REASON_NONE);
    assert_int_equal(do_at(WORLD_FAR, command_of(FQ_EVENT_REFERRAL_ACCEPTED, "2021-03-02")),
                     FQ_REASON_DATE_ORDER);
    assert_string_equal(why.detail, "2021-03-02 < 2021-03-03");
    assert_int_equal(do_at(WORLD_FAR, command_of(FQ_EVENT_REFERRAL_ACCEPTED, "2021-03-03")),
                     FQ_REASON_NONE);
}

static void test_w4_what_was_last_heard_of_undoes_no_later_step(void **state)
{
    (void)state;
    transfer_to(WORLD_COUNTY, NEIGHBOUR_UNIT, FQ_KIND_ADMINISTRATIVE);
    uint32_t heard_of = wall()->rev;
    transfer_to(WORLD_NEIGHBOUR, FAR_UNIT, FQ_KIND_JUDICIAL);
    struct fq_event command =
        filled_correction(NEIGHBOUR_UNIT, FQ_KIND_ADMINISTRATIVE, WORLD_NEIGHBOUR);
    command.rev = heard_of;

    assert_int_equal(do_at(WORLD_PROVINCE, command), FQ_REASON_NONE);

    expect_wall(WORLD_FAR, FAR_UNIT, FQ_KIND_JUDICIAL, 0);
}

static void test_g3_a_correction_moves_the_county_where_both_are_covered(void **state)
{
    (void)state;
    struct fq_event command = correction_of(FQ_EVENT_REGISTERED, NULL);
    command.area = WORLD_NEIGHBOUR;

    assert_int_equal(do_at(WORLD_COUNTY, command), FQ_REASON_AREA_OUTSIDE);
    assert_int_equal(do_at(WORLD_CITY, command), FQ_REASON_NONE);
    assert_int_equal(wall()->home, WORLD_NEIGHBOUR);
}

/* ---- tables ---- */

static void test_g3_units_and_places_are_those_of_the_tables(void **state)
{
    (void)state;
    struct fq_unit unit_rows[1] = {{.code = HOST, .kind = FQ_KIND_ADMINISTRATIVE}};
    struct fq_place place_rows[1] = {{.code = 410105001}};
    const struct fq_units units = {.rows = unit_rows, .count = 1, .capacity = 1};
    const struct fq_places places = {.rows = place_rows, .count = 1, .capacity = 1};
    const struct fq_command_context context = {
        .areas = &world.areas,
        .codes = &world.codes,
        .own_area = WORLD_COUNTY,
        .units = &units,
        .places = &places,
    };
    static const struct {
        uint64_t host, place;
        enum fq_reason reason;
    } cases[] = {
        {HOST, 410105001, FQ_REASON_NONE},
        {0, 410105001004, FQ_REASON_NONE}, /* no village of the town is in the table */
        {HOST + 1, 0, FQ_REASON_UNIT_UNKNOWN},
        {FAR_UNIT, 0, FQ_REASON_NONE}, /* others' units are not known here */
        {HOST, 410105002, FQ_REASON_PLACE_UNKNOWN},
        {HOST, 410102001, FQ_REASON_PLACE_FOREIGN},
        {HOST, 410105, FQ_REASON_PLACE_UNKNOWN},
        {HOST, 999999001, FQ_REASON_PLACE_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_event command = command_of(FQ_EVENT_REGISTERED, "2021-03-01");
        command.value[FQ_FIELD_HOST] = cases[i].host;
        command.value[FQ_FIELD_PLACE] = cases[i].place;
        why = (struct fq_why){.reason = FQ_REASON_NONE};
        (void)!fq_command_check(&context, NULL, &command, &why);
        assert_int_equal(why.reason, cases[i].reason);
        if (cases[i].host == HOST && !why.reason) {
            assert_int_equal(command.value[FQ_FIELD_KIND], FQ_KIND_ADMINISTRATIVE);
        }
    }
}

static void test_g2_what_is_due_is_due_later(void **state)
{
    (void)state;

    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_AGREED, "2021-03-10", FQ_FIELD_DUE,
                             world_date("2021-03-09")),
                     FQ_REASON_DATE_ORDER);
    assert_int_equal(with_at(WORLD_COUNTY, FQ_EVENT_AGREED, "2021-03-10", FQ_FIELD_DUE,
                             world_date("2021-03-10")),
                     FQ_REASON_NONE);
    assert_int_equal(fq_docket_performance_due(&held->view, wall()), world_date("2021-03-10"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_case, close_case)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_g4_the_host_its_county_and_the_tiers_above_may_act),
        CASE(test_g4_the_node_of_a_host_elsewhere_may_act),
        CASE(test_g4_who_assists_may_take_some_steps),
        CASE(test_g4_a_court_confirms_when_it_takes_part),
        CASE(test_g4_a_unit_joins_by_its_own_node),
        CASE(test_g4_who_supervises_is_above_the_county),
        CASE(test_g6_a_dispute_takes_so_many_facts_and_then_its_void),
        CASE(test_g3_persons_are_people_of_this_world),
        CASE(test_g4_what_a_tier_above_orders_is_not_undone_below),
        CASE(test_g5_a_referral_is_accepted_then_reported_by_its_unit),
        CASE(test_g5_a_referral_that_is_named_is_in_the_state_for_the_answer),
        CASE(test_g5_of_two_open_referrals_one_is_named),
        CASE(test_a_body_outside_is_answered_for_by_the_host),
        CASE(test_g5_a_unit_joins_once_and_leaves_when_it_is_there),
        CASE(test_g5_a_transfer_moves_the_dispute),
        CASE(test_g5_mediation_is_extended_once_by_up_to_thirty_days),
        CASE(test_g5_an_escalation_goes_up),
        CASE(test_g1_a_voided_dispute_is_named_as_such),
        CASE(test_a_void_wants_a_reason),
        CASE(test_g5_a_void_names_an_event_by_its_command),
        CASE(test_g5_what_others_rest_on_is_not_voided_alone),
        CASE(test_g5_a_merge_points_to_a_known_dispute_of_a_smaller_id),
        CASE(test_unmerge_is_for_the_merged),
        CASE(test_g2_a_correction_keeps_the_order_of_days),
        CASE(test_g5_only_what_holds_is_corrected),
        CASE(test_a_correction_says_why),
        CASE(test_one_side_of_a_conflict_is_corrected),
        CASE(test_w4_a_correction_of_the_registration_undoes_no_transfer),
        CASE(test_w4_what_the_registration_said_undoes_no_later_step),
        CASE(test_w4_a_correction_of_the_outcome_undoes_no_performance),
        CASE(test_g5_a_dispute_goes_to_a_unit_of_its_new_county),
        CASE(test_g2_an_answer_does_not_lie_before_the_referral),
        CASE(test_w4_what_was_last_heard_of_undoes_no_later_step),
        CASE(test_g3_a_referral_names_the_unit),
        CASE(test_g3_a_correction_moves_the_county_where_both_are_covered),
        CASE(test_g3_units_and_places_are_those_of_the_tables),
        CASE(test_g2_what_is_due_is_due_later),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
