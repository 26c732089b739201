/* The queue of what is owed, from the turn that owes it to the turn that has relayed it, over a store
 * in memory that can be made to fail (X3, X4; nodes/relay.c, read.c and commit.c): a city and, for what
 * arrives, its county. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../nodes/node.h"
#include "fq/core/link.h"
#include "support/world.h"

#define CITY_NODE (WORLD_CITY * 100 + 1)
#define COUNTY_NODE (WORLD_COUNTY * 100 + 1)
#define NOW_MS UINT64_C(1625000000000)
#define NOW ((struct fq_now){.wall_ms = NOW_MS, .steady_ms = 1000})

static struct world world;
static struct fq_store *stores[2]; /* what is on disk: of the city, of the county */
static struct fq_node *node, *county;
static struct fq_why why;
static char place[256];
static uint64_t last_command;
static bool is_failing;

/* ---- a store in front of the store, whose commits may fail ---- */

struct watched {
    struct fq_store base;
    struct fq_store *inner;
};

static fq_err watched_commit(struct fq_store *store, const struct fq_write *writes, size_t count,
                             bool is_synced, struct fq_why *out_why)
{
    if (is_failing) {
        return fq_fail(out_why, FQ_REASON_STORE, "as told");
    }
    return fq_store_commit(((struct watched *)store)->inner, writes, count, is_synced, out_why);
}

static fq_err watched_get(struct fq_store *store, enum fq_family family, struct fq_span key,
                          struct fq_arena *arena, struct fq_span *out_value, bool *out_found,
                          struct fq_why *out_why)
{
    return fq_store_get(((struct watched *)store)->inner, family, key, arena, out_value, out_found,
                        out_why);
}

static fq_err watched_cursor(struct fq_store *store, enum fq_family family,
                             struct fq_cursor **out_cursor, struct fq_why *out_why)
{
    return fq_cursor_open(((struct watched *)store)->inner, family, out_cursor, out_why);
}

static const struct fq_store_methods watched_methods = {
    .commit = watched_commit, .get = watched_get, .cursor_open = watched_cursor};

/* ---- nodes without sockets ---- */

static void key_of(uint32_t origin, struct fq_sign_public *out_public,
                   struct fq_sign_secret *out_secret)
{
    uint8_t seed[32] = {0};

    fq_put_be32(seed, origin);
    fq_sign_pair(seed, out_public, out_secret);
}

static struct fq_core_options options_of(uint32_t area, enum fq_tier tier)
{
    struct fq_sign_public public_key;
    struct fq_core_options options = {
        .area = area,
        .origin = area * 100 + 1,
        .tier = tier,
        .has_parent = tier == FQ_TIER_COUNTY,
        .instance = world_id((uint8_t)area),
        .epoch = 1,
        .batch_records_max = 50,
        .batch_size_max = FQ_BATCH_SIZE_MAX,
        .sync = {.origin = area * 100 + 1,
                 .area = area,
                 .tier = tier,
                 .has_parent = tier == FQ_TIER_COUNTY,
                 .boot = 1,
                 .credit_bytes = 1 << 20,
                 .heartbeat_ms = 1000,
                 .silence_ms = 5000,
                 .reconnect_ms = 100},
    };

    key_of(options.origin, &public_key, &options.secret);
    return options;
}

static struct fq_node *start_node(uint32_t area, enum fq_tier tier, struct fq_store *store)
{
    static const struct fq_tier_row rows[] = {[FQ_TIER_COUNTY] = {FQ_TIER_COUNTY, "county", true},
                                              [FQ_TIER_CITY] = {FQ_TIER_CITY, "city", false}};
    static struct watched disks[2];
    const struct fq_core_options options = options_of(area, tier);
    struct watched *disk = &disks[tier == FQ_TIER_COUNTY];
    struct fq_sign_public public_key;
    struct fq_sign_secret secret;
    struct fq_told_entry entry;
    struct fq_node *started = calloc(1, sizeof *started);

    assert_non_null(started);
    started->tier = &rows[tier];
    started->config.disputes_max = 1000;
    started->areas = world.areas;
    started->codes = world.codes;
    *disk =
        (struct watched){.base = {.methods = &watched_methods, .has_vault = true}, .inner = store};
    started->store = &disk->base;
    assert_int_equal(fq_memory_reserve_view(1000, &started->view_memory, &why), FQ_OK);
    assert_int_equal(fq_node_reserve(started, (size_t)16 << 20, (size_t)256 << 20, &why), FQ_OK);
    assert_int_equal(fq_core_init(&started->core, &options, &started->areas, &started->codes,
                                  &started->memory, &started->view_memory, &why),
                     FQ_OK);
    for (uint32_t origin = CITY_NODE; origin; origin = origin == CITY_NODE ? COUNTY_NODE : 0) {
        key_of(origin, &public_key, &secret);
        assert_true(fq_core_add_signer(&started->core, origin, &public_key));
    }
    assert_int_equal(fq_told_open(place, &started->told, &entry, &why), FQ_OK);
    assert_int_equal(fq_node_recover(started, false, &why), FQ_OK);
    assert_int_equal(fq_relay_open(started, &why), FQ_OK);
    return started;
}

static void stop_node(struct fq_node *stopped)
{
    fq_told_close(stopped->told);
    fq_memory_release_view(&stopped->view_memory);
    fq_memory_release(&stopped->memory);
    fq_memory_release(&stopped->scratch);
    free(stopped);
}

/* A power cut: what is not in the store is gone, and so is the link. */
static void restart(void)
{
    stop_node(node);
    node = start_node(WORLD_CITY, FQ_TIER_CITY, stores[0]);
}

static int begin(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/fq-relay.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place)) {
        return -1;
    }
    world_open(&world);
    is_failing = false;
    last_command = 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fq_store_open_memory(&stores[i], &why), FQ_OK);
    }
    node = start_node(WORLD_CITY, FQ_TIER_CITY, stores[0]);
    county = start_node(WORLD_COUNTY, FQ_TIER_COUNTY, stores[1]);
    return 0;
}

static int end(void **state)
{
    char told_path[300];

    (void)state;
    stop_node(node);
    stop_node(county);
    fq_store_close(stores[0]);
    fq_store_close(stores[1]);
    world_close(&world);
    snprintf(told_path, sizeof told_path, "%s/told", place);
    unlink(told_path);
    return rmdir(place);
}

/* ---- turns ---- */

/* One turn with some inputs besides what is owed, up to its commit. */
static fq_err turn_with(struct fq_node *turned, const struct fq_input *inputs, size_t count)
{
    fq_arena_reset(&turned->scratch);
    turned->input_count = 0;
    assert_int_equal(fq_relay_listen(turned, &why), FQ_OK);
    for (size_t i = 0; i < count; i++) {
        turned->inputs[turned->input_count++] = inputs[i];
    }
    fq_effects_reset(&turned->turn.effects, &turned->scratch);
    assert_int_equal(
        fq_core_step(&turned->core, turned->inputs, turned->input_count, NOW, &turned->turn, &why),
        FQ_OK);
    return fq_node_commit(turned, NOW_MS, &why);
}

static fq_err turn_of(struct fq_node *turned, const struct fq_input *input)
{
    return turn_with(turned, input, input ? 1 : 0);
}

static void turn(const struct fq_input *input)
{
    assert_int_equal(turn_of(node, input), FQ_OK);
}

static struct fq_event command(uint16_t kind)
{
    struct fq_event event = {.kind = kind,
                             .step = kind,
                             .area = WORLD_COUNTY,
                             .date = world_date("2021-03-01"),
                             .dispute = world_id(1)};

    fq_put_be64(event.cmd_id.bytes, ++last_command);
    if (kind == FQ_EVENT_REGISTERED) {
        event.cmd_id = event.dispute;
        event.value[FQ_FIELD_TYPE] = 4;
        event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_SCREENING;
    }
    return event;
}

/* Give the city commands of these kinds: how many were given is how many were taken. */
static fq_err give(const uint16_t *kinds, uint32_t count)
{
    static uint8_t bytes[256 * 1024];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);

    fq_write_map(&writer, 1);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t record_bytes[512];
        struct fq_writer record = fq_writer_over(record_bytes, sizeof record_bytes);
        struct fq_event event = command(kinds[i]);
        fq_event_encode(&event, &record);
        fq_write_bytes(&writer, record_bytes, record.used);
    }
    const struct fq_input input = {.kind = FQ_INPUT_COMMANDS, .bytes = fq_writer_span(&writer)};
    fq_err err = turn_of(node, &input);
    assert_int_equal(node->turn.replies[0].new_count, count);
    return err;
}

/* A dispute of the county, registered and accepted at the city; so many sessions. */
static void write_dispute(uint32_t sessions)
{
    static uint16_t kinds[1024] = {FQ_EVENT_REGISTERED, FQ_EVENT_ACCEPTED};

    assert_true(sessions + 2 <= 1024);
    for (uint32_t i = 0; i < sessions; i++) {
        kinds[2 + i] = FQ_EVENT_SESSION;
    }
    assert_int_equal(give(kinds, 2 + sessions), FQ_OK);
}

/* The county greets: from now on its log of relays is open. */
static void link_county(void)
{
    static uint8_t bytes[1024];
    struct fq_arena arena = fq_arena_over(bytes, sizeof bytes);
    struct fq_writer writer = fq_link_begin(&arena, 256);

    fq_write_array(&writer, 8);
    fq_write_uint(&writer, COUNTY_NODE);
    for (int i = 0; i < 6; i++) {
        fq_write_uint(&writer, 1);
    }
    fq_write_array(&writer, 0);
    const struct fq_input hello = {.kind = FQ_INPUT_LINK,
                                   .peer = COUNTY_NODE,
                                   .bytes = fq_link_end(&writer, FQ_LINK_HELLO, 7, 0)};
    turn(&hello);
    node->core.sync.children[0].has_spoken = true; /* its first heartbeat */
}

static uint64_t owed(void)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < node->owing_count; i++) {
        count += node->owing[i].count;
    }
    return count;
}

/* How often each of the city's own events stands among its relays for the county. */
static void assert_relayed_once(uint64_t events)
{
    const struct fq_log_id log = {CITY_NODE, WORLD_COUNTY, 1};
    const struct fq_log *relays = fq_frontier_find(&node->core.frontier, &log);
    bool *is_there = calloc(events + 1, sizeof *is_there);

    assert_non_null(is_there);
    assert_int_equal(relays ? relays->last : 0, events);
    for (uint64_t seq = 1; seq <= events; seq++) {
        const struct fq_event_id id = {log, seq};
        struct fq_event relay, carried;
        uint64_t lsn;
        bool is_found;
        fq_arena_reset(&node->scratch);
        assert_int_equal(
            fq_node_read_event(node, &id, &node->scratch, &relay, &lsn, &is_found, &why), FQ_OK);
        assert_true(is_found);
        assert_true(fq_event_open_relay(&relay, &carried));
        assert_true(carried.id.seq >= 1 && carried.id.seq <= events);
        assert_false(is_there[carried.id.seq]);
        is_there[carried.id.seq] = true;
    }
    free(is_there);
}

/* ---- tests ---- */

static void test_x3_what_is_owed_is_in_the_commit_of_its_event_and_outlives_a_crash(void **state)
{
    (void)state;
    write_dispute(1);
    assert_int_equal(owed(), 3); /* the history to the home, and the two events after it */
    assert_false(fq_relay_is_due(node));

    restart();

    assert_int_equal(owed(), 3);
    turn(NULL);
    assert_int_equal(node->turn.effects.append_count, 0); /* nobody is linked */
    link_county();
    assert_true(fq_relay_is_due(node));
    turn(NULL);
    assert_int_equal(owed(), 0);
    assert_relayed_once(3);
}

static void test_x3_what_was_relayed_is_forgotten_in_the_relays_own_commit(void **state)
{
    (void)state;
    write_dispute(1);
    link_county();
    turn(NULL);

    restart();
    link_county();
    turn(NULL);

    assert_int_equal(owed(), 0);
    assert_relayed_once(3);
}

static void test_x3_a_commit_that_fails_loses_nothing(void **state)
{
    (void)state;
    write_dispute(1);
    link_county();
    is_failing = true;
    assert_int_equal(turn_of(node, NULL), FQ_ERR_FAILED);
    is_failing = false;

    restart();

    assert_int_equal(owed(), 3);
    link_county();
    turn(NULL);
    assert_relayed_once(3);
}

static void test_x3_more_than_a_turn_holds_goes_on_in_the_next(void **state)
{
    (void)state;
    enum { SESSIONS = 2 * FQ_CORE_RELAYS_MAX + 40 };
    uint16_t kinds[] = {FQ_EVENT_SESSION};

    write_dispute(SESSIONS);
    link_county();
    uint32_t turns = 0;
    while (owed() > 0 && turns < 20) {
        turn(NULL);
        assert_true(node->turn.effects.settled_count <= FQ_CORE_RELAYS_MAX);
        if (turns == 0) {
            assert_int_equal(give(kinds, 1), FQ_OK); /* and more is written meanwhile */
        }
        if (turns == 1) { /* a crash in the middle of it */
            restart();
            link_county();
        }
        turns++;
    }

    assert_true(turns >= 2); /* besides the turn of the command */
    assert_int_equal(owed(), 0);
    assert_relayed_once(SESSIONS + 3);
}

/* A queue left by hand: a whole history, of which the cursor has seen some. */
static void test_x4_a_history_goes_on_where_its_cursor_stands(void **state)
{
    (void)state;
    enum { FACTS = FQ_CORE_RELAYS_MAX + 20 };
    uint8_t key[12], value[1 + FQ_ID_SIZE + FQ_EVENT_ID_SIZE] = {1};
    struct fq_id dispute = world_id(1);
    write_dispute(FACTS - 2);
    for (uint32_t i = 0; i < FACTS; i++) { /* nothing but the one entry is owed */
        uint8_t stale[12];
        fq_put_be32(stale, WORLD_COUNTY);
        fq_put_be64(stale + 4, i + 1);
        const struct fq_write forget = {
            .family = FQ_FAMILY_OWED, .key = fq_span_of(stale, sizeof stale), .is_delete = true};
        assert_int_equal(fq_store_commit(stores[0], &forget, 1, true, &why), FQ_OK);
    }
    fq_put_be32(key, WORLD_COUNTY);
    fq_put_be64(key + 4, FACTS);
    memcpy(value + 1, dispute.bytes, FQ_ID_SIZE);
    const struct fq_write entry = {.family = FQ_FAMILY_OWED,
                                   .key = fq_span_of(key, sizeof key),
                                   .value = fq_span_of(value, sizeof value)};
    assert_int_equal(fq_store_commit(stores[0], &entry, 1, true, &why), FQ_OK);
    restart();
    assert_int_equal(owed(), 1);

    link_county();
    turn(NULL);
    assert_int_equal(owed(), 1); /* so many in one turn, no more */
    assert_int_equal(node->turn.effects.settled_count, 1);
    assert_false(node->turn.effects.settled[0].is_done);
    restart();
    assert_int_equal(owed(), 1);
    link_county();
    turn(NULL);

    assert_int_equal(owed(), 0);
    assert_relayed_once(FACTS);
}

/* What the city's last turn appended to the log of this stream. */
static struct fq_span appended(uint32_t stream)
{
    struct fq_span batch = {0};

    for (uint32_t i = 0; i < node->turn.effects.append_count; i++) {
        if (node->turn.effects.appends[i].log.stream == stream) {
            batch = node->turn.effects.appends[i].batch;
        }
    }
    assert_true(batch.size > 0);
    return batch;
}

/* What the city's last turn appended to its relays, brought to the county. */
static void bring_down(void)
{
    struct fq_input hello;
    struct fq_link_message message;
    struct fq_span frame, batch = appended(WORLD_COUNTY);

    assert_int_equal(turn_of(county, NULL), FQ_OK); /* it greets */
    assert_true(fq_link_decode(county->turn.effects.sends[0].frame, &message));
    struct fq_writer writer = fq_link_begin(&node->scratch, 256);
    fq_write_array(&writer, 7);
    fq_write_uint(&writer, CITY_NODE);
    for (int i = 0; i < 3; i++) {
        fq_write_uint(&writer, 1);
    }
    fq_write_uint(&writer, 1 << 20);
    fq_write_uint(&writer, 1000);
    fq_write_array(&writer, 0);
    hello = (struct fq_input){.kind = FQ_INPUT_LINK,
                              .peer = FQ_PEER_PARENT,
                              .bytes = fq_link_end(&writer, FQ_LINK_WELCOME, message.session, 0)};
    assert_int_equal(turn_of(county, &hello), FQ_OK);
    const struct fq_forward forward = {.peer = COUNTY_NODE, .session = message.session};
    assert_true(fq_sync_batch_frame(&node->core.sync, &forward, batch, &node->scratch, &frame));
    const struct fq_input input = {.kind = FQ_INPUT_LINK, .peer = FQ_PEER_PARENT, .bytes = frame};
    assert_int_equal(turn_of(county, &input), FQ_OK);
    assert_int_equal(county->turn.effects.append_count, 1);
}

static void test_what_came_in_a_relay_is_found_by_its_own_id_and_told_on_the_feed(void **state)
{
    (void)state;
    const struct fq_event_id id = {{CITY_NODE, 0, 1}, 2};
    const struct fq_event_id relay_id = {{CITY_NODE, WORLD_COUNTY, 1}, 2};
    struct fq_event event, relay, carried;
    uint64_t lsn = 0;
    bool is_found = false;
    write_dispute(0);
    link_county();
    turn(NULL);
    bring_down();

    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            fq_node_read_event(county, &id, &county->scratch, &event, &lsn, &is_found, &why),
            FQ_OK);
        assert_true(is_found);
        assert_int_equal(event.kind, FQ_EVENT_ACCEPTED);
        assert_int_equal(event.id.log.stream, FQ_STREAM_FACTS);
        assert_int_equal(lsn, 2);
        stop_node(county);
        county = start_node(WORLD_COUNTY, FQ_TIER_COUNTY, stores[1]);
    }
    assert_int_equal(county->core.view.event_count, 2);
    assert_int_equal(
        fq_node_read_event(county, &relay_id, &county->scratch, &relay, &lsn, &is_found, &why),
        FQ_OK);
    assert_true(is_found);
    const struct fq_event *told = fq_node_told_event(county, &relay, &carried);
    assert_non_null(told);
    assert_int_equal(told->id.seq, 2);
    assert_int_equal(told->area, relay.area);                /* linked where it is told */
    assert_null(fq_node_told_event(node, &relay, &carried)); /* who relays told it before */
    const struct fq_event_id unknown = {{CITY_NODE, 0, 1}, 3};
    assert_int_equal(
        fq_node_read_event(county, &unknown, &county->scratch, &event, &lsn, &is_found, &why),
        FQ_OK);
    assert_false(is_found);
}

/* The city lost all. Its county gives its relays back, and with them their facts; then the facts come
 * themselves, under greater numbers. What is owed for them is the whole all the same. */
static void test_x4_what_relays_brought_back_first_is_part_of_the_history(void **state)
{
    (void)state;
    static uint8_t kept[32 * 1024];
    struct fq_arena arena = fq_arena_over(kept, sizeof kept);
    const struct fq_log_id log = {CITY_NODE, WORLD_COUNTY, 1};
    write_dispute(0);
    struct fq_span facts = fq_arena_copy(&arena, appended(FQ_STREAM_FACTS));
    link_county();
    turn(NULL);
    struct fq_span relays = fq_arena_copy(&arena, appended(WORLD_COUNTY));
    fq_store_close(stores[0]);
    assert_int_equal(fq_store_open_memory(&stores[0], &why), FQ_OK);
    restart();
    link_county();

    struct fq_writer frame = fq_link_begin(&arena, relays.size + 64);
    fq_write_array(&frame, 1);
    fq_write_bytes(&frame, relays.data, relays.size);
    struct fq_span batch = fq_link_end(&frame, FQ_LINK_BATCH, 7, 1);
    struct fq_writer bundle = fq_writer_take(&arena, facts.size + 64);
    fq_write_map(&bundle, 1);
    fq_write_text(&bundle, "batches");
    fq_write_array(&bundle, 1);
    fq_write_bytes(&bundle, facts.data, facts.size);
    const struct fq_input inputs[] = {
        {.kind = FQ_INPUT_LINK, .peer = COUNTY_NODE, .bytes = batch},
        {.kind = FQ_INPUT_BUNDLE, .bytes = fq_writer_span(&bundle)},
    };
    assert_int_equal(turn_with(node, inputs, 2), FQ_OK);
    assert_int_equal(node->core.feed.head, 4);
    assert_int_equal(node->core.view.event_count, 2);
    assert_int_equal(owed(), 2);
    turn(NULL);

    const struct fq_log *written = fq_frontier_find(&node->core.frontier, &log);
    assert_non_null(written);
    assert_int_equal(written->last, 2 + 2);
    assert_int_equal(owed(), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_x3_what_is_owed_is_in_the_commit_of_its_event_and_outlives_a_crash),
        CASE(test_x3_what_was_relayed_is_forgotten_in_the_relays_own_commit),
        CASE(test_x3_a_commit_that_fails_loses_nothing),
        CASE(test_x3_more_than_a_turn_holds_goes_on_in_the_next),
        CASE(test_x4_a_history_goes_on_where_its_cursor_stands),
        CASE(test_x4_what_relays_brought_back_first_is_part_of_the_history),
        CASE(test_what_came_in_a_relay_is_found_by_its_own_id_and_told_on_the_feed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
