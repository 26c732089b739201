/* Metrics: rates of one measure over another. Published practice differs (success over accepted in some
 * offices, over concluded in others), so definitions are data, each with a version, and every printed
 * rate names its own. A node without a table has the built-in one, which config/metrics.cfg repeats.
 *
 * X1  A name and a version stand in the table once; of each name one version is the default.
 * X2  A version that the table does not have is no error: the figure is empty and says so. */
#ifndef FQ_CORE_METRIC_H
#define FQ_CORE_METRIC_H

#include "fq/core/code.h"
#include "fq/core/measure.h"

#define FQ_METRICS_MAX 64 /* definitions */
#define FQ_RATES_MAX 24   /* names */
#define FQ_METRIC_NAME_SIZE 40
#define FQ_METRIC_LABEL_SIZE 64
#define FQ_METRIC_DEFINITION_SIZE 128

struct fq_metric {
    char name[FQ_METRIC_NAME_SIZE];
    uint32_t version;
    enum fq_measure numerator, denominator;
    bool is_default;
    char zh[FQ_METRIC_LABEL_SIZE], en[FQ_METRIC_LABEL_SIZE];
};

#define FQ_SENSITIVE_MAX 16

/* What published tables leave out (suppress.h): counts below k, of sensitive types below k_sensitive. */
struct fq_publication {
    uint16_t k, k_sensitive;
    uint32_t sensitive_count;
    char sensitive[FQ_SENSITIVE_MAX]
                  [FQ_CODE_ID_SIZE]; /* ids of types; a group is all of its types */
};

struct fq_metrics {
    uint32_t version; /* of the table */
    struct fq_publication publication;
    uint32_t count;
    struct fq_metric rows[FQ_METRICS_MAX]; /* in the order to print */
};

/* The built-in table. */
const struct fq_metrics *fq_metrics_default(void);
/* Add a copy of `metric` (X1). */
FQ_CHECKED fq_err fq_metrics_add(struct fq_metrics *metrics, const struct fq_metric *metric,
                                 struct fq_why *out_why);
/* Whether every name has its default (X1). */
FQ_CHECKED fq_err fq_metrics_check(const struct fq_metrics *metrics, struct fq_why *out_why);
/* The definition, or NULL; version 0 means the default one. */
const struct fq_metric *fq_metrics_find(const struct fq_metrics *metrics, struct fq_span name,
                                        uint32_t version);

/* What figures print: each name of the table once, in one version. */
struct fq_rates {
    uint32_t count;
    struct {
        const char *name;
        uint32_t version;
        const struct fq_metric *metric; /* NULL: the table does not have this version (X2) */
    } rows[FQ_RATES_MAX];
};

void fq_rates_init(struct fq_rates *rates, const struct fq_metrics *metrics);
/* Have `name` in `version`; false when the table has no such name. Keeps `metrics`. */
bool fq_rates_choose(struct fq_rates *rates, const struct fq_metrics *metrics, struct fq_span name,
                     uint32_t version);
/* "v1 agreed/concluded", or "v3 unknown to this node" (X2). */
void fq_rates_define(const struct fq_rates *rates, uint32_t index,
                     char out[FQ_METRIC_DEFINITION_SIZE]);
/* The rate of these values as fq_rate_format writes it. */
void fq_rates_format(const struct fq_rates *rates, uint32_t index, const int64_t *values,
                     char out[32]);

/* Percent with one decimal, rounded half up; empty when the denominator is 0. */
void fq_rate_format(int64_t numerator, int64_t denominator, char out[32]);
/* By how many percent `now` is above `base`, "-3.5" below it, rounded half up (towards greater);
 * empty when the base is not above 0. */
void fq_growth_format(int64_t base, int64_t now, char out[32]);

#endif
