/* A county's knowledge of whom its disputes name: hashes kept with the vault, made when they are
 * missing, forgotten with the key; what is proposed as one, and who may ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../nodes/parties.h"
#include "../nodes/service.h"
#include "support/world.h"

#define ORIGIN (WORLD_COUNTY * 100 + 1)
#define NOW_MS UINT64_C(1625000000000)
#define NOW ((struct fq_now){.wall_ms = NOW_MS, .steady_ms = 1000})

static const struct fq_tier_row county = {FQ_TIER_COUNTY, "fengqiao-county", true};
static const struct fq_tier_row city = {FQ_TIER_CITY, "fengqiao-city", false};
static struct world world;
static struct fq_node *node;
static struct fq_why why;
static char place[256], told_path[300];
static uint8_t answer_bytes[256 * 1024];
static struct fq_answer answer;

static int begin(void **state)
{
    (void)state;
    uint8_t seed[32] = {7};
    struct fq_sign_public public_key;
    struct fq_told_entry entry;
    const char *base = getenv("TMPDIR");
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

    snprintf(place, sizeof place, "%s/fq-parties.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place)) {
        return -1;
    }
    snprintf(told_path, sizeof told_path, "%s/told", place);
    world_open(&world);
    fq_sign_pair(seed, &public_key, &options.secret);
    node = calloc(1, sizeof *node);
    assert_non_null(node);
    node->tier = &county;
    node->config.disputes_max = 1000;
    node->areas = world.areas;
    node->codes = world.codes;
    node->vault_master.bytes[0] = 5;
    assert_int_equal(fq_store_open_memory(&node->store, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve_view(1000, &node->view_memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)4 << 20, &node->memory, &why), FQ_OK);
    assert_int_equal(fq_memory_reserve((size_t)64 << 20, &node->scratch, &why), FQ_OK);
    assert_int_equal(fq_core_init(&node->core, &options, &node->areas, &node->codes, &node->memory,
                                  &node->view_memory, &why),
                     FQ_OK);
    assert_int_equal(fq_told_open(place, &node->told, &entry, &why), FQ_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fq_told_close(node->told);
    fq_store_close(node->store);
    fq_memory_release_view(&node->view_memory);
    fq_memory_release(&node->memory);
    fq_memory_release(&node->scratch);
    free(node);
    world_close(&world);
    unlink(told_path);
    return rmdir(place);
}

/* ---- turns ---- */

struct party {
    unsigned field;
    const char *text;
};

static void write_command(struct fq_writer *writer, const struct fq_event *event)
{
    uint8_t bytes[1024];
    struct fq_writer record = fq_writer_over(bytes, sizeof bytes);

    fq_event_encode(event, &record);
    fq_write_bytes(writer, bytes, record.used);
}

/* One turn with one command and the party data that goes with it. */
static void submit(const struct fq_event *event, const struct party *parties, uint32_t count)
{
    static struct fq_input input;

    fq_arena_reset(&node->scratch);
    struct fq_writer writer = fq_writer_take(&node->scratch, 65536);
    fq_write_map(&writer, 2);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, 1);
    write_command(&writer, event);
    fq_write_text(&writer, "vault");
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        fq_write_array(&writer, 3);
        fq_write_uint(&writer, 0);
        fq_write_uint(&writer, parties[i].field);
        fq_write_text(&writer, parties[i].text);
    }
    input = (struct fq_input){.kind = FQ_INPUT_COMMANDS, .bytes = fq_writer_span(&writer)};
    node->inputs = &input;
    node->input_count = 1;
    fq_effects_reset(&node->turn.effects, &node->scratch);
    assert_int_equal(fq_core_step(&node->core, &input, 1, NOW, &node->turn, &why), FQ_OK);
    assert_int_equal(node->turn.replies[0].new_count, 1);
    assert_int_equal(fq_node_commit(node, NOW_MS, &why), FQ_OK);
}

static void register_dispute(uint8_t name, const char *date, const struct party *parties,
                             uint32_t count)
{
    struct fq_event event = {.kind = FQ_EVENT_REGISTERED,
                             .step = FQ_EVENT_REGISTERED,
                             .cmd_id = world_id(name),
                             .dispute = world_id(name),
                             .date = world_date(date)};

    event.value[FQ_FIELD_TYPE] = 4;
    event.value[FQ_FIELD_SOURCE] = FQ_SOURCE_SCREENING;
    submit(&event, parties, count);
}

static void take_step(uint8_t name, unsigned kind, uint8_t command, struct party party)
{
    struct fq_event event = {.kind = (uint16_t)kind,
                             .step = (uint16_t)kind,
                             .cmd_id = world_id(command),
                             .dispute = world_id(name),
                             .date = world_date("2021-03-20")};

    event.value[FQ_FIELD_CONSENT] = 1;
    submit(&event, &party, party.field != 0);
}

/* ---- questions ---- */

static struct fq_writer args;

static void begin_args(uint32_t pairs)
{
    fq_arena_reset(&node->scratch);
    args = fq_writer_take(&node->scratch, 4096);
    fq_write_map(&args, pairs);
}

static void put_arg(const char *key, const char *text)
{
    fq_write_text(&args, key);
    fq_write_text(&args, text);
}

static void put_dispute(const char *key, uint8_t name)
{
    struct fq_id id = world_id(name);
    char hex[2 * FQ_ID_SIZE + 1];

    fq_hex_encode(fq_span_of(id.bytes, FQ_ID_SIZE), hex);
    put_arg(key, hex);
}

static fq_err ask(fq_verb_run *verb)
{
    answer.writer = fq_writer_over(answer_bytes, sizeof answer_bytes);
    answer.cursor_size = 0;
    return verb(node, fq_writer_span(&args), &answer, &why);
}

static struct fq_span result(void)
{
    return fq_writer_span(&answer.writer);
}

static uint32_t listed_count(void)
{
    begin_args(0);
    assert_int_equal(ask(fq_verb_dup_list), FQ_OK);
    struct fq_reader reader = fq_reader_over(result());
    return fq_read_array(&reader);
}

/* The first of the list. */
static struct fq_span first_row(void)
{
    struct fq_reader reader = fq_reader_over(result());

    assert_true(fq_read_array(&reader) > 0);
    return fq_read_skip(&reader);
}

static bool answer_tells(const char *text)
{
    return memmem(answer_bytes, answer.writer.used, text, strlen(text)) != NULL;
}

static const struct party zhang[] = {{FQ_VAULT_PARTY_NAME, "张三"},
                                     {FQ_VAULT_PARTY_PHONE, "138-0000-0000"}};
static const struct party zhang_again[] = {{FQ_VAULT_OTHER_PARTY_NAME, "张 三"},
                                           {FQ_VAULT_OTHER_PARTY_PHONE, "+8613800000000"}};

/* ---- duplicates ---- */

static void test_a_dispute_registered_twice_is_proposed(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-05", zhang_again, 2);
    register_dispute(3, "2021-03-05", NULL, 0);

    assert_int_equal(listed_count(), 1);

    assert_int_equal(fq_map_uint(first_row(), "score"), 30 + 20 + 20 + 15);
    assert_true(answer_tells("same_phone") && answer_tells("same_name"));
    assert_false(answer_tells("张") || answer_tells("13800000000"));
}

static void test_the_likeliest_come_first(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-25", zhang, 2);
    register_dispute(3, "2021-03-26", zhang, 2);

    assert_int_equal(listed_count(), 3);

    assert_int_equal(fq_map_uint(first_row(), "score"), 85);
    assert_true(fq_map_text(first_row(), "a_id").data[0] == '0' &&
                fq_map_text(first_row(), "a_id").data[1] == '2');
}

static void test_near_misses_are_not_proposed(void **state)
{
    static const struct party li[] = {{FQ_VAULT_PARTY_NAME, "李四"}};

    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-01", li, 1);    /* somebody else */
    register_dispute(3, "2021-04-15", zhang, 2); /* another time */
    assert_int_equal(listed_count(), 0);
}

static void test_a_voided_dispute_is_not_proposed(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-01", zhang, 2);
    assert_int_equal(listed_count(), 1);
    struct fq_dispute *dispute = &node->core.view.disputes[0];

    dispute->flags |= FQ_DISPUTE_MERGED;
    assert_int_equal(listed_count(), 0);
    dispute->flags = (uint16_t)((dispute->flags & ~FQ_DISPUTE_MERGED) | FQ_DISPUTE_VOIDED);
    assert_int_equal(listed_count(), 0);
}

static void test_a_field_written_again_names_who_it_names_now(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-01", zhang, 1);
    assert_int_equal(listed_count(), 1);

    take_step(2, FQ_EVENT_ACCEPTED, 40, (struct party){FQ_VAULT_PARTY_NAME, "李四"});
    assert_int_equal(listed_count(), 0);

    take_step(2, FQ_EVENT_SESSION, 41, (struct party){FQ_VAULT_PARTY_NAME, "张三"});
    assert_int_equal(listed_count(), 1);

    take_step(2, FQ_EVENT_SESSION, 42, (struct party){FQ_VAULT_PARTY_NAME, "不详"});
    assert_int_equal(listed_count(), 0);
}

static void test_a_pair_that_was_dismissed_is_listed_no_more(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-01", zhang, 2);
    begin_args(3);
    put_dispute("a", 2); /* in whichever order they are named */
    put_dispute("b", 1);
    put_arg("reason", "father and son");
    assert_int_equal(ask(fq_verb_dup_dismiss), FQ_OK);

    assert_int_equal(listed_count(), 0);

    begin_args(1);
    fq_write_text(&args, "all");
    fq_write_bool(&args, true);
    assert_int_equal(ask(fq_verb_dup_list), FQ_OK);
    assert_true(fq_map_bool(first_row(), "dismissed"));
    begin_args(2);
    put_dispute("a", 1);
    put_dispute("b", 2);
    assert_int_equal(ask(fq_verb_dup_show), FQ_OK);
    assert_true(fq_map_bool(result(), "dismissed"));
    assert_true(answer_tells("father and son"));
}

static void test_one_dispute_is_no_pair(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    begin_args(2);
    put_dispute("a", 1);
    put_dispute("b", 1);
    assert_int_equal(ask(fq_verb_dup_show), FQ_ERR_REFUSED);
    assert_int_equal(why.reason, FQ_REASON_PAIR);
}

/* ---- the hashes ---- */

static void test_hashes_are_made_when_the_store_has_none(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-01", zhang, 2);
    for (uint8_t name = 1; name <= 2; name++) { /* as a program before this one left it */
        struct fq_writes writes = fq_writes_over(&node->scratch, 32);
        struct fq_id id = world_id(name);
        fq_parties_forget(&writes, &id);
        assert_int_equal(fq_writes_commit(&writes, node->store, true, &why), FQ_OK);
    }
    assert_int_equal(listed_count(), 0);

    assert_int_equal(fq_parties_open(node, &why), FQ_OK);

    assert_int_equal(listed_count(), 1);
}

static void test_hashes_once_made_are_not_made_again(void **state)
{
    (void)state;
    struct fq_id id = world_id(1);

    assert_int_equal(fq_parties_open(node, &why), FQ_OK);
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-01", zhang, 2);
    struct fq_writes writes = fq_writes_over(&node->scratch, 32);
    fq_parties_forget(&writes, &id);
    assert_int_equal(fq_writes_commit(&writes, node->store, true, &why), FQ_OK);

    assert_int_equal(fq_parties_open(node, &why), FQ_OK);

    assert_int_equal(listed_count(), 0);
}

/* ---- the vault ---- */

static fq_err read_vault(uint8_t name, const char *purpose)
{
    begin_args(2);
    put_dispute("dispute", name);
    put_arg("purpose", purpose);
    return ask(fq_verb_vault_read);
}

static uint32_t note_count(void)
{
    begin_args(0);
    assert_int_equal(ask(fq_verb_vault_log), FQ_OK);
    struct fq_reader reader = fq_reader_over(result());
    return fq_read_array(&reader);
}

static void test_every_reading_is_noted_with_its_purpose(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);

    assert_int_equal(read_vault(1, "print agreement"), FQ_OK);
    assert_true(answer_tells("张三"));
    assert_int_equal(read_vault(1, "print visit"), FQ_OK);

    assert_int_equal(note_count(), 2);
    assert_true(answer_tells("print agreement") && answer_tells("print visit"));
    assert_false(answer_tells("张三"));
}

static void test_a_reading_without_a_purpose_is_refused(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);

    assert_int_equal(read_vault(1, ""), FQ_ERR_USAGE);

    assert_int_equal(note_count(), 0);
}

static void test_what_is_forgotten_is_gone_with_its_hashes_and_noted(void **state)
{
    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-01", zhang, 2);
    begin_args(2);
    put_dispute("dispute", 1);
    put_arg("reason", "asked by the party");

    assert_int_equal(ask(fq_verb_vault_forget), FQ_OK);

    assert_int_equal(read_vault(1, "look"), FQ_OK);
    assert_false(answer_tells("张三"));
    assert_int_equal(listed_count(), 0);
    assert_int_equal(read_vault(2, "look"), FQ_OK);
    assert_true(answer_tells("张三"));
    assert_int_equal(note_count(), 3);
    assert_true(answer_tells("forget") && answer_tells("asked by the party"));
    assert_int_equal(node->core.view.dispute_count, 2); /* figures stay */
}

static void test_party_data_is_not_for_the_tiers_above(void **state)
{
    static fq_verb_run *const verbs[] = {fq_verb_vault_read,   fq_verb_vault_log,
                                         fq_verb_vault_forget, fq_verb_dup_list,
                                         fq_verb_dup_show,     fq_verb_dup_dismiss};
    const struct fq_certificate above = {.area = WORLD_CITY}, own = {.area = WORLD_COUNTY};
    const struct fq_certificate machine = {.area = WORLD_COUNTY, .is_node = true};
    const struct fq_certificate *const strangers[] = {NULL, &above, &machine};

    (void)state;
    register_dispute(1, "2021-03-01", zhang, 2);
    register_dispute(2, "2021-03-01", zhang, 2);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        begin_args(5);
        put_dispute("dispute", 1);
        put_dispute("a", 1);
        put_dispute("b", 2);
        put_arg("purpose", "look");
        put_arg("reason", "look");
        node->tier = &city;
        assert_int_equal(ask(verbs[i]), FQ_ERR_DENIED);
        assert_int_equal(why.reason, FQ_REASON_NOT_HELD);
        node->tier = &county;
        node->config.curve = true;
        for (size_t stranger = 0; stranger < 3; stranger++) {
            answer.asker = strangers[stranger];
            assert_int_equal(ask(verbs[i]), FQ_ERR_DENIED);
            assert_int_equal(why.reason, FQ_REASON_DENIED);
        }
        answer.asker = &own;
        assert_int_equal(ask(verbs[i]), FQ_OK);
        answer.asker = NULL;
        node->config.curve = false;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_dispute_registered_twice_is_proposed, begin, end),
        cmocka_unit_test_setup_teardown(test_the_likeliest_come_first, begin, end),
        cmocka_unit_test_setup_teardown(test_near_misses_are_not_proposed, begin, end),
        cmocka_unit_test_setup_teardown(test_a_voided_dispute_is_not_proposed, begin, end),
        cmocka_unit_test_setup_teardown(test_a_field_written_again_names_who_it_names_now, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_pair_that_was_dismissed_is_listed_no_more, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_one_dispute_is_no_pair, begin, end),
        cmocka_unit_test_setup_teardown(test_hashes_are_made_when_the_store_has_none, begin, end),
        cmocka_unit_test_setup_teardown(test_hashes_once_made_are_not_made_again, begin, end),
        cmocka_unit_test_setup_teardown(test_every_reading_is_noted_with_its_purpose, begin, end),
        cmocka_unit_test_setup_teardown(test_a_reading_without_a_purpose_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_forgotten_is_gone_with_its_hashes_and_noted,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_party_data_is_not_for_the_tiers_above, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
