#include "fq/core/calendar.h"

#define UNIT_DAY 5
#define COUNTY_DAY 10
#define DAY_S 86400
#define DAY_MS (UINT64_C(1000) * DAY_S)
#define EPOCH_DATE 25568 /* 1970-01-01 */

struct fq_calendar fq_calendar_default(void)
{
    return (struct fq_calendar){
        .version = 1,
        .year_starts = 1,
        .unit_day = UNIT_DAY,
        .county_day = COUNTY_DAY,
        .unit_second = DAY_S,
        .county_second = DAY_S,
    };
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

/* ---- deadlines ---- */

uint64_t fq_calendar_day_begins(const struct fq_calendar *calendar, uint16_t day)
{
    int64_t time_ms =
        ((int64_t)day - EPOCH_DATE) * (int64_t)DAY_MS - (int64_t)calendar->utc_offset_s * 1000;

    return time_ms > 0 ? (uint64_t)time_ms : 0;
}

/* The deadline that lies in this month, which is that of the month before. */
static uint64_t deadline_in(const struct fq_calendar *calendar, enum fq_reporter reporter,
                            uint16_t month)
{
    bool is_unit = reporter == FQ_REPORTER_UNIT;
    uint32_t day = is_unit ? calendar->unit_day : calendar->county_day;
    uint32_t second = is_unit ? calendar->unit_second : calendar->county_second;
    uint16_t first = fq_month_first_day(month), last = fq_month_last_day(month);

    day = day ? day : is_unit ? UNIT_DAY : COUNTY_DAY;
    second = second ? second : DAY_S;
    uint32_t date = first + day - 1;
    return fq_calendar_day_begins(calendar, date < last ? (uint16_t)date : last) + 1000u * second;
}

uint64_t fq_calendar_deadline(const struct fq_calendar *calendar, enum fq_reporter reporter,
                              uint16_t month)
{
    return month < FQ_MONTH_MAX ? deadline_in(calendar, reporter, (uint16_t)(month + 1))
                                : UINT64_MAX;
}

uint16_t fq_calendar_month_met(const struct fq_calendar *calendar, enum fq_reporter reporter,
                               uint64_t time_ms)
{
    uint64_t day = (time_ms + (uint64_t)((int64_t)calendar->utc_offset_s * 1000)) / DAY_MS;

    if (time_ms >= (FQ_DATE_MAX - EPOCH_DATE) * DAY_MS) {
        return FQ_MONTH_MAX; /* hence the day above fits; a day of 1969 in the west is of 1970 */
    }
    if (day > FQ_DATE_MAX - EPOCH_DATE) {
        day = 0;
    }
    uint16_t month = fq_month_of((uint16_t)(day + EPOCH_DATE));
    return time_ms < deadline_in(calendar, reporter, month) ? (uint16_t)(month - 1) : month;
}
