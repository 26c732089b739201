#include "fq/core/period_seal.h"

#include <string.h>

/* ---- the head ---- */

#define HEAD_VERSION 1
#define HEAD_FIELDS 18

static void write_id(struct fq_writer *writer, const struct fq_id *id)
{
    fq_write_bytes(writer, id->bytes, FQ_ID_SIZE);
}

static void write_hash(struct fq_writer *writer, const struct fq_hash *hash)
{
    fq_write_bytes(writer, hash->bytes, FQ_HASH_SIZE);
}

void fq_period_seal_encode(const struct fq_period_seal *seal, struct fq_writer *writer)
{
    uint8_t digest[16];

    fq_put_be64(digest, seal->digest.high);
    fq_put_be64(digest + 8, seal->digest.low);
    fq_write_array(writer, HEAD_FIELDS);
    fq_write_uint(writer, HEAD_VERSION);
    write_id(writer, &seal->id);
    fq_write_text(writer, seal->period);
    fq_write_uint(writer, seal->first_month);
    fq_write_uint(writer, seal->last_month);
    fq_write_uint(writer, seal->area);
    fq_write_uint(writer, seal->node);
    fq_write_uint(writer, seal->made_ms);
    fq_write_uint(writer, seal->flags);
    fq_write_uint(writer, seal->missing);
    fq_write_uint(writer, seal->metrics);
    fq_write_uint(writer, seal->count);
    fq_write_bytes(writer, digest, sizeof digest);
    write_hash(writer, &seal->marks);
    write_hash(writer, &seal->cells);
    write_hash(writer, &seal->root);
    write_hash(writer, &seal->notes);
    write_id(writer, &seal->previous);
}

static uint32_t read_u32(struct fq_reader *reader)
{
    uint64_t value = fq_read_uint(reader);

    reader->is_bad |= value > UINT32_MAX;
    return (uint32_t)value;
}

static uint16_t read_u16(struct fq_reader *reader)
{
    uint64_t value = fq_read_uint(reader);

    reader->is_bad |= value > UINT16_MAX;
    return (uint16_t)value;
}

/* What reads well may still be written otherwise, nil for 0 say: only what encode writes is a head. */
static bool is_as_encoded(const struct fq_period_seal *seal, struct fq_span head)
{
    uint8_t bytes[FQ_PERIOD_HEAD_MAX];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);

    fq_period_seal_encode(seal, &writer);
    return !writer.is_full && fq_span_equal(fq_writer_span(&writer), head);
}

bool fq_period_seal_decode(struct fq_span head, struct fq_period_seal *out_seal)
{
    struct fq_period_seal seal = {.node = 0};
    struct fq_reader reader = fq_reader_over(head);
    uint8_t digest[16] = {0};

    if (!fq_codec_scan(head) || fq_read_array(&reader) != HEAD_FIELDS ||
        fq_read_uint(&reader) != HEAD_VERSION) {
        return false;
    }
    fq_read_exact(&reader, seal.id.bytes, FQ_ID_SIZE);
    struct fq_span period = fq_read_text(&reader);
    if (period.size >= sizeof seal.period ||
        memchr(period.data ? period.data : head.data, '\0', period.size)) {
        return false;
    }
    memcpy(seal.period, period.size ? period.data : head.data, period.size);
    seal.first_month = read_u16(&reader);
    seal.last_month = read_u16(&reader);
    seal.area = read_u32(&reader);
    seal.node = read_u32(&reader);
    seal.made_ms = fq_read_uint(&reader);
    seal.flags = read_u32(&reader);
    seal.missing = read_u32(&reader);
    seal.metrics = read_u32(&reader);
    seal.count = fq_read_uint(&reader);
    fq_read_exact(&reader, digest, sizeof digest);
    seal.digest = (struct fq_digest){.high = fq_get_be64(digest), .low = fq_get_be64(digest + 8)};
    fq_read_exact(&reader, seal.marks.bytes, FQ_HASH_SIZE);
    fq_read_exact(&reader, seal.cells.bytes, FQ_HASH_SIZE);
    fq_read_exact(&reader, seal.root.bytes, FQ_HASH_SIZE);
    fq_read_exact(&reader, seal.notes.bytes, FQ_HASH_SIZE);
    fq_read_exact(&reader, seal.previous.bytes, FQ_ID_SIZE);
    if (reader.is_bad || seal.first_month == 0 || seal.first_month > seal.last_month ||
        seal.last_month >= UINT16_MAX || !is_as_encoded(&seal, head)) {
        return false;
    }
    *out_seal = seal;
    return true;
}

/* "FQP1" keeps a head from ever being taken for a batch's seal, and the other way round. */
static struct fq_span signed_bytes(struct fq_span head, uint8_t room[4 + FQ_PERIOD_HEAD_MAX])
{
    FQ_ASSERT(head.size <= FQ_PERIOD_HEAD_MAX);

    memcpy(room, "FQP1", 4);
    memcpy(room + 4, head.data, head.size);
    return fq_span_of(room, 4 + head.size);
}

void fq_period_seal_sign(const struct fq_sign_secret *secret, struct fq_span head,
                         uint8_t out_signature[FQ_SIGNATURE_SIZE])
{
    uint8_t room[4 + FQ_PERIOD_HEAD_MAX];

    fq_sign(secret, signed_bytes(head, room), out_signature);
}

bool fq_period_seal_verify(const struct fq_sign_public *key, struct fq_span head,
                           struct fq_span signature)
{
    uint8_t room[4 + FQ_PERIOD_HEAD_MAX];

    return signature.size == FQ_SIGNATURE_SIZE && head.size <= FQ_PERIOD_HEAD_MAX &&
           fq_sign_verify(key, signed_bytes(head, room), signature.data);
}

/* ---- records ---- */

bool fq_period_seal_write(const struct fq_period_seal *seal, struct fq_span head,
                          const uint8_t signature[FQ_SIGNATURE_SIZE],
                          uint8_t payload[FQ_PERIOD_PAYLOAD_MAX], struct fq_event *event)
{
    struct fq_writer writer = fq_writer_over(payload, FQ_PERIOD_PAYLOAD_MAX);

    fq_write_array(&writer, 2);
    fq_write_bytes(&writer, head.data, head.size);
    fq_write_bytes(&writer, signature, FQ_SIGNATURE_SIZE);
    event->kind = event->step = FQ_EVENT_CONTROL;
    event->area = seal->area;
    event->cmd_id = seal->id;
    event->value[FQ_FIELD_VERB] = FQ_CONTROL_PERIOD_SEAL;
    return !writer.is_full && fq_event_set_bytes(event, FQ_FIELD_PAYLOAD, fq_writer_span(&writer));
}

bool fq_period_seal_read(const struct fq_event *event, struct fq_period_seal *out_seal,
                         struct fq_span *out_head, struct fq_span *out_signature)
{
    struct fq_span payload = fq_event_bytes(event, FQ_FIELD_PAYLOAD);

    if (event->kind != FQ_EVENT_CONTROL || event->value[FQ_FIELD_VERB] != FQ_CONTROL_PERIOD_SEAL ||
        !fq_codec_scan(payload)) {
        return false;
    }
    struct fq_reader reader = fq_reader_over(payload);
    bool is_pair = fq_read_array(&reader) == 2;
    *out_head = fq_read_bytes(&reader);
    *out_signature = fq_read_bytes(&reader);
    return is_pair && !reader.is_bad && out_signature->size == FQ_SIGNATURE_SIZE &&
           out_head->size <= FQ_PERIOD_HEAD_MAX && fq_period_seal_decode(*out_head, out_seal) &&
           fq_id_equal(&out_seal->id, &event->cmd_id) && out_seal->area == event->area;
}

/* ---- the seals heard of ---- */

const struct fq_period_seal *fq_period_seals_find(const struct fq_period_seals *seals,
                                                  const struct fq_id *id)
{
    for (uint32_t i = 0; i < seals->count; i++) {
        if (fq_id_equal(&seals->rows[i].id, id)) {
            return &seals->rows[i];
        }
    }
    return NULL;
}

bool fq_period_seals_fold(struct fq_period_seals *seals, const struct fq_areas *areas,
                          const struct fq_event *event)
{
    struct fq_period_seal seal;
    struct fq_span head, signature;

    if (!fq_period_seal_read(event, &seal, &head, &signature) ||
        event->id.log.origin != seal.node ||
        !fq_areas_covers(areas, seal.node / 100, seal.area)) { /* X2 */
        return false;
    }
    const struct fq_period_seal *known = fq_period_seals_find(seals, &seal.id);
    if (known) {
        /* One node makes one seal of a command; should two claim it, the lesser is it everywhere. */
        struct fq_period_seal *row = &seals->rows[known - seals->rows];
        *row = seal.node < row->node ? seal : *row;
        return false;
    }
    if (seals->count == FQ_PERIOD_SEALS_MAX) {
        seals->dropped_count++;
        return false;
    }
    seals->rows[seals->count++] = seal;
    return true;
}

static bool is_newer(const struct fq_period_seal *a, const struct fq_period_seal *b)
{
    return a->made_ms != b->made_ms ? a->made_ms > b->made_ms
                                    : memcmp(a->id.bytes, b->id.bytes, FQ_ID_SIZE) > 0;
}

const struct fq_period_seal *fq_period_seals_newest(const struct fq_period_seals *seals,
                                                    uint16_t first_month, uint16_t last_month,
                                                    uint32_t area, uint32_t node)
{
    const struct fq_period_seal *newest = NULL;

    for (uint32_t i = 0; i < seals->count; i++) {
        const struct fq_period_seal *seal = &seals->rows[i];
        if (seal->first_month == first_month && seal->last_month == last_month &&
            seal->area == area && (node == 0 || seal->node == node) &&
            (!newest || is_newer(seal, newest))) {
            newest = seal;
        }
    }
    return newest;
}
