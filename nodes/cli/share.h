/* The data files a program is shipped with: code tables, templates, maps. */
#ifndef FQ_NODES_CLI_SHARE_H
#define FQ_NODES_CLI_SHARE_H

#include "cli.h"

#define SHARE_PATH_SIZE 800

/* The path of `config/NAME`: in the tree the program was built in, or where it was installed.
 * Fails with FILE. */
FQ_CHECKED fq_err share_find(const struct cli *cli, const char *name, char out[SHARE_PATH_SIZE],
                             struct fq_why *out_why);

#endif
