/* Merkle trees and the sorting of their leaves, against the recursive definition of RFC 6962. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fq/core/merkle.h"
#include "fq/core/order.h"
#include "support/random.h"

#define LEAVES 200

static struct fq_hash leaves[LEAVES];

static int draw_leaves(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < LEAVES; i++) {
        uint8_t bytes[4];
        fq_put_be32(bytes, i);
        struct fq_span span = fq_span_of(bytes, sizeof bytes);
        fq_merkle_leaf(&span, 1, &leaves[i]);
    }
    return 0;
}

/* MTH of RFC 6962, section 2.1, as it is written there: the split is the largest power of two below. */
static struct fq_hash by_definition(const struct fq_hash *from, uint32_t count)
{
    static const uint8_t prefix = 0x01;
    uint32_t split = 1;
    struct fq_hash hash;

    if (count == 1) {
        return from[0];
    }
    while (split * 2 < count) {
        split *= 2;
    }
    struct fq_hash left = by_definition(from, split);
    struct fq_hash right = by_definition(from + split, count - split);
    const struct fq_span spans[] = {fq_span_of(&prefix, 1), fq_span_of(left.bytes, FQ_HASH_SIZE),
                                    fq_span_of(right.bytes, FQ_HASH_SIZE)};
    fq_hash_spans(spans, 3, &hash);
    return hash;
}

static struct fq_hash root_of(uint32_t count)
{
    struct fq_merkle tree = {0};
    struct fq_hash root;

    for (uint32_t i = 0; i < count; i++) {
        fq_merkle_add(&tree, &leaves[i]);
    }
    fq_merkle_root(&tree, &root);
    return root;
}

static void t1_root_is_that_of_the_rfc(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= LEAVES; count++) {
        struct fq_hash root = root_of(count), defined = by_definition(leaves, count);
        assert_true(fq_hash_equal(&root, &defined));
    }
}

static void t1_a_leaf_is_no_node(void **state)
{
    const struct fq_span spans[] = {fq_span_of(leaves[0].bytes, FQ_HASH_SIZE),
                                    fq_span_of(leaves[1].bytes, FQ_HASH_SIZE)};
    struct fq_hash leaf, node = root_of(2);

    (void)state;
    fq_merkle_leaf(spans, 2, &leaf);
    assert_false(fq_hash_equal(&leaf, &node));
}

static void t1_every_path_climbs_and_no_other(void **state)
{
    struct fq_hash row[LEAVES], path[FQ_MERKLE_DEPTH_MAX], root, climbed;

    (void)state;
    for (uint32_t count = 1; count <= LEAVES; count += 1 + count / 9) {
        root = root_of(count);
        for (uint32_t index = 0; index < count; index++) {
            memcpy(row, leaves, count * sizeof *row);
            uint32_t steps = fq_merkle_path(row, count, index, path);
            assert_true(fq_hash_equal(&row[0], &root));
            assert_true(fq_merkle_climb(&leaves[index], index, count, path, steps, &climbed));
            assert_true(fq_hash_equal(&climbed, &root));
            bool is_found =
                fq_merkle_climb(&leaves[(index + 1) % LEAVES], index, count, path, steps, &climbed);
            assert_false(is_found && fq_hash_equal(&climbed, &root));
            assert_false(fq_merkle_climb(&leaves[index], index, count, path, steps + 1, &climbed));
            assert_false(steps &&
                         fq_merkle_climb(&leaves[index], index, count, path, steps - 1, &climbed));
            assert_false(fq_merkle_climb(&leaves[index], count, count, path, steps, &climbed));
        }
    }
}

/* Rows of 16 leaves each, the last of fewer: the path is that within and that above. */
static void t1_paths_join_over_rows_of_roots(void **state)
{
    struct fq_hash row[16], roots[LEAVES], path[FQ_MERKLE_DEPTH_MAX], climbed;

    (void)state;
    for (uint32_t count = 1; count <= LEAVES; count += 7) {
        struct fq_hash root = root_of(count);
        uint32_t rows = (count + 15) / 16;
        for (uint32_t index = 0; index < count; index += 3) {
            uint32_t steps = 0;
            for (uint32_t i = 0; i < rows; i++) {
                uint32_t size = i + 1 < rows ? 16 : count - 16 * i;
                memcpy(row, leaves + (size_t)16 * i, size * sizeof *row);
                uint32_t within = index / 16 == i ? index % 16 : 0;
                uint32_t taken =
                    fq_merkle_path(row, size, within, index / 16 == i ? path : roots + LEAVES / 2);
                steps = index / 16 == i ? taken : steps;
                roots[i] = row[0];
            }
            steps += fq_merkle_path(roots, rows, index / 16, path + steps);
            assert_true(fq_merkle_climb(&leaves[index], index, count, path, steps, &climbed));
            assert_true(fq_hash_equal(&climbed, &root));
        }
    }
}

static void o1_o2_sorted_and_stable(void **state)
{
    struct fq_order_row rows[300], spare[300];
    struct random random = random_of(5);

    (void)state;
    for (uint32_t count = 0; count <= 300; count++) {
        for (uint32_t i = 0; i < count; i++) {
            rows[i] = (struct fq_order_row){random_below(&random, 4), random_below(&random, 4), i};
        }
        fq_order_sort(rows, spare, count);
        for (uint32_t i = 1; i < count; i++) {
            assert_true(rows[i - 1].high <= rows[i].high);
            if (rows[i - 1].high == rows[i].high) {
                assert_true(rows[i - 1].low <= rows[i].low);
            }
            if (rows[i - 1].high == rows[i].high && rows[i - 1].low == rows[i].low) {
                assert_true(rows[i - 1].place < rows[i].place);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t1_root_is_that_of_the_rfc),
        cmocka_unit_test(t1_a_leaf_is_no_node),
        cmocka_unit_test(t1_every_path_climbs_and_no_other),
        cmocka_unit_test(t1_paths_join_over_rows_of_roots),
        cmocka_unit_test(o1_o2_sorted_and_stable),
    };

    return cmocka_run_group_tests_name("merkle", tests, draw_leaves, NULL);
}
