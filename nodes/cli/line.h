/* One line typed on a terminal: edited, completed. The one door to libedit.
 *
 * Typed text is UTF-8 under any locale the program is started with; Ctrl-C is a key like others
 * while a line is read, so that leaving is an answer and never a signal in the middle of one. */
#ifndef FQ_NODES_CLI_LINE_H
#define FQ_NODES_CLI_LINE_H

#include "cli.h"

#define CLI_LINE_SIZE 4096

struct cli_line;

struct cli_choice { /* what may be typed for one thing; empty texts are no names */
    const char *id, *zh, *en;
    uint64_t number; /* 0 none */
};

/* The choice at `index`; false past the last. */
typedef bool (*cli_choice_at)(const void *context, size_t index, struct cli_choice *out_choice);

FQ_CHECKED fq_err cli_line_open(struct cli_line **out_line, struct fq_why *out_why);
void cli_line_close(struct cli_line *line); /* NULL is accepted */

/* Read one line after `prompt`; Tab completes among the choices (`choice_at` may be NULL): by the
 * beginning of a name in either language, of an id or of a number, else by a part of a Chinese name.
 * False when the user left by Ctrl-C or Ctrl-D, or the terminal is gone. */
bool cli_line_ask(struct cli_line *line, const char *prompt, cli_choice_at choice_at,
                  const void *context, char out_text[CLI_LINE_SIZE]);
/* Print the choices, one a line. */
void cli_line_list(cli_choice_at choice_at, const void *context);

#endif
