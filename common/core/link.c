#include "fq/core/link.h"

#include <string.h>

bool fq_link_decode(struct fq_span frame, struct fq_link_message *out_message)
{
    if (frame.size < FQ_LINK_HEADER_SIZE || memcmp(frame.data, FQ_LINK_MAGIC, 4) != 0) {
        return false;
    }
    struct fq_span body =
        fq_span_of(frame.data + FQ_LINK_HEADER_SIZE, frame.size - FQ_LINK_HEADER_SIZE);
    uint8_t type = frame.data[4];
    if (type < FQ_LINK_HELLO || type >= FQ_LINK_TYPES || frame.data[5] != FQ_LINK_PROTO ||
        fq_get_be32(frame.data + 20) != body.size ||
        fq_get_be64(frame.data + 24) != fq_hash_quick(body) || !fq_codec_scan(body)) {
        return false;
    }
    *out_message = (struct fq_link_message){
        .type = (enum fq_link_type)type,
        .session = fq_get_be64(frame.data + 8),
        .mseq = fq_get_be32(frame.data + 16),
        .body = body,
    };
    return true;
}

struct fq_writer fq_link_begin(struct fq_arena *arena, size_t body_size)
{
    struct fq_writer writer = fq_writer_take(arena, FQ_LINK_HEADER_SIZE + body_size);

    if (!writer.is_full) {
        writer.used = FQ_LINK_HEADER_SIZE;
    }
    return writer;
}

struct fq_span fq_link_end(struct fq_writer *writer, enum fq_link_type type, uint64_t session,
                           uint32_t mseq)
{
    if (writer->is_full) {
        return (struct fq_span){0};
    }
    struct fq_span body =
        fq_span_of(writer->base + FQ_LINK_HEADER_SIZE, writer->used - FQ_LINK_HEADER_SIZE);
    memcpy(writer->base, FQ_LINK_MAGIC, 4);
    writer->base[4] = (uint8_t)type;
    writer->base[5] = FQ_LINK_PROTO;
    fq_put_be16(writer->base + 6, 0);
    fq_put_be64(writer->base + 8, session);
    fq_put_be32(writer->base + 16, mseq);
    fq_put_be32(writer->base + 20, (uint32_t)body.size);
    fq_put_be64(writer->base + 24, fq_hash_quick(body));
    return fq_writer_span(writer);
}

void fq_link_write_log(struct fq_writer *writer, const struct fq_log_id *log)
{
    fq_write_uint(writer, log->origin);
    fq_write_uint(writer, log->stream);
    fq_write_uint(writer, log->epoch);
}

bool fq_link_read_log(struct fq_reader *reader, struct fq_log_id *out_log)
{
    uint64_t origin = fq_read_uint(reader);
    uint64_t stream = fq_read_uint(reader);
    uint64_t epoch = fq_read_uint(reader);

    *out_log = (struct fq_log_id){(uint32_t)origin, (uint32_t)stream, (uint32_t)epoch};
    return !reader->is_bad && origin <= UINT32_MAX && stream <= UINT32_MAX && epoch <= UINT32_MAX;
}
