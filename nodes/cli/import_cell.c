#include "import_cell.h"

#include <string.h>

#include "fq/core/date.h"

/* ---- texts ---- */

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool begins_with(struct fq_span text, const char *begin)
{
    size_t size = strlen(begin);

    return size <= text.size && memcmp(begin, text.data, size) == 0;
}

static bool ends_with(struct fq_span text, const char *end)
{
    size_t size = strlen(end);

    return size <= text.size && memcmp(end, text.data + text.size - size, size) == 0;
}

struct fq_span cell_trim(struct fq_span text)
{
    for (bool is_more = true; is_more && text.size;) {
        is_more = true;
        if (is_space(text.data[0])) {
            text = fq_span_of(text.data + 1, text.size - 1);
        } else if (is_space(text.data[text.size - 1])) {
            text.size--;
        } else if (begins_with(text, "\xe3\x80\x80")) {
            text = fq_span_of(text.data + 3, text.size - 3);
        } else if (ends_with(text, "\xe3\x80\x80")) {
            text.size -= 3;
        } else {
            is_more = false;
        }
    }
    bool is_disarmed = text.size > 1 && text.data[0] == '\'' && strchr("=+-@", text.data[1]);
    return is_disarmed ? fq_span_of(text.data + 1, text.size - 1) : text;
}

/* U+FF01 to U+FF5E are ASCII 0x21 to 0x7e, U+3000 is the space. */
static uint8_t narrow_sign(const uint8_t *at)
{
    if (at[0] == 0xe3 && at[1] == 0x80 && at[2] == 0x80) {
        return ' ';
    }
    if (at[0] != 0xef || (at[1] != 0xbc && at[1] != 0xbd)) {
        return 0;
    }
    unsigned code = 0xf000u + ((at[1] & 0x3fu) << 6) + (at[2] & 0x3fu);
    return code >= 0xff01 && code <= 0xff5e ? (uint8_t)(code - 0xfee0) : 0;
}

struct fq_span cell_narrow(struct fq_span text, uint8_t out[CELL_NARROW_MAX])
{
    size_t used = 0;

    if (text.size > CELL_NARROW_MAX) {
        return text;
    }
    for (size_t i = 0; i < text.size;) {
        uint8_t narrow = i + 3 <= text.size ? narrow_sign(text.data + i) : 0;
        out[used++] = narrow ? narrow : text.data[i];
        i += narrow ? 3 : 1;
    }
    return fq_span_of(out, used);
}

static size_t drop_spaces(struct fq_span text, uint8_t out[CELL_NARROW_MAX])
{
    size_t used = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (!is_space(text.data[i])) {
            out[used++] = text.data[i];
        }
    }
    return used;
}

bool cell_is_like(struct fq_span a, struct fq_span b)
{
    uint8_t narrow[CELL_NARROW_MAX], left[CELL_NARROW_MAX], right[CELL_NARROW_MAX];

    if (a.size > CELL_NARROW_MAX || b.size > CELL_NARROW_MAX) {
        return fq_span_equal(a, b);
    }
    size_t left_size = drop_spaces(cell_narrow(a, narrow), left);
    size_t right_size = drop_spaces(cell_narrow(b, narrow), right);
    return left_size == right_size && memcmp(left, right, left_size) == 0;
}

/* ---- values ---- */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whole units before the point: digits, or groups of three after the first comma. */
static bool read_units(struct fq_span text, uint64_t *out_units)
{
    uint64_t units = 0;
    size_t since_comma = 0, digits = 0;
    bool has_comma = false;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == ',') {
            if (digits == 0 || (has_comma ? since_comma != 3 : digits > 3)) {
                return false;
            }
            has_comma = true;
            since_comma = 0;
            continue;
        }
        if (!is_digit(text.data[i]) || ++digits > 15) {
            return false;
        }
        units = units * 10 + (uint64_t)(text.data[i] - '0');
        since_comma++;
    }
    *out_units = units;
    return digits > 0 && (!has_comma || since_comma == 3);
}

/* Without the sign or the word of a currency. */
static struct fq_span drop_currency(struct fq_span text)
{
    static const char *const signs[] = {"$", "\xc2\xa5", "\xef\xbf\xa5"};
    static const char *const words[] = {"元", "圆"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (begins_with(text, signs[i])) {
            size_t size = strlen(signs[i]);
            return fq_span_of(text.data + size, text.size - size);
        }
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (ends_with(text, words[i])) {
            return cell_trim(fq_span_of(text.data, text.size - strlen(words[i])));
        }
    }
    return text;
}

bool row_amount(struct fq_span text, uint64_t *out_cents)
{
    uint8_t narrow[CELL_NARROW_MAX];
    size_t point = 0;
    uint64_t units, cents = 0;

    text = drop_currency(cell_narrow(cell_trim(text), narrow));
    while (point < text.size && text.data[point] != '.') {
        point++;
    }
    if (!read_units(fq_span_of(text.data, point), &units)) {
        return false;
    }
    if (point < text.size) {
        size_t decimals = text.size - point - 1;
        if (decimals < 1 || decimals > 2 || !is_digit(text.data[point + 1]) ||
            !is_digit(text.data[text.size - 1])) {
            return false;
        }
        cents = (uint64_t)(text.data[point + 1] - '0') * 10;
        cents += decimals == 2 ? (uint64_t)(text.data[point + 2] - '0') : 0;
    }
    *out_cents = units * 100 + cents;
    return true;
}

bool cell_number(struct fq_span text, uint64_t *out_number)
{
    uint8_t narrow[CELL_NARROW_MAX];
    uint64_t number = 0;

    text = cell_narrow(cell_trim(text), narrow);
    if (text.size == 0 || text.size > 18) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out_number = number;
    return true;
}

bool cell_date(struct fq_span text, const char *const *formats, size_t format_count,
               uint16_t *out_date)
{
    uint8_t narrow[CELL_NARROW_MAX];

    text = cell_narrow(cell_trim(text), narrow);
    for (size_t i = 0; i < format_count; i++) {
        if (fq_date_parse_format(text, formats[i], out_date)) {
            return true;
        }
    }
    return format_count == 0 && fq_date_parse(text, out_date);
}

bool cell_truth(struct fq_span text, uint64_t *out_truth)
{
    static const char *const yes[] = {"true", "yes", "Yes", "1", "是", "有"};
    static const char *const no[] = {"false", "no", "No", "0", "否", "无", ""};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (fq_span_equal(text, fq_span_text(yes[i]))) {
            *out_truth = 1;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (fq_span_equal(text, fq_span_text(no[i]))) {
            *out_truth = 0;
            return true;
        }
    }
    return false;
}

bool cell_may_be_id_number(struct fq_span text)
{
    static const uint8_t weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    static const char checks[] = "10X98765432";
    uint8_t narrow[CELL_NARROW_MAX];
    unsigned sum = 0;

    text = cell_narrow(cell_trim(text), narrow);
    if (text.size != 18) {
        return true;
    }
    for (size_t i = 0; i < 17; i++) {
        if (!is_digit(text.data[i])) {
            return true; /* another paper's number */
        }
        sum += weights[i] * (unsigned)(text.data[i] - '0');
    }
    bool is_born_lately = (text.data[6] == '1' && text.data[7] == '9') ||
                          (text.data[6] == '2' && text.data[7] == '0');
    if (!is_born_lately || text.data[10] > '1') {
        return true; /* the code of a company */
    }
    uint8_t last = text.data[17] == 'x' ? 'X' : text.data[17];
    return (!is_digit(last) && last != 'X') || last == (uint8_t)checks[sum % 11];
}
