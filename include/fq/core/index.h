/* A hash index over entries numbered from 0 (linear hashing): grows one bucket per entry, in place,
 * never rehashing at once. It keeps 32 bits of each hash; the caller compares the keys.
 *
 * Its two arrays live in regions of their own that the caller gives and that nothing else uses. */
#ifndef FQ_CORE_INDEX_H
#define FQ_CORE_INDEX_H

#include "fq/base/bytes.h"

#define FQ_INDEX_NONE UINT32_MAX

struct fq_index_link {
    uint32_t next; /* entry + 1 of the next in the bucket; 0 ends it */
    uint32_t hash;
};

struct fq_index {
    struct fq_arena *head_region, *link_region;
    uint32_t *heads; /* entry + 1; 0 empty */
    struct fq_index_link *links;
    uint32_t bucket_count;
    uint32_t round; /* the power of two at or below bucket_count */
    uint32_t count; /* entries */
};

void fq_index_init(struct fq_index *index, struct fq_arena *head_region,
                   struct fq_arena *link_region);
/* The first entry whose kept hash equals that of `hash`, or FQ_INDEX_NONE. */
uint32_t fq_index_first(const struct fq_index *index, uint64_t hash);
/* The next such entry after `entry`. */
uint32_t fq_index_next(const struct fq_index *index, uint32_t entry);
/* Have the buckets of these hashes on their way into the cache; changes nothing. */
void fq_index_expect(const struct fq_index *index, const uint64_t *hashes, uint32_t count);
/* Add the entry numbered `count`; false when a region is full. */
FQ_CHECKED bool fq_index_add(struct fq_index *index, uint64_t hash);

#endif
