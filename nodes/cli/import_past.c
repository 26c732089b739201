#include "import_past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/describe.h"

/* ---- one entry ---- */

static uint64_t number_of(struct fq_span text)
{
    char digits[24] = "";

    if (text.size > 0 && text.size < sizeof digits) {
        memcpy(digits, text.data, text.size);
    }
    return strtoull(digits, NULL, 10);
}

/* A code is told by its id; one the node does not know, by its number. */
static uint64_t code_of(const struct fq_codes *codes, enum fq_code_table table, struct fq_span text)
{
    uint16_t number = 0;

    return fq_codes_find_id(codes, table, text, &number) ? number : number_of(text);
}

static void read_field(const struct fq_codes *codes, struct fq_span fields, enum fq_field field,
                       struct fq_event *event)
{
    const struct fq_field_row *row = fq_field_row(field);
    struct fq_span text = fq_map_text(fields, row->name);
    uint16_t date = 0;

    switch (row->type) {
    case FQ_VALUE_UINT:
    case FQ_VALUE_CENTS:
        event->value[field] =
            text.size ? fq_describe_number_of(field, text) : fq_map_uint(fields, row->name);
        break;
    case FQ_VALUE_BOOL:
        event->value[field] = fq_map_bool(fields, row->name);
        break;
    case FQ_VALUE_DATE:
        (void)(text.size && fq_date_parse(text, &date));
        event->value[field] = date;
        break;
    case FQ_VALUE_AREA:
    case FQ_VALUE_UNIT:
        event->value[field] = number_of(text);
        break;
    case FQ_VALUE_CODE:
        event->value[field] = text.size ? code_of(codes, row->table, text) : 0;
        break;
    case FQ_VALUE_TEXT:
        if (text.size) {
            (void)fq_event_set_bytes(event, field, text);
        }
        break;
    default:
        break; /* ids, which no column of a ledger has */
    }
}

static void read_step(const struct fq_codes *codes, struct fq_span entry, struct past_step *step)
{
    struct fq_span fields = fq_map_get(entry, "fields");
    struct fq_span cmd_id = fq_map_text(entry, "cmd_id");
    struct fq_event *event = &step->event;

    memset(step, 0, sizeof *step);
    event->kind = event->step = (uint16_t)fq_kind_find(fq_map_text(entry, "event"));
    if (event->kind == FQ_EVENT_CORRECTED) {
        event->step = (uint16_t)fq_kind_find(fq_map_text(fields, "corrects"));
    }
    (void)fq_date_parse(fq_map_text(entry, "date"), &event->date);
    event->rev = (uint32_t)fq_map_uint(entry, "rev");
    event->unit = number_of(fq_map_text(entry, "unit"));
    if (cmd_id.size == 2 * FQ_ID_SIZE) {
        (void)fq_hex_decode((const char *)cmd_id.data, cmd_id.size, event->cmd_id.bytes,
                            FQ_ID_SIZE);
    }
    const struct fq_kind_row *row = fq_kind_row(event->step);
    for (size_t i = 0; row && i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        read_field(codes, fields, row->fields[i], event);
    }
    step->is_standing = row != NULL;
}

/* ---- what stands ---- */

/* Steps of one group answer one question; 0: each stands for itself. */
static unsigned group_of(unsigned step)
{
    switch (step) {
    case FQ_EVENT_ACCEPTED:
    case FQ_EVENT_REJECTED:
        return FQ_EVENT_ACCEPTED;
    case FQ_EVENT_AGREED:
    case FQ_EVENT_FAILED:
    case FQ_EVENT_TERMINATED:
        return FQ_EVENT_AGREED;
    case FQ_EVENT_REGISTERED:
    case FQ_EVENT_PERFORMED:
    case FQ_EVENT_CONFIRMATION:
    case FQ_EVENT_VISITED:
    case FQ_EVENT_CLOSED:
    case FQ_EVENT_ARCHIVED:
    case FQ_EVENT_RISK_CHANGED:
        return step;
    default:
        return 0;
    }
}

bool past_is_emptied(unsigned kind)
{
    unsigned group = group_of(kind);

    return group == FQ_EVENT_AGREED || group == FQ_EVENT_PERFORMED ||
           group == FQ_EVENT_CONFIRMATION || group == FQ_EVENT_VISITED ||
           group == FQ_EVENT_CLOSED || group == FQ_EVENT_ARCHIVED;
}

/* The event a void names, as origin-stream-epoch-seq. */
static bool is_voided(struct fq_span history, struct fq_span entry)
{
    struct fq_reader reader = fq_reader_over(history);
    uint32_t count = fq_read_array(&reader);
    char name[80], origin[16];

    snprintf(origin, sizeof origin, "%.*s", (int)(fq_map_text(entry, "origin").size & 15),
             (const char *)fq_map_text(entry, "origin").data);
    snprintf(name, sizeof name, "%s-%llu-%llu-%llu", origin,
             (unsigned long long)fq_map_uint(entry, "stream"),
             (unsigned long long)fq_map_uint(entry, "epoch"),
             (unsigned long long)fq_map_uint(entry, "seq"));
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span fields = fq_map_get(fq_read_skip(&reader), "fields");
        struct fq_span target = fields.size ? fq_map_text(fields, "target") : fields;
        if (target.size && fq_span_equal(target, fq_span_text(name))) {
            return true;
        }
    }
    return false;
}

static void settle(struct past *past)
{
    for (size_t i = 0; i < past->count; i++) {
        struct past_step *step = &past->steps[i];
        unsigned group = group_of(step->event.step);
        for (size_t j = i + 1; j < past->count && step->is_standing; j++) {
            const struct past_step *later = &past->steps[j];
            bool is_reopening = later->event.step == FQ_EVENT_REOPENED;
            if (later->is_standing && ((group && group_of(later->event.step) == group) ||
                                       (is_reopening && past_is_emptied(step->event.step)))) {
                step->is_standing = false;
            }
        }
    }
}

fq_err past_read(struct fq_span history, const struct fq_codes *codes, struct fq_arena *arena,
                 struct past *out_past, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(history);
    uint32_t count = history.size ? fq_read_array(&reader) : 0;
    struct past past = {.steps = fq_arena_take(arena, (count + 1) * sizeof *past.steps)};

    if (!past.steps) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "history");
    }
    bool has_voids = false;
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct past_step *step = &past.steps[past.count++];
        read_step(codes, fq_read_skip(&reader), step);
        has_voids |= step->event.kind == FQ_EVENT_VOIDED;
    }
    reader = fq_reader_over(history);
    (void)(has_voids && fq_read_array(&reader));
    for (size_t i = 0; i < past.count && has_voids; i++) {
        past.steps[i].is_standing &= !is_voided(history, fq_read_skip(&reader));
    }
    settle(&past);
    *out_past = past;
    return FQ_OK;
}

const struct fq_event *past_standing(const struct past *past, unsigned kind)
{
    unsigned group = group_of(kind);

    for (size_t i = past->count; i > 0; i--) {
        const struct past_step *step = &past->steps[i - 1];
        bool is_it = group ? group_of(step->event.step) == group : step->event.step == kind;
        if (step->is_standing && is_it) {
            return &step->event;
        }
    }
    return NULL;
}

bool past_is_answer(unsigned kind)
{
    return group_of(kind) != 0;
}

bool past_has_command(const struct past *past, const struct fq_id *cmd_id)
{
    for (size_t i = 0; i < past->count; i++) {
        if (fq_id_equal(&past->steps[i].event.cmd_id, cmd_id)) {
            return true;
        }
    }
    return false;
}
