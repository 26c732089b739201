/* The link's rules (Y1 to Y9) in small scenes between a county, its city and the province. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/sync.h"
#include "support/world.h"

#define NODE(area) ((area)*100 + 1)
#define COUNTY NODE(WORLD_COUNTY)
#define CITY NODE(WORLD_CITY)

#define START_MS UINT64_C(1000000)
#define HEARTBEAT_MS 1000
#define SILENCE_MS 3000
#define RECONNECT_MS 100
#define RETRY_MS 50 /* as in sync.c: after a socket took nothing */
#define CREDIT (3 * FQ_BATCH_SIZE_MAX)

struct side { /* one node's link, and what its last turn wants done */
    struct fq_frontier frontier;
    struct fq_sync sync;
    struct fq_effects effects;
    struct fq_arena logs, scratch;
    uint8_t log_memory[FQ_LOGS_MAX * sizeof(struct fq_log) + 64] __attribute__((aligned(16)));
    uint8_t scratch_memory[1024 * 1024] __attribute__((aligned(16)));
};

static struct world world;
static struct side county, city, province;
static uint8_t hand_memory[256 * 1024] __attribute__((aligned(16)));
static struct fq_arena hand; /* for frames written by hand; emptied with each test */

static const struct fq_log_id county_log = {COUNTY, 0, 1};
static const struct fq_log_id city_log = {CITY, 0, 1};
static const struct fq_log_id neighbour_log = {NODE(WORLD_NEIGHBOUR), 0, 1};
static const struct fq_log_id city_control = {CITY, FQ_STREAM_CONTROL, 1};
static const struct fq_log_id city_relays = {CITY, WORLD_COUNTY, 1};
static const struct fq_log_id province_relays = {NODE(WORLD_PROVINCE), WORLD_COUNTY, 1};

static void open_side(struct side *side, uint32_t area, enum fq_tier tier)
{
    const struct fq_sync_options options = {.area = area,
                                            .origin = NODE(area),
                                            .tier = tier,
                                            .has_parent = tier != FQ_TIER_PROVINCE,
                                            .instance = world_id((uint8_t)tier),
                                            .boot = 7,
                                            .credit_bytes = CREDIT,
                                            .heartbeat_ms = HEARTBEAT_MS,
                                            .silence_ms = SILENCE_MS,
                                            .reconnect_ms = RECONNECT_MS};

    side->logs = fq_arena_over(side->log_memory, sizeof side->log_memory);
    side->scratch = fq_arena_over(side->scratch_memory, sizeof side->scratch_memory);
    assert_true(fq_frontier_init(&side->frontier, &side->logs));
    fq_sync_init(&side->sync, &side->frontier, &world.areas, &options);
    fq_effects_reset(&side->effects, &side->scratch);
}

static int begin(void **state)
{
    (void)state;
    hand = fq_arena_over(hand_memory, sizeof hand_memory);
    open_side(&county, WORLD_COUNTY, FQ_TIER_COUNTY);
    open_side(&city, WORLD_CITY, FQ_TIER_CITY);
    open_side(&province, WORLD_PROVINCE, FQ_TIER_PROVINCE);
    return 0;
}

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

/* ---- frontiers ---- */

/* Let the side hold `log` up to `last`; `chain` stands for what is written there. */
static struct fq_log *hold(struct side *side, const struct fq_log_id *log, uint64_t last,
                           uint8_t chain)
{
    struct fq_log *held = fq_frontier_add(&side->frontier, log, &world.areas);

    assert_non_null(held);
    held->last = last;
    memset(held->chain.bytes, chain, FQ_HASH_SIZE);
    return held;
}

static const struct fq_log *held_by(const struct side *side, const struct fq_log_id *log)
{
    const struct fq_log *held = fq_frontier_find(&side->frontier, log);

    assert_non_null(held);
    return held;
}

static const struct fq_sync_log *beside(const struct side *side, const struct fq_log_id *log)
{
    return &side->sync.logs[fq_frontier_index(&side->frontier, held_by(side, log))];
}

/* ---- turns ---- */

static void start_turn(struct side *side)
{
    fq_arena_reset(&side->scratch);
    fq_effects_reset(&side->effects, &side->scratch);
}

/* Both clocks alike. */
static struct fq_now at(uint64_t ms)
{
    return (struct fq_now){.wall_ms = ms, .steady_ms = ms};
}

static struct fq_incoming receive(struct side *side, uint32_t peer, struct fq_span frame,
                                  uint64_t now_ms)
{
    struct fq_incoming incoming;

    fq_sync_receive(&side->sync, peer, frame, at(now_ms), &side->effects, &incoming);
    return incoming;
}

/* A turn in which nothing came. */
static void tick(struct side *side, uint64_t now_ms)
{
    start_turn(side);
    fq_sync_finish(&side->sync, at(now_ms), &side->effects);
}

/* A turn in which one frame came. */
static struct fq_incoming take(struct side *side, uint32_t peer, struct fq_span frame,
                               uint64_t now_ms)
{
    start_turn(side);
    struct fq_incoming incoming = receive(side, peer, frame, now_ms);
    fq_sync_finish(&side->sync, at(now_ms), &side->effects);
    return incoming;
}

/* How many frames of `type` the side's turn sends to `peer`; the last of them. */
static uint32_t sent(const struct side *side, uint32_t peer, enum fq_link_type type,
                     struct fq_span *out_frame)
{
    struct fq_link_message message;
    uint32_t count = 0;

    for (uint32_t i = 0; i < side->effects.send_count; i++) {
        const struct fq_send *send = &side->effects.sends[i];
        assert_true(fq_link_decode(send->frame, &message));
        if (send->peer == peer && message.type == type) {
            count++;
            *out_frame = send->frame;
        }
    }
    return count;
}

static uint32_t count_sent(const struct side *side, uint32_t peer, enum fq_link_type type)
{
    struct fq_span unused;

    return sent(side, peer, type, &unused);
}

static uint32_t count_to(const struct side *side, uint32_t peer)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < side->effects.send_count; i++) {
        count += side->effects.sends[i].peer == peer;
    }
    return count;
}

/* The one frame of `type` that the side's turn sends to `peer`. */
static struct fq_span frame_sent(const struct side *side, uint32_t peer, enum fq_link_type type)
{
    struct fq_span frame = {0};

    assert_int_equal(sent(side, peer, type, &frame), 1);
    return frame;
}

static struct fq_reader body_of(struct fq_span frame)
{
    struct fq_link_message message;

    assert_true(fq_link_decode(frame, &message));
    return fq_reader_over(message.body);
}

/* The child's HELLO brings its parent's WELCOME, and both are up. */
static void greet(struct side *child, struct side *parent, uint64_t now_ms)
{
    uint32_t origin = child->sync.options.origin;

    tick(child, now_ms);
    (void)take(parent, origin, frame_sent(child, FQ_PEER_PARENT, FQ_LINK_HELLO), now_ms);
    (void)take(child, FQ_PEER_PARENT, frame_sent(parent, origin, FQ_LINK_WELCOME), now_ms);
    assert_true(fq_sync_is_linked(&child->sync));
    for (uint32_t i = 0; i < parent->sync.child_count; i++) {
        if (parent->sync.children[i].origin == origin) { /* its first heartbeat, said in short */
            assert_false(parent->sync.children[i].has_spoken);
            parent->sync.children[i].has_spoken = true;
        }
    }
}

/* The parent took batches of the child: up to `last`, of `size` bytes; it says so in its turn. */
static void accept(struct side *parent, uint32_t child, const struct fq_log_id *log, uint64_t last,
                   uint64_t size, uint64_t now_ms)
{
    const struct fq_sync_result result = {.judgement = FQ_SYNC_ACCEPTED, .log = *log, .size = size};

    start_turn(parent);
    hold(parent, log, last, 0);
    fq_sync_batch_result(&parent->sync, child, &result);
    fq_sync_finish(&parent->sync, at(now_ms), &parent->effects);
}

static void assert_forwards_from(const struct side *side, uint64_t from_seq)
{
    assert_int_equal(side->effects.forward_count, 1);
    assert_int_equal(side->effects.forwards[0].from_seq, from_seq);
}

/* Carry out the side's only forward: `bytes` went, and everything before `next_seq`. */
static void carry_out(struct side *side, uint64_t next_seq, uint64_t bytes)
{
    assert_int_equal(side->effects.forward_count, 1);
    const struct fq_forward forward = side->effects.forwards[0];
    fq_sync_forwarded(&side->sync, &forward, next_seq, bytes);
}

/* ---- frames by hand ---- */

static struct fq_span end_frame(struct fq_writer *writer, enum fq_link_type type, uint64_t session)
{
    struct fq_span frame = fq_link_end(writer, type, session, 9);

    assert_true(frame.size > 0);
    return frame;
}

struct ack {
    uint64_t seq, up, received, credit;
};

static struct fq_span ack_frame(uint64_t session, const struct fq_log_id *log,
                                const struct ack *ack)
{
    static const uint8_t chain[FQ_HASH_SIZE];
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, 8);
    fq_link_write_log(&writer, log);
    fq_write_uint(&writer, ack->seq);
    fq_write_bytes(&writer, chain, FQ_HASH_SIZE);
    fq_write_uint(&writer, ack->up);
    fq_write_uint(&writer, ack->received);
    fq_write_uint(&writer, ack->credit);
    return end_frame(&writer, FQ_LINK_ACK, session);
}

static struct fq_span nak_frame(uint64_t session, const struct fq_log_id *log, uint64_t expected,
                                enum fq_reason reason)
{
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, 5);
    fq_link_write_log(&writer, log);
    fq_write_uint(&writer, expected);
    fq_write_uint(&writer, reason);
    return end_frame(&writer, FQ_LINK_NAK, session);
}

static struct fq_span want_frame(uint64_t session, const struct fq_log_id *log, uint64_t from_seq)
{
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, 4);
    fq_link_write_log(&writer, log);
    fq_write_uint(&writer, from_seq);
    return end_frame(&writer, FQ_LINK_WANT, session);
}

static struct fq_span batch_frame(uint64_t session)
{
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, 1);
    fq_write_bytes(&writer, "batch", 5);
    return end_frame(&writer, FQ_LINK_BATCH, session);
}

/* HEARTBEAT, BYE and ERROR: one number. */
static struct fq_span number_frame(uint64_t session, enum fq_link_type type, uint64_t number)
{
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, 1);
    fq_write_uint(&writer, number);
    return end_frame(&writer, type, session);
}

/* A HELLO that announces `log_count` logs and lists none. */
static struct fq_span hello_frame(uint64_t origin, uint32_t parts, uint32_t log_count)
{
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, parts);
    fq_write_uint(&writer, origin);
    for (uint32_t i = 0; i + 2 < parts; i++) {
        fq_write_uint(&writer, 1);
    }
    fq_write_array(&writer, log_count);
    for (uint32_t i = 0; i < log_count; i++) {
        fq_write_nil(&writer);
    }
    return end_frame(&writer, FQ_LINK_HELLO, 5);
}

/* A WELCOME of one sound log, had in full, and of `more` that are none. */
static struct fq_span welcome_frame(uint64_t session, uint64_t have, uint32_t more)
{
    static const uint8_t zeros[FQ_HASH_SIZE];
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, 7);
    fq_write_uint(&writer, CITY);
    fq_write_uint(&writer, FQ_TIER_CITY);
    fq_write_uint(&writer, WORLD_CITY);
    fq_write_bytes(&writer, zeros, FQ_ID_SIZE);
    fq_write_uint(&writer, CREDIT);
    fq_write_uint(&writer, HEARTBEAT_MS);
    fq_write_array(&writer, 1 + more);
    fq_write_array(&writer, 7);
    fq_link_write_log(&writer, &county_log);
    fq_write_uint(&writer, FQ_LINK_OK);
    fq_write_uint(&writer, have);
    fq_write_bytes(&writer, zeros, FQ_HASH_SIZE);
    fq_write_uint(&writer, have);
    for (uint32_t i = 0; i < more; i++) {
        fq_write_array(&writer, 0);
    }
    return end_frame(&writer, FQ_LINK_WELCOME, session);
}

static enum fq_reason reason_of(struct fq_span error)
{
    struct fq_reader reader = body_of(error);

    assert_int_equal(fq_read_array(&reader), 1);
    return (enum fq_reason)fq_read_uint(&reader);
}

/* What a WELCOME says of one log. */
struct word {
    uint64_t verdict, have, up;
};

static bool find_word(struct fq_span welcome, const struct fq_log_id *log, struct word *out_word)
{
    struct fq_reader reader = body_of(welcome);
    struct fq_log_id id;
    struct fq_hash chain;

    assert_int_equal(fq_read_array(&reader), 7);
    for (int i = 0; i < 6; i++) {
        (void)fq_read_skip(&reader);
    }
    for (uint32_t left = fq_read_array(&reader); left > 0; left--) {
        assert_int_equal(fq_read_array(&reader), 7);
        assert_true(fq_link_read_log(&reader, &id));
        struct word word = {.verdict = fq_read_uint(&reader), .have = fq_read_uint(&reader)};
        fq_read_exact(&reader, chain.bytes, FQ_HASH_SIZE);
        word.up = fq_read_uint(&reader);
        assert_false(reader.is_bad);
        if (fq_log_id_equal(&id, log)) {
            *out_word = word;
            return true;
        }
    }
    return false;
}

/* ---- Y1: sessions ---- */

/* All that the link knows, to be compared: the sync and the logs it works on. */
struct memory_of_side {
    struct fq_sync sync;
    struct fq_log logs[4];
};

static void remember(const struct side *side, struct memory_of_side *out_memory)
{
    memcpy(&out_memory->sync, &side->sync, sizeof side->sync);
    memcpy(out_memory->logs, side->frontier.logs, sizeof out_memory->logs);
}

static void assert_unchanged(const struct side *side, const struct memory_of_side *memory)
{
    assert_memory_equal(&side->sync, &memory->sync, sizeof side->sync);
    assert_memory_equal(side->frontier.logs, memory->logs, sizeof memory->logs);
    assert_int_equal(side->effects.send_count, 0);
}

static void test_y1_each_greeting_has_a_greater_session_and_each_boot_too(void **state)
{
    (void)state;

    tick(&county, START_MS);
    uint64_t first = county.sync.up.session;
    tick(&county, START_MS + RECONNECT_MS);
    uint64_t second = county.sync.up.session;
    open_side(&county, WORLD_COUNTY, FQ_TIER_COUNTY);
    county.sync.options.boot++;
    tick(&county, START_MS);

    assert_true(second > first);
    assert_true(county.sync.up.session > second);
}

static void test_y1_a_child_heeds_nothing_of_another_session(void **state)
{
    (void)state;
    static struct memory_of_side before;
    hold(&county, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;
    const struct ack ack = {5, 5, 0, 1};

    for (int i = -1; i <= 1; i += 2) {
        uint64_t other = session + (uint64_t)(int64_t)i;
        const struct fq_span frames[] = {
            ack_frame(other, &county_log, &ack),
            nak_frame(other, &county_log, 1, FQ_REASON_GAP),
            nak_frame(other, &county_log, 1, FQ_REASON_SEAL),
            batch_frame(other),
            number_frame(other, FQ_LINK_HEARTBEAT, START_MS),
            number_frame(other, FQ_LINK_ERROR, FQ_REASON_GAP),
            number_frame(other, FQ_LINK_BYE, 0),
        };
        for (size_t f = 0; f < sizeof frames / sizeof frames[0]; f++) {
            start_turn(&county);
            remember(&county, &before);
            assert_false(receive(&county, FQ_PEER_PARENT, frames[f], START_MS + 1).is_batch);
            assert_unchanged(&county, &before);
        }
    }
}

static void test_y1_a_parent_heeds_nothing_of_another_session(void **state)
{
    (void)state;
    static struct memory_of_side before;
    hold(&county, &county_log, 5, 1);
    hold(&city, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    uint64_t other = county.sync.up.session - 1;
    const struct fq_span frames[] = {
        batch_frame(other),
        want_frame(other, &county_log, 1),
        number_frame(other, FQ_LINK_HEARTBEAT, START_MS),
        number_frame(other, FQ_LINK_BYE, 0),
    };

    for (size_t f = 0; f < sizeof frames / sizeof frames[0]; f++) {
        start_turn(&city);
        remember(&city, &before);
        assert_false(receive(&city, COUNTY, frames[f], START_MS + 1).is_batch);
        assert_unchanged(&city, &before);
    }
}

static void test_y1_the_welcome_of_a_former_hello_is_not_taken(void **state)
{
    (void)state;

    tick(&county, START_MS);
    (void)take(&city, COUNTY, frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), START_MS);
    tick(&county, START_MS + RECONNECT_MS); /* greets again: the answer took too long */
    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_WELCOME),
               START_MS + RECONNECT_MS);

    assert_int_equal(county.sync.up.state, FQ_UPLINK_GREETING);
}

static void test_y1_what_was_forwarded_in_another_session_does_not_count(void **state)
{
    (void)state;
    hold(&county, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    struct fq_forward forward = county.effects.forwards[0];

    forward.session--;
    fq_sync_forwarded(&county.sync, &forward, 6, 100);
    assert_int_equal(beside(&county, &county_log)->cursor, 1);
    assert_int_equal(county.sync.up.sent_bytes, 0);
    forward.session++;
    fq_sync_forwarded(&county.sync, &forward, 6, 100);
    assert_int_equal(beside(&county, &county_log)->cursor, 6);
}

static void test_y1_a_new_hello_voids_what_was_wanted_before(void **state)
{
    (void)state;
    hold(&city, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    (void)take(&city, COUNTY, frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), START_MS);
    assert_int_equal(city.effects.forward_count, 1);

    county.sync.up.state = FQ_UPLINK_DOWN;
    county.sync.up.greet_ms = START_MS;
    tick(&county, START_MS);
    (void)take(&city, COUNTY, frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), START_MS);

    assert_int_equal(city.sync.want_count, 0);
    assert_int_equal(city.effects.forward_count, 0);
}

static void test_y1_a_new_hello_leaves_what_others_want(void **state)
{
    (void)state;
    static struct side neighbour;
    open_side(&neighbour, WORLD_NEIGHBOUR, FQ_TIER_COUNTY);
    hold(&city, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    (void)take(&city, COUNTY, frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), START_MS);

    greet(&neighbour, &city, START_MS);

    assert_int_equal(city.sync.want_count, 1);
    assert_int_equal(city.sync.wants[0].peer, COUNTY);
}

/* ---- Y2: acknowledgements ---- */

static void test_y2_an_ack_leaves_at_the_end_and_names_what_is_held_then(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    const struct fq_sync_result result = {
        .judgement = FQ_SYNC_ACCEPTED, .log = county_log, .size = 100};

    start_turn(&city);
    for (uint64_t last = 1; last <= 3; last++) {
        hold(&city, &county_log, last, 1);
        fq_sync_batch_result(&city.sync, COUNTY, &result);
        assert_int_equal(count_to(&city, COUNTY), 0);
    }
    fq_sync_finish(&city.sync, at(START_MS), &city.effects);

    struct fq_reader reader = body_of(frame_sent(&city, COUNTY, FQ_LINK_ACK)); /* one for all */
    struct fq_log_id log;
    assert_int_equal(fq_read_array(&reader), 8);
    assert_true(fq_link_read_log(&reader, &log));
    assert_true(fq_log_id_equal(&log, &county_log));
    assert_int_equal(fq_read_uint(&reader), 3);
}

static void test_y2_a_duplicate_is_acknowledged_again(void **state)
{
    (void)state;
    hold(&city, &county_log, 3, 1);
    hold(&county, &county_log, 3, 1);
    greet(&county, &city, START_MS);
    const struct fq_sync_result result = {
        .judgement = FQ_SYNC_DUPLICATE, .log = county_log, .size = 100};

    tick(&city, START_MS);
    assert_int_equal(count_to(&city, COUNTY), 0);
    start_turn(&city);
    fq_sync_batch_result(&city.sync, COUNTY, &result);
    fq_sync_finish(&city.sync, at(START_MS), &city.effects);

    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_ACK), 1);
}

static void test_y2_acks_only_rise_and_never_beyond_the_log(void **state)
{
    (void)state;
    hold(&county, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;
    const struct ack acks[] = {{3, 2, 0, CREDIT}, {2, 1, 0, CREDIT}, {5, 9, 0, CREDIT}};
    const uint64_t acked[] = {3, 3, 5}, up[] = {2, 2, 5}, cursor[] = {4, 4, 6};

    for (size_t i = 0; i < 3; i++) {
        (void)take(&county, FQ_PEER_PARENT, ack_frame(session, &county_log, &acks[i]), START_MS);
        assert_int_equal(held_by(&county, &county_log)->acked, acked[i]);
        assert_int_equal(held_by(&county, &county_log)->up, up[i]);
        assert_int_equal(beside(&county, &county_log)->cursor, cursor[i]);
        assert_int_equal(beside(&county, &county_log)->parent_have, acked[i]);
    }
    const struct ack beyond = {9, 9, 0, CREDIT};
    (void)take(&county, FQ_PEER_PARENT, ack_frame(session, &county_log, &beyond), START_MS);
    assert_int_equal(held_by(&county, &county_log)->acked, 5);
    assert_int_equal(held_by(&county, &county_log)->up, 5);
}

static void test_y2_acks_are_repeated_with_each_heartbeat(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    accept(&city, COUNTY, &county_log, 2, 100, START_MS);
    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_ACK), 1); /* say it is lost */

    tick(&city, START_MS + HEARTBEAT_MS - 1);
    assert_int_equal(count_to(&city, COUNTY), 0);
    tick(&city, START_MS + HEARTBEAT_MS);
    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_HEARTBEAT), 1);
    tick(&city, START_MS + HEARTBEAT_MS + 1);
    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_ACK), 1);
    tick(&city, START_MS + HEARTBEAT_MS + 2);
    assert_int_equal(count_to(&city, COUNTY), 0);
}

static void test_batches_are_judged_by_what_is_held(void **state)
{
    (void)state;
    static const struct {
        uint64_t from, to;
        enum fq_sync_judgement judgement;
    } rows[] = {
        {1, 4, FQ_SYNC_DUPLICATE},
        {5, 5, FQ_SYNC_DUPLICATE},
        {6, 6, FQ_SYNC_ACCEPTED},
        {6, 20, FQ_SYNC_ACCEPTED},
        {7, 8, FQ_SYNC_GAP},
        {5, 6, FQ_SYNC_REFUSED},
        {1, 20, FQ_SYNC_REFUSED},
        {UINT64_MAX, UINT64_MAX, FQ_SYNC_GAP},
        {1, UINT64_MAX, FQ_SYNC_REFUSED},
    };
    hold(&city, &county_log, 5, 1);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(fq_sync_judge(&city.frontier, &county_log, rows[i].from, rows[i].to),
                         rows[i].judgement);
    }
    assert_int_equal(fq_sync_judge(&city.frontier, &neighbour_log, 1, 4), FQ_SYNC_ACCEPTED);
    assert_int_equal(fq_sync_judge(&city.frontier, &neighbour_log, 2, 4), FQ_SYNC_GAP);
}

/* ---- Y3: who is behind ---- */

static void test_y3_the_verdicts_of_a_greeting(void **state)
{
    (void)state;
    static const struct {
        const struct fq_log_id *log;
        uint64_t childs, parents; /* last; 0 not held */
        uint8_t childs_chain, parents_chain;
        enum fq_link_verdict verdict;
    } rows[] = {
        {&county_log, 3, 0, 1, 0, FQ_LINK_OK},         /* all of it is new */
        {&county_log, 3, 2, 1, 2, FQ_LINK_OK},         /* the next batch's chain will tell */
        {&county_log, 3, 3, 1, 1, FQ_LINK_OK},         /* equal */
        {&county_log, 3, 3, 1, 2, FQ_LINK_DIVERGED},   /* as long, but another */
        {&county_log, 2, 3, 1, 2, FQ_LINK_REWIND},     /* the child lost its tail */
        {&city_control, 3, 3, 1, 1, FQ_LINK_OK},       /* what flows down likewise: equal, */
        {&city_control, 3, 3, 1, 2, FQ_LINK_DIVERGED}, /* another, */
        {&city_control, 2, 3, 1, 2, FQ_LINK_REWIND},   /* for the child to fetch, */
        {&city_relays, 3, 2, 1, 2, FQ_LINK_OK},        /* and to give back (Y8) */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct word word = {0};
        (void)begin(state);
        hold(&county, rows[i].log, rows[i].childs, rows[i].childs_chain);
        if (rows[i].parents > 0) {
            hold(&city, rows[i].log, rows[i].parents, rows[i].parents_chain);
        }
        greet(&county, &city, START_MS);
        assert_true(find_word(frame_sent(&city, COUNTY, FQ_LINK_WELCOME), rows[i].log, &word));
        assert_int_equal(word.verdict, rows[i].verdict);
        assert_int_equal(word.have, rows[i].parents);
        assert_int_equal(beside(&county, rows[i].log)->cursor, rows[i].parents + 1);
        assert_int_equal(beside(&county, rows[i].log)->is_diverged,
                         rows[i].verdict == FQ_LINK_DIVERGED);
    }
}

/* A HELLO of the county with this one log. */
static struct fq_span hello_of(const struct fq_log_id *log, uint64_t last)
{
    static const uint8_t zeros[FQ_HASH_SIZE];
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, 8);
    fq_write_uint(&writer, COUNTY);
    for (int i = 0; i < 6; i++) {
        fq_write_uint(&writer, 1);
    }
    fq_write_array(&writer, 1);
    fq_write_array(&writer, 5);
    fq_link_write_log(&writer, log);
    fq_write_uint(&writer, last);
    fq_write_bytes(&writer, zeros, FQ_HASH_SIZE);
    return end_frame(&writer, FQ_LINK_HELLO, 5);
}

static void test_y3_what_is_not_the_childs_is_called_diverged(void **state)
{
    (void)state;
    static const struct fq_log_id relays_of_others = {CITY, WORLD_NEIGHBOUR, 1},
                                  own_relays = {COUNTY, WORLD_COUNTY, 1};
    static const struct fq_log_id *const rows[] = {&neighbour_log, &city_log, &relays_of_others,
                                                   &own_relays};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct word word = {0};
        (void)begin(state);
        hold(&city, rows[i], 2, 0);
        (void)take(&city, COUNTY, hello_of(rows[i], 2), START_MS);
        assert_true(find_word(frame_sent(&city, COUNTY, FQ_LINK_WELCOME), rows[i], &word));
        assert_int_equal(word.verdict, FQ_LINK_DIVERGED);
    }
    hold(&county, &neighbour_log, 2, 0); /* nor is it spoken of */
    hold(&county, &own_relays, 2, 0);
    tick(&county, START_MS);
    struct fq_reader reader = body_of(frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO));
    for (int i = 0; i < 8; i++) {
        i == 0 ? (void)fq_read_array(&reader) : (void)fq_read_skip(&reader);
    }
    assert_int_equal(fq_read_array(&reader), 0);
}

static void test_y3_a_forgotten_log_is_given_back(void **state)
{
    (void)state;
    const struct fq_log_id former = {COUNTY, 0, 4}, relay = {COUNTY, WORLD_COUNTY, 1};
    struct word word = {0};
    hold(&city, &county_log, 4, 1);
    hold(&city, &former, 2, 1);
    hold(&city, &relay, 2, 1);
    hold(&city, &neighbour_log, 3, 1);
    hold(&city, &city_log, 3, 1);

    greet(&county, &city, START_MS); /* the county came back with nothing */

    struct fq_span welcome = frame_sent(&city, COUNTY, FQ_LINK_WELCOME);
    assert_true(find_word(welcome, &county_log, &word));
    assert_int_equal(word.verdict, FQ_LINK_REWIND);
    assert_int_equal(word.have, 4);
    assert_true(find_word(welcome, &former, &word));
    assert_int_equal(word.verdict, FQ_LINK_REWIND);
    assert_false(find_word(welcome, &relay, &word));
    assert_false(find_word(welcome, &neighbour_log, &word));
    assert_false(find_word(welcome, &city_log, &word));
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 2);
    assert_false(fq_sync_may_originate(&county.sync));
}

static void test_y3_behind_its_parent_a_node_wants_the_rest_and_writes_nothing(void **state)
{
    (void)state;
    struct fq_log_id log;
    hold(&city, &county_log, 5, 1);
    hold(&county, &county_log, 3, 1);
    assert_true(fq_sync_may_originate(&county.sync));

    greet(&county, &city, START_MS);

    struct fq_reader reader = body_of(frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT));
    assert_int_equal(fq_read_array(&reader), 4);
    assert_true(fq_link_read_log(&reader, &log));
    assert_true(fq_log_id_equal(&log, &county_log));
    assert_int_equal(fq_read_uint(&reader), 4);
    assert_int_equal(county.effects.forward_count, 0);
    assert_false(fq_sync_may_originate(&county.sync));
    tick(&county, START_MS + RECONNECT_MS - 1);
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 0);
    tick(&county, START_MS + RECONNECT_MS); /* and again until it has come */
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 1);
    hold(&county, &county_log, 4, 1);
    assert_false(fq_sync_may_originate(&county.sync));
    hold(&county, &county_log, 5, 1);
    assert_true(fq_sync_may_originate(&county.sync));
    tick(&county, START_MS + 2 * RECONNECT_MS);
    assert_int_equal(county.effects.send_count, 0);
}

static void test_y3_a_relayed_log_that_is_behind_does_not_stop_ones_own(void **state)
{
    (void)state;
    hold(&province, &county_log, 5, 1);
    hold(&city, &county_log, 3, 1);
    hold(&city, &city_log, 2, 1);

    greet(&city, &province, START_MS);

    assert_int_equal(count_sent(&city, FQ_PEER_PARENT, FQ_LINK_WANT), 1);
    assert_true(fq_sync_may_originate(&city.sync));
    assert_int_equal(city.effects.forward_count, 1);
    assert_true(fq_log_id_equal(&city.effects.forwards[0].log, &city_log));
}

static void test_y3_amnesia_is_read_only_until_the_log_is_back(void **state)
{
    (void)state;

    fq_sync_set_amnesia(&county.sync, &county_log, 3); /* the log is not even there */
    assert_false(fq_sync_may_originate(&county.sync));
    hold(&county, &county_log, 2, 1);
    assert_false(fq_sync_may_originate(&county.sync));
    hold(&county, &county_log, 3, 1);
    assert_true(fq_sync_may_originate(&county.sync));
}

static void test_y3_a_wanted_range_goes_out_piece_by_piece(void **state)
{
    (void)state;
    hold(&city, &county_log, 5, 1);
    greet(&county, &city, START_MS);

    (void)take(&city, COUNTY, frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), START_MS);
    assert_int_equal(city.effects.forwards[0].peer, COUNTY);
    assert_int_equal(city.effects.forwards[0].session, county.sync.up.session);
    assert_forwards_from(&city, 1);
    const struct fq_forward first = city.effects.forwards[0];
    tick(&city, START_MS);
    assert_int_equal(city.effects.forward_count, 0); /* one at a time */
    fq_sync_forwarded(&city.sync, &first, 4, 100);
    tick(&city, START_MS);
    assert_forwards_from(&city, 4);
    carry_out(&city, 6, 100);
    tick(&city, START_MS);

    assert_int_equal(city.effects.forward_count, 0);
    assert_int_equal(city.sync.want_count, 0);
}

static void test_y3_a_log_wanted_again_is_sent_once(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    hold(&city, &county_log, 5, 1);
    uint64_t session = county.sync.up.session;

    start_turn(&city);
    (void)receive(&city, COUNTY, want_frame(session, &county_log, 2), START_MS);
    (void)take(&city, COUNTY, want_frame(session, &county_log, 4), START_MS);

    assert_int_equal(city.sync.want_count, 1);
    assert_forwards_from(&city, 4);
}

static void test_y3_a_want_that_nothing_serves_is_dropped(void **state)
{
    (void)state;
    hold(&city, &county_log, 5, 1);
    greet(&county, &city, START_MS);

    (void)take(&city, COUNTY, frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), START_MS);
    carry_out(&city, 1, 0); /* the socket took nothing */
    tick(&city, START_MS);

    assert_int_equal(city.effects.forward_count, 0);
    assert_int_equal(city.sync.want_count, 0);
}

static void test_y3_a_child_gets_back_only_what_is_of_its_area(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    hold(&city, &county_log, 5, 1);
    hold(&city, &neighbour_log, 5, 1);
    hold(&city, &city_log, 5, 1);
    uint64_t session = county.sync.up.session;
    const struct fq_span frames[] = {
        want_frame(session, &neighbour_log, 1),
        want_frame(session, &city_log, 1),
        want_frame(session, &county_log, 0),
        want_frame(session, &county_log, 6),
    };

    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        (void)take(&city, COUNTY, frames[i], START_MS);
        assert_int_equal(city.effects.forward_count, 0);
    }
    (void)take(&city, COUNTY, want_frame(session, &county_log, 5), START_MS);
    assert_int_equal(city.effects.forward_count, 1);
}

/* ---- Y4: credit ---- */

static uint64_t granted(const struct side *side)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < side->effects.forward_count; i++) {
        size += side->effects.forwards[i].size_max;
    }
    return size;
}

static void test_y4_what_is_in_flight_stays_within_the_credit(void **state)
{
    (void)state;
    hold(&county, &county_log, 1000, 1);
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;

    assert_int_equal(granted(&county), CREDIT);
    carry_out(&county, 100, 2 * FQ_BATCH_SIZE_MAX);
    tick(&county, START_MS);
    assert_int_equal(granted(&county), FQ_BATCH_SIZE_MAX);
    carry_out(&county, 101, 1);
    tick(&county, START_MS);
    assert_int_equal(county.effects.forward_count, 0); /* a batch might not fit */
    const struct ack ack = {99, 0, 2 * FQ_BATCH_SIZE_MAX, CREDIT};
    (void)take(&county, FQ_PEER_PARENT, ack_frame(session, &county_log, &ack), START_MS);
    assert_int_equal(granted(&county), CREDIT - 1);
    assert_forwards_from(&county, 101);
}

static void test_y4_logs_share_the_credit_and_take_turns(void **state)
{
    (void)state;
    struct fq_log_id logs[3];
    for (uint32_t i = 0; i < 3; i++) {
        logs[i] = (struct fq_log_id){COUNTY, 0, i + 1};
        hold(&county, &logs[i], 1000, 1);
    }
    city.sync.options.credit_bytes = FQ_BATCH_SIZE_MAX + 1;

    greet(&county, &city, START_MS);
    for (uint32_t turn = 0; turn < 6; turn++) {
        assert_int_equal(granted(&county), FQ_BATCH_SIZE_MAX + 1);
        assert_true(fq_log_id_equal(&county.effects.forwards[0].log, &logs[turn % 3]));
        carry_out(&county, turn + 2, 1);
        county.sync.up.received_bytes++;
        tick(&county, START_MS);
    }
}

static void test_y4_a_lowered_credit_counts_at_once(void **state)
{
    (void)state;
    hold(&county, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    const struct ack ack = {3, 0, 100, 0};

    carry_out(&county, 4, 100);
    (void)take(&county, FQ_PEER_PARENT, ack_frame(county.sync.up.session, &county_log, &ack),
               START_MS);

    assert_int_equal(county.effects.forward_count, 0);
}

static void test_y4_more_received_than_was_sent_is_not_believed(void **state)
{
    (void)state;
    hold(&county, &county_log, 1000, 1);
    greet(&county, &city, START_MS);
    const struct ack ack = {3, 0, 101, CREDIT};

    carry_out(&county, 4, 100);
    (void)take(&county, FQ_PEER_PARENT, ack_frame(county.sync.up.session, &county_log, &ack),
               START_MS);

    assert_int_equal(county.sync.up.received_bytes, 0);
    assert_true(granted(&county) <= CREDIT);
}

/* A batch that was lost and sent again is counted twice here and once there. */
static void test_y4_bytes_lost_on_the_way_do_not_use_up_the_credit(void **state)
{
    (void)state;
    hold(&county, &county_log, 3, 1);
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;
    const struct ack ack = {3, 0, FQ_BATCH_SIZE_MAX, CREDIT};

    carry_out(&county, 4, CREDIT);
    (void)take(&county, FQ_PEER_PARENT, ack_frame(session, &county_log, &ack), START_MS);
    hold(&county, &county_log, 4, 1);
    tick(&county, START_MS);

    assert_int_equal(granted(&county), CREDIT);
}

static void test_y4_a_socket_that_takes_nothing_is_tried_again_later(void **state)
{
    (void)state;
    hold(&county, &county_log, 5, 1);
    greet(&county, &city, START_MS);

    carry_out(&county, 1, 0);
    tick(&county, START_MS + 1);
    assert_int_equal(county.effects.forward_count, 0);
    assert_int_equal(fq_sync_next_timer(&county.sync, START_MS + 1), START_MS + 1 + RETRY_MS);
    tick(&county, START_MS + RETRY_MS);
    assert_int_equal(county.effects.forward_count, 0);
    tick(&county, START_MS + 1 + RETRY_MS);
    assert_forwards_from(&county, 1);
}

/* ---- Y5: divergence and gaps ---- */

static const struct fq_log_id former_log = {COUNTY, 0, 2};

static void test_y5_a_diverged_log_stops_and_the_others_go_on(void **state)
{
    (void)state;
    hold(&county, &county_log, 3, 1);
    hold(&city, &county_log, 3, 2);
    hold(&county, &former_log, 3, 1);

    greet(&county, &city, START_MS);

    assert_int_equal(county.effects.forward_count, 1);
    assert_true(fq_log_id_equal(&county.effects.forwards[0].log, &former_log));
    hold(&county, &county_log, 4, 1);
    tick(&county, START_MS + 1);
    assert_int_equal(county.effects.forward_count, 0);
}

static void test_y5_a_refused_seal_stops_that_log_and_the_others_go_on(void **state)
{
    (void)state;
    hold(&county, &county_log, 3, 1);
    hold(&county, &former_log, 3, 1);
    greet(&county, &city, START_MS);
    carry_out(&county, 4, 100);
    tick(&county, START_MS);
    carry_out(&county, 4, 100); /* both are on their way */

    (void)take(&county, FQ_PEER_PARENT,
               nak_frame(county.sync.up.session, &county_log, 1, FQ_REASON_SEAL), START_MS);
    hold(&county, &county_log, 5, 1);
    hold(&county, &former_log, 5, 1);
    tick(&county, START_MS);

    assert_true(beside(&county, &county_log)->is_diverged);
    assert_false(beside(&county, &former_log)->is_diverged);
    assert_int_equal(county.effects.forward_count, 1);
    assert_true(fq_log_id_equal(&county.effects.forwards[0].log, &former_log));
    assert_true(fq_sync_is_linked(&county.sync));
}

/* The child is shorter than its parent and wrote something else there: what it fetches back does
 * not continue what it has. */
static void test_y5_a_log_that_forked_behind_its_parent_is_not_wanted_for_ever(void **state)
{
    (void)state;
    hold(&county, &county_log, 3, 1);
    hold(&city, &county_log, 5, 2);
    const struct fq_sync_result result = {
        .judgement = FQ_SYNC_REFUSED, .reason = FQ_REASON_CHAIN, .log = county_log, .size = 100};

    greet(&county, &city, START_MS);
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 1);
    fq_sync_batch_result(&county.sync, FQ_PEER_PARENT, &result);
    tick(&county, START_MS + RECONNECT_MS);

    assert_true(beside(&county, &county_log)->is_diverged);
    assert_int_equal(county.effects.send_count, 0);
    assert_false(fq_sync_may_originate(&county.sync));
}

/* It greets at 3, forks at 4 and is then told that the parent has another 4. */
static void test_y5_a_fork_between_greeting_and_welcome_is_noticed(void **state)
{
    (void)state;
    hold(&county, &county_log, 3, 1);
    hold(&city, &county_log, 4, 2);

    tick(&county, START_MS);
    struct fq_span hello = frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO);
    (void)take(&city, COUNTY, hello, START_MS);
    hold(&county, &county_log, 4, 1);
    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_WELCOME), START_MS);

    assert_true(beside(&county, &county_log)->is_diverged);
}

static void test_y5_bytes_spoilt_on_the_way_back_are_wanted_again(void **state)
{
    (void)state;
    hold(&county, &county_log, 3, 1);
    hold(&city, &county_log, 5, 2);
    struct fq_sync_result result = {
        .judgement = FQ_SYNC_REFUSED, .reason = FQ_REASON_BYTES, .log = county_log, .size = 100};

    greet(&county, &city, START_MS);
    fq_sync_batch_result(&county.sync, FQ_PEER_PARENT, &result);
    result.judgement = FQ_SYNC_GAP;
    result.reason = FQ_REASON_CHAIN; /* of REFUSED alone */
    fq_sync_batch_result(&county.sync, FQ_PEER_PARENT, &result);
    tick(&county, START_MS + RECONNECT_MS);

    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 1);
}

static void test_a_gap_moves_the_cursor_once(void **state)
{
    (void)state;
    hold(&county, &county_log, 9, 1);
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;
    struct fq_span gap = nak_frame(session, &county_log, 3, FQ_REASON_GAP);

    carry_out(&county, 10, 100);
    (void)take(&county, FQ_PEER_PARENT, gap, START_MS);
    assert_forwards_from(&county, 3);
    carry_out(&county, 10, 100);
    (void)take(&county, FQ_PEER_PARENT, gap, START_MS + 1); /* the same gap: many lay behind it */
    assert_int_equal(county.effects.forward_count, 0);
    assert_int_equal(beside(&county, &county_log)->cursor, 10);
    (void)take(&county, FQ_PEER_PARENT, nak_frame(session, &county_log, 5, FQ_REASON_GAP),
               START_MS + 2); /* a further one */
    assert_forwards_from(&county, 5);
    carry_out(&county, 10, 100);
    (void)take(&county, FQ_PEER_PARENT, nak_frame(session, &county_log, 5, FQ_REASON_GAP),
               START_MS + 2 + RECONNECT_MS); /* lost again */
    assert_forwards_from(&county, 5);
}

static void test_a_gap_moves_the_cursor_neither_past_the_log_nor_before_what_is_held(void **state)
{
    (void)state;
    hold(&city, &county_log, 4, 1);
    hold(&county, &county_log, 9, 1);
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;

    carry_out(&county, 10, 100);
    (void)take(&county, FQ_PEER_PARENT, nak_frame(session, &county_log, 4, FQ_REASON_GAP),
               START_MS);
    assert_int_equal(beside(&county, &county_log)->cursor, 10);
    (void)take(&county, FQ_PEER_PARENT, nak_frame(session, &county_log, UINT64_MAX, FQ_REASON_GAP),
               START_MS);
    assert_int_equal(beside(&county, &county_log)->cursor, 10);
    assert_int_equal(county.effects.forward_count, 0);
}

static void test_a_gap_is_told_with_the_number_expected(void **state)
{
    (void)state;
    hold(&city, &county_log, 4, 1);
    hold(&county, &county_log, 9, 1);
    greet(&county, &city, START_MS);
    const struct fq_sync_result result = {.judgement = FQ_SYNC_GAP, .log = county_log, .size = 100};
    struct fq_log_id log;

    start_turn(&city);
    fq_sync_batch_result(&city.sync, COUNTY, &result);
    fq_sync_finish(&city.sync, at(START_MS), &city.effects);

    struct fq_reader reader = body_of(frame_sent(&city, COUNTY, FQ_LINK_NAK));
    assert_int_equal(fq_read_array(&reader), 5);
    assert_true(fq_link_read_log(&reader, &log));
    assert_int_equal(fq_read_uint(&reader), 5);
    assert_int_equal(fq_read_uint(&reader), FQ_REASON_GAP);
    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_ACK), 0);
}

/* ---- Y6: the tier above the parent ---- */

static void test_y6_a_child_learns_how_far_the_tier_above_has_its_log(void **state)
{
    (void)state;
    hold(&county, &county_log, 2, 0);
    greet(&city, &province, START_MS);
    greet(&county, &city, START_MS);

    accept(&city, COUNTY, &county_log, 2, 100, START_MS);
    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_ACK), START_MS);
    assert_int_equal(held_by(&county, &county_log)->acked, 2);
    assert_int_equal(held_by(&county, &county_log)->up, 0); /* the city alone has it */
    accept(&province, CITY, &county_log, 2, 100, START_MS);
    (void)take(&city, FQ_PEER_PARENT, frame_sent(&province, CITY, FQ_LINK_ACK), START_MS);
    assert_int_equal(held_by(&city, &county_log)->up, 2); /* the top tier is its own above */
    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_ACK), START_MS);

    assert_int_equal(held_by(&county, &county_log)->up, 2);
    tick(&city, START_MS);
    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_ACK), 0); /* told once */
}

static void test_y6_a_welcome_tells_it_too(void **state)
{
    (void)state;
    hold(&county, &county_log, 5, 1);
    hold(&city, &county_log, 4, 1)->acked = 3;

    greet(&county, &city, START_MS);

    assert_int_equal(held_by(&county, &county_log)->acked, 4);
    assert_int_equal(held_by(&county, &county_log)->up, 3);
}

/* Neither knew the log at the greeting; the tier above both gives it back to the city. */
static void test_y6_a_log_that_child_and_parent_had_lost_comes_back_to_the_child(void **state)
{
    (void)state;
    const struct fq_sync_result result = {
        .judgement = FQ_SYNC_ACCEPTED, .log = county_log, .size = 100};

    greet(&county, &city, START_MS);
    start_turn(&city);
    hold(&city, &county_log, 4, 1);
    fq_sync_batch_result(&city.sync, FQ_PEER_PARENT, &result);
    fq_sync_finish(&city.sync, at(START_MS), &city.effects);
    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_ACK), START_MS);

    assert_false(fq_sync_may_originate(&county.sync));
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 1);
}

/* The child gets it back from below, the parent has it all the time and goes on telling. */
static void test_y6_a_forgotten_log_is_told_of_after_the_welcome_too(void **state)
{
    (void)state;
    hold(&city, &county_log, 4, 1);
    greet(&county, &city, START_MS);
    hold(&county, &county_log, 4, 1);

    tick(&city, START_MS + HEARTBEAT_MS);
    tick(&city, START_MS + HEARTBEAT_MS);

    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_ACK),
               START_MS + HEARTBEAT_MS);
    assert_int_equal(held_by(&county, &county_log)->acked, 4);
}

/* ---- Y7: what flows down is pulled ---- */

#define NEIGHBOUR NODE(WORLD_NEIGHBOUR)

static void test_y7_the_parent_tells_how_far_a_log_is_that_flows_down(void **state)
{
    (void)state;
    struct word word = {0};
    hold(&city, &city_control, 2, 1);

    greet(&county, &city, START_MS);
    assert_true(find_word(frame_sent(&city, COUNTY, FQ_LINK_WELCOME), &city_control, &word));
    assert_int_equal(word.have, 2);
    tick(&city, START_MS + 1);
    uint32_t first = count_sent(&city, COUNTY, FQ_LINK_ACK); /* as it moved since the start */
    hold(&city, &city_control, 3, 1);
    hold(&city, &city_relays, 1, 1); /* one that is new */
    tick(&city, START_MS + 2);
    uint32_t moved = count_sent(&city, COUNTY, FQ_LINK_ACK);
    tick(&city, START_MS + 3);
    uint32_t at_rest = count_sent(&city, COUNTY, FQ_LINK_ACK);
    tick(&city, START_MS + HEARTBEAT_MS);
    uint32_t repeated = count_sent(&city, COUNTY, FQ_LINK_ACK);

    assert_true(first <= 1);
    assert_int_equal(moved, 2);
    assert_int_equal(at_rest, 0);
    assert_int_equal(repeated, 2);
}

static void test_y7_nobody_is_told_of_what_does_not_flow_to_him(void **state)
{
    (void)state;
    static struct side neighbour;
    open_side(&neighbour, WORLD_NEIGHBOUR, FQ_TIER_COUNTY);
    greet(&county, &city, START_MS);
    greet(&neighbour, &city, START_MS);

    hold(&city, &city_relays, 3, 1);
    hold(&city, &province_relays, 3, 1);
    hold(&city, &city_log, 3, 1);
    tick(&city, START_MS + 1);

    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_ACK), 2);
    assert_int_equal(count_sent(&city, NEIGHBOUR, FQ_LINK_ACK), 0);
    (void)take(&city, NEIGHBOUR, want_frame(neighbour.sync.up.session, &city_relays, 1),
               START_MS + 2);
    assert_int_equal(city.effects.forward_count, 0);
    tick(&city, START_MS + HEARTBEAT_MS);
    assert_int_equal(count_sent(&city, NEIGHBOUR, FQ_LINK_ACK), 0);
}

static struct fq_span head_frame(const struct fq_log_id *log, uint64_t seq)
{
    const struct ack ack = {.seq = seq, .credit = CREDIT};

    return ack_frame(county.sync.up.session, log, &ack);
}

static void test_y7_the_child_asks_until_it_has_it(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);

    (void)take(&county, FQ_PEER_PARENT, head_frame(&city_relays, 5), START_MS);
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 1);
    assert_true(fq_sync_may_originate(&county.sync)); /* it is not its own that is behind */
    (void)take(&county, FQ_PEER_PARENT, head_frame(&city_relays, 6), START_MS + 1);
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 0); /* it is on its way */
    assert_int_equal(fq_sync_next_timer(&county.sync, START_MS + 1), START_MS + RECONNECT_MS);
    tick(&county, START_MS + RECONNECT_MS); /* it was lost */
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 1);
    (void)take(&county, FQ_PEER_PARENT, head_frame(&city_control, 1), START_MS + RECONNECT_MS + 1);
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 1); /* another waits not */
}

/* The parent's turn gave the child everything up to `last` of the log. */
static void come_down(const struct fq_log_id *log, uint64_t last, uint64_t now_ms)
{
    const struct fq_sync_result result = {.judgement = FQ_SYNC_ACCEPTED, .log = *log, .size = 100};

    start_turn(&county);
    hold(&county, log, last, 0);
    fq_sync_batch_result(&county.sync, FQ_PEER_PARENT, &result);
    fq_sync_finish(&county.sync, at(now_ms), &county.effects);
}

static void test_y7_when_some_has_come_the_rest_is_asked_for_at_once(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    (void)take(&county, FQ_PEER_PARENT, head_frame(&city_relays, 5), START_MS);

    come_down(&city_relays, 3, START_MS + 1);
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 1);
    come_down(&city_relays, 5, START_MS + 2);
    assert_int_equal(county.effects.send_count, 0);
    assert_int_equal(held_by(&county, &city_relays)->acked, 5);
}

static void test_y7_what_came_down_is_not_sent_up_again(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    (void)take(&county, FQ_PEER_PARENT, head_frame(&city_relays, 3), START_MS);

    come_down(&city_relays, 5, START_MS + 1); /* more than it was told of */

    assert_int_equal(county.effects.forward_count, 0);
    assert_int_equal(county.effects.send_count, 0);
}

static void test_y7_a_log_that_passes_through_goes_on_down(void **state)
{
    (void)state;
    greet(&city, &province, START_MS);
    greet(&county, &city, START_MS);
    hold(&province, &province_relays, 4, 1);
    tick(&province, START_MS + 1);

    (void)take(&city, FQ_PEER_PARENT, frame_sent(&province, CITY, FQ_LINK_ACK), START_MS + 2);
    (void)take(&province, CITY, frame_sent(&city, FQ_PEER_PARENT, FQ_LINK_WANT), START_MS + 3);
    assert_forwards_from(&province, 1);
    hold(&city, &province_relays, 4, 1);
    tick(&city, START_MS + 4);
    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_ACK), START_MS + 5);
    (void)take(&city, COUNTY, frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), START_MS + 6);

    assert_int_equal(city.effects.forwards[0].peer, COUNTY);
}

static void test_y5_what_flows_down_and_forked_is_asked_for_no_more(void **state)
{
    (void)state;
    hold(&county, &city_relays, 5, 7);
    hold(&city, &city_relays, 4, 7);
    greet(&county, &city, START_MS);

    (void)take(&county, FQ_PEER_PARENT, head_frame(&city_relays, 5), START_MS); /* another chain */
    (void)take(&county, FQ_PEER_PARENT, head_frame(&city_relays, 6), START_MS + 1);

    assert_true(beside(&county, &city_relays)->is_diverged);
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_WANT), 0);
}

/* ---- Y8: the parent lost what it wrote ---- */

static void test_y8_a_parent_gets_back_what_a_child_holds_and_writes_nothing_before(void **state)
{
    (void)state;
    hold(&county, &city_relays, 3, 1);
    hold(&city, &city_relays, 1, 1);
    assert_false(fq_sync_may_relay(&city.sync, &city_relays)); /* nobody is linked */

    greet(&county, &city, START_MS);
    assert_false(fq_sync_may_relay(&city.sync, &city_relays));
    assert_true(fq_sync_may_originate(&city.sync));
    assert_forwards_from(&county, 2);
    accept(&city, COUNTY, &city_relays, 3, 100, START_MS + 1);
    assert_true(fq_sync_may_relay(&city.sync, &city_relays));

    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_ACK), START_MS + 2);
    assert_int_equal(beside(&county, &city_relays)->parent_have, 3);
    assert_int_equal(count_to(&county, FQ_PEER_PARENT), 0);
}

/* A second copy is acknowledged too: the first word was lost. */
static void test_y8_a_duplicate_that_comes_back_is_acknowledged(void **state)
{
    (void)state;
    const struct fq_sync_result result = {
        .judgement = FQ_SYNC_DUPLICATE, .log = city_relays, .size = 100};
    hold(&city, &city_relays, 3, 1);
    greet(&county, &city, START_MS);
    tick(&city, START_MS + 1);

    start_turn(&city);
    fq_sync_batch_result(&city.sync, COUNTY, &result);
    fq_sync_finish(&city.sync, at(START_MS + 2), &city.effects);

    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_ACK), 1);
}

static void test_y8_lost_control_stops_all_that_commands_write(void **state)
{
    (void)state;
    hold(&county, &city_control, 3, 1);

    greet(&county, &city, START_MS); /* the city holds none of it */
    assert_false(fq_sync_may_originate(&city.sync));
    accept(&city, COUNTY, &city_control, 3, 100, START_MS + 1);

    assert_true(fq_sync_may_originate(&city.sync));
}

/* A greeting may be one of an older session, late on its way: what the child holds by now is not in it.
 * Only who has spoken after the welcome has greeted just now. */
static void test_y8_nothing_is_relayed_on_a_greeting_alone(void **state)
{
    (void)state;
    hold(&county, &city_relays, 1, 1);
    hold(&city, &city_relays, 1, 1);
    greet(&county, &city, START_MS);
    uint64_t session = city.sync.children[0].session;
    assert_true(fq_sync_may_relay(&city.sync, &city_relays));

    city.sync.children[0].has_spoken = false;
    assert_false(fq_sync_may_relay(&city.sync, &city_relays));
    (void)take(&city, COUNTY, number_frame(session + 1, FQ_LINK_HEARTBEAT, 0), START_MS + 5);
    assert_false(fq_sync_may_relay(&city.sync, &city_relays));

    (void)take(&city, COUNTY, number_frame(session, FQ_LINK_HEARTBEAT, 0), START_MS + 10);
    assert_true(fq_sync_may_relay(&city.sync, &city_relays));
}

static void test_y8_what_a_child_held_in_a_former_greeting_does_not_count(void **state)
{
    (void)state;
    hold(&county, &city_relays, 3, 1);
    hold(&city, &city_relays, 1, 1);
    greet(&county, &city, START_MS);
    assert_false(fq_sync_may_relay(&city.sync, &city_relays));

    open_side(&county, WORLD_COUNTY, FQ_TIER_COUNTY); /* it lost its disk */
    greet(&county, &city, START_MS + 10);

    assert_true(fq_sync_may_relay(&city.sync, &city_relays));
}

static void test_y8_relays_that_forked_are_written_no_more(void **state)
{
    (void)state;
    hold(&county, &city_relays, 3, 1);
    hold(&city, &city_relays, 3, 2);
    hold(&city, &city_control, 1, 2);

    greet(&county, &city, START_MS);

    assert_false(fq_sync_may_relay(&city.sync, &city_relays));
    assert_true(beside(&city, &city_relays)->is_diverged);
    assert_true(beside(&county, &city_relays)->is_diverged);
    assert_true(fq_sync_may_relay(&city.sync, &city_control)); /* the others go on */
}

/* ---- greeting, silence, standing still ---- */

static void test_a_greeting_without_an_answer_backs_off(void **state)
{
    (void)state;
    static const uint64_t waits[] = {1, 2, 4, 8, 16, 16, 16};
    uint64_t now_ms = START_MS;

    tick(&county, now_ms);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), 1);
        assert_int_equal(fq_sync_next_timer(&county.sync, now_ms),
                         now_ms + waits[i] * RECONNECT_MS);
        tick(&county, now_ms + waits[i] * RECONNECT_MS - 1);
        assert_int_equal(county.effects.send_count, 0);
        now_ms += waits[i] * RECONNECT_MS;
        tick(&county, now_ms);
    }
}

static void test_a_welcome_ends_the_backing_off(void **state)
{
    (void)state;

    for (uint64_t i = 0; i < 3; i++) {
        tick(&county, START_MS + i * 1000);
    }
    greet(&county, &city, START_MS + 3000);
    (void)take(&county, FQ_PEER_PARENT,
               number_frame(county.sync.up.session, FQ_LINK_ERROR, FQ_REASON_GAP),
               START_MS + 3001); /* the parent was started anew: greeted at once */
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), 1);
    tick(&county, START_MS + 3001 + RECONNECT_MS);

    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), 1);
}

static void test_a_hello_that_did_not_leave_is_tried_soon(void **state)
{
    (void)state;

    tick(&county, START_MS);
    tick(&county, START_MS + RECONNECT_MS);
    tick(&county, START_MS + 3 * RECONNECT_MS); /* the next would be in four times as long */
    fq_sync_peer_gone(&county.sync, FQ_PEER_PARENT);
    tick(&county, START_MS + 3 * RECONNECT_MS);
    tick(&county, START_MS + 4 * RECONNECT_MS);

    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), 1);
}

static void test_a_silent_parent_is_greeted_anew(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;

    (void)take(&county, FQ_PEER_PARENT, number_frame(session, FQ_LINK_HEARTBEAT, 0), START_MS + 10);
    tick(&county, START_MS + 10 + SILENCE_MS);
    assert_true(fq_sync_is_linked(&county.sync));
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_HEARTBEAT), 1);
    tick(&county, START_MS + 11 + SILENCE_MS);

    assert_false(fq_sync_is_linked(&county.sync));
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), 1);
}

static void test_a_step_of_the_wall_clock_is_no_silence(void **state)
{
    (void)state;
    const struct fq_now later = {.wall_ms = 2 * START_MS, .steady_ms = START_MS + 10};
    greet(&county, &city, START_MS);

    fq_sync_finish(&county.sync, later, &county.effects);
    fq_sync_finish(&city.sync, later, &city.effects);

    assert_true(fq_sync_is_linked(&county.sync));
    assert_true(fq_sync_child_at(&city.sync, 0).is_linked);
}

static void test_a_silent_child_has_to_greet_again(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;

    tick(&city, START_MS + SILENCE_MS);
    assert_true(fq_sync_child_at(&city.sync, 0).is_linked);
    tick(&city, START_MS + SILENCE_MS + 1);
    assert_false(fq_sync_child_at(&city.sync, 0).is_linked);
    struct fq_incoming incoming =
        take(&city, COUNTY, batch_frame(session), START_MS + SILENCE_MS + 2);

    assert_false(incoming.is_batch);
    struct fq_span error = frame_sent(&city, COUNTY, FQ_LINK_ERROR);
    assert_int_equal(reason_of(error), FQ_REASON_GAP);
    (void)take(&county, FQ_PEER_PARENT, error, START_MS + SILENCE_MS + 2);
    assert_int_equal(count_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), 1);
}

/* The parent lives and beats, but what was sent to it never arrives. */
static void test_a_log_that_stands_still_leads_to_a_new_greeting(void **state)
{
    (void)state;
    hold(&county, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;
    const struct ack ack = {2, 0, 40, CREDIT};

    carry_out(&county, 6, 100);
    (void)take(&county, FQ_PEER_PARENT, ack_frame(session, &county_log, &ack), START_MS + 2000);
    for (uint64_t at = START_MS + 3000; at <= START_MS + 5000; at += 1000) {
        (void)take(&county, FQ_PEER_PARENT, number_frame(session, FQ_LINK_HEARTBEAT, 0), at);
        assert_true(fq_sync_is_linked(&county.sync)); /* it moved at 2000 */
    }
    tick(&county, START_MS + 5001);
    assert_false(fq_sync_is_linked(&county.sync));

    (void)take(&city, COUNTY, frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO), START_MS + 5001);
    (void)take(&county, FQ_PEER_PARENT, frame_sent(&city, COUNTY, FQ_LINK_WELCOME),
               START_MS + 5001);
    assert_forwards_from(&county, 1); /* what the parent really has */
    assert_int_equal(granted(&county), CREDIT);
}

static void test_a_log_at_rest_does_not_stand_still(void **state)
{
    (void)state;
    hold(&county, &county_log, 5, 1);
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;
    const struct ack ack = {5, 0, 100, CREDIT};

    carry_out(&county, 6, 100);
    (void)take(&county, FQ_PEER_PARENT, ack_frame(session, &county_log, &ack), START_MS);
    for (uint64_t at = START_MS + 1000; at <= START_MS + 20000; at += 1000) {
        (void)take(&county, FQ_PEER_PARENT, number_frame(session, FQ_LINK_HEARTBEAT, 0), at);
        assert_true(fq_sync_is_linked(&county.sync));
    }
}

/* ---- whom a parent greets back ---- */

static void assert_refused_hello(uint32_t peer, struct fq_span hello, enum fq_reason reason)
{
    uint32_t count = fq_sync_child_count(&city.sync);

    (void)take(&city, peer, hello, START_MS);
    assert_int_equal(count_sent(&city, peer, FQ_LINK_WELCOME), 0);
    assert_int_equal(reason_of(frame_sent(&city, peer, FQ_LINK_ERROR)), reason);
    assert_int_equal(fq_sync_child_count(&city.sync), count);
}

static void test_a_hello_under_a_wrong_origin_or_of_a_foreign_area_is_refused(void **state)
{
    (void)state;
    const uint32_t foreign[] = {NODE(WORLD_FAR), NODE(WORLD_DIRECT), NODE(WORLD_PROVINCE),
                                WORLD_CITY * 100 + 2, 99999901};

    tick(&county, START_MS);
    struct fq_span hello = frame_sent(&county, FQ_PEER_PARENT, FQ_LINK_HELLO);
    assert_refused_hello(NODE(WORLD_NEIGHBOUR), hello, FQ_REASON_ORIGIN); /* it says: the county */
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_refused_hello(foreign[i], hello_frame(foreign[i], 8, 0), FQ_REASON_ORIGIN);
    }
    (void)take(&city, COUNTY, hello_frame(COUNTY, 8, 0), START_MS);
    assert_int_equal(count_sent(&city, COUNTY, FQ_LINK_WELCOME), 1);
}

static void test_a_malformed_hello_is_refused_and_the_child_stays_as_it_was(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);
    uint64_t session = county.sync.up.session;

    assert_refused_hello(COUNTY, hello_frame(COUNTY, 7, 0), FQ_REASON_ORIGIN);
    assert_refused_hello(COUNTY, hello_frame(COUNTY, 8, 1), FQ_REASON_ORIGIN); /* a nil for a log */
    assert_refused_hello(COUNTY, hello_frame(COUNTY + (UINT64_C(1) << 32), 8, 0), FQ_REASON_ORIGIN);

    assert_int_equal(city.sync.children[0].session, session);
}

static void test_a_child_too_many_is_told_so(void **state)
{
    (void)state;
    const uint32_t areas[] = {WORLD_COUNTY, WORLD_NEIGHBOUR, WORLD_THIRD};

    for (uint32_t i = 0; i < FQ_CHILDREN_MAX; i++) {
        uint32_t origin = areas[i / 100] * 100 + i % 100;
        hand.used = 0;
        (void)take(&city, origin, hello_frame(origin, 8, 0), START_MS);
        assert_int_equal(count_sent(&city, origin, FQ_LINK_WELCOME), 1);
    }
    assert_int_equal(fq_sync_child_count(&city.sync), FQ_CHILDREN_MAX);
    uint32_t last = WORLD_THIRD * 100 + 99;
    assert_refused_hello(last, hello_frame(last, 8, 0), FQ_REASON_LIMIT);
}

static void test_a_child_that_is_gone_is_told_nothing(void **state)
{
    (void)state;
    greet(&county, &city, START_MS);

    fq_sync_peer_gone(&city.sync, COUNTY);
    accept(&city, COUNTY, &county_log, 2, 100, START_MS + HEARTBEAT_MS);

    assert_int_equal(count_to(&city, COUNTY), 0);
    assert_false(fq_sync_child_at(&city.sync, 0).is_linked);
}

static void test_l1_what_is_no_frame_is_kept_as_evidence_and_changes_nothing(void **state)
{
    (void)state;
    static struct memory_of_side before;
    greet(&county, &city, START_MS);
    struct fq_span frame = batch_frame(county.sync.up.session);
    const uint32_t peers[] = {FQ_PEER_PARENT, COUNTY};

    for (size_t i = 0; i < 2; i++) {
        start_turn(&city);
        remember(&city, &before);
        struct fq_incoming incoming =
            receive(&city, peers[i], fq_span_of(frame.data, frame.size - 1), START_MS + 1);
        assert_false(incoming.is_batch);
        assert_unchanged(&city, &before);
        assert_int_equal(city.effects.evidence_count, 1);
        assert_int_equal(city.effects.evidence[0].reason, FQ_REASON_BYTES);
        assert_int_equal(city.effects.evidence[0].peer, peers[i]);
    }
}

static void test_l1_a_malformed_welcome_is_not_taken_by_half(void **state)
{
    (void)state;
    hold(&county, &county_log, 5, 1);
    tick(&county, START_MS);
    uint64_t session = county.sync.up.session;

    (void)take(&county, FQ_PEER_PARENT, welcome_frame(session, 3, 1), START_MS);
    assert_int_equal(county.sync.up.state, FQ_UPLINK_GREETING);
    assert_int_equal(held_by(&county, &county_log)->acked, 0);
    (void)take(&county, FQ_PEER_PARENT, welcome_frame(session, 3, 0), START_MS);
    assert_true(fq_sync_is_linked(&county.sync));
    assert_int_equal(held_by(&county, &county_log)->acked, 3);
}

#define CASE(test) cmocka_unit_test_setup(test, begin)

/* ---- Y9: who was heard of, and how far it has written ---- */

/* A heartbeat of the child reaches its parent. */
static void beat(struct side *child, struct side *parent, uint64_t now_ms)
{
    uint32_t origin = child->sync.options.origin;

    tick(child, now_ms);
    (void)take(parent, origin, frame_sent(child, FQ_PEER_PARENT, FQ_LINK_HEARTBEAT), now_ms);
}

static void assert_heard(const struct side *side, uint32_t origin, uint64_t heard_ms,
                         uint64_t announced, enum fq_reason reason)
{
    const struct fq_sync_heard *heard = fq_sync_heard_of(&side->sync, origin);

    assert_non_null(heard);
    assert_int_equal(heard->heard_ms, heard_ms);
    assert_int_equal(heard->announced, announced);
    assert_int_equal(heard->reason, reason);
}

static void test_y9_a_greeting_announces_what_is_not_held(void **state)
{
    (void)state;
    const struct fq_log_id former = {COUNTY, 0, 4};
    hold(&county, &county_log, 3, 1);
    hold(&county, &former, 4, 1);
    hold(&city, &county_log, 2, 2);

    greet(&county, &city, START_MS);

    assert_heard(&city, COUNTY, 0, 7, FQ_REASON_NONE); /* of all its logs */
    assert_int_equal(fq_sync_held(&city.frontier, COUNTY), 2);
    assert_int_equal(fq_sync_held(&county.frontier, COUNTY), 7);
}

static void test_y9_the_province_hears_of_a_county_by_its_city(void **state)
{
    (void)state;
    uint64_t now_ms = START_MS + HEARTBEAT_MS;
    greet(&city, &province, START_MS);
    greet(&county, &city, START_MS);
    hold(&county, &county_log, 3, 1); /* written since */

    beat(&county, &city, now_ms);
    beat(&city, &province, now_ms + HEARTBEAT_MS);

    assert_heard(&city, COUNTY, now_ms, 3, FQ_REASON_NONE);
    assert_heard(&province, COUNTY, now_ms, 3, FQ_REASON_NONE);
    assert_heard(&province, CITY, now_ms + HEARTBEAT_MS, 0, FQ_REASON_NONE);
    assert_null(fq_sync_heard_of(&province.sync, NODE(WORLD_NEIGHBOUR)));
}

static void test_y9_a_node_says_why_it_cannot_be_complete(void **state)
{
    (void)state;
    uint64_t now_ms = START_MS + HEARTBEAT_MS;
    greet(&city, &province, START_MS);
    greet(&county, &city, START_MS);
    fq_sync_set_amnesia(&county.sync, &county_log, 5);

    beat(&county, &city, now_ms);
    beat(&city, &province, now_ms + HEARTBEAT_MS);

    assert_heard(&province, COUNTY, now_ms, 0, FQ_REASON_COVERAGE_READ_ONLY);
    hold(&county, &county_log, 5, 1); /* it has it back */
    beat(&county, &city, now_ms + HEARTBEAT_MS);
    assert_heard(&city, COUNTY, now_ms + HEARTBEAT_MS, 5, FQ_REASON_NONE);
    hold(&city, &county_log, 5, 1);
    city.sync.logs[fq_frontier_index(&city.frontier, held_by(&city, &county_log))].is_diverged =
        true; /* the province refused it */
    beat(&city, &province, now_ms + 2 * HEARTBEAT_MS);
    assert_heard(&province, COUNTY, now_ms + HEARTBEAT_MS, 5, FQ_REASON_COVERAGE_DIVERGED);
}

/* A heartbeat that speaks of this node. */
static struct fq_span hearsay(uint64_t session, uint32_t origin, uint64_t heard_ms)
{
    struct fq_writer writer = fq_link_begin(&hand, 256);

    fq_write_array(&writer, 2);
    fq_write_uint(&writer, START_MS);
    fq_write_array(&writer, 1);
    fq_write_array(&writer, 4);
    fq_write_uint(&writer, origin);
    fq_write_uint(&writer, heard_ms);
    fq_write_uint(&writer, 9);
    fq_write_uint(&writer, 0);
    return end_frame(&writer, FQ_LINK_HEARTBEAT, session);
}

static void test_y9_a_child_speaks_for_its_own_area_and_not_of_the_future(void **state)
{
    (void)state;
    greet(&city, &province, START_MS);
    uint64_t session = city.sync.up.session;

    (void)take(&province, CITY, hearsay(session, NODE(WORLD_FAR), START_MS), START_MS);
    (void)take(&province, CITY, hearsay(session, COUNTY, START_MS + 99999), START_MS + 1);
    (void)take(&province, CITY, hearsay(session, COUNTY, START_MS - 9), START_MS + 2);

    assert_null(fq_sync_heard_of(&province.sync, NODE(WORLD_FAR)));
    assert_heard(&province, COUNTY, START_MS + 1, 9, FQ_REASON_NONE);
    (void)take(&province, CITY, number_frame(session, FQ_LINK_HEARTBEAT, START_MS), START_MS + 3);
    assert_heard(&province, COUNTY, START_MS + 1, 9, FQ_REASON_NONE); /* an older program's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_y1_each_greeting_has_a_greater_session_and_each_boot_too),
        CASE(test_y1_a_child_heeds_nothing_of_another_session),
        CASE(test_y1_a_parent_heeds_nothing_of_another_session),
        CASE(test_y1_the_welcome_of_a_former_hello_is_not_taken),
        CASE(test_y1_what_was_forwarded_in_another_session_does_not_count),
        CASE(test_y1_a_new_hello_voids_what_was_wanted_before),
        CASE(test_y1_a_new_hello_leaves_what_others_want),
        CASE(test_y2_an_ack_leaves_at_the_end_and_names_what_is_held_then),
        CASE(test_y2_a_duplicate_is_acknowledged_again),
        CASE(test_y2_acks_only_rise_and_never_beyond_the_log),
        CASE(test_y2_acks_are_repeated_with_each_heartbeat),
        CASE(test_batches_are_judged_by_what_is_held),
        CASE(test_y3_the_verdicts_of_a_greeting),
        CASE(test_y3_a_forgotten_log_is_given_back),
        CASE(test_y3_behind_its_parent_a_node_wants_the_rest_and_writes_nothing),
        CASE(test_y3_a_relayed_log_that_is_behind_does_not_stop_ones_own),
        CASE(test_y3_amnesia_is_read_only_until_the_log_is_back),
        CASE(test_y3_a_wanted_range_goes_out_piece_by_piece),
        CASE(test_y3_a_log_wanted_again_is_sent_once),
        CASE(test_y3_a_want_that_nothing_serves_is_dropped),
        CASE(test_y3_a_child_gets_back_only_what_is_of_its_area),
        CASE(test_y4_what_is_in_flight_stays_within_the_credit),
        CASE(test_y4_logs_share_the_credit_and_take_turns),
        CASE(test_y4_a_lowered_credit_counts_at_once),
        CASE(test_y4_more_received_than_was_sent_is_not_believed),
        CASE(test_y4_bytes_lost_on_the_way_do_not_use_up_the_credit),
        CASE(test_y4_a_socket_that_takes_nothing_is_tried_again_later),
        CASE(test_y5_a_diverged_log_stops_and_the_others_go_on),
        CASE(test_y5_a_refused_seal_stops_that_log_and_the_others_go_on),
        CASE(test_y5_a_log_that_forked_behind_its_parent_is_not_wanted_for_ever),
        CASE(test_y5_a_fork_between_greeting_and_welcome_is_noticed),
        CASE(test_y5_bytes_spoilt_on_the_way_back_are_wanted_again),
        CASE(test_a_gap_moves_the_cursor_once),
        CASE(test_a_gap_moves_the_cursor_neither_past_the_log_nor_before_what_is_held),
        CASE(test_a_gap_is_told_with_the_number_expected),
        CASE(test_y6_a_child_learns_how_far_the_tier_above_has_its_log),
        CASE(test_y6_a_welcome_tells_it_too),
        CASE(test_y6_a_log_that_child_and_parent_had_lost_comes_back_to_the_child),
        CASE(test_y6_a_forgotten_log_is_told_of_after_the_welcome_too),
        CASE(test_y3_what_is_not_the_childs_is_called_diverged),
        CASE(test_y7_the_parent_tells_how_far_a_log_is_that_flows_down),
        CASE(test_y7_nobody_is_told_of_what_does_not_flow_to_him),
        CASE(test_y7_the_child_asks_until_it_has_it),
        CASE(test_y7_when_some_has_come_the_rest_is_asked_for_at_once),
        CASE(test_y7_what_came_down_is_not_sent_up_again),
        CASE(test_y7_a_log_that_passes_through_goes_on_down),
        CASE(test_y5_what_flows_down_and_forked_is_asked_for_no_more),
        CASE(test_y8_a_parent_gets_back_what_a_child_holds_and_writes_nothing_before),
        CASE(test_y8_a_duplicate_that_comes_back_is_acknowledged),
        CASE(test_y8_lost_control_stops_all_that_commands_write),
        CASE(test_y8_nothing_is_relayed_on_a_greeting_alone),
        CASE(test_y8_what_a_child_held_in_a_former_greeting_does_not_count),
        CASE(test_y8_relays_that_forked_are_written_no_more),
        CASE(test_a_greeting_without_an_answer_backs_off),
        CASE(test_a_welcome_ends_the_backing_off),
        CASE(test_a_hello_that_did_not_leave_is_tried_soon),
        CASE(test_a_silent_parent_is_greeted_anew),
        CASE(test_a_step_of_the_wall_clock_is_no_silence),
        CASE(test_a_silent_child_has_to_greet_again),
        CASE(test_a_log_that_stands_still_leads_to_a_new_greeting),
        CASE(test_a_log_at_rest_does_not_stand_still),
        CASE(test_a_hello_under_a_wrong_origin_or_of_a_foreign_area_is_refused),
        CASE(test_a_malformed_hello_is_refused_and_the_child_stays_as_it_was),
        CASE(test_a_child_too_many_is_told_so),
        CASE(test_a_child_that_is_gone_is_told_nothing),
        CASE(test_l1_what_is_no_frame_is_kept_as_evidence_and_changes_nothing),
        CASE(test_l1_a_malformed_welcome_is_not_taken_by_half),
        CASE(test_y9_a_greeting_announces_what_is_not_held),
        CASE(test_y9_the_province_hears_of_a_county_by_its_city),
        CASE(test_y9_a_node_says_why_it_cannot_be_complete),
        CASE(test_y9_a_child_speaks_for_its_own_area_and_not_of_the_future),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
