/* Seals at a node: making one, keeping the whole of it, reading it again.
 *
 * A seal is made of what the node holds when the request is taken in, before the turn thinks; its head
 * becomes a control record of the same turn, and the whole is stored in the same commit. It is answered
 * when both are on disk. The work is done at one go (the bench says how long); a node of five million
 * disputes stays silent for less than its children wait. */
#ifndef FQ_NODES_SEAL_H
#define FQ_NODES_SEAL_H

#include "service.h"
#include "writes.h"

#include "fq/core/period_figures.h"

/* Column family seal: id16 part1 index4 -> bytes. */
enum fq_seal_part {
    FQ_SEAL_HEAD,   /* [head, signature, notes, lsn, cell chunks, leaf chunks] */
    FQ_SEAL_MARKS,  /* fq_marks_encode */
    FQ_SEAL_CELLS,  /* some cells, one after the other */
    FQ_SEAL_LEAVES, /* FQ_SEAL_LEAVES_CHUNK leaves: id16 hash32 each */
    FQ_SEAL_ROOTS,  /* of the chunks of leaves: first id16 root32 each */
};
#define FQ_SEAL_LEAVES_CHUNK 4096 /* a power of two: their root is a subtree's */
#define FQ_SEAL_LEAF_SIZE (FQ_ID_SIZE + FQ_HASH_SIZE)
#define FQ_SEAL_CELLS_CHUNK ((size_t)128 * 1024)

/* A seal being made in this turn. */
struct fq_sealing {
    size_t token; /* the query's place */
    struct fq_period_seal seal;
    struct fq_span *rows; /* key and value in turn */
    uint32_t row_count;
};

/* Take a request `period.seal`: make the seal and hand its record to the core. Fails as the answer says;
 * nothing is then handed on. */
FQ_CHECKED fq_err fq_seal_take(struct fq_node *node, struct fq_query *query,
                               struct fq_why *out_why);
/* How many writes the turn's seal needs; put them when the core took its record. */
size_t fq_seal_writes_max(const struct fq_node *node);
void fq_seal_put(const struct fq_node *node, struct fq_writes *writes);
/* Answer with the seal that the core's verdict is about. */
FQ_CHECKED fq_err fq_seal_answer(const struct fq_node *node, const struct fq_reply *reply,
                                 const struct fq_query *query, struct fq_writer *writer,
                                 struct fq_why *out_why);

/* ---- what is kept ---- */

struct fq_seal_store {
    struct fq_span head, signature, notes, marks;
    uint64_t lsn; /* head of the log when it was made */
    uint32_t cell_chunks, leaf_chunks;
};

/* The seal as this node keeps it, in the turn's arena. Fails with SEAL_ELSEWHERE when it keeps only the
 * head. */
FQ_CHECKED fq_err fq_seal_store_open(struct fq_node *node, const struct fq_period_seal *seal,
                                     struct fq_seal_store *out_stored, struct fq_why *out_why);
/* One part of it, likewise. */
FQ_CHECKED fq_err fq_seal_store_part(struct fq_node *node, const struct fq_period_seal *seal,
                                     enum fq_seal_part part, uint32_t index,
                                     struct fq_span *out_bytes, struct fq_why *out_why);
/* Whether the whole of it is kept here. */
bool fq_seal_is_kept(const struct fq_node *node, const struct fq_period_seal *seal);
/* The salt of its leaves, out of its notes. */
bool fq_seal_salt(struct fq_span notes, struct fq_id *out_salt);

/* The seal that args.seal names, as fq_lookback_find_seal; in period.c. */
FQ_CHECKED fq_err fq_service_read_seal(struct fq_node *node, struct fq_span args,
                                       const struct fq_period_seal **out_seal,
                                       struct fq_why *out_why);

/* A seal as a row of a list: FQ_SEAL_PAIRS pairs. */
#define FQ_SEAL_PAIRS 17
void fq_seal_describe(const struct fq_node *node, const struct fq_period_seal *seal,
                      struct fq_writer *writer);

#endif
