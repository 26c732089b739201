#include "fq/core/dispute.h"

#include <string.h>

#define VALUES offsetof(struct fq_dispute, home)
#define VALUES_SIZE (offsetof(struct fq_dispute, flags) - VALUES)

_Static_assert(offsetof(struct fq_fact, payload) == FQ_FACT_HEAD_SIZE, "no padding in a fact");
_Static_assert(VALUES_SIZE == 4 * 2 + 8 * 2 + 2 * 9 + 14, "no padding among a dispute's values");

int fq_stamp_compare(const struct fq_stamp *a, const struct fq_stamp *b)
{
    if (a->rev != b->rev) {
        return a->rev < b->rev ? -1 : 1;
    }
    if (a->tier != b->tier) {
        return a->tier < b->tier ? -1 : 1;
    }
    int by_log = fq_log_id_compare(&a->id.log, &b->id.log);
    if (by_log != 0) {
        return by_log;
    }
    return a->id.seq < b->id.seq ? -1 : a->id.seq > b->id.seq;
}

/* ---- pack: mask, area, the unit where the mask says so, then the fields of the mask, numbers as
 * varints ---- */

#define HAS_UNIT (UINT64_C(1) << FQ_BODY_FIELDS_MAX)

static uint8_t *put_varint(uint8_t *out, uint64_t value)
{
    while (value >= 0x80) {
        *out++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *out++ = (uint8_t)value;
    return out;
}

static const uint8_t *get_varint(const uint8_t *in, uint64_t *out_value)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = *in++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    *out_value = value;
    return in;
}

/* Texts and free bytes mean nothing to the fold; everything else is kept. */
static bool is_folded(enum fq_field field)
{
    enum fq_value_type type = fq_field_row(field)->type;

    return type != FQ_VALUE_TEXT && type != FQ_VALUE_BYTES;
}

static size_t id_size(enum fq_field field)
{
    return fq_field_row(field)->type == FQ_VALUE_ID ? FQ_ID_SIZE : FQ_EVENT_ID_SIZE;
}

/* The step's fields; a correction is packed as the step it writes. */
static const enum fq_field *fields_of(const struct fq_event *event)
{
    static const enum fq_field none[1] = {FQ_FIELD_NONE};
    const struct fq_kind_row *row = fq_kind_row(event->step);

    return row ? row->fields : none;
}

/* Of a dispute's steps the unit that acts means nothing to the fold; of the rest it says who reported. */
static bool has_unit(const struct fq_event *event)
{
    return event->unit != 0 && (event->step == FQ_EVENT_SWEEP || event->step == FQ_EVENT_ACTIVITY);
}

size_t fq_fact_pack(const struct fq_event *event, uint8_t *out)
{
    const enum fq_field *fields = fields_of(event);
    uint8_t *at = out;
    uint64_t mask = 0;

    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && fields[i]; i++) {
        mask |= (uint64_t)(event->value[fields[i]] && is_folded(fields[i])) << i;
    }
    mask |= has_unit(event) ? HAS_UNIT : 0;
    at = put_varint(at, mask);
    at = put_varint(at, event->area);
    if (mask & HAS_UNIT) {
        at = put_varint(at, event->unit);
    }
    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && fields[i]; i++) {
        if (!(mask >> i & 1)) {
            continue;
        }
        if (fq_field_is_bytes(fields[i])) {
            struct fq_span bytes = fq_event_bytes(event, fields[i]);
            memcpy(at, bytes.data, bytes.size);
            at += bytes.size;
        } else {
            at = put_varint(at, event->value[fields[i]]);
        }
    }
    return (size_t)(at - out);
}

void fq_fact_unpack(const struct fq_fact *fact, struct fq_event *out_event)
{
    uint64_t mask, area;
    uint64_t taken = 0;

    memset(out_event, 0, sizeof *out_event);
    out_event->kind = fact->kind;
    out_event->step = fact->step;
    out_event->rev = fact->rev;
    out_event->date = fact->date;
    const enum fq_field *fields = fields_of(out_event);
    const uint8_t *at = get_varint(fact->payload, &mask);
    at = get_varint(at, &area);
    out_event->area = (uint32_t)area;
    if (mask & HAS_UNIT) {
        at = get_varint(at, &out_event->unit);
    }
    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && fields[i]; i++) {
        if (!(mask >> i & 1)) {
            continue;
        }
        if (fq_field_is_bytes(fields[i])) {
            out_event->bytes[taken++] = fq_span_of(at, id_size(fields[i]));
            out_event->value[fields[i]] = taken;
            at += id_size(fields[i]);
        } else {
            at = get_varint(at, &out_event->value[fields[i]]);
        }
    }
}

void fq_fact_values(const struct fq_fact *fact, const enum fq_field *fields, uint32_t count,
                    uint64_t *out_values)
{
    const struct fq_kind_row *row = fq_kind_row(fact->step);
    uint64_t mask, value;
    const uint8_t *at = get_varint(fact->payload, &mask);

    for (uint32_t k = 0; k < count; k++) {
        out_values[k] = 0;
    }
    at = get_varint(at, &value); /* the area */
    if (mask & HAS_UNIT) {
        at = get_varint(at, &value);
    }
    for (unsigned i = 0; row && mask >> i && i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        if (!(mask >> i & 1)) {
            continue;
        }
        if (fq_field_is_bytes(row->fields[i])) {
            at += id_size(row->fields[i]);
            continue;
        }
        at = get_varint(at, &value);
        for (uint32_t k = 0; k < count; k++) {
            out_values[k] = row->fields[i] == fields[k] ? value : out_values[k];
        }
    }
}

/* ---- apply ---- */

static uint8_t byte_of(uint64_t value)
{
    return value > UINT8_MAX ? UINT8_MAX : (uint8_t)value;
}

static uint16_t short_of(uint64_t value)
{
    return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

uint8_t fq_kind_counted(uint64_t value)
{
    return value >= FQ_KIND_PEOPLE && value <= FQ_KIND_JUDICIAL ? (uint8_t)value : FQ_KIND_PEOPLE;
}

static uint64_t value_of(const struct fq_event *event, enum fq_field field)
{
    return event->value[field];
}

static void apply_registered(struct fq_dispute *dispute, const struct fq_event *event)
{
    dispute->flags |= FQ_DISPUTE_REGISTERED;
    dispute->registered_on = event->date;
    dispute->home = event->area;
    dispute->type = short_of(value_of(event, FQ_FIELD_TYPE));
    dispute->kind = fq_kind_counted(value_of(event, FQ_FIELD_KIND));
    dispute->source = byte_of(value_of(event, FQ_FIELD_SOURCE));
    dispute->committee = byte_of(value_of(event, FQ_FIELD_COMMITTEE));
    dispute->scale = byte_of(value_of(event, FQ_FIELD_SCALE));
    dispute->difficulty = byte_of(value_of(event, FQ_FIELD_DIFFICULTY));
    dispute->risk = byte_of(value_of(event, FQ_FIELD_RISK));
    uint64_t persons = value_of(event, FQ_FIELD_PERSONS);
    dispute->persons = persons > UINT32_MAX ? UINT32_MAX : (uint32_t)persons;
    dispute->host = value_of(event, FQ_FIELD_HOST);
}

static void apply_transferred(struct fq_dispute *dispute, const struct fq_event *event)
{
    if (value_of(event, FQ_FIELD_TO_AREA)) {
        dispute->home = (uint32_t)value_of(event, FQ_FIELD_TO_AREA);
    }
    if (value_of(event, FQ_FIELD_TO_KIND)) {
        dispute->kind = fq_kind_counted(value_of(event, FQ_FIELD_TO_KIND));
    }
    dispute->host = value_of(event, FQ_FIELD_TO_UNIT);
}

/* An outcome writes the performance too when the agreement was performed at once, and takes back
 * what an earlier outcome wrote so. */
static void apply_outcome(struct fq_dispute *dispute, const struct fq_event *event, uint8_t outcome)
{
    bool is_agreed = outcome == FQ_OUTCOME_AGREED;

    dispute->outcome = outcome;
    dispute->outcome_on = event->date;
    dispute->form = is_agreed ? byte_of(value_of(event, FQ_FIELD_FORM)) : 0;
    dispute->amount_cents = is_agreed ? value_of(event, FQ_FIELD_AMOUNT) : 0;
    if (dispute->flags & FQ_DISPUTE_AT_ONCE) {
        dispute->flags &= (uint16_t)~FQ_DISPUTE_AT_ONCE;
        dispute->performance = 0;
        dispute->performed_on = 0;
    }
    if (is_agreed && value_of(event, FQ_FIELD_IMMEDIATE)) {
        dispute->flags |= FQ_DISPUTE_AT_ONCE;
        dispute->performance = FQ_PERFORMANCE_IMMEDIATE;
        dispute->performed_on = event->date;
    }
}

/* Enforcement keeps the day of confirmation; any other step but confirming takes it back. */
static void apply_confirmation(struct fq_dispute *dispute, const struct fq_event *event)
{
    dispute->confirmation = byte_of(value_of(event, FQ_FIELD_STEP));
    if (dispute->confirmation == FQ_CONFIRMATION_CONFIRMED ||
        (dispute->confirmation == FQ_CONFIRMATION_ENFORCED && !dispute->confirmed_on)) {
        dispute->confirmed_on = event->date;
    } else if (dispute->confirmation != FQ_CONFIRMATION_ENFORCED) {
        dispute->confirmed_on = 0;
    }
}

static void apply_reopened(struct fq_dispute *dispute) /* D3 */
{
    dispute->outcome = dispute->form = dispute->performance = 0;
    dispute->confirmation = dispute->visit = 0;
    dispute->amount_cents = 0;
    dispute->outcome_on = dispute->confirmed_on = dispute->performed_on = 0;
    dispute->closed_on = dispute->visited_on = 0;
    dispute->flags &= (uint16_t) ~(FQ_DISPUTE_AT_ONCE | FQ_DISPUTE_ARCHIVED);
    dispute->flags |= FQ_DISPUTE_MEDIATING;
}

static void apply_merged(struct fq_dispute *dispute, const struct fq_event *event) /* D4 */
{
    struct fq_span into = fq_event_bytes(event, FQ_FIELD_INTO);

    if (into.size == FQ_ID_SIZE && memcmp(into.data, dispute->id.bytes, FQ_ID_SIZE) < 0) {
        dispute->flags |= FQ_DISPUTE_MERGED;
    } else {
        dispute->flags &= (uint16_t)~FQ_DISPUTE_MERGED;
    }
}

static void apply_sweep(struct fq_dispute *dispute, const struct fq_event *event)
{
    uint64_t households = value_of(event, FQ_FIELD_HOUSEHOLDS);

    dispute->flags |= FQ_DISPUTE_SWEEP;
    dispute->flags &= (uint16_t)~FQ_DISPUTE_ZERO_REPORT;
    if (value_of(event, FQ_FIELD_FOUND) == 0) {
        dispute->flags |= FQ_DISPUTE_ZERO_REPORT;
    }
    dispute->home = event->area;
    dispute->host = event->unit;
    dispute->registered_on = event->date;
    dispute->persons = households > UINT32_MAX ? UINT32_MAX : (uint32_t)households;
}

static void apply_activity(struct fq_dispute *dispute, const struct fq_event *event)
{
    dispute->flags |= FQ_DISPUTE_ACTIVITY;
    dispute->home = event->area;
    dispute->host = event->unit;
    dispute->registered_on = short_of(value_of(event, FQ_FIELD_FIRST_DAY));
    dispute->closed_on = short_of(value_of(event, FQ_FIELD_LAST_DAY));
    dispute->type = short_of(value_of(event, FQ_FIELD_INDICATOR));
    dispute->amount_cents = value_of(event, FQ_FIELD_COUNT);
}

void fq_dispute_apply(struct fq_dispute *dispute, const struct fq_event *event)
{
    if (event->kind == FQ_EVENT_CORRECTED || event->step == FQ_EVENT_TRANSFERRED) {
        dispute->flags |= FQ_DISPUTE_CHANGED;
    }
    switch (event->step) {
    case FQ_EVENT_REGISTERED:
        apply_registered(dispute, event);
        break;
    case FQ_EVENT_ACCEPTED:
    case FQ_EVENT_REJECTED:
        dispute->decision =
            event->step == FQ_EVENT_ACCEPTED ? FQ_DECISION_ACCEPTED : FQ_DECISION_REJECTED;
        dispute->decided_on = event->date;
        break;
    case FQ_EVENT_SESSION:
        dispute->flags |= FQ_DISPUTE_MEDIATING;
        break;
    case FQ_EVENT_JOINED:
    case FQ_EVENT_REFERRAL_ACCEPTED:
        dispute->joined_kinds |=
            (uint8_t)(1u << fq_kind_counted(value_of(event, FQ_FIELD_TO_KIND)));
        dispute->flags |= FQ_DISPUTE_HAS_MAPS;
        break;
    case FQ_EVENT_REFERRED:
    case FQ_EVENT_PREVENTED:
        dispute->flags |= FQ_DISPUTE_HAS_MAPS;
        dispute->maps_on = event->date > dispute->maps_on ? event->date : dispute->maps_on;
        break;
    case FQ_EVENT_TRANSFERRED:
        apply_transferred(dispute, event);
        break;
    case FQ_EVENT_EXTENDED:
        dispute->extended_days = short_of(value_of(event, FQ_FIELD_DAYS));
        break;
    case FQ_EVENT_AGREED:
        apply_outcome(dispute, event, FQ_OUTCOME_AGREED);
        break;
    case FQ_EVENT_FAILED:
        apply_outcome(dispute, event, FQ_OUTCOME_FAILED);
        break;
    case FQ_EVENT_TERMINATED:
        apply_outcome(dispute, event, FQ_OUTCOME_TERMINATED);
        break;
    case FQ_EVENT_PERFORMED:
        dispute->flags &= (uint16_t)~FQ_DISPUTE_AT_ONCE;
        dispute->performance = byte_of(value_of(event, FQ_FIELD_PERFORMANCE));
        dispute->performed_on = event->date;
        break;
    case FQ_EVENT_CONFIRMATION:
        apply_confirmation(dispute, event);
        break;
    case FQ_EVENT_VISITED:
        dispute->visit = value_of(event, FQ_FIELD_SATISFIED)
                             ? FQ_VISIT_SURVEYED | FQ_VISIT_SATISFIED
                         : value_of(event, FQ_FIELD_SURVEYED) ? FQ_VISIT_SURVEYED
                                                              : 0; /* "satisfied" is an answer */
        dispute->visited_on = event->date;
        break;
    case FQ_EVENT_RISK_CHANGED:
        dispute->risk = byte_of(value_of(event, FQ_FIELD_RISK));
        break;
    case FQ_EVENT_CLOSED:
        dispute->closed_on = event->date;
        break;
    case FQ_EVENT_ARCHIVED:
        dispute->flags |= FQ_DISPUTE_ARCHIVED;
        break;
    case FQ_EVENT_REOPENED:
        apply_reopened(dispute);
        break;
    case FQ_EVENT_VOIDED: /* of the whole dispute; of one event is the caller's to resolve (D2) */
        if (!value_of(event, FQ_FIELD_TARGET)) {
            dispute->flags |= FQ_DISPUTE_VOIDED;
        }
        break;
    case FQ_EVENT_MERGED:
        apply_merged(dispute, event);
        break;
    case FQ_EVENT_UNMERGED:
        dispute->flags &= (uint16_t)~FQ_DISPUTE_MERGED;
        break;
    case FQ_EVENT_SWEEP:
        apply_sweep(dispute, event);
        break;
    case FQ_EVENT_ACTIVITY:
        apply_activity(dispute, event);
        break;
    default:
        break; /* left, referral answers, escalated, assigned, supervised, document: history only */
    }
}

void fq_dispute_clear(struct fq_dispute *dispute)
{
    *dispute = (struct fq_dispute){
        .id = dispute->id,
        .facts = dispute->facts,
        .rev = dispute->rev,
        .flags = dispute->flags & (FQ_DISPUTE_DIRTY | FQ_DISPUTE_SHARED | FQ_DISPUTE_LISTED),
        .tags = dispute->tags,
    };
}

bool fq_dispute_same_values(const struct fq_dispute *a, const struct fq_dispute *b)
{
    return memcmp((const uint8_t *)a + VALUES, (const uint8_t *)b + VALUES, VALUES_SIZE) == 0;
}

/* ---- states (the picture is in step.c) ---- */

static const char *const state_names[FQ_STATES] = {
    [FQ_STATE_UNKNOWN] = "unknown",     [FQ_STATE_REGISTERED] = "registered",
    [FQ_STATE_REJECTED] = "rejected",   [FQ_STATE_ACCEPTED] = "accepted",
    [FQ_STATE_MEDIATING] = "mediating", [FQ_STATE_AGREED] = "agreed",
    [FQ_STATE_FAILED] = "failed",       [FQ_STATE_TERMINATED] = "terminated",
    [FQ_STATE_PERFORMED] = "performed", [FQ_STATE_CLOSED] = "closed",
    [FQ_STATE_ARCHIVED] = "archived",   [FQ_STATE_MERGED] = "merged",
    [FQ_STATE_VOIDED] = "voided",
};

enum fq_state fq_dispute_state(const struct fq_dispute *dispute)
{
    static const enum fq_state outcomes[] = {FQ_STATE_ACCEPTED, FQ_STATE_AGREED, FQ_STATE_FAILED,
                                             FQ_STATE_TERMINATED};

    if (dispute->flags & FQ_DISPUTE_VOIDED) {
        return FQ_STATE_VOIDED;
    }
    if (dispute->flags & FQ_DISPUTE_MERGED) {
        return FQ_STATE_MERGED;
    }
    if (!(dispute->flags & FQ_DISPUTE_REGISTERED)) {
        return FQ_STATE_UNKNOWN;
    }
    if (dispute->flags & FQ_DISPUTE_ARCHIVED) {
        return FQ_STATE_ARCHIVED;
    }
    if (dispute->closed_on) {
        return FQ_STATE_CLOSED;
    }
    if (dispute->outcome == FQ_OUTCOME_AGREED &&
        (dispute->performance == FQ_PERFORMANCE_IMMEDIATE ||
         dispute->performance == FQ_PERFORMANCE_PERFORMED)) {
        return FQ_STATE_PERFORMED;
    }
    if (dispute->outcome > 0 && dispute->outcome <= FQ_OUTCOME_TERMINATED) {
        return outcomes[dispute->outcome];
    }
    if (dispute->decision == FQ_DECISION_ACCEPTED) {
        return dispute->flags & FQ_DISPUTE_MEDIATING ? FQ_STATE_MEDIATING : FQ_STATE_ACCEPTED;
    }
    return dispute->decision == FQ_DECISION_REJECTED ? FQ_STATE_REJECTED : FQ_STATE_REGISTERED;
}

const char *fq_state_name(enum fq_state state)
{
    FQ_ASSERT(state < FQ_STATES);

    return state_names[state];
}
