/* A value of a result as a person reads it: words, codes and titles in the user's language, lists
 * and records as one line. JSON and CSV never pass here (C2). */
#ifndef FQ_NODES_CLI_PERSON_H
#define FQ_NODES_CLI_PERSON_H

#include "cli.h"

/* The text for a cell under `key`; gives memory for free(). NULL for nothing at all. */
char *person_text(const struct cli *cli, const char *key, struct fq_span value);

/* The key by which a value of the row is read: what `state` says depends on what it is the state of. */
const char *person_key(struct fq_span row, const char *key);

#endif
