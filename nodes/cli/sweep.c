/* `sweep add`: a unit or a village was screened; finding nothing is a report, too (零报告). */
#include <stdlib.h>
#include <string.h>

#include "services.h"
#include "step.h"

static const struct step sweep_step = {
    FQ_EVENT_SWEEP,
    {{"place", FQ_FIELD_PLACE, NULL, NULL},
     {"rounds", FQ_FIELD_ROUNDS, "1", NULL},
     {"households", FQ_FIELD_HOUSEHOLDS, NULL, NULL},
     {"found", FQ_FIELD_FOUND, "0", NULL}},
};

/* Codes of places and units begin with their county's: at a tier above that says where it was. */
static fq_err read_area(const struct cli_desk *desk, struct cli_entry *entry,
                        struct fq_why *out_why)
{
    fq_err err = step_read_area(desk, &entry->event.area, out_why);
    uint64_t begins = entry->event.value[FQ_FIELD_PLACE];

    begins = begins ? begins : entry->event.unit;
    while (begins > 999999) {
        begins /= 10;
    }
    if (!err && entry->event.area == 0) {
        entry->event.area = (uint32_t)begins;
    }
    return err;
}

static void tell_sweep(const struct cli_desk *desk, const struct cli_entry *entry,
                       struct cli_args *told)
{
    const struct fq_event *event = &entry->event;
    static const char *const texts[] = {"unit", "place", "campaign"};

    cli_args_text(told, "event", fq_kind_row(event->kind)->name);
    service_tell_area(told, event->area);
    service_tell_date(told, "date", event->date);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = cli_value(desk->cli, texts[i]);
        if (text) {
            cli_args_text(told, texts[i], text);
        }
    }
    cli_args_uint(told, "rounds", event->value[FQ_FIELD_ROUNDS]);
    cli_args_uint(told, "households", event->value[FQ_FIELD_HOUSEHOLDS]);
    cli_args_uint(told, "found", event->value[FQ_FIELD_FOUND]);
    cli_args_bool(told, "zero_report", event->value[FQ_FIELD_FOUND] == 0);
}

static fq_err do_add(struct cli_desk *desk, struct cli_args *told, struct fq_why *out_why)
{
    const char *name = cli_value(desk->cli, "campaign");
    struct service_campaign campaign = {0};
    struct cli_entry entry;
    fq_err err = cli_entry_init(desk, FQ_EVENT_SWEEP, &entry, out_why);

    err = err ? err : step_read_options(desk, &sweep_step, &entry.event, out_why);
    err = err ? err : read_area(desk, &entry, out_why);
    if (!err && name) {
        err = service_find_campaign(desk, name, &campaign, out_why);
        entry.event.value[FQ_FIELD_CAMPAIGN] = campaign.number;
    }
    if (err) {
        return err;
    }
    tell_sweep(desk, &entry, told);
    return service_send(desk, &entry, told, out_why);
}

static fq_err run_add(struct cli *cli, struct fq_why *out_why)
{
    return service_run(cli, do_add, out_why);
}

static const struct cli_option add_options[] = {
    {"date", 0, "DATE", N_("business date, YYYY-MM-DD (default: today)")},
    {"unit", 0, "UNIT", N_("the unit that was screened or screened itself, ten digits")},
    {"place", 0, "CODE", N_("town or village code")},
    {"campaign", 0, "NAME", N_("campaign it belongs to: name or number")},
    {"rounds", 0, "N", N_("how often it was gone round (default: 1)")},
    {"households", 0, "N", N_("households visited")},
    {"found", 0, "N", N_("disputes found; 0 is a zero report (the default)")},
    {"area", 0, "CODE", N_("county (default: the node's own)")},
    {"cmd-id", 0, "HEX", N_("command id, so that repeating the command adds nothing")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_sweep_commands[] = {
    {"sweep", "add", "", 0, 0, N_("Report a screening, also one that found nothing."), add_options,
     run_add},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
