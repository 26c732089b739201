/* What must hold when the faults have stopped: all tiers agree, nothing acknowledged is missing, nothing
 * refused is there, and the figures are those of a plain fold (I1, I4, I8). The oracle is what people
 * were told, not what a node says of itself. */
#include "sim.h"

#include <string.h>

#include "../support/plain_fold.h"

static const struct fq_log *log_at(const struct sim *sim, int at, int log)
{
    const struct fq_log_id id = sim_log_id(sim, log);

    return fq_frontier_find(&sim->nodes[at].node->core.frontier, &id);
}

/* Whether the log still has two versions: one of them may have been lost again. */
static bool is_forked(const struct sim *sim, int log)
{
    const struct fq_log *first = log < 0 ? NULL : log_at(sim, sim_writer(log), log);

    if (log < 0 || !sim->fork_seq[log]) {
        return false;
    }
    for (int at = 0; at < SIM_NODES; at++) {
        const struct fq_log *held = log_at(sim, at, log);
        if (held && held->last > 0 &&
            (!first || first->last != held->last || !fq_hash_equal(&first->chain, &held->chain))) {
            return true;
        }
    }
    return false;
}

static bool is_any_forked(const struct sim *sim, int node)
{
    return is_forked(sim, node) || is_forked(sim, node + SIM_NODES);
}

/* NULL, or what the child and its parent do not agree on: a log that passes between them. */
static const char *disagreement_on(const struct sim *sim, int child, const struct fq_log *log)
{
    const struct fq_core *core = &sim->nodes[child].node->core;
    const struct fq_core *above = &sim->nodes[sim->nodes[child].parent].node->core;
    const struct fq_log *held = fq_frontier_find(&above->frontier, &log->id);
    bool is_up = fq_log_flows_up(&sim->world->areas, core->options.area, &log->id);
    bool is_down = fq_log_flows_down(&sim->world->areas, core->options.area, &log->id);

    if (is_forked(sim, sim_log(sim, &log->id)) || (!is_up && !is_down)) {
        return NULL;
    }
    if (log->last != (held ? held->last : 0)) {
        return "a log is held further by one of the two";
    }
    if (log->last > 0 && !fq_hash_equal(&log->chain, &held->chain)) {
        return "two chains differ";
    }
    if (log->acked != log->last || (is_up && log->up != log->last)) {
        return "an event is not told acknowledged by both tiers above";
    }
    if (core->sync.logs[fq_frontier_index(&core->frontier, log)].is_diverged) {
        return "a log is called diverged that is not";
    }
    return NULL;
}

/* NULL, or why the child and its parent do not agree yet. */
static const char *disagreement(const struct sim *sim, int child)
{
    const struct fq_core *core = &sim->nodes[child].node->core;
    const struct fq_core *above = &sim->nodes[sim->nodes[child].parent].node->core;

    for (uint32_t i = 0; i < core->frontier.count; i++) {
        const char *why = disagreement_on(sim, child, &core->frontier.logs[i]);
        if (why) {
            return why;
        }
    }
    for (uint32_t i = 0; i < above->frontier.count; i++) {
        const struct fq_log *log = &above->frontier.logs[i];
        const struct fq_log *held = fq_frontier_find(&core->frontier, &log->id);
        bool is_shared = fq_log_flows_up(&sim->world->areas, core->options.area, &log->id) ||
                         fq_log_flows_down(&sim->world->areas, core->options.area, &log->id);
        if (is_shared && log->last > (held ? held->last : 0) &&
            !is_forked(sim, sim_log(sim, &log->id))) {
            return "the child lacks what its parent holds";
        }
    }
    if (!fq_sync_may_originate(&core->sync) && !is_any_forked(sim, child)) {
        return "the child stays read-only";
    }
    return NULL;
}

/* Whether some node says that the log has two versions (Y5). */
static bool is_fork_shown(const struct sim *sim, int log)
{
    for (int at = 0; at < SIM_NODES; at++) {
        const struct fq_core *core = &sim->nodes[at].node->core;
        const struct fq_log *held = log_at(sim, at, log);
        if (held && core->sync.logs[fq_frontier_index(&core->frontier, held)].is_diverged) {
            return true;
        }
    }
    return false;
}

/* NULL, or what the node has not relayed yet, though it could. */
static const char *debt(const struct sim *sim, int at)
{
    const struct fq_node *node = sim->nodes[at].node;

    for (uint32_t i = 0; i < node->owing_count; i++) {
        if (node->owing[i].count > 0 && !is_any_forked(sim, at)) {
            return "it owes relays";
        }
    }
    return NULL;
}

static const char *unsettled(const struct sim *sim, int *out_at)
{
    for (int i = 0; i < SIM_NODES; i++) {
        *out_at = i;
        if (!sim->nodes[i].is_up) {
            return "it is down";
        }
        const char *why = i == 0 ? NULL : disagreement(sim, i);
        why = why ? why : debt(sim, i);
        for (int log = i; log < 2 * SIM_NODES; log += SIM_NODES) {
            if (is_forked(sim, log) && !is_fork_shown(sim, log)) {
                why = "its log diverged and nobody says so";
            }
        }
        if (why) {
            return why;
        }
    }
    for (uint32_t i = 0; i < sim->command_count; i++) {
        *out_at = sim->commands[i].node;
        if (!sim->commands[i].is_answered && !is_any_forked(sim, *out_at)) {
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
            (sim->fork_seq[origin] && seq >= sim->fork_seq[origin])) {
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

/* ---- shared disputes: everyone who has to do with one knows the same of it (X1 to X4) ---- */

/* Whether the node's area or one below it has to do with the dispute: by what the facts say, not by
 * what any node made of them. */
static bool is_party(const struct sim *sim, int at, const struct fq_view *view,
                     const struct fq_dispute *dispute)
{
    const struct fq_areas *areas = &sim->world->areas;
    uint32_t area = sim->nodes[at].area;
    bool is = false;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact && !is;
         fact = fq_view_next(view, fact)) {
        struct fq_event event;
        fq_fact_unpack(fact, &event);
        is = fq_areas_covers(areas, area, (uint32_t)(event.value[FQ_FIELD_HOST] / 10000)) ||
             fq_areas_covers(areas, area, (uint32_t)(event.value[FQ_FIELD_TO_UNIT] / 10000)) ||
             fq_areas_covers(areas, area, (uint32_t)event.value[FQ_FIELD_TO_AREA]) ||
             (event.step == FQ_EVENT_REGISTERED && fq_areas_covers(areas, area, event.area));
    }
    return is;
}

/* Whoever has to do with a dispute knows all of it; what a node owes whose own log has two versions it may
 * not write. */
static void check_shared(struct sim *sim, int at)
{
    const struct fq_view *all = &sim->nodes[0].node->core.view;
    const struct fq_view *view = &sim->nodes[at].node->core.view;

    for (uint32_t i = 0; i < all->index.count && !sim->broken; i++) {
        const struct fq_dispute *whole = &all->disputes[i];
        if (sim_is_of_fork(sim, all, whole) || !is_party(sim, at, all, whole)) {
            continue;
        }
        for (const struct fq_fact *fact = fq_view_facts(all, whole); fact && !sim->broken;
             fact = fq_view_next(all, fact)) {
            struct fq_event_id id = fq_view_event_id(all, fact);
            int log = sim_log(sim, &id.log);
            bool is_owed_by_a_fork = is_any_forked(sim, sim_meeting(sim, at, sim_writer(log)));
            if (!holds_event(view, &whole->id, &id) && !is_owed_by_a_fork) {
                sim_break(sim, "X1 who has to do with a dispute knows all of it",
                          sim_bit(at) | sim_bit(sim_writer(log)) | 1,
                          "%s lacks event %llu of %s, %s %02x%02x", sim_name(at),
                          (unsigned long long)id.seq, sim_log_name(log),
                          fq_kind_row(fact->kind)->name, whole->id.bytes[0], whole->id.bytes[1]);
            }
        }
    }
}

/* What a node folded the province did too, and somebody wrote it. */
static void check_invented(struct sim *sim, int at)
{
    const struct fq_view *all = &sim->nodes[0].node->core.view;
    const struct fq_view *view = &sim->nodes[at].node->core.view;

    for (uint32_t i = 0; i < view->index.count && !sim->broken; i++) {
        const struct fq_dispute *dispute = &view->disputes[i];
        if (sim_is_of_fork(sim, view, dispute)) {
            continue;
        }
        for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
             fact = fq_view_next(view, fact)) {
            struct fq_event_id id = fq_view_event_id(view, fact);
            int log = sim_log(sim, &id.log);
            if (id.seq > sim->fact_count[log] || !holds_event(all, &dispute->id, &id)) {
                sim_break(sim, "X2 nobody folds what nobody wrote", sim_bit(at) | 1,
                          "%s holds event %llu of %s", sim_name(at), (unsigned long long)id.seq,
                          sim_log_name(log));
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
        check_shared(sim, i);
        check_invented(sim, i);
    }
    check_refused(sim);
    check_plain(sim, 0);
}
