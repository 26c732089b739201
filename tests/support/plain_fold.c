#include "plain_fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX HISTORY_ENTRIES_MAX

struct item {
    struct fq_event event;
    unsigned tier;
    bool is_live;
    bool is_done; /* its entity has been counted */
};

struct list { /* one entity's events, smallest stamp first */
    const struct item *items[LIST_MAX];
    int count;
};

struct counting {
    struct plain *plain;
    uint32_t area;
    uint16_t type;
    unsigned kinds;
};

/* ---- cells ---- */

static struct plain_cell *cell_at(const struct plain *plain, const struct plain_cell *key)
{
    uint64_t mixed = key->table;

    mixed = mixed * 1000003 + key->area;
    mixed = mixed * 1000003 + key->month;
    mixed = mixed * 1000003 + key->dimension;
    mixed = mixed * 1000003 + key->measure;
    uint32_t place = (uint32_t)(mixed % PLAIN_CELLS_MAX);
    for (uint32_t tries = 0; tries < PLAIN_CELLS_MAX; tries++) {
        const struct plain_cell *cell = &plain->cells[(place + tries) % PLAIN_CELLS_MAX];
        if (!cell->is_used ||
            (cell->table == key->table && cell->area == key->area && cell->month == key->month &&
             cell->dimension == key->dimension && cell->measure == key->measure)) {
            return &((struct plain *)(uintptr_t)plain)->cells[cell - plain->cells];
        }
    }
    printf("Bail out! the plain fold has too many cells\n");
    exit(1);
}

static void add_cell(struct plain *plain, struct plain_cell key)
{
    struct plain_cell *cell = cell_at(plain, &key);
    int64_t was = cell->is_used ? cell->value : 0;

    key.value = (int64_t)((uint64_t)was + (uint64_t)key.value);
    key.is_used = true;
    *cell = key;
}

int64_t plain_value(const struct plain *plain, uint32_t table, uint32_t area, uint16_t month,
                    uint16_t dimension, uint32_t measure)
{
    struct plain_cell key = {table, area, month, dimension, measure, 0, true};
    const struct plain_cell *cell = cell_at(plain, &key);

    return cell->is_used ? cell->value : 0;
}

/* Count `value` in the month of `date`: once for the area, once for its type, once for each kind
 * that took part; what the kinds count too often is the overlap. No date, no count. */
static void count(const struct counting *counting, uint32_t measure, uint16_t date, uint64_t value)
{
    struct plain_cell key = {.area = counting->area,
                             .month = fq_month_of(date),
                             .measure = measure,
                             .value = (int64_t)value};
    unsigned kinds = 0;

    if (date == 0 || value == 0) {
        return;
    }
    key.table = FQ_CELLS_AREA;
    add_cell(counting->plain, key);
    for (uint16_t kind = 1; kind <= 3; kind++) {
        if (counting->kinds >> kind & 1) {
            key.table = FQ_CELLS_KIND;
            key.dimension = kind;
            add_cell(counting->plain, key);
            kinds++;
        }
    }
    key.table = FQ_CELLS_TYPE;
    key.dimension = counting->type;
    add_cell(counting->plain, key);
    if (kinds) {
        key.table = PLAIN_OVERLAP;
        key.dimension = 0;
        key.value = (int64_t)(value * (kinds - 1));
        add_cell(counting->plain, key);
    }
}

/* ---- questions to a list ---- */

#define STEP(name) (UINT64_C(1) << FQ_EVENT_##name)
#define OUTCOMES (STEP(AGREED) | STEP(FAILED) | STEP(TERMINATED))

static bool is_step(const struct item *item, uint64_t steps)
{
    return item->is_live && (steps >> item->event.step & 1);
}

/* The place of the greatest live event of these steps at or after place `from`; -1 for none. */
static int last_of(const struct list *list, uint64_t steps, int from)
{
    int found = -1;

    for (int i = from; i < list->count; i++) {
        if (is_step(list->items[i], steps)) {
            found = i;
        }
    }
    return found;
}

static const struct fq_event *event_at(const struct list *list, int place)
{
    return &list->items[place]->event;
}

static uint64_t field_at(const struct list *list, int place, enum fq_field field)
{
    return list->items[place]->event.value[field];
}

/* The greatest live event of these steps that has the field. */
static int last_with(const struct list *list, uint64_t steps, enum fq_field field)
{
    int found = -1;

    for (int i = 0; i < list->count; i++) {
        if (is_step(list->items[i], steps) && field_at(list, i, field)) {
            found = i;
        }
    }
    return found;
}

/* A kind that is none of the three is people's. */
static unsigned plain_kind(uint64_t kind)
{
    return kind == 2 || kind == 3 ? (unsigned)kind : 1;
}

/* ---- one dispute ---- */

struct facts { /* what the list says, each register by its own question */
    uint16_t registered, accepted, rejected, outcome, over;
    int outcome_place; /* -1 none */
    uint64_t persons;
    unsigned kinds; /* of the host and of all that ever joined */
    bool is_found;
};

static uint64_t capped(uint64_t value, uint64_t most)
{
    return value > most ? most : value;
}

static unsigned ask_kinds(const struct list *list)
{
    int registered = last_of(list, STEP(REGISTERED), 0);
    int moved = last_with(list, STEP(TRANSFERRED), FQ_FIELD_TO_KIND);
    unsigned kinds =
        1u << plain_kind(moved > registered ? field_at(list, moved, FQ_FIELD_TO_KIND)
                                            : field_at(list, registered, FQ_FIELD_KIND));

    for (int i = 0; i < list->count; i++) {
        if (is_step(list->items[i], STEP(JOINED) | STEP(REFERRAL_ACCEPTED))) {
            kinds |= 1u << plain_kind(field_at(list, i, FQ_FIELD_TO_KIND));
        }
    }
    return kinds;
}

/* 30 days from acceptance, 60 when a petition office sent it, and the extension; a day past the
 * end of the calendar is its end. */
static uint16_t ask_over(const struct list *list, uint16_t accepted, uint64_t source)
{
    int extended = last_of(list, STEP(EXTENDED), 0);
    uint64_t days = extended < 0 ? 0 : capped(field_at(list, extended, FQ_FIELD_DAYS), 65535);

    days += source == 7 ? 60 : 30;
    return (uint16_t)capped(accepted + days + 1, FQ_DATE_MAX);
}

static struct facts ask(const struct list *list)
{
    int registered = last_of(list, STEP(REGISTERED), 0);
    int decided = last_of(list, STEP(ACCEPTED) | STEP(REJECTED), 0);
    int reopened = last_of(list, STEP(REOPENED), 0);
    uint64_t source = capped(field_at(list, registered, FQ_FIELD_SOURCE), 255);
    struct facts facts = {
        .registered = event_at(list, registered)->date,
        .outcome_place = last_of(list, OUTCOMES, reopened + 1),
        .persons = capped(field_at(list, registered, FQ_FIELD_PERSONS), UINT32_MAX),
        .kinds = ask_kinds(list),
        .is_found = source == 1 || source == 3,
    };

    if (decided >= 0 && event_at(list, decided)->step == FQ_EVENT_ACCEPTED) {
        facts.accepted = event_at(list, decided)->date;
    } else if (decided >= 0) {
        facts.rejected = event_at(list, decided)->date;
    }
    if (facts.outcome_place >= 0) {
        facts.outcome = event_at(list, facts.outcome_place)->date;
    }
    facts.over = ask_over(list, facts.accepted, source);
    return facts;
}

static bool has_two(unsigned kinds)
{
    return (kinds & (kinds - 1)) != 0;
}

static void count_intake(const struct counting *counting, const struct facts *facts)
{
    bool has_outcome = facts->outcome_place >= 0;

    count(counting, FQ_MEASURE_REGISTERED, facts->registered, 1);
    count(counting, FQ_MEASURE_FOUND, facts->registered, facts->is_found);
    count(counting, FQ_MEASURE_FOUND_RESOLVED, facts->registered, facts->is_found && has_outcome);
    count(counting, FQ_MEASURE_REJECTED, facts->rejected, 1);
    count(counting, FQ_MEASURE_ACCEPTED, facts->accepted, 1);
    count(counting, FQ_MEASURE_PERSONS, facts->accepted, facts->persons);
    if (facts->accepted) { /* in hand from acceptance to outcome; overdue from `over` on */
        uint16_t end = facts->outcome > facts->accepted ? facts->outcome : facts->accepted;
        count(counting, FQ_MEASURE_OPEN, facts->accepted, 1);
        count(counting, FQ_MEASURE_OPEN, has_outcome ? end : 0, (uint64_t)-1);
        if (!has_outcome || facts->outcome >= facts->over) {
            count(counting, FQ_MEASURE_OVERDUE, facts->over, 1);
            count(counting, FQ_MEASURE_OVERDUE, has_outcome ? facts->outcome : 0, (uint64_t)-1);
        }
    }
}

static void count_outcome(const struct counting *counting, const struct list *list,
                          const struct facts *facts)
{
    static const uint32_t measures[] = {[FQ_EVENT_AGREED] = FQ_MEASURE_AGREED,
                                        [FQ_EVENT_FAILED] = FQ_MEASURE_FAILED,
                                        [FQ_EVENT_TERMINATED] = FQ_MEASURE_TERMINATED};
    int place = facts->outcome_place;
    int registered = last_of(list, STEP(REGISTERED), 0);

    if (place < 0) {
        return;
    }
    count(counting, FQ_MEASURE_CONCLUDED, facts->outcome, 1);
    count(counting, measures[event_at(list, place)->step], facts->outcome, 1);
    if (event_at(list, place)->step == FQ_EVENT_AGREED) {
        count(counting, FQ_MEASURE_ORAL, facts->outcome, field_at(list, place, FQ_FIELD_FORM) == 1);
        count(counting, FQ_MEASURE_WRITTEN, facts->outcome,
              field_at(list, place, FQ_FIELD_FORM) == 2);
        count(counting, FQ_MEASURE_AMOUNT_CENTS, facts->outcome,
              capped(field_at(list, place, FQ_FIELD_AMOUNT), INT64_MAX));
    }
    if (field_at(list, registered, FQ_FIELD_DIFFICULTY) >= 3) {
        count(counting, FQ_MEASURE_DIFFICULT, facts->outcome, 1);
        count(counting, FQ_MEASURE_DIFFICULT_PERSONS, facts->outcome, facts->persons);
    }
}

/* The greatest write to performance: a `performed`, or an outcome performed at once as long as it
 * is the current outcome. */
static void count_performed(const struct counting *counting, const struct list *list,
                            const struct facts *facts, int from)
{
    int found = -1;

    for (int i = from; i < list->count; i++) {
        bool is_at_once =
            is_step(list->items[i], STEP(AGREED)) && field_at(list, i, FQ_FIELD_IMMEDIATE);
        if (is_at_once || is_step(list->items[i], STEP(PERFORMED))) {
            found = i;
        }
    }
    if (found < 0) {
        return;
    }
    uint64_t status = field_at(list, found, FQ_FIELD_PERFORMANCE);
    if (event_at(list, found)->step == FQ_EVENT_AGREED
            ? found == facts->outcome_place
            : status == FQ_PERFORMANCE_IMMEDIATE || status == FQ_PERFORMANCE_PERFORMED) {
        count(counting, FQ_MEASURE_PERFORMED, event_at(list, found)->date, 1);
    }
}

/* Confirmed while the last steps are confirmed or enforced, since the last `confirmed` among them
 * (the first `enforced` when its confirmation never came). */
static void count_confirmed(const struct counting *counting, const struct list *list, int from)
{
    uint16_t since = 0;

    for (int i = from; i < list->count; i++) {
        if (!is_step(list->items[i], STEP(CONFIRMATION))) {
            continue;
        }
        uint64_t step = field_at(list, i, FQ_FIELD_STEP);
        if (step == FQ_CONFIRMATION_CONFIRMED) {
            since = event_at(list, i)->date;
        } else if (step != FQ_CONFIRMATION_ENFORCED) {
            since = 0;
        } else if (since == 0) {
            since = event_at(list, i)->date;
        }
    }
    count(counting, FQ_MEASURE_CONFIRMED, since, 1);
}

static void count_after(const struct counting *counting, const struct list *list,
                        const struct facts *facts)
{
    int from = last_of(list, STEP(REOPENED), 0) + 1;
    int closed = last_of(list, STEP(CLOSED), from);
    int visited = last_of(list, STEP(VISITED), from);

    count_performed(counting, list, facts, from);
    count_confirmed(counting, list, from);
    if (closed >= 0) {
        count(counting, FQ_MEASURE_CLOSED, event_at(list, closed)->date, 1);
    }
    if (visited >= 0) { /* who says "satisfied" has answered */
        bool is_satisfied = field_at(list, visited, FQ_FIELD_SATISFIED);
        uint16_t date = event_at(list, visited)->date;
        count(counting, FQ_MEASURE_SURVEYED, date,
              is_satisfied || field_at(list, visited, FQ_FIELD_SURVEYED));
        count(counting, FQ_MEASURE_SATISFIED, date, is_satisfied);
    }
    count(counting, FQ_MEASURE_LINKED, facts->outcome_place >= 0 ? facts->outcome : facts->accepted,
          has_two(facts->kinds));
    count(counting, FQ_MEASURE_LINKED_CONCLUDED, facts->outcome, has_two(facts->kinds));
}

/* Whether a greater live event of the list has the same command (or, for units, the same unit). */
static bool is_repeated(const struct list *list, int place, uint64_t steps, bool is_by_unit)
{
    for (int i = place + 1; i < list->count; i++) {
        bool is_same = is_by_unit ? field_at(list, i, FQ_FIELD_TO_UNIT) ==
                                        field_at(list, place, FQ_FIELD_TO_UNIT)
                                  : memcmp(&event_at(list, i)->cmd_id,
                                           &event_at(list, place)->cmd_id, FQ_ID_SIZE) == 0;
        if (is_step(list->items[i], steps) && is_same) {
            return true;
        }
    }
    return false;
}

static void count_referrals(const struct counting *counting, const struct list *list)
{
    for (int i = 0; i < list->count; i++) {
        if (is_step(list->items[i], STEP(REFERRED)) &&
            !is_repeated(list, i, STEP(REFERRED), false)) {
            count(counting, FQ_MEASURE_REFERRED, event_at(list, i)->date, 1);
        }
    }
}

static void count_prevented(const struct counting *counting, const struct list *list)
{
    for (int i = 0; i < list->count; i++) {
        uint64_t effect = field_at(list, i, FQ_FIELD_EFFECT);
        if (is_step(list->items[i], STEP(PREVENTED)) && effect >= 1 && effect <= 4 &&
            !is_repeated(list, i, STEP(PREVENTED), false)) {
            uint32_t measure = FQ_MEASURE_PREVENTED_SUICIDE + 2 * ((uint32_t)effect - 1);
            count(counting, measure, event_at(list, i)->date, 1);
            count(counting, measure + 1, event_at(list, i)->date,
                  field_at(list, i, FQ_FIELD_PERSONS) & INT64_MAX);
        }
    }
}

/* Each unit that joined, in its own area and kind; cross-area when one is of another county. */
static void count_units(const struct counting *counting, const struct list *list,
                        const struct facts *facts)
{
    const uint64_t joins = STEP(JOINED) | STEP(REFERRAL_ACCEPTED);
    bool is_cross_area = false;

    for (int i = 0; i < list->count; i++) {
        if (!is_step(list->items[i], joins) || is_repeated(list, i, joins, true)) {
            continue;
        }
        struct counting unit = *counting;
        unit.area = (uint32_t)(field_at(list, i, FQ_FIELD_TO_UNIT) / 10000);
        unit.kinds = 1u << plain_kind(field_at(list, i, FQ_FIELD_TO_KIND));
        count(&unit, FQ_MEASURE_PARTICIPATED, facts->accepted, 1);
        const struct fq_area *area = fq_areas_find(&counting->plain->world->areas, unit.area);
        is_cross_area |= area && area->tier == FQ_TIER_COUNTY && unit.area != counting->area;
    }
    count(counting, FQ_MEASURE_CROSS_AREA,
          facts->outcome_place >= 0 ? facts->outcome : facts->accepted, is_cross_area);
}

/* The dispute's home: where it was registered, or the last transfer said. */
static uint32_t ask_home(const struct list *list)
{
    int registered = last_of(list, STEP(REGISTERED), 0);
    int moved = last_with(list, STEP(TRANSFERRED), FQ_FIELD_TO_AREA);

    return moved > registered ? (uint32_t)field_at(list, moved, FQ_FIELD_TO_AREA)
                              : event_at(list, registered)->area;
}

static bool is_voided_whole(const struct list *list)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i]->event.step == FQ_EVENT_VOIDED && !field_at(list, i, FQ_FIELD_TARGET)) {
            return true;
        }
    }
    return false;
}

/* Merged when the last word is a merge into an older id. */
static bool is_merged(const struct list *list)
{
    int place = last_of(list, STEP(MERGED) | STEP(UNMERGED), 0);

    if (place < 0 || event_at(list, place)->step == FQ_EVENT_UNMERGED) {
        return false;
    }
    struct fq_span into = fq_event_bytes(event_at(list, place), FQ_FIELD_INTO);
    return into.size && memcmp(into.data, event_at(list, place)->dispute.bytes, FQ_ID_SIZE) < 0;
}

static void count_dispute(struct plain *plain, const struct list *list)
{
    int registered = last_of(list, STEP(REGISTERED), 0);

    if (registered < 0) {
        return;
    }
    struct facts facts = ask(list);
    struct counting counting = {
        .plain = plain,
        .area = ask_home(list),
        .type = (uint16_t)capped(field_at(list, registered, FQ_FIELD_TYPE), 65535),
        .kinds = facts.kinds,
    };
    if (is_voided_whole(list)) {
        count(&counting, FQ_MEASURE_VOIDED, facts.registered, 1);
    } else if (is_merged(list)) {
        count(&counting, FQ_MEASURE_MERGED, facts.registered, 1);
    } else {
        count_intake(&counting, &facts);
        count_outcome(&counting, list, &facts);
        count_after(&counting, list, &facts);
        count_referrals(&counting, list);
        count_prevented(&counting, list);
        count_units(&counting, list, &facts);
    }
}

/* ---- screenings and activities ---- */

static void count_sweep(struct plain *plain, const struct list *list, int place)
{
    struct counting counting = {.plain = plain, .area = event_at(list, place)->area};
    uint16_t date = event_at(list, place)->date;

    count(&counting, FQ_MEASURE_SWEEPS, date, 1);
    count(&counting, FQ_MEASURE_ZERO_REPORTS, date, !field_at(list, place, FQ_FIELD_FOUND));
    count(&counting, FQ_MEASURE_HOUSEHOLDS, date,
          capped(field_at(list, place, FQ_FIELD_HOUSEHOLDS), UINT32_MAX));
}

/* The last report of an indicator stands, in the month its period begins. */
static void count_activity(struct plain *plain, const struct list *list, int place)
{
    struct plain_cell key = {
        .table = FQ_CELLS_ACTIVITY,
        .area = event_at(list, place)->area,
        .month = fq_month_of((uint16_t)field_at(list, place, FQ_FIELD_FIRST_DAY)),
        .dimension = (uint16_t)field_at(list, place, FQ_FIELD_INDICATOR),
        .measure = FQ_MEASURE_ACTIVITY,
        .value = (int64_t)(field_at(list, place, FQ_FIELD_COUNT) & INT64_MAX),
    };

    if (key.value) {
        add_cell(plain, key);
    }
}

/* ---- the lists ---- */

static const struct fq_id *entity_id(const struct fq_event *event)
{
    return fq_id_is_zero(&event->dispute) ? &event->cmd_id : &event->dispute;
}

static bool is_same_entity(const struct fq_event *a, const struct fq_event *b)
{
    if (a->step == FQ_EVENT_ACTIVITY || b->step == FQ_EVENT_ACTIVITY) {
        return a->step == b->step && a->area == b->area && a->unit == b->unit &&
               a->value[FQ_FIELD_INDICATOR] == b->value[FQ_FIELD_INDICATOR] &&
               a->value[FQ_FIELD_FIRST_DAY] == b->value[FQ_FIELD_FIRST_DAY] &&
               a->value[FQ_FIELD_LAST_DAY] == b->value[FQ_FIELD_LAST_DAY];
    }
    return fq_id_equal(entity_id(a), entity_id(b));
}

static bool is_same_event(const struct fq_event_id *a, const struct fq_event_id *b)
{
    return a->log.origin == b->log.origin && a->log.stream == b->log.stream &&
           a->log.epoch == b->log.epoch && a->seq == b->seq;
}

/* rev, tier, origin, stream, epoch, sequence: the first that differs decides. */
static bool is_greater(const struct item *a, const struct item *b)
{
    const uint64_t of_a[] = {a->event.rev,           a->tier,
                             a->event.id.log.origin, a->event.id.log.stream,
                             a->event.id.log.epoch,  a->event.id.seq};
    const uint64_t of_b[] = {b->event.rev,           b->tier,
                             b->event.id.log.origin, b->event.id.log.stream,
                             b->event.id.log.epoch,  b->event.id.seq};

    for (size_t i = 0; i < 6; i++) {
        if (of_a[i] != of_b[i]) {
            return of_a[i] > of_b[i];
        }
    }
    return false;
}

/* Whether one area is the other or stands above it: up the tree, step by step. */
static bool is_above(const struct world *world, uint32_t upper, uint32_t area)
{
    for (const struct fq_area *at = fq_areas_find(&world->areas, area); at;
         at = fq_areas_find(&world->areas, at->parent)) {
        if (at->code == upper) {
            return true;
        }
    }
    return false;
}

/* The event the entry tells: itself, or what it relays. False when it means nothing. */
static bool tells(const struct world *world, const struct history_entry *entry,
                  struct fq_event *out_event)
{
    history_event(entry, out_event);
    if (out_event->kind == FQ_EVENT_RELAY) {
        struct fq_span id = fq_event_bytes(out_event, FQ_FIELD_INNER_ID);
        struct fq_span inner = fq_event_bytes(out_event, FQ_FIELD_INNER);
        if (id.size == 0 || !fq_codec_scan(inner) || entry->id.log.stream < 100000) {
            return false;
        }
        struct history_entry carried = {fq_event_id_decode(id.data), inner};
        if (!is_above(world, entry->id.log.origin / 100, carried.id.log.origin / 100) ||
            carried.id.log.stream != 0) {
            return false;
        }
        history_event(&carried, out_event);
    }
    return out_event->step >= FQ_EVENT_REGISTERED && out_event->step <= FQ_EVENT_ACTIVITY &&
           out_event->id.seq < UINT64_C(1) << 40;
}

static uint32_t distinct_items(const struct world *world, const struct history *history,
                               uint32_t count, struct item *items)
{
    uint32_t item_count = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct item item = {.is_live = true};
        bool is_known = !tells(world, &history->entries[i], &item.event);
        for (uint32_t j = 0; j < item_count && !is_known; j++) {
            is_known = is_same_event(&items[j].event.id, &item.event.id);
        }
        if (!is_known) {
            const struct fq_area *area =
                fq_areas_find(&world->areas, item.event.id.log.origin / 100);
            item.tier = area ? area->tier : FQ_TIER_COUNTY;
            items[item_count++] = item;
        }
    }
    return item_count;
}

/* An event that a void of its own dispute names is not live; voids themselves stay. */
static void strike_voided(struct item *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].event.step != FQ_EVENT_VOIDED || !items[i].event.value[FQ_FIELD_TARGET]) {
            continue;
        }
        struct fq_event_id target =
            fq_event_id_decode(fq_event_bytes(&items[i].event, FQ_FIELD_TARGET).data);
        for (uint32_t j = 0; j < count; j++) {
            if (is_same_event(&items[j].event.id, &target) &&
                items[j].event.step != FQ_EVENT_VOIDED &&
                is_same_entity(&items[i].event, &items[j].event)) {
                items[j].is_live = false;
            }
        }
    }
}

static void take_list(struct item *items, uint32_t first, uint32_t count, struct list *list)
{
    list->count = 0;
    for (uint32_t i = first; i < count; i++) {
        if (!items[i].is_done && is_same_entity(&items[first].event, &items[i].event)) {
            int at = list->count++;
            items[i].is_done = true;
            for (; at > 0 && is_greater(list->items[at - 1], &items[i]); at--) {
                list->items[at] = list->items[at - 1];
            }
            list->items[at] = &items[i];
        }
    }
}

void plain_fold(struct plain *plain, const struct world *world, const struct history *history,
                uint32_t count)
{
    static struct item items[LIST_MAX];
    struct list list;

    memset(plain, 0, sizeof *plain);
    plain->world = world;
    plain->event_count = distinct_items(world, history, count, items);
    strike_voided(items, plain->event_count);
    for (uint32_t i = 0; i < plain->event_count; i++) {
        if (items[i].is_done) {
            continue;
        }
        take_list(items, i, plain->event_count, &list);
        int sweep = last_of(&list, STEP(SWEEP), 0);
        int activity = last_of(&list, STEP(ACTIVITY), 0);
        if (activity >= 0) {
            count_activity(plain, &list, activity);
        } else if (sweep >= 0 && !is_voided_whole(&list)) {
            count_sweep(plain, &list, sweep);
        } else {
            count_dispute(plain, &list);
        }
    }
}

/* ---- comparing ---- */

static bool is_equal_cell(const struct plain_cell *key, int64_t value)
{
    if (key->value == value) {
        return true;
    }
    printf("# table %u area %06u month %u dimension %u %s: plain %lld, merged %lld\n", key->table,
           key->area, key->month, key->dimension,
           fq_measure_row((enum fq_measure)key->measure)->name, (long long)key->value,
           (long long)value);
    return false;
}

bool plain_agrees(const struct plain *plain, const struct fq_view *view)
{
    for (uint32_t i = 0; i < PLAIN_CELLS_MAX; i++) {
        const struct plain_cell *key = &plain->cells[i];
        if (!key->is_used || key->table == PLAIN_OVERLAP) {
            continue;
        }
        const struct fq_cell *cell = fq_cells_find(&view->cells, (enum fq_cell_table)key->table,
                                                   key->area, key->month, key->dimension);
        if (!is_equal_cell(key, cell ? cell->value[key->measure] : 0)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < view->cells.index.count; i++) {
        const struct fq_cell *cell = &view->cells.cells[i];
        for (uint32_t measure = 0; measure < FQ_MEASURES_COUNT; measure++) {
            struct plain_cell key = {.table = cell->table,
                                     .area = cell->area,
                                     .month = cell->month,
                                     .dimension = cell->dimension,
                                     .measure = measure};
            key.value = plain_value(plain, key.table, key.area, key.month, key.dimension, measure);
            if (!is_equal_cell(&key, cell->value[measure])) {
                return false;
            }
        }
    }
    return true;
}
