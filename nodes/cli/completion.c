/* `completion`: the shell asks the program what may come next, so nothing here goes stale.
 *
 * `completion bash` prints a script of a few lines. For programs, in no list: `completion words`
 * answers that script, `completion man` writes the reference of the man page, `completion check`
 * names what lacks a group, a title or a translation. */
#include "completion.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/core/event.h"
#include "fq/core/rollup.h"
#include "fq/edge/code_file.h"
#include "fq/edge/memory.h"
#include "help.h"
#include "lab_layout.h"

#define CODES_MEMORY (4u << 20)
#define TEXT_SIZE 128

/* ---- the line so far ---- */

struct line {
    const struct cli *cli;
    const char *word;   /* what is being typed */
    size_t prefix_size; /* of `word`: what stands before the part to complete, such as `a,b,` */
    const char *noun, *verb, *lab;
    const struct cli_command *command;
    const struct cli_option *open; /* the option that waits for its value; NULL none */
    int argument_count;
};

static void offer(const struct line *line, const char *text)
{
    const char *part = line->word + line->prefix_size;

    if (strncmp(text, part, strlen(part)) == 0) {
        printf("%.*s%s\n", (int)line->prefix_size, line->word, text);
    }
}

/* The first line of the answer may ask the shell for names of files. */
static void offer_files(void)
{
    puts(":files");
}

static const struct cli_command *find_command(const char *noun, const char *verb)
{
    const struct cli_command *command;

    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        if (strcmp(command->noun, noun) == 0 &&
            (!command->verb || (verb && strcmp(command->verb, verb) == 0))) {
            return command;
        }
    }
    return NULL;
}

static const struct cli_option *find_option(const struct cli_option *options, const char *word)
{
    size_t size = strcspn(word, "=");

    for (; options && options->name; options++) {
        bool is_long = strncmp(word, "--", 2) == 0 && strlen(options->name) == size - 2 &&
                       strncmp(options->name, word + 2, size - 2) == 0;
        if (is_long || (word[1] == options->letter && word[1] && word[2] == 0)) {
            return options;
        }
    }
    return NULL;
}

static void read_option(struct line *line, const char *word)
{
    const struct cli_option *option =
        line->command ? find_option(line->command->options, word) : NULL;

    option = option ? option : find_option(cli_global_options(), word);
    if (option && option->value) {
        line->open = option;
    }
}

/* bash parts words at `=`: `--lang=zh` comes as three. */
static void read_words(struct line *line, const char *const *words, int count)
{
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        if (strcmp(word, "=") == 0) {
            continue;
        }
        if (line->open) {
            line->lab = strcmp(line->open->name, "lab") == 0 ? word : line->lab;
            line->open = NULL;
        } else if (word[0] == '-' && word[1]) {
            read_option(line, word);
        } else if (!line->noun) {
            line->noun = word;
            line->command = find_command(word, NULL);
        } else if (!line->command && !line->verb) {
            line->verb = word;
            line->command = find_command(line->noun, word);
        } else {
            line->argument_count++;
        }
    }
}

/* ---- values ---- */

/* The table a value is looked up in, where the option is not called as the table. */
static enum fq_code_table code_table(const char *option)
{
    static const struct {
        const char *option, *table;
    } others[] = {
        {"level", "risk"},        {"status", "performance"}, {"step", "confirmation"},
        {"effect", "prevention"}, {"to-kind", "kind"},
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i].option, option) == 0) {
            return fq_codes_table_find(fq_span_text(others[i].table));
        }
    }
    return fq_codes_table_find(fq_span_text(option));
}

/* The tables of the lab, else those that came with the program. */
static bool find_taxonomy(const struct line *line, char *path, size_t path_size)
{
    static const char *const places[] = {"../../config", "../../../config",
                                         "../share/fengqiao/config"};

    if (line->lab) {
        snprintf(path, path_size, "%s/taxonomy.cfg", line->lab);
        if (access(path, R_OK) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, path_size, "%s/%s/taxonomy.cfg", line->cli->exe_dir, places[i]);
        if (access(path, R_OK) == 0) {
            return true;
        }
    }
    return false;
}

static void offer_codes(const struct line *line, enum fq_code_table table)
{
    char path[700];
    struct fq_codes codes = {.version = 0};
    struct fq_arena arena = {0};

    if (!find_taxonomy(line, path, sizeof path) || fq_memory_reserve(CODES_MEMORY, &arena, NULL)) {
        return;
    }
    if (fq_codes_load(path, &arena, &codes, NULL) == FQ_OK) {
        for (uint32_t i = 0; i < codes.tables[table].count; i++) {
            offer(line, codes.tables[table].rows[i].id);
        }
    }
    fq_memory_release(&arena);
}

static void offer_areas(const struct line *line)
{
    struct lab *lab = NULL;
    char code[16];

    if (line->lab && lab_load(line->lab, &lab, NULL) == FQ_OK) {
        for (size_t i = 0; i < lab->count; i++) {
            snprintf(code, sizeof code, "%06u", (unsigned)lab->nodes[i].area);
            offer(line, code);
        }
    }
    free(lab);
}

static void offer_states(const struct line *line)
{
    for (unsigned state = FQ_STATE_REGISTERED; state < FQ_STATES; state++) {
        offer(line, fq_state_name((enum fq_state)state));
    }
}

static void offer_events(const struct line *line)
{
    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        offer(line, fq_kind_row(kind)->name);
    }
}

static void offer_dimensions(const struct line *line)
{
    for (unsigned i = 0; i < FQ_DIMENSIONS_COUNT; i++) {
        offer(line, fq_dimension_name((enum fq_dimension)i));
    }
}

static void offer_measures(const struct line *line)
{
    for (unsigned i = 0; i < FQ_MEASURES_COUNT; i++) {
        offer(line, fq_measure_row((enum fq_measure)i)->name);
    }
}

static void offer_formats(const struct line *line)
{
    for (const char *const *format = cli_format_names(); *format; format++) {
        offer(line, *format);
    }
}

static void offer_tiers(const struct line *line)
{
    for (unsigned tier = FQ_TIER_COUNTY; tier <= FQ_TIER_PROVINCE; tier++) {
        offer(line, fq_tier_name((enum fq_tier)tier));
    }
}

static void offer_reasons(const struct line *line)
{
    const struct fq_reason_row *row;
    char code[16];

    for (size_t i = 0; (row = fq_reason_at(i)); i++) {
        snprintf(code, sizeof code, "FQ-%04u", (unsigned)row->reason);
        offer(line, code);
    }
}

/* `yes|no`: what is written in small letters is typed as it stands. */
static void offer_literals(const struct line *line, const char *placeholder)
{
    char text[TEXT_SIZE];
    char *rest = text;

    if (strpbrk(placeholder, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        return;
    }
    snprintf(text, sizeof text, "%s", placeholder);
    for (char *at; (at = strsep(&rest, "|"));) {
        offer(line, at);
    }
}

static bool names(const char *placeholder, const char *word)
{
    const char *at = strstr(placeholder, word);
    char after = at ? at[strlen(word)] : 'X';

    return (after < 'A' || after > 'Z') && (at == placeholder || at[-1] < 'A' || at[-1] > 'Z');
}

static void offer_by_placeholder(const struct line *line, const char *placeholder)
{
    static const char *const files[] = {"FILE", "DIR", "PATH", "MAP", "TEMPLATE"};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (names(placeholder, files[i])) {
            offer_files();
            return;
        }
    }
    if (names(placeholder, "CODE") || names(placeholder, "AREA")) {
        offer_areas(line);
    } else if (names(placeholder, "FQ-nnnn")) {
        offer_reasons(line);
    } else {
        offer_literals(line, placeholder);
    }
}

static void offer_value(struct line *line)
{
    static const struct {
        const char *option;
        void (*offer)(const struct line *line);
    } offers[] = {
        {"output", offer_formats}, {"state", offer_states},     {"event", offer_events},
        {"by", offer_dimensions},  {"measure", offer_measures}, {"wait", offer_tiers},
        {"tier", offer_tiers},
    };
    const char *name = line->open->name, *comma = strrchr(line->word, ',');

    if (strstr(line->open->value, ",...") && comma) {
        line->prefix_size = (size_t)(comma + 1 - line->word);
    }
    if (strcmp(name, "lang") == 0) {
        offer(line, "zh");
        offer(line, "en");
        return;
    }
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        if (strcmp(offers[i].option, name) == 0) {
            offers[i].offer(line);
            return;
        }
    }
    enum fq_code_table table = code_table(name);
    if (table) {
        offer_codes(line, table);
    } else {
        offer_by_placeholder(line, line->open->value);
    }
}

/* ---- the rest of a line ---- */

static void offer_options(const struct line *line, const struct cli_option *options)
{
    char text[TEXT_SIZE];

    for (; options && options->name; options++) {
        snprintf(text, sizeof text, "--%s", options->name);
        offer(line, text);
    }
}

/* Nouns when `noun` is NULL, else its verbs; each once. */
static void offer_commands(const struct line *line, const char *noun)
{
    const struct cli_command *command, *other;

    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        bool is_known = help_is_hidden(command) || (noun && strcmp(command->noun, noun) != 0);
        for (size_t j = 0; j < i && !noun && !is_known; j++) {
            other = cli_command_at(j);
            is_known = strcmp(other->noun, command->noun) == 0;
        }
        if (!is_known && (!noun || command->verb)) {
            offer(line, noun ? command->verb : command->noun);
        }
    }
}

/* The placeholder at the place of the argument being typed; the last may be given many times. */
static void offer_argument(const struct line *line)
{
    char text[TEXT_SIZE], *rest = text, *at, *found = NULL;

    snprintf(text, sizeof text, "%s", line->command->arguments);
    for (int i = 0; (at = strsep(&rest, " ")) && i <= line->argument_count; i++) {
        found = i == line->argument_count || strstr(at, "...") ? at : NULL;
    }
    if (found && *found) {
        offer_by_placeholder(line, found);
    }
}

static fq_err run_words(struct cli *cli, struct fq_why *out_why)
{
    struct line line = {.cli = cli, .word = ""};
    int count = cli->argument_count;

    if (count > 0) {
        line.word = cli->arguments[count - 1];
        read_words(&line, cli->arguments, count - 1);
    }
    if (strcmp(line.word, "=") == 0) {
        line.word = "";
    }
    if (line.open) {
        offer_value(&line);
    } else if (line.word[0] == '-') {
        offer_options(&line, line.command ? line.command->options : NULL);
        offer_options(&line, cli_global_options());
    } else if (line.command) {
        offer_argument(&line);
    } else {
        offer_commands(&line, line.noun);
    }
    return cli_flush(out_why);
}

static fq_err run_bash(struct cli *cli, struct fq_why *out_why)
{
    (void)cli;
    fputs("# Completion for fengqiao in bash: source <(fengqiao completion bash)\n"
          "_fengqiao()\n"
          "{\n"
          "    local reply\n"
          "    COMPREPLY=()\n"
          "    while IFS= read -r reply; do\n"
          "        if [ \"$reply\" = :files ]; then\n"
          "            compopt -o default 2>/dev/null\n"
          "        else\n"
          "            COMPREPLY+=(\"$reply\")\n"
          "        fi\n"
          "    done < <(\"$1\" completion words -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
          "}\n"
          "complete -F _fengqiao fengqiao fq\n",
          stdout);
    return cli_flush(out_why);
}

const struct cli_command cli_completion_commands[] = {
    {"completion", "bash", "", 0, 0, N_("Print the completion for bash."), NULL, run_bash},
    {"completion", "words", "", 0, CLI_ARGUMENTS_MAX, NULL, NULL, run_words},
    {"completion", "man", "", 0, 0, NULL, NULL, completion_man},
    {"completion", "check", "", 0, CLI_ARGUMENTS_MAX, NULL, NULL, completion_check},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
