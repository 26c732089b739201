/* Ed25519 signatures (RFC 8032, libsodium). Deterministic: the same bytes and key, the same seal. */
#ifndef FQ_BASE_SIGN_H
#define FQ_BASE_SIGN_H

#include "fq/base/bytes.h"

#define FQ_SIGN_PUBLIC_SIZE 32
#define FQ_SIGN_SECRET_SIZE 64
#define FQ_SIGNATURE_SIZE 64

struct fq_sign_public {
    uint8_t bytes[FQ_SIGN_PUBLIC_SIZE];
};
struct fq_sign_secret {
    uint8_t bytes[FQ_SIGN_SECRET_SIZE];
};

/* The key pair of a 32-byte seed; the seed's randomness is the caller's. */
void fq_sign_pair(const uint8_t seed[32], struct fq_sign_public *out_public,
                  struct fq_sign_secret *out_secret);
void fq_sign(const struct fq_sign_secret *secret, struct fq_span message,
             uint8_t out_signature[FQ_SIGNATURE_SIZE]);
bool fq_sign_verify(const struct fq_sign_public *key, struct fq_span message,
                    const uint8_t signature[FQ_SIGNATURE_SIZE]);

#endif
