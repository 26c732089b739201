#ifndef FQ_NODES_CLI_COMPLETION_H
#define FQ_NODES_CLI_COMPLETION_H

#include "cli.h"

/* Print the reference of the man page (commands, options, exit codes) as scdoc. */
fq_err completion_man(struct cli *cli, struct fq_why *out_why);
/* Print a line for everything that lacks a group, a title, a row of placeholders or, in Chinese, a
 * translation; nothing when all is well. Arguments are keys of results to look at as well, or, as
 * `=word`, words that results hold. */
fq_err completion_check(struct cli *cli, struct fq_why *out_why);

#endif
