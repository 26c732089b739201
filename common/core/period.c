#include "fq/core/period.h"

#include <string.h>

/* `count` digits at `at`; the caller knows they are inside the text. */
static bool read_digits(const uint8_t *at, size_t count, unsigned *out_number)
{
    unsigned number = 0;
    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(at[i] - '0');
    }
    *out_number = number;
    return true;
}

/* "2021-06". */
static bool read_month(struct fq_span text, uint16_t *out_month)
{
    unsigned year, month;
    return text.size == 7 && text.data[4] == '-' && read_digits(text.data, 4, &year) &&
           read_digits(text.data + 5, 2, &month) && fq_month_from_civil(year, month, out_month);
}

/* "2021", "2021H1", "2021Q2": the year in 1, 2 or 4 parts of equal length. */
static bool read_part_of_year(struct fq_span text, const struct fq_calendar *calendar,
                              uint16_t *out_first, uint16_t *out_last)
{
    unsigned year;
    unsigned part = 1;
    unsigned parts = 1;
    if ((text.size != 4 && text.size != 6) || !read_digits(text.data, 4, &year)) {
        return false;
    }
    if (text.size == 6) {
        parts = text.data[4] == 'H' ? 2 : text.data[4] == 'Q' ? 4 : 0;
        if (!read_digits(text.data + 5, 1, &part) || part < 1 || part > parts) {
            return false;
        }
    }
    unsigned length = 12 / parts;
    uint16_t begin = fq_calendar_year_first(calendar, year);
    *out_first = (uint16_t)(begin + (part - 1) * length);
    *out_last = (uint16_t)(*out_first + length - 1);
    return begin > 0;
}

static bool read_range(struct fq_span text, uint16_t *out_first, uint16_t *out_last)
{
    return text.size == 16 && text.data[7] == '.' && text.data[8] == '.' &&
           read_month(fq_span_of(text.data, 7), out_first) &&
           read_month(fq_span_of(text.data + 9, 7), out_last) && *out_first <= *out_last;
}

bool fq_period_parse(struct fq_span text, struct fq_period *out_period)
{
    struct fq_calendar calendar = fq_calendar_default();

    return fq_period_parse_in(text, &calendar, out_period);
}

bool fq_period_parse_in(struct fq_span text, const struct fq_calendar *calendar,
                        struct fq_period *out_period)
{
    uint16_t first, last;
    if (read_month(text, &first)) {
        last = first;
    } else if (!read_part_of_year(text, calendar, &first, &last) &&
               !read_range(text, &first, &last)) {
        return false;
    }

    struct fq_period period = {.first_month = first,
                               .last_month = last,
                               .first_day = fq_month_first_day(first),
                               .last_day = fq_month_last_day(last)};
    FQ_ASSERT(text.size < sizeof period.name);
    memcpy(period.name, text.data, text.size);
    *out_period = period;
    return true;
}
