#include "import_correct.h"

#include <stdlib.h>
#include <string.h>

#include "fq/base/hash.h"

#define HISTORY_MAX (1u << 20)
#define CORRECTION_REASON "import"

static bool is_text(struct fq_span span, const char *text)
{
    return fq_span_equal(span, fq_span_text(text));
}

static struct fq_span field_text(struct fq_span entry, const char *name)
{
    struct fq_span fields = fq_map_get(entry, "fields");

    return fq_map_text(fields.size ? fields : entry, name);
}

/* The entry of the history that says how the step stands: the greatest revision that wrote it. */
static struct fq_span find_standing(struct fq_span history, unsigned kind)
{
    struct fq_reader reader = fq_reader_over(history);
    uint32_t count = fq_read_array(&reader);
    struct fq_span standing = {0};
    const char *name = fq_kind_row(kind)->name;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span entry = fq_read_skip(&reader);
        bool is_step = is_text(fq_map_text(entry, "event"), name) ||
                       (is_text(fq_map_text(entry, "event"), "corrected") &&
                        is_text(field_text(entry, "corrects"), name));
        if (is_step &&
            (!standing.size || fq_map_uint(entry, "rev") > fq_map_uint(standing, "rev"))) {
            standing = entry;
        }
    }
    return standing;
}

static bool is_same_field(const struct fq_codes *codes, const struct fq_event *event,
                          enum fq_field field, struct fq_span entry)
{
    const struct fq_field_row *row = fq_field_row(field);
    uint64_t value = event->value[field];
    char date[FQ_DATE_TEXT_SIZE];
    const struct fq_code *code;

    switch (row->type) {
    case FQ_VALUE_CODE:
        code = fq_codes_find(codes, row->table, value);
        return is_text(fq_map_text(entry, row->name), code ? code->id : "");
    case FQ_VALUE_BOOL:
        return fq_map_bool(entry, row->name) == (value != 0);
    case FQ_VALUE_DATE:
        fq_date_format((uint16_t)value, date);
        return is_text(fq_map_text(entry, row->name), date);
    case FQ_VALUE_TEXT:
        return fq_span_equal(fq_map_text(entry, row->name), fq_event_bytes(event, field));
    case FQ_VALUE_UINT:
    case FQ_VALUE_CENTS:
        return fq_map_uint(entry, row->name) == value;
    default:
        return true; /* maps give no others */
    }
}

static bool is_same(const struct fq_codes *codes, const struct fq_event *event,
                    struct fq_span entry)
{
    const struct fq_kind_row *row = fq_kind_row(event->kind);
    struct fq_span fields = fq_map_get(entry, "fields");
    char date[FQ_DATE_TEXT_SIZE];

    fq_date_format(event->date, date);
    if (!is_text(fq_map_text(entry, "date"), date)) {
        return false;
    }
    for (size_t i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        if (!is_same_field(codes, event, row->fields[i], fields.size ? fields : entry)) {
            return false;
        }
    }
    return true;
}

static bool make_correction(const struct fq_event *event, struct fq_span standing,
                            struct fq_event *out_correction)
{
    struct fq_span command = fq_map_text(standing, "cmd_id");
    struct fq_span parts[4] = {fq_span_of(event->dispute.bytes, FQ_ID_SIZE),
                               fq_span_text("corrected"), command, event->record};

    *out_correction = *event;
    out_correction->kind = FQ_EVENT_CORRECTED;
    out_correction->step = event->kind;
    out_correction->value[FQ_FIELD_CORRECTS] = event->kind;
    fq_hash_id(parts, 4, &out_correction->cmd_id);
    return fq_event_set_bytes(out_correction, FQ_FIELD_WHY, fq_span_text(CORRECTION_REASON));
}

static fq_err submit(const struct cli *cli, struct cli_client *client,
                     const struct fq_event *correction, struct fq_why *out_why)
{
    uint8_t record[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(record, sizeof record);
    struct cli_args args;
    struct cli_answer answer;

    fq_event_encode(correction, &writer);
    if (writer.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "corrected");
    }
    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, 1);
    fq_write_bytes(&args.pairs, record, fq_writer_span(&writer).size);
    if (cli->is_dry_run) {
        cli_args_bool(&args, "dry_run", true);
    }
    fq_err err = cli_call(client, "submit", &args, &answer, out_why);
    cli_args_close(&args);
    return err ? err : cli_verdict(answer.result, out_why);
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

fq_err correct_row(const struct cli *cli, struct cli_client *client, const struct fq_codes *codes,
                   struct row *row, uint32_t *out_count, struct fq_why *out_why)
{
    struct fq_writer history = cli_build_open(HISTORY_MAX);
    fq_err err = read_history(client, row, &history, out_why);

    *out_count = 0;
    for (size_t i = 0; i < row->event_count && !err; i++) {
        struct fq_span standing = find_standing(fq_writer_span(&history), row->events[i].kind);
        struct fq_event correction;
        if (!standing.size || is_same(codes, &row->events[i], standing)) {
            continue;
        }
        err = make_correction(&row->events[i], standing, &correction)
                  ? submit(cli, client, &correction, out_why)
                  : fq_fail(out_why, FQ_REASON_LIMIT, "corrected");
        *out_count += err == FQ_OK;
    }
    cli_build_close(&history);
    return err;
}
