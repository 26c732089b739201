#include "fq/core/tally.h"

#include <string.h>

bool fq_tally_init(struct fq_tally *tally, uint32_t capacity, struct fq_arena *arena)
{
    uint32_t slot_count = 2;

    while (slot_count < 2 * capacity) {
        slot_count *= 2;
    }
    *tally = (struct fq_tally){.capacity = capacity, .slot_count = slot_count};
    tally->rows = fq_arena_take_raw(arena, capacity * sizeof *tally->rows);
    tally->slots = fq_arena_take(arena, slot_count * sizeof *tally->slots);
    return tally->rows && tally->slots;
}

static bool is_key(const struct fq_rollup_row *row, const uint64_t *key)
{
    uint64_t differs = 0;

    for (uint32_t i = 0; i < FQ_ROLLUP_BY_MAX; i++) {
        differs |= row->key[i] ^ key[i];
    }
    return differs == 0;
}

static uint32_t find_slot(const struct fq_tally *tally, const uint64_t *key)
{
    /* Odd factors without a pattern, so that the parts are mixed side by side. */
    static const uint64_t factors[FQ_ROLLUP_BY_MAX] = {
        UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9), UINT64_C(0x94d049bb133111eb)};
    uint64_t mixed = 0;

    for (uint32_t i = 0; i < FQ_ROLLUP_BY_MAX; i++) {
        mixed += key[i] * factors[i];
    }
    uint32_t slot = (uint32_t)(mixed ^ mixed >> 32) & (tally->slot_count - 1);
    while (tally->slots[slot] && !is_key(&tally->rows[tally->slots[slot] - 1], key)) {
        slot = (slot + 1) & (tally->slot_count - 1); /* half of the slots are always free */
    }
    return slot;
}

const struct fq_rollup_row *fq_tally_find(const struct fq_tally *tally, const uint64_t *key)
{
    uint32_t slot = tally->slots[find_slot(tally, key)];

    return slot ? &tally->rows[slot - 1] : NULL;
}

struct fq_rollup_row *fq_tally_row(struct fq_tally *tally, const uint64_t *key)
{
    if (tally->last && is_key(tally->last, key)) {
        return tally->last;
    }
    uint32_t slot = find_slot(tally, key);
    if (tally->slots[slot]) {
        tally->last = &tally->rows[tally->slots[slot] - 1];
        return tally->last;
    }
    if (tally->count == tally->capacity) {
        tally->is_full = true;
        return NULL;
    }
    struct fq_rollup_row *row = &tally->rows[tally->count++];
    memset(row, 0, sizeof *row);
    memcpy(row->key, key, sizeof row->key);
    tally->slots[slot] = tally->count;
    tally->last = row;
    return row;
}
