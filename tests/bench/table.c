#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- series ---- */

void series_add(struct series *series, double value)
{
    if (series->count < ROUNDS_MAX) {
        series->values[series->count++] = value;
    }
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double ranked(const struct series *series, int rank_halves)
{
    double sorted[ROUNDS_MAX];
    int last = series->count - 1;

    if (series->count == 0) {
        return 0;
    }
    memcpy(sorted, series->values, (size_t)series->count * sizeof *sorted);
    qsort(sorted, (size_t)series->count, sizeof *sorted, compare);
    int low = last * rank_halves / 2, high = (last * rank_halves + 1) / 2;
    return (sorted[low] + sorted[high]) / 2;
}

double series_min(const struct series *series)
{
    return ranked(series, 0);
}

double series_median(const struct series *series)
{
    return ranked(series, 1);
}

double series_max(const struct series *series)
{
    return ranked(series, 2);
}

/* ---- rows ---- */

static void format_value(double value, char out[16])
{
    snprintf(out, 16, value >= 1000 ? "%.0f" : value >= 100 ? "%.1f" : "%.3g", value);
}

/* 1000000 as 1M: the column is narrow. */
static void format_short(double value, char out[16])
{
    if (value >= 1e6) {
        snprintf(out, 16, "%.4gM", value / 1e6);
    } else {
        snprintf(out, 16, "%.4g", value);
    }
}

/* The median's share of the target, or the other way round where less is better: 1 and more is met. */
static double met(const struct row *row)
{
    double value = series_median(&row->values);

    switch (row->target_of) {
    case TARGET_VALUE_MIN:
        return value / row->target;
    case TARGET_VALUE_MAX:
        return value > 0 ? row->target / value : 0;
    case TARGET_RATIO_MIN:
        return series_median(&row->ratios) / row->target;
    case TARGET_NONE:
        break;
    }
    return 0;
}

static void format_target(const struct row *row, char out[48])
{
    char target[16];
    double share = met(row);

    out[0] = '\0';
    if (!row->is_sound) {
        snprintf(out, 48, "FAILED");
    } else if (row->target_of != TARGET_NONE) {
        format_short(row->target, target);
        snprintf(out, 48, "%s%s %s x%.2f", row->target_of == TARGET_VALUE_MAX ? "<=" : ">=", target,
                 share >= 1 ? "met" : "missed", share >= 1 ? share : 1 / share);
    }
}

void table_begin(const struct table *table)
{
    (void)table;
    printf("%-30s %9s %9s %9s %-9s %6s  %s\n", "line", "min", "median", "max", "unit", "ratio",
           "target");
}

static void print_json(FILE *file, const struct row *row)
{
    fprintf(file,
            "{\"name\": \"%s\", \"unit\": \"%s\", \"rounds\": %d, \"min\": %.6g, \"median\": %.6g, "
            "\"max\": %.6g, ",
            row->name, row->unit, row->values.count, series_min(&row->values),
            series_median(&row->values), series_max(&row->values));
    if (row->ratios.count > 0) {
        fprintf(file, "\"ratio\": [%.4g, %.4g, %.4g], ", series_min(&row->ratios),
                series_median(&row->ratios), series_max(&row->ratios));
    }
    if (row->target_of != TARGET_NONE) {
        fprintf(file, "\"target\": \"%s %s %.6g\", \"met\": %s, ",
                row->target_of == TARGET_RATIO_MIN ? "ratio" : "value",
                row->target_of == TARGET_VALUE_MAX ? "<=" : ">=", row->target,
                met(row) >= 1 ? "true" : "false");
    }
    fprintf(file, "\"sound\": %s}\n", row->is_sound ? "true" : "false");
    fflush(file);
}

void table_row(struct table *table, const struct row *row)
{
    char least[16], median[16], most[16], ratio[16] = "", target[48];

    format_value(series_min(&row->values), least);
    format_value(series_median(&row->values), median);
    format_value(series_max(&row->values), most);
    if (row->ratios.count > 0) {
        snprintf(ratio, sizeof ratio, "%.3g", series_median(&row->ratios));
    }
    format_target(row, target);
    printf("%-30s %9s %9s %9s %-9s %6s%s%s\n", row->name, least, median, most, row->unit, ratio,
           *target ? "  " : "", target);
    fflush(stdout);
    if (table->json) {
        print_json(table->json, row);
    }
    table->passed += row->is_sound;
    table->failed += !row->is_sound;
}

void table_note(const struct table *table, const char *format, ...)
{
    va_list arguments;

    (void)table;
    va_start(arguments, format);
    printf("  # ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
}
