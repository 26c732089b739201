/* Units: codes and areas (U1, U2), the file they are read from, the shipped sample. */
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
#include "fq/edge/unit_file.h"
#include "support/world.h"

static struct world world;
static struct fq_arena memory;
static struct fq_units units;
static struct fq_why why;
static char path[] = "/tmp/fengqiao-units.XXXXXX";

static int open_world(void **state)
{
    (void)state;
    world_open(&world);
    int handle = mkstemp(path);
    return handle < 0 || close(handle) != 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return unlink(path);
}

static int open_memory(void **state)
{
    (void)state;
    units = (struct fq_units){0};
    return fq_memory_reserve(16 * FQ_UNITS_MEMORY, &memory, &why) != FQ_OK;
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
    return fq_units_load_csv(path, &world.codes, &memory, &units, &why);
}

static void test_u2_the_area_of_a_unit_begins_its_code(void **state)
{
    (void)state;

    assert_int_equal(fq_unit_area(UINT64_C(4101050017)), 410105);
    assert_int_equal(fq_unit_area(0), 0);
}

static void test_units_are_found_whatever_the_order_of_the_file(void **state)
{
    (void)state;

    assert_int_equal(load("kind,code,name_zh\n"
                          "judicial,4101050201,法院\n"
                          "people,4101020001,中原调委会\n"
                          "行政调解,4101050101,司法局\n"),
                     FQ_OK);

    assert_int_equal(units.count, 3);
    const struct fq_unit *unit = fq_units_find(&units, UINT64_C(4101050101));
    assert_non_null(unit);
    assert_int_equal(unit->kind, FQ_KIND_ADMINISTRATIVE);
    assert_string_equal(unit->name_zh, "司法局");
    assert_string_equal(unit->name_en, "");
    assert_null(fq_units_find(&units, UINT64_C(4101050102)));
    assert_null(fq_units_find(&units, UINT64_C(9999999999)));
}

static void refused(const char *text, const char *detail)
{
    assert_int_not_equal(load(text), FQ_OK);
    assert_int_equal(why.reason, FQ_REASON_UNIT_FILE);
    if (!strstr(why.detail, detail)) {
        fail_msg("%s", why.detail);
    }
    assert_int_equal(units.count, 0); /* nothing half loaded */
}

static void test_u1_a_bad_table_is_refused_by_its_line(void **state)
{
    (void)state;

    refused("code,name_zh\n4101050001,甲\n", ":1: there is no column kind");
    refused("code,name_zh,kind,colour\n", ":1: the column colour");
    refused("code,name_zh,kind\n4101050001,甲,people\n410105001,乙,people\n", ":3: code");
    refused("code,name_zh,kind\n4101050001,甲,royal\n", ":2: kind");
    refused("code,name_zh,kind\n4101050001,,people\n", ":2: a name");
    refused("code,name_zh,kind\n0101050001,甲,people\n", ":2: 0101050001");
    refused("code,name_zh,kind\n4101050001,甲,people\n4101050001,乙,people\n", "is there twice");
    refused("", "is empty");
}

static void test_the_shipped_sample_is_sound(void **state)
{
    (void)state;

    assert_int_equal(
        fq_units_load_csv("config/units/henan-sample.csv", &world.codes, &memory, &units, &why),
        FQ_OK);

    assert_true(units.count > 10);
    assert_int_equal(fq_units_find(&units, UINT64_C(4101000201))->kind, FQ_KIND_JUDICIAL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_memory, close_memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_u2_the_area_of_a_unit_begins_its_code),
        CASE(test_units_are_found_whatever_the_order_of_the_file),
        CASE(test_u1_a_bad_table_is_refused_by_its_line),
        CASE(test_the_shipped_sample_is_sound),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
