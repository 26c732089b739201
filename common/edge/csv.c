#include "fq/edge/csv.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NO_ICONV ((iconv_t)-1)
#define UTF8_GROWTH 2 /* two bytes of GB18030 become at most three of UTF-8, four become four */

/* ---- Encodings ---- */

/* Decode `text` from GB18030 into `out`, which has room for UTF8_GROWTH times its size. */
static bool decode(iconv_t decoder, struct fq_span text, uint8_t *out, size_t *out_size)
{
    char *in = (char *)(uintptr_t)text.data; /* iconv takes no const, and changes nothing */
    size_t in_left = text.size;
    char *to = (char *)out;
    size_t to_left = text.size * UTF8_GROWTH;
    (void)iconv(decoder, NULL, NULL, NULL, NULL);
    bool is_decoded = iconv(decoder, &in, &in_left, &to, &to_left) != (size_t)-1;
    *out_size = text.size * UTF8_GROWTH - to_left;
    return is_decoded;
}

/* ---- Lines and rows ---- */

struct reader {
    struct fq_span text;
    size_t at;        /* where the next row begins */
    uint32_t line;    /* and its line */
    uint32_t columns; /* of the header; 0 before it */
    iconv_t decoder;  /* NO_ICONV for UTF-8 */
    struct csv_parser parser;
    bool is_row_done; /* libcsv has seen the end of the row */
    bool is_row_too_long;
    uint32_t field_count;
    struct fq_span fields[FQ_CSV_FIELDS_MAX];
    size_t raw_size, utf8_size;
    uint8_t raw[FQ_CSV_RECORD_MAX]; /* the row's fields as they came */
    uint8_t utf8[FQ_CSV_RECORD_MAX * UTF8_GROWTH];
};

/* The line at `at` with its end: LF, CR LF, or CR alone, as libcsv ends rows. */
static struct fq_span line_at(struct fq_span text, size_t at)
{
    size_t end = at;
    while (end < text.size && text.data[end] != '\n' && text.data[end] != '\r') {
        end++;
    }
    bool is_pair = end + 1 < text.size && text.data[end] == '\r' && text.data[end + 1] == '\n';
    end += end == text.size ? 0 : is_pair ? 2 : 1;
    return fq_span_of(text.data + at, end - at);
}

static bool is_blank(struct fq_span line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r' &&
            line.data[i] != '\n') {
            return false;
        }
    }
    return true;
}

static void take_field(void *bytes, size_t size, void *context)
{
    struct reader *reader = context;
    if (reader->field_count == FQ_CSV_FIELDS_MAX || size > sizeof reader->raw - reader->raw_size) {
        reader->is_row_too_long = true;
        return;
    }
    uint8_t *copy = reader->raw + reader->raw_size;
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    reader->fields[reader->field_count++] = fq_span_of(copy, size);
    reader->raw_size += size;
}

static void take_end(int terminator, void *context)
{
    struct reader *reader = context;
    (void)terminator;
    reader->is_row_done = true;
}

/* Let libcsv read one row; gives its lines and bytes. False when its quotes are wrong or it is too
 * long. The lines are fed one by one, because libcsv does not say where a row begins. */
static bool parse_row(struct reader *reader, uint32_t *out_lines, size_t *out_size)
{
    size_t size = 0;
    uint32_t lines = 0;
    reader->is_row_done = false;
    reader->is_row_too_long = false;
    reader->field_count = 0;
    reader->raw_size = 0;

    while (!reader->is_row_done && reader->at + size < reader->text.size) {
        struct fq_span line = line_at(reader->text, reader->at + size);
        size += line.size;
        lines++;
        if (size > FQ_CSV_RECORD_MAX) {
            return false;
        }
        if (csv_parse(&reader->parser, line.data, line.size, take_field, take_end, reader) !=
            line.size) {
            return false;
        }
    }
    if (!reader->is_row_done &&
        csv_fini(&reader->parser, take_field, take_end, reader) != CSV_SUCCESS) {
        return false;
    }
    *out_lines = lines;
    *out_size = size;
    return !reader->is_row_too_long;
}

/* Turn the fields into UTF-8; says what is wrong with them, or FQ_REASON_NONE. */
static enum fq_reason decode_fields(struct reader *reader)
{
    reader->utf8_size = 0;
    for (uint32_t i = 0; i < reader->field_count; i++) {
        struct fq_span *field = &reader->fields[i];
        if (field->size > 0 && memchr(field->data, '\0', field->size)) {
            return FQ_REASON_ROW_FORMAT;
        }
        if (reader->decoder == NO_ICONV) {
            if (!fq_utf8_is_valid(*field)) {
                return FQ_REASON_ENCODING;
            }
            continue;
        }
        uint8_t *out = reader->utf8 + reader->utf8_size;
        size_t size;
        if (!decode(reader->decoder, *field, out, &size)) {
            return FQ_REASON_ENCODING;
        }
        *field = fq_span_of(out, size);
        reader->utf8_size += size;
    }
    return FQ_REASON_NONE;
}

/* Read the row at reader->at, which is not blank, and move on behind it. */
static fq_err read_row(struct reader *reader, struct fq_csv_row *out_row, struct fq_why *out_why)
{
    uint32_t lines = 1;
    size_t size = 0;
    struct fq_csv_row row = {.line = reader->line, .fields = reader->fields};
    bool is_whole = parse_row(reader, &lines, &size);
    bool is_header = reader->columns == 0;
    bool is_count_right = is_header || reader->field_count == reader->columns;

    if (!is_whole || (lines > 1 && !is_count_right)) { /* R1, R3 */
        if (!is_whole && csv_error(&reader->parser) == CSV_ENOMEM) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "line %u: no memory", reader->line);
        }
        row.reason = FQ_REASON_ROW_FORMAT;
        lines = 1;
        size = line_at(reader->text, reader->at).size;
        csv_free(&reader->parser);
        if (csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "line %u: no memory", reader->line);
        }
    } else {
        row.reason = decode_fields(reader);
        row.field_count = row.reason ? 0 : reader->field_count;
        if (!row.reason && !is_count_right) {
            row.reason = FQ_REASON_ROW_FORMAT;
        }
    }
    row.is_malformed = row.reason != FQ_REASON_NONE;
    if (is_header && row.is_malformed) {
        return fq_fail(out_why, row.reason, "line %u: the header cannot be read", row.line);
    }
    reader->columns = is_header ? row.field_count : reader->columns;
    reader->at += size;
    reader->line += lines;
    *out_row = row;
    return FQ_OK;
}

static fq_err read_rows(struct reader *reader,
                        fq_err (*take_row)(void *context, const struct fq_csv_row *row,
                                           struct fq_why *out_why),
                        void *context, struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    while (!err && reader->at < reader->text.size) {
        struct fq_span line = line_at(reader->text, reader->at);
        if (is_blank(line)) {
            reader->at += line.size;
            reader->line++;
            continue;
        }
        struct fq_csv_row row;
        err = read_row(reader, &row, out_why);
        err = err ? err : take_row(context, &row, out_why);
    }
    return err;
}

/* ---- Which encoding ---- */

static bool begins_with(struct fq_span text, const char *mark)
{
    size_t size = strlen(mark);
    return text.size >= size && memcmp(text.data, mark, size) == 0;
}

/* Whether fewer lines are undecodable as GB18030 than as UTF-8. A line too long for a row, which is
 * refused anyway, has no vote. */
static bool is_rather_gb18030(struct reader *reader)
{
    uint32_t bad_utf8 = 0;
    uint32_t bad_gb18030 = 0;
    size_t at = 0;
    while (at < reader->text.size) {
        struct fq_span line = line_at(reader->text, at);
        size_t size;
        at += line.size;
        if (line.size <= FQ_CSV_RECORD_MAX) {
            bad_utf8 += !fq_utf8_is_valid(line);
            bad_gb18030 += !decode(reader->decoder, line, reader->utf8, &size);
        }
    }
    return bad_gb18030 < bad_utf8;
}

/* Choose the encoding and step over its byte order mark. reader->decoder is open before, and stays
 * so only for GB18030. */
static void choose_encoding(struct reader *reader)
{
    bool is_marked = begins_with(reader->text, "\xef\xbb\xbf");
    if (is_marked || fq_utf8_is_valid(reader->text) || !is_rather_gb18030(reader)) {
        (void)iconv_close(reader->decoder);
        reader->decoder = NO_ICONV;
        reader->at = is_marked ? 3 : 0;
    } else if (begins_with(reader->text, "\x84\x31\x95\x33")) {
        reader->at = 4;
    }
}

fq_err fq_csv_read_text(struct fq_span text,
                        fq_err (*take_row)(void *context, const struct fq_csv_row *row,
                                           struct fq_why *out_why),
                        void *context, struct fq_why *out_why)
{
    FQ_ASSERT(take_row);

    fq_err err = FQ_OK;
    bool has_parser = false;
    struct reader *reader = calloc(1, sizeof *reader);

    if (!reader) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "no memory for a CSV reader");
        goto done;
    }
    reader->text = text;
    reader->line = 1;
    reader->decoder = iconv_open("UTF-8", "GB18030");
    if (reader->decoder == NO_ICONV) {
        err = fq_fail(out_why, FQ_REASON_ENCODING, "this system cannot read GB18030");
        goto done;
    }
    has_parser = csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI) == 0;
    if (!has_parser) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "no memory for a CSV reader");
        goto done;
    }
    choose_encoding(reader);
    err = read_rows(reader, take_row, context, out_why);

done:
    if (has_parser) {
        csv_free(&reader->parser);
    }
    if (reader && reader->decoder != NO_ICONV) {
        (void)iconv_close(reader->decoder);
    }
    free(reader);
    return err;
}

/* ---- Files ---- */

static fq_err read_file(const char *path, uint8_t **out_bytes, size_t *out_size,
                        struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    uint8_t *bytes = NULL;
    struct stat status;
    size_t size;
    FILE *file = fopen(path, "rb");

    if (!file || fstat(fileno(file), &status) != 0) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
        goto done;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > FQ_CSV_FILE_MAX) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: not a file of at most %d MiB", path,
                      FQ_CSV_FILE_MAX / 1024 / 1024);
        goto done;
    }
    size = (size_t)status.st_size;
    bytes = malloc(size + 1);
    if (!bytes) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: no memory", path);
        goto done;
    }
    if (fread(bytes, 1, size, file) != size) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: cannot be read to its end", path);
        goto done;
    }
    *out_bytes = bytes;
    *out_size = size;
    bytes = NULL;

done:
    free(bytes);
    if (file) {
        (void)fclose(file);
    }
    return err;
}

fq_err fq_csv_read(const char *path,
                   fq_err (*take_row)(void *context, const struct fq_csv_row *row,
                                      struct fq_why *out_why),
                   void *context, struct fq_why *out_why)
{
    FQ_ASSERT(path);

    uint8_t *bytes = NULL;
    size_t size = 0;
    fq_err err = read_file(path, &bytes, &size, out_why);
    if (!err) {
        err = fq_csv_read_text(fq_span_of(bytes, size), take_row, context, out_why);
    }
    free(bytes);
    return err;
}
