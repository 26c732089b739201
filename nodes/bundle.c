/* Bundles at a node: batches read out for a file, commands brought in one. */
#include <stdio.h>
#include <string.h>

#include "service.h"

#define READ_SIZE_MAX (200 * 1024)

/* Batches of one log from args.from on: as many as fit, one however large. */
fq_err fq_verb_bundle_read(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                           struct fq_why *out_why)
{
    struct fq_event_id at = {
        .log = {.origin = (uint32_t)fq_map_uint(args, "origin"),
                .stream = (uint32_t)fq_map_uint(args, "stream"),
                .epoch = (uint32_t)fq_map_uint(args, "epoch")},
        .seq = fq_map_uint(args, "from"),
    };
    struct fq_cursor *cursor = NULL;
    struct fq_batch batch;
    uint8_t key[FQ_LOG_KEY_SIZE];
    size_t size = 0;
    uint32_t count = 0;
    fq_err err = fq_cursor_open(node->store, FQ_FAMILY_LOG, &cursor, out_why);

    if (err) {
        return err;
    }
    struct fq_writer batches = fq_writer_take(&node->scratch, FQ_BATCH_SIZE_MAX + READ_SIZE_MAX);
    fq_log_key_encode(&at, key);
    for (fq_cursor_seek_last(cursor, fq_span_of(key, sizeof key));
         fq_cursor_is_valid(cursor) && fq_node_batch_at(cursor, &at.log, at.seq, &batch);
         fq_cursor_next(cursor)) {
        if (count > 0 && size + batch.bytes.size > READ_SIZE_MAX) {
            break;
        }
        fq_write_bytes(&batches, batch.bytes.data, batch.bytes.size);
        size += batch.bytes.size + 8;
        at.seq = batch.seal.to_seq + 1;
        count++;
    }
    fq_cursor_close(cursor);
    fq_write_map(&answer->writer, 2);
    fq_write_text(&answer->writer, "next");
    fq_write_uint(&answer->writer, at.seq);
    fq_write_text(&answer->writer, "batches");
    fq_write_array(&answer->writer, count);
    fq_write_raw(&answer->writer, fq_writer_span(&batches));
    return batches.is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "arena of the turn") : FQ_OK;
}

/* A person of that name whose certificate this node has; NULL for none. */
static const struct fq_certificate *find_person(const struct fq_node *node, struct fq_span name)
{
    for (size_t i = 0; i < node->certificate_count; i++) {
        const struct fq_certificate *certificate = &node->certificates[i];
        if (!certificate->is_node && fq_span_equal(name, fq_span_text(certificate->name))) {
            return certificate;
        }
    }
    return NULL;
}

fq_err fq_bundle_unseal(struct fq_node *node, struct fq_span args,
                        const struct fq_certificate **out_author, struct fq_span *out_submit,
                        struct fq_why *out_why)
{
    struct fq_span sealed = fq_map_bytes(args, "sealed");
    struct fq_span signature = fq_map_bytes(args, "signature");
    struct fq_span name = fq_map_text(args, "author");
    const struct fq_certificate *author = find_person(node, name);

    if (!author) {
        return fq_fail(out_why, FQ_REASON_KEY_UNKNOWN, "%.*s",
                       (int)(name.size < FQ_CERTIFICATE_NAME_SIZE ? name.size : 0),
                       name.size ? (const char *)name.data : "");
    }
    if (signature.size != FQ_SIGNATURE_SIZE ||
        !fq_sign_verify(&author->sign_key, sealed, signature.data)) {
        return fq_fail(out_why, FQ_REASON_SEAL, "%s", author->name);
    }
    fq_err err = fq_sealed_open(&node->identity, sealed, &node->scratch, out_submit, out_why);
    if (!err && !fq_codec_scan(*out_submit)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "%s", author->name);
    }
    *out_author = author;
    return err;
}
