/* Codes: the tables, what the core knows of them, and the file they are read from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/edge/code_file.h"

#define TAXONOMY "config/taxonomy.cfg"

static uint8_t memory[256 * 1024] __attribute__((aligned(16)));

static struct fq_codes shipped(void)
{
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_codes codes;
    struct fq_why why = {0};
    if (fq_codes_load(TAXONOMY, &arena, &codes, &why)) {
        fail_msg("%s", why.detail);
    }
    return codes;
}

static void test_the_shipped_tables_are_whole(void **state)
{
    (void)state;
    struct fq_codes codes = shipped();
    unsigned top = 0;

    assert_int_equal(codes.version, 1);
    for (uint32_t i = 0; i < codes.tables[FQ_CODES_TYPE].count; i++) {
        top += codes.tables[FQ_CODES_TYPE].rows[i].parent == 0;
    }
    assert_int_equal(top, 15);
    assert_int_equal(codes.tables[FQ_CODES_KIND].count, 3);
    assert_int_equal(codes.tables[FQ_CODES_OUTCOME].count, 3);
    assert_int_equal(codes.tables[FQ_CODES_SOURCE].count, 8);
    const struct fq_code *leaf = fq_codes_find(&codes, FQ_CODES_TYPE, 1199);
    assert_string_equal(leaf->id, "consumer_other");
    assert_string_equal(leaf->zh, "其他消费纠纷");
    assert_int_equal(leaf->parent, 11);
}

static void test_a_code_is_known_by_id_number_and_both_names(void **state)
{
    (void)state;
    struct fq_codes codes = shipped();
    static const struct {
        enum fq_code_table table;
        const char *text;
        uint16_t number;
    } cases[] = {
        {FQ_CODES_TYPE, "consumer_other", 1199},
        {FQ_CODES_TYPE, "1199", 1199},
        {FQ_CODES_TYPE, "其他消费纠纷", 1199},
        {FQ_CODES_TYPE, "other consumer", 1199},
        {FQ_CODES_TYPE, "01", 1},
        {FQ_CODES_SCALE, "02", 2},
        {FQ_CODES_KIND, "司法调解", FQ_KIND_JUDICIAL},
    };
    static const char *const wrong[] = {"", "0", "77", "consumer_othe", "65736", "1199 ", "-1"};
    uint16_t number;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(fq_codes_find_id(&codes, cases[i].table, fq_span_text(cases[i].text), &number));
        assert_int_equal(number, cases[i].number);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(fq_codes_find_id(&codes, FQ_CODES_TYPE, fq_span_text(wrong[i]), &number));
    }
    assert_null(fq_codes_find(&codes, FQ_CODES_TYPE, 0));
    assert_null(fq_codes_find(&codes, FQ_CODES_TYPE, 65536 + 11));
    assert_null(fq_codes_find(&codes, FQ_CODES_NONE, 1));
}

static void test_o1_number_and_id_stand_once(void **state)
{
    (void)state;
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_codes codes = {0};
    struct fq_why why;
    const struct fq_code wall = {.number = 2, .id = "boundary_wall"};
    const struct fq_code same_number = {.number = 2, .id = "water"};
    const struct fq_code same_id = {.number = 3, .id = "boundary_wall"};
    const struct fq_code zero = {.id = "water"};
    const struct fq_code orphan = {.number = 3, .id = "water", .parent = 9};
    const struct fq_code leaf = {.number = 3, .id = "water", .parent = 2};

    assert_int_equal(fq_codes_reserve(&codes, &arena, FQ_CODES_TYPE, 2, &why), FQ_OK);
    assert_int_equal(fq_codes_add(&codes, FQ_CODES_TYPE, &wall, &why), FQ_OK);
    assert_int_equal(fq_codes_add(&codes, FQ_CODES_TYPE, &same_number, &why), FQ_ERR_USAGE);
    assert_int_equal(fq_codes_add(&codes, FQ_CODES_TYPE, &same_id, &why), FQ_ERR_USAGE);
    assert_int_equal(fq_codes_add(&codes, FQ_CODES_TYPE, &zero, &why), FQ_ERR_USAGE);
    assert_int_equal(fq_codes_add(&codes, FQ_CODES_TYPE, &orphan, &why), FQ_ERR_USAGE);
    assert_int_equal(fq_codes_add(&codes, FQ_CODES_TYPE, &leaf, &why), FQ_OK);
    assert_int_equal(fq_codes_add(&codes, FQ_CODES_TYPE, &same_id, &why), FQ_ERR_LIMIT);
    assert_int_equal(codes.tables[FQ_CODES_TYPE].count, 2);
    assert_int_equal(fq_codes_reserve(&codes, &arena, FQ_CODES_TYPE, FQ_CODES_MAX + 1, &why),
                     FQ_ERR_LIMIT);
}

static void test_o2_a_table_at_odds_with_the_core_is_refused(void **state)
{
    (void)state;
    struct fq_codes codes = shipped();
    struct fq_why why;
    assert_int_equal(fq_codes_check(&codes, &why), FQ_OK);

    struct fq_code *outcomes = codes.tables[FQ_CODES_OUTCOME].rows;
    memcpy(outcomes[0].id, "failed", sizeof "failed");
    memcpy(outcomes[1].id, "agreed", sizeof "agreed");

    assert_int_equal(fq_codes_check(&codes, &why), FQ_ERR_USAGE);
    assert_string_equal(why.detail, "outcome: number 1 must be agreed, not failed");

    codes.tables[FQ_CODES_STATION].count = 0;
    assert_int_equal(fq_codes_check(&codes, &why), FQ_ERR_USAGE);
}

static void test_tables_have_names(void **state)
{
    (void)state;
    for (enum fq_code_table table = FQ_CODES_NONE + 1; table < FQ_CODES_COUNT; table++) {
        assert_int_equal(fq_codes_table_find(fq_span_text(fq_codes_table_name(table))), table);
    }
    assert_int_equal(fq_codes_table_find(fq_span_text("colour")), FQ_CODES_NONE);
    assert_int_equal(fq_codes_table_find(fq_span_text("")), FQ_CODES_NONE);
}

static void test_o3_an_indicator_says_what_it_counts_and_may_not_exceed(void **state)
{
    (void)state;
    struct fq_codes codes = shipped();
    uint16_t number = 0;

    assert_true(fq_codes_find_id(&codes, FQ_CODES_INDICATOR, fq_span_text("调解成功"), &number));
    const struct fq_code *part = fq_codes_find(&codes, FQ_CODES_INDICATOR, number);
    const struct fq_code *whole =
        fq_codes_find(&codes, FQ_CODES_INDICATOR, part->of_indicator.at_most);
    assert_string_equal(whole->id, "mediation_handled");
    assert_int_equal(part->of_indicator.counted, whole->of_indicator.counted);
    assert_true(
        fq_codes_find_id(&codes, FQ_CODES_INDICATOR, fq_span_text("hotline_seats"), &number));
    assert_true(fq_codes_find(&codes, FQ_CODES_INDICATOR, number)->of_indicator.is_stock);
    codes.tables[FQ_CODES_INDICATOR].count = 0; /* a file may be without */
    struct fq_why why;
    assert_int_equal(fq_codes_check(&codes, &why), FQ_OK);
}

static void test_a_wrong_file_is_refused_at_its_line(void **state)
{
    (void)state;
#define OTHERS "version = 1;\nservice = (" ROW "); counted = (" ROW ");\n"
#define INDICATOR(more) "indicator = ({ id = \"a\"; number = 1; zh = \"a\"; en = \"a\"; " more "}"
#define WHOLE "service = \"wall\"; counted = \"wall\";"
#define ROW "{ id = \"wall\"; number = 1; zh = \"墙\"; en = \"wall\"; }"
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"type = (" ROW ");", ":1: version: must"},
        {"version = 0;", ":1: version: must"},
        {"version = 1;\ncolour = (" ROW ");", ":2: colour.0.id: there is no such table"},
        {"version = 1;\ntype = ();", ":2: type: there is no such table"},
        {"version = 1;\ntype = (" ROW ",\n" ROW ");", ":3: type: wall (1): number or id is taken"},
        {"version = 1;\ntype = ({ id = \"wall\"; number = 1; });", ":2: type.0.id: the row needs"},
        {"version = 1;\ntype = ({ id = 7; });", ":2: type.0.id: must be a text"},
        {"version = 1;\ntype = ({ number = 70000; });", ":2: type.0.number: must be a number"},
        {"version = 1;\ntype = ({ colour = \"red\"; });", ":2: type.0.colour: there is no such"},
        {"version = 1;\ntype = ({ parent = \"house\"; });", ":2: type.0.parent: must be the id"},
        {"version = 1;\ntype = ({ id = \"a-name-that-is-longer-than-any-id-may-be\"; });",
         ":2: type.0.id: is too long"},
        {"version = 1;\ntype = (" ROW ");", ":1: kind: the table is missing"},
        {"version = 1;\ntype = ({ service = \"wall\"; });", ":2: type.0.service: there is no such"},
        {OTHERS INDICATOR("") ");", ":3: indicator: a: service or counted is missing"},
        {OTHERS INDICATOR("service = \"b\";") ");", ":3: indicator.0.service: must be the id"},
        {OTHERS INDICATOR("at_most = \"a\";") ");", ":3: indicator.0.at_most: must be the id"},
        {OTHERS INDICATOR("tier = \"town\";") ");", ":3: indicator.0.tier: must be \"county\""},
        {OTHERS INDICATOR("period = 3;") ");", ":3: indicator.0.period: must be \"month\""},
        {OTHERS INDICATOR(WHOLE "stock = true; period = \"year\";") ");",
         ":3: indicator: a: a stock is of a day"},
        {OTHERS INDICATOR("stock = 1;") ");", ":3: indicator.0.stock: must be true or false"},
        {OTHERS INDICATOR(WHOLE) ", { id = \"b\"; number = 2; zh = \"b\"; en = \"b\"; service = "
                                 "\"wall\"; counted = \"wall\"; stock = true; at_most = \"a\"; });",
         ":3: indicator: b: at_most 1 is no such"},
    };
    char path[] = "/tmp/fq-code-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_arena arena = fq_arena_over(memory, sizeof memory);
        struct fq_codes codes = {.version = 77};
        struct fq_why why = {0};
        ssize_t size = (ssize_t)strlen(cases[i].text);
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, cases[i].text, (size_t)size, 0), size);

        assert_int_equal(fq_codes_load(path, &arena, &codes, &why), FQ_ERR_USAGE);

        assert_int_equal(codes.version, 77);
        assert_memory_equal(why.detail, path, strlen(path));
        if (!strstr(why.detail, cases[i].said)) {
            fail_msg("%s does not say %s", why.detail, cases[i].said);
        }
    }
    (void)close(file);
    assert_int_equal(unlink(path), 0);
}

static void test_a_full_arena_is_a_limit(void **state)
{
    (void)state;
    struct fq_codes codes = {.version = 77};
    struct fq_why why;
    for (size_t size = 0; size < 16 * 1024; size += 1024) {
        struct fq_arena arena = fq_arena_over(memory, size);
        assert_int_equal(fq_codes_load(TAXONOMY, &arena, &codes, &why), FQ_ERR_LIMIT);
        assert_int_equal(codes.version, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_shipped_tables_are_whole),
        cmocka_unit_test(test_a_code_is_known_by_id_number_and_both_names),
        cmocka_unit_test(test_o1_number_and_id_stand_once),
        cmocka_unit_test(test_o2_a_table_at_odds_with_the_core_is_refused),
        cmocka_unit_test(test_tables_have_names),
        cmocka_unit_test(test_o3_an_indicator_says_what_it_counts_and_may_not_exceed),
        cmocka_unit_test(test_a_wrong_file_is_refused_at_its_line),
        cmocka_unit_test(test_a_full_arena_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
