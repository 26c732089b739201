#include "fq/core/date.h"

#include <string.h>

#define MS_PER_DAY INT64_C(86400000)
#define DAYS_BEFORE_DATE_1 (-25568)          /* day 1, 1900-01-01, is 25,567 days before 1970 */
#define TIME_MIN_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define TIME_MAX_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

_Static_assert(FQ_DATE_MAX <= UINT16_MAX, "a business day fits two bytes");

struct civil {
    unsigned year, month, day;
};

/* A place in text that is being read; every reader moves it on or says no. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static struct cursor cursor_over(struct fq_span text)
{
    return (struct cursor){.at = text.data, .end = text.data + text.size};
}

static bool take_char(struct cursor *cursor, char wanted)
{
    if (cursor->at == cursor->end || *cursor->at != (uint8_t)wanted) {
        return false;
    }
    cursor->at++;
    return true;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool take_number(struct cursor *cursor, unsigned digits_min, unsigned digits_max,
                        unsigned *out_number)
{
    unsigned number = 0;
    unsigned digits = 0;
    while (digits < digits_max && cursor->at < cursor->end && is_digit(*cursor->at)) {
        number = number * 10 + (unsigned)(*cursor->at++ - '0');
        digits++;
    }
    *out_number = number;
    return digits >= digits_min;
}

static bool take_date(struct cursor *cursor, struct civil *out)
{
    return take_number(cursor, 4, 4, &out->year) && take_char(cursor, '-') &&
           take_number(cursor, 2, 2, &out->month) && take_char(cursor, '-') &&
           take_number(cursor, 2, 2, &out->day);
}

static void put_digits(char *out, unsigned count, unsigned number)
{
    for (unsigned i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (unsigned)(month == 2 && is_leap);
}

static bool is_civil(const struct civil *civil)
{
    return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_in_month(civil->year, civil->month);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, for years 0..9999. Years begin in
 * March, so that the day a leap year has more is a year's last. */
static int64_t days_of_civil(const struct civil *civil)
{
    unsigned shifted = civil->month <= 2; /* January and February belong to the year before */
    unsigned year = civil->year + 400 - shifted;
    unsigned month = civil->month + 12 * shifted - 3;
    unsigned day_of_year = (153 * month + 2) / 5 + civil->day - 1;
    int64_t days = (int64_t)365 * year + year / 4 - year / 100 + year / 400 + day_of_year;
    return days - 719468 - 146097;
}

static struct civil civil_of_days(int64_t days)
{
    uint32_t shifted = (uint32_t)(days + 719468 + 146097);
    uint32_t century_quarters = 4 * shifted + 3;
    uint32_t century = century_quarters / 146097;
    uint32_t year_quarters = (century_quarters % 146097) | 3;
    uint32_t year_of_century = year_quarters / 1461;
    uint32_t day_of_year = year_quarters % 1461 / 4;
    uint32_t numerator = 2141 * day_of_year + 197913; /* Neri and Schneider, as in date.h */
    uint32_t month = numerator >> 16;
    uint32_t is_next_year = month > 12;
    return (struct civil){.year = 100 * century + year_of_century + is_next_year - 400,
                          .month = month - 12 * is_next_year,
                          .day = (numerator & 0xffff) / 2141 + 1};
}

bool fq_date_from_civil(unsigned year, unsigned month, unsigned day, uint16_t *out_date)
{
    struct civil civil = {year, month, day};
    if (year < FQ_YEAR_MIN || year > FQ_YEAR_MAX || !is_civil(&civil)) {
        return false;
    }
    *out_date = (uint16_t)(days_of_civil(&civil) - DAYS_BEFORE_DATE_1);
    return true;
}

void fq_date_to_civil(uint16_t date, unsigned *out_year, unsigned *out_month, unsigned *out_day)
{
    FQ_ASSERT(date >= 1);
    FQ_ASSERT(date <= FQ_DATE_MAX);

    struct civil civil = civil_of_days((int64_t)date + DAYS_BEFORE_DATE_1);
    *out_year = civil.year;
    *out_month = civil.month;
    *out_day = civil.day;
}

bool fq_date_parse(struct fq_span text, uint16_t *out_date)
{
    struct cursor cursor = cursor_over(text);
    struct civil civil;
    return take_date(&cursor, &civil) && cursor.at == cursor.end &&
           fq_date_from_civil(civil.year, civil.month, civil.day, out_date);
}

bool fq_date_parse_format(struct fq_span text, const char *format, uint16_t *out_date)
{
    struct cursor cursor = cursor_over(text);
    struct civil civil = {0};

    for (const char *wanted = format; *wanted; wanted++) {
        if (*wanted != '%') {
            if (!take_char(&cursor, *wanted)) {
                return false;
            }
            continue;
        }
        wanted++;
        unsigned *part = *wanted == 'Y'   ? &civil.year
                         : *wanted == 'm' ? &civil.month
                         : *wanted == 'd' ? &civil.day
                                          : NULL;
        if (!part || *part != 0) { /* unknown, or given twice */
            return false;
        }
        bool is_year = part == &civil.year;
        if (!take_number(&cursor, is_year ? 4 : 1, is_year ? 4 : 2, part)) {
            return false;
        }
    }
    return cursor.at == cursor.end &&
           fq_date_from_civil(civil.year, civil.month, civil.day, out_date);
}

void fq_date_format(uint16_t date, char out[FQ_DATE_TEXT_SIZE])
{
    if (date == 0 || date > FQ_DATE_MAX) {
        out[0] = '\0';
        return;
    }
    struct civil civil = civil_of_days((int64_t)date + DAYS_BEFORE_DATE_1);
    memcpy(out, "0000-00-00", FQ_DATE_TEXT_SIZE);
    put_digits(out, 4, civil.year);
    put_digits(out + 5, 2, civil.month);
    put_digits(out + 8, 2, civil.day);
}

bool fq_month_from_civil(unsigned year, unsigned month, uint16_t *out_month)
{
    if (year < FQ_YEAR_MIN || year > FQ_YEAR_MAX || month < 1 || month > 12) {
        return false;
    }
    *out_month = (uint16_t)((year - FQ_YEAR_MIN) * 12 + month);
    return true;
}

static bool is_month(uint16_t month)
{
    return month >= 1 && month <= FQ_MONTH_MAX;
}

uint16_t fq_month_first_day(uint16_t month)
{
    uint16_t date = 0;
    if (is_month(month)) {
        unsigned before = month - 1U;
        (void)fq_date_from_civil(FQ_YEAR_MIN + before / 12, before % 12 + 1, 1, &date);
    }
    return date;
}

uint16_t fq_month_last_day(uint16_t month)
{
    if (!is_month(month)) {
        return 0;
    }
    return month == FQ_MONTH_MAX ? FQ_DATE_MAX
                                 : (uint16_t)(fq_month_first_day((uint16_t)(month + 1)) - 1);
}

void fq_month_format(uint16_t month, char out[FQ_MONTH_TEXT_SIZE])
{
    if (!is_month(month)) {
        out[0] = '\0';
        return;
    }
    memcpy(out, "0000-00", FQ_MONTH_TEXT_SIZE);
    put_digits(out, 4, FQ_YEAR_MIN + (month - 1U) / 12);
    put_digits(out + 5, 2, (month - 1U) % 12 + 1);
}

void fq_time_format_ms(int64_t time_ms, char out[FQ_TIME_TEXT_SIZE])
{
    time_ms = time_ms < TIME_MIN_MS ? TIME_MIN_MS : time_ms;
    time_ms = time_ms > TIME_MAX_MS ? TIME_MAX_MS : time_ms;

    int64_t days = (time_ms - TIME_MIN_MS) / MS_PER_DAY + TIME_MIN_MS / MS_PER_DAY;
    uint32_t rest = (uint32_t)(time_ms - days * MS_PER_DAY);
    struct civil civil = civil_of_days(days);

    memcpy(out, "0000-00-00T00:00:00.000Z", FQ_TIME_TEXT_SIZE);
    put_digits(out, 4, civil.year);
    put_digits(out + 5, 2, civil.month);
    put_digits(out + 8, 2, civil.day);
    put_digits(out + 11, 2, rest / 3600000);
    put_digits(out + 14, 2, rest / 60000 % 60);
    put_digits(out + 17, 2, rest / 1000 % 60);
    put_digits(out + 20, 3, rest % 1000);
}

/* ".123456": the first three digits are milliseconds, the others only need to be digits. */
static bool take_fraction(struct cursor *cursor, unsigned *out_ms)
{
    *out_ms = 0;
    if (!take_char(cursor, '.')) {
        return true;
    }
    unsigned digits = 0;
    unsigned ms = 0;
    while (cursor->at < cursor->end && is_digit(*cursor->at)) {
        ms = digits < 3 ? ms * 10 + (unsigned)(*cursor->at - '0') : ms;
        cursor->at++;
        digits++;
    }
    for (unsigned i = digits; i < 3; i++) {
        ms *= 10;
    }
    *out_ms = ms;
    return digits > 0;
}

/* "Z" or "+08:00". */
static bool take_offset(struct cursor *cursor, int64_t *out_minutes)
{
    *out_minutes = 0;
    if (take_char(cursor, 'Z') || take_char(cursor, 'z')) {
        return true;
    }
    bool is_west = take_char(cursor, '-');
    if (!is_west && !take_char(cursor, '+')) {
        return false;
    }
    unsigned hour, minute;
    if (!take_number(cursor, 2, 2, &hour) || !take_char(cursor, ':') ||
        !take_number(cursor, 2, 2, &minute) || hour > 23 || minute > 59) {
        return false;
    }
    *out_minutes = (is_west ? -1 : 1) * (int64_t)(hour * 60 + minute);
    return true;
}

bool fq_time_parse(struct fq_span text, int64_t *out_time_ms)
{
    struct cursor cursor = cursor_over(text);
    struct civil civil;
    if (!take_date(&cursor, &civil) || !is_civil(&civil)) {
        return false;
    }
    int64_t time_ms = days_of_civil(&civil) * MS_PER_DAY;
    if (cursor.at == cursor.end) {
        *out_time_ms = time_ms;
        return true;
    }

    unsigned hour, minute, second, ms;
    int64_t offset_minutes;
    if (!take_char(&cursor, 'T') && !take_char(&cursor, 't') && !take_char(&cursor, ' ')) {
        return false;
    }
    if (!take_number(&cursor, 2, 2, &hour) || !take_char(&cursor, ':') ||
        !take_number(&cursor, 2, 2, &minute) || !take_char(&cursor, ':') ||
        !take_number(&cursor, 2, 2, &second) || !take_fraction(&cursor, &ms) ||
        !take_offset(&cursor, &offset_minutes) || cursor.at != cursor.end) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    time_ms += (int64_t)((hour * 60 + minute) * 60 + second) * 1000 + ms;
    *out_time_ms = time_ms - offset_minutes * 60000;
    return true;
}
