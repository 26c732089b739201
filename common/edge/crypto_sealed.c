/* Boxes that anyone may close and one may open. */
#include "fq/edge/crypto.h"

#include <sodium.h>

_Static_assert(FQ_SEALED_OVERHEAD == crypto_box_SEALBYTES, "what a box adds is libsodium's");
_Static_assert(FQ_CURVE_KEY_SIZE == crypto_box_PUBLICKEYBYTES, "a CURVE key opens a box");

fq_err fq_sealed_make(const uint8_t curve_public[FQ_CURVE_KEY_SIZE], struct fq_span plain,
                      struct fq_arena *arena, struct fq_span *out_sealed, struct fq_why *out_why)
{
    uint8_t *sealed = fq_arena_take_raw(arena, plain.size + FQ_SEALED_OVERHEAD);

    if (!sealed) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%zu", plain.size);
    }
    if (crypto_box_seal(sealed, plain.data, plain.size, curve_public) != 0) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "the node's key");
    }
    *out_sealed = fq_span_of(sealed, plain.size + FQ_SEALED_OVERHEAD);
    return FQ_OK;
}

fq_err fq_sealed_open(const struct fq_identity *identity, struct fq_span sealed,
                      struct fq_arena *arena, struct fq_span *out_plain, struct fq_why *out_why)
{
    if (sealed.size < FQ_SEALED_OVERHEAD) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "%zu", sealed.size);
    }
    size_t size = sealed.size - FQ_SEALED_OVERHEAD;
    uint8_t *plain = fq_arena_take_raw(arena, size);
    if (!plain) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%zu", size);
    }
    if (crypto_box_seal_open(plain, sealed.data, sealed.size, identity->certificate.curve_public,
                             identity->curve_secret) != 0) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "sealed for another node");
    }
    *out_plain = fq_span_of(plain, size);
    return FQ_OK;
}
