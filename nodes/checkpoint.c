/* The view written behind, so that a start folds only what came after.
 *
 * A pass begins at the head of that moment and writes, some in every turn, all disputes that are
 * dirty then, each as it stands when its turn comes. With the last ones it writes the mark: all up
 * to the head where it began need not be folded again. What was written of later events does no
 * harm, for folding them again changes nothing (M1), and their commit was synced before. Slices are
 * synced too: a power cut that tears a tail is then no more than the last commit's (S3).
 *
 * Rows are keyed by the dispute's place in the view, so that new ones are appended and a start
 * loads them as they were made. No place is written before those below it, because a new dispute is
 * dirty at once and the dirty are taken first in, first out. A view made anew has other places: the
 * old rows go first. */
#include "tally.h"

#include <string.h>

#define SLICE_ROWS 4096
#define MARK "feed" /* head8, then area4 last_lsn8 of each area */
#define MARK_HEAD 8
#define MARK_AREA 12
#define PLACE_SIZE 4

/* ---- writing ---- */

static void put_mark(struct fq_writes *writes, const struct fq_feed *feed, uint64_t lsn)
{
    uint8_t *value =
        fq_arena_take_raw(writes->arena, MARK_HEAD + (size_t)feed->area_count * MARK_AREA);
    size_t at = MARK_HEAD;

    if (!value) {
        writes->is_full = true;
        return;
    }
    fq_put_be64(value, lsn);
    for (size_t i = 0; i < FQ_FEED_AREAS_MAX; i++) {
        if (feed->areas[i].area) {
            fq_put_be32(value + at, feed->areas[i].area);
            fq_put_be64(value + at + 4, feed->areas[i].last_lsn);
            at += MARK_AREA;
        }
    }
    fq_writes_put(writes, FQ_FAMILY_DEFAULT, fq_span_text(MARK), fq_span_of(value, at));
}

/* Facts refer to logs by their index, which only `have` keeps; all logs when the pass ends, those
 * without a batch of their own before. */
static void put_logs(struct fq_writes *writes, const struct fq_frontier *frontier, bool is_all)
{
    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        if (log->id.origin && (is_all || log->last == 0)) {
            fq_writes_put_have(writes, frontier, log);
        }
    }
}

static void put_disputes(struct fq_writes *writes, struct fq_node *node)
{
    struct fq_view *view = &node->core.view;
    size_t begin = node->scratch.used;

    for (uint32_t i = 0; i < SLICE_ROWS && node->pass_left > 0 && !writes->is_full; i++) {
        if (i > 0 && node->scratch.used - begin >= node->config.checkpoint_bytes) {
            break;
        }
        node->pass_left--;
        const struct fq_dispute *dispute = fq_view_take_dirty(view);
        struct fq_span value = {0};
        uint8_t place[PLACE_SIZE];
        writes->is_full |= !fq_view_encode(view, dispute, &node->scratch, &value);
        fq_put_be32(place, fq_view_place(view, dispute));
        fq_writes_put(writes, FQ_FAMILY_VIEW, fq_span_of(place, sizeof place), value);
    }
}

void fq_checkpoint_begin(struct fq_node *node)
{
    node->is_passing = true;
    node->pass_lsn = node->core.feed.head;
    node->pass_left = node->core.view.dirty_count;
}

fq_err fq_checkpoint_go_on(struct fq_node *node, struct fq_why *out_why)
{
    const struct fq_frontier *frontier = &node->core.frontier;
    size_t mark = node->scratch.used;
    struct fq_writes writes = fq_writes_over(&node->scratch, (size_t)SLICE_ROWS + frontier->count +
                                                                 1 + fq_tally_writes_max(node));

    FQ_ASSERT(node->is_passing);
    put_disputes(&writes, node);
    bool is_last = node->pass_left == 0;
    put_logs(&writes, frontier, is_last);
    if (is_last) {
        put_mark(&writes, &node->core.feed, node->pass_lsn);
        fq_tally_put(node, &writes);
    }
    fq_err err = fq_writes_commit(&writes, node->store, true, out_why);
    if (!err && is_last) {
        node->view_lsn = node->pass_lsn;
        node->is_passing = false;
    }
    node->scratch.used = mark;
    return err;
}

fq_err fq_checkpoint_finish(struct fq_node *node, struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    fq_checkpoint_begin(node); /* one under way is begun again: what it wrote stays written */
    while (!err && node->is_passing) {
        err = fq_checkpoint_go_on(node, out_why);
    }
    return err;
}

/* ---- loading ---- */

static bool load_mark(struct fq_node *node, struct fq_span value)
{
    if (value.size < MARK_HEAD || (value.size - MARK_HEAD) % MARK_AREA) {
        return false;
    }
    node->core.feed.head = fq_get_be64(value.data);
    for (size_t at = MARK_HEAD; at < value.size; at += MARK_AREA) {
        fq_feed_set_last(&node->core.feed, fq_get_be32(value.data + at),
                         fq_get_be64(value.data + at + 4));
    }
    return true;
}

/* Every place from the first on, each once: else the rows are not of one view. */
static bool load_disputes(struct fq_node *node)
{
    struct fq_view *view = &node->core.view;
    struct fq_cursor *cursor = NULL;
    struct fq_why why;
    bool is_whole = fq_cursor_open(node->store, FQ_FAMILY_VIEW, &cursor, &why) == FQ_OK;

    if (!is_whole) {
        return false;
    }
    for (fq_cursor_seek(cursor, (struct fq_span){0}); is_whole && fq_cursor_is_valid(cursor);
         fq_cursor_next(cursor)) {
        struct fq_span key = fq_cursor_key(cursor);
        is_whole = key.size == PLACE_SIZE && fq_get_be32(key.data) == view->index.count &&
                   fq_view_decode(view, fq_cursor_value(cursor));
        (void)fq_cold_put(&node->cold, &view->memory.facts);
    }
    is_whole = is_whole && fq_cursor_error(cursor, &why) == FQ_OK;
    fq_cursor_close(cursor);
    return is_whole;
}

bool fq_checkpoint_load(struct fq_node *node)
{
    struct fq_span value;
    struct fq_why why;
    bool is_found = false;
    fq_err err = fq_store_get(node->store, FQ_FAMILY_DEFAULT, fq_span_text(MARK), &node->scratch,
                              &value, &is_found, &why);

    return !err && is_found && load_mark(node, value) && load_disputes(node);
}

/* Delete up to SLICE_ROWS rows where the cursor stands. */
static fq_err forget_some(struct fq_node *node, struct fq_cursor *cursor, struct fq_why *out_why)
{
    size_t mark = node->scratch.used;
    struct fq_writes writes = fq_writes_over(&node->scratch, SLICE_ROWS);

    for (uint32_t i = 0; i < SLICE_ROWS && fq_cursor_is_valid(cursor); i++) {
        fq_writes_delete(&writes, FQ_FAMILY_VIEW, fq_cursor_key(cursor));
        fq_cursor_next(cursor);
    }
    fq_err err = fq_writes_commit(&writes, node->store, false, out_why);
    node->scratch.used = mark;
    return err;
}

/* The mark goes first, so that no row is trusted that belongs to another view. */
fq_err fq_checkpoint_forget(struct fq_node *node, struct fq_why *out_why)
{
    const struct fq_write mark = {
        .family = FQ_FAMILY_DEFAULT, .key = fq_span_text(MARK), .is_delete = true};
    struct fq_cursor *cursor = NULL;
    fq_err err = fq_store_commit(node->store, &mark, 1, true, out_why);

    err = err ? err : fq_cursor_open(node->store, FQ_FAMILY_VIEW, &cursor, out_why);
    if (err) {
        return err;
    }
    fq_cursor_seek(cursor, (struct fq_span){0});
    while (!err && fq_cursor_is_valid(cursor)) {
        err = forget_some(node, cursor, out_why);
    }
    err = err ? err : fq_cursor_error(cursor, out_why);
    fq_cursor_close(cursor);
    return err;
}
