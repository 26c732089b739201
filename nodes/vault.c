/* The verbs of the vault: party data is read, forgotten and told of in the county alone, by its own
 * people, for a purpose, and every time a note is kept. */
#include <string.h>

#include "parties.h"
#include "service.h"

#define PURPOSE_MAX 200
#define NOTE_HEAD_MAX 64
#define NOTE_KEY_SIZE (8 + FQ_ID_SIZE)
#define NOTE_TRIES_MAX 64
#define LOG_PAGE_SIZE (200 * 1024)
#define LOG_ROW_MAX 1024

/* ---- what is done to the vault is noted ---- */

/* A key of its own: two notes of one dispute in one millisecond are two. */
static fq_err choose_note_key(struct fq_node *node, const struct fq_id *dispute,
                              uint8_t key[NOTE_KEY_SIZE], struct fq_why *out_why)
{
    uint64_t at_ms = fq_clock_now().wall_ms;
    size_t mark = node->scratch.used;
    bool is_taken = true;
    fq_err err = FQ_OK;

    memcpy(key + 8, dispute->bytes, FQ_ID_SIZE);
    for (int i = 0; i < NOTE_TRIES_MAX && is_taken && !err; i++) {
        struct fq_span value;
        fq_put_be64(key, at_ms + (uint64_t)i);
        err = fq_store_get(node->store, FQ_FAMILY_AUDIT, fq_span_of(key, NOTE_KEY_SIZE),
                           &node->scratch, &value, &is_taken, out_why);
        node->scratch.used = mark;
    }
    return err;
}

/* Key at8 id16, value {verb, actor, purpose}; older ones are the purpose alone. */
static fq_err put_note(struct fq_node *node, struct fq_writes *writes, const char *verb,
                       const struct fq_id *dispute, struct fq_span purpose,
                       const struct fq_answer *answer, struct fq_why *out_why)
{
    uint8_t key[NOTE_KEY_SIZE];
    fq_err err = choose_note_key(node, dispute, key, out_why);
    const char *actor = answer->asker ? answer->asker->name : "";
    struct fq_writer value =
        fq_writer_take(writes->arena, purpose.size + strlen(actor) + NOTE_HEAD_MAX);

    fq_write_map(&value, 3);
    fq_write_text(&value, "verb");
    fq_write_text(&value, verb);
    fq_write_text(&value, "actor");
    fq_write_text(&value, actor);
    fq_write_text(&value, "purpose");
    fq_write_text_span(&value, purpose);
    writes->is_full |= value.is_full;
    fq_writes_put(writes, FQ_FAMILY_AUDIT, fq_span_of(key, sizeof key), fq_writer_span(&value));
    return err;
}

/* ---- read ---- */

static fq_err write_fields(struct fq_node *node, const struct fq_dispute *dispute,
                           const struct fq_vault_key *key, struct fq_writer *writer,
                           struct fq_why *out_why)
{
    struct fq_span found[FQ_VAULT_FIELDS_END] = {{0}};
    uint32_t count = 0;

    for (unsigned field = 1; field < FQ_VAULT_FIELDS_END; field++) {
        uint8_t place[FQ_PARTY_FIELD_KEY_SIZE];
        struct fq_span cipher;
        bool is_found;
        fq_party_field_key(&dispute->id, field, place);
        fq_err err = fq_store_get(node->store, FQ_FAMILY_VAULT, fq_span_of(place, sizeof place),
                                  &node->scratch, &cipher, &is_found, out_why);
        if (!err && is_found) {
            err = fq_vault_field_open(key, &dispute->id, (uint16_t)field, cipher, &node->scratch,
                                      &found[field], out_why);
            count++;
        }
        if (err) {
            return err;
        }
    }
    fq_write_map(writer, count);
    for (unsigned field = 1; field < FQ_VAULT_FIELDS_END; field++) {
        if (found[field].data) {
            fq_write_text(writer, fq_vault_field_name(field));
            fq_write_text_span(writer, found[field]);
        }
    }
    return FQ_OK;
}

fq_err fq_vault_admit(const struct fq_node *node, const struct fq_answer *answer,
                      struct fq_why *out_why)
{
    const struct fq_certificate *asker = answer->asker;

    if (!node->tier->has_vault) {
        return fq_fail(out_why, FQ_REASON_NOT_HELD, "vault");
    }
    if (node->config.curve &&
        (!asker || asker->is_node || asker->area != node->core.options.area)) {
        return fq_fail(out_why, FQ_REASON_DENIED, "vault of %06u", node->core.options.area);
    }
    return FQ_OK;
}

/* What every verb here begins with: a vault, a purpose or reason, a dispute. */
static fq_err begin(struct fq_node *node, const struct fq_answer *answer, struct fq_span args,
                    const char *why_key, const struct fq_dispute **out_dispute,
                    struct fq_why *out_why)
{
    struct fq_span purpose = fq_map_text(args, why_key);
    fq_err err = fq_vault_admit(node, answer, out_why);

    if (err) {
        return err;
    }
    if (purpose.size == 0 || purpose.size > PURPOSE_MAX) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "%s", why_key);
    }
    if (!fq_utf8_is_valid(purpose)) {
        return fq_fail(out_why, FQ_REASON_TEXT_ENCODING, "%s", why_key);
    }
    return fq_service_find_dispute(node, fq_map_text(args, "dispute"), out_dispute, out_why);
}

static fq_err read_fields(struct fq_node *node, const struct fq_dispute *dispute,
                          struct fq_writer *writer, struct fq_why *out_why)
{
    struct fq_vault_key key;
    struct fq_span wrapped;
    bool is_found = false;
    fq_err err =
        fq_store_get(node->store, FQ_FAMILY_VAULT_KEY, fq_span_of(dispute->id.bytes, FQ_ID_SIZE),
                     &node->scratch, &wrapped, &is_found, out_why);

    if (err) {
        return err;
    }
    if (!is_found) {
        fq_write_map(writer, 0);
        return FQ_OK;
    }
    err = fq_vault_key_unwrap(&node->vault_master, &dispute->id, wrapped, &key, out_why);
    if (!err) {
        err = write_fields(node, dispute, &key, writer, out_why);
        fq_wipe(&key, sizeof key);
    }
    return err;
}

/* Noted before it is answered. */
fq_err fq_verb_vault_read(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                          struct fq_why *out_why)
{
    const struct fq_dispute *dispute;
    struct fq_span purpose = fq_map_text(args, "purpose");
    fq_err err = begin(node, answer, args, "purpose", &dispute, out_why);

    if (err) {
        return err;
    }
    struct fq_writes writes = fq_writes_over(&node->scratch, 1);
    err = put_note(node, &writes, "read", &dispute->id, purpose, answer, out_why);
    err = err ? err : fq_writes_commit(&writes, node->store, true, out_why);
    return err ? err : read_fields(node, dispute, &answer->writer, out_why);
}

/* ---- forget ---- */

/* The key, and with it every copy of the fields, is gone; so are the hashes of whom they named. */
fq_err fq_verb_vault_forget(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                            struct fq_why *out_why)
{
    const struct fq_dispute *dispute;
    struct fq_span reason = fq_map_text(args, "reason");
    uint8_t place[FQ_PARTY_FIELD_KEY_SIZE];
    char id[2 * FQ_ID_SIZE + 1];
    fq_err err = begin(node, answer, args, "reason", &dispute, out_why);

    if (err) {
        return err;
    }
    struct fq_writes writes = fq_writes_over(&node->scratch, 2 + 2 * FQ_VAULT_FIELDS_END);
    err = put_note(node, &writes, "forget", &dispute->id, reason, answer, out_why);
    fq_writes_delete(&writes, FQ_FAMILY_VAULT_KEY, fq_span_of(dispute->id.bytes, FQ_ID_SIZE));
    for (unsigned field = 1; field < FQ_VAULT_FIELDS_END; field++) {
        fq_party_field_key(&dispute->id, field, place);
        fq_writes_delete(&writes, FQ_FAMILY_VAULT, fq_span_of(place, sizeof place));
    }
    fq_parties_forget(&writes, &dispute->id);
    err = err ? err : fq_writes_commit(&writes, node->store, true, out_why);
    if (!err) {
        fq_hex_encode(fq_span_of(dispute->id.bytes, FQ_ID_SIZE), id);
        fq_write_map(&answer->writer, 2);
        fq_write_text(&answer->writer, "id");
        fq_write_text(&answer->writer, id);
        fq_write_text(&answer->writer, "forgotten");
        fq_write_bool(&answer->writer, true);
    }
    return err;
}

/* ---- log ---- */

static void write_note(struct fq_writer *writer, struct fq_span key, struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);
    bool is_map = fq_codec_scan(value) && fq_read_type(&reader) == FQ_CODEC_MAP;
    char at[FQ_TIME_TEXT_SIZE], id[2 * FQ_ID_SIZE + 1];

    fq_time_format_ms((int64_t)fq_get_be64(key.data), at);
    fq_hex_encode(fq_span_of(key.data + 8, FQ_ID_SIZE), id);
    fq_write_map(writer, 5);
    fq_write_text(writer, "at");
    fq_write_text(writer, at);
    fq_write_text(writer, "dispute");
    fq_write_text(writer, id);
    fq_write_text(writer, "verb");
    fq_write_text_span(writer, is_map ? fq_map_text(value, "verb") : fq_span_text("read"));
    fq_write_text(writer, "actor");
    fq_write_text_span(writer, is_map ? fq_map_text(value, "actor") : fq_span_text(""));
    fq_write_text(writer, "purpose");
    fq_write_text_span(writer, is_map ? fq_map_text(value, "purpose") : value);
}

/* Oldest first; the cursor is the key to go on from. */
fq_err fq_verb_vault_log(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                         struct fq_why *out_why)
{
    struct fq_writer rows = fq_writer_take(&node->scratch, LOG_PAGE_SIZE);
    struct fq_span name = fq_map_text(args, "dispute");
    const struct fq_dispute *dispute = NULL;
    struct fq_cursor *cursor = NULL;
    uint32_t count = 0;
    fq_err err = fq_vault_admit(node, answer, out_why);

    if (!err && name.size > 0) {
        err = fq_service_find_dispute(node, name, &dispute, out_why);
    }
    err = err ? err : fq_cursor_open(node->store, FQ_FAMILY_AUDIT, &cursor, out_why);
    if (err) {
        return err;
    }
    for (fq_cursor_seek(cursor, fq_map_bytes(args, "cursor")); fq_cursor_is_valid(cursor);
         fq_cursor_next(cursor)) {
        struct fq_span key = fq_cursor_key(cursor);
        if (key.size != NOTE_KEY_SIZE ||
            (dispute && memcmp(key.data + 8, dispute->id.bytes, FQ_ID_SIZE) != 0)) {
            continue;
        }
        if (rows.size - rows.used < LOG_ROW_MAX) {
            memcpy(answer->cursor, key.data, key.size);
            answer->cursor_size = key.size;
            break;
        }
        write_note(&rows, key, fq_cursor_value(cursor));
        count++;
    }
    err = fq_cursor_error(cursor, out_why);
    fq_cursor_close(cursor);
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return err;
}
