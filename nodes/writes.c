#include "writes.h"

struct fq_writes fq_writes_over(struct fq_arena *arena, size_t capacity)
{
    struct fq_write *rows = fq_arena_take_raw(arena, capacity * sizeof *rows);

    return (struct fq_writes){
        .arena = arena, .rows = rows, .capacity = rows ? capacity : 0, .is_full = !rows};
}

static void add(struct fq_writes *writes, struct fq_write write)
{
    write.key = fq_arena_copy(writes->arena, write.key);
    if (writes->count == writes->capacity || !write.key.data) {
        writes->is_full = true;
        return;
    }
    writes->rows[writes->count++] = write;
}

void fq_writes_put(struct fq_writes *writes, enum fq_family family, struct fq_span key,
                   struct fq_span value)
{
    add(writes, (struct fq_write){.family = family, .key = key, .value = value});
}

void fq_writes_delete(struct fq_writes *writes, enum fq_family family, struct fq_span key)
{
    add(writes, (struct fq_write){.family = family, .key = key, .is_delete = true});
}

void fq_writes_put_have(struct fq_writes *writes, const struct fq_frontier *frontier,
                        const struct fq_log *log)
{
    struct fq_event_id head = {log->id, 0};
    uint8_t key[FQ_EVENT_ID_SIZE];
    uint8_t *value = fq_arena_take_raw(writes->arena, FQ_HAVE_SIZE);

    if (!value) {
        writes->is_full = true;
        return;
    }
    fq_event_id_encode(&head, key);
    fq_have_encode(frontier, log, value);
    fq_writes_put(writes, FQ_FAMILY_HAVE, fq_span_of(key, 12), fq_span_of(value, FQ_HAVE_SIZE));
}

fq_err fq_writes_commit(const struct fq_writes *writes, struct fq_store *store, bool is_synced,
                        struct fq_why *out_why)
{
    if (writes->is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "writes of one turn");
    }
    return fq_store_commit(store, writes->rows, writes->count, is_synced, out_why);
}
