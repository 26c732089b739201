#include "fq/edge/verify.h"

#include <stdio.h>
#include <string.h>

#include "fq/edge/memory.h"

/* The chain of the log that the walk is in: log keys come in order of log and sequence. */
struct verifying {
    struct fq_store *store;
    struct fq_arena *arena;
    struct fq_log_id log;
    uint64_t last;
    struct fq_hash chain;
    struct fq_verification *result;
};

fq_err fq_verify_note_signer(struct fq_store *store, uint32_t origin,
                             const struct fq_sign_public *key, struct fq_why *out_why)
{
    uint8_t name[4] = {0};
    const struct fq_write write = {
        .family = FQ_FAMILY_PEER,
        .key = fq_span_of(name, sizeof name),
        .value = fq_span_of(key->bytes, FQ_SIGN_PUBLIC_SIZE),
    };

    fq_put_be32(name, origin);
    return fq_store_commit(store, &write, 1, false, out_why);
}

/* The key that seals an origin's batches; false when the node noted none. */
static bool find_key(const struct verifying *verifying, uint32_t origin,
                     struct fq_sign_public *out_key)
{
    struct fq_span value;
    struct fq_why why;
    uint8_t key[4];
    bool is_found = false;

    fq_put_be32(key, origin);
    fq_err err = fq_store_get(verifying->store, FQ_FAMILY_PEER, fq_span_of(key, sizeof key),
                              verifying->arena, &value, &is_found, &why);
    if (err || !is_found || value.size != FQ_SIGN_PUBLIC_SIZE) {
        return false;
    }
    memcpy(out_key->bytes, value.data, FQ_SIGN_PUBLIC_SIZE);
    return true;
}

static void name_bad(struct verifying *verifying, const struct fq_event_id *first,
                     uint64_t last_seq, enum fq_reason reason)
{
    struct fq_verification *result = verifying->result;

    if (!result->is_match) {
        return; /* the first one is named */
    }
    result->is_match = false;
    result->reason = reason;
    snprintf(result->first_bad, sizeof result->first_bad, "%08u-%u-%u-%llu..%llu",
             first->log.origin, first->log.stream, first->log.epoch, (unsigned long long)first->seq,
             (unsigned long long)last_seq);
}

/* What the arrival says of the batch: its lsn, and how many records it has. */
static bool is_arrival_right(struct verifying *verifying, const struct fq_event_id *first,
                             uint64_t first_lsn, uint32_t *out_count)
{
    struct fq_span value;
    struct fq_arrival arrival;
    struct fq_why why;
    uint8_t key[8];
    bool is_found = false;

    fq_put_be64(key, first_lsn);
    fq_err err = fq_store_get(verifying->store, FQ_FAMILY_ARRIVAL, fq_span_of(key, sizeof key),
                              verifying->arena, &value, &is_found, &why);
    if (err || !is_found || !fq_arrival_decode(value, &arrival)) {
        return false;
    }
    *out_count = arrival.count;
    return arrival.first.seq == first->seq && fq_log_id_equal(&arrival.first.log, &first->log);
}

/* The last sequence of a batch whose bytes may be wrong: one before the next key of its log, else
 * what `have` says the log ends with. */
static uint64_t last_by_neighbours(struct verifying *verifying, const struct fq_event_id *first)
{
    struct fq_cursor *cursor = NULL;
    struct fq_event_id next = {first->log, first->seq + 1};
    struct fq_span value;
    uint8_t key[FQ_LOG_KEY_SIZE];
    struct fq_why why;
    uint64_t last = first->seq;
    bool is_found = false;

    fq_log_key_encode(&next, key);
    if (fq_cursor_open(verifying->store, FQ_FAMILY_LOG, &cursor, &why)) {
        return last;
    }
    fq_cursor_seek(cursor, fq_span_of(key, sizeof key));
    if (fq_cursor_is_valid(cursor) && fq_cursor_key(cursor).size == FQ_LOG_KEY_SIZE) {
        next = fq_event_id_decode(fq_cursor_key(cursor).data);
        is_found = fq_log_id_equal(&next.log, &first->log);
    }
    fq_cursor_close(cursor);
    if (is_found) {
        return next.seq - 1;
    }
    fq_err err = fq_store_get(verifying->store, FQ_FAMILY_HAVE, fq_span_of(key, 12),
                              verifying->arena, &value, &is_found, &why);
    return !err && is_found && value.size == FQ_HAVE_SIZE ? fq_get_be64(value.data + 4) : last;
}

static fq_err check_one(struct verifying *verifying, const struct fq_event_id *first,
                        struct fq_span value, struct fq_batch *out_batch)
{
    struct fq_sign_public key;
    struct fq_why why = {0};
    uint32_t count = 0;

    if (value.size <= FQ_LOG_VALUE_HEAD) {
        return fq_fail(&why, FQ_REASON_BYTES, "empty");
    }
    fq_err err =
        fq_batch_parse(fq_span_of(value.data + FQ_LOG_VALUE_HEAD, value.size - FQ_LOG_VALUE_HEAD),
                       out_batch, &why);
    if (err) {
        return err;
    }
    bool is_in_place = fq_log_id_equal(&out_batch->seal.log, &first->log) &&
                       out_batch->seal.from_seq == first->seq &&
                       first->seq == verifying->last + 1 &&
                       is_arrival_right(verifying, first, fq_get_be64(value.data), &count) &&
                       count == out_batch->record_count;
    if (!is_in_place) {
        return fq_fail(&why, FQ_REASON_CHAIN, "place");
    }
    if (!find_key(verifying, first->log.origin, &key)) {
        return fq_fail(&why, FQ_REASON_ORIGIN, "key");
    }
    return fq_batch_verify(out_batch, &verifying->chain, &key, &why);
}

static void visit(struct verifying *verifying, struct fq_cursor *cursor)
{
    struct fq_span key = fq_cursor_key(cursor);
    struct fq_batch batch = {0};
    struct fq_event_id first = {{0}, 0};

    fq_arena_reset(verifying->arena);
    verifying->result->batches++;
    if (key.size != FQ_LOG_KEY_SIZE) {
        name_bad(verifying, &first, 0, FQ_REASON_BYTES);
        return;
    }
    first = fq_event_id_decode(key.data);
    if (!fq_log_id_equal(&first.log, &verifying->log)) {
        verifying->log = first.log;
        verifying->last = 0;
    }
    if (check_one(verifying, &first, fq_cursor_value(cursor), &batch)) {
        uint64_t last = last_by_neighbours(verifying, &first);
        name_bad(verifying, &first, last, FQ_REASON_SEAL);
        verifying->last = last;
        return;
    }
    verifying->last = batch.seal.to_seq;
    verifying->chain = batch.seal.chain_to;
    verifying->result->events += batch.record_count;
}

/* Every log ends where `have` says it does: a batch taken away at the end is missed too. */
static fq_err check_ends(struct verifying *verifying, struct fq_why *out_why)
{
    struct fq_cursor *cursor = NULL;
    fq_err err = fq_cursor_open(verifying->store, FQ_FAMILY_HAVE, &cursor, out_why);

    if (err) {
        return err;
    }
    for (fq_cursor_seek(cursor, (struct fq_span){0}); fq_cursor_is_valid(cursor);
         fq_cursor_next(cursor)) {
        struct fq_span key = fq_cursor_key(cursor);
        struct fq_span value = fq_cursor_value(cursor);
        uint64_t last = value.size == FQ_HAVE_SIZE ? fq_get_be64(value.data + 4) : 0;
        if (key.size != 12 || last == 0) {
            continue;
        }
        struct fq_cursor *log = NULL;
        struct fq_event_id end = {
            {fq_get_be32(key.data), fq_get_be32(key.data + 4), fq_get_be32(key.data + 8)}, last};
        uint8_t wanted[FQ_LOG_KEY_SIZE];
        struct fq_batch batch;
        struct fq_why why;
        err = fq_cursor_open(verifying->store, FQ_FAMILY_LOG, &log, out_why);
        if (err) {
            break;
        }
        fq_log_key_encode(&end, wanted);
        fq_cursor_seek_last(log, fq_span_of(wanted, sizeof wanted));
        struct fq_span found = fq_cursor_is_valid(log) ? fq_cursor_value(log) : (struct fq_span){0};
        bool is_there = found.size > FQ_LOG_VALUE_HEAD &&
                        fq_batch_parse(fq_span_of(found.data + FQ_LOG_VALUE_HEAD,
                                                  found.size - FQ_LOG_VALUE_HEAD),
                                       &batch, &why) == FQ_OK &&
                        fq_log_id_equal(&batch.seal.log, &end.log) && batch.seal.to_seq == last;
        fq_cursor_close(log);
        if (!is_there) {
            name_bad(verifying, &end, last, FQ_REASON_GAP);
        }
    }
    err = err ? err : fq_cursor_error(cursor, out_why);
    fq_cursor_close(cursor);
    return err;
}

fq_err fq_verify_log(struct fq_store *store, struct fq_verification *out_verification,
                     struct fq_why *out_why)
{
    struct fq_arena arena = {0};
    struct fq_cursor *cursor = NULL;
    struct fq_verification result = {.is_match = true};
    struct verifying verifying = {
        .store = store,
        .arena = &arena,
        .result = &result,
    };
    fq_err err = fq_memory_reserve(2 * FQ_BATCH_SIZE_MAX, &arena, out_why);

    if (err) {
        return err;
    }
    err = fq_cursor_open(store, FQ_FAMILY_LOG, &cursor, out_why);
    if (err) {
        goto done;
    }
    for (fq_cursor_seek(cursor, (struct fq_span){0}); fq_cursor_is_valid(cursor);
         fq_cursor_next(cursor)) {
        visit(&verifying, cursor);
    }
    err = fq_cursor_error(cursor, out_why);
    if (!err) {
        fq_arena_reset(&arena);
        err = check_ends(&verifying, out_why);
    }
    if (!err) {
        *out_verification = result;
    }

done:
    fq_cursor_close(cursor);
    fq_memory_release(&arena);
    return err;
}
