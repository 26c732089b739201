/* What must hold of whatever is sent: it rests on what is on disk, it is what the session is about, and
 * it tells nothing of parties (N3, Y1, Y2, Y6, I6). */
#include "sim.h"

#include <string.h>

#include "fq/core/link.h"

void sim_look_for_subjects(struct sim *sim, int from, struct fq_span bytes)
{
    if (memmem(bytes.data, bytes.size, SIM_SUBJECT, strlen(SIM_SUBJECT))) {
        sim_break(sim, "I6 party data stays in its vault", sim_bit(from), "%s sends it",
                  sim_name(from));
    }
}

static void check_claim(struct sim *sim, int from, const struct fq_log_id *log, uint64_t have,
                        const char *what)
{
    int number = sim_log(sim, log);
    uint64_t held = number < 0 ? 0 : sim->nodes[from].disk.last[number];

    if (have > held) {
        sim_break(sim, "Y2 what is claimed is on disk", sim_bit(from),
                  "%s claims %llu of %08u-%u in %s and holds %llu", sim_name(from),
                  (unsigned long long)have, log->origin, log->stream, what,
                  (unsigned long long)held);
    }
}

/* What a node says of the tier above it was true at some time: images may have gone back since. */
static void check_above(struct sim *sim, int from, const struct fq_log_id *log, uint64_t up)
{
    int above = sim->nodes[from].parent < 0 ? from : sim->nodes[from].parent;
    int number = sim_log(sim, log);

    if (number >= 0 && up > sim->nodes[above].disk.most[number]) {
        sim_break(sim, "Y6 a child learns how far the tier above its parent is", sim_bit(from),
                  "%s says that %s has %llu of %s; it never had", sim_name(from), sim_name(above),
                  (unsigned long long)up, sim_log_name(number));
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
        !fq_link_read_log(&reader, &log) || sim_log(sim, &log) < 0) {
        return;
    }
    struct sim_gap *gap = &sim->nodes[child].link.gaps[sim_log(sim, &log)];
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
                  "%s was told that %llu of %s is missing and sends %llu", sim_name(from),
                  (unsigned long long)gap->expected, sim_log_name(origin),
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
                  "%s counts %llu bytes from %s, of this session came %llu", sim_name(from),
                  (unsigned long long)received, sim_name(to),
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
    int number = sim_log(sim, &log);
    uint64_t *told = number < 0 ? NULL : sim->nodes[from].acknowledged[number];
    if (!told || (told[0] == seq && told[1] == up)) {
        return; /* said before, and said again with every heartbeat */
    }
    told[0] = seq;
    told[1] = up;
    sim_tell(sim, sim_bit(from) | sim_bit(sim_writer(number)),
             "%s acknowledges %llu of %s, above it %llu", sim_name(from), (unsigned long long)seq,
             sim_log_name(number), (unsigned long long)up);
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
        int number = sim_log(sim, &log);
        if (verdict != FQ_LINK_OK && number >= 0) {
            sim_tell(sim, sim_bit(from) | sim_bit(sim_writer(number)),
                     "%s welcomes: %s of %s at %llu", sim_name(from),
                     verdict == FQ_LINK_REWIND ? "rewind" : "diverged", sim_log_name(number),
                     (unsigned long long)have);
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
        sim_break(sim, "L1 what is sent can be read", sim_bit(from), "%s: %s", sim_name(from),
                  why.detail);
        return;
    }
    check_claim(sim, from, &batch.seal.log, batch.seal.to_seq, "a batch");
    int number = sim_log(sim, &batch.seal.log);
    if (number < 0) {
        return; /* claimed in vain */
    }
    if (sim->nodes[from].parent == to) {
        check_gap(sim, from, number, session, &batch);
    }
    sim_tell(sim, sim_bit(from) | sim_bit(sim_writer(number)), "%s sends %llu..%llu of %s",
             sim_name(from), (unsigned long long)batch.seal.from_seq,
             (unsigned long long)batch.seal.to_seq, sim_log_name(number));
}

void sim_check_frame(struct sim *sim, int from, int to, struct fq_span frame)
{
    struct fq_link_message message;

    sim_look_for_subjects(sim, from, frame);
    if (!fq_link_decode(frame, &message)) {
        sim_break(sim, "L1 what is sent can be read", sim_bit(from), "%s sends no frame",
                  sim_name(from));
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
        sim_tell(sim, sim_bit(from), "%s greets, session %llx", sim_name(from),
                 (unsigned long long)message.session);
        break;
    case FQ_LINK_BATCH:
        check_batch(sim, from, to, message.session, &reader);
        break;
    case FQ_LINK_NAK:
        sim_tell(sim, sim_bit(from), "%s refuses a batch", sim_name(from));
        break;
    case FQ_LINK_WANT:
        sim_tell(sim, sim_bit(from), "%s asks for what it lacks", sim_name(from));
        break;
    default:
        break;
    }
}
