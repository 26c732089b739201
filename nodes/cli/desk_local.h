/* Disputes as they are known on this computer: the facts fetched from the node, and the outbox's own
 * commands on top, folded by the same core. What is legal, and what a dispute amounts to, is thereby
 * the same here and there as long as the same facts are known.
 *
 * O1  A command that became a fact is folded once, as the fact.
 * O2  A waiting command stands behind all that its author knew, own earlier commands included. */
#ifndef FQ_NODES_CLI_DESK_LOCAL_H
#define FQ_NODES_CLI_DESK_LOCAL_H

#include "fq/core/merge.h"
#include "fq/edge/outbox.h"

#include "client.h"

struct local {
    struct fq_view view;
    struct fq_frontier frontier;
    struct fq_view_memory memory;
    struct fq_arena arena; /* of the frontier, and for checks */
    uint64_t fetched_ms;   /* when the oldest of the facts was asked for; 0 none */
    uint32_t known_rev;    /* of the dispute asked for, own waiting commands apart */
    bool is_from_node;     /* facts of that dispute were fetched, or delivered from here */
};

/* The revision to send a command with: what its author knew and, above it, own commands given before
 * that are not refused or dropped (O2). */
uint32_t local_base_rev(const struct fq_outbox *outbox, size_t index);

/* Fold all that is known of `dispute`, of `other` when it is not zero, or, with `dispute` NULL, of
 * everything. Keeps `tables`; `out_local` is filled, for local_close. Fails with LIMIT or FILE. */
FQ_CHECKED fq_err local_open(const struct cli_tables *tables, const struct fq_outbox *outbox,
                             const struct fq_id *dispute, const struct fq_id *other,
                             struct local *out_local, struct fq_why *out_why);
void local_close(struct local *local); /* a zeroed one is well */

/* Bring what is kept of these disputes up to the node's. Fails as asking does, or with OUTBOX_FULL. */
FQ_CHECKED fq_err local_fetch(struct cli_client *client, const struct fq_outbox *outbox,
                              const struct fq_id *disputes, size_t count, struct fq_why *out_why);
/* The disputes of which facts are kept, or that the outbox speaks of; memory for free(). */
FQ_CHECKED fq_err local_list(const struct fq_outbox *outbox, struct fq_id **out_disputes,
                             size_t *out_count, struct fq_why *out_why);

/* What people call the dispute: its number, L7 while that is not known, "" when it is not known. */
void local_number(const struct fq_outbox *outbox, const struct fq_id *dispute, char out[64]);

#endif
