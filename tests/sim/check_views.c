/* What must hold of views: each is the fold of its store, each cell the sum of contributions, equal
 * frontiers amount to the same (I3, I4, I5). */
#include "sim.h"

#include <string.h>

#define FRONTIERS_MAX 8192

static void empty_region(struct fq_arena *region)
{
    memset(region->base, 0, region->used);
    region->used = 0;
}

/* One view for all that is folded again, emptied in place. */
static struct world_view *emptied(const struct sim *sim)
{
    static struct world_view *fresh;

    if (!fresh) {
        fresh = world_view_open(sim->world);
    }
    struct fq_view_memory *memory = &fresh->memory;
    struct fq_arena *regions[] = {
        &fresh->view.memory.disputes,      &fresh->view.memory.dispute_heads,
        &fresh->view.memory.dispute_links, &fresh->view.memory.facts,
        &fresh->view.memory.dirty,         &fresh->view.memory.cells,
        &fresh->view.memory.cell_heads,    &fresh->view.memory.cell_links,
        &fresh->view.memory.activities,
    };
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        empty_region(regions[i]);
    }
    fresh->frontier_memory.used = 0;
    bool is_made = fq_frontier_init(&fresh->frontier, &fresh->frontier_memory);
    FQ_ASSERT(is_made);
    fq_view_init(&fresh->view, &sim->world->areas, &fresh->frontier, memory);
    return fresh;
}

void sim_for_each_batch(struct fq_store *store, sim_batch_visit *visit, void *context)
{
    static const uint8_t greatest[FQ_LOG_KEY_SIZE] = {255, 255, 255, 255};
    struct fq_cursor *cursor = NULL;
    struct fq_batch batch;
    struct fq_why why;
    fq_err err = fq_cursor_open(store, FQ_FAMILY_LOG, &cursor, &why);

    FQ_ASSERT(!err);
    for (fq_cursor_seek_last(cursor, fq_span_of(greatest, sizeof greatest));
         fq_cursor_is_valid(cursor) && !err; fq_cursor_previous(cursor)) {
        struct fq_span value = fq_cursor_value(cursor);
        err = fq_batch_parse(
            fq_span_of(value.data + FQ_LOG_VALUE_HEAD, value.size - FQ_LOG_VALUE_HEAD), &batch,
            &why);
        err = err ? err : visit(context, &batch);
    }
    FQ_ASSERT(!err);
    fq_cursor_close(cursor);
}

static fq_err fold_batch(void *context, const struct fq_batch *batch)
{
    struct world_view *fresh = context;
    struct fq_reader reader = fq_reader_over(batch->records);
    struct fq_event_id id = {batch->seal.log, batch->seal.from_seq};
    struct fq_event event;

    for (; id.seq <= batch->seal.to_seq && fq_event_decode(&reader, id, &event); id.seq++) {
        (void)fq_merge_event(&fresh->view, &event);
    }
    return FQ_OK;
}

bool sim_is_of_fork(const struct sim *sim, const struct fq_view *view,
                    const struct fq_dispute *dispute)
{
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        struct fq_event_id id = fq_view_event_id(view, fact);
        int log = sim_log(sim, &id.log);
        if (log < 0 || sim->fork_seq[log]) {
            return true;
        }
    }
    return false;
}

/* Own facts may be there in both versions: as the log has them, and as a relay brought them back. */
static bool holds_a_fork(const struct sim *sim, const struct fq_view *view)
{
    for (uint32_t i = 0; i < view->index.count; i++) {
        if (sim_is_of_fork(sim, view, &view->disputes[i])) {
            return true;
        }
    }
    return false;
}

static void check_fold(struct sim *sim, int at)
{
    struct world_view *fresh = emptied(sim);
    struct fq_node *node = sim->nodes[at].node;

    if (holds_a_fork(sim, &node->core.view)) {
        return;
    }
    sim_for_each_batch(node->store, fold_batch, fresh);
    sim_for_each_batch(node->store, fold_batch, fresh); /* a second time changes nothing (M1) */
    if (!world_is_same_view(&fresh->view, &node->core.view)) {
        sim_break(sim, "I3 the view is the fold of the store", sim_bit(at), "%s: see above",
                  sim_name(at));
    }
}

/* Each dispute counted once, from its state: no cell was ever incremented (I4). */
static void check_cells(struct sim *sim, int at)
{
    struct world_view *fresh = emptied(sim);
    const struct fq_view *view = &sim->nodes[at].node->core.view;
    struct fq_arena *scratch = &sim->nodes[at].node->scratch;
    uint8_t value[FQ_HAVE_SIZE];
    bool is_whole = true;

    for (uint32_t i = 0; i < view->frontier->count; i++) {
        const struct fq_log *log = &view->frontier->logs[i];
        if (log->id.origin == 0) {
            continue; /* a place never stored, before one that was */
        }
        fq_have_encode(view->frontier, log, value);
        is_whole &= fq_frontier_restore(&fresh->frontier, &log->id, fq_span_of(value, sizeof value),
                                        &sim->world->areas);
    }
    for (uint32_t i = 0; i < view->index.count && is_whole; i++) {
        struct fq_span packed;
        size_t mark = scratch->used;
        is_whole = fq_view_encode(view, &view->disputes[i], scratch, &packed) &&
                   fq_view_decode(&fresh->view, packed);
        scratch->used = mark;
    }
    if (!is_whole || !world_is_same_view(&fresh->view, &sim->nodes[at].node->core.view)) {
        sim_break(sim, "I4 cells are the sum of contributions", sim_bit(at), "%s: see above",
                  sim_name(at));
    }
}

/* Frontiers seen in this seed, and what they amounted to. */
static struct {
    uint64_t seed;
    uint32_t count;
    struct {
        struct fq_hash frontier;
        struct fq_digest digest;
        int at;
    } rows[FRONTIERS_MAX];
} seen;

/* All that is held, relays too: what was folded comes of it. */
static struct fq_hash hash_of_all(const struct fq_frontier *frontier)
{
    struct fq_hash sum = {{0}};

    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        struct fq_event_id head = {log->id, log->last};
        uint8_t row[FQ_EVENT_ID_SIZE + FQ_HASH_SIZE];
        struct fq_hash hash;
        if (log->last == 0) {
            continue;
        }
        fq_event_id_encode(&head, row);
        memcpy(row + FQ_EVENT_ID_SIZE, log->chain.bytes, FQ_HASH_SIZE);
        struct fq_span span = fq_span_of(row, sizeof row);
        fq_hash_spans(&span, 1, &hash);
        for (size_t at = 0; at < FQ_HASH_SIZE; at++) {
            sum.bytes[at] ^= hash.bytes[at];
        }
    }
    return sum;
}

static void check_digest(struct sim *sim, int at)
{
    struct fq_node *node = sim->nodes[at].node;
    struct fq_digest digest = fq_view_digest(&node->core.view, WORLD_PROVINCE, 0, UINT16_MAX);
    struct fq_hash frontier = hash_of_all(&node->core.frontier);

    for (uint32_t i = 0; i < seen.count; i++) {
        if (fq_hash_equal(&seen.rows[i].frontier, &frontier)) {
            if (!fq_digest_equal(seen.rows[i].digest, digest)) {
                sim_break(sim, "I5 equal frontiers, equal digests",
                          sim_bit(at) | sim_bit(seen.rows[i].at), "%s and %s differ", sim_name(at),
                          sim_name(seen.rows[i].at));
            }
            return;
        }
    }
    if (seen.count < FRONTIERS_MAX) {
        seen.rows[seen.count].frontier = frontier;
        seen.rows[seen.count].digest = digest;
        seen.rows[seen.count++].at = at;
    }
}

static void check_frontier(struct sim *sim, int at)
{
    const struct fq_core *core = &sim->nodes[at].node->core;

    for (int i = 0; i < SIM_LOGS; i++) {
        const struct fq_log_id id = sim_log_id(sim, i);
        const struct fq_log *log = fq_frontier_find(&core->frontier, &id);
        uint64_t last = log ? log->last : 0;
        if (last != sim->nodes[at].disk.last[i]) {
            sim_break(sim, "N3 what a node knows it has stored", sim_bit(at),
                      "%s knows %llu of %s and stores %llu", sim_name(at), (unsigned long long)last,
                      sim_log_name(i), (unsigned long long)sim->nodes[at].disk.last[i]);
        }
    }
}

void sim_check_step(struct sim *sim, int at)
{
    struct sim_node *node = &sim->nodes[at];

    if (!node->is_changed || !node->is_up || sim->broken) {
        return;
    }
    if (seen.seed != sim->seed || sim->checks == 0) {
        seen.seed = sim->seed;
        seen.count = 0;
    }
    node->is_changed = false;
    sim->checks++;
    check_frontier(sim, at);
    check_fold(sim, at);
    check_cells(sim, at);
    check_digest(sim, at);
}
