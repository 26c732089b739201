#include "fq/core/codec.h"

#include <string.h>

#include <msgpack.h>

/* ---- scan ---- */

/* What the first byte of a value says: the size of its head, the bytes and the values that follow
 * the head. `is_bad` for what K1 refuses. */
struct head {
    enum fq_codec_type type;
    size_t size;
    uint64_t payload;  /* bytes after the head */
    uint64_t children; /* values after the head; a map's pairs count twice */
    uint64_t number;   /* of UINT, INT (two's complement), BOOL */
    bool is_bad;
};

static uint64_t be_number(const uint8_t *at, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++) {
        number = number << 8 | at[i];
    }
    return number;
}

static struct head head_uint(const uint8_t *at, size_t width)
{
    static const uint64_t least[] = {0, 128, 256, 0, 65536, 0, 0, 0, UINT64_C(1) << 32};
    uint64_t number = be_number(at + 1, width);

    return (struct head){.type = FQ_CODEC_UINT,
                         .size = 1 + width,
                         .number = number,
                         .is_bad = number < least[width]};
}

static struct head head_int(const uint8_t *at, size_t width)
{
    static const int64_t most[] = {0, -33, -129, 0, -32769, 0, 0, 0, -INT64_C(2147483649)};
    uint64_t raw = be_number(at + 1, width);
    unsigned shift = (unsigned)(64 - 8 * width);
    int64_t number = (int64_t)(raw << shift) >> shift;

    return (struct head){.type = FQ_CODEC_INT,
                         .size = 1 + width,
                         .number = (uint64_t)number,
                         .is_bad = number > most[width]};
}

/* str, bin, array or map with its length in `width` bytes; `least` is the smallest minimal one. */
static struct head head_sized(const uint8_t *at, enum fq_codec_type type, size_t width,
                              uint64_t least)
{
    uint64_t length = be_number(at + 1, width);
    struct head head = {.type = type, .size = 1 + width, .is_bad = length < least};

    if (type == FQ_CODEC_TEXT || type == FQ_CODEC_BYTES) {
        head.payload = length;
    } else {
        head.children = type == FQ_CODEC_MAP ? 2 * length : length;
    }
    return head;
}

/* The width in bytes of what follows the first byte, for 0xc4 to 0xdf. */
static size_t head_width(uint8_t first)
{
    static const uint8_t widths[] = {
        1, 2, 4, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, /* c4..d3 */
        0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4,             /* d4..df */
    };

    return first < 0xc4 ? 0 : first > 0xdf ? 0 : widths[first - 0xc4];
}

static struct head head_at(const uint8_t *at, const uint8_t *end)
{
    static const struct head bad = {.type = FQ_CODEC_OTHER, .is_bad = true};
    uint8_t first = at[0];

    if (first < 0x80) {
        return (struct head){.type = FQ_CODEC_UINT, .size = 1, .number = first};
    }
    if (first >= 0xe0) {
        return (struct head){
            .type = FQ_CODEC_INT, .size = 1, .number = (uint64_t)(int64_t)(int8_t)first};
    }
    if (first < 0x90) {
        return (struct head){.type = FQ_CODEC_MAP, .size = 1, .children = 2u * (first & 15u)};
    }
    if (first < 0xa0) {
        return (struct head){.type = FQ_CODEC_ARRAY, .size = 1, .children = first & 15u};
    }
    if (first < 0xc0) {
        return (struct head){.type = FQ_CODEC_TEXT, .size = 1, .payload = first & 31u};
    }
    if ((size_t)(end - at) < 1 + head_width(first)) {
        return bad;
    }
    switch (first) {
    case 0xc0:
        return (struct head){.type = FQ_CODEC_NIL, .size = 1};
    case 0xc2:
    case 0xc3:
        return (struct head){.type = FQ_CODEC_BOOL, .size = 1, .number = first & 1u};
    case 0xc4:
        return head_sized(at, FQ_CODEC_BYTES, 1, 0);
    case 0xc5:
        return head_sized(at, FQ_CODEC_BYTES, 2, 256);
    case 0xc6:
        return head_sized(at, FQ_CODEC_BYTES, 4, 65536);
    case 0xcc:
        return head_uint(at, 1);
    case 0xcd:
        return head_uint(at, 2);
    case 0xce:
        return head_uint(at, 4);
    case 0xcf:
        return head_uint(at, 8);
    case 0xd0:
        return head_int(at, 1);
    case 0xd1:
        return head_int(at, 2);
    case 0xd2:
        return head_int(at, 4);
    case 0xd3:
        return head_int(at, 8);
    case 0xd9:
        return head_sized(at, FQ_CODEC_TEXT, 1, 32);
    case 0xda:
        return head_sized(at, FQ_CODEC_TEXT, 2, 256);
    case 0xdb:
        return head_sized(at, FQ_CODEC_TEXT, 4, 65536);
    case 0xdc:
        return head_sized(at, FQ_CODEC_ARRAY, 2, 16);
    case 0xdd:
        return head_sized(at, FQ_CODEC_ARRAY, 4, 65536);
    case 0xde:
        return head_sized(at, FQ_CODEC_MAP, 2, 16);
    case 0xdf:
        return head_sized(at, FQ_CODEC_MAP, 4, 65536);
    default:
        return bad; /* floats, ext, 0xc1 */
    }
}

/* The common forms at a glance: all that head_at says of them in other words. The byte after a value
 * without children, or NULL when it takes a longer look. */
static inline const uint8_t *glance(const uint8_t *at, const uint8_t *end)
{
    size_t room = (size_t)(end - at);
    uint8_t first = at[0];

    if (first < 0x80 || first >= 0xe0 || first == 0xc0 || first == 0xc2 || first == 0xc3) {
        return at + 1;
    }
    if ((first & 0xe0) == 0xa0) {
        return room > (first & 31u) ? at + 1 + (first & 31u) : NULL;
    }
    if (first == 0xc4) {
        return room >= 2 && room - 2 >= at[1] ? at + 2 + at[1] : NULL;
    }
    return NULL;
}

/* An unsigned number of 1, 2, 4 or 8 bytes in its shortest form; false when it takes a longer look. */
static inline bool glance_uint(const uint8_t *at, const uint8_t *end, uint64_t *out_number,
                               size_t *out_size)
{
    size_t room = (size_t)(end - at);

    switch (at[0]) {
    case 0xcc:
        *out_number = room >= 2 ? at[1] : 0;
        *out_size = 2;
        return *out_number >= 0x80;
    case 0xcd:
        *out_number = room >= 3 ? fq_get_be16(at + 1) : 0;
        *out_size = 3;
        return *out_number > UINT8_MAX;
    case 0xce:
        *out_number = room >= 5 ? fq_get_be32(at + 1) : 0;
        *out_size = 5;
        return *out_number > UINT16_MAX;
    case 0xcf:
        *out_number = room >= 9 ? fq_get_be64(at + 1) : 0;
        *out_size = 9;
        return *out_number > UINT32_MAX;
    default:
        return false;
    }
}

/* Walk one value (and all below it) from `at`; NULL when it breaks K1, else the byte after it. */
static const uint8_t *walk(const uint8_t *at, const uint8_t *end)
{
    uint64_t open[FQ_CODEC_DEPTH_MAX + 1]; /* values still to come at each level */
    unsigned depth = 0;

    open[0] = 1;
    for (;;) {
        while (open[depth] == 0) {
            if (depth == 0) {
                return at;
            }
            depth--;
        }
        if (at >= end) {
            return NULL;
        }
        uint64_t number;
        size_t size;
        const uint8_t *after = glance(at, end);
        if (after || glance_uint(at, end, &number, &size)) {
            at = after ? after : at + size;
            open[depth]--;
            continue;
        }
        struct head head = head_at(at, end);
        if (head.is_bad) {
            return NULL;
        }
        at += head.size;
        size_t left = (size_t)(end - at);
        if (head.payload > left || head.children > left) {
            return NULL;
        }
        at += head.payload;
        open[depth]--;
        if (head.type == FQ_CODEC_ARRAY || head.type == FQ_CODEC_MAP) {
            if (depth == FQ_CODEC_DEPTH_MAX) {
                return NULL;
            }
            open[++depth] = head.children;
        }
    }
}

bool fq_codec_scan(struct fq_span bytes)
{
    if (bytes.size == 0) {
        return false;
    }
    return walk(bytes.data, bytes.data + bytes.size) == bytes.data + bytes.size;
}

/* ---- reader ---- */

struct fq_reader fq_reader_over(struct fq_span bytes)
{
    const uint8_t *end = bytes.size ? bytes.data + bytes.size : bytes.data; /* data may be NULL */

    return (struct fq_reader){.at = bytes.data, .end = end};
}

static struct head spoil(struct fq_reader *reader)
{
    reader->is_bad = true;
    reader->at = reader->end;
    return (struct head){.type = FQ_CODEC_END};
}

static struct head next_head(struct fq_reader *reader)
{
    if (reader->at >= reader->end) {
        return spoil(reader);
    }
    struct head head = head_at(reader->at, reader->end);
    if (head.is_bad || head.payload > (size_t)(reader->end - reader->at) - head.size) {
        return spoil(reader);
    }
    reader->at += head.size;
    return head;
}

enum fq_codec_type fq_read_type(const struct fq_reader *reader)
{
    if (reader->at >= reader->end) {
        return FQ_CODEC_END;
    }
    return head_at(reader->at, reader->end).type;
}

uint32_t fq_read_array(struct fq_reader *reader)
{
    struct head head = next_head(reader);

    if (head.type != FQ_CODEC_ARRAY) {
        spoil(reader);
        return 0;
    }
    return (uint32_t)head.children;
}

uint32_t fq_read_map(struct fq_reader *reader)
{
    struct head head = next_head(reader);

    if (head.type != FQ_CODEC_MAP) {
        spoil(reader);
        return 0;
    }
    return (uint32_t)(head.children / 2);
}

uint64_t fq_read_uint(struct fq_reader *reader)
{
    uint64_t number;
    size_t size;

    if (reader->at < reader->end && *reader->at < 0x80) {
        return *reader->at++; /* by far the most common */
    }
    if (reader->at < reader->end && glance_uint(reader->at, reader->end, &number, &size)) {
        reader->at += size;
        return number;
    }
    struct head head = next_head(reader);
    if (head.type != FQ_CODEC_UINT && head.type != FQ_CODEC_NIL) {
        spoil(reader);
        return 0;
    }
    return head.number;
}

int64_t fq_read_int(struct fq_reader *reader)
{
    struct head head = next_head(reader);

    if (head.type == FQ_CODEC_UINT && head.number > INT64_MAX) {
        spoil(reader);
        return 0;
    }
    if (head.type != FQ_CODEC_UINT && head.type != FQ_CODEC_INT && head.type != FQ_CODEC_NIL) {
        spoil(reader);
        return 0;
    }
    return (int64_t)head.number;
}

bool fq_read_bool(struct fq_reader *reader)
{
    struct head head = next_head(reader);

    if (head.type != FQ_CODEC_BOOL && head.type != FQ_CODEC_NIL) {
        spoil(reader);
        return false;
    }
    return head.number != 0;
}

static struct fq_span read_payload(struct fq_reader *reader, enum fq_codec_type type)
{
    bool is_short = reader->at < reader->end && type == FQ_CODEC_BYTES && *reader->at == 0xc4;
    const uint8_t *after = is_short ? glance(reader->at, reader->end) : NULL;

    if (after) {
        const uint8_t *payload = reader->at + 2;
        reader->at = after;
        return (struct fq_span){payload, (size_t)(after - payload)};
    }
    struct head head = next_head(reader);

    if (head.type == FQ_CODEC_NIL) {
        return (struct fq_span){0};
    }
    if (head.type != type) {
        spoil(reader);
        return (struct fq_span){0};
    }
    struct fq_span span = {reader->at, (size_t)head.payload};
    reader->at += head.payload;
    return span;
}

struct fq_span fq_read_text(struct fq_reader *reader)
{
    return read_payload(reader, FQ_CODEC_TEXT);
}

struct fq_span fq_read_bytes(struct fq_reader *reader)
{
    return read_payload(reader, FQ_CODEC_BYTES);
}

void fq_read_exact(struct fq_reader *reader, uint8_t *out, size_t size)
{
    struct fq_span span = fq_read_bytes(reader);

    if (span.size != size) {
        spoil(reader);
        memset(out, 0, size);
        return;
    }
    memcpy(out, span.data, size);
}

struct fq_span fq_read_skip(struct fq_reader *reader)
{
    const uint8_t *begin = reader->at;
    const uint8_t *after = begin < reader->end ? walk(begin, reader->end) : NULL;

    if (!after) {
        spoil(reader);
        return (struct fq_span){0};
    }
    reader->at = after;
    return (struct fq_span){begin, (size_t)(after - begin)};
}

struct fq_span fq_map_get(struct fq_span map, const char *key)
{
    struct fq_reader reader = fq_reader_over(map);
    struct fq_span wanted = fq_span_text(key);

    if (fq_read_type(&reader) != FQ_CODEC_MAP) {
        return (struct fq_span){0};
    }
    uint32_t count = fq_read_map(&reader);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        bool is_wanted = fq_read_type(&reader) == FQ_CODEC_TEXT;
        if (is_wanted) {
            is_wanted = fq_span_equal(fq_read_text(&reader), wanted);
        } else {
            (void)fq_read_skip(&reader);
        }
        struct fq_span value = fq_read_skip(&reader);
        if (is_wanted && !reader.is_bad) {
            return value;
        }
    }
    return (struct fq_span){0};
}

uint64_t fq_map_uint(struct fq_span map, const char *key)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(map, key));

    return fq_read_uint(&reader);
}

int64_t fq_map_int(struct fq_span map, const char *key)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(map, key));

    return fq_read_int(&reader);
}

bool fq_map_bool(struct fq_span map, const char *key)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(map, key));

    return fq_read_bool(&reader);
}

struct fq_span fq_map_text(struct fq_span map, const char *key)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(map, key));

    return fq_read_text(&reader);
}

struct fq_span fq_map_bytes(struct fq_span map, const char *key)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(map, key));

    return fq_read_bytes(&reader);
}

/* ---- writer: msgpack-c packs, we keep the bounds ---- */

struct fq_writer fq_writer_over(void *base, size_t size)
{
    return (struct fq_writer){.base = base, .size = size};
}

struct fq_writer fq_writer_take(struct fq_arena *arena, size_t size)
{
    struct fq_writer writer = {.base = fq_arena_take_raw(arena, size), .size = size};

    writer.is_full = writer.base == NULL;
    return writer;
}

struct fq_span fq_writer_span(const struct fq_writer *writer)
{
    return writer->is_full ? (struct fq_span){0} : (struct fq_span){writer->base, writer->used};
}

static int append(void *context, const char *data, size_t size)
{
    struct fq_writer *writer = context;

    if (size == 0) {
        return 0; /* memcpy may not be given NULL, not even for nothing */
    }
    if (writer->is_full || size > writer->size - writer->used) {
        writer->is_full = true;
        return -1;
    }
    memcpy(writer->base + writer->used, data, size);
    writer->used += size;
    return 0;
}

static msgpack_packer packer_of(struct fq_writer *writer)
{
    msgpack_packer packer;

    msgpack_packer_init(&packer, writer, append);
    return packer;
}

void fq_write_array(struct fq_writer *writer, uint32_t count)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_array(&packer, count);
}

void fq_write_map(struct fq_writer *writer, uint32_t pair_count)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_map(&packer, pair_count);
}

void fq_write_uint(struct fq_writer *writer, uint64_t value)
{
    if (value < 0x80 && !writer->is_full && writer->used < writer->size) {
        writer->base[writer->used++] = (uint8_t)value; /* by far the most common */
        return;
    }
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_uint64(&packer, value);
}

void fq_write_int(struct fq_writer *writer, int64_t value)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_int64(&packer, value);
}

void fq_write_bool(struct fq_writer *writer, bool value)
{
    msgpack_packer packer = packer_of(writer);
    (void)(value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
}

void fq_write_nil(struct fq_writer *writer)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_nil(&packer);
}

void fq_write_text(struct fq_writer *writer, const char *text)
{
    fq_write_text_span(writer, fq_span_text(text));
}

void fq_write_text_span(struct fq_writer *writer, struct fq_span text)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_str(&packer, text.size);
    msgpack_pack_str_body(&packer, text.data, text.size);
}

void fq_write_bytes(struct fq_writer *writer, const void *data, size_t size)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_bin(&packer, size);
    msgpack_pack_bin_body(&packer, data, size);
}

void fq_write_raw(struct fq_writer *writer, struct fq_span value)
{
    (void)append(writer, (const char *)value.data, value.size);
}
