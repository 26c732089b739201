/* Rollups: R1 to R4 on random histories, whose cells prop_merge has compared with a plain fold, and
 * on few disputes that can be counted by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
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

static enum fq_basis basis; /* of what is run */

static struct fq_rollup run(uint32_t area, const char *period, const enum fq_dimension *by,
                            uint32_t by_count)
{
    struct fq_rollup_query query = {.area = area, .by_count = by_count, .basis = basis};
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

/* ---- few disputes, told by hand ---- */

static struct world_view *full; /* the view of the histories while `held` is a small one */
static uint64_t seq;

static int open_small(void **state)
{
    (void)state;
    full = held;
    held = world_view_open(&world);
    seq = 0;
    basis = FQ_BASIS_NOW;
    fq_arena_reset(&arena);
    return 0;
}

static int close_small(void **state)
{
    (void)state;
    world_view_close(held);
    held = full;
    basis = FQ_BASIS_NOW;
    return 0;
}

struct telling {
    const char *date;
    uint32_t area;
    uint64_t value[FQ_FIELDS_COUNT];
};

static void tell(uint8_t id, unsigned kind, const struct telling *telling)
{
    struct fq_event event = {
        .id = {{WORLD_COUNTY * 100 + 1, 0, 1}, ++seq},
        .kind = (uint16_t)kind,
        .step = (uint16_t)kind,
        .rev = (uint32_t)seq,
        .area = telling->area ? telling->area : WORLD_COUNTY,
        .date = world_date(telling->date),
        .cmd_id = {{(uint8_t)seq, 0xcc}},
        .dispute = world_id(id),
    };

    memcpy(event.value, telling->value, sizeof event.value);
    assert_int_equal(world_tell(held, &event), FQ_MERGED_NEW);
}
/* TELL(5, AGREED, "2021-04-10", F(AMOUNT, 400000)) */
#define F(name, number) .value[FQ_FIELD_##name] = number
#define TELL(id, kind, ...) tell(id, FQ_EVENT_##kind, &(const struct telling){.date = __VA_ARGS__})

/* Three walls in two counties: 1 accepted in January and agreed in April, mediated by people and a
 * court; 2 accepted in March; 3 of the other city, rejected in February. */
static void three_walls(void)
{
    TELL(1, REGISTERED, "2021-01-10", F(TYPE, 2), F(SOURCE, FQ_SOURCE_ON_APPLICATION),
         F(KIND, FQ_KIND_PEOPLE), F(PERSONS, 4));
    TELL(1, ACCEPTED, "2021-01-11");
    TELL(1, JOINED, "2021-01-12", F(TO_UNIT, 4101050001), F(TO_KIND, FQ_KIND_JUDICIAL));
    TELL(1, AGREED, "2021-04-10", F(AMOUNT, 400000));
    TELL(2, REGISTERED, "2021-02-27", F(TYPE, 4), F(SOURCE, FQ_SOURCE_SCREENING),
         F(KIND, FQ_KIND_ADMINISTRATIVE), F(PERSONS, 2));
    TELL(2, ACCEPTED, "2021-03-01");
    TELL(3, REGISTERED, "2021-02-03", .area = WORLD_FAR, F(TYPE, 2), F(KIND, FQ_KIND_PEOPLE));
    TELL(3, REJECTED, "2021-02-04", .area = WORLD_FAR);
}

/* ---- looking ---- */

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

static const struct fq_rollup_row *row_of(const struct fq_rollup *rollup, uint64_t key)
{
    for (uint32_t i = 0; i < rollup->count; i++) {
        if (rollup->rows[i].key[0] == key) {
            return &rollup->rows[i];
        }
    }
    return NULL;
}

/* The figure of the row `key`, which must be there. */
static int64_t figure(const struct fq_rollup *rollup, uint64_t key, enum fq_measure measure)
{
    const struct fq_rollup_row *row = row_of(rollup, key);

    if (!row) {
        fail_msg("no row %llu", (unsigned long long)key);
        return 0;
    }
    return row->value[measure];
}
#define FIGURE(rollup, key, measure) figure(&(rollup), key, FQ_MEASURE_##measure)

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

static void test_r1_the_rows_of_a_city_are_its_counties(void **state)
{
    (void)state;
    three_walls();

    struct fq_rollup areas = RUN(WORLD_PROVINCE, "2021", FQ_BY_AREA);
    struct fq_rollup county = RUN(WORLD_COUNTY, "2021", FQ_BY_AREA);
    struct fq_rollup idle = RUN(WORLD_THIRD, "2021", FQ_BY_AREA);

    assert_int_equal(areas.count, 3); /* two cities and the county directly under the province */
    assert_int_equal(FIGURE(areas, WORLD_CITY, REGISTERED), 2);
    assert_int_equal(FIGURE(areas, WORLD_OTHER_CITY, REGISTERED), 1);
    assert_int_equal(FIGURE(areas, WORLD_DIRECT, REGISTERED), 0);
    assert_int_equal(areas.total[FQ_MEASURE_REGISTERED], 3);
    assert_int_equal(idle.count, 1);
    assert_int_equal(county.count, 1); /* a county has no areas below: it is its own row */
    assert_int_equal(county.rows[0].key[0], WORLD_COUNTY);
    assert_int_equal(county.rows[0].value[FQ_MEASURE_REGISTERED], 2);
}

static void test_r2_a_dispute_of_two_kinds_stands_in_both_and_once_in_the_total(void **state)
{
    (void)state;
    three_walls();

    struct fq_rollup kinds = RUN(WORLD_PROVINCE, "2021", FQ_BY_KIND);

    assert_int_equal(kinds.count, 3);
    assert_int_equal(FIGURE(kinds, FQ_KIND_PEOPLE, AGREED), 1);
    assert_int_equal(FIGURE(kinds, FQ_KIND_JUDICIAL, AGREED), 1);
    assert_int_equal(FIGURE(kinds, FQ_KIND_ADMINISTRATIVE, AGREED), 0);
    assert_int_equal(kinds.overlap[FQ_MEASURE_AGREED], 1);
    assert_int_equal(kinds.total[FQ_MEASURE_AGREED], 1);
    assert_int_equal(kinds.overlap[FQ_MEASURE_REJECTED], 0);
    assert_false(RUN(WORLD_PROVINCE, "2021", FQ_BY_TYPE).has_overlap);
}

/* The stock's overlap is that at the end, as its total is: the months before it are no part of it. */
static void expect_overlap_by_month(const struct fq_rollup *rollup, size_t month_at,
                                    const char *last_month)
{
    int64_t sum[FQ_MEASURES_COUNT];

    add_up(rollup, sum);
    for (int m = FQ_MEASURE_OPEN; m <= FQ_MEASURE_OVERDUE; m++) {
        sum[m] = 0;
        for (uint32_t i = 0; i < rollup->count; i++) {
            bool is_last = rollup->rows[i].key[month_at] == world_month(last_month);
            sum[m] += is_last ? rollup->rows[i].value[m] : 0;
        }
    }
    for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
        assert_int_equal((int64_t)((uint64_t)sum[m] - (uint64_t)rollup->overlap[m]),
                         rollup->total[m]);
    }
}

static void test_r2_holds_by_month_too(void **state)
{
    (void)state;

    fq_arena_reset(&arena);
    struct fq_rollup cells = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_MONTH, FQ_BY_KIND);
    struct fq_rollup scan = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_KIND, FQ_BY_SOURCE, FQ_BY_MONTH);

    expect_overlap_by_month(&cells, 0, "2021-06");
    expect_overlap_by_month(&scan, 2, "2021-06");
    assert_memory_equal(cells.overlap, scan.overlap, sizeof cells.overlap);
    assert_true(cells.overlap[FQ_MEASURE_OPEN] > 0);
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

static void expect_open(const struct fq_rollup *rollup, const char *month, int64_t open)
{
    assert_int_equal(figure(rollup, world_month(month), FQ_MEASURE_OPEN), open);
}

static void test_r3_by_month_a_stock_stands_until_it_is_taken_away(void **state)
{
    (void)state;
    three_walls();

    struct fq_rollup first = RUN(WORLD_PROVINCE, "2021Q1", FQ_BY_MONTH);
    struct fq_rollup second = RUN(WORLD_PROVINCE, "2021Q2", FQ_BY_MONTH);

    expect_open(&first, "2021-01", 1);
    expect_open(&first, "2021-02", 1);
    expect_open(&first, "2021-03", 2);
    assert_int_equal(first.total[FQ_MEASURE_OPEN], 2);
    assert_int_equal(first.total[FQ_MEASURE_ACCEPTED], 2);
    expect_open(&second, "2021-04", 1); /* accepted long before the period */
    expect_open(&second, "2021-06", 1);
    assert_int_equal(second.total[FQ_MEASURE_OPEN], 1);
    assert_int_equal(second.total[FQ_MEASURE_ACCEPTED], 0);
    assert_int_equal(RUN(WORLD_PROVINCE, "2020", FQ_BY_MONTH).total[FQ_MEASURE_OPEN], 0);
}

static void test_r3_the_row_of_a_month_is_that_months_total(void **state)
{
    (void)state;

    fq_arena_reset(&arena);
    struct fq_rollup cells = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_MONTH);
    struct fq_rollup scan = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_MONTH, FQ_BY_SOURCE);
    assert_int_equal(cells.count, 6);
    for (uint32_t i = 0; i < cells.count; i++) {
        char name[] = "2021-01";
        int64_t sum[FQ_MEASURES_COUNT] = {0};
        name[6] = (char)('1' + i);
        struct fq_rollup month = RUN(WORLD_PROVINCE, name, FQ_BY_AREA);
        for (uint32_t k = 0; k < scan.count; k++) {
            for (int m = 0; m < FQ_MEASURES_COUNT && scan.rows[k].key[0] == world_month(name);
                 m++) {
                sum[m] = (int64_t)((uint64_t)sum[m] + (uint64_t)scan.rows[k].value[m]);
            }
        }
        assert_memory_equal(cells.rows[i].value, month.total, sizeof month.total);
        assert_memory_equal(sum, month.total, sizeof month.total);
    }
}

static void test_r4_types_no_table_lists_stand_after_those_it_does(void **state)
{
    (void)state;
    uint32_t listed = world.codes.tables[FQ_CODES_TYPE].count;
    TELL(1, REGISTERED, "2021-01-10", F(TYPE, 60000));
    TELL(2, REGISTERED, "2021-01-10", F(TYPE, 2));
    TELL(3, REGISTERED, "2021-01-10", F(TYPE, 17)); /* below many that are listed */
    TELL(4, REGISTERED, "2020-01-10", F(TYPE, 18)); /* nothing of it is left in the period, */
    TELL(5, REGISTERED, "2022-01-10", F(TYPE, 19)); /* nothing of this yet */

    struct fq_rollup types = RUN(WORLD_PROVINCE, "2021", FQ_BY_TYPE);

    assert_int_equal(types.count, listed + 2);
    assert_int_equal(types.rows[listed].key[0], 17);
    assert_int_equal(types.rows[listed + 1].key[0], 60000);
    assert_int_equal(types.rows[listed].value[FQ_MEASURE_REGISTERED], 1);
    assert_int_equal(FIGURE(types, 2, REGISTERED), 1);
    expect_sum(&types, types.total);
}

/* The province with a county that was merged into 410102 on 2020-07-01, and one made then. */
static void open_changed(struct world *changed)
{
    struct fq_area old = {.code = 410104, .parent = WORLD_CITY, .tier = FQ_TIER_COUNTY};
    struct fq_area young = {.code = 410122, .parent = WORLD_CITY, .tier = FQ_TIER_COUNTY};
    struct fq_why why;

    world_open(changed);
    old.valid_to = young.valid_from = world_date("2020-07-01");
    old.successor = WORLD_NEIGHBOUR;
    assert_int_equal(fq_areas_add(&changed->areas, &old, &why), FQ_OK);
    assert_int_equal(fq_areas_add(&changed->areas, &young, &why), FQ_OK);
    assert_int_equal(fq_areas_check(&changed->areas, &why), FQ_OK);
}

static void test_r4_areas_not_valid_in_the_period_are_not_listed(void **state)
{
    (void)state;
    static struct world changed;
    struct world_view *small = held;
    open_changed(&changed);
    held = world_view_open(&changed);

    basis = FQ_BASIS_THEN;
    struct fq_rollup before = RUN(WORLD_CITY, "2020H1", FQ_BY_COUNTY);
    struct fq_rollup after = RUN(WORLD_CITY, "2020H2", FQ_BY_COUNTY);
    struct fq_rollup year = RUN(WORLD_CITY, "2020", FQ_BY_COUNTY);
    basis = FQ_BASIS_NOW;
    struct fq_rollup now = RUN(WORLD_CITY, "2020H1", FQ_BY_COUNTY);
    world_view_close(held);
    held = small;

    assert_non_null(row_of(&before, 410104));
    assert_null(row_of(&before, 410122));
    assert_null(row_of(&after, 410104));
    assert_non_null(row_of(&after, 410122));
    assert_int_equal(year.count, 5); /* both were, for a while */
    assert_null(row_of(&now, 410104));
    assert_non_null(row_of(&now, 410122));
    world_close(&changed);
}

static void test_g2_an_area_that_was_merged_counts_under_its_successor(void **state)
{
    (void)state;
    static const char *const names[] = {"2020H1", "2021H1"};
    static struct world changed;
    struct world_view *small = held;
    open_changed(&changed);
    held = world_view_open(&changed);
    TELL(1, REGISTERED, "2020-02-10", .area = 410104);
    TELL(2, REGISTERED, "2020-02-11", .area = WORLD_NEIGHBOUR);
    TELL(3, REGISTERED, "2021-02-10", .area = WORLD_NEIGHBOUR);
    TELL(4, REGISTERED, "2021-02-12", .area = 410104); /* someone wrote the old code */
    struct fq_rollup now[2], then[2], scan[2];
    for (int i = 0; i < 2; i++) {
        basis = FQ_BASIS_NOW;
        now[i] = RUN(WORLD_CITY, names[i], FQ_BY_COUNTY);
        scan[i] = RUN(WORLD_CITY, names[i], FQ_BY_COUNTY, FQ_BY_SOURCE);
        basis = FQ_BASIS_THEN;
        then[i] = RUN(WORLD_CITY, names[i], FQ_BY_COUNTY);
    }
    world_view_close(held);
    held = small;

    assert_int_equal(FIGURE(now[0], WORLD_NEIGHBOUR, REGISTERED), 2);
    assert_int_equal(FIGURE(now[1], WORLD_NEIGHBOUR, REGISTERED), 2);
    assert_int_equal(FIGURE(then[0], WORLD_NEIGHBOUR, REGISTERED), 1);
    assert_int_equal(FIGURE(then[0], 410104, REGISTERED), 1);
    assert_int_equal(FIGURE(then[1], WORLD_NEIGHBOUR, REGISTERED), 2);
    for (int i = 0; i < 2; i++) { /* nothing is lost over the change */
        expect_sum(&now[i], now[i].total);
        expect_sum(&then[i], now[i].total);
        assert_memory_equal(scan[i].total, now[i].total, sizeof now[i].total);
        assert_int_equal(now[i].total[FQ_MEASURE_REGISTERED], 2);
    }
    world_close(&changed);
}

static void test_too_many_rows_are_refused(void **state)
{
    (void)state;
    struct fq_rollup_query query = {.area = WORLD_PROVINCE, .by_count = 3};
    struct fq_arena none;
    struct fq_rollup rollup;
    struct fq_why why;

    query.by[0] = FQ_BY_MONTH;
    query.by[1] = FQ_BY_TYPE;
    query.by[2] = FQ_BY_COUNTY;
    assert_true(fq_period_parse(fq_span_text("1950-01..2049-12"), &query.period));
    assert_int_not_equal(fq_rollup_run(&held->view, &world.codes, &query, &arena, &rollup, &why),
                         FQ_OK);
    assert_int_equal(why.reason, FQ_REASON_LIMIT);

    assert_int_equal(fq_memory_reserve(4096, &none, &why), FQ_OK);
    why.reason = 0;
    assert_int_not_equal(fq_rollup_run(&held->view, &world.codes, &query, &none, &rollup, &why),
                         FQ_OK);
    assert_int_equal(why.reason, FQ_REASON_LIMIT);
    fq_memory_release(&none);
}

static void test_r4_what_has_no_figures_is_listed_with_zeros(void **state)
{
    (void)state;

    struct fq_rollup types = RUN(WORLD_PROVINCE, "2021", FQ_BY_TYPE);
    struct fq_rollup both = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_MONTH, FQ_BY_KIND);

    assert_int_equal(RUN(WORLD_PROVINCE, "2021", FQ_BY_AREA).count, 3);
    assert_int_equal(RUN(WORLD_PROVINCE, "2021", FQ_BY_CITY).count, 3);
    assert_int_equal(RUN(WORLD_PROVINCE, "2021", FQ_BY_COUNTY).count, 5);
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

/* The rows summed over their last dimension, against the rows of the same query without it. */
static void expect_folds_to(const struct fq_rollup *fine, const struct fq_rollup *coarse,
                            size_t by_count)
{
    for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
        assert_int_equal(fine->total[m], coarse->total[m]);
    }
    for (uint32_t i = 0; i < coarse->count; i++) {
        int64_t sum[FQ_MEASURES_COUNT] = {0};
        for (uint32_t k = 0; k < fine->count; k++) {
            bool is_same = memcmp(fine->rows[k].key, coarse->rows[i].key,
                                  by_count * sizeof fine->rows[k].key[0]) == 0;
            for (int m = 0; m < FQ_MEASURES_COUNT && is_same; m++) {
                sum[m] = (int64_t)((uint64_t)sum[m] + (uint64_t)fine->rows[k].value[m]);
            }
        }
        assert_memory_equal(sum, coarse->rows[i].value, sizeof sum);
    }
}

static void test_cells_and_a_scan_agree_by_kind_month_and_area(void **state)
{
    (void)state;
    static const enum fq_dimension pairs[][2] = {
        {FQ_BY_MONTH, FQ_BY_KIND}, {FQ_BY_AREA, FQ_BY_MONTH}, {FQ_BY_TYPE, FQ_BY_MONTH},
        {FQ_BY_KIND, FQ_BY_CITY},  {FQ_BY_MONTH, FQ_BY_TYPE},
    };

    for (size_t p = 0; p < PERIODS; p++) {
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            fq_arena_reset(&arena);
            struct fq_rollup cells = RUN(WORLD_PROVINCE, periods[p], pairs[i][0], pairs[i][1]);
            struct fq_rollup scan =
                RUN(WORLD_PROVINCE, periods[p], pairs[i][0], pairs[i][1], FQ_BY_SOURCE);
            expect_folds_to(&scan, &cells, 2);
            if (cells.has_overlap) {
                assert_memory_equal(cells.overlap, scan.overlap, sizeof cells.overlap);
            }
        }
    }
}

static void test_what_is_asked_of_one_code_is_the_row_of_that_code(void **state)
{
    (void)state;
    static const enum fq_dimension dimensions[] = {
        FQ_BY_TYPE, FQ_BY_COMMITTEE, FQ_BY_SOURCE,     FQ_BY_OUTCOME,
        FQ_BY_RISK, FQ_BY_SCALE,     FQ_BY_DIFFICULTY,
    };

    for (size_t d = 0; d < sizeof dimensions / sizeof dimensions[0]; d++) {
        fq_arena_reset(&arena);
        struct fq_rollup rows = RUN(WORLD_PROVINCE, "2021", dimensions[d]);
        for (uint32_t i = 0; i < rows.count; i++) {
            struct fq_rollup_query query = {.area = WORLD_PROVINCE, .where_count = 1};
            struct fq_rollup one;
            struct fq_why why;
            query.where[0].dimension = dimensions[d];
            query.where[0].number = rows.rows[i].key[0];
            assert_true(fq_period_parse(fq_span_text("2021"), &query.period));
            assert_int_equal(fq_rollup_run(&held->view, &world.codes, &query, &arena, &one, &why),
                             FQ_OK);
            assert_int_equal(one.count, 0); /* without `by` there is the total only */
            assert_memory_equal(one.total, rows.rows[i].value, sizeof one.total);
        }
    }
}

/* The cell of a row, asked for by the row's keys, dispute by dispute. */
static void expect_cases(const enum fq_dimension *by, uint32_t by_count,
                         const struct fq_rollup_row *row, const char *period)
{
    struct fq_rollup_query query = {.area = WORLD_PROVINCE, .codes = &world.codes};
    struct fq_period part;
    char time[16];

    assert_true(fq_period_parse(fq_span_text(period), &query.period));
    for (uint32_t i = 0; i < by_count; i++) {
        if (fq_dimension_is_area(by[i]) && query.area != WORLD_PROVINCE &&
            fq_areas_covers(&world.areas, (uint32_t)row->key[i], query.area)) {
            continue; /* narrower already */
        }
        if (fq_dimension_is_area(by[i])) {
            query.area = (uint32_t)row->key[i];
            query.is_exact = by[i] == FQ_BY_COUNTY || row->key[i] == WORLD_PROVINCE;
        } else if (fq_dimension_is_time(by[i])) {
            fq_time_key_format(by[i], row->key[i], time);
            assert_true(fq_period_parse(fq_span_text(time), &part));
            query.period = part;
        } else {
            query.where[query.where_count].dimension = by[i];
            query.where[query.where_count++].number = row->key[i];
        }
    }
    /* A third of the measures, other ones for the next row. */
    static int first;
    first = (first + 1) % 3;
    int64_t sum[FQ_MEASURES_COUNT] = {0};
    for (uint32_t i = 0; i < held->view.index.count; i++) {
        for (int m = first; m < FQ_MEASURE_ACTIVITY; m += 3) {
            int64_t value =
                fq_rollup_value(&held->view, &query, &held->view.disputes[i], (enum fq_measure)m);
            sum[m] = fq_plus(sum[m], value);
        }
    }
    for (int m = first; m < FQ_MEASURE_ACTIVITY; m += 3) {
        if (sum[m] != row->value[m]) {
            fail_msg("%s %s=%llu: %s printed %lld, cases %lld", fq_dimension_name(by[0]),
                     fq_dimension_name(by[by_count - 1]),
                     (unsigned long long)row->key[by_count - 1],
                     fq_measure_row((enum fq_measure)m)->name, (long long)row->value[m],
                     (long long)sum[m]);
        }
    }
}

/* Rows of random disputes are many: one in `step` is asked for. */
static void expect_all_cases(const enum fq_dimension *by, uint32_t by_count, uint32_t step)
{
    fq_arena_reset(&arena);
    struct fq_rollup rollup = run(WORLD_PROVINCE, "2021", by, by_count);

    assert_true(rollup.count > 0);
    for (uint32_t i = 0; i < rollup.count; i += step) {
        expect_cases(by, by_count, &rollup.rows[i], "2021");
    }
}

static void test_r5_every_figure_is_the_sum_over_its_cases(void **state)
{
    (void)state;

    for (int d = 0; d < FQ_DIMENSIONS_COUNT; d++) {
        enum fq_dimension by = (enum fq_dimension)d;
        expect_all_cases((const enum fq_dimension[]){by}, 1, 1);
        if (by != FQ_BY_KIND) {
            expect_all_cases((const enum fq_dimension[]){by, FQ_BY_KIND}, 2, 23);
        }
        if (by != FQ_BY_COUNTY) {
            expect_all_cases((const enum fq_dimension[]){FQ_BY_COUNTY, by}, 2, 29);
        }
    }
}

static void test_r5_holds_for_three_dimensions(void **state)
{
    (void)state;
    static const enum fq_dimension triples[][3] = {
        {FQ_BY_CITY, FQ_BY_TYPE_GROUP, FQ_BY_KIND},   {FQ_BY_UNIT, FQ_BY_KIND, FQ_BY_QUARTER},
        {FQ_BY_TOWN, FQ_BY_VILLAGE, FQ_BY_OUTCOME},   {FQ_BY_YEAR, FQ_BY_MONTH, FQ_BY_TIER},
        {FQ_BY_CAMPAIGN, FQ_BY_SOURCE, FQ_BY_COUNTY}, {FQ_BY_AREA, FQ_BY_UNIT, FQ_BY_RISK},
    };

    for (size_t i = 0; i < sizeof triples / sizeof triples[0]; i++) {
        expect_all_cases(triples[i], 3, 41);
    }
}

/* Whatever else the rows are by, they fold to those without it (kinds apart, which overlap). */
static void test_every_dimension_folds_away(void **state)
{
    (void)state;

    for (int d = 0; d < FQ_DIMENSIONS_COUNT; d++) {
        enum fq_dimension by = (enum fq_dimension)d;
        if (by == FQ_BY_KIND || by == FQ_BY_CITY || fq_dimension_is_time(by)) {
            continue;
        }
        fq_arena_reset(&arena);
        struct fq_rollup fine = RUN(WORLD_PROVINCE, "2021", FQ_BY_CITY, by);
        struct fq_rollup coarse = RUN(WORLD_PROVINCE, "2021", FQ_BY_CITY);
        expect_folds_to(&fine, &coarse, 1);
    }
}

static void test_r3_quarters_halves_and_years_are_their_own_periods(void **state)
{
    (void)state;
    static const struct {
        enum fq_dimension by;
        const char *names[4];
    } parts[] = {
        {FQ_BY_QUARTER, {"2021Q1", "2021Q2", "2021Q3", "2021Q4"}},
        {FQ_BY_HALF, {"2021H1", "2021H2"}},
        {FQ_BY_YEAR, {"2021"}},
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        fq_arena_reset(&arena);
        struct fq_rollup cells = RUN(WORLD_PROVINCE, "2021", parts[i].by);
        struct fq_rollup scan = RUN(WORLD_PROVINCE, "2021", parts[i].by, FQ_BY_SOURCE);
        for (uint32_t k = 0; k < cells.count; k++) {
            char text[16];
            fq_time_key_format(parts[i].by, cells.rows[k].key[0], text);
            assert_string_equal(text, parts[i].names[k]);
            struct fq_rollup part = RUN(WORLD_PROVINCE, text, FQ_BY_AREA);
            assert_memory_equal(cells.rows[k].value, part.total, sizeof part.total);
        }
        expect_folds_to(&scan, &cells, 1);
    }
}

static void test_r4_only_what_goes_together_is_listed(void **state)
{
    (void)state;

    struct fq_rollup areas = RUN(WORLD_PROVINCE, "2021", FQ_BY_CITY, FQ_BY_COUNTY);
    struct fq_rollup times = RUN(WORLD_PROVINCE, "2021H1", FQ_BY_QUARTER, FQ_BY_MONTH);
    struct fq_rollup groups = RUN(WORLD_PROVINCE, "2021", FQ_BY_TYPE_GROUP, FQ_BY_TYPE);

    assert_int_equal(areas.count, 5);
    assert_int_equal(times.count, 6);
    assert_int_equal(groups.count, world.codes.tables[FQ_CODES_TYPE].count);
    assert_int_equal(RUN(WORLD_PROVINCE, "2021", FQ_BY_TYPE_GROUP).count, 15);
}

static void test_every_dimension_is_the_disputes_own(void **state)
{
    (void)state;
    static const struct {
        enum fq_dimension by;
        uint64_t number;
    } rows[] = {
        {FQ_BY_TOWN, 410105001},
        {FQ_BY_VILLAGE, 410105001007},
        {FQ_BY_UNIT, 4101050003},
        {FQ_BY_CAMPAIGN, 77},
        {FQ_BY_TIER, FQ_TIER_COUNTY},
        {FQ_BY_TYPE_GROUP, 7},
        {FQ_BY_TYPE, 7},
        {FQ_BY_COMMITTEE, 2},
        {FQ_BY_SOURCE, FQ_SOURCE_ON_INITIATIVE},
        {FQ_BY_OUTCOME, 1},
        {FQ_BY_RISK, 5},
        {FQ_BY_SCALE, 6},
        {FQ_BY_KIND, 3},
        {FQ_BY_DIFFICULTY, 4},
    };
    TELL(1, REGISTERED, "2021-01-10", F(TYPE, 7), F(COMMITTEE, 2),
         F(SOURCE, FQ_SOURCE_ON_INITIATIVE), F(RISK, 5), F(SCALE, 6), F(DIFFICULTY, 4),
         F(KIND, FQ_KIND_JUDICIAL), F(PLACE, 410105001007), F(CAMPAIGN, 77), F(HOST, 4101050003));
    TELL(1, ACCEPTED, "2021-01-11");
    TELL(1, AGREED, "2021-01-12");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fq_rollup rollup = RUN(WORLD_PROVINCE, "2021", rows[i].by);
        assert_int_equal(figure(&rollup, rows[i].number, FQ_MEASURE_AGREED), 1);
        expect_sum(&rollup, rollup.total);
    }
}

static void test_g1_a_unit_that_took_part_stands_under_itself(void **state)
{
    (void)state;
    three_walls();

    struct fq_rollup units = RUN(WORLD_PROVINCE, "2021", FQ_BY_UNIT);

    assert_int_equal(FIGURE(units, 4101050001, PARTICIPATED), 1);
    assert_int_equal(FIGURE(units, 4101050001, ACCEPTED), 0);
    assert_int_equal(FIGURE(units, 0, ACCEPTED), 2); /* no host was written */
    assert_int_equal(FIGURE(units, 0, PARTICIPATED), 0);
}

static void test_g3_a_type_no_table_knows_is_of_the_group_other(void **state)
{
    (void)state;
    TELL(1, REGISTERED, "2021-01-10", F(TYPE, 60000));
    TELL(2, REGISTERED, "2021-01-10", F(TYPE, 1001));
    TELL(3, REGISTERED, "2021-01-10", F(TYPE, 10));

    struct fq_rollup groups = RUN(WORLD_PROVINCE, "2021", FQ_BY_TYPE_GROUP);
    struct fq_rollup scan = RUN(WORLD_PROVINCE, "2021", FQ_BY_TYPE_GROUP, FQ_BY_SOURCE);

    assert_int_equal(FIGURE(groups, FQ_TYPE_OTHER, REGISTERED), 1);
    assert_int_equal(FIGURE(groups, 10, REGISTERED), 2);
    expect_folds_to(&scan, &groups, 1);
}

static void test_g1_the_tier_is_that_of_the_first_registration(void **state)
{
    (void)state;
    struct fq_event event = {
        .id = {{WORLD_CITY * 100 + 1, 0, 1}, 1},
        .kind = FQ_EVENT_CORRECTED,
        .step = FQ_EVENT_REGISTERED,
        .rev = 9,
        .area = WORLD_COUNTY,
        .date = world_date("2021-01-12"),
        .cmd_id = {{0x77, 0xcc}},
        .dispute = world_id(1),
    };
    TELL(1, REGISTERED, "2021-01-10", F(PLACE, 410105002));
    event.value[FQ_FIELD_CORRECTS] = FQ_EVENT_REGISTERED;
    event.value[FQ_FIELD_PLACE] = 410105003;
    assert_int_equal(world_tell(held, &event), FQ_MERGED_NEW); /* the city corrects the place */

    struct fq_rollup tiers = RUN(WORLD_PROVINCE, "2021", FQ_BY_TIER);
    struct fq_rollup towns = RUN(WORLD_PROVINCE, "2021", FQ_BY_TOWN);

    assert_int_equal(tiers.count, 3);
    assert_int_equal(FIGURE(tiers, FQ_TIER_COUNTY, REGISTERED), 1);
    assert_int_equal(FIGURE(tiers, FQ_TIER_CITY, REGISTERED), 0);
    assert_int_equal(FIGURE(towns, 410105003, REGISTERED), 1); /* the place as it stands now */
    assert_int_equal(towns.count, 1);
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
        {49, 100000, "0.0"},
        {50, 100000, "0.1"}, /* half a tenth */
        {0, 0, ""},
        {1, -1, ""},
        {-1, 1, ""}, /* sums that wrapped have no rate */
        {INT64_MAX, INT64_MAX, "100.0"},
        {INT64_MAX / 2, INT64_MAX, "50.0"},
        {1, INT64_MAX, "0.0"},
        {INT64_MAX, 1, "922337203685477580700.0"},
        {INT64_MAX, 3, "307445734561825860233.3"},
    };
    char text[32];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fq_rate_format(rows[i].numerator, rows[i].denominator, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_dimensions_are_found_by_name(void **state)
{
    (void)state;
    enum fq_dimension found;

    for (int i = 0; i < FQ_DIMENSIONS_COUNT; i++) {
        enum fq_dimension dimension = (enum fq_dimension)i;
        assert_true(fq_dimension_find(fq_span_text(fq_dimension_name(dimension)), &found));
        assert_int_equal(found, dimension);
    }
    assert_false(fq_dimension_find(fq_span_text("wall"), &found));
    assert_int_equal(fq_dimension_table(FQ_BY_MONTH), FQ_CODES_NONE);
    assert_int_equal(fq_dimension_table(FQ_BY_RISK), FQ_CODES_RISK);
}

#define SMALL(test) cmocka_unit_test_setup_teardown(test, open_small, close_small)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r1_home_sums_add_up_from_county_to_province),
        cmocka_unit_test(test_r1_a_county_directly_under_the_province_is_its_own_row),
        SMALL(test_r1_the_rows_of_a_city_are_its_counties),
        cmocka_unit_test(test_r2_people_administrative_judicial_less_overlap_is_distinct),
        SMALL(test_r2_a_dispute_of_two_kinds_stands_in_both_and_once_in_the_total),
        cmocka_unit_test(test_r2_holds_by_month_too),
        cmocka_unit_test(test_r3_stocks_are_what_stands_at_the_end),
        SMALL(test_r3_by_month_a_stock_stands_until_it_is_taken_away),
        cmocka_unit_test(test_r3_the_row_of_a_month_is_that_months_total),
        SMALL(test_r4_what_has_no_figures_is_listed_with_zeros),
        SMALL(test_r4_types_no_table_lists_stand_after_those_it_does),
        SMALL(test_r4_areas_not_valid_in_the_period_are_not_listed),
        SMALL(test_g2_an_area_that_was_merged_counts_under_its_successor),
        SMALL(test_r4_only_what_goes_together_is_listed),
        cmocka_unit_test(test_r3_quarters_halves_and_years_are_their_own_periods),
        SMALL(test_too_many_rows_are_refused),
        cmocka_unit_test(test_cells_and_a_scan_give_the_same_figures),
        cmocka_unit_test(test_cells_and_a_scan_agree_by_kind_month_and_area),
        cmocka_unit_test(test_what_is_asked_of_one_code_is_the_row_of_that_code),
        cmocka_unit_test(test_r5_every_figure_is_the_sum_over_its_cases),
        cmocka_unit_test(test_r5_holds_for_three_dimensions),
        cmocka_unit_test(test_every_dimension_folds_away),
        SMALL(test_every_dimension_is_the_disputes_own),
        SMALL(test_g1_a_unit_that_took_part_stands_under_itself),
        SMALL(test_g3_a_type_no_table_knows_is_of_the_group_other),
        SMALL(test_g1_the_tier_is_that_of_the_first_registration),
        cmocka_unit_test(test_rates_are_rounded_half_up),
        cmocka_unit_test(test_dimensions_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
