#include "fq/core/describe.h"

#include <stdio.h>
#include <string.h>

#include "fq/core/command.h"

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
        put_uint(writer, row->name, value);
        break;
    }
}

/* Absent fields are left out, but for the figures a step is about. */
static bool is_told(const struct fq_event *event, enum fq_field field)
{
    return event->value[field] != 0 ||
           (event->step == FQ_EVENT_AGREED && field == FQ_FIELD_AMOUNT) ||
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

/* The dispute's number: origin-epoch-seq of its first registration; empty before one is known. */
static void number_of(const struct fq_view *view, const struct fq_dispute *dispute, char *out,
                      size_t size)
{
    out[0] = '\0';
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->kind == FQ_EVENT_REGISTERED) {
            struct fq_event_id id = fq_view_event_id(view, fact);
            snprintf(out, size, "%08u-%u-%llu", id.log.origin, id.log.epoch,
                     (unsigned long long)id.seq);
        }
    }
}

static void put_head(struct fq_writer *writer, const struct fq_view *view,
                     const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    char number[48];

    number_of(view, dispute, number, sizeof number);
    put_text(writer, "dispute", number);
    put_id(writer, "id", &dispute->id);
    put_text(writer, "state", fq_state_name(fq_dispute_state(dispute)));
    put_area(writer, "home", dispute->home);
    put_code(writer, codes, "type", FQ_CODES_TYPE, dispute->type);
    put_code(writer, codes, "kind", FQ_CODES_KIND, dispute->kind);
    put_code(writer, codes, "source", FQ_CODES_SOURCE, dispute->source);
}
#define HEAD_PAIRS 7

/* A unit that assists: joined and not left since. Facts run from the greatest stamp down. */
static bool is_first_word_on(const struct fq_view *view, const struct fq_dispute *dispute,
                             const struct fq_fact *at, uint64_t unit)
{
    struct fq_event event;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact != at;
         fact = fq_view_next(view, fact)) {
        if (!fact->is_voided && (fact->step == FQ_EVENT_JOINED || fact->step == FQ_EVENT_LEFT ||
                                 fact->step == FQ_EVENT_REFERRAL_ACCEPTED)) {
            fq_fact_unpack(fact, &event);
            if (event.value[FQ_FIELD_TO_UNIT] == unit) {
                return false;
            }
        }
    }
    return true;
}

static uint32_t put_assists(struct fq_writer *writer, const struct fq_view *view,
                            const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    struct fq_event event;
    uint32_t count = 0;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->is_voided ||
            (fact->step != FQ_EVENT_JOINED && fact->step != FQ_EVENT_REFERRAL_ACCEPTED)) {
            continue;
        }
        fq_fact_unpack(fact, &event);
        uint64_t unit = event.value[FQ_FIELD_TO_UNIT];
        if (!is_first_word_on(view, dispute, fact, unit)) {
            continue;
        }
        count++;
        if (writer) {
            fq_write_map(writer, 4);
            put_unit(writer, "unit", unit);
            put_area(writer, "area", (uint32_t)(unit / 10000 % 1000000));
            put_code(writer, codes, "kind", FQ_CODES_KIND, event.value[FQ_FIELD_TO_KIND]);
            put_text(writer, "role", "assist");
        }
    }
    return count;
}

static void put_units(struct fq_writer *writer, const struct fq_view *view,
                      const struct fq_codes *codes, const struct fq_dispute *dispute)
{
    uint32_t count = put_assists(NULL, view, codes, dispute);
    bool has_host = dispute->host != 0;

    fq_write_text(writer, "units");
    fq_write_array(writer, count + has_host);
    if (has_host) {
        fq_write_map(writer, 4);
        put_unit(writer, "unit", dispute->host);
        put_area(writer, "area", (uint32_t)(dispute->host / 10000 % 1000000));
        put_code(writer, codes, "kind", FQ_CODES_KIND, dispute->kind);
        put_text(writer, "role", "host");
    }
    (void)put_assists(writer, view, codes, dispute);
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

/* The register an event kind writes, for those that one value answers. */
static const char *register_of(unsigned step)
{
    switch (step) {
    case FQ_EVENT_REGISTERED:
        return "registration";
    case FQ_EVENT_ACCEPTED:
    case FQ_EVENT_REJECTED:
        return "acceptance";
    case FQ_EVENT_TRANSFERRED:
        return "home";
    case FQ_EVENT_AGREED:
    case FQ_EVENT_FAILED:
    case FQ_EVENT_TERMINATED:
        return "outcome";
    case FQ_EVENT_PERFORMED:
        return "performance";
    case FQ_EVENT_CONFIRMATION:
        return "confirmation";
    case FQ_EVENT_VISITED:
        return "visit";
    case FQ_EVENT_RISK_CHANGED:
        return "risk";
    default:
        return NULL;
    }
}

static bool is_same_register(const struct fq_fact *a, const struct fq_fact *b)
{
    const char *one = register_of(a->step);
    const char *other = register_of(b->step);

    return one && other && strcmp(one, other) == 0;
}

/* Whether a newer fact resolved what the older wrote: it writes the same register, or it reopens,
 * which empties these (D3). */
static bool resolves(const struct fq_fact *newer, const struct fq_fact *fact)
{
    static const char *const emptied[] = {"outcome", "performance", "confirmation", "visit"};
    bool is_emptied = false;

    for (size_t i = 0; i < sizeof emptied / sizeof emptied[0]; i++) {
        is_emptied |= strcmp(register_of(fact->step), emptied[i]) == 0;
    }
    return newer->rev > fact->rev &&
           (is_same_register(newer, fact) || (is_emptied && newer->step == FQ_EVENT_REOPENED));
}

/* The write that holds the register of `fact`, when neither knew the other: of the same revision, by
 * another command, with nothing newer on that register. NULL when there is no such. */
static const struct fq_fact *holder_against(const struct fq_view *view,
                                            const struct fq_dispute *dispute,
                                            const struct fq_fact *fact)
{
    const struct fq_fact *holder = NULL;

    if (fact->is_voided || !register_of(fact->step)) {
        return NULL;
    }
    for (const struct fq_fact *newer = fq_view_facts(view, dispute); newer != fact;
         newer = fq_view_next(view, newer)) {
        if (newer->is_voided) {
            continue;
        }
        if (resolves(newer, fact)) {
            return NULL;
        }
        if (!holder && is_same_register(newer, fact)) {
            holder = newer; /* facts run from the greatest stamp down */
        }
    }
    return holder && holder->cmd_tag != fact->cmd_tag ? holder : NULL;
}

static uint32_t put_conflicts(struct fq_writer *writer, const struct fq_view *view,
                              const struct fq_dispute *dispute)
{
    uint32_t count = 0;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        const struct fq_fact *holder = holder_against(view, dispute, fact);
        if (!holder) {
            continue;
        }
        count++;
        if (writer) {
            fq_write_map(writer, 3);
            put_text(writer, "register", register_of(fact->step));
            put_text(writer, "holds", fq_kind_row(holder->step)->name);
            put_text(writer, "against", fq_kind_row(fact->step)->name);
        }
    }
    return count;
}

static void put_next(struct fq_writer *writer, const struct fq_dispute *dispute)
{
    char names[FQ_WHY_SIZE];
    uint32_t count = 0;

    fq_command_next(dispute, names, sizeof names);
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

void fq_describe_dispute(const struct fq_view *view, const struct fq_codes *codes,
                         const struct fq_dispute *dispute, uint32_t extra_pairs,
                         struct fq_writer *writer)
{
    fq_write_map(writer, HEAD_PAIRS + 15 + extra_pairs);
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
    fq_write_array(writer, put_conflicts(NULL, view, dispute));
    (void)put_conflicts(writer, view, dispute);
    put_next(writer, dispute);
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
