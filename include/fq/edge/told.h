/* The last commit a client was told of, in a synced file beside the store: `told`.
 *
 * A store that lost its tail opens well and is wrong; compared with this file it is found out. Two
 * slots are written in turn, in place, so that a write torn by a crash leaves the older one whole.
 * It is not a log: only the newest entry counts.
 *
 * T1  An entry is on disk when fq_told_write returns.
 * T2  A torn slot is ignored in favour of the other. Two damaged ones fail: no crash does that.
 * T3  The newest whole entry is the one that opening reports.
 * T4  Once a write failed, every later one fails: the system may report a lost write only once. */
#ifndef FQ_EDGE_TOLD_H
#define FQ_EDGE_TOLD_H

#include "fq/base/hash.h"

struct fq_told; /* closed */

struct fq_told_entry {
    bool is_present;
    uint32_t epoch;
    uint64_t seq;
    struct fq_hash chain;
};

/* Open `told` in `directory`, made (mode 0600) when missing; gives a handle for fq_told_close.
 *
 * *out_last is the newest whole entry (T3), or is not present. Fails with FQ_REASON_FILE. */
FQ_CHECKED fq_err fq_told_open(const char *directory, struct fq_told **out_told,
                               struct fq_told_entry *out_last, struct fq_why *out_why);
/* Note that everything up to `seq` was acknowledged (T1). Fails with FQ_REASON_STORE (T4). */
FQ_CHECKED fq_err fq_told_write(struct fq_told *told, uint32_t epoch, uint64_t seq,
                                const struct fq_hash *chain, struct fq_why *out_why);
/* Close; NULL is well. */
void fq_told_close(struct fq_told *told);

#endif
