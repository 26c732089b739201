/* What is owed, and how it becomes relays. The queue is the column family `owed`:
 *
 *   key   recipient4 lsn8
 *   value 0 event20, or 1 dispute16 cursor20
 *
 * It is written in the commit of the event and shortened in the commit of the relays (X3 of
 * core/relay.h). A history that is longer than a turn may be goes on where its cursor stands: all
 * facts of the dispute up to the entry's own lsn, in the order of their ids; what came later is owed
 * by itself. */
#include "writes.h"

#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 12
#define MARK_EVENT 0
#define MARK_HISTORY 1
#define EVENT_SIZE (1 + FQ_EVENT_ID_SIZE)
#define HISTORY_SIZE (1 + FQ_ID_SIZE + FQ_EVENT_ID_SIZE)
#define TURN_BYTES (256 * 1024) /* of relays */

/* ---- how much is owed to whom ---- */

static struct fq_owing *owing_of(struct fq_node *node, uint32_t recipient)
{
    for (uint32_t i = 0; i < node->owing_count; i++) {
        if (node->owing[i].recipient == recipient) {
            return &node->owing[i];
        }
    }
    FQ_ASSERT(node->owing_count < FQ_AREAS_MAX); /* recipients are areas of the table */
    node->owing[node->owing_count] = (struct fq_owing){.recipient = recipient};
    return &node->owing[node->owing_count++];
}

fq_err fq_relay_open(struct fq_node *node, struct fq_why *out_why)
{
    struct fq_cursor *cursor = NULL;

    node->owing = fq_arena_take(&node->memory, FQ_AREAS_MAX * sizeof *node->owing);
    if (!node->owing) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory of the node");
    }
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_OWED, &cursor, out_why);
    if (err) {
        return err;
    }
    for (fq_cursor_seek(cursor, (struct fq_span){0}); fq_cursor_is_valid(cursor);
         fq_cursor_next(cursor)) {
        struct fq_span key = fq_cursor_key(cursor);
        if (key.size == KEY_SIZE && fq_areas_find(&node->areas, fq_get_be32(key.data))) {
            owing_of(node, fq_get_be32(key.data))->count++;
        }
    }
    err = fq_cursor_error(cursor, out_why);
    fq_cursor_close(cursor);
    return err;
}

static bool is_open(const struct fq_node *node, const struct fq_owing *owing)
{
    struct fq_log_id log = node->core.own;

    log.stream = owing->recipient;
    return owing->count > 0 && fq_sync_may_relay(&node->core.sync, &log);
}

bool fq_relay_is_due(const struct fq_node *node)
{
    for (uint32_t i = 0; i < node->owing_count; i++) {
        if (is_open(node, &node->owing[i])) {
            return true;
        }
    }
    return false;
}

/* ---- listen: some of the queue becomes inputs ---- */

struct gathering {
    struct fq_node *node;
    struct fq_relay *relays;
    uint32_t count;
    size_t size;
};

static bool is_full(const struct gathering *gathering)
{
    return gathering->count == FQ_CORE_RELAYS_MAX || gathering->size >= TURN_BYTES;
}

static void add(struct gathering *gathering, const struct fq_relay *relay)
{
    gathering->relays[gathering->count++] = *relay;
    gathering->size += relay->record.size;
}

static fq_err gather_event(struct gathering *gathering, struct fq_relay *relay,
                           const struct fq_event_id *id, struct fq_why *out_why)
{
    struct fq_event event;
    uint64_t lsn;
    bool is_found;
    fq_err err = fq_node_read_event(gathering->node, id, &gathering->node->scratch, &event, &lsn,
                                    &is_found, out_why);

    if (!err) {
        relay->id = *id;
        relay->record = is_found ? event.record : (struct fq_span){0};
        relay->is_settled = relay->is_done = true;
        add(gathering, relay);
    }
    return err;
}

static int compare_ids(const void *a, const void *b)
{
    uint8_t of_a[FQ_EVENT_ID_SIZE], of_b[FQ_EVENT_ID_SIZE];

    fq_event_id_encode(a, of_a);
    fq_event_id_encode(b, of_b);
    return memcmp(of_a, of_b, FQ_EVENT_ID_SIZE);
}

/* The events of the dispute that are this node's to relay to the recipient, behind the cursor. */
static struct fq_event_id *list_history(struct fq_node *node, const struct fq_relay *relay,
                                        const struct fq_event_id *cursor, uint32_t *out_count)
{
    const struct fq_view *view = &node->core.view;
    const struct fq_dispute *dispute = fq_view_find(view, &relay->dispute);
    uint32_t count = 0;

    for (const struct fq_fact *fact = dispute ? fq_view_facts(view, dispute) : NULL; fact;
         fact = fq_view_next(view, fact)) {
        count++;
    }
    struct fq_event_id *ids = fq_arena_take_raw(&node->scratch, (count + 1) * sizeof *ids);
    *out_count = 0;
    if (!ids) {
        return NULL;
    }
    for (const struct fq_fact *fact = dispute ? fq_view_facts(view, dispute) : NULL; fact;
         fact = fq_view_next(view, fact)) {
        struct fq_event_id id = fq_view_event_id(view, fact);
        if (compare_ids(&id, cursor) > 0 &&
            fq_relay_is_here(&node->core.relays, id.log.origin, relay->recipient)) {
            ids[(*out_count)++] = id;
        }
    }
    qsort(ids, *out_count, sizeof *ids, compare_ids);
    return ids;
}

/* The event's bytes, when it is part of the history: known by the lsn of the entry. What came later
 * is owed by itself (X4); own relays that came back may have brought it before it came itself. */
static fq_err read_part(struct fq_node *node, const struct fq_event_id *id, uint64_t lsn,
                        struct fq_span *out_record, struct fq_why *out_why)
{
    struct fq_event event;
    uint64_t event_lsn = 0;
    bool is_part = false;
    fq_err err =
        fq_node_read_event(node, id, &node->scratch, &event, &event_lsn, &is_part, out_why);

    if (!err && is_part && event_lsn > lsn) {
        err = fq_node_was_carried(node, id, lsn, &is_part, out_why);
    }
    *out_record = !err && is_part ? event.record : (struct fq_span){0};
    return err;
}

/* As much of a history as the turn has room for; the last relay says how far it goes. */
static fq_err gather_history(struct gathering *gathering, struct fq_relay *relay,
                             const struct fq_event_id *cursor, struct fq_why *out_why)
{
    uint32_t count = 0, next = 0, first = gathering->count;
    struct fq_event_id *ids = list_history(gathering->node, relay, cursor, &count);

    if (!ids) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (; next < count && !is_full(gathering); next++) {
        size_t mark = gathering->node->scratch.used;
        relay->id = ids[next];
        fq_err err = read_part(gathering->node, &ids[next], relay->lsn, &relay->record, out_why);
        if (err) {
            return err;
        }
        if (relay->record.size > 0) {
            add(gathering, relay);
        } else {
            gathering->node->scratch.used = mark;
        }
    }
    if (gathering->count == first) { /* nothing to tell */
        relay->record = (struct fq_span){0};
        add(gathering, relay);
    }
    gathering->relays[gathering->count - 1].is_settled = true;
    gathering->relays[gathering->count - 1].is_done = next == count;
    return FQ_OK;
}

static fq_err gather_entry(struct gathering *gathering, struct fq_span key, struct fq_span value,
                           struct fq_why *out_why)
{
    struct fq_relay relay = {.recipient = fq_get_be32(key.data), .lsn = fq_get_be64(key.data + 4)};

    if (value.size == EVENT_SIZE && value.data[0] == MARK_EVENT) {
        struct fq_event_id id = fq_event_id_decode(value.data + 1);
        return gather_event(gathering, &relay, &id, out_why);
    }
    if (value.size != HISTORY_SIZE || value.data[0] != MARK_HISTORY) {
        return fq_fail(out_why, FQ_REASON_BYTES, "owed");
    }
    memcpy(relay.dispute.bytes, value.data + 1, FQ_ID_SIZE);
    struct fq_event_id cursor = fq_event_id_decode(value.data + 1 + FQ_ID_SIZE);
    return gather_history(gathering, &relay, &cursor, out_why);
}

static fq_err gather_from(struct gathering *gathering, struct fq_cursor *cursor, uint32_t recipient,
                          struct fq_why *out_why)
{
    uint8_t first[KEY_SIZE] = {0};
    fq_err err = FQ_OK;

    fq_put_be32(first, recipient);
    for (fq_cursor_seek(cursor, fq_span_of(first, sizeof first));
         !err && fq_cursor_is_valid(cursor) && !is_full(gathering); fq_cursor_next(cursor)) {
        struct fq_span key = fq_cursor_key(cursor);
        if (key.size != KEY_SIZE || fq_get_be32(key.data) != recipient) {
            break;
        }
        err = gather_entry(gathering, key, fq_cursor_value(cursor), out_why);
    }
    return err ? err : fq_cursor_error(cursor, out_why);
}

fq_err fq_relay_listen(struct fq_node *node, struct fq_why *out_why)
{
    struct gathering gathering = {.node = node};
    struct fq_cursor *cursor = NULL;

    if (!fq_relay_is_due(node)) {
        return FQ_OK;
    }
    gathering.relays =
        fq_arena_take_raw(&node->scratch, FQ_CORE_RELAYS_MAX * sizeof *gathering.relays);
    if (!gathering.relays) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_OWED, &cursor, out_why);
    for (uint32_t i = 0; i < node->owing_count && !err && !is_full(&gathering); i++) {
        const struct fq_owing *owing = &node->owing[(node->next_owing + i) % node->owing_count];
        if (is_open(node, owing)) {
            err = gather_from(&gathering, cursor, owing->recipient, out_why);
        }
    }
    fq_cursor_close(cursor);
    node->next_owing = (node->next_owing + 1) % node->owing_count;
    node->appends_ahead += gathering.count;
    node->inputs[node->input_count++] = (struct fq_input){
        .kind = FQ_INPUT_RELAYS, .relays = gathering.relays, .relay_count = gathering.count};
    return err;
}

/* ---- store ---- */

static void encode_key(uint32_t recipient, uint64_t lsn, uint8_t out[KEY_SIZE])
{
    fq_put_be32(out, recipient);
    fq_put_be64(out + 4, lsn);
}

static void put_entry(struct fq_writes *writes, uint32_t recipient, uint64_t lsn,
                      struct fq_span value)
{
    uint8_t key[KEY_SIZE];
    struct fq_span kept = fq_arena_copy(writes->arena, value);

    encode_key(recipient, lsn, key);
    writes->is_full |= !kept.data;
    fq_writes_put(writes, FQ_FAMILY_OWED, fq_span_of(key, sizeof key), kept);
}

static void put_history(struct fq_writes *writes, uint32_t recipient, uint64_t lsn,
                        const struct fq_id *dispute, const struct fq_event_id *cursor)
{
    uint8_t value[HISTORY_SIZE] = {MARK_HISTORY};

    memcpy(value + 1, dispute->bytes, FQ_ID_SIZE);
    fq_event_id_encode(cursor, value + 1 + FQ_ID_SIZE);
    put_entry(writes, recipient, lsn, fq_span_of(value, sizeof value));
}

static void put_owed(struct fq_writes *writes, const struct fq_owed *owed)
{
    static const struct fq_event_id beginning;
    uint8_t value[EVENT_SIZE] = {MARK_EVENT};

    if (owed->is_history) {
        put_history(writes, owed->recipient, owed->lsn, &owed->dispute, &beginning);
        return;
    }
    fq_event_id_encode(&owed->event, value + 1);
    put_entry(writes, owed->recipient, owed->lsn, fq_span_of(value, sizeof value));
}

void fq_relay_put(struct fq_node *node, struct fq_writes *writes)
{
    const struct fq_effects *effects = &node->turn.effects;
    uint8_t key[KEY_SIZE];

    for (const struct fq_owed *owed = effects->owed.first; owed; owed = owed->next) {
        put_owed(writes, owed);
        owing_of(node, owed->recipient)->count++;
    }
    for (uint32_t i = 0; i < effects->settled_count; i++) {
        const struct fq_settled *settled = &effects->settled[i];
        if (settled->is_done) {
            encode_key(settled->recipient, settled->lsn, key);
            fq_writes_delete(writes, FQ_FAMILY_OWED, fq_span_of(key, sizeof key));
            owing_of(node, settled->recipient)->count--;
        } else {
            put_history(writes, settled->recipient, settled->lsn, &settled->dispute,
                        &settled->cursor);
        }
    }
}
