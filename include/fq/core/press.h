/* Press: figures as newspapers print them, 27.86万 or 1.4万余 for 278,604 and 14,326.
 *
 * P1  A rounded figure is rounded half up at its step; from 10,000 on it is told in 万, from 100
 *     million on in 亿, below it is told to the last one. Zeros at the end of decimals are left out.
 * P2  余 (more than) never says more than there is: the figure is cut at its step, and a figure that
 *     is just the step's multiple, or below the step, is told as it is.
 * P3  All of it is whole numbers: no figure passes through a floating point.
 * P4  The English says the same number as the Chinese, written out with commas. */
#ifndef FQ_CORE_PRESS_H
#define FQ_CORE_PRESS_H

#include <stdbool.h>
#include <stdint.h>

#define FQ_PRESS_SIZE 48 /* text of a figure and its NUL */
#define FQ_PRESS_STEP_MAX 100000000

enum fq_press_style { FQ_PRESS_ROUNDED, FQ_PRESS_MORE, FQ_PRESS_EXACT };

struct fq_press {
    enum fq_press_style style;
    uint32_t step; /* a power of ten up to FQ_PRESS_STEP_MAX: the unit of the last digit told */
    bool is_cents; /* the value is in cents, told in yuan */
};

/* The figure without its unit. */
void fq_press_zh(int64_t value, const struct fq_press *press, char out[FQ_PRESS_SIZE]);
void fq_press_en(int64_t value, const struct fq_press *press, char out[FQ_PRESS_SIZE]);
/* part / whole in percent with at most so many decimals (up to 3), rounded half up: 98%, 99.2%. Empty
 * when the whole is 0. */
void fq_press_percent(uint64_t part, uint64_t whole, unsigned decimals, char out[FQ_PRESS_SIZE]);

#endif
