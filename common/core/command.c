#include "fq/core/command.h"

static fq_err check_dates(const struct fq_dispute *dispute, const struct fq_event *command,
                          struct fq_why *out_why)
{
    char given[11], earlier[11];

    if (command->date == 0 || command->date > FQ_DATE_MAX) {
        return fq_fail(out_why, FQ_REASON_DATE, "%u", command->date);
    }
    uint16_t least = dispute ? fq_step_rests_on(dispute, command->step) : 0;
    if (command->date < least) {
        fq_date_format(command->date, given);
        fq_date_format(least, earlier);
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "%s < %s", given, earlier);
    }
    return FQ_OK;
}

static fq_err check_field(const struct fq_command_context *context, const struct fq_event *command,
                          enum fq_field field, struct fq_why *out_why)
{
    const struct fq_field_row *row = fq_field_row(field);
    uint64_t value = command->value[field];

    if (value == 0) {
        return FQ_OK;
    }
    switch (row->type) {
    case FQ_VALUE_CODE:
        if (value > UINT16_MAX || !fq_codes_find(context->codes, row->table, (uint16_t)value)) {
            return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "%s: %llu", row->name,
                           (unsigned long long)value);
        }
        return FQ_OK;
    case FQ_VALUE_CENTS:
        return value <= INT64_MAX / 1000000 ? FQ_OK
                                            : fq_fail(out_why, FQ_REASON_AMOUNT, "%s", row->name);
    case FQ_VALUE_DATE:
        return value <= FQ_DATE_MAX ? FQ_OK : fq_fail(out_why, FQ_REASON_DATE, "%s", row->name);
    case FQ_VALUE_UNIT:
        return value / 10000 <= 999999 ? FQ_OK
                                       : fq_fail(out_why, FQ_REASON_UNIT, "%s: %llu", row->name,
                                                 (unsigned long long)value);
    case FQ_VALUE_AREA:
        return fq_areas_find(context->areas, (uint32_t)value)
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%s: %06llu", row->name,
                             (unsigned long long)value);
    default:
        return FQ_OK;
    }
}

/* The home of a dispute is always a county (G3). */
static fq_err check_target(const struct fq_command_context *context, const struct fq_event *command,
                           struct fq_why *out_why)
{
    uint64_t code = command->value[FQ_FIELD_TO_AREA];
    const struct fq_area *area = fq_areas_find(context->areas, (uint32_t)code);

    if (command->step == FQ_EVENT_TRANSFERRED && area && area->tier != FQ_TIER_COUNTY) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%s: %06u",
                       fq_field_row(FQ_FIELD_TO_AREA)->name, area->code);
    }
    return FQ_OK;
}

static fq_err check_fields(const struct fq_command_context *context, const struct fq_event *command,
                           struct fq_why *out_why)
{
    const struct fq_step_row *step = fq_step_row(command->step);
    const struct fq_kind_row *row = fq_kind_row(command->step);

    for (unsigned i = 0; i < FQ_STEP_REQUIRED_MAX && step->required[i]; i++) {
        if (!command->value[step->required[i]]) {
            return fq_fail(out_why, FQ_REASON_FIELD, "%s", fq_field_row(step->required[i])->name);
        }
    }
    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        fq_err err = check_field(context, command, row->fields[i], out_why);
        if (err) {
            return err;
        }
    }
    return check_target(context, command, out_why);
}

/* A dispute's home is a county under the node that registers it. */
static fq_err check_home(const struct fq_command_context *context, const struct fq_event *command,
                         struct fq_why *out_why)
{
    const struct fq_area *area = fq_areas_find(context->areas, command->area);

    if (!area || area->tier != FQ_TIER_COUNTY) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%06u", command->area);
    }
    if (!fq_areas_covers(context->areas, context->own_area, command->area)) {
        return fq_fail(out_why, FQ_REASON_AREA_FOREIGN, "%06u", command->area);
    }
    return FQ_OK;
}

static fq_err check_registered(const struct fq_command_context *context, struct fq_event *command,
                               struct fq_why *out_why)
{
    if (!fq_id_equal(&command->dispute, &command->cmd_id)) {
        return fq_fail(out_why, FQ_REASON_FIELD, "dispute");
    }
    if (command->area == 0) {
        command->area = context->own_area;
    }
    if (command->value[FQ_FIELD_KIND] == 0) {
        command->value[FQ_FIELD_KIND] = FQ_KIND_PEOPLE;
    }
    return check_home(context, command, out_why);
}

static bool is_known(const struct fq_dispute *dispute)
{
    return dispute && fq_dispute_state(dispute) != FQ_STATE_UNKNOWN;
}

/* Control is ordered by cities and provinces, of no dispute; what it says is not looked at here. */
static fq_err check_control(const struct fq_command_context *context,
                            const struct fq_event *command, struct fq_why *out_why)
{
    const struct fq_area *area = fq_areas_find(context->areas, context->own_area);

    if (fq_id_is_zero(&command->cmd_id) || !fq_id_is_zero(&command->dispute)) {
        return fq_fail(out_why, FQ_REASON_FIELD, "kind %u", command->kind);
    }
    return area && area->tier != FQ_TIER_COUNTY
               ? check_dates(NULL, command, out_why)
               : fq_fail(out_why, FQ_REASON_FIELD, "kind %u", command->kind);
}

fq_err fq_command_check(const struct fq_command_context *context, const struct fq_dispute *dispute,
                        struct fq_event *command, struct fq_why *out_why)
{
    char next[FQ_WHY_SIZE];
    enum fq_state state = dispute ? fq_dispute_state(dispute) : FQ_STATE_UNKNOWN;
    fq_err err;

    if (command->kind == FQ_EVENT_CONTROL) {
        return check_control(context, command, out_why);
    }
    if (!fq_step_verb(command->kind) || !fq_step_verb(command->step) ||
        fq_id_is_zero(&command->cmd_id)) {
        return fq_fail(out_why, FQ_REASON_FIELD, "kind %u", command->kind);
    }
    if (command->kind != FQ_EVENT_REGISTERED && !is_known(dispute)) {
        return fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", fq_step_verb(command->kind));
    }
    if (!fq_step_may(state, command->kind)) { /* G1 */
        fq_step_next(state, next, sizeof next);
        return fq_fail(out_why, FQ_REASON_STEP, "%s: %s -> %s", fq_step_verb(command->kind),
                       fq_state_name(state), next);
    }
    if (command->kind == FQ_EVENT_REGISTERED) {
        err = check_registered(context, command, out_why);
    } else if (command->area == 0 || command->area == dispute->home) {
        command->area = dispute->home;
        err = FQ_OK;
    } else {
        err = check_home(context, command, out_why); /* a correction may move it */
    }
    if (!err) {
        err = check_dates(dispute, command, out_why); /* G2 */
    }
    return err ? err : check_fields(context, command, out_why); /* G3 */
}
