/* Any bytes from a peer: as a frame, and as the body of a well-formed frame of every type, to a
 * node that has both a parent and children (L1). */
#include <stdlib.h>
#include <string.h>

#include "fq/core/sync.h"
#include "support/world.h"

static uint8_t memory[4 * 1024 * 1024] __attribute__((aligned(16)));
static uint8_t log_memory[2 * 1024 * 1024] __attribute__((aligned(16)));

static const uint32_t peers[] = {FQ_PEER_PARENT, WORLD_COUNTY * 100 + 1};

struct node {
    struct fq_frontier frontier;
    struct fq_sync sync;
    struct fq_effects effects;
};

/* The city, holding some of its own and of a county's. */
static void open_node(struct node *node, const struct world *world)
{
    struct fq_arena arena = fq_arena_over(log_memory, sizeof log_memory);
    const struct fq_sync_options options = {.area = WORLD_CITY,
                                            .origin = WORLD_CITY * 100 + 1,
                                            .tier = FQ_TIER_CITY,
                                            .has_parent = true,
                                            .instance = {{1}},
                                            .boot = 1,
                                            .credit_bytes = 1 << 20,
                                            .heartbeat_ms = 5000,
                                            .silence_ms = 15000,
                                            .reconnect_ms = 1000};
    const struct fq_log_id own = {WORLD_CITY * 100 + 1, 0, 1};
    const struct fq_log_id of_county = {WORLD_COUNTY * 100 + 1, 0, 1};

    FQ_ASSERT(fq_frontier_init(&node->frontier, &arena));
    fq_frontier_add(&node->frontier, &own, &world->areas)->last = 3;
    fq_frontier_add(&node->frontier, &of_county, &world->areas)->last = 5;
    fq_sync_init(&node->sync, &node->frontier, &world->areas, &options);
}

/* Both clocks alike. */
static struct fq_now at(uint64_t ms)
{
    return (struct fq_now){.wall_ms = ms, .steady_ms = ms};
}

static void take(struct node *node, uint32_t peer, struct fq_span frame, uint64_t now_ms)
{
    struct fq_incoming incoming = {0};
    struct fq_batch batch;
    struct fq_sync_result result = {.judgement = FQ_SYNC_REFUSED, .reason = FQ_REASON_BYTES};

    fq_sync_receive(&node->sync, peer, frame, at(now_ms), &node->effects, &incoming);
    if (incoming.is_batch) {
        if (!fq_batch_parse(incoming.batch, &batch, NULL)) {
            result.log = batch.seal.log;
            result.judgement = fq_sync_judge(&node->frontier, &batch.seal.log, batch.seal.from_seq,
                                             batch.seal.to_seq);
        }
        result.size = incoming.batch.size;
        fq_sync_batch_result(&node->sync, peer, &result);
    }
    fq_sync_finish(&node->sync, at(now_ms), &node->effects);
}

/* What the node says is itself well-formed. */
static void check_sends(const struct node *node)
{
    struct fq_link_message message;

    for (uint32_t i = 0; i < node->effects.send_count; i++) {
        FQ_ASSERT(fq_link_decode(node->effects.sends[i].frame, &message));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    static struct node node;
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_span bytes = fq_span_of(data, size);
    struct fq_link_message message;
    uint64_t now_ms = 1000;

    if (!world.memory.base) {
        world_open(&world);
    }
    open_node(&node, &world);
    fq_effects_reset(&node.effects, &arena);
    bool is_frame = fq_link_decode(bytes, &message);
    for (size_t i = 0; i < 2; i++) {
        take(&node, peers[i], bytes, now_ms++);
    }
    struct fq_span body = is_frame ? message.body : bytes;
    bool is_sound = fq_codec_scan(body);
    for (unsigned type = FQ_LINK_HELLO; type < FQ_LINK_TYPES; type++) {
        struct fq_writer writer = fq_link_begin(&arena, body.size);
        fq_write_raw(&writer, body);
        struct fq_span frame =
            fq_link_end(&writer, (enum fq_link_type)type, is_frame ? message.session : 1, type);
        FQ_ASSERT(fq_link_decode(frame, &message) == is_sound);
        for (size_t i = 0; i < 2 && is_sound; i++) {
            FQ_ASSERT(message.type == type);
            FQ_ASSERT(fq_span_equal(message.body, body));
            take(&node, peers[i], frame, now_ms++);
        }
    }
    check_sends(&node);
    return 0;
}
