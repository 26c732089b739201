#include "fq/core/relay.h"

#include <string.h>

void fq_relay_map_init(struct fq_relay_map *map, const struct fq_areas *areas, uint32_t own_area)
{
    const struct fq_area *own = fq_areas_find(areas, own_area);

    memset(map, 0, sizeof *map);
    map->areas = areas;
    map->own_area = own_area;
    map->is_leaf = !own || own->tier == FQ_TIER_COUNTY;
    fq_relay_map_add(map, own_area);
}

void fq_relay_map_add(struct fq_relay_map *map, uint32_t area)
{
    const struct fq_area *row = fq_areas_find(map->areas, area);

    if (row) {
        map->has_node[row - map->areas->rows] = true;
    }
}

static bool is_strictly_below(const struct fq_relay_map *map, uint32_t area)
{
    return area != map->own_area && fq_areas_covers(map->areas, map->own_area, area);
}

bool fq_relay_is_here(const struct fq_relay_map *map, uint32_t origin, uint32_t recipient)
{
    const struct fq_area *area = fq_areas_find(map->areas, origin / 100);

    if (map->is_leaf || !is_strictly_below(map, recipient)) {
        return false;
    }
    /* Up from the origin to the first node that covers the recipient; tiers end the walk. */
    while (area && !(map->has_node[area - map->areas->rows] &&
                     fq_areas_covers(map->areas, area->code, recipient))) {
        area = area->parent ? fq_areas_find(map->areas, area->parent) : NULL;
    }
    return area && area->code == map->own_area;
}

/* ---- what is owed ---- */

struct recipients { /* of a dispute: areas of the table, none twice */
    uint32_t areas[FQ_AREAS_MAX];
    uint32_t count;
};

static bool is_among(const struct recipients *recipients, uint32_t area)
{
    for (uint32_t i = 0; i < recipients->count; i++) {
        if (recipients->areas[i] == area) {
            return true;
        }
    }
    return false;
}

/* Those of the areas that lie below this node and are not there yet. */
static void add_below(const struct fq_relay_map *map, struct recipients *recipients,
                      const uint32_t *areas, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!is_among(recipients, areas[i]) && is_strictly_below(map, areas[i])) {
            FQ_ASSERT(recipients->count < FQ_AREAS_MAX);
            recipients->areas[recipients->count++] = areas[i];
        }
    }
}

/* Who has to do with the dispute by all facts but this event's own (X1). Takes nothing of the turn's
 * arena: a batch may hold thousands of events of one dispute. */
static void find_others(const struct fq_relay_map *map, const struct fq_view *view,
                        const struct fq_dispute *dispute, const struct fq_event_id *own,
                        struct recipients *out_recipients)
{
    uint32_t areas[FQ_EVENT_AREAS_MAX];
    struct fq_event event;

    out_recipients->count = 0;
    for (const struct fq_fact *fact = fq_view_facts(view, dispute); fact;
         fact = fq_view_next(view, fact)) {
        struct fq_event_id id = fq_view_event_id(view, fact);
        if (id.seq == own->seq && fq_log_id_equal(&id.log, &own->log)) {
            continue;
        }
        fq_fact_unpack(fact, &event);
        add_below(map, out_recipients, areas, fq_event_areas(&event, areas));
    }
}

static bool owe(struct fq_arena *arena, struct fq_owed_list *list, const struct fq_owed *owed)
{
    struct fq_owed *kept = fq_arena_take(arena, sizeof *kept);

    if (!kept) {
        return false;
    }
    *kept = *owed;
    *(list->last ? &list->last->next : &list->first) = kept;
    list->last = kept;
    list->count++;
    return true;
}

bool fq_relay_owe(const struct fq_relay_map *map, const struct fq_view *view,
                  const struct fq_dispute *dispute, const struct fq_event *event, uint64_t lsn,
                  struct fq_arena *arena, struct fq_owed_list *list)
{
    struct recipients recipients;
    uint32_t named[FQ_EVENT_AREAS_MAX];

    if (map->is_leaf || !(dispute->flags & FQ_DISPUTE_SHARED)) {
        return true; /* as nearly all disputes: of one county alone */
    }
    find_others(map, view, dispute, &event->id, &recipients);
    uint32_t former = recipients.count;
    add_below(map, &recipients, named, fq_event_areas(event, named));
    for (uint32_t i = 0; i < recipients.count; i++) {
        const struct fq_owed owed = {
            .recipient = recipients.areas[i],
            .lsn = lsn,
            .is_history = i >= former, /* X4 */
            .dispute = dispute->id,
            .event = event->id,
        };
        bool is_owed =
            owed.is_history || fq_relay_is_here(map, event->id.log.origin, owed.recipient);
        if (is_owed && !owe(arena, list, &owed)) {
            return false;
        }
    }
    return true;
}

bool fq_relay_make(const struct fq_event_id *id, struct fq_span record,
                   uint8_t id_bytes[FQ_EVENT_ID_SIZE], struct fq_event *out_relay)
{
    struct fq_reader reader = fq_reader_over(record);
    struct fq_event inner;

    if (!fq_event_decode(&reader, *id, &inner)) {
        return false;
    }
    fq_event_id_encode(id, id_bytes);
    *out_relay = (struct fq_event){
        .kind = FQ_EVENT_RELAY,
        .step = FQ_EVENT_RELAY,
        .rev = inner.rev,
        .area = inner.area, /* so that the feed links it where the event itself belongs */
        .unit = inner.unit,
        .date = inner.date,
        .cmd_id = inner.cmd_id,
        .dispute = inner.dispute,
    };
    return fq_event_set_bytes(out_relay, FQ_FIELD_INNER_ID,
                              fq_span_of(id_bytes, FQ_EVENT_ID_SIZE)) &&
           fq_event_set_bytes(out_relay, FQ_FIELD_INNER, record);
}
