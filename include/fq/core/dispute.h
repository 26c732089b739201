/* A dispute's state: the set of its events, and what that set amounts to.
 *
 * The set is a list of facts, one per event, greatest stamp first. A stamp is
 * t = (rev, tier, origin, stream, epoch, seq): a total order without ties that carries the event's
 * identity, so a second copy of an event finds its own place taken. What the set amounts to is the
 * result of applying its live events in the order of their stamps, each overwriting the registers
 * it writes. Hence the greatest live write wins in every register, whatever the order of arrival,
 * and voiding it brings back what stood before.
 *
 * D1  The packed values are a pure function of the set of facts.
 * D2  An event named by a `voided` event is not live, whichever came first; a void is final.
 * D3  `reopened` empties outcome, form, amount, performance, confirmation, visit and closing.
 * D4  A merge points from the greater id to the smaller; any other is no merge. */
#ifndef FQ_CORE_DISPUTE_H
#define FQ_CORE_DISPUTE_H

#include "fq/core/event.h"
#include "fq/core/frontier.h"

enum fq_dispute_flag {
    FQ_DISPUTE_REGISTERED = 1 << 0, /* a live registration is known */
    FQ_DISPUTE_VOIDED = 1 << 1,
    FQ_DISPUTE_MERGED = 1 << 2,
    FQ_DISPUTE_HAS_VOIDS = 1 << 3, /* some event of the set is named by a void */
    FQ_DISPUTE_HAS_MAPS = 1 << 4,  /* referrals, preventions or joined units among the facts */
    FQ_DISPUTE_AT_ONCE = 1 << 5,   /* performance was written by the outcome itself */
    FQ_DISPUTE_ARCHIVED = 1 << 6,
    FQ_DISPUTE_MEDIATING = 1 << 7, /* a session was held since acceptance */
    FQ_DISPUTE_SWEEP = 1 << 8,     /* not a dispute: a screening report */
    FQ_DISPUTE_ACTIVITY = 1 << 9,  /* not a dispute: an indicator's figure */
    FQ_DISPUTE_ZERO_REPORT = 1 << 10,
    FQ_DISPUTE_DIRTY = 1 << 11, /* changed since it was last taken to be written behind */
    /* Others have to do with it than one area: its facts name or were written in several, voided ones
     * too. Never taken back. */
    FQ_DISPUTE_SHARED = 1 << 12,
    FQ_DISPUTE_CHANGED = 1 << 13, /* a correction or a transfer is among what it is made of */
    FQ_DISPUTE_LISTED = 1 << 14,  /* its place is among the view's activities. Never taken back. */
};

enum fq_decision { FQ_DECISION_NONE, FQ_DECISION_ACCEPTED, FQ_DECISION_REJECTED };
enum fq_visit_bit { FQ_VISIT_SURVEYED = 1, FQ_VISIT_SATISFIED = 2 };

struct fq_dispute {
    struct fq_id id;
    uint32_t facts; /* the first fact, as a place in the heap; 0 none */
    uint32_t rev;   /* greatest known */
    /* The values, from here to `flags`, without padding: they are compared as bytes. */
    uint32_t home;         /* county-level area; a screening's or activity's area */
    uint32_t persons;      /* a screening's households */
    uint64_t host;         /* unit */
    uint64_t amount_cents; /* an activity's count */
    uint16_t registered_on, decided_on, outcome_on, confirmed_on, performed_on, closed_on,
        visited_on; /* an activity is of the days registered_on..closed_on */
    uint16_t type;  /* code of dispute type; an activity's indicator */
    uint16_t extended_days;
    uint8_t kind;         /* of the host, enum fq_kind */
    uint8_t joined_kinds; /* bit per kind that ever joined */
    uint8_t source, committee, scale, difficulty, risk;
    uint8_t decision, outcome, form, performance, confirmation, visit;
    uint8_t unused;
    uint16_t flags;   /* enum fq_dispute_flag */
    uint16_t maps_on; /* no referral or prevention is dated later */
    uint32_t tags;    /* bit per fact, by its cmd_tag: most that are not there are seen not to be */
};

/* A fact: an event as the fold needs it. The payload (fq_fact_unpack) follows. */
struct fq_fact {
    uint64_t cmd_tag; /* first 8 bytes of cmd_id */
    uint32_t next;    /* place of the next smaller stamp; 0 ends it */
    uint32_t rev;
    uint32_t seq_low;
    uint16_t log; /* index in the frontier */
    uint16_t date;
    uint8_t kind;
    uint8_t step;
    uint8_t seq_high;
    uint8_t is_voided;
    uint16_t payload_size;
    uint8_t payload[];
};
#define FQ_FACT_HEAD_SIZE 30
#define FQ_FACT_PLACE_UNIT 8 /* a place is an offset in units of 8 bytes */
#define FQ_FACT_PAYLOAD_MAX 400

struct fq_stamp {
    uint32_t rev;
    uint8_t tier;
    struct fq_event_id id;
};

/* Below 0, 0, above 0 as a is smaller, the same event, greater. */
int fq_stamp_compare(const struct fq_stamp *a, const struct fq_stamp *b);

/* Pack what the fold needs of the event into `out` (FQ_FACT_PAYLOAD_MAX bytes); gives the size. */
size_t fq_fact_pack(const struct fq_event *event, uint8_t *out);
/* The event a fact stands for: kind, step, rev, date, area, folded fields and, of what is no dispute's
 * step, the unit; no texts. Byte
 * fields point into the fact. */
void fq_fact_unpack(const struct fq_fact *fact, struct fq_event *out_event);

/* The values of some of its fields alone, 0 for absent ones and those of bytes. */
void fq_fact_values(const struct fq_fact *fact, const enum fq_field *fields, uint32_t count,
                    uint64_t *out_values);

/* Counting needs one of the three kinds; what another program calls otherwise is people's. */
uint8_t fq_kind_counted(uint64_t value);
/* Apply one live event, greater than all applied before, to the packed values. */
void fq_dispute_apply(struct fq_dispute *dispute, const struct fq_event *event);
/* Empty the packed values, keeping id, facts, rev, tags, DIRTY, SHARED and LISTED. */
void fq_dispute_clear(struct fq_dispute *dispute);
/* Whether the values are the same, flags apart. */
bool fq_dispute_same_values(const struct fq_dispute *a, const struct fq_dispute *b);

enum fq_state {
    FQ_STATE_UNKNOWN, /* no registration known yet */
    FQ_STATE_REGISTERED,
    FQ_STATE_REJECTED,
    FQ_STATE_ACCEPTED,
    FQ_STATE_MEDIATING,
    FQ_STATE_AGREED,
    FQ_STATE_FAILED,
    FQ_STATE_TERMINATED,
    FQ_STATE_PERFORMED,
    FQ_STATE_CLOSED,
    FQ_STATE_ARCHIVED,
    FQ_STATE_MERGED,
    FQ_STATE_VOIDED,
    FQ_STATES
};

enum fq_state fq_dispute_state(const struct fq_dispute *dispute);
const char *fq_state_name(enum fq_state state);

#endif
