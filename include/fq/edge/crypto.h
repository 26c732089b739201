/* Keys and certificates: who a node or a person is, as small text files.
 *
 * A certificate names its holder and carries two public keys: CURVE (X25519) opens the holder's
 * connections, Ed25519 seals what the holder writes. An identity adds the two secrets. The files
 * are libconfig syntax, one `key = value` a line, and the same files serve pyzmq's
 * zmq.auth.load_certificate. What a certificate allows is decided elsewhere.
 *
 * C1  A secret file is born 0400, is never overwritten, and is not read when anyone but its owner
 *     may read it.
 * C2  A certificate that says anything this version does not know, or says it twice, is refused at
 *     its line.
 * C3  The secrets of an identity belong to the public keys beside them.
 * C4  No two certificates of a directory carry the same CURVE key. */
#ifndef FQ_EDGE_CRYPTO_H
#define FQ_EDGE_CRYPTO_H

#include "fq/base/err.h"
#include "fq/base/sign.h"

#define FQ_CURVE_KEY_SIZE 32
#define FQ_Z85_KEY_SIZE 41 /* the text of a CURVE key and a NUL */
#define FQ_CERTIFICATE_NAME_SIZE 64
#define FQ_CERTIFICATES_MAX 8192
#define FQ_SECRET_FILE_MAX 4096

/* role, its word */
#define FQ_ROLES(X)                                                                                \
    X(NODE, "node")                                                                                \
    X(OPERATOR, "operator")                                                                        \
    X(MEDIATOR, "mediator")                                                                        \
    X(COORDINATOR, "coordinator")                                                                  \
    X(STATISTICIAN, "statistician")

enum fq_role {
#define FQ_ROLE_ENUM(name, text) FQ_ROLE_##name,
    FQ_ROLES(FQ_ROLE_ENUM)
#undef FQ_ROLE_ENUM
        FQ_ROLES_COUNT
};

struct fq_certificate {
    char name[FQ_CERTIFICATE_NAME_SIZE]; /* letters, digits, `.`, `-`, `_`; fit for a file name */
    bool is_node;                        /* else a person */
    enum fq_role role;                   /* NODE for a node, any other for a person */
    uint32_t area;                       /* six digits */
    uint32_t index;                      /* 1 to 99 for a node, 0 for a person */
    uint32_t origin;                     /* area x 100 + index */
    uint64_t serial;
    uint8_t curve_public[FQ_CURVE_KEY_SIZE];
    struct fq_sign_public sign_key;
};

struct fq_identity {
    struct fq_certificate certificate;
    uint8_t curve_secret[FQ_CURVE_KEY_SIZE];
    struct fq_sign_secret sign_secret;
};

/* Fill `out` with unpredictable bytes. */
void fq_random_bytes(void *out, size_t size);
/* Overwrite memory that held a secret; the compiler may not leave it out. */
void fq_wipe(void *memory, size_t size);

/* Z85 (ZeroMQ RFC 32) of a CURVE key, 40 characters and a NUL. */
void fq_z85_encode(const uint8_t key[FQ_CURVE_KEY_SIZE], char out[FQ_Z85_KEY_SIZE]);
/* False unless the text is exactly one key. */
bool fq_z85_decode(struct fq_span text, uint8_t out_key[FQ_CURVE_KEY_SIZE]);

const char *fq_role_name(enum fq_role role);
bool fq_role_find(const char *name, enum fq_role *out_role);

/* A fresh identity for `holder`, whose name, kind, role, area, index and serial are taken; its keys
 * and its origin are ignored and made. Fails with ARGUMENT when the holder is not well-formed. */
FQ_CHECKED fq_err fq_identity_create(const struct fq_certificate *holder,
                                     struct fq_identity *out_identity, struct fq_why *out_why);
/* Write the certificate, and the secret file (C1). Fails with FILE, writing neither, when the
 * secret file exists. */
FQ_CHECKED fq_err fq_identity_save(const struct fq_identity *identity, const char *cert_path,
                                   const char *key_path, struct fq_why *out_why);
/* Read a secret file, which holds the certificate too (C1, C2, C3). Fails with FILE, or CRYPTO. */
FQ_CHECKED fq_err fq_identity_load(const char *key_path, struct fq_identity *out_identity,
                                   struct fq_why *out_why);
/* Wipe the identity when it is needed no more. */
void fq_identity_wipe(struct fq_identity *identity);

/* Write the certificate, in one piece, over what is there. */
FQ_CHECKED fq_err fq_certificate_save(const struct fq_certificate *certificate, const char *path,
                                      struct fq_why *out_why);
/* Read a certificate (C2); one that holds a secret is refused. Fails with FILE, or CRYPTO. */
FQ_CHECKED fq_err fq_certificate_load(const char *path, struct fq_certificate *out_certificate,
                                      struct fq_why *out_why);
/* Read every `*.cert` of a directory, sorted by name and serial (C4). Fails with FILE, CRYPTO, or
 * LIMIT when there are more than `capacity`; nothing is then written to the results. */
FQ_CHECKED fq_err fq_certificates_load(const char *directory, struct fq_certificate *certificates,
                                       size_t capacity, size_t *out_count, struct fq_why *out_why);

#define FQ_SEALED_OVERHEAD 48 /* an ephemeral public key and a tag */
/* Seal `plain` so that only the holder of the CURVE key opens it (X25519, XSalsa20-Poly1305; libsodium
 * crypto_box_seal), in the arena. Says nothing of who sealed it. Fails with LIMIT. */
FQ_CHECKED fq_err fq_sealed_make(const uint8_t curve_public[FQ_CURVE_KEY_SIZE],
                                 struct fq_span plain, struct fq_arena *arena,
                                 struct fq_span *out_sealed, struct fq_why *out_why);
/* What was sealed for this identity, in the arena. Fails with CRYPTO, or LIMIT. */
FQ_CHECKED fq_err fq_sealed_open(const struct fq_identity *identity, struct fq_span sealed,
                                 struct fq_arena *arena, struct fq_span *out_plain,
                                 struct fq_why *out_why);

/* Write a new secret file (C1), synced. Fails with FILE, also when it exists. */
FQ_CHECKED fq_err fq_secret_file_write(const char *path, struct fq_span content,
                                       struct fq_why *out_why);
/* Read a whole secret file (C1) into `buffer`. Fails with FILE, or CRYPTO when others may read it
 * or it is longer than the buffer. */
FQ_CHECKED fq_err fq_secret_file_read(const char *path, char *buffer, size_t capacity,
                                      size_t *out_size, struct fq_why *out_why);

#endif
