/* What `export` writes besides the events themselves. */
#ifndef FQ_NODES_CLI_EXPORT_H
#define FQ_NODES_CLI_EXPORT_H

#include "cli.h"

FQ_CHECKED fq_err export_register(struct cli *cli, struct fq_why *out_why);

#endif
