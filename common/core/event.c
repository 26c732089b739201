#include "fq/core/event.h"

#include <string.h>

static const struct fq_field_row field_rows[FQ_FIELDS_COUNT] = {
#define FIELD_ROW(name, text, type, table) [FQ_FIELD_##name] = {text, FQ_VALUE_##type, table},
    FQ_FIELDS(FIELD_ROW)
#undef FIELD_ROW
};

#define F(name) FQ_FIELD_##name
#define REFERRAL_BODY F(REFERRAL), F(TO_UNIT), F(TO_KIND), F(REASON), F(DUE)

static const struct fq_kind_row kind_rows[FQ_EVENT_KINDS] = {
    [FQ_EVENT_REGISTERED] = {"registered",
                             {F(SOURCE), F(TYPE), F(PLACE), F(HOST), F(KIND), F(COMMITTEE),
                              F(SCALE), F(DIFFICULTY), F(PERSONS), F(CLAIMED), F(RISK), F(CAMPAIGN),
                              F(FLAGS)}},
    [FQ_EVENT_ACCEPTED] = {"accepted", {F(CONSENT)}},
    [FQ_EVENT_REJECTED] = {"rejected", {F(REASON)}},
    [FQ_EVENT_SESSION] = {"session", {F(MINUTES), F(PLACE)}},
    [FQ_EVENT_JOINED] = {"joined", {F(TO_UNIT), F(TO_KIND), F(ROLE)}},
    [FQ_EVENT_LEFT] = {"left", {F(TO_UNIT), F(REASON)}},
    [FQ_EVENT_REFERRED] = {"referred", {REFERRAL_BODY}},
    [FQ_EVENT_REFERRAL_ACCEPTED] = {"referral_accepted", {REFERRAL_BODY}},
    [FQ_EVENT_REFERRAL_DECLINED] = {"referral_declined", {REFERRAL_BODY}},
    [FQ_EVENT_REFERRAL_REPORTED] = {"referral_reported", {REFERRAL_BODY, F(OUTCOME)}},
    [FQ_EVENT_TRANSFERRED] = {"transferred", {F(TO_AREA), F(TO_UNIT), F(TO_KIND), F(REASON)}},
    [FQ_EVENT_ESCALATED] = {"escalated", {F(TO_TIER), F(REASON)}},
    [FQ_EVENT_ASSIGNED] = {"assigned", {F(TO_AREA), F(TO_UNIT), F(DUE), F(REASON)}},
    [FQ_EVENT_SUPERVISED] = {"supervised", {F(CARD), F(DUE), F(REASON)}},
    [FQ_EVENT_EXTENDED] = {"extended", {F(DAYS), F(REASON)}},
    [FQ_EVENT_AGREED] = {"agreed", {F(FORM), F(AMOUNT), F(DUE), F(IMMEDIATE)}},
    [FQ_EVENT_FAILED] = {"failed", {F(REASON)}},
    [FQ_EVENT_TERMINATED] = {"terminated", {F(REASON)}},
    [FQ_EVENT_PERFORMED] = {"performed", {F(PERFORMANCE)}},
    [FQ_EVENT_CONFIRMATION] = {"confirmation", {F(STEP)}},
    [FQ_EVENT_VISITED] = {"visited", {F(SURVEYED), F(SATISFIED), F(PERFORMANCE)}},
    [FQ_EVENT_PREVENTED] = {"prevented", {F(EFFECT), F(PERSONS)}},
    [FQ_EVENT_RISK_CHANGED] = {"risk_changed", {F(RISK), F(REASON)}},
    [FQ_EVENT_DOCUMENT] = {"document", {F(DOCUMENT), F(HASH), F(SIZE)}},
    [FQ_EVENT_CLOSED] = {"closed", {F(RETENTION), F(REASON)}},
    [FQ_EVENT_ARCHIVED] = {"archived", {F(RETENTION), F(REASON)}},
    [FQ_EVENT_REOPENED] = {"reopened", {F(REASON)}},
    [FQ_EVENT_CORRECTED] = {"corrected", {F(CORRECTS), F(WHY)}},
    [FQ_EVENT_VOIDED] = {"voided", {F(TARGET), F(REASON)}},
    [FQ_EVENT_MERGED] = {"merged", {F(INTO), F(REASON)}},
    [FQ_EVENT_UNMERGED] = {"unmerged", {F(REASON)}},
    [FQ_EVENT_SWEEP] = {"sweep", {F(CAMPAIGN), F(ROUNDS), F(HOUSEHOLDS), F(FOUND), F(PLACE)}},
    [FQ_EVENT_ACTIVITY] = {"activity",
                           {F(INDICATOR), F(FIRST_DAY), F(LAST_DAY), F(COUNT), F(SIGNER)}},
    [FQ_EVENT_CONTROL] = {"control", {F(VERB), F(PAYLOAD)}},
    [FQ_EVENT_RELAY] = {"relay", {F(INNER_ID), F(INNER)}},
};
#undef F
#undef REFERRAL_BODY

#define HEAD_FIELDS 10

const struct fq_field_row *fq_field_row(enum fq_field field)
{
    FQ_ASSERT(field > FQ_FIELD_NONE && field < FQ_FIELDS_COUNT);

    return &field_rows[field];
}

const struct fq_kind_row *fq_kind_row(unsigned kind)
{
    return kind > 0 && kind < FQ_EVENT_KINDS ? &kind_rows[kind] : NULL;
}

unsigned fq_kind_find(struct fq_span name)
{
    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        if (fq_span_equal(name, fq_span_text(kind_rows[kind].name))) {
            return kind;
        }
    }
    return 0;
}

bool fq_field_is_bytes(enum fq_field field)
{
    return fq_field_row(field)->type >= FQ_VALUE_TEXT;
}

struct fq_span fq_event_bytes(const struct fq_event *event, enum fq_field field)
{
    FQ_ASSERT(fq_field_is_bytes(field));

    uint64_t place = event->value[field];
    return place ? event->bytes[place - 1] : (struct fq_span){0};
}

bool fq_event_set_bytes(struct fq_event *event, enum fq_field field, struct fq_span bytes)
{
    FQ_ASSERT(fq_field_is_bytes(field));

    if (event->value[field] == 0) {
        uint64_t taken = 0;
        for (int other = 1; other < FQ_FIELDS_COUNT; other++) {
            taken += fq_field_is_bytes((enum fq_field)other) && event->value[other] != 0;
        }
        if (taken == FQ_EVENT_BYTES_MAX) {
            return false;
        }
        event->value[field] = taken + 1;
    }
    event->bytes[event->value[field] - 1] = bytes;
    return true;
}

/* ---- decode ---- */

struct body_reader {
    struct fq_reader *reader;
    uint32_t left; /* elements not yet read */
    unsigned bytes_used;
};

static size_t bytes_size_needed(enum fq_value_type type)
{
    return type == FQ_VALUE_ID ? FQ_ID_SIZE : type == FQ_VALUE_EVENT ? FQ_EVENT_ID_SIZE : 0;
}

static bool read_bytes_field(struct body_reader *body, enum fq_field field, struct fq_event *event)
{
    enum fq_value_type type = field_rows[field].type;
    struct fq_span bytes =
        type == FQ_VALUE_TEXT ? fq_read_text(body->reader) : fq_read_bytes(body->reader);
    size_t needed = bytes_size_needed(type);

    if (bytes.size == 0) {
        return true;
    }
    if ((needed && bytes.size != needed) || (type == FQ_VALUE_TEXT && bytes.size > FQ_TEXT_MAX)) {
        return false;
    }
    if (body->bytes_used == FQ_EVENT_BYTES_MAX) {
        return false;
    }
    event->bytes[body->bytes_used++] = bytes;
    event->value[field] = body->bytes_used;
    return true;
}

static bool read_fields(struct body_reader *body, const struct fq_kind_row *row,
                        struct fq_event *event)
{
    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i] && body->left; i++) {
        enum fq_field field = row->fields[i];
        body->left--;
        if (field_rows[field].type >= FQ_VALUE_TEXT) {
            if (!read_bytes_field(body, field, event)) {
                return false;
            }
        } else if (field_rows[field].type == FQ_VALUE_BOOL) {
            event->value[field] = fq_read_bool(body->reader);
        } else {
            event->value[field] = fq_read_uint(body->reader);
        }
    }
    return !body->reader->is_bad;
}

/* A correction may not correct a correction, a void, a merge or what is no step of a dispute. */
static bool is_correctable(uint64_t kind)
{
    return kind >= FQ_EVENT_REGISTERED && kind <= FQ_EVENT_REOPENED;
}

static bool read_body(struct body_reader *body, struct fq_event *event)
{
    const struct fq_kind_row *row = fq_kind_row(event->kind);

    event->step = event->kind;
    if (row && !read_fields(body, row, event)) {
        return false;
    }
    if (event->kind == FQ_EVENT_CORRECTED) {
        uint64_t corrects = event->value[FQ_FIELD_CORRECTS];
        if (!is_correctable(corrects)) {
            event->step = FQ_EVENT_KINDS; /* inert: corrects what this version does not know (V2) */
        } else {
            event->step = (uint16_t)corrects;
            if (!read_fields(body, fq_kind_row(event->step), event)) {
                return false;
            }
        }
    }
    for (; body->left && !body->reader->is_bad; body->left--) {
        (void)fq_read_skip(body->reader); /* fields of a later version */
    }
    return !body->reader->is_bad;
}

static bool fits(uint64_t value, uint64_t most)
{
    return value <= most;
}

/* All that every record begins with; how many fields follow. */
static inline bool read_head(struct fq_reader *reader, struct fq_event *out_event,
                             uint32_t *out_left)
{
    uint32_t count = fq_read_array(reader);

    if (reader->is_bad || count < HEAD_FIELDS) {
        return false;
    }
    uint64_t kind = fq_read_uint(reader);
    uint64_t rev = fq_read_uint(reader);
    out_event->hlc = fq_read_uint(reader);
    uint64_t dict_version = fq_read_uint(reader);
    fq_read_exact(reader, out_event->cmd_id.bytes, FQ_ID_SIZE);
    fq_read_exact(reader, out_event->dispute.bytes, FQ_ID_SIZE);
    uint64_t area = fq_read_uint(reader);
    out_event->unit = fq_read_uint(reader);
    out_event->actor = fq_read_text(reader);
    uint64_t date = fq_read_uint(reader);
    if (reader->is_bad || !fits(kind, UINT16_MAX) || !fits(rev, UINT32_MAX) ||
        !fits(dict_version, UINT32_MAX) || !fits(area, UINT32_MAX) || !fits(date, UINT16_MAX) ||
        out_event->actor.size > FQ_ACTOR_MAX) {
        return false;
    }
    out_event->kind = (uint16_t)kind;
    out_event->rev = (uint32_t)rev;
    out_event->dict_version = (uint32_t)dict_version;
    out_event->area = (uint32_t)area;
    out_event->date = (uint16_t)date;
    *out_left = count - HEAD_FIELDS;
    return true;
}

bool fq_event_decode(struct fq_reader *reader, struct fq_event_id id, struct fq_event *out_event)
{
    const uint8_t *begin = reader->at;
    struct body_reader body = {.reader = reader};

    memset(out_event->value, 0, sizeof out_event->value);
    out_event->id = id;
    if (!read_head(reader, out_event, &body.left) || !read_body(&body, out_event)) {
        return false;
    }
    out_event->record = (struct fq_span){begin, (size_t)(reader->at - begin)};
    return out_event->record.size <=
           (out_event->kind == FQ_EVENT_RELAY ? FQ_RELAY_RECORD_MAX : FQ_RECORD_MAX);
}

bool fq_event_peek(struct fq_reader *reader, struct fq_event_id id, struct fq_event *out_event)
{
    uint32_t left = 0;

    out_event->id = id;
    bool is_read = read_head(reader, out_event, &left);
    for (; left > 0 && !reader->is_bad; left--) {
        (void)fq_read_skip(reader);
    }
    return is_read && !reader->is_bad;
}

bool fq_event_open_relay(const struct fq_event *relay, struct fq_event *out_inner)
{
    if (relay->kind != FQ_EVENT_RELAY || relay->id.log.stream <= FQ_STREAM_CONTROL) {
        return false;
    }
    struct fq_span id = fq_event_bytes(relay, FQ_FIELD_INNER_ID);
    struct fq_span inner = fq_event_bytes(relay, FQ_FIELD_INNER);
    if (id.size != FQ_EVENT_ID_SIZE || !fq_codec_scan(inner)) {
        return false;
    }
    struct fq_reader reader = fq_reader_over(inner);
    return fq_event_decode(&reader, fq_event_id_decode(id.data), out_inner) &&
           out_inner->kind < FQ_EVENT_CONTROL && out_inner->id.log.stream == FQ_STREAM_FACTS;
}

/* ---- party areas ---- */

static uint32_t add_area(uint32_t *areas, uint32_t count, uint64_t area)
{
    if (area == 0 || area > UINT32_MAX) {
        return count;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (areas[i] == area) {
            return count;
        }
    }
    areas[count] = (uint32_t)area;
    return count + 1;
}

uint32_t fq_event_areas(const struct fq_event *event, uint32_t out_areas[FQ_EVENT_AREAS_MAX])
{
    static const uint64_t units_per_area = 10000;
    uint32_t count = 0;

    if (event->step == FQ_EVENT_REGISTERED) {
        count = add_area(out_areas, count, event->area);
    }
    count = add_area(out_areas, count, event->value[FQ_FIELD_HOST] / units_per_area);
    count = add_area(out_areas, count, event->value[FQ_FIELD_TO_UNIT] / units_per_area);
    return add_area(out_areas, count, event->value[FQ_FIELD_TO_AREA]);
}

/* ---- encode ---- */

static uint32_t fields_present(const struct fq_event *event, const struct fq_kind_row *row,
                               bool is_all)
{
    uint32_t present = 0;

    for (uint32_t i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        if (is_all || event->value[row->fields[i]]) {
            present = i + 1;
        }
    }
    return present;
}

static void write_fields(const struct fq_event *event, const struct fq_kind_row *row,
                         uint32_t count, struct fq_writer *writer)
{
    for (uint32_t i = 0; i < count; i++) {
        enum fq_field field = row->fields[i];
        uint64_t value = event->value[field];
        if (value == 0) {
            fq_write_nil(writer);
        } else if (field_rows[field].type == FQ_VALUE_BOOL) {
            fq_write_bool(writer, true);
        } else if (field_rows[field].type == FQ_VALUE_TEXT) {
            fq_write_text_span(writer, fq_event_bytes(event, field));
        } else if (field_rows[field].type > FQ_VALUE_TEXT) {
            struct fq_span bytes = fq_event_bytes(event, field);
            fq_write_bytes(writer, bytes.data, bytes.size);
        } else {
            fq_write_uint(writer, value);
        }
    }
}

void fq_event_encode(const struct fq_event *event, struct fq_writer *writer)
{
    static const struct fq_kind_row empty = {0};
    const struct fq_kind_row *row = fq_kind_row(event->kind);
    bool is_correction = event->kind == FQ_EVENT_CORRECTED && fq_kind_row(event->step);
    const struct fq_kind_row *step = is_correction ? fq_kind_row(event->step) : &empty;

    FQ_ASSERT(row);

    uint32_t step_count = fields_present(event, step, false);
    uint32_t count = fields_present(event, row, step_count > 0);
    fq_write_array(writer, HEAD_FIELDS + count + step_count);
    fq_write_uint(writer, event->kind);
    fq_write_uint(writer, event->rev);
    fq_write_uint(writer, event->hlc);
    fq_write_uint(writer, event->dict_version);
    fq_write_bytes(writer, event->cmd_id.bytes, FQ_ID_SIZE);
    fq_write_bytes(writer, event->dispute.bytes, FQ_ID_SIZE);
    fq_write_uint(writer, event->area);
    fq_write_uint(writer, event->unit);
    fq_write_text_span(writer, event->actor);
    fq_write_uint(writer, event->date);
    write_fields(event, row, count, writer);
    write_fields(event, step, step_count, writer);
}

/* ---- ids ---- */

void fq_event_id_encode(const struct fq_event_id *id, uint8_t out[FQ_EVENT_ID_SIZE])
{
    fq_put_be32(out, id->log.origin);
    fq_put_be32(out + 4, id->log.stream);
    fq_put_be32(out + 8, id->log.epoch);
    fq_put_be64(out + 12, id->seq);
}

struct fq_event_id fq_event_id_decode(const uint8_t in[FQ_EVENT_ID_SIZE])
{
    return (struct fq_event_id){
        .log = {.origin = fq_get_be32(in),
                .stream = fq_get_be32(in + 4),
                .epoch = fq_get_be32(in + 8)},
        .seq = fq_get_be64(in + 12),
    };
}

bool fq_log_id_equal(const struct fq_log_id *a, const struct fq_log_id *b)
{
    return a->origin == b->origin && a->stream == b->stream && a->epoch == b->epoch;
}

int fq_log_id_compare(const struct fq_log_id *a, const struct fq_log_id *b)
{
    if (a->origin != b->origin) {
        return a->origin < b->origin ? -1 : 1;
    }
    if (a->stream != b->stream) {
        return a->stream < b->stream ? -1 : 1;
    }
    return a->epoch < b->epoch ? -1 : a->epoch > b->epoch;
}
