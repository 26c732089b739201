/* Reserved regions: zero, as large as asked for, and in no core dump. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fq/edge/memory.h"

static void test_a_region_is_zero_and_grows_by_touching(void **state)
{
    (void)state;
    size_t capacity = ((size_t)1 << 36) + 1; /* more than this machine has */
    struct fq_arena region = {0};
    assert_int_equal(fq_memory_reserve(capacity, &region, NULL), FQ_OK);

    assert_true(region.size >= capacity);
    assert_int_equal(region.used, 0);
    assert_int_equal(region.base[0], 0);
    assert_int_equal(region.base[capacity - 1], 0);
    region.base[capacity - 1] = 1;

    fq_memory_release(&region);
    assert_null(region.base);
    assert_int_equal(region.size, 0);
    fq_memory_release(&region);
}

/* proc(5): "dd" in VmFlags is "do not include area into core dump". */
static void test_a_region_is_left_out_of_core_dumps(void **state)
{
    (void)state;
    struct fq_arena region = {0};
    char line[512], begin[32];
    bool is_ours = false, is_kept_out = false;
    assert_int_equal(fq_memory_reserve(3 << 20, &region, NULL), FQ_OK);
    snprintf(begin, sizeof begin, "%zx-", (size_t)region.base);

    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        if (strncmp(line, begin, strlen(begin)) == 0) {
            is_ours = true;
        } else if (is_ours && strncmp(line, "VmFlags:", 8) == 0) {
            is_kept_out = strstr(line, " dd") != NULL;
            break;
        }
    }
    fclose(maps);

    assert_true(is_ours);
    assert_true(is_kept_out);
    fq_memory_release(&region);
}

static void test_too_much_is_a_limit(void **state)
{
    (void)state;
    struct fq_arena region = {.size = 5};
    struct fq_why why = {0};

    assert_int_equal(fq_memory_reserve(SIZE_MAX, &region, &why), FQ_ERR_LIMIT);
    assert_int_equal(fq_memory_reserve((size_t)1 << 60, &region, &why), FQ_ERR_LIMIT);

    assert_int_equal(why.reason, FQ_REASON_LIMIT);
    assert_int_equal(region.size, 5);
}

/* A fact's place has 32 bits: past them, a list would run into another dispute's facts. */
static void test_facts_are_not_more_than_can_be_named(void **state)
{
    (void)state;
    struct fq_view_memory memory;

    assert_int_equal(fq_memory_reserve_view(100000000, &memory, NULL), FQ_OK);

    assert_true((memory.facts.size - 1) / FQ_FACT_PLACE_UNIT <= UINT32_MAX);
    fq_memory_release_view(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_region_is_zero_and_grows_by_touching),
        cmocka_unit_test(test_a_region_is_left_out_of_core_dumps),
        cmocka_unit_test(test_too_much_is_a_limit),
        cmocka_unit_test(test_facts_are_not_more_than_can_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
