/* Help: an overview by who uses what, the verbs of a noun, one command. */
#include "help.h"

#include <string.h>

#include "width.h"

#define HELP_COLUMNS 80
#define HELP_COLUMNS_MOST 100 /* longer lines are hard to read */
#define LEFT_MOST 30          /* columns an option's name may take beside its text */
#define LEFT_SIZE 160

static const char *const group_titles[HELP_GROUPS] = {
    N_("Mediators:"),
    N_("Coordinators:"),
    N_("Provincial office:"),
    N_("Operators:"),
};

enum { MEDIATOR, COORDINATOR, PROVINCE, OPERATOR };

/* Who uses a noun, and what it is about where it has several verbs. */
static const struct {
    const char *noun;
    size_t group;
    const char *about; /* N_(); NULL: the noun is one command, whose own help says it */
} about[] = {
    {"today", MEDIATOR, NULL},
    {"dispute", MEDIATOR, N_("One dispute, from registration to archive.")},
    {"referral", MEDIATOR, N_("Disputes referred to this unit by others.")},
    {"sweep", MEDIATOR, N_("Rounds of screening, also those that found nothing.")},
    {"activity", MEDIATOR, N_("Other services: publicity, legal advice, training and the like.")},
    {"outbox", MEDIATOR, N_("Entries kept on your own disk until a node has them.")},
    {"sync", MEDIATOR, NULL},
    {"bundle", MEDIATOR, N_("Carry events on a stick where there is no line.")},
    {"import", MEDIATOR, N_("Take in registers kept elsewhere.")},
    {"export", MEDIATOR, N_("Give out events and registers.")},
    {"feed", COORDINATOR, NULL},
    {"coverage", COORDINATOR, NULL},
    {"campaign", COORDINATOR, N_("Campaigns of screening: area, dates, results.")},
    {"assign", COORDINATOR, NULL},
    {"supervise", COORDINATOR, NULL},
    {"alerts", COORDINATOR, NULL},
    {"table", COORDINATOR, N_("Tables that all nodes below share.")},
    {"dup", COORDINATOR, N_("Disputes that may be the same.")},
    {"subsidy", COORDINATOR, N_("Subsidies for mediated disputes.")},
    {"rollup", PROVINCE, NULL},
    {"cases", PROVINCE, NULL},
    {"explain", PROVINCE, NULL},
    {"period", PROVINCE, N_("Periods: seal them, compare and verify what was sealed.")},
    {"bulletin", PROVINCE, NULL},
    {"form", PROVINCE, NULL},
    {"proof", PROVINCE, N_("Proofs that a dispute is counted.")},
    {"compare", PROVINCE, NULL},
    {"node", OPERATOR, N_("One node: what it holds, whom it is linked to.")},
    {"tree", OPERATOR, N_("A node and those below it.")},
    {"lag", OPERATOR, NULL},
    {"doctor", OPERATOR, NULL},
    {"check", OPERATOR, N_("Checks for a monitoring program.")},
    {"log", OPERATOR, N_("The signed log of a node.")},
    {"audit", OPERATOR, NULL},
    {"digest", OPERATOR, NULL},
    {"evidence", OPERATOR, N_("What a node refused from its peers.")},
    {"backup", OPERATOR, N_("Backups: make, verify, restore.")},
    {"restore", OPERATOR, NULL},
    {"key", OPERATOR, N_("Keys of nodes and persons.")},
    {"cert", OPERATOR, N_("Certificates: whom a node lets in.")},
    {"epoch", OPERATOR, N_("Leave for a rebuilt node to write again.")},
    {"config", OPERATOR, N_("The configuration of a node.")},
    {"vault", OPERATOR, N_("Party data; only at the county, and every reading is noted.")},
    {"lab", OPERATOR, N_("A whole province on one machine, to try things.")},
    {"bench", OPERATOR, NULL},
    {"errors", OPERATOR, N_("Codes of refusal: cause and cure.")},
    {"completion", OPERATOR, N_("Completion of commands in the shell.")},
};
#define ABOUT_COUNT (sizeof about / sizeof about[0])

static const struct help_exit exits[] = {
    {"0", N_("done")},
    {"1", N_("failed: disk, network or a program below")},
    {"2", N_("usage or configuration; unknown area, period or measure")},
    {"3", N_("nothing matched (with --fail-empty)")},
    {"4", N_("not allowed, or not held at this node")},
    {"5", N_("saved here; the tier asked for by --wait was not reached in time")},
    {"6", N_("refused by a rule")},
    {"7", N_("verification failed")},
    {"8", N_("not possible on a sealed period")},
    {"9", N_("the store is newer than the program")},
    {"130", N_("interrupted")},
    {NULL, NULL},
};

/* Words of placeholders, by which options and arguments name what they take. */
static const char *const placeholders[] = {
    N_("A"),      N_("ACCOUNT"),  N_("AREA"),     N_("B"),       N_("BUNDLE"),    N_("CAMPAIGN"),
    N_("CARD"),   N_("CERT"),     N_("CLASS"),    N_("CODE"),    N_("COLUMN"),    N_("COUNT"),
    N_("CURSOR"), N_("DATE"),     N_("DAYS"),     N_("DIR"),     N_("DISPUTE"),   N_("DOCUMENT"),
    N_("EFFECT"), N_("ENDPOINT"), N_("ENTRY"),    N_("EVENT"),   N_("FIELD"),     N_("FILE"),
    N_("FORM"),   N_("FORMAT"),   N_("HEX"),      N_("ID"),      N_("INDICATOR"), N_("KEY"),
    N_("KIND"),   N_("LEVEL"),    N_("LSN"),      N_("MAP"),     N_("MEASURE"),   N_("MINUTES"),
    N_("MONTH"),  N_("N"),        N_("NAME"),     N_("NUMBER"),  N_("OTHER"),     N_("OUTCOME"),
    N_("PAIR"),   N_("PATH"),     N_("PERIOD"),   N_("PERSONS"), N_("PREFIX"),    N_("REFERRAL"),
    N_("ROLE"),   N_("SCALE"),    N_("SEAL"),     N_("SECONDS"), N_("SOURCE"),    N_("STATE"),
    N_("STATUS"), N_("STEP"),     N_("TEMPLATE"), N_("TEXT"),    N_("TIER"),      N_("TIME"),
    N_("TITLE"),  N_("TOWN"),     N_("TYPE"),     N_("UNIT"),    N_("VALUE"),     N_("WHERE"),
    N_("WORD"),   N_("YUAN"),
};

/* ---- words ---- */

const char *help_group_title(size_t group)
{
    return _(group_titles[group]);
}

size_t help_group_of(const char *noun)
{
    for (size_t i = 0; i < ABOUT_COUNT; i++) {
        if (strcmp(about[i].noun, noun) == 0) {
            return about[i].group;
        }
    }
    return HELP_GROUP_NONE;
}

const char *help_about(const char *noun)
{
    for (size_t i = 0; i < ABOUT_COUNT; i++) {
        if (strcmp(about[i].noun, noun) == 0 && about[i].about) {
            return _(about[i].about);
        }
    }
    return NULL;
}

bool help_is_hidden(const struct cli_command *command)
{
    return !command->help || !*command->help;
}

const struct help_exit *help_exits(void)
{
    return exits;
}

static const char *find_placeholder(const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        if (strlen(placeholders[i]) == size && memcmp(placeholders[i], word, size) == 0) {
            return placeholders[i];
        }
    }
    return NULL;
}

void help_placeholder(const char *value, char *out, size_t out_size, char out_unknown[32])
{
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t used = 0;

    if (out_unknown) {
        *out_unknown = 0;
    }
    out[0] = 0;
    while (*value && used + 1 < out_size) {
        size_t size = strspn(value, capitals);
        const char *word = size ? find_placeholder(value, size) : NULL;
        bool is_code = size == 2 && strncmp(value, "FQ-", 3) == 0;
        int wrote =
            word ? snprintf(out + used, out_size - used, "%s", _(word))
                 : snprintf(out + used, out_size - used, "%.*s", size ? (int)size : 1, value);
        if (size && !word && !is_code && out_unknown && !*out_unknown) {
            snprintf(out_unknown, 32, "%.*s", (int)size, value);
        }
        used += wrote > 0 ? (size_t)wrote : 0;
        value += size ? size : 1;
    }
}

void help_option(const struct cli_option *option, char *out, size_t out_size)
{
    char value[LEFT_SIZE / 2] = "", letter[8] = "";

    if (option->value) {
        help_placeholder(option->value, value, sizeof value, NULL);
    }
    if (option->letter) {
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    }
    snprintf(out, out_size, "%s--%s%s%s", letter, option->name, *value ? " " : "", value);
}

/* ---- layout ---- */

static size_t columns(void)
{
    size_t terminal = width_terminal(stdout);

    if (terminal == 0) {
        return HELP_COLUMNS;
    }
    return terminal < HELP_COLUMNS_MOST ? terminal : HELP_COLUMNS_MOST;
}

/* `Usage: `; a Chinese colon brings its own room. */
static const char *usage_word(void)
{
    static char text[32];

    snprintf(text, sizeof text, "%s%s", _("Usage:"), cli_text_is_chinese() ? "" : " ");
    return text;
}

static void print_text(const char *text)
{
    width_print(stdout, text, 0, 0, columns());
}

static size_t longer(size_t left, const char *text)
{
    size_t width = width_of(text);

    return width > left && width <= LEFT_MOST ? width : left;
}

/* `  left   right`, the right part in lines below each other. */
static void print_pair(const char *left, size_t left_width, const char *right)
{
    size_t indent = 2 + left_width + 2, used = 2 + width_of(left);

    printf("  %s", left);
    if (used + 2 > indent) {
        printf("\n%*s", (int)indent, "");
    } else {
        printf("%*s", (int)(indent - used), "");
    }
    width_print(stdout, right, indent, indent, columns());
}

static void print_options(const char *title, const struct cli_option *options)
{
    size_t left_width = 0;
    char left[LEFT_SIZE];

    printf("\n%s\n", title);
    for (const struct cli_option *option = options; option->name; option++) {
        help_option(option, left, sizeof left);
        left_width = longer(left_width, left);
    }
    for (const struct cli_option *option = options; option->name; option++) {
        help_option(option, left, sizeof left);
        print_pair(left, left_width, _(option->help));
    }
}

/* ---- what is shown ---- */

void help_command(const struct cli_command *command)
{
    char usage[2 * LEFT_SIZE], arguments[LEFT_SIZE];

    help_placeholder(command->arguments, arguments, sizeof arguments, NULL);
    snprintf(usage, sizeof usage, "%sfengqiao %s%s%s%s%s %s", usage_word(), command->noun,
             command->verb ? " " : "", command->verb ? command->verb : "", *arguments ? " " : "",
             arguments, _("[OPTION...]"));
    width_print(stdout, usage, 0, 4, columns());
    putchar('\n');
    print_text(_(command->help));
    if (command->options && command->options->name) {
        print_options(_("Options:"), command->options);
    }
    print_options(_("Options of every command:"), cli_global_options());
}

static void verb_text(const struct cli_command *command, char out[LEFT_SIZE])
{
    char arguments[LEFT_SIZE / 2];
    const char *name = command->verb ? command->verb : command->noun;

    help_placeholder(command->arguments, arguments, sizeof arguments, NULL);
    snprintf(out, LEFT_SIZE, "%s%s%s", name, *arguments ? " " : "", arguments);
}

void help_noun(const char *noun)
{
    const struct cli_command *command;
    const char *text = help_about(noun);
    size_t left_width = 0;
    char left[LEFT_SIZE];

    printf("%sfengqiao %s %s %s\n\n", usage_word(), noun, _("VERB"),
           _("[ARGUMENT...] [OPTION...]"));
    if (text) {
        print_text(text);
        putchar('\n');
    }
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        if (strcmp(command->noun, noun) == 0 && !help_is_hidden(command)) {
            verb_text(command, left);
            left_width = longer(left_width, left);
        }
    }
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        if (strcmp(command->noun, noun) == 0 && !help_is_hidden(command)) {
            verb_text(command, left);
            print_pair(left, left_width, _(command->help));
        }
    }
    putchar('\n');
    print_text(_("`fengqiao NOUN VERB --help` shows the options of one command."));
}

/* One noun of the overview: what it is about, and its verbs below. */
static void print_noun(const struct cli_command *command, size_t left_width)
{
    const char *text = command->verb ? help_about(command->noun) : _(command->help);
    char verbs[1024] = "";
    size_t used = 0;

    for (size_t i = 0; command->verb && cli_command_at(i); i++) {
        const struct cli_command *other = cli_command_at(i);
        if (strcmp(other->noun, command->noun) == 0 && other->verb && !help_is_hidden(other) &&
            used < sizeof verbs) {
            int wrote =
                snprintf(verbs + used, sizeof verbs - used, "%s%s", used ? " " : "", other->verb);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
    }
    print_pair(command->noun, left_width, text ? text : verbs);
    if (text && *verbs) {
        size_t indent = 2 + left_width + 2;
        printf("%*s", (int)indent, "");
        width_print(stdout, verbs, indent, indent, columns());
    }
}

/* A noun's commands may stand in several tables. */
static bool is_first_of_noun(size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(cli_command_at(i)->noun, cli_command_at(index)->noun) == 0) {
            return false;
        }
    }
    return true;
}

/* The nouns of one group in the order of the table above; those of no group come last (H1). */
static void print_group(size_t group)
{
    size_t left_width = 0;
    bool is_empty = true;

    for (size_t i = 0; i < ABOUT_COUNT; i++) {
        left_width = longer(left_width, about[i].noun);
    }
    for (size_t i = 0; i < (group < HELP_GROUPS ? ABOUT_COUNT : 1); i++) {
        for (size_t j = 0; cli_command_at(j); j++) {
            const struct cli_command *command = cli_command_at(j);
            bool is_here = group < HELP_GROUPS ? about[i].group == group &&
                                                     strcmp(about[i].noun, command->noun) == 0
                                               : help_group_of(command->noun) == HELP_GROUP_NONE;
            if (!is_here || !is_first_of_noun(j) || help_is_hidden(command)) {
                continue;
            }
            if (is_empty) {
                printf("\n%s\n", group < HELP_GROUPS ? help_group_title(group) : _("Others:"));
                is_empty = false;
            }
            print_noun(command, left_width);
        }
    }
}

void help_overview(void)
{
    printf("%sfengqiao %s\n\n", usage_word(), _("NOUN [VERB] [ARGUMENT...] [OPTION...]"));
    print_text(_("Registers mediated disputes and counts them."));
    for (size_t group = 0; group <= HELP_GROUPS; group++) {
        print_group(group);
    }
    print_options(_("Options of every command:"), cli_global_options());
    printf("\n%s\n", _("Exit codes:"));
    for (const struct help_exit *row = exits; row->code; row++) {
        print_pair(row->code, 3, _(row->text));
    }
    printf("\n%s\n", _("More:"));
    print_pair("fengqiao errors show FQ-3003", 28, _("what a code means and what to do"));
    print_pair("man fengqiao", 28, _("all commands with examples"));
    printf("\n");
    print_text(
        _("`fengqiao NOUN --help` shows the verbs of a noun, `fengqiao NOUN VERB --help` the "
          "options of one command."));
}
