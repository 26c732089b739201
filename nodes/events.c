#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"

#include "fq/core/describe.h"

/* ---- replay ---- */

#define EVENTS_SIZE_MAX (200 * 1024)
#define REPLAY_BATCHES_MAX 64 /* looked at in one answer, so that a turn stays short */

struct filter {
    char area[16]; /* prefix of the six digits; empty for all */
    bool events[FQ_EVENT_KINDS];
    bool has_events;
    uint16_t type;
    uint64_t limit;
};

struct replaying {
    struct fq_node *node;
    struct filter filter;
    uint64_t from_lsn;
    uint64_t scanned; /* every event up to here was looked at */
    uint64_t count;
    struct fq_writer events;
    bool is_full;
};

static fq_err read_filter(struct fq_node *node, struct fq_span args, struct filter *filter,
                          struct fq_why *out_why)
{
    struct fq_span area = fq_map_text(args, "area");
    struct fq_span type = fq_map_text(args, "type");
    struct fq_reader events = fq_reader_over(fq_map_get(args, "events"));

    filter->limit = fq_map_uint(args, "limit");
    if (filter->limit == 0) {
        filter->limit = UINT64_MAX;
    }
    if (area.size > 6) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%.*s", (int)(area.size & 0xff),
                       (const char *)area.data);
    }
    if (area.size > 0) {
        memcpy(filter->area, area.data, area.size);
    }
    if (type.size > 0 && !fq_codes_find_id(&node->codes, FQ_CODES_TYPE, type, &filter->type)) {
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "type: %.*s", (int)(type.size & 0xff),
                       (const char *)type.data);
    }
    if (fq_read_type(&events) == FQ_CODEC_ARRAY) {
        uint32_t count = fq_read_array(&events);
        for (uint32_t i = 0; i < count && !events.is_bad; i++) {
            struct fq_span name = fq_read_text(&events);
            unsigned kind = fq_kind_find(name);
            if (kind == 0) {
                return fq_fail(out_why, FQ_REASON_MEASURE_UNKNOWN, "event: %.*s",
                               (int)(name.size & 0xff), (const char *)name.data);
            }
            filter->events[kind] = true;
            filter->has_events = true;
        }
    }
    return FQ_OK;
}

static bool is_wanted(const struct replaying *replaying, const struct fq_event *event)
{
    const struct filter *filter = &replaying->filter;
    char area[16];

    if (!fq_kind_row(event->kind)) {
        return false;
    }
    snprintf(area, sizeof area, "%06u", event->area);
    if (strncmp(area, filter->area, strlen(filter->area)) != 0 ||
        (filter->has_events && !filter->events[event->kind])) {
        return false;
    }
    if (filter->type) {
        const struct fq_dispute *dispute =
            fq_view_find(&replaying->node->core.view, &event->dispute);
        return dispute && dispute->type == filter->type;
    }
    return true;
}

static void add_event(struct replaying *replaying, const struct fq_event *event, uint64_t lsn,
                      uint64_t prev)
{
    struct fq_writer *writer = &replaying->events;

    if (replaying->count == replaying->filter.limit ||
        writer->size - writer->used < FQ_DESCRIBE_EVENT_MAX) {
        replaying->is_full = true;
        return;
    }
    fq_describe_event(&replaying->node->codes, event, lsn, prev, writer);
    replaying->count++;
    replaying->scanned = lsn;
}

static fq_err replay_batch(void *context, const struct fq_batch *batch, uint64_t first_lsn,
                           const struct fq_arrival *arrival, struct fq_why *out_why)
{
    struct replaying *replaying = context;
    struct fq_feed_reader reader;
    struct fq_event event;
    uint64_t lsn, prev;

    if (replaying->is_full) {
        return FQ_OK;
    }
    if (!fq_feed_reader_init(&reader, batch, first_lsn, arrival)) {
        return fq_fail(out_why, FQ_REASON_BYTES, "arrival");
    }
    while (!replaying->is_full && fq_feed_next(&reader, &event, &lsn, &prev)) {
        if (lsn < replaying->from_lsn) {
            continue;
        }
        struct fq_event carried;
        const struct fq_event *told = fq_node_told_event(replaying->node, &event, &carried);
        if (told && is_wanted(replaying, told)) {
            add_event(replaying, told, lsn, prev);
        } else {
            replaying->scanned = lsn;
        }
    }
    return FQ_OK;
}

static void write_instance(const struct fq_node *node, struct fq_writer *writer)
{
    char instance[2 * FQ_ID_SIZE + 1];

    fq_hex_encode(fq_span_of(node->core.options.instance.bytes, FQ_ID_SIZE), instance);
    fq_write_text(writer, "instance");
    fq_write_text(writer, instance);
}

fq_err fq_verb_replay(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                      struct fq_why *out_why)
{
    struct replaying replaying = {
        .node = node,
        .from_lsn = fq_map_uint(args, "from"),
        .events = fq_writer_take(&node->scratch, EVENTS_SIZE_MAX),
    };
    uint64_t next_lsn;
    fq_err err = read_filter(node, args, &replaying.filter, out_why);

    replaying.from_lsn = replaying.from_lsn ? replaying.from_lsn : 1;
    replaying.scanned = replaying.from_lsn - 1;
    if (!err && replaying.from_lsn <= node->core.feed.head) {
        err = fq_node_walk(node->store, replaying.from_lsn, REPLAY_BATCHES_MAX, replay_batch,
                           &replaying, &next_lsn, out_why);
    }
    if (err) {
        return err;
    }
    answer->is_waiting = replaying.count == 0 && replaying.scanned >= node->core.feed.head;
    fq_write_map(&answer->writer, 4);
    fq_write_text(&answer->writer, "events");
    fq_write_array(&answer->writer, (uint32_t)replaying.count);
    fq_write_raw(&answer->writer, fq_writer_span(&replaying.events));
    fq_write_text(&answer->writer, "scanned");
    fq_write_uint(&answer->writer, replaying.scanned);
    fq_write_text(&answer->writer, "head");
    fq_write_uint(&answer->writer, node->core.feed.head);
    write_instance(node, &answer->writer);
    return FQ_OK;
}

/* ---- where a replay begins ---- */

struct seeking {
    uint64_t since_ms;
    uint64_t lsn; /* of the first batch that arrived then or later; 0 not found */
};

static fq_err seek_batch(void *context, const struct fq_batch *batch, uint64_t first_lsn,
                         const struct fq_arrival *arrival, struct fq_why *out_why)
{
    struct seeking *seeking = context;

    (void)batch;
    (void)out_why;
    if (seeking->lsn == 0 && arrival->wall_ms >= seeking->since_ms) {
        seeking->lsn = first_lsn;
    }
    return FQ_OK;
}

/* begin, end, -N, an lsn, a time. */
static fq_err resolve_from(struct fq_node *node, const char *from, uint64_t *out_lsn,
                           struct fq_why *out_why)
{
    uint64_t head = node->core.feed.head;
    struct seeking seeking = {0};
    char *end = NULL;
    int64_t since_ms;
    uint64_t next_lsn;

    if (from[0] == '\0' || strcmp(from, "begin") == 0) {
        *out_lsn = 1;
        return FQ_OK;
    }
    if (strcmp(from, "end") == 0) {
        *out_lsn = head + 1;
        return FQ_OK;
    }
    unsigned long long number = strtoull(from[0] == '-' ? from + 1 : from, &end, 10);
    if (end && *end == '\0' && end != from && from[strspn(from, "-")] >= '0') {
        *out_lsn = from[0] != '-' ? number : number >= head ? 1 : head - number + 1;
        return FQ_OK;
    }
    if (!fq_time_parse(fq_span_text(from), &since_ms)) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "from: %s", from);
    }
    seeking.since_ms = since_ms < 0 ? 0 : (uint64_t)since_ms;
    fq_err err = fq_node_walk(node->store, 1, UINT64_MAX, seek_batch, &seeking, &next_lsn, out_why);
    *out_lsn = seeking.lsn ? seeking.lsn : head + 1;
    return err;
}

fq_err fq_verb_replay_start(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                            struct fq_why *out_why)
{
    struct fq_span from = fq_map_text(args, "from");
    char text[64] = "";
    uint64_t lsn = 1;

    if (from.size >= sizeof text) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "from");
    }
    if (from.size > 0) {
        memcpy(text, from.data, from.size);
    }
    fq_err err = resolve_from(node, text, &lsn, out_why);
    if (!err) {
        fq_write_map(&answer->writer, 3);
        fq_write_text(&answer->writer, "lsn");
        fq_write_uint(&answer->writer, lsn);
        fq_write_text(&answer->writer, "head");
        fq_write_uint(&answer->writer, node->core.feed.head);
        write_instance(node, &answer->writer);
    }
    return err;
}

/* ---- log verify ---- */

fq_err fq_verb_log_verify(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                          struct fq_why *out_why)
{
    struct fq_verification verification;
    fq_err err = fq_verify_log(node->store, &verification, out_why);

    (void)args;
    if (err) {
        return err;
    }
    fq_write_map(&answer->writer, 4);
    fq_write_text(&answer->writer, "batches");
    fq_write_uint(&answer->writer, verification.batches);
    fq_write_text(&answer->writer, "events");
    fq_write_uint(&answer->writer, verification.events);
    fq_write_text(&answer->writer, "match");
    fq_write_bool(&answer->writer, verification.is_match);
    fq_write_text(&answer->writer, "first_bad");
    if (verification.is_match) {
        fq_write_nil(&answer->writer);
    } else {
        fq_write_text(&answer->writer, verification.first_bad);
    }
    return FQ_OK;
}

/* ---- evidence ---- */

#define EVIDENCE_HEAD (16 + FQ_EVENT_ID_SIZE)
#define EVIDENCE_PAGE 500

static void write_evidence(struct fq_span value, struct fq_writer *writer)
{
    struct fq_event_id at = fq_event_id_decode(value.data + 16);
    char text[64];

    fq_write_map(writer, 7);
    fq_write_text(writer, "at");
    fq_time_format_ms((int64_t)fq_get_be64(value.data), text);
    fq_write_text(writer, text);
    fq_write_text(writer, "reason");
    snprintf(text, sizeof text, "FQ-%04u", fq_get_be32(value.data + 8));
    fq_write_text(writer, text);
    fq_write_text(writer, "peer");
    snprintf(text, sizeof text, "%08u", fq_get_be32(value.data + 12));
    fq_write_text(writer, text);
    fq_write_text(writer, "origin");
    snprintf(text, sizeof text, "%08u", at.log.origin);
    fq_write_text(writer, text);
    fq_write_text(writer, "stream");
    fq_write_uint(writer, at.log.stream);
    fq_write_text(writer, "epoch");
    fq_write_uint(writer, at.log.epoch);
    fq_write_text(writer, "seq");
    fq_write_uint(writer, at.seq);
}

fq_err fq_verb_evidence(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                        struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct fq_writer rows = fq_writer_take(&node->scratch, EVENTS_SIZE_MAX);
    struct fq_cursor *cursor = NULL;
    uint32_t count = 0;
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_EVIDENCE, &cursor, out_why);

    if (err) {
        return err;
    }
    for (fq_cursor_seek(cursor, from); fq_cursor_is_valid(cursor); fq_cursor_next(cursor)) {
        if (count == EVIDENCE_PAGE) {
            struct fq_span key = fq_cursor_key(cursor);
            answer->cursor_size = key.size < sizeof answer->cursor ? key.size : 0;
            memcpy(answer->cursor, key.data, answer->cursor_size);
            break;
        }
        if (fq_cursor_value(cursor).size >= EVIDENCE_HEAD) {
            write_evidence(fq_cursor_value(cursor), &rows);
            count++;
        }
    }
    fq_cursor_close(cursor);
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}
