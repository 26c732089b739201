/* Figures of the bench: a few rounds of each line, printed as a table and as JSON lines.
 *
 * B1  A figure is measured; what cannot be measured has no row.
 * B2  A row whose own checks did not hold is printed as failed, whatever its figures say.
 * B3  Targets are printed beside the figures and never fail the run: a machine is not a test. */
#ifndef FQ_TESTS_BENCH_TABLE_H
#define FQ_TESTS_BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ROUNDS_MAX 16

struct series {
    double values[ROUNDS_MAX];
    int count;
};

void series_add(struct series *series, double value); /* past ROUNDS_MAX it is dropped */
double series_min(const struct series *series);
double series_median(const struct series *series);
double series_max(const struct series *series);

enum target_of { TARGET_NONE, TARGET_VALUE_MIN, TARGET_VALUE_MAX, TARGET_RATIO_MIN };

struct row {
    const char *name; /* as BENCH_ONLY and the JSON know it */
    const char *unit;
    struct series values;
    struct series ratios; /* to the limit of this run; empty where there is none */
    enum target_of target_of;
    double target;
    bool is_sound; /* what it measured was complete and right (B2) */
};

struct table {
    FILE *json; /* NULL: not asked for */
    int passed, failed;
};

void table_begin(const struct table *table);
/* Print the row and count it. */
void table_row(struct table *table, const struct row *row);
/* A remark between rows, one or more lines. */
void table_note(const struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
