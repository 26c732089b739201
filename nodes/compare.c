/* The table that answers a question: the period's rows, beside them those of a base period and of the
 * year to date, and what of it is not to be published. */
#include <string.h>

#include "figures.h"

/* ---- periods side by side ---- */

/* The place of a key among those of the period's months, in their order; the count when it is none. */
static uint32_t place_of(const struct fq_rollup_query *query, enum fq_dimension by, uint64_t key)
{
    uint32_t place = 0;
    uint64_t last = 0;

    for (uint32_t month = query->period.first_month; month <= query->period.last_month; month++) {
        uint64_t here = fq_query_time_key(query, by, (uint16_t)month);
        if (month > query->period.first_month && here != last) {
            place++;
        }
        if (here == key) {
            return place;
        }
        last = here;
    }
    return place + 1;
}

static uint64_t key_at(const struct fq_rollup_query *query, enum fq_dimension by, uint32_t place,
                       uint64_t otherwise)
{
    uint64_t last = fq_query_time_key(query, by, query->period.first_month);

    for (uint32_t month = query->period.first_month; month <= query->period.last_month; month++) {
        uint64_t key = fq_query_time_key(query, by, (uint16_t)month);
        if (key != last && place-- == 0) {
            return last;
        }
        last = key;
    }
    return place == 0 ? last : otherwise;
}

/* The key of the row of this period that a row of the base stands beside: the first month beside the
 * first, and so on. */
static void key_beside(const struct question *question, const struct fq_rollup_row *row,
                       uint64_t *key)
{
    const struct fq_rollup_query *query = &question->query;

    memcpy(key, row->key, FQ_ROLLUP_BY_MAX * sizeof *key);
    for (uint32_t i = 0; i < query->by_count; i++) {
        if (fq_dimension_is_time(query->by[i])) {
            uint32_t place = place_of(&question->base, query->by[i], key[i]);
            key[i] = key_at(query, query->by[i], place, key[i]);
        }
    }
}

/* ---- rows ---- */

static bool add_rows(const struct question *question, const struct fq_rollup *rollup, bool is_base,
                     struct fq_tally *keys)
{
    uint64_t key[FQ_ROLLUP_BY_MAX];

    for (uint32_t i = 0; i < rollup->count; i++) {
        memcpy(key, rollup->rows[i].key, sizeof key);
        if (is_base) {
            key_beside(question, &rollup->rows[i], key);
        }
        if (!fq_tally_row(keys, key)) {
            return false;
        }
    }
    return true;
}

/* The rows of a rollup in the order of `keys`, zeros where it has none. */
static struct fq_rollup_row *beside(struct fq_node *node, const struct question *question,
                                    const struct fq_rollup *rollup, bool is_base,
                                    struct fq_tally *keys)
{
    struct fq_rollup_row *rows = fq_arena_take(&node->scratch, (keys->count + 1) * sizeof *rows);
    uint64_t key[FQ_ROLLUP_BY_MAX];

    for (uint32_t i = 0; rows && i < keys->count; i++) {
        memcpy(rows[i].key, keys->rows[i].key, sizeof rows[i].key);
    }
    for (uint32_t i = 0; rows && i < rollup->count; i++) {
        memcpy(key, rollup->rows[i].key, sizeof key);
        if (is_base) {
            key_beside(question, &rollup->rows[i], key);
        }
        struct fq_rollup_row *row = &rows[fq_tally_row(keys, key) - keys->rows];
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            row->value[m] = fq_plus(row->value[m], rollup->rows[i].value[m]);
        }
    }
    return rows;
}

static fq_err join_rows(struct fq_node *node, const struct question *question,
                        struct figure_table *table, struct fq_why *out_why)
{
    struct fq_tally keys;
    uint32_t most = table->now.count + table->base.count + table->year.count + 1;
    bool is_whole = fq_tally_init(&keys, most, &node->scratch) &&
                    add_rows(question, &table->now, false, &keys) &&
                    add_rows(question, &table->base, true, &keys) &&
                    add_rows(question, &table->year, false, &keys);

    if (is_whole) {
        table->rows = beside(node, question, &table->now, false, &keys);
        table->base_rows =
            question->has_base ? beside(node, question, &table->base, true, &keys) : NULL;
        table->year_rows =
            question->is_cumulative ? beside(node, question, &table->year, false, &keys) : NULL;
        table->count = keys.count;
    }
    if (!is_whole || !table->rows || (question->has_base && !table->base_rows) ||
        (question->is_cumulative && !table->year_rows)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    return FQ_OK;
}

/* ---- what is not published ---- */

static uint16_t k_of_type(const struct fq_node *node, uint64_t type)
{
    uint16_t group = fq_type_group(&node->codes, (uint16_t)type);
    const struct fq_publication *publication = &node->metrics.publication;

    for (uint32_t i = 0; i < publication->sensitive_count; i++) {
        uint16_t number;
        struct fq_span id = fq_span_text(publication->sensitive[i]);
        if (fq_codes_find_id(&node->codes, FQ_CODES_TYPE, id, &number) &&
            (number == type || number == group)) {
            return publication->k_sensitive;
        }
    }
    return publication->k;
}

static bool is_type(enum fq_dimension by)
{
    return by == FQ_BY_TYPE || by == FQ_BY_TYPE_GROUP;
}

/* The threshold of a row: that of its type, or of the type all rows are of. */
static uint16_t k_of(const struct fq_node *node, const struct fq_rollup_query *query,
                     const uint64_t *key)
{
    uint16_t k = node->metrics.publication.k;

    for (uint32_t i = 0; i < query->by_count && key; i++) {
        uint16_t of_type = is_type(query->by[i]) ? k_of_type(node, key[i]) : k;
        k = of_type > k ? of_type : k;
    }
    for (uint32_t i = 0; i < query->where_count; i++) {
        uint16_t of_type =
            is_type(query->where[i].dimension) ? k_of_type(node, query->where[i].number) : k;
        k = of_type > k ? of_type : k;
    }
    return k;
}

static fq_err suppress(struct fq_node *node, const struct question *question,
                       const struct figure_table *figures, const struct fq_rollup_row *rows,
                       const struct fq_rollup *rollup, struct fq_suppression *out_suppression,
                       struct fq_why *out_why)
{
    const struct fq_suppress_table table = {
        .rows = rows,
        .count = figures->count,
        .by_count = question->query.by_count,
        .total = rollup->total,
        .overlap = rollup->has_overlap ? rollup->overlap : NULL,
        .k = figures->k,
        .k_total = figures->k_total,
    };

    return fq_suppress(&table, &node->scratch, out_suppression, out_why);
}

static fq_err suppress_all(struct fq_node *node, const struct question *question,
                           struct figure_table *table, struct fq_why *out_why)
{
    uint16_t *k = fq_arena_take(&node->scratch, (table->count + 1) * sizeof *k);

    if (!k) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (uint32_t i = 0; i < table->count; i++) {
        k[i] = k_of(node, &question->query, table->rows[i].key);
    }
    table->k = k;
    table->k_total = k_of(node, &question->query, NULL);
    fq_err err = suppress(node, question, table, table->rows, &table->now, &table->of_now, out_why);
    if (!err && table->base_rows) {
        err = suppress(node, question, table, table->base_rows, &table->base, &table->of_base,
                       out_why);
    }
    if (!err && table->year_rows) {
        err = suppress(node, question, table, table->year_rows, &table->year, &table->of_year,
                       out_why);
    }
    return err;
}

fq_err figure_table_make(struct fq_node *node, const struct fq_view *view,
                         const struct question *question, struct figure_table *out_table,
                         struct fq_why *out_why)
{
    struct figure_table table;

    memset(&table, 0, sizeof table);
    fq_err err =
        fq_rollup_run(view, &node->codes, &question->query, &node->scratch, &table.now, out_why);
    if (!err && question->has_base) {
        err = fq_rollup_run(view, &node->codes, &question->base, &node->scratch, &table.base,
                            out_why);
    }
    if (!err && question->is_cumulative) {
        err = fq_rollup_run(view, &node->codes, &question->year, &node->scratch, &table.year,
                            out_why);
    }
    err = err ? err : join_rows(node, question, &table, out_why);
    if (!err && question->is_public) {
        err = suppress_all(node, question, &table, out_why);
    }
    if (!err) {
        *out_table = table;
    }
    return err;
}
