/* `period diff SEAL`, for the table of commands in period.c. */
#ifndef FQ_NODES_CLI_PERIOD_DIFF_H
#define FQ_NODES_CLI_PERIOD_DIFF_H

#include "client.h"

#define SEALING_MS 120000 /* a large node, and one that is asked to look far back */

extern const struct cli_option period_diff_options[];
FQ_CHECKED fq_err period_diff(struct cli *cli, struct fq_why *out_why);

#endif
