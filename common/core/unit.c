#include "fq/core/unit.h"

#include <string.h>

uint32_t fq_unit_area(uint64_t code)
{
    return (uint32_t)(code / 10000 % 1000000);
}

fq_err fq_units_init(struct fq_units *units, struct fq_arena *arena, uint32_t capacity,
                     struct fq_why *out_why)
{
    FQ_ASSERT(capacity <= FQ_UNITS_MAX);

    *units = (struct fq_units){.capacity = capacity};
    units->rows = fq_arena_take_raw(arena, (size_t)capacity * sizeof *units->rows);
    return units->rows ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "units");
}

fq_err fq_units_add(struct fq_units *units, const struct fq_unit *unit, struct fq_why *out_why)
{
    if (unit->code < UINT64_C(1000000000) || unit->code > UINT64_C(9999999999) ||
        unit->kind < FQ_KIND_PEOPLE || unit->kind > FQ_KIND_JUDICIAL) {
        return fq_fail(out_why, FQ_REASON_UNIT_FILE, "%010llu", (unsigned long long)unit->code);
    }
    if (units->count == units->capacity) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "units");
    }
    units->rows[units->count++] = *unit;
    return FQ_OK;
}

/* Shell sort: files come nearly in order, and nothing is needed beside the rows. */
fq_err fq_units_sort(struct fq_units *units, struct fq_why *out_why)
{
    for (uint32_t gap = units->count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < units->count; i++) {
            struct fq_unit moving = units->rows[i];
            uint32_t at = i;
            for (; at >= gap && units->rows[at - gap].code > moving.code; at -= gap) {
                units->rows[at] = units->rows[at - gap];
            }
            units->rows[at] = moving;
        }
    }
    for (uint32_t i = 1; i < units->count; i++) {
        if (units->rows[i].code == units->rows[i - 1].code) {
            return fq_fail(out_why, FQ_REASON_UNIT_FILE, "%010llu is there twice",
                           (unsigned long long)units->rows[i].code);
        }
    }
    return FQ_OK;
}

const struct fq_unit *fq_units_find(const struct fq_units *units, uint64_t code)
{
    uint32_t low = 0, high = units->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (units->rows[middle].code < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < units->count && units->rows[low].code == code ? &units->rows[low] : NULL;
}
