/* `today` and `alerts`: what waits for somebody. The node says what; here it is put in order. */
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "step.h"

/* What comes first when the day begins. */
static const char *const order[] = {
    "red",     "overdue",    "supervised",  "sent_back",   "due",
    "waiting", "report_due", "perform_due", "confirm_due",
};
#define ORDER (sizeof order / sizeof order[0])

static size_t rank_of(struct fq_span row)
{
    struct fq_span what = fq_map_text(row, "what");

    for (size_t i = 0; i < ORDER; i++) {
        if (fq_span_equal(what, fq_span_text(order[i]))) {
            return i;
        }
    }
    return ORDER;
}

/* By what it is, then by day, then by number. */
static int compare_rows(const void *a, const void *b)
{
    const struct fq_span *one = a, *other = b;
    static const char *const keys[] = {"date", "dispute"};
    size_t left = rank_of(*one), right = rank_of(*other);
    int sign = left < right ? -1 : left > right;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && !sign; i++) {
        struct fq_span x = fq_map_text(*one, keys[i]), y = fq_map_text(*other, keys[i]);
        size_t size = x.size < y.size ? x.size : y.size;
        sign = size ? memcmp(x.data, y.data, size) : 0;
        sign = sign ? sign : x.size < y.size ? -1 : x.size > y.size;
    }
    return sign;
}

static fq_err sort_rows(struct fq_span list, struct fq_writer *out_list, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader);
    struct fq_span *rows = calloc(count ? count : 1, sizeof *rows);

    if (!rows) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "today");
    }
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = fq_read_skip(&reader);
    }
    qsort(rows, count, sizeof *rows, compare_rows);
    fq_write_array(out_list, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_write_raw(out_list, rows[i]);
    }
    free(rows);
    return FQ_OK;
}

/* Give the node what was asked for, read here first so that a complaint names the option. */
static fq_err read_args(const struct cli *cli, struct cli_args *args, struct fq_why *out_why)
{
    const char *date = cli_value(cli, "date"), *unit = cli_value(cli, "unit");
    const char *days = cli_value(cli, "days"), *area = cli_value(cli, "area");
    uint64_t value;
    fq_err err = FQ_OK;

    if (date) {
        err = step_read_date("date", date, &value, out_why);
        cli_args_text(args, "date", date);
    }
    if (unit && !err) {
        err = step_read_unit("unit", unit, &value, out_why);
        cli_args_text(args, "unit", unit);
    }
    if (days && !err) {
        if (strlen(days) > 4 || strspn(days, "0123456789") != strlen(days) || !*days) {
            return fq_fail(out_why, FQ_REASON_FIELD, "--days %s", days);
        }
        cli_args_uint(args, "days", strtoull(days, NULL, 10));
    }
    if (area) {
        cli_args_text(args, "area", area);
    }
    return err;
}

static fq_err run_list(struct cli *cli, const char *verb, struct fq_why *out_why)
{
    static const char *const columns[] = {"what", "dispute", "type", "state",
                                          "date", "days",    "unit", NULL};
    static const struct cli_view view = {.columns = columns};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX), sorted = cli_build_open(CLI_VALUE_MAX);
    struct cli_client *client = NULL;
    struct cli_args args;
    fq_err err = cli_connect(cli, &client, out_why);

    cli_args_open(&args);
    err = err ? err : read_args(cli, &args, out_why);
    err = err ? err : cli_call_all(client, verb, &args, 0, &list, out_why);
    err = err ? err : sort_rows(fq_writer_span(&list), &sorted, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&sorted), &view, out_why);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&sorted));
    if (!err && fq_read_array(&reader) == 0) {
        cli_say("%s", _("Nothing waits."));
        if (cli_has(cli, "fail-empty")) {
            err = fq_fail(out_why, FQ_REASON_EMPTY, "%s", verb);
        }
    }
    cli_args_close(&args);
    cli_disconnect(client);
    cli_build_close(&list);
    cli_build_close(&sorted);
    return err;
}

static fq_err run_today(struct cli *cli, struct fq_why *out_why)
{
    return run_list(cli, "today", out_why);
}

static fq_err run_alerts(struct cli *cli, struct fq_why *out_why)
{
    return run_list(cli, "alerts", out_why);
}

static const struct cli_option today_options[] = {
    {"date", 0, "DATE", N_("as if today were that day")},
    {"unit", 0, "UNIT", N_("only what waits for this unit")},
    {"area", 0, "CODE", N_("only what waits for this area")},
    {"days", 0, "N", N_("also what is due within so many days (default: 7)")},
    {"fail-empty", 0, NULL, N_("end with 3 when nothing matched")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option alerts_options[] = {
    {"date", 0, "DATE", N_("as if today were that day")},
    {"unit", 0, "UNIT", N_("only what waits for this unit")},
    {"area", 0, "CODE", N_("only what waits for this area")},
    {"fail-empty", 0, NULL, N_("end with 3 when nothing matched")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_today_commands[] = {
    {"today", NULL, "", 0, 0, N_("What is due, overdue, sent back or waiting."), today_options,
     run_today},
    {"alerts", NULL, "", 0, 0, N_("Red risks, red cards, and what is over its time."),
     alerts_options, run_alerts},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
