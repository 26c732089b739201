#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOLD_SIZE 8192
#define TOLD_STEP 4096
#define TOLD_PIECE 512
#define WAL_STEP ((off_t)4 << 20) /* RocksDB allots its log ahead in steps of this order */

struct raw_file {
    char path[PATH_SIZE];
    int handle;
    uint8_t *piece;
    size_t piece_size;
    off_t end, allotted;
};

static bool raw_open(struct raw_file *file, const char *dir, const char *name, size_t piece_size)
{
    *file = (struct raw_file){.piece_size = piece_size, .piece = malloc(piece_size)};
    snprintf(file->path, sizeof file->path, "%s/%s", dir, name);
    file->handle = open(file->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (!file->piece || file->handle < 0) {
        return complain("%s: %s", file->path, strerror(errno));
    }
    for (size_t i = 0; i < piece_size; i++) {
        file->piece[i] = (uint8_t)(i * 131 + (i >> 8)); /* not zeros, which some disks skip */
    }
    return true;
}

static void raw_close(struct raw_file *file)
{
    if (file->handle >= 0) {
        close(file->handle);
        unlink(file->path);
    }
    free(file->piece);
}

static bool raw_append_one(struct raw_file *file, bool is_allotted)
{
    if (is_allotted && file->end + (off_t)file->piece_size > file->allotted) {
        /* Not on every file system; without it the append is as good. */
        (void)fallocate(file->handle, FALLOC_FL_KEEP_SIZE, file->allotted, WAL_STEP);
        file->allotted += WAL_STEP;
    }
    if (pwrite(file->handle, file->piece, file->piece_size, file->end) !=
            (ssize_t)file->piece_size ||
        fdatasync(file->handle) != 0) {
        return complain("%s: %s", file->path, strerror(errno));
    }
    file->end += (off_t)file->piece_size;
    return true;
}

bool raw_append(const char *dir, size_t piece_size, double seconds, struct raw_rate *rate)
{
    struct raw_file file;
    bool is_fine = raw_open(&file, dir, "raw", piece_size);
    double began = now_s(), took = 0;
    unsigned count = 0;

    while (is_fine && took < seconds) {
        is_fine = raw_append_one(&file, false);
        count += is_fine;
        took = now_s() - began;
    }
    raw_close(&file);
    rate->pieces += count;
    rate->seconds += took;
    return is_fine;
}

bool raw_reply(const char *dir, size_t piece_size, double seconds, struct raw_rate *rate)
{
    struct raw_file log, told;
    bool is_fine = raw_open(&log, dir, "raw-log", piece_size);

    is_fine = raw_open(&told, dir, "raw-told", TOLD_SIZE) && is_fine;
    is_fine = is_fine && raw_append_one(&told, false);
    double began = now_s(), took = 0;
    unsigned count = 0;
    while (is_fine && took < seconds) {
        is_fine =
            raw_append_one(&log, true) &&
            pwrite(told.handle, told.piece, TOLD_PIECE, count % 2 * TOLD_STEP) == TOLD_PIECE &&
            fdatasync(told.handle) == 0;
        count += is_fine;
        took = now_s() - began;
    }
    raw_close(&log);
    raw_close(&told);
    rate->pieces += count;
    rate->seconds += took;
    return is_fine;
}
