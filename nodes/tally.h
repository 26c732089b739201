/* The tally of core/coverage.h kept beside the view: taken in with every commit, written behind with
 * the view's mark, and folded on from there at a start. It is no part of the view and of no digest. */
#ifndef FQ_NODES_TALLY_H
#define FQ_NODES_TALLY_H

#include "writes.h"

/* Its memory given back. */
void fq_tally_close(struct fq_node *node);
/* What was written behind, when it was made by this calendar, and the log after it; else, or when the
 * view is made anew, all of the log (G3). Fails with LIMIT and as fq_node_walk; the node's view is recovered before. */
FQ_CHECKED fq_err fq_tally_recover(struct fq_node *node, bool is_rebuild, struct fq_why *out_why);
/* Count what this turn stored. */
void fq_tally_take(struct fq_node *node, uint64_t wall_ms);
/* Write what changed since it was last written; the most writes that takes. */
size_t fq_tally_writes_max(const struct fq_node *node);
void fq_tally_put(struct fq_node *node, struct fq_writes *writes);

#endif
