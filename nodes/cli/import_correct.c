#include "import_correct.h"

#include <stdlib.h>
#include <string.h>

#define HISTORY_MAX (1u << 20)

/* ---- asking and telling ---- */

static void write_vault(const struct row *row, struct fq_writer *writer)
{
    fq_write_array(writer, (uint32_t)row->vault_count);
    for (size_t i = 0; i < row->vault_count; i++) {
        fq_write_array(writer, 3);
        fq_write_uint(writer, 0);
        fq_write_uint(writer, row->vault[i].field);
        fq_write_text_span(writer, row->vault[i].text);
    }
}

static fq_err submit(const struct cli *cli, struct cli_client *client, const struct row *row,
                     const struct fq_event *events, size_t count, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;
    bool is_full = false;

    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        uint8_t record[FQ_RECORD_MAX];
        struct fq_writer writer = fq_writer_over(record, sizeof record);
        fq_event_encode(&events[i], &writer);
        is_full |= writer.is_full;
        fq_write_bytes(&args.pairs, record, fq_writer_span(&writer).size);
    }
    cli_args_key(&args, "rows");
    fq_write_array(&args.pairs, 1);
    fq_write_uint(&args.pairs, count);
    if (row->vault_count) {
        cli_args_key(&args, "vault");
        write_vault(row, &args.pairs);
    }
    if (cli->is_dry_run) {
        cli_args_bool(&args, "dry_run", true);
    }
    fq_err err = is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "row")
                         : cli_call(client, "submit", &args, &answer, out_why);
    cli_args_close(&args);
    if (err) {
        return err;
    }
    struct fq_reader reader = fq_reader_over(answer.result);
    (void)fq_read_array(&reader);
    for (size_t i = 0; i < count; i++) {
        struct fq_span detail = {0};
        unsigned status = cli_read_verdict(&reader, &detail);
        if (status > 1) {
            return fq_fail(out_why, (enum fq_reason)status, "%.*s", (int)detail.size,
                           detail.size ? (const char *)detail.data : "");
        }
    }
    return FQ_OK;
}

/* The dispute's history, copied: the answer is gone with the next question. */
static fq_err read_history(struct cli_client *client, const struct row *row,
                           struct fq_writer *history, struct fq_why *out_why)
{
    char id[2 * FQ_ID_SIZE + 1];
    struct cli_args args;
    struct cli_answer answer;

    fq_hex_encode(fq_span_of(row->id.bytes, FQ_ID_SIZE), id);
    cli_args_open(&args);
    cli_args_text(&args, "dispute", id);
    cli_args_bool(&args, "history", true);
    fq_err err = cli_call(client, "dispute.show", &args, &answer, out_why);
    cli_args_close(&args);
    if (!err) {
        fq_write_raw(history, fq_map_get(answer.result, "history"));
    }
    return err;
}

fq_err correct_row(const struct cli *cli, struct cli_client *client, const struct map *map,
                   const struct fq_codes *codes, const struct row *row, struct fq_arena *arena,
                   struct row_changes *out_changes, struct fq_why *out_why)
{
    struct fq_writer history = cli_build_open(HISTORY_MAX);
    struct fq_event *events = fq_arena_take(arena, ROW_COMMANDS_MAX * sizeof *events);
    struct row_changes changes = {0};
    struct past past = {0};
    size_t count = 0;
    fq_err err = events ? read_history(client, row, &history, out_why)
                        : fq_fail(out_why, FQ_REASON_LIMIT, "row");

    err = err ? err : past_read(fq_writer_span(&history), codes, arena, &past, out_why);
    err = err ? err : row_compare(map, row, &past, events, &count, &changes, out_why);
    if (!err && count) {
        err = submit(cli, client, row, events, count, out_why);
    }
    if (!err) {
        *out_changes = changes;
    }
    cli_build_close(&history);
    return err;
}
