/* The guided form: a step asked field by field on a terminal.
 *
 * F1  It asks only a person: stdin, stdout and stderr are terminals and --no-input was not given.
 * F2  An answer is read by the same readers as the option it stands for, at once.
 * F3  Nothing is saved before the review was answered with yes; who leaves has saved nothing. */
#ifndef FQ_NODES_CLI_FORM_H
#define FQ_NODES_CLI_FORM_H

#include "step.h"

struct form;

/* When something the step requires is missing and F1 holds: ask, and add the answers to cli->given.
 * Sets cli->is_left when the user left. Gives a form for form_close, or NULL when it did not ask. */
FQ_CHECKED fq_err form_ask(struct cli_desk *desk, struct cli *cli, enum fq_kind_of_event kind,
                           struct form **out_form, struct fq_why *out_why);
/* After the command was refused: say why and let the answers be changed, from the review on. False
 * when the user left. */
bool form_again(struct form *form, const struct fq_why *why);
/* Whether something the step requires is not on the command line. */
bool form_lacks(const struct cli *cli, enum fq_kind_of_event kind);
void form_close(struct form *form); /* NULL is accepted */

#endif
