/* Batches of other nodes: judged by their seals, numbered, stored and folded. */
#include <string.h>

#include "core_turn.h"

bool fq_core_is_own(const struct fq_core *core, const struct fq_log_id *log)
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
    if (!fq_core_is_fed(core, &seal->log)) {
        memset(out_areas, 0, batch->record_count * sizeof *out_areas);
    }
    return err;
}

fq_err fq_core_fold_control(struct fq_core *core, const struct fq_batch *batch,
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

static void keep_evidence(struct fq_core_step *step, uint32_t peer, const struct fq_batch *batch,
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
static fq_err fold_facts(struct fq_core_step *step, const struct fq_batch *batch,
                         uint64_t first_lsn)
{
    struct fq_batch_reader reader = fq_batch_reader_over(batch);
    struct fq_event events[FQ_VIEW_EXPECT_MAX];
    uint64_t lsn = first_lsn;
    fq_err err = FQ_OK;
    uint32_t count;

    while (!err && (count = fq_batch_read(&reader, events, FQ_VIEW_EXPECT_MAX)) > 0) {
        fq_view_expect(&step->core->view, events, count);
        for (uint32_t i = 0; i < count && !err; i++) {
            err = fq_turn_fold(step, &events[i], lsn++, &step->turn->effects.owed);
        }
    }
    return err;
}

static fq_err take_received(struct fq_core_step *step, const struct fq_batch *batch,
                            const uint32_t *areas)
{
    struct fq_core *core = step->core;
    fq_err err = FQ_OK;

    if (!core->relays.is_leaf) { /* numbered in the order of folding: a history goes by it (X4) */
        err = fq_turn_seal(step, &step->unsealed[FQ_UNSEALED_FACTS]);
    }
    uint64_t first_lsn = core->feed.head + 1;
    err = err ? err : fq_turn_take_batch(step, batch, areas);
    err = err ? err : fold_facts(step, batch, first_lsn);
    return err ? err : fq_core_fold_control(core, batch, step->why);
}

/* Judge, verify, number and fold one received batch, whole or not at all (N4). */
static fq_err receive_batch(struct fq_core_step *step, const struct fq_incoming *incoming,
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
        if (!err && fq_core_is_own(core, &batch.seal.log)) {
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

fq_err fq_turn_frame(struct fq_core_step *step, const struct fq_input *input)
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

fq_err fq_turn_bundle(struct fq_core_step *step, const struct fq_input *input)
{
    struct fq_turn *turn = step->turn;
    struct fq_reader batches = fq_reader_over(fq_map_get(input->bytes, "batches"));
    uint32_t count = fq_read_type(&batches) == FQ_CODEC_ARRAY ? fq_read_array(&batches) : 0;
    struct fq_writer verdicts =
        fq_writer_take(step->arena, 16 + (size_t)count * FQ_VERDICT_SIZE_MAX);
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
