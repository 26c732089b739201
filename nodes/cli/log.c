/* `log verify`: hash every batch again, follow every chain, check every seal. */
#include <string.h>
#include <time.h>

#include "client.h"
#include "fq/edge/verify.h"

static fq_err judge(struct fq_span result, struct fq_why *out_why)
{
    char bad[128];

    if (fq_map_bool(result, "match")) {
        return FQ_OK;
    }
    cli_copy(bad, sizeof bad, fq_map_text(result, "first_bad"));
    return fq_fail(out_why, FQ_REASON_SEAL, "%s", bad);
}

static void write_result(const struct fq_verification *verification, struct fq_writer *writer)
{
    fq_write_map(writer, 4);
    cli_write_pair_uint(writer, "batches", verification->batches);
    cli_write_pair_uint(writer, "events", verification->events);
    cli_write_pair_bool(writer, "match", verification->is_match);
    if (verification->is_match) {
        cli_write_pair_nil(writer, "first_bad");
    } else {
        cli_write_pair_text(writer, "first_bad", verification->first_bad);
    }
}

/* In this process, read only, on the store of a node that may be stopped. */
static fq_err verify_data(struct cli *cli, const char *path, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    const struct fq_store_options options = {
        .path = path,
        .has_vault = true, /* reading: a vault is no fault, its absence neither */
        .is_read_only = true,
        .format = FQ_STORE_FORMAT,
        .now_s = (uint64_t)time(NULL),
    };
    struct fq_store *store = NULL;
    struct fq_verification verification;
    uint8_t memory[512];
    struct fq_writer writer = fq_writer_over(memory, sizeof memory);
    fq_err err = fq_store_open(&options, &store, out_why);

    err = err ? err : fq_verify_log(store, &verification, out_why);
    if (!err) {
        write_result(&verification, &writer);
        err = cli_print(cli, fq_writer_span(&writer), &view, out_why);
    }
    fq_store_close(store);
    return err ? err : judge(fq_writer_span(&writer), out_why);
}

static fq_err run_verify(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    const char *data = cli_value(cli, "data");
    struct cli_client *client = NULL;
    struct cli_answer answer;

    if (data) {
        return verify_data(cli, data, out_why);
    }
    fq_err err = cli_connect(cli, &client, out_why);
    err = err ? err
              : cli_call_within(client, "log.verify", NULL, 10 * CLI_ANSWER_MS, &answer, out_why);
    err = err ? err : cli_print(cli, answer.result, &view, out_why);
    err = err ? err : judge(answer.result, out_why);
    cli_disconnect(client);
    return err;
}

static const struct cli_option verify_options[] = {
    {"data", 0, "DIR", N_("data directory of a stopped node, instead of asking a node")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_log_commands[] = {
    {"log", "verify", "", 0, 0, N_("Hash every batch again and check every seal."), verify_options,
     run_verify},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
