#include "fq/core/suppress.h"

#include <string.h>

/* ---- measures that are hidden together ---- */

#define BIT(measure) (UINT64_C(1) << FQ_MEASURE_##measure)

/* What is no count of people or cases follows the cases it belongs to. */
static const struct group {
    uint64_t counts, followers;
} groups[] = {
    {BIT(AGREED) | BIT(FAILED) | BIT(TERMINATED) | BIT(CONCLUDED) | BIT(ORAL) | BIT(WRITTEN),
     BIT(AMOUNT_CENTS)},
    {BIT(REGISTERED) | BIT(ACCEPTED) | BIT(REJECTED), BIT(PERSONS)},
    {BIT(FOUND) | BIT(FOUND_RESOLVED), 0},
    {BIT(SURVEYED) | BIT(SATISFIED), 0},
    {BIT(LINKED) | BIT(LINKED_CONCLUDED), 0},
    {BIT(CONFIRMED), 0},
    {BIT(PERFORMED), 0},
    {BIT(CLOSED), 0},
    {BIT(CROSS_AREA), 0},
    {BIT(REFERRED), 0},
    {BIT(DIFFICULT), BIT(DIFFICULT_PERSONS)},
    {BIT(PREVENTED_SUICIDE), BIT(PREVENTED_SUICIDE_PERSONS)},
    {BIT(PREVENTED_CRIME), BIT(PREVENTED_CRIME_PERSONS)},
    {BIT(PREVENTED_PETITION), BIT(PREVENTED_PETITION_PERSONS)},
    {BIT(PREVENTED_BRAWL), BIT(PREVENTED_BRAWL_PERSONS)},
    {BIT(OPEN) | BIT(OVERDUE), 0},
    {BIT(PARTICIPATED), 0},
    {BIT(MERGED), 0},
    {BIT(VOIDED), 0},
}; /* screenings are of units, not of people */
#undef BIT

/* The measures of a group that are few in these values. */
static uint64_t few_of(const struct group *group, const int64_t *values, uint16_t k)
{
    uint64_t few = 0;

    for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
        few |= (uint64_t)((group->counts >> m & 1) && values[m] > 0 && values[m] < k) << m;
    }
    return few;
}

/* How much stands behind a group in these values. */
static int64_t weight_of(const struct group *group, const int64_t *values)
{
    int64_t weight = 0;

    for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
        bool is_counted = group->counts >> m & 1;
        weight += is_counted && values[m] > 0 && values[m] < INT32_MAX ? values[m] : 0;
    }
    return weight;
}

/* ---- boxes ---- */

#define CORNERS_MAX (1u << FQ_ROLLUP_BY_MAX)
#define NO_ROW UINT32_MAX

struct work {
    const struct fq_suppress_table *table;
    struct fq_suppression *suppression;
    uint32_t *slots; /* rows by key: index + 1 */
    uint32_t slot_mask;
    uint64_t *values[FQ_ROLLUP_BY_MAX]; /* of each dimension, those that stand in the table */
    uint32_t value_count[FQ_ROLLUP_BY_MAX];
};

struct box {
    uint32_t rows[CORNERS_MAX]; /* the bits of the place say which keys are exchanged */
    uint32_t count;
};

static uint32_t slot_of(const struct work *work, const uint64_t *key)
{
    uint64_t mixed = 0;

    for (uint32_t i = 0; i < work->table->by_count; i++) {
        mixed = (mixed ^ key[i]) * UINT64_C(0x9e3779b97f4a7c15);
        mixed ^= mixed >> 32;
    }
    uint32_t slot = (uint32_t)mixed & work->slot_mask;
    while (work->slots[slot] && memcmp(work->table->rows[work->slots[slot] - 1].key, key,
                                       work->table->by_count * sizeof *key) != 0) {
        slot = (slot + 1) & work->slot_mask; /* half of the slots are free */
    }
    return slot;
}

/* The row beside `row` that has `value` in the dimension. */
static uint32_t row_beside(const struct work *work, uint32_t row, uint32_t dimension,
                           uint64_t value)
{
    uint64_t key[FQ_ROLLUP_BY_MAX];

    memcpy(key, work->table->rows[row].key, sizeof key);
    key[dimension] = value;
    uint32_t slot = slot_of(work, key);
    return work->slots[slot] ? work->slots[slot] - 1 : NO_ROW;
}

/* How unwelcome the box is that results when the dimension's value is exchanged: corners that are zero
 * can only grow, and on both sides of the exchange they would hold the others fast; then what would be
 * hidden newly. UINT64_MAX when a corner is missing. */
static uint64_t cost_of(const struct work *work, const struct group *group, const struct box *box,
                        uint32_t dimension, uint64_t value, struct box *out_box)
{
    uint64_t same_zeros = 0, other_zeros = 0, weight = 0;

    *out_box = *box;
    for (uint32_t i = 0; i < box->count; i++) {
        uint32_t row = row_beside(work, box->rows[i], dimension, value);
        if (row == NO_ROW) {
            return UINT64_MAX;
        }
        out_box->rows[out_box->count++] = row;
    }
    for (uint32_t i = 0; i < out_box->count; i++) {
        int64_t behind = weight_of(group, work->table->rows[out_box->rows[i]].value);
        bool is_hidden = work->suppression->hidden[out_box->rows[i]] & group->counts;
        bool is_same_side = __builtin_popcount(i) % 2 == 0;
        same_zeros += behind == 0 && is_same_side;
        other_zeros += behind == 0 && !is_same_side;
        weight += is_hidden ? 0 : (uint64_t)behind + 1;
    }
    uint64_t held = same_zeros && other_zeros ? 1 : 0;
    return (held << 60) + ((same_zeros * 3 + other_zeros) << 50) +
           (weight & ((UINT64_C(1) << 50) - 1));
}

static void hide_box(struct work *work, const struct group *group, uint32_t row)
{
    struct box box = {.rows = {row}, .count = 1};

    for (uint32_t dimension = 0; dimension < work->table->by_count; dimension++) {
        struct box best = {.count = 0}, tried;
        uint64_t best_cost = UINT64_MAX;
        for (uint32_t i = 0; i < work->value_count[dimension]; i++) {
            uint64_t value = work->values[dimension][i];
            if (value == work->table->rows[row].key[dimension]) {
                continue;
            }
            uint64_t cost = cost_of(work, group, &box, dimension, value, &tried);
            if (cost < best_cost) {
                best_cost = cost;
                best = tried;
            }
        }
        box = best.count ? best : box; /* a dimension of one value has no other sum */
    }
    for (uint32_t i = 0; i < box.count; i++) {
        work->suppression->hidden[box.rows[i]] |= group->counts | group->followers;
    }
}

/* ---- the whole ---- */

static void hide_group(struct work *work, const struct group *group)
{
    const struct fq_suppress_table *table = work->table;
    struct fq_suppression *suppression = work->suppression;

    for (uint32_t i = 0; i < table->count; i++) {
        uint64_t few = few_of(group, table->rows[i].value, table->k[i]);
        suppression->few[i] |= few;
        suppression->hidden[i] |= few ? group->counts | group->followers : 0;
    }
    uint32_t hidden = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        hidden += (suppression->hidden[i] & group->counts) != 0;
    }
    uint64_t few = few_of(group, table->total, table->k_total);
    suppression->total_few |= few;
    /* A table of one row repeats it in its total. */
    if (few || (hidden && table->count == 1)) {
        suppression->total_hidden |= group->counts | group->followers;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        bool is_few = few_of(group, table->rows[i].value, table->k[i]) != 0;
        /* With one key two hidden cells are each other's box. */
        if (is_few && table->by_count > 0 && (table->by_count > 1 || hidden == 1)) {
            hide_box(work, group, i);
        }
    }
}

/* The distinct values of a dimension. */
static void find_values(struct work *work, uint32_t dimension)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < work->table->count; i++) {
        uint64_t value = work->table->rows[i].key[dimension];
        uint32_t at = work->table->by_count == 1 ? count : 0; /* then all differ */
        while (at < count && work->values[dimension][at] != value) {
            at++;
        }
        if (at == count && (work->table->by_count == 1 || count < 512)) {
            work->values[dimension][count++] = value;
        }
    }
    work->value_count[dimension] = count;
}

fq_err fq_suppress(const struct fq_suppress_table *table, struct fq_arena *arena,
                   struct fq_suppression *out_suppression, struct fq_why *out_why)
{
    struct work work = {.table = table, .suppression = out_suppression, .slot_mask = 1};
    bool is_whole = true;

    if (table->count > FQ_SUPPRESS_ROWS_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%u rows to publish, %d at most", table->count,
                       FQ_SUPPRESS_ROWS_MAX);
    }
    while (work.slot_mask < 2 * table->count + 2) {
        work.slot_mask = work.slot_mask * 2 + 1;
    }
    memset(out_suppression, 0, sizeof *out_suppression);
    out_suppression->hidden = fq_arena_take(arena, (table->count + 1) * sizeof(uint64_t));
    out_suppression->few = fq_arena_take(arena, (table->count + 1) * sizeof(uint64_t));
    work.slots = fq_arena_take(arena, ((size_t)work.slot_mask + 1) * sizeof *work.slots);
    for (uint32_t i = 0; i < table->by_count; i++) {
        work.values[i] = fq_arena_take(arena, (table->count + 1) * sizeof(uint64_t));
        is_whole = is_whole && work.values[i];
    }
    if (!is_whole || !out_suppression->hidden || !out_suppression->few || !work.slots) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (uint32_t i = 0; i < table->count; i++) {
        work.slots[slot_of(&work, table->rows[i].key)] = i + 1;
    }
    for (uint32_t i = 0; i < table->by_count; i++) {
        find_values(&work, i);
    }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        hide_group(&work, &groups[i]);
    }
    return FQ_OK;
}
