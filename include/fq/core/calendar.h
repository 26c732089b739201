/* Calendars: when a reporting year begins and until when a month is reported, as an office orders it.
 * The table is data with a version; a node without one has the built-in default.
 *
 * W1  A year that begins in month m > 1 is named after the year in which the greater part of it lies:
 *     with m = 12 the year 2021 is 2020-12 to 2021-11, with m = 4 it is 2021-04 to 2022-03. Halves and
 *     quarters are parts of that year; months and ranges of months are those of everybody's calendar.
 * W2  A month is reported in time until a day and a time of the month that follows, in the office's own
 *     time: what comes at that very moment is late. A day that a month has not is its last. */
#ifndef FQ_CORE_CALENDAR_H
#define FQ_CORE_CALENDAR_H

#include "fq/core/date.h"

struct fq_calendar {
    uint32_t version;
    uint8_t year_starts; /* month, 1 to 12; 0 is January too */
    /* Until when a month is to be recorded by units, and to have arrived from counties (W2): */
    uint8_t unit_day, county_day; /* of the month that follows, 1 to 31; 0 is 5 and 10 */
    uint8_t unused;
    uint32_t unit_second, county_second; /* of that day, up to 86400, its end, as 0 is */
    int32_t utc_offset_s;                /* of the office's own time, east of Greenwich above 0 */
};

enum fq_reporter { FQ_REPORTER_UNIT, FQ_REPORTER_COUNTY };

/* Version 1: the year begins in January, units report until the 5th, counties until the 10th, UTC. */
struct fq_calendar fq_calendar_default(void);
/* The first month of the reporting year, 0 when it lies outside the calendar (W1). */
uint16_t fq_calendar_year_first(const struct fq_calendar *calendar, unsigned year);
/* The reporting year a month lies in, and its place there, from 0 to 11. */
unsigned fq_calendar_year_of(const struct fq_calendar *calendar, uint16_t month,
                             unsigned *out_place);
/* The first month whose report may still hold what is recorded, or arrives, at this instant: that of the
 * instant, or the one before it while its deadline is ahead (W2). 0 before the first month. */
uint16_t fq_calendar_month_met(const struct fq_calendar *calendar, enum fq_reporter reporter,
                               uint64_t time_ms);
/* The deadline of a month, in milliseconds since 1970; 0 before that (W2). */
uint64_t fq_calendar_deadline(const struct fq_calendar *calendar, enum fq_reporter reporter,
                              uint16_t month);
/* The instant at which the day begins, likewise. */
uint64_t fq_calendar_day_begins(const struct fq_calendar *calendar, uint16_t day);

#endif
