/* What goes wrong by itself: links, processes, disks, clocks. Never the last copy of a fact (Z3). */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS 3600000
#define YEAR_MS (INT64_C(365) * 24 * HOUR_MS)
#define CUT_MS 40000
#define DOWN_MS 20000
#define SOON_MS 1000
#define DOORS_OF_A_TURN 14
#define DOORS_OF_A_START 12

static uint32_t below(struct sim *sim, uint32_t bound)
{
    return random_below(&sim->random, bound);
}

static bool chance(struct sim *sim, unsigned percent)
{
    return random_chance(&sim->random, percent);
}

/* ---- links ---- */

static void cut_link(struct sim *sim)
{
    int child = 1 + (int)below(sim, SIM_NODES - 1);
    struct sim_link *link = &sim->nodes[child].link;
    uint32_t dice = below(sim, 4);

    link->is_cut_up = dice != 2;
    link->is_cut_down = dice != 3;
    link->is_noticed = dice == 0;
    link->until_ms = sim->now_ms + 1000 + below(sim, CUT_MS);
    sim->faults[dice >= 2 ? SIM_FAULT_CUT_ONE_WAY : SIM_FAULT_CUT]++;
    sim_tell(sim, sim_bit(child) | sim_bit(sim->nodes[child].parent), "the link of %s is cut%s",
             sim_name(child),
             dice == 2   ? " downward"
             : dice == 3 ? " upward"
                         : "");
}

static void mend_link(struct sim *sim, int child)
{
    struct sim_link *link = &sim->nodes[child].link;

    if (link->is_noticed) {
        sim_network_reconnect(sim, child);
    }
    link->is_cut_up = link->is_cut_down = link->is_noticed = false;
    link->until_ms = UINT64_MAX;
    sim_tell(sim, sim_bit(child) | sim_bit(sim->nodes[child].parent), "the link of %s is mended",
             sim_name(child));
}

static void lose_connection(struct sim *sim)
{
    int child = 1 + (int)below(sim, SIM_NODES - 1);

    sim->faults[SIM_FAULT_CONNECTION]++;
    sim_network_reconnect(sim, child);
    sim_tell(sim, sim_bit(child) | sim_bit(sim->nodes[child].parent),
             "the connection of %s is lost", sim_name(child));
}

/* ---- processes ---- */

static void crash(struct sim *sim, int at)
{
    struct sim_node *node = &sim->nodes[at];

    if (node->is_up) {
        sim->faults[SIM_FAULT_CRASH]++;
        node->doors_left = below(sim, DOORS_OF_A_TURN);
    }
}

static void kill_node(struct sim *sim, int at)
{
    if (sim->nodes[at].is_up) {
        sim_tell(sim, sim_bit(at), "%s is killed", sim_name(at));
        sim_stop(sim, at, below(sim, DOWN_MS));
    }
}

static void crash_in_start(struct sim *sim, int at)
{
    kill_node(sim, at);
    sim->faults[SIM_FAULT_CRASH_IN_START]++;
    sim->nodes[at].doors_left = below(sim, DOORS_OF_A_START);
}

static void fail_commit(struct sim *sim, int at)
{
    if (sim->nodes[at].is_up) {
        sim->faults[SIM_FAULT_DISK_ERROR]++;
        sim->nodes[at].fail_commit = 1 + (int)below(sim, 2);
    }
}

static void rebuild(struct sim *sim, int at)
{
    kill_node(sim, at);
    sim->faults[SIM_FAULT_REBUILD]++;
    sim->nodes[at].is_rebuild = true;
}

/* ---- disks ---- */

/* Whether somebody else holds a log of facts or control up to `last`, and will give it back to `at`:
 * a node above, or, for what is not its own, one on the way down to its origin; control its own
 * children too. */
static bool is_held_elsewhere(const struct sim *sim, int at, int log, uint64_t last)
{
    int origin = sim_writer(log);

    for (int above = sim->nodes[at].parent; above >= 0; above = sim->nodes[above].parent) {
        if (sim->nodes[above].disk.last[log] >= last) {
            return true;
        }
    }
    for (int below_it = origin; below_it >= 0 && below_it != at && sim_is_under(sim, at, origin);
         below_it = sim->nodes[below_it].parent) {
        if (sim->nodes[below_it].disk.last[log] >= last) {
            return true;
        }
    }
    for (int child = 0; child < SIM_NODES && log >= SIM_NODES && at == origin; child++) {
        if (sim->nodes[child].parent == at && sim->nodes[child].disk.last[log] >= last) {
            return true;
        }
    }
    return false;
}

/* Relays have no note of what was told: who lost some must get them back from the next on the way
 * down before it writes others. So the one beside him has all, and no two lose them at a time. */
static bool is_held_beside(const struct sim *sim, int at, int log, uint64_t last)
{
    int writer = sim_writer(log);
    int next = sim_recipient(log);

    if (at != writer) {
        return sim->nodes[sim->nodes[at].parent].disk.last[log] >= last;
    }
    while (sim->nodes[next].parent != writer) {
        next = sim->nodes[next].parent;
    }
    return sim->nodes[next].disk.last[log] >= last;
}

/* Z3; and of a log that has two versions, nobody goes back behind either. */
static bool may_go_back(const struct sim *sim, int at, size_t count)
{
    static const uint64_t nothing[SIM_LOGS];
    const struct sim_disk *disk = &sim->nodes[at].disk;
    const uint64_t *last = count > 0 ? disk->operations[count - 1].last : nothing;

    for (int i = 0; i < SIM_LOGS; i++) {
        bool is_of_relays = sim_recipient(i) >= 0;
        if (last[i] < disk->last[i] &&
            (sim->fork_seq[i] || !(is_of_relays ? is_held_beside(sim, at, i, disk->last[i])
                                                : is_held_elsewhere(sim, at, i, disk->last[i])))) {
            return false;
        }
    }
    return true;
}

static void forget_published(struct sim_node *node)
{
    uint64_t head = 0;

    for (int i = 0; i < SIM_LOGS; i++) {
        head += node->disk.last[i]; /* lsn is dense: as many as there are events */
    }
    memset(node->published[head], 0, sizeof node->published - head * sizeof node->published[0]);
}

/* A node whose store and note were both set back cannot know what it lost: its log may fork. */
static void judge_memory(struct sim_node *node, int at)
{
    const struct sim_disk *disk = &node->disk;

    node->is_wiped |= node->is_told_back && sim_told(disk->last, at) < disk->most_told &&
                      disk->told.seq < disk->most_told;
}

static void go_back(struct sim *sim, int at, size_t count, bool is_told_too)
{
    struct sim_node *node = &sim->nodes[at];
    uint64_t own = node->disk.last[at];
    struct fq_told_entry told = sim_disk_told(&node->disk, count);

    kill_node(sim, at);
    node->is_gone_back = true;
    sim_disk_restore(sim, at, count);
    forget_published(node);
    if (is_told_too) {
        node->disk.told = told;
        node->is_told_back = true;
    }
    judge_memory(node, at);
    sim_tell(sim, sim_bit(at), "%s goes back to an older image: own %llu of %llu, told %llu",
             sim_name(at), (unsigned long long)node->disk.last[at], (unsigned long long)own,
             (unsigned long long)node->disk.told.seq);
}

static void lose_tail(struct sim *sim, int at)
{
    const struct sim_disk *disk = &sim->nodes[at].disk;
    size_t lost = 1 + below(sim, 3);

    if (disk->count > lost && may_go_back(sim, at, disk->count - lost)) {
        sim->faults[SIM_FAULT_TAIL_LOST]++;
        go_back(sim, at, disk->count - lost, false);
    }
}

static void restore_image(struct sim *sim, int at, bool is_told_too)
{
    const struct sim_disk *disk = &sim->nodes[at].disk;

    for (int tries = 0; tries < 4 && disk->count > 1; tries++) {
        size_t count = below(sim, (uint32_t)disk->count);
        if (may_go_back(sim, at, count)) {
            sim->faults[is_told_too ? SIM_FAULT_OLDER_BOTH : SIM_FAULT_OLDER_STORE]++;
            go_back(sim, at, count, is_told_too);
            return;
        }
    }
}

/* A new, empty disk: even who the node was is gone. */
static void lose_disk(struct sim *sim, int at)
{
    if (sim->nodes[at].disk.count > 0 && may_go_back(sim, at, 0)) {
        sim->faults[SIM_FAULT_DISK_LOST]++;
        go_back(sim, at, 0, true);
    }
}

static void restore_told(struct sim *sim, int at)
{
    struct sim_node *node = &sim->nodes[at];

    kill_node(sim, at);
    sim->faults[SIM_FAULT_OLDER_TOLD]++;
    node->disk.told = sim_disk_told(&node->disk, below(sim, (uint32_t)node->disk.count + 1));
    node->is_told_back = true;
    judge_memory(node, at);
    sim_tell(sim, sim_bit(at), "%s gets an older note of what was told: %llu", sim_name(at),
             (unsigned long long)node->disk.told.seq);
}

/* ---- clocks ---- */

static void set_wall(struct sim *sim, int at)
{
    int64_t most = chance(sim, 30) ? 10 * YEAR_MS : 12 * HOUR_MS;

    sim->faults[SIM_FAULT_WALL_JUMP]++;
    sim->nodes[at].wall_ms = (int64_t)(random_next(&sim->random) % (uint64_t)(2 * most)) - most;
    sim_tell(sim, sim_bit(at), "the wall clock of %s is set to %lld s from the true time",
             sim_name(at), (long long)(sim->nodes[at].wall_ms / 1000));
}

static void sleep_all(struct sim *sim)
{
    sim->faults[SIM_FAULT_SLEEP]++;
    uint64_t slept_ms = 600000 + below(sim, 8 * HOUR_MS);
    sim->now_ms += slept_ms;
    sim_workload_slept(sim, slept_ms);
    sim_tell(sim, UINT32_MAX, "all sleep for hours");
}

/* ---- all of it ---- */

void sim_fault(struct sim *sim)
{
    int at = (int)below(sim, SIM_NODES);
    uint32_t dice = below(sim, 100);

    for (int child = 1; child < SIM_NODES; child++) {
        if (sim->nodes[child].link.until_ms <= sim->now_ms) {
            mend_link(sim, child);
        }
    }
    if (sim->next_fault_ms > sim->now_ms) {
        return;
    }
    sim->next_fault_ms = sim->now_ms + 1 + below(sim, sim->fault_gap_ms);
    if (dice < 16) {
        cut_link(sim);
    } else if (dice < 22) {
        lose_connection(sim);
    } else if (dice < 44) {
        crash(sim, at);
    } else if (dice < 49) {
        crash_in_start(sim, at);
    } else if (dice < 56) {
        fail_commit(sim, at);
    } else if (dice < 59) {
        rebuild(sim, at);
    } else if (dice < 70) {
        lose_tail(sim, at);
    } else if (dice < 81) {
        restore_image(sim, at, false);
    } else if (dice < 87) {
        restore_told(sim, at);
    } else if (dice < 90) {
        restore_image(sim, at, sim->is_fork_allowed);
    } else if (dice < 93 && sim->is_fork_allowed) {
        lose_disk(sim, at);
    } else if (dice < 97) {
        set_wall(sim, at);
    } else {
        sleep_all(sim);
    }
}

uint64_t sim_fault_due(const struct sim *sim)
{
    uint64_t due_ms = sim->is_calm ? UINT64_MAX : sim->next_fault_ms;

    for (int child = 1; child < SIM_NODES; child++) {
        uint64_t until_ms = sim->nodes[child].link.until_ms;
        due_ms = until_ms < due_ms ? until_ms : due_ms;
    }
    return due_ms;
}

/* A network good, poor or terrible, and how often something breaks. */
void sim_fault_begin(struct sim *sim)
{
    static const unsigned most[] = {0, 5, 20, 50};

    sim->loss = below(sim, most[below(sim, 4)] + 1);
    sim->doubling = below(sim, most[below(sim, 4)] + 1);
    sim->reordering = chance(sim, 50) ? below(sim, 100) : 0;
    sim->delaying = chance(sim, 50) ? below(sim, 20) : 0;
    sim->blocking = chance(sim, 40) ? below(sim, 20) : 0;
    sim->fault_gap_ms = 1500 + below(sim, 15000);
    sim->next_fault_ms = below(sim, sim->fault_gap_ms);
    sim->is_fork_allowed = chance(sim, 25);
    for (int i = 0; i < SIM_NODES; i++) {
        sim->nodes[i].link.until_ms = UINT64_MAX;
    }
}

void sim_fault_calm(struct sim *sim)
{
    sim->is_calm = true;
    sim->loss = sim->doubling = sim->reordering = sim->delaying = sim->blocking = 0;
    for (int i = 0; i < SIM_NODES; i++) {
        struct sim_node *node = &sim->nodes[i];
        node->doors_left = UINT32_MAX;
        node->fail_commit = 0;
        node->up_ms = node->up_ms < sim->now_ms + SOON_MS ? node->up_ms : sim->now_ms + SOON_MS;
        if (i > 0 && node->link.until_ms != UINT64_MAX) {
            mend_link(sim, i);
        }
    }
    for (uint32_t i = 0; i < sim->command_count; i++) { /* and everybody comes back online */
        struct sim_command *command = &sim->commands[i];
        uint64_t soon_ms = sim->now_ms + SOON_MS;
        command->due_ms = command->due_ms < soon_ms ? command->due_ms : soon_ms;
    }
    sim_tell(sim, UINT32_MAX, "the faults stop");
}
