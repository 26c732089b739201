/* Table files: CSV with named columns, in any order, as the tables of units and places are. Errors say
 * FILE:LINE: what is wrong. */
#ifndef FQ_EDGE_TABLE_FILE_H
#define FQ_EDGE_TABLE_FILE_H

#include "fq/base/bytes.h"

#define FQ_TABLE_COLUMNS_MAX 8

struct fq_table_column {
    const char *name;
    bool is_required;
};

struct fq_table_format {
    struct fq_table_column columns[FQ_TABLE_COLUMNS_MAX]; /* a NULL name ends it */
    enum fq_reason reason;                                /* of what is wrong with the file */
    /* Take a row: one value for each column, empty where the file has no such column. Borrows them. */
    fq_err (*take)(void *context, const struct fq_span *values, struct fq_why *out_why);
};

/* Read the file, header first. What `take` returns other than FQ_OK stops the reading; its detail is
 * given the file and the line. Fails as fq_csv_read does, and with the format's reason. */
FQ_CHECKED fq_err fq_table_read(const char *path, const struct fq_table_format *format,
                                void *context, struct fq_why *out_why);

/* Decimal digits alone, at most 19. */
bool fq_table_number(struct fq_span text, uint64_t *out_number);
/* A copy with a NUL; false when it does not fit. */
bool fq_table_text(struct fq_span text, char *out, size_t size);

#endif
