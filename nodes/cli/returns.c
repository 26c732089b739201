#include "returns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/period.h"
#include "page.h"
#include "sheet.h"

#define MEMORY_SIZE (256u << 20)
#define VALUES_SIZE (16u << 20)
#define PAGE_MAX (32u << 20)

/* ---- as a sheet ---- */

static const char *row_title(const struct returns *returns)
{
    return strcmp(returns->rows, "type") == 0 ? _("type of dispute") : _("area");
}

static const char *name_area(const struct returns *returns, char code[8])
{
    cli_copy(code, 8, fq_map_text(returns->answers[0].head, "area"));
    const struct fq_area *area =
        fq_areas_find(&returns->tables->areas, (uint32_t)strtoul(code, NULL, 10));
    return !area ? code : returns->is_chinese ? area->name_zh : area->name_en;
}

/* The form's name, whose it is and of when, as one line above a workbook's table. */
static const char *caption(struct returns *returns)
{
    char text[512], code[8];

    snprintf(text, sizeof text, "%s  %s  %s", returns_text(returns, returns->path, ""),
             name_area(returns, code), returns->period);
    struct fq_span copy = fq_arena_copy(&returns->arena, fq_span_of(text, strlen(text) + 1));
    return (const char *)copy.data;
}

static bool make_sheet(struct returns *returns, struct sheet *sheet)
{
    size_t width = (size_t)returns->column_count + 1, height = (size_t)returns->line_count + 1;
    struct sheet_column *columns =
        fq_arena_take(&returns->arena, width * sizeof(struct sheet_column));
    const char **cells = fq_arena_take(&returns->arena, width * height * sizeof *cells);
    const char **groups = fq_arena_take(&returns->arena, width * sizeof *groups);

    if (!columns || !cells || !groups) {
        return false;
    }
    columns[0] = (struct sheet_column){row_title(returns), MAP_TEXT};
    for (uint32_t i = 0; i < returns->column_count; i++) {
        const struct returns_column *column = &returns->columns[i];
        columns[i + 1].title = column->title;
        columns[i + 1].type = column->is_money || !*column->measure ? MAP_MONEY : MAP_NUMBER;
        groups[i + 1] = column->group;
    }
    for (size_t row = 0; row < height; row++) {
        cells[row * width] = row < returns->line_count ? returns->lines[row].name : _("total");
        memcpy(cells + row * width + 1, returns->cells + row * returns->column_count,
               returns->column_count * sizeof *cells);
    }
    *sheet = (struct sheet){.name = cli_value(returns->cli, "form"),
                            .caption = caption(returns),
                            .columns = columns,
                            .groups = groups,
                            .cells = cells,
                            .column_count = width,
                            .row_count = height};
    return true;
}

static fq_err put_sheet(struct returns *returns, const char *file, struct fq_why *out_why)
{
    struct sheet sheet;

    if (!make_sheet(returns, &sheet)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "form");
    }
    if (page_is_stdout(file)) {
        sheet_print_csv(stdout, &sheet);
        return cli_flush(out_why);
    }
    return sheet_write(file, false, &sheet, out_why);
}

/* ---- as values, for the page and as JSON ---- */

static void write_cells(const struct returns *returns, uint32_t line, struct fq_writer *writer)
{
    fq_write_array(writer, returns->column_count);
    for (uint32_t i = 0; i < returns->column_count; i++) {
        fq_write_map(writer, 2);
        cli_write_pair_text(writer, "id", returns->columns[i].id);
        cli_write_pair_text(writer, "text", returns->cells[line * returns->column_count + i]);
    }
}

static void write_lines(const struct returns *returns, struct fq_writer *writer)
{
    fq_write_text(writer, "lines");
    fq_write_array(writer, returns->line_count);
    for (uint32_t i = 0; i < returns->line_count; i++) {
        fq_write_map(writer, 3);
        cli_write_pair_text(writer, "code", returns->lines[i].code);
        cli_write_pair_text(writer, "name", returns->lines[i].name);
        fq_write_text(writer, "cells");
        write_cells(returns, i, writer);
    }
    fq_write_text(writer, "total");
    write_cells(returns, returns->line_count, writer);
}

/* Columns next to each other with the same group have one heading above them. */
static void write_head(const struct returns *returns, struct fq_writer *writer)
{
    uint32_t groups = 0;

    for (uint32_t i = 0; i < returns->column_count; i++) {
        groups += i == 0 || returns->columns[i].group != returns->columns[i - 1].group;
    }
    fq_write_text(writer, "groups");
    fq_write_array(writer, groups);
    for (uint32_t i = 0, end; i < returns->column_count; i = end) {
        for (end = i + 1; end < returns->column_count &&
                          returns->columns[end].group == returns->columns[i].group;) {
            end++;
        }
        fq_write_map(writer, 2);
        cli_write_pair_text(writer, "title", returns->columns[i].group);
        cli_write_pair_uint(writer, "span", end - i);
    }
    fq_write_text(writer, "columns");
    fq_write_array(writer, returns->column_count);
    for (uint32_t i = 0; i < returns->column_count; i++) {
        fq_write_map(writer, 2);
        cli_write_pair_text(writer, "id", returns->columns[i].id);
        cli_write_pair_text(writer, "title", returns->columns[i].title);
    }
}

static void write_copy(const struct returns *returns, const char *key, struct fq_writer *writer)
{
    fq_write_text(writer, key);
    fq_write_raw(writer, fq_map_get(returns->answers[0].head, key));
}

static struct fq_span make_values(struct returns *returns)
{
    struct fq_writer writer = fq_writer_take(&returns->arena, VALUES_SIZE);
    struct fq_span head = returns->answers[0].head;
    char code[8];

    fq_write_map(&writer, 24);
    cli_write_pair_text(&writer, "form", cli_value(returns->cli, "form"));
    cli_write_pair_text(&writer, "title", returns_text(returns, returns->path, ""));
    cli_write_pair_text(&writer, "note", returns_text(returns, returns->path, "note"));
    cli_write_pair_text(&writer, "lang", returns->is_chinese ? "zh-CN" : "en");
    cli_write_pair_text(&writer, "area_name", name_area(returns, code));
    cli_write_pair_text(&writer, "row_title", row_title(returns));
    cli_write_pair_text(&writer, "w_reporter", _("Reported by: "));
    cli_write_pair_text(&writer, "w_period", _("Period: "));
    cli_write_pair_text(&writer, "w_year", _("Year to date: "));
    cli_write_pair_text(&writer, "w_total", _("total"));
    cli_write_pair_text(&writer, "year_from", returns->year_from);
    cli_write_pair_text(&writer, "completeness",
                        fq_map_bool(head, "complete")
                            ? _("All counties were heard after the period ended.")
                            : _("Not all counties were heard after the period ended."));
    cli_write_pair_text(&writer, "told",
                        cli_value(returns->cli, "seal")
                            ? cli_value(returns->cli, "seal")
                            : _("Live figures: what the node knows now; late reports may still "
                                "change them."));
    static const char *const copied[] = {"period", "area",   "from",    "to",
                                         "as_of",  "digest", "complete"};
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        write_copy(returns, copied[i], &writer);
    }
    write_head(returns, &writer);
    write_lines(returns, &writer);
    return writer.is_full ? (struct fq_span){0} : fq_writer_span(&writer);
}

static fq_err put_page(struct returns *returns, const char *file, struct fq_why *out_why)
{
    struct fq_writer page = cli_build_open(PAGE_MAX);
    struct fq_span values = make_values(returns);
    fq_err err = values.size ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "form");

    err = err ? err
              : page_render(returns->cli, "forms/form.html", false, values, &returns->arena, &page,
                            out_why);
    err = err ? err : page_write(file, fq_writer_span(&page), false, returns->cli->is_yes, out_why);
    cli_build_close(&page);
    return err;
}

/* ---- the command ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* The format asked for, else what the file's name ends in; CSV when nothing tells. */
static enum cli_format choose_format(const struct cli *cli, const char *file)
{
    if (cli->format != CLI_TABLE) {
        return cli->format;
    }
    return ends_with(file, ".xlsx")   ? CLI_XLSX
           : ends_with(file, ".csv")  ? CLI_CSV
           : ends_with(file, ".html") ? CLI_HTML
                                      : CLI_CSV;
}

static fq_err check_file(const struct cli *cli, enum cli_format format, const char *file,
                         struct fq_why *out_why)
{
    bool is_stdout = page_is_stdout(file);
    const char *end = format == CLI_XLSX ? ".xlsx" : format == CLI_CSV ? ".csv" : "";

    if ((format == CLI_XLSX && is_stdout) || (!is_stdout && !ends_with(file, end)) ||
        (!is_stdout && format != CLI_XLSX && format != CLI_CSV && format != CLI_HTML)) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--to FILE.xlsx, FILE.csv, FILE.html");
    }
    if (format > CLI_XLSX || format == CLI_MD || format == CLI_TEXT || format == CLI_JSONL) {
        return fq_fail(out_why, FQ_REASON_USAGE, "-o html, csv, xlsx; --json");
    }
    return page_check(file, cli->is_yes, out_why);
}

static fq_err make(struct returns *returns, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    const char *given = cli_value(returns->cli, "to"), *file = given ? given : "-";
    enum cli_format format = choose_format(returns->cli, file);
    fq_err err = check_file(returns->cli, format, file, out_why);

    err = err ? err : share_find(returns->cli, "forms/forms.cfg", returns->settings_path, out_why);
    err = err ? err
              : fq_settings_read(returns->settings_path, &returns->arena, &returns->settings,
                                 out_why);
    err = err ? err : returns_read_layout(returns, out_why);
    err = err ? err : cli_connect(returns->cli, &returns->client, out_why);
    err = err ? err : cli_tables_open(returns->client, &returns->tables, out_why);
    err = err ? err : returns_ask(returns, out_why);
    err = err ? err : returns_compute(returns, out_why);
    if (err) {
        return err;
    }
    switch (format) {
    case CLI_HTML:
        return put_page(returns, file, out_why);
    case CLI_JSON:
        return cli_print(returns->cli, make_values(returns), &view, out_why);
    default:
        return put_sheet(returns, file, out_why);
    }
}

static fq_err run_form(struct cli *cli, struct fq_why *out_why)
{
    struct returns *returns = calloc(1, sizeof *returns);

    if (!returns) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "form");
    }
    returns->cli = cli;
    returns->period = cli->arguments[0];
    returns->is_chinese = cli_text_is_chinese();
    returns->memory = cli_build_open(MEMORY_SIZE);
    returns->arena = fq_arena_over(returns->memory.base, returns->memory.size);
    fq_err err = make(returns, out_why);
    cli_tables_close(returns->tables);
    cli_disconnect(returns->client);
    cli_build_close(&returns->memory);
    free(returns);
    return err;
}

static const struct cli_option form_options[] = {
    {"form", 0, "FORM", N_("`tiers`, `cases`, `administrative`, or another of `config/forms`")},
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {"seal", 0, "SEAL", N_("the figures of this seal, not those of now")},
    {"to", 0, "FILE", N_("file to write: `.xlsx`, `.csv` or `.html`; - for standard output")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_form_commands[] = {
    {"form", NULL, "PERIOD", 1, 1,
     N_("Print a statistical return of a period: `-o html`, `csv` or `xlsx`."), form_options,
     run_form},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
