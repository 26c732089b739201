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

/* RocksDB drops a last record that is cut off, which was never acknowledged, and refuses one that
 * is damaged. Mode 1 would refuse the first too, which is every power cut; mode 2, the default,
 * opens at a damaged record without a word and drops all that follows. */
#define RECOVERY_STRICT rocksdb_tolerate_corrupted_tail_records_recovery
#define RECOVERY_CUT rocksdb_point_in_time_recovery

static const struct family_row {
    const char *name;
    size_t buffer_size; /* 0: the option */
    bool is_vault, is_log;
    int compression; /* ciphertext and batches of small records gain nothing */
} family_rows[FQ_FAMILY_COUNT] = {
#define FAMILY_NAME(symbol, text) [FQ_FAMILY_##symbol].name = text,
    FQ_FAMILIES(FAMILY_NAME)
#undef FAMILY_NAME
        [FQ_FAMILY_LOG].is_log = true,
    [FQ_FAMILY_VIEW] = {"view", VIEW_BUFFER_SIZE, .compression = rocksdb_lz4_compression},
    [FQ_FAMILY_CELL] = {"cell", VIEW_BUFFER_SIZE, .compression = rocksdb_lz4_compression},
    [FQ_FAMILY_VAULT].is_vault = true,
    [FQ_FAMILY_VAULT_KEY].is_vault = true,
};

