/* What the table of steps cannot say of a command: who may take it, what it names, what it rests on. */
#include "fq/core/command.h"

#include <stdio.h>
#include <string.h>

#include "fq/core/deadline.h"

static bool covers(const struct fq_command_context *context, uint32_t area)
{
    return fq_areas_covers(context->areas, context->own_area, area);
}

/* ---- who (G4) ---- */

/* Whether this node speaks for the unit, or nobody here does: one outside the areas known. */
static bool speaks_for(const struct fq_command_context *context, uint64_t unit)
{
    return unit != 0 && covers(context, fq_unit_area(unit));
}

static bool is_above(const struct fq_command_context *context, const struct fq_dispute *dispute)
{
    return context->own_area != dispute->home && covers(context, dispute->home);
}

static bool may_act(const struct fq_command_context *context, const struct fq_dispute *dispute,
                    const struct fq_event *command)
{
    bool is_host = fq_docket_is_host(context->areas, dispute, context->own_area);
    uint64_t unit = command->value[FQ_FIELD_TO_UNIT];

    switch (fq_step_row(command->kind)->who) {
    case FQ_WHO_ANYONE:
        return true;
    case FQ_WHO_HOST:
        return is_host;
    case FQ_WHO_ASSIST:
    case FQ_WHO_COURT:
        return is_host || !context->view ||
               fq_docket_is_assist(context->view, dispute, context->own_area,
                                   fq_step_row(command->kind)->who == FQ_WHO_COURT);
    case FQ_WHO_JOINER:
        return is_host || speaks_for(context, unit);
    case FQ_WHO_REFERRED:
        /* What a body outside the areas known answers, the host's side enters for it. */
        return speaks_for(context, unit) ||
               (is_host && !fq_areas_find(context->areas, fq_unit_area(unit)));
    case FQ_WHO_ABOVE:
        return is_above(context, dispute);
    }
    return false;
}

/* What only a tier above orders, nobody below takes back: neither by a correction nor by a void. */
static bool may_undo(const struct fq_command_context *context, const struct fq_dispute *dispute,
                     unsigned step)
{
    const struct fq_step_row *row = fq_step_row(step);

    return !row || row->who != FQ_WHO_ABOVE || is_above(context, dispute);
}

static fq_err fail_who(const struct fq_command_context *context, const struct fq_dispute *dispute,
                       unsigned kind, struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_NOT_HOST, "%s: %06u, home %06u, host %010llu",
                   fq_step_verb(kind), context->own_area, dispute->home,
                   (unsigned long long)dispute->host);
}

fq_err fq_command_check_who(const struct fq_command_context *context,
                            const struct fq_dispute *dispute, const struct fq_event *command,
                            struct fq_why *out_why)
{
    return !dispute ||
                   (may_act(context, dispute, command) && may_undo(context, dispute, command->step))
               ? FQ_OK
               : fail_who(context, dispute, command->kind, out_why);
}

/* ---- referrals ---- */

/* The state a referral is in before the answer. */
static enum fq_referral_state state_before(unsigned answer)
{
    return answer == FQ_EVENT_REFERRAL_REPORTED ? FQ_REFERRAL_ACCEPTED : FQ_REFERRAL_OPEN;
}

static bool is_meant(const struct fq_command_context *context, const struct fq_event *command,
                     const struct fq_referral *referral)
{
    struct fq_span named = fq_event_bytes(command, FQ_FIELD_REFERRAL);
    uint64_t unit = command->value[FQ_FIELD_TO_UNIT];

    if (named.size == FQ_ID_SIZE) {
        return memcmp(named.data, referral->id.bytes, FQ_ID_SIZE) == 0;
    }
    return referral->state == state_before(command->step) &&
           (unit ? referral->to_unit == unit : speaks_for(context, referral->to_unit));
}

static fq_err fail_referral(const struct fq_referral *referrals, uint32_t count,
                            struct fq_why *out_why)
{
    char list[FQ_WHY_SIZE - 8] = "";
    char hex[2 * FQ_ID_SIZE + 1];
    size_t used = 0;

    for (uint32_t i = 0; i < count && used + 80 < sizeof list; i++) {
        fq_hex_encode(fq_span_of(referrals[i].id.bytes, FQ_ID_SIZE), hex);
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s %010llu %s",
                                 used ? ", " : "", hex, (unsigned long long)referrals[i].to_unit,
                                 fq_referral_state_name(referrals[i].state));
    }
    return fq_fail(out_why, FQ_REASON_REFERRAL_UNKNOWN, "%s", list);
}

/* Name the referral answered and the unit it went to. */
static fq_err complete_answer(const struct fq_command_context *context,
                              const struct fq_dispute *dispute, struct fq_event *command,
                              struct fq_why *out_why)
{
    struct fq_referral referrals[FQ_MAP_ENTRIES_MAX];
    uint32_t count = context->view ? fq_docket_referrals(context->view, dispute, referrals) : 0;
    const struct fq_referral *meant = NULL;
    uint32_t meant_count = 0;
    char given[11], earlier[11];

    if (!context->view) {
        return FQ_OK;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (is_meant(context, command, &referrals[i])) {
            meant = &referrals[i];
            meant_count++;
        }
    }
    if (meant_count != 1) {
        return fail_referral(referrals, count, out_why);
    }
    if (meant->state != state_before(command->step)) {
        return fq_fail(out_why, FQ_REASON_REFERRAL_STATE, "%s: %s", fq_step_verb(command->step),
                       fq_referral_state_name(meant->state));
    }
    if (command->date < meant->date) { /* G2 */
        fq_date_format(command->date, given);
        fq_date_format(meant->date, earlier);
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "%s < %s", given, earlier);
    }
    memcpy(context->room->referral, meant->id.bytes, FQ_ID_SIZE);
    (void)fq_event_set_bytes(command, FQ_FIELD_REFERRAL,
                             fq_span_of(context->room->referral, FQ_ID_SIZE));
    command->value[FQ_FIELD_TO_UNIT] = meant->to_unit;
    command->value[FQ_FIELD_TO_KIND] = meant->to_kind;
    return FQ_OK;
}

/* ---- defaults ---- */

/* The kind of a unit: given, or the table's, or people's. */
static void complete_kind(const struct fq_command_context *context, struct fq_event *command,
                          enum fq_field unit_field, enum fq_field kind_field, uint64_t fallback)
{
    const struct fq_unit *unit =
        context->units ? fq_units_find(context->units, command->value[unit_field]) : NULL;

    if (command->value[kind_field] == 0) {
        command->value[kind_field] = unit ? unit->kind : fallback;
    }
}

/* A unit of a county takes the dispute to its county. */
static void complete_transfer(const struct fq_command_context *context, struct fq_event *command)
{
    uint32_t county = fq_unit_area(command->value[FQ_FIELD_TO_UNIT]);
    const struct fq_area *area = fq_areas_find(context->areas, county);

    if (command->value[FQ_FIELD_TO_AREA] == 0 && area && area->tier == FQ_TIER_COUNTY) {
        command->value[FQ_FIELD_TO_AREA] = county;
    }
    complete_kind(context, command, FQ_FIELD_TO_UNIT, FQ_FIELD_TO_KIND, 0);
}

/* The tier above this node's, by the area table: a county may hang directly under a province. */
static uint64_t tier_above(const struct fq_command_context *context)
{
    const struct fq_area *own = fq_areas_find(context->areas, context->own_area);
    const struct fq_area *parent = own ? fq_areas_find(context->areas, own->parent) : NULL;

    return parent ? parent->tier : 0;
}

void fq_command_target(const struct fq_id *cmd_id, uint8_t out[FQ_EVENT_ID_SIZE])
{
    memset(out, 0, FQ_EVENT_ID_SIZE - FQ_ID_SIZE);
    memcpy(out + FQ_EVENT_ID_SIZE - FQ_ID_SIZE, cmd_id->bytes, FQ_ID_SIZE);
}

/* The event a void names, by its own id. */
static fq_err complete_target(const struct fq_command_context *context,
                              const struct fq_dispute *dispute, struct fq_event *command,
                              struct fq_why *out_why)
{
    struct fq_span target = fq_event_bytes(command, FQ_FIELD_TARGET);
    struct fq_id cmd_id;

    if (target.size != FQ_EVENT_ID_SIZE || fq_get_be32(target.data) != 0 || !context->view) {
        return FQ_OK;
    }
    memcpy(cmd_id.bytes, target.data + FQ_EVENT_ID_SIZE - FQ_ID_SIZE, FQ_ID_SIZE);
    const struct fq_fact *fact = fq_view_command(context->view, dispute, &cmd_id);
    if (!fact) {
        char hex[2 * FQ_ID_SIZE + 1];
        fq_hex_encode(fq_span_of(cmd_id.bytes, FQ_ID_SIZE), hex);
        return fq_fail(out_why, FQ_REASON_EVENT_UNKNOWN, "%s", hex);
    }
    struct fq_event_id id = fq_view_event_id(context->view, fact);
    fq_event_id_encode(&id, context->room->target);
    (void)fq_event_set_bytes(command, FQ_FIELD_TARGET,
                             fq_span_of(context->room->target, FQ_EVENT_ID_SIZE));
    return FQ_OK;
}

/* Later steps' writes stand, but for what the correction says anew. The revision the command came with
 * is what its writer last heard of. */
static void complete_correction(const struct fq_command_context *context,
                                const struct fq_dispute *dispute, struct fq_event *command)
{
    uint32_t base = command->rev ? command->rev : dispute->rev;
    struct fq_dispute then;
    struct fq_event live;

    if (!context->view || !fq_docket_as_of(context->view, dispute, base, &then)) {
        return;
    }
    for (const struct fq_fact *fact = fq_view_facts(context->view, dispute); fact;
         fact = fq_view_next(context->view, fact)) {
        if (!fact->is_voided && fact->step == command->step && fact->rev <= base) {
            fq_fact_unpack(fact, &live);
            fq_step_keep_later(command, &live, &then, dispute);
            return;
        }
    }
}

fq_err fq_command_complete(const struct fq_command_context *context,
                           const struct fq_dispute *dispute, struct fq_event *command,
                           struct fq_why *out_why)
{
    switch (command->kind) {
    case FQ_EVENT_REGISTERED:
        complete_kind(context, command, FQ_FIELD_HOST, FQ_FIELD_KIND, FQ_KIND_PEOPLE);
        return FQ_OK;
    case FQ_EVENT_JOINED:
        complete_kind(context, command, FQ_FIELD_TO_UNIT, FQ_FIELD_TO_KIND, FQ_KIND_PEOPLE);
        return FQ_OK;
    case FQ_EVENT_REFERRED:
        complete_kind(context, command, FQ_FIELD_TO_UNIT, FQ_FIELD_TO_KIND, FQ_KIND_PEOPLE);
        (void)fq_event_set_bytes(command, FQ_FIELD_REFERRAL,
                                 fq_span_of(command->cmd_id.bytes, FQ_ID_SIZE));
        return FQ_OK;
    case FQ_EVENT_REFERRAL_ACCEPTED:
    case FQ_EVENT_REFERRAL_DECLINED:
    case FQ_EVENT_REFERRAL_REPORTED:
        return complete_answer(context, dispute, command, out_why);
    case FQ_EVENT_TRANSFERRED:
        complete_transfer(context, command);
        return FQ_OK;
    case FQ_EVENT_ESCALATED:
        if (command->value[FQ_FIELD_TO_TIER] == 0) {
            command->value[FQ_FIELD_TO_TIER] = tier_above(context);
        }
        return FQ_OK;
    case FQ_EVENT_VOIDED:
        return complete_target(context, dispute, command, out_why);
    case FQ_EVENT_CORRECTED:
        complete_correction(context, dispute, command);
        return FQ_OK;
    default:
        return FQ_OK;
    }
}

/* ---- units ---- */

static fq_err check_newcomer(const struct fq_command_context *context,
                             const struct fq_dispute *dispute, const struct fq_event *command,
                             struct fq_why *out_why)
{
    uint64_t unit = command->value[FQ_FIELD_TO_UNIT];

    if (unit != 0 && (unit == dispute->host ||
                      (context->view && fq_docket_takes_part(context->view, dispute, unit)))) {
        return fq_fail(out_why, FQ_REASON_UNIT_TAKES_PART, "%010llu", (unsigned long long)unit);
    }
    return FQ_OK;
}

static fq_err check_left(const struct fq_command_context *context, const struct fq_dispute *dispute,
                         const struct fq_event *command, struct fq_why *out_why)
{
    struct fq_assist assists[FQ_MAP_ENTRIES_MAX];
    uint64_t unit = command->value[FQ_FIELD_TO_UNIT];
    char list[200] = "";
    size_t used = 0;

    if (!context->view) {
        return FQ_OK;
    }
    uint32_t count = fq_docket_assists(context->view, dispute, assists);
    for (uint32_t i = 0; i < count; i++) {
        if (assists[i].unit == unit) {
            return FQ_OK;
        }
        if (used + 16 < sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, " %010llu",
                                     (unsigned long long)assists[i].unit);
        }
    }
    return fq_fail(out_why, FQ_REASON_UNIT_ABSENT, "%010llu;%s", (unsigned long long)unit, list);
}

/* The home of a dispute is always a county (G3), and a transfer moves it or its host. */
static fq_err check_transfer(const struct fq_command_context *context,
                             const struct fq_dispute *dispute, const struct fq_event *command,
                             struct fq_why *out_why)
{
    uint32_t to_area = (uint32_t)command->value[FQ_FIELD_TO_AREA];
    uint64_t to_unit = command->value[FQ_FIELD_TO_UNIT];
    const struct fq_area *area = fq_areas_find(context->areas, to_area);

    if (to_area == 0 && to_unit == 0) {
        return fq_fail(out_why, FQ_REASON_FIELD, "%s", fq_field_row(FQ_FIELD_TO_UNIT)->name);
    }
    if (area && area->tier != FQ_TIER_COUNTY) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%s: %06u",
                       fq_field_row(FQ_FIELD_TO_AREA)->name, to_area);
    }
    const struct fq_area *of_unit = fq_areas_find(context->areas, fq_unit_area(to_unit));
    bool is_moving = area && to_area != dispute->home;
    if (is_moving && of_unit && of_unit->tier == FQ_TIER_COUNTY && of_unit->code != to_area) {
        return fq_fail(out_why, FQ_REASON_UNIT_FOREIGN, "%010llu: %06u",
                       (unsigned long long)to_unit, to_area);
    }
    bool is_same_home = to_area == 0 || to_area == dispute->home;
    bool is_same_unit = to_unit == 0 || to_unit == dispute->host;
    if (command->kind == FQ_EVENT_TRANSFERRED && is_same_home && is_same_unit) {
        return fq_fail(out_why, FQ_REASON_HOST_SAME, "%06u %010llu", dispute->home,
                       (unsigned long long)dispute->host);
    }
    return FQ_OK;
}

/* ---- tiers, deadlines ---- */

static fq_err check_escalation(const struct fq_command_context *context,
                               const struct fq_event *command, struct fq_why *out_why)
{
    const struct fq_area *own = fq_areas_find(context->areas, context->own_area);
    uint64_t to_tier = command->value[FQ_FIELD_TO_TIER];

    if (!own || to_tier <= (uint64_t)own->tier || to_tier > FQ_TIER_PROVINCE) {
        return fq_fail(out_why, FQ_REASON_TIER, "%s: %s", own ? fq_tier_name(own->tier) : "",
                       to_tier <= FQ_TIER_PROVINCE ? fq_tier_name((enum fq_tier)to_tier) : "");
    }
    return FQ_OK;
}

static fq_err check_assignment(const struct fq_event *command, struct fq_why *out_why)
{
    return command->value[FQ_FIELD_TO_UNIT] || command->value[FQ_FIELD_TO_AREA]
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_FIELD, "%s", fq_field_row(FQ_FIELD_TO_UNIT)->name);
}

static fq_err check_extension(const struct fq_dispute *dispute, const struct fq_event *command,
                              struct fq_why *out_why)
{
    uint64_t days = command->value[FQ_FIELD_DAYS];
    bool is_second = command->kind == FQ_EVENT_EXTENDED && dispute->extended_days > 0;

    if (is_second || days == 0 || days > FQ_EXTENSION_DAYS_MAX) {
        return fq_fail(out_why, FQ_REASON_EXTENSION, "%llu; %u", (unsigned long long)days,
                       dispute->extended_days);
    }
    return FQ_OK;
}

/* ---- corrections ---- */

/* The day of the first live fact of the step; 0 when there is none. */
static uint16_t first_day_of(const struct fq_command_context *context,
                             const struct fq_dispute *dispute, unsigned step)
{
    uint16_t first = 0;

    for (const struct fq_fact *fact = fq_view_facts(context->view, dispute); fact;
         fact = fq_view_next(context->view, fact)) {
        if (!fact->is_voided && fact->step == step && (first == 0 || fact->date < first)) {
            first = fact->date;
        }
    }
    return first;
}

static void note_earlier(uint16_t *least, uint16_t date)
{
    if (date != 0 && (*least == 0 || date < *least)) {
        *least = date;
    }
}

/* The first day of what rests on the step; 0 when nothing does. */
static uint16_t rested_on_from(const struct fq_command_context *context,
                               const struct fq_dispute *dispute, unsigned step)
{
    bool is_at_once = dispute->flags & FQ_DISPUTE_AT_ONCE;
    uint16_t least = 0;

    switch (step) {
    case FQ_EVENT_REGISTERED:
        note_earlier(&least, dispute->decided_on);
        note_earlier(&least, dispute->outcome_on);
        break;
    case FQ_EVENT_ACCEPTED:
    case FQ_EVENT_REJECTED:
        note_earlier(&least, dispute->outcome_on);
        note_earlier(&least, first_day_of(context, dispute, FQ_EVENT_SESSION));
        break;
    case FQ_EVENT_AGREED:
    case FQ_EVENT_FAILED:
    case FQ_EVENT_TERMINATED:
        note_earlier(&least, is_at_once ? 0 : dispute->performed_on);
        note_earlier(&least, dispute->confirmed_on);
        note_earlier(&least, dispute->visited_on);
        note_earlier(&least, dispute->closed_on);
        break;
    case FQ_EVENT_CLOSED:
        note_earlier(&least, dispute->flags & FQ_DISPUTE_ARCHIVED
                                 ? first_day_of(context, dispute, FQ_EVENT_ARCHIVED)
                                 : 0);
        break;
    default:
        break;
    }
    return least;
}

static fq_err fail_correction(const struct fq_command_context *context,
                              const struct fq_dispute *dispute, unsigned step,
                              struct fq_why *out_why)
{
    char list[FQ_WHY_SIZE - 80] = "";
    struct fq_event event;
    size_t used = 0;

    for (unsigned kind = 1; kind < FQ_EVENT_KINDS; kind++) {
        const struct fq_fact *fact = fq_step_is_correctable(kind)
                                         ? fq_docket_live(context->view, dispute, kind, &event)
                                         : NULL;
        if (fact && !fq_docket_is_superseded(context->view, dispute, fact) &&
            used + 24 < sizeof list) {
            used +=
                (size_t)snprintf(list + used, sizeof list - used, " %s", fq_kind_row(kind)->name);
        }
    }
    return fq_fail(out_why, FQ_REASON_CORRECTION_NONE, "%s ->%s", fq_kind_row(step)->name, list);
}

/* What is corrected is a write that holds, or holds against another that did not know it: what was
 * overwritten since would come back by a correction. */
static fq_err check_correction(const struct fq_command_context *context,
                               const struct fq_dispute *dispute, const struct fq_event *command,
                               struct fq_why *out_why)
{
    struct fq_event live;
    char given[11], later[11];

    if (command->value[FQ_FIELD_CORRECTS] != command->step) {
        return fq_fail(out_why, FQ_REASON_FIELD, "%s", fq_field_row(FQ_FIELD_CORRECTS)->name);
    }
    if (!context->view) {
        return FQ_OK;
    }
    const struct fq_fact *fact = fq_step_is_correctable(command->step)
                                     ? fq_docket_live(context->view, dispute, command->step, &live)
                                     : NULL;
    if (!fact || fq_docket_is_superseded(context->view, dispute, fact)) {
        return fail_correction(context, dispute, command->step, out_why);
    }
    uint16_t most = rested_on_from(context, dispute, command->step);
    if (most != 0 && command->date > most) {
        fq_date_format(command->date, given);
        fq_date_format(most, later);
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "%s > %s", given, later);
    }
    return FQ_OK;
}

/* ---- voids ---- */

/* Whether the values are those of a life that steps could have led to. */
static bool is_life(const struct fq_command_context *context, const struct fq_dispute *dispute)
{
    bool is_accepted = dispute->decision == FQ_DECISION_ACCEPTED;
    bool is_at_once = dispute->flags & FQ_DISPUTE_AT_ONCE;
    uint16_t first_session = first_day_of(context, dispute, FQ_EVENT_SESSION);
    uint16_t after = is_at_once ? 0 : dispute->performed_on;

    note_earlier(&after, dispute->confirmed_on);
    note_earlier(&after, dispute->visited_on);
    note_earlier(&after, dispute->closed_on);
    return (dispute->flags & FQ_DISPUTE_REGISTERED) &&
           (dispute->decided_on == 0 || dispute->registered_on <= dispute->decided_on) &&
           (!(dispute->flags & FQ_DISPUTE_MEDIATING) || is_accepted) &&
           (first_session == 0 || dispute->decided_on <= first_session) &&
           (dispute->outcome == 0 || (is_accepted && dispute->decided_on <= dispute->outcome_on)) &&
           (after == 0 || (dispute->outcome != 0 && dispute->outcome_on <= after)) &&
           (!(dispute->flags & FQ_DISPUTE_ARCHIVED) || dispute->closed_on != 0);
}

/* A void of one event; the whole dispute may always be voided. */
static fq_err check_void(const struct fq_command_context *context, const struct fq_dispute *dispute,
                         const struct fq_event *command, struct fq_why *out_why)
{
    struct fq_span target = fq_event_bytes(command, FQ_FIELD_TARGET);
    struct fq_dispute left;

    if (target.size != FQ_EVENT_ID_SIZE || !context->view) {
        return FQ_OK;
    }
    struct fq_event_id id = fq_event_id_decode(target.data);
    const struct fq_fact *fact = fq_docket_event(context->view, dispute, &id);
    if (!fact || fact->is_voided) {
        return fq_fail(out_why, FQ_REASON_EVENT_UNKNOWN, "%08u-%u-%u-%llu", id.log.origin,
                       id.log.stream, id.log.epoch, (unsigned long long)id.seq);
    }
    if (!may_undo(context, dispute, fact->step)) { /* G4 */
        return fail_who(context, dispute, fact->step, out_why);
    }
    bool is_final = fact->step == FQ_EVENT_VOIDED || fact->step == FQ_EVENT_MERGED ||
                    fact->step == FQ_EVENT_UNMERGED; /* D2, D4 */
    if (is_final || !fq_docket_without(context->view, dispute, fact, &left) ||
        !is_life(context, &left)) {
        return fq_fail(out_why, FQ_REASON_VOID_TARGET, "%s", fq_kind_row(fact->step)->name);
    }
    return FQ_OK;
}

/* ---- merges ---- */

static fq_err check_merge(const struct fq_command_context *context,
                          const struct fq_dispute *dispute, const struct fq_event *command,
                          struct fq_why *out_why)
{
    struct fq_span into = fq_event_bytes(command, FQ_FIELD_INTO);
    char this_hex[2 * FQ_ID_SIZE + 1], other_hex[2 * FQ_ID_SIZE + 1];
    struct fq_id id;

    if (into.size != FQ_ID_SIZE) {
        return fq_fail(out_why, FQ_REASON_FIELD, "%s", fq_field_row(FQ_FIELD_INTO)->name);
    }
    memcpy(id.bytes, into.data, FQ_ID_SIZE);
    fq_hex_encode(fq_span_of(dispute->id.bytes, FQ_ID_SIZE), this_hex);
    fq_hex_encode(fq_span_of(id.bytes, FQ_ID_SIZE), other_hex);
    const struct fq_dispute *other = context->view ? fq_view_find(context->view, &id) : NULL;
    enum fq_state state = other ? fq_dispute_state(other) : FQ_STATE_UNKNOWN;
    bool is_known = !context->view || (state != FQ_STATE_UNKNOWN && state != FQ_STATE_VOIDED &&
                                       state != FQ_STATE_MERGED);
    if (!is_known || fq_id_equal(&id, &dispute->id)) {
        return fq_fail(out_why, FQ_REASON_MERGE_INTO, "%s: %s", other_hex,
                       is_known ? this_hex : fq_state_name(state));
    }
    if (memcmp(id.bytes, dispute->id.bytes, FQ_ID_SIZE) > 0) { /* D4 */
        return fq_fail(out_why, FQ_REASON_MERGE_DIRECTION, "dispute merge %s --into %s", other_hex,
                       this_hex);
    }
    return FQ_OK;
}

fq_err fq_command_check_rules(const struct fq_command_context *context,
                              const struct fq_dispute *dispute, const struct fq_event *command,
                              struct fq_why *out_why)
{
    fq_err err = command->kind == FQ_EVENT_CORRECTED
                     ? check_correction(context, dispute, command, out_why)
                     : FQ_OK;

    if (err) {
        return err;
    }
    switch (command->step) {
    case FQ_EVENT_JOINED:
    case FQ_EVENT_REFERRED:
        return check_newcomer(context, dispute, command, out_why);
    case FQ_EVENT_LEFT:
        return check_left(context, dispute, command, out_why);
    case FQ_EVENT_TRANSFERRED:
        return check_transfer(context, dispute, command, out_why);
    case FQ_EVENT_ESCALATED:
        return check_escalation(context, command, out_why);
    case FQ_EVENT_ASSIGNED:
        return check_assignment(command, out_why);
    case FQ_EVENT_SUPERVISED:
        return command->value[FQ_FIELD_CARD] <= 2
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_FIELD, "%s", fq_field_row(FQ_FIELD_CARD)->name);
    case FQ_EVENT_EXTENDED:
        return check_extension(dispute, command, out_why);
    case FQ_EVENT_VOIDED:
        return check_void(context, dispute, command, out_why);
    case FQ_EVENT_MERGED:
        return check_merge(context, dispute, command, out_why);
    default:
        return FQ_OK;
    }
}
