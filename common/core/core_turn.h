/* What the inputs of a turn share (core.h): the step that carries them through it, what writes own events
 * (core_write.c), and the inputs themselves: commands (core_commands.c), batches that came by a link or in
 * a bundle (core_receive.c). Each fails with LIMIT alone, when the node cannot go on. */
#ifndef FQ_CORE_CORE_TURN_H
#define FQ_CORE_CORE_TURN_H

#include "fq/core/core.h"

/* Own records of the turn, of one log, not yet sealed. */
struct fq_unsealed {
    struct fq_log_id log;
    struct fq_writer records;
    uint32_t *areas; /* of each of them, as the feed links them */
    uint32_t count;
    uint64_t from_seq; /* of the first of them */
    uint64_t hlc;      /* of the last */
};

enum { FQ_UNSEALED_FACTS, FQ_UNSEALED_CONTROL, FQ_UNSEALED_RELAYS, FQ_UNSEALED_LOGS };

struct fq_core_step {
    struct fq_core *core;
    struct fq_turn *turn;
    struct fq_arena *arena;
    struct fq_now now;
    struct fq_why *why;
    struct fq_unsealed unsealed[FQ_UNSEALED_LOGS];
    struct fq_owed_list unsealed_owed; /* for facts not yet numbered: their place in the batch */
    bool may_originate;
    bool is_sealing;   /* the commands at hand are the node's own seal of a period */
    bool is_of_ledger; /* the commands at hand are rows of one */
};

/* ---- core_write.c ---- */

/* Whether the log's events are told on the feed, and so linked by area (P2): control is the system's
 * own talk, and what this node relays it has told before. */
bool fq_core_is_fed(const struct fq_core *core, const struct fq_log_id *log);
/* Number the batch, hand it to the store and move the frontier to its end. `areas` has one for each
 * record. */
FQ_CHECKED fq_err fq_turn_take_batch(struct fq_core_step *step, const struct fq_batch *batch,
                                     const uint32_t *areas);
/* Seal what the turn has written to the log so far; or to all of them. */
FQ_CHECKED fq_err fq_turn_seal(struct fq_core_step *step, struct fq_unsealed *unsealed);
FQ_CHECKED fq_err fq_turn_seal_all(struct fq_core_step *step);
/* Fold a fact, and owe what comes of it (N8). */
FQ_CHECKED fq_err fq_turn_fold(struct fq_core_step *step, const struct fq_event *event,
                               uint64_t lsn, struct fq_owed_list *list);
/* Write a checked command as the next own event and fold it (N7). */
FQ_CHECKED fq_err fq_turn_write(struct fq_core_step *step, struct fq_event *event);
/* Write what is owed, as far as the logs for its recipients are open (N5, Y8). */
FQ_CHECKED fq_err fq_turn_relays(struct fq_core_step *step, const struct fq_input *input);

/* ---- the other inputs ---- */

/* The commands of a submit, answered by one reply. */
FQ_CHECKED fq_err fq_turn_commands(struct fq_core_step *step, const struct fq_input *input);
/* A frame of a link; the batch in it, if it is one, whole or not at all (N4). */
FQ_CHECKED fq_err fq_turn_frame(struct fq_core_step *step, const struct fq_input *input);
/* Batches that a person carried here, answered by one reply. */
FQ_CHECKED fq_err fq_turn_bundle(struct fq_core_step *step, const struct fq_input *input);
/* The control events of a batch of a control stream; of any other batch, nothing. Fails with BYTES. */
FQ_CHECKED fq_err fq_core_fold_control(struct fq_core *core, const struct fq_batch *batch,
                                       struct fq_why *out_why);

/* Whether this node wrote the log, in its present incarnation. */
bool fq_core_is_own(const struct fq_core *core, const struct fq_log_id *log);

/* Bytes of a verdict without its detail: a status, an origin, an epoch and a sequence or a stream. */
#define FQ_VERDICT_SIZE_MAX 40

#endif
