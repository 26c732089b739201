#include "services.h"

#include <stdio.h>
#include <string.h>

/* ---- small writers ---- */

void fq_services_put_text(struct fq_writer *writer, const char *key, const char *value)
{
    fq_write_text(writer, key);
    fq_write_text(writer, value);
}

void fq_services_put_uint(struct fq_writer *writer, const char *key, uint64_t value)
{
    fq_write_text(writer, key);
    fq_write_uint(writer, value);
}

void fq_services_put_bool(struct fq_writer *writer, const char *key, bool value)
{
    fq_write_text(writer, key);
    fq_write_bool(writer, value);
}

static void put_text_or_nil(struct fq_writer *writer, const char *key, const char *text)
{
    fq_write_text(writer, key);
    if (*text) {
        fq_write_text(writer, text);
    } else {
        fq_write_nil(writer);
    }
}

void fq_services_put_code(struct fq_writer *writer, const char *key, int width, uint64_t code)
{
    char text[24] = "";

    if (code) {
        snprintf(text, sizeof text, "%0*llu", width, (unsigned long long)code);
    }
    put_text_or_nil(writer, key, text);
}

void fq_services_put_date(struct fq_writer *writer, const char *key, uint16_t date)
{
    char text[FQ_DATE_TEXT_SIZE];

    fq_date_format(date, text);
    put_text_or_nil(writer, key, text);
}

void fq_services_put_time(struct fq_writer *writer, const char *key, uint64_t time_ms)
{
    char text[FQ_TIME_TEXT_SIZE] = "";

    if (time_ms) {
        fq_time_format_ms((int64_t)time_ms, text);
    }
    put_text_or_nil(writer, key, text);
}

void fq_services_put_names(const struct fq_node *node, uint32_t area, struct fq_writer *writer)
{
    const struct fq_area *row = fq_areas_find(&node->areas, area);

    fq_services_put_text(writer, "name", row ? row->name_en : "");
    fq_services_put_text(writer, "name_zh", row ? row->name_zh : "");
}

/* ---- the question ---- */

static fq_err fail_unknown(struct fq_span text, bool is_many, enum fq_reason reason,
                           struct fq_why *out_why)
{
    return fq_fail(out_why, is_many ? FQ_REASON_CAMPAIGN_MANY : reason, "%.*s",
                   (int)(text.size < 100 ? text.size : 100), (const char *)text.data);
}

/* The area asked about; of a campaign the part of its area that this node holds. */
static fq_err read_area(const struct fq_node *node, struct fq_span args, struct fq_scope *scope,
                        struct fq_why *out_why)
{
    uint32_t own = node->core.options.area;
    fq_err err = fq_service_read_area(node, args, &scope->area, out_why);

    if (!err && scope->campaign && fq_map_text(args, "area").size == 0) {
        bool is_below = fq_areas_covers(&node->areas, own, scope->campaign->area);
        scope->area = is_below ? scope->campaign->area : own;
    }
    return err;
}

static void take_campaign(const struct fq_campaign *campaign, struct fq_scope *scope)
{
    scope->campaign = campaign;
    scope->first_day = campaign->first_day;
    scope->last_day = campaign->last_day;
    memcpy(scope->name, campaign->name, sizeof scope->name);
}

fq_err fq_services_read_scope(const struct fq_node *node, struct fq_span args,
                              struct fq_scope *out_scope, struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, "period");
    struct fq_scope scope = {0};
    struct fq_period period;
    bool is_many = false;

    if (fq_period_parse_in(text, &node->calendar, &period)) {
        scope.first_day = period.first_day;
        scope.last_day = period.last_day;
        memcpy(scope.name, period.name, sizeof scope.name);
    } else {
        const struct fq_campaign *campaign =
            fq_campaigns_named(&node->core.control.campaigns, text, &is_many);
        if (!campaign) {
            return fail_unknown(text, is_many, FQ_REASON_PERIOD_UNKNOWN, out_why);
        }
        take_campaign(campaign, &scope);
    }
    fq_err err = read_area(node, args, &scope, out_why);
    if (!err) {
        *out_scope = scope;
    }
    return err;
}

fq_err fq_services_read_campaign_scope(const struct fq_node *node, struct fq_span args,
                                       struct fq_scope *out_scope, struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, "campaign");
    struct fq_scope scope = {0};
    bool is_many;
    const struct fq_campaign *campaign =
        fq_campaigns_named(&node->core.control.campaigns, text, &is_many);

    if (!campaign) {
        return fail_unknown(text, is_many, FQ_REASON_CAMPAIGN_UNKNOWN, out_why);
    }
    take_campaign(campaign, &scope);
    fq_err err = read_area(node, args, &scope, out_why);
    if (!err) {
        *out_scope = scope;
    }
    return err;
}
