/* CSV files (RFC 4180) of people and their spreadsheets, row by row.
 *
 * The door to libcsv and iconv. Text comes out as UTF-8 whatever the file was: UTF-8 with or
 * without a byte order mark, or GB18030; the one under which fewer lines are undecodable, UTF-8
 * when equal. Spaces around unquoted fields are dropped; blank lines are no rows.
 *
 * R1  A bad row is reported with its line and never swallows, changes or stops another row: after a
 *     row whose quotes are wrong, reading goes on at the next line.
 * R2  Lines count from 1; a row that spans lines is named by its first.
 * R3  A row that spans lines and has not as many fields as the header is an unclosed quote. */
#ifndef FQ_EDGE_CSV_H
#define FQ_EDGE_CSV_H

#include "fq/base/bytes.h"

#define FQ_CSV_FILE_MAX (256 * 1024 * 1024)
#define FQ_CSV_RECORD_MAX (64 * 1024) /* bytes of one row */
#define FQ_CSV_FIELDS_MAX 256

struct fq_csv_row {
    uint32_t line;
    uint32_t field_count;
    const struct fq_span *fields; /* UTF-8, without NUL bytes */
    bool is_malformed;
    enum fq_reason reason; /* of a malformed row: FQ_REASON_ROW_FORMAT or FQ_REASON_ENCODING */
};

/* Read a file. `take_row` is called for every row, the header first, and borrows it; a malformed
 * row has no fields, except when nothing but their number is wrong. What `take_row` returns other
 * than FQ_OK stops the reading and is the result.
 * Fails with FQ_REASON_FILE, and with FQ_REASON_ENCODING when the header cannot be decoded. */
FQ_CHECKED fq_err fq_csv_read(const char *path,
                              fq_err (*take_row)(void *context, const struct fq_csv_row *row,
                                                 struct fq_why *out_why),
                              void *context, struct fq_why *out_why);
/* The same over text in memory. */
FQ_CHECKED fq_err fq_csv_read_text(struct fq_span text,
                                   fq_err (*take_row)(void *context, const struct fq_csv_row *row,
                                                      struct fq_why *out_why),
                                   void *context, struct fq_why *out_why);

#endif
