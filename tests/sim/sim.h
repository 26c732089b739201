/* A small province in one process, driven from a seed: the daemon's own turns over a virtual clock,
 * network and disk. One province, two cities, four counties (one of them directly under the
 * province), the people who give them commands, and everything that can go wrong.
 *
 * The doors of the edge (clock, net, told, the store) are replaced at link time by the files of this
 * folder; everything else is the object code of the daemons. README.md says what is in which file.
 *
 * Z1  The same seed gives the same trace: every byte sent, stored and decided.
 * Z2  After every step, everything that the step may have changed is checked.
 * Z3  A fault never destroys the last copy of a fact, so that nothing acknowledged may be missing. */
#ifndef FQ_TESTS_SIM_H
#define FQ_TESTS_SIM_H

#include "../support/random.h"
#include "../support/world.h"

#include "../../nodes/node.h"

#define SIM_NODES 7
/* The logs: of facts, of control, and from each writer relays for each recipient; the first have the
 * numbers of their nodes (sim_log). */
#define SIM_LOGS (SIM_NODES * (2 + SIM_NODES))
#define SIM_EVENTS_MAX 512    /* of one log */
#define SIM_LSN_MAX 8192      /* of one node */
#define SIM_COMMANDS_MAX 256  /* of one seed */
#define SIM_REQUESTS_MAX 2048 /* submits of one seed, repeats counted */
#define SIM_TOGETHER_MAX 5    /* commands of one submit */
#define SIM_FRAMES_MAX 4096   /* in flight */
#define SIM_STORY_LINES 512
#define SIM_TEXT_SIZE 200
#define SIM_SUBJECT "CANARY" /* every text of party data begins so (I6) */

/* fault, how it is called */
#define SIM_FAULTS(X)                                                                              \
    X(LOST, "frames lost")                                                                         \
    X(DOUBLED, "frames doubled")                                                                   \
    X(REORDERED, "frames reordered")                                                               \
    X(DELAYED, "frames delayed")                                                                   \
    X(BLOCKED, "sends not taken")                                                                  \
    X(CUT, "links cut")                                                                            \
    X(CUT_ONE_WAY, "links cut one way")                                                            \
    X(CONNECTION, "connections lost")                                                              \
    X(CRASH, "crashes in a turn")                                                                  \
    X(CRASH_IN_START, "crashes in a start")                                                        \
    X(DISK_ERROR, "commits that failed")                                                           \
    X(REBUILD, "views rebuilt")                                                                    \
    X(TAIL_LOST, "tails lost")                                                                     \
    X(OLDER_STORE, "older stores")                                                                 \
    X(OLDER_TOLD, "older notes of what was told")                                                  \
    X(OLDER_BOTH, "older stores with their notes")                                                 \
    X(DISK_LOST, "disks lost")                                                                     \
    X(WALL_JUMP, "wall clocks set")                                                                \
    X(SLEEP, "hours asleep")                                                                       \
    X(REPLY_LOST, "answers lost")                                                                  \
    X(TWICE_HERE, "commands given twice")                                                          \
    X(TWICE_ELSEWHERE, "commands given to two nodes")                                              \
    X(OFFLINE, "commands kept offline")

enum sim_fault {
#define SIM_FAULT_ENUM(name, text) SIM_FAULT_##name,
    SIM_FAULTS(SIM_FAULT_ENUM)
#undef SIM_FAULT_ENUM
        SIM_FAULTS_COUNT
};

/* ---- disk ---- */

struct sim_operation {       /* one step of a disk: a commit, or a note of what was told */
    struct fq_write *writes; /* one block with their bytes; NULL for a note */
    size_t count;
    struct fq_told_entry told;
    uint64_t last[SIM_LOGS]; /* held of each log after it */
};

struct sim_disk {
    struct fq_store *inner; /* what is stored now */
    struct fq_told_entry told;
    struct sim_operation *operations; /* from the first on: any older image can be made again */
    size_t count, capacity;
    uint64_t last[SIM_LOGS]; /* held of each log */
    uint64_t most[SIM_LOGS]; /* the most it ever held */
    uint64_t most_told;      /* the most own events that clients may have been told of */
    uint64_t hlc[SIM_LOGS];  /* of the newest batch of each own log */
};

/* ---- network ---- */

struct sim_frame {
    int from, to; /* SIM_NODES for a person */
    enum fq_net_source source;
    uint32_t connection;
    uint64_t due_ms, order;
    uint8_t *bytes;
    size_t size;
};

struct sim_gap { /* the last one told to a child, of one log, until it is heeded or filled */
    uint64_t session, expected, greatest;
};

struct sim_link { /* of a child and its parent */
    uint32_t connection;
    bool is_cut_up, is_cut_down;
    bool is_noticed; /* the sockets know */
    uint64_t until_ms;
    uint64_t session, delivered_bytes; /* of batches, to the parent, since the last greeting */
    struct sim_gap gaps[SIM_LOGS];
    uint64_t last_due_ms[2]; /* up, down: a connection keeps the order */
};

/* ---- nodes ---- */

struct sim_node {
    uint32_t area, origin;
    int parent; /* -1 at the top */
    struct fq_tier_row tier;
    struct fq_node *node; /* of the daemon */
    bool is_up;
    uint32_t life;       /* how often it was started */
    uint64_t up_ms;      /* when it starts again */
    uint64_t wake_ms;    /* when its loop wakes by itself */
    int64_t wall_ms;     /* its wall clock is so far ahead */
    uint32_t doors_left; /* it crashes at the door after so many more; UINT32_MAX never */
    bool is_dead;        /* in the middle of a turn: no door opens any more */
    int fail_commit;     /* the next one fails: 1 unstored, 2 stored all the same */
    bool has_failed;     /* a door returned an error in this turn */
    bool is_changed;     /* what is stored changed in this step */
    bool is_rebuild;     /* it starts with --rebuild */
    bool is_told_back;   /* its note was set back, and not written since */
    bool is_wiped;       /* its store and its note both went back: its log may fork */
    uint64_t warned_seq; /* its parent said, before this turn, that it holds so much of its log */
    struct sim_disk disk;
    struct sim_link link;
    uint64_t acknowledged[SIM_LOGS][2]; /* last said of each log, for the story */
    bool is_gone_back;                  /* its store was once set back: it may relay again */
    uint64_t published_lsn;             /* of the last event on its feed in this life */
    uint8_t published[SIM_LSN_MAX][8];  /* by lsn: what was said of it */
};

/* ---- commands and what became of them ---- */

struct sim_command {
    struct fq_id cmd_id, dispute;
    uint16_t kind;
    int node; /* where it is given first */
    uint8_t bytes[FQ_RECORD_MAX];
    size_t size;
    bool has_vault;
    bool is_taken;          /* by some answer */
    bool is_put_off;        /* by a node that is read-only */
    bool is_answered;       /* the person knows */
    uint32_t open_requests; /* asked and not answered: anything may have become of them */
    uint32_t facts;         /* of it in any log */
    uint64_t due_ms;        /* when it is given, or given again */
};

struct sim_request {
    int node;
    bool is_wait, is_answered; /* a wait: for how long, and in which life of the node */
    uint64_t until_ms;
    uint32_t life;
    uint32_t count;
    uint32_t commands[SIM_TOGETHER_MAX];
};

struct sim_fact { /* one event, as first stored anywhere */
    uint64_t hash;
    int64_t command;      /* place of the command; -1 none */
    bool is_acknowledged; /* a person was told */
    struct fq_id dispute;
    struct fq_event_id carried; /* of a relay: what it carries */
};

/* ---- all of it ---- */

struct sim {
    uint64_t seed;
    struct random random;
    uint64_t now_ms;
    uint64_t step;
    uint64_t trace;
    struct world *world;
    struct sim_node nodes[SIM_NODES];
    struct fq_certificate certificates[SIM_NODES + 1]; /* the last is a person */
    struct sim_frame frames[SIM_FRAMES_MAX];
    size_t frame_count;
    uint64_t frame_order;
    struct sim_command commands[SIM_COMMANDS_MAX];
    uint32_t command_count, command_limit;
    struct sim_request requests[SIM_REQUESTS_MAX];
    uint32_t request_count;
    struct sim_fact facts[SIM_LOGS][SIM_EVENTS_MAX];
    uint64_t fact_count[SIM_LOGS];
    uint64_t fork_seq[SIM_LOGS]; /* the log has two versions from here; 0 none */
    uint64_t relays;             /* stored first */

    bool is_calm;         /* no more faults, no more new commands */
    bool is_fork_allowed; /* stores may go back together with their notes */
    unsigned loss, doubling, reordering, delaying, blocking; /* percent */
    uint64_t next_fault_ms, next_command_ms;
    unsigned fault_gap_ms;
    struct fq_config limits; /* of all nodes */

    uint64_t deliveries, turns, checks;
    uint64_t faults[SIM_FAULTS_COUNT];
    uint64_t settled_ms; /* how long the calm lasted until all agreed */

    char story[SIM_STORY_LINES][SIM_TEXT_SIZE];
    uint32_t story_nodes[SIM_STORY_LINES]; /* bit per node */
    uint64_t story_count;
    const char *broken; /* the invariant; NULL while all hold */
    uint32_t broken_nodes;
    char failure[2 * SIM_TEXT_SIZE];
};

/* The simulation whose node is in its turn, for doors that are not told whose they are. */
extern struct sim *sim_here;
extern int sim_at;

/* run.c: one seed from its beginning to its end; `sim` is filled anew. False when something broke;
 * then sim_print tells. */
bool sim_run(struct sim *sim, uint64_t seed);
/* The failure with the last things that concern it, each line begun with `prefix`. */
void sim_print(const struct sim *sim, const char *prefix);
const char *sim_fault_name(enum sim_fault fault);

/* trace.c */
void sim_trace(struct sim *sim, uint64_t tag, struct fq_span bytes);
void sim_tell(struct sim *sim, uint32_t nodes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An invariant does not hold; only the first is kept. */
void sim_break(struct sim *sim, const char *invariant, uint32_t nodes, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
uint32_t sim_bit(int node);
const char *sim_name(int node);
int sim_find(const struct sim *sim, uint32_t origin); /* -1 when there is none */
/* The number of a log; -1 when it cannot be. Its writer; the node its relays are for, or -1. */
int sim_log(const struct sim *sim, const struct fq_log_id *log);
int sim_writer(int log);
int sim_recipient(int log);
struct fq_log_id sim_log_id(const struct sim *sim, int log);
/* "county A1", "control of city A", "relays of city A for county A1"; good until the fourth call. */
const char *sim_log_name(int log);
/* Whether `lower` is `upper` or stands below it. */
bool sim_is_under(const struct sim *sim, int upper, int lower);
/* How many own events of node `at` clients may have been told of. */
uint64_t sim_told(const uint64_t last[SIM_LOGS], int at);

/* clock.c, randomness.c: the doors; what they give depends on the seed alone. */
void sim_seed_randomness(uint64_t seed);

/* disk.c: the store and told of every node. */
void sim_disk_open(struct sim_disk *disk);
void sim_disk_close(struct sim_disk *disk);
/* A store over the disk of node `at`, closed by fq_store_close; what is stored stays. */
struct fq_store *sim_disk_store(struct sim *sim, int at);
/* Go back to what was stored after the first `count` operations; what was told stays. */
void sim_disk_restore(struct sim *sim, int at, size_t count);
/* What was told after the first `count` operations. */
struct fq_told_entry sim_disk_told(const struct sim_disk *disk, size_t count);
/* Whether a door of the node opens; it may crash here instead. */
bool sim_door(struct sim *sim, int at);

/* network.c */
void sim_network_close(struct sim *sim);
/* A request of a person. */
void sim_network_ask(struct sim *sim, int to, struct fq_span body);
/* When something for the node is due; UINT64_MAX for nothing. */
uint64_t sim_network_due(const struct sim *sim, int to);
/* The node died or its connections were lost: what waits in its sockets is gone. */
void sim_network_reset(struct sim *sim, int at);
void sim_network_reconnect(struct sim *sim, int child);

/* cluster.c: nodes started, stopped and in their turn. */
void sim_cluster_open(struct sim *sim);
void sim_cluster_close(struct sim *sim);
void sim_start(struct sim *sim, int at, bool is_rebuild);
void sim_stop(struct sim *sim, int at, uint64_t down_ms);
void sim_turn(struct sim *sim, int at);

/* faults.c: what goes wrong by itself. */
void sim_fault(struct sim *sim);
uint64_t sim_fault_due(const struct sim *sim);
void sim_fault_begin(struct sim *sim);
void sim_fault_calm(struct sim *sim);

/* workload.c: the people. */
void sim_workload(struct sim *sim);
/* When somebody acts next; UINT64_MAX for nobody. */
uint64_t sim_workload_due(const struct sim *sim);
/* The node had a turn: a wait whose time is over was answered (N6). */
void sim_workload_look(struct sim *sim, int at);
/* All slept: what waits, waits on. */
void sim_workload_slept(struct sim *sim, uint64_t slept_ms);
/* The node answers a request: from now on what it says is acknowledged. */
void sim_workload_answer(struct sim *sim, int at, struct fq_span body);

/* check_stored.c */
void sim_check_stored(struct sim *sim, int at, const struct fq_batch *batch);

/* check_sent.c */
void sim_check_frame(struct sim *sim, int from, int to, struct fq_span frame);
/* `frame` is about to be taken in by the node `to`. */
void sim_note_delivered(struct sim *sim, int from, int to, struct fq_span frame);
void sim_look_for_subjects(struct sim *sim, int from, struct fq_span bytes);

/* check_feed.c */
void sim_check_published(struct sim *sim, int at, struct fq_span topic, struct fq_span payload);
void sim_check_feed(struct sim *sim, int at);

/* check_views.c */
void sim_check_step(struct sim *sim, int at);
typedef fq_err sim_batch_visit(void *context, const struct fq_batch *batch);
/* Every batch stored, the last first: in another order than they came. */
void sim_for_each_batch(struct fq_store *store, sim_batch_visit *visit, void *context);
/* Where the ways up of two nodes meet. */
int sim_meeting(const struct sim *sim, int a, int b);
/* Whether a fact of the dispute is of a log that has two versions: which of them is known depends on what
 * came first. */
bool sim_is_of_fork(const struct sim *sim, const struct fq_view *view,
                    const struct fq_dispute *dispute);

/* check_end.c */
bool sim_is_settled(const struct sim *sim);
void sim_check_end(struct sim *sim);

#endif
