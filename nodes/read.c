#include "node.h"

/* The record in the batch at the cursor, copied into the arena; none when it is not there. */
static fq_err copy_record(struct fq_cursor *cursor, const struct fq_event_id *id,
                          struct fq_arena *arena, struct fq_span *out_record, uint64_t *out_lsn,
                          bool *out_found, struct fq_why *out_why)
{
    struct fq_event_id first = fq_event_id_decode(fq_cursor_key(cursor).data);
    struct fq_span value = fq_cursor_value(cursor);
    struct fq_batch batch;

    if (!fq_log_id_equal(&first.log, &id->log) || value.size <= FQ_LOG_VALUE_HEAD) {
        return FQ_OK;
    }
    fq_err err =
        fq_batch_parse(fq_span_of(value.data + FQ_LOG_VALUE_HEAD, value.size - FQ_LOG_VALUE_HEAD),
                       &batch, out_why);
    if (err || id->seq > batch.seal.to_seq) {
        return err;
    }
    struct fq_reader reader = fq_reader_over(batch.records);
    for (uint64_t seq = batch.seal.from_seq; seq < id->seq; seq++) {
        (void)fq_read_skip(&reader);
    }
    struct fq_span record = fq_read_skip(&reader);
    *out_record = fq_arena_copy(arena, record);
    *out_lsn = fq_get_be64(value.data) + (id->seq - first.seq);
    *out_found = !reader.is_bad;
    return out_record->data ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
}

static fq_err find_written(struct fq_node *node, const struct fq_event_id *id,
                           struct fq_arena *arena, struct fq_span *out_record, uint64_t *out_lsn,
                           bool *out_found, struct fq_why *out_why)
{
    struct fq_cursor *cursor = NULL;
    uint8_t key[FQ_LOG_KEY_SIZE];
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_LOG, &cursor, out_why);

    *out_found = false;
    if (err) {
        return err;
    }
    fq_log_key_encode(id, key);
    fq_cursor_seek_last(cursor, fq_span_of(key, sizeof key));
    if (fq_cursor_is_valid(cursor)) {
        err = copy_record(cursor, id, arena, out_record, out_lsn, out_found, out_why);
    }
    fq_cursor_close(cursor);
    return err;
}

static fq_err read_written(struct fq_node *node, const struct fq_event_id *id,
                           struct fq_arena *arena, struct fq_event *out_event, uint64_t *out_lsn,
                           bool *out_found, struct fq_why *out_why)
{
    struct fq_span record;
    fq_err err = find_written(node, id, arena, &record, out_lsn, out_found, out_why);

    if (!err && *out_found) {
        struct fq_reader reader = fq_reader_over(record);
        *out_found = fq_event_decode(&reader, *id, out_event);
    }
    return err;
}

/* Where the relay lies that carries the event, as `carried` says. */
static fq_err find_carrier(struct fq_node *node, const struct fq_event_id *id,
                           struct fq_arena *arena, struct fq_event_id *out_at, bool *out_found,
                           struct fq_why *out_why)
{
    uint8_t key[FQ_EVENT_ID_SIZE];
    struct fq_span place;

    fq_event_id_encode(id, key);
    fq_err err = fq_store_get(node->store, FQ_FAMILY_CARRIED, fq_span_of(key, sizeof key), arena,
                              &place, out_found, out_why);
    *out_found = !err && *out_found && place.size == FQ_EVENT_ID_SIZE;
    if (*out_found) {
        *out_at = fq_event_id_decode(place.data);
    }
    return err;
}

fq_err fq_node_read_event(struct fq_node *node, const struct fq_event_id *id,
                          struct fq_arena *arena, struct fq_event *out_event, uint64_t *out_lsn,
                          bool *out_found, struct fq_why *out_why)
{
    struct fq_event_id at;
    struct fq_event relay;
    fq_err err = read_written(node, id, arena, out_event, out_lsn, out_found, out_why);

    if (err || *out_found) {
        return err;
    }
    err = find_carrier(node, id, arena, &at, out_found, out_why);
    if (!err && *out_found) { /* received in a relay alone */
        err = read_written(node, &at, arena, &relay, out_lsn, out_found, out_why);
        *out_found = !err && *out_found && fq_event_open_relay(&relay, out_event);
    }
    return err;
}

fq_err fq_node_was_carried(struct fq_node *node, const struct fq_event_id *id, uint64_t lsn,
                           bool *out_was, struct fq_why *out_why)
{
    struct fq_event_id at;
    struct fq_span relay;
    uint64_t carried_lsn = 0;
    bool is_found = false;
    fq_err err = find_carrier(node, id, &node->scratch, &at, &is_found, out_why);

    if (!err && is_found) {
        err = find_written(node, &at, &node->scratch, &relay, &carried_lsn, &is_found, out_why);
    }
    *out_was = !err && is_found && carried_lsn <= lsn;
    return err;
}

const struct fq_event *fq_node_told_event(const struct fq_node *node, const struct fq_event *event,
                                          struct fq_event *out_carried)
{
    if (event->kind < FQ_EVENT_CONTROL) {
        return event;
    }
    bool is_told =
        fq_event_open_relay(event, out_carried) &&
        !fq_areas_covers(&node->areas, node->core.options.area, out_carried->id.log.origin / 100);
    return is_told ? out_carried : NULL; /* of one's own area it was told when it came */
}
