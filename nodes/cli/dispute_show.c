#include "dispute.h"

#include <stdlib.h>
#include <string.h>

#include "desk.h"

fq_err dispute_show(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"dispute",   "id",   "state",   "home",         "type",
                                          "kind",      "host", "outcome", "amount_cents", "dates",
                                          "conflicts", "next", NULL};
    static const char *const steps_columns[] = {"lsn", "date",   "event", "origin",
                                                "seq", "fields", NULL};
    static const struct cli_view view = {.columns = columns};
    static const struct cli_view history = {.rows = "history", .columns = steps_columns};
    struct fq_writer told = cli_build_open(CLI_VALUE_MAX);
    bool has_history = cli_has(cli, "history");
    fq_err err = cli_desk_show(cli, cli->arguments[0], has_history, &told, out_why);

    err = err ? err : cli_print(cli, fq_writer_span(&told), &view, out_why);
    if (!err && has_history && (cli->format == CLI_TABLE || cli->format == CLI_MD)) {
        err = cli_print(cli, fq_writer_span(&told), &history, out_why);
    }
    cli_build_close(&told);
    return err;
}

/* Filters take what a person writes; the node is told ids. */
static fq_err add_code_filter(const struct cli *cli, const struct cli_tables *tables,
                              const char *name, enum fq_code_table table, struct cli_args *args,
                              struct fq_why *out_why)
{
    const char *text = cli_value(cli, name);
    uint16_t number;

    if (!text) {
        return FQ_OK;
    }
    if (!fq_codes_find_id(&tables->codes, table, fq_span_text(text), &number)) {
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "--%s %s, %s", name, text,
                       fq_codes_table_name(table));
    }
    cli_args_text(args, name, fq_codes_find(&tables->codes, table, number)->id);
    return FQ_OK;
}

static bool read_limit(const char *text, uint64_t *out_most)
{
    size_t size = strspn(text, "0123456789");

    *out_most = strtoull(text, NULL, 10);
    return size > 0 && size <= 9 && text[size] == 0;
}

static fq_err list_disputes(struct cli *cli, struct cli_client *client,
                            const struct cli_tables *tables, struct fq_why *out_why)
{
    static const char *const importance[] = {"dispute",    "id",        "state",        "type",
                                             "registered", "concluded", "amount_cents", NULL};
    static const struct cli_view view = {.importance = importance};
    static const char *const texts[] = {"area", "state"};
    struct cli_args args;
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    uint64_t most = 0;
    const char *limit = cli_value(cli, "limit");
    fq_err err = FQ_OK;

    cli_args_open(&args);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (cli_value(cli, texts[i])) {
            cli_args_text(&args, texts[i], cli_value(cli, texts[i]));
        }
    }
    if (limit && !read_limit(limit, &most)) {
        err = fq_fail(out_why, FQ_REASON_USAGE, "--limit %s", limit);
    }
    err = err ? err : add_code_filter(cli, tables, "type", FQ_CODES_TYPE, &args, out_why);
    err = err ? err : add_code_filter(cli, tables, "source", FQ_CODES_SOURCE, &args, out_why);
    err = err ? err : add_code_filter(cli, tables, "kind", FQ_CODES_KIND, &args, out_why);
    err = err ? err : cli_call_all(client, "dispute.list", &args, most, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&list));
    if (!err && cli_has(cli, "fail-empty") && fq_read_array(&reader) == 0) {
        err = fq_fail(out_why, FQ_REASON_EMPTY, "dispute ls");
    }
    cli_args_close(&args);
    cli_build_close(&list);
    return err;
}

/* Those known on this computer: the node cannot be reached. */
static fq_err list_known(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    struct cli_desk *desk = NULL;
    fq_err err = cli_desk_open(cli, &desk, out_why);

    err = err ? err : cli_desk_list(desk, cli_value(cli, "state"), &list, out_why);
    if (!err) {
        cli_say(_("The node cannot be reached: these are the disputes known on this computer."));
        err = cli_print(cli, fq_writer_span(&list), &view, out_why);
    }
    cli_desk_close(desk);
    cli_build_close(&list);
    return err;
}

fq_err dispute_ls(struct cli *cli, struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    struct cli_tables *tables = NULL;
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : cli_tables_open(client, &tables, out_why);
    err = err ? err : list_disputes(cli, client, tables, out_why);
    cli_tables_close(tables);
    cli_disconnect(client);
    if (err && out_why->reason == FQ_REASON_UNREACHED && cli_desk_exists(cli)) {
        err = list_known(cli, out_why);
    }
    return err;
}
