#include "parties.h"

#include <string.h>

/* The number of the form identities are hashed in; another one makes all hashes anew. */
#define MARK "parties"
#define MARK_NUMBER 1
#define GROUP_MAX 1000 /* hashes in one commit of the making */

void fq_party_field_key(const struct fq_id *dispute, unsigned field,
                        uint8_t out[FQ_PARTY_FIELD_KEY_SIZE])
{
    memcpy(out, dispute->bytes, FQ_ID_SIZE);
    fq_put_be16(out + FQ_ID_SIZE, (uint16_t)field);
}

void fq_parties_put(struct fq_writes *writes, const struct fq_vault_key *party_key,
                    const struct fq_id *dispute, unsigned field, struct fq_span plain)
{
    uint8_t key[FQ_PARTY_FIELD_KEY_SIZE];
    struct fq_id hash;

    if (fq_party_class_of(field) == FQ_PARTY_NONE) {
        return;
    }
    fq_party_field_key(dispute, field, key);
    if (!fq_party_hash(party_key, field, plain, &hash)) {
        fq_writes_delete(writes, FQ_FAMILY_PARTY_HASH, fq_span_of(key, sizeof key));
        return;
    }
    struct fq_span value = fq_arena_copy(writes->arena, fq_span_of(hash.bytes, FQ_ID_SIZE));
    writes->is_full |= !value.data;
    fq_writes_put(writes, FQ_FAMILY_PARTY_HASH, fq_span_of(key, sizeof key), value);
}

void fq_parties_forget(struct fq_writes *writes, const struct fq_id *dispute)
{
    uint8_t key[FQ_PARTY_FIELD_KEY_SIZE];

    for (unsigned field = 1; field < FQ_VAULT_FIELDS_END; field++) {
        if (fq_party_class_of(field) != FQ_PARTY_NONE) {
            fq_party_field_key(dispute, field, key);
            fq_writes_delete(writes, FQ_FAMILY_PARTY_HASH, fq_span_of(key, sizeof key));
        }
    }
}

/* ---- made for what is in the vault already ---- */

struct making {
    struct fq_node *node;
    struct fq_cursor *cursor; /* over the vault */
    struct fq_vault_key party_key;
    uint64_t hashes, unread;
};

static bool open_field(struct making *making, const struct fq_id *dispute, unsigned field,
                       struct fq_span cipher, struct fq_span *out_plain)
{
    struct fq_node *node = making->node;
    struct fq_span wrapped;
    struct fq_vault_key key;
    struct fq_why why;
    bool is_found = false;
    fq_err err =
        fq_store_get(node->store, FQ_FAMILY_VAULT_KEY, fq_span_of(dispute->bytes, FQ_ID_SIZE),
                     &node->scratch, &wrapped, &is_found, &why);

    if (err || !is_found ||
        fq_vault_key_unwrap(&node->vault_master, dispute, wrapped, &key, &why)) {
        return false;
    }
    err = fq_vault_field_open(&key, dispute, (uint16_t)field, cipher, &node->scratch, out_plain,
                              &why);
    fq_wipe(&key, sizeof key);
    return !err;
}

static void make_one(struct making *making, struct fq_writes *writes)
{
    struct fq_span place = fq_cursor_key(making->cursor), plain;
    struct fq_id dispute;

    if (place.size != FQ_PARTY_FIELD_KEY_SIZE) {
        return;
    }
    memcpy(dispute.bytes, place.data, FQ_ID_SIZE);
    unsigned field = fq_get_be16(place.data + FQ_ID_SIZE);
    if (fq_party_class_of(field) == FQ_PARTY_NONE) {
        return;
    }
    if (open_field(making, &dispute, field, fq_cursor_value(making->cursor), &plain)) {
        fq_parties_put(writes, &making->party_key, &dispute, field, plain);
        making->hashes++;
    } else {
        making->unread++; /* forgotten, or of another master key: nobody can read it */
    }
}

static fq_err make_all(struct making *making, struct fq_why *out_why)
{
    struct fq_node *node = making->node;
    fq_err err = FQ_OK;

    fq_cursor_seek(making->cursor, (struct fq_span){0});
    while (!err && fq_cursor_is_valid(making->cursor)) {
        size_t mark = node->scratch.used;
        struct fq_writes writes = fq_writes_over(&node->scratch, GROUP_MAX);
        for (int i = 0; i < GROUP_MAX && fq_cursor_is_valid(making->cursor); i++) {
            make_one(making, &writes);
            fq_cursor_next(making->cursor);
        }
        err = fq_writes_commit(&writes, node->store, false, out_why);
        node->scratch.used = mark;
    }
    return err ? err : fq_cursor_error(making->cursor, out_why);
}

static fq_err is_made(struct fq_node *node, bool *out_made, struct fq_why *out_why)
{
    size_t mark = node->scratch.used;
    struct fq_span value;
    bool is_found = false;
    fq_err err = fq_store_get(node->store, FQ_FAMILY_DEFAULT, fq_span_text(MARK), &node->scratch,
                              &value, &is_found, out_why);

    *out_made = !err && is_found && value.size == 8 && fq_get_be64(value.data) == MARK_NUMBER;
    node->scratch.used = mark;
    return err;
}

fq_err fq_parties_open(struct fq_node *node, struct fq_why *out_why)
{
    struct making making = {.node = node};
    uint8_t number[8];
    const struct fq_write mark = {.family = FQ_FAMILY_DEFAULT,
                                  .key = fq_span_text(MARK),
                                  .value = fq_span_of(number, sizeof number)};
    bool was_made = false;
    fq_err err = is_made(node, &was_made, out_why);

    if (err || was_made) {
        return err;
    }
    fq_vault_party_key(&node->vault_master, &making.party_key);
    err = fq_cursor_open(node->store, FQ_FAMILY_VAULT, &making.cursor, out_why);
    err = err ? err : make_all(&making, out_why);
    fq_cursor_close(making.cursor);
    fq_wipe(&making.party_key, sizeof making.party_key);
    if (err) {
        return err;
    }
    if (making.hashes + making.unread > 0) {
        fq_node_log("info", "parties.made hashes=%llu unread=%llu",
                    (unsigned long long)making.hashes, (unsigned long long)making.unread);
    }
    fq_put_be64(number, MARK_NUMBER);
    return fq_store_commit(node->store, &mark, 1, true, out_why); /* after all it vouches for */
}
