/* The frontier: logs by id and by index, its hash, and its return from the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/world.h"

static struct world world;
static uint8_t memory[2 * 1024 * 1024] __attribute__((aligned(16)));
static uint8_t scratch[1024 * 1024] __attribute__((aligned(16)));

static int open_world(void **state)
{
    (void)state;
    world_open(&world);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static struct fq_frontier *fresh(void)
{
    static struct fq_frontier frontiers[2];
    static int next;
    static uint8_t other[2 * 1024 * 1024] __attribute__((aligned(16)));
    struct fq_frontier *frontier = &frontiers[next % 2];
    struct fq_arena arena = fq_arena_over(next % 2 ? other : memory, sizeof memory);

    next++;
    assert_true(fq_frontier_init(frontier, &arena));
    return frontier;
}

static struct fq_log *hold(struct fq_frontier *frontier, struct fq_log_id id, uint64_t last)
{
    struct fq_log *log = fq_frontier_add(frontier, &id, &world.areas);

    assert_non_null(log);
    log->last = last;
    memset(log->chain.bytes, (int)(last % 251), FQ_HASH_SIZE);
    return log;
}

static struct fq_hash hash_of(const struct fq_frontier *frontier, uint32_t area)
{
    struct fq_arena arena = fq_arena_over(scratch, sizeof scratch);
    struct fq_hash hash;

    assert_int_equal(fq_frontier_hash(frontier, &world.areas, area, &arena, &hash), FQ_OK);
    return hash;
}

static void test_logs_are_found_and_keep_their_index(void **state)
{
    (void)state;
    struct fq_frontier *frontier = fresh();
    struct fq_log_id id = {41010501, 0, 1};

    assert_null(fq_frontier_find(frontier, &id));
    for (uint32_t i = 0; i < FQ_LOGS_MAX; i++) {
        id = (struct fq_log_id){41010501 + i % 7, i % 3, 1 + i};
        assert_int_equal(fq_frontier_index(frontier, hold(frontier, id, i)), i);
    }
    for (uint32_t i = 0; i < FQ_LOGS_MAX; i++) {
        id = (struct fq_log_id){41010501 + i % 7, i % 3, 1 + i};
        struct fq_log *log = fq_frontier_find(frontier, &id);
        assert_non_null(log);
        assert_int_equal(log->last, i);
        assert_ptr_equal(fq_frontier_add(frontier, &id, &world.areas), log);
    }
    id.epoch = 99999;
    assert_null(fq_frontier_add(frontier, &id, &world.areas)); /* full */
    assert_null(fq_frontier_find(frontier, &id));
}

static void test_the_tier_is_that_of_the_origins_area(void **state)
{
    (void)state;
    struct fq_frontier *frontier = fresh();

    assert_int_equal(hold(frontier, (struct fq_log_id){WORLD_COUNTY * 100 + 1, 0, 1}, 1)->tier,
                     FQ_TIER_COUNTY);
    assert_int_equal(hold(frontier, (struct fq_log_id){WORLD_CITY * 100 + 1, 0, 1}, 1)->tier,
                     FQ_TIER_CITY);
    assert_int_equal(hold(frontier, (struct fq_log_id){WORLD_PROVINCE * 100 + 1, 0, 1}, 1)->tier,
                     FQ_TIER_PROVINCE);
    assert_int_equal(hold(frontier, (struct fq_log_id){WORLD_DIRECT * 100 + 1, 0, 1}, 1)->tier,
                     FQ_TIER_COUNTY);
}

static void test_equal_frontiers_have_equal_hashes_however_they_grew(void **state)
{
    (void)state;
    const struct fq_log_id ids[] = {{WORLD_COUNTY * 100 + 1, 0, 1},
                                    {WORLD_COUNTY * 100 + 1, 0, 2},
                                    {WORLD_NEIGHBOUR * 100 + 1, 0, 1},
                                    {WORLD_FAR * 100 + 1, 0, 1}};
    struct fq_frontier *a = fresh();
    struct fq_frontier *b = fresh();

    for (size_t i = 0; i < 4; i++) {
        hold(a, ids[i], 10 + i);
        hold(b, ids[3 - i], 13 - i);
    }
    hold(b, (struct fq_log_id){WORLD_THIRD * 100 + 1, 0, 1}, 0); /* known, nothing held */
    struct fq_hash in_a = hash_of(a, WORLD_PROVINCE);
    struct fq_hash in_b = hash_of(b, WORLD_PROVINCE);
    assert_true(fq_hash_equal(&in_a, &in_b));

    hold(b, ids[0], 11); /* one event more */
    in_b = hash_of(b, WORLD_PROVINCE);
    assert_false(fq_hash_equal(&in_a, &in_b));
    hold(b, ids[0], 10)->chain.bytes[31] ^= 1; /* as far, other bytes */
    in_b = hash_of(b, WORLD_PROVINCE);
    assert_false(fq_hash_equal(&in_a, &in_b));
}

static void test_the_hash_of_an_area_knows_its_own_logs_only(void **state)
{
    (void)state;
    struct fq_frontier *frontier = fresh();
    hold(frontier, (struct fq_log_id){WORLD_COUNTY * 100 + 1, 0, 1}, 5);
    hold(frontier, (struct fq_log_id){WORLD_FAR * 100 + 1, 0, 1}, 5);
    struct fq_hash city = hash_of(frontier, WORLD_CITY);
    struct fq_hash other = hash_of(frontier, WORLD_OTHER_CITY);

    hold(frontier, (struct fq_log_id){WORLD_FAR * 100 + 1, 0, 1}, 6);

    struct fq_hash city_after = hash_of(frontier, WORLD_CITY);
    struct fq_hash other_after = hash_of(frontier, WORLD_OTHER_CITY);
    assert_true(fq_hash_equal(&city, &city_after));
    assert_false(fq_hash_equal(&other, &other_after));
}

static void test_a_stored_log_comes_back_at_its_index(void **state)
{
    (void)state;
    struct fq_frontier *before = fresh();
    struct fq_frontier *after = fresh();
    uint8_t value[FQ_HAVE_SIZE];

    for (uint32_t i = 0; i < 50; i++) {
        struct fq_log *log = hold(before, (struct fq_log_id){WORLD_CITY * 100 + i, 0, 1}, i * 7);
        log->acked = i * 5;
        log->up = i * 3;
        log->hlc = UINT64_MAX - i;
        memset(log->instance.bytes, (int)i, FQ_ID_SIZE);
    }
    for (uint32_t i = 50; i-- > 0;) { /* in any order */
        fq_have_encode(before, &before->logs[i], value);
        assert_true(fq_frontier_restore(after, &before->logs[i].id, fq_span_of(value, sizeof value),
                                        &world.areas));
    }
    assert_int_equal(after->count, 50);
    for (uint32_t i = 0; i < 50; i++) {
        assert_ptr_equal(fq_frontier_find(after, &before->logs[i].id), &after->logs[i]);
        assert_memory_equal(&after->logs[i].chain, &before->logs[i].chain, FQ_HASH_SIZE);
        assert_memory_equal(&after->logs[i].instance, &before->logs[i].instance, FQ_ID_SIZE);
        assert_true(after->logs[i].last == before->logs[i].last);
        assert_true(after->logs[i].acked == before->logs[i].acked);
        assert_true(after->logs[i].up == before->logs[i].up);
        assert_true(after->logs[i].hlc == before->logs[i].hlc);
        assert_int_equal(after->logs[i].tier, before->logs[i].tier);
    }
}

static void test_bad_stored_logs_are_refused(void **state)
{
    (void)state;
    struct fq_frontier *frontier = fresh();
    struct fq_log_id id = {WORLD_CITY * 100 + 1, 0, 1};
    struct fq_log_id other = {WORLD_CITY * 100 + 2, 0, 1};
    uint8_t value[FQ_HAVE_SIZE] = {0};

    assert_false(fq_frontier_restore(frontier, &id, fq_span_of(value, 83), &world.areas));
    fq_put_be32(value, FQ_LOGS_MAX);
    assert_false(fq_frontier_restore(frontier, &id, fq_span_of(value, 84), &world.areas));
    fq_put_be32(value, 3);
    assert_true(fq_frontier_restore(frontier, &id, fq_span_of(value, 84), &world.areas));
    assert_false(fq_frontier_restore(frontier, &other, fq_span_of(value, 84), &world.areas));
    fq_put_be32(value, 4);
    assert_false(fq_frontier_restore(frontier, &id, fq_span_of(value, 84), &world.areas));
}

/* ---- which logs flow ---- */

static void test_a_log_flows_up_or_down_or_not_at_all(void **state)
{
    (void)state;
    enum way { NOWHERE, UP, DOWN };
    static const struct {
        uint32_t child, writer, stream;
        enum way way;
    } rows[] = {
        {WORLD_COUNTY, WORLD_COUNTY, FQ_STREAM_FACTS, UP},
        {WORLD_CITY, WORLD_COUNTY, FQ_STREAM_FACTS, UP},
        {WORLD_CITY, WORLD_CITY, FQ_STREAM_CONTROL, UP},
        {WORLD_NEIGHBOUR, WORLD_COUNTY, FQ_STREAM_FACTS, NOWHERE},
        {WORLD_COUNTY, WORLD_CITY, FQ_STREAM_FACTS, NOWHERE},
        {WORLD_COUNTY, WORLD_CITY, FQ_STREAM_CONTROL, DOWN},
        {WORLD_COUNTY, WORLD_PROVINCE, FQ_STREAM_CONTROL, DOWN},
        {WORLD_CITY, WORLD_PROVINCE, FQ_STREAM_CONTROL, DOWN},
        {WORLD_OTHER_CITY, WORLD_CITY, FQ_STREAM_CONTROL, NOWHERE},
        {WORLD_FAR, WORLD_CITY, FQ_STREAM_CONTROL, NOWHERE},
        {WORLD_COUNTY, WORLD_CITY, WORLD_COUNTY, DOWN},
        {WORLD_NEIGHBOUR, WORLD_CITY, WORLD_COUNTY, NOWHERE},
        {WORLD_CITY, WORLD_CITY, WORLD_COUNTY, NOWHERE},  /* its own relays are not the parent's */
        {WORLD_CITY, WORLD_PROVINCE, WORLD_COUNTY, DOWN}, /* passes through */
        {WORLD_CITY, WORLD_PROVINCE, WORLD_CITY, DOWN},
        {WORLD_COUNTY, WORLD_PROVINCE, WORLD_CITY, NOWHERE}, /* for the city alone */
        {WORLD_OTHER_CITY, WORLD_PROVINCE, WORLD_COUNTY, NOWHERE},
        {WORLD_COUNTY, WORLD_COUNTY, WORLD_COUNTY, NOWHERE},
        {WORLD_CITY, WORLD_PROVINCE, 7, NOWHERE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct fq_log_id log = {rows[i].writer * 100 + 1, rows[i].stream, 1};
        bool is_up = fq_log_flows_up(&world.areas, rows[i].child, &log);
        bool is_down = fq_log_flows_down(&world.areas, rows[i].child, &log);
        assert_int_equal(is_up, rows[i].way == UP);
        assert_int_equal(is_down, rows[i].way == DOWN);
    }
}

static void test_relays_are_no_part_of_an_areas_hash(void **state)
{
    (void)state;
    struct fq_frontier *city = fresh();
    hold(city, (struct fq_log_id){WORLD_COUNTY * 100 + 1, 0, 1}, 4);
    hold(city, (struct fq_log_id){WORLD_CITY * 100 + 1, 1, 1}, 4);
    struct fq_hash before = hash_of(city, WORLD_CITY);

    hold(city, (struct fq_log_id){WORLD_CITY * 100 + 1, WORLD_COUNTY, 1}, 4);

    struct fq_hash after = hash_of(city, WORLD_CITY);
    assert_true(fq_hash_equal(&before, &after)); /* the province holds none of them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logs_are_found_and_keep_their_index),
        cmocka_unit_test(test_the_tier_is_that_of_the_origins_area),
        cmocka_unit_test(test_equal_frontiers_have_equal_hashes_however_they_grew),
        cmocka_unit_test(test_the_hash_of_an_area_knows_its_own_logs_only),
        cmocka_unit_test(test_a_log_flows_up_or_down_or_not_at_all),
        cmocka_unit_test(test_relays_are_no_part_of_an_areas_hash),
        cmocka_unit_test(test_a_stored_log_comes_back_at_its_index),
        cmocka_unit_test(test_bad_stored_logs_are_refused),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
