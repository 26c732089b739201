/* The vault: a text opens with its own key, in its own place, unaltered, and not otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fq/edge/vault.h"

static const struct fq_id wall = {"boundary wall 1"};
static const struct fq_id well = {"the shared well"};
static const char name[] = "Li Wei of the east village";
static uint8_t memory[1024 * 1024] __attribute__((aligned(16)));
static struct fq_arena arena;
static char directory[256];
static char path[300];

static int make_directory(void **state)
{
    const char *temporary = getenv("TMPDIR");

    (void)state;
    (void)snprintf(directory, sizeof directory, "%s/fq-vault-XXXXXX",
                   temporary ? temporary : "/tmp");
    if (!mkdtemp(directory)) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/vault.key", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return unlink(path) || rmdir(directory);
}

static int fresh_arena(void **state)
{
    (void)state;
    arena = fq_arena_over(memory, sizeof memory);
    return 0;
}

static struct fq_span seal(const struct fq_vault_key *key, struct fq_span plain)
{
    struct fq_span cipher;
    struct fq_why why;

    assert_int_equal(
        fq_vault_field_seal(key, &wall, FQ_VAULT_PARTY_NAME, plain, &arena, &cipher, &why), FQ_OK);
    return cipher;
}

static void assert_shut(const struct fq_vault_key *key, const struct fq_id *dispute, uint16_t field,
                        struct fq_span cipher)
{
    struct fq_span plain = {0};
    struct fq_why why;

    assert_int_equal(fq_vault_field_open(key, dispute, field, cipher, &arena, &plain, &why),
                     FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_CRYPTO);
    assert_null(plain.data);
}

static void test_a_field_opens_as_it_was_sealed(void **state)
{
    static const size_t sizes[] = {0, 1, sizeof name - 1};
    struct fq_vault_key key;
    struct fq_span plain;
    struct fq_why why;

    (void)state;
    fq_vault_key_create(&key);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct fq_span cipher = seal(&key, fq_span_of(name, sizes[i]));

        assert_int_equal(cipher.size, sizes[i] + FQ_VAULT_OVERHEAD);
        assert_int_equal(
            fq_vault_field_open(&key, &wall, FQ_VAULT_PARTY_NAME, cipher, &arena, &plain, &why),
            FQ_OK);
        assert_true(fq_span_equal(plain, fq_span_of(name, sizes[i])));
    }
}

static void test_x1_another_place_does_not_open(void **state)
{
    struct fq_vault_key key;

    (void)state;
    fq_vault_key_create(&key);
    struct fq_span cipher = seal(&key, fq_span_text(name));

    assert_shut(&key, &well, FQ_VAULT_PARTY_NAME, cipher);
    assert_shut(&key, &wall, FQ_VAULT_NARRATIVE, cipher);
}

static void test_x1_a_wrapped_key_belongs_to_its_dispute(void **state)
{
    struct fq_vault_master master = {{1}}, other = {{2}};
    struct fq_vault_key key, back = {{0}};
    struct fq_span wrapped;
    struct fq_why why;

    (void)state;
    fq_vault_key_create(&key);
    assert_int_equal(fq_vault_key_wrap(&master, &wall, &key, &arena, &wrapped, &why), FQ_OK);

    assert_int_equal(fq_vault_key_unwrap(&master, &well, wrapped, &back, &why), FQ_ERR_FAILED);
    assert_int_equal(fq_vault_key_unwrap(&other, &wall, wrapped, &back, &why), FQ_ERR_FAILED);
    assert_int_equal(fq_vault_key_unwrap(&master, &wall, fq_span_of(wrapped.data, wrapped.size - 1),
                                         &back, &why),
                     FQ_ERR_FAILED);
    assert_int_equal(back.bytes[0], 0);
    assert_int_equal(fq_vault_key_unwrap(&master, &wall, wrapped, &back, &why), FQ_OK);
    assert_memory_equal(&back, &key, sizeof key);
}

static void test_x2_no_bit_may_change(void **state)
{
    struct fq_vault_key key, other;
    uint8_t altered[128];

    (void)state;
    fq_vault_key_create(&key);
    fq_vault_key_create(&other);
    struct fq_span cipher = seal(&key, fq_span_text(name));
    assert_shut(&other, &wall, FQ_VAULT_PARTY_NAME, cipher);
    for (size_t bit = 0; bit < 8 * cipher.size; bit++) {
        memcpy(altered, cipher.data, cipher.size);
        altered[bit / 8] = (uint8_t)(altered[bit / 8] ^ 1u << bit % 8);
        assert_shut(&key, &wall, FQ_VAULT_PARTY_NAME, fq_span_of(altered, cipher.size));
    }
    for (size_t size = 0; size < cipher.size; size++) {
        assert_shut(&key, &wall, FQ_VAULT_PARTY_NAME, fq_span_of(cipher.data, size));
    }
}

static void test_x3_the_same_text_never_looks_the_same(void **state)
{
    struct fq_vault_key key;

    (void)state;
    fq_vault_key_create(&key);
    struct fq_span first = seal(&key, fq_span_text(name));
    struct fq_span second = seal(&key, fq_span_text(name));

    assert_false(fq_span_equal(first, second));
    assert_null(memmem(first.data, first.size, "Li Wei", 6));
}

static void test_limits_are_kept(void **state)
{
    static const uint8_t long_text[FQ_VAULT_PLAIN_MAX + 1];
    struct fq_arena full = fq_arena_over(memory, 32);
    struct fq_vault_key key;
    struct fq_span cipher;
    struct fq_why why;

    (void)state;
    fq_vault_key_create(&key);
    assert_int_equal(fq_vault_field_seal(&key, &wall, 1, fq_span_of(long_text, sizeof long_text),
                                         &arena, &cipher, &why),
                     FQ_ERR_LIMIT);
    assert_int_equal(fq_vault_field_seal(&key, &wall, 1, fq_span_text(name), &full, &cipher, &why),
                     FQ_ERR_LIMIT);
    (void)seal(&key, fq_span_of(long_text, FQ_VAULT_PLAIN_MAX));
}

static void test_x4_the_master_key_is_made_once(void **state)
{
    struct fq_vault_master first, second;
    struct stat status;
    struct fq_why why;

    (void)state;
    assert_int_equal(fq_vault_master_load_or_create(path, &first, &why), FQ_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0400);
    assert_int_equal(fq_vault_master_load_or_create(path, &second, &why), FQ_OK);
    assert_memory_equal(&first, &second, sizeof first);

    assert_int_equal(chmod(path, 0404), 0);
    assert_int_equal(fq_vault_master_load_or_create(path, &second, &why), FQ_ERR_FAILED);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 40), 0); /* a torn key is no key, and is not replaced */
    assert_int_equal(fq_vault_master_load_or_create(path, &second, &why), FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_CRYPTO);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 40);
}

static void test_fields_have_names_and_numbers(void **state)
{
    (void)state;
    for (unsigned field = 1; field < FQ_VAULT_FIELDS_END; field++) {
        assert_non_null(fq_vault_field_name(field));
        assert_int_equal(fq_vault_field_find(fq_span_text(fq_vault_field_name(field))), field);
    }
    assert_int_equal(fq_vault_field_find(fq_span_text("note")), FQ_VAULT_NOTE);
    assert_int_equal(fq_vault_field_find(fq_span_text("salary")), 0);
    assert_null(fq_vault_field_name(0));
    assert_null(fq_vault_field_name(FQ_VAULT_FIELDS_END));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_field_opens_as_it_was_sealed, fresh_arena),
        cmocka_unit_test_setup(test_x1_another_place_does_not_open, fresh_arena),
        cmocka_unit_test_setup(test_x1_a_wrapped_key_belongs_to_its_dispute, fresh_arena),
        cmocka_unit_test_setup(test_x2_no_bit_may_change, fresh_arena),
        cmocka_unit_test_setup(test_x3_the_same_text_never_looks_the_same, fresh_arena),
        cmocka_unit_test_setup(test_limits_are_kept, fresh_arena),
        cmocka_unit_test(test_x4_the_master_key_is_made_once),
        cmocka_unit_test(test_fields_have_names_and_numbers),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
