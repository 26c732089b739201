/* `activity`: figures of the other services, which are reported and not registered case by case. */
#include "activity.h"

#include <stdlib.h>
#include <string.h>

#include "import_row.h"
#include "services.h"

/* ---- reading ---- */

#define SHOWN(span) (int)((span).size < 60 ? (span).size : 60), (const char *)(span).data

static fq_err read_area(const struct cli_tables *tables, struct fq_span text, uint32_t *out_area,
                        struct fq_why *out_why)
{
    uint32_t code = text.size == 0 ? tables->area : 0;

    for (size_t i = 0; i < text.size && text.size <= 6; i++) {
        code = text.data[i] >= '0' && text.data[i] <= '9' ? code * 10 + (text.data[i] - '0') : 0;
    }
    if (!fq_areas_find(&tables->areas, code)) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%.*s", SHOWN(text));
    }
    *out_area = code;
    return FQ_OK;
}

static fq_err read_day(struct fq_span text, uint64_t *out_date, struct fq_why *out_why)
{
    static const char *const formats[] = {"%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"};
    uint16_t date;

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (fq_date_parse_format(text, formats[i], &date)) {
            *out_date = date;
            return FQ_OK;
        }
    }
    return fq_fail(out_why, FQ_REASON_DATE, "%.*s", SHOWN(text));
}

/* Money in cents; anything else is counted in whole numbers. */
static fq_err read_value(const struct fq_code *indicator, struct fq_span text, uint64_t *out_count,
                         struct fq_why *out_why)
{
    bool is_money = indicator->of_indicator.counted == FQ_COUNTED_YUAN;
    uint64_t cents;

    if (!row_amount(text, &cents) || (!is_money && cents % 100 != 0)) {
        return fq_fail(out_why, is_money ? FQ_REASON_AMOUNT : FQ_REASON_FIELD, "%s: %.*s",
                       indicator->id, SHOWN(text));
    }
    *out_count = is_money ? cents : cents / 100;
    return FQ_OK;
}

static fq_err read_days(const struct fq_code *indicator, const struct activity_text *text,
                        struct fq_event *event, struct fq_why *out_why)
{
    bool is_of_a_day = indicator->of_indicator.is_stock && text->first_day.size == 0;
    fq_err err = read_day(text->last_day, &event->value[FQ_FIELD_LAST_DAY], out_why);

    if (!err && is_of_a_day) {
        event->value[FQ_FIELD_FIRST_DAY] = event->value[FQ_FIELD_LAST_DAY];
    } else if (!err) {
        err = read_day(text->first_day, &event->value[FQ_FIELD_FIRST_DAY], out_why);
    }
    return err;
}

fq_err activity_read(const struct cli_tables *tables, const struct activity_text *text,
                     struct fq_event *out_event, struct fq_why *out_why)
{
    struct fq_event *event = out_event;
    uint16_t number;

    event->kind = event->step = FQ_EVENT_ACTIVITY;
    if (!fq_codes_find_id(&tables->codes, FQ_CODES_INDICATOR, text->indicator, &number)) {
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "%s: %.*s",
                       fq_codes_table_name(FQ_CODES_INDICATOR), SHOWN(text->indicator));
    }
    const struct fq_code *indicator = fq_codes_find(&tables->codes, FQ_CODES_INDICATOR, number);
    event->value[FQ_FIELD_INDICATOR] = number;
    fq_err err = read_area(tables, text->area, &event->area, out_why);
    err = err ? err : read_days(indicator, text, event, out_why);
    err = err ? err : read_value(indicator, text->value, &event->value[FQ_FIELD_COUNT], out_why);
    if (!err && (text->signer.size == 0 || text->signer.size > FQ_TEXT_MAX ||
                 !fq_event_set_bytes(event, FQ_FIELD_SIGNER, text->signer))) {
        err = fq_fail(out_why, FQ_REASON_FIELD, "signer");
    }
    return err;
}

/* ---- add ---- */

static struct fq_span given(const struct cli *cli, const char *option)
{
    const char *text = cli_value(cli, option);

    return fq_span_text(text ? text : "");
}

/* --count for what is counted, --amount for money: the wrong one is refused, not converted. */
static fq_err choose_value(const struct cli_desk *desk, struct activity_text *text,
                           struct fq_why *out_why)
{
    const struct fq_codes *codes = &desk->tables->codes;
    uint16_t number = 0;
    bool is_known = fq_codes_find_id(codes, FQ_CODES_INDICATOR, text->indicator, &number);
    bool is_money =
        is_known &&
        fq_codes_find(codes, FQ_CODES_INDICATOR, number)->of_indicator.counted == FQ_COUNTED_YUAN;
    const char *wanted = is_money ? "amount" : "count", *other = is_money ? "count" : "amount";

    if (is_known && (cli_has(desk->cli, other) || !cli_has(desk->cli, wanted))) {
        return fq_fail(out_why, FQ_REASON_USAGE,
                       is_money ? _("%s is in yuan: give --amount, not --count")
                                : _("%s is counted: give --count, not --amount"),
                       cli_value(desk->cli, "indicator"));
    }
    text->value = given(desk->cli, wanted);
    return FQ_OK;
}

static void tell_activity(const struct cli_desk *desk, const struct fq_event *event,
                          struct cli_args *told)
{
    const struct fq_code *indicator =
        fq_codes_find(&desk->tables->codes, FQ_CODES_INDICATOR, event->value[FQ_FIELD_INDICATOR]);
    bool is_money = indicator->of_indicator.counted == FQ_COUNTED_YUAN;

    cli_args_text(told, "event", fq_kind_row(event->kind)->name);
    cli_args_text(told, "indicator", indicator->id);
    service_tell_area(told, event->area);
    service_tell_date(told, "from", (uint16_t)event->value[FQ_FIELD_FIRST_DAY]);
    service_tell_date(told, "to", (uint16_t)event->value[FQ_FIELD_LAST_DAY]);
    cli_args_uint(told, is_money ? "amount_cents" : "count", event->value[FQ_FIELD_COUNT]);
    cli_args_text(told, "signer", cli_value(desk->cli, "signer"));
}

static fq_err do_add(struct cli_desk *desk, struct cli_args *told, struct fq_why *out_why)
{
    const struct cli *cli = desk->cli;
    struct activity_text text = {
        .indicator = given(cli, "indicator"),
        .area = given(cli, "area"),
        .first_day = given(cli, "from"),
        .last_day = given(cli, "to"),
        .signer = given(cli, "signer"),
    };
    struct cli_entry entry;
    fq_err err = cli_entry_init(desk, FQ_EVENT_ACTIVITY, &entry, out_why);

    err = err ? err : choose_value(desk, &text, out_why);
    err = err ? err : activity_read(desk->tables, &text, &entry.event, out_why);
    if (err) {
        return err;
    }
    tell_activity(desk, &entry.event, told);
    return service_send(desk, &entry, told, out_why);
}

static fq_err run_add(struct cli *cli, struct fq_why *out_why)
{
    return service_run(cli, do_add, out_why);
}

/* ---- ls ---- */

/* What the sums leave out. */
static void say_doubts(struct fq_span rows)
{
    struct fq_reader reader = fq_reader_over(rows);
    uint32_t count = fq_read_array(&reader);
    unsigned long long partial = 0, overlapping = 0;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span row = fq_read_skip(&reader);
        partial += fq_map_uint(row, "partial");
        overlapping += fq_map_uint(row, "overlapping");
    }
    if (partial) {
        cli_say(_("%llu reports reach over the edge of the period and are not counted."), partial);
    }
    if (overlapping) {
        cli_say(_("%llu reports have days in common with a finer one of the same area and unit and "
                  "are not counted."),
                overlapping);
    }
}

static fq_err run_ls(struct cli *cli, struct fq_why *out_why)
{
    const char *const columns[] = {"indicator", /* told by its name */
                                   "count",
                                   "amount_cents",
                                   cli_text_is_chinese() ? "counted_zh" : "counted",
                                   "reports",
                                   "areas",
                                   "partial",
                                   "overlapping",
                                   NULL};
    const char *area = cli_value(cli, "area");
    struct cli_args args;

    cli_args_open(&args);
    cli_args_text(&args, "period", cli->arguments[0]);
    if (area) {
        cli_args_text(&args, "area", area);
    }
    fq_err err = service_print_list(cli, "activity.list", &args, columns, say_doubts, out_why);
    cli_args_close(&args);
    return err;
}

static const struct cli_option add_options[] = {
    {"indicator", 0, "NAME", N_("indicator: id, number or name")},
    {"from", 0, "DATE", N_("first day; of what stands on a day none is needed")},
    {"to", 0, "DATE", N_("last day")},
    {"count", 0, "N",
     N_("how many, in the indicator's own unit; 0 takes back what was reported for these days")},
    {"amount", 0, "YUAN", N_("how much, of an indicator in yuan")},
    {"signer", 0, "NAME", N_("the official who signs for the figure; public")},
    {"area", 0, "CODE", N_("area it is reported of (default: the node's own)")},
    {"unit", 0, "UNIT", N_("unit that reports it, ten digits")},
    {"date", 0, "DATE", N_("business date, YYYY-MM-DD (default: today)")},
    {"cmd-id", 0, "HEX", N_("command id, so that repeating the command adds nothing")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option ls_options[] = {
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_activity_commands[] = {
    {"activity", "add", "", 0, 0, N_("Report a figure of another service."), add_options, run_add},
    {"activity", "import", "FILE", 1, 1,
     N_("Report the figures of a CSV file; importing again adds nothing."), NULL, activity_import},
    {"activity", "ls", "PERIOD", 1, 1, N_("The reported figures of a period by indicator."),
     ls_options, run_ls},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
