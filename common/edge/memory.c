#include "fq/edge/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
