/* What a turn sends of the log (forwards): from where, how much, and what the core is told of it. The
 * socket is put in its place here. */
#include "../nodes/speak.c"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "fq/edge/memory.h"
#include "support/world.h"

#define ORIGIN (WORLD_COUNTY * 100 + 1)
#define BATCHES 3
#define RECORDS 4    /* in each */
#define FRAME_MAX 64 /* bytes about a batch */

static const struct fq_log_id log_id = {ORIGIN, 0, 1};

static struct world world;
static struct fq_node *node;
static struct fq_input pending[4];
static struct fq_why why;
static size_t sent_bytes;   /* of batches, with their frames */
static unsigned sent;       /* frames that the socket took */
static unsigned taken_most; /* it takes no more */

enum fq_sent fq_net_send_parent(struct fq_net *net, struct fq_span body)
{
    (void)net;
    if (sent == taken_most) {
        return FQ_SENT_BLOCKED;
    }
    sent++;
    sent_bytes += body.size;
    return FQ_SENT_OK;
}

enum fq_sent fq_net_send_service(struct fq_net *net, struct fq_span routing, struct fq_span body)
{
    (void)routing;
    return fq_net_send_parent(net, body);
}

void fq_net_publish(struct fq_net *net, struct fq_span topic, struct fq_span payload)
{
    (void)net;
    (void)topic;
    (void)payload;
}

/* ---- a node with a log of three batches: 1..4, 5..8, 9..12 ---- */

static void store_batch(uint64_t from_seq)
{
    static const uint8_t seed[32] = {7};
    struct fq_sign_public public_key;
    struct fq_sign_secret secret;
    const struct fq_hash chain = {{0}};
    const struct fq_event event = {.kind = FQ_EVENT_SESSION, .step = FQ_EVENT_SESSION, .rev = 1};
    struct fq_seal seal = {.log = log_id, .from_seq = from_seq, .to_seq = from_seq + RECORDS - 1};
    struct fq_event_id first = {log_id, from_seq};
    struct fq_writer records = fq_writer_take(&node->scratch, RECORDS * 80);
    struct fq_batch batch;
    uint8_t key[FQ_LOG_KEY_SIZE];

    for (uint32_t i = 0; i < RECORDS; i++) {
        fq_event_encode(&event, &records);
    }
    fq_sign_pair(seed, &public_key, &secret);
    assert_true(fq_batch_seal(&seal, &chain, fq_writer_span(&records), RECORDS, &secret,
                              &node->scratch, &batch));
    uint8_t *value = fq_arena_take(&node->scratch, FQ_LOG_VALUE_HEAD + batch.bytes.size);
    memcpy(value + FQ_LOG_VALUE_HEAD, batch.bytes.data, batch.bytes.size);
    fq_log_key_encode(&first, key);
    const struct fq_write write = {.family = FQ_FAMILY_LOG,
                                   .key = fq_span_of(key, sizeof key),
                                   .value =
                                       fq_span_of(value, FQ_LOG_VALUE_HEAD + batch.bytes.size)};
    assert_int_equal(fq_store_commit(node->store, &write, 1, true, &why), FQ_OK);
}

static int begin(void **state)
{
    (void)state;
    const struct fq_core_options options = {.area = WORLD_COUNTY,
                                            .origin = ORIGIN,
                                            .tier = FQ_TIER_COUNTY,
                                            .epoch = 1,
                                            .batch_records_max = RECORDS,
                                            .batch_size_max = FQ_BATCH_SIZE_MAX};

    world_open(&world);
    node = calloc(1, sizeof *node);
    node->pending = pending;
    node->pending_capacity = sizeof pending / sizeof pending[0];
    assert_int_equal(fq_memory_reserve_view(1000, &node->view_memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)4 << 20, &node->memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)64 << 20, &node->scratch, &why), FQ_OK);
    assert_int_equal(fq_core_init(&node->core, &options, &world.areas, &world.codes, &node->memory,
                                  &node->view_memory, &why),
                     FQ_OK);
    assert_int_equal(fq_store_open_memory(&node->store, &why), FQ_OK);
    for (uint64_t i = 0; i < BATCHES; i++) {
        store_batch(1 + i * RECORDS);
    }
    taken_most = 100;
    return 0;
}

static int end(void **state)
{
    (void)state;
    fq_store_close(node->store);
    fq_memory_release_view(&node->view_memory);
    fq_memory_release(&node->memory);
    fq_memory_release(&node->scratch);
    free(node);
    world_close(&world);
    return 0;
}

/* Speak with one forward to the parent; what the core is told of it in the next turn. */
static struct fq_input forward_from(uint64_t from_seq, uint64_t size_max)
{
    const struct fq_forward wanted = {
        .peer = FQ_PEER_PARENT, .log = log_id, .from_seq = from_seq, .size_max = size_max};

    node->pending_count = sent = 0;
    sent_bytes = 0;
    fq_effects_reset(&node->turn.effects, &node->scratch);
    assert_true(fq_effects_forward(&node->turn.effects, &wanted));
    fq_node_speak(node, 0);
    assert_int_equal(node->pending_count, 1);
    assert_int_equal(pending[0].kind, FQ_INPUT_FORWARDED);
    assert_int_equal(pending[0].forward.from_seq, from_seq);
    return pending[0];
}

static void expect(struct fq_input told, uint64_t next_seq, unsigned batches)
{
    assert_int_equal(told.next_seq, next_seq);
    assert_int_equal(sent, batches);
    assert_in_range(sent_bytes - told.bytes_sent, 0, batches * FRAME_MAX);
}

static void test_a_forward_goes_to_the_end_of_the_log(void **state)
{
    (void)state;

    expect(forward_from(5, 1 << 20), 13, 2);
}

static void test_a_forward_is_one_batch_at_least_and_within_its_size(void **state)
{
    (void)state;

    expect(forward_from(1, 1), 5, 1);
    size_t first_size = pending[0].bytes_sent;
    expect(forward_from(5, 1), 9, 1);
    size_t both_size = first_size + pending[0].bytes_sent;
    expect(forward_from(1, both_size), 9, 2);
    expect(forward_from(1, both_size - 1), 5, 1);
}

static void test_a_forward_ends_where_the_socket_takes_no_more(void **state)
{
    (void)state;
    taken_most = 1;

    expect(forward_from(1, 1 << 20), 5, 1);
    taken_most = 0;
    expect(forward_from(5, 1 << 20), 5, 0);
}

static void test_nothing_is_sent_past_the_end(void **state)
{
    (void)state;

    expect(forward_from(13, 1 << 20), 13, 0);
}

/* The other side has a boundary that this log does not know: the batch that shows the fork is sent. */
static void test_y5_from_within_a_batch_that_batch_is_sent(void **state)
{
    (void)state;

    expect(forward_from(7, 1), 9, 1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(test_a_forward_goes_to_the_end_of_the_log),
        CASE(test_a_forward_is_one_batch_at_least_and_within_its_size),
        CASE(test_a_forward_ends_where_the_socket_takes_no_more),
        CASE(test_nothing_is_sent_past_the_end),
        CASE(test_y5_from_within_a_batch_that_batch_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
