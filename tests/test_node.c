/* What a node has on disk, in which order it came there, and what a restart makes of it (commit.c
 * and recover.c), over a store in memory that is watched and can be made to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../nodes/node.h"
#include "support/world.h"

#define ORIGIN (WORLD_COUNTY * 100 + 1)
#define NOW_MS UINT64_C(1625000000000)
#define NOW ((struct fq_now){.wall_ms = NOW_MS, .steady_ms = 1000})

/* ---- a store in front of the store ---- */

struct watched {
    struct fq_store base;
    struct fq_store *inner;
    unsigned commits, synced;
    bool is_failing;
    unsigned good_commits; /* so many before it fails */
};

static fq_err watched_commit(struct fq_store *store, const struct fq_write *writes, size_t count,
                             bool is_synced, struct fq_why *out_why)
{
    struct watched *watched = (struct watched *)store;

    if (watched->is_failing && watched->commits >= watched->good_commits) {
        return fq_fail(out_why, FQ_REASON_STORE, "as told");
    }
    watched->commits++;
    watched->synced += is_synced;
    return fq_store_commit(watched->inner, writes, count, is_synced, out_why);
}

static fq_err watched_get(struct fq_store *store, enum fq_family family, struct fq_span key,
                          struct fq_arena *arena, struct fq_span *out_value, bool *out_found,
                          struct fq_why *out_why)
{
    return fq_store_get(((struct watched *)store)->inner, family, key, arena, out_value, out_found,
                        out_why);
}

static fq_err watched_cursor(struct fq_store *store, enum fq_family family,
                             struct fq_cursor **out_cursor, struct fq_why *out_why)
{
    return fq_cursor_open(((struct watched *)store)->inner, family, out_cursor, out_why);
}

static const struct fq_store_methods watched_methods = {
    .commit = watched_commit, .get = watched_get, .cursor_open = watched_cursor};

/* ---- a node without sockets ---- */

static struct world world;
static struct watched disk;
static struct fq_node *node;
static struct fq_why why;
static uint8_t last_command;
static char place[256];
static char told_path[300];

static void start_node(void)
{
    static const struct fq_tier_row tier = {FQ_TIER_COUNTY, "fengqiao-county", true};
    uint8_t seed[32] = {7};
    struct fq_sign_public public_key;
    struct fq_core_options options = {
        .area = WORLD_COUNTY,
        .origin = ORIGIN,
        .tier = FQ_TIER_COUNTY,
        .instance = world_id(9),
        .epoch = 1,
        .batch_records_max = 4,
        .batch_size_max = FQ_BATCH_SIZE_MAX,
        .sync = {.origin = ORIGIN, .area = WORLD_COUNTY, .tier = FQ_TIER_COUNTY, .boot = 1},
    };

    fq_sign_pair(seed, &public_key, &options.secret);
    node = calloc(1, sizeof *node);
    assert_non_null(node);
    node->tier = &tier;
    node->config.disputes_max = 1000;
    node->areas = world.areas;
    node->codes = world.codes;
    disk.base = (struct fq_store){.methods = &watched_methods, .has_vault = true};
    node->store = &disk.base;
    assert_int_equal(fq_memory_reserve_view(1000, &node->view_memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)4 << 20, &node->memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)64 << 20, &node->scratch, &why), FQ_OK);
    assert_int_equal(fq_core_init(&node->core, &options, &node->areas, &node->codes, &node->memory,
                                  &node->view_memory, &why),
                     FQ_OK);
    struct fq_told_entry entry;
    assert_int_equal(fq_told_open(place, &node->told, &entry, &why), FQ_OK);
}

static void stop_node(void)
{
    fq_told_close(node->told);
    fq_memory_release_view(&node->view_memory);
    fq_memory_release(&node->memory);
    fq_memory_release(&node->scratch);
    free(node);
    node = NULL;
}

/* A power cut: what is not in the store or the side file is gone. */
static fq_err restart(bool is_rebuild)
{
    stop_node();
    start_node();
    return fq_node_recover(node, is_rebuild, &why);
}

static int begin(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/fq-node.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place)) {
        return -1;
    }
    snprintf(told_path, sizeof told_path, "%s/told", place);
    world_open(&world);
    disk = (struct watched){.is_failing = false};
    assert_int_equal(fq_store_open_memory(&disk.inner, &why), FQ_OK);
    last_command = 0;
    start_node();
    return 0;
}

static int end(void **state)
{
    (void)state;
    stop_node();
    fq_store_close(disk.inner);
    world_close(&world);
    unlink(told_path);
    return rmdir(place);
}

/* ---- turns ---- */

static void write_registration(struct fq_writer *writer, uint8_t command)
{
    uint8_t bytes[1024];
    struct fq_writer record = fq_writer_over(bytes, sizeof bytes);
    struct fq_event event = {.kind = FQ_EVENT_REGISTERED,
                             .step = FQ_EVENT_REGISTERED,
                             .cmd_id = world_id(command),
                             .dispute = world_id(command),
                             .date = world_date("2021-03-01")};

    event.value[FQ_FIELD_TYPE] = 4;
    event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_SCREENING;
    fq_event_encode(&event, &record);
    fq_write_bytes(writer, bytes, record.used);
}

/* One turn with a submit, up to its commit; how many of its commands were taken in. */
static fq_err commit_submit(const struct fq_writer *submit, uint32_t *out_new_count)
{
    static struct fq_input input;

    input = (struct fq_input){.kind = FQ_INPUT_COMMANDS, .bytes = fq_writer_span(submit)};
    node->inputs = &input;
    node->input_count = 1;
    fq_effects_reset(&node->turn.effects, &node->scratch);
    assert_int_equal(fq_core_step(&node->core, &input, 1, NOW, &node->turn, &why), FQ_OK);
    *out_new_count = node->turn.replies[0].new_count;
    return fq_node_commit(node, NOW_MS, &why);
}

/* One turn with the registrations of `count` disputes. */
static fq_err write_turn(uint32_t count)
{
    uint32_t new_count;

    fq_arena_reset(&node->scratch);
    struct fq_writer writer = fq_writer_take(&node->scratch, 65536);
    fq_write_map(&writer, 1);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        write_registration(&writer, ++last_command);
    }
    fq_err err = commit_submit(&writer, &new_count);
    assert_int_equal(new_count, count);
    return err;
}

struct party_row {
    uint64_t command, field;
    const char *text;
};

/* One turn with the registrations of dispute 1 and another, and party data that goes with them. */
static void write_parties(uint8_t other, const struct party_row *rows, uint32_t count)
{
    uint32_t new_count;

    fq_arena_reset(&node->scratch);
    struct fq_writer writer = fq_writer_take(&node->scratch, 65536);
    fq_write_map(&writer, 2);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, 2);
    write_registration(&writer, 1);
    write_registration(&writer, other);
    fq_write_text(&writer, "vault");
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_write_array(&writer, 3);
        fq_write_uint(&writer, rows[i].command);
        fq_write_uint(&writer, rows[i].field);
        fq_write_text(&writer, rows[i].text);
    }
    assert_int_equal(commit_submit(&writer, &new_count), FQ_OK);
}

/* What the vault holds, or "" when nothing. */
static struct fq_span party_of(uint8_t dispute, uint16_t field)
{
    struct fq_id id = world_id(dispute);
    struct fq_vault_key key;
    struct fq_span wrapped, cipher, plain;
    uint8_t place_of_field[FQ_ID_SIZE + 2];
    bool is_found;

    memcpy(place_of_field, id.bytes, FQ_ID_SIZE);
    fq_put_be16(place_of_field + FQ_ID_SIZE, field);
    assert_int_equal(fq_store_get(disk.inner, FQ_FAMILY_VAULT,
                                  fq_span_of(place_of_field, sizeof place_of_field), &node->scratch,
                                  &cipher, &is_found, &why),
                     FQ_OK);
    if (!is_found) {
        return fq_span_text("");
    }
    assert_int_equal(fq_store_get(disk.inner, FQ_FAMILY_VAULT_KEY, fq_span_of(id.bytes, FQ_ID_SIZE),
                                  &node->scratch, &wrapped, &is_found, &why),
                     FQ_OK);
    assert_true(is_found);
    assert_int_equal(fq_vault_key_unwrap(&node->vault_master, &id, wrapped, &key, &why), FQ_OK);
    assert_int_equal(fq_vault_field_open(&key, &id, field, cipher, &node->scratch, &plain, &why),
                     FQ_OK);
    return plain;
}

static void assert_party(uint8_t dispute, uint16_t field, const char *text)
{
    assert_true(fq_span_equal(party_of(dispute, field), fq_span_text(text)));
}

static struct fq_digest digest(void)
{
    return fq_view_digest(&node->core.view, WORLD_PROVINCE, 0, UINT16_MAX);
}

static const struct fq_log *own_log(void)
{
    return fq_frontier_find(&node->core.frontier, &node->core.own);
}

/* The node holds `count` events, each a dispute, and goes on with the next number. */
static void assert_holds(uint64_t count, struct fq_digest expected)
{
    assert_int_equal(node->core.feed.head, count);
    assert_int_equal(fq_feed_last(&node->core.feed, WORLD_COUNTY), count);
    assert_int_equal(own_log()->last, count);
    assert_int_equal(node->core.view.dispute_count, count);
    assert_int_equal(node->core.view.event_count, count);
    assert_true(fq_digest_equal(digest(), expected));
}

static struct fq_told_entry read_told(void)
{
    struct fq_told *told;
    struct fq_told_entry entry;

    assert_int_equal(fq_told_open(place, &told, &entry, &why), FQ_OK);
    fq_told_close(told);
    return entry;
}

static void change(enum fq_family family, struct fq_span key, const char *value)
{
    struct fq_write write = {.family = family, .key = key, .is_delete = value == NULL};

    write.value = value ? fq_span_text(value) : write.value;
    assert_int_equal(fq_store_commit(disk.inner, &write, 1, true, &why), FQ_OK);
}

/* ---- the order of storing ---- */

static void test_s1_s2_a_turn_is_one_synced_commit(void **state)
{
    (void)state;

    assert_int_equal(write_turn(10), FQ_OK); /* batches of 4, 4 and 2 */

    assert_int_equal(node->turn.effects.append_count, 3);
    assert_int_equal(disk.commits, 1);
    assert_int_equal(disk.synced, 1);
}

static void test_s1_a_turn_that_is_stored_is_held_after_a_restart(void **state)
{
    (void)state;
    assert_int_equal(write_turn(10), FQ_OK);
    struct fq_digest before = digest();
    struct fq_hash chain = own_log()->chain;

    assert_int_equal(restart(false), FQ_OK);

    assert_holds(10, before);
    assert_true(fq_hash_equal(&own_log()->chain, &chain));
}

static void test_n5_what_clients_are_told_is_noted_beside_the_store(void **state)
{
    (void)state;
    assert_int_equal(write_turn(10), FQ_OK);

    struct fq_told_entry told = read_told();

    assert_true(told.is_present);
    assert_int_equal(told.epoch, 1);
    assert_int_equal(told.seq, 10);
    assert_true(fq_hash_equal(&told.chain, &own_log()->chain));
}

/* It alone says how far the tail goes, should the node die before all of it is back. */
static void test_n5_a_lost_tail_that_comes_back_does_not_lower_the_note(void **state)
{
    (void)state;
    assert_int_equal(write_turn(3), FQ_OK);
    assert_int_equal(fq_told_write(node->told, 1, 7, &own_log()->chain, &why), FQ_OK);
    fq_sync_set_amnesia(&node->core.sync, &node->core.own, 7);

    assert_int_equal(fq_node_commit(node, NOW_MS, &why), FQ_OK); /* of the first three again */

    assert_int_equal(read_told().seq, 7);
}

static void test_n3_what_could_not_be_stored_is_not_noted_as_told(void **state)
{
    (void)state;
    assert_int_equal(write_turn(3), FQ_OK);
    disk.is_failing = true;

    assert_int_equal(write_turn(3), FQ_ERR_FAILED);

    assert_int_equal(read_told().seq, 3);
}

static void test_a_turn_that_wrote_nothing_commits_nothing(void **state)
{
    (void)state;
    fq_effects_reset(&node->turn.effects, &node->scratch);

    assert_int_equal(fq_core_step(&node->core, NULL, 0, NOW, &node->turn, &why), FQ_OK);
    assert_int_equal(fq_node_commit(node, NOW_MS, &why), FQ_OK);

    assert_int_equal(disk.commits, 0);
    assert_false(read_told().is_present);
}

/* ---- party data ---- */

static void test_s1_party_data_is_in_the_commit_of_its_command(void **state)
{
    (void)state;
    const struct party_row rows[] = {{0, 1, "Wang"}, {1, 1, "Li"}, {0, 3, "0371"}, {1, 4, ""}};

    write_parties(2, rows, 4);

    assert_int_equal(disk.commits, 1);
    assert_party(1, 1, "Wang");
    assert_party(1, 3, "0371"); /* under the key that the first field made */
    assert_party(2, 1, "Li");
    assert_party(2, 4, "");
}

static void test_party_data_of_what_was_not_taken_in_is_not_kept(void **state)
{
    (void)state;
    const struct party_row first[] = {{0, 1, "Wang"}, {2, 1, "nobody"}};
    const struct party_row again[] = {{0, 1, "Zhao"}, {1, 1, "Li"}};

    write_parties(2, first, 2);
    write_parties(3, again, 2); /* the first of them is a repeat */

    assert_party(1, 1, "Wang");
    assert_party(2, 1, "");
    assert_party(3, 1, "Li");
}

/* ---- checkpoints and restarts ---- */

static void test_m3_a_checkpoint_holds_the_whole_view(void **state)
{
    (void)state;
    assert_int_equal(write_turn(10), FQ_OK);
    struct fq_digest before = digest();

    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);

    assert_int_equal(disk.commits, 1 + 10); /* a dispute a slice */
    assert_int_equal(disk.synced, disk.commits);
    assert_int_equal(node->view_lsn, 10);
    assert_int_equal(restart(false), FQ_OK);
    assert_holds(10, before);
}

static void test_m3_a_restart_goes_on_from_the_view_written_behind(void **state)
{
    (void)state;
    assert_int_equal(write_turn(6), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    assert_int_equal(write_turn(5), FQ_OK);
    struct fq_digest before = digest();

    assert_int_equal(restart(false), FQ_OK);
    assert_holds(11, before);
    assert_int_equal(write_turn(2), FQ_OK);
    struct fq_digest after = digest();

    assert_int_equal(node->turn.effects.appends[0].first_lsn, 12);
    assert_int_equal(node->turn.effects.appends[0].first_seq, 12);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    assert_int_equal(restart(false), FQ_OK);
    assert_holds(13, after);
}

static void test_m3_a_checkpoint_that_fails_leaves_the_former_one(void **state)
{
    (void)state;
    assert_int_equal(write_turn(6), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    assert_int_equal(write_turn(5), FQ_OK);
    struct fq_digest before = digest();
    disk.is_failing = true;

    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_ERR_FAILED);
    disk.is_failing = false;

    assert_int_equal(node->view_lsn, 6);
    assert_int_equal(restart(false), FQ_OK);
    assert_holds(11, before);
}

static void test_n6_stamps_go_on_after_a_restart_from_the_view(void **state)
{
    (void)state;
    assert_int_equal(write_turn(6), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    uint64_t hlc = node->core.hlc;
    uint8_t lsn[8];
    for (uint64_t first = 1; first <= 5; first += 4) {
        fq_put_be64(lsn, first);
        change(FQ_FAMILY_ARRIVAL, fq_span_of(lsn, sizeof lsn), NULL);
    }

    assert_int_equal(restart(false), FQ_OK); /* no own batch is walked: here there is none */

    assert_true(node->core.hlc == hlc);
}

static void test_a_checkpoint_holds_how_far_the_tier_above_has_a_log(void **state)
{
    (void)state;
    assert_int_equal(write_turn(6), FQ_OK);
    struct fq_log *own = fq_frontier_find(&node->core.frontier, &node->core.own);
    own->acked = 5; /* heard after the commit */
    own->up = 4;

    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    assert_int_equal(restart(false), FQ_OK);

    assert_int_equal(own_log()->acked, 5);
    assert_int_equal(own_log()->up, 4);
}

/* ---- passes over several turns: no byte of a slice but its first dispute ---- */

static void go_on(void)
{
    assert_int_equal(fq_checkpoint_go_on(node, &why), FQ_OK);
}

static void test_m3_what_comes_during_a_pass_is_folded_again(void **state)
{
    (void)state;
    assert_int_equal(write_turn(6), FQ_OK);
    fq_checkpoint_begin(node);
    go_on();
    assert_int_equal(write_turn(5), FQ_OK);
    struct fq_digest before = digest();

    while (node->is_passing) {
        go_on();
    }

    assert_int_equal(node->view_lsn, 6);
    assert_int_equal(node->core.view.dirty_count, 5);
    assert_int_equal(restart(false), FQ_OK);
    assert_int_equal(node->view_lsn, 6);
    assert_holds(11, before);
}

static void test_m3_a_pass_cut_off_leaves_the_former_mark(void **state)
{
    (void)state;
    assert_int_equal(write_turn(2), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    assert_int_equal(write_turn(4), FQ_OK);
    struct fq_digest before = digest();
    fq_checkpoint_begin(node);
    go_on();
    go_on();

    assert_int_equal(restart(false), FQ_OK);

    assert_int_equal(node->view_lsn, 2);
    assert_holds(6, before);
}

/* As a relay brings it: a fact of a log of which nothing was received. */
static void fold_relayed(uint8_t dispute, uint64_t seq)
{
    const struct fq_event event = {.id = {{WORLD_NEIGHBOUR * 100 + 1, 0, 1}, seq},
                                   .kind = FQ_EVENT_SESSION,
                                   .step = FQ_EVENT_SESSION,
                                   .rev = 2,
                                   .area = WORLD_NEIGHBOUR,
                                   .date = world_date("2021-03-02"),
                                   .cmd_id = world_id((uint8_t)(100 + seq)),
                                   .dispute = world_id(dispute)};

    assert_int_equal(fq_merge_event(&node->core.view, &event), FQ_MERGED_NEW);
}

static void test_m3_a_log_that_only_relays_named_outlives_a_restart(void **state)
{
    (void)state;
    assert_int_equal(write_turn(3), FQ_OK);
    fold_relayed(1, 7);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);

    assert_int_equal(restart(false), FQ_OK);

    assert_int_equal(node->view_lsn, 3);
    assert_int_equal(node->core.view.event_count, 4);
}

static void test_m3_a_log_is_on_disk_with_the_first_row_that_refers_to_it(void **state)
{
    (void)state;
    assert_int_equal(write_turn(3), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    fold_relayed(1, 7);
    fold_relayed(2, 8);
    fq_checkpoint_begin(node);
    go_on();

    assert_int_equal(restart(false), FQ_OK); /* under the former mark, with one row of this pass */

    assert_int_equal(node->view_lsn, 3);
    assert_int_equal(node->core.view.event_count, 4);
}

static void test_m4_a_rebuilt_view_is_the_same(void **state)
{
    (void)state;
    assert_int_equal(write_turn(10), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    struct fq_digest before = digest();

    assert_int_equal(restart(true), FQ_OK);

    assert_int_equal(node->view_lsn, 0);
    assert_holds(10, before);
    assert_int_equal(restart(false), FQ_OK); /* no mark speaks for rows that went */
    assert_int_equal(node->view_lsn, 0);
    assert_holds(10, before);
}

static void test_m4_a_view_forgotten_by_half_is_not_loaded(void **state)
{
    (void)state;
    assert_int_equal(write_turn(10), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    struct fq_digest before = digest();
    disk.good_commits = disk.commits + 1;
    disk.is_failing = true;

    assert_int_equal(restart(true), FQ_ERR_FAILED);
    disk.is_failing = false;

    assert_int_equal(restart(false), FQ_OK);
    assert_holds(10, before);
}

static void test_m4_rows_of_a_view_go_before_one_is_made_anew(void **state)
{
    (void)state;
    assert_int_equal(write_turn(10), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    struct fq_digest before = digest();
    change(FQ_FAMILY_VIEW, fq_span_text("stray"), "no place");

    assert_int_equal(restart(false), FQ_OK);
    assert_int_equal(node->view_lsn, 0);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    assert_int_equal(restart(false), FQ_OK);

    assert_int_equal(node->view_lsn, 10);
    assert_holds(10, before);
}

static void test_m4_a_view_with_a_hole_is_folded_anew(void **state)
{
    (void)state;
    uint8_t third[4];
    assert_int_equal(write_turn(10), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    struct fq_digest before = digest();
    fq_put_be32(third, 2);
    change(FQ_FAMILY_VIEW, fq_span_of(third, sizeof third), NULL);

    assert_int_equal(restart(false), FQ_OK);

    assert_int_equal(node->view_lsn, 0);
    assert_holds(10, before);
}

static void test_m4_a_view_that_does_not_load_is_folded_anew(void **state)
{
    (void)state;
    struct fq_id third = world_id(3);
    assert_int_equal(write_turn(10), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    struct fq_digest before = digest();
    change(FQ_FAMILY_VIEW, fq_span_of(third.bytes, FQ_ID_SIZE), "no facts");

    assert_int_equal(restart(false), FQ_OK);

    assert_holds(10, before);
}

static void test_m4_a_view_without_its_number_is_folded_anew(void **state)
{
    (void)state;
    assert_int_equal(write_turn(10), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    struct fq_digest before = digest();
    change(FQ_FAMILY_DEFAULT, fq_span_text("feed"), "?");

    assert_int_equal(restart(false), FQ_OK);

    assert_holds(10, before);
}

static void test_m4_a_view_that_is_ahead_of_the_log_is_folded_anew(void **state)
{
    (void)state;
    assert_int_equal(write_turn(10), FQ_OK);
    assert_int_equal(fq_checkpoint_finish(node, &why), FQ_OK);
    struct fq_digest before = digest();
    const uint8_t head[8] = {0, 0, 0, 0, 0, 0, 0, 11};
    const struct fq_write mark = {.family = FQ_FAMILY_DEFAULT,
                                  .key = fq_span_text("feed"),
                                  .value = fq_span_of(head, sizeof head)};
    assert_int_equal(fq_store_commit(disk.inner, &mark, 1, true, &why), FQ_OK);

    assert_int_equal(restart(false), FQ_OK);

    assert_int_equal(node->view_lsn, 0);
    assert_holds(10, before);
}

/* ---- a log that is not whole ---- */

static void test_p1_a_batch_missing_from_the_log_is_an_error(void **state)
{
    (void)state;
    uint8_t lsn[8];
    assert_int_equal(write_turn(10), FQ_OK);
    fq_put_be64(lsn, 5); /* the second batch */
    change(FQ_FAMILY_ARRIVAL, fq_span_of(lsn, sizeof lsn), NULL);

    assert_int_not_equal(restart(false), FQ_OK);

    assert_int_equal(why.reason, FQ_REASON_GAP);
    assert_string_equal(why.detail, "lsn 5..8");
}

static void test_p1_an_arrival_without_its_batch_is_an_error(void **state)
{
    (void)state;
    struct fq_event_id first = {node->core.own, 5};
    uint8_t key[FQ_LOG_KEY_SIZE];
    assert_int_equal(write_turn(10), FQ_OK);
    fq_log_key_encode(&first, key);
    change(FQ_FAMILY_LOG, fq_span_of(key, sizeof key), NULL);

    assert_int_not_equal(restart(false), FQ_OK);

    assert_int_equal(why.reason, FQ_REASON_BYTES);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(test_s1_s2_a_turn_is_one_synced_commit),
        CASE(test_s1_a_turn_that_is_stored_is_held_after_a_restart),
        CASE(test_n5_what_clients_are_told_is_noted_beside_the_store),
        CASE(test_n5_a_lost_tail_that_comes_back_does_not_lower_the_note),
        CASE(test_n3_what_could_not_be_stored_is_not_noted_as_told),
        CASE(test_a_turn_that_wrote_nothing_commits_nothing),
        CASE(test_s1_party_data_is_in_the_commit_of_its_command),
        CASE(test_party_data_of_what_was_not_taken_in_is_not_kept),
        CASE(test_m3_a_checkpoint_holds_the_whole_view),
        CASE(test_m3_a_restart_goes_on_from_the_view_written_behind),
        CASE(test_m3_a_checkpoint_that_fails_leaves_the_former_one),
        CASE(test_n6_stamps_go_on_after_a_restart_from_the_view),
        CASE(test_a_checkpoint_holds_how_far_the_tier_above_has_a_log),
        CASE(test_m3_what_comes_during_a_pass_is_folded_again),
        CASE(test_m3_a_pass_cut_off_leaves_the_former_mark),
        CASE(test_m3_a_log_that_only_relays_named_outlives_a_restart),
        CASE(test_m3_a_log_is_on_disk_with_the_first_row_that_refers_to_it),
        CASE(test_m4_a_rebuilt_view_is_the_same),
        CASE(test_m4_a_view_forgotten_by_half_is_not_loaded),
        CASE(test_m4_rows_of_a_view_go_before_one_is_made_anew),
        CASE(test_m4_a_view_with_a_hole_is_folded_anew),
        CASE(test_m4_a_view_that_does_not_load_is_folded_anew),
        CASE(test_m4_a_view_without_its_number_is_folded_anew),
        CASE(test_m4_a_view_that_is_ahead_of_the_log_is_folded_anew),
        CASE(test_p1_a_batch_missing_from_the_log_is_an_error),
        CASE(test_p1_an_arrival_without_its_batch_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
