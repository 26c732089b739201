/* A site: a few real nodes on loopback, laid out as `fengqiao lab` does, and a client of each.
 *
 * S1  Only processes started here are ended, by their pid; they end with this process in any case. */
#ifndef FQ_TESTS_BENCH_SITE_H
#define FQ_TESTS_BENCH_SITE_H

#include "../../nodes/cli/lab_layout.h"
#include "bench.h"
#include "fq/core/codec.h"
#include "fq/edge/net.h"

#define ANSWER_MS 60000

struct daemon {
    const struct bench *bench;
    const struct lab *lab;
    const struct lab_node *node;
    pid_t pid;                /* 0: not running */
    double ready_s;           /* from exec until ready */
    struct fq_client *client; /* NULL: not connected */
    uint64_t last_id;
    const char
        *sync_counter; /* file where its syncs are counted (count_syncs.c); NULL: they are not */
};

/* Lay out the nodes of these areas below bench->dir/name. Gives a lab for free(); NULL on failure. */
struct lab *site_open(const struct bench *bench, const char *name, const char *areas);
struct daemon site_daemon(const struct bench *bench, const struct lab *lab, uint32_t area);

/* Start and wait until ready; connect. False, with words on stderr, when it does not come up. */
bool daemon_start(struct daemon *daemon, bool is_rebuild);
/* Stop in good order and forget the client. False when it does not end well. */
bool daemon_stop(struct daemon *daemon);
/* DIR/CODE/name */
void daemon_path(const struct daemon *daemon, const char *name, char out[LAB_PATH_SIZE + 64]);
/* The number after `key` in the daemon's log since its start; 0 when it is not there. */
double daemon_logged(const struct daemon *daemon, const char *key);
/* End whatever still runs: for the way out. */
void daemons_kill(void);

/* Ask for a verb whose args are the pairs given; the answer's result is borrowed until the next
 * question. False when it fails or none comes. */
bool daemon_ask(struct daemon *daemon, const char *verb, struct fq_span pairs, uint32_t pair_count,
                struct fq_span *out_result);
/* A number or a truth of the status answer; UINT64_MAX when it cannot be had. */
uint64_t daemon_status(struct daemon *daemon, const char *key);
/* The digest of all cells, as hex. */
bool daemon_digest(struct daemon *daemon, char out[40]);

/* Remove a directory with all in it; copy one. */
bool tree_remove(const char *path);
bool tree_copy(const char *from, const char *to);
/* Bytes allotted on disk to all files below the path; those of names that end in `end` when given
 * count by their length. */
double tree_bytes(const char *path, const char *end);

#endif
