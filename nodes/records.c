/* What a mediator's program needs to work away from the node and to know where its commands are: who
 * this node is, the records of single disputes, and receipts. */
#include <stdio.h>
#include <string.h>

#include "service.h"

#define PAGE_SIZE_MAX (200 * 1024)
#define RECEIPTS_MAX 1024
#define HEAD_SIZE 96 /* of a record in a page: dispute, event, and their heads */

static void put_text(struct fq_writer *writer, const char *key, const char *value)
{
    fq_write_text(writer, key);
    fq_write_text(writer, value);
}

static void put_uint(struct fq_writer *writer, const char *key, uint64_t value)
{
    fq_write_text(writer, key);
    fq_write_uint(writer, value);
}

/* ---- desk ---- */

/* The digest of every table a client may keep: of all that the verbs `table.*` answer. */
static fq_err digest_tables(struct fq_node *node, char out_hex[33], struct fq_why *out_why)
{
    struct fq_digest sum = {0};
    uint8_t bytes[16];
    size_t mark = node->scratch.used;
    fq_err err = FQ_OK;

    for (const struct fq_verb *verb = fq_verbs; verb->name && !err; verb++) {
        if (strncmp(verb->name, "table.", 6) != 0) {
            continue;
        }
        uint8_t args_bytes[96];
        struct fq_answer answer = {.cursor_size = 0};
        do {
            struct fq_writer args = fq_writer_over(args_bytes, sizeof args_bytes);
            fq_write_map(&args, answer.cursor_size > 0);
            if (answer.cursor_size > 0) {
                fq_write_text(&args, "cursor");
                fq_write_bytes(&args, answer.cursor, answer.cursor_size);
            }
            answer.cursor_size = 0;
            node->scratch.used = mark;
            answer.writer = fq_writer_take(&node->scratch, FQ_NET_MESSAGE_MAX);
            err = verb->run(node, fq_writer_span(&args), &answer, out_why);
            fq_digest_add(&sum, fq_hash_digest(fq_writer_span(&answer.writer)));
        } while (!err && answer.cursor_size > 0);
    }
    node->scratch.used = mark;
    fq_put_be64(bytes, sum.high);
    fq_put_be64(bytes + 8, sum.low);
    fq_hex_encode(fq_span_of(bytes, sizeof bytes), out_hex);
    return err;
}

/* The tiers above, the nearest first; gives how many. */
static uint32_t tiers_above(const struct fq_node *node, enum fq_tier out_tiers[2])
{
    uint32_t count = 0;
    uint32_t code = fq_sync_parent(&node->core.sync) / 100;

    if (!node->core.options.has_parent || code == 0) {
        return 0; /* the top, or not yet known */
    }
    for (const struct fq_area *area = fq_areas_find(&node->areas, code); area && count < 2;
         area = area->parent ? fq_areas_find(&node->areas, area->parent) : NULL) {
        out_tiers[count++] = area->tier;
    }
    return count;
}

static void write_above(const struct fq_node *node, struct fq_writer *writer)
{
    enum fq_tier tiers[2];
    uint32_t count = tiers_above(node, tiers);

    fq_write_text(writer, "above");
    fq_write_array(writer, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_write_text(writer, fq_tier_name(tiers[i]));
    }
}

fq_err fq_verb_desk(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                    struct fq_why *out_why)
{
    const struct fq_core_options *options = &node->core.options;
    struct fq_writer *writer = &answer->writer;
    char instance[2 * FQ_ID_SIZE + 1], digest[33];
    fq_err err = FQ_OK;

    (void)args;
    if (!node->tables_digest[0]) { /* they stay as they are while the node runs */
        err = digest_tables(node, digest, out_why);
        memcpy(node->tables_digest, digest, err ? 0 : sizeof digest);
    }
    if (err) {
        return err;
    }
    fq_hex_encode(fq_span_of(options->instance.bytes, FQ_ID_SIZE), instance);
    fq_write_map(writer, 8);
    put_uint(writer, "origin", options->origin);
    put_uint(writer, "area", options->area);
    put_text(writer, "tier", fq_tier_name(options->tier));
    put_text(writer, "instance", instance);
    put_uint(writer, "epoch", options->epoch);
    put_text(writer, "tables", node->tables_digest);
    put_uint(writer, "now", fq_clock_now().wall_ms);
    write_above(node, writer);
    return FQ_OK;
}

/* ---- dispute.records ---- */

struct page {
    struct fq_writer rows;
    uint32_t count;
    uint32_t dispute, fact; /* where the next page begins */
    bool is_full;
};

static uint32_t count_facts(const struct fq_view *view, const struct fq_dispute *dispute)
{
    uint32_t count = 0;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        count++;
    }
    return count;
}

static void write_record(const struct fq_event_id *id, const struct fq_event *event,
                         struct page *page)
{
    uint8_t key[FQ_EVENT_ID_SIZE];

    fq_event_id_encode(id, key);
    fq_write_array(&page->rows, 3);
    fq_write_bytes(&page->rows, event->dispute.bytes, FQ_ID_SIZE);
    fq_write_bytes(&page->rows, key, sizeof key);
    fq_write_bytes(&page->rows, event->record.data, event->record.size);
    page->count++;
}

/* The records of one dispute, from the fact at page->fact on. */
static fq_err write_dispute(struct fq_node *node, const struct fq_dispute *dispute,
                            struct page *page, struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    const struct fq_fact *fact = fq_view_facts(view, dispute);
    fq_err err = FQ_OK;

    for (uint32_t i = 0; fact && i < page->fact; i++) {
        fact = fq_view_next(view, fact);
    }
    for (; fact && !err; fact = fq_view_next(view, fact)) {
        struct fq_event_id id = fq_view_event_id(view, fact);
        size_t mark = node->scratch.used;
        struct fq_event event;
        uint64_t lsn;
        bool is_found = false;
        if (page->rows.size - page->rows.used < FQ_RECORD_MAX + HEAD_SIZE) {
            page->is_full = true;
            return FQ_OK;
        }
        err = fq_node_read_event(node, &id, &node->scratch, &event, &lsn, &is_found, out_why);
        if (!err && is_found) {
            write_record(&id, &event, page);
        }
        node->scratch.used = mark;
        page->fact++;
    }
    return err;
}

/* disputes: [[id, facts held already], ...]; those of which no more is known are left out. */
fq_err fq_verb_records(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                       struct fq_why *out_why)
{
    struct fq_reader list = fq_reader_over(fq_map_get(args, "disputes"));
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct page page = {.rows = fq_writer_take(&node->scratch, PAGE_SIZE_MAX)};
    uint32_t count = fq_read_type(&list) == FQ_CODEC_ARRAY ? fq_read_array(&list) : 0;
    uint32_t first_dispute = from.size == 8 ? fq_get_be32(from.data) : 0;
    fq_err err = FQ_OK;

    page.fact = from.size == 8 ? fq_get_be32(from.data + 4) : 0;
    for (page.dispute = 0; page.dispute < count && !page.is_full && !err; page.dispute++) {
        struct fq_reader wanted = fq_reader_over(fq_read_skip(&list));
        struct fq_id id = {{0}};
        (void)fq_read_array(&wanted);
        fq_read_exact(&wanted, id.bytes, FQ_ID_SIZE);
        uint64_t have = fq_read_uint(&wanted);
        if (page.dispute < first_dispute) {
            continue;
        }
        const struct fq_dispute *dispute =
            wanted.is_bad ? NULL : fq_view_find(&node->core.view, &id);
        if (dispute && (page.fact > 0 || count_facts(&node->core.view, dispute) != have)) {
            err = write_dispute(node, dispute, &page, out_why);
        }
        if (page.is_full) {
            fq_put_be32(answer->cursor, page.dispute);
            fq_put_be32(answer->cursor + 4, page.fact);
            answer->cursor_size = 8;
        } else {
            page.fact = 0;
        }
    }
    fq_write_array(&answer->writer, page.count);
    fq_write_raw(&answer->writer, fq_writer_span(&page.rows));
    return err;
}

/* ---- receipt ---- */

struct asked {
    struct fq_id cmd_id, dispute;
    struct fq_event_id event; /* what the asker was told; seq 0: nothing yet */
};

static bool read_asked(struct fq_reader *list, struct asked *out_asked)
{
    struct fq_reader one = fq_reader_over(fq_read_skip(list));
    uint32_t parts = fq_read_array(&one);

    fq_read_exact(&one, out_asked->cmd_id.bytes, FQ_ID_SIZE);
    fq_read_exact(&one, out_asked->dispute.bytes, FQ_ID_SIZE);
    struct fq_span event = fq_read_bytes(&one);
    if (event.size == FQ_EVENT_ID_SIZE) {
        out_asked->event = fq_event_id_decode(event.data);
    }
    return parts == 3 && !one.is_bad;
}

/* The event a command made, by the view; else, for what is folded into no dispute, by the log. */
static fq_err find_event(struct fq_node *node, const struct asked *asked,
                         struct fq_event_id *out_event, bool *out_found, struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    const struct fq_dispute *dispute = fq_view_find(view, &asked->dispute);
    const struct fq_fact *fact = dispute ? fq_view_command(view, dispute, &asked->cmd_id) : NULL;
    struct fq_event event;
    uint64_t lsn;
    fq_err err = FQ_OK;

    *out_found = fact != NULL;
    if (fact) {
        *out_event = fq_view_event_id(view, fact);
    } else if (asked->event.seq > 0) {
        err = fq_node_read_event(node, &asked->event, &node->scratch, &event, &lsn, out_found,
                                 out_why);
        *out_found = *out_found && fq_id_equal(&event.cmd_id, &asked->cmd_id);
        *out_event = asked->event;
    }
    return err;
}

/* When the batch that brought the event came in here. */
static fq_err arrived_at(struct fq_node *node, const struct fq_event_id *id, uint64_t *out_ms,
                         struct fq_why *out_why)
{
    struct fq_cursor *cursor = NULL;
    struct fq_event event;
    struct fq_arrival arrival;
    uint8_t key[8];
    uint64_t lsn = 0;
    bool is_found = false;
    fq_err err = fq_node_read_event(node, id, &node->scratch, &event, &lsn, &is_found, out_why);

    if (err || !is_found) {
        return err;
    }
    err = fq_cursor_open(node->store, FQ_FAMILY_ARRIVAL, &cursor, out_why);
    if (err) {
        return err;
    }
    fq_put_be64(key, lsn);
    fq_cursor_seek_last(cursor, fq_span_of(key, sizeof key));
    if (fq_cursor_is_valid(cursor) && fq_arrival_decode(fq_cursor_value(cursor), &arrival)) {
        *out_ms = arrival.wall_ms;
    }
    fq_cursor_close(cursor);
    return FQ_OK;
}

/* Since when a tier above holds the event; 0 not yet. Now, when that is not remembered (R1). */
static uint64_t held_since(const struct fq_node *node, const struct fq_event_id *event,
                           uint64_t reached, const struct fq_progress_ring *ring, uint64_t now_ms)
{
    uint64_t since =
        fq_log_id_equal(&event->log, &node->progress.log) ? fq_progress_since(ring, event->seq) : 0;

    return reached < event->seq ? 0 : since ? since : now_ms;
}

static fq_err write_receipt(struct fq_node *node, const struct asked *asked, uint64_t now_ms,
                            struct fq_writer *writer, struct fq_why *out_why)
{
    enum fq_tier tiers[2];
    uint32_t above = tiers_above(node, tiers);
    struct fq_event_id event = {{0}, 0};
    uint8_t key[FQ_EVENT_ID_SIZE];
    uint64_t here_ms = now_ms;
    bool is_found;
    fq_err err = find_event(node, asked, &event, &is_found, out_why);

    if (err || !is_found) {
        fq_write_array(writer, 0);
        return err;
    }
    err = arrived_at(node, &event, &here_ms, out_why);
    const struct fq_log *log = fq_frontier_find(&node->core.frontier, &event.log);
    fq_event_id_encode(&event, key);
    fq_write_array(writer, 2 + above);
    fq_write_bytes(writer, key, sizeof key);
    fq_write_uint(writer, here_ms);
    if (above > 0) {
        fq_write_uint(
            writer, held_since(node, &event, log ? log->acked : 0, &node->progress.acked, now_ms));
    }
    if (above > 1) {
        fq_write_uint(writer,
                      held_since(node, &event, log ? log->up : 0, &node->progress.up, now_ms));
    }
    return err;
}

fq_err fq_verb_receipt(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                       struct fq_why *out_why)
{
    struct fq_reader list = fq_reader_over(fq_map_get(args, "commands"));
    uint32_t count = fq_read_type(&list) == FQ_CODEC_ARRAY ? fq_read_array(&list) : 0;
    uint64_t now_ms = fq_clock_now().wall_ms;
    struct fq_writer *writer = &answer->writer;
    fq_err err = FQ_OK;

    if (count > RECEIPTS_MAX) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "commands: %u, at most %u", count,
                       RECEIPTS_MAX);
    }
    fq_write_map(writer, 4);
    put_text(writer, "tier", fq_tier_name(node->core.options.tier));
    put_uint(writer, "now", now_ms);
    write_above(node, writer);
    fq_write_text(writer, "receipts");
    fq_write_array(writer, count);
    for (uint32_t i = 0; i < count && !err; i++) {
        size_t mark = node->scratch.used;
        struct asked asked = {.event = {.seq = 0}};
        if (!read_asked(&list, &asked)) {
            return fq_fail(out_why, FQ_REASON_ARGUMENT, "commands");
        }
        err = write_receipt(node, &asked, now_ms, writer, out_why);
        node->scratch.used = mark;
    }
    return err;
}
