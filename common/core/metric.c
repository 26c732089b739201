#include "fq/core/metric.h"

#include <stdio.h>
#include <string.h>

/* ---- tables ---- */

#define METRIC(name, version, numerator, denominator, is_default, zh, en)                          \
    {                                                                                              \
        name, version, FQ_MEASURE_##numerator, FQ_MEASURE_##denominator, is_default, zh, en        \
    }

static const struct fq_metrics built_in = {
    .version = 1,
    .publication = {.k = 5,
                    .k_sensitive = 10,
                    .sensitive_count = 2,
                    .sensitive = {"marriage_family", "medical"}},
    .count = 6,
    .rows =
        {
            METRIC("success_rate", 1, AGREED, CONCLUDED, true, "调解成功率", "success rate"),
            METRIC("success_rate", 2, AGREED, ACCEPTED, false, "调解成功率（占受理）",
                   "success rate of accepted"),
            METRIC("resolution_rate", 1, FOUND_RESOLVED, FOUND, true, "化解率", "resolution rate"),
            METRIC("performance_rate", 1, PERFORMED, AGREED, true, "履行率", "performance rate"),
            METRIC("satisfaction_rate", 1, SATISFIED, SURVEYED, true, "满意率",
                   "satisfaction rate"),
            METRIC("linked_share", 1, LINKED_CONCLUDED, CONCLUDED, true, "联动占比",
                   "share of linked mediation"),
        },
};

const struct fq_metrics *fq_metrics_default(void)
{
    return &built_in;
}

static bool has_name(const struct fq_metric *metric, struct fq_span name)
{
    return fq_span_equal(fq_span_text(metric->name), name);
}

const struct fq_metric *fq_metrics_find(const struct fq_metrics *metrics, struct fq_span name,
                                        uint32_t version)
{
    for (uint32_t i = 0; i < metrics->count; i++) {
        const struct fq_metric *metric = &metrics->rows[i];
        if (has_name(metric, name) && (version ? metric->version == version : metric->is_default)) {
            return metric;
        }
    }
    return NULL;
}

fq_err fq_metrics_add(struct fq_metrics *metrics, const struct fq_metric *metric,
                      struct fq_why *out_why)
{
    struct fq_span name = fq_span_text(metric->name);

    if (metrics->count == FQ_METRICS_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s: more than %d metrics", metric->name,
                       FQ_METRICS_MAX);
    }
    if (fq_metrics_find(metrics, name, metric->version)) {
        return fq_fail(out_why, FQ_REASON_METRIC_FILE, "%s v%u stands twice in the table",
                       metric->name, metric->version);
    }
    if (metric->is_default && fq_metrics_find(metrics, name, 0)) {
        return fq_fail(out_why, FQ_REASON_METRIC_FILE, "%s: two versions are the default",
                       metric->name);
    }
    metrics->rows[metrics->count++] = *metric;
    return FQ_OK;
}

fq_err fq_metrics_check(const struct fq_metrics *metrics, struct fq_why *out_why)
{
    uint32_t names = 0;

    for (uint32_t i = 0; i < metrics->count; i++) {
        const struct fq_metric *metric = &metrics->rows[i];
        if (!fq_metrics_find(metrics, fq_span_text(metric->name), 0)) {
            return fq_fail(out_why, FQ_REASON_METRIC_FILE, "%s: no version is the default",
                           metric->name);
        }
        names += metric->is_default;
    }
    if (names == 0 || names > FQ_RATES_MAX) {
        return fq_fail(out_why, FQ_REASON_METRIC_FILE, "%u metrics, 1 to %d are possible", names,
                       FQ_RATES_MAX);
    }
    return FQ_OK;
}

/* ---- rates ---- */

void fq_rates_init(struct fq_rates *rates, const struct fq_metrics *metrics)
{
    memset(rates, 0, sizeof *rates);
    for (uint32_t i = 0; i < metrics->count && rates->count < FQ_RATES_MAX; i++) {
        if (metrics->rows[i].is_default) {
            rates->rows[rates->count].name = metrics->rows[i].name;
            rates->rows[rates->count].version = metrics->rows[i].version;
            rates->rows[rates->count++].metric = &metrics->rows[i];
        }
    }
}

bool fq_rates_choose(struct fq_rates *rates, const struct fq_metrics *metrics, struct fq_span name,
                     uint32_t version)
{
    for (uint32_t i = 0; i < rates->count; i++) {
        if (fq_span_equal(fq_span_text(rates->rows[i].name), name)) {
            rates->rows[i].version = version;
            rates->rows[i].metric = fq_metrics_find(metrics, name, version);
            return true;
        }
    }
    return false;
}

void fq_rates_define(const struct fq_rates *rates, uint32_t index,
                     char out[FQ_METRIC_DEFINITION_SIZE])
{
    const struct fq_metric *metric = rates->rows[index].metric;

    if (!metric) { /* X2 */
        snprintf(out, FQ_METRIC_DEFINITION_SIZE, "v%u unknown to this node",
                 rates->rows[index].version);
        return;
    }
    snprintf(out, FQ_METRIC_DEFINITION_SIZE, "v%u %s/%s", metric->version,
             fq_measure_row(metric->numerator)->name, fq_measure_row(metric->denominator)->name);
}

void fq_rates_format(const struct fq_rates *rates, uint32_t index, const int64_t *values,
                     char out[32])
{
    const struct fq_metric *metric = rates->rows[index].metric;

    fq_rate_format(metric ? values[metric->numerator] : 0, metric ? values[metric->denominator] : 0,
                   out);
}

/* ---- percents ---- */

__extension__ typedef unsigned __int128 wide;

/* Tenths of a percent as text: they may be beyond 64 bits. */
static void format_tenths(bool is_below, wide tenths, char out[32])
{
    const uint64_t billion = 1000000000;
    uint64_t high = (uint64_t)(tenths / 10 / billion);
    uint64_t low = (uint64_t)(tenths / 10 % billion);
    unsigned last = (unsigned)(tenths % 10);
    const char *sign = is_below && tenths ? "-" : "";
    char text[48];

    if (high) {
        snprintf(text, sizeof text, "%s%llu%09llu.%u", sign, (unsigned long long)high,
                 (unsigned long long)low, last);
    } else {
        snprintf(text, sizeof text, "%s%llu.%u", sign, (unsigned long long)low, last);
    }
    memcpy(out, text, 31); /* 2^64 percents of 2^64 have fewer digits */
    out[31] = '\0';
}

void fq_rate_format(int64_t numerator, int64_t denominator, char out[32])
{
    out[0] = '\0';
    if (denominator <= 0 || numerator < 0) {
        return;
    }
    wide twice = (wide)(uint64_t)denominator * 2;
    wide tenths = ((wide)(uint64_t)numerator * 2000 + (uint64_t)denominator) / twice;
    format_tenths(false, tenths, out);
}

void fq_growth_format(int64_t base, int64_t now, char out[32])
{
    out[0] = '\0';
    if (base <= 0) {
        return;
    }
    bool is_below = now < base;
    wide apart = is_below ? (wide)base - (uint64_t)now : (wide)(uint64_t)now - (uint64_t)base;
    wide twice = (wide)(uint64_t)base * 2;

    if (is_below && now < 0) {
        apart = (wide)(uint64_t)base + ((uint64_t)0 - (uint64_t)now);
    }
    /* Half up is towards the greater: of what is below zero, half goes towards zero. */
    wide rounded = apart * 2000 + (uint64_t)base - (is_below ? 1 : 0);
    format_tenths(is_below, rounded / twice, out);
}
