/* What a turn writes: own facts, control and relays, batch by batch. */
#include "core_turn.h"

/* ---- batches: own and received alike are numbered, stored and held ---- */

bool fq_core_is_fed(const struct fq_core *core, const struct fq_log_id *log)
{
    return log->stream == FQ_STREAM_FACTS ||
           (log->stream != FQ_STREAM_CONTROL && log->origin != core->options.origin);
}

fq_err fq_turn_take_batch(struct fq_core_step *step, const struct fq_batch *batch,
                          const uint32_t *areas)
{
    struct fq_core *core = step->core;
    const struct fq_seal *seal = &batch->seal;
    struct fq_log *log = fq_frontier_add(&core->frontier, &seal->log, core->areas);
    struct fq_append append = {
        .log = seal->log,
        .first_seq = seal->from_seq,
        .last_seq = seal->to_seq,
        .first_lsn = core->feed.head + 1,
        .batch = batch->bytes,
        .records = batch->records,
        .record_count = batch->record_count,
    };

    if (!log ||
        !fq_feed_number(&core->feed, batch, areas, step->now.wall_ms, step->arena,
                        &append.arrival) ||
        !fq_effects_append(&step->turn->effects, &append)) {
        return fq_fail(step->why, FQ_REASON_LIMIT, "batches of one turn");
    }
    log->last = seal->to_seq;
    log->chain = seal->chain_to;
    log->hlc = seal->hlc;
    if (seal->from_seq == 1) {
        log->instance = seal->instance;
    }
    return FQ_OK;
}

/* ---- own events ---- */

/* What is owed for facts of a batch gets their numbers, of which this is the first. */
static void number_owed(struct fq_core_step *step, uint64_t first_lsn)
{
    struct fq_owed_list *all = &step->turn->effects.owed;
    struct fq_owed_list *some = &step->unsealed_owed;

    for (struct fq_owed *owed = some->first; owed; owed = owed->next) {
        owed->lsn += first_lsn;
    }
    if (some->first) {
        *(all->last ? &all->last->next : &all->first) = some->first;
        all->last = some->last;
        all->count += some->count;
    }
    *some = (struct fq_owed_list){.count = 0};
}

fq_err fq_turn_seal(struct fq_core_step *step, struct fq_unsealed *unsealed)
{
    struct fq_core *core = step->core;
    struct fq_log *log = fq_frontier_find(&core->frontier, &unsealed->log);
    struct fq_seal seal = {
        .log = unsealed->log,
        .from_seq = unsealed->from_seq,
        .to_seq = unsealed->from_seq + unsealed->count - 1,
        .hlc = unsealed->hlc,
        .cert_serial = core->options.cert_serial,
        .instance = core->options.instance,
    };
    struct fq_batch batch;

    if (unsealed->count == 0) {
        return FQ_OK;
    }
    if (!fq_batch_seal(&seal, log ? &log->chain : NULL, fq_writer_span(&unsealed->records),
                       unsealed->count, &core->options.secret, step->arena, &batch)) {
        return fq_fail(step->why, FQ_REASON_LIMIT, "arena of the turn");
    }
    unsealed->count = 0;
    if (unsealed == &step->unsealed[FQ_UNSEALED_FACTS]) {
        number_owed(step, core->feed.head + 1);
    }
    return fq_turn_take_batch(step, &batch, unsealed->areas);
}

fq_err fq_turn_seal_all(struct fq_core_step *step)
{
    fq_err err = FQ_OK;

    for (int i = 0; i < FQ_UNSEALED_LOGS && !err; i++) {
        err = fq_turn_seal(step, &step->unsealed[i]);
    }
    return err;
}

/* Room for one more record: a batch that is full is sealed and the next one begun. */
static fq_err make_room(struct fq_core_step *step, struct fq_unsealed *unsealed)
{
    const struct fq_core_options *options = &step->core->options;
    bool is_of_relays = unsealed == &step->unsealed[FQ_UNSEALED_RELAYS];
    size_t record_max = is_of_relays ? FQ_RELAY_RECORD_MAX : FQ_RECORD_MAX;
    size_t size_max = options->batch_size_max - FQ_BATCH_OVERHEAD;
    size_t size_of_records = (size_t)options->batch_records_max * record_max;

    if (unsealed->count > 0 && unsealed->count < options->batch_records_max &&
        unsealed->records.used + record_max <= size_max) {
        return FQ_OK;
    }
    fq_err err = fq_turn_seal(step, unsealed);
    if (err) {
        return err;
    }
    const struct fq_log *log = fq_frontier_find(&step->core->frontier, &unsealed->log);
    unsealed->from_seq = (log ? log->last : 0) + 1;
    unsealed->records =
        fq_writer_take(step->arena, size_of_records < size_max ? size_of_records : size_max);
    unsealed->areas =
        fq_arena_take_raw(step->arena, options->batch_records_max * sizeof *unsealed->areas);
    return unsealed->records.is_full || !unsealed->areas
               ? fq_fail(step->why, FQ_REASON_LIMIT, "arena of the turn")
               : FQ_OK;
}

/* The hybrid clock: never behind the wall, never standing still, never back (N6). */
static uint64_t tick(struct fq_core *core, uint64_t wall_ms)
{
    uint64_t wall = wall_ms << 16;

    core->hlc = wall > core->hlc ? wall : core->hlc + 1;
    return core->hlc;
}

/* Append the event to one of the own logs. */
static fq_err append_record(struct fq_core_step *step, struct fq_unsealed *unsealed,
                            struct fq_event *event)
{
    struct fq_core *core = step->core;
    fq_err err = make_room(step, unsealed);

    if (err) {
        return err;
    }
    event->id = (struct fq_event_id){unsealed->log, unsealed->from_seq + unsealed->count};
    event->hlc = unsealed->hlc = tick(core, step->now.wall_ms);
    event->dict_version = core->codes->version;
    fq_event_encode(event, &unsealed->records);
    FQ_ASSERT(!unsealed->records.is_full);
    unsealed->areas[unsealed->count++] = fq_core_is_fed(core, &unsealed->log) ? event->area : 0;
    return FQ_OK;
}

fq_err fq_turn_fold(struct fq_core_step *step, const struct fq_event *event, uint64_t lsn,
                    struct fq_owed_list *list)
{
    struct fq_core *core = step->core;
    enum fq_merged merged = fq_merge_event(&core->view, event);
    struct fq_event carried;

    if (merged == FQ_MERGED_FULL) {
        return fq_fail(step->why, FQ_REASON_LIMIT, "limits.disputes_max");
    }
    if (merged != FQ_MERGED_NEW || core->relays.is_leaf) {
        return FQ_OK;
    }
    if (fq_event_open_relay(event, &carried)) {
        event = &carried;
    }
    return fq_relay_owe(&core->relays, &core->view, core->view.folded, event, lsn, step->arena,
                        list)
               ? FQ_OK
               : fq_fail(step->why, FQ_REASON_LIMIT, "arena of the turn");
}

fq_err fq_turn_write(struct fq_core_step *step, struct fq_event *event)
{
    struct fq_core *core = step->core;
    bool is_control = event->kind == FQ_EVENT_CONTROL;
    struct fq_unsealed *unsealed =
        &step->unsealed[is_control ? FQ_UNSEALED_CONTROL : FQ_UNSEALED_FACTS];
    fq_err err = append_record(step, unsealed, event);

    if (err) {
        return err;
    }
    if (is_control) {
        (void)fq_control_fold(&core->control, core->areas, event);
        return FQ_OK;
    }
    return fq_turn_fold(step, event, unsealed->count - 1, &step->unsealed_owed);
}

/* ---- relays ---- */

/* Write what is owed, as far as the log for the recipient is open (N5, Y8). */
static fq_err write_relay(struct fq_core_step *step, const struct fq_relay *owed)
{
    struct fq_unsealed *unsealed = &step->unsealed[FQ_UNSEALED_RELAYS];
    struct fq_log_id log = step->core->own;
    const struct fq_settled settled = {
        .recipient = owed->recipient,
        .lsn = owed->lsn,
        .is_done = owed->is_done,
        .cursor = owed->id,
        .dispute = owed->dispute,
    };
    uint8_t id_bytes[FQ_EVENT_ID_SIZE];
    struct fq_event relay;
    fq_err err = FQ_OK;

    log.stream = owed->recipient;
    if (!fq_sync_may_relay(&step->core->sync, &log)) {
        return FQ_OK; /* it stays owed */
    }
    if (owed->record.size > 0 && fq_relay_make(&owed->id, owed->record, id_bytes, &relay)) {
        if (!fq_log_id_equal(&unsealed->log, &log)) {
            err = fq_turn_seal(step, unsealed);
            unsealed->log = log;
        }
        err = err ? err : append_record(step, unsealed, &relay);
    }
    if (!err && owed->is_settled && !fq_effects_settle(&step->turn->effects, &settled)) {
        err = fq_fail(step->why, FQ_REASON_LIMIT, "relays of one turn");
    }
    return err;
}

fq_err fq_turn_relays(struct fq_core_step *step, const struct fq_input *input)
{
    fq_err err = FQ_OK;

    FQ_ASSERT(input->relay_count <= FQ_CORE_RELAYS_MAX);
    for (uint32_t i = 0; i < input->relay_count && !err; i++) {
        err = write_relay(step, &input->relays[i]);
    }
    return err;
}
