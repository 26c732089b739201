/* `lab up, ls, start, stop, kill, down`: a whole province on one machine. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "lab_process.h"
#include "share.h"

#define READY_MS 120000 /* until every node is ready and linked */
#define STOP_MS 30000
#define ASK_MS 2000 /* one question to a node that may not be up yet */
#define PAUSE_MS 25 /* between two questions */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- readiness ---- */

static fq_err connect_node(const struct lab *lab, const struct lab_node *node,
                           struct cli_client **out_client, struct fq_why *out_why)
{
    char key[41], key_file[LAB_PATH_SIZE + 64];
    fq_err err = lab_server_key(lab, node, key, out_why);

    lab_path(lab, node, "keys/operator.key", key_file);
    return err ? err : cli_connect_to(node->service, key, key_file, out_client, out_why);
}

/* Whether the node says it is ready and, when its parent runs, linked. */
static bool is_up(const struct lab *lab, const struct lab_node *node, struct cli_client *client)
{
    struct cli_answer answer;
    struct fq_why ignored;

    if (cli_call_within(client, "status", NULL, ASK_MS, &answer, &ignored) ||
        !fq_map_bool(answer.result, "ready")) {
        return false;
    }
    const struct lab_node *parent = node->parent ? lab_find_area(lab, node->parent) : NULL;
    return !parent || fq_map_bool(answer.result, "linked") || !lab_pid(lab, parent);
}

static fq_err wait_node(const struct lab *lab, const struct lab_node *node, uint64_t until_ms,
                        struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    fq_err err = connect_node(lab, node, &client, out_why);

    while (!err && !is_up(lab, node, client)) {
        if (!lab_pid(lab, node) || now_ms() >= until_ms) {
            err = lab_fail(lab, node, out_why);
        } else {
            (void)poll(NULL, 0, PAUSE_MS);
        }
    }
    cli_disconnect(client);
    return err;
}

static fq_err start_all(const struct lab *lab, const struct lab_node *const *nodes, size_t count,
                        const char *exe_dir, struct fq_why *out_why)
{
    uint64_t until_ms = now_ms() + READY_MS;

    for (size_t i = 0; i < count; i++) {
        fq_err err = lab_start(lab, nodes[i], exe_dir, out_why);
        if (err) {
            return err;
        }
    }
    for (size_t i = 0; i < count; i++) {
        fq_err err = wait_node(lab, nodes[i], until_ms, out_why);
        if (err) {
            return err;
        }
    }
    return FQ_OK;
}

/* ---- up ---- */

static fq_err run_up(struct cli *cli, struct fq_why *out_why)
{
    char taxonomy[SHARE_PATH_SIZE];
    struct lab_plan plan = {.dir = cli->arguments[0],
                            .areas_file = cli_value(cli, "areas"),
                            .taxonomy_file = taxonomy,
                            .units_file = cli_value(cli, "units"),
                            .places_file = cli_value(cli, "places"),
                            .calendar_file = cli_value(cli, "calendar"),
                            .metrics_file = cli_value(cli, "metrics"),
                            .only = cli_value(cli, "only"),
                            .has_http = !cli_has(cli, "no-http")};
    struct lab *lab = NULL;
    bool is_old = lab_exists(plan.dir);
    fq_err err = share_find(cli, "taxonomy.cfg", taxonomy, out_why);

    if (!err && !is_old && !plan.areas_file) {
        err = fq_fail(out_why, FQ_REASON_USAGE, "lab up DIR --areas FILE");
    }
    if (!err && !is_old) {
        err = lab_lay_out(&plan, out_why);
    }
    err = err ? err : lab_load(plan.dir, &lab, out_why);
    if (!err && is_old && plan.areas_file) {
        err = lab_check_same(lab, &plan, out_why);
    }
    if (!err) {
        const struct lab_node **nodes = calloc(lab->count, sizeof(struct lab_node *));
        for (size_t i = 0; nodes && i < lab->count; i++) {
            nodes[i] = &lab->nodes[i];
        }
        err = nodes ? start_all(lab, nodes, lab->count, cli->exe_dir, out_why)
                    : fq_fail(out_why, FQ_REASON_LIMIT, "lab");
        free(nodes);
    }
    if (!err) {
        cli_say(_("%zu nodes are ready in %s."), lab->count, lab->dir);
    }
    free(lab);
    return err;
}

/* ---- ls ---- */

/* Whether something answers at 127.0.0.1:port. */
static bool is_served(const char *endpoint)
{
    const char *colon = strrchr(endpoint, ':');
    struct sockaddr_in address = {.sin_family = AF_INET};
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)(colon ? strtoul(colon + 1, NULL, 10) : 0));
    bool is_open = handle >= 0 && connect(handle, (struct sockaddr *)&address, sizeof address) == 0;
    if (handle >= 0) {
        close(handle);
    }
    return is_open;
}

static void write_node(struct fq_writer *writer, const struct lab *lab, const struct lab_node *node)
{
    char text[LAB_PATH_SIZE + 64];
    pid_t pid = lab_pid(lab, node);

    fq_write_map(writer, 9);
    snprintf(text, sizeof text, "%06" PRIu32, node->area);
    cli_write_pair_text(writer, "area", text);
    cli_write_pair_text(writer, "tier", fq_tier_name(node->tier));
    snprintf(text, sizeof text, "%08" PRIu32, node->origin);
    cli_write_pair_text(writer, "node", text);
    if (pid) {
        cli_write_pair_uint(writer, "pid", (uint64_t)pid);
    } else {
        cli_write_pair_nil(writer, "pid");
    }
    cli_write_pair_text(writer, "state", pid ? "running" : "stopped");
    cli_write_pair_text(writer, "service", node->service);
    cli_write_pair_text(writer, "feed", node->feed);
    if (node->http[0] && pid && is_served(node->http)) {
        cli_write_pair_text(writer, "http", node->http);
    } else {
        cli_write_pair_nil(writer, "http");
    }
    lab_path(lab, node, "data", text);
    cli_write_pair_text(writer, "data", text);
}

static fq_err run_ls(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct lab *lab = NULL;
    fq_err err = lab_load(cli->arguments[0], &lab, out_why);

    if (err) {
        return err;
    }
    struct fq_writer writer = cli_build_open(8u << 20);
    fq_write_array(&writer, (uint32_t)lab->count);
    for (size_t i = 0; i < lab->count; i++) {
        write_node(&writer, lab, &lab->nodes[i]);
    }
    err = cli_print(cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    free(lab);
    return err;
}

/* ---- start, stop, kill, down ---- */

/* The nodes named by the arguments after the directory. */
static fq_err take_nodes(const struct cli *cli, const struct lab *lab,
                         const struct lab_node **nodes, size_t *out_count, struct fq_why *out_why)
{
    size_t count = 0;

    for (int i = 1; i < cli->argument_count; i++) {
        const struct lab_node *node = lab_find(lab, cli->arguments[i]);
        if (!node) {
            return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%s", cli->arguments[i]);
        }
        nodes[count++] = node;
    }
    *out_count = count;
    return FQ_OK;
}

static fq_err run_start(struct cli *cli, struct fq_why *out_why)
{
    const struct lab_node *nodes[CLI_ARGUMENTS_MAX];
    size_t count = 0;
    struct lab *lab = NULL;
    fq_err err = lab_load(cli->arguments[0], &lab, out_why);

    err = err ? err : take_nodes(cli, lab, nodes, &count, out_why);
    err = err ? err : start_all(lab, nodes, count, cli->exe_dir, out_why);
    free(lab);
    return err;
}

static fq_err end_nodes(struct cli *cli, int signal_number, struct fq_why *out_why)
{
    const struct lab_node *nodes[CLI_ARGUMENTS_MAX];
    size_t count = 0;
    struct lab *lab = NULL;
    fq_err err = lab_load(cli->arguments[0], &lab, out_why);

    err = err ? err : take_nodes(cli, lab, nodes, &count, out_why);
    for (size_t i = 0; i < count && !err; i++) {
        err = lab_end(lab, nodes[i], signal_number, STOP_MS, out_why);
    }
    free(lab);
    return err;
}

static fq_err run_stop(struct cli *cli, struct fq_why *out_why)
{
    return end_nodes(cli, SIGTERM, out_why);
}

static fq_err run_kill(struct cli *cli, struct fq_why *out_why)
{
    return end_nodes(cli, SIGKILL, out_why);
}

/* From the counties up, so that what they still have to say can be heard. */
static fq_err run_down(struct cli *cli, struct fq_why *out_why)
{
    struct lab *lab = NULL;
    fq_err err = lab_load(cli->arguments[0], &lab, out_why);
    fq_err first = FQ_OK;

    for (size_t i = err ? 0 : lab->count; i > 0; i--) {
        err = lab_end(lab, &lab->nodes[i - 1], SIGTERM, STOP_MS, out_why);
        first = first ? first : err;
    }
    free(lab);
    return first ? first : err;
}

static const struct cli_option up_options[] = {
    {"areas", 0, "FILE", N_("area table (CSV); every area valid today gets a node")},
    {"only", 0, "CODE,...", N_("only these areas")},
    {"units", 0, "FILE", N_("table of units (CSV) of every node")},
    {"places", 0, "FILE", N_("table of towns and villages (CSV) of every node")},
    {"calendar", 0, "FILE", N_("reporting calendar of every node")},
    {"metrics", 0, "FILE", N_("definitions of the rates of every node")},
    {"no-http", 0, NULL, N_("serve no pages")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_lab_commands[] = {
    {"lab", "up", "DIR", 1, 1,
     N_("Lay out a node per area, start them all and wait until they are linked."), up_options,
     run_up},
    {"lab", "ls", "DIR", 1, 1, N_("List the nodes."), NULL, run_ls},
    {"lab", "start", "DIR CODE...", 2, CLI_ARGUMENTS_MAX,
     N_("Start nodes and wait until they are ready and linked."), NULL, run_start},
    {"lab", "stop", "DIR CODE...", 2, CLI_ARGUMENTS_MAX, N_("Stop nodes in good order."), NULL,
     run_stop},
    {"lab", "kill", "DIR CODE...", 2, CLI_ARGUMENTS_MAX, N_("Kill nodes, as a power cut would."),
     NULL, run_kill},
    {"lab", "down", "DIR", 1, 1, N_("Stop all nodes; their data stays."), NULL, run_down},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
