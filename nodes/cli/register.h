/* The register: a dispute as a row of somebody's ledger, a map read backwards. Pure.
 *
 * R1  A cell is a text that the map, read forwards, makes the same steps of, when there is one. */
#ifndef FQ_NODES_CLI_REGISTER_H
#define FQ_NODES_CLI_REGISTER_H

#include "import_past.h"
#include "import_row.h"

struct register_row {
    struct fq_id id;
    uint32_t home;
    struct past past;
    struct fq_span vault; /* as `vault.read` tells it; empty: none was asked for */
};

/* Put the map's columns in the order they are written in; gives the column at each place. */
void register_bind(struct map *map, int out_columns[MAP_COLUMNS_MAX]);
/* The cells of a dispute by place, in the arena; the map is bound by register_bind. Fails with
 * LIMIT. */
FQ_CHECKED fq_err register_cells(const struct map *map, const struct fq_codes *codes,
                                 const struct register_row *row, struct fq_arena *arena,
                                 const char **out_cells, struct fq_why *out_why);

#endif
