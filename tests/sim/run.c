/* One seed: a province, its people and its faults; then calm, and what must have come of it. */
#include "sim.h"

#include <string.h>

#define CALM_MS 90000 /* everything agrees within so long after the last fault */

const char *sim_fault_name(enum sim_fault fault)
{
    static const char *const names[SIM_FAULTS_COUNT] = {
#define SIM_FAULT_NAME(name, text) [SIM_FAULT_##name] = text,
        SIM_FAULTS(SIM_FAULT_NAME)
#undef SIM_FAULT_NAME
    };

    return names[fault];
}

/* Limits that a daemon may be given, small enough to be reached. */
static void draw_limits(struct sim *sim)
{
    static const uint32_t heartbeats[] = {500, 1000, 5000};
    static const uint32_t records[] = {1, 2, 7, 4096};
    static const uint32_t checkpoints[] = {3, 20, 100, 100000};
    static const uint32_t slices[] = {1, 500, 262144};
    static const uint32_t messages[] = {1, 3, 64, 1024};
    struct random *random = &sim->random;
    uint32_t heartbeat_ms = heartbeats[random_below(random, 3)];

    sim->limits = (struct fq_config){
        .batch_records = records[random_below(random, 4)],
        .batch_bytes = random_chance(random, 50) ? 4096 : 65536,
        .heartbeat_ms = heartbeat_ms,
        .silence_ms = 3 * heartbeat_ms,
        .reconnect_ms = heartbeat_ms / 5,
        .credit_bytes = FQ_BATCH_SIZE_MAX + random_below(random, 20000),
        .turn_messages = messages[random_below(random, 4)],
        .disputes_max = 1000,
        .checkpoint_events = checkpoints[random_below(random, 4)],
        .checkpoint_bytes = slices[random_below(random, 3)],
    };
}

static void open(struct sim *sim, struct world *world, uint64_t seed)
{
    memset(sim, 0, sizeof *sim);
    sim->seed = seed;
    sim->random = random_of(seed);
    sim->world = world;
    sim->now_ms = 1000000;
    sim_seed_randomness(seed);
    draw_limits(sim);
    sim_fault_begin(sim);
    sim->next_fault_ms += sim->now_ms;
    sim->next_command_ms = sim->now_ms;
    sim->command_limit = 10 + random_below(&sim->random, 90);
    sim_cluster_open(sim);
    for (int i = 0; i < SIM_NODES && !sim->broken; i++) {
        sim_start(sim, i, false);
    }
}

/* When the node has something to do. */
static uint64_t due_of(const struct sim *sim, int at)
{
    const struct sim_node *node = &sim->nodes[at];
    uint64_t due_ms = sim_network_due(sim, at);

    if (!node->is_up) {
        return node->up_ms;
    }
    return due_ms < node->wake_ms ? due_ms : node->wake_ms;
}

static void act(struct sim *sim, int at)
{
    struct sim_node *node = &sim->nodes[at];

    if (node->is_up) {
        sim_turn(sim, at);
    } else {
        bool is_rebuild = node->is_rebuild;
        node->is_rebuild = false;
        sim_start(sim, at, is_rebuild);
    }
    sim_check_step(sim, at);
}

/* The next thing that is due: a node, the people, or a fault. */
static void step(struct sim *sim)
{
    uint64_t workload_ms = sim_workload_due(sim);
    uint64_t fault_ms = sim_fault_due(sim);
    uint64_t due_ms = UINT64_MAX;
    int first = (int)random_below(&sim->random, SIM_NODES); /* who comes first when all are late */
    int at = first;

    for (int i = 0; i < SIM_NODES; i++) {
        uint64_t node_ms = due_of(sim, (first + i) % SIM_NODES);
        if (node_ms < due_ms) {
            due_ms = node_ms;
            at = (first + i) % SIM_NODES;
        }
    }
    uint64_t next_ms = due_ms < workload_ms ? due_ms : workload_ms;
    next_ms = fault_ms < next_ms ? fault_ms : next_ms;
    sim->now_ms = next_ms > sim->now_ms ? next_ms : sim->now_ms;
    sim->step++;
    if (fault_ms <= sim->now_ms) {
        sim_fault(sim);
    } else if (workload_ms <= sim->now_ms) {
        sim_workload(sim);
    } else {
        act(sim, at);
    }
}

bool sim_run(struct sim *sim, uint64_t seed)
{
    static struct world world;

    if (!world.memory.base) {
        world_open(&world);
    }
    open(sim, &world, seed);
    while (!sim->broken && sim->command_count < sim->command_limit) {
        step(sim);
    }
    uint64_t lively_ms = sim->now_ms + 30000; /* what was decided last is to suffer too */
    while (!sim->broken && sim->now_ms < lively_ms) {
        step(sim);
    }
    sim_fault_calm(sim);
    uint64_t calm_ms = sim->now_ms;
    while (!sim->broken && sim->now_ms < calm_ms + CALM_MS && !sim_is_settled(sim)) {
        step(sim);
    }
    sim->settled_ms = sim->now_ms - calm_ms;
    if (!sim->broken) {
        sim_check_end(sim);
    }
    sim_network_close(sim);
    sim_cluster_close(sim);
    return !sim->broken;
}
