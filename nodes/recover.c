#include "node.h"

#include <string.h>

/* ---- walking the log in the order of arrival ---- */

struct walk {
    struct fq_store *store;
    struct fq_cursor *arrivals;
    struct fq_arena *arena;
};

/* Read the batch that an arrival names. */
static fq_err read_batch(const struct walk *walk, const struct fq_arrival *arrival,
                         uint64_t first_lsn, struct fq_batch *out_batch, struct fq_why *out_why)
{
    uint8_t key[FQ_LOG_KEY_SIZE];
    struct fq_span value;
    bool is_found;

    fq_log_key_encode(&arrival->first, key);
    fq_err err = fq_store_get(walk->store, FQ_FAMILY_LOG, fq_span_of(key, sizeof key), walk->arena,
                              &value, &is_found, out_why);
    if (err) {
        return err;
    }
    if (!is_found || value.size <= FQ_LOG_VALUE_HEAD || fq_get_be64(value.data) != first_lsn) {
        return fq_fail(out_why, FQ_REASON_BYTES, "%08u-%u-%u-%llu is not in the log",
                       arrival->first.log.origin, arrival->first.log.stream,
                       arrival->first.log.epoch, (unsigned long long)arrival->first.seq);
    }
    return fq_batch_parse(
        fq_span_of(value.data + FQ_LOG_VALUE_HEAD, value.size - FQ_LOG_VALUE_HEAD), out_batch,
        out_why);
}

static fq_err visit_arrival(const struct walk *walk, fq_batch_visit *visit, void *context,
                            uint64_t *out_next_lsn, struct fq_why *out_why)
{
    struct fq_span key = fq_cursor_key(walk->arrivals);
    struct fq_arrival arrival;
    struct fq_batch batch;

    if (key.size != 8 || !fq_arrival_decode(fq_cursor_value(walk->arrivals), &arrival)) {
        return fq_fail(out_why, FQ_REASON_BYTES, "arrival");
    }
    uint64_t first_lsn = fq_get_be64(key.data);
    fq_err err = read_batch(walk, &arrival, first_lsn, &batch, out_why);
    if (!err) {
        err = visit(context, &batch, first_lsn, &arrival, out_why);
        *out_next_lsn = first_lsn + arrival.count;
    }
    return err;
}

fq_err fq_node_walk(struct fq_store *store, uint64_t from_lsn, uint64_t batches_max,
                    fq_batch_visit *visit, void *context, uint64_t *out_next_lsn,
                    struct fq_why *out_why)
{
    struct walk walk = {.store = store};
    struct fq_arena arena = {0};
    uint8_t key[8];
    fq_err err = fq_memory_reserve(2 * FQ_BATCH_SIZE_MAX, &arena, out_why);

    if (err) {
        return err;
    }
    walk.arena = &arena;
    *out_next_lsn = from_lsn;
    err = fq_cursor_open(store, FQ_FAMILY_ARRIVAL, &walk.arrivals, out_why);
    if (err) {
        goto done;
    }
    fq_put_be64(key, from_lsn);
    fq_cursor_seek_last(walk.arrivals, fq_span_of(key, sizeof key));
    if (!fq_cursor_is_valid(walk.arrivals)) {
        fq_cursor_seek(walk.arrivals, fq_span_of(key, sizeof key));
    }
    for (uint64_t i = 0; i < batches_max && fq_cursor_is_valid(walk.arrivals) && !err; i++) {
        fq_arena_reset(&arena);
        err = visit_arrival(&walk, visit, context, out_next_lsn, out_why);
        fq_cursor_next(walk.arrivals);
    }
    if (!err) {
        err = fq_cursor_error(walk.arrivals, out_why);
    }

done:
    fq_cursor_close(walk.arrivals);
    fq_memory_release(&arena);
    return err;
}

bool fq_node_batch_at(struct fq_cursor *cursor, const struct fq_log_id *log, uint64_t next_seq,
                      struct fq_batch *out_batch)
{
    struct fq_event_id first = fq_event_id_decode(fq_cursor_key(cursor).data);
    struct fq_span value = fq_cursor_value(cursor);
    struct fq_why why;

    if (!fq_log_id_equal(&first.log, log) || value.size <= FQ_LOG_VALUE_HEAD ||
        fq_batch_parse(fq_span_of(value.data + FQ_LOG_VALUE_HEAD, value.size - FQ_LOG_VALUE_HEAD),
                       out_batch, &why)) {
        return false;
    }
    return out_batch->seal.from_seq <= next_seq && next_seq <= out_batch->seal.to_seq;
}

/* ---- recovery ---- */

static fq_err load_frontier(struct fq_node *node, struct fq_why *out_why)
{
    struct fq_cursor *cursor = NULL;
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_HAVE, &cursor, out_why);

    if (err) {
        return err;
    }
    for (fq_cursor_seek(cursor, (struct fq_span){0}); fq_cursor_is_valid(cursor);
         fq_cursor_next(cursor)) {
        struct fq_span key = fq_cursor_key(cursor);
        struct fq_log_id id;
        if (key.size == 12) {
            id = (struct fq_log_id){fq_get_be32(key.data), fq_get_be32(key.data + 4),
                                    fq_get_be32(key.data + 8)};
        }
        if (key.size != 12 || !fq_frontier_restore(&node->core.frontier, &id,
                                                   fq_cursor_value(cursor), &node->areas)) {
            err = fq_fail(out_why, FQ_REASON_BYTES, "have");
            goto done;
        }
    }
    err = fq_cursor_error(cursor, out_why);

done:
    fq_cursor_close(cursor);
    return err;
}

struct replay {
    struct fq_node *node;
    uint64_t from_lsn; /* what lies before is in the view already */
    uint64_t batches;
};

static fq_err replay_batch(void *context, const struct fq_batch *batch, uint64_t first_lsn,
                           const struct fq_arrival *arrival, struct fq_why *out_why)
{
    struct replay *replay = context;
    uint64_t last_lsn = first_lsn + arrival->count - 1;
    bool is_in_view = last_lsn <= replay->from_lsn;

    if (!is_in_view && first_lsn != replay->node->core.feed.head + 1) {
        return fq_fail(out_why, FQ_REASON_GAP, "lsn %llu..%llu",
                       (unsigned long long)replay->node->core.feed.head + 1,
                       (unsigned long long)first_lsn - 1);
    }
    replay->batches++;
    (void)fq_cold_put(&replay->node->cold, &replay->node->core.view.memory.facts);
    return fq_core_replay(&replay->node->core, batch, first_lsn, is_in_view, out_why);
}

/* Start the view anew, in fresh memory: what was loaded of a bad one is forgotten. */
static fq_err restart_view(struct fq_node *node, struct fq_why *out_why)
{
    struct fq_view_memory fresh;
    fq_err err = fq_checkpoint_forget(node, out_why);

    err = err ? err : fq_memory_reserve_view(node->config.disputes_max, &fresh, out_why);
    if (err) {
        return err;
    }
    fq_memory_release_view(&node->view_memory);
    fq_cold_forget(&node->cold);
    node->view_memory = fresh;
    fq_view_init(&node->core.view, &node->areas, &node->core.frontier, &node->view_memory);
    memset(&node->core.feed, 0, sizeof node->core.feed);
    return FQ_OK;
}

static fq_err replay_control_log(struct fq_node *node, const struct fq_log *log,
                                 struct fq_cursor *cursor, struct fq_why *out_why)
{
    const struct fq_event_id first = {log->id, 1};
    uint8_t key[FQ_LOG_KEY_SIZE];
    fq_err err = FQ_OK;

    fq_log_key_encode(&first, key);
    for (fq_cursor_seek(cursor, fq_span_of(key, sizeof key)); !err && fq_cursor_is_valid(cursor);
         fq_cursor_next(cursor)) {
        struct fq_event_id at = fq_event_id_decode(fq_cursor_key(cursor).data);
        struct fq_span value = fq_cursor_value(cursor);
        struct fq_batch batch;
        if (!fq_log_id_equal(&at.log, &log->id) || value.size <= FQ_LOG_VALUE_HEAD) {
            break;
        }
        err = fq_batch_parse(
            fq_span_of(value.data + FQ_LOG_VALUE_HEAD, value.size - FQ_LOG_VALUE_HEAD), &batch,
            out_why);
        err = err ? err : fq_core_replay_control(&node->core, &batch, out_why);
    }
    return err;
}

/* The control logs are few and short, and what they amount to is written behind by nobody: they are
 * folded whole, whatever the view holds. */
static fq_err replay_control(struct fq_node *node, struct fq_why *out_why)
{
    const struct fq_frontier *frontier = &node->core.frontier;
    struct fq_cursor *cursor = NULL;
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_LOG, &cursor, out_why);

    for (uint32_t i = 0; i < frontier->count && !err; i++) {
        if (frontier->logs[i].id.stream == FQ_STREAM_CONTROL && frontier->logs[i].last > 0) {
            err = replay_control_log(node, &frontier->logs[i], cursor, out_why);
        }
    }
    fq_cursor_close(cursor);
    return err;
}

/* Whether the persisted view claims more than the log holds: it is of another log, or the disk lied. */
static bool is_view_ahead(const struct replay *replay, uint64_t next_lsn)
{
    return replay->from_lsn > 0 && (replay->batches == 0 || next_lsn <= replay->from_lsn);
}

fq_err fq_node_recover(struct fq_node *node, bool is_rebuild, struct fq_why *out_why)
{
    struct replay replay = {.node = node};
    uint64_t started_ms = fq_clock_now().steady_ms;
    uint64_t next_lsn;
    fq_err err = load_frontier(node, out_why);

    if (err) {
        return err;
    }
    if (!is_rebuild && fq_checkpoint_load(node)) {
        replay.from_lsn = node->core.feed.head;
    } else {
        err = restart_view(node, out_why);
        if (err) {
            return err;
        }
    }
    fq_core_resume_stamps(&node->core);
    err = replay_control(node, out_why);
    if (err) {
        return err;
    }
    err = fq_node_walk(node->store, replay.from_lsn + 1, UINT64_MAX, replay_batch, &replay,
                       &next_lsn, out_why);
    if (!err && is_view_ahead(&replay, next_lsn)) {
        fq_node_log("error", "node.view_ahead view_lsn=%llu head=%llu",
                    (unsigned long long)replay.from_lsn, (unsigned long long)next_lsn - 1);
        replay = (struct replay){.node = node};
        err = restart_view(node, out_why);
        err = err ? err
                  : fq_node_walk(node->store, 1, UINT64_MAX, replay_batch, &replay, &next_lsn,
                                 out_why);
    }
    node->view_lsn = replay.from_lsn;
    if (!err) {
        fq_node_log(
            "info", "node.recovered view_lsn=%llu head=%llu disputes=%llu batches=%llu ms=%llu",
            (unsigned long long)node->view_lsn, (unsigned long long)node->core.feed.head,
            (unsigned long long)node->core.view.dispute_count, (unsigned long long)replay.batches,
            (unsigned long long)(fq_clock_now().steady_ms - started_ms));
    }
    return err;
}
