/* Rows of disputes that are known already: asked for, compared, and what differs is sent. */
#ifndef FQ_NODES_CLI_IMPORT_CORRECT_H
#define FQ_NODES_CLI_IMPORT_CORRECT_H

#include "client.h"
#include "import_compare.h"

/* Compare the row with what the node holds of its dispute and send what differs, whole or not at
 * all; the row's vault texts go with it. Uses the arena. */
FQ_CHECKED fq_err correct_row(const struct cli *cli, struct cli_client *client,
                              const struct map *map, const struct fq_codes *codes,
                              const struct row *row, struct fq_arena *arena,
                              struct row_changes *out_changes, struct fq_why *out_why);

#endif
