#include "desk_local.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fq/edge/memory.h"

#define DISPUTES_MAX 200000
#define ARENA_SIZE ((size_t)8 << 20)
#define LOCAL_EPOCH UINT32_MAX /* of commands that are no facts yet; no node gets so far */
#define KNOWN "known-"
#define ASK_MAX 2000 /* disputes asked for at once */

static void known_name(const struct fq_id *dispute, char out[64])
{
    char hex[2 * FQ_ID_SIZE + 1];

    fq_hex_encode(fq_span_of(dispute->bytes, FQ_ID_SIZE), hex);
    snprintf(out, 64, KNOWN "%s", hex);
}

static bool counts(const struct fq_outbox_entry *entry)
{
    return entry->state == FQ_OUTBOX_WAITING || entry->state == FQ_OUTBOX_DELIVERED;
}

/* ---- revisions ---- */

uint32_t local_base_rev(const struct fq_outbox *outbox, size_t index)
{
    const struct fq_outbox_entry *entry = fq_outbox_at(outbox, index);
    uint32_t rev = 0; /* of the own command before */

    if (fq_id_is_zero(&entry->dispute)) {
        return 0; /* of no dispute: whatever the node knows */
    }
    for (size_t i = 0; i < index; i++) {
        const struct fq_outbox_entry *before = fq_outbox_at(outbox, i);
        if (counts(before) && fq_id_equal(&before->dispute, &entry->dispute)) {
            rev = (before->known_rev > rev ? before->known_rev : rev) + 1;
        }
    }
    return entry->known_rev > rev ? entry->known_rev : rev;
}

/* ---- folding ---- */

/* Kept facts: [fetched_ms, [[event id, record], ...]]. */
static fq_err fold_known(struct local *local, const struct fq_outbox *outbox,
                         const struct fq_id *dispute, struct fq_why *out_why)
{
    char name[64];
    struct fq_span content;
    enum fq_merged merged = FQ_MERGED_NEW;

    known_name(dispute, name);
    fq_err err = fq_outbox_file_read(outbox, name, &content, out_why);
    if (err || !content.data) {
        return err;
    }
    struct fq_reader reader = fq_reader_over(content);
    (void)fq_read_array(&reader);
    uint64_t fetched_ms = fq_read_uint(&reader);
    for (uint32_t left = fq_read_array(&reader); left > 0 && !reader.is_bad; left--) {
        struct fq_event event;
        (void)fq_read_array(&reader);
        struct fq_span id = fq_read_bytes(&reader);
        struct fq_span record = fq_read_bytes(&reader);
        struct fq_reader bytes = fq_reader_over(record);
        if (id.size == FQ_EVENT_ID_SIZE && fq_codec_scan(record) &&
            fq_event_decode(&bytes, fq_event_id_decode(id.data), &event)) {
            merged = fq_merge_event(&local->view, &event);
            local->is_from_node = true;
        }
        if (merged == FQ_MERGED_FULL) {
            err = fq_fail(out_why, FQ_REASON_LIMIT, "disputes known here");
            break;
        }
    }
    if (local->fetched_ms == 0 || fetched_ms < local->fetched_ms) {
        local->fetched_ms = fetched_ms;
    }
    cli_free(content);
    return err;
}

static fq_err fold_entry(struct local *local, const struct cli_tables *tables,
                         const struct fq_outbox *outbox, size_t index, struct fq_why *out_why)
{
    const struct fq_outbox_entry *entry = fq_outbox_at(outbox, index);
    const struct fq_dispute *dispute = fq_view_find(&local->view, &entry->dispute);
    struct fq_reader reader = fq_reader_over(entry->record);
    struct fq_event_id id = {{tables->area * 100 + 1, 0, LOCAL_EPOCH}, index + 1};
    struct fq_event event;

    if (dispute && fq_view_command(&local->view, dispute, &entry->cmd_id)) { /* O1 */
        return FQ_OK;
    }
    if (entry->state == FQ_OUTBOX_DELIVERED) {
        id = entry->event;
    }
    if (!fq_codec_scan(entry->record) || !fq_event_decode(&reader, id, &event)) {
        return FQ_OK; /* the node will say so */
    }
    event.rev = local_base_rev(outbox, index) + 1; /* O2 */
    return fq_merge_event(&local->view, &event) == FQ_MERGED_FULL
               ? fq_fail(out_why, FQ_REASON_LIMIT, "disputes known here")
               : FQ_OK;
}

static bool is_wanted(const struct fq_id *id, const struct fq_id *dispute,
                      const struct fq_id *other)
{
    return !dispute || fq_id_equal(id, dispute) ||
           (other && !fq_id_is_zero(other) && fq_id_equal(id, other));
}

static fq_err fold_entries(struct local *local, const struct cli_tables *tables,
                           const struct fq_outbox *outbox, const struct fq_id *dispute,
                           const struct fq_id *other, enum fq_outbox_state state,
                           struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    for (size_t i = 0; i < fq_outbox_count(outbox) && !err; i++) {
        const struct fq_outbox_entry *entry = fq_outbox_at(outbox, i);
        if (entry->state == state && is_wanted(&entry->dispute, dispute, other)) {
            err = fold_entry(local, tables, outbox, i, out_why);
        }
    }
    return err;
}

static fq_err fold_all_known(struct local *local, const struct fq_outbox *outbox,
                             const struct fq_id *dispute, const struct fq_id *other,
                             struct fq_why *out_why)
{
    struct fq_id *disputes = NULL;
    size_t count = 0;
    fq_err err = FQ_OK;

    if (dispute) {
        err = fold_known(local, outbox, dispute, out_why);
        return err || !other || fq_id_is_zero(other) ? err
                                                     : fold_known(local, outbox, other, out_why);
    }
    err = local_list(outbox, &disputes, &count, out_why);
    for (size_t i = 0; i < count && !err; i++) {
        err = fold_known(local, outbox, &disputes[i], out_why);
    }
    free(disputes);
    return err;
}

fq_err local_open(const struct cli_tables *tables, const struct fq_outbox *outbox,
                  const struct fq_id *dispute, const struct fq_id *other, struct local *out_local,
                  struct fq_why *out_why)
{
    struct local *local = out_local;

    memset(local, 0, sizeof *local);
    fq_err err = fq_memory_reserve(ARENA_SIZE, &local->arena, out_why);
    err = err ? err : fq_memory_reserve_view(DISPUTES_MAX, &local->memory, out_why);
    if (!err && !fq_frontier_init(&local->frontier, &local->arena)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "disputes known here");
    }
    if (err) {
        local_close(local);
        return err;
    }
    fq_view_init(&local->view, &tables->areas, &local->frontier, &local->memory);
    err = fold_all_known(local, outbox, dispute, other, out_why);
    err = err ? err
              : fold_entries(local, tables, outbox, dispute, other, FQ_OUTBOX_DELIVERED, out_why);
    const struct fq_dispute *known = dispute ? fq_view_find(&local->view, dispute) : NULL;
    local->known_rev = known ? known->rev : 0;
    local->is_from_node = known != NULL;
    err =
        err ? err : fold_entries(local, tables, outbox, dispute, other, FQ_OUTBOX_WAITING, out_why);
    if (err) {
        local_close(local);
    }
    return err;
}

void local_close(struct local *local)
{
    fq_memory_release_view(&local->memory);
    fq_memory_release(&local->arena);
    memset(local, 0, sizeof *local);
}

/* ---- fetching ---- */

static uint32_t count_kept(const struct fq_outbox *outbox, const struct fq_id *dispute)
{
    char name[64];
    struct fq_span content;
    struct fq_why ignored;
    uint32_t count = 0;

    known_name(dispute, name);
    if (fq_outbox_file_read(outbox, name, &content, &ignored) == FQ_OK && content.data) {
        struct fq_reader reader = fq_reader_over(content);
        (void)fq_read_array(&reader);
        (void)fq_read_uint(&reader);
        count = fq_read_array(&reader);
        cli_free(content);
    }
    return count;
}

static uint64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Keep the rows [dispute, event id, record] of one dispute: `count` of them, from the reader on. */
static fq_err keep(const struct fq_outbox *outbox, struct fq_reader *rows, uint32_t count,
                   const struct fq_id *dispute, struct fq_why *out_why)
{
    char name[64];
    struct fq_writer writer = cli_build_open(CLI_VALUE_MAX);

    known_name(dispute, name);
    fq_write_array(&writer, 2);
    fq_write_uint(&writer, wall_ms());
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        (void)fq_read_array(rows);
        (void)fq_read_bytes(rows);
        fq_write_array(&writer, 2);
        fq_write_raw(&writer, fq_read_skip(rows));
        fq_write_raw(&writer, fq_read_skip(rows));
    }
    fq_err err = rows->is_bad || writer.is_full
                     ? fq_fail(out_why, FQ_REASON_BYTES, "dispute.records")
                     : fq_outbox_file_write(outbox, name, fq_writer_span(&writer), out_why);
    cli_build_close(&writer);
    return err;
}

/* How many rows from the reader on are of the dispute of the first of them. */
static uint32_t count_group(struct fq_reader rows, uint32_t left, struct fq_id *out_dispute)
{
    for (uint32_t i = 0; i < left; i++) {
        struct fq_reader row = fq_reader_over(fq_read_skip(&rows));
        struct fq_id dispute = {{0}};
        (void)fq_read_array(&row);
        fq_read_exact(&row, dispute.bytes, FQ_ID_SIZE);
        if (i == 0) {
            *out_dispute = dispute;
        } else if (!fq_id_equal(&dispute, out_dispute)) {
            return i;
        }
    }
    return left;
}

static fq_err keep_all(const struct fq_outbox *outbox, struct fq_span list, struct fq_why *out_why)
{
    struct fq_reader rows = fq_reader_over(list);
    uint32_t left = fq_read_array(&rows);
    fq_err err = FQ_OK;

    while (left > 0 && !err) {
        struct fq_id dispute;
        uint32_t count = count_group(rows, left, &dispute);
        err = keep(outbox, &rows, count, &dispute, out_why);
        left -= count;
    }
    return err;
}

fq_err local_fetch(struct cli_client *client, const struct fq_outbox *outbox,
                   const struct fq_id *disputes, size_t count, struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    for (size_t from = 0; from < count && !err; from += ASK_MAX) {
        size_t part = count - from < ASK_MAX ? count - from : ASK_MAX;
        struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
        struct cli_args args;
        cli_args_open(&args);
        cli_args_key(&args, "disputes");
        fq_write_array(&args.pairs, (uint32_t)part);
        for (size_t i = from; i < from + part; i++) {
            fq_write_array(&args.pairs, 2);
            fq_write_bytes(&args.pairs, disputes[i].bytes, FQ_ID_SIZE);
            fq_write_uint(&args.pairs, count_kept(outbox, &disputes[i]));
        }
        err = cli_call_all(client, "dispute.records", &args, 0, &list, out_why);
        err = err ? err : keep_all(outbox, fq_writer_span(&list), out_why);
        cli_args_close(&args);
        cli_build_close(&list);
    }
    return err;
}

/* ---- listing ---- */

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct fq_id));
}

static fq_err add_id(struct fq_id **ids, size_t *count, const struct fq_id *id,
                     struct fq_why *out_why)
{
    if ((*count & (*count - 1)) == 0) { /* room for the next power of two */
        void *more = realloc(*ids, (*count ? 2 * *count : 1) * sizeof **ids);
        if (!more) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
        }
        *ids = more;
    }
    (*ids)[(*count)++] = *id;
    return FQ_OK;
}

static fq_err list_files(const struct fq_outbox *outbox, struct fq_id **ids, size_t *count,
                         struct fq_why *out_why)
{
    DIR *directory = opendir(fq_outbox_directory(outbox));
    size_t prefix = strlen(KNOWN);
    fq_err err = FQ_OK;

    if (!directory) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s", fq_outbox_directory(outbox));
    }
    for (struct dirent *file = readdir(directory); file && !err; file = readdir(directory)) {
        struct fq_id id;
        if (strncmp(file->d_name, KNOWN, prefix) == 0 &&
            fq_hex_decode(file->d_name + prefix, strlen(file->d_name + prefix), id.bytes,
                          FQ_ID_SIZE)) {
            err = add_id(ids, count, &id, out_why);
        }
    }
    closedir(directory);
    return err;
}

fq_err local_list(const struct fq_outbox *outbox, struct fq_id **out_disputes, size_t *out_count,
                  struct fq_why *out_why)
{
    struct fq_id *ids = NULL;
    size_t count = 0, kept = 0;
    fq_err err = list_files(outbox, &ids, &count, out_why);

    for (size_t i = 0; i < fq_outbox_count(outbox) && !err; i++) {
        const struct fq_outbox_entry *entry = fq_outbox_at(outbox, i);
        if (!fq_id_is_zero(&entry->dispute)) {
            err = add_id(&ids, &count, &entry->dispute, out_why);
        }
    }
    if (err) {
        free(ids);
        return err;
    }
    if (count > 0) {
        qsort(ids, count, sizeof *ids, compare_ids);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !fq_id_equal(&ids[i], &ids[kept - 1])) {
            ids[kept++] = ids[i];
        }
    }
    *out_disputes = ids;
    *out_count = kept;
    return FQ_OK;
}

/* ---- names ---- */

static void write_number(const struct fq_event_id *event, char out[64])
{
    snprintf(out, 64, "%08u-%u-%llu", event->log.origin, event->log.epoch,
             (unsigned long long)event->seq);
}

/* The number by the registration among the kept facts. */
static void find_kept_number(const struct fq_outbox *outbox, const struct fq_id *dispute,
                             char out[64])
{
    char name[64];
    struct fq_span content;
    struct fq_why ignored;

    known_name(dispute, name);
    if (fq_outbox_file_read(outbox, name, &content, &ignored) || !content.data) {
        return;
    }
    struct fq_reader reader = fq_reader_over(content);
    (void)fq_read_array(&reader);
    (void)fq_read_uint(&reader);
    for (uint32_t left = fq_read_array(&reader); left > 0 && !reader.is_bad; left--) {
        struct fq_event event;
        (void)fq_read_array(&reader);
        struct fq_span id = fq_read_bytes(&reader);
        struct fq_span record = fq_read_bytes(&reader);
        struct fq_reader bytes = fq_reader_over(record);
        if (id.size == FQ_EVENT_ID_SIZE && fq_codec_scan(record) &&
            fq_event_decode(&bytes, fq_event_id_decode(id.data), &event) &&
            event.kind == FQ_EVENT_REGISTERED) {
            write_number(&event.id, out);
        }
    }
    cli_free(content);
}

void local_number(const struct fq_outbox *outbox, const struct fq_id *dispute, char out[64])
{
    /* A dispute's id is the command id of its registration. */
    const struct fq_outbox_entry *entry = fq_outbox_find(outbox, dispute);

    out[0] = '\0';
    if (entry && entry->state == FQ_OUTBOX_DELIVERED) {
        write_number(&entry->event, out);
    } else {
        find_kept_number(outbox, dispute, out);
    }
    if (entry && !out[0] && entry->number) {
        snprintf(out, 64, "L%u", entry->number);
    }
}
