/* The guided form: a step asked field by field on a terminal.
 *
 * F1  It asks only a person: stdin, stdout and stderr are terminals and --no-input was not given.
 * F2  An answer is read by the same readers as the option it stands for, at once.
 * F3  Nothing is saved before the review was answered with yes; who leaves has saved nothing. */
#ifndef FQ_NODES_CLI_FORM_H
#define FQ_NODES_CLI_FORM_H

#include "step.h"

/* When something the step requires is missing and F1 holds: ask, and add the answers to cli->given.
 * Sets cli->is_left when the user left. Does nothing otherwise. */
FQ_CHECKED fq_err form_ask(struct cli_desk *desk, struct cli *cli, enum fq_kind_of_event kind,
                           struct fq_why *out_why);

#endif
