/* `activity import FILE`: a table of figures, a row each: indicator, area, from, to, value, signer.
 *
 * J1  A refused row never stops another and is named by its line.
 * J2  A row's command id follows from what it says: importing again adds nothing. */
#include <stdlib.h>
#include <string.h>

#include "activity.h"
#include "fq/base/hash.h"
#include "fq/edge/csv.h"

#include "refusals.h"

#define COMMANDS_MAX 500 /* of one request */
#define REQUEST_BYTES (200u << 10)

enum column { INDICATOR, AREA, FROM, TO, VALUE, SIGNER, COLUMNS };

static const char *const headers[COLUMNS][2] = {
    [INDICATOR] = {"indicator", "指标"},
    [AREA] = {"area", "区划"},
    [FROM] = {"from", "起"},
    [TO] = {"to", "止"},
    [VALUE] = {"value", "数值"},
    [SIGNER] = {"signer", "签发人"},
};

struct import {
    const struct cli *cli;
    struct cli_client *client;
    struct cli_tables *tables;
    int places[COLUMNS]; /* in the file; -1 absent */
    bool has_header;
    struct fq_writer commands; /* of the open request */
    uint32_t lines[COMMANDS_MAX];
    uint32_t command_count;
    uint64_t rows, imported, already;
    struct refusals refusals;
};

/* ---- requests ---- */

static fq_err take_verdicts(struct import *import, struct fq_span result, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(result);
    fq_err err = fq_read_array(&reader) == import->command_count
                     ? FQ_OK
                     : fq_fail(out_why, FQ_REASON_BYTES, "submit");

    for (uint32_t i = 0; i < import->command_count && !err; i++) {
        struct fq_span detail;
        struct fq_why why = {0};
        unsigned status = cli_read_verdict(&reader, &detail);
        import->imported += status == 0;
        import->already += status == 1;
        if (status > 1) {
            (void)fq_fail(&why, (enum fq_reason)status, "%.*s", (int)detail.size,
                          detail.size ? (const char *)detail.data : "");
            err = refusals_add(&import->refusals, import->lines[i], &why, out_why);
        }
    }
    return err;
}

static fq_err send_commands(struct import *import, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    if (import->command_count == 0) {
        return FQ_OK;
    }
    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, import->command_count);
    fq_write_raw(&args.pairs, fq_writer_span(&import->commands));
    if (import->cli->is_dry_run) {
        cli_args_bool(&args, "dry_run", true);
    }
    fq_err err = cli_call(import->client, "submit", &args, &answer, out_why);
    cli_args_close(&args);
    err = err ? err : take_verdicts(import, answer.result, out_why);
    import->command_count = 0;
    import->commands.used = 0;
    return err;
}

/* ---- rows ---- */

static fq_err take_header(struct import *import, const struct fq_csv_row *row,
                          struct fq_why *out_why)
{
    char missing[80] = "";

    for (int column = 0; column < COLUMNS; column++) {
        import->places[column] = -1;
        for (uint32_t i = 0; i < row->field_count; i++) {
            if (fq_span_equal(row->fields[i], fq_span_text(headers[column][0])) ||
                fq_span_equal(row->fields[i], fq_span_text(headers[column][1]))) {
                import->places[column] = (int)i;
            }
        }
        if (import->places[column] < 0 && column != AREA) {
            size_t used = strlen(missing);
            snprintf(missing + used, sizeof missing - used, "%s%s", used ? ", " : "",
                     headers[column][cli_text_is_chinese()]);
        }
    }
    import->has_header = true;
    return missing[0] ? fq_fail(out_why, FQ_REASON_ACTIVITY_FILE, "%s", missing) : FQ_OK;
}

static struct fq_span cell(const struct import *import, const struct fq_csv_row *row,
                           enum column column)
{
    int place = import->places[column];

    return place >= 0 && (uint32_t)place < row->field_count ? row->fields[place] : fq_span_text("");
}

static void make_id(struct fq_event *event) /* J2 */
{
    uint8_t numbers[5 * 8];
    const uint64_t said[] = {event->value[FQ_FIELD_INDICATOR], event->area,
                             event->value[FQ_FIELD_FIRST_DAY], event->value[FQ_FIELD_LAST_DAY],
                             event->value[FQ_FIELD_COUNT]};

    for (size_t i = 0; i < 5; i++) {
        fq_put_be64(numbers + 8 * i, said[i]);
    }
    const struct fq_span spans[] = {fq_span_text("activity import"),
                                    fq_span_of(numbers, sizeof numbers),
                                    fq_event_bytes(event, FQ_FIELD_SIGNER)};
    fq_hash_id(spans, 3, &event->cmd_id);
}

static fq_err read_row(const struct import *import, const struct fq_csv_row *row,
                       struct fq_event *event, struct fq_why *why)
{
    const struct activity_text text = {
        .indicator = cell(import, row, INDICATOR),
        .area = cell(import, row, AREA),
        .first_day = cell(import, row, FROM),
        .last_day = cell(import, row, TO),
        .value = cell(import, row, VALUE),
        .signer = cell(import, row, SIGNER),
    };

    memset(event, 0, sizeof *event);
    event->actor = fq_span_text("");
    if (row->is_malformed) {
        return fq_fail(why, row->reason, "%s", "");
    }
    fq_err err = activity_read(import->tables, &text, event, why);
    if (!err) {
        event->date = (uint16_t)event->value[FQ_FIELD_LAST_DAY];
        make_id(event);
    }
    return err;
}

static fq_err take_row(void *context, const struct fq_csv_row *row, struct fq_why *out_why)
{
    struct import *import = context;
    uint8_t record[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(record, sizeof record);
    struct fq_event event;
    struct fq_why why = {0};

    if (!import->has_header) {
        return take_header(import, row, out_why);
    }
    import->rows++;
    if (read_row(import, row, &event, &why)) {
        return refusals_add(&import->refusals, row->line, &why, out_why); /* J1 */
    }
    fq_event_encode(&event, &writer);
    import->lines[import->command_count++] = row->line;
    fq_write_bytes(&import->commands, record, fq_writer_span(&writer).size);
    bool is_full = import->command_count == COMMANDS_MAX ||
                   import->commands.size - import->commands.used < FQ_RECORD_MAX;
    return is_full ? send_commands(import, out_why) : FQ_OK;
}

/* ---- result ---- */

static void write_result(struct import *import, struct fq_writer *writer)
{
    fq_write_map(writer, 5);
    cli_write_pair_uint(writer, "rows", import->rows);
    cli_write_pair_uint(writer, "imported", import->imported);
    cli_write_pair_uint(writer, "already", import->already);
    cli_write_pair_uint(writer, "refused", import->refusals.count);
    refusals_write(&import->refusals, writer);
}

static fq_err print_result(struct import *import, struct fq_why *out_why)
{
    static const char *const counts[] = {"rows", "imported", "already", "refused", NULL};
    static const struct cli_view view = {.columns = counts};
    struct fq_writer writer = cli_build_open(CLI_VALUE_MAX);

    write_result(import, &writer);
    fq_err err =
        refusals_print(&import->refusals, import->cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

static fq_err import_file(struct import *import, const char *path, struct fq_why *out_why)
{
    fq_err err = cli_connect(import->cli, &import->client, out_why);

    err = err ? err : cli_tables_open(import->client, &import->tables, out_why);
    err = err ? err : fq_csv_read(path, take_row, import, out_why);
    err = err ? err : send_commands(import, out_why);
    err = err ? err : print_result(import, out_why);
    if (!err && !import->cli->is_dry_run) {
        err = cli_wait(import->cli, import->client, out_why);
    }
    return err || !import->refusals.count ? err : FQ_ERR_REFUSED;
}

fq_err activity_import(struct cli *cli, struct fq_why *out_why)
{
    struct import *import = calloc(1, sizeof *import);

    if (!import) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "activity import");
    }
    import->cli = cli;
    import->commands = cli_build_open(REQUEST_BYTES);
    fq_err err = import_file(import, cli->arguments[0], out_why);
    refusals_close(&import->refusals);
    cli_tables_close(import->tables);
    cli_disconnect(import->client);
    cli_build_close(&import->commands);
    free(import);
    return err;
}
