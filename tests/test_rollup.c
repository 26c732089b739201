/* Rollups: R1 to R4 on random histories, whose cells prop_merge has compared with a plain fold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/rollup.h"
#include "fq/edge/memory.h"
#include "support/history.h"
#include "support/random.h"
#include "support/world.h"

static struct world world;
static struct world_view *held;
static struct fq_arena arena;

/* One view with the events of many random histories in it. */
static int open_all(void **state)
{
    (void)state;
    static struct history history;
    struct random random = random_of(20210630);
    struct fq_why why;

    world_open(&world);
    held = world_view_open(&world);
    for (int i = 0; i < 200; i++) {
        history_draw(&history, 60, &random);
        for (uint32_t k = 0; k < history.count; k++) {
            (void)world_tell_record(held, &history.entries[k].id, history.entries[k].record);
        }
    }
    return fq_memory_reserve((size_t)1 << 30, &arena, &why) != FQ_OK;
}

static int close_all(void **state)
{
    (void)state;
    fq_memory_release(&arena);
    world_view_close(held);
    world_close(&world);
    return 0;
}

static struct fq_rollup run(uint32_t area, const char *period, const enum fq_dimension *by,
                            uint32_t by_count)
{
    struct fq_rollup_query query = {.area = area, .by_count = by_count};
    struct fq_rollup rollup;
    struct fq_why why;

    assert_true(fq_period_parse(fq_span_text(period), &query.period));
    memcpy(query.by, by, by_count * sizeof *by);
    assert_int_equal(fq_rollup_run(&held->view, &world.codes, &query, &arena, &rollup, &why),
                     FQ_OK);
    return rollup;
}
#define RUN(area, period, ...)                                                                     \
    run(area, period, (const enum fq_dimension[]){__VA_ARGS__},                                    \
        sizeof((const enum fq_dimension[]){__VA_ARGS__}) / sizeof(enum fq_dimension))

static void add_up(const struct fq_rollup *rollup, int64_t sum[FQ_MEASURES_COUNT])
{
    memset(sum, 0, FQ_MEASURES_COUNT * sizeof *sum);
    for (uint32_t i = 0; i < rollup->count; i++) {
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            sum[m] = (int64_t)((uint64_t)sum[m] + (uint64_t)rollup->rows[i].value[m]);
        }
    }
}

static void expect_sum(const struct fq_rollup *rollup, const int64_t *total)
{
    int64_t sum[FQ_MEASURES_COUNT];

    add_up(rollup, sum);
    for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
        assert_int_equal(sum[m], total[m]);
    }
}

static const struct fq_rollup_row *row_of(const struct fq_rollup *rollup, uint32_t key)
{
    for (uint32_t i = 0; i < rollup->count; i++) {
        if (rollup->rows[i].key[0] == key) {
            return &rollup->rows[i];
        }
    }
    return NULL;
}

static const char *const periods[] = {"2020",   "2021",    "2021H1",
                                      "2021Q2", "2021-03", "2020-11..2021-02"};
#define PERIODS (sizeof periods / sizeof periods[0])

static void test_r1_home_sums_add_up_from_county_to_province(void **state)
{
    (void)state;
    int64_t any = 0;

    for (size_t p = 0; p < PERIODS; p++) {
        fq_arena_reset(&arena);
        struct fq_rollup counties = RUN(WORLD_PROVINCE, periods[p], FQ_BY_COUNTY);
        struct fq_rollup cities = RUN(WORLD_PROVINCE, periods[p], FQ_BY_CITY);
        struct fq_rollup city = RUN(WORLD_CITY, periods[p], FQ_BY_COUNTY);
        expect_sum(&counties, counties.total);
        expect_sum(&cities, counties.total);
        expect_sum(&city, row_of(&cities, WORLD_CITY)->value);
        any += counties.total[FQ_MEASURE_ACCEPTED];
    }
    assert_true(any > 100);
}

static void test_r1_a_county_directly_under_the_province_is_its_own_row(void **state)
{
    (void)state;

    fq_arena_reset(&arena);
    struct fq_rollup cities = RUN(WORLD_PROVINCE, "2021", FQ_BY_CITY);
    struct fq_rollup areas = RUN(WORLD_PROVINCE, "2021", FQ_BY_AREA);
    struct fq_rollup counties = RUN(WORLD_PROVINCE, "2021", FQ_BY_COUNTY);

    assert_non_null(row_of(&cities, WORLD_DIRECT));
    assert_non_null(row_of(&areas, WORLD_DIRECT));
    assert_non_null(row_of(&counties, WORLD_DIRECT));
    assert_null(row_of(&cities, WORLD_COUNTY));
}

static void test_r2_people_administrative_judicial_less_overlap_is_distinct(void **state)
{
    (void)state;
    int64_t overlap = 0;

    for (size_t p = 0; p < PERIODS; p++) {
        fq_arena_reset(&arena);
        struct fq_rollup kinds = RUN(WORLD_PROVINCE, periods[p], FQ_BY_KIND);
        int64_t sum[FQ_MEASURES_COUNT];
        add_up(&kinds, sum);
        assert_true(kinds.has_overlap);
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            assert_int_equal((int64_t)((uint64_t)sum[m] - (uint64_t)kinds.overlap[m]),
                             kinds.total[m]);
        }
        overlap += kinds.overlap[FQ_MEASURE_ACCEPTED];
    }
    assert_true(overlap > 0);
}

static void test_r3_stocks_are_what_stands_at_the_end(void **state)
{
    (void)state;

    fq_arena_reset(&arena);
    struct fq_rollup months = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_MONTH);
    struct fq_rollup half = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_AREA);
    struct fq_rollup june = RUN(WORLD_PROVINCE, "2021-06", FQ_BY_AREA);

    assert_int_equal(months.count, 6);
    for (int m = FQ_MEASURE_OPEN; m <= FQ_MEASURE_OVERDUE; m++) {
        assert_int_equal(half.total[m], june.total[m]);
        assert_int_equal(months.rows[5].value[m], half.total[m]);
    }
    assert_int_equal(half.total[FQ_MEASURE_OPEN],
                     world_stock(held, WORLD_COUNTY, "2021-06", FQ_MEASURE_OPEN) +
                         world_stock(held, WORLD_NEIGHBOUR, "2021-06", FQ_MEASURE_OPEN) +
                         world_stock(held, WORLD_THIRD, "2021-06", FQ_MEASURE_OPEN) +
                         world_stock(held, WORLD_FAR, "2021-06", FQ_MEASURE_OPEN) +
                         world_stock(held, WORLD_DIRECT, "2021-06", FQ_MEASURE_OPEN) +
                         world_stock(held, WORLD_CITY, "2021-06", FQ_MEASURE_OPEN) +
                         world_stock(held, WORLD_OTHER_CITY, "2021-06", FQ_MEASURE_OPEN) +
                         world_stock(held, WORLD_PROVINCE, "2021-06", FQ_MEASURE_OPEN));
}

static void test_r4_what_has_no_figures_is_listed_with_zeros(void **state)
{
    (void)state;

    struct world_view *full = held;
    held = world_view_open(&world);
    fq_arena_reset(&arena);
    struct fq_rollup types = RUN(WORLD_PROVINCE, "2021", FQ_BY_TYPE);
    struct fq_rollup both = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_MONTH, FQ_BY_KIND);
    world_view_close(held);
    held = full;

    assert_int_equal(types.count, world.codes.tables[FQ_CODES_TYPE].count);
    assert_int_equal(both.count, 6 * 3);
    for (uint32_t i = 0; i < types.count; i++) {
        assert_int_equal(types.rows[i].value[FQ_MEASURE_REGISTERED], 0);
        assert_int_equal(types.rows[i].key[0], world.codes.tables[FQ_CODES_TYPE].rows[i].number);
    }
}

/* Cells answer `by type`; `by type,source` needs the scan. Summed over sources they are the same. */
static void test_cells_and_a_scan_give_the_same_figures(void **state)
{
    (void)state;

    for (size_t p = 0; p < PERIODS; p++) {
        fq_arena_reset(&arena);
        struct fq_rollup cells = RUN(WORLD_PROVINCE, periods[p], FQ_BY_TYPE, FQ_BY_COUNTY);
        struct fq_rollup scan =
            RUN(WORLD_PROVINCE, periods[p], FQ_BY_TYPE, FQ_BY_COUNTY, FQ_BY_SOURCE);
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            assert_int_equal(cells.total[m], scan.total[m]);
        }
        for (uint32_t i = 0; i < cells.count; i++) {
            int64_t sum[FQ_MEASURES_COUNT] = {0};
            for (uint32_t k = 0; k < scan.count; k++) {
                bool is_same = scan.rows[k].key[0] == cells.rows[i].key[0] &&
                               scan.rows[k].key[1] == cells.rows[i].key[1];
                for (int m = 0; m < FQ_MEASURES_COUNT && is_same; m++) {
                    sum[m] = (int64_t)((uint64_t)sum[m] + (uint64_t)scan.rows[k].value[m]);
                }
            }
            assert_memory_equal(sum, cells.rows[i].value, sizeof sum);
        }
    }
}

static void test_rates_are_rounded_half_up(void **state)
{
    (void)state;
    static const struct {
        int64_t numerator, denominator;
        const char *text;
    } rows[] = {
        {62, 136, "45.6"},
        {273032, 278604, "98.0"},
        {1, 2000, "0.1"},
        {1, 2001, "0.0"},
        {0, 5, "0.0"},
        {5, 5, "100.0"},
        {1, 0, ""},
        {7, 3, "233.3"},
        {INT64_MAX, INT64_MAX, "100.0"},
    };
    char text[32];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fq_rate_format(rows[i].numerator, rows[i].denominator, text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r1_home_sums_add_up_from_county_to_province),
        cmocka_unit_test(test_r1_a_county_directly_under_the_province_is_its_own_row),
        cmocka_unit_test(test_r2_people_administrative_judicial_less_overlap_is_distinct),
        cmocka_unit_test(test_r3_stocks_are_what_stands_at_the_end),
        cmocka_unit_test(test_r4_what_has_no_figures_is_listed_with_zeros),
        cmocka_unit_test(test_cells_and_a_scan_give_the_same_figures),
        cmocka_unit_test(test_rates_are_rounded_half_up),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
