/* What must hold of the feed: each event once, without a hole, the same live and replayed (I7). */
#include "sim.h"

#include <string.h>

static void mark_of(const struct fq_event_id *id, uint64_t prev, uint8_t out[8])
{
    uint64_t said[3] = {id->log.origin, id->seq, prev};

    fq_put_be64(out, fq_hash_quick(fq_span_of(said, sizeof said)) | 1);
}

void sim_check_published(struct sim *sim, int at, struct fq_span topic, struct fq_span payload)
{
    static const uint8_t nothing[8] = {0};
    struct sim_node *node = &sim->nodes[at];
    uint64_t lsn = fq_map_uint(payload, "lsn");
    struct fq_event_id id = {.seq = fq_map_uint(payload, "seq")};
    struct fq_span origin = fq_map_text(payload, "origin");

    sim_look_for_subjects(sim, at, payload);
    if (topic.size == 2) {
        return; /* a heartbeat */
    }
    for (size_t i = 0; i < origin.size; i++) {
        id.log.origin = id.log.origin * 10 + (uint32_t)(origin.data[i] - '0');
    }
    if (origin.size == 0) {
        id.log.origin = (uint32_t)fq_map_uint(payload, "origin");
    }
    if (lsn == 0 || lsn > SIM_LSN_MAX || lsn <= node->published_lsn ||
        memcmp(node->published[lsn - 1], nothing, sizeof nothing) != 0) {
        sim_break(sim, "I7 a feed tells each event once", sim_bit(at),
                  "%s publishes lsn %llu after %llu", sim_name(at), (unsigned long long)lsn,
                  (unsigned long long)node->published_lsn);
        return;
    }
    node->published_lsn = lsn;
    mark_of(&id, fq_map_uint(payload, "prev"), node->published[lsn - 1]);
}

struct feed_walk {
    struct sim *sim;
    int at;
    uint64_t next_lsn;
    uint64_t last[SIM_NODES]; /* of the area of each node */
};

static int place_of_area(const struct sim *sim, uint32_t area)
{
    int found = sim_find(sim, area * 100 + 1);

    return found < 0 ? 0 : found;
}

static fq_err walk_feed(void *context, const struct fq_batch *batch, uint64_t first_lsn,
                        const struct fq_arrival *arrival, struct fq_why *out_why)
{
    static const uint8_t nothing[8] = {0};
    static struct fq_feed_reader reader;
    struct feed_walk *walk = context;
    struct sim *sim = walk->sim;
    struct fq_event event;
    uint64_t lsn, prev;
    uint8_t mark[8];

    if (first_lsn != walk->next_lsn || !fq_feed_reader_init(&reader, batch, first_lsn, arrival)) {
        return fq_fail(out_why, FQ_REASON_GAP, "lsn %llu after %llu", (unsigned long long)first_lsn,
                       (unsigned long long)walk->next_lsn - 1);
    }
    while (fq_feed_next(&reader, &event, &lsn, &prev)) {
        struct fq_event carried;
        const struct fq_event *told =
            fq_node_told_event(sim->nodes[walk->at].node, &event, &carried);
        uint64_t *last = &walk->last[place_of_area(sim, event.area)];
        const uint8_t *said = sim->nodes[walk->at].published[lsn - 1];
        uint32_t area = told ? told->area : 0; /* what is not told is not linked */
        mark_of(told ? &told->id : &event.id, prev, mark);
        if (lsn != walk->next_lsn || (area ? prev != *last : prev != 0)) {
            return fq_fail(out_why, FQ_REASON_GAP, "lsn %llu follows %llu, not %llu",
                           (unsigned long long)lsn, (unsigned long long)prev,
                           (unsigned long long)*last);
        }
        if (memcmp(said, nothing, sizeof nothing) != 0 &&
            (!told || memcmp(said, mark, sizeof mark) != 0)) {
            return fq_fail(out_why, FQ_REASON_GAP, "lsn %llu was published as another event",
                           (unsigned long long)lsn);
        }
        *last = area ? lsn : *last;
        walk->next_lsn++;
    }
    return FQ_OK;
}

/* A replay has no hole and tells what the live feed told. */
void sim_check_feed(struct sim *sim, int at)
{
    struct feed_walk walk = {.sim = sim, .at = at, .next_lsn = 1};
    struct fq_node *node = sim->nodes[at].node;
    uint64_t next_lsn;
    struct fq_why why = {0};

    if (fq_node_walk(node->store, 1, UINT64_MAX, walk_feed, &walk, &next_lsn, &why)) {
        sim_break(sim, "I7 a feed tells each event once", sim_bit(at), "%s: %s", sim_name(at),
                  why.detail);
    } else if (walk.next_lsn != node->core.feed.head + 1) {
        sim_break(sim, "I7 a feed tells each event once", sim_bit(at), "%s replays to %llu of %llu",
                  sim_name(at), (unsigned long long)walk.next_lsn - 1,
                  (unsigned long long)node->core.feed.head);
    }
}
