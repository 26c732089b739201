#include "fq/core/rollup.h"

#include <string.h>

struct gather {
    const struct fq_view *view;
    const struct fq_codes *codes;
    const struct fq_rollup_query *query;
    struct fq_arena *arena;
    struct fq_tally tally;
    struct fq_rollup *rollup;
    bool has_time;   /* whether the query's rows are by month, quarter, ... */
    uint16_t *types; /* those any dispute has had, where cells of types are read */
    uint32_t type_count;
};

static bool has_dimension(const struct fq_rollup_query *query, enum fq_dimension by)
{
    for (uint32_t i = 0; i < query->by_count; i++) {
        if (query->by[i] == by) {
            return true;
        }
    }
    return false;
}

/* ---- the rows that stand there anyway (R4) ---- */

/* Whether the area is one of those that count in the period (G2). */
static bool is_counted_area(const struct fq_rollup_query *query, const struct fq_area *area)
{
    const struct fq_period *period = &query->period;
    bool has_ended = area->valid_to && area->valid_to <= period->first_day;

    if (query->basis == FQ_BASIS_NOW) {
        return area->successor == 0 && !has_ended;
    }
    return !has_ended && (!area->valid_from || area->valid_from <= period->last_day);
}

static bool is_listed_area(const struct gather *gather, enum fq_dimension by,
                           const struct fq_area *area)
{
    const struct fq_rollup_query *query = gather->query;
    const struct fq_areas *areas = gather->view->areas;
    const struct fq_area *parent = fq_areas_find(areas, area->parent);

    if (!is_counted_area(query, area) || !fq_query_covers(areas, query, area->code)) {
        return false;
    }
    switch (by) {
    case FQ_BY_AREA:
        return area->parent == query->area ||
               (area->code == query->area && area->tier == FQ_TIER_COUNTY);
    case FQ_BY_CITY:
        return area->tier == FQ_TIER_CITY ||
               (area->tier == FQ_TIER_COUNTY && (!parent || parent->tier != FQ_TIER_CITY));
    default:
        return area->tier == FQ_TIER_COUNTY;
    }
}

static bool listed_area_at(const struct gather *gather, enum fq_dimension by, uint32_t *place,
                           uint64_t *out_key)
{
    const struct fq_areas *areas = gather->view->areas;

    for (; *place < areas->count; (*place)++) {
        if (is_listed_area(gather, by, &areas->rows[*place])) {
            *out_key = areas->rows[(*place)++].code;
            return true;
        }
    }
    return false;
}

static bool listed_time_at(const struct gather *gather, enum fq_dimension by, uint32_t *place,
                           uint64_t *out_key)
{
    const struct fq_period *period = &gather->query->period;

    while (period->first_month + *place <= period->last_month) {
        uint16_t month = (uint16_t)(period->first_month + (*place)++);
        *out_key = fq_query_time_key(gather->query, by, month);
        if (month == period->first_month ||
            *out_key != fq_query_time_key(gather->query, by, (uint16_t)(month - 1))) {
            return true;
        }
    }
    return false;
}

static bool listed_code_at(const struct gather *gather, enum fq_dimension by, uint32_t *place,
                           uint64_t *out_key)
{
    enum fq_code_table table = fq_dimension_table(by);

    while (*place < gather->codes->tables[table].count) {
        const struct fq_code *row = &gather->codes->tables[table].rows[(*place)++];
        if (by != FQ_BY_TYPE_GROUP || row->parent == 0) {
            *out_key = row->number;
            return true;
        }
    }
    return false;
}

/* The values a dimension lists: the one at `place`, in the order to print; false past the end. */
static bool listed_at(const struct gather *gather, enum fq_dimension by, uint32_t *place,
                      uint64_t *out_key)
{
    if (fq_dimension_is_area(by)) {
        return listed_area_at(gather, by, place, out_key);
    }
    if (fq_dimension_is_time(by)) {
        return listed_time_at(gather, by, place, out_key);
    }
    if (by == FQ_BY_TIER) {
        *out_key = FQ_TIER_COUNTY + *place;
        return FQ_TIER_COUNTY + (*place)++ <= FQ_TIER_PROVINCE;
    }
    return fq_dimension_table(by) != FQ_CODES_NONE && listed_code_at(gather, by, place, out_key);
}

static bool is_below(const struct gather *gather, uint64_t above, uint64_t code)
{
    return fq_areas_covers(gather->view->areas, (uint32_t)above, (uint32_t)code);
}

/* Whether some month of the period has both. */
static bool is_same_time(const struct gather *gather, enum fq_dimension by, uint64_t key,
                         enum fq_dimension other_by, uint64_t other)
{
    const struct fq_rollup_query *query = gather->query;

    for (uint32_t month = query->period.first_month; month <= query->period.last_month; month++) {
        if (fq_query_time_key(query, by, (uint16_t)month) == key &&
            fq_query_time_key(query, other_by, (uint16_t)month) == other) {
            return true;
        }
    }
    return false;
}

/* Whether two values of a row can be one dispute's, as far as their tables tell. */
static bool goes_together(const struct gather *gather, enum fq_dimension by, uint64_t key,
                          enum fq_dimension other_by, uint64_t other)
{
    if (fq_dimension_is_area(by) && fq_dimension_is_area(other_by)) {
        return is_below(gather, key, other) || is_below(gather, other, key);
    }
    if (fq_dimension_is_time(by) && fq_dimension_is_time(other_by)) {
        return is_same_time(gather, by, key, other_by, other);
    }
    if (by == FQ_BY_TYPE_GROUP && other_by == FQ_BY_TYPE) {
        return fq_type_group(gather->codes, (uint16_t)other) == key;
    }
    if (by == FQ_BY_TYPE && other_by == FQ_BY_TYPE_GROUP) {
        return fq_type_group(gather->codes, (uint16_t)key) == other;
    }
    return true;
}

static bool goes_with_those_before(const struct gather *gather, const uint64_t *key, uint32_t depth)
{
    const enum fq_dimension *by = gather->query->by;

    for (uint32_t i = 0; i < depth; i++) {
        if (!goes_together(gather, by[i], key[i], by[depth], key[depth])) {
            return false;
        }
    }
    return true;
}

static void list_rows(struct gather *gather)
{
    const struct fq_rollup_query *query = gather->query;
    uint64_t key[FQ_ROLLUP_BY_MAX] = {0};
    uint32_t place[FQ_ROLLUP_BY_MAX] = {0};
    uint32_t depth = 0;

    if (query->by_count == 0) {
        return;
    }
    for (;;) { /* an odometer over the dimensions; each wheel has an end */
        if (listed_at(gather, query->by[depth], &place[depth], &key[depth])) {
            if (!goes_with_those_before(gather, key, depth)) {
                continue;
            }
            if (depth + 1 < query->by_count) {
                place[++depth] = 0;
            } else if (!fq_tally_row(&gather->tally, key)) {
                return;
            }
        } else if (depth == 0) {
            return;
        } else {
            depth--;
        }
    }
}

/* ---- adding ---- */

static void add_values(int64_t *to, const int64_t *from, bool is_flow, bool is_stock)
{
    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        if (fq_measure_row((enum fq_measure)i)->is_stock ? is_stock : is_flow) {
            to[i] = fq_plus(to[i], from[i]);
        }
    }
}

/* The keys of time of a month; whether they are others than before. */
static bool set_time(const struct fq_rollup_query *query, uint64_t *key, uint16_t month)
{
    bool is_other = false;

    for (uint32_t i = 0; i < query->by_count; i++) {
        if (fq_dimension_is_time(query->by[i])) {
            uint64_t value = fq_query_time_key(query, query->by[i], month);
            is_other |= value != key[i];
            key[i] = value;
        }
    }
    return is_other;
}

/* Add one cell to its row; by time a stock stands in its own months' row and every later one. */
static void add_cell(struct gather *gather, const struct fq_cell *cell, uint64_t *key)
{
    const struct fq_period *period = &gather->query->period;
    bool is_flow = cell->month >= period->first_month;
    uint16_t from = is_flow ? cell->month : period->first_month;

    for (uint32_t month = from; month <= period->last_month; month++) {
        bool is_other = set_time(gather->query, key, (uint16_t)month);
        if (month > from && !is_other) {
            continue;
        }
        struct fq_rollup_row *row = fq_tally_row(&gather->tally, key);
        if (row) {
            add_values(row->value, cell->value, is_flow && month == from, true);
        }
        if (!gather->has_time) {
            return;
        }
    }
}

/* ---- from cells ---- */

/* The table that answers the query, or FQ_CELL_TABLES when only a scan does. */
static enum fq_cell_table table_for(const struct fq_rollup_query *query)
{
    enum fq_cell_table table = FQ_CELLS_AREA;

    if (query->where_count > 0) {
        return FQ_CELL_TABLES;
    }
    for (uint32_t i = 0; i < query->by_count; i++) {
        enum fq_dimension by = query->by[i];
        if (fq_dimension_is_area(by) || fq_dimension_is_time(by)) {
            continue;
        }
        bool is_type = by == FQ_BY_TYPE || by == FQ_BY_TYPE_GROUP;
        if (is_type && table != FQ_CELLS_KIND) {
            table = FQ_CELLS_TYPE;
        } else if (by == FQ_BY_KIND && table == FQ_CELLS_AREA) {
            table = FQ_CELLS_KIND;
        } else {
            return FQ_CELL_TABLES;
        }
    }
    return table;
}

bool fq_rollup_is_declared(const struct fq_rollup_query *query)
{
    return table_for(query) != FQ_CELL_TABLES;
}

static void key_of_cell(const struct gather *gather, const struct fq_cell *cell, uint32_t counted,
                        uint64_t *key)
{
    const struct fq_rollup_query *query = gather->query;

    for (uint32_t i = 0; i < query->by_count; i++) {
        enum fq_dimension by = query->by[i];
        if (fq_dimension_is_area(by)) {
            key[i] = fq_query_area_key(gather->view->areas, query, by, counted);
        } else if (by == FQ_BY_TYPE_GROUP) {
            key[i] = fq_type_group(gather->codes, cell->dimension);
        } else if (!fq_dimension_is_time(by)) {
            key[i] = cell->dimension;
        }
    }
}

/* The cells of an area of one month, or those of its types or kinds; `counted` is what it counts under. */
struct cells_of {
    enum fq_cell_table table;
    uint32_t area, counted;
    uint16_t month;
};

static void add_table_cell(struct gather *gather, const struct cells_of *of,
                           enum fq_cell_table table, uint16_t dimension)
{
    const struct fq_cell *cell =
        fq_cells_find(&gather->view->cells, table, of->area, of->month, dimension);
    uint64_t key[FQ_ROLLUP_BY_MAX] = {0};

    if (!cell) {
        return;
    }
    if (table == FQ_CELLS_AREA) {
        add_values(gather->rollup->total, cell->value,
                   cell->month >= gather->query->period.first_month, true);
    }
    if (table == of->table && gather->query->by_count > 0) {
        key_of_cell(gather, cell, of->counted, key);
        add_cell(gather, cell, key);
    }
}

static void add_area_month(struct gather *gather, const struct cells_of *of)
{
    add_table_cell(gather, of, FQ_CELLS_AREA, 0);
    if (of->table == FQ_CELLS_KIND) {
        for (uint16_t kind = FQ_KIND_PEOPLE; kind <= FQ_KIND_JUDICIAL; kind++) {
            add_table_cell(gather, of, FQ_CELLS_KIND, kind);
        }
    } else if (of->table == FQ_CELLS_TYPE) {
        for (uint32_t i = 0; i < gather->type_count; i++) {
            add_table_cell(gather, of, FQ_CELLS_TYPE, gather->types[i]);
        }
    }
}

/* The types that any dispute has had; false when the arena is full. */
static bool list_types(struct gather *gather)
{
    const uint8_t *seen = gather->view->types_seen;

    gather->types = fq_arena_take_raw(gather->arena, (UINT16_MAX + 1) * sizeof *gather->types);
    for (uint32_t type = 0; type <= UINT16_MAX && gather->types; type++) {
        if (seen[type / 8] >> type % 8 & 1) {
            gather->types[gather->type_count++] = (uint16_t)type;
        }
    }
    return gather->types != NULL;
}

static void gather_cells(struct gather *gather)
{
    const struct fq_areas *areas = gather->view->areas;
    const struct fq_cells *cells = &gather->view->cells;
    const struct fq_rollup_query *query = gather->query;
    uint16_t last = query->period.last_month;
    struct cells_of of = {.table = table_for(query)};

    if (cells->month_min == 0) {
        return;
    }
    for (uint32_t i = 0; i < areas->count; i++) {
        of.area = areas->rows[i].code;
        of.counted = fq_query_area(areas, query, of.area);
        if (!fq_query_covers(areas, query, of.counted)) {
            continue;
        }
        /* Stocks need every month from the first; flows of earlier months are left out. */
        for (of.month = cells->month_min; of.month <= last && of.month <= cells->month_max;
             of.month++) {
            add_area_month(gather, &of);
        }
    }
}

/* ---- order and overlap ---- */

/* Where a value stands in the order of its dimension: listed ones first, in table order. */
static uint64_t rank_of(const struct gather *gather, enum fq_dimension by, uint64_t key)
{
    enum fq_code_table table = fq_dimension_table(by);

    if (table == FQ_CODES_NONE) {
        return key;
    }
    for (uint32_t i = 0; i < gather->codes->tables[table].count; i++) {
        if (gather->codes->tables[table].rows[i].number == key) {
            return i;
        }
    }
    return FQ_CODES_MAX + key;
}

struct ranked {
    uint64_t rank[FQ_ROLLUP_BY_MAX];
    uint32_t row;
};

static bool stands_before(const struct ranked *a, const struct ranked *b)
{
    for (uint32_t i = 0; i < FQ_ROLLUP_BY_MAX; i++) {
        if (a->rank[i] != b->rank[i]) {
            return a->rank[i] < b->rank[i];
        }
    }
    return false;
}

/* Let the element at `at` sink in a heap whose greatest stands first. */
static void sink(struct ranked *heap, uint32_t count, uint32_t at)
{
    struct ranked moving = heap[at];

    for (uint32_t below = 2 * at + 1; below < count; below = 2 * at + 1) {
        if (below + 1 < count && stands_before(&heap[below], &heap[below + 1])) {
            below++;
        }
        if (!stands_before(&moving, &heap[below])) {
            break;
        }
        heap[at] = heap[below];
        at = below;
    }
    heap[at] = moving;
}

static void sort(struct ranked *ranked, uint32_t count)
{
    for (uint32_t at = count / 2; at > 0; at--) {
        sink(ranked, count, at - 1);
    }
    for (uint32_t end = count; end > 1; end--) {
        struct ranked greatest = ranked[0];
        ranked[0] = ranked[end - 1];
        ranked[end - 1] = greatest;
        sink(ranked, end - 1, 0);
    }
}

/* A copy of the rows in their order; false when the arena is full. */
static bool order_rows(struct gather *gather)
{
    const struct fq_rollup_query *query = gather->query;
    struct fq_tally *tally = &gather->tally;
    struct ranked *ranked = fq_arena_take(gather->arena, (tally->count + 1) * sizeof *ranked);
    struct fq_rollup_row *rows =
        fq_arena_take_raw(gather->arena, (tally->count + 1) * sizeof *rows);

    if (!ranked || !rows) {
        return false;
    }
    for (uint32_t i = 0; i < tally->count; i++) {
        ranked[i].row = i;
        for (uint32_t k = 0; k < query->by_count; k++) {
            ranked[i].rank[k] = rank_of(gather, query->by[k], tally->rows[i].key[k]);
        }
    }
    sort(ranked, tally->count);
    for (uint32_t i = 0; i < tally->count; i++) {
        rows[i] = tally->rows[ranked[i].row];
    }
    gather->rollup->rows = rows;
    gather->rollup->count = tally->count;
    return true;
}

/* Whether the row stands at the period's end. */
static bool is_last_time(const struct fq_rollup_query *query, const struct fq_rollup_row *row)
{
    for (uint32_t i = 0; i < query->by_count; i++) {
        if (fq_dimension_is_time(query->by[i]) &&
            row->key[i] != fq_query_time_key(query, query->by[i], query->period.last_month)) {
            return false;
        }
    }
    return true;
}

/* R2. By time the rows of a stock overlap as its total stands: at the end of the period (R3). */
static void find_overlap(struct gather *gather)
{
    struct fq_rollup *rollup = gather->rollup;

    rollup->has_overlap = has_dimension(gather->query, FQ_BY_KIND);
    for (uint32_t i = 0; i < rollup->count && rollup->has_overlap; i++) {
        const struct fq_rollup_row *row = &rollup->rows[i];
        add_values(rollup->overlap, row->value, true, is_last_time(gather->query, row));
    }
    for (int i = 0; i < FQ_MEASURES_COUNT && rollup->has_overlap; i++) {
        rollup->overlap[i] = fq_minus(rollup->overlap[i], rollup->total[i]);
    }
}

/* Rows that no table lists stand there for their figures only: without any they are left out. */
static void drop_empty(struct fq_tally *tally, uint32_t listed_count)
{
    uint32_t kept = listed_count;

    for (uint32_t i = listed_count; i < tally->count; i++) {
        int64_t any = 0;
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            any |= tally->rows[i].value[m];
        }
        if (any) {
            tally->rows[kept++] = tally->rows[i];
        }
    }
    tally->count = kept;
}

#define ROWS_FIRST 4096 /* rows most rollups stay below */

static uint32_t capacity_for(const struct fq_rollup_query *query)
{
    bool is_small = query->by_count < 2;

    for (uint32_t i = 0; i < query->by_count; i++) {
        enum fq_dimension by = query->by[i];
        is_small = is_small && by != FQ_BY_TOWN && by != FQ_BY_VILLAGE && by != FQ_BY_UNIT;
    }
    return is_small ? ROWS_FIRST : FQ_ROLLUP_ROWS_MAX;
}

fq_err fq_rollup_run(const struct fq_view *view, const struct fq_codes *codes,
                     const struct fq_rollup_query *query, struct fq_arena *arena,
                     struct fq_rollup *out_rollup, struct fq_why *out_why)
{
    struct fq_rollup_query asked = *query;
    struct gather gather = {
        .view = view,
        .codes = codes,
        .query = &asked,
        .arena = arena,
        .rollup = out_rollup,
    };

    asked.codes = codes;
    memset(out_rollup, 0, sizeof *out_rollup);
    for (uint32_t i = 0; i < query->by_count; i++) {
        gather.has_time |= fq_dimension_is_time(query->by[i]);
    }
    bool is_whole = fq_tally_init(&gather.tally, capacity_for(query), arena);
    if (is_whole) {
        list_rows(&gather);
    }
    uint32_t listed_count = gather.tally.count;
    if (is_whole && table_for(query) == FQ_CELLS_TYPE) {
        is_whole = list_types(&gather);
    }
    if (is_whole && table_for(query) != FQ_CELL_TABLES) {
        gather_cells(&gather);
    } else if (is_whole) {
        is_whole = fq_scan(view, &asked, arena, &gather.tally, out_rollup->total);
    }
    if (gather.tally.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%u rows", gather.tally.capacity);
    }
    drop_empty(&gather.tally, listed_count);
    if (!is_whole || !order_rows(&gather)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    find_overlap(&gather);
    return FQ_OK;
}
