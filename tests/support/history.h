/* Random histories: what several nodes might have written about a few disputes.
 *
 * A history holds every kind of event over six logs of four tiers and two epochs: corrections, voids
 * before and after what they name, merges both ways, second registrations, facts without any
 * registration, commands written again under another origin, relays (some of events that came no
 * other way), concurrent revisions, kinds and fields of later versions, and bodies with any codes. */
#ifndef FQ_TESTS_HISTORY_H
#define FQ_TESTS_HISTORY_H

#include "random.h"
#include "world.h"

#define HISTORY_ENTRIES_MAX 1024
#define HISTORY_BYTES_MAX (HISTORY_ENTRIES_MAX * 2 * 1024)

struct history_entry {
    struct fq_event_id id;
    struct fq_span record; /* in the history's bytes */
};

struct history {
    struct history_entry entries[HISTORY_ENTRIES_MAX];
    uint32_t count;
    uint8_t bytes[HISTORY_BYTES_MAX];
    size_t used;
};

/* Draw a history of up to `length` events; it fills `history` anew. */
void history_draw(struct history *history, uint32_t length, struct random *random);
/* Put the entries into another order; their records stay where they are. */
void history_shuffle(struct history *history, struct random *random);
/* Decode an entry; its bytes are borrowed from the history. */
void history_event(const struct history_entry *entry, struct fq_event *out_event);
/* One line per event on stdout, as TAP remarks. */
void history_print(const struct history *history);

#endif
