/* Tables of figures: what a rollup's answer looks like to a person. */
#ifndef FQ_NODES_CLI_ROLLUP_H
#define FQ_NODES_CLI_ROLLUP_H

#include "client.h"

#define ROLLUP_BY_MAX 8

struct rollup_by {
    char names[ROLLUP_BY_MAX][32];
    size_t count;
};

/* Print the answer of the verb `rollup`: as it is in JSON, else as a table, with names for people. What
 * is compared, shared out or cumulated has a line for each of `measures` (a,b; NULL: the usual ones).
 * Figures that are not whole, or that a newer table would name, are told of on stderr. */
FQ_CHECKED fq_err rollup_print(struct cli *cli, struct cli_client *client,
                               const struct rollup_by *by, const char *measures,
                               struct fq_span result, struct fq_why *out_why);
/* Split `a,b` at commas; false when there is too much of it. */
bool rollup_split(const char *text, struct rollup_by *by);

#endif
