#include "fq/edge/vault.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "fq/base/hash.h"
#include "fq/edge/crypto.h"

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define MASTER_HEX (2 * FQ_VAULT_KEY_SIZE)
#define LABEL_SIZE (4 + FQ_ID_SIZE + 2)

_Static_assert(FQ_VAULT_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
_Static_assert(FQ_VAULT_KEY_SIZE == FQ_HASH_SIZE, "a hash is a key");
_Static_assert(FQ_VAULT_OVERHEAD == NONCE_SIZE + TAG_SIZE, "overhead");

/* What a sealed text is bound to (X1): for which use, dispute and field. */
struct label {
    uint8_t bytes[LABEL_SIZE];
};

static const char *const field_names[FQ_VAULT_FIELDS_END] = {
#define FIELD_NAME(name, number, text) [number] = text,
    FQ_VAULT_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

const char *fq_vault_field_name(unsigned field)
{
    return field < FQ_VAULT_FIELDS_END ? field_names[field] : NULL;
}

unsigned fq_vault_field_find(struct fq_span name)
{
    for (unsigned field = 1; field < FQ_VAULT_FIELDS_END; field++) {
        if (field_names[field] && fq_span_equal(name, fq_span_text(field_names[field]))) {
            return field;
        }
    }
    return 0;
}

/* 64 hex digits; a line end may follow. */
static fq_err load_master(const char *path, struct fq_vault_master *out_master,
                          struct fq_why *out_why)
{
    char text[MASTER_HEX + 4];
    size_t size = 0;

    fq_err err = fq_secret_file_read(path, text, sizeof text, &size, out_why);
    if (!err) {
        while (size > MASTER_HEX && (text[size - 1] == '\n' || text[size - 1] == '\r')) {
            size--;
        }
        if (!fq_hex_decode(text, size, out_master->bytes, sizeof out_master->bytes)) {
            err = fq_fail(out_why, FQ_REASON_CRYPTO, "%s: is not a key of 64 hex digits", path);
        }
    }
    fq_wipe(text, sizeof text);
    return err;
}

fq_err fq_vault_master_load_or_create(const char *path, struct fq_vault_master *out_master,
                                      struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(out_master);

    struct fq_vault_master master;
    char text[MASTER_HEX + 2];

    if (access(path, F_OK) == 0 || errno != ENOENT) {
        return load_master(path, out_master, out_why);
    }
    fq_random_bytes(master.bytes, sizeof master.bytes);
    fq_hex_encode(fq_span_of(master.bytes, sizeof master.bytes), text);
    text[MASTER_HEX] = '\n';
    fq_err err = fq_secret_file_write(path, fq_span_of(text, MASTER_HEX + 1), out_why);
    if (!err) {
        *out_master = master;
    }
    fq_wipe(&master, sizeof master);
    fq_wipe(text, sizeof text);
    return err;
}

static struct label label_of(const char use[5], const struct fq_id *dispute, uint16_t field)
{
    struct label label;

    memcpy(label.bytes, use, 4);
    memcpy(label.bytes + 4, dispute->bytes, FQ_ID_SIZE);
    fq_put_be16(label.bytes + 4 + FQ_ID_SIZE, field);
    return label;
}

static fq_err seal(const uint8_t *key, const struct label *label, struct fq_span plain,
                   struct fq_arena *arena, struct fq_span *out_cipher, struct fq_why *out_why)
{
    if (plain.size > FQ_VAULT_PLAIN_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "vault: %zu bytes, at most %d fit", plain.size,
                       FQ_VAULT_PLAIN_MAX);
    }
    uint8_t *cipher = fq_arena_take_raw(arena, plain.size + FQ_VAULT_OVERHEAD);
    if (!cipher) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "vault: arena");
    }
    fq_random_bytes(cipher, NONCE_SIZE); /* 192 bits: never the same twice (X3) */
    int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(cipher + NONCE_SIZE, NULL, plain.data,
                                                            plain.size, label->bytes, LABEL_SIZE,
                                                            NULL, cipher, key);
    FQ_ASSERT(failed == 0);
    *out_cipher = fq_span_of(cipher, plain.size + FQ_VAULT_OVERHEAD);
    return FQ_OK;
}

/* `out` has room for the text, which is FQ_VAULT_OVERHEAD shorter than `cipher` (X2). */
static fq_err unseal(const uint8_t *key, const struct label *label, struct fq_span cipher,
                     uint8_t *out, struct fq_why *out_why)
{
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        out, NULL, NULL, cipher.data + NONCE_SIZE, cipher.size - NONCE_SIZE, label->bytes,
        LABEL_SIZE, cipher.data, key);

    return failed ? fq_fail(out_why, FQ_REASON_CRYPTO, "vault: the seal does not open") : FQ_OK;
}

void fq_vault_party_key(const struct fq_vault_master *master, struct fq_vault_key *out_key)
{
    FQ_ASSERT(master);
    FQ_ASSERT(out_key);

    const struct fq_span use = fq_span_text("FQPH 1");
    struct fq_hash hash;

    fq_hash_keyed(master->bytes, &use, 1, &hash);
    memcpy(out_key->bytes, hash.bytes, sizeof out_key->bytes);
    fq_wipe(&hash, sizeof hash);
}

void fq_vault_key_create(struct fq_vault_key *out_key)
{
    FQ_ASSERT(out_key);

    fq_random_bytes(out_key->bytes, sizeof out_key->bytes);
}

fq_err fq_vault_key_wrap(const struct fq_vault_master *master, const struct fq_id *dispute,
                         const struct fq_vault_key *key, struct fq_arena *arena,
                         struct fq_span *out_wrapped, struct fq_why *out_why)
{
    FQ_ASSERT(master);
    FQ_ASSERT(dispute);
    FQ_ASSERT(key);

    struct label label = label_of("FQVK", dispute, 0);

    return seal(master->bytes, &label, fq_span_of(key->bytes, sizeof key->bytes), arena,
                out_wrapped, out_why);
}

fq_err fq_vault_key_unwrap(const struct fq_vault_master *master, const struct fq_id *dispute,
                           struct fq_span wrapped, struct fq_vault_key *out_key,
                           struct fq_why *out_why)
{
    FQ_ASSERT(master);
    FQ_ASSERT(dispute);
    FQ_ASSERT(out_key);

    struct label label = label_of("FQVK", dispute, 0);
    struct fq_vault_key key;

    if (wrapped.size != FQ_VAULT_KEY_SIZE + FQ_VAULT_OVERHEAD) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "vault: %zu bytes are no wrapped key",
                       wrapped.size);
    }
    fq_err err = unseal(master->bytes, &label, wrapped, key.bytes, out_why);
    if (!err) {
        *out_key = key;
    }
    fq_wipe(&key, sizeof key);
    return err;
}

fq_err fq_vault_field_seal(const struct fq_vault_key *key, const struct fq_id *dispute,
                           uint16_t field, struct fq_span plain, struct fq_arena *arena,
                           struct fq_span *out_cipher, struct fq_why *out_why)
{
    FQ_ASSERT(key);
    FQ_ASSERT(dispute);
    FQ_ASSERT(out_cipher);

    struct label label = label_of("FQVF", dispute, field);

    return seal(key->bytes, &label, plain, arena, out_cipher, out_why);
}

fq_err fq_vault_field_open(const struct fq_vault_key *key, const struct fq_id *dispute,
                           uint16_t field, struct fq_span cipher, struct fq_arena *arena,
                           struct fq_span *out_plain, struct fq_why *out_why)
{
    FQ_ASSERT(key);
    FQ_ASSERT(dispute);
    FQ_ASSERT(out_plain);

    struct label label = label_of("FQVF", dispute, field);

    if (cipher.size < FQ_VAULT_OVERHEAD) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "vault: %zu bytes are no sealed text",
                       cipher.size);
    }
    size_t size = cipher.size - FQ_VAULT_OVERHEAD;
    uint8_t *plain = fq_arena_take_raw(arena, size ? size : 1);
    if (!plain) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "vault: arena");
    }
    fq_err err = unseal(key->bytes, &label, cipher, plain, out_why);
    if (!err) {
        *out_plain = fq_span_of(plain, size);
    }
    return err;
}
