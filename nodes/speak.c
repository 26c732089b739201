#include "node.h"

#include <string.h>

#include "fq/core/describe.h"
#include "fq/core/link.h"

/* ---- the children's routes ---- */

static struct fq_route *route_of(struct fq_node *node, uint32_t origin)
{
    for (uint32_t i = 0; i < node->route_count; i++) {
        if (node->route_origins[i] == origin) {
            return &node->routes[i];
        }
    }
    return NULL;
}

void fq_node_remember_route(struct fq_node *node, uint32_t origin, const struct fq_route *route)
{
    struct fq_route *known = route_of(node, origin);

    if (known) {
        *known = *route;
    } else if (node->route_count < FQ_CHILDREN_MAX) {
        node->route_origins[node->route_count] = origin;
        node->routes[node->route_count++] = *route;
    }
}

/* ---- to the core, next turn ---- */

static void tell_core(struct fq_node *node, const struct fq_input *input)
{
    if (node->pending_count < node->pending_capacity) {
        node->pending[node->pending_count++] = *input;
    }
}

static void tell_gone(struct fq_node *node, uint32_t peer)
{
    tell_core(node, &(struct fq_input){.kind = FQ_INPUT_PEER_GONE, .peer = peer});
}

/* ---- link ---- */

/* A frame that cannot go now is dropped: whoever waits for it asks again, the log has it. */
static bool send_link(struct fq_node *node, uint32_t peer, struct fq_span frame)
{
    enum fq_sent sent = FQ_SENT_GONE;

    if (peer == FQ_PEER_PARENT) {
        sent = fq_net_send_parent(node->net, frame);
    } else {
        struct fq_route *route = route_of(node, peer);
        if (route) {
            sent = fq_net_send_service(node->net, fq_span_of(route->bytes, route->size), frame);
        }
        if (sent == FQ_SENT_GONE) {
            tell_gone(node, peer);
        }
    }
    return sent == FQ_SENT_OK;
}

/* Carry out one forward: read batches from the store and send each; tell the core how far. */
static void forward(struct fq_node *node, const struct fq_forward *wanted, struct fq_cursor *cursor)
{
    struct fq_event_id at = {wanted->log, wanted->from_seq};
    struct fq_input told = {
        .kind = FQ_INPUT_FORWARDED, .forward = *wanted, .next_seq = wanted->from_seq};
    uint8_t key[FQ_LOG_KEY_SIZE];
    struct fq_batch batch;

    fq_log_key_encode(&at, key);
    for (fq_cursor_seek_last(cursor, fq_span_of(key, sizeof key));
         fq_cursor_is_valid(cursor) &&
         fq_node_batch_at(cursor, &wanted->log, told.next_seq, &batch);
         fq_cursor_next(cursor)) {
        if (told.bytes_sent > 0 && told.bytes_sent + batch.bytes.size > wanted->size_max) {
            break;
        }
        size_t mark = node->scratch.used;
        struct fq_span frame = {0};
        bool is_sent =
            fq_sync_batch_frame(&node->core.sync, wanted, batch.bytes, &node->scratch, &frame) &&
            send_link(node, wanted->peer, frame);
        node->scratch.used = mark; /* the frame was copied by the socket */
        if (!is_sent) {
            break;
        }
        told.bytes_sent += batch.bytes.size;
        told.next_seq = batch.seal.to_seq + 1;
    }
    tell_core(node, &told);
}

static void forward_all(struct fq_node *node)
{
    const struct fq_effects *effects = &node->turn.effects;
    struct fq_cursor *cursor = NULL;
    struct fq_why why = {0};

    if (effects->forward_count == 0) {
        return;
    }
    if (fq_cursor_open(node->store, FQ_FAMILY_LOG, &cursor, &why)) {
        fq_node_log("error", "store.read_failed detail=\"%s\"", why.detail);
        return;
    }
    for (uint32_t i = 0; i < effects->forward_count; i++) {
        forward(node, &effects->forwards[i], cursor);
    }
    fq_cursor_close(cursor);
}

/* ---- feed ---- */

static void publish_event(struct fq_node *node, const struct fq_event *event, uint64_t lsn,
                          uint64_t prev)
{
    char topic[64];
    size_t mark = node->scratch.used;
    struct fq_event carried;
    event = fq_node_told_event(node, event, &carried);
    const struct fq_kind_row *row = event ? fq_kind_row(event->kind) : NULL;
    struct fq_writer writer = fq_writer_take(&node->scratch, FQ_DESCRIBE_EVENT_MAX);

    if (row) {
        int size = snprintf(topic, sizeof topic, "ev.%06u.%s", event->area, row->name);
        fq_describe_event(&node->codes, event, lsn, prev, &writer);
        struct fq_span payload = fq_writer_span(&writer);
        if (payload.size > 0 && size > 0) {
            fq_net_publish(node->net, fq_span_of(topic, (size_t)size), payload);
        }
    }
    node->scratch.used = mark;
}

static void publish_batch(struct fq_node *node, const struct fq_append *append)
{
    struct fq_feed_reader reader;
    struct fq_arrival arrival;
    struct fq_batch batch;
    struct fq_event event;
    struct fq_why why;
    uint64_t lsn, prev;

    if (fq_batch_parse(append->batch, &batch, &why) != FQ_OK ||
        !fq_arrival_decode(append->arrival, &arrival) ||
        !fq_feed_reader_init(&reader, &batch, append->first_lsn, &arrival)) {
        return;
    }
    while (fq_feed_next(&reader, &event, &lsn, &prev)) {
        publish_event(node, &event, lsn, prev);
    }
}

/* Once a second: the head, and the last lsn of each area that changed since the last beat. */
static void publish_beat(struct fq_node *node)
{
    const struct fq_feed *feed = &node->core.feed;
    char instance[2 * FQ_ID_SIZE + 1];
    char area[16];
    uint32_t changed = 0;
    struct fq_writer writer = fq_writer_take(&node->scratch, 64 + FQ_FEED_AREAS_MAX * 20);

    for (size_t i = 0; i < FQ_FEED_AREAS_MAX; i++) {
        changed += feed->areas[i].last_lsn > node->beat_lsn;
    }
    fq_hex_encode(fq_span_of(node->core.options.instance.bytes, FQ_ID_SIZE), instance);
    fq_write_map(&writer, 3);
    fq_write_text(&writer, "instance");
    fq_write_text(&writer, instance);
    fq_write_text(&writer, "head");
    fq_write_uint(&writer, feed->head);
    fq_write_text(&writer, "areas");
    fq_write_map(&writer, changed);
    for (size_t i = 0; i < FQ_FEED_AREAS_MAX; i++) {
        if (feed->areas[i].last_lsn > node->beat_lsn) {
            snprintf(area, sizeof area, "%06u", feed->areas[i].area);
            fq_write_text(&writer, area);
            fq_write_uint(&writer, feed->areas[i].last_lsn);
        }
    }
    if (!writer.is_full) {
        fq_net_publish(node->net, fq_span_text("hb"), fq_writer_span(&writer));
    }
    node->beat_lsn = feed->head;
}

#define BEAT_MS 1000

static void publish(struct fq_node *node, uint64_t steady_ms)
{
    if (node->subscriptions > 0) {
        for (uint32_t i = 0; i < node->turn.effects.append_count; i++) {
            publish_batch(node, &node->turn.effects.appends[i]);
        }
    }
    if (steady_ms - node->beat_ms >= BEAT_MS) {
        publish_beat(node);
        node->beat_ms = steady_ms;
    }
}

void fq_node_speak(struct fq_node *node, uint64_t steady_ms)
{
    const struct fq_effects *effects = &node->turn.effects;

    for (uint32_t i = 0; i < effects->send_count; i++) {
        if (!send_link(node, effects->sends[i].peer, effects->sends[i].frame) &&
            effects->sends[i].peer == FQ_PEER_PARENT) {
            tell_gone(node, FQ_PEER_PARENT);
        }
    }
    forward_all(node);
    publish(node, steady_ms);
}
