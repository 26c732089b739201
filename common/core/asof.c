#include "fq/core/asof.h"

#include <string.h>

/* ---- marks ---- */

/* Insertion sort: a few hundred logs that come nearly in order. */
static void sort_marks(struct fq_marks *marks)
{
    for (uint32_t i = 1; i < marks->count; i++) {
        struct fq_mark moving = marks->rows[i];
        uint32_t at = i;
        while (at > 0 && fq_log_id_compare(&marks->rows[at - 1].log, &moving.log) > 0) {
            marks->rows[at] = marks->rows[at - 1];
            at--;
        }
        marks->rows[at] = moving;
    }
}

bool fq_marks_of(const struct fq_frontier *frontier, uint32_t own, struct fq_arena *arena,
                 struct fq_marks *out_marks)
{
    struct fq_marks marks = {
        .rows = fq_arena_take_raw(arena, (frontier->count + 1) * sizeof(struct fq_mark))};

    if (!marks.rows) {
        return false;
    }
    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        bool is_own_relay = log->id.stream > FQ_STREAM_CONTROL && log->id.origin == own;
        if (log->last > 0 && log->id.stream != FQ_STREAM_CONTROL && !is_own_relay) {
            marks.rows[marks.count++] = (struct fq_mark){log->id, log->last, log->chain};
        }
    }
    sort_marks(&marks);
    *out_marks = marks;
    return true;
}

struct fq_mark *fq_marks_find(const struct fq_marks *marks, const struct fq_log_id *log)
{
    uint32_t low = 0, high = marks->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (fq_log_id_compare(&marks->rows[middle].log, log) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_there = low < marks->count && fq_log_id_equal(&marks->rows[low].log, log);
    return is_there ? &marks->rows[low] : NULL;
}

bool fq_marks_encode(const struct fq_marks *marks, struct fq_arena *arena,
                     struct fq_span *out_bytes)
{
    struct fq_writer writer = fq_writer_take(arena, 8 + (size_t)marks->count * FQ_MARK_SIZE_MAX);

    fq_write_array(&writer, marks->count);
    for (uint32_t i = 0; i < marks->count; i++) {
        const struct fq_mark *mark = &marks->rows[i];
        fq_write_array(&writer, 5);
        fq_write_uint(&writer, mark->log.origin);
        fq_write_uint(&writer, mark->log.stream);
        fq_write_uint(&writer, mark->log.epoch);
        fq_write_uint(&writer, mark->last);
        fq_write_bytes(&writer, mark->chain.bytes, FQ_HASH_SIZE);
    }
    *out_bytes = fq_writer_span(&writer);
    return !writer.is_full;
}

bool fq_marks_decode(struct fq_span bytes, struct fq_arena *arena, struct fq_marks *out_marks)
{
    struct fq_reader reader = fq_reader_over(bytes);
    uint32_t count = fq_read_array(&reader);
    bool is_good = !reader.is_bad && count <= FQ_LOGS_MAX;
    struct fq_marks marks = {
        .rows = is_good ? fq_arena_take_raw(arena, (count + 1) * sizeof(struct fq_mark)) : NULL};

    for (uint32_t i = 0; marks.rows && i < count; i++) {
        struct fq_mark *mark = &marks.rows[i];
        is_good &= fq_read_array(&reader) == 5;
        uint64_t origin = fq_read_uint(&reader), stream = fq_read_uint(&reader);
        uint64_t epoch = fq_read_uint(&reader);
        mark->log = (struct fq_log_id){(uint32_t)origin, (uint32_t)stream, (uint32_t)epoch};
        mark->last = fq_read_uint(&reader);
        fq_read_exact(&reader, mark->chain.bytes, FQ_HASH_SIZE);
        is_good &= (origin | stream | epoch) <= UINT32_MAX && mark->last > 0 &&
                   (i == 0 || fq_log_id_compare(&marks.rows[i - 1].log, &mark->log) < 0);
        marks.count++;
    }
    if (!marks.rows || !is_good || reader.is_bad || reader.at != reader.end) {
        return false;
    }
    *out_marks = marks;
    return true;
}

bool fq_marks_hash(const struct fq_marks *marks, const struct fq_areas *areas, uint32_t area,
                   struct fq_arena *arena, struct fq_hash *out_hash)
{
    enum { ROW = FQ_EVENT_ID_SIZE + FQ_HASH_SIZE }; /* as fq_frontier_hash has them */
    uint8_t *rows = fq_arena_take_raw(arena, (size_t)ROW * (marks->count + 1));
    size_t size = 0;

    if (!rows) {
        return false;
    }
    for (uint32_t i = 0; i < marks->count; i++) {
        const struct fq_mark *mark = &marks->rows[i];
        if (fq_log_flows_up(areas, area, &mark->log)) {
            fq_event_id_encode(&(struct fq_event_id){mark->log, mark->last}, rows + size);
            memcpy(rows + size + FQ_EVENT_ID_SIZE, mark->chain.bytes, FQ_HASH_SIZE);
            size += ROW;
        }
    }
    struct fq_span all = fq_span_of(rows, size);
    fq_hash_spans(&all, 1, out_hash);
    return true;
}

/* ---- the past ---- */

bool fq_past_init(struct fq_past *past, const struct fq_view *view, const struct fq_marks *marks,
                  uint32_t relayed_max, struct fq_arena *arena)
{
    const struct fq_frontier *frontier = view->frontier;

    memset(past->last, 0, sizeof past->last);
    past->frontier = frontier;
    past->areas = view->areas;
    past->relayed_count = 0;
    past->relayed_capacity = relayed_max;
    past->relayed = fq_arena_take_raw(arena, (relayed_max + 1) * sizeof *past->relayed);
    for (uint32_t i = 0; i < marks->count; i++) {
        const struct fq_log *log = fq_frontier_find(frontier, &marks->rows[i].log);
        if (log) {
            past->last[fq_frontier_index(frontier, log)] = marks->rows[i].last;
        }
    }
    return past->relayed != NULL;
}

static int compare_ids(const struct fq_event_id *a, const struct fq_event_id *b)
{
    int by_log = fq_log_id_compare(&a->log, &b->log);

    return by_log ? by_log : a->seq < b->seq ? -1 : a->seq > b->seq;
}

bool fq_past_note_relay(struct fq_past *past, const struct fq_event *event)
{
    struct fq_event inner;

    if (!fq_merge_open_relay(past->areas, event, &inner)) {
        return true;
    }
    if (past->relayed_count == past->relayed_capacity) {
        return false;
    }
    past->relayed[past->relayed_count++] = inner.id;
    return true;
}

/* Move the id at `at` down to where it belongs among the first `count`: half of a heap sort. */
static void sink(struct fq_event_id *ids, uint32_t at, uint32_t count)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare_ids(&ids[child], &ids[child + 1]) < 0) {
            child++;
        }
        if (compare_ids(&ids[at], &ids[child]) >= 0) {
            return;
        }
        struct fq_event_id moved = ids[at];
        ids[at] = ids[child];
        ids[child] = moved;
    }
}

void fq_past_close(struct fq_past *past)
{
    struct fq_event_id *ids = past->relayed;

    for (uint32_t i = past->relayed_count / 2; i > 0; i--) {
        sink(ids, i - 1, past->relayed_count);
    }
    for (uint32_t end = past->relayed_count; end > 1; end--) {
        struct fq_event_id greatest = ids[0];
        ids[0] = ids[end - 1];
        ids[end - 1] = greatest;
        sink(ids, 0, end - 1);
    }
}

static bool is_relayed(const struct fq_past *past, const struct fq_event_id *id)
{
    uint32_t low = 0, high = past->relayed_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = compare_ids(&past->relayed[middle], id);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool fq_past_holds(const struct fq_past *past, const struct fq_fact *fact)
{
    uint64_t seq = (uint64_t)fact->seq_high << 32 | fact->seq_low;
    const struct fq_event_id id = {past->frontier->logs[fact->log].id, seq};

    return seq <= past->last[fact->log] || (past->relayed_count && is_relayed(past, &id));
}

static bool holds(const void *context, const struct fq_fact *fact)
{
    return fq_past_holds(context, fact);
}

/* ---- causes ---- */

static const char *const cause_names[FQ_CAUSES_COUNT] = {
#define CAUSE_NAME(name, text) text,
    FQ_CAUSES(CAUSE_NAME)
#undef CAUSE_NAME
};

const char *fq_cause_name(enum fq_cause cause)
{
    FQ_ASSERT(cause < FQ_CAUSES_COUNT);

    return cause_names[cause];
}

bool fq_cause_find(struct fq_span name, enum fq_cause *out_cause)
{
    for (int i = 0; i < FQ_CAUSES_COUNT; i++) {
        if (fq_span_equal(name, fq_span_text(cause_names[i]))) {
            *out_cause = (enum fq_cause)i;
            return true;
        }
    }
    return false;
}

static bool is_known(const struct fq_dispute *dispute)
{
    return dispute->flags & (FQ_DISPUTE_REGISTERED | FQ_DISPUTE_SWEEP | FQ_DISPUTE_ACTIVITY);
}

/* One later fact, and what the dispute was without it and with it. */
struct later {
    const struct fq_fact *fact;
    struct fq_dispute before, after;
    bool was_unknown; /* at the moment */
    enum fq_cause late;
};

static enum fq_cause cause_of(const struct later *later)
{
    const struct fq_fact *fact = later->fact;
    unsigned turned_on = later->after.flags & ~(unsigned)later->before.flags;
    unsigned turned_off = later->before.flags & ~(unsigned)later->after.flags;
    bool is_joint = fact->step >= FQ_EVENT_JOINED && fact->step <= FQ_EVENT_REFERRAL_REPORTED;

    if (!is_known(&later->before)) {
        return later->late;
    }
    if (turned_on & FQ_DISPUTE_VOIDED || turned_off & FQ_DISPUTE_REGISTERED) {
        return FQ_CAUSE_VOIDED;
    }
    if (turned_on & FQ_DISPUTE_MERGED) {
        return FQ_CAUSE_MERGED;
    }
    if (turned_off & FQ_DISPUTE_MERGED) {
        return FQ_CAUSE_UNMERGED;
    }
    if (fact->kind == FQ_EVENT_TRANSFERRED) {
        return FQ_CAUSE_TRANSFERRED;
    }
    if (fact->kind == FQ_EVENT_REOPENED) {
        return FQ_CAUSE_REOPENED;
    }
    if (fact->kind == FQ_EVENT_CORRECTED || fact->step == FQ_EVENT_VOIDED ||
        fact->step == FQ_EVENT_REGISTERED || fact->step == FQ_EVENT_SWEEP ||
        fact->step == FQ_EVENT_ACTIVITY) {
        return FQ_CAUSE_CORRECTED;
    }
    return later->was_unknown ? later->late : is_joint ? FQ_CAUSE_JOINT : FQ_CAUSE_LATER_STEP;
}

/* ---- as of ---- */

bool fq_asof_init(struct fq_asof *asof, struct fq_view *view, struct fq_past *past,
                  uint64_t moment_ms, struct fq_arena *arena)
{
    *asof = (struct fq_asof){
        .view = view,
        .past = past,
        .moment_ms = moment_ms,
        .entries = fq_arena_take(arena, (view->index.count + 1) * sizeof(uint32_t)),
    };
    return asof->entries != NULL;
}

/* What is touched grows in place: nothing else is taken from the arena meanwhile. */
static struct fq_touched *add_touched(struct fq_asof *asof, struct fq_arena *arena)
{
    struct fq_touched *added = fq_arena_take_raw(arena, sizeof *added);

    if (!added) {
        return NULL;
    }
    asof->touched = asof->touched ? asof->touched : added;
    FQ_ASSERT(added == asof->touched + asof->count);
    asof->count++;
    return added;
}

bool fq_asof_note(struct fq_asof *asof, const struct fq_event *event, struct fq_arena *arena)
{
    struct fq_event inner;

    if (event->kind == FQ_EVENT_RELAY) {
        if (!fq_merge_open_relay(asof->view->areas, event, &inner)) {
            return true;
        }
        event = &inner;
    }
    struct fq_id id = fq_merge_entity(event);
    const struct fq_dispute *dispute = fq_view_find(asof->view, &id);
    if (!dispute) {
        return true; /* it folded to nothing */
    }
    uint32_t place = fq_view_place(asof->view, dispute);
    if (!asof->entries[place]) {
        struct fq_touched *added = add_touched(asof, arena);
        if (!added) {
            return false;
        }
        *added = (struct fq_touched){.place = place};
        asof->entries[place] = asof->count;
    }
    struct fq_touched *touched = &asof->touched[asof->entries[place] - 1];
    bool is_first = event->step == FQ_EVENT_REGISTERED || event->step == FQ_EVENT_SWEEP ||
                    event->step == FQ_EVENT_ACTIVITY;
    if (is_first && (!touched->recorded || event->hlc < touched->recorded)) {
        touched->recorded = event->hlc;
    }
    return true;
}

enum fq_cause fq_asof_late(const struct fq_asof *asof, const struct fq_touched *touched)
{
    return touched->recorded >> 16 > asof->moment_ms ? FQ_CAUSE_RECORDED_LATE
                                                     : FQ_CAUSE_ARRIVED_LATE;
}

/* What was held at the moment, and of what came later all but the greatest so many. */
struct up_to {
    const struct fq_past *past;
    uint32_t *left_out;           /* still to leave out, from the greatest stamp down */
    const struct fq_fact **first; /* the greatest of those not left out */
};

static bool holds_up_to(const void *context, const struct fq_fact *fact)
{
    const struct up_to *up_to = context;

    if (fq_past_holds(up_to->past, fact)) {
        return true;
    }
    if (*up_to->left_out > 0) {
        --*up_to->left_out;
        return false;
    }
    *up_to->first = *up_to->first ? *up_to->first : fact;
    return true;
}

/* The state without the greatest `left_out` of the later facts; `out_fact` is the greatest there is. */
static bool state_without(struct fq_asof *asof, const struct fq_dispute *dispute, uint32_t left_out,
                          const struct fq_fact **out_fact, struct fq_dispute *out_state)
{
    const struct up_to up_to = {asof->past, &left_out, out_fact};

    *out_fact = NULL;
    return fq_view_state(asof->view, dispute, holds_up_to, &up_to, out_state);
}

static uint32_t count_later(const struct fq_asof *asof, const struct fq_dispute *dispute)
{
    uint32_t count = 0;

    for (const struct fq_fact *fact = fq_view_facts(asof->view, dispute); fact;
         fact = fq_view_next(asof->view, fact)) {
        count += !fq_past_holds(asof->past, fact);
    }
    return count;
}

static bool walk_dispute(struct fq_asof *asof, const struct fq_touched *touched,
                         fq_asof_visit *visit, void *context)
{
    const struct fq_dispute *dispute = &asof->view->disputes[touched->place];
    struct later later = {.late = fq_asof_late(asof, touched)};
    size_t mark = fq_view_mark(asof->view);
    bool is_whole = true;

    for (uint32_t left = count_later(asof, dispute), i = 0; i < left && is_whole; i++) {
        const struct fq_fact *fact_before;
        is_whole = state_without(asof, dispute, left - i, &fact_before, &later.before) &&
                   state_without(asof, dispute, left - i - 1, &later.fact, &later.after);
        if (is_whole) {
            later.was_unknown |= i == 0 && !is_known(&later.before);
            visit(context, touched->place, cause_of(&later), &later.before, &later.after);
        }
        fq_view_forget(asof->view, mark);
    }
    return is_whole;
}

bool fq_asof_walk(struct fq_asof *asof, fq_asof_visit *visit, void *context)
{
    FQ_ASSERT(asof->set_back == 0);

    for (uint32_t i = 0; i < asof->count; i++) {
        if (!walk_dispute(asof, &asof->touched[i], visit, context)) {
            return false;
        }
    }
    return true;
}

bool fq_asof_go_back(struct fq_asof *asof)
{
    FQ_ASSERT(asof->set_back == 0);

    asof->mark = fq_view_mark(asof->view);
    for (; asof->set_back < asof->count; asof->set_back++) {
        struct fq_touched *touched = &asof->touched[asof->set_back];
        if (!fq_view_set_back(asof->view, touched->place, holds, asof->past, &touched->was)) {
            fq_asof_return(asof);
            return false;
        }
    }
    return true;
}

void fq_asof_return(struct fq_asof *asof)
{
    for (; asof->set_back > 0; asof->set_back--) {
        struct fq_touched *touched = &asof->touched[asof->set_back - 1];
        fq_view_set_forth(asof->view, touched->place, &touched->was);
    }
    if (asof->mark) {
        fq_view_forget(asof->view, asof->mark);
        asof->mark = 0;
    }
}
