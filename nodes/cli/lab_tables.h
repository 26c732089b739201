/* The tables of a lab's node, as they lie in the lab: for the time before they were ever fetched. */
#ifndef FQ_NODES_CLI_LAB_TABLES_H
#define FQ_NODES_CLI_LAB_TABLES_H

#include "client.h"

/* The tables of the node of `area` in the lab. Gives tables for cli_tables_close. Fails with
 * AREA_UNKNOWN, or as reading such files does. */
FQ_CHECKED fq_err lab_tables_load(const char *lab_dir, uint32_t area,
                                  struct cli_tables **out_tables, struct fq_why *out_why);

#endif
