/* Keys and certificates: what is written is read again, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fq/edge/crypto.h"

static char directory[256];
static char cert_path[300];
static char key_path[300];

static int make_directory(void **state)
{
    const char *temporary = getenv("TMPDIR");

    (void)state;
    (void)snprintf(directory, sizeof directory, "%s/fq-crypto-XXXXXX",
                   temporary ? temporary : "/tmp");
    if (!mkdtemp(directory)) {
        return -1;
    }
    (void)snprintf(cert_path, sizeof cert_path, "%s/node.cert", directory);
    (void)snprintf(key_path, sizeof key_path, "%s/node.key", directory);
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static int remove_directory(void **state)
{
    (void)state;
    return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static struct fq_identity create(const char *name, uint32_t area, uint32_t index)
{
    struct fq_certificate holder = {.is_node = index > 0,
                                    .role = index ? FQ_ROLE_NODE : FQ_ROLE_MEDIATOR,
                                    .area = area,
                                    .index = index,
                                    .serial = 3};
    struct fq_identity identity;
    struct fq_why why;

    (void)snprintf(holder.name, sizeof holder.name, "%s", name);
    assert_int_equal(fq_identity_create(&holder, &identity, &why), FQ_OK);
    return identity;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char *read_text(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    return out;
}

static void assert_same_certificate(const struct fq_certificate *a, const struct fq_certificate *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->is_node, b->is_node);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->area, b->area);
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->origin, b->origin);
    assert_int_equal(a->serial, b->serial);
    assert_memory_equal(a->curve_public, b->curve_public, FQ_CURVE_KEY_SIZE);
    assert_memory_equal(&a->sign_key, &b->sign_key, sizeof a->sign_key);
}

static void test_z85_is_that_of_the_rfc(void **state)
{
    /* ZeroMQ RFC 32: the eight bytes of "HelloWorld"; the rest is zero here. */
    static const uint8_t hello[FQ_CURVE_KEY_SIZE] = {0x86, 0x4f, 0xd2, 0x6f,
                                                     0xb5, 0x59, 0xf7, 0x5b};
    char text[FQ_Z85_KEY_SIZE];
    uint8_t back[FQ_CURVE_KEY_SIZE];

    (void)state;
    fq_z85_encode(hello, text);

    assert_memory_equal(text, "HelloWorld000000", 16);
    assert_true(fq_z85_decode(fq_span_text(text), back));
    assert_memory_equal(back, hello, sizeof hello);
}

static void test_z85_refuses_what_is_no_key(void **state)
{
    static const char zeros[] = "0000000000000000000000000000000000000000";
    uint8_t key[FQ_CURVE_KEY_SIZE];
    char text[FQ_Z85_KEY_SIZE];

    (void)state;
    assert_true(fq_z85_decode(fq_span_text(zeros), key));
    assert_false(fq_z85_decode(fq_span_of(zeros, 39), key));
    memcpy(text, zeros, sizeof text);
    text[7] = '"';
    assert_false(fq_z85_decode(fq_span_text(text), key));
    memcpy(text, zeros, sizeof text);
    memcpy(text, "#####", 5); /* over 32 bits */
    assert_false(fq_z85_decode(fq_span_text(text), key));
}

static void test_an_identity_is_read_as_it_was_saved(void **state)
{
    struct fq_identity node = create("363661-1", 363661, 1);
    struct fq_identity back;
    struct fq_certificate certificate;
    struct fq_why why;

    (void)state;
    assert_int_equal(fq_identity_save(&node, cert_path, key_path, &why), FQ_OK);

    assert_int_equal(fq_identity_load(key_path, &back, &why), FQ_OK);
    assert_same_certificate(&back.certificate, &node.certificate);
    assert_memory_equal(back.curve_secret, node.curve_secret, sizeof back.curve_secret);
    assert_memory_equal(&back.sign_secret, &node.sign_secret, sizeof back.sign_secret);
    assert_int_equal(fq_certificate_load(cert_path, &certificate, &why), FQ_OK);
    assert_same_certificate(&certificate, &node.certificate);
    assert_int_equal(certificate.origin, 36366101);
}

static void test_a_persons_serial_may_be_large(void **state)
{
    struct fq_identity person = create("li.wei", 1234, 0);
    struct fq_certificate back;
    struct fq_why why;
    char text[2048];

    (void)state;
    person.certificate.serial = 20261124001122;

    assert_int_equal(fq_certificate_save(&person.certificate, cert_path, &why), FQ_OK);
    assert_int_equal(fq_certificate_load(cert_path, &back, &why), FQ_OK);
    assert_same_certificate(&back, &person.certificate);
    (void)read_text(cert_path, text, sizeof text);
    assert_non_null(strstr(text, "area = \"001234\"\n"));
    assert_non_null(strstr(text, "serial = 20261124001122L\n"));
    assert_null(strstr(text, "secret"));
}

static void test_a_holder_must_be_well_formed(void **state)
{
    static const struct fq_certificate holders[] = {
        {.name = "", .role = FQ_ROLE_OPERATOR, .area = 410105},
        {.name = "../x", .role = FQ_ROLE_OPERATOR, .area = 410105},
        {.name = "x", .role = FQ_ROLE_OPERATOR, .area = 0},
        {.name = "x", .role = FQ_ROLE_OPERATOR, .area = 1000000},
        {.name = "x", .role = FQ_ROLE_OPERATOR, .area = 410105, .index = 1},
        {.name = "x", .role = FQ_ROLE_NODE, .area = 410105},
        {.name = "x", .role = FQ_ROLE_NODE, .is_node = true, .area = 410105},
        {.name = "x", .role = FQ_ROLE_NODE, .is_node = true, .area = 410105, .index = 100},
        {.name = "x", .role = FQ_ROLE_OPERATOR, .is_node = true, .area = 410105, .index = 1},
    };
    struct fq_identity identity;
    struct fq_why why;

    (void)state;
    for (size_t i = 0; i < sizeof holders / sizeof holders[0]; i++) {
        assert_int_equal(fq_identity_create(&holders[i], &identity, &why), FQ_ERR_USAGE);
        assert_int_equal(why.reason, FQ_REASON_ARGUMENT);
    }
}

static void test_c1_a_secret_file_is_its_owners_and_is_never_overwritten(void **state)
{
    struct fq_identity node = create("363661-1", 363661, 1);
    struct fq_identity back;
    struct stat status;
    struct fq_why why;
    char before[2048], after[2048];

    (void)state;
    (void)unlink(key_path);
    (void)unlink(cert_path);
    assert_int_equal(fq_identity_save(&node, cert_path, key_path, &why), FQ_OK);
    assert_int_equal(stat(key_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0400);
    (void)read_text(key_path, before, sizeof before);

    struct fq_identity other = create("363661-1", 363661, 1);
    assert_int_equal(fq_identity_save(&other, cert_path, key_path, &why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_FILE);
    assert_string_equal(read_text(key_path, after, sizeof after), before);

    assert_int_equal(chmod(key_path, 0440), 0);
    assert_int_equal(fq_identity_load(key_path, &back, &why), FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_CRYPTO);
    assert_non_null(strstr(why.detail, "mode 440"));
}

static void test_c1_no_certificate_is_left_without_its_key(void **state)
{
    struct fq_identity node = create("363661-1", 363661, 1);
    struct fq_why why;

    (void)state;
    (void)unlink(key_path);

    assert_int_equal(fq_identity_save(&node, "/nowhere/node.cert", key_path, &why), FQ_ERR_USAGE);
    assert_int_not_equal(access(key_path, F_OK), 0);
}

static void test_c2_what_is_wrong_is_named_with_file_and_line(void **state)
{
#define HEAD "name = \"x\"\nkind = \"person\"\narea = \"410105\"\nrole = \"operator\"\nserial = 1\n"
#define KEY "public-key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
#define SIGN "sign-key = \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"\n"
    static const struct {
        const char *text, *detail;
    } rows[] = {
        {HEAD KEY SIGN "colour = \"red\"\n", "node.cert:8: colour: unknown key"},
        {HEAD "serial = 2\n" KEY SIGN, "node.cert:6: serial: also in line 5"},
        {HEAD KEY SIGN "secret-key = \"x\"\n", "node.cert:8: secret-key: a certificate must"},
        {HEAD KEY SIGN "index 1\n", "node.cert:8: index: `=`"},
        {HEAD KEY SIGN "index = \"1\"\n", "node.cert:8: index: a number"},
        {HEAD KEY SIGN "index = 1 2\n", "node.cert:8: index: more after"},
        {HEAD KEY SIGN "index = 1\n", "node.cert: index: a person has none"},
        {HEAD KEY SIGN "index = 99999999999999999999\n", "node.cert:8: index: the number is too"},
        {HEAD KEY, "node.cert: sign-key: missing"},
        {HEAD SIGN "public-key = \"short\"", "node.cert:7: public-key: 40 characters"},
        {HEAD KEY "sign-key = \"00\"", "node.cert:7: sign-key: 64 hex"},
        {HEAD KEY "sign-key = \"00", "node.cert:7: sign-key: the quote"},
        {"name = \"a\\\"b\"\n", "node.cert:1: name: a backslash"},
        {"", "node.cert: name: missing"},
    };
    struct fq_certificate certificate;
    struct fq_why why;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_text(cert_path, rows[i].text);
        assert_int_equal(fq_certificate_load(cert_path, &certificate, &why), FQ_ERR_FAILED);
        assert_int_equal(why.reason, FQ_REASON_CRYPTO);
        if (!strstr(why.detail, rows[i].detail)) {
            fail_msg("%s does not say %s", why.detail, rows[i].detail);
        }
    }
}

static void test_comments_and_libconfigs_ends_of_line_are_accepted(void **state)
{
    struct fq_certificate certificate;
    struct fq_why why;

    (void)state;
    write_text(cert_path, "# a person\n\n  " HEAD "// keys\n" KEY SIGN);
    assert_int_equal(fq_certificate_load(cert_path, &certificate, &why), FQ_OK);
    write_text(cert_path,
               "name = \"x\"; # a # b\r\nkind:\"node\"\narea = \"410105\" // here\nindex = 7L;\n"
               "role=\"node\"\nserial = 1\n" KEY SIGN);
    assert_int_equal(fq_certificate_load(cert_path, &certificate, &why), FQ_OK);
    assert_int_equal(certificate.origin, 41010507);
}

static void test_c3_secrets_belong_to_their_public_keys(void **state)
{
    static const char *const keys[] = {"public-key", "sign-key"};
    struct fq_identity node = create("363661-1", 363661, 1);
    struct fq_identity other = create("363661-1", 363661, 1);
    struct fq_identity mixed[2] = {node, node};
    struct fq_identity back;
    struct fq_why why;

    (void)state;
    memcpy(mixed[0].certificate.curve_public, other.certificate.curve_public, FQ_CURVE_KEY_SIZE);
    mixed[1].certificate.sign_key = other.certificate.sign_key;
    for (size_t i = 0; i < 2; i++) {
        (void)unlink(key_path);
        assert_int_equal(fq_identity_save(&mixed[i], cert_path, key_path, &why), FQ_OK);

        assert_int_equal(fq_identity_load(key_path, &back, &why), FQ_ERR_FAILED);
        assert_non_null(strstr(why.detail, "does not belong to"));
        assert_non_null(strstr(why.detail, keys[i]));
    }
}

static void save_as(const struct fq_identity *identity, const char *file)
{
    char path[400];
    struct fq_why why;

    (void)snprintf(path, sizeof path, "%s/%s", directory, file);
    assert_int_equal(fq_certificate_save(&identity->certificate, path, &why), FQ_OK);
}

static void test_c4_a_directory_is_read_in_order_without_doubles(void **state)
{
    struct fq_identity first = create("363647-1", 363647, 1);
    struct fq_identity second = create("363661-1", 363661, 1);
    struct fq_identity person = create("zhang", 363600, 0);
    struct fq_certificate certificates[16];
    size_t count = 0;
    struct fq_why why;

    (void)state;
    (void)unlink(cert_path);
    save_as(&person, "a.cert");
    save_as(&second, "b.cert");
    save_as(&first, "c.cert");
    write_text(cert_path, "not a certificate\n");
    assert_int_equal(rename(cert_path, key_path), 0); /* other names are passed over */

    for (int i = 7; i >= 0; i--) {
        char name[16], file[32];
        (void)snprintf(name, sizeof name, "mediator-%d", i);
        (void)snprintf(file, sizeof file, "%s.cert", name);
        struct fq_identity mediator = create(name, 363661, 0);
        save_as(&mediator, file);
    }

    assert_int_equal(fq_certificates_load(directory, certificates, 16, &count, &why), FQ_OK);
    assert_int_equal(count, 11);
    assert_string_equal(certificates[0].name, "363647-1");
    assert_string_equal(certificates[1].name, "363661-1");
    for (size_t i = 1; i < count; i++) {
        assert_true(strcmp(certificates[i - 1].name, certificates[i].name) < 0);
    }
    assert_int_equal(fq_certificates_load(directory, certificates, 10, &count, &why), FQ_ERR_LIMIT);
    assert_int_equal(count, 11);

    save_as(&second, "d.cert");
    assert_int_equal(fq_certificates_load(directory, certificates, 16, &count, &why),
                     FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_CRYPTO);
    assert_non_null(strstr(why.detail, "b.cert"));
    assert_non_null(strstr(why.detail, "d.cert"));
    assert_int_equal(fq_certificates_load("/nowhere", certificates, 16, &count, &why),
                     FQ_ERR_USAGE);
}

static void test_what_is_sealed_for_one_opens_for_no_other(void **state)
{
    (void)state;
    const struct fq_certificate holder = {
        .name = "mediator-1", .role = FQ_ROLE_MEDIATOR, .area = 410105, .serial = 1};
    uint8_t room[4096];
    struct fq_arena arena = fq_arena_over(room, sizeof room);
    struct fq_identity one, other;
    struct fq_span sealed, plain;
    struct fq_why why;
    assert_int_equal(fq_identity_create(&holder, &one, &why), FQ_OK);
    assert_int_equal(fq_identity_create(&holder, &other, &why), FQ_OK);

    assert_int_equal(
        fq_sealed_make(one.certificate.curve_public, fq_span_text("a wall"), &arena, &sealed, &why),
        FQ_OK);
    assert_int_equal(sealed.size, strlen("a wall") + FQ_SEALED_OVERHEAD);
    assert_null(memmem(sealed.data, sealed.size, "a wall", 6));
    assert_int_equal(fq_sealed_open(&one, sealed, &arena, &plain, &why), FQ_OK);
    assert_true(fq_span_equal(plain, fq_span_text("a wall")));
    assert_int_equal(fq_sealed_open(&other, sealed, &arena, &plain, &why), FQ_ERR_FAILED);
    for (size_t i = 0; i < sealed.size; i++) {
        uint8_t altered[128];
        memcpy(altered, sealed.data, sealed.size);
        altered[i] ^= 1;
        assert_int_equal(
            fq_sealed_open(&one, fq_span_of(altered, sealed.size), &arena, &plain, &why),
            FQ_ERR_FAILED);
    }
    assert_int_equal(fq_sealed_open(&one, fq_span_of(sealed.data, 10), &arena, &plain, &why),
                     FQ_ERR_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sealed_for_one_opens_for_no_other),
        cmocka_unit_test(test_z85_is_that_of_the_rfc),
        cmocka_unit_test(test_z85_refuses_what_is_no_key),
        cmocka_unit_test(test_an_identity_is_read_as_it_was_saved),
        cmocka_unit_test(test_a_persons_serial_may_be_large),
        cmocka_unit_test(test_a_holder_must_be_well_formed),
        cmocka_unit_test(test_c1_a_secret_file_is_its_owners_and_is_never_overwritten),
        cmocka_unit_test(test_c1_no_certificate_is_left_without_its_key),
        cmocka_unit_test(test_c2_what_is_wrong_is_named_with_file_and_line),
        cmocka_unit_test(test_comments_and_libconfigs_ends_of_line_are_accepted),
        cmocka_unit_test(test_c3_secrets_belong_to_their_public_keys),
        cmocka_unit_test(test_c4_a_directory_is_read_in_order_without_doubles),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
