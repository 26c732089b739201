#include "fq/edge/told.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A slot, big-endian: magic, epoch, counter, seq, chain, XXH3 of all before it, zeros. Slots lie a
 * page apart, so that no disk writes both at once. */
#define MAGIC 0x46515431u /* "FQT1" */
#define EPOCH_AT 4
#define COUNTER_AT 8
#define SEQ_AT 16
#define CHAIN_AT 24
#define CHECKSUM_AT (CHAIN_AT + FQ_HASH_SIZE)
#define SLOT_SIZE 512
#define SLOT_STEP 4096
#define SLOT_COUNT 2
#define PATH_SIZE 4096

struct fq_told {
    int file;
    uint64_t counter; /* of the newest entry; an entry lies in slot counter % SLOT_COUNT */
    bool is_broken;   /* T4 */
    char path[PATH_SIZE];
};

static fq_err fail_file(struct fq_told *told, struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", told->path, strerror(errno));
}

/* ---- Slots ---- */

static void encode(uint64_t counter, uint32_t epoch, uint64_t seq, const struct fq_hash *chain,
                   uint8_t out_slot[SLOT_SIZE])
{
    memset(out_slot, 0, SLOT_SIZE);
    fq_put_be32(out_slot, MAGIC);
    fq_put_be32(out_slot + EPOCH_AT, epoch);
    fq_put_be64(out_slot + COUNTER_AT, counter);
    fq_put_be64(out_slot + SEQ_AT, seq);
    memcpy(out_slot + CHAIN_AT, chain->bytes, FQ_HASH_SIZE);
    fq_put_be64(out_slot + CHECKSUM_AT, fq_hash_quick(fq_span_of(out_slot, CHECKSUM_AT)));
}

static bool is_whole(const uint8_t slot[SLOT_SIZE], size_t index)
{
    return fq_get_be32(slot) == MAGIC &&
           fq_get_be64(slot + CHECKSUM_AT) == fq_hash_quick(fq_span_of(slot, CHECKSUM_AT)) &&
           fq_get_be64(slot + COUNTER_AT) % SLOT_COUNT == index;
}

static bool is_zero(const uint8_t slot[SLOT_SIZE])
{
    return slot[0] == 0 && memcmp(slot, slot + 1, SLOT_SIZE - 1) == 0;
}

/* The newest whole slot (T2, T3). A crash tears one slot at most; when both are bad, the disk or a
 * person did it, and nobody knows any more what was told. */
static fq_err read_slots(struct fq_told *told, struct fq_told_entry *out_last,
                         struct fq_why *out_why)
{
    size_t torn = 0;

    for (size_t i = 0; i < SLOT_COUNT; i++) {
        uint8_t slot[SLOT_SIZE];
        errno = EIO; /* for a short read */
        if (pread(told->file, slot, SLOT_SIZE, (off_t)(i * SLOT_STEP)) != SLOT_SIZE) {
            return fail_file(told, out_why);
        }
        if (!is_whole(slot, i)) {
            torn += !is_zero(slot);
            continue;
        }
        uint64_t counter = fq_get_be64(slot + COUNTER_AT);
        if (!out_last->is_present || counter > told->counter) {
            told->counter = counter;
            out_last->is_present = true;
            out_last->epoch = fq_get_be32(slot + EPOCH_AT);
            out_last->seq = fq_get_be64(slot + SEQ_AT);
            memcpy(out_last->chain.bytes, slot + CHAIN_AT, FQ_HASH_SIZE);
        }
    }
    return torn < SLOT_COUNT
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_FILE, "%s: both entries are damaged", told->path);
}

/* ---- File ---- */

/* Real zeros, not a hole: a write in place must not need new blocks, which could be missing. */
static fq_err fill(struct fq_told *told, struct fq_why *out_why)
{
    static const uint8_t zeros[SLOT_COUNT * SLOT_STEP];
    struct stat stat;

    if (fstat(told->file, &stat) != 0) {
        return fail_file(told, out_why);
    }
    if (stat.st_size >= (off_t)sizeof zeros) {
        return FQ_OK;
    }
    size_t missing = sizeof zeros - (size_t)stat.st_size;
    errno = ENOSPC; /* for a short write */
    if (pwrite(told->file, zeros, missing, stat.st_size) != (ssize_t)missing ||
        fsync(told->file) != 0) {
        return fail_file(told, out_why);
    }
    return FQ_OK;
}

/* The file's name is durable only with its directory. */
static fq_err sync_directory(struct fq_told *told, const char *directory, struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (file < 0 || fsync(file) != 0) {
        err = fail_file(told, out_why);
    }
    if (file >= 0) {
        close(file);
    }
    return err;
}

fq_err fq_told_open(const char *directory, struct fq_told **out_told,
                    struct fq_told_entry *out_last, struct fq_why *out_why)
{
    FQ_ASSERT(directory);
    FQ_ASSERT(out_told);
    FQ_ASSERT(out_last);

    fq_err err = FQ_OK;
    struct fq_told_entry last = {0};
    struct fq_told *told = calloc(1, sizeof *told);

    if (!told) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    told->file = -1;
    int size = snprintf(told->path, sizeof told->path, "%s/told", directory);
    if (size < 0 || (size_t)size >= sizeof told->path) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: the path is too long", directory);
        goto done;
    }
    told->file = open(told->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (told->file < 0) {
        err = fail_file(told, out_why);
        goto done;
    }
    err = fill(told, out_why);
    err = err ? err : sync_directory(told, directory, out_why);
    err = err ? err : read_slots(told, &last, out_why);
    if (!err) {
        *out_told = told;
        *out_last = last;
        told = NULL;
    }

done:
    fq_told_close(told);
    return err;
}

fq_err fq_told_write(struct fq_told *told, uint32_t epoch, uint64_t seq,
                     const struct fq_hash *chain, struct fq_why *out_why)
{
    FQ_ASSERT(told);
    FQ_ASSERT(chain);

    uint8_t slot[SLOT_SIZE];
    uint64_t counter = told->counter + 1;

    if (told->is_broken) { /* T4 */
        return fq_fail(out_why, FQ_REASON_STORE, "%s: an earlier write failed", told->path);
    }
    encode(counter, epoch, seq, chain, slot);
    errno = EIO; /* for a short write */
    if (pwrite(told->file, slot, SLOT_SIZE, (off_t)(counter % SLOT_COUNT * SLOT_STEP)) !=
            SLOT_SIZE ||
        fdatasync(told->file) != 0) { /* T1 */
        told->is_broken = true;
        return fq_fail(out_why, FQ_REASON_STORE, "%s: %s", told->path, strerror(errno));
    }
    told->counter = counter;
    return FQ_OK;
}

void fq_told_close(struct fq_told *told)
{
    if (!told) {
        return;
    }
    if (told->file >= 0) {
        close(told->file);
    }
    free(told);
}
