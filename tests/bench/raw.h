/* The limit: what the disk takes when nothing but bytes is written, each piece synced. */
#ifndef FQ_TESTS_BENCH_RAW_H
#define FQ_TESTS_BENCH_RAW_H

#include "bench.h"

struct raw_rate { /* several add up */
    double pieces, seconds;
};

/* Append pieces of `piece_size` bytes to a new file in `dir`, fdatasync after each, for about
 * `seconds`; adds to `rate`. False when the disk fails. */
bool raw_append(const char *dir, size_t piece_size, double seconds, struct raw_rate *rate);
/* The syncs of one node reply and nothing else: a record of `piece_size` appended as the store's
 * write-ahead log is, and 512 bytes written in place as `told` is, both synced. */
bool raw_reply(const char *dir, size_t piece_size, double seconds, struct raw_rate *rate);

#endif
