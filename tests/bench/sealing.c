/* Sealing a period, and looking back to it, over the view of a whole province. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "fq/core/asof.h"
#include "fq/core/period_figures.h"
#include "fq/core/rollup.h"
#include "fq/edge/memory.h"
#include "sealing.h"

#define SCRATCH_SIZE ((size_t)2 << 30)
#define TOUCHED 100000 /* disputes that something later speaks of */

struct sealing {
    const struct sealed_view *of;
    struct fq_arena scratch;
    struct fq_period_seal seal;
    struct fq_span cells;
    struct fq_leaf_row *leaves;
};

/* All that a node does between taking the request in and handing the rows to the store, but for signing. */
static bool make_seal(struct sealing *sealing)
{
    struct fq_period_seal *seal = &sealing->seal;
    struct fq_view *view = sealing->of->view;
    static const struct fq_id salt = {{1}};

    fq_arena_reset(&sealing->scratch);
    seal->digest = fq_view_digest(view, seal->area, seal->first_month, seal->last_month);
    if (!fq_period_leaves(view, seal, &salt, &sealing->scratch, &sealing->leaves, &seal->root,
                          &seal->count) ||
        !fq_period_cells(view, seal->area, seal->first_month, seal->last_month, &sealing->scratch,
                         &sealing->cells)) {
        return false;
    }
    fq_hash_spans(&sealing->cells, 1, &seal->cells);
    return true;
}

static void name_row(char name[64], const char *what, const struct sealing *sealing,
                     struct row *row)
{
    snprintf(name, 64, "%s, %s", what, sealing->of->text);
    row->name = name;
    row->unit = "ms";
}

static void seal_row(struct bench *bench, struct sealing *sealing, const char *period,
                     double target)
{
    char what[32], name[64];
    struct row row = {.is_sound = true, .target_of = TARGET_VALUE_MAX, .target = target};
    struct fq_period months;

    row.is_sound = fq_period_parse(fq_span_text(period), &months);
    sealing->seal = (struct fq_period_seal){.first_month = months.first_month,
                                            .last_month = months.last_month,
                                            .area = sealing->of->area};
    snprintf(what, sizeof what, "seal %s", period);
    name_row(name, what, sealing, &row);
    for (int i = 0; i < 3 && row.is_sound; i++) {
        double began = own_cpu_s();
        row.is_sound = make_seal(sealing);
        series_add(&row.values, 1000 * (own_cpu_s() - began));
    }
    row.is_sound = row.is_sound && sealing->seal.count > 0;
    table_row(&bench->table, &row);
    table_note(&bench->table, "%llu leaves, %zu KiB of cells",
               (unsigned long long)sealing->seal.count, sealing->cells.size / 1024);
}

/* A declared question answered by the sealed cells: they are read and asked. */
static void cells_row(struct bench *bench, struct sealing *sealing)
{
    struct fq_rollup_query query = {.area = sealing->of->area, .by = {FQ_BY_COUNTY}, .by_count = 1};
    struct row row = {.is_sound = true, .target_of = TARGET_VALUE_MAX, .target = 2000};
    struct fq_view *loaded = fq_arena_take(&sealing->scratch, sizeof *loaded);
    struct fq_view_memory memory;
    struct fq_rollup was, live;
    struct fq_why why;
    char name[64];

    name_row(name, "as-of, sealed cells", sealing, &row);
    query.period.first_month = sealing->seal.first_month;
    query.period.last_month = sealing->seal.last_month;
    query.period.first_day = fq_month_first_day(query.period.first_month);
    query.period.last_day = fq_month_last_day(query.period.last_month);
    row.is_sound = loaded && fq_rollup_run(sealing->of->view, sealing->of->codes, &query,
                                           &sealing->scratch, &live, &why) == FQ_OK;
    for (int i = 0; i < 5 && row.is_sound; i++) {
        double began = own_cpu_s();
        row.is_sound = fq_memory_reserve_view(1, &memory, &why) == FQ_OK;
        if (!row.is_sound) {
            break;
        }
        fq_view_init(loaded, sealing->of->view->areas, sealing->of->view->frontier, &memory);
        row.is_sound = fq_period_cells_load(sealing->cells, loaded) &&
                       fq_rollup_run(loaded, sealing->of->codes, &query, &sealing->scratch, &was,
                                     &why) == FQ_OK &&
                       memcmp(was.total, live.total, sizeof was.total) == 0;
        fq_memory_release_view(&memory);
        series_add(&row.values, 1000 * (own_cpu_s() - began));
    }
    table_row(&bench->table, &row);
}

/* Every so many facts of the view count as later: the last ones of disputes all over it. */
static bool note_some(struct sealing *sealing, struct fq_asof *asof)
{
    const struct fq_view *view = sealing->of->view;
    uint32_t count = view->index.count < TOUCHED ? view->index.count : TOUCHED;
    uint32_t step = view->index.count / count;

    for (uint32_t i = 0; i < count; i++) {
        const struct fq_event event = {.kind = FQ_EVENT_ACCEPTED,
                                       .step = FQ_EVENT_ACCEPTED,
                                       .dispute = view->disputes[(size_t)i * step].id};
        if (!fq_asof_note(asof, &event, &sealing->scratch)) {
            return false;
        }
    }
    return true;
}

/* The short way of everything else: what was touched is set back, and forth. */
static void touched_row(struct bench *bench, struct sealing *sealing)
{
    struct fq_view *view = sealing->of->view;
    struct row row = {.is_sound = true};
    const struct fq_frontier *frontier = view->frontier;
    struct fq_marks marks;
    char name[64];

    name_row(name, "as-of, 100,000 set back and forth", sealing, &row);
    fq_arena_reset(&sealing->scratch);
    struct fq_past *past = fq_arena_take(&sealing->scratch, sizeof *past);
    marks.rows = fq_arena_take(&sealing->scratch, (frontier->count + 1) * sizeof *marks.rows);
    marks.count = 0;
    struct fq_digest before = fq_view_digest(view, sealing->of->area, 0, UINT16_MAX);
    row.is_sound = past && marks.rows && fq_past_init(past, view, &marks, 0, &sealing->scratch);
    for (uint32_t i = 0; i < frontier->count && row.is_sound; i++) {
        past->last[i] = 4000; /* of each county its first years */
    }
    size_t mark = sealing->scratch.used;
    for (int i = 0; i < 5 && row.is_sound; i++) {
        struct fq_asof asof;
        sealing->scratch.used = mark;
        double began = own_cpu_s();
        row.is_sound = fq_asof_init(&asof, view, past, 0, &sealing->scratch) &&
                       note_some(sealing, &asof) && fq_asof_go_back(&asof);
        fq_asof_return(&asof);
        series_add(&row.values, 1000 * (own_cpu_s() - began));
    }
    struct fq_digest after = fq_view_digest(view, sealing->of->area, 0, UINT16_MAX);
    row.is_sound = row.is_sound && fq_digest_equal(before, after);
    table_row(&bench->table, &row);
}

void bench_sealing(struct bench *bench, const struct sealed_view *of)
{
    struct sealing sealing = {.of = of};
    struct fq_why why;

    if (fq_memory_reserve(SCRATCH_SIZE, &sealing.scratch, &why)) {
        bench->table.failed++;
        return;
    }
    seal_row(bench, &sealing, "2021H1", 5000);
    cells_row(bench, &sealing);
    seal_row(bench, &sealing, "2021", 5000);
    touched_row(bench, &sealing);
    fq_memory_release(&sealing.scratch);
}
