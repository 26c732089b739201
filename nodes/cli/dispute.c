/* `dispute`: one dispute's steps.
 *
 * Every step is a row of a table: the event it makes and which option fills which field. Whether
 * the step is legal is the node's to say (C3). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dispute.h"
#include "fq/core/event.h"
#include "fq/edge/crypto.h"
#include "fq/edge/vault.h"
#include "import_row.h"

#define BINDINGS_MAX 14

struct binding {
    const char *option;
    enum fq_field field;
    const char *fallback; /* value when the option is not given; NULL none */
};

struct step {
    const char *verb;
    enum fq_kind_of_event kind;
    struct binding bindings[BINDINGS_MAX];
};

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

struct work { /* one step on its way */
    const struct cli *cli;
    struct cli_client *client;
    struct cli_tables *tables;
    const struct step *step;
    struct fq_event event;
    char number[64]; /* of the dispute, for people */
    char state[32];
    const char *saved; /* the tier that holds it */
};

/* ---- fields ---- */

static uint16_t today(void)
{
    time_t now = time(NULL);
    struct tm parts;
    uint16_t date = 0;

    localtime_r(&now, &parts);
    (void)fq_date_from_civil((unsigned)parts.tm_year + 1900, (unsigned)parts.tm_mon + 1,
                             (unsigned)parts.tm_mday, &date);
    return date;
}

static bool read_digits(const char *text, size_t digits_max, uint64_t *out_number)
{
    size_t size = strspn(text, "0123456789");

    if (size == 0 || size > digits_max || text[size]) {
        return false;
    }
    *out_number = strtoull(text, NULL, 10);
    return true;
}

static bool read_truth(const char *text, uint64_t *out_truth)
{
    static const char *const words[] = {"no", "yes", "false", "true", "0", "1", "否", "是"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out_truth = i % 2;
            return true;
        }
    }
    return false;
}

static fq_err read_code(struct work *work, enum fq_field field, const char *option,
                        const char *text, uint64_t *out_value, struct fq_why *out_why)
{
    enum fq_code_table table = fq_field_row(field)->table;
    uint16_t number;

    if (!fq_codes_find_id(&work->tables->codes, table, fq_span_text(text), &number)) {
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "--%s %s, %s", option, text,
                       fq_codes_table_name(table));
    }
    *out_value = number;
    return FQ_OK;
}

static fq_err read_unit(const char *option, const char *text, uint64_t *out_value,
                        struct fq_why *out_why)
{
    if (strlen(text) != 10 || !read_digits(text, 10, out_value)) {
        return fq_fail(out_why, FQ_REASON_UNIT, "--%s %s", option, text);
    }
    return FQ_OK;
}

static fq_err read_option_date(const char *option, const char *text, uint64_t *out_value,
                               struct fq_why *out_why)
{
    uint16_t date;

    if (!fq_date_parse(fq_span_text(text), &date)) {
        return fq_fail(out_why, FQ_REASON_DATE, "--%s %s", option, text);
    }
    *out_value = date;
    return FQ_OK;
}

static fq_err read_field(struct work *work, const struct binding *binding, const char *text,
                         struct fq_why *out_why)
{
    uint64_t *value = &work->event.value[binding->field];
    const char *option = binding->option;

    switch (fq_field_row(binding->field)->type) {
    case FQ_VALUE_CODE:
        return read_code(work, binding->field, option, text, value, out_why);
    case FQ_VALUE_UNIT:
        return read_unit(option, text, value, out_why);
    case FQ_VALUE_DATE:
        return read_option_date(option, text, value, out_why);
    case FQ_VALUE_CENTS:
        return row_amount(fq_span_text(text), value)
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_AMOUNT, "--%s %s", option, text);
    case FQ_VALUE_BOOL:
        return read_truth(text, value)
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_FIELD, "--%s %s: yes, no", option, text);
    case FQ_VALUE_TEXT:
        return *text == 0 || (strlen(text) <= FQ_TEXT_MAX &&
                              fq_event_set_bytes(&work->event, binding->field, fq_span_text(text)))
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_FIELD, "--%s", option);
    default:
        return read_digits(text, 12, value)
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_FIELD, "--%s %s", option, text);
    }
}

static fq_err read_area(struct work *work, struct fq_why *out_why)
{
    const char *text = cli_value(work->cli, "area");
    uint64_t code = 0;

    if (text &&
        (!read_digits(text, 6, &code) || !fq_areas_find(&work->tables->areas, (uint32_t)code))) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "--area %s", text);
    }
    if (!text && strcmp(work->tables->tier, "county") == 0) {
        code = work->tables->area;
    }
    work->event.area = (uint32_t)code;
    return FQ_OK;
}

static fq_err read_command_id(struct work *work, struct fq_why *out_why)
{
    const char *text = cli_value(work->cli, "cmd-id");

    if (!text) {
        fq_random_bytes(work->event.cmd_id.bytes, FQ_ID_SIZE);
        return FQ_OK;
    }
    return fq_hex_decode(text, strlen(text), work->event.cmd_id.bytes, FQ_ID_SIZE)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_FIELD, "--cmd-id %s", text);
}

static fq_err read_fields(struct work *work, struct fq_why *out_why)
{
    const char *date = cli_value(work->cli, "date"), *unit = cli_value(work->cli, "unit");
    uint64_t number = today();
    fq_err err = read_command_id(work, out_why);

    work->event.kind = work->event.step = (uint16_t)work->step->kind;
    work->event.actor = fq_span_text(""); /* the node knows who asks */
    if (!err && date) {
        err = read_option_date("date", date, &number, out_why);
    }
    work->event.date = (uint16_t)number;
    if (!err && unit) {
        err = read_unit("unit", unit, &work->event.unit, out_why);
    }
    for (size_t i = 0; i < BINDINGS_MAX && work->step->bindings[i].option && !err; i++) {
        const struct binding *binding = &work->step->bindings[i];
        const char *text = cli_value(work->cli, binding->option);
        if (!text && cli_has(work->cli, binding->option)) {
            text = "yes"; /* an option without a value */
        }
        text = text ? text : binding->fallback;
        err = text ? read_field(work, binding, text, out_why) : FQ_OK;
    }
    return err;
}

/* ---- sending ---- */

static fq_err find_dispute(struct work *work, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    cli_args_open(&args);
    cli_args_text(&args, "dispute", work->cli->arguments[0]);
    fq_err err = cli_call(work->client, "dispute.find", &args, &answer, out_why);
    cli_args_close(&args);
    if (err) {
        return err;
    }
    struct fq_span id = fq_map_text(answer.result, "id");
    return fq_hex_decode((const char *)id.data, id.size, work->event.dispute.bytes, FQ_ID_SIZE)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_BYTES, "dispute.find");
}

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

static void write_vault(const struct work *work, struct cli_args *args)
{
    uint32_t count = 0;

    for (size_t i = 0; i < sizeof vault_options / sizeof vault_options[0]; i++) {
        count += cli_value(work->cli, vault_options[i].option) != NULL;
    }
    if (count == 0) {
        return;
    }
    cli_args_key(args, "vault");
    fq_write_array(&args->pairs, count);
    for (size_t i = 0; i < sizeof vault_options / sizeof vault_options[0]; i++) {
        const char *text = cli_value(work->cli, vault_options[i].option);
        if (text) {
            fq_write_array(&args->pairs, 3);
            fq_write_uint(&args->pairs, 0);
            fq_write_uint(&args->pairs, vault_options[i].field);
            fq_write_text(&args->pairs, text);
        }
    }
}

static fq_err submit(struct work *work, struct fq_why *out_why)
{
    uint8_t record[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(record, sizeof record);
    struct cli_args args;
    struct cli_answer answer;

    fq_event_encode(&work->event, &writer);
    if (writer.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", work->step->verb);
    }
    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, 1);
    fq_write_bytes(&args.pairs, record, fq_writer_span(&writer).size);
    write_vault(work, &args);
    if (work->cli->is_dry_run) {
        cli_args_bool(&args, "dry_run", true);
    }
    fq_err err = cli_call(work->client, "submit", &args, &answer, out_why);
    cli_args_close(&args);
    return err ? err : cli_verdict(answer.result, out_why);
}

static fq_err read_state(struct work *work, struct fq_why *out_why)
{
    char id[2 * FQ_ID_SIZE + 1];
    struct cli_args args;
    struct cli_answer answer;

    fq_hex_encode(fq_span_of(work->event.dispute.bytes, FQ_ID_SIZE), id);
    cli_args_open(&args);
    cli_args_text(&args, "dispute", id);
    fq_err err = cli_call(work->client, "dispute.show", &args, &answer, out_why);
    cli_args_close(&args);
    if (!err) {
        cli_copy(work->number, sizeof work->number, fq_map_text(answer.result, "dispute"));
        cli_copy(work->state, sizeof work->state, fq_map_text(answer.result, "state"));
    }
    return err;
}

static void write_pair_or_nil(struct fq_writer *writer, const char *key, const char *text)
{
    if (text && *text) {
        cli_write_pair_text(writer, key, text);
    } else {
        cli_write_pair_nil(writer, key);
    }
}

static fq_err print_step(const struct work *work, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    uint8_t memory[1024];
    char id[2 * FQ_ID_SIZE + 1], cmd_id[2 * FQ_ID_SIZE + 1];
    struct fq_writer writer = fq_writer_over(memory, sizeof memory);

    fq_hex_encode(fq_span_of(work->event.dispute.bytes, FQ_ID_SIZE), id);
    fq_hex_encode(fq_span_of(work->event.cmd_id.bytes, FQ_ID_SIZE), cmd_id);
    fq_write_map(&writer, 6);
    write_pair_or_nil(&writer, "dispute", work->number);
    cli_write_pair_text(&writer, "id", id);
    cli_write_pair_text(&writer, "event", fq_kind_row(work->step->kind)->name);
    cli_write_pair_text(&writer, "cmd_id", cmd_id);
    write_pair_or_nil(&writer, "state", work->state);
    write_pair_or_nil(&writer, "saved", work->saved);
    return cli_print(work->cli, fq_writer_span(&writer), &view, out_why);
}

static int tier_rank(const char *tier)
{
    enum fq_tier parsed;

    return fq_tier_parse(fq_span_text(tier), &parsed) ? (int)parsed : 0;
}

static fq_err do_step(struct work *work, struct fq_why *out_why)
{
    struct fq_why wait_why = {0};
    bool is_add = work->step->kind == FQ_EVENT_REGISTERED;
    fq_err err = cli_connect(work->cli, &work->client, out_why);

    err = err ? err : cli_tables_open(work->client, &work->tables, out_why);
    err = err ? err : read_fields(work, out_why);
    if (!err && is_add) {
        work->event.dispute = work->event.cmd_id;
        err = read_area(work, out_why);
    } else if (!err) {
        err = find_dispute(work, out_why);
    }
    err = err ? err : submit(work, out_why);
    if (!err && !(work->cli->is_dry_run && is_add)) {
        err = read_state(work, out_why);
    }
    if (err || work->cli->is_dry_run) {
        return err ? err : print_step(work, out_why);
    }
    work->saved = work->tables->tier;
    fq_err wait_err = cli_wait(work->cli, work->client, &wait_why);
    if (!wait_err && tier_rank(work->cli->wait_tier) > tier_rank(work->saved)) {
        work->saved = work->cli->wait_tier;
    }
    err = print_step(work, out_why);
    if (!err && wait_err) {
        return fq_fail(out_why, wait_why.reason, "%s", wait_why.detail);
    }
    return err;
}

static fq_err run_step(struct cli *cli, struct fq_why *out_why)
{
    struct work *work = calloc(1, sizeof *work);

    if (!work) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "dispute");
    }
    work->cli = cli;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(steps[i].verb, cli->command->verb) == 0) {
            work->step = &steps[i];
        }
    }
    FQ_ASSERT(work->step);
    fq_err err = do_step(work, out_why);
    cli_tables_close(work->tables);
    cli_disconnect(work->client);
    free(work);
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
