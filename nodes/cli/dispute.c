/* `dispute`, `referral`, `assign`, `supervise`: one command per step.
 *
 * A step is the core's row; its options are those of its fields. Whether it is legal is not decided
 * here (C3). */
#include "dispute.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "form.h"
#include "names.h"

#define TEXT_FILE_MAX (128 * 1024)

/* ---- texts ---- */

/* A long text from a file, or from stdin as `-`, without the newlines at its end. Gives it. */
static fq_err read_text(const char *path, char **out_text, struct fq_why *out_why)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "r");
    char *text = malloc(TEXT_FILE_MAX + 2);

    if (!file || !text) {
        free(text);
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    size_t size = fread(text, 1, TEXT_FILE_MAX + 1, file);
    bool has_failed = ferror(file) || size > TEXT_FILE_MAX;
    if (!is_stdin) {
        fclose(file);
    }
    if (has_failed) {
        free(text);
        return fq_fail(out_why, FQ_REASON_FILE, "%s", path);
    }
    while (size && (text[size - 1] == '\n' || text[size - 1] == '\r')) {
        size--;
    }
    text[size] = 0;
    *out_text = text;
    return FQ_OK;
}

static fq_err read_parties(const struct cli *cli, struct dispute_command *command,
                           struct fq_why *out_why)
{
    struct cli_entry *entry = &command->entry;
    fq_err err = FQ_OK;

    for (size_t i = 0; step_vault(entry->event.kind, i) && !err; i++) {
        const struct step_vault *vault = step_vault(entry->event.kind, i);
        const char *text = cli_value(cli, vault->option);
        if (text && *text == '@' && strchr(vault->value, '@')) {
            char *held = NULL;
            err = read_text(text + 1, &held, out_why);
            command->held[command->held_count] = held;
            command->held_count += held != NULL;
            text = held;
        }
        if (text && *text) {
            entry->parties[entry->party_count++] = (struct cli_party){vault->field, text};
        }
    }
    return err;
}

/* ---- one command ---- */

static fq_err read_dispute(struct cli_desk *desk, struct dispute_command *command,
                           struct fq_why *out_why)
{
    struct fq_event *event = &command->entry.event;

    if (event->kind == FQ_EVENT_REGISTERED) {
        event->dispute = event->cmd_id;
        return step_read_area(desk, &event->area, out_why);
    }
    fq_err err = cli_desk_find(desk, desk->cli->arguments[0], &event->dispute, out_why);
    bool is_answer = fq_step_row(event->kind)->is_answer;
    return err && is_answer && out_why->reason == FQ_REASON_DISPUTE_UNKNOWN
               ? mend_find_referral(desk, command, out_why)
               : err;
}

static fq_err read_what_it_points_at(struct cli_desk *desk, struct dispute_command *command,
                                     struct fq_why *out_why)
{
    switch (command->entry.event.kind) {
    case FQ_EVENT_CORRECTED:
        return mend_correct(desk, command, out_why);
    case FQ_EVENT_VOIDED:
        return mend_void(desk, command, out_why);
    case FQ_EVENT_MERGED:
        return mend_merge(desk, command, out_why);
    case FQ_EVENT_DOCUMENT:
        return mend_document(desk, command, out_why);
    case FQ_EVENT_REFERRED:
    case FQ_EVENT_REFERRAL_ACCEPTED:
    case FQ_EVENT_REFERRAL_DECLINED:
    case FQ_EVENT_REFERRAL_REPORTED:
        return mend_referral(desk, command, out_why);
    default:
        return FQ_OK;
    }
}

/* A unit that --unit gave as the other one did not act, but where it joined or left. */
static void drop_other_unit(const struct cli *cli, struct fq_event *event)
{
    bool has_acted = event->kind == FQ_EVENT_JOINED || event->kind == FQ_EVENT_LEFT;

    if (step_unit_is_other(event->kind) && !has_acted && !cli_value(cli, "to-unit")) {
        event->unit = 0;
    }
}

fq_err dispute_make(struct cli_desk *desk, enum fq_kind_of_event kind,
                    struct dispute_command *out_command, struct fq_why *out_why)
{
    struct step step = step_of(kind);
    struct fq_event *event = &out_command->entry.event;

    memset(out_command, 0, sizeof *out_command);
    fq_err err = cli_entry_init(desk, kind, &out_command->entry, out_why);
    err = err ? err : step_read_options(desk, &step, event, out_why);
    drop_other_unit(desk->cli, event);
    err = err ? err : read_parties(desk->cli, out_command, out_why);
    err = err ? err : read_dispute(desk, out_command, out_why);
    err = err ? err : read_what_it_points_at(desk, out_command, out_why);
    return err ? err : step_check_required(event, out_why);
}

void dispute_forget(struct dispute_command *command)
{
    history_close(&command->history);
    for (size_t i = 0; i < command->held_count; i++) {
        free(command->held[i]);
    }
    command->held_count = 0;
}

/* What cannot be taken back is asked about, when somebody is there to answer. */
static bool is_sure(const struct cli *cli, enum fq_kind_of_event kind)
{
    bool is_grave = kind == FQ_EVENT_VOIDED || kind == FQ_EVENT_MERGED;
    char answer[16];

    if (!is_grave || cli->is_yes || cli->has_no_input || cli->is_dry_run || !isatty(0) ||
        !isatty(2)) {
        return true;
    }
    fprintf(stderr, kind == FQ_EVENT_VOIDED ? _("Void it? A void is final. [y/N] ")
                                            : _("Merge it into the other? [y/N] "));
    return fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y');
}

static fq_err send_one(struct cli_desk *desk, struct cli *cli, enum fq_kind_of_event kind,
                       struct fq_why *out_why)
{
    struct dispute_command command = {0};
    fq_err err = dispute_make(desk, kind, &command, out_why);

    if (!err && !is_sure(cli, kind)) {
        cli_say("%s", _("Nothing was saved."));
        cli->is_left = true;
    } else if (!err) {
        err = cli_desk_do(desk, &command.entry, out_why);
    }
    if (err) {
        step_name_option(out_why);
    }
    dispute_forget(&command);
    return err;
}

static fq_err run_one(struct cli_desk *desk, struct cli *cli, enum fq_kind_of_event kind,
                      struct fq_why *out_why)
{
    struct form *form = NULL;
    fq_err err = form_ask(desk, cli, kind, &form, out_why);

    if (!err && !cli->is_left) {
        err = send_one(desk, cli, kind, out_why);
    }
    while (form && (err == FQ_ERR_REFUSED || err == FQ_ERR_USAGE)) {
        err = form_again(form, out_why) ? send_one(desk, cli, kind, out_why) : FQ_OK;
    }
    form_close(form);
    return err;
}

/* How many arguments the step has; 0 of them are right with --from, whose rows bring their own. */
static int arguments_of(enum fq_kind_of_event kind)
{
    return kind == FQ_EVENT_REGISTERED ? 0 : kind == FQ_EVENT_CORRECTED ? 2 : 1;
}

#define STDIN_SOON_MS 1000

/* Whether something was sent to stdin: what is a pipe or a file, and not empty. Says what it waits for. */
static bool has_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    struct stat status;
    int byte;

    if (fstat(STDIN_FILENO, &status) || !(S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode))) {
        return false;
    }
    if (poll(&input, 1, STDIN_SOON_MS) == 0) {
        cli_say("%s", _("Something is missing on the command line: waiting for rows on stdin."));
    }
    while ((byte = getchar()) != EOF && isspace(byte)) {
    }
    return byte != EOF && ungetc(byte, stdin) != EOF;
}

/* Whether an option takes its text from stdin. */
static bool is_stdin_taken(const struct cli *cli)
{
    for (int i = 0; i < cli->given_count; i++) {
        if (cli->given[i].value && strcmp(cli->given[i].value, "@-") == 0) {
            return true;
        }
    }
    return false;
}

/* Where the rows come from: named, or on stdin when the line alone is no command. NULL: no rows. */
static const char *find_rows(const struct cli *cli, enum fq_kind_of_event kind)
{
    const char *from = cli_value(cli, "from");
    bool is_incomplete = cli->argument_count < arguments_of(kind) || form_lacks(cli, kind);

    if (from) {
        return from;
    }
    return is_incomplete && !is_stdin_taken(cli) && has_input() ? "-" : NULL;
}

fq_err dispute_run(struct cli *cli, enum fq_kind_of_event kind, struct fq_why *out_why)
{
    struct cli_desk *desk = NULL;
    bool is_dash = cli->argument_count == 1 && strcmp(cli->arguments[0], "-") == 0;
    bool is_other = kind == FQ_EVENT_REGISTERED && cli->argument_count > 0 && !is_dash;
    const char *from = is_dash ? "-" : is_other ? NULL : find_rows(cli, kind);

    cli->argument_count = is_dash ? 0 : cli->argument_count;

    if (is_other || (!from && cli->argument_count < arguments_of(kind))) {
        return fq_fail(out_why, FQ_REASON_USAGE, "%s%s%s %s", cli->command->noun,
                       cli->command->verb ? " " : "", cli->command->verb ? cli->command->verb : "",
                       cli->command->arguments);
    }
    fq_err err = cli_desk_open(cli, &desk, out_why);
    if (!err) {
        names_resolve(desk, cli, 0);
        err = from ? rows_run(desk, cli, kind, from, out_why) : run_one(desk, cli, kind, out_why);
    }
    cli_desk_close(desk);
    return err;
}

/* ---- the table ---- */

/* kind, noun, verb, arguments, help */
#define D "dispute"
#define STEPS(ROW)                                                                                 \
    ROW(REGISTERED, D, "add", "[-]", 1, N_("Register a dispute."))                                 \
    ROW(ACCEPTED, D, "accept", "DISPUTE", 1, N_("Accept it for mediation."))                       \
    ROW(REJECTED, D, "reject", "DISPUTE", 1, N_("Decline to accept it."))                          \
    ROW(SESSION, D, "session", "DISPUTE", 1, N_("Record a mediation session."))                    \
    ROW(JOINED, D, "join", "DISPUTE", 1, N_("A unit begins to take part."))                        \
    ROW(LEFT, D, "leave", "DISPUTE", 1, N_("A unit takes part no more."))                          \
    ROW(REFERRED, D, "refer", "DISPUTE", 1, N_("Refer it to another unit or kind of mediation."))  \
    ROW(TRANSFERRED, D, "transfer", "DISPUTE", 1, N_("Hand it over to another unit or county."))   \
    ROW(ESCALATED, D, "escalate", "DISPUTE", 1, N_("Report it to a tier above."))                  \
    ROW(ASSIGNED, D, "assign", "DISPUTE", 1, N_("Assign it to a unit below."))                     \
    ROW(SUPERVISED, D, "supervise", "DISPUTE", 1, N_("Supervise it: a yellow or red card."))       \
    ROW(EXTENDED, D, "extend", "DISPUTE", 1, N_("Extend its deadline."))                           \
    ROW(AGREED, D, "agree", "DISPUTE", 1, N_("The parties reached an agreement."))                 \
    ROW(FAILED, D, "fail", "DISPUTE", 1, N_("Mediation failed."))                                  \
    ROW(TERMINATED, D, "terminate", "DISPUTE", 1, N_("Mediation was terminated."))                 \
    ROW(PERFORMED, D, "perform", "DISPUTE", 1, N_("Record how the agreement was performed."))      \
    ROW(CONFIRMATION, D, "confirm", "DISPUTE", 1, N_("Record judicial confirmation."))             \
    ROW(VISITED, D, "visit", "DISPUTE", 1, N_("Record a follow-up visit."))                        \
    ROW(PREVENTED, D, "prevent", "DISPUTE", 1, N_("Record what was kept from getting worse."))     \
    ROW(RISK_CHANGED, D, "risk", "DISPUTE", 1, N_("Change its risk level."))                       \
    ROW(DOCUMENT, D, "document", "DISPUTE", 1, N_("Record a document by its hash."))               \
    ROW(CLOSED, D, "close", "DISPUTE", 1, N_("Close it."))                                         \
    ROW(ARCHIVED, D, "archive", "DISPUTE", 1, N_("Archive it."))                                   \
    ROW(REOPENED, D, "reopen", "DISPUTE", 1, N_("Open it again."))                                 \
    ROW(CORRECTED, D, "correct", "DISPUTE STEP", 2,                                                \
        N_("Correct a step; what is not given stays."))                                            \
    ROW(VOIDED, D, "void", "DISPUTE [EVENT]", 2, N_("Void one event, or the whole dispute."))      \
    ROW(MERGED, D, "merge", "DISPUTE", 1, N_("Merge it into another dispute."))                    \
    ROW(UNMERGED, D, "unmerge", "DISPUTE", 1, N_("Undo a merge."))                                 \
    ROW(REFERRAL_ACCEPTED, "referral", "accept", "DISPUTE", 1, N_("Accept a referral."))           \
    ROW(REFERRAL_DECLINED, "referral", "decline", "DISPUTE", 1, N_("Send a referral back."))       \
    ROW(REFERRAL_REPORTED, "referral", "report", "DISPUTE", 1,                                     \
        N_("Report what came of a referral."))

static struct cli_option options[FQ_EVENT_KINDS][STEP_OPTIONS_MAX];

void cli_dispute_open(void)
{
    for (unsigned kind = FQ_EVENT_REGISTERED; kind <= FQ_EVENT_UNMERGED; kind++) {
        step_options((enum fq_kind_of_event)kind, options[kind]);
    }
}

#define STEP_RUN(name, noun, verb, arguments, most, help)                                          \
    static fq_err run_##name(struct cli *cli, struct fq_why *out_why)                              \
    {                                                                                              \
        return dispute_run(cli, FQ_EVENT_##name, out_why);                                         \
    }
STEPS(STEP_RUN)

static const struct cli_option show_options[] = {
    {"history", 0, NULL, N_("with every event")},
    {"conflicts", 0, NULL, N_("steps that contradict each other")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option ls_options[] = {
    {"area", 0, "CODE", N_("only disputes of this area")},
    {"type", 0, "TYPE", N_("only this type")},
    {"state", 0, "STATE", N_("only this state")},
    {"source", 0, "SOURCE", N_("only this source")},
    {"kind", 0, "KIND", N_("only this kind")},
    {"unit", 0, "UNIT", N_("only disputes this unit answers for or takes part in")},
    {"place", 0, "CODE", N_("only this town or village")},
    {"since", 0, "DATE", N_("registered on or after")},
    {"until", 0, "DATE", N_("registered on or before")},
    {"due", 0, "DATE", N_("in hand, to be concluded on or before")},
    {"joined", 0, NULL, N_("only disputes of other areas in which units of this one take part")},
    {"limit", 0, "N", N_("at most so many")},
    {"fail-empty", 0, NULL, N_("end with 3 when nothing matched")},
    {NULL, 0, NULL, NULL},
};

static const struct cli_option referral_options[] = {
    {"sent", 0, NULL, N_("those sent from here (default: those that came here)")},
    {"state", 0, "STATE", N_("only this state: open, accepted, declined or reported")},
    {"unit", 0, "UNIT", N_("only those to this unit")},
    {"area", 0, "CODE", N_("only of this area")},
    {"fail-empty", 0, NULL, N_("end with 3 when nothing matched")},
    {NULL, 0, NULL, NULL},
};

#define STEP_ROW(name, noun, verb, arguments, most, help)                                          \
    {noun, verb, arguments, 0, most, help, options[FQ_EVENT_##name], run_##name},

const struct cli_command cli_dispute_commands[] = {
    STEPS(STEP_ROW) /* every step of the core's table */
    {"dispute", "show", "DISPUTE", 1, 1, N_("Show a dispute."), show_options, dispute_show},
    {"dispute", "ls", "", 0, 0, N_("List disputes."), ls_options, dispute_ls},
    {"dispute", "find", "TEXT", 1, 1, N_("Find disputes by a word about them."), ls_options,
     dispute_find},
    {"referral", "ls", "", 0, 0, N_("List referrals."), referral_options, referral_ls},
    {"assign", NULL, "DISPUTE", 0, 1, N_("Assign it to a unit below."), options[FQ_EVENT_ASSIGNED],
     run_ASSIGNED},
    {"supervise", NULL, "DISPUTE", 0, 1, N_("Supervise it: a yellow or red card."),
     options[FQ_EVENT_SUPERVISED], run_SUPERVISED},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
