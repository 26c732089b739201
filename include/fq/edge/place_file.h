/* Place files: the table of towns and villages read from CSV.
 *
 * Columns: code (nine digits for a town, twelve for a village), name_zh, and, if at all, parent: the
 * county of a town, the town of a village, which the code says already and which is checked. Errors say
 * FILE:LINE: what is wrong. */
#ifndef FQ_EDGE_PLACE_FILE_H
#define FQ_EDGE_PLACE_FILE_H

#include "fq/core/place.h"

/* Bytes of arena a table takes. */
#define FQ_PLACES_MEMORY (FQ_PLACES_MAX * sizeof(struct fq_place) + 64)

/* Read the table, kept in the arena, sorted. */
FQ_CHECKED fq_err fq_places_load_csv(const char *path, struct fq_arena *arena,
                                     struct fq_places *out_places, struct fq_why *out_why);

#endif
