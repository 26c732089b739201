/* Places: what the table knows (J1 to J3), the file it is read from, the shipped one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/edge/memory.h"
#include "fq/edge/place_file.h"

static struct fq_arena memory;
static struct fq_places places;
static struct fq_why why;
static char path[] = "/tmp/fengqiao-places.XXXXXX";

static int open_file(void **state)
{
    (void)state;
    int handle = mkstemp(path);
    return handle < 0 || close(handle) != 0;
}

static int close_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int open_memory(void **state)
{
    (void)state;
    places = (struct fq_places){0};
    return fq_memory_reserve(16 * FQ_PLACES_MEMORY, &memory, &why) != FQ_OK;
}

static int close_memory(void **state)
{
    (void)state;
    fq_memory_release(&memory);
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static fq_err load(const char *text)
{
    write_file(text);
    why = (struct fq_why){.reason = FQ_REASON_NONE};
    return fq_places_load_csv(path, &memory, &places, &why);
}

static void test_a_place_says_its_county(void **state)
{
    (void)state;

    assert_int_equal(fq_place_county(410105001), 410105);
    assert_int_equal(fq_place_county(410105001004), 410105);
    assert_int_equal(fq_place_county(410105), 0);
    assert_int_equal(fq_place_county(4101050010), 0);
    assert_true(fq_place_is_code(410105001));
    assert_false(fq_place_is_code(41010500));
}

static void test_j2_j3_what_the_table_knows(void **state)
{
    (void)state;
    static const struct {
        uint64_t code;
        bool is_known;
    } rows[] = {
        {410105001, true},     {410105002, true},
        {410105003, false},    {410105001001, true},
        {410105001002, true},  {410105001003, false}, /* the town has villages here */
        {410105002009, true},                         /* this one has none */
        {410105003001, false},                        /* no such town */
        {410102001, true},     {410102001001, true},  /* a county without towns here */
        {410105, false},       {0, false},
    };
    assert_int_equal(load("code,name_zh,parent\n"
                          "410105001002,乙村,410105001\n"
                          "410105002,二镇,410105\n"
                          "410105001,一镇,\n"
                          "410105001001,甲村,410105001\n"),
                     FQ_OK);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (fq_places_know(&places, rows[i].code) != rows[i].is_known) {
            fail_msg("%llu", (unsigned long long)rows[i].code);
        }
    }
    assert_string_equal(fq_places_find(&places, 410105001002)->name_zh, "乙村");
}

static void test_j2_an_empty_table_knows_every_code(void **state)
{
    (void)state;

    assert_true(fq_places_know(&places, 410105001));
    assert_false(fq_places_know(&places, 41010500));
}

static void test_places_of_a_prefix_come_in_order(void **state)
{
    (void)state;
    assert_int_equal(
        load("code,name_zh\n410105002,二\n410105001001,甲\n410102001,三\n410105001,一\n"), FQ_OK);

    uint32_t at = fq_places_next(&places, fq_span_text("410105"), 0);
    assert_int_equal(places.rows[at].code, 410105001);
    at = fq_places_next(&places, fq_span_text("410105"), at + 1);
    assert_int_equal(places.rows[at].code, 410105001001);
    at = fq_places_next(&places, fq_span_text("410105"), at + 1);
    assert_int_equal(places.rows[at].code, 410105002);
    assert_int_equal(fq_places_next(&places, fq_span_text("410105"), at + 1), places.count);
    assert_int_equal(fq_places_next(&places, fq_span_text(""), 0), 0);
    assert_int_equal(fq_places_next(&places, fq_span_text("4101050010011"), 0), places.count);
}

static void refused(const char *text, const char *detail)
{
    assert_int_not_equal(load(text), FQ_OK);
    assert_int_equal(why.reason, FQ_REASON_PLACE_FILE);
    if (!strstr(why.detail, detail)) {
        fail_msg("%s", why.detail);
    }
    assert_int_equal(places.count, 0);
}

static void test_j1_a_bad_table_is_refused(void **state)
{
    (void)state;

    refused("code\n410105001\n", ":1: there is no column name_zh");
    refused("code,name_zh\n4101050012,甲\n", ":2: code");
    refused("code,name_zh\n410105001,\n", ":2: name_zh");
    refused("code,name_zh,parent\n410105001,甲,410102\n", ":2: parent");
    refused("code,name_zh\n410105001,甲\n410105001,乙\n", "is there twice");
    refused("code,name_zh\n410105001001,甲\n", "its town is missing");
}

static void test_the_shipped_towns_are_sound(void **state)
{
    (void)state;

    assert_int_equal(fq_places_load_csv("config/places/henan-towns.csv", &memory, &places, &why),
                     FQ_OK);

    assert_int_equal(places.count, 2586);
    assert_true(fq_places_know(&places, 410105001));
    assert_false(fq_places_know(&places, 410105999));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_memory, close_memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_place_says_its_county),
        CASE(test_j2_j3_what_the_table_knows),
        CASE(test_j2_an_empty_table_knows_every_code),
        CASE(test_places_of_a_prefix_come_in_order),
        CASE(test_j1_a_bad_table_is_refused),
        CASE(test_the_shipped_towns_are_sound),
    };
    return cmocka_run_group_tests(tests, open_file, close_file);
}
