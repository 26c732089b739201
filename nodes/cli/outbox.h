#ifndef FQ_NODES_CLI_OUTBOX_H
#define FQ_NODES_CLI_OUTBOX_H

#include "fq/edge/outbox.h"

#include "cli.h"

/* waiting, refused, dropped, or the highest tier that is known to hold it. */
const char *outbox_state(const struct fq_outbox_entry *entry);
/* The entry a person means: its place from 1, or the beginning of its command id. Fails with
 * OUTBOX_ENTRY. */
FQ_CHECKED fq_err outbox_find(const struct fq_outbox *outbox, const char *name, size_t *out_place,
                              struct fq_why *out_why);
/* One entry as a row of `outbox ls`, with `extra_pairs` for the caller to append; `is_short` for a table,
 * whose times must fit a screen. */
void outbox_write_row(const struct fq_outbox *outbox, size_t place, bool is_short,
                      uint32_t extra_pairs, struct fq_writer *writer);

/* sync.c */
fq_err sync_run(struct cli *cli, struct fq_why *out_why);

#endif
