/* CSV: rows, lines and encodings as people's spreadsheets write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/edge/csv.h"

/* Rows seen, as text: "line:field|field;" and "line:!;" for a malformed row without fields. */
struct seen {
    char text[4096];
    size_t size;
    unsigned rows, malformed, encoding;
    uint32_t stop_at;
};

static fq_err see_row(void *context, const struct fq_csv_row *row, struct fq_why *why)
{
    struct seen *seen = context;
    if (row->line == seen->stop_at) {
        return fq_fail(why, FQ_REASON_ROW_VALUE, "stopped at %u", row->line);
    }
    seen->rows++;
    seen->malformed += row->is_malformed;
    seen->encoding += row->reason == FQ_REASON_ENCODING;
    assert_int_equal(row->is_malformed, row->reason != FQ_REASON_NONE);
    seen->size += (size_t)snprintf(seen->text + seen->size, sizeof seen->text - seen->size, "%u:%s",
                                   row->line, row->is_malformed ? "!" : "");
    for (uint32_t i = 0; i < row->field_count; i++) {
        seen->size += (size_t)snprintf(seen->text + seen->size, sizeof seen->text - seen->size,
                                       "%s%.*s", i ? "|" : "", (int)row->fields[i].size,
                                       (const char *)row->fields[i].data);
    }
    seen->size += (size_t)snprintf(seen->text + seen->size, sizeof seen->text - seen->size, ";");
    assert_true(seen->size < sizeof seen->text);
    return FQ_OK;
}

static struct seen read_bytes(const char *text, size_t size)
{
    struct seen seen = {0};
    uint8_t *exact = malloc(size + 1); /* so that a sanitizer sees the first byte past the end */
    assert_non_null(exact);
    exact = realloc(exact, size ? size : 1);
    memcpy(exact, text, size);
    struct fq_why why = {0};
    if (fq_csv_read_text(fq_span_of(exact, size), see_row, &seen, &why)) {
        fail_msg("%s", why.detail);
    }
    free(exact);
    return seen;
}

static void expect(const char *text, const char *rows)
{
    assert_string_equal(read_bytes(text, strlen(text)).text, rows);
}

static void test_r2_rows_are_named_by_their_first_line(void **state)
{
    (void)state;
    expect("a,b\n1,2\n", "1:a|b;2:1|2;");
    expect("a,b\r\n1,2\r\n3,4", "1:a|b;2:1|2;3:3|4;");
    expect("a,b\r1,2\r", "1:a|b;2:1|2;");
    expect("a,b\n1,\"two\nlines\"\n3,4\n", "1:a|b;2:1|two\nlines;4:3|4;");
    expect("a,b\r\n1,\"two\r\nlines\"\r\n3,4\r\n", "1:a|b;2:1|two\r\nlines;4:3|4;");
    expect("\na,b\n\n \t\r\n1,2\n", "2:a|b;5:1|2;");
    expect("", "");
    expect("\n\n", "");
}

static void test_fields_are_trimmed_unless_quoted(void **state)
{
    (void)state;
    expect("a , b\n\" 1 \",\"say \"\"hello\"\", then\"\n,\n",
           "1:a|b;2: 1 |say \"hello\", then;3:|;");
}

static void test_r1_wrong_quotes_spoil_only_their_row(void **state)
{
    (void)state;
    expect("a,b\n1,x\"y\n3,4\n", "1:a|b;2:!;3:3|4;");
    expect("a,b\n1,\"x\"y\n3,4\n", "1:a|b;2:!;3:3|4;");
    expect("a,b\n1,\"x\n3,4\n", "1:a|b;2:!;3:3|4;");
    expect("a,b\n1,\"x\n3,4\n5,\"six\"\n7,8\n", "1:a|b;2:!;3:3|4;4:5|six;5:7|8;");
    expect("a,b\n1,\"x\n3,4\n5,\"y\n7,8\n", "1:a|b;2:!;3:3|4;4:!;5:7|8;");
    expect("a,b\n1,2\n3,\"", "1:a|b;2:1|2;3:!;");
}

static void test_r3_an_unclosed_quote_does_not_reach_the_next_one(void **state)
{
    (void)state;
    expect("a,b,c\n\"1,2,3\n4,5,6\n7,8,9\"\n10,11,12\n", "1:a|b|c;2:!;3:4|5|6;4:!;5:10|11|12;");
}

static void test_a_wrong_number_of_fields_is_malformed_but_shown(void **state)
{
    (void)state;
    struct seen seen = read_bytes("a,b\n1\n1,2,3\n4,5\n", 16);
    assert_string_equal(seen.text, "1:a|b;2:!1;3:!1|2|3;4:4|5;");
    assert_int_equal(seen.malformed, 2);
}

static void test_nul_bytes_spoil_only_their_row(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1,\0x\n3,4\n\0\n5,6\n";
    assert_string_equal(read_bytes(text, sizeof text - 1).text, "1:a|b;2:!;3:3|4;4:!;5:5|6;");
}

static void test_utf8_comes_with_and_without_mark(void **state)
{
    (void)state;
    expect("\xef\xbb\xbf编号,类型\r\n1,邻里纠纷\r\n", "1:编号|类型;2:1|邻里纠纷;");
    expect("编号,类型\n1,邻里纠纷\n", "1:编号|类型;2:1|邻里纠纷;");
    expect("\xef\xbb\xbf", "");
}

static void test_gb18030_is_recognised(void **state)
{
    (void)state;
    /* 编号,类型 / 1,"邻里 NEWLINE 𠮷" with a character of four bytes, whose second is a digit */
    static const char text[] = "\xb1\xe0\xba\xc5,\xc0\xe0\xd0\xcd\r\n"
                               "1,\"\xc1\xda\xc0\xef\r\n\x95\x34\xb2\x35\"\r\n2,\"x\r\n3,4\r\n";
    assert_string_equal(read_bytes(text, sizeof text - 1).text,
                        "1:编号|类型;2:1|邻里\r\n𠮷;4:!;5:3|4;");
}

static void test_r1_an_undecodable_row_spoils_only_itself(void **state)
{
    (void)state;
    struct seen utf8 = read_bytes("a,b\n1,caf\xc9 bar\n2,x\n", 18);
    struct seen chinese = read_bytes("编号,类型\n1,邻里\n2,\xff\n3,纠纷\n",
                                     strlen("编号,类型\n1,邻里\n2,x\n3,纠纷\n"));

    assert_string_equal(utf8.text, "1:a|b;2:!;3:2|x;");
    assert_int_equal(utf8.encoding, 1);
    assert_string_equal(chinese.text, "1:编号|类型;2:1|邻里;3:!;4:3|纠纷;");
    assert_int_equal(chinese.encoding, 1);
}

static void test_utf8_is_strict(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\xc0\xaf",         "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xe9\x82",     "\x80",         "\xf0\x8f\x80\x80",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[64];
        int size = snprintf(text, sizeof text,
                            "\xef\xbb\xbf"
                            "a\n%s\nb\n",
                            wrong[i]);
        struct seen seen = read_bytes(text, (size_t)size);
        assert_string_equal(seen.text, "1:a;2:!;3:b;");
        assert_int_equal(seen.encoding, 1);
    }
    expect("a\n\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\n",
           "1:a;2:\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf;");
}

static void test_a_header_that_cannot_be_decoded_refuses_the_file(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct fq_why why;
    static const char utf16[] = "\xff\xfe"
                                "a\0,\0b\0\n\0";
    assert_int_equal(fq_csv_read_text(fq_span_of(utf16, sizeof utf16 - 1), see_row, &seen, &why),
                     FQ_ERR_REFUSED);
    assert_int_equal(seen.rows, 0);
    assert_int_equal(fq_csv_read_text(fq_span_text("a,\"b\n1,2\n"), see_row, &seen, &why),
                     FQ_ERR_REFUSED);
    assert_int_equal(why.reason, FQ_REASON_ROW_FORMAT);
}

static void test_rows_have_limits(void **state)
{
    (void)state;
    static char text[3 * FQ_CSV_RECORD_MAX];
    size_t size = 0;
    memcpy(text, "a,b\n1,", 6);
    memset(text + 6, 'x', FQ_CSV_RECORD_MAX);
    size = 6 + FQ_CSV_RECORD_MAX;
    memcpy(text + size, "\n3,4\n", 5);
    assert_string_equal(read_bytes(text, size + 5).text, "1:a|b;2:!;3:3|4;");

    memcpy(text, "a,b\n", 4);
    memset(text + 4, ',', FQ_CSV_FIELDS_MAX);
    size = 4 + FQ_CSV_FIELDS_MAX;
    memcpy(text + size, "\n3,4\n", 5);
    assert_string_equal(read_bytes(text, size + 5).text, "1:a|b;2:!;3:3|4;");

    memset(text, '\n', sizeof text); /* an unclosed quote is given up, not carried to the end */
    memcpy(text, "a\n\"\n", 4);
    memcpy(text + sizeof text - 3, "\"\n2", 3);
    struct seen seen = read_bytes(text, sizeof text);
    assert_int_equal(seen.rows, 4);
    assert_int_equal(seen.malformed, 2);
}

static void test_the_caller_may_stop(void **state)
{
    (void)state;
    struct seen seen = {.stop_at = 3};
    struct fq_why why;
    assert_int_equal(fq_csv_read_text(fq_span_text("a\n1\n2\n3\n"), see_row, &seen, &why),
                     FQ_ERR_REFUSED);
    assert_string_equal(why.detail, "stopped at 3");
    assert_string_equal(seen.text, "1:a;2:1;");
}

static fq_err count_row(void *context, const struct fq_csv_row *row, struct fq_why *why)
{
    struct seen *seen = context;
    (void)why;
    seen->rows++;
    seen->malformed += row->is_malformed || row->field_count != 15;
    return FQ_OK;
}

static void test_the_real_ledger_is_read_whole(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_int_equal(fq_csv_read("tests/data/nyc-mediation-2015.csv", count_row, &seen, NULL),
                     FQ_OK);
    assert_int_equal(seen.rows, 1 + 4495);
    assert_int_equal(seen.malformed, 0);
}

static void test_what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct fq_why why;
    assert_int_equal(fq_csv_read("/nowhere/register.csv", see_row, &seen, &why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_FILE);
    assert_int_equal(fq_csv_read("/tmp", see_row, &seen, &why), FQ_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r2_rows_are_named_by_their_first_line),
        cmocka_unit_test(test_fields_are_trimmed_unless_quoted),
        cmocka_unit_test(test_r1_wrong_quotes_spoil_only_their_row),
        cmocka_unit_test(test_r3_an_unclosed_quote_does_not_reach_the_next_one),
        cmocka_unit_test(test_a_wrong_number_of_fields_is_malformed_but_shown),
        cmocka_unit_test(test_nul_bytes_spoil_only_their_row),
        cmocka_unit_test(test_utf8_comes_with_and_without_mark),
        cmocka_unit_test(test_gb18030_is_recognised),
        cmocka_unit_test(test_r1_an_undecodable_row_spoils_only_itself),
        cmocka_unit_test(test_utf8_is_strict),
        cmocka_unit_test(test_a_header_that_cannot_be_decoded_refuses_the_file),
        cmocka_unit_test(test_rows_have_limits),
        cmocka_unit_test(test_the_caller_may_stop),
        cmocka_unit_test(test_the_real_ledger_is_read_whole),
        cmocka_unit_test(test_what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
