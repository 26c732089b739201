/* `today` and `alerts`: what of the disputes here waits for somebody, and by when. */
#include "service.h"

#include "fq/core/agenda.h"

#define PAGE_SIZE_MAX (200 * 1024)
#define DAYS_AHEAD 7
#define SCAN_MAX 200000 /* disputes looked at for one page: a turn is short */

static fq_err run_list(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                       void (*add_items)(struct fq_agenda *list, const struct fq_dispute *dispute),
                       struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct fq_agenda list = {.view = view,
                             .codes = &node->codes,
                             .date = fq_clock_day(fq_clock_now().wall_ms),
                             .ahead = DAYS_AHEAD};
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
        if (list.rows.size - list.rows.used < FQ_AGENDA_MAX || i - first == SCAN_MAX) {
            fq_put_be32(answer->cursor, i);
            answer->cursor_size = 4;
            break;
        }
        if (fq_agenda_has(&view->disputes[i])) {
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
    return run_list(node, args, answer, fq_agenda_today, out_why);
}

fq_err fq_verb_alerts(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                      struct fq_why *out_why)
{
    return run_list(node, args, answer, fq_agenda_alerts, out_why);
}
