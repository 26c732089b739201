/* As of: random histories and random frontiers against a plain replay of exactly those events (L1), the
 * way back (L2), and causes that add up (L3); few disputes whose causes are known by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/asof.h"
#include "fq/core/rollup.h"
#include "fq/edge/memory.h"
#include "support/history.h"
#include "support/random.h"
#include "support/world.h"

static struct world world;
static struct fq_arena arena;
static uint64_t seed = 20210630;

static int open_all(void **state)
{
    struct fq_why why;

    (void)state;
    world_open(&world);
    return fq_memory_reserve((size_t)1 << 30, &arena, &why) != FQ_OK;
}

static int close_all(void **state)
{
    (void)state;
    fq_memory_release(&arena);
    world_close(&world);
    return 0;
}

/* ---- a frontier drawn by lot ---- */

struct drawn {
    struct fq_mark rows[64];
    struct fq_marks marks;
};

static bool is_within(const struct drawn *drawn, const struct fq_event_id *id)
{
    const struct fq_mark *mark = fq_marks_find(&drawn->marks, &id->log);

    return mark && id->seq <= mark->last;
}

/* Each log up to some event of it, some logs not at all. */
static void draw_marks(const struct history *history, struct random *random, struct drawn *drawn)
{
    drawn->marks = (struct fq_marks){.rows = drawn->rows};
    for (uint32_t i = 0; i < history->count; i++) {
        const struct fq_event_id *id = &history->entries[i].id;
        struct fq_mark *mark = fq_marks_find(&drawn->marks, &id->log);
        if (!mark && random_chance(random, 60)) {
            uint32_t at = drawn->marks.count++;
            assert_true(at < 64);
            while (at > 0 && fq_log_id_compare(&drawn->rows[at - 1].log, &id->log) > 0) {
                drawn->rows[at] = drawn->rows[at - 1];
                at--;
            }
            drawn->rows[at] = (struct fq_mark){.log = id->log, .last = id->seq};
        } else if (mark && id->seq > mark->last && random_chance(random, 50)) {
            mark->last = id->seq;
        }
    }
}

static bool is_told(const struct history *history, const struct fq_event_id *id)
{
    for (uint32_t i = 0; i < history->count; i++) {
        const struct fq_event_id *other = &history->entries[i].id;
        if (other->seq == id->seq && fq_log_id_equal(&other->log, &id->log)) {
            return true;
        }
    }
    return false;
}

/* Some events of a history come by relays only. A node that holds a log holds all of it, so that no mark
 * covers one whose relay lies beyond the marks. */
static bool lower_marks(const struct history *history, struct drawn *drawn)
{
    struct fq_event relay, inner;

    for (uint32_t i = 0; i < history->count; i++) {
        if (is_within(drawn, &history->entries[i].id)) {
            continue;
        }
        history_event(&history->entries[i], &relay);
        if (fq_merge_open_relay(&world.areas, &relay, &inner) && is_within(drawn, &inner.id) &&
            !is_told(history, &inner.id)) {
            fq_marks_find(&drawn->marks, &inner.id.log)->last = inner.id.seq - 1;
            return true;
        }
    }
    return false;
}

static void draw(const struct history *history, struct random *random, struct drawn *drawn)
{
    draw_marks(history, random, drawn);
    while (lower_marks(history, drawn)) {
    }
}

/* ---- both ways ---- */

struct journey {
    struct fq_past past;
    struct fq_asof asof;
};

static void prepare(struct world_view *held, const struct history *history,
                    const struct drawn *drawn, struct journey *journey)
{
    struct fq_event event;

    assert_true(fq_past_init(&journey->past, &held->view, &drawn->marks, history->count, &arena));
    for (uint32_t i = 0; i < history->count; i++) {
        if (is_within(drawn, &history->entries[i].id)) {
            history_event(&history->entries[i], &event);
            assert_true(fq_past_note_relay(&journey->past, &event));
        }
    }
    fq_past_close(&journey->past);
    assert_true(fq_asof_init(&journey->asof, &held->view, &journey->past, 0, &arena));
    for (uint32_t i = 0; i < history->count; i++) {
        if (!is_within(drawn, &history->entries[i].id)) {
            history_event(&history->entries[i], &event);
            assert_true(fq_asof_note(&journey->asof, &event, &arena));
        }
    }
}

static struct world_view *fold(const struct history *history, const struct drawn *drawn)
{
    struct world_view *held = world_view_open(&world);

    for (uint32_t i = 0; i < history->count; i++) {
        const struct history_entry *entry = &history->entries[i];
        if (!drawn || is_within(drawn, &entry->id)) {
            assert_true(world_tell_record(held, &entry->id, entry->record));
        }
    }
    return held;
}

static bool has_cells_of(const struct fq_cells *a, const struct fq_cells *b)
{
    static const int64_t none[FQ_MEASURES_COUNT];

    for (uint32_t i = 0; i < a->index.count; i++) {
        const struct fq_cell *cell = &a->cells[i];
        const struct fq_cell *twin = fq_cells_find(b, (enum fq_cell_table)cell->table, cell->area,
                                                   cell->month, cell->dimension);
        if (memcmp(cell->value, twin ? twin->value : none, sizeof none) != 0) {
            printf("# cell %u %06u %u %u differs\n", cell->table, cell->area, cell->month,
                   cell->dimension);
            return false;
        }
    }
    return true;
}

static bool is_same_digest(struct fq_view *a, struct fq_view *b)
{
    return fq_digest_equal(fq_view_digest(a, WORLD_PROVINCE, 0, UINT16_MAX),
                           fq_view_digest(b, WORLD_PROVINCE, 0, UINT16_MAX));
}

static bool has_disputes_of(const struct fq_view *a, const struct fq_view *b)
{
    for (uint32_t i = 0; i < a->index.count; i++) {
        const struct fq_dispute *twin = fq_view_find(b, &a->disputes[i].id);
        if (!twin || a->disputes[i].flags != (twin->flags | FQ_DISPUTE_DIRTY) ||
            a->disputes[i].rev != twin->rev || !fq_dispute_same_values(&a->disputes[i], twin)) {
            printf("# dispute %u differs\n", i);
            return false;
        }
    }
    return true;
}

/* ---- L3 ---- */

struct walk {
    struct world_view *held, *plain;
    struct fq_dispute last;
    uint32_t place; /* of the dispute at hand, plus 1 */
    uint32_t steps;
};

static bool is_alike(const struct fq_dispute *a, const struct fq_dispute *b)
{
    const unsigned aside = FQ_DISPUTE_DIRTY;

    return (a->flags | aside) == (b->flags | aside) && a->rev == b->rev && a->tags == b->tags &&
           fq_dispute_same_values(a, b);
}

/* A walk is a chain: the first step begins at what was then, each other where the one before ended, the
 * last ends at what is now. */
static void follow(void *context, uint32_t place, enum fq_cause cause,
                   const struct fq_dispute *before, const struct fq_dispute *after)
{
    struct walk *walk = context;

    assert_true(cause < FQ_CAUSE_DEFINITION);
    if (walk->place == place + 1) {
        assert_true(is_alike(&walk->last, before));
    } else {
        const struct fq_dispute *then = fq_view_find(&walk->plain->view, &before->id);
        assert_true(then ? is_alike(then, before) : before->facts == 0);
        if (walk->place) {
            assert_true(is_alike(&walk->last, &walk->held->view.disputes[walk->place - 1]));
        }
    }
    walk->place = place + 1;
    walk->last = *after;
    walk->steps++;
}

static uint32_t count_later(const struct world_view *held, const struct journey *journey)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < held->view.index.count; i++) {
        for (const struct fq_fact *fact = fq_view_facts(&held->view, &held->view.disputes[i]); fact;
             fact = fq_view_next(&held->view, fact)) {
            count += !fq_past_holds(&journey->past, fact);
        }
    }
    return count;
}

static void expect_a_chain(struct world_view *held, struct world_view *plain,
                           struct journey *journey)
{
    struct walk walk = {.held = held, .plain = plain};

    assert_true(fq_asof_walk(&journey->asof, follow, &walk));
    assert_int_equal(walk.steps, count_later(held, journey));
    if (walk.place) {
        assert_true(is_alike(&walk.last, &held->view.disputes[walk.place - 1]));
    }
}

struct charging {
    struct fq_scan *scans[FQ_CAUSES_COUNT];
};

static void charge(void *context, uint32_t place, enum fq_cause cause,
                   const struct fq_dispute *before, const struct fq_dispute *after)
{
    struct charging *charging = context;

    (void)place;
    fq_scan_count(charging->scans[cause], before, -1);
    fq_scan_count(charging->scans[cause], after, 1);
}

#define ROWS_MAX 4096

/* Of any question: what was then and what the causes add is what is now, in every row and in total. */
static void expect_causes_add_up(struct world_view *held, struct world_view *plain,
                                 struct journey *journey, const struct fq_rollup_query *query)
{
    struct fq_tally *tallies = fq_arena_take(&arena, (FQ_CAUSES_COUNT + 1) * sizeof *tallies);
    int64_t totals[FQ_CAUSES_COUNT][FQ_MEASURES_COUNT] = {{0}};
    struct fq_tally *then = &tallies[FQ_CAUSES_COUNT];
    struct charging charging;
    struct fq_rollup now, was;
    struct fq_why why;

    assert_int_equal(fq_rollup_run(&held->view, &world.codes, query, &arena, &now, &why), FQ_OK);
    assert_int_equal(fq_rollup_run(&plain->view, &world.codes, query, &arena, &was, &why), FQ_OK);
    for (int cause = 0; cause < FQ_CAUSES_COUNT; cause++) {
        assert_true(fq_tally_init(&tallies[cause], ROWS_MAX, &arena));
        charging.scans[cause] =
            fq_scan_open(&held->view, query, &arena, &tallies[cause], totals[cause]);
        assert_non_null(charging.scans[cause]);
    }
    assert_true(fq_asof_walk(&journey->asof, charge, &charging));
    assert_true(fq_tally_init(then, ROWS_MAX, &arena));
    for (uint32_t i = 0; i < was.count; i++) {
        *fq_tally_row(then, was.rows[i].key) = was.rows[i];
    }
    for (int cause = 0; cause < FQ_CAUSES_COUNT; cause++) {
        fq_scan_close(charging.scans[cause]);
        for (uint32_t i = 0; i < tallies[cause].count; i++) {
            struct fq_rollup_row *row = fq_tally_row(then, tallies[cause].rows[i].key);
            for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
                row->value[m] = fq_plus(row->value[m], tallies[cause].rows[i].value[m]);
            }
        }
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            was.total[m] = fq_plus(was.total[m], totals[cause][m]);
        }
    }
    assert_memory_equal(was.total, now.total, sizeof now.total);
    for (uint32_t i = 0; i < now.count; i++) {
        struct fq_rollup_row *row = fq_tally_row(then, now.rows[i].key);
        assert_memory_equal(row->value, now.rows[i].value, sizeof row->value);
        memset(row->value, 0, sizeof row->value);
    }
    for (uint32_t i = 0; i < then->count; i++) { /* what is not now came to nothing */
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            assert_int_equal(then->rows[i].value[m], 0);
        }
    }
}

static void l3_causes_add_up_in_any_question(void **state)
{
    static const struct fq_rollup_query queries[] = {
        {.by_count = 0},
        {.by = {FQ_BY_COUNTY, FQ_BY_OUTCOME}, .by_count = 2},
        {.by = {FQ_BY_TYPE, FQ_BY_KIND}, .by_count = 2},
        {.by = {FQ_BY_MONTH, FQ_BY_KIND, FQ_BY_AREA}, .by_count = 3},
        {.by = {FQ_BY_TOWN, FQ_BY_UNIT}, .by_count = 2},
        {.by = {FQ_BY_QUARTER, FQ_BY_TIER},
         .by_count = 2,
         .where = {{FQ_BY_KIND, FQ_KIND_PEOPLE}},
         .where_count = 1},
    };
    static struct history history;
    struct random random = random_of(seed + 4);
    struct journey *journey = malloc(sizeof *journey);

    (void)state;
    assert_non_null(journey);
    for (size_t round = 0; round < 120; round++) {
        struct fq_rollup_query query = queries[round % (sizeof queries / sizeof queries[0])];
        struct drawn drawn;
        fq_arena_reset(&arena);
        history_draw(&history, 80, &random);
        draw(&history, &random, &drawn);
        struct world_view *held = fold(&history, NULL);
        struct world_view *plain = fold(&history, &drawn);

        query.area = WORLD_PROVINCE;
        query.codes = &world.codes;
        assert_true(fq_period_parse(fq_span_text("2020-12..2021-03"), &query.period));
        prepare(held, &history, &drawn, journey);
        expect_causes_add_up(held, plain, journey, &query);
        world_view_close(held);
        world_view_close(plain);
    }
    free(journey);
}

static void l1_l2_l3_short_way_is_replay(void **state)
{
    static struct history history;
    struct random random = random_of(seed);
    struct journey *journey = malloc(sizeof *journey);

    (void)state;
    assert_non_null(journey);
    for (int round = 0; round < 300; round++) {
        struct drawn drawn;
        fq_arena_reset(&arena);
        history_draw(&history, 80, &random);
        draw(&history, &random, &drawn);
        struct world_view *held = fold(&history, NULL);
        struct world_view *live = fold(&history, NULL);
        struct world_view *plain = fold(&history, &drawn);

        prepare(held, &history, &drawn, journey);
        assert_true(fq_asof_go_back(&journey->asof));

        assert_true(has_cells_of(&held->view.cells, &plain->view.cells)); /* L1 */
        assert_true(has_cells_of(&plain->view.cells, &held->view.cells));
        assert_true(is_same_digest(&held->view, &plain->view));
        assert_true(has_disputes_of(&plain->view, &held->view));
        fq_asof_return(&journey->asof);
        assert_true(world_is_same(held, live)); /* L2 */
        expect_a_chain(held, plain, journey);   /* L3 */
        assert_true(world_is_same(held, live));
        world_view_close(held);
        world_view_close(live);
        world_view_close(plain);
    }
    free(journey);
}

/* Where no cells are declared, the scan of the view set back is the scan of the replay. */
static void l1_scans_too(void **state)
{
    static struct history history;
    struct random random = random_of(seed + 1);
    struct journey *journey = malloc(sizeof *journey);
    struct fq_rollup_query query = {
        .area = WORLD_PROVINCE, .by = {FQ_BY_COUNTY, FQ_BY_OUTCOME}, .by_count = 2};
    struct fq_why why;

    (void)state;
    assert_non_null(journey);
    assert_true(fq_period_parse(fq_span_text("2020-12..2021-03"), &query.period));
    for (int round = 0; round < 60; round++) {
        struct fq_rollup short_way, replay;
        struct drawn drawn;
        fq_arena_reset(&arena);
        history_draw(&history, 80, &random);
        draw(&history, &random, &drawn);
        struct world_view *held = fold(&history, NULL);
        struct world_view *plain = fold(&history, &drawn);

        prepare(held, &history, &drawn, journey);
        assert_true(fq_asof_go_back(&journey->asof));
        assert_int_equal(fq_rollup_run(&held->view, &world.codes, &query, &arena, &short_way, &why),
                         FQ_OK);
        assert_int_equal(fq_rollup_run(&plain->view, &world.codes, &query, &arena, &replay, &why),
                         FQ_OK);
        fq_asof_return(&journey->asof);

        assert_int_equal(short_way.count, replay.count);
        assert_memory_equal(short_way.rows, replay.rows, replay.count * sizeof *replay.rows);
        assert_memory_equal(short_way.total, replay.total, sizeof replay.total);
        world_view_close(held);
        world_view_close(plain);
    }
    free(journey);
}

/* A full region leaves the view as it was. */
static void l2_full_region_changes_nothing(void **state)
{
    static struct history history;
    struct random random = random_of(seed + 2);
    struct journey *journey = malloc(sizeof *journey);
    struct drawn drawn;

    (void)state;
    assert_non_null(journey);
    fq_arena_reset(&arena);
    history_draw(&history, 80, &random);
    draw(&history, &random, &drawn);
    struct world_view *held = fold(&history, NULL);
    struct world_view *live = fold(&history, NULL);
    prepare(held, &history, &drawn, journey);
    held->view.memory.facts.size = held->view.memory.facts.used + 64;

    assert_false(fq_asof_go_back(&journey->asof));

    assert_int_equal(journey->asof.set_back, 0);
    assert_true(world_is_same(held, live));
    world_view_close(held);
    world_view_close(live);
    free(journey);
}

/* ---- causes by hand ---- */

#define LOG ((struct fq_log_id){WORLD_COUNTY * 100 + 1, 0, 1})

static struct history told;
static uint8_t told_bytes[64 * 1024];
static size_t told_size;

struct step {
    uint64_t hlc;
    uint32_t area, to_area;
    uint64_t corrects;
    struct fq_span into, target;
};

static void tell(uint8_t id, unsigned kind, const struct step *step)
{
    uint32_t seq = told.count + 1;
    struct fq_event event = {
        .id = {LOG, seq},
        .kind = (uint16_t)kind,
        .step = (uint16_t)(step->corrects ? step->corrects : kind),
        .rev = seq,
        .hlc = step->hlc << 16,
        .area = step->area ? step->area : WORLD_COUNTY,
        .date = world_date("2021-03-04"),
        .cmd_id = {{(uint8_t)seq, 0xcc}},
        .dispute = world_id(id),
    };
    struct fq_writer writer = fq_writer_over(told_bytes + told_size, FQ_RECORD_MAX);

    event.value[FQ_FIELD_CORRECTS] = step->corrects;
    event.value[FQ_FIELD_TYPE] = 2;
    event.value[FQ_FIELD_KIND] = FQ_KIND_PEOPLE;
    event.value[FQ_FIELD_TO_AREA] = step->to_area;
    event.value[FQ_FIELD_TO_UNIT] = 4101020001;
    event.value[FQ_FIELD_TO_KIND] = FQ_KIND_JUDICIAL;
    if (step->into.size) {
        assert_true(fq_event_set_bytes(&event, FQ_FIELD_INTO, step->into));
    }
    if (step->target.size) {
        assert_true(fq_event_set_bytes(&event, FQ_FIELD_TARGET, step->target));
    }
    fq_event_encode(&event, &writer);
    assert_false(writer.is_full);
    told.entries[told.count++] = (struct history_entry){event.id, fq_writer_span(&writer)};
    told_size += writer.used;
}
#define TELL(id, kind, ...) tell(id, FQ_EVENT_##kind, &(const struct step){__VA_ARGS__})

struct causes {
    uint32_t place, count;
    enum fq_cause rows[16];
};

static void note_cause(void *context, uint32_t place, enum fq_cause cause,
                       const struct fq_dispute *before, const struct fq_dispute *after)
{
    struct causes *causes = context;

    (void)before, (void)after;
    if (place == causes->place) {
        assert_true(causes->count < 16);
        causes->rows[causes->count++] = cause;
    }
}

/* The causes of the dispute's steps, given how much was known at the moment. */
static void expect_causes(uint8_t id, uint32_t known, const enum fq_cause *expected, uint32_t count)
{
    struct drawn drawn = {.rows = {{.log = LOG, .last = known}}};
    struct journey *journey = malloc(sizeof *journey);
    struct fq_id looked_for = world_id(id);

    assert_non_null(journey);
    drawn.marks = (struct fq_marks){drawn.rows, known > 0};
    fq_arena_reset(&arena);
    struct world_view *held = fold(&told, NULL);
    prepare(held, &told, &drawn, journey);
    journey->asof.moment_ms = 5000;
    struct causes causes = {.place =
                                fq_view_place(&held->view, fq_view_find(&held->view, &looked_for))};
    assert_true(fq_asof_walk(&journey->asof, note_cause, &causes));
    for (uint32_t i = 0; i < count && i < causes.count; i++) {
        assert_string_equal(fq_cause_name(causes.rows[i]), fq_cause_name(expected[i]));
    }
    assert_int_equal(causes.count, count);
    world_view_close(held);
    free(journey);
}
#define EXPECT(id, known, ...)                                                                     \
    do {                                                                                           \
        const enum fq_cause expected[] = {__VA_ARGS__};                                            \
        expect_causes(id, known, expected, sizeof expected / sizeof expected[0]);                  \
    } while (0)

static void begin(void)
{
    told.count = 0;
    told_size = 0;
}

static void l3_a_late_dispute_is_late_in_all_its_ordinary_steps(void **state)
{
    (void)state;
    begin();
    TELL(1, REGISTERED, .hlc = 4000);
    EXPECT(1, 0, FQ_CAUSE_ARRIVED_LATE);
    begin();
    TELL(1, REGISTERED, .hlc = 6000);
    TELL(1, ACCEPTED, .area = 0);
    TELL(1, JOINED, .area = 0);
    TELL(1, CORRECTED, .corrects = FQ_EVENT_ACCEPTED);
    TELL(1, VOIDED, .area = 0);
    EXPECT(1, 0, FQ_CAUSE_RECORDED_LATE, FQ_CAUSE_RECORDED_LATE, FQ_CAUSE_RECORDED_LATE,
           FQ_CAUSE_CORRECTED, FQ_CAUSE_VOIDED);
    EXPECT(1, 1, FQ_CAUSE_LATER_STEP, FQ_CAUSE_JOINT, FQ_CAUSE_CORRECTED, FQ_CAUSE_VOIDED);
}

/* Facts whose registration comes last are nothing before it. */
static void l3_an_orphan_is_late_as_its_registration_is(void **state)
{
    (void)state;
    begin();
    TELL(1, ACCEPTED, .area = 0);
    TELL(1, REGISTERED, .hlc = 6000);
    EXPECT(1, 0, FQ_CAUSE_RECORDED_LATE, FQ_CAUSE_RECORDED_LATE);
    EXPECT(1, 1, FQ_CAUSE_RECORDED_LATE);
}

static void l3_each_cause(void **state)
{
    struct fq_id one = world_id(1);
    uint8_t target[FQ_EVENT_ID_SIZE];

    (void)state;
    begin();
    TELL(1, REGISTERED, .area = 0);
    TELL(2, REGISTERED, .area = 0);
    TELL(1, ACCEPTED, .area = 0);
    TELL(1, AGREED, .area = 0);
    TELL(1, JOINED, .area = 0);
    EXPECT(1, 2, FQ_CAUSE_LATER_STEP, FQ_CAUSE_LATER_STEP, FQ_CAUSE_JOINT);
    TELL(1, CORRECTED, .corrects = FQ_EVENT_AGREED);
    fq_event_id_encode(&(struct fq_event_id){LOG, 4}, target);
    TELL(1, VOIDED, .target = fq_span_of(target, sizeof target));
    TELL(1, REOPENED, .area = 0);
    TELL(1, TRANSFERRED, .to_area = WORLD_NEIGHBOUR);
    EXPECT(1, 5, FQ_CAUSE_CORRECTED, FQ_CAUSE_CORRECTED, FQ_CAUSE_REOPENED, FQ_CAUSE_TRANSFERRED);
    EXPECT(1, 7, FQ_CAUSE_REOPENED, FQ_CAUSE_TRANSFERRED);
    TELL(2, MERGED, .into = fq_span_of(one.bytes, FQ_ID_SIZE));
    TELL(2, UNMERGED, .area = 0);
    TELL(2, VOIDED, .area = 0);
    EXPECT(2, 2, FQ_CAUSE_MERGED, FQ_CAUSE_UNMERGED, FQ_CAUSE_VOIDED);
    EXPECT(2, 10, FQ_CAUSE_UNMERGED, FQ_CAUSE_VOIDED);
}

/* ---- marks ---- */

static void marks_round_trip(void **state)
{
    static struct history history;
    struct random random = random_of(seed + 3);
    struct drawn drawn;
    struct fq_marks read;
    struct fq_span bytes;

    (void)state;
    fq_arena_reset(&arena);
    history_draw(&history, 80, &random);
    draw_marks(&history, &random, &drawn);
    assert_true(drawn.marks.count > 1);
    assert_true(fq_marks_encode(&drawn.marks, &arena, &bytes));
    assert_true(fq_codec_scan(bytes));
    assert_true(fq_marks_decode(bytes, &arena, &read));
    assert_int_equal(read.count, drawn.marks.count);
    assert_memory_equal(read.rows, drawn.rows, read.count * sizeof *read.rows);

    struct fq_mark first = drawn.rows[0];
    drawn.rows[0] = drawn.rows[1];
    drawn.rows[1] = first;
    assert_true(fq_marks_encode(&drawn.marks, &arena, &bytes));
    assert_false(fq_marks_decode(bytes, &arena, &read)); /* not in order */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(l1_l2_l3_short_way_is_replay),
        cmocka_unit_test(l1_scans_too),
        cmocka_unit_test(l2_full_region_changes_nothing),
        cmocka_unit_test(l3_causes_add_up_in_any_question),
        cmocka_unit_test(l3_a_late_dispute_is_late_in_all_its_ordinary_steps),
        cmocka_unit_test(l3_an_orphan_is_late_as_its_registration_is),
        cmocka_unit_test(l3_each_cause),
        cmocka_unit_test(marks_round_trip),
    };

    seed = random_setting(argc, argv, 1, "SEED", seed);
    printf("# SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests_name("asof", tests, open_all, close_all);
}
