/* The outbox and the node: sending what waits, and learning where it has come.
 *
 * Y1  One that is refused holds up no other; those given after it on the same dispute are judged as if
 *     it had not been given.
 * Y2  What the node could not take for its own reasons goes on waiting.
 * Y3  What a node held and no longer knows is sent again, unless a tier above holds it. */
#ifndef FQ_NODES_CLI_DESK_SYNC_H
#define FQ_NODES_CLI_DESK_SYNC_H

#include "desk.h"

struct desk_counts {
    unsigned sent, already, refused, lost;
    enum fq_reason held_by; /* why the node took no more; NONE */
};

/* Send all that waits, oldest first. Fails as asking does; what was answered until then is noted. */
FQ_CHECKED fq_err desk_deliver(struct cli_desk *desk, struct desk_counts *counts,
                               struct fq_why *out_why);
/* Ask where the entries are that no province is known to hold, at most `most` of them, newest first. */
FQ_CHECKED fq_err desk_ask_receipts(struct cli_desk *desk, size_t most, struct desk_counts *counts,
                                    struct fq_why *out_why);
/* The entry's record with the revision to send it with. */
void desk_write_record(const struct fq_outbox_entry *entry, uint32_t base,
                       struct fq_writer *writer);
/* Keep the node's campaigns for the time when it cannot be reached; make a table of those kept. Fail as
 * asking does, or with OUTBOX_FULL or FILE. */
FQ_CHECKED fq_err desk_fetch_campaigns(struct cli_desk *desk, struct fq_why *out_why);
FQ_CHECKED fq_err desk_read_campaigns(const struct cli_desk *desk,
                                      struct fq_campaigns *out_campaigns, struct fq_why *out_why);
/* The kept rows of `campaign.list`: memory for free(), empty when there are none. */
FQ_CHECKED fq_err desk_kept_campaigns(const struct cli_desk *desk, struct fq_span *out_rows,
                                      struct fq_why *out_why);
/* Whether failing so means that the node cannot be reached. */
bool desk_is_unreached(const struct fq_why *why);
/* Try the node for as long as --wait says; the desk has a client again when it answered. */
FQ_CHECKED fq_err desk_reach(struct cli_desk *desk, struct fq_why *out_why);
/* Go on without the node. */
void desk_lose(struct cli_desk *desk);

#endif
