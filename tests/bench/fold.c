/* The fold and the rollup in this process, at the size of a province. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "fq/core/merge.h"
#include "fq/core/explain.h"
#include "fq/core/rollup.h"
#include "fq/edge/area_file.h"
#include "fq/edge/code_file.h"
#include "fq/edge/cold.h"
#include "fq/edge/memory.h"
#include "sealing.h"
#include "workload.h"

#define COUNTIES_MAX 256
#define BATCH_EVENTS_MAX 1024
#define BATCH_DAYS 3 /* what a county sends at once: the events of so many days */
#define PROVINCE 410000u
#define TABLES_MEMORY (FQ_AREAS_MEMORY + ((size_t)4 << 20))

/* A province with years behind it. What a scan may take is said of one: of a young one nearly all lies in
 * the period and is counted, not scanned past. */
#define OLD_DISPUTES 5000000

struct size {
    const char *name, *text;
    uint32_t disputes;
    const char *first_day, *last_day;
    bool is_folded, is_rolled; /* which rows it gives */
};

struct province {
    const struct size *size;
    struct fq_arena tables, scratch, frontier_memory;
    struct fq_areas areas;
    struct fq_codes codes;
    struct stream streams[COUNTIES_MAX];
    uint32_t county_count;
    struct fq_view_memory memory;
    struct fq_frontier frontier;
    struct fq_view view;
    uint64_t batches;
    double empty_bytes; /* private memory of this process before the first event */
};

/* A batch as bytes and decoded. */
struct batch {
    uint8_t bytes[BATCH_EVENTS_MAX * 256];
    size_t used;
    struct fq_event_id first;
    uint32_t count;
    struct fq_event events[BATCH_EVENTS_MAX];
};

/* ---- a province ---- */

static bool load_tables(struct province *province)
{
    struct fq_why why = {0};
    fq_err err = fq_memory_reserve(TABLES_MEMORY, &province->tables, &why);

    err = err ? err : fq_memory_reserve((size_t)256 << 20, &province->scratch, &why);
    err = err ? err
              : fq_areas_load_csv("config/areas/henan.csv", &province->tables, &province->areas,
                                  &why);
    err =
        err ? err : fq_codes_load("config/taxonomy.cfg", &province->tables, &province->codes, &why);
    return err ? complain("tables: %s", why.detail) : true;
}

/* Every county of the table that stands at the end of the time, each with its share. */
static bool open_streams(struct province *province)
{
    uint16_t last_day = workload_day(province->size->last_day);
    uint32_t county_count = 0;
    bool is_fine = true;

    for (uint32_t i = 0; i < province->areas.count; i++) {
        const struct fq_area *area = &province->areas.rows[i];
        county_count += area->tier == FQ_TIER_COUNTY && fq_area_is_valid_on(area, last_day);
    }
    for (uint32_t i = 0; i < province->areas.count && is_fine; i++) {
        const struct fq_area *area = &province->areas.rows[i];
        uint32_t at = province->county_count;
        if (area->tier != FQ_TIER_COUNTY || !fq_area_is_valid_on(area, last_day) ||
            at == COUNTIES_MAX) {
            continue;
        }
        uint64_t disputes = province->size->disputes;
        struct stream_plan plan = {
            .seed = 2021,
            .area = area->code,
            .dispute_count =
                (uint32_t)(disputes * (at + 1) / county_count - disputes * at / county_count),
            .first_day = workload_day(province->size->first_day),
            .last_day = last_day,
        };
        is_fine = stream_open(&province->streams[at], &plan);
        province->county_count++;
    }
    return is_fine;
}

/* An empty view in fresh memory, and all counties at their beginning. */
static bool restart_view(struct province *province)
{
    struct fq_why why = {0};
    bool is_anonymous_only;

    fq_memory_release_view(&province->memory);
    fq_memory_release(&province->frontier_memory);
    fq_err err = fq_memory_reserve((size_t)4 << 20, &province->frontier_memory, &why);
    err = err ? err : fq_memory_reserve_view(8000000, &province->memory, &why);
    if (err || !fq_frontier_init(&province->frontier, &province->frontier_memory)) {
        return complain("view: %s", why.detail);
    }
    fq_view_init(&province->view, &province->areas, &province->frontier, &province->memory);
    for (uint32_t i = 0; i < province->county_count; i++) {
        province->streams[i].next = 0;
    }
    province->batches = 0;
    province->empty_bytes = private_bytes(0, &is_anonymous_only);
    return true;
}

static void close_province(struct province *province)
{
    for (uint32_t i = 0; i < province->county_count; i++) {
        stream_close(&province->streams[i]);
    }
    fq_memory_release_view(&province->memory);
    fq_memory_release(&province->frontier_memory);
    fq_memory_release(&province->scratch);
    fq_memory_release(&province->tables);
}

/* ---- arrival ---- */

/* The next days of one county as bytes. */
static void draw_batch(struct stream *stream, uint16_t day, struct batch *batch)
{
    struct fq_writer writer = fq_writer_over(batch->bytes, sizeof batch->bytes);
    uint16_t date;

    batch->count = 0;
    while (batch->count < BATCH_EVENTS_MAX && (date = stream_next_date(stream)) != 0 &&
           date < day + BATCH_DAYS) {
        struct fq_event *event = &batch->events[0]; /* decoded anew later */
        (void)stream_next(stream, event);
        if (batch->count++ == 0) {
            batch->first = event->id;
        }
        fq_event_encode(event, &writer);
    }
    FQ_ASSERT(!writer.is_full);
    batch->used = writer.used;
}

static void decode_batch(struct batch *batch)
{
    struct fq_reader reader = fq_reader_over(fq_span_of(batch->bytes, batch->used));
    struct fq_event_id id = batch->first;

    for (uint32_t i = 0; i < batch->count; i++, id.seq++) {
        bool is_decoded = fq_event_decode(&reader, id, &batch->events[i]);
        FQ_ASSERT(is_decoded);
    }
}

/* In groups, as fq_merge_batch does. */
static bool fold_batch(struct province *province, const struct batch *batch)
{
    bool is_fine = true;

    for (uint32_t i = 0; i < batch->count; i++) {
        if (i % FQ_VIEW_EXPECT_MAX == 0) {
            uint32_t left = batch->count - i;
            fq_view_expect(&province->view, &batch->events[i],
                           left < FQ_VIEW_EXPECT_MAX ? left : FQ_VIEW_EXPECT_MAX);
        }
        is_fine &= fq_merge_event(&province->view, &batch->events[i]) == FQ_MERGED_NEW;
    }
    return is_fine;
}

static bool decode_and_fold(struct province *province, const struct batch *batch)
{
    const struct fq_batch sealed = {
        .seal = {.log = batch->first.log, .from_seq = batch->first.seq},
        .records = fq_span_of(batch->bytes, batch->used),
        .record_count = batch->count,
    };
    uint64_t before = province->view.event_count;
    struct fq_why why;

    return fq_merge_batch(&province->view, &sealed, NULL, &why) == FQ_OK &&
           province->view.event_count == before + batch->count;
}

enum way { FOLD, FOLD_FRESH, DECODE_AND_FOLD, WAYS };

struct pass {
    enum way way;
    uint64_t events;
    double seconds; /* of the measured part */
};

#define FACT_BYTES 420 /* per dispute, somewhat more than is needed */
#define CELLS 250000

/* Have the pages that the fold will write, so that the system's work of handing them out, which is
 * a third of folding into fresh memory, is left out. */
static void touch(struct province *province)
{
    const struct fq_view_memory *memory = &province->view.memory;
    size_t disputes = province->size->disputes;
    const struct {
        const struct fq_arena *region;
        size_t size;
    } rows[] = {
        {&memory->disputes, disputes * sizeof(struct fq_dispute)},
        {&memory->dispute_heads, disputes * sizeof(uint32_t)},
        {&memory->dispute_links, disputes * sizeof(struct fq_index_link)},
        {&memory->dirty, disputes * sizeof(uint32_t)},
        {&memory->facts, disputes * FACT_BYTES},
        {&memory->cells, CELLS * sizeof(struct fq_cell)},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t at = 0; at < rows[i].size && at < rows[i].region->size; at += 4096) {
            *(volatile uint8_t *)(rows[i].region->base + at) = 0;
        }
    }
}

/* Counties in turn, each with what it wrote in the days before. */
static bool run_pass(struct province *province, struct batch *batch, struct pass *pass)
{
    uint16_t last_day = workload_day(province->size->last_day);
    bool is_fine = restart_view(province);

    if (is_fine && pass->way == FOLD) {
        touch(province);
    }
    for (uint16_t day = workload_day(province->size->first_day); is_fine && day <= last_day;
         day = (uint16_t)(day + BATCH_DAYS)) {
        for (uint32_t i = 0; i < province->county_count && is_fine; i++) {
            do {
                draw_batch(&province->streams[i], day, batch);
                if (pass->way != DECODE_AND_FOLD) {
                    decode_batch(batch);
                }
                double began = own_cpu_s();
                is_fine = pass->way == DECODE_AND_FOLD ? decode_and_fold(province, batch)
                                                       : fold_batch(province, batch);
                pass->seconds += own_cpu_s() - began;
                pass->events += batch->count;
                province->batches += batch->count > 0;
            } while (is_fine && batch->count == BATCH_EVENTS_MAX);
        }
    }
    return is_fine && province->view.event_count == pass->events &&
                   province->view.dispute_count == province->size->disputes
               ? true
               : complain("fold %s: %llu events of %llu disputes, the view has %llu of %llu",
                          province->size->text, (unsigned long long)pass->events,
                          (unsigned long long)province->size->disputes,
                          (unsigned long long)province->view.event_count,
                          (unsigned long long)province->view.dispute_count);
}

/* ---- rows ---- */

static bool is_same_digest(const struct fq_digest *a, const struct fq_digest *b)
{
    return a->high == b->high && a->low == b->low;
}

static void fold_rows(struct bench *bench, struct province *province, struct batch *batch,
                      int rounds)
{
    static const char *const ways[WAYS] = {"fold", "fold, fresh memory", "decode+fold, fresh"};
    char names[WAYS][64];
    struct row rows[WAYS] = {
        [FOLD] = {.unit = "events/s", .target_of = TARGET_VALUE_MIN, .target = 3e6},
        [FOLD_FRESH] = {.unit = "events/s"},
        [DECODE_AND_FOLD] = {.unit = "events/s"},
    };
    struct fq_digest digests[WAYS];

    for (enum way way = FOLD; way < WAYS; way++) {
        struct row *row = &rows[way];
        snprintf(names[way], sizeof names[way], "%s, %s", ways[way], province->size->text);
        row->name = names[way];
        row->is_sound = true;
        for (int round = 0; round < rounds; round++) {
            struct pass pass = {.way = way};
            row->is_sound = run_pass(province, batch, &pass) && row->is_sound;
            double rate = (double)pass.events / pass.seconds;
            series_add(&row->values, rate);
            if (bench->raw_per_s > 0) {
                series_add(&row->ratios, rate / bench->raw_per_s);
            }
        }
        digests[way] = fq_view_digest(&province->view, PROVINCE, 0, UINT16_MAX);
        row->is_sound = row->is_sound && is_same_digest(&digests[FOLD], &digests[way]);
        table_row(&bench->table, row);
    }
    table_note(&bench->table, "%llu events, %u counties, batches of %.0f on average",
               (unsigned long long)province->view.event_count, province->county_count,
               (double)province->view.event_count / (double)province->batches);
}

static void memory_row(struct bench *bench, const struct province *province, const char *what,
                       double target)
{
    char name[64];
    bool is_anonymous_only;
    struct row row = {.name = name,
                      .unit = "B/dispute",
                      .target_of = target > 0 ? TARGET_VALUE_MAX : TARGET_NONE,
                      .target = target,
                      .is_sound = true};

    snprintf(name, sizeof name, "%s, %s", what, province->size->text);
    double bytes = private_bytes(0, &is_anonymous_only) - province->empty_bytes;
    series_add(&row.values, bytes / province->size->disputes);
    table_row(&bench->table, &row);
}

/* With all facts at hand, and with those long written put away, as a node does. The pages made ready
 * beyond what was written are given back first. */
static void memory_rows(struct bench *bench, struct province *province, struct fq_cold *cold)
{
    struct fq_arena *facts = &province->view.memory.facts;

    fq_memory_trim(facts, facts->used);
    memory_row(bench, province, "memory", 0);
    fq_cold_open(bench->dir, cold);
    while (fq_cold_put(cold, facts)) {
    }
    memory_row(bench, province, "memory, facts put away", 200);
}

/* ---- rollup ---- */

static bool rows_add_up(const struct fq_rollup *rollup, enum fq_measure measure)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < rollup->count; i++) {
        sum += rollup->rows[i].value[measure];
    }
    return sum - rollup->overlap[measure] == rollup->total[measure] && sum > 0;
}

static void rollup_row(struct bench *bench, struct province *province, struct row *row,
                       const struct fq_rollup_query *query)
{
    char name[64];
    struct fq_rollup rollup;
    struct fq_why why = {0};

    snprintf(name, sizeof name, "%s, %s", row->name, province->size->text);
    row->name = name;
    row->unit = "ms";
    row->is_sound = true;
    for (int i = 0; i < 5 && row->is_sound; i++) {
        fq_arena_reset(&province->scratch);
        double began = own_cpu_s();
        row->is_sound = fq_rollup_run(&province->view, &province->codes, query, &province->scratch,
                                      &rollup, &why) == FQ_OK;
        series_add(&row->values, 1000 * (own_cpu_s() - began));
        row->is_sound = row->is_sound && rows_add_up(&rollup, FQ_MEASURE_REGISTERED);
    }
    if (!row->is_sound) {
        complain("%s: %s", name, why.detail);
    }
    table_row(&bench->table, row);
}

/* The least a scan can do: look at every packed state once, count those accepted in the period by
 * type. Gives milliseconds, the median of five. */
static double plain_scan_row(struct bench *bench, const struct province *province,
                             const struct fq_period *period)
{
    char name[64];
    struct row row = {.name = name, .unit = "ms", .is_sound = true};
    static uint64_t counts[65536];

    snprintf(name, sizeof name, "plain scan of states, %s", province->size->text);
    for (int i = 0; i < 5; i++) {
        double began = own_cpu_s();
        for (uint32_t k = 0; k < province->view.index.count; k++) {
            const struct fq_dispute *dispute = &province->view.disputes[k];
            counts[dispute->type] += dispute->decision == FQ_DECISION_ACCEPTED &&
                                     dispute->decided_on >= period->first_day &&
                                     dispute->decided_on <= period->last_day;
        }
        series_add(&row.values, 1000 * (own_cpu_s() - began));
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        sum += counts[i];
    }
    row.is_sound = sum > 0;
    table_row(&bench->table, &row);
    return series_median(&row.values);
}

/* The way from reports to the figure, of all counties. */
static void explain_row(struct bench *bench, struct province *province,
                        const struct fq_rollup_query *query)
{
    char name[64];
    struct fq_explanation explanation;
    struct fq_why why = {0};
    struct row row = {.name = name,
                      .unit = "ms",
                      .is_sound = true,
                      .target_of = TARGET_VALUE_MAX,
                      .target = 1000};

    snprintf(name, sizeof name, "explain, %s", province->size->text);
    for (int i = 0; i < 3 && row.is_sound; i++) {
        fq_arena_reset(&province->scratch);
        double began = own_cpu_s();
        row.is_sound = fq_explain(&province->view, query, FQ_MEASURE_AGREED, &province->scratch,
                                  &explanation, &why) == FQ_OK &&
                       explanation.total.home > 0;
        series_add(&row.values, 1000 * (own_cpu_s() - began));
    }
    table_row(&bench->table, &row);
}

/* The last half-year, as a province asks for it. */
static void rollup_rows(struct bench *bench, struct province *province)
{
    struct fq_rollup_query county = {.area = PROVINCE, .by = {FQ_BY_COUNTY}, .by_count = 1};
    struct fq_rollup_query types = {
        .area = PROVINCE, .by = {FQ_BY_TYPE, FQ_BY_KIND}, .by_count = 2};
    bool is_old = province->size->disputes >= OLD_DISPUTES;
    struct row by_county = {
        .name = "rollup by county", .target_of = TARGET_VALUE_MAX, .target = is_old ? 10 : 5};
    struct row by_type = {.name = "rollup by type x kind"};
    bool is_period = fq_period_parse(fq_span_text("2021H1"), &county.period);

    FQ_ASSERT(is_period);
    types.period = county.period;
    rollup_row(bench, province, &by_county, &county);
    double plain_ms = plain_scan_row(bench, province, &county.period);
    if (is_old) {
        by_type.target_of = TARGET_VALUE_MAX;
        by_type.target = 3 * plain_ms;
    }
    rollup_row(bench, province, &by_type, &types);
    explain_row(bench, province, &county);
}

/* ---- sizes ---- */

static bool fill_view(struct province *province, struct batch *batch)
{
    struct pass pass = {.way = DECODE_AND_FOLD};

    return run_pass(province, batch, &pass);
}

static void size_rows(struct bench *bench, struct province *province, struct batch *batch)
{
    struct fq_cold cold = {.file = -1};
    bool is_filled = true;

    if (province->size->is_folded) {
        fold_rows(bench, province, batch, bench->rounds);
    } else {
        is_filled = fill_view(province, batch);
    }
    bench->table.failed += !is_filled;
    if (province->size->is_rolled) {
        memory_rows(bench, province, &cold);
        rollup_rows(bench, province);
        bench_sealing(bench, &(struct sealed_view){.view = &province->view,
                                                   .codes = &province->codes,
                                                   .area = PROVINCE,
                                                   .text = province->size->text});
    }
    fq_cold_close(&cold); /* what is mapped of it stays until the view is released */
}

static void measure_size(struct bench *bench, const struct size *size)
{
    struct province *province = calloc(1, sizeof *province);
    struct batch *batch = calloc(1, sizeof *batch);

    if (province && batch) {
        province->size = size;
    }
    if (province && batch && load_tables(province) && open_streams(province)) {
        size_rows(bench, province, batch);
    } else {
        bench->table.failed++;
    }
    if (province) {
        close_province(province);
    }
    free(province);
    free(batch);
}

void bench_fold(struct bench *bench)
{
    static const struct size quick[] = {
        {"fold-20000", "20,000", 20000, "2021-01-01", "2021-06-30", true, true},
        {NULL},
    };
    static const struct size full[] = {
        {"fold-278600", "278,600", 278600, "2021-01-01", "2021-06-30", true, false},
        {"fold-100000", "100,000", 100000, "2021-01-01", "2021-06-30", false, true},
        {"fold-2000000", "2,000,000", 2000000, "2019-01-01", "2021-06-30", true, true},
        {"fold-5000000", "5,000,000", 5000000, "2016-01-01", "2021-06-30", false, true},
        {NULL},
    };

    for (const struct size *size = bench->is_quick ? quick : full; size->name; size++) {
        if (is_wanted(bench, size->name)) {
            measure_size(bench, size);
        }
    }
}
