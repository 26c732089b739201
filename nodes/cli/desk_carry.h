/* What waits in the outbox, in a file that a person carries to the node. */
#ifndef FQ_NODES_CLI_DESK_CARRY_H
#define FQ_NODES_CLI_DESK_CARRY_H

#include "fq/edge/bundle.h"

#include "desk.h"

/* Append every waiting command as a frame: signed by `author` and sealed, party data and all, so that
 * only the holder of `node_key` reads it. It goes on waiting until a receipt comes (K3). Fails with
 * FILE, CRYPTO or LIMIT. */
FQ_CHECKED fq_err desk_carry(const struct cli_desk *desk, struct fq_bundle_writer *file,
                             const struct fq_identity *author,
                             const uint8_t node_key[FQ_CURVE_KEY_SIZE], uint64_t *out_count,
                             struct fq_why *out_why);

#endif
