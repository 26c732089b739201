/* Cells and their digest: what is all zero counts for nothing (C1), the digest is a sum (C2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/world.h"

static struct world world;

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

static int open_view(void **state)
{
    *state = world_view_open(&world);
    return 0;
}

static int close_view(void **state)
{
    world_view_close(*state);
    return 0;
}

static void set(struct world_view *held, uint32_t area, const char *month, int64_t accepted)
{
    struct fq_cell *cell =
        fq_cells_make(&held->view.cells, FQ_CELLS_AREA, area, world_month(month), 0);

    cell->value[FQ_MEASURE_ACCEPTED] = accepted;
    cell->is_hash_stale = true;
}

static struct fq_digest digest(struct world_view *held, uint32_t area)
{
    return fq_view_digest(&held->view, area, 0, UINT16_MAX);
}

static void test_names_are_there_and_differ(void **state)
{
    (void)state;

    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        const char *name = fq_measure_row((enum fq_measure)i)->name;
        assert_true(strlen(name) > 0);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(name, fq_measure_row((enum fq_measure)j)->name);
        }
    }
    assert_true(fq_measure_row(FQ_MEASURE_OPEN)->is_stock);
    assert_false(fq_measure_row(FQ_MEASURE_AGREED)->is_stock);
}

static void test_cells_are_found_by_every_part_of_their_key(void **state)
{
    struct world_view *held = *state;
    struct fq_cells *cells = &held->view.cells;
    static const struct {
        enum fq_cell_table table;
        uint32_t area;
        uint16_t month, dimension;
    } keys[] = {{FQ_CELLS_AREA, 410105, 1458, 0}, {FQ_CELLS_AREA, 410105, 1459, 0},
                {FQ_CELLS_AREA, 410102, 1458, 0}, {FQ_CELLS_TYPE, 410105, 1458, 0},
                {FQ_CELLS_TYPE, 410105, 1458, 4}, {FQ_CELLS_KIND, 410105, 1458, 4}};

    for (size_t i = 0; i < 6; i++) {
        assert_null(
            fq_cells_find(cells, keys[i].table, keys[i].area, keys[i].month, keys[i].dimension));
        struct fq_cell *cell =
            fq_cells_make(cells, keys[i].table, keys[i].area, keys[i].month, keys[i].dimension);
        cell->value[0] = (int64_t)i;
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(
            fq_cells_find(cells, keys[i].table, keys[i].area, keys[i].month, keys[i].dimension)
                ->value[0],
            i);
    }
    assert_int_equal(cells->index.count, 6);
    assert_int_equal(cells->month_min, 1458);
    assert_int_equal(cells->month_max, 1459);
}

/* More than there are places for those at hand, of one area and month. */
static void test_cells_at_hand_are_told_apart_by_every_part_of_their_key(void **state)
{
    struct world_view *held = *state;
    struct fq_cells *cells = &held->view.cells;

    for (int round = 0; round < 2; round++) {
        for (uint16_t type = 0; type < FQ_CELLS_RECENT + 100; type++) {
            (void)fq_cells_make(cells, FQ_CELLS_TYPE, WORLD_COUNTY, 1458, type);
            struct fq_cell *cell =
                fq_cells_make(cells, FQ_CELLS_ACTIVITY, WORLD_COUNTY, 1458, type);
            assert_int_equal(cell->dimension, type);
            assert_int_equal(cell->table, FQ_CELLS_ACTIVITY);
        }
    }

    assert_int_equal(cells->index.count, 2 * (FQ_CELLS_RECENT + 100));
}

static void test_c1_a_cell_of_zeros_is_in_no_digest(void **state)
{
    struct world_view *held = *state;
    struct fq_digest empty = digest(held, WORLD_PROVINCE);

    set(held, WORLD_COUNTY, "2021-03", 1);
    struct fq_digest one = digest(held, WORLD_PROVINCE);
    set(held, WORLD_COUNTY, "2021-03", 0);
    struct fq_digest none = digest(held, WORLD_PROVINCE);

    assert_true(fq_digest_equal(empty, (struct fq_digest){0}));
    assert_false(fq_digest_equal(one, empty));
    assert_true(fq_digest_equal(none, empty));
}

static void test_c2_the_digest_is_the_documented_sum(void **state)
{
    struct world_view *held = *state;
    uint8_t bytes[9 + 8 * FQ_MEASURES_COUNT] = {FQ_CELLS_AREA};
    struct fq_digest sum = {0};
    struct fq_cell *of_type = fq_cells_make(&held->view.cells, FQ_CELLS_TYPE, WORLD_NEIGHBOUR,
                                            world_month("2021-04"), 0x0405);

    set(held, WORLD_COUNTY, "2021-03", 7);
    set(held, WORLD_NEIGHBOUR, "2021-04", -1);
    of_type->value[FQ_MEASURE_ACCEPTED] = -1;
    of_type->is_hash_stale = true;

    fq_put_be32(bytes + 1, WORLD_COUNTY);
    fq_put_be16(bytes + 5, world_month("2021-03"));
    fq_put_be64(bytes + 9 + 8 * FQ_MEASURE_ACCEPTED, 7);
    fq_digest_add(&sum, fq_hash_digest(fq_span_of(bytes, sizeof bytes)));
    fq_put_be32(bytes + 1, WORLD_NEIGHBOUR);
    fq_put_be16(bytes + 5, world_month("2021-04"));
    fq_put_be64(bytes + 9 + 8 * FQ_MEASURE_ACCEPTED, UINT64_MAX);
    fq_digest_add(&sum, fq_hash_digest(fq_span_of(bytes, sizeof bytes)));
    bytes[0] = FQ_CELLS_TYPE;
    fq_put_be16(bytes + 7, 0x0405);
    fq_digest_add(&sum, fq_hash_digest(fq_span_of(bytes, sizeof bytes)));
    assert_true(fq_digest_equal(digest(held, WORLD_PROVINCE), sum));
}

static void test_c2_digests_of_areas_add_up(void **state)
{
    struct world_view *held = *state;

    set(held, WORLD_COUNTY, "2021-03", 7);
    set(held, WORLD_NEIGHBOUR, "2021-03", 8);
    set(held, WORLD_FAR, "2021-04", 9);
    set(held, WORLD_DIRECT, "2021-04", 10);

    struct fq_digest sum = digest(held, WORLD_COUNTY);
    fq_digest_add(&sum, digest(held, WORLD_NEIGHBOUR));
    assert_true(fq_digest_equal(digest(held, WORLD_CITY), sum));
    fq_digest_add(&sum, digest(held, WORLD_FAR));
    fq_digest_add(&sum, digest(held, WORLD_DIRECT));
    assert_true(fq_digest_equal(digest(held, WORLD_PROVINCE), sum));
    fq_digest_subtract(&sum, digest(held, WORLD_FAR));
    assert_false(fq_digest_equal(digest(held, WORLD_PROVINCE), sum));
}

static void test_c2_a_digest_may_be_of_some_months(void **state)
{
    struct world_view *held = *state;
    uint16_t march = world_month("2021-03");

    set(held, WORLD_COUNTY, "2021-03", 7);
    struct fq_digest before = fq_view_digest(&held->view, WORLD_PROVINCE, march, march);
    struct fq_digest alone = digest(held, WORLD_PROVINCE);
    set(held, WORLD_COUNTY, "2021-04", 7);
    set(held, WORLD_COUNTY, "2021-02", 7);
    struct fq_digest after = fq_view_digest(&held->view, WORLD_PROVINCE, march, march);

    assert_true(fq_digest_equal(before, alone));
    assert_true(fq_digest_equal(before, after));
    assert_false(fq_digest_equal(after, digest(held, WORLD_PROVINCE)));
}

static void test_c2_the_same_value_elsewhere_is_another_digest(void **state)
{
    struct world_view *a = *state;
    struct world_view *b = world_view_open(&world);

    set(a, WORLD_COUNTY, "2021-03", 1);
    set(b, WORLD_COUNTY, "2021-04", 1);
    assert_false(fq_digest_equal(digest(a, WORLD_PROVINCE), digest(b, WORLD_PROVINCE)));
    world_view_close(b);
}

#define WITH_VIEW(test) cmocka_unit_test_setup_teardown(test, open_view, close_view)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_there_and_differ),
        WITH_VIEW(test_cells_are_found_by_every_part_of_their_key),
        WITH_VIEW(test_cells_at_hand_are_told_apart_by_every_part_of_their_key),
        WITH_VIEW(test_c1_a_cell_of_zeros_is_in_no_digest),
        WITH_VIEW(test_c2_the_digest_is_the_documented_sum),
        WITH_VIEW(test_c2_digests_of_areas_add_up),
        WITH_VIEW(test_c2_a_digest_may_be_of_some_months),
        WITH_VIEW(test_c2_the_same_value_elsewhere_is_another_digest),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
