#include "import_correct.h"

#include <stdlib.h>
#include <string.h>

#include "fq/base/hash.h"

#define HISTORY_MAX (1u << 20)
#define CORRECTION_REASON "import"

/* ---- comparing ---- */

/* Fields whose column the file has. */
static bool is_compared(const struct map *map, const struct map_field *field)
{
    return !field->source.constant && map->columns[field->source.column].place >= 0;
}

static bool is_same_field(const struct fq_event *a, const struct fq_event *b, enum fq_field field)
{
    return fq_field_is_bytes(field)
               ? fq_span_equal(fq_event_bytes(a, field), fq_event_bytes(b, field))
               : a->value[field] == b->value[field];
}

static bool is_same(const struct map *map, const struct map_event *from,
                    const struct fq_event *told, const struct fq_event *known)
{
    if (told->kind != known->step || told->date != known->date) {
        return false;
    }
    for (size_t i = 0; i < from->field_count; i++) {
        if (is_compared(map, &from->fields[i]) &&
            !is_same_field(told, known, from->fields[i].field)) {
            return false;
        }
    }
    return true;
}

static bool is_told_before(const struct map *map, const struct map_event *from,
                           const struct fq_event *told, const struct past *past)
{
    for (size_t i = 0; i < past->count; i++) {
        if (is_same(map, from, told, &past->steps[i].event)) {
            return true;
        }
    }
    return false;
}

/* ---- what is sent ---- */

/* What stands, with what the row's columns say instead. */
static void overwrite(const struct map *map, const struct map_event *from,
                      const struct fq_event *told, struct fq_event *out_event)
{
    for (size_t i = 0; i < from->field_count; i++) {
        enum fq_field field = from->fields[i].field;
        if (!is_compared(map, &from->fields[i])) {
            continue;
        }
        out_event->value[field] = 0;
        if (!fq_field_is_bytes(field)) {
            out_event->value[field] = told->value[field];
        } else if (fq_event_bytes(told, field).size) {
            (void)fq_event_set_bytes(out_event, field, fq_event_bytes(told, field));
        }
    }
    out_event->date = told->date;
}

static bool make_correction(const struct map *map, const struct map_event *from,
                            const struct fq_event *told, const struct fq_event *standing,
                            struct fq_event *out_event)
{
    uint8_t record[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(record, sizeof record);
    struct fq_event event = *told;

    if (standing->step == told->kind) {
        event = *standing;
        overwrite(map, from, told, &event);
    }
    event.kind = FQ_EVENT_CORRECTED;
    event.step = told->kind;
    event.area = 0; /* its home */
    event.rev = 0;
    event.dispute = told->dispute;
    event.cmd_id = standing->cmd_id;
    event.actor = told->actor;
    event.value[FQ_FIELD_CORRECTS] = told->kind;
    if (!fq_event_set_bytes(&event, FQ_FIELD_WHY, fq_span_text(CORRECTION_REASON))) {
        return false;
    }
    fq_event_encode(&event, &writer);
    struct fq_span parts[2] = {fq_span_text("corrected"), fq_writer_span(&writer)};
    fq_hash_id(parts, 2, &event.cmd_id);
    *out_event = event;
    return !writer.is_full;
}

/* A step that was not told yet. Its id may have been used by one that no longer stands. */
static void make_step(const struct fq_event *told, const struct past *past,
                      struct fq_event *out_event)
{
    *out_event = *told;
    out_event->area = 0;
    if (past_has_command(past, &told->cmd_id)) {
        const struct fq_id *last = &past->steps[past->count - 1].event.cmd_id;
        struct fq_span parts[3] = {fq_span_text("again"),
                                   fq_span_of(told->cmd_id.bytes, FQ_ID_SIZE),
                                   fq_span_of(last->bytes, FQ_ID_SIZE)};
        fq_hash_id(parts, 3, &out_event->cmd_id);
    }
}

fq_err row_compare(const struct map *map, const struct row *row, const struct past *past,
                   struct fq_event *out_events, size_t *out_count, struct row_changes *out_changes,
                   struct fq_why *out_why)
{
    struct row_changes changes = {0};
    size_t count = 0;

    for (size_t i = 0; i < row->event_count; i++) {
        const struct fq_event *told = &row->events[i];
        const struct fq_event *standing = past_standing(past, told->kind);
        bool is_answer = past_is_answer(told->kind);
        if (standing && is_answer && is_same(map, row->from[i], told, standing)) {
            continue;
        }
        if ((!standing || !is_answer) && is_told_before(map, row->from[i], told, past)) {
            continue; /* and perhaps undone since: the node knows more than the paper */
        }
        if (!standing || (!is_answer && !past_has_command(past, &told->cmd_id))) {
            make_step(told, past, &out_events[count++]);
            changes.added++;
        } else if (make_correction(map, row->from[i], told, standing, &out_events[count])) {
            count++;
            changes.corrected++;
        } else {
            return fq_fail(out_why, FQ_REASON_LIMIT, "corrected");
        }
    }
    *out_count = count;
    *out_changes = changes;
    return FQ_OK;
}

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
