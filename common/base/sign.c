/* Ed25519 signatures. libsodium's verification refuses keys of small order and malleable seals. */
#include "fq/base/sign.h"

#include <sodium.h>

_Static_assert(FQ_SIGN_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "a public key is libsodium's");
_Static_assert(FQ_SIGN_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "a secret key is libsodium's");
_Static_assert(FQ_SIGNATURE_SIZE == crypto_sign_BYTES, "a signature is libsodium's");

void fq_sign_pair(const uint8_t seed[32], struct fq_sign_public *out_public,
                  struct fq_sign_secret *out_secret)
{
    FQ_ASSERT(seed);
    FQ_ASSERT(out_public);
    FQ_ASSERT(out_secret);
    crypto_sign_seed_keypair(out_public->bytes, out_secret->bytes, seed);
}

void fq_sign(const struct fq_sign_secret *secret, struct fq_span message,
             uint8_t out_signature[FQ_SIGNATURE_SIZE])
{
    FQ_ASSERT(secret);
    FQ_ASSERT(out_signature);
    crypto_sign_detached(out_signature, NULL, message.data, message.size, secret->bytes);
}

bool fq_sign_verify(const struct fq_sign_public *key, struct fq_span message,
                    const uint8_t signature[FQ_SIGNATURE_SIZE])
{
    FQ_ASSERT(key);
    FQ_ASSERT(signature);
    return crypto_sign_verify_detached(signature, message.data, message.size, key->bytes) == 0;
}
