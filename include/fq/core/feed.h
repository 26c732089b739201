/* The feed's bookkeeping: local numbers (lsn) and the links that make a hole visible.
 *
 * Every event a node takes in gets the next lsn, in the order of arrival; `prev` is the lsn of the
 * event before it in the same area. The value of the column family `arrival` keeps what is needed
 * to tell both again for any batch without reading another:
 *
 *   key   first_lsn8
 *   value log_key20 wall_ms8 count4 then per area in the batch: area4 prev8
 *
 * The value of the column family `log` is first_lsn8 and the batch's bytes.
 *
 * P1  lsn is dense and strictly increasing at a node; it means nothing elsewhere.
 * P2  A replay tells the same lsn and prev as the live feed did. */
#ifndef FQ_CORE_FEED_H
#define FQ_CORE_FEED_H

#include "fq/core/frontier.h"

#define FQ_FEED_AREAS_MAX 8192
#define FQ_STORE_FORMAT 1           /* of all column families together */
#define FQ_FEED_BATCH_AREAS_MAX 256 /* areas that one batch may speak of */
#define FQ_LOG_VALUE_HEAD 8         /* first_lsn before the batch in a log value */

struct fq_feed_area {
    uint32_t area;
    uint64_t last_lsn;
};

struct fq_feed {
    uint64_t head;                                /* last lsn given out */
    struct fq_feed_area areas[FQ_FEED_AREAS_MAX]; /* open addressing; area 0 is free */
    uint32_t area_count;
};

/* The lsn of the last event of `area`; 0 when there was none. */
uint64_t fq_feed_last(const struct fq_feed *feed, uint32_t area);
/* Set it, when loading. Areas beyond what the table holds are left out: more than any
 * area table has can only be made up, and a made-up area must not stop a node. */
void fq_feed_set_last(struct fq_feed *feed, uint32_t area, uint64_t lsn);
/* Note that events of these areas, one after the other from `first_lsn` on, are the newest. */
void fq_feed_note(struct fq_feed *feed, const uint32_t *areas, uint32_t count, uint64_t first_lsn);
/* Number the records of a batch, whose `areas` are given (fq_batch_areas): head grows by their count.
 * Gives the arrival value in the arena; false, with nothing changed, when the arena is full. Of a
 * batch that speaks of more areas than FQ_FEED_BATCH_AREAS_MAX the later ones have no link: their
 * prev is 0. */
bool fq_feed_number(struct fq_feed *feed, const struct fq_batch *batch, const uint32_t *areas,
                    uint64_t wall_ms, struct fq_arena *arena, struct fq_span *out_arrival);

struct fq_arrival {           /* a decoded arrival value */
    struct fq_event_id first; /* log and first sequence */
    uint64_t wall_ms;
    uint32_t count;
    struct fq_span links; /* area4 prev8 each */
};

bool fq_arrival_decode(struct fq_span value, struct fq_arrival *out_arrival);
void fq_log_key_encode(const struct fq_event_id *first, uint8_t out[FQ_LOG_KEY_SIZE]);

/* Walks the events of one batch with their lsn and prev. */
struct fq_feed_reader {
    struct fq_batch_reader events;
    uint64_t next_lsn;
    struct fq_feed_area
        seen[FQ_FEED_BATCH_AREAS_MAX]; /* areas of the batch, with their last lsn so far */
    uint32_t seen_count;
};

bool fq_feed_reader_init(struct fq_feed_reader *reader, const struct fq_batch *batch,
                         uint64_t first_lsn, const struct fq_arrival *arrival);
/* The next event; false at the end or on bytes that do not decode. */
bool fq_feed_next(struct fq_feed_reader *reader, struct fq_event *out_event, uint64_t *out_lsn,
                  uint64_t *out_prev);

#endif
