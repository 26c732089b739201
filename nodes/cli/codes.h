/* Names of codes for tables: `neighbour` is shown as its name in the user's language.
 *
 * A command that has the node's tables at hand lends them; else they are asked for once, when a table
 * with a code is printed and a node has answered before. Without them codes are shown by their ids. */
#ifndef FQ_NODES_CLI_CODES_H
#define FQ_NODES_CLI_CODES_H

#include "fq/core/code.h"

#include "cli.h"

/* Lend tables until codes_return with the same; cli_tables_open and cli_tables_close do. */
void codes_lend(const struct fq_codes *codes);
void codes_return(const struct fq_codes *codes);
struct cli_tables;
/* Take tables over from who is done with them, until the program ends; NULL is accepted. */
void codes_keep(struct cli_tables *tables);
/* A node has answered: its tables can be had. */
void codes_within_reach(void);
/* The name of the code that a column of that key holds; NULL when the key is of no code table or
 * the code is not known. */
const char *codes_name(const struct cli *cli, const char *key, const char *id);

/* CODE_UNKNOWN, naming the option, what was given, and the codes there are as far as they fit. */
FQ_CHECKED fq_err codes_unknown(const struct fq_codes *codes, enum fq_code_table table,
                                const char *option, const char *text, struct fq_why *out_why);

#endif
