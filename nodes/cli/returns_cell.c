/* What a return's columns need of the node, and its cells. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/rollup.h"
#include "returns.h"
#include "seal_file.h"

#define ROWS_SIZE_MAX (256u << 20)

/* ---- asking ---- */

static void write_where(const char *where, struct cli_args *args)
{
    size_t key = strcspn(where, "=");

    cli_args_key(args, "where");
    fq_write_map(&args->pairs, 1);
    fq_write_text_span(&args->pairs, fq_span_of(where, key));
    fq_write_text(&args->pairs, where[key] ? where + key + 1 : "");
}

static void make_args(const struct returns *returns, const struct returns_answer *answer,
                      struct cli_args *args)
{
    const char *area = cli_value(returns->cli, "area");

    cli_args_text(args, "period", answer->is_year ? returns->year_period : returns->period);
    if (area) {
        cli_args_text(args, "area", area);
    }
    cli_args_key(args, "by");
    fq_write_array(&args->pairs, *answer->key && strcmp(answer->key, returns->rows) ? 2 : 1);
    fq_write_text(&args->pairs, returns->rows);
    if (*answer->key && strcmp(answer->key, returns->rows)) {
        fq_write_text(&args->pairs, answer->key);
    }
    if (*returns->where) {
        write_where(returns->where, args);
    }
    if (cli_value(returns->cli, "seal")) {
        cli_args_text(args, "as_of", cli_value(returns->cli, "seal"));
    }
}

static fq_err ask_page(struct returns *returns, const struct cli_args *args, struct fq_span cursor,
                       struct cli_answer *answer, struct fq_why *out_why)
{
    uint64_t id;
    fq_err err = cli_send(returns->client, "rollup", args, cursor, &id, out_why);

    err = err ? err : cli_receive(returns->client, CLI_ANSWER_MS, answer, out_why);
    return err ? err : cli_answer_err(answer, out_why);
}

/* All pages of one rollup, their rows after each other. */
static fq_err ask(struct returns *returns, struct returns_answer *wanted, struct fq_writer *rows,
                  struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;
    uint8_t bytes[64];
    struct fq_span cursor = {0};
    uint32_t count = 0;
    fq_err err;

    cli_args_open(&args);
    make_args(returns, wanted, &args);
    rows->used = 0;
    do {
        err = ask_page(returns, &args, cursor, &answer, out_why);
        if (err || answer.cursor.size > sizeof bytes) {
            err = err ? err : fq_fail(out_why, FQ_REASON_BYTES, "rollup");
            break;
        }
        if (!wanted->head.size) {
            wanted->head = fq_arena_copy(&returns->arena, answer.result);
        }
        struct fq_reader reader = fq_reader_over(fq_map_get(answer.result, "rows"));
        count += fq_read_array(&reader);
        fq_write_raw(rows, fq_span_of(reader.at, (size_t)(reader.end - reader.at)));
        memcpy(bytes, answer.cursor.data, answer.cursor.size);
        cursor = fq_span_of(bytes, answer.cursor.size);
    } while (cursor.size);
    cli_args_close(&args);
    struct fq_writer list = fq_writer_take(&returns->arena, rows->used + 8);
    fq_write_array(&list, count);
    fq_write_raw(&list, fq_writer_span(rows));
    wanted->rows = fq_writer_span(&list);
    if (!err && (rows->is_full || list.is_full || !wanted->head.data)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "form");
    }
    return err;
}

/* From the first day of the reporting year (calendar.cfg) in which the period ends to the period's end; a
 * campaign has no year. */
static void find_year(struct returns *returns)
{
    struct fq_span head = returns->answers[0].head;
    uint64_t starts = fq_map_uint(fq_map_get(head, "calendar"), "year_starts");
    struct fq_period period; /* what it means is the node's calendar to say */
    char first[FQ_MONTH_TEXT_SIZE], last[FQ_MONTH_TEXT_SIZE];
    uint16_t last_day;

    if (!fq_period_parse(fq_span_text(returns->period), &period) || starts < 1 || starts > 12 ||
        !fq_date_parse(fq_map_text(head, "to"), &last_day)) {
        snprintf(returns->year_period, sizeof returns->year_period, "%.31s", returns->period);
        return;
    }
    uint16_t last_month = fq_month_of(last_day); /* 1 is a January */
    unsigned since = (last_month - 1u + 13 - (unsigned)starts) % 12;
    fq_month_format((uint16_t)(since < last_month ? last_month - since : 1), first);
    fq_month_format(last_month, last);
    snprintf(returns->year_period, sizeof returns->year_period, "%s..%s", first, last);
    snprintf(returns->year_from, sizeof returns->year_from, "%s-01", first);
}

fq_err returns_ask(struct returns *returns, struct fq_why *out_why)
{
    const char *seal = cli_value(returns->cli, "seal");
    struct fq_writer rows = cli_build_open(ROWS_SIZE_MAX);
    fq_err err = FQ_OK;

    for (uint32_t i = 0; i < returns->answer_count && !err; i++) {
        err = ask(returns, &returns->answers[i], &rows, out_why);
        if (!err && i == 0) {
            find_year(returns);
        }
    }
    if (!err && seal) {
        err = seal_is_of_answer(returns->client, seal, returns->answers[0].head, out_why);
    }
    cli_build_close(&rows);
    return err;
}

/* ---- lines ---- */

/* The type a leaf counts in: the highest above it; of an unknown one, `other`. */
static const struct fq_code *top_type(const struct returns *returns, const char *id)
{
    const struct fq_codes *codes = &returns->tables->codes;
    uint16_t number = FQ_TYPE_OTHER;

    (void)fq_codes_find_id(codes, FQ_CODES_TYPE, fq_span_text(id), &number);
    const struct fq_code *code = fq_codes_find(codes, FQ_CODES_TYPE, number);
    for (int depth = 0; code && code->parent && depth < 8; depth++) {
        const struct fq_code *above = fq_codes_find(codes, FQ_CODES_TYPE, code->parent);
        code = above ? above : code;
    }
    return code;
}

/* Which line a row of an answer belongs to, as the line's code. */
static void read_line_code(const struct returns *returns, struct fq_span row, char out[64])
{
    const struct fq_code *type;

    cli_copy(out, 64, fq_map_text(row, returns->rows));
    if (strcmp(returns->rows, "type") == 0 && (type = top_type(returns, out)) != NULL) {
        snprintf(out, 64, "%s", type->id);
    }
}

static uint32_t find_line(const struct returns *returns, const char *code)
{
    uint32_t at = 0;

    while (at < returns->line_count && strcmp(returns->lines[at].code, code) != 0) {
        at++;
    }
    return at;
}

static void name_line(const struct returns *returns, struct returns_row *line)
{
    const struct fq_code *type = top_type(returns, line->code);
    const struct fq_area *area =
        fq_areas_find(&returns->tables->areas, (uint32_t)strtoul(line->code, NULL, 10));

    snprintf(line->name, sizeof line->name, "%s", line->code);
    if (strcmp(returns->rows, "type") == 0 && type) {
        snprintf(line->name, sizeof line->name, "%s", returns->is_chinese ? type->zh : type->en);
    } else if (strcmp(returns->rows, "area") == 0 && area) {
        snprintf(line->name, sizeof line->name, "%s",
                 returns->is_chinese ? area->name_zh : area->name_en);
    }
}

/* A line for each key of any answer, in the node's order. */
static bool add_lines(struct returns *returns, const struct returns_answer *answer)
{
    struct fq_reader reader = fq_reader_over(answer->rows);
    uint32_t count = fq_read_array(&reader);
    struct returns_row line;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        read_line_code(returns, fq_read_skip(&reader), line.code);
        if (find_line(returns, line.code) < returns->line_count) {
            continue;
        }
        if (returns->line_count == RETURNS_ROWS_MAX) {
            return false;
        }
        name_line(returns, &line);
        returns->lines[returns->line_count++] = line;
    }
    return true;
}

/* ---- cells ---- */

static bool is_listed(const char *list, struct fq_span code)
{
    for (const char *at = list; *at;) {
        size_t size = strcspn(at, ",");
        if (size == code.size && memcmp(at, code.data, size) == 0) {
            return true;
        }
        at += size + (at[size] == ',');
    }
    return false;
}

/* Add a row's measures to the sums of the columns that it counts in: `sums` has two a column, the
 * measure (or the part of a rate) and the whole. */
static void add_row(const struct returns *returns, uint32_t answer, struct fq_span row,
                    int64_t *sums)
{
    for (uint32_t i = 0; i < returns->column_count; i++) {
        const struct returns_column *column = &returns->columns[i];
        if (column->answer != answer ||
            (*column->key && !is_listed(column->codes, fq_map_text(row, column->key)))) {
            continue;
        }
        if (*column->measure) {
            sums[2 * i] += fq_map_int(row, column->measure);
        } else {
            sums[2 * i] += fq_map_int(row, column->part);
            sums[2 * i + 1] += fq_map_int(row, column->whole);
        }
    }
}

static const char *tell_cell(struct returns *returns, const struct returns_column *column,
                             const int64_t sums[2])
{
    char text[40];

    if (!*column->measure) {
        fq_rate_format(sums[0], sums[1], text);
    } else if (column->is_money) {
        snprintf(text, sizeof text, "%" PRId64 ".%02" PRId64, sums[0] / 100, sums[0] % 100);
    } else {
        snprintf(text, sizeof text, "%" PRId64, sums[0]);
    }
    struct fq_span copy = fq_arena_copy(&returns->arena, fq_span_of(text, strlen(text) + 1));
    return (const char *)copy.data;
}

static void add_answer(struct returns *returns, uint32_t place, int64_t *sums)
{
    size_t width = 2 * (size_t)returns->column_count;
    struct fq_reader reader = fq_reader_over(returns->answers[place].rows);
    uint32_t count = fq_read_array(&reader);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span row = fq_read_skip(&reader);
        char code[64];
        read_line_code(returns, row, code);
        add_row(returns, place, row, sums + find_line(returns, code) * width);
        add_row(returns, place, row, sums + returns->line_count * width); /* the total */
    }
}

fq_err returns_compute(struct returns *returns, struct fq_why *out_why)
{
    uint32_t columns = returns->column_count;

    for (uint32_t i = 0; i < returns->answer_count; i++) {
        if (!add_lines(returns, &returns->answers[i])) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "form: %d rows", RETURNS_ROWS_MAX);
        }
    }
    size_t cells = ((size_t)returns->line_count + 1) * columns;
    int64_t *sums = fq_arena_take(&returns->arena, 2 * cells * sizeof *sums);
    returns->cells = fq_arena_take(&returns->arena, cells * sizeof *returns->cells);
    if (!sums || !returns->cells) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "form");
    }
    for (uint32_t i = 0; i < returns->answer_count; i++) {
        add_answer(returns, i, sums);
    }
    for (size_t i = 0; i < cells; i++) {
        returns->cells[i] = tell_cell(returns, &returns->columns[i % columns], sums + 2 * i);
        if (!returns->cells[i]) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "form");
        }
    }
    return FQ_OK;
}
