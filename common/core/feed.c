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

/* The link of `area` among the first `count`, or `count`. */
static uint32_t find_link(const uint8_t *links, uint32_t count, uint32_t area)
{
    uint32_t i = 0;

    while (i < count && fq_get_be32(links + (size_t)i * LINK_SIZE) != area) {
        i++;
    }
    return i;
}

bool fq_feed_number(struct fq_feed *feed, const struct fq_batch *batch, uint64_t wall_ms,
                    struct fq_arena *arena, struct fq_span *out_arrival)
{
    struct fq_event_id first = {batch->seal.log, batch->seal.from_seq};
    struct fq_reader reader = fq_reader_over(batch->records);
    uint8_t *out = fq_arena_take_raw(arena, ARRIVAL_HEAD + LINK_SIZE * FQ_FEED_BATCH_AREAS_MAX);
    struct fq_event event;
    uint32_t link_count = 0;

    if (!out) {
        return false;
    }
    for (uint32_t i = 0; i < batch->record_count; i++) {
        struct fq_event_id id = first;
        id.seq += i;
        bool is_event = fq_event_decode(&reader, id, &event);
        uint64_t lsn = feed->head + 1 + i;
        uint32_t area = is_event ? event.area : 0;
        uint8_t *links = out + ARRIVAL_HEAD;
        uint32_t link = find_link(links, link_count, area);
        if (link == link_count && link_count < FQ_FEED_BATCH_AREAS_MAX) {
            fq_put_be32(links + (size_t)link * LINK_SIZE, area);
            fq_put_be64(links + (size_t)link * LINK_SIZE + 4, fq_feed_last(feed, area));
            link_count++;
        }
        fq_feed_set_last(feed, area, lsn);
    }
    feed->head += batch->record_count;
    fq_log_key_encode(&first, out);
    fq_put_be64(out + 20, wall_ms);
    fq_put_be32(out + 28, batch->record_count);
    *out_arrival = fq_span_of(out, ARRIVAL_HEAD + (size_t)link_count * LINK_SIZE);
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
    reader->reader = fq_reader_over(batch->records);
    reader->next_id = (struct fq_event_id){batch->seal.log, batch->seal.from_seq};
    reader->next_lsn = first_lsn;
    reader->left = batch->record_count;
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
    if (reader->left == 0 || !fq_event_decode(&reader->reader, reader->next_id, out_event)) {
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
    reader->left--;
    reader->next_id.seq++;
    reader->next_lsn++;
    return true;
}
