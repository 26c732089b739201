/* Commands: illegal steps (G1), dates (G2), codes and areas (G3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/command.h"
#include "support/world.h"

static struct world world;
static struct fq_command_context county;
static struct fq_why why;

static int open_world(void **state)
{
    (void)state;
    world_open(&world);
    county = (struct fq_command_context){
        .areas = &world.areas, .codes = &world.codes, .own_area = WORLD_COUNTY};
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static struct fq_event command_of(unsigned kind, const char *date)
{
    struct fq_event command = {
        .kind = (uint16_t)kind,
        .step = (uint16_t)kind,
        .cmd_id = {{1, 2, 3}},
        .dispute = {{5}},
        .date = world_date(date),
    };

    if (kind == FQ_EVENT_REGISTERED) {
        command.dispute = command.cmd_id;
        command.value[FQ_FIELD_TYPE] = 2;
        command.value[FQ_FIELD_SOURCE] = FQ_SOURCE_ON_APPLICATION;
    }
    return command;
}

/* A dispute in the state that the steps lead to, each a month after the other, from 2021-01-01. */
static struct fq_dispute dispute_after(const unsigned *steps)
{
    struct fq_dispute dispute = {.id = {{5}}};
    char date[FQ_DATE_TEXT_SIZE] = "2021-01-01";

    for (; *steps; steps++) {
        struct fq_event event = command_of(*steps, date);
        event.area = WORLD_COUNTY;
        fq_dispute_apply(&dispute, &event);
        date[6]++;
    }
    return dispute;
}

static const unsigned to_accepted[] = {FQ_EVENT_REGISTERED, FQ_EVENT_ACCEPTED, 0};
static const unsigned to_agreed[] = {FQ_EVENT_REGISTERED, FQ_EVENT_ACCEPTED, FQ_EVENT_AGREED, 0};

static fq_err check(const struct fq_dispute *dispute, struct fq_event *command)
{
    why = (struct fq_why){.reason = FQ_REASON_NONE};
    return fq_command_check(&county, dispute, command, &why);
}

static void refused(const struct fq_dispute *dispute, struct fq_event command,
                    enum fq_reason reason)
{
    assert_int_not_equal(check(dispute, &command), FQ_OK);
    assert_int_equal(why.reason, reason);
}

static void test_a_registration_is_completed(void **state)
{
    (void)state;
    struct fq_event command = command_of(FQ_EVENT_REGISTERED, "2021-03-01");

    assert_int_equal(check(NULL, &command), FQ_OK);
    assert_int_equal(command.area, WORLD_COUNTY);
    assert_int_equal(command.value[FQ_FIELD_KIND], FQ_KIND_PEOPLE);
}

static void test_a_step_takes_the_home_of_its_dispute(void **state)
{
    (void)state;
    struct fq_dispute dispute = dispute_after(to_accepted);
    struct fq_event command = command_of(FQ_EVENT_AGREED, "2021-03-01");

    assert_int_equal(check(&dispute, &command), FQ_OK);
    assert_int_equal(command.area, WORLD_COUNTY);
}

static void test_g1_an_illegal_step_names_the_legal_ones(void **state)
{
    (void)state;
    struct fq_dispute dispute = dispute_after(to_agreed);
    struct fq_event command = command_of(FQ_EVENT_ACCEPTED, "2021-12-01");

    assert_int_equal(check(&dispute, &command), FQ_ERR_REFUSED);
    assert_int_equal(why.reason, FQ_REASON_STEP);
    assert_non_null(strstr(why.detail, "accept: agreed -> "));
    assert_non_null(strstr(why.detail, "perform"));
    assert_non_null(strstr(why.detail, "close"));
    assert_null(strstr(why.detail, "extend"));
}

static void test_g1_the_next_steps_of_every_state_are_legal(void **state)
{
    (void)state;
    char next[FQ_WHY_SIZE];
    struct fq_dispute dispute = dispute_after(to_accepted);

    fq_step_next(FQ_STATE_UNKNOWN, next, sizeof next);
    assert_string_equal(next, "add");
    fq_step_next(fq_dispute_state(&dispute), next, sizeof next);
    for (char *word = strtok(next, " "); word; word = strtok(NULL, " ")) {
        assert_true(fq_step_may(FQ_STATE_ACCEPTED, fq_step_find(fq_span_text(word))));
    }
    fq_step_next(FQ_STATE_ACCEPTED, next, 12); /* cut at a word */
    assert_true(strlen(next) < 12);
}

static void test_g1_the_unknown_dispute(void **state)
{
    (void)state;
    struct fq_dispute orphan = {.id = {{5}}, .outcome = FQ_OUTCOME_AGREED};

    refused(NULL, command_of(FQ_EVENT_ACCEPTED, "2021-03-01"), FQ_REASON_DISPUTE_UNKNOWN);
    refused(&orphan, command_of(FQ_EVENT_CLOSED, "2021-03-01"), FQ_REASON_DISPUTE_UNKNOWN);
}

static void test_what_is_no_command_is_refused(void **state)
{
    (void)state;
    struct fq_dispute dispute = dispute_after(to_accepted);
    struct fq_event no_id = command_of(FQ_EVENT_AGREED, "2021-03-01");
    memset(&no_id.cmd_id, 0, sizeof no_id.cmd_id);
    struct fq_event other_id = command_of(FQ_EVENT_REGISTERED, "2021-03-01");
    other_id.dispute = world_id(9);

    refused(&dispute, command_of(FQ_EVENT_RELAY, "2021-03-01"), FQ_REASON_FIELD);
    refused(&dispute, command_of(FQ_EVENT_CONTROL, "2021-03-01"), FQ_REASON_FIELD);
    refused(&dispute, no_id, FQ_REASON_FIELD);
    refused(NULL, other_id, FQ_REASON_FIELD); /* a dispute's id is its registration's cmd_id */
}

static void test_g2_no_step_lies_before_the_step_it_rests_on(void **state)
{
    (void)state;
    struct fq_dispute accepted = dispute_after(to_accepted); /* on 2021-02-01 */
    struct fq_dispute agreed = dispute_after(to_agreed);     /* on 2021-03-01 */
    struct fq_event on_the_day = command_of(FQ_EVENT_FAILED, "2021-02-01");
    struct fq_event closing = command_of(FQ_EVENT_CLOSED, "2021-03-01");

    refused(&accepted, command_of(FQ_EVENT_FAILED, "2021-01-31"), FQ_REASON_DATE_ORDER);
    assert_string_equal(why.detail, "2021-01-31 < 2021-02-01");
    assert_int_equal(check(&accepted, &on_the_day), FQ_OK);
    refused(&agreed, command_of(FQ_EVENT_CLOSED, "2021-02-28"), FQ_REASON_DATE_ORDER);
    assert_int_equal(check(&agreed, &closing), FQ_OK);
    refused(&accepted, command_of(FQ_EVENT_REFERRED, "2020-12-31"), FQ_REASON_DATE_ORDER);
}

static void test_g2_dates_are_dates(void **state)
{
    (void)state;
    struct fq_dispute dispute = dispute_after(to_accepted);
    struct fq_event none = command_of(FQ_EVENT_FAILED, "2021-03-01");
    struct fq_event beyond = none;
    struct fq_event due = command_of(FQ_EVENT_AGREED, "2021-03-01");
    none.date = 0;
    beyond.date = FQ_DATE_MAX + 1;
    due.value[FQ_FIELD_DUE] = FQ_DATE_MAX + 1;

    refused(&dispute, none, FQ_REASON_DATE);
    refused(&dispute, beyond, FQ_REASON_DATE);
    refused(&dispute, due, FQ_REASON_DATE);
}

static void test_g3_codes_are_in_the_tables(void **state)
{
    (void)state;
    static const struct {
        enum fq_field field;
        uint64_t value;
    } strange[] = {{FQ_FIELD_TYPE, 98},     {FQ_FIELD_TYPE, 65536 + 2}, {FQ_FIELD_SOURCE, 200},
                   {FQ_FIELD_KIND, 4},      {FQ_FIELD_COMMITTEE, 77},   {FQ_FIELD_RISK, 9},
                   {FQ_FIELD_DIFFICULTY, 9}};

    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        struct fq_event command = command_of(FQ_EVENT_REGISTERED, "2021-03-01");
        command.value[strange[i].field] = strange[i].value;
        refused(NULL, command, FQ_REASON_CODE_UNKNOWN);
    }
}

static void test_g3_numbers_are_what_they_count_can_be(void **state)
{
    (void)state;
    struct fq_dispute dispute = dispute_after(to_accepted);
    struct fq_event command = command_of(FQ_EVENT_REGISTERED, "2021-03-01");
    struct fq_event session = command_of(FQ_EVENT_SESSION, "2021-03-03");

    command.value[FQ_FIELD_PERSONS] = FQ_COMMAND_PERSONS_MAX;
    struct fq_event most = command;
    assert_int_equal(check(NULL, &most), FQ_OK);
    command.value[FQ_FIELD_PERSONS] = UINT64_C(99999999999);
    refused(NULL, command, FQ_REASON_NUMBER);
    assert_string_equal(why.detail, "persons: 99999999999 > 100000");
    session.value[FQ_FIELD_MINUTES] = FQ_COMMAND_MINUTES_MAX + 1;
    refused(&dispute, session, FQ_REASON_NUMBER);
}

static void test_g3_units_lie_in_an_area_of_the_table(void **state)
{
    (void)state;
    static const uint64_t strange[] = {UINT64_C(9999999999), UINT64_C(3701020001), 4, UINT64_MAX};

    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        struct fq_event command = command_of(FQ_EVENT_REGISTERED, "2021-03-01");
        command.value[FQ_FIELD_HOST] = strange[i];
        refused(NULL, command, FQ_REASON_UNIT);
        command = command_of(FQ_EVENT_REGISTERED, "2021-03-01");
        command.unit = strange[i];
        refused(NULL, command, FQ_REASON_UNIT);
    }
}

static void test_g3_texts_are_utf8(void **state)
{
    (void)state;
    struct fq_dispute dispute = dispute_after(to_accepted);
    struct fq_event command = command_of(FQ_EVENT_SESSION, "2021-03-03");
    static const char gb18030[] = "\xd5\xc5\xc8\xfd\xb7\xe1";

    command.actor = fq_span_text(gb18030);
    refused(&dispute, command, FQ_REASON_TEXT_ENCODING);
    assert_string_equal(why.detail, "actor");
    command = command_of(FQ_EVENT_VOIDED, "2021-03-03");
    assert_true(fq_event_set_bytes(&command, FQ_FIELD_REASON, fq_span_text(gb18030)));
    refused(&dispute, command, FQ_REASON_TEXT_ENCODING);
    assert_string_equal(why.detail, "reason");
    command = command_of(FQ_EVENT_VOIDED, "2021-03-03");
    assert_true(fq_event_set_bytes(&command, FQ_FIELD_REASON, fq_span_text("张三丰")));
    assert_int_equal(check(&dispute, &command), FQ_OK);
}

static void test_g3_areas_are_counties_under_the_node(void **state)
{
    (void)state;
    static const struct {
        uint32_t own, area;
        enum fq_reason reason;
    } cases[] = {
        {WORLD_COUNTY, WORLD_COUNTY, FQ_REASON_NONE},
        {WORLD_COUNTY, WORLD_NEIGHBOUR, FQ_REASON_AREA_OUTSIDE},
        {WORLD_CITY, WORLD_NEIGHBOUR, FQ_REASON_NONE},
        {WORLD_CITY, WORLD_FAR, FQ_REASON_AREA_OUTSIDE},
        {WORLD_PROVINCE, WORLD_FAR, FQ_REASON_NONE},
        {WORLD_PROVINCE, WORLD_CITY, FQ_REASON_AREA_UNKNOWN}, /* home is always a county */
        {WORLD_PROVINCE, 999999, FQ_REASON_AREA_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_command_context context = {
            .areas = &world.areas, .codes = &world.codes, .own_area = cases[i].own};
        struct fq_event command = command_of(FQ_EVENT_REGISTERED, "2021-03-01");
        command.area = cases[i].area;
        why = (struct fq_why){.reason = FQ_REASON_NONE};
        fq_err err = fq_command_check(&context, NULL, &command, &why);
        assert_int_equal(err != FQ_OK, cases[i].reason != FQ_REASON_NONE);
        assert_int_equal(why.reason, cases[i].reason);
    }
}

static void test_g3_a_correction_cannot_move_the_home_where_a_registration_could_not(void **state)
{
    (void)state;
    struct fq_dispute dispute = dispute_after(to_accepted);
    struct fq_event command = command_of(FQ_EVENT_CORRECTED, "2021-03-01");
    command.step = FQ_EVENT_REGISTERED;
    command.value[FQ_FIELD_CORRECTS] = FQ_EVENT_REGISTERED;
    assert_true(fq_event_set_bytes(&command, FQ_FIELD_WHY, fq_span_text("slip of the pen")));
    command.value[FQ_FIELD_TYPE] = 2;
    command.value[FQ_FIELD_SOURCE] = FQ_SOURCE_ON_APPLICATION;
    struct fq_event kept = command;

    assert_int_equal(check(&dispute, &kept), FQ_OK);
    assert_int_equal(kept.area, WORLD_COUNTY);
    command.area = WORLD_FAR;
    refused(&dispute, command, FQ_REASON_AREA_OUTSIDE);
    command.area = 999999;
    refused(&dispute, command, FQ_REASON_AREA_UNKNOWN);
}

static void test_g3_a_transfer_goes_to_a_county(void **state)
{
    (void)state;
    struct fq_dispute dispute = dispute_after(to_accepted);
    struct fq_event command = command_of(FQ_EVENT_TRANSFERRED, "2021-03-01");
    command.value[FQ_FIELD_TO_UNIT] = UINT64_C(4103020001);
    command.value[FQ_FIELD_TO_AREA] = WORLD_FAR;
    struct fq_event to_city = command;
    to_city.value[FQ_FIELD_TO_AREA] = WORLD_CITY;
    struct fq_event nowhere = command;
    nowhere.value[FQ_FIELD_TO_AREA] = 999999;

    assert_int_equal(check(&dispute, &command), FQ_OK);
    refused(&dispute, nowhere, FQ_REASON_AREA_UNKNOWN);
    refused(&dispute, to_city, FQ_REASON_AREA_UNKNOWN);
}

static void test_required_fields_units_and_amounts(void **state)
{
    (void)state;
    struct fq_dispute accepted = dispute_after(to_accepted);
    struct fq_dispute agreed = dispute_after(to_agreed);
    struct fq_event no_type = command_of(FQ_EVENT_REGISTERED, "2021-03-01");
    struct fq_event join = command_of(FQ_EVENT_JOINED, "2021-03-01");
    struct fq_event agree = command_of(FQ_EVENT_AGREED, "2021-03-01");
    no_type.value[FQ_FIELD_TYPE] = 0;

    refused(NULL, no_type, FQ_REASON_FIELD);
    assert_string_equal(why.detail, "type");
    refused(&accepted, join, FQ_REASON_FIELD);
    join.value[FQ_FIELD_TO_UNIT] = UINT64_C(10000000000); /* eleven digits */
    refused(&accepted, join, FQ_REASON_UNIT);
    join.value[FQ_FIELD_TO_UNIT] = UINT64_C(4101020001);
    assert_int_equal(check(&accepted, &join), FQ_OK);
    refused(&agreed, command_of(FQ_EVENT_PERFORMED, "2021-04-01"), FQ_REASON_FIELD);
    refused(&agreed, command_of(FQ_EVENT_CONFIRMATION, "2021-04-01"), FQ_REASON_FIELD);
    agree.value[FQ_FIELD_AMOUNT] = UINT64_MAX;
    refused(&accepted, agree, FQ_REASON_AMOUNT);
    agree.value[FQ_FIELD_AMOUNT] = INT64_MAX / 1000000 + 1; /* a million such do not add up */
    refused(&accepted, agree, FQ_REASON_AMOUNT);
    agree.value[FQ_FIELD_AMOUNT] = INT64_MAX / 1000000;
    assert_int_equal(check(&accepted, &agree), FQ_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_registration_is_completed),
        cmocka_unit_test(test_a_step_takes_the_home_of_its_dispute),
        cmocka_unit_test(test_g1_an_illegal_step_names_the_legal_ones),
        cmocka_unit_test(test_g1_the_next_steps_of_every_state_are_legal),
        cmocka_unit_test(test_g1_the_unknown_dispute),
        cmocka_unit_test(test_what_is_no_command_is_refused),
        cmocka_unit_test(test_g2_no_step_lies_before_the_step_it_rests_on),
        cmocka_unit_test(test_g2_dates_are_dates),
        cmocka_unit_test(test_g3_codes_are_in_the_tables),
        cmocka_unit_test(test_g3_numbers_are_what_they_count_can_be),
        cmocka_unit_test(test_g3_units_lie_in_an_area_of_the_table),
        cmocka_unit_test(test_g3_texts_are_utf8),
        cmocka_unit_test(test_g3_areas_are_counties_under_the_node),
        cmocka_unit_test(test_g3_a_correction_cannot_move_the_home_where_a_registration_could_not),
        cmocka_unit_test(test_g3_a_transfer_goes_to_a_county),
        cmocka_unit_test(test_required_fields_units_and_amounts),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
