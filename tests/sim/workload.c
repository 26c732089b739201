/* The people: what they decide, when they say it, whether they hear the answer. Each keeps a command
 * until it is answered and gives it again under the same id; some are offline for a while and write
 * from what they knew then. */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "fq/core/step.h"

#define FIRST_DAY 44135 /* 2020-11-01 */
#define PATIENCE_MS 4000
#define READ_ONLY_PATIENCE_MS 3000
#define OFFLINE_MS 90000
#define WAIT_MS 10000
#define WAIT_LATE_MS 15000 /* for the way there and a loop that oversleeps */
#define SUBMIT_SIZE_MAX (SIM_TOGETHER_MAX * (FQ_RECORD_MAX + 256))

static uint32_t below(struct sim *sim, uint32_t bound)
{
    return random_below(&sim->random, bound);
}

static bool chance(struct sim *sim, unsigned percent)
{
    return random_chance(&sim->random, percent);
}

/* ---- what somebody decides ---- */

static uint32_t draw_county(struct sim *sim)
{
    static const uint32_t counties[] = {WORLD_COUNTY, WORLD_NEIGHBOUR, WORLD_FAR, WORLD_DIRECT};

    return counties[below(sim, 4)];
}

/* Mostly of a county; now and then of a city or the province, as courts are. */
static uint64_t draw_unit(struct sim *sim)
{
    static const uint32_t others[] = {WORLD_CITY, WORLD_OTHER_CITY, WORLD_PROVINCE};
    uint32_t area = chance(sim, 80) ? draw_county(sim) : others[below(sim, 3)];

    return area * UINT64_C(10000) + 1 + below(sim, 3);
}

static uint64_t draw_value(struct sim *sim, enum fq_field field)
{
    const struct fq_field_row *row = fq_field_row(field);
    const struct fq_codes *codes = &sim->world->codes;

    switch (row->type) {
    case FQ_VALUE_BOOL:
        return below(sim, 2);
    case FQ_VALUE_CENTS:
        return below(sim, 1000000);
    case FQ_VALUE_DATE:
        return FIRST_DAY + below(sim, 200);
    case FQ_VALUE_AREA:
        return draw_county(sim);
    case FQ_VALUE_UNIT:
        return draw_unit(sim);
    case FQ_VALUE_CODE:
        return codes->tables[row->table].numbers[below(sim, codes->tables[row->table].count)];
    default:
        return field == FQ_FIELD_CARD    ? below(sim, 3)
               : field == FQ_FIELD_PLACE ? draw_unit(sim) / 10000 * 1000 + 1
                                         : below(sim, 30);
    }
}

static void draw_fields(struct sim *sim, unsigned step, struct fq_event *event)
{
    const struct fq_kind_row *row = fq_kind_row(step);

    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        enum fq_field field = row->fields[i];
        bool is_of_none = field == FQ_FIELD_CAMPAIGN; /* nobody makes any here */
        if (!fq_field_is_bytes(field) && !is_of_none && chance(sim, 85)) {
            event->value[field] = draw_value(sim, field);
        }
    }
}

/* What a step cannot do without. */
static void complete(struct sim *sim, struct fq_event *event)
{
    static const uint8_t needed[][2] = {
        {FQ_EVENT_REGISTERED, FQ_FIELD_TYPE},     {FQ_EVENT_REGISTERED, FQ_FIELD_SOURCE},
        {FQ_EVENT_JOINED, FQ_FIELD_TO_UNIT},      {FQ_EVENT_PERFORMED, FQ_FIELD_PERFORMANCE},
        {FQ_EVENT_CONFIRMATION, FQ_FIELD_STEP},   {FQ_EVENT_PREVENTED, FQ_FIELD_EFFECT},
        {FQ_EVENT_RISK_CHANGED, FQ_FIELD_RISK},   {FQ_EVENT_TRANSFERRED, FQ_FIELD_TO_UNIT},
        {FQ_EVENT_TRANSFERRED, FQ_FIELD_TO_AREA},
    };

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (needed[i][0] == event->step && !event->value[needed[i][1]]) {
            event->value[needed[i][1]] = draw_value(sim, (enum fq_field)needed[i][1]);
        }
    }
    if (event->step == FQ_EVENT_REGISTERED) {
        event->value[FQ_FIELD_PLACE] = 0; /* the home is not known yet */
    }
    if (event->value[FQ_FIELD_DUE] < event->date && chance(sim, 90)) {
        event->value[FQ_FIELD_DUE] = 0;
    }
}

static uint16_t later_of(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

static uint16_t draw_date(struct sim *sim, const struct fq_dispute *dispute)
{
    uint16_t least = FIRST_DAY;

    if (dispute) {
        least = later_of(later_of(dispute->registered_on, dispute->decided_on),
                         later_of(dispute->outcome_on, dispute->closed_on));
    }
    return (uint16_t)(least + below(sim, chance(sim, 20) ? 90 : 8));
}

/* Mostly a step that the dispute has. */
static void draw_corrected(struct sim *sim, const struct fq_view *view,
                           const struct fq_dispute *dispute, struct fq_event *event)
{
    const struct fq_fact *fact = fq_view_facts(view, dispute);

    for (uint32_t skip = below(sim, 6); skip > 0 && fact && fq_view_next(view, fact); skip--) {
        fact = fq_view_next(view, fact);
    }
    event->step = fact && fact->step <= FQ_EVENT_REOPENED && chance(sim, 95)
                      ? fact->step
                      : (uint16_t)(FQ_EVENT_REGISTERED + below(sim, FQ_EVENT_REOPENED));
    if (event->step == FQ_EVENT_REGISTERED) {
        event->date = dispute->registered_on;
    }
    event->value[FQ_FIELD_CORRECTS] = event->step;
    draw_fields(sim, event->step, event);
    (void)fq_event_set_bytes(event, FQ_FIELD_WHY, fq_span_text("slip of the pen"));
}

/* One of the facts known here, or the dispute as a whole. */
static void draw_voided(struct sim *sim, const struct fq_view *view,
                        const struct fq_dispute *dispute, struct fq_event *event, uint8_t *bytes)
{
    const struct fq_fact *fact = fq_view_facts(view, dispute);

    (void)fq_event_set_bytes(event, FQ_FIELD_REASON, fq_span_text("entered twice"));
    for (uint32_t skip = below(sim, 6); skip > 0 && fact && fq_view_next(view, fact); skip--) {
        fact = fq_view_next(view, fact);
    }
    if (fact && chance(sim, 92)) {
        struct fq_event_id id = fq_view_event_id(view, fact);
        fq_event_id_encode(&id, bytes);
        (void)fq_event_set_bytes(event, FQ_FIELD_TARGET, fq_span_of(bytes, FQ_EVENT_ID_SIZE));
    }
}

/* Mostly what leads on; now and then anything, legal or not. */
static unsigned draw_step(struct sim *sim, const struct fq_dispute *dispute)
{
    static const uint8_t onward[] = {
        FQ_EVENT_ACCEPTED,     FQ_EVENT_ACCEPTED,  FQ_EVENT_SESSION,   FQ_EVENT_AGREED,
        FQ_EVENT_AGREED,       FQ_EVENT_FAILED,    FQ_EVENT_PERFORMED, FQ_EVENT_PERFORMED,
        FQ_EVENT_CONFIRMATION, FQ_EVENT_VISITED,   FQ_EVENT_CLOSED,    FQ_EVENT_ARCHIVED,
        FQ_EVENT_EXTENDED,     FQ_EVENT_UNMERGED,  FQ_EVENT_UNMERGED,  FQ_EVENT_REOPENED,
        FQ_EVENT_TRANSFERRED,  FQ_EVENT_CORRECTED, FQ_EVENT_JOINED,    FQ_EVENT_REFERRED,
        FQ_EVENT_JOINED,       FQ_EVENT_LEFT,
    };
    bool is_onward = chance(sim, 70);
    unsigned step = FQ_EVENT_ACCEPTED;

    for (int tries = 0; tries < 16; tries++) {
        step = is_onward ? onward[below(sim, sizeof onward)]
                         : FQ_EVENT_ACCEPTED + below(sim, FQ_EVENT_ACTIVITY - 1);
        if (fq_step_may(fq_dispute_state(dispute), step) || chance(sim, 2)) {
            break;
        }
    }
    return step;
}

/* Any dispute that the node knows, the older ones more often: they are to live long lives. */
static const struct fq_dispute *draw_dispute(struct sim *sim, const struct fq_view *view)
{
    return &view->disputes[below(sim, 1 + below(sim, view->index.count))];
}

static void draw_on_dispute(struct sim *sim, const struct fq_view *view, struct fq_event *event,
                            uint8_t *bytes)
{
    const struct fq_dispute *dispute = draw_dispute(sim, view);
    const struct fq_dispute *other = draw_dispute(sim, view);
    unsigned step = draw_step(sim, dispute);

    if (step == FQ_EVENT_MERGED && memcmp(dispute->id.bytes, other->id.bytes, FQ_ID_SIZE) < 0) {
        const struct fq_dispute *greater = other;
        other = dispute;
        dispute = greater;
    }
    event->kind = event->step = (uint16_t)step;
    event->dispute = dispute->id;
    event->date = draw_date(sim, dispute);
    event->rev = chance(sim, 60) ? dispute->rev : 0;
    if (step == FQ_EVENT_CORRECTED) {
        draw_corrected(sim, view, dispute, event);
    } else if (step == FQ_EVENT_VOIDED) {
        draw_voided(sim, view, dispute, event, bytes);
    } else if (step == FQ_EVENT_MERGED) {
        memcpy(bytes, other->id.bytes, FQ_ID_SIZE);
        (void)fq_event_set_bytes(event, FQ_FIELD_INTO, fq_span_of(bytes, FQ_ID_SIZE));
    } else {
        draw_fields(sim, step, event);
    }
    if (step > FQ_EVENT_UNMERGED) { /* screenings and activities speak of no dispute */
        event->dispute = (struct fq_id){{0}};
        event->rev = 0;
    }
}

static int draw_node(struct sim *sim)
{
    uint32_t dice = below(sim, 100);

    return dice < 84 ? 3 + (int)below(sim, 4) : dice < 95 ? 1 + (int)below(sim, 2) : 0;
}

static uint32_t draw_home(struct sim *sim, int at)
{
    const struct sim_node *node = &sim->nodes[at];

    if (node->tier.tier == FQ_TIER_COUNTY) {
        return chance(sim, 50) ? 0 : node->area;
    }
    return sim->nodes[at == 0 ? 3 + (int)below(sim, 4) : at == 1 ? 3 + (int)below(sim, 2) : 5].area;
}

static void decide(struct sim *sim)
{
    int at = draw_node(sim);
    for (int tries = 0; tries < 2 && !sim->nodes[at].is_up; tries++) {
        at = draw_node(sim); /* who finds no node there registers at most, from memory */
    }
    const struct sim_node *node = &sim->nodes[at];
    uint32_t known = node->is_up ? node->node->core.view.index.count : 0;
    struct sim_command *command = &sim->commands[sim->command_count];
    struct fq_event event = {.kind = FQ_EVENT_REGISTERED, .step = FQ_EVENT_REGISTERED};
    struct fq_writer writer = fq_writer_over(command->bytes, sizeof command->bytes);
    uint8_t bytes[FQ_EVENT_ID_SIZE];

    random_bytes(&sim->random, event.cmd_id.bytes, FQ_ID_SIZE);
    if (chance(sim,
               node->tier.tier == FQ_TIER_COUNTY ? 1 : 25)) { /* a county may not, and is told */
        event.kind = event.step = FQ_EVENT_CONTROL;
        event.date = draw_date(sim, NULL);
        event.value[FQ_FIELD_VERB] = 1 + below(sim, 9);
    } else if (known == 0 || chance(sim, known < 4 ? 25 : 6)) {
        event.dispute = event.cmd_id;
        event.area = draw_home(sim, at);
        event.date = draw_date(sim, NULL);
        draw_fields(sim, FQ_EVENT_REGISTERED, &event);
    } else {
        draw_on_dispute(sim, &node->node->core.view, &event, bytes);
    }
    complete(sim, &event);
    fq_event_encode(&event, &writer);
    FQ_ASSERT(!writer.is_full);
    sim->command_count++;
    command->cmd_id = event.cmd_id;
    command->dispute = event.dispute;
    command->kind = event.kind;
    command->node = at;
    command->size = writer.used;
    command->has_vault = node->tier.has_vault && chance(sim, 30);
    command->due_ms = sim->now_ms;
    if (chance(sim, 12)) {
        sim->faults[SIM_FAULT_OFFLINE]++;
        command->due_ms += below(sim, OFFLINE_MS);
    }
    const struct fq_kind_row *row = fq_kind_row(event.kind);
    sim_tell(sim, sim_bit(at), "somebody at %s decides: %s %02x%02x, command %u, base revision %u",
             sim_name(at), row ? row->name : "?", event.dispute.bytes[0], event.dispute.bytes[1],
             sim->command_count - 1, event.rev);
}

/* ---- what somebody says ---- */

static void write_vault(struct fq_writer *writer, const struct sim *sim,
                        const struct sim_request *request)
{
    char text[64];
    uint32_t count = 0;

    for (uint32_t i = 0; i < request->count; i++) {
        count += sim->commands[request->commands[i]].has_vault;
    }
    fq_write_text(writer, "vault");
    fq_write_array(writer, count);
    for (uint32_t i = 0; i < request->count; i++) {
        if (sim->commands[request->commands[i]].has_vault) {
            snprintf(text, sizeof text, SIM_SUBJECT " of command %u", request->commands[i]);
            fq_write_array(writer, 3);
            fq_write_uint(writer, i);
            fq_write_uint(writer, FQ_VAULT_NARRATIVE);
            fq_write_text(writer, text);
        }
    }
}

static void ask(struct sim *sim, int at, const struct sim_request *wanted)
{
    uint8_t bytes[SUBMIT_SIZE_MAX];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);

    if (sim->request_count == SIM_REQUESTS_MAX || !sim->nodes[at].is_up) {
        return; /* not there: the outbox keeps it */
    }
    struct sim_request *request = &sim->requests[sim->request_count];
    *request = *wanted;
    request->node = at;
    fq_write_map(&writer, 3);
    fq_write_text(&writer, "id");
    fq_write_uint(&writer, sim->request_count++);
    fq_write_text(&writer, "verb");
    fq_write_text(&writer, "submit");
    fq_write_text(&writer, "args");
    fq_write_map(&writer, 2);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, request->count);
    for (uint32_t i = 0; i < request->count; i++) {
        struct sim_command *command = &sim->commands[request->commands[i]];
        fq_write_bytes(&writer, command->bytes, command->size);
        command->open_requests++;
    }
    write_vault(&writer, sim, request);
    FQ_ASSERT(!writer.is_full);
    sim_network_ask(sim, at, fq_writer_span(&writer));
}

/* Somebody waits until what was written at the node has reached the top. */
static void ask_wait(struct sim *sim)
{
    uint8_t bytes[128];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);
    uint32_t wait_ms = below(sim, WAIT_MS);
    int at = (int)below(sim, SIM_NODES);

    if (sim->request_count == SIM_REQUESTS_MAX || !sim->nodes[at].is_up) {
        return;
    }
    sim->requests[sim->request_count] = (struct sim_request){
        .node = at,
        .is_wait = true,
        .until_ms = sim->now_ms + wait_ms,
        .life = sim->nodes[at].life,
    };
    fq_write_map(&writer, 3);
    fq_write_text(&writer, "id");
    fq_write_uint(&writer, sim->request_count++);
    fq_write_text(&writer, "verb");
    fq_write_text(&writer, "wait");
    fq_write_text(&writer, "args");
    fq_write_map(&writer, 2);
    fq_write_text(&writer, "tier");
    fq_write_text(&writer, "province");
    fq_write_text(&writer, "wait_ms");
    fq_write_uint(&writer, wait_ms);
    sim_network_ask(sim, at, fq_writer_span(&writer));
}

/* Somebody who does not know what a node has, tries there too. */
static int draw_other(struct sim *sim, int at)
{
    int parent = sim->nodes[at].parent;

    return parent >= 0 && chance(sim, 75) ? parent : (int)below(sim, SIM_NODES);
}

static void submit_due(struct sim *sim, int at)
{
    struct sim_request request = {.count = 0};

    for (uint32_t i = 0; i < sim->command_count && request.count < SIM_TOGETHER_MAX; i++) {
        struct sim_command *command = &sim->commands[i];
        if (command->node == at && !command->is_answered && command->due_ms <= sim->now_ms) {
            request.commands[request.count++] = i;
            command->due_ms = sim->now_ms + PATIENCE_MS + below(sim, PATIENCE_MS);
        }
    }
    if (request.count == 0) {
        return;
    }
    ask(sim, at, &request);
    if (sim->is_calm) {
        return;
    }
    if (chance(sim, 8)) {
        sim->faults[SIM_FAULT_TWICE_HERE]++;
        ask(sim, at, &request);
    }
    if (chance(sim, 8)) {
        sim->faults[SIM_FAULT_TWICE_ELSEWHERE]++;
        ask(sim, draw_other(sim, at), &request);
    }
}

uint64_t sim_workload_due(const struct sim *sim)
{
    bool is_more = !sim->is_calm && sim->command_count < sim->command_limit;
    uint64_t due_ms = is_more ? sim->next_command_ms : UINT64_MAX;

    for (uint32_t i = 0; i < sim->command_count; i++) {
        const struct sim_command *command = &sim->commands[i];
        if (!command->is_answered && command->due_ms < due_ms) {
            due_ms = command->due_ms;
        }
    }
    return due_ms;
}

void sim_workload(struct sim *sim)
{
    if (!sim->is_calm && sim->command_count < sim->command_limit &&
        sim->next_command_ms <= sim->now_ms) {
        for (uint32_t burst = chance(sim, 15) ? 1 + below(sim, 8) : 1;
             burst > 0 && sim->command_count < sim->command_limit; burst--) {
            decide(sim);
        }
        if (chance(sim, 15)) {
            ask_wait(sim);
        }
        sim->next_command_ms = sim->now_ms + 1 + below(sim, 2400);
    }
    for (int at = 0; at < SIM_NODES; at++) {
        submit_due(sim, at);
    }
}

/* ---- what somebody hears ---- */

struct verdict {
    uint64_t status;
    struct fq_event_id id;
};

static struct verdict read_verdict(struct fq_reader *reader)
{
    struct verdict verdict = {0};
    uint32_t parts = fq_read_array(reader);

    verdict.status = fq_read_uint(reader);
    verdict.id.log.origin = (uint32_t)fq_read_uint(reader);
    verdict.id.log.epoch = (uint32_t)fq_read_uint(reader);
    verdict.id.seq = fq_read_uint(reader);
    for (uint32_t part = 4; part < parts; part++) {
        (void)fq_read_skip(reader);
    }
    return verdict;
}

struct carried { /* looked for among the relays of a store */
    struct fq_event_id id;
    bool is_there;
};

static fq_err look_for_carried(void *context, const struct fq_batch *batch)
{
    struct carried *carried = context;
    struct fq_batch_reader reader = fq_batch_reader_over(batch);
    struct fq_event relay, inner;

    while (fq_batch_read(&reader, &relay, 1) > 0) {
        carried->is_there |= fq_event_open_relay(&relay, &inner) &&
                             inner.id.seq == carried->id.seq &&
                             fq_log_id_equal(&inner.id.log, &carried->id.log);
    }
    return FQ_OK;
}

/* A node that lost its log may know what it wrote by a relay that came back before the log did. */
static bool is_carried_here(const struct sim *sim, int at, const struct fq_event_id *id)
{
    struct carried carried = {.id = *id};

    sim_for_each_batch(sim->nodes[at].node->store, look_for_carried, &carried);
    return carried.is_there;
}

/* From this moment the fact is acknowledged: it must be stored, and noted as told (I1). */
static void acknowledge(struct sim *sim, int at, uint32_t place, const struct verdict *verdict)
{
    const struct sim_node *node = &sim->nodes[at];
    struct fq_log_id id = verdict->id.log;
    uint64_t seq = verdict->id.seq;
    id.stream = sim->commands[place].kind == FQ_EVENT_CONTROL;
    int origin = sim_log(sim, &id);

    /* What was written elsewhere is known by a relay: its origin stored it. */
    uint64_t held = origin < 0                                  ? 0
                    : sim_is_under(sim, at, sim_writer(origin)) ? node->disk.last[origin]
                                                                : sim->fact_count[origin];
    if (seq == 0 || (seq > held && !is_carried_here(sim, at, &(struct fq_event_id){id, seq}))) {
        sim_break(sim, "I1 what is acknowledged is stored", sim_bit(at),
                  "%s acknowledges command %u as event %llu of %08u and holds %llu", sim_name(at),
                  place, (unsigned long long)seq, verdict->id.log.origin, (unsigned long long)held);
        return;
    }
    if (sim_writer(origin) == at &&
        (!node->disk.told.is_present || node->disk.told.seq < sim_told(node->disk.last, at))) {
        sim_break(sim, "N5 what is acknowledged is noted as told", sim_bit(at),
                  "%s acknowledges command %u as event %llu, its note says %llu", sim_name(at),
                  place, (unsigned long long)seq, (unsigned long long)node->disk.told.seq);
    }
    if (sim->fork_seq[origin] && seq >= sim->fork_seq[origin]) {
        return; /* of which version, nobody can say */
    }
    struct sim_fact *fact = &sim->facts[origin][seq - 1];
    if (fact->command != (int64_t)place) {
        sim_break(sim, "N2 the answer tells the command's event", sim_bit(at),
                  "%s answers command %u with event %llu of %s, which is command %lld",
                  sim_name(at), place, (unsigned long long)seq, sim_log_name(origin),
                  (long long)fact->command);
    }
    fact->is_acknowledged = true;
}

static void take_verdict(struct sim *sim, int at, uint32_t place, const struct verdict *verdict,
                         bool is_heard)
{
    struct sim_command *command = &sim->commands[place];
    bool is_taken = verdict->status <= 1;

    command->open_requests--;
    if (is_taken) {
        acknowledge(sim, at, place, verdict);
        command->is_taken = true;
    }
    if (!is_heard) {
        return;
    }
    if (verdict->status == FQ_REASON_READ_ONLY) {
        command->due_ms = sim->now_ms + READ_ONLY_PATIENCE_MS;
        if (command->is_put_off) {
            return;
        }
        command->is_put_off = true;
    } else if (at == command->node || is_taken) {
        command->is_answered = true;
    }
    sim_tell(sim, sim_bit(at), "%s answers command %u: %s%llu", sim_name(at), place,
             verdict->status == 0   ? "stored as event "
             : verdict->status == 1 ? "known, event "
                                    : "no, FQ-",
             (unsigned long long)(is_taken ? verdict->id.seq : verdict->status));
}

/* "Reached" is true of some time: images may have gone back since. */
static void end_wait(struct sim *sim, struct sim_request *request, int at, struct fq_span result)
{
    uint64_t last = sim->nodes[at].disk.last[at];

    request->is_answered = true;
    if (fq_map_bool(result, "reached") && sim->nodes[0].disk.most[at] < last &&
        !sim->fork_seq[at]) {
        sim_break(sim, "Y6 a person learns how far it came", sim_bit(at),
                  "%s says the province has all of its %llu; it never had", sim_name(at),
                  (unsigned long long)last);
    }
}

void sim_workload_look(struct sim *sim, int at)
{
    for (uint32_t i = 0; i < sim->request_count; i++) {
        const struct sim_request *request = &sim->requests[i];
        if (request->is_wait && !request->is_answered && request->node == at &&
            request->life == sim->nodes[at].life &&
            sim->now_ms > request->until_ms + WAIT_LATE_MS) {
            sim_break(sim, "N6 a wait ends in time", sim_bit(at),
                      "%s does not answer a wait that was over at %llu ms", sim_name(at),
                      (unsigned long long)request->until_ms);
            return;
        }
    }
}

void sim_workload_slept(struct sim *sim, uint64_t slept_ms)
{
    for (uint32_t i = 0; i < sim->request_count; i++) {
        sim->requests[i].until_ms += slept_ms;
    }
}

void sim_workload_answer(struct sim *sim, int at, struct fq_span body)
{
    uint64_t id = fq_map_uint(body, "id");
    uint64_t status = fq_map_uint(body, "status");
    struct fq_reader reader = fq_reader_over(fq_map_get(body, "result"));
    bool is_heard = sim->is_calm || !random_chance(&sim->random, sim->loss);

    FQ_ASSERT(id < sim->request_count);
    struct sim_request *request = &sim->requests[id];
    sim_trace(sim, (uint64_t)at, body);
    if (request->is_wait) {
        end_wait(sim, request, at, fq_map_get(body, "result"));
        return;
    }
    sim->faults[SIM_FAULT_REPLY_LOST] += !is_heard;
    uint32_t count = status ? 0 : fq_read_array(&reader);
    if (!status && count != request->count) {
        sim_break(sim, "every command is answered", sim_bit(at), "%s gives %u answers to %u",
                  sim_name(at), count, request->count);
        return;
    }
    for (uint32_t i = 0; i < request->count; i++) {
        struct verdict verdict = {.status = status};
        if (!status) {
            verdict = read_verdict(&reader);
        }
        take_verdict(sim, at, request->commands[i], &verdict, is_heard);
    }
}
