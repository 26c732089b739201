/* Link frames: what is not exactly a frame is refused (L1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/link.h"

#define SESSION UINT64_C(0x0000000700000002)
#define MSEQ 41u
#define TYPE_AT 4
#define PROTO_AT 5
#define FLAGS_AT 6
#define LENGTH_AT 20
#define CHECKSUM_AT 24

static uint8_t memory[64 * 1024] __attribute__((aligned(16)));
static const struct fq_log_id log_id = {41010501, 0, 1};

static struct fq_arena fresh_arena(void)
{
    return fq_arena_over(memory, sizeof memory);
}

/* A NAK of a gap, long enough to have numbers of every width. */
static struct fq_span frame_of(struct fq_arena *arena, enum fq_link_type type)
{
    struct fq_writer writer = fq_link_begin(arena, 64);

    fq_write_array(&writer, 5);
    fq_link_write_log(&writer, &log_id);
    fq_write_uint(&writer, 70000);
    fq_write_uint(&writer, FQ_REASON_GAP);
    struct fq_span frame = fq_link_end(&writer, type, SESSION, MSEQ);
    assert_true(frame.size > FQ_LINK_HEADER_SIZE);
    return frame;
}

/* A copy to spoil: the frame's bytes are read-only to whom they are given. */
static uint8_t *copy_of(struct fq_span frame, struct fq_arena *arena)
{
    uint8_t *bytes = fq_arena_take(arena, frame.size + 1);

    assert_non_null(bytes);
    memcpy(bytes, frame.data, frame.size);
    return bytes;
}

/* Make length and checksum right for what the body became. */
static void mend(uint8_t *bytes, size_t size)
{
    struct fq_span body = fq_span_of(bytes + FQ_LINK_HEADER_SIZE, size - FQ_LINK_HEADER_SIZE);

    fq_put_be32(bytes + LENGTH_AT, (uint32_t)body.size);
    fq_put_be64(bytes + CHECKSUM_AT, fq_hash_quick(body));
}

static bool is_frame(const uint8_t *bytes, size_t size)
{
    struct fq_link_message message;

    return fq_link_decode(fq_span_of(bytes, size), &message);
}

static void test_l1_every_type_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct fq_link_message message;
    struct fq_log_id log;

    for (unsigned type = FQ_LINK_HELLO; type < FQ_LINK_TYPES; type++) {
        struct fq_arena arena = fresh_arena();
        struct fq_span frame = frame_of(&arena, (enum fq_link_type)type);

        assert_true(fq_link_decode(frame, &message));
        assert_int_equal(message.type, type);
        assert_int_equal(message.session, SESSION);
        assert_int_equal(message.mseq, MSEQ);
        struct fq_reader reader = fq_reader_over(message.body);
        assert_int_equal(fq_read_array(&reader), 5);
        assert_true(fq_link_read_log(&reader, &log));
        assert_true(fq_log_id_equal(&log, &log_id));
        assert_int_equal(fq_read_uint(&reader), 70000);
        assert_int_equal(fq_read_uint(&reader), FQ_REASON_GAP);
        assert_true(reader.at == reader.end);
    }
}

/* The header is on the wire as link.h draws it. */
static void test_l1_the_header_is_the_documented_one(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span frame = frame_of(&arena, FQ_LINK_NAK);
    struct fq_span body =
        fq_span_of(frame.data + FQ_LINK_HEADER_SIZE, frame.size - FQ_LINK_HEADER_SIZE);
    uint8_t expected[FQ_LINK_HEADER_SIZE] = {'F', 'Q', 'L', '1', 5, 1, 0, 0, 0, 0,
                                             0,   7,   0,   0,   0, 2, 0, 0, 0, 41};

    fq_put_be32(expected + LENGTH_AT, (uint32_t)body.size);
    fq_put_be64(expected + CHECKSUM_AT, fq_hash_quick(body));

    assert_memory_equal(frame.data, expected, sizeof expected);
}

static void test_l1_every_truncation_is_refused(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span frame = frame_of(&arena, FQ_LINK_NAK);

    for (size_t size = 0; size < frame.size; size++) {
        uint8_t *bytes = malloc(size); /* of this size: the sanitizer sees what is read past it */
        assert_true(bytes || size == 0);
        memcpy(bytes, frame.data, size);
        assert_false(is_frame(bytes, size));
        free(bytes);
    }
}

/* Magic, proto, length and checksum bind the frame and its body. */
static void test_l1_every_flipped_bit_of_the_frame_and_its_body_is_refused(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span frame = frame_of(&arena, FQ_LINK_NAK);
    uint8_t *bytes = copy_of(frame, &arena);

    for (size_t i = 0; i < frame.size; i++) {
        if (i == TYPE_AT || (i >= FLAGS_AT && i < LENGTH_AT)) {
            continue; /* the next test's */
        }
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] ^= (uint8_t)(1u << bit);
            assert_false(is_frame(bytes, frame.size));
            bytes[i] ^= (uint8_t)(1u << bit);
        }
    }
    assert_true(is_frame(bytes, frame.size));
}

/* Type, flags, session and number are outside the checksum: a flipped one is refused or stays what
 * it says, with the body as it was; the session's rule (Y1) and the body's shape do the rest. */
static void test_l1_what_the_checksum_does_not_cover_touches_nothing_else(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span frame = frame_of(&arena, FQ_LINK_NAK);
    uint8_t *bytes = copy_of(frame, &arena);
    struct fq_link_message whole;
    struct fq_link_message message;

    assert_true(fq_link_decode(frame, &whole));
    for (size_t i = TYPE_AT; i < LENGTH_AT; i++) {
        for (unsigned bit = 0; bit < 8 && i != PROTO_AT; bit++) {
            bytes[i] ^= (uint8_t)(1u << bit);
            if (fq_link_decode(fq_span_of(bytes, frame.size), &message)) {
                assert_int_equal(message.type, bytes[TYPE_AT]);
                assert_int_equal(message.session, fq_get_be64(bytes + 8));
                assert_int_equal(message.mseq, fq_get_be32(bytes + 16));
                assert_true(fq_span_equal(message.body, whole.body));
            } else {
                assert_int_equal(i, TYPE_AT);
            }
            bytes[i] ^= (uint8_t)(1u << bit);
        }
    }
}

static void test_l1_unknown_types_and_protos_are_refused(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span frame = frame_of(&arena, FQ_LINK_NAK);
    uint8_t *bytes = copy_of(frame, &arena);

    for (unsigned value = 0; value <= UINT8_MAX; value++) {
        bytes[TYPE_AT] = (uint8_t)value;
        assert_int_equal(is_frame(bytes, frame.size),
                         value >= FQ_LINK_HELLO && value < FQ_LINK_TYPES);
    }
    bytes[TYPE_AT] = FQ_LINK_NAK;
    for (unsigned value = 0; value <= UINT8_MAX; value++) {
        bytes[PROTO_AT] = (uint8_t)value;
        assert_int_equal(is_frame(bytes, frame.size), value == FQ_LINK_PROTO);
    }
}

static void test_l1_lengths_that_are_not_the_bodys_are_refused(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span frame = frame_of(&arena, FQ_LINK_NAK);
    uint8_t *bytes = copy_of(frame, &arena);
    uint32_t size = (uint32_t)(frame.size - FQ_LINK_HEADER_SIZE);
    const uint32_t lengths[] = {0, 1, size - 1, size + 1, size + 0x10000, INT32_MAX, UINT32_MAX};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        fq_put_be32(bytes + LENGTH_AT, lengths[i]);
        assert_false(is_frame(bytes, frame.size));
    }
    fq_put_be32(bytes + LENGTH_AT, size);
    assert_true(is_frame(bytes, frame.size));
    assert_false(is_frame(bytes, frame.size + 1)); /* a byte after the body */
}

/* Length and checksum are right here: the body itself is none. */
static void test_l1_a_body_that_is_not_one_value_is_refused(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span frame = frame_of(&arena, FQ_LINK_NAK);
    uint8_t *bytes = copy_of(frame, &arena);

    mend(bytes, frame.size + 1); /* a second value, 0, after the array */
    assert_false(is_frame(bytes, frame.size + 1));
    mend(bytes, frame.size - 1); /* an element short */
    assert_false(is_frame(bytes, frame.size - 1));
    mend(bytes, FQ_LINK_HEADER_SIZE); /* no value at all */
    assert_false(is_frame(bytes, FQ_LINK_HEADER_SIZE));
    bytes[FQ_LINK_HEADER_SIZE] = 0xc1;
    mend(bytes, FQ_LINK_HEADER_SIZE + 1);
    assert_false(is_frame(bytes, FQ_LINK_HEADER_SIZE + 1));
}

static void test_l1_a_refused_frame_leaves_the_message_as_it_was(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_span frame = frame_of(&arena, FQ_LINK_NAK);
    struct fq_link_message message = {.session = 5};

    assert_false(fq_link_decode(fq_span_of(frame.data, frame.size - 1), &message));

    assert_int_equal(message.session, 5);
    assert_int_equal(message.type, 0);
    assert_null(message.body.data);
}

static void test_l1_a_log_of_numbers_too_wide_is_refused(void **state)
{
    (void)state;
    const uint64_t wide = UINT64_C(1) << 32;
    const uint64_t logs[][3] = {{wide | 41010501, 0, 1}, {41010501, wide, 1}, {41010501, 0, wide}};

    for (size_t i = 0; i < 3; i++) {
        struct fq_arena arena = fresh_arena();
        struct fq_writer writer = fq_writer_take(&arena, 64);
        struct fq_log_id log;
        for (size_t part = 0; part < 3; part++) {
            fq_write_uint(&writer, logs[i][part]);
        }
        struct fq_reader reader = fq_reader_over(fq_writer_span(&writer));
        assert_false(fq_link_read_log(&reader, &log));
    }
}

static void test_a_frame_that_does_not_fit_is_empty(void **state)
{
    (void)state;
    struct fq_arena arena = fresh_arena();
    struct fq_writer writer = fq_link_begin(&arena, 4);

    fq_write_text(&writer, "boundary wall");
    assert_int_equal(fq_link_end(&writer, FQ_LINK_BYE, SESSION, MSEQ).size, 0);
    writer = fq_link_begin(&arena, sizeof memory);
    assert_int_equal(fq_link_end(&writer, FQ_LINK_BYE, SESSION, MSEQ).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l1_every_type_is_read_as_it_was_written),
        cmocka_unit_test(test_l1_the_header_is_the_documented_one),
        cmocka_unit_test(test_l1_every_truncation_is_refused),
        cmocka_unit_test(test_l1_every_flipped_bit_of_the_frame_and_its_body_is_refused),
        cmocka_unit_test(test_l1_what_the_checksum_does_not_cover_touches_nothing_else),
        cmocka_unit_test(test_l1_unknown_types_and_protos_are_refused),
        cmocka_unit_test(test_l1_lengths_that_are_not_the_bodys_are_refused),
        cmocka_unit_test(test_l1_a_body_that_is_not_one_value_is_refused),
        cmocka_unit_test(test_l1_a_refused_frame_leaves_the_message_as_it_was),
        cmocka_unit_test(test_l1_a_log_of_numbers_too_wide_is_refused),
        cmocka_unit_test(test_a_frame_that_does_not_fit_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
