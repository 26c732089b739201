/* Hashes: BLAKE2b-256 for chains and ids (libsodium), XXH3 for checksums and digests (xxhash).
 * Pure computations; an unkeyed XXH3 is a checksum, never an authenticator. */
#ifndef FQ_BASE_HASH_H
#define FQ_BASE_HASH_H

#include "fq/base/bytes.h"

#define FQ_HASH_SIZE 32
struct fq_hash {
    uint8_t bytes[FQ_HASH_SIZE];
};

struct fq_digest { /* a number modulo 2^128, as two halves */
    uint64_t low, high;
};

/* BLAKE2b-256 over the concatenation of `count` spans (RFC 7693; libsodium crypto_generichash). */
void fq_hash_spans(const struct fq_span *spans, size_t count, struct fq_hash *out_hash);
/* The same under a key of FQ_HASH_SIZE bytes: nobody without the key can tell what was hashed. */
void fq_hash_keyed(const uint8_t key[FQ_HASH_SIZE], const struct fq_span *spans, size_t count,
                   struct fq_hash *out_hash);
/* The first 16 bytes of fq_hash_spans. */
void fq_hash_id(const struct fq_span *spans, size_t count, struct fq_id *out_id);
bool fq_hash_equal(const struct fq_hash *a, const struct fq_hash *b);

uint64_t fq_hash_quick(struct fq_span span);                           /* XXH3, 64 bits */
struct fq_digest fq_hash_digest(struct fq_span span);                  /* XXH3, 128 bits */
void fq_digest_add(struct fq_digest *sum, struct fq_digest term);      /* mod 2^128 */
void fq_digest_subtract(struct fq_digest *sum, struct fq_digest term); /* mod 2^128 */
bool fq_digest_equal(struct fq_digest a, struct fq_digest b);

#endif
