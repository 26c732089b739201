/* Places: towns and villages, for entering disputes where they happened. A town's code is its county's
 * code and three digits, a village's its town's and three more. The table, which a node may have or
 * not, tells a mistyped code from a place.
 *
 * J1  A place stands in the table once; a village has its town there.
 * J2  A town is known when it is in the table, or when no town of its county is.
 * J3  A village is known when its town is, and it is in the table or no village of its town is. */
#ifndef FQ_CORE_PLACE_H
#define FQ_CORE_PLACE_H

#include "fq/base/bytes.h"

#define FQ_PLACES_MAX 131072
#define FQ_PLACE_NAME_SIZE 80

struct fq_place {
    uint64_t code;
    char name_zh[FQ_PLACE_NAME_SIZE];
};

struct fq_places {
    struct fq_place *rows; /* by county, then town, then village, once fq_places_sort was called */
    uint32_t count;
    uint32_t capacity;
};

/* An empty table with room for `capacity` places, at most FQ_PLACES_MAX, in the arena. */
FQ_CHECKED fq_err fq_places_init(struct fq_places *places, struct fq_arena *arena,
                                 uint32_t capacity, struct fq_why *out_why);
/* Add a copy of `place`, in any order. */
FQ_CHECKED fq_err fq_places_add(struct fq_places *places, const struct fq_place *place,
                                struct fq_why *out_why);
/* Put the rows in order: a town before its villages. Fails when one is there twice or a village
 * without its town (J1). */
FQ_CHECKED fq_err fq_places_sort(struct fq_places *places, struct fq_why *out_why);
const struct fq_place *fq_places_find(const struct fq_places *places, uint64_t code);
/* The first place, from index `from` on, whose code begins with `prefix`, decimal digits; the count
 * when there is none. */
uint32_t fq_places_next(const struct fq_places *places, struct fq_span prefix, uint32_t from);

bool fq_place_is_code(uint64_t code);    /* 9 or 12 digits */
uint32_t fq_place_county(uint64_t code); /* its first six digits; 0 for what is no code */
bool fq_places_know(const struct fq_places *places, uint64_t code); /* J2, J3 */

#endif
