#include "tally.h"

#include <stdio.h>
#include <string.h>

#define HEAD                                                                                       \
    "tally" /* format4 unit_day1 county_day1 unit_second4 county_second4 offset4 lsn8 rows4 */
#define HEAD_TERMS 18
#define HEAD_SIZE (HEAD_TERMS + 12)
#define FORMAT 1
#define ROW_SIZE 30 /* key8 count8 sweeps4 month2 recorded2 arrived2 first_day2 last_day2 */
#define PAGE_KEY_SIZE 16

_Static_assert(FQ_TALLY_PAGES *(size_t)FQ_TALLY_PAGE_ROWS == FQ_COVERAGE_ROWS_MAX,
               "every row has a page");

/* An empty tally by the node's calendar. */
static fq_err open_tally(struct fq_node *node, struct fq_why *out_why)
{
    struct fq_coverage_memory *memory = &node->coverage_memory;
    fq_err err = fq_memory_reserve(FQ_COVERAGE_ROWS_SIZE, &memory->rows, out_why);

    err = err ? err : fq_memory_reserve(FQ_COVERAGE_HEADS_SIZE, &memory->heads, out_why);
    err = err ? err : fq_memory_reserve(FQ_COVERAGE_LINKS_SIZE, &memory->links, out_why);
    err = err ? err : fq_memory_reserve(FQ_COVERAGE_NODES_SIZE, &memory->nodes, out_why);
    fq_coverage_init(&node->coverage, &node->calendar, memory);
    memset(node->is_page_changed, 0, sizeof node->is_page_changed);
    return err;
}

/* ---- taking in ---- */

static void note_changed(void *context, uint32_t row)
{
    struct fq_node *node = context;

    node->is_page_changed[row / FQ_TALLY_PAGE_ROWS] = true;
}

void fq_tally_take(struct fq_node *node, uint64_t wall_ms)
{
    const struct fq_effects *effects = &node->turn.effects;

    for (uint32_t i = 0; i < effects->append_count && node->coverage.calendar; i++) {
        const struct fq_append *append = &effects->appends[i];
        const struct fq_batch batch = {
            .seal = {.log = append->log, .from_seq = append->first_seq},
            .records = append->records,
            .record_count = append->record_count,
        };
        fq_coverage_take_batch(&node->coverage, &batch, wall_ms, note_changed, node);
    }
}

/* ---- writing behind ---- */

/* What the tally was made by. */
static void put_terms(const struct fq_calendar *calendar, uint8_t terms[HEAD_TERMS])
{
    fq_put_be32(terms, FORMAT);
    terms[4] = calendar->unit_day;
    terms[5] = calendar->county_day;
    fq_put_be32(terms + 6, calendar->unit_second);
    fq_put_be32(terms + 10, calendar->county_second);
    fq_put_be32(terms + 14, (uint32_t)calendar->utc_offset_s);
}

static struct fq_span page_key(uint32_t page, char key[PAGE_KEY_SIZE])
{
    snprintf(key, PAGE_KEY_SIZE, HEAD ".%08x", page);
    return fq_span_text(key);
}

static void put_row(const struct fq_coverage_row *row, uint8_t *at)
{
    fq_put_be64(at, row->key);
    fq_put_be64(at + 8, row->count);
    fq_put_be32(at + 16, row->sweeps);
    fq_put_be16(at + 20, row->month);
    fq_put_be16(at + 22, row->recorded);
    fq_put_be16(at + 24, row->arrived);
    fq_put_be16(at + 26, row->first_day);
    fq_put_be16(at + 28, row->last_day);
}

static uint32_t rows_of(const struct fq_coverage *coverage, uint32_t page)
{
    uint32_t left = coverage->index.count - page * FQ_TALLY_PAGE_ROWS;

    return left < FQ_TALLY_PAGE_ROWS ? left : FQ_TALLY_PAGE_ROWS;
}

static void put_page(const struct fq_coverage *coverage, uint32_t page, struct fq_writes *writes)
{
    uint32_t count = rows_of(coverage, page);
    uint8_t *value = fq_arena_take_raw(writes->arena, (size_t)count * ROW_SIZE);
    char key[PAGE_KEY_SIZE];

    if (!value) {
        writes->is_full = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        put_row(&coverage->rows[page * FQ_TALLY_PAGE_ROWS + i], value + (size_t)i * ROW_SIZE);
    }
    fq_writes_put(writes, FQ_FAMILY_DEFAULT, page_key(page, key),
                  fq_span_of(value, (size_t)count * ROW_SIZE));
}

size_t fq_tally_writes_max(const struct fq_node *node)
{
    size_t count = 1;

    for (uint32_t page = 0; page < FQ_TALLY_PAGES; page++) {
        count += node->is_page_changed[page];
    }
    return count;
}

void fq_tally_put(struct fq_node *node, struct fq_writes *writes)
{
    uint8_t *head = fq_arena_take_raw(writes->arena, HEAD_SIZE);

    if (!head || !node->coverage.calendar) {
        return;
    }
    for (uint32_t page = 0; page < FQ_TALLY_PAGES; page++) {
        if (node->is_page_changed[page]) {
            put_page(&node->coverage, page, writes);
            node->is_page_changed[page] = false;
        }
    }
    put_terms(&node->calendar, head);
    fq_put_be64(head + HEAD_TERMS, node->core.feed.head);
    fq_put_be32(head + HEAD_TERMS + 8, node->coverage.index.count);
    fq_writes_put(writes, FQ_FAMILY_DEFAULT, fq_span_text(HEAD), fq_span_of(head, HEAD_SIZE));
}

/* ---- a start ---- */

static bool read_row(const uint8_t *at, struct fq_coverage *coverage)
{
    const struct fq_coverage_row row = {
        .key = fq_get_be64(at),
        .count = fq_get_be64(at + 8),
        .sweeps = fq_get_be32(at + 16),
        .month = fq_get_be16(at + 20),
        .recorded = fq_get_be16(at + 22),
        .arrived = fq_get_be16(at + 24),
        .first_day = fq_get_be16(at + 26),
        .last_day = fq_get_be16(at + 28),
    };

    return fq_coverage_restore(coverage, &row);
}

static bool load_page(struct fq_node *node, uint32_t page, uint32_t count)
{
    struct fq_span value;
    struct fq_why why;
    char key[PAGE_KEY_SIZE];
    bool is_found = false;
    fq_err err = fq_store_get(node->store, FQ_FAMILY_DEFAULT, page_key(page, key), &node->scratch,
                              &value, &is_found, &why);
    /* A page may have more rows than the head knows of only if the store lied. */
    bool is_good = !err && is_found && value.size == (size_t)count * ROW_SIZE;

    for (uint32_t i = 0; i < count && is_good; i++) {
        is_good = read_row(value.data + (size_t)i * ROW_SIZE, &node->coverage);
    }
    return is_good;
}

/* The lsn up to which the tally was loaded; 0 when there is none to go on from. */
static uint64_t load(struct fq_node *node)
{
    uint8_t terms[HEAD_TERMS];
    struct fq_span head;
    struct fq_why why;
    bool is_found = false;
    fq_err err = fq_store_get(node->store, FQ_FAMILY_DEFAULT, fq_span_text(HEAD), &node->scratch,
                              &head, &is_found, &why);

    put_terms(&node->calendar, terms);
    if (err || !is_found || head.size != HEAD_SIZE || memcmp(head.data, terms, HEAD_TERMS) != 0) {
        return 0; /* G3 */
    }
    uint64_t lsn = fq_get_be64(head.data + HEAD_TERMS);
    uint32_t left = fq_get_be32(head.data + HEAD_TERMS + 8);
    bool is_good = lsn <= node->core.feed.head && left <= FQ_COVERAGE_ROWS_MAX;
    for (uint32_t page = 0; left > 0 && is_good; page++) {
        uint32_t count = left < FQ_TALLY_PAGE_ROWS ? left : FQ_TALLY_PAGE_ROWS;
        is_good = load_page(node, page, count);
        left -= count;
    }
    return is_good ? lsn : 0;
}

static fq_err tally_batch(void *context, const struct fq_batch *batch, uint64_t first_lsn,
                          const struct fq_arrival *arrival, struct fq_why *out_why)
{
    struct fq_node *node = context;

    (void)out_why;
    if (first_lsn > node->tally_lsn) {
        fq_coverage_take_batch(&node->coverage, batch, arrival->wall_ms, note_changed, node);
    }
    return FQ_OK;
}

void fq_tally_close(struct fq_node *node)
{
    fq_memory_release(&node->coverage_memory.rows);
    fq_memory_release(&node->coverage_memory.heads);
    fq_memory_release(&node->coverage_memory.links);
    fq_memory_release(&node->coverage_memory.nodes);
}

fq_err fq_tally_recover(struct fq_node *node, bool is_rebuild, struct fq_why *out_why)
{
    size_t mark = node->scratch.used;
    uint64_t next_lsn;
    fq_err err = open_tally(node, out_why);

    node->tally_lsn = err || is_rebuild ? 0 : load(node);
    node->scratch.used = mark;
    if (!err && node->tally_lsn == 0) {
        fq_tally_close(node); /* half a tally may be there */
        err = open_tally(node, out_why);
    }
    return err ? err
               : fq_node_walk(node->store, node->tally_lsn + 1, UINT64_MAX, tally_batch, node,
                              &next_lsn, out_why);
}
