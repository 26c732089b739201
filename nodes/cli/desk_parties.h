/* Party data in the outbox: sealed under a key of its own for each command, and the key destroyed once
 * the node has the command (K2).
 *
 * The journal keeps the sealed text for ever; without the key, a file beside it, nobody reads it. */
#ifndef FQ_NODES_CLI_DESK_PARTIES_H
#define FQ_NODES_CLI_DESK_PARTIES_H

#include "desk.h"

/* Seal the party data of a command; its key is on disk when this returns. Gives memory for free(), an
 * empty span when there is none. Fails with OUTBOX_FULL, CRYPTO or LIMIT. */
FQ_CHECKED fq_err parties_seal(const struct fq_outbox *outbox, const struct cli_entry *entry,
                               struct fq_span *out_sealed, struct fq_why *out_why);

struct party_text {
    unsigned field;
    struct fq_span text;
};
/* Open what was sealed, at most CLI_PARTIES_MAX texts in the arena; none when the key is gone and the
 * node had it once. Fails with CRYPTO or LIMIT. */
FQ_CHECKED fq_err parties_open(const struct fq_outbox *outbox, const struct fq_outbox_entry *entry,
                               struct fq_arena *arena, struct party_text *out_texts,
                               size_t *out_count, struct fq_why *out_why);
/* Destroy every key that is needed no more though its program was killed before it could do so; and what
 * a killed program left half-made, after a day. */
void parties_sweep(const struct fq_outbox *outbox);
/* Destroy the key. */
void parties_forget(const struct fq_outbox *outbox, const struct fq_outbox_entry *entry);

#endif
