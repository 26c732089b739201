/* Batches: the unit of signing, shipping and storing.
 *
 * batch = [seal, signature, [record, ...]]
 * seal  = [alg, origin, stream, epoch, from_seq, to_seq, chain_to, hlc, cert_serial]
 *         and, in a log's first batch (from_seq = 1), a tenth element: the instance.
 * The signature is Ed25519 over "FQS1" and the bytes of the seal; the seal binds the records
 * through chain_to = BLAKE2b-256(chain before || from_seq as 8 bytes || record bytes), and
 * chain_0 = BLAKE2b-256("FQ1" || origin || stream || epoch || instance), integers big-endian.
 *
 * H1  A batch holds 1 to 4,096 records and at most 256 KiB.
 * H2  Whole batches only: a frontier is always at a batch boundary.
 * H3  What is verified, stored and forwarded is the bytes as the origin wrote them. */
#ifndef FQ_CORE_BATCH_H
#define FQ_CORE_BATCH_H

#include "fq/base/hash.h"
#include "fq/base/sign.h"
#include "fq/core/event.h"

#define FQ_BATCH_RECORDS_MAX 4096
#define FQ_BATCH_SIZE_MAX (256 * 1024)
#define FQ_BATCH_OVERHEAD 256 /* room that seal and signature take at most */
#define FQ_SEAL_ED25519 1

struct fq_seal {
    struct fq_log_id log;
    uint64_t from_seq, to_seq;
    struct fq_hash chain_to;
    uint64_t hlc;
    uint64_t cert_serial;
    struct fq_id instance; /* zero unless from_seq is 1 */
};

struct fq_batch {
    struct fq_seal seal;
    struct fq_span bytes;      /* all of it */
    struct fq_span seal_bytes; /* what is signed, without "FQS1" */
    const uint8_t *signature;
    struct fq_span records; /* the records, one after the other */
    uint32_t record_count;
};

void fq_chain_first(const struct fq_log_id *log, const struct fq_id *instance,
                    struct fq_hash *out_chain);
void fq_chain_next(const struct fq_hash *chain, uint64_t from_seq, struct fq_span records,
                   struct fq_hash *out_chain);

/* Parse and pre-scan; borrows `bytes`. Refuses with BYTES: bad MessagePack, wrong shape, H1, a
 * count that does not fit the sequence range. */
FQ_CHECKED fq_err fq_batch_parse(struct fq_span bytes, struct fq_batch *out_batch,
                                 struct fq_why *out_why);
/* Check that the batch continues `chain` (ignored for from_seq 1) and that `key` sealed it. Fails
 * with CHAIN or SEAL; a NULL key checks the chain alone. */
FQ_CHECKED fq_err fq_batch_verify(const struct fq_batch *batch, const struct fq_hash *chain,
                                  const struct fq_sign_public *key, struct fq_why *out_why);
/* Seal `record_count` records (their bytes one after the other) into a batch in the arena, which is
 * what fq_batch_parse would make of its bytes. `seal->chain_to` is computed from `chain`. False when
 * the arena is full. */
bool fq_batch_seal(const struct fq_seal *seal, const struct fq_hash *chain, struct fq_span records,
                   uint32_t record_count, const struct fq_sign_secret *secret,
                   struct fq_arena *arena, struct fq_batch *out_batch);

/* Walks the events of a batch, some at a time. */
struct fq_batch_reader {
    struct fq_reader reader;
    struct fq_event_id next_id;
    uint32_t left;
};

struct fq_batch_reader fq_batch_reader_over(const struct fq_batch *batch);
/* Decode the next events, at most `max`; gives how many. Fewer than asked for at the end, or when a
 * record does not decode. */
uint32_t fq_batch_read(struct fq_batch_reader *reader, struct fq_event *events, uint32_t max);
/* True when all records were read and nothing lies behind them. */
bool fq_batch_is_read(const struct fq_batch_reader *reader);
/* The area of each record; `out_areas` has room for all of them. False when one does not decode. */
bool fq_batch_areas(const struct fq_batch *batch, uint32_t *out_areas);

#endif
