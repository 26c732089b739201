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

static const struct fq_log_id first_epoch = {ORIGIN, 0, 1};
static const struct fq_log_id next_epoch = {ORIGIN, 0, 2};

static struct world world;
static struct fq_arena arena;
static struct fq_store *store;
static struct fq_sign_public public_key;
static struct fq_sign_secret secret;
static struct fq_feed feed;
static struct fq_frontier frontier;

static void put(enum fq_family family, struct fq_span key, struct fq_span value)
{
    const struct fq_write write = {.family = family, .key = key, .value = value};
    struct fq_why why;

    assert_int_equal(fq_store_commit(store, &write, 1, true, &why), FQ_OK);
}

/* Store the next batch of the log as a node would. */
static void append(struct fq_log *log)
{
    struct fq_writer records = fq_writer_take(&arena, 4096);
    struct fq_seal seal = {.log = log->id,
                           .from_seq = log->last + 1,
                           .to_seq = log->last + RECORDS,
                           .instance = world_id(7)};
    uint8_t key[FQ_LOG_KEY_SIZE], lsn[8], have[FQ_HAVE_SIZE];
    uint32_t areas[RECORDS];
    struct fq_span arrival;
    struct fq_batch batch;

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
                              &arena, &batch));
    fq_put_be64(lsn, feed.head + 1);
    assert_true(fq_batch_areas(&batch, areas));
    assert_true(fq_feed_number(&feed, &batch, areas, 1, &arena, &arrival));
    uint8_t *value = fq_arena_take(&arena, FQ_LOG_VALUE_HEAD + batch.bytes.size);
    memcpy(value, lsn, sizeof lsn);
    memcpy(value + FQ_LOG_VALUE_HEAD, batch.bytes.data, batch.bytes.size);
    struct fq_event_id first = {log->id, seal.from_seq};
    fq_log_key_encode(&first, key);
    log->last = seal.to_seq;
    log->chain = batch.seal.chain_to;
    fq_have_encode(&frontier, log, have);
    put(FQ_FAMILY_LOG, fq_span_of(key, sizeof key),
        fq_span_of(value, FQ_LOG_VALUE_HEAD + batch.bytes.size));
    put(FQ_FAMILY_ARRIVAL, fq_span_of(lsn, sizeof lsn), arrival);
    put(FQ_FAMILY_HAVE, fq_span_of(key, 12), fq_span_of(have, sizeof have));
}

static int open_store(void **state)
{
    (void)state;
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
    struct fq_log *log = fq_frontier_add(&frontier, &first_epoch, &world.areas);
    for (int i = 0; i < BATCHES; i++) {
        append(log);
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

static struct fq_span value_in(const struct fq_log_id *log, uint64_t first_seq)
{
    struct fq_event_id first = {*log, first_seq};
    uint8_t key[FQ_LOG_KEY_SIZE];
    struct fq_span value;
    struct fq_why why;
    bool is_found;

    fq_log_key_encode(&first, key);
    assert_int_equal(fq_store_get(store, FQ_FAMILY_LOG, fq_span_of(key, sizeof key), &arena, &value,
                                  &is_found, &why),
                     FQ_OK);
    assert_true(is_found);
    return value;
}

static struct fq_span value_of(uint64_t first_seq)
{
    return value_in(&first_epoch, first_seq);
}

static void put_in(const struct fq_log_id *log, uint64_t first_seq, struct fq_span value)
{
    struct fq_event_id first = {*log, first_seq};
    uint8_t key[FQ_LOG_KEY_SIZE];

    fq_log_key_encode(&first, key);
    put(FQ_FAMILY_LOG, fq_span_of(key, sizeof key), value);
}

static void put_value(uint64_t first_seq, struct fq_span value)
{
    put_in(&first_epoch, first_seq, value);
}

/* A log value with the local number of `numbered` and the batch of `batch`. */
static struct fq_span joined(struct fq_span numbered, struct fq_span batch)
{
    uint8_t *bytes = fq_arena_take(&arena, batch.size);

    memcpy(bytes, batch.data, batch.size);
    memcpy(bytes, numbered.data, FQ_LOG_VALUE_HEAD);
    return fq_span_of(bytes, batch.size);
}

static void test_a_log_as_it_was_written_verifies(void **state)
{
    (void)state;

    struct fq_verification verification = verify();

    assert_true(verification.is_match);
    assert_int_equal(verification.batches, BATCHES);
    assert_int_equal(verification.events, BATCHES * RECORDS);
}

static void expect_bad(const char *name)
{
    struct fq_verification verification = verify();

    assert_false(verification.is_match);
    assert_string_equal(verification.first_bad, name);
}

static void test_i1_any_changed_byte_is_found_and_its_batch_named(void **state)
{
    (void)state;
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    static const char *const names[BATCHES] = {"41010501-0-1-1..3", "41010501-0-1-4..6",
                                               "41010501-0-1-7..9", "41010501-0-1-10..12"};
    uint8_t bytes[2048];

    for (uint64_t batch = 0; batch < BATCHES; batch++) {
        struct fq_span value = value_of(1 + batch * RECORDS);
        assert_true(value.size <= sizeof bytes);
        for (size_t i = 0; i < value.size; i++) {
            memcpy(bytes, value.data, value.size);
            bytes[i] ^= changes[i % sizeof changes];
            put_value(1 + batch * RECORDS, fq_span_of(bytes, value.size));
            expect_bad(names[batch]);
        }
        put_value(1 + batch * RECORDS, value);
        assert_true(verify().is_match);
    }
}

static void test_i1_bytes_too_few_or_too_many_are_found(void **state)
{
    (void)state;
    struct fq_span value = value_of(4);
    uint8_t *longer = fq_arena_take(&arena, value.size + 1);
    memcpy(longer, value.data, value.size);

    for (size_t size = 0; size < value.size; size++) {
        put_value(4, fq_span_of(value.data, size));
        expect_bad("41010501-0-1-4..6");
    }
    put_value(4, fq_span_of(longer, value.size + 1));
    expect_bad("41010501-0-1-4..6");
}

static void test_a_batch_in_the_place_of_another_is_found(void **state)
{
    (void)state;
    struct fq_span first = value_of(1), fourth = value_of(4);

    put_value(4, value_of(7));
    expect_bad("41010501-0-1-4..6");
    put_value(4, fourth);
    put_value(10, fourth);
    expect_bad("41010501-0-1-10..12");
    put_value(4, joined(fourth, first)); /* the first one's chain starts by itself */
    expect_bad("41010501-0-1-4..6");
}

/* Every seal is good and every chain whole, but the numbers are those of another batch. */
static void test_swapped_local_numbers_are_noticed(void **state)
{
    (void)state;
    struct fq_span fourth = value_of(4), seventh = value_of(7);

    put_value(4, joined(seventh, fourth));
    put_value(7, joined(fourth, seventh));

    expect_bad("41010501-0-1-4..6");
}

static void test_an_arrival_that_says_otherwise_is_noticed(void **state)
{
    (void)state;
    struct fq_span value;
    struct fq_why why;
    uint8_t *bytes;
    bool is_found;
    uint8_t lsn[8];
    fq_put_be64(lsn, 4);
    assert_int_equal(fq_store_get(store, FQ_FAMILY_ARRIVAL, fq_span_of(lsn, sizeof lsn), &arena,
                                  &value, &is_found, &why),
                     FQ_OK);
    bytes = fq_arena_take(&arena, value.size);
    memcpy(bytes, value.data, value.size);

    bytes[31]++; /* the count: log_key20 wall_ms8 count4 */
    put(FQ_FAMILY_ARRIVAL, fq_span_of(lsn, sizeof lsn), fq_span_of(bytes, value.size));
    expect_bad("41010501-0-1-4..6");
    bytes[31]--;
    put(FQ_FAMILY_ARRIVAL, fq_span_of(lsn, sizeof lsn), fq_span_of(bytes, value.size));
    assert_true(verify().is_match);

    const struct fq_write removal = {
        .family = FQ_FAMILY_ARRIVAL, .key = fq_span_of(lsn, sizeof lsn), .is_delete = true};
    assert_int_equal(fq_store_commit(store, &removal, 1, true, &why), FQ_OK);
    expect_bad("41010501-0-1-4..6");
}

static void test_logs_are_told_apart(void **state)
{
    (void)state;
    struct fq_log *log = fq_frontier_add(&frontier, &next_epoch, &world.areas);
    append(log);
    append(log);
    struct fq_span old = value_of(1), first = value_in(&next_epoch, 1);
    struct fq_span fourth = value_in(&next_epoch, 4);

    struct fq_verification verification = verify();
    assert_true(verification.is_match);
    assert_int_equal(verification.batches, BATCHES + 2);
    put_in(&next_epoch, 4, fq_span_of(fourth.data, fourth.size - 1));
    expect_bad("41010501-0-2-4..6");
    put_in(&next_epoch, 4, fourth);
    put_in(&next_epoch, 1, joined(first, old)); /* sealed well, but of another log */
    expect_bad("41010501-0-2-1..3");
    put_in(&next_epoch, 1, joined(old, first)); /* and the other's local number */
    expect_bad("41010501-0-2-1..3");
    put_in(&next_epoch, 1, first);
    assert_true(verify().is_match);
}

static void test_a_batch_taken_away_is_missed(void **state)
{
    (void)state;
    static const uint64_t firsts[] = {1, 4, 10}; /* at the beginning, in the middle, at the end */

    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        struct fq_span value = value_of(firsts[i]);
        struct fq_event_id first = {first_epoch, firsts[i]};
        uint8_t key[FQ_LOG_KEY_SIZE];
        struct fq_why why;
        fq_log_key_encode(&first, key);
        const struct fq_write removal = {
            .family = FQ_FAMILY_LOG, .key = fq_span_of(key, sizeof key), .is_delete = true};
        assert_int_equal(fq_store_commit(store, &removal, 1, true, &why), FQ_OK);
        struct fq_verification verification = verify();
        assert_false(verification.is_match);
        assert_memory_equal(verification.first_bad, "41010501-0-1-", 13);
        put_value(firsts[i], value);
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

    expect_bad("41010501-0-1-1..3");
}

static void test_a_log_that_another_key_sealed_does_not_verify(void **state)
{
    (void)state;
    const uint8_t seed[32] = {2};
    struct fq_sign_public other;
    struct fq_sign_secret unused;
    struct fq_why why;

    fq_sign_pair(seed, &other, &unused);
    assert_int_equal(fq_verify_note_signer(store, ORIGIN, &other, &why), FQ_OK);
    expect_bad("41010501-0-1-1..3");
    assert_int_equal(fq_verify_note_signer(store, ORIGIN, &public_key, &why), FQ_OK);

    assert_true(verify().is_match);
}

static void test_an_empty_store_verifies(void **state)
{
    (void)state;
    struct fq_store *full = store;
    struct fq_why why;

    assert_int_equal(fq_store_open_memory(&store, &why), FQ_OK);
    struct fq_verification verification = verify();
    fq_store_close(store);
    store = full;

    assert_true(verification.is_match);
    assert_int_equal(verification.batches, 0);
}

/* ---- a store of which one family cannot be read ---- */

struct faulty {
    struct fq_store base;
    struct fq_store *behind;
    enum fq_family family;
};

static void no_seek(struct fq_cursor *cursor, struct fq_span key)
{
    (void)cursor;
    (void)key;
}

static bool no_entry(const struct fq_cursor *cursor)
{
    (void)cursor;
    return false;
}

static void no_close(struct fq_cursor *cursor)
{
    (void)cursor;
}

static fq_err read_error(const struct fq_cursor *cursor, struct fq_why *out_why)
{
    (void)cursor;
    return fq_fail(out_why, FQ_REASON_STORE, "a bad sector");
}

static fq_err faulty_cursor(struct fq_store *base, enum fq_family family,
                            struct fq_cursor **out_cursor, struct fq_why *out_why)
{
    static const struct fq_cursor_methods methods = {.close = no_close,
                                                     .seek = no_seek,
                                                     .seek_last = no_seek,
                                                     .is_valid = no_entry,
                                                     .error = read_error};
    static struct fq_cursor cursor = {&methods};
    struct faulty *faulty = (struct faulty *)base;

    if (family == faulty->family) {
        *out_cursor = &cursor;
        return FQ_OK;
    }
    return fq_cursor_open(faulty->behind, family, out_cursor, out_why);
}

static fq_err faulty_get(struct fq_store *base, enum fq_family family, struct fq_span key,
                         struct fq_arena *into, struct fq_span *out_value, bool *out_found,
                         struct fq_why *out_why)
{
    struct faulty *faulty = (struct faulty *)base;

    return fq_store_get(faulty->behind, family, key, into, out_value, out_found, out_why);
}

static void test_what_cannot_be_read_is_no_match_but_an_error(void **state)
{
    (void)state;
    static const struct fq_store_methods methods = {.get = faulty_get,
                                                    .cursor_open = faulty_cursor};
    static const enum fq_family families[] = {FQ_FAMILY_LOG, FQ_FAMILY_HAVE};
    struct faulty faulty = {.base = {.methods = &methods}, .behind = store};
    struct fq_verification verification = {.batches = 77};

    for (size_t i = 0; i < 2; i++) {
        struct fq_why why = {0};
        faulty.family = families[i];
        assert_int_not_equal(fq_verify_log(&faulty.base, &verification, &why), FQ_OK);
        assert_int_equal(why.reason, FQ_REASON_STORE);
        assert_int_equal(verification.batches, 77); /* left as it was */
    }
    faulty.family = FQ_FAMILY_AUDIT;
    struct fq_why why;
    assert_int_equal(fq_verify_log(&faulty.base, &verification, &why), FQ_OK);
    assert_true(verification.is_match);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_log_as_it_was_written_verifies),
        CASE(test_i1_any_changed_byte_is_found_and_its_batch_named),
        CASE(test_i1_bytes_too_few_or_too_many_are_found),
        CASE(test_a_batch_in_the_place_of_another_is_found),
        CASE(test_swapped_local_numbers_are_noticed),
        CASE(test_an_arrival_that_says_otherwise_is_noticed),
        CASE(test_logs_are_told_apart),
        CASE(test_a_batch_taken_away_is_missed),
        CASE(test_a_log_of_an_unknown_signer_does_not_verify),
        CASE(test_a_log_that_another_key_sealed_does_not_verify),
        CASE(test_an_empty_store_verifies),
        CASE(test_what_cannot_be_read_is_no_match_but_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
