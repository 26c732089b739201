/* `vault`: party data of one dispute, which the node gives for a purpose and notes down; who had to
 * do with it; and forgetting it for good. */
#include <string.h>
#include <unistd.h>

#include "desk.h"

static fq_err ask(struct cli *cli, const char *verb, const char *key, const char *text,
                  struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct cli_client *client = NULL;
    struct cli_args args;
    struct cli_answer answer;
    char name[64];
    fq_err err = cli_desk_name(cli, cli->arguments[0], name, out_why);

    err = err ? err : cli_connect(cli, &client, out_why);
    if (err) {
        return err;
    }
    cli_args_open(&args);
    cli_args_text(&args, "dispute", name);
    cli_args_text(&args, key, text);
    err = cli_call(client, verb, &args, &answer, out_why);
    err = err ? err : cli_print(cli, answer.result, &view, out_why);
    cli_args_close(&args);
    cli_disconnect(client);
    return err;
}

static fq_err run_read(struct cli *cli, struct fq_why *out_why)
{
    const char *purpose = cli_value(cli, "purpose");

    if (!purpose || !*purpose) {
        return fq_fail(out_why, FQ_REASON_USAGE, "vault read DISPUTE --purpose TEXT");
    }
    return ask(cli, "vault.read", "purpose", purpose, out_why);
}

static fq_err run_log(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"at", "dispute", "verb", "actor", "purpose", NULL};
    static const struct cli_view view = {.columns = columns};
    struct cli_client *client = NULL;
    struct cli_args args;
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    char name[64] = "";
    fq_err err =
        cli->argument_count > 0 ? cli_desk_name(cli, cli->arguments[0], name, out_why) : FQ_OK;

    err = err ? err : cli_connect(cli, &client, out_why);
    cli_args_open(&args);
    if (cli->argument_count > 0) {
        cli_args_text(&args, "dispute", name);
    }
    err = err ? err : cli_call_all(client, "vault.log", &args, 0, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    cli_args_close(&args);
    cli_disconnect(client);
    cli_build_close(&list);
    return err;
}

/* --yes, or the answer of a person at a terminal. */
static bool is_confirmed(const struct cli *cli)
{
    char answer[16] = "";

    if (cli->is_yes || cli->has_no_input || !isatty(STDIN_FILENO)) {
        return cli->is_yes;
    }
    fprintf(stderr, _("Forget the party data of %s for good? [y/N] "), cli->arguments[0]);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static fq_err run_forget(struct cli *cli, struct fq_why *out_why)
{
    const char *reason = cli_value(cli, "reason");

    if (!reason || !*reason) {
        return fq_fail(out_why, FQ_REASON_USAGE, "vault forget DISPUTE --reason TEXT");
    }
    if (!is_confirmed(cli)) {
        return fq_fail(out_why, FQ_REASON_UNCONFIRMED, "vault forget %s", cli->arguments[0]);
    }
    return ask(cli, "vault.forget", "reason", reason, out_why);
}

static const struct cli_option read_options[] = {
    {"purpose", 0, "TEXT", N_("why you read it; noted at the node")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option forget_options[] = {
    {"reason", 0, "TEXT", N_("why it is forgotten; noted at the node, so no names of parties")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_vault_commands[] = {
    {"vault", "read", "DISPUTE", 1, 1,
     N_("Read the party data of a dispute; the reading is noted."), read_options, run_read},
    {"vault", "log", "[DISPUTE]", 0, 1, N_("List who read or forgot party data, and why."), NULL,
     run_log},
    {"vault", "forget", "DISPUTE", 1, 1,
     N_("Forget the party data of a dispute for good; its figures stay."), forget_options,
     run_forget},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
