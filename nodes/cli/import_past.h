/* The past of a dispute: what its history, as a node tells it, amounts to for a ledger. Pure.
 *
 * Of steps that answer one question (accepted or rejected; agreed, failed or terminated) only the
 * last stands; what was voided does not, nor what a reopening emptied. */
#ifndef FQ_NODES_CLI_IMPORT_PAST_H
#define FQ_NODES_CLI_IMPORT_PAST_H

#include "fq/core/code.h"
#include "fq/core/event.h"

struct past_step {
    struct fq_event event; /* as fields go: `step` says what it is, byte-like ones are borrowed */
    bool is_standing;
};

struct past {
    struct past_step *steps; /* in the order of their stamps */
    size_t count;
};

/* Read the `history` of a `dispute.show`. Its bytes are borrowed; the steps lie in the arena.
 * Fails with LIMIT. */
FQ_CHECKED fq_err past_read(struct fq_span history, const struct fq_codes *codes,
                            struct fq_arena *arena, struct past *out_past, struct fq_why *out_why);
/* The step that answers what `kind` answers; NULL when none stands. */
const struct fq_event *past_standing(const struct past *past, unsigned kind);
/* Whether only one step of that kind stands at a time. */
bool past_is_answer(unsigned kind);
/* Whether a reopening empties a step of that kind. */
bool past_is_emptied(unsigned kind);
/* Whether an event with this command id is in it, standing or not. */
bool past_has_command(const struct past *past, const struct fq_id *cmd_id);

#endif
