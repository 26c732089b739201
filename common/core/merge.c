#include "fq/core/merge.h"

#include <string.h>

void fq_view_init(struct fq_view *view, const struct fq_areas *areas, struct fq_frontier *frontier,
                  const struct fq_view_memory *memory)
{
    memset(view, 0, sizeof *view);
    view->areas = areas;
    view->frontier = frontier;
    view->memory = *memory;
    view->disputes = (struct fq_dispute *)(void *)view->memory.disputes.base;
    view->dirty = (uint32_t *)(void *)view->memory.dirty.base;
    view->dirty_capacity = (uint32_t)(view->memory.dirty.size / sizeof *view->dirty);
    view->activities = (struct fq_view_activity *)(void *)view->memory.activities.base;
    view->memory.facts.used = FQ_FACT_PLACE_UNIT; /* place 0 means none */
    fq_index_init(&view->index, &view->memory.dispute_heads, &view->memory.dispute_links);
    fq_cells_init(&view->cells, &view->memory.cells, &view->memory.cell_heads,
                  &view->memory.cell_links);
}

/* ---- facts ---- */

static struct fq_fact *fact_at(const struct fq_view *view, uint32_t place)
{
    return place ? (void *)(view->memory.facts.base + (size_t)place * FQ_FACT_PLACE_UNIT) : NULL;
}

const struct fq_fact *fq_view_facts(const struct fq_view *view, const struct fq_dispute *dispute)
{
    return fact_at(view, dispute->facts);
}

const struct fq_fact *fq_view_next(const struct fq_view *view, const struct fq_fact *fact)
{
    return fact_at(view, fact->next);
}

struct fq_event_id fq_view_event_id(const struct fq_view *view, const struct fq_fact *fact)
{
    return (struct fq_event_id){
        .log = view->frontier->logs[fact->log].id,
        .seq = (uint64_t)fact->seq_high << 32 | fact->seq_low,
    };
}

static uint64_t tag_of(const struct fq_id *cmd_id)
{
    return fq_get_be64(cmd_id->bytes);
}

static uint32_t tag_bit(uint64_t tag)
{
    return UINT32_C(1) << (tag & 31);
}

const struct fq_fact *fq_view_command(const struct fq_view *view, const struct fq_dispute *dispute,
                                      const struct fq_id *cmd_id)
{
    uint64_t tag = tag_of(cmd_id);

    if (!(dispute->tags & tag_bit(tag))) {
        return NULL;
    }
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (fact->cmd_tag == tag) {
            return fact;
        }
    }
    return NULL;
}

/* Commands whose bits all differ are 32 at most: only one that shares its bit can be one too many, and
 * for that one the facts are walked in any case, by fq_view_command. */
bool fq_view_is_full(const struct fq_view *view, const struct fq_dispute *dispute,
                     const struct fq_id *cmd_id)
{
    uint32_t count = 0;

    if (!(dispute->tags & tag_bit(tag_of(cmd_id)))) {
        return false;
    }
    for (const struct fq_fact *fact = fq_view_facts(view, dispute);
         fact && count < FQ_DISPUTE_FACTS_MAX; fact = fq_view_next(view, fact)) {
        count++;
    }
    return count == FQ_DISPUTE_FACTS_MAX;
}

static struct fq_stamp stamp_of_fact(const struct fq_view *view, const struct fq_fact *fact)
{
    return (struct fq_stamp){
        .rev = fact->rev,
        .tier = view->frontier->logs[fact->log].tier,
        .id = fq_view_event_id(view, fact),
    };
}

/* A copy of the event in the heap, not yet linked; NULL when the heap is full. */
static struct fq_fact *make_fact(struct fq_view *view, const struct fq_event *event,
                                 const struct fq_log *log)
{
    uint8_t payload[FQ_FACT_PAYLOAD_MAX];
    size_t payload_size = fq_fact_pack(event, payload);
    struct fq_arena *heap = &view->memory.facts;
    size_t size = (FQ_FACT_HEAD_SIZE + payload_size + FQ_FACT_PLACE_UNIT - 1) / FQ_FACT_PLACE_UNIT *
                  FQ_FACT_PLACE_UNIT;

    if (size > heap->size - heap->used) {
        return NULL;
    }
    struct fq_fact *fact = (void *)(heap->base + heap->used);
    heap->used += size;
    fact->cmd_tag = tag_of(&event->cmd_id);
    fact->next = 0;
    fact->rev = event->rev;
    fact->seq_low = (uint32_t)event->id.seq;
    fact->seq_high = (uint8_t)(event->id.seq >> 32);
    fact->log = (uint16_t)fq_frontier_index(view->frontier, log);
    fact->date = event->date;
    fact->kind = (uint8_t)event->kind;
    fact->step = (uint8_t)event->step;
    fact->is_voided = false;
    fact->payload_size = (uint16_t)payload_size;
    memcpy(fact->payload, payload, payload_size);
    return fact;
}

static uint32_t place_of(const struct fq_view *view, const struct fq_fact *fact)
{
    return (uint32_t)(((const uint8_t *)fact - view->memory.facts.base) / FQ_FACT_PLACE_UNIT);
}

/* ---- disputes ---- */

static uint64_t hash_id(const struct fq_id *id)
{
    return fq_hash_quick(fq_span_of(id->bytes, FQ_ID_SIZE));
}

static uint32_t find_entry(const struct fq_view *view, const struct fq_id *id, uint64_t hash)
{
    uint32_t entry = fq_index_first(&view->index, hash);

    while (entry != FQ_INDEX_NONE && !fq_id_equal(&view->disputes[entry].id, id)) {
        entry = fq_index_next(&view->index, entry);
    }
    return entry;
}

const struct fq_dispute *fq_view_find(const struct fq_view *view, const struct fq_id *id)
{
    uint32_t entry = find_entry(view, id, hash_id(id));

    return entry == FQ_INDEX_NONE ? NULL : &view->disputes[entry];
}

static bool has_room_for_dispute(const struct fq_view *view)
{
    size_t end = ((size_t)view->index.count + 1) * sizeof *view->disputes;

    return end <= view->memory.disputes.size && view->index.count < view->dirty_capacity;
}

/* The dispute, added without any event when unknown; NULL when a region is full. */
static struct fq_dispute *find_or_add(struct fq_view *view, const struct fq_id *id)
{
    uint64_t hash = hash_id(id);
    uint32_t entry = find_entry(view, id, hash);

    if (entry != FQ_INDEX_NONE) {
        return &view->disputes[entry];
    }
    entry = view->index.count;
    if (!has_room_for_dispute(view) || !fq_index_add(&view->index, hash)) {
        return NULL;
    }
    view->memory.disputes.used = ((size_t)entry + 1) * sizeof *view->disputes;
    view->disputes[entry] = (struct fq_dispute){.id = *id};
    return &view->disputes[entry];
}

static void mark_dirty(struct fq_view *view, struct fq_dispute *dispute)
{
    if (!(dispute->flags & FQ_DISPUTE_DIRTY)) {
        dispute->flags |= FQ_DISPUTE_DIRTY;
        uint32_t at = (view->dirty_first + view->dirty_count++) % view->dirty_capacity;
        view->dirty[at] = fq_view_place(view, dispute);
    }
}

const struct fq_dispute *fq_view_take_dirty(struct fq_view *view)
{
    if (view->dirty_count == 0) {
        return NULL;
    }
    struct fq_dispute *dispute = &view->disputes[view->dirty[view->dirty_first]];
    dispute->flags &= (uint16_t)~FQ_DISPUTE_DIRTY;
    view->dirty_first = (view->dirty_first + 1) % view->dirty_capacity;
    view->dirty_count--;
    return dispute;
}

uint32_t fq_view_place(const struct fq_view *view, const struct fq_dispute *dispute)
{
    return (uint32_t)(dispute - view->disputes);
}

/* ---- cells ---- */

/* The cells that terms of one area and month go to; terms come in runs of the same. */
struct target {
    uint32_t area;
    uint16_t month; /* 0: none yet */
    struct fq_cell *whole, *of_type, *of_kind[FQ_KIND_JUDICIAL + 1];
};

/* The cell, looked up when not at hand; NULL when memory is full. */
static struct fq_cell *aim(struct fq_view *view, struct fq_cell **at_hand, enum fq_cell_table table,
                           const struct fq_term *term, uint16_t dimension)
{
    if (!*at_hand) {
        *at_hand = fq_cells_make(&view->cells, table, term->area, term->month, dimension);
    }
    return *at_hand;
}

static bool add_to_cell(struct fq_cell *cell, const struct fq_term *term, int64_t sign)
{
    if (!cell) {
        return false;
    }
    /* Unsigned, so that sums beyond 64 bits wrap alike everywhere and retract exactly. */
    cell->value[term->measure] =
        (int64_t)((uint64_t)cell->value[term->measure] + (uint64_t)sign * (uint64_t)term->value);
    cell->is_hash_stale = true;
    return true;
}

static bool apply_term(struct fq_view *view, const struct fq_contribution *contribution,
                       const struct fq_term *term, int64_t sign, struct target *target)
{
    enum fq_cell_table table = contribution->is_activity ? FQ_CELLS_ACTIVITY : FQ_CELLS_TYPE;

    if (target->month != term->month || target->area != term->area) {
        *target = (struct target){.area = term->area, .month = term->month};
    }
    bool is_whole =
        add_to_cell(aim(view, &target->of_type, table, term, contribution->type), term, sign);
    if (contribution->is_activity) {
        return is_whole;
    }
    is_whole &= add_to_cell(aim(view, &target->whole, FQ_CELLS_AREA, term, 0), term, sign);
    for (uint16_t kind = FQ_KIND_PEOPLE; kind <= FQ_KIND_JUDICIAL; kind++) {
        if (term->kinds >> kind & 1) {
            is_whole &= add_to_cell(aim(view, &target->of_kind[kind], FQ_CELLS_KIND, term, kind),
                                    term, sign);
        }
    }
    return is_whole;
}

static bool term_equal(const struct fq_term *a, const struct fq_term *b)
{
    return a->value == b->value && a->area == b->area && a->month == b->month &&
           a->measure == b->measure && a->kinds == b->kinds;
}

/* Add after - before to the cells, leaving out what both begin or end with. */
static bool apply_difference(struct fq_view *view, const struct fq_contribution *before,
                             const struct fq_contribution *after)
{
    uint32_t from = 0, before_end = before->count, after_end = after->count;
    bool is_alike = before->type == after->type && before->is_activity == after->is_activity;
    struct target target = {.month = 0};
    bool is_whole = true;

    while (is_alike && from < before_end && from < after_end &&
           term_equal(&before->terms[from], &after->terms[from])) {
        from++;
    }
    while (is_alike && before_end > from && after_end > from &&
           term_equal(&before->terms[before_end - 1], &after->terms[after_end - 1])) {
        before_end--;
        after_end--;
    }
    for (uint32_t i = from; i < before_end; i++) {
        is_whole &= apply_term(view, before, &before->terms[i], -1, &target);
    }
    if (!is_alike) {
        target = (struct target){.month = 0}; /* another type: other cells */
    }
    for (uint32_t i = from; i < after_end; i++) {
        is_whole &= apply_term(view, after, &after->terms[i], 1, &target);
    }
    return is_whole;
}

/* ---- fold ---- */

/* Mark the facts that a void of the set names (D2). */
static void mark_voided(const struct fq_view *view, struct fq_dispute *dispute)
{
    struct fq_event event;

    for (struct fq_fact *fact = fact_at(view, dispute->facts); fact;
         fact = fact_at(view, fact->next)) {
        if (fact->step != FQ_EVENT_VOIDED) {
            continue;
        }
        fq_fact_unpack(fact, &event);
        struct fq_span target = fq_event_bytes(&event, FQ_FIELD_TARGET);
        if (target.size != FQ_EVENT_ID_SIZE) {
            continue;
        }
        dispute->flags |= FQ_DISPUTE_HAS_VOIDS;
        struct fq_event_id voided = fq_event_id_decode(target.data);
        for (struct fq_fact *other = fact_at(view, dispute->facts); other;
             other = fact_at(view, other->next)) {
            struct fq_event_id id = fq_view_event_id(view, other);
            if (id.seq == voided.seq && fq_log_id_equal(&id.log, &voided.log) &&
                other->step != FQ_EVENT_VOIDED) {
                other->is_voided = true;
            }
        }
    }
}

static uint32_t writer_of(const struct fq_view *view, const struct fq_fact *fact)
{
    return view->frontier->logs[fact->log].id.origin / 100;
}

/* Whether the dispute is shared by an event of `writer`: it names another area, or `other` wrote a
 * fact there was before (0: there is none). */
static void note_shared(struct fq_dispute *dispute, uint32_t writer, uint32_t other,
                        const struct fq_event *event)
{
    uint32_t areas[FQ_EVENT_AREAS_MAX];

    if (dispute->flags & FQ_DISPUTE_SHARED) {
        return;
    }
    bool is_shared = other != 0 && other != writer;
    uint32_t count = fq_event_areas(event, areas);
    for (uint32_t i = 0; i < count; i++) {
        is_shared |= areas[i] != writer;
    }
    dispute->flags |= is_shared ? FQ_DISPUTE_SHARED : 0;
}

/* Who wrote the facts of a dispute that is not shared: they are all of one writer, its home when that
 * is known, so that none need be touched. */
static uint32_t sole_writer(const struct fq_view *view, const struct fq_dispute *dispute)
{
    const struct fq_fact *fact = fact_at(view, dispute->facts);

    if (dispute->flags & FQ_DISPUTE_REGISTERED) {
        return dispute->home;
    }
    return fact ? writer_of(view, fact) : 0;
}

/* The packed values from scratch: the live facts in the order of their stamps (D1). The list runs
 * from the greatest down, so it is turned round, walked, and turned back. */
static void resolve(const struct fq_view *view, struct fq_dispute *dispute)
{
    uint32_t ascending = 0;
    struct fq_event event;

    fq_dispute_clear(dispute);
    mark_voided(view, dispute);
    for (uint32_t place = dispute->facts; place;) {
        struct fq_fact *fact = fact_at(view, place);
        uint32_t next = fact->next;
        fact->next = ascending;
        ascending = place;
        place = next;
    }
    uint32_t descending = 0;
    uint32_t first_writer = ascending ? writer_of(view, fact_at(view, ascending)) : 0;
    for (uint32_t place = ascending; place;) {
        struct fq_fact *fact = fact_at(view, place);
        uint32_t next = fact->next;
        if (!fact->is_voided || !(dispute->flags & FQ_DISPUTE_SHARED)) {
            fq_fact_unpack(fact, &event);
            note_shared(dispute, writer_of(view, fact), first_writer, &event);
        }
        if (!fact->is_voided) {
            fq_dispute_apply(dispute, &event);
        }
        fact->next = descending;
        descending = place;
        place = next;
    }
    dispute->facts = descending;
}

/* Where the stamp belongs: the link to follow or to change. `out_is_known` when it is there. */
static uint32_t *find_place(const struct fq_view *view, struct fq_dispute *dispute,
                            const struct fq_stamp *stamp, bool *out_is_known)
{
    uint32_t *link = &dispute->facts;

    *out_is_known = false;
    if (stamp->rev > dispute->rev) {
        return link; /* above all there are, which need not be touched to see it */
    }
    for (struct fq_fact *fact = fact_at(view, *link); fact; fact = fact_at(view, *link)) {
        struct fq_stamp other = stamp_of_fact(view, fact);
        int order = fq_stamp_compare(stamp, &other);
        if (order >= 0) {
            *out_is_known = order == 0;
            break;
        }
        link = &fact->next;
    }
    return link;
}

struct fq_id fq_merge_entity(const struct fq_event *event)
{
    if (event->step == FQ_EVENT_ACTIVITY) {
        uint64_t key[] = {event->value[FQ_FIELD_INDICATOR], event->area, event->unit,
                          event->value[FQ_FIELD_FIRST_DAY], event->value[FQ_FIELD_LAST_DAY]};
        uint8_t bytes[8 * 5];
        struct fq_id id;
        for (size_t i = 0; i < 5; i++) {
            fq_put_be64(bytes + 8 * i, key[i]);
        }
        struct fq_span span = fq_span_of(bytes, sizeof bytes);
        fq_hash_id(&span, 1, &id);
        return id;
    }
    return fq_id_is_zero(&event->dispute) ? event->cmd_id : event->dispute;
}

/* What is reported is found without a walk over all disputes. False when the region is full. */
static bool list_activity(struct fq_view *view, struct fq_dispute *dispute, uint32_t area)
{
    if (dispute->flags & FQ_DISPUTE_LISTED) {
        return true;
    }
    size_t end = ((size_t)view->activity_count + 1) * sizeof *view->activities;
    if (end > view->memory.activities.size) {
        return false;
    }
    view->memory.activities.used = end;
    view->activities[view->activity_count++] =
        (struct fq_view_activity){fq_view_place(view, dispute), area};
    dispute->flags |= FQ_DISPUTE_LISTED;
    return true;
}

/* Screenings and activities apart: whether it counts is asked of its set alone (D1). */
static bool is_counted(const struct fq_dispute *dispute)
{
    return dispute->facts && !(dispute->flags & (FQ_DISPUTE_SWEEP | FQ_DISPUTE_ACTIVITY));
}

static void count_dispute(struct fq_view *view, const struct fq_dispute *dispute, bool was_counted)
{
    view->dispute_count += is_counted(dispute);
    view->dispute_count -= was_counted;
    if (!(dispute->flags & FQ_DISPUTE_ACTIVITY)) { /* whose type is its indicator */
        view->types_seen[dispute->type / 8] |= (uint8_t)(1u << dispute->type % 8);
    }
}

/* Whether two states count alike, what they have in maps apart. */
static bool counts_alike(const struct fq_dispute *a, const struct fq_dispute *b)
{
    const unsigned uncounted = FQ_DISPUTE_DIRTY | FQ_DISPUTE_SHARED | FQ_DISPUTE_LISTED |
                               FQ_DISPUTE_MEDIATING | FQ_DISPUTE_ARCHIVED | FQ_DISPUTE_CHANGED;

    return (a->flags | uncounted) == (b->flags | uncounted) && fq_dispute_same_values(a, b);
}

static void note_fact(struct fq_dispute *dispute, const struct fq_fact *fact)
{
    dispute->rev = fact->rev > dispute->rev ? fact->rev : dispute->rev;
    dispute->tags |= tag_bit(fact->cmd_tag);
}

static void link_fact(const struct fq_view *view, struct fq_dispute *dispute, uint32_t *link,
                      struct fq_fact *fact)
{
    fact->next = *link;
    *link = place_of(view, fact);
    note_fact(dispute, fact);
}

/* The newest write and nothing voided: what it changes is put on top of the packed values. What
 * they were keeps its list of facts, which the new one precedes. */
static bool fold_newest(struct fq_view *view, struct fq_dispute *dispute, struct fq_fact *fact,
                        const struct fq_event *event)
{
    struct fq_contribution before, after;
    struct fq_dispute was = *dispute;

    link_fact(view, dispute, &dispute->facts, fact);
    fq_dispute_apply(dispute, event);
    if (fq_is_map_step(event->step) || !fq_maps_count_alike(&was, dispute)) {
        fq_contribution_of(view, &was, &before);
        fq_contribution_of(view, dispute, &after);
    } else if (!counts_alike(&was, dispute)) {
        fq_contribution_of_values(&was, &before);
        fq_contribution_of_values(dispute, &after);
    } else {
        return true;
    }
    return apply_difference(view, &before, &after);
}

/* Any other write: the packed values are made anew from the whole set. */
static bool fold_among(struct fq_view *view, struct fq_dispute *dispute, uint32_t *link,
                       struct fq_fact *fact)
{
    struct fq_contribution before, after;

    fq_contribution_of(view, dispute, &before);
    link_fact(view, dispute, link, fact);
    resolve(view, dispute);
    fq_contribution_of(view, dispute, &after);
    return apply_difference(view, &before, &after);
}

/* Give the dispute its new set and the cells the difference. */
static bool fold_fact(struct fq_view *view, struct fq_dispute *dispute, uint32_t *link,
                      struct fq_fact *fact, const struct fq_event *event)
{
    bool is_void = event->step == FQ_EVENT_VOIDED && event->value[FQ_FIELD_TARGET];

    if (link == &dispute->facts && !is_void && !(dispute->flags & FQ_DISPUTE_HAS_VOIDS)) {
        return fold_newest(view, dispute, fact, event);
    }
    return fold_among(view, dispute, link, fact);
}

/* The log, added when unknown; NULL when there are too many. Events come in runs of one log. */
static const struct fq_log *log_of(struct fq_view *view, const struct fq_log_id *id)
{
    if (!view->log || !fq_log_id_equal(&view->log->id, id)) {
        view->log = fq_frontier_add(view->frontier, id, view->areas);
    }
    return view->log;
}

static enum fq_merged merge_step(struct fq_view *view, const struct fq_event *event)
{
    const struct fq_log *log = log_of(view, &event->id.log);
    struct fq_id id = fq_merge_entity(event);
    bool is_known;

    struct fq_dispute *dispute = log ? find_or_add(view, &id) : NULL;
    if (!dispute) {
        return FQ_MERGED_FULL;
    }
    struct fq_stamp stamp = {.rev = event->rev, .tier = log->tier, .id = event->id};
    uint32_t *link = find_place(view, dispute, &stamp, &is_known);
    if (is_known) {
        return FQ_MERGED_DUPLICATE; /* M1 */
    }
    if (event->step == FQ_EVENT_ACTIVITY && !list_activity(view, dispute, event->area)) {
        return FQ_MERGED_FULL;
    }
    struct fq_fact *fact = make_fact(view, event, log);
    bool was_counted = is_counted(dispute);
    if (!(dispute->flags & FQ_DISPUTE_SHARED)) {
        note_shared(dispute, event->id.log.origin / 100, sole_writer(view, dispute), event);
    }
    if (!fact || !fold_fact(view, dispute, link, fact, event)) {
        return FQ_MERGED_FULL;
    }
    count_dispute(view, dispute, was_counted);
    mark_dirty(view, dispute);
    view->event_count++;
    view->folded = dispute;
    return FQ_MERGED_NEW;
}

static bool is_inert(const struct fq_event *event)
{
    /* A fact keeps 40 bits of the sequence, and nobody is origin 0; only a relay could claim so. */
    return event->step == 0 || event->step >= FQ_EVENT_CONTROL || event->id.seq >> 40 ||
           event->id.log.origin == 0;
}

/* A node relays what was written in its own area; of others it has nothing to say. */
bool fq_merge_open_relay(const struct fq_areas *areas, const struct fq_event *relay,
                         struct fq_event *out_inner)
{
    return fq_event_open_relay(relay, out_inner) &&
           fq_areas_covers(areas, relay->id.log.origin / 100, out_inner->id.log.origin / 100);
}

enum fq_merged fq_merge_event(struct fq_view *view, const struct fq_event *event)
{
    struct fq_event inner;

    if (event->kind == FQ_EVENT_RELAY) {
        if (!fq_merge_open_relay(view->areas, event, &inner)) {
            return FQ_MERGED_INERT;
        }
        event = &inner;
    }
    return is_inert(event) ? FQ_MERGED_INERT : merge_step(view, event); /* M6 */
}

size_t fq_view_mark(const struct fq_view *view)
{
    return view->memory.facts.used;
}

bool fq_view_rehearse(struct fq_view *view, struct fq_dispute *copy, const struct fq_event *event)
{
    const struct fq_log *log = log_of(view, &event->id.log);
    struct fq_fact *fact = log ? make_fact(view, event, log) : NULL;

    if (!fact) {
        return false;
    }
    link_fact(view, copy, &copy->facts, fact);
    fq_dispute_apply(copy, event);
    return true;
}

void fq_view_forget(struct fq_view *view, size_t mark)
{
    FQ_ASSERT(mark <= view->memory.facts.used);

    memset(view->memory.facts.base + mark, 0, view->memory.facts.used - mark);
    view->memory.facts.used = mark;
}

void fq_view_expect(const struct fq_view *view, const struct fq_event *events, uint32_t count)
{
    uint64_t hashes[FQ_VIEW_EXPECT_MAX] = {0};
    uint32_t entries[FQ_VIEW_EXPECT_MAX];

    FQ_ASSERT(count <= FQ_VIEW_EXPECT_MAX);

    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = hash_id(&events[i].dispute);
    }
    fq_index_expect(&view->index, hashes, count);
    for (uint32_t i = 0; i < count; i++) {
        entries[i] = fq_index_first(&view->index, hashes[i]);
        if (entries[i] != FQ_INDEX_NONE) {
            const uint8_t *dispute = (const uint8_t *)&view->disputes[entries[i]];
            __builtin_prefetch(dispute, 1);
            __builtin_prefetch(dispute + sizeof(struct fq_dispute) - 1, 1);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i] != FQ_INDEX_NONE) {
            const uint8_t *fact = (const uint8_t *)fact_at(view, view->disputes[entries[i]].facts);
            if (fact) {
                __builtin_prefetch(fact);
                __builtin_prefetch(fact + FQ_FACT_HEAD_SIZE);
            }
        }
    }
}

fq_err fq_merge_batch(struct fq_view *view, const struct fq_batch *batch, uint32_t *out_areas,
                      struct fq_why *out_why)
{
    struct fq_batch_reader reader = fq_batch_reader_over(batch);
    struct fq_event events[FQ_VIEW_EXPECT_MAX];
    uint32_t count;

    while ((count = fq_batch_read(&reader, events, FQ_VIEW_EXPECT_MAX)) > 0) {
        fq_view_expect(view, events, count);
        for (uint32_t i = 0; i < count; i++) {
            if (fq_merge_event(view, &events[i]) == FQ_MERGED_FULL) {
                return fq_fail(out_why, FQ_REASON_LIMIT, "limits.disputes_max");
            }
            if (out_areas) {
                *out_areas++ = events[i].area;
            }
        }
    }
    if (!fq_batch_is_read(&reader)) {
        return fq_fail(out_why, FQ_REASON_BYTES, "%08u-%u-%u-%llu", batch->seal.log.origin,
                       batch->seal.log.stream, batch->seal.log.epoch,
                       (unsigned long long)reader.next_id.seq);
    }
    return FQ_OK;
}

/* ---- looking back ---- */

/* A copy of the fact on top of the heap, not voided and not linked; NULL when the heap is full. */
static struct fq_fact *copy_fact(struct fq_view *view, const struct fq_fact *fact)
{
    struct fq_arena *heap = &view->memory.facts;
    size_t whole = FQ_FACT_HEAD_SIZE + (size_t)fact->payload_size;
    size_t size = (whole + FQ_FACT_PLACE_UNIT - 1) / FQ_FACT_PLACE_UNIT * FQ_FACT_PLACE_UNIT;

    if (size > heap->size - heap->used) {
        return NULL;
    }
    struct fq_fact *copy = (void *)(heap->base + heap->used);
    heap->used += size;
    memcpy(copy, fact, whole);
    copy->next = 0;
    copy->is_voided = false; /* found out anew: a void that does not hold voids nothing */
    return copy;
}

bool fq_view_state(struct fq_view *view, const struct fq_dispute *dispute, fq_fact_holds *holds,
                   const void *context, struct fq_dispute *out_state)
{
    struct fq_dispute state = {.id = dispute->id,
                               .flags = dispute->flags & (FQ_DISPUTE_DIRTY | FQ_DISPUTE_LISTED)};
    uint32_t *link = &state.facts;

    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        if (!holds(context, fact)) {
            continue;
        }
        struct fq_fact *copy = copy_fact(view, fact);
        if (!copy) {
            return false;
        }
        *link = place_of(view, copy);
        link = &copy->next;
        note_fact(&state, copy);
    }
    resolve(view, &state);
    *out_state = state;
    return true;
}

bool fq_view_set_back(struct fq_view *view, uint32_t place, fq_fact_holds *holds,
                      const void *context, struct fq_dispute *out_was)
{
    struct fq_dispute *dispute = &view->disputes[place];
    const struct fq_dispute was = *dispute;
    struct fq_contribution before, after;
    struct fq_dispute back;

    if (!fq_view_state(view, dispute, holds, context, &back)) {
        return false;
    }
    fq_contribution_of(view, &was, &before);
    fq_contribution_of(view, &back, &after);
    *dispute = back;
    *out_was = was;
    if (!apply_difference(view, &before, &after)) {
        fq_view_set_forth(view, place, &was);
        return false;
    }
    return true;
}

void fq_view_set_forth(struct fq_view *view, uint32_t place, const struct fq_dispute *was)
{
    struct fq_contribution before, after;

    fq_contribution_of(view, &view->disputes[place], &before);
    fq_contribution_of(view, was, &after);
    view->disputes[place] = *was;
    /* Its cells were there before it was set back: only those of the other state could not be made. */
    (void)apply_difference(view, &before, &after);
}

/* ---- digest ---- */

struct fq_digest fq_view_digest(struct fq_view *view, uint32_t area, uint16_t first_month,
                                uint16_t last_month)
{
    struct fq_digest sum = {0};
    uint32_t last_area = 0;
    bool is_covered = false;

    for (uint32_t i = 0; i < view->cells.index.count; i++) {
        struct fq_cell *cell = &view->cells.cells[i];
        if (cell->month < first_month || cell->month > last_month) {
            continue;
        }
        if (cell->area != last_area) {
            last_area = cell->area;
            is_covered = fq_areas_covers(view->areas, area, cell->area);
        }
        if (is_covered) {
            fq_digest_add(&sum, fq_cell_digest(cell));
        }
    }
    return sum;
}

/* ---- persistence: id16, then per fact log2 seq5 rev4 date2 kind1 step1 tag8 size2 payload ---- */

#define PACKED_FACT_HEAD 25

static uint8_t *pack_fact(const struct fq_fact *fact, uint8_t *out)
{
    fq_put_be16(out, fact->log);
    out[2] = fact->seq_high;
    fq_put_be32(out + 3, fact->seq_low);
    fq_put_be32(out + 7, fact->rev);
    fq_put_be16(out + 11, fact->date);
    out[13] = fact->kind;
    out[14] = fact->step;
    fq_put_be64(out + 15, fact->cmd_tag);
    fq_put_be16(out + 23, fact->payload_size);
    memcpy(out + PACKED_FACT_HEAD, fact->payload, fact->payload_size);
    return out + PACKED_FACT_HEAD + fact->payload_size;
}

/* One walk: the facts lie far apart, and how much room they take is seen on the way. */
bool fq_view_encode(const struct fq_view *view, const struct fq_dispute *dispute,
                    struct fq_arena *arena, struct fq_span *out_value)
{
    size_t before = arena->used;
    uint8_t *begin = fq_arena_take_raw(arena, FQ_ID_SIZE);
    if (!begin) {
        return false;
    }
    uint8_t *out = begin + FQ_ID_SIZE;
    memcpy(begin, dispute->id.bytes, FQ_ID_SIZE);
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        size_t size = PACKED_FACT_HEAD + (size_t)fact->payload_size;
        if (size > arena->size - arena->used) {
            arena->used = before;
            return false;
        }
        arena->used += size;
        out = pack_fact(fact, out);
    }
    *out_value = fq_span_of(begin, (size_t)(out - begin));
    return true;
}

/* Append the packed fact after the one that ends the list; gives the bytes it took, 0 when bad. */
static size_t load_fact(struct fq_view *view, uint32_t **link, const uint8_t *in, size_t size)
{
    struct fq_arena *heap = &view->memory.facts;

    if (size < PACKED_FACT_HEAD) {
        return 0;
    }
    size_t payload_size = fq_get_be16(in + 23);
    size_t taken = (FQ_FACT_HEAD_SIZE + payload_size + FQ_FACT_PLACE_UNIT - 1) /
                   FQ_FACT_PLACE_UNIT * FQ_FACT_PLACE_UNIT;
    if (payload_size > size - PACKED_FACT_HEAD || payload_size > FQ_FACT_PAYLOAD_MAX ||
        fq_get_be16(in) >= view->frontier->count || taken > heap->size - heap->used) {
        return 0;
    }
    struct fq_fact *fact = (void *)(heap->base + heap->used);
    heap->used += taken;
    fact->cmd_tag = fq_get_be64(in + 15);
    fact->next = 0;
    fact->rev = fq_get_be32(in + 7);
    fact->seq_low = fq_get_be32(in + 3);
    fact->log = fq_get_be16(in);
    fact->date = fq_get_be16(in + 11);
    fact->kind = in[13];
    fact->step = in[14];
    fact->seq_high = in[2];
    fact->is_voided = false;
    fact->payload_size = (uint16_t)payload_size;
    memcpy(fact->payload, in + PACKED_FACT_HEAD, payload_size);
    **link = place_of(view, fact);
    *link = &fact->next;
    return PACKED_FACT_HEAD + payload_size;
}

bool fq_view_decode(struct fq_view *view, struct fq_span value)
{
    static const struct fq_contribution nothing = {0};
    struct fq_contribution contribution;
    struct fq_event event;
    struct fq_id id;

    if (value.size < FQ_ID_SIZE) {
        return false;
    }
    memcpy(id.bytes, value.data, FQ_ID_SIZE);
    struct fq_dispute *dispute = find_or_add(view, &id);
    if (!dispute || dispute->facts) {
        return false;
    }
    uint32_t *link = &dispute->facts;
    for (size_t at = FQ_ID_SIZE; at < value.size;) {
        size_t taken = load_fact(view, &link, value.data + at, value.size - at);
        if (taken == 0) {
            return false;
        }
        at += taken;
        view->event_count++;
    }
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        note_fact(dispute, fact);
        if (fact->step == FQ_EVENT_ACTIVITY) {
            fq_fact_unpack(fact, &event);
            if (!list_activity(view, dispute, event.area)) {
                return false;
            }
        }
    }
    resolve(view, dispute);
    count_dispute(view, dispute, false);
    fq_contribution_of(view, dispute, &contribution);
    return apply_difference(view, &nothing, &contribution);
}
