/* Relays: who must hear of a dispute though no log of his holds it, and which node tells him.
 *
 * Facts go up. What a county must know of the facts of others comes down to it as relays, each a
 * record that carries another under its own identity, in a log written for that county alone:
 *
 *            N          e was written below on the left; r below on the right has to do with its
 *          /   \        dispute: N, where their ways up meet, writes [relay, id of e, bytes of e] to
 *        ...   ...      its log (N, stream r). The log flows down to r, and those on the way fold
 *        e's    r       what they pass on. No tier in between need know why.
 *
 * X1  The recipients of a dispute are the areas that its facts name (fq_event_areas), voided or not.
 *     They only grow: who once had to do with a dispute hears of it for good.
 * X2  An event is relayed to a recipient by the lowest node whose area covers both its origin and
 *     the recipient, where that is not the recipient itself.
 * X3  What is owed is stored with the event it is owed for, and forgotten with the relay's own
 *     commit: a crash loses none.
 * X4  Who becomes a recipient is owed the whole history, else each new event by itself; so each
 *     event is owed to each recipient once.
 * X5  What came in a relay alone is found, shown and told on the feed under its own identity. */
#ifndef FQ_CORE_RELAY_H
#define FQ_CORE_RELAY_H

#include "fq/core/effects.h"
#include "fq/core/merge.h"

struct fq_relay_map {
    const struct fq_areas *areas;
    uint32_t own_area;
    bool is_leaf;                /* nothing lies below: nobody to relay to */
    bool has_node[FQ_AREAS_MAX]; /* by the area's place in the table */
};

/* Keeps `areas`, which stay as they are. */
void fq_relay_map_init(struct fq_relay_map *map, const struct fq_areas *areas, uint32_t own_area);
/* A node serves the area. */
void fq_relay_map_add(struct fq_relay_map *map, uint32_t area);
/* Whether an event of this origin is this node's to relay to the recipient (X2). */
bool fq_relay_is_here(const struct fq_relay_map *map, uint32_t origin, uint32_t recipient);

/* Note what the event, just folded into `dispute`, makes this node owe, under `lsn` (X4). `event` is
 * a fact, not a relay of one. False when the arena is full. */
bool fq_relay_owe(const struct fq_relay_map *map, const struct fq_view *view,
                  const struct fq_dispute *dispute, const struct fq_event *event, uint64_t lsn,
                  struct fq_arena *arena, struct fq_owed_list *list);

/* The relay of a stored record, to be written; borrows the record and `id_bytes`, which it fills.
 * False when the bytes are no record. */
bool fq_relay_make(const struct fq_event_id *id, struct fq_span record,
                   uint8_t id_bytes[FQ_EVENT_ID_SIZE], struct fq_event *out_relay);

#endif
