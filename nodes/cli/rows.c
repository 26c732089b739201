/* `--from FILE`: one command per JSON object or CSV row, each on its own.
 *
 * R1  A row is what its options would be on the command line; those given there hold for all rows.
 * R2  A bad row is named by its line and stops no other. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dispute.h"
#include "fq/edge/csv.h"
#include "names.h"

#define INPUT_MAX (64u << 20)
#define OBJECT_MAX (256u << 10)
#define KEYS_MAX 48
#define KEY_SIZE 48

struct result {
    uint32_t line;
    char number[64], state[32], saved[16];
    struct fq_id dispute, cmd_id;
    struct fq_why why; /* reason 0: it was taken */
};

struct rows {
    struct cli_desk *desk;
    struct cli *cli;
    enum fq_kind_of_event kind;
    int given_count; /* options of the command line */
    const char *arguments[2];
    int argument_count;
    char *held[KEYS_MAX];
    size_t held_count;
    char keys[KEYS_MAX][KEY_SIZE]; /* of a CSV header */
    size_t key_count;
    bool has_header;
    struct result *results;
    size_t result_count, result_capacity;
    size_t refused_count;
};

/* ---- one row ---- */

static void begin_row(struct rows *rows)
{
    for (size_t i = 0; i < rows->held_count; i++) {
        free(rows->held[i]);
    }
    rows->held_count = 0;
    rows->cli->given_count = rows->given_count;
    rows->cli->argument_count = rows->argument_count;
    memcpy(rows->cli->arguments, rows->arguments, sizeof rows->arguments);
}

static bool is_called(const char *key, const char *name)
{
    return strcmp(key, name) == 0 || cli_is_title(name, key);
}

/* The argument a key stands for; -1 for none. */
static int argument_of(const struct rows *rows, const char *key)
{
    if (rows->kind != FQ_EVENT_REGISTERED && is_called(key, "dispute")) {
        return 0;
    }
    bool is_second = (rows->kind == FQ_EVENT_CORRECTED && is_called(key, "corrects")) ||
                     (rows->kind == FQ_EVENT_VOIDED && is_called(key, "event"));
    return is_second ? 1 : -1;
}

/* Cents as the units that an option takes. */
static char *units_of_cents(const char *text)
{
    char *units = NULL;
    size_t size = strspn(text, "0123456789");

    if (size == 0 || size > 17 || text[size]) {
        return strdup(text);
    }
    unsigned long long cents = strtoull(text, NULL, 10);
    return asprintf(&units, "%llu.%02llu", cents / 100, cents % 100) < 0 ? NULL : units;
}

static fq_err add_value(struct rows *rows, const char *key, const char *text,
                        struct fq_why *out_why)
{
    struct cli *cli = rows->cli;
    int argument = argument_of(rows, key);
    bool is_cents = false;
    const char *option = argument < 0 ? step_option_of(rows->kind, key, &is_cents) : NULL;

    option = argument < 0 && !option ? step_option_titled(rows->kind, key) : option;
    if (argument < 0 && !option) {
        return fq_fail(out_why, FQ_REASON_FIELD, "%s", key);
    }
    if (rows->held_count == KEYS_MAX || cli->given_count == CLI_OPTIONS_MAX) {
        return fq_fail(out_why, FQ_REASON_FIELD, "%s", key);
    }
    char *held = is_cents ? units_of_cents(text) : strdup(text);
    if (!held) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", key);
    }
    rows->held[rows->held_count++] = held;
    if (argument >= 0) {
        cli->arguments[argument] = held;
        cli->argument_count = argument < cli->argument_count ? cli->argument_count : argument + 1;
    } else {
        cli->given[cli->given_count++] = (struct cli_given){option, held};
    }
    return FQ_OK;
}

static fq_err check_arguments(const struct rows *rows, struct fq_why *out_why)
{
    if (rows->kind != FQ_EVENT_REGISTERED && !rows->cli->arguments[0]) {
        return fq_fail(out_why, FQ_REASON_FIELD, "dispute");
    }
    if (rows->kind == FQ_EVENT_CORRECTED && !rows->cli->arguments[1]) {
        return fq_fail(out_why, FQ_REASON_FIELD, "corrects");
    }
    return FQ_OK;
}

static struct result *add_result(struct rows *rows, uint32_t line)
{
    if (rows->result_count == rows->result_capacity) {
        size_t capacity = rows->result_capacity ? rows->result_capacity * 2 : 64;
        struct result *results = realloc(rows->results, capacity * sizeof *results);
        if (!results) {
            return NULL;
        }
        rows->results = results;
        rows->result_capacity = capacity;
    }
    struct result *result = &rows->results[rows->result_count++];
    memset(result, 0, sizeof *result);
    result->line = line;
    return result;
}

/* Whether the failure is the row's own, so that the next may be better. */
static bool is_of_the_row(fq_err err)
{
    return err == FQ_ERR_REFUSED || err == FQ_ERR_USAGE || err == FQ_ERR_DENIED;
}

/* Send what was added since begin_row, unless `err` says that it could not be read. */
static fq_err end_row(struct rows *rows, uint32_t line, fq_err err, struct fq_why *why)
{
    struct result *result = add_result(rows, line);
    struct dispute_command command = {0};

    if (!result) {
        return fq_fail(why, FQ_REASON_LIMIT, "rows");
    }
    err = err ? err : check_arguments(rows, why);
    names_resolve(rows->desk, rows->cli, rows->given_count);
    err = err ? err : dispute_make(rows->desk, rows->kind, &command, why);
    err = err ? err : cli_desk_send(rows->desk, &command.entry, why);
    if (!err) {
        snprintf(result->number, sizeof result->number, "%s", command.entry.number);
        snprintf(result->state, sizeof result->state, "%s", command.entry.state);
        snprintf(result->saved, sizeof result->saved, "%s", command.entry.saved);
        result->dispute = command.entry.event.dispute;
        result->cmd_id = command.entry.event.cmd_id;
    } else if (is_of_the_row(err)) {
        step_name_option(why);
        result->why = *why;
        rows->refused_count++;
        err = FQ_OK; /* R2 */
    } else {
        rows->result_count--;
    }
    dispute_forget(&command);
    return err;
}

/* ---- CSV ---- */

static fq_err take_row(void *context, const struct fq_csv_row *row, struct fq_why *out_why)
{
    struct rows *rows = context;
    struct fq_why why = {0};
    fq_err err = FQ_OK;

    if (!rows->has_header) {
        rows->has_header = true;
        rows->key_count = row->field_count < KEYS_MAX ? row->field_count : KEYS_MAX;
        for (size_t i = 0; i < rows->key_count; i++) {
            cli_copy(rows->keys[i], KEY_SIZE, row->fields[i]);
        }
        return row->field_count <= KEYS_MAX
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_ROW_FORMAT, "%u", row->line);
    }
    begin_row(rows);
    if (row->is_malformed) {
        err = fq_fail(&why, row->reason, "%u", row->line);
    }
    for (size_t i = 0; i < rows->key_count && i < row->field_count && !err; i++) {
        char *text = strndup((const char *)row->fields[i].data, row->fields[i].size);
        if (text && *text) {
            err = add_value(rows, rows->keys[i], text, &why);
        }
        free(text);
    }
    err = end_row(rows, row->line, err, &why);
    return err ? fq_fail(out_why, why.reason, "%s", why.detail) : FQ_OK;
}

/* ---- JSON ---- */

static fq_err take_object(struct rows *rows, struct fq_span map, struct fq_why *why)
{
    struct fq_reader reader = fq_reader_over(map);
    uint32_t count = fq_read_map(&reader);
    fq_err err = FQ_OK;

    for (uint32_t i = 0; i < count && !err && !reader.is_bad; i++) {
        char key[KEY_SIZE], number[24];
        cli_copy(key, sizeof key, fq_read_text(&reader));
        enum fq_codec_type type = fq_read_type(&reader);
        if (type == FQ_CODEC_TEXT) {
            struct fq_span span = fq_read_text(&reader);
            char *text = strndup((const char *)span.data, span.size);
            err = text ? add_value(rows, key, text, why) : fq_fail(why, FQ_REASON_LIMIT, "%s", key);
            free(text);
        } else if (type == FQ_CODEC_BOOL) {
            err = add_value(rows, key, fq_read_bool(&reader) ? "yes" : "no", why);
        } else if (type == FQ_CODEC_NIL) {
            (void)fq_read_skip(&reader);
        } else {
            snprintf(number, sizeof number, "%lld", (long long)fq_read_int(&reader));
            err = add_value(rows, key, number, why);
        }
    }
    return err;
}

static fq_err take_json_row(struct rows *rows, uint32_t line, struct fq_span text, size_t *out_used,
                            struct fq_why *out_why)
{
    struct fq_writer map = cli_build_open(OBJECT_MAX);
    struct fq_why why = {0};
    fq_err err = FQ_OK;

    begin_row(rows);
    if (cli_json_object(text, out_used, &map)) {
        err = take_object(rows, fq_writer_span(&map), &why);
    } else {
        err = fq_fail(&why, FQ_REASON_ROW_FORMAT, "JSON");
    }
    err = end_row(rows, line, err, &why);
    cli_build_close(&map);
    return err ? fq_fail(out_why, why.reason, "%s", why.detail) : FQ_OK;
}

/* Objects one after the other, with commas or newlines or nothing between, perhaps in brackets: those
 * of an array are counted, others are named by the line they begin on. */
static fq_err take_json(struct rows *rows, struct fq_span text, struct fq_why *out_why)
{
    uint32_t line = 1, count = 0;
    size_t at = 0;
    bool is_array = false;
    fq_err err = FQ_OK;

    while (at < text.size && !err) {
        uint8_t byte = text.data[at];
        size_t used = 0;
        if (isspace(byte) || byte == ',' || byte == '[' || byte == ']') {
            line += byte == '\n';
            is_array |= byte == '[';
            at++;
            continue;
        }
        count++;
        err = take_json_row(rows, is_array ? count : line,
                            fq_span_of(text.data + at, text.size - at), &used, out_why);
        for (size_t end = at + used; at < end; at++) {
            line += text.data[at] == '\n';
        }
        while (!used && at < text.size && text.data[at] != '\n') {
            at++; /* what is no JSON ends with its line (R2) */
        }
    }
    return err;
}

/* ---- the file ---- */

static fq_err read_file(const char *path, struct fq_writer *out_bytes, struct fq_why *out_why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");

    if (!file) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    *out_bytes = cli_build_open(INPUT_MAX);
    out_bytes->used = out_bytes->base ? fread(out_bytes->base, 1, out_bytes->size, file) : 0;
    bool has_failed = ferror(file) || out_bytes->used == out_bytes->size;
    if (file != stdin) {
        fclose(file);
    }
    return has_failed ? fq_fail(out_why, FQ_REASON_FILE, "%s", path) : FQ_OK;
}

static bool is_json(struct fq_span text)
{
    size_t at = 0;

    while (at < text.size && isspace(text.data[at])) {
        at++;
    }
    return at < text.size && (text.data[at] == '{' || text.data[at] == '[');
}

static void write_pair(struct fq_writer *writer, const char *key, const char *text)
{
    if (*text) {
        cli_write_pair_text(writer, key, text);
    } else {
        cli_write_pair_nil(writer, key);
    }
}

static void write_id(struct fq_writer *writer, const char *key, const struct fq_id *id)
{
    char hex[2 * FQ_ID_SIZE + 1] = "";

    if (!fq_id_is_zero(id)) {
        fq_hex_encode(fq_span_of(id->bytes, FQ_ID_SIZE), hex);
    }
    write_pair(writer, key, hex);
}

static void write_result(struct fq_writer *writer, const struct rows *rows,
                         const struct result *result)
{
    char code[16] = "", reason[1024] = "";

    if (result->why.reason) {
        snprintf(code, sizeof code, "FQ-%04u", (unsigned)result->why.reason);
        cli_text_why(&result->why, false, reason, sizeof reason);
    }
    fq_write_map(writer, 9);
    cli_write_pair_uint(writer, "line", result->line);
    write_pair(writer, "dispute", result->number);
    write_id(writer, "id", &result->dispute);
    cli_write_pair_text(writer, "event", fq_kind_row(rows->kind)->name);
    write_id(writer, "cmd_id", &result->cmd_id);
    write_pair(writer, "state", result->state);
    write_pair(writer, "saved", result->saved);
    write_pair(writer, "code", code);
    write_pair(writer, "reason", reason);
}

static fq_err print_results(const struct rows *rows, struct fq_why *out_why)
{
    static const char *const columns[] = {"line",  "dispute", "event",  "state",
                                          "saved", "code",    "reason", NULL};
    static const struct cli_view view = {.columns = columns};
    struct fq_writer writer = cli_build_open(CLI_VALUE_MAX);

    fq_write_array(&writer, (uint32_t)rows->result_count);
    for (size_t i = 0; i < rows->result_count; i++) {
        write_result(&writer, rows, &rows->results[i]);
    }
    fq_err err = cli_print(rows->cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

static bool is_above(const char *tier, const char *other)
{
    enum fq_tier a, b;

    return fq_tier_parse(fq_span_text(tier), &a) &&
           (!fq_tier_parse(fq_span_text(other), &b) || a > b);
}

/* All rows are waited for at once, after the last. */
static fq_err wait_for_all(struct rows *rows, const char *tier, struct fq_why *out_why)
{
    struct cli *cli = rows->cli;

    snprintf(cli->wait_tier, sizeof cli->wait_tier, "%s", tier);
    if (cli->is_dry_run || !rows->desk->client || rows->result_count == rows->refused_count) {
        return FQ_OK;
    }
    fq_err err = cli_wait(cli, rows->desk->client, out_why);
    for (size_t i = 0; i < rows->result_count && !err && *tier; i++) {
        if (rows->results[i].saved[0] && is_above(tier, rows->results[i].saved)) {
            snprintf(rows->results[i].saved, sizeof rows->results[i].saved, "%s", tier);
        }
    }
    return err;
}

fq_err rows_run(struct cli_desk *desk, struct cli *cli, enum fq_kind_of_event kind,
                const char *path, struct fq_why *out_why)
{
    struct rows rows = {.desk = desk,
                        .cli = cli,
                        .kind = kind,
                        .given_count = cli->given_count,
                        .argument_count = cli->argument_count < 2 ? cli->argument_count : 2};
    struct fq_writer bytes = {0};
    struct fq_why print_why = {0};
    char tier[sizeof cli->wait_tier];
    fq_err err = read_file(path, &bytes, out_why);

    snprintf(tier, sizeof tier, "%s", cli->wait_tier);
    cli->wait_tier[0] = 0;
    memcpy(rows.arguments, cli->arguments, sizeof rows.arguments[0] * (size_t)rows.argument_count);
    if (!err && is_json(fq_writer_span(&bytes))) {
        err = take_json(&rows, fq_writer_span(&bytes), out_why);
    } else if (!err) {
        err = fq_csv_read_text(fq_writer_span(&bytes), take_row, &rows, out_why);
    }
    err = err ? err : wait_for_all(&rows, tier, out_why);
    if (rows.result_count && print_results(&rows, &print_why) && !err) {
        err = fq_fail(out_why, print_why.reason, "%s", print_why.detail);
    }
    begin_row(&rows);
    free(rows.results);
    cli_build_close(&bytes);
    return err || !rows.refused_count ? err : FQ_ERR_REFUSED;
}
