/* `dispute show` and `dispute ls`: one dispute's file, and the list of disputes. */
#ifndef FQ_NODES_CLI_DISPUTE_H
#define FQ_NODES_CLI_DISPUTE_H

#include "client.h"

FQ_CHECKED fq_err dispute_show(struct cli *cli, struct fq_why *out_why);
FQ_CHECKED fq_err dispute_ls(struct cli *cli, struct fq_why *out_why);

#endif
