/* Rows: one row of a ledger through a map, as commands. Pure: no files, no network, no clock. */
#ifndef FQ_NODES_CLI_IMPORT_ROW_H
#define FQ_NODES_CLI_IMPORT_ROW_H

#include "fq/core/code.h"
#include "import_map.h"

#define ROW_COMMANDS_MAX MAP_EVENTS_MAX

struct row {
    uint32_t area;   /* home */
    struct fq_id id; /* the dispute (I2) */
    struct fq_event events[ROW_COMMANDS_MAX];
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

/* Strictly units with at most two decimals, perhaps with thousands commas and a currency sign:
 * "707", "707.5", "1,234.50", "$7.00". */
bool row_amount(struct fq_span text, uint64_t *out_cents);

/* The area of the row, before anything else is looked at; ROW_VALUE when it cannot be told. */
FQ_CHECKED fq_err row_area(const struct map *map, const struct fq_span *cells, size_t count,
                           uint32_t *out_area, struct fq_why *out_why);
/* The row's id (I2), counting the occurrence. Every well-formed row of the file must be asked for
 * once, in order, foreign ones too. False when memory is out. */
bool row_id(const struct map *map, const struct fq_span *cells, size_t count, uint32_t area,
            struct row_seen *seen, struct fq_id *out_id);
/* False when the map has a key column and the row has nothing there. */
bool row_has_key(const struct map *map, const struct fq_span *cells, size_t count);
/* The commands of the row; texts point into the cells or the arena. Needs area and id set.
 * Refuses with DATE, DATE_ORDER, ROW_VALUE, AMOUNT, CODE_UNKNOWN or FIELD; details name the column,
 * never the value of a vault column. */
FQ_CHECKED fq_err row_events(const struct map *map, const struct fq_codes *codes,
                             const struct fq_span *cells, size_t count, struct fq_arena *arena,
                             struct row *row, struct fq_why *out_why);

#endif
