#include "sealed.h"

#include <string.h>

#include "fq/edge/memory.h"
#include "history.h"

void sealed_make(struct sealed *sealed, const char *period, uint32_t area)
{
    struct fq_period months;
    struct fq_view *view = &sealed->held->view;
    struct fq_period_seal *seal = &sealed->seal;
    struct fq_writer writer = fq_writer_over(sealed->head, sizeof sealed->head);
    bool is_fine = fq_period_parse(fq_span_text(period), &months);

    *seal = (struct fq_period_seal){
        .id = world_id(0x5e),
        .first_month = months.first_month,
        .last_month = months.last_month,
        .area = area,
        .node = WORLD_PROVINCE * 100 + 1,
        .made_ms = 1625097600000,
        .metrics = FQ_METRICS_VERSION,
        .digest = fq_view_digest(view, area, months.first_month, months.last_month),
    };
    memcpy(seal->period, months.name, sizeof seal->period);
    is_fine = is_fine &&
              fq_period_cells(view, area, seal->first_month, seal->last_month, &sealed->arena,
                              &sealed->cells) &&
              fq_period_leaves(view, seal, &sealed->salt, &sealed->arena, &sealed->leaves,
                               &seal->root, &seal->count);
    FQ_ASSERT(is_fine);
    fq_hash_spans(&sealed->cells, 1, &seal->cells);
    fq_period_seal_encode(seal, &writer);
    sealed->head_size = writer.used;
    fq_period_seal_sign(&sealed->secret, fq_writer_span(&writer), sealed->signature);
}

void sealed_open(struct sealed *sealed, uint64_t seed, int histories, const char *period,
                 uint32_t area)
{
    static struct history history;
    struct random random = random_of(seed);
    uint8_t key_seed[32] = {1, 2, 3};
    struct fq_why why;

    memset(sealed, 0, sizeof *sealed);
    world_open(&sealed->world);
    sealed->held = world_view_open(&sealed->world);
    fq_sign_pair(key_seed, &sealed->key, &sealed->secret);
    sealed->salt = world_id(0x5a);
    fq_err err = fq_memory_reserve((size_t)1 << 30, &sealed->arena, &why);
    FQ_ASSERT(err == FQ_OK);
    for (int i = 0; i < histories; i++) {
        history_draw(&history, 60, &random);
        for (uint32_t k = 0; k < history.count; k++) {
            (void)world_tell_record(sealed->held, &history.entries[k].id,
                                    history.entries[k].record);
        }
    }
    sealed_make(sealed, period, area);
}

void sealed_close(struct sealed *sealed)
{
    fq_memory_release(&sealed->arena);
    world_view_close(sealed->held);
    world_close(&sealed->world);
}
