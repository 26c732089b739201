/* How far figures can be trusted: whom they are complete of, and what of them came late. The one place
 * that says it, for figures, coverage and seals alike.
 *
 * A period is complete of a county when a node of it was heard after the period ended, and all that it
 * announced is held; of an area when it is of every county valid on the period's last day. */
#ifndef FQ_NODES_COMPLETENESS_H
#define FQ_NODES_COMPLETENESS_H

#include "service.h"

/* What is known of a county's nodes. */
struct fq_hearing {
    uint64_t heard_ms;        /* when one was last heard of; 0 never */
    uint32_t origin;          /* that one; the county's first when none was */
    uint64_t announced, held; /* events of all of them */
    enum fq_reason reason;    /* what one says stands in the way; NONE */
};
struct fq_hearing fq_service_hear(const struct fq_node *node, uint32_t county);
/* Why the days up to `last_day` are not complete of the county; NONE when they are. */
enum fq_reason fq_service_judge(const struct fq_node *node, const struct fq_hearing *hearing,
                                uint16_t last_day);

/* Which counties below `area` stand in the way of calling the period complete: one map each, of `area`,
 * `node`, `heard`, `reason` and `code`. Counted; written unless `writer` is NULL. */
#define FQ_MISSING_SIZE_MAX 320
uint32_t fq_service_missing(const struct fq_node *node, const struct fq_period *period,
                            uint32_t area, struct fq_writer *writer);
/* Three pairs of a result: `complete`, `missing` and `late`, the counties some of whose events of the
 * period were recorded in time and arrived here after the deadline; these have `arrived_late` too. */
#define FQ_COMPLETENESS_PAIRS 3
void fq_service_put_completeness(struct fq_node *node, const struct fq_period *period,
                                 uint32_t area, struct fq_writer *writer);

#endif
