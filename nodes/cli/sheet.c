#include "sheet.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADING_SIZE 256
#define DIGITS_SHOWN 11 /* more of them Excel shows as a power of ten */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

size_t sheet_text_width(const char *text)
{
    size_t width = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool is_first = (*at & 0xc0) != 0x80;
        width += is_first ? (*at >= 0xe0 ? 2 : 1) : 0;
    }
    return width;
}

bool sheet_would_round(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    bool is_power = digits > 0 && (text[digits] == 'e' || text[digits] == 'E') &&
                    text[digits + 1] != '\0' &&
                    strspn(text + digits + 1, "0123456789") == strlen(text + digits + 1);

    return is_power ||
           (text[digits] == '\0' && (digits > DIGITS_SHOWN || (digits > 1 && text[0] == '0')));
}

/* ---- CSV ---- */

static bool is_plain_number(const char *cell)
{
    size_t at = *cell == '-' ? 1 : 0;

    return cell[at] && strspn(cell + at, "0123456789.") == strlen(cell + at);
}

void cli_csv_cell_print(FILE *out, const char *cell)
{
    bool is_formula = *cell && strchr("=+-@", *cell) && !is_plain_number(cell);

    if (!strpbrk(cell, "\",\r\n") && !is_formula) {
        fputs(cell, out);
        return;
    }
    fputc('"', out);
    if (is_formula) {
        fputc('\'', out);
    }
    for (; *cell; cell++) {
        if (*cell == '"') {
            fputc('"', out);
        }
        fputc(*cell, out);
    }
    fputc('"', out);
}

static void print_line(FILE *out, const struct sheet *sheet, const char *const *cells)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        const char *cell = cells[i] ? cells[i] : "";
        fputs(i ? "," : "", out);
        if (sheet->columns[i].type == MAP_TEXT && sheet_would_round(cell)) {
            fputc('\t', out); /* text to a spreadsheet, and no part of it to the import */
        }
        cli_csv_cell_print(out, cell);
    }
    fputs("\r\n", out);
}

void sheet_print_csv(FILE *out, const struct sheet *sheet)
{
    char headings[MAP_COLUMNS_MAX][HEADING_SIZE];
    const char *titles[MAP_COLUMNS_MAX];

    FQ_ASSERT(sheet->column_count <= MAP_COLUMNS_MAX);
    for (size_t i = 0; i < sheet->column_count; i++) {
        const char *group = sheet->groups ? sheet->groups[i] : NULL;
        titles[i] = sheet->columns[i].title;
        if (group && strcmp(group, titles[i]) != 0) {
            snprintf(headings[i], sizeof headings[i], "%s %s", group, titles[i]);
            titles[i] = headings[i];
        }
    }
    fputs("\xef\xbb\xbf", out);
    print_line(out, sheet, titles);
    for (size_t row = 0; row < sheet->row_count; row++) {
        print_line(out, sheet, sheet->cells + row * sheet->column_count);
    }
}

static fq_err write_csv(const char *path, const struct sheet *sheet, struct fq_why *out_why)
{
    FILE *out = fopen(path, "wb");

    if (!out) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    sheet_print_csv(out, sheet);
    bool is_bad = fflush(out) || fsync(fileno(out)) || ferror(out);
    is_bad |= fclose(out) != 0;
    return is_bad ? fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno)) : FQ_OK;
}

fq_err sheet_write(const char *path, bool is_secret, const struct sheet *sheet,
                   struct fq_why *out_why)
{
    bool is_workbook = ends_with(path, ".xlsx") || ends_with(path, ".XLSX");
    char part[512];
    mode_t mask = 0;

    if (!is_workbook && !ends_with(path, ".csv") && !ends_with(path, ".CSV")) {
        return fq_fail(out_why, FQ_REASON_USAGE, "%s: .xlsx, .csv", path);
    }
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s", path);
    }
    if (is_secret) {
        mask = umask(077);
    }
    (void)unlink(part);
    fq_err err =
        is_workbook ? sheet_write_xlsx(part, sheet, out_why) : write_csv(part, sheet, out_why);
    if (is_secret) {
        (void)umask(mask);
    }
    if (!err && rename(part, path)) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    if (err) {
        (void)unlink(part);
    }
    return err;
}
