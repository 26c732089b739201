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
    const char *only;             /* BENCH_ONLY: a part, or a line of one; NULL all */
    const char *programs;         /* where the daemons lie */
    char sync_library[PATH_SIZE]; /* count_syncs.so, beside this program */
    char dir[PATH_SIZE];          /* temporary; removed at the end */
    struct table table;
    double raw_per_s; /* median raw append of this run in events of 4,096 a sync; 0 not measured */
};

/* Seconds on a clock that only goes forward. */
double now_s(void);
/* Processor time of this thread: what computes alone is measured by it, whoever else runs. */
double own_cpu_s(void);
/* Seconds of processor time of a process, user and system, all its threads, ended ones too. 0 for
 * pid is this process. */
double cpu_s(pid_t pid);
/* The same of the process's first thread alone: a node's loop. 0 where the kernel does not tell. */
double loop_cpu_s(pid_t pid);
/* Bytes of memory that a process shares with nobody, from smaps_rollup. Where that is not ours to
 * read, because a daemon keeps out of core dumps and we are not root, its anonymous pages alone. */
double private_bytes(pid_t pid, bool *out_is_anonymous_only);
/* Whether BENCH_ONLY asks for `name`: it is the name or its beginning up to a dash. */
bool is_wanted(const struct bench *bench, const char *name);

/* Let this thread, and what it starts from now on, run ahead of other people's processes, or no
 * longer; gives how it was before. For what mostly sleeps: on a busy machine it is woken a tick late,
 * which says nothing of a disk. Only root may; otherwise nothing changes. */
bool set_urgent(bool is_urgent);

/* Say on stderr why a line will be missing or failed; gives false. */
bool complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The parts. Each prints its rows; what does not work is a failed row. */
void bench_ingest(struct bench *bench);
void bench_stock(struct bench *bench); /* one filled county: disk, replay, start-up, link */
void bench_idle(struct bench *bench);
void bench_fold(struct bench *bench); /* fold and rollup, in this process */

#endif
