/* Dates: business days and months as small numbers, and instants as RFC 3339 text.
 *
 * A business day is the day of month in the calendar of the place, without a clock: day 1 is
 * 1900-01-01. A business month counts from 1 for 1900-01. Instants are milliseconds since
 * 1970-01-01T00:00:00Z and serve display only.
 *
 * T1  0 is "no date" and "no month"; every day from 1 to FQ_DATE_MAX is a day of the calendar.
 * T2  Months and days keep their order as numbers: a < b means earlier. */
#ifndef FQ_CORE_DATE_H
#define FQ_CORE_DATE_H

#include "fq/base/bytes.h"

#define FQ_DATE_MAX 65379  /* 2078-12-31 */
#define FQ_DATE_1970 25568 /* 1970-01-01 */
#define FQ_MONTH_MAX 2148  /* 2078-12 */
#define FQ_YEAR_MIN 1900
#define FQ_YEAR_MAX 2078
#define FQ_DATE_TEXT_SIZE 11 /* "2021-03-04" and a NUL */
#define FQ_MONTH_TEXT_SIZE 8 /* "2021-03" and a NUL */
#define FQ_TIME_TEXT_SIZE 25 /* "2021-03-04T05:06:07.089Z" and a NUL */

/* The day's number; false when there is no such day between 1900 and 2078. */
bool fq_date_from_civil(unsigned year, unsigned month, unsigned day, uint16_t *out_date);
/* The parts of a day from 1 to FQ_DATE_MAX. */
void fq_date_to_civil(uint16_t date, unsigned *out_year, unsigned *out_month, unsigned *out_day);
/* Exactly YYYY-MM-DD. */
bool fq_date_parse(struct fq_span text, uint16_t *out_date);
/* Text in a format of %Y (four digits), %m and %d (one or two digits), each once, and literals.
 * False when the text does not fit or the format is not one. */
bool fq_date_parse_format(struct fq_span text, const char *format, uint16_t *out_date);
/* YYYY-MM-DD; empty text for 0 and for numbers past FQ_DATE_MAX. */
void fq_date_format(uint16_t date, char out[FQ_DATE_TEXT_SIZE]);

/* The month's number from its year and month. */
bool fq_month_from_civil(unsigned year, unsigned month, uint16_t *out_month);
uint16_t fq_month_first_day(uint16_t month); /* 0 for a month outside 1..FQ_MONTH_MAX */
uint16_t fq_month_last_day(uint16_t month);
/* YYYY-MM; empty text for a month outside 1..FQ_MONTH_MAX. */
void fq_month_format(uint16_t month, char out[FQ_MONTH_TEXT_SIZE]);

/* UTC with milliseconds; instants outside the years 0..9999 print as the nearest inside. */
void fq_time_format_ms(int64_t time_ms, char out[FQ_TIME_TEXT_SIZE]);
/* RFC 3339 section 5.6 (parts of a millisecond are cut off, a leap second is the next second), or
 * YYYY-MM-DD as its midnight in UTC. */
bool fq_time_parse(struct fq_span text, int64_t *out_time_ms);

/* The month of a day, 0 of 0 (T1). In the header because every fold of every event asks it.
 *
 * Counted in years that begin on 1 March, every fourth has a day more, without exception from
 * 1900-03-01 (day 60) to 2100; so a year is 1461 quarter days, and a month of such a year follows
 * from its day by one multiplication (Neri and Schneider, "Euclidean affine functions", 2022). */
static inline uint16_t fq_month_of(uint16_t date)
{
    if (date < 60) {
        return (uint16_t)((date > 0) + (date > 31));
    }
    uint32_t quarters = 4 * ((uint32_t)date - 60) + 3;
    uint32_t year = quarters / 1461;
    uint32_t day_of_year = quarters % 1461 / 4;
    return (uint16_t)(year * 12 + ((2141 * day_of_year + 197913) >> 16));
}

#endif
