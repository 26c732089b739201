#include "import_compare.h"

#include <string.h>

#include "fq/base/hash.h"

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

/* Another outcome than the one that stands: the dispute is opened again for it. */
static bool make_reopening(const struct fq_event *told, const struct fq_event *standing,
                           struct fq_event *out_event)
{
    struct fq_span parts[3] = {fq_span_text("reopened"), fq_span_of(told->cmd_id.bytes, FQ_ID_SIZE),
                               fq_span_of(standing->cmd_id.bytes, FQ_ID_SIZE)};

    *out_event = (struct fq_event){.kind = FQ_EVENT_REOPENED,
                                   .step = FQ_EVENT_REOPENED,
                                   .dispute = told->dispute,
                                   .actor = told->actor,
                                   .date = told->date};
    fq_hash_id(parts, 3, &out_event->cmd_id);
    return fq_event_set_bytes(out_event, FQ_FIELD_REASON, fq_span_text(CORRECTION_REASON));
}

/* Steps being gathered. */
struct gathering {
    const struct map *map;
    const struct past *past;
    struct fq_event *events;
    size_t count;
    bool is_reopened; /* by a step before */
    struct row_changes changes;
};

/* What one step of the row makes. False when it does not fit. */
static bool gather(struct gathering *gathering, const struct map_event *from,
                   const struct fq_event *told)
{
    const struct past *past = gathering->past;
    const struct fq_event *standing = past_standing(past, told->kind);
    bool is_answer = past_is_answer(told->kind);
    struct fq_event *next = &gathering->events[gathering->count];

    if (gathering->is_reopened && past_is_emptied(told->kind)) {
        standing = NULL;
    } else if (standing && is_answer && is_same(gathering->map, from, told, standing)) {
        return true;
    } else if ((!standing || !is_answer) && is_told_before(gathering->map, from, told, past)) {
        return true; /* and perhaps undone since: the node knows more than the paper */
    }
    if (gathering->count + 2 > ROW_COMMANDS_MAX) {
        return false;
    }
    if (standing && standing->step != told->kind && past_is_emptied(told->kind)) {
        gathering->is_reopened = make_reopening(told, standing, next++);
        gathering->changes.corrected++;
        standing = NULL;
        gathering->count++;
    }
    gathering->count++;
    if (standing && (is_answer || past_has_command(past, &told->cmd_id))) {
        gathering->changes.corrected++;
        return make_correction(gathering->map, from, told, standing, next);
    }
    make_step(told, past, next);
    gathering->changes.added++;
    return true;
}

fq_err row_compare(const struct map *map, const struct row *row, const struct past *past,
                   struct fq_event *out_events, size_t *out_count, struct row_changes *out_changes,
                   struct fq_why *out_why)
{
    struct gathering gathering = {.map = map, .past = past, .events = out_events};

    for (size_t i = 0; i < row->event_count; i++) {
        if (!gather(&gathering, row->from[i], &row->events[i])) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "%d", ROW_COMMANDS_MAX);
        }
    }
    *out_count = gathering.count;
    *out_changes = gathering.changes;
    return FQ_OK;
}
