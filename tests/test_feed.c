/* The feed's numbers: dense and increasing (P1), the same when told again (P2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/feed.h"
#include "support/random.h"

static uint8_t memory[4 * 1024 * 1024] __attribute__((aligned(16)));
static struct fq_arena arena;
static struct fq_feed feed;
static uint64_t last_seq;

static int begin(void **state)
{
    (void)state;
    arena = fq_arena_over(memory, sizeof memory);
    memset(&feed, 0, sizeof feed);
    last_seq = 0;
    return 0;
}

/* The next batch of a log, its records about these areas. */
static struct fq_batch batch_of(const uint32_t *areas, uint32_t count)
{
    static const uint8_t seed[32] = {1};
    struct fq_sign_public key;
    struct fq_sign_secret secret;
    struct fq_hash chain = {{0}};
    struct fq_event event = {.kind = FQ_EVENT_SESSION, .step = FQ_EVENT_SESSION, .rev = 1};
    struct fq_seal seal = {
        .log = {41010501, 0, 1}, .from_seq = last_seq + 1, .to_seq = last_seq + count};
    struct fq_writer writer = fq_writer_take(&arena, (size_t)count * 80);
    struct fq_batch batch;

    last_seq += count;
    for (uint32_t i = 0; i < count; i++) {
        event.area = areas[i];
        fq_event_encode(&event, &writer);
    }
    fq_sign_pair(seed, &key, &secret);
    assert_true(
        fq_batch_seal(&seal, &chain, fq_writer_span(&writer), count, &secret, &arena, &batch));
    return batch;
}

static struct fq_arrival number(const struct fq_batch *batch, struct fq_span *out_value)
{
    uint32_t areas[FQ_BATCH_RECORDS_MAX];
    struct fq_arrival arrival;

    assert_true(fq_batch_areas(batch, areas));
    assert_true(fq_feed_number(&feed, batch, areas, UINT64_C(1625000000123), &arena, out_value));
    assert_true(fq_arrival_decode(*out_value, &arrival));
    return arrival;
}

static void expect(const struct fq_batch *batch, const struct fq_arrival *arrival,
                   uint64_t first_lsn, const uint64_t *lsns, const uint64_t *prevs)
{
    static struct fq_feed_reader reader;
    struct fq_event event;
    uint64_t lsn, prev;

    assert_true(fq_feed_reader_init(&reader, batch, first_lsn, arrival));
    for (uint32_t i = 0; i < batch->record_count; i++) {
        assert_true(fq_feed_next(&reader, &event, &lsn, &prev));
        assert_true(lsn == lsns[i]);
        assert_true(prev == prevs[i]);
        assert_true(event.id.seq == batch->seal.from_seq + i);
    }
    assert_false(fq_feed_next(&reader, &event, &lsn, &prev));
}

static void test_p1_lsn_is_dense_over_batches(void **state)
{
    (void)state;
    struct fq_span value;
    const uint32_t areas[] = {410105, 410105, 410102};

    for (unsigned i = 0; i < 5; i++) {
        struct fq_batch batch = batch_of(areas, 3);
        struct fq_arrival arrival = number(&batch, &value);
        assert_int_equal(feed.head, 3 * (i + 1));
        assert_int_equal(arrival.count, 3);
        assert_true(arrival.first.seq == batch.seal.from_seq);
        assert_true(arrival.wall_ms == UINT64_C(1625000000123));
    }
}

static void test_prev_is_the_event_before_in_the_same_area(void **state)
{
    (void)state;
    const uint32_t first[] = {410105, 410102, 410105};
    const uint32_t second[] = {410102, 0, 410105, 0};
    struct fq_span value;

    struct fq_batch batch = batch_of(first, 3);
    struct fq_arrival arrival = number(&batch, &value);
    expect(&batch, &arrival, 1, (const uint64_t[]){1, 2, 3}, (const uint64_t[]){0, 0, 1});
    batch = batch_of(second, 4);
    arrival = number(&batch, &value);
    expect(&batch, &arrival, 4, (const uint64_t[]){4, 5, 6, 7}, (const uint64_t[]){2, 0, 3, 0});
    assert_int_equal(fq_feed_last(&feed, 410105), 6);
    assert_int_equal(fq_feed_last(&feed, 410102), 4);
    assert_int_equal(fq_feed_last(&feed, 410108), 0);
}

#define BATCHES 40
#define RECORDS 30

/* Any batch replayed alone, in any order, tells what the live feed told. */
static void test_p2_a_replay_tells_the_same(void **state)
{
    (void)state;
    static struct fq_batch batches[BATCHES];
    static struct fq_span values[BATCHES];
    static uint64_t prevs[BATCHES][RECORDS], lsns[BATCHES][RECORDS], firsts[BATCHES];
    static uint64_t last_of_area[20];
    struct random random = random_of(11);

    for (unsigned b = 0; b < BATCHES; b++) {
        uint32_t areas[RECORDS];
        uint32_t count = 1 + random_below(&random, RECORDS);
        firsts[b] = feed.head + 1;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t area = random_below(&random, 20);
            areas[i] = area ? 410100 + area : 0;
            lsns[b][i] = firsts[b] + i;
            prevs[b][i] = area ? last_of_area[area] : 0;
            last_of_area[area] = lsns[b][i];
        }
        batches[b] = batch_of(areas, count);
        (void)number(&batches[b], &values[b]);
    }
    for (unsigned round = 0; round < 200; round++) {
        unsigned b = random_below(&random, BATCHES);
        struct fq_arrival arrival;
        assert_true(fq_arrival_decode(values[b], &arrival));
        expect(&batches[b], &arrival, firsts[b], lsns[b], prevs[b]);
    }
}

static void test_a_batch_of_too_many_areas_only_lacks_links(void **state)
{
    (void)state;
    static uint32_t areas[FQ_FEED_BATCH_AREAS_MAX + 1];
    static uint64_t lsns[FQ_FEED_BATCH_AREAS_MAX + 1], prevs[FQ_FEED_BATCH_AREAS_MAX + 1];
    struct fq_arrival arrival;
    struct fq_span value;
    for (uint32_t i = 0; i <= FQ_FEED_BATCH_AREAS_MAX; i++) {
        areas[i] = 410001 + i;
    }

    struct fq_batch batch = batch_of(areas, FQ_FEED_BATCH_AREAS_MAX + 1);
    (void)number(&batch, &value);
    uint64_t first = feed.head + 1;
    (void)number(&batch, &value);

    for (uint32_t i = 0; i <= FQ_FEED_BATCH_AREAS_MAX; i++) {
        lsns[i] = first + i;
        prevs[i] = i < FQ_FEED_BATCH_AREAS_MAX ? 1 + i : 0;
    }
    assert_true(fq_arrival_decode(value, &arrival));
    expect(&batch, &arrival, first, lsns, prevs);
}

static void test_made_up_areas_do_not_stop_a_node(void **state)
{
    (void)state;
    uint32_t limit = FQ_FEED_AREAS_MAX / 4 * 3;

    for (uint32_t area = 1; area <= limit + 100; area++) {
        fq_feed_set_last(&feed, area, area);
    }

    assert_int_equal(feed.area_count, limit);
    for (uint32_t area = 1; area <= limit + 100; area++) {
        assert_int_equal(fq_feed_last(&feed, area), area <= limit ? area : 0);
    }
    fq_feed_set_last(&feed, 1, 99); /* a known one still moves */
    assert_int_equal(fq_feed_last(&feed, 1), 99);
}

static void test_bad_arrival_values_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[64];
    struct fq_arrival arrival;

    assert_false(fq_arrival_decode(fq_span_of(zeros, 0), &arrival));
    assert_false(fq_arrival_decode(fq_span_of(zeros, 31), &arrival));
    assert_true(fq_arrival_decode(fq_span_of(zeros, 32), &arrival));
    assert_false(fq_arrival_decode(fq_span_of(zeros, 43), &arrival));
    assert_true(fq_arrival_decode(fq_span_of(zeros, 44), &arrival));
}

#define CASE(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_p1_lsn_is_dense_over_batches),
        CASE(test_prev_is_the_event_before_in_the_same_area),
        CASE(test_p2_a_replay_tells_the_same),
        CASE(test_a_batch_of_too_many_areas_only_lacks_links),
        CASE(test_made_up_areas_do_not_stop_a_node),
        CASE(test_bad_arrival_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
