/* The link's rules, this node as a parent: it greets back, says how far it holds each log, serves what
 * is wanted. */
#include "sync_sides.h"

#include <string.h>

/* ---- greeting back ---- */

static enum fq_link_verdict judge_log(const struct fq_sync *sync, const struct fq_downlink *child,
                                      const struct heard_log *heard, const struct fq_log *held)
{
    if (!is_shared(sync, child->origin / 100, &heard->id)) {
        return FQ_LINK_DIVERGED; /* not this child's to send */
    }
    if (!held || held->last < heard->have) {
        return FQ_LINK_OK; /* the first batch's chain proves that it continues ours */
    }
    if (held->last > heard->have) {
        return FQ_LINK_REWIND;
    }
    return fq_hash_equal(&held->chain, &heard->chain) ? FQ_LINK_OK : FQ_LINK_DIVERGED;
}

static void write_verdict(struct fq_sync *sync, struct fq_writer *writer,
                          const struct fq_log_id *id, enum fq_link_verdict verdict)
{
    static const struct fq_log nothing = {.last = 0};
    const struct fq_log *held = fq_frontier_find(sync->frontier, id);
    const struct fq_log *log = held ? held : &nothing;

    fq_write_array(writer, 7);
    fq_link_write_log(writer, id);
    fq_write_uint(writer, verdict);
    fq_write_uint(writer, log->last);
    fq_write_bytes(writer, log->chain.bytes, FQ_HASH_SIZE);
    fq_write_uint(writer, above(sync, log));
}

static void say_error(struct fq_effects *effects, uint32_t peer, uint64_t session,
                      enum fq_reason reason)
{
    struct fq_writer writer = fq_link_begin(effects->arena, SMALL_BODY);

    fq_write_array(&writer, 1);
    fq_write_uint(&writer, reason);
    (void)fq_effects_send(effects, peer, fq_link_end(&writer, FQ_LINK_ERROR, session, 0));
}

static struct fq_downlink *admit_child(struct fq_sync *sync, uint32_t origin)
{
    struct fq_downlink *child = find_child(sync, origin);

    if (!child && sync->child_count < FQ_CHILDREN_MAX) {
        child = &sync->children[sync->child_count++];
    }
    return child;
}

bool fq_sync_read_hello_log(struct fq_reader *reader, struct heard_log *heard)
{
    if (fq_read_array(reader) != 5 || !fq_link_read_log(reader, &heard->id)) {
        return false;
    }
    heard->have = fq_read_uint(reader);
    fq_read_exact(reader, heard->chain.bytes, FQ_HASH_SIZE);
    return !reader->is_bad;
}

/* From now on the child is told of the log, beginning with this welcome. What flows down is told to
 * every child it flows to. */
static void heed_log(struct fq_sync *sync, const struct fq_downlink *child,
                     const struct fq_log *log)
{
    struct fq_sync_log *state = beside(sync, log);

    if (fq_log_flows_up(sync->areas, child->origin / 100, &log->id)) {
        state->via = (uint32_t)(child - sync->children) + 1;
        state->told_up = above(sync, log);
    }
}

/* A child that holds more of this node's own log than it does itself: this node lost its tail, and
 * writes nothing to the log before it is back (Y8). */
static void heed_own(struct fq_sync *sync, const struct fq_downlink *child,
                     const struct heard_log *heard, enum fq_link_verdict verdict)
{
    if (!is_own(sync, &heard->id) ||
        !fq_log_flows_down(sync->areas, child->origin / 100, &heard->id)) {
        return;
    }
    struct fq_log *log = fq_frontier_add(sync->frontier, &heard->id, sync->areas);
    if (!log) {
        return;
    }
    struct fq_sync_log *state = beside(sync, log);
    bool is_for_one = heard->id.stream != FQ_STREAM_CONTROL;
    state->below_have = is_for_one ? heard->have : larger(state->below_have, heard->have);
    if (is_for_one) {
        state->is_diverged = verdict == FQ_LINK_DIVERGED; /* Y5 */
    }
}

/* Logs it shares that the child did not mention: it lost them whole, or never had them, and gets
 * them. */
static uint32_t write_forgotten(struct fq_sync *sync, const struct fq_downlink *child,
                                const bool *is_mentioned, struct fq_writer *writer, bool is_count)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log *log = &sync->frontier->logs[i];
        if (is_mentioned[i] || log->last == 0 || !is_shared(sync, child->origin / 100, &log->id)) {
            continue;
        }
        count++;
        if (!is_count) {
            write_verdict(sync, writer, &log->id, FQ_LINK_REWIND);
            heed_log(sync, child, log); /* it may come back to the child by another way */
        }
    }
    return count;
}

static void send_welcome(struct fq_sync *sync, struct fq_downlink *child, struct fq_reader logs,
                         uint32_t log_count, struct fq_effects *effects)
{
    const struct fq_sync_options *options = &sync->options;
    bool is_mentioned[FQ_LOGS_MAX] = {false};
    struct fq_reader first_pass = logs;
    struct heard_log heard = {.have = 0};

    for (uint32_t i = 0; i < log_count && fq_sync_read_hello_log(&first_pass, &heard); i++) {
        const struct fq_log *held = fq_frontier_find(sync->frontier, &heard.id);
        if (held) {
            is_mentioned[fq_frontier_index(sync->frontier, held)] = true;
        }
    }
    uint32_t forgotten = write_forgotten(sync, child, is_mentioned, NULL, true);
    struct fq_writer writer = fq_link_begin(
        effects->arena, SMALL_BODY + (size_t)(log_count + forgotten) * HELLO_LOG_SIZE);
    fq_write_array(&writer, 7);
    fq_write_uint(&writer, options->origin);
    fq_write_uint(&writer, options->tier);
    fq_write_uint(&writer, options->area);
    fq_write_bytes(&writer, options->instance.bytes, FQ_ID_SIZE);
    fq_write_uint(&writer, options->credit_bytes);
    fq_write_uint(&writer, options->heartbeat_ms);
    fq_write_array(&writer, log_count + forgotten);
    for (uint32_t i = 0; i < log_count && fq_sync_read_hello_log(&logs, &heard); i++) {
        const struct fq_log *held = fq_frontier_find(sync->frontier, &heard.id);
        enum fq_link_verdict verdict = judge_log(sync, child, &heard, held);
        write_verdict(sync, &writer, &heard.id, verdict);
        if (held) {
            heed_log(sync, child, held);
        }
        heed_own(sync, child, &heard, verdict);
    }
    (void)write_forgotten(sync, child, is_mentioned, &writer, false);
    (void)fq_effects_send(effects, child->origin,
                          fq_link_end(&writer, FQ_LINK_WELCOME, child->session, child->mseq++));
}

/* Check every log of a HELLO before anything changes. */
static bool are_logs_readable(struct fq_reader logs, uint32_t count)
{
    struct heard_log heard;

    for (uint32_t i = 0; i < count; i++) {
        if (!fq_sync_read_hello_log(&logs, &heard)) {
            return false;
        }
    }
    return true;
}

/* What the child said of own relays in an earlier greeting is void. */
static void forget_below(struct fq_sync *sync, uint32_t child_area)
{
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log_id *id = &sync->frontier->logs[i].id;
        if (is_own(sync, id) && id->stream > FQ_STREAM_CONTROL &&
            fq_log_flows_down(sync->areas, child_area, id)) {
            sync->logs[i].below_have = 0;
            sync->logs[i].is_diverged = false;
        }
    }
}

static void take_hello(struct fq_sync *sync, uint32_t peer, const struct fq_link_message *message,
                       struct fq_now now, struct fq_effects *effects)
{
    struct fq_reader reader = fq_reader_over(message->body);
    uint32_t parts = fq_read_array(&reader);
    uint64_t origin = fq_read_uint(&reader);

    for (int i = 0; i < 6; i++) {
        (void)fq_read_skip(&reader); /* tier, area, serial, instance, boot, version: for people */
    }
    uint32_t log_count = fq_read_array(&reader);
    bool is_child = origin == peer && peer / 100 != sync->options.area &&
                    fq_areas_covers(sync->areas, sync->options.area, peer / 100);
    if (parts < 8 || reader.is_bad || !is_child || log_count > FQ_LOGS_MAX ||
        !are_logs_readable(reader, log_count)) {
        say_error(effects, peer, message->session, FQ_REASON_ORIGIN);
        return;
    }
    struct fq_downlink *child = admit_child(sync, peer);
    if (!child) {
        say_error(effects, peer, message->session, FQ_REASON_LIMIT);
        return;
    }
    *child = (struct fq_downlink){
        .origin = peer,
        .session = message->session,
        .is_up = true,
        .heard_ms = now.steady_ms,
        .heard_wall_ms = now.wall_ms,
        .beat_ms = now.steady_ms + sync->options.heartbeat_ms,
    };
    for (uint32_t i = 0; i < sync->want_count;) { /* wants of the session before are void (Y1) */
        if (sync->wants[i].peer == peer) {
            sync->wants[i] = sync->wants[--sync->want_count];
        } else {
            i++;
        }
    }
    forget_below(sync, peer / 100);
    fq_sync_hear_greeting(sync, peer, reader, log_count);
    send_welcome(sync, child, reader, log_count, effects);
}

/* ---- receive ---- */

/* A child fetches a log: remembered until it has all of it. */
static void take_want(struct fq_sync *sync, uint32_t peer, const struct fq_link_message *message)
{
    struct fq_reader reader = fq_reader_over(message->body);
    struct fq_sync_want want = {.peer = peer, .session = message->session};

    if (fq_read_array(&reader) != 4 || !fq_link_read_log(&reader, &want.log)) {
        return;
    }
    want.next = fq_read_uint(&reader);
    if (reader.is_bad || want.next == 0 || !is_shared(sync, peer / 100, &want.log)) {
        return;
    }
    for (uint32_t i = 0; i < sync->want_count; i++) {
        if (sync->wants[i].peer == peer && fq_log_id_equal(&sync->wants[i].log, &want.log)) {
            sync->wants[i] = want;
            return;
        }
    }
    if (sync->want_count < FQ_SYNC_WANTS_MAX) {
        sync->wants[sync->want_count++] = want; /* else it is asked again */
    }
}

void fq_sync_receive_from_child(struct fq_sync *sync, uint32_t peer,
                                const struct fq_link_message *message, struct fq_now now,
                                struct fq_effects *effects, struct fq_incoming *out_incoming)
{
    struct fq_downlink *child = find_child(sync, peer);

    if (message->type == FQ_LINK_HELLO) {
        take_hello(sync, peer, message, now, effects);
        return;
    }
    if (!child || !child->is_up) {
        say_error(effects, peer, message->session, FQ_REASON_GAP); /* greet me again */
        return;
    }
    if (message->session != child->session) {
        return; /* Y1 */
    }
    child->has_spoken = true;
    child->heard_ms = now.steady_ms;
    child->heard_wall_ms = now.wall_ms;
    if (message->type == FQ_LINK_BATCH) {
        *out_incoming = (struct fq_incoming){true, peer, fq_sync_batch_of(message->body)};
    } else if (message->type == FQ_LINK_HEARTBEAT) {
        fq_sync_hear_heartbeat(sync, peer, message->body, now.wall_ms);
    } else if (message->type == FQ_LINK_WANT) {
        take_want(sync, peer, message);
    } else if (message->type == FQ_LINK_BYE) {
        child->is_up = false;
    }
}

static void queue_nak(struct fq_sync *sync, uint32_t peer, const struct fq_sync_result *result)
{
    const struct fq_log *log = fq_frontier_find(sync->frontier, &result->log);

    if (sync->nak_count == FQ_SYNC_NAKS_MAX) {
        return; /* the sender's silence timer does the same, later */
    }
    sync->naks[sync->nak_count++] = (struct fq_sync_nak){
        .peer = peer,
        .log = result->log,
        .expected = (log ? log->last : 0) + 1,
        .reason = result->judgement == FQ_SYNC_GAP ? FQ_REASON_GAP : result->reason,
    };
}

void fq_sync_take_brought(struct fq_sync *sync, struct fq_downlink *child,
                          const struct fq_sync_result *result)
{
    const struct fq_log *log = fq_frontier_find(sync->frontier, &result->log);
    uint32_t peer = child->origin;

    child->received_bytes += result->size;
    bool is_back = log && fq_log_flows_down(sync->areas, peer / 100, &log->id);
    if ((result->judgement == FQ_SYNC_ACCEPTED || result->judgement == FQ_SYNC_DUPLICATE) && log) {
        struct fq_sync_log *state = beside(sync, log);
        child->is_heads_due |= is_back;
        state->via = is_back ? state->via : (uint32_t)(child - sync->children) + 1;
        state->is_ack_due |= !is_back;
    } else {
        if (is_back && is_own(sync, &log->id) && result->reason == FQ_REASON_CHAIN &&
            log->id.stream > FQ_STREAM_CONTROL) {
            beside(sync, log)->is_diverged = true; /* Y5: this node forked its own relays */
        }
        queue_nak(sync, peer, result);
    }
}

/* ---- the end of a turn ---- */

static bool send_ack(struct fq_sync *sync, struct fq_downlink *child, const struct fq_log *log,
                     struct fq_effects *effects)
{
    struct fq_writer writer = fq_link_begin(effects->arena, SMALL_BODY);

    fq_write_array(&writer, 8);
    fq_link_write_log(&writer, &log->id);
    fq_write_uint(&writer, log->last);
    fq_write_bytes(&writer, log->chain.bytes, FQ_HASH_SIZE);
    fq_write_uint(&writer, above(sync, log));
    fq_write_uint(&writer, child->received_bytes);
    fq_write_uint(&writer, sync->options.credit_bytes);
    return fq_effects_send(effects, child->origin,
                           fq_link_end(&writer, FQ_LINK_ACK, child->session, child->mseq++));
}

static void send_acks(struct fq_sync *sync, struct fq_effects *effects)
{
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        struct fq_sync_log *state = &sync->logs[i];
        const struct fq_log *log = &sync->frontier->logs[i];
        if (state->via == 0 || (!state->is_ack_due && state->told_up >= above(sync, log))) {
            continue;
        }
        struct fq_downlink *child = &sync->children[state->via - 1];
        if (child->is_up && send_ack(sync, child, log, effects)) {
            state->is_ack_due = false;
            state->told_up = above(sync, log); /* Y6 */
        }
    }
}

/* Tell the child how far the logs that flow down to it are: those that moved, or, when it is due,
 * all (Y7). False when there is no room. */
static bool send_heads(struct fq_sync *sync, struct fq_downlink *child, struct fq_effects *effects)
{
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log *log = &sync->frontier->logs[i];
        bool is_due = child->is_heads_due || sync->logs[i].told_head < log->last;
        if (log->id.stream == FQ_STREAM_FACTS || log->last == 0 || !is_due ||
            !fq_log_flows_down(sync->areas, child->origin / 100, &log->id)) {
            continue;
        }
        if (!send_ack(sync, child, log, effects)) {
            return false;
        }
    }
    return true;
}

static void send_all_heads(struct fq_sync *sync, struct fq_effects *effects)
{
    bool is_any_moved = false;

    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log *log = &sync->frontier->logs[i];
        is_any_moved |= log->id.stream != FQ_STREAM_FACTS && sync->logs[i].told_head < log->last;
    }
    for (uint32_t i = 0; i < sync->child_count; i++) {
        struct fq_downlink *child = &sync->children[i];
        if (child->is_up && (is_any_moved || child->is_heads_due)) {
            child->is_heads_due = !send_heads(sync, child, effects); /* else all, next turn */
        }
    }
    for (uint32_t i = 0; i < sync->frontier->count && is_any_moved; i++) {
        sync->logs[i].told_head = sync->frontier->logs[i].last;
    }
}

static void send_naks(struct fq_sync *sync, struct fq_effects *effects)
{
    for (uint32_t i = 0; i < sync->nak_count; i++) {
        const struct fq_sync_nak *nak = &sync->naks[i];
        struct fq_downlink *child = find_child(sync, nak->peer);
        struct fq_writer writer = fq_link_begin(effects->arena, SMALL_BODY);
        fq_write_array(&writer, 5);
        fq_link_write_log(&writer, &nak->log);
        fq_write_uint(&writer, nak->expected);
        fq_write_uint(&writer, nak->reason);
        if (child && child->is_up) {
            (void)fq_effects_send(effects, child->origin,
                                  fq_link_end(&writer, FQ_LINK_NAK, child->session, child->mseq++));
        }
    }
    sync->nak_count = 0;
}

/* With each heartbeat a child is told again how far its logs are, should the word have been lost. */
static void repeat_acks(struct fq_sync *sync, uint32_t child_place)
{
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        sync->logs[i].is_ack_due |= sync->logs[i].via == child_place + 1;
    }
}

static void tend_links(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects)
{
    uint64_t now_ms = now.steady_ms;

    for (uint32_t i = 0; i < sync->child_count; i++) {
        struct fq_downlink *child = &sync->children[i];
        if (!child->is_up) {
            continue;
        }
        if (now_ms > child->heard_ms + sync->options.silence_ms) {
            child->is_up = false;
        } else if (now_ms >= child->beat_ms) {
            (void)fq_effects_send(effects, child->origin,
                                  fq_sync_heartbeat(effects, child->session, child->mseq++, now));
            child->beat_ms = now_ms + sync->options.heartbeat_ms;
            repeat_acks(sync, i);
            child->is_heads_due = true;
        }
    }
}

static void serve_wants(struct fq_sync *sync, struct fq_effects *effects)
{
    for (uint32_t i = 0; i < sync->want_count;) {
        struct fq_sync_want *want = &sync->wants[i];
        const struct fq_log *log = fq_frontier_find(sync->frontier, &want->log);
        const struct fq_downlink *child = find_child(sync, want->peer);
        if (!log || want->next > log->last || !child || !child->is_up ||
            child->session != want->session) {
            *want = sync->wants[--sync->want_count];
            continue;
        }
        const struct fq_forward forward = {
            .peer = want->peer,
            .session = want->session,
            .log = want->log,
            .from_seq = want->next,
            .size_max = FORWARD_MAX,
        };
        if (!want->is_forwarding) {
            want->is_forwarding = fq_effects_forward(effects, &forward);
        }
        i++;
    }
}

void fq_sync_tend_children(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects)
{
    send_naks(sync, effects);
    send_acks(sync, effects);
    tend_links(sync, now, effects);
    send_all_heads(sync, effects);
    serve_wants(sync, effects);
}
