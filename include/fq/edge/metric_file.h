/* Metric files: the table of core/metric.h read from a file such as config/metrics.cfg.
 *
 * version = 1; then metrics, a list of groups { name, version, numerator, denominator, zh, en }, the
 * measures by their names; default = true for one version of each name. Errors say FILE:LINE: what is
 * wrong. */
#ifndef FQ_EDGE_METRIC_FILE_H
#define FQ_EDGE_METRIC_FILE_H

#include "fq/core/metric.h"

FQ_CHECKED fq_err fq_metrics_load(const char *path, struct fq_metrics *out_metrics,
                                  struct fq_why *out_why);

#endif
