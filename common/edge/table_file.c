#include "fq/edge/table_file.h"

#include <string.h>

#include "fq/edge/csv.h"

struct loader {
    const char *path;
    const struct fq_table_format *format;
    void *context;
    bool has_header;
    uint32_t
        fields[FQ_TABLE_COLUMNS_MAX]; /* which field of a row is the column, from 1; 0 absent */
};

static int find_column(const struct fq_table_format *format, struct fq_span name)
{
    for (int i = 0; i < FQ_TABLE_COLUMNS_MAX && format->columns[i].name; i++) {
        if (fq_span_equal(name, fq_span_text(format->columns[i].name))) {
            return i;
        }
    }
    return -1;
}

static fq_err take_header(struct loader *loader, const struct fq_csv_row *row,
                          struct fq_why *out_why)
{
    const struct fq_table_format *format = loader->format;

    for (uint32_t i = 0; i < row->field_count; i++) {
        int column = find_column(format, row->fields[i]);
        if (column < 0 || loader->fields[column]) {
            return fq_fail(out_why, format->reason,
                           "%s:%u: the column %.*s is unknown or there twice", loader->path,
                           row->line, (int)(row->fields[i].size < 40 ? row->fields[i].size : 40),
                           (const char *)row->fields[i].data);
        }
        loader->fields[column] = i + 1;
    }
    for (int i = 0; i < FQ_TABLE_COLUMNS_MAX && format->columns[i].name; i++) {
        if (format->columns[i].is_required && !loader->fields[i]) {
            return fq_fail(out_why, format->reason, "%s:%u: there is no column %s", loader->path,
                           row->line, format->columns[i].name);
        }
    }
    loader->has_header = true;
    return FQ_OK;
}

static fq_err take_row(void *context, const struct fq_csv_row *row, struct fq_why *out_why)
{
    struct loader *loader = context;
    struct fq_span values[FQ_TABLE_COLUMNS_MAX] = {{0}};
    struct fq_why why;

    if (row->is_malformed) {
        return fq_fail(out_why, loader->format->reason, "%s:%u: the row is not well-formed",
                       loader->path, row->line);
    }
    if (!loader->has_header) {
        return take_header(loader, row, out_why);
    }
    for (int i = 0; i < FQ_TABLE_COLUMNS_MAX; i++) {
        if (loader->fields[i]) {
            values[i] = row->fields[loader->fields[i] - 1];
        }
    }
    if (loader->format->take(loader->context, values, &why)) {
        return fq_fail(out_why, why.reason, "%s:%u: %.300s", loader->path, row->line, why.detail);
    }
    return FQ_OK;
}

fq_err fq_table_read(const char *path, const struct fq_table_format *format, void *context,
                     struct fq_why *out_why)
{
    struct loader loader = {.path = path, .format = format, .context = context};
    fq_err err = fq_csv_read(path, take_row, &loader, out_why);

    if (!err && !loader.has_header) {
        err = fq_fail(out_why, format->reason, "%s: is empty", path);
    }
    return err;
}

bool fq_table_number(struct fq_span text, uint64_t *out_number)
{
    uint64_t number = 0;

    if (text.size == 0 || text.size > 19) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out_number = number;
    return true;
}

bool fq_table_text(struct fq_span text, char *out, size_t size)
{
    if (text.size >= size) {
        return false;
    }
    memcpy(out, text.data ? text.data : (const uint8_t *)"", text.size);
    out[text.size] = '\0';
    return true;
}
