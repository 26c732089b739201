/* The reference of the man page from the tables of commands, in the language asked for. */
#include "completion.h"

#include <string.h>

#include "help.h"

#define TEXT_SIZE 160

/* scdoc takes these characters for marks. */
static void print_plain(const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_#[]|<>~`.", *text)) {
            putchar('\\');
        }
        putchar(*text);
    }
}

static void print_marked(char mark, const char *text)
{
    putchar(mark);
    print_plain(text);
    putchar(mark);
}

static void print_indent(int depth)
{
    for (int i = 0; i < depth; i++) {
        putchar('\t');
    }
}

static void print_placeholder(const char *value)
{
    char text[TEXT_SIZE];

    help_placeholder(value, text, sizeof text, NULL);
    putchar(' ');
    print_marked('_', text);
}

static void print_option(const struct cli_option *option, int depth)
{
    char name[TEXT_SIZE];

    if (option->letter) {
        snprintf(name, sizeof name, "-%c, --%s", option->letter, option->name);
    } else {
        snprintf(name, sizeof name, "--%s", option->name);
    }
    print_indent(depth);
    print_marked('*', name);
    if (option->value) {
        print_placeholder(option->value);
    }
    putchar('\n');
    print_indent(depth + 1);
    print_plain(_(option->help));
    fputs("\n\n", stdout);
}

static void print_command(const struct cli_command *command)
{
    char name[TEXT_SIZE];

    snprintf(name, sizeof name, "fengqiao %s%s%s", command->noun, command->verb ? " " : "",
             command->verb ? command->verb : "");
    print_marked('*', name);
    if (*command->arguments) {
        print_placeholder(command->arguments);
    }
    fputs("\n\t", stdout);
    print_plain(_(command->help));
    fputs("\n\n", stdout);
    for (const struct cli_option *option = command->options; option && option->name; option++) {
        print_option(option, 1);
    }
}

static void print_group(size_t group)
{
    const struct cli_command *command;
    char title[TEXT_SIZE];
    size_t size;

    snprintf(title, sizeof title, "%s", help_group_title(group));
    size = strcspn(title, ":");
    title[size] = 0; /* a heading has no colon, in either language */
    char *wide_colon = strstr(title, "：");
    if (wide_colon) {
        *wide_colon = 0;
    }
    printf("## %s\n\n", title);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        if (!help_is_hidden(command) && help_group_of(command->noun) == group) {
            print_command(command);
        }
    }
}

fq_err completion_man(struct cli *cli, struct fq_why *out_why)
{
    (void)cli;
    printf("# %s\n\n", _("OPTIONS"));
    print_plain(_("These may stand anywhere on the line, with every command."));
    fputs("\n\n", stdout);
    for (const struct cli_option *option = cli_global_options(); option->name; option++) {
        print_option(option, 0);
    }
    printf("# %s\n\n", _("COMMANDS"));
    for (size_t group = 0; group < HELP_GROUPS; group++) {
        print_group(group);
    }
    printf("# %s\n\n", _("EXIT STATUS"));
    for (const struct help_exit *row = help_exits(); row->code; row++) {
        print_marked('*', row->code);
        fputs("\n\t", stdout);
        print_plain(_(row->text));
        fputs("\n\n", stdout);
    }
    return cli_flush(out_why);
}
