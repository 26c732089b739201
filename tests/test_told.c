/* The side file: the newest whole entry is found, whatever became of the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fq/edge/told.h"

#define SLOT_STEP 4096

static char place[256];
static char path[300];

/* The system's call, watched: the linker takes this one. */
static unsigned sync_count;
static bool is_sync_failing;

int fdatasync(int file)
{
    sync_count++;
    if (is_sync_failing) {
        errno = EIO;
        return -1;
    }
    return fsync(file);
}

static int make_place(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/fq-told.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/told", place);
    return 0;
}

static int remove_place(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(place);
}

static struct fq_hash chain_of(uint64_t seq)
{
    struct fq_hash chain;
    memset(chain.bytes, (int)seq, sizeof chain.bytes);
    return chain;
}

static struct fq_told *open_told(struct fq_told_entry *out_last)
{
    struct fq_told *told = NULL;
    struct fq_why why = {0};
    if (fq_told_open(place, &told, out_last, &why)) {
        fail_msg("open: %s", why.detail);
    }
    return told;
}

static void write_up_to(uint64_t last)
{
    struct fq_told_entry entry;
    struct fq_told *told = open_told(&entry);
    for (uint64_t seq = entry.seq + 1; seq <= last; seq++) {
        struct fq_hash chain = chain_of(seq);
        assert_int_equal(fq_told_write(told, 2, seq, &chain, NULL), FQ_OK);
    }
    fq_told_close(told);
}

static void expect_last(uint64_t seq)
{
    struct fq_told_entry entry;
    struct fq_hash chain = chain_of(seq);
    fq_told_close(open_told(&entry));
    assert_true(entry.is_present);
    assert_int_equal(entry.epoch, 2);
    assert_int_equal(entry.seq, seq);
    assert_true(fq_hash_equal(&entry.chain, &chain));
}

static void damage(size_t slot, size_t at)
{
    uint8_t byte;
    int file = open(path, O_RDWR | O_CLOEXEC);
    off_t offset = (off_t)(slot * SLOT_STEP + at);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, offset), 1);
    byte ^= 1;
    assert_int_equal(pwrite(file, &byte, 1, offset), 1);
    close(file);
}

static void test_a_new_file_holds_nothing(void **state)
{
    (void)state;
    struct fq_told_entry entry = {.is_present = true};
    struct stat status;

    fq_told_close(open_told(&entry));
    assert_false(entry.is_present);
    fq_told_close(open_told(&entry));
    assert_false(entry.is_present);

    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(status.st_blocks * 512 >= 2 * SLOT_STEP);
    fq_told_close(NULL);
}

static void test_t3_the_newest_entry_is_found(void **state)
{
    (void)state;
    struct stat before, after;
    for (uint64_t seq = 1; seq <= 5; seq++) {
        write_up_to(seq);
        expect_last(seq);
    }
    assert_int_equal(stat(path, &before), 0);
    write_up_to(1000);
    expect_last(1000);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
}

/* Every byte of an entry, in both slots. */
static void test_t2_a_torn_slot_yields_to_the_other(void **state)
{
    (void)state;
    for (uint64_t last = 10; last < 12; last++) {
        for (size_t at = 0; at < 64; at++) {
            unlink(path);
            write_up_to(last);
            damage(last % 2, at);
            expect_last(last - 1);
            write_up_to(last); /* over the torn one */
            expect_last(last);
        }
    }
}

static void test_t2_the_first_entry_torn_is_none(void **state)
{
    (void)state;
    struct fq_told_entry entry;
    write_up_to(1);
    damage(1, 20);

    fq_told_close(open_told(&entry));

    assert_false(entry.is_present);
}

static void test_t2_two_damaged_entries_fail(void **state)
{
    (void)state;
    struct fq_told *told = NULL;
    struct fq_told_entry entry = {.seq = 77};
    struct fq_why why = {0};
    write_up_to(2);
    damage(0, 20);
    damage(1, 20);

    assert_int_equal(fq_told_open(place, &told, &entry, &why), FQ_ERR_USAGE);

    assert_int_equal(why.reason, FQ_REASON_FILE);
    assert_null(told);
    assert_int_equal(entry.seq, 77);
}

static void test_a_file_cut_short_is_filled_again(void **state)
{
    (void)state;
    struct stat status;
    write_up_to(2); /* slot 0 */
    assert_int_equal(truncate(path, 600), 0);

    expect_last(2);

    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 2 * SLOT_STEP);
}

static void test_t4_after_a_failed_write_every_later_one_fails(void **state)
{
    (void)state;
    struct rlimit limit;
    struct fq_told_entry entry;
    struct fq_hash chain = chain_of(3);
    struct fq_why why = {0};
    write_up_to(2);
    struct fq_told *told = open_told(&entry);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);

    fq_err err = fq_told_write(told, 2, 3, &chain, &why);

    limit.rlim_cur = before;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(err, FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_STORE);
    assert_int_equal(fq_told_write(told, 2, 3, &chain, &why), FQ_ERR_FAILED);
    fq_told_close(told);
    expect_last(2);
}

static void test_t1_an_entry_is_on_disk_when_the_call_returns(void **state)
{
    (void)state;
    write_up_to(1);
    unsigned before = sync_count;

    write_up_to(2);

    assert_true(sync_count > before);
}

static void test_t4_after_a_failed_sync_every_later_write_fails(void **state)
{
    (void)state;
    struct fq_told_entry entry;
    struct fq_hash chain = chain_of(3);
    struct fq_why why = {0};
    write_up_to(2);
    struct fq_told *told = open_told(&entry);

    is_sync_failing = true;
    fq_err err = fq_told_write(told, 2, 3, &chain, &why);
    is_sync_failing = false;

    assert_int_equal(err, FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_STORE);
    assert_int_equal(fq_told_write(told, 2, 3, &chain, &why), FQ_ERR_FAILED);
    fq_told_close(told);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_file_holds_nothing),
        TEST(test_t3_the_newest_entry_is_found),
        TEST(test_t2_a_torn_slot_yields_to_the_other),
        TEST(test_t2_the_first_entry_torn_is_none),
        TEST(test_t2_two_damaged_entries_fail),
        TEST(test_a_file_cut_short_is_filled_again),
        TEST(test_t1_an_entry_is_on_disk_when_the_call_returns),
        TEST(test_t4_after_a_failed_write_every_later_one_fails),
        TEST(test_t4_after_a_failed_sync_every_later_write_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
