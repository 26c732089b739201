#include "node.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "fq/core/link.h"
#include "service.h"

#define IDLE_POLL_MS 1000
#define SCRATCH_KEPT ((size_t)4 * 1024 * 1024)
#define IDLE_CHECKPOINT_MS 10000 /* a quiet node writes its view behind after so long */
#define IDLE_TRIM_MS 1000
#define IDLE_DROP_MS 10000 /* between two times that the memory of cold facts is let go */
/* Whose command was answered often gives the next at once: to fall asleep and be woken costs more
 * than a small turn, so the loop looks about for so long before it sleeps. */
#define AWAKE_MS 2

static void log_failure(const char *name, const struct fq_why *why)
{
    const struct fq_reason_row *row = fq_reason_find(why->reason);

    fq_node_log("error", "%s reason=FQ-%04d cause=\"%s\" detail=\"%s\" cure=\"%s\"", name,
                why->reason, row ? row->cause : "", why->detail, row ? row->cure : "");
}

/* ---- listen ---- */

static bool is_link_frame(struct fq_span body)
{
    return body.size >= 4 && memcmp(body.data, FQ_LINK_MAGIC, 4) == 0;
}

static void take_link_frame(struct fq_node *node, const struct fq_net_message *message)
{
    uint32_t peer = FQ_PEER_PARENT;

    if (message->source == FQ_NET_SERVICE) {
        struct fq_route route = {.size = message->routing.size};
        if (!message->peer || !message->peer->is_node || route.size > FQ_ROUTING_SIZE) {
            return; /* a person, or nobody we know, does not speak for a node */
        }
        peer = message->peer->origin;
        memcpy(route.bytes, message->routing.data, route.size);
        fq_node_remember_route(node, peer, &route);
    }
    node->appends_ahead += FQ_CORE_FRAME_APPENDS_MAX;
    node->inputs[node->input_count++] =
        (struct fq_input){.kind = FQ_INPUT_LINK, .peer = peer, .bytes = message->body};
}

static void take_subscription(struct fq_node *node, struct fq_span body)
{
    if (body.size >= 1 && body.data[0] == 1) {
        node->subscriptions++;
    } else if (body.size >= 1 && node->subscriptions > 0) {
        node->subscriptions--;
    }
}

static void take_message(struct fq_node *node, const struct fq_net_message *message)
{
    if (message->source == FQ_NET_FEED) {
        take_subscription(node, message->body);
    } else if (is_link_frame(message->body)) {
        take_link_frame(node, message);
    } else if (message->source == FQ_NET_SERVICE) {
        fq_service_take(node, message);
    }
}

/* Whether one more message, whatever it is, fits this turn. */
static bool has_room(const struct fq_node *node)
{
    return node->input_count + 1 < node->input_capacity &&
           node->appends_ahead <= FQ_EFFECT_APPENDS_MAX - FQ_CORE_APPENDS_MAX && !node->sealing &&
           node->query_count < FQ_NODE_QUERIES_MAX && node->reading_count < FQ_NODE_READINGS_MAX &&
           node->texts_ahead < FQ_SUBMIT_TEXTS_MAX && node->scratch.used < node->scratch.size / 8;
}

/* Everything that is ready, up to the budget of one turn. */
static fq_err listen_all(struct fq_node *node, struct fq_why *out_why)
{
    size_t carried = node->pending_count;

    memcpy(node->inputs, node->pending, carried * sizeof *node->inputs);
    node->input_count = carried;
    node->pending_count = 0;
    node->appends_ahead = node->texts_ahead = 0;
    fq_err relays = fq_relay_listen(node, out_why);
    if (relays) {
        return relays;
    }
    for (size_t i = 0; i < node->config.turn_messages && has_room(node); i++) {
        struct fq_net_message message;
        bool is_received = false;
        fq_err err = fq_net_receive(node->net, &node->scratch, &message, &is_received, out_why);
        if (err) {
            return err;
        }
        if (!is_received) {
            break;
        }
        take_message(node, &message);
    }
    return FQ_OK;
}

/* ---- turn ---- */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t fq_node_idle_ms(const struct fq_node *node, uint64_t steady_ms)
{
    uint64_t next = least(fq_sync_next_timer(&node->core.sync, steady_ms),
                          least(fq_service_deadline(node), steady_ms + IDLE_POLL_MS));

    bool is_busy = node->pending_count > 0 || node->is_passing || node->is_cooling ||
                   steady_ms < node->awake_ms || fq_relay_is_due(node);

    return is_busy || next <= steady_ms ? 0 : next - steady_ms;
}

/* Write some of the view behind when enough came since, or when the node has gone quiet. */
static fq_err write_behind(struct fq_node *node, uint64_t quiet_ms, struct fq_why *out_why)
{
    uint64_t behind = node->core.feed.head - node->view_lsn;
    bool is_due =
        behind >= node->config.checkpoint_events || (behind > 0 && quiet_ms >= IDLE_CHECKPOINT_MS);

    if (!node->is_passing && is_due) {
        fq_checkpoint_begin(node);
    }
    return node->is_passing ? fq_checkpoint_go_on(node, out_why) : FQ_OK;
}

/* A burst's memory is given back when the node has gone quiet, not while it lasts. */
static void end_turn(struct fq_node *node, uint64_t steady_ms)
{
    uint64_t quiet_ms = steady_ms - node->active_ms;

    if (node->scratch.used > node->scratch_high) {
        node->scratch_high = node->scratch.used;
    }
    if (node->scratch_high > SCRATCH_KEPT && quiet_ms >= IDLE_TRIM_MS) {
        fq_memory_trim(&node->scratch, SCRATCH_KEPT);
        node->scratch_high = 0;
    }
    node->is_cooling = fq_cold_put(&node->cold, &node->core.view.memory.facts);
    if (quiet_ms >= IDLE_TRIM_MS && steady_ms >= node->dropped_ms + IDLE_DROP_MS) {
        fq_cold_drop(&node->cold, &node->core.view.memory.facts);
        node->dropped_ms = steady_ms;
    }
    if (node->turn.reply_count > 0) {
        node->awake_ms = fq_clock_now().steady_ms + AWAKE_MS; /* the turn itself took its time */
    }
    node->query_count = node->reading_count = 0;
    node->sealing = NULL;
    fq_arena_reset(&node->scratch);
}

static void note_progress(struct fq_node *node, uint64_t wall_ms)
{
    const struct fq_log *own = fq_frontier_find(&node->core.frontier, &node->core.own);

    if (own) {
        fq_progress_note(&node->progress, own, wall_ms);
    }
}

fq_err fq_node_turn(struct fq_node *node, struct fq_why *out_why)
{
    fq_err err = listen_all(node, out_why);

    if (err) {
        return err;
    }
    struct fq_now now = fq_clock_now();
    fq_effects_reset(&node->turn.effects, &node->scratch);
    err = fq_core_step(&node->core, node->inputs, node->input_count, now, &node->turn, out_why);
    if (!err) {
        err = fq_node_commit(node, now.wall_ms, out_why);
    }
    if (err) {
        return err;
    }
    note_progress(node, now.wall_ms);
    fq_node_speak(node, now.steady_ms);
    fq_service_answer(node, now.steady_ms);
    if (node->turn.effects.append_count > 0) {
        node->active_ms = now.steady_ms;
    }
    err = write_behind(node, now.steady_ms - node->active_ms, out_why);
    end_turn(node, now.steady_ms);
    return err;
}

static fq_err serve(struct fq_node *node, int stop_fd, struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    while (!err && !node->is_stopping) {
        bool is_stop_ready = false;
        uint64_t idle_ms = fq_node_idle_ms(node, fq_clock_now().steady_ms);
        if (idle_ms == 0) {
            sched_yield(); /* who would bring the next message goes first */
        }
        err = fq_net_poll(node->net, (int)idle_ms, stop_fd, &is_stop_ready, out_why);
        node->is_stopping = is_stop_ready;
        if (!err) {
            err = fq_node_turn(node, out_why);
        }
    }
    return err ? err : fq_checkpoint_finish(node, out_why);
}

/* ---- main ---- */

/* Party data and keys stay out of core dumps; sockets need descriptors. */
static void harden(void)
{
    struct rlimit files;

    (void)prctl(PR_SET_DUMPABLE, 0);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int stop_descriptor(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int check_only(const char *path)
{
    struct fq_config config;
    struct fq_why why = {0};

    if (fq_config_load(path, &config, &why)) {
        fprintf(stderr, "%s\n", why.detail);
        return FQ_ERR_USAGE;
    }
    fq_config_print(&config, stdout);
    return FQ_OK;
}

static int usage(const struct fq_tier_row *tier, FILE *out)
{
    fprintf(out,
            "Usage: %s -c FILE [--check] [--rebuild]\n"
            "  -c FILE     the configuration\n"
            "  --check     print the effective configuration, or what is wrong with it, and exit\n"
            "  --rebuild   fold the whole log anew instead of loading the view written behind\n",
            tier->program);
    return out == stdout ? FQ_OK : FQ_ERR_USAGE;
}

static int exit_code(fq_err err)
{
    return err == FQ_ERR_LIMIT ? FQ_ERR_FAILED : (int)err;
}

static int run(const struct fq_tier_row *tier, const char *config_path, bool is_rebuild)
{
    struct fq_why why = {0};
    struct fq_node *node = calloc(1, sizeof *node);
    int stop_fd = stop_descriptor();

    if (!node || stop_fd < 0) {
        fq_node_log("error", "node.start_failed detail=\"%s\"", strerror(errno));
        free(node);
        return FQ_ERR_FAILED;
    }
    harden();
    fq_err err = fq_node_open(node, tier, config_path, is_rebuild, &why);
    if (err) {
        log_failure("node.start_failed", &why);
    } else {
        fq_node_log("info", "node.ready node=%08u tier=%s service=%s feed=%s pid=%d",
                    node->core.options.origin, fq_tier_name(tier->tier),
                    node->config.listen_service, node->config.listen_feed, (int)getpid());
        err = serve(node, stop_fd, &why);
        if (err) {
            log_failure("node.failed", &why);
        } else {
            fq_node_log("info", "node.stopped head=%llu", (unsigned long long)node->core.feed.head);
        }
    }
    fq_node_close(node);
    close(stop_fd);
    free(node);
    return exit_code(err);
}

int fq_node_main(const struct fq_tier_row *tier, int argument_count, char **arguments)
{
    const char *config_path = NULL;
    bool is_check = false, is_rebuild = false;

    for (int i = 1; i < argument_count; i++) {
        if (strcmp(arguments[i], "-c") == 0 && i + 1 < argument_count) {
            config_path = arguments[++i];
        } else if (strcmp(arguments[i], "--check") == 0) {
            is_check = true;
        } else if (strcmp(arguments[i], "--rebuild") == 0) {
            is_rebuild = true;
        } else if (strcmp(arguments[i], "--version") == 0) {
            printf("%s %s\n", tier->program, FQ_VERSION);
            return FQ_OK;
        } else {
            return usage(tier, strcmp(arguments[i], "--help") == 0 ? stdout : stderr);
        }
    }
    if (!config_path) {
        return usage(tier, stderr);
    }
    return is_check ? check_only(config_path) : run(tier, config_path, is_rebuild);
}
