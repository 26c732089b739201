/* Calendars: when a reporting year begins, as an office orders it. The table is data with a version; a
 * node without one has the built-in default.
 *
 * W1  A year that begins in month m > 1 is named after the year in which the greater part of it lies:
 *     with m = 12 the year 2021 is 2020-12 to 2021-11, with m = 4 it is 2021-04 to 2022-03. Halves and
 *     quarters are parts of that year; months and ranges of months are those of everybody's calendar. */
#ifndef FQ_CORE_CALENDAR_H
#define FQ_CORE_CALENDAR_H

#include "fq/core/date.h"

struct fq_calendar {
    uint32_t version;
    uint8_t year_starts; /* month, 1 to 12; 0 is January too */
};

/* Version 1: the year begins in January. */
struct fq_calendar fq_calendar_default(void);
/* The first month of the reporting year, 0 when it lies outside the calendar (W1). */
uint16_t fq_calendar_year_first(const struct fq_calendar *calendar, unsigned year);
/* The reporting year a month lies in, and its place there, from 0 to 11. */
unsigned fq_calendar_year_of(const struct fq_calendar *calendar, uint16_t month,
                             unsigned *out_place);

#endif
