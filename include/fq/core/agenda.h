/* The agenda: what of a dispute waits for somebody, and by when. A node asks it of all its disputes, a
 * mediator's computer, while the node cannot be reached, of those it knows. */
#ifndef FQ_CORE_AGENDA_H
#define FQ_CORE_AGENDA_H

#include "fq/core/merge.h"

#define FQ_AGENDA_MAX ((FQ_MAP_ENTRIES_MAX + 8) * 300) /* bytes that one dispute takes at most */

struct fq_agenda {
    const struct fq_view *view;
    const struct fq_codes *codes;
    uint32_t area;         /* what waits for this area */
    uint64_t unit;         /* only for this unit; 0 any */
    uint16_t date;         /* today */
    uint16_t ahead;        /* days from today within which something counts as due */
    struct fq_writer rows; /* out: maps, one after the other */
    uint32_t count;        /* out: of them */
};

/* Whether the dispute can be on an agenda: it is one, and stands. */
bool fq_agenda_has(const struct fq_dispute *dispute);
/* What is due, over its time, sent back, supervised, referred or assigned here, or escalated to here. */
void fq_agenda_today(struct fq_agenda *agenda, const struct fq_dispute *dispute);
/* A dispute likely to turn into a crime, what is supervised with a red card, what is over its time. */
void fq_agenda_alerts(struct fq_agenda *agenda, const struct fq_dispute *dispute);

#endif
