#include "seal_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "FQSEAL1\n"
#define MAGIC_SIZE 8
#define FILE_SIZE_MAX ((size_t)256 << 20)
#define CURSOR_SIZE_MAX 64
#define PATH_SIZE 1024

/* ---- files ---- */

fq_err seal_read_whole(const char *path, size_t size_max, struct fq_writer *writer,
                       struct fq_why *out_why)
{
    FILE *file = fopen(path, "rb");
    uint8_t part[65536];
    size_t total = 0, size;

    if (!file) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    while ((size = fread(part, 1, sizeof part, file)) > 0 && total <= size_max) {
        fq_write_raw(writer, fq_span_of(part, size));
        total += size;
    }
    bool is_bad = ferror(file) || total > size_max || writer->is_full;
    fclose(file);
    return is_bad ? fq_fail(out_why, FQ_REASON_FILE, "%s", path) : FQ_OK;
}

fq_err seal_write_whole(const char *path, struct fq_span bytes, struct fq_why *out_why)
{
    char fresh[PATH_SIZE];
    FILE *file = NULL;

    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) < sizeof fresh) {
        file = fopen(fresh, "wb");
    }
    if (!file) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    bool is_bad = fwrite(bytes.data, 1, bytes.size, file) != bytes.size;
    is_bad |= fflush(file) != 0 || fsync(fileno(file)) != 0;
    is_bad |= fclose(file) != 0;
    if (is_bad || rename(fresh, path) != 0) {
        fq_err err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
        unlink(fresh);
        return err;
    }
    return FQ_OK;
}

bool seal_file_is(const char *path)
{
    FILE *file = fopen(path, "rb");
    char magic[MAGIC_SIZE] = "";
    bool is_seal = file && fread(magic, 1, MAGIC_SIZE, file) == MAGIC_SIZE &&
                   memcmp(magic, MAGIC, MAGIC_SIZE) == 0;

    if (file) {
        fclose(file);
    }
    return is_seal;
}

/* ---- the parts ---- */

static fq_err not_one(const char *what, struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_SEAL_DIFFERS, "%s", what);
}

/* The chunks of cells, moved together where the first of them lies. */
static bool join_cells(struct seal_file *file, struct fq_reader *reader)
{
    uint32_t count = fq_read_array(reader);
    uint8_t *begin = NULL;
    size_t size = 0;

    for (uint32_t i = 0; i < count && !reader->is_bad; i++) {
        struct fq_span chunk = fq_read_bytes(reader);
        if (chunk.size) {
            uint8_t *at = file->room.base + (chunk.data - file->room.base);
            begin = begin ? begin : at;
            memmove(begin + size, chunk.data, chunk.size);
            size += chunk.size;
        }
    }
    file->cells = begin ? fq_span_of(begin, size) : fq_span_of(file->room.base, 0);
    return !reader->is_bad && reader->at == reader->end;
}

static fq_err split(struct seal_file *file, struct fq_why *out_why)
{
    struct fq_span all = fq_writer_span(&file->room);

    if (all.size < MAGIC_SIZE || memcmp(all.data, MAGIC, MAGIC_SIZE) != 0) {
        return not_one("form", out_why);
    }
    struct fq_span value = fq_span_of(all.data + MAGIC_SIZE, all.size - MAGIC_SIZE);
    struct fq_reader reader = fq_reader_over(value);
    if (!fq_codec_scan(value) || fq_read_array(&reader) != 5) {
        return not_one("form", out_why);
    }
    file->head = fq_read_bytes(&reader);
    file->signature = fq_read_bytes(&reader);
    file->notes = fq_read_bytes(&reader);
    file->marks = fq_read_bytes(&reader);
    if (!join_cells(file, &reader) || !fq_codec_scan(file->notes) || !fq_codec_scan(file->marks)) {
        return not_one("form", out_why);
    }
    return fq_period_seal_decode(file->head, &file->seal) ? FQ_OK : not_one("head", out_why);
}

fq_err seal_file_read(const char *path, struct seal_file *out_file, struct fq_why *out_why)
{
    *out_file = (struct seal_file){.room = cli_build_open(FILE_SIZE_MAX + 65536)};
    fq_err err = seal_read_whole(path, FILE_SIZE_MAX, &out_file->room, out_why);

    return err ? err : split(out_file, out_why);
}

/* Keep bytes of an answer, which is gone with the next. */
static struct fq_span keep(struct seal_file *file, struct fq_span bytes)
{
    size_t at = file->room.used;

    fq_write_raw(&file->room, bytes);
    return fq_span_of(file->room.base + at, file->room.is_full ? 0 : bytes.size);
}

static void take_page(struct seal_file *file, struct fq_span result, bool is_first)
{
    if (is_first) {
        file->head = keep(file, fq_map_bytes(result, "head"));
        file->signature = keep(file, fq_map_bytes(result, "signature"));
        file->notes = keep(file, fq_map_bytes(result, "notes"));
        file->marks = keep(file, fq_map_bytes(result, "marks"));
        file->cells = fq_span_of(file->room.base + file->room.used, 0);
    } else { /* one behind the other */
        file->cells.size += keep(file, fq_map_bytes(result, "cells")).size;
    }
}

fq_err seal_file_fetch(struct cli_client *client, const char *name, const char *area,
                       struct seal_file *out_file, struct fq_why *out_why)
{
    uint8_t cursor_bytes[CURSOR_SIZE_MAX];
    struct fq_span cursor = {0};
    struct cli_answer answer;
    struct cli_args args;
    bool is_first = true;
    fq_err err;

    *out_file = (struct seal_file){.room = cli_build_open(FILE_SIZE_MAX)};
    cli_args_open(&args);
    cli_args_text(&args, "seal", name);
    if (area) {
        cli_args_text(&args, "area", area);
    }
    do {
        uint64_t id;
        err = cli_send(client, "period.read", &args, cursor, &id, out_why);
        err = err ? err : cli_receive(client, CLI_ANSWER_MS, &answer, out_why);
        err = err ? err : cli_answer_err(&answer, out_why);
        if (!err) {
            take_page(out_file, answer.result, is_first);
            is_first = false;
            cursor.size = answer.cursor.size < sizeof cursor_bytes ? answer.cursor.size : 0;
            memcpy(cursor_bytes, cursor.size ? answer.cursor.data : cursor_bytes, cursor.size);
            cursor.data = cursor_bytes;
        }
    } while (!err && cursor.size);
    cli_args_close(&args);
    if (!err && !fq_period_seal_decode(out_file->head, &out_file->seal)) {
        err = not_one("head", out_why);
    }
    return err;
}

/* Of the list of seals, the one that has this id; a span of size 0 when none has. */
static struct fq_span find_listed(struct fq_span list, struct fq_span id)
{
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span row = fq_read_skip(&reader);
        if (fq_span_equal(fq_map_text(row, "seal"), id)) {
            return row;
        }
    }
    return (struct fq_span){0};
}

fq_err seal_is_of_answer(struct cli_client *client, const char *name, struct fq_span answer,
                         struct fq_why *out_why)
{
    static const char *const days[] = {"from", "to"};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    struct fq_span as_of = fq_map_text(answer, "as_of");
    struct cli_args args;

    if (fq_span_equal(as_of, fq_span_text("live"))) {
        cli_build_close(&list);
        return fq_fail(out_why, FQ_REASON_NOT_HELD, "--seal %s", name);
    }
    cli_args_open(&args);
    fq_err err = cli_call_all(client, "period.list", &args, 0, &list, out_why);
    struct fq_span seal = find_listed(fq_writer_span(&list), as_of);
    if (!err && !seal.size) {
        err = fq_fail(out_why, FQ_REASON_USAGE, _("--seal %s: that is no seal"), name);
    }
    for (size_t i = 0; i < sizeof days / sizeof days[0] && !err; i++) {
        struct fq_span sealed = fq_map_text(seal, days[i]), asked = fq_map_text(answer, days[i]);
        if (!fq_span_equal(sealed, asked)) {
            struct fq_span period = fq_map_text(seal, "period");
            err = fq_fail(out_why, FQ_REASON_USAGE, _("--seal %s is of another period: %.*s"), name,
                          (int)period.size, period.size ? (const char *)period.data : "");
        }
    }
    cli_args_close(&args);
    cli_build_close(&list);
    return err;
}

void seal_file_close(struct seal_file *file)
{
    if (file->room.base) {
        cli_build_close(&file->room);
    }
    *file = (struct seal_file){.cells = {0}};
}

fq_err seal_file_write(const struct seal_file *file, const char *path, struct fq_why *out_why)
{
    struct fq_writer writer = cli_build_open(FILE_SIZE_MAX);
    const struct fq_span parts[] = {file->head, file->signature, file->notes, file->marks};

    fq_write_raw(&writer, fq_span_of(MAGIC, MAGIC_SIZE));
    fq_write_array(&writer, 5);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        fq_write_bytes(&writer, parts[i].data, parts[i].size);
    }
    fq_write_array(&writer, 1);
    fq_write_bytes(&writer, file->cells.data, file->cells.size);
    fq_err err = seal_write_whole(path, fq_writer_span(&writer), out_why);
    cli_build_close(&writer);
    return err;
}

fq_err seal_file_check(const struct seal_file *file, struct fq_why *out_why)
{
    const struct {
        const char *name;
        struct fq_span bytes;
        const struct fq_hash *hash;
    } parts[] = {
        {"notes", file->notes, &file->seal.notes},
        {"marks", file->marks, &file->seal.marks},
        {"cells", file->cells, &file->seal.cells},
    };
    struct fq_hash hash;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        fq_hash_spans(&parts[i].bytes, 1, &hash);
        if (!fq_hash_equal(&hash, parts[i].hash)) {
            return not_one(parts[i].name, out_why);
        }
    }
    return FQ_OK;
}
