/* Rows: one row of a ledger through a map, as commands. Pure: no files, no network, no clock. */
#ifndef FQ_NODES_CLI_IMPORT_ROW_H
#define FQ_NODES_CLI_IMPORT_ROW_H

#include "fq/core/code.h"
#include "import_cell.h"
#include "import_map.h"

#define ROW_COMMANDS_MAX 16 /* what a node takes in as one row */

struct row {
    uint32_t area;   /* home */
    struct fq_id id; /* the dispute (I2) */
    struct fq_event events[ROW_COMMANDS_MAX];
    const struct map_event *from[ROW_COMMANDS_MAX]; /* beside events */
    size_t event_count;
    struct {
        unsigned field;
        struct fq_span text;
    } vault[MAP_VAULT_MAX];
    size_t vault_count;
};

/* How often each row was seen in the file so far. Memory grows by malloc; row_seen_close frees. */
struct row_seen {
    struct row_seen_slot *slots;
    size_t capacity, used;
};
void row_seen_close(struct row_seen *seen);

/* The area of the row, before anything else is looked at; ROW_VALUE when it cannot be told. */
FQ_CHECKED fq_err row_area(const struct map *map, const struct fq_span *cells, size_t count,
                           uint32_t *out_area, struct fq_why *out_why);
/* The row's id (I2), counting the occurrence. Every well-formed row of the file must be asked for
 * once, in order, foreign ones too. False when memory is out. */
bool row_id(const struct map *map, const struct fq_span *cells, size_t count, uint32_t area,
            struct row_seen *seen, struct fq_id *out_id);
/* False when the map has a key column and the row has nothing there. */
bool row_has_key(const struct map *map, const struct fq_span *cells, size_t count);
/* The line a dispute was first seen at, which is this one when it is new; 0 when memory is out. */
uint32_t row_first_line(struct row_seen *seen, const struct fq_id *id, uint32_t line);
/* The trimmed text of a column; empty for -1, and for what the map calls blank. */
struct fq_span row_cell(const struct map *map, int column, const struct fq_span *cells,
                        size_t count);
/* What the fingerprint column of an exported row says while no other column was changed: 16 hex
 * digits over every column but the vault's; it does not matter how dates and amounts are written. */
void row_fingerprint(const struct map *map, const struct fq_span *cells, size_t count,
                     char out[17]);
/* The text a source gives for this row; empty when the cell is. Refuses with ROW_VALUE. */
FQ_CHECKED fq_err row_resolve(const struct map *map, const struct map_source *source,
                              const struct fq_span *cells, size_t count, struct fq_span *out_text,
                              struct fq_why *out_why);
/* The commands of the row; texts point into the cells or the arena. Needs area and id set.
 * Steps that may follow an outcome in any order come in the order of their dates. Refuses with DATE,
 * DATE_ORDER, ROW_VALUE, ROW_LEFTOVER, PARTY_ID, AMOUNT, CODE_UNKNOWN or FIELD; details
 * name the column, never the value of a vault column. */
FQ_CHECKED fq_err row_events(const struct map *map, const struct fq_codes *codes,
                             const struct fq_span *cells, size_t count, struct fq_arena *arena,
                             struct row *row, struct fq_why *out_why);

#endif
