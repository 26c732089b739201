/* Corrections as a person means them: what is not given stays. */
#ifndef FQ_TESTS_CORRECTION_H
#define FQ_TESTS_CORRECTION_H

#include "fq/core/step.h"

/* Fill what a correction of a step left out with what `live` says: its date, and each folded field
 * (texts are not kept by the fold); then as fq_step_keep_later does. `given` has a bit per enum fq_field
 * that the correction sets, so that a field can be set to nothing. Borrows bytes of `live` as long as
 * `correction` is used. */
void correction_complete(struct fq_event *correction, uint64_t given, const struct fq_event *live,
                         const struct fq_dispute *dispute);

#endif
