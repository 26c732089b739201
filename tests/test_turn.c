/* The order of a turn: what is said rests on what is stored (N3). The loop is the daemon's own; what
 * it calls to store and to speak is put in its place here and noted. */
#include "../nodes/node.c"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fq/edge/memory.h"
#include "support/world.h"

static struct world world;
static struct fq_node *node;
static struct fq_input inputs[4], pending[4];
static struct fq_why reason;
static char done[64];           /* the calls so far, a letter each */
static fq_err commit_result;    /* of the next commits */
static uint64_t events_of_turn; /* that the commit stands for */

static void note(char what)
{
    size_t used = strlen(done);

    assert_true(used + 1 < sizeof done);
    done[used] = what;
    done[used + 1] = '\0';
}

fq_err fq_node_commit(struct fq_node *of, uint64_t now_ms, struct fq_why *out_why)
{
    (void)now_ms;
    (void)out_why;
    note('c');
    of->core.feed.head += events_of_turn;
    return commit_result;
}

void fq_checkpoint_begin(struct fq_node *of)
{
    note('b');
    of->is_passing = true;
    of->pass_left = 2; /* turns until it is done */
}

fq_err fq_checkpoint_go_on(struct fq_node *of, struct fq_why *out_why)
{
    (void)out_why;
    note('p');
    of->is_passing = --of->pass_left > 0;
    of->view_lsn = of->core.feed.head;
    return FQ_OK;
}

fq_err fq_checkpoint_finish(struct fq_node *of, struct fq_why *out_why)
{
    (void)of;
    (void)out_why;
    return FQ_OK;
}

void fq_node_speak(struct fq_node *of, uint64_t now_ms)
{
    (void)of;
    (void)now_ms;
    note('s');
}

void fq_service_answer(struct fq_node *of, uint64_t now_ms)
{
    (void)of;
    (void)now_ms;
    note('a');
}

/* The rest of the daemon is not asked. */

void fq_node_remember_route(struct fq_node *of, uint32_t origin, const struct fq_route *route)
{
    (void)of;
    (void)origin;
    (void)route;
}

void fq_service_take(struct fq_node *of, const struct fq_net_message *message)
{
    (void)of;
    (void)message;
}

uint64_t fq_service_deadline(const struct fq_node *of)
{
    (void)of;
    return UINT64_MAX;
}

fq_err fq_node_open(struct fq_node *of, const struct fq_tier_row *tier, const char *config_path,
                    bool is_rebuild, struct fq_why *out_why)
{
    (void)of;
    (void)tier;
    (void)config_path;
    (void)is_rebuild;
    return fq_fail(out_why, FQ_REASON_CONFIG, "not here");
}

void fq_node_close(struct fq_node *of)
{
    (void)of;
}

/* ---- a node that hears nothing ---- */

static int begin(void **state)
{
    (void)state;
    const struct fq_core_options options = {
        .area = WORLD_COUNTY,
        .origin = WORLD_COUNTY * 100 + 1,
        .tier = FQ_TIER_COUNTY,
        .epoch = 1,
        .batch_records_max = 4,
        .batch_size_max = FQ_BATCH_SIZE_MAX,
    };

    world_open(&world);
    node = calloc(1, sizeof *node);
    node->inputs = inputs;
    node->pending = pending;
    node->config.turn_messages = 0;
    node->config.checkpoint_events = 100;
    done[0] = '\0';
    commit_result = FQ_OK;
    events_of_turn = 0;
    return fq_memory_reserve_view(1000, &node->view_memory, &reason) ||
           fq_memory_reserve((size_t)4 << 20, &node->memory, &reason) ||
           fq_memory_reserve((size_t)64 << 20, &node->scratch, &reason) ||
           fq_core_init(&node->core, &options, &world.areas, &world.codes, &node->memory,
                        &node->view_memory, &reason);
}

static int end(void **state)
{
    (void)state;
    fq_memory_release_view(&node->view_memory);
    fq_memory_release(&node->memory);
    fq_memory_release(&node->scratch);
    free(node);
    world_close(&world);
    return 0;
}

static fq_err one_turn(void)
{
    return fq_node_turn(node, &reason);
}

static void test_n3_a_turn_stores_then_speaks_then_answers(void **state)
{
    (void)state;

    assert_int_equal(one_turn(), FQ_OK);

    assert_string_equal(done, "csa");
}

static void test_n3_nothing_is_said_of_what_could_not_be_stored(void **state)
{
    (void)state;
    commit_result = FQ_ERR_FAILED;

    assert_int_equal(one_turn(), FQ_ERR_FAILED);

    assert_string_equal(done, "c");
}

static void test_who_is_no_node_does_not_speak_for_one(void **state)
{
    (void)state;
    struct fq_certificate person = {.role = FQ_ROLE_OPERATOR, .area = WORLD_NEIGHBOUR};
    struct fq_certificate child = {
        .is_node = true, .area = WORLD_NEIGHBOUR, .origin = WORLD_NEIGHBOUR * 100 + 1};
    struct fq_net_message message = {.source = FQ_NET_SERVICE,
                                     .routing = fq_span_text("route"),
                                     .body = fq_span_text("FQL1...")};

    take_message(node, &message);
    message.peer = &person;
    take_message(node, &message);
    assert_int_equal(node->input_count, 0);
    message.peer = &child;
    take_message(node, &message);

    assert_int_equal(node->input_count, 1);
    assert_int_equal(inputs[0].kind, FQ_INPUT_LINK);
    assert_int_equal(inputs[0].peer, WORLD_NEIGHBOUR * 100 + 1);
}

static void test_a_checkpoint_waits_for_its_number_of_events_and_comes_last(void **state)
{
    (void)state;
    node->active_ms = fq_clock_now().steady_ms;
    events_of_turn = 99;
    assert_int_equal(one_turn(), FQ_OK);
    assert_string_equal(done, "csa");

    events_of_turn = 1;
    assert_int_equal(one_turn(), FQ_OK);
    assert_string_equal(done, "csacsabp");
    assert_int_equal(fq_node_idle_ms(node, fq_clock_now().steady_ms), 0);

    events_of_turn = 0;
    assert_int_equal(one_turn(), FQ_OK);
    assert_int_equal(one_turn(), FQ_OK);
    assert_string_equal(done, "csacsabpcsapcsa");
}

static void test_a_node_that_went_quiet_writes_its_view_behind(void **state)
{
    (void)state;
    node->core.feed.head = 1;
    node->active_ms = fq_clock_now().steady_ms;
    assert_int_equal(one_turn(), FQ_OK);
    assert_string_equal(done, "csa");

    node->active_ms -= IDLE_CHECKPOINT_MS;
    assert_int_equal(one_turn(), FQ_OK);

    assert_string_equal(done, "csacsabp");
}

static void test_a_turn_listens_while_the_largest_message_would_fit(void **state)
{
    (void)state;
    node->input_capacity = 10;

    assert_true(has_room(node));
    node->appends_ahead = FQ_EFFECT_APPENDS_MAX - FQ_CORE_APPENDS_MAX;
    assert_true(has_room(node));
    node->appends_ahead++;
    assert_false(has_room(node));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(test_n3_a_turn_stores_then_speaks_then_answers),
        CASE(test_n3_nothing_is_said_of_what_could_not_be_stored),
        CASE(test_who_is_no_node_does_not_speak_for_one),
        CASE(test_a_turn_listens_while_the_largest_message_would_fit),
        CASE(test_a_checkpoint_waits_for_its_number_of_events_and_comes_last),
        CASE(test_a_node_that_went_quiet_writes_its_view_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
