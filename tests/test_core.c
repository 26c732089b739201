/* The core's rules (N1 to N7) through fq_core_step, and what the link does with bad batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/core.h"
#include "fq/edge/memory.h"
#include "support/world.h"

#define COUNTY_ORIGIN (WORLD_COUNTY * 100 + 1)
#define CITY_ORIGIN (WORLD_CITY * 100 + 1)
#define NOW_MS UINT64_C(1625000000000)
#define HEARTBEAT_MS 1000

struct side { /* one node, its memory and its last turn */
    struct fq_core *core;
    struct fq_view_memory view_memory;
    struct fq_arena memory, scratch;
    struct fq_turn *turn;
};

static struct world world;
static struct side county, city;

static void key_of(uint32_t origin, struct fq_sign_public *out_public,
                   struct fq_sign_secret *out_secret)
{
    uint8_t seed[32] = {0};

    fq_put_be32(seed, origin);
    fq_sign_pair(seed, out_public, out_secret);
}

static void open_side(struct side *side, uint32_t origin, enum fq_tier tier, bool has_parent)
{
    struct fq_sign_public public_key;
    struct fq_sign_secret secret;
    struct fq_why why;
    struct fq_core_options options = {
        .area = origin / 100,
        .origin = origin,
        .tier = tier,
        .has_parent = has_parent,
        .instance = world_id((uint8_t)origin),
        .epoch = 1,
        .batch_records_max = 4,
        .batch_size_max = FQ_BATCH_SIZE_MAX,
    };

    key_of(origin, &public_key, &options.secret);
    options.sync = (struct fq_sync_options){.origin = origin,
                                            .area = origin / 100,
                                            .tier = tier,
                                            .has_parent = has_parent,
                                            .boot = 1,
                                            .credit_bytes = 1 << 20,
                                            .heartbeat_ms = HEARTBEAT_MS,
                                            .silence_ms = 5000,
                                            .reconnect_ms = 100};
    side->core = calloc(1, sizeof *side->core);
    side->turn = calloc(1, sizeof *side->turn);
    assert_int_equal(fq_memory_reserve_view(1000, &side->view_memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)4 << 20, &side->memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)64 << 20, &side->scratch, &why), FQ_OK);
    assert_int_equal(fq_core_init(side->core, &options, &world.areas, &world.codes, &side->memory,
                                  &side->view_memory, &why),
                     FQ_OK);
    key_of(COUNTY_ORIGIN, &public_key, &secret);
    assert_true(fq_core_add_signer(side->core, COUNTY_ORIGIN, &public_key));
}

static void close_side(struct side *side)
{
    fq_memory_release_view(&side->view_memory);
    fq_memory_release(&side->memory);
    fq_memory_release(&side->scratch);
    free(side->turn);
    free(side->core);
    *side = (struct side){0};
}

static int begin(void **state)
{
    (void)state;
    world_open(&world);
    open_side(&county, COUNTY_ORIGIN, FQ_TIER_COUNTY, true);
    open_side(&city, CITY_ORIGIN, FQ_TIER_CITY, false);
    return 0;
}

static int end(void **state)
{
    (void)state;
    close_side(&county);
    close_side(&city);
    world_close(&world);
    return 0;
}

static void step_at(struct side *side, const struct fq_input *inputs, size_t count,
                    struct fq_now now)
{
    struct fq_why why;

    fq_effects_reset(&side->turn->effects, &side->scratch);
    assert_int_equal(fq_core_step(side->core, inputs, count, now, side->turn, &why), FQ_OK);
}

static void step(struct side *side, const struct fq_input *inputs, size_t count, uint64_t now_ms)
{
    step_at(side, inputs, count, (struct fq_now){.wall_ms = now_ms, .steady_ms = now_ms});
}

/* ---- commands ---- */

static struct fq_event registered(uint8_t first)
{
    struct fq_event event = {.kind = FQ_EVENT_REGISTERED,
                             .step = FQ_EVENT_REGISTERED,
                             .cmd_id = world_id(first),
                             .dispute = world_id(first),
                             .date = world_date("2021-03-01")};

    event.value[FQ_FIELD_TYPE] = 4;
    event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_SCREENING;
    return event;
}

static struct fq_event next_step(uint8_t dispute, uint8_t command, uint16_t kind)
{
    return (struct fq_event){.kind = kind,
                             .step = kind,
                             .cmd_id = world_id(command),
                             .dispute = world_id(dispute),
                             .date = world_date("2021-03-02")};
}

/* The first `row_size` commands are one row, the others stand alone; 0: there are no rows. */
static void submit_row_to(struct side *side, const struct fq_event *events, uint32_t count,
                          uint32_t row_size, bool is_dry_run)
{
    struct fq_writer writer = fq_writer_take(&side->scratch, 65536);

    fq_write_map(&writer, 1 + (row_size > 0));
    if (row_size > 0) {
        fq_write_text(&writer, "rows");
        fq_write_array(&writer, 1);
        fq_write_uint(&writer, row_size);
    }
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t bytes[1024];
        struct fq_writer record = fq_writer_over(bytes, sizeof bytes);
        fq_event_encode(&events[i], &record);
        fq_write_bytes(&writer, bytes, record.used);
    }
    const struct fq_input input = {.kind = FQ_INPUT_COMMANDS,
                                   .bytes = fq_writer_span(&writer),
                                   .actor = fq_span_text("m017"),
                                   .is_dry_run = is_dry_run};
    step(side, &input, 1, NOW_MS);
    assert_int_equal(side->turn->reply_count, 1);
}

static void submit_to(struct side *side, const struct fq_event *events, uint32_t count,
                      bool is_dry_run)
{
    submit_row_to(side, events, count, 0, is_dry_run);
}

static void submit_row(const struct fq_event *events, uint32_t count, uint32_t row_size,
                       bool is_dry_run)
{
    submit_row_to(&county, events, count, row_size, is_dry_run);
}

static void submit(const struct fq_event *events, uint32_t count, bool is_dry_run)
{
    submit_to(&county, events, count, is_dry_run);
}

struct verdict {
    uint64_t status, origin, epoch, seq;
};

static struct verdict verdict_of(const struct side *side, uint32_t index)
{
    struct fq_reader reader = fq_reader_over(side->turn->replies[0].result);
    uint32_t count = fq_read_array(&reader);

    assert_true(index < count);
    for (uint32_t i = 0; i < index; i++) {
        (void)fq_read_skip(&reader);
    }
    (void)fq_read_array(&reader);
    struct verdict verdict = {fq_read_uint(&reader), fq_read_uint(&reader), fq_read_uint(&reader),
                              fq_read_uint(&reader)};
    return verdict;
}

static struct verdict verdict_at(uint32_t index)
{
    return verdict_of(&county, index);
}

/* The bound holds where batches are cut by their records and where by their bytes, and the largest
 * submit there may be stays within half a turn. */
static void test_a_submit_appends_no_more_than_was_said(void **state)
{
    (void)state;
    enum { SENT = 240 };
    static struct fq_event events[SENT];
    const struct {
        uint32_t records, bytes;
    } limits[] = {{1, FQ_BATCH_SIZE_MAX}, {7, FQ_BATCH_SIZE_MAX}, {4096, 4096}, {4096, 20000}};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        county.core->options.batch_records_max = limits[i].records;
        county.core->options.batch_size_max = limits[i].bytes;
        for (uint32_t k = 0; k < SENT; k++) {
            events[k] = registered((uint8_t)(1 + i));
            events[k].cmd_id.bytes[15] = events[k].dispute.bytes[15] = (uint8_t)k;
        }
        submit(events, SENT, false);
        uint32_t most = fq_core_appends_max(county.core, SENT, SENT * 64);
        assert_int_equal(county.turn->replies[0].new_count, SENT);
        assert_true(county.turn->effects.append_count <= most);
        assert_true(county.turn->effects.append_count * 4 >= most); /* and is no wild guess */
        assert_true(fq_core_appends_max(county.core, FQ_SUBMIT_COMMANDS_MAX, 260 * 1024) <=
                    FQ_CORE_APPENDS_MAX);
    }
}

static void test_n2_a_repeated_command_tells_the_first_event(void **state)
{
    (void)state;
    struct fq_event event = registered(1);

    submit(&event, 1, false);
    struct verdict first = verdict_at(0);
    submit(&event, 1, false);
    struct verdict second = verdict_at(0);

    assert_int_equal(first.status, 0);
    assert_int_equal(second.status, 1);
    assert_int_equal(second.origin, COUNTY_ORIGIN);
    assert_int_equal(second.seq, first.seq);
    assert_int_equal(county.turn->effects.append_count, 0);
    assert_int_equal(county.core->view.event_count, 1);
}

static void test_n2_a_command_twice_in_one_turn_makes_one_event(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), registered(2), registered(1)};

    submit(events, 3, false);

    assert_int_equal(verdict_at(2).status, 1);
    assert_int_equal(verdict_at(2).seq, verdict_at(0).seq);
    assert_int_equal(county.turn->replies[0].new_count, 2);
    assert_int_equal(county.core->view.event_count, 2);
    submit(events, 1, true); /* and a dry run tells the same */
    assert_int_equal(verdict_at(0).status, 1);
    assert_int_equal(verdict_at(0).seq, 1);
}

/* Commands are taken in groups, the last of them not full. */
static void test_n2_each_command_of_a_long_submit_has_its_verdict(void **state)
{
    (void)state;
    enum { COUNT = 2 * FQ_VIEW_EXPECT_MAX + 3 };
    struct fq_event events[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        events[i] = registered((uint8_t)(i + 1));
    }

    submit(events, COUNT, false);

    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(verdict_at(i).status, 0);
        assert_int_equal(verdict_at(i).seq, i + 1);
    }
    assert_int_equal(county.turn->replies[0].new_count, COUNT);
    assert_int_equal(county.core->feed.head, COUNT);
    assert_int_equal(fq_feed_last(&county.core->feed, WORLD_COUNTY), COUNT);
}

static void test_n2_one_id_for_two_commands_is_refused(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 1, FQ_EVENT_ACCEPTED)};

    submit(events, 2, false);

    assert_int_equal(verdict_at(0).status, 0);
    assert_int_equal(verdict_at(1).status, FQ_REASON_COMMAND_CLASH);
}

static void test_one_refused_command_stops_no_other(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_AGREED),
                                next_step(1, 3, FQ_EVENT_ACCEPTED), registered(4),
                                next_step(9, 5, FQ_EVENT_ACCEPTED)};

    submit(events, 5, false);

    assert_int_equal(verdict_at(0).status, 0);
    assert_int_equal(verdict_at(1).status, FQ_REASON_STEP);
    assert_int_equal(verdict_at(2).status, 0);
    assert_int_equal(verdict_at(3).status, 0);
    assert_int_equal(verdict_at(4).status, FQ_REASON_DISPUTE_UNKNOWN);
    assert_int_equal(county.core->view.event_count, 3);
}

static void test_a_dry_run_judges_alike_and_takes_nothing_in(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED),
                                next_step(1, 3, FQ_EVENT_AGREED), next_step(1, 4, FQ_EVENT_AGREED)};

    submit(events, 4, true);

    assert_int_equal(verdict_at(2).status, 0);
    assert_int_equal(verdict_at(3).status, FQ_REASON_STEP);
    assert_int_equal(county.turn->effects.append_count, 0);
    assert_int_equal(county.core->view.index.count, 0);
}

static void test_n9_a_row_is_taken_in_whole_or_not_at_all(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED),
                                next_step(1, 3, FQ_EVENT_PERFORMED), registered(4)};

    submit_row(events, 4, 3, true);
    assert_int_equal(verdict_at(0).status, FQ_REASON_STEP);
    assert_int_equal(verdict_at(3).status, 0);
    submit_row(events, 4, 3, false);

    assert_int_equal(verdict_at(0).status, FQ_REASON_STEP); /* for the third one's reason */
    assert_int_equal(verdict_at(1).status, FQ_REASON_STEP);
    assert_int_equal(verdict_at(2).status, FQ_REASON_STEP);
    assert_int_equal(verdict_at(3).status, 0);
    assert_int_equal(county.core->view.event_count, 1);
    submit_row(events, 2, 2, false);
    assert_int_equal(verdict_at(1).status, 0);
    assert_int_equal(county.core->view.event_count, 3);
}

static void test_n9_what_is_stored_of_a_refused_row_is_told_as_stored(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED),
                                next_step(1, 3, FQ_EVENT_PERFORMED)};
    submit(events, 1, false);

    submit_row(events, 3, 3, false);

    assert_int_equal(verdict_at(0).status, 1);
    assert_int_equal(verdict_at(0).seq, 1);
    assert_int_equal(verdict_at(1).status, FQ_REASON_STEP);
    assert_int_equal(county.core->view.event_count, 1);
}

static void test_n9_a_dry_run_forgets_a_refused_row(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED),
                                next_step(1, 3, FQ_EVENT_PERFORMED), registered(1)};

    submit_row(events, 4, 3, true);

    assert_int_equal(verdict_at(0).status, FQ_REASON_STEP);
    assert_int_equal(verdict_at(3).status, 0);
}

static void test_n9_sizes_that_are_no_sizes_do_no_harm(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED), registered(4)};

    submit_row(events, 3, 4000, false);

    assert_int_equal(verdict_at(0).status, 0);
    assert_int_equal(verdict_at(2).status, 0);
}

static void test_a_dry_run_knows_what_it_rehearsed(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED),
                                next_step(1, 3, FQ_EVENT_JOINED), next_step(1, 4, FQ_EVENT_JOINED),
                                next_step(1, 5, FQ_EVENT_LEFT)};
    for (int i = 2; i < 5; i++) {
        events[i].value[FQ_FIELD_TO_UNIT] = UINT64_C(4103020001);
    }
    submit(events, 2, false);
    size_t mark = fq_view_mark(&county.core->view);

    submit(&events[2], 3, true);

    assert_int_equal(verdict_at(0).status, 0);
    assert_int_equal(verdict_at(1).status, FQ_REASON_UNIT_TAKES_PART);
    assert_int_equal(verdict_at(2).status, 0);
    assert_int_equal(county.core->view.event_count, 2);
    assert_int_equal(fq_view_mark(&county.core->view), mark); /* and it is forgotten */
    submit(&events[4], 1, false);
    assert_int_equal(verdict_at(0).status, FQ_REASON_UNIT_ABSENT);
}

static void test_a_revision_nobody_can_know_is_refused(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED)};
    events[1].rev = 4000000000;

    submit(events, 2, false);

    assert_int_equal(verdict_at(1).status, FQ_REASON_FIELD);
    assert_int_equal(county.core->view.event_count, 1);
    events[1].rev = 2; /* the registration has the first */
    submit(&events[1], 1, false);
    assert_int_equal(verdict_at(0).status, FQ_REASON_FIELD);
    events[1].rev = 1;
    submit(&events[1], 1, false);
    assert_int_equal(verdict_at(0).status, 0);
}

/* A command of an outbox overrides what its author had seen, not what came in between. */
static void test_d1_a_command_is_one_more_than_what_its_author_knew(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED),
                                next_step(1, 3, FQ_EVENT_SESSION),
                                next_step(1, 4, FQ_EVENT_AGREED)};
    const uint32_t revs[] = {1, 2, 3, 3};
    events[3].rev = 2; /* had not heard of the session */

    submit(events, 4, false);

    const struct fq_dispute *dispute = fq_view_find(&county.core->view, &events[0].dispute);
    for (size_t i = 0; i < 4; i++) {
        const struct fq_fact *fact =
            fq_view_command(&county.core->view, dispute, &events[i].cmd_id);
        assert_non_null(fact);
        assert_int_equal(fact->rev, revs[i]);
    }
}

/* ---- control ---- */

static struct fq_event control(uint8_t command)
{
    static uint8_t payloads[4][FQ_CAMPAIGN_PAYLOAD_MAX];
    static const char *const names[] = {"winter", "spring", "summer", "autumn"};
    const struct fq_campaign_terms terms = {.area = WORLD_CITY,
                                            .first_day = world_date("2021-03-01"),
                                            .last_day = world_date("2021-05-31"),
                                            .name = fq_span_text(names[command % 4])};
    struct fq_event event = {.cmd_id = world_id(command), .date = world_date("2021-03-02")};

    assert_true(fq_campaign_write(&terms, FQ_CONTROL_CAMPAIGN, payloads[command % 4], &event));
    return event;
}

static void test_n7_control_goes_to_the_log_for_all_below(void **state)
{
    (void)state;
    struct fq_event events[] = {control(1), registered(2), control(3)};
    events[1].area = WORLD_COUNTY;

    submit_to(&city, events, 3, false);

    const struct fq_effects *effects = &city.turn->effects;
    assert_int_equal(effects->append_count, 2);
    assert_int_equal(effects->appends[0].log.stream, FQ_STREAM_FACTS);
    assert_int_equal(effects->appends[1].log.stream, FQ_STREAM_CONTROL);
    assert_int_equal(effects->appends[1].last_seq, 2);
    assert_int_equal(verdict_of(&city, 2).seq, 2);
    assert_int_equal(city.core->control.count, 2);
    assert_int_equal(fq_core_told(city.core), 3);
    assert_int_equal(fq_feed_last(&city.core->feed, WORLD_COUNTY), 1); /* not linked: not told */
}

static void test_n2_a_control_command_is_one_event(void **state)
{
    (void)state;
    struct fq_event events[] = {control(1), control(1)};

    submit_to(&city, events, 2, false);

    assert_int_equal(verdict_of(&city, 1).status, 1);
    assert_int_equal(verdict_of(&city, 1).seq, 1);
    submit_to(&city, events, 1, true);
    assert_int_equal(verdict_of(&city, 0).status, 1);
    assert_int_equal(city.turn->effects.append_count, 0);
}

static void test_control_is_not_a_countys_to_give(void **state)
{
    (void)state;
    struct fq_event event = control(1);
    event.area = WORLD_COUNTY;

    submit(&event, 1, false);

    assert_int_equal(verdict_at(0).status, FQ_REASON_CAMPAIGN_TIER);
}

static void test_m4_control_is_replayed_whole(void **state)
{
    (void)state;
    struct fq_event events[] = {control(1), control(2)};
    struct fq_batch batch;
    struct fq_why why;

    submit_to(&city, events, 2, false);
    const struct fq_append *append = &city.turn->effects.appends[0];
    assert_int_equal(fq_batch_parse(append->batch, &batch, &why), FQ_OK);
    for (int i = 0; i < 2; i++) { /* a second time changes nothing */
        assert_int_equal(fq_core_replay_control(county.core, &batch, &why), FQ_OK);
        assert_int_equal(county.core->control.count, 2);
    }
    assert_int_equal(fq_control_command(&county.core->control, &events[1].cmd_id)->seq, 2);
}

/* ---- screenings and reported figures ---- */

static struct fq_event sweep(uint8_t command, uint64_t found)
{
    struct fq_event event = {.kind = FQ_EVENT_SWEEP,
                             .step = FQ_EVENT_SWEEP,
                             .cmd_id = world_id(command),
                             .unit = WORLD_COUNTY * UINT64_C(10000) + 1,
                             .date = world_date("2021-03-02")};

    event.value[FQ_FIELD_ROUNDS] = 1;
    event.value[FQ_FIELD_FOUND] = found;
    return event;
}

static struct fq_event activity(uint8_t command, uint16_t indicator, uint64_t count)
{
    struct fq_event event = {.kind = FQ_EVENT_ACTIVITY,
                             .step = FQ_EVENT_ACTIVITY,
                             .cmd_id = world_id(command),
                             .date = world_date("2021-07-02")};

    event.value[FQ_FIELD_INDICATOR] = indicator;
    event.value[FQ_FIELD_FIRST_DAY] = world_date("2021-01-01");
    event.value[FQ_FIELD_LAST_DAY] = world_date("2021-06-30");
    event.value[FQ_FIELD_COUNT] = count;
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_SIGNER, fq_span_text("li")));
    return event;
}

static int64_t counted(enum fq_cell_table table, const char *month, uint16_t dimension,
                       enum fq_measure measure)
{
    const struct fq_cell *cell =
        fq_cells_find(&county.core->view.cells, table, WORLD_COUNTY, world_month(month), dimension);

    return cell ? cell->value[measure] : 0;
}

static void test_n2_a_repeated_sweep_is_one(void **state)
{
    (void)state;
    struct fq_event events[] = {sweep(1, 2), sweep(2, 0), sweep(1, 2)};

    submit(events, 3, false);
    assert_int_equal(verdict_at(2).status, 1);
    assert_int_equal(verdict_at(2).seq, 1);
    submit(events, 1, false);
    assert_int_equal(verdict_at(0).status, 1);
    submit(events, 1, true);
    assert_int_equal(verdict_at(0).status, 1);

    assert_int_equal(counted(FQ_CELLS_AREA, "2021-03", 0, FQ_MEASURE_SWEEPS), 2);
    assert_int_equal(counted(FQ_CELLS_AREA, "2021-03", 0, FQ_MEASURE_ZERO_REPORTS), 1);
    struct fq_event clash = registered(1);
    submit(&clash, 1, false);
    assert_int_equal(verdict_at(0).status, FQ_REASON_COMMAND_CLASH);
}

static void test_a_second_report_replaces_the_first_and_a_repeat_is_none(void **state)
{
    (void)state;
    struct fq_event first = activity(1, 101, 120), second = activity(2, 101, 130);

    submit(&first, 1, false);
    submit(&second, 1, false);
    assert_int_equal(verdict_at(0).status, 0);
    submit(&first, 1, false);
    assert_int_equal(verdict_at(0).status, 1);

    assert_int_equal(counted(FQ_CELLS_ACTIVITY, "2021-01", 101, FQ_MEASURE_ACTIVITY), 130);
    second.area = WORLD_COUNTY;
    struct fq_id id = fq_merge_entity(&second);
    const struct fq_dispute *entity = fq_view_find(&county.core->view, &id);
    assert_int_equal(entity->rev, 2); /* base + 1, whatever the first one's stamp */
    assert_int_equal(county.core->view.event_count, 2);
}

static void test_a_dry_run_of_figures_judges_as_the_run_will(void **state)
{
    (void)state;
    struct fq_event events[] = {activity(1, 101, 120), activity(2, 102, 121),
                                activity(3, 102, 119)};

    for (int run = 0; run < 2; run++) {
        submit(events, 3, run == 0);
        assert_int_equal(verdict_at(0).status, 0);
        assert_int_equal(verdict_at(1).status, FQ_REASON_ACTIVITY_IMPOSSIBLE);
        assert_int_equal(verdict_at(2).status, 0);
    }
}

/* Within one millisecond, and in a later turn of the same. */
static void test_the_hybrid_clock_never_stands_still(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), registered(2), registered(3)};
    struct fq_event event;
    struct fq_batch batch;
    struct fq_why why;
    uint64_t last = 0;

    for (size_t turn = 0; turn < 2; turn++) {
        submit(&events[2 * turn], 2 - (uint32_t)turn, false);
        assert_int_equal(fq_batch_parse(county.turn->effects.appends[0].batch, &batch, &why),
                         FQ_OK);
        struct fq_reader reader = fq_reader_over(batch.records);
        while (fq_event_decode(&reader, (struct fq_event_id){0}, &event)) {
            assert_true(event.hlc > last);
            last = event.hlc;
        }
        assert_true(batch.seal.hlc == last);
    }
    assert_true(last >> 16 == NOW_MS);
}

static void test_n3_batches_are_cut_and_stored_in_the_turn_that_made_them(void **state)
{
    (void)state;
    struct fq_event events[10];
    struct fq_batch batch;
    struct fq_why why;
    for (uint8_t i = 0; i < 10; i++) {
        events[i] = registered((uint8_t)(i + 1));
    }

    submit(events, 10, false);

    const struct fq_effects *effects = &county.turn->effects;
    assert_int_equal(effects->append_count, 3); /* 4 and 4 and 2 */
    assert_int_equal(effects->appends[1].first_seq, 5);
    assert_int_equal(effects->appends[2].last_seq, 10);
    assert_int_equal(effects->appends[2].first_lsn, 9);
    assert_int_equal(fq_batch_parse(effects->appends[0].batch, &batch, &why), FQ_OK);
    struct fq_reader reader = fq_reader_over(batch.records);
    struct fq_event event;
    assert_true(fq_event_decode(&reader, (struct fq_event_id){0}, &event));
    assert_true(fq_span_equal(event.actor, fq_span_text("m017")));
}

static void test_n3_what_is_told_is_stored_in_the_same_effects(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(7, 2, FQ_EVENT_ACCEPTED),
                                registered(3), registered(4),
                                registered(5), registered(6)};
    uint64_t stored = 0;

    submit(events, 6, false);

    const struct fq_effects *effects = &county.turn->effects;
    for (uint32_t i = 0; i < effects->append_count; i++) {
        assert_int_equal(effects->appends[i].first_seq, stored + 1);
        stored = effects->appends[i].last_seq;
    }
    assert_int_equal(stored, 5);
    assert_int_equal(verdict_at(1).seq, 0); /* refused: not stored, not told */
    assert_int_equal(verdict_at(5).seq, 5);
}

static void test_n5_a_node_that_lost_its_tail_writes_nothing(void **state)
{
    (void)state;
    struct fq_event event = registered(1);

    fq_sync_set_amnesia(&county.core->sync, &county.core->own, 7);
    submit(&event, 1, false);

    assert_int_equal(verdict_at(0).status, FQ_REASON_READ_ONLY);
    assert_int_equal(county.turn->effects.append_count, 0);
}

static void test_m4_a_replay_of_what_was_stored_gives_the_same(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED), registered(3)};
    struct fq_batch batch;
    struct fq_why why;

    submit(events, 3, false);
    const struct fq_append *append = &county.turn->effects.appends[0];
    assert_int_equal(fq_batch_parse(append->batch, &batch, &why), FQ_OK);
    assert_int_equal(fq_core_replay(city.core, &batch, append->first_lsn, false, &why), FQ_OK);

    assert_true(fq_digest_equal(fq_view_digest(&county.core->view, WORLD_PROVINCE, 0, UINT16_MAX),
                                fq_view_digest(&city.core->view, WORLD_PROVINCE, 0, UINT16_MAX)));
    assert_int_equal(city.core->feed.head, 3);
}

static void test_m4_a_node_started_anew_from_its_batches_is_the_same(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), next_step(1, 2, FQ_EVENT_ACCEPTED),
                                registered(3), next_step(3, 4, FQ_EVENT_ACCEPTED),
                                registered(5), next_step(1, 6, FQ_EVENT_AGREED)};
    static struct side again;
    struct fq_batch batch;
    struct fq_why why;
    open_side(&again, COUNTY_ORIGIN, FQ_TIER_COUNTY, true);

    submit(events, 6, false);
    const struct fq_effects *effects = &county.turn->effects;
    assert_int_equal(effects->append_count, 2);
    for (uint32_t i = 0; i < effects->append_count; i++) {
        const struct fq_append *append = &effects->appends[i];
        assert_int_equal(fq_batch_parse(append->batch, &batch, &why), FQ_OK);
        assert_int_equal(fq_core_replay(again.core, &batch, append->first_lsn, false, &why), FQ_OK);
    }

    assert_true(fq_digest_equal(fq_view_digest(&county.core->view, WORLD_PROVINCE, 0, UINT16_MAX),
                                fq_view_digest(&again.core->view, WORLD_PROVINCE, 0, UINT16_MAX)));
    assert_int_equal(again.core->view.event_count, 6);
    assert_int_equal(again.core->feed.head, county.core->feed.head);
    assert_int_equal(again.core->hlc, county.core->hlc);
    close_side(&again);
}

/* ---- the link ---- */

/* Greet until the county is up at the city. */
static void greet(void)
{
    step(&county, NULL, 0, NOW_MS);
    assert_int_equal(county.turn->effects.send_count, 1);
    const struct fq_input hello = {
        .kind = FQ_INPUT_LINK, .peer = COUNTY_ORIGIN, .bytes = county.turn->effects.sends[0].frame};
    step(&city, &hello, 1, NOW_MS);
    assert_int_equal(city.turn->effects.send_count, 1);
    const struct fq_input welcome = {
        .kind = FQ_INPUT_LINK, .peer = FQ_PEER_PARENT, .bytes = city.turn->effects.sends[0].frame};
    step(&county, &welcome, 1, NOW_MS);
    assert_true(fq_sync_is_linked(&county.core->sync));
}

/* Let the city have `batch` from `peer` in the county's session; the type of what it answers. */
static enum fq_link_type deliver(uint32_t peer, struct fq_span batch)
{
    const struct fq_forward forward = {.peer = FQ_PEER_PARENT,
                                       .session = county.core->sync.up.session};
    struct fq_link_message answer;
    struct fq_span frame;

    assert_true(fq_sync_batch_frame(&county.core->sync, &forward, batch, &county.scratch, &frame));
    const struct fq_input input = {.kind = FQ_INPUT_LINK, .peer = peer, .bytes = frame};
    step(&city, &input, 1, NOW_MS);
    assert_true(city.turn->effects.send_count >= 1);
    assert_true(fq_link_decode(city.turn->effects.sends[0].frame, &answer));
    return answer.type;
}

static struct fq_span good_batch(uint8_t first)
{
    struct fq_event event = registered(first);

    submit(&event, 1, false);
    return county.turn->effects.appends[0].batch;
}

static void test_n4_a_bad_batch_is_refused_whole_and_kept_as_evidence(void **state)
{
    (void)state;

    greet();
    struct fq_span good = good_batch(1);
    uint8_t *bad = fq_arena_take(&county.scratch, good.size);
    for (size_t i = 0; i < good.size; i++) {
        memcpy(bad, good.data, good.size);
        bad[i] ^= 1;
        enum fq_link_type answer = deliver(COUNTY_ORIGIN, fq_span_of(bad, good.size));
        assert_int_equal(answer, FQ_LINK_NAK);
        assert_int_equal(city.turn->effects.append_count, 0);
        assert_int_equal(city.turn->effects.evidence_count, 1);
        assert_int_equal(city.core->view.index.count, 0);
    }
    assert_int_equal(deliver(COUNTY_ORIGIN, good), FQ_LINK_ACK); /* and the link goes on */
    assert_int_equal(city.core->view.event_count, 1);
    assert_int_equal(deliver(COUNTY_ORIGIN, good), FQ_LINK_ACK); /* a second copy: told again */
    assert_int_equal(city.turn->effects.append_count, 0);
}

/* `count` records sealed by hand into the county's first batch, with the key of `signer`. */
static struct fq_span sealed_by(uint32_t signer, uint32_t origin, struct fq_span records,
                                uint32_t count)
{
    struct fq_seal seal = {.log = {origin, 0, 1},
                           .from_seq = 1,
                           .to_seq = count,
                           .hlc = NOW_MS << 16,
                           .instance = world_id(1)};
    struct fq_sign_public public_key;
    struct fq_sign_secret secret;
    struct fq_batch batch;

    key_of(signer, &public_key, &secret);
    assert_true(fq_batch_seal(&seal, NULL, records, count, &secret, &county.scratch, &batch));
    return batch.bytes;
}

static struct fq_span records_of(const struct fq_event *events, uint32_t count)
{
    struct fq_writer writer = fq_writer_take(&county.scratch, 16384);

    for (uint32_t i = 0; i < count; i++) {
        fq_event_encode(&events[i], &writer);
    }
    assert_false(writer.is_full);
    return fq_writer_span(&writer);
}

/* What no command could have said: made by newer programs, or the old mistakes of others. */
static void test_n1_a_sealed_event_is_taken_in_whatever_it_says(void **state)
{
    (void)state;
    struct fq_event events[] = {next_step(8, 1, FQ_EVENT_AGREED), /* of a dispute nobody knows */
                                registered(2), next_step(2, 3, FQ_EVENT_ARCHIVED), /* too early */
                                registered(4), next_step(4, 5, FQ_EVENT_SESSION)};
    events[3].value[FQ_FIELD_TYPE] = 60000; /* a code of no table */

    greet();
    submit(events, 4, true);
    assert_int_equal(verdict_at(0).status, FQ_REASON_DISPUTE_UNKNOWN);
    assert_int_equal(verdict_at(2).status, FQ_REASON_STEP);
    assert_int_equal(verdict_at(3).status, FQ_REASON_CODE_UNKNOWN);
    struct fq_span records = records_of(events, 5);
    size_t size_of_four = records_of(events, 4).size;
    uint8_t *bytes = fq_arena_take(&county.scratch, records.size);
    memcpy(bytes, records.data, records.size);
    assert_int_equal(bytes[size_of_four + 1], FQ_EVENT_SESSION);
    bytes[size_of_four + 1] = FQ_EVENT_KINDS + 20; /* a kind of a later version */
    struct fq_span sound = fq_span_of(bytes, records.size);

    enum fq_link_type answer =
        deliver(COUNTY_ORIGIN, sealed_by(COUNTY_ORIGIN, COUNTY_ORIGIN, sound, 5));

    assert_int_equal(answer, FQ_LINK_ACK);
    assert_int_equal(city.turn->effects.append_count, 1);
    assert_int_equal(city.core->feed.head, 5);
    assert_int_equal(city.core->view.event_count, 4);
}

/* The reason told in the NAK that `deliver` brought; the same is in the evidence. */
static enum fq_reason refusal(void)
{
    struct fq_link_message answer;
    struct fq_log_id log;

    assert_true(fq_link_decode(city.turn->effects.sends[0].frame, &answer));
    assert_int_equal(answer.type, FQ_LINK_NAK);
    struct fq_reader reader = fq_reader_over(answer.body);
    assert_int_equal(fq_read_array(&reader), 5);
    assert_true(fq_link_read_log(&reader, &log));
    (void)fq_read_uint(&reader); /* the sequence expected */
    enum fq_reason reason = (enum fq_reason)fq_read_uint(&reader);
    assert_int_equal(city.turn->effects.evidence_count, 1);
    assert_int_equal(city.turn->effects.evidence[0].reason, reason);
    assert_int_equal(city.turn->effects.evidence[0].peer, COUNTY_ORIGIN);
    assert_int_equal(city.turn->effects.append_count, 0);
    return reason;
}

static void test_n4_a_batch_of_another_key_is_refused_and_the_next_accepted(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), registered(2)};

    greet();
    struct fq_span records = records_of(events, 2);
    (void)deliver(COUNTY_ORIGIN, sealed_by(CITY_ORIGIN, COUNTY_ORIGIN, records, 2));
    assert_int_equal(refusal(), FQ_REASON_SEAL);
    assert_int_equal(city.core->view.event_count, 0);
    assert_int_equal(city.core->refused_batch_count, 1);

    assert_int_equal(deliver(COUNTY_ORIGIN, sealed_by(COUNTY_ORIGIN, COUNTY_ORIGIN, records, 2)),
                     FQ_LINK_ACK);
    assert_int_equal(city.core->view.event_count, 2);
}

/* ---- bundles ---- */

/* Hand batches to the city as a person does; gives the statuses, at most 8. */
static void carry(const struct fq_span *batches, uint32_t count, uint64_t *out_statuses)
{
    struct fq_writer writer = fq_writer_take(&city.scratch, 65536);

    fq_write_map(&writer, 1);
    fq_write_text(&writer, "batches");
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_write_bytes(&writer, batches[i].data, batches[i].size);
    }
    const struct fq_input input = {.kind = FQ_INPUT_BUNDLE, .bytes = fq_writer_span(&writer)};
    step(&city, &input, 1, NOW_MS);
    assert_int_equal(city.turn->reply_count, 1);
    struct fq_reader reader = fq_reader_over(city.turn->replies[0].result);
    assert_int_equal(fq_read_array(&reader), count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(fq_read_array(&reader), 4);
        out_statuses[i] = fq_read_uint(&reader);
        for (int part = 0; part < 3; part++) {
            (void)fq_read_skip(&reader);
        }
    }
}

static void test_n4_a_carried_batch_is_judged_by_its_seal(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), registered(2)};
    struct fq_span records = records_of(events, 2);
    struct fq_span good = sealed_by(COUNTY_ORIGIN, COUNTY_ORIGIN, records, 2);
    struct fq_span forged = sealed_by(CITY_ORIGIN, COUNTY_ORIGIN, records, 2);
    const struct fq_span batches[] = {forged, good, good};
    uint64_t statuses[3];

    carry(batches, 3, statuses);

    assert_int_equal(statuses[0], FQ_REASON_SEAL);
    assert_int_equal(statuses[1], 0);
    assert_int_equal(statuses[2], 1);
    assert_int_equal(city.turn->replies[0].new_count, 1);
    assert_int_equal(city.turn->effects.append_count, 1);
    assert_int_equal(city.turn->effects.send_count, 0); /* nobody on a link is answered */
    assert_int_equal(city.core->view.event_count, 2);
    carry(&batches[1], 1, statuses);
    assert_int_equal(statuses[0], 1);
    assert_int_equal(city.turn->effects.append_count, 0);
}

/* The neighbour's batch is sound; the county is not the one to bring it. */
static void test_n4_a_batch_of_a_foreign_area_is_refused_and_the_next_accepted(void **state)
{
    (void)state;
    const uint32_t neighbour = WORLD_NEIGHBOUR * 100 + 1;
    struct fq_event event = registered(1);
    struct fq_sign_public public_key;
    struct fq_sign_secret secret;
    key_of(neighbour, &public_key, &secret);
    assert_true(fq_core_add_signer(city.core, neighbour, &public_key));

    greet();
    struct fq_span records = records_of(&event, 1);
    (void)deliver(COUNTY_ORIGIN, sealed_by(neighbour, neighbour, records, 1));
    assert_int_equal(refusal(), FQ_REASON_ORIGIN);
    assert_int_equal(city.core->view.event_count, 0);

    assert_int_equal(deliver(COUNTY_ORIGIN, good_batch(1)), FQ_LINK_ACK);
}

/* Seal and chain are right; the last record is none. */
static void test_n4_one_record_that_is_none_refuses_the_whole_batch(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), registered(2)};

    greet();
    struct fq_span records = records_of(events, 2);
    uint8_t *spoilt = fq_arena_take(&county.scratch, records.size + 1); /* the number 0 ends it */
    memcpy(spoilt, records.data, records.size);
    (void)deliver(COUNTY_ORIGIN,
                  sealed_by(COUNTY_ORIGIN, COUNTY_ORIGIN, fq_span_of(spoilt, records.size + 1), 3));
    assert_int_equal(refusal(), FQ_REASON_BYTES);
    assert_int_equal(city.core->view.event_count, 0);
    assert_int_equal(city.core->feed.head, 0);

    assert_int_equal(deliver(COUNTY_ORIGIN, sealed_by(COUNTY_ORIGIN, COUNTY_ORIGIN, records, 2)),
                     FQ_LINK_ACK);
}

/* The county wrote another first batch than the one the city has. */
static void test_n4_a_batch_that_does_not_continue_the_log_is_refused(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(7), registered(8)};

    greet();
    struct fq_span first = sealed_by(COUNTY_ORIGIN, COUNTY_ORIGIN, records_of(events, 1), 1);
    assert_int_equal(deliver(COUNTY_ORIGIN, first), FQ_LINK_ACK);
    (void)good_batch(1);
    (void)deliver(COUNTY_ORIGIN, good_batch(2));
    assert_int_equal(refusal(), FQ_REASON_CHAIN);
    (void)deliver(COUNTY_ORIGIN, sealed_by(COUNTY_ORIGIN, COUNTY_ORIGIN, records_of(events, 2), 2));
    assert_int_equal(refusal(), FQ_REASON_CHAIN); /* begins inside what is held */

    assert_int_equal(city.core->view.event_count, 1);
}

static void test_a_gap_is_asked_for_and_taken_when_it_comes(void **state)
{
    (void)state;

    greet();
    struct fq_span first = good_batch(1);
    struct fq_span second = good_batch(2);

    assert_int_equal(deliver(COUNTY_ORIGIN, second), FQ_LINK_NAK);
    assert_int_equal(city.core->view.event_count, 0);
    assert_int_equal(deliver(COUNTY_ORIGIN, first), FQ_LINK_ACK);
    assert_int_equal(deliver(COUNTY_ORIGIN, second), FQ_LINK_ACK);
    assert_int_equal(city.core->view.event_count, 2);
}

/* Let the county have back what the city holds, as its parent sends it. */
static void give_back(struct fq_span batch)
{
    const struct fq_forward forward = {.peer = COUNTY_ORIGIN,
                                       .session = county.core->sync.up.session};
    struct fq_span frame;

    assert_true(fq_sync_batch_frame(&city.core->sync, &forward, batch, &city.scratch, &frame));
    const struct fq_input input = {.kind = FQ_INPUT_LINK, .peer = FQ_PEER_PARENT, .bytes = frame};
    step(&county, &input, 1, NOW_MS);
}

static void test_n5_the_lost_tail_comes_back_and_writing_goes_on(void **state)
{
    (void)state;
    struct fq_event events[] = {registered(1), registered(2), registered(3)};
    struct fq_span batches[2];

    greet();
    for (uint8_t i = 0; i < 2; i++) {
        batches[i] = fq_arena_copy(&city.scratch, good_batch((uint8_t)(i + 1)));
        assert_int_equal(deliver(COUNTY_ORIGIN, batches[i]), FQ_LINK_ACK);
    }
    close_side(&county);
    open_side(&county, COUNTY_ORIGIN, FQ_TIER_COUNTY, true); /* its disk is empty */
    greet();
    submit(&events[2], 1, false);
    assert_int_equal(verdict_at(0).status, FQ_REASON_READ_ONLY);
    give_back(batches[0]);
    submit(events, 3, false);
    assert_int_equal(verdict_at(0).status, 1);                   /* what is back is told, */
    assert_int_equal(verdict_at(2).status, FQ_REASON_READ_ONLY); /* nothing is written yet */
    assert_int_equal(county.turn->effects.append_count, 0);
    give_back(batches[1]);
    assert_int_equal(county.turn->effects.append_count, 1);

    submit(events, 3, false);

    assert_int_equal(verdict_at(1).status, 1);
    assert_int_equal(verdict_at(2).status, 0);
    assert_int_equal(verdict_at(2).seq, 3);
    struct fq_span third = county.turn->effects.appends[0].batch;
    assert_int_equal(deliver(COUNTY_ORIGIN, third), FQ_LINK_ACK);
    assert_true(fq_digest_equal(fq_view_digest(&county.core->view, WORLD_PROVINCE, 0, UINT16_MAX),
                                fq_view_digest(&city.core->view, WORLD_PROVINCE, 0, UINT16_MAX)));
}

/* The county lost its tail, did not know it and wrote on: what it fetches back is not its own. */
static void test_y5_a_fork_is_kept_as_evidence_and_not_wanted_for_ever(void **state)
{
    (void)state;
    struct fq_link_message message;
    struct fq_span batches[2];

    greet();
    for (uint8_t i = 0; i < 2; i++) {
        batches[i] = fq_arena_copy(&city.scratch, good_batch((uint8_t)(i + 1)));
        assert_int_equal(deliver(COUNTY_ORIGIN, batches[i]), FQ_LINK_ACK);
    }
    close_side(&county);
    open_side(&county, COUNTY_ORIGIN, FQ_TIER_COUNTY, true);
    (void)good_batch(9);
    county.core->sync.up.state = FQ_UPLINK_DOWN; /* the submit greeted: do so once more */
    county.core->sync.up.greet_ms = 0;
    greet();
    give_back(batches[1]);
    assert_int_equal(county.turn->effects.evidence_count, 1);
    assert_int_equal(county.turn->effects.evidence[0].reason, FQ_REASON_CHAIN);
    step(&county, NULL, 0, NOW_MS + 500);

    for (uint32_t i = 0; i < county.turn->effects.send_count; i++) {
        assert_true(fq_link_decode(county.turn->effects.sends[i].frame, &message));
        assert_int_not_equal(message.type, FQ_LINK_WANT);
    }
    assert_int_equal(county.core->view.event_count, 1);
}

static void test_a_log_of_an_unknown_origin_is_refused(void **state)
{
    (void)state;

    greet();
    struct fq_span good = good_batch(1);
    city.core->signer_count = 0;

    assert_int_equal(deliver(COUNTY_ORIGIN, good), FQ_LINK_NAK);
    assert_int_equal(city.turn->effects.evidence[0].reason, FQ_REASON_ORIGIN);
}

/* Nobody gave these origins a key; those around them have one. */
static void test_n4_an_unknown_origin_is_not_believed_under_anothers_key(void **state)
{
    (void)state;
    struct fq_event event = registered(1);

    greet();
    struct fq_span records = records_of(&event, 1);

    for (uint32_t origin = COUNTY_ORIGIN - 1; origin <= COUNTY_ORIGIN + 1; origin += 2) {
        assert_null(fq_core_signer(city.core, origin));
        struct fq_span batch = sealed_by(COUNTY_ORIGIN, origin, records, 1);
        assert_int_equal(deliver(COUNTY_ORIGIN, batch), FQ_LINK_NAK);
        assert_int_equal(city.turn->effects.evidence[0].reason, FQ_REASON_ORIGIN);
    }
    assert_int_equal(city.core->view.event_count, 0);
}

static void test_y1_a_message_of_another_session_changes_nothing(void **state)
{
    (void)state;

    greet();
    struct fq_span good = good_batch(1);
    const struct fq_forward forward = {.peer = FQ_PEER_PARENT,
                                       .session = county.core->sync.up.session + 1};
    struct fq_span frame;
    assert_true(fq_sync_batch_frame(&county.core->sync, &forward, good, &county.scratch, &frame));
    const struct fq_input input = {.kind = FQ_INPUT_LINK, .peer = COUNTY_ORIGIN, .bytes = frame};
    step(&city, &input, 1, NOW_MS);

    assert_int_equal(city.turn->effects.append_count, 0);
    assert_int_equal(city.core->view.event_count, 0);
}

static void test_a_hello_under_a_false_name_is_answered_by_an_error(void **state)
{
    (void)state;
    struct fq_link_message answer;

    step(&county, NULL, 0, NOW_MS);
    const struct fq_input hello = {.kind = FQ_INPUT_LINK,
                                   .peer = WORLD_NEIGHBOUR * 100 + 1,
                                   .bytes = county.turn->effects.sends[0].frame};
    step(&city, &hello, 1, NOW_MS);

    assert_true(fq_link_decode(city.turn->effects.sends[0].frame, &answer));
    assert_int_equal(answer.type, FQ_LINK_ERROR);
    assert_int_equal(fq_sync_child_count(&city.core->sync), 0);
}

static void test_l1_a_frame_with_one_changed_byte_is_no_frame(void **state)
{
    (void)state;
    struct fq_link_message message;

    step(&county, NULL, 0, NOW_MS);
    struct fq_span frame = county.turn->effects.sends[0].frame;
    uint8_t *bad = fq_arena_take(&county.scratch, frame.size);
    assert_true(fq_link_decode(frame, &message));
    for (size_t i = FQ_LINK_HEADER_SIZE; i < frame.size; i++) {
        memcpy(bad, frame.data, frame.size);
        bad[i] ^= 1;
        assert_false(fq_link_decode(fq_span_of(bad, frame.size), &message));
        assert_false(fq_link_decode(fq_span_of(frame.data, i), &message));
    }
}

static uint32_t heartbeats(void)
{
    struct fq_link_message message;
    uint32_t count = 0;

    for (uint32_t i = 0; i < county.turn->effects.send_count; i++) {
        assert_true(fq_link_decode(county.turn->effects.sends[i].frame, &message));
        count += message.type == FQ_LINK_HEARTBEAT;
    }
    return count;
}

static void test_n6_a_wall_clock_set_back_by_hours_stalls_no_heartbeat(void **state)
{
    (void)state;
    struct fq_now later = {.wall_ms = NOW_MS - 6 * 3600 * 1000, .steady_ms = NOW_MS + HEARTBEAT_MS};

    greet();
    step_at(&county, NULL, 0, later);

    assert_int_equal(heartbeats(), 1);
}

static void test_n6_a_wall_clock_set_forward_calls_nobody_silent(void **state)
{
    (void)state;
    struct fq_now later = {.wall_ms = NOW_MS + 6 * 3600 * 1000, .steady_ms = NOW_MS + 1};

    greet();
    step_at(&county, NULL, 0, later);
    step_at(&city, NULL, 0, later);

    assert_true(fq_sync_is_linked(&county.core->sync));
    assert_true(fq_sync_child_at(&city.core->sync, 0).is_linked);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_submit_appends_no_more_than_was_said),
        CASE(test_n2_a_repeated_command_tells_the_first_event),
        CASE(test_n2_a_command_twice_in_one_turn_makes_one_event),
        CASE(test_n2_each_command_of_a_long_submit_has_its_verdict),
        CASE(test_n2_one_id_for_two_commands_is_refused),
        CASE(test_one_refused_command_stops_no_other),
        CASE(test_a_dry_run_judges_alike_and_takes_nothing_in),
        CASE(test_n9_a_row_is_taken_in_whole_or_not_at_all),
        CASE(test_n9_what_is_stored_of_a_refused_row_is_told_as_stored),
        CASE(test_n9_a_dry_run_forgets_a_refused_row),
        CASE(test_n9_sizes_that_are_no_sizes_do_no_harm),
        CASE(test_a_dry_run_knows_what_it_rehearsed),
        CASE(test_a_revision_nobody_can_know_is_refused),
        CASE(test_d1_a_command_is_one_more_than_what_its_author_knew),
        CASE(test_n7_control_goes_to_the_log_for_all_below),
        CASE(test_n2_a_control_command_is_one_event),
        CASE(test_control_is_not_a_countys_to_give),
        CASE(test_m4_control_is_replayed_whole),
        CASE(test_n2_a_repeated_sweep_is_one),
        CASE(test_a_second_report_replaces_the_first_and_a_repeat_is_none),
        CASE(test_a_dry_run_of_figures_judges_as_the_run_will),
        CASE(test_the_hybrid_clock_never_stands_still),
        CASE(test_n3_batches_are_cut_and_stored_in_the_turn_that_made_them),
        CASE(test_n3_what_is_told_is_stored_in_the_same_effects),
        CASE(test_n5_a_node_that_lost_its_tail_writes_nothing),
        CASE(test_m4_a_replay_of_what_was_stored_gives_the_same),
        CASE(test_m4_a_node_started_anew_from_its_batches_is_the_same),
        CASE(test_n4_a_bad_batch_is_refused_whole_and_kept_as_evidence),
        CASE(test_n1_a_sealed_event_is_taken_in_whatever_it_says),
        CASE(test_n4_a_carried_batch_is_judged_by_its_seal),
        CASE(test_n4_a_batch_of_another_key_is_refused_and_the_next_accepted),
        CASE(test_n4_a_batch_of_a_foreign_area_is_refused_and_the_next_accepted),
        CASE(test_n4_one_record_that_is_none_refuses_the_whole_batch),
        CASE(test_n4_a_batch_that_does_not_continue_the_log_is_refused),
        CASE(test_a_gap_is_asked_for_and_taken_when_it_comes),
        CASE(test_n5_the_lost_tail_comes_back_and_writing_goes_on),
        CASE(test_y5_a_fork_is_kept_as_evidence_and_not_wanted_for_ever),
        CASE(test_a_log_of_an_unknown_origin_is_refused),
        CASE(test_n4_an_unknown_origin_is_not_believed_under_anothers_key),
        CASE(test_y1_a_message_of_another_session_changes_nothing),
        CASE(test_a_hello_under_a_false_name_is_answered_by_an_error),
        CASE(test_l1_a_frame_with_one_changed_byte_is_no_frame),
        CASE(test_n6_a_wall_clock_set_back_by_hours_stalls_no_heartbeat),
        CASE(test_n6_a_wall_clock_set_forward_calls_nobody_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
