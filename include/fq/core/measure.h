/* Measures: what is counted, and the cells that hold the counts.
 *
 * A cell is one row of a declared table: (table, area, month, dimension) -> a value per measure.
 * Cells are only ever changed by the difference of two contributions (merge.h). Values are whole
 * numbers: disputes, persons or cents. Stocks (open, overdue) are kept as changes per month and
 * are summed from the first month when asked for.
 *
 * C1  A cell whose values are all zero counts for nothing: it is in no digest and no row.
 * C2  The digest of a scope is the sum mod 2^128 of XXH3-128(key, values) over its cells. */
#ifndef FQ_CORE_MEASURE_H
#define FQ_CORE_MEASURE_H

#include "fq/base/hash.h"
#include "fq/core/index.h"

/* measure, name as in JSON, is it a stock */
#define FQ_MEASURES(X)                                                                             \
    X(FOUND, "found", 0)                                                                           \
    X(REGISTERED, "registered", 0)                                                                 \
    X(ACCEPTED, "accepted", 0)                                                                     \
    X(REJECTED, "rejected", 0)                                                                     \
    X(FOUND_RESOLVED, "found_resolved", 0)                                                         \
    X(CONCLUDED, "concluded", 0)                                                                   \
    X(AGREED, "agreed", 0)                                                                         \
    X(FAILED, "failed", 0)                                                                         \
    X(TERMINATED, "terminated", 0)                                                                 \
    X(ORAL, "oral", 0)                                                                             \
    X(WRITTEN, "written", 0)                                                                       \
    X(CONFIRMED, "confirmed", 0)                                                                   \
    X(PERFORMED, "performed", 0)                                                                   \
    X(CLOSED, "closed", 0)                                                                         \
    X(LINKED, "linked", 0)                                                                         \
    X(LINKED_CONCLUDED, "linked_concluded", 0)                                                     \
    X(CROSS_AREA, "cross_area", 0)                                                                 \
    X(REFERRED, "referred", 0)                                                                     \
    X(SURVEYED, "surveyed", 0)                                                                     \
    X(SATISFIED, "satisfied", 0)                                                                   \
    X(PERSONS, "persons", 0)                                                                       \
    X(AMOUNT_CENTS, "amount_cents", 0)                                                             \
    X(DIFFICULT, "difficult", 0)                                                                   \
    X(DIFFICULT_PERSONS, "difficult_persons", 0)                                                   \
    X(PREVENTED_SUICIDE, "prevented_suicide", 0)                                                   \
    X(PREVENTED_SUICIDE_PERSONS, "prevented_suicide_persons", 0)                                   \
    X(PREVENTED_CRIME, "prevented_civil_to_criminal", 0)                                           \
    X(PREVENTED_CRIME_PERSONS, "prevented_civil_to_criminal_persons", 0)                           \
    X(PREVENTED_PETITION, "prevented_mass_petition", 0)                                            \
    X(PREVENTED_PETITION_PERSONS, "prevented_mass_petition_persons", 0)                            \
    X(PREVENTED_BRAWL, "prevented_mass_brawl", 0)                                                  \
    X(PREVENTED_BRAWL_PERSONS, "prevented_mass_brawl_persons", 0)                                  \
    X(OPEN, "open", 1)                                                                             \
    X(OVERDUE, "overdue", 1)                                                                       \
    X(PARTICIPATED, "participated", 0)                                                             \
    X(SWEEPS, "sweeps", 0)                                                                         \
    X(ZERO_REPORTS, "zero_reports", 0)                                                             \
    X(HOUSEHOLDS, "households", 0)                                                                 \
    X(MERGED, "merged", 0)                                                                         \
    X(VOIDED, "voided", 0)                                                                         \
    X(ACTIVITY, "activity", 0) /* the count of an indicator; in its own table only */

enum fq_measure {
#define FQ_MEASURE_ENUM(name, text, is_stock) FQ_MEASURE_##name,
    FQ_MEASURES(FQ_MEASURE_ENUM)
#undef FQ_MEASURE_ENUM
        FQ_MEASURES_COUNT
};

struct fq_measure_row {
    const char *name;
    bool is_stock;
};

const struct fq_measure_row *fq_measure_row(enum fq_measure measure);
bool fq_measure_find(struct fq_span name, enum fq_measure *out_measure);

enum fq_cell_table {
    FQ_CELLS_AREA,     /* (area, month) */
    FQ_CELLS_TYPE,     /* (area, month, type) */
    FQ_CELLS_KIND,     /* (area, month, kind): a dispute counts once in each kind that took part */
    FQ_CELLS_ACTIVITY, /* (area, month, indicator) */
    FQ_CELL_TABLES
};

struct fq_cell {
    uint32_t area;
    uint16_t month;     /* fq_month_of */
    uint16_t dimension; /* 0 where the table has none */
    uint8_t table;
    bool is_hash_stale;
    struct fq_digest hash;
    int64_t value[FQ_MEASURES_COUNT];
};

#define FQ_CELLS_RECENT 8192 /* a power of two */

struct fq_cells {
    struct fq_arena *region; /* cells one after the other */
    struct fq_cell *cells;
    struct fq_index index;
    uint16_t month_min, month_max;    /* of all cells ever made; 0 when there are none */
    uint32_t recent[FQ_CELLS_RECENT]; /* where cells changed lately are, by hash: a guess */
};

/* The three regions are the caller's, used for nothing else. */
void fq_cells_init(struct fq_cells *cells, struct fq_arena *region, struct fq_arena *head_region,
                   struct fq_arena *link_region);
/* The cell, or NULL when nothing was ever counted there. */
const struct fq_cell *fq_cells_find(const struct fq_cells *cells, enum fq_cell_table table,
                                    uint32_t area, uint16_t month, uint16_t dimension);
/* The cell, made when absent; NULL when memory is full. The caller changes values and sets
 * is_hash_stale. */
struct fq_cell *fq_cells_make(struct fq_cells *cells, enum fq_cell_table table, uint32_t area,
                              uint16_t month, uint16_t dimension);
/* This cell's term of the digest (C1, C2), brought up to date. */
struct fq_digest fq_cell_digest(struct fq_cell *cell);

#endif
