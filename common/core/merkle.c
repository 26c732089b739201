#include "fq/core/merkle.h"

#include <string.h>

#define SPANS_MAX 8

void fq_merkle_leaf(const struct fq_span *spans, size_t count, struct fq_hash *out_leaf)
{
    static const uint8_t prefix = 0x00;
    struct fq_span all[SPANS_MAX + 1] = {fq_span_of(&prefix, 1)};

    FQ_ASSERT(count <= SPANS_MAX);

    memcpy(all + 1, spans, count * sizeof *spans);
    fq_hash_spans(all, count + 1, out_leaf);
}

static void hash_node(const struct fq_hash *left, const struct fq_hash *right,
                      struct fq_hash *out_node)
{
    static const uint8_t prefix = 0x01;
    const struct fq_span spans[] = {fq_span_of(&prefix, 1), fq_span_of(left->bytes, FQ_HASH_SIZE),
                                    fq_span_of(right->bytes, FQ_HASH_SIZE)};
    struct fq_hash node;

    fq_hash_spans(spans, 3, &node);
    *out_node = node;
}

void fq_merkle_add(struct fq_merkle *tree, const struct fq_hash *leaf)
{
    struct fq_hash carried = *leaf;
    uint32_t level = 0;

    FQ_ASSERT(tree->count < UINT64_C(1) << (FQ_MERKLE_DEPTH_MAX - 1));

    for (; tree->count >> level & 1; level++) {
        hash_node(&tree->roots[level], &carried, &carried);
    }
    tree->roots[level] = carried;
    tree->count++;
}

void fq_merkle_root(const struct fq_merkle *tree, struct fq_hash *out_root)
{
    bool is_begun = false;

    fq_hash_spans(NULL, 0, out_root);
    for (uint32_t level = 0; level < FQ_MERKLE_DEPTH_MAX; level++) {
        if (!(tree->count >> level & 1)) {
            continue;
        }
        if (is_begun) {
            hash_node(&tree->roots[level], out_root, out_root);
        } else {
            *out_root = tree->roots[level];
            is_begun = true;
        }
    }
}

uint32_t fq_merkle_path(struct fq_hash *row, uint64_t count, uint64_t index,
                        struct fq_hash out_path[FQ_MERKLE_DEPTH_MAX])
{
    uint32_t path_count = 0;

    FQ_ASSERT(index < count);

    while (count > 1) {
        if ((index ^ 1) < count) {
            FQ_ASSERT(path_count < FQ_MERKLE_DEPTH_MAX);
            out_path[path_count++] = row[index ^ 1];
        }
        for (uint64_t i = 0; i + 1 < count; i += 2) {
            hash_node(&row[i], &row[i + 1], &row[i / 2]);
        }
        if (count & 1) {
            row[count / 2] = row[count - 1];
        }
        index /= 2;
        count = (count + 1) / 2;
    }
    return path_count;
}

bool fq_merkle_climb(const struct fq_hash *leaf, uint64_t index, uint64_t count,
                     const struct fq_hash *path, uint32_t path_count, struct fq_hash *out_root)
{
    struct fq_hash at = *leaf;
    uint32_t used = 0;

    if (index >= count) {
        return false;
    }
    for (; count > 1; count = (count + 1) / 2, index /= 2) {
        if ((index ^ 1) >= count) {
            continue; /* the last of an odd row goes up as it is */
        }
        if (used == path_count) {
            return false;
        }
        if (index & 1) {
            hash_node(&path[used++], &at, &at);
        } else {
            hash_node(&at, &path[used++], &at);
        }
    }
    *out_root = at;
    return used == path_count;
}
