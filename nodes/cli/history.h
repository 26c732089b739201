/* The history of one dispute as its node tells it, and what a person means in it.
 *
 * S1  How a step stands is what its last event or correction says that no void names. */
#ifndef FQ_NODES_CLI_HISTORY_H
#define FQ_NODES_CLI_HISTORY_H

#include "desk.h"

struct history {
    struct fq_writer array;              /* the entries, smallest stamp first */
    uint8_t ids[FQ_EVENT_BYTES_MAX][64]; /* what history_fill decoded */
    size_t id_count;
};

/* Ask the node for it, or, when it cannot be reached, this computer. Release with history_close. */
FQ_CHECKED fq_err history_open(struct cli_desk *desk, const struct fq_id *dispute,
                               struct history *out_history, struct fq_why *out_why);
void history_close(struct history *history);

/* The entry that says how the step stands (S1); empty when there is none. */
struct fq_span history_standing(const struct history *history, unsigned kind);
/* The event a person means by its command id or the beginning of one, its number
 * (origin-epoch-seq or origin-stream-epoch-seq), or the name or verb of a step of which one event is
 * live. Refuses with EVENT_NAME. */
FQ_CHECKED fq_err history_find(const struct history *history, const char *name,
                               struct fq_span *out_entry, struct fq_why *out_why);
/* The identity of an entry's event. */
void history_id(struct fq_span entry, uint8_t out_id[FQ_EVENT_ID_SIZE]);
/* Fill the fields of `kind` that are not in the mask `given`, the date and the unit when they are 0,
 * as the entry has them. Bytes are borrowed from the history. */
FQ_CHECKED fq_err history_fill(struct history *history, const struct fq_codes *codes,
                               struct fq_span entry, unsigned kind, uint64_t given,
                               struct fq_event *event, struct fq_why *out_why);

#endif
