#include "fq/core/effects.h"

void fq_effects_reset(struct fq_effects *effects, struct fq_arena *arena)
{
    effects->arena = arena;
    effects->append_count = 0;
    effects->send_count = 0;
    effects->forward_count = 0;
    effects->evidence_count = 0;
    effects->owed = (struct fq_owed_list){.count = 0};
    effects->settled_count = 0;
    effects->dropped_count = 0;
}

bool fq_effects_send(struct fq_effects *effects, uint32_t peer, struct fq_span frame)
{
    if (effects->send_count == FQ_EFFECT_SENDS_MAX || frame.size == 0) {
        effects->dropped_count++;
        return false;
    }
    effects->sends[effects->send_count++] = (struct fq_send){.peer = peer, .frame = frame};
    return true;
}

bool fq_effects_forward(struct fq_effects *effects, const struct fq_forward *forward)
{
    if (effects->forward_count == FQ_EFFECT_FORWARDS_MAX) {
        return false; /* the log keeps it for the next turn */
    }
    effects->forwards[effects->forward_count++] = *forward;
    return true;
}

bool fq_effects_append(struct fq_effects *effects, const struct fq_append *append)
{
    if (effects->append_count == FQ_EFFECT_APPENDS_MAX) {
        return false;
    }
    effects->appends[effects->append_count++] = *append;
    return true;
}

bool fq_effects_settle(struct fq_effects *effects, const struct fq_settled *settled)
{
    if (effects->settled_count == FQ_EFFECT_SETTLED_MAX) {
        return false;
    }
    effects->settled[effects->settled_count++] = *settled;
    return true;
}

bool fq_effects_evidence(struct fq_effects *effects, const struct fq_evidence *evidence)
{
    if (effects->evidence_count == FQ_EFFECT_EVIDENCE_MAX) {
        effects->dropped_count++;
        return false;
    }
    effects->evidence[effects->evidence_count++] = *evidence;
    return true;
}
