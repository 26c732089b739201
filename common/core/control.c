#include "fq/core/control.h"

/* Where the command stands, or the count. */
static uint32_t place_of(const struct fq_control *control, const struct fq_id *cmd_id)
{
    uint32_t place = 0;

    while (place < control->count && !fq_id_equal(&control->records[place].cmd_id, cmd_id)) {
        place++;
    }
    return place;
}

static bool is_less(const struct fq_event_id *a, const struct fq_event_id *b)
{
    int by_log = fq_log_id_compare(&a->log, &b->log);

    return by_log < 0 || (by_log == 0 && a->seq < b->seq);
}

bool fq_control_fold(struct fq_control *control, const struct fq_areas *areas,
                     const struct fq_event *event)
{
    (void)fq_campaigns_fold(&control->campaigns, areas, event);
    (void)fq_period_seals_fold(&control->seals, areas, event);

    uint32_t place = place_of(control, &event->cmd_id);
    struct fq_control_record *record = &control->records[place];

    if (place < control->count) { /* F1 */
        record->id = is_less(&event->id, &record->id) ? event->id : record->id;
        return false;
    }
    if (control->count == FQ_CONTROLS_MAX) {
        control->dropped_count++;
        return false;
    }
    *record = (struct fq_control_record){.cmd_id = event->cmd_id, .id = event->id};
    control->count++;
    return true;
}

const struct fq_event_id *fq_control_command(const struct fq_control *control,
                                             const struct fq_id *cmd_id)
{
    uint32_t place = place_of(control, cmd_id);

    return place < control->count ? &control->records[place].id : NULL;
}
