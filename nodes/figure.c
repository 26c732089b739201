/* A figure as it is told: keys and names, measures, rates, and what they are compared with. */
#include <stdio.h>
#include <string.h>

#include "asof.h"
#include "figures.h"

/* ---- pairs ---- */

void figure_pair(struct figure_pairs *pairs, const char *key)
{
    fq_write_text(&pairs->writer, key);
    pairs->count++;
}

void figure_pair_text(struct figure_pairs *pairs, const char *key, const char *value)
{
    figure_pair(pairs, key);
    fq_write_text(&pairs->writer, value);
}

/* ---- measures and rates ---- */

#define MEASURES (FQ_MEASURES_COUNT - 1)

uint32_t figure_pair_count(const struct fq_rates *rates)
{
    return MEASURES + rates->count;
}

static bool is_hidden(uint64_t hidden, enum fq_measure measure)
{
    return hidden >> measure & 1;
}

/* The text, or nil where there is none. */
static void put_text_or_nil(const char *text, struct fq_writer *writer)
{
    if (text[0]) {
        fq_write_text(writer, text);
    } else {
        fq_write_nil(writer);
    }
}

static void put_measures(const int64_t *values, uint64_t hidden, struct fq_writer *writer)
{
    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        if (i == FQ_MEASURE_ACTIVITY) {
            continue;
        }
        fq_write_text(writer, fq_measure_row((enum fq_measure)i)->name);
        if (is_hidden(hidden, (enum fq_measure)i)) {
            fq_write_nil(writer);
        } else {
            fq_write_int(writer, values[i]);
        }
    }
}

void figure_put_pairs(const struct fq_rates *rates, const int64_t *values, uint64_t hidden,
                      struct fq_writer *writer)
{
    char text[32];

    put_measures(values, hidden, writer);
    for (uint32_t i = 0; i < rates->count; i++) {
        const struct fq_metric *metric = rates->rows[i].metric;
        fq_write_text(writer, rates->rows[i].name);
        fq_rates_format(rates, i, values, text);
        if (metric &&
            (is_hidden(hidden, metric->numerator) || is_hidden(hidden, metric->denominator))) {
            text[0] = '\0';
        }
        put_text_or_nil(text, writer);
    }
}

void figure_put_map(const struct fq_rates *rates, const char *name, const int64_t *values,
                    uint64_t hidden, struct fq_writer *writer)
{
    fq_write_text(writer, name);
    fq_write_map(writer, figure_pair_count(rates));
    figure_put_pairs(rates, values, hidden, writer);
}

/* ---- keys and names ---- */

struct named {
    char key[FQ_CODE_ID_SIZE];
    const char *zh, *en;
    char text[24]; /* the name where it is made of the key */
};

static void name_area(const struct fq_node *node, uint64_t key, struct named *named)
{
    const struct fq_area *area = fq_areas_find(&node->areas, (uint32_t)key);

    snprintf(named->key, sizeof named->key, "%06llu", (unsigned long long)key);
    named->zh = area ? area->name_zh : "";
    named->en = area ? area->name_en : "";
}

static void name_code(const struct fq_node *node, enum fq_dimension by, uint64_t key,
                      struct named *named)
{
    const struct fq_code *code = fq_codes_find(&node->codes, fq_dimension_table(by), key);

    snprintf(named->key, sizeof named->key, "%llu", (unsigned long long)key);
    if (code) {
        snprintf(named->key, sizeof named->key, "%s", code->id);
    }
    named->zh = code ? code->zh : "";
    named->en = code ? code->en : "";
}

static void name_place(const struct fq_node *node, uint64_t key, struct named *named)
{
    const struct fq_place *place = fq_places_find(&node->places, key);

    snprintf(named->key, sizeof named->key, "%llu", (unsigned long long)key);
    named->zh = named->en = place ? place->name_zh : "";
}

static void name_unit(const struct fq_node *node, uint64_t key, struct named *named)
{
    const struct fq_unit *unit = fq_units_find(&node->units, key);

    snprintf(named->key, sizeof named->key, key ? "%010llu" : "%llu", (unsigned long long)key);
    named->zh = unit ? unit->name_zh : "";
    named->en = unit && unit->name_en[0] ? unit->name_en : named->zh;
}

static void name_campaign(const struct fq_node *node, uint64_t key, struct named *named)
{
    const struct fq_campaign *campaign =
        fq_campaigns_find(&node->core.control.campaigns, (uint32_t)key);

    snprintf(named->key, sizeof named->key, "%llu", (unsigned long long)key);
    named->zh = named->en = campaign ? campaign->name : "";
}

static void name_of(const struct fq_node *node, enum fq_dimension by, uint64_t key,
                    struct named *named)
{
    *named = (struct named){.zh = "", .en = ""};
    if (fq_dimension_is_area(by)) {
        name_area(node, key, named);
    } else if (fq_dimension_table(by) != FQ_CODES_NONE) {
        name_code(node, by, key, named);
    } else if (by == FQ_BY_TOWN || by == FQ_BY_VILLAGE) {
        name_place(node, key, named);
    } else if (by == FQ_BY_UNIT) {
        name_unit(node, key, named);
    } else if (by == FQ_BY_CAMPAIGN) {
        name_campaign(node, key, named);
    } else {
        char text[16] = "0";
        if (fq_dimension_is_time(by)) {
            fq_time_key_format(by, key, text);
        } else if (*fq_tier_name((enum fq_tier)key)) {
            snprintf(text, sizeof text, "%s", fq_tier_name((enum fq_tier)key));
        }
        snprintf(named->key, sizeof named->key, "%s", text);
        snprintf(named->text, sizeof named->text, "%s", text);
        named->zh = named->en = named->text;
    }
}

uint32_t figure_key_count(const struct fq_rollup_query *query)
{
    return query->by_count + 2;
}

#define NAMES_SIZE 400

static void append(char *names, const char *name, bool is_first)
{
    size_t used = strlen(names);

    snprintf(names + used, NAMES_SIZE - used, "%s%s", is_first ? "" : " / ", name);
}

void fq_service_put_keys(const struct fq_node *node, const struct fq_rollup_query *query,
                         const struct fq_rollup_row *row, struct fq_writer *writer)
{
    char en[NAMES_SIZE] = "", zh[NAMES_SIZE] = "";

    for (uint32_t i = 0; i < query->by_count; i++) {
        struct named named;
        name_of(node, query->by[i], row->key[i], &named);
        fq_write_text(writer, fq_dimension_name(query->by[i]));
        fq_write_text(writer, named.key);
        append(en, named.en, i == 0);
        append(zh, named.zh, i == 0);
    }
    fq_write_text(writer, "name");
    fq_write_text(writer, en);
    fq_write_text(writer, "name_zh");
    fq_write_text(writer, zh);
}

/* ---- comparisons ---- */

/* What `hidden` leaves of a text for each measure. */
typedef void format_measure(const int64_t *now, const int64_t *other, enum fq_measure measure,
                            char out[32]);

static void format_growth(const int64_t *now, const int64_t *base, enum fq_measure measure,
                          char out[32])
{
    fq_growth_format(base[measure], now[measure], out);
}

static void format_share(const int64_t *now, const int64_t *total, enum fq_measure measure,
                         char out[32])
{
    fq_rate_format(now[measure], total[measure], out);
}

static void put_texts(const char *name, format_measure *format, const int64_t *now,
                      const int64_t *other, uint64_t hidden, struct fq_writer *writer)
{
    char text[32];

    fq_write_text(writer, name);
    fq_write_map(writer, MEASURES);
    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        if (i == FQ_MEASURE_ACTIVITY) {
            continue;
        }
        fq_write_text(writer, fq_measure_row((enum fq_measure)i)->name);
        text[0] = '\0';
        if (!is_hidden(hidden, (enum fq_measure)i)) {
            format(now, other, (enum fq_measure)i, text);
        }
        put_text_or_nil(text, writer);
    }
}

static void put_difference(const int64_t *now, const int64_t *base, uint64_t hidden,
                           struct fq_writer *writer)
{
    int64_t difference[FQ_MEASURES_COUNT];

    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        difference[i] = fq_minus(now[i], base[i]);
    }
    fq_write_text(writer, "difference");
    fq_write_map(writer, MEASURES);
    put_measures(difference, hidden, writer);
}

/* Figures of a row or the total, one set for each period asked for. */
struct sets {
    const int64_t *now, *base, *year, *total; /* base and year: NULL when not asked for */
    uint64_t now_hidden, base_hidden, year_hidden, total_hidden;
    uint16_t k;
};

static uint32_t set_pair_count(const struct question *question)
{
    return figure_pair_count(&question->rates) + (question->has_base ? 3 : 0) +
           question->is_cumulative + question->has_shares + (question->is_public ? 2 : 0);
}

static void put_sets(const struct question *question, const struct sets *sets,
                     struct fq_writer *writer)
{
    const struct fq_rates *rates = &question->rates;

    figure_put_pairs(rates, sets->now, sets->now_hidden, writer);
    if (question->has_base) {
        uint64_t hidden = sets->now_hidden | sets->base_hidden;
        figure_put_map(rates, "base", sets->base, sets->base_hidden, writer);
        put_difference(sets->now, sets->base, hidden, writer);
        put_texts("growth", format_growth, sets->now, sets->base, hidden, writer);
    }
    if (question->has_shares) {
        put_texts("share", format_share, sets->now, sets->total,
                  sets->now_hidden | sets->total_hidden, writer);
    }
    if (question->is_cumulative) {
        figure_put_map(rates, "cumulative", sets->year, sets->year_hidden, writer);
    }
    if (question->is_public) {
        fq_write_text(writer, "suppressed");
        fq_write_bool(writer, (sets->now_hidden | sets->base_hidden | sets->year_hidden) != 0);
        fq_write_text(writer, "k");
        fq_write_uint(writer, sets->k);
    }
}

void figure_put_row(const struct fq_node *node, const struct question *question,
                    const struct figure_table *table, uint32_t index, struct fq_writer *writer)
{
    const struct sets sets = {
        .now = table->rows[index].value,
        .base = table->base_rows ? table->base_rows[index].value : NULL,
        .year = table->year_rows ? table->year_rows[index].value : NULL,
        .total = table->now.total,
        .now_hidden = question->is_public ? table->of_now.hidden[index] : 0,
        .base_hidden = question->is_public && table->base_rows ? table->of_base.hidden[index] : 0,
        .year_hidden = question->is_public && table->year_rows ? table->of_year.hidden[index] : 0,
        .total_hidden = table->of_now.total_hidden,
        .k = question->is_public ? table->k[index] : 0,
    };

    fq_write_map(writer, figure_key_count(&question->query) + set_pair_count(question));
    fq_service_put_keys(node, &question->query, &table->rows[index], writer);
    put_sets(question, &sets, writer);
}

void figure_put_total(const struct question *question, const struct figure_table *table,
                      struct fq_writer *writer)
{
    const struct sets sets = {
        .now = table->now.total,
        .base = table->base.total,
        .year = table->year.total,
        .total = table->now.total,
        .now_hidden = table->of_now.total_hidden,
        .base_hidden = table->of_base.total_hidden,
        .year_hidden = table->of_year.total_hidden,
        .total_hidden = table->of_now.total_hidden,
        .k = table->k_total,
    };

    fq_write_map(writer, set_pair_count(question));
    put_sets(question, &sets, writer);
}
