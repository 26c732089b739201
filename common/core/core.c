#include "fq/core/core.h"

#include <stdio.h>
#include <string.h>

#include "fq/core/command.h"

fq_err fq_core_init(struct fq_core *core, const struct fq_core_options *options,
                    const struct fq_areas *areas, const struct fq_codes *codes,
                    struct fq_arena *memory, const struct fq_view_memory *view_memory,
                    struct fq_why *out_why)
{
    FQ_ASSERT(options->batch_size_max > FQ_BATCH_OVERHEAD + FQ_RELAY_RECORD_MAX);
    FQ_ASSERT(options->batch_size_max <= FQ_BATCH_SIZE_MAX);
    FQ_ASSERT(options->batch_records_max >= 1);
    FQ_ASSERT(options->batch_records_max <= FQ_BATCH_RECORDS_MAX);

    memset(core, 0, sizeof *core);
    core->options = *options;
    core->areas = areas;
    core->codes = codes;
    core->own = (struct fq_log_id){options->origin, 0, options->epoch};
    core->signers = fq_arena_take(memory, FQ_SIGNERS_MAX * sizeof *core->signers);
    if (!core->signers || !fq_frontier_init(&core->frontier, memory)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "core memory");
    }
    fq_view_init(&core->view, areas, &core->frontier, view_memory);
    fq_relay_map_init(&core->relays, areas, options->area);
    fq_sync_init(&core->sync, &core->frontier, areas, &options->sync);
    return FQ_OK;
}

/* ---- signers ---- */

static uint32_t signer_place(const struct fq_core *core, uint32_t origin)
{
    uint32_t low = 0, high = core->signer_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (core->signers[middle].origin < origin) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct fq_sign_public *fq_core_signer(const struct fq_core *core, uint32_t origin)
{
    uint32_t place = signer_place(core, origin);
    bool is_there = place < core->signer_count && core->signers[place].origin == origin;

    return is_there ? &core->signers[place].key : NULL;
}

bool fq_core_add_signer(struct fq_core *core, uint32_t origin, const struct fq_sign_public *key)
{
    uint32_t place = signer_place(core, origin);

    if (place == core->signer_count || core->signers[place].origin != origin) {
        if (core->signer_count == FQ_SIGNERS_MAX) {
            return false;
        }
        memmove(&core->signers[place + 1], &core->signers[place],
                (core->signer_count - place) * sizeof *core->signers);
        core->signer_count++;
    }
    core->signers[place] = (struct fq_signer){.origin = origin, .key = *key};
    fq_relay_map_add(&core->relays, origin / 100);
    return true;
}

/* ---- what a step carries through its turn ---- */

/* Own records of the turn, of one log, not yet sealed. */
struct unsealed {
    struct fq_log_id log;
    struct fq_writer records;
    uint32_t *areas; /* of each of them, as the feed links them */
    uint32_t count;
    uint64_t from_seq; /* of the first of them */
    uint64_t hlc;      /* of the last */
};

enum { UNSEALED_FACTS, UNSEALED_CONTROL, UNSEALED_RELAYS, UNSEALED_LOGS };

struct step {
    struct fq_core *core;
    struct fq_turn *turn;
    struct fq_arena *arena;
    struct fq_now now;
    struct fq_why *why;
    struct unsealed unsealed[UNSEALED_LOGS];
    struct fq_owed_list unsealed_owed; /* for facts not yet numbered: their place in the batch */
    bool may_originate;
    bool is_sealing;   /* the commands at hand are the node's own seal of a period */
    bool is_of_ledger; /* the commands at hand are rows of one */
};

/* ---- batches: own and received alike are numbered, stored and held ---- */

/* Whether the log's events are told on the feed, and so linked by area (P2): control is the system's
 * own talk, and what this node relays it has told before. */
static bool is_fed(const struct fq_core *core, const struct fq_log_id *log)
{
    return log->stream == FQ_STREAM_FACTS ||
           (log->stream != FQ_STREAM_CONTROL && log->origin != core->options.origin);
}

/* Number the batch, hand it to the store and move the frontier to its end. */
static fq_err take_batch(struct step *step, const struct fq_batch *batch, const uint32_t *areas)
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
static void number_owed(struct step *step, uint64_t first_lsn)
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

/* Seal what the turn has written to the log so far. */
static fq_err seal_records(struct step *step, struct unsealed *unsealed)
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
    if (unsealed == &step->unsealed[UNSEALED_FACTS]) {
        number_owed(step, core->feed.head + 1);
    }
    return take_batch(step, &batch, unsealed->areas);
}

static fq_err seal_all(struct step *step)
{
    fq_err err = FQ_OK;

    for (int i = 0; i < UNSEALED_LOGS && !err; i++) {
        err = seal_records(step, &step->unsealed[i]);
    }
    return err;
}

/* Room for one more record: a batch that is full is sealed and the next one begun. */
static fq_err make_room(struct step *step, struct unsealed *unsealed)
{
    const struct fq_core_options *options = &step->core->options;
    bool is_of_relays = unsealed == &step->unsealed[UNSEALED_RELAYS];
    size_t record_max = is_of_relays ? FQ_RELAY_RECORD_MAX : FQ_RECORD_MAX;
    size_t size_max = options->batch_size_max - FQ_BATCH_OVERHEAD;
    size_t size_of_records = (size_t)options->batch_records_max * record_max;

    if (unsealed->count > 0 && unsealed->count < options->batch_records_max &&
        unsealed->records.used + record_max <= size_max) {
        return FQ_OK;
    }
    fq_err err = seal_records(step, unsealed);
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
static fq_err append_record(struct step *step, struct unsealed *unsealed, struct fq_event *event)
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
    unsealed->areas[unsealed->count++] = is_fed(core, &unsealed->log) ? event->area : 0;
    return FQ_OK;
}

/* Fold a fact, and owe what comes of it (N8). */
static fq_err fold_fact(struct step *step, const struct fq_event *event, uint64_t lsn,
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

/* Write a checked command as the next own event and fold it (N7). */
static fq_err write_event(struct step *step, struct fq_event *event)
{
    struct fq_core *core = step->core;
    bool is_control = event->kind == FQ_EVENT_CONTROL;
    struct unsealed *unsealed = &step->unsealed[is_control ? UNSEALED_CONTROL : UNSEALED_FACTS];
    fq_err err = append_record(step, unsealed, event);

    if (err) {
        return err;
    }
    if (is_control) {
        (void)fq_control_fold(&core->control, core->areas, event);
        return FQ_OK;
    }
    return fold_fact(step, event, unsealed->count - 1, &step->unsealed_owed);
}

/* ---- relays ---- */

/* Write what is owed, as far as the log for the recipient is open (N5, Y8). */
static fq_err write_relay(struct step *step, const struct fq_relay *owed)
{
    struct unsealed *unsealed = &step->unsealed[UNSEALED_RELAYS];
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
            err = seal_records(step, unsealed);
            unsealed->log = log;
        }
        err = err ? err : append_record(step, unsealed, &relay);
    }
    if (!err && owed->is_settled && !fq_effects_settle(&step->turn->effects, &settled)) {
        err = fq_fail(step->why, FQ_REASON_LIMIT, "relays of one turn");
    }
    return err;
}

static fq_err write_relays(struct step *step, const struct fq_input *input)
{
    fq_err err = FQ_OK;

    FQ_ASSERT(input->relay_count <= FQ_CORE_RELAYS_MAX);
    for (uint32_t i = 0; i < input->relay_count && !err; i++) {
        err = write_relay(step, &input->relays[i]);
    }
    return err;
}

/* ---- commands ---- */

struct verdict {
    enum fq_reason reason; /* NONE: done */
    bool is_repeat;
    struct fq_event_id id;
    char detail[FQ_WHY_SIZE];
};

/* Disputes as a dry run would have them, beside the view that it must not change. */
struct rehearsal {
    struct fq_dispute *disputes; /* one per step taken, the latest of a dispute last */
    uint32_t count;
};

static struct fq_dispute *rehearsed(const struct rehearsal *rehearsal, const struct fq_id *id)
{
    for (uint32_t i = rehearsal->count; i > 0; i--) {
        if (fq_id_equal(&rehearsal->disputes[i - 1].id, id)) {
            return &rehearsal->disputes[i - 1];
        }
    }
    return NULL;
}

static fq_err rehearse(struct step *step, struct rehearsal *rehearsal,
                       const struct fq_dispute *dispute, struct fq_event *event)
{
    struct fq_dispute *copy = &rehearsal->disputes[rehearsal->count++];

    *copy = dispute ? *dispute : (struct fq_dispute){.id = fq_merge_entity(event)};
    event->id.log = step->core->own;
    return fq_view_rehearse(&step->core->view, copy, event)
               ? FQ_OK
               : fq_fail(step->why, FQ_REASON_LIMIT, "limits.disputes_max");
}

/* A repeat: the command made an event here or elsewhere before (N2). */
static bool is_repeat(const struct fq_core *core, const struct fq_dispute *dispute,
                      const struct fq_event *command, struct verdict *verdict)
{
    if (command->kind == FQ_EVENT_CONTROL) {
        const struct fq_event_id *id = fq_control_command(&core->control, &command->cmd_id);
        verdict->is_repeat = id != NULL;
        verdict->id = id ? *id : verdict->id;
        return verdict->is_repeat;
    }
    const struct fq_fact *fact =
        dispute ? fq_view_command(&core->view, dispute, &command->cmd_id) : NULL;

    if (!fact) {
        return false;
    }
    verdict->id = fq_view_event_id(&core->view, fact);
    if (fact->kind != command->kind) {
        verdict->reason = FQ_REASON_COMMAND_CLASH;
        snprintf(verdict->detail, sizeof verdict->detail, "%s / %s", fq_kind_row(fact->kind)->name,
                 fq_kind_row(command->kind)->name);
    } else {
        verdict->is_repeat = true;
    }
    return true;
}

static void set_rev(struct fq_event *command, const struct fq_dispute *dispute)
{
    uint32_t base = command->rev ? command->rev : dispute ? dispute->rev : 0;

    command->rev = base == UINT32_MAX ? base : base + 1;
}

static struct fq_service_context service_context(const struct step *step,
                                                 const struct rehearsal *rehearsal)
{
    const struct fq_core *core = step->core;

    return (struct fq_service_context){
        .areas = core->areas,
        .codes = core->codes,
        .own_area = core->options.area,
        .view = &core->view,
        .campaigns = &core->control.campaigns,
        .units = core->units,
        .places = core->places,
        .rehearsed = rehearsal ? rehearsal->disputes : NULL,
        .rehearsed_count = rehearsal ? rehearsal->count : 0,
        .calendar = core->calendar,
        .arena = step->arena,
        .is_sealing = step->is_sealing,
    };
}

static fq_err run_command(struct step *step, struct rehearsal *rehearsal, struct fq_event *command,
                          struct verdict *verdict)
{
    struct fq_core *core = step->core;
    const struct fq_service_context services = service_context(step, rehearsal);
    struct fq_command_room room;
    const struct fq_command_context context = {
        .areas = core->areas,
        .codes = core->codes,
        .own_area = core->options.area,
        .view = &core->view,
        .units = core->units,
        .places = core->places,
        .room = &room,
        .services = &services,
        .is_of_ledger = step->is_of_ledger,
    };
    struct fq_event tried;
    struct fq_why why = {0};

    if (rehearsal) { /* what is only tried stays as it came */
        tried = *command;
        command = &tried;
    }
    if (fq_command_is_service(command->kind)) {
        fq_command_service_complete(&services, command);
    }
    struct fq_id id = fq_merge_entity(command);
    const struct fq_dispute *dispute = fq_view_find(&core->view, &id);

    if (is_repeat(core, dispute, command, verdict)) {
        return FQ_OK;
    }
    if (!step->may_originate) { /* N5 */
        verdict->reason = FQ_REASON_READ_ONLY;
        return FQ_OK;
    }
    if (rehearsal) {
        const struct fq_dispute *copy = rehearsed(rehearsal, &id);
        dispute = copy ? copy : dispute;
    }
    if (command->rev > (dispute ? dispute->rev : 0)) {
        verdict->reason = FQ_REASON_FIELD; /* nobody knew a revision that is not there yet */
        snprintf(verdict->detail, sizeof verdict->detail, "rev %u", command->rev);
        return FQ_OK;
    }
    if (fq_command_check(&context, dispute, command, &why)) {
        verdict->reason = why.reason;
        memcpy(verdict->detail, why.detail, sizeof verdict->detail);
        return FQ_OK;
    }
    set_rev(command, dispute);
    if (rehearsal) {
        return command->kind == FQ_EVENT_CONTROL ? FQ_OK
                                                 : rehearse(step, rehearsal, dispute, command);
    }
    fq_err err = write_event(step, command);
    verdict->id = command->id;
    return err;
}

/* The node adds stamp, table version, actor and referral to what came. */
#define COMMAND_SIZE_MAX (FQ_RECORD_MAX - 128)

uint32_t fq_core_appends_max(const struct fq_core *core, uint32_t count, size_t size)
{
    const struct fq_core_options *options = &core->options;
    size_t grown = size + (size_t)count * (FQ_RECORD_MAX - COMMAND_SIZE_MAX);
    size_t least =
        options->batch_size_max - FQ_BATCH_OVERHEAD - FQ_RECORD_MAX; /* of a full batch */
    uint64_t batches =
        count / options->batch_records_max + grown / (least ? least : 1) + FQ_COMMAND_LOGS;

    return batches < count ? (uint32_t)batches : count; /* none is empty */
}

/* A command travels as a record whose rev is the base; see PROTOCOL.md. */
static bool read_command(struct fq_span bytes, struct fq_event *out_command)
{
    out_command->dispute = (struct fq_id){{0}}; /* looked for whether it can be read or not */
    if (bytes.size > COMMAND_SIZE_MAX || !fq_codec_scan(bytes)) {
        return false;
    }
    struct fq_reader reader = fq_reader_over(bytes);
    return fq_event_decode(&reader, (struct fq_event_id){0}, out_command) &&
           reader.at == reader.end;
}

static void write_verdict(struct fq_writer *writer, const struct verdict *verdict)
{
    bool has_detail = verdict->detail[0] != '\0';

    fq_write_array(writer, has_detail ? 5 : 4);
    fq_write_uint(writer, verdict->is_repeat ? 1 : verdict->reason);
    fq_write_uint(writer, verdict->id.log.origin);
    fq_write_uint(writer, verdict->id.log.epoch);
    fq_write_uint(writer, verdict->id.seq);
    if (has_detail) {
        fq_write_text(writer, verdict->detail);
    }
}

#define VERDICT_SIZE_MAX 40 /* without its detail */
#define DETAILS_SIZE_MAX (64 * 1024)

/* The commands of a submit, taken some at a time, and their verdicts. */
struct submission {
    struct fq_reader commands;
    uint32_t left;
    struct fq_event *group; /* room for those taken together */
    struct fq_span actor;   /* who gives those that do not say */
    bool is_dry_run;
    struct rehearsal rehearsal; /* of a dry run, else of the row at hand */
    struct fq_reader rows;      /* how many commands each row has */
    uint32_t rows_left;         /* 0: every command stands alone */
    struct fq_writer verdicts;
    uint32_t new_count;
};

/* Details are cut off, never verdicts, so that the answer fits a frame. */
static void give_verdict(struct submission *submission, struct verdict *verdict)
{
    struct fq_writer *writer = &submission->verdicts;
    size_t owed = (size_t)submission->left * VERDICT_SIZE_MAX;

    if (writer->size - writer->used < owed + strlen(verdict->detail)) {
        verdict->detail[0] = '\0';
    }
    submission->left--;
    submission->new_count += verdict->reason == FQ_REASON_NONE && !verdict->is_repeat;
    write_verdict(writer, verdict);
}

/* Judge the commands of a row, each after those before it, and take none in. When one is refused
 * all that were not stored before are, for its reason (N9). Says whether the row may be run. */
static fq_err judge_row(struct step *step, struct submission *submission, const bool *is_read,
                        uint32_t count, bool *out_may_run)
{
    struct rehearsal *rehearsal = &submission->rehearsal;
    uint32_t mark = rehearsal->count;
    size_t view_mark = fq_view_mark(&step->core->view);
    struct verdict verdicts[FQ_VIEW_EXPECT_MAX];
    const struct verdict *refused = NULL;

    for (uint32_t i = 0; i < count; i++) {
        verdicts[i] = (struct verdict){.reason = is_read[i] ? FQ_REASON_NONE : FQ_REASON_BYTES};
        fq_err err =
            is_read[i] ? run_command(step, rehearsal, &submission->group[i], &verdicts[i]) : FQ_OK;
        if (err) {
            return err;
        }
        refused = refused || !verdicts[i].reason ? refused : &verdicts[i];
    }
    rehearsal->count = mark;
    fq_view_forget(&step->core->view, view_mark);
    *out_may_run = refused == NULL;
    for (uint32_t i = 0; i < count && refused; i++) {
        struct verdict verdict = verdicts[i].is_repeat ? verdicts[i] : *refused;
        give_verdict(submission, &verdict);
    }
    return FQ_OK;
}

/* How many commands are taken next: those of a row, else as many as are looked for at once. */
static uint32_t next_count(struct submission *submission)
{
    uint64_t count = FQ_VIEW_EXPECT_MAX;

    if (submission->rows_left > 0) {
        submission->rows_left--;
        count = fq_read_uint(&submission->rows);
        count = count == 0 || count > FQ_VIEW_EXPECT_MAX ? 1 : count;
    }
    return submission->left < count ? submission->left : (uint32_t)count;
}

/* Decode the next commands, look for their disputes all at once, then run one after the other. */
static fq_err run_some(struct step *step, struct submission *submission)
{
    struct fq_event *commands = submission->group;
    bool is_read[FQ_VIEW_EXPECT_MAX];
    bool is_row = submission->rows_left > 0, may_run = true;
    uint32_t count = next_count(submission);

    for (uint32_t i = 0; i < count; i++) {
        is_read[i] = read_command(fq_read_bytes(&submission->commands), &commands[i]);
        if (is_read[i] && commands[i].actor.size == 0) {
            commands[i].actor = submission->actor;
        }
    }
    fq_view_expect(&step->core->view, commands, count);
    if (is_row && count > 1) {
        fq_err err = judge_row(step, submission, is_read, count, &may_run);
        if (err) {
            return err;
        }
    }
    for (uint32_t i = 0; i < count && may_run; i++) {
        struct verdict verdict = {.reason = is_read[i] ? FQ_REASON_NONE : FQ_REASON_BYTES};
        if (is_read[i]) {
            fq_err err = run_command(step, submission->is_dry_run ? &submission->rehearsal : NULL,
                                     &commands[i], &verdict);
            if (err) {
                return err;
            }
        }
        give_verdict(submission, &verdict);
    }
    return FQ_OK;
}

static fq_err run_commands(struct step *step, const struct fq_input *input)
{
    struct fq_turn *turn = step->turn;
    struct fq_reader commands = fq_reader_over(fq_map_get(input->bytes, "commands"));
    uint32_t count = fq_read_type(&commands) == FQ_CODEC_ARRAY ? fq_read_array(&commands) : 0;

    FQ_ASSERT(turn->reply_count < FQ_REPLIES_MAX);
    FQ_ASSERT(count <= FQ_SUBMIT_COMMANDS_MAX); /* the service refuses more before */

    struct fq_reader rows = fq_reader_over(fq_map_get(input->bytes, "rows"));
    uint32_t row_count = fq_read_type(&rows) == FQ_CODEC_ARRAY ? fq_read_array(&rows) : 0;
    struct submission submission = {
        .rows = rows,
        .rows_left = row_count,
        .commands = commands,
        .left = count,
        .group = fq_arena_take_raw(step->arena, FQ_VIEW_EXPECT_MAX * sizeof(struct fq_event)),
        .actor = input->actor,
        .is_dry_run = input->is_dry_run,
        .verdicts =
            fq_writer_take(step->arena, 16 + (size_t)count * VERDICT_SIZE_MAX + DETAILS_SIZE_MAX),
    };

    step->may_originate = fq_sync_may_originate(&step->core->sync); /* no command changes that */
    step->is_sealing = input->is_sealing;
    step->is_of_ledger = row_count > 0;
    if (submission.actor.size > FQ_ACTOR_MAX) {
        submission.actor.size = FQ_ACTOR_MAX;
    }
    size_t steps_max = (input->is_dry_run ? count : 0) + FQ_VIEW_EXPECT_MAX;
    submission.rehearsal.disputes =
        fq_arena_take_raw(step->arena, steps_max * sizeof(struct fq_dispute));
    if (!submission.group || !submission.rehearsal.disputes) {
        return fq_fail(step->why, FQ_REASON_LIMIT, "arena of the turn");
    }
    fq_write_array(&submission.verdicts, count);
    size_t mark = fq_view_mark(&step->core->view);
    fq_err err = FQ_OK;
    while (submission.left > 0 && !err) {
        err = run_some(step, &submission);
    }
    if (input->is_dry_run) {
        fq_view_forget(&step->core->view, mark);
    }
    if (err) {
        return err;
    }
    if (submission.verdicts.is_full) {
        return fq_fail(step->why, FQ_REASON_LIMIT, "arena of the turn");
    }
    turn->replies[turn->reply_count++] = (struct fq_reply){
        .token = input->token,
        .result = fq_writer_span(&submission.verdicts),
        .new_count = submission.new_count,
    };
    return FQ_OK;
}

/* ---- received batches ---- */

/* Whether this node wrote the log, in its present incarnation. */
static bool is_own(const struct fq_core *core, const struct fq_log_id *log)
{
    return log->origin == core->own.origin && log->epoch == core->own.epoch;
}

/* A child speaks for its area, and gives back what flowed down to it; the parent, and a person with a
 * bundle, bring what this node's area wrote, and what flows down to it; a bundle also what this node
 * itself sent down. */
static bool may_bring(const struct fq_core *core, uint32_t peer, const struct fq_log_id *log)
{
    bool is_child = peer != FQ_PEER_PARENT && peer != FQ_PEER_BUNDLE;
    uint32_t child_area = is_child ? peer / 100 : core->options.area;

    return fq_log_flows_up(core->areas, child_area, log) ||
           fq_log_flows_down(core->areas, child_area, log) ||
           (peer == FQ_PEER_BUNDLE && log->origin == core->own.origin);
}

static fq_err check_batch(const struct fq_core *core, uint32_t peer, const struct fq_batch *batch,
                          uint32_t *out_areas, struct fq_why *out_why)
{
    const struct fq_seal *seal = &batch->seal;
    const struct fq_log *log = fq_frontier_find(&core->frontier, &seal->log);
    const struct fq_sign_public *key = fq_core_signer(core, seal->log.origin);

    bool may = may_bring(core, peer, &seal->log);

    if (key && !may && peer == FQ_PEER_BUNDLE) { /* it holds more than what is for this node */
        return fq_fail(out_why, FQ_REASON_NOT_HELD, "%08u", seal->log.origin);
    }
    if (!key || !may) {
        return fq_fail(out_why, FQ_REASON_ORIGIN, "%08u", seal->log.origin);
    }
    if (!log && core->frontier.count >= FQ_CORE_LOGS_RECEIVED_MAX) { /* N10 */
        return fq_fail(out_why, FQ_REASON_LIMIT, "%u logs", core->frontier.count);
    }
    fq_err err = fq_batch_verify(batch, log ? &log->chain : NULL, key, out_why);
    if (!err && !fq_batch_areas(batch, out_areas)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "a record of the batch");
    }
    if (!is_fed(core, &seal->log)) {
        memset(out_areas, 0, batch->record_count * sizeof *out_areas);
    }
    return err;
}

/* The control events of a batch of a control stream; of any other batch, nothing. */
static fq_err fold_control(struct fq_core *core, const struct fq_batch *batch,
                           struct fq_why *out_why)
{
    struct fq_batch_reader reader = fq_batch_reader_over(batch);
    struct fq_event event;

    if (batch->seal.log.stream != FQ_STREAM_CONTROL) {
        return FQ_OK;
    }
    while (fq_batch_read(&reader, &event, 1) > 0) {
        if (event.kind == FQ_EVENT_CONTROL) {
            (void)fq_control_fold(&core->control, core->areas, &event);
        }
    }
    return fq_batch_is_read(&reader) ? FQ_OK : fq_fail(out_why, FQ_REASON_BYTES, "control");
}

static void keep_evidence(struct step *step, uint32_t peer, const struct fq_batch *batch,
                          struct fq_span bytes, enum fq_reason reason)
{
    size_t size = bytes.size > FQ_EVIDENCE_BYTES_MAX ? FQ_EVIDENCE_BYTES_MAX : bytes.size;
    struct fq_evidence evidence = {
        .log = batch->seal.log,
        .seq = batch->seal.from_seq,
        .reason = reason,
        .peer = peer,
        .bytes = fq_span_of(bytes.data, size),
    };

    step->core->refused_batch_count++;
    (void)fq_effects_evidence(&step->turn->effects, &evidence);
}

/* Fold the facts of a received batch, those that relays carry too, and owe what comes of each. */
static fq_err fold_facts(struct step *step, const struct fq_batch *batch, uint64_t first_lsn)
{
    struct fq_batch_reader reader = fq_batch_reader_over(batch);
    struct fq_event events[FQ_VIEW_EXPECT_MAX];
    uint64_t lsn = first_lsn;
    fq_err err = FQ_OK;
    uint32_t count;

    while (!err && (count = fq_batch_read(&reader, events, FQ_VIEW_EXPECT_MAX)) > 0) {
        fq_view_expect(&step->core->view, events, count);
        for (uint32_t i = 0; i < count && !err; i++) {
            err = fold_fact(step, &events[i], lsn++, &step->turn->effects.owed);
        }
    }
    return err;
}

static fq_err take_received(struct step *step, const struct fq_batch *batch, const uint32_t *areas)
{
    struct fq_core *core = step->core;
    fq_err err = FQ_OK;

    if (!core->relays.is_leaf) { /* numbered in the order of folding: a history goes by it (X4) */
        err = seal_records(step, &step->unsealed[UNSEALED_FACTS]);
    }
    uint64_t first_lsn = core->feed.head + 1;
    err = err ? err : take_batch(step, batch, areas);
    err = err ? err : fold_facts(step, batch, first_lsn);
    return err ? err : fold_control(core, batch, step->why);
}

/* Judge, verify, number and fold one received batch, whole or not at all (N4). */
static fq_err receive_batch(struct step *step, const struct fq_incoming *incoming,
                            struct fq_sync_result *out_result)
{
    struct fq_core *core = step->core;
    struct fq_batch batch = {0};
    uint32_t areas[FQ_BATCH_RECORDS_MAX];
    struct fq_why why = {0};
    struct fq_sync_result result = {.judgement = FQ_SYNC_REFUSED};
    fq_err err = fq_batch_parse(incoming->batch, &batch, &why);

    if (!err) {
        result.judgement =
            fq_sync_judge(&core->frontier, &batch.seal.log, batch.seal.from_seq, batch.seal.to_seq);
        if (result.judgement == FQ_SYNC_REFUSED) {
            err = fq_fail(&why, FQ_REASON_CHAIN, "boundary");
        }
    }
    if (!err && result.judgement == FQ_SYNC_ACCEPTED) {
        err = check_batch(core, incoming->peer, &batch, areas, &why);
        if (!err && is_own(core, &batch.seal.log)) {
            core->hlc = batch.seal.hlc > core->hlc ? batch.seal.hlc : core->hlc;
        }
    }
    if (err) {
        result.judgement = FQ_SYNC_REFUSED;
        result.reason = why.reason;
        if (why.reason != FQ_REASON_NOT_HELD) {
            keep_evidence(step, incoming->peer, &batch, incoming->batch, why.reason);
        }
    } else if (result.judgement == FQ_SYNC_ACCEPTED) {
        err = take_received(step, &batch, areas);
        if (err) {
            return err;
        }
    }
    result.log = batch.seal.log;
    result.size = incoming->batch.size;
    *out_result = result;
    return FQ_OK;
}

static fq_err receive_frame(struct step *step, const struct fq_input *input)
{
    struct fq_incoming incoming = {0};
    struct fq_sync_result result;

    fq_sync_receive(&step->core->sync, input->peer, input->bytes, step->now, &step->turn->effects,
                    &incoming);
    if (!incoming.is_batch) {
        return FQ_OK;
    }
    fq_err err = receive_batch(step, &incoming, &result);
    if (!err) {
        fq_sync_batch_result(&step->core->sync, incoming.peer, &result);
    }
    return err;
}

/* ---- bundles ---- */

/* What became of a carried batch, as one verdict: 0 taken in, 1 held before, else a reason. */
static void write_batch_verdict(struct fq_writer *writer, const struct fq_sync_result *result)
{
    static const enum fq_reason statuses[] = {
        [FQ_SYNC_ACCEPTED] = FQ_REASON_NONE,
        [FQ_SYNC_DUPLICATE] = 1,
        [FQ_SYNC_GAP] = FQ_REASON_GAP,
    };
    bool is_refused = result->judgement == FQ_SYNC_REFUSED;

    fq_write_array(writer, 4);
    fq_write_uint(writer, is_refused ? result->reason : statuses[result->judgement]);
    fq_write_uint(writer, result->log.origin);
    fq_write_uint(writer, result->log.epoch);
    fq_write_uint(writer, result->log.stream);
}

/* Batches that a person carried here: each is proved by its own seal, whoever brings it (N4). */
static fq_err run_bundle(struct step *step, const struct fq_input *input)
{
    struct fq_turn *turn = step->turn;
    struct fq_reader batches = fq_reader_over(fq_map_get(input->bytes, "batches"));
    uint32_t count = fq_read_type(&batches) == FQ_CODEC_ARRAY ? fq_read_array(&batches) : 0;
    struct fq_writer verdicts = fq_writer_take(step->arena, 16 + (size_t)count * VERDICT_SIZE_MAX);
    struct fq_reply reply = {.token = input->token};

    FQ_ASSERT(turn->reply_count < FQ_REPLIES_MAX);
    FQ_ASSERT(count <= FQ_BUNDLE_BATCHES_MAX); /* the service refuses more before */

    fq_write_array(&verdicts, count);
    for (uint32_t i = 0; i < count; i++) {
        struct fq_incoming incoming = {true, FQ_PEER_BUNDLE, fq_read_bytes(&batches)};
        struct fq_sync_result result;
        fq_err err = receive_batch(step, &incoming, &result);
        if (err) {
            return err;
        }
        reply.new_count += result.judgement == FQ_SYNC_ACCEPTED;
        write_batch_verdict(&verdicts, &result);
    }
    if (verdicts.is_full) {
        return fq_fail(step->why, FQ_REASON_LIMIT, "arena of the turn");
    }
    reply.result = fq_writer_span(&verdicts);
    turn->replies[turn->reply_count++] = reply;
    return FQ_OK;
}

/* ---- the turn ---- */

static fq_err take_input(struct step *step, const struct fq_input *input)
{
    switch (input->kind) {
    case FQ_INPUT_LINK:
        return receive_frame(step, input);
    case FQ_INPUT_COMMANDS:
        return run_commands(step, input);
    case FQ_INPUT_BUNDLE:
        return run_bundle(step, input);
    case FQ_INPUT_FORWARDED:
        fq_sync_forwarded(&step->core->sync, &input->forward, input->next_seq, input->bytes_sent);
        return FQ_OK;
    case FQ_INPUT_RELAYS:
        return write_relays(step, input);
    case FQ_INPUT_PEER_GONE:
        fq_sync_peer_gone(&step->core->sync, input->peer);
        return FQ_OK;
    }
    return FQ_OK;
}

fq_err fq_core_step(struct fq_core *core, const struct fq_input *inputs, size_t count,
                    struct fq_now now, struct fq_turn *turn, struct fq_why *out_why)
{
    struct step step = {
        .core = core,
        .turn = turn,
        .arena = turn->effects.arena,
        .now = now,
        .why = out_why,
    };

    step.unsealed[UNSEALED_FACTS].log = step.unsealed[UNSEALED_CONTROL].log = core->own;
    step.unsealed[UNSEALED_CONTROL].log.stream = FQ_STREAM_CONTROL;
    turn->reply_count = 0;
    for (size_t i = 0; i < count; i++) {
        fq_err err = take_input(&step, &inputs[i]);
        if (err) {
            return err;
        }
    }
    fq_err err = seal_all(&step);
    if (!err) {
        fq_sync_finish(&core->sync, now, &turn->effects); /* N3: sent after the store has it */
    }
    return err;
}

/* ---- start-up ---- */

fq_err fq_core_replay(struct fq_core *core, const struct fq_batch *batch, uint64_t first_lsn,
                      bool is_in_view, struct fq_why *out_why)
{
    uint32_t areas[FQ_BATCH_RECORDS_MAX];

    if (!is_in_view) {
        fq_err err = fq_merge_batch(&core->view, batch, areas, out_why);
        if (err) {
            return err;
        }
    } else if (!fq_batch_areas(batch, areas)) {
        return fq_fail(out_why, FQ_REASON_BYTES, "lsn %llu", (unsigned long long)first_lsn);
    }
    if (!is_fed(core, &batch->seal.log)) {
        memset(areas, 0, batch->record_count * sizeof *areas);
    }
    fq_feed_note(&core->feed, areas, batch->record_count, first_lsn);
    if (batch->seal.hlc > core->hlc && is_own(core, &batch->seal.log)) {
        core->hlc = batch->seal.hlc;
    }
    return FQ_OK;
}

fq_err fq_core_replay_control(struct fq_core *core, const struct fq_batch *batch,
                              struct fq_why *out_why)
{
    return fold_control(core, batch, out_why);
}

void fq_core_resume_stamps(struct fq_core *core)
{
    for (uint32_t i = 0; i < core->frontier.count; i++) {
        const struct fq_log *log = &core->frontier.logs[i];
        if (is_own(core, &log->id) && log->hlc > core->hlc) {
            core->hlc = log->hlc;
        }
    }
}

uint64_t fq_core_told(const struct fq_core *core)
{
    return fq_sync_told(&core->frontier, &core->own);
}
