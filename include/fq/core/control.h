/* Control: what a tier orders for itself and all below, in stream 1 of its log (kind CONTROL).
 *
 * Control records are few and are folded whole at every start, whatever the view written behind
 * holds: what they amount to is kept here alone. A record is known by its command, so that the same
 * order given twice is one (N2).
 *
 * F1  Folding a record a second time changes nothing, and the order does not matter. */
#ifndef FQ_CORE_CONTROL_H
#define FQ_CORE_CONTROL_H

#include "fq/core/campaign.h"
#include "fq/core/period_seal.h"

#define FQ_CONTROLS_MAX 4096

struct fq_control_record {
    struct fq_id cmd_id;
    struct fq_event_id id; /* the least, should two nodes have made it of one command */
};

struct fq_control {
    struct fq_control_record records[FQ_CONTROLS_MAX];
    uint32_t count;
    struct fq_campaigns campaigns;
    struct fq_period_seals seals;
    uint64_t dropped_count; /* beyond the room there is */
};

/* Fold one CONTROL event of a control stream; true when it was not known. */
bool fq_control_fold(struct fq_control *control, const struct fq_areas *areas,
                     const struct fq_event *event);
/* The event that the command made, or NULL. */
const struct fq_event_id *fq_control_command(const struct fq_control *control,
                                             const struct fq_id *cmd_id);

#endif
