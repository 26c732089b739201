/* Campaigns: screenings with a name, an area and two days, such as 促和谐稳定·迎建党百年.
 *
 * A campaign is made by a city or a province and is everybody's below: its records are control
 * records (stream 1), which go up and down. The table is what these records amount to.
 *
 * Z1  The order in which records arrive, and how often, does not matter: what a campaign is and
 *     whether it is closed are two registers, each of the record with the greatest stamp.
 * Z2  A record counts when its writer's area covers the campaign's area; any other is ignored.
 * Z3  A campaign's number is made of the id of the command that made it, so that two nodes never
 *     give one number; dates and figures carry the number, people the name.
 * Z4  A closing closes the campaign it names when it names its area too, whichever came first. */
#ifndef FQ_CORE_CAMPAIGN_H
#define FQ_CORE_CAMPAIGN_H

#include "fq/core/area.h"
#include "fq/core/event.h"

#define FQ_CAMPAIGNS_MAX 1024
#define FQ_CAMPAIGN_NAME_SIZE 92 /* with its NUL: 30 Chinese characters */
#define FQ_CAMPAIGN_PAYLOAD_MAX 160

enum fq_campaign_verb { /* of control records */
                        FQ_CONTROL_CAMPAIGN = 1,
                        FQ_CONTROL_CAMPAIGN_CLOSED = 2,
};

struct fq_campaign_terms { /* what one record says */
    uint32_t number;       /* of a closing; that of a making follows from its command id (Z3) */
    uint32_t area;
    uint16_t first_day, last_day; /* inclusive; of a making */
    struct fq_span name;          /* of a making; borrowed */
};

struct fq_campaign_stamp {
    uint64_t hlc; /* 0: no such record yet */
    struct fq_event_id id;
};

struct fq_campaign {
    uint32_t number;
    uint32_t area;
    uint16_t first_day, last_day;
    uint16_t closed_on;   /* the day of the closing record */
    uint32_t closed_area; /* the area it names */
    char name[FQ_CAMPAIGN_NAME_SIZE];
    struct fq_campaign_stamp made, closed;
};

struct fq_campaigns { /* begins as {0} */
    uint32_t count;
    uint32_t dropped_count;                    /* records there was no room for */
    struct fq_campaign rows[FQ_CAMPAIGNS_MAX]; /* in the order their numbers were first heard of */
};

/* Fold a control record; other kinds, other verbs and what cannot be read are nothing. Gives whether
 * the table changed. */
bool fq_campaigns_fold(struct fq_campaigns *campaigns, const struct fq_areas *areas,
                       const struct fq_event *event);

/* Whether it is made, not only closed (Z4); whether it is closed. */
bool fq_campaign_is_made(const struct fq_campaign *campaign);
bool fq_campaign_is_closed(const struct fq_campaign *campaign);
/* The campaign of a number, made or not; NULL when nothing was heard of it. */
const struct fq_campaign *fq_campaigns_find(const struct fq_campaigns *campaigns, uint64_t number);
/* The campaign a person means by a name or a number. NULL when there is none; `out_is_many` when
 * several have the name. */
const struct fq_campaign *fq_campaigns_named(const struct fq_campaigns *campaigns,
                                             struct fq_span text, bool *out_is_many);

/* 31 bits of the id, never 0 (Z3). */
uint32_t fq_campaign_number(const struct fq_id *cmd_id);
/* Write verb and payload into the event, a control record; borrows `payload`, which gets the bytes.
 * False when they do not fit. */
bool fq_campaign_write(const struct fq_campaign_terms *terms, enum fq_campaign_verb verb,
                       uint8_t payload[FQ_CAMPAIGN_PAYLOAD_MAX], struct fq_event *event);
/* What the record says; false when it is not a campaign's, of a later version, or not well-formed. */
bool fq_campaign_read(const struct fq_event *event, struct fq_campaign_terms *out_terms);

#endif
