/* Who is told of a dispute and by whom (X1 to X4), in the module alone and through the core's turn:
 * a province with two cities and their counties. */
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

#define NODE(area) ((area)*100 + 1)
#define NOW_MS UINT64_C(1625000000000)
#define UNIT(area) ((area)*UINT64_C(10000) + 3)

static struct world world;
static struct world_view *held;
static struct fq_relay_map map;
static struct fq_arena arena;
static uint8_t memory[1 << 20] __attribute__((aligned(16)));
static uint64_t next_seq;

static int begin(void **state)
{
    static const uint32_t nodes[] = {WORLD_PROVINCE,  WORLD_CITY, WORLD_OTHER_CITY, WORLD_COUNTY,
                                     WORLD_NEIGHBOUR, WORLD_FAR,  WORLD_DIRECT};

    (void)state;
    world_open(&world);
    held = world_view_open(&world);
    arena = fq_arena_over(memory, sizeof memory);
    fq_relay_map_init(&map, &world.areas, WORLD_PROVINCE);
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        fq_relay_map_add(&map, nodes[i]);
    }
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

/* ---- events ---- */

static struct fq_event fact(uint32_t writer, uint16_t kind)
{
    struct fq_event event = {.id = {{NODE(writer), 0, 1}, ++next_seq},
                             .kind = kind,
                             .step = kind,
                             .rev = (uint32_t)next_seq,
                             .area = WORLD_COUNTY,
                             .date = world_date("2021-03-01"),
                             .cmd_id = world_id((uint8_t)(100 + next_seq)),
                             .dispute = world_id(1)};

    if (kind == FQ_EVENT_REGISTERED) {
        event.cmd_id = event.dispute;
        event.value[FQ_FIELD_TYPE] = 4;
        event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_SCREENING;
        event.value[FQ_FIELD_HOST] = UNIT(writer);
    }
    return event;
}

static struct fq_event handing(uint32_t writer, uint16_t kind, uint32_t to)
{
    struct fq_event event = fact(writer, kind);

    event.value[FQ_FIELD_TO_UNIT] = UNIT(to);
    return event;
}

/* Fold it; what this node owes for it. */
static struct fq_owed_list owed_for(const struct fq_event *event)
{
    struct fq_owed_list list = {.count = 0};

    assert_int_equal(world_tell(held, event), FQ_MERGED_NEW);
    const struct fq_dispute *dispute = fq_view_find(&held->view, &event->dispute);
    assert_ptr_equal(held->view.folded, dispute);
    assert_true(
        fq_relay_owe(&map, &held->view, dispute, event, 1000 + event->id.seq, &arena, &list));
    return list;
}

static const struct fq_owed *owed_to(const struct fq_owed_list *list, uint32_t recipient)
{
    for (const struct fq_owed *owed = list->first; owed; owed = owed->next) {
        if (owed->recipient == recipient) {
            return owed;
        }
    }
    return NULL;
}

enum debt { NOTHING, EVENT, HISTORY };

static enum debt debt_to(const struct fq_owed_list *list, uint32_t recipient)
{
    const struct fq_owed *owed = owed_to(list, recipient);

    return !owed ? NOTHING : owed->is_history ? HISTORY : EVENT;
}

static uint32_t count_owed(const struct fq_event *event)
{
    struct fq_owed_list list = owed_for(event);

    return list.count;
}

/* ---- X2: who relays ---- */

static void test_x2_the_lowest_node_above_both_relays(void **state)
{
    (void)state;
    static const struct {
        uint32_t own, writer, recipient;
        bool is_here;
    } rows[] = {
        {WORLD_PROVINCE, WORLD_COUNTY, WORLD_FAR, true},
        {WORLD_PROVINCE, WORLD_COUNTY, WORLD_OTHER_CITY, true},
        {WORLD_PROVINCE, WORLD_COUNTY, WORLD_DIRECT, true},
        {WORLD_PROVINCE, WORLD_PROVINCE, WORLD_COUNTY, true},
        {WORLD_PROVINCE, WORLD_COUNTY, WORLD_NEIGHBOUR, false}, /* the city does */
        {WORLD_PROVINCE, WORLD_COUNTY, WORLD_CITY, false},      /* it goes up through it */
        {WORLD_PROVINCE, WORLD_CITY, WORLD_COUNTY, false},      /* the city itself does */
        {WORLD_PROVINCE, WORLD_COUNTY, WORLD_COUNTY, false},
        {WORLD_PROVINCE, WORLD_COUNTY, WORLD_PROVINCE, false},
        {WORLD_PROVINCE, WORLD_COUNTY, 999999, false},
        {WORLD_CITY, WORLD_COUNTY, WORLD_NEIGHBOUR, true},
        {WORLD_CITY, WORLD_CITY, WORLD_COUNTY, true},
        {WORLD_CITY, WORLD_FAR, WORLD_COUNTY, false},
        {WORLD_CITY, WORLD_COUNTY, WORLD_FAR, false},
        {WORLD_CITY, WORLD_PROVINCE, WORLD_COUNTY, false},
        {WORLD_COUNTY, WORLD_COUNTY, WORLD_NEIGHBOUR, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        map.own_area = rows[i].own;
        map.is_leaf = rows[i].own == WORLD_COUNTY;
        bool is_here = fq_relay_is_here(&map, NODE(rows[i].writer), rows[i].recipient);
        assert_int_equal(is_here, rows[i].is_here);
    }
}

/* Counties of a city that has no node hang under the province's, and it relays between them. */
static void test_x2_an_area_without_a_node_relays_nothing(void **state)
{
    (void)state;
    fq_relay_map_init(&map, &world.areas, WORLD_PROVINCE);
    fq_relay_map_add(&map, WORLD_COUNTY);
    fq_relay_map_add(&map, WORLD_NEIGHBOUR);

    assert_true(fq_relay_is_here(&map, NODE(WORLD_COUNTY), WORLD_NEIGHBOUR));
    fq_relay_map_add(&map, WORLD_CITY);
    assert_false(fq_relay_is_here(&map, NODE(WORLD_COUNTY), WORLD_NEIGHBOUR));
}

/* ---- X1, X4: to whom, and what ---- */

static void test_a_dispute_of_one_county_is_owed_to_nobody(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event joined = handing(WORLD_COUNTY, FQ_EVENT_JOINED, WORLD_COUNTY);

    assert_int_equal(count_owed(&registered), 0);
    assert_int_equal(count_owed(&joined), 0); /* another unit of the same county */
    struct fq_event corrected = fact(WORLD_COUNTY, FQ_EVENT_CORRECTED);
    corrected.step = FQ_EVENT_SESSION;
    corrected.value[FQ_FIELD_CORRECTS] = FQ_EVENT_SESSION;
    assert_int_equal(count_owed(&corrected), 0);
    assert_true(held->view.folded->flags & FQ_DISPUTE_CHANGED);
    assert_false(held->view.folded->flags & FQ_DISPUTE_SHARED);
}

static void test_x4_a_new_recipient_is_owed_the_history_and_then_each_event(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event joined = handing(WORLD_COUNTY, FQ_EVENT_JOINED, WORLD_FAR);
    struct fq_event session = fact(WORLD_COUNTY, FQ_EVENT_SESSION);
    (void)owed_for(&registered);

    struct fq_owed_list first = owed_for(&joined);
    struct fq_owed_list then = owed_for(&session);

    assert_int_equal(debt_to(&first, WORLD_FAR), HISTORY);
    assert_int_equal(first.last->lsn, 1000 + joined.id.seq);
    assert_true(fq_id_equal(&first.last->dispute, &joined.dispute));
    assert_int_equal(debt_to(&then, WORLD_FAR), EVENT);
    assert_int_equal(then.first->event.seq, session.id.seq);
    /* The home is a recipient too: of its own events it needs none. */
    assert_int_equal(then.count, 1);
}

static void test_x1_the_home_hears_of_what_others_write(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event joined = handing(WORLD_COUNTY, FQ_EVENT_JOINED, WORLD_FAR);
    struct fq_event session = fact(WORLD_FAR, FQ_EVENT_SESSION);
    struct fq_event supervised = fact(WORLD_PROVINCE, FQ_EVENT_SUPERVISED);
    (void)owed_for(&registered);
    (void)owed_for(&joined);

    struct fq_owed_list by_far = owed_for(&session);
    struct fq_owed_list by_province = owed_for(&supervised);

    assert_int_equal(by_far.count, 1);
    assert_non_null(owed_to(&by_far, WORLD_COUNTY));
    assert_int_equal(by_province.count, 2);
    assert_non_null(owed_to(&by_province, WORLD_COUNTY));
    assert_non_null(owed_to(&by_province, WORLD_FAR));
}

static void test_x1_everyone_a_fact_hands_the_dispute_to_is_a_recipient(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event referred = handing(WORLD_COUNTY, FQ_EVENT_REFERRED, WORLD_OTHER_CITY);
    struct fq_event transferred = handing(WORLD_COUNTY, FQ_EVENT_TRANSFERRED, WORLD_DIRECT);
    struct fq_event assigned = fact(WORLD_PROVINCE, FQ_EVENT_ASSIGNED);
    struct fq_event session = fact(WORLD_COUNTY, FQ_EVENT_SESSION);
    transferred.value[FQ_FIELD_TO_AREA] = WORLD_DIRECT;
    assigned.value[FQ_FIELD_TO_AREA] = WORLD_FAR;
    (void)owed_for(&registered);
    (void)owed_for(&referred);
    (void)owed_for(&transferred);
    (void)owed_for(&assigned);

    struct fq_owed_list list = owed_for(&session);

    assert_non_null(owed_to(&list, WORLD_OTHER_CITY)); /* a unit of the city itself */
    assert_non_null(owed_to(&list, WORLD_DIRECT));
    assert_non_null(owed_to(&list, WORLD_FAR));
    assert_int_equal(list.count, 3);
}

static void test_x1_a_home_written_by_a_correction_counts(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event corrected = fact(WORLD_COUNTY, FQ_EVENT_CORRECTED);
    struct fq_event session = fact(WORLD_COUNTY, FQ_EVENT_SESSION);
    corrected.step = FQ_EVENT_REGISTERED;
    corrected.value[FQ_FIELD_CORRECTS] = FQ_EVENT_REGISTERED;
    corrected.value[FQ_FIELD_TYPE] = 4;
    corrected.area = WORLD_FAR;
    (void)owed_for(&registered);
    struct fq_owed_list moved = owed_for(&corrected);
    struct fq_owed_list then = owed_for(&session);

    assert_int_equal(debt_to(&moved, WORLD_FAR), HISTORY);
    assert_int_equal(debt_to(&then, WORLD_FAR), EVENT);
}

static void test_x1_who_left_or_was_named_by_a_void_fact_still_hears(void **state)
{
    (void)state;
    uint8_t target[FQ_EVENT_ID_SIZE];
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event joined = handing(WORLD_COUNTY, FQ_EVENT_JOINED, WORLD_FAR);
    struct fq_event left = fact(WORLD_COUNTY, FQ_EVENT_LEFT);
    struct fq_event voided = fact(WORLD_COUNTY, FQ_EVENT_VOIDED);
    struct fq_event session = fact(WORLD_COUNTY, FQ_EVENT_SESSION);
    fq_event_id_encode(&joined.id, target);
    assert_true(fq_event_set_bytes(&voided, FQ_FIELD_TARGET, fq_span_of(target, sizeof target)));
    (void)owed_for(&registered);
    (void)owed_for(&joined);

    struct fq_owed_list by_left = owed_for(&left);
    struct fq_owed_list by_void = owed_for(&voided);
    struct fq_owed_list then = owed_for(&session);

    assert_int_equal(debt_to(&by_left, WORLD_FAR), EVENT);
    assert_int_equal(debt_to(&by_void, WORLD_FAR), EVENT);
    assert_int_equal(debt_to(&then, WORLD_FAR), EVENT);
    assert_int_equal(then.count, 1);
}

/* Facts may come in any order: once all are there, each has been owed once. */
static void test_x4_the_order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event joined = handing(WORLD_COUNTY, FQ_EVENT_JOINED, WORLD_FAR);
    struct fq_event session = fact(WORLD_COUNTY, FQ_EVENT_SESSION);

    struct fq_owed_list last_first = owed_for(&joined);
    struct fq_owed_list then = owed_for(&session);
    struct fq_owed_list at_last = owed_for(&registered);

    assert_int_equal(debt_to(&last_first, WORLD_FAR), HISTORY);
    assert_int_equal(debt_to(&then, WORLD_FAR), EVENT);
    assert_int_equal(debt_to(&at_last, WORLD_FAR), EVENT);
    assert_int_equal(debt_to(&at_last, WORLD_COUNTY), HISTORY); /* known as the home only now: */
    assert_int_equal(at_last.count, 2); /* of others' facts, of which there are none */
}

static void test_x4_no_recipient_is_too_many(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_PROVINCE, FQ_EVENT_REGISTERED);
    (void)owed_for(&registered);
    static const uint32_t areas[] = {WORLD_CITY,  WORLD_OTHER_CITY, WORLD_NEIGHBOUR,
                                     WORLD_THIRD, WORLD_FAR,        WORLD_DIRECT};
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        struct fq_event joined = handing(WORLD_PROVINCE, FQ_EVENT_JOINED, areas[i]);
        assert_int_equal(count_owed(&joined), 2 + i);
    }
}

/* The flag that spares all others the walk is a function of the set of facts. */
/* A batch may hold thousands of facts of one dispute: looking for its recipients takes no memory. */
static void test_x4_the_arena_is_for_what_is_owed_alone(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event joined = handing(WORLD_COUNTY, FQ_EVENT_JOINED, WORLD_FAR);
    (void)owed_for(&registered);
    (void)owed_for(&joined);

    for (size_t i = 0; i < 100; i++) {
        struct fq_event session = fact(WORLD_COUNTY, FQ_EVENT_SESSION);
        size_t before = arena.used;
        assert_int_equal(count_owed(&session), 1);
        assert_true(arena.used - before <= sizeof(struct fq_owed) + 16);
    }
}

static void test_d1_shared_is_seen_in_any_order_and_after_a_restart(void **state)
{
    (void)state;
    struct fq_event registered = fact(WORLD_COUNTY, FQ_EVENT_REGISTERED);
    struct fq_event session = fact(WORLD_COUNTY, FQ_EVENT_SESSION);
    struct fq_event supervised = fact(WORLD_CITY, FQ_EVENT_SUPERVISED); /* names nobody */
    const struct fq_event *orders[][3] = {{&registered, &session, &supervised},
                                          {&supervised, &session, &registered},
                                          {&session, &registered, &supervised}};

    for (size_t i = 0; i < 3; i++) {
        world_view_close(held);
        held = world_view_open(&world);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(world_tell(held, orders[i][k]), FQ_MERGED_NEW);
        }
        assert_true(fq_view_find(&held->view, &registered.dispute)->flags & FQ_DISPUTE_SHARED);
        held = world_restart(held);
        assert_true(fq_view_find(&held->view, &registered.dispute)->flags & FQ_DISPUTE_SHARED);
    }
}

/* ---- M6: whose relays mean something ---- */

static struct fq_event relay_of(const struct fq_event *inner, uint32_t writer, uint32_t stream,
                                uint8_t id_bytes[FQ_EVENT_ID_SIZE])
{
    static uint8_t record[FQ_RECORD_MAX];
    struct fq_writer writing = fq_writer_over(record, sizeof record);
    struct fq_event relay;

    fq_event_encode(inner, &writing);
    assert_true(fq_relay_make(&inner->id, fq_writer_span(&writing), id_bytes, &relay));
    relay.id = (struct fq_event_id){{NODE(writer), stream, 1}, 1};
    return relay;
}

static void test_m6_a_relay_means_something_from_a_node_above_in_a_log_for_relays(void **state)
{
    (void)state;
    uint8_t id[FQ_EVENT_ID_SIZE];
    struct fq_event session = fact(WORLD_FAR, FQ_EVENT_SESSION);

    struct fq_event beside = relay_of(&session, WORLD_CITY, WORLD_COUNTY, id);
    assert_int_equal(world_tell(held, &beside), FQ_MERGED_INERT);
    struct fq_event wrapped = relay_of(&session, WORLD_FAR, FQ_STREAM_FACTS, id);
    assert_int_equal(world_tell(held, &wrapped), FQ_MERGED_INERT);
    struct fq_event relay = relay_of(&session, WORLD_PROVINCE, WORLD_COUNTY, id);
    assert_int_equal(world_tell(held, &relay), FQ_MERGED_NEW);
    struct fq_event again = relay_of(&relay, WORLD_PROVINCE, WORLD_COUNTY, id);
    assert_int_equal(world_tell(held, &again), FQ_MERGED_INERT); /* a relay of a relay */
}

static void test_v3_a_relay_of_the_longest_record_is_read(void **state)
{
    (void)state;
    static uint8_t record[FQ_RELAY_RECORD_MAX + 64];
    static uint8_t text[FQ_RECORD_MAX];
    uint8_t id[FQ_EVENT_ID_SIZE];
    struct fq_event control = {.id = {{NODE(WORLD_COUNTY), 0, 1}, UINT64_C(1) << 39},
                               .kind = FQ_EVENT_CONTROL,
                               .step = FQ_EVENT_CONTROL,
                               .rev = UINT32_MAX,
                               .area = WORLD_COUNTY,
                               .unit = UINT64_MAX};
    struct fq_event relay, read;
    size_t size = 0;

    for (size_t length = FQ_RECORD_MAX - 200; size < FQ_RECORD_MAX; length++) {
        struct fq_writer writer = fq_writer_over(record, sizeof record);
        (void)fq_event_set_bytes(&control, FQ_FIELD_PAYLOAD, fq_span_of(text, length));
        fq_event_encode(&control, &writer);
        size = writer.used;
    }
    assert_true(fq_relay_make(&control.id, fq_span_of(record, size), id, &relay));
    relay.hlc = UINT64_MAX;
    relay.dict_version = UINT32_MAX;
    uint8_t bytes[FQ_RELAY_RECORD_MAX + 64];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);
    fq_event_encode(&relay, &writer);
    assert_true(writer.used <= FQ_RELAY_RECORD_MAX);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&writer));
    assert_true(fq_event_decode(&reader, relay.id, &read));
    assert_int_equal(fq_event_bytes(&read, FQ_FIELD_INNER).size, FQ_RECORD_MAX);
}

/* ---- through the core ---- */

struct side {
    struct fq_core *core;
    struct fq_view_memory view_memory;
    struct fq_arena memory, scratch;
    struct fq_turn *turn;
};

static struct side city, county;

static void key_of(uint32_t origin, struct fq_sign_public *out_public,
                   struct fq_sign_secret *out_secret)
{
    uint8_t seed[32] = {0};

    fq_put_be32(seed, origin);
    fq_sign_pair(seed, out_public, out_secret);
}

static void open_side(struct side *side, uint32_t area, enum fq_tier tier)
{
    static const uint32_t nodes[] = {WORLD_PROVINCE, WORLD_CITY, WORLD_COUNTY, WORLD_NEIGHBOUR};
    struct fq_sign_public public_key;
    struct fq_sign_secret secret;
    struct fq_why why;
    struct fq_core_options options = {.area = area,
                                      .origin = NODE(area),
                                      .tier = tier,
                                      .has_parent = tier == FQ_TIER_COUNTY,
                                      .instance = world_id((uint8_t)area),
                                      .epoch = 1,
                                      .batch_records_max = 4,
                                      .batch_size_max = 4096};

    key_of(options.origin, &public_key, &options.secret);
    options.sync = (struct fq_sync_options){.origin = options.origin,
                                            .area = area,
                                            .tier = tier,
                                            .has_parent = options.has_parent,
                                            .boot = 1,
                                            .credit_bytes = 1 << 20,
                                            .heartbeat_ms = 1000,
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
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        key_of(NODE(nodes[i]), &public_key, &secret);
        assert_true(fq_core_add_signer(side->core, NODE(nodes[i]), &public_key));
    }
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

static int begin_core(void **state)
{
    (void)begin(state);
    open_side(&city, WORLD_CITY, FQ_TIER_CITY);
    open_side(&county, WORLD_COUNTY, FQ_TIER_COUNTY);
    return 0;
}

static int end_core(void **state)
{
    close_side(&city);
    close_side(&county);
    return end(state);
}

static void step_all(struct side *side, const struct fq_input *inputs, size_t count,
                     uint64_t now_ms)
{
    const struct fq_now now = {.wall_ms = now_ms, .steady_ms = now_ms};
    struct fq_why why;

    fq_effects_reset(&side->turn->effects, &side->scratch);
    assert_int_equal(fq_core_step(side->core, inputs, count, now, side->turn, &why), FQ_OK);
}

static void step(struct side *side, const struct fq_input *input, uint64_t now_ms)
{
    step_all(side, input, input ? 1 : 0, now_ms);
}

/* The frame of `type` that the side's last turn sends. */
static struct fq_span sent(const struct side *side, enum fq_link_type type)
{
    struct fq_link_message message;

    for (uint32_t i = 0; i < side->turn->effects.send_count; i++) {
        struct fq_span frame = side->turn->effects.sends[i].frame;
        assert_true(fq_link_decode(frame, &message));
        if (message.type == type) {
            return frame;
        }
    }
    fail();
    return (struct fq_span){0};
}

static void greet(void)
{
    step(&county, NULL, NOW_MS);
    const struct fq_input hello = {
        .kind = FQ_INPUT_LINK, .peer = NODE(WORLD_COUNTY), .bytes = sent(&county, FQ_LINK_HELLO)};
    step(&city, &hello, NOW_MS);
    const struct fq_input welcome = {
        .kind = FQ_INPUT_LINK, .peer = FQ_PEER_PARENT, .bytes = sent(&city, FQ_LINK_WELCOME)};
    step(&county, &welcome, NOW_MS);
    assert_true(fq_sync_is_linked(&county.core->sync));
    city.core->sync.children[0].has_spoken = true; /* its first heartbeat */
}

static struct fq_input commands_of(const struct fq_event *events, uint32_t count)
{
    struct fq_writer writer = fq_writer_take(&city.scratch, 65536);

    fq_write_map(&writer, 1);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t bytes[1024];
        struct fq_writer record = fq_writer_over(bytes, sizeof bytes);
        struct fq_event command = events[i];
        command.rev = 0;
        fq_event_encode(&command, &record);
        fq_write_bytes(&writer, bytes, record.used);
    }
    return (struct fq_input){.kind = FQ_INPUT_COMMANDS, .bytes = fq_writer_span(&writer)};
}

static void command_city(const struct fq_event *events, uint32_t count)
{
    const struct fq_input input = commands_of(events, count);

    step(&city, &input, NOW_MS);
    assert_int_equal(city.turn->replies[0].new_count, count);
}

/* A dispute of the county, registered at the city, with as many sessions as told. */
static void register_at_city(uint32_t sessions)
{
    struct fq_event events[8] = {fact(WORLD_CITY, FQ_EVENT_REGISTERED),
                                 fact(WORLD_CITY, FQ_EVENT_ACCEPTED)};

    assert_true(sessions <= 6);
    for (uint32_t i = 0; i < sessions; i++) {
        events[2 + i] = fact(WORLD_CITY, FQ_EVENT_SESSION);
    }
    command_city(events, 2 + sessions);
}

static void test_n8_what_a_command_writes_is_owed_under_its_number(void **state)
{
    (void)state;

    register_at_city(4); /* in batches of four */

    const struct fq_owed_list *owed = &city.turn->effects.owed;
    assert_int_equal(city.turn->effects.append_count, 2);
    assert_int_equal(owed->count, 6);
    assert_true(owed->first->is_history);
    uint64_t lsn = 1;
    for (const struct fq_owed *one = owed->first; one; one = one->next) {
        assert_int_equal(one->recipient, WORLD_COUNTY);
        assert_int_equal(one->lsn, lsn++);
    }
    assert_int_equal(owed->last->lsn, 6);
}

/* A bundle of one batch: what the province relays to the city, `events` of others. */
static struct fq_input relayed_by_province(const struct fq_event *events, uint32_t count,
                                           struct fq_seal *seal, struct fq_hash *chain)
{
    struct fq_writer records = fq_writer_take(&city.scratch, 65536);
    struct fq_writer args = fq_writer_take(&city.scratch, 65536);
    struct fq_sign_public public_key;
    struct fq_sign_secret secret;
    struct fq_batch batch;

    key_of(NODE(WORLD_PROVINCE), &public_key, &secret);
    seal->from_seq = seal->to_seq + 1;
    seal->to_seq += count;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t bytes[FQ_RECORD_MAX], id_bytes[FQ_EVENT_ID_SIZE];
        struct fq_writer record = fq_writer_over(bytes, sizeof bytes);
        struct fq_event relay;
        fq_event_encode(&events[i], &record);
        assert_true(fq_relay_make(&events[i].id, fq_writer_span(&record), id_bytes, &relay));
        fq_event_encode(&relay, &records);
    }
    assert_true(fq_batch_seal(seal, seal->from_seq == 1 ? NULL : chain, fq_writer_span(&records),
                              count, &secret, &city.scratch, &batch));
    *chain = batch.seal.chain_to;
    fq_write_map(&args, 1);
    fq_write_text(&args, "batches");
    fq_write_array(&args, 1);
    fq_write_bytes(&args, batch.bytes.data, batch.bytes.size);
    return (struct fq_input){.kind = FQ_INPUT_BUNDLE, .bytes = fq_writer_span(&args)};
}

/* The city helps with a dispute of far away. In one turn it writes a session, which is owed to nobody
 * yet, and hears that its county joined: the session is part of the history the county is owed. */
static void test_x4_what_was_written_in_the_turn_before_a_recipient_came_is_history(void **state)
{
    (void)state;
    struct fq_seal seal = {.log = {NODE(WORLD_PROVINCE), WORLD_CITY, 1}, .hlc = 1};
    struct fq_hash chain = {{0}};
    struct fq_event known[] = {fact(WORLD_FAR, FQ_EVENT_REGISTERED),
                               fact(WORLD_FAR, FQ_EVENT_ACCEPTED),
                               handing(WORLD_FAR, FQ_EVENT_JOINED, WORLD_CITY)};
    known[0].area = WORLD_FAR;
    struct fq_input input = relayed_by_province(known, 3, &seal, &chain);
    step(&city, &input, NOW_MS);
    assert_int_equal(city.core->view.event_count, 3);
    struct fq_event session = fact(WORLD_CITY, FQ_EVENT_SESSION);
    struct fq_event joined = handing(WORLD_FAR, FQ_EVENT_JOINED, WORLD_COUNTY);

    const struct fq_input inputs[] = {commands_of(&session, 1),
                                      relayed_by_province(&joined, 1, &seal, &chain)};
    step_all(&city, inputs, 2, NOW_MS);

    const struct fq_effects *effects = &city.turn->effects;
    assert_int_equal(city.turn->replies[0].new_count, 1);
    assert_int_equal(effects->append_count, 2);
    assert_int_equal(effects->appends[0].log.origin, NODE(WORLD_CITY));
    assert_int_equal(effects->owed.count, 1);
    assert_true(effects->owed.first->is_history);
    assert_int_equal(effects->owed.first->recipient, WORLD_COUNTY);
    assert_true(effects->owed.first->lsn > effects->appends[0].first_lsn);
}

/* A signer that begins ever new incarnations fills no table to the brim. */
static void test_n10_new_logs_of_others_leave_room_for_own_ones(void **state)
{
    (void)state;
    struct fq_seal seal = {.log = {NODE(WORLD_PROVINCE), WORLD_CITY, 1}, .hlc = 1};
    struct fq_hash chain = {{0}};
    struct fq_event known = fact(WORLD_FAR, FQ_EVENT_REGISTERED);
    for (uint32_t epoch = 1; city.core->frontier.count < FQ_CORE_LOGS_RECEIVED_MAX; epoch++) {
        const struct fq_log_id id = {NODE(WORLD_NEIGHBOUR), 0, epoch};
        assert_non_null(fq_frontier_add(&city.core->frontier, &id, &world.areas));
    }

    const struct fq_input input = relayed_by_province(&known, 1, &seal, &chain);
    step(&city, &input, NOW_MS);

    assert_int_equal(city.turn->replies[0].new_count, 0);
    assert_int_equal(city.core->refused_batch_count, 1);
    register_at_city(0); /* its own log is begun even so */
    assert_int_equal(city.turn->effects.append_count, 1);
}

static void test_n8_a_replay_owes_nothing(void **state)
{
    (void)state;
    static struct side again;
    struct fq_batch batch;
    struct fq_why why;
    register_at_city(0);
    const struct fq_append *append = &city.turn->effects.appends[0];
    assert_int_equal(fq_batch_parse(append->batch, &batch, &why), FQ_OK);

    open_side(&again, WORLD_CITY, FQ_TIER_CITY);
    fq_effects_reset(&again.turn->effects, &again.scratch);
    assert_int_equal(fq_core_replay(again.core, &batch, append->first_lsn, false, &why), FQ_OK);
    step(&again, NULL, NOW_MS);

    assert_int_equal(again.turn->effects.owed.count, 0);
    assert_true(again.core->view.folded->flags & FQ_DISPUTE_SHARED);
    close_side(&again);
}

/* What stands in the city's batch, as a relay for the county. */
static struct fq_relay relay_from(struct fq_span batch_bytes, uint64_t seq)
{
    struct fq_batch batch;
    struct fq_event event;
    struct fq_why why;
    struct fq_relay relay = {.recipient = WORLD_COUNTY, .lsn = seq, .is_settled = true};

    assert_int_equal(fq_batch_parse(batch_bytes, &batch, &why), FQ_OK);
    struct fq_batch_reader reader = fq_batch_reader_over(&batch);
    while (fq_batch_read(&reader, &event, 1) > 0 && event.id.seq < seq) {
    }
    relay.id = event.id;
    relay.record = event.record;
    relay.is_done = true;
    return relay;
}

static void write_relays(const struct fq_relay *relays, uint32_t count)
{
    const struct fq_input input = {.kind = FQ_INPUT_RELAYS, .relays = relays, .relay_count = count};

    step(&city, &input, NOW_MS);
}

static void test_x3_relays_are_written_where_the_link_is_open_and_settle_what_is_owed(void **state)
{
    (void)state;
    register_at_city(0);
    struct fq_span batch = city.turn->effects.appends[0].batch;
    struct fq_relay relays[] = {relay_from(batch, 1), relay_from(batch, 2)};

    write_relays(relays, 2); /* nobody is linked: it stays owed */
    assert_int_equal(city.turn->effects.append_count, 0);
    assert_int_equal(city.turn->effects.settled_count, 0);

    greet();
    write_relays(relays, 2);

    const struct fq_effects *effects = &city.turn->effects;
    assert_int_equal(effects->append_count, 1);
    assert_int_equal(effects->appends[0].log.stream, WORLD_COUNTY);
    assert_int_equal(effects->appends[0].last_seq, 2);
    assert_int_equal(effects->settled_count, 2);
    assert_true(effects->settled[1].is_done);
    assert_int_equal(effects->owed.count, 0);
    assert_int_equal(city.core->view.event_count, 2);
    assert_int_equal(fq_feed_last(&city.core->feed, WORLD_COUNTY), 2); /* not told again */
}

static void test_n5_a_node_that_lost_its_tail_writes_no_relays(void **state)
{
    (void)state;
    register_at_city(0);
    struct fq_relay relay = relay_from(city.turn->effects.appends[0].batch, 1);
    greet();

    fq_sync_set_amnesia(&city.core->sync, &city.core->own, 7);
    write_relays(&relay, 1);

    assert_int_equal(city.turn->effects.append_count, 0);
    assert_int_equal(city.turn->effects.settled_count, 0);
}

/* Large records in small batches: as many batches as were accounted for, none too large. */
static void test_relays_keep_within_the_batch_limits(void **state)
{
    (void)state;
    enum { COUNT = 24 };
    struct fq_relay relays[COUNT];
    register_at_city(0);
    struct fq_relay one = relay_from(city.turn->effects.appends[0].batch, 1);
    greet();
    for (uint32_t i = 0; i < COUNT; i++) {
        relays[i] = one;
    }

    write_relays(relays, COUNT);

    assert_true(city.turn->effects.append_count <= COUNT);
    for (uint32_t i = 0; i < city.turn->effects.append_count; i++) {
        assert_true(city.turn->effects.appends[i].batch.size <= 4096);
    }
    assert_int_equal(city.turn->effects.appends[city.turn->effects.append_count - 1].last_seq,
                     COUNT);
}

/* The parent's turn, brought to the county in its session. */
static void bring_down(struct fq_span batch)
{
    const struct fq_forward forward = {.peer = NODE(WORLD_COUNTY),
                                       .session = county.core->sync.up.session};
    struct fq_span frame;

    assert_true(fq_sync_batch_frame(&city.core->sync, &forward, batch, &city.scratch, &frame));
    const struct fq_input input = {.kind = FQ_INPUT_LINK, .peer = FQ_PEER_PARENT, .bytes = frame};
    step(&county, &input, NOW_MS);
}

static void test_m1_the_recipient_folds_what_relays_carry(void **state)
{
    (void)state;
    register_at_city(0);
    struct fq_span batch = city.turn->effects.appends[0].batch;
    struct fq_relay relays[] = {relay_from(batch, 1), relay_from(batch, 2), relay_from(batch, 1)};
    greet();
    write_relays(relays, 3);

    bring_down(city.turn->effects.appends[0].batch);

    assert_int_equal(county.turn->effects.append_count, 1);
    assert_int_equal(county.core->view.event_count, 2); /* the second copy was absorbed */
    assert_true(fq_digest_equal(fq_view_digest(&county.core->view, WORLD_PROVINCE, 0, UINT16_MAX),
                                fq_view_digest(&city.core->view, WORLD_PROVINCE, 0, UINT16_MAX)));
    assert_int_equal(fq_feed_last(&county.core->feed, WORLD_COUNTY), 3); /* told here */
    assert_int_equal(county.turn->effects.owed.count, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
#define CORE_CASE(test) cmocka_unit_test_setup_teardown(test, begin_core, end_core)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_x2_the_lowest_node_above_both_relays),
        CASE(test_x2_an_area_without_a_node_relays_nothing),
        CASE(test_a_dispute_of_one_county_is_owed_to_nobody),
        CASE(test_x4_a_new_recipient_is_owed_the_history_and_then_each_event),
        CASE(test_x1_the_home_hears_of_what_others_write),
        CASE(test_x1_everyone_a_fact_hands_the_dispute_to_is_a_recipient),
        CASE(test_x1_a_home_written_by_a_correction_counts),
        CASE(test_x1_who_left_or_was_named_by_a_void_fact_still_hears),
        CASE(test_x4_the_order_of_arrival_does_not_matter),
        CASE(test_x4_no_recipient_is_too_many),
        CASE(test_x4_the_arena_is_for_what_is_owed_alone),
        CASE(test_d1_shared_is_seen_in_any_order_and_after_a_restart),
        CASE(test_m6_a_relay_means_something_from_a_node_above_in_a_log_for_relays),
        CASE(test_v3_a_relay_of_the_longest_record_is_read),
        CORE_CASE(test_n8_what_a_command_writes_is_owed_under_its_number),
        CORE_CASE(test_x4_what_was_written_in_the_turn_before_a_recipient_came_is_history),
        CORE_CASE(test_n8_a_replay_owes_nothing),
        CORE_CASE(test_n10_new_logs_of_others_leave_room_for_own_ones),
        CORE_CASE(test_x3_relays_are_written_where_the_link_is_open_and_settle_what_is_owed),
        CORE_CASE(test_n5_a_node_that_lost_its_tail_writes_no_relays),
        CORE_CASE(test_relays_keep_within_the_batch_limits),
        CORE_CASE(test_m1_the_recipient_folds_what_relays_carry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
