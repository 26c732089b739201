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

#define ROWS_MAX 400

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

    memset(total, 0, sizeof total);
    for (uint32_t i = 0; i < by_count; i++) {
        count *= sizes[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rest = i;
        memset(&rows[i], 0, sizeof rows[i]);
        k[i] = random_below(random, 4) ? 5 : 10;
        for (uint32_t d = 0; d < by_count; d++) {
            rows[i].key[d] = 100 + rest % sizes[d];
            rest /= sizes[d];
        }
        int64_t *value = rows[i].value;
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

static struct fq_suppression suppress(uint32_t count, uint32_t by_count)
{
    const struct fq_suppress_table table = {rows, count, by_count, total, k, 5};
    struct fq_suppression suppression;
    struct fq_why why;

    assert_int_equal(fq_suppress(&table, &arena, &suppression, &why), FQ_OK);
    return suppression;
}

/* ---- the attack ---- */

#define PRIME 1000003 /* equations are solved over the numbers below it */

static uint32_t power(uint64_t base, uint32_t exponent)
{
    uint64_t result = 1;

    for (; exponent; exponent /= 2, base = base * base % PRIME) {
        result = exponent % 2 ? result * base % PRIME : result;
    }
    return (uint32_t)result;
}

#define UNKNOWN_MAX 400
static uint32_t matrix[3 * ROWS_MAX][UNKNOWN_MAX];
static uint32_t equation_count, unknown_count;
static int unknown_of[ROWS_MAX];

/* Whether two rows differ in the key `free` alone: they then add up in a smaller table. */
static bool is_of_line(const struct fq_rollup_row *a, const struct fq_rollup_row *b,
                       uint32_t by_count, uint32_t free)
{
    for (uint32_t d = 0; d < by_count; d++) {
        if (d != free && a->key[d] != b->key[d]) {
            return false;
        }
    }
    return true;
}

/* What sums over each key say of the cells hidden: an equation for each line of the table. */
static void write_equations(uint32_t count, uint32_t by_count, uint64_t bit, const uint64_t *hidden)
{
    memset(matrix, 0, sizeof matrix);
    equation_count = unknown_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        unknown_of[i] = hidden[i] & bit ? (int)unknown_count++ : -1;
    }
    for (uint32_t d = 0; d < by_count; d++) {
        for (uint32_t i = 0; i < count; i++) {
            bool is_first = true;
            for (uint32_t j = 0; j < count; j++) {
                if (is_of_line(&rows[i], &rows[j], by_count, d)) {
                    is_first = is_first && j >= i;
                    if (unknown_of[j] >= 0) {
                        matrix[equation_count][unknown_of[j]] = 1;
                    }
                }
            }
            if (is_first) {
                equation_count++;
            } else {
                memset(matrix[equation_count], 0, sizeof matrix[0]);
            }
        }
    }
}

/* Gauss and Jordan; gives how many unknowns the equations determine. */
static uint32_t solve(void)
{
    uint32_t rank = 0, determined = 0;

    for (uint32_t column = 0; column < unknown_count; column++) {
        uint32_t pivot = rank;
        while (pivot < equation_count && matrix[pivot][column] == 0) {
            pivot++;
        }
        if (pivot == equation_count) {
            continue;
        }
        for (uint32_t c = 0; c < unknown_count; c++) {
            uint32_t swapped = matrix[pivot][c];
            matrix[pivot][c] = matrix[rank][c];
            matrix[rank][c] = swapped;
        }
        uint64_t inverse = power(matrix[rank][column], PRIME - 2);
        for (uint32_t c = 0; c < unknown_count; c++) {
            matrix[rank][c] = (uint32_t)(matrix[rank][c] * inverse % PRIME);
        }
        for (uint32_t r = 0; r < equation_count; r++) {
            uint64_t factor = r == rank ? 0 : matrix[r][column];
            for (uint32_t c = 0; c < unknown_count && factor; c++) {
                matrix[r][c] =
                    (uint32_t)((matrix[r][c] + (PRIME - factor) * matrix[rank][c]) % PRIME);
            }
        }
        rank++;
    }
    for (uint32_t r = 0; r < rank; r++) {
        uint32_t used = 0;
        for (uint32_t c = 0; c < unknown_count; c++) {
            used += matrix[r][c] != 0;
        }
        determined += used == 1;
    }
    return determined;
}

static void expect_nothing_worked_out(uint32_t count, uint32_t by_count,
                                      const struct fq_suppression *suppression,
                                      enum fq_measure measure)
{
    write_equations(count, by_count, UINT64_C(1) << measure, suppression->hidden);
    assert_int_equal(solve(), 0);
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
                bool is_few = rows[i].value[m] > 0 && rows[i].value[m] < k[i];
                assert_true(!is_few || (suppression.hidden[i] >> m & 1));
                assert_int_equal(suppression.few[i] >> m & 1, is_few);
            }
        }
    }
}

static void test_i2_sums_do_not_tell_what_is_hidden(void **state)
{
    (void)state;
    struct random random = random_of(7);

    for (int round = 0; round < 120; round++) {
        fq_arena_reset(&arena);
        size_t shape = (size_t)round % (sizeof shapes / sizeof shapes[0]);
        uint32_t by_count = shapes[shape].by_count;
        uint32_t count = draw_table(&random, by_count, shapes[shape].sizes);
        struct fq_suppression suppression = suppress(count, by_count);
        expect_nothing_worked_out(count, by_count, &suppression, FQ_MEASURE_AGREED);
        expect_nothing_worked_out(count, by_count, &suppression, FQ_MEASURE_CLOSED);
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
        cmocka_unit_test(test_i2_sums_do_not_tell_what_is_hidden),
        cmocka_unit_test(test_i2_measures_do_not_tell_what_is_hidden),
        cmocka_unit_test(test_i2_a_table_of_one_row_hides_its_total),
        cmocka_unit_test(test_what_is_large_is_shown),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
