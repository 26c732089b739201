/* `period diff`: what changed since a seal, and why; the disputes behind it. */
#include "period_diff.h"

#include <stdio.h>
#include <string.h>

#include "fq/core/asof.h"

static fq_err list_cases(struct cli *cli, struct cli_client *client, struct cli_args *args,
                         struct fq_why *out_why)
{
    static const char *const columns[] = {"dispute", "id",    "home",  "type",
                                          "state",   "cause", "value", NULL};
    static const struct cli_view view = {.columns = columns};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);

    cli_args_option(args, cli, "cause");
    if (!cli_value(cli, "measure")) {
        cli_args_text(args, "measure", "accepted");
    }
    fq_err err = cli_call_all(client, "period.cases", args, 0, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    cli_build_close(&list);
    return err;
}

/* All pages of a diff as one: its rows together, the rest of the first. */
static fq_err ask_diff(struct cli_client *client, struct cli_args *args, struct fq_writer *rows,
                       struct fq_writer *rest, uint32_t *out_count, struct fq_why *out_why)
{
    static const char *const keys[] = {"totals", "activities", "seal"};
    uint8_t cursor_bytes[64];
    struct fq_span cursor = {0};
    fq_err err;

    do {
        struct cli_answer answer;
        uint64_t id;
        err = cli_send(client, "period.diff", args, cursor, &id, out_why);
        err = err ? err : cli_receive(client, SEALING_MS, &answer, out_why);
        err = err ? err : cli_answer_err(&answer, out_why);
        if (err) {
            return err;
        }
        struct fq_span page = fq_map_get(answer.result, "rows");
        struct fq_reader reader = fq_reader_over(page);
        *out_count += fq_read_array(&reader);
        fq_write_raw(rows, fq_span_of(reader.at, (size_t)(reader.end - reader.at)));
        if (cursor.size == 0) {
            for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
                fq_write_text(rest, keys[i]);
                fq_write_raw(rest, fq_map_get(answer.result, keys[i]));
            }
        }
        cursor.size = answer.cursor.size < sizeof cursor_bytes ? answer.cursor.size : 0;
        memcpy(cursor_bytes, cursor.size ? answer.cursor.data : cursor_bytes, cursor.size);
        cursor.data = cursor_bytes;
    } while (cursor.size);
    return FQ_OK;
}

/* What moved of reported figures, below the disputes' for a person; a program finds it in the answer. */
static fq_err print_activities(struct cli *cli, struct fq_span whole, struct fq_why *out_why)
{
    const char *const columns[] = {"indicator",
                                   cli_text_is_chinese() ? "counted_zh" : "counted",
                                   "sealed",
                                   "live",
                                   "difference",
                                   "arrived_late",
                                   "recorded_late",
                                   "corrected",
                                   NULL};
    const struct cli_view view = {.rows = "activities", .columns = columns};
    struct fq_reader reader = fq_reader_over(fq_map_get(whole, "activities"));
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;

    if (!is_for_person || fq_read_array(&reader) == 0) {
        return FQ_OK;
    }
    putchar('\n');
    return cli_print(cli, whole, &view, out_why);
}

/* Whether the cause has moved anything in any of the rows. */
static bool has_moved(struct fq_span rows, enum fq_cause cause)
{
    struct fq_reader reader = fq_reader_over(rows);
    uint32_t count = fq_read_array(&reader);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        if (fq_map_int(fq_read_skip(&reader), fq_cause_name(cause)) != 0) {
            return true;
        }
    }
    return false;
}

#define BY_MAX 8

/* For a person a row's name stands in one language, and causes that moved something; a program has all
 * there is. */
static void choose_columns(const struct cli *cli, struct fq_span rows, char names[BY_MAX][32],
                           const char **columns)
{
    static const char *const figures[] = {"measure", "sealed", "live", "difference"};
    const char *at = cli_value(cli, "by") ? cli_value(cli, "by") : "";
    size_t count = 0;

    while (*at && count < BY_MAX) {
        size_t size = strcspn(at, ",");
        snprintf(names[count], 32, "%.*s", (int)size, at);
        columns[count] = names[count];
        count++;
        at += size + (at[size] == ',');
    }
    if (count) {
        columns[count++] = cli_text_is_chinese() ? "name_zh" : "name";
    }
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        columns[count++] = figures[i];
    }
    for (int cause = 0; cause < FQ_CAUSES_COUNT; cause++) {
        if (has_moved(rows, (enum fq_cause)cause)) {
            columns[count++] = fq_cause_name((enum fq_cause)cause);
        }
    }
    columns[count] = NULL;
}

static fq_err print_diff(struct cli *cli, struct cli_client *client, struct cli_args *args,
                         struct fq_why *out_why)
{
    const char *by = cli_value(cli, "by");
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    const char *columns[BY_MAX + 6 + FQ_CAUSES_COUNT];
    char names[BY_MAX][32];
    const struct cli_view view = {.rows = by ? "rows" : "totals",
                                  .columns = is_for_person ? columns : NULL};
    struct fq_writer rows = cli_build_open(CLI_VALUE_MAX), rest = cli_build_open(CLI_VALUE_MAX);
    struct fq_writer whole = cli_build_open(CLI_VALUE_MAX);
    uint32_t count = 0;
    fq_err err = ask_diff(client, args, &rows, &rest, &count, out_why);

    if (!err) {
        fq_write_map(&whole, 4);
        fq_write_text(&whole, "rows");
        fq_write_array(&whole, count);
        fq_write_raw(&whole, fq_writer_span(&rows));
        fq_write_raw(&whole, fq_writer_span(&rest));
        choose_columns(cli, fq_map_get(fq_writer_span(&whole), view.rows), names, columns);
        err = cli_print(cli, fq_writer_span(&whole), &view, out_why);
        err = err ? err : print_activities(cli, fq_writer_span(&whole), out_why);
    }
    cli_build_close(&rows);
    cli_build_close(&rest);
    cli_build_close(&whole);
    return err;
}

fq_err period_diff(struct cli *cli, struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    struct cli_args args;
    fq_err err = cli_connect(cli, &client, out_why);

    if (err) {
        return err;
    }
    cli_args_open(&args);
    cli_args_text(&args, "seal", cli->arguments[0]);
    cli_args_option(&args, cli, "area");
    cli_args_option(&args, cli, "measure");
    if (cli_value(cli, "where")) {
        err = cli_args_pairs(&args, "where", cli_value(cli, "where"), out_why);
    }
    if (!err && cli_has(cli, "cases")) {
        err = list_cases(cli, client, &args, out_why);
    } else if (!err) {
        if (cli_value(cli, "by")) {
            cli_args_list(&args, "by", cli_value(cli, "by"));
        }
        err = print_diff(cli, client, &args, out_why);
    }
    cli_args_close(&args);
    cli_disconnect(client);
    return err;
}

const struct cli_option period_diff_options[] = {
    {"area", 0, "CODE", N_("area (default: the seal's)")},
    {"by", 0, "NAME,...",
     N_("area, city, county, town, village, type, type_group, kind, month, quarter, half, year, "
        "committee, source, outcome, risk, scale, difficulty, unit, campaign, tier")},
    {"where", 0, "NAME=VALUE,...", N_("only what has these values")},
    {"measure", 0, "NAME", N_("this measure alone")},
    {"cases", 0, NULL, N_("list the disputes behind the difference")},
    {"cause", 0, "NAME", N_("with --cases: only those of this cause")},
    {NULL, 0, NULL, NULL},
};
