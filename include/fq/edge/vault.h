/* The vault's ciphers: party data as bytes nobody reads without this node's keys.
 *
 * Each dispute has a random key, stored wrapped by the node's master key; each field is sealed with
 * its dispute's key (XChaCha20-Poly1305, libsodium). A sealed text is nonce, ciphertext, tag.
 * Forgetting a dispute is deleting its wrapped key. Where the bytes are stored, and who may ask for
 * them, is decided elsewhere.
 *
 * X1  What was sealed for one dispute or field does not open as another.
 * X2  Bytes that were altered, or sealed with another key, do not open.
 * X3  The same text sealed twice gives different bytes.
 * X4  The master key is a secret file: born once, never overwritten.
 * X5  The key that party identities are hashed under follows from the master key alone: another
 *     county's hashes cannot be compared with these. */
#ifndef FQ_EDGE_VAULT_H
#define FQ_EDGE_VAULT_H

#include "fq/base/bytes.h"

#define FQ_VAULT_KEY_SIZE 32
#define FQ_VAULT_OVERHEAD (24 + 16) /* the nonce and the tag */
#define FQ_VAULT_PLAIN_MAX (128 * 1024)

/* name, number as stored, name as written. Appended to, never renumbered. */
#define FQ_VAULT_FIELDS(X)                                                                         \
    X(PARTY_NAME, 1, "party_name")                                                                 \
    X(PARTY_ID_NUMBER, 2, "party_id_number")                                                       \
    X(PARTY_PHONE, 3, "party_phone")                                                               \
    X(PARTY_ADDRESS, 4, "party_address")                                                           \
    X(OTHER_PARTY_NAME, 5, "other_party_name")                                                     \
    X(OTHER_PARTY_ID_NUMBER, 6, "other_party_id_number")                                           \
    X(OTHER_PARTY_PHONE, 7, "other_party_phone")                                                   \
    X(OTHER_PARTY_ADDRESS, 8, "other_party_address")                                               \
    X(NARRATIVE, 9, "narrative")                                                                   \
    X(AGREEMENT_TEXT, 10, "agreement_text")                                                        \
    X(NOTE, 11, "note")                                                                            \
    X(VISIT_NOTE, 12, "visit_note")                                                                \
    X(REGISTER_NUMBER, 13, "register_number") /* of the paper register, as written there */

enum fq_vault_field {
#define FQ_VAULT_ENUM(name, number, text) FQ_VAULT_##name = number,
    FQ_VAULT_FIELDS(FQ_VAULT_ENUM)
#undef FQ_VAULT_ENUM
        FQ_VAULT_FIELDS_END /* one past the last number */
};

struct fq_vault_master {
    uint8_t bytes[FQ_VAULT_KEY_SIZE];
};
struct fq_vault_key {
    uint8_t bytes[FQ_VAULT_KEY_SIZE];
};

/* The field's name; NULL when there is none of that number. */
const char *fq_vault_field_name(unsigned field);
/* The field's number; 0 when there is none of that name. */
unsigned fq_vault_field_find(struct fq_span name);

/* The master key of the file, which is made with a random one when it is absent (X4). The caller
 * wipes it. Fails with FILE, or with CRYPTO when others may read the file or it holds no key. */
FQ_CHECKED fq_err fq_vault_master_load_or_create(const char *path,
                                                 struct fq_vault_master *out_master,
                                                 struct fq_why *out_why);

/* The key of party identities (X5); the caller wipes it. */
void fq_vault_party_key(const struct fq_vault_master *master, struct fq_vault_key *out_key);

/* A random key for a new dispute; the caller wipes it. */
void fq_vault_key_create(struct fq_vault_key *out_key);
/* The key of `dispute` as bytes to store, in the arena (X1). Fails with LIMIT. */
FQ_CHECKED fq_err fq_vault_key_wrap(const struct fq_vault_master *master,
                                    const struct fq_id *dispute, const struct fq_vault_key *key,
                                    struct fq_arena *arena, struct fq_span *out_wrapped,
                                    struct fq_why *out_why);
/* The key back; the caller wipes it. Fails with CRYPTO (X1, X2). */
FQ_CHECKED fq_err fq_vault_key_unwrap(const struct fq_vault_master *master,
                                      const struct fq_id *dispute, struct fq_span wrapped,
                                      struct fq_vault_key *out_key, struct fq_why *out_why);

/* The text as bytes to store, in the arena (X3). Fails with LIMIT, also when the text is longer
 * than FQ_VAULT_PLAIN_MAX. */
FQ_CHECKED fq_err fq_vault_field_seal(const struct fq_vault_key *key, const struct fq_id *dispute,
                                      uint16_t field, struct fq_span plain, struct fq_arena *arena,
                                      struct fq_span *out_cipher, struct fq_why *out_why);
/* The text back, in the arena. Fails with CRYPTO (X1, X2), or LIMIT. */
FQ_CHECKED fq_err fq_vault_field_open(const struct fq_vault_key *key, const struct fq_id *dispute,
                                      uint16_t field, struct fq_span cipher, struct fq_arena *arena,
                                      struct fq_span *out_plain, struct fq_why *out_why);

#endif
