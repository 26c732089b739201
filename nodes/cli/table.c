/* Tables for a person: the one door to libsmartcols. Only ASCII glyphs: others have an ambiguous
 * width in Chinese terminals. */
#include "cli.h"

#include <libsmartcols/libsmartcols.h>

static int add_row(struct libscols_table *table, const struct cli_cells *cells, size_t row)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);

    if (!line) {
        return -1;
    }
    for (size_t column = 0; column < cells->column_count; column++) {
        const char *cell = cells->cells[row * cells->column_count + column];
        if (scols_line_set_data(line, column, cell ? cell : "")) {
            return -1;
        }
    }
    return 0;
}

fq_err cli_table_print(FILE *out, const struct cli_cells *cells, struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    struct libscols_table *table = scols_new_table();
    int failed = table == NULL;

    if (!failed) {
        failed |= scols_table_set_stream(table, out);
        failed |= scols_table_enable_ascii(table, 1);
        failed |= scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
        failed |= scols_table_enable_nowrap(table, 1);
        for (size_t column = 0; column < cells->column_count && !failed; column++) {
            failed |= !scols_table_new_column(table, cells->titles[column], 0,
                                              cells->is_number[column] ? SCOLS_FL_RIGHT : 0);
        }
        for (size_t row = 0; row < cells->row_count && !failed; row++) {
            failed |= add_row(table, cells, row);
        }
    }
    if (failed || scols_print_table(table)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "table");
    }
    scols_unref_table(table);
    return err;
}
