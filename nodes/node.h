/* A node: one thread, one loop: listen, think, store, speak. All three tiers run this; they differ
 * by the row of fq_tiers below. */
#ifndef FQ_NODES_NODE_H
#define FQ_NODES_NODE_H

#include "fq/core/calendar.h"
#include "fq/core/core.h"
#include "fq/core/coverage.h"
#include "fq/core/metric.h"
#include "fq/edge/clock.h"
#include "fq/edge/cold.h"
#include "fq/edge/config.h"
#include "fq/edge/crypto.h"
#include "fq/edge/memory.h"
#include "fq/edge/net.h"
#include "fq/edge/store.h"
#include "fq/edge/told.h"
#include "fq/edge/vault.h"
#include "fq/edge/verify.h"

#include "progress.h"

#define FQ_NODE_QUERIES_MAX 1024 /* requests taken in one turn */
#define FQ_NODE_READINGS_MAX 32  /* of them, those that are no commands */
#define FQ_NODE_WAITERS_MAX 512  /* requests that wait for something to happen */
#define FQ_NODE_WAITER_ARGS_MAX 1024
#define FQ_ROUTING_SIZE 8 /* a ROUTER's routing id, at most */

struct fq_tier_row {
    enum fq_tier tier;
    const char *program;
    bool has_vault; /* registers disputes, hence keeps party data */
};

/* Where an answer goes. */
struct fq_route {
    uint8_t bytes[FQ_ROUTING_SIZE];
    size_t size; /* 0: nowhere */
};

/* One request of the turn; spans live in the turn's arena. */
struct fq_query {
    struct fq_route route;
    const struct fq_certificate *asker;
    uint64_t id;
    struct fq_span verb;
    struct fq_span args;
    bool is_command; /* answered by the core's reply whose token is its place */
    bool is_sealing; /* by that, told as a seal */
};

struct fq_sealing; /* seal.h */

/* How much is owed to the node of one area (relay.c). */
struct fq_owing {
    uint32_t recipient;
    uint64_t count;
};

struct fq_waiter {
    struct fq_route route;
    uint64_t id;
    uint64_t deadline_ms;
    size_t verb_size, args_size;
    uint8_t verb[32];
    uint8_t args[FQ_NODE_WAITER_ARGS_MAX];
};

#define FQ_TALLY_PAGE_ROWS 1024u /* of the tally, written behind together */
#define FQ_TALLY_PAGES (FQ_COVERAGE_ROWS_MAX / FQ_TALLY_PAGE_ROWS)

struct fq_node {
    const struct fq_tier_row *tier;
    struct fq_config config;
    struct fq_areas areas;
    struct fq_codes codes;
    struct fq_units units;   /* empty when the node has no such table */
    struct fq_places places; /* likewise */
    struct fq_calendar calendar;
    struct fq_metrics metrics;
    struct fq_identity identity;
    struct fq_certificate *certificates;
    bool *may_feed; /* beside certificates: whose area covers this node's */
    size_t certificate_count;
    struct fq_vault_master vault_master;
    struct fq_store *store;
    struct fq_told *told;
    struct fq_net *net;
    struct fq_arena memory;  /* for what lives as long as the node */
    struct fq_arena scratch; /* reset every turn */
    struct fq_view_memory view_memory;
    struct fq_cold cold; /* facts long written */
    bool is_cooling;     /* more of them can be put away at once */
    uint64_t dropped_ms; /* when memory of cold ones was last let go */
    struct fq_core core;
    struct fq_coverage coverage; /* who reported when */
    struct fq_coverage_memory coverage_memory;
    bool is_page_changed[FQ_TALLY_PAGES]; /* of it, since it was written behind */
    uint64_t tally_lsn;                   /* it was loaded up to here */
    struct fq_turn turn;
    struct fq_input *inputs; /* of the turn */
    size_t input_count, input_capacity;
    struct fq_input *pending; /* told to the core in the next turn: forwarded, gone */
    size_t pending_count, pending_capacity;
    struct fq_query queries[FQ_NODE_QUERIES_MAX];
    size_t query_count;
    uint32_t appends_ahead;     /* batches that the inputs can append at most */
    uint32_t texts_ahead;       /* of party data, that the inputs bring */
    struct fq_sealing *sealing; /* of the turn; NULL none */
    size_t reading_count;       /* of the queries, those that only read: a turn answers few */
    struct fq_waiter waiters[FQ_NODE_WAITERS_MAX];
    size_t waiter_count;
    struct fq_route routes[FQ_CHILDREN_MAX]; /* of the children, beside route_origins */
    uint32_t route_origins[FQ_CHILDREN_MAX];
    uint32_t route_count;
    struct fq_owing *owing; /* FQ_AREAS_MAX of them */
    uint32_t owing_count;
    uint32_t next_owing;         /* whose turn it is */
    uint64_t view_lsn;           /* the persisted view goes so far */
    bool is_passing;             /* the view is being written behind: */
    uint64_t pass_lsn;           /* it will go so far */
    uint32_t pass_left;          /* disputes still to be written */
    size_t scratch_high;         /* most of it ever used since it was trimmed */
    struct fq_progress progress; /* of the own log, above */
    char tables_digest[33];      /* of what clients may keep; empty until first asked for */
    uint64_t boot;
    uint64_t subscriptions;
    uint64_t active_ms; /* when an event was last taken in; in steady time, as those below */
    uint64_t awake_ms;  /* does not sleep before */
    uint64_t beat_ms;   /* of the last heartbeat on the feed */
    uint64_t beat_lsn;  /* head it told */
    uint64_t evidence_count;
    bool is_stopping;
};

/* open.c: everything from the configuration to a node that may serve. */
FQ_CHECKED fq_err fq_node_open(struct fq_node *node, const struct fq_tier_row *tier,
                               const char *config_path, bool is_rebuild, struct fq_why *out_why);
/* Its second half, for whoever made the first: config, tables, keys, the store and, where the tier
 * has one, the vault's master key stand in `node`, which is otherwise zero but for the memory. */
FQ_CHECKED fq_err fq_node_start(struct fq_node *node, bool is_rebuild, struct fq_why *out_why);
/* The memory of the node's life and of its turns, and the tables in it. */
FQ_CHECKED fq_err fq_node_reserve(struct fq_node *node, size_t memory_size, size_t scratch_size,
                                  struct fq_why *out_why);
void fq_node_close(struct fq_node *node);

/* recover.c: the frontier and the view out of the store. */
FQ_CHECKED fq_err fq_node_recover(struct fq_node *node, bool is_rebuild, struct fq_why *out_why);
/* Whether the batch at the cursor is the one to send next: it holds `next_seq`. It begins there, or
 * the other side has a boundary that this log does not know; it then refuses the batch and keeps it,
 * and the fork is known to both (Y5). */
bool fq_node_batch_at(struct fq_cursor *cursor, const struct fq_log_id *log, uint64_t next_seq,
                      struct fq_batch *out_batch);
/* Called for each batch of the log in the order of arrival. */
typedef fq_err fq_batch_visit(void *context, const struct fq_batch *batch, uint64_t first_lsn,
                              const struct fq_arrival *arrival, struct fq_why *out_why);
/* Walk the log from the batch that holds `from_lsn`, at most `batches_max` batches; gives the lsn
 * after the last one walked. A visitor's error ends the walk. */
FQ_CHECKED fq_err fq_node_walk(struct fq_store *store, uint64_t from_lsn, uint64_t batches_max,
                               fq_batch_visit *visit, void *context, uint64_t *out_next_lsn,
                               struct fq_why *out_why);

/* read.c: the event as it was written, by itself or as a relay carried it, and its lsn; the arena
 * keeps its bytes. */
FQ_CHECKED fq_err fq_node_read_event(struct fq_node *node, const struct fq_event_id *id,
                                     struct fq_arena *arena, struct fq_event *out_event,
                                     uint64_t *out_lsn, bool *out_found, struct fq_why *out_why);

/* Whether a relay had brought the event by `lsn`, before it came itself. */
FQ_CHECKED fq_err fq_node_was_carried(struct fq_node *node, const struct fq_event_id *id,
                                      uint64_t lsn, bool *out_was, struct fq_why *out_why);
/* What the feed tells of a record: the event itself; what a relay carries, when it was written
 * elsewhere; nothing of the system's own talk (NULL). */
const struct fq_event *fq_node_told_event(const struct fq_node *node, const struct fq_event *event,
                                          struct fq_event *out_carried);

/* relay.c: the queue of what is owed. Count it, at the start; make some of it inputs of the turn;
 * whether some could be made so; store what the turn owes and forget what it settled. */
struct fq_writes;
FQ_CHECKED fq_err fq_relay_open(struct fq_node *node, struct fq_why *out_why);
FQ_CHECKED fq_err fq_relay_listen(struct fq_node *node, struct fq_why *out_why);
bool fq_relay_is_due(const struct fq_node *node);
void fq_relay_put(struct fq_node *node, struct fq_writes *writes);

/* commit.c: store. */
FQ_CHECKED fq_err fq_node_commit(struct fq_node *node, uint64_t wall_ms, struct fq_why *out_why);

/* parties.c: whom the disputes of the vault name, as hashes. Made for what is there when the store has
 * none yet; the node has a vault. */
FQ_CHECKED fq_err fq_parties_open(struct fq_node *node, struct fq_why *out_why);

/* checkpoint.c: the view written behind. Begin a pass; write some of it, at the end of a turn; write
 * all of it now. */
void fq_checkpoint_begin(struct fq_node *node);
FQ_CHECKED fq_err fq_checkpoint_go_on(struct fq_node *node, struct fq_why *out_why);
FQ_CHECKED fq_err fq_checkpoint_finish(struct fq_node *node, struct fq_why *out_why);
/* Load what was written; false when it is not to be built upon. Or forget it, before a view is made
 * anew. */
bool fq_checkpoint_load(struct fq_node *node);
FQ_CHECKED fq_err fq_checkpoint_forget(struct fq_node *node, struct fq_why *out_why);

/* speak.c: send what the turn made. */
void fq_node_speak(struct fq_node *node, uint64_t steady_ms);
void fq_node_remember_route(struct fq_node *node, uint32_t origin, const struct fq_route *route);

/* service.c: requests. */
void fq_service_take(struct fq_node *node, const struct fq_net_message *message);
void fq_service_answer(struct fq_node *node, uint64_t steady_ms);
/* The earliest deadline of a waiting request, in steady time; UINT64_MAX when none waits. */
uint64_t fq_service_deadline(const struct fq_node *node);

/* node.c: one turn of the loop: take what is ready, think, store, speak. After an error the node is
 * closed: what it holds in memory may be ahead of its store. */
FQ_CHECKED fq_err fq_node_turn(struct fq_node *node, struct fq_why *out_why);
/* How long the loop may sleep when nothing comes in. */
uint64_t fq_node_idle_ms(const struct fq_node *node, uint64_t steady_ms);
/* The loop. The main of every daemon. */
int fq_node_main(const struct fq_tier_row *tier, int argument_count, char **arguments);

/* log.c: one line on stderr, `level dotted.name key=value`. */
void fq_node_log(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
