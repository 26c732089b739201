/* `today` and `alerts`: what of the disputes here waits for somebody, and by when. */
#include <stdio.h>
#include <string.h>

#include "service.h"

#include "fq/core/deadline.h"
#include "fq/core/describe.h"

#define PAGE_SIZE_MAX (200 * 1024)
#define ROW_SIZE_MAX 300
#define ITEMS_MAX (FQ_MAP_ENTRIES_MAX + 8) /* of one dispute */
#define DAYS_AHEAD 7
#define SCAN_MAX 200000 /* disputes looked at for one page: a turn is short */

struct list {
    const struct fq_node *node;
    uint32_t area;
    uint64_t unit; /* only of this unit; 0 any */
    uint16_t date; /* today */
    uint16_t ahead;
    struct fq_writer rows;
    uint32_t count;
};

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
static void add(struct list *list, const struct fq_dispute *dispute, const char *what,
                uint64_t unit, uint16_t date)
{
    const struct fq_view *view = &list->node->core.view;
    struct fq_writer *rows = &list->rows;
    char number[FQ_DISPUTE_NUMBER_SIZE], id[2 * FQ_ID_SIZE + 1], day[11], home[8];
    const struct fq_code *type = fq_codes_find(&list->node->codes, FQ_CODES_TYPE, dispute->type);

    if (list->unit && unit != list->unit) {
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
    fq_write_int(rows, (int64_t)date - list->date);
    put_text(rows, "state", fq_state_name(fq_dispute_state(dispute)));
    put_text(rows, "home", home);
    put_text(rows, "type", type ? type->id : "");
    put_unit(rows, unit);
    list->count++;
}

/* Whether the day, 0 for none, is over or comes within the days asked for. */
static bool is_near(const struct list *list, uint16_t due)
{
    return due != 0 && (int64_t)due - list->date <= list->ahead;
}

/* What waits for the units of this area that a dispute was referred to. */
static void add_referred(struct list *list, const struct fq_dispute *dispute,
                         const struct fq_referral *referrals, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct fq_referral *referral = &referrals[i];
        if (!fq_areas_covers(&list->node->areas, list->area, fq_unit_area(referral->to_unit))) {
            continue;
        }
        uint16_t by = referral->due ? referral->due : referral->date;
        if (referral->state == FQ_REFERRAL_OPEN) {
            add(list, dispute, "waiting", referral->to_unit, by);
        } else if (referral->state == FQ_REFERRAL_ACCEPTED && is_near(list, referral->due)) {
            add(list, dispute, "report_due", referral->to_unit, referral->due);
        }
    }
}

static void add_supervised(struct list *list, const struct fq_dispute *dispute, uint8_t least_card)
{
    struct fq_supervision supervision;

    if (fq_docket_supervision(&list->node->core.view, dispute, &supervision) &&
        supervision.card >= least_card) {
        add(list, dispute, "supervised", dispute->host,
            supervision.due ? supervision.due : supervision.date);
    }
}

static void add_deadline(struct list *list, const struct fq_dispute *dispute)
{
    uint16_t due = fq_deadline_open(dispute);

    if (fq_deadline_is_over(due, list->date)) {
        add(list, dispute, "overdue", dispute->host, due);
    } else if (is_near(list, due)) {
        add(list, dispute, "due", dispute->host, due);
    }
}

/* What waits for the host's side. */
static void add_hosted(struct list *list, const struct fq_dispute *dispute, bool is_in_hand)
{
    uint16_t confirm_by = fq_deadline_confirmation(dispute);
    uint16_t perform_by = fq_docket_performance_due(&list->node->core.view, dispute);

    if (is_in_hand) {
        add_deadline(list, dispute);
        add_supervised(list, dispute, 1);
    }
    if (is_near(list, confirm_by) && !fq_deadline_is_over(confirm_by, list->date)) {
        add(list, dispute, "confirm_due", dispute->host, confirm_by);
    }
    if (is_near(list, perform_by)) {
        add(list, dispute, "perform_due", dispute->host, perform_by);
    }
}

static bool is_in_hand(const struct fq_dispute *dispute)
{
    enum fq_state state = fq_dispute_state(dispute);

    return state == FQ_STATE_REGISTERED || state == FQ_STATE_ACCEPTED ||
           state == FQ_STATE_MEDIATING;
}

static void add_today(struct list *list, const struct fq_dispute *dispute)
{
    const struct fq_node *node = list->node;
    struct fq_referral referrals[FQ_MAP_ENTRIES_MAX];
    uint32_t count = fq_docket_referrals(&node->core.view, dispute, referrals);
    bool is_open = is_in_hand(dispute);

    if (fq_docket_is_host(&node->areas, dispute, list->area)) {
        add_hosted(list, dispute, is_open);
        if (is_open && count > 0 && referrals[0].state == FQ_REFERRAL_DECLINED) {
            add(list, dispute, "sent_back", dispute->host, referrals[0].answered_on);
        }
    }
    if (dispute->closed_on == 0) {
        add_referred(list, dispute, referrals, count);
    }
}

/* A dispute likely to turn into a crime, what is supervised with a red card, what is over its time. */
static void add_alerts(struct list *list, const struct fq_dispute *dispute)
{
    if (!is_in_hand(dispute) || !fq_docket_is_host(&list->node->areas, dispute, list->area)) {
        return;
    }
    if (dispute->risk == FQ_RISK_RED) {
        struct fq_event event;
        const struct fq_fact *fact =
            fq_docket_live(&list->node->core.view, dispute, FQ_EVENT_RISK_CHANGED, &event);
        add(list, dispute, "red", dispute->host, fact ? fact->date : dispute->registered_on);
    }
    add_supervised(list, dispute, 2);
    if (fq_deadline_is_over(fq_deadline_open(dispute), list->date)) {
        add_deadline(list, dispute);
    }
}

/* ---- the verbs ---- */

static fq_err run_list(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                       void (*add_items)(struct list *list, const struct fq_dispute *dispute),
                       struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    const unsigned not_here = FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED | FQ_DISPUTE_SWEEP |
                              FQ_DISPUTE_ACTIVITY | FQ_DISPUTE_ARCHIVED;
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct list list = {
        .node = node, .date = fq_clock_day(fq_clock_now().wall_ms), .ahead = DAYS_AHEAD};
    fq_err err = fq_service_read_area(node, args, &list.area, out_why);

    err = err ? err : fq_service_read_date(args, "date", &list.date, out_why);
    err = err ? err : fq_service_read_unit(args, &list.unit, out_why);
    if (err) {
        return err;
    }
    if (fq_map_get(args, "days").size > 0) {
        uint64_t days = fq_map_uint(args, "days");
        list.ahead = days > 3660 ? 3660 : (uint16_t)days;
    }
    list.rows = fq_writer_take(&node->scratch, PAGE_SIZE_MAX);
    uint32_t first = from.size == 4 ? fq_get_be32(from.data) : 0;
    for (uint32_t i = first; i < view->index.count; i++) {
        if (list.rows.size - list.rows.used < ITEMS_MAX * ROW_SIZE_MAX || i - first == SCAN_MAX) {
            fq_put_be32(answer->cursor, i);
            answer->cursor_size = 4;
            break;
        }
        if ((view->disputes[i].flags & FQ_DISPUTE_REGISTERED) &&
            !(view->disputes[i].flags & not_here)) {
            add_items(&list, &view->disputes[i]);
        }
    }
    fq_write_array(&answer->writer, list.count);
    fq_write_raw(&answer->writer, fq_writer_span(&list.rows));
    return FQ_OK;
}

fq_err fq_verb_today(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                     struct fq_why *out_why)
{
    return run_list(node, args, answer, add_today, out_why);
}

fq_err fq_verb_alerts(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                      struct fq_why *out_why)
{
    return run_list(node, args, answer, add_alerts, out_why);
}
