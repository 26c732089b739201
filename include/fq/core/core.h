/* The core: what a node knows and decides. One turn goes through fq_core_step, which is told what
 * arrived and what time it is and fills effects: batches to store, frames to send, replies to give.
 *
 * Nothing here does I/O, reads a clock, allocates beyond the arena given, or keeps a global, so the
 * daemon, the simulator and the fuzzer run the same object code.
 *
 * N1  Facts are folded, commands are checked: a stored event is never refused.
 * N2  A command id that made an event makes no second one; the answer tells the first.
 * N3  Every effect that rests on a fact is in the same effects as the fact: store, then speak.
 * N4  A batch is taken in whole or not at all.
 * N5  A node that lost its tail writes nothing until it has it back.
 * N6  Stamps grow and timers run on whatever happens to the wall clock.
 * N7  The kind of a command says the log: control goes to the one that flows to everyone below.
 * N8  A fact makes this node owe what relay.h says, in the same effects; what a replay folds was owed
 *     before and makes it owe nothing.
 * N9  Of the commands of one row of a submit all are taken in or none is.
 * N10 Logs of others leave room for this node's own: who begins ever new ones is refused, and ends
 *     nobody but himself. */
#ifndef FQ_CORE_CORE_H
#define FQ_CORE_CORE_H

#include "fq/core/control.h"
#include "fq/core/effects.h"
#include "fq/core/feed.h"
#include "fq/core/merge.h"
#include "fq/core/place.h"
#include "fq/core/relay.h"
#include "fq/core/sync.h"
#include "fq/core/unit.h"

#define FQ_SUBMIT_COMMANDS_MAX 4096
#define FQ_SUBMIT_ROW_MAX FQ_VIEW_EXPECT_MAX /* commands of one row */
#define FQ_BUNDLE_BATCHES_MAX 1024           /* of one request */
#define FQ_SIGNERS_MAX 4096
#define FQ_CORE_LOGS_RECEIVED_MAX (FQ_LOGS_MAX / 8 * 7)

struct fq_signer { /* whose seals are believed */
    uint32_t origin;
    struct fq_sign_public key;
};

struct fq_core_options {
    uint32_t area;
    uint32_t origin; /* area x 100 + index */
    enum fq_tier tier;
    bool has_parent;
    struct fq_id instance;
    uint32_t epoch;
    uint64_t cert_serial;
    struct fq_sign_secret secret;
    uint32_t batch_records_max, batch_size_max;
    struct fq_sync_options sync;
};

struct fq_core {
    struct fq_core_options options;
    const struct fq_areas *areas;
    const struct fq_codes *codes;
    const struct fq_units *units;       /* the caller's to set, like */
    const struct fq_places *places;     /* this; NULL: no such table */
    const struct fq_calendar *calendar; /* likewise */
    struct fq_signer *signers;          /* sorted by origin; the caller's memory */
    uint32_t signer_count;
    struct fq_frontier frontier;
    struct fq_view view;
    struct fq_sync sync;
    struct fq_feed feed;
    struct fq_relay_map relays; /* nodes are those whose seals are believed */
    struct fq_control control;
    struct fq_log_id own; /* this node's stream 0 of its present epoch */
    uint64_t hlc;
    uint64_t refused_batch_count;
};

enum fq_input_kind {
    FQ_INPUT_LINK,      /* a frame from `peer` */
    FQ_INPUT_COMMANDS,  /* the args of a `submit` request; answered by a reply with `token` */
    FQ_INPUT_BUNDLE,    /* the args of a `bundle.import` request; answered as COMMANDS are */
    FQ_INPUT_FORWARDED, /* how far a forward effect went */
    FQ_INPUT_PEER_GONE,
    FQ_INPUT_RELAYS, /* records that are owed, to be written as relays */
};

#define FQ_CORE_RELAYS_MAX 128 /* of one turn; each may be a batch */
#define FQ_CORE_FRAME_APPENDS_MAX                                                                  \
    2 /* batches that a frame of a link may append, or make be sealed */

struct fq_relay { /* of the queue of what is owed */
    uint32_t recipient;
    uint64_t lsn;             /* with the recipient, the name of what is owed */
    struct fq_event_id id;    /* of the event, */
    struct fq_span record;    /* and its bytes; none when there is nothing to tell */
    bool is_settled, is_done; /* with it the entry goes on to `id`; or comes to its end */
    struct fq_id dispute;
};

struct fq_input {
    enum fq_input_kind kind;
    uint32_t peer;
    uint32_t token;
    struct fq_span bytes;
    struct fq_forward forward; /* FORWARDED: the effect carried out */
    uint64_t next_seq, bytes_sent;
    const struct fq_relay *relays; /* RELAYS: at most FQ_CORE_RELAYS_MAX, by recipient */
    uint32_t relay_count;
    bool is_dry_run;      /* COMMANDS: check, take in nothing */
    bool is_sealing;      /* COMMANDS: the node's own seal of a period */
    struct fq_span actor; /* COMMANDS: who gives those that do not say; cut at FQ_ACTOR_MAX */
};

struct fq_reply {
    uint32_t token;
    struct fq_span result; /* MessagePack: [[status, origin, epoch, seq, detail], ...] */
    uint32_t new_count;    /* commands that made an event, batches that were taken in */
};

#define FQ_REPLIES_MAX 4096

struct fq_turn { /* what a step gives back */
    struct fq_effects effects;
    struct fq_reply replies[FQ_REPLIES_MAX];
    uint32_t reply_count;
};

/* `memory` gives the frontier and the signers' table their room; `view_memory` as fq_view_init. */
FQ_CHECKED fq_err fq_core_init(struct fq_core *core, const struct fq_core_options *options,
                               const struct fq_areas *areas, const struct fq_codes *codes,
                               struct fq_arena *memory, const struct fq_view_memory *view_memory,
                               struct fq_why *out_why);
/* Believe seals of `key` by `origin`; the last call for an origin counts. */
bool fq_core_add_signer(struct fq_core *core, uint32_t origin, const struct fq_sign_public *key);
const struct fq_sign_public *fq_core_signer(const struct fq_core *core, uint32_t origin);

/* One turn. Events are stamped by the wall, the link waits in steady time; a wall clock that is set
 * back stalls nothing (N6). `turn` is filled in the arena of its effects (set by fq_effects_reset
 * before). Fails only when a limit is reached that leaves the node unable to go on (FQ_ERR_LIMIT);
 * the caller keeps what all inputs can append within FQ_EFFECT_APPENDS_MAX. */
FQ_CHECKED fq_err fq_core_step(struct fq_core *core, const struct fq_input *inputs, size_t count,
                               struct fq_now now, struct fq_turn *turn, struct fq_why *out_why);

/* How many batches a submit of `count` commands in `size` bytes appends at most; a frame of a link
 * FQ_CORE_FRAME_APPENDS_MAX, relays one each. None appends more than FQ_CORE_APPENDS_MAX. */
uint32_t fq_core_appends_max(const struct fq_core *core, uint32_t count, size_t size);
#define FQ_CORE_APPENDS_MAX (FQ_EFFECT_APPENDS_MAX / 2)
#define FQ_COMMAND_LOGS 2 /* that commands are written to: facts and control */

/* Start-up: fold a batch read back from this node's own store, which numbered it from `first_lsn` on.
 * `is_in_view` when the persisted view holds its events. Its chain is not checked: that is for
 * fq_verify. */
FQ_CHECKED fq_err fq_core_replay(struct fq_core *core, const struct fq_batch *batch,
                                 uint64_t first_lsn, bool is_in_view, struct fq_why *out_why);
/* Start-up: fold a batch of a control log. All of them are, from their first batch on: what they
 * amount to is not written behind. */
FQ_CHECKED fq_err fq_core_replay_control(struct fq_core *core, const struct fq_batch *batch,
                                         struct fq_why *out_why);
/* Start-up: own events may all be in the view written behind and not be walked: the next stamp is
 * above theirs even so, wherever the wall clock stands (N6). */
void fq_core_resume_stamps(struct fq_core *core);
/* How many own events a client may have been told of: what is noted as told (N5). */
uint64_t fq_core_told(const struct fq_core *core);

#endif
