/* What happened: a hash over all of it, and the last of it in plain words. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_LINES 24

void sim_trace(struct sim *sim, uint64_t tag, struct fq_span bytes)
{
    uint64_t mixed[3] = {sim->trace, tag, fq_hash_quick(bytes)};

    sim->trace = fq_hash_quick(fq_span_of(mixed, sizeof mixed));
}

uint32_t sim_bit(int node)
{
    return node >= 0 ? UINT32_C(1) << node : 0;
}

const char *sim_name(int node)
{
    static const char *const names[SIM_NODES + 1] = {
        "province",  "city A",    "city B",   "county A1",
        "county A2", "county B1", "county C", "a person",
    };

    return names[node];
}

int sim_find(const struct sim *sim, uint32_t origin)
{
    for (int i = 0; i < SIM_NODES; i++) {
        if (sim->nodes[i].origin == origin) {
            return i;
        }
    }
    return -1;
}

void sim_tell(struct sim *sim, uint32_t nodes, const char *format, ...)
{
    uint64_t place = sim->story_count++ % SIM_STORY_LINES;
    char *line = sim->story[place];
    va_list arguments;

    int size = snprintf(
        line, SIM_TEXT_SIZE, "step %llu, %llu.%03llu s: ", (unsigned long long)sim->step,
        (unsigned long long)(sim->now_ms / 1000), (unsigned long long)(sim->now_ms % 1000));
    va_start(arguments, format);
    vsnprintf(line + size, SIM_TEXT_SIZE - (size_t)size, format, arguments);
    va_end(arguments);
    sim->story_nodes[place] = nodes;
}

void sim_break(struct sim *sim, const char *invariant, uint32_t nodes, const char *format, ...)
{
    va_list arguments;

    if (sim->broken) {
        return;
    }
    sim->broken = invariant;
    sim->broken_nodes = nodes;
    va_start(arguments, format);
    vsnprintf(sim->failure, sizeof sim->failure, format, arguments);
    va_end(arguments);
}

void sim_print(const struct sim *sim, const char *prefix)
{
    uint64_t shown[SHOWN_LINES];
    size_t count = 0;
    uint64_t oldest = sim->story_count > SIM_STORY_LINES ? sim->story_count - SIM_STORY_LINES : 0;

    printf("%sseed %llu, step %llu: %s: %s\n", prefix, (unsigned long long)sim->seed,
           (unsigned long long)sim->step, sim->broken, sim->failure);
    for (uint64_t i = sim->story_count; i > oldest && count < SHOWN_LINES; i--) {
        if (sim->story_nodes[(i - 1) % SIM_STORY_LINES] & sim->broken_nodes) {
            shown[count++] = i - 1;
        }
    }
    while (count > 0) {
        printf("%s  %s\n", prefix, sim->story[shown[--count] % SIM_STORY_LINES]);
    }
    printf("%sagain: make sim SEED=%llu\n", prefix, (unsigned long long)sim->seed);
}

/* ---- doors of the log ---- */

void fq_node_log(const char *level, const char *format, ...)
{
    char text[SIM_TEXT_SIZE];
    va_list arguments;

    (void)level;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sim_tell(sim_here, sim_bit(sim_at), "%s logs: %s", sim_name(sim_at), text);
}

/* ---- logs ---- */

int sim_log(const struct sim *sim, const struct fq_log_id *log)
{
    int writer = sim_find(sim, log->origin);
    int recipient = sim_find(sim, log->stream * 100 + 1);

    if (writer < 0 || log->epoch != 1) {
        return -1;
    }
    if (log->stream <= FQ_STREAM_CONTROL) {
        return writer + (int)log->stream * SIM_NODES;
    }
    return recipient < 0 ? -1 : (2 + writer) * SIM_NODES + recipient;
}

int sim_writer(int log)
{
    return log < 2 * SIM_NODES ? log % SIM_NODES : log / SIM_NODES - 2;
}

int sim_recipient(int log)
{
    return log < 2 * SIM_NODES ? -1 : log % SIM_NODES;
}

struct fq_log_id sim_log_id(const struct sim *sim, int log)
{
    int recipient = sim_recipient(log);
    uint32_t stream = log < SIM_NODES ? FQ_STREAM_FACTS
                      : recipient < 0 ? FQ_STREAM_CONTROL
                                      : sim->nodes[recipient].area;

    return (struct fq_log_id){sim->nodes[sim_writer(log)].origin, stream, 1};
}

const char *sim_log_name(int log)
{
    static char names[4][64];
    static int next;
    char *name = names[next++ % 4];

    if (log < SIM_NODES) {
        return sim_name(log);
    }
    if (sim_recipient(log) < 0) {
        snprintf(name, sizeof names[0], "control of %s", sim_name(sim_writer(log)));
    } else {
        snprintf(name, sizeof names[0], "relays of %s for %s", sim_name(sim_writer(log)),
                 sim_name(sim_recipient(log)));
    }
    return name;
}

uint64_t sim_told(const uint64_t last[SIM_LOGS], int at)
{
    return last[at] + last[at + SIM_NODES];
}

bool sim_is_under(const struct sim *sim, int upper, int lower)
{
    while (lower >= 0 && lower != upper) {
        lower = sim->nodes[lower].parent;
    }
    return lower == upper;
}
