/* MessagePack, strictly: a pre-scan, a cursor that reads in place, and a packer into the arena.
 *
 * Bytes from outside are scanned once, without allocation, before anything is read from them; after
 * a good scan the reader only has to check types. Bytes are hashed, signed, stored and forwarded as
 * they came, never encoded again.
 *
 * K1  The scan refuses: depth over 6, a declared count larger than the bytes that remain, a form
 *     longer than needed, floats, ext, 0xc1, trailing bytes. (msgpack-c accepts all but the last.)
 * K2  A reader never reads past its end; after the first mistake it is bad and reads zeros. */
#ifndef FQ_CORE_CODEC_H
#define FQ_CORE_CODEC_H

#include "fq/base/bytes.h"

#define FQ_CODEC_DEPTH_MAX 6

enum fq_codec_type {
    FQ_CODEC_END,
    FQ_CODEC_NIL,
    FQ_CODEC_BOOL,
    FQ_CODEC_UINT,
    FQ_CODEC_INT, /* negative */
    FQ_CODEC_TEXT,
    FQ_CODEC_BYTES,
    FQ_CODEC_ARRAY,
    FQ_CODEC_MAP,
    FQ_CODEC_OTHER,
};

/* True when `bytes` is exactly one well-formed value (K1). */
bool fq_codec_scan(struct fq_span bytes);

struct fq_reader {
    const uint8_t *at, *end;
    bool is_bad;
};

struct fq_reader fq_reader_over(struct fq_span bytes);
enum fq_codec_type fq_read_type(const struct fq_reader *reader);
uint32_t fq_read_array(struct fq_reader *reader); /* element count */
uint32_t fq_read_map(struct fq_reader *reader);   /* pair count */
uint64_t fq_read_uint(struct fq_reader *reader);  /* nil reads as 0 */
int64_t fq_read_int(struct fq_reader *reader);    /* either sign; nil reads as 0 */
bool fq_read_bool(struct fq_reader *reader);
struct fq_span fq_read_text(struct fq_reader *reader);  /* borrowed; nil reads as empty */
struct fq_span fq_read_bytes(struct fq_reader *reader); /* borrowed; nil reads as empty */
/* Read bin of exactly `size` bytes into `out`; bad otherwise. */
void fq_read_exact(struct fq_reader *reader, uint8_t *out, size_t size);
/* Skip one value of any kind; gives its bytes. */
struct fq_span fq_read_skip(struct fq_reader *reader);

/* The value of text key `key` in the map `map` (bytes of one value); empty span when absent. */
struct fq_span fq_map_get(struct fq_span map, const char *key);
uint64_t fq_map_uint(struct fq_span map, const char *key); /* 0 when absent or of another type */
int64_t fq_map_int(struct fq_span map, const char *key);
bool fq_map_bool(struct fq_span map, const char *key);
struct fq_span fq_map_text(struct fq_span map, const char *key);
struct fq_span fq_map_bytes(struct fq_span map, const char *key);

/* Packs into a buffer the caller owns; a full buffer makes it bad. */
struct fq_writer {
    uint8_t *base;
    size_t size; /* of the buffer */
    size_t used;
    bool is_full;
};

struct fq_writer fq_writer_over(void *base, size_t size);
/* A writer over `size` raw bytes of the arena; is_full when they cannot be had. */
struct fq_writer fq_writer_take(struct fq_arena *arena, size_t size);
/* What was written; empty when it did not fit. */
struct fq_span fq_writer_span(const struct fq_writer *writer);
void fq_write_array(struct fq_writer *writer, uint32_t count);
void fq_write_map(struct fq_writer *writer, uint32_t pair_count);
void fq_write_uint(struct fq_writer *writer, uint64_t value);
void fq_write_int(struct fq_writer *writer, int64_t value);
void fq_write_bool(struct fq_writer *writer, bool value);
void fq_write_nil(struct fq_writer *writer);
void fq_write_text(struct fq_writer *writer, const char *text);
void fq_write_text_span(struct fq_writer *writer, struct fq_span text);
void fq_write_bytes(struct fq_writer *writer, const void *data, size_t size);
void fq_write_raw(struct fq_writer *writer, struct fq_span value); /* an encoded value, as it is */

#endif
