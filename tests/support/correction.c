#include "correction.h"

static bool is_set(const struct fq_event *event, uint64_t given, enum fq_field field)
{
    return given >> field & 1 || event->value[field] != 0;
}

void correction_complete(struct fq_event *correction, uint64_t given, const struct fq_event *live,
                         const struct fq_dispute *dispute)
{
    const struct fq_kind_row *row = fq_kind_row(live->step);

    if (correction->date == 0) {
        correction->date = live->date;
    }
    for (unsigned i = 0; row && i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        enum fq_field field = row->fields[i];
        if (is_set(correction, given, field) || !live->value[field]) {
            continue;
        }
        if (fq_field_is_bytes(field)) {
            (void)fq_event_set_bytes(correction, field, fq_event_bytes(live, field));
        } else {
            correction->value[field] = live->value[field];
        }
    }
    fq_step_keep_later(correction, live, dispute, dispute);
}
