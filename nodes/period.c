#include <stdio.h>
#include <string.h>

#include "asof.h"
#include "seal.h"

#include "fq/core/describe.h"
#include "fq/core/proof.h"

/* The verbs `period.list`, `period.read`, `period.check` and `proof.case`: what was sealed, whether the log
 * still amounts to it, and that a dispute counts in it. period_diff.c holds what changed since. */

#define LIST_SIZE_MAX (200 * 1024)
#define ROW_SIZE_MAX 1200

static void put_bytes(struct fq_writer *writer, const char *key, struct fq_span bytes)
{
    fq_write_text(writer, key);
    fq_write_bytes(writer, bytes.data, bytes.size);
}

static fq_err limit(struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
}

fq_err fq_service_read_seal(struct fq_node *node, struct fq_span args,
                            const struct fq_period_seal **out_seal, struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, "seal");
    uint32_t area = 0;
    fq_err err = fq_service_read_area(node, args, &area, out_why);

    return err ? err : fq_lookback_find_seal(node, text, area, out_seal, out_why);
}

/* ---- period.list ---- */

static bool is_listed(const struct fq_period_seal *seal, struct fq_span text)
{
    struct fq_period period;

    return text.size == 0 ||
           (fq_period_parse(text, &period) && seal->first_month == period.first_month &&
            seal->last_month == period.last_month);
}

fq_err fq_verb_period_list(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                           struct fq_why *out_why)
{
    const struct fq_period_seals *seals = &node->core.control.seals;
    struct fq_span from = fq_map_bytes(args, "cursor");
    uint32_t at = from.size == 4 ? fq_get_be32(from.data) : 0, count = 0;
    struct fq_writer rows = fq_writer_take(&node->scratch, LIST_SIZE_MAX);

    (void)out_why;
    for (; at < seals->count && rows.size - rows.used > ROW_SIZE_MAX; at++) {
        if (is_listed(&seals->rows[at], fq_map_text(args, "period"))) {
            fq_write_map(&rows, FQ_SEAL_PAIRS);
            fq_seal_describe(node, &seals->rows[at], &rows);
            count++;
        }
    }
    if (at < seals->count) {
        fq_put_be32(answer->cursor, at);
        answer->cursor_size = 4;
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}

/* ---- period.read ---- */

/* {seal, head, signature, notes, marks}, then a page {cells} for each chunk. */
fq_err fq_verb_period_read(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                           struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor");
    uint32_t at = from.size == 4 ? fq_get_be32(from.data) : 0;
    const struct fq_period_seal *seal = NULL;
    struct fq_writer *writer = &answer->writer;
    struct fq_seal_store stored;
    struct fq_span cells;
    fq_err err = fq_service_read_seal(node, args, &seal, out_why);

    err = err ? err : fq_seal_store_open(node, seal, &stored, out_why);
    if (!err && at > 0) {
        err = fq_seal_store_part(node, seal, FQ_SEAL_CELLS, at - 1, &cells, out_why);
    }
    if (err) {
        return err;
    }
    if (at == 0) {
        fq_write_map(writer, 5);
        fq_write_text(writer, "seal");
        fq_write_map(writer, FQ_SEAL_PAIRS);
        fq_seal_describe(node, seal, writer);
        put_bytes(writer, "head", stored.head);
        put_bytes(writer, "signature", stored.signature);
        put_bytes(writer, "notes", stored.notes);
        put_bytes(writer, "marks", stored.marks);
    } else {
        fq_write_map(writer, 1);
        put_bytes(writer, "cells", cells);
    }
    if (at < stored.cell_chunks) {
        fq_put_be32(answer->cursor, at + 1);
        answer->cursor_size = 4;
    }
    return FQ_OK;
}

/* ---- period.check: what this node's own log amounts to under the marks of a seal ---- */

struct check {
    struct fq_period_seal seal;
    struct fq_span head, signature;
    struct fq_id salt;
    struct fq_marks marks;
    uint32_t scope; /* of whose figures this node can tell: the seal's area, or its own below it */
};

static fq_err read_check(struct fq_node *node, struct fq_span args, struct check *check,
                         struct fq_why *out_why)
{
    struct fq_span marks = fq_map_bytes(args, "marks"), salt = fq_map_bytes(args, "salt");
    uint32_t own = node->core.options.area;
    struct fq_hash hash;

    check->head = fq_map_bytes(args, "head");
    check->signature = fq_map_bytes(args, "signature");
    if (salt.size != FQ_ID_SIZE || !fq_period_seal_decode(check->head, &check->seal)) {
        return fq_fail(out_why, FQ_REASON_SEAL_DIFFERS, "head");
    }
    memcpy(check->salt.bytes, salt.data, FQ_ID_SIZE);
    fq_hash_spans(&marks, 1, &hash);
    if (!fq_hash_equal(&hash, &check->seal.marks) || !fq_codec_scan(marks)) {
        return fq_fail(out_why, FQ_REASON_SEAL_DIFFERS, "marks");
    }
    size_t before = node->scratch.used;
    if (!fq_marks_decode(marks, &node->scratch, &check->marks)) {
        node->scratch.used = before;
        return fq_fail(out_why, FQ_REASON_SEAL_DIFFERS, "marks");
    }
    check->scope = fq_areas_covers(&node->areas, own, check->seal.area) ? check->seal.area : own;
    if (!fq_areas_covers(&node->areas, check->seal.area, check->scope)) {
        return fq_fail(out_why, FQ_REASON_NOT_HELD, "%06u", check->seal.area);
    }
    return FQ_OK;
}

static const char *signature_word(const struct fq_node *node, const struct check *check)
{
    const struct fq_sign_public *key = fq_core_signer(&node->core, check->seal.node);

    if (!key && check->seal.node == node->core.options.origin) {
        key = &node->identity.certificate.sign_key;
    }
    if (!key) {
        return "unknown";
    }
    return fq_period_seal_verify(key, check->head, check->signature) ? "good" : "bad";
}

/* One checksum for each run of cells of a table and an area: where a difference lies. */
static uint32_t put_groups(struct fq_span cells, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(cells);
    struct fq_cell cell, first;
    uint32_t count = 0;
    const uint8_t *begin = reader.at, *from = reader.at;

    for (bool is_more = fq_period_cells_next(&reader, &first); is_more; count++) {
        begin = from;
        do {
            from = reader.at;
            is_more = fq_period_cells_next(&reader, &cell);
        } while (is_more && cell.table == first.table && cell.area == first.area);
        fq_write_array(writer, 3);
        fq_write_uint(writer, first.table);
        fq_write_uint(writer, first.area);
        fq_write_uint(writer, fq_hash_quick(fq_span_of(begin, (size_t)(from - begin))));
        first = cell;
    }
    return count;
}

static fq_err put_recomputed(struct fq_node *node, const struct check *check, struct fq_span args,
                             struct fq_writer *writer, struct fq_why *out_why)
{
    const struct fq_period_seal *seal = &check->seal;
    struct fq_view *view = &node->core.view;
    struct fq_digest digest =
        fq_view_digest(view, check->scope, seal->first_month, seal->last_month);
    struct fq_leaf_row *leaves;
    struct fq_hash root, hash;
    uint64_t count = 0;
    uint8_t bytes[16];
    struct fq_span cells;

    if (!fq_period_cells(view, check->scope, seal->first_month, seal->last_month, &node->scratch,
                         &cells)) {
        return limit(out_why);
    }
    if (fq_map_uint(args, "group_area")) {
        fq_write_map(writer, 1);
        put_bytes(writer, "cells",
                  fq_period_cells_group(cells, fq_map_uint(args, "group_table"),
                                        fq_map_uint(args, "group_area")));
        return FQ_OK;
    }
    if (!fq_period_leaves(view, seal, &check->salt, &node->scratch, &leaves, &root, &count)) {
        return limit(out_why);
    }
    fq_hash_spans(&cells, 1, &hash);
    fq_put_be64(bytes, digest.high);
    fq_put_be64(bytes + 8, digest.low);
    struct fq_writer groups = fq_writer_take(&node->scratch, LIST_SIZE_MAX);
    uint32_t group_count = put_groups(cells, &groups);
    fq_write_map(writer, 8);
    fq_write_text(writer, "signature");
    fq_write_text(writer, signature_word(node, check));
    fq_write_text(writer, "scope");
    fq_write_uint(writer, check->scope);
    put_bytes(writer, "digest", fq_span_of(bytes, sizeof bytes));
    put_bytes(writer, "cells", fq_span_of(hash.bytes, FQ_HASH_SIZE));
    put_bytes(writer, "root", fq_span_of(root.bytes, FQ_HASH_SIZE));
    fq_write_text(writer, "count");
    fq_write_uint(writer, count);
    fq_write_text(writer, "metrics");
    fq_write_uint(writer, FQ_METRICS_VERSION);
    fq_write_text(writer, "groups");
    fq_write_array(writer, groups.is_full ? 0 : group_count);
    fq_write_raw(writer, fq_writer_span(&groups));
    return FQ_OK;
}

fq_err fq_verb_period_check(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                            struct fq_why *out_why)
{
    struct check *check = fq_arena_take(&node->scratch, sizeof *check);
    struct fq_lookback *lookback = NULL;
    uint64_t from_lsn = 1;
    struct fq_seal_store stored;
    struct fq_why why;

    if (!check) {
        return limit(out_why);
    }
    fq_err err = read_check(node, args, check, out_why);
    if (err) {
        return err;
    }
    if (fq_seal_is_kept(node, &check->seal) &&
        fq_seal_store_open(node, &check->seal, &stored, &why) == FQ_OK &&
        fq_span_equal(stored.head, check->head)) {
        from_lsn = stored.lsn + 1; /* where it was made, it is known from when on more came */
    }
    uint32_t scope = check->scope == check->seal.area ? 0 : check->scope;
    err = fq_lookback_at(node, &check->marks, scope, from_lsn, check->seal.made_ms, &lookback,
                         out_why);
    if (!err && !fq_asof_go_back(&lookback->asof)) {
        err = limit(out_why);
    }
    err = err ? err : put_recomputed(node, check, args, &answer->writer, out_why);
    fq_lookback_close(lookback);
    return err;
}

/* ---- proof.case ---- */

/* The id of the dispute that the arguments name. */
static fq_err read_dispute(const struct fq_node *node, struct fq_span args, uint32_t *out_place,
                           struct fq_why *out_why)
{
    struct fq_span id = fq_map_bytes(args, "dispute");
    struct fq_id looked_for;

    if (id.size != FQ_ID_SIZE) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "dispute");
    }
    memcpy(looked_for.bytes, id.data, FQ_ID_SIZE);
    const struct fq_dispute *dispute = fq_view_find(&node->core.view, &looked_for);
    if (!dispute) {
        return fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, " ");
    }
    *out_place = fq_view_place(&node->core.view, dispute);
    return FQ_OK;
}

struct proving {
    struct fq_node *node;
    const struct fq_period_seal *seal;
    struct fq_seal_store stored;
    struct fq_proof proof;
};

static const uint8_t *row_at(struct fq_span rows, size_t index)
{
    return rows.data + index * FQ_SEAL_LEAF_SIZE;
}

/* How many of the rows, which are in the order of ids, come before the id or are it. */
static size_t rows_up_to(struct fq_span rows, const struct fq_id *id)
{
    size_t low = 0, high = rows.size / FQ_SEAL_LEAF_SIZE;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(row_at(rows, middle), id->bytes, FQ_ID_SIZE) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The path of the row at `index` to the root of the rows, after the steps there are. */
static bool add_path(struct proving *proving, struct fq_span rows, size_t index)
{
    size_t count = rows.size / FQ_SEAL_LEAF_SIZE;
    struct fq_hash *hashes = fq_arena_take_raw(&proving->node->scratch, count * sizeof *hashes);
    struct fq_hash path[FQ_MERKLE_DEPTH_MAX];

    if (!hashes) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(hashes[i].bytes, row_at(rows, i) + FQ_ID_SIZE, FQ_HASH_SIZE);
    }
    uint32_t steps = fq_merkle_path(hashes, count, index, path);
    if (steps > FQ_MERKLE_DEPTH_MAX - proving->proof.path_count) {
        return false;
    }
    memcpy(proving->proof.path + proving->proof.path_count, path, steps * sizeof *path);
    proving->proof.path_count += steps;
    return true;
}

/* The path: within the chunk in which the leaf lies, then among the roots of all chunks. */
static fq_err find_path(struct proving *proving, const struct fq_id *id, struct fq_hash *out_leaf,
                        struct fq_why *out_why)
{
    struct fq_node *node = proving->node;
    struct fq_span roots, chunk = {0};
    fq_err err = fq_seal_store_part(node, proving->seal, FQ_SEAL_ROOTS, 0, &roots, out_why);
    size_t chunk_at = err ? 0 : rows_up_to(roots, id);

    if (!err && chunk_at > 0) {
        err = fq_seal_store_part(node, proving->seal, FQ_SEAL_LEAVES, (uint32_t)chunk_at - 1,
                                 &chunk, out_why);
    }
    size_t leaf_at = err ? 0 : rows_up_to(chunk, id);
    if (err) {
        return err;
    }
    if (leaf_at == 0 || memcmp(row_at(chunk, leaf_at - 1), id->bytes, FQ_ID_SIZE) != 0) {
        return fq_fail(out_why, FQ_REASON_PROOF_NONE, "%s", proving->seal->period);
    }
    memcpy(out_leaf->bytes, row_at(chunk, leaf_at - 1) + FQ_ID_SIZE, FQ_HASH_SIZE);
    proving->proof.index = (chunk_at - 1) * FQ_SEAL_LEAVES_CHUNK + leaf_at - 1;
    return add_path(proving, chunk, leaf_at - 1) && add_path(proving, roots, chunk_at - 1)
               ? FQ_OK
               : limit(out_why);
}

/* Make the leaf of the dispute as it stood then; whether it is the one that was sealed. */
static bool make_leaf(struct proving *proving, uint32_t place, const struct fq_id *salt,
                      const struct fq_hash *sealed, uint8_t *room)
{
    const struct fq_view *view = &proving->node->core.view;
    struct fq_hash hash;

    if (!fq_period_leaf(view, &view->disputes[place], proving->seal, salt, room,
                        &proving->proof.leaf)) {
        return false;
    }
    fq_period_leaf_hash(&proving->proof.leaf, &hash);
    return fq_hash_equal(&hash, sealed);
}

/* Mostly the dispute is now as it was; else it is set back with whatever else was touched since. */
static fq_err find_sealed_leaf(struct proving *proving, uint32_t place,
                               const struct fq_hash *sealed, struct fq_why *out_why)
{
    struct fq_node *node = proving->node;
    uint8_t *room = fq_arena_take_raw(&node->scratch, FQ_LEAF_SIZE_MAX);
    struct fq_lookback *lookback = NULL;
    struct fq_id salt;

    if (!room || !fq_seal_salt(proving->stored.notes, &salt)) {
        return limit(out_why);
    }
    if (make_leaf(proving, place, &salt, sealed, room)) {
        return FQ_OK;
    }
    fq_err err = fq_lookback_at_seal(node, proving->seal, &lookback, out_why);
    if (!err && !fq_asof_go_back(&lookback->asof)) {
        err = limit(out_why);
    }
    if (!err && !make_leaf(proving, place, &salt, sealed, room)) {
        err = fq_fail(out_why, FQ_REASON_SEAL_DIFFERS, "leaf");
    }
    fq_lookback_close(lookback);
    return err;
}

fq_err fq_verb_proof_case(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                          struct fq_why *out_why)
{
    struct proving *proving = fq_arena_take(&node->scratch, sizeof *proving);
    struct fq_writer proof = fq_writer_take(&node->scratch, FQ_PROOF_MAX + 64);
    struct fq_hash sealed;
    uint32_t place = 0;

    if (!proving || proof.is_full) {
        return limit(out_why);
    }
    proving->node = node;
    fq_err err = fq_service_read_seal(node, args, &proving->seal, out_why);
    err = err ? err : fq_seal_store_open(node, proving->seal, &proving->stored, out_why);
    err = err ? err : read_dispute(node, args, &place, out_why);
    err = err ? err : find_path(proving, &node->core.view.disputes[place].id, &sealed, out_why);
    err = err ? err : find_sealed_leaf(proving, place, &sealed, out_why);
    if (err) {
        return err;
    }
    proving->proof.head = proving->stored.head;
    proving->proof.signature = proving->stored.signature;
    if (!fq_proof_encode(&proving->proof, &proof)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "proof");
    }
    fq_write_map(&answer->writer, 1);
    put_bytes(&answer->writer, "proof", fq_writer_span(&proof));
    return FQ_OK;
}
