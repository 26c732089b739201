#include "outbox_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 10

static fq_err fail_full(struct fq_why *out_why, const char *path)
{
    return fq_fail(out_why, FQ_REASON_OUTBOX_FULL, "%s: %s", path, strerror(errno));
}

fq_err outbox_path(const char *directory, const char *name, char out[OUTBOX_PATH_SIZE],
                   struct fq_why *out_why)
{
    int size = snprintf(out, OUTBOX_PATH_SIZE, "%s/%s", directory, name);

    return size >= 0 && size < OUTBOX_PATH_SIZE
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_FILE, "%.200s...: the path is too long", directory);
}

/* A name is durable only with its directory. */
static fq_err sync_directory(const char *path, struct fq_why *out_why)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fq_err err = file < 0 || fsync(file) != 0 ? fail_full(out_why, path) : FQ_OK;

    if (file >= 0) {
        close(file);
    }
    return err;
}

/* ---- directories ---- */

static fq_err make_one(char *path, struct fq_why *out_why)
{
    char *slash = strrchr(path, '/');

    if (mkdir(path, 0700) != 0) {
        return errno == EEXIST ? FQ_OK : fail_full(out_why, path);
    }
    if (!slash || slash == path) {
        return sync_directory(slash ? "/" : ".", out_why);
    }
    *slash = '\0';
    fq_err err = sync_directory(path, out_why);
    *slash = '/';
    return err;
}

fq_err outbox_make_directory(const char *path, struct fq_why *out_why)
{
    char each[OUTBOX_PATH_SIZE];
    struct stat status;
    size_t size = strlen(path);
    fq_err err = FQ_OK;

    if (stat(path, &status) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(status.st_mode) ? FQ_OK : fail_full(out_why, path);
    }
    if (size == 0 || size >= sizeof each) {
        return fq_fail(out_why, FQ_REASON_FILE, "%.200s: is no path", path);
    }
    memcpy(each, path, size + 1);
    for (size_t i = 1; i <= size && !err; i++) {
        if (each[i] == '/' || each[i] == '\0') {
            char was = each[i];
            each[i] = '\0';
            err = make_one(each, out_why);
            each[i] = was;
        }
    }
    return err;
}

/* ---- files ---- */

fq_err outbox_open_file(const char *directory, const char *name, int *out_file,
                        struct fq_why *out_why)
{
    char path[OUTBOX_PATH_SIZE];
    fq_err err = outbox_path(directory, name, path, out_why);

    if (err) {
        return err;
    }
    int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno == ENOENT) {
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        err = file < 0 ? fail_full(out_why, path) : sync_directory(directory, out_why);
    } else if (file < 0) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    if (err && file >= 0) {
        close(file);
    } else if (!err) {
        *out_file = file;
    }
    return err;
}

static void note_holder(int file)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%-20ld\n", (long)getpid());

    /* For people: who cannot note it, because the disk is full, still holds the lock. */
    ssize_t ignored = pwrite(file, text, (size_t)size, 0);
    (void)ignored;
}

fq_err outbox_lock(int file, uint64_t wait_ms, struct fq_why *out_why)
{
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000};
    char holder[24] = "";

    for (uint64_t waited_ms = 0; flock(file, LOCK_EX | LOCK_NB) != 0; waited_ms += LOOK_AGAIN_MS) {
        if (waited_ms >= wait_ms) {
            ssize_t size = pread(file, holder, sizeof holder - 1, 0);
            holder[size > 0 ? size : 0] = '\0';
            holder[strcspn(holder, " \n")] = '\0';
            return fq_fail(out_why, FQ_REASON_OUTBOX_HELD, "process %s", holder);
        }
        (void)nanosleep(&pause, NULL);
    }
    note_holder(file);
    return FQ_OK;
}

void outbox_unlock(int file)
{
    (void)flock(file, LOCK_UN);
}

/* ---- writing ---- */

static bool write_all(int file, uint64_t at, struct fq_span bytes)
{
    size_t done = 0;

    while (done < bytes.size) {
        ssize_t size = pwrite(file, bytes.data + done, bytes.size - done, (off_t)(at + done));
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            errno = size == 0 ? ENOSPC : errno;
            return false;
        }
        done += (size_t)size;
    }
    return true;
}

fq_err outbox_append(int file, uint64_t size, struct fq_span bytes, bool is_synced,
                     struct fq_why *out_why)
{
    if (write_all(file, size, bytes) && (!is_synced || fdatasync(file) == 0)) {
        return FQ_OK;
    }
    fq_err err = fail_full(out_why, "journal");
    if (ftruncate(file, (off_t)size) == 0 && is_synced) {
        (void)fdatasync(file); /* what stays behind is a torn end, and passed over (O2) */
    }
    return err;
}

fq_err outbox_replace(const char *directory, const char *name, struct fq_span bytes,
                      struct fq_why *out_why)
{
    char path[OUTBOX_PATH_SIZE], fresh[OUTBOX_PATH_SIZE], fresh_name[256];
    fq_err err = outbox_path(directory, name, path, out_why);

    /* One name each, so that two programs do not write into one file. */
    snprintf(fresh_name, sizeof fresh_name, "%.200s.%ld~", name, (long)getpid());
    err = err ? err : outbox_path(directory, fresh_name, fresh, out_why);
    if (err) {
        return err;
    }
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return fail_full(out_why, fresh);
    }
    if (!write_all(file, 0, bytes) || fsync(file) != 0) {
        err = fail_full(out_why, fresh);
    }
    if (close(file) != 0 && !err) {
        err = fail_full(out_why, fresh);
    }
    if (!err && rename(fresh, path) != 0) {
        err = fail_full(out_why, path);
    }
    if (err) {
        (void)unlink(fresh);
        return err;
    }
    return sync_directory(directory, out_why);
}
