/* Cold memory: the older part of a region that only grows lies in a file without a name, so that what
 * is seldom touched takes no memory. It is a place to put things, not a store: nothing in it outlives
 * the process, and every byte can be made anew.
 *
 * B1  What was put away reads and writes as before, at the same address.
 * B2  When the disk takes no more, the region stays in memory; nothing is lost and nothing fails.
 * B3  It is in no core dump and under no name. */
#ifndef FQ_EDGE_COLD_H
#define FQ_EDGE_COLD_H

#include "fq/base/bytes.h"

#define FQ_COLD_CHUNK ((size_t)4 << 20)  /* put away at a time */
#define FQ_COLD_WARM (4 * FQ_COLD_CHUNK) /* of the end of the region, never put away */

struct fq_cold {
    int file;       /* -1: none, everything stays in memory */
    size_t size;    /* of the region from its beginning, put away */
    bool is_failed; /* the disk took no more (B2) */
};

/* Make the file in `directory`; never fails: without a file nothing is put away. */
void fq_cold_open(const char *directory, struct fq_cold *out_cold);
/* Put the next chunk of the region away when one is cold. False when there was nothing to do. */
bool fq_cold_put(struct fq_cold *cold, const struct fq_arena *region);
/* Let go of the memory that touching what was put away took since. */
void fq_cold_drop(const struct fq_cold *cold, const struct fq_arena *region);
/* The region was made anew: nothing of it is put away. */
void fq_cold_forget(struct fq_cold *cold);
void fq_cold_close(struct fq_cold *cold);

#endif
