#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOLD_SIZE 8192
#define TOLD_STEP 4096
#define TOLD_PIECE 512
#define FILE_SIZE_MAX ((off_t)64 << 20)
#define ALLOT_STEP ((off_t)4 << 20) /* RocksDB allots its log ahead in steps of this order */

static bool fail_file(const struct raw_file *file)
{
    return complain("%s: %s", file->path, strerror(errno));
}

static bool open_file(struct raw_file *file, const char *dir, const char *name, size_t piece_size)
{
    *file = (struct raw_file){.piece_size = piece_size, .piece = malloc(piece_size)};
    snprintf(file->path, sizeof file->path, "%s/%s", dir, name);
    file->handle = open(file->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (!file->piece || file->handle < 0) {
        return fail_file(file);
    }
    for (size_t i = 0; i < piece_size; i++) {
        file->piece[i] = (uint8_t)(i * 131 + (i >> 8)); /* not zeros, which some disks skip */
    }
    return true;
}

static void close_file(struct raw_file *file)
{
    if (file->piece && file->handle >= 0) {
        close(file->handle);
        unlink(file->path);
    }
    free(file->piece);
    *file = (struct raw_file){0};
}

bool raw_open(struct raw *raw, const char *dir, size_t append_size, size_t log_size)
{
    *raw = (struct raw){0};
    bool is_fine = open_file(&raw->append, dir, "raw-append", append_size) &&
                   open_file(&raw->log, dir, "raw-log", log_size) &&
                   open_file(&raw->told, dir, "raw-told", TOLD_SIZE);

    raw->log.is_allotted = true;
    return is_fine &&
           (pwrite(raw->told.handle, raw->told.piece, TOLD_SIZE, 0) == TOLD_SIZE ||
            fail_file(&raw->told)) &&
           (fsync(raw->told.handle) == 0 || fail_file(&raw->told));
}

void raw_close(struct raw *raw)
{
    close_file(&raw->append);
    close_file(&raw->log);
    close_file(&raw->told);
}

static bool append_one(struct raw_file *file)
{
    off_t size = (off_t)file->piece_size;

    if (file->is_allotted && file->end + size > file->allotted) {
        /* Not every file system can; without it an append is as good. */
        (void)fallocate(file->handle, FALLOC_FL_KEEP_SIZE, file->allotted, ALLOT_STEP);
        file->allotted += ALLOT_STEP;
    }
    if (pwrite(file->handle, file->piece, file->piece_size, file->end) != size ||
        fdatasync(file->handle) != 0) {
        return fail_file(file);
    }
    file->end += size;
    return true;
}

/* Before a slice, outside its time: a file that is full begins again; one piece is written first. */
static bool warm_up(struct raw_file *file)
{
    if (file->end > FILE_SIZE_MAX) {
        file->end = file->allotted = 0;
        if (ftruncate(file->handle, 0) != 0) {
            return fail_file(file);
        }
    }
    return append_one(file);
}

bool raw_append(struct raw *raw, double seconds, struct raw_rate *rate)
{
    bool is_fine = warm_up(&raw->append);
    unsigned count = 0;
    bool was_urgent = set_urgent(true);
    double began = now_s(), took = 0;

    while (is_fine && took < seconds) {
        is_fine = append_one(&raw->append);
        count++;
        took = now_s() - began;
    }
    (void)set_urgent(was_urgent);
    rate->pieces += count;
    rate->seconds += took;
    return is_fine;
}

static bool tell_one(struct raw_file *told, unsigned slot)
{
    return (pwrite(told->handle, told->piece, TOLD_PIECE, slot * TOLD_STEP) == TOLD_PIECE &&
            fdatasync(told->handle) == 0) ||
           fail_file(told);
}

bool raw_reply(struct raw *raw, double seconds, struct raw_rate *rate)
{
    bool is_fine = warm_up(&raw->log);
    unsigned count = 0;
    bool was_urgent = set_urgent(true);
    double began = now_s(), took = 0;

    while (is_fine && took < seconds) {
        is_fine = append_one(&raw->log) && tell_one(&raw->told, count % 2);
        count++;
        took = now_s() - began;
    }
    (void)set_urgent(was_urgent);
    rate->pieces += count;
    rate->seconds += took;
    return is_fine;
}
