#include "sync_sides.h"

#include <string.h>

void fq_sync_init(struct fq_sync *sync, struct fq_frontier *frontier, const struct fq_areas *areas,
                  const struct fq_sync_options *options)
{
    memset(sync, 0, sizeof *sync);
    sync->options = *options;
    sync->frontier = frontier;
    sync->areas = areas;
}

struct fq_span fq_sync_heartbeat(struct fq_effects *effects, uint64_t session, uint32_t mseq,
                                 struct fq_now now)
{
    struct fq_writer writer = fq_link_begin(effects->arena, SMALL_BODY);

    fq_write_array(&writer, 1);
    fq_write_uint(&writer, now.wall_ms);
    return fq_link_end(&writer, FQ_LINK_HEARTBEAT, session, mseq);
}

struct fq_span fq_sync_batch_of(struct fq_span body)
{
    struct fq_reader reader = fq_reader_over(body);

    return fq_read_array(&reader) == 1 ? fq_read_bytes(&reader) : (struct fq_span){0};
}

/* ---- receive ---- */

void fq_sync_receive(struct fq_sync *sync, uint32_t peer, struct fq_span frame, struct fq_now now,
                     struct fq_effects *effects, struct fq_incoming *out_incoming)
{
    struct fq_link_message message;

    *out_incoming = (struct fq_incoming){.is_batch = false};
    if (!fq_link_decode(frame, &message)) {
        const struct fq_evidence evidence = {
            .reason = FQ_REASON_BYTES,
            .peer = peer,
            .bytes = fq_span_of(frame.data, smaller(frame.size, FQ_EVIDENCE_BYTES_MAX)),
        };
        (void)fq_effects_evidence(effects, &evidence);
    } else if (peer == FQ_PEER_PARENT) {
        fq_sync_receive_from_parent(sync, &message, now.steady_ms, out_incoming);
    } else {
        fq_sync_receive_from_child(sync, peer, &message, now, effects, out_incoming);
    }
}

enum fq_sync_judgement fq_sync_judge(const struct fq_frontier *frontier,
                                     const struct fq_log_id *log, uint64_t from_seq,
                                     uint64_t to_seq)
{
    const struct fq_log *held = fq_frontier_find(frontier, log);
    uint64_t last = held ? held->last : 0;

    if (to_seq <= last) {
        return FQ_SYNC_DUPLICATE;
    }
    if (from_seq == last + 1) {
        return FQ_SYNC_ACCEPTED;
    }
    return from_seq > last ? FQ_SYNC_GAP : FQ_SYNC_REFUSED;
}

void fq_sync_batch_result(struct fq_sync *sync, uint32_t peer, const struct fq_sync_result *result)
{
    struct fq_downlink *child = peer == FQ_PEER_PARENT ? NULL : find_child(sync, peer);
    struct fq_log *log = fq_frontier_find(sync->frontier, &result->log);

    if (!child) { /* what is fetched back from the parent needs no acknowledgement */
        if (peer == FQ_PEER_PARENT && log) {
            fq_sync_take_returned(sync, log, result);
        }
        return;
    }
    fq_sync_take_brought(sync, child, result);
}

void fq_sync_finish(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects)
{
    fq_sync_tend_children(sync, now, effects);
    if (sync->options.has_parent) {
        fq_sync_tend_parent(sync, now, effects);
    }
}

/* ---- forwards ---- */

bool fq_sync_batch_frame(struct fq_sync *sync, const struct fq_forward *forward,
                         struct fq_span batch, struct fq_arena *arena, struct fq_span *out_frame)
{
    struct fq_downlink *child =
        forward->peer == FQ_PEER_PARENT ? NULL : find_child(sync, forward->peer);
    uint32_t *mseq = child ? &child->mseq : &sync->up.mseq;
    struct fq_writer writer = fq_link_begin(arena, batch.size + SMALL_BODY);

    fq_write_array(&writer, 1);
    fq_write_bytes(&writer, batch.data, batch.size);
    *out_frame = fq_link_end(&writer, FQ_LINK_BATCH, forward->session, (*mseq)++);
    return out_frame->size > 0;
}

void fq_sync_forwarded(struct fq_sync *sync, const struct fq_forward *forward, uint64_t next_seq,
                       uint64_t bytes_sent)
{
    const struct fq_log *log = fq_frontier_find(sync->frontier, &forward->log);

    if (forward->peer == FQ_PEER_PARENT) {
        if (forward->session != sync->up.session || !log) {
            return; /* Y1 */
        }
        struct fq_sync_log *state = beside(sync, log);
        state->is_forwarding = false;
        if (state->cursor == forward->from_seq || forward->from_seq == 1) {
            state->cursor = larger(next_seq, state->cursor);
        }
        sync->up.sent_bytes += bytes_sent;
        sync->up.is_blocked = bytes_sent == 0;
        return;
    }
    for (uint32_t i = 0; i < sync->want_count; i++) {
        struct fq_sync_want *want = &sync->wants[i];
        if (want->peer == forward->peer && want->session == forward->session &&
            fq_log_id_equal(&want->log, &forward->log) && want->next == forward->from_seq) {
            want->next = next_seq;
            want->is_forwarding = false;
            if (bytes_sent == 0) { /* the child asks again */
                *want = sync->wants[--sync->want_count];
            }
            return;
        }
    }
}

void fq_sync_peer_gone(struct fq_sync *sync, uint32_t peer)
{
    struct fq_downlink *child = peer == FQ_PEER_PARENT ? NULL : find_child(sync, peer);

    if (child) {
        child->is_up = false;
    }
    sync->up.is_unsent |= peer == FQ_PEER_PARENT;
}

/* ---- state for others ---- */

uint64_t fq_sync_told(const struct fq_frontier *frontier, const struct fq_log_id *own)
{
    uint64_t told = 0;

    for (uint32_t stream = FQ_STREAM_FACTS; stream <= FQ_STREAM_CONTROL; stream++) {
        const struct fq_log_id id = {own->origin, stream, own->epoch};
        const struct fq_log *log = fq_frontier_find(frontier, &id);
        told += log ? log->last : 0;
    }
    return told;
}

void fq_sync_set_amnesia(struct fq_sync *sync, const struct fq_log_id *log, uint64_t seq)
{
    sync->amnesia_log = *log;
    sync->amnesia_seq = seq;
}

bool fq_sync_may_originate(const struct fq_sync *sync)
{
    if (sync->amnesia_seq > 0 &&
        fq_sync_told(sync->frontier, &sync->amnesia_log) < sync->amnesia_seq) {
        return false;
    }
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log *log = &sync->frontier->logs[i];
        if (is_own(sync, &log->id) && sync->logs[i].parent_have > log->last) {
            return false; /* Y3 */
        }
        if (is_own(sync, &log->id) && log->id.stream == FQ_STREAM_CONTROL &&
            sync->logs[i].below_have > log->last) {
            return false; /* Y8 */
        }
    }
    return true;
}

bool fq_sync_may_relay(const struct fq_sync *sync, const struct fq_log_id *log)
{
    const struct fq_log *held = fq_frontier_find(sync->frontier, log);
    bool is_open = false;

    for (uint32_t i = 0; i < sync->child_count && !is_open; i++) {
        is_open = sync->children[i].is_up && sync->children[i].has_spoken &&
                  fq_log_flows_down(sync->areas, sync->children[i].origin / 100, log);
    }
    if (held) {
        const struct fq_sync_log *state = &sync->logs[fq_frontier_index(sync->frontier, held)];
        is_open &= !state->is_diverged && state->below_have <= held->last; /* Y8 */
    }
    return is_open && fq_sync_may_originate(sync);
}

uint64_t fq_sync_next_timer(const struct fq_sync *sync, uint64_t now_ms)
{
    const struct fq_uplink *up = &sync->up;
    uint64_t next_ms = UINT64_MAX;

    (void)now_ms;
    for (uint32_t i = 0; i < sync->child_count; i++) {
        if (sync->children[i].is_up) {
            next_ms = smaller(next_ms, sync->children[i].beat_ms);
        }
    }
    if (!sync->options.has_parent) {
        return next_ms;
    }
    if (up->state != FQ_UPLINK_UP) {
        return smaller(next_ms, up->greet_ms);
    }
    next_ms = smaller(next_ms, smaller(up->beat_ms, up->heard_ms + sync->options.silence_ms + 1));
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        next_ms = fq_sync_is_behind(sync, i) ? smaller(next_ms, sync->logs[i].want_ms) : next_ms;
    }
    return up->retry_ms > now_ms ? smaller(next_ms, up->retry_ms) : next_ms;
}

bool fq_sync_is_linked(const struct fq_sync *sync)
{
    return sync->up.state == FQ_UPLINK_UP;
}

uint32_t fq_sync_parent(const struct fq_sync *sync)
{
    return sync->up.parent;
}

uint32_t fq_sync_child_count(const struct fq_sync *sync)
{
    return sync->child_count;
}

struct fq_sync_child fq_sync_child_at(const struct fq_sync *sync, uint32_t index)
{
    FQ_ASSERT(index < sync->child_count);

    const struct fq_downlink *child = &sync->children[index];
    return (struct fq_sync_child){child->origin, child->is_up, child->heard_wall_ms};
}
