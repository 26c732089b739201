/* Suppression: I1 and I2 on random tables, by trying to work out what is hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/suppress.h"
#include "fq/edge/memory.h"
#include "support/random.h"

#define ROWS_MAX 600

static struct fq_arena arena;
static struct fq_rollup_row rows[ROWS_MAX];
static uint16_t k[ROWS_MAX];
static int64_t total[FQ_MEASURES_COUNT];

static int open_all(void **state)
{
    (void)state;
    struct fq_why why;

    return fq_memory_reserve((size_t)64 << 20, &arena, &why) != FQ_OK;
}

static int close_all(void **state)
{
    (void)state;
    fq_memory_release(&arena);
    return 0;
}

/* Small numbers, many of them zero, so that much is hidden. */
static int64_t draw_count(struct random *random)
{
    uint64_t kind = random_below(random, 10);

    return kind < 3   ? 0
           : kind < 6 ? (int64_t)random_below(random, 12)
                      : (int64_t)random_below(random, 300);
}

/* A whole table over `by_count` keys with `sizes` values each; gives its rows. */
static uint32_t draw_table(struct random *random, uint32_t by_count, const uint32_t *sizes)
{
    uint32_t count = 1;
    uint16_t of_all = random_below(random, 4) ? 5 : 10;
    uint64_t empty_of_ten = random_below(random, 3) ? 0 : random_below(random, 10);

    memset(total, 0, sizeof total);
    for (uint32_t i = 0; i < by_count; i++) {
        count *= sizes[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rest = i;
        memset(&rows[i], 0, sizeof rows[i]);
        k[i] = of_all;
        for (uint32_t d = 0; d < by_count; d++) {
            rows[i].key[d] = 100 + rest % sizes[d];
            rest /= sizes[d];
        }
        int64_t *value = rows[i].value;
        if (random_below(random, 10) < empty_of_ten) {
            continue;
        }
        value[FQ_MEASURE_AGREED] = draw_count(random);
        value[FQ_MEASURE_FAILED] = draw_count(random) / 4;
        value[FQ_MEASURE_TERMINATED] = draw_count(random) / 8;
        value[FQ_MEASURE_CONCLUDED] =
            value[FQ_MEASURE_AGREED] + value[FQ_MEASURE_FAILED] + value[FQ_MEASURE_TERMINATED];
        value[FQ_MEASURE_CLOSED] = draw_count(random);
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            total[m] += value[m];
        }
    }
    return count;
}

static struct fq_suppression suppress_rows(const struct fq_rollup_row *of, uint32_t count,
                                           uint32_t by_count, const int64_t *overlap)
{
    const struct fq_suppress_table table = {of, count, by_count, total, overlap, k, 5};
    struct fq_suppression suppression;
    struct fq_why why;

    assert_int_equal(fq_suppress(&table, &arena, &suppression, &why), FQ_OK);
    return suppression;
}

static struct fq_suppression suppress(uint32_t count, uint32_t by_count)
{
    return suppress_rows(rows, count, by_count, NULL);
}

/* ---- the attack ----
 *
 * A table of two keys with its sums is a flow: from the source to the rows what they add up to, on to the
 * columns the cells, on to the sink their sums, and back the total. Whatever flows agrees with all sums.
 * What is shown is fixed, what is hidden can be more, or less where it is not zero: a count has another
 * value when some way round leads through it. */

#define NODES_MAX 64
enum { SOURCE, SINK, FIRST_NODE };
static bool can_go[NODES_MAX][NODES_MAX];

static void let_flow(uint32_t from, uint32_t to, bool is_hidden, int64_t value)
{
    can_go[from][to] = is_hidden;
    can_go[to][from] = is_hidden && value > 0;
}

static bool leads(uint32_t from, uint32_t to, uint32_t node_count)
{
    bool is_reached[NODES_MAX] = {false};
    uint32_t queue[NODES_MAX], first = 0, last = 0;

    queue[last++] = from;
    is_reached[from] = true;
    while (first < last && !is_reached[to]) {
        uint32_t at = queue[first++];
        for (uint32_t next = 0; next < node_count; next++) {
            if (can_go[at][next] && !is_reached[next]) {
                is_reached[next] = true;
                queue[last++] = next;
            }
        }
    }
    return is_reached[to];
}

/* The sums of the rows over all other keys than `axis`, as a table of that key; gives its rows. */
static uint32_t add_up(uint32_t count, uint32_t axis, struct fq_rollup_row *sums)
{
    uint32_t size = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)(rows[i].key[axis] - 100);
        size = at + 1 > size ? at + 1 : size;
    }
    memset(sums, 0, size * sizeof *sums);
    for (uint32_t i = 0; i < count; i++) {
        struct fq_rollup_row *sum = &sums[rows[i].key[axis] - 100];
        sum->key[0] = rows[i].key[axis];
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            sum->value[m] += rows[i].value[m];
        }
    }
    return size;
}

static void expect_two_values_each(uint32_t count, const struct fq_suppression *suppression, int m)
{
    static struct fq_rollup_row sums[2][ROWS_MAX];
    uint32_t sizes[2] = {add_up(count, 0, sums[0]), add_up(count, 1, sums[1])};
    uint32_t node_count = FIRST_NODE + sizes[0] + sizes[1];

    assert_true(node_count <= NODES_MAX);
    memset(can_go, 0, sizeof can_go);
    for (uint32_t axis = 0; axis < 2; axis++) {
        struct fq_suppression of_sums = suppress_rows(sums[axis], sizes[axis], 1, NULL);
        for (uint32_t i = 0; i < sizes[axis]; i++) {
            uint32_t node = FIRST_NODE + (axis ? sizes[0] : 0) + i;
            let_flow(axis ? node : SOURCE, axis ? SINK : node, of_sums.hidden[i] >> m & 1,
                     sums[axis][i].value[m]);
        }
    }
    let_flow(SINK, SOURCE, suppression->total_hidden >> m & 1, total[m]);
    for (uint32_t i = 0; i < count; i++) {
        let_flow(FIRST_NODE + (uint32_t)(rows[i].key[0] - 100),
                 FIRST_NODE + sizes[0] + (uint32_t)(rows[i].key[1] - 100),
                 suppression->hidden[i] >> m & 1, rows[i].value[m]);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = FIRST_NODE + (uint32_t)(rows[i].key[0] - 100);
        uint32_t to = FIRST_NODE + sizes[0] + (uint32_t)(rows[i].key[1] - 100);
        if (rows[i].value[m] == 0 || rows[i].value[m] >= k[i]) {
            continue;
        }
        let_flow(from, to, false, 0); /* not by the count itself */
        assert_true(leads(to, from, node_count) || leads(from, to, node_count));
        let_flow(from, to, true, rows[i].value[m]);
    }
}

static const struct {
    uint32_t by_count, sizes[3];
} shapes[] = {{1, {9}}, {2, {4, 5}}, {2, {2, 11}}, {3, {3, 4, 2}}, {2, {12, 9}}, {3, {5, 3, 4}}};

static void test_i1_small_counts_are_hidden(void **state)
{
    (void)state;
    struct random random = random_of(5);

    for (int round = 0; round < 60; round++) {
        fq_arena_reset(&arena);
        size_t shape = (size_t)round % (sizeof shapes / sizeof shapes[0]);
        uint32_t count = draw_table(&random, shapes[shape].by_count, shapes[shape].sizes);
        struct fq_suppression suppression = suppress(count, shapes[shape].by_count);
        for (uint32_t i = 0; i < count; i++) {
            for (int m = FQ_MEASURE_CONCLUDED; m <= FQ_MEASURE_CLOSED; m++) {
                bool is_small = rows[i].value[m] > 0 && rows[i].value[m] < k[i];
                assert_true(!is_small || (suppression.hidden[i] >> m & 1));
            }
        }
    }
}

static void test_i2_sums_leave_two_values(void **state)
{
    (void)state;
    struct random random = random_of(7);
    static const uint32_t sizes[][2] = {{4, 5}, {2, 11}, {12, 9}, {2, 2}, {3, 2}, {17, 33}};

    for (int round = 0; round < 1200; round++) {
        fq_arena_reset(&arena);
        uint32_t count = draw_table(&random, 2, sizes[(size_t)round % 6]);
        struct fq_suppression suppression = suppress(count, 2);
        for (int m = FQ_MEASURE_CONCLUDED; m <= FQ_MEASURE_CLOSED; m++) {
            expect_two_values_each(count, &suppression, m);
        }
    }
}

static bool is_few(int64_t value, int64_t below)
{
    return value > 0 && value < below;
}

/* In a list each few count has another hidden beside it; and one from which it may be k or more, if
 * there is any so large. */
static void test_i2_a_list_does_not_tell_that_it_is_few(void **state)
{
    (void)state;
    struct random random = random_of(17);
    const int m = FQ_MEASURE_CLOSED;

    for (int round = 0; round < 300; round++) {
        fq_arena_reset(&arena);
        uint32_t count = draw_table(&random, 1, (const uint32_t[]){2 + (uint32_t)round % 9});
        struct fq_suppression suppression = suppress(count, 1);
        for (uint32_t i = 0; i < count; i++) {
            int64_t value = rows[i].value[m], most = 0, most_hidden = 0;
            for (uint32_t j = 0; j < count; j++) {
                int64_t other = j == i ? -1 : rows[j].value[m];
                most = other > most ? other : most;
                most_hidden = j != i && suppression.hidden[j] >> m & 1 && other >= most_hidden
                                  ? other + 1
                                  : most_hidden; /* 0: none is hidden */
            }
            if (is_few(value, k[i]) && !is_few(total[m], 5)) {
                assert_true(most_hidden > 0);
                assert_true(most + value < k[i] || most_hidden - 1 + value >= k[i]);
            }
        }
    }
}

/* people + administrative + judicial - overlap = distinct: of these none that is few is hidden alone. */
static void test_i2_the_overlap_does_not_tell_what_is_hidden(void **state)
{
    (void)state;
    struct random random = random_of(19);
    const int m = FQ_MEASURE_CLOSED;
    uint32_t few_overlaps = 0;

    for (int round = 0; round < 300; round++) {
        int64_t overlap[FQ_MEASURES_COUNT] = {0};
        fq_arena_reset(&arena);
        uint32_t count = draw_table(&random, 1, (const uint32_t[]){3});
        overlap[m] = (int64_t)random_below(&random, 8);
        overlap[m] = overlap[m] < total[m] ? overlap[m] : 0;
        total[m] -= overlap[m];
        struct fq_suppression suppression = suppress_rows(rows, count, 1, overlap);
        unsigned hidden = suppression.overlap_hidden >> m & 1;
        few_overlaps += is_few(overlap[m], 5);
        assert_true(!is_few(overlap[m], 5) || hidden);
        hidden += suppression.total_hidden >> m & 1;
        for (uint32_t i = 0; i < count; i++) {
            hidden += suppression.hidden[i] >> m & 1;
        }
        assert_int_not_equal(hidden, 1);
    }
    assert_true(few_overlaps > 50);
}

/* A column of units that stand in one county each has no box: its lines of one are no sums. */
static void test_i2_keys_within_keys(void **state)
{
    (void)state;
    struct random random = random_of(23);

    fq_arena_reset(&arena);
    (void)draw_table(&random, 1, (const uint32_t[]){6});
    for (uint64_t i = 0; i < 6; i++) {
        rows[i].key[1] = rows[i].key[0];
        rows[i].key[0] = i / 3;
        rows[i].value[FQ_MEASURE_CLOSED] = i == 0 ? 2 : 100 + (int64_t)i;
    }
    struct fq_suppression suppression = suppress(6, 2);

    for (uint32_t i = 0; i < 6; i++) { /* the smallest beside it in its county */
        assert_int_equal(suppression.hidden[i] >> FQ_MEASURE_CLOSED & 1, i < 2);
    }
}

/* agreed + failed + terminated = concluded: of the four none alone is hidden. */
static void test_i2_measures_do_not_tell_what_is_hidden(void **state)
{
    (void)state;
    struct random random = random_of(9);
    uint32_t hidden_count = 0;

    for (int round = 0; round < 40; round++) {
        fq_arena_reset(&arena);
        uint32_t count = draw_table(&random, 2, (const uint32_t[]){6, 7});
        struct fq_suppression suppression = suppress(count, 2);
        for (uint32_t i = 0; i < count; i++) {
            int hidden = 0;
            for (int m = FQ_MEASURE_CONCLUDED; m <= FQ_MEASURE_TERMINATED; m++) {
                hidden += (int)(suppression.hidden[i] >> m & 1);
            }
            assert_int_not_equal(hidden, 1);
            hidden_count += hidden > 0;
            assert_int_equal(suppression.hidden[i] >> FQ_MEASURE_AGREED & 1,
                             suppression.hidden[i] >> FQ_MEASURE_AMOUNT_CENTS & 1);
        }
    }
    assert_true(hidden_count > 0);
}

static void test_i2_a_table_of_one_row_hides_its_total(void **state)
{
    (void)state;
    struct random random = random_of(11);

    fq_arena_reset(&arena);
    (void)draw_table(&random, 1, (const uint32_t[]){1});
    rows[0].value[FQ_MEASURE_CLOSED] = total[FQ_MEASURE_CLOSED] = 3;
    struct fq_suppression one = suppress(1, 1);
    struct fq_suppression none = suppress(0, 0);

    assert_true(one.hidden[0] >> FQ_MEASURE_CLOSED & 1);
    assert_true(one.total_hidden >> FQ_MEASURE_CLOSED & 1);
    assert_true(none.total_hidden >> FQ_MEASURE_CLOSED & 1);
}

static void test_what_is_large_is_shown(void **state)
{
    (void)state;
    struct random random = random_of(13);

    fq_arena_reset(&arena);
    uint32_t count = draw_table(&random, 2, (const uint32_t[]){5, 5});
    for (uint32_t i = 0; i < count; i++) {
        rows[i].value[FQ_MEASURE_CLOSED] = 50;
    }
    total[FQ_MEASURE_CLOSED] = 1250;
    struct fq_suppression suppression = suppress(count, 2);

    for (uint32_t i = 0; i < count; i++) {
        assert_false(suppression.hidden[i] >> FQ_MEASURE_CLOSED & 1);
    }
    assert_false(suppression.total_hidden >> FQ_MEASURE_CLOSED & 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_i1_small_counts_are_hidden),
        cmocka_unit_test(test_i2_sums_leave_two_values),
        cmocka_unit_test(test_i2_a_list_does_not_tell_that_it_is_few),
        cmocka_unit_test(test_i2_the_overlap_does_not_tell_what_is_hidden),
        cmocka_unit_test(test_i2_keys_within_keys),
        cmocka_unit_test(test_i2_measures_do_not_tell_what_is_hidden),
        cmocka_unit_test(test_i2_a_table_of_one_row_hides_its_total),
        cmocka_unit_test(test_what_is_large_is_shown),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
