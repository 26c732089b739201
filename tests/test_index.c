/* The hash index: whatever was added is found, at every size it grows through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/index.h"
#include "support/random.h"

#define ENTRIES 5000

static uint32_t head_memory[ENTRIES] __attribute__((aligned(16)));
static struct fq_index_link link_memory[ENTRIES] __attribute__((aligned(16)));
static struct fq_arena heads, links;

static struct fq_index fresh(size_t entries)
{
    struct fq_index index;

    memset(head_memory, 0, sizeof head_memory);
    memset(link_memory, 0, sizeof link_memory);
    heads = fq_arena_over(head_memory, entries * sizeof head_memory[0]);
    links = fq_arena_over(link_memory, entries * sizeof link_memory[0]);
    fq_index_init(&index, &heads, &links);
    return index;
}

static bool finds(const struct fq_index *index, uint64_t hash, uint32_t wanted)
{
    uint32_t entry = fq_index_first(index, hash);

    while (entry != FQ_INDEX_NONE && entry != wanted) {
        entry = fq_index_next(index, entry);
    }
    return entry == wanted;
}

static void test_the_empty_index_finds_nothing(void **state)
{
    (void)state;
    struct fq_index index = fresh(ENTRIES);

    assert_int_equal(fq_index_first(&index, 0), FQ_INDEX_NONE);
    assert_int_equal(fq_index_first(&index, UINT64_MAX), FQ_INDEX_NONE);
}

static void test_all_entries_are_found_after_every_addition(void **state)
{
    (void)state;
    struct fq_index index = fresh(ENTRIES);
    struct random random = random_of(3);
    static uint64_t hashes[600];

    for (uint32_t i = 0; i < 600; i++) {
        hashes[i] = random_next(&random);
        assert_true(fq_index_add(&index, hashes[i]));
        for (uint32_t j = 0; j <= i; j++) {
            assert_true(finds(&index, hashes[j], j));
        }
    }
}

static void test_an_index_of_many_has_short_chains(void **state)
{
    (void)state;
    struct fq_index index = fresh(ENTRIES);
    struct random random = random_of(4);
    unsigned longest = 0;

    for (uint32_t i = 0; i < ENTRIES; i++) {
        assert_true(fq_index_add(&index, random_next(&random)));
    }
    for (uint32_t bucket = 0; bucket < index.bucket_count; bucket++) {
        unsigned length = 0;
        for (uint32_t entry = index.heads[bucket]; entry; entry = index.links[entry - 1].next) {
            length++;
        }
        longest = length > longest ? length : longest;
    }
    assert_int_equal(index.bucket_count, ENTRIES);
    assert_in_range(longest, 1, 12);
}

static void test_equal_hashes_are_all_told(void **state)
{
    (void)state;
    struct fq_index index = fresh(ENTRIES);
    bool is_seen[300] = {false};

    for (uint32_t i = 0; i < 300; i++) {
        assert_true(fq_index_add(&index, i % 3));
    }
    for (uint32_t entry = fq_index_first(&index, 1); entry != FQ_INDEX_NONE;
         entry = fq_index_next(&index, entry)) {
        assert_int_equal(entry % 3, 1);
        assert_false(is_seen[entry]);
        is_seen[entry] = true;
    }
    for (uint32_t i = 0; i < 300; i++) {
        assert_int_equal(is_seen[i], i % 3 == 1);
    }
    assert_int_equal(fq_index_first(&index, 7), FQ_INDEX_NONE);
}

static void test_a_full_region_refuses_and_changes_nothing(void **state)
{
    (void)state;
    struct fq_index index = fresh(10);

    for (uint32_t i = 0; i < 10; i++) {
        assert_true(fq_index_add(&index, i));
    }
    assert_false(fq_index_add(&index, 10));
    assert_int_equal(index.count, 10);
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(finds(&index, i, i));
    }
    assert_int_equal(fq_index_first(&index, 10), FQ_INDEX_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_empty_index_finds_nothing),
        cmocka_unit_test(test_all_entries_are_found_after_every_addition),
        cmocka_unit_test(test_an_index_of_many_has_short_chains),
        cmocka_unit_test(test_equal_hashes_are_all_told),
        cmocka_unit_test(test_a_full_region_refuses_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
