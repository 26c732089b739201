/* Proofs: small, verified with the public key alone, and no byte of one can be another (W1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fq/core/proof.h"
#include "support/random.h"
#include "support/sealed.h"

#define PROOFS 200

static struct sealed sealed;
static struct fq_hash row[1 << 16];

static int open_all(void **state)
{
    (void)state;
    sealed_open(&sealed, 20210630, 200, "2021H1", WORLD_PROVINCE);
    return sealed.seal.count < PROOFS;
}

static int close_all(void **state)
{
    (void)state;
    sealed_close(&sealed);
    return 0;
}

/* The proof of the leaf at `index`. */
static struct fq_span prove(uint64_t index, uint8_t room[FQ_PROOF_MAX + 64])
{
    static uint8_t terms[FQ_LEAF_SIZE_MAX];
    struct fq_proof proof = {
        .head = fq_span_of(sealed.head, sealed.head_size),
        .signature = fq_span_of(sealed.signature, FQ_SIGNATURE_SIZE),
        .index = index,
    };
    const struct fq_dispute *dispute = fq_view_find(&sealed.held->view, &sealed.leaves[index].id);
    struct fq_writer writer = fq_writer_over(room, FQ_PROOF_MAX + 64);

    assert_non_null(dispute);
    assert_true(fq_period_leaf(&sealed.held->view, dispute, &sealed.seal, &sealed.salt, terms,
                               &proof.leaf));
    for (uint64_t i = 0; i < sealed.seal.count; i++) {
        row[i] = sealed.leaves[i].hash;
    }
    proof.path_count = fq_merkle_path(row, sealed.seal.count, index, proof.path);
    assert_true(fq_proof_encode(&proof, &writer));
    return fq_writer_span(&writer);
}

static bool holds(struct fq_span bytes)
{
    struct fq_proof proof;
    struct fq_why why;

    return fq_proof_decode(bytes, &proof, &why) == FQ_OK &&
           fq_proof_verify(&proof, &sealed.key, &why) == FQ_OK;
}

static void w1_no_byte_can_be_another(void **state)
{
    struct random random = random_of(7);
    uint8_t bytes[FQ_PROOF_MAX + 64];
    size_t greatest = 0;

    (void)state;
    for (int i = 0; i < PROOFS; i++) {
        struct fq_span proof = prove(random_below(&random, (uint32_t)sealed.seal.count), bytes);
        greatest = proof.size > greatest ? proof.size : greatest;
        assert_true(proof.size <= FQ_PROOF_MAX);
        assert_true(holds(proof));
        for (size_t at = 0; at < proof.size; at++) {
            uint8_t was = bytes[at];
            bytes[at] ^= (uint8_t)(1 + random_below(&random, 255));
            assert_false(holds(proof));
            bytes[at] = was;
        }
        assert_false(holds(fq_span_of(bytes, proof.size - 1)));
        bytes[proof.size] = 0xc0;
        assert_false(holds(fq_span_of(bytes, proof.size + 1)));
    }
    printf("# greatest of %d proofs: %zu bytes\n", PROOFS, greatest);
}

static void another_key_does_not_verify(void **state)
{
    uint8_t bytes[FQ_PROOF_MAX + 64], seed[32] = {9};
    struct fq_sign_public other;
    struct fq_sign_secret secret;
    struct fq_proof proof;
    struct fq_why why;

    (void)state;
    fq_sign_pair(seed, &other, &secret);
    assert_int_equal(fq_proof_decode(prove(0, bytes), &proof, &why), FQ_OK);
    assert_int_equal(fq_proof_verify(&proof, &other, &why), FQ_ERR_VERIFY);
    assert_string_equal(why.detail, "signature");
}

/* Another dispute's figures under this leaf's path: the root is another. */
static void another_leaf_does_not_verify(void **state)
{
    uint8_t bytes[FQ_PROOF_MAX + 64], others[FQ_PROOF_MAX + 64];
    struct fq_proof proof, other;
    struct fq_why why;

    (void)state;
    assert_int_equal(fq_proof_decode(prove(3, bytes), &proof, &why), FQ_OK);
    assert_int_equal(fq_proof_decode(prove(4, others), &other, &why), FQ_OK);
    proof.leaf.id = other.leaf.id;
    assert_int_equal(fq_proof_verify(&proof, &sealed.key, &why), FQ_ERR_VERIFY);
    assert_string_equal(why.detail, "root");
}

/* The terms read back are what the dispute adds to the period. */
static void terms_are_the_figures(void **state)
{
    uint8_t bytes[FQ_PROOF_MAX + 64];
    struct fq_leaf_reader reader;
    struct fq_proof proof;
    struct fq_term term;
    struct fq_why why;
    int read = 0;

    (void)state;
    for (uint64_t i = 0; i < sealed.seal.count; i += 17) {
        assert_int_equal(fq_proof_decode(prove(i, bytes), &proof, &why), FQ_OK);
        if (proof.leaf.is_hashed) {
            continue;
        }
        assert_true(fq_leaf_reader_init(&proof.leaf, &reader));
        while (fq_leaf_next(&reader, &term)) {
            assert_true(term.value != 0);
            assert_in_range(term.month, sealed.seal.first_month, sealed.seal.last_month);
            read++;
        }
        assert_false(reader.reader.is_bad);
        assert_int_equal(reader.left, 0);
    }
    assert_true(read > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(w1_no_byte_can_be_another),
        cmocka_unit_test(another_key_does_not_verify),
        cmocka_unit_test(another_leaf_does_not_verify),
        cmocka_unit_test(terms_are_the_figures),
    };

    return cmocka_run_group_tests_name("proof", tests, open_all, close_all);
}
