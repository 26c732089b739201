/* Commands: judged against what is known, rehearsed or written, and answered by verdicts. */
#include <stdio.h>
#include <string.h>

#include "fq/core/command.h"

#include "core_turn.h"

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

static fq_err rehearse(struct fq_core_step *step, struct rehearsal *rehearsal,
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

static struct fq_service_context service_context(const struct fq_core_step *step,
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

static fq_err run_command(struct fq_core_step *step, struct rehearsal *rehearsal,
                          struct fq_event *command, struct verdict *verdict)
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
    fq_err err = fq_turn_write(step, command);
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
    size_t owed = (size_t)submission->left * FQ_VERDICT_SIZE_MAX;

    if (writer->size - writer->used < owed + strlen(verdict->detail)) {
        verdict->detail[0] = '\0';
    }
    submission->left--;
    submission->new_count += verdict->reason == FQ_REASON_NONE && !verdict->is_repeat;
    write_verdict(writer, verdict);
}

/* Judge the commands of a row, each after those before it, and take none in. When one is refused
 * all that were not stored before are, for its reason (N9). Says whether the row may be run. */
static fq_err judge_row(struct fq_core_step *step, struct submission *submission,
                        const bool *is_read, uint32_t count, bool *out_may_run)
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
static fq_err run_some(struct fq_core_step *step, struct submission *submission)
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

fq_err fq_turn_commands(struct fq_core_step *step, const struct fq_input *input)
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
        .verdicts = fq_writer_take(step->arena,
                                   16 + (size_t)count * FQ_VERDICT_SIZE_MAX + DETAILS_SIZE_MAX),
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
