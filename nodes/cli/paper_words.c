/* Days and sums as they are written on paper. */
#include "paper.h"

#include <stdio.h>
#include <string.h>

#include "fq/core/date.h"

void paper_date(struct fq_span text, bool is_chinese, char out[PAPER_DATE_SIZE])
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    unsigned year, month, day;
    uint16_t date;

    out[0] = '\0';
    if (!fq_date_parse(text, &date)) {
        return;
    }
    fq_date_to_civil(date, &year, &month, &day);
    if (is_chinese) {
        snprintf(out, PAPER_DATE_SIZE, "%u年%u月%u日", year, month, day);
    } else {
        snprintf(out, PAPER_DATE_SIZE, "%u %s %u", day, months[month - 1], year);
    }
}

/* ---- money in words ---- */

static const char *const digit_words[] = {"零", "壹", "贰", "叁", "肆",
                                          "伍", "陆", "柒", "捌", "玖"};

static void append(char out[PAPER_CAPITAL_SIZE], const char *word)
{
    size_t used = strlen(out);

    snprintf(out + used, PAPER_CAPITAL_SIZE - used, "%s", word);
}

/* One group of four digits; a zero is said once between digits, and before a group that does not
 * fill its thousands when something stands before it. */
static void append_group(char out[PAPER_CAPITAL_SIZE], unsigned group)
{
    static const char *const places[] = {"仟", "佰", "拾", ""};
    bool is_zero_due = false;

    for (unsigned i = 0, weight = 1000; i < 4; i++, weight /= 10) {
        unsigned digit = group / weight % 10;
        if (digit == 0) {
            is_zero_due = true;
            continue;
        }
        if (is_zero_due && out[0]) {
            append(out, "零");
        }
        is_zero_due = false;
        append(out, digit_words[digit]);
        append(out, places[i]);
    }
}

void paper_capital(uint64_t cents, char out[PAPER_CAPITAL_SIZE])
{
    static const char *const groups[] = {"万亿", "亿", "万", ""};
    uint64_t yuan = cents / 100, weight = UINT64_C(1000000000000);
    unsigned jiao = (unsigned)(cents / 10 % 10), fen = (unsigned)(cents % 10);
    bool is_skipped = false; /* a group of zeros stands between two that are said */

    out[0] = '\0';
    if (yuan >= weight * 10000) {
        return; /* more than there is */
    }
    for (unsigned i = 0; i < 4; i++, weight /= 10000) {
        unsigned group = (unsigned)(yuan / weight % 10000);
        if (group == 0) {
            is_skipped = true;
            continue;
        }
        if (is_skipped && out[0] && group >= 1000) {
            append(out, "零");
        }
        is_skipped = false;
        append_group(out, group);
        append(out, groups[i]);
    }
    if (yuan > 0) {
        append(out, "元");
    }
    if (jiao == 0 && fen == 0) {
        append(out, yuan > 0 ? "整" : "零元整");
        return;
    }
    if (jiao > 0) {
        append(out, digit_words[jiao]);
        append(out, "角");
    } else if (yuan > 0) {
        append(out, "零");
    }
    if (fen > 0) {
        append(out, digit_words[fen]);
        append(out, "分");
    } else {
        append(out, "整");
    }
}
