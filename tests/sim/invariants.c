/* What must hold: after every step of what the step may have changed, and all of it in the end. The
 * oracle is what the people were told and what was first stored, not what a node says of itself. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/plain_fold.h"
#include "fq/core/link.h"

#define FRONTIERS_MAX 8192

/* ---- what is stored: I1, I2, N2, N4, N6 ---- */

static int64_t find_command(const struct sim *sim, const struct fq_id *cmd_id)
{
    for (uint32_t i = 0; i < sim->command_count; i++) {
        if (fq_id_equal(&sim->commands[i].cmd_id, cmd_id)) {
            return i;
        }
    }
    return -1;
}

/* The first copy of an event, stored at its origin. */
static void note_fact(struct sim *sim, int origin, const struct fq_event *event)
{
    struct sim_fact *fact = &sim->facts[origin][event->id.seq - 1];

    *fact = (struct sim_fact){
        .hash = fq_hash_quick(event->record),
        .command = find_command(sim, &event->cmd_id),
        .dispute = event->dispute,
    };
    sim->fact_count[origin] = event->id.seq;
    if (fact->command < 0) {
        sim_break(sim, "a fact comes from a command", sim_bit(origin), "%s writes event %llu",
                  sim_name(sim, origin), (unsigned long long)event->id.seq);
        return;
    }
    for (uint64_t seq = 1; seq < event->id.seq; seq++) {
        if (sim->facts[origin][seq - 1].command == fact->command &&
            (!sim->nodes[origin].fork_seq || seq < sim->nodes[origin].fork_seq)) {
            sim_break(sim, "N2 a command makes one event", sim_bit(origin),
                      "%s makes events %llu and %llu of command %lld", sim_name(sim, origin),
                      (unsigned long long)seq, (unsigned long long)event->id.seq,
                      (long long)fact->command);
        }
    }
    sim->commands[fact->command].facts++;
}

static void check_fact(struct sim *sim, int at, int origin, const struct fq_event *event)
{
    struct sim_node *writer = &sim->nodes[origin];
    uint64_t seq = event->id.seq;

    if (seq > sim->fact_count[origin]) {
        if (at != origin) {
            sim_break(sim, "S2 what others hold its origin stored first",
                      sim_bit(at) | sim_bit(origin),
                      "%s stores event %llu of %s, which never stored it", sim_name(sim, at),
                      (unsigned long long)seq, sim_name(sim, origin));
            return;
        }
        note_fact(sim, origin, event);
        return;
    }
    if (sim->facts[origin][seq - 1].hash == fq_hash_quick(event->record)) {
        return;
    }
    if (!writer->is_wiped) {
        sim_break(sim, "I2 one id, one content", sim_bit(at) | sim_bit(origin),
                  "%s stores another event %llu of %s than was stored before", sim_name(sim, at),
                  (unsigned long long)seq, sim_name(sim, origin));
    } else if (at == origin && seq <= writer->warned_seq) {
        sim_break(sim, "Y3 what is behind its parent writes nothing", sim_bit(at),
                  "%s writes event %llu though its parent told it that it has %llu",
                  sim_name(sim, at), (unsigned long long)seq,
                  (unsigned long long)writer->warned_seq);
    } else if (!writer->fork_seq || seq < writer->fork_seq) {
        writer->fork_seq = seq;
        sim_tell(sim, sim_bit(origin), "the log of %s forks at event %llu", sim_name(sim, origin),
                 (unsigned long long)seq);
    }
}

void sim_check_stored(struct sim *sim, int at, const struct fq_batch *batch)
{
    const struct fq_seal *seal = &batch->seal;
    struct sim_disk *disk = &sim->nodes[at].disk;
    int origin = sim_find(sim, seal->log.origin);
    struct fq_reader reader = fq_reader_over(batch->records);
    struct fq_event_id id = {seal->log, seal->from_seq};
    struct fq_event event;

    if (origin < 0 || seal->log.stream != 0 || seal->to_seq > SIM_EVENTS_MAX ||
        seal->from_seq != disk->last[origin] + 1) {
        sim_break(sim, "N4 a log is dense", sim_bit(at), "%s stores %llu..%llu of %08u after %llu",
                  sim_name(sim, at), (unsigned long long)seal->from_seq,
                  (unsigned long long)seal->to_seq, seal->log.origin,
                  origin < 0 ? 0ULL : (unsigned long long)disk->last[origin]);
        return;
    }
    for (; id.seq <= seal->to_seq && fq_event_decode(&reader, id, &event); id.seq++) {
        check_fact(sim, at, origin, &event);
    }
    if (at == origin && seal->hlc <= disk->hlc) {
        sim_break(sim, "N6 stamps grow", sim_bit(at), "%s stamps %llu after %llu",
                  sim_name(sim, at), (unsigned long long)seal->hlc, (unsigned long long)disk->hlc);
    }
    disk->hlc = at == origin ? seal->hlc : disk->hlc;
    sim_tell(sim, sim_bit(at), "%s stores %llu..%llu of %s", sim_name(sim, at),
             (unsigned long long)seal->from_seq, (unsigned long long)seal->to_seq,
             sim_name(sim, origin));
}

/* ---- what is sent: N3, Y2, Y6, I6 ---- */

static void check_claim(struct sim *sim, int from, const struct fq_log_id *log, uint64_t have,
                        const char *what)
{
    int origin = sim_find(sim, log->origin);
    uint64_t held = origin < 0 ? 0 : sim->nodes[from].disk.last[origin];

    if (have > held) {
        sim_break(sim, "Y2 what is claimed is on disk", sim_bit(from),
                  "%s claims %llu of %08u in %s and holds %llu", sim_name(sim, from),
                  (unsigned long long)have, log->origin, what, (unsigned long long)held);
    }
}

/* What a node says of the tier above it was true at some time: images may have gone back since. */
static void check_above(struct sim *sim, int from, const struct fq_log_id *log, uint64_t up)
{
    int above = sim->nodes[from].parent < 0 ? from : sim->nodes[from].parent;
    int origin = sim_find(sim, log->origin);

    if (origin >= 0 && up > sim->nodes[above].disk.most[origin]) {
        sim_break(sim, "Y6 a child learns how far the tier above its parent is", sim_bit(from),
                  "%s says that %s has %llu of %s; it never had", sim_name(sim, from),
                  sim_name(sim, above), (unsigned long long)up, sim_name(sim, origin));
    }
}

static void note_to_parent(struct sim_link *link, const struct fq_link_message *message)
{
    if (message->type == FQ_LINK_HELLO) {
        link->session = message->session;
        link->delivered_bytes = 0;
    } else if (message->type == FQ_LINK_BATCH && message->session == link->session) {
        struct fq_reader reader = fq_reader_over(message->body);
        (void)fq_read_array(&reader);
        link->delivered_bytes += fq_read_bytes(&reader).size;
    }
}

/* A child that is told of a gap begins again there; the same gap told twice is one gap. */
static void note_to_child(struct sim *sim, int child, const struct fq_link_message *message)
{
    const struct fq_uplink *up = &sim->nodes[child].node->core.sync.up;
    struct fq_reader reader = fq_reader_over(message->body);
    struct fq_log_id log;

    (void)fq_read_array(&reader);
    if (up->state != FQ_UPLINK_UP || message->session != up->session ||
        (message->type != FQ_LINK_NAK && message->type != FQ_LINK_ACK) ||
        !fq_link_read_log(&reader, &log) || sim_find(sim, log.origin) < 0) {
        return;
    }
    struct sim_gap *gap = &sim->nodes[child].link.gaps[sim_find(sim, log.origin)];
    uint64_t seq = fq_read_uint(&reader);
    if (message->session != gap->session) {
        *gap = (struct sim_gap){.session = message->session};
    }
    if (message->type == FQ_LINK_ACK) {
        gap->expected = 0; /* filled meanwhile, or known to be further on */
        gap->greatest = seq > gap->greatest ? seq : gap->greatest;
    } else if (fq_read_uint(&reader) == FQ_REASON_GAP && seq > gap->greatest) {
        gap->expected = gap->greatest = seq;
    }
}

/* `frame` is about to be taken in by the node `to`. */
void sim_note_delivered(struct sim *sim, int from, int to, struct fq_span frame)
{
    struct fq_link_message message;

    if (from == SIM_NODES || !fq_link_decode(frame, &message)) {
        return;
    }
    if (sim->nodes[from].parent == to) {
        note_to_parent(&sim->nodes[from].link, &message);
    } else {
        note_to_child(sim, to, &message);
    }
}

static void check_gap(struct sim *sim, int from, int origin, uint64_t session,
                      const struct fq_batch *batch)
{
    struct sim_gap *gap = &sim->nodes[from].link.gaps[origin];

    if (session == gap->session && gap->expected > 0 && batch->seal.from_seq > gap->expected) {
        sim_break(sim, "a gap is filled from its beginning", sim_bit(from),
                  "%s was told that %llu of %s is missing and sends %llu", sim_name(sim, from),
                  (unsigned long long)gap->expected, sim_name(sim, origin),
                  (unsigned long long)batch->seal.from_seq);
    }
    gap->expected = 0;
}

/* A message of another session changes nothing: not even what was received (Y1). */
static void check_received(struct sim *sim, int from, int to, uint64_t session, uint64_t received)
{
    const struct sim_link *link = &sim->nodes[to].link;

    if (session == link->session && received > link->delivered_bytes) {
        sim_break(sim, "Y1 another session changes nothing", sim_bit(from) | sim_bit(to),
                  "%s counts %llu bytes from %s, of this session came %llu", sim_name(sim, from),
                  (unsigned long long)received, sim_name(sim, to),
                  (unsigned long long)link->delivered_bytes);
    }
}

static void check_ack(struct sim *sim, int from, int to, uint64_t session, struct fq_reader *reader)
{
    struct fq_log_id log;

    (void)fq_read_array(reader);
    if (!fq_link_read_log(reader, &log)) {
        return;
    }
    uint64_t seq = fq_read_uint(reader);
    (void)fq_read_skip(reader);
    uint64_t up = fq_read_uint(reader);
    check_received(sim, from, to, session, fq_read_uint(reader));
    check_claim(sim, from, &log, seq, "an acknowledgement");
    check_above(sim, from, &log, up);
    int origin = sim_find(sim, log.origin);
    uint64_t *told = origin < 0 ? NULL : sim->nodes[from].acknowledged[origin];
    if (!told || (told[0] == seq && told[1] == up)) {
        return; /* said before, and said again with every heartbeat */
    }
    told[0] = seq;
    told[1] = up;
    sim_tell(sim, sim_bit(from) | sim_bit(origin), "%s acknowledges %llu of %s, above it %llu",
             sim_name(sim, from), (unsigned long long)seq, sim_name(sim, origin),
             (unsigned long long)up);
}

static void check_welcome(struct sim *sim, int from, struct fq_reader *reader)
{
    struct fq_log_id log;

    (void)fq_read_array(reader);
    for (int i = 0; i < 6; i++) {
        (void)fq_read_skip(reader);
    }
    for (uint32_t left = fq_read_array(reader); left > 0 && !reader->is_bad; left--) {
        (void)fq_read_array(reader);
        if (!fq_link_read_log(reader, &log)) {
            return;
        }
        uint64_t verdict = fq_read_uint(reader);
        uint64_t have = fq_read_uint(reader);
        (void)fq_read_skip(reader);
        check_claim(sim, from, &log, have, "a welcome");
        check_above(sim, from, &log, fq_read_uint(reader));
        int origin = sim_find(sim, log.origin);
        if (verdict != FQ_LINK_OK) {
            sim_tell(sim, sim_bit(from) | sim_bit(origin), "%s welcomes: %s of %s at %llu",
                     sim_name(sim, from), verdict == FQ_LINK_REWIND ? "rewind" : "diverged",
                     origin < 0 ? "?" : sim_name(sim, origin), (unsigned long long)have);
        }
    }
}

static void check_hello(struct sim *sim, int from, struct fq_reader *reader)
{
    struct fq_log_id log;

    (void)fq_read_array(reader);
    for (int i = 0; i < 7; i++) {
        (void)fq_read_skip(reader);
    }
    for (uint32_t left = fq_read_array(reader); left > 0 && !reader->is_bad; left--) {
        (void)fq_read_array(reader);
        if (fq_link_read_log(reader, &log)) {
            check_claim(sim, from, &log, fq_read_uint(reader), "a hello");
            (void)fq_read_skip(reader);
        }
    }
}

static void check_batch(struct sim *sim, int from, int to, uint64_t session,
                        struct fq_reader *reader)
{
    struct fq_batch batch;
    struct fq_why why;

    (void)fq_read_array(reader);
    if (fq_batch_parse(fq_read_bytes(reader), &batch, &why)) {
        sim_break(sim, "L1 what is sent can be read", sim_bit(from), "%s: %s", sim_name(sim, from),
                  why.detail);
        return;
    }
    check_claim(sim, from, &batch.seal.log, batch.seal.to_seq, "a batch");
    int origin = sim_find(sim, batch.seal.log.origin);
    if (origin >= 0 && sim->nodes[from].parent == to) {
        check_gap(sim, from, origin, session, &batch);
    }
    sim_tell(sim, sim_bit(from) | sim_bit(origin), "%s sends %llu..%llu of %s", sim_name(sim, from),
             (unsigned long long)batch.seal.from_seq, (unsigned long long)batch.seal.to_seq,
             origin < 0 ? "?" : sim_name(sim, origin));
}

static void look_for_subjects(struct sim *sim, int from, struct fq_span bytes)
{
    if (memmem(bytes.data, bytes.size, SIM_SUBJECT, strlen(SIM_SUBJECT))) {
        sim_break(sim, "I6 party data stays in its vault", sim_bit(from), "%s sends it",
                  sim_name(sim, from));
    }
}

void sim_check_frame(struct sim *sim, int from, int to, struct fq_span frame)
{
    struct fq_link_message message;

    look_for_subjects(sim, from, frame);
    if (!fq_link_decode(frame, &message)) {
        sim_break(sim, "L1 what is sent can be read", sim_bit(from), "%s sends no frame",
                  sim_name(sim, from));
        return;
    }
    struct fq_reader reader = fq_reader_over(message.body);
    switch (message.type) {
    case FQ_LINK_ACK:
        check_ack(sim, from, to, message.session, &reader);
        break;
    case FQ_LINK_WELCOME:
        check_welcome(sim, from, &reader);
        break;
    case FQ_LINK_HELLO:
        check_hello(sim, from, &reader);
        sim_tell(sim, sim_bit(from), "%s greets, session %llx", sim_name(sim, from),
                 (unsigned long long)message.session);
        break;
    case FQ_LINK_BATCH:
        check_batch(sim, from, to, message.session, &reader);
        break;
    case FQ_LINK_NAK:
        sim_tell(sim, sim_bit(from), "%s refuses a batch", sim_name(sim, from));
        break;
    case FQ_LINK_WANT:
        sim_tell(sim, sim_bit(from), "%s asks for its own back", sim_name(sim, from));
        break;
    default:
        break;
    }
}

/* ---- the feed: I7 ---- */

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

    look_for_subjects(sim, at, payload);
    if (topic.size == 2) {
        return; /* a heartbeat */
    }
    for (size_t i = 0; i < origin.size; i++) {
        id.log.origin = id.log.origin * 10 + (uint32_t)(origin.data[i] - '0');
    }
    if (origin.size == 0) {
        id.log.origin = (uint32_t)fq_map_uint(payload, "origin");
    }
    if (lsn == 0 || lsn > SIM_NODES * SIM_EVENTS_MAX || lsn <= node->published_lsn ||
        memcmp(node->published[lsn - 1], nothing, sizeof nothing) != 0) {
        sim_break(sim, "I7 a feed tells each event once", sim_bit(at),
                  "%s publishes lsn %llu after %llu", sim_name(sim, at), (unsigned long long)lsn,
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
        uint64_t *last = &walk->last[place_of_area(sim, event.area)];
        const uint8_t *said = sim->nodes[walk->at].published[lsn - 1];
        mark_of(&event.id, prev, mark);
        if (lsn != walk->next_lsn || (event.area && prev != *last)) {
            return fq_fail(out_why, FQ_REASON_GAP, "lsn %llu follows %llu, not %llu",
                           (unsigned long long)lsn, (unsigned long long)prev,
                           (unsigned long long)*last);
        }
        if (memcmp(said, nothing, sizeof nothing) != 0 && memcmp(said, mark, sizeof mark) != 0) {
            return fq_fail(out_why, FQ_REASON_GAP, "lsn %llu was published as another event",
                           (unsigned long long)lsn);
        }
        *last = event.area ? lsn : *last;
        walk->next_lsn++;
    }
    return FQ_OK;
}

/* A replay has no hole and tells what the live feed told. */
static void check_feed(struct sim *sim, int at)
{
    struct feed_walk walk = {.sim = sim, .at = at, .next_lsn = 1};
    struct fq_node *node = sim->nodes[at].node;
    uint64_t next_lsn;
    struct fq_why why = {0};

    if (fq_node_walk(node->store, 1, UINT64_MAX, walk_feed, &walk, &next_lsn, &why)) {
        sim_break(sim, "I7 a feed tells each event once", sim_bit(at), "%s: %s", sim_name(sim, at),
                  why.detail);
    } else if (walk.next_lsn != node->core.feed.head + 1) {
        sim_break(sim, "I7 a feed tells each event once", sim_bit(at), "%s replays to %llu of %llu",
                  sim_name(sim, at), (unsigned long long)walk.next_lsn - 1,
                  (unsigned long long)node->core.feed.head);
    }
}

/* ---- views: I3, I4, I5 ---- */

static void empty_region(struct fq_arena *region)
{
    memset(region->base, 0, region->used);
    region->used = 0;
}

/* One view for all that is folded again, emptied in place. */
static struct world_view *emptied(const struct sim *sim)
{
    static struct world_view *fresh;

    if (!fresh) {
        fresh = world_view_open(sim->world);
    }
    struct fq_view_memory *memory = &fresh->memory;
    struct fq_arena *regions[] = {
        &fresh->view.memory.disputes,      &fresh->view.memory.dispute_heads,
        &fresh->view.memory.dispute_links, &fresh->view.memory.facts,
        &fresh->view.memory.dirty,         &fresh->view.memory.cells,
        &fresh->view.memory.cell_heads,    &fresh->view.memory.cell_links,
    };
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        empty_region(regions[i]);
    }
    fresh->frontier_memory.used = 0;
    bool is_made = fq_frontier_init(&fresh->frontier, &fresh->frontier_memory);
    FQ_ASSERT(is_made);
    fq_view_init(&fresh->view, &sim->world->areas, &fresh->frontier, memory);
    return fresh;
}

static fq_err fold_batch(void *context, const struct fq_batch *batch)
{
    struct world_view *fresh = context;
    struct fq_reader reader = fq_reader_over(batch->records);
    struct fq_event_id id = {batch->seal.log, batch->seal.from_seq};
    struct fq_event event;

    for (; id.seq <= batch->seal.to_seq && fq_event_decode(&reader, id, &event); id.seq++) {
        (void)fq_merge_event(&fresh->view, &event);
    }
    return FQ_OK;
}

/* Every batch stored, the last first: in another order than they came (I3). */
static void for_each_batch(struct fq_store *store, fq_err (*visit)(void *, const struct fq_batch *),
                           void *context)
{
    static const uint8_t greatest[FQ_LOG_KEY_SIZE] = {255, 255, 255, 255};
    struct fq_cursor *cursor = NULL;
    struct fq_batch batch;
    struct fq_why why;
    fq_err err = fq_cursor_open(store, FQ_FAMILY_LOG, &cursor, &why);

    FQ_ASSERT(!err);
    for (fq_cursor_seek_last(cursor, fq_span_of(greatest, sizeof greatest));
         fq_cursor_is_valid(cursor) && !err; fq_cursor_previous(cursor)) {
        struct fq_span value = fq_cursor_value(cursor);
        err = fq_batch_parse(
            fq_span_of(value.data + FQ_LOG_VALUE_HEAD, value.size - FQ_LOG_VALUE_HEAD), &batch,
            &why);
        err = err ? err : visit(context, &batch);
    }
    FQ_ASSERT(!err);
    fq_cursor_close(cursor);
}

static void check_fold(struct sim *sim, int at)
{
    struct world_view *fresh = emptied(sim);
    struct fq_node *node = sim->nodes[at].node;

    for_each_batch(node->store, fold_batch, fresh);
    for_each_batch(node->store, fold_batch, fresh); /* a second time changes nothing (M1) */
    if (!world_is_same_view(&fresh->view, &node->core.view)) {
        sim_break(sim, "I3 the view is the fold of the store", sim_bit(at), "%s: see above",
                  sim_name(sim, at));
    }
}

/* Each dispute counted once, from its state: no cell was ever incremented (I4). */
static void check_cells(struct sim *sim, int at)
{
    struct world_view *fresh = emptied(sim);
    const struct fq_view *view = &sim->nodes[at].node->core.view;
    struct fq_arena *scratch = &sim->nodes[at].node->scratch;
    uint8_t value[FQ_HAVE_SIZE];
    bool is_whole = true;

    for (uint32_t i = 0; i < view->frontier->count; i++) {
        const struct fq_log *log = &view->frontier->logs[i];
        if (log->id.origin == 0) {
            continue; /* a place never stored, before one that was */
        }
        fq_have_encode(view->frontier, log, value);
        is_whole &= fq_frontier_restore(&fresh->frontier, &log->id, fq_span_of(value, sizeof value),
                                        &sim->world->areas);
    }
    for (uint32_t i = 0; i < view->index.count && is_whole; i++) {
        struct fq_span packed;
        size_t mark = scratch->used;
        is_whole = fq_view_encode(view, &view->disputes[i], scratch, &packed) &&
                   fq_view_decode(&fresh->view, packed);
        scratch->used = mark;
    }
    if (!is_whole || !world_is_same_view(&fresh->view, &sim->nodes[at].node->core.view)) {
        sim_break(sim, "I4 cells are the sum of contributions", sim_bit(at), "%s: see above",
                  sim_name(sim, at));
    }
}

/* Frontiers seen in this seed, and what they amounted to. */
static struct {
    uint64_t seed;
    uint32_t count;
    struct {
        struct fq_hash frontier;
        struct fq_digest digest;
        int at;
    } rows[FRONTIERS_MAX];
} seen;

static void check_digest(struct sim *sim, int at)
{
    struct fq_node *node = sim->nodes[at].node;
    struct fq_digest digest = fq_view_digest(&node->core.view, WORLD_PROVINCE, 0, UINT16_MAX);
    struct fq_hash frontier;
    size_t mark = node->scratch.used;

    fq_err err = fq_frontier_hash(&node->core.frontier, &node->areas, WORLD_PROVINCE,
                                  &node->scratch, &frontier);
    node->scratch.used = mark;
    FQ_ASSERT(!err);
    for (uint32_t i = 0; i < seen.count; i++) {
        if (fq_hash_equal(&seen.rows[i].frontier, &frontier)) {
            if (!fq_digest_equal(seen.rows[i].digest, digest)) {
                sim_break(sim, "I5 equal frontiers, equal digests",
                          sim_bit(at) | sim_bit(seen.rows[i].at), "%s and %s differ",
                          sim_name(sim, at), sim_name(sim, seen.rows[i].at));
            }
            return;
        }
    }
    if (seen.count < FRONTIERS_MAX) {
        seen.rows[seen.count].frontier = frontier;
        seen.rows[seen.count].digest = digest;
        seen.rows[seen.count++].at = at;
    }
}

static void check_frontier(struct sim *sim, int at)
{
    const struct fq_core *core = &sim->nodes[at].node->core;

    for (int i = 0; i < SIM_NODES; i++) {
        const struct fq_log_id id = {sim->nodes[i].origin, 0, 1};
        const struct fq_log *log = fq_frontier_find(&core->frontier, &id);
        uint64_t last = log ? log->last : 0;
        if (last != sim->nodes[at].disk.last[i]) {
            sim_break(sim, "N3 what a node knows it has stored", sim_bit(at),
                      "%s knows %llu of %s and stores %llu", sim_name(sim, at),
                      (unsigned long long)last, sim_name(sim, i),
                      (unsigned long long)sim->nodes[at].disk.last[i]);
        }
    }
}

void sim_check_step(struct sim *sim, int at)
{
    struct sim_node *node = &sim->nodes[at];

    if (!node->is_changed || !node->is_up || sim->broken) {
        return;
    }
    if (seen.seed != sim->seed || sim->checks == 0) {
        seen.seed = sim->seed;
        seen.count = 0;
    }
    node->is_changed = false;
    sim->checks++;
    check_frontier(sim, at);
    check_fold(sim, at);
    check_cells(sim, at);
    check_digest(sim, at);
}

/* ---- the end: I1, I2, I8 ---- */

static const struct fq_log *log_at(const struct sim *sim, int at, int origin)
{
    const struct fq_log_id id = {sim->nodes[origin].origin, 0, 1};

    return fq_frontier_find(&sim->nodes[at].node->core.frontier, &id);
}

/* Whether the log still has two versions: one of them may have been lost again. */
static bool is_forked(const struct sim *sim, uint32_t number)
{
    int origin = sim_find(sim, number);
    const struct fq_log *first = origin < 0 ? NULL : log_at(sim, origin, origin);

    if (origin < 0 || !sim->nodes[origin].fork_seq) {
        return false;
    }
    for (int at = sim->nodes[origin].parent; at >= 0; at = sim->nodes[at].parent) {
        const struct fq_log *log = log_at(sim, at, origin);
        if (!first || !log || first->last != log->last ||
            !fq_hash_equal(&first->chain, &log->chain)) {
            return true;
        }
    }
    return false;
}

/* NULL, or why the child and its parent do not agree yet. */
static const char *disagreement(const struct sim *sim, int child)
{
    const struct fq_core *core = &sim->nodes[child].node->core;
    const struct fq_core *above = &sim->nodes[sim->nodes[child].parent].node->core;

    for (uint32_t i = 0; i < core->frontier.count; i++) {
        const struct fq_log *log = &core->frontier.logs[i];
        const struct fq_log *held = fq_frontier_find(&above->frontier, &log->id);
        if (is_forked(sim, log->id.origin)) {
            continue;
        }
        if (log->last != (held ? held->last : 0)) {
            return "a log is held further by one of the two";
        }
        if (log->last > 0 && !fq_hash_equal(&log->chain, &held->chain)) {
            return "two chains differ";
        }
        if (log->acked != log->last || log->up != log->last) {
            return "an event is not told acknowledged by both tiers above";
        }
        if (core->sync.logs[i].is_diverged) {
            return "a log is called diverged that is not";
        }
    }
    for (uint32_t i = 0; i < above->frontier.count; i++) {
        const struct fq_log *log = &above->frontier.logs[i];
        bool is_below =
            fq_areas_covers(&sim->world->areas, core->options.area, log->id.origin / 100);
        const struct fq_log *held = fq_frontier_find(&core->frontier, &log->id);
        if (is_below && log->last > (held ? held->last : 0) && !is_forked(sim, log->id.origin)) {
            return "the child lacks what its parent holds";
        }
    }
    if (!fq_sync_may_originate(&core->sync) && !is_forked(sim, core->options.origin)) {
        return "the child stays read-only";
    }
    return NULL;
}

/* Whether some node on the way up says that the log has two versions (Y5). */
static bool is_fork_shown(const struct sim *sim, int origin)
{
    for (int at = origin; at > 0; at = sim->nodes[at].parent) {
        const struct fq_core *core = &sim->nodes[at].node->core;
        const struct fq_log *log = log_at(sim, at, origin);
        if (log && core->sync.logs[fq_frontier_index(&core->frontier, log)].is_diverged) {
            return true;
        }
    }
    return false;
}

static const char *unsettled(const struct sim *sim, int *out_at)
{
    for (int i = 0; i < SIM_NODES; i++) {
        *out_at = i;
        if (!sim->nodes[i].is_up) {
            return "it is down";
        }
        const char *why = i == 0 ? NULL : disagreement(sim, i);
        if (is_forked(sim, sim->nodes[i].origin) && !is_fork_shown(sim, i)) {
            why = "its log diverged and nobody says so";
        }
        if (why) {
            return why;
        }
    }
    for (uint32_t i = 0; i < sim->command_count; i++) {
        *out_at = sim->commands[i].node;
        if (!sim->commands[i].is_answered && !is_forked(sim, sim->nodes[*out_at].origin)) {
            return "a command given there is not answered";
        }
    }
    return NULL;
}

bool sim_is_settled(struct sim *sim)
{
    int at;

    for (int i = 0; i < SIM_NODES; i++) {
        if (!sim->nodes[i].is_up) {
            return false;
        }
    }
    return !unsettled(sim, &at);
}

static bool holds_event(const struct fq_view *view, const struct fq_id *dispute,
                        const struct fq_event_id *id)
{
    const struct fq_dispute *found = fq_view_find(view, dispute);

    for (const struct fq_fact *fact = found ? fq_view_facts(view, found) : NULL; fact;
         fact = fq_view_next(view, fact)) {
        struct fq_event_id held = fq_view_event_id(view, fact);
        if (held.seq == id->seq && fq_log_id_equal(&held.log, &id->log)) {
            return true;
        }
    }
    return false;
}

/* Every fact ever acknowledged stands in the view of its node and of every node above it. */
static void check_acknowledged(struct sim *sim, int origin)
{
    const struct sim_node *writer = &sim->nodes[origin];

    for (uint64_t seq = 1; seq <= sim->fact_count[origin]; seq++) {
        const struct sim_fact *fact = &sim->facts[origin][seq - 1];
        const struct fq_event_id id = {{writer->origin, 0, 1}, seq};
        if (!fact->is_acknowledged || fq_id_is_zero(&fact->dispute) ||
            (writer->fork_seq && seq >= writer->fork_seq)) {
            continue;
        }
        for (int at = origin; at >= 0; at = sim->nodes[at].parent) {
            if (!holds_event(&sim->nodes[at].node->core.view, &fact->dispute, &id)) {
                sim_break(sim, "I1 nothing acknowledged is lost", sim_bit(at) | sim_bit(origin),
                          "event %llu of %s, command %lld, is not in the view of %s",
                          (unsigned long long)seq, sim_name(sim, origin), (long long)fact->command,
                          sim_name(sim, at));
                return;
            }
        }
    }
}

/* What was refused wherever it was given, and is asked no more, is nowhere. */
static void check_refused(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->command_count; i++) {
        const struct sim_command *command = &sim->commands[i];
        if (command->is_answered && !command->is_taken && command->open_requests == 0 &&
            command->facts > 0) {
            sim_break(sim, "a refused command makes no event", sim_bit(command->node),
                      "command %u was refused and made %u", i, command->facts);
        }
    }
}

/* Figures worked out from the workload's own records, the slow and obvious way (I4). */
static struct history stored; /* of one node */

static fq_err keep_batch(void *context, const struct fq_batch *batch)
{
    struct fq_reader reader = fq_reader_over(batch->records);
    struct fq_event_id id = {batch->seal.log, batch->seal.from_seq};
    struct fq_event event;

    (void)context;
    for (; id.seq <= batch->seal.to_seq && fq_event_decode(&reader, id, &event); id.seq++) {
        FQ_ASSERT(stored.count < HISTORY_ENTRIES_MAX);
        uint8_t *kept = stored.bytes + stored.used;
        memcpy(kept, event.record.data, event.record.size);
        stored.used += event.record.size;
        stored.entries[stored.count++] =
            (struct history_entry){id, fq_span_of(kept, event.record.size)};
    }
    return FQ_OK;
}

static void check_plain(struct sim *sim, int at)
{
    static struct plain plain;

    stored.count = 0;
    stored.used = 0;
    for_each_batch(sim->nodes[at].node->store, keep_batch, NULL);
    plain_fold(&plain, sim->world, &stored, stored.count);
    if (!plain_agrees(&plain, &sim->nodes[at].node->core.view)) {
        sim_break(sim, "I4 cells are what the plain fold says", sim_bit(at), "%s: see above",
                  sim_name(sim, at));
    }
}

void sim_check_end(struct sim *sim)
{
    int at = 0;
    const char *why = unsettled(sim, &at);

    if (why) {
        int parent = at > 0 ? sim->nodes[at].parent : 0;
        sim_break(sim, "I8 when faults stop all tiers agree", sim_bit(at) | sim_bit(parent),
                  "%s: %s", sim_name(sim, at), why);
        return;
    }
    for (int i = 0; i < SIM_NODES && !sim->broken; i++) {
        sim->nodes[i].is_changed = true;
        sim_check_step(sim, i);
        check_feed(sim, i);
        check_acknowledged(sim, i);
    }
    check_refused(sim);
    check_plain(sim, 0);
}
