#include "fq/core/area.h"

#include <string.h>

#define CODE_MIN 100000
#define CODE_MAX 999999

static const char *const tier_names[] = {
    [FQ_TIER_COUNTY] = "county", [FQ_TIER_CITY] = "city", [FQ_TIER_PROVINCE] = "province"};

fq_err fq_areas_init(struct fq_areas *areas, struct fq_arena *arena, uint32_t capacity,
                     struct fq_why *out_why)
{
    FQ_ASSERT(capacity <= FQ_AREAS_MAX);

    struct fq_areas empty = {.capacity = capacity, .version = 1};
    empty.rows = fq_arena_take(arena, capacity * sizeof *empty.rows);
    empty.codes = fq_arena_take(arena, capacity * sizeof *empty.codes);
    if (!empty.rows || !empty.codes) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "no memory for %u areas", capacity);
    }
    *areas = empty;
    return FQ_OK;
}

/* Where `code` stands or would stand: the count of smaller codes. */
static uint32_t place_of(const struct fq_areas *areas, uint32_t code)
{
    uint32_t low = 0;
    uint32_t high = areas->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (areas->codes[middle] < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

fq_err fq_areas_add(struct fq_areas *areas, const struct fq_area *area, struct fq_why *out_why)
{
    if (area->code < CODE_MIN || area->code > CODE_MAX) {
        return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u has not six digits", area->code);
    }
    if (areas->count == areas->capacity) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%u: more than %u areas", area->code,
                       areas->capacity);
    }
    uint32_t place = place_of(areas, area->code);
    if (place < areas->count && areas->codes[place] == area->code) {
        return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u stands twice in the table", area->code);
    }
    uint32_t after = areas->count - place;
    memmove(&areas->rows[place + 1], &areas->rows[place], after * sizeof *areas->rows);
    memmove(&areas->codes[place + 1], &areas->codes[place], after * sizeof *areas->codes);
    areas->rows[place] = *area;
    areas->codes[place] = area->code;
    areas->count++;
    return FQ_OK;
}

static fq_err check_parent(const struct fq_areas *areas, const struct fq_area *area,
                           struct fq_why *out_why)
{
    if (area->parent == 0) {
        if (area->tier != FQ_TIER_PROVINCE) {
            return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u is no province and has no parent",
                           area->code);
        }
        return FQ_OK;
    }
    const struct fq_area *parent = fq_areas_find(areas, area->parent);
    if (!parent) {
        return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u: its parent %u is not in the table",
                       area->code, area->parent);
    }
    if (parent->tier <= area->tier) { /* A2: so no walk upward can come back to where it began */
        return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u: its parent %u is a %s, not above a %s",
                       area->code, area->parent, fq_tier_name(parent->tier),
                       fq_tier_name(area->tier));
    }
    return FQ_OK;
}

static fq_err check_validity(const struct fq_areas *areas, const struct fq_area *area,
                             struct fq_why *out_why)
{
    if (area->valid_from && area->valid_to && area->valid_from >= area->valid_to) {
        return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u is valid on no day", area->code);
    }
    if (area->successor == 0) {
        return FQ_OK;
    }
    const struct fq_area *successor = fq_areas_find(areas, area->successor);
    if (!successor || successor->tier != area->tier) {
        return fq_fail(out_why, FQ_REASON_AREA_FILE,
                       "%u: its successor %u is not in the table or of another tier", area->code,
                       area->successor);
    }
    if (fq_areas_current(areas, area->code) == 0) {
        return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u: its successors go round in a circle",
                       area->code);
    }
    return FQ_OK;
}

fq_err fq_areas_check(const struct fq_areas *areas, struct fq_why *out_why)
{
    const struct fq_area *root = NULL;

    for (uint32_t i = 0; i < areas->count; i++) {
        const struct fq_area *area = &areas->rows[i];
        if (*fq_tier_name(area->tier) == '\0') {
            return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u has no tier", area->code);
        }
        fq_err err = check_parent(areas, area, out_why);
        err = err ? err : check_validity(areas, area, out_why);
        if (err) {
            return err;
        }
        if (area->parent == 0 && root) {
            return fq_fail(out_why, FQ_REASON_AREA_FILE, "%u is a second province beside %u",
                           area->code, root->code);
        }
        root = area->parent == 0 ? area : root;
    }
    if (!root) {
        return fq_fail(out_why, FQ_REASON_AREA_FILE, "the table has no province");
    }
    return FQ_OK;
}

const struct fq_area *fq_areas_find(const struct fq_areas *areas, uint32_t code)
{
    uint32_t place = place_of(areas, code);
    return place < areas->count && areas->codes[place] == code ? &areas->rows[place] : NULL;
}

const struct fq_area *fq_areas_root(const struct fq_areas *areas)
{
    uint32_t cursor = 0;
    return fq_areas_next_child(areas, 0, &cursor);
}

bool fq_areas_covers(const struct fq_areas *areas, uint32_t ancestor, uint32_t code)
{
    const struct fq_area *area = fq_areas_find(areas, code);
    for (int step = FQ_TIER_COUNTY; area && step <= FQ_TIER_PROVINCE; step++) {
        if (area->code == ancestor) {
            return true;
        }
        area = area->parent ? fq_areas_find(areas, area->parent) : NULL;
    }
    return false;
}

const struct fq_area *fq_areas_next_child(const struct fq_areas *areas, uint32_t parent,
                                          uint32_t *cursor)
{
    while (*cursor < areas->count) {
        const struct fq_area *area = &areas->rows[(*cursor)++];
        if (area->parent == parent) {
            return area;
        }
    }
    return NULL;
}

uint32_t fq_areas_current(const struct fq_areas *areas, uint32_t code)
{
    const struct fq_area *area = fq_areas_find(areas, code);
    for (uint32_t step = 0; area && step < areas->count; step++) {
        if (area->successor == 0) {
            return area->code;
        }
        area = fq_areas_find(areas, area->successor);
    }
    return 0;
}

bool fq_area_is_valid_on(const struct fq_area *area, uint16_t date)
{
    return date >= area->valid_from && (area->valid_to == 0 || date < area->valid_to);
}

const char *fq_tier_name(enum fq_tier tier)
{
    return tier >= FQ_TIER_COUNTY && tier <= FQ_TIER_PROVINCE ? tier_names[tier] : "";
}

bool fq_tier_parse(struct fq_span name, enum fq_tier *out_tier)
{
    for (enum fq_tier tier = FQ_TIER_COUNTY; tier <= FQ_TIER_PROVINCE; tier++) {
        if (fq_span_equal(name, fq_span_text(tier_names[tier]))) {
            *out_tier = tier;
            return true;
        }
    }
    return false;
}
