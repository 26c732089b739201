#include "fq/core/calendar.h"

struct fq_calendar fq_calendar_default(void)
{
    return (struct fq_calendar){.version = 1, .year_starts = 1};
}

/* Months by which the year begins before the January of its name; below 0, after it (W1). */
static int months_before(const struct fq_calendar *calendar)
{
    FQ_ASSERT(calendar->year_starts <= 12);

    if (calendar->year_starts == 0) {
        return 0;
    }
    return calendar->year_starts >= 7 ? 13 - calendar->year_starts : 1 - calendar->year_starts;
}

uint16_t fq_calendar_year_first(const struct fq_calendar *calendar, unsigned year)
{
    uint16_t january;

    if (!fq_month_from_civil(year, 1, &january)) {
        return 0;
    }
    int first = january - months_before(calendar);
    return first >= 1 && first + 11 <= FQ_MONTH_MAX ? (uint16_t)first : 0;
}

unsigned fq_calendar_year_of(const struct fq_calendar *calendar, uint16_t month,
                             unsigned *out_place)
{
    FQ_ASSERT(month >= 1);

    /* A year is added, so that months before the calendar's first year count up as well. */
    unsigned moved = (unsigned)(month - 1 + months_before(calendar) + 12);

    *out_place = moved % 12;
    return FQ_YEAR_MIN - 1 + moved / 12;
}
