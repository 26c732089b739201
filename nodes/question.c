/* What a person asks of figures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asof.h"
#include "figures.h"

#define SHOWN 40 /* bytes of what was written that are said again */

static int shown(struct fq_span text)
{
    return (int)(text.size < SHOWN ? text.size : SHOWN);
}

static const char *words(struct fq_span text)
{
    return text.size ? (const char *)text.data : "";
}

/* ---- dimensions ---- */

static fq_err unknown_dimension(struct fq_span name, struct fq_why *out_why)
{
    char known[240] = "";
    size_t used = 0;

    for (int i = 0; i < FQ_DIMENSIONS_COUNT; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, " %s",
                                 fq_dimension_name((enum fq_dimension)i));
    }
    return fq_fail(out_why, FQ_REASON_MEASURE_UNKNOWN, "%.*s;%s", shown(name), words(name), known);
}

static fq_err read_by(struct fq_span args, struct fq_rollup_query *query, struct fq_why *out_why)
{
    struct fq_reader by = fq_reader_over(fq_map_get(args, "by"));
    uint32_t count = fq_read_type(&by) == FQ_CODEC_ARRAY ? fq_read_array(&by) : 0;

    if (count > FQ_ROLLUP_BY_MAX) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "by: %u > %d", count, FQ_ROLLUP_BY_MAX);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span name = fq_read_text(&by);
        if (!fq_dimension_find(name, &query->by[i])) {
            return unknown_dimension(name, out_why);
        }
        for (uint32_t k = 0; k < i; k++) {
            if (query->by[k] == query->by[i]) {
                return fq_fail(out_why, FQ_REASON_ARGUMENT, "by: %s twice",
                               fq_dimension_name(query->by[i]));
            }
        }
    }
    query->by_count = count;
    return FQ_OK;
}

/* ---- conditions ---- */

/* Decimal digits alone, at most 15. */
static bool read_number(struct fq_span text, uint64_t *out_number)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out_number = number;
    return text.size > 0 && text.size <= 15;
}

static fq_err unknown_code(const struct fq_node *node, enum fq_code_table table,
                           struct fq_span text, struct fq_why *out_why)
{
    char known[300] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < node->codes.tables[table].count && used + 44 < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, " %s",
                                 node->codes.tables[table].rows[i].id);
    }
    return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "%.*s;%s", shown(text), words(text), known);
}

/* A code by id, name or number. A number no row has is a row's key as well: of what a newer table
 * names, or 0 of what nothing is known of. */
static fq_err read_code(const struct fq_node *node, enum fq_dimension dimension,
                        struct fq_span value, uint64_t *out_number, struct fq_why *out_why)
{
    enum fq_code_table table = fq_dimension_table(dimension);
    uint16_t number;

    if (fq_codes_find_id(&node->codes, table, value, &number)) {
        *out_number = number;
        return FQ_OK;
    }
    uint64_t most = dimension == FQ_BY_TYPE ? UINT16_MAX : UINT8_MAX;
    return read_number(value, out_number) && *out_number <= most
               ? FQ_OK
               : unknown_code(node, table, value, out_why);
}

static fq_err read_campaign(const struct fq_node *node, struct fq_span value, uint64_t *out_number,
                            struct fq_why *out_why)
{
    bool is_many;
    const struct fq_campaign *campaign =
        fq_campaigns_named(&node->core.control.campaigns, value, &is_many);

    if (campaign) {
        *out_number = campaign->number;
        return FQ_OK;
    }
    return read_number(value, out_number)
               ? FQ_OK
               : fq_fail(out_why, is_many ? FQ_REASON_CAMPAIGN_MANY : FQ_REASON_CAMPAIGN_UNKNOWN,
                         "%.*s", shown(value), words(value));
}

static fq_err read_condition(const struct fq_node *node, enum fq_dimension dimension,
                             struct fq_span value, uint64_t *out_number, struct fq_why *out_why)
{
    enum fq_tier tier;

    if (fq_dimension_table(dimension) != FQ_CODES_NONE) {
        return read_code(node, dimension, value, out_number, out_why);
    }
    if (dimension == FQ_BY_CAMPAIGN) {
        return read_campaign(node, value, out_number, out_why);
    }
    if (dimension == FQ_BY_TIER && fq_tier_parse(value, &tier)) {
        *out_number = tier;
        return FQ_OK;
    }
    if (read_number(value, out_number)) {
        return FQ_OK;
    }
    enum fq_reason reason = dimension == FQ_BY_UNIT   ? FQ_REASON_UNIT
                            : dimension == FQ_BY_TIER ? FQ_REASON_CODE_UNKNOWN
                                                      : FQ_REASON_PLACE_UNKNOWN;
    return fq_fail(out_why, reason, "%.*s", shown(value), words(value));
}

/* A condition on a row's time narrows the question itself. */
static fq_err narrow_time(struct fq_node *node, enum fq_dimension dimension, struct fq_span value,
                          struct fq_rollup_query *query, struct fq_why *out_why)
{
    struct fq_period part, *period = &query->period;
    char text[16] = "";

    if (fq_period_parse_in(value, &node->calendar, &part)) {
        fq_time_key_format(dimension, fq_query_time_key(query, dimension, part.first_month), text);
    }
    if (!fq_span_equal(fq_span_text(text), value) || part.first_month > period->last_month ||
        part.last_month < period->first_month) {
        return fq_fail(out_why, FQ_REASON_PERIOD_UNKNOWN, "%.*s", shown(value), words(value));
    }
    if (part.first_month < period->first_month) {
        part.first_month = period->first_month;
        part.first_day = period->first_day;
    }
    if (part.last_month > period->last_month) {
        part.last_month = period->last_month;
        part.last_day = period->last_day;
    }
    *period = part;
    return FQ_OK;
}

/* And so does one on its area, so that any row printed can be asked for by its keys. */
static fq_err narrow_area(struct fq_node *node, enum fq_dimension dimension, struct fq_span value,
                          bool *is_narrow, struct fq_rollup_query *query, struct fq_why *out_why)
{
    uint64_t code = 0;
    bool is_number = value.size == 6 && read_number(value, &code);
    uint32_t counted = fq_query_area(&node->areas, query, (uint32_t)code);

    if (is_number && *is_narrow && fq_areas_covers(&node->areas, counted, query->area)) {
        return FQ_OK; /* a county's city, say */
    }
    if (!is_number || !fq_areas_find(&node->areas, counted) ||
        !fq_areas_covers(&node->areas, query->area, counted)) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%.*s", shown(value), words(value));
    }
    /* A row by county is of that area alone, as is what stands under the area of the question; a
     * unit above county takes part there. */
    query->is_exact = dimension == FQ_BY_COUNTY || counted == query->area;
    query->area = counted;
    *is_narrow = true;
    return FQ_OK;
}

static fq_err read_where(struct fq_node *node, struct fq_span args, struct fq_rollup_query *query,
                         struct fq_why *out_why)
{
    struct fq_reader where = fq_reader_over(fq_map_get(args, "where"));
    uint32_t count = fq_read_type(&where) == FQ_CODEC_MAP ? fq_read_map(&where) : 0;
    bool is_narrow = false;
    fq_err err = FQ_OK;

    if (count > FQ_ROLLUP_WHERE_MAX) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "where: %u > %d", count, FQ_ROLLUP_WHERE_MAX);
    }
    for (uint32_t i = 0; i < count && !err; i++) {
        struct fq_span name = fq_read_text(&where);
        struct fq_span value = fq_read_text(&where);
        enum fq_dimension dimension;
        if (!fq_dimension_find(name, &dimension)) {
            return unknown_dimension(name, out_why);
        }
        if (fq_dimension_is_time(dimension)) {
            err = narrow_time(node, dimension, value, query, out_why);
        } else if (fq_dimension_is_area(dimension)) {
            err = narrow_area(node, dimension, value, &is_narrow, query, out_why);
        } else {
            query->where[query->where_count].dimension = dimension;
            err = read_condition(node, dimension, value, &query->where[query->where_count].number,
                                 out_why);
            query->where_count++;
        }
    }
    return err;
}

/* ---- the rest ---- */

static fq_err read_basis(struct fq_span args, enum fq_basis *out_basis, struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, "basis");

    *out_basis = fq_span_equal(text, fq_span_text("then")) ? FQ_BASIS_THEN : FQ_BASIS_NOW;
    if (text.size && *out_basis == FQ_BASIS_NOW && !fq_span_equal(text, fq_span_text("now"))) {
        return fq_fail(out_why, FQ_REASON_QUESTION, "basis: %.*s; now then", shown(text),
                       words(text));
    }
    return FQ_OK;
}

static fq_err unknown_metric(const struct fq_node *node, struct fq_span name,
                             struct fq_why *out_why)
{
    char known[300] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < node->metrics.count && used + 60 < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, " %s=v%u",
                                 node->metrics.rows[i].name, node->metrics.rows[i].version);
    }
    return fq_fail(out_why, FQ_REASON_MEASURE_UNKNOWN, "%.*s;%s", shown(name), words(name), known);
}

/* metric: { success_rate: "v2" }. A version that is not known here is the figure's to say (X2). */
static fq_err read_metrics(const struct fq_node *node, struct fq_span args, struct fq_rates *rates,
                           struct fq_why *out_why)
{
    struct fq_reader metrics = fq_reader_over(fq_map_get(args, "metric"));
    uint32_t count = fq_read_type(&metrics) == FQ_CODEC_MAP ? fq_read_map(&metrics) : 0;

    fq_rates_init(rates, &node->metrics);
    for (uint32_t i = 0; i < count && !metrics.is_bad; i++) {
        struct fq_span name = fq_read_text(&metrics);
        struct fq_span version = fq_read_text(&metrics);
        uint64_t number = 0;
        bool is_version = version.size > 1 && version.data[0] == 'v' &&
                          read_number(fq_span_of(version.data + 1, version.size - 1), &number) &&
                          number > 0 && number <= UINT32_MAX;
        if (!is_version || !fq_rates_choose(rates, &node->metrics, name, (uint32_t)number)) {
            return unknown_metric(node, name, out_why);
        }
    }
    return FQ_OK;
}

/* Months by number become a period; its name is that of a period 12 months later when it has one. */
static bool make_period(const struct fq_node *node, int first, int last, const char *name,
                        struct fq_period *out_period)
{
    char from[FQ_MONTH_TEXT_SIZE], to[FQ_MONTH_TEXT_SIZE], text[FQ_PERIOD_NAME_SIZE];

    if (first < 1 || last > FQ_MONTH_MAX) {
        return false;
    }
    unsigned long year = strtoul(name, NULL, 10);
    snprintf(text, sizeof text, "%04lu%.*s", year ? year - 1 : 0, 80,
             strlen(name) > 4 ? name + 4 : "");
    if (fq_period_parse_in(fq_span_text(text), &node->calendar, out_period) &&
        out_period->first_month == first && out_period->last_month == last) {
        return true;
    }
    fq_month_format((uint16_t)first, from);
    fq_month_format((uint16_t)last, to);
    snprintf(text, sizeof text, "%s..%s", from, to);
    return fq_period_parse(fq_span_text(text), out_period);
}

static fq_err read_base(struct fq_node *node, struct fq_span args, struct question *question,
                        struct fq_why *out_why)
{
    struct fq_span compare = fq_map_text(args, "compare");
    const struct fq_period *period = &question->query.period;

    question->base = question->query;
    if (compare.size && fq_map_bool(args, "yoy")) {
        return fq_fail(out_why, FQ_REASON_QUESTION, "yoy, compare");
    }
    if (compare.size) {
        question->has_base = true;
        return fq_service_find_period(node, compare, &question->base.period, out_why);
    }
    question->has_base = fq_map_bool(args, "yoy");
    if (question->has_base && !make_period(node, period->first_month - 12, period->last_month - 12,
                                           period->name, &question->base.period)) {
        return fq_fail(out_why, FQ_REASON_PERIOD_UNKNOWN, "yoy: %s", period->name);
    }
    return FQ_OK;
}

/* The reporting year to date: from the beginning of the year in which the period ends. */
static fq_err read_cumulative(struct fq_node *node, struct fq_span args, struct question *question,
                              struct fq_why *out_why)
{
    const struct fq_rollup_query *query = &question->query;
    unsigned place;

    question->is_cumulative = fq_map_bool(args, "cumulative");
    if (!question->is_cumulative) {
        return FQ_OK;
    }
    for (uint32_t i = 0; i < query->by_count; i++) {
        if (fq_dimension_is_time(query->by[i])) {
            return fq_fail(out_why, FQ_REASON_QUESTION, "cumulative, by %s",
                           fq_dimension_name(query->by[i]));
        }
    }
    (void)fq_calendar_year_of(&node->calendar, query->period.last_month, &place);
    int first = query->period.last_month - (int)place;
    question->year = *query;
    return make_period(node, first, query->period.last_month, "", &question->year.period)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_PERIOD_UNKNOWN, "cumulative: %s", query->period.name);
}

fq_err question_read(struct fq_node *node, struct fq_span args, struct question *out_question,
                     struct fq_why *out_why)
{
    struct question question = {.is_public = fq_map_bool(args, "public")};
    struct fq_rollup_query *query = &question.query;

    query->calendar = &node->calendar;
    query->codes = &node->codes;
    fq_err err = fq_service_read_period(node, args, &query->period, out_why);
    err = err ? err : fq_service_read_area(node, args, &query->area, out_why);
    err = err ? err : read_basis(args, &query->basis, out_why);
    if (!err) {
        query->area = fq_query_area(&node->areas, query, query->area);
    }
    err = err ? err : read_by(args, query, out_why);
    err = err ? err : read_where(node, args, query, out_why);
    err = err ? err : read_metrics(node, args, &question.rates, out_why);
    err = err ? err : read_base(node, args, &question, out_why);
    err = err ? err : read_cumulative(node, args, &question, out_why);
    question.has_shares = question.has_base || fq_map_bool(args, "share");
    if (!err) {
        *out_question = question;
    }
    return err;
}

fq_err fq_service_read_measure(struct fq_span args, enum fq_measure *out_measure,
                               struct fq_why *out_why)
{
    struct fq_span name = fq_map_text(args, "measure");
    char known[FQ_WHY_SIZE - 60] = "";
    size_t used = 0;

    if (fq_measure_find(name, out_measure) && *out_measure != FQ_MEASURE_ACTIVITY) {
        return FQ_OK;
    }
    for (int i = 0; i < FQ_MEASURE_ACTIVITY && used + 40 < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, " %s",
                                 fq_measure_row((enum fq_measure)i)->name);
    }
    return fq_fail(out_why, FQ_REASON_MEASURE_UNKNOWN, "%.*s;%s", shown(name), words(name), known);
}

fq_err fq_service_read_query(struct fq_node *node, struct fq_span args,
                             struct fq_rollup_query *query, struct fq_why *out_why)
{
    struct question question;
    fq_err err = question_read(node, args, &question, out_why);

    if (!err) {
        *query = question.query;
    }
    return err;
}
