#include "parties.h"
#include "seal.h"
#include "tally.h"

#include <stdlib.h>
#include <string.h>

#define EVIDENCE_MAX 10000 /* rows kept, so that no peer can fill the disk */

/* ---- log ---- */

static void put_append(struct fq_writes *writes, const struct fq_append *append)
{
    struct fq_event_id first = {append->log, append->first_seq};
    uint8_t key[FQ_LOG_KEY_SIZE];
    uint8_t lsn[8];
    uint8_t *value = fq_arena_take_raw(writes->arena, FQ_LOG_VALUE_HEAD + append->batch.size);

    if (!value) {
        writes->is_full = true;
        return;
    }
    fq_put_be64(lsn, append->first_lsn);
    memcpy(value, lsn, sizeof lsn);
    memcpy(value + FQ_LOG_VALUE_HEAD, append->batch.data, append->batch.size);
    fq_log_key_encode(&first, key);
    fq_writes_put(writes, FQ_FAMILY_LOG, fq_span_of(key, sizeof key),
                  fq_span_of(value, FQ_LOG_VALUE_HEAD + append->batch.size));
    fq_writes_put(writes, FQ_FAMILY_ARRIVAL, fq_span_of(lsn, sizeof lsn), append->arrival);
}

/* Whether `carried` has a row for the event already. */
static bool is_carried(const struct fq_node *node, const struct fq_writes *writes,
                       struct fq_span key)
{
    struct fq_span value;
    struct fq_why why;
    bool is_found = false;

    for (size_t i = writes->count; i > 0; i--) {
        const struct fq_write *row = &writes->rows[i - 1];
        if (row->family == FQ_FAMILY_CARRIED && fq_span_equal(row->key, key)) {
            return true;
        }
    }
    fq_err err =
        fq_store_get(node->store, FQ_FAMILY_CARRIED, key, writes->arena, &value, &is_found, &why);
    return !err && is_found;
}

/* How far the log was held before this turn. */
static uint64_t held_before(const struct fq_node *node, const struct fq_log_id *id)
{
    const struct fq_effects *effects = &node->turn.effects;
    const struct fq_log *log = fq_frontier_find(&node->core.frontier, id);
    uint64_t last = log ? log->last : 0;

    for (uint32_t i = 0; i < effects->append_count; i++) {
        const struct fq_append *append = &effects->appends[i];
        if (append->first_seq <= last && fq_log_id_equal(&append->log, id)) {
            last = append->first_seq - 1;
        }
    }
    return last;
}

/* Where a record lies that is held as a relay alone: `carried`, event20 to the relay's event20. Of own
 * relays that come back the first counts: it says since when the event is known. */
static void put_carried(const struct fq_node *node, struct fq_writes *writes,
                        const struct fq_append *append)
{
    bool is_own = append->log.origin == node->core.options.origin;
    struct fq_batch batch;
    struct fq_event relay, inner;
    struct fq_why why;

    if (append->log.stream <= FQ_STREAM_CONTROL || fq_batch_parse(append->batch, &batch, &why)) {
        return;
    }
    struct fq_batch_reader reader = fq_batch_reader_over(&batch);
    while (fq_batch_read(&reader, &relay, 1) > 0) {
        uint8_t ids[2][FQ_EVENT_ID_SIZE];
        if (!fq_event_open_relay(&relay, &inner)) {
            continue;
        }
        if (inner.id.seq <= held_before(node, &inner.id.log)) {
            continue; /* the original is held */
        }
        fq_event_id_encode(&inner.id, ids[0]);
        fq_event_id_encode(&relay.id, ids[1]);
        if (is_own && is_carried(node, writes, fq_span_of(ids[0], FQ_EVENT_ID_SIZE))) {
            continue;
        }
        struct fq_span value = fq_arena_copy(writes->arena, fq_span_of(ids[1], FQ_EVENT_ID_SIZE));
        writes->is_full |= !value.data;
        fq_writes_put(writes, FQ_FAMILY_CARRIED, fq_span_of(ids[0], FQ_EVENT_ID_SIZE), value);
    }
}

/* How many records the turn's appends of relays hold. */
static size_t relayed_count(const struct fq_effects *effects)
{
    size_t count = 0;

    for (uint32_t i = 0; i < effects->append_count; i++) {
        const struct fq_append *append = &effects->appends[i];
        if (append->log.stream > FQ_STREAM_CONTROL) {
            count += append->last_seq - append->first_seq + 1;
        }
    }
    return count;
}

static void put_evidence(struct fq_node *node, struct fq_writes *writes,
                         const struct fq_evidence *evidence, uint64_t now_ms)
{
    struct fq_event_id at = {evidence->log, evidence->seq};
    size_t size = 8 + 4 + 4 + FQ_EVENT_ID_SIZE + evidence->bytes.size;
    uint8_t *value = fq_arena_take_raw(writes->arena, size);
    uint8_t key[8];

    if (!value || node->evidence_count >= EVIDENCE_MAX) {
        return; /* enough to judge by; refused_batches goes on counting */
    }
    fq_put_be64(value, now_ms);
    fq_put_be32(value + 8, evidence->reason);
    fq_put_be32(value + 12, evidence->peer);
    fq_event_id_encode(&at, value + 16);
    memcpy(value + 16 + FQ_EVENT_ID_SIZE, evidence->bytes.data, evidence->bytes.size);
    fq_put_be64(key, ++node->evidence_count);
    fq_writes_put(writes, FQ_FAMILY_EVIDENCE, fq_span_of(key, sizeof key), fq_span_of(value, size));
}

/* ---- vault: party data of the commands that were taken in ---- */

/* A key made in this commit: the store does not know it yet. */
struct fresh_key {
    struct fq_id dispute;
    struct fq_vault_key key;
};

struct vaulting {
    struct fq_node *node;
    struct fq_writes *writes;
    struct fresh_key *fresh;
    size_t fresh_count, fresh_capacity;
    struct fq_vault_key party_key;
};

static fq_err stored_key(struct vaulting *vaulting, const struct fq_id *dispute,
                         struct fq_vault_key *out_key, bool *out_found, struct fq_why *out_why)
{
    struct fq_span wrapped;
    fq_err err = fq_store_get(vaulting->node->store, FQ_FAMILY_VAULT_KEY,
                              fq_span_of(dispute->bytes, FQ_ID_SIZE), vaulting->writes->arena,
                              &wrapped, out_found, out_why);

    if (!err && *out_found) {
        err =
            fq_vault_key_unwrap(&vaulting->node->vault_master, dispute, wrapped, out_key, out_why);
    }
    return err;
}

static fq_err key_of(struct vaulting *vaulting, const struct fq_id *dispute,
                     struct fq_vault_key *out_key, struct fq_why *out_why)
{
    struct fq_span wrapped;
    bool is_found = false;

    for (size_t i = vaulting->fresh_count; i > 0; i--) {
        if (fq_id_equal(&vaulting->fresh[i - 1].dispute, dispute)) {
            *out_key = vaulting->fresh[i - 1].key;
            return FQ_OK;
        }
    }
    fq_err err = stored_key(vaulting, dispute, out_key, &is_found, out_why);
    if (err || is_found) {
        return err;
    }
    if (vaulting->fresh_count == vaulting->fresh_capacity) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "vault keys of one turn");
    }
    fq_vault_key_create(out_key);
    err = fq_vault_key_wrap(&vaulting->node->vault_master, dispute, out_key,
                            vaulting->writes->arena, &wrapped, out_why);
    if (err) {
        return err;
    }
    vaulting->fresh[vaulting->fresh_count++] = (struct fresh_key){*dispute, *out_key};
    fq_writes_put(vaulting->writes, FQ_FAMILY_VAULT_KEY, fq_span_of(dispute->bytes, FQ_ID_SIZE),
                  wrapped);
    return FQ_OK;
}

static fq_err put_field(struct vaulting *vaulting, const struct fq_id *dispute, uint16_t field,
                        struct fq_span plain, struct fq_why *out_why)
{
    struct fq_vault_key key;
    struct fq_span cipher;
    uint8_t place[FQ_ID_SIZE + 2];
    fq_err err = key_of(vaulting, dispute, &key, out_why);

    if (err) {
        return err;
    }
    err =
        fq_vault_field_seal(&key, dispute, field, plain, vaulting->writes->arena, &cipher, out_why);
    fq_wipe(&key, sizeof key);
    if (!err) {
        memcpy(place, dispute->bytes, FQ_ID_SIZE);
        fq_put_be16(place + FQ_ID_SIZE, field);
        fq_writes_put(vaulting->writes, FQ_FAMILY_VAULT, fq_span_of(place, sizeof place), cipher);
        fq_parties_put(vaulting->writes, &vaulting->party_key, dispute, field, plain);
    }
    return err;
}

/* Which commands of a submit were newly taken in, by the verdicts given. */
static size_t read_new(struct fq_span result, bool *is_new, size_t capacity)
{
    struct fq_reader reader = fq_reader_over(result);
    size_t count = fq_read_array(&reader);

    for (size_t i = 0; i < count && i < capacity; i++) {
        uint32_t parts = fq_read_array(&reader);
        is_new[i] = fq_read_uint(&reader) == 0;
        for (uint32_t part = 1; part < parts; part++) {
            (void)fq_read_skip(&reader);
        }
    }
    return count < capacity ? count : capacity;
}

/* A submit's commands one after the other, for texts that name them by their place. */
struct at_command {
    struct fq_span commands;
    struct fq_reader reader; /* stands behind the command at `next` - 1 */
    uint64_t next;
    struct fq_id dispute; /* of that command */
};

/* Texts come in the order of their commands as a rule: each command is then read once. */
static struct fq_id dispute_of(struct at_command *at, uint64_t index)
{
    struct fq_event event = {0};

    if (at->next == index + 1) {
        return at->dispute;
    }
    if (at->next == 0 || at->next > index) {
        at->reader = fq_reader_over(at->commands);
        (void)fq_read_array(&at->reader);
        at->next = 0;
    }
    for (; at->next < index; at->next++) {
        (void)fq_read_skip(&at->reader);
    }
    struct fq_reader record = fq_reader_over(fq_read_bytes(&at->reader));
    (void)fq_event_decode(&record, (struct fq_event_id){0}, &event);
    at->next++;
    at->dispute = event.dispute;
    return at->dispute;
}

/* vault: [[command index, field number, text], ...] */
static fq_err put_vault(struct vaulting *vaulting, const struct fq_input *input,
                        const struct fq_reply *reply, struct fq_why *out_why)
{
    bool is_new[FQ_SUBMIT_COMMANDS_MAX];
    struct at_command at = {.commands = fq_map_get(input->bytes, "commands")};
    struct fq_reader reader = fq_reader_over(fq_map_get(input->bytes, "vault"));
    size_t command_count = read_new(reply->result, is_new, FQ_SUBMIT_COMMANDS_MAX);
    uint32_t count = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        uint32_t parts = fq_read_array(&reader);
        uint64_t index = fq_read_uint(&reader);
        uint64_t field = fq_read_uint(&reader);
        struct fq_span text = fq_read_text(&reader);
        if (parts != 3 || index >= command_count || field == 0 || field > UINT16_MAX ||
            !is_new[index] || text.size == 0) {
            continue;
        }
        struct fq_id dispute = dispute_of(&at, index);
        if (fq_id_is_zero(&dispute)) {
            continue; /* a screening or a figure has no parties */
        }
        fq_err err = put_field(vaulting, &dispute, (uint16_t)field, text, out_why);
        if (err) {
            return err;
        }
    }
    return FQ_OK;
}

static fq_err put_vaults(struct fq_node *node, struct fq_writes *writes, struct fq_why *out_why)
{
    struct vaulting vaulting = {.node = node, .writes = writes};
    size_t reply = 0;
    fq_err err = FQ_OK;

    vaulting.fresh_capacity = writes->capacity / 3;
    fq_vault_party_key(&node->vault_master, &vaulting.party_key);
    vaulting.fresh =
        fq_arena_take_raw(writes->arena, vaulting.fresh_capacity * sizeof *vaulting.fresh);
    if (!vaulting.fresh) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (size_t i = 0; i < node->input_count && !err; i++) {
        const struct fq_input *input = &node->inputs[i];
        if (input->kind != FQ_INPUT_COMMANDS && input->kind != FQ_INPUT_BUNDLE) {
            continue;
        }
        const struct fq_reply *given = &node->turn.replies[reply++];
        if (input->kind == FQ_INPUT_COMMANDS && given->new_count > 0 && !input->is_dry_run) {
            err = put_vault(&vaulting, input, given, out_why);
        }
    }
    fq_wipe(&vaulting.party_key, sizeof vaulting.party_key);
    fq_wipe(vaulting.fresh, vaulting.fresh_capacity * sizeof *vaulting.fresh);
    return err;
}

/* How many vault fields, fresh keys and hashes the turn's submits can ask for at most. */
static size_t vault_writes_max(const struct fq_node *node)
{
    size_t count = 0;

    for (size_t i = 0; i < node->input_count && node->tier->has_vault; i++) {
        if (node->inputs[i].kind == FQ_INPUT_COMMANDS) {
            struct fq_reader reader = fq_reader_over(fq_map_get(node->inputs[i].bytes, "vault"));
            count += fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;
        }
    }
    return 3 * count;
}

/* ---- commit ---- */

/* Note the newest own event as told. While a lost tail is fetched back the note stays as it is: it
 * alone says how far the tail goes, should the node die in the middle (N5). */
static fq_err tell(struct fq_node *node, struct fq_why *out_why)
{
    static const struct fq_hash none;
    const struct fq_log *own = fq_frontier_find(&node->core.frontier, &node->core.own);
    uint64_t told = fq_core_told(&node->core);

    if (told < node->core.sync.amnesia_seq) {
        return FQ_OK;
    }
    return fq_told_write(node->told, node->core.own.epoch, told, own ? &own->chain : &none,
                         out_why);
}

/* Of what is written to the log clients are told (relays are nobody's commands). */
static bool is_told(const struct fq_core *core, const struct fq_log_id *log)
{
    return log->origin == core->own.origin && log->epoch == core->own.epoch &&
           log->stream <= FQ_STREAM_CONTROL;
}

fq_err fq_node_commit(struct fq_node *node, uint64_t wall_ms, struct fq_why *out_why)
{
    const struct fq_effects *effects = &node->turn.effects;
    size_t vault_max = vault_writes_max(node);
    bool is_own = false;
    fq_err err = FQ_OK;

    if (effects->append_count == 0 && effects->evidence_count == 0 && effects->settled_count == 0) {
        return FQ_OK;
    }
    struct fq_writes writes = fq_writes_over(
        &node->scratch, 3u * effects->append_count + relayed_count(effects) + effects->owed.count +
                            effects->settled_count + effects->evidence_count + vault_max +
                            fq_seal_writes_max(node) + 1);
    for (uint32_t i = 0; i < effects->append_count; i++) {
        const struct fq_append *append = &effects->appends[i];
        put_append(&writes, append);
        fq_writes_put_have(&writes, &node->core.frontier,
                           fq_frontier_find(&node->core.frontier, &append->log));
        put_carried(node, &writes, append);
        is_own |= is_told(&node->core, &append->log);
    }
    fq_relay_put(node, &writes);
    for (uint32_t i = 0; i < effects->evidence_count; i++) {
        put_evidence(node, &writes, &effects->evidence[i], wall_ms);
    }
    fq_seal_put(node, &writes);
    if (vault_max > 0) {
        err = put_vaults(node, &writes, out_why);
    }
    err = err ? err : fq_writes_commit(&writes, node->store, true, out_why);
    if (!err) {
        fq_tally_take(node, wall_ms);
    }
    return err || !is_own ? err : tell(node, out_why);
}
