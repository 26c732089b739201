#include "completeness.h"
#include "seal.h"

#include <stdio.h>
#include <string.h>

#include "fq/core/asof.h"
#include "fq/core/rollup.h"

#define REASON_SIZE_MAX 200

/* ---- what is kept ---- */

#define KEY_SIZE (FQ_ID_SIZE + 5)

static void put_key(const struct fq_id *id, enum fq_seal_part part, uint32_t index,
                    uint8_t out[KEY_SIZE])
{
    memcpy(out, id->bytes, FQ_ID_SIZE);
    out[FQ_ID_SIZE] = (uint8_t)part;
    fq_put_be32(out + FQ_ID_SIZE + 1, index);
}

fq_err fq_seal_store_part(struct fq_node *node, const struct fq_period_seal *seal,
                          enum fq_seal_part part, uint32_t index, struct fq_span *out_bytes,
                          struct fq_why *out_why)
{
    uint8_t key[KEY_SIZE];
    char hex[2 * FQ_ID_SIZE + 1];
    bool is_found = false;

    put_key(&seal->id, part, index, key);
    fq_err err = fq_store_get(node->store, FQ_FAMILY_SEAL, fq_span_of(key, sizeof key),
                              &node->scratch, out_bytes, &is_found, out_why);
    if (err || is_found) {
        return err;
    }
    fq_hex_encode(fq_span_of(seal->id.bytes, FQ_ID_SIZE), hex);
    return fq_fail(out_why, FQ_REASON_SEAL_ELSEWHERE, "%s: %08u", hex, seal->node);
}

bool fq_seal_is_kept(const struct fq_node *node, const struct fq_period_seal *seal)
{
    return seal->node == node->core.options.origin;
}

fq_err fq_seal_store_open(struct fq_node *node, const struct fq_period_seal *seal,
                          struct fq_seal_store *out_stored, struct fq_why *out_why)
{
    struct fq_seal_store stored = {.lsn = 0};
    struct fq_span value;
    fq_err err = fq_seal_store_part(node, seal, FQ_SEAL_HEAD, 0, &value, out_why);

    err = err ? err : fq_seal_store_part(node, seal, FQ_SEAL_MARKS, 0, &stored.marks, out_why);
    if (err) {
        return err;
    }
    struct fq_reader reader = fq_reader_over(value);
    bool is_whole = fq_codec_scan(value) && fq_read_array(&reader) == 6;
    stored.head = fq_read_bytes(&reader);
    stored.signature = fq_read_bytes(&reader);
    stored.notes = fq_read_bytes(&reader);
    stored.lsn = fq_read_uint(&reader);
    stored.cell_chunks = (uint32_t)fq_read_uint(&reader);
    stored.leaf_chunks = (uint32_t)fq_read_uint(&reader);
    if (!is_whole || reader.is_bad || !fq_codec_scan(stored.notes) ||
        !fq_codec_scan(stored.marks)) {
        return fq_fail(out_why, FQ_REASON_BYTES, "seal");
    }
    *out_stored = stored;
    return FQ_OK;
}

bool fq_seal_salt(struct fq_span notes, struct fq_id *out_salt)
{
    struct fq_span salt = fq_map_bytes(notes, "salt");

    if (salt.size != FQ_ID_SIZE) {
        return false;
    }
    memcpy(out_salt->bytes, salt.data, FQ_ID_SIZE);
    return true;
}

/* ---- as a row ---- */

static void put_text(struct fq_writer *writer, const char *key, const char *text)
{
    fq_write_text(writer, key);
    fq_write_text(writer, text);
}

static void put_hex(struct fq_writer *writer, const char *key, const void *bytes, size_t size)
{
    char text[2 * FQ_HASH_SIZE + 1];

    fq_hex_encode(fq_span_of(bytes, size), text);
    put_text(writer, key, text);
}

static void put_number(struct fq_writer *writer, const char *key, int width, uint32_t number)
{
    char text[16];

    snprintf(text, sizeof text, "%0*u", width, number);
    put_text(writer, key, text);
}

void fq_seal_describe(const struct fq_node *node, const struct fq_period_seal *seal,
                      struct fq_writer *writer)
{
    char text[FQ_TIME_TEXT_SIZE];
    uint8_t digest[16];

    put_hex(writer, "seal", seal->id.bytes, FQ_ID_SIZE);
    put_text(writer, "period", seal->period);
    fq_date_format(fq_month_first_day(seal->first_month), text);
    put_text(writer, "from", text);
    fq_date_format(fq_month_last_day(seal->last_month), text);
    put_text(writer, "to", text);
    put_number(writer, "area", 6, seal->area);
    put_number(writer, "node", 8, seal->node);
    fq_time_format_ms((int64_t)seal->made_ms, text);
    put_text(writer, "made", text);
    fq_write_text(writer, "forced");
    fq_write_bool(writer, seal->flags & FQ_PERIOD_FORCED);
    fq_write_text(writer, "missing");
    fq_write_uint(writer, seal->missing);
    fq_write_text(writer, "count");
    fq_write_uint(writer, seal->count);
    fq_put_be64(digest, seal->digest.high);
    fq_put_be64(digest + 8, seal->digest.low);
    put_hex(writer, "digest", digest, sizeof digest);
    put_hex(writer, "root", seal->root.bytes, FQ_HASH_SIZE);
    put_hex(writer, "cells", seal->cells.bytes, FQ_HASH_SIZE);
    put_hex(writer, "marks", seal->marks.bytes, FQ_HASH_SIZE);
    fq_write_text(writer, "metrics");
    fq_write_uint(writer, seal->metrics);
    fq_write_text(writer, "previous");
    if (fq_id_is_zero(&seal->previous)) {
        fq_write_nil(writer);
    } else {
        char hex[2 * FQ_ID_SIZE + 1];
        fq_hex_encode(fq_span_of(seal->previous.bytes, FQ_ID_SIZE), hex);
        fq_write_text(writer, hex);
    }
    fq_write_text(writer, "kept");
    fq_write_bool(writer, fq_seal_is_kept(node, seal));
}

/* ---- making ---- */

struct order { /* what is to be sealed */
    struct fq_period period;
    uint32_t area;
    bool is_forced;
    struct fq_span reason;
    struct fq_id id;
    uint64_t wall_ms;
};

static fq_err read_order(struct fq_node *node, struct fq_span args, struct order *order,
                         struct fq_why *out_why)
{
    struct fq_span id = fq_map_bytes(args, "cmd_id");

    order->is_forced = fq_map_bool(args, "force");
    order->reason = fq_map_text(args, "reason");
    order->wall_ms = fq_clock_now().wall_ms;
    if (id.size != FQ_ID_SIZE) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "cmd_id");
    }
    memcpy(order->id.bytes, id.data, FQ_ID_SIZE);
    if (order->reason.size > REASON_SIZE_MAX || (order->is_forced && order->reason.size == 0)) {
        return fq_fail(out_why, FQ_REASON_FIELD, "reason");
    }
    fq_err err = fq_service_read_period(node, args, &order->period, out_why);
    return err ? err : fq_service_read_area(node, args, &order->area, out_why);
}

/* Names who is missing, unless all were heard or it is forced. */
static fq_err check_complete(struct fq_node *node, const struct order *order, uint32_t *out_missing,
                             struct fq_why *out_why)
{
    struct fq_writer list = fq_writer_take(&node->scratch, FQ_AREAS_MAX * FQ_MISSING_SIZE_MAX);
    char text[300] = "";
    size_t used = 0;

    *out_missing = fq_service_missing(node, &order->period, order->area, &list);
    if (list.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    if (*out_missing == 0 || order->is_forced) {
        return FQ_OK;
    }
    struct fq_reader reader = fq_reader_over(fq_writer_span(&list));
    for (uint32_t i = 0; i < *out_missing && used + 12 < sizeof text; i++) {
        struct fq_span area = fq_map_text(fq_read_skip(&reader), "area");
        used += (size_t)snprintf(text + used, sizeof text - used, " %.*s", (int)area.size,
                                 (const char *)area.data);
    }
    return fq_fail(out_why, FQ_REASON_SEAL_INCOMPLETE, "%s: %u:%s", order->period.name,
                   *out_missing, text);
}

/* Nodes below that have not sealed the period themselves: said, not required. */
static uint32_t put_unsealed(const struct fq_node *node, const struct order *order,
                             struct fq_writer *writer)
{
    uint32_t count = 0;
    char text[8];

    for (uint32_t i = 0; i < node->areas.count; i++) {
        const struct fq_area *area = &node->areas.rows[i];
        if (area->code == order->area || !fq_area_is_valid_on(area, order->period.last_day) ||
            !fq_areas_covers(&node->areas, order->area, area->code) ||
            fq_period_seals_newest(&node->core.control.seals, order->period.first_month,
                                   order->period.last_month, area->code, 0)) {
            continue;
        }
        count++;
        if (writer) {
            snprintf(text, sizeof text, "%06u", area->code);
            fq_write_text(writer, text);
        }
    }
    return count;
}

/* {salt, reason, missing, unsealed, metrics}. The salt is of the node's secret and the seal's id, so that
 * a seal needs no other source of chance, and nobody can guess it. */
static fq_err make_notes(struct fq_node *node, const struct order *order, struct fq_span *out_notes,
                         struct fq_id *out_salt, struct fq_why *out_why)
{
    const struct fq_span salting[] = {
        fq_span_text("FQ salt of leaves"),
        fq_span_of(node->core.options.secret.bytes, FQ_SIGN_SECRET_SIZE),
        fq_span_of(order->id.bytes, FQ_ID_SIZE)};
    struct fq_writer writer = fq_writer_take(
        &node->scratch, FQ_AREAS_MAX * (FQ_MISSING_SIZE_MAX + 8) + REASON_SIZE_MAX + 4096);

    fq_hash_id(salting, 3, out_salt);
    fq_write_map(&writer, 5);
    fq_write_text(&writer, "salt");
    fq_write_bytes(&writer, out_salt->bytes, FQ_ID_SIZE);
    fq_write_text(&writer, "reason");
    fq_write_text_span(&writer, order->reason);
    fq_write_text(&writer, "missing");
    fq_write_array(&writer, fq_service_missing(node, &order->period, order->area, NULL));
    (void)fq_service_missing(node, &order->period, order->area, &writer);
    fq_write_text(&writer, "unsealed");
    fq_write_array(&writer, put_unsealed(node, order, NULL));
    (void)put_unsealed(node, order, &writer);
    fq_write_text(&writer, "metrics");
    struct fq_rates rates;
    fq_rates_init(&rates, &node->metrics);
    fq_write_map(&writer, rates.count);
    for (uint32_t i = 0; i < rates.count; i++) {
        char definition[FQ_METRIC_DEFINITION_SIZE];
        fq_rates_define(&rates, i, definition);
        put_text(&writer, rates.rows[i].name, definition);
    }
    *out_notes = fq_writer_span(&writer);
    return writer.is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn") : FQ_OK;
}

/* The rows of the column family. */
static bool add_row(struct fq_node *node, struct fq_sealing *sealing, enum fq_seal_part part,
                    uint32_t index, struct fq_span value)
{
    uint8_t *key = fq_arena_take_raw(&node->scratch, KEY_SIZE);

    if (!key || !value.data) {
        return false;
    }
    put_key(&sealing->seal.id, part, index, key);
    sealing->rows[2 * (size_t)sealing->row_count] = fq_span_of(key, KEY_SIZE);
    sealing->rows[2 * (size_t)sealing->row_count++ + 1] = value;
    return true;
}

/* Whole cells, as many as a chunk takes. */
static uint32_t add_cells(struct fq_node *node, struct fq_sealing *sealing, struct fq_span cells)
{
    struct fq_reader reader = fq_reader_over(cells);
    uint32_t chunks = 0;

    while (reader.at != reader.end) {
        const uint8_t *from = reader.at;
        while (reader.at != reader.end && (size_t)(reader.at - from) < FQ_SEAL_CELLS_CHUNK) {
            (void)fq_read_skip(&reader);
        }
        (void)add_row(node, sealing, FQ_SEAL_CELLS, chunks++,
                      fq_span_of(from, (size_t)(reader.at - from)));
    }
    return chunks;
}

_Static_assert(sizeof(struct fq_leaf_row) == FQ_SEAL_LEAF_SIZE, "leaves are stored as they lie");

/* So that a proof reads one chunk alone. */
static struct fq_leaf_row root_of_chunk(const struct fq_leaf_row *leaves, uint64_t count)
{
    struct fq_leaf_row row = {.id = leaves[0].id};
    struct fq_merkle tree = {0};

    for (uint64_t i = 0; i < count; i++) {
        fq_merkle_add(&tree, &leaves[i].hash);
    }
    fq_merkle_root(&tree, &row.hash);
    return row;
}

static uint32_t add_leaves(struct fq_node *node, struct fq_sealing *sealing,
                           const struct fq_leaf_row *leaves, uint64_t count)
{
    uint64_t chunks_max = count / FQ_SEAL_LEAVES_CHUNK + 1;
    struct fq_leaf_row *roots = fq_arena_take_raw(&node->scratch, chunks_max * sizeof *roots);
    uint32_t chunks = 0;

    for (uint64_t at = 0; at < count && roots; at += FQ_SEAL_LEAVES_CHUNK) {
        uint64_t some = count - at < FQ_SEAL_LEAVES_CHUNK ? count - at : FQ_SEAL_LEAVES_CHUNK;
        roots[chunks] = root_of_chunk(leaves + at, some);
        (void)add_row(node, sealing, FQ_SEAL_LEAVES, chunks++,
                      fq_span_of(leaves + at, (size_t)some * sizeof *leaves));
    }
    (void)add_row(node, sealing, FQ_SEAL_ROOTS, 0, fq_span_of(roots, chunks * sizeof *roots));
    return chunks;
}

struct made { /* what a seal is made of */
    struct fq_span marks, cells, notes;
    struct fq_leaf_row *leaves;
};

static fq_err make_rows(struct fq_node *node, struct fq_sealing *sealing, const struct made *made,
                        struct fq_span head, struct fq_span signature, struct fq_why *out_why)
{
    uint32_t chunks_max = (uint32_t)(made->cells.size / FQ_SEAL_CELLS_CHUNK + 1 +
                                     sealing->seal.count / FQ_SEAL_LEAVES_CHUNK + 1 + 3);
    struct fq_writer first =
        fq_writer_take(&node->scratch, head.size + signature.size + made->notes.size + 64);

    sealing->rows = fq_arena_take_raw(&node->scratch, 2u * chunks_max * sizeof *sealing->rows);
    if (!sealing->rows || first.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    uint32_t cell_chunks = add_cells(node, sealing, made->cells);
    uint32_t leaf_chunks = add_leaves(node, sealing, made->leaves, sealing->seal.count);
    fq_write_array(&first, 6);
    fq_write_bytes(&first, head.data, head.size);
    fq_write_bytes(&first, signature.data, signature.size);
    fq_write_bytes(&first, made->notes.data, made->notes.size);
    fq_write_uint(&first, node->core.feed.head);
    fq_write_uint(&first, cell_chunks);
    fq_write_uint(&first, leaf_chunks);
    if (!add_row(node, sealing, FQ_SEAL_MARKS, 0, made->marks) ||
        !add_row(node, sealing, FQ_SEAL_HEAD, 0, fq_writer_span(&first))) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    FQ_ASSERT(sealing->row_count <= chunks_max);
    FQ_ASSERT(sealing->row_count == cell_chunks + leaf_chunks + 3);
    return FQ_OK;
}

/* Marks, and whether they are those of the seal before. */
static fq_err make_marks(struct fq_node *node, struct fq_period_seal *seal, struct fq_span *out,
                         struct fq_why *out_why)
{
    const struct fq_period_seal *before =
        fq_period_seals_newest(&node->core.control.seals, seal->first_month, seal->last_month,
                               seal->area, node->core.options.origin);
    char hex[2 * FQ_ID_SIZE + 1];
    struct fq_marks marks;

    if (!fq_marks_of(&node->core.frontier, node->core.options.origin, &node->scratch, &marks) ||
        !fq_marks_encode(&marks, &node->scratch, out)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_hash_spans(out, 1, &seal->marks);
    if (before && fq_hash_equal(&before->marks, &seal->marks) && before->metrics == seal->metrics) {
        fq_hex_encode(fq_span_of(before->id.bytes, FQ_ID_SIZE), hex);
        return fq_fail(out_why, FQ_REASON_SEAL_SAME, "%s: %s", before->period, hex);
    }
    seal->previous = before ? before->id : (struct fq_id){{0}};
    return FQ_OK;
}

/* The figures: everything that takes time. */
static fq_err make_figures(struct fq_node *node, struct fq_period_seal *seal,
                           const struct fq_id *salt, struct made *made, struct fq_why *out_why)
{
    struct fq_view *view = &node->core.view;

    seal->digest = fq_view_digest(view, seal->area, seal->first_month, seal->last_month);
    if (!fq_period_leaves(view, seal, salt, &node->scratch, &made->leaves, &seal->root,
                          &seal->count)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    node->scratch.used = (size_t)((uint8_t *)(made->leaves + seal->count) - node->scratch.base);
    if (!fq_period_cells(view, seal->area, seal->first_month, seal->last_month, &node->scratch,
                         &made->cells)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_hash_spans(&made->cells, 1, &seal->cells);
    return FQ_OK;
}

static fq_err make(struct fq_node *node, const struct order *order, uint32_t missing,
                   struct fq_sealing *sealing, struct fq_span *out_command, struct fq_why *out_why)
{
    struct fq_period_seal *seal = &sealing->seal;
    uint8_t *head = fq_arena_take_raw(&node->scratch, FQ_PERIOD_HEAD_MAX);
    uint8_t *payload = fq_arena_take_raw(&node->scratch, FQ_PERIOD_PAYLOAD_MAX);
    uint8_t *signature = fq_arena_take_raw(&node->scratch, FQ_SIGNATURE_SIZE);
    struct fq_event event = {.hlc = 0};
    struct made made = {.leaves = NULL};
    struct fq_id salt;

    *seal = (struct fq_period_seal){
        .id = order->id,
        .first_month = order->period.first_month,
        .last_month = order->period.last_month,
        .area = order->area,
        .node = node->core.options.origin,
        .made_ms = order->wall_ms,
        .flags = order->is_forced ? FQ_PERIOD_FORCED : 0,
        .missing = missing,
        .metrics = FQ_METRICS_VERSION,
    };
    memcpy(seal->period, order->period.name, sizeof seal->period);
    fq_err err = make_marks(node, seal, &made.marks, out_why);
    err = err ? err : make_notes(node, order, &made.notes, &salt, out_why);
    err = err ? err : make_figures(node, seal, &salt, &made, out_why);
    if (err || !head || !payload || !signature) {
        return err ? err : fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_hash_spans(&made.notes, 1, &seal->notes);
    struct fq_writer writer = fq_writer_over(head, FQ_PERIOD_HEAD_MAX);
    fq_period_seal_encode(seal, &writer);
    struct fq_span head_bytes = fq_writer_span(&writer);
    fq_period_seal_sign(&node->core.options.secret, head_bytes, signature);
    event.date = (uint16_t)(order->wall_ms / 86400000 + FQ_DATE_1970);
    if (!fq_period_seal_write(seal, head_bytes, signature, payload, &event)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "period");
    }
    err = make_rows(node, sealing, &made, head_bytes, fq_span_of(signature, FQ_SIGNATURE_SIZE),
                    out_why);
    struct fq_writer record = fq_writer_take(&node->scratch, FQ_RECORD_MAX);
    fq_event_encode(&event, &record);
    *out_command = fq_writer_span(&record);
    return err              ? err
           : record.is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn")
                            : FQ_OK;
}

/* The one command as the args of a submit. */
static struct fq_span as_submit(struct fq_node *node, struct fq_span command)
{
    struct fq_writer writer = fq_writer_take(&node->scratch, command.size + 64);

    fq_write_map(&writer, 1);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, 1);
    fq_write_bytes(&writer, command.data, command.size);
    return fq_writer_span(&writer);
}

fq_err fq_seal_take(struct fq_node *node, struct fq_query *query, struct fq_why *out_why)
{
    struct fq_sealing *sealing = fq_arena_take(&node->scratch, sizeof *sealing);
    uint64_t began_ms = fq_clock_now().steady_ms;
    struct order order = {.area = 0};
    struct fq_span command = {0};
    uint32_t missing = 0;

    FQ_ASSERT(!node->sealing);

    if (!sealing) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_err err = read_order(node, query->args, &order, out_why);
    const struct fq_period_seal *known =
        err ? NULL : fq_period_seals_find(&node->core.control.seals, &order.id);
    if (known) { /* the command again: the core tells the same event (N2) */
        struct fq_event event = {.kind = FQ_EVENT_CONTROL, .step = FQ_EVENT_CONTROL};
        struct fq_writer record = fq_writer_take(&node->scratch, FQ_RECORD_MAX);
        event.cmd_id = order.id;
        event.value[FQ_FIELD_VERB] = FQ_CONTROL_PERIOD_SEAL;
        fq_event_encode(&event, &record);
        command = fq_writer_span(&record);
        sealing->seal = *known;
    } else {
        err = err ? err : check_complete(node, &order, &missing, out_why);
        err = err ? err : make(node, &order, missing, sealing, &command, out_why);
    }
    if (err) {
        return err;
    }
    sealing->token = node->query_count;
    node->sealing = sealing;
    query->is_command = true;
    node->appends_ahead++;
    node->inputs[node->input_count++] = (struct fq_input){
        .kind = FQ_INPUT_COMMANDS,
        .token = (uint32_t)node->query_count,
        .bytes = as_submit(node, command),
        .is_sealing = true,
        .actor = fq_span_text(query->asker ? query->asker->name : ""),
    };
    node->query_count++;
    uint64_t took_ms = fq_clock_now().steady_ms - began_ms;
    fq_node_log(took_ms < node->config.silence_ms ? "info" : "warn",
                "seal.made area=%06u from_month=%u to_month=%u count=%llu ms=%llu", order.area,
                order.period.first_month, order.period.last_month,
                (unsigned long long)sealing->seal.count, (unsigned long long)took_ms);
    return FQ_OK;
}

size_t fq_seal_writes_max(const struct fq_node *node)
{
    return node->sealing ? node->sealing->row_count : 0;
}

static const struct fq_reply *reply_of(const struct fq_node *node)
{
    for (uint32_t i = 0; i < node->turn.reply_count; i++) {
        if (node->turn.replies[i].token == node->sealing->token) {
            return &node->turn.replies[i];
        }
    }
    return NULL;
}

void fq_seal_put(const struct fq_node *node, struct fq_writes *writes)
{
    const struct fq_reply *reply = node->sealing ? reply_of(node) : NULL;

    if (!reply || reply->new_count == 0) {
        return;
    }
    for (size_t i = 0; i < node->sealing->row_count; i++) {
        fq_writes_put(writes, FQ_FAMILY_SEAL, node->sealing->rows[2 * i],
                      node->sealing->rows[2 * i + 1]);
    }
}

fq_err fq_seal_answer(const struct fq_node *node, const struct fq_reply *reply,
                      const struct fq_query *query, struct fq_writer *writer,
                      struct fq_why *out_why)
{
    struct fq_reader verdicts = fq_reader_over(reply->result);

    (void)query;
    FQ_ASSERT(node->sealing);

    (void)fq_read_array(&verdicts);
    uint32_t parts = fq_read_array(&verdicts);
    uint64_t status = fq_read_uint(&verdicts);
    for (int i = 0; i < 3; i++) {
        (void)fq_read_uint(&verdicts);
    }
    if (status > 1) {
        struct fq_span detail = parts > 4 ? fq_read_text(&verdicts) : (struct fq_span){0};
        return fq_fail(out_why, (enum fq_reason)status, "%.*s", (int)detail.size,
                       detail.size ? (const char *)detail.data : "");
    }
    fq_write_map(writer, FQ_SEAL_PAIRS + 1);
    fq_seal_describe(node, &node->sealing->seal, writer);
    fq_write_text(writer, "already");
    fq_write_bool(writer, status == 1);
    return FQ_OK;
}
