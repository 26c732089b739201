/* Verifying a log: every batch hashed again, every chain followed, every seal checked. Reads only, so
 * it works on the store of a running node and of a stopped one alike.
 *
 * I1  One changed byte of a stored batch is found and the batch named. */
#ifndef FQ_EDGE_VERIFY_H
#define FQ_EDGE_VERIFY_H

#include "fq/core/feed.h"
#include "fq/edge/store.h"

struct fq_verification {
    uint64_t batches, events;
    bool is_match;
    char first_bad[96]; /* origin-stream-epoch-from..to */
    enum fq_reason reason;
};

/* Verify with the keys that the node noted in the column family `peer`. */
FQ_CHECKED fq_err fq_verify_log(struct fq_store *store, struct fq_verification *out_verification,
                                struct fq_why *out_why);
/* Note that seals of `origin` are made with `key`: the family's key is origin4, its value the
 * Ed25519 key. */
FQ_CHECKED fq_err fq_verify_note_signer(struct fq_store *store, uint32_t origin,
                                        const struct fq_sign_public *key, struct fq_why *out_why);

#endif
