#include "fit.h"

#include <stdlib.h>
#include <string.h>

#include "width.h"

#define TEXT_LEAST 20 /* a column of texts is not made narrower than this */
#define WORD_MOST 40  /* nor than its longest word, unless that is longer than this */
#define ID_DIGITS 32
#define ID_SHOWN 8 /* commands take the beginning of an id */
#define GAP 1      /* between columns */

enum form { NUMBER, IDS, TEXT };

struct column {
    enum form form;
    size_t width, least;
    size_t rank; /* 0 is kept longest */
    bool is_kept;
};

struct layout {
    const struct cli_cells *cells;
    struct column columns[CLI_COLUMNS_MAX];
    size_t width;
};

static const char *cell_at(const struct cli_cells *cells, size_t row, size_t column)
{
    const char *cell = cells->cells[row * cells->column_count + column];

    return cell ? cell : "";
}

static bool is_id(const char *cell)
{
    return strspn(cell, "0123456789abcdef") == ID_DIGITS && cell[ID_DIGITS] == 0;
}

static void measure(struct layout *layout, size_t index)
{
    const struct cli_cells *cells = layout->cells;
    struct column *column = &layout->columns[index];
    size_t title = width_of(cells->titles[index]), ids = 0, texts = 0, word_most = TEXT_LEAST;

    column->width = title;
    for (size_t row = 0; row < cells->row_count; row++) {
        const char *cell = cell_at(cells, row, index);
        size_t width = width_of(cell), word = width_of_word(cell);
        word_most = word > word_most && word <= WORD_MOST ? word : word_most;
        column->width = width > column->width ? width : column->width;
        ids += is_id(cell);
        texts += *cell && !is_id(cell);
    }
    column->form = cells->is_number[index] ? NUMBER : ids && !texts ? IDS : TEXT;
    column->least = column->form == NUMBER ? column->width
                    : column->form == IDS  ? ID_SHOWN
                                           : word_most;
    column->least = column->least < title ? title : column->least;
    column->least = column->least > column->width ? column->width : column->least;
    column->is_kept = true;
}

static void rank(struct layout *layout, const char *const *importance)
{
    size_t named = 0;

    while (importance && importance[named]) {
        named++;
    }
    for (size_t i = 0; i < layout->cells->column_count; i++) {
        layout->columns[i].rank = named + i;
        for (size_t j = 0; layout->cells->keys && j < named; j++) {
            if (strcmp(importance[j], layout->cells->keys[i]) == 0) {
                layout->columns[i].rank = j;
            }
        }
    }
}

static size_t total(const struct layout *layout, bool is_least)
{
    size_t sum = 0;

    for (size_t i = 0; i < layout->cells->column_count; i++) {
        const struct column *column = &layout->columns[i];
        if (column->is_kept) {
            sum += (sum ? GAP : 0) + (is_least ? column->least : column->width);
        }
    }
    return sum;
}

/* Leave out the least important column; false when one alone is left. */
static bool leave_one_out(struct layout *layout)
{
    struct column *last = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < layout->cells->column_count; i++) {
        struct column *column = &layout->columns[i];
        if (column->is_kept) {
            kept++;
            last = !last || column->rank > last->rank ? column : last;
        }
    }
    if (kept < 2) {
        return false;
    }
    last->is_kept = false;
    return true;
}

/* The widest column of that form which can still give way, or NULL. */
static struct column *widest(struct layout *layout, enum form form)
{
    struct column *found = NULL;

    for (size_t i = 0; i < layout->cells->column_count; i++) {
        struct column *column = &layout->columns[i];
        if (column->is_kept && column->form == form && column->width > column->least &&
            (!found || column->width > found->width)) {
            found = column;
        }
    }
    return found;
}

/* Ids give way at once, texts column by column of the screen, the widest first. */
static void narrow(struct layout *layout)
{
    struct column *column;

    while (total(layout, true) > layout->width && leave_one_out(layout)) {
    }
    while (total(layout, false) > layout->width) {
        if ((column = widest(layout, IDS))) {
            column->width = column->least;
        } else if ((column = widest(layout, TEXT))) {
            column->width--;
        } else {
            return; /* one column that is wider than the screen */
        }
    }
}

static void tell(char *list, size_t list_size, const char *title)
{
    size_t used = strlen(list);

    snprintf(list + used, list_size - used, "%s%s",
             !used                   ? ""
             : cli_text_is_chinese() ? "、"
                                     : ", ",
             title);
}

static size_t lines_of(const char *text, size_t width)
{
    size_t count = 0;

    do {
        (void)width_line(text, width, &text);
        count++;
    } while (*text);
    return count;
}

static size_t lines_of_row(const struct layout *layout, size_t row)
{
    size_t most = 1;

    for (size_t i = 0; i < layout->cells->column_count; i++) {
        const struct column *column = &layout->columns[i];
        if (column->is_kept && column->form == TEXT) {
            size_t count = lines_of(cell_at(layout->cells, row, i), column->width);
            most = count > most ? count : most;
        }
    }
    return most;
}

/* The cell's `line`th line, NULL past its end; false when memory is full. */
static bool cut(const struct column *column, const char *text, size_t line, char **out_cell)
{
    const char *end = text + strlen(text), *next = end;

    *out_cell = NULL;
    if (column->form == TEXT) {
        end = width_line(text, column->width, &next);
        for (size_t i = 0; i < line; i++) {
            text = next;
            end = width_line(text, column->width, &next);
        }
    } else if (line > 0) {
        return true;
    } else if (column->form == IDS && column->width < ID_DIGITS) {
        end = strlen(text) > ID_SHOWN ? text + ID_SHOWN : end;
    }
    if (end > text) {
        *out_cell = strndup(text, (size_t)(end - text));
        return *out_cell != NULL;
    }
    return true;
}

static bool add_row(const struct layout *layout, size_t row, size_t lines, struct fit *fit)
{
    for (size_t line = 0; line < lines; line++) {
        char **cells = fit->cells.cells + fit->cells.row_count * fit->cells.column_count;
        size_t at = 0;
        fit->cells.row_count++;
        for (size_t i = 0; i < layout->cells->column_count; i++) {
            if (layout->columns[i].is_kept &&
                !cut(&layout->columns[i], cell_at(layout->cells, row, i), line, &cells[at++])) {
                return false;
            }
        }
    }
    return true;
}

static void take_columns(const struct layout *layout, struct fit *fit)
{
    const struct cli_cells *cells = layout->cells;

    for (size_t i = 0; i < cells->column_count; i++) {
        const struct column *column = &layout->columns[i];
        if (!column->is_kept) {
            tell(fit->left_out, sizeof fit->left_out, cells->titles[i]);
            continue;
        }
        if (column->form == IDS && column->width < ID_DIGITS) {
            tell(fit->shortened, sizeof fit->shortened, cells->titles[i]);
        }
        fit->titles[fit->cells.column_count] = cells->titles[i];
        fit->is_number[fit->cells.column_count++] = cells->is_number[i];
    }
    fit->cells.titles = fit->titles;
    fit->cells.is_number = fit->is_number;
    fit->cells.has_total = cells->has_total;
}

bool fit_make(const struct cli_cells *cells, const char *const *importance, size_t width,
              struct fit *out_fit)
{
    struct layout layout = {.cells = cells, .width = width};
    size_t lines = 0;

    *out_fit = (struct fit){.cells = {.column_count = 0}};
    for (size_t i = 0; i < cells->column_count; i++) {
        measure(&layout, i);
    }
    rank(&layout, importance);
    narrow(&layout);
    take_columns(&layout, out_fit);
    for (size_t row = 0; row < cells->row_count; row++) {
        lines += lines_of_row(&layout, row);
    }
    out_fit->cells.cells = calloc(lines * out_fit->cells.column_count + 1, sizeof(char *));
    bool is_fine = out_fit->cells.cells != NULL;
    for (size_t row = 0; row < cells->row_count && is_fine; row++) {
        is_fine = add_row(&layout, row, lines_of_row(&layout, row), out_fit);
    }
    if (!is_fine) {
        fit_free(out_fit);
    }
    return is_fine;
}

void fit_free(struct fit *fit)
{
    for (size_t i = 0; fit->cells.cells && i < fit->cells.row_count * fit->cells.column_count;
         i++) {
        free(fit->cells.cells[i]);
    }
    free(fit->cells.cells);
    *fit = (struct fit){.cells = {.column_count = 0}};
}
