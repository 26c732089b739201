/* Help, from the tables that parsing uses; the man page and the completion take from here too.
 *
 * H1  Every command stands in a group: who uses it. `completion check` names one that does not.
 * H2  No line is wider than the terminal, or than 80 columns where there is none. */
#ifndef FQ_NODES_CLI_HELP_H
#define FQ_NODES_CLI_HELP_H

#include "cli.h"

#define HELP_GROUPS 4
#define HELP_GROUP_NONE HELP_GROUPS

struct help_exit {
    const char *code, *text; /* the text N_() */
};

/* The overview; the verbs of a noun; one command. */
void help_overview(void);
void help_noun(const char *noun);
void help_command(const struct cli_command *command);

const char *help_group_title(size_t group); /* translated */
size_t help_group_of(const char *noun);     /* HELP_GROUP_NONE: in no group (H1) */
/* What a noun with several verbs is about, translated; NULL when nobody said. */
const char *help_about(const char *noun);
/* Whether the command is for programs and stays out of lists. */
bool help_is_hidden(const struct cli_command *command);
/* A placeholder such as `CODE,...` in the user's language. `out_unknown`, when not NULL, gets the
 * first word that has no row in the table of placeholders, or an empty text. */
void help_placeholder(const char *value, char *out, size_t out_size, char out_unknown[32]);
/* `-o, --output FORMAT` */
void help_option(const struct cli_option *option, char *out, size_t out_size);
/* The exit codes; ends with a row whose code is NULL. */
const struct help_exit *help_exits(void);

#endif
