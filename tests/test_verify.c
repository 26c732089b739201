/* Verifying a stored log (I1), on a store in memory filled as a node's commit fills it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/edge/memory.h"
#include "fq/edge/verify.h"
#include "support/world.h"

#define BATCHES 4
#define RECORDS 3
#define ORIGIN 41010501u

static struct world world;
static struct fq_arena arena;
static struct fq_store *store;
static struct fq_sign_public public_key;
static struct fq_sign_secret secret;
static struct fq_feed feed;

static void put(enum fq_family family, struct fq_span key, struct fq_span value)
{
    const struct fq_write write = {.family = family, .key = key, .value = value};
    struct fq_why why;

    assert_int_equal(fq_store_commit(store, &write, 1, true, &why), FQ_OK);
}

/* Store the next batch of the log as a node would. */
static void append(struct fq_frontier *frontier, struct fq_log *log)
{
    struct fq_writer records = fq_writer_take(&arena, 4096);
    struct fq_seal seal = {.log = log->id,
                           .from_seq = log->last + 1,
                           .to_seq = log->last + RECORDS,
                           .instance = world_id(7)};
    uint8_t key[FQ_LOG_KEY_SIZE], lsn[8], have[FQ_HAVE_SIZE];
    struct fq_span bytes, arrival;
    struct fq_batch batch;
    struct fq_why why;

    for (uint8_t i = 0; i < RECORDS; i++) {
        struct fq_event event = {.kind = FQ_EVENT_ACCEPTED,
                                 .step = FQ_EVENT_ACCEPTED,
                                 .rev = 1,
                                 .area = WORLD_COUNTY,
                                 .date = 44000,
                                 .cmd_id = world_id(i)};
        fq_event_encode(&event, &records);
    }
    assert_true(fq_batch_seal(&seal, &log->chain, fq_writer_span(&records), RECORDS, &secret,
                              &arena, &bytes));
    assert_int_equal(fq_batch_parse(bytes, &batch, &why), FQ_OK);
    fq_put_be64(lsn, feed.head + 1);
    assert_true(fq_feed_number(&feed, &batch, 1, &arena, &arrival));
    uint8_t *value = fq_arena_take(&arena, FQ_LOG_VALUE_HEAD + bytes.size);
    memcpy(value, lsn, sizeof lsn);
    memcpy(value + FQ_LOG_VALUE_HEAD, bytes.data, bytes.size);
    struct fq_event_id first = {log->id, seal.from_seq};
    fq_log_key_encode(&first, key);
    log->last = seal.to_seq;
    log->chain = seal.chain_to;
    fq_have_encode(frontier, log, have);
    put(FQ_FAMILY_LOG, fq_span_of(key, sizeof key),
        fq_span_of(value, FQ_LOG_VALUE_HEAD + bytes.size));
    put(FQ_FAMILY_ARRIVAL, fq_span_of(lsn, sizeof lsn), arrival);
    put(FQ_FAMILY_HAVE, fq_span_of(key, 12), fq_span_of(have, sizeof have));
}

static int open_store(void **state)
{
    (void)state;
    static struct fq_frontier frontier;
    const struct fq_log_id id = {ORIGIN, 0, 1};
    const uint8_t seed[32] = {1};
    struct fq_why why;

    world_open(&world);
    memset(&feed, 0, sizeof feed);
    fq_sign_pair(seed, &public_key, &secret);
    if (fq_memory_reserve((size_t)16 << 20, &arena, &why) || fq_store_open_memory(&store, &why) ||
        fq_verify_note_signer(store, ORIGIN, &public_key, &why) ||
        !fq_frontier_init(&frontier, &arena)) {
        return 1;
    }
    struct fq_log *log = fq_frontier_add(&frontier, &id, &world.areas);
    for (int i = 0; i < BATCHES; i++) {
        append(&frontier, log);
    }
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    fq_store_close(store);
    fq_memory_release(&arena);
    world_close(&world);
    return 0;
}

static struct fq_verification verify(void)
{
    struct fq_verification verification;
    struct fq_why why;

    assert_int_equal(fq_verify_log(store, &verification, &why), FQ_OK);
    return verification;
}

static void key_of(uint64_t first_seq, uint8_t key[FQ_LOG_KEY_SIZE])
{
    struct fq_event_id first = {{ORIGIN, 0, 1}, first_seq};

    fq_log_key_encode(&first, key);
}

static struct fq_span value_of(uint64_t first_seq)
{
    uint8_t key[FQ_LOG_KEY_SIZE];
    struct fq_span value;
    struct fq_why why;
    bool is_found;

    key_of(first_seq, key);
    assert_int_equal(fq_store_get(store, FQ_FAMILY_LOG, fq_span_of(key, sizeof key), &arena, &value,
                                  &is_found, &why),
                     FQ_OK);
    assert_true(is_found);
    return value;
}

static void test_a_log_as_it_was_written_verifies(void **state)
{
    (void)state;

    struct fq_verification verification = verify();

    assert_true(verification.is_match);
    assert_int_equal(verification.batches, BATCHES);
    assert_int_equal(verification.events, BATCHES * RECORDS);
}

static void test_i1_any_changed_byte_is_found_and_its_batch_named(void **state)
{
    (void)state;
    uint8_t key[FQ_LOG_KEY_SIZE];
    struct fq_span value = value_of(4);
    uint8_t *bytes = fq_arena_take(&arena, value.size);

    key_of(4, key);
    for (size_t i = 0; i < value.size; i++) {
        memcpy(bytes, value.data, value.size);
        bytes[i] ^= (uint8_t)(1u << i % 8);
        put(FQ_FAMILY_LOG, fq_span_of(key, sizeof key), fq_span_of(bytes, value.size));
        struct fq_verification verification = verify();
        assert_false(verification.is_match);
        assert_string_equal(verification.first_bad, "41010501-0-1-4..6");
    }
    put(FQ_FAMILY_LOG, fq_span_of(key, sizeof key), value);
    assert_true(verify().is_match);
}

static void test_a_batch_taken_away_is_missed(void **state)
{
    (void)state;
    static const uint64_t firsts[] = {1, 4, 10}; /* at the beginning, in the middle, at the end */

    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        struct fq_span value = value_of(firsts[i]);
        uint8_t key[FQ_LOG_KEY_SIZE];
        struct fq_why why;
        key_of(firsts[i], key);
        const struct fq_write removal = {
            .family = FQ_FAMILY_LOG, .key = fq_span_of(key, sizeof key), .is_delete = true};
        assert_int_equal(fq_store_commit(store, &removal, 1, true, &why), FQ_OK);
        assert_false(verify().is_match);
        put(FQ_FAMILY_LOG, fq_span_of(key, sizeof key), value);
        assert_true(verify().is_match);
    }
}

static void test_a_log_of_an_unknown_signer_does_not_verify(void **state)
{
    (void)state;
    uint8_t origin[4];
    struct fq_why why;

    fq_put_be32(origin, ORIGIN);
    const struct fq_write removal = {
        .family = FQ_FAMILY_PEER, .key = fq_span_of(origin, sizeof origin), .is_delete = true};
    assert_int_equal(fq_store_commit(store, &removal, 1, true, &why), FQ_OK);

    assert_false(verify().is_match);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_log_as_it_was_written_verifies),
        CASE(test_i1_any_changed_byte_is_found_and_its_batch_named),
        CASE(test_a_batch_taken_away_is_missed),
        CASE(test_a_log_of_an_unknown_signer_does_not_verify),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
