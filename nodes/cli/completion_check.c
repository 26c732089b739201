/* `completion check`: what the tables of commands and of words leave untold. tests/test_words.py
 * fails on every line of it. */
#include "completion.h"

#include <string.h>

#include "fq/core/dispute.h"
#include "fq/core/event.h"
#include "fq/core/measure.h"
#include "fq/core/rollup.h"
#include "help.h"

static const char *name_of(const struct cli_command *command)
{
    static char name[80];

    snprintf(name, sizeof name, "%s%s%s", command->noun, command->verb ? " " : "",
             command->verb ? command->verb : "");
    return name;
}

/* In English a text is its own translation. */
static bool is_translated(const char *text)
{
    return !cli_text_is_chinese() || strcmp(cli_text(text), text) != 0;
}

static void check_placeholder(const struct cli_command *command, const char *value)
{
    char text[160], unknown[32];

    help_placeholder(value, text, sizeof text, unknown);
    if (*unknown) {
        printf("%s: placeholder %s has no row in help.c\n", command ? name_of(command) : "fengqiao",
               unknown);
    }
}

static void check_options(const struct cli_command *command, const struct cli_option *options)
{
    for (; options && options->name; options++) {
        const char *of = command ? name_of(command) : "fengqiao";
        if (!options->help || !*options->help) {
            printf("%s --%s: has no help\n", of, options->name);
        } else if (!is_translated(options->help)) {
            printf("%s --%s: no Chinese for its help\n", of, options->name);
        }
        if (options->value) {
            check_placeholder(command, options->value);
        }
    }
}

static void check_commands(void)
{
    const struct cli_command *command;

    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        if (help_is_hidden(command)) {
            continue;
        }
        if (help_group_of(command->noun) == HELP_GROUP_NONE) {
            printf("%s: stands in no group of help.c\n", name_of(command));
        } else if (command->verb && !help_about(command->noun)) {
            printf("%s: help.c does not say what the noun is about\n", name_of(command));
        }
        if (!is_translated(command->help)) {
            printf("%s: no Chinese for its help\n", name_of(command));
        }
        check_placeholder(command, command->arguments);
        check_options(command, command->options);
    }
    check_options(NULL, cli_global_options());
}

static void check_title(const char *key)
{
    if (!cli_has_title(key)) {
        printf("%s: has no title in words.c\n", key);
    } else if (cli_text_is_chinese() && strcmp(cli_title(key), key) == 0) {
        printf("%s: no Chinese for its title\n", key);
    }
}

static void check_word(const char *word)
{
    if (!cli_has_word(word)) {
        printf("%s: is not among those of words.c\n", word);
    } else if (!is_translated(word)) {
        printf("%s: no Chinese for the word\n", word);
    }
}

static void check_titles(void)
{
    for (unsigned i = 0; i < FQ_MEASURES_COUNT; i++) {
        check_title(fq_measure_row((enum fq_measure)i)->name);
    }
    for (uint32_t i = 0; i < fq_metrics_default()->count; i++) {
        check_title(fq_metrics_default()->rows[i].name);
    }
    for (unsigned i = 1; i < FQ_FIELDS_COUNT; i++) {
        check_title(fq_field_row((enum fq_field)i)->name);
    }
    for (unsigned i = 0; i < FQ_DIMENSIONS_COUNT; i++) {
        check_title(fq_dimension_name((enum fq_dimension)i));
    }
}

static void check_words(void)
{
    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        check_word(fq_kind_row(kind)->name);
    }
    for (unsigned state = 0; state < FQ_STATES; state++) {
        check_word(fq_state_name((enum fq_state)state));
    }
    for (unsigned tier = FQ_TIER_COUNTY; tier <= FQ_TIER_PROVINCE; tier++) {
        check_word(fq_tier_name((enum fq_tier)tier));
    }
}

static void check_reasons(void)
{
    const struct fq_reason_row *row;

    for (size_t i = 0; (row = fq_reason_at(i)); i++) {
        if (!is_translated(row->cause) || !is_translated(row->cure)) {
            printf("FQ-%04u: no Chinese for its cause or its cure\n", (unsigned)row->reason);
        }
    }
}

fq_err completion_check(struct cli *cli, struct fq_why *out_why)
{
    check_commands();
    check_titles();
    check_words();
    check_reasons();
    for (int i = 0; i < cli->argument_count; i++) {
        const char *text = cli->arguments[i];
        if (*text == '=') {
            check_word(text + 1);
        } else {
            check_title(text);
        }
    }
    return cli_flush(out_why);
}
