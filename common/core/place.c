#include "fq/core/place.h"

#include <stdio.h>
#include <string.h>

#define TOWN_FIRST UINT64_C(100000000)       /* of nine digits */
#define VILLAGE_FIRST UINT64_C(100000000000) /* of twelve */

static bool is_town(uint64_t code)
{
    return code >= TOWN_FIRST && code < TOWN_FIRST * 10;
}

static bool is_village(uint64_t code)
{
    return code >= VILLAGE_FIRST && code < VILLAGE_FIRST * 10;
}

bool fq_place_is_code(uint64_t code)
{
    return is_town(code) || is_village(code);
}

uint32_t fq_place_county(uint64_t code)
{
    return is_town(code)      ? (uint32_t)(code / 1000)
           : is_village(code) ? (uint32_t)(code / 1000000)
                              : 0;
}

fq_err fq_places_init(struct fq_places *places, struct fq_arena *arena, uint32_t capacity,
                      struct fq_why *out_why)
{
    FQ_ASSERT(capacity <= FQ_PLACES_MAX);

    *places = (struct fq_places){.capacity = capacity};
    places->rows = fq_arena_take_raw(arena, (size_t)capacity * sizeof *places->rows);
    return places->rows ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "places");
}

fq_err fq_places_add(struct fq_places *places, const struct fq_place *place, struct fq_why *out_why)
{
    if (!fq_place_is_code(place->code)) {
        return fq_fail(out_why, FQ_REASON_PLACE_FILE, "%llu", (unsigned long long)place->code);
    }
    if (places->count == places->capacity) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "places");
    }
    places->rows[places->count++] = *place;
    return FQ_OK;
}

/* Codes as text order: a town stands before its villages. */
static uint64_t rank_of(uint64_t code)
{
    return is_town(code) ? code * 1000 : code;
}

static bool is_before(uint64_t a, uint64_t b)
{
    uint64_t rank_a = rank_of(a), rank_b = rank_of(b);

    return rank_a != rank_b ? rank_a < rank_b : a < b;
}

/* The place of `code`, or of what would follow it. */
static uint32_t lower_bound(const struct fq_places *places, uint64_t code)
{
    uint32_t low = 0, high = places->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (is_before(places->rows[middle].code, code)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct fq_place *fq_places_find(const struct fq_places *places, uint64_t code)
{
    uint32_t at = lower_bound(places, code);

    return at < places->count && places->rows[at].code == code ? &places->rows[at] : NULL;
}

/* Shell sort: files come nearly in order, and nothing is needed beside the rows. */
fq_err fq_places_sort(struct fq_places *places, struct fq_why *out_why)
{
    for (uint32_t gap = places->count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < places->count; i++) {
            struct fq_place moving = places->rows[i];
            uint32_t at = i;
            for (; at >= gap && is_before(moving.code, places->rows[at - gap].code); at -= gap) {
                places->rows[at] = places->rows[at - gap];
            }
            places->rows[at] = moving;
        }
    }
    for (uint32_t i = 0; i < places->count; i++) {
        uint64_t code = places->rows[i].code;
        if (i > 0 && code == places->rows[i - 1].code) {
            return fq_fail(out_why, FQ_REASON_PLACE_FILE, "%llu is there twice",
                           (unsigned long long)code);
        }
        if (is_village(code) && !fq_places_find(places, code / 1000)) {
            return fq_fail(out_why, FQ_REASON_PLACE_FILE, "%llu: its town is missing",
                           (unsigned long long)code);
        }
    }
    return FQ_OK;
}

static bool begins_with(uint64_t code, struct fq_span prefix)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)code);

    return prefix.size <= (size_t)size && memcmp(digits, prefix.data, prefix.size) == 0;
}

uint32_t fq_places_next(const struct fq_places *places, struct fq_span prefix, uint32_t from)
{
    uint32_t at = from;

    while (at < places->count && prefix.size > 0 && !begins_with(places->rows[at].code, prefix)) {
        at++;
    }
    return at < places->count ? at : places->count;
}

/* Whether the table has a place in the range of codes that begin so. */
static bool has_within(const struct fq_places *places, uint64_t first, uint64_t last)
{
    uint32_t at = lower_bound(places, first);

    return at < places->count && !is_before(last, places->rows[at].code);
}

bool fq_places_know(const struct fq_places *places, uint64_t code)
{
    uint64_t town = is_village(code) ? code / 1000 : code;
    uint64_t county = town / 1000;

    if (!fq_place_is_code(code)) {
        return false;
    }
    if (!fq_places_find(places, town)) {
        return !has_within(places, county * 1000, county * 1000 + 999); /* J2 */
    }
    return is_town(code) || fq_places_find(places, code) ||
           !has_within(places, town * 1000 + 1, town * 1000 + 999); /* J3 */
}
