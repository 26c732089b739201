/* Keyed rows that changed since they were imported: what differs becomes a correction. */
#ifndef FQ_NODES_CLI_IMPORT_CORRECT_H
#define FQ_NODES_CLI_IMPORT_CORRECT_H

#include "client.h"
#include "import_row.h"

/* Compare the row with what the node holds of its dispute and correct every step that differs; gives
 * how many did. A correction's command id follows from the step it corrects as it stands, so that
 * importing again adds nothing, and going back to an older value is a correction too. */
FQ_CHECKED fq_err correct_row(const struct cli *cli, struct cli_client *client,
                              const struct fq_codes *codes, struct row *row, uint32_t *out_count,
                              struct fq_why *out_why);

#endif
