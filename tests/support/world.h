/* A small province to test in, and views over memory of their own.
 *
 * Province 410000; city 410100 with counties 410102, 410105 and 410108; city 410300 with county
 * 410302; county 419001 directly under the province. Codes are the shipped ones. Everything here
 * ends the test program when it cannot do what it says. */
#ifndef FQ_TESTS_WORLD_H
#define FQ_TESTS_WORLD_H

#include "fq/core/merge.h"

#define WORLD_PROVINCE 410000u
#define WORLD_CITY 410100u
#define WORLD_COUNTY 410105u
#define WORLD_NEIGHBOUR 410102u /* of the same city */
#define WORLD_THIRD 410108u
#define WORLD_OTHER_CITY 410300u
#define WORLD_FAR 410302u /* of the other city */
#define WORLD_DIRECT 419001u

struct world {
    struct fq_areas areas;
    struct fq_codes codes;
    struct fq_arena memory;
};

struct world_view {
    const struct world *world;
    struct fq_arena frontier_memory;
    struct fq_view_memory memory;
    struct fq_frontier frontier;
    struct fq_view view;
};

void world_open(struct world *world);
void world_close(struct world *world);

/* An empty view; gives a view for world_view_close. Keeps `world`. */
struct world_view *world_view_open(const struct world *world);
/* As above with room for `bytes` bytes of each kind only. */
struct world_view *world_view_open_small(const struct world *world, size_t bytes);
void world_view_close(struct world_view *held);

/* Fold the event as a receiver would: encoded, scanned, decoded, merged. */
enum fq_merged world_tell(struct world_view *held, const struct fq_event *event);
/* Fold the record of the event `id`; false when it does not decode. */
bool world_tell_record(struct world_view *held, const struct fq_event_id *id,
                       struct fq_span record);
/* A new view with the logs of `held` and these rows of fq_view_encode, in the order of their places. */
struct world_view *world_load(const struct world_view *held, const struct fq_span *rows,
                              uint32_t count);
/* A new view with what `held` keeps written behind and loaded again; closes `held`. */
struct world_view *world_restart(struct world_view *held);

/* The value of a cell, 0 when there is none; months are written 2021-03. */
int64_t world_cell(const struct world_view *held, uint32_t area, const char *month,
                   enum fq_measure measure);
int64_t world_cell_of(const struct world_view *held, enum fq_cell_table table, uint32_t area,
                      const char *month, uint16_t dimension, enum fq_measure measure);
/* The stock at the end of the month: the sum of its changes up to then. */
int64_t world_stock(const struct world_view *held, uint32_t area, const char *month,
                    enum fq_measure measure);
/* The measure summed over all areas and months. */
int64_t world_sum(const struct world_view *held, enum fq_measure measure);

uint16_t world_date(const char *text);  /* 2021-03-04 */
uint16_t world_month(const char *text); /* 2021-03 */
/* An id that begins with `first` and is else zero. */
struct fq_id world_id(uint8_t first);

/* Whether two views hold the same: cells, digest, counts, and every dispute's state and facts.
 * Otherwise says on stdout, as a TAP remark, what differs first. */
bool world_is_same(struct world_view *a, struct world_view *b);
bool world_is_same_view(struct fq_view *a, struct fq_view *b);

#endif
