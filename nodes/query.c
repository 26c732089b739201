#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"

#include "fq/core/period.h"
#include "fq/edge/table_file.h"

const struct fq_verb fq_verbs[] = {
    {"status", fq_verb_status},
    {"rollup", fq_verb_rollup},
    {"cases", fq_verb_cases},
    {"explain", fq_verb_explain},
    {"campaign.list", fq_verb_campaigns},
    {"campaign.report", fq_verb_campaign_report},
    {"coverage", fq_verb_coverage},
    {"activity.list", fq_verb_activities},
    {"period.list", fq_verb_period_list},
    {"period.read", fq_verb_period_read},
    {"period.check", fq_verb_period_check},
    {"period.diff", fq_verb_period_diff},
    {"period.cases", fq_verb_period_cases},
    {"proof.case", fq_verb_proof_case},
    {"digest", fq_verb_digest},
    {"audit", fq_verb_audit},
    {"wait", fq_verb_wait},
    {"dispute.find", fq_verb_find},
    {"dispute.show", fq_verb_show},
    {"dispute.list", fq_verb_list},
    {"referral.list", fq_verb_referrals},
    {"today", fq_verb_today},
    {"alerts", fq_verb_alerts},
    {"vault.read", fq_verb_vault_read},
    {"vault.log", fq_verb_vault_log},
    {"vault.forget", fq_verb_vault_forget},
    {"dup.list", fq_verb_dup_list},
    {"dup.show", fq_verb_dup_show},
    {"dup.dismiss", fq_verb_dup_dismiss},
    {"replay", fq_verb_replay},
    {"replay.start", fq_verb_replay_start},
    {"log.verify", fq_verb_log_verify},
    {"evidence", fq_verb_evidence},
    {"desk", fq_verb_desk},
    {"dispute.records", fq_verb_records},
    {"receipt", fq_verb_receipt},
    {"bundle.read", fq_verb_bundle_read},
    {"subsidy.list", fq_verb_subsidies},
    {"table.codes", fq_verb_codes},
    {"table.areas", fq_verb_areas},
    {"table.units", fq_verb_units},
    {"table.places", fq_verb_places},
    {NULL, NULL},
};

/* ---- small writers ---- */

static void put_text(struct fq_writer *writer, const char *key, const char *value)
{
    fq_write_text(writer, key);
    fq_write_text(writer, value);
}

static void put_uint(struct fq_writer *writer, const char *key, uint64_t value)
{
    fq_write_text(writer, key);
    fq_write_uint(writer, value);
}

static void put_bool(struct fq_writer *writer, const char *key, bool value)
{
    fq_write_text(writer, key);
    fq_write_bool(writer, value);
}

static void put_code(struct fq_writer *writer, const char *key, int width, uint32_t code)
{
    char text[16];

    fq_write_text(writer, key);
    if (code == 0) {
        fq_write_nil(writer);
        return;
    }
    snprintf(text, sizeof text, "%0*u", width, code);
    fq_write_text(writer, text);
}

/* ---- status ---- */

static uint64_t at_top(const struct fq_node *node, const struct fq_log *log, uint64_t value)
{
    return node->core.options.has_parent ? value : log->last;
}

static void write_origins(const struct fq_node *node, struct fq_writer *writer)
{
    const struct fq_frontier *frontier = &node->core.frontier;
    uint32_t count = 0;

    for (uint32_t i = 0; i < frontier->count; i++) {
        count += frontier->logs[i].last > 0;
    }
    fq_write_text(writer, "origins");
    fq_write_array(writer, count);
    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        if (log->last == 0) {
            continue;
        }
        fq_write_map(writer, 6);
        put_code(writer, "origin", 8, log->id.origin);
        put_uint(writer, "stream", log->id.stream);
        put_uint(writer, "epoch", log->id.epoch);
        put_uint(writer, "seq", log->last);
        put_uint(writer, "acked", at_top(node, log, log->acked));
        put_uint(writer, "up", at_top(node, log, log->up));
    }
}

static void write_children(const struct fq_node *node, struct fq_writer *writer)
{
    uint32_t count = fq_sync_child_count(&node->core.sync);

    fq_write_text(writer, "children");
    fq_write_array(writer, count);
    for (uint32_t i = 0; i < count; i++) {
        struct fq_sync_child child = fq_sync_child_at(&node->core.sync, i);
        fq_write_map(writer, 4);
        put_code(writer, "node", 8, child.origin);
        put_code(writer, "area", 6, child.origin / 100);
        put_bool(writer, "linked", child.is_linked);
        put_uint(writer, "heard", child.heard_ms);
    }
}

fq_err fq_verb_status(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                      struct fq_why *out_why)
{
    const struct fq_core *core = &node->core;
    struct fq_writer *writer = &answer->writer;
    char instance[2 * FQ_ID_SIZE + 1];

    (void)args;
    (void)out_why;
    fq_hex_encode(fq_span_of(core->options.instance.bytes, FQ_ID_SIZE), instance);
    fq_write_map(writer, 21);
    put_code(writer, "node", 8, core->options.origin);
    put_code(writer, "area", 6, core->options.area);
    put_text(writer, "tier", fq_tier_name(core->options.tier));
    put_text(writer, "instance", instance);
    put_uint(writer, "epoch", core->options.epoch);
    put_uint(writer, "head", core->feed.head);
    put_uint(writer, "disputes", core->view.dispute_count);
    put_uint(writer, "events", core->view.event_count);
    put_bool(writer, "linked", !core->options.has_parent || fq_sync_is_linked(&core->sync));
    put_code(writer, "parent", 8, fq_sync_parent(&core->sync));
    write_children(node, writer);
    write_origins(node, writer);
    fq_write_text(writer, "proven_equal");
    fq_write_array(writer, 0);
    put_bool(writer, "ready", true);
    put_bool(writer, "read_only", !fq_sync_may_originate(&core->sync));
    put_uint(writer, "view_lsn", node->view_lsn);
    put_uint(writer, "refused_keys", fq_net_refused_count(node->net));
    put_uint(writer, "hostile", fq_net_hostile_count(node->net));
    put_uint(writer, "refused_batches", core->refused_batch_count);
    put_uint(writer, "subscriptions", node->subscriptions);
    put_uint(writer, "boot", node->boot);
    return FQ_OK;
}

/* ---- arguments ---- */

fq_err fq_service_read_area(const struct fq_node *node, struct fq_span args, uint32_t *out_area,
                            struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, "area");
    uint32_t code = 0;

    if (text.size == 0) {
        *out_area = node->core.options.area;
        return FQ_OK;
    }
    for (size_t i = 0; i < text.size && text.size <= 6; i++) {
        code = text.data[i] >= '0' && text.data[i] <= '9' ? code * 10 + (text.data[i] - '0') : 0;
    }
    if (!fq_areas_find(&node->areas, code)) {
        char known[200] = "";
        size_t used = 0;
        for (uint32_t i = 0; i < node->areas.count && used + 8 < sizeof known; i++) {
            used += (size_t)snprintf(known + used, sizeof known - used, " %06u",
                                     node->areas.rows[i].code);
        }
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%.*s;%s%s",
                       (int)(text.size < 40 ? text.size : 40), (const char *)text.data, known,
                       used + 8 < sizeof known ? "" : " ...");
    }
    if (!fq_areas_covers(&node->areas, node->core.options.area, code)) {
        return fq_fail(out_why, FQ_REASON_NOT_HELD, "%06u", code);
    }
    *out_area = code;
    return FQ_OK;
}

_Static_assert(FQ_PERIOD_NAME_SIZE == FQ_CAMPAIGN_NAME_SIZE, "a campaign's name is a period's");

/* The months that a campaign's days lie in: figures are kept by month. */
static void months_of(const struct fq_campaign *campaign, struct fq_period *out_period)
{
    memcpy(out_period->name, campaign->name, sizeof out_period->name);
    out_period->first_month = fq_month_of(campaign->first_day);
    out_period->last_month = fq_month_of(campaign->last_day);
    out_period->first_day = fq_month_first_day(out_period->first_month);
    out_period->last_day = fq_month_last_day(out_period->last_month);
}

fq_err fq_service_find_period(const struct fq_node *node, struct fq_span text,
                              struct fq_period *out_period, struct fq_why *out_why)
{
    int shown = (int)(text.size < 100 ? text.size : 100);
    bool is_many = false;

    if (fq_period_parse_in(text, &node->calendar, out_period)) {
        return FQ_OK;
    }
    const struct fq_campaign *campaign =
        fq_campaigns_named(&node->core.control.campaigns, text, &is_many);
    if (!campaign) {
        return fq_fail(out_why, is_many ? FQ_REASON_CAMPAIGN_MANY : FQ_REASON_PERIOD_UNKNOWN,
                       "%.*s", shown, text.size ? (const char *)text.data : "");
    }
    months_of(campaign, out_period);
    return FQ_OK;
}

fq_err fq_service_read_period(const struct fq_node *node, struct fq_span args,
                              struct fq_period *out_period, struct fq_why *out_why)
{
    return fq_service_find_period(node, fq_map_text(args, "period"), out_period, out_why);
}

fq_err fq_service_read_date(struct fq_span args, const char *name, uint16_t *out_date,
                            struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, name);

    if (text.size > 0 && !fq_date_parse(text, out_date)) {
        return fq_fail(out_why, FQ_REASON_DATE, "%s: %.*s", name,
                       (int)(text.size < 40 ? text.size : 40), (const char *)text.data);
    }
    return FQ_OK;
}

fq_err fq_service_read_unit(struct fq_span args, uint64_t *out_unit, struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, "unit");

    if (text.size == 0) {
        return FQ_OK;
    }
    if (text.size != 10 || !fq_table_number(text, out_unit)) {
        return fq_fail(out_why, FQ_REASON_UNIT, "%.*s", (int)(text.size < 40 ? text.size : 40),
                       (const char *)text.data);
    }
    return FQ_OK;
}

/* ---- digest ---- */

fq_err fq_service_prove(struct fq_node *node, uint32_t area, uint16_t first_month,
                        uint16_t last_month, struct fq_proofs *out_proofs, struct fq_why *out_why)
{
    struct fq_digest digest = fq_view_digest(&node->core.view, area, first_month, last_month);
    struct fq_hash frontier;
    uint8_t bytes[16];
    fq_err err =
        fq_frontier_hash(&node->core.frontier, &node->areas, area, &node->scratch, &frontier);

    if (err) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_put_be64(bytes, digest.high);
    fq_put_be64(bytes + 8, digest.low);
    fq_hex_encode(fq_span_of(frontier.bytes, FQ_HASH_SIZE), out_proofs->frontier);
    fq_hex_encode(fq_span_of(bytes, sizeof bytes), out_proofs->digest);
    return FQ_OK;
}

fq_err fq_verb_digest(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                      struct fq_why *out_why)
{
    struct fq_period period = {.first_month = 0, .last_month = UINT16_MAX};
    struct fq_proofs proofs;
    uint32_t area = 0;
    fq_err err = fq_service_read_area(node, args, &area, out_why);

    if (!err && fq_map_text(args, "period").size > 0) {
        err = fq_service_read_period(node, args, &period, out_why);
    }
    err =
        err ? err
            : fq_service_prove(node, area, period.first_month, period.last_month, &proofs, out_why);
    if (!err) {
        fq_write_map(&answer->writer, 3);
        put_code(&answer->writer, "area", 6, area);
        put_text(&answer->writer, "frontier", proofs.frontier);
        put_text(&answer->writer, "digest", proofs.digest);
    }
    return err;
}

/* ---- wait ---- */

static bool is_reached(const struct fq_node *node, enum fq_tier wanted)
{
    const struct fq_core *core = &node->core;
    const struct fq_log *own = fq_frontier_find(&core->frontier, &core->own);
    const struct fq_area *parent = fq_areas_find(&node->areas, fq_sync_parent(&core->sync) / 100);

    if (wanted <= core->options.tier || !core->options.has_parent) {
        return true;
    }
    for (uint32_t i = 0; i < core->frontier.count; i++) {
        const struct fq_log *log = &core->frontier.logs[i];
        bool is_direct = parent && wanted <= parent->tier;
        if (fq_log_flows_up(&node->areas, core->options.area, &log->id) &&
            (is_direct ? log->acked : log->up) < log->last) {
            return false;
        }
    }
    return !own || own->last == 0 || parent;
}

fq_err fq_verb_wait(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                    struct fq_why *out_why)
{
    struct fq_span name = fq_map_text(args, "tier");
    enum fq_tier wanted;

    if (!fq_tier_parse(name, &wanted)) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "tier");
    }
    bool is_done = is_reached(node, wanted);
    answer->is_waiting = !is_done;
    fq_write_map(&answer->writer, 1);
    put_bool(&answer->writer, "reached", is_done);
    return FQ_OK;
}

/* ---- tables ---- */

fq_err fq_verb_codes(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                     struct fq_why *out_why)
{
    struct fq_writer *writer = &answer->writer;

    (void)args;
    (void)out_why;
    fq_write_map(writer, 2);
    put_uint(writer, "version", node->codes.version);
    fq_write_text(writer, "tables");
    fq_write_map(writer, FQ_CODES_COUNT - 1);
    for (int table = 1; table < FQ_CODES_COUNT; table++) {
        uint32_t count = node->codes.tables[table].count;
        fq_write_text(writer, fq_codes_table_name((enum fq_code_table)table));
        fq_write_array(writer, count);
        for (uint32_t i = 0; i < count; i++) {
            const struct fq_code *code = &node->codes.tables[table].rows[i];
            bool is_indicator = table == FQ_CODES_INDICATOR;
            fq_write_map(writer, is_indicator ? 11 : 5);
            put_text(writer, "id", code->id);
            put_uint(writer, "number", code->number);
            put_text(writer, "zh", code->zh);
            put_text(writer, "en", code->en);
            put_uint(writer, "parent", code->parent);
            if (is_indicator) {
                put_uint(writer, "service", code->of_indicator.service);
                put_uint(writer, "counted", code->of_indicator.counted);
                put_uint(writer, "at_most", code->of_indicator.at_most);
                put_bool(writer, "stock", code->of_indicator.is_stock);
                put_uint(writer, "tier", code->of_indicator.tier);
                put_uint(writer, "months", code->of_indicator.months);
            }
        }
    }
    return FQ_OK;
}

#define AREAS_PAGE 500

fq_err fq_verb_areas(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                     struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor");
    uint32_t first = from.size == 4 ? fq_get_be32(from.data) : 0;
    uint32_t end = node->areas.count < first + AREAS_PAGE ? node->areas.count : first + AREAS_PAGE;

    (void)out_why;
    first = first < end ? first : end;
    fq_write_array(&answer->writer, end - first);
    for (uint32_t i = first; i < end; i++) {
        const struct fq_area *area = &node->areas.rows[i];
        char from_day[FQ_DATE_TEXT_SIZE], to_day[FQ_DATE_TEXT_SIZE];
        fq_date_format(area->valid_from, from_day);
        fq_date_format(area->valid_to, to_day);
        fq_write_map(&answer->writer, 7);
        put_code(&answer->writer, "code", 6, area->code);
        put_text(&answer->writer, "name_zh", area->name_zh);
        put_text(&answer->writer, "name_en", area->name_en);
        put_code(&answer->writer, "parent", 6, area->parent);
        put_text(&answer->writer, "tier", fq_tier_name(area->tier));
        put_text(&answer->writer, "valid_from", from_day);
        put_text(&answer->writer, "valid_to", to_day);
    }
    if (end < node->areas.count) {
        fq_put_be32(answer->cursor, end);
        answer->cursor_size = 4;
    }
    return FQ_OK;
}
