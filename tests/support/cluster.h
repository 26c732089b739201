/* A small province in one process: real cores over a virtual clock, network and disk, driven from
 * a seed. A node's disk is the list of batches its turns committed; a crash keeps exactly that. */
#ifndef FQ_TESTS_CLUSTER_H
#define FQ_TESTS_CLUSTER_H

#include "fq/core/core.h"

#define CLUSTER_NODES 7 /* a province, two cities, four counties */
#define CLUSTER_FRAMES_MAX 20000
#define CLUSTER_BATCHES_MAX 4000
#define CLUSTER_COMMANDS_MAX 20000

struct cluster_batch {
    struct fq_log_id log;
    uint64_t first_seq, last_seq, first_lsn;
    struct fq_span bytes;   /* malloc'd */
    struct fq_span arrival; /* malloc'd */
};

struct cluster_node {
    uint32_t area, origin;
    int parent; /* index, -1 at the top */
    struct fq_core *core;
    struct fq_view_memory view_memory;
    struct fq_arena memory, scratch;
    struct fq_turn *turn;
    struct cluster_batch *batches;
    uint32_t batch_count;
    uint64_t told_seq; /* own sequence that clients were told of */
    uint64_t boot;
    struct fq_id instance;
    struct fq_input pending[4096];
    uint32_t pending_count;
};

struct cluster_frame {
    int from, to;
    uint8_t *bytes;
    size_t size;
};

struct cluster_command { /* acknowledged after its commit: must never be lost */
    struct fq_id cmd_id, dispute;
};

struct cluster {
    uint64_t random;
    uint64_t now_ms;
    struct fq_areas areas;
    struct fq_codes codes;
    struct fq_arena tables;
    struct cluster_node nodes[CLUSTER_NODES];
    struct cluster_frame *frames;
    uint32_t frame_count;
    struct cluster_command *commands;
    uint32_t command_count;
    unsigned loss_percent, double_percent, crash_percent;
    uint64_t deliveries, losses, doubles, crashes, rewinds;
};

void cluster_open(struct cluster *cluster, uint64_t seed);
void cluster_close(struct cluster *cluster);
/* One turn of one random node: some of its frames, perhaps new commands, perhaps a crash. */
void cluster_step(struct cluster *cluster, bool has_commands);
/* Faults stop; run until nothing moves, at most `turns_max` turns. */
void cluster_settle(struct cluster *cluster, uint32_t turns_max);
uint64_t cluster_random(struct cluster *cluster, uint64_t below);
/* NULL, or what does not agree: every log held alike by all tiers above its origin, acknowledged
 * and told so; views equal to a fold from scratch; no acknowledged command lost. */
const char *cluster_difference(struct cluster *cluster);

#endif
