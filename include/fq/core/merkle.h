/* Merkle trees: one hash for a list, and a short way to show that something is in it.
 *
 * The tree is that of RFC 6962, section 2.1, with BLAKE2b-256: a leaf is H(0x00 || bytes), a node
 * H(0x01 || left || right), and of an odd row the last goes up as it is. No leaf can be taken for a node.
 *
 * T1  The root fixes every leaf, their order and, with the count, how many there are. */
#ifndef FQ_CORE_MERKLE_H
#define FQ_CORE_MERKLE_H

#include "fq/base/hash.h"

#define FQ_MERKLE_DEPTH_MAX 32

/* A tree that grows by leaves at its right end: the roots of its perfect subtrees. Begins as {0}. */
struct fq_merkle {
    uint64_t count;
    struct fq_hash roots[FQ_MERKLE_DEPTH_MAX]; /* one where the count has a bit */
};

void fq_merkle_leaf(const struct fq_span *spans, size_t count, struct fq_hash *out_leaf);
void fq_merkle_add(struct fq_merkle *tree, const struct fq_hash *leaf);
/* Of no leaves: the hash of nothing. */
void fq_merkle_root(const struct fq_merkle *tree, struct fq_hash *out_root);

/* The siblings of the row's member `index` up to its root; gives how many, at most
 * FQ_MERKLE_DEPTH_MAX. Members may be leaves or the roots of equally many leaves, a power of two, the
 * last of fewer. Overwrites `row`, whose first member becomes the root. */
uint32_t fq_merkle_path(struct fq_hash *row, uint64_t count, uint64_t index,
                        struct fq_hash out_path[FQ_MERKLE_DEPTH_MAX]);
/* The root of a tree of `count` leaves whose leaf `index` and path are these. False when the path is not
 * as long as it must be, or the index is beyond the count. */
bool fq_merkle_climb(const struct fq_hash *leaf, uint64_t index, uint64_t count,
                     const struct fq_hash *path, uint32_t path_count, struct fq_hash *out_root);

#endif
