#include "desk_parties.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fq/edge/crypto.h"

#define KEY_MEMORY 256
#define KEY "key-"
#define LEFT_SECONDS 86400

static void key_name(const struct fq_id *cmd_id, char out[64])
{
    char hex[2 * FQ_ID_SIZE + 1];

    fq_hex_encode(fq_span_of(cmd_id->bytes, FQ_ID_SIZE), hex);
    snprintf(out, 64, KEY "%s", hex);
}

static fq_err load_master(const struct fq_outbox *outbox, struct fq_vault_master *out_master,
                          struct fq_why *out_why)
{
    char path[1100];

    snprintf(path, sizeof path, "%s/secret", fq_outbox_directory(outbox));
    if (fq_vault_master_load_or_create(path, out_master, out_why) == FQ_OK) {
        return FQ_OK;
    }
    return fq_vault_master_load_or_create(path, out_master, out_why); /* another made it just now */
}

/* ---- sealing ---- */

static fq_err make_key(const struct fq_outbox *outbox, const struct fq_id *cmd_id,
                       struct fq_vault_key *out_key, struct fq_why *out_why)
{
    uint8_t memory[KEY_MEMORY], file[KEY_MEMORY];
    char name[64];
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_writer writer = fq_writer_over(file, sizeof file);
    struct fq_vault_master master;
    struct fq_span wrapped = {0};
    fq_err err = load_master(outbox, &master, out_why);

    if (err) {
        return err;
    }
    key_name(cmd_id, name);
    fq_vault_key_create(out_key);
    err = fq_vault_key_wrap(&master, cmd_id, out_key, &arena, &wrapped, out_why);
    fq_write_bytes(&writer, wrapped.data, wrapped.size);
    err = err ? err : fq_outbox_file_write(outbox, name, fq_writer_span(&writer), out_why);
    fq_wipe(&master, sizeof master);
    return err;
}

fq_err parties_seal(const struct fq_outbox *outbox, const struct cli_entry *entry,
                    struct fq_span *out_sealed, struct fq_why *out_why)
{
    struct fq_vault_key key;
    uint8_t *memory = NULL, *sealed = NULL;

    *out_sealed = (struct fq_span){0};
    if (entry->party_count == 0) {
        return FQ_OK;
    }
    fq_err err = make_key(outbox, &entry->event.cmd_id, &key, out_why);
    memory = malloc(FQ_OUTBOX_SEALED_MAX);
    sealed = malloc(FQ_OUTBOX_SEALED_MAX);
    if (!err && (!memory || !sealed)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "parties");
    }
    struct fq_arena arena = fq_arena_over(memory, memory ? FQ_OUTBOX_SEALED_MAX : 0);
    struct fq_writer writer = fq_writer_over(sealed, sealed ? FQ_OUTBOX_SEALED_MAX : 0);
    fq_write_array(&writer, (uint32_t)entry->party_count);
    for (size_t i = 0; i < entry->party_count && !err; i++) {
        struct fq_span cipher = {0};
        err = fq_vault_field_seal(&key, &entry->event.cmd_id, (uint16_t)entry->parties[i].field,
                                  fq_span_text(entry->parties[i].text), &arena, &cipher, out_why);
        fq_write_array(&writer, 2);
        fq_write_uint(&writer, entry->parties[i].field);
        fq_write_bytes(&writer, cipher.data, cipher.size);
    }
    if (!err && writer.is_full) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "parties");
    }
    fq_wipe(&key, sizeof key);
    free(memory);
    if (err) {
        free(sealed);
        return err;
    }
    *out_sealed = fq_writer_span(&writer);
    return FQ_OK;
}

/* ---- opening ---- */

/* The key; `out_found` is false when it was destroyed. */
static fq_err load_key(const struct fq_outbox *outbox, const struct fq_id *cmd_id,
                       struct fq_vault_key *out_key, bool *out_found, struct fq_why *out_why)
{
    char name[64];
    struct fq_vault_master master;
    struct fq_span file;

    key_name(cmd_id, name);
    fq_err err = fq_outbox_file_read(outbox, name, &file, out_why);
    *out_found = file.data != NULL;
    if (err || !file.data) {
        return err;
    }
    struct fq_reader reader = fq_reader_over(file);
    err = load_master(outbox, &master, out_why);
    err =
        err ? err : fq_vault_key_unwrap(&master, cmd_id, fq_read_bytes(&reader), out_key, out_why);
    fq_wipe(&master, sizeof master);
    cli_free(file);
    return err;
}

fq_err parties_open(const struct fq_outbox *outbox, const struct fq_outbox_entry *entry,
                    struct fq_arena *arena, struct party_text *out_texts, size_t *out_count,
                    struct fq_why *out_why)
{
    struct fq_vault_key key;
    struct fq_reader reader = fq_reader_over(entry->sealed);
    bool is_found = false;
    size_t count = 0;

    *out_count = 0;
    if (entry->sealed.size == 0) {
        return FQ_OK;
    }
    fq_err err = load_key(outbox, &entry->cmd_id, &key, &is_found, out_why);
    if (!err && !is_found && !entry->was_held) {
        err = fq_fail(out_why, FQ_REASON_CRYPTO, "parties");
    }
    if (err || !is_found) {
        return err;
    }
    for (uint32_t left = fq_read_array(&reader); left > 0 && !err; left--) {
        (void)fq_read_array(&reader);
        unsigned field = (unsigned)fq_read_uint(&reader);
        struct fq_span cipher = fq_read_bytes(&reader);
        if (reader.is_bad || count == CLI_PARTIES_MAX) {
            err = fq_fail(out_why, FQ_REASON_BYTES, "parties");
            break;
        }
        out_texts[count].field = field;
        err = fq_vault_field_open(&key, &entry->cmd_id, (uint16_t)field, cipher, arena,
                                  &out_texts[count].text, out_why);
        count++;
    }
    fq_wipe(&key, sizeof key);
    *out_count = err ? 0 : count;
    return err;
}

void parties_forget(const struct fq_outbox *outbox, const struct fq_outbox_entry *entry)
{
    char name[64];

    if (entry->sealed.size > 0) {
        key_name(&entry->cmd_id, name);
        fq_outbox_file_remove(outbox, name);
    }
}

/* A day old by its file's time: whoever made it is not at work any more. */
static bool is_left(const struct fq_outbox *outbox, const char *name)
{
    char path[1400];
    struct stat status;

    snprintf(path, sizeof path, "%s/%s", fq_outbox_directory(outbox), name);
    return stat(path, &status) == 0 && status.st_mtime < time(NULL) - LEFT_SECONDS;
}

static bool is_needless(const struct fq_outbox *outbox, const char *name)
{
    size_t size = strlen(name), prefix = strlen(KEY);
    struct fq_id cmd_id;

    if (size > 0 && name[size - 1] == '~') {
        return is_left(outbox, name);
    }
    if (strncmp(name, KEY, prefix) != 0 ||
        !fq_hex_decode(name + prefix, size - prefix, cmd_id.bytes, FQ_ID_SIZE)) {
        return false;
    }
    const struct fq_outbox_entry *entry = fq_outbox_find(outbox, &cmd_id);
    return entry ? entry->state == FQ_OUTBOX_DELIVERED || entry->state == FQ_OUTBOX_DROPPED
                 : is_left(outbox, name); /* else its entry is about to be saved */
}

void parties_sweep(const struct fq_outbox *outbox)
{
    DIR *directory = opendir(fq_outbox_directory(outbox));

    for (struct dirent *file = directory ? readdir(directory) : NULL; file;
         file = readdir(directory)) {
        if (is_needless(outbox, file->d_name)) {
            fq_outbox_file_remove(outbox, file->d_name);
        }
    }
    if (directory) {
        closedir(directory);
    }
}
