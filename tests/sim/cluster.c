/* The nodes: the daemon's own start, turn and end over the doors of this folder. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_SIZE ((size_t)4 << 20)
#define SCRATCH_SIZE ((size_t)16 << 20)
#define START_AGAIN_MS 1000
#define OVERSLEPT_MS 5000 /* a loop that nothing wakes looks around after a second; be slower */

static const struct {
    uint32_t area;
    int parent;
    enum fq_tier tier;
} places[SIM_NODES] = {
    {WORLD_PROVINCE, -1, FQ_TIER_PROVINCE}, {WORLD_CITY, 0, FQ_TIER_CITY},
    {WORLD_OTHER_CITY, 0, FQ_TIER_CITY},    {WORLD_COUNTY, 1, FQ_TIER_COUNTY},
    {WORLD_NEIGHBOUR, 1, FQ_TIER_COUNTY},   {WORLD_FAR, 2, FQ_TIER_COUNTY},
    {WORLD_DIRECT, 0, FQ_TIER_COUNTY},
};

/* ---- who they are ---- */

static void key_pair(uint32_t origin, struct fq_sign_public *out_public,
                     struct fq_sign_secret *out_secret)
{
    uint8_t seed[32] = {0};

    fq_put_be32(seed, origin);
    fq_sign_pair(seed, out_public, out_secret);
}

static void certify(struct sim *sim, int at)
{
    struct fq_certificate *certificate = &sim->certificates[at];
    struct fq_sign_secret secret;
    bool is_node = at < SIM_NODES;

    *certificate = (struct fq_certificate){
        .is_node = is_node,
        .role = is_node ? FQ_ROLE_NODE : FQ_ROLE_MEDIATOR,
        .area = is_node ? places[at].area : WORLD_COUNTY,
        .index = is_node,
        .serial = (uint64_t)at + 1,
    };
    snprintf(certificate->name, sizeof certificate->name, is_node ? "node-%d" : "wang", at);
    certificate->origin = certificate->area * 100 + certificate->index;
    key_pair(certificate->origin, &certificate->sign_key, &secret);
}

void sim_cluster_open(struct sim *sim)
{
    for (int i = 0; i <= SIM_NODES; i++) {
        certify(sim, i);
    }
    for (int i = 0; i < SIM_NODES; i++) {
        struct sim_node *node = &sim->nodes[i];
        node->area = places[i].area;
        node->origin = node->area * 100 + 1;
        node->parent = places[i].parent;
        node->tier = (struct fq_tier_row){.tier = places[i].tier,
                                          .program = "simulated",
                                          .has_vault = places[i].tier == FQ_TIER_COUNTY};
        node->doors_left = UINT32_MAX;
        node->node = calloc(1, sizeof *node->node);
        FQ_ASSERT(node->node);
        sim_disk_open(&node->disk);
    }
}

void sim_cluster_close(struct sim *sim)
{
    for (int i = 0; i < SIM_NODES; i++) {
        struct sim_node *node = &sim->nodes[i];
        if (node->is_up) {
            fq_node_close(node->node);
        }
        free(node->node);
        sim_disk_close(&node->disk);
    }
}

/* ---- start and stop ---- */

/* What the daemon reads from its configuration, tables and key files. */
static fq_err furnish(struct sim *sim, int at, struct fq_why *out_why)
{
    struct sim_node *place = &sim->nodes[at];
    struct fq_node *node = place->node;

    memset(node, 0, sizeof *node);
    node->tier = &place->tier;
    node->config = sim->limits;
    node->config.area = place->area;
    node->config.index = 1;
    snprintf(node->config.parent_endpoint, sizeof node->config.parent_endpoint, "%s",
             place->parent < 0 ? "" : "above");
    node->areas = sim->world->areas;
    node->codes = sim->world->codes;
    node->certificates = sim->certificates;
    node->certificate_count = SIM_NODES + 1;
    node->identity.certificate = sim->certificates[at];
    key_pair(place->origin, &node->identity.certificate.sign_key, &node->identity.sign_secret);
    memset(&node->vault_master, at + 1, sizeof node->vault_master);
    node->store = sim_disk_store(sim, at);
    return fq_node_reserve(node, MEMORY_SIZE, SCRATCH_SIZE, out_why);
}

void sim_stop(struct sim *sim, int at, uint64_t down_ms)
{
    struct sim_node *node = &sim->nodes[at];

    fq_node_close(node->node);
    node->is_up = false;
    node->is_dead = false;
    node->doors_left = UINT32_MAX;
    node->fail_commit = 0;
    node->has_failed = false;
    node->up_ms = sim->now_ms + down_ms;
    sim_network_reset(sim, at);
}

void sim_start(struct sim *sim, int at, bool is_rebuild)
{
    struct sim_node *node = &sim->nodes[at];
    struct fq_why why = {0};

    sim_here = sim;
    sim_at = at;
    fq_err err = furnish(sim, at, &why);
    err = err ? err : fq_node_start(node->node, is_rebuild, &why);
    if (err && !node->has_failed) {
        sim_break(sim, "a node starts from what it stored", sim_bit(at), "%s: %s", sim_name(at),
                  why.detail);
    }
    if (err) {
        sim_stop(sim, at, START_AGAIN_MS);
        return;
    }
    node->is_up = true;
    node->life++;
    node->is_dead = node->has_failed = false;
    node->doors_left = UINT32_MAX;
    node->wake_ms = sim->now_ms;
    node->published_lsn = 0;
    node->is_changed = true;
    sim_tell(sim, sim_bit(at), "%s starts%s, holds %llu own, may %swrite", sim_name(at),
             is_rebuild ? " with a new view" : "", (unsigned long long)node->disk.last[at],
             fq_sync_may_originate(&node->node->core.sync) ? "" : "not ");
}

/* ---- a turn ---- */

/* When the loop wakes by itself: by a timer that is set, not by its looking around. */
static uint64_t wake_of(const struct sim *sim, const struct fq_node *node)
{
    uint64_t timer_ms = fq_sync_next_timer(&node->core.sync, sim->now_ms);
    uint64_t deadline_ms = fq_service_deadline(node);
    uint64_t wake_ms = timer_ms < deadline_ms ? timer_ms : deadline_ms;

    if (node->pending_count > 0 || node->is_passing || fq_relay_is_due(node)) {
        return sim->now_ms + 1;
    }
    if (wake_ms > sim->now_ms + OVERSLEPT_MS) {
        wake_ms = sim->now_ms + OVERSLEPT_MS;
    }
    return wake_ms > sim->now_ms ? wake_ms : sim->now_ms + 1;
}

static uint64_t heard_of_parent(const struct fq_core *core)
{
    const struct fq_log *own = fq_frontier_find(&core->frontier, &core->own);

    return own && fq_sync_is_linked(&core->sync)
               ? core->sync.logs[fq_frontier_index(&core->frontier, own)].parent_have
               : 0;
}

void sim_turn(struct sim *sim, int at)
{
    struct sim_node *node = &sim->nodes[at];
    struct fq_why why = {0};

    sim_here = sim;
    sim_at = at;
    sim->turns++;
    node->warned_seq = heard_of_parent(&node->node->core);
    fq_err err = fq_node_turn(node->node, &why);
    if (err && !node->has_failed) {
        sim_break(sim, "no turn fails by itself", sim_bit(at), "%s: %s", sim_name(at), why.detail);
    } else if (!err && node->has_failed) {
        sim_break(sim, "S4 a node whose store failed ends", sim_bit(at), "%s goes on",
                  sim_name(at));
    }
    if (err || node->is_dead) {
        sim_tell(sim, sim_bit(at), "%s is down%s%s", sim_name(at), err ? ": " : "",
                 err ? why.detail : "");
        sim_stop(sim, at, random_below(&sim->random, 8000));
        return;
    }
    node->wake_ms = wake_of(sim, node->node);
    sim_workload_look(sim, at);
}
