/* Bundles: whole, cut, altered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/edge/bundle.h"

#define FILE_MAX 4096

static char folder[256], path[300];
static struct fq_identity maker;
static const char *const texts[] = {"manifest", "a wall between two yards", "", "a well"};
#define TEXTS (sizeof texts / sizeof texts[0])

static int make_place(void **state)
{
    const struct fq_certificate holder = {
        .name = "mediator-1", .role = FQ_ROLE_MEDIATOR, .area = 410105, .serial = 1};
    const char *base = getenv("TMPDIR");
    struct fq_why why;

    (void)state;
    snprintf(folder, sizeof folder, "%s/fq-bundle.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(folder) || fq_identity_create(&holder, &maker, &why)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/carried", folder);
    return 0;
}

static int remove_place(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_bundle(void)
{
    struct fq_bundle_writer *writer = NULL;
    struct fq_why why;

    unlink(path);
    assert_int_equal(fq_bundle_create(path, &writer, &why), FQ_OK);
    for (size_t i = 0; i < TEXTS; i++) {
        enum fq_bundle_kind kind = i == 0 ? FQ_BUNDLE_MANIFEST : FQ_BUNDLE_BATCH;
        assert_int_equal(fq_bundle_add(writer, kind, fq_span_text(texts[i]), &why), FQ_OK);
    }
    assert_int_equal(access(path, F_OK), -1); /* U3 */
    assert_int_equal(fq_bundle_finish(writer, &maker, &why), FQ_OK);
}

static size_t read_file(uint8_t *bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    return size;
}

static void write_file(const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* Every frame given is the one that was written; gives how many. */
static size_t read_frames(struct fq_bundle *bundle)
{
    enum fq_bundle_kind kind;
    struct fq_span payload;
    size_t count = 0;

    while (fq_bundle_next(bundle, &kind, &payload)) {
        assert_true(count < TEXTS);
        assert_true(fq_span_equal(payload, fq_span_text(texts[count])));
        assert_int_equal(kind, count == 0 ? FQ_BUNDLE_MANIFEST : FQ_BUNDLE_BATCH);
        count++;
    }
    return count;
}

static void test_u3_a_whole_bundle_names_its_maker(void **state)
{
    struct fq_bundle *bundle = NULL;
    struct fq_bundle_maker by;
    struct fq_why why;

    (void)state;
    write_bundle();
    assert_int_equal(fq_bundle_open(path, &bundle, &by, &why), FQ_OK);

    assert_true(by.is_whole);
    assert_string_equal(by.name, "mediator-1");
    assert_memory_equal(by.key.bytes, maker.certificate.sign_key.bytes, FQ_SIGN_PUBLIC_SIZE);
    assert_int_equal(read_frames(bundle), TEXTS);
    fq_bundle_close(bundle);
}

static void test_u2_a_cut_bundle_gives_its_whole_frames(void **state)
{
    uint8_t bytes[FILE_MAX];
    struct fq_why why;

    (void)state;
    write_bundle();
    size_t size = read_file(bytes);
    size_t most = 0;

    for (size_t cut = 4; cut < size; cut++) {
        struct fq_bundle *bundle = NULL;
        struct fq_bundle_maker by;
        write_file(bytes, cut);
        assert_int_equal(fq_bundle_open(path, &bundle, &by, &why), FQ_OK);
        assert_false(by.is_whole);
        size_t count = read_frames(bundle);
        assert_true(count >= most);
        most = count;
        fq_bundle_close(bundle);
    }
    assert_int_equal(most, TEXTS);
}

static void test_u1_an_altered_bundle_is_refused(void **state)
{
    uint8_t bytes[FILE_MAX];
    struct fq_why why;

    (void)state;
    write_bundle();
    size_t size = read_file(bytes);
    size_t refused = 0;

    for (size_t i = 0; i < size * 8; i++) {
        struct fq_bundle *bundle = NULL;
        struct fq_bundle_maker by;
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        write_file(bytes, size);
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        if (fq_bundle_open(path, &bundle, &by, &why)) {
            refused++;
            continue;
        }
        assert_false(by.is_whole); /* a length or the end was hit: it looks cut */
        fq_bundle_close(bundle);
    }
    assert_true(refused > size * 7);
}

static void test_u1_nothing_may_follow_the_end(void **state)
{
    uint8_t bytes[FILE_MAX];
    struct fq_bundle *bundle = NULL;
    struct fq_bundle_maker by;
    struct fq_why why;

    (void)state;
    write_bundle();
    size_t size = read_file(bytes);
    bytes[size] = 'B';
    write_file(bytes, size + 1);

    assert_int_equal(fq_bundle_open(path, &bundle, &by, &why), FQ_ERR_VERIFY);
}

static void test_u3_what_is_discarded_leaves_nothing(void **state)
{
    struct fq_bundle_writer *writer = NULL;
    struct fq_why why;
    char part[320];

    (void)state;
    unlink(path);
    snprintf(part, sizeof part, "%s.part", path);
    assert_int_equal(fq_bundle_create(path, &writer, &why), FQ_OK);
    assert_int_equal(access(part, F_OK), 0);
    fq_bundle_discard(writer);

    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(part, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u3_a_whole_bundle_names_its_maker),
        cmocka_unit_test(test_u2_a_cut_bundle_gives_its_whole_frames),
        cmocka_unit_test(test_u1_an_altered_bundle_is_refused),
        cmocka_unit_test(test_u1_nothing_may_follow_the_end),
        cmocka_unit_test(test_u3_what_is_discarded_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}
