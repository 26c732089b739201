/* The store in memory: a sorted array of entries per family, for tests and the simulation.
 *
 * Entries never change and are counted by the tables that hold them; a table that a cursor holds
 * too is copied before it changes, which makes the cursor's snapshot (S5). */
#include "fq/edge/store.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    size_t references;
    struct fq_span key, value; /* into `bytes` */
    uint8_t bytes[];
};

struct table {
    size_t references;
    size_t count, capacity;
    struct entry *entries[];
};

struct memory_store {
    struct fq_store base;
    struct table *tables[FQ_FAMILY_COUNT]; /* NULL while empty */
};

struct memory_cursor {
    struct fq_cursor base;
    struct table *table; /* NULL when empty */
    size_t index;        /* of the entry; the table's count when there is none */
};

/* ---- Entries and tables ---- */

static struct entry *create_entry(const struct fq_write *write)
{
    size_t key_size = write->key.size, value_size = write->is_delete ? 0 : write->value.size;
    struct entry *entry = malloc(sizeof *entry + key_size + value_size);

    if (!entry) {
        return NULL;
    }
    if (key_size) {
        memcpy(entry->bytes, write->key.data, key_size);
    }
    if (value_size) {
        memcpy(entry->bytes + key_size, write->value.data, value_size);
    }
    entry->references = 1;
    entry->key = fq_span_of(entry->bytes, key_size);
    entry->value = fq_span_of(entry->bytes + key_size, value_size);
    return entry;
}

static void release_entry(struct entry *entry)
{
    if (entry && --entry->references == 0) {
        free(entry);
    }
}

static void release_table(struct table *table)
{
    if (!table || --table->references > 0) {
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        release_entry(table->entries[i]);
    }
    free(table);
}

/* The index of the first entry at or after `key`. */
static size_t find(const struct table *table, struct fq_span key)
{
    size_t low = 0, high = table ? table->count : 0;

    if (high > 0 && fq_span_compare(table->entries[high - 1]->key, key) < 0) {
        return high; /* most writes append */
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fq_span_compare(table->entries[middle]->key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct table *table, size_t index, struct fq_span key)
{
    return table && index < table->count && fq_span_equal(table->entries[index]->key, key);
}

/* Make *table the store's alone, with room for `more` entries; false when memory is short. */
static bool make_room(struct table **table, size_t more)
{
    struct table *old = *table;
    size_t count = old ? old->count : 0;

    if (old && old->references == 1 && old->capacity - count >= more) {
        return true;
    }
    size_t capacity = 2 * count + more;
    struct table *grown = malloc(sizeof *grown + capacity * sizeof(struct entry *));
    if (!grown) {
        return false;
    }
    grown->references = 1;
    grown->count = count;
    grown->capacity = capacity;
    for (size_t i = 0; i < count; i++) {
        grown->entries[i] = old->entries[i];
        grown->entries[i]->references++;
    }
    release_table(old);
    *table = grown;
    return true;
}

/* Takes `entry`; there is room. */
static void apply(struct table *table, struct entry *entry, bool is_delete)
{
    size_t index = find(table, entry->key);
    struct entry **at = &table->entries[index];
    bool is_known = is_at(table, index, entry->key);

    if (is_known) {
        release_entry(*at);
    }
    if (is_delete) {
        release_entry(entry);
        if (is_known) {
            memmove(at, at + 1, (table->count - index - 1) * sizeof *at);
            table->count--;
        }
        return;
    }
    if (!is_known) {
        memmove(at + 1, at, (table->count - index) * sizeof *at);
        table->count++;
    }
    *at = entry;
}

/* ---- Cursor ---- */

static void cursor_close(struct fq_cursor *base)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    release_table(cursor->table);
    free(cursor);
}

static size_t count_of(const struct memory_cursor *cursor)
{
    return cursor->table ? cursor->table->count : 0;
}

static void cursor_seek(struct fq_cursor *base, struct fq_span key)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    cursor->index = find(cursor->table, key);
}

static void cursor_previous(struct fq_cursor *base)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    cursor->index = cursor->index > 0 ? cursor->index - 1 : count_of(cursor);
}

static void cursor_seek_last(struct fq_cursor *base, struct fq_span key)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    cursor->index = find(cursor->table, key);
    if (!is_at(cursor->table, cursor->index, key)) {
        cursor_previous(base);
    }
}

static void cursor_next(struct fq_cursor *base)
{
    ((struct memory_cursor *)base)->index++;
}

static bool cursor_is_valid(const struct fq_cursor *base)
{
    const struct memory_cursor *cursor = (const struct memory_cursor *)base;
    return cursor->index < count_of(cursor);
}

static struct fq_span cursor_key(const struct fq_cursor *base)
{
    const struct memory_cursor *cursor = (const struct memory_cursor *)base;
    return cursor->table->entries[cursor->index]->key;
}

static struct fq_span cursor_value(const struct fq_cursor *base)
{
    const struct memory_cursor *cursor = (const struct memory_cursor *)base;
    return cursor->table->entries[cursor->index]->value;
}

static fq_err cursor_error(const struct fq_cursor *base, struct fq_why *out_why)
{
    (void)base;
    (void)out_why;
    return FQ_OK;
}

static const struct fq_cursor_methods cursor_methods = {
    .close = cursor_close,
    .seek = cursor_seek,
    .seek_last = cursor_seek_last,
    .next = cursor_next,
    .previous = cursor_previous,
    .is_valid = cursor_is_valid,
    .key = cursor_key,
    .value = cursor_value,
    .error = cursor_error,
};

/* ---- Store ---- */

static void memory_close(struct fq_store *base)
{
    struct memory_store *store = (struct memory_store *)base;
    for (size_t i = 0; i < FQ_FAMILY_COUNT; i++) {
        release_table(store->tables[i]);
    }
    free(store);
}

static void memory_recovery(const struct fq_store *base, struct fq_store_recovery *out_recovery)
{
    (void)base;
    *out_recovery = (struct fq_store_recovery){0};
}

static bool make_room_for(struct memory_store *store, const struct fq_write *writes, size_t count)
{
    size_t more[FQ_FAMILY_COUNT] = {0};

    for (size_t i = 0; i < count; i++) {
        more[writes[i].family]++;
    }
    for (size_t i = 0; i < FQ_FAMILY_COUNT; i++) {
        if (more[i] > 0 && !make_room(&store->tables[i], more[i])) {
            return false;
        }
    }
    return true;
}

/* Everything that can fail comes before the first change (S1). */
static fq_err memory_commit(struct fq_store *base, const struct fq_write *writes, size_t count,
                            bool is_synced, struct fq_why *out_why)
{
    (void)is_synced;
    struct memory_store *store = (struct memory_store *)base;
    struct entry **entries = calloc(count, sizeof *entries);
    size_t made = 0;

    while (entries && made < count && (entries[made] = create_entry(&writes[made]))) {
        made++;
    }
    bool is_ready = made == count && make_room_for(store, writes, count);
    for (size_t i = 0; i < made; i++) {
        if (is_ready) {
            apply(store->tables[writes[i].family], entries[i], writes[i].is_delete);
        } else {
            release_entry(entries[i]);
        }
    }
    free(entries);
    return is_ready ? FQ_OK : fq_fail(out_why, FQ_REASON_STORE, "memory is short");
}

static fq_err memory_get(struct fq_store *base, enum fq_family family, struct fq_span key,
                         struct fq_arena *arena, struct fq_span *out_value, bool *out_found,
                         struct fq_why *out_why)
{
    const struct memory_store *store = (const struct memory_store *)base;
    const struct table *table = store->tables[family];
    size_t index = find(table, key);

    if (!is_at(table, index, key)) {
        *out_found = false;
        return FQ_OK;
    }
    struct fq_span copy = fq_arena_copy(arena, table->entries[index]->value);
    if (!copy.data) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena: a value of %zu bytes",
                       table->entries[index]->value.size);
    }
    *out_value = copy;
    *out_found = true;
    return FQ_OK;
}

static uint64_t memory_background_errors(struct fq_store *base)
{
    (void)base;
    return 0;
}

static fq_err memory_cursor_open(struct fq_store *base, enum fq_family family,
                                 struct fq_cursor **out_cursor, struct fq_why *out_why)
{
    struct memory_store *store = (struct memory_store *)base;
    struct memory_cursor *cursor = calloc(1, sizeof *cursor);

    if (!cursor) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    cursor->base.methods = &cursor_methods;
    cursor->table = store->tables[family];
    cursor->index = count_of(cursor);
    if (cursor->table) {
        cursor->table->references++; /* S5 */
    }
    *out_cursor = &cursor->base;
    return FQ_OK;
}

static const struct fq_store_methods store_methods = {
    .close = memory_close,
    .recovery = memory_recovery,
    .commit = memory_commit,
    .get = memory_get,
    .background_errors = memory_background_errors,
    .cursor_open = memory_cursor_open,
};

fq_err fq_store_open_memory(struct fq_store **out_store, struct fq_why *out_why)
{
    FQ_ASSERT(out_store);

    struct memory_store *store = calloc(1, sizeof *store);
    if (!store) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    store->base.methods = &store_methods;
    store->base.has_vault = true;
    *out_store = &store->base;
    return FQ_OK;
}
