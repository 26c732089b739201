#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/edge/area_file.h"
#include "fq/edge/code_file.h"
#include "fq/edge/memory.h"

#define WORLD_MEMORY (FQ_AREAS_MEMORY + 512 * 1024)
#define REGION_SIZE ((size_t)64 << 20)

static _Noreturn void give_up(const char *what)
{
    printf("Bail out! world: %s\n", what);
    exit(1);
}

static void must(fq_err err, const struct fq_why *why)
{
    if (err) {
        give_up(why->detail);
    }
}

/* ---- the province ---- */

static void add_area(struct world *world, uint32_t code, uint32_t parent, enum fq_tier tier)
{
    struct fq_area area = {.code = code, .parent = parent, .tier = tier};
    struct fq_why why;

    snprintf(area.name_en, sizeof area.name_en, "%s %06u", fq_tier_name(tier), code);
    must(fq_areas_add(&world->areas, &area, &why), &why);
}

void world_open(struct world *world)
{
    struct fq_why why = {0};

    memset(world, 0, sizeof *world);
    must(fq_memory_reserve(WORLD_MEMORY, &world->memory, &why), &why);
    must(fq_areas_init(&world->areas, &world->memory, 16, &why), &why);
    add_area(world, WORLD_PROVINCE, 0, FQ_TIER_PROVINCE);
    add_area(world, WORLD_CITY, WORLD_PROVINCE, FQ_TIER_CITY);
    add_area(world, WORLD_OTHER_CITY, WORLD_PROVINCE, FQ_TIER_CITY);
    add_area(world, WORLD_COUNTY, WORLD_CITY, FQ_TIER_COUNTY);
    add_area(world, WORLD_NEIGHBOUR, WORLD_CITY, FQ_TIER_COUNTY);
    add_area(world, WORLD_THIRD, WORLD_CITY, FQ_TIER_COUNTY);
    add_area(world, WORLD_FAR, WORLD_OTHER_CITY, FQ_TIER_COUNTY);
    add_area(world, WORLD_DIRECT, WORLD_PROVINCE, FQ_TIER_COUNTY);
    must(fq_areas_check(&world->areas, &why), &why);
    must(fq_codes_load("config/taxonomy.cfg", &world->memory, &world->codes, &why), &why);
}

void world_close(struct world *world)
{
    fq_memory_release(&world->memory);
}

/* ---- views ---- */

struct world_view *world_view_open_small(const struct world *world, size_t bytes)
{
    struct world_view *held = calloc(1, sizeof *held);
    struct fq_why why = {0};

    if (!held) {
        give_up("memory");
    }
    struct fq_arena *regions[] = {
        &held->memory.disputes,   &held->memory.dispute_heads, &held->memory.dispute_links,
        &held->memory.facts,      &held->memory.dirty,         &held->memory.cells,
        &held->memory.cell_heads, &held->memory.cell_links,    &held->memory.activities,
    };
    held->world = world;
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        must(fq_memory_reserve(bytes, regions[i], &why), &why);
    }
    must(fq_memory_reserve(FQ_LOGS_MAX * sizeof(struct fq_log) + 64, &held->frontier_memory, &why),
         &why);
    if (!fq_frontier_init(&held->frontier, &held->frontier_memory)) {
        give_up("frontier");
    }
    fq_view_init(&held->view, &world->areas, &held->frontier, &held->memory);
    return held;
}

struct world_view *world_view_open(const struct world *world)
{
    return world_view_open_small(world, REGION_SIZE);
}

void world_view_close(struct world_view *held)
{
    if (!held) {
        return;
    }
    fq_memory_release(&held->memory.disputes);
    fq_memory_release(&held->memory.dispute_heads);
    fq_memory_release(&held->memory.dispute_links);
    fq_memory_release(&held->memory.facts);
    fq_memory_release(&held->memory.dirty);
    fq_memory_release(&held->memory.activities);
    fq_memory_release(&held->memory.cells);
    fq_memory_release(&held->memory.cell_heads);
    fq_memory_release(&held->memory.cell_links);
    fq_memory_release(&held->frontier_memory);
    free(held);
}

bool world_tell_record(struct world_view *held, const struct fq_event_id *id, struct fq_span record)
{
    struct fq_reader reader = fq_reader_over(record);
    struct fq_event event;

    if (!fq_codec_scan(record) || !fq_event_decode(&reader, *id, &event)) {
        return false;
    }
    if (fq_merge_event(&held->view, &event) == FQ_MERGED_FULL) {
        give_up("a region is full");
    }
    return true;
}

enum fq_merged world_tell(struct world_view *held, const struct fq_event *event)
{
    uint8_t bytes[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);
    struct fq_event decoded;

    fq_event_encode(event, &writer);
    struct fq_span record = fq_writer_span(&writer);
    struct fq_reader reader = fq_reader_over(record);
    if (!fq_codec_scan(record) || !fq_event_decode(&reader, event->id, &decoded)) {
        give_up("an event does not decode");
    }
    return fq_merge_event(&held->view, &decoded);
}

static void restart_logs(struct world_view *to, const struct world_view *from)
{
    uint8_t value[FQ_HAVE_SIZE];

    for (uint32_t i = 0; i < from->frontier.count; i++) {
        const struct fq_log *log = &from->frontier.logs[i];
        fq_have_encode(&from->frontier, log, value);
        if (!fq_frontier_restore(&to->frontier, &log->id, fq_span_of(value, sizeof value),
                                 &from->world->areas)) {
            give_up("a log is not restored");
        }
    }
}

struct world_view *world_load(const struct world_view *held, const struct fq_span *rows,
                              uint32_t count)
{
    struct world_view *fresh = world_view_open(held->world);

    restart_logs(fresh, held);
    for (uint32_t i = 0; i < count; i++) {
        if (!fq_view_decode(&fresh->view, rows[i])) {
            give_up("a dispute is not loaded again");
        }
    }
    return fresh;
}

struct world_view *world_restart(struct world_view *held)
{
    uint32_t count = held->view.index.count;
    struct fq_arena scratch;
    struct fq_why why;

    must(fq_memory_reserve((size_t)16 << 20, &scratch, &why), &why);
    struct fq_span *rows = fq_arena_take(&scratch, (count + 1) * sizeof *rows);
    for (uint32_t i = 0; i < count; i++) {
        const struct fq_dispute *dispute = &held->view.disputes[i];
        if (!fq_view_encode(&held->view, dispute, &scratch, &rows[i])) {
            give_up("a dispute is not written behind");
        }
    }
    struct world_view *fresh = world_load(held, rows, count);
    fq_memory_release(&scratch);
    world_view_close(held);
    return fresh;
}

/* ---- looking ---- */

uint16_t world_date(const char *text)
{
    uint16_t date = 0;

    if (!fq_date_parse(fq_span_text(text), &date)) {
        give_up(text);
    }
    return date;
}

uint16_t world_month(const char *text)
{
    char day[FQ_DATE_TEXT_SIZE];

    snprintf(day, sizeof day, "%.7s-01", text);
    return fq_month_of(world_date(day));
}

struct fq_id world_id(uint8_t first)
{
    return (struct fq_id){.bytes = {first}};
}

int64_t world_cell_of(const struct world_view *held, enum fq_cell_table table, uint32_t area,
                      const char *month, uint16_t dimension, enum fq_measure measure)
{
    const struct fq_cell *cell =
        fq_cells_find(&held->view.cells, table, area, world_month(month), dimension);

    return cell ? cell->value[measure] : 0;
}

int64_t world_cell(const struct world_view *held, uint32_t area, const char *month,
                   enum fq_measure measure)
{
    return world_cell_of(held, FQ_CELLS_AREA, area, month, 0, measure);
}

int64_t world_stock(const struct world_view *held, uint32_t area, const char *month,
                    enum fq_measure measure)
{
    const struct fq_cells *cells = &held->view.cells;
    uint16_t last = world_month(month);
    int64_t sum = 0;

    for (uint32_t i = 0; i < cells->index.count; i++) {
        const struct fq_cell *cell = &cells->cells[i];
        if (cell->table == FQ_CELLS_AREA && cell->area == area && cell->month <= last) {
            sum += cell->value[measure];
        }
    }
    return sum;
}

int64_t world_sum(const struct world_view *held, enum fq_measure measure)
{
    const struct fq_cells *cells = &held->view.cells;
    int64_t sum = 0;

    for (uint32_t i = 0; i < cells->index.count; i++) {
        sum += cells->cells[i].table == FQ_CELLS_AREA ? cells->cells[i].value[measure] : 0;
    }
    return sum;
}

/* ---- comparing ---- */

static bool differs(const char *what, uint64_t a, uint64_t b)
{
    if (a != b) {
        printf("# %s: %llu, %llu\n", what, (unsigned long long)a, (unsigned long long)b);
    }
    return a != b;
}

/* Every value of a's cells stands in b's. */
static bool has_cells_of(const struct fq_cells *a, const struct fq_cells *b)
{
    for (uint32_t i = 0; i < a->index.count; i++) {
        const struct fq_cell *cell = &a->cells[i];
        const struct fq_cell *other = fq_cells_find(b, (enum fq_cell_table)cell->table, cell->area,
                                                    cell->month, cell->dimension);
        for (int measure = 0; measure < FQ_MEASURES_COUNT; measure++) {
            int64_t value = other ? other->value[measure] : 0;
            if (value != cell->value[measure]) {
                printf("# cell %u %06u %u %u %s: %lld, %lld\n", cell->table, cell->area,
                       cell->month, cell->dimension, fq_measure_row((enum fq_measure)measure)->name,
                       (long long)cell->value[measure], (long long)value);
                return false;
            }
        }
    }
    return true;
}

static bool is_same_facts(const struct fq_view *a, const struct fq_dispute *in_a,
                          const struct fq_view *b, const struct fq_dispute *in_b)
{
    const struct fq_fact *fact = fq_view_facts(a, in_a);
    const struct fq_fact *other = fq_view_facts(b, in_b);

    while (fact && other) {
        struct fq_event_id id = fq_view_event_id(a, fact);
        struct fq_event_id other_id = fq_view_event_id(b, other);
        if (id.seq != other_id.seq || !fq_log_id_equal(&id.log, &other_id.log) ||
            fact->cmd_tag != other->cmd_tag || fact->is_voided != other->is_voided ||
            fact->payload_size != other->payload_size ||
            memcmp(fact->payload, other->payload, fact->payload_size) != 0) {
            return false;
        }
        fact = fq_view_next(a, fact);
        other = fq_view_next(b, other);
    }
    return !fact && !other;
}

/* The packed values up to the padding at their end. */
#define VALUES_SIZE (offsetof(struct fq_dispute, visit) + 1)

/* The packed values without what depends on where and when they lie. */
static struct fq_dispute values_of(const struct fq_dispute *dispute)
{
    struct fq_dispute values;

    memcpy(&values, dispute, sizeof values);
    values.facts = 0;
    values.flags &= (uint16_t)~FQ_DISPUTE_DIRTY;
    return values;
}

static bool has_disputes_of(const struct fq_view *a, const struct fq_view *b)
{
    char id[2 * FQ_ID_SIZE + 1];

    for (uint32_t i = 0; i < a->index.count; i++) {
        const struct fq_dispute *in_a = &a->disputes[i];
        const struct fq_dispute *in_b = fq_view_find(b, &in_a->id);
        struct fq_dispute values = values_of(in_a);
        struct fq_dispute other = in_b ? values_of(in_b) : (struct fq_dispute){0};
        if (!in_b || memcmp(&values, &other, VALUES_SIZE) != 0 ||
            !is_same_facts(a, in_a, b, in_b)) {
            fq_hex_encode(fq_span_of(in_a->id.bytes, FQ_ID_SIZE), id);
            printf("# dispute %s differs%s\n", id, in_b ? "" : ": is missing");
            return false;
        }
    }
    return true;
}

bool world_is_same_view(struct fq_view *a, struct fq_view *b)
{
    struct fq_digest in_a = fq_view_digest(a, WORLD_PROVINCE, 0, UINT16_MAX);
    struct fq_digest in_b = fq_view_digest(b, WORLD_PROVINCE, 0, UINT16_MAX);

    return !differs("disputes", a->dispute_count, b->dispute_count) &&
           !differs("events", a->event_count, b->event_count) && has_disputes_of(a, b) &&
           has_disputes_of(b, a) && has_cells_of(&a->cells, &b->cells) &&
           has_cells_of(&b->cells, &a->cells) && !differs("digest, low half", in_a.low, in_b.low) &&
           !differs("digest, high half", in_a.high, in_b.high);
}

bool world_is_same(struct world_view *a, struct world_view *b)
{
    return world_is_same_view(&a->view, &b->view);
}
