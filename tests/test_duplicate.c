/* How alike two disputes are: which grounds count, how much, and what speaks against. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fq/core/duplicate.h"

#define DAY 44000

static struct fq_duplicate_case wall(void)
{
    return (struct fq_duplicate_case){.type = 2, .date = DAY, .place = 410105001001};
}

static void add(struct fq_duplicate_case *of, enum fq_party_class class, const char *identity)
{
    struct fq_party_hash *hash = &of->hashes[of->hash_count++];

    hash->class = class;
    strncpy((char *)hash->hash.bytes, identity, FQ_ID_SIZE);
}

static void assert_score(const struct fq_duplicate_case *a, const struct fq_duplicate_case *b,
                         int score)
{
    assert_int_equal(fq_duplicate_score(fq_duplicate_compare(a, b)), score);
    assert_int_equal(fq_duplicate_compare(a, b), fq_duplicate_compare(b, a)); /* E1 */
}

static void test_each_ground_counts_what_it_should(void **state)
{
    static const struct {
        enum fq_party_class class;
        int score;
    } identities[] = {{FQ_PARTY_ID_NUMBER, 60}, {FQ_PARTY_PHONE, 30}, {FQ_PARTY_NAME, 20}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fq_duplicate_case a = wall(), b = wall();
        add(&a, identities[i].class, "x");
        add(&b, identities[i].class, "x");
        assert_score(&a, &b, identities[i].score + 20 + 15 + 15);
        b.type = 3;
        assert_score(&a, &b, identities[i].score + 15 + 15);
        b.place++;
        assert_score(&a, &b, identities[i].score + 15);
        b.date = DAY + 7;
        assert_score(&a, &b, identities[i].score + 15);
        b.date = DAY + 8;
        assert_score(&a, &b, identities[i].score + 5);
        b.date = DAY + 30;
        assert_score(&a, &b, identities[i].score + 5);
    }
}

static void test_e2_nothing_in_common_is_not_alike(void **state)
{
    (void)state;
    struct fq_duplicate_case a = wall(), b = wall();

    assert_score(&a, &b, 0);
    add(&a, FQ_PARTY_NAME, "Zhang");
    add(&b, FQ_PARTY_NAME, "Li");
    assert_score(&a, &b, 0);
    add(&a, FQ_PARTY_PHONE, "138");
    add(&b, FQ_PARTY_ID_NUMBER, "138");
    assert_score(&a, &b, 0);
}

static void test_e2_a_month_apart_is_not_alike(void **state)
{
    (void)state;
    struct fq_duplicate_case a = wall(), b = wall();

    add(&a, FQ_PARTY_ID_NUMBER, "410105");
    add(&b, FQ_PARTY_ID_NUMBER, "410105");
    b.date = DAY + 31;
    assert_score(&a, &b, 0);
    b.date = DAY - 31;
    assert_score(&a, &b, 0);
    b.date = DAY - 30;
    assert_true(fq_duplicate_compare(&a, &b) & FQ_LIKE_MONTH);
}

static void test_e3_both_parties_in_common_count_once(void **state)
{
    (void)state;
    struct fq_duplicate_case a = wall(), b = wall();

    add(&a, FQ_PARTY_NAME, "Zhang");
    add(&a, FQ_PARTY_NAME, "Li");
    add(&b, FQ_PARTY_NAME, "Li"); /* who was written first does not matter */
    add(&b, FQ_PARTY_NAME, "Zhang");

    assert_score(&a, &b, 20 + 20 + 15 + 15);
}

static void test_e4_another_name_on_both_sides_speaks_against(void **state)
{
    (void)state;
    struct fq_duplicate_case a = wall(), b = wall();

    add(&a, FQ_PARTY_NAME, "the brickworks");
    add(&b, FQ_PARTY_NAME, "the brickworks");
    add(&a, FQ_PARTY_NAME, "Zhang");
    assert_score(&a, &b, 70); /* the other was not asked */
    add(&b, FQ_PARTY_NAME, "Li");

    assert_score(&a, &b, 40);

    assert_true(fq_duplicate_score(fq_duplicate_compare(&a, &b)) < FQ_DUPLICATE_SCORE_MIN);
}

static void test_what_is_unknown_is_like_nothing(void **state)
{
    (void)state;
    struct fq_duplicate_case a = wall(), b = wall();

    add(&a, FQ_PARTY_PHONE, "138");
    add(&b, FQ_PARTY_PHONE, "138");
    a.type = b.type = 0;
    a.place = b.place = 0;

    assert_score(&a, &b, 30 + 15);
}

static void test_grounds_have_names(void **state)
{
    (void)state;
    assert_string_equal(fq_likeness_name(0), "same_id_number");
    assert_string_equal(fq_likeness_name(FQ_LIKENESS_COUNT - 1), "other_names");
    assert_int_equal(fq_duplicate_score(FQ_LIKE_OTHERS), 0);
    assert_int_equal(fq_duplicate_score(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_ground_counts_what_it_should),
        cmocka_unit_test(test_e2_nothing_in_common_is_not_alike),
        cmocka_unit_test(test_e2_a_month_apart_is_not_alike),
        cmocka_unit_test(test_e3_both_parties_in_common_count_once),
        cmocka_unit_test(test_e4_another_name_on_both_sides_speaks_against),
        cmocka_unit_test(test_what_is_unknown_is_like_nothing),
        cmocka_unit_test(test_grounds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
