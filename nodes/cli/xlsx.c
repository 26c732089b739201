/* Workbooks: the one door to libxlsxwriter. */
#include "sheet.h"

#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

#define WIDTH_MIN 8
#define WIDTH_MAX 48

struct book {
    const struct sheet *sheet;
    lxw_workbook *workbook;
    lxw_worksheet *worksheet;
    lxw_format *head, *text, *day, *money, *count;
};

static bool open_book(struct book *book, const char *path)
{
    book->workbook = workbook_new(path);
    if (!book->workbook) {
        return false;
    }
    book->worksheet = workbook_add_worksheet(book->workbook, book->sheet->name);
    book->head = workbook_add_format(book->workbook);
    book->text = workbook_add_format(book->workbook);
    book->day = workbook_add_format(book->workbook);
    book->money = workbook_add_format(book->workbook);
    book->count = workbook_add_format(book->workbook);
    if (!book->worksheet || !book->head || !book->text || !book->day || !book->money ||
        !book->count) {
        return false;
    }
    format_set_bold(book->head);
    format_set_bg_color(book->head, 0xE7EEF5);
    format_set_num_format(book->text, "@"); /* what a person adds stays text, too */
    format_set_num_format(book->day, "yyyy-mm-dd");
    format_set_num_format(book->money, "#,##0.00");
    format_set_num_format(book->count, "0");
    return true;
}

static lxw_format *format_of(const struct book *book, enum map_type type)
{
    return type == MAP_DATE     ? book->day
           : type == MAP_MONEY  ? book->money
           : type == MAP_NUMBER ? book->count
                                : book->text;
}

/* Q2. A text where a day or a number should be stays the text it is. */
static lxw_error write_cell(const struct book *book, lxw_row_t row, lxw_col_t column,
                            const char *text)
{
    enum map_type type = book->sheet->columns[column].type;
    lxw_format *format = format_of(book, type);
    lxw_datetime day = {0};
    char *end;
    double number = strtod(text, &end);
    bool is_number = end != text && *end == '\0';

    if (type == MAP_DATE && sscanf(text, "%4d-%2d-%2d", &day.year, &day.month, &day.day) == 3) {
        return worksheet_write_datetime(book->worksheet, row, column, &day, format);
    }
    if ((type == MAP_MONEY || type == MAP_NUMBER) && is_number) {
        return worksheet_write_number(book->worksheet, row, column, number, format);
    }
    return worksheet_write_string(book->worksheet, row, column, text, format);
}

static double width_of(const struct sheet *sheet, size_t column)
{
    size_t width = sheet_text_width(sheet->columns[column].title) + 2;

    for (size_t row = 0; row < sheet->row_count; row++) {
        const char *cell = sheet->cells[row * sheet->column_count + column];
        size_t own = cell ? sheet_text_width(cell) + 2 : 0;
        width = own > width ? own : width;
    }
    return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : (double)width;
}

/* A heading over some cells; one alone cannot be merged. */
static lxw_error write_heading(const struct book *book, lxw_row_t first_row, lxw_col_t first,
                               lxw_row_t last_row, lxw_col_t last, const char *text)
{
    return first_row == last_row && first == last
               ? worksheet_write_string(book->worksheet, first_row, first, text, book->head)
               : worksheet_merge_range(book->worksheet, first_row, first, last_row, last, text,
                                       book->head);
}

static const char *group_of(const struct sheet *sheet, size_t column)
{
    return sheet->groups && column < sheet->column_count ? sheet->groups[column] : NULL;
}

/* Rows of heads above the first of the table. */
static lxw_row_t head_rows(const struct sheet *sheet)
{
    return (lxw_row_t)(1 + (sheet->caption != NULL) + (sheet->groups != NULL));
}

/* The line of groups at `row`; a column without one has its title over both lines. */
static lxw_error write_groups(const struct book *book, lxw_row_t row)
{
    const struct sheet *sheet = book->sheet;
    lxw_error error = LXW_NO_ERROR;

    for (size_t i = 0, end; i < sheet->column_count && !error; i = end) {
        const char *group = group_of(sheet, i);
        for (end = i + 1; group && group_of(sheet, end) == group;) {
            end++;
        }
        error = write_heading(book, row, (lxw_col_t)i, group ? row : row + 1, (lxw_col_t)(end - 1),
                              group ? group : sheet->columns[i].title);
    }
    return error;
}

static lxw_error write_heads(const struct book *book)
{
    const struct sheet *sheet = book->sheet;
    lxw_row_t row = 0, last = head_rows(sheet) - 1;
    lxw_error error = LXW_NO_ERROR;

    if (sheet->caption) {
        error =
            write_heading(book, row, 0, row, (lxw_col_t)(sheet->column_count - 1), sheet->caption);
        row++;
    }
    if (!error && row < last) {
        error = write_groups(book, row);
    }
    for (size_t i = 0; i < sheet->column_count && !error; i++) {
        lxw_col_t column = (lxw_col_t)i;
        error = worksheet_set_column(book->worksheet, column, column, width_of(sheet, i),
                                     format_of(book, sheet->columns[i].type));
        if (!error && (row == last || group_of(sheet, i))) {
            error = worksheet_write_string(book->worksheet, last, column, sheet->columns[i].title,
                                           book->head);
        }
    }
    return error;
}

static lxw_error fill(const struct book *book)
{
    const struct sheet *sheet = book->sheet;
    lxw_row_t first = head_rows(sheet);
    lxw_error error = write_heads(book);

    for (size_t i = 0; i < sheet->row_count * sheet->column_count && !error; i++) {
        if (sheet->cells[i] && *sheet->cells[i]) {
            error = write_cell(book, (lxw_row_t)(i / sheet->column_count) + first,
                               (lxw_col_t)(i % sheet->column_count), sheet->cells[i]);
        }
    }
    worksheet_freeze_panes(book->worksheet, first, first > 1 ? 1 : 0);
    if (!error && sheet->column_count && first == 1) {
        error = worksheet_autofilter(book->worksheet, 0, 0, (lxw_row_t)sheet->row_count,
                                     (lxw_col_t)(sheet->column_count - 1));
    }
    return error;
}

fq_err sheet_write_xlsx(const char *path, const struct sheet *sheet, struct fq_why *out_why)
{
    struct book book = {.sheet = sheet};
    bool is_open = open_book(&book, path);
    lxw_error error = is_open ? fill(&book) : LXW_ERROR_MEMORY_MALLOC_FAILED;

    if (book.workbook) {
        lxw_error closed = workbook_close(book.workbook); /* writes and frees, always */
        error = error ? error : closed;
    }
    return error ? fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, lxw_strerror(error)) : FQ_OK;
}
