/* Batches: limits (H1), whole or not at all (H2), original bytes (H3); chain and seal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/batch.h"

static uint8_t memory[4 * 1024 * 1024] __attribute__((aligned(16)));
static struct fq_sign_public key;
static struct fq_sign_secret secret;
static const struct fq_log_id log_id = {41010501, 0, 1};
static const struct fq_id instance = {{9, 8, 7}};

static int set_up(void **state)
{
    static const uint8_t seed[32] = {1};

    (void)state;
    fq_sign_pair(seed, &key, &secret);
    return 0;
}

static struct fq_arena fresh_arena(void)
{
    return fq_arena_over(memory, sizeof memory);
}

/* `count` records of a session each, in the arena. */
static struct fq_span records_of(uint32_t count, struct fq_arena *arena)
{
    struct fq_writer writer = fq_writer_take(arena, 64 + (size_t)count * 64);
    struct fq_event event = {.kind = FQ_EVENT_SESSION,
                             .step = FQ_EVENT_SESSION,
                             .rev = 1,
                             .cmd_id = {{5}},
                             .dispute = {{6}},
                             .date = 44378};

    for (uint32_t i = 0; i < count; i++) {
        event.rev = i + 1;
        fq_event_encode(&event, &writer);
    }
    assert_false(writer.is_full);
    return fq_writer_span(&writer);
}

static struct fq_span seal_of(uint64_t from_seq, uint32_t count, const struct fq_hash *chain,
                              struct fq_arena *arena)
{
    struct fq_seal seal = {.log = log_id,
                           .from_seq = from_seq,
                           .to_seq = from_seq + count - 1,
                           .hlc = UINT64_C(1) << 50,
                           .cert_serial = 3,
                           .instance = instance};
    struct fq_batch batch = {.record_count = 0};
    struct fq_span records = records_of(count, arena);

    assert_true(fq_batch_seal(&seal, chain, records, count, &secret, arena, &batch));
    return batch.bytes;
}

static void test_a_sealed_batch_is_parsed_and_verified(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_batch batch;
    struct fq_batch next;

    struct fq_span first = seal_of(1, 3, NULL, &arena);
    assert_int_equal(fq_batch_parse(first, &batch, NULL), FQ_OK);
    assert_int_equal(fq_batch_verify(&batch, NULL, &key, NULL), FQ_OK);
    assert_int_equal(batch.record_count, 3);
    assert_int_equal(batch.seal.to_seq, 3);
    assert_int_equal(batch.seal.cert_serial, 3);
    assert_true(fq_id_equal(&batch.seal.instance, &instance));
    struct fq_span second = seal_of(4, 2, &batch.seal.chain_to, &arena);
    assert_int_equal(fq_batch_parse(second, &next, NULL), FQ_OK);
    assert_int_equal(fq_batch_verify(&next, &batch.seal.chain_to, &key, NULL), FQ_OK);
    assert_true(fq_id_is_zero(&next.seal.instance));
}

static void test_h3_a_sealed_batch_is_what_its_bytes_parse_to(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span records = records_of(3, &arena);
    struct fq_seal seal = {.log = log_id, .from_seq = 1, .to_seq = 3, .hlc = 7};
    struct fq_batch sealed, parsed;

    assert_true(fq_batch_seal(&seal, NULL, records, 3, &secret, &arena, &sealed));
    assert_int_equal(fq_batch_parse(sealed.bytes, &parsed, NULL), FQ_OK);

    assert_ptr_equal(sealed.records.data, parsed.records.data);
    assert_int_equal(sealed.records.size, parsed.records.size);
    assert_ptr_equal(sealed.seal_bytes.data, parsed.seal_bytes.data);
    assert_int_equal(sealed.seal_bytes.size, parsed.seal_bytes.size);
    assert_ptr_equal(sealed.signature, parsed.signature);
    assert_int_equal(sealed.record_count, parsed.record_count);
    assert_int_equal(sealed.seal.to_seq, parsed.seal.to_seq);
    assert_true(fq_hash_equal(&sealed.seal.chain_to, &parsed.seal.chain_to));
}

static void test_the_chain_is_the_documented_hash(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_batch batch;
    uint8_t head[3 + 12 + FQ_ID_SIZE] = "FQ1";
    uint8_t number[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    struct fq_hash chain;
    struct fq_hash after;

    assert_int_equal(fq_batch_parse(seal_of(1, 2, NULL, &arena), &batch, NULL), FQ_OK);
    fq_put_be32(head + 3, 41010501);
    fq_put_be32(head + 7, 0);
    fq_put_be32(head + 11, 1);
    memcpy(head + 15, instance.bytes, FQ_ID_SIZE);
    struct fq_span start = fq_span_of(head, sizeof head);
    fq_hash_spans(&start, 1, &chain);
    const struct fq_span spans[] = {fq_span_of(chain.bytes, FQ_HASH_SIZE), fq_span_of(number, 8),
                                    batch.records};
    fq_hash_spans(spans, 3, &after);

    assert_true(fq_hash_equal(&after, &batch.seal.chain_to));
}

static void test_h1_one_to_4096_records_at_most_256_kib(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_batch batch;

    assert_int_equal(fq_batch_parse(seal_of(1, FQ_BATCH_RECORDS_MAX, NULL, &arena), &batch, NULL),
                     FQ_OK);
    assert_int_equal(fq_batch_verify(&batch, NULL, &key, NULL), FQ_OK);
}

static void test_h1_more_than_256_kib_are_refused(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_seal seal = {.log = log_id, .from_seq = 1, .to_seq = 1, .instance = instance};
    struct fq_writer writer = fq_writer_take(&arena, FQ_BATCH_SIZE_MAX);
    struct fq_batch batch;
    static uint8_t filler[FQ_BATCH_SIZE_MAX - FQ_BATCH_OVERHEAD - 5];

    fq_write_bytes(&writer, filler, sizeof filler); /* one "record" of the greatest size */
    assert_true(fq_batch_seal(&seal, NULL, fq_writer_span(&writer), 1, &secret, &arena, &batch));
    assert_true(batch.bytes.size <= FQ_BATCH_SIZE_MAX);
    assert_int_equal(fq_batch_parse(batch.bytes, &batch, NULL), FQ_OK);

    struct fq_writer longer = fq_writer_take(&arena, FQ_BATCH_SIZE_MAX + 1024);
    fq_write_array(&longer, 3);
    fq_write_raw(&longer, batch.seal_bytes);
    fq_write_bytes(&longer, batch.signature, FQ_SIGNATURE_SIZE);
    fq_write_array(&longer, 1);
    static uint8_t more[FQ_BATCH_SIZE_MAX];
    fq_write_bytes(&longer, more, sizeof more);
    assert_false(longer.is_full);
    assert_int_equal(fq_batch_parse(fq_writer_span(&longer), &batch, NULL), FQ_ERR_VERIFY);
}

/* A batch of one record with some of its parts replaced. */
struct forgery {
    uint32_t parts, record_count;
    uint64_t alg, from_seq, to_seq;
    uint32_t signature_size;
    bool has_instance;
};

static fq_err parse_forged(const struct forgery *forgery)
{
    struct fq_arena arena = fresh_arena();
    struct fq_batch batch;
    struct fq_writer writer = fq_writer_take(&arena, 8192);
    static const uint8_t zeros[FQ_SIGNATURE_SIZE];

    fq_write_array(&writer, forgery->parts);
    fq_write_array(&writer, forgery->has_instance ? 10 : 9);
    fq_write_uint(&writer, forgery->alg);
    fq_write_uint(&writer, log_id.origin);
    fq_write_uint(&writer, 0);
    fq_write_uint(&writer, 1);
    fq_write_uint(&writer, forgery->from_seq);
    fq_write_uint(&writer, forgery->to_seq);
    fq_write_bytes(&writer, zeros, FQ_HASH_SIZE);
    fq_write_uint(&writer, 1);
    fq_write_uint(&writer, 1);
    if (forgery->has_instance) {
        fq_write_bytes(&writer, zeros, FQ_ID_SIZE);
    }
    fq_write_bytes(&writer, zeros, forgery->signature_size);
    fq_write_array(&writer, forgery->record_count);
    for (uint32_t i = 0; i < forgery->record_count; i++) {
        fq_write_array(&writer, 0);
    }
    for (uint32_t part = 3; part < forgery->parts; part++) {
        fq_write_nil(&writer);
    }
    return fq_batch_parse(fq_writer_span(&writer), &batch, NULL);
}

static void test_h2_a_count_that_does_not_fit_the_range_is_refused(void **state)
{
    (void)state;
    struct forgery sound = {.parts = 3,
                            .record_count = 2,
                            .alg = 1,
                            .from_seq = 5,
                            .to_seq = 6,
                            .signature_size = FQ_SIGNATURE_SIZE};
    struct forgery forgery = sound;

    assert_int_equal(parse_forged(&sound), FQ_OK);
    forgery.to_seq = 7;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery.to_seq = 5;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery.to_seq = 4;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery = sound;
    forgery.from_seq = 0;
    forgery.to_seq = 1;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery = sound;
    forgery.record_count = 0;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery = sound;
    forgery.from_seq = 0; /* 0 - 1 + 1 = 0 records */
    forgery.to_seq = UINT64_MAX;
    forgery.record_count = 0;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
}

static void test_h1_a_record_more_is_refused(void **state)
{
    (void)state;
    struct forgery forgery = {.parts = 3,
                              .record_count = FQ_BATCH_RECORDS_MAX,
                              .alg = 1,
                              .from_seq = 2,
                              .to_seq = 1 + FQ_BATCH_RECORDS_MAX,
                              .signature_size = FQ_SIGNATURE_SIZE};

    assert_int_equal(parse_forged(&forgery), FQ_OK);
    forgery.record_count++;
    forgery.to_seq++;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
}

static void test_seals_of_another_shape_are_refused(void **state)
{
    (void)state;
    struct forgery sound = {.parts = 3,
                            .record_count = 2,
                            .alg = 1,
                            .from_seq = 5,
                            .to_seq = 6,
                            .signature_size = FQ_SIGNATURE_SIZE};
    struct forgery forgery = sound;

    forgery.alg = 2;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery = sound;
    forgery.parts = 4;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery = sound;
    forgery.signature_size = FQ_SIGNATURE_SIZE - 1;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery = sound;
    forgery.has_instance = true; /* belongs to the first batch alone */
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
    forgery.from_seq = 1;
    forgery.to_seq = 2;
    assert_int_equal(parse_forged(&forgery), FQ_OK);
    forgery.has_instance = false;
    assert_int_equal(parse_forged(&forgery), FQ_ERR_VERIFY);
}

static fq_err parse_and_verify(struct fq_span bytes, const struct fq_hash *chain)
{
    struct fq_batch batch;
    fq_err err = fq_batch_parse(bytes, &batch, NULL);

    return err ? err : fq_batch_verify(&batch, chain, &key, NULL);
}

static void test_h3_every_byte_of_a_batch_flipped_is_refused(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_batch batch;

    struct fq_span first = seal_of(1, 2, NULL, &arena);
    assert_int_equal(fq_batch_parse(first, &batch, NULL), FQ_OK);
    struct fq_hash chain = batch.seal.chain_to;
    struct fq_span second = seal_of(3, 2, &chain, &arena);
    const struct fq_span batches[] = {first, second};

    for (size_t b = 0; b < 2; b++) {
        struct fq_span copy = fq_arena_copy(&arena, batches[b]);
        uint8_t *bytes = memory + (copy.data - memory);
        assert_int_equal(parse_and_verify(copy, &chain), FQ_OK);
        for (size_t i = 0; i < copy.size; i++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                bytes[i] ^= (uint8_t)(1u << bit);
                assert_int_equal(parse_and_verify(copy, &chain), FQ_ERR_VERIFY);
                bytes[i] ^= (uint8_t)(1u << bit);
            }
        }
        for (size_t size = 0; size < copy.size; size++) {
            assert_int_equal(parse_and_verify(fq_span_of(bytes, size), &chain), FQ_ERR_VERIFY);
        }
    }
}

static void test_another_chain_is_told_from_another_key(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_batch batch;
    struct fq_why why = {0};
    static const uint8_t seed[32] = {2};
    struct fq_sign_public stranger;
    struct fq_sign_secret unused;
    struct fq_hash chain = {{0}};

    fq_sign_pair(seed, &stranger, &unused);
    assert_int_equal(fq_batch_parse(seal_of(3, 1, &chain, &arena), &batch, NULL), FQ_OK);
    assert_int_equal(fq_batch_verify(&batch, &chain, &stranger, &why), FQ_ERR_VERIFY);
    assert_int_equal(why.reason, FQ_REASON_SEAL);
    assert_int_equal(fq_batch_verify(&batch, &chain, NULL, &why), FQ_OK); /* the chain alone */
    chain.bytes[0] = 1;
    assert_int_equal(fq_batch_verify(&batch, &chain, &key, &why), FQ_ERR_VERIFY);
    assert_int_equal(why.reason, FQ_REASON_CHAIN);
    assert_string_equal(why.detail, "41010501-0-1-3..3");
}

/* One batch of one log is not one of another: log and instance are in the chain and the seal. */
static void test_a_batch_stays_in_its_log(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_seal seal = {.log = log_id, .from_seq = 1, .to_seq = 1, .instance = instance};
    struct fq_span records = records_of(1, &arena);
    struct fq_batch batch;
    struct fq_hash chains[4];
    const struct fq_log_id logs[] = {
        {41010501, 0, 1}, {41010502, 0, 1}, {41010501, 1, 1}, {41010501, 0, 2}};

    for (size_t i = 0; i < 4; i++) {
        seal.log = logs[i];
        assert_true(fq_batch_seal(&seal, NULL, records, 1, &secret, &arena, &batch));
        chains[i] = batch.seal.chain_to;
        for (size_t j = 0; j < i; j++) {
            assert_false(fq_hash_equal(&chains[i], &chains[j]));
        }
    }
    seal.log = log_id;
    seal.instance.bytes[15] ^= 1;
    assert_true(fq_batch_seal(&seal, NULL, records, 1, &secret, &arena, &batch));
    assert_false(fq_hash_equal(&batch.seal.chain_to, &chains[0]));
}

static void test_sealing_into_a_full_arena_says_so(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span records = records_of(2, &arena);
    struct fq_seal seal = {.log = log_id, .from_seq = 1, .to_seq = 2, .instance = instance};
    struct fq_batch batch;
    arena.size = arena.used + 100;

    assert_false(fq_batch_seal(&seal, NULL, records, 2, &secret, &arena, &batch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sealed_batch_is_parsed_and_verified),
        cmocka_unit_test(test_h3_a_sealed_batch_is_what_its_bytes_parse_to),
        cmocka_unit_test(test_the_chain_is_the_documented_hash),
        cmocka_unit_test(test_h1_one_to_4096_records_at_most_256_kib),
        cmocka_unit_test(test_h1_more_than_256_kib_are_refused),
        cmocka_unit_test(test_h2_a_count_that_does_not_fit_the_range_is_refused),
        cmocka_unit_test(test_h1_a_record_more_is_refused),
        cmocka_unit_test(test_seals_of_another_shape_are_refused),
        cmocka_unit_test(test_h3_every_byte_of_a_batch_flipped_is_refused),
        cmocka_unit_test(test_another_chain_is_told_from_another_key),
        cmocka_unit_test(test_a_batch_stays_in_its_log),
        cmocka_unit_test(test_sealing_into_a_full_arena_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
