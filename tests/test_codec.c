/* MessagePack, strictly: what the pre-scan refuses (K1), what the reader never does (K2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fq/core/codec.h"
#include "support/random.h"

#define SCAN(literal) fq_codec_scan(fq_span_of(literal, sizeof(literal) - 1))

struct sample {
    const char *bytes;
    size_t size;
};
#define SAMPLE(literal)                                                                            \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static void all_are(bool expected, const struct sample *samples, size_t count)
{
    char hex[256];

    for (size_t i = 0; i < count; i++) {
        struct fq_span span = fq_span_of(samples[i].bytes, samples[i].size);
        if (fq_codec_scan(span) != expected) {
            fq_hex_encode(span, hex);
            fail_msg("%s should be %s", hex, expected ? "taken" : "refused");
        }
    }
}
#define ALL_ARE(expected, samples) all_are(expected, samples, sizeof samples / sizeof samples[0])

static void test_k1_well_formed_values_pass(void **state)
{
    (void)state;
    static const struct sample good[] = {
        SAMPLE("\x00"),
        SAMPLE("\x7f"),
        SAMPLE("\xcc\x80"),
        SAMPLE("\xcd\x01\x00"),
        SAMPLE("\xe0"),
        SAMPLE("\xff"),
        SAMPLE("\xd0\xdf"),
        SAMPLE("\xd1\xff\x7f"),
        SAMPLE("\xc0"),
        SAMPLE("\xc2"),
        SAMPLE("\xc3"),
        SAMPLE("\xa0"),
        SAMPLE("\xa3墙"),
        SAMPLE("\xc4\x00"),
        SAMPLE("\x90"),
        SAMPLE("\x93\x01\x02\x03"),
        SAMPLE("\x81\xa1x\x01"),
        SAMPLE("\xce\x00\x01\x00\x00"),
        SAMPLE("\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
        SAMPLE("\xd2\xff\xff\x7f\xff"),
        SAMPLE("\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"),
    };

    ALL_ARE(true, good);
}

static void test_k1_depth_over_six_is_refused(void **state)
{
    (void)state;

    assert_true(SCAN("\x91\x91\x91\x91\x91\x91\x01"));
    assert_false(SCAN("\x91\x91\x91\x91\x91\x91\x91\x01"));
    assert_false(SCAN("\x91\x91\x91\x91\x91\x91\x90")); /* an empty one is a level too */
    assert_true(SCAN("\x81\x01\x81\x01\x81\x01\x81\x01\x81\x01\x81\x01\x02"));
    assert_false(SCAN("\x81\x01\x81\x01\x81\x01\x81\x01\x81\x01\x81\x01\x81\x01\x02"));
}

static void test_k1_a_count_beyond_the_bytes_is_refused(void **state)
{
    (void)state;
    static const struct sample bombs[] = {
        SAMPLE("\xdd\x0f\xff\xff\xff"), /* 268 million values announced by 5 bytes */
        SAMPLE("\xdd\xff\xff\xff\xff"),
        SAMPLE("\xdf\xff\xff\xff\xff"),
        SAMPLE("\xdf\x80\x00\x00\x00"),
        SAMPLE("\xdb\xff\xff\xff\xff"),
        SAMPLE("\xc6\xff\xff\xff\xff"),
        SAMPLE("\xdc\xff\xff\x01"),
        SAMPLE("\xde\xff\xff\x01\x02"),
        SAMPLE("\x92\x01"),
        SAMPLE("\x81\x01"),
        SAMPLE("\xa2x"),
        SAMPLE("\xc4\x02x"),
        SAMPLE("\x92\x91\x01"),
    };

    ALL_ARE(false, bombs);
}

static void test_k1_nested_bombs_are_refused(void **state)
{
    (void)state;
    uint8_t nested[155];

    for (size_t i = 0; i < sizeof nested; i++) { /* array32 of array32 of ... */
        nested[i] = i % 5 ? 0xff : 0xdd;
    }
    assert_false(fq_codec_scan(fq_span_of(nested, sizeof nested)));
}

static void test_k1_forms_longer_than_needed_are_refused(void **state)
{
    (void)state;
    char text[260] = "\xda\x00\xff";
    static const struct sample long_forms[] = {
        SAMPLE("\xcc\x7f"), /* 127 fits one byte */
        SAMPLE("\xcd\x00\xff"),
        SAMPLE("\xce\x00\x00\xff\xff"),
        SAMPLE("\xcf\x00\x00\x00\x00\xff\xff\xff\xff"),
        SAMPLE("\xd0\x05"), /* positive in a signed form */
        SAMPLE("\xd0\xe0"), /* -32 fits one byte */
        SAMPLE("\xd1\xff\x80"),
        SAMPLE("\xd2\xff\xff\x80\x00"),
        SAMPLE("\xd3\xff\xff\xff\xff\x80\x00\x00\x00"),
        SAMPLE("\xd9\x01x"),
        SAMPLE("\xc5\x00\x01x"),
        SAMPLE("\xc6\x00\x00\x00\x01x"),
        SAMPLE("\xdc\x00\x01\x01"),
        SAMPLE("\xdd\x00\x00\x00\x01\x01"),
        SAMPLE("\xde\x00\x01\x01\x01"),
        SAMPLE("\xdf\x00\x00\x00\x01\x01\x01"),
    };

    ALL_ARE(false, long_forms);
    assert_false(fq_codec_scan(fq_span_of(text, 3 + 255)));
}

static void test_k1_floats_ext_and_c1_are_refused(void **state)
{
    (void)state;
    static const struct sample others[] = {
        SAMPLE("\xca\x00\x00\x00\x00"),
        SAMPLE("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"),
        SAMPLE("\xc1"),
        SAMPLE("\xd4\x01\x00"),
        SAMPLE("\xd5\x01\x00\x00"),
        SAMPLE("\xd6\x01\x00\x00\x00\x00"),
        SAMPLE("\xd7\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
        SAMPLE("\xd8\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
        SAMPLE("\xc7\x00\x01"),
        SAMPLE("\xc8\x00\x00\x01"),
        SAMPLE("\xc9\x00\x00\x00\x00\x01"),
        SAMPLE("\x91\xca\x00\x00\x00\x00"),
    };

    ALL_ARE(false, others);
}

static void test_k1_trailing_bytes_and_cut_values_are_refused(void **state)
{
    (void)state;
    static const char whole[] = "\x93\xcd\x01\x00\xa3墙\x81\xa1x\xc4\x02yz";

    assert_true(SCAN(whole));
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        assert_false(fq_codec_scan(fq_span_of(whole, size)));
    }
    assert_false(fq_codec_scan(fq_span_of(whole, sizeof whole))); /* its NUL trails */
}

static void test_k2_a_reader_is_bad_after_the_first_mistake(void **state)
{
    (void)state;
    struct fq_reader reader = fq_reader_over(fq_span_of("\x93\x01\xa1x\x02", 5));

    assert_int_equal(fq_read_array(&reader), 3);
    assert_int_equal(fq_read_uint(&reader), 1);
    assert_int_equal(fq_read_uint(&reader), 0); /* a text */
    assert_true(reader.is_bad);
    assert_int_equal(fq_read_uint(&reader), 0);
    assert_int_equal(fq_read_text(&reader).size, 0);
    assert_int_equal(fq_read_type(&reader), FQ_CODEC_END);
}

static void test_k2_no_read_passes_the_end(void **state)
{
    (void)state;
    uint8_t out[4] = {9, 9, 9, 9};
    struct fq_reader reader = fq_reader_over(fq_span_of("\xc4\x03xy", 4)); /* one byte short */

    assert_int_equal(fq_read_bytes(&reader).size, 0);
    assert_true(reader.is_bad);
    reader = fq_reader_over(fq_span_of("\xc4\x02xy", 4));
    fq_read_exact(&reader, out, sizeof out);
    assert_true(reader.is_bad);
    assert_int_equal(out[0], 0);
    reader = fq_reader_over(fq_span_of("\xc4\x05hello", 7)); /* more than asked is not cut */
    fq_read_exact(&reader, out, sizeof out);
    assert_true(reader.is_bad);
    assert_int_equal(out[0], 0);
    reader = fq_reader_over((struct fq_span){0});
    assert_int_equal(fq_read_skip(&reader).size, 0);
    assert_true(reader.is_bad);
}

static void test_k2_signs_are_kept_apart(void **state)
{
    (void)state;
    struct fq_reader reader = fq_reader_over(fq_span_of("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9));
    struct fq_reader negative = fq_reader_over(fq_span_of("\xff", 1));

    assert_int_equal(fq_read_int(&reader), 0); /* above what a signed number holds */
    assert_true(reader.is_bad);
    assert_int_equal(fq_read_uint(&negative), 0);
    assert_true(negative.is_bad);
}

static void test_what_is_written_is_read_back_and_passes_the_scan(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0,     1,     127,        128,        255,       256,
                                       65535, 65536, 4294967295, 4294967296, UINT64_MAX};
    static const int64_t signed_numbers[] = {
        -1, -32, -33, -128, -129, -32768, -32769, INT32_MIN, INT64_C(-2147483649), INT64_MIN, 5};
    static uint8_t buffer[512];
    struct fq_writer writer = fq_writer_over(buffer, sizeof buffer);

    fq_write_array(&writer, 11 + 11 + 6);
    for (size_t i = 0; i < 11; i++) {
        fq_write_uint(&writer, numbers[i]);
    }
    for (size_t i = 0; i < 11; i++) {
        fq_write_int(&writer, signed_numbers[i]);
    }
    fq_write_bool(&writer, true);
    fq_write_bool(&writer, false);
    fq_write_nil(&writer);
    fq_write_text(&writer, "界墙");
    fq_write_bytes(&writer, "\x00\x01", 2);
    fq_write_map(&writer, 1);
    fq_write_text(&writer, "area");
    fq_write_uint(&writer, 410105);

    struct fq_span written = fq_writer_span(&writer);
    struct fq_reader reader = fq_reader_over(written);
    assert_true(fq_codec_scan(written));
    assert_int_equal(fq_read_array(&reader), 28);
    for (size_t i = 0; i < 11; i++) {
        assert_true(fq_read_uint(&reader) == numbers[i]);
    }
    for (size_t i = 0; i < 11; i++) {
        assert_true(fq_read_int(&reader) == signed_numbers[i]);
    }
    assert_true(fq_read_bool(&reader));
    assert_false(fq_read_bool(&reader));
    assert_int_equal(fq_read_uint(&reader), 0);
    assert_true(fq_span_equal(fq_read_text(&reader), fq_span_text("界墙")));
    assert_int_equal(fq_read_bytes(&reader).size, 2);
    assert_int_equal(fq_map_uint(fq_read_skip(&reader), "area"), 410105);
    assert_false(reader.is_bad);
    assert_ptr_equal(reader.at, reader.end);
}

static void test_a_full_writer_gives_nothing(void **state)
{
    (void)state;
    uint8_t buffer[4];

    for (size_t size = 0; size < 4; size++) {
        struct fq_writer writer = fq_writer_over(buffer, size);
        fq_write_text(&writer, "abc");
        assert_true(writer.is_full);
        fq_write_uint(&writer, 1); /* stays full */
        assert_int_equal(fq_writer_span(&writer).size, 0);
    }
    struct fq_writer writer = fq_writer_over(buffer, 4);
    fq_write_text(&writer, "abc");
    assert_int_equal(fq_writer_span(&writer).size, 4);
}

static void test_maps_are_asked_by_key(void **state)
{
    (void)state;
    static const char bytes[] = "\x84\x05\x06\xa1x\x92\x01\x02\xa1n\xfb\xa1t\xa2hi";
    struct fq_span map = fq_span_of(bytes, sizeof bytes - 1);

    assert_int_equal(fq_map_get(map, "x").size, 3);
    assert_int_equal(fq_map_int(map, "n"), -5);
    assert_int_equal(fq_map_uint(map, "n"), 0); /* of another type */
    assert_true(fq_span_equal(fq_map_text(map, "t"), fq_span_text("hi")));
    assert_int_equal(fq_map_get(map, "absent").size, 0);
    assert_false(fq_map_bool(map, "absent"));
    assert_int_equal(fq_map_get(fq_span_of("\x01", 1), "x").size, 0);
}

/* Random bytes: what the scan takes, the reader walks to its end without a mistake. */
static void test_k1_k2_the_reader_follows_the_scan(void **state)
{
    (void)state;
    struct random random = random_of(7);
    uint8_t bytes[24];
    unsigned taken = 0;

    for (unsigned i = 0; i < 300000; i++) {
        size_t size = 1 + random_below(&random, sizeof bytes);
        random_bytes(&random, bytes, size);
        struct fq_reader reader = fq_reader_over(fq_span_of(bytes, size));
        struct fq_span whole = fq_read_skip(&reader);
        bool is_whole = !reader.is_bad && whole.size == size;
        assert_int_equal(fq_codec_scan(fq_span_of(bytes, size)), is_whole);
        taken += is_whole;
    }
    assert_true(taken > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_k1_well_formed_values_pass),
        cmocka_unit_test(test_k1_depth_over_six_is_refused),
        cmocka_unit_test(test_k1_a_count_beyond_the_bytes_is_refused),
        cmocka_unit_test(test_k1_nested_bombs_are_refused),
        cmocka_unit_test(test_k1_forms_longer_than_needed_are_refused),
        cmocka_unit_test(test_k1_floats_ext_and_c1_are_refused),
        cmocka_unit_test(test_k1_trailing_bytes_and_cut_values_are_refused),
        cmocka_unit_test(test_k2_a_reader_is_bad_after_the_first_mistake),
        cmocka_unit_test(test_k2_no_read_passes_the_end),
        cmocka_unit_test(test_k2_signs_are_kept_apart),
        cmocka_unit_test(test_what_is_written_is_read_back_and_passes_the_scan),
        cmocka_unit_test(test_a_full_writer_gives_nothing),
        cmocka_unit_test(test_maps_are_asked_by_key),
        cmocka_unit_test(test_k1_k2_the_reader_follows_the_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
