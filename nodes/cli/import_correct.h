/* Rows of disputes that are known already: what differs from what stands becomes a correction, what
 * was not told yet a new step.
 *
 * Only columns that the file has are compared, so that what a map's constants say, or what no
 * column holds, changes nothing. Where a dispute is at home is not changed. */
#ifndef FQ_NODES_CLI_IMPORT_CORRECT_H
#define FQ_NODES_CLI_IMPORT_CORRECT_H

#include "client.h"
#include "import_past.h"
#include "import_row.h"

struct row_changes {
    uint32_t corrected, added; /* steps */
};

/* The steps to tell a node that holds `past` of the row's dispute; gives how many in `out_events`,
 * which has room for ROW_COMMANDS_MAX. A correction's command id follows from the step it corrects
 * as it stands, so that importing again adds nothing, and going back to an older value is a
 * correction too. Pure. */
FQ_CHECKED fq_err row_compare(const struct map *map, const struct row *row, const struct past *past,
                              struct fq_event *out_events, size_t *out_count,
                              struct row_changes *out_changes, struct fq_why *out_why);

/* Compare the row with what the node holds of its dispute and send what differs, whole or not at
 * all; the row's vault texts go with it. Uses the arena. */
FQ_CHECKED fq_err correct_row(const struct cli *cli, struct cli_client *client,
                              const struct map *map, const struct fq_codes *codes,
                              const struct row *row, struct fq_arena *arena,
                              struct row_changes *out_changes, struct fq_why *out_why);

#endif
