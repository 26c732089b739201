/* Spans, ids and arenas: bytes somebody else owns, and memory the caller owns.
 *
 * An arena hands out zeroed memory from one block and forgets it all at once. The same struct over
 * a large reserved block (fq_edge memory) is a region: it grows and is never reset.
 *
 * B1  Nothing here allocates; a full arena is NULL, and its caller's FQ_ERR_LIMIT. */
#ifndef FQ_BASE_BYTES_H
#define FQ_BASE_BYTES_H

#include "fq/base/err.h"

struct fq_span {
    const uint8_t *data;
    size_t size;
};

#define FQ_ID_SIZE 16
struct fq_id {
    uint8_t bytes[FQ_ID_SIZE];
};

struct fq_arena {
    uint8_t *base;
    size_t size; /* bytes in the block */
    size_t used;
};

/* The arena over `base`, which the caller owns. */
struct fq_arena fq_arena_over(void *base, size_t size);
/* `size` zeroed bytes aligned to 16, valid until the arena is reset; NULL when it is full. */
void *fq_arena_take(struct fq_arena *arena, size_t size);
/* `size` bytes as above, not zeroed. */
void *fq_arena_take_raw(struct fq_arena *arena, size_t size);
/* Forget everything; keeps the block. */
void fq_arena_reset(struct fq_arena *arena);
/* A copy of `span` in the arena; data is NULL when the arena is full. */
struct fq_span fq_arena_copy(struct fq_arena *arena, struct fq_span span);

struct fq_span fq_span_of(const void *data, size_t size);
struct fq_span fq_span_text(const char *text); /* without its NUL */
bool fq_span_equal(struct fq_span a, struct fq_span b);
/* Lexicographic, shorter first: below 0, 0, above 0. */
int fq_span_compare(struct fq_span a, struct fq_span b);

bool fq_id_equal(const struct fq_id *a, const struct fq_id *b);
bool fq_id_is_zero(const struct fq_id *id);

/* The bytes of the UTF-8 character that `text` begins with (RFC 3629, without surrogates and overlong
 * forms), or 0 when there is none. */
size_t fq_utf8_length(struct fq_span text);
bool fq_utf8_is_valid(struct fq_span text);

/* Lower-case hex of `span` and a NUL; `out` has room for 2 * span.size + 1. */
void fq_hex_encode(struct fq_span span, char *out);
/* Decode exactly `size` bytes from `2 * size` hex digits of either case; false otherwise. */
bool fq_hex_decode(const char *text, size_t text_size, uint8_t *out, size_t size);

void fq_put_be16(uint8_t *out, uint16_t value);
void fq_put_be32(uint8_t *out, uint32_t value);
void fq_put_be64(uint8_t *out, uint64_t value);
uint16_t fq_get_be16(const uint8_t *in);
uint32_t fq_get_be32(const uint8_t *in);
uint64_t fq_get_be64(const uint8_t *in);

#endif
