/* Code files: the code tables of core/code.h read from a file such as config/taxonomy.cfg.
 *
 * version = 1; then every table by its name, a list of groups { id, number, zh, en, parent }. Only
 * parent, the id of a row above it, may be absent. An indicator has service and counted as well, ids
 * of those tables, and may have stock = true, at_most, the id of an indicator above it, tier ("county",
 * "city", "province") and period ("month", "quarter", "half", "year"). Errors say FILE:LINE: what is
 * wrong. */
#ifndef FQ_EDGE_CODE_FILE_H
#define FQ_EDGE_CODE_FILE_H

#include "fq/core/code.h"

/* Read the tables; their rows are kept in the arena. The result has passed fq_codes_check. */
FQ_CHECKED fq_err fq_codes_load(const char *path, struct fq_arena *arena,
                                struct fq_codes *out_codes, struct fq_why *out_why);

#endif
