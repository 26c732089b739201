#include "fq/core/describe.h"

#include <stdio.h>
#include <string.h>

#include "fq/core/deadline.h"
#include "fq/core/docket.h"

/* ---- values ---- */

static void put_text(struct fq_writer *writer, const char *key, const char *value)
{
    fq_write_text(writer, key);
    fq_write_text(writer, value);
}

static void put_uint(struct fq_writer *writer, const char *key, uint64_t value)
{
    fq_write_text(writer, key);
    fq_write_uint(writer, value);
}

static void write_hex(struct fq_writer *writer, struct fq_span bytes)
{
    char hex[2 * 64 + 1];

    bytes.size = bytes.size > 64 ? 64 : bytes.size;
    fq_hex_encode(bytes, hex);
    fq_write_text(writer, hex);
}

static void put_id(struct fq_writer *writer, const char *key, const struct fq_id *id)
{
    fq_write_text(writer, key);
    write_hex(writer, fq_span_of(id->bytes, FQ_ID_SIZE));
}

static void put_area(struct fq_writer *writer, const char *key, uint32_t area)
{
    char text[16];

    snprintf(text, sizeof text, "%06u", area);
    put_text(writer, key, text);
}

static void put_origin(struct fq_writer *writer, const char *key, uint32_t origin)
{
    char text[16];

    snprintf(text, sizeof text, "%08u", origin);
    put_text(writer, key, text);
}

static void put_unit(struct fq_writer *writer, const char *key, uint64_t unit)
{
    char text[24];

    snprintf(text, sizeof text, "%010llu", (unsigned long long)unit);
    put_text(writer, key, text);
}

static void put_date(struct fq_writer *writer, const char *key, uint16_t date)
{
    char text[11];

    fq_date_format(date, text);
    put_text(writer, key, text);
}

/* A code by its id; one this node does not know, by its number. */
static void write_code(struct fq_writer *writer, const struct fq_codes *codes,
                       enum fq_code_table table, uint64_t number)
{
    const struct fq_code *code = fq_codes_find(codes, table, number);
    char text[24];

    if (code) {
        fq_write_text(writer, code->id);
        return;
    }
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    fq_write_text(writer, text);
}

static void put_code(struct fq_writer *writer, const struct fq_codes *codes, const char *key,
                     enum fq_code_table table, uint64_t number)
{
    fq_write_text(writer, key);
    if (number == 0) {
        fq_write_nil(writer);
    } else {
        write_code(writer, codes, table, number);
    }
}

/* What numbers of no code table stand for; flags are bits and may be several. */
static const struct {
    enum fq_field field;
    unsigned number;
    const char *id;
} field_words[] = {
    {FQ_FIELD_ROLE, 1, "host"},
    {FQ_FIELD_ROLE, 2, "assist"},
    {FQ_FIELD_TO_TIER, FQ_TIER_COUNTY, "county"},
    {FQ_FIELD_TO_TIER, FQ_TIER_CITY, "city"},
    {FQ_FIELD_TO_TIER, FQ_TIER_PROVINCE, "province"},
    {FQ_FIELD_CARD, 0, "none"},
    {FQ_FIELD_CARD, 1, "yellow"},
    {FQ_FIELD_CARD, 2, "red"},
    {FQ_FIELD_DOCUMENT, 1, "application"},
    {FQ_FIELD_DOCUMENT, 2, "acceptance"},
    {FQ_FIELD_DOCUMENT, 3, "record"},
    {FQ_FIELD_DOCUMENT, 4, "agreement"},
    {FQ_FIELD_DOCUMENT, 5, "confirmation"},
    {FQ_FIELD_DOCUMENT, 6, "visit"},
    {FQ_FIELD_DOCUMENT, 7, "evidence"},
    {FQ_FIELD_DOCUMENT, 8, "other"},
    {FQ_FIELD_RETENTION, 1, "permanent"},
    {FQ_FIELD_RETENTION, 2, "long"},
    {FQ_FIELD_RETENTION, 3, "short"},
    {FQ_FIELD_FLAGS, 1, "minor"},
    {FQ_FIELD_FLAGS, 2, "migrant"},
    {FQ_FIELD_FLAGS, 4, "women"},
    {FQ_FIELD_FLAGS, 8, "elderly"},
};
#define FIELD_WORDS (sizeof field_words / sizeof field_words[0])

/* The word of a number; NULL when it has none. */
static const char *word_of(enum fq_field field, uint64_t number)
{
    for (size_t i = 0; i < FIELD_WORDS; i++) {
        if (field_words[i].field == field && field_words[i].number == number) {
            return field_words[i].id;
        }
    }
    return NULL;
}

/* The words of the bits, with commas between; what is left of it is a number. */
static void put_flags(struct fq_writer *writer, uint64_t flags)
{
    char text[128] = "";
    size_t used = 0;

    if (flags == 0) {
        fq_write_text(writer, "flags");
        fq_write_nil(writer);
        return;
    }
    for (size_t i = 0; i < FIELD_WORDS; i++) {
        if (field_words[i].field == FQ_FIELD_FLAGS && (flags & field_words[i].number)) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? "," : "",
                                     field_words[i].id);
            flags &= ~(uint64_t)field_words[i].number;
        }
    }
    if (flags) {
        (void)snprintf(text + used, sizeof text - used, "%s%llu", used ? "," : "",
                       (unsigned long long)flags);
    }
    put_text(writer, "flags", text);
}

/* The number of one word, or of digits. */
static uint64_t number_of(enum fq_field field, struct fq_span word)
{
    uint64_t number = 0;

    for (size_t i = 0; i < FIELD_WORDS; i++) {
        if (field_words[i].field == field && fq_span_equal(word, fq_span_text(field_words[i].id))) {
            return field_words[i].number;
        }
    }
    for (size_t i = 0; i < word.size && word.data[i] >= '0' && word.data[i] <= '9'; i++) {
        number = number * 10 + (uint64_t)(word.data[i] - '0');
    }
    return number;
}

uint64_t fq_describe_number_of(enum fq_field field, struct fq_span text)
{
    uint64_t number = 0;

    for (size_t first = 0, at = 0; at <= text.size; at++) {
        if (at == text.size || text.data[at] == ',') {
            number |= number_of(field, fq_span_of(text.data + first, at - first));
            first = at + 1;
        }
    }
    return number;
}

/* A number: by its word, where it has one. */
static void put_number(struct fq_writer *writer, enum fq_field field, uint64_t value)
{
    const char *word = word_of(field, value);

    if (field == FQ_FIELD_FLAGS) {
        put_flags(writer, value);
    } else if (word) {
        put_text(writer, fq_field_row(field)->name, word);
    } else {
        put_uint(writer, fq_field_row(field)->name, value);
    }
}

/* ---- events ---- */

static void write_event_id(struct fq_writer *writer, struct fq_span bytes)
{
    struct fq_event_id id = fq_event_id_decode(bytes.data);
    char text[64];

    snprintf(text, sizeof text, "%08u-%u-%u-%llu", id.log.origin, id.log.stream, id.log.epoch,
             (unsigned long long)id.seq);
    fq_write_text(writer, text);
}

static void put_field(struct fq_writer *writer, const struct fq_codes *codes,
                      const struct fq_event *event, enum fq_field field)
{
    const struct fq_field_row *row = fq_field_row(field);
    uint64_t value = event->value[field];

    switch (row->type) {
    case FQ_VALUE_BOOL:
        fq_write_text(writer, row->name);
        fq_write_bool(writer, value != 0);
        break;
    case FQ_VALUE_DATE:
        put_date(writer, row->name, (uint16_t)value);
        break;
    case FQ_VALUE_AREA:
        put_area(writer, row->name, (uint32_t)value);
        break;
    case FQ_VALUE_UNIT:
        put_unit(writer, row->name, value);
        break;
    case FQ_VALUE_CODE:
        put_code(writer, codes, row->name, row->table, value);
        break;
    case FQ_VALUE_KIND:
        put_text(writer, row->name,
                 fq_kind_row((unsigned)value) ? fq_kind_row((unsigned)value)->name : "");
        break;
    case FQ_VALUE_TEXT:
        fq_write_text(writer, row->name);
        fq_write_text_span(writer, fq_event_bytes(event, field));
        break;
    case FQ_VALUE_EVENT:
        fq_write_text(writer, row->name);
        write_event_id(writer, fq_event_bytes(event, field));
        break;
    case FQ_VALUE_ID:
    case FQ_VALUE_BYTES:
        fq_write_text(writer, row->name);
        write_hex(writer, fq_event_bytes(event, field));
        break;
    default:
        put_number(writer, field, value);
        break;
    }
}

/* Absent fields are left out, but for the figures a step is about. */
static bool is_told(const struct fq_event *event, enum fq_field field)
{
    return event->value[field] != 0 ||
           (event->step == FQ_EVENT_AGREED && field == FQ_FIELD_AMOUNT) ||
           (event->step == FQ_EVENT_SUPERVISED && field == FQ_FIELD_CARD) ||
           (event->step == FQ_EVENT_VISITED &&
            (field == FQ_FIELD_SURVEYED || field == FQ_FIELD_SATISFIED));
}

/* The fields of a row told of the event: counted, and written unless `writer` is NULL. */
static uint32_t put_fields(struct fq_writer *writer, const struct fq_codes *codes,
                           const struct fq_event *event, unsigned kind)
{
    const struct fq_kind_row *row = fq_kind_row(kind);
    uint32_t count = 0;

    for (unsigned i = 0; row && i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        if (is_told(event, row->fields[i])) {
            count++;
            if (writer) {
                put_field(writer, codes, event, row->fields[i]);
            }
        }
    }
    return count;
}

/* Which event it is and when it happened: ten pairs, the same on the feed and in a history. */
#define IDENTITY_PAIRS 10
static void put_identity(struct fq_writer *writer, const struct fq_event *event, uint64_t lsn)
{
    const struct fq_kind_row *row = fq_kind_row(event->kind);
    char recorded[25];

    put_uint(writer, "lsn", lsn);
    put_origin(writer, "origin", event->id.log.origin);
    put_uint(writer, "stream", event->id.log.stream);
    put_uint(writer, "epoch", event->id.log.epoch);
    put_uint(writer, "seq", event->id.seq);
    put_text(writer, "event", row ? row->name : "unknown");
    put_id(writer, "cmd_id", &event->cmd_id);
    put_date(writer, "date", event->date);
    fq_time_format_ms((int64_t)(event->hlc >> 16), recorded);
    put_text(writer, "recorded", recorded);
    put_uint(writer, "rev", event->rev);
}

/* The public fields of the step, and of what it corrects. */
static uint32_t put_body(struct fq_writer *writer, const struct fq_codes *codes,
                         const struct fq_event *event)
{
    bool is_correction = event->kind == FQ_EVENT_CORRECTED && event->step != event->kind;
    uint32_t count = put_fields(writer, codes, event, event->kind);

    return count + (is_correction ? put_fields(writer, codes, event, event->step) : 0);
}

static void put_actor(struct fq_writer *writer, const struct fq_event *event)
{
    fq_write_text(writer, "actor");
    fq_write_text_span(writer, event->actor);
}

void fq_describe_event(const struct fq_codes *codes, const struct fq_event *event, uint64_t lsn,
                       uint64_t prev, struct fq_writer *writer)
{
    bool has_unit = event->unit != 0, has_actor = event->actor.size > 0;

    fq_write_map(writer, IDENTITY_PAIRS + 3u + has_unit + has_actor + put_body(NULL, codes, event));
    put_identity(writer, event, lsn);
    put_uint(writer, "prev", prev);
    put_id(writer, "dispute", &event->dispute);
    put_area(writer, "area", event->area);
    if (has_unit) {
        put_unit(writer, "unit", event->unit);
    }
    if (has_actor) {
        put_actor(writer, event);
    }
    (void)put_body(writer, codes, event);
}

void fq_describe_step(const struct fq_codes *codes, const struct fq_event *event, uint64_t lsn,
                      struct fq_writer *writer)
{
    bool has_unit = event->unit != 0;

    fq_write_map(writer, IDENTITY_PAIRS + 2u + has_unit);
    put_identity(writer, event, lsn);
    if (has_unit) {
        put_unit(writer, "unit", event->unit);
    }
    put_actor(writer, event);
    fq_write_text(writer, "fields");
    fq_write_map(writer, put_body(NULL, codes, event));
    (void)put_body(writer, codes, event);
}

/* ---- disputes ---- */

void fq_describe_number(const struct fq_view *view, const struct fq_dispute *dispute,
                        char out[FQ_DISPUTE_NUMBER_SIZE])
{
    out[0] = '\0';
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->kind == FQ_EVENT_REGISTERED) {
            struct fq_event_id id = fq_view_event_id(view, fact);
            snprintf(out, FQ_DISPUTE_NUMBER_SIZE, "%08u-%u-%llu", id.log.origin, id.log.epoch,
                     (unsigned long long)id.seq);
        }
    }
}

static void put_head(struct fq_writer *writer, const struct fq_view *view,
                     const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    char number[FQ_DISPUTE_NUMBER_SIZE];

    fq_describe_number(view, dispute, number);
    put_text(writer, "dispute", number);
    put_id(writer, "id", &dispute->id);
    put_text(writer, "state", fq_state_name(fq_dispute_state(dispute)));
    put_area(writer, "home", dispute->home);
    put_code(writer, codes, "type", FQ_CODES_TYPE, dispute->type);
    put_code(writer, codes, "kind", FQ_CODES_KIND, dispute->kind);
    put_code(writer, codes, "source", FQ_CODES_SOURCE, dispute->source);
}
#define HEAD_PAIRS 7

static void write_unit(struct fq_writer *writer, const struct fq_codes *codes, uint64_t unit,
                       uint64_t kind, const char *role)
{
    fq_write_map(writer, 4);
    put_unit(writer, "unit", unit);
    put_area(writer, "area", fq_unit_area(unit));
    put_code(writer, codes, "kind", FQ_CODES_KIND, kind);
    put_text(writer, "role", role);
}

static void put_units(struct fq_writer *writer, const struct fq_view *view,
                      const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    struct fq_assist assists[FQ_MAP_ENTRIES_MAX];
    uint32_t count = fq_docket_assists(view, dispute, assists);
    bool has_host = dispute->host != 0;

    fq_write_text(writer, "units");
    fq_write_array(writer, count + has_host);
    if (has_host) {
        write_unit(writer, codes, dispute->host, dispute->kind, "host");
    }
    for (uint32_t i = 0; i < count; i++) {
        write_unit(writer, codes, assists[i].unit, assists[i].kind, "assist");
    }
}

static void put_dates(struct fq_writer *writer, const struct fq_dispute *dispute)
{
    const struct {
        const char *name;
        uint16_t date;
    } dates[] = {
        {"registered", dispute->registered_on},
        {dispute->decision == FQ_DECISION_REJECTED ? "rejected" : "accepted", dispute->decided_on},
        {"outcome", dispute->outcome_on},
        {"confirmed", dispute->confirmed_on},
        {"performed", dispute->performed_on},
        {"closed", dispute->closed_on},
        {"visited", dispute->visited_on},
    };
    uint32_t count = 0;

    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        count += dates[i].date != 0;
    }
    fq_write_text(writer, "dates");
    fq_write_map(writer, count);
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        if (dates[i].date) {
            put_date(writer, dates[i].name, dates[i].date);
        }
    }
}

/* One of two writes that did not know each other: which event, of what day, with what fields. */
static void put_side(struct fq_writer *writer, const struct fq_view *view,
                     const struct fq_codes *codes, const char *key, const struct fq_fact *fact)
{
    struct fq_event event;
    uint8_t id[FQ_EVENT_ID_SIZE];

    fq_fact_unpack(fact, &event);
    event.id = fq_view_event_id(view, fact);
    fq_event_id_encode(&event.id, id);
    fq_write_text(writer, key);
    fq_write_map(writer, 5);
    put_text(writer, "event", fq_kind_row(fact->kind)->name);
    fq_write_text(writer, "event_id");
    write_event_id(writer, fq_span_of(id, sizeof id));
    put_area(writer, "area", event.area);
    put_date(writer, "date", event.date);
    fq_write_text(writer, "fields");
    fq_write_map(writer, put_fields(NULL, codes, &event, fact->step));
    (void)put_fields(writer, codes, &event, fact->step);
}

static uint32_t put_conflicts(struct fq_writer *writer, const struct fq_view *view,
                              const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    uint32_t count = 0;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        const struct fq_fact *holder = fq_docket_conflict(view, dispute, fact);
        if (!holder) {
            continue;
        }
        count++;
        if (writer) {
            fq_write_map(writer, 5);
            put_text(writer, "register", fq_step_row(fact->step)->writes);
            put_text(writer, "holds", fq_kind_row(holder->step)->name);
            put_text(writer, "against", fq_kind_row(fact->step)->name);
            put_side(writer, view, codes, "held", holder);
            put_side(writer, view, codes, "other", fact);
        }
    }
    return count;
}

static void put_next(struct fq_writer *writer, const struct fq_dispute *dispute)
{
    char names[FQ_WHY_SIZE];
    uint32_t count = 0;

    fq_step_next(fq_dispute_state(dispute), names, sizeof names);
    for (const char *at = names; *at; at++) {
        count += *at == ' ';
    }
    count += names[0] != '\0';
    fq_write_text(writer, "next");
    fq_write_array(writer, count);
    for (const char *at = names; count > 0; count--) {
        size_t size = strcspn(at, " ");
        fq_write_text_span(writer, fq_span_of(at, size));
        at += size + (at[size] == ' ');
    }
}

/* ---- a dispute in full ---- */

static void put_day(struct fq_writer *writer, const char *key, uint16_t date)
{
    if (date) {
        put_date(writer, key, date);
    } else {
        fq_write_text(writer, key);
        fq_write_nil(writer);
    }
}

void fq_describe_referral(const struct fq_codes *codes, const struct fq_referral *referral,
                          uint32_t extra_pairs, struct fq_writer *writer)
{
    fq_write_map(writer, 9 + extra_pairs);
    put_id(writer, "referral", &referral->id);
    put_origin(writer, "from", referral->from);
    put_unit(writer, "to_unit", referral->to_unit);
    put_code(writer, codes, "kind", FQ_CODES_KIND, referral->to_kind);
    put_text(writer, "state", fq_referral_state_name(referral->state));
    put_date(writer, "date", referral->date);
    put_day(writer, "due", referral->due);
    put_day(writer, "answered", referral->answered_on);
    put_code(writer, codes, "outcome", FQ_CODES_OUTCOME, referral->outcome);
}

static void put_referrals(struct fq_writer *writer, const struct fq_view *view,
                          const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    struct fq_referral referrals[FQ_MAP_ENTRIES_MAX];
    uint32_t count = fq_docket_referrals(view, dispute, referrals);

    fq_write_text(writer, "referrals");
    fq_write_array(writer, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_describe_referral(codes, &referrals[i], 0, writer);
    }
}

static void put_supervision(struct fq_writer *writer, const struct fq_view *view,
                            const struct fq_dispute *dispute)
{
    struct fq_supervision supervision;

    fq_write_text(writer, "supervision");
    if (!fq_docket_supervision(view, dispute, &supervision)) {
        fq_write_nil(writer);
        return;
    }
    fq_write_map(writer, 3);
    put_number(writer, FQ_FIELD_CARD, supervision.card);
    put_date(writer, "date", supervision.date);
    put_day(writer, "due", supervision.due);
}

/* Where it happened and how it came: only the fact of the registration keeps that. */
#define REGISTRATION_PAIRS 5
static void put_registration(struct fq_writer *writer, const struct fq_view *view,
                             const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    struct fq_event event = {.kind = 0};

    (void)fq_docket_live(view, dispute, FQ_EVENT_REGISTERED, &event);
    fq_write_text(writer, "place");
    if (event.value[FQ_FIELD_PLACE]) {
        char place[24];
        snprintf(place, sizeof place, "%llu", (unsigned long long)event.value[FQ_FIELD_PLACE]);
        fq_write_text(writer, place);
    } else {
        fq_write_nil(writer);
    }
    put_code(writer, codes, "committee", FQ_CODES_COMMITTEE, dispute->committee);
    put_code(writer, codes, "scale", FQ_CODES_SCALE, dispute->scale);
    put_uint(writer, "claimed_cents", event.value[FQ_FIELD_CLAIMED]);
    put_flags(writer, event.value[FQ_FIELD_FLAGS]);
}

/* What is to be done by when, and where the dispute went. */
#define DOCKET_PAIRS 7
static void put_docket(struct fq_writer *writer, const struct fq_view *view,
                       const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    struct fq_id into;

    put_day(writer, "deadline", fq_deadline_open(dispute));
    put_uint(writer, "extended_days", dispute->extended_days);
    put_day(writer, "confirm_by", fq_deadline_confirmation(dispute));
    put_day(writer, "perform_by", fq_docket_performance_due(view, dispute));
    put_referrals(writer, view, codes, dispute);
    put_supervision(writer, view, dispute);
    if (fq_docket_merged_into(view, dispute, &into)) {
        put_id(writer, "merged_into", &into);
    } else {
        fq_write_text(writer, "merged_into");
        fq_write_nil(writer);
    }
}

void fq_describe_dispute(const struct fq_view *view, const struct fq_codes *codes,
                         const struct fq_dispute *dispute, uint32_t extra_pairs,
                         struct fq_writer *writer)
{
    fq_write_map(writer, HEAD_PAIRS + 15 + REGISTRATION_PAIRS + DOCKET_PAIRS + extra_pairs);
    put_head(writer, view, codes, dispute);
    fq_write_text(writer, "host");
    if (dispute->host) {
        char host[24];
        snprintf(host, sizeof host, "%010llu", (unsigned long long)dispute->host);
        fq_write_text(writer, host);
    } else {
        fq_write_nil(writer);
    }
    put_units(writer, view, codes, dispute);
    put_dates(writer, dispute);
    put_code(writer, codes, "outcome", FQ_CODES_OUTCOME, dispute->outcome);
    put_code(writer, codes, "form", FQ_CODES_FORM, dispute->form);
    put_uint(writer, "amount_cents", dispute->amount_cents);
    put_uint(writer, "persons", dispute->persons);
    put_code(writer, codes, "performance", FQ_CODES_PERFORMANCE, dispute->performance);
    put_code(writer, codes, "confirmation", FQ_CODES_CONFIRMATION, dispute->confirmation);
    put_code(writer, codes, "risk", FQ_CODES_RISK, dispute->risk);
    put_code(writer, codes, "difficulty", FQ_CODES_DIFFICULTY, dispute->difficulty);
    fq_write_text(writer, "satisfied");
    if (dispute->visit & FQ_VISIT_SURVEYED) {
        fq_write_bool(writer, dispute->visit & FQ_VISIT_SATISFIED);
    } else {
        fq_write_nil(writer);
    }
    put_uint(writer, "rev", dispute->rev);
    fq_write_text(writer, "conflicts");
    fq_write_array(writer, put_conflicts(NULL, view, codes, dispute));
    (void)put_conflicts(writer, view, codes, dispute);
    put_next(writer, dispute);
    put_registration(writer, view, codes, dispute);
    put_docket(writer, view, codes, dispute);
}

#define ROW_PAIRS (HEAD_PAIRS + 5)

static void put_row(struct fq_writer *writer, const struct fq_view *view,
                    const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    put_head(writer, view, codes, dispute);
    put_date(writer, "registered", dispute->registered_on);
    put_date(writer, "concluded", dispute->outcome_on);
    put_code(writer, codes, "outcome", FQ_CODES_OUTCOME, dispute->outcome);
    put_uint(writer, "amount_cents", dispute->amount_cents);
    put_uint(writer, "rev", dispute->rev);
}

void fq_describe_dispute_row(const struct fq_view *view, const struct fq_codes *codes,
                             const struct fq_dispute *dispute, struct fq_writer *writer)
{
    fq_write_map(writer, ROW_PAIRS);
    put_row(writer, view, codes, dispute);
}

void fq_describe_case(const struct fq_view *view, const struct fq_codes *codes,
                      const struct fq_dispute *dispute, int64_t value, struct fq_writer *writer)
{
    fq_write_map(writer, ROW_PAIRS + 1);
    put_row(writer, view, codes, dispute);
    fq_write_text(writer, "value");
    fq_write_int(writer, value);
}
