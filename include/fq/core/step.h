/* Steps: what can happen to a dispute, one row each. The command line, the checks of commands, the
 * legal next steps and the manual are all read from this one table.
 *
 * W1  A step is legal in the states of its row and in no other.
 * W2  A step rests on the day its row names and does not lie before it.
 * W3  Who may take a step is what its row says: see enum fq_step_who.
 * W4  What a correction leaves out stays as it was: it writes the whole step again.
 * W5  Only steps that write a register are corrected; of the others there may be several, so a wrong
 *     one is voided and entered again. */
#ifndef FQ_CORE_STEP_H
#define FQ_CORE_STEP_H

#include "fq/core/dispute.h"

/* A node acts for its own area and everything below. */
enum fq_step_who {
    FQ_WHO_HOST,     /* whose area covers the home, or the unit that is the host */
    FQ_WHO_ASSIST,   /* and whose area covers a unit that takes part or was referred to */
    FQ_WHO_COURT,    /* the host's side, and whose area covers a judicial unit that takes part */
    FQ_WHO_JOINER,   /* the host's side, and whose area covers the unit that joins or leaves */
    FQ_WHO_REFERRED, /* whose area covers the unit that was referred to */
    FQ_WHO_ABOVE,    /* a tier above the county that is the home */
    FQ_WHO_ANYONE,   /* a registration: its home is checked, not its host */
};

/* The day a step rests on. */
enum fq_step_rest {
    FQ_RESTS_ON_NOTHING,
    FQ_RESTS_ON_REGISTRATION,
    FQ_RESTS_ON_DECISION, /* acceptance or rejection */
    FQ_RESTS_ON_OUTCOME,
    FQ_RESTS_ON_CLOSING,
};

#define FQ_STEP_REQUIRED_MAX 4

struct fq_step_row {
    const char *verb; /* on the command line: accept for accepted; NULL for what is no step */
    uint32_t states;  /* bit per enum fq_state it is legal in (W1) */
    enum fq_step_rest rests_on;
    enum fq_step_who who;
    enum fq_field required[FQ_STEP_REQUIRED_MAX]; /* FQ_FIELD_NONE ends it */
    const char *writes; /* the register whose value is that of the greatest live write; NULL: kept
                           one beside the other, or no value */
    bool is_answer; /* answers a referral: named by it, so not among the next steps of a dispute */
};

/* The row of an event kind; NULL for what is no step of a dispute. */
const struct fq_step_row *fq_step_row(unsigned kind);
const char *fq_step_verb(unsigned kind);    /* NULL for what is no step */
unsigned fq_step_find(struct fq_span verb); /* the event kind; 0 when there is no such verb */
bool fq_step_may(enum fq_state state, unsigned kind);                       /* W1 */
bool fq_step_requires(unsigned kind, enum fq_field field);                  /* a field of its row */
uint16_t fq_step_rests_on(const struct fq_dispute *dispute, unsigned kind); /* W2; 0 nothing */

bool fq_step_same_register(unsigned kind, unsigned other);
bool fq_step_is_correctable(unsigned kind); /* W5 */

/* The names of the legal next steps, separated by spaces, by state alone: the same on all nodes. */
void fq_step_next(enum fq_state state, char *out, size_t size);

/* What a correction leaves as it was, of what other steps write as well (home, host, kind, risk, whether
 * it was performed at once), becomes what holds `now`, lest a correction of a registration undo a
 * transfer. As it was is as `live`, the event corrected, wrote it, or as the dispute held it `then`, when
 * who corrects last heard of it. Who wants such a value back corrects the later step. (W4) */
void fq_step_keep_later(struct fq_event *correction, const struct fq_event *live,
                        const struct fq_dispute *then, const struct fq_dispute *now);

#endif
