#include "fq/edge/cold.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATH_SIZE 1024

/* Not every file system has files without a name. */
static int make_file(const char *directory)
{
    char path[PATH_SIZE];
    int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (file >= 0) {
        return file;
    }
    int size = snprintf(path, sizeof path, "%s/cold.XXXXXX", directory);
    if (size < 0 || (size_t)size >= sizeof path) {
        return -1;
    }
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0) {
        unlink(path); /* B3 */
    }
    return file;
}

void fq_cold_open(const char *directory, struct fq_cold *out_cold)
{
    *out_cold = (struct fq_cold){.file = make_file(directory)};
}

static bool write_all(int file, const uint8_t *bytes, size_t size, size_t at)
{
    for (size_t done = 0; done < size;) {
        ssize_t wrote = pwrite(file, bytes + done, size - done, (off_t)(at + done));
        if (wrote <= 0) {
            return false;
        }
        done += (size_t)wrote;
    }
    return true;
}

bool fq_cold_put(struct fq_cold *cold, const struct fq_arena *region)
{
    uint8_t *chunk = region->base + cold->size;

    if (cold->file < 0 || cold->is_failed ||
        region->used < cold->size + FQ_COLD_CHUNK + FQ_COLD_WARM) {
        return false;
    }
    /* Written first, mapped after: its blocks are then taken, and no later touch wants for one. */
    if (!write_all(cold->file, chunk, FQ_COLD_CHUNK, cold->size) ||
        mmap(chunk, FQ_COLD_CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, cold->file,
             (off_t)cold->size) == MAP_FAILED) {
        cold->is_failed = true; /* B2: what was there still is, mapped as before */
        return false;
    }
    (void)madvise(chunk, FQ_COLD_CHUNK, MADV_DONTDUMP);
    (void)madvise(chunk, FQ_COLD_CHUNK, MADV_RANDOM);
    cold->size += FQ_COLD_CHUNK;
    return true;
}

void fq_cold_drop(const struct fq_cold *cold, const struct fq_arena *region)
{
    if (cold->size > 0) { /* of a shared mapping: what was changed is the file's */
        (void)madvise(region->base, cold->size, MADV_DONTNEED);
    }
}

void fq_cold_forget(struct fq_cold *cold)
{
    if (cold->file >= 0 && ftruncate(cold->file, 0) != 0) {
        close(cold->file);
        cold->file = -1;
    }
    cold->size = 0;
    cold->is_failed = false;
}

void fq_cold_close(struct fq_cold *cold)
{
    if (cold->file >= 0) {
        close(cold->file);
    }
    *cold = (struct fq_cold){.file = -1};
}
