/* Workbooks as other programs write them, and as nobody should. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#include "fq/edge/workbook.h"

#define SHEET(rows) "<?xml version=\"1.0\"?><worksheet><sheetData>" rows "</sheetData></worksheet>"
#define HEAD                                                                                       \
    "<row r=\"1\"><c t=\"inlineStr\"><is><t>a</t></is></c>"                                        \
    "<c t=\"inlineStr\"><is><t>b</t></is></c></row>"

static char path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/fq-book-XXXXXX",
             getenv("TMPDIR") && strlen(getenv("TMPDIR")) < 40 ? getenv("TMPDIR") : "/tmp");
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

struct parts {
    const char *book, *sheet, *strings, *styles;
};

static void add(zip_t *archive, const char *name, const char *text)
{
    if (text) {
        zip_source_t *source = zip_source_buffer(archive, text, strlen(text), 0);
        assert_true(zip_file_add(archive, name, source, ZIP_FL_OVERWRITE) >= 0);
    }
}

static void write_book(struct parts parts)
{
    int code;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);

    assert_non_null(archive);
    add(archive, "xl/workbook.xml",
        parts.book ? parts.book
                   : "<workbook><sheets><sheet name=\"first\" sheetId=\"4\" r:id=\"rId7\"/>"
                     "<sheet name=\"second\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>");
    add(archive, "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/other.xml\"/>"
        "<Relationship Id=\"rId7\" Target=\"/xl/worksheets/mine.xml\"/></Relationships>");
    add(archive, "xl/worksheets/mine.xml", parts.sheet);
    add(archive, "xl/worksheets/other.xml", SHEET(""));
    add(archive, "xl/sharedStrings.xml", parts.strings);
    add(archive, "xl/styles.xml", parts.styles);
    assert_int_equal(zip_close(archive), 0);
}

static char said[1024];

static fq_err take_row(void *context, const struct fq_csv_row *row, struct fq_why *out_why)
{
    size_t used = strlen(said);

    (void)context, (void)out_why;
    used += (size_t)snprintf(said + used, sizeof said - used, "%u%s", row->line,
                             row->is_malformed ? "!" : ":");
    for (uint32_t i = 0; i < row->field_count && !row->is_malformed; i++) {
        used += (size_t)snprintf(said + used, sizeof said - used, "%s%.*s", i ? "," : "",
                                 (int)row->fields[i].size, (const char *)row->fields[i].data);
    }
    snprintf(said + used, sizeof said - used, "\n");
    return FQ_OK;
}

static fq_err read_book(struct fq_why *why)
{
    said[0] = '\0';
    return fq_workbook_read(path, take_row, NULL, why);
}

static void assert_says(struct parts parts, const char *text)
{
    struct fq_why why = {0};

    write_book(parts);
    if (read_book(&why)) {
        fail_msg("%s", why.detail);
    }
    assert_string_equal(said, text);
}

static void test_the_first_sheet_is_read_by_its_relation(void **state)
{
    (void)state;

    assert_says((struct parts){.sheet = SHEET(HEAD "<row r=\"5\"><c r=\"B5\"><v>2</v></c></row>")},
                "1:a,b\n5:,2\n");
}

static void test_texts_shared_in_runs_and_with_readings(void **state)
{
    (void)state;

    assert_says((struct parts){.sheet = SHEET(HEAD "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c>"
                                                   "<c r=\"B2\" t=\"s\"><v>0</v></c></row>"),
                               .strings =
                                   "<sst><si><t>甲</t></si><si><r><t>乙</t></r><r><t xml:space="
                                   "\"preserve\"> 丙</t></r><rPh><t>yi</t></rPh></si></sst>"},
                "1:a,b\n2:乙 丙,甲\n");
}

static void test_days_are_days_by_their_style(void **state)
{
    (void)state;
    const char *styles =
        "<styleSheet><numFmts><numFmt numFmtId=\"200\" formatCode=\"yyyy&quot;年&quot;m\"/>"
        "<numFmt numFmtId=\"201\" formatCode=\"[Red]0.00&quot;day&quot;\"/></numFmts>"
        "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/>"
        "<xf numFmtId=\"14\"/><xf numFmtId=\"200\"/><xf numFmtId=\"201\"/></cellXfs></styleSheet>";

    assert_says((struct parts){.styles = styles,
                               .sheet = SHEET(HEAD "<row r=\"2\"><c s=\"1\"><v>44259.75</v></c>"
                                                   "<c s=\"2\"><v>61</v></c></row>"
                                                   "<row r=\"3\"><c s=\"3\"><v>44259</v></c>"
                                                   "<c s=\"0\"><v>44259</v></c></row>")},
                "1:a,b\n2:2021-03-04,1900-03-01\n3:44259,44259\n");
    assert_says(
        (struct parts){.styles = styles,
                       .book = "<workbook><workbookPr date1904=\"1\"/><sheets>"
                               "<sheet r:id=\"rId7\"/></sheets></workbook>",
                       .sheet = SHEET(HEAD "<row r=\"2\"><c s=\"1\"><v>42797</v></c></row>")},
        "1:a,b\n2:2021-03-04,\n");
}

static void test_numbers_are_as_typed(void **state)
{
    (void)state;

    assert_says((struct parts){.sheet = SHEET(HEAD "<row r=\"2\"><c><v>0.30000000000000004</v></c>"
                                                   "<c><v>1.2E3</v></c></row>"
                                                   "<row r=\"3\"><c t=\"b\"><v>1</v></c>"
                                                   "<c t=\"str\"><f>A1</f><v>x</v></c></row>")},
                "1:a,b\n2:0.3,1200\n3:true,x\n");
}

static void test_r1_a_row_too_wide_is_malformed_and_stops_no_other(void **state)
{
    (void)state;

    assert_says((struct parts){.sheet = SHEET(HEAD "<row r=\"2\"><c r=\"C2\"><v>1</v></c></row>"
                                                   "<row r=\"3\"><c r=\"ZZ3\"/></row>"
                                                   "<row r=\"4\"><c><v>1</v></c></row>")},
                "1:a,b\n2!\n4:1,\n");
}

static void assert_refused(struct parts parts)
{
    struct fq_why why = {0};

    write_book(parts);
    assert_int_equal(read_book(&why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_SHEET);
    assert_non_null(strstr(why.detail, path));
}

static void test_what_is_no_workbook_is_refused(void **state)
{
    (void)state;

    assert_refused((struct parts){.sheet = NULL});
    assert_refused((struct parts){.sheet = "<worksheet><sheetData><row>"});
    assert_refused((struct parts){.sheet = SHEET(""), .book = "<workbook/>"});
    assert_refused((struct parts){.sheet = SHEET(HEAD "<row><c t=\"s\"><v>9</v></c></row>")});
    assert_refused((struct parts){
        .sheet = "<!DOCTYPE w [<!ENTITY e \"eeee\">]><worksheet><sheetData><row><c t=\"str\">"
                 "<v>&e;</v></c></row></sheetData></worksheet>"});
}

static void test_bytes_that_are_no_archive_are_refused(void **state)
{
    (void)state;
    struct fq_why why = {0};
    FILE *file = fopen(path, "wb");

    fputs("PK\x03\x04 and nothing more", file);
    fclose(file);

    assert_true(fq_workbook_is(path));
    assert_int_equal(read_book(&why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_SHEET);
    assert_false(fq_workbook_is("/nowhere"));
    assert_int_equal(fq_workbook_read("/nowhere", take_row, NULL, &why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_FILE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_first_sheet_is_read_by_its_relation),
        TEST(test_texts_shared_in_runs_and_with_readings),
        TEST(test_days_are_days_by_their_style),
        TEST(test_numbers_are_as_typed),
        TEST(test_r1_a_row_too_wide_is_malformed_and_stops_no_other),
        TEST(test_what_is_no_workbook_is_refused),
        TEST(test_bytes_that_are_no_archive_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
