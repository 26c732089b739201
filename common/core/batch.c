#include "fq/core/batch.h"

#include <string.h>

#define SEAL_FIELDS 9 /* a log's first batch has one more, the instance */

static const char seal_domain[4] = {'F', 'Q', 'S', '1'};

void fq_chain_first(const struct fq_log_id *log, const struct fq_id *instance,
                    struct fq_hash *out_chain)
{
    uint8_t numbers[12];

    fq_put_be32(numbers, log->origin);
    fq_put_be32(numbers + 4, log->stream);
    fq_put_be32(numbers + 8, log->epoch);
    const struct fq_span spans[] = {
        fq_span_text("FQ1"),
        fq_span_of(numbers, sizeof numbers),
        fq_span_of(instance->bytes, FQ_ID_SIZE),
    };
    fq_hash_spans(spans, 3, out_chain);
}

void fq_chain_next(const struct fq_hash *chain, uint64_t from_seq, struct fq_span records,
                   struct fq_hash *out_chain)
{
    uint8_t number[8];

    fq_put_be64(number, from_seq);
    const struct fq_span spans[] = {
        fq_span_of(chain->bytes, FQ_HASH_SIZE),
        fq_span_of(number, sizeof number),
        records,
    };
    fq_hash_spans(spans, 3, out_chain);
}

/* ---- parse ---- */

static void read_seal(struct fq_reader *reader, struct fq_seal *seal)
{
    uint32_t count = fq_read_array(reader);
    uint64_t alg = fq_read_uint(reader);
    uint64_t origin = fq_read_uint(reader);
    uint64_t stream = fq_read_uint(reader);
    uint64_t epoch = fq_read_uint(reader);

    seal->from_seq = fq_read_uint(reader);
    seal->to_seq = fq_read_uint(reader);
    fq_read_exact(reader, seal->chain_to.bytes, FQ_HASH_SIZE);
    seal->hlc = fq_read_uint(reader);
    seal->cert_serial = fq_read_uint(reader);
    if (alg != FQ_SEAL_ED25519 || origin > UINT32_MAX || stream > UINT32_MAX ||
        epoch > UINT32_MAX || count != (seal->from_seq == 1 ? SEAL_FIELDS + 1 : SEAL_FIELDS)) {
        reader->is_bad = true;
        return;
    }
    if (seal->from_seq == 1) {
        fq_read_exact(reader, seal->instance.bytes, FQ_ID_SIZE);
    }
    seal->log = (struct fq_log_id){(uint32_t)origin, (uint32_t)stream, (uint32_t)epoch};
}

static bool is_count_right(const struct fq_batch *batch)
{
    uint64_t from = batch->seal.from_seq;
    uint64_t to = batch->seal.to_seq;

    return batch->record_count >= 1 && batch->record_count <= FQ_BATCH_RECORDS_MAX && from >= 1 &&
           to >= from && to - from == batch->record_count - 1;
}

fq_err fq_batch_parse(struct fq_span bytes, struct fq_batch *out_batch, struct fq_why *out_why)
{
    struct fq_batch batch = {.bytes = bytes};

    if (bytes.size > FQ_BATCH_SIZE_MAX || !fq_codec_scan(bytes)) {
        return fq_fail(out_why, FQ_REASON_BYTES, "batch of %zu bytes", bytes.size);
    }
    struct fq_reader reader = fq_reader_over(bytes);
    if (fq_read_array(&reader) != 3) {
        return fq_fail(out_why, FQ_REASON_BYTES, "a batch has three parts");
    }
    const uint8_t *seal_begin = reader.at;
    read_seal(&reader, &batch.seal);
    batch.seal_bytes = fq_span_of(seal_begin, (size_t)(reader.at - seal_begin));
    struct fq_span signature = fq_read_bytes(&reader);
    batch.record_count = fq_read_array(&reader);
    if (reader.is_bad || signature.size != FQ_SIGNATURE_SIZE || !is_count_right(&batch)) {
        return fq_fail(out_why, FQ_REASON_BYTES, "batch seal or record count");
    }
    batch.signature = signature.data;
    batch.records = fq_span_of(reader.at, (size_t)(reader.end - reader.at));
    *out_batch = batch;
    return FQ_OK;
}

/* ---- verify ---- */

/* "FQS1" and the seal, copied together to be signed. */
static struct fq_span signed_bytes(struct fq_span seal_bytes, uint8_t buffer[FQ_BATCH_OVERHEAD])
{
    FQ_ASSERT(seal_bytes.size <= FQ_BATCH_OVERHEAD - sizeof seal_domain);

    memcpy(buffer, seal_domain, sizeof seal_domain);
    memcpy(buffer + sizeof seal_domain, seal_bytes.data, seal_bytes.size);
    return fq_span_of(buffer, sizeof seal_domain + seal_bytes.size);
}

fq_err fq_batch_verify(const struct fq_batch *batch, const struct fq_hash *chain,
                       const struct fq_sign_public *key, struct fq_why *out_why)
{
    const struct fq_seal *seal = &batch->seal;
    uint8_t buffer[FQ_BATCH_OVERHEAD];
    struct fq_hash before = {{0}};
    struct fq_hash after;

    if (seal->from_seq == 1) {
        fq_chain_first(&seal->log, &seal->instance, &before);
    } else if (chain) {
        before = *chain;
    }
    fq_chain_next(&before, seal->from_seq, batch->records, &after);
    if (!fq_hash_equal(&after, &seal->chain_to)) {
        return fq_fail(out_why, FQ_REASON_CHAIN, "%08u-%u-%u-%llu..%llu", seal->log.origin,
                       seal->log.stream, seal->log.epoch, (unsigned long long)seal->from_seq,
                       (unsigned long long)seal->to_seq);
    }
    if (batch->seal_bytes.size > FQ_BATCH_OVERHEAD - sizeof seal_domain ||
        (key && !fq_sign_verify(key, signed_bytes(batch->seal_bytes, buffer), batch->signature))) {
        return fq_fail(out_why, FQ_REASON_SEAL, "%08u-%u-%u-%llu..%llu", seal->log.origin,
                       seal->log.stream, seal->log.epoch, (unsigned long long)seal->from_seq,
                       (unsigned long long)seal->to_seq);
    }
    return FQ_OK;
}

/* ---- seal ---- */

static void write_seal(const struct fq_seal *seal, struct fq_writer *writer)
{
    bool is_first = seal->from_seq == 1;

    fq_write_array(writer, is_first ? SEAL_FIELDS + 1 : SEAL_FIELDS);
    fq_write_uint(writer, FQ_SEAL_ED25519);
    fq_write_uint(writer, seal->log.origin);
    fq_write_uint(writer, seal->log.stream);
    fq_write_uint(writer, seal->log.epoch);
    fq_write_uint(writer, seal->from_seq);
    fq_write_uint(writer, seal->to_seq);
    fq_write_bytes(writer, seal->chain_to.bytes, FQ_HASH_SIZE);
    fq_write_uint(writer, seal->hlc);
    fq_write_uint(writer, seal->cert_serial);
    if (is_first) {
        fq_write_bytes(writer, seal->instance.bytes, FQ_ID_SIZE);
    }
}

bool fq_batch_seal(const struct fq_seal *seal, const struct fq_hash *chain, struct fq_span records,
                   uint32_t record_count, const struct fq_sign_secret *secret,
                   struct fq_arena *arena, struct fq_batch *out_batch)
{
    FQ_ASSERT(record_count >= 1);
    FQ_ASSERT(record_count <= FQ_BATCH_RECORDS_MAX);
    FQ_ASSERT(records.size <= FQ_BATCH_SIZE_MAX - FQ_BATCH_OVERHEAD);

    uint8_t buffer[FQ_BATCH_OVERHEAD];
    uint8_t signature[FQ_SIGNATURE_SIZE];
    struct fq_hash before;
    struct fq_batch batch = {.seal = *seal, .record_count = record_count};

    if (seal->from_seq == 1) {
        fq_chain_first(&seal->log, &seal->instance, &before);
    } else {
        before = *chain;
    }
    fq_chain_next(&before, seal->from_seq, records, &batch.seal.chain_to);
    struct fq_writer writer = fq_writer_take(arena, records.size + FQ_BATCH_OVERHEAD);
    fq_write_array(&writer, 3);
    size_t seal_at = writer.used;
    write_seal(&batch.seal, &writer);
    if (writer.is_full) {
        return false;
    }
    batch.seal_bytes = fq_span_of(writer.base + seal_at, writer.used - seal_at);
    fq_sign(secret, signed_bytes(batch.seal_bytes, buffer), signature);
    fq_write_bytes(&writer, signature, sizeof signature);
    batch.signature = writer.base + writer.used - sizeof signature;
    fq_write_array(&writer, record_count);
    batch.records = fq_span_of(writer.base + writer.used, records.size);
    fq_write_raw(&writer, records);
    batch.bytes = fq_writer_span(&writer);
    *out_batch = batch;
    return !writer.is_full;
}

/* ---- read ---- */

struct fq_batch_reader fq_batch_reader_over(const struct fq_batch *batch)
{
    return (struct fq_batch_reader){
        .reader = fq_reader_over(batch->records),
        .next_id = {batch->seal.log, batch->seal.from_seq},
        .left = batch->record_count,
    };
}

uint32_t fq_batch_read(struct fq_batch_reader *reader, struct fq_event *events, uint32_t max)
{
    uint32_t count = 0;

    while (count < max && reader->left > 0 &&
           fq_event_decode(&reader->reader, reader->next_id, &events[count])) {
        reader->next_id.seq++;
        reader->left--;
        count++;
    }
    return count;
}

bool fq_batch_is_read(const struct fq_batch_reader *reader)
{
    return reader->left == 0 && reader->reader.at == reader->reader.end;
}

bool fq_batch_areas(const struct fq_batch *batch, uint32_t *out_areas)
{
    struct fq_batch_reader reader = fq_batch_reader_over(batch);
    struct fq_event event;

    while (fq_batch_read(&reader, &event, 1)) {
        *out_areas++ = event.area;
    }
    return fq_batch_is_read(&reader);
}
