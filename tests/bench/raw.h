/* The limit: what the disk takes when nothing but bytes is written, each piece synced.
 *
 * The files stay open over many slices and begin again at 64 MiB, as a write-ahead log does: what a
 * new file's first syncs cost more is not measured. See set_urgent for the processor. */
#ifndef FQ_TESTS_BENCH_RAW_H
#define FQ_TESTS_BENCH_RAW_H

#include "bench.h"

struct raw_rate { /* several add up */
    double pieces, seconds;
};

struct raw_file {
    char path[PATH_SIZE + 32];
    int handle;
    uint8_t *piece;
    size_t piece_size;
    bool is_allotted; /* allotted ahead of the end, as RocksDB does */
    off_t end, allotted;
};

/* Three files in `dir`: the records of a request appended at once; and what the node does for one
 * reply, its record appended to the write-ahead log and 512 bytes written in place, as `told`. */
struct raw {
    struct raw_file append, log, told;
};

/* False when the disk fails. Release with raw_close, also then. */
bool raw_open(struct raw *raw, const char *dir, size_t append_size, size_t log_size);
void raw_close(struct raw *raw);
/* Append pieces, fdatasync after each, for about `seconds`; adds to `rate`. False when the disk
 * fails. */
bool raw_append(struct raw *raw, double seconds, struct raw_rate *rate);
/* The two syncs of one reply and nothing else. */
bool raw_reply(struct raw *raw, double seconds, struct raw_rate *rate);

#endif
