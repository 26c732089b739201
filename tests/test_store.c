/* The store: what both implementations promise, and what the one on disk survives.
 *
 * Other processes are this program started anew with a role (see `main`): RocksDB's threads do not
 * live on in a forked child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fq/edge/store.h"
#include "fq/edge/told.h"

#define FORMAT 3u
#define NOW_S 1700000000u
#define PATH_SIZE 512
#define COMMITS 100u   /* of the role "crash", all of one size */
#define HALF 49u       /* of them before the middle: "format" comes first */
#define VALUE_SIZE 200 /* of a commit's log entry */

/* The system's call, watched: the linker takes this one, for RocksDB too. */
static _Atomic unsigned sync_count;

int fdatasync(int file)
{
    sync_count++;
    return fsync(file);
}

/* ---- helpers ---- */

static char place[PATH_SIZE - 64]; /* of this test */

static int make_place(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/fq-store.XXXXXX", base && *base ? base : "/tmp");
    return mkdtemp(place) ? 0 : -1;
}

static void in_place(const char *name, char out_path[PATH_SIZE])
{
    snprintf(out_path, PATH_SIZE, "%s/%s", place, name);
}

static void remove_files(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        unlinkat(dirfd(directory), entry->d_name, 0);
    }
    if (directory) {
        closedir(directory);
    }
    rmdir(path);
}

/* Two levels deep, as stores and their copies are. */
static int remove_place(void **state)
{
    (void)state;
    DIR *directory = opendir(place);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        if (entry->d_name[0] != '.') {
            char path[PATH_SIZE + 256];
            snprintf(path, sizeof path, "%s/%s", place, entry->d_name);
            remove_files(path);
        }
    }
    if (directory) {
        closedir(directory);
    }
    remove_files(place);
    return 0;
}

static struct fq_store_options options_for(const char *path)
{
    return (struct fq_store_options){
        .path = path, .has_vault = true, .format = FORMAT, .now_s = NOW_S};
}

static struct fq_store *open_with(const struct fq_store_options *options)
{
    struct fq_store *store = NULL;
    struct fq_why why = {0};
    if (fq_store_open(options, &store, &why)) {
        fail_msg("open: %s", why.detail);
    }
    return store;
}

static struct fq_store *open_at(const char *path)
{
    struct fq_store_options options = options_for(path);
    return open_with(&options);
}

static void expect_refused(const struct fq_store_options *options, enum fq_reason reason,
                           struct fq_why *out_why)
{
    struct fq_store *store = NULL;
    assert_int_not_equal(fq_store_open(options, &store, out_why), FQ_OK);
    assert_int_equal(out_why->reason, reason);
    assert_null(store);
}

static bool was_cut(const struct fq_store *store)
{
    struct fq_store_recovery recovery;
    fq_store_recovery(store, &recovery);
    return recovery.was_tail_cut;
}

static struct fq_write put(enum fq_family family, const char *key, const char *value)
{
    return (struct fq_write){
        .family = family, .key = fq_span_text(key), .value = fq_span_text(value)};
}

static void commit(struct fq_store *store, const struct fq_write *writes, size_t count)
{
    struct fq_why why = {0};
    if (fq_store_commit(store, writes, count, true, &why)) {
        fail_msg("commit: %s", why.detail);
    }
}

static void commit_one(struct fq_store *store, enum fq_family family, const char *key,
                       const char *value)
{
    struct fq_write write = put(family, key, value);
    commit(store, &write, 1);
}

/* "-" when there is no such key. */
static void expect_stored(struct fq_store *store, enum fq_family family, const char *key,
                          const char *value)
{
    uint8_t memory[512];
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_span found = fq_span_text("-");
    bool is_found = true;
    assert_int_equal(
        fq_store_get(store, family, fq_span_text(key), &arena, &found, &is_found, NULL), FQ_OK);
    assert_int_equal(is_found, strcmp(value, "-") != 0);
    assert_int_equal(found.size, strlen(value));
    assert_memory_equal(found.data, value, found.size);
}

static struct fq_cursor *cursor_over(struct fq_store *store, enum fq_family family)
{
    struct fq_cursor *cursor = NULL;
    assert_int_equal(fq_cursor_open(store, family, &cursor, NULL), FQ_OK);
    return cursor;
}

/* "-" when the cursor is at no entry. */
static void expect_at(const struct fq_cursor *cursor, const char *key)
{
    assert_int_equal(fq_cursor_error(cursor, NULL), FQ_OK);
    assert_int_equal(fq_cursor_is_valid(cursor), strcmp(key, "-") != 0);
    if (fq_cursor_is_valid(cursor)) {
        assert_true(fq_span_equal(fq_cursor_key(cursor), fq_span_text(key)));
    }
}

static void on_both(void (*body)(struct fq_store *store))
{
    char path[PATH_SIZE];
    struct fq_store *store = NULL;

    assert_int_equal(fq_store_open_memory(&store, NULL), FQ_OK);
    body(store);
    fq_store_close(store);
    in_place("both", path);
    store = open_at(path);
    body(store);
    fq_store_close(store);
}

/* ---- files of a store ---- */

/* The newest write-ahead log: the names are numbers with leading zeros. */
static void find_wal(const char *path, char out_name[PATH_SIZE])
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    char newest[256] = "";
    assert_non_null(directory);
    while ((entry = readdir(directory))) {
        size_t size = strlen(entry->d_name);
        if (size > 4 && strcmp(entry->d_name + size - 4, ".log") == 0 &&
            strcmp(entry->d_name, newest) > 0) {
            snprintf(newest, sizeof newest, "%s", entry->d_name);
        }
    }
    closedir(directory);
    assert_true(newest[0]);
    snprintf(out_name, PATH_SIZE, "%.200s/%.40s", path, newest);
}

static off_t size_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void write_at(const char *path, off_t at, const void *bytes, size_t size)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, bytes, size, at), (ssize_t)size);
    close(file);
}

static void flip_byte(const char *path, off_t at)
{
    uint8_t byte;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    close(file);
    byte ^= 0x10;
    write_at(path, at, &byte, 1);
}

/* A number that changes when a name or a size in the directory does. */
static uint64_t listing_of(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    uint64_t sum = 0;
    assert_non_null(directory);
    while ((entry = readdir(directory))) {
        char line[PATH_SIZE];
        struct stat status;
        assert_int_equal(fstatat(dirfd(directory), entry->d_name, &status, 0), 0);
        snprintf(line, sizeof line, "%s %lld", entry->d_name, (long long)status.st_size);
        for (const char *at = line; *at; at++) {
            sum += (uint64_t)*at * (uint64_t)(at - line + 1) * 2654435761u;
        }
    }
    closedir(directory);
    return sum;
}

/* ---- other processes ---- */

struct process {
    pid_t id;
    int input, output; /* its standard input, to write; its standard output, to read */
};

static struct process start(const char *role, const char *path)
{
    int input[2], output[2];
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    char *arguments[] = {strdup("test_store"), strdup(role), strdup(path), NULL};
    pid_t id = fork();
    assert_true(id >= 0);
    if (id == 0) {
        dup2(input[0], STDIN_FILENO);
        dup2(output[1], STDOUT_FILENO);
        execv("/proc/self/exe", arguments);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    for (size_t i = 0; i < 3; i++) {
        free(arguments[i]);
    }
    return (struct process){id, input[1], output[0]};
}

/* Its exit code, once its input has ended. */
static int finish(struct process process)
{
    int status;
    close(process.input);
    assert_int_equal(waitpid(process.id, &status, 0), process.id);
    close(process.output);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void run(const char *role, const char *path)
{
    assert_int_equal(finish(start(role, path)), 0);
}

/* What a turn commits: a batch, its arrival and the log's new end. */
static void commit_turn(struct fq_store *store, uint32_t turn, size_t size)
{
    uint8_t key[4];
    uint8_t *value = calloc(1, size);
    assert_non_null(value);
    memset(value, (int)turn, size);
    fq_put_be32(key, turn);
    const struct fq_write writes[] = {
        {.family = FQ_FAMILY_LOG, .key = fq_span_of(key, 4), .value = fq_span_of(value, size)},
        {.family = FQ_FAMILY_ARRIVAL, .key = fq_span_of(key, 4), .value = fq_span_text("10:05")},
        {.family = FQ_FAMILY_HAVE, .key = fq_span_text("41010501"), .value = fq_span_of(key, 4)},
    };
    commit(store, writes, sizeof writes / sizeof writes[0]);
    free(value);
}

/* How many turns are there, all of them whole and without a gap. */
static uint32_t count_turns(struct fq_store *store)
{
    const enum fq_family families[] = {FQ_FAMILY_LOG, FQ_FAMILY_ARRIVAL};
    uint8_t memory[64];
    uint32_t counts[2] = {0};
    for (size_t i = 0; i < 2; i++) {
        struct fq_cursor *cursor = cursor_over(store, families[i]);
        for (fq_cursor_seek(cursor, (struct fq_span){0}); fq_cursor_is_valid(cursor);
             fq_cursor_next(cursor)) {
            assert_int_equal(fq_get_be32(fq_cursor_key(cursor).data), counts[i]);
            counts[i]++;
        }
        assert_int_equal(fq_cursor_error(cursor, NULL), FQ_OK);
        fq_cursor_close(cursor);
    }
    assert_int_equal(counts[0], counts[1]);

    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_span have;
    bool is_found;
    assert_int_equal(fq_store_get(store, FQ_FAMILY_HAVE, fq_span_text("41010501"), &arena, &have,
                                  &is_found, NULL),
                     FQ_OK);
    assert_int_equal(is_found, counts[0] > 0);
    assert_true(!is_found || fq_get_be32(have.data) == counts[0] - 1);
    return counts[0];
}

/* Hold the store until the input ends. */
static int play_hold(struct fq_store *store)
{
    char byte;
    if (write(STDOUT_FILENO, "!", 1) != 1) {
        return 2;
    }
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    fq_store_close(store);
    return 0;
}

static int play_crash(struct fq_store *store)
{
    for (uint32_t i = 0; i < COMMITS; i++) {
        commit_turn(store, i, VALUE_SIZE);
    }
    return 0; /* and not closed */
}

/* No file may grow past 64 KiB for a while; then it may again. */
static int play_full_disk(struct fq_store *store)
{
    struct rlimit limit;
    struct fq_why why = {0};
    static uint8_t value[128 * 1024];
    const struct fq_write write = {.family = FQ_FAMILY_LOG,
                                   .key = fq_span_text("wall"),
                                   .value = fq_span_of(value, sizeof value)};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 64 * 1024;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (fq_store_commit(store, &write, 1, true, &why) != FQ_ERR_FAILED ||
        why.reason != FQ_REASON_STORE) {
        return 3;
    }
    limit.rlim_cur = before;
    setrlimit(RLIMIT_FSIZE, &limit);
    return fq_store_commit(store, &write, 1, true, &why) == FQ_ERR_FAILED ? 0 : 4; /* S4 */
}

#define HELD 10 /* exit code of a process that was refused the directory */

static int play(const char *role, const char *path)
{
    const struct fq_store_options options = options_for(path);
    struct fq_store *store = NULL;
    struct fq_why why = {0};

    static const struct {
        const char *role;
        int (*play)(struct fq_store *store);
    } roles[] = {
        {"hold", play_hold},
        {"crash", play_crash},
        {"full-disk", play_full_disk},
    };
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(role, roles[i].role) == 0) {
            return fq_store_open(&options, &store, &why) == FQ_OK ? roles[i].play(store)
                   : why.reason == FQ_REASON_RUNNING              ? HELD
                                                                  : 1;
        }
    }
    return 126;
}

/* ---- what both promise ---- */

static void s1_body(struct fq_store *store)
{
    const struct fq_write first[] = {
        put(FQ_FAMILY_LOG, "41010501", "boundary wall"),
        put(FQ_FAMILY_HAVE, "41010501", "1"),
        put(FQ_FAMILY_HAVE, "41010501", "2"),
        put(FQ_FAMILY_VAULT, "name", ""),
    };
    const struct fq_write second[] = {
        {.family = FQ_FAMILY_LOG, .key = fq_span_text("41010501"), .is_delete = true},
        {.family = FQ_FAMILY_PEER, .key = fq_span_text("nobody"), .is_delete = true},
        put(FQ_FAMILY_SEAL, "2015-06", "sealed"),
    };

    commit(store, first, sizeof first / sizeof first[0]);
    expect_stored(store, FQ_FAMILY_LOG, "41010501", "boundary wall");
    expect_stored(store, FQ_FAMILY_HAVE, "41010501", "2");
    expect_stored(store, FQ_FAMILY_VAULT, "name", "");
    commit(store, second, sizeof second / sizeof second[0]);
    commit(store, NULL, 0);

    expect_stored(store, FQ_FAMILY_LOG, "41010501", "-");
    expect_stored(store, FQ_FAMILY_HAVE, "41010501", "2");
    expect_stored(store, FQ_FAMILY_SEAL, "2015-06", "sealed");
    expect_stored(store, FQ_FAMILY_ARRIVAL, "2015-06", "-");
    assert_int_equal(fq_store_background_errors(store), 0);
    assert_false(was_cut(store));
}

static void test_s1_a_commit_is_stored_in_its_order(void **state)
{
    (void)state;
    on_both(s1_body);
}

static void full_arena_body(struct fq_store *store)
{
    uint8_t memory[32];
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_span value = fq_span_text("as it was");
    bool is_found = false;
    struct fq_why why = {0};

    commit_one(store, FQ_FAMILY_PEER, "41010001",
               "a certificate of more than two and thirty bytes");
    assert_int_equal(fq_store_get(store, FQ_FAMILY_PEER, fq_span_text("41010001"), &arena, &value,
                                  &is_found, &why),
                     FQ_ERR_LIMIT);

    assert_true(fq_span_equal(value, fq_span_text("as it was")));
    assert_false(is_found);
}

static void test_a_full_arena_is_a_limit(void **state)
{
    (void)state;
    on_both(full_arena_body);
}

static void cursor_body(struct fq_store *store)
{
    const struct fq_write writes[] = {
        put(FQ_FAMILY_CELL, "water", "3"),
        put(FQ_FAMILY_CELL, "debt", "1"),
        put(FQ_FAMILY_CELL, "debtor", "2"),
        put(FQ_FAMILY_CELL, "\xe5\xa2\x99", "4"), /* above all ASCII: bytes are unsigned */
        put(FQ_FAMILY_CELL, "lost", "0"),
        {.family = FQ_FAMILY_CELL, .key = fq_span_text("lost"), .is_delete = true},
        put(FQ_FAMILY_AUDIT, "noise", "0"),
    };
    const char *order[] = {"debt", "debtor", "water", "\xe5\xa2\x99"};

    struct fq_cursor *cursor = cursor_over(store, FQ_FAMILY_CELL);
    expect_at(cursor, "-");
    fq_cursor_seek(cursor, (struct fq_span){0});
    expect_at(cursor, "-");
    fq_cursor_seek_last(cursor, fq_span_text("water"));
    expect_at(cursor, "-");
    fq_cursor_close(cursor);

    commit(store, writes, sizeof writes / sizeof writes[0]);
    cursor = cursor_over(store, FQ_FAMILY_CELL);
    expect_at(cursor, "-");
    fq_cursor_seek(cursor, (struct fq_span){0});
    for (size_t i = 0; i < 4; i++) {
        expect_at(cursor, order[i]);
        fq_cursor_next(cursor);
    }
    expect_at(cursor, "-");
    fq_cursor_seek_last(cursor, fq_span_text("\xff"));
    for (size_t i = 4; i-- > 0;) {
        expect_at(cursor, order[i]);
        fq_cursor_previous(cursor);
    }
    expect_at(cursor, "-");

    fq_cursor_seek(cursor, fq_span_text("debtor"));
    expect_at(cursor, "debtor");
    assert_true(fq_span_equal(fq_cursor_value(cursor), fq_span_text("2")));
    fq_cursor_previous(cursor);
    expect_at(cursor, "debt");
    fq_cursor_seek(cursor, fq_span_text("debts"));
    expect_at(cursor, "water");
    fq_cursor_seek(cursor, fq_span_text("\xff"));
    expect_at(cursor, "-");
    fq_cursor_seek_last(cursor, fq_span_text("debtor"));
    expect_at(cursor, "debtor");
    fq_cursor_seek_last(cursor, fq_span_text("debts"));
    expect_at(cursor, "debtor");
    fq_cursor_seek_last(cursor, fq_span_text("deb"));
    expect_at(cursor, "-");
    fq_cursor_seek_last(cursor, (struct fq_span){0});
    expect_at(cursor, "-");
    fq_cursor_close(cursor);
}

static void test_a_cursor_goes_in_the_order_of_keys(void **state)
{
    (void)state;
    on_both(cursor_body);
    fq_cursor_close(NULL);
    fq_store_close(NULL);
}

static void snapshot_body(struct fq_store *store)
{
    commit_one(store, FQ_FAMILY_VIEW, "a", "registered");
    commit_one(store, FQ_FAMILY_VIEW, "c", "agreed");

    struct fq_cursor *cursor = cursor_over(store, FQ_FAMILY_VIEW);
    fq_cursor_seek(cursor, (struct fq_span){0});
    const struct fq_write writes[] = {
        put(FQ_FAMILY_VIEW, "a", "withdrawn"),
        put(FQ_FAMILY_VIEW, "b", "registered"),
        {.family = FQ_FAMILY_VIEW, .key = fq_span_text("c"), .is_delete = true},
    };
    for (size_t i = 0; i < 3; i++) {
        commit(store, &writes[i], 1);
    }

    expect_at(cursor, "a");
    assert_true(fq_span_equal(fq_cursor_value(cursor), fq_span_text("registered")));
    fq_cursor_next(cursor);
    expect_at(cursor, "c");
    fq_cursor_next(cursor);
    expect_at(cursor, "-");
    fq_cursor_close(cursor);
    expect_stored(store, FQ_FAMILY_VIEW, "a", "withdrawn");
    expect_stored(store, FQ_FAMILY_VIEW, "c", "-");
}

static void test_s5_a_cursor_sees_the_store_as_it_was(void **state)
{
    (void)state;
    on_both(snapshot_body);
}

/* The two against each other on some thousand writes. */
static void test_both_agree(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct fq_store *stores[2] = {NULL};
    uint32_t random = 2015;
    in_place("agree", path);
    assert_int_equal(fq_store_open_memory(&stores[0], NULL), FQ_OK);
    stores[1] = open_at(path);

    for (size_t turn = 0; turn < 400; turn++) {
        struct fq_write writes[10];
        uint8_t keys[10][2];
        for (size_t i = 0; i < 10; i++) {
            random = random * 1664525u + 1013904223u;
            fq_put_be16(keys[i], (uint16_t)(random >> 22));
            writes[i] = (struct fq_write){.family = FQ_FAMILY_CELL,
                                          .key = fq_span_of(keys[i], 2),
                                          .value = fq_span_of(&keys[i], (random >> 10) % 3),
                                          .is_delete = (random >> 13) % 3 == 0};
        }
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(fq_store_commit(stores[i], writes, 10, false, NULL), FQ_OK);
        }
    }

    struct fq_cursor *cursors[2];
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        cursors[i] = cursor_over(stores[i], FQ_FAMILY_CELL);
        fq_cursor_seek(cursors[i], (struct fq_span){0});
    }
    for (; fq_cursor_is_valid(cursors[0]); count++) {
        assert_true(fq_cursor_is_valid(cursors[1]));
        assert_true(fq_span_equal(fq_cursor_key(cursors[0]), fq_cursor_key(cursors[1])));
        assert_true(fq_span_equal(fq_cursor_value(cursors[0]), fq_cursor_value(cursors[1])));
        fq_cursor_next(cursors[0]);
        fq_cursor_next(cursors[1]);
    }
    assert_false(fq_cursor_is_valid(cursors[1]));
    assert_true(count > 300);
    for (size_t i = 0; i < 2; i++) {
        fq_cursor_close(cursors[i]);
        fq_store_close(stores[i]);
    }
}

/* ---- the store on disk ---- */

static void test_what_was_stored_is_there_after_reopening(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    in_place("data", path);
    struct fq_store *store = open_at(path);
    for (uint32_t i = 0; i < 40; i++) {
        commit_turn(store, i, 256 * 1024); /* through files of blobs: more than the buffer */
    }
    struct fq_write unsynced = put(FQ_FAMILY_CELL, "wall", "7");
    assert_int_equal(fq_store_commit(store, &unsynced, 1, false, NULL), FQ_OK);
    fq_store_close(store);

    store = open_at(path);

    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(count_turns(store), 40);
    expect_stored(store, FQ_FAMILY_CELL, "wall", "7");
    struct fq_cursor *cursor = cursor_over(store, FQ_FAMILY_LOG);
    fq_cursor_seek_last(cursor, fq_span_text("\xff"));
    assert_int_equal(fq_cursor_value(cursor).size, 256 * 1024);
    assert_int_equal(fq_cursor_value(cursor).data[256 * 1024 - 1], 39);
    fq_cursor_close(cursor);
    fq_store_close(store);
}

static void test_s2_synced_commits_outlive_a_crash(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    in_place("data", path);
    run("crash", path);

    struct fq_store *store = open_at(path);

    assert_int_equal(count_turns(store), COMMITS);
    assert_false(was_cut(store));
    fq_store_close(store);
}

/* A killed process loses nothing that it handed to the system; only a power cut would tell. */
static void test_s2_a_synced_commit_waits_for_the_disk(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct fq_write write = put(FQ_FAMILY_LOG, "wall", "brick");
    struct fq_why why = {0};
    in_place("data", path);
    struct fq_store *store = open_at(path);

    unsigned before = sync_count;
    assert_int_equal(fq_store_commit(store, &write, 1, false, &why), FQ_OK);
    assert_int_equal(sync_count, before);
    assert_int_equal(fq_store_commit(store, &write, 1, true, &why), FQ_OK);
    assert_true(sync_count > before);
    fq_store_close(store);
}

/* The last commit, at every length at which a crash may cut it: gone as a whole, without words. */
static void test_s1_a_commit_cut_short_is_gone_as_a_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        char path[PATH_SIZE], name[16], wal[PATH_SIZE];
        snprintf(name, sizeof name, "data%u", i);
        in_place(name, path);
        run("crash", path);
        find_wal(path, wal);
        assert_int_equal(truncate(wal, size_of(wal) - 1 - (off_t)i * 35), 0);

        struct fq_store *store = open_at(path);

        assert_int_equal(count_turns(store), COMMITS - 1);
        assert_false(was_cut(store));
        fq_store_close(store);
    }
}

static void test_s3_zeros_after_a_whole_tail_lose_nothing(void **state)
{
    (void)state;
    static const uint8_t zeros[4096];
    char path[PATH_SIZE], wal[PATH_SIZE];
    in_place("data", path);
    run("crash", path);
    find_wal(path, wal);
    write_at(wal, size_of(wal), zeros, sizeof zeros);

    struct fq_store *store = open_at(path);

    assert_int_equal(count_turns(store), COMMITS);
    assert_false(was_cut(store));
    fq_store_close(store);
}

/* Opening is loud, leaves `turns` turns and a copy as it was; afterwards all is well again. */
static void expect_loud(const char *path, const char *damaged, uint32_t turns)
{
    struct fq_store_recovery recovery;
    char copy[PATH_SIZE], copied[PATH_SIZE];
    off_t size = damaged ? size_of(damaged) : 0;
    snprintf(copy, sizeof copy, "%.400s.refused-%u", path, NOW_S);

    struct fq_store *store = open_at(path);
    fq_store_recovery(store, &recovery);
    assert_true(recovery.was_tail_cut);
    assert_string_equal(recovery.copy_path, copy);
    assert_non_null(strstr(recovery.refusal, "Corruption"));
    assert_int_equal(count_turns(store), turns);
    if (damaged) {
        snprintf(copied, sizeof copied, "%.200s%.200s", copy, strrchr(damaged, '/'));
        assert_int_equal(size_of(copied), size);
    }
    commit_turn(store, turns, VALUE_SIZE);
    fq_store_close(store);

    store = open_at(path);
    assert_false(was_cut(store));
    assert_int_equal(count_turns(store), turns + 1);
    fq_store_close(store);

    store = open_at(copy); /* which can be opened in its turn, beside the first */
    assert_true(was_cut(store));
    assert_int_equal(count_turns(store), turns);
    fq_store_close(store);
}

static void test_s3_a_tail_of_zeros_is_loud(void **state)
{
    (void)state;
    static const uint8_t zeros[4096];
    char path[PATH_SIZE], wal[PATH_SIZE];
    in_place("data", path);
    run("crash", path);
    find_wal(path, wal);
    write_at(wal, size_of(wal) - 100, zeros, sizeof zeros);

    expect_loud(path, wal, COMMITS - 1);
}

static void test_s3_a_flipped_bit_is_loud(void **state)
{
    (void)state;
    char path[PATH_SIZE], wal[PATH_SIZE];
    in_place("data", path);
    run("crash", path);
    find_wal(path, wal);
    flip_byte(wal, size_of(wal) / 2);

    expect_loud(path, wal, HALF);
}

static void test_s3_beyond_cutting_nothing_is_touched(void **state)
{
    (void)state;
    char path[PATH_SIZE], copy[PATH_SIZE], current[PATH_SIZE];
    struct fq_store_options options = options_for(path);
    struct fq_why why = {0};
    in_place("data", path);
    run("crash", path);
    snprintf(current, sizeof current, "%.400s/CURRENT", path);
    snprintf(copy, sizeof copy, "%.400s.refused-%u", path, NOW_S);

    write_at(current, 0, "MANIFEST-999999", 15);
    expect_refused(&options, FQ_REASON_STORE, &why);
    assert_int_not_equal(access(copy, F_OK), 0);

    assert_int_equal(unlink(current), 0);
    uint64_t listing = listing_of(path);
    expect_refused(&options, FQ_REASON_STORE, &why); /* or RocksDB would delete what is there */
    assert_true(listing_of(path) == listing);
}

static void test_s4_after_a_failed_commit_every_later_one_fails(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    in_place("data", path);
    run("full-disk", path);

    struct fq_store *store = open_at(path);

    expect_stored(store, FQ_FAMILY_LOG, "wall", "-");
    fq_store_close(store);
}

static unsigned failing_calls;

static fq_err fail_once(struct fq_store *store, const struct fq_write *writes, size_t count,
                        bool is_synced, struct fq_why *out_why)
{
    (void)store;
    (void)writes;
    (void)count;
    (void)is_synced;
    return failing_calls++ ? FQ_OK : fq_fail(out_why, FQ_REASON_STORE, "no space");
}

/* Also for a database that would go on. */
static void test_s4_holds_whatever_the_database_says(void **state)
{
    (void)state;
    const struct fq_store_methods methods = {.commit = fail_once};
    struct fq_store store = {.methods = &methods};
    struct fq_write write = put(FQ_FAMILY_LOG, "wall", "boundary wall");
    struct fq_why why = {0};

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fq_store_commit(&store, &write, 1, true, &why), FQ_ERR_FAILED);
        assert_int_equal(why.reason, FQ_REASON_STORE);
    }

    assert_int_equal(failing_calls, 1);
}

static void test_s6_a_second_process_is_told_who_holds_it(void **state)
{
    (void)state;
    char path[PATH_SIZE], holder[32], byte;
    struct fq_store_options options = options_for(path);
    struct fq_why why = {0};
    in_place("data", path);
    struct process process = start("hold", path);
    assert_int_equal(read(process.output, &byte, 1), 1);

    expect_refused(&options, FQ_REASON_RUNNING, &why);
    assert_non_null(strstr(why.detail, path));
    snprintf(holder, sizeof holder, "process %ld", (long)process.id);
    assert_non_null(strstr(why.detail, holder));
    expect_refused(&options, FQ_REASON_RUNNING, &why); /* asking did not take the lock away */

    options.is_read_only = true;
    struct fq_store *store = open_with(&options);
    fq_store_close(store);
    assert_int_equal(finish(process), 0);
    fq_store_close(open_at(path));
}

static void test_s6_the_same_process_is_no_exception(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct fq_store_options options = options_for(path);
    struct fq_why why = {0};
    in_place("data", path);
    struct fq_store *store = open_at(path);

    expect_refused(&options, FQ_REASON_RUNNING, &why);

    assert_int_equal(finish(start("hold", path)), HELD); /* and the lock is still there */
    fq_store_close(store);
}

static void test_s6_reading_changes_nothing(void **state)
{
    (void)state;
    char path[PATH_SIZE], wal[PATH_SIZE];
    struct fq_store_options options = options_for(path);
    struct fq_why why = {0};
    options.is_read_only = true;
    in_place("data", path);
    expect_refused(&options, FQ_REASON_FILE, &why);
    run("crash", path);
    uint64_t listing = listing_of(path);

    struct fq_store *store = open_with(&options);
    assert_int_equal(count_turns(store), COMMITS);
    fq_store_close(store);
    assert_true(listing_of(path) == listing);

    find_wal(path, wal);
    flip_byte(wal, size_of(wal) / 2);
    store = open_with(&options);
    assert_true(was_cut(store));
    assert_int_equal(count_turns(store), HALF);
    fq_store_close(store);
    assert_true(listing_of(path) == listing);
}

static void test_a_newer_format_is_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct fq_store_options options = options_for(path);
    struct fq_why why = {0};
    in_place("data", path);
    fq_store_close(open_with(&options));

    options.format = FORMAT - 1;
    expect_refused(&options, FQ_REASON_STORE_NEWER, &why);
    assert_int_equal(fq_reason_find(why.reason)->err, FQ_ERR_NEWER);

    options.format = FORMAT + 1;
    struct fq_store *store = open_with(&options);
    uint8_t number[4];
    fq_put_be32(number, FORMAT + 1);
    const struct fq_write write = {.family = FQ_FAMILY_DEFAULT,
                                   .key = fq_span_text("format"),
                                   .value = fq_span_of(number, sizeof number)};
    commit(store, &write, 1);
    fq_store_close(store);
    options.format = FORMAT;
    expect_refused(&options, FQ_REASON_STORE_NEWER, &why);
}

static void test_s7_a_vault_where_none_may_be_is_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct fq_store_options options = options_for(path);
    struct fq_why why = {0};
    in_place("data", path);
    options.has_vault = false;
    fq_store_close(open_with(&options));
    fq_store_close(open_with(&options)); /* none was made */
    options.has_vault = true;
    fq_store_close(open_with(&options));
    uint64_t listing = listing_of(path);
    options.has_vault = false;

    expect_refused(&options, FQ_REASON_VAULT_ABOVE, &why);

    assert_true(listing_of(path) == listing);
}

static void test_told_lies_beside_the_database(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct fq_told *told = NULL;
    struct fq_told_entry entry = {0};
    struct fq_hash chain = {.bytes = {7}};
    in_place("data", path);
    for (uint64_t i = 0; i < 3; i++) {
        struct fq_store *store = open_at(path);
        assert_int_equal(fq_told_open(path, &told, &entry, NULL), FQ_OK);
        assert_int_equal(entry.seq, i);
        assert_int_equal(fq_told_write(told, 1, i + 1, &chain, NULL), FQ_OK);
        fq_told_close(told);
        fq_store_close(store);
    }
}

static void test_free_bytes_are_those_of_the_file_system(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    uint64_t bytes = 0;
    struct fq_why why = {0};

    assert_int_equal(fq_store_free_bytes(place, &bytes, &why), FQ_OK);
    assert_true(bytes > 0);
    in_place("nowhere", path);
    assert_int_equal(fq_store_free_bytes(path, &bytes, &why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_FILE);
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 3) {
        _exit(play(arguments[1], arguments[2]));
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        TEST(test_s1_a_commit_is_stored_in_its_order),
        TEST(test_a_full_arena_is_a_limit),
        TEST(test_a_cursor_goes_in_the_order_of_keys),
        TEST(test_s5_a_cursor_sees_the_store_as_it_was),
        TEST(test_both_agree),
        TEST(test_what_was_stored_is_there_after_reopening),
        TEST(test_s2_synced_commits_outlive_a_crash),
        TEST(test_s2_a_synced_commit_waits_for_the_disk),
        TEST(test_s1_a_commit_cut_short_is_gone_as_a_whole),
        TEST(test_s3_zeros_after_a_whole_tail_lose_nothing),
        TEST(test_s3_a_tail_of_zeros_is_loud),
        TEST(test_s3_a_flipped_bit_is_loud),
        TEST(test_s3_beyond_cutting_nothing_is_touched),
        TEST(test_s4_after_a_failed_commit_every_later_one_fails),
        TEST(test_s4_holds_whatever_the_database_says),
        TEST(test_s6_a_second_process_is_told_who_holds_it),
        TEST(test_s6_the_same_process_is_no_exception),
        TEST(test_s6_reading_changes_nothing),
        TEST(test_a_newer_format_is_refused),
        TEST(test_s7_a_vault_where_none_may_be_is_refused),
        TEST(test_told_lies_beside_the_database),
        TEST(test_free_bytes_are_those_of_the_file_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
