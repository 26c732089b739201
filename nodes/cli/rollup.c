/* `rollup PERIOD`: the figures of a period by areas, types, kinds and so on; `compare`; `cases`. */
#include "rollup.h"

#include <stdlib.h>
#include <string.h>

/* ---- the question ---- */

static fq_err make_args(const struct cli *cli, const struct rollup_by *by, struct cli_args *args,
                        struct fq_why *out_why)
{
    static const char *const texts[] = {"area", "basis", "compare"};
    const char *as_of = cli_value(cli, "as-of");
    static const char *const truths[] = {"yoy", "cumulative", "share", "public"};
    static const char *const maps[] = {"where", "metric"};
    fq_err err = FQ_OK;

    cli_args_text(args, "period", cli->arguments[0]);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cli_args_option(args, cli, texts[i]);
    }
    if (as_of) {
        cli_args_text(args, "as_of", as_of);
    }
    if (cli_value(cli, "to")) {
        cli_args_text(args, "compare", cli_value(cli, "to"));
    }
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
        if (cli_has(cli, truths[i])) {
            cli_args_bool(args, truths[i], true);
        }
    }
    if (by->count) {
        cli_args_key(args, "by");
        fq_write_array(&args->pairs, (uint32_t)by->count);
        for (size_t i = 0; i < by->count; i++) {
            fq_write_text(&args->pairs, by->names[i]);
        }
    }
    for (size_t i = 0; i < sizeof maps / sizeof maps[0] && !err; i++) {
        if (cli_value(cli, maps[i])) {
            err = cli_args_pairs(args, maps[i], cli_value(cli, maps[i]), out_why);
        }
    }
    return err;
}

/* ---- rollup ---- */

static fq_err run_rollup(struct cli *cli, struct fq_why *out_why)
{
    struct rollup_by by = {.count = 0};
    struct fq_writer result = cli_build_open(CLI_VALUE_MAX);
    struct cli_client *client = NULL;
    struct cli_args args;
    fq_err err = FQ_OK;

    cli_args_open(&args);
    if (!rollup_split(cli_value(cli, "by"), &by)) {
        err = fq_fail(out_why, FQ_REASON_USAGE, "--by %s", cli_value(cli, "by"));
    }
    err = err ? err : cli_connect(cli, &client, out_why);
    err = err ? err : make_args(cli, &by, &args, out_why);
    err = err ? err : cli_call_table(client, "rollup", &args, &result, out_why);
    err = err ? err
              : rollup_print(cli, client, &by, cli_value(cli, "measure"), fq_writer_span(&result),
                             out_why);
    cli_args_close(&args);
    cli_disconnect(client);
    cli_build_close(&result);
    return err;
}

static fq_err run_compare(struct cli *cli, struct fq_why *out_why)
{
    if (!cli_value(cli, "to")) {
        return fq_fail(out_why, FQ_REASON_USAGE, "compare PERIOD --to PERIOD");
    }
    return run_rollup(cli, out_why);
}

/* ---- cases ---- */

static fq_err run_cases(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"dispute", "id",         "home",      "type",  "state",
                                          "kind",    "registered", "concluded", "value", NULL};
    static const struct cli_view view = {.columns = columns};
    static const struct rollup_by none = {.count = 0};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    struct cli_client *client = NULL;
    struct cli_args args;
    const char *measure = cli_value(cli, "measure");
    fq_err err = cli_connect(cli, &client, out_why);

    cli_args_open(&args);
    err = err ? err : make_args(cli, &none, &args, out_why);
    cli_args_text(&args, "measure", measure ? measure : "accepted");
    err = err ? err : cli_call_all(client, "cases", &args, 0, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&list));
    if (!err && cli_has(cli, "fail-empty") && fq_read_array(&reader) == 0) {
        err = fq_fail(out_why, FQ_REASON_EMPTY, "cases");
    }
    cli_args_close(&args);
    cli_disconnect(client);
    cli_build_close(&list);
    return err;
}

static const struct cli_option cases_options[] = {
    {"measure", 0, "NAME", N_("the figure's measure (default: accepted)")},
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {"where", 0, "NAME=VALUE,...", N_("only what has these values; a row's own keys")},
    {"basis", 0, "now|then", N_("areas as they are now (default) or were in the period")},
    {"as-of", 0, "SEAL|TIME|LSN", N_("as it was: a seal, a sealed period, a time, or lsn:N")},
    {"fail-empty", 0, NULL, N_("end with 3 when nothing matched")},
    {NULL, 0, NULL, NULL},
};

#define SHARED_OPTIONS                                                                             \
    {"area", 0, "CODE", N_("area (default: the node's own)")},                                     \
        {"by", 0, "NAME,...",                                                                      \
         N_("area, city, county, town, village, type, type_group, kind, month, quarter, half, "    \
            "year, committee, source, outcome, risk, scale, difficulty, unit, campaign, tier")},   \
        {"where", 0, "NAME=VALUE,...", N_("only what has these values")},                          \
        {"measure", 0, "NAME,...", N_("show these measures and rates in the table")},              \
        {"as-of", 0, "SEAL|TIME|LSN", N_("as it was: a seal, a sealed period, a time, or lsn:N")}, \
        {"metric", 0, "NAME=vN,...", N_("a rate in another version: success_rate=v2")},            \
        {"basis", 0, "now|then", N_("areas as they are now (default) or were in the period")},     \
        {"cumulative", 0, NULL, N_("the reporting year to date as well")},                         \
        {"share", 0, NULL, N_("each row's share of the total as well")},                           \
        {"style", 0, "NAME", N_("`press`: figures as newspapers print them")},                     \
        {"public", 0, NULL, N_("for publication: leave out small figures")},

static const struct cli_option rollup_options[] = {
    SHARED_OPTIONS{"yoy", 0, NULL, N_("beside the same period a year before")},
    {"compare", 0, "PERIOD", N_("beside another period")},
    {NULL, 0, NULL, NULL},
};

static const struct cli_option compare_options[] = {
    SHARED_OPTIONS{"to", 0, "PERIOD", N_("the period it is compared with")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_rollup_commands[] = {
    {"rollup", NULL, "PERIOD", 1, 1, N_("Count the disputes of a period."), rollup_options,
     run_rollup},
    {"compare", NULL, "PERIOD", 1, 1, N_("Count a period beside another one."), compare_options,
     run_compare},
    {"cases", NULL, "PERIOD", 1, 1, N_("List the disputes behind a figure."), cases_options,
     run_cases},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
