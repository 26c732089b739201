#include "fq/core/scan.h"

#include <string.h>

#include "fq/core/contribution.h"

#define GROUP 512 /* disputes whose facts are fetched together: 32 took half as long again */

/* What a question makes of an area, found out once. */
struct area_answer {
    uint32_t code; /* as terms have it; 0: empty */
    bool is_covered;
    uint32_t key[FQ_ROLLUP_BY_MAX]; /* where the query's `by` is an area */
};

struct fq_scan {
    const struct fq_view *view;
    const struct fq_rollup_query *query;
    struct fq_tally *tally; /* by kind: with the set of kinds for the kind */
    int64_t *total;
    struct area_answer *areas; /* open addressing, by code */
    uint32_t area_mask, area_count;
    struct fq_tally *rows, sets; /* the caller's; by kind `tally` is the sets */
    int64_t sign;                /* of a state given by itself: added or taken away */
    uint16_t first_day, last_day;
    uint16_t span; /* days of the period less one */
    int kind_at, unit_at;
    bool has_time, has_facts;       /* whether the rows need them */
    bool has_area, where_has_facts; /* likewise; the conditions */
    /* Of the dispute being counted, and where its terms go. */
    uint64_t key[FQ_ROLLUP_BY_MAX];
    int64_t *target; /* NULL: nowhere */
};

/* ---- conditions ---- */

static bool is_terms(enum fq_dimension by)
{
    return by == FQ_BY_KIND || by == FQ_BY_UNIT;
}

/* Whether the dispute has the values asked for, those in facts or the others; kinds and units are its
 * terms'. */
static bool passes(const struct fq_rollup_query *query, const struct fq_dispute *dispute,
                   const struct fq_origin *origin)
{
    for (uint32_t i = 0; i < query->where_count; i++) {
        enum fq_dimension by = query->where[i].dimension;
        if (!is_terms(by) && fq_dimension_is_in_facts(by) == (origin != NULL) &&
            fq_dimension_value(query, by, dispute, origin) != query->where[i].number) {
            return false;
        }
    }
    return true;
}

static bool terms_pass(const struct fq_rollup_query *query, unsigned kinds, uint64_t unit)
{
    for (uint32_t i = 0; i < query->where_count; i++) {
        uint64_t number = query->where[i].number;
        if (query->where[i].dimension == FQ_BY_KIND && (number > 7 || !(kinds >> number & 1))) {
            return false;
        }
        if (query->where[i].dimension == FQ_BY_UNIT && number != unit) {
            return false;
        }
    }
    return true;
}

static bool is_stock(enum fq_measure measure)
{
    return measure == FQ_MEASURE_OPEN || measure == FQ_MEASURE_OVERDUE;
}

static bool is_live(const struct fq_fact *fact)
{
    return !fact->is_voided;
}

/* ---- areas ---- */

static void answer_area(const struct fq_scan *scan, uint32_t code, struct area_answer *answer)
{
    const struct fq_areas *areas = scan->view->areas;
    const struct fq_rollup_query *query = scan->query;
    uint32_t counted = fq_query_area(areas, query, code);

    *answer = (struct area_answer){.code = code};
    answer->is_covered = fq_query_covers(areas, query, counted);
    for (uint32_t i = 0; i < query->by_count; i++) {
        if (fq_dimension_is_area(query->by[i])) {
            answer->key[i] = fq_query_area_key(areas, query, query->by[i], counted);
        }
    }
}

static const struct area_answer *area_of(struct fq_scan *scan, uint32_t code,
                                         struct area_answer *aside)
{
    uint32_t slot = code * UINT32_C(0x9e3779b1) >> 7 & scan->area_mask;

    while (scan->areas[slot].code && scan->areas[slot].code != code) {
        slot = (slot + 1) & scan->area_mask;
    }
    if (scan->areas[slot].code) {
        return &scan->areas[slot];
    }
    if (code == 0 || scan->area_count > scan->area_mask / 2) { /* areas that no table knows */
        answer_area(scan, code, aside);
        return aside;
    }
    scan->area_count++;
    answer_area(scan, code, &scan->areas[slot]);
    return &scan->areas[slot];
}

/* ---- terms ---- */

FQ_ALWAYS_INLINE void aim(void *to, uint32_t area, unsigned kinds, uint64_t unit)
{
    struct fq_scan *scan = to;
    const struct fq_rollup_query *query = scan->query;
    struct area_answer aside;
    const struct area_answer *answer = area_of(scan, area, &aside);

    scan->target = NULL;
    if (!answer->is_covered || (query->where_count && !terms_pass(query, kinds, unit))) {
        return;
    }
    for (uint32_t i = 0; i < query->by_count && scan->has_area; i++) {
        scan->key[i] = fq_dimension_is_area(query->by[i]) ? answer->key[i] : scan->key[i];
    }
    if (scan->kind_at >= 0) {
        scan->key[scan->kind_at] = kinds;
    }
    if (scan->unit_at >= 0) {
        scan->key[scan->unit_at] = unit;
    }
    if (scan->has_time || query->by_count == 0) {
        scan->target = scan->total;
        return;
    }
    struct fq_rollup_row *row = fq_tally_row(scan->tally, scan->key);
    scan->target = row ? row->value : NULL;
}

FQ_ALWAYS_INLINE void add(void *to, enum fq_measure measure, uint16_t date, int64_t value)
{
    struct fq_scan *scan = to;
    bool is_inside = is_stock(measure) ? date != 0 && date <= scan->last_day
                                       : (uint16_t)(date - scan->first_day) <= scan->span;

    if (is_inside && scan->target) {
        scan->target[measure] = fq_plus(scan->target[measure], value);
    }
}

static void add_signed(void *to, enum fq_measure measure, uint16_t date, int64_t value)
{
    const struct fq_scan *scan = to;

    add(to, measure, date, scan->sign * value);
}

/* The keys of time of a month; whether they are others than before. */
static bool set_time(struct fq_scan *scan, uint16_t month, bool is_first)
{
    const struct fq_rollup_query *query = scan->query;
    bool is_other = is_first;

    for (uint32_t i = 0; i < query->by_count; i++) {
        if (fq_dimension_is_time(query->by[i])) {
            uint64_t key = fq_query_time_key(query, query->by[i], month);
            is_other |= key != scan->key[i];
            scan->key[i] = key;
        }
    }
    return is_other;
}

/* By time a term stands in its own months' row, a stock's in every later one too (R3). */
static void add_by_time(void *to, enum fq_measure measure, uint16_t date, int64_t unsigned_value)
{
    struct fq_scan *scan = to;
    int64_t value = scan->sign * unsigned_value;
    const struct fq_period *period = &scan->query->period;
    uint16_t month = fq_month_of(date);

    if (!scan->target || date == 0 || value == 0 || month > period->last_month ||
        (month < period->first_month && !is_stock(measure))) {
        return;
    }
    scan->total[measure] = fq_plus(scan->total[measure], value);
    uint16_t from = fq_later(month, period->first_month);
    uint16_t last = is_stock(measure) ? period->last_month : from;
    for (uint16_t at = from; at <= last; at++) {
        if (!set_time(scan, at, at == from)) {
            continue;
        }
        struct fq_rollup_row *row = fq_tally_row(scan->tally, scan->key);
        if (row) {
            row->value[measure] = fq_plus(row->value[measure], value);
        }
    }
}

/* ---- disputes ---- */

/* Whether a date in the period is among those its maps are dated by. */
static bool has_maps_now(const struct fq_scan *scan, const struct fq_dispute *dispute)
{
    return fq_has_maps(dispute) &&
           (dispute->maps_on >= scan->first_day ||
            (dispute->joined_kinds &&
             ((uint16_t)(dispute->decided_on - scan->first_day) <= scan->span ||
              (uint16_t)(dispute->outcome_on - scan->first_day) <= scan->span)));
}

/* What rows the dispute stands in, as far as it has them itself; false when it is not asked for. */
static bool set_key(struct fq_scan *scan, const struct fq_dispute *dispute)
{
    const struct fq_rollup_query *query = scan->query;
    struct fq_origin origin;

    if (scan->has_facts) {
        fq_view_origin(scan->view, dispute, &origin);
        if (scan->where_has_facts && !passes(query, dispute, &origin)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < query->by_count; i++) {
        scan->key[i] = fq_dimension_value(query, query->by[i], dispute, &origin);
    }
    return true;
}

#define MAPS_MAX 4 /* of a dispute that are kept; of one with more all facts are walked again */

/* Disputes that are counted together. */
struct group {
    const struct fq_dispute *disputes[GROUP];
    bool has_maps[GROUP];
    const struct fq_fact *maps[GROUP][MAPS_MAX];
    uint8_t map_count[GROUP]; /* above MAPS_MAX: there are more */
    uint32_t count;
};

static void count(struct fq_scan *scan, const struct group *group, uint32_t at)
{
    const struct fq_dispute *dispute = group->disputes[at];
    bool are_known = group->map_count[at] <= MAPS_MAX;
    const struct fq_fact_source source = {.heap = scan->view->memory.facts.base,
                                          .areas = scan->view->areas,
                                          .is_live = is_live,
                                          .maps = are_known ? group->maps[at] : NULL,
                                          .map_count = group->map_count[at]};
    const struct fq_counter plain = {scan, aim, add}, by_time = {scan, aim, add_by_time};

    if (!set_key(scan, dispute)) {
        return;
    }
    if (scan->has_time) {
        fq_count_values(&by_time, dispute);
    } else {
        fq_count_values(&plain, dispute);
    }
    if (group->has_maps[at] && scan->has_time) {
        fq_count_maps(&by_time, &source, dispute);
    } else if (group->has_maps[at]) {
        fq_count_maps(&plain, &source, dispute);
    }
}

static void keep_map(struct group *group, uint32_t at, const struct fq_fact *fact)
{
    if (group->map_count[at] < MAPS_MAX) {
        group->maps[at][group->map_count[at]] = fact;
    }
    if (group->map_count[at] <= MAPS_MAX) {
        group->map_count[at]++;
    }
}

struct walker { /* along the facts of one dispute of a group */
    uint32_t place, of;
};

/* Have the facts of these disputes in the cache, and find those in maps. Their lists run through memory,
 * and each step waits; walked side by side the waits fall together. */
static void fetch_facts(const uint8_t *heap, struct walker *walkers, uint32_t count,
                        struct group *group)
{
    for (uint32_t i = 0; i < count; i++) {
        __builtin_prefetch(heap + (size_t)walkers[i].place * FQ_FACT_PLACE_UNIT);
    }
    while (count > 0) {
        for (uint32_t i = 0; i < count;) {
            const uint8_t *at = heap + (size_t)walkers[i].place * FQ_FACT_PLACE_UNIT;
            const struct fq_fact *fact = (const void *)at;
            walkers[i].place = fact->next;
            if (fq_is_map_step(fact->step)) {
                __builtin_prefetch(at + FQ_FACT_HEAD_SIZE + 16); /* where the payload may go on */
                keep_map(group, walkers[i].of, fact);
            }
            if (walkers[i].place) {
                __builtin_prefetch(heap + (size_t)walkers[i].place * FQ_FACT_PLACE_UNIT);
                i++;
            } else {
                walkers[i] = walkers[--count];
            }
        }
    }
}

static void count_group(struct fq_scan *scan, struct group *group)
{
    struct walker walkers[GROUP];
    uint32_t fetched = 0;

    for (uint32_t i = 0; i < group->count; i++) {
        group->has_maps[i] = has_maps_now(scan, group->disputes[i]);
        group->map_count[i] = 0;
        if ((group->has_maps[i] || scan->has_facts) && group->disputes[i]->facts) {
            walkers[fetched++] = (struct walker){group->disputes[i]->facts, i};
        }
    }
    fetch_facts(scan->view->memory.facts.base, walkers, fetched, group);
    for (uint32_t i = 0; i < group->count; i++) {
        count(scan, group, i);
    }
    group->count = 0;
}

/* On a copy of the scan that nothing else points to, so that what it holds stays in registers. */
static void count_all(const struct fq_scan *opened)
{
    const struct fq_view *view = opened->view;
    struct fq_scan scan = *opened;
    struct group group;

    group.count = 0;
    for (uint32_t i = 0; i < view->index.count && !scan.tally->is_full; i++) {
        const struct fq_dispute *dispute = &view->disputes[i];
        if (fq_is_over(dispute, scan.first_day) || (dispute->flags & FQ_DISPUTE_ACTIVITY) ||
            !passes(scan.query, dispute, NULL)) {
            continue;
        }
        group.disputes[group.count++] = dispute;
        if (group.count == GROUP) {
            count_group(&scan, &group);
        }
    }
    count_group(&scan, &group);
}

/* ---- the whole ---- */

/* Rows of sets of kinds become rows of kinds: a dispute stands in each of its kinds (R2). */
static void part_kinds(struct fq_tally *sets, int kind_at, struct fq_tally *tally)
{
    for (uint32_t i = 0; i < sets->count; i++) {
        const struct fq_rollup_row *row = &sets->rows[i];
        uint64_t key[FQ_ROLLUP_BY_MAX];
        memcpy(key, row->key, sizeof key);
        for (unsigned kind = FQ_KIND_PEOPLE; kind <= FQ_KIND_JUDICIAL; kind++) {
            if (!(row->key[kind_at] >> kind & 1)) {
                continue;
            }
            key[kind_at] = kind;
            struct fq_rollup_row *to = fq_tally_row(tally, key);
            for (int m = 0; m < FQ_MEASURES_COUNT && to; m++) {
                to->value[m] = fq_plus(to->value[m], row->value[m]);
            }
        }
    }
    tally->is_full |= sets->is_full;
}

static void add_up(const struct fq_tally *tally, int64_t *total)
{
    for (uint32_t i = 0; i < tally->count; i++) {
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            total[m] = fq_plus(total[m], tally->rows[i].value[m]);
        }
    }
}

static void look_at_query(struct fq_scan *scan)
{
    const struct fq_rollup_query *query = scan->query;

    scan->first_day = query->period.first_day;
    scan->last_day = query->period.last_day;
    scan->span = (uint16_t)(scan->last_day - scan->first_day);
    scan->kind_at = scan->unit_at = -1;
    for (uint32_t i = 0; i < query->by_count; i++) {
        scan->kind_at = query->by[i] == FQ_BY_KIND ? (int)i : scan->kind_at;
        scan->unit_at = query->by[i] == FQ_BY_UNIT ? (int)i : scan->unit_at;
        scan->has_time |= fq_dimension_is_time(query->by[i]);
        scan->has_area |= fq_dimension_is_area(query->by[i]);
        scan->has_facts |= fq_dimension_is_in_facts(query->by[i]);
    }
    for (uint32_t i = 0; i < query->where_count; i++) {
        scan->where_has_facts |= fq_dimension_is_in_facts(query->where[i].dimension);
    }
    scan->has_facts |= scan->where_has_facts;
}

struct fq_scan *fq_scan_open(const struct fq_view *view, const struct fq_rollup_query *query,
                             struct fq_arena *arena, struct fq_tally *tally, int64_t *total)
{
    struct fq_scan *scan = fq_arena_take(arena, sizeof *scan);

    if (!scan) {
        return NULL;
    }
    *scan = (struct fq_scan){
        .view = view, .query = query, .tally = tally, .rows = tally, .total = total, .sign = 1};
    look_at_query(scan);
    scan->area_mask = 255;
    while (scan->area_mask < 4 * view->areas->count) {
        scan->area_mask = scan->area_mask * 2 + 1;
    }
    scan->areas = fq_arena_take(arena, (scan->area_mask + 1) * sizeof *scan->areas);
    if (!scan->areas) {
        return NULL;
    }
    if (scan->kind_at >= 0) {
        if (!fq_tally_init(&scan->sets, tally->capacity, arena)) {
            return NULL;
        }
        scan->tally = &scan->sets;
    }
    return scan;
}

void fq_scan_count(struct fq_scan *scan, const struct fq_dispute *dispute, int sign)
{
    const struct fq_fact_source source = {
        .heap = scan->view->memory.facts.base, .areas = scan->view->areas, .is_live = is_live};
    const struct fq_counter counter = {scan, aim, scan->has_time ? add_by_time : add_signed};

    if ((dispute->flags & FQ_DISPUTE_ACTIVITY) || !passes(scan->query, dispute, NULL) ||
        !set_key(scan, dispute)) {
        return;
    }
    scan->sign = sign;
    fq_count_dispute(&counter, &source, dispute);
}

void fq_scan_close(struct fq_scan *scan)
{
    if (!scan->has_time && scan->query->by_count > 0) {
        add_up(scan->tally, scan->total);
    }
    if (scan->kind_at >= 0) {
        part_kinds(&scan->sets, scan->kind_at, scan->rows);
    }
}

bool fq_scan(const struct fq_view *view, const struct fq_rollup_query *query,
             struct fq_arena *arena, struct fq_tally *tally, int64_t *total)
{
    struct fq_scan *scan = fq_scan_open(view, query, arena, tally, total);

    if (!scan) {
        return false;
    }
    count_all(scan);
    fq_scan_close(scan);
    return true;
}

/* ---- one dispute ---- */

struct single {
    const struct fq_areas *areas;
    const struct fq_rollup_query *query;
    enum fq_measure measure;
    bool is_aimed;
    int64_t value;
};

static void aim_single(void *to, uint32_t area, unsigned kinds, uint64_t unit)
{
    struct single *single = to;
    uint32_t counted = fq_query_area(single->areas, single->query, area);

    single->is_aimed = fq_query_covers(single->areas, single->query, counted) &&
                       terms_pass(single->query, kinds, unit);
}

static void add_single(void *to, enum fq_measure measure, uint16_t date, int64_t value)
{
    struct single *single = to;
    const struct fq_period *period = &single->query->period;

    if (single->is_aimed && measure == single->measure && date != 0 && date <= period->last_day &&
        (is_stock(measure) || date >= period->first_day)) {
        single->value = fq_plus(single->value, value);
    }
}

int64_t fq_rollup_value(const struct fq_view *view, const struct fq_rollup_query *query,
                        const struct fq_dispute *dispute, enum fq_measure measure)
{
    struct single single = {.areas = view->areas, .query = query, .measure = measure};
    const struct fq_counter counter = {&single, aim_single, add_single};
    const struct fq_fact_source source = {
        .heap = view->memory.facts.base, .areas = view->areas, .is_live = is_live};
    struct fq_origin origin;

    if ((dispute->flags & FQ_DISPUTE_ACTIVITY) || !passes(query, dispute, NULL)) {
        return 0;
    }
    for (uint32_t i = 0; i < query->where_count; i++) {
        if (fq_dimension_is_in_facts(query->where[i].dimension)) {
            fq_view_origin(view, dispute, &origin);
            if (!passes(query, dispute, &origin)) {
                return 0;
            }
            break;
        }
    }
    fq_count_dispute(&counter, &source, dispute);
    return single.value;
}
