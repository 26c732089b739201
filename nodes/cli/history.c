#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "desk_sync.h"
#include "step.h"

#define HISTORY_MAX (1u << 20)
#define PREFIX_MIN 4 /* hex digits of a command id */

static bool is_text(struct fq_span span, const char *text)
{
    return fq_span_equal(span, fq_span_text(text));
}

void history_close(struct history *history)
{
    cli_build_close(&history->array);
}

static fq_err ask_node(struct cli_desk *desk, const struct fq_id *dispute, struct history *history,
                       struct fq_why *out_why)
{
    char id[2 * FQ_ID_SIZE + 1];
    struct desk_counts counts = {0};
    struct cli_args args;
    struct cli_answer answer;

    /* What waits is part of the history, and goes before what is said of it. */
    fq_err err = desk_deliver(desk, &counts, out_why);
    fq_hex_encode(fq_span_of(dispute->bytes, FQ_ID_SIZE), id);
    cli_args_open(&args);
    cli_args_text(&args, "dispute", id);
    cli_args_bool(&args, "history", true);
    err = err ? err : cli_call(desk->client, "dispute.show", &args, &answer, out_why);
    cli_args_close(&args);
    if (!err) {
        fq_write_raw(&history->array, fq_map_get(answer.result, "history"));
    }
    return err;
}

/* As this computer knows it, own commands that wait included. */
static fq_err ask_desk(struct cli_desk *desk, const struct fq_id *dispute, struct history *history,
                       struct fq_why *out_why)
{
    struct fq_writer told = cli_build_open(HISTORY_MAX);
    uint64_t fetched_ms;
    fq_err err = cli_desk_describe(desk, dispute, true, &told, &fetched_ms, out_why);

    if (!err) {
        fq_write_raw(&history->array, fq_map_get(fq_writer_span(&told), "history"));
    }
    cli_build_close(&told);
    return err;
}

fq_err history_open(struct cli_desk *desk, const struct fq_id *dispute, struct history *out_history,
                    struct fq_why *out_why)
{
    struct history history = {.array = cli_build_open(HISTORY_MAX)};
    struct fq_why why = {0};
    fq_err err = desk->client ? ask_node(desk, dispute, &history, &why) : FQ_ERR_FAILED;

    if (err && desk->client && desk_is_unreached(&why)) {
        desk_lose(desk);
    }
    if (!desk->client || (err && why.reason == FQ_REASON_DISPUTE_UNKNOWN)) {
        err = ask_desk(desk, dispute, &history, &why);
    }
    if (err) {
        history_close(&history);
        return fq_fail(out_why, why.reason, "%s", why.detail);
    }
    *out_history = history;
    return FQ_OK;
}

/* ---- which event ---- */

static struct fq_span field_text(struct fq_span entry, const char *name)
{
    return fq_map_text(fq_map_get(entry, "fields"), name);
}

static void entry_number(struct fq_span entry, char *out, size_t out_size)
{
    char origin[16];

    cli_copy(origin, sizeof origin, fq_map_text(entry, "origin"));
    snprintf(out, out_size, "%s-%llu-%llu-%llu", origin,
             (unsigned long long)fq_map_uint(entry, "stream"),
             (unsigned long long)fq_map_uint(entry, "epoch"),
             (unsigned long long)fq_map_uint(entry, "seq"));
}

static bool is_voided(const struct history *history, struct fq_span entry)
{
    struct fq_reader reader = fq_reader_over(fq_writer_span(&history->array));
    uint32_t count = fq_read_array(&reader);
    char number[64];

    entry_number(entry, number, sizeof number);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span other = fq_read_skip(&reader);
        if (is_text(fq_map_text(other, "event"), "voided") &&
            is_text(field_text(other, "target"), number)) {
            return true;
        }
    }
    return false;
}

struct fq_span history_standing(const struct history *history, unsigned kind)
{
    struct fq_reader reader = fq_reader_over(fq_writer_span(&history->array));
    uint32_t count = fq_read_array(&reader);
    const char *name = fq_kind_row(kind)->name;
    struct fq_span standing = {0};

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span entry = fq_read_skip(&reader);
        bool is_step = is_text(fq_map_text(entry, "event"), name) ||
                       (is_text(fq_map_text(entry, "event"), "corrected") &&
                        is_text(field_text(entry, "corrects"), name));
        if (is_step && !is_voided(history, entry)) {
            standing = entry; /* S1 */
        }
    }
    return standing;
}

/* Whether the name is this entry's number, with or without its stream. */
static bool is_number_of(struct fq_span entry, const char *name)
{
    char full[64], brief[64], origin[16];

    entry_number(entry, full, sizeof full);
    cli_copy(origin, sizeof origin, fq_map_text(entry, "origin"));
    snprintf(brief, sizeof brief, "%s-%llu-%llu", origin,
             (unsigned long long)fq_map_uint(entry, "epoch"),
             (unsigned long long)fq_map_uint(entry, "seq"));
    return strcmp(name, full) == 0 ||
           (fq_map_uint(entry, "stream") == 0 && strcmp(name, brief) == 0);
}

static bool is_command_of(struct fq_span entry, const char *name)
{
    struct fq_span id = fq_map_text(entry, "cmd_id");
    size_t size = strlen(name);

    return size >= PREFIX_MIN && size <= id.size &&
           strncasecmp((const char *)id.data, name, size) == 0;
}

fq_err history_find(const struct history *history, const char *name, struct fq_span *out_entry,
                    struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(fq_writer_span(&history->array));
    uint32_t count = fq_read_array(&reader), found = 0;
    unsigned kind = step_find(name);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span entry = fq_read_skip(&reader);
        bool is_step = kind && is_text(fq_map_text(entry, "event"), fq_kind_row(kind)->name) &&
                       !is_voided(history, entry);
        if (is_step || is_number_of(entry, name) || is_command_of(entry, name)) {
            *out_entry = entry;
            found++;
        }
    }
    if (found == 1) {
        return FQ_OK;
    }
    return fq_fail(out_why, FQ_REASON_EVENT_NAME, "%s", name);
}

void history_id(struct fq_span entry, uint8_t out_id[FQ_EVENT_ID_SIZE])
{
    char origin[16];

    cli_copy(origin, sizeof origin, fq_map_text(entry, "origin"));
    struct fq_event_id id = {
        .log = {(uint32_t)strtoul(origin, NULL, 10), (uint32_t)fq_map_uint(entry, "stream"),
                (uint32_t)fq_map_uint(entry, "epoch")},
        .seq = fq_map_uint(entry, "seq"),
    };
    fq_event_id_encode(&id, out_id);
}

/* ---- how it stands ---- */

static uint64_t text_number(struct fq_span text)
{
    char digits[24];

    cli_copy(digits, sizeof digits, text);
    return strtoull(digits, NULL, 10);
}

static uint64_t code_number(const struct fq_codes *codes, enum fq_code_table table,
                            struct fq_span text)
{
    uint16_t number;

    return fq_codes_find_id(codes, table, text, &number) ? number : text_number(text);
}

static uint64_t date_number(struct fq_span text)
{
    uint16_t date = 0;

    return fq_date_parse(text, &date) ? date : 0;
}

static bool fill_bytes(struct history *history, enum fq_field field, struct fq_span text,
                       struct fq_event *event)
{
    uint8_t *place = history->ids[history->id_count % FQ_EVENT_BYTES_MAX];
    size_t size = text.size / 2;

    if (text.size == 0) {
        return true;
    }
    if (fq_field_row(field)->type == FQ_VALUE_TEXT) {
        return fq_event_set_bytes(event, field, text);
    }
    history->id_count++;
    return size <= sizeof history->ids[0] &&
           fq_hex_decode((const char *)text.data, text.size, place, size) &&
           fq_event_set_bytes(event, field, fq_span_of(place, size));
}

static bool fill_field(struct history *history, const struct fq_codes *codes, struct fq_span fields,
                       enum fq_field field, struct fq_event *event)
{
    const struct fq_field_row *row = fq_field_row(field);
    struct fq_span text = fq_map_text(fields, row->name);
    uint64_t *value = &event->value[field];

    switch (row->type) {
    case FQ_VALUE_CODE:
        *value = code_number(codes, row->table, text);
        return true;
    case FQ_VALUE_BOOL:
        *value = fq_map_bool(fields, row->name);
        return true;
    case FQ_VALUE_DATE:
        *value = date_number(text);
        return true;
    case FQ_VALUE_AREA:
    case FQ_VALUE_UNIT:
        *value = text_number(text);
        return true;
    case FQ_VALUE_UINT:
    case FQ_VALUE_CENTS:
        *value = text.size ? text_number(text) : fq_map_uint(fields, row->name);
        if (text.size && step_word(field, 0)) {
            char word[64];
            cli_copy(word, sizeof word, text);
            (void)step_read_word(field, word, value);
        }
        return true;
    default:
        return fill_bytes(history, field, text, event);
    }
}

fq_err history_fill(struct history *history, const struct fq_codes *codes, struct fq_span entry,
                    unsigned kind, uint64_t given, struct fq_event *event, struct fq_why *out_why)
{
    const struct fq_kind_row *row = fq_kind_row(kind);
    struct fq_span fields = fq_map_get(entry, "fields");

    if (!event->date) {
        event->date = (uint16_t)date_number(fq_map_text(entry, "date"));
    }
    if (!event->unit) {
        event->unit = text_number(fq_map_text(entry, "unit"));
    }
    for (size_t i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        if (!(given >> row->fields[i] & 1) &&
            !fill_field(history, codes, fields, row->fields[i], event)) {
            return fq_fail(out_why, FQ_REASON_BYTES, "%s", fq_field_row(row->fields[i])->name);
        }
    }
    return FQ_OK;
}
