/* Proofs: that one dispute counts in a sealed figure, and as what, in a file of at most 2 KiB.
 *
 *   proof = ["FQPROOF1", head, signature, index, id, salt, is hashed, terms, path]
 *
 * Head, signature, id, salt, terms and path are bin; the path holds hashes one after the other, from the
 * leaf's neighbour up. Who has the public key of the node that sealed needs nothing else: the leaf and
 * the path give the root, the root stands in the head, the head is signed. See period_seal.h for each.
 *
 * W1  A proof is at most FQ_PROOF_MAX bytes, and no byte of it can be another.
 * W2  It names nobody: an id and figures. */
#ifndef FQ_CORE_PROOF_H
#define FQ_CORE_PROOF_H

#include "fq/core/period_figures.h"

#define FQ_PROOF_MAX 2048

struct fq_proof {
    struct fq_period_seal seal;
    struct fq_span head, signature;
    uint64_t index;
    struct fq_leaf leaf;
    struct fq_hash path[FQ_MERKLE_DEPTH_MAX];
    uint32_t path_count;
};

/* Append the proof; `seal` is not looked at. False when it does not fit, or is beyond FQ_PROOF_MAX. */
bool fq_proof_encode(const struct fq_proof *proof, struct fq_writer *writer);
/* Read a proof; borrows the bytes. Fails with PROOF when they are not exactly one. */
FQ_CHECKED fq_err fq_proof_decode(struct fq_span bytes, struct fq_proof *out_proof,
                                  struct fq_why *out_why);
/* Whether the head is signed with the key and the leaf leads to its root. Fails with PROOF, naming what
 * differs. */
FQ_CHECKED fq_err fq_proof_verify(const struct fq_proof *proof, const struct fq_sign_public *key,
                                  struct fq_why *out_why);

/* Walks the terms of a leaf whose terms stand in it. */
struct fq_leaf_reader {
    struct fq_reader reader;
    uint16_t type;
    bool is_activity;
    uint32_t left;
};
/* False when the terms are none. */
bool fq_leaf_reader_init(const struct fq_leaf *leaf, struct fq_leaf_reader *out_reader);
/* The next term; false at the end or when it is none. */
bool fq_leaf_next(struct fq_leaf_reader *reader, struct fq_term *out_term);

#endif
