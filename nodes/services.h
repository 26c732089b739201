/* What the verbs of screening and the other services share: the days asked about, and small writers. */
#ifndef FQ_NODES_SERVICES_H
#define FQ_NODES_SERVICES_H

#include "asof.h"

/* What a question is about: an area and some days, or a campaign with its own. */
struct fq_scope {
    uint32_t area;
    uint16_t first_day, last_day;       /* inclusive */
    const struct fq_campaign *campaign; /* NULL: a period */
    char name[FQ_PERIOD_NAME_SIZE];
};

/* args.period (a period, or a campaign's name or number) and args.area, by default the campaign's
 * or the node's own. Fails as fq_service_read_period and fq_service_read_area do. */
FQ_CHECKED fq_err fq_services_read_scope(const struct fq_node *node, struct fq_span args,
                                         struct fq_scope *out_scope, struct fq_why *out_why);
/* args.campaign, a name or a number, and args.area. Fails with CAMPAIGN_UNKNOWN or CAMPAIGN_MANY and as
 * fq_service_read_area. */
FQ_CHECKED fq_err fq_services_read_campaign_scope(const struct fq_node *node, struct fq_span args,
                                                  struct fq_scope *out_scope,
                                                  struct fq_why *out_why);

/* Reported figures of the query's area and period, those that moved since the moment of the lookback,
 * which is not set back: an array of maps with sealed, live, difference and what each cause adds. Fails
 * with LIMIT. */
FQ_CHECKED fq_err fq_activities_put_diff(struct fq_lookback *lookback,
                                         const struct fq_rollup_query *query,
                                         struct fq_writer *writer, struct fq_why *out_why);

/* `name` and `name_zh` of an area: two pairs. */
void fq_services_put_names(const struct fq_node *node, uint32_t area, struct fq_writer *writer);
void fq_services_put_text(struct fq_writer *writer, const char *key, const char *value);
void fq_services_put_uint(struct fq_writer *writer, const char *key, uint64_t value);
void fq_services_put_code(struct fq_writer *writer, const char *key, int width, uint64_t code);
void fq_services_put_date(struct fq_writer *writer, const char *key, uint16_t date);
void fq_services_put_bool(struct fq_writer *writer, const char *key, bool value);
void fq_services_put_time(struct fq_writer *writer, const char *key, uint64_t time_ms);

#endif
