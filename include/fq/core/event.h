/* Events: the one kind of fact there is. A record is an event as bytes; see batch.h for how it is
 * carried, merge.h for what it means.
 *
 * record = [kind, rev, hlc, dict_version, cmd_id, dispute, area, unit, actor, date, body...]
 *
 * The body's positions are the fields of the kind's row, in order; trailing absent fields may be
 * left out and unknown trailing ones are kept in the bytes and skipped here. A correction's body is
 * [corrects, correction_reason, body of the step...]: it writes the whole step again.
 *
 * V1  Kinds and fields are only ever appended; a number never changes its meaning.
 * V2  An unknown kind decodes (header only) and folds to nothing until a later version knows it.
 * V3  decode(encode(x)) = x. */
#ifndef FQ_CORE_EVENT_H
#define FQ_CORE_EVENT_H

#include "fq/core/code.h"
#include "fq/core/codec.h"
#include "fq/core/date.h"

struct fq_log_id {
    uint32_t origin; /* area code x 100 + index */
    uint32_t stream; /* FQ_STREAM_FACTS, FQ_STREAM_CONTROL, or an area code: relays for that area */
    uint32_t epoch;  /* incarnation, from 1 */
};

#define FQ_STREAM_FACTS 0
#define FQ_STREAM_CONTROL 1

struct fq_event_id {
    struct fq_log_id log;
    uint64_t seq; /* dense from 1 */
};
#define FQ_EVENT_ID_SIZE 20 /* origin4 stream4 epoch4 seq8, big-endian */

/* name, number, writer's word for it is the name. Order within the body is the row in event.c. */
#define FQ_KINDS(X)                                                                                \
    X(REGISTERED, 1, "registered")                                                                 \
    X(ACCEPTED, 2, "accepted")                                                                     \
    X(REJECTED, 3, "rejected")                                                                     \
    X(SESSION, 4, "session")                                                                       \
    X(JOINED, 5, "joined")                                                                         \
    X(LEFT, 6, "left")                                                                             \
    X(REFERRED, 7, "referred")                                                                     \
    X(REFERRAL_ACCEPTED, 8, "referral_accepted")                                                   \
    X(REFERRAL_DECLINED, 9, "referral_declined")                                                   \
    X(REFERRAL_REPORTED, 10, "referral_reported")                                                  \
    X(TRANSFERRED, 11, "transferred")                                                              \
    X(ESCALATED, 12, "escalated")                                                                  \
    X(ASSIGNED, 13, "assigned")                                                                    \
    X(SUPERVISED, 14, "supervised")                                                                \
    X(EXTENDED, 15, "extended")                                                                    \
    X(AGREED, 16, "agreed")                                                                        \
    X(FAILED, 17, "failed")                                                                        \
    X(TERMINATED, 18, "terminated")                                                                \
    X(PERFORMED, 19, "performed")                                                                  \
    X(CONFIRMATION, 20, "confirmation")                                                            \
    X(VISITED, 21, "visited")                                                                      \
    X(PREVENTED, 22, "prevented")                                                                  \
    X(RISK_CHANGED, 23, "risk_changed")                                                            \
    X(DOCUMENT, 24, "document")                                                                    \
    X(CLOSED, 25, "closed")                                                                        \
    X(ARCHIVED, 26, "archived")                                                                    \
    X(REOPENED, 27, "reopened")                                                                    \
    X(CORRECTED, 28, "corrected")                                                                  \
    X(VOIDED, 29, "voided")                                                                        \
    X(MERGED, 30, "merged")                                                                        \
    X(UNMERGED, 31, "unmerged")                                                                    \
    X(SWEEP, 32, "sweep")                                                                          \
    X(ACTIVITY, 33, "activity")                                                                    \
    X(CONTROL, 34, "control")                                                                      \
    X(RELAY, 35, "relay")

enum fq_kind_of_event {
#define FQ_KIND_ENUM(name, number, text) FQ_EVENT_##name = number,
    FQ_KINDS(FQ_KIND_ENUM)
#undef FQ_KIND_ENUM
        FQ_EVENT_KINDS /* one past the last known kind */
};

enum fq_value_type {
    FQ_VALUE_UINT,
    FQ_VALUE_BOOL,
    FQ_VALUE_CENTS,
    FQ_VALUE_DATE, /* day number */
    FQ_VALUE_AREA,
    FQ_VALUE_UNIT,  /* area code x 10000 + number */
    FQ_VALUE_CODE,  /* number in a code table */
    FQ_VALUE_KIND,  /* an event kind */
    FQ_VALUE_TEXT,  /* public text; never names a party */
    FQ_VALUE_ID,    /* 16 bytes */
    FQ_VALUE_EVENT, /* 20 bytes, or empty */
    FQ_VALUE_BYTES,
};

/* field, name as in JSON and on the feed, type, code table (0 where none) */
#define FQ_FIELDS(X)                                                                               \
    X(SOURCE, "source", CODE, FQ_CODES_SOURCE)                                                     \
    X(TYPE, "type", CODE, FQ_CODES_TYPE)                                                           \
    X(PLACE, "place", UINT, 0) /* town or village code, 9 or 12 digits */                          \
    X(HOST, "host", UNIT, 0)                                                                       \
    X(KIND, "kind", CODE, FQ_CODES_KIND)                                                           \
    X(COMMITTEE, "committee", CODE, FQ_CODES_COMMITTEE)                                            \
    X(SCALE, "scale", CODE, FQ_CODES_SCALE)                                                        \
    X(DIFFICULTY, "difficulty", CODE, FQ_CODES_DIFFICULTY)                                         \
    X(PERSONS, "persons", UINT, 0)                                                                 \
    X(CLAIMED, "claimed_cents", CENTS, 0)                                                          \
    X(RISK, "risk", CODE, FQ_CODES_RISK)                                                           \
    X(CAMPAIGN, "campaign", UINT, 0)                                                               \
    X(FLAGS, "flags", UINT, 0) /* 1 minor, 2 migrant worker, 4 women, 8 elderly */                 \
    X(CONSENT, "consent", BOOL, 0)                                                                 \
    X(REASON, "reason", TEXT, 0)                                                                   \
    X(MINUTES, "minutes", UINT, 0)                                                                 \
    X(TO_UNIT, "to_unit", UNIT, 0)                                                                 \
    X(TO_KIND, "to_kind", CODE, FQ_CODES_KIND)                                                     \
    X(ROLE, "role", UINT, 0) /* 1 host, 2 assist */                                                \
    X(REFERRAL, "referral", ID, 0)                                                                 \
    X(DUE, "due", DATE, 0)                                                                         \
    X(OUTCOME, "outcome", CODE, FQ_CODES_OUTCOME)                                                  \
    X(TO_AREA, "to_area", AREA, 0)                                                                 \
    X(TO_TIER, "to_tier", UINT, 0)                                                                 \
    X(CARD, "card", UINT, 0) /* 0 none, 1 yellow, 2 red */                                         \
    X(DAYS, "days", UINT, 0)                                                                       \
    X(FORM, "form", CODE, FQ_CODES_FORM)                                                           \
    X(AMOUNT, "amount_cents", CENTS, 0)                                                            \
    X(IMMEDIATE, "immediate", BOOL, 0)                                                             \
    X(PERFORMANCE, "performance", CODE, FQ_CODES_PERFORMANCE)                                      \
    X(STEP, "step", CODE, FQ_CODES_CONFIRMATION)                                                   \
    X(SURVEYED, "surveyed", BOOL, 0)                                                               \
    X(SATISFIED, "satisfied", BOOL, 0)                                                             \
    X(EFFECT, "effect", CODE, FQ_CODES_PREVENTION)                                                 \
    X(DOCUMENT, "document", UINT, 0)                                                               \
    X(HASH, "hash", BYTES, 0)                                                                      \
    X(SIZE, "size", UINT, 0)                                                                       \
    X(RETENTION, "retention", UINT, 0)                                                             \
    X(CORRECTS, "corrects", KIND, 0)                                                               \
    X(TARGET, "target", EVENT, 0) /* the event voided; empty: the whole dispute */                 \
    X(INTO, "into", ID, 0)                                                                         \
    X(ROUNDS, "rounds", UINT, 0)                                                                   \
    X(HOUSEHOLDS, "households", UINT, 0)                                                           \
    X(FOUND, "found", UINT, 0)                                                                     \
    X(INDICATOR, "indicator", UINT, 0)                                                             \
    X(FIRST_DAY, "first_day", DATE, 0)                                                             \
    X(LAST_DAY, "last_day", DATE, 0)                                                               \
    X(COUNT, "count", UINT, 0)                                                                     \
    X(SIGNER, "signer", TEXT, 0)                                                                   \
    X(VERB, "verb", UINT, 0)                                                                       \
    X(PAYLOAD, "payload", BYTES, 0)                                                                \
    X(INNER_ID, "inner_id", EVENT, 0)                                                              \
    X(INNER, "inner", BYTES, 0)                                                                    \
    X(WHY, "correction_reason", TEXT, 0)

enum fq_field {
    FQ_FIELD_NONE,
#define FQ_FIELD_ENUM(name, text, type, table) FQ_FIELD_##name,
    FQ_FIELDS(FQ_FIELD_ENUM)
#undef FQ_FIELD_ENUM
        FQ_FIELDS_COUNT
};
_Static_assert(FQ_FIELDS_COUNT <= 64, "the packed fact keeps a 64-bit mask of fields");

#define FQ_EVENT_BYTES_MAX 4 /* byte-like fields of one event */
#define FQ_BODY_FIELDS_MAX 14
#define FQ_TEXT_MAX 400 /* bytes of one public text */
#define FQ_ACTOR_MAX 32 /* bytes of an actor code */
#define FQ_RECORD_MAX 2048
#define FQ_RELAY_RECORD_MAX (FQ_RECORD_MAX + 128) /* a relay carries a whole record */

struct fq_field_row {
    const char *name;
    enum fq_value_type type;
    enum fq_code_table table; /* of FQ_VALUE_CODE */
};

struct fq_kind_row {
    const char *name;
    enum fq_field fields[FQ_BODY_FIELDS_MAX]; /* FQ_FIELD_NONE ends it */
};

/* A decoded event. Byte-like values point into the bytes it was decoded from (borrowed). */
struct fq_event {
    struct fq_event_id id;
    uint16_t kind; /* as written */
    uint16_t step; /* the kind it acts as: the corrected step of a correction, else `kind` */
    uint32_t rev;  /* Lamport counter of the dispute, from 1 */
    uint64_t hlc;  /* milliseconds since 1970 x 65536 + counter; for display and alarms */
    uint32_t dict_version;
    uint32_t area; /* home as the writer knew it */
    uint64_t unit; /* the unit that acts; 0 not given */
    uint16_t date; /* business date */
    struct fq_id cmd_id;
    struct fq_id dispute;
    struct fq_span actor;
    struct fq_span record;                    /* the bytes, empty before encoding */
    uint64_t value[FQ_FIELDS_COUNT];          /* numbers; for byte-like fields use fq_event_bytes */
    struct fq_span bytes[FQ_EVENT_BYTES_MAX]; /* byte-like fields, by `value` - 1 */
};

const struct fq_field_row *fq_field_row(enum fq_field field);
const struct fq_kind_row *fq_kind_row(unsigned kind); /* NULL when unknown */
unsigned fq_kind_find(struct fq_span name);           /* 0 when unknown */
bool fq_field_is_bytes(enum fq_field field);

/* The bytes of a byte-like field; empty when absent. */
struct fq_span fq_event_bytes(const struct fq_event *event, enum fq_field field);
/* Set a byte-like field; borrows the bytes. False when both places are taken. */
bool fq_event_set_bytes(struct fq_event *event, enum fq_field field, struct fq_span bytes);

/* Decode the record at the reader; the id is the caller's knowledge. False on bad bytes; the bytes
 * must have passed fq_codec_scan. */
bool fq_event_decode(struct fq_reader *reader, struct fq_event_id id, struct fq_event *out_event);
/* The same without its fields, its step and its record, which are left alone. */
bool fq_event_peek(struct fq_reader *reader, struct fq_event_id id, struct fq_event *out_event);
/* Append the record of `event` to the writer. */
void fq_event_encode(const struct fq_event *event, struct fq_writer *writer);

/* The event that a relay carries, under its own identity; its bytes stay where they are. False when
 * the event is no relay, stands in a stream that is not for relays, or carries no fact (V2). */
bool fq_event_open_relay(const struct fq_event *relay, struct fq_event *out_inner);

/* The areas that an event makes party to its dispute: the home it writes, those of the units it names
 * as host or hands the dispute to, the area it moves it to. Gives how many, none twice. */
#define FQ_EVENT_AREAS_MAX 4
uint32_t fq_event_areas(const struct fq_event *event, uint32_t out_areas[FQ_EVENT_AREAS_MAX]);

void fq_event_id_encode(const struct fq_event_id *id, uint8_t out[FQ_EVENT_ID_SIZE]);
struct fq_event_id fq_event_id_decode(const uint8_t in[FQ_EVENT_ID_SIZE]);
bool fq_log_id_equal(const struct fq_log_id *a, const struct fq_log_id *b);
/* By origin, stream, epoch: below 0, 0, above 0. */
int fq_log_id_compare(const struct fq_log_id *a, const struct fq_log_id *b);

#endif
