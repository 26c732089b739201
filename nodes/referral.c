/* Referrals over all disputes: those that came to units of an area, those that its nodes sent. */
#include <string.h>

#include "service.h"

#include "fq/core/describe.h"

#define PAGE_SIZE_MAX (200 * 1024)
#define ROW_SIZE_MAX 512
#define SCAN_MAX 200000 /* disputes looked at for one page: a turn is short */

struct filter {
    uint32_t area;
    bool is_out;
    bool has_state;
    enum fq_referral_state state;
    uint64_t unit;
};

static fq_err read_filter(const struct fq_node *node, struct fq_span args, struct filter *filter,
                          struct fq_why *out_why)
{
    struct fq_span direction = fq_map_text(args, "direction");
    struct fq_span state = fq_map_text(args, "state");
    fq_err err = fq_service_read_area(node, args, &filter->area, out_why);

    err = err ? err : fq_service_read_unit(args, &filter->unit, out_why);
    if (err) {
        return err;
    }
    filter->is_out = fq_span_equal(direction, fq_span_text("out"));
    if (direction.size > 0 && !filter->is_out && !fq_span_equal(direction, fq_span_text("in"))) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "direction: in, out");
    }
    for (int i = FQ_REFERRAL_OPEN; i <= FQ_REFERRAL_REPORTED && !filter->has_state; i++) {
        filter->state = (enum fq_referral_state)i;
        filter->has_state =
            fq_span_equal(state, fq_span_text(fq_referral_state_name(filter->state)));
    }
    if (state.size > 0 && !filter->has_state) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "state: open, accepted, declined, reported");
    }
    return FQ_OK;
}

static bool is_listed(const struct fq_node *node, const struct filter *filter,
                      const struct fq_referral *referral)
{
    uint32_t area = filter->is_out ? referral->from / 100 : fq_unit_area(referral->to_unit);

    return (!filter->has_state || referral->state == filter->state) &&
           (!filter->unit || referral->to_unit == filter->unit) &&
           fq_areas_covers(&node->areas, filter->area, area);
}

static uint32_t write_dispute(const struct fq_node *node, const struct filter *filter,
                              const struct fq_dispute *dispute, struct fq_writer *rows)
{
    const struct fq_view *view = &node->core.view;
    struct fq_referral referrals[FQ_MAP_ENTRIES_MAX];
    uint32_t count = fq_docket_referrals(view, dispute, referrals);
    uint32_t written = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (!is_listed(node, filter, &referrals[i])) {
            continue;
        }
        char number[FQ_DISPUTE_NUMBER_SIZE], id[2 * FQ_ID_SIZE + 1];
        fq_describe_number(view, dispute, number);
        fq_hex_encode(fq_span_of(dispute->id.bytes, FQ_ID_SIZE), id);
        fq_describe_referral(&node->codes, &referrals[i], 3, rows);
        fq_write_text(rows, "dispute");
        fq_write_text(rows, number);
        fq_write_text(rows, "id");
        fq_write_text(rows, id);
        fq_write_text(rows, "dispute_state");
        fq_write_text(rows, fq_state_name(fq_dispute_state(dispute)));
        written++;
    }
    return written;
}

fq_err fq_verb_referrals(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                         struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct fq_writer rows = fq_writer_take(&node->scratch, PAGE_SIZE_MAX);
    struct filter filter = {.area = 0};
    uint32_t count = 0;
    fq_err err = read_filter(node, args, &filter, out_why);

    if (err) {
        return err;
    }
    uint32_t first = from.size == 4 ? fq_get_be32(from.data) : 0;
    for (uint32_t i = first; i < view->index.count; i++) {
        if (rows.size - rows.used < FQ_MAP_ENTRIES_MAX * ROW_SIZE_MAX || i - first == SCAN_MAX) {
            fq_put_be32(answer->cursor, i);
            answer->cursor_size = 4;
            break;
        }
        if (!(view->disputes[i].flags & (FQ_DISPUTE_VOIDED | FQ_DISPUTE_MERGED))) {
            count += write_dispute(node, &filter, &view->disputes[i], &rows);
        }
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}
