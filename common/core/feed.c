#include "fq/core/feed.h"

#include <string.h>

#define ARRIVAL_HEAD 32
#define LINK_SIZE 12

static uint32_t slot_of(const struct fq_feed *feed, uint32_t area)
{
    uint32_t slot = area * UINT32_C(2654435761) % FQ_FEED_AREAS_MAX;

    while (feed->areas[slot].area && feed->areas[slot].area != area) {
        slot = (slot + 1) % FQ_FEED_AREAS_MAX; /* a quarter of the slots is always free */
    }
    return slot;
}

uint64_t fq_feed_last(const struct fq_feed *feed, uint32_t area)
{
    return feed->areas[slot_of(feed, area)].last_lsn;
}

void fq_feed_set_last(struct fq_feed *feed, uint32_t area, uint64_t lsn)
{
    struct fq_feed_area *entry = &feed->areas[slot_of(feed, area)];

    if (area == 0) {
        return; /* facts without an area have no chain of their own */
    }
    if (entry->area == 0) {
        if (feed->area_count == FQ_FEED_AREAS_MAX / 4 * 3) {
            return; /* no area table is that large: links of such areas stay 0 */
        }
        feed->area_count++;
        entry->area = area;
    }
    entry->last_lsn = lsn;
}

void fq_log_key_encode(const struct fq_event_id *first, uint8_t out[FQ_LOG_KEY_SIZE])
{
    fq_event_id_encode(first, out);
}

void fq_feed_note(struct fq_feed *feed, const uint32_t *areas, uint32_t count, uint64_t first_lsn)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i + 1 == count || areas[i] != areas[i + 1]) { /* most batches speak of one area */
            fq_feed_set_last(feed, areas[i], first_lsn + i);
        }
    }
    feed->head = first_lsn + count - 1;
}

/* Put a link for `area` among the `count` there are, unless it has one; gives how many there are. */
static uint32_t add_link(const struct fq_feed *feed, uint8_t *links, uint32_t count, uint32_t area)
{
    uint8_t *link = links;

    while (link < links + (size_t)count * LINK_SIZE && fq_get_be32(link) != area) {
        link += LINK_SIZE;
    }
    if (link < links + (size_t)count * LINK_SIZE || count == FQ_FEED_BATCH_AREAS_MAX) {
        return count;
    }
    fq_put_be32(link, area);
    fq_put_be64(link + 4, fq_feed_last(feed, area));
    return count + 1;
}

bool fq_feed_number(struct fq_feed *feed, const struct fq_batch *batch, const uint32_t *areas,
                    uint64_t wall_ms, struct fq_arena *arena, struct fq_span *out_arrival)
{
    struct fq_event_id first = {batch->seal.log, batch->seal.from_seq};
    uint8_t *out = fq_arena_take_raw(arena, ARRIVAL_HEAD + LINK_SIZE * FQ_FEED_BATCH_AREAS_MAX);
    uint32_t link_count = 0;

    if (!out) {
        return false;
    }
    for (uint32_t i = 0; i < batch->record_count; i++) {
        if (i == 0 || areas[i] != areas[i - 1]) {
            link_count = add_link(feed, out + ARRIVAL_HEAD, link_count, areas[i]);
        }
    }
    fq_log_key_encode(&first, out);
    fq_put_be64(out + 20, wall_ms);
    fq_put_be32(out + 28, batch->record_count);
    *out_arrival = fq_span_of(out, ARRIVAL_HEAD + (size_t)link_count * LINK_SIZE);
    fq_feed_note(feed, areas, batch->record_count, feed->head + 1);
    return true;
}

bool fq_arrival_decode(struct fq_span value, struct fq_arrival *out_arrival)
{
    if (value.size < ARRIVAL_HEAD || (value.size - ARRIVAL_HEAD) % LINK_SIZE) {
        return false;
    }
    out_arrival->first = fq_event_id_decode(value.data);
    out_arrival->wall_ms = fq_get_be64(value.data + 20);
    out_arrival->count = fq_get_be32(value.data + 28);
    out_arrival->links = fq_span_of(value.data + ARRIVAL_HEAD, value.size - ARRIVAL_HEAD);
    return true;
}

bool fq_feed_reader_init(struct fq_feed_reader *reader, const struct fq_batch *batch,
                         uint64_t first_lsn, const struct fq_arrival *arrival)
{
    uint32_t link_count = (uint32_t)(arrival->links.size / LINK_SIZE);

    if (link_count > FQ_FEED_BATCH_AREAS_MAX) {
        return false;
    }
    reader->events = fq_batch_reader_over(batch);
    reader->next_lsn = first_lsn;
    reader->seen_count = link_count;
    for (uint32_t i = 0; i < link_count; i++) {
        const uint8_t *link = arrival->links.data + (size_t)i * LINK_SIZE;
        reader->seen[i] = (struct fq_feed_area){fq_get_be32(link), fq_get_be64(link + 4)};
    }
    return true;
}

bool fq_feed_next(struct fq_feed_reader *reader, struct fq_event *out_event, uint64_t *out_lsn,
                  uint64_t *out_prev)
{
    if (fq_batch_read(&reader->events, out_event, 1) == 0) {
        return false;
    }
    *out_lsn = reader->next_lsn;
    *out_prev = 0;
    for (uint32_t i = 0; i < reader->seen_count; i++) {
        if (reader->seen[i].area == out_event->area) {
            *out_prev = out_event->area ? reader->seen[i].last_lsn : 0;
            reader->seen[i].last_lsn = reader->next_lsn;
            break;
        }
    }
    reader->next_lsn++;
    return true;
}
