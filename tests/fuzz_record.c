/* Any bytes as a record: scanned, read, decoded, encoded again, folded. */
#include <stdlib.h>
#include <string.h>

#include "support/world.h"

static struct fq_span encode(const struct fq_event *event, uint8_t *buffer, size_t size)
{
    struct fq_writer writer = fq_writer_over(buffer, size);

    fq_event_encode(event, &writer);
    return fq_writer_span(&writer);
}

/* decode(encode(x)) = x: what was decoded encodes to a record that decodes and encodes alike. */
static void go_round(const struct fq_event *event)
{
    static uint8_t first_bytes[2 * FQ_RECORD_MAX], second_bytes[2 * FQ_RECORD_MAX];
    struct fq_event again;

    if (!fq_kind_row(event->kind)) {
        return;
    }
    struct fq_span first = encode(event, first_bytes, sizeof first_bytes);
    FQ_ASSERT(first.size > 0);
    FQ_ASSERT(fq_codec_scan(first));
    struct fq_reader reader = fq_reader_over(first);
    memset(&again, 0, sizeof again);
    FQ_ASSERT(fq_event_decode(&reader, event->id, &again));
    FQ_ASSERT(reader.at == reader.end);
    struct fq_span second = encode(&again, second_bytes, sizeof second_bytes);
    FQ_ASSERT(fq_span_equal(first, second));
}

/* Folding twice is folding once, and what is written behind comes back. */
static void fold(const struct world *world, const struct fq_event *event)
{
    struct world_view *held = world_view_open_small(world, (size_t)1 << 20);
    enum fq_merged merged = fq_merge_event(&held->view, event);

    FQ_ASSERT(merged == FQ_MERGED_NEW || merged == FQ_MERGED_INERT);
    FQ_ASSERT(fq_merge_event(&held->view, event) ==
              (merged == FQ_MERGED_NEW ? FQ_MERGED_DUPLICATE : FQ_MERGED_INERT));
    if (merged == FQ_MERGED_NEW) {
        struct fq_digest before = fq_view_digest(&held->view, WORLD_PROVINCE, 0, UINT16_MAX);
        held = world_restart(held);
        FQ_ASSERT(
            fq_digest_equal(before, fq_view_digest(&held->view, WORLD_PROVINCE, 0, UINT16_MAX)));
    }
    world_view_close(held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    const struct fq_event_id id = {{WORLD_COUNTY * 100 + 1, 0, 1}, 7};
    struct fq_span bytes = fq_span_of(data, size);
    struct fq_reader reader = fq_reader_over(bytes);
    struct fq_event event;

    if (!world.memory.base) {
        world_open(&world);
    }
    bool is_sound = fq_codec_scan(bytes);
    memset(&event, 0, sizeof event);
    bool is_event = fq_event_decode(&reader, id, &event); /* without a good scan too: K2 */
    FQ_ASSERT(reader.at <= reader.end);
    struct fq_reader skipper = fq_reader_over(bytes);
    struct fq_span whole = fq_read_skip(&skipper);
    FQ_ASSERT(is_sound == (!skipper.is_bad && whole.size == size && size > 0));
    if (is_sound) {
        (void)fq_map_get(bytes, "area");
        (void)fq_map_uint(bytes, "seq");
    }
    if (is_sound && is_event) {
        go_round(&event);
        fold(&world, &event);
    }
    return 0;
}
