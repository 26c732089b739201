/* What a form is filled with: steps as they stand, nothing that was voided, names for codes, dates
 * and money as they are written on paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../nodes/cli/paper.c"
#include "../nodes/cli/paper_words.c"

#include "support/world.h"

#define MEMORY (16u << 20)

static struct world world;
static struct paper paper;
static struct fq_arena arena;
static struct fq_writer show, vault;
static uint8_t show_bytes[16384], vault_bytes[4096];
static struct fq_why why;

static int begin(void **state)
{
    (void)state;
    world_open(&world);
    arena = fq_arena_over(malloc(MEMORY), MEMORY);
    show = fq_writer_over(show_bytes, sizeof show_bytes);
    vault = fq_writer_over(vault_bytes, sizeof vault_bytes);
    paper = (struct paper){.codes = &world.codes, .areas = &world.areas, .is_chinese = true};
    return arena.base ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    free(arena.base);
    world_close(&world);
    return 0;
}

/* ---- a dispute ---- */

static void put_pair(struct fq_writer *writer, const char *key, const char *text)
{
    fq_write_text(writer, key);
    fq_write_text(writer, text);
}

static void put_event(uint64_t seq, const char *event, const char *date, uint32_t pairs)
{
    fq_write_map(&show, 7);
    put_pair(&show, "event", event);
    put_pair(&show, "date", date);
    put_pair(&show, "origin", "41010501");
    fq_write_text(&show, "stream");
    fq_write_uint(&show, 0);
    fq_write_text(&show, "epoch");
    fq_write_uint(&show, 1);
    fq_write_text(&show, "seq");
    fq_write_uint(&show, seq);
    fq_write_text(&show, "fields");
    fq_write_map(&show, pairs);
}

static void put_number(const char *key, uint64_t value)
{
    fq_write_text(&show, key);
    fq_write_uint(&show, value);
}

/* Agreed on 4 March, with the history the test appends. */
static void begin_show(uint32_t events)
{
    fq_write_map(&show, 4);
    put_pair(&show, "dispute", "41010501-1-812");
    put_pair(&show, "outcome", "agreed");
    fq_write_text(&show, "dates");
    fq_write_map(&show, 1);
    put_pair(&show, "outcome", "2021-03-04");
    fq_write_text(&show, "history");
    fq_write_array(&show, events);
}

static struct fq_span fill(void)
{
    struct fq_span values = {0};

    paper.show = fq_writer_span(&show);
    paper.vault = fq_writer_span(&vault);
    assert_int_equal(paper_values(&paper, &arena, &values, &why), FQ_OK);
    assert_true(fq_codec_scan(values));
    return values;
}

static void assert_text(struct fq_span map, const char *key, const char *expected)
{
    struct fq_span text = fq_map_text(map, key);

    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.size ? (const char *)text.data : "", expected, text.size);
}

/* Item `index` of a list; empty past its end. */
static struct fq_span item_at(struct fq_span values, const char *key, uint32_t index)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(values, key));
    uint32_t count = fq_read_array(&reader);
    struct fq_span item = {0};

    for (uint32_t i = 0; i <= index && index < count; i++) {
        item = fq_read_skip(&reader);
    }
    return item;
}

/* ---- steps ---- */

static void test_w4_a_voided_session_is_not_on_the_paper(void **state)
{
    (void)state;
    begin_show(4);
    put_event(1, "session", "2021-03-01", 1);
    put_number("minutes", 30);
    put_event(2, "session", "2021-03-02", 1);
    put_number("minutes", 60);
    put_event(3, "voided", "2021-03-03", 1);
    put_pair(&show, "target", "41010501-0-1-1");
    put_event(4, "session", "2021-03-04", 0);

    struct fq_span values = fill();

    assert_text(item_at(values, "sessions", 0), "date", "2021年3月2日");
    assert_int_equal(fq_map_uint(item_at(values, "sessions", 0), "minutes"), 60);
    assert_int_equal(fq_map_uint(item_at(values, "sessions", 0), "index"), 1);
    assert_text(item_at(values, "sessions", 1), "date", "2021年3月4日");
    assert_int_equal(item_at(values, "sessions", 2).size, 0);
}

static void test_w4_a_corrected_agreement_stands_as_corrected(void **state)
{
    (void)state;
    begin_show(2);
    put_event(1, "agreed", "2021-03-04", 1);
    put_pair(&show, "due", "2021-04-01");
    put_event(2, "corrected", "2021-03-05", 2);
    put_pair(&show, "corrects", "agreed");
    put_pair(&show, "due", "2021-05-01");

    assert_text(fill(), "due_date", "2021年5月1日");
}

static void test_w4_what_was_agreed_before_it_was_reopened_does_not_stand(void **state)
{
    (void)state;
    begin_show(2);
    put_event(1, "agreed", "2021-03-04", 1);
    put_pair(&show, "due", "2021-04-01");
    put_event(2, "reopened", "2021-03-05", 0);

    assert_text(fill(), "due_date", "");
}

static void test_visits_say_what_was_answered(void **state)
{
    (void)state;
    begin_show(3);
    put_event(1, "visited", "2021-05-01", 2);
    fq_write_text(&show, "surveyed");
    fq_write_bool(&show, true);
    put_pair(&show, "performance", "performed");
    put_event(2, "visited", "2021-06-01", 2);
    fq_write_text(&show, "surveyed");
    fq_write_bool(&show, true);
    fq_write_text(&show, "satisfied");
    fq_write_bool(&show, true);
    put_event(3, "visited", "2021-07-01", 0);

    struct fq_span values = fill();

    assert_text(item_at(values, "visits", 0), "satisfied", "不满意");
    assert_true(fq_map_text(item_at(values, "visits", 0), "performance").size > 0);
    assert_text(item_at(values, "visits", 1), "satisfied", "满意");
    assert_text(item_at(values, "visits", 2), "satisfied", "");
}

/* ---- parties ---- */

static void test_there_are_always_two_parties(void **state)
{
    (void)state;
    begin_show(0);
    fq_write_map(&vault, 3);
    put_pair(&vault, "party_name", "张三");
    put_pair(&vault, "other_party_name", "李四");
    put_pair(&vault, "other_party_phone", "13800000000");

    struct fq_span values = fill();

    assert_text(item_at(values, "parties", 0), "name", "张三");
    assert_text(item_at(values, "parties", 0), "phone", "");
    assert_text(item_at(values, "parties", 1), "name", "李四");
    assert_text(item_at(values, "parties", 1), "phone", "13800000000");
    assert_text(values, "party_name", "张三");
    assert_text(values, "number", "41010501-1-812");
}

static void test_w5_what_is_not_known_is_left_out(void **state)
{
    (void)state;
    fq_write_map(&show, 0);

    struct fq_span values = fill();

    assert_text(values, "lang", "zh-CN");
    assert_int_equal(fq_map_get(values, "type").size, 0);
    assert_int_equal(fq_map_get(values, "outcome_date").size, 0);
    assert_int_equal(fq_map_get(values, "amount").size, 0);
    assert_text(item_at(values, "parties", 1), "name", "");
}

static void write_row(struct fq_writer *table, const char *code, const char *name)
{
    fq_write_map(table, 2);
    put_pair(table, "code", code);
    put_pair(table, "name_zh", name);
}

static void test_units_and_places_have_names_where_a_table_has_them(void **state)
{
    uint8_t unit_bytes[256], place_bytes[256];
    struct fq_writer units = fq_writer_over(unit_bytes, sizeof unit_bytes);
    struct fq_writer places = fq_writer_over(place_bytes, sizeof place_bytes);

    (void)state;
    fq_write_map(&show, 3);
    put_pair(&show, "host", "4101050002");
    put_pair(&show, "kind", "people");
    fq_write_text(&show, "history");
    fq_write_array(&show, 2);
    put_event(1, "session", "2021-03-01", 1);
    put_number("place", 410105001001);
    put_event(2, "session", "2021-03-02", 1);
    put_number("place", 410105009);
    assert_text(item_at(fill(), "sessions", 0), "place", "410105001001");
    fq_write_array(&units, 1);
    write_row(&units, "4101050002", "花园路街道人民调解委员会");
    fq_write_array(&places, 2);
    write_row(&places, "410105001", "花园路街道");
    write_row(&places, "410105001001", "枫桥社区");
    paper.units = fq_writer_span(&units);
    paper.places = fq_writer_span(&places);

    struct fq_span values = fill();

    assert_text(values, "unit", "花园路街道人民调解委员会（4101050002）");
    assert_text(item_at(values, "sessions", 0), "place", "花园路街道枫桥社区");
    assert_text(item_at(values, "sessions", 1), "place", "410105009");
}

/* ---- how things are written ---- */

static void assert_date(const char *text, bool is_chinese, const char *expected)
{
    char date[PAPER_DATE_SIZE];

    paper_date(fq_span_text(text), is_chinese, date);
    assert_string_equal(date, expected);
}

static void test_dates_are_written_as_people_do(void **state)
{
    (void)state;
    assert_date("2021-03-04", true, "2021年3月4日");
    assert_date("2021-03-04", false, "4 March 2021");
    assert_date("2021-12-31", false, "31 December 2021");
    assert_date("2021-02-30", true, "");
    assert_date("", true, "");
}

static void test_money_is_written_in_capitals(void **state)
{
    static const struct {
        uint64_t cents;
        const char *text;
    } sums[] = {
        {0, "零元整"},
        {5, "伍分"},
        {50, "伍角整"},
        {70005, "柒佰元零伍分"},
        {70050, "柒佰元伍角整"},
        {100000, "壹仟元整"},
        {101000, "壹仟零壹拾元整"},
        {123456, "壹仟贰佰叁拾肆元伍角陆分"},
        {10020000, "壹拾万零贰佰元整"},
        {100200000, "壹佰万贰仟元整"},
        {10000200000, "壹亿零贰仟元整"},
        {10000000005, "壹亿元零伍分"},
        {UINT64_MAX, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        char text[PAPER_CAPITAL_SIZE];
        paper_capital(sums[i].cents, text);
        assert_string_equal(text, sums[i].text);
    }
}

static void test_a_form_is_found_in_both_languages(void **state)
{
    (void)state;
    for (int i = 0; i < PAPER_FORMS; i++) {
        const struct paper_form_row *row = paper_form_row((enum paper_form)i);
        assert_int_equal(paper_form_find(row->name), i);
        assert_int_equal(paper_form_find(row->zh), i);
    }
    assert_int_equal(paper_form_find("../etc"), PAPER_FORMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_w4_a_voided_session_is_not_on_the_paper),
        cmocka_unit_test(test_w4_a_corrected_agreement_stands_as_corrected),
        cmocka_unit_test(test_w4_what_was_agreed_before_it_was_reopened_does_not_stand),
        cmocka_unit_test(test_visits_say_what_was_answered),
        cmocka_unit_test(test_there_are_always_two_parties),
        cmocka_unit_test(test_w5_what_is_not_known_is_left_out),
        cmocka_unit_test(test_units_and_places_have_names_where_a_table_has_them),
        cmocka_unit_test(test_dates_are_written_as_people_do),
        cmocka_unit_test(test_money_is_written_in_capitals),
        cmocka_unit_test(test_a_form_is_found_in_both_languages),
    };
    struct CMUnitTest each[sizeof tests / sizeof tests[0]];

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        each[i] = tests[i];
        each[i].setup_func = begin;
        each[i].teardown_func = end;
    }
    return cmocka_run_group_tests(each, NULL, NULL);
}
