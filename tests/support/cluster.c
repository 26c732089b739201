#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/edge/code_file.h"
#include "fq/edge/memory.h"

#define DISPUTES_MAX 20000
#define SCRATCH_SIZE (64u << 20)

uint64_t cluster_random(struct cluster *cluster, uint64_t below)
{
    uint64_t z = cluster->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64, public domain */

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

static struct fq_id random_id(struct cluster *cluster)
{
    struct fq_id id;

    for (size_t i = 0; i < FQ_ID_SIZE; i++) {
        id.bytes[i] = (uint8_t)cluster_random(cluster, 256);
    }
    return id;
}

static void reserve(struct fq_arena *region, size_t size)
{
    struct fq_why why;

    if (fq_memory_reserve(size, region, &why)) {
        abort();
    }
}

static struct fq_view_memory reserve_view(void)
{
    struct fq_view_memory memory;
    struct fq_why why;

    if (fq_memory_reserve_view(DISPUTES_MAX, &memory, &why)) {
        abort();
    }
    return memory;
}

/* ---- nodes ---- */

static void key_pair(uint32_t origin, struct fq_sign_public *out_public,
                     struct fq_sign_secret *out_secret)
{
    uint8_t seed[32] = {0};

    fq_put_be32(seed, origin);
    fq_sign_pair(seed, out_public, out_secret);
}

static void replay_batches(struct cluster_node *node, struct cluster *cluster)
{
    struct fq_why why;

    for (uint32_t i = 0; i < node->batch_count; i++) {
        const struct cluster_batch *stored = &node->batches[i];
        struct fq_batch batch;
        if (fq_batch_parse(stored->bytes, &batch, &why)) {
            abort();
        }
        struct fq_log *log = fq_frontier_add(&node->core->frontier, &stored->log, &cluster->areas);
        log->last = batch.seal.to_seq;
        log->chain = batch.seal.chain_to;
        log->hlc = batch.seal.hlc;
        if (fq_core_replay(node->core, &batch, stored->first_lsn, false, &why)) {
            abort();
        }
    }
}

/* Start a node from its disk, as after a crash. */
static void boot(struct cluster *cluster, struct cluster_node *node)
{
    struct fq_sign_public public_key;
    struct fq_why why;
    struct fq_core_options options = {
        .area = node->area,
        .origin = node->origin,
        .tier = fq_areas_find(&cluster->areas, node->area)->tier,
        .has_parent = node->parent >= 0,
        .instance = node->instance,
        .epoch = 1,
        .batch_records_max = 1 + (uint32_t)cluster_random(cluster, 8),
        .batch_size_max = 64 * 1024,
    };

    key_pair(node->origin, &public_key, &options.secret);
    options.sync = (struct fq_sync_options){
        .origin = options.origin,
        .area = options.area,
        .tier = options.tier,
        .has_parent = options.has_parent,
        .instance = node->instance,
        .boot = ++node->boot,
        .credit_bytes = 512 * 1024,
        .heartbeat_ms = 500,
        .silence_ms = 3000,
        .reconnect_ms = 300,
    };
    if (node->memory.base) {
        fq_memory_release_view(&node->view_memory);
        fq_memory_release(&node->memory);
    }
    node->view_memory = reserve_view();
    reserve(&node->memory, 4u << 20);
    node->pending_count = 0;
    if (fq_core_init(node->core, &options, &cluster->areas, &cluster->codes, &node->memory,
                     &node->view_memory, &why)) {
        abort();
    }
    for (int i = 0; i < CLUSTER_NODES; i++) {
        struct fq_sign_secret secret;
        key_pair(cluster->nodes[i].origin, &public_key, &secret);
        if (!fq_core_add_signer(node->core, cluster->nodes[i].origin, &public_key)) {
            abort();
        }
    }
    replay_batches(node, cluster);
    const struct fq_log *own = fq_frontier_find(&node->core->frontier, &node->core->own);
    if (node->told_seq > (own ? own->last : 0)) {
        fq_sync_set_amnesia(&node->core->sync, &node->core->own, node->told_seq);
        cluster->rewinds++;
    }
}

static void add_area(struct cluster *cluster, uint32_t code, uint32_t parent, enum fq_tier tier)
{
    struct fq_area area = {.code = code, .parent = parent, .tier = tier};
    struct fq_why why;

    snprintf(area.name_en, sizeof area.name_en, "Area %06u", code);
    snprintf(area.name_zh, sizeof area.name_zh, "%06u", code);
    if (fq_areas_add(&cluster->areas, &area, &why)) {
        abort();
    }
}

void cluster_open(struct cluster *cluster, uint64_t seed)
{
    static const struct {
        uint32_t area, parent_area;
        int parent;
        enum fq_tier tier;
    } rows[CLUSTER_NODES] = {
        {410000, 0, -1, FQ_TIER_PROVINCE},   {410100, 410000, 0, FQ_TIER_CITY},
        {410200, 410000, 0, FQ_TIER_CITY},   {410101, 410100, 1, FQ_TIER_COUNTY},
        {410102, 410100, 1, FQ_TIER_COUNTY}, {410201, 410200, 2, FQ_TIER_COUNTY},
        {419001, 410000, 0, FQ_TIER_COUNTY},
    };
    struct fq_why why = {0};

    memset(cluster, 0, sizeof *cluster);
    cluster->random = seed;
    cluster->now_ms = 1000000;
    cluster->frames = calloc(CLUSTER_FRAMES_MAX, sizeof *cluster->frames);
    cluster->commands = calloc(CLUSTER_COMMANDS_MAX, sizeof *cluster->commands);
    reserve(&cluster->tables, 16u << 20);
    if (fq_areas_init(&cluster->areas, &cluster->tables, 16, &why) ||
        fq_codes_load("config/taxonomy.cfg", &cluster->tables, &cluster->codes, &why)) {
        fprintf(stderr, "%s\n", why.detail);
        abort();
    }
    for (int i = 0; i < CLUSTER_NODES; i++) {
        add_area(cluster, rows[i].area, rows[i].parent_area, rows[i].tier);
    }
    for (int i = 0; i < CLUSTER_NODES; i++) {
        struct cluster_node *node = &cluster->nodes[i];
        node->area = rows[i].area;
        node->origin = rows[i].area * 100 + 1;
        node->parent = rows[i].parent;
        node->instance = random_id(cluster);
        node->core = calloc(1, sizeof *node->core);
        node->turn = calloc(1, sizeof *node->turn);
        node->batches = calloc(CLUSTER_BATCHES_MAX, sizeof *node->batches);
        reserve(&node->scratch, SCRATCH_SIZE);
    }
    for (int i = 0; i < CLUSTER_NODES; i++) {
        boot(cluster, &cluster->nodes[i]);
    }
}

static void drop_last_batch(struct cluster_node *node)
{
    struct cluster_batch *batch = &node->batches[--node->batch_count];

    free((void *)(uintptr_t)batch->bytes.data);
    free((void *)(uintptr_t)batch->arrival.data);
}

void cluster_close(struct cluster *cluster)
{
    for (int i = 0; i < CLUSTER_NODES; i++) {
        struct cluster_node *node = &cluster->nodes[i];
        while (node->batch_count > 0) {
            drop_last_batch(node);
        }
        fq_memory_release_view(&node->view_memory);
        fq_memory_release(&node->memory);
        fq_memory_release(&node->scratch);
        free(node->batches);
        free(node->turn);
        free(node->core);
    }
    while (cluster->frame_count > 0) {
        free(cluster->frames[--cluster->frame_count].bytes);
    }
    free(cluster->frames);
    free(cluster->commands);
    fq_memory_release(&cluster->tables);
}

/* ---- the network ---- */

static void put_frame(struct cluster *cluster, int from, int to, struct fq_span bytes)
{
    if (cluster->frame_count == CLUSTER_FRAMES_MAX) {
        return; /* as lost as any other */
    }
    struct cluster_frame *frame = &cluster->frames[cluster->frame_count++];
    *frame = (struct cluster_frame){from, to, malloc(bytes.size), bytes.size};
    memcpy(frame->bytes, bytes.data, bytes.size);
}

static int index_of_peer(const struct cluster *cluster, int from, uint32_t peer)
{
    if (peer == FQ_PEER_PARENT) {
        return cluster->nodes[from].parent;
    }
    for (int i = 0; i < CLUSTER_NODES; i++) {
        if (cluster->nodes[i].origin == peer) {
            return i;
        }
    }
    return -1;
}

static void send_frame(struct cluster *cluster, int from, uint32_t peer, struct fq_span bytes)
{
    int to = index_of_peer(cluster, from, peer);

    if (to < 0) {
        return;
    }
    if (cluster_random(cluster, 100) < cluster->loss_percent) {
        cluster->losses++;
        return;
    }
    put_frame(cluster, from, to, bytes);
    if (cluster_random(cluster, 100) < cluster->double_percent) {
        cluster->doubles++;
        put_frame(cluster, from, to, bytes);
    }
}

/* Take some of a node's frames, in any order, as inputs of its turn. */
static size_t take_frames(struct cluster *cluster, int to, struct fq_input *inputs, size_t room)
{
    size_t taken = 0;

    for (uint32_t tries = 0; tries < 400 && taken < room && cluster->frame_count > 0; tries++) {
        uint32_t at = (uint32_t)cluster_random(cluster, cluster->frame_count);
        struct cluster_frame frame = cluster->frames[at];
        if (frame.to != to) {
            continue;
        }
        cluster->frames[at] = cluster->frames[--cluster->frame_count];
        struct fq_span bytes =
            fq_arena_copy(&cluster->nodes[to].scratch, fq_span_of(frame.bytes, frame.size));
        free(frame.bytes);
        inputs[taken++] = (struct fq_input){
            .kind = FQ_INPUT_LINK,
            .peer = cluster->nodes[to].parent == frame.from ? FQ_PEER_PARENT
                                                            : cluster->nodes[frame.from].origin,
            .bytes = bytes,
        };
        cluster->deliveries++;
    }
    return taken;
}

/* ---- commands ---- */

static void draw_command(struct cluster *cluster, struct cluster_node *node, struct fq_event *event)
{
    static const uint16_t steps[] = {
        FQ_EVENT_ACCEPTED, FQ_EVENT_SESSION,   FQ_EVENT_AGREED,  FQ_EVENT_FAILED,
        FQ_EVENT_REFERRED, FQ_EVENT_PERFORMED, FQ_EVENT_VISITED, FQ_EVENT_CLOSED,
        FQ_EVENT_REOPENED, FQ_EVENT_ACCEPTED,  FQ_EVENT_AGREED,  FQ_EVENT_VOIDED,
    };
    const struct fq_view *view = &node->core->view;

    memset(event, 0, sizeof *event);
    event->cmd_id = random_id(cluster);
    event->date = (uint16_t)(44000 + cluster_random(cluster, 200));
    if (view->index.count == 0 || cluster_random(cluster, 3) == 0) {
        event->kind = event->step = FQ_EVENT_REGISTERED;
        event->dispute = event->cmd_id;
        event->value[FQ_FIELD_TYPE] = 4;
        event->value[FQ_FIELD_SOURCE] = 1 + cluster_random(cluster, 4);
        event->value[FQ_FIELD_PERSONS] = cluster_random(cluster, 5);
        return;
    }
    event->kind = event->step = steps[cluster_random(cluster, sizeof steps / sizeof steps[0])];
    event->dispute = view->disputes[cluster_random(cluster, view->index.count)].id;
    event->value[FQ_FIELD_AMOUNT] = event->kind == FQ_EVENT_AGREED ? 100 : 0;
    event->value[FQ_FIELD_PERFORMANCE] = event->kind == FQ_EVENT_PERFORMED ? 3 : 0;
    event->value[FQ_FIELD_SURVEYED] = event->kind == FQ_EVENT_VISITED;
}

#define COMMANDS_OF_TURN 6

/* The args of a submit with a few commands; what they are is remembered in `drawn`. */
static struct fq_span draw_submit(struct cluster *cluster, struct cluster_node *node,
                                  struct cluster_command *drawn)
{
    struct fq_writer writer = fq_writer_take(&node->scratch, 16384);

    fq_write_map(&writer, 1);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, COMMANDS_OF_TURN);
    for (int i = 0; i < COMMANDS_OF_TURN; i++) {
        struct fq_event event;
        uint8_t bytes[1024];
        struct fq_writer record = fq_writer_over(bytes, sizeof bytes);
        draw_command(cluster, node, &event);
        drawn[i] = (struct cluster_command){event.cmd_id, event.dispute};
        fq_event_encode(&event, &record);
        fq_write_bytes(&writer, bytes, record.used);
    }
    return fq_writer_span(&writer);
}

static void note_acknowledged(struct cluster *cluster, const struct fq_reply *reply,
                              const struct cluster_command *drawn)
{
    struct fq_reader reader = fq_reader_over(reply->result);
    uint32_t count = fq_read_array(&reader);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t parts = fq_read_array(&reader);
        bool is_new = fq_read_uint(&reader) == 0;
        for (uint32_t part = 1; part < parts; part++) {
            (void)fq_read_skip(&reader);
        }
        if (is_new && cluster->command_count < CLUSTER_COMMANDS_MAX) {
            cluster->commands[cluster->command_count++] = drawn[i];
        }
    }
}

/* ---- a turn ---- */

static struct fq_span keep(struct fq_span span)
{
    uint8_t *copy = malloc(span.size);

    memcpy(copy, span.data, span.size);
    return fq_span_of(copy, span.size);
}

static void commit(struct cluster_node *node)
{
    const struct fq_effects *effects = &node->turn->effects;

    for (uint32_t i = 0; i < effects->append_count; i++) {
        const struct fq_append *append = &effects->appends[i];
        if (node->batch_count == CLUSTER_BATCHES_MAX) {
            abort();
        }
        node->batches[node->batch_count++] = (struct cluster_batch){
            append->log,       append->first_seq,   append->last_seq,
            append->first_lsn, keep(append->batch), keep(append->arrival),
        };
        if (fq_log_id_equal(&append->log, &node->core->own)) {
            node->told_seq = append->last_seq > node->told_seq ? append->last_seq : node->told_seq;
        }
    }
}

static void forward(struct cluster *cluster, int from, const struct fq_forward *wanted)
{
    struct cluster_node *node = &cluster->nodes[from];
    struct fq_input told = {
        .kind = FQ_INPUT_FORWARDED, .forward = *wanted, .next_seq = wanted->from_seq};

    for (uint32_t i = 0; i < node->batch_count; i++) {
        const struct cluster_batch *batch = &node->batches[i];
        struct fq_span frame;
        if (!fq_log_id_equal(&batch->log, &wanted->log) || batch->first_seq != told.next_seq) {
            continue;
        }
        if (told.bytes_sent > 0 && told.bytes_sent + batch->bytes.size > wanted->size_max) {
            break;
        }
        if (fq_sync_batch_frame(&node->core->sync, wanted, batch->bytes, &node->scratch, &frame)) {
            send_frame(cluster, from, wanted->peer, frame);
            told.bytes_sent += batch->bytes.size;
            told.next_seq = batch->last_seq + 1;
        }
    }
    if (node->pending_count < 4096) {
        node->pending[node->pending_count++] = told;
    }
}

static void speak(struct cluster *cluster, int from)
{
    const struct fq_effects *effects = &cluster->nodes[from].turn->effects;

    for (uint32_t i = 0; i < effects->send_count; i++) {
        send_frame(cluster, from, effects->sends[i].peer, effects->sends[i].frame);
    }
    for (uint32_t i = 0; i < effects->forward_count; i++) {
        forward(cluster, from, &effects->forwards[i]);
    }
}

/* A county whose newest own batches its parent holds may lose them: an older image came back. */
static void lose_tail(struct cluster *cluster, struct cluster_node *node)
{
    const struct fq_log *own = fq_frontier_find(&node->core->frontier, &node->core->own);

    while (own && node->batch_count > 0 && cluster_random(cluster, 3) > 0) {
        const struct cluster_batch *last = &node->batches[node->batch_count - 1];
        if (!fq_log_id_equal(&last->log, &node->core->own) || last->last_seq > own->acked) {
            break;
        }
        drop_last_batch(node);
    }
}

enum moment { NO_CRASH, BEFORE_STORE, BEFORE_SPEAK };

static void turn(struct cluster *cluster, int at, bool has_commands, enum moment crash)
{
    struct cluster_node *node = &cluster->nodes[at];
    struct cluster_command drawn[COMMANDS_OF_TURN];
    struct fq_input inputs[4096 + 64];
    struct fq_why why = {0};
    size_t count = node->pending_count;

    memcpy(inputs, node->pending, count * sizeof *inputs);
    node->pending_count = 0;
    count += take_frames(cluster, at, inputs + count, 1 + cluster_random(cluster, 40));
    if (has_commands) {
        inputs[count++] = (struct fq_input){.kind = FQ_INPUT_COMMANDS,
                                            .bytes = draw_submit(cluster, node, drawn)};
    }
    fq_effects_reset(&node->turn->effects, &node->scratch);
    if (fq_core_step(node->core, inputs, count, (struct fq_now){cluster->now_ms, cluster->now_ms},
                     node->turn, &why)) {
        fprintf(stderr, "step: %s\n", why.detail);
        abort();
    }
    if (crash != BEFORE_STORE) {
        commit(node);
        for (uint32_t i = 0; i < node->turn->reply_count && crash == NO_CRASH; i++) {
            note_acknowledged(cluster, &node->turn->replies[i], drawn);
        }
    }
    if (crash == NO_CRASH) {
        speak(cluster, at);
    } else {
        cluster->crashes++;
        if (node->parent >= 0 && at >= 3) {
            lose_tail(cluster, node);
        }
        boot(cluster, node);
    }
    fq_arena_reset(&node->scratch);
}

void cluster_step(struct cluster *cluster, bool has_commands)
{
    int at = (int)cluster_random(cluster, CLUSTER_NODES);
    bool is_county = at >= 3;
    enum moment crash = NO_CRASH;

    cluster->now_ms += cluster_random(cluster, 30);
    if (cluster_random(cluster, 1000) < cluster->crash_percent * 10) {
        crash = cluster_random(cluster, 2) ? BEFORE_STORE : BEFORE_SPEAK;
    }
    turn(cluster, at, has_commands && is_county && cluster_random(cluster, 4) == 0, crash);
}

static bool is_settled(const struct cluster *cluster)
{
    for (int i = 0; i < CLUSTER_NODES; i++) {
        const struct cluster_node *node = &cluster->nodes[i];
        for (uint32_t k = 0; k < node->core->frontier.count && node->parent >= 0; k++) {
            const struct fq_log *log = &node->core->frontier.logs[k];
            if (log->acked < log->last || log->up < log->last) {
                return false;
            }
        }
    }
    return true;
}

void cluster_settle(struct cluster *cluster, uint32_t turns_max)
{
    cluster->loss_percent = cluster->double_percent = cluster->crash_percent = 0;
    for (uint32_t i = 0; i < turns_max && !(i > 4000 && is_settled(cluster)); i++) {
        cluster_step(cluster, false);
    }
}

/* ---- what must hold ---- */

static const char *compare_logs(const struct cluster *cluster, int child)
{
    const struct cluster_node *node = &cluster->nodes[child];
    const struct cluster_node *parent = &cluster->nodes[node->parent];

    for (uint32_t i = 0; i < node->core->frontier.count; i++) {
        const struct fq_log *log = &node->core->frontier.logs[i];
        const struct fq_log *above = fq_frontier_find(&parent->core->frontier, &log->id);
        if (log->last > 0 && (!above || above->last != log->last)) {
            return "a log is held shorter above";
        }
        if (log->last > 0 && !fq_hash_equal(&log->chain, &above->chain)) {
            return "two nodes hold different bytes under one id";
        }
        if (log->acked != log->last || log->up != log->last) {
            return "a log is not told acknowledged by both tiers above";
        }
    }
    return fq_sync_may_originate(&node->core->sync) ? NULL : "a node stays read-only";
}

static const char *compare_view(const struct cluster *cluster, struct cluster_node *node)
{
    struct fq_view fresh;
    struct fq_view_memory memory = reserve_view();
    const char *difference = NULL;

    fq_view_init(&fresh, &cluster->areas, &node->core->frontier, &memory);
    for (uint32_t i = node->batch_count; i > 0; i--) { /* in another order than they came */
        struct fq_batch batch;
        struct fq_why why;
        if (fq_batch_parse(node->batches[i - 1].bytes, &batch, &why)) {
            return "a stored batch does not parse";
        }
        struct fq_reader reader = fq_reader_over(batch.records);
        struct fq_event_id id = {batch.seal.log, batch.seal.from_seq};
        struct fq_event event;
        for (; fq_event_decode(&reader, id, &event); id.seq++) {
            (void)fq_merge_event(&fresh, &event);
        }
    }
    if (!fq_digest_equal(fq_view_digest(&fresh, 410000, 0, UINT16_MAX),
                         fq_view_digest(&node->core->view, 410000, 0, UINT16_MAX))) {
        difference = "a view differs from a fold of its log";
    }
    fq_memory_release_view(&memory);
    return difference;
}

const char *cluster_difference(struct cluster *cluster)
{
    const struct fq_view *top = &cluster->nodes[0].core->view;

    for (int i = 0; i < CLUSTER_NODES; i++) {
        const char *difference = i == 0 ? NULL : compare_logs(cluster, i);
        difference = difference ? difference : compare_view(cluster, &cluster->nodes[i]);
        if (difference) {
            return difference;
        }
    }
    for (uint32_t i = 0; i < cluster->command_count; i++) {
        const struct fq_dispute *dispute = fq_view_find(top, &cluster->commands[i].dispute);
        if (!dispute || !fq_view_command(top, dispute, &cluster->commands[i].cmd_id)) {
            return "an acknowledged command was lost";
        }
    }
    return NULL;
}
