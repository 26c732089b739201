/* The network: the sockets of net.h over frames in flight. A connection keeps the order of what it
 * carries unless the seed says otherwise; what is lost, doubled, late or cut is drawn here. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define ROUTE_SIZE 5 /* whose, connection */
#define PERSON SIM_NODES
#define TRAVEL_MS 20
#define LATE_MS 20000

struct fq_net { /* net.h */
    struct sim *sim;
    int at;
};

/* ---- frames in flight ---- */

static void remove_frame(struct sim *sim, size_t place)
{
    free(sim->frames[place].bytes);
    sim->frames[place] = sim->frames[--sim->frame_count];
}

void sim_network_close(struct sim *sim)
{
    while (sim->frame_count > 0) {
        remove_frame(sim, sim->frame_count - 1);
    }
}

static void put_frame(struct sim *sim, const struct sim_frame *like, struct fq_span body)
{
    if (sim->frame_count == SIM_FRAMES_MAX) {
        return; /* as lost as any other */
    }
    struct sim_frame *frame = &sim->frames[sim->frame_count++];
    *frame = *like;
    frame->bytes = malloc(body.size ? body.size : 1);
    FQ_ASSERT(frame->bytes);
    if (body.size) {
        memcpy(frame->bytes, body.data, body.size);
    }
    frame->size = body.size;
    frame->order = sim->frame_order++;
}

uint64_t sim_network_due(const struct sim *sim, int to)
{
    uint64_t due_ms = UINT64_MAX;

    for (size_t i = 0; i < sim->frame_count; i++) {
        if (sim->frames[i].to == to && sim->frames[i].due_ms < due_ms) {
            due_ms = sim->frames[i].due_ms;
        }
    }
    return due_ms;
}

/* The child whose link joins the two. */
static int child_of(const struct sim *sim, int a, int b)
{
    return sim->nodes[a].parent == b ? a : b;
}

void sim_network_reconnect(struct sim *sim, int child)
{
    int parent = sim->nodes[child].parent;

    sim->nodes[child].link.connection++;
    for (size_t i = sim->frame_count; i > 0; i--) {
        const struct sim_frame *frame = &sim->frames[i - 1];
        bool is_of_link = (frame->from == child && frame->to == parent) ||
                          (frame->from == parent && frame->to == child);
        /* Most die with their connection; the others come as late as any message may. */
        if (is_of_link && random_chance(&sim->random, 75)) {
            remove_frame(sim, i - 1);
        }
    }
}

void sim_network_reset(struct sim *sim, int at)
{
    for (size_t i = sim->frame_count; i > 0; i--) {
        if (sim->frames[i - 1].to == at && sim->frames[i - 1].due_ms <= sim->now_ms) {
            remove_frame(sim, i - 1);
        }
    }
    for (int child = 1; child < SIM_NODES; child++) {
        if (child == at || sim->nodes[child].parent == at) {
            sim_network_reconnect(sim, child);
        }
    }
}

static uint64_t draw_due(struct sim *sim, uint64_t *last_due_ms)
{
    uint64_t due_ms = sim->now_ms + 1 + random_below(&sim->random, TRAVEL_MS);

    if (random_chance(&sim->random, sim->delaying)) {
        due_ms += random_below(&sim->random, LATE_MS);
        sim->faults[SIM_FAULT_DELAYED]++;
    }
    if (due_ms < *last_due_ms) {
        if (random_chance(&sim->random, sim->reordering)) {
            sim->faults[SIM_FAULT_REORDERED]++;
        } else {
            due_ms = *last_due_ms;
        }
    }
    *last_due_ms = due_ms > *last_due_ms ? due_ms : *last_due_ms;
    return due_ms;
}

static void send_between(struct sim *sim, int from, int to, struct fq_span body)
{
    int child = child_of(sim, from, to);
    bool is_up = child == from;
    struct sim_link *link = &sim->nodes[child].link;
    struct sim_frame frame = {
        .from = from,
        .to = to,
        .source = is_up ? FQ_NET_SERVICE : FQ_NET_PARENT,
        .connection = link->connection,
    };

    if ((is_up ? link->is_cut_up : link->is_cut_down) || !sim->nodes[to].is_up) {
        return;
    }
    if (random_chance(&sim->random, sim->loss)) {
        sim->faults[SIM_FAULT_LOST]++;
        return;
    }
    frame.due_ms = draw_due(sim, &link->last_due_ms[!is_up]);
    put_frame(sim, &frame, body);
    if (random_chance(&sim->random, sim->doubling)) {
        sim->faults[SIM_FAULT_DOUBLED]++;
        frame.due_ms = draw_due(sim, &link->last_due_ms[!is_up]);
        put_frame(sim, &frame, body);
    }
}

void sim_network_ask(struct sim *sim, int to, struct fq_span body)
{
    const struct sim_frame frame = {
        .from = PERSON,
        .to = to,
        .source = FQ_NET_SERVICE,
        .due_ms = sim->now_ms + 1 + random_below(&sim->random, TRAVEL_MS),
    };

    put_frame(sim, &frame, body);
}

/* ---- the doors ---- */

fq_err fq_net_open(const struct fq_net_options *options, struct fq_net **out_net,
                   struct fq_why *out_why)
{
    static const uint8_t everything[] = {1};
    struct fq_net *net = calloc(1, sizeof *net);

    (void)options;
    if (!net) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    net->sim = sim_here;
    net->at = sim_at;
    *out_net = net;
    const struct sim_frame subscription = {
        .from = PERSON, .to = sim_at, .source = FQ_NET_FEED, .due_ms = sim_here->now_ms};
    put_frame(sim_here, &subscription, fq_span_of(everything, sizeof everything));
    return FQ_OK;
}

void fq_net_close(struct fq_net *net)
{
    free(net);
}

fq_err fq_net_bind_service(struct fq_net *net, const char *endpoint, struct fq_why *out_why)
{
    (void)net, (void)endpoint, (void)out_why;
    return FQ_OK;
}

fq_err fq_net_bind_feed(struct fq_net *net, const char *endpoint, struct fq_why *out_why)
{
    (void)net, (void)endpoint, (void)out_why;
    return FQ_OK;
}

fq_err fq_net_connect_parent(struct fq_net *net, const char *endpoint,
                             const uint8_t parent_public[FQ_CURVE_KEY_SIZE], struct fq_why *out_why)
{
    (void)net, (void)endpoint, (void)parent_public, (void)out_why;
    return FQ_OK;
}

fq_err fq_net_self_test(struct fq_net *net, struct fq_why *out_why)
{
    (void)net, (void)out_why;
    return FQ_OK;
}

fq_err fq_net_poll(struct fq_net *net, int timeout_ms, int extra_fd, bool *out_is_extra_ready,
                   struct fq_why *out_why)
{
    (void)net, (void)timeout_ms, (void)extra_fd, (void)out_is_extra_ready;
    return fq_fail(out_why, FQ_REASON_NET,
                   "nobody waits here"); /* the simulation takes the turns */
}

uint64_t fq_net_refused_count(const struct fq_net *net)
{
    (void)net;
    return 0;
}

uint64_t fq_net_hostile_count(const struct fq_net *net)
{
    (void)net;
    return 0;
}

/* The place of the frame that is next; the count when nothing is due. */
static size_t find_due(const struct sim *sim, int to)
{
    size_t found = sim->frame_count;

    for (size_t i = 0; i < sim->frame_count; i++) {
        const struct sim_frame *frame = &sim->frames[i];
        if (frame->to != to || frame->due_ms > sim->now_ms) {
            continue;
        }
        if (found == sim->frame_count || frame->due_ms < sim->frames[found].due_ms ||
            (frame->due_ms == sim->frames[found].due_ms &&
             frame->order < sim->frames[found].order)) {
            found = i;
        }
    }
    return found;
}

static struct fq_span write_route(struct fq_arena *arena, const struct sim_frame *frame)
{
    uint8_t route[ROUTE_SIZE] = {(uint8_t)frame->from};

    fq_put_be32(route + 1, frame->connection);
    return fq_arena_copy(arena, fq_span_of(route, sizeof route));
}

fq_err fq_net_receive(struct fq_net *net, struct fq_arena *arena,
                      struct fq_net_message *out_message, bool *out_is_received,
                      struct fq_why *out_why)
{
    struct sim *sim = net->sim;
    size_t place = find_due(sim, net->at);

    (void)out_why;
    *out_is_received = place < sim->frame_count;
    if (!*out_is_received) {
        return FQ_OK;
    }
    const struct sim_frame *frame = &sim->frames[place];
    *out_message = (struct fq_net_message){
        .source = frame->source,
        .peer = frame->source == FQ_NET_FEED ? NULL : &sim->certificates[frame->from],
        .body = fq_arena_copy(arena, fq_span_of(frame->bytes, frame->size)),
    };
    if (frame->source == FQ_NET_SERVICE) {
        out_message->routing = write_route(arena, frame);
    }
    sim_trace(sim, (uint64_t)net->at << 8 | (uint64_t)frame->from, out_message->body);
    sim->deliveries++;
    sim_note_delivered(sim, frame->from, net->at, out_message->body);
    remove_frame(sim, place);
    return FQ_OK;
}

static bool is_blocked(struct sim *sim)
{
    bool is = random_chance(&sim->random, sim->blocking);

    sim->faults[SIM_FAULT_BLOCKED] += is;
    return is;
}

enum fq_sent fq_net_send_parent(struct fq_net *net, struct fq_span body)
{
    struct sim *sim = net->sim;
    const struct sim_node *node = &sim->nodes[net->at];

    if (body.size > FQ_NET_MESSAGE_MAX) {
        return FQ_SENT_TOO_LARGE;
    }
    if (!sim_door(sim, net->at) || is_blocked(sim)) {
        return FQ_SENT_BLOCKED;
    }
    if (node->link.is_noticed || !sim->nodes[node->parent].is_up) {
        return FQ_SENT_BLOCKED;
    }
    sim_check_frame(sim, net->at, node->parent, body);
    send_between(sim, net->at, node->parent, body);
    return FQ_SENT_OK;
}

enum fq_sent fq_net_send_service(struct fq_net *net, struct fq_span routing, struct fq_span body)
{
    struct sim *sim = net->sim;
    int to = routing.data[0];

    FQ_ASSERT(routing.size == ROUTE_SIZE);

    if (body.size > FQ_NET_MESSAGE_MAX) {
        return FQ_SENT_TOO_LARGE;
    }
    if (!sim_door(sim, net->at)) {
        return FQ_SENT_GONE;
    }
    if (to == PERSON) {
        sim_workload_answer(sim, net->at, body);
        return FQ_SENT_OK;
    }
    if (fq_get_be32(routing.data + 1) != sim->nodes[to].link.connection) {
        return FQ_SENT_GONE;
    }
    if (is_blocked(sim)) {
        return FQ_SENT_BLOCKED;
    }
    sim_check_frame(sim, net->at, to, body);
    send_between(sim, net->at, to, body);
    return FQ_SENT_OK;
}

void fq_net_publish(struct fq_net *net, struct fq_span topic, struct fq_span payload)
{
    if (sim_door(net->sim, net->at)) {
        sim_trace(net->sim, (uint64_t)net->at, payload);
        sim_check_published(net->sim, net->at, topic, payload);
    }
}
