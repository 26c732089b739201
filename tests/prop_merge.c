/* The merge on random histories (M1 to M6), against the plain fold.
 *
 * prop_merge [SEED [HISTORIES]], or SEED and HISTORIES in the environment. A failure prints the seed
 * of the one history that broke a property; prop_merge THAT_SEED 1 shows it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/plain_fold.h"

#define SEED 20210630
#define HISTORIES 2000

struct trial {
    const struct world *world;
    struct random random;
    struct history history;
    struct plain plain;
};

typedef bool property(struct trial *trial);

static struct world_view *fold(const struct trial *trial)
{
    struct world_view *held = world_view_open(trial->world);

    for (uint32_t i = 0; i < trial->history.count; i++) {
        const struct history_entry *entry = &trial->history.entries[i];
        if (!world_tell_record(held, &entry->id, entry->record)) {
            printf("Bail out! a record does not decode\n");
            exit(1);
        }
    }
    return held;
}

static bool m2_order_does_not_matter(struct trial *trial)
{
    struct world_view *in_order = fold(trial);
    history_shuffle(&trial->history, &trial->random);
    struct world_view *shuffled = fold(trial);

    bool is_same = world_is_same(in_order, shuffled);

    world_view_close(in_order);
    world_view_close(shuffled);
    return is_same;
}

static bool m1_duplicates_change_nothing(struct trial *trial)
{
    struct world_view *once = fold(trial);
    struct world_view *often = fold(trial);

    for (uint32_t i = 0; i < 2 * trial->history.count; i++) {
        const struct history_entry *entry =
            &trial->history.entries[random_below(&trial->random, trial->history.count)];
        (void)world_tell_record(often, &entry->id, entry->record);
    }
    bool is_same = world_is_same(once, often);

    world_view_close(once);
    world_view_close(often);
    return is_same;
}

/* Groups of any size, the view written behind and loaded again between them. */
static bool m3_grouping_and_restarts_do_not_matter(struct trial *trial)
{
    struct world_view *whole = fold(trial);
    struct world_view *parts = world_view_open(trial->world);

    for (uint32_t i = 0; i < trial->history.count; i++) {
        const struct history_entry *entry = &trial->history.entries[i];
        (void)world_tell_record(parts, &entry->id, entry->record);
        if (random_chance(&trial->random, 10)) {
            parts = world_restart(parts);
        }
    }
    parts = world_restart(parts);
    bool is_same = world_is_same(whole, parts);

    world_view_close(whole);
    world_view_close(parts);
    return is_same;
}

/* What a node does: passes over the dirty disputes, a few written at a time while more is folded; and
 * a crash at any moment, after which all since the last whole pass began is folded again. */
struct pass {
    struct fq_arena memory;
    struct fq_span rows[HISTORY_ENTRIES_MAX];
    uint32_t row_count;
    uint32_t began, left; /* the pass under way */
    uint32_t mark;        /* where the last whole one began */
};

static bool write_one(struct pass *pass, struct fq_view *view, uint32_t folded)
{
    if (pass->left == 0) {
        pass->began = folded;
        pass->left = view->dirty_count;
    }
    const struct fq_dispute *dispute = pass->left ? fq_view_take_dirty(view) : NULL;
    if (dispute) {
        uint32_t place = fq_view_place(view, dispute);
        if (place > pass->row_count ||
            !fq_view_encode(view, dispute, &pass->memory, &pass->rows[place])) {
            return false; /* a row without those before it could not be loaded */
        }
        pass->row_count += place == pass->row_count;
        pass->left--;
    }
    pass->mark = pass->left == 0 ? pass->began : pass->mark;
    return true;
}

static bool m1_m4_a_view_is_written_behind_while_more_is_folded(struct trial *trial)
{
    static uint8_t memory[4 * 1024 * 1024];
    struct pass pass = {.memory = fq_arena_over(memory, sizeof memory)};
    struct world_view *whole = fold(trial);
    struct world_view *behind = world_view_open(trial->world);
    bool is_same = true;

    for (uint32_t i = 0; i < trial->history.count && is_same; i++) {
        const struct history_entry *entry = &trial->history.entries[i];
        (void)world_tell_record(behind, &entry->id, entry->record);
        while (is_same && random_chance(&trial->random, 60)) {
            is_same = write_one(&pass, &behind->view, i + 1);
        }
    }
    struct world_view *loaded = world_load(behind, pass.rows, pass.row_count);
    for (uint32_t i = pass.mark; i < trial->history.count; i++) {
        const struct history_entry *entry = &trial->history.entries[i];
        (void)world_tell_record(loaded, &entry->id, entry->record);
    }
    is_same = is_same && world_is_same(whole, loaded);

    world_view_close(whole);
    world_view_close(behind);
    world_view_close(loaded);
    return is_same;
}

static bool the_plain_fold_agrees(struct trial *trial)
{
    struct world_view *held = fold(trial);

    plain_fold(&trial->plain, trial->world, &trial->history, trial->history.count);
    bool is_same = plain_agrees(&trial->plain, &held->view);
    if (held->view.event_count != trial->plain.event_count) {
        printf("# events: plain %u, merged %llu\n", trial->plain.event_count,
               (unsigned long long)held->view.event_count);
        is_same = false;
    }
    world_view_close(held);
    return is_same;
}

/* Kept up event by event, the figures are those of a fold from scratch after every event (M4). */
static bool m4_incremental_is_from_scratch(struct trial *trial)
{
    struct world_view *held = world_view_open(trial->world);
    bool is_same = true;

    for (uint32_t i = 0; i < trial->history.count && is_same; i++) {
        const struct history_entry *entry = &trial->history.entries[i];
        (void)world_tell_record(held, &entry->id, entry->record);
        if (i % 8 == 7 || random_chance(&trial->random, 10)) {
            plain_fold(&trial->plain, trial->world, &trial->history, i + 1);
            is_same = plain_agrees(&trial->plain, &held->view);
        }
    }
    world_view_close(held);
    return is_same;
}

/* What the kinds count, less their overlap, is what the area counts. */
static bool kinds_less_overlap_are_distinct(struct trial *trial)
{
    struct world_view *held = fold(trial);
    const struct fq_cells *cells = &held->view.cells;
    bool is_exact = true;

    plain_fold(&trial->plain, trial->world, &trial->history, trial->history.count);
    for (uint32_t i = 0; i < cells->index.count && is_exact; i++) {
        const struct fq_cell *cell = &cells->cells[i];
        for (uint32_t measure = 0; measure < FQ_MEASURES_COUNT && is_exact; measure++) {
            if (cell->table != FQ_CELLS_AREA || measure == FQ_MEASURE_SWEEPS ||
                measure == FQ_MEASURE_ZERO_REPORTS || measure == FQ_MEASURE_HOUSEHOLDS) {
                continue;
            }
            uint64_t sum = 0;
            for (uint16_t kind = FQ_KIND_PEOPLE; kind <= FQ_KIND_JUDICIAL; kind++) {
                const struct fq_cell *of_kind =
                    fq_cells_find(cells, FQ_CELLS_KIND, cell->area, cell->month, kind);
                sum += of_kind ? (uint64_t)of_kind->value[measure] : 0;
            }
            sum -= (uint64_t)plain_value(&trial->plain, PLAIN_OVERLAP, cell->area, cell->month, 0,
                                         measure);
            is_exact = sum == (uint64_t)cell->value[measure];
        }
    }
    world_view_close(held);
    return is_exact;
}

static const struct {
    const char *name;
    property *holds;
    unsigned per_history; /* tried on one history in so many */
} properties[] = {
    {"M1 duplicates change nothing", m1_duplicates_change_nothing, 1},
    {"M2 order does not matter", m2_order_does_not_matter, 1},
    {"M3 grouping and restarts do not matter", m3_grouping_and_restarts_do_not_matter, 2},
    {"M1 M4 a view is written behind while more is folded",
     m1_m4_a_view_is_written_behind_while_more_is_folded, 2},
    {"the plain fold agrees in every cell", the_plain_fold_agrees, 1},
    {"M4 incremental is from scratch", m4_incremental_is_from_scratch, 4},
    {"people + administrative + judicial - overlap = distinct", kinds_less_overlap_are_distinct, 4},
};
#define PROPERTIES (sizeof properties / sizeof properties[0])

/* One property on `count` histories, of the seeds `seed`, `seed` + 1 and so on. */
static bool holds(size_t at, struct trial *trial, uint64_t seed, uint64_t count)
{
    for (uint64_t i = 0; i < count; i += properties[at].per_history) {
        trial->random = random_of(seed + i);
        history_draw(&trial->history, 4 + random_below(&trial->random, 70), &trial->random);
        if (random_chance(&trial->random, 50)) {
            history_shuffle(&trial->history, &trial->random);
        }
        if (!properties[at].holds(trial)) {
            printf("# SEED=%llu HISTORIES=1 shows it again\n", (unsigned long long)(seed + i));
            history_print(&trial->history);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct trial trial;
    static struct world world;
    uint64_t seed = random_setting(argc, argv, 1, "SEED", SEED);
    uint64_t count = random_setting(argc, argv, 2, "HISTORIES", HISTORIES);
    unsigned failed = 0;

    world_open(&world);
    trial.world = &world;
    printf("1..%zu\n", PROPERTIES);
    for (size_t i = 0; i < PROPERTIES; i++) {
        bool is_held = holds(i, &trial, seed, count);
        printf("%s %zu - %s\n", is_held ? "ok" : "not ok", i + 1, properties[i].name);
        failed += !is_held;
    }
    printf("# seed %llu, %llu histories\n", (unsigned long long)seed, (unsigned long long)count);
    world_close(&world);
    return failed > 0;
}
