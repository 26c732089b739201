/* What must hold of whatever is stored: one id one content, dense logs, growing stamps, one event of a
 * command, relays of what was written. The oracle is what its origin stored first (I1, I2, N2, N4, N6,
 * X2, X4). */
#include "sim.h"

static int64_t find_command(const struct sim *sim, const struct fq_id *cmd_id)
{
    for (uint32_t i = 0; i < sim->command_count; i++) {
        if (fq_id_equal(&sim->commands[i].cmd_id, cmd_id)) {
            return i;
        }
    }
    return -1;
}

/* N2: of one origin, in whichever of its logs. */
static void check_command(struct sim *sim, int log, const struct sim_fact *fact, uint64_t seq)
{
    for (uint64_t other = 1; other < seq; other++) {
        if (sim->facts[log][other - 1].command == fact->command &&
            (!sim->fork_seq[log] || other < sim->fork_seq[log])) {
            sim_break(sim, "N2 a command makes one event", sim_bit(sim_writer(log)),
                      "%s makes events %llu and %llu of command %lld", sim_log_name(log),
                      (unsigned long long)other, (unsigned long long)seq, (long long)fact->command);
        }
    }
}

int sim_meeting(const struct sim *sim, int a, int b)
{
    for (int at = a; at >= 0; at = sim->nodes[at].parent) {
        for (int other = b; other >= 0; other = sim->nodes[other].parent) {
            if (at == other) {
                return at;
            }
        }
    }
    return 0;
}

/* A relay carries what its origin stored, byte by byte, is written where the ways meet, and once
 * (X2, X4). */
static void check_relay(struct sim *sim, int log, const struct fq_event *relay,
                        struct sim_fact *fact)
{
    int writer = sim_writer(log);
    struct fq_event carried;
    int origin = fq_event_open_relay(relay, &carried) ? sim_log(sim, &carried.id.log) : -1;

    if (origin < 0 || origin >= SIM_NODES || carried.id.seq > sim->fact_count[origin]) {
        sim_break(sim, "X2 a relay carries a fact", sim_bit(writer),
                  "%s: event %llu carries what nobody wrote", sim_log_name(log),
                  (unsigned long long)relay->id.seq);
        return;
    }
    fact->carried = carried.id;
    sim->relays++;
    if (sim_meeting(sim, origin, sim_recipient(log)) != writer) {
        sim_break(sim, "X2 the lowest common node relays", sim_bit(writer),
                  "%s: event %llu of %s is not its to relay", sim_log_name(log),
                  (unsigned long long)carried.id.seq, sim_name(origin));
    }
    if (!sim->fork_seq[origin] &&
        sim->facts[origin][carried.id.seq - 1].hash != fq_hash_quick(carried.record)) {
        sim_break(sim, "X2 a relay carries the bytes", sim_bit(writer), "%s: event %llu of %s",
                  sim_log_name(log), (unsigned long long)carried.id.seq, sim_name(origin));
    }
    for (uint64_t seq = 1; seq < relay->id.seq && !sim->nodes[writer].is_gone_back; seq++) {
        const struct fq_event_id *other = &sim->facts[log][seq - 1].carried;
        if (other->seq == carried.id.seq && fq_log_id_equal(&other->log, &carried.id.log)) {
            sim_break(sim, "X4 each event is relayed once", sim_bit(writer),
                      "%s: event %llu of %s again", sim_log_name(log),
                      (unsigned long long)carried.id.seq, sim_name(origin));
        }
    }
}

/* The first copy of an event, stored at its origin. */
static void note_fact(struct sim *sim, int log, const struct fq_event *event)
{
    struct sim_fact *fact = &sim->facts[log][event->id.seq - 1];

    *fact = (struct sim_fact){
        .hash = fq_hash_quick(event->record),
        .command = find_command(sim, &event->cmd_id),
        .dispute = event->dispute,
    };
    sim->fact_count[log] = event->id.seq;
    if (fact->command < 0) {
        sim_break(sim, "a fact comes from a command", sim_bit(sim_writer(log)), "%s: event %llu",
                  sim_log_name(log), (unsigned long long)event->id.seq);
        return;
    }
    if (sim_recipient(log) >= 0) {
        check_relay(sim, log, event, fact);
        return;
    }
    check_command(sim, log, fact, event->id.seq);
    sim->commands[fact->command].facts++;
}

static void check_fact(struct sim *sim, int at, int log, const struct fq_event *event)
{
    int writer = sim_writer(log);
    uint64_t seq = event->id.seq;

    if (seq > sim->fact_count[log]) {
        if (at != writer) {
            sim_break(sim, "S2 what others hold its origin stored first",
                      sim_bit(at) | sim_bit(writer),
                      "%s stores event %llu of %s, which was never stored there", sim_name(at),
                      (unsigned long long)seq, sim_log_name(log));
            return;
        }
        note_fact(sim, log, event);
        return;
    }
    if (sim->facts[log][seq - 1].hash == fq_hash_quick(event->record)) {
        return;
    }
    if (!sim->nodes[writer].is_wiped || sim_recipient(log) >= 0) {
        sim_break(sim, "I2 one id, one content", sim_bit(at) | sim_bit(writer),
                  "%s stores another event %llu of %s than was stored before", sim_name(at),
                  (unsigned long long)seq, sim_log_name(log));
    } else if (at == log && seq <= sim->nodes[writer].warned_seq) {
        sim_break(sim, "Y3 what is behind its parent writes nothing", sim_bit(at),
                  "%s writes event %llu though its parent told it that it has %llu", sim_name(at),
                  (unsigned long long)seq, (unsigned long long)sim->nodes[writer].warned_seq);
    } else if (!sim->fork_seq[log] || seq < sim->fork_seq[log]) {
        sim->fork_seq[log] = seq;
        sim_tell(sim, sim_bit(writer), "the log of %s forks at event %llu", sim_log_name(log),
                 (unsigned long long)seq);
    }
}

void sim_check_stored(struct sim *sim, int at, const struct fq_batch *batch)
{
    const struct fq_seal *seal = &batch->seal;
    struct sim_disk *disk = &sim->nodes[at].disk;
    int log = sim_log(sim, &seal->log);
    struct fq_reader reader = fq_reader_over(batch->records);
    struct fq_event_id id = {seal->log, seal->from_seq};
    struct fq_event event;

    if (log < 0 || seal->to_seq > SIM_EVENTS_MAX || seal->from_seq != disk->last[log] + 1) {
        sim_break(sim, "N4 a log is dense", sim_bit(at),
                  "%s stores %llu..%llu of %08u-%u after %llu", sim_name(at),
                  (unsigned long long)seal->from_seq, (unsigned long long)seal->to_seq,
                  seal->log.origin, seal->log.stream,
                  log < 0 ? 0ULL : (unsigned long long)disk->last[log]);
        return;
    }
    for (; id.seq <= seal->to_seq && fq_event_decode(&reader, id, &event); id.seq++) {
        check_fact(sim, at, log, &event);
    }
    if (at == sim_writer(log)) {
        if (seal->hlc <= disk->hlc[log]) {
            sim_break(sim, "N6 stamps grow", sim_bit(at), "%s stamps %llu after %llu", sim_name(at),
                      (unsigned long long)seal->hlc, (unsigned long long)disk->hlc[log]);
        }
        disk->hlc[log] = seal->hlc;
    }
    sim_tell(sim, sim_bit(at), "%s stores %llu..%llu of %s", sim_name(at),
             (unsigned long long)seal->from_seq, (unsigned long long)seal->to_seq,
             sim_log_name(log));
}
