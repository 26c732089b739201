/* Import maps: how the columns of a foreign ledger become events.
 *
 * A map is loaded once and then only read. It names columns by their header; fq names of events and
 * fields are those of event.h. config/maps/nyc.cfg shows all of it.
 *
 * I1  What is wrong with a map is said as FILE:LINE, before any row is read.
 * I2  A dispute's id is a hash of the ledger's name and either the key column, or every mapped
 *     column that is no vault column (by name, in order of names), the area if a vault column told
 *     it, and the number of the occurrence. The order of columns and of settings plays no part.
 *     A row whose identity column names a dispute is that dispute's. */
#ifndef FQ_NODES_CLI_IMPORT_MAP_H
#define FQ_NODES_CLI_IMPORT_MAP_H

#include "fq/core/area.h"
#include "fq/core/event.h"

#define MAP_COLUMNS_MAX 64
#define MAP_TABLES_MAX 16
#define MAP_EVENTS_MAX 24
#define MAP_DATES_MAX 8
#define MAP_VALUES_MAX 16 /* of `is` */
#define MAP_VAULT_MAX 12
#define MAP_OUTPUTS_MAX 8
#define MAP_ENTRIES_MAX 65536

struct map_table {
    const char *name;
    bool is_prefix;
    bool is_trimmed; /* the value looked up loses spaces at its ends */
    size_t entry_count, width;
    const char **cells;       /* entry_count x width */
    const char **default_row; /* the entry `*`, or NULL */
};

/* Where a value comes from: a constant or a column, perhaps through a table. */
struct map_source {
    bool is_given;
    const char *constant;           /* NULL when a column is used */
    int column;                     /* index in map.columns */
    const struct map_table *table;  /* NULL none */
    size_t output;                  /* column of the table, from 1 */
    const char *is[MAP_VALUES_MAX]; /* when not empty the value is whether it is one of these */
    size_t is_count;
    unsigned line;
};

struct map_field {
    enum fq_field field;
    struct map_source source;
};

struct map_event {
    unsigned kind;
    struct map_source date, when, unit;
    struct map_field fields[FQ_BODY_FIELDS_MAX];
    size_t field_count;
};

struct map_vault {
    unsigned field; /* of vault.h */
    int columns[MAP_COLUMNS_MAX];
    size_t column_count;
};

enum map_type { /* of what a column holds */
                MAP_TEXT,
                MAP_DATE,
                MAP_MONEY,
                MAP_NUMBER, /* a count; codes of areas and units are texts */
};

struct map_column {
    const char *name; /* as in the header line */
    enum map_type type;
    bool is_vault, is_mapped, is_optional;
    unsigned order; /* of the columns in a register that is written: from the left */
    int place;      /* in the file at hand; -1 until bound, and when an optional one is not there */
};

enum map_words { /* how codes are written into a register */
                 MAP_WORDS_ID,
                 MAP_WORDS_ZH,
                 MAP_WORDS_EN,
};

struct map {
    char path[512];
    const char *ledger;
    int key;         /* column, -1 none */
    int identity;    /* column of the dispute's id in what was exported, -1 none */
    int fingerprint; /* column that tells whether an exported row was changed, -1 none */
    bool is_skipping_foreign;
    bool is_strict; /* what belongs to a step that was not taken must be empty */
    enum map_words words;
    const char *sheet;                 /* name of the sheet a register is written to */
    const char *blanks[MAP_DATES_MAX]; /* what people write into a cell that stays empty */
    size_t blank_count;
    const char *dates[MAP_DATES_MAX];
    size_t date_count;
    struct map_column columns[MAP_COLUMNS_MAX];
    size_t column_count;
    struct map_table tables[MAP_TABLES_MAX];
    size_t table_count;
    struct map_source area;
    bool is_area_from_vault;
    struct map_event events[MAP_EVENTS_MAX];
    size_t event_count;
    struct map_vault vault[MAP_VAULT_MAX];
    size_t vault_count;
    struct fq_arena *arena;
};

/* Load a map and its tables (I1); everything lies in the arena, which must outlive the map. Fails
 * with MAP, FILE or LIMIT. */
FQ_CHECKED fq_err map_load(const char *path, struct fq_arena *arena, struct map *out_map,
                           struct fq_why *out_why);
/* Find the map's columns in a header line; the width of signs and spaces do not matter. Fails with
 * MAP when one that is not optional is missing, or one stands there twice. */
FQ_CHECKED fq_err map_bind(struct map *map, const struct fq_span *header, size_t count,
                           struct fq_why *out_why);

#endif
