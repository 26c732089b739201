/* The verb `subsidy.list`: the disputes of an area that are paid for in a period, by the rules of the
 * request. */
#include "services.h"

#include <stdlib.h>
#include <string.h>

#include "fq/core/describe.h"
#include "fq/core/subsidy.h"

#define ROWS_SIZE_MAX (200 * 1024)
#define ROW_SIZE_MAX 1024
#define READS_PER_TURN 400 /* records looked up in the log before an answer is given */

struct merged { /* a payday that counts for another dispute (B2) */
    const struct fq_dispute *root;
    struct fq_subsidy_payday payday;
};

struct paying {
    struct fq_node *node;
    struct fq_subsidy_rules rules;
    struct fq_period period;
    uint32_t area;
    struct merged *merged;
    uint32_t merged_count;
};

/* ---- the question ---- */

static fq_err read_rules(struct fq_span args, struct fq_subsidy_rules *rules,
                         struct fq_why *out_why)
{
    struct fq_span map = fq_map_get(args, "rules");
    struct fq_reader reader = fq_reader_over(fq_map_get(map, "rows"));
    uint32_t count = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;
    uint64_t step = fq_map_uint(map, "step");

    if (count == 0 || count > FQ_SUBSIDY_RULES_MAX ||
        (step != FQ_EVENT_AGREED && step != FQ_EVENT_PERFORMED && step != FQ_EVENT_CLOSED &&
         step != FQ_EVENT_ARCHIVED)) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "rules");
    }
    rules->step = (uint8_t)step;
    rules->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span row = fq_read_skip(&reader);
        uint64_t cents = fq_map_uint(row, "cents");
        rules->rows[i] = (struct fq_subsidy_rule){
            .outcome = (uint8_t)fq_map_uint(row, "outcome"),
            .form = (uint8_t)fq_map_uint(row, "form"),
            .difficulty = (uint8_t)fq_map_uint(row, "difficulty"),
            .scale = (uint8_t)fq_map_uint(row, "scale"),
            .performance = (uint8_t)fq_map_uint(row, "performance"),
            .is_confirmed = fq_map_bool(row, "confirmed"),
            .is_linked = fq_map_bool(row, "linked"),
            .is_supplement = fq_map_bool(row, "supplement"),
            .cents = cents,
        };
        if (cents > FQ_SUBSIDY_CENTS_MAX) {
            return fq_fail(out_why, FQ_REASON_ARGUMENT, "rules: %u", i);
        }
    }
    return FQ_OK;
}

/* ---- merges (B2) ---- */

static int by_root(const void *a, const void *b)
{
    const struct merged *left = a, *right = b;
    int order = memcmp(left->root->id.bytes, right->root->id.bytes, FQ_ID_SIZE);

    return order ? order : (int)left->payday.day - (int)right->payday.day;
}

static fq_err find_merged(struct paying *paying, struct fq_why *out_why)
{
    const struct fq_view *view = &paying->node->core.view;
    size_t capacity = 1;

    for (uint32_t i = 0; i < view->index.count; i++) {
        capacity += (view->disputes[i].flags & FQ_DISPUTE_MERGED) != 0;
    }
    paying->merged = fq_arena_take_raw(&paying->node->scratch, capacity * sizeof *paying->merged);
    if (!paying->merged) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn");
    }
    for (uint32_t i = 0; i < view->index.count; i++) {
        const struct fq_dispute *dispute = &view->disputes[i];
        if (dispute->flags & FQ_DISPUTE_MERGED) {
            struct merged merged = {fq_subsidy_root(view, dispute),
                                    fq_subsidy_payday(view, dispute, paying->rules.step)};
            if (merged.root != dispute && merged.payday.day) {
                paying->merged[paying->merged_count++] = merged;
            }
        }
    }
    qsort(paying->merged, paying->merged_count, sizeof *paying->merged, by_root);
    return FQ_OK;
}

/* The first of those merged into the dispute, the earliest payday; the number of all when none is. */
static uint32_t first_merged(const struct paying *paying, const struct fq_dispute *root)
{
    struct merged key = {.root = root};
    uint32_t low = 0, high = paying->merged_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (by_root(&paying->merged[middle], &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < paying->merged_count && paying->merged[low].root == root ? low
                                                                          : paying->merged_count;
}

static struct fq_subsidy_payday payday_of(const struct paying *paying,
                                          const struct fq_dispute *dispute)
{
    struct fq_subsidy_payday payday =
        fq_subsidy_payday(&paying->node->core.view, dispute, paying->rules.step);
    uint32_t at = first_merged(paying, dispute);

    if (at < paying->merged_count && payday.day > 0 && paying->merged[at].payday.day < payday.day) {
        payday.day = paying->merged[at].payday.day; /* the one who ends it is paid all the same */
    }
    return payday;
}

/* ---- the answer ---- */

static fq_err put_row(struct paying *paying, const struct fq_dispute *dispute,
                      const struct fq_subsidy_payday *payday, uint64_t cents,
                      struct fq_writer *rows, struct fq_why *out_why)
{
    struct fq_node *node = paying->node;
    size_t mark = node->scratch.used;
    struct fq_event event;
    bool is_found = false;
    uint64_t lsn;
    char actor[FQ_ACTOR_MAX + 1] = "";
    fq_err err =
        fq_node_read_event(node, &payday->event, &node->scratch, &event, &lsn, &is_found, out_why);

    if (!err && is_found && event.actor.size <= FQ_ACTOR_MAX) {
        memcpy(actor, event.actor.data, event.actor.size);
    }
    node->scratch.used = mark;
    fq_describe_case(&node->core.view, &node->codes, dispute, (int64_t)cents, rows);
    fq_write_map(rows, 3);
    fq_services_put_text(rows, "actor", actor);
    fq_services_put_code(rows, "unit", 10, dispute->host);
    fq_services_put_date(rows, "payday", payday->day);
    return err;
}

/* Whether it is paid for in the period. */
static bool is_paid(const struct paying *paying, const struct fq_dispute *dispute,
                    struct fq_subsidy_payday *out_payday, uint64_t *out_cents)
{
    *out_cents = fq_subsidy_amount(&paying->rules, dispute);
    if (*out_cents == 0 || !fq_areas_covers(&paying->node->areas, paying->area, dispute->home)) {
        return false;
    }
    *out_payday = payday_of(paying, dispute);
    return out_payday->day >= paying->period.first_day &&
           out_payday->day <= paying->period.last_day;
}

/* Each row is two maps after the other: the dispute as `cases` tells it, and what is paid. */
fq_err fq_verb_subsidies(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                         struct fq_why *out_why)
{
    struct fq_span from = fq_map_bytes(args, "cursor");
    struct fq_writer rows = fq_writer_take(&node->scratch, ROWS_SIZE_MAX);
    struct paying paying = {.node = node};
    const struct fq_view *view = &node->core.view;
    uint32_t at = from.size == 4 ? fq_get_be32(from.data) : 0, count = 0;
    fq_err err = fq_service_read_period(node, args, &paying.period, out_why);

    err = err ? err : fq_service_read_area(node, args, &paying.area, out_why);
    err = err ? err : read_rules(args, &paying.rules, out_why);
    err = err ? err : find_merged(&paying, out_why);
    for (; !err && at < view->index.count && count < READS_PER_TURN &&
           rows.size - rows.used > FQ_DESCRIBE_ROW_MAX + ROW_SIZE_MAX;
         at++) {
        struct fq_subsidy_payday payday;
        uint64_t cents;
        if (is_paid(&paying, &view->disputes[at], &payday, &cents)) {
            fq_write_array(&rows, 2);
            err = put_row(&paying, &view->disputes[at], &payday, cents, &rows, out_why);
            count++;
        }
    }
    if (!err && at < view->index.count) {
        fq_put_be32(answer->cursor, at);
        answer->cursor_size = 4;
    }
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&rows));
    return err;
}
