/* Looking back at a node: which moment is meant, what had been held then, and the view to ask.
 *
 * Between fq_lookback_open and fq_lookback_close the node's own view may stand set back: nothing is folded,
 * written or answered otherwise meanwhile. */
#ifndef FQ_NODES_ASOF_H
#define FQ_NODES_ASOF_H

#include "service.h"

#include "fq/core/asof.h"
#include "fq/core/period_figures.h"
#include "fq/core/rollup.h"

struct fq_lookback {
    struct fq_node *node;
    struct fq_view *view;       /* to ask */
    char label[48];             /* "live", a seal's id, "lsn:N", a time */
    bool is_live;               /* the moment is now */
    bool is_loaded;             /* `view` holds a seal's cells and no disputes */
    struct fq_period_seal seal; /* of a seal */
    struct fq_marks marks;
    uint64_t from_lsn;  /* nothing before it lies beyond the marks */
    uint64_t moment_ms; /* what was written down later is recorded late */
    struct fq_past past;
    struct fq_asof asof;
    struct fq_view_memory memory; /* of a loaded view */
};

/* ---- the question, in figures.c ---- */

/* args.period, area, by and where. Fails with what is unknown. */
FQ_CHECKED fq_err fq_service_read_query(struct fq_node *node, struct fq_span args,
                                        struct fq_rollup_query *query, struct fq_why *out_why);
FQ_CHECKED fq_err fq_service_read_measure(struct fq_span args, enum fq_measure *out_measure,
                                          struct fq_why *out_why);
/* The keys of a row, each as it is named, and `name` and `name_zh`: by_count + 2 pairs. */
void fq_service_put_keys(const struct fq_node *node, const struct fq_rollup_query *query,
                         const struct fq_rollup_row *row, struct fq_writer *writer);

/* ---- looking back ---- */

/* Find what args.as_of means to the query (absent: now) and set the view back, unless `are_cells_enough`
 * and a seal's cells answer the query. Gives a lookback in the turn's arena, for fq_lookback_close.
 * Fails with SEAL_UNKNOWN, SEAL_ELSEWHERE, SEAL_NOT_HELD, ARGUMENT or LIMIT. */
FQ_CHECKED fq_err fq_lookback_open(struct fq_node *node, struct fq_span args,
                                   const struct fq_rollup_query *query, bool are_cells_enough,
                                   struct fq_lookback **out_lookback, struct fq_why *out_why);
/* NULL is well. */
void fq_lookback_close(struct fq_lookback *lookback);
/* As fq_service_prove, of the moment looked back to. */
FQ_CHECKED fq_err fq_lookback_prove(struct fq_lookback *lookback, uint32_t area,
                                    uint16_t first_month, uint16_t last_month,
                                    struct fq_proofs *out_proofs, struct fq_why *out_why);

/* The parts, for those that go there and back more than once. */

/* The seal that a text names: an id or a beginning of one, or a period, of which the newest. */
FQ_CHECKED fq_err fq_lookback_find_seal(const struct fq_node *node, struct fq_span text,
                                        uint32_t area, const struct fq_period_seal **out_seal,
                                        struct fq_why *out_why);
/* A lookback at marks, with nothing set back yet but what is touched known. Fails with SEAL_NOT_HELD when
 * the node lacks something of a log that flows up from `scope`, or LIMIT. */
FQ_CHECKED fq_err fq_lookback_at(struct fq_node *node, const struct fq_marks *marks, uint32_t scope,
                                 uint64_t from_lsn, uint64_t moment_ms,
                                 struct fq_lookback **out_lookback, struct fq_why *out_why);
/* The same of a seal that this node made. */
FQ_CHECKED fq_err fq_lookback_at_seal(struct fq_node *node, const struct fq_period_seal *seal,
                                      struct fq_lookback **out_lookback, struct fq_why *out_why);
/* A view of the seal's cells alone, for fq_lookback_close. */
FQ_CHECKED fq_err fq_lookback_load(struct fq_node *node, const struct fq_period_seal *seal,
                                   struct fq_lookback **out_lookback, struct fq_why *out_why);

#endif
