/* The first sheet of an .xlsx workbook (ECMA-376), row by row, as if it were a CSV file.
 *
 * The door to libzip and Expat. Cells come out as text: days as YYYY-MM-DD, numbers as a person
 * would have typed them, truths as true and false. Blank rows are no rows. A file with a document
 * type is refused, sizes are checked before anything is unpacked.
 *
 * R1 and R2 of csv.h hold, a sheet's row being the line. */
#ifndef FQ_EDGE_WORKBOOK_H
#define FQ_EDGE_WORKBOOK_H

#include "fq/edge/csv.h"

/* Whether the file begins as a workbook does (it is a ZIP archive). */
bool fq_workbook_is(const char *path);
/* Read a workbook; see fq_csv_read. A row with something beyond the header's columns is malformed.
 * Fails with FQ_REASON_FILE, or FQ_REASON_SHEET when it is no workbook. */
FQ_CHECKED fq_err fq_workbook_read(const char *path,
                                   fq_err (*take_row)(void *context, const struct fq_csv_row *row,
                                                      struct fq_why *out_why),
                                   void *context, struct fq_why *out_why);

#endif
