/* What all stores have in common: the callers' promises, and that a broken store stays broken. */
#include "fq/edge/store.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

static bool is_vault(enum fq_family family)
{
    return family == FQ_FAMILY_VAULT || family == FQ_FAMILY_VAULT_KEY ||
           family == FQ_FAMILY_PARTY_HASH || family == FQ_FAMILY_PAIR;
}

void fq_store_close(struct fq_store *store)
{
    if (store) {
        store->methods->close(store);
    }
}

void fq_store_recovery(const struct fq_store *store, struct fq_store_recovery *out_recovery)
{
    FQ_ASSERT(store);
    FQ_ASSERT(out_recovery);
    store->methods->recovery(store, out_recovery);
}

fq_err fq_store_commit(struct fq_store *store, const struct fq_write *writes, size_t count,
                       bool is_synced, struct fq_why *out_why)
{
    FQ_ASSERT(store);
    FQ_ASSERT(!store->is_read_only);
    FQ_ASSERT(writes || count == 0);
    for (size_t i = 0; i < count; i++) {
        FQ_ASSERT(writes[i].family < FQ_FAMILY_COUNT);
        FQ_ASSERT(store->has_vault || !is_vault(writes[i].family)); /* S7 */
        FQ_ASSERT(writes[i].is_delete || writes[i].value.size <= FQ_STORE_VALUE_MAX);
    }

    if (store->is_broken) { /* S4 */
        return fq_fail(out_why, FQ_REASON_STORE, "an earlier commit failed");
    }
    if (count == 0) {
        return FQ_OK;
    }
    fq_err err = store->methods->commit(store, writes, count, is_synced, out_why);
    store->is_broken = err != FQ_OK; /* S4 */
    return err;
}

fq_err fq_store_get(struct fq_store *store, enum fq_family family, struct fq_span key,
                    struct fq_arena *arena, struct fq_span *out_value, bool *out_found,
                    struct fq_why *out_why)
{
    FQ_ASSERT(store);
    FQ_ASSERT(family < FQ_FAMILY_COUNT);
    FQ_ASSERT(arena);
    FQ_ASSERT(out_value);
    FQ_ASSERT(out_found);
    return store->methods->get(store, family, key, arena, out_value, out_found, out_why);
}

uint64_t fq_store_background_errors(struct fq_store *store)
{
    FQ_ASSERT(store);
    return store->methods->background_errors(store);
}

fq_err fq_store_free_bytes(const char *path, uint64_t *out_bytes, struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(out_bytes);

    struct statvfs file_system;
    if (statvfs(path, &file_system) != 0) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    *out_bytes = (uint64_t)file_system.f_bavail * file_system.f_frsize;
    return FQ_OK;
}

fq_err fq_cursor_open(struct fq_store *store, enum fq_family family, struct fq_cursor **out_cursor,
                      struct fq_why *out_why)
{
    FQ_ASSERT(store);
    FQ_ASSERT(family < FQ_FAMILY_COUNT);
    FQ_ASSERT(out_cursor);
    return store->methods->cursor_open(store, family, out_cursor, out_why);
}

void fq_cursor_close(struct fq_cursor *cursor)
{
    if (cursor) {
        cursor->methods->close(cursor);
    }
}

void fq_cursor_seek(struct fq_cursor *cursor, struct fq_span key)
{
    FQ_ASSERT(cursor);
    cursor->methods->seek(cursor, key);
}

void fq_cursor_seek_last(struct fq_cursor *cursor, struct fq_span key)
{
    FQ_ASSERT(cursor);
    cursor->methods->seek_last(cursor, key);
}

void fq_cursor_next(struct fq_cursor *cursor)
{
    FQ_ASSERT(fq_cursor_is_valid(cursor));
    cursor->methods->next(cursor);
}

void fq_cursor_previous(struct fq_cursor *cursor)
{
    FQ_ASSERT(fq_cursor_is_valid(cursor));
    cursor->methods->previous(cursor);
}

bool fq_cursor_is_valid(const struct fq_cursor *cursor)
{
    FQ_ASSERT(cursor);
    return cursor->methods->is_valid(cursor);
}

struct fq_span fq_cursor_key(const struct fq_cursor *cursor)
{
    FQ_ASSERT(fq_cursor_is_valid(cursor));
    return cursor->methods->key(cursor);
}

struct fq_span fq_cursor_value(const struct fq_cursor *cursor)
{
    FQ_ASSERT(fq_cursor_is_valid(cursor));
    return cursor->methods->value(cursor);
}

fq_err fq_cursor_error(const struct fq_cursor *cursor, struct fq_why *out_why)
{
    FQ_ASSERT(cursor);
    return cursor->methods->error(cursor, out_why);
}
