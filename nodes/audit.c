#include <stdio.h>
#include <string.h>

#include "service.h"

/* An audit folds the whole log anew into a second view and compares the two. It holds the turn for
 * as long as that takes (a million events or more per second). */

struct second {
    struct fq_view view;
    struct fq_frontier frontier; /* a copy: folding may add logs that only relays speak of */
    struct fq_view_memory memory;
    struct fq_arena room;
};

static fq_err refold_batch(void *context, const struct fq_batch *batch, uint64_t first_lsn,
                           const struct fq_arrival *arrival, struct fq_why *out_why)
{
    struct second *second = context;

    (void)first_lsn;
    (void)arrival;
    return fq_merge_batch(&second->view, batch, NULL, out_why);
}

static void name_difference(char *out, size_t size, const struct fq_id *id)
{
    char hex[2 * FQ_ID_SIZE + 1];

    fq_hex_encode(fq_span_of(id->bytes, FQ_ID_SIZE), hex);
    snprintf(out, size, "dispute %s", hex);
}

/* The packed values alone: where the facts lie and what was written behind may differ. */
static bool is_same_dispute(const struct fq_dispute *a, const struct fq_dispute *b)
{
    return a->rev == b->rev && a->tags == b->tags &&
           (a->flags | FQ_DISPUTE_DIRTY) == (b->flags | FQ_DISPUTE_DIRTY) &&
           fq_dispute_same_values(a, b);
}

static bool compare_disputes(const struct fq_view *kept, const struct fq_view *fresh, char *out,
                             size_t size)
{
    for (uint32_t i = 0; i < kept->index.count; i++) {
        const struct fq_dispute *other = fq_view_find(fresh, &kept->disputes[i].id);
        if (!other || !is_same_dispute(&kept->disputes[i], other)) {
            name_difference(out, size, &kept->disputes[i].id);
            return false;
        }
    }
    for (uint32_t i = 0; i < fresh->index.count; i++) {
        if (!fq_view_find(kept, &fresh->disputes[i].id)) {
            name_difference(out, size, &fresh->disputes[i].id);
            return false;
        }
    }
    return true;
}

/* Each cell of `view` that counts something stands alike in `other`. */
static bool compare_cells(struct fq_view *view, struct fq_view *other, char *out, size_t size)
{
    static const struct fq_digest nothing = {0};

    for (uint32_t i = 0; i < view->cells.index.count; i++) {
        struct fq_cell *cell = &view->cells.cells[i];
        struct fq_digest digest = fq_cell_digest(cell);
        if (fq_digest_equal(digest, nothing)) {
            continue;
        }
        struct fq_cell *twin = fq_cells_make(&other->cells, (enum fq_cell_table)cell->table,
                                             cell->area, cell->month, cell->dimension);
        if (!twin || !fq_digest_equal(digest, fq_cell_digest(twin))) {
            char month[8];
            fq_month_format(cell->month, month);
            snprintf(out, size, "cell %u %06u %s %u", cell->table, cell->area, month,
                     cell->dimension);
            return false;
        }
    }
    return true;
}

static fq_err open_second(struct fq_node *node, struct second *second, struct fq_why *out_why)
{
    size_t logs_size = FQ_LOGS_MAX * sizeof(struct fq_log);
    fq_err err = fq_memory_reserve(logs_size + 64, &second->room, out_why);

    err = err ? err : fq_memory_reserve_view(node->config.disputes_max, &second->memory, out_why);
    if (err) {
        return err;
    }
    second->frontier = node->core.frontier;
    second->frontier.logs = fq_arena_take(&second->room, logs_size);
    memcpy(second->frontier.logs, node->core.frontier.logs, logs_size);
    fq_view_init(&second->view, &node->areas, &second->frontier, &second->memory);
    return FQ_OK;
}

fq_err fq_verb_audit(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                     struct fq_why *out_why)
{
    struct second *second = fq_arena_take(&node->scratch, sizeof *second);
    char difference[128] = "";
    uint64_t next_lsn;

    (void)args;
    if (!second) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_err err = open_second(node, second, out_why);
    if (err) {
        goto done;
    }
    err = fq_node_walk(node->store, 1, UINT64_MAX, refold_batch, second, &next_lsn, out_why);
    if (err) {
        goto done;
    }
    bool is_match =
        compare_disputes(&node->core.view, &second->view, difference, sizeof difference) &&
        compare_cells(&node->core.view, &second->view, difference, sizeof difference) &&
        compare_cells(&second->view, &node->core.view, difference, sizeof difference);
    fq_write_map(&answer->writer, 3);
    fq_write_text(&answer->writer, "events");
    fq_write_uint(&answer->writer, second->view.event_count);
    fq_write_text(&answer->writer, "match");
    fq_write_bool(&answer->writer, is_match);
    fq_write_text(&answer->writer, "first_difference");
    if (is_match) {
        fq_write_nil(&answer->writer);
    } else {
        fq_write_text(&answer->writer, difference);
    }

done:
    fq_memory_release_view(&second->memory);
    fq_memory_release(&second->room);
    return err;
}
