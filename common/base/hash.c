/* Hashes. libsodium's BLAKE2b works before sodium_init, which only picks a faster variant. */
#include "fq/base/hash.h"

#include <sodium.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static void hash_spans(const uint8_t *key, size_t key_size, const struct fq_span *spans,
                       size_t count, struct fq_hash *out_hash)
{
    FQ_ASSERT(spans || count == 0);
    FQ_ASSERT(out_hash);

    crypto_generichash_state state;
    crypto_generichash_init(&state, key, key_size, FQ_HASH_SIZE);
    for (size_t i = 0; i < count; i++) {
        if (spans[i].size) {
            crypto_generichash_update(&state, spans[i].data, spans[i].size);
        }
    }
    crypto_generichash_final(&state, out_hash->bytes, FQ_HASH_SIZE);
}

void fq_hash_spans(const struct fq_span *spans, size_t count, struct fq_hash *out_hash)
{
    hash_spans(NULL, 0, spans, count, out_hash);
}

void fq_hash_keyed(const uint8_t key[FQ_HASH_SIZE], const struct fq_span *spans, size_t count,
                   struct fq_hash *out_hash)
{
    FQ_ASSERT(key);

    hash_spans(key, FQ_HASH_SIZE, spans, count, out_hash);
}

void fq_hash_id(const struct fq_span *spans, size_t count, struct fq_id *out_id)
{
    struct fq_hash hash;

    FQ_ASSERT(out_id);
    fq_hash_spans(spans, count, &hash);
    memcpy(out_id->bytes, hash.bytes, FQ_ID_SIZE);
}

bool fq_hash_equal(const struct fq_hash *a, const struct fq_hash *b)
{
    return memcmp(a->bytes, b->bytes, FQ_HASH_SIZE) == 0;
}

uint64_t fq_hash_quick(struct fq_span span)
{
    return XXH3_64bits(span.data, span.size);
}

struct fq_digest fq_hash_digest(struct fq_span span)
{
    XXH128_hash_t hash = XXH3_128bits(span.data, span.size);

    return (struct fq_digest){.low = hash.low64, .high = hash.high64};
}

void fq_digest_add(struct fq_digest *sum, struct fq_digest term)
{
    FQ_ASSERT(sum);
    sum->low += term.low;
    sum->high += term.high + (sum->low < term.low);
}

void fq_digest_subtract(struct fq_digest *sum, struct fq_digest term)
{
    FQ_ASSERT(sum);
    sum->high -= term.high + (sum->low < term.low);
    sum->low -= term.low;
}

bool fq_digest_equal(struct fq_digest a, struct fq_digest b)
{
    return a.low == b.low && a.high == b.high;
}
