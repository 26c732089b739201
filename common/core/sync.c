#include "fq/core/sync.h"

#include <string.h>

#define RETRY_MS 50       /* after a socket took nothing */
#define HELLO_LOG_SIZE 80 /* bytes of one log in HELLO or WELCOME, at most */
#define HEARD_SIZE 40     /* bytes of one node in a heartbeat, at most */
#define SMALL_BODY 256
#define FORWARD_MAX (1024 * 1024)
#define GREETING_DOUBLINGS 4 /* a slow link answers late: do not outrun the answer */

void fq_sync_init(struct fq_sync *sync, struct fq_frontier *frontier, const struct fq_areas *areas,
                  const struct fq_sync_options *options)
{
    memset(sync, 0, sizeof *sync);
    sync->options = *options;
    sync->frontier = frontier;
    sync->areas = areas;
}

/* ---- small things ---- */

static struct fq_sync_log *beside(struct fq_sync *sync, const struct fq_log *log)
{
    return &sync->logs[fq_frontier_index(sync->frontier, log)];
}

static struct fq_downlink *find_child(struct fq_sync *sync, uint32_t origin)
{
    for (uint32_t i = 0; i < sync->child_count; i++) {
        if (sync->children[i].origin == origin) {
            return &sync->children[i];
        }
    }
    return NULL;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How far the tier above this node has the log; the top tier is its own above. */
static uint64_t above(const struct fq_sync *sync, const struct fq_log *log)
{
    return sync->options.has_parent ? log->acked : log->last;
}

static bool is_own(const struct fq_sync *sync, const struct fq_log_id *log)
{
    return log->origin == sync->options.origin;
}

/* ---- greeting ---- */

/* Whether the log passes between the child of this area and its parent, either way. */
static bool is_shared(const struct fq_sync *sync, uint32_t child_area, const struct fq_log_id *log)
{
    return fq_log_flows_up(sync->areas, child_area, log) ||
           fq_log_flows_down(sync->areas, child_area, log);
}

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

struct heard_log { /* one log of a HELLO or WELCOME */
    struct fq_log_id id;
    enum fq_link_verdict verdict;
    uint64_t have;
    struct fq_hash chain;
    uint64_t up;
};

/* ---- the parent greets back ---- */

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

static bool read_hello_log(struct fq_reader *reader, struct heard_log *heard)
{
    if (fq_read_array(reader) != 5 || !fq_link_read_log(reader, &heard->id)) {
        return false;
    }
    heard->have = fq_read_uint(reader);
    fq_read_exact(reader, heard->chain.bytes, FQ_HASH_SIZE);
    return !reader->is_bad;
}

/* ---- what is heard of nodes below (Y9) ---- */

/* Its place; heard_count when nothing was heard of it. */
static uint32_t heard_place(const struct fq_sync *sync, uint32_t origin)
{
    uint32_t place = 0;

    while (place < sync->heard_count && sync->heard[place].origin != origin) {
        place++;
    }
    return place;
}

/* The entry of a node of the child's area; NULL when it is not, or there is no room. */
static struct fq_sync_heard *add_heard(struct fq_sync *sync, uint32_t child, uint32_t origin)
{
    uint32_t place = heard_place(sync, origin);

    if (place == FQ_SYNC_HEARD_MAX || !fq_areas_covers(sync->areas, child / 100, origin / 100)) {
        return NULL;
    }
    if (place == sync->heard_count) {
        sync->heard[sync->heard_count++] = (struct fq_sync_heard){.origin = origin};
    }
    return &sync->heard[place];
}

/* A greeting names the ends of all logs; it says of the others when they were written, not when they
 * were heard. */
static void hear_greeting(struct fq_sync *sync, uint32_t child, struct fq_reader logs,
                          uint32_t count)
{
    struct heard_log log;

    for (uint32_t i = 0; i < sync->heard_count; i++) {
        if (fq_areas_covers(sync->areas, child / 100, sync->heard[i].origin / 100)) {
            sync->heard[i].greeted = 0;
        }
    }
    for (uint32_t i = 0; i < count && read_hello_log(&logs, &log); i++) {
        struct fq_sync_heard *heard = fq_log_flows_up(sync->areas, child / 100, &log.id)
                                          ? add_heard(sync, child, log.id.origin)
                                          : NULL;
        if (heard) {
            heard->greeted += log.have;
            heard->announced = larger(heard->announced, heard->greeted);
        }
    }
}

/* HEARTBEAT of a child: [wall_ms, [[origin, heard_ms, announced, reason], ...]]. */
static void hear_heartbeat(struct fq_sync *sync, uint32_t child, struct fq_span body,
                           uint64_t wall_ms)
{
    struct fq_reader reader = fq_reader_over(body);
    uint32_t parts = fq_read_array(&reader);

    (void)fq_read_uint(&reader);
    uint32_t count = parts >= 2 ? fq_read_array(&reader) : 0;
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        uint32_t fields = fq_read_array(&reader);
        uint64_t origin = fq_read_uint(&reader);
        uint64_t heard_ms = fq_read_uint(&reader);
        uint64_t announced = fq_read_uint(&reader);
        uint64_t reason = fq_read_uint(&reader);
        if (fields != 4 || reader.is_bad || origin > UINT32_MAX) {
            return;
        }
        struct fq_sync_heard *heard = add_heard(sync, child, (uint32_t)origin);
        if (heard) { /* nobody was heard in the future, whatever another's clock says */
            heard->heard_ms = larger(heard->heard_ms, smaller(heard_ms, wall_ms));
            heard->announced = announced;
            heard->reason = (enum fq_reason)(reason & 0xffff);
        }
    }
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

    for (uint32_t i = 0; i < log_count && read_hello_log(&first_pass, &heard); i++) {
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
    for (uint32_t i = 0; i < log_count && read_hello_log(&logs, &heard); i++) {
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
        if (!read_hello_log(&logs, &heard)) {
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
    hear_greeting(sync, peer, reader, log_count);
    send_welcome(sync, child, reader, log_count, effects);
}

/* ---- the child is welcomed ---- */

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

/* ---- receive ---- */

static struct fq_span batch_of(struct fq_span body)
{
    struct fq_reader reader = fq_reader_over(body);

    return fq_read_array(&reader) == 1 ? fq_read_bytes(&reader) : (struct fq_span){0};
}

static void receive_from_parent(struct fq_sync *sync, const struct fq_link_message *message,
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
        *out_incoming = (struct fq_incoming){true, FQ_PEER_PARENT, batch_of(message->body)};
    }
}

static void receive_from_child(struct fq_sync *sync, uint32_t peer,
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
    child->heard_ms = now.steady_ms;
    child->heard_wall_ms = now.wall_ms;
    if (message->type == FQ_LINK_BATCH) {
        *out_incoming = (struct fq_incoming){true, peer, batch_of(message->body)};
    } else if (message->type == FQ_LINK_HEARTBEAT) {
        hear_heartbeat(sync, peer, message->body, now.wall_ms);
    } else if (message->type == FQ_LINK_WANT) {
        take_want(sync, peer, message);
    } else if (message->type == FQ_LINK_BYE) {
        child->is_up = false;
    }
}

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
        receive_from_parent(sync, &message, now.steady_ms, out_incoming);
    } else {
        receive_from_child(sync, peer, &message, now, effects, out_incoming);
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

/* A batch came back from the parent. */
static void take_returned(struct fq_sync *sync, struct fq_log *log,
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

void fq_sync_batch_result(struct fq_sync *sync, uint32_t peer, const struct fq_sync_result *result)
{
    struct fq_downlink *child = peer == FQ_PEER_PARENT ? NULL : find_child(sync, peer);
    struct fq_log *log = fq_frontier_find(sync->frontier, &result->log);

    if (!child) { /* what is fetched back from the parent needs no acknowledgement */
        if (peer == FQ_PEER_PARENT && log) {
            take_returned(sync, log, result);
        }
        return;
    }
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

/* ---- the end of a turn: to the children ---- */

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

static struct fq_span heartbeat(struct fq_effects *effects, uint64_t session, uint32_t mseq,
                                struct fq_now now)
{
    struct fq_writer writer = fq_link_begin(effects->arena, SMALL_BODY);

    fq_write_array(&writer, 1);
    fq_write_uint(&writer, now.wall_ms);
    return fq_link_end(&writer, FQ_LINK_HEARTBEAT, session, mseq);
}

/* With each heartbeat a child is told again how far its logs are, should the word have been lost. */
static void repeat_acks(struct fq_sync *sync, uint32_t child_place)
{
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        sync->logs[i].is_ack_due |= sync->logs[i].via == child_place + 1;
    }
}

static void tend_children(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects)
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
                                  heartbeat(effects, child->session, child->mseq++, now));
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

/* ---- the end of a turn: to the parent ---- */

/* Whether the parent has more of the log, to be asked for (Y3, Y7). */
static bool is_behind(const struct fq_sync *sync, uint32_t index)
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
        if (!is_behind(sync, i) || now_ms < sync->logs[i].want_ms) {
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

/* Whether one of the node's logs that go up was refused by the parent. */
static bool is_stopped(const struct fq_sync *sync, uint32_t origin)
{
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log_id *id = &sync->frontier->logs[i].id;
        if (id->origin == origin && sync->logs[i].is_diverged &&
            fq_log_flows_up(sync->areas, sync->options.area, id)) {
            return true;
        }
    }
    return false;
}

static void write_heard(const struct fq_sync *sync, struct fq_writer *writer,
                        const struct fq_sync_heard *heard)
{
    bool is_diverged = is_stopped(sync, heard->origin);

    fq_write_array(writer, 4);
    fq_write_uint(writer, heard->origin);
    fq_write_uint(writer, heard->heard_ms);
    fq_write_uint(writer, heard->announced);
    fq_write_uint(writer, is_diverged ? FQ_REASON_COVERAGE_DIVERGED : heard->reason);
}

/* With each heartbeat the parent is told of all nodes here and below (Y9). */
static struct fq_span report(struct fq_sync *sync, struct fq_effects *effects, struct fq_now now)
{
    struct fq_uplink *up = &sync->up;
    struct fq_writer writer =
        fq_link_begin(effects->arena, SMALL_BODY + (size_t)(sync->heard_count + 1) * HEARD_SIZE);
    const struct fq_sync_heard own = {
        .origin = sync->options.origin,
        .heard_ms = now.wall_ms,
        .announced = fq_sync_held(sync->frontier, sync->options.origin),
        .reason = fq_sync_may_originate(sync) ? FQ_REASON_NONE : FQ_REASON_COVERAGE_READ_ONLY,
    };

    fq_write_array(&writer, 2);
    fq_write_uint(&writer, now.wall_ms);
    fq_write_array(&writer, sync->heard_count + 1);
    write_heard(sync, &writer, &own);
    for (uint32_t i = 0; i < sync->heard_count; i++) {
        write_heard(sync, &writer, &sync->heard[i]);
    }
    return fq_link_end(&writer, FQ_LINK_HEARTBEAT, up->session, up->mseq++);
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

static void tend_parent(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects)
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
        (void)fq_effects_send(effects, FQ_PEER_PARENT, report(sync, effects, now));
        up->beat_ms = now_ms + sync->options.heartbeat_ms;
    }
    send_wants(sync, now_ms, effects);
    send_batches(sync, now_ms, effects);
}

void fq_sync_finish(struct fq_sync *sync, struct fq_now now, struct fq_effects *effects)
{
    send_naks(sync, effects);
    send_acks(sync, effects);
    tend_children(sync, now, effects);
    send_all_heads(sync, effects);
    serve_wants(sync, effects);
    if (sync->options.has_parent) {
        tend_parent(sync, now, effects);
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
        is_open = sync->children[i].is_up &&
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
        next_ms = is_behind(sync, i) ? smaller(next_ms, sync->logs[i].want_ms) : next_ms;
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

const struct fq_sync_heard *fq_sync_heard_of(const struct fq_sync *sync, uint32_t origin)
{
    uint32_t place = heard_place(sync, origin);

    return place < sync->heard_count ? &sync->heard[place] : NULL;
}

uint64_t fq_sync_held(const struct fq_frontier *frontier, uint32_t origin)
{
    uint64_t held = 0;

    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        bool goes_up = log->id.stream == FQ_STREAM_FACTS || log->id.stream == FQ_STREAM_CONTROL;
        held += log->id.origin == origin && goes_up ? log->last : 0;
    }
    return held;
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
