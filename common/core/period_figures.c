#include "fq/core/period_figures.h"

#include <string.h>

#include "fq/core/contribution.h"

/* ---- cells ---- */

#define CELL_SIZE_MAX (24 + 11 * FQ_MEASURES_COUNT)
#define STOCKS_BEFORE 0 /* sorts before every month; written as the month before the first */

static bool is_stock(int measure)
{
    return fq_measure_row((enum fq_measure)measure)->is_stock;
}

/* The parts of a cell's key as one number, in the order they are written. */
static uint64_t key_of(const struct fq_cell *cell, uint16_t month)
{
    return (uint64_t)cell->table << 56 | (uint64_t)cell->area << 32 | (uint64_t)month << 16 |
           cell->dimension;
}

/* The cells that count, under their keys: those before the first month under one for all. */
static uint32_t choose_cells(const struct fq_view *view, uint32_t area, uint16_t first_month,
                             uint16_t last_month, struct fq_order_row *rows)
{
    uint32_t count = 0, last_area = 0;
    bool is_covered = false;

    for (uint32_t i = 0; i < view->cells.index.count; i++) {
        const struct fq_cell *cell = &view->cells.cells[i];
        if (cell->month > last_month) {
            continue;
        }
        if (cell->area != last_area) {
            last_area = cell->area;
            is_covered = fq_areas_covers(view->areas, area, cell->area);
        }
        if (is_covered) {
            uint16_t month = cell->month < first_month ? (uint16_t)STOCKS_BEFORE : cell->month;
            rows[count++] = (struct fq_order_row){.high = key_of(cell, month), .place = i};
        }
    }
    return count;
}

static bool is_written(const int64_t *value)
{
    int64_t any = 0;

    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        any |= value[i];
    }
    return any != 0;
}

static void write_cell(struct fq_writer *writer, const struct fq_cell *key, uint16_t month,
                       const int64_t *value)
{
    uint32_t count = 0;

    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        count += value[i] != 0;
    }
    fq_write_array(writer, 4 + 2 * count);
    fq_write_uint(writer, key->table);
    fq_write_uint(writer, key->area);
    fq_write_uint(writer, month);
    fq_write_uint(writer, key->dimension);
    for (int i = 0; i < FQ_MEASURES_COUNT; i++) {
        if (value[i]) {
            fq_write_uint(writer, (uint64_t)i);
            fq_write_int(writer, value[i]);
        }
    }
}

/* Cells of one key are added up: before the first month that is what stands of a stock. */
static void write_cells(const struct fq_view *view, const struct fq_order_row *rows, uint32_t count,
                        uint16_t first_month, struct fq_writer *writer)
{
    for (uint32_t i = 0, end; i < count; i = end) {
        const struct fq_cell *first = &view->cells.cells[rows[i].place];
        bool is_before = first->month < first_month;
        int64_t sum[FQ_MEASURES_COUNT] = {0};
        for (end = i; end < count && rows[end].high == rows[i].high; end++) {
            const struct fq_cell *cell = &view->cells.cells[rows[end].place];
            for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
                int64_t value = is_before && !is_stock(m) ? 0 : cell->value[m];
                sum[m] = (int64_t)((uint64_t)sum[m] + (uint64_t)value);
            }
        }
        if (is_written(sum)) {
            uint16_t month = is_before ? (uint16_t)(first_month - 1) : first->month;
            write_cell(writer, first, month, sum);
        }
    }
}

bool fq_period_cells(const struct fq_view *view, uint32_t area, uint16_t first_month,
                     uint16_t last_month, struct fq_arena *arena, struct fq_span *out_cells)
{
    uint32_t all = view->cells.index.count;
    size_t mark = arena->used;
    struct fq_order_row *rows = fq_arena_take_raw(arena, (all + 1) * sizeof *rows);
    struct fq_order_row *spare = fq_arena_take_raw(arena, (all + 1) * sizeof *spare);

    if (!rows || !spare) {
        return false;
    }
    uint32_t count = choose_cells(view, area, first_month, last_month, rows);
    fq_order_sort(rows, spare, count);
    struct fq_writer writer = fq_writer_take(arena, (size_t)count * CELL_SIZE_MAX + 1);
    write_cells(view, rows, count, first_month, &writer);
    if (writer.is_full) {
        return false;
    }
    /* Only the bytes are kept, where the rows lay. */
    arena->used = mark;
    uint8_t *kept = fq_arena_take_raw(arena, writer.used + 1);
    memmove(kept, writer.base, writer.used);
    *out_cells = fq_span_of(kept, writer.used);
    return true;
}

bool fq_period_cells_next(struct fq_reader *reader, struct fq_cell *out_cell)
{
    struct fq_cell cell = {.is_hash_stale = true};

    if (reader->at == reader->end) {
        return false;
    }
    uint32_t count = fq_read_array(reader);
    uint64_t table = fq_read_uint(reader), area = fq_read_uint(reader);
    uint64_t month = fq_read_uint(reader), dimension = fq_read_uint(reader);
    if (reader->is_bad || count < 6 || count % 2 || count > 4 + 2 * FQ_MEASURES_COUNT ||
        table >= FQ_CELL_TABLES || area > 999999 || month > UINT16_MAX || dimension > UINT16_MAX) {
        reader->is_bad = true;
        return false;
    }
    cell.table = (uint8_t)table;
    cell.area = (uint32_t)area;
    cell.month = (uint16_t)month;
    cell.dimension = (uint16_t)dimension;
    for (uint32_t i = 4; i < count; i += 2) {
        uint64_t measure = fq_read_uint(reader);
        int64_t value = fq_read_int(reader);
        if (reader->is_bad || measure >= FQ_MEASURES_COUNT || value == 0) {
            reader->is_bad = true;
            return false;
        }
        cell.value[measure] = value;
    }
    *out_cell = cell;
    return true;
}

struct fq_span fq_period_cells_group(struct fq_span cells, uint64_t table, uint64_t area)
{
    struct fq_reader reader = fq_reader_over(cells);
    const uint8_t *begin = NULL, *end = NULL, *from = reader.at;
    struct fq_cell cell;

    while (fq_period_cells_next(&reader, &cell)) {
        if (cell.table == table && cell.area == area) {
            begin = begin ? begin : from;
            end = reader.at;
        }
        from = reader.at;
    }
    return begin ? fq_span_of(begin, (size_t)(end - begin)) : fq_span_of("", 0);
}

bool fq_period_cells_load(struct fq_span cells, struct fq_view *view)
{
    struct fq_reader reader = fq_reader_over(cells);
    struct fq_cell cell;

    while (fq_period_cells_next(&reader, &cell)) {
        struct fq_cell *made = fq_cells_make(&view->cells, (enum fq_cell_table)cell.table,
                                             cell.area, cell.month, cell.dimension);
        if (!made) {
            return false;
        }
        *made = cell;
        if (cell.table == FQ_CELLS_TYPE) {
            view->types_seen[cell.dimension / 8] |= (uint8_t)(1u << cell.dimension % 8);
        }
    }
    return !reader.is_bad;
}

/* ---- leaves ---- */

enum { TERMS_IN_LEAF, TERMS_HASHED };

/* Where the term counts in the period; 0 when it does not. */
static uint16_t month_in(const struct fq_period_seal *seal, const struct fq_term *term)
{
    if (term->month > seal->last_month) {
        return 0;
    }
    if (is_stock(term->measure)) {
        return seal->last_month;
    }
    return term->month >= seal->first_month ? term->month : 0;
}

static bool stands_before(const struct fq_term *a, const struct fq_term *b)
{
    uint64_t key_a =
        (uint64_t)a->area << 32 | (uint64_t)a->month << 16 | (uint64_t)a->measure << 8 | a->kinds;
    uint64_t key_b =
        (uint64_t)b->area << 32 | (uint64_t)b->month << 16 | (uint64_t)b->measure << 8 | b->kinds;

    return key_a < key_b;
}

static bool is_same_place(const struct fq_term *a, const struct fq_term *b)
{
    return !stands_before(a, b) && !stands_before(b, a);
}

/* Put the term among those before it, in order; two of one place are one. */
static uint32_t insert_term(struct fq_term *terms, uint32_t count, const struct fq_term *term)
{
    uint32_t at = count;

    while (at > 0 && stands_before(term, &terms[at - 1])) {
        at--;
    }
    if (at > 0 && is_same_place(&terms[at - 1], term)) {
        terms[at - 1].value = (int64_t)((uint64_t)terms[at - 1].value + (uint64_t)term->value);
        return count;
    }
    memmove(&terms[at + 1], &terms[at], (count - at) * sizeof *terms);
    terms[at] = *term;
    return count + 1;
}

/* The terms that count in the period and area, in order. */
static uint32_t terms_of(const struct fq_view *view, const struct fq_period_seal *seal,
                         const struct fq_contribution *contribution,
                         struct fq_term terms[FQ_TERMS_MAX])
{
    uint32_t count = 0, kept = 0, last_area = 0;
    bool is_covered = false;

    for (uint32_t i = 0; i < contribution->count; i++) {
        struct fq_term term = contribution->terms[i];
        if (term.area != last_area) {
            last_area = term.area;
            is_covered = fq_areas_covers(view->areas, seal->area, term.area);
        }
        term.month = month_in(seal, &term);
        if (is_covered && term.month) {
            count = insert_term(terms, count, &term);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (terms[i].value != 0) {
            terms[kept++] = terms[i];
        }
    }
    return kept;
}

bool fq_period_leaf(const struct fq_view *view, const struct fq_dispute *dispute,
                    const struct fq_period_seal *seal, const struct fq_id *seal_salt, uint8_t *room,
                    struct fq_leaf *out_leaf)
{
    struct fq_contribution contribution;
    struct fq_term terms[FQ_TERMS_MAX];
    struct fq_writer writer = fq_writer_over(room, FQ_LEAF_SIZE_MAX);

    if (fq_is_over(dispute, fq_month_first_day(seal->first_month))) {
        return false;
    }
    fq_contribution_of(view, dispute, &contribution);
    uint32_t count = terms_of(view, seal, &contribution, terms);
    if (count == 0) {
        return false;
    }
    fq_write_array(&writer, 3);
    fq_write_uint(&writer, contribution.type);
    fq_write_bool(&writer, contribution.is_activity);
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_write_array(&writer, 5);
        fq_write_uint(&writer, terms[i].area);
        fq_write_uint(&writer, terms[i].month);
        fq_write_uint(&writer, terms[i].measure);
        fq_write_uint(&writer, terms[i].kinds);
        fq_write_int(&writer, terms[i].value);
    }
    FQ_ASSERT(!writer.is_full);
    const struct fq_span salting[] = {fq_span_of(seal_salt->bytes, FQ_ID_SIZE),
                                      fq_span_of(dispute->id.bytes, FQ_ID_SIZE)};
    out_leaf->id = dispute->id;
    fq_hash_id(salting, 2, &out_leaf->salt);
    out_leaf->terms = fq_writer_span(&writer);
    out_leaf->is_hashed = out_leaf->terms.size > FQ_LEAF_INLINE_MAX;
    if (out_leaf->is_hashed) {
        struct fq_hash hash;
        fq_hash_spans(&out_leaf->terms, 1, &hash);
        memcpy(room, hash.bytes, FQ_HASH_SIZE);
        out_leaf->terms = fq_span_of(room, FQ_HASH_SIZE);
    }
    return true;
}

void fq_period_leaf_hash(const struct fq_leaf *leaf, struct fq_hash *out_hash)
{
    uint8_t form = leaf->is_hashed ? TERMS_HASHED : TERMS_IN_LEAF;
    const struct fq_span spans[] = {fq_span_of(leaf->salt.bytes, FQ_ID_SIZE),
                                    fq_span_of(leaf->id.bytes, FQ_ID_SIZE), fq_span_of(&form, 1),
                                    leaf->terms};

    fq_merkle_leaf(spans, 4, out_hash);
}

bool fq_period_leaves(const struct fq_view *view, const struct fq_period_seal *seal,
                      const struct fq_id *seal_salt, struct fq_arena *arena,
                      struct fq_leaf_row **out_rows, struct fq_hash *out_root, uint64_t *out_count)
{
    uint8_t room[FQ_LEAF_SIZE_MAX];
    uint32_t all = view->index.count, count = 0;
    struct fq_merkle tree = {0};
    struct fq_leaf leaf;
    struct fq_leaf_row *rows = fq_arena_take_raw(arena, (all + 1) * sizeof *rows);
    size_t mark = arena->used;
    struct fq_leaf_row *found = fq_arena_take_raw(arena, (all + 1) * sizeof *found);
    struct fq_order_row *order = fq_arena_take_raw(arena, (all + 1) * sizeof *order);
    struct fq_order_row *spare = fq_arena_take_raw(arena, (all + 1) * sizeof *spare);

    if (!rows || !found || !order || !spare) {
        return false;
    }
    for (uint32_t i = 0; i < all; i++) {
        if (fq_period_leaf(view, &view->disputes[i], seal, seal_salt, room, &leaf)) {
            found[count].id = leaf.id;
            fq_period_leaf_hash(&leaf, &found[count].hash);
            order[count] = fq_order_of_id(&leaf.id, count);
            count++;
        }
    }
    fq_order_sort(order, spare, count);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = found[order[i].place];
        fq_merkle_add(&tree, &rows[i].hash);
    }
    arena->used = mark;
    fq_merkle_root(&tree, out_root);
    *out_rows = rows;
    *out_count = count;
    return true;
}
