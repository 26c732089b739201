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
    uint32_t
        *line_mates[FQ_ROLLUP_BY_MAX]; /* of each row: how many others differ in this key alone */
};

/* How well a box guards the count at its first corner. */
enum guard { GUARD_NONE, GUARD_ONE, GUARD_K }; /* not; it may be one more or less; k or more */

struct box {
    uint32_t rows[CORNERS_MAX]; /* the bits of the place say which keys are exchanged */
    uint32_t count;
    enum guard guard;
    uint64_t cost; /* what would be hidden newly */
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

/* Whether two rows agree in all keys but this. */
static bool is_one_line(const struct fq_suppress_table *table, uint32_t a, uint32_t b,
                        uint32_t axis)
{
    for (uint32_t i = 0; i < table->by_count; i++) {
        if (i != axis && table->rows[a].key[i] != table->rows[b].key[i]) {
            return false;
        }
    }
    return true;
}

/* The keys whose exchange a box needs: where the row stands alone, the sum is the row itself. */
static uint32_t find_axes(const struct work *work, uint32_t row, uint32_t *out_axes)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < work->table->by_count; i++) {
        if (work->line_mates[i][row] > 0) {
            out_axes[count++] = i;
        }
    }
    return count;
}

/* What the rows that differ from the row in this key alone add up to with it. */
static int64_t sum_line(const struct work *work, uint32_t row, uint32_t axis, int measure)
{
    const struct fq_suppress_table *table = work->table;
    int64_t sum = 0;

    for (uint32_t i = 0; i < table->count; i++) {
        sum += is_one_line(table, row, i, axis) ? table->rows[i].value[measure] : 0;
    }
    return sum;
}

/* Those of the axes whose sum is not few: one that is, is hidden where it stands. */
static uint32_t keep_known(const struct work *work, uint32_t row, int measure, uint32_t *axes,
                           uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (sum_line(work, row, axes[i], measure) >= work->table->k[row]) {
            axes[kept++] = axes[i];
        }
    }
    return kept;
}

/* The corners of the box that the row spans with one that has other keys on all axes. False when it
 * has not, or the table lacks a corner. */
static bool span_box(const struct work *work, uint32_t row, uint32_t far, const uint32_t *axes,
                     uint32_t axis_count, struct box *out_box)
{
    const struct fq_rollup_row *rows = work->table->rows;
    uint64_t key[FQ_ROLLUP_BY_MAX];

    for (uint32_t i = 0; i < axis_count; i++) {
        if (rows[far].key[axes[i]] == rows[row].key[axes[i]]) {
            return false;
        }
    }
    out_box->count = 1u << axis_count;
    for (uint32_t corner = 0; corner < out_box->count; corner++) {
        memcpy(key, rows[row].key, sizeof key);
        for (uint32_t i = 0; i < axis_count; i++) {
            key[axes[i]] = corner >> i & 1 ? rows[far].key[axes[i]] : key[axes[i]];
        }
        uint32_t slot = slot_of(work, key);
        if (!work->slots[slot]) {
            return false;
        }
        out_box->rows[corner] = work->slots[slot] - 1;
    }
    return true;
}

/* A count moves along the box: up when every second corner can give, down when the others can. */
static void judge_box(const struct work *work, const struct group *group, int measure,
                      struct box *box)
{
    const struct fq_suppress_table *table = work->table;
    int64_t given = INT64_MAX, taken = INT64_MAX; /* the least of the corners that give and take */

    box->cost = 0;
    for (uint32_t i = 0; i < box->count; i++) {
        const int64_t *values = table->rows[box->rows[i]].value;
        int64_t *least = __builtin_popcount(i) % 2 ? &given : &taken;
        *least = values[measure] < *least ? values[measure] : *least;
        if (!(work->suppression->hidden[box->rows[i]] & group->counts)) {
            box->cost += (uint64_t)weight_of(group, values) + 1;
        }
    }
    int64_t wanted = table->k[box->rows[0]] - table->rows[box->rows[0]].value[measure];
    box->guard = given >= wanted ? GUARD_K : given > 0 || taken > 0 ? GUARD_ONE : GUARD_NONE;
}

static bool is_better(const struct box *a, const struct box *b)
{
    return a->guard != b->guard ? a->guard > b->guard : a->cost < b->cost;
}

/* The best box on these axes; its guard is NONE when there is none. */
static struct box find_box(const struct work *work, const struct group *group, int measure,
                           uint32_t row, const uint32_t *axes, uint32_t axis_count)
{
    struct box best = {.guard = GUARD_NONE, .cost = UINT64_MAX}, box;

    for (uint32_t far = 0; axis_count > 0 && far < work->table->count; far++) {
        if (!span_box(work, row, far, axes, axis_count, &box)) {
            continue;
        }
        judge_box(work, group, measure, &box);
        if (is_better(&box, &best)) {
            best = box;
        }
        if (best.guard == GUARD_K && best.cost == 0) {
            break;
        }
    }
    return best;
}

static void hide(struct work *work, const struct group *group, uint32_t row)
{
    work->suppression->hidden[row] |= group->counts | group->followers;
}

/* Hide what guards a count of a row that is hidden; the whole table where nothing less would. */
static void guard(struct work *work, const struct group *group, int measure, uint32_t row)
{
    uint32_t axes[FQ_ROLLUP_BY_MAX] = {0};
    uint32_t count = find_axes(work, row, axes);
    struct box box = find_box(work, group, measure, row, axes, count);

    if (box.guard == GUARD_NONE) {
        count = keep_known(work, row, measure, axes, count);
        box = find_box(work, group, measure, row, axes, count);
    }
    for (uint32_t i = 0; i < box.count && box.guard != GUARD_NONE; i++) {
        hide(work, group, box.rows[i]);
    }
    for (uint32_t i = 0; i < work->table->count && box.guard == GUARD_NONE; i++) {
        hide(work, group, i);
    }
}

/* ---- the whole ---- */

/* The rows less the overlap are the total. When one of the two is few, a row, the smallest, is hidden
 * with it. */
static void guard_overlap(struct work *work, const struct group *group)
{
    const struct fq_suppress_table *table = work->table;
    uint64_t of_overlap = few_of(group, table->overlap, table->k_total);
    uint64_t few = of_overlap | few_of(group, table->total, table->k_total);
    uint32_t best = NO_ROW;
    int64_t least = INT64_MAX;

    if (!few) {
        return;
    }
    work->suppression->overlap_hidden |= of_overlap ? group->counts | group->followers : 0;
    for (uint32_t i = 0; i < table->count; i++) {
        bool is_hidden = work->suppression->hidden[i] & group->counts;
        int64_t cost = is_hidden ? -1 : weight_of(group, table->rows[i].value);
        if (cost < least) {
            least = cost;
            best = i;
        }
    }
    if (best != NO_ROW && least >= 0) {
        hide(work, group, best);
        for (int m = 0; m < FQ_MEASURES_COUNT && table->by_count > 1; m++) {
            if (few >> m & 1) {
                guard(work, group, m, best);
            }
        }
    }
}

static void hide_group(struct work *work, const struct group *group)
{
    const struct fq_suppress_table *table = work->table;
    struct fq_suppression *suppression = work->suppression;
    bool is_any_few = false;

    for (uint32_t i = 0; i < table->count; i++) {
        if (few_of(group, table->rows[i].value, table->k[i])) {
            hide(work, group, i);
            is_any_few = true;
        }
    }
    /* A table of one row repeats it in its total. */
    if (few_of(group, table->total, table->k_total) || (is_any_few && table->count == 1)) {
        suppression->total_hidden |= group->counts | group->followers;
    }
    for (uint32_t i = 0; i < table->count && table->count > 1 && is_any_few; i++) {
        /* Where nobody knows the total, no sum tells. */
        uint64_t few = few_of(group, table->rows[i].value, table->k[i]) &
                       ~few_of(group, table->total, table->k_total);
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            if (few >> m & 1) {
                guard(work, group, m, i);
            }
        }
    }
    if (table->overlap) {
        guard_overlap(work, group);
    }
}

/* How many rows differ from each in the one key alone: those that agree in the others, counted. */
static bool count_line_mates(struct work *work, uint32_t axis, struct fq_arena *arena)
{
    const struct fq_suppress_table *table = work->table;
    size_t slot_count = (size_t)work->slot_mask + 1;
    uint32_t *lines = fq_arena_take(arena, slot_count * sizeof *lines); /* a row of it, plus 1 */
    uint32_t *sizes = fq_arena_take(arena, slot_count * sizeof *sizes);
    uint32_t *line_of = fq_arena_take(arena, (table->count + 1) * sizeof *line_of);

    if (!lines || !sizes || !line_of) {
        return false;
    }
    for (uint32_t row = 0; row < table->count; row++) {
        const uint64_t *key = table->rows[row].key;
        uint64_t mixed = 0;
        for (uint32_t i = 0; i < table->by_count; i++) {
            mixed = i == axis ? mixed : (mixed ^ key[i]) * UINT64_C(0x9e3779b97f4a7c15);
            mixed ^= mixed >> 32;
        }
        uint32_t slot = (uint32_t)mixed & work->slot_mask;
        while (lines[slot] && !is_one_line(table, lines[slot] - 1, row, axis)) {
            slot = (slot + 1) & work->slot_mask;
        }
        lines[slot] = lines[slot] ? lines[slot] : row + 1;
        sizes[slot]++;
        line_of[row] = slot;
    }
    for (uint32_t row = 0; row < table->count; row++) {
        line_of[row] = sizes[line_of[row]] - 1;
    }
    work->line_mates[axis] = line_of;
    return true;
}

static bool open_work(struct work *work, struct fq_arena *arena)
{
    const struct fq_suppress_table *table = work->table;

    work->slot_mask = 1;
    while (work->slot_mask < 2 * table->count + 2) {
        work->slot_mask = work->slot_mask * 2 + 1;
    }
    work->suppression->hidden = fq_arena_take(arena, (table->count + 1) * sizeof(uint64_t));
    work->slots = fq_arena_take(arena, ((size_t)work->slot_mask + 1) * sizeof *work->slots);
    if (!work->suppression->hidden || !work->slots) {
        return false;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        work->slots[slot_of(work, table->rows[i].key)] = i + 1;
    }
    for (uint32_t i = 0; i < table->by_count; i++) {
        if (!count_line_mates(work, i, arena)) {
            return false;
        }
    }
    return true;
}

fq_err fq_suppress(const struct fq_suppress_table *table, struct fq_arena *arena,
                   struct fq_suppression *out_suppression, struct fq_why *out_why)
{
    struct work work = {.table = table, .suppression = out_suppression};

    if (table->count > FQ_SUPPRESS_ROWS_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%u rows to publish, %d at most", table->count,
                       FQ_SUPPRESS_ROWS_MAX);
    }
    memset(out_suppression, 0, sizeof *out_suppression);
    if (!open_work(&work, arena)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        hide_group(&work, &groups[i]);
    }
    return FQ_OK;
}
