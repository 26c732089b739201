/* What the parts of the bench share: the run, its clocks, and the parts themselves. */
#ifndef FQ_TESTS_BENCH_BENCH_H
#define FQ_TESTS_BENCH_BENCH_H

#include <sys/types.h>

#include "fq/core/area.h"
#include "table.h"

#define PATH_SIZE 640
#define BENCH_COUNTY 410105u
#define BENCH_CITY 410100u

struct bench {
    bool is_quick;
    int rounds;
    const char *only;     /* BENCH_ONLY: a part's name; NULL all */
    const char *programs; /* where the daemons lie */
    char dir[PATH_SIZE];  /* temporary; removed at the end */
    struct table table;
    double raw_per_s; /* median raw append of this run in events of 4,096 a sync; 0 not measured */
};

/* Seconds on a clock that only goes forward. */
double now_s(void);
/* Seconds of processor time of a process, user and system, all its threads, ended ones too. 0 for
 * pid is this process. */
double cpu_s(pid_t pid);
/* Bytes of memory that a process shares with nobody (smaps_rollup); 0 when that is not ours to read. */
double private_bytes(pid_t pid);

/* Say on stderr why a line will be missing or failed; gives false. */
bool complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The parts. Each prints its rows; what does not work is a failed row. */
void bench_ingest(struct bench *bench);
void bench_stock(struct bench *bench); /* one filled county: disk, replay, start-up, link */
void bench_idle(struct bench *bench);
void bench_fold(struct bench *bench); /* fold and rollup, in this process */

#endif
