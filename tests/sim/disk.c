/* The disks: a store in memory behind a journal of its operations, and the note of what was told.
 * Between any two operations a node may crash; any older image can be made again. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

struct sim_store { /* in front of the disk's own */
    struct fq_store base;
    struct sim *sim;
    int at;
};

struct fq_told { /* told.h */
    struct sim *sim;
    int at;
};

bool sim_door(struct sim *sim, int at)
{
    struct sim_node *node = &sim->nodes[at];

    if (!node->is_dead && node->doors_left != UINT32_MAX && node->doors_left-- == 0) {
        node->is_dead = true;
        sim_tell(sim, sim_bit(at), "%s crashes", sim_name(at));
    }
    return !node->is_dead;
}

/* ---- the journal ---- */

static struct sim_operation *add_operation(struct sim_disk *disk)
{
    if (disk->count == disk->capacity) {
        disk->capacity = disk->capacity ? 2 * disk->capacity : 64;
        disk->operations = realloc(disk->operations, disk->capacity * sizeof *disk->operations);
        FQ_ASSERT(disk->operations);
    }
    struct sim_operation *operation = &disk->operations[disk->count++];
    memset(operation, 0, sizeof *operation);
    return operation;
}

static struct fq_span move_span(struct fq_span span, uint8_t **at)
{
    uint8_t *copy = *at;

    if (span.size) {
        memcpy(copy, span.data, span.size);
    }
    *at += span.size;
    return fq_span_of(copy, span.size);
}

static void journal(struct sim_disk *disk, const struct fq_write *writes, size_t count)
{
    struct sim_operation *operation = add_operation(disk);
    size_t size = count * sizeof *writes;

    for (size_t i = 0; i < count; i++) {
        size += writes[i].key.size + writes[i].value.size;
    }
    operation->writes = malloc(size);
    FQ_ASSERT(operation->writes);
    operation->count = count;
    uint8_t *at = (uint8_t *)(operation->writes + count);
    for (size_t i = 0; i < count; i++) {
        operation->writes[i] = writes[i];
        operation->writes[i].key = move_span(writes[i].key, &at);
        operation->writes[i].value = move_span(writes[i].value, &at);
    }
}

static void forget_from(struct sim_disk *disk, size_t count)
{
    while (disk->count > count) {
        free(disk->operations[--disk->count].writes);
    }
}

void sim_disk_open(struct sim_disk *disk)
{
    struct fq_why why;
    fq_err err = fq_store_open_memory(&disk->inner, &why);

    FQ_ASSERT(!err);
}

void sim_disk_close(struct sim_disk *disk)
{
    forget_from(disk, 0);
    free(disk->operations);
    fq_store_close(disk->inner);
    memset(disk, 0, sizeof *disk);
}

struct fq_told_entry sim_disk_told(const struct sim_disk *disk, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        if (!disk->operations[i - 1].writes) {
            return disk->operations[i - 1].told;
        }
    }
    return (struct fq_told_entry){.is_present = false};
}

void sim_disk_restore(struct sim *sim, int at, size_t count)
{
    struct sim_disk *disk = &sim->nodes[at].disk;
    struct fq_why why;
    fq_err err = FQ_OK;

    fq_store_close(disk->inner);
    sim_disk_open(disk);
    for (size_t i = 0; i < count && !err; i++) {
        const struct sim_operation *operation = &disk->operations[i];
        if (operation->writes) {
            err = fq_store_commit(disk->inner, operation->writes, operation->count, true, &why);
        }
    }
    FQ_ASSERT(!err);
    forget_from(disk, count);
    memset(disk->last, 0, sizeof disk->last);
    if (count > 0) {
        memcpy(disk->last, disk->operations[count - 1].last, sizeof disk->last);
    }
    memset(disk->hlc, 0, sizeof disk->hlc); /* found again with the next own batches */
}

/* ---- the store ---- */

static void store_close(struct fq_store *base)
{
    free(base);
}

static struct fq_store *inner_of(const struct fq_store *base)
{
    const struct sim_store *store = (const struct sim_store *)base;

    return store->sim->nodes[store->at].disk.inner;
}

static void store_recovery(const struct fq_store *base, struct fq_store_recovery *out_recovery)
{
    fq_store_recovery(inner_of(base), out_recovery);
}

/* Party data lies in the vault as ciphertext, and in nothing that is stored (I6). */
static void look_for_subjects(struct sim *sim, int at, const struct fq_write *write)
{
    if (!write->is_delete &&
        memmem(write->value.data, write->value.size, SIM_SUBJECT, strlen(SIM_SUBJECT))) {
        sim_break(sim, "I6 party data stays in its vault", sim_bit(at),
                  "%s stores it in clear in family %d", sim_name(at), (int)write->family);
    }
}

static void note_batch(struct sim *sim, int at, struct fq_span value)
{
    struct sim_disk *disk = &sim->nodes[at].disk;
    struct fq_batch batch;
    struct fq_why why;

    if (value.size <= FQ_LOG_VALUE_HEAD ||
        fq_batch_parse(fq_span_of(value.data + FQ_LOG_VALUE_HEAD, value.size - FQ_LOG_VALUE_HEAD),
                       &batch, &why)) {
        sim_break(sim, "S1 what is stored can be read", sim_bit(at), "%s stores no batch",
                  sim_name(at));
        return;
    }
    int log = sim_log(sim, &batch.seal.log);
    sim_check_stored(sim, at, &batch);
    if (log >= 0) {
        uint64_t last = batch.seal.to_seq;
        disk->last[log] = last;
        disk->most[log] = last > disk->most[log] ? last : disk->most[log];
        uint64_t told = sim_told(disk->last, at);
        disk->most_told = told > disk->most_told ? told : disk->most_told;
    }
}

static void note_commit(struct sim *sim, int at, const struct fq_write *writes, size_t count)
{
    struct sim_node *node = &sim->nodes[at];

    for (size_t i = 0; i < count; i++) {
        sim_trace(sim, writes[i].family, writes[i].key);
        sim_trace(sim, (uint64_t)at, writes[i].value);
        look_for_subjects(sim, at, &writes[i]);
        if (writes[i].family == FQ_FAMILY_LOG) {
            note_batch(sim, at, writes[i].value);
            node->is_changed = true;
        }
    }
    memcpy(node->disk.operations[node->disk.count - 1].last, node->disk.last,
           sizeof node->disk.last);
}

static fq_err store_commit(struct fq_store *base, const struct fq_write *writes, size_t count,
                           bool is_synced, struct fq_why *out_why)
{
    const struct sim_store *store = (const struct sim_store *)base;
    struct sim_node *node = &store->sim->nodes[store->at];
    bool is_open = sim_door(store->sim, store->at);

    (void)is_synced; /* what was not may be lost as a tail: sim_disk_restore */
    if (!is_open || node->fail_commit == 1) {
        node->has_failed = true;
        return fq_fail(out_why, FQ_REASON_STORE, "a commit fails");
    }
    fq_err err = fq_store_commit(node->disk.inner, writes, count, true, out_why);
    FQ_ASSERT(!err);
    journal(&node->disk, writes, count);
    note_commit(store->sim, store->at, writes, count);
    if (node->fail_commit == 2) {
        node->has_failed = true;
        return fq_fail(out_why, FQ_REASON_STORE, "a commit fails though all of it is stored");
    }
    return FQ_OK;
}

static fq_err store_get(struct fq_store *base, enum fq_family family, struct fq_span key,
                        struct fq_arena *arena, struct fq_span *out_value, bool *out_found,
                        struct fq_why *out_why)
{
    return fq_store_get(inner_of(base), family, key, arena, out_value, out_found, out_why);
}

static uint64_t store_background_errors(struct fq_store *base)
{
    (void)base;
    return 0;
}

static fq_err store_cursor_open(struct fq_store *base, enum fq_family family,
                                struct fq_cursor **out_cursor, struct fq_why *out_why)
{
    return fq_cursor_open(inner_of(base), family, out_cursor, out_why);
}

struct fq_store *sim_disk_store(struct sim *sim, int at)
{
    static const struct fq_store_methods methods = {
        .close = store_close,
        .recovery = store_recovery,
        .commit = store_commit,
        .get = store_get,
        .background_errors = store_background_errors,
        .cursor_open = store_cursor_open,
    };
    struct sim_store *store = calloc(1, sizeof *store);

    FQ_ASSERT(store);
    store->base.methods = &methods;
    store->base.has_vault = sim->nodes[at].tier.has_vault; /* S7: store.c asserts it */
    store->sim = sim;
    store->at = at;
    return &store->base;
}

/* ---- told ---- */

fq_err fq_told_open(const char *directory, struct fq_told **out_told,
                    struct fq_told_entry *out_last, struct fq_why *out_why)
{
    struct fq_told *told = calloc(1, sizeof *told);

    (void)directory;
    if (!told) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    told->sim = sim_here;
    told->at = sim_at;
    *out_last = sim_here->nodes[sim_at].disk.told;
    *out_told = told;
    return FQ_OK;
}

fq_err fq_told_write(struct fq_told *told, uint32_t epoch, uint64_t seq,
                     const struct fq_hash *chain, struct fq_why *out_why)
{
    struct sim *sim = told->sim;
    struct sim_node *node = &sim->nodes[told->at];

    if (!sim_door(sim, told->at)) {
        node->has_failed = true;
        return fq_fail(out_why, FQ_REASON_STORE, "the note of what was told fails");
    }
    struct sim_operation *operation = add_operation(&node->disk);
    node->disk.told = operation->told =
        (struct fq_told_entry){.is_present = true, .epoch = epoch, .seq = seq, .chain = *chain};
    memcpy(operation->last, node->disk.last, sizeof operation->last);
    uint64_t held = sim_told(node->disk.last, told->at);
    node->is_told_back = node->is_told_back && seq < held;
    sim_trace(sim, seq, fq_span_of(chain->bytes, FQ_HASH_SIZE));
    if (seq > held) {
        sim_break(sim, "N3 store, then speak", sim_bit(told->at),
                  "%s notes event %llu as told and holds %llu", sim_name(told->at),
                  (unsigned long long)seq, (unsigned long long)held);
    }
    return FQ_OK;
}

void fq_told_close(struct fq_told *told)
{
    free(told);
}
