/* The merge: its rules (M1 to M6) and, one by one, what each measure counts (1.4 of the domain).
 *
 * The dispute of most cases is "a wall", registered in county 410105; the thousands of other ways
 * its events may come are prop_merge's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/world.h"

#define UNIT(area, number) ((uint64_t)(area)*10000 + (number))
#define WALL 5

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

/* ---- telling ---- */

struct telling {
    const char *date;
    uint64_t value[FQ_FIELDS_COUNT];
};

/* The next event of the dispute `id`, as county 410105 writes it. */
static struct fq_event event_of(uint8_t id, unsigned kind, const struct telling *telling)
{
    struct fq_event event = {
        .id = {{WORLD_COUNTY * 100 + 1, 0, 1}, ++seq},
        .kind = (uint16_t)kind,
        .step = (uint16_t)kind,
        .rev = ++rev,
        .area = WORLD_COUNTY,
        .date = world_date(telling->date),
        .cmd_id = {{(uint8_t)seq, 0xcc}},
        .dispute = world_id(id),
    };

    memcpy(event.value, telling->value, sizeof event.value);
    return event;
}

/* EVENT_OF(5, AGREED, "2021-04-10", F(AMOUNT, 400000)); EVENT and TELL speak of the wall. */
#define F(name, number) .value[FQ_FIELD_##name] = number
#define EVENT_OF(id, kind, ...)                                                                    \
    event_of(id, FQ_EVENT_##kind, &(struct telling){.date = __VA_ARGS__})
#define EVENT(...) EVENT_OF(WALL, __VA_ARGS__)
#define TELL(...) tell(EVENT(__VA_ARGS__))
#define TELL_OF(...) tell(EVENT_OF(__VA_ARGS__))

static struct fq_event tell(struct fq_event event)
{
    assert_int_equal(world_tell(held, &event), FQ_MERGED_NEW);
    return event;
}

static struct fq_event void_event(const struct fq_event *target)
{
    uint8_t bytes[FQ_EVENT_ID_SIZE];
    struct fq_event event = EVENT(VOIDED, "2021-12-01");

    fq_event_id_encode(&target->id, bytes);
    event.dispute = target->dispute;
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_TARGET, fq_span_of(bytes, sizeof bytes)));
    return tell(event);
}

static struct fq_event correct(struct fq_event step, const char *date)
{
    struct fq_event event = EVENT(CORRECTED, date);

    memcpy(event.value, step.value, sizeof event.value);
    event.step = step.kind;
    event.value[FQ_FIELD_CORRECTS] = step.kind;
    return tell(event);
}

static void merge_wall_into(uint8_t id)
{
    struct fq_id into = world_id(id);
    struct fq_event event = EVENT(MERGED, "2021-06-01");

    assert_true(fq_event_set_bytes(&event, FQ_FIELD_INTO, fq_span_of(into.bytes, FQ_ID_SIZE)));
    tell(event);
}

/* ---- looking: county 410105 unless said otherwise ---- */

#define IN(month, measure) world_cell(held, WORLD_COUNTY, month, FQ_MEASURE_##measure)
#define SUM(measure) world_sum(held, FQ_MEASURE_##measure)
#define KIND(kind, month, measure)                                                                 \
    world_cell_of(held, FQ_CELLS_KIND, WORLD_COUNTY, month, FQ_KIND_##kind, FQ_MEASURE_##measure)

/* Registered and accepted in March, agreed on 4,000.00 in writing in April. */
static struct fq_event registered, accepted, agreed;

static void a_usual_case(void)
{
    registered = TELL(REGISTERED, "2021-03-01", F(SOURCE, FQ_SOURCE_ON_APPLICATION), F(TYPE, 2),
                      F(KIND, FQ_KIND_PEOPLE), F(PERSONS, 4));
    accepted = TELL(ACCEPTED, "2021-03-02");
    agreed = TELL(AGREED, "2021-04-10", F(FORM, FQ_FORM_WRITTEN), F(AMOUNT, 400000));
}

static struct fq_digest digest(void)
{
    return fq_view_digest(&held->view, WORLD_PROVINCE, 0, UINT16_MAX);
}

/* ---- M1 to M6 ---- */

static void test_m1_a_second_copy_changes_nothing(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_digest before = fq_view_digest(&held->view, WORLD_PROVINCE, 0, UINT16_MAX);

    assert_int_equal(world_tell(held, &agreed), FQ_MERGED_DUPLICATE);
    assert_int_equal(world_tell(held, &registered), FQ_MERGED_DUPLICATE);

    assert_true(
        fq_digest_equal(before, fq_view_digest(&held->view, WORLD_PROVINCE, 0, UINT16_MAX)));
    assert_int_equal(held->view.event_count, 3);
    assert_int_equal(SUM(AGREED), 1);
}

static void test_m1_a_relay_is_a_copy_of_what_it_carries(void **state)
{
    (void)state;
    uint8_t id[FQ_EVENT_ID_SIZE], record[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(record, sizeof record);
    struct fq_event carried = EVENT(REGISTERED, "2021-03-01", F(TYPE, 2));
    struct fq_event relay = EVENT(RELAY, "2021-03-02");
    fq_event_encode(&carried, &writer);
    fq_event_id_encode(&carried.id, id);
    relay.id = (struct fq_event_id){{WORLD_CITY * 100 + 1, WORLD_NEIGHBOUR, 1}, 1};
    assert_true(fq_event_set_bytes(&relay, FQ_FIELD_INNER_ID, fq_span_of(id, sizeof id)));
    assert_true(fq_event_set_bytes(&relay, FQ_FIELD_INNER, fq_writer_span(&writer)));

    assert_int_equal(world_tell(held, &relay), FQ_MERGED_NEW); /* ahead of the original */
    assert_int_equal(SUM(REGISTERED), 1);
    assert_int_equal(world_tell(held, &carried), FQ_MERGED_DUPLICATE);
    relay.id.seq = 2;
    assert_int_equal(world_tell(held, &relay), FQ_MERGED_DUPLICATE);

    assert_int_equal(SUM(REGISTERED), 1);
    assert_int_equal(held->view.event_count, 1);
}

static void test_m2_events_may_come_backwards(void **state)
{
    (void)state;
    struct fq_event events[] = {EVENT(REGISTERED, "2021-03-01", F(TYPE, 2)),
                                EVENT(ACCEPTED, "2021-03-02"), EVENT(FAILED, "2021-04-10"),
                                EVENT(REOPENED, "2021-05-01"), EVENT(AGREED, "2021-06-10")};
    for (size_t i = 5; i-- > 0;) {
        tell(events[i]);
    }

    assert_int_equal(SUM(CONCLUDED), 1);
    assert_int_equal(SUM(FAILED), 0);
    assert_int_equal(IN("2021-06", AGREED), 1);
}

static void test_m3_m4_a_view_written_behind_and_loaded_goes_on_alike(void **state)
{
    (void)state;
    a_usual_case();
    held = world_restart(held);
    assert_int_equal(world_tell(held, &agreed), FQ_MERGED_DUPLICATE);
    void_event(&agreed);
    held = world_restart(held);

    assert_int_equal(SUM(AGREED), 0);
    assert_int_equal(IN("2021-03", ACCEPTED), 1);
    assert_int_equal(held->view.event_count, 4);
    assert_int_equal(held->view.dispute_count, 1);
    assert_int_equal(held->view.dirty_count, 0);
}

static void test_m3_sequences_commands_and_revisions_outlive_a_restart(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_event closed = EVENT(CLOSED, "2021-05-01");
    closed.id.seq = (UINT64_C(1) << 40) - 1;
    closed.cmd_id = (struct fq_id){{1, 2, 3, 4, 5, 6, 7, 8}};
    tell(closed);

    held = world_restart(held);

    const struct fq_dispute *wall = fq_view_find(&held->view, &closed.dispute);
    const struct fq_fact *fact = fq_view_command(&held->view, wall, &closed.cmd_id);
    assert_non_null(fact);
    assert_true(fq_view_event_id(&held->view, fact).seq == closed.id.seq);
    assert_non_null(fq_view_command(&held->view, wall, &registered.cmd_id));
    assert_int_equal(wall->rev, closed.rev); /* the greatest, wherever it lies */
    assert_int_equal(world_tell(held, &closed), FQ_MERGED_DUPLICATE);
}

static void test_m3_a_dispute_that_does_not_fit_is_not_written_by_half(void **state)
{
    (void)state;
    static uint8_t bytes[4096];
    struct fq_arena arena = fq_arena_over(bytes, sizeof bytes);
    struct fq_span value = {0};
    a_usual_case();
    const struct fq_dispute *wall = fq_view_find(&held->view, &registered.dispute);
    assert_true(fq_view_encode(&held->view, wall, &arena, &value));
    size_t size = value.size;

    for (size_t room = 0; room < size; room++) {
        arena = fq_arena_over(bytes, room);
        assert_false(fq_view_encode(&held->view, wall, &arena, &value));
        assert_int_equal(arena.used, 0);
    }
    arena = fq_arena_over(bytes, size);
    assert_true(fq_view_encode(&held->view, wall, &arena, &value));
}

static void expect_taken(uint8_t dispute)
{
    struct fq_id id = world_id(dispute);
    const struct fq_dispute *taken = fq_view_take_dirty(&held->view);

    assert_non_null(taken);
    assert_true(fq_id_equal(&taken->id, &id));
}

static void test_m3_what_changed_is_taken_once_longest_ago_first(void **state)
{
    (void)state;
    held->view.dirty_capacity = 3; /* the ring goes round in every second round */

    for (unsigned round = 0; round < 9; round++) {
        TELL_OF(1, SESSION, "2021-03-01");
        TELL_OF(2, SESSION, "2021-03-01");
        TELL_OF(1, SESSION, "2021-03-02");
        assert_int_equal(held->view.dirty_count, 2);
        expect_taken(1);
        expect_taken(2);
        assert_null(fq_view_take_dirty(&held->view));
    }
}

/* In groups of FQ_VIEW_EXPECT_MAX, the last of them not full. */
static void test_m3_a_batch_is_folded_to_its_end(void **state)
{
    (void)state;
    enum { COUNT = 2 * FQ_VIEW_EXPECT_MAX + 3 };
    uint8_t bytes[COUNT * 100];
    uint32_t areas[COUNT];
    struct fq_why why;
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);
    struct fq_batch batch = {.seal = {.log = {WORLD_COUNTY * 100 + 1, 0, 1}, .from_seq = 1},
                             .record_count = COUNT};
    for (uint32_t i = 0; i < COUNT; i++) {
        struct fq_event event = EVENT_OF((uint8_t)i, REGISTERED, "2021-03-01");
        event.area = WORLD_PROVINCE + i;
        fq_event_encode(&event, &writer);
    }
    batch.records = fq_writer_span(&writer);

    assert_int_equal(fq_merge_batch(&held->view, &batch, areas, &why), FQ_OK);

    assert_int_equal(held->view.event_count, COUNT);
    assert_int_equal(SUM(REGISTERED), COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(areas[i], WORLD_PROVINCE + i);
    }
}

static void test_m5_a_fact_before_its_registration_waits(void **state)
{
    (void)state;
    TELL(ACCEPTED, "2021-03-02");
    TELL(JOINED, "2021-03-03", F(TO_UNIT, UNIT(WORLD_NEIGHBOUR, 1)));
    TELL(AGREED, "2021-04-10");
    for (uint32_t i = 0; i < held->view.cells.index.count; i++) {
        assert_int_equal(held->view.cells.cells[i].value[FQ_MEASURE_ACCEPTED], 0);
    }
    assert_int_equal(SUM(AGREED) + SUM(PARTICIPATED) + SUM(OPEN), 0);

    struct fq_event late = EVENT(REGISTERED, "2021-03-01", F(TYPE, 2));
    late.rev = 1;
    tell(late);

    assert_int_equal(IN("2021-03", REGISTERED), 1);
    assert_int_equal(IN("2021-03", ACCEPTED), 1);
    assert_int_equal(IN("2021-04", AGREED), 1);
    assert_int_equal(SUM(PARTICIPATED), 1);
}

static void test_m6_what_is_not_understood_folds_to_nothing(void **state)
{
    (void)state;
    struct fq_event unknown = EVENT(ACCEPTED, "2021-03-02");
    unknown.kind = unknown.step = FQ_EVENT_KINDS;
    assert_int_equal(fq_merge_event(&held->view, &unknown), FQ_MERGED_INERT);
    unknown.kind = unknown.step = 0;
    assert_int_equal(fq_merge_event(&held->view, &unknown), FQ_MERGED_INERT);
    struct fq_event correction = EVENT(CORRECTED, "2021-03-02");
    correction.step = FQ_EVENT_KINDS;
    correction.value[FQ_FIELD_CORRECTS] = FQ_EVENT_VOIDED;
    assert_int_equal(world_tell(held, &correction), FQ_MERGED_INERT);
    struct fq_event control = EVENT(CONTROL, "2021-03-02");
    assert_int_equal(world_tell(held, &control), FQ_MERGED_INERT);
    struct fq_event relay = EVENT(RELAY, "2021-03-02");
    assert_int_equal(world_tell(held, &relay), FQ_MERGED_INERT); /* carries nothing */
    struct fq_event claimed = EVENT(ACCEPTED, "2021-03-02");
    claimed.id.seq = UINT64_C(1) << 40; /* no log is that long */
    assert_int_equal(world_tell(held, &claimed), FQ_MERGED_INERT);
    struct fq_event nobody = EVENT(ACCEPTED, "2021-03-02");
    nobody.id.log.origin = 0;
    assert_int_equal(world_tell(held, &nobody), FQ_MERGED_INERT);

    assert_int_equal(held->view.event_count, 0);
    assert_int_equal(held->view.index.count, 0);
    assert_int_equal(held->view.cells.index.count, 0);
}

static void test_strange_codes_are_counted_not_refused(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-03-01", F(SOURCE, 5000), F(TYPE, 70000), F(KIND, 9), F(DIFFICULTY, 2));
    TELL(ACCEPTED, "2021-03-02");

    assert_int_equal(world_cell_of(held, FQ_CELLS_TYPE, WORLD_COUNTY, "2021-03", UINT16_MAX,
                                   FQ_MEASURE_ACCEPTED),
                     1);
    assert_int_equal(KIND(PEOPLE, "2021-03", ACCEPTED), 1); /* a kind that is none is people's */
}

static void test_full_memory_is_said(void **state)
{
    (void)state;
    struct world_view *small = world_view_open_small(&world, 4096);
    enum fq_merged merged = FQ_MERGED_NEW;

    for (unsigned i = 0; i < 200 && merged == FQ_MERGED_NEW; i++) {
        struct fq_event event = EVENT_OF((uint8_t)i, REGISTERED, "2021-03-01");
        merged = world_tell(small, &event);
    }
    assert_int_equal(merged, FQ_MERGED_FULL);
    world_view_close(small);
}

/* ---- intake ---- */

static void test_c2_a_digest_asked_before_follows_what_is_taken_back(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_digest before = digest();
    struct fq_event failed = TELL(FAILED, "2021-05-10");
    struct fq_digest between = digest();

    void_event(&failed);

    assert_false(fq_digest_equal(between, before));
    assert_true(fq_digest_equal(digest(), before));
}

static void test_registered_and_accepted_count_by_their_own_dates(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-01-31", F(TYPE, 2), F(PERSONS, 4));
    assert_int_equal(SUM(PERSONS), 0); /* parties count when accepted */
    TELL(ACCEPTED, "2021-02-01");

    assert_int_equal(IN("2021-01", REGISTERED), 1);
    assert_int_equal(IN("2021-02", ACCEPTED), 1);
    assert_int_equal(IN("2021-02", PERSONS), 4);
    assert_int_equal(IN("2021-01", ACCEPTED), 0);
}

static void test_accepted_and_rejected_are_one_decision(void **state)
{
    (void)state;
    a_usual_case();
    TELL(REJECTED, "2021-03-20");

    assert_int_equal(SUM(ACCEPTED), 0);
    assert_int_equal(SUM(PERSONS), 0);
    assert_int_equal(SUM(OPEN), 0);
    assert_int_equal(IN("2021-03", REJECTED), 1);
    TELL(ACCEPTED, "2021-05-01");
    assert_int_equal(SUM(REJECTED), 0);
    assert_int_equal(IN("2021-05", ACCEPTED), 1);
}

static void test_found_is_by_screening_or_initiative(void **state)
{
    (void)state;
    static const uint8_t sources[] = {FQ_SOURCE_SCREENING, FQ_SOURCE_ON_INITIATIVE,
                                      FQ_SOURCE_ON_APPLICATION, FQ_SOURCE_DELEGATED_COURT};
    for (uint8_t i = 0; i < 4; i++) {
        TELL_OF((uint8_t)(10 + i), REGISTERED, "2021-03-01", F(SOURCE, sources[i]));
    }
    assert_int_equal(IN("2021-03", FOUND), 2);
    assert_int_equal(IN("2021-03", REGISTERED), 4);

    TELL_OF(10, FAILED, "2021-07-01"); /* dated by when it was found */
    TELL_OF(12, AGREED, "2021-07-01");
    assert_int_equal(IN("2021-03", FOUND_RESOLVED), 1);
    assert_int_equal(SUM(FOUND_RESOLVED), 1);
}

static void test_a_late_registration_belongs_to_its_own_month(void **state)
{
    (void)state;
    a_usual_case();
    TELL_OF(6, REGISTERED, "2019-01-15"); /* two years late */

    assert_int_equal(IN("2019-01", REGISTERED), 1);
    assert_int_equal(IN("2021-03", REGISTERED), 1);
    assert_int_equal(held->view.cells.month_min, world_month("2019-01"));
}

/* ---- outcome ---- */

static void test_concluded_is_once_by_the_current_outcome(void **state)
{
    (void)state;
    a_usual_case();
    TELL(FAILED, "2021-05-01");
    TELL(TERMINATED, "2021-06-01");

    assert_int_equal(SUM(CONCLUDED), 1);
    assert_int_equal(SUM(AGREED) + SUM(FAILED), 0);
    assert_int_equal(IN("2021-06", TERMINATED), 1);
}

static void test_amount_and_form_count_only_while_agreed(void **state)
{
    (void)state;
    a_usual_case();
    assert_int_equal(IN("2021-04", AMOUNT_CENTS), 400000);
    assert_int_equal(IN("2021-04", WRITTEN), 1);
    assert_int_equal(SUM(ORAL), 0);

    TELL(FAILED, "2021-05-01", F(AMOUNT, 1));

    assert_int_equal(SUM(AMOUNT_CENTS), 0);
    assert_int_equal(SUM(WRITTEN), 0);
}

static void test_a_correction_moves_the_month(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_event right = agreed;
    right.value[FQ_FIELD_AMOUNT] = 50000;
    correct(right, "2021-02-28"); /* whenever it was written, its date counts */

    assert_int_equal(IN("2021-04", AGREED), 0);
    assert_int_equal(IN("2021-04", AMOUNT_CENTS), 0);
    assert_int_equal(IN("2021-02", AGREED), 1);
    assert_int_equal(IN("2021-02", AMOUNT_CENTS), 50000);
    assert_int_equal(SUM(AGREED), 1);
}

static void test_a_correction_moves_the_type_and_the_home(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_event right = EVENT(CORRECTED, "2021-03-01", F(CORRECTS, FQ_EVENT_REGISTERED),
                                  F(TYPE, 4), F(KIND, FQ_KIND_PEOPLE));
    right.step = FQ_EVENT_REGISTERED;
    right.area = WORLD_FAR;
    tell(right);

    assert_int_equal(
        world_cell_of(held, FQ_CELLS_TYPE, WORLD_COUNTY, "2021-04", 2, FQ_MEASURE_AGREED), 0);
    assert_int_equal(world_cell_of(held, FQ_CELLS_TYPE, WORLD_FAR, "2021-04", 4, FQ_MEASURE_AGREED),
                     1);
    assert_int_equal(SUM(AGREED), 1);
}

static void test_voiding_an_outcome_brings_back_the_former(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_event failed = TELL(FAILED, "2021-05-01");
    assert_int_equal(SUM(AGREED), 0);

    void_event(&failed);

    assert_int_equal(IN("2021-04", AGREED), 1);
    assert_int_equal(IN("2021-04", AMOUNT_CENTS), 400000);
    assert_int_equal(SUM(FAILED), 0);
}

static void test_reopening_empties_and_the_new_outcome_counts_at_its_own_date(void **state)
{
    (void)state;
    a_usual_case();
    TELL(VISITED, "2021-04-11", F(SURVEYED, 1), F(SATISFIED, 1));
    TELL(CLOSED, "2021-04-12");
    TELL(REOPENED, "2021-05-01");
    assert_int_equal(SUM(CONCLUDED) + SUM(AMOUNT_CENTS) + SUM(CLOSED) + SUM(SURVEYED), 0);
    assert_int_equal(world_stock(held, WORLD_COUNTY, "2021-06", FQ_MEASURE_OPEN), 1);

    TELL(FAILED, "2021-07-01");

    assert_int_equal(IN("2021-07", FAILED), 1);
    assert_int_equal(SUM(CONCLUDED), 1);
    assert_int_equal(IN("2021-03", ACCEPTED), 1);
}

static void test_difficult_counts_cases_and_persons_at_the_outcome(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-03-01", F(DIFFICULTY, FQ_DIFFICULTY_MAJOR), F(PERSONS, 12));
    TELL(ACCEPTED, "2021-03-02");
    assert_int_equal(SUM(DIFFICULT), 0);
    TELL(TERMINATED, "2021-04-10");

    assert_int_equal(IN("2021-04", DIFFICULT), 1);
    assert_int_equal(IN("2021-04", DIFFICULT_PERSONS), 12);
    correct(EVENT(REGISTERED, "2021-03-01", F(DIFFICULTY, FQ_DIFFICULTY_DIFFICULT), F(PERSONS, 3)),
            "2021-03-01");
    assert_int_equal(IN("2021-04", DIFFICULT), 1);
    assert_int_equal(IN("2021-04", DIFFICULT_PERSONS), 3);
    correct(EVENT(REGISTERED, "2021-03-01", F(DIFFICULTY, FQ_DIFFICULTY_ORDINARY), F(PERSONS, 3)),
            "2021-03-01");
    assert_int_equal(SUM(DIFFICULT), 0);
    assert_int_equal(SUM(DIFFICULT_PERSONS), 0);
}

/* ---- after the outcome ---- */

static void test_performed_is_at_once_or_later(void **state)
{
    (void)state;
    a_usual_case();
    TELL(PERFORMED, "2021-05-01", F(PERFORMANCE, FQ_PERFORMANCE_PARTIAL));
    assert_int_equal(SUM(PERFORMED), 0);
    TELL(PERFORMED, "2021-06-01", F(PERFORMANCE, FQ_PERFORMANCE_PERFORMED));
    assert_int_equal(IN("2021-06", PERFORMED), 1);
    TELL(AGREED, "2021-07-01", F(IMMEDIATE, 1));
    assert_int_equal(IN("2021-07", PERFORMED), 1);
    assert_int_equal(SUM(PERFORMED), 1);
}

static void test_confirmed_stays_when_enforced(void **state)
{
    (void)state;
    a_usual_case();
    TELL(CONFIRMATION, "2021-05-01", F(STEP, FQ_CONFIRMATION_APPLIED));
    assert_int_equal(SUM(CONFIRMED), 0);
    TELL(CONFIRMATION, "2021-06-01", F(STEP, FQ_CONFIRMATION_CONFIRMED));
    TELL(CONFIRMATION, "2021-07-01", F(STEP, FQ_CONFIRMATION_ENFORCED));
    assert_int_equal(IN("2021-06", CONFIRMED), 1);
    assert_int_equal(SUM(CONFIRMED), 1);
    TELL(CONFIRMATION, "2021-08-01", F(STEP, FQ_CONFIRMATION_WITHDRAWN));
    assert_int_equal(SUM(CONFIRMED), 0);
}

static void test_a_second_visit_replaces_the_first(void **state)
{
    (void)state;
    a_usual_case();
    TELL(VISITED, "2021-05-01", F(SURVEYED, 1), F(SATISFIED, 1));
    TELL(VISITED, "2021-06-01", F(SURVEYED, 1));

    assert_int_equal(IN("2021-05", SURVEYED), 0);
    assert_int_equal(IN("2021-06", SURVEYED), 1);
    assert_int_equal(SUM(SATISFIED), 0); /* the current answer, once per dispute */
}

static void test_a_second_visit_of_the_same_day_replaces_the_first(void **state)
{
    (void)state;
    a_usual_case();
    TELL(VISITED, "2021-05-01", F(SURVEYED, 1));
    assert_int_equal(SUM(SATISFIED), 0);

    TELL(VISITED, "2021-05-01", F(SURVEYED, 1), F(SATISFIED, 1));

    assert_int_equal(IN("2021-05", SURVEYED), 1);
    assert_int_equal(IN("2021-05", SATISFIED), 1);
}

static void test_never_more_satisfied_than_surveyed(void **state)
{
    (void)state;
    a_usual_case();
    TELL(VISITED, "2021-05-01", F(SATISFIED, 1));

    assert_int_equal(IN("2021-05", SURVEYED), 1);
    assert_int_equal(IN("2021-05", SATISFIED), 1);
}

static void test_prevented_counts_cases_and_persons_at_the_events_date(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_event first =
        TELL(PREVENTED, "2021-03-05", F(EFFECT, FQ_PREVENTION_MASS_BRAWL), F(PERSONS, 30));
    TELL(PREVENTED, "2021-04-05", F(EFFECT, FQ_PREVENTION_SUICIDE), F(PERSONS, 1));
    assert_int_equal(IN("2021-03", PREVENTED_BRAWL), 1);
    assert_int_equal(IN("2021-03", PREVENTED_BRAWL_PERSONS), 30);
    assert_int_equal(IN("2021-04", PREVENTED_SUICIDE_PERSONS), 1);

    void_event(&first);

    assert_int_equal(SUM(PREVENTED_BRAWL) + SUM(PREVENTED_BRAWL_PERSONS), 0);
}

/* ---- working together ---- */

static void test_linked_is_two_kinds_that_ever_took_part(void **state)
{
    (void)state;
    a_usual_case();
    TELL(JOINED, "2021-03-05", F(TO_UNIT, UNIT(WORLD_COUNTY, 2)), F(TO_KIND, FQ_KIND_PEOPLE));
    assert_int_equal(SUM(LINKED), 0);
    struct fq_event court =
        TELL(JOINED, "2021-03-06", F(TO_UNIT, UNIT(WORLD_COUNTY, 3)), F(TO_KIND, FQ_KIND_JUDICIAL));
    TELL(LEFT, "2021-03-07", F(TO_UNIT, UNIT(WORLD_COUNTY, 3)));

    assert_int_equal(IN("2021-04", LINKED), 1); /* by the outcome's date */
    assert_int_equal(IN("2021-04", LINKED_CONCLUDED), 1);
    assert_int_equal(KIND(PEOPLE, "2021-04", AGREED), 1);
    assert_int_equal(KIND(JUDICIAL, "2021-04", AGREED), 1);
    assert_int_equal(IN("2021-04", AGREED), 1); /* overlap 1, distinct 1 */
    void_event(&court);                         /* it never joined */
    assert_int_equal(SUM(LINKED), 0);
    assert_int_equal(KIND(JUDICIAL, "2021-04", AGREED), 0);
}

static void test_linked_before_the_outcome_is_by_acceptance(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-03-01", F(KIND, FQ_KIND_PEOPLE));
    TELL(REFERRAL_ACCEPTED, "2021-03-05", F(TO_UNIT, UNIT(WORLD_COUNTY, 3)),
         F(TO_KIND, FQ_KIND_ADMINISTRATIVE)); /* accepting a referral joins */
    assert_int_equal(SUM(LINKED), 0);
    TELL(ACCEPTED, "2021-04-02");

    assert_int_equal(IN("2021-04", LINKED), 1);
    assert_int_equal(SUM(LINKED_CONCLUDED), 0);
    TELL(REJECTED, "2021-05-02"); /* no outcome, no acceptance: no date */
    assert_int_equal(SUM(LINKED), 0);
}

static void test_cross_area_is_units_of_two_counties(void **state)
{
    (void)state;
    a_usual_case();
    TELL(JOINED, "2021-03-05", F(TO_UNIT, UNIT(WORLD_COUNTY, 2)));
    TELL(JOINED, "2021-03-05", F(TO_UNIT, UNIT(WORLD_CITY, 1))); /* above county: does not count */
    assert_int_equal(SUM(CROSS_AREA), 0);

    TELL(JOINED, "2021-03-05", F(TO_UNIT, UNIT(WORLD_FAR, 1)));
    TELL(JOINED, "2021-03-06", F(TO_UNIT, UNIT(WORLD_NEIGHBOUR, 1)));

    assert_int_equal(IN("2021-04", CROSS_AREA), 1);
    assert_int_equal(SUM(CROSS_AREA), 1);
}

static void test_participated_is_per_unit_in_its_own_area_and_kind(void **state)
{
    (void)state;
    a_usual_case();
    TELL(JOINED, "2021-03-05", F(TO_UNIT, UNIT(WORLD_NEIGHBOUR, 1)), F(TO_KIND, FQ_KIND_JUDICIAL));
    TELL(JOINED, "2021-03-06", F(TO_UNIT, UNIT(WORLD_NEIGHBOUR, 1)), F(TO_KIND, FQ_KIND_JUDICIAL));
    TELL(JOINED, "2021-03-07", F(TO_UNIT, UNIT(WORLD_NEIGHBOUR, 2)));

    assert_int_equal(world_cell(held, WORLD_NEIGHBOUR, "2021-03", FQ_MEASURE_PARTICIPATED), 2);
    assert_int_equal(world_cell_of(held, FQ_CELLS_KIND, WORLD_NEIGHBOUR, "2021-03",
                                   FQ_KIND_JUDICIAL, FQ_MEASURE_PARTICIPATED),
                     1);
    assert_int_equal(world_cell_of(held, FQ_CELLS_KIND, WORLD_NEIGHBOUR, "2021-03", FQ_KIND_PEOPLE,
                                   FQ_MEASURE_PARTICIPATED),
                     1);
    assert_int_equal(world_cell(held, WORLD_NEIGHBOUR, "2021-03", FQ_MEASURE_ACCEPTED), 0);
    assert_int_equal(SUM(ACCEPTED), 1); /* a dispute counts once, whoever helped */
}

static void test_a_referral_counts_once_though_it_came_under_two_origins(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_event referred = TELL(REFERRED, "2021-03-05", F(TO_UNIT, UNIT(WORLD_CITY, 1)));
    struct fq_event salvaged = referred; /* the same command, written again in a new epoch */
    salvaged.id = (struct fq_event_id){{WORLD_COUNTY * 100 + 1, 0, 2}, 1};
    tell(salvaged);
    assert_int_equal(IN("2021-03", REFERRED), 1);

    TELL(REFERRAL_DECLINED, "2021-03-06");
    assert_int_equal(IN("2021-03", REFERRED), 1); /* declined ones count too */
    TELL(REFERRED, "2021-05-05", F(TO_UNIT, UNIT(WORLD_CITY, 1)));
    assert_int_equal(SUM(REFERRED), 2);
    void_event(&referred);
    assert_int_equal(SUM(REFERRED), 2); /* its copy still stands */
    void_event(&salvaged);
    assert_int_equal(SUM(REFERRED), 1);
}

/* Each of them the newest write, so that only what changed is counted anew. */
static void test_m4_what_is_in_maps_follows_decision_outcome_and_home(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-03-01", F(TYPE, 2), F(KIND, FQ_KIND_PEOPLE));
    TELL(REFERRED, "2021-03-01", F(TO_UNIT, UNIT(WORLD_CITY, 1)));
    TELL(JOINED, "2021-03-01", F(TO_UNIT, UNIT(WORLD_NEIGHBOUR, 1)), F(TO_KIND, FQ_KIND_PEOPLE));
    assert_int_equal(SUM(PARTICIPATED) + SUM(CROSS_AREA), 0);

    TELL(ACCEPTED, "2021-04-02");
    assert_int_equal(world_cell(held, WORLD_NEIGHBOUR, "2021-04", FQ_MEASURE_PARTICIPATED), 1);
    assert_int_equal(IN("2021-04", CROSS_AREA), 1);
    TELL(AGREED, "2021-05-10");
    assert_int_equal(IN("2021-04", CROSS_AREA), 0);
    assert_int_equal(IN("2021-05", CROSS_AREA), 1);
    TELL(TRANSFERRED, "2021-06-01", F(TO_AREA, WORLD_FAR), F(TO_UNIT, UNIT(WORLD_FAR, 1)));

    assert_int_equal(SUM(REFERRED), 1);
    assert_int_equal(world_cell(held, WORLD_FAR, "2021-03", FQ_MEASURE_REFERRED), 1);
    assert_int_equal(world_cell(held, WORLD_FAR, "2021-05", FQ_MEASURE_CROSS_AREA), 1);
}

/* ---- home ---- */

static void test_a_transfer_moves_everything(void **state)
{
    (void)state;
    a_usual_case();
    TELL(TRANSFERRED, "2021-05-01", F(TO_AREA, WORLD_FAR), F(TO_UNIT, UNIT(WORLD_FAR, 1)));

    for (uint32_t i = 0; i < held->view.cells.index.count; i++) {
        const struct fq_cell *cell = &held->view.cells.cells[i];
        for (int measure = 0; measure < FQ_MEASURES_COUNT; measure++) {
            assert_true(cell->area == WORLD_FAR || cell->value[measure] == 0);
        }
    }
    assert_int_equal(world_cell(held, WORLD_FAR, "2021-03", FQ_MEASURE_ACCEPTED), 1);
    assert_int_equal(world_cell(held, WORLD_FAR, "2021-04", FQ_MEASURE_AMOUNT_CENTS), 400000);
    assert_int_equal(SUM(AGREED), 1);
}

static void test_a_transfer_to_another_kind_of_host_moves_the_kind(void **state)
{
    (void)state;
    a_usual_case();
    TELL(TRANSFERRED, "2021-05-01", F(TO_UNIT, UNIT(WORLD_COUNTY, 9)),
         F(TO_KIND, FQ_KIND_JUDICIAL));

    assert_int_equal(KIND(JUDICIAL, "2021-04", AGREED), 1);
    assert_int_equal(KIND(PEOPLE, "2021-04", AGREED), 0);
    assert_int_equal(IN("2021-04", AGREED), 1);
    assert_int_equal(SUM(LINKED), 0);
}

/* ---- merged and voided ---- */

static void test_a_merged_dispute_counts_nowhere_and_unmerging_restores_it(void **state)
{
    (void)state;
    a_usual_case();
    struct fq_digest before = fq_view_digest(&held->view, WORLD_PROVINCE, 0, UINT16_MAX);
    merge_wall_into(WALL - 1);
    assert_int_equal(SUM(REGISTERED) + SUM(ACCEPTED) + SUM(AGREED) + SUM(OPEN), 0);
    assert_int_equal(IN("2021-03", MERGED), 1); /* dated by registration */

    TELL(UNMERGED, "2021-07-01");

    assert_true(
        fq_digest_equal(before, fq_view_digest(&held->view, WORLD_PROVINCE, 0, UINT16_MAX)));
}

static void test_a_voided_dispute_counts_as_voided_alone(void **state)
{
    (void)state;
    a_usual_case();
    TELL(VOIDED, "2021-06-01");
    TELL(VOIDED, "2021-06-02");

    assert_int_equal(SUM(REGISTERED) + SUM(ACCEPTED) + SUM(AGREED) + SUM(AMOUNT_CENTS), 0);
    assert_int_equal(IN("2021-03", VOIDED), 1);
    merge_wall_into(WALL - 1);
    assert_int_equal(IN("2021-03", VOIDED), 1);
    assert_int_equal(SUM(MERGED), 0);
}

static void test_a_merged_dispute_that_is_voided_counts_as_voided_alone(void **state)
{
    (void)state;
    a_usual_case();
    merge_wall_into(WALL - 1);
    assert_int_equal(SUM(MERGED), 1);

    TELL(VOIDED, "2021-07-01");

    assert_int_equal(SUM(MERGED), 0);
    assert_int_equal(IN("2021-03", VOIDED), 1);
}

static void test_voiding_the_registration_leaves_an_orphan(void **state)
{
    (void)state;
    a_usual_case();
    void_event(&registered);

    assert_int_equal(SUM(ACCEPTED) + SUM(AGREED) + SUM(REGISTERED) + SUM(VOIDED), 0);
}

/* ---- stocks ---- */

static int64_t open_at(const char *month)
{
    return world_stock(held, WORLD_COUNTY, month, FQ_MEASURE_OPEN);
}

static int64_t overdue_at(const char *month)
{
    return world_stock(held, WORLD_COUNTY, month, FQ_MEASURE_OVERDUE);
}

static void test_open_is_from_acceptance_to_outcome(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-01-01");
    assert_int_equal(open_at("2021-01"), 0);
    TELL(ACCEPTED, "2021-02-10");
    TELL(AGREED, "2021-04-01");

    assert_int_equal(open_at("2021-01"), 0);
    assert_int_equal(open_at("2021-02"), 1);
    assert_int_equal(open_at("2021-03"), 1);
    assert_int_equal(open_at("2021-04"), 0);
}

static void test_an_outcome_before_acceptance_closes_in_the_month_of_acceptance(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-01-01");
    TELL(AGREED, "2021-02-01");
    TELL(ACCEPTED, "2021-03-10");

    assert_int_equal(open_at("2021-02"), 0); /* never -1 */
    assert_int_equal(open_at("2021-03"), 0);
}

static void test_overdue_is_open_past_thirty_days(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-01-01");
    TELL(ACCEPTED, "2021-01-01"); /* due on 31 January, over on 1 February */
    assert_int_equal(overdue_at("2021-01"), 0);
    assert_int_equal(overdue_at("2021-02"), 1);
    TELL(AGREED, "2021-04-01");
    assert_int_equal(overdue_at("2021-03"), 1);
    assert_int_equal(overdue_at("2021-04"), 0);
    TELL(AGREED, "2021-01-31"); /* in time after all */
    assert_int_equal(overdue_at("2021-02"), 0);
}

static void test_the_deadline_knows_extensions_and_petitions(void **state)
{
    (void)state;
    TELL(REGISTERED, "2021-01-01", F(SOURCE, FQ_SOURCE_DELEGATED_PETITION));
    TELL(ACCEPTED, "2021-01-01"); /* 60 days: 2 March */
    assert_int_equal(overdue_at("2021-02"), 0);
    assert_int_equal(overdue_at("2021-03"), 1);
    TELL(EXTENDED, "2021-02-20", F(DAYS, 30)); /* 1 April */
    assert_int_equal(overdue_at("2021-03"), 0);
    assert_int_equal(overdue_at("2021-04"), 1);
}

/* ---- screenings and activities ---- */

static void test_sweeps_zero_reports_and_households(void **state)
{
    (void)state;
    TELL_OF(0, SWEEP, "2021-03-01", F(HOUSEHOLDS, 120), F(FOUND, 2));
    TELL_OF(0, SWEEP, "2021-03-08", F(HOUSEHOLDS, 80));

    assert_int_equal(IN("2021-03", SWEEPS), 2);
    assert_int_equal(IN("2021-03", ZERO_REPORTS), 1);
    assert_int_equal(IN("2021-03", HOUSEHOLDS), 200);
    assert_int_equal(held->view.dispute_count, 0);
}

static int64_t activity(uint32_t area, uint16_t indicator)
{
    return world_cell_of(held, FQ_CELLS_ACTIVITY, area, "2021-01", indicator, FQ_MEASURE_ACTIVITY);
}

static struct fq_event report(uint64_t unit, uint64_t count)
{
    struct fq_event event = EVENT_OF(0, ACTIVITY, "2021-07-05", F(INDICATOR, 12),
                                     F(FIRST_DAY, world_date("2021-01-01")),
                                     F(LAST_DAY, world_date("2021-06-30")), F(COUNT, count));

    event.unit = unit;
    return event;
}

static void test_a_report_sent_again_replaces_and_units_add(void **state)
{
    (void)state;
    tell(report(UNIT(WORLD_COUNTY, 1), 100));
    tell(report(UNIT(WORLD_COUNTY, 2), 40));
    tell(report(UNIT(WORLD_COUNTY, 1), 90));

    assert_int_equal(activity(WORLD_COUNTY, 12), 130);
    assert_int_equal(SUM(ACTIVITY), 0); /* in its own table alone */
    assert_int_equal(held->view.dispute_count, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_view, close_view)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_m1_a_second_copy_changes_nothing),
        CASE(test_m1_a_relay_is_a_copy_of_what_it_carries),
        CASE(test_m2_events_may_come_backwards),
        CASE(test_m3_m4_a_view_written_behind_and_loaded_goes_on_alike),
        CASE(test_m3_sequences_commands_and_revisions_outlive_a_restart),
        CASE(test_m3_a_dispute_that_does_not_fit_is_not_written_by_half),
        CASE(test_m3_what_changed_is_taken_once_longest_ago_first),
        CASE(test_m3_a_batch_is_folded_to_its_end),
        CASE(test_m5_a_fact_before_its_registration_waits),
        CASE(test_m6_what_is_not_understood_folds_to_nothing),
        CASE(test_strange_codes_are_counted_not_refused),
        CASE(test_full_memory_is_said),
        CASE(test_c2_a_digest_asked_before_follows_what_is_taken_back),
        CASE(test_registered_and_accepted_count_by_their_own_dates),
        CASE(test_accepted_and_rejected_are_one_decision),
        CASE(test_found_is_by_screening_or_initiative),
        CASE(test_a_late_registration_belongs_to_its_own_month),
        CASE(test_concluded_is_once_by_the_current_outcome),
        CASE(test_amount_and_form_count_only_while_agreed),
        CASE(test_a_correction_moves_the_month),
        CASE(test_a_correction_moves_the_type_and_the_home),
        CASE(test_voiding_an_outcome_brings_back_the_former),
        CASE(test_reopening_empties_and_the_new_outcome_counts_at_its_own_date),
        CASE(test_difficult_counts_cases_and_persons_at_the_outcome),
        CASE(test_performed_is_at_once_or_later),
        CASE(test_confirmed_stays_when_enforced),
        CASE(test_a_second_visit_replaces_the_first),
        CASE(test_a_second_visit_of_the_same_day_replaces_the_first),
        CASE(test_never_more_satisfied_than_surveyed),
        CASE(test_prevented_counts_cases_and_persons_at_the_events_date),
        CASE(test_linked_is_two_kinds_that_ever_took_part),
        CASE(test_linked_before_the_outcome_is_by_acceptance),
        CASE(test_cross_area_is_units_of_two_counties),
        CASE(test_participated_is_per_unit_in_its_own_area_and_kind),
        CASE(test_a_referral_counts_once_though_it_came_under_two_origins),
        CASE(test_m4_what_is_in_maps_follows_decision_outcome_and_home),
        CASE(test_a_transfer_moves_everything),
        CASE(test_a_transfer_to_another_kind_of_host_moves_the_kind),
        CASE(test_a_merged_dispute_counts_nowhere_and_unmerging_restores_it),
        CASE(test_a_voided_dispute_counts_as_voided_alone),
        CASE(test_a_merged_dispute_that_is_voided_counts_as_voided_alone),
        CASE(test_voiding_the_registration_leaves_an_orphan),
        CASE(test_open_is_from_acceptance_to_outcome),
        CASE(test_an_outcome_before_acceptance_closes_in_the_month_of_acceptance),
        CASE(test_overdue_is_open_past_thirty_days),
        CASE(test_the_deadline_knows_extensions_and_petitions),
        CASE(test_sweeps_zero_reports_and_households),
        CASE(test_a_report_sent_again_replaces_and_units_add),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
