/* The store on disk: the one door to RocksDB (7.8, through its C interface).
 *
 * Its data directory also holds files of others (`told`); RocksDB leaves names it does not know. */
#include "fq/edge/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rocksdb/c.h>

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* Small, so that an idle county stays small. Memory in use is bounded by the write buffers of all
 * families together, the cache and what the open files need. */
#define LOG_BUFFER_SIZE (8 * MIB)
#define VIEW_BUFFER_SIZE (4 * MIB)
#define OTHER_BUFFER_SIZE (1 * MIB)
#define CACHE_SIZE (8 * MIB)
#define OPEN_FILES_MAX 256
#define WAL_SIZE_MAX (64 * MIB)
#define BLOB_SIZE_MIN (1 * KIB)
#define BATCH_KEPT_MAX (4 * MIB) /* a larger write batch is given back to the system */

#define CHECKSUM_XXH3 4 /* rocksdb/table.h: kXXH3; CRC32C has no hardware here */
#define LOG_WARN 2      /* rocksdb/env.h: WARN_LEVEL */

#define FORMAT_KEY "format"
#define FORMAT_SIZE 4
#define PATH_ROOM 64 /* for the names of files and copies */

/* RocksDB drops a last record that is cut off, which was never acknowledged, and refuses one that
 * is damaged. Mode 1 would refuse the first too, which is every power cut; mode 2, the default,
 * opens at a damaged record without a word and drops all that follows. */
#define RECOVERY_STRICT rocksdb_tolerate_corrupted_tail_records_recovery
#define RECOVERY_CUT rocksdb_point_in_time_recovery

static const struct family_row {
    const char *name;
    size_t buffer_size;
    bool is_vault;
    bool is_log;
    int compression; /* ciphertext, batches and packed disputes gain little for what it costs */
} family_rows[FQ_FAMILY_COUNT] = {
    [FQ_FAMILY_DEFAULT] = {.name = "default", .buffer_size = OTHER_BUFFER_SIZE},
    [FQ_FAMILY_LOG] = {.name = "log", .buffer_size = LOG_BUFFER_SIZE, .is_log = true},
    [FQ_FAMILY_HAVE] = {.name = "have", .buffer_size = OTHER_BUFFER_SIZE},
    [FQ_FAMILY_ARRIVAL] = {.name = "arrival",
                           .buffer_size = OTHER_BUFFER_SIZE,
                           .compression = rocksdb_lz4_compression},
    [FQ_FAMILY_VIEW] = {.name = "view", .buffer_size = VIEW_BUFFER_SIZE},
    [FQ_FAMILY_CELL] = {.name = "cell",
                        .buffer_size = VIEW_BUFFER_SIZE,
                        .compression = rocksdb_lz4_compression},
    [FQ_FAMILY_EVIDENCE] = {.name = "evidence", .buffer_size = OTHER_BUFFER_SIZE},
    [FQ_FAMILY_PEER] = {.name = "peer", .buffer_size = OTHER_BUFFER_SIZE},
    [FQ_FAMILY_AUDIT] = {.name = "audit", .buffer_size = OTHER_BUFFER_SIZE},
    [FQ_FAMILY_SEAL] = {.name = "seal", .buffer_size = OTHER_BUFFER_SIZE},
    [FQ_FAMILY_OWED] = {.name = "owed", .buffer_size = OTHER_BUFFER_SIZE},
    [FQ_FAMILY_CARRIED] = {.name = "carried", .buffer_size = OTHER_BUFFER_SIZE},
    [FQ_FAMILY_VAULT] = {.name = "vault", .buffer_size = OTHER_BUFFER_SIZE, .is_vault = true},
    [FQ_FAMILY_VAULT_KEY] = {.name = "vault_key",
                             .buffer_size = OTHER_BUFFER_SIZE,
                             .is_vault = true},
    [FQ_FAMILY_PARTY_HASH] = {.name = "party_hash",
                              .buffer_size = OTHER_BUFFER_SIZE,
                              .is_vault = true},
    [FQ_FAMILY_PAIR] = {.name = "pair", .buffer_size = OTHER_BUFFER_SIZE, .is_vault = true},
};

struct rocks_store {
    struct fq_store base;
    rocksdb_t *database;
    rocksdb_column_family_handle_t *handles[FQ_FAMILY_COUNT]; /* NULL: not in this database */
    rocksdb_readoptions_t *get_options, *scan_options;
    rocksdb_writeoptions_t *synced_options, *unsynced_options;
    rocksdb_writebatch_t *batch; /* kept, so that its buffer need not grow again */
    struct fq_store_recovery recovery;
};

struct rocks_cursor {
    struct fq_cursor base;
    rocksdb_iterator_t *iterator; /* NULL: the family is not in this database */
};

/* ---- Errors ---- */

/* Takes `message`. */
static fq_err fail_store(char *message, struct fq_why *out_why)
{
    fq_err err = fq_fail(out_why, FQ_REASON_STORE, "%s", message);
    rocksdb_free(message);
    return err;
}

/* RocksDB's status has no code in C; its words are those of env/fs_posix.cc, LockFile. */
static bool is_held_here(const char *message)
{
    return strstr(message, "lock hold by current process") != NULL;
}

static bool is_held(const char *message)
{
    return is_held_here(message) || strstr(message, "While lock file:") != NULL;
}

static bool is_corruption(const char *message)
{
    return strncmp(message, "Corruption:", strlen("Corruption:")) == 0;
}

/* Names the holder. Closing LOCK would drop the lock of this very process, so that it is opened
 * only when another one holds it (fcntl(2), F_SETLK). */
static fq_err fail_running(const char *path, bool is_here, struct fq_why *out_why)
{
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char name[FQ_STORE_PATH_SIZE + sizeof "/LOCK"];
    int file = -1;

    if (is_here) {
        holder.l_pid = getpid();
    } else {
        snprintf(name, sizeof name, "%s/LOCK", path);
        file = open(name, O_RDWR | O_CLOEXEC);
        if (file >= 0 && (fcntl(file, F_GETLK, &holder) != 0 || holder.l_type == F_UNLCK)) {
            holder.l_pid = 0; /* it has just gone */
        }
    }
    if (file >= 0) {
        close(file);
    }
    return fq_fail(out_why, FQ_REASON_RUNNING, "%s: process %ld", path, (long)holder.l_pid);
}

/* ---- Directories ---- */

/* A name is durable only with its directory. */
static bool sync_directory(const char *path)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = file >= 0 && fsync(file) == 0;

    if (file >= 0) {
        close(file);
    }
    return is_synced;
}

static fq_err make_directory(const char *path, struct fq_why *out_why)
{
    char above[FQ_STORE_PATH_SIZE + sizeof "/.."];

    if (mkdir(path, 0700) != 0) {
        return errno == EEXIST ? FQ_OK
                               : fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    snprintf(above, sizeof above, "%s/..", path);
    return sync_directory(above)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_FILE, "%s: %s", above, strerror(errno));
}

static bool ends_in(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);
    return size > end_size && strcmp(name + size - end_size, end) == 0;
}

/* Never changed after they are written, so that a second name is as good as a copy. */
static bool is_table_file(const char *name)
{
    return ends_in(name, ".sst") || ends_in(name, ".blob");
}

/* A file that only a database with contents has. */
static bool is_data_file(const char *name)
{
    return is_table_file(name) || ends_in(name, ".log");
}

static bool copy_bytes(int from, int to)
{
    ssize_t copied;

    do { /* ends with the file */
        copied = copy_file_range(from, NULL, to, NULL, 64 * MIB, 0);
    } while (copied > 0);
    return copied == 0 && fsync(to) == 0;
}

static bool copy_file(int from_directory, int to_directory, const char *name)
{
    if (is_table_file(name) && linkat(from_directory, name, to_directory, name, 0) == 0) {
        return true;
    }
    int from = openat(from_directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int to = openat(to_directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_copied = from >= 0 && to >= 0 && copy_bytes(from, to);
    int why = errno;

    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        close(to);
    }
    errno = why;
    return is_copied;
}

static fq_err copy_files(DIR *from, int to, const char *copy_path, struct fq_why *out_why)
{
    struct dirent *entry;

    while ((entry = readdir(from))) {
        const char *name = entry->d_name;
        struct stat stat;
        if (fstatat(dirfd(from), name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
            (!S_ISREG(stat.st_mode) || strcmp(name, "LOCK") == 0)) {
            continue;
        }
        if (!copy_file(dirfd(from), to, name)) {
            return fq_fail(out_why, FQ_REASON_STORE, "%s/%s: %s", copy_path, name, strerror(errno));
        }
    }
    return fsync(to) == 0 ? FQ_OK
                          : fq_fail(out_why, FQ_REASON_STORE, "%s: %s", copy_path, strerror(errno));
}

/* Half a copy would be taken for a whole one, and fill the disk at every new start. */
static void remove_copy(int copy, const char *copy_path)
{
    DIR *directory = fdopendir(copy);
    struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        unlinkat(dirfd(directory), entry->d_name, 0); /* fails for . and .. */
    }
    if (directory) {
        closedir(directory);
    }
    rmdir(copy_path);
}

/* Copy the directory's plain files into the new directory `copy_path` (S3). */
static fq_err copy_directory(const char *path, const char *copy_path, struct fq_why *out_why)
{
    DIR *from = opendir(path);
    int to = -1;

    if (from && mkdir(copy_path, 0700) == 0) {
        to = open(copy_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    fq_err err = to >= 0 ? copy_files(from, to, copy_path, out_why)
                         : fq_fail(out_why, FQ_REASON_STORE, "%s: %s", copy_path, strerror(errno));
    if (from) {
        closedir(from);
    }
    if (to >= 0 && err) {
        remove_copy(to, copy_path);
    } else if (to >= 0) {
        close(to);
    }
    return err;
}

/* ---- What is there ---- */

static bool has_current(const char *path)
{
    char name[FQ_STORE_PATH_SIZE + sizeof "/CURRENT"];
    snprintf(name, sizeof name, "%s/CURRENT", path);
    return access(name, F_OK) == 0;
}

/* Without CURRENT RocksDB would make a new database and delete the files of the old one. */
static fq_err check_empty(const char *path, struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    DIR *directory = opendir(path);
    struct dirent *entry;

    if (!directory) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    while (!err && (entry = readdir(directory))) {
        if (is_data_file(entry->d_name)) {
            err = fq_fail(out_why, FQ_REASON_STORE, "%s: CURRENT is missing, %s is there", path,
                          entry->d_name);
        }
    }
    closedir(directory);
    return err;
}

static size_t find_family(const char *name)
{
    size_t i = 0;
    while (i < FQ_FAMILY_COUNT && strcmp(family_rows[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* Which families the database has, none when there is none yet; and whether we may open it. */
static fq_err list_families(const struct fq_store_options *options,
                            bool out_present[FQ_FAMILY_COUNT], struct fq_why *out_why)
{
    if (!has_current(options->path)) {
        return options->is_read_only
                   ? fq_fail(out_why, FQ_REASON_FILE, "%s: no store is there", options->path)
                   : check_empty(options->path, out_why);
    }
    fq_err err = FQ_OK;
    char *message = NULL;
    size_t count = 0;
    rocksdb_options_t *plain = rocksdb_options_create();
    char **names = rocksdb_list_column_families(plain, options->path, &count, &message);

    rocksdb_options_destroy(plain);
    if (message) {
        err = fail_store(message, out_why);
    }
    for (size_t i = 0; i < count && !err; i++) {
        size_t family = find_family(names[i]);
        if (family == FQ_FAMILY_COUNT) {
            err = fq_fail(out_why, FQ_REASON_STORE_NEWER, "%s: family %s", options->path, names[i]);
        } else if (family_rows[family].is_vault && !options->has_vault) { /* S7 */
            err = fq_fail(out_why, FQ_REASON_VAULT_ABOVE, "%s: family %s", options->path, names[i]);
        } else {
            out_present[family] = true;
        }
    }
    rocksdb_list_column_families_destroy(names, count);
    return err;
}

/* ---- Opening the database ---- */

struct opening {
    const struct fq_store_options *options;
    bool is_present[FQ_FAMILY_COUNT]; /* the families of the database as it lies there */
    rocksdb_cache_t *cache;
    rocksdb_block_based_table_options_t *table;
};

struct attempt {
    bool is_read_only;
    int recovery_mode;
};

/* WAL compression, manual WAL flush, atomic flush and parallel flush stay off: their bugs were mended
 * after 7.8. track_and_verify_wals_in_manifest stays off too: without it, every read-only opening of
 * such a database dies of an assertion (DBImpl::Recover), that of the ldb tool among them. */
static rocksdb_options_t *database_options(const struct fq_store_options *options,
                                           const struct attempt *attempt)
{
    rocksdb_options_t *made = rocksdb_options_create();

    rocksdb_options_set_create_if_missing(made, !attempt->is_read_only);
    rocksdb_options_set_create_missing_column_families(made, !attempt->is_read_only);
    rocksdb_options_set_wal_recovery_mode(made, attempt->recovery_mode);
    rocksdb_options_set_paranoid_checks(made, 1);
    rocksdb_options_set_max_background_jobs(made, 2); /* one flush, one compaction */
    rocksdb_options_set_max_open_files(made, OPEN_FILES_MAX);
    rocksdb_options_set_max_total_wal_size(made, WAL_SIZE_MAX);
    size_t log_size = options->buffer_size ? options->buffer_size : LOG_BUFFER_SIZE;
    rocksdb_options_set_db_write_buffer_size(made, 2 * log_size);
    rocksdb_options_set_bytes_per_sync(made, MIB);
    rocksdb_options_set_keep_log_file_num(made, 2);
    rocksdb_options_set_max_log_file_size(made, MIB);
    rocksdb_options_set_info_log_level(made, LOG_WARN);
    rocksdb_options_set_stats_dump_period_sec(made, 0);
    rocksdb_options_set_stats_persist_period_sec(made, 0);
    return made;
}

static rocksdb_options_t *family_options(const struct opening *opening,
                                         const struct family_row *row)
{
    rocksdb_options_t *made = rocksdb_options_create();
    size_t asked = opening->options->buffer_size;

    rocksdb_options_set_write_buffer_size(made, row->is_log && asked ? asked : row->buffer_size);
    rocksdb_options_set_max_write_buffer_number(made, 2);
    rocksdb_options_set_compression(made, row->compression);
    rocksdb_options_set_block_based_table_factory(made, opening->table);
    if (row->is_log) {
        rocksdb_options_set_enable_blob_files(made, 1);
        rocksdb_options_set_min_blob_size(made, BLOB_SIZE_MIN);
        rocksdb_options_set_blob_compression_type(made, rocksdb_no_compression);
    }
    return made;
}

/* RocksDB's words when it refuses, for rocksdb_free; NULL when *out_database and `handles` are open. */
static char *try_open(const struct opening *opening, const struct attempt *attempt,
                      rocksdb_t **out_database, rocksdb_column_family_handle_t *handles[])
{
    const char *names[FQ_FAMILY_COUNT];
    const rocksdb_options_t *families[FQ_FAMILY_COUNT];
    rocksdb_options_t *owned[FQ_FAMILY_COUNT];
    rocksdb_column_family_handle_t *opened[FQ_FAMILY_COUNT] = {NULL};
    rocksdb_options_t *database = database_options(opening->options, attempt);
    bool is_wanted[FQ_FAMILY_COUNT];
    char *message = NULL;
    int count = 0;

    for (size_t i = 0; i < FQ_FAMILY_COUNT; i++) {
        is_wanted[i] = attempt->is_read_only
                           ? opening->is_present[i]
                           : opening->options->has_vault || !family_rows[i].is_vault;
        if (is_wanted[i]) {
            names[count] = family_rows[i].name;
            families[count] = owned[count] = family_options(opening, &family_rows[i]);
            count++;
        }
    }
    *out_database =
        attempt->is_read_only
            ? rocksdb_open_for_read_only_column_families(database, opening->options->path, count,
                                                         names, families, opened, 0, &message)
            : rocksdb_open_column_families(database, opening->options->path, count, names, families,
                                           opened, &message);
    for (size_t i = 0, at = 0; i < FQ_FAMILY_COUNT && !message; i++) {
        handles[i] = is_wanted[i] ? opened[at++] : NULL;
    }
    for (int i = 0; i < count; i++) {
        rocksdb_options_destroy(owned[i]);
    }
    rocksdb_options_destroy(database);
    return message;
}

static void close_database(rocksdb_t *database, rocksdb_column_family_handle_t *handles[])
{
    for (size_t i = 0; i < FQ_FAMILY_COUNT; i++) {
        if (handles[i]) {
            rocksdb_column_family_handle_destroy(handles[i]);
            handles[i] = NULL;
        }
    }
    rocksdb_close(database);
}

/* Before the tail is cut: see that cutting it helps, and copy the directory (S3). The trial is
 * read-only, so that a database that is beyond this stays as it is, and no copies heap up when a
 * supervisor starts us again and again. */
static fq_err prepare_cut(const struct opening *opening, struct fq_store_recovery *recovery,
                          struct fq_why *out_why)
{
    const struct attempt trial = {.is_read_only = true, .recovery_mode = RECOVERY_CUT};
    const char *path = opening->options->path;
    rocksdb_column_family_handle_t *handles[FQ_FAMILY_COUNT] = {NULL};
    rocksdb_t *database = NULL;
    char *message = try_open(opening, &trial, &database, handles);

    if (message) {
        return fail_store(message, out_why);
    }
    close_database(database, handles);
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/') {
        size--;
    }
    snprintf(recovery->copy_path, sizeof recovery->copy_path, "%.*s.refused-%llu", (int)size, path,
             (unsigned long long)opening->options->now_s);
    return copy_directory(path, recovery->copy_path, out_why);
}

static fq_err open_database(const struct opening *opening, struct rocks_store *store,
                            struct fq_why *out_why)
{
    const struct fq_store_options *options = opening->options;
    struct attempt attempt = {options->is_read_only, RECOVERY_STRICT};
    char *message = try_open(opening, &attempt, &store->database, store->handles);

    if (message && is_held(message)) { /* S6 */
        fq_err err = fail_running(options->path, is_held_here(message), out_why);
        rocksdb_free(message);
        return err;
    }
    if (message && is_corruption(message)) { /* S3 */
        snprintf(store->recovery.refusal, sizeof store->recovery.refusal, "%s", message);
        rocksdb_free(message);
        fq_err err =
            options->is_read_only ? FQ_OK : prepare_cut(opening, &store->recovery, out_why);
        if (err) {
            return err;
        }
        attempt.recovery_mode = RECOVERY_CUT;
        message = try_open(opening, &attempt, &store->database, store->handles);
        store->recovery.was_tail_cut = !message;
    }
    return message ? fail_store(message, out_why) : FQ_OK;
}

/* ---- Cursor ---- */

static void cursor_close(struct fq_cursor *base)
{
    struct rocks_cursor *cursor = (struct rocks_cursor *)base;
    if (cursor->iterator) {
        rocksdb_iter_destroy(cursor->iterator);
    }
    free(cursor);
}

static void cursor_seek(struct fq_cursor *base, struct fq_span key)
{
    struct rocks_cursor *cursor = (struct rocks_cursor *)base;
    if (cursor->iterator) {
        rocksdb_iter_seek(cursor->iterator, (const char *)key.data, key.size);
    }
}

static void cursor_seek_last(struct fq_cursor *base, struct fq_span key)
{
    struct rocks_cursor *cursor = (struct rocks_cursor *)base;
    if (cursor->iterator) {
        rocksdb_iter_seek_for_prev(cursor->iterator, (const char *)key.data, key.size);
    }
}

static void cursor_next(struct fq_cursor *base)
{
    rocksdb_iter_next(((struct rocks_cursor *)base)->iterator);
}

static void cursor_previous(struct fq_cursor *base)
{
    rocksdb_iter_prev(((struct rocks_cursor *)base)->iterator);
}

static bool cursor_is_valid(const struct fq_cursor *base)
{
    const struct rocks_cursor *cursor = (const struct rocks_cursor *)base;
    return cursor->iterator && rocksdb_iter_valid(cursor->iterator);
}

static struct fq_span cursor_key(const struct fq_cursor *base)
{
    const struct rocks_cursor *cursor = (const struct rocks_cursor *)base;
    size_t size;
    const char *data = rocksdb_iter_key(cursor->iterator, &size);
    return fq_span_of(data, size);
}

static struct fq_span cursor_value(const struct fq_cursor *base)
{
    const struct rocks_cursor *cursor = (const struct rocks_cursor *)base;
    size_t size;
    const char *data = rocksdb_iter_value(cursor->iterator, &size);
    return fq_span_of(data, size);
}

static fq_err cursor_error(const struct fq_cursor *base, struct fq_why *out_why)
{
    const struct rocks_cursor *cursor = (const struct rocks_cursor *)base;
    char *message = NULL;

    if (cursor->iterator) {
        rocksdb_iter_get_error(cursor->iterator, &message);
    }
    return message ? fail_store(message, out_why) : FQ_OK;
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

static void rocks_close(struct fq_store *base)
{
    struct rocks_store *store = (struct rocks_store *)base;

    if (store->database) {
        close_database(store->database, store->handles);
    }
    rocksdb_readoptions_destroy(store->get_options);
    rocksdb_readoptions_destroy(store->scan_options);
    rocksdb_writeoptions_destroy(store->synced_options);
    rocksdb_writeoptions_destroy(store->unsynced_options);
    rocksdb_writebatch_destroy(store->batch);
    free(store);
}

static void rocks_recovery(const struct fq_store *base, struct fq_store_recovery *out_recovery)
{
    *out_recovery = ((const struct rocks_store *)base)->recovery;
}

/* Forget the batch's contents; give its buffer back when it has grown large. */
static void clear_batch(struct rocks_store *store)
{
    size_t size;
    (void)rocksdb_writebatch_data(store->batch, &size);
    if (size <= BATCH_KEPT_MAX) {
        rocksdb_writebatch_clear(store->batch);
    } else {
        rocksdb_writebatch_destroy(store->batch);
        store->batch = rocksdb_writebatch_create();
    }
}

static fq_err rocks_commit(struct fq_store *base, const struct fq_write *writes, size_t count,
                           bool is_synced, struct fq_why *out_why)
{
    struct rocks_store *store = (struct rocks_store *)base;
    char *message = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct fq_write *write = &writes[i];
        rocksdb_column_family_handle_t *handle = store->handles[write->family];
        const char *key = (const char *)write->key.data;
        FQ_ASSERT(handle);
        if (write->is_delete) {
            rocksdb_writebatch_delete_cf(store->batch, handle, key, write->key.size);
        } else {
            rocksdb_writebatch_put_cf(store->batch, handle, key, write->key.size,
                                      (const char *)write->value.data, write->value.size);
        }
    }
    rocksdb_write(store->database, is_synced ? store->synced_options : store->unsynced_options,
                  store->batch, &message); /* S1, S2 */
    clear_batch(store);
    return message ? fail_store(message, out_why) : FQ_OK;
}

static fq_err rocks_get(struct fq_store *base, enum fq_family family, struct fq_span key,
                        struct fq_arena *arena, struct fq_span *out_value, bool *out_found,
                        struct fq_why *out_why)
{
    struct rocks_store *store = (struct rocks_store *)base;
    char *message = NULL;
    rocksdb_pinnableslice_t *pinned =
        store->handles[family]
            ? rocksdb_get_pinned_cf(store->database, store->get_options, store->handles[family],
                                    (const char *)key.data, key.size, &message)
            : NULL;

    if (message) {
        return fail_store(message, out_why);
    }
    if (!pinned) {
        *out_found = false;
        return FQ_OK;
    }
    size_t size;
    const char *data = rocksdb_pinnableslice_value(pinned, &size);
    struct fq_span copy = fq_arena_copy(arena, fq_span_of(data, size));
    rocksdb_pinnableslice_destroy(pinned);
    if (!copy.data) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena: a value of %zu bytes", size);
    }
    *out_value = copy;
    *out_found = true;
    return FQ_OK;
}

static uint64_t rocks_background_errors(struct fq_store *base)
{
    uint64_t count = 0;
    int status = rocksdb_property_int(((struct rocks_store *)base)->database,
                                      "rocksdb.background-errors", &count);
    FQ_ASSERT(status == 0);
    return count;
}

static fq_err rocks_cursor_open(struct fq_store *base, enum fq_family family,
                                struct fq_cursor **out_cursor, struct fq_why *out_why)
{
    struct rocks_store *store = (struct rocks_store *)base;
    struct rocks_cursor *cursor = calloc(1, sizeof *cursor);

    if (!cursor) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    cursor->base.methods = &cursor_methods;
    if (store->handles[family]) {
        cursor->iterator = rocksdb_create_iterator_cf(store->database, store->scan_options,
                                                      store->handles[family]); /* S5 */
    }
    *out_cursor = &cursor->base;
    return FQ_OK;
}

static const struct fq_store_methods store_methods = {
    .close = rocks_close,
    .recovery = rocks_recovery,
    .commit = rocks_commit,
    .get = rocks_get,
    .background_errors = rocks_background_errors,
    .cursor_open = rocks_cursor_open,
};

static struct rocks_store *create_store(const struct fq_store_options *options)
{
    struct rocks_store *store = calloc(1, sizeof *store);

    if (!store) {
        return NULL;
    }
    store->base.methods = &store_methods;
    store->base.has_vault = options->has_vault;
    store->base.is_read_only = options->is_read_only;
    store->get_options = rocksdb_readoptions_create();
    store->scan_options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(store->scan_options, 0);
    store->synced_options = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(store->synced_options, 1); /* S2 */
    store->unsynced_options = rocksdb_writeoptions_create();
    store->batch = rocksdb_writebatch_create();
    return store;
}

static fq_err check_format(struct rocks_store *store, const struct fq_store_options *options,
                           struct fq_why *out_why)
{
    uint8_t memory[64];
    uint8_t number[FORMAT_SIZE];
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_span value;
    bool is_found;
    fq_err err = fq_store_get(&store->base, FQ_FAMILY_DEFAULT, fq_span_text(FORMAT_KEY), &arena,
                              &value, &is_found, out_why);

    if (err) {
        return err;
    }
    if (!is_found) {
        fq_put_be32(number, options->format);
        const struct fq_write write = {.family = FQ_FAMILY_DEFAULT,
                                       .key = fq_span_text(FORMAT_KEY),
                                       .value = fq_span_of(number, sizeof number)};
        return options->is_read_only ? FQ_OK
                                     : fq_store_commit(&store->base, &write, 1, true, out_why);
    }
    if (value.size != FORMAT_SIZE) {
        return fq_fail(out_why, FQ_REASON_STORE, "%s: %s has %zu bytes", options->path, FORMAT_KEY,
                       value.size);
    }
    uint32_t format = fq_get_be32(value.data);
    return format <= options->format
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_STORE_NEWER, "%s: format %u, this program knows %u",
                         options->path, format, options->format);
}

fq_err fq_store_open(const struct fq_store_options *options, struct fq_store **out_store,
                     struct fq_why *out_why)
{
    FQ_ASSERT(options);
    FQ_ASSERT(options->path);
    FQ_ASSERT(out_store);

    fq_err err = FQ_OK;
    struct opening opening = {.options = options};
    struct rocks_store *store = NULL;

    if (strlen(options->path) > FQ_STORE_PATH_SIZE - PATH_ROOM) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: the path is too long", options->path);
    }
    store = create_store(options);
    if (!store) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    opening.cache = rocksdb_cache_create_lru(CACHE_SIZE);
    opening.table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(opening.table, opening.cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(opening.table, 1);
    rocksdb_block_based_options_set_checksum(opening.table, CHECKSUM_XXH3);
    rocksdb_block_based_options_set_format_version(opening.table, 5);

    err = options->is_read_only ? FQ_OK : make_directory(options->path, out_why);
    err = err ? err : list_families(options, opening.is_present, out_why);
    err = err ? err : open_database(&opening, store, out_why);
    err = err ? err : check_format(store, options, out_why);
    rocksdb_block_based_options_destroy(opening.table);
    rocksdb_cache_destroy(opening.cache);
    if (err) {
        fq_store_close(&store->base);
        return err;
    }
    *out_store = &store->base;
    return FQ_OK;
}
