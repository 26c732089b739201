/* Commands: what a person may do to a dispute in its present state. Checked where they are entered,
 * against the view of that node, and nowhere else (N1 of core.h).
 *
 * G1  An illegal step is refused with the list of legal ones; a voided or merged dispute by that name.
 * G2  Dates are dates, no step lies before the step it rests on, and no correction puts it behind
 *     what rests on it.
 * G3  Codes are in the node's tables, areas in its area table and under its own area; places and units
 *     in theirs where the node has them. Numbers are what they count can be, texts are UTF-8. What is
 *     stored already is not judged again.
 * G4  A step is taken by whom step.h names; see enum fq_step_who.
 * G5  What a command names, a referral, a unit that takes part, an event, another dispute, is there and
 *     in a state that fits.
 * G6  A dispute takes no more than FQ_DISPUTE_FACTS_MAX facts, but for its closing and the void of all
 *     of it; nor does an activity. */
#ifndef FQ_CORE_COMMAND_H
#define FQ_CORE_COMMAND_H

#include "fq/core/command_service.h"
#include "fq/core/docket.h"
#include "fq/core/place.h"

/* Bytes that a completed command may borrow. */
struct fq_command_room {
    uint8_t referral[FQ_ID_SIZE];
    uint8_t target[FQ_EVENT_ID_SIZE];
};

struct fq_command_context {
    const struct fq_areas *areas;
    const struct fq_codes *codes;
    uint32_t own_area;
    const struct fq_view *view;   /* whose facts the dispute's are; NULL: what only they tell is not
                                   checked */
    const struct fq_units *units; /* NULL or empty: the node has no such table */
    const struct fq_places *places; /* likewise */
    struct fq_command_room *room;   /* lives as long as the command; not NULL with a view */
    const struct fq_service_context *services; /* NULL: none are taken, nor campaigns known */
    bool is_of_ledger; /* of a row that tells of the past: the unit referred to may not be known */
};

/* Complete the command (home area, default kinds, the referral answered, the event voided) and check it
 * against the dispute as it stands; `dispute` is NULL when unknown. Refuses with the reason and, in the
 * detail, what is at fault. */
FQ_CHECKED fq_err fq_command_check(const struct fq_command_context *context,
                                   const struct fq_dispute *dispute, struct fq_event *command,
                                   struct fq_why *out_why);

/* A `void` names its event by that event's id, or by the command that made it: then the origin of the
 * id is 0, which is nobody's, and the command's 16 bytes follow. */
void fq_command_target(const struct fq_id *cmd_id, uint8_t out[FQ_EVENT_ID_SIZE]);

/* Whether all public texts of the command and its actor are UTF-8 (G3). */
FQ_CHECKED fq_err fq_command_check_texts(const struct fq_event *command, struct fq_why *out_why);

/* ---- command_rules.c: what the table of steps cannot say ---- */

/* G4 */
FQ_CHECKED fq_err fq_command_check_who(const struct fq_command_context *context,
                                       const struct fq_dispute *dispute,
                                       const struct fq_event *command, struct fq_why *out_why);
/* Fill in what follows from what is known, before the fields are checked. */
FQ_CHECKED fq_err fq_command_complete(const struct fq_command_context *context,
                                      const struct fq_dispute *dispute, struct fq_event *command,
                                      struct fq_why *out_why);
/* G5, and the days of a correction (G2); of a command that is complete and whose fields are good. */
FQ_CHECKED fq_err fq_command_check_rules(const struct fq_command_context *context,
                                         const struct fq_dispute *dispute,
                                         const struct fq_event *command, struct fq_why *out_why);

#endif
