/* Deadlines: the last day on which something may be done without being late.
 *
 * What the packed values of a dispute tell; the days that its facts name themselves (an agreement's,
 * a referral's, a supervision's) are in docket.h.
 *
 * I1  Mediation ends 30 days after acceptance (MOJ Order 75 art. 33), of a petition transfer 60, later
 *     by the extension granted, which is one of at most 30 days.
 * I2  Judicial confirmation is applied for within 30 days of the agreement (People's Mediation Law
 *     art. 33).
 * I3  The last day is in time; the day after is late. */
#ifndef FQ_CORE_DEADLINE_H
#define FQ_CORE_DEADLINE_H

#include "fq/core/dispute.h"

#define FQ_EXTENSION_DAYS_MAX 30

/* The last day of mediation, whether it has ended or not; 0 without a decision (I1). */
uint16_t fq_deadline_mediation(const struct fq_dispute *dispute);
/* The same while mediation goes on: accepted, without an outcome; else 0. */
uint16_t fq_deadline_open(const struct fq_dispute *dispute);
/* The last day to apply for confirmation of an agreement nobody has applied for; else 0 (I2). */
uint16_t fq_deadline_confirmation(const struct fq_dispute *dispute);
/* Whether `due`, 0 for none, has passed on `date` (I3). */
bool fq_deadline_is_over(uint16_t due, uint16_t date);

#endif
