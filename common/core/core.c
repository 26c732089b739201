#include "fq/core/core.h"

#include <string.h>

#include "core_turn.h"

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

/* ---- the turn ---- */

static fq_err take_input(struct fq_core_step *step, const struct fq_input *input)
{
    switch (input->kind) {
    case FQ_INPUT_LINK:
        return fq_turn_frame(step, input);
    case FQ_INPUT_COMMANDS:
        return fq_turn_commands(step, input);
    case FQ_INPUT_BUNDLE:
        return fq_turn_bundle(step, input);
    case FQ_INPUT_FORWARDED:
        fq_sync_forwarded(&step->core->sync, &input->forward, input->next_seq, input->bytes_sent);
        return FQ_OK;
    case FQ_INPUT_RELAYS:
        return fq_turn_relays(step, input);
    case FQ_INPUT_PEER_GONE:
        fq_sync_peer_gone(&step->core->sync, input->peer);
        return FQ_OK;
    }
    return FQ_OK;
}

fq_err fq_core_step(struct fq_core *core, const struct fq_input *inputs, size_t count,
                    struct fq_now now, struct fq_turn *turn, struct fq_why *out_why)
{
    struct fq_core_step step = {
        .core = core,
        .turn = turn,
        .arena = turn->effects.arena,
        .now = now,
        .why = out_why,
    };

    step.unsealed[FQ_UNSEALED_FACTS].log = step.unsealed[FQ_UNSEALED_CONTROL].log = core->own;
    step.unsealed[FQ_UNSEALED_CONTROL].log.stream = FQ_STREAM_CONTROL;
    turn->reply_count = 0;
    for (size_t i = 0; i < count; i++) {
        fq_err err = take_input(&step, &inputs[i]);
        if (err) {
            return err;
        }
    }
    fq_err err = fq_turn_seal_all(&step);
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
    if (!fq_core_is_fed(core, &batch->seal.log)) {
        memset(areas, 0, batch->record_count * sizeof *areas);
    }
    fq_feed_note(&core->feed, areas, batch->record_count, first_lsn);
    if (batch->seal.hlc > core->hlc && fq_core_is_own(core, &batch->seal.log)) {
        core->hlc = batch->seal.hlc;
    }
    return FQ_OK;
}

fq_err fq_core_replay_control(struct fq_core *core, const struct fq_batch *batch,
                              struct fq_why *out_why)
{
    return fq_core_fold_control(core, batch, out_why);
}

void fq_core_resume_stamps(struct fq_core *core)
{
    for (uint32_t i = 0; i < core->frontier.count; i++) {
        const struct fq_log *log = &core->frontier.logs[i];
        if (fq_core_is_own(core, &log->id) && log->hlc > core->hlc) {
            core->hlc = log->hlc;
        }
    }
}

uint64_t fq_core_told(const struct fq_core *core)
{
    return fq_sync_told(&core->frontier, &core->own);
}
