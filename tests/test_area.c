/* Areas: the tree, its rules, and the files it is read from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/edge/area_file.h"

static uint8_t memory[2 * 1024 * 1024] __attribute__((aligned(16)));

struct row {
    uint32_t code, parent;
    enum fq_tier tier;
    uint32_t successor;
};

static fq_err add(struct fq_areas *areas, const struct row *row, struct fq_why *why)
{
    struct fq_area area = {.code = row->code,
                           .parent = row->parent,
                           .tier = row->tier,
                           .successor = row->successor,
                           .name_zh = "王庄",
                           .name_en = "Wangzhuang"};
    return fq_areas_add(areas, &area, why);
}

/* A table of the rows up to the one without a code. */
static struct fq_areas table(const struct row *rows)
{
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_areas areas;
    assert_int_equal(fq_areas_init(&areas, &arena, 8, NULL), FQ_OK);
    for (; rows->code; rows++) {
        assert_int_equal(add(&areas, rows, NULL), FQ_OK);
    }
    return areas;
}

static const struct row sound[] = {
    {410105, 410100, FQ_TIER_COUNTY, 0}, {410000, 0, FQ_TIER_PROVINCE, 0},
    {419001, 410000, FQ_TIER_COUNTY, 0}, {410102, 410100, FQ_TIER_COUNTY, 410105},
    {410100, 410000, FQ_TIER_CITY, 0},   {0, 0, FQ_TIER_COUNTY, 0}};

static void test_a1_rows_are_found_however_they_came(void **state)
{
    (void)state;
    struct fq_areas areas = table(sound);

    for (const struct row *row = sound; row->code; row++) {
        const struct fq_area *area = fq_areas_find(&areas, row->code);
        assert_non_null(area);
        assert_int_equal(area->parent, row->parent);
    }
    assert_null(fq_areas_find(&areas, 410104));
    assert_null(fq_areas_find(&areas, 999999));
    assert_int_equal(fq_areas_root(&areas)->code, 410000);
}

static void test_a1_a_code_is_refused_twice_short_or_past_the_room(void **state)
{
    (void)state;
    struct fq_areas areas = table(sound);
    struct fq_why why;

    assert_int_equal(add(&areas, &sound[0], &why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_AREA_FILE);
    assert_int_equal(add(&areas, &(struct row){4101, 410000, FQ_TIER_COUNTY, 0}, &why),
                     FQ_ERR_USAGE);
    for (uint32_t code = 410110; areas.count < areas.capacity; code++) {
        assert_int_equal(add(&areas, &(struct row){code, 410100, FQ_TIER_COUNTY, 0}, &why), FQ_OK);
    }
    assert_int_equal(add(&areas, &(struct row){410199, 410100, FQ_TIER_COUNTY, 0}, &why),
                     FQ_ERR_LIMIT);
    assert_int_equal(areas.count, 8);
}

static void test_a2_a_table_that_is_no_tree_is_refused(void **state)
{
    (void)state;
    static const struct row wrong[][4] = {
        {{0, 0, FQ_TIER_CITY, 0}},                                               /* empty */
        {{410100, 0, FQ_TIER_CITY, 0}},                                          /* no province */
        {{410000, 0, FQ_TIER_PROVINCE, 0}, {360000, 0, FQ_TIER_PROVINCE, 0}},    /* two */
        {{410000, 0, FQ_TIER_PROVINCE, 0}, {410105, 410100, FQ_TIER_COUNTY, 0}}, /* no parent */
        {{410000, 0, FQ_TIER_PROVINCE, 0}, {410100, 410100, FQ_TIER_CITY, 0}},   /* own parent */
        {{410000, 0, FQ_TIER_PROVINCE, 0},                                       /* a circle */
         {410100, 410200, FQ_TIER_CITY, 0},
         {410200, 410100, FQ_TIER_CITY, 0}},
        {{410000, 0, FQ_TIER_PROVINCE, 0}, /* same tier */
         {410105, 410000, FQ_TIER_COUNTY, 0},
         {410106, 410105, FQ_TIER_COUNTY, 0}},
        {{410000, 0, FQ_TIER_PROVINCE, 0},
         {410105, 410000, FQ_TIER_COUNTY, 410106}}, /* no successor */
        {{410000, 0, FQ_TIER_PROVINCE, 0},          /* each other's */
         {410105, 410000, FQ_TIER_COUNTY, 410106},
         {410106, 410000, FQ_TIER_COUNTY, 410105}},
        {{410000, 0, FQ_TIER_PROVINCE, 0}, {410105, 410000, (enum fq_tier)7, 0}}, /* no tier */
    };
    struct fq_why why;
    struct fq_areas areas = table(sound);
    assert_int_equal(fq_areas_check(&areas, &why), FQ_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        areas = table(wrong[i]);
        assert_int_equal(fq_areas_check(&areas, &why), FQ_ERR_USAGE);
        assert_int_equal(why.reason, FQ_REASON_AREA_FILE);
    }
}

static void test_an_area_covers_itself_and_what_is_below(void **state)
{
    (void)state;
    struct fq_areas areas = table(sound);

    assert_true(fq_areas_covers(&areas, 410105, 410105));
    assert_true(fq_areas_covers(&areas, 410100, 410105));
    assert_true(fq_areas_covers(&areas, 410000, 410105));
    assert_true(fq_areas_covers(&areas, 410000, 419001));
    assert_false(fq_areas_covers(&areas, 410100, 419001));
    assert_false(fq_areas_covers(&areas, 410105, 410100));
    assert_false(fq_areas_covers(&areas, 410000, 360000));
    assert_false(fq_areas_covers(&areas, 360000, 410105));
}

static void test_a_walk_upward_ends_even_in_a_circle(void **state)
{
    (void)state;
    static const struct row circle[] = {{410100, 410200, FQ_TIER_CITY, 0},
                                        {410200, 410100, FQ_TIER_CITY, 0},
                                        {0, 0, FQ_TIER_COUNTY, 0}};
    struct fq_areas areas = table(circle);
    assert_false(fq_areas_covers(&areas, 410000, 410100));
}

static void test_children_come_in_order_of_code(void **state)
{
    (void)state;
    struct fq_areas areas = table(sound);
    uint32_t cursor = 0;

    assert_int_equal(fq_areas_next_child(&areas, 410100, &cursor)->code, 410102);
    assert_int_equal(fq_areas_next_child(&areas, 410100, &cursor)->code, 410105);
    assert_null(fq_areas_next_child(&areas, 410100, &cursor));
}

static void test_a3_luoyang_changed_on_18_march_2021(void **state)
{
    (void)state;
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_areas areas;
    struct fq_why why = {0};
    uint16_t before, on;
    assert_true(fq_date_parse(fq_span_text("2021-03-17"), &before));
    assert_true(fq_date_parse(fq_span_text("2021-03-18"), &on));

    assert_int_equal(fq_areas_load_csv("config/areas/henan.csv", &arena, &areas, &why), FQ_OK);

    const struct fq_area *old = fq_areas_find(&areas, 410322);
    const struct fq_area *new = fq_areas_find(&areas, 410308);
    assert_true(fq_area_is_valid_on(old, before));
    assert_false(fq_area_is_valid_on(old, on));
    assert_false(fq_area_is_valid_on(new, before));
    assert_true(fq_area_is_valid_on(new, on));
    assert_int_equal(fq_areas_current(&areas, 410322), 410308);
    assert_int_equal(fq_areas_current(&areas, 410308), 410308);
    assert_int_equal(fq_areas_current(&areas, 999999), 0);
    assert_string_equal(old->name_zh, "孟津县");
}

static void test_the_shipped_tables_have_the_areas_they_claim(void **state)
{
    (void)state;
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_areas henan, nyc;
    unsigned tiers[FQ_TIER_PROVINCE + 1] = {0};
    uint16_t today;
    assert_true(fq_date_parse(fq_span_text("2021-06-30"), &today));

    assert_int_equal(fq_areas_load_csv("config/areas/henan.csv", &arena, &henan, NULL), FQ_OK);
    assert_int_equal(fq_areas_load_csv("config/areas/nyc.csv", &arena, &nyc, NULL), FQ_OK);

    for (uint32_t i = 0; i < henan.count; i++) {
        tiers[henan.rows[i].tier] += fq_area_is_valid_on(&henan.rows[i], today);
    }
    assert_int_equal(tiers[FQ_TIER_COUNTY], 157);
    assert_int_equal(tiers[FQ_TIER_CITY], 17);
    assert_int_equal(tiers[FQ_TIER_PROVINCE], 1);
    assert_int_equal(nyc.count, 8);
    assert_true(fq_areas_covers(&nyc, 363600, 363605));
}

static void test_a_wrong_file_is_refused_at_its_line(void **state)
{
    (void)state;
#define HEADER "code,name_zh,name_en,parent_code,tier,valid_from,valid_to,successor\n"
#define PROVINCE "410000,河南省,Henan,,province,,,\n"
    static const struct {
        const char *text, *said;
    } cases[] = {
        {HEADER PROVINCE "410105,金水区,Jinshui,410100,county,,,\n", ":3: 410105: its parent"},
        {HEADER "\n" PROVINCE PROVINCE, ":4: 410000 stands twice"},
        {HEADER PROVINCE "410105,\"金水区,Jinshui,410000,county,,,\n", ":3: the row is not"},
        {HEADER PROVINCE "410105,金水区,Jinshui,410000,county,,\n", ":3: the row is not"},
        {HEADER PROVINCE "41010x,金水区,Jinshui,410000,county,,,\n", ":3: code is"},
        {HEADER PROVINCE "410105,,Jinshui,410000,county,,,\n", ":3: name_zh is"},
        {HEADER PROVINCE "410105,金水区,Jinshui,410000,village,,,\n", ":3: tier is"},
        {HEADER PROVINCE "410105,金水区,Jinshui,410000,county,2021-02-30,,\n", ":3: valid_from is"},
        {HEADER PROVINCE "410105,金水区,Jinshui,410000,county,2021-03-18,2021-03-18,\n",
         ":3: 410105 is valid on no day"},
        {"code,name_zh,name_en,tier\n", ":1: there is no column parent_code"},
        {"code,name_zh,name_en,parent_code,tier,valid_form\n", ":1: the column valid_form"},
        {HEADER, ":1: the table has no province"},
        {"", ":1: the table has no province"},
    };
    char path[] = "/tmp/fq-area-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fq_arena arena = fq_arena_over(memory, sizeof memory);
        struct fq_areas areas = {.count = 77};
        struct fq_why why = {0};
        ssize_t size = (ssize_t)strlen(cases[i].text);
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, cases[i].text, (size_t)size, 0), size);

        assert_int_equal(fq_areas_load_csv(path, &arena, &areas, &why), FQ_ERR_USAGE);

        assert_int_equal(areas.count, 77);
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
    struct fq_arena arena = fq_arena_over(memory, 1000);
    struct fq_areas areas;
    struct fq_why why;
    assert_int_equal(fq_areas_load_csv("config/areas/nyc.csv", &arena, &areas, &why), FQ_ERR_LIMIT);
    assert_true(FQ_AREAS_MEMORY <= sizeof memory);
}

static void test_tiers_have_names(void **state)
{
    (void)state;
    enum fq_tier tier;
    assert_true(fq_tier_parse(fq_span_text("city"), &tier));
    assert_int_equal(tier, FQ_TIER_CITY);
    assert_string_equal(fq_tier_name(FQ_TIER_PROVINCE), "province");
    assert_false(fq_tier_parse(fq_span_text("village"), &tier));
    assert_string_equal(fq_tier_name((enum fq_tier)0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a1_rows_are_found_however_they_came),
        cmocka_unit_test(test_a1_a_code_is_refused_twice_short_or_past_the_room),
        cmocka_unit_test(test_a2_a_table_that_is_no_tree_is_refused),
        cmocka_unit_test(test_an_area_covers_itself_and_what_is_below),
        cmocka_unit_test(test_a_walk_upward_ends_even_in_a_circle),
        cmocka_unit_test(test_children_come_in_order_of_code),
        cmocka_unit_test(test_a3_luoyang_changed_on_18_march_2021),
        cmocka_unit_test(test_the_shipped_tables_have_the_areas_they_claim),
        cmocka_unit_test(test_a_wrong_file_is_refused_at_its_line),
        cmocka_unit_test(test_a_full_arena_is_a_limit),
        cmocka_unit_test(test_tiers_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
