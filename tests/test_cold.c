/* What is put away is where it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fq/edge/cold.h"
#include "fq/edge/memory.h"

#define WORDS_PER_CHUNK (FQ_COLD_CHUNK / sizeof(uint64_t))

static struct fq_arena region;
static struct fq_cold cold;

static const char *folder(void)
{
    const char *base = getenv("TMPDIR");

    return base && *base ? base : "/tmp";
}

static int begin(void **state)
{
    (void)state;
    fq_cold_open(folder(), &cold);
    return fq_memory_reserve(64 * FQ_COLD_CHUNK, &region, NULL) != FQ_OK || cold.file < 0;
}

static int end(void **state)
{
    (void)state;
    fq_memory_release(&region);
    fq_cold_close(&cold);
    return 0;
}

static uint64_t *words(void)
{
    return (uint64_t *)(void *)region.base;
}

/* Grow the region by chunks whose words are their places. */
static void grow(size_t chunks)
{
    size_t first = region.used / sizeof(uint64_t);

    for (size_t i = 0; i < chunks * WORDS_PER_CHUNK; i++) {
        words()[first + i] = first + i;
    }
    region.used += chunks * FQ_COLD_CHUNK;
}

static void expect_all(uint64_t added)
{
    for (size_t i = 0; i < region.used / sizeof(uint64_t); i++) {
        assert_int_equal(words()[i], i + added);
    }
}

/* Bytes of the region that are in this process's memory. */
static size_t resident(void)
{
    char line[512];
    size_t kilobytes = 0, sum = 0;
    uintptr_t from = 0, to = 0;
    FILE *maps = fopen("/proc/self/smaps", "re");

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%zx-%zx ", (size_t *)&from, (size_t *)&to) == 2) {
            continue;
        }
        if (sscanf(line, "Rss: %zu kB", &kilobytes) == 1 &&
            from < (uintptr_t)region.base + region.size && to > (uintptr_t)region.base) {
            sum += kilobytes * 1024;
        }
    }
    fclose(maps);
    return sum;
}

static void test_b1_what_was_put_away_reads_and_writes_as_before(void **state)
{
    (void)state;
    grow(10);

    size_t count = 0;
    while (fq_cold_put(&cold, &region)) {
        count++;
    }
    assert_int_equal(count, 10 - FQ_COLD_WARM / FQ_COLD_CHUNK);
    assert_int_equal(cold.size, count * FQ_COLD_CHUNK);
    expect_all(0);
    for (size_t i = 0; i < region.used / sizeof(uint64_t); i++) {
        words()[i] += 7;
    }
    fq_cold_drop(&cold, &region);
    expect_all(7);
}

static void test_what_is_put_away_takes_no_memory(void **state)
{
    (void)state;
    grow(20);
    assert_true(resident() >= 20 * FQ_COLD_CHUNK);

    while (fq_cold_put(&cold, &region)) {
    }
    assert_true(resident() <= FQ_COLD_WARM + FQ_COLD_CHUNK);
    expect_all(0); /* touched again */
    assert_true(resident() >= 20 * FQ_COLD_CHUNK);
    fq_cold_drop(&cold, &region);

    assert_true(resident() <= FQ_COLD_WARM + FQ_COLD_CHUNK);
    expect_all(0);
}

static void test_b2_a_full_disk_leaves_all_in_memory(void **state)
{
    (void)state;
    struct rlimit was, small = {3 * FQ_COLD_CHUNK / 2, 0};
    grow(10);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);

    assert_true(fq_cold_put(&cold, &region));
    assert_false(fq_cold_put(&cold, &region));
    assert_false(fq_cold_put(&cold, &region));

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(cold.size, FQ_COLD_CHUNK);
    expect_all(0);
}

static void test_a_region_made_anew_is_put_away_anew(void **state)
{
    (void)state;
    grow(10);
    while (fq_cold_put(&cold, &region)) {
    }
    fq_memory_release(&region);
    fq_cold_forget(&cold);
    assert_int_equal(fq_memory_reserve(64 * FQ_COLD_CHUNK, &region, NULL), FQ_OK);

    assert_false(fq_cold_put(&cold, &region));
    grow(6);
    assert_true(fq_cold_put(&cold, &region));
    expect_all(0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_b1_what_was_put_away_reads_and_writes_as_before),
        CASE(test_what_is_put_away_takes_no_memory),
        CASE(test_b2_a_full_disk_leaves_all_in_memory),
        CASE(test_a_region_made_anew_is_put_away_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
