/* Coverage: who reported what in which month, and how that stands to the deadlines of the calendar.
 *
 * A tally over the facts a node took in, each once, in the order of arrival. The view cannot tell: it
 * is the same whatever came when. A row counts the facts of one reporter and one business month that
 * made the same deadlines, so that any period can be asked for: it is reported when its last month is.
 *
 * G1  A fact counts for the node that wrote it and for the unit that acts. Relays are copies: they
 *     count nothing.
 * G2  In time is what a unit recorded by the units' deadline, a county by the counties', and what
 *     arrived by the counties' deadline. Recorded late is what was recorded after its deadline. What
 *     was recorded in time and arrived here after the counties' deadline arrived late. Each is one of
 *     the three.
 * G3  The tally is a function of the log, the arrivals and the calendar: made anew from them it is the
 *     same, and it is made anew when the calendar is another. */
#ifndef FQ_CORE_COVERAGE_H
#define FQ_CORE_COVERAGE_H

#include "fq/core/batch.h"
#include "fq/core/calendar.h"
#include "fq/core/index.h"

#define FQ_COVERAGE_ROWS_MAX (1u << 21)
#define FQ_COVERAGE_UNIT_LEAST UINT64_C(1000000000) /* codes of units have ten digits, areas six */

struct fq_coverage_row {
    uint64_t key; /* a unit, or the area of the node that wrote */
    uint64_t count;
    uint32_t sweeps;            /* of them, those that tell of a screening */
    uint16_t month;             /* of business */
    uint16_t recorded, arrived; /* the first months whose deadlines were met, not before `month` */
    uint16_t first_day, last_day; /* of business */
};

/* Regions the tally grows in, each used for nothing else. */
struct fq_coverage_memory {
    struct fq_arena rows, heads, links, nodes;
};

struct fq_coverage {
    const struct fq_calendar *calendar;
    struct fq_coverage_memory memory;
    struct fq_coverage_row *rows; /* in the order they were first needed */
    struct fq_index index;
    uint32_t *node_rows; /* those of nodes, for units are many more */
    uint32_t node_row_count;
    uint32_t last;          /* the row taken last, mostly needed again */
    uint64_t dropped_count; /* facts there was no room for */
};

/* Bytes of each region for FQ_COVERAGE_ROWS_MAX rows. */
#define FQ_COVERAGE_ROWS_SIZE (FQ_COVERAGE_ROWS_MAX * sizeof(struct fq_coverage_row))
#define FQ_COVERAGE_HEADS_SIZE (FQ_COVERAGE_ROWS_MAX * sizeof(uint32_t))
#define FQ_COVERAGE_LINKS_SIZE (FQ_COVERAGE_ROWS_MAX * sizeof(struct fq_index_link))
#define FQ_COVERAGE_NODES_SIZE (FQ_COVERAGE_ROWS_MAX * sizeof(uint32_t))

/* Keeps the calendar; takes the regions, which must be zero-filled. */
void fq_coverage_init(struct fq_coverage *coverage, const struct fq_calendar *calendar,
                      const struct fq_coverage_memory *memory);
/* Count a fact that arrived at this instant. The rows that changed are told to `changed`, unless NULL. */
typedef void fq_coverage_changed(void *context, uint32_t row);
void fq_coverage_take(struct fq_coverage *coverage, const struct fq_event *event,
                      uint64_t arrived_ms, fq_coverage_changed *changed, void *context);
/* Count the facts of a batch; what does not decode counts nothing. */
void fq_coverage_take_batch(struct fq_coverage *coverage, const struct fq_batch *batch,
                            uint64_t arrived_ms, fq_coverage_changed *changed, void *context);
/* Add a row that was kept; false when there is no room. */
bool fq_coverage_restore(struct fq_coverage *coverage, const struct fq_coverage_row *row);

/* What became of the facts of a period. */
struct fq_punctuality {
    uint64_t in_time, recorded_late, arrived_late;
    uint64_t sweeps;              /* of all of them */
    uint16_t first_day, last_day; /* of the facts there are, 0 none */
};

/* Add what the row says of the months, which end with `last_month`; false when it says nothing (G2). */
bool fq_coverage_add(const struct fq_coverage_row *row, uint16_t first_month, uint16_t last_month,
                     struct fq_punctuality *punctuality);

#endif
