/* Sheets: a table for a spreadsheet program, written as a file of its own.
 *
 * Q1  Excel opens the CSV rightly: UTF-8 with its mark, lines end with CR LF, no cell is run as a
 *     formula, and no row of digits is rounded or loses its zeros.
 * Q2  In a workbook days are days, money and counts are numbers, all else is text.
 * Q3  A file is there whole or not at all, and readable by its owner alone when it is told so. */
#ifndef FQ_NODES_CLI_SHEET_H
#define FQ_NODES_CLI_SHEET_H

#include "cli.h"
#include "import_map.h"

struct sheet_column {
    const char *title;
    enum map_type type;
};

struct sheet {
    const char *name;
    const char *caption; /* a line above all in a workbook; NULL none */
    const struct sheet_column *columns;
    const char *const
        *groups;        /* of each column: the heading above it and its neighbours of the same
                                  group, in CSV before its title, or NULL; NULL: no column has one */
    const char **cells; /* row_count x column_count; NULL and "" are empty. Days are YYYY-MM-DD,
                           money and counts plain numbers; whatever is not is written as text */
    size_t column_count, row_count;
};

/* Columns a text takes on a screen: two for what is written wide in Chinese. */
size_t sheet_text_width(const char *text);
/* Whether a spreadsheet would make another number of a text. */
bool sheet_would_round(const char *text);

void sheet_print_csv(FILE *out, const struct sheet *sheet);
/* Write a workbook when the path ends in .xlsx, CSV when in .csv (Q1, Q2, Q3). Fails with FILE, or
 * USAGE when it ends otherwise. */
FQ_CHECKED fq_err sheet_write(const char *path, bool is_secret, const struct sheet *sheet,
                              struct fq_why *out_why);
/* xlsx.c: the workbook alone, at this very path. */
FQ_CHECKED fq_err sheet_write_xlsx(const char *path, const struct sheet *sheet,
                                   struct fq_why *out_why);

#endif
