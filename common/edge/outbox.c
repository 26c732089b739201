#include "fq/edge/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fq/base/hash.h"
#include "outbox_file.h"

#define MAGIC 0x46514f31u /* "FQO1" */
#define FRAME_HEAD 16
#define FORMAT 1
#define KIND_HEADER 0
#define KIND_ENTRY 1
#define PAYLOAD_MAX (FQ_OUTBOX_SEALED_MAX + FQ_RECORD_MAX + 512)
#define NOTE_SIZE_MAX (FRAME_HEAD + FQ_OUTBOX_DETAIL_MAX + 128)
#define JOURNAL "journal"
#define LOCK "lock"

struct chunk { /* bytes read at one time; entries point into them */
    struct chunk *next;
    uint8_t bytes[];
};

struct fq_outbox {
    char directory[OUTBOX_PATH_SIZE];
    int journal, lock;        /* lock: -1 where nothing may be written */
    struct fq_why no_writing; /* why */
    uint64_t parsed;          /* the journal was read up to here */
    struct chunk *chunks;
    struct fq_outbox_entry *entries;
    size_t count, capacity;
    uint32_t *slots; /* open addressing by cmd_id: index + 1, 0 free */
    size_t slot_count;
    uint32_t last_number;
    size_t damaged;
};

static fq_err fail_memory(struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
}

/* ---- frames ---- */

/* The payload is in place behind the head. */
static void close_frame(uint8_t *frame, size_t payload_size)
{
    fq_put_be32(frame, MAGIC);
    fq_put_be32(frame + 4, (uint32_t)payload_size);
    fq_put_be64(frame + 8, fq_hash_quick(fq_span_of(frame + FRAME_HEAD, payload_size)));
}

/* The payload of the whole frame at the beginning of `bytes`; false when there is none. */
static bool open_frame(struct fq_span bytes, size_t payload_max, struct fq_span *out_payload)
{
    if (bytes.size < FRAME_HEAD || fq_get_be32(bytes.data) != MAGIC) {
        return false;
    }
    size_t size = fq_get_be32(bytes.data + 4);
    if (size > payload_max || size > bytes.size - FRAME_HEAD) {
        return false;
    }
    *out_payload = fq_span_of(bytes.data + FRAME_HEAD, size);
    return fq_get_be64(bytes.data + 8) == fq_hash_quick(*out_payload) &&
           fq_codec_scan(*out_payload);
}

/* ---- the entries ---- */

static size_t slot_of(const struct fq_outbox *outbox, const struct fq_id *cmd_id)
{
    size_t slot = fq_get_be64(cmd_id->bytes) % outbox->slot_count;

    while (outbox->slots[slot] &&
           !fq_id_equal(&outbox->entries[outbox->slots[slot] - 1].cmd_id, cmd_id)) {
        slot = (slot + 1) % outbox->slot_count;
    }
    return slot;
}

static struct fq_outbox_entry *find(const struct fq_outbox *outbox, const struct fq_id *cmd_id)
{
    if (outbox->count == 0) {
        return NULL;
    }
    uint32_t place = outbox->slots[slot_of(outbox, cmd_id)];
    return place ? &outbox->entries[place - 1] : NULL;
}

static fq_err make_room(struct fq_outbox *outbox, struct fq_why *out_why)
{
    if (outbox->count < outbox->capacity) {
        return FQ_OK;
    }
    size_t capacity = outbox->capacity ? 2 * outbox->capacity : 64;
    size_t slot_count = 2 * capacity;
    void *entries = realloc(outbox->entries, capacity * sizeof *outbox->entries);
    outbox->entries = entries ? entries : outbox->entries;
    uint32_t *slots = entries ? calloc(slot_count, sizeof *slots) : NULL;
    if (!slots) {
        return fail_memory(out_why);
    }
    free(outbox->slots);
    outbox->slots = slots;
    outbox->slot_count = slot_count;
    outbox->capacity = capacity;
    for (size_t i = 0; i < outbox->count; i++) {
        slots[slot_of(outbox, &outbox->entries[i].cmd_id)] = (uint32_t)i + 1;
    }
    return FQ_OK;
}

static fq_err fold_entry(struct fq_outbox *outbox, struct fq_reader *reader, struct fq_why *out_why)
{
    struct fq_outbox_entry entry = {.state = FQ_OUTBOX_WAITING};

    fq_read_exact(reader, entry.cmd_id.bytes, FQ_ID_SIZE);
    fq_read_exact(reader, entry.dispute.bytes, FQ_ID_SIZE);
    entry.kind = (uint16_t)fq_read_uint(reader);
    entry.number = (uint32_t)fq_read_uint(reader);
    entry.known_rev = (uint32_t)fq_read_uint(reader);
    entry.saved_ms = fq_read_uint(reader);
    entry.record = fq_read_bytes(reader);
    entry.sealed = fq_read_bytes(reader);
    if (reader->is_bad || find(outbox, &entry.cmd_id)) {
        outbox->damaged += reader->is_bad;
        return FQ_OK;
    }
    fq_err err = make_room(outbox, out_why);
    if (!err) {
        outbox->slots[slot_of(outbox, &entry.cmd_id)] = (uint32_t)outbox->count + 1;
        outbox->entries[outbox->count++] = entry;
        outbox->last_number =
            entry.number > outbox->last_number ? entry.number : outbox->last_number;
    }
    return err;
}

static void fold_receipt(struct fq_outbox_entry *entry, uint64_t at_ms, struct fq_reader *reader)
{
    uint64_t tier = fq_read_uint(reader);
    uint8_t event[FQ_EVENT_ID_SIZE];

    fq_read_exact(reader, event, sizeof event);
    if (reader->is_bad || tier < FQ_TIER_COUNTY || tier > FQ_TIER_PROVINCE) {
        return;
    }
    entry->state = FQ_OUTBOX_DELIVERED; /* O4 */
    entry->event = fq_event_id_decode(event);
    if (entry->held_ms[tier] == 0) {
        entry->held_ms[tier] = at_ms;
    }
}

static void end_entry(struct fq_outbox_entry *entry, enum fq_outbox_state state, uint64_t at_ms,
                      unsigned reason, struct fq_span detail)
{
    size_t size = detail.size < FQ_OUTBOX_DETAIL_MAX ? detail.size : FQ_OUTBOX_DETAIL_MAX;

    if (entry->state == FQ_OUTBOX_DELIVERED) { /* O4 */
        return;
    }
    entry->state = state;
    entry->ended_ms = at_ms;
    entry->reason = reason;
    if (size > 0) {
        memcpy(entry->detail, detail.data, size);
    }
    entry->detail[size] = '\0';
}

static void wait_again(struct fq_outbox_entry *entry)
{
    entry->state = FQ_OUTBOX_WAITING;
    entry->reason = 0;
    entry->ended_ms = 0;
    entry->detail[0] = '\0';
    memset(entry->held_ms, 0, sizeof entry->held_ms);
}

static void fold_note(struct fq_outbox *outbox, uint64_t kind, struct fq_reader *reader)
{
    struct fq_id cmd_id;

    fq_read_exact(reader, cmd_id.bytes, FQ_ID_SIZE);
    uint64_t at_ms = fq_read_uint(reader);
    struct fq_outbox_entry *entry = reader->is_bad ? NULL : find(outbox, &cmd_id);
    if (!entry) {
        return;
    }
    if (kind == FQ_OUTBOX_NOTE_RECEIPT) {
        fold_receipt(entry, at_ms, reader);
    } else if (kind == FQ_OUTBOX_NOTE_REFUSED) {
        unsigned reason = (unsigned)fq_read_uint(reader);
        end_entry(entry, FQ_OUTBOX_REFUSED, at_ms, reason, fq_read_text(reader));
    } else if (kind == FQ_OUTBOX_NOTE_DROPPED) {
        end_entry(entry, FQ_OUTBOX_DROPPED, at_ms, 0, fq_read_text(reader));
    } else if (kind == FQ_OUTBOX_NOTE_RETRY && entry->state == FQ_OUTBOX_REFUSED) {
        wait_again(entry);
    } else if (kind == FQ_OUTBOX_NOTE_LOST && entry->state == FQ_OUTBOX_DELIVERED) {
        wait_again(entry);
        entry->was_held = true;
    }
}

static fq_err fold(struct fq_outbox *outbox, struct fq_span payload, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(payload);
    uint32_t count = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;
    uint64_t kind = count > 0 ? fq_read_uint(&reader) : UINT64_MAX;

    if (kind == KIND_HEADER) {
        uint64_t format = fq_read_uint(&reader);
        return format <= FORMAT
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_STORE_NEWER, "%s/" JOURNAL, outbox->directory);
    }
    if (kind == KIND_ENTRY) {
        return fold_entry(outbox, &reader, out_why);
    }
    fold_note(outbox, kind, &reader); /* one of a later version folds to nothing */
    return FQ_OK;
}

/* ---- reading the journal ---- */

/* Where the next whole frame begins at or after `at`; bytes.size when there is none (O2). */
static size_t next_frame(struct fq_span bytes, size_t at, struct fq_span *out_payload)
{
    while (at < bytes.size &&
           !open_frame(fq_span_of(bytes.data + at, bytes.size - at), PAYLOAD_MAX, out_payload)) {
        at++;
    }
    return at;
}

static fq_err parse(struct fq_outbox *outbox, struct fq_span bytes, struct fq_why *out_why)
{
    struct fq_span payload;
    uint64_t base = outbox->parsed;
    size_t end = 0; /* of the last whole frame */

    for (size_t at = next_frame(bytes, 0, &payload); at < bytes.size;
         at = next_frame(bytes, end, &payload)) {
        fq_err err = fold(outbox, payload, out_why);
        if (err) {
            return err;
        }
        outbox->damaged += at > end;
        end = at + FRAME_HEAD + payload.size;
        outbox->parsed = base + end;
    }
    return FQ_OK; /* what is left is a torn end, or is being written */
}

static fq_err fail_journal(const struct fq_outbox *outbox, struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_FILE, "%s/" JOURNAL ": %s", outbox->directory,
                   strerror(errno));
}

static fq_err size_of_journal(const struct fq_outbox *outbox, uint64_t *out_size,
                              struct fq_why *out_why)
{
    struct stat status;

    if (fstat(outbox->journal, &status) != 0) {
        return fail_journal(outbox, out_why);
    }
    if ((uint64_t)status.st_size > FQ_OUTBOX_SIZE_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s/" JOURNAL, outbox->directory);
    }
    *out_size = (uint64_t)status.st_size;
    return FQ_OK;
}

fq_err fq_outbox_refresh(struct fq_outbox *outbox, struct fq_why *out_why)
{
    FQ_ASSERT(outbox);

    uint64_t size = 0;
    if (outbox->journal < 0) { /* where nothing may be written nothing was */
        return FQ_OK;
    }
    fq_err err = size_of_journal(outbox, &size, out_why);

    if (err || size <= outbox->parsed) {
        return err;
    }
    size_t wanted = (size_t)(size - outbox->parsed), got = 0;
    struct chunk *chunk = malloc(sizeof *chunk + wanted);
    if (!chunk) {
        return fail_memory(out_why);
    }
    while (got < wanted) {
        ssize_t more =
            pread(outbox->journal, chunk->bytes + got, wanted - got, (off_t)(outbox->parsed + got));
        if (more < 0 && errno != EINTR) {
            err = fail_journal(outbox, out_why);
            free(chunk);
            return err;
        }
        if (more == 0) {
            break; /* another cut off what it could not write whole */
        }
        got += more > 0 ? (size_t)more : 0;
    }
    chunk->next = outbox->chunks;
    outbox->chunks = chunk;
    return parse(outbox, fq_span_of(chunk->bytes, got), out_why);
}

/* ---- opening ---- */

static fq_err begin_journal(struct fq_outbox *outbox, struct fq_why *out_why)
{
    uint8_t frame[64];
    struct fq_writer writer = fq_writer_over(frame + FRAME_HEAD, sizeof frame - FRAME_HEAD);
    uint64_t size = 0;

    fq_write_array(&writer, 2);
    fq_write_uint(&writer, KIND_HEADER);
    fq_write_uint(&writer, FORMAT);
    close_frame(frame, writer.used);
    fq_err err = size_of_journal(outbox, &size, out_why);
    if (err || size > 0) {
        return err;
    }
    err = outbox_lock(outbox->lock, FQ_OUTBOX_LOCK_MS, out_why);
    if (err) {
        return err;
    }
    err = size_of_journal(outbox, &size, out_why);
    if (!err && size == 0) {
        err = outbox_append(outbox->journal, 0, fq_span_of(frame, FRAME_HEAD + writer.used), true,
                            out_why);
    }
    outbox_unlock(outbox->lock);
    return err;
}

/* The files to write to, or, where that is not allowed or there is no room, the journal to read (O6). */
static fq_err open_files(struct fq_outbox *outbox, struct fq_why *out_why)
{
    struct fq_why *why = &outbox->no_writing;
    char path[OUTBOX_PATH_SIZE];
    fq_err err = outbox_open_file(outbox->directory, LOCK, &outbox->lock, why);

    err = err ? err : outbox_open_file(outbox->directory, JOURNAL, &outbox->journal, why);
    err = err ? err : begin_journal(outbox, why);
    if (!err) {
        return FQ_OK;
    }
    if (why->reason != FQ_REASON_FILE && why->reason != FQ_REASON_OUTBOX_FULL) {
        return fq_fail(out_why, why->reason, "%s", why->detail);
    }
    if (outbox->lock >= 0) {
        close(outbox->lock);
        outbox->lock = -1;
    }
    err = outbox_path(outbox->directory, JOURNAL, path, out_why);
    if (!err && outbox->journal < 0) {
        outbox->journal = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (outbox->journal < 0 && errno != ENOENT) {
            err = fq_fail(out_why, why->reason, "%s", why->detail);
        }
    }
    return err;
}

/* The turn to write. */
static fq_err begin_writing(const struct fq_outbox *outbox, struct fq_why *out_why)
{
    return outbox->lock >= 0
               ? outbox_lock(outbox->lock, FQ_OUTBOX_LOCK_MS, out_why)
               : fq_fail(out_why, FQ_REASON_OUTBOX_FULL, "%s", outbox->no_writing.detail);
}

fq_err fq_outbox_open(const char *directory, struct fq_outbox **out_outbox, struct fq_why *out_why)
{
    FQ_ASSERT(directory);
    FQ_ASSERT(out_outbox);

    struct fq_outbox *outbox = calloc(1, sizeof *outbox);

    if (!outbox) {
        return fail_memory(out_why);
    }
    outbox->journal = outbox->lock = -1;
    snprintf(outbox->directory, sizeof outbox->directory, "%s", directory);
    fq_err err = outbox_make_directory(directory, out_why);
    err = err ? err : open_files(outbox, out_why);
    err = err ? err : fq_outbox_refresh(outbox, out_why);
    if (err) {
        fq_outbox_close(outbox);
        return err;
    }
    *out_outbox = outbox;
    return FQ_OK;
}

void fq_outbox_close(struct fq_outbox *outbox)
{
    if (!outbox) {
        return;
    }
    while (outbox->chunks) {
        struct chunk *next = outbox->chunks->next;
        free(outbox->chunks);
        outbox->chunks = next;
    }
    if (outbox->journal >= 0) {
        close(outbox->journal);
    }
    if (outbox->lock >= 0) {
        close(outbox->lock);
    }
    free(outbox->entries);
    free(outbox->slots);
    free(outbox);
}

size_t fq_outbox_count(const struct fq_outbox *outbox)
{
    return outbox->count;
}

const struct fq_outbox_entry *fq_outbox_at(const struct fq_outbox *outbox, size_t index)
{
    FQ_ASSERT(index < outbox->count);

    return &outbox->entries[index];
}

const struct fq_outbox_entry *fq_outbox_find(const struct fq_outbox *outbox,
                                             const struct fq_id *cmd_id)
{
    return find(outbox, cmd_id);
}

size_t fq_outbox_damaged(const struct fq_outbox *outbox)
{
    return outbox->damaged;
}

const char *fq_outbox_directory(const struct fq_outbox *outbox)
{
    return outbox->directory;
}

/* ---- writing ---- */

/* Append frames behind what others have written, and read them back as anybody would. */
static fq_err append(struct fq_outbox *outbox, struct fq_span frames, bool is_synced,
                     struct fq_why *out_why)
{
    uint64_t size = 0;
    fq_err err = size_of_journal(outbox, &size, out_why);

    if (!err && size + frames.size > FQ_OUTBOX_SIZE_MAX) {
        err = fq_fail(out_why, FQ_REASON_OUTBOX_FULL, "%s/" JOURNAL, outbox->directory);
    }
    err = err ? err : outbox_append(outbox->journal, size, frames, is_synced, out_why);
    return err ? err : fq_outbox_refresh(outbox, out_why);
}

static fq_err add_locked(struct fq_outbox *outbox, const struct fq_outbox_entry *entry,
                         uint8_t *frame, struct fq_why *out_why)
{
    struct fq_writer writer = fq_writer_over(frame + FRAME_HEAD, PAYLOAD_MAX);
    bool is_registration = entry->kind == FQ_EVENT_REGISTERED;
    fq_err err = fq_outbox_refresh(outbox, out_why); /* O5 */

    if (!err && find(outbox, &entry->cmd_id)) {
        err = fq_fail(out_why, FQ_REASON_COMMAND_CLASH, "%s", fq_kind_row(entry->kind)->name);
    }
    if (err) {
        return err;
    }
    fq_write_array(&writer, 9);
    fq_write_uint(&writer, KIND_ENTRY);
    fq_write_bytes(&writer, entry->cmd_id.bytes, FQ_ID_SIZE);
    fq_write_bytes(&writer, entry->dispute.bytes, FQ_ID_SIZE);
    fq_write_uint(&writer, entry->kind);
    fq_write_uint(&writer, is_registration ? outbox->last_number + 1 : 0);
    fq_write_uint(&writer, entry->known_rev);
    fq_write_uint(&writer, entry->saved_ms);
    fq_write_bytes(&writer, entry->record.data, entry->record.size);
    fq_write_bytes(&writer, entry->sealed.data, entry->sealed.size);
    if (writer.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", fq_kind_row(entry->kind)->name);
    }
    close_frame(frame, writer.used);
    return append(outbox, fq_span_of(frame, FRAME_HEAD + writer.used), true, out_why); /* O1 */
}

fq_err fq_outbox_add(struct fq_outbox *outbox, const struct fq_outbox_entry *entry,
                     size_t *out_index, struct fq_why *out_why)
{
    FQ_ASSERT(outbox);
    FQ_ASSERT(fq_kind_row(entry->kind));
    FQ_ASSERT(out_index);

    uint8_t *frame = malloc(FRAME_HEAD + PAYLOAD_MAX);
    if (!frame) {
        return fail_memory(out_why);
    }
    fq_err err = begin_writing(outbox, out_why);
    if (!err) {
        err = add_locked(outbox, entry, frame, out_why);
        outbox_unlock(outbox->lock);
    }
    free(frame);
    if (!err) {
        const struct fq_outbox_entry *added = find(outbox, &entry->cmd_id);
        FQ_ASSERT(added); /* it was read back */
        *out_index = (size_t)(added - outbox->entries);
    }
    return err;
}

/* One note as a frame at `frame`; gives its size. */
static size_t write_note(const struct fq_outbox_note *note, uint8_t *frame)
{
    struct fq_writer writer = fq_writer_over(frame + FRAME_HEAD, NOTE_SIZE_MAX - FRAME_HEAD);
    uint8_t event[FQ_EVENT_ID_SIZE];

    fq_write_array(&writer, 5);
    fq_write_uint(&writer, note->kind);
    fq_write_bytes(&writer, note->cmd_id.bytes, FQ_ID_SIZE);
    fq_write_uint(&writer, note->at_ms);
    switch (note->kind) {
    case FQ_OUTBOX_NOTE_RECEIPT:
        fq_event_id_encode(&note->event, event);
        fq_write_uint(&writer, note->tier);
        fq_write_bytes(&writer, event, sizeof event);
        break;
    case FQ_OUTBOX_NOTE_REFUSED:
        fq_write_uint(&writer, note->reason);
        fq_write_text(&writer, note->detail);
        break;
    case FQ_OUTBOX_NOTE_DROPPED:
    case FQ_OUTBOX_NOTE_RETRY:
    case FQ_OUTBOX_NOTE_LOST:
        fq_write_text(&writer, note->detail);
        fq_write_nil(&writer);
        break;
    }
    FQ_ASSERT(!writer.is_full);
    close_frame(frame, writer.used);
    return FRAME_HEAD + writer.used;
}

fq_err fq_outbox_note(struct fq_outbox *outbox, const struct fq_outbox_note *notes, size_t count,
                      bool is_synced, struct fq_why *out_why)
{
    FQ_ASSERT(outbox);

    size_t used = 0;
    uint8_t *frames = count > 0 ? malloc(count * NOTE_SIZE_MAX) : NULL;
    if (!frames) {
        return count == 0 ? FQ_OK : fail_memory(out_why);
    }
    for (size_t i = 0; i < count; i++) {
        used += write_note(&notes[i], frames + used);
    }
    fq_err err = begin_writing(outbox, out_why);
    if (!err) {
        err = append(outbox, fq_span_of(frames, used), is_synced, out_why);
        outbox_unlock(outbox->lock);
    }
    free(frames);
    return err;
}

/* ---- files beside the journal: one frame each ---- */

fq_err fq_outbox_file_write(const struct fq_outbox *outbox, const char *name,
                            struct fq_span content, struct fq_why *out_why)
{
    FQ_ASSERT(outbox);

    uint8_t *frame = malloc(FRAME_HEAD + content.size);
    if (!frame) {
        return fail_memory(out_why);
    }
    memcpy(frame + FRAME_HEAD, content.data, content.size);
    close_frame(frame, content.size);
    fq_err err = outbox_replace(outbox->directory, name,
                                fq_span_of(frame, FRAME_HEAD + content.size), out_why);
    free(frame);
    return err;
}

fq_err fq_outbox_file_read(const struct fq_outbox *outbox, const char *name,
                           struct fq_span *out_content, struct fq_why *out_why)
{
    FQ_ASSERT(outbox);
    FQ_ASSERT(out_content);

    char path[OUTBOX_PATH_SIZE];
    struct stat status;
    struct fq_span payload;
    uint8_t *bytes = NULL;

    *out_content = (struct fq_span){0};
    fq_err err = outbox_path(outbox->directory, name, path, out_why);
    int file = err ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return err;
    }
    if (fstat(file, &status) == 0 && status.st_size > FRAME_HEAD &&
        (size_t)status.st_size <= FQ_OUTBOX_SIZE_MAX) {
        size_t size = (size_t)status.st_size;
        bytes = malloc(size);
        if (bytes && read(file, bytes, size) == (ssize_t)size &&
            open_frame(fq_span_of(bytes, size), size, &payload)) {
            memmove(bytes, payload.data, payload.size);
            *out_content = fq_span_of(bytes, payload.size);
        }
    }
    close(file);
    if (!out_content->data) {
        free(bytes);
    }
    return FQ_OK;
}

void fq_outbox_file_remove(const struct fq_outbox *outbox, const char *name)
{
    char path[OUTBOX_PATH_SIZE];
    struct fq_why ignored;

    if (outbox_path(outbox->directory, name, path, &ignored) == FQ_OK) {
        (void)unlink(path);
    }
}
