/* Any bytes as a batch: parsed, verified, decoded, numbered, told again. */
#include <stdlib.h>
#include <string.h>

#include "fq/core/feed.h"

static uint8_t memory[1024 * 1024] __attribute__((aligned(16)));

static void tell_again(const struct fq_batch *batch, const uint32_t *areas)
{
    static struct fq_feed feed;
    static struct fq_feed_reader reader;
    struct fq_arena arena = fq_arena_over(memory, sizeof memory);
    struct fq_span value;
    struct fq_arrival arrival;
    struct fq_event event;
    uint64_t lsn, prev;
    uint64_t told = 0;

    memset(&feed, 0, sizeof feed);
    if (!fq_feed_number(&feed, batch, areas, 1, &arena, &value)) {
        return;
    }
    FQ_ASSERT(feed.head == batch->record_count);
    FQ_ASSERT(fq_arrival_decode(value, &arrival));
    FQ_ASSERT(fq_feed_reader_init(&reader, batch, 1, &arrival));
    while (fq_feed_next(&reader, &event, &lsn, &prev)) {
        FQ_ASSERT(lsn == ++told);
        FQ_ASSERT(prev < lsn);
    }
    FQ_ASSERT(told == batch->record_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[32] = {1}; /* the key of the corpus */
    static struct fq_sign_public key;
    static struct fq_sign_secret secret;
    struct fq_span bytes = fq_span_of(data, size);
    static uint32_t areas[FQ_BATCH_RECORDS_MAX];
    struct fq_hash chain = {{0}};
    struct fq_batch batch;
    struct fq_arrival arrival;
    struct fq_why why;

    if (!key.bytes[0]) {
        fq_sign_pair(seed, &key, &secret);
    }
    (void)fq_arrival_decode(bytes, &arrival);
    if (fq_batch_parse(bytes, &batch, &why)) {
        return 0;
    }
    FQ_ASSERT(batch.records.data + batch.records.size == data + size); /* H3 */
    FQ_ASSERT(batch.seal.to_seq - batch.seal.from_seq + 1 == batch.record_count);
    bool is_chained = fq_batch_verify(&batch, &chain, NULL, &why) == FQ_OK;
    bool is_sealed = fq_batch_verify(&batch, &chain, &key, &why) == FQ_OK;
    FQ_ASSERT(is_chained || !is_sealed);
    if (fq_batch_areas(&batch, areas)) {
        tell_again(&batch, areas);
    }
    return 0;
}
