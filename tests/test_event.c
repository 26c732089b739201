/* Records: every kind there and back (V3), and what a later version may have written (V1, V2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/event.h"

static uint8_t buffer[2 * FQ_RECORD_MAX];
static const struct fq_event_id some_id = {{41010501, 0, 1}, 812};

static struct fq_event event_of(unsigned kind)
{
    return (struct fq_event){
        .id = some_id,
        .kind = (uint16_t)kind,
        .step = (uint16_t)kind,
        .rev = 3,
        .hlc = UINT64_C(1625000000000) << 16,
        .dict_version = 1,
        .area = 410105,
        .unit = UINT64_C(4101050001),
        .date = 44378,
        .cmd_id = {{1, 2, 3}},
        .dispute = {{4, 5, 6}},
        .actor = {(const uint8_t *)"wang", 4},
    };
}

static struct fq_span encode(const struct fq_event *event)
{
    struct fq_writer writer = fq_writer_over(buffer, sizeof buffer);

    fq_event_encode(event, &writer);
    return fq_writer_span(&writer);
}

static bool decode(struct fq_span record, struct fq_event *out_event)
{
    struct fq_reader reader = fq_reader_over(record);

    memset(out_event, 0, sizeof *out_event);
    return fq_codec_scan(record) && fq_event_decode(&reader, some_id, out_event);
}

static void assert_same(const struct fq_event *a, const struct fq_event *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->rev, b->rev);
    assert_true(a->hlc == b->hlc);
    assert_int_equal(a->dict_version, b->dict_version);
    assert_int_equal(a->area, b->area);
    assert_true(a->unit == b->unit);
    assert_int_equal(a->date, b->date);
    assert_true(fq_id_equal(&a->cmd_id, &b->cmd_id));
    assert_true(fq_id_equal(&a->dispute, &b->dispute));
    assert_true(fq_span_equal(a->actor, b->actor));
    for (int i = 1; i < FQ_FIELDS_COUNT; i++) {
        enum fq_field field = (enum fq_field)i;
        if (fq_field_is_bytes(field)) {
            assert_true(fq_span_equal(fq_event_bytes(a, field), fq_event_bytes(b, field)));
        } else {
            assert_true(a->value[field] == b->value[field]);
        }
    }
}

/* Every field of the step filled with something of its type. */
static void fill(struct fq_event *event)
{
    static const uint8_t bytes[FQ_EVENT_ID_SIZE] = {7};
    const struct fq_kind_row *row = fq_kind_row(event->step);

    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        enum fq_field field = row->fields[i];
        enum fq_value_type type = fq_field_row(field)->type;
        size_t size = type == FQ_VALUE_ID ? FQ_ID_SIZE : FQ_EVENT_ID_SIZE;
        if (type == FQ_VALUE_TEXT) {
            assert_true(fq_event_set_bytes(event, field, fq_span_text("界墙过高")));
        } else if (fq_field_is_bytes(field)) {
            assert_true(fq_event_set_bytes(event, field, fq_span_of(bytes, size)));
        } else {
            event->value[field] = type == FQ_VALUE_BOOL ? 1 : 1000 + i;
        }
    }
}

static void test_v3_every_kind_survives_full_and_empty(void **state)
{
    (void)state;

    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        struct fq_event empty = event_of(kind);
        struct fq_event full = event_of(kind);
        struct fq_event decoded;
        if (kind == FQ_EVENT_CORRECTED) {
            continue; /* has a test of its own */
        }
        fill(&full);
        assert_true(decode(encode(&full), &decoded));
        assert_same(&full, &decoded);
        assert_true(decode(encode(&empty), &decoded));
        assert_same(&empty, &decoded);
    }
}

static void test_v3_a_correction_writes_the_whole_step(void **state)
{
    (void)state;

    for (unsigned step = FQ_EVENT_REGISTERED; step <= FQ_EVENT_REOPENED; step++) {
        struct fq_event event = event_of(FQ_EVENT_CORRECTED);
        struct fq_event decoded;
        event.step = (uint16_t)step;
        fill(&event);
        event.value[FQ_FIELD_CORRECTS] = step;
        assert_true(fq_event_set_bytes(&event, FQ_FIELD_WHY, fq_span_text("slip of the pen")));
        assert_true(decode(encode(&event), &decoded));
        assert_same(&event, &decoded);
        assert_int_equal(decoded.kind, FQ_EVENT_CORRECTED);
        assert_int_equal(decoded.step, step);
    }
}

static void test_v3_records_are_as_short_as_may_be(void **state)
{
    (void)state;
    struct fq_event event = event_of(FQ_EVENT_AGREED);

    struct fq_reader reader = fq_reader_over(encode(&event));
    assert_int_equal(fq_read_array(&reader), 10);
    event.value[FQ_FIELD_AMOUNT] = 70700;
    reader = fq_reader_over(encode(&event));
    assert_int_equal(fq_read_array(&reader), 12); /* nil for the form, nothing after the amount */
}

static void test_v2_an_unknown_kind_decodes(void **state)
{
    (void)state;
    static const unsigned kinds[] = {0, FQ_EVENT_KINDS, 40000};

    for (size_t i = 0; i < 3; i++) {
        struct fq_event event = event_of(FQ_EVENT_ACCEPTED);
        struct fq_event decoded;
        struct fq_writer writer = fq_writer_over(buffer + FQ_RECORD_MAX, FQ_RECORD_MAX);
        struct fq_reader reader = fq_reader_over(encode(&event));
        uint32_t count = fq_read_array(&reader);
        (void)fq_read_skip(&reader);
        fq_write_array(&writer, count + 1);
        fq_write_uint(&writer, kinds[i]);
        fq_write_raw(&writer, fq_span_of(reader.at, (size_t)(reader.end - reader.at)));
        fq_write_raw(&writer, fq_span_text("\x92\x81\x01\x02\xff"));
        assert_true(decode(fq_writer_span(&writer), &decoded));
        assert_int_equal(decoded.kind, kinds[i]);
        assert_int_equal(decoded.rev, event.rev);
        assert_null(fq_kind_row(decoded.kind));
    }
}

static void test_v2_a_correction_of_the_unknown_decodes_as_no_step(void **state)
{
    (void)state;
    static const unsigned steps[] = {0,
                                     FQ_EVENT_CORRECTED,
                                     FQ_EVENT_VOIDED,
                                     FQ_EVENT_MERGED,
                                     FQ_EVENT_SWEEP,
                                     FQ_EVENT_RELAY,
                                     70,
                                     300};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct fq_event event = event_of(FQ_EVENT_CORRECTED);
        struct fq_event decoded;
        event.value[FQ_FIELD_CORRECTS] = steps[i];
        event.step = FQ_EVENT_KINDS;
        assert_true(decode(encode(&event), &decoded));
        assert_int_equal(decoded.step, FQ_EVENT_KINDS);
    }
}

static void test_v1_unknown_trailing_fields_are_skipped_and_kept_in_the_bytes(void **state)
{
    (void)state;
    struct fq_event event = event_of(FQ_EVENT_ACCEPTED);
    struct fq_event decoded;
    event.value[FQ_FIELD_CONSENT] = 1;
    struct fq_writer writer = fq_writer_over(buffer + FQ_RECORD_MAX, FQ_RECORD_MAX);
    struct fq_reader reader = fq_reader_over(encode(&event));
    uint32_t count = fq_read_array(&reader);

    fq_write_array(&writer, count + 2);
    fq_write_raw(&writer, fq_span_of(reader.at, (size_t)(reader.end - reader.at)));
    fq_write_text(&writer, "later");
    fq_write_raw(&writer, fq_span_text("\x91\xc3"));
    struct fq_span record = fq_writer_span(&writer);

    assert_true(decode(record, &decoded));
    assert_same(&event, &decoded);
    assert_true(fq_span_equal(decoded.record, record));
}

static void test_v1_numbers_and_names_stay(void **state)
{
    (void)state;

    assert_int_equal(FQ_EVENT_REGISTERED, 1);
    assert_int_equal(FQ_EVENT_AGREED, 16);
    assert_int_equal(FQ_EVENT_VOIDED, 29);
    assert_int_equal(FQ_EVENT_RELAY, 35);
    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        assert_int_equal(fq_kind_find(fq_span_text(fq_kind_row(kind)->name)), kind);
    }
    assert_int_equal(fq_kind_find(fq_span_text("sued")), 0);
    assert_null(fq_kind_row(0));
    assert_null(fq_kind_row(FQ_EVENT_KINDS));
}

/* Write the header with element `place` replaced, then decode. */
static bool decodes_with(unsigned place, const char *value, size_t size)
{
    struct fq_event event = event_of(FQ_EVENT_ACCEPTED);
    struct fq_event decoded;
    struct fq_writer writer = fq_writer_over(buffer + FQ_RECORD_MAX, FQ_RECORD_MAX);
    struct fq_reader reader = fq_reader_over(encode(&event));
    uint32_t count = fq_read_array(&reader);

    fq_write_array(&writer, count);
    for (unsigned i = 0; i < count; i++) {
        struct fq_span as_was = fq_read_skip(&reader);
        fq_write_raw(&writer, i == place ? fq_span_of(value, size) : as_was);
    }
    return decode(fq_writer_span(&writer), &decoded);
}

static void test_bad_headers_are_refused(void **state)
{
    (void)state;

    assert_true(decodes_with(9, "\x05", 1));
    assert_false(decodes_with(0, "\xce\x00\x01\x00\x00", 5)); /* kind beyond 16 bits */
    assert_false(decodes_with(1, "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 9)); /* rev beyond 32 */
    assert_false(decodes_with(1, "\xff", 1));                                 /* negative */
    assert_false(decodes_with(4, "\xc4\x02xy", 4)); /* an id of two bytes */
    assert_false(decodes_with(5, "\xa2xy", 3));     /* a text for an id */
    assert_false(decodes_with(6, "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 9));
    assert_false(decodes_with(8, "\x01", 1));                 /* a number for the actor */
    assert_false(decodes_with(9, "\xce\x00\x01\x00\x00", 5)); /* date beyond 16 bits */
    assert_false(decodes_with(8,
                              "\xd9\x21"
                              "123456789012345678901234567890123",
                              35));
}

static void test_bad_bodies_are_refused(void **state)
{
    (void)state;
    struct fq_event event = event_of(FQ_EVENT_VOIDED);
    struct fq_event decoded;
    static char long_text[FQ_TEXT_MAX + 1];
    memset(long_text, 'x', sizeof long_text);

    assert_true(fq_event_set_bytes(&event, FQ_FIELD_TARGET, fq_span_of(long_text, 19)));
    assert_false(decode(encode(&event), &decoded)); /* an event id has 20 bytes */
    event = event_of(FQ_EVENT_REJECTED);
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_REASON, fq_span_of(long_text, FQ_TEXT_MAX)));
    assert_true(decode(encode(&event), &decoded));
    assert_true(
        fq_event_set_bytes(&event, FQ_FIELD_REASON, fq_span_of(long_text, FQ_TEXT_MAX + 1)));
    assert_false(decode(encode(&event), &decoded));
}

/* Whether a record of so many bytes decodes; what fills it is a field of a later version (V1). */
static bool decodes_at_size(size_t size)
{
    static uint8_t bytes[2 * FQ_RECORD_MAX];
    static const uint8_t padding[FQ_RECORD_MAX + 1];
    struct fq_event event = event_of(FQ_EVENT_ACCEPTED);
    struct fq_event decoded;
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);
    event.value[FQ_FIELD_CONSENT] = true;
    struct fq_span record = encode(&event);

    fq_write_array(&writer, 12);
    fq_write_raw(&writer, fq_span_of(record.data + 1, record.size - 1));
    fq_write_bytes(&writer, padding, size - writer.used - 3);
    assert_int_equal(writer.used, size);
    return decode(fq_writer_span(&writer), &decoded);
}

static void test_a_record_too_long_is_refused(void **state)
{
    (void)state;

    assert_true(decodes_at_size(FQ_RECORD_MAX));
    assert_false(decodes_at_size(FQ_RECORD_MAX + 1));
}

static void test_a_record_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct fq_event event = event_of(FQ_EVENT_REFERRED);
    struct fq_event decoded;
    fill(&event);
    struct fq_span record = encode(&event);

    for (size_t size = 0; size < record.size; size++) {
        assert_false(decode(fq_span_of(record.data, size), &decoded));
        struct fq_reader reader = fq_reader_over(fq_span_of(record.data, size));
        assert_false(fq_event_decode(&reader, some_id, &decoded)); /* K2, even without the scan */
    }
}

static void test_byte_fields_have_four_places(void **state)
{
    (void)state;
    static const enum fq_field fields[] = {FQ_FIELD_REASON, FQ_FIELD_REFERRAL, FQ_FIELD_TARGET,
                                           FQ_FIELD_WHY};
    struct fq_event event = event_of(FQ_EVENT_REFERRED);

    for (size_t i = 0; i < 4; i++) {
        assert_true(fq_event_set_bytes(&event, fields[i], fq_span_text("x")));
    }
    assert_true(fq_event_set_bytes(&event, FQ_FIELD_WHY, fq_span_text("again")));
    assert_false(fq_event_set_bytes(&event, FQ_FIELD_INTO, fq_span_text("x")));
    assert_true(fq_span_equal(fq_event_bytes(&event, FQ_FIELD_WHY), fq_span_text("again")));
}

static void test_event_ids_survive_and_order_as_bytes(void **state)
{
    (void)state;
    static const struct fq_event_id ids[] = {{{41000001, 0, 1}, 9},
                                             {{41010501, 0, 1}, 1},
                                             {{41010501, 0, 1}, 256},
                                             {{41010501, 0, 2}, 1},
                                             {{41010501, 410105, 1}, 1}};
    uint8_t a[FQ_EVENT_ID_SIZE], b[FQ_EVENT_ID_SIZE];

    for (size_t i = 0; i < 5; i++) {
        fq_event_id_encode(&ids[i], a);
        struct fq_event_id back = fq_event_id_decode(a);
        assert_true(fq_log_id_equal(&back.log, &ids[i].log));
        assert_true(back.seq == ids[i].seq);
        if (i > 0) {
            fq_event_id_encode(&ids[i - 1], b);
            assert_true(memcmp(b, a, sizeof a) < 0);
            assert_true(fq_log_id_compare(&ids[i - 1].log, &ids[i].log) <= 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v3_every_kind_survives_full_and_empty),
        cmocka_unit_test(test_v3_a_correction_writes_the_whole_step),
        cmocka_unit_test(test_v3_records_are_as_short_as_may_be),
        cmocka_unit_test(test_v2_an_unknown_kind_decodes),
        cmocka_unit_test(test_v2_a_correction_of_the_unknown_decodes_as_no_step),
        cmocka_unit_test(test_v1_unknown_trailing_fields_are_skipped_and_kept_in_the_bytes),
        cmocka_unit_test(test_v1_numbers_and_names_stay),
        cmocka_unit_test(test_bad_headers_are_refused),
        cmocka_unit_test(test_bad_bodies_are_refused),
        cmocka_unit_test(test_a_record_too_long_is_refused),
        cmocka_unit_test(test_a_record_cut_anywhere_is_refused),
        cmocka_unit_test(test_byte_fields_have_four_places),
        cmocka_unit_test(test_event_ids_survive_and_order_as_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
