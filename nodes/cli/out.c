/* The one place that prints results: table, json, jsonl, csv, md from the same value. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fit.h"
#include "person.h"
#include "width.h"

/* ---- cells ---- */

struct grid {
    const struct cli *cli;
    char keys[CLI_COLUMNS_MAX][48];
    const char *titles[CLI_COLUMNS_MAX];
    bool is_number[CLI_COLUMNS_MAX];
    struct cli_cells cells;
    const char *key_list[CLI_COLUMNS_MAX];
    size_t capacity; /* rows there is room for */
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* A cell for programs; person.c has those for people. */
static char *cell_text(struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);
    char *text = NULL;

    switch (value.size ? fq_read_type(&reader) : FQ_CODEC_NIL) {
    case FQ_CODEC_NIL:
        return NULL;
    case FQ_CODEC_BOOL:
        return strdup(fq_read_bool(&reader) ? "true" : "false");
    case FQ_CODEC_UINT:
    case FQ_CODEC_INT:
        return asprintf(&text, "%" PRId64, fq_read_int(&reader)) < 0 ? NULL : text;
    case FQ_CODEC_TEXT: {
        struct fq_span span = fq_read_text(&reader);
        return strndup((const char *)span.data, span.size);
    }
    default:
        return cli_json_text(value);
    }
}

static bool is_number_type(struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);
    enum fq_codec_type type = value.size ? fq_read_type(&reader) : FQ_CODEC_NIL;

    return type == FQ_CODEC_UINT || type == FQ_CODEC_INT;
}

static void add_column(struct grid *grid, const char *key, bool is_for_person)
{
    size_t column = grid->cells.column_count;

    if (column == CLI_COLUMNS_MAX) {
        return;
    }
    snprintf(grid->keys[column], sizeof grid->keys[column], "%s", key);
    grid->key_list[column] = grid->keys[column];
    grid->titles[column] = is_for_person ? cli_title(grid->keys[column]) : grid->keys[column];
    grid->cells.column_count++;
}

static bool is_array(struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);

    return value.size && fq_read_type(&reader) == FQ_CODEC_ARRAY;
}

static bool has_column(const struct grid *grid, const char *key)
{
    for (size_t i = 0; i < grid->cells.column_count; i++) {
        if (strcmp(grid->keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

/* The keys of a row that no row before it had. */
static void add_keys(struct grid *grid, struct fq_span row, bool is_for_person)
{
    struct fq_reader reader = fq_reader_over(row);

    if (!row.size || fq_read_type(&reader) != FQ_CODEC_MAP) {
        return;
    }
    uint32_t count = fq_read_map(&reader);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        char key[48];
        cli_copy(key, sizeof key, fq_read_text(&reader));
        (void)fq_read_skip(&reader);
        if (!has_column(grid, key)) {
            add_column(grid, key, is_for_person);
        }
    }
}

/* The view's columns, else every key that any of the rows has. */
static void choose_columns(struct grid *grid, const struct cli_view *view, struct fq_span rows,
                           bool is_for_person)
{
    struct fq_reader reader = fq_reader_over(rows);

    for (size_t i = 0; view->columns && view->columns[i]; i++) {
        add_column(grid, view->columns[i], is_for_person);
    }
    if (view->columns) {
        return;
    }
    if (!is_array(rows)) {
        add_keys(grid, rows, is_for_person);
        return;
    }
    uint32_t count = fq_read_array(&reader);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        add_keys(grid, fq_read_skip(&reader), is_for_person);
    }
}

static bool grow(struct grid *grid)
{
    if (grid->cells.row_count < grid->capacity) {
        return true;
    }
    size_t capacity = grid->capacity ? grid->capacity * 2 : 64;
    char **cells =
        realloc(grid->cells.cells, capacity * (grid->cells.column_count + 1) * sizeof *cells);
    if (!cells) {
        return false;
    }
    grid->cells.cells = cells;
    grid->capacity = capacity;
    return true;
}

/* Columns of figures that are texts: percents, and money beside counts. */
static bool is_figure(const char *key)
{
    static const char *const keys[] = {"figure", "base",  "difference",
                                       "growth", "share", "cumulative"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_row(struct grid *grid, struct fq_span row, bool is_for_person, bool is_total)
{
    if (!grow(grid)) {
        return false;
    }
    char **cells = grid->cells.cells + grid->cells.row_count * grid->cells.column_count;
    for (size_t column = 0; column < grid->cells.column_count; column++) {
        struct fq_span value = fq_map_get(row, grid->keys[column]);
        cells[column] = is_for_person
                            ? person_text(grid->cli, person_key(row, grid->keys[column]), value)
                            : cell_text(value);
        grid->is_number[column] |= is_number_type(value) ||
                                   ends_with(grid->keys[column], "_rate") ||
                                   is_figure(grid->keys[column]);
    }
    if (is_total && grid->cells.column_count && !cells[0]) {
        cells[0] = strdup(is_for_person ? _("total") : "total");
    }
    grid->cells.row_count++;
    grid->cells.has_total |= is_total;
    return true;
}

static void grid_free(struct grid *grid)
{
    for (size_t i = 0; i < grid->cells.row_count * grid->cells.column_count; i++) {
        free(grid->cells.cells[i]);
    }
    free(grid->cells.cells);
    free(grid);
}

static struct fq_span rows_of(struct fq_span value, const struct cli_view *view)
{
    return view->rows ? fq_map_get(value, view->rows) : value;
}

/* A key may mean one thing where it counts and another where it does not: linked disputes, and
 * whether a node is linked. */
static void title_numbers(struct grid *grid)
{
    char key[sizeof grid->keys[0] + 1];

    for (size_t i = 0; i < grid->cells.column_count; i++) {
        snprintf(key, sizeof key, "%s#", grid->keys[i]);
        if (grid->is_number[i] && cli_has_title(key)) {
            grid->titles[i] = cli_title(key);
        }
    }
}

/* Rows of an array, or the one row of a map. */
static bool fill(struct grid *grid, struct fq_span value, const struct cli_view *view,
                 bool is_for_person)
{
    struct fq_span rows = rows_of(value, view);
    struct fq_span total = view->total ? fq_map_get(value, view->total) : (struct fq_span){0};
    struct fq_reader reader = fq_reader_over(rows);
    bool is_fine = true;

    choose_columns(grid, view, rows, is_for_person);
    if (!view->columns) {
        add_keys(grid, total, is_for_person);
    }
    if (!is_array(rows)) {
        is_fine = !rows.size || add_row(grid, rows, is_for_person, false);
    } else {
        uint32_t count = fq_read_array(&reader);
        for (uint32_t i = 0; i < count && is_fine && !reader.is_bad; i++) {
            is_fine = add_row(grid, fq_read_skip(&reader), is_for_person, false);
        }
    }
    is_fine = is_fine && (!total.size || add_row(grid, total, is_for_person, true));
    if (is_for_person) {
        title_numbers(grid);
    }
    return is_fine;
}

/* ---- csv and md ---- */

static void print_csv(FILE *out, const struct cli_cells *cells)
{
    for (size_t i = 0; i < cells->column_count; i++) {
        fputs(i ? "," : "", out);
        cli_csv_cell_print(out, cells->titles[i]);
    }
    fputs("\r\n", out);
    for (size_t i = 0; i < cells->row_count * cells->column_count; i++) {
        fputs(i % cells->column_count ? "," : "", out);
        cli_csv_cell_print(out, cells->cells[i] ? cells->cells[i] : "");
        fputs(i % cells->column_count == cells->column_count - 1 ? "\r\n" : "", out);
    }
}

static void print_md_row(FILE *out, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputs(i ? " | " : "| ", out);
        for (const char *at = cells[i] ? cells[i] : ""; *at; at++) {
            fputs(*at == '|' ? "\\" : "", out);
            fputc(*at == '\n' ? ' ' : *at, out);
        }
    }
    fputs(" |\n", out);
}

static void print_md(FILE *out, const struct cli_cells *cells)
{
    print_md_row(out, cells->titles, cells->column_count);
    for (size_t i = 0; i < cells->column_count; i++) {
        fputs(cells->is_number[i] ? "|---:" : "|---", out);
    }
    fputs("|\n", out);
    for (size_t row = 0; row < cells->row_count; row++) {
        print_md_row(out, (const char *const *)(cells->cells + row * cells->column_count),
                     cells->column_count);
    }
}

/* What a narrow terminal did not show, once for the same words. */
static void say_fit(const struct fit *fit)
{
    static char said[sizeof fit->left_out];

    if (*fit->left_out && strcmp(said, fit->left_out) != 0) {
        snprintf(said, sizeof said, "%s", fit->left_out);
        cli_say(_("Not shown for want of room: %s. `-o csv`, `-o md` and `-o json` have all."),
                fit->left_out);
    }
    if (*fit->shortened) {
        cli_say(_("Only the beginning is shown: %s."), fit->shortened);
    }
}

/* On a terminal the table is made to fit; anywhere else it is as wide as it is. */
static fq_err print_table(const struct cli_cells *cells, const char *const *importance,
                          struct fq_why *out_why)
{
    size_t width = width_terminal(stdout);

    if (width == 0) {
        return cli_table_print(stdout, cells, out_why);
    }
    struct fit fit;
    if (!fit_make(cells, importance, width, &fit)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "table");
    }
    fq_err err = cli_table_print(stdout, &fit.cells, out_why);
    err = err ? err : cli_flush(out_why); /* before what is said of it */
    if (!err) {
        say_fit(&fit);
    }
    fit_free(&fit);
    return err;
}

/* A record as two columns: what, value. */
static fq_err print_record(struct grid *grid, struct fq_why *out_why)
{
    size_t count = grid->cells.column_count;
    char **cells = calloc(count ? count * 2 : 1, sizeof *cells);
    static const bool is_number[2] = {false, false};

    if (!cells) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "table");
    }
    for (size_t i = 0; i < count; i++) {
        cells[2 * i] = strdup(grid->titles[i]);
        cells[2 * i + 1] = grid->cells.cells[i] ? strdup(grid->cells.cells[i]) : NULL;
    }
    const char *record_titles[2] = {_("what"), cli_title("value")};
    struct cli_cells record = {.titles = record_titles,
                               .is_number = is_number,
                               .cells = cells,
                               .column_count = 2,
                               .row_count = count};
    fq_err err = print_table(&record, NULL, out_why);
    for (size_t i = 0; i < 2 * count; i++) {
        free(cells[i]);
    }
    free(cells);
    return err;
}

/* ---- choose ---- */

static fq_err print_lines(struct fq_span value, const struct cli_view *view, struct fq_why *out_why)
{
    struct fq_span rows = rows_of(value, view);

    if (!is_array(rows)) {
        return cli_json_print(stdout, value, false, out_why);
    }
    struct fq_reader reader = fq_reader_over(rows);
    uint32_t count = fq_read_array(&reader);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        fq_err err = cli_json_print(stdout, fq_read_skip(&reader), false, out_why);
        if (err) {
            return err;
        }
    }
    return FQ_OK;
}

static fq_err print_grid(const struct cli *cli, struct fq_span value, const struct cli_view *view,
                         struct fq_why *out_why)
{
    bool is_for_person = cli->format != CLI_CSV;
    struct grid *grid = calloc(1, sizeof *grid);
    fq_err err = FQ_OK;

    if (!grid) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "table");
    }
    grid->cli = cli;
    grid->cells.keys = grid->key_list;
    grid->cells.titles = grid->titles;
    grid->cells.is_number = grid->is_number;
    if (!fill(grid, value, view, is_for_person)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "table");
    } else if (grid->cells.column_count == 0) {
        err = FQ_OK; /* no rows and no columns known: nothing to show */
    } else if (cli->format == CLI_CSV) {
        print_csv(stdout, &grid->cells);
    } else if (cli->format == CLI_MD) {
        print_md(stdout, &grid->cells);
    } else if (!is_array(rows_of(value, view)) && !view->total) {
        err = print_record(grid, out_why);
    } else {
        err = print_table(&grid->cells, view->importance, out_why);
    }
    grid_free(grid);
    return err;
}

fq_err cli_flush(struct fq_why *out_why)
{
    if (fflush(stdout) || ferror(stdout)) {
        return fq_fail(out_why, FQ_REASON_FILE, "stdout: %s", strerror(errno));
    }
    return FQ_OK;
}

fq_err cli_print(const struct cli *cli, struct fq_span value, const struct cli_view *view,
                 struct fq_why *out_why)
{
    fq_err err;

    if (cli->format > CLI_MD) {
        return fq_fail(out_why, FQ_REASON_USAGE, "-o table, json, jsonl, csv, md");
    }
    if (cli->format == CLI_JSON) {
        err = cli_json_print(stdout, value, true, out_why);
    } else if (cli->format == CLI_JSONL) {
        err = print_lines(value, view, out_why);
    } else {
        err = print_grid(cli, value, view, out_why);
    }
    return err ? err : cli_flush(out_why);
}

/* ---- a growing value ---- */

struct fq_writer cli_build_open(size_t size_max)
{
    void *base = mmap(NULL, size_max, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return base == MAP_FAILED ? fq_writer_over(NULL, 0) : fq_writer_over(base, size_max);
}

void cli_build_close(struct fq_writer *writer)
{
    if (writer->base) {
        munmap(writer->base, writer->size);
    }
    *writer = (struct fq_writer){0};
}

void cli_free(struct fq_span content)
{
    void *memory;

    memcpy(&memory, &content.data, sizeof memory); /* the giver's own, no longer const */
    free(memory);
}

void cli_write_pair_text(struct fq_writer *writer, const char *key, const char *text)
{
    fq_write_text(writer, key);
    fq_write_text(writer, text);
}

void cli_write_pair_uint(struct fq_writer *writer, const char *key, uint64_t value)
{
    fq_write_text(writer, key);
    fq_write_uint(writer, value);
}

void cli_write_pair_bool(struct fq_writer *writer, const char *key, bool value)
{
    fq_write_text(writer, key);
    fq_write_bool(writer, value);
}

void cli_write_pair_nil(struct fq_writer *writer, const char *key)
{
    fq_write_text(writer, key);
    fq_write_nil(writer);
}
