#include "fq/edge/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A region's beginning is on small pages, so that a small node stays small; the rest on large ones,
 * for which the processor translates addresses faster. */
#define SMALL_PAGES_SIZE ((size_t)8 << 20)

fq_err fq_memory_reserve(size_t capacity, struct fq_arena *out_region, struct fq_why *out_why)
{
    FQ_ASSERT(capacity > 0);
    FQ_ASSERT(out_region);

    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (capacity > SIZE_MAX - page) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory: %zu bytes", capacity);
    }
    size_t size = (capacity + page - 1) / page * page;
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory: %zu bytes: %s", size, strerror(errno));
    }
    if (madvise(base, size, MADV_DONTDUMP) != 0) {
        fq_err err =
            fq_fail(out_why, FQ_REASON_LIMIT, "memory: keep out of dumps: %s", strerror(errno));
        munmap(base, size);
        return err;
    }
    if (size > SMALL_PAGES_SIZE) { /* advice: a kernel without large pages works as well */
        uint8_t *rest = (uint8_t *)base + SMALL_PAGES_SIZE;
        (void)madvise(rest, size - SMALL_PAGES_SIZE, MADV_HUGEPAGE);
    }
    *out_region = fq_arena_over(base, size);
    return FQ_OK;
}

void fq_memory_trim(struct fq_arena *region, size_t keep)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t from = (keep + page - 1) / page * page;

    FQ_ASSERT(region->base);

    if (from < region->size) {
        int status = madvise(region->base + from, region->size - from, MADV_DONTNEED);
        FQ_ASSERT(status == 0);
    }
}

void fq_memory_release(struct fq_arena *region)
{
    FQ_ASSERT(region);

    if (region->base) {
        int status = munmap(region->base, region->size);
        FQ_ASSERT(status == 0);
    }
    *region = (struct fq_arena){0};
}

/* ---- a view's regions ---- */

/* Room per dispute: what its facts take is far below this on average. A fact is found by its place,
 * 32 bits in units of 8 bytes, so no view holds more. */
#define FACT_BYTES_PER_DISPUTE 512
#define FACT_BYTES_MAX ((size_t)UINT32_MAX * FQ_FACT_PLACE_UNIT)
#define CELLS_MAX 4000000

fq_err fq_memory_reserve_view(uint32_t disputes_max, struct fq_view_memory *out_memory,
                              struct fq_why *out_why)
{
    struct fq_view_memory memory = {0};
    size_t fact_bytes = (size_t)disputes_max * FACT_BYTES_PER_DISPUTE;
    const struct {
        struct fq_arena *region;
        size_t size;
    } regions[] = {
        {&memory.disputes, disputes_max * sizeof(struct fq_dispute)},
        {&memory.dispute_heads, disputes_max * sizeof(uint32_t)},
        {&memory.dispute_links, disputes_max * sizeof(struct fq_index_link)},
        {&memory.dirty, disputes_max * sizeof(uint32_t)},
        {&memory.activities, disputes_max * sizeof(struct fq_view_activity)},
        {&memory.facts, fact_bytes < FACT_BYTES_MAX ? fact_bytes : FACT_BYTES_MAX},
        {&memory.cells, CELLS_MAX * sizeof(struct fq_cell)},
        {&memory.cell_heads, CELLS_MAX * sizeof(uint32_t)},
        {&memory.cell_links, CELLS_MAX * sizeof(struct fq_index_link)},
    };

    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        fq_err err = fq_memory_reserve(regions[i].size, regions[i].region, out_why);
        if (err) {
            fq_memory_release_view(&memory);
            return err;
        }
    }
    *out_memory = memory;
    return FQ_OK;
}

void fq_memory_release_view(struct fq_view_memory *memory)
{
    fq_memory_release(&memory->disputes);
    fq_memory_release(&memory->dispute_heads);
    fq_memory_release(&memory->dispute_links);
    fq_memory_release(&memory->dirty);
    fq_memory_release(&memory->activities);
    fq_memory_release(&memory->facts);
    fq_memory_release(&memory->cells);
    fq_memory_release(&memory->cell_heads);
    fq_memory_release(&memory->cell_links);
}
