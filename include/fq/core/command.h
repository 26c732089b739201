/* Commands: what a person may do to a dispute in its present state. Checked where they are entered,
 * against the view of that node, and nowhere else (N1 of core.h).
 *
 * G1  An illegal step is refused with the list of legal ones.
 * G2  Dates are dates, and no step lies before the step it rests on.
 * G3  Codes are in the node's tables, areas in its area table and under its own area. */
#ifndef FQ_CORE_COMMAND_H
#define FQ_CORE_COMMAND_H

#include "fq/core/merge.h"
#include "fq/core/step.h"

struct fq_command_context {
    const struct fq_areas *areas;
    const struct fq_codes *codes;
    uint32_t own_area;
};

/* Complete the command (home area, default kind) and check it against the dispute as it stands;
 * `dispute` is NULL when unknown. Refuses with the reason and, in the detail, what is at fault. */
FQ_CHECKED fq_err fq_command_check(const struct fq_command_context *context,
                                   const struct fq_dispute *dispute, struct fq_event *command,
                                   struct fq_why *out_why);

#endif
