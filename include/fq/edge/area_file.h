/* Area files: the table of areas read from CSV.
 *
 * Columns, in any order: code, name_zh, name_en, parent_code, tier, and, if at all, valid_from,
 * valid_to, successor. Dates are YYYY-MM-DD; an area is valid from valid_from up to, but
 * not on, valid_to. Errors say FILE:LINE: what is wrong. */
#ifndef FQ_EDGE_AREA_FILE_H
#define FQ_EDGE_AREA_FILE_H

#include "fq/core/area.h"

/* Bytes of arena a table takes: there is room for FQ_AREAS_MAX areas, so that some can be added. */
#define FQ_AREAS_MEMORY (FQ_AREAS_MAX * (sizeof(struct fq_area) + sizeof(uint32_t)) + 64)

/* Read the table, kept in the arena. The result has passed fq_areas_check. */
FQ_CHECKED fq_err fq_areas_load_csv(const char *path, struct fq_arena *arena,
                                    struct fq_areas *out_areas, struct fq_why *out_why);

#endif
