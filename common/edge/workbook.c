#include "fq/edge/workbook.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "fq/core/date.h"

#define PATH_SIZE 256
#define STYLES_MAX 4096
#define FORMATS_MAX 512
#define DAYS_1904 1462       /* serial numbers of a workbook that begins in 1904 are so much less */
#define SERIAL_MARCH_1900 61 /* before it Excel counts a 29 February that was none */
#define SERIAL_MAX (FQ_DATE_MAX + 1)
#define PARSE_STEP (1u << 20)

/* ---- the archive ---- */

struct text {
    char *bytes;
    size_t size, capacity;
};

struct reader {
    const char *path;
    zip_t *archive;
    XML_Parser parser;
    struct fq_why *why;
    fq_err err; /* of a handler */
    struct text value;
    bool is_text; /* characters belong to `value` */
    bool is_phonetic;

    char sheet_id[64], sheet_path[PATH_SIZE];
    bool begins_1904;

    struct text strings; /* shared ones, each ended by a NUL */
    size_t *string_places;
    size_t string_count, string_capacity;

    unsigned date_formats[FORMATS_MAX]; /* custom ones that show a day */
    size_t date_format_count;
    bool is_date_style[STYLES_MAX];
    size_t style_count;
    bool is_in_styles;

    fq_err (*take_row)(void *context, const struct fq_csv_row *row, struct fq_why *out_why);
    void *context;
    uint32_t line, columns;
    size_t column, style; /* of the cell at hand */
    char type[16];
    bool is_too_wide;
    uint32_t field_count;
    size_t row_size;
    size_t field_at[FQ_CSV_FIELDS_MAX], field_size[FQ_CSV_FIELDS_MAX];
    char row[FQ_CSV_RECORD_MAX];
};

static fq_err fail(struct reader *reader, const char *what)
{
    return fq_fail(reader->why, FQ_REASON_SHEET, "%s: %s", reader->path, what);
}

/* A file of the archive; free() it. An absent one is empty when that is allowed. */
static fq_err unpack(struct reader *reader, const char *name, bool may_lack, struct text *out)
{
    zip_stat_t status;
    fq_err err = FQ_OK;
    char *bytes = NULL;
    zip_file_t *file = NULL;

    *out = (struct text){0};
    if (zip_stat(reader->archive, name, 0, &status) != 0) {
        return may_lack ? FQ_OK : fail(reader, name);
    }
    if (!(status.valid & ZIP_STAT_SIZE) || status.size > FQ_CSV_FILE_MAX) {
        return fail(reader, name);
    }
    bytes = malloc(status.size + 1);
    file = zip_fopen(reader->archive, name, 0);
    if (!bytes || !file || zip_fread(file, bytes, status.size) != (zip_int64_t)status.size) {
        err = fail(reader, name);
    } else {
        *out = (struct text){.bytes = bytes, .size = status.size};
        bytes = NULL;
    }
    free(bytes);
    if (file) {
        (void)zip_fclose(file);
    }
    return err;
}

static void append(struct reader *reader, struct text *text, const char *bytes, size_t size)
{
    if (text->size + size + 1 > text->capacity) {
        size_t capacity = 2 * (text->size + size + 64);
        char *more = realloc(text->bytes, capacity);
        if (!more) {
            reader->err = fq_fail(reader->why, FQ_REASON_LIMIT, "%s", reader->path);
            return;
        }
        text->bytes = more;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

/* ---- parsing ---- */

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

static bool is_named(const char *name, const char *wanted)
{
    return strcmp(local_name(name), wanted) == 0;
}

static const char *attribute(const char **attributes, const char *wanted)
{
    for (size_t i = 0; attributes[i]; i += 2) {
        if (strcmp(attributes[i], wanted) == 0) {
            return attributes[i + 1];
        }
    }
    return NULL;
}

static void refuse_doctype(void *context, const char *name, const char *system, const char *public,
                           int has_subset)
{
    struct reader *reader = context;

    (void)name, (void)system, (void)public, (void)has_subset;
    reader->err = fail(reader, "DOCTYPE");
    (void)XML_StopParser(reader->parser, XML_FALSE);
}

static void take_characters(void *context, const char *bytes, int size)
{
    struct reader *reader = context;

    if (reader->is_text && !reader->is_phonetic && !reader->err && size > 0) {
        append(reader, &reader->value, bytes, (size_t)size);
    }
}

static fq_err parse(struct reader *reader, const struct text *xml, const char *name,
                    XML_StartElementHandler begin, XML_EndElementHandler end)
{
    reader->parser = XML_ParserCreate(NULL);
    if (!reader->parser) {
        return fq_fail(reader->why, FQ_REASON_LIMIT, "%s", reader->path);
    }
    reader->err = FQ_OK;
    reader->value.size = 0;
    reader->is_text = reader->is_phonetic = false;
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, begin, end);
    XML_SetCharacterDataHandler(reader->parser, take_characters);
    XML_SetStartDoctypeDeclHandler(reader->parser, refuse_doctype);
    fq_err err = FQ_OK;
    for (size_t at = 0; at <= xml->size && !err && !reader->err;) {
        size_t size = xml->size - at < PARSE_STEP ? xml->size - at : PARSE_STEP;
        bool is_last = at + size == xml->size;
        if (XML_Parse(reader->parser, xml->bytes + at, (int)size, is_last) != XML_STATUS_OK &&
            !reader->err) {
            err = fail(reader, name);
        }
        at += size + is_last;
    }
    XML_ParserFree(reader->parser);
    reader->parser = NULL;
    return reader->err ? reader->err : err;
}

/* Unpack and parse. */
static fq_err read_part(struct reader *reader, const char *name, bool may_lack,
                        XML_StartElementHandler begin, XML_EndElementHandler end)
{
    struct text xml;
    fq_err err = unpack(reader, name, may_lack, &xml);

    if (!err && xml.bytes) {
        err = parse(reader, &xml, name, begin, end);
    }
    free(xml.bytes);
    return err;
}

static void ignore_end(void *context, const char *name)
{
    (void)context, (void)name;
}

/* ---- which sheet ---- */

static void begin_workbook(void *context, const char *name, const char **attributes)
{
    struct reader *reader = context;
    const char *id = attribute(attributes, "r:id");
    const char *begins = attribute(attributes, "date1904");

    if (is_named(name, "workbookPr") && begins) {
        reader->begins_1904 = strcmp(begins, "1") == 0 || strcmp(begins, "true") == 0;
    } else if (is_named(name, "sheet") && id && !reader->sheet_id[0]) {
        snprintf(reader->sheet_id, sizeof reader->sheet_id, "%s", id);
    }
}

static void begin_relations(void *context, const char *name, const char **attributes)
{
    struct reader *reader = context;
    const char *id = attribute(attributes, "Id"), *target = attribute(attributes, "Target");

    if (is_named(name, "Relationship") && id && target && strcmp(id, reader->sheet_id) == 0) {
        bool is_absolute = target[0] == '/';
        snprintf(reader->sheet_path, sizeof reader->sheet_path, "%s%s", is_absolute ? "" : "xl/",
                 target + is_absolute);
    }
}

/* ---- shared strings ---- */

static void begin_strings(void *context, const char *name, const char **attributes)
{
    struct reader *reader = context;

    (void)attributes;
    reader->is_text = is_named(name, "t");
    reader->is_phonetic |= is_named(name, "rPh");
    if (is_named(name, "si")) {
        reader->value.size = 0;
    }
}

static void keep_string(struct reader *reader)
{
    if (reader->string_count == reader->string_capacity) {
        size_t capacity = reader->string_capacity ? 2 * reader->string_capacity : 1024;
        size_t *more = realloc(reader->string_places, capacity * sizeof *more);
        if (!more) {
            reader->err = fq_fail(reader->why, FQ_REASON_LIMIT, "%s", reader->path);
            return;
        }
        reader->string_places = more;
        reader->string_capacity = capacity;
    }
    reader->string_places[reader->string_count++] = reader->strings.size;
    append(reader, &reader->strings, reader->value.size ? reader->value.bytes : "",
           reader->value.size);
    append(reader, &reader->strings, "", 1);
}

static void end_strings(void *context, const char *name)
{
    struct reader *reader = context;

    reader->is_text = false;
    reader->is_phonetic &= !is_named(name, "rPh");
    if (is_named(name, "si") && !reader->err) {
        keep_string(reader);
    }
}

/* ---- which numbers are days ---- */

/* A format that shows a day of a month, outside of quotes and brackets. */
static bool is_date_format(const char *format)
{
    char until = 0;

    for (const char *at = format; *at; at++) {
        if (until) {
            until = *at == until ? 0 : until;
        } else if (*at == '"' || *at == '[') {
            until = *at == '"' ? '"' : ']';
        } else if (*at == '\\' && at[1]) {
            at++;
        } else if (*at == 'd' || *at == 'D' || *at == 'y' || *at == 'Y') {
            return true;
        }
    }
    return false;
}

/* Those built in that show a day; 27 to 36 and 50 to 58 do so in Chinese. */
static bool is_date_number(const struct reader *reader, unsigned format)
{
    for (size_t i = 0; i < reader->date_format_count; i++) {
        if (reader->date_formats[i] == format) {
            return true;
        }
    }
    return (format >= 14 && format <= 17) || format == 22 || (format >= 27 && format <= 31) ||
           format == 36 || (format >= 50 && format <= 58);
}

static void begin_styles(void *context, const char *name, const char **attributes)
{
    struct reader *reader = context;
    const char *id = attribute(attributes, "numFmtId");
    const char *code = attribute(attributes, "formatCode");
    unsigned format = id ? (unsigned)strtoul(id, NULL, 10) : 0;

    reader->is_in_styles |= is_named(name, "cellXfs");
    if (is_named(name, "numFmt") && code && is_date_format(code) &&
        reader->date_format_count < FORMATS_MAX) {
        reader->date_formats[reader->date_format_count++] = format;
    } else if (is_named(name, "xf") && reader->is_in_styles && reader->style_count < STYLES_MAX) {
        reader->is_date_style[reader->style_count++] = is_date_number(reader, format);
    }
}

static void end_styles(void *context, const char *name)
{
    struct reader *reader = context;

    reader->is_in_styles &= !is_named(name, "cellXfs");
}

/* ---- cells ---- */

/* The column of "BC12", from 0. */
static size_t column_of(const char *reference)
{
    size_t column = 0;

    for (const char *at = reference; *at >= 'A' && *at <= 'Z' && column < 100000; at++) {
        column = column * 26 + (size_t)(*at - 'A') + 1;
    }
    return column ? column - 1 : 0;
}

/* A number as a person would have typed it. */
static void format_number(const struct reader *reader, const char *text, char out[64])
{
    char *end;
    double number = strtod(text, &end);
    bool is_date = reader->style < reader->style_count && reader->is_date_style[reader->style];
    double serial = number + (reader->begins_1904 ? DAYS_1904 : 0);

    if (end == text || *end) {
        snprintf(out, 64, "%s", text);
    } else if (is_date && serial >= SERIAL_MARCH_1900 && serial < SERIAL_MAX + 1) {
        fq_date_format((uint16_t)((unsigned)serial - 1), out);
    } else if (number < 1e15 && number > -1e15 && number == (double)(long long)number) {
        snprintf(out, 64, "%lld", (long long)number);
    } else {
        snprintf(out, 64, "%.15g", number);
    }
}

static const char *cell_text(struct reader *reader, char number[64])
{
    const char *value = reader->value.size ? reader->value.bytes : "";

    if (strcmp(reader->type, "s") == 0) {
        size_t index = strtoul(value, NULL, 10);
        if (index >= reader->string_count) {
            reader->err = fail(reader, "sharedStrings");
            return "";
        }
        return reader->strings.bytes + reader->string_places[index];
    }
    if (strcmp(reader->type, "b") == 0) {
        return *value == '1' ? "true" : "false";
    }
    if (*value && (!reader->type[0] || strcmp(reader->type, "n") == 0)) {
        format_number(reader, value, number);
        return number;
    }
    return value;
}

static void take_cell(struct reader *reader)
{
    char number[64];
    const char *text = cell_text(reader, number);
    size_t size = strlen(text);

    if (size == 0) {
        return;
    }
    if (reader->column >= FQ_CSV_FIELDS_MAX || size > sizeof reader->row - reader->row_size ||
        (reader->columns && reader->column >= reader->columns)) {
        reader->is_too_wide = true;
        return;
    }
    memcpy(reader->row + reader->row_size, text, size);
    reader->field_at[reader->column] = reader->row_size;
    reader->field_size[reader->column] = size;
    reader->row_size += size;
    if (reader->column >= reader->field_count) {
        reader->field_count = (uint32_t)reader->column + 1;
    }
}

static void take_whole_row(struct reader *reader)
{
    struct fq_span fields[FQ_CSV_FIELDS_MAX];
    struct fq_csv_row row = {.line = reader->line, .fields = fields};

    if (reader->field_count == 0 && !reader->is_too_wide) {
        return;
    }
    if (reader->columns == 0) {
        reader->columns = reader->field_count;
    }
    for (uint32_t i = 0; i < reader->columns; i++) {
        fields[i] = fq_span_of(reader->row + reader->field_at[i], reader->field_size[i]);
    }
    row.field_count = reader->columns;
    row.is_malformed = reader->is_too_wide;
    row.reason = reader->is_too_wide ? FQ_REASON_ROW_FORMAT : FQ_REASON_NONE;
    reader->err = reader->take_row(reader->context, &row, reader->why);
}

static void begin_sheet(void *context, const char *name, const char **attributes)
{
    struct reader *reader = context;
    const char *reference = attribute(attributes, "r");

    reader->is_text = is_named(name, "v") || is_named(name, "t");
    reader->is_phonetic |= is_named(name, "rPh");
    if (is_named(name, "row")) {
        reader->line = reference ? (uint32_t)strtoul(reference, NULL, 10) : reader->line + 1;
        reader->field_count = 0;
        reader->row_size = 0;
        reader->is_too_wide = false;
        reader->column = SIZE_MAX;
        memset(reader->field_size, 0, sizeof reader->field_size);
        memset(reader->field_at, 0, sizeof reader->field_at);
    } else if (is_named(name, "c")) {
        const char *type = attribute(attributes, "t"), *style = attribute(attributes, "s");
        reader->column = reference ? column_of(reference) : reader->column + 1;
        reader->style = style ? strtoul(style, NULL, 10) : 0;
        snprintf(reader->type, sizeof reader->type, "%s", type ? type : "");
        reader->value.size = 0;
    }
}

static void end_sheet(void *context, const char *name)
{
    struct reader *reader = context;

    reader->is_text = false;
    reader->is_phonetic &= !is_named(name, "rPh");
    if (reader->err) {
        return;
    }
    if (is_named(name, "c")) {
        take_cell(reader);
    } else if (is_named(name, "row")) {
        take_whole_row(reader);
    }
    if (reader->err) {
        (void)XML_StopParser(reader->parser, XML_FALSE);
    }
}

/* ---- the whole ---- */

static fq_err read_workbook(struct reader *reader)
{
    fq_err err = read_part(reader, "xl/workbook.xml", false, begin_workbook, ignore_end);

    err = err ? err
              : read_part(reader, "xl/_rels/workbook.xml.rels", false, begin_relations, ignore_end);
    if (!err && !reader->sheet_path[0]) {
        err = fail(reader, "xl/workbook.xml");
    }
    err = err ? err : read_part(reader, "xl/sharedStrings.xml", true, begin_strings, end_strings);
    err = err ? err : read_part(reader, "xl/styles.xml", true, begin_styles, end_styles);
    return err ? err : read_part(reader, reader->sheet_path, false, begin_sheet, end_sheet);
}

fq_err fq_workbook_read(const char *path,
                        fq_err (*take_row)(void *context, const struct fq_csv_row *row,
                                           struct fq_why *out_why),
                        void *context, struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(take_row);

    int code = 0;
    fq_err err = FQ_OK;
    struct reader *reader = calloc(1, sizeof *reader);

    if (!reader) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", path);
    }
    reader->path = path;
    reader->why = out_why;
    reader->take_row = take_row;
    reader->context = context;
    reader->archive = zip_open(path, ZIP_RDONLY, &code);
    if (!reader->archive) {
        err = code == ZIP_ER_NOENT || code == ZIP_ER_OPEN
                  ? fq_fail(out_why, FQ_REASON_FILE, "%s", path)
                  : fail(reader, "zip");
    } else {
        err = read_workbook(reader);
        zip_discard(reader->archive);
    }
    free(reader->value.bytes);
    free(reader->strings.bytes);
    free(reader->string_places);
    free(reader);
    return err;
}

bool fq_workbook_is(const char *path)
{
    char begin[4] = "";
    FILE *file = fopen(path, "rb");

    if (!file) {
        return false;
    }
    bool is_read = fread(begin, 1, sizeof begin, file) == sizeof begin;
    (void)fclose(file);
    return is_read && memcmp(begin, "PK\x03\x04", sizeof begin) == 0;
}
