/* Areas: the tree of administrative divisions, by code only.
 *
 * Names repeat (73 villages are called 王庄), so nothing is ever found by name. The table holds old
 * areas beside new ones; validity dates and successors tell them apart. It says nothing of nodes:
 * which area has a node is the configuration's matter.
 *
 * A1  A code has six digits and stands in the table once; rows are kept in ascending order of code.
 * A2  A checked table has one root, a province; every other area's parent is of a higher tier, so
 *     walks upward end. A county may hang directly under a province.
 * A3  An area is valid from valid_from up to, but not on, valid_to; 0 leaves that side open. */
#ifndef FQ_CORE_AREA_H
#define FQ_CORE_AREA_H

#include "fq/core/date.h"

#define FQ_AREAS_MAX 4096
#define FQ_AREA_NAME_ZH_SIZE 64
#define FQ_AREA_NAME_EN_SIZE 96

enum fq_tier { FQ_TIER_COUNTY = 1, FQ_TIER_CITY = 2, FQ_TIER_PROVINCE = 3 };

struct fq_area {
    uint32_t code;
    uint32_t parent; /* 0 for the root */
    enum fq_tier tier;
    char name_zh[FQ_AREA_NAME_ZH_SIZE];
    char name_en[FQ_AREA_NAME_EN_SIZE];
    uint16_t valid_from;
    uint16_t valid_to;
    uint32_t successor; /* the area that took this one over; 0 none */
};

struct fq_areas {
    struct fq_area *rows; /* by code */
    uint32_t *codes;      /* the codes alone, so that a search stays in few cache lines */
    uint32_t count;
    uint32_t capacity;
    uint32_t version; /* of the table; the caller's */
};

/* An empty table of version 1 with room for `capacity` areas, at most FQ_AREAS_MAX, in the arena.
 * Fails with FQ_ERR_LIMIT when the arena is full. */
FQ_CHECKED fq_err fq_areas_init(struct fq_areas *areas, struct fq_arena *arena, uint32_t capacity,
                                struct fq_why *out_why);
/* Add a copy of `area` (A1). Refuses a code that has not six digits or is there already. */
FQ_CHECKED fq_err fq_areas_add(struct fq_areas *areas, const struct fq_area *area,
                               struct fq_why *out_why);
/* Whether the table as a whole is sound (A2, A3; successors exist, are of the same tier and lead to
 * an end). The detail begins with the code of the area that is wrong. */
FQ_CHECKED fq_err fq_areas_check(const struct fq_areas *areas, struct fq_why *out_why);

/* The area, or NULL. Pointers hold until the next add. */
const struct fq_area *fq_areas_find(const struct fq_areas *areas, uint32_t code);
/* The only area without a parent, or NULL. */
const struct fq_area *fq_areas_root(const struct fq_areas *areas);
/* Whether `ancestor` is `code` or stands above it; false when either is unknown. */
bool fq_areas_covers(const struct fq_areas *areas, uint32_t ancestor, uint32_t code);
/* The next area directly under `parent`, in order of code, or NULL; `cursor` starts at 0. */
const struct fq_area *fq_areas_next_child(const struct fq_areas *areas, uint32_t parent,
                                          uint32_t *cursor);
/* The area that stands for `code` today: itself or its last successor; 0 when unknown. */
uint32_t fq_areas_current(const struct fq_areas *areas, uint32_t code);
bool fq_area_is_valid_on(const struct fq_area *area, uint16_t date); /* A3 */

const char *fq_tier_name(enum fq_tier tier); /* county, city, province; "" for another number */
bool fq_tier_parse(struct fq_span name, enum fq_tier *out_tier);

#endif
