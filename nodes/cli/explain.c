/* `explain PERIOD`: the way from what counties reported to a figure, in steps that add up. */
#include "client.h"

static const char *const columns[] = {
    "area",  "name",   "reported", "corrections", "transfers_in", "transfers_out",
    "voids", "merges", "home",     "joint",       NULL,
};

/* The row with its name in the reader's language under `name`. */
static void write_row(struct fq_span row, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(row);
    uint32_t count = fq_read_map(&reader);

    fq_write_map(writer, count);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span key = fq_read_text(&reader);
        struct fq_span value = fq_read_skip(&reader);
        bool is_name = fq_span_equal(key, fq_span_text("name")) && cli_text_is_chinese();
        fq_write_text_span(writer, key);
        fq_write_raw(writer, is_name ? fq_map_get(row, "name_zh") : value);
    }
}

static fq_err print(struct cli *cli, struct fq_span result, struct fq_why *out_why)
{
    static const struct cli_view view = {.rows = "rows", .total = "total", .columns = columns};
    struct fq_writer named = cli_build_open(CLI_VALUE_MAX);
    struct fq_reader rows = fq_reader_over(fq_map_get(result, "rows"));
    uint32_t count = fq_read_array(&rows);

    if (cli->format == CLI_JSON || cli->format == CLI_JSONL) {
        cli_build_close(&named);
        return cli_print(cli, result, &view, out_why);
    }
    fq_write_map(&named, 2);
    fq_write_text(&named, "rows");
    fq_write_array(&named, count);
    for (uint32_t i = 0; i < count && !rows.is_bad; i++) {
        write_row(fq_read_skip(&rows), &named);
    }
    fq_write_text(&named, "total");
    fq_write_raw(&named, fq_map_get(result, "total"));
    fq_err err = cli_print(cli, fq_writer_span(&named), &view, out_why);
    struct fq_span late = fq_map_get(result, "punctuality");
    if (!err && late.size) {
        cli_say(_("by the deadline %lld, since then %lld"), (long long)fq_map_int(late, "in_time"),
                (long long)fq_map_int(late, "late"));
    }
    cli_build_close(&named);
    return err;
}

static fq_err run_explain(struct cli *cli, struct fq_why *out_why)
{
    const char *measure = cli_value(cli, "measure");
    struct cli_client *client = NULL;
    struct cli_answer answer;
    struct cli_args args;
    fq_err err = cli_connect(cli, &client, out_why);

    cli_args_open(&args);
    cli_args_text(&args, "period", cli->arguments[0]);
    cli_args_text(&args, "measure", measure ? measure : "accepted");
    if (cli_value(cli, "area")) {
        cli_args_text(&args, "area", cli_value(cli, "area"));
    }
    if (cli_has(cli, "late")) {
        cli_args_bool(&args, "late", true);
    }
    if (cli_value(cli, "as-of")) {
        cli_args_text(&args, "as_of", cli_value(cli, "as-of"));
    }
    if (cli_value(cli, "basis")) {
        cli_args_text(&args, "basis", cli_value(cli, "basis"));
    }
    err = err ? err : cli_call(client, "explain", &args, &answer, out_why);
    err = err ? err : print(cli, answer.result, out_why);
    cli_args_close(&args);
    cli_disconnect(client);
    return err;
}

static const struct cli_option options[] = {
    {"measure", 0, "NAME", N_("the figure's measure (default: accepted)")},
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {"as-of", 0, "SEAL|TIME|LSN", N_("as it was: a seal, a sealed period, a time, or lsn:N")},
    {"basis", 0, "now|then", N_("areas as they are now (default) or were in the period")},
    {"late", 0, NULL, N_("how much of it came after the county's deadline; takes longer")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_explain_commands[] = {
    {"explain", NULL, "PERIOD", 1, 1, N_("Show how a figure comes from what counties reported."),
     options, run_explain},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
