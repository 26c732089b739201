#include "page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "share.h"
#include "template.h"

#define TEMPLATE_MAX (256u << 10)

static fq_err read_file(const char *path, struct fq_arena *arena, struct fq_span *out_text,
                        struct fq_why *out_why)
{
    FILE *file = fopen(path, "rb");
    uint8_t *text = fq_arena_take_raw(arena, TEMPLATE_MAX);

    if (!file || !text) {
        fq_err err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
        if (file) {
            fclose(file);
        }
        return err;
    }
    size_t size = fread(text, 1, TEMPLATE_MAX, file);
    bool is_whole = !ferror(file) && size < TEMPLATE_MAX;
    fclose(file);
    if (!is_whole) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s", path);
    }
    *out_text = fq_span_of(text, size);
    return FQ_OK;
}

fq_err page_render(const struct cli *cli, const char *place, bool is_plain, struct fq_span values,
                   struct fq_arena *arena, struct fq_writer *page, struct fq_why *out_why)
{
    char path[SHARE_PATH_SIZE];
    struct fq_span text;
    fq_err err = share_find(cli, place, path, out_why);

    err = err ? err : read_file(path, arena, &text, out_why);
    if (err) {
        return err;
    }
    return is_plain ? template_render_plain(path, text, values, page, out_why)
                    : template_render(path, text, values, page, out_why);
}

bool page_is_stdout(const char *file)
{
    return strcmp(file, "-") == 0;
}

fq_err page_check(const char *file, bool may_replace, struct fq_why *out_why)
{
    return !page_is_stdout(file) && !may_replace && access(file, F_OK) == 0
               ? fq_fail(out_why, FQ_REASON_FILE_THERE, "%s", file)
               : FQ_OK;
}

static fq_err fail_file(const char *path, struct fq_why *out_why)
{
    return fq_fail(out_why, errno == EEXIST ? FQ_REASON_FILE_THERE : FQ_REASON_FILE, "%s: %s", path,
                   strerror(errno));
}

static bool write_all(int descriptor, struct fq_span text)
{
    while (text.size > 0) {
        ssize_t size = write(descriptor, text.data, text.size);
        if (size < 0 && errno != EINTR) {
            return false;
        }
        size_t done = size > 0 ? (size_t)size : 0;
        text = fq_span_of(text.data + done, text.size - done);
    }
    return true;
}

/* Whether the file got its name; one that came there meanwhile stays, where the file system can tell. */
static bool move(const char *from, const char *to, bool may_replace)
{
    unsigned flags = may_replace ? 0 : RENAME_NOREPLACE;

    return renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) == 0 ||
           (errno == EINVAL && rename(from, to) == 0);
}

/* E2: a file of mkostemp is its owner's alone; any other is as the user's mask says. */
static bool set_mode(int descriptor, bool is_secret)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    return is_secret || fchmod(descriptor, 0666 & ~mask) == 0;
}

fq_err page_write(const char *file, struct fq_span text, bool is_secret, bool may_replace,
                  struct fq_why *out_why)
{
    char path[PAGE_FILE_SIZE];

    if (page_is_stdout(file)) {
        (void)fwrite(text.data, 1, text.size, stdout);
        return cli_flush(out_why);
    }
    if ((size_t)snprintf(path, sizeof path, "%s.XXXXXX", file) >= sizeof path) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s", file);
    }
    int descriptor = mkostemp(path, O_CLOEXEC); /* with mode 0600 */
    if (descriptor < 0) {
        return fail_file(file, out_why);
    }
    bool is_fine =
        set_mode(descriptor, is_secret) && write_all(descriptor, text) && fsync(descriptor) == 0;
    is_fine &= close(descriptor) == 0;
    is_fine = is_fine && move(path, file, may_replace);
    if (!is_fine) {
        fq_err err = fail_file(file, out_why);
        (void)unlink(path);
        return err;
    }
    return FQ_OK;
}
