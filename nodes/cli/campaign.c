/* `campaign`: screenings with a name. Made and closed by cities and provinces, seen by all below. */
#include <stdlib.h>
#include <string.h>

#include "desk_sync.h"
#include "fq/core/campaign.h"
#include "services.h"

/* ---- add, close ---- */

static fq_err read_terms(const struct cli_desk *desk, struct fq_campaign_terms *terms,
                         struct fq_why *out_why)
{
    const char *name = desk->cli->arguments[0];
    fq_err err = service_read_area(desk, &terms->area, out_why);

    err = err ? err : service_read_date(desk, "from", &terms->first_day, out_why);
    err = err ? err : service_read_date(desk, "to", &terms->last_day, out_why);
    if (err) {
        return err;
    }
    if (!terms->first_day || !terms->last_day) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--from DATE --to DATE");
    }
    if (terms->first_day > terms->last_day) {
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "--to %s < --from %s",
                       cli_value(desk->cli, "to"), cli_value(desk->cli, "from"));
    }
    if (strlen(name) == 0 || strlen(name) >= FQ_CAMPAIGN_NAME_SIZE) {
        return fq_fail(out_why, FQ_REASON_CAMPAIGN_NAME, "%.100s", name);
    }
    terms->name = fq_span_text(name);
    return FQ_OK;
}

static fq_err do_add(struct cli_desk *desk, struct cli_args *told, struct fq_why *out_why)
{
    struct fq_campaign_terms terms = {0};
    uint8_t payload[FQ_CAMPAIGN_PAYLOAD_MAX];
    struct cli_entry entry;
    fq_err err = cli_entry_init(desk, FQ_EVENT_CONTROL, &entry, out_why);

    err = err ? err : read_terms(desk, &terms, out_why);
    if (!err && !fq_campaign_write(&terms, FQ_CONTROL_CAMPAIGN, payload, &entry.event)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "campaign");
    }
    if (err) {
        return err;
    }
    cli_args_text(told, "campaign", desk->cli->arguments[0]);
    cli_args_uint(told, "number", fq_campaign_number(&entry.event.cmd_id));
    service_tell_area(told, terms.area);
    service_tell_date(told, "from", terms.first_day);
    service_tell_date(told, "to", terms.last_day);
    cli_args_text(told, "state", "open");
    return service_send(desk, &entry, told, out_why);
}

static fq_err do_close(struct cli_desk *desk, struct cli_args *told, struct fq_why *out_why)
{
    struct service_campaign campaign = {0};
    uint8_t payload[FQ_CAMPAIGN_PAYLOAD_MAX];
    struct cli_entry entry;
    fq_err err = cli_entry_init(desk, FQ_EVENT_CONTROL, &entry, out_why);

    err = err ? err : service_find_campaign(desk, desk->cli->arguments[0], &campaign, out_why);
    if (err) {
        return err;
    }
    struct fq_campaign_terms terms = {.number = campaign.number, .area = campaign.area};
    if (!fq_campaign_write(&terms, FQ_CONTROL_CAMPAIGN_CLOSED, payload, &entry.event)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "campaign");
    }
    cli_args_text(told, "campaign", desk->cli->arguments[0]);
    cli_args_uint(told, "number", campaign.number);
    service_tell_area(told, campaign.area);
    service_tell_date(told, "closed", entry.event.date);
    cli_args_text(told, "state", "closed");
    return service_send(desk, &entry, told, out_why);
}

static fq_err run_add(struct cli *cli, struct fq_why *out_why)
{
    return service_run(cli, do_add, out_why);
}

static fq_err run_close(struct cli *cli, struct fq_why *out_why)
{
    return service_run(cli, do_close, out_why);
}

/* ---- ls, report ---- */

/* As they were last heard of: the node cannot be reached. */
static fq_err print_kept(const struct cli *cli, const char *const *columns, struct fq_why *out_why)
{
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    const struct cli_view view = {.columns = is_for_person ? columns : NULL};
    static const uint8_t none = 0x90; /* an empty array */
    struct cli_desk *desk = NULL;
    struct fq_span rows = {0};
    void *memory;
    fq_err err = cli_desk_open(cli, &desk, out_why);

    err = err ? err : desk_kept_campaigns(desk, &rows, out_why);
    if (!err) {
        cli_say("%s", _("The node cannot be reached: these are the campaigns as last heard of."));
        err = cli_print(cli, rows.size ? rows : fq_span_of(&none, 1), &view, out_why);
    }
    memcpy(&memory, &rows.data, sizeof memory);
    free(memory);
    cli_desk_close(desk);
    return err;
}

static fq_err run_ls(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"number", "campaign", "area",   "from",
                                          "to",     "state",    "closed", NULL};

    fq_err err = service_print_list(cli, "campaign.list", NULL, columns, NULL, out_why);

    return err && out_why->reason == FQ_REASON_UNREACHED && cli_desk_exists(cli)
               ? print_kept(cli, columns, out_why)
               : err;
}

/* Who has not reported is said on stderr as well, whatever is printed on stdout. */
static void say_missing(struct fq_span result)
{
    struct fq_reader list = fq_reader_over(fq_map_get(result, "missing"));
    uint32_t count = fq_read_array(&list);
    char areas[120] = "";

    for (uint32_t i = 0; i < count && i < 12 && !list.is_bad; i++) {
        size_t used = strlen(areas);
        char area[8];
        cli_copy(area, sizeof area, fq_read_text(&list));
        snprintf(areas + used, sizeof areas - used, " %s", area);
    }
    if (count) {
        cli_say(_("%s %zu:%s%s"), cli_title("missing"), (size_t)count, areas,
                count > 12 ? " ..." : "");
    }
}

static fq_err run_report(struct cli *cli, struct fq_why *out_why)
{
    const char *const columns[] = {"area",
                                   service_name_column(),
                                   "state",
                                   "sweeps",
                                   "zero_reports",
                                   "households",
                                   "found",
                                   "registered",
                                   "agreed",
                                   "resolved",
                                   NULL};
    const struct cli_view view = {.rows = "rows", .total = "total", .columns = columns};
    const char *area = cli_value(cli, "area");
    struct cli_client *client = NULL;
    struct cli_args args;
    struct cli_answer answer;
    fq_err err = cli_connect(cli, &client, out_why);

    if (err) {
        return err;
    }
    cli_args_open(&args);
    cli_args_text(&args, "campaign", cli->arguments[0]);
    if (area) {
        cli_args_text(&args, "area", area);
    }
    err = cli_call(client, "campaign.report", &args, &answer, out_why);
    err = err ? err : cli_print(cli, answer.result, &view, out_why);
    if (!err) {
        say_missing(answer.result);
    }
    cli_args_close(&args);
    cli_disconnect(client);
    return err;
}

static const struct cli_option add_options[] = {
    {"from", 0, "DATE", N_("its first day")},
    {"to", 0, "DATE", N_("its last day")},
    {"area", 0, "CODE", N_("where it is held (default: the node's own area)")},
    {"cmd-id", 0, "HEX", N_("command id, so that repeating the command adds nothing")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option close_options[] = {
    {"date", 0, "DATE", N_("its last day after all, YYYY-MM-DD (default: today)")},
    {"cmd-id", 0, "HEX", N_("command id, so that repeating the command adds nothing")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option report_options[] = {
    {"area", 0, "CODE", N_("area (default: the campaign's)")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_campaign_commands[] = {
    {"campaign", "add", "NAME", 1, 1, N_("Begin a campaign of screening."), add_options, run_add},
    {"campaign", "ls", "", 0, 0, N_("List the campaigns."), NULL, run_ls},
    {"campaign", "report", "NAME", 1, 1, N_("What a campaign found, and who has not reported."),
     report_options, run_report},
    {"campaign", "close", "NAME", 1, 1, N_("Close a campaign."), close_options, run_close},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
