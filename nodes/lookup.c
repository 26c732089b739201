#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"

#include "fq/core/deadline.h"
#include "fq/core/describe.h"

#define PREFIX_MIN 4 /* hex digits that a beginning of an id must have */
#define PAGE_SIZE_MAX (200 * 1024)
#define HISTORY_MAX 4096 /* events of one dispute shown */

/* ---- which dispute is meant ---- */

/* A number: origin-epoch-seq of the registration. */
static bool parse_number(const char *text, struct fq_event_id *out_id)
{
    unsigned origin, epoch;
    unsigned long long seq;
    int end = 0;

    if (sscanf(text, "%8u-%9u-%19llu%n", &origin, &epoch, &seq, &end) != 3 || text[end] != '\0') {
        return false;
    }
    *out_id = (struct fq_event_id){{origin, 0, epoch}, seq};
    return true;
}

static fq_err find_by_number(struct fq_node *node, const struct fq_event_id *id, const char *text,
                             const struct fq_dispute **out_dispute, struct fq_why *out_why)
{
    struct fq_event event;
    uint64_t lsn;
    bool is_found = false;
    size_t mark = node->scratch.used;
    fq_err err = fq_node_read_event(node, id, &node->scratch, &event, &lsn, &is_found, out_why);

    if (!err) {
        *out_dispute = is_found && event.kind == FQ_EVENT_REGISTERED
                           ? fq_view_find(&node->core.view, &event.dispute)
                           : NULL;
        if (!*out_dispute) {
            err = fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", text);
        }
    }
    node->scratch.used = mark;
    return err;
}

static bool begins_with(const struct fq_id *id, const char *prefix, size_t size)
{
    char hex[2 * FQ_ID_SIZE + 1];

    fq_hex_encode(fq_span_of(id->bytes, FQ_ID_SIZE), hex);
    return strncmp(hex, prefix, size) == 0;
}

static fq_err find_by_prefix(struct fq_node *node, const char *text,
                             const struct fq_dispute **out_dispute, struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    size_t size = strlen(text);
    const struct fq_dispute *found = NULL;
    uint8_t first[1];

    if (size < PREFIX_MIN || size > 2 * FQ_ID_SIZE || strspn(text, "0123456789abcdef") != size ||
        !fq_hex_decode(text, 2, first, 1)) {
        return fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", text);
    }
    for (uint32_t i = 0; i < view->index.count; i++) {
        const struct fq_dispute *dispute = &view->disputes[i];
        bool is_dispute = !(dispute->flags & (FQ_DISPUTE_SWEEP | FQ_DISPUTE_ACTIVITY));
        if (is_dispute && dispute->id.bytes[0] == first[0] &&
            begins_with(&dispute->id, text, size)) {
            if (found) {
                return fq_fail(out_why, FQ_REASON_DISPUTE_MANY, "%s", text);
            }
            found = dispute;
        }
    }
    *out_dispute = found;
    return found ? FQ_OK : fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", text);
}

fq_err fq_service_find_dispute(struct fq_node *node, struct fq_span name,
                               const struct fq_dispute **out_dispute, struct fq_why *out_why)
{
    struct fq_event_id number;
    char text[64] = "";

    if (name.size == 0 || name.size >= sizeof text) {
        return fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", "dispute");
    }
    memcpy(text, name.data, name.size);
    if (parse_number(text, &number)) {
        return find_by_number(node, &number, text, out_dispute, out_why);
    }
    for (size_t i = 0; i < name.size; i++) {
        if (text[i] >= 'A' && text[i] <= 'F') {
            text[i] = (char)(text[i] - 'A' + 'a');
        }
    }
    return find_by_prefix(node, text, out_dispute, out_why);
}

static fq_err find_dispute(struct fq_node *node, struct fq_span args,
                           const struct fq_dispute **out_dispute, struct fq_why *out_why)
{
    return fq_service_find_dispute(node, fq_map_text(args, "dispute"), out_dispute, out_why);
}

fq_err fq_verb_find(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                    struct fq_why *out_why)
{
    const struct fq_dispute *dispute;
    fq_err err = find_dispute(node, args, &dispute, out_why);

    if (!err) {
        fq_describe_dispute_row(&node->core.view, &node->codes, dispute, &answer->writer);
    }
    return err;
}

/* ---- show ---- */

/* The events of a dispute in the order of their stamps, as many as a page holds. */
static fq_err write_history(struct fq_node *node, const struct fq_dispute *dispute,
                            struct fq_writer *writer, struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    struct fq_writer events = fq_writer_take(&node->scratch, PAGE_SIZE_MAX);
    struct fq_event_id *ids = fq_arena_take_raw(&node->scratch, HISTORY_MAX * sizeof *ids);
    uint32_t id_count = 0, count = 0;
    fq_err err = FQ_OK;

    if (!ids) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact && id_count < HISTORY_MAX;
         fact = fq_view_next(view, fact)) {
        ids[id_count++] = fq_view_event_id(view, fact);
    }
    while (id_count > 0 && !err) {
        size_t mark = node->scratch.used;
        struct fq_event event;
        uint64_t lsn = 0;
        bool is_found;
        err = fq_node_read_event(node, &ids[--id_count], &node->scratch, &event, &lsn, &is_found,
                                 out_why);
        if (!err && is_found && events.size - events.used > FQ_DESCRIBE_EVENT_MAX) {
            fq_describe_step(&node->codes, &event, lsn, &events);
            count++;
        }
        node->scratch.used = mark;
    }
    fq_write_text(writer, "history");
    fq_write_array(writer, count);
    fq_write_raw(writer, fq_writer_span(&events));
    return err;
}

fq_err fq_verb_show(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                    struct fq_why *out_why)
{
    const struct fq_dispute *dispute;
    bool has_history = fq_map_bool(args, "history");
    fq_err err = find_dispute(node, args, &dispute, out_why);

    if (err) {
        return err;
    }
    fq_describe_dispute(&node->core.view, &node->codes, dispute, has_history ? 1 : 0,
                        &answer->writer);
    return has_history ? write_history(node, dispute, &answer->writer, out_why) : FQ_OK;
}

/* ---- list ---- */

struct list_filter {
    uint32_t area;
    uint16_t type, source, kind;
    uint16_t since, until, due; /* days; 0 any */
    uint64_t unit;              /* host or assisting */
    struct fq_span place;       /* digits its place begins with */
    bool is_joined;             /* of other areas, but a unit of this one takes part */
    char state[24];
};

static fq_err read_code(struct fq_node *node, struct fq_span args, const char *name,
                        enum fq_code_table table, uint16_t *out_number, struct fq_why *out_why)
{
    struct fq_span text = fq_map_text(args, name);

    if (text.size > 0 && !fq_codes_find_id(&node->codes, table, text, out_number)) {
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "%s: %.*s", name, (int)(text.size & 0xff),
                       (const char *)text.data);
    }
    return FQ_OK;
}

static fq_err read_list_filter(struct fq_node *node, struct fq_span args,
                               struct list_filter *filter, struct fq_why *out_why)
{
    struct fq_span area = fq_map_text(args, "area");
    struct fq_span state = fq_map_text(args, "state");
    char digits[8] = "";

    filter->area = node->core.options.area;
    if (area.size > 0) {
        memcpy(digits, area.data, area.size < sizeof digits ? area.size : 0);
        filter->area = (uint32_t)strtoul(digits, NULL, 10);
        if (!fq_areas_find(&node->areas, filter->area)) {
            return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%s", digits);
        }
    }
    if (state.size > 0 && state.size < sizeof filter->state) {
        memcpy(filter->state, state.data, state.size);
        bool is_known = false;
        for (int i = 0; i < FQ_STATES; i++) {
            is_known |= strcmp(filter->state, fq_state_name((enum fq_state)i)) == 0;
        }
        if (!is_known) {
            return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "state: %s", filter->state);
        }
    }
    fq_err err = read_code(node, args, "type", FQ_CODES_TYPE, &filter->type, out_why);
    err = err ? err : read_code(node, args, "source", FQ_CODES_SOURCE, &filter->source, out_why);
    err = err ? err : read_code(node, args, "kind", FQ_CODES_KIND, &filter->kind, out_why);
    err = err ? err : fq_service_read_date(args, "since", &filter->since, out_why);
    err = err ? err : fq_service_read_date(args, "until", &filter->until, out_why);
    err = err ? err : fq_service_read_date(args, "due", &filter->due, out_why);
    err = err ? err : fq_service_read_unit(args, &filter->unit, out_why);
    filter->place = fq_map_text(args, "place");
    filter->is_joined = fq_map_bool(args, "joined");
    return err;
}

static bool is_at_place(const struct fq_view *view, const struct fq_dispute *dispute,
                        struct fq_span prefix)
{
    struct fq_event event;
    char digits[24];

    if (!fq_docket_live(view, dispute, FQ_EVENT_REGISTERED, &event)) {
        return false;
    }
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)event.value[FQ_FIELD_PLACE]);
    return prefix.size <= strlen(digits) && memcmp(digits, prefix.data, prefix.size) == 0;
}

/* Whose it is: of the area, or, when joined ones are asked for, of another that the area helps. */
static bool is_of_area(const struct fq_node *node, const struct list_filter *filter,
                       const struct fq_dispute *dispute)
{
    bool is_home =
        dispute->home == filter->area || fq_areas_covers(&node->areas, filter->area, dispute->home);

    return filter->is_joined
               ? !is_home && fq_docket_is_assist(&node->core.view, dispute, filter->area, false)
               : is_home;
}

/* What takes a walk over the facts is asked last. */
static bool is_listed_by_facts(const struct fq_view *view, const struct list_filter *filter,
                               const struct fq_dispute *dispute)
{
    return (filter->place.size == 0 || is_at_place(view, dispute, filter->place)) &&
           (!filter->unit || fq_docket_takes_part(view, dispute, filter->unit));
}

static bool is_within_days(const struct list_filter *filter, const struct fq_dispute *dispute)
{
    uint16_t deadline = fq_deadline_open(dispute);

    return (!filter->since || dispute->registered_on >= filter->since) &&
           (!filter->until || dispute->registered_on <= filter->until) &&
           (!filter->due || (deadline && deadline <= filter->due));
}

static bool is_listed(const struct fq_node *node, const struct list_filter *filter,
                      const struct fq_dispute *dispute)
{
    if (dispute->flags & (FQ_DISPUTE_SWEEP | FQ_DISPUTE_ACTIVITY)) {
        return false;
    }
    return (!filter->type || filter->type == dispute->type) &&
           (!filter->source || filter->source == dispute->source) &&
           (!filter->kind || filter->kind == dispute->kind) &&
           (!filter->state[0] ||
            strcmp(filter->state, fq_state_name(fq_dispute_state(dispute))) == 0) &&
           is_within_days(filter, dispute) && is_of_area(node, filter, dispute) &&
           is_listed_by_facts(&node->core.view, filter, dispute);
}

fq_err fq_verb_list(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                    struct fq_why *out_why)
{
    const struct fq_view *view = &node->core.view;
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct fq_writer rows = fq_writer_take(&node->scratch, PAGE_SIZE_MAX);
    struct list_filter filter = {0};
    uint32_t count = 0;
    fq_err err = read_list_filter(node, args, &filter, out_why);

    if (err) {
        return err;
    }
    for (uint32_t i = from.size == 4 ? fq_get_be32(from.data) : 0; i < view->index.count; i++) {
        if (!is_listed(node, &filter, &view->disputes[i])) {
            continue;
        }
        if (rows.size - rows.used < FQ_DESCRIBE_ROW_MAX) {
            fq_put_be32(answer->cursor, i);
            answer->cursor_size = 4;
            break;
        }
        fq_describe_dispute_row(view, &node->codes, &view->disputes[i], &rows);
        count++;
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return FQ_OK;
}
