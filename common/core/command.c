#include "fq/core/command.h"

#include <stdio.h>
#include <string.h>

static const char *const verbs[FQ_EVENT_KINDS] = {
    [FQ_EVENT_REGISTERED] = "add",
    [FQ_EVENT_ACCEPTED] = "accept",
    [FQ_EVENT_REJECTED] = "reject",
    [FQ_EVENT_SESSION] = "session",
    [FQ_EVENT_JOINED] = "join",
    [FQ_EVENT_LEFT] = "leave",
    [FQ_EVENT_REFERRED] = "refer",
    [FQ_EVENT_REFERRAL_ACCEPTED] = "referral accept",
    [FQ_EVENT_REFERRAL_DECLINED] = "referral decline",
    [FQ_EVENT_REFERRAL_REPORTED] = "referral report",
    [FQ_EVENT_TRANSFERRED] = "transfer",
    [FQ_EVENT_ESCALATED] = "escalate",
    [FQ_EVENT_ASSIGNED] = "assign",
    [FQ_EVENT_SUPERVISED] = "supervise",
    [FQ_EVENT_EXTENDED] = "extend",
    [FQ_EVENT_AGREED] = "agree",
    [FQ_EVENT_FAILED] = "fail",
    [FQ_EVENT_TERMINATED] = "terminate",
    [FQ_EVENT_PERFORMED] = "perform",
    [FQ_EVENT_CONFIRMATION] = "confirm",
    [FQ_EVENT_VISITED] = "visit",
    [FQ_EVENT_PREVENTED] = "prevent",
    [FQ_EVENT_RISK_CHANGED] = "risk",
    [FQ_EVENT_DOCUMENT] = "document",
    [FQ_EVENT_CLOSED] = "close",
    [FQ_EVENT_ARCHIVED] = "archive",
    [FQ_EVENT_REOPENED] = "reopen",
    [FQ_EVENT_CORRECTED] = "correct",
    [FQ_EVENT_VOIDED] = "void",
    [FQ_EVENT_MERGED] = "merge",
    [FQ_EVENT_UNMERGED] = "unmerge",
};

const char *fq_command_verb(unsigned step)
{
    return step < FQ_EVENT_KINDS ? verbs[step] : NULL;
}

void fq_command_next(const struct fq_dispute *dispute, char *out, size_t size)
{
    enum fq_state state = dispute ? fq_dispute_state(dispute) : FQ_STATE_UNKNOWN;
    size_t used = 0;

    out[0] = '\0';
    for (unsigned step = 1; step < FQ_EVENT_KINDS; step++) {
        if (verbs[step] && !strchr(verbs[step], ' ') && fq_dispute_may(state, step)) {
            int wrote = snprintf(out + used, size - used, "%s%s", used ? " " : "", verbs[step]);
            if (wrote < 0 || (size_t)wrote >= size - used) {
                out[used] = '\0';
                return;
            }
            used += (size_t)wrote;
        }
    }
}

/* The day before which the step cannot lie: that of the step it rests on. */
static uint16_t rests_on(const struct fq_dispute *dispute, unsigned step)
{
    switch (step) {
    case FQ_EVENT_REGISTERED:
        return 0;
    case FQ_EVENT_SESSION:
    case FQ_EVENT_EXTENDED:
    case FQ_EVENT_AGREED:
    case FQ_EVENT_FAILED:
    case FQ_EVENT_TERMINATED:
        return dispute->decided_on;
    case FQ_EVENT_PERFORMED:
    case FQ_EVENT_CONFIRMATION:
    case FQ_EVENT_VISITED:
    case FQ_EVENT_CLOSED:
        return dispute->outcome_on;
    case FQ_EVENT_ARCHIVED:
        return dispute->closed_on;
    default:
        return dispute->registered_on;
    }
}

static fq_err check_dates(const struct fq_dispute *dispute, const struct fq_event *command,
                          struct fq_why *out_why)
{
    char given[11], earlier[11];

    if (command->date == 0 || command->date > FQ_DATE_MAX) {
        return fq_fail(out_why, FQ_REASON_DATE, "%u", command->date);
    }
    uint16_t least = dispute ? rests_on(dispute, command->step) : 0;
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
    static const struct {
        uint8_t step;
        uint8_t field;
    } required[] = {
        {FQ_EVENT_REGISTERED, FQ_FIELD_TYPE},       {FQ_EVENT_REGISTERED, FQ_FIELD_SOURCE},
        {FQ_EVENT_PERFORMED, FQ_FIELD_PERFORMANCE}, {FQ_EVENT_CONFIRMATION, FQ_FIELD_STEP},
        {FQ_EVENT_PREVENTED, FQ_FIELD_EFFECT},      {FQ_EVENT_RISK_CHANGED, FQ_FIELD_RISK},
        {FQ_EVENT_JOINED, FQ_FIELD_TO_UNIT},        {FQ_EVENT_MERGED, FQ_FIELD_INTO},
        {FQ_EVENT_TRANSFERRED, FQ_FIELD_TO_UNIT},
    };
    const struct fq_kind_row *row = fq_kind_row(command->step);

    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (required[i].step == command->step && !command->value[required[i].field]) {
            return fq_fail(out_why, FQ_REASON_FIELD, "%s",
                           fq_field_row((enum fq_field)required[i].field)->name);
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
    if (!fq_command_verb(command->kind) || !fq_command_verb(command->step) ||
        fq_id_is_zero(&command->cmd_id)) {
        return fq_fail(out_why, FQ_REASON_FIELD, "kind %u", command->kind);
    }
    if (command->kind != FQ_EVENT_REGISTERED && !is_known(dispute)) {
        return fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", fq_command_verb(command->kind));
    }
    if (!fq_dispute_may(state, command->kind)) { /* G1 */
        fq_command_next(dispute, next, sizeof next);
        return fq_fail(out_why, FQ_REASON_STEP, "%s: %s -> %s", fq_command_verb(command->kind),
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
