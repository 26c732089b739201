/* What a node says of its own figures: whom they are complete of, what came late; and that the tally
 * this rests on is the same after a restart, a rebuild and with another calendar (completeness.c,
 * tally.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../nodes/completeness.h"
#include "../nodes/tally.h"
#include "support/world.h"

#define CITY (WORLD_CITY * 100 + 1)
#define COUNTY (WORLD_COUNTY * 100 + 1)

/* ---- a city without sockets ---- */

static struct world world;
static struct fq_store *disk;
static struct fq_node *node;
static struct fq_why why;
static struct fq_calendar calendar;
static uint8_t last_command;
static char place[256];
static char told_path[300];

static void start_node(void)
{
    static const struct fq_tier_row tier = {FQ_TIER_CITY, "fengqiao-city", false};
    uint8_t seed[32] = {7};
    struct fq_sign_public public_key;
    struct fq_core_options options = {
        .area = WORLD_CITY,
        .origin = CITY,
        .tier = FQ_TIER_CITY,
        .instance = world_id(9),
        .epoch = 1,
        .batch_records_max = 4,
        .batch_size_max = FQ_BATCH_SIZE_MAX,
        .sync = {.origin = CITY, .area = WORLD_CITY, .tier = FQ_TIER_CITY, .boot = 1},
    };

    fq_sign_pair(seed, &public_key, &options.secret);
    node = calloc(1, sizeof *node);
    assert_non_null(node);
    node->tier = &tier;
    node->config.disputes_max = 1000;
    node->config.checkpoint_bytes = 1 << 20;
    node->areas = world.areas;
    node->codes = world.codes;
    node->calendar = calendar;
    node->store = disk;
    assert_int_equal(fq_memory_reserve_view(1000, &node->view_memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)16 << 20, &node->memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)64 << 20, &node->scratch, &why), FQ_OK);
    assert_int_equal(fq_core_init(&node->core, &options, &node->areas, &node->codes, &node->memory,
                                  &node->view_memory, &why),
                     FQ_OK);
    assert_int_equal(fq_relay_open(node, &why), FQ_OK);
    struct fq_told_entry entry;
    assert_int_equal(fq_told_open(place, &node->told, &entry, &why), FQ_OK);
}

static void stop_node(void)
{
    fq_told_close(node->told);
    fq_tally_close(node);
    fq_memory_release_view(&node->view_memory);
    fq_memory_release(&node->memory);
    fq_memory_release(&node->scratch);
    free(node);
    node = NULL;
}

static void restart(bool is_rebuild)
{
    stop_node();
    start_node();
    assert_int_equal(fq_node_recover(node, is_rebuild, &why), FQ_OK);
    assert_int_equal(fq_tally_recover(node, is_rebuild, &why), FQ_OK);
}

static int begin(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/fq-completeness.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place)) {
        return -1;
    }
    snprintf(told_path, sizeof told_path, "%s/told", place);
    world_open(&world);
    assert_int_equal(fq_store_open_memory(&disk, &why), FQ_OK);
    last_command = 0;
    calendar = fq_calendar_default();
    start_node();
    assert_int_equal(fq_tally_recover(node, false, &why), FQ_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    stop_node();
    fq_store_close(disk);
    world_close(&world);
    unlink(told_path);
    return rmdir(place);
}

/* ---- what it holds ---- */

static uint64_t instant(const char *text)
{
    int64_t time_ms = 0;

    assert_true(fq_time_parse(fq_span_text(text), &time_ms));
    return (uint64_t)time_ms;
}

/* A turn at this instant with the registration of a dispute of that day. */
static void write_turn(const char *date, const char *now)
{
    uint8_t bytes[1024];
    struct fq_writer record = fq_writer_over(bytes, sizeof bytes);
    struct fq_event event = {.kind = FQ_EVENT_REGISTERED,
                             .step = FQ_EVENT_REGISTERED,
                             .cmd_id = world_id(++last_command),
                             .dispute = world_id(last_command),
                             .area = WORLD_COUNTY,
                             .unit = UINT64_C(4101050003),
                             .date = world_date(date)};
    static struct fq_input input;

    event.value[FQ_FIELD_TYPE] = 4;
    event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_SCREENING;
    fq_event_encode(&event, &record);
    fq_arena_reset(&node->scratch);
    struct fq_writer writer = fq_writer_take(&node->scratch, 65536);
    fq_write_map(&writer, 1);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, 1);
    fq_write_bytes(&writer, bytes, record.used);
    input = (struct fq_input){.kind = FQ_INPUT_COMMANDS, .bytes = fq_writer_span(&writer)};
    node->inputs = &input;
    node->input_count = 1;
    fq_effects_reset(&node->turn.effects, &node->scratch);
    struct fq_now time = {.wall_ms = instant(now), .steady_ms = 1000};
    assert_int_equal(fq_core_step(&node->core, &input, 1, time, &node->turn, &why), FQ_OK);
    assert_int_equal(node->turn.replies[0].new_count, 1);
    assert_int_equal(fq_node_commit(node, time.wall_ms, &why), FQ_OK);
}

/* What the tally says of the reporter in 2021-01. */
static struct fq_punctuality january(uint64_t key)
{
    struct fq_punctuality sum = {0};
    uint16_t month = fq_month_of(world_date("2021-01-01"));

    for (uint32_t i = 0; i < node->coverage.index.count; i++) {
        if (node->coverage.rows[i].key == key) {
            (void)fq_coverage_add(&node->coverage.rows[i], month, month, &sum);
        }
    }
    return sum;
}

static void assert_january(uint64_t in_time, uint64_t recorded_late)
{
    struct fq_punctuality sum = january(WORLD_CITY);

    assert_int_equal(sum.in_time, in_time);
    assert_int_equal(sum.recorded_late, recorded_late);
}

static void test_g3_the_tally_is_the_same_after_a_restart(void **state)
{
    (void)state;
    write_turn("2021-01-04", "2021-01-04");
    write_turn("2021-01-05", "2021-02-20");

    restart(false); /* nothing of it was written behind */
    assert_january(1, 1);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    restart(false); /* all of it was */
    assert_int_equal(node->tally_lsn, 2);
    assert_january(1, 1);
    write_turn("2021-01-06", "2021-02-20"); /* in a row of the page written */
    write_turn("2021-01-06", "2021-03-06");
    restart(false); /* some of it was */
    assert_int_equal(node->tally_lsn, 2);
    assert_january(1, 3);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    restart(false);
    assert_int_equal(node->tally_lsn, 4);
    assert_january(1, 3);
    struct fq_punctuality unit = january(UINT64_C(4101050003));
    assert_int_equal(unit.in_time + unit.recorded_late, 4);
    assert_int_equal(unit.last_day, world_date("2021-01-06"));
}

static void test_g3_a_rebuilt_tally_is_the_same(void **state)
{
    (void)state;
    write_turn("2021-01-04", "2021-01-04");
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    write_turn("2021-01-05", "2021-02-20");

    restart(true);

    assert_int_equal(node->tally_lsn, 0);
    assert_january(1, 1);
}

static void test_g3_another_calendar_counts_anew(void **state)
{
    (void)state;
    write_turn("2021-01-04", "2021-01-04");
    write_turn("2021-01-05", "2021-02-20");
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);

    calendar.county_day = 25;
    restart(false);
    assert_january(2, 0);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    calendar.county_second = 3600;
    calendar.county_day = 20;
    restart(false);
    assert_january(2, 0);
    calendar.utc_offset_s = 2 * 3600;
    restart(false);
    assert_january(1, 1);
}

static void test_a_damaged_tally_is_made_anew(void **state)
{
    (void)state;
    static const char *const keys[] = {"tally", "tally.00000000"};

    for (size_t i = 0; i < 2; i++) {
        write_turn("2021-01-04", "2021-01-04");
        assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
        const struct fq_write write = {.family = FQ_FAMILY_DEFAULT,
                                       .key = fq_span_text(keys[i]),
                                       .value = fq_span_text("spoilt")};
        assert_int_equal(fq_store_commit(disk, &write, 1, true, &why), FQ_OK);
        restart(false);
        assert_int_equal(node->tally_lsn, 0);
        assert_january(i + 1, 0);
    }
}

/* ---- who is missing ---- */

static struct fq_sync_heard *hear(uint32_t origin, uint64_t heard_ms, uint64_t announced)
{
    struct fq_sync *sync = &node->core.sync;
    struct fq_sync_heard *heard = &sync->heard[sync->heard_count++];

    *heard = (struct fq_sync_heard){.origin = origin, .heard_ms = heard_ms, .announced = announced};
    return heard;
}

static enum fq_reason judge(const char *last_day)
{
    struct fq_hearing hearing = fq_service_hear(node, WORLD_COUNTY);

    return fq_service_judge(node, &hearing, world_date(last_day));
}

static void hold(uint64_t last, const char *hlc)
{
    const struct fq_log_id id = {COUNTY, FQ_STREAM_FACTS, 1};
    struct fq_log *log = fq_frontier_add(&node->core.frontier, &id, &node->areas);

    log->last = last;
    log->hlc = instant(hlc) << 16;
}

static void test_a_county_is_complete_when_heard_after_the_end_and_held(void **state)
{
    (void)state;
    assert_int_equal(judge("2021-06-30"), FQ_REASON_COVERAGE_NEVER);
    struct fq_sync_heard *heard = hear(COUNTY, instant("2021-07-01") - 1, 0);
    assert_int_equal(judge("2021-06-30"), FQ_REASON_COVERAGE_SILENT);
    heard->heard_ms++;
    assert_int_equal(judge("2021-06-30"), FQ_REASON_NONE);
    heard->announced = 3;
    assert_int_equal(judge("2021-06-30"), FQ_REASON_COVERAGE_BEHIND);
    hold(2, "2021-06-01");
    assert_int_equal(judge("2021-06-30"), FQ_REASON_COVERAGE_BEHIND);
    hold(3, "2021-06-01");
    assert_int_equal(judge("2021-06-30"), FQ_REASON_NONE);
    heard->reason = FQ_REASON_COVERAGE_READ_ONLY;
    assert_int_equal(judge("2021-06-30"), FQ_REASON_COVERAGE_READ_ONLY);
    heard->reason = FQ_REASON_NONE;
    assert_int_equal(judge("2078-12-31"), FQ_REASON_COVERAGE_RUNNING);
}

static void test_what_a_county_wrote_is_hearing_from_it(void **state)
{
    (void)state;
    hold(3, "2021-07-01");

    assert_int_equal(judge("2021-06-30"), FQ_REASON_NONE);
    assert_int_equal(judge("2021-07-31"), FQ_REASON_COVERAGE_SILENT);
}

static void test_days_end_by_the_time_of_the_place(void **state)
{
    (void)state;
    hear(COUNTY, instant("2021-06-30T16:00:00Z"), 0);

    assert_int_equal(judge("2021-06-30"), FQ_REASON_COVERAGE_SILENT);
    node->calendar.utc_offset_s = 8 * 3600; /* it is midnight in Beijing */
    assert_int_equal(judge("2021-06-30"), FQ_REASON_NONE);
}

static void test_every_county_missing_is_named_with_its_reason(void **state)
{
    (void)state;
    struct fq_writer list = fq_writer_take(&node->scratch, 64 * 1024);
    struct fq_period period;
    assert_true(fq_period_parse(fq_span_text("2021H1"), &period));
    hear(COUNTY, instant("2021-08-01"), 0);
    hear(WORLD_NEIGHBOUR * 100 + 1, instant("2021-03-01"), 0);

    assert_int_equal(fq_service_missing(node, &period, WORLD_CITY, &list), 2);

    struct fq_reader reader = fq_reader_over(fq_writer_span(&list));
    struct fq_span first = fq_read_skip(&reader), second = fq_read_skip(&reader);
    assert_true(fq_span_equal(fq_map_text(first, "area"), fq_span_text("410102")));
    assert_true(fq_span_equal(fq_map_text(first, "code"), fq_span_text("FQ-4702")));
    assert_true(
        fq_span_equal(fq_map_text(first, "heard"), fq_span_text("2021-03-01T00:00:00.000Z")));
    assert_true(fq_span_equal(fq_map_text(second, "area"), fq_span_text("410108")));
    assert_true(fq_span_equal(fq_map_text(second, "code"), fq_span_text("FQ-4701")));
    assert_true(fq_span_equal(fq_map_text(second, "node"), fq_span_text("41010801")));
    assert_int_equal(fq_service_missing(node, &period, WORLD_COUNTY, NULL), 0);
}

static void test_g2_a_county_some_of_which_arrived_late_is_named(void **state)
{
    (void)state;
    struct fq_writer pairs = fq_writer_take(&node->scratch, 64 * 1024);
    struct fq_period period;
    struct fq_event event = {.id = {{COUNTY, FQ_STREAM_FACTS, 1}, 1},
                             .step = FQ_EVENT_REGISTERED,
                             .hlc = instant("2021-06-20") << 16,
                             .date = world_date("2021-06-20")};
    assert_true(fq_period_parse(fq_span_text("2021H1"), &period));
    fq_coverage_take(&node->coverage, &event, instant("2021-07-12"), NULL, NULL);
    event.hlc = instant("2021-07-13") << 16; /* that is another class */
    fq_coverage_take(&node->coverage, &event, instant("2021-07-13"), NULL, NULL);
    event.id.log.origin = WORLD_NEIGHBOUR * 100 + 1;
    fq_coverage_take(&node->coverage, &event, instant("2021-07-13"), NULL, NULL);

    fq_write_map(&pairs, FQ_COMPLETENESS_PAIRS);
    fq_service_put_completeness(node, &period, WORLD_CITY, &pairs);

    struct fq_span result = fq_writer_span(&pairs);
    struct fq_reader late = fq_reader_over(fq_map_get(result, "late"));
    assert_int_equal(fq_read_array(&late), 1);
    struct fq_span county = fq_read_skip(&late);
    assert_true(fq_span_equal(fq_map_text(county, "area"), fq_span_text("410105")));
    assert_true(fq_span_equal(fq_map_text(county, "code"), fq_span_text("FQ-4707")));
    assert_int_equal(fq_map_uint(county, "arrived_late"), 1);
    assert_false(fq_map_bool(result, "complete"));
    struct fq_reader missing = fq_reader_over(fq_map_get(result, "missing"));
    assert_int_equal(fq_read_array(&missing), 3);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_g3_the_tally_is_the_same_after_a_restart),
        CASE(test_g3_a_rebuilt_tally_is_the_same),
        CASE(test_g3_another_calendar_counts_anew),
        CASE(test_a_damaged_tally_is_made_anew),
        CASE(test_a_county_is_complete_when_heard_after_the_end_and_held),
        CASE(test_what_a_county_wrote_is_hearing_from_it),
        CASE(test_days_end_by_the_time_of_the_place),
        CASE(test_every_county_missing_is_named_with_its_reason),
        CASE(test_g2_a_county_some_of_which_arrived_late_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
