#include "history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOGS 6
#define DISPUTES_MAX 6
#define FIRST_DAY 44135 /* 2020-11-01 */
#define DAYS 200

static const struct fq_log_id log_ids[LOGS] = {
    {WORLD_COUNTY * 100 + 1, 0, 1},   {WORLD_NEIGHBOUR * 100 + 1, 0, 1},
    {WORLD_DIRECT * 100 + 1, 0, 1},   {WORLD_CITY * 100 + 1, 0, 1},
    {WORLD_PROVINCE * 100 + 1, 0, 1}, {WORLD_COUNTY * 100 + 1, 0, 2},
};

struct drawing {
    struct history *history;
    struct random *random;
    struct fq_id disputes[DISPUTES_MAX + 1]; /* the last is no dispute: zeros */
    uint32_t dispute_count;
    uint64_t relay_count;
    uint64_t last[LOGS];                   /* sequence of each log */
    uint32_t seen[LOGS][DISPUTES_MAX + 1]; /* greatest rev each log knows of each dispute */
};

static uint32_t below(struct drawing *drawing, uint32_t bound)
{
    return random_below(drawing->random, bound);
}

static bool chance(struct drawing *drawing, unsigned percent)
{
    return random_chance(drawing->random, percent);
}

/* ---- bytes ---- */

static struct fq_span keep(struct drawing *drawing, const void *bytes, size_t size)
{
    struct history *history = drawing->history;

    FQ_ASSERT(size <= sizeof history->bytes - history->used);

    uint8_t *kept = history->bytes + history->used;
    memcpy(kept, bytes, size);
    history->used += size;
    return fq_span_of(kept, size);
}

static struct fq_id draw_id(struct drawing *drawing)
{
    struct fq_id id;

    random_bytes(drawing->random, id.bytes, sizeof id.bytes);
    return id;
}

static void push(struct drawing *drawing, const struct fq_event_id *id, struct fq_span record)
{
    struct history *history = drawing->history;

    if (history->count < HISTORY_ENTRIES_MAX) {
        history->entries[history->count++] = (struct history_entry){*id, record};
    }
}

/* ---- values ---- */

static uint16_t draw_date(struct drawing *drawing)
{
    static const uint16_t odd[] = {1, 59, 60, FQ_DATE_MAX};

    return chance(drawing, 1) ? odd[below(drawing, 4)]
                              : (uint16_t)(FIRST_DAY + below(drawing, DAYS));
}

static uint32_t draw_county(struct drawing *drawing)
{
    static const uint32_t counties[] = {WORLD_COUNTY, WORLD_COUNTY, WORLD_NEIGHBOUR,
                                        WORLD_THIRD,  WORLD_FAR,    WORLD_DIRECT};

    return counties[below(drawing, 6)];
}

static uint64_t draw_unit(struct drawing *drawing)
{
    uint64_t area = chance(drawing, 20) ? WORLD_CITY : draw_county(drawing);

    return area * 10000 + 1 + below(drawing, 3);
}

static uint64_t draw_code(struct drawing *drawing, enum fq_field field)
{
    static const uint64_t types[] = {1, 4, 1199, 99, 60000, 70000};
    static const uint64_t strange[] = {0, 7, 200, 300, 70000};

    if (field == FQ_FIELD_TYPE) {
        return types[below(drawing, 6)];
    }
    if (chance(drawing, 4)) {
        return strange[below(drawing, 5)];
    }
    if (field == FQ_FIELD_KIND || field == FQ_FIELD_TO_KIND) {
        return 1 + below(drawing, 3);
    }
    return 1 + below(drawing, field == FQ_FIELD_FORM ? 2 : 6);
}

static uint64_t draw_number(struct drawing *drawing, enum fq_field field)
{
    switch (fq_field_row(field)->type) {
    case FQ_VALUE_BOOL:
        return below(drawing, 2);
    case FQ_VALUE_CENTS:
        return chance(drawing, 1) ? UINT64_MAX - below(drawing, 9) : below(drawing, 1000000);
    case FQ_VALUE_DATE:
        return draw_date(drawing);
    case FQ_VALUE_AREA:
        return chance(drawing, 30) ? 0 : draw_county(drawing);
    case FQ_VALUE_UNIT:
        return draw_unit(drawing);
    case FQ_VALUE_CODE:
        return draw_code(drawing, field);
    default:
        return chance(drawing, 1) ? UINT64_MAX : below(drawing, 40);
    }
}

static struct fq_span draw_bytes(struct drawing *drawing, enum fq_field field)
{
    static const char *const texts[] = {"界墙", "a boundary wall", "雨水", "x"};

    switch (fq_field_row(field)->type) {
    case FQ_VALUE_TEXT:
        return fq_span_text(texts[below(drawing, 4)]);
    case FQ_VALUE_ID:
        return keep(drawing, drawing->disputes[below(drawing, drawing->dispute_count)].bytes,
                    FQ_ID_SIZE);
    case FQ_VALUE_EVENT:
        return (struct fq_span){0}; /* set by those that mean it */
    default:
        return fq_span_text("\x93\x01\x02\x03");
    }
}

static void draw_fields(struct drawing *drawing, struct fq_event *event)
{
    const struct fq_kind_row *row = fq_kind_row(event->step);

    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        enum fq_field field = row->fields[i];
        if (chance(drawing, 15)) {
            continue;
        }
        if (!fq_field_is_bytes(field)) {
            event->value[field] = draw_number(drawing, field);
        } else {
            struct fq_span bytes = draw_bytes(drawing, field);
            if (bytes.size) {
                (void)fq_event_set_bytes(event, field, bytes);
            }
        }
    }
}

/* ---- writing ---- */

static uint32_t field_count(unsigned kind)
{
    const struct fq_kind_row *row = fq_kind_row(kind);
    uint32_t count = 0;

    while (row && count < FQ_BODY_FIELDS_MAX && row->fields[count]) {
        count++;
    }
    return count;
}

/* The record with fields of a later version behind those known: all known ones, absent as nil. */
static struct fq_span lengthen(struct drawing *drawing, const struct fq_event *event,
                               struct fq_span record)
{
    uint8_t bytes[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);
    struct fq_reader reader = fq_reader_over(record);
    uint32_t count = fq_read_array(&reader);
    uint32_t known = 10 + field_count(event->kind);

    known += event->kind == FQ_EVENT_CORRECTED ? field_count(event->step) : 0;
    fq_write_array(&writer, known + 2);
    fq_write_raw(&writer, fq_span_of(reader.at, (size_t)(reader.end - reader.at)));
    for (; count < known; count++) {
        fq_write_nil(&writer);
    }
    fq_write_text(&writer, "later");
    fq_write_raw(&writer, fq_span_text("\x81\x01\x91\xc0"));
    return writer.is_full ? record : keep(drawing, fq_writer_span(&writer).data, writer.used);
}

/* Give the event the next place in the log, unless it has one, and write it down. */
static void emit(struct drawing *drawing, uint32_t log, struct fq_event *event)
{
    uint8_t bytes[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);

    if (event->id.seq == 0) {
        event->id = (struct fq_event_id){log_ids[log], ++drawing->last[log]};
    }
    event->hlc = random_next(drawing->random) >> 8;
    event->dict_version = 1;
    fq_event_encode(event, &writer);
    FQ_ASSERT(!writer.is_full);
    struct fq_span record = keep(drawing, bytes, writer.used);
    if (chance(drawing, 5)) {
        record = lengthen(drawing, event, record);
    }
    push(drawing, &event->id, record);
}

/* What the writer knows is its own and, mostly, everybody's. */
static uint32_t next_rev(struct drawing *drawing, uint32_t log, uint32_t dispute)
{
    uint32_t rev = drawing->seen[log][dispute];

    for (uint32_t other = 0; other < LOGS && chance(drawing, 70); other++) {
        rev = drawing->seen[other][dispute] > rev ? drawing->seen[other][dispute] : rev;
    }
    return drawing->seen[log][dispute] = rev + 1;
}

static struct fq_event begin(struct drawing *drawing, uint32_t log, uint32_t dispute, unsigned step)
{
    struct fq_event event = {.kind = (uint16_t)step, .step = (uint16_t)step};

    event.dispute = drawing->disputes[dispute];
    event.rev = next_rev(drawing, log, dispute);
    event.cmd_id = draw_id(drawing);
    event.area = draw_county(drawing);
    event.unit = draw_unit(drawing);
    event.actor = fq_span_text("wang");
    event.date = draw_date(drawing);
    if (chance(drawing, 1) && step != FQ_EVENT_CONFIRMATION && step != FQ_EVENT_CORRECTED) {
        event.date = 0;
    }
    return event;
}

/* ---- what may happen ---- */

static void draw_registered(struct drawing *drawing, uint32_t log, uint32_t dispute)
{
    struct fq_event event = begin(drawing, log, dispute, FQ_EVENT_REGISTERED);

    event.cmd_id = event.dispute;
    draw_fields(drawing, &event);
    emit(drawing, log, &event);
}

static void draw_step(struct drawing *drawing, uint32_t log, uint32_t dispute)
{
    static const uint8_t often[] = {
        FQ_EVENT_ACCEPTED, FQ_EVENT_ACCEPTED, FQ_EVENT_AGREED,      FQ_EVENT_FAILED,
        FQ_EVENT_JOINED,   FQ_EVENT_VISITED,  FQ_EVENT_PERFORMED,   FQ_EVENT_CONFIRMATION,
        FQ_EVENT_REOPENED, FQ_EVENT_REFERRED, FQ_EVENT_TRANSFERRED,
    };
    unsigned step = chance(drawing, 60) ? often[below(drawing, sizeof often)]
                                        : 2 + below(drawing, FQ_EVENT_REOPENED - 1);
    struct fq_event event = begin(drawing, log, dispute, step);

    draw_fields(drawing, &event);
    emit(drawing, log, &event);
}

static void draw_corrected(struct drawing *drawing, uint32_t log, uint32_t dispute)
{
    struct fq_event event = begin(drawing, log, dispute, FQ_EVENT_CORRECTED);

    event.step = (uint16_t)(1 + below(drawing, FQ_EVENT_REOPENED));
    draw_fields(drawing, &event);
    event.value[FQ_FIELD_CORRECTS] = event.step;
    if (chance(drawing, 10)) { /* of what cannot be corrected: folds to nothing */
        memset(event.value, 0, sizeof event.value);
        event.value[FQ_FIELD_CORRECTS] = FQ_EVENT_CORRECTED + below(drawing, 20);
        event.step = FQ_EVENT_KINDS;
    }
    (void)fq_event_set_bytes(&event, FQ_FIELD_WHY, fq_span_text("slip"));
    emit(drawing, log, &event);
}

/* Names something written, or something still to be written. */
static void draw_voided(struct drawing *drawing, uint32_t log, uint32_t dispute)
{
    uint8_t bytes[FQ_EVENT_ID_SIZE];
    struct fq_event event = begin(drawing, log, dispute, FQ_EVENT_VOIDED);
    uint32_t other = below(drawing, LOGS);
    struct fq_event_id target = {log_ids[other], drawing->last[other] + 1 + below(drawing, 4)};

    if (drawing->history->count && chance(drawing, 75)) {
        const struct history_entry *entry =
            &drawing->history->entries[below(drawing, drawing->history->count)];
        struct fq_event named;
        history_event(entry, &named);
        target = entry->id;
        if (chance(drawing, 85)) {
            event.dispute = fq_id_is_zero(&named.dispute) ? named.cmd_id : named.dispute;
        }
    }
    if (!chance(drawing, 8)) {
        fq_event_id_encode(&target, bytes);
        (void)fq_event_set_bytes(&event, FQ_FIELD_TARGET, keep(drawing, bytes, sizeof bytes));
    }
    emit(drawing, log, &event);
}

static void draw_merged(struct drawing *drawing, uint32_t log, uint32_t dispute)
{
    struct fq_event event =
        begin(drawing, log, dispute, chance(drawing, 60) ? FQ_EVENT_MERGED : FQ_EVENT_UNMERGED);

    draw_fields(drawing, &event);
    emit(drawing, log, &event);
}

static void draw_service(struct drawing *drawing, uint32_t log)
{
    bool is_sweep = chance(drawing, 40);
    struct fq_event event =
        begin(drawing, log, DISPUTES_MAX, is_sweep ? FQ_EVENT_SWEEP : FQ_EVENT_ACTIVITY);

    event.dispute = (struct fq_id){{0}};
    draw_fields(drawing, &event);
    if (!is_sweep) { /* few keys, so that reports replace each other */
        event.area = chance(drawing, 50) ? WORLD_COUNTY : WORLD_CITY;
        event.unit = event.area * UINT64_C(10000) + 1;
        event.value[FQ_FIELD_INDICATOR] = 1 + below(drawing, 2);
        event.value[FQ_FIELD_FIRST_DAY] = FIRST_DAY + 61 * below(drawing, 2);
        event.value[FQ_FIELD_LAST_DAY] = FIRST_DAY + 150;
    } else if (chance(drawing, 40)) {
        event.value[FQ_FIELD_FOUND] = 0;
    }
    emit(drawing, log, &event);
}

/* The same command, written again by another node or incarnation (salvage). */
static void draw_again(struct drawing *drawing, uint32_t log)
{
    const struct history_entry *entry =
        &drawing->history->entries[below(drawing, drawing->history->count)];
    struct fq_event event;

    history_event(entry, &event);
    if (fq_kind_row(event.kind) && event.kind < FQ_EVENT_CONTROL) {
        event.rev += below(drawing, 3);
        event.id.seq = 0;
        emit(drawing, log, &event);
    }
}

/* Mostly of a node above all others in a stream for relays; else of one that has no say, or in a
 * stream for facts: then it means nothing. */
static void draw_relay_id(struct drawing *drawing, struct fq_event_id *id)
{
    uint32_t writer = chance(drawing, 85) ? WORLD_PROVINCE : WORLD_CITY;

    id->log.origin = writer * 100 + 1;
    id->log.stream = chance(drawing, 90) ? WORLD_COUNTY : FQ_STREAM_FACTS;
    id->log.epoch = 7; /* no other log drawn here has it */
    id->seq = ++drawing->relay_count;
}

static void draw_relay(struct drawing *drawing, uint32_t log)
{
    uint8_t bytes[FQ_EVENT_ID_SIZE];
    uint32_t place = below(drawing, drawing->history->count);
    struct history_entry *entry = &drawing->history->entries[place];
    struct fq_event relay = begin(drawing, log, DISPUTES_MAX, FQ_EVENT_RELAY);

    if (entry->record.size > FQ_RECORD_MAX - 300) {
        return;
    }
    fq_event_id_encode(&entry->id, bytes);
    (void)fq_event_set_bytes(&relay, FQ_FIELD_INNER_ID, keep(drawing, bytes, sizeof bytes));
    (void)fq_event_set_bytes(&relay, FQ_FIELD_INNER,
                             chance(drawing, 90)
                                 ? entry->record
                                 : fq_span_of(entry->record.data, entry->record.size - 1));
    draw_relay_id(drawing, &relay.id);
    emit(drawing, log, &relay);
    if (chance(drawing, 30)) { /* the original itself never comes */
        *entry = drawing->history->entries[--drawing->history->count];
    }
}

/* A kind of a later version: the header and a body of any shape. */
static void draw_unknown(struct drawing *drawing, uint32_t log, uint32_t dispute)
{
    static const uint16_t kinds[] = {0, FQ_EVENT_KINDS, 99, 40000};
    uint8_t bytes[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);
    struct fq_event event = begin(drawing, log, dispute, FQ_EVENT_ACCEPTED);
    struct fq_event_id id = {log_ids[log], ++drawing->last[log]};

    fq_write_array(&writer, 12);
    fq_write_uint(&writer, kinds[below(drawing, 4)]);
    fq_write_uint(&writer, event.rev);
    fq_write_uint(&writer, 1);
    fq_write_uint(&writer, 2);
    fq_write_bytes(&writer, event.cmd_id.bytes, FQ_ID_SIZE);
    fq_write_bytes(&writer, event.dispute.bytes, FQ_ID_SIZE);
    fq_write_uint(&writer, event.area);
    fq_write_uint(&writer, event.unit);
    fq_write_text(&writer, "");
    fq_write_uint(&writer, event.date);
    fq_write_raw(&writer, fq_span_text("\x92\x81\x01\xc0\xff"));
    fq_write_int(&writer, -70000);
    push(drawing, &id, keep(drawing, bytes, writer.used));
}

static void draw_control(struct drawing *drawing, uint32_t log)
{
    struct fq_event event = begin(drawing, log, DISPUTES_MAX, FQ_EVENT_CONTROL);

    draw_fields(drawing, &event);
    emit(drawing, log, &event);
}

static void draw_one(struct drawing *drawing)
{
    uint32_t log = below(drawing, LOGS);
    uint32_t dispute = below(drawing, drawing->dispute_count);
    uint32_t dice = below(drawing, 100);

    if (dice < 10 && drawing->dispute_count < DISPUTES_MAX) {
        dispute = drawing->dispute_count++;
        drawing->disputes[dispute] = draw_id(drawing);
        if (!chance(drawing, 15)) { /* else an orphan for now, maybe for ever */
            draw_registered(drawing, log % 3, dispute);
        }
    } else if (dice < 13) {
        draw_registered(drawing, log, dispute);
    } else if (dice < 62) {
        draw_step(drawing, log, dispute);
    } else if (dice < 70) {
        draw_corrected(drawing, log, dispute);
    } else if (dice < 78) {
        draw_voided(drawing, log, dispute);
    } else if (dice < 81) {
        draw_merged(drawing, log, dispute);
    } else if (dice < 86) {
        draw_service(drawing, log);
    } else if (dice < 90 && drawing->history->count) {
        draw_again(drawing, log);
    } else if (dice < 95 && drawing->history->count) {
        draw_relay(drawing, log);
    } else if (dice < 98) {
        draw_unknown(drawing, log, dispute);
    } else {
        draw_control(drawing, log);
    }
}

void history_draw(struct history *history, uint32_t length, struct random *random)
{
    struct drawing drawing = {.history = history, .random = random, .dispute_count = 1};

    FQ_ASSERT(length <= HISTORY_ENTRIES_MAX);

    history->count = 0;
    history->used = 0;
    drawing.disputes[0] = draw_id(&drawing);
    draw_registered(&drawing, 0, 0);
    for (uint32_t i = 1; i < length; i++) {
        draw_one(&drawing);
    }
}

void history_shuffle(struct history *history, struct random *random)
{
    for (uint32_t i = history->count; i > 1; i--) {
        uint32_t other = random_below(random, i);
        struct history_entry moved = history->entries[i - 1];
        history->entries[i - 1] = history->entries[other];
        history->entries[other] = moved;
    }
}

void history_event(const struct history_entry *entry, struct fq_event *out_event)
{
    struct fq_reader reader = fq_reader_over(entry->record);

    memset(out_event, 0, sizeof *out_event);
    if (!fq_codec_scan(entry->record) || !fq_event_decode(&reader, entry->id, out_event)) {
        printf("Bail out! a drawn record does not decode\n");
        exit(1);
    }
}

void history_print(const struct history *history)
{
    struct fq_event event;

    for (uint32_t i = 0; i < history->count; i++) {
        const struct fq_kind_row *row;
        const struct fq_event_id *id = &history->entries[i].id;
        history_event(&history->entries[i], &event);
        row = fq_kind_row(event.kind);
        printf("# %08u-%u-%llu rev %u %s%s%s dispute %02x%02x area %06u date %u:", id->log.origin,
               id->log.epoch, (unsigned long long)id->seq, event.rev, row ? row->name : "unknown",
               event.kind == FQ_EVENT_CORRECTED ? " " : "",
               event.kind == FQ_EVENT_CORRECTED && fq_kind_row(event.step)
                   ? fq_kind_row(event.step)->name
                   : "",
               event.dispute.bytes[0], event.dispute.bytes[1], event.area, event.date);
        for (int field = 1; field < FQ_FIELDS_COUNT; field++) {
            if (event.value[field] && !fq_field_is_bytes((enum fq_field)field)) {
                printf(" %s=%llu", fq_field_row((enum fq_field)field)->name,
                       (unsigned long long)event.value[field]);
            }
        }
        struct fq_span target = fq_event_bytes(&event, FQ_FIELD_TARGET);
        if (target.size == FQ_EVENT_ID_SIZE) {
            struct fq_event_id named = fq_event_id_decode(target.data);
            printf(" target=%08u-%u-%llu", named.log.origin, named.log.epoch,
                   (unsigned long long)named.seq);
        }
        struct fq_span into = fq_event_bytes(&event, FQ_FIELD_INTO);
        if (into.size) {
            printf(" into=%02x%02x", into.data[0], into.data[1]);
        }
        printf("\n");
    }
}
