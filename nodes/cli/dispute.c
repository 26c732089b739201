/* `dispute`: one dispute's steps.
 *
 * Every step is a row of a table: the event it makes and which option fills which field. Whether
 * the step is legal is the node's to say (C3). */
#include <string.h>

#include "dispute.h"
#include "services.h"
#include "step.h"

static const struct step steps[] = {
    {"add",
     FQ_EVENT_REGISTERED,
     {{"type", FQ_FIELD_TYPE, NULL},
      {"source", FQ_FIELD_SOURCE, NULL},
      {"kind", FQ_FIELD_KIND, "people"},
      {"unit", FQ_FIELD_HOST, NULL},
      {"committee", FQ_FIELD_COMMITTEE, NULL},
      {"place", FQ_FIELD_PLACE, NULL},
      {"scale", FQ_FIELD_SCALE, NULL},
      {"difficulty", FQ_FIELD_DIFFICULTY, NULL},
      {"persons", FQ_FIELD_PERSONS, NULL},
      {"claimed", FQ_FIELD_CLAIMED, NULL},
      {"risk", FQ_FIELD_RISK, NULL}}},
    {"accept", FQ_EVENT_ACCEPTED, {{"consent", FQ_FIELD_CONSENT, "yes"}}},
    {"reject", FQ_EVENT_REJECTED, {{"reason", FQ_FIELD_REASON, NULL}}},
    {"session",
     FQ_EVENT_SESSION,
     {{"minutes", FQ_FIELD_MINUTES, NULL}, {"place", FQ_FIELD_PLACE, NULL}}},
    {"join",
     FQ_EVENT_JOINED,
     {{"to-unit", FQ_FIELD_TO_UNIT, NULL}, {"kind", FQ_FIELD_TO_KIND, NULL}}},
    {"leave",
     FQ_EVENT_LEFT,
     {{"to-unit", FQ_FIELD_TO_UNIT, NULL}, {"reason", FQ_FIELD_REASON, NULL}}},
    {"refer",
     FQ_EVENT_REFERRED,
     {{"to-unit", FQ_FIELD_TO_UNIT, NULL},
      {"kind", FQ_FIELD_TO_KIND, NULL},
      {"reason", FQ_FIELD_REASON, NULL},
      {"due", FQ_FIELD_DUE, NULL}}},
    {"agree",
     FQ_EVENT_AGREED,
     {{"form", FQ_FIELD_FORM, NULL},
      {"amount", FQ_FIELD_AMOUNT, NULL},
      {"due", FQ_FIELD_DUE, NULL},
      {"immediate", FQ_FIELD_IMMEDIATE, NULL}}},
    {"fail", FQ_EVENT_FAILED, {{"reason", FQ_FIELD_REASON, NULL}}},
    {"terminate", FQ_EVENT_TERMINATED, {{"reason", FQ_FIELD_REASON, NULL}}},
    {"perform", FQ_EVENT_PERFORMED, {{"status", FQ_FIELD_PERFORMANCE, "performed"}}},
    {"confirm", FQ_EVENT_CONFIRMATION, {{"step", FQ_FIELD_STEP, "confirmed"}}},
    {"visit",
     FQ_EVENT_VISITED,
     {{"surveyed", FQ_FIELD_SURVEYED, "yes"},
      {"satisfied", FQ_FIELD_SATISFIED, NULL},
      {"status", FQ_FIELD_PERFORMANCE, NULL}}},
    {"prevent",
     FQ_EVENT_PREVENTED,
     {{"effect", FQ_FIELD_EFFECT, NULL}, {"persons", FQ_FIELD_PERSONS, NULL}}},
    {"risk",
     FQ_EVENT_RISK_CHANGED,
     {{"level", FQ_FIELD_RISK, NULL}, {"reason", FQ_FIELD_REASON, NULL}}},
    {"close", FQ_EVENT_CLOSED, {{"reason", FQ_FIELD_REASON, NULL}}},
    {"archive", FQ_EVENT_ARCHIVED, {{"reason", FQ_FIELD_REASON, NULL}}},
    {"reopen", FQ_EVENT_REOPENED, {{"reason", FQ_FIELD_REASON, NULL}}},
    {"extend",
     FQ_EVENT_EXTENDED,
     {{"days", FQ_FIELD_DAYS, NULL}, {"reason", FQ_FIELD_REASON, NULL}}},
};

static const struct {
    const char *option;
    enum fq_vault_field field;
} vault_options[] = {
    {"party", FQ_VAULT_PARTY_NAME},
    {"party-id", FQ_VAULT_PARTY_ID_NUMBER},
    {"phone", FQ_VAULT_PARTY_PHONE},
    {"address", FQ_VAULT_PARTY_ADDRESS},
    {"other-party", FQ_VAULT_OTHER_PARTY_NAME},
    {"narrative", FQ_VAULT_NARRATIVE},
};

static void read_parties(const struct cli *cli, struct cli_entry *entry)
{
    for (size_t i = 0; i < sizeof vault_options / sizeof vault_options[0]; i++) {
        const char *text = cli_value(cli, vault_options[i].option);
        if (text) {
            entry->parties[entry->party_count++] = (struct cli_party){vault_options[i].field, text};
        }
    }
}

static fq_err read_campaign(struct cli_desk *desk, struct cli_entry *entry, struct fq_why *out_why)
{
    const char *text = cli_value(desk->cli, "campaign");
    struct service_campaign campaign = {0};
    fq_err err = text ? service_find_campaign(desk, text, &campaign, out_why) : FQ_OK;

    entry->event.value[FQ_FIELD_CAMPAIGN] = campaign.number;
    return err;
}

static fq_err read_entry(struct cli_desk *desk, const struct step *step, struct cli_entry *entry,
                         struct fq_why *out_why)
{
    const struct cli *cli = desk->cli;
    fq_err err = cli_entry_init(desk, step->kind, entry, out_why);

    err = err ? err : step_read_options(desk, step, &entry->event, out_why);
    if (err) {
        return err;
    }
    read_parties(cli, entry);
    if (step->kind != FQ_EVENT_REGISTERED) {
        return cli_desk_find(desk, cli->arguments[0], &entry->event.dispute, out_why);
    }
    entry->event.dispute = entry->event.cmd_id;
    err = read_campaign(desk, entry, out_why);
    return err ? err : step_read_area(desk, &entry->event.area, out_why);
}

static const struct step *find_step(const char *verb)
{
    size_t i = 0;

    while (strcmp(steps[i].verb, verb) != 0) {
        i++; /* every verb of the table below has its row */
    }
    return &steps[i];
}

static fq_err run_step(struct cli *cli, struct fq_why *out_why)
{
    struct cli_desk *desk = NULL;
    struct cli_entry entry;
    fq_err err = cli_desk_open(cli, &desk, out_why);

    err = err ? err : read_entry(desk, find_step(cli->command->verb), &entry, out_why);
    err = err ? err : cli_desk_do(desk, &entry, out_why);
    cli_desk_close(desk);
    return err;
}

/* ---- tables ---- */

#define STEP_OPTIONS                                                                               \
    {"date", 0, "DATE", N_("business date, YYYY-MM-DD (default: today)")},                         \
        {"unit", 0, "UNIT", N_("the unit that acts, ten digits")},                                 \
    {                                                                                              \
        "cmd-id", 0, "HEX", N_("command id, so that repeating the command adds nothing")           \
    }
#define REASON_OPTION                                                                              \
    {                                                                                              \
        "reason", 0, "TEXT", N_("reason; public, so no names of parties")                          \
    }
#define KIND_OPTION                                                                                \
    {                                                                                              \
        "kind", 0, "KIND", N_("people, administrative or judicial")                                \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, NULL, NULL                                                                        \
    }

static const struct cli_option add_options[] = {
    STEP_OPTIONS,
    {"area", 0, "CODE", N_("county the dispute belongs to (default: the node's own)")},
    {"type", 0, "TYPE", N_("dispute type: id, number or name")},
    {"source", 0, "SOURCE", N_("how it was found: id, number or name")},
    KIND_OPTION,
    {"committee", 0, "TYPE", N_("type of the mediation committee")},
    {"place", 0, "CODE", N_("town or village code")},
    {"scale", 0, "SCALE", N_("scale of the dispute")},
    {"difficulty", 0, "LEVEL", N_("difficulty")},
    {"persons", 0, "N", N_("number of parties")},
    {"claimed", 0, "YUAN", N_("amount claimed")},
    {"risk", 0, "LEVEL", N_("risk level")},
    {"campaign", 0, "NAME", N_("campaign it belongs to: name or number")},
    {"party", 0, "NAME", N_("a party's name; stays in this node's vault")},
    {"party-id", 0, "NUMBER", N_("a party's identity number; stays in the vault")},
    {"phone", 0, "NUMBER", N_("a party's telephone; stays in the vault")},
    {"address", 0, "TEXT", N_("a party's address; stays in the vault")},
    {"other-party", 0, "NAME", N_("the other party's name; stays in the vault")},
    {"narrative", 0, "TEXT", N_("what happened; stays in the vault")},
    END,
};
static const struct cli_option accept_options[] = {
    STEP_OPTIONS, {"consent", 0, "yes|no", N_("whether the parties consent (default: yes)")}, END};
static const struct cli_option reason_options[] = {STEP_OPTIONS, REASON_OPTION, END};
static const struct cli_option session_options[] = {
    STEP_OPTIONS,
    {"minutes", 0, "N", N_("how long it took")},
    {"place", 0, "CODE", N_("town or village code")},
    END};
static const struct cli_option join_options[] = {
    STEP_OPTIONS,
    {"to-unit", 0, "UNIT", N_("the unit that takes part")},
    KIND_OPTION,
    REASON_OPTION,
    END};
static const struct cli_option refer_options[] = {
    STEP_OPTIONS,
    {"to-unit", 0, "UNIT", N_("the unit it is referred to")},
    KIND_OPTION,
    REASON_OPTION,
    {"due", 0, "DATE", N_("due date")},
    END};
static const struct cli_option agree_options[] = {
    STEP_OPTIONS,
    {"form", 0, "FORM", N_("oral or written")},
    {"amount", 0, "YUAN", N_("amount agreed, such as 707.00")},
    {"due", 0, "DATE", N_("date by which it must be performed")},
    {"immediate", 0, NULL, N_("performed at once")},
    END};
static const struct cli_option perform_options[] = {
    STEP_OPTIONS, {"status", 0, "STATUS", N_("performance (default: performed)")}, END};
static const struct cli_option confirm_options[] = {
    STEP_OPTIONS, {"step", 0, "STEP", N_("judicial confirmation (default: confirmed)")}, END};
static const struct cli_option visit_options[] = {
    STEP_OPTIONS,
    {"surveyed", 0, "yes|no", N_("whether the party answered (default: yes)")},
    {"satisfied", 0, "yes|no", N_("whether the party is satisfied")},
    {"status", 0, "STATUS", N_("performance seen")},
    END};
static const struct cli_option prevent_options[] = {
    STEP_OPTIONS,
    {"effect", 0, "EFFECT", N_("what was prevented")},
    {"persons", 0, "N", N_("number of persons")},
    END};
static const struct cli_option risk_options[] = {
    STEP_OPTIONS, {"level", 0, "LEVEL", N_("risk level")}, REASON_OPTION, END};
static const struct cli_option extend_options[] = {
    STEP_OPTIONS, {"days", 0, "N", N_("days more")}, REASON_OPTION, END};
static const struct cli_option show_options[] = {{"history", 0, NULL, N_("with every event")}, END};
static const struct cli_option ls_options[] = {
    {"area", 0, "CODE", N_("only disputes of this area")},
    {"type", 0, "TYPE", N_("only this type")},
    {"state", 0, "STATE", N_("only this state")},
    {"source", 0, "SOURCE", N_("only this source")},
    KIND_OPTION,
    {"limit", 0, "N", N_("at most so many")},
    {"fail-empty", 0, NULL, N_("end with 3 when nothing matched")},
    END};

#define STEP(verb, help, options)                                                                  \
    {                                                                                              \
        "dispute", verb, "DISPUTE", 1, 1, help, options, run_step                                  \
    }

const struct cli_command cli_dispute_commands[] = {
    {"dispute", "add", "", 0, 0, N_("Register a dispute."), add_options, run_step},
    STEP("accept", N_("Accept it for mediation."), accept_options),
    STEP("reject", N_("Decline to accept it."), reason_options),
    STEP("session", N_("Record a mediation session."), session_options),
    STEP("join", N_("A unit begins to take part."), join_options),
    STEP("leave", N_("A unit takes part no more."), join_options),
    STEP("refer", N_("Refer it to another unit or kind of mediation."), refer_options),
    STEP("agree", N_("The parties reached an agreement."), agree_options),
    STEP("fail", N_("Mediation failed."), reason_options),
    STEP("terminate", N_("Mediation was terminated."), reason_options),
    STEP("perform", N_("Record how the agreement was performed."), perform_options),
    STEP("confirm", N_("Record judicial confirmation."), confirm_options),
    STEP("visit", N_("Record a follow-up visit."), visit_options),
    STEP("prevent", N_("Record what was kept from getting worse."), prevent_options),
    STEP("risk", N_("Change its risk level."), risk_options),
    STEP("extend", N_("Extend its deadline."), extend_options),
    STEP("close", N_("Close it."), reason_options),
    STEP("archive", N_("Archive it."), reason_options),
    STEP("reopen", N_("Open it again."), reason_options),
    {"dispute", "show", "DISPUTE", 1, 1, N_("Show a dispute."), show_options, dispute_show},
    {"dispute", "ls", "", 0, 0, N_("List disputes."), ls_options, dispute_ls},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
