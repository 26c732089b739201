#include "asof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seal.h"

/* ---- the log, looked at from its end ---- */

/* Called for each batch that arrived; the batch itself is not read yet. */
typedef fq_err arrival_visit(void *context, uint64_t first_lsn, const struct fq_arrival *arrival,
                             struct fq_why *out_why);

/* From the batch that holds `from_lsn` on, without reading batches. */
static fq_err walk_arrivals(struct fq_store *store, uint64_t from_lsn, arrival_visit *visit,
                            void *context, struct fq_why *out_why)
{
    struct fq_cursor *cursor = NULL;
    uint8_t key[8];
    fq_err err = fq_cursor_open(store, FQ_FAMILY_ARRIVAL, &cursor, out_why);

    if (err) {
        return err;
    }
    fq_put_be64(key, from_lsn);
    fq_cursor_seek_last(cursor, fq_span_of(key, sizeof key));
    if (!fq_cursor_is_valid(cursor)) {
        fq_cursor_seek(cursor, fq_span_of(key, sizeof key));
    }
    for (; !err && fq_cursor_is_valid(cursor); fq_cursor_next(cursor)) {
        struct fq_arrival arrival;
        struct fq_span at = fq_cursor_key(cursor);
        if (at.size != 8 || !fq_arrival_decode(fq_cursor_value(cursor), &arrival)) {
            err = fq_fail(out_why, FQ_REASON_BYTES, "arrival");
        } else {
            err = visit(context, fq_get_be64(at.data), &arrival, out_why);
        }
    }
    err = err ? err : fq_cursor_error(cursor, out_why);
    fq_cursor_close(cursor);
    return err;
}

/* The batch of the log that holds `seq`, at the cursor over the family log. */
static bool seek_batch(struct fq_cursor *cursor, const struct fq_log_id *log, uint64_t seq,
                       struct fq_batch *out_batch)
{
    uint8_t key[FQ_LOG_KEY_SIZE];

    fq_log_key_encode(&(struct fq_event_id){*log, seq}, key);
    fq_cursor_seek_last(cursor, fq_span_of(key, sizeof key));
    return fq_cursor_is_valid(cursor) && fq_node_batch_at(cursor, log, seq, out_batch);
}

/* ---- which moment ---- */

static bool is_all_of(struct fq_span text, const char *allowed)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\0' || !strchr(allowed, text.data[i])) {
            return false;
        }
    }
    return text.size > 0;
}

static fq_err unknown_seal(struct fq_span text, struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_SEAL_UNKNOWN, "%.*s",
                   (int)(text.size < 100 ? text.size : 100), (const char *)text.data);
}

static fq_err find_by_id(const struct fq_node *node, struct fq_span text,
                         const struct fq_period_seal **out_seal, struct fq_why *out_why)
{
    const struct fq_period_seals *seals = &node->core.control.seals;
    const struct fq_period_seal *found = NULL;
    char hex[2 * FQ_ID_SIZE + 1];

    for (uint32_t i = 0; i < seals->count && text.size <= 2 * FQ_ID_SIZE; i++) {
        fq_hex_encode(fq_span_of(seals->rows[i].id.bytes, FQ_ID_SIZE), hex);
        if (memcmp(hex, text.data, text.size) == 0) {
            if (found) {
                return fq_fail(out_why, FQ_REASON_SEAL_UNKNOWN, "%.*s: > 1", (int)text.size,
                               (const char *)text.data);
            }
            found = &seals->rows[i];
        }
    }
    if (!found) {
        return unknown_seal(text, out_why);
    }
    *out_seal = found;
    return FQ_OK;
}

/* Of a campaign, which is a period by its name alone. */
static const struct fq_period_seal *newest_named(const struct fq_period_seals *seals,
                                                 struct fq_span text)
{
    const struct fq_period_seal *newest = NULL;

    for (uint32_t i = 0; i < seals->count; i++) {
        const struct fq_period_seal *seal = &seals->rows[i];
        if (fq_span_equal(fq_span_text(seal->period), text) &&
            (!newest || seal->made_ms > newest->made_ms)) {
            newest = seal;
        }
    }
    return newest;
}

fq_err fq_lookback_find_seal(const struct fq_node *node, struct fq_span text, uint32_t area,
                             const struct fq_period_seal **out_seal, struct fq_why *out_why)
{
    const struct fq_period_seals *seals = &node->core.control.seals;
    const struct fq_period_seal *found = NULL;
    struct fq_period period;

    if (!fq_period_parse(text, &period)) {
        found = newest_named(seals, text);
        if (found) {
            *out_seal = found;
            return FQ_OK;
        }
        return text.size >= 4 && is_all_of(text, "0123456789abcdef")
                   ? find_by_id(node, text, out_seal, out_why)
                   : unknown_seal(text, out_why);
    }
    /* The area asked for may lie below the one that was sealed: then that of the areas above it. */
    for (const struct fq_area *at = fq_areas_find(&node->areas, area); at && !found;
         at = fq_areas_find(&node->areas, at->parent)) {
        const uint32_t own = node->core.options.origin;
        found = fq_period_seals_newest(seals, period.first_month, period.last_month, at->code, own);
        found = found ? found
                      : fq_period_seals_newest(seals, period.first_month, period.last_month,
                                               at->code, 0);
    }
    if (!found) {
        return unknown_seal(text, out_why);
    }
    *out_seal = found;
    return FQ_OK;
}

/* ---- marks of a moment of this node ---- */

struct lowering {
    struct fq_node *node;
    struct fq_marks marks;
    uint64_t lsn;
};

/* What arrived after the lsn had not been held: a batch counts with its last event (H2). */
static fq_err lower_mark(void *context, uint64_t first_lsn, const struct fq_arrival *arrival,
                         struct fq_why *out_why)
{
    struct lowering *lowering = context;
    struct fq_mark *mark = fq_marks_find(&lowering->marks, &arrival->first.log);

    (void)out_why;
    if (mark && first_lsn + arrival->count - 1 > lowering->lsn &&
        mark->last >= arrival->first.seq) {
        mark->last = arrival->first.seq - 1;
    }
    return FQ_OK;
}

/* The chains where the lowered marks stand; marks of nothing are dropped. */
static fq_err settle_marks(struct lowering *lowering, struct fq_why *out_why)
{
    struct fq_marks *marks = &lowering->marks;
    struct fq_cursor *cursor = NULL;
    uint32_t kept = 0;
    fq_err err = fq_cursor_open(lowering->node->store, FQ_FAMILY_LOG, &cursor, out_why);

    for (uint32_t i = 0; i < marks->count && !err; i++) {
        struct fq_batch batch;
        struct fq_mark mark = marks->rows[i];
        if (mark.last == 0) {
            continue;
        }
        if (!seek_batch(cursor, &mark.log, mark.last, &batch)) {
            err = fq_fail(out_why, FQ_REASON_GAP, "%08u-%u-%u-%llu", mark.log.origin,
                          mark.log.stream, mark.log.epoch, (unsigned long long)mark.last);
        } else {
            mark.chain = batch.seal.chain_to;
            marks->rows[kept++] = mark;
        }
    }
    marks->count = kept;
    fq_cursor_close(cursor);
    return err;
}

static fq_err marks_at_lsn(struct fq_node *node, uint64_t lsn, struct fq_marks *out_marks,
                           struct fq_why *out_why)
{
    struct lowering lowering = {.node = node, .lsn = lsn};

    if (!fq_marks_of(&node->core.frontier, node->core.options.origin, &node->scratch,
                     &lowering.marks)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_err err = walk_arrivals(node->store, lsn + 1, lower_mark, &lowering, out_why);
    err = err ? err : settle_marks(&lowering, out_why);
    *out_marks = lowering.marks;
    return err;
}

/* The last lsn of all that had arrived by then. Walked from the end: a clock that was set back in between
 * makes the first arrival found so the last that counts. */
static fq_err lsn_at_time(const struct fq_node *node, uint64_t wall_ms, uint64_t *out_lsn,
                          struct fq_why *out_why)
{
    struct fq_cursor *cursor = NULL;
    static const uint8_t end[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct fq_arrival arrival;
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_ARRIVAL, &cursor, out_why);

    *out_lsn = 0;
    if (err) {
        return err;
    }
    for (fq_cursor_seek_last(cursor, fq_span_of(end, sizeof end)); fq_cursor_is_valid(cursor);
         fq_cursor_previous(cursor)) {
        if (fq_arrival_decode(fq_cursor_value(cursor), &arrival) && arrival.wall_ms <= wall_ms) {
            *out_lsn = fq_get_be64(fq_cursor_key(cursor).data) + arrival.count - 1;
            break;
        }
    }
    err = fq_cursor_error(cursor, out_why);
    fq_cursor_close(cursor);
    return err;
}

/* ---- whether all of it is held ---- */

struct absent {
    char text[300];
    size_t used;
    uint32_t count;
};

static void add_absent(struct absent *absent, const struct fq_mark *mark, uint64_t held)
{
    absent->count++;
    if (absent->used + 64 < sizeof absent->text) {
        absent->used += (size_t)snprintf(
            absent->text + absent->used, sizeof absent->text - absent->used,
            "%s%08u-%u-%u %llu..%llu", absent->used ? ", " : "", mark->log.origin, mark->log.stream,
            mark->log.epoch, (unsigned long long)held + 1, (unsigned long long)mark->last);
    }
}

/* Held so far, and the same there: a log that forked before is another. */
static fq_err check_held(const struct fq_node *node, const struct fq_marks *marks, uint32_t scope,
                         struct fq_why *out_why)
{
    struct fq_cursor *cursor = NULL;
    struct absent absent = {.count = 0};
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_LOG, &cursor, out_why);

    if (err) {
        return err;
    }
    for (uint32_t i = 0; i < marks->count; i++) {
        const struct fq_mark *mark = &marks->rows[i];
        const struct fq_log *log = fq_frontier_find(&node->core.frontier, &mark->log);
        struct fq_batch batch;
        bool is_wanted = scope == 0 || fq_log_flows_up(&node->areas, scope, &mark->log);
        if (is_wanted && (!log || log->last < mark->last)) {
            add_absent(&absent, mark, log ? log->last : 0);
        } else if (is_wanted && (!seek_batch(cursor, &mark->log, mark->last, &batch) ||
                                 batch.seal.to_seq != mark->last ||
                                 !fq_hash_equal(&batch.seal.chain_to, &mark->chain))) {
            add_absent(&absent, mark, mark->last - 1);
        }
    }
    fq_cursor_close(cursor);
    return absent.count
               ? fq_fail(out_why, FQ_REASON_SEAL_NOT_HELD, "%u: %s", absent.count, absent.text)
               : FQ_OK;
}

/* ---- what is touched ---- */

/* What relays within the marks carried. */
static fq_err note_relays(struct fq_lookback *lookback, const struct fq_mark *mark,
                          struct fq_cursor *cursor, struct fq_why *out_why)
{
    struct fq_event event;
    struct fq_batch batch;

    for (uint64_t seq = 1; seq <= mark->last; seq = batch.seal.to_seq + 1) {
        if (!seek_batch(cursor, &mark->log, seq, &batch)) {
            return fq_fail(out_why, FQ_REASON_GAP, "%08u-%u-%u-%llu", mark->log.origin,
                           mark->log.stream, mark->log.epoch, (unsigned long long)seq);
        }
        struct fq_batch_reader reader = fq_batch_reader_over(&batch);
        while (fq_batch_read(&reader, &event, 1) > 0) {
            if (!fq_past_note_relay(&lookback->past, &event)) {
                return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
            }
        }
    }
    return FQ_OK;
}

static bool is_relay_log(const struct fq_log_id *log)
{
    return log->stream > FQ_STREAM_CONTROL;
}

static fq_err open_past(struct fq_lookback *lookback, struct fq_why *out_why)
{
    struct fq_node *node = lookback->node;
    struct fq_cursor *cursor = NULL;
    uint64_t relays = 0;
    fq_err err = FQ_OK;

    for (uint32_t i = 0; i < lookback->marks.count; i++) {
        relays += is_relay_log(&lookback->marks.rows[i].log) ? lookback->marks.rows[i].last : 0;
    }
    if (relays > UINT32_MAX || !fq_past_init(&lookback->past, &node->core.view, &lookback->marks,
                                             (uint32_t)relays, &node->scratch)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    if (relays > 0) {
        err = fq_cursor_open(node->store, FQ_FAMILY_LOG, &cursor, out_why);
    }
    for (uint32_t i = 0; i < lookback->marks.count && !err && relays > 0; i++) {
        if (is_relay_log(&lookback->marks.rows[i].log)) {
            err = note_relays(lookback, &lookback->marks.rows[i], cursor, out_why);
        }
    }
    fq_cursor_close(cursor);
    fq_past_close(&lookback->past);
    return err;
}

struct touching {
    struct fq_lookback *lookback;
    struct fq_cursor *log;
};

/* Read the batch when something of it lies beyond the marks. Relays that this node wrote carry what it
 * holds anyway. */
static fq_err touch(void *context, uint64_t first_lsn, const struct fq_arrival *arrival,
                    struct fq_why *out_why)
{
    const struct touching *touching = context;
    struct fq_lookback *lookback = touching->lookback;
    const struct fq_log_id *log = &arrival->first.log;
    const struct fq_mark *mark = fq_marks_find(&lookback->marks, log);
    uint64_t last = mark ? mark->last : 0;
    bool is_own_relay = is_relay_log(log) && log->origin == lookback->node->core.options.origin;
    struct fq_batch batch;
    struct fq_event event;

    (void)first_lsn;
    if (log->stream == FQ_STREAM_CONTROL || is_own_relay ||
        arrival->first.seq + arrival->count - 1 <= last) {
        return FQ_OK;
    }
    if (!seek_batch(touching->log, log, arrival->first.seq, &batch)) {
        return fq_fail(out_why, FQ_REASON_GAP, "%08u-%u-%u-%llu", log->origin, log->stream,
                       log->epoch, (unsigned long long)arrival->first.seq);
    }
    struct fq_batch_reader reader = fq_batch_reader_over(&batch);
    while (fq_batch_read(&reader, &event, 1) > 0) {
        if (event.id.seq > last &&
            !fq_asof_note(&lookback->asof, &event, &lookback->node->scratch)) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
        }
    }
    return FQ_OK;
}

static fq_err find_touched(struct fq_lookback *lookback, struct fq_why *out_why)
{
    struct fq_node *node = lookback->node;
    struct touching touching = {.lookback = lookback};
    fq_err err = FQ_OK;

    if (!fq_asof_init(&lookback->asof, &node->core.view, &lookback->past, lookback->moment_ms,
                      &node->scratch)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    err = fq_cursor_open(node->store, FQ_FAMILY_LOG, &touching.log, out_why);
    err = err ? err : walk_arrivals(node->store, lookback->from_lsn, touch, &touching, out_why);
    fq_cursor_close(touching.log);
    return err;
}

/* ---- lookbacks ---- */

static struct fq_lookback *make_lookback(struct fq_node *node, struct fq_why *out_why)
{
    struct fq_lookback *lookback = fq_arena_take(&node->scratch, sizeof *lookback);

    if (!lookback) {
        (void)fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
        return NULL;
    }
    lookback->node = node;
    lookback->view = &node->core.view;
    lookback->is_live = true;
    snprintf(lookback->label, sizeof lookback->label, "live");
    return lookback;
}

fq_err fq_lookback_at(struct fq_node *node, const struct fq_marks *marks, uint32_t scope,
                      uint64_t from_lsn, uint64_t moment_ms, struct fq_lookback **out_lookback,
                      struct fq_why *out_why)
{
    struct fq_lookback *lookback = make_lookback(node, out_why);
    fq_err err = lookback ? check_held(node, marks, scope, out_why) : FQ_ERR_LIMIT;

    if (err) {
        return err;
    }
    lookback->is_live = false;
    lookback->marks = *marks;
    lookback->from_lsn = from_lsn;
    lookback->moment_ms = moment_ms;
    err = open_past(lookback, out_why);
    err = err ? err : find_touched(lookback, out_why);
    *out_lookback = lookback;
    return err;
}

static void name_seal(struct fq_lookback *lookback, const struct fq_period_seal *seal)
{
    lookback->seal = *seal;
    fq_hex_encode(fq_span_of(seal->id.bytes, FQ_ID_SIZE), lookback->label);
}

fq_err fq_lookback_at_seal(struct fq_node *node, const struct fq_period_seal *seal,
                           struct fq_lookback **out_lookback, struct fq_why *out_why)
{
    struct fq_seal_store stored;
    struct fq_marks marks;
    fq_err err = fq_seal_store_open(node, seal, &stored, out_why);

    if (!err && !fq_marks_decode(stored.marks, &node->scratch, &marks)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "marks");
    }
    err =
        err ? err
            : fq_lookback_at(node, &marks, 0, stored.lsn + 1, seal->made_ms, out_lookback, out_why);
    if (!err) {
        name_seal(*out_lookback, seal);
    }
    return err;
}

fq_err fq_lookback_load(struct fq_node *node, const struct fq_period_seal *seal,
                        struct fq_lookback **out_lookback, struct fq_why *out_why)
{
    struct fq_seal_store stored;
    fq_err err = fq_seal_store_open(node, seal, &stored, out_why);
    struct fq_lookback *lookback = err ? NULL : make_lookback(node, out_why);
    struct fq_view *view = lookback ? fq_arena_take(&node->scratch, sizeof *view) : NULL;

    if (err || !view) {
        return err ? err : fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    err = fq_memory_reserve_view(1, &lookback->memory, out_why);
    if (err) {
        return err;
    }
    fq_view_init(view, &node->areas, &node->core.frontier, &lookback->memory);
    lookback->view = view;
    lookback->is_live = false;
    lookback->is_loaded = true;
    name_seal(lookback, seal);
    for (uint32_t i = 0; i < stored.cell_chunks && !err; i++) {
        size_t mark = node->scratch.used;
        struct fq_span chunk;
        err = fq_seal_store_part(node, seal, FQ_SEAL_CELLS, i, &chunk, out_why);
        if (!err && !fq_period_cells_load(chunk, view)) {
            err = fq_fail(out_why, FQ_REASON_BYTES, "cells");
        }
        node->scratch.used = mark;
    }
    if (!err && !fq_marks_decode(stored.marks, &node->scratch, &lookback->marks)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "marks");
    }
    if (err) {
        fq_lookback_close(lookback);
        return err;
    }
    *out_lookback = lookback;
    return FQ_OK;
}

/* Whether the cells of the seal answer the question (X3). */
static bool is_answered(const struct fq_node *node, const struct fq_period_seal *seal,
                        const struct fq_rollup_query *query)
{
    return seal->metrics == FQ_METRICS_VERSION && fq_rollup_is_declared(query) &&
           query->period.first_month >= seal->first_month &&
           query->period.last_month <= seal->last_month &&
           fq_areas_covers(&node->areas, seal->area, query->area);
}

static fq_err go_back(struct fq_lookback *lookback, struct fq_why *out_why)
{
    return fq_asof_go_back(&lookback->asof)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_LIMIT, "limits.disputes_max");
}

static fq_err open_at_lsn(struct fq_node *node, uint64_t lsn, uint64_t moment_ms,
                          struct fq_lookback **out_lookback, struct fq_why *out_why)
{
    struct fq_marks marks;
    fq_err err = marks_at_lsn(node, lsn, &marks, out_why);

    err = err ? err : fq_lookback_at(node, &marks, 0, lsn + 1, moment_ms, out_lookback, out_why);
    err = err ? err : go_back(*out_lookback, out_why);
    if (!err) {
        snprintf((*out_lookback)->label, sizeof(*out_lookback)->label, "lsn:%llu",
                 (unsigned long long)lsn);
    }
    return err;
}

static fq_err open_at_seal(struct fq_node *node, const struct fq_period_seal *seal,
                           const struct fq_rollup_query *query, bool are_cells_enough,
                           struct fq_lookback **out_lookback, struct fq_why *out_why)
{
    if (are_cells_enough && is_answered(node, seal, query)) {
        return fq_lookback_load(node, seal, out_lookback, out_why);
    }
    fq_err err = fq_lookback_at_seal(node, seal, out_lookback, out_why);
    return err ? err : go_back(*out_lookback, out_why);
}

static fq_err open_at_time(struct fq_node *node, int64_t time_ms, struct fq_lookback **out_lookback,
                           struct fq_why *out_why)
{
    uint64_t wall_ms = time_ms > 0 ? (uint64_t)time_ms : 0, lsn;
    fq_err err = lsn_at_time(node, wall_ms, &lsn, out_why);

    err = err ? err : open_at_lsn(node, lsn, wall_ms, out_lookback, out_why);
    if (!err) {
        fq_time_format_ms((int64_t)wall_ms, (*out_lookback)->label);
    }
    return err;
}

/* An lsn: "lsn:N", or N when no period is called so. */
static bool read_lsn(struct fq_span text, uint64_t *out_lsn)
{
    bool is_named = text.size > 4 && memcmp(text.data, "lsn:", 4) == 0;
    struct fq_span digits = is_named ? fq_span_of(text.data + 4, text.size - 4) : text;

    if (!is_all_of(digits, "0123456789") || digits.size > 18) {
        return false;
    }
    *out_lsn = 0;
    for (size_t i = 0; i < digits.size; i++) {
        *out_lsn = *out_lsn * 10 + (uint64_t)(digits.data[i] - '0');
    }
    return true;
}

fq_err fq_lookback_open(struct fq_node *node, struct fq_span args,
                        const struct fq_rollup_query *query, bool are_cells_enough,
                        struct fq_lookback **out_lookback, struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, "as_of");
    const struct fq_period_seal *seal = NULL;
    char now[FQ_TIME_TEXT_SIZE];
    struct fq_period period;
    int64_t time_ms;
    uint64_t lsn;

    if (text.size == 0 || fq_span_equal(text, fq_span_text("live"))) {
        *out_lookback = make_lookback(node, out_why);
        return *out_lookback ? FQ_OK : FQ_ERR_LIMIT;
    }
    bool is_period = fq_period_parse(text, &period);
    if (!is_period && read_lsn(text, &lsn)) {
        if (lsn > node->core.feed.head) { /* what stands there nobody knows yet */
            return fq_fail(out_why, FQ_REASON_ARGUMENT, "as_of: lsn:%llu > %llu",
                           (unsigned long long)lsn, (unsigned long long)node->core.feed.head);
        }
        return open_at_lsn(node, lsn, fq_clock_now().wall_ms, out_lookback, out_why);
    }
    if (!is_period && fq_time_parse(text, &time_ms)) {
        int64_t now_ms = (int64_t)fq_clock_now().wall_ms;
        if (time_ms > now_ms) {
            fq_time_format_ms(now_ms, now);
            return fq_fail(out_why, FQ_REASON_ARGUMENT, "as_of: %.*s > %s", (int)text.size,
                           (const char *)text.data, now);
        }
        return open_at_time(node, time_ms, out_lookback, out_why);
    }
    fq_err err = fq_lookback_find_seal(node, text, query->area, &seal, out_why);
    return err ? err : open_at_seal(node, seal, query, are_cells_enough, out_lookback, out_why);
}

void fq_lookback_close(struct fq_lookback *lookback)
{
    if (!lookback) {
        return;
    }
    if (lookback->asof.view) {
        size_t above = lookback->asof.view->memory.facts.used;
        fq_asof_return(&lookback->asof);
        if (above > lookback->asof.view->memory.facts.used + ((size_t)1 << 20)) {
            fq_memory_trim(&lookback->asof.view->memory.facts,
                           lookback->asof.view->memory.facts.used);
        }
    }
    fq_memory_release_view(&lookback->memory);
}

fq_err fq_lookback_prove(struct fq_lookback *lookback, uint32_t area, uint16_t first_month,
                         uint16_t last_month, struct fq_proofs *out_proofs, struct fq_why *out_why)
{
    struct fq_node *node = lookback->node;
    struct fq_hash frontier;
    uint8_t bytes[16];

    if (lookback->is_live) {
        return fq_service_prove(node, area, first_month, last_month, out_proofs, out_why);
    }
    struct fq_digest digest = fq_view_digest(lookback->view, area, first_month, last_month);
    if (!fq_marks_hash(&lookback->marks, &node->areas, area, &node->scratch, &frontier)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_put_be64(bytes, digest.high);
    fq_put_be64(bytes + 8, digest.low);
    fq_hex_encode(fq_span_of(frontier.bytes, FQ_HASH_SIZE), out_proofs->frontier);
    fq_hex_encode(fq_span_of(bytes, sizeof bytes), out_proofs->digest);
    return FQ_OK;
}
