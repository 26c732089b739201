#include "fq/core/agenda.h"

#include <stdio.h>

#include "fq/core/deadline.h"
#include "fq/core/describe.h"
#include "fq/core/docket.h"

static void put_text(struct fq_writer *writer, const char *key, const char *value)
{
    fq_write_text(writer, key);
    fq_write_text(writer, value);
}

static void put_unit(struct fq_writer *writer, uint64_t unit)
{
    char text[24];

    fq_write_text(writer, "unit");
    if (unit == 0) {
        fq_write_nil(writer);
        return;
    }
    snprintf(text, sizeof text, "%010llu", (unsigned long long)unit);
    fq_write_text(writer, text);
}

/* One item: `what` waits for `unit`, by `date`; `days` from today, below 0 when that is over. */
static void add(struct fq_agenda *agenda, const struct fq_dispute *dispute, const char *what,
                uint64_t unit, uint16_t date)
{
    const struct fq_view *view = agenda->view;
    struct fq_writer *rows = &agenda->rows;
    char number[FQ_DISPUTE_NUMBER_SIZE], id[2 * FQ_ID_SIZE + 1], day[11], home[8];
    const struct fq_code *type = fq_codes_find(agenda->codes, FQ_CODES_TYPE, dispute->type);

    if (agenda->unit && unit != agenda->unit) {
        return;
    }
    fq_describe_number(view, dispute, number);
    fq_hex_encode(fq_span_of(dispute->id.bytes, FQ_ID_SIZE), id);
    fq_date_format(date, day);
    snprintf(home, sizeof home, "%06u", dispute->home % 1000000);
    fq_write_map(rows, 9);
    put_text(rows, "dispute", number);
    put_text(rows, "id", id);
    put_text(rows, "what", what);
    put_text(rows, "date", day);
    fq_write_text(rows, "days");
    fq_write_int(rows, (int64_t)date - agenda->date);
    put_text(rows, "state", fq_state_name(fq_dispute_state(dispute)));
    put_text(rows, "home", home);
    put_text(rows, "type", type ? type->id : "");
    put_unit(rows, unit);
    agenda->count++;
}

/* Whether the day, 0 for none, is over or comes within the days asked for. */
static bool is_near(const struct fq_agenda *agenda, uint16_t due)
{
    return due != 0 && (int64_t)due - agenda->date <= agenda->ahead;
}

/* What waits for the units of this area that a dispute was referred to. */
static void add_referred(struct fq_agenda *agenda, const struct fq_dispute *dispute,
                         const struct fq_referral *referrals, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct fq_referral *referral = &referrals[i];
        if (!fq_areas_covers(agenda->view->areas, agenda->area, fq_unit_area(referral->to_unit))) {
            continue;
        }
        uint16_t by = referral->due ? referral->due : referral->date;
        if (referral->state == FQ_REFERRAL_OPEN) {
            add(agenda, dispute, "waiting", referral->to_unit, by);
        } else if (referral->state == FQ_REFERRAL_ACCEPTED && is_near(agenda, referral->due)) {
            add(agenda, dispute, "report_due", referral->to_unit, referral->due);
        }
    }
}

static void add_supervised(struct fq_agenda *agenda, const struct fq_dispute *dispute,
                           uint8_t least_card)
{
    struct fq_supervision supervision;

    if (fq_docket_supervision(agenda->view, dispute, &supervision) &&
        supervision.card >= least_card) {
        add(agenda, dispute, "supervised", dispute->host,
            supervision.due ? supervision.due : supervision.date);
    }
}

static void add_deadline(struct fq_agenda *agenda, const struct fq_dispute *dispute)
{
    uint16_t due = fq_deadline_open(dispute);

    if (fq_deadline_is_over(due, agenda->date)) {
        add(agenda, dispute, "overdue", dispute->host, due);
    } else if (is_near(agenda, due)) {
        add(agenda, dispute, "due", dispute->host, due);
    }
}

/* What waits for the host's side. */
static void add_hosted(struct fq_agenda *agenda, const struct fq_dispute *dispute, bool is_in_hand)
{
    uint16_t confirm_by = fq_deadline_confirmation(dispute);
    uint16_t perform_by = fq_docket_performance_due(agenda->view, dispute);

    if (is_in_hand) {
        add_deadline(agenda, dispute);
        add_supervised(agenda, dispute, 1);
    }
    if (is_near(agenda, confirm_by) && !fq_deadline_is_over(confirm_by, agenda->date)) {
        add(agenda, dispute, "confirm_due", dispute->host, confirm_by);
    }
    if (is_near(agenda, perform_by)) {
        add(agenda, dispute, "perform_due", dispute->host, perform_by);
    }
}

static bool is_in_hand(const struct fq_dispute *dispute)
{
    enum fq_state state = fq_dispute_state(dispute);

    return state == FQ_STATE_REGISTERED || state == FQ_STATE_ACCEPTED ||
           state == FQ_STATE_MEDIATING;
}

/* Whether something was written at the area, or below it too, since the fact. */
static bool is_answered(const struct fq_view *view, const struct fq_dispute *dispute,
                        const struct fq_fact *fact, uint32_t area, bool is_below_too)
{
    for (const struct fq_fact *later = fq_view_facts(view, dispute); later && later != fact;
         later = fq_view_next(view, later)) {
        uint32_t writer = fq_view_event_id(view, later).log.origin / 100;
        if (writer == area || (is_below_too && fq_areas_covers(view->areas, area, writer))) {
            return true;
        }
    }
    return false;
}

/* What a tier above handed to this area, until something is written there. */
static void add_assigned(struct fq_agenda *agenda, const struct fq_dispute *dispute)
{
    const struct fq_view *view = agenda->view;
    struct fq_event event;
    const struct fq_fact *fact = fq_docket_live(view, dispute, FQ_EVENT_ASSIGNED, &event);

    if (!fact) {
        return;
    }
    uint64_t unit = event.value[FQ_FIELD_TO_UNIT];
    uint64_t area = unit ? fq_unit_area(unit) : event.value[FQ_FIELD_TO_AREA];
    if (area <= UINT32_MAX && fq_areas_covers(view->areas, agenda->area, (uint32_t)area) &&
        !is_answered(view, dispute, fact, (uint32_t)area, true)) {
        uint64_t due = event.value[FQ_FIELD_DUE];
        add(agenda, dispute, "assigned", unit,
            due && due <= FQ_DATE_MAX ? (uint16_t)due : event.date);
    }
}

/* What was brought before this tier, until it writes something. */
static void add_escalated(struct fq_agenda *agenda, const struct fq_dispute *dispute)
{
    const struct fq_view *view = agenda->view;
    const struct fq_area *area = fq_areas_find(view->areas, agenda->area);
    struct fq_event event;
    const struct fq_fact *fact = fq_docket_live(view, dispute, FQ_EVENT_ESCALATED, &event);

    if (fact && area && event.value[FQ_FIELD_TO_TIER] == area->tier &&
        fq_areas_covers(view->areas, agenda->area, dispute->home) &&
        !is_answered(view, dispute, fact, agenda->area, false)) {
        add(agenda, dispute, "escalated", 0, event.date);
    }
}

bool fq_agenda_has(const struct fq_dispute *dispute)
{
    const unsigned not_here = FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED | FQ_DISPUTE_SWEEP |
                              FQ_DISPUTE_ACTIVITY | FQ_DISPUTE_ARCHIVED;

    return (dispute->flags & FQ_DISPUTE_REGISTERED) && !(dispute->flags & not_here);
}

void fq_agenda_today(struct fq_agenda *agenda, const struct fq_dispute *dispute)
{
    struct fq_referral referrals[FQ_MAP_ENTRIES_MAX];
    uint32_t count = fq_docket_referrals(agenda->view, dispute, referrals);
    bool is_open = is_in_hand(dispute);

    if (fq_docket_is_host(agenda->view->areas, dispute, agenda->area)) {
        add_hosted(agenda, dispute, is_open);
        if (is_open && count > 0 && referrals[0].state == FQ_REFERRAL_DECLINED) {
            add(agenda, dispute, "sent_back", dispute->host, referrals[0].answered_on);
        }
    }
    if (is_open) {
        add_assigned(agenda, dispute);
        add_escalated(agenda, dispute);
    }
    if (dispute->closed_on == 0) {
        add_referred(agenda, dispute, referrals, count);
    }
}

void fq_agenda_alerts(struct fq_agenda *agenda, const struct fq_dispute *dispute)
{
    if (!is_in_hand(dispute) || !fq_docket_is_host(agenda->view->areas, dispute, agenda->area)) {
        return;
    }
    if (dispute->risk == FQ_RISK_RED) {
        struct fq_event event;
        const struct fq_fact *fact =
            fq_docket_live(agenda->view, dispute, FQ_EVENT_RISK_CHANGED, &event);
        add(agenda, dispute, "red", dispute->host, fact ? fact->date : dispute->registered_on);
    }
    add_supervised(agenda, dispute, 2);
    if (fq_deadline_is_over(fq_deadline_open(dispute), agenda->date)) {
        add_deadline(agenda, dispute);
    }
}
