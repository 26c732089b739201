/* Spans, ids and arenas. Nothing here allocates (B1). */
#include "fq/base/bytes.h"

#include <string.h>

#define ALIGNMENT 16u

struct fq_arena fq_arena_over(void *base, size_t size)
{
    FQ_ASSERT(base || size == 0);
    return (struct fq_arena){.base = base, .size = size, .used = 0};
}

void *fq_arena_take(struct fq_arena *arena, size_t size)
{
    void *taken = fq_arena_take_raw(arena, size);

    if (taken) {
        memset(taken, 0, size);
    }
    return taken;
}

/* The address is aligned, not the offset: the block may begin anywhere. */
void *fq_arena_take_raw(struct fq_arena *arena, size_t size)
{
    FQ_ASSERT(arena);
    FQ_ASSERT(arena->used <= arena->size);
    if (!arena->base) {
        return NULL;
    }

    size_t room = arena->size - arena->used;
    size_t past = (uintptr_t)(arena->base + arena->used) % ALIGNMENT;
    size_t padding = past ? ALIGNMENT - past : 0;
    if (padding > room || size > room - padding) {
        return NULL; /* B1 */
    }
    uint8_t *taken = arena->base + arena->used + padding;
    arena->used += padding + size;
    return taken;
}

void fq_arena_reset(struct fq_arena *arena)
{
    FQ_ASSERT(arena);
    arena->used = 0;
}

struct fq_span fq_arena_copy(struct fq_arena *arena, struct fq_span span)
{
    uint8_t *copy = fq_arena_take_raw(arena, span.size);

    if (!copy) {
        return (struct fq_span){NULL, 0};
    }
    if (span.size) {
        memcpy(copy, span.data, span.size);
    }
    return (struct fq_span){copy, span.size};
}

struct fq_span fq_span_of(const void *data, size_t size)
{
    return (struct fq_span){data, size};
}

struct fq_span fq_span_text(const char *text)
{
    FQ_ASSERT(text);
    return fq_span_of(text, strlen(text));
}

bool fq_span_equal(struct fq_span a, struct fq_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int fq_span_compare(struct fq_span a, struct fq_span b)
{
    size_t shared = a.size < b.size ? a.size : b.size;
    int order = shared ? memcmp(a.data, b.data, shared) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool fq_id_equal(const struct fq_id *a, const struct fq_id *b)
{
    return memcmp(a->bytes, b->bytes, FQ_ID_SIZE) == 0;
}

bool fq_id_is_zero(const struct fq_id *id)
{
    static const struct fq_id zero;

    return fq_id_equal(id, &zero);
}

size_t fq_utf8_length(struct fq_span text)
{
    const uint8_t *at = text.data;
    uint8_t lead = text.size ? at[0] : 0xff;

    if (lead < 0x80) {
        return 1;
    }
    size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                    : lead >= 0xe0 && lead <= 0xef ? 3
                    : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                   : 0;
    if (length == 0 || length > text.size) {
        return 0;
    }
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < length; i++) {
        if (at[i] < low || at[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

bool fq_utf8_is_valid(struct fq_span text)
{
    while (text.size > 0) {
        size_t length = fq_utf8_length(text);
        if (length == 0) {
            return false;
        }
        text.data += length;
        text.size -= length;
    }
    return true;
}

void fq_hex_encode(struct fq_span span, char *out)
{
    static const char digits[] = "0123456789abcdef";

    FQ_ASSERT(out);
    for (size_t i = 0; i < span.size; i++) {
        out[2 * i] = digits[span.data[i] >> 4];
        out[2 * i + 1] = digits[span.data[i] & 15];
    }
    out[2 * span.size] = 0;
}

/* The value of a hex digit, 16 for anything else. */
static unsigned digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return (unsigned)(digit - '0');
    }
    if (digit >= 'a' && digit <= 'f') {
        return (unsigned)(digit - 'a') + 10;
    }
    return digit >= 'A' && digit <= 'F' ? (unsigned)(digit - 'A') + 10 : 16;
}

bool fq_hex_decode(const char *text, size_t text_size, uint8_t *out, size_t size)
{
    if (text_size % 2 || text_size / 2 != size) {
        return false;
    }
    for (size_t i = 0; i < text_size; i++) {
        if (digit_value(text[i]) > 15) {
            return false;
        }
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
    }
    return true;
}

void fq_put_be16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

void fq_put_be32(uint8_t *out, uint32_t value)
{
    fq_put_be16(out, (uint16_t)(value >> 16));
    fq_put_be16(out + 2, (uint16_t)value);
}

void fq_put_be64(uint8_t *out, uint64_t value)
{
    fq_put_be32(out, (uint32_t)(value >> 32));
    fq_put_be32(out + 4, (uint32_t)value);
}

uint16_t fq_get_be16(const uint8_t *in)
{
    return (uint16_t)(in[0] << 8 | in[1]);
}

uint32_t fq_get_be32(const uint8_t *in)
{
    return (uint32_t)fq_get_be16(in) << 16 | fq_get_be16(in + 2);
}

uint64_t fq_get_be64(const uint8_t *in)
{
    return (uint64_t)fq_get_be32(in) << 32 | fq_get_be32(in + 4);
}
