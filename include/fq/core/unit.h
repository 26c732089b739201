/* Units: mediation committees, administrative organs, courts. A unit's code is its area's code and a
 * four-digit number, so that its area is known without a table; the table, which a node may have or
 * not, adds names and kinds, and tells a mistyped code from a unit.
 *
 * U1  A unit stands in the table once, its code has ten digits, its kind is one of the three.
 * U2  The area of a unit is the beginning of its code. */
#ifndef FQ_CORE_UNIT_H
#define FQ_CORE_UNIT_H

#include "fq/core/code.h"

#define FQ_UNITS_MAX 65536
#define FQ_UNIT_NAME_SIZE 96

struct fq_unit {
    uint64_t code;
    uint8_t kind; /* enum fq_kind */
    char name_zh[FQ_UNIT_NAME_SIZE];
    char name_en[FQ_UNIT_NAME_SIZE];
};

struct fq_units {
    struct fq_unit *rows; /* by code once fq_units_sort was called */
    uint32_t count;
    uint32_t capacity;
};

/* An empty table with room for `capacity` units, at most FQ_UNITS_MAX, in the arena. */
FQ_CHECKED fq_err fq_units_init(struct fq_units *units, struct fq_arena *arena, uint32_t capacity,
                                struct fq_why *out_why);
/* Add a copy of `unit`, in any order. */
FQ_CHECKED fq_err fq_units_add(struct fq_units *units, const struct fq_unit *unit,
                               struct fq_why *out_why);
/* Put the rows in order; fails when a code stands there twice (U1). */
FQ_CHECKED fq_err fq_units_sort(struct fq_units *units, struct fq_why *out_why);
/* The unit of a sorted table, or NULL. */
const struct fq_unit *fq_units_find(const struct fq_units *units, uint64_t code);

uint32_t fq_unit_area(uint64_t code); /* U2 */

#endif
