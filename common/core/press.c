#include "fq/core/press.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fq/base/err.h"

#define WAN UINT64_C(10000)
#define YI UINT64_C(100000000)

/* What is told: so many ones, or yuan, and whether there is more. */
struct told {
    uint64_t ones;
    unsigned cents; /* of a sum told to the last one */
    bool is_negative, is_more;
};

static struct told tell(int64_t value, const struct fq_press *press)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t scale = press->is_cents ? 100 : 1;
    uint64_t step = press->step * scale; /* below 2^40 */
    struct told told = {.is_negative = value < 0};

    FQ_ASSERT(press->step >= 1);
    FQ_ASSERT(press->step <= FQ_PRESS_STEP_MAX);

    if (press->style == FQ_PRESS_MORE && size >= step && size % step != 0) { /* P2 */
        told.ones = (size - size % step) / scale;
        told.is_more = true;
    } else if (press->style == FQ_PRESS_ROUNDED && size >= WAN * scale) { /* P1 */
        uint64_t rest = size % step;
        told.ones = (size - rest) / scale + (rest >= step - rest ? press->step : 0);
    } else {
        told.ones = size / scale;
        told.cents = (unsigned)(size % scale);
    }
    return told;
}

/* `.NN` without zeros at the end; `rest` is of `whole`, a power of ten. */
static void tell_decimals(uint64_t rest, uint64_t whole, char out[24])
{
    size_t used = 0;

    out[0] = '\0';
    if (rest == 0) {
        return;
    }
    out[used++] = '.';
    while (rest > 0 && used < 20) {
        whole /= 10;
        out[used++] = (char)('0' + rest / whole);
        rest %= whole;
    }
    out[used] = '\0';
}

void fq_press_zh(int64_t value, const struct fq_press *press, char out[FQ_PRESS_SIZE])
{
    struct told told = tell(value, press);
    uint64_t unit = told.ones >= YI ? YI : told.ones >= WAN ? WAN : 1;
    const char *name = unit == YI ? "亿" : unit == WAN ? "万" : "";
    const char *more = told.is_more ? "余" : "";
    char decimals[24];

    if (unit > 1 && press->style == FQ_PRESS_EXACT) {
        unit = 1; /* told to the last one */
        name = "";
    }
    tell_decimals(told.ones % unit, unit, decimals);
    if (unit == 1 && told.cents) {
        snprintf(decimals, sizeof decimals, ".%02u", told.cents);
    }
    /* 230余万 where the step reaches to the unit; 1.4万余 where it lies below, and 1万余. */
    bool is_before = unit > 1 && press->step >= unit && told.ones >= 10 * unit;
    snprintf(out, FQ_PRESS_SIZE, "%s%" PRIu64 "%s%s%s%s", told.is_negative ? "-" : "",
             told.ones / unit, decimals, is_before ? more : "", name, is_before ? "" : more);
}

/* With a comma after every third digit. */
static void write_grouped(uint64_t number, char out[32])
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, number);
    size_t used = 0;

    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) {
            out[used++] = ',';
        }
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

void fq_press_en(int64_t value, const struct fq_press *press, char out[FQ_PRESS_SIZE])
{
    struct told told = tell(value, press);
    char digits[32], cents[16] = "";

    write_grouped(told.ones, digits);
    if (told.cents) {
        snprintf(cents, sizeof cents, ".%02u", told.cents);
    }
    snprintf(out, FQ_PRESS_SIZE, "%s%s%s%s", told.is_more ? "more than " : "",
             told.is_negative ? "-" : "", digits, cents);
}

void fq_press_percent(uint64_t part, uint64_t whole, unsigned decimals, char out[FQ_PRESS_SIZE])
{
    uint64_t scale = 1;
    char rest[24];

    FQ_ASSERT(decimals <= 3);

    out[0] = '\0';
    if (whole == 0) {
        return;
    }
    while (whole > UINT64_MAX / 200000 || part > UINT64_MAX / 200000) {
        part >>= 1; /* so large that no digit told depends on it */
        whole = whole >> 1 ? whole >> 1 : 1;
    }
    for (unsigned i = 0; i < decimals; i++) {
        scale *= 10;
    }
    uint64_t told = (2 * 100 * scale * part + whole) / (2 * whole); /* half up */
    tell_decimals(told % scale, scale, rest);
    snprintf(out, FQ_PRESS_SIZE, "%" PRIu64 "%s%%", told / scale, rest);
}
