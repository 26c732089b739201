/* The link's rules, this node as a child: it greets, sends what flows up, asks for what it lacks. */
#include "sync_sides.h"

#include <string.h>

#define RETRY_MS 50          /* after a socket took nothing */
#define GREETING_DOUBLINGS 4 /* a slow link answers late: do not outrun the answer */

/* ---- greeting ---- */

/* Whether the log is one to speak of with the parent. */
static bool is_held(const struct fq_sync *sync, const struct fq_log *log)
{
    return log->last > 0 && is_shared(sync, sync->options.area, &log->id);
}

static uint32_t held_count(const struct fq_sync *sync)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        count += is_held(sync, &sync->frontier->logs[i]);
    }
    return count;
}

static void send_hello(struct fq_sync *sync, uint64_t now_ms, struct fq_effects *effects)
{
    const struct fq_sync_options *options = &sync->options;
    struct fq_uplink *up = &sync->up;
    uint32_t count = held_count(sync);
    struct fq_writer writer =
        fq_link_begin(effects->arena, SMALL_BODY + (size_t)count * HELLO_LOG_SIZE);

    up->state = FQ_UPLINK_GREETING;
    up->session = options->boot << 32 | ++up->greeting_count;
    up->mseq = 0;
    up->greet_ms = now_ms + ((uint64_t)options->reconnect_ms << up->greeting_tries);
    up->greeting_tries += up->greeting_tries < GREETING_DOUBLINGS;
    fq_write_array(&writer, 8);
    fq_write_uint(&writer, options->origin);
    fq_write_uint(&writer, options->tier);
    fq_write_uint(&writer, options->area);
    fq_write_uint(&writer, options->cert_serial);
    fq_write_bytes(&writer, options->instance.bytes, FQ_ID_SIZE);
    fq_write_uint(&writer, options->boot);
    fq_write_uint(&writer, FQ_LINK_PROTO);
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log *log = &sync->frontier->logs[i];
        if (!is_held(sync, log)) {
            continue;
        }
        fq_write_array(&writer, 5);
        fq_link_write_log(&writer, &log->id);
        fq_write_uint(&writer, log->last);
        fq_write_bytes(&writer, log->chain.bytes, FQ_HASH_SIZE);
    }
    (void)fq_effects_send(effects, FQ_PEER_PARENT,
                          fq_link_end(&writer, FQ_LINK_HELLO, up->session, up->mseq++));
}

/* ---- welcomed ---- */

static bool read_welcome_log(struct fq_reader *reader, struct heard_log *heard)
{
    if (fq_read_array(reader) != 7 || !fq_link_read_log(reader, &heard->id)) {
        return false;
    }
    heard->verdict = (enum fq_link_verdict)(fq_read_uint(reader) & 0xff);
    heard->have = fq_read_uint(reader);
    fq_read_exact(reader, heard->chain.bytes, FQ_HASH_SIZE);
    heard->up = fq_read_uint(reader);
    return !reader->is_bad;
}

/* Check every log of a WELCOME before anything changes. */
static bool are_verdicts_readable(struct fq_reader logs, uint32_t count)
{
    struct heard_log heard;

    for (uint32_t i = 0; i < count; i++) {
        if (!read_welcome_log(&logs, &heard)) {
            return false;
        }
    }
    return true;
}

static void take_verdict(struct fq_sync *sync, const struct heard_log *heard)
{
    struct fq_log *log = fq_frontier_add(sync->frontier, &heard->id, sync->areas);

    if (!log) {
        return;
    }
    struct fq_sync_log *state = beside(sync, log);
    state->parent_have = heard->have;
    state->cursor = heard->have + 1;
    /* The parent judged what the greeting said; this log may have gone on since (Y5). */
    state->is_diverged =
        heard->verdict == FQ_LINK_DIVERGED ||
        (heard->have > 0 && heard->have == log->last && !fq_hash_equal(&heard->chain, &log->chain));
    log->acked = smaller(heard->have, log->last);
    log->up = smaller(heard->up, log->last);
}

static void take_welcome(struct fq_sync *sync, const struct fq_link_message *message,
                         uint64_t now_ms)
{
    struct fq_uplink *up = &sync->up;
    struct fq_reader reader = fq_reader_over(message->body);
    struct heard_log heard;
    uint32_t parts = fq_read_array(&reader);
    uint64_t parent = fq_read_uint(&reader);

    for (int i = 0; i < 3; i++) {
        (void)fq_read_skip(&reader); /* tier, area, instance */
    }
    uint64_t credit = fq_read_uint(&reader);
    (void)fq_read_uint(&reader); /* its heartbeat */
    uint32_t count = fq_read_array(&reader);
    if (parts < 7 || reader.is_bad || parent > UINT32_MAX ||
        !are_verdicts_readable(reader, count)) {
        return;
    }
    for (uint32_t i = 0; i < FQ_LOGS_MAX; i++) {
        sync->logs[i].cursor = 1;
        sync->logs[i].parent_have = sync->logs[i].waited_have = 0;
        sync->logs[i].waiting_ms = now_ms;
        sync->logs[i].is_forwarding = false;
        sync->logs[i].nak_seq = 0;
        sync->logs[i].want_ms = 0;
    }
    for (uint32_t i = 0; i < sync->frontier->count;
         i++) { /* own relays are no matter of the parent's */
        sync->logs[i].is_diverged &=
            !is_shared(sync, sync->options.area, &sync->frontier->logs[i].id);
    }
    for (uint32_t i = 0; i < count && read_welcome_log(&reader, &heard); i++) {
        take_verdict(sync, &heard);
    }
    up->state = FQ_UPLINK_UP;
    up->greeting_tries = 0;
    up->parent = (uint32_t)parent;
    up->credit = credit;
    up->sent_bytes = up->received_bytes = up->lost_bytes = 0;
    up->heard_ms = now_ms;
    up->beat_ms = now_ms + sync->options.heartbeat_ms;
    up->retry_ms = 0;
}

/* ---- acknowledgements ---- */

static void take_ack(struct fq_sync *sync, struct fq_span body)
{
    struct fq_reader reader = fq_reader_over(body);
    struct fq_log_id id;
    struct fq_hash chain;

    if (fq_read_array(&reader) != 8 || !fq_link_read_log(&reader, &id)) {
        return;
    }
    uint64_t seq = fq_read_uint(&reader);
    fq_read_exact(&reader, chain.bytes, FQ_HASH_SIZE);
    uint64_t above_it = fq_read_uint(&reader);
    uint64_t received = fq_read_uint(&reader);
    uint64_t credit = fq_read_uint(&reader);
    if (reader.is_bad || !is_shared(sync, sync->options.area, &id)) {
        return;
    }
    /* A log this node does not know was lost whole, here and, at the welcome, above. */
    struct fq_log *log = fq_frontier_add(sync->frontier, &id, sync->areas);
    if (!log) {
        return;
    }
    struct fq_sync_log *state = beside(sync, log);
    state->parent_have = larger(state->parent_have, seq);
    state->cursor = larger(state->cursor, seq + 1);
    /* What flows up is at a boundary both know by the batch's own chain. */
    state->is_diverged |= seq == log->last && seq > 0 && !fq_hash_equal(&chain, &log->chain) &&
                          fq_log_flows_down(sync->areas, sync->options.area, &id); /* Y5 */
    log->acked = larger(log->acked, smaller(seq, log->last));
    log->up = larger(log->up, smaller(above_it, log->last));
    sync->up.credit = credit;
    if (received + sync->up.lost_bytes <= sync->up.sent_bytes) {
        sync->up.received_bytes = larger(sync->up.received_bytes, received);
    }
}

static void take_nak(struct fq_sync *sync, struct fq_span body, uint64_t now_ms)
{
    struct fq_reader reader = fq_reader_over(body);
    struct fq_log_id id;

    if (fq_read_array(&reader) != 5 || !fq_link_read_log(&reader, &id)) {
        return;
    }
    uint64_t expected = fq_read_uint(&reader);
    uint64_t reason = fq_read_uint(&reader);
    struct fq_log *log = fq_frontier_find(sync->frontier, &id);
    if (reader.is_bad || !log) {
        return;
    }
    struct fq_sync_log *state = beside(sync, log);
    if (reason != FQ_REASON_GAP) {
        state->is_diverged = true; /* Y5 */
    } else if (expected > state->parent_have &&
               (expected > state->nak_seq ||
                now_ms >= state->nak_ms + sync->options.reconnect_ms)) {
        state->nak_seq = expected;
        state->nak_ms = now_ms;
        state->cursor = smaller(expected, log->last + 1);
    }
}

/* ---- receive ---- */

void fq_sync_receive_from_parent(struct fq_sync *sync, const struct fq_link_message *message,
                                 uint64_t now_ms, struct fq_incoming *out_incoming)
{
    struct fq_uplink *up = &sync->up;

    if (message->session != up->session || up->state == FQ_UPLINK_DOWN) {
        return; /* Y1 */
    }
    up->heard_ms = now_ms;
    if (message->type == FQ_LINK_ERROR || message->type == FQ_LINK_BYE) {
        bool was_up = up->state == FQ_UPLINK_UP;
        up->state = FQ_UPLINK_DOWN;
        up->greet_ms = was_up ? now_ms : now_ms + sync->options.reconnect_ms;
    } else if (message->type == FQ_LINK_WELCOME && up->state == FQ_UPLINK_GREETING) {
        take_welcome(sync, message, now_ms);
    } else if (up->state != FQ_UPLINK_UP) {
        return;
    } else if (message->type == FQ_LINK_ACK) {
        take_ack(sync, message->body);
    } else if (message->type == FQ_LINK_NAK) {
        take_nak(sync, message->body, now_ms);
    } else if (message->type == FQ_LINK_BATCH) {
        *out_incoming = (struct fq_incoming){true, FQ_PEER_PARENT, fq_sync_batch_of(message->body)};
    }
}

/* A batch came back from the parent. */
void fq_sync_take_returned(struct fq_sync *sync, struct fq_log *log,
                           const struct fq_sync_result *result)
{
    struct fq_sync_log *state = beside(sync, log);

    if (result->judgement == FQ_SYNC_REFUSED && result->reason == FQ_REASON_CHAIN) {
        state->is_diverged = true; /* Y5: this node forked; do not ask for ever */
    }
    if (result->judgement == FQ_SYNC_ACCEPTED) { /* the parent holds what it sends */
        state->parent_have = larger(state->parent_have, log->last);
        state->cursor = larger(state->cursor, log->last + 1);
        state->want_ms = 0; /* Y7: more is asked for at once */
        log->acked = larger(log->acked, log->last);
    }
    for (uint32_t i = 0; i < sync->child_count && state->via == 0; i++) {
        const struct fq_downlink *child = &sync->children[i];
        if (fq_log_flows_up(sync->areas, child->origin / 100, &log->id)) {
            state->via = i + 1; /* both had lost it: the child waits for it too (Y6) */
            state->is_ack_due = true;
        }
    }
}

/* ---- the end of a turn ---- */

/* Whether the parent has more of the log, to be asked for (Y3, Y7). */
bool fq_sync_is_behind(const struct fq_sync *sync, uint32_t index)
{
    return sync->logs[index].parent_have > sync->frontier->logs[index].last &&
           !sync->logs[index].is_diverged;
}

/* Ask for what the parent has and this node has not. What is asked for comes; if it does not, it is
 * asked for again. */
static void send_wants(struct fq_sync *sync, uint64_t now_ms, struct fq_effects *effects)
{
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log *log = &sync->frontier->logs[i];
        if (!fq_sync_is_behind(sync, i) || now_ms < sync->logs[i].want_ms) {
            continue;
        }
        struct fq_writer writer = fq_link_begin(effects->arena, SMALL_BODY);
        fq_write_array(&writer, 4);
        fq_link_write_log(&writer, &log->id);
        fq_write_uint(&writer, log->last + 1);
        (void)fq_effects_send(
            effects, FQ_PEER_PARENT,
            fq_link_end(&writer, FQ_LINK_WANT, sync->up.session, sync->up.mseq++));
        sync->logs[i].want_ms = now_ms + sync->options.reconnect_ms;
    }
}

static bool is_to_send(const struct fq_sync *sync, uint32_t index)
{
    const struct fq_log *log = &sync->frontier->logs[index];
    const struct fq_sync_log *state = &sync->logs[index];

    return log->last > 0 && larger(state->cursor, 1) <= log->last && !state->is_forwarding &&
           !state->is_diverged && state->parent_have <= log->last &&
           is_shared(sync, sync->options.area, &log->id);
}

static void send_batches(struct fq_sync *sync, uint64_t now_ms, struct fq_effects *effects)
{
    struct fq_uplink *up = &sync->up;
    uint64_t in_flight = up->sent_bytes - up->received_bytes - up->lost_bytes;
    uint64_t left = up->credit > in_flight ? up->credit - in_flight : 0; /* Y4 */
    uint32_t count = sync->frontier->count;

    if (up->is_blocked) {
        up->is_blocked = false;
        up->retry_ms = now_ms + RETRY_MS;
    }
    if (now_ms < up->retry_ms) {
        return;
    }
    for (uint32_t i = 0; i < count && left >= FQ_BATCH_SIZE_MAX; i++) {
        uint32_t index = (sync->next_log + i) % count;
        if (!is_to_send(sync, index)) {
            continue;
        }
        const struct fq_forward forward = {
            .peer = FQ_PEER_PARENT,
            .session = up->session,
            .log = sync->frontier->logs[index].id,
            .from_seq = larger(sync->logs[index].cursor, 1),
            .size_max = smaller(left, FORWARD_MAX),
        };
        if (!fq_effects_forward(effects, &forward)) {
            break;
        }
        sync->logs[index].is_forwarding = true;
        left -= forward.size_max;
        sync->next_log = index + 1;
    }
}

/* Whether a log was sent and the parent's hold on it stands still for too long. When nothing is
 * owed nothing is in flight, whatever the count of bytes says. */
static bool is_standing_still(struct fq_sync *sync, uint64_t now_ms)
{
    struct fq_uplink *up = &sync->up;
    bool is_still = false, is_any_owed = false;

    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        struct fq_sync_log *state = &sync->logs[i];
        bool is_owed = state->cursor > state->parent_have + 1 && !state->is_diverged;
        if (!is_owed || state->waited_have != state->parent_have) {
            state->waited_have = state->parent_have;
            state->waiting_ms = now_ms;
        }
        is_any_owed |= is_owed || state->is_forwarding;
        is_still |= now_ms > state->waiting_ms + sync->options.silence_ms;
    }
    if (!is_any_owed) {
        up->lost_bytes = up->sent_bytes - up->received_bytes;
    }
    return is_still;
}

static bool is_stuck(struct fq_sync *sync, uint64_t now_ms)
{
    return now_ms > sync->up.heard_ms + sync->options.silence_ms || is_standing_still(sync, now_ms);
}

void fq_sync_tend_parent(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects)
{
    struct fq_uplink *up = &sync->up;
    uint64_t now_ms = now.steady_ms;

    if (up->state == FQ_UPLINK_UP && is_stuck(sync, now_ms)) {
        up->state = FQ_UPLINK_DOWN;
        up->greet_ms = now_ms;
    }
    if (up->is_unsent) {
        up->is_unsent = false;
        up->greeting_tries = 0;
        up->greet_ms = smaller(up->greet_ms, now_ms + sync->options.reconnect_ms);
    }
    if (up->state != FQ_UPLINK_UP) {
        if (now_ms >= up->greet_ms) {
            send_hello(sync, now_ms, effects);
        }
        return;
    }
    if (now_ms >= up->beat_ms) {
        (void)fq_effects_send(effects, FQ_PEER_PARENT, fq_sync_report(sync, effects, now));
        up->beat_ms = now_ms + sync->options.heartbeat_ms;
    }
    send_wants(sync, now_ms, effects);
    send_batches(sync, now_ms, effects);
}
