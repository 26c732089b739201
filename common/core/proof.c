#include "fq/core/proof.h"

#include <string.h>

#define MAGIC "FQPROOF1"
#define FIELDS 9

bool fq_proof_encode(const struct fq_proof *proof, struct fq_writer *writer)
{
    size_t from = writer->used;

    fq_write_array(writer, FIELDS);
    fq_write_text(writer, MAGIC);
    fq_write_bytes(writer, proof->head.data, proof->head.size);
    fq_write_bytes(writer, proof->signature.data, proof->signature.size);
    fq_write_uint(writer, proof->index);
    fq_write_bytes(writer, proof->leaf.id.bytes, FQ_ID_SIZE);
    fq_write_bytes(writer, proof->leaf.salt.bytes, FQ_ID_SIZE);
    fq_write_bool(writer, proof->leaf.is_hashed);
    fq_write_bytes(writer, proof->leaf.terms.data, proof->leaf.terms.size);
    fq_write_bytes(writer, proof->path, (size_t)proof->path_count * FQ_HASH_SIZE);
    return !writer->is_full && writer->used - from <= FQ_PROOF_MAX;
}

/* Only what encode writes is a proof (W1). */
static bool is_as_encoded(const struct fq_proof *proof, struct fq_span bytes)
{
    uint8_t room[FQ_PROOF_MAX + 64];
    struct fq_writer writer = fq_writer_over(room, sizeof room);

    return fq_proof_encode(proof, &writer) && fq_span_equal(fq_writer_span(&writer), bytes);
}

bool fq_leaf_reader_init(const struct fq_leaf *leaf, struct fq_leaf_reader *out_reader)
{
    struct fq_reader reader = fq_reader_over(leaf->terms);

    if (leaf->is_hashed || !fq_codec_scan(leaf->terms) || fq_read_array(&reader) != 3) {
        return false;
    }
    uint64_t type = fq_read_uint(&reader);
    bool is_activity = fq_read_bool(&reader);
    uint32_t count = fq_read_array(&reader);
    *out_reader = (struct fq_leaf_reader){reader, (uint16_t)type, is_activity, count};
    return !reader.is_bad && type <= UINT16_MAX;
}

bool fq_leaf_next(struct fq_leaf_reader *reader, struct fq_term *out_term)
{
    if (reader->left == 0) {
        return false;
    }
    bool is_term = fq_read_array(&reader->reader) == 5;
    uint64_t area = fq_read_uint(&reader->reader), month = fq_read_uint(&reader->reader);
    uint64_t measure = fq_read_uint(&reader->reader), kinds = fq_read_uint(&reader->reader);
    int64_t value = fq_read_int(&reader->reader);
    if (!is_term || reader->reader.is_bad || area > 999999 || month > UINT16_MAX ||
        measure >= FQ_MEASURES_COUNT || kinds > UINT8_MAX) {
        reader->reader.is_bad = true;
        return false;
    }
    reader->left--;
    *out_term =
        (struct fq_term){(uint32_t)area, (uint16_t)month, (uint8_t)measure, (uint8_t)kinds, value};
    return true;
}

fq_err fq_proof_decode(struct fq_span bytes, struct fq_proof *out_proof, struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(bytes);
    struct fq_proof proof = {.index = 0};

    if (bytes.size > FQ_PROOF_MAX || !fq_codec_scan(bytes) || fq_read_array(&reader) != FIELDS ||
        !fq_span_equal(fq_read_text(&reader), fq_span_text(MAGIC))) {
        return fq_fail(out_why, FQ_REASON_PROOF, "%s", "form");
    }
    proof.head = fq_read_bytes(&reader);
    proof.signature = fq_read_bytes(&reader);
    proof.index = fq_read_uint(&reader);
    fq_read_exact(&reader, proof.leaf.id.bytes, FQ_ID_SIZE);
    fq_read_exact(&reader, proof.leaf.salt.bytes, FQ_ID_SIZE);
    proof.leaf.is_hashed = fq_read_bool(&reader);
    proof.leaf.terms = fq_read_bytes(&reader);
    struct fq_span path = fq_read_bytes(&reader);
    if (reader.is_bad || path.size % FQ_HASH_SIZE || path.size > sizeof proof.path) {
        return fq_fail(out_why, FQ_REASON_PROOF, "%s", "form");
    }
    proof.path_count = (uint32_t)(path.size / FQ_HASH_SIZE);
    memcpy(proof.path, path.size ? path.data : bytes.data, path.size);
    if (!fq_period_seal_decode(proof.head, &proof.seal) || !is_as_encoded(&proof, bytes)) {
        return fq_fail(out_why, FQ_REASON_PROOF, "%s", "head");
    }
    *out_proof = proof;
    return FQ_OK;
}

fq_err fq_proof_verify(const struct fq_proof *proof, const struct fq_sign_public *key,
                       struct fq_why *out_why)
{
    struct fq_hash leaf, root;

    if (!fq_period_seal_verify(key, proof->head, proof->signature)) {
        return fq_fail(out_why, FQ_REASON_PROOF, "%s", "signature");
    }
    fq_period_leaf_hash(&proof->leaf, &leaf);
    if (!fq_merkle_climb(&leaf, proof->index, proof->seal.count, proof->path, proof->path_count,
                         &root) ||
        !fq_hash_equal(&root, &proof->seal.root)) {
        return fq_fail(out_why, FQ_REASON_PROOF, "%s", "root");
    }
    return FQ_OK;
}
