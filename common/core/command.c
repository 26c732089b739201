#include "fq/core/command.h"

#include <string.h>

/* ---- dates ---- */

static fq_err check_dates(const struct fq_dispute *dispute, const struct fq_event *command,
                          struct fq_why *out_why)
{
    char given[11], earlier[11];
    uint64_t due = command->value[FQ_FIELD_DUE];

    if (command->date == 0 || command->date > FQ_DATE_MAX) {
        return fq_fail(out_why, FQ_REASON_DATE, "%u", command->date);
    }
    if (due > FQ_DATE_MAX) {
        return fq_fail(out_why, FQ_REASON_DATE, "%s", fq_field_row(FQ_FIELD_DUE)->name);
    }
    uint16_t least = dispute ? fq_step_rests_on(dispute, command->step) : 0;
    if (command->date < least) {
        fq_date_format(command->date, given);
        fq_date_format(least, earlier);
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "%s < %s", given, earlier);
    }
    if (due != 0 && due < command->date) {
        fq_date_format((uint16_t)due, given);
        fq_date_format(command->date, earlier);
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "due %s < %s", given, earlier);
    }
    return FQ_OK;
}

/* ---- fields ---- */

static fq_err check_unit(const struct fq_command_context *context, const char *name, uint64_t unit,
                         struct fq_why *out_why)
{
    if (unit / 10000 > 999999 || !fq_areas_find(context->areas, fq_unit_area(unit))) {
        return fq_fail(out_why, FQ_REASON_UNIT, "%s: %010llu", name, (unsigned long long)unit);
    }
    if (context->units && context->units->count > 0 && !fq_units_find(context->units, unit) &&
        fq_areas_covers(context->areas, context->own_area, fq_unit_area(unit))) {
        return fq_fail(out_why, FQ_REASON_UNIT_UNKNOWN, "%s: %010llu", name,
                       (unsigned long long)unit);
    }
    return FQ_OK;
}

/* A place is in a county; that of a registration in the dispute's own. */
static fq_err check_place(const struct fq_command_context *context, const struct fq_event *command,
                          struct fq_why *out_why)
{
    unsigned long long place = command->value[FQ_FIELD_PLACE];
    const struct fq_area *county = fq_areas_find(context->areas, fq_place_county(place));

    if (!county || county->tier != FQ_TIER_COUNTY) {
        return fq_fail(out_why, FQ_REASON_PLACE_UNKNOWN, "%llu", place);
    }
    if (command->step == FQ_EVENT_REGISTERED && county->code != command->area) {
        return fq_fail(out_why, FQ_REASON_PLACE_FOREIGN, "%llu: %06u", place, command->area);
    }
    if (context->places && !fq_places_know(context->places, place)) {
        return fq_fail(out_why, FQ_REASON_PLACE_UNKNOWN, "%llu", place);
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
        return check_unit(context, row->name, value, out_why);
    case FQ_VALUE_AREA:
        return fq_areas_find(context->areas, (uint32_t)value)
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%s: %06llu", row->name,
                             (unsigned long long)value);
    default:
        return field == FQ_FIELD_PLACE ? check_place(context, command, out_why)
                                       : fq_command_check_number(command, field, out_why);
    }
}

static fq_err check_required(const struct fq_command_context *context,
                             const struct fq_event *command, unsigned kind, struct fq_why *out_why)
{
    const struct fq_step_row *step = fq_step_row(kind);

    for (unsigned i = 0; i < FQ_STEP_REQUIRED_MAX && step->required[i]; i++) {
        bool is_unknown = context->is_of_ledger && kind == FQ_EVENT_REFERRED;
        if (!command->value[step->required[i]] && !is_unknown) {
            return fq_fail(out_why, FQ_REASON_FIELD, "%s", fq_field_row(step->required[i])->name);
        }
    }
    return FQ_OK;
}

static fq_err check_fields(const struct fq_command_context *context, const struct fq_event *command,
                           struct fq_why *out_why)
{
    const struct fq_kind_row *row = fq_kind_row(command->step);
    fq_err err = check_required(context, command, command->kind, out_why);

    if (!err && command->step != command->kind) {
        err = check_required(context, command, command->step, out_why);
    }
    if (!err && command->unit) {
        err = check_unit(context, "unit", command->unit, out_why);
    }
    for (unsigned i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i] && !err; i++) {
        err = check_field(context, command, row->fields[i], out_why);
    }
    return err;
}

static fq_err check_text(const char *name, struct fq_span text, struct fq_why *out_why)
{
    return fq_utf8_is_valid(text) ? FQ_OK : fq_fail(out_why, FQ_REASON_TEXT_ENCODING, "%s", name);
}

fq_err fq_command_check_texts(const struct fq_event *command, struct fq_why *out_why)
{
    fq_err err = check_text("actor", command->actor, out_why);

    for (enum fq_field field = FQ_FIELD_NONE + 1; field < FQ_FIELDS_COUNT && !err; field++) {
        const struct fq_field_row *row = fq_field_row(field);
        if (row->type == FQ_VALUE_TEXT) {
            err = check_text(row->name, fq_event_bytes(command, field), out_why);
        }
    }
    return err;
}

/* ---- home ---- */

/* A dispute's home is a county under the node that registers it. */
static fq_err check_home(const struct fq_command_context *context, const struct fq_event *command,
                         struct fq_why *out_why)
{
    const struct fq_area *area = fq_areas_find(context->areas, command->area);

    if (!area || area->tier != FQ_TIER_COUNTY) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%06u", command->area);
    }
    if (!fq_areas_covers(context->areas, context->own_area, command->area)) {
        return fq_fail(out_why, FQ_REASON_AREA_OUTSIDE, "%06u", command->area);
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
    fq_err err = check_home(context, command, out_why);
    if (!err && context->services && command->value[FQ_FIELD_CAMPAIGN]) {
        err = fq_campaign_check(context->services, command->value[FQ_FIELD_CAMPAIGN], command->area,
                                command->date, out_why);
    }
    return err;
}

/* Only a correction of the registration moves a dispute's home. */
static fq_err check_area(const struct fq_command_context *context, const struct fq_dispute *dispute,
                         struct fq_event *command, struct fq_why *out_why)
{
    if (command->kind == FQ_EVENT_REGISTERED) {
        return check_registered(context, command, out_why);
    }
    if (command->area == 0 || command->step != FQ_EVENT_REGISTERED) {
        command->area = dispute->home;
    }
    return command->area == dispute->home ? FQ_OK : check_home(context, command, out_why);
}

/* ---- the whole ---- */

/* The state allows the step, or says why not. */
static fq_err check_state(const struct fq_command_context *context,
                          const struct fq_dispute *dispute, const struct fq_event *command,
                          struct fq_why *out_why)
{
    enum fq_state state = dispute ? fq_dispute_state(dispute) : FQ_STATE_UNKNOWN;
    const char *verb = fq_step_verb(command->kind);
    char next[FQ_WHY_SIZE - 64], into[2 * FQ_ID_SIZE + 1] = "";
    struct fq_id other;

    if (fq_step_may(state, command->kind)) {
        return FQ_OK;
    }
    if (state == FQ_STATE_UNKNOWN) {
        return fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", verb);
    }
    if (state == FQ_STATE_VOIDED && command->kind != FQ_EVENT_REGISTERED) {
        return fq_fail(out_why, FQ_REASON_DISPUTE_VOIDED, "%s", verb);
    }
    if (state == FQ_STATE_MERGED && command->kind != FQ_EVENT_REGISTERED) {
        if (context->view && fq_docket_merged_into(context->view, dispute, &other)) {
            fq_hex_encode(fq_span_of(other.bytes, FQ_ID_SIZE), into);
        }
        return fq_fail(out_why, FQ_REASON_DISPUTE_MERGED, "%s: %s -> unmerge", verb, into);
    }
    fq_step_next(state, next, sizeof next); /* G1 */
    return fq_fail(out_why, FQ_REASON_STEP, "%s: %s -> %s", verb, fq_state_name(state), next);
}

static fq_err check_room(const struct fq_command_context *context, const struct fq_dispute *dispute,
                         const struct fq_event *command, struct fq_why *out_why) /* G6 */
{
    bool is_end = command->kind == FQ_EVENT_CLOSED ||
                  (command->kind == FQ_EVENT_VOIDED && command->value[FQ_FIELD_TARGET] == 0);
    bool is_full = context->view && dispute && !is_end &&
                   fq_view_is_full(context->view, dispute, &command->cmd_id);

    return is_full ? fq_fail(out_why, FQ_REASON_TOO_MANY, "%d facts", FQ_DISPUTE_FACTS_MAX) : FQ_OK;
}

fq_err fq_command_check(const struct fq_command_context *context, const struct fq_dispute *dispute,
                        struct fq_event *command, struct fq_why *out_why)
{
    FQ_ASSERT(!context->view || context->room);

    fq_err err = fq_command_check_texts(command, out_why);

    err = err ? err : check_room(context, dispute, command, out_why);
    if (err) {
        return err;
    }
    if (context->services && fq_command_is_service(command->kind)) {
        return fq_command_service_check(context->services, command, out_why);
    }
    if (!fq_step_verb(command->kind) || !fq_step_verb(command->step) ||
        fq_id_is_zero(&command->cmd_id)) {
        return fq_fail(out_why, FQ_REASON_FIELD, "kind %u", command->kind);
    }
    err = check_state(context, dispute, command, out_why);
    err = err ? err : fq_command_complete(context, dispute, command, out_why);
    err = err ? err : check_area(context, dispute, command, out_why);
    err = err ? err : fq_command_check_who(context, dispute, command, out_why); /* G4 */
    err = err ? err : check_dates(dispute, command, out_why);                   /* G2 */
    err = err ? err : check_fields(context, command, out_why);                  /* G3 */
    return err ? err : fq_command_check_rules(context, dispute, command, out_why);
}
