/* Which node is meant, with which key, and where the commands for it are saved. */
#ifndef FQ_NODES_CLI_TARGET_H
#define FQ_NODES_CLI_TARGET_H

#include "lab_layout.h"

struct cli_target {
    char endpoint[160];
    char server_key[41]; /* Z85 */
    char key_file[LAB_PATH_SIZE + 64];
    char outbox[LAB_PATH_SIZE + 128]; /* one per node and key */
    bool is_absent;                   /* a node of a lab that does not run */
    char lab[LAB_PATH_SIZE];          /* its directory; empty: of no lab */
    uint32_t area;                    /* in the lab */
};

/* The node named by --node, --lab and -C; the outbox by --outbox, FQ_OUTBOX, the context's `outbox`, or
 * beside a lab's node, or in the person's data. Fails with USAGE, FILE, CONFIG or AREA_UNKNOWN. */
FQ_CHECKED fq_err target_find(const struct cli *cli, struct cli_target *out_target,
                              struct fq_why *out_why);
/* Whether somebody may be listening there: false when a connection is refused, or the network has no
 * way. Waits a second at most; a name that would have to be looked up may be there. */
bool target_may_listen(const struct cli_target *target);

#endif
