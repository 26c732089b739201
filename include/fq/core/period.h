/* Periods: a span of whole business months with the name a person wrote.
 *
 * Campaign names are not periods of this module; their table is looked up when this says no. */
#ifndef FQ_CORE_PERIOD_H
#define FQ_CORE_PERIOD_H

#include "fq/core/calendar.h"

#define FQ_PERIOD_NAME_SIZE 92 /* a campaign's name fits */

struct fq_period {
    char name[FQ_PERIOD_NAME_SIZE];
    uint16_t first_month, last_month; /* inclusive, see date.h */
    uint16_t first_day, last_day;     /* inclusive */
};

/* 2021, 2021H1, 2021Q2, 2021-06 or 2021-01..2021-06, between 1900 and 2078. */
bool fq_period_parse(struct fq_span text, struct fq_period *out_period);
/* The same with the years, halves and quarters of a reporting calendar (W1). */
bool fq_period_parse_in(struct fq_span text, const struct fq_calendar *calendar,
                        struct fq_period *out_period);

#endif
