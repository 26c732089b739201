/* The program `fengqiao`: finds the command on the line, reads its options, runs it.
 *
 * Global options may stand anywhere. Parsing and help come from the same tables. */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "help.h"
#include "width.h"

#ifndef FQ_VERSION
#define FQ_VERSION "0.1.0"
#endif

#define WAIT_SECONDS_DEFAULT 30
#define WAIT_SECONDS_MAX 86400
#define EXIT_INTERRUPTED 130 /* as a shell tells of Ctrl-C */

static const struct cli_command *const nouns[] = {
    cli_today_commands,      cli_dispute_commands, cli_import_commands,   cli_export_commands,
    cli_feed_commands,       cli_rollup_commands,  cli_explain_commands,  cli_status_commands,
    cli_log_commands,        cli_lab_commands,     cli_vault_commands,    cli_bundle_commands,
    cli_campaign_commands,   cli_sweep_commands,   cli_activity_commands, cli_coverage_commands,
    cli_print_commands,      cli_dup_commands,     cli_outbox_commands,   cli_errors_commands,
    cli_completion_commands, cli_period_commands,  cli_proof_commands,    cli_bulletin_commands,
    cli_form_commands,       cli_subsidy_commands,
};

static const struct cli_option globals[] = {
    {"node", 0, "ENDPOINT|CODE", N_("the node to talk to: an endpoint, or an area of the lab")},
    {"lab", 0, "DIR", N_("the lab the node belongs to")},
    {"context", 'C', "FILE", N_("context file: endpoint, server key and key file of a node")},
    {"outbox", 0, "DIR", N_("where commands are saved before they are sent")},
    {"output", 'o', "FORMAT", N_("table, json, jsonl, csv or md")},
    {"json", 0, NULL, N_("the same as -o json")},
    {"jsonl", 0, NULL, N_("the same as -o jsonl")},
    {"lang", 0, "zh|en", N_("language (default: FQ_LANG, else that of the locale)")},
    {"wait", 0, "TIER[=SECONDS]",
     N_("return when county, city or province holds what was written")},
    {"no-input", 0, NULL, N_("never ask")},
    {"yes", 0, NULL, N_("answer every question with yes")},
    {"dry-run", 0, NULL, N_("check only, change nothing")},
    {"quiet", 'q', NULL, N_("no talk but errors")},
    {"verbose", 'v', NULL, N_("more talk")},
    {"help", 'h', NULL, N_("this help")},
    {"version", 0, NULL, N_("the version")},
    {NULL, 0, NULL, NULL},
};

static bool is_quiet; /* for cli_say, which has no other way to know */

void cli_say(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    size_t width = width_terminal(stderr);

    if (is_quiet) {
        return;
    }
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size >= 0) {
        width_print(stderr, text, 0, 0, width ? width : (size_t)size);
        free(text);
    }
}

const char *cli_value(const struct cli *cli, const char *name)
{
    for (int i = cli->given_count - 1; i >= 0; i--) {
        if (strcmp(cli->given[i].name, name) == 0) {
            return cli->given[i].value;
        }
    }
    return NULL;
}

bool cli_has(const struct cli *cli, const char *name)
{
    for (int i = 0; i < cli->given_count; i++) {
        if (strcmp(cli->given[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

const struct cli_command *cli_command_at(size_t index)
{
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
        for (const struct cli_command *command = nouns[i]; command->noun; command++, index--) {
            if (index == 0) {
                return command;
            }
        }
    }
    return NULL;
}

const struct cli_option *cli_global_options(void)
{
    return globals;
}

/* ---- finding ---- */

static const struct cli_command *find_command(const char *noun, const char *verb)
{
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
        for (const struct cli_command *command = nouns[i]; command->noun; command++) {
            if (strcmp(command->noun, noun) == 0 &&
                (!command->verb || (verb && strcmp(command->verb, verb) == 0))) {
                return command;
            }
        }
    }
    return NULL;
}

static bool is_noun(const char *word)
{
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
        for (const struct cli_command *command = nouns[i]; command->noun; command++) {
            if (strcmp(command->noun, word) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void append(char *list, size_t list_size, const char *word)
{
    size_t used = strlen(list);

    snprintf(list + used, list_size - used, "%s%s", used ? " " : "", word);
}

/* Whether the word is in the list already: a noun's commands may stand in several tables. */
static bool is_appended(const char *list, const char *word)
{
    size_t size = strlen(word);

    for (const char *at = list; *at; at += strcspn(at, " "), at += *at == ' ') {
        if (strcspn(at, " ") == size && memcmp(at, word, size) == 0) {
            return true;
        }
    }
    return false;
}

/* The nouns that exist, or the verbs of one. */
static void list_commands(const char *noun, char *list, size_t list_size)
{
    list[0] = 0;
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
        for (const struct cli_command *command = nouns[i]; command->noun; command++) {
            if (help_is_hidden(command)) {
                continue;
            }
            if (noun && strcmp(noun, command->noun) == 0 && command->verb) {
                append(list, list_size, command->verb);
            } else if (!noun && !is_appended(list, command->noun)) {
                append(list, list_size, command->noun);
            }
        }
    }
}

static const struct cli_option *find_option(const struct cli_option *options, const char *name,
                                            size_t name_size)
{
    for (; options && options->name; options++) {
        if ((strlen(options->name) == name_size && memcmp(options->name, name, name_size) == 0) ||
            (name_size == 1 && options->letter == *name)) {
            return options;
        }
    }
    return NULL;
}

/* ---- parsing ---- */

struct line {
    int count, at;
    char **words;
    const char *noun, *verb;
    bool is_help, is_version;
    const char *language;
};

static fq_err fail_option(const struct cli *cli, const char *word, struct fq_why *out_why)
{
    char list[FQ_WHY_SIZE] = "";

    for (const struct cli_option *option = cli->command ? cli->command->options : NULL;
         option && option->name; option++) {
        append(list, sizeof list - 1, option->name);
    }
    for (const struct cli_option *option = globals; option->name; option++) {
        append(list, sizeof list - 1, option->name);
    }
    return fq_fail(out_why, FQ_REASON_USAGE, _("%s: options are %s"), word, list);
}

/* In the order of enum cli_format. */
static const char *const formats[] = {"table", "json", "jsonl", "csv", "md",
                                      "text",  "html", "xlsx",  NULL};

const char *const *cli_format_names(void)
{
    return formats;
}

static fq_err parse_format(struct cli *cli, const char *value, struct fq_why *out_why)
{
    for (size_t i = 0; formats[i]; i++) {
        if (strcmp(formats[i], value) == 0) {
            cli->format = (enum cli_format)i;
            return FQ_OK;
        }
    }
    return fq_fail(out_why, FQ_REASON_USAGE, "-o %s: table, json, jsonl, csv, md", value);
}

static fq_err parse_wait(struct cli *cli, const char *value, struct fq_why *out_why)
{
    static const char *const tiers[] = {"county", "city", "province", NULL};
    const char *equals = strchr(value, '='), *id;
    char tier[32], *end = NULL;
    double seconds = equals ? strtod(equals + 1, &end) : WAIT_SECONDS_DEFAULT;

    if (equals && (end == equals + 1 || *end || !(seconds >= 0) || seconds > WAIT_SECONDS_MAX)) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--wait %s", value);
    }
    snprintf(tier, sizeof tier, "%.*s", equals ? (int)(equals - value) : (int)sizeof tier, value);
    if (cli_word_find(tiers, tier, &id)) {
        snprintf(cli->wait_tier, sizeof cli->wait_tier, "%s", id);
        cli->wait_ms = (uint64_t)(seconds * 1000);
        return FQ_OK;
    }
    return fq_fail(out_why, FQ_REASON_USAGE, "--wait %s: county, city, province", value);
}

static fq_err set_global(struct cli *cli, struct line *line, const char *name, const char *value,
                         struct fq_why *out_why)
{
    const struct {
        const char *name;
        const char **text;
        bool *flag;
    } targets[] = {
        {"node", &cli->node, NULL},       {"lab", &cli->lab, NULL},
        {"context", &cli->context, NULL}, {"outbox", &cli->outbox, NULL},
        {"lang", &line->language, NULL},  {"no-input", NULL, &cli->has_no_input},
        {"yes", NULL, &cli->is_yes},      {"dry-run", NULL, &cli->is_dry_run},
        {"quiet", NULL, &cli->is_quiet},  {"verbose", NULL, &cli->is_verbose},
        {"help", NULL, &line->is_help},   {"version", NULL, &line->is_version},
    };

    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        if (strcmp(targets[i].name, name) == 0) {
            if (targets[i].text) {
                *targets[i].text = value;
            } else {
                *targets[i].flag = true;
            }
            return FQ_OK;
        }
    }
    if (strcmp(name, "wait") == 0) {
        return parse_wait(cli, value, out_why);
    }
    return parse_format(cli, value ? value : name, out_why); /* output, json, jsonl */
}

static fq_err parse_option(struct cli *cli, struct line *line, struct fq_why *out_why)
{
    const char *word = line->words[line->at];
    bool is_long = word[1] == '-';
    const char *name = word + (is_long ? 2 : 1);
    size_t name_size = is_long ? strcspn(name, "=") : 1;
    const struct cli_option *option = NULL;
    bool is_global = false;

    if (cli->command && !(is_long && name_size == 1)) {
        option = find_option(cli->command->options, name, name_size);
    }
    if (!option && !(is_long && name_size == 1)) {
        option = find_option(globals, name, name_size);
        is_global = true;
    }
    if (!option) {
        return fail_option(cli, word, out_why);
    }
    const char *value = NULL;
    bool has_more = name[name_size] != 0; /* --name=value, -ovalue */
    if (option->value && has_more) {
        value = name + name_size + (is_long ? 1 : 0);
    } else if (option->value) {
        if (line->at + 1 >= line->count) {
            return fq_fail(out_why, FQ_REASON_USAGE, "--%s %s", option->name, option->value);
        }
        value = line->words[++line->at];
    } else if (has_more) {
        return fail_option(cli, word, out_why);
    }
    if (is_global) {
        return set_global(cli, line, option->name, value, out_why);
    }
    if (cli->given_count == CLI_OPTIONS_MAX) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--%s", option->name);
    }
    cli->given[cli->given_count++] = (struct cli_given){option->name, value};
    return FQ_OK;
}

static fq_err parse_word(struct cli *cli, struct line *line, struct fq_why *out_why)
{
    const char *word = line->words[line->at];

    if (!line->noun) {
        line->noun = word;
        cli->command = find_command(word, NULL);
    } else if (!cli->command && !line->verb) {
        line->verb = word;
        cli->command = find_command(line->noun, word);
    } else if (cli->argument_count < CLI_ARGUMENTS_MAX) {
        cli->arguments[cli->argument_count++] = word;
    } else {
        return fq_fail(out_why, FQ_REASON_USAGE, "%s", word);
    }
    return FQ_OK;
}

/* Whether what stands on the line so far can still become a command; says what exists. */
static fq_err check_command(const struct cli *cli, const struct line *line, struct fq_why *out_why)
{
    char list[FQ_WHY_SIZE - 80];

    if (cli->command || !line->noun || (is_noun(line->noun) && !line->verb)) {
        return FQ_OK;
    }
    if (is_noun(line->noun)) {
        list_commands(line->noun, list, sizeof list);
        return fq_fail(out_why, FQ_REASON_USAGE, "%s %s: %s", line->noun, line->verb, list);
    }
    list_commands(NULL, list, sizeof list);
    return fq_fail(out_why, FQ_REASON_USAGE, "%s: %s", line->noun, list);
}

static fq_err parse(struct cli *cli, struct line *line, struct fq_why *out_why)
{
    bool is_literal = false;

    for (line->at = 1; line->at < line->count; line->at++) {
        const char *word = line->words[line->at];
        fq_err err;
        if (!is_literal && strcmp(word, "--") == 0) {
            is_literal = true;
            continue;
        }
        if (!is_literal && word[0] == '-' && word[1]) {
            err = parse_option(cli, line, out_why);
        } else {
            err = parse_word(cli, line, out_why);
        }
        err = err ? err : check_command(cli, line, out_why);
        if (err) {
            return err;
        }
    }
    return FQ_OK;
}

static fq_err check_arguments(const struct cli *cli, const struct line *line,
                              struct fq_why *out_why)
{
    char list[FQ_WHY_SIZE - 80];

    if (!cli->command) {
        list_commands(line->noun, list, sizeof list);
        return fq_fail(out_why, FQ_REASON_USAGE, "%s%s%s", line->noun ? line->noun : "",
                       line->noun ? ": " : "", list);
    }
    if (cli->argument_count < cli->command->arguments_min ||
        cli->argument_count > cli->command->arguments_max) {
        return fq_fail(out_why, FQ_REASON_USAGE, "%s%s%s %s", cli->command->noun,
                       cli->command->verb ? " " : "", cli->command->verb ? cli->command->verb : "",
                       cli->command->arguments);
    }
    return FQ_OK;
}

static void find_exe_dir(struct cli *cli)
{
    ssize_t size = readlink("/proc/self/exe", cli->exe_dir, sizeof cli->exe_dir - 1);

    cli->exe_dir[size > 0 ? size : 0] = 0;
    char *slash = strrchr(cli->exe_dir, '/');
    if (slash) {
        *slash = 0;
    } else {
        strcpy(cli->exe_dir, ".");
    }
}

/* The language is wanted before the first complaint about the line itself. */
static const char *find_language(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        if (strncmp(words[i], "--lang=", 7) == 0) {
            return words[i] + 7;
        }
        if (strcmp(words[i], "--lang") == 0 && i + 1 < count) {
            return words[i + 1];
        }
    }
    return NULL;
}

static fq_err run(struct cli *cli, struct line *line, struct fq_why *out_why)
{
    fq_err err = parse(cli, line, out_why);

    is_quiet = cli->is_quiet;
    if (err) {
        return err;
    }
    if (line->is_version) {
        printf("fengqiao %s\n", FQ_VERSION);
        return cli_flush(out_why);
    }
    if (line->is_help || (!line->noun && line->count == 1)) {
        if (cli->command) {
            help_command(cli->command);
        } else if (line->noun) {
            help_noun(line->noun);
        } else {
            help_overview();
        }
        return cli_flush(out_why);
    }
    if (line->language && strncmp(line->language, "zh", 2) && strncmp(line->language, "en", 2)) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--lang %s: zh, en", line->language);
    }
    err = check_arguments(cli, line, out_why);
    return err ? err : cli->command->run(cli, out_why);
}

int main(int count, char **words)
{
    static struct cli cli;
    struct line line = {.count = count, .words = words};
    struct fq_why why = {0};

    find_exe_dir(&cli);
    cli_dispute_open();
    cli_text_open(find_language(count, words), cli.exe_dir);
    fq_err err = run(&cli, &line, &why);
    if (err && why.reason) {
        fflush(stdout);
        cli_complain(&why);
    }
    if (!err && cli.is_left) {
        return EXIT_INTERRUPTED;
    }
    return err == FQ_ERR_LIMIT ? FQ_ERR_FAILED : (int)err;
}
