/* Writes gathered for one commit of the store. */
#ifndef FQ_NODES_WRITES_H
#define FQ_NODES_WRITES_H

#include "node.h"

struct fq_writes {
    struct fq_arena *arena;
    struct fq_write *rows;
    size_t count, capacity;
    bool is_full; /* something did not fit: the commit will say so */
};

/* Room for `capacity` writes, in the arena. */
struct fq_writes fq_writes_over(struct fq_arena *arena, size_t capacity);
/* Keeps the key's bytes in the arena; borrows the value's until the commit. */
void fq_writes_put(struct fq_writes *writes, enum fq_family family, struct fq_span key,
                   struct fq_span value);
void fq_writes_delete(struct fq_writes *writes, enum fq_family family, struct fq_span key);
/* What the frontier says of the log. */
void fq_writes_put_have(struct fq_writes *writes, const struct fq_frontier *frontier,
                        const struct fq_log *log);
/* Fails with LIMIT when something did not fit, and as fq_store_commit. */
FQ_CHECKED fq_err fq_writes_commit(const struct fq_writes *writes, struct fq_store *store,
                                   bool is_synced, struct fq_why *out_why);

#endif
