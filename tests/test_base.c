/* Base: reasons, spans, ids, arenas, hashes and signatures against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fq/base/err.h"
#include "fq/base/bytes.h"
#include "fq/base/hash.h"
#include "fq/base/sign.h"

static void unhex(const char *text, uint8_t *out, size_t size)
{
    assert_true(fq_hex_decode(text, strlen(text), out, size));
}

static void test_e1_reasons_are_found_by_number_and_ascend(void **state)
{
    (void)state;
    unsigned last = 0;
    size_t count = 0;

    for (const struct fq_reason_row *row = fq_reason_at(0); row; row = fq_reason_at(++count)) {
        unsigned number = (unsigned)row->reason;
        assert_true(count == 0 || number > last);
        assert_ptr_equal(fq_reason_find(number), row);
        assert_true(strlen(row->name) && strlen(row->cause) && strlen(row->cure));
        assert_true((row->err == FQ_OK) == (row->reason == FQ_REASON_NONE));
        last = number;
    }

    assert_true(count > 40);
    assert_null(fq_reason_at(count));
    assert_null(fq_reason_at(SIZE_MAX));
    assert_null(fq_reason_find(9999));
}

/* Numbers that were published: a new meaning needs a new number. */
static void test_e1_published_numbers_keep_their_meaning(void **state)
{
    (void)state;
    static const struct {
        unsigned number;
        const char *name;
        fq_err err;
    } published[] = {
        {1001, "USAGE", FQ_ERR_USAGE},          {1002, "CONFIG", FQ_ERR_USAGE},
        {2001, "DENIED", FQ_ERR_DENIED},        {3003, "STEP", FQ_ERR_REFUSED},
        {4001, "AREA_FOREIGN", FQ_ERR_REFUSED}, {5003, "SEAL", FQ_ERR_VERIFY},
        {6002, "STORE_NEWER", FQ_ERR_NEWER},    {7002, "NOT_ACKNOWLEDGED", FQ_ERR_WAITING},
    };

    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        const struct fq_reason_row *row = fq_reason_find(published[i].number);
        assert_non_null(row);
        assert_string_equal(row->name, published[i].name);
        assert_int_equal(row->err, published[i].err);
    }
}

static void test_fail_fills_why_and_gives_the_code(void **state)
{
    (void)state;
    struct fq_why why = {0};

    fq_err err = fq_fail(&why, FQ_REASON_CONFIG, "%s:%d: %s", "county.cfg", 3, "node.area");

    assert_int_equal(err, FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_CONFIG);
    assert_string_equal(why.detail, "county.cfg:3: node.area");
    assert_int_equal(fq_fail(NULL, FQ_REASON_SEAL, "nobody asks"), FQ_ERR_VERIFY);
}

static void test_fail_may_quote_the_detail_it_replaces(void **state)
{
    (void)state;
    struct fq_why why = {0};

    (void)fq_fail(&why, FQ_REASON_FILE, "no such file");
    (void)fq_fail(&why, FQ_REASON_CONFIG, "areas.csv: %s", why.detail);

    assert_string_equal(why.detail, "areas.csv: no such file");
}

static void test_fail_cuts_a_long_detail_between_characters(void **state)
{
    (void)state;
    static const char wall[] = "围墙";

    for (size_t shift = 0; shift < 6; shift++) {
        char text[3 * FQ_WHY_SIZE] = "xxxxx";
        size_t size = shift;
        while (size + 6 < sizeof text) {
            memcpy(text + size, wall, 7);
            size += 6;
        }
        struct fq_why why = {0};

        (void)fq_fail(&why, FQ_REASON_FIELD, "%s", text);

        size_t kept = strlen(why.detail);
        assert_int_equal((kept - shift) % 3, 0);
        assert_true(kept < FQ_WHY_SIZE && kept >= FQ_WHY_SIZE - 3);
        assert_memory_equal(why.detail, text, kept);
    }
}

static void test_e2_a_false_assert_aborts_and_says_where(void **state)
{
    (void)state;
    int ends[2];
    char said[200] = "";
    assert_int_equal(pipe(ends), 0);

    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        FQ_ASSERT(1 + 1 == 3);
        _exit(0);
    }
    close(ends[1]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    ssize_t size = read(ends[0], said, sizeof said - 1);
    close(ends[0]);

    assert_true(WIFSIGNALED(status));
    assert_true(size > 0);
    assert_non_null(strstr(said, "test_base.c"));
    assert_non_null(strstr(said, "1 + 1 == 3"));
}

static void test_b1_a_full_arena_gives_null_and_stays_as_it_was(void **state)
{
    (void)state;
    _Alignas(16) uint8_t block[64];
    struct fq_arena arena = fq_arena_over(block, sizeof block);

    assert_ptr_equal(fq_arena_take(&arena, 33), block);
    assert_null(fq_arena_take(&arena, 17));
    assert_null(fq_arena_take(&arena, SIZE_MAX));
    assert_null(fq_arena_take(&arena, SIZE_MAX - 15));
    assert_int_equal(arena.used, 33);
    assert_ptr_equal(fq_arena_take(&arena, 16), block + 48);
    assert_null(fq_arena_take(&arena, 1));
    assert_null(fq_arena_copy(&arena, fq_span_text("wall")).data);

    fq_arena_reset(&arena);
    assert_ptr_equal(fq_arena_take(&arena, 64), block);
}

static void test_b1_an_arena_over_nothing_is_full(void **state)
{
    (void)state;
    struct fq_arena arena = fq_arena_over(NULL, 0);

    assert_null(fq_arena_take(&arena, 0));
    assert_null(fq_arena_take(&arena, 1));
}

static void test_arena_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    _Alignas(16) uint8_t block[256];
    memset(block, 0xAA, sizeof block);
    struct fq_arena arena = fq_arena_over(block + 3, sizeof block - 3);

    for (size_t size = 1; size < 40; size += 7) {
        uint8_t *taken = fq_arena_take(&arena, size);
        assert_non_null(taken);
        assert_int_equal((uintptr_t)taken % 16, 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(taken[i], 0);
        }
        memset(taken, 0xBB, size);
    }
}

static void test_arena_copy_is_equal_and_elsewhere(void **state)
{
    (void)state;
    uint8_t block[64];
    struct fq_arena arena = fq_arena_over(block, sizeof block);
    struct fq_span wall = fq_span_text("a boundary wall");

    struct fq_span copy = fq_arena_copy(&arena, wall);
    struct fq_span empty = fq_arena_copy(&arena, fq_span_of(NULL, 0));

    assert_true(fq_span_equal(copy, wall));
    assert_ptr_not_equal(copy.data, wall.data);
    assert_non_null(empty.data);
    assert_int_equal(empty.size, 0);
}

static void test_spans_compare_like_words_in_a_dictionary(void **state)
{
    (void)state;
    static const char *const words[] = {"", "a", "ab", "b", "\x80"};

    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            int order = fq_span_compare(fq_span_text(words[i]), fq_span_text(words[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(fq_span_equal(fq_span_text(words[i]), fq_span_text(words[j])), i == j);
        }
    }
    assert_true(fq_span_equal(fq_span_of(NULL, 0), fq_span_text("")));
}

static void test_ids_are_equal_byte_by_byte(void **state)
{
    (void)state;
    struct fq_id a = {{0}}, b = {{0}};

    assert_true(fq_id_is_zero(&a));
    for (size_t i = 0; i < FQ_ID_SIZE; i++) {
        b.bytes[i] = 1;
        assert_false(fq_id_equal(&a, &b));
        assert_false(fq_id_is_zero(&b));
        b.bytes[i] = 0;
    }
    assert_true(fq_id_equal(&a, &b));
}

static void test_hex_round_trips_every_byte(void **state)
{
    (void)state;
    uint8_t bytes[256], back[256];
    char text[513];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }

    fq_hex_encode(fq_span_of(bytes, sizeof bytes), text);

    assert_int_equal(strlen(text), 512);
    assert_true(fq_hex_decode(text, 512, back, sizeof back));
    assert_memory_equal(bytes, back, sizeof bytes);
    unhex("0aFf", back, 2);
    assert_memory_equal(back, "\x0a\xff", 2);
}

static void test_hex_refuses_what_is_not_exactly_so_many_digits(void **state)
{
    (void)state;
    uint8_t out[2] = {7, 7};

    assert_false(fq_hex_decode("0a0", 3, out, 2));
    assert_false(fq_hex_decode("0a0b0", 5, out, 2));
    assert_false(fq_hex_decode("0a0b0c", 6, out, 2));
    assert_false(fq_hex_decode("0a0g", 4, out, 2));
    assert_false(fq_hex_decode("0a /", 4, out, 2));
    assert_false(fq_hex_decode("0a:@", 4, out, 2));
    assert_false(fq_hex_decode("0a`\xff", 4, out, 2));
    assert_int_equal(out[0], 7);
    assert_int_equal(out[1], 7);
}

static void test_numbers_are_big_endian(void **state)
{
    (void)state;
    uint8_t out[8];

    fq_put_be64(out, 0x0123456789ABCDEFu);
    assert_memory_equal(out, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
    assert_true(fq_get_be64(out) == 0x0123456789ABCDEFu);
    assert_int_equal(fq_get_be32(out + 4), 0x89ABCDEFu);
    assert_int_equal(fq_get_be16(out + 6), 0xCDEF);
    fq_put_be32(out, 0x80000001u);
    fq_put_be16(out + 4, 0xFF00);
    assert_memory_equal(out, "\x80\x00\x00\x01\xff\x00", 6);
}

static void test_hash_is_blake2b_256_of_the_concatenation(void **state)
{
    (void)state;
    /* BLAKE2b-256("abc"), as `b2sum -l 256` prints it. */
    static const char *const abc =
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
    const struct fq_span parts[] = {fq_span_text("a"), fq_span_of(NULL, 0), fq_span_text("bc")};
    const struct fq_span whole = fq_span_text("abc");
    struct fq_hash in_parts, at_once, expected;
    struct fq_id id;
    unhex(abc, expected.bytes, sizeof expected.bytes);

    fq_hash_spans(parts, 3, &in_parts);
    fq_hash_spans(&whole, 1, &at_once);
    fq_hash_id(parts, 3, &id);

    assert_true(fq_hash_equal(&in_parts, &expected));
    assert_true(fq_hash_equal(&at_once, &expected));
    assert_memory_equal(id.bytes, expected.bytes, FQ_ID_SIZE);
    at_once.bytes[31] ^= 1;
    assert_false(fq_hash_equal(&at_once, &expected));
}

static void test_a_keyed_hash_is_keyed_blake2b(void **state)
{
    (void)state;
    const struct fq_span parts[] = {fq_span_text("boundary "), fq_span_text("wall")};
    uint8_t key[FQ_HASH_SIZE];
    struct fq_hash hash, expected;

    for (uint8_t i = 0; i < FQ_HASH_SIZE; i++) {
        key[i] = i;
    }
    /* hashlib.blake2b(b"boundary wall", key=bytes(range(32)), digest_size=32) */
    unhex("7b8e82c9dd0b172b7a705eb5c47ae3e9cb3c768bc0ad7fd151561a3e7776adde", expected.bytes,
          FQ_HASH_SIZE);

    fq_hash_keyed(key, parts, 2, &hash);

    assert_true(fq_hash_equal(&hash, &expected));
    fq_hash_spans(parts, 2, &hash);
    assert_false(fq_hash_equal(&hash, &expected));
}

static void test_hash_of_nothing_is_the_hash_of_no_bytes(void **state)
{
    (void)state;
    struct fq_hash hash, expected;
    unhex("0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8", expected.bytes,
          sizeof expected.bytes);

    fq_hash_spans(NULL, 0, &hash);

    assert_true(fq_hash_equal(&hash, &expected));
}

static void test_quick_hashes_are_xxh3(void **state)
{
    (void)state;
    struct fq_digest digest = fq_hash_digest(fq_span_of(NULL, 0));

    /* The test vectors of xxHash for the empty input and seed 0. */
    assert_true(fq_hash_quick(fq_span_of(NULL, 0)) == 0x2D06800538D394C2u);
    assert_true(digest.low == 0x6001C324468D497Fu);
    assert_true(digest.high == 0x99AA06D3014798D8u);
    assert_true(fq_hash_quick(fq_span_text("wall")) != fq_hash_quick(fq_span_text("walk")));
}

static void test_digests_add_modulo_2_to_the_128(void **state)
{
    (void)state;
    struct fq_digest sum = {UINT64_MAX, 4};

    fq_digest_add(&sum, (struct fq_digest){1, 0});
    assert_true(fq_digest_equal(sum, (struct fq_digest){0, 5}));
    fq_digest_subtract(&sum, (struct fq_digest){1, 0});
    assert_true(fq_digest_equal(sum, (struct fq_digest){UINT64_MAX, 4}));
    fq_digest_subtract(&sum, (struct fq_digest){0, 5});
    assert_true(fq_digest_equal(sum, (struct fq_digest){UINT64_MAX, UINT64_MAX}));
    fq_digest_add(&sum, (struct fq_digest){1, 0});
    assert_true(fq_digest_equal(sum, (struct fq_digest){0, 0}));
}

/* RFC 8032, section 7.1, TEST 3. */
static void test_signatures_are_ed25519(void **state)
{
    (void)state;
    uint8_t seed[32], expected_key[32], expected[64], signature[64];
    struct fq_sign_public key;
    struct fq_sign_secret secret;
    unhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", seed, 32);
    unhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", expected_key, 32);
    unhex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
          "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
          expected, 64);

    fq_sign_pair(seed, &key, &secret);
    fq_sign(&secret, fq_span_text("\xaf\x82"), signature);

    assert_memory_equal(key.bytes, expected_key, 32);
    assert_memory_equal(signature, expected, 64);
}

static void test_an_altered_message_key_or_signature_does_not_verify(void **state)
{
    (void)state;
    const uint8_t seed[32] = {1, 2, 3};
    uint8_t message[] = "the wall moves to the old line", signature[64];
    struct fq_sign_public key;
    struct fq_sign_secret secret;
    fq_sign_pair(seed, &key, &secret);
    struct fq_span span = fq_span_of(message, sizeof message);

    fq_sign(&secret, span, signature);

    assert_true(fq_sign_verify(&key, span, signature));
    for (size_t bit = 0; bit < 8 * sizeof message; bit++) {
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(fq_sign_verify(&key, span, signature));
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(fq_sign_verify(&key, span, signature));
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    key.bytes[0] ^= 1;
    assert_false(fq_sign_verify(&key, span, signature));
}

static void test_an_empty_message_can_be_signed(void **state)
{
    (void)state;
    const uint8_t seed[32] = {9};
    uint8_t signature[64];
    struct fq_sign_public key;
    struct fq_sign_secret secret;
    fq_sign_pair(seed, &key, &secret);

    fq_sign(&secret, fq_span_of(NULL, 0), signature);

    assert_true(fq_sign_verify(&key, fq_span_of(NULL, 0), signature));
    assert_false(fq_sign_verify(&key, fq_span_text("x"), signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_e1_reasons_are_found_by_number_and_ascend),
        cmocka_unit_test(test_e1_published_numbers_keep_their_meaning),
        cmocka_unit_test(test_fail_fills_why_and_gives_the_code),
        cmocka_unit_test(test_fail_may_quote_the_detail_it_replaces),
        cmocka_unit_test(test_fail_cuts_a_long_detail_between_characters),
        cmocka_unit_test(test_e2_a_false_assert_aborts_and_says_where),
        cmocka_unit_test(test_b1_a_full_arena_gives_null_and_stays_as_it_was),
        cmocka_unit_test(test_b1_an_arena_over_nothing_is_full),
        cmocka_unit_test(test_arena_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_arena_copy_is_equal_and_elsewhere),
        cmocka_unit_test(test_spans_compare_like_words_in_a_dictionary),
        cmocka_unit_test(test_ids_are_equal_byte_by_byte),
        cmocka_unit_test(test_hex_round_trips_every_byte),
        cmocka_unit_test(test_hex_refuses_what_is_not_exactly_so_many_digits),
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_hash_is_blake2b_256_of_the_concatenation),
        cmocka_unit_test(test_a_keyed_hash_is_keyed_blake2b),
        cmocka_unit_test(test_hash_of_nothing_is_the_hash_of_no_bytes),
        cmocka_unit_test(test_quick_hashes_are_xxh3),
        cmocka_unit_test(test_digests_add_modulo_2_to_the_128),
        cmocka_unit_test(test_signatures_are_ed25519),
        cmocka_unit_test(test_an_altered_message_key_or_signature_does_not_verify),
        cmocka_unit_test(test_an_empty_message_can_be_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
