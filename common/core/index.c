#include "fq/core/index.h"

#define SPLITS_AHEAD 8 /* buckets split one after the other: what they hold is fetched early */

void fq_index_init(struct fq_index *index, struct fq_arena *head_region,
                   struct fq_arena *link_region)
{
    *index = (struct fq_index){
        .head_region = head_region,
        .link_region = link_region,
        .heads = (uint32_t *)(void *)head_region->base,
        .links = (struct fq_index_link *)(void *)link_region->base,
        .round = 1,
    };
}

static uint32_t fold(uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t bucket_of(const struct fq_index *index, uint32_t hash)
{
    uint32_t bucket = hash & (2 * index->round - 1);

    return bucket < index->bucket_count ? bucket : bucket & (index->round - 1);
}

static uint32_t first_like(const struct fq_index *index, uint32_t entry_plus_1, uint32_t hash)
{
    while (entry_plus_1 && index->links[entry_plus_1 - 1].hash != hash) {
        entry_plus_1 = index->links[entry_plus_1 - 1].next;
    }
    return entry_plus_1 - 1; /* 0 - 1 is FQ_INDEX_NONE */
}

uint32_t fq_index_first(const struct fq_index *index, uint64_t hash)
{
    if (index->count == 0) {
        return FQ_INDEX_NONE;
    }
    return first_like(index, index->heads[bucket_of(index, fold(hash))], fold(hash));
}

uint32_t fq_index_next(const struct fq_index *index, uint32_t entry)
{
    return first_like(index, index->links[entry].next, index->links[entry].hash);
}

void fq_index_expect(const struct fq_index *index, const uint64_t *hashes, uint32_t count)
{
    if (index->count == 0) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        __builtin_prefetch(&index->heads[bucket_of(index, fold(hashes[i]))]);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t head = index->heads[bucket_of(index, fold(hashes[i]))];
        __builtin_prefetch(&index->links[head ? head - 1 : 0]);
    }
}

/* Make bucket number `bucket_count`, moving to it what belongs there from the one it splits. */
static void split(struct fq_index *index)
{
    uint32_t made = index->bucket_count++;

    if (made == 2 * index->round) {
        index->round *= 2;
    }
    uint32_t soon = index->heads[(made + SPLITS_AHEAD) & (index->round - 1)];
    __builtin_prefetch(&index->links[soon ? soon - 1 : 0]);
    uint32_t *from = &index->heads[made & (index->round - 1)];
    uint32_t *to = &index->heads[made];
    while (*from) {
        struct fq_index_link *link = &index->links[*from - 1];
        if (bucket_of(index, link->hash) == made) {
            uint32_t moved = *from;
            *from = link->next;
            link->next = *to;
            *to = moved;
        } else {
            from = &link->next;
        }
    }
}

bool fq_index_add(struct fq_index *index, uint64_t hash)
{
    size_t head_end = ((size_t)index->bucket_count + 1) * sizeof *index->heads;
    size_t link_end = ((size_t)index->count + 1) * sizeof *index->links;

    if (head_end > index->head_region->size || link_end > index->link_region->size) {
        return false;
    }
    index->head_region->used = head_end;
    index->link_region->used = link_end;
    index->heads[index->bucket_count] = 0;
    if (index->bucket_count == 0) {
        index->bucket_count = 1;
    } else {
        split(index);
    }
    uint32_t *head = &index->heads[bucket_of(index, fold(hash))];
    index->links[index->count] = (struct fq_index_link){.next = *head, .hash = fold(hash)};
    *head = ++index->count;
    return true;
}
