#include "fq/core/measure.h"

#include <string.h>

static const struct fq_measure_row measure_rows[FQ_MEASURES_COUNT] = {
#define MEASURE_ROW(name, text, is_stock) {text, is_stock},
    FQ_MEASURES(MEASURE_ROW)
#undef MEASURE_ROW
};

const struct fq_measure_row *fq_measure_row(enum fq_measure measure)
{
    FQ_ASSERT(measure < FQ_MEASURES_COUNT);

    return &measure_rows[measure];
}

bool fq_measure_find(struct fq_span name, enum fq_measure *out_measure)
{
    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        if (fq_span_equal(name, fq_span_text(measure_rows[i].name))) {
            *out_measure = (enum fq_measure)i;
            return true;
        }
    }
    return false;
}

void fq_cells_init(struct fq_cells *cells, struct fq_arena *region, struct fq_arena *head_region,
                   struct fq_arena *link_region)
{
    *cells = (struct fq_cells){
        .region = region,
        .cells = (struct fq_cell *)(void *)region->base,
    };
    fq_index_init(&cells->index, head_region, link_region);
}

/* A bijective mix of the key (splitmix64's finisher, public domain). */
static uint64_t hash_key(enum fq_cell_table table, uint32_t area, uint16_t month,
                         uint16_t dimension)
{
    uint64_t key = (uint64_t)table << 60 ^ (uint64_t)area << 30 ^ (uint64_t)month << 16 ^ dimension;

    key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
    return key ^ key >> 31;
}

static bool is_cell(const struct fq_cell *cell, enum fq_cell_table table, uint32_t area,
                    uint16_t month, uint16_t dimension)
{
    return cell->area == area && cell->month == month && cell->dimension == dimension &&
           cell->table == table;
}

static uint32_t find(const struct fq_cells *cells, enum fq_cell_table table, uint32_t area,
                     uint16_t month, uint16_t dimension, uint64_t hash)
{
    uint32_t entry = fq_index_first(&cells->index, hash);

    while (entry != FQ_INDEX_NONE &&
           !is_cell(&cells->cells[entry], table, area, month, dimension)) {
        entry = fq_index_next(&cells->index, entry);
    }
    return entry;
}

const struct fq_cell *fq_cells_find(const struct fq_cells *cells, enum fq_cell_table table,
                                    uint32_t area, uint16_t month, uint16_t dimension)
{
    uint64_t hash = hash_key(table, area, month, dimension);
    uint32_t entry = find(cells, table, area, month, dimension, hash);

    return entry == FQ_INDEX_NONE ? NULL : &cells->cells[entry];
}

struct fq_cell *fq_cells_make(struct fq_cells *cells, enum fq_cell_table table, uint32_t area,
                              uint16_t month, uint16_t dimension)
{
    uint64_t hash = hash_key(table, area, month, dimension);
    uint32_t *recent = &cells->recent[hash >> 32 & (FQ_CELLS_RECENT - 1)];

    if (*recent < cells->index.count &&
        is_cell(&cells->cells[*recent], table, area, month, dimension)) {
        return &cells->cells[*recent];
    }
    uint32_t entry = find(cells, table, area, month, dimension, hash);
    if (entry != FQ_INDEX_NONE) {
        *recent = entry;
        return &cells->cells[entry];
    }
    entry = cells->index.count;
    size_t end = ((size_t)entry + 1) * sizeof *cells->cells;
    if (end > cells->region->size || !fq_index_add(&cells->index, hash)) {
        return NULL;
    }
    *recent = entry;
    cells->region->used = end;
    cells->cells[entry] = (struct fq_cell){
        .area = area,
        .month = month,
        .dimension = dimension,
        .table = (uint8_t)table,
    };
    if (cells->month_min == 0 || month < cells->month_min) {
        cells->month_min = month;
    }
    if (month > cells->month_max) {
        cells->month_max = month;
    }
    return &cells->cells[entry];
}

static bool is_all_zero(const struct fq_cell *cell)
{
    int64_t any = 0;

    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        any |= cell->value[i];
    }
    return any == 0;
}

struct fq_digest fq_cell_digest(struct fq_cell *cell)
{
    enum { KEY = 9 };
    uint8_t bytes[KEY + 8 * FQ_MEASURES_COUNT];

    if (!cell->is_hash_stale) {
        return cell->hash;
    }
    bytes[0] = cell->table;
    fq_put_be32(bytes + 1, cell->area);
    fq_put_be16(bytes + 5, cell->month);
    fq_put_be16(bytes + 7, cell->dimension);
    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        fq_put_be64(bytes + KEY + 8 * i, (uint64_t)cell->value[i]);
    }
    cell->hash =
        is_all_zero(cell) ? (struct fq_digest){0} : fq_hash_digest(fq_span_of(bytes, sizeof bytes));
    cell->is_hash_stale = false;
    return cell->hash;
}
