/* The outbox's files: what was saved is there, whatever became of the disk, the power or the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fq/base/hash.h"
#include "fq/edge/outbox.h"

static char place[256], directory[300], journal[320];

/* ---- the system's calls, watched: the linker takes these ones ---- */

static long calls_until_fault = -1; /* -1: none fails */
static bool is_half_written;        /* the failing write leaves a part behind */
static bool is_cut_failing;
static unsigned sync_count, pause_count;

static bool is_failing(void)
{
    return calls_until_fault >= 0 && calls_until_fault-- == 0;
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    if (is_failing()) {
        if (is_half_written && size > 1) {
            (void)syscall(SYS_pwrite64, file, bytes, size / 2, at);
        }
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, file, bytes, size, at);
}

int fdatasync(int file)
{
    sync_count++;
    if (is_failing()) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

int fsync(int file)
{
    if (is_failing()) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, file);
}

int ftruncate(int file, off_t size)
{
    if (is_cut_failing) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_ftruncate, file, size);
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)wanted;
    (void)left;
    pause_count++;
    return 0;
}

/* ---- setting up ---- */

static int make_place(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/fq-outbox.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place)) {
        return -1;
    }
    snprintf(directory, sizeof directory, "%s/a/b", place);
    snprintf(journal, sizeof journal, "%s/journal", directory);
    calls_until_fault = -1;
    is_half_written = is_cut_failing = false;
    return 0;
}

static int remove_place(void **state)
{
    (void)state;
    char command[400];
    snprintf(command, sizeof command, "rm -r '%s'", place);
    return system(command);
}

static struct fq_outbox *open_outbox(void)
{
    struct fq_outbox *outbox = NULL;
    struct fq_why why = {0};
    if (fq_outbox_open(directory, &outbox, &why)) {
        fail_msg("open: %s", why.detail);
    }
    return outbox;
}

static struct fq_id id_of(unsigned number)
{
    struct fq_id id = {{0}};
    fq_put_be32(id.bytes, number * 2654435761u);
    fq_put_be32(id.bytes + 12, number);
    return id;
}

/* The first of every three registers a dispute, the others are steps of it. */
static struct fq_outbox_entry entry_of(unsigned number)
{
    static const char sealed[] = "sealed";
    return (struct fq_outbox_entry){
        .cmd_id = id_of(number),
        .dispute = id_of(number - number % 3),
        .kind = number % 3 == 0 ? FQ_EVENT_REGISTERED : FQ_EVENT_SESSION,
        .known_rev = number,
        .saved_ms = 1000 + number,
        .record = fq_span_text("a record of some length, so that there is something to tear"),
        .sealed = number % 3 == 0 ? fq_span_text(sealed) : (struct fq_span){0},
    };
}

static void add(struct fq_outbox *outbox, unsigned number)
{
    struct fq_outbox_entry entry = entry_of(number);
    struct fq_why why = {0};
    size_t index = 0;
    if (fq_outbox_add(outbox, &entry, &index, &why)) {
        fail_msg("add %u: %u %s", number, why.reason, why.detail);
    }
    assert_int_equal(index, fq_outbox_count(outbox) - 1);
}

static void add_up_to(unsigned count)
{
    struct fq_outbox *outbox = open_outbox();
    for (unsigned i = (unsigned)fq_outbox_count(outbox); i < count; i++) {
        add(outbox, i);
    }
    fq_outbox_close(outbox);
}

static void note(struct fq_outbox *outbox, unsigned number, struct fq_outbox_note what)
{
    what.cmd_id = id_of(number);
    what.at_ms = what.at_ms ? what.at_ms : 5000;
    assert_int_equal(fq_outbox_note(outbox, &what, 1, false, NULL), FQ_OK);
}

static struct fq_outbox_note receipt(enum fq_tier tier, uint64_t at_ms)
{
    return (struct fq_outbox_note){.kind = FQ_OUTBOX_NOTE_RECEIPT,
                                   .tier = tier,
                                   .at_ms = at_ms,
                                   .event = {{41010501, 0, 1}, 77}};
}

static struct fq_outbox_note refusal(void)
{
    return (struct fq_outbox_note){
        .kind = FQ_OUTBOX_NOTE_REFUSED, .reason = FQ_REASON_STEP, .detail = "accept: voided"};
}

static void expect_entry(const struct fq_outbox *outbox, unsigned number)
{
    struct fq_outbox_entry wanted = entry_of(number);
    const struct fq_outbox_entry *entry = fq_outbox_find(outbox, &wanted.cmd_id);
    assert_non_null(entry);
    assert_true(fq_id_equal(&entry->dispute, &wanted.dispute));
    assert_int_equal(entry->kind, wanted.kind);
    assert_int_equal(entry->number, number % 3 == 0 ? number / 3 + 1 : 0);
    assert_int_equal(entry->known_rev, wanted.known_rev);
    assert_int_equal(entry->saved_ms, wanted.saved_ms);
    assert_true(fq_span_equal(entry->record, wanted.record));
    assert_true(fq_span_equal(entry->sealed, wanted.sealed));
}

static off_t size_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

/* ---- entries ---- */

static void test_what_was_added_is_there_after_opening_again(void **state)
{
    (void)state;
    struct stat status;
    add_up_to(200);

    struct fq_outbox *outbox = open_outbox();

    assert_int_equal(fq_outbox_count(outbox), 200);
    for (unsigned i = 0; i < 200; i++) {
        struct fq_id id = id_of(i);
        expect_entry(outbox, i);
        assert_true(fq_id_equal(&fq_outbox_at(outbox, i)->cmd_id, &id));
        assert_int_equal(fq_outbox_at(outbox, i)->state, FQ_OUTBOX_WAITING);
    }
    assert_int_equal(fq_outbox_damaged(outbox), 0);
    fq_outbox_close(outbox);
    assert_int_equal(stat(directory, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(stat(journal, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    fq_outbox_close(NULL);
}

static void test_a_command_id_is_there_once(void **state)
{
    (void)state;
    struct fq_outbox *outbox = open_outbox();
    struct fq_outbox_entry entry = entry_of(0);
    struct fq_why why = {0};
    size_t index = 99;
    add(outbox, 0);
    off_t size = size_of(journal);

    assert_int_equal(fq_outbox_add(outbox, &entry, &index, &why), FQ_ERR_REFUSED);

    assert_int_equal(why.reason, FQ_REASON_COMMAND_CLASH);
    assert_int_equal(index, 99);
    assert_int_equal(size_of(journal), size);
    fq_outbox_close(outbox);
}

static void test_o1_an_entry_is_on_disk_when_the_call_returns(void **state)
{
    (void)state;
    struct fq_outbox *outbox = open_outbox();
    unsigned before = sync_count;

    add(outbox, 0);

    assert_int_equal(sync_count, before + 1);
    note(outbox, 0, receipt(FQ_TIER_COUNTY, 1));
    assert_int_equal(sync_count, before + 1);
    fq_outbox_close(outbox);
}

/* The first call fails, then the second, and so on until the entry is saved. */
static void fail_everywhere(bool is_half, bool is_stuck)
{
    unsigned failed = 0;
    bool is_saved = false;

    add_up_to(4);
    while (!is_saved) {
        struct fq_outbox *outbox = open_outbox();
        struct fq_outbox_entry entry = entry_of(4);
        struct fq_why why = {0};
        size_t index;
        off_t size = size_of(journal);
        is_half_written = is_half;
        is_cut_failing = is_stuck;
        calls_until_fault = failed;
        fq_err err = fq_outbox_add(outbox, &entry, &index, &why);
        is_saved = calls_until_fault >= 0;
        calls_until_fault = -1;
        is_cut_failing = false;
        /* Noting the holder may fail unseen: the entry is then saved all the same. */
        if (err) {
            assert_int_equal(why.reason, FQ_REASON_OUTBOX_FULL);
            assert_int_equal(fq_outbox_count(outbox), 4);
            assert_true(is_stuck || size_of(journal) == size);
            failed++;
        } else {
            assert_int_equal(fq_outbox_count(outbox), 5);
        }
        fq_outbox_close(outbox);
        outbox = open_outbox();
        assert_int_equal(fq_outbox_count(outbox), err ? 4 : 5);
        for (unsigned i = 0; i < 4; i++) {
            expect_entry(outbox, i);
        }
        fq_outbox_close(outbox);
        if (!err && !is_saved) { /* the fault was the holder's note: go on with the next call */
            assert_int_equal(truncate(journal, 0), 0);
            add_up_to(4);
            failed++;
        }
    }
    assert_true(failed >= 3); /* the note of the holder, the write, the sync */
}

static void test_o1_every_call_that_can_fail_fails(void **state)
{
    (void)state;
    fail_everywhere(false, false);
}

static void test_o1_a_write_that_stops_half_way_leaves_nothing(void **state)
{
    (void)state;
    fail_everywhere(true, false);
}

static void test_o2_a_half_entry_that_stays_is_passed_over(void **state)
{
    (void)state;
    struct fq_outbox *outbox = open_outbox();
    struct fq_outbox_entry entry = entry_of(1);
    size_t index;
    add(outbox, 0);

    is_half_written = is_cut_failing = true;
    calls_until_fault = 1; /* after the holder's note */
    assert_int_equal(fq_outbox_add(outbox, &entry, &index, NULL), FQ_ERR_FAILED);
    is_half_written = is_cut_failing = false;

    add(outbox, 2);
    assert_int_equal(fq_outbox_count(outbox), 2);
    fq_outbox_close(outbox);
    outbox = open_outbox();
    assert_int_equal(fq_outbox_count(outbox), 2);
    expect_entry(outbox, 0);
    expect_entry(outbox, 2);
    fq_outbox_close(outbox);
}

/* ---- damage ---- */

static void test_o2_torn_at_every_byte(void **state)
{
    (void)state;
    off_t ends[6];
    for (unsigned i = 0; i < 6; i++) {
        add_up_to(i);
        ends[i] = size_of(journal);
    }

    for (off_t size = ends[5] - 1; size >= ends[3]; size--) {
        assert_int_equal(truncate(journal, size), 0);
        unsigned whole = size >= ends[4] ? 4 : 3;
        struct fq_outbox *outbox = open_outbox();
        assert_int_equal(fq_outbox_count(outbox), whole);
        add(outbox, 100); /* behind the torn end */
        fq_outbox_close(outbox);
        outbox = open_outbox();
        assert_int_equal(fq_outbox_count(outbox), whole + 1);
        for (unsigned i = 0; i < whole; i++) {
            expect_entry(outbox, i);
        }
        struct fq_id added = id_of(100);
        assert_non_null(fq_outbox_find(outbox, &added));
        fq_outbox_close(outbox);
        assert_int_equal(truncate(journal, size), 0);
    }
}

static void test_o2_a_damaged_entry_costs_no_other(void **state)
{
    (void)state;
    add_up_to(2);
    off_t begin = size_of(journal);
    add_up_to(3);
    off_t end = size_of(journal);
    add_up_to(5);

    for (off_t at = begin; at < end; at++) {
        uint8_t byte;
        int file = open(journal, O_RDWR | O_CLOEXEC);
        assert_int_equal(pread(file, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
        struct fq_outbox *outbox = open_outbox();
        assert_int_equal(fq_outbox_count(outbox), 4);
        assert_int_equal(fq_outbox_damaged(outbox), 1);
        expect_entry(outbox, 0);
        expect_entry(outbox, 1);
        expect_entry(outbox, 3);
        expect_entry(outbox, 4);
        fq_outbox_close(outbox);
        byte ^= 0x10;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
        close(file);
    }
}

static void test_o2_zeros_where_the_end_should_be(void **state)
{
    (void)state;
    add_up_to(3);
    off_t size = size_of(journal);
    assert_int_equal(truncate(journal, size + 4096), 0);

    add_up_to(4);

    struct fq_outbox *outbox = open_outbox();
    assert_int_equal(fq_outbox_count(outbox), 4);
    for (unsigned i = 0; i < 4; i++) {
        expect_entry(outbox, i);
    }
    fq_outbox_close(outbox);
}

static void test_a_journal_of_a_later_version_is_left_alone(void **state)
{
    (void)state;
    static const uint8_t payload[] = {0x92, 0x00, 0x63}; /* [0, 99] */
    uint8_t frame[16 + sizeof payload];
    struct fq_outbox *outbox = NULL;
    struct fq_why why = {0};
    add_up_to(1);
    fq_put_be32(frame, 0x46514f31u);
    fq_put_be32(frame + 4, sizeof payload);
    memcpy(frame + 16, payload, sizeof payload);
    fq_put_be64(frame + 8, fq_hash_quick(fq_span_of(payload, sizeof payload)));
    int file = open(journal, O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_int_equal(pwrite(file, frame, sizeof frame, 0), sizeof frame);
    close(file);

    assert_int_equal(fq_outbox_open(directory, &outbox, &why), FQ_ERR_NEWER);

    assert_null(outbox);
    assert_int_equal(size_of(journal), sizeof frame);
}

static void test_o6_what_may_only_be_read_is_read(void **state)
{
    (void)state;
    struct fq_why why = {0};
    char lock[340];
    size_t index;
    add_up_to(2);
    snprintf(lock, sizeof lock, "%s/lock", directory);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(mkdir(lock, 0700),
                     0); /* no file to write: also for who may write everywhere */

    struct fq_outbox *outbox = open_outbox();
    const struct fq_outbox_entry entry = entry_of(2);
    const struct fq_outbox_note drop = {.kind = FQ_OUTBOX_NOTE_DROPPED, .cmd_id = id_of(0)};

    assert_int_equal(fq_outbox_count(outbox), 2);
    assert_int_equal(fq_outbox_add(outbox, &entry, &index, &why), FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_OUTBOX_FULL);
    assert_non_null(strstr(why.detail, "lock"));
    assert_int_equal(fq_outbox_note(outbox, &drop, 1, true, &why), FQ_ERR_FAILED);
    assert_int_equal(fq_outbox_count(outbox), 2);
    fq_outbox_close(outbox);
    assert_int_equal(unlink(journal), 0);
    outbox = open_outbox(); /* where nothing was ever saved there is nothing */
    assert_int_equal(fq_outbox_count(outbox), 0);
    fq_outbox_close(outbox);
}

/* ---- notes ---- */

static const struct fq_outbox_entry *noted(const struct fq_outbox_note *notes, size_t count)
{
    static struct fq_outbox_entry entry;
    struct fq_id id = id_of(0);
    assert_int_equal(unlink(journal), 0);
    struct fq_outbox *outbox = open_outbox();
    add(outbox, 0);
    for (size_t i = 0; i < count; i++) {
        note(outbox, 0, notes[i]);
    }
    enum fq_outbox_state live = fq_outbox_at(outbox, 0)->state;
    fq_outbox_close(outbox);
    outbox = open_outbox();
    entry = *fq_outbox_find(outbox, &id);
    assert_int_equal(entry.state, live);
    fq_outbox_close(outbox);
    return &entry;
}

static void test_o3_an_entry_is_what_its_notes_make_of_it(void **state)
{
    (void)state;
    const struct fq_outbox_note retry = {.kind = FQ_OUTBOX_NOTE_RETRY};
    const struct fq_outbox_note lost = {.kind = FQ_OUTBOX_NOTE_LOST};
    const struct fq_outbox_note drop = {.kind = FQ_OUTBOX_NOTE_DROPPED, .detail = "twice"};
    add_up_to(1);

    const struct fq_outbox_note city[] = {receipt(FQ_TIER_COUNTY, 10), receipt(FQ_TIER_CITY, 20),
                                          receipt(FQ_TIER_CITY, 30)};
    const struct fq_outbox_entry *entry = noted(city, 3);
    assert_int_equal(entry->state, FQ_OUTBOX_DELIVERED);
    assert_int_equal(entry->event.seq, 77);
    assert_int_equal(entry->held_ms[FQ_TIER_COUNTY], 10);
    assert_int_equal(entry->held_ms[FQ_TIER_CITY], 20); /* the first time counts */
    assert_int_equal(entry->held_ms[FQ_TIER_PROVINCE], 0);

    const struct fq_outbox_note refused[] = {refusal()};
    entry = noted(refused, 1);
    assert_int_equal(entry->state, FQ_OUTBOX_REFUSED);
    assert_int_equal(entry->reason, FQ_REASON_STEP);
    assert_string_equal(entry->detail, "accept: voided");
    assert_int_equal(entry->ended_ms, 5000);

    const struct fq_outbox_note retried[] = {refusal(), retry};
    entry = noted(retried, 2);
    assert_int_equal(entry->state, FQ_OUTBOX_WAITING);
    assert_int_equal(entry->reason, 0);

    const struct fq_outbox_note forgotten[] = {receipt(FQ_TIER_COUNTY, 10), lost};
    entry = noted(forgotten, 2);
    assert_int_equal(entry->state, FQ_OUTBOX_WAITING);
    assert_int_equal(entry->held_ms[FQ_TIER_COUNTY], 0);
    assert_true(entry->was_held);

    const struct fq_outbox_note dropped[] = {refusal(), drop};
    entry = noted(dropped, 2);
    assert_int_equal(entry->state, FQ_OUTBOX_DROPPED);
    assert_string_equal(entry->detail, "twice");
    const struct fq_outbox_note not_retried[] = {drop, retry, lost};
    assert_int_equal(noted(not_retried, 3)->state, FQ_OUTBOX_DROPPED);
}

static void test_o4_a_receipt_outweighs_a_refusal(void **state)
{
    (void)state;
    const struct fq_outbox_note drop = {.kind = FQ_OUTBOX_NOTE_DROPPED};
    const struct fq_outbox_note before[] = {refusal(), receipt(FQ_TIER_COUNTY, 10)};
    const struct fq_outbox_note after[] = {receipt(FQ_TIER_COUNTY, 10), refusal(), drop};
    add_up_to(1);

    assert_int_equal(noted(before, 2)->state, FQ_OUTBOX_DELIVERED);
    assert_int_equal(noted(after, 3)->state, FQ_OUTBOX_DELIVERED);
}

static void test_notes_are_written_all_or_none(void **state)
{
    (void)state;
    struct fq_outbox_note notes[3] = {refusal(), refusal(), refusal()};
    add_up_to(3);
    struct fq_outbox *outbox = open_outbox();
    for (unsigned i = 0; i < 3; i++) {
        notes[i].cmd_id = id_of(i);
    }

    is_half_written = true;
    calls_until_fault = 1;
    assert_int_equal(fq_outbox_note(outbox, notes, 3, true, NULL), FQ_ERR_FAILED);

    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fq_outbox_at(outbox, i)->state, FQ_OUTBOX_WAITING);
    }
    calls_until_fault = -1;
    assert_int_equal(fq_outbox_note(outbox, notes, 3, true, NULL), FQ_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fq_outbox_at(outbox, i)->state, FQ_OUTBOX_REFUSED);
    }
    fq_outbox_close(outbox);
}

/* ---- several programs ---- */

static void test_o5_writers_see_what_others_wrote(void **state)
{
    (void)state;
    struct fq_outbox *a = open_outbox(), *b = open_outbox();
    struct fq_outbox_entry again = entry_of(3);
    struct fq_why why = {0};
    size_t index;

    add(a, 0);
    add(a, 1);
    struct fq_outbox_entry third = entry_of(3); /* the second registration, by another program */
    assert_int_equal(fq_outbox_add(b, &third, &index, &why), FQ_OK);
    assert_int_equal(index, 2);
    assert_int_equal(fq_outbox_at(b, 2)->number, 2);
    assert_int_equal(fq_outbox_add(a, &again, &index, &why), FQ_ERR_REFUSED);
    assert_int_equal(why.reason, FQ_REASON_COMMAND_CLASH);

    note(b, 0, receipt(FQ_TIER_COUNTY, 10));
    assert_int_equal(fq_outbox_refresh(a, NULL), FQ_OK);
    assert_int_equal(fq_outbox_count(a), 3);
    assert_int_equal(fq_outbox_at(a, 0)->state, FQ_OUTBOX_DELIVERED);
    fq_outbox_close(a);
    fq_outbox_close(b);
}

static void test_o5_who_writes_for_too_long_is_named(void **state)
{
    (void)state;
    char path[340], expected[64];
    struct fq_outbox *outbox = open_outbox();
    struct fq_outbox_entry entry = entry_of(1);
    struct fq_why why = {0};
    size_t index;
    add(outbox, 0);
    snprintf(path, sizeof path, "%s/lock", directory);
    snprintf(expected, sizeof expected, "process %ld", (long)getpid());
    int holder = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(holder, LOCK_EX), 0);
    pause_count = 0;

    assert_int_equal(fq_outbox_add(outbox, &entry, &index, &why), FQ_ERR_FAILED);

    assert_int_equal(why.reason, FQ_REASON_OUTBOX_HELD);
    assert_string_equal(why.detail, expected);
    assert_true(pause_count > 10);
    assert_int_equal(fq_outbox_count(outbox), 1);
    close(holder);
    assert_int_equal(fq_outbox_add(outbox, &entry, &index, &why), FQ_OK);
    fq_outbox_close(outbox);
}

/* ---- files beside it ---- */

static void expect_file(const struct fq_outbox *outbox, const char *text)
{
    struct fq_span content;
    assert_int_equal(fq_outbox_file_read(outbox, "tables", &content, NULL), FQ_OK);
    assert_true(fq_span_equal(content, text ? fq_span_text(text) : (struct fq_span){0}));
    void *memory = NULL;
    memcpy(&memory, &content.data, sizeof memory);
    free(memory);
}

static void test_a_file_is_whole_or_as_before(void **state)
{
    (void)state;
    static const char old[] = "\xa3old", fresh[] = "\xa5"
                                                   "fresh"; /* MessagePack texts */
    struct fq_outbox *outbox = open_outbox();
    expect_file(outbox, NULL);
    assert_int_equal(fq_outbox_file_write(outbox, "tables", fq_span_text(old), NULL), FQ_OK);
    expect_file(outbox, old);

    for (long fault = 0;; fault++) {
        calls_until_fault = fault;
        fq_err err = fq_outbox_file_write(outbox, "tables", fq_span_text(fresh), NULL);
        bool is_over = calls_until_fault >= 0;
        calls_until_fault = -1;
        if (is_over) {
            assert_int_equal(err, FQ_OK);
            assert_true(fault >= 3); /* the write, its sync, the directory's */
            break;
        }
        assert_int_equal(err, FQ_ERR_FAILED);
        expect_file(outbox, fault < 2 ? old : fresh);
    }
    expect_file(outbox, fresh);
    char path[340];
    snprintf(path, sizeof path, "%s/tables", directory);
    assert_int_equal(truncate(path, 18), 0);
    expect_file(outbox, NULL);
    fq_outbox_file_remove(outbox, "tables");
    assert_int_not_equal(access(path, F_OK), 0);
    fq_outbox_close(outbox);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_added_is_there_after_opening_again),
        TEST(test_a_command_id_is_there_once),
        TEST(test_o1_an_entry_is_on_disk_when_the_call_returns),
        TEST(test_o1_every_call_that_can_fail_fails),
        TEST(test_o1_a_write_that_stops_half_way_leaves_nothing),
        TEST(test_o2_a_half_entry_that_stays_is_passed_over),
        TEST(test_o2_torn_at_every_byte),
        TEST(test_o2_a_damaged_entry_costs_no_other),
        TEST(test_o2_zeros_where_the_end_should_be),
        TEST(test_a_journal_of_a_later_version_is_left_alone),
        TEST(test_o6_what_may_only_be_read_is_read),
        TEST(test_o3_an_entry_is_what_its_notes_make_of_it),
        TEST(test_o4_a_receipt_outweighs_a_refusal),
        TEST(test_notes_are_written_all_or_none),
        TEST(test_o5_writers_see_what_others_wrote),
        TEST(test_o5_who_writes_for_too_long_is_named),
        TEST(test_a_file_is_whole_or_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
