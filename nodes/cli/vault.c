/* `vault read`: party data of one dispute, with a purpose the node notes down. */
#include "desk.h"

static fq_err run_read(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    const char *purpose = cli_value(cli, "purpose");
    struct cli_client *client = NULL;
    struct cli_args args;
    struct cli_answer answer;
    char name[64];

    if (!purpose || !*purpose) {
        return fq_fail(out_why, FQ_REASON_USAGE, "vault read DISPUTE --purpose TEXT");
    }
    fq_err err = cli_desk_name(cli, cli->arguments[0], name, out_why);
    err = err ? err : cli_connect(cli, &client, out_why);
    if (err) {
        return err;
    }
    cli_args_open(&args);
    cli_args_text(&args, "dispute", name);
    cli_args_text(&args, "purpose", purpose);
    err = cli_call(client, "vault.read", &args, &answer, out_why);
    err = err ? err : cli_print(cli, answer.result, &view, out_why);
    cli_args_close(&args);
    cli_disconnect(client);
    return err;
}

static const struct cli_option read_options[] = {
    {"purpose", 0, "TEXT", N_("why you read it; noted at the node")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_vault_commands[] = {
    {"vault", "read", "DISPUTE", 1, 1,
     N_("Read the party data of a dispute; the reading is noted."), read_options, run_read},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
