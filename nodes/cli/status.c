/* `node status`, `tree status`, `digest`, `audit`, `evidence ls`: how a node is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "lab_process.h"

#define TREE_ASK_MS 3000

/* Ask one question and print its answer; `out_answer_bool` is the truth of `key` in it. */
static fq_err ask_and_print(struct cli *cli, const char *verb, const struct cli_args *args,
                            const struct cli_view *view, const char *key, bool *out_is_true,
                            struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    struct cli_answer answer;
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : cli_call_within(client, verb, args, 10 * CLI_ANSWER_MS, &answer, out_why);
    if (!err && key) {
        *out_is_true = fq_map_bool(answer.result, key);
    }
    err = err ? err : cli_print(cli, answer.result, view, out_why);
    cli_disconnect(client);
    return err;
}

/* ---- node status ---- */

static fq_err run_node_status(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"node",   "area",     "tier",      "instance",
                                          "head",   "disputes", "events",    "parent",
                                          "linked", "ready",    "read_only", NULL};
    static const struct cli_view view = {.columns = columns}, origins = {.rows = "origins"},
                                 children = {.rows = "children"};
    struct cli_client *client = NULL;
    struct cli_answer answer;
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : cli_call(client, "status", NULL, &answer, out_why);
    err = err ? err : cli_print(cli, answer.result, &view, out_why);
    if (!err && (cli->format == CLI_TABLE || cli->format == CLI_MD)) {
        putchar('\n');
        err = cli_print(cli, answer.result, &origins, out_why);
        putchar('\n');
        err = err ? err : cli_print(cli, answer.result, &children, out_why);
    }
    cli_disconnect(client);
    return err;
}

/* ---- tree status ---- */

static void copy_pair(struct fq_writer *writer, struct fq_span map, const char *key)
{
    struct fq_span value = fq_map_get(map, key);

    fq_write_text(writer, key);
    if (value.size) {
        fq_write_raw(writer, value);
    } else {
        fq_write_nil(writer);
    }
}

static const char *const copied[] = {"head", "disputes", "events", "linked", "parent"};
#define COPIED_COUNT (sizeof copied / sizeof copied[0])

static void write_lab_node(struct fq_writer *writer, const struct lab_node *node, const char *state,
                           struct fq_span status)
{
    char text[16];

    fq_write_map(writer, 4 + COPIED_COUNT);
    snprintf(text, sizeof text, "%06" PRIu32, node->area);
    cli_write_pair_text(writer, "area", text);
    cli_write_pair_text(writer, "tier", fq_tier_name(node->tier));
    snprintf(text, sizeof text, "%08" PRIu32, node->origin);
    cli_write_pair_text(writer, "node", text);
    cli_write_pair_text(writer, "state", state);
    for (size_t i = 0; i < COPIED_COUNT; i++) {
        copy_pair(writer, status, copied[i]);
    }
}

/* A node that does not answer is a row like the others, not a failure. */
static void ask_lab_node(const struct lab *lab, const struct lab_node *node,
                         struct fq_writer *writer)
{
    char key[41], key_file[LAB_PATH_SIZE + 64];
    struct cli_client *client = NULL;
    struct cli_answer answer = {.id = 0};
    struct fq_why ignored;
    const char *state = "stopped";

    if (lab_pid(lab, node)) {
        lab_path(lab, node, "keys/operator.key", key_file);
        fq_err err = lab_server_key(lab, node, key, &ignored);
        err = err ? err : cli_connect_to(node->service, key, key_file, &client, &ignored);
        err = err ? err : cli_call_within(client, "status", NULL, TREE_ASK_MS, &answer, &ignored);
        state = err ? "silent" : "running";
    }
    write_lab_node(writer, node, state, answer.result);
    cli_disconnect(client);
}

static fq_err tree_of_lab(struct cli *cli, struct fq_writer *writer, struct fq_why *out_why)
{
    struct lab *lab = NULL;
    fq_err err = lab_load(cli->lab, &lab, out_why);

    if (!err) {
        fq_write_array(writer, (uint32_t)lab->count);
        for (size_t i = 0; i < lab->count; i++) {
            ask_lab_node(lab, &lab->nodes[i], writer);
        }
    }
    free(lab);
    return err;
}

static fq_err tree_of_node(struct cli *cli, struct fq_writer *writer, struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    struct cli_answer answer;
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : cli_call(client, "status", NULL, &answer, out_why);
    if (!err) {
        struct fq_reader children = fq_reader_over(fq_map_get(answer.result, "children"));
        uint32_t count = fq_read_array(&children);
        fq_write_array(writer, count + 1);
        fq_write_map(writer, 3);
        copy_pair(writer, answer.result, "node");
        copy_pair(writer, answer.result, "area");
        copy_pair(writer, answer.result, "linked");
        for (uint32_t i = 0; i < count; i++) {
            fq_write_raw(writer, fq_read_skip(&children));
        }
    }
    cli_disconnect(client);
    return err;
}

static fq_err run_tree_status(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct fq_writer writer = cli_build_open(8u << 20);
    fq_err err =
        cli->lab ? tree_of_lab(cli, &writer, out_why) : tree_of_node(cli, &writer, out_why);

    err = err ? err : cli_print(cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

/* ---- digest, audit, evidence ---- */

static fq_err run_digest(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    static const char *const names[] = {"area", "period"};
    struct cli_args args;

    cli_args_open(&args);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (cli_value(cli, names[i])) {
            cli_args_text(&args, names[i], cli_value(cli, names[i]));
        }
    }
    fq_err err = ask_and_print(cli, "digest", &args, &view, NULL, NULL, out_why);
    cli_args_close(&args);
    return err;
}

static fq_err run_audit(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    bool is_match = false;
    fq_err err = ask_and_print(cli, "audit", NULL, &view, "match", &is_match, out_why);

    return err || is_match ? err : fq_fail(out_why, FQ_REASON_VIEW_DIFFERS, "%s", "");
}

static fq_err run_evidence(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct cli_client *client = NULL;
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : cli_call_all(client, "evidence", NULL, 0, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    cli_build_close(&list);
    cli_disconnect(client);
    return err;
}

static const struct cli_option digest_options[] = {
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {"period", 0, "PERIOD", N_("only this period")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_status_commands[] = {
    {"node", "status", "", 0, 0, N_("Show what a node holds and whom it is linked to."), NULL,
     run_node_status},
    {"tree", "status", "", 0, 0, N_("Show every node of the lab, or a node and its children."),
     NULL, run_tree_status},
    {"digest", NULL, "", 0, 0,
     N_("Print a digest that is equal on all nodes holding the same events of an area."),
     digest_options, run_digest},
    {"audit", NULL, "", 0, 0, N_("Recompute the node's figures from its log and compare."), NULL,
     run_audit},
    {"evidence", "ls", "", 0, 0, N_("List what the node refused from its peers."), NULL,
     run_evidence},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
