/* Unit files: the table of mediation units read from CSV.
 *
 * Columns: code (ten digits), name_zh, kind (a code of the table of kinds: people, administrative,
 * judicial, or its name), and, if at all, name_en. Errors say FILE:LINE: what is wrong. */
#ifndef FQ_EDGE_UNIT_FILE_H
#define FQ_EDGE_UNIT_FILE_H

#include "fq/core/unit.h"

/* Bytes of arena a table takes. */
#define FQ_UNITS_MEMORY (FQ_UNITS_MAX * sizeof(struct fq_unit) + 64)

/* Read the table, kept in the arena, sorted. */
FQ_CHECKED fq_err fq_units_load_csv(const char *path, const struct fq_codes *codes,
                                    struct fq_arena *arena, struct fq_units *out_units,
                                    struct fq_why *out_why);

#endif
