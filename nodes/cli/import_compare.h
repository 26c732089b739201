/* A row beside the past of its dispute: what differs from what stands becomes a correction, what was
 * not told yet a new step. Pure.
 *
 * Only columns that the file has are compared, so that what a map's constants say, or what no
 * column holds, changes nothing. Where a dispute is at home is not changed. Another outcome than the
 * one that stands opens the dispute again; what followed the old one is told anew by the row. */
#ifndef FQ_NODES_CLI_IMPORT_COMPARE_H
#define FQ_NODES_CLI_IMPORT_COMPARE_H

#include "import_past.h"
#include "import_row.h"

struct row_changes {
    uint32_t corrected, added; /* steps */
};

/* The steps to tell a node that holds `past` of the row's dispute; gives how many in `out_events`,
 * which has room for ROW_COMMANDS_MAX. A correction's command id follows from the step it corrects
 * as it stands, so that importing again adds nothing, and going back to an older value is a
 * correction too. */
FQ_CHECKED fq_err row_compare(const struct map *map, const struct row *row, const struct past *past,
                              struct fq_event *out_events, size_t *out_count,
                              struct row_changes *out_changes, struct fq_why *out_why);

#endif
