/* The outbox: commands a person has given, on that person's own disk before anything is sent, and
 * what became of each.
 *
 * One append-only file, `journal`, in a directory of its own: entries, a command each, and notes on
 * them, each framed and checksummed. What a command says, and whether it is legal, is not asked here.
 *
 *   frame    "FQO1" size4 XXH3-8 then the payload, a MessagePack array that begins with its kind
 *
 *                   +------------ retry ------------+
 *                   v                               |
 *   added --> WAITING -- refused by a rule --> REFUSED -- drop --> DROPPED
 *              |  ^  |                                               ^
 *      receipt |  |  +------------------- drop ----------------------+
 *              v  | lost (a node was rebuilt without it)
 *           DELIVERED
 *
 * O1  An entry is on disk when fq_outbox_add returns. When it fails the entry is not there, and what
 *     was there before is as it was.
 * O2  A torn or damaged piece is passed over; what was written before and after it is read.
 * O3  Nothing is changed or taken out: an entry's state is what the notes on it amount to.
 * O4  A receipt outweighs a refusal, in whatever order they were noted: it proves a fact.
 * O5  Writers come one after the other and see what the others wrote; readers never wait.
 * O6  Where nothing may be written, or the disk is full, what is there can still be read. */
#ifndef FQ_EDGE_OUTBOX_H
#define FQ_EDGE_OUTBOX_H

#include "fq/core/area.h"
#include "fq/core/event.h"

#define FQ_OUTBOX_SIZE_MAX ((size_t)256 << 20) /* of the journal */
#define FQ_OUTBOX_SEALED_MAX (160u << 10)      /* bytes of one entry's sealed party data */
#define FQ_OUTBOX_DETAIL_MAX 240
#define FQ_OUTBOX_LOCK_MS 5000 /* how long a writer waits for another */

struct fq_outbox; /* closed */

enum fq_outbox_state {
    FQ_OUTBOX_WAITING,
    FQ_OUTBOX_DELIVERED, /* a node holds it; `held_ms` says which tiers */
    FQ_OUTBOX_REFUSED,
    FQ_OUTBOX_DROPPED,
};

struct fq_outbox_entry {
    /* as it was given */
    struct fq_id cmd_id, dispute;
    uint16_t kind;      /* enum fq_kind_of_event */
    uint32_t number;    /* 7 for L7, when it registers a dispute; else 0 (out of fq_outbox_add) */
    uint32_t known_rev; /* of the dispute, as far as its author knew, own waiting steps apart */
    uint64_t saved_ms;  /* wall time, by this computer's clock */
    struct fq_span record; /* the command's record */
    struct fq_span sealed; /* its party data; empty when it has none. Opaque here */
    /* as the notes make it (O3) */
    enum fq_outbox_state state;
    bool was_held;                          /* a node held it once and lost it */
    struct fq_event_id event;               /* of DELIVERED: the fact it became */
    uint64_t held_ms[FQ_TIER_PROVINCE + 1]; /* by tier: since when it is held there; 0 not yet */
    unsigned reason;                        /* of REFUSED */
    uint64_t ended_ms;                      /* refused, or dropped */
    char detail[FQ_OUTBOX_DETAIL_MAX + 1];  /* of the refusal, or why it was dropped */
};

/* Open the outbox of a directory; it and the directories above are made (0700) when missing. Gives an
 * outbox for fq_outbox_close.
 *
 * Fails with OUTBOX_FULL when it cannot be made, FILE when it cannot be read, STORE_NEWER. One that may
 * only be read opens as well (O6); adding and noting then fail with OUTBOX_FULL. */
FQ_CHECKED fq_err fq_outbox_open(const char *directory, struct fq_outbox **out_outbox,
                                 struct fq_why *out_why);
void fq_outbox_close(struct fq_outbox *outbox); /* NULL is well */

/* ---- reading: entries in the order in which they were given ---- */

size_t fq_outbox_count(const struct fq_outbox *outbox);
/* The entry at `index`, from 0; good until the outbox is next written or refreshed. */
const struct fq_outbox_entry *fq_outbox_at(const struct fq_outbox *outbox, size_t index);
/* The entry of a command, or NULL; as good as above. */
const struct fq_outbox_entry *fq_outbox_find(const struct fq_outbox *outbox,
                                             const struct fq_id *cmd_id);
/* How many pieces could not be read (O2), a torn end apart. */
size_t fq_outbox_damaged(const struct fq_outbox *outbox);
/* Read what others have written since. Fails with FILE. */
FQ_CHECKED fq_err fq_outbox_refresh(struct fq_outbox *outbox, struct fq_why *out_why);

/* ---- writing ---- */

/* Save a command (O1): the fields "as it was given" of `entry`, but for its number, which is given out
 * when it registers a dispute and never again.
 *
 * Borrows its bytes. Fails with COMMAND_CLASH when the command id is there already, OUTBOX_FULL when
 * the disk does not take it, OUTBOX_HELD when another program writes for too long, LIMIT. */
FQ_CHECKED fq_err fq_outbox_add(struct fq_outbox *outbox, const struct fq_outbox_entry *entry,
                                size_t *out_index, struct fq_why *out_why);

enum fq_outbox_note_kind {
    FQ_OUTBOX_NOTE_RECEIPT = 2, /* a tier holds it: tier, event */
    FQ_OUTBOX_NOTE_REFUSED = 3, /* reason, detail */
    FQ_OUTBOX_NOTE_RETRY = 4,   /* a refused one waits again */
    FQ_OUTBOX_NOTE_LOST = 5,    /* the node does not hold it any more: it waits again */
    FQ_OUTBOX_NOTE_DROPPED = 6, /* detail: why */
};

struct fq_outbox_note {
    enum fq_outbox_note_kind kind;
    struct fq_id cmd_id;
    uint64_t at_ms;
    enum fq_tier tier;
    struct fq_event_id event;
    unsigned reason;
    char detail[FQ_OUTBOX_DETAIL_MAX + 1];
};

/* Append notes, all or none. What a node can be asked again need not be synced: a note lost with the
 * power is made again. Fails as fq_outbox_add does, but for COMMAND_CLASH. */
FQ_CHECKED fq_err fq_outbox_note(struct fq_outbox *outbox, const struct fq_outbox_note *notes,
                                 size_t count, bool is_synced, struct fq_why *out_why);

/* ---- files beside the journal ---- */

/* Write a file of the directory in one piece: whole or as before, synced. Fails with OUTBOX_FULL. */
FQ_CHECKED fq_err fq_outbox_file_write(const struct fq_outbox *outbox, const char *name,
                                       struct fq_span content, struct fq_why *out_why);
/* Read it; *out_content is empty when it is missing or damaged, else memory for free(). */
FQ_CHECKED fq_err fq_outbox_file_read(const struct fq_outbox *outbox, const char *name,
                                      struct fq_span *out_content, struct fq_why *out_why);
void fq_outbox_file_remove(const struct fq_outbox *outbox, const char *name);
const char *fq_outbox_directory(const struct fq_outbox *outbox);

#endif
