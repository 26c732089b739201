/* Large regions for the core: address space now, pages when they are first touched.
 *
 * The memory is zero, private to the process, and left out of core dumps: party data and keys pass
 * through it. */
#ifndef FQ_EDGE_MEMORY_H
#define FQ_EDGE_MEMORY_H

#include "fq/core/merge.h"

/* Reserve `capacity` bytes, more than 0, rounded up to whole pages; gives a region for
 * fq_memory_release. Fails with FQ_REASON_LIMIT. */
FQ_CHECKED fq_err fq_memory_reserve(size_t capacity, struct fq_arena *out_region,
                                    struct fq_why *out_why);
/* Give back the pages past the first `keep` bytes; they read as zeros when next touched. */
void fq_memory_trim(struct fq_arena *region, size_t keep);
/* Give the region back and empty `region`; an empty one is well. */
void fq_memory_release(struct fq_arena *region);

/* The regions of a view of at most `disputes_max` disputes, for fq_memory_release_view. Fails with
 * FQ_REASON_LIMIT. */
FQ_CHECKED fq_err fq_memory_reserve_view(uint32_t disputes_max, struct fq_view_memory *out_memory,
                                         struct fq_why *out_why);
/* Give them back; regions that are empty are well. */
void fq_memory_release_view(struct fq_view_memory *memory);

#endif
