/* An ordered key-value store of column families, with one atomic commit.
 *
 * It knows nothing of disputes: what lies in which family, under which key, is the node's matter.
 * It is not for bytes that must be found again when the store itself lost its tail; that is `told`.
 *
 * S1  A commit is stored whole or not at all; after a crash too.
 * S2  A commit that was synced is on disk when the call returns, and so is every one before it.
 * S3  Opening never drops a damaged tail silently: the directory is copied aside first, and
 *     fq_store_recovery says so. A last commit cut off in the middle is what every power cut
 *     leaves; it is dropped without words, as is a tail that is missing altogether. To see that
 *     such a one had been acknowledged is for `told` and for the chain of the log.
 * S4  After a commit failed, every later one fails: what the failed one left is not known.
 * S5  A cursor sees the store as it was when the cursor was opened.
 * S6  One process writes a directory; further ones may open it read-only beside the writer.
 * S7  A store with a vault does not open for a caller that must not have one.
 *
 * One thread uses a store; its cursors are closed before it is. */
#ifndef FQ_EDGE_STORE_H
#define FQ_EDGE_STORE_H

#include "fq/base/bytes.h"

#define FQ_STORE_PATH_SIZE 4096
#define FQ_STORE_VALUE_MAX ((size_t)16 << 20)

/* RocksDB calls them by these words in lower case: "default", "log" ... "vault_key". */
enum fq_family {
    FQ_FAMILY_DEFAULT,
    FQ_FAMILY_LOG,
    FQ_FAMILY_HAVE,
    FQ_FAMILY_ARRIVAL,
    FQ_FAMILY_VIEW,
    FQ_FAMILY_CELL,
    FQ_FAMILY_EVIDENCE,
    FQ_FAMILY_PEER,
    FQ_FAMILY_AUDIT,
    FQ_FAMILY_SEAL,
    FQ_FAMILY_OWED,
    FQ_FAMILY_CARRIED,
    FQ_FAMILY_VAULT,
    FQ_FAMILY_VAULT_KEY,
    FQ_FAMILY_PARTY_HASH, /* of the vault, like the two above */
    FQ_FAMILY_PAIR,
    FQ_FAMILY_COUNT,
};

struct fq_store_options {
    const char *path;  /* the data directory; made with mode 0700 when missing, its parent is not */
    bool has_vault;    /* the vault families belong here; they are made when missing */
    bool is_read_only; /* changes nothing, needs no lock, sees what was stored at this moment */
    uint32_t format;   /* the store format of this program */
    uint64_t now_s;    /* Unix time, for the name of a copy */
    size_t buffer_size; /* memory for log batches before they go to a file; 0 is 8 MiB */
};

struct fq_store_recovery {
    bool was_tail_cut;                  /* the newest commits were damaged and are gone */
    char copy_path[FQ_STORE_PATH_SIZE]; /* the directory as it was found; empty when read-only */
    char refusal[FQ_WHY_SIZE];          /* the database's words */
};

struct fq_write {
    enum fq_family family;
    struct fq_span key;
    struct fq_span value; /* at most FQ_STORE_VALUE_MAX */
    bool is_delete;       /* `value` is not looked at */
};

struct fq_store;  /* closed: see the end of this file */
struct fq_cursor; /* closed */

/* Open the store in the directory `options->path`; gives a store for fq_store_close.
 *
 * A new store is marked, synced, with `options->format` (key "format" of family default, 4 bytes
 * big-endian); an older format opens, and its change is the caller's. Borrows `options`.
 * Fails with FQ_REASON_RUNNING when another store holds the directory (S6), with
 * FQ_REASON_STORE_NEWER when the format is above `options->format`, with FQ_REASON_VAULT_ABOVE (S7)
 * before anything is touched, and with FQ_REASON_STORE when it cannot be opened even without its
 * damaged tail; the directory then stays as it is and no copy is made. */
FQ_CHECKED fq_err fq_store_open(const struct fq_store_options *options, struct fq_store **out_store,
                                struct fq_why *out_why);
/* An empty store in memory, with the vault families; it is gone with fq_store_close. */
FQ_CHECKED fq_err fq_store_open_memory(struct fq_store **out_store, struct fq_why *out_why);
/* Close; NULL is well. */
void fq_store_close(struct fq_store *store);

/* What opening found (S3). */
void fq_store_recovery(const struct fq_store *store, struct fq_store_recovery *out_recovery);

/* Store all `writes` in their order, or none (S1); on disk when `is_synced` (S2).
 *
 * Borrows `writes` and their bytes. No writes are well and do nothing.
 * Fails with FQ_REASON_STORE; then see S4: stop acknowledging and end the process.
 * The caller must not write to a read-only store, nor to a vault family without `has_vault`. */
FQ_CHECKED fq_err fq_store_commit(struct fq_store *store, const struct fq_write *writes,
                                  size_t count, bool is_synced, struct fq_why *out_why);

/* Copy the value of `key` into the arena; *out_found says whether there is one, and *out_value is
 * left alone when there is none.
 *
 * Fails with FQ_REASON_LIMIT when the arena is full and FQ_REASON_STORE when reading fails. */
FQ_CHECKED fq_err fq_store_get(struct fq_store *store, enum fq_family family, struct fq_span key,
                               struct fq_arena *arena, struct fq_span *out_value, bool *out_found,
                               struct fq_why *out_why);

/* How many errors happened behind the caller's back, when the database wrote or merged its files.
 * Anything above 0 calls for a person. */
uint64_t fq_store_background_errors(struct fq_store *store);

/* Bytes that an ordinary user may still write on the file system of `path`.
 * Fails with FQ_REASON_FILE. */
FQ_CHECKED fq_err fq_store_free_bytes(const char *path, uint64_t *out_bytes,
                                      struct fq_why *out_why);

/* A cursor over one family, in the order of keys (S5), at no entry yet; gives a cursor for
 * fq_cursor_close. It holds back files that could be freed: do not keep it over turns.
 * Fails with FQ_REASON_LIMIT when memory is short. */
FQ_CHECKED fq_err fq_cursor_open(struct fq_store *store, enum fq_family family,
                                 struct fq_cursor **out_cursor, struct fq_why *out_why);
/* Close; NULL is well. */
void fq_cursor_close(struct fq_cursor *cursor);

/* Go to the first entry at or after `key`; the empty key is before all others. */
void fq_cursor_seek(struct fq_cursor *cursor, struct fq_span key);
/* Go to the last entry at or before `key`. */
void fq_cursor_seek_last(struct fq_cursor *cursor, struct fq_span key);
/* One on, one back; the cursor must be valid. Past either end it is no longer. */
void fq_cursor_next(struct fq_cursor *cursor);
void fq_cursor_previous(struct fq_cursor *cursor);

/* Whether the cursor stands at an entry. When not, fq_cursor_error tells the end from a failure. */
bool fq_cursor_is_valid(const struct fq_cursor *cursor);
/* The entry's bytes, until the cursor moves; the cursor must be valid. */
struct fq_span fq_cursor_key(const struct fq_cursor *cursor);
struct fq_span fq_cursor_value(const struct fq_cursor *cursor);
/* FQ_REASON_STORE when the last move failed. */
FQ_CHECKED fq_err fq_cursor_error(const struct fq_cursor *cursor, struct fq_why *out_why);

/* ---- For implementations ----
 *
 * Only the files store*.c and stores that tests put in front of another (to fail a commit, say)
 * look below. An implementation embeds these as its first member. store.c has checked the callers'
 * promises before a method is called, and upholds S4. */
struct fq_store_methods {
    void (*close)(struct fq_store *store);
    void (*recovery)(const struct fq_store *store, struct fq_store_recovery *out_recovery);
    fq_err (*commit)(struct fq_store *store, const struct fq_write *writes, size_t count,
                     bool is_synced, struct fq_why *out_why);
    fq_err (*get)(struct fq_store *store, enum fq_family family, struct fq_span key,
                  struct fq_arena *arena, struct fq_span *out_value, bool *out_found,
                  struct fq_why *out_why);
    uint64_t (*background_errors)(struct fq_store *store);
    fq_err (*cursor_open)(struct fq_store *store, enum fq_family family,
                          struct fq_cursor **out_cursor, struct fq_why *out_why);
};

struct fq_cursor_methods {
    void (*close)(struct fq_cursor *cursor);
    void (*seek)(struct fq_cursor *cursor, struct fq_span key);
    void (*seek_last)(struct fq_cursor *cursor, struct fq_span key);
    void (*next)(struct fq_cursor *cursor);
    void (*previous)(struct fq_cursor *cursor);
    bool (*is_valid)(const struct fq_cursor *cursor);
    struct fq_span (*key)(const struct fq_cursor *cursor);
    struct fq_span (*value)(const struct fq_cursor *cursor);
    fq_err (*error)(const struct fq_cursor *cursor, struct fq_why *out_why);
};

struct fq_store {
    const struct fq_store_methods *methods;
    bool has_vault;
    bool is_read_only;
    bool is_broken; /* S4 */
};

struct fq_cursor {
    const struct fq_cursor_methods *methods;
};

#endif
