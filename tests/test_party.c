/* Identities as hashes: alike however they were typed, different for different people, of no meaning
 * to another county. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fq/edge/party.h"

static const struct fq_vault_key key = {{1}};

static void assert_folds(enum fq_party_class class, const char *text, const char *expected)
{
    char out[FQ_PARTY_TEXT_MAX];

    assert_true(fq_party_normalise(class, fq_span_text(text), out));
    assert_string_equal(out, expected);
}

static void assert_nobody(enum fq_party_class class, struct fq_span text)
{
    char out[FQ_PARTY_TEXT_MAX];

    assert_false(fq_party_normalise(class, text, out));
}

static struct fq_id hash_of(const struct fq_vault_key *under, unsigned field, const char *text)
{
    struct fq_id hash = {{0}};

    assert_true(fq_party_hash(under, field, fq_span_text(text), &hash));
    return hash;
}

static void test_x6_a_name_is_the_same_however_typed(void **state)
{
    (void)state;
    assert_folds(FQ_PARTY_NAME, "张三", "张三");
    assert_folds(FQ_PARTY_NAME, " 张 三\xe3\x80\x80", "张三"); /* the space of full width */
    assert_folds(FQ_PARTY_NAME, "ACME Co., Ltd.", "acmecoltd");
    assert_folds(FQ_PARTY_NAME, "ＡＣＭＥ　Ｃｏ．，Ｌｔｄ", "acmecoltd");
    assert_folds(FQ_PARTY_NAME, "阿卜杜·热西提", "阿卜杜热西提");
    assert_folds(FQ_PARTY_NAME, "Jose\xcc\x81", "jos\xc3\xa9"); /* accent written apart */
    assert_folds(FQ_PARTY_NAME, "<script>", "script");
}

static void test_x6_a_number_is_the_same_however_typed(void **state)
{
    (void)state;
    assert_folds(FQ_PARTY_ID_NUMBER, "41010519800101123X", "41010519800101123x");
    assert_folds(FQ_PARTY_ID_NUMBER, "４１０１０５ 19800101-123ｘ", "41010519800101123x");
    assert_folds(FQ_PARTY_PHONE, "138-0000 0000", "13800000000");
    assert_folds(FQ_PARTY_PHONE, "+86 138 0000 0000", "13800000000");
    assert_folds(FQ_PARTY_PHONE, "008613800000000", "13800000000");
    assert_folds(FQ_PARTY_PHONE, "１３８００００００００", "13800000000");
    assert_folds(FQ_PARTY_PHONE, "0371-65900000", "037165900000");
    assert_folds(FQ_PARTY_PHONE, "8665900000123", "8665900000123"); /* no mobile number */
}

static void test_x7_what_names_nobody_has_no_hash(void **state)
{
    static const char *const names[] = {"", " ", "无", "不 详", "N/A", "Unknown", "。", "000"};
    char longest[FQ_PARTY_TEXT_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_nobody(FQ_PARTY_NAME, fq_span_text(names[i]));
    }
    assert_nobody(FQ_PARTY_PHONE, fq_span_text("12345"));
    assert_nobody(FQ_PARTY_PHONE, fq_span_text("none, ask the village"));
    assert_nobody(FQ_PARTY_PHONE, fq_span_text("00000000000"));
    assert_nobody(FQ_PARTY_ID_NUMBER, fq_span_text("12345"));
    assert_nobody(FQ_PARTY_NAME, fq_span_text("\xff\xfe"));
    assert_nobody(FQ_PARTY_NONE, fq_span_text("张三"));
    memset(longest, 'x', sizeof longest);
    assert_nobody(FQ_PARTY_NAME, fq_span_of(longest, sizeof longest));
    assert_nobody(FQ_PARTY_NAME, fq_span_of(longest, FQ_PARTY_TEXT_MAX)); /* no room for its end */
}

static void test_a_text_that_grows_as_it_is_folded_fits_or_has_no_hash(void **state)
{
    char text[FQ_PARTY_TEXT_MAX + 4] = "";
    char out[FQ_PARTY_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i + 3 <= FQ_PARTY_TEXT_MAX; i += 3) {
        memcpy(text + i, "\xef\xb7\xba", 4); /* one sign that stands for eighteen */
    }

    (void)fq_party_normalise(FQ_PARTY_NAME, fq_span_text(text), out);
}

static void test_both_parties_hash_alike_and_names_are_no_numbers(void **state)
{
    (void)state;
    struct fq_id one = hash_of(&key, FQ_VAULT_PARTY_NAME, "13800000000");
    struct fq_id other = hash_of(&key, FQ_VAULT_OTHER_PARTY_NAME, "13800000000");
    struct fq_id phone = hash_of(&key, FQ_VAULT_PARTY_PHONE, "13800000000");
    struct fq_id hash;

    assert_true(fq_id_equal(&one, &other));
    assert_false(fq_id_equal(&one, &phone));
    assert_false(fq_party_hash(&key, FQ_VAULT_NARRATIVE, fq_span_text("张三"), &hash));
    assert_false(fq_party_hash(&key, FQ_VAULT_PARTY_ADDRESS, fq_span_text("张三"), &hash));
}

static void test_x5_hashes_of_two_counties_cannot_be_compared(void **state)
{
    static const struct fq_vault_master masters[2] = {{{1}}, {{2}}};
    struct fq_vault_key keys[3];

    (void)state;
    fq_vault_party_key(&masters[0], &keys[0]);
    fq_vault_party_key(&masters[1], &keys[1]);
    fq_vault_party_key(&masters[0], &keys[2]);
    struct fq_id one = hash_of(&keys[0], FQ_VAULT_PARTY_NAME, "张三");
    struct fq_id other = hash_of(&keys[1], FQ_VAULT_PARTY_NAME, "张三");
    struct fq_id again = hash_of(&keys[2], FQ_VAULT_PARTY_NAME, "张三");

    assert_false(fq_id_equal(&one, &other));
    assert_true(fq_id_equal(&one, &again));
    assert_memory_not_equal(keys[0].bytes, masters[0].bytes, FQ_VAULT_KEY_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_x6_a_name_is_the_same_however_typed),
        cmocka_unit_test(test_x6_a_number_is_the_same_however_typed),
        cmocka_unit_test(test_x7_what_names_nobody_has_no_hash),
        cmocka_unit_test(test_a_text_that_grows_as_it_is_folded_fits_or_has_no_hash),
        cmocka_unit_test(test_both_parties_hash_alike_and_names_are_no_numbers),
        cmocka_unit_test(test_x5_hashes_of_two_counties_cannot_be_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
