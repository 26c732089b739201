/* Bundles: batches of logs, or commands not yet sent, in a file that a person carries.
 *
 * file  = "FQB1", frame...
 * frame = kind u8, size u32 big-endian, payload
 *   M  MessagePack map about the bundle, always first
 *   B  one batch, as its origin sealed it
 *   C  one command with its party data, sealed to the node that shall take it
 *   E  [name, public key, signature], always last: who made the bundle. The signature is Ed25519 over
 *      "FQB1", the chain of all frames before, and the name: c = BLAKE2b-256(c before || frame), beginning with
 *      32 zero bytes.
 *
 * What is in a batch is proved by the batch's own seal; the bundle's signature says who carried it and
 * that nothing was taken out or put in on the way.
 *
 * U1  A file that was altered is refused before anything of it is used, or looks cut (U2).
 * U2  A file that was cut short is usable up to its last whole frame, and known to be cut; nothing
 *     vouches for these frames but the seals inside them.
 * U3  A bundle appears under its name only when it is whole and on disk. */
#ifndef FQ_EDGE_BUNDLE_H
#define FQ_EDGE_BUNDLE_H

#include "fq/edge/crypto.h"

#define FQ_BUNDLE_FRAME_MAX (1024u * 1024u)

enum fq_bundle_kind {
    FQ_BUNDLE_MANIFEST = 'M',
    FQ_BUNDLE_BATCH = 'B',
    FQ_BUNDLE_COMMAND = 'C',
    FQ_BUNDLE_END = 'E',
};

/* ---- writing ---- */

struct fq_bundle_writer; /* closed */

/* Begin a bundle that will be `path`. Gives a writer for fq_bundle_discard or fq_bundle_finish.
 * Fails with FILE. */
FQ_CHECKED fq_err fq_bundle_create(const char *path, struct fq_bundle_writer **out_writer,
                                   struct fq_why *out_why);
/* Append a frame. Fails with FILE, or LIMIT when the payload is longer than FQ_BUNDLE_FRAME_MAX. */
FQ_CHECKED fq_err fq_bundle_add(struct fq_bundle_writer *writer, enum fq_bundle_kind kind,
                                struct fq_span payload, struct fq_why *out_why);
/* Sign, sync and name the bundle (U3); takes the writer. Fails with FILE, leaving nothing. */
FQ_CHECKED fq_err fq_bundle_finish(struct fq_bundle_writer *writer,
                                   const struct fq_identity *signer, struct fq_why *out_why);
/* Drop what was written; takes the writer; NULL is well. */
void fq_bundle_discard(struct fq_bundle_writer *writer);

/* ---- reading ---- */

struct fq_bundle; /* closed */

struct fq_bundle_maker {
    bool is_whole; /* false: cut short (U2), the rest is not known */
    char name[FQ_CERTIFICATE_NAME_SIZE];
    struct fq_sign_public key;
};

/* Open a bundle and check all of it (U1). Gives a bundle for fq_bundle_close. Fails with FILE, or
 * BYTES or SEAL when it is none or was altered. */
FQ_CHECKED fq_err fq_bundle_open(const char *path, struct fq_bundle **out_bundle,
                                 struct fq_bundle_maker *out_maker, struct fq_why *out_why);
/* The next frame but the last; borrowed until the next call. False after the last whole one. */
bool fq_bundle_next(struct fq_bundle *bundle, enum fq_bundle_kind *out_kind,
                    struct fq_span *out_payload);
void fq_bundle_close(struct fq_bundle *bundle); /* NULL is well */

#endif
