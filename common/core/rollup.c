#include "fq/core/rollup.h"

#include <stdio.h>
#include <string.h>

/* ---- dimensions and rates ---- */

static const char *const dimension_names[FQ_DIMENSIONS_COUNT] = {
#define DIMENSION_NAME(name, text) text,
    FQ_DIMENSIONS(DIMENSION_NAME)
#undef DIMENSION_NAME
};

const char *fq_dimension_name(enum fq_dimension dimension)
{
    FQ_ASSERT(dimension < FQ_DIMENSIONS_COUNT);

    return dimension_names[dimension];
}

bool fq_dimension_find(struct fq_span name, enum fq_dimension *out_dimension)
{
    for (int i = 0; i < FQ_DIMENSIONS_COUNT; i++) {
        if (fq_span_equal(name, fq_span_text(dimension_names[i]))) {
            *out_dimension = (enum fq_dimension)i;
            return true;
        }
    }
    return false;
}

enum fq_code_table fq_dimension_table(enum fq_dimension dimension)
{
    static const enum fq_code_table tables[FQ_DIMENSIONS_COUNT] = {
        [FQ_BY_TYPE] = FQ_CODES_TYPE,           [FQ_BY_KIND] = FQ_CODES_KIND,
        [FQ_BY_COMMITTEE] = FQ_CODES_COMMITTEE, [FQ_BY_SOURCE] = FQ_CODES_SOURCE,
        [FQ_BY_OUTCOME] = FQ_CODES_OUTCOME,     [FQ_BY_RISK] = FQ_CODES_RISK,
        [FQ_BY_SCALE] = FQ_CODES_SCALE,         [FQ_BY_DIFFICULTY] = FQ_CODES_DIFFICULTY,
    };

    return tables[dimension];
}

static const struct fq_rate_row rate_rows[] = {
    {"success_rate", FQ_MEASURE_AGREED, FQ_MEASURE_CONCLUDED, "v1 agreed/concluded"},
    {"resolution_rate", FQ_MEASURE_FOUND_RESOLVED, FQ_MEASURE_FOUND, "v1 found_resolved/found"},
    {"performance_rate", FQ_MEASURE_PERFORMED, FQ_MEASURE_AGREED, "v1 performed/agreed"},
    {"satisfaction_rate", FQ_MEASURE_SATISFIED, FQ_MEASURE_SURVEYED, "v1 satisfied/surveyed"},
    {"linked_share", FQ_MEASURE_LINKED_CONCLUDED, FQ_MEASURE_CONCLUDED,
     "v1 linked_concluded/concluded"},
};

const struct fq_rate_row *fq_rate_at(size_t index)
{
    return index < sizeof rate_rows / sizeof rate_rows[0] ? &rate_rows[index] : NULL;
}

void fq_rate_format(int64_t numerator, int64_t denominator, char out[32])
{
    __extension__ typedef unsigned __int128 wide;
    const uint64_t billion = 1000000000;

    out[0] = '\0';
    if (denominator <= 0 || numerator < 0) {
        return;
    }
    wide twice = (wide)(uint64_t)denominator * 2;
    wide tenths = ((wide)(uint64_t)numerator * 2000 + (uint64_t)denominator) / twice;
    uint64_t high = (uint64_t)(tenths / 10 / billion); /* the percent may be beyond 64 bits */
    uint64_t low = (uint64_t)(tenths / 10 % billion);
    unsigned last = (unsigned)(tenths % 10);
    if (high) {
        snprintf(out, 32, "%llu%09llu.%u", (unsigned long long)high, (unsigned long long)low, last);
    } else {
        snprintf(out, 32, "%llu.%u", (unsigned long long)low, last);
    }
}

/* ---- gathering ---- */

/* Where the dimension stands among the query's; -1 when it does not. */
static int place_of(const struct fq_rollup_query *query, enum fq_dimension by)
{
    for (uint32_t i = 0; i < query->by_count; i++) {
        if (query->by[i] == by) {
            return (int)i;
        }
    }
    return -1;
}

static bool is_in_scope(const struct fq_areas *areas, const struct fq_rollup_query *query,
                        uint32_t area)
{
    return query->is_exact ? area == query->area : fq_areas_covers(areas, query->area, area);
}

struct gather {
    const struct fq_view *view;
    const struct fq_codes *codes;
    const struct fq_rollup_query *query;
    struct fq_arena *arena;
    struct fq_rollup_row *rows;
    uint32_t *slots; /* open addressing over rows: index + 1 */
    uint32_t slot_count;
    uint32_t count;
    uint32_t capacity;
    struct fq_rollup_row *last; /* the row looked for before: often the next one too */
    int month_at;               /* where the query's key has the month; -1 where it has none */
    struct fq_rollup *rollup;
    bool is_full;
};

static uint32_t find_slot(const struct gather *gather, const uint32_t *key)
{
    uint32_t slot = (uint32_t)fq_hash_quick(fq_span_of(key, FQ_ROLLUP_BY_MAX * sizeof *key)) %
                    gather->slot_count;

    while (gather->slots[slot] && memcmp(gather->rows[gather->slots[slot] - 1].key, key,
                                         FQ_ROLLUP_BY_MAX * sizeof *key) != 0) {
        slot = (slot + 1) % gather->slot_count; /* half of the slots are always free */
    }
    return slot;
}

/* The row of a key, made with zeros when absent; NULL when there are too many. */
static struct fq_rollup_row *row_of(struct gather *gather, const uint32_t *key)
{
    if (gather->last && memcmp(gather->last->key, key, sizeof gather->last->key) == 0) {
        return gather->last;
    }
    uint32_t slot = find_slot(gather, key);
    if (gather->slots[slot]) {
        gather->last = &gather->rows[gather->slots[slot] - 1];
        return gather->last;
    }
    if (gather->count == gather->capacity) {
        gather->is_full = true;
        return NULL;
    }
    struct fq_rollup_row *row = &gather->rows[gather->count++];
    memset(row, 0, sizeof *row);
    memcpy(row->key, key, sizeof row->key);
    gather->slots[slot] = gather->count;
    gather->last = row;
    return row;
}

static bool is_area_like(enum fq_dimension dimension)
{
    return dimension <= FQ_BY_COUNTY;
}

/* The row's area for a county (or whatever area figures stand under): the child of the query's
 * area it lies in, its city, or itself. A county directly under the province is its own. */
static uint32_t area_key(const struct gather *gather, enum fq_dimension by, uint32_t code)
{
    const struct fq_areas *areas = gather->view->areas;

    if (by == FQ_BY_COUNTY) {
        return code;
    }
    for (const struct fq_area *area = fq_areas_find(areas, code); area;
         area = fq_areas_find(areas, area->parent)) {
        if (by == FQ_BY_CITY ? area->tier == FQ_TIER_CITY
                             : area->parent == gather->query->area ||
                                   (area->code == gather->query->area && area->code == code)) {
            return area->code;
        }
    }
    return code;
}

/* ---- the rows that stand there anyway (R4) ---- */

static bool is_listed_area(const struct gather *gather, enum fq_dimension by,
                           const struct fq_area *area)
{
    const struct fq_rollup_query *query = gather->query;
    const struct fq_areas *areas = gather->view->areas;
    bool is_valid = (!area->valid_from || area->valid_from <= query->period.last_day) &&
                    (!area->valid_to || area->valid_to > query->period.first_day);
    const struct fq_area *parent = fq_areas_find(areas, area->parent);

    if (!is_valid || !is_in_scope(areas, query, area->code)) {
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

/* The values a dimension lists: the one at `place`, in the order to print; false past the end. */
static bool listed_at(const struct gather *gather, enum fq_dimension by, uint32_t *place,
                      uint32_t *out_key)
{
    const struct fq_areas *areas = gather->view->areas;
    const struct fq_period *period = &gather->query->period;

    if (is_area_like(by)) {
        for (; *place < areas->count; (*place)++) {
            if (is_listed_area(gather, by, &areas->rows[*place])) {
                *out_key = areas->rows[(*place)++].code;
                return true;
            }
        }
        return false;
    }
    if (by == FQ_BY_MONTH) {
        *out_key = (uint32_t)period->first_month + *place;
        return period->first_month + (*place)++ <= period->last_month;
    }
    enum fq_code_table table = fq_dimension_table(by);
    if (*place >= gather->codes->tables[table].count) {
        return false;
    }
    *out_key = gather->codes->tables[table].rows[(*place)++].number;
    return true;
}

static void list_rows(struct gather *gather)
{
    const struct fq_rollup_query *query = gather->query;
    uint32_t key[FQ_ROLLUP_BY_MAX] = {0};
    uint32_t place[FQ_ROLLUP_BY_MAX] = {0};
    uint32_t depth = 0;

    if (query->by_count == 0) {
        return;
    }
    for (;;) { /* an odometer over the dimensions; each wheel has an end */
        if (listed_at(gather, query->by[depth], &place[depth], &key[depth])) {
            if (depth + 1 < query->by_count) {
                place[++depth] = 0;
            } else if (!row_of(gather, key)) {
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

/* As in the cells: sums beyond 64 bits wrap alike everywhere. */
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static void add_values(int64_t *to, const int64_t *from, bool is_flow, bool is_stock)
{
    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        if (fq_measure_row((enum fq_measure)i)->is_stock ? is_stock : is_flow) {
            to[i] = plus(to[i], from[i]);
        }
    }
}

/* Whether a month's change counts: flows inside the period, stocks up to the end (R3). */
static bool counts(const struct fq_period *period, uint16_t month, bool is_stock)
{
    return month <= period->last_month && (is_stock || month >= period->first_month);
}

/* Add one cell to its row; by month a stock stands in its own month and every later one. */
static void add_cell(struct gather *gather, const struct fq_cell *cell, uint32_t *key)
{
    const struct fq_period *period = &gather->query->period;
    int month_at = gather->month_at;
    bool is_flow = counts(period, cell->month, false);
    if (month_at < 0) {
        struct fq_rollup_row *row = row_of(gather, key);
        if (row) {
            add_values(row->value, cell->value, is_flow, true);
        }
        return;
    }
    uint16_t from = is_flow ? cell->month : period->first_month;
    for (uint32_t month = from; month <= period->last_month; month++) {
        key[month_at] = month;
        struct fq_rollup_row *row = row_of(gather, key);
        if (row) {
            add_values(row->value, cell->value, is_flow && month == cell->month, true);
        }
    }
}

/* ---- from cells ---- */

/* The table that answers the query, or FQ_CELL_TABLES when only a scan does. */
static enum fq_cell_table table_for(const struct fq_rollup_query *query)
{
    enum fq_cell_table table = FQ_CELLS_AREA;
    uint32_t areas = 0;

    if (query->where_count > 0) {
        return FQ_CELL_TABLES;
    }
    for (uint32_t i = 0; i < query->by_count; i++) {
        enum fq_dimension by = query->by[i];
        areas += is_area_like(by);
        if (by == FQ_BY_TYPE && table == FQ_CELLS_AREA) {
            table = FQ_CELLS_TYPE;
        } else if (by == FQ_BY_KIND && table == FQ_CELLS_AREA) {
            table = FQ_CELLS_KIND;
        } else if (!is_area_like(by) && by != FQ_BY_MONTH) {
            return FQ_CELL_TABLES;
        }
    }
    return areas > 1 ? FQ_CELL_TABLES : table;
}

bool fq_rollup_is_declared(const struct fq_rollup_query *query)
{
    return table_for(query) != FQ_CELL_TABLES;
}

static void key_of_cell(const struct gather *gather, const struct fq_cell *cell, uint32_t *key)
{
    for (uint32_t i = 0; i < gather->query->by_count; i++) {
        enum fq_dimension by = gather->query->by[i];
        key[i] = is_area_like(by)    ? area_key(gather, by, cell->area)
                 : by == FQ_BY_MONTH ? cell->month
                                     : cell->dimension;
    }
}

static void add_table_cell(struct gather *gather, enum fq_cell_table table, uint32_t area,
                           uint16_t month, uint16_t dimension)
{
    const struct fq_cell *cell = fq_cells_find(&gather->view->cells, table, area, month, dimension);
    uint32_t key[FQ_ROLLUP_BY_MAX] = {0};

    if (!cell) {
        return;
    }
    if (table == FQ_CELLS_AREA) {
        add_values(gather->rollup->total, cell->value, counts(&gather->query->period, month, false),
                   true);
    }
    if (table == table_for(gather->query) && gather->query->by_count > 0) {
        key_of_cell(gather, cell, key);
        add_cell(gather, cell, key);
    }
}

static void add_area_month(struct gather *gather, enum fq_cell_table table, uint32_t area,
                           uint16_t month)
{
    add_table_cell(gather, FQ_CELLS_AREA, area, month, 0);
    if (table == FQ_CELLS_KIND) {
        for (uint16_t kind = FQ_KIND_PEOPLE; kind <= FQ_KIND_JUDICIAL; kind++) {
            add_table_cell(gather, table, area, month, kind);
        }
    } else if (table == FQ_CELLS_TYPE) {
        for (uint32_t byte = 0; byte < sizeof gather->view->types_seen; byte++) {
            for (unsigned bit = 0; gather->view->types_seen[byte] >> bit; bit++) {
                if (gather->view->types_seen[byte] >> bit & 1) {
                    add_table_cell(gather, table, area, month, (uint16_t)(byte * 8 + bit));
                }
            }
        }
    }
}

static void gather_cells(struct gather *gather)
{
    const struct fq_areas *areas = gather->view->areas;
    const struct fq_cells *cells = &gather->view->cells;
    uint16_t last = gather->query->period.last_month;
    enum fq_cell_table table = table_for(gather->query);

    if (cells->month_min == 0) {
        return;
    }
    for (uint32_t i = 0; i < areas->count; i++) {
        uint32_t code = areas->rows[i].code;
        if (!is_in_scope(areas, gather->query, code)) {
            continue;
        }
        /* Stocks need every month from the first; flows of earlier months are left out. */
        for (uint16_t month = cells->month_min; month <= last && month <= cells->month_max;
             month++) {
            add_area_month(gather, table, code, month);
        }
    }
}

/* ---- from a scan ---- */

static uint32_t dimension_of(const struct fq_dispute *dispute, enum fq_dimension by)
{
    switch (by) {
    case FQ_BY_TYPE:
        return dispute->type;
    case FQ_BY_COMMITTEE:
        return dispute->committee;
    case FQ_BY_SOURCE:
        return dispute->source;
    case FQ_BY_OUTCOME:
        return dispute->outcome;
    case FQ_BY_RISK:
        return dispute->risk;
    case FQ_BY_SCALE:
        return dispute->scale;
    case FQ_BY_DIFFICULTY:
        return dispute->difficulty;
    default:
        return 0; /* areas, months and kinds are the term's */
    }
}

/* Whether the dispute has the values asked for; kinds are its terms'. */
static bool passes(const struct fq_rollup_query *query, const struct fq_dispute *dispute)
{
    for (uint32_t i = 0; i < query->where_count; i++) {
        enum fq_dimension by = query->where[i].dimension;
        if (by != FQ_BY_KIND && dimension_of(dispute, by) != query->where[i].number) {
            return false;
        }
    }
    return !(dispute->flags & FQ_DISPUTE_ACTIVITY);
}

/* Whether the term counts in the period and in the kinds asked for. */
static bool term_passes(const struct fq_rollup_query *query, const struct fq_term *term)
{
    for (uint32_t i = 0; i < query->where_count; i++) {
        if (query->where[i].dimension == FQ_BY_KIND &&
            (query->where[i].number > 7 || !(term->kinds >> query->where[i].number & 1))) {
            return false;
        }
    }
    return counts(&query->period, term->month,
                  fq_measure_row((enum fq_measure)term->measure)->is_stock);
}

int64_t fq_rollup_value(const struct fq_view *view, const struct fq_rollup_query *query,
                        const struct fq_dispute *dispute, enum fq_measure measure)
{
    struct fq_contribution contribution;
    int64_t value = 0;

    if (!passes(query, dispute)) {
        return 0;
    }
    fq_contribution_of(view, dispute, &contribution);
    for (uint32_t i = 0; i < contribution.count; i++) {
        const struct fq_term *term = &contribution.terms[i];
        if (term->measure == measure && term_passes(query, term) &&
            is_in_scope(view->areas, query, term->area)) {
            value = plus(value, term->value);
        }
    }
    return value;
}

/* Add one term, which counts in the period, to the row of `key`. */
static void add_to_row(struct gather *gather, const struct fq_term *term, bool is_stock,
                       uint32_t *key)
{
    const struct fq_period *period = &gather->query->period;
    int month_at = gather->month_at;
    uint32_t from = term->month > period->first_month ? term->month : period->first_month;
    uint32_t last = is_stock && month_at >= 0 ? period->last_month : from;

    for (uint32_t month = from; month <= last; month++) {
        if (month_at >= 0) {
            key[month_at] = month;
        }
        struct fq_rollup_row *row = row_of(gather, key);
        if (row) {
            row->value[term->measure] = plus(row->value[term->measure], term->value);
        }
    }
}

/* What a dispute under scan goes to. Its terms mostly stand under one area, and without months in the
 * key they then go to one row, or one for each kind. */
struct scanned {
    const struct fq_dispute *dispute;
    uint32_t area; /* of the term before; 0: none yet */
    bool is_in_scope;
    uint32_t key[FQ_ROLLUP_BY_MAX];
    int kind_at;
    struct fq_rollup_row
        *rows[FQ_KIND_JUDICIAL + 1]; /* by kind, or the first; NULL: not looked for */
};

static void aim_at_area(const struct gather *gather, struct scanned *scanned, uint32_t area)
{
    const struct fq_rollup_query *query = gather->query;

    scanned->area = area;
    scanned->is_in_scope = is_in_scope(gather->view->areas, query, area);
    for (uint32_t i = 0; i < query->by_count && scanned->is_in_scope; i++) {
        enum fq_dimension by = query->by[i];
        scanned->key[i] =
            is_area_like(by) ? area_key(gather, by, area) : dimension_of(scanned->dispute, by);
    }
    memset(scanned->rows, 0, sizeof scanned->rows);
}

/* Add to the row of the kind; 0 where the rows are not by kind. */
static void add_under(struct gather *gather, struct scanned *scanned, const struct fq_term *term,
                      bool is_stock, unsigned kind)
{
    struct fq_rollup_row **row = &scanned->rows[kind];

    if (scanned->kind_at >= 0) {
        scanned->key[scanned->kind_at] = kind;
    }
    if (gather->month_at >= 0) {
        add_to_row(gather, term, is_stock, scanned->key);
        return;
    }
    *row = *row ? *row : row_of(gather, scanned->key);
    if (*row) {
        (*row)->value[term->measure] = plus((*row)->value[term->measure], term->value);
    }
}

/* Once for each kind when the rows are by kind. */
static void add_term(struct gather *gather, struct scanned *scanned, const struct fq_term *term)
{
    const struct fq_rollup_query *query = gather->query;
    bool is_stock = fq_measure_row((enum fq_measure)term->measure)->is_stock;

    if (term->area != scanned->area) {
        aim_at_area(gather, scanned, term->area);
    }
    if (!scanned->is_in_scope || !term_passes(query, term)) {
        return;
    }
    int64_t *total = &gather->rollup->total[term->measure];
    *total = plus(*total, term->value);
    if (query->by_count == 0) {
        return;
    }
    if (scanned->kind_at < 0) {
        add_under(gather, scanned, term, is_stock, 0);
        return;
    }
    for (unsigned kind = FQ_KIND_PEOPLE; kind <= FQ_KIND_JUDICIAL; kind++) {
        if (term->kinds >> kind & 1) {
            add_under(gather, scanned, term, is_stock, kind);
        }
    }
}

static uint16_t later(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

/* Whether all of it lies before the period and nothing of it is still open: then it adds nothing, for
 * a stock's coming and going cancel. */
static bool is_over(const struct fq_dispute *dispute, uint16_t first_day)
{
    uint16_t last = later(dispute->registered_on, dispute->decided_on);

    last =
        later(later(last, dispute->outcome_on), later(dispute->confirmed_on, dispute->closed_on));
    last = later(later(last, dispute->performed_on), later(dispute->visited_on, dispute->maps_on));
    bool is_open = !dispute->outcome && dispute->decision == FQ_DECISION_ACCEPTED;
    return last < first_day && !is_open;
}

static void gather_scan(struct gather *gather)
{
    const struct fq_view *view = gather->view;
    struct fq_contribution contribution;
    struct scanned scanned = {.kind_at = place_of(gather->query, FQ_BY_KIND)};

    for (uint32_t i = 0; i < view->index.count && !gather->is_full; i++) {
        const struct fq_dispute *dispute = &view->disputes[i];
        if (is_over(dispute, gather->query->period.first_day) || !passes(gather->query, dispute)) {
            continue;
        }
        scanned.dispute = dispute;
        scanned.area = 0;
        fq_contribution_of(view, dispute, &contribution);
        for (uint32_t k = 0; k < contribution.count; k++) {
            add_term(gather, &scanned, &contribution.terms[k]);
        }
    }
}

/* ---- order and overlap ---- */

/* Where a value stands in the order of its dimension: listed ones first, in table order. */
static uint32_t rank_of(const struct gather *gather, enum fq_dimension by, uint32_t key)
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

static bool stands_before(const struct gather *gather, const struct fq_rollup_row *a,
                          const struct fq_rollup_row *b)
{
    for (uint32_t i = 0; i < gather->query->by_count; i++) {
        uint32_t left = rank_of(gather, gather->query->by[i], a->key[i]);
        uint32_t right = rank_of(gather, gather->query->by[i], b->key[i]);
        if (left != right) {
            return left < right;
        }
    }
    return false;
}

/* Rows mostly come in order already: those the tables list do. Insertion puts the rest in place. */
static void sort_rows(struct gather *gather)
{
    for (uint32_t i = 1; i < gather->count; i++) {
        uint32_t at = i;
        struct fq_rollup_row moving = gather->rows[i];
        while (at > 0 && stands_before(gather, &moving, &gather->rows[at - 1])) {
            gather->rows[at] = gather->rows[at - 1];
            at--;
        }
        gather->rows[at] = moving;
    }
}

/* R2. By month the rows of a stock overlap as its total stands: at the end of the period (R3). */
static void find_overlap(struct gather *gather)
{
    struct fq_rollup *rollup = gather->rollup;
    int month_at = gather->month_at;

    rollup->has_overlap = place_of(gather->query, FQ_BY_KIND) >= 0;
    for (uint32_t i = 0; i < gather->count && rollup->has_overlap; i++) {
        const struct fq_rollup_row *row = &gather->rows[i];
        bool is_end = month_at < 0 || row->key[month_at] == gather->query->period.last_month;
        add_values(rollup->overlap, row->value, true, is_end);
    }
    for (int i = 0; i < FQ_MEASURES_COUNT && rollup->has_overlap; i++) {
        rollup->overlap[i] = minus(rollup->overlap[i], rollup->total[i]);
    }
}

/* Rows that no table lists stand there for their figures only: without any they are left out. */
static void drop_empty(struct gather *gather, uint32_t listed_count)
{
    uint32_t kept = listed_count;

    for (uint32_t i = listed_count; i < gather->count; i++) {
        int64_t any = 0;
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            any |= gather->rows[i].value[m];
        }
        if (any) {
            gather->rows[kept++] = gather->rows[i];
        }
    }
    gather->count = kept;
}

#define ROWS_FIRST 4096 /* rows most rollups stay below */

fq_err fq_rollup_run(const struct fq_view *view, const struct fq_codes *codes,
                     const struct fq_rollup_query *query, struct fq_arena *arena,
                     struct fq_rollup *out_rollup, struct fq_why *out_why)
{
    struct gather gather = {
        .view = view,
        .codes = codes,
        .query = query,
        .arena = arena,
        .capacity = query->by_count > 1 ? FQ_ROLLUP_ROWS_MAX : ROWS_FIRST,
        .month_at = place_of(query, FQ_BY_MONTH),
        .rollup = out_rollup,
    };

    memset(out_rollup, 0, sizeof *out_rollup);
    gather.slot_count = gather.capacity * 2;
    gather.rows = fq_arena_take_raw(arena, gather.capacity * sizeof *gather.rows);
    gather.slots = fq_arena_take(arena, gather.slot_count * sizeof *gather.slots);
    if (!gather.rows || !gather.slots) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    list_rows(&gather);
    uint32_t listed_count = gather.count;
    if (table_for(query) != FQ_CELL_TABLES) {
        gather_cells(&gather);
    } else {
        gather_scan(&gather);
    }
    if (gather.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%u rows", gather.capacity);
    }
    drop_empty(&gather, listed_count);
    sort_rows(&gather);
    find_overlap(&gather);
    out_rollup->rows = gather.rows;
    out_rollup->count = gather.count;
    return FQ_OK;
}
