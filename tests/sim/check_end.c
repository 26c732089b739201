/* What must hold when the faults have stopped: all tiers agree, nothing acknowledged is missing, nothing
 * refused is there, and the figures are those of a plain fold (I1, I4, I8). The oracle is what people
 * were told, not what a node says of itself. */
#include "sim.h"

#include <string.h>

#include "../support/plain_fold.h"

static const struct fq_log *log_at(const struct sim *sim, int at, int origin)
{
    const struct fq_log_id id = {sim->nodes[origin].origin, 0, 1};

    return fq_frontier_find(&sim->nodes[at].node->core.frontier, &id);
}

/* Whether the log still has two versions: one of them may have been lost again. */
static bool is_forked(const struct sim *sim, uint32_t number)
{
    int origin = sim_find(sim, number);
    const struct fq_log *first = origin < 0 ? NULL : log_at(sim, origin, origin);

    if (origin < 0 || !sim->nodes[origin].fork_seq) {
        return false;
    }
    for (int at = sim->nodes[origin].parent; at >= 0; at = sim->nodes[at].parent) {
        const struct fq_log *log = log_at(sim, at, origin);
        if (!first || !log || first->last != log->last ||
            !fq_hash_equal(&first->chain, &log->chain)) {
            return true;
        }
    }
    return false;
}

/* NULL, or why the child and its parent do not agree yet. */
static const char *disagreement(const struct sim *sim, int child)
{
    const struct fq_core *core = &sim->nodes[child].node->core;
    const struct fq_core *above = &sim->nodes[sim->nodes[child].parent].node->core;

    for (uint32_t i = 0; i < core->frontier.count; i++) {
        const struct fq_log *log = &core->frontier.logs[i];
        const struct fq_log *held = fq_frontier_find(&above->frontier, &log->id);
        if (is_forked(sim, log->id.origin)) {
            continue;
        }
        if (log->last != (held ? held->last : 0)) {
            return "a log is held further by one of the two";
        }
        if (log->last > 0 && !fq_hash_equal(&log->chain, &held->chain)) {
            return "two chains differ";
        }
        if (log->acked != log->last || log->up != log->last) {
            return "an event is not told acknowledged by both tiers above";
        }
        if (core->sync.logs[i].is_diverged) {
            return "a log is called diverged that is not";
        }
    }
    for (uint32_t i = 0; i < above->frontier.count; i++) {
        const struct fq_log *log = &above->frontier.logs[i];
        bool is_below =
            fq_areas_covers(&sim->world->areas, core->options.area, log->id.origin / 100);
        const struct fq_log *held = fq_frontier_find(&core->frontier, &log->id);
        if (is_below && log->last > (held ? held->last : 0) && !is_forked(sim, log->id.origin)) {
            return "the child lacks what its parent holds";
        }
    }
    if (!fq_sync_may_originate(&core->sync) && !is_forked(sim, core->options.origin)) {
        return "the child stays read-only";
    }
    return NULL;
}

/* Whether some node on the way up says that the log has two versions (Y5). */
static bool is_fork_shown(const struct sim *sim, int origin)
{
    for (int at = origin; at > 0; at = sim->nodes[at].parent) {
        const struct fq_core *core = &sim->nodes[at].node->core;
        const struct fq_log *log = log_at(sim, at, origin);
        if (log && core->sync.logs[fq_frontier_index(&core->frontier, log)].is_diverged) {
            return true;
        }
    }
    return false;
}

static const char *unsettled(const struct sim *sim, int *out_at)
{
    for (int i = 0; i < SIM_NODES; i++) {
        *out_at = i;
        if (!sim->nodes[i].is_up) {
            return "it is down";
        }
        const char *why = i == 0 ? NULL : disagreement(sim, i);
        if (is_forked(sim, sim->nodes[i].origin) && !is_fork_shown(sim, i)) {
            why = "its log diverged and nobody says so";
        }
        if (why) {
            return why;
        }
    }
    for (uint32_t i = 0; i < sim->command_count; i++) {
        *out_at = sim->commands[i].node;
        if (!sim->commands[i].is_answered && !is_forked(sim, sim->nodes[*out_at].origin)) {
            return "a command given there is not answered";
        }
    }
    return NULL;
}

bool sim_is_settled(const struct sim *sim)
{
    int at;

    for (int i = 0; i < SIM_NODES; i++) {
        if (!sim->nodes[i].is_up) {
            return false;
        }
    }
    return !unsettled(sim, &at);
}

static bool holds_event(const struct fq_view *view, const struct fq_id *dispute,
                        const struct fq_event_id *id)
{
    const struct fq_dispute *found = fq_view_find(view, dispute);

    for (const struct fq_fact *fact = found ? fq_view_facts(view, found) : NULL; fact;
         fact = fq_view_next(view, fact)) {
        struct fq_event_id held = fq_view_event_id(view, fact);
        if (held.seq == id->seq && fq_log_id_equal(&held.log, &id->log)) {
            return true;
        }
    }
    return false;
}

/* Every fact ever acknowledged stands in the view of its node and of every node above it. */
static void check_acknowledged(struct sim *sim, int origin)
{
    const struct sim_node *writer = &sim->nodes[origin];

    for (uint64_t seq = 1; seq <= sim->fact_count[origin]; seq++) {
        const struct sim_fact *fact = &sim->facts[origin][seq - 1];
        const struct fq_event_id id = {{writer->origin, 0, 1}, seq};
        if (!fact->is_acknowledged || fq_id_is_zero(&fact->dispute) ||
            (writer->fork_seq && seq >= writer->fork_seq)) {
            continue;
        }
        for (int at = origin; at >= 0; at = sim->nodes[at].parent) {
            if (!holds_event(&sim->nodes[at].node->core.view, &fact->dispute, &id)) {
                sim_break(sim, "I1 nothing acknowledged is lost", sim_bit(at) | sim_bit(origin),
                          "event %llu of %s, command %lld, is not in the view of %s",
                          (unsigned long long)seq, sim_name(origin), (long long)fact->command,
                          sim_name(at));
                return;
            }
        }
    }
}

/* What was refused wherever it was given, and is asked no more, is nowhere. */
static void check_refused(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->command_count; i++) {
        const struct sim_command *command = &sim->commands[i];
        if (command->is_answered && !command->is_taken && command->open_requests == 0 &&
            command->facts > 0) {
            sim_break(sim, "a refused command makes no event", sim_bit(command->node),
                      "command %u was refused and made %u", i, command->facts);
        }
    }
}

/* Figures worked out from the workload's own records, the slow and obvious way (I4). */
static struct history stored; /* of one node */

static fq_err keep_batch(void *context, const struct fq_batch *batch)
{
    struct fq_reader reader = fq_reader_over(batch->records);
    struct fq_event_id id = {batch->seal.log, batch->seal.from_seq};
    struct fq_event event;

    (void)context;
    for (; id.seq <= batch->seal.to_seq && fq_event_decode(&reader, id, &event); id.seq++) {
        FQ_ASSERT(stored.count < HISTORY_ENTRIES_MAX);
        uint8_t *kept = stored.bytes + stored.used;
        memcpy(kept, event.record.data, event.record.size);
        stored.used += event.record.size;
        stored.entries[stored.count++] =
            (struct history_entry){id, fq_span_of(kept, event.record.size)};
    }
    return FQ_OK;
}

static void check_plain(struct sim *sim, int at)
{
    static struct plain plain;

    stored.count = 0;
    stored.used = 0;
    sim_for_each_batch(sim->nodes[at].node->store, keep_batch, NULL);
    plain_fold(&plain, sim->world, &stored, stored.count);
    if (!plain_agrees(&plain, &sim->nodes[at].node->core.view)) {
        sim_break(sim, "I4 cells are what the plain fold says", sim_bit(at), "%s: see above",
                  sim_name(at));
    }
}

void sim_check_end(struct sim *sim)
{
    int at = 0;
    const char *why = unsettled(sim, &at);

    if (why) {
        int parent = at > 0 ? sim->nodes[at].parent : 0;
        sim_break(sim, "I8 when faults stop all tiers agree", sim_bit(at) | sim_bit(parent),
                  "%s: %s", sim_name(at), why);
        return;
    }
    for (int i = 0; i < SIM_NODES && !sim->broken; i++) {
        sim->nodes[i].is_changed = true;
        sim_check_step(sim, i);
        sim_check_feed(sim, i);
        check_acknowledged(sim, i);
    }
    check_refused(sim);
    check_plain(sim, 0);
}
