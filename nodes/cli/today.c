/* `today` and `alerts`: what waits for somebody. The node says what, the outbox what it has not sent
 * or the node refused; here it is put in order. */
#include <stdlib.h>
#include <string.h>

#include "fq/edge/clock.h"

#include "fq/core/agenda.h"

#include "desk_local.h"
#include "step.h"

#define DAYS_AHEAD 7 /* as at a node */

/* What comes first when the day begins. */
static const char *const order[] = {
    "refused", "red",     "overdue",    "supervised",  "escalated",   "assigned", "sent_back",
    "due",     "waiting", "report_due", "perform_due", "confirm_due", "unsent",
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

/* By what it is, then by day, then by number, then as they came. */
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
    return sign ? sign : one->data < other->data ? -1 : 1;
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

/* Give the node what was asked for, read here first so that a complaint names the option; and know it
 * here, for the time when it cannot be asked. */
static fq_err read_args(const struct cli *cli, struct cli_args *args, struct fq_agenda *agenda,
                        struct fq_why *out_why)
{
    const char *date = cli_value(cli, "date"), *unit = cli_value(cli, "unit");
    const char *days = cli_value(cli, "days"), *area = cli_value(cli, "area");
    uint64_t value = fq_clock_day(fq_clock_now().wall_ms);
    fq_err err = FQ_OK;

    if (date) {
        err = step_read_date("date", date, &value, out_why);
        cli_args_text(args, "date", date);
    }
    agenda->date = (uint16_t)value;
    if (unit && !err) {
        err = step_read_unit("unit", unit, &agenda->unit, out_why);
        cli_args_text(args, "unit", unit);
    }
    agenda->ahead = DAYS_AHEAD;
    if (days && !err) {
        if (strlen(days) > 4 || strspn(days, "0123456789") != strlen(days) || !*days) {
            return fq_fail(out_why, FQ_REASON_FIELD, "--days %s", days);
        }
        value = strtoull(days, NULL, 10);
        cli_args_uint(args, "days", value);
        agenda->ahead = value > 3660 ? 3660 : (uint16_t)value;
    }
    if (area) {
        cli_args_text(args, "area", area);
    }
    return err;
}

/* ---- the outbox ---- */

static void write_text_or_nil(struct fq_writer *writer, const char *key, const char *text)
{
    if (*text) {
        cli_write_pair_text(writer, key, text);
    } else {
        cli_write_pair_nil(writer, key);
    }
}

/* The day of a command, as it was given. */
static uint16_t day_of(const struct fq_outbox_entry *entry)
{
    struct fq_reader reader = fq_reader_over(entry->record);
    struct fq_event event = {0};

    return fq_event_decode(&reader, (struct fq_event_id){0}, &event) ? event.date : 0;
}

static void write_entry(const struct fq_outbox *outbox, const struct fq_outbox_entry *entry,
                        struct fq_writer *writer)
{
    bool is_refused = entry->state == FQ_OUTBOX_REFUSED;
    const struct fq_kind_row *kind = fq_kind_row(entry->kind);
    struct fq_why why = {.reason = (enum fq_reason)entry->reason};
    char number[64], id[2 * FQ_ID_SIZE + 1], day[FQ_DATE_TEXT_SIZE], reason[1024] = "";

    local_number(outbox, &entry->dispute, number);
    fq_hex_encode(fq_span_of(entry->dispute.bytes, FQ_ID_SIZE), id);
    fq_date_format(day_of(entry), day);
    if (is_refused) {
        cli_copy(why.detail, sizeof why.detail, fq_span_text(entry->detail));
        cli_text_why(&why, true, reason, sizeof reason);
    }
    fq_write_map(writer, 6);
    write_text_or_nil(writer, "dispute", number);
    cli_write_pair_text(writer, "id", id);
    cli_write_pair_text(writer, "what", is_refused ? "refused" : "unsent");
    write_text_or_nil(writer, "date", day);
    cli_write_pair_text(writer, "event", kind ? kind->name : "");
    write_text_or_nil(writer, "reason", reason);
}

static uint32_t write_outbox(const struct fq_outbox *outbox, struct fq_writer *rows)
{
    uint32_t count = 0;

    for (size_t i = 0; i < fq_outbox_count(outbox); i++) {
        const struct fq_outbox_entry *entry = fq_outbox_at(outbox, i);
        if (entry->state == FQ_OUTBOX_WAITING || entry->state == FQ_OUTBOX_REFUSED) {
            write_entry(outbox, entry, rows);
            count++;
        }
    }
    return count;
}

static bool has_pending(const struct fq_outbox *outbox)
{
    for (size_t i = 0; i < fq_outbox_count(outbox); i++) {
        enum fq_outbox_state state = fq_outbox_at(outbox, i)->state;
        if (state == FQ_OUTBOX_WAITING || state == FQ_OUTBOX_REFUSED) {
            return true;
        }
    }
    return false;
}

static bool has_refused(const struct fq_outbox *outbox)
{
    for (size_t i = 0; i < fq_outbox_count(outbox); i++) {
        if (fq_outbox_at(outbox, i)->state == FQ_OUTBOX_REFUSED) {
            return true;
        }
    }
    return false;
}

/* ---- both ---- */

struct sources { /* whoever has no outbox has only a client, and it is their own */
    struct cli_desk *desk;
    struct cli_client *client, *own_client;
};

static fq_err open_sources(const struct cli *cli, struct sources *out, struct fq_why *out_why)
{
    *out = (struct sources){.desk = NULL};
    if (!cli_desk_exists(cli)) {
        fq_err err = cli_connect(cli, &out->own_client, out_why);
        out->client = out->own_client;
        return err;
    }
    fq_err err = cli_desk_open(cli, &out->desk, out_why);
    if (!err && !out->desk->client) {
        cli_say("%s", _("The node cannot be reached: this is what is known on this computer."));
    }
    out->client = err ? NULL : out->desk->client;
    return err;
}

static void close_sources(struct sources *sources)
{
    cli_desk_close(sources->desk);
    cli_disconnect(sources->own_client);
}

/* Of the disputes known here, by the node's own rules. */
static fq_err write_known(const struct cli *cli, struct cli_desk *desk, const char *verb,
                          struct fq_agenda *agenda, struct fq_why *out_why)
{
    const char *area = cli_value(cli, "area");

    agenda->area = desk->tables->area;
    fq_err err =
        area ? step_read_area_text(desk->tables, "area", area, &agenda->area, out_why) : FQ_OK;
    return err ? err
               : cli_desk_agenda(desk,
                                 strcmp(verb, "today") == 0 ? fq_agenda_today : fq_agenda_alerts,
                                 agenda, out_why);
}

/* The node's rows, or those known here, and behind them the outbox's, as one array. */
static fq_err gather(const struct cli *cli, const struct sources *sources, const char *verb,
                     bool has_outbox, struct fq_writer *out_list, struct fq_why *out_why)
{
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX), rows = cli_build_open(CLI_VALUE_MAX);
    struct fq_agenda agenda = {.count = 0};
    struct cli_args args;
    uint32_t count = 0;

    cli_args_open(&args);
    fq_err err = read_args(cli, &args, &agenda, out_why);
    if (!err && sources->client) {
        err = cli_call_all(sources->client, verb, &args, 0, &list, out_why);
        struct fq_reader reader = fq_reader_over(fq_writer_span(&list));
        count = err ? 0 : fq_read_array(&reader);
        for (uint32_t i = 0; i < count; i++) {
            fq_write_raw(&rows, fq_read_skip(&reader));
        }
    } else if (!err) {
        agenda.rows = rows;
        err = write_known(cli, sources->desk, verb, &agenda, out_why);
        rows = agenda.rows;
        count = agenda.count;
    }
    if (!err && has_outbox && sources->desk) {
        count += write_outbox(sources->desk->outbox, &rows);
    }
    fq_write_array(out_list, count);
    fq_write_raw(out_list, fq_writer_span(&rows));
    cli_args_close(&args);
    cli_build_close(&list);
    cli_build_close(&rows);
    return err;
}

static fq_err run_list(struct cli *cli, const char *verb, bool has_outbox, struct fq_why *out_why)
{
    static const char *const columns[] = {"what", "dispute", "type",  "state",  "date",
                                          "days", "unit",    "event", "reason", NULL};
    static const char *const node_columns[] = {"what", "dispute", "type", "state",
                                               "date", "days",    "unit", NULL};
    static const char *const importance[] = {"what",  "dispute", "reason", "event", "date",
                                             "state", "days",    "unit",   "type",  NULL};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX), sorted = cli_build_open(CLI_VALUE_MAX);
    struct sources sources;
    fq_err err = open_sources(cli, &sources, out_why);

    err = err ? err : gather(cli, &sources, verb, has_outbox, &list, out_why);
    bool is_pending = !err && has_outbox && sources.desk && has_pending(sources.desk->outbox);
    bool is_refused = !err && has_outbox && sources.desk && has_refused(sources.desk->outbox);
    const struct cli_view view = {.columns = is_pending ? columns : node_columns,
                                  .importance = is_refused ? importance : NULL};
    err = err ? err : sort_rows(fq_writer_span(&list), &sorted, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&sorted), &view, out_why);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&sorted));
    if (!err && fq_read_array(&reader) == 0) {
        cli_say("%s", _("Nothing waits."));
        if (cli_has(cli, "fail-empty")) {
            err = fq_fail(out_why, FQ_REASON_EMPTY, "%s", verb);
        }
    }
    close_sources(&sources);
    cli_build_close(&list);
    cli_build_close(&sorted);
    return err;
}

static fq_err run_today(struct cli *cli, struct fq_why *out_why)
{
    return run_list(cli, "today", true, out_why);
}

static fq_err run_alerts(struct cli *cli, struct fq_why *out_why)
{
    return run_list(cli, "alerts", false, out_why);
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
