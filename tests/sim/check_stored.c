/* What must hold of whatever is stored: one id one content, dense logs, growing stamps, one event of a
 * command. The oracle is what its origin stored first (I1, I2, N2, N4, N6). */
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
                  sim_name(origin), (unsigned long long)event->id.seq);
        return;
    }
    for (uint64_t seq = 1; seq < event->id.seq; seq++) {
        if (sim->facts[origin][seq - 1].command == fact->command &&
            (!sim->nodes[origin].fork_seq || seq < sim->nodes[origin].fork_seq)) {
            sim_break(sim, "N2 a command makes one event", sim_bit(origin),
                      "%s makes events %llu and %llu of command %lld", sim_name(origin),
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
                      "%s stores event %llu of %s, which never stored it", sim_name(at),
                      (unsigned long long)seq, sim_name(origin));
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
                  "%s stores another event %llu of %s than was stored before", sim_name(at),
                  (unsigned long long)seq, sim_name(origin));
    } else if (at == origin && seq <= writer->warned_seq) {
        sim_break(sim, "Y3 what is behind its parent writes nothing", sim_bit(at),
                  "%s writes event %llu though its parent told it that it has %llu", sim_name(at),
                  (unsigned long long)seq, (unsigned long long)writer->warned_seq);
    } else if (!writer->fork_seq || seq < writer->fork_seq) {
        writer->fork_seq = seq;
        sim_tell(sim, sim_bit(origin), "the log of %s forks at event %llu", sim_name(origin),
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
                  sim_name(at), (unsigned long long)seal->from_seq,
                  (unsigned long long)seal->to_seq, seal->log.origin,
                  origin < 0 ? 0ULL : (unsigned long long)disk->last[origin]);
        return;
    }
    for (; id.seq <= seal->to_seq && fq_event_decode(&reader, id, &event); id.seq++) {
        check_fact(sim, at, origin, &event);
    }
    if (at == origin && seal->hlc <= disk->hlc) {
        sim_break(sim, "N6 stamps grow", sim_bit(at), "%s stamps %llu after %llu", sim_name(at),
                  (unsigned long long)seal->hlc, (unsigned long long)disk->hlc);
    }
    disk->hlc = at == origin ? seal->hlc : disk->hlc;
    sim_tell(sim, sim_bit(at), "%s stores %llu..%llu of %s", sim_name(at),
             (unsigned long long)seal->from_seq, (unsigned long long)seal->to_seq,
             sim_name(origin));
}
