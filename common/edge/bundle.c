#include "fq/edge/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/base/hash.h"
#include "fq/core/codec.h"

#define MAGIC "FQB1"
#define MAGIC_SIZE 4
#define HEAD_SIZE 5
#define PATH_SIZE 1024
#define END_SIZE (FQ_CERTIFICATE_NAME_SIZE + FQ_SIGN_PUBLIC_SIZE + FQ_SIGNATURE_SIZE + 16)

static void chain_frame(struct fq_hash *chain, const uint8_t head[HEAD_SIZE],
                        struct fq_span payload)
{
    const struct fq_span spans[] = {
        fq_span_of(chain->bytes, FQ_HASH_SIZE),
        fq_span_of(head, HEAD_SIZE),
        payload,
    };
    struct fq_hash next;

    fq_hash_spans(spans, 3, &next);
    *chain = next;
}

#define MESSAGE_SIZE (MAGIC_SIZE + FQ_HASH_SIZE + FQ_CERTIFICATE_NAME_SIZE)

/* What the maker signs: all frames, and the name put to them. */
static struct fq_span signed_bytes(const struct fq_hash *chain, const char *name,
                                   uint8_t out[MESSAGE_SIZE])
{
    size_t name_size = strlen(name);

    memcpy(out, MAGIC, MAGIC_SIZE);
    memcpy(out + MAGIC_SIZE, chain->bytes, FQ_HASH_SIZE);
    memcpy(out + MAGIC_SIZE + FQ_HASH_SIZE, name, name_size);
    return fq_span_of(out, MAGIC_SIZE + FQ_HASH_SIZE + name_size);
}

static fq_err fail_file(struct fq_why *out_why, const char *path)
{
    return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
}

/* ---- writing ---- */

struct fq_bundle_writer {
    FILE *file;
    struct fq_hash chain;
    char path[PATH_SIZE], part[PATH_SIZE];
};

fq_err fq_bundle_create(const char *path, struct fq_bundle_writer **out_writer,
                        struct fq_why *out_why)
{
    struct fq_bundle_writer *writer = calloc(1, sizeof *writer);

    if (!writer) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "bundle");
    }
    int size = snprintf(writer->part, sizeof writer->part, "%s.part", path);
    if (size < 0 || (size_t)size >= sizeof writer->part) {
        free(writer);
        return fq_fail(out_why, FQ_REASON_FILE, "%s: too long", path);
    }
    snprintf(writer->path, sizeof writer->path, "%s", path);
    writer->file = fopen(writer->part, "wbe");
    if (!writer->file || fwrite(MAGIC, MAGIC_SIZE, 1, writer->file) != 1) {
        fq_err err = fail_file(out_why, writer->part);
        fq_bundle_discard(writer);
        return err;
    }
    *out_writer = writer;
    return FQ_OK;
}

void fq_bundle_discard(struct fq_bundle_writer *writer)
{
    if (writer) {
        if (writer->file) {
            fclose(writer->file);
            unlink(writer->part);
        }
        free(writer);
    }
}

fq_err fq_bundle_add(struct fq_bundle_writer *writer, enum fq_bundle_kind kind,
                     struct fq_span payload, struct fq_why *out_why)
{
    uint8_t head[HEAD_SIZE] = {(uint8_t)kind};

    if (payload.size > FQ_BUNDLE_FRAME_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s: %zu", writer->path, payload.size);
    }
    fq_put_be32(head + 1, (uint32_t)payload.size);
    if (fwrite(head, HEAD_SIZE, 1, writer->file) != 1 ||
        (payload.size && fwrite(payload.data, payload.size, 1, writer->file) != 1)) {
        return fail_file(out_why, writer->part);
    }
    chain_frame(&writer->chain, head, payload);
    return FQ_OK;
}

static fq_err add_end(struct fq_bundle_writer *writer, const struct fq_identity *signer,
                      struct fq_why *out_why)
{
    uint8_t message[MESSAGE_SIZE], signature[FQ_SIGNATURE_SIZE], memory[END_SIZE];
    struct fq_writer end = fq_writer_over(memory, sizeof memory);

    fq_sign(&signer->sign_secret, signed_bytes(&writer->chain, signer->certificate.name, message),
            signature);
    fq_write_array(&end, 3);
    fq_write_text(&end, signer->certificate.name);
    fq_write_bytes(&end, signer->certificate.sign_key.bytes, FQ_SIGN_PUBLIC_SIZE);
    fq_write_bytes(&end, signature, sizeof signature);
    return fq_bundle_add(writer, FQ_BUNDLE_END, fq_writer_span(&end), out_why);
}

fq_err fq_bundle_finish(struct fq_bundle_writer *writer, const struct fq_identity *signer,
                        struct fq_why *out_why)
{
    fq_err err = add_end(writer, signer, out_why);

    if (!err && (fflush(writer->file) || fsync(fileno(writer->file)) ||
                 rename(writer->part, writer->path))) { /* U3 */
        err = fail_file(out_why, writer->path);
    }
    if (err) {
        fq_bundle_discard(writer);
        return err;
    }
    fclose(writer->file);
    free(writer);
    return FQ_OK;
}

/* ---- reading ---- */

struct fq_bundle {
    FILE *file;
    uint64_t left; /* frames not yet given */
    uint8_t payload[FQ_BUNDLE_FRAME_MAX];
};

static bool read_frame(struct fq_bundle *bundle, uint8_t head[HEAD_SIZE],
                       struct fq_span *out_payload)
{
    if (fread(head, HEAD_SIZE, 1, bundle->file) != 1) {
        return false;
    }
    size_t size = fq_get_be32(head + 1);
    if (size > FQ_BUNDLE_FRAME_MAX ||
        (size && fread(bundle->payload, size, 1, bundle->file) != 1)) {
        return false;
    }
    *out_payload = fq_span_of(bundle->payload, size);
    return true;
}

/* Whether the last frame is its maker's signature over the chain, with nothing behind it. */
static bool read_maker(struct fq_span end, const struct fq_hash *chain,
                       struct fq_bundle_maker *maker)
{
    uint8_t message[MESSAGE_SIZE], signature[FQ_SIGNATURE_SIZE];

    if (!fq_codec_scan(end)) {
        return false;
    }
    struct fq_reader reader = fq_reader_over(end);
    uint32_t count = fq_read_array(&reader);
    struct fq_span name = fq_read_text(&reader);
    fq_read_exact(&reader, maker->key.bytes, FQ_SIGN_PUBLIC_SIZE);
    fq_read_exact(&reader, signature, sizeof signature);
    if (count != 3 || reader.is_bad || name.size >= sizeof maker->name ||
        memchr(name.data, 0, name.size)) {
        return false;
    }
    memcpy(maker->name, name.data, name.size);
    maker->name[name.size] = '\0';
    return fq_sign_verify(&maker->key, signed_bytes(chain, maker->name, message), signature);
}

/* Walk all of it; count what may be given (U1, U2). */
static fq_err check(struct fq_bundle *bundle, const char *path, struct fq_bundle_maker *maker,
                    struct fq_why *out_why)
{
    struct fq_hash chain = {{0}};
    struct fq_span payload;
    uint8_t head[HEAD_SIZE], magic[MAGIC_SIZE];

    if (fread(magic, MAGIC_SIZE, 1, bundle->file) != 1 || memcmp(magic, MAGIC, MAGIC_SIZE) != 0) {
        return fq_fail(out_why, FQ_REASON_BYTES, "%s: no bundle", path);
    }
    while (read_frame(bundle, head, &payload)) { /* false at a cut, or at what is no frame */
        if (head[0] == FQ_BUNDLE_END) {
            if (!read_maker(payload, &chain, maker) || getc(bundle->file) != EOF) {
                return fq_fail(out_why, FQ_REASON_SEAL, "%s", path);
            }
            maker->is_whole = true;
            break;
        }
        if (bundle->left == 0 && head[0] != FQ_BUNDLE_MANIFEST) {
            return fq_fail(out_why, FQ_REASON_BYTES, "%s: no bundle", path);
        }
        chain_frame(&chain, head, payload);
        bundle->left++;
    }
    return maker->is_whole || feof(bundle->file)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_BYTES, "%s: frame %llu", path,
                         (unsigned long long)bundle->left + 1);
}

fq_err fq_bundle_open(const char *path, struct fq_bundle **out_bundle,
                      struct fq_bundle_maker *out_maker, struct fq_why *out_why)
{
    struct fq_bundle *bundle = calloc(1, sizeof *bundle);
    struct fq_bundle_maker maker = {.is_whole = false};

    if (!bundle) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "bundle");
    }
    bundle->file = fopen(path, "rbe");
    fq_err err = bundle->file ? check(bundle, path, &maker, out_why) : fail_file(out_why, path);
    if (err) {
        fq_bundle_close(bundle);
        return err;
    }
    if (fseek(bundle->file, MAGIC_SIZE, SEEK_SET)) {
        err = fail_file(out_why, path);
        fq_bundle_close(bundle);
        return err;
    }
    *out_bundle = bundle;
    *out_maker = maker;
    return FQ_OK;
}

bool fq_bundle_next(struct fq_bundle *bundle, enum fq_bundle_kind *out_kind,
                    struct fq_span *out_payload)
{
    uint8_t head[HEAD_SIZE];

    if (bundle->left == 0 || !read_frame(bundle, head, out_payload)) {
        return false;
    }
    bundle->left--;
    *out_kind = (enum fq_bundle_kind)head[0];
    return true;
}

void fq_bundle_close(struct fq_bundle *bundle)
{
    if (bundle) {
        if (bundle->file) {
            fclose(bundle->file);
        }
        free(bundle);
    }
}
