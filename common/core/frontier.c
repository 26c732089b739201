#include "fq/core/frontier.h"

#include <string.h>

#define SLOTS (FQ_LOGS_MAX * 2)

bool fq_frontier_init(struct fq_frontier *frontier, struct fq_arena *memory)
{
    memset(frontier, 0, sizeof *frontier);
    frontier->logs = fq_arena_take(memory, FQ_LOGS_MAX * sizeof *frontier->logs);
    return frontier->logs != NULL;
}

/* The slot that holds `id`, or the free one where it belongs. */
static uint32_t slot_of(const struct fq_frontier *frontier, const struct fq_log_id *id)
{
    uint32_t numbers[3] = {id->origin, id->stream, id->epoch};
    uint32_t slot = (uint32_t)fq_hash_quick(fq_span_of(numbers, sizeof numbers)) % SLOTS;

    while (frontier->slots[slot] &&
           !fq_log_id_equal(&frontier->logs[frontier->slots[slot] - 1].id, id)) {
        slot = (slot + 1) % SLOTS; /* half of the slots are always free */
    }
    return slot;
}

struct fq_log *fq_frontier_find(const struct fq_frontier *frontier, const struct fq_log_id *id)
{
    uint32_t entry = frontier->slots[slot_of(frontier, id)];

    return entry ? &frontier->logs[entry - 1] : NULL;
}

static uint8_t tier_of(const struct fq_areas *areas, const struct fq_log_id *id)
{
    const struct fq_area *area = fq_areas_find(areas, id->origin / 100);

    return (uint8_t)(area ? area->tier : FQ_TIER_COUNTY);
}

struct fq_log *fq_frontier_add(struct fq_frontier *frontier, const struct fq_log_id *id,
                               const struct fq_areas *areas)
{
    uint32_t slot = slot_of(frontier, id);

    if (frontier->slots[slot]) {
        return &frontier->logs[frontier->slots[slot] - 1];
    }
    if (frontier->count == FQ_LOGS_MAX) {
        return NULL;
    }
    struct fq_log *log = &frontier->logs[frontier->count++];
    *log = (struct fq_log){.id = *id, .tier = tier_of(areas, id)};
    frontier->slots[slot] = frontier->count;
    return log;
}

uint32_t fq_frontier_index(const struct fq_frontier *frontier, const struct fq_log *log)
{
    return (uint32_t)(log - frontier->logs);
}

bool fq_log_flows_up(const struct fq_areas *areas, uint32_t child_area, const struct fq_log_id *log)
{
    return log->stream <= FQ_STREAM_CONTROL &&
           fq_areas_covers(areas, child_area, log->origin / 100);
}

bool fq_log_flows_down(const struct fq_areas *areas, uint32_t child_area,
                       const struct fq_log_id *log)
{
    uint32_t writer = log->origin / 100;

    if (log->stream == FQ_STREAM_FACTS || writer == child_area ||
        !fq_areas_covers(areas, writer, child_area)) {
        return false;
    }
    return log->stream == FQ_STREAM_CONTROL || fq_areas_covers(areas, child_area, log->stream);
}

/* Insertion sort of log indexes by id; a few hundred logs that come nearly in order. */
static void sort_logs(const struct fq_frontier *frontier, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint32_t moving = order[i];
        uint32_t at = i;
        while (at > 0 && fq_log_id_compare(&frontier->logs[order[at - 1]].id,
                                           &frontier->logs[moving].id) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = moving;
    }
}

fq_err fq_frontier_hash(const struct fq_frontier *frontier, const struct fq_areas *areas,
                        uint32_t area, struct fq_arena *arena, struct fq_hash *out_hash)
{
    enum { ROW = 20 + FQ_HASH_SIZE };
    uint32_t *order = fq_arena_take_raw(arena, sizeof *order * (frontier->count + 1));
    uint8_t *rows = fq_arena_take_raw(arena, (size_t)ROW * (frontier->count + 1));
    uint32_t count = 0;

    if (!order || !rows) {
        return FQ_ERR_LIMIT;
    }
    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        if (log->last && fq_log_flows_up(areas, area, &log->id)) {
            order[count++] = i;
        }
    }
    sort_logs(frontier, order, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct fq_log *log = &frontier->logs[order[i]];
        struct fq_event_id head = {log->id, log->last};
        fq_event_id_encode(&head, rows + (size_t)i * ROW);
        memcpy(rows + (size_t)i * ROW + 20, log->chain.bytes, FQ_HASH_SIZE);
    }
    struct fq_span all = fq_span_of(rows, (size_t)count * ROW);
    fq_hash_spans(&all, 1, out_hash);
    return FQ_OK;
}

void fq_have_encode(const struct fq_frontier *frontier, const struct fq_log *log,
                    uint8_t out[FQ_HAVE_SIZE])
{
    fq_put_be32(out, fq_frontier_index(frontier, log));
    fq_put_be64(out + 4, log->last);
    memcpy(out + 12, log->chain.bytes, FQ_HASH_SIZE);
    memcpy(out + 44, log->instance.bytes, FQ_ID_SIZE);
    fq_put_be64(out + 60, log->acked);
    fq_put_be64(out + 68, log->up);
    fq_put_be64(out + 76, log->hlc);
}

bool fq_frontier_restore(struct fq_frontier *frontier, const struct fq_log_id *id,
                         struct fq_span value, const struct fq_areas *areas)
{
    if (value.size != FQ_HAVE_SIZE || fq_get_be32(value.data) >= FQ_LOGS_MAX) {
        return false;
    }
    uint32_t index = fq_get_be32(value.data);
    uint32_t slot = slot_of(frontier, id);
    struct fq_log *log = &frontier->logs[index];
    if (frontier->slots[slot] || log->id.origin) {
        return false;
    }
    *log = (struct fq_log){
        .id = *id,
        .tier = tier_of(areas, id),
        .last = fq_get_be64(value.data + 4),
        .acked = fq_get_be64(value.data + 60),
        .up = fq_get_be64(value.data + 68),
        .hlc = fq_get_be64(value.data + 76),
    };
    memcpy(log->chain.bytes, value.data + 12, FQ_HASH_SIZE);
    memcpy(log->instance.bytes, value.data + 44, FQ_ID_SIZE);
    frontier->slots[slot] = index + 1;
    if (index >= frontier->count) {
        frontier->count = index + 1;
    }
    return true;
}
