/* Requests that wait: each is looked at when something moved or its time is over, and answered once.
 * The loop's side is the daemon's own; the verb, and the socket that answers, are put in place here. */
#include "../nodes/service.c"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "fq/edge/memory.h"

static struct fq_node *node;
static struct fq_why reason;
static uint64_t ready;    /* requests that need no more than this are answered */
static char answered[64]; /* the routes so far, a letter each */

static fq_err run_until(struct fq_node *of, struct fq_span args, struct fq_answer *answer,
                        struct fq_why *out_why)
{
    (void)of;
    (void)out_why;
    answer->is_waiting = fq_map_uint(args, "need") > ready;
    fq_write_uint(&answer->writer, ready);
    return FQ_OK;
}

const struct fq_verb fq_verbs[] = {{"until", run_until}, {NULL, NULL}};

enum fq_sent fq_net_send_service(struct fq_net *net, struct fq_span routing, struct fq_span body)
{
    size_t used = strlen(answered);

    (void)net;
    assert_true(body.size > 0);
    assert_true(used + 1 < sizeof answered);
    answered[used] = (char)routing.data[0];
    answered[used + 1] = '\0';
    return FQ_SENT_OK;
}

/* ---- what nobody asks for here ---- */

static fq_err not_here(struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_VERB_UNKNOWN, "here");
}

fq_err fq_vault_admit(const struct fq_node *of, const struct fq_answer *answer,
                      struct fq_why *out_why)
{
    (void)of;
    (void)answer;
    return not_here(out_why);
}

fq_err fq_bundle_unseal(struct fq_node *of, struct fq_span args,
                        const struct fq_certificate **out_author, struct fq_span *out_submit,
                        struct fq_why *out_why)
{
    (void)of;
    (void)args;
    (void)out_author;
    (void)out_submit;
    return not_here(out_why);
}

fq_err fq_seal_take(struct fq_node *of, struct fq_query *query, struct fq_why *out_why)
{
    (void)of;
    (void)query;
    return not_here(out_why);
}

fq_err fq_seal_answer(const struct fq_node *of, const struct fq_reply *reply,
                      const struct fq_query *query, struct fq_writer *writer,
                      struct fq_why *out_why)
{
    (void)of;
    (void)reply;
    (void)query;
    (void)writer;
    return not_here(out_why);
}

static int begin(void **state)
{
    (void)state;
    node = calloc(1, sizeof *node);
    ready = 0;
    answered[0] = '\0';
    return node ? (int)fq_memory_reserve((size_t)64 << 20, &node->scratch, &reason) : -1;
}

static int end(void **state)
{
    (void)state;
    fq_memory_release(&node->scratch);
    free(node);
    return 0;
}

/* ---- turns ---- */

static void ask(char route, uint64_t need, uint64_t wait_ms)
{
    struct fq_writer writer = fq_writer_take(&node->scratch, 256);

    fq_write_map(&writer, 3);
    fq_write_text(&writer, "id");
    fq_write_uint(&writer, 1);
    fq_write_text(&writer, "verb");
    fq_write_text(&writer, "until");
    fq_write_text(&writer, "args");
    fq_write_map(&writer, 2);
    fq_write_text(&writer, "need");
    fq_write_uint(&writer, need);
    fq_write_text(&writer, "wait_ms");
    fq_write_uint(&writer, wait_ms);
    const struct fq_net_message message = {.source = FQ_NET_SERVICE,
                                           .routing = fq_span_of((const uint8_t *)&route, 1),
                                           .body = fq_writer_span(&writer)};
    fq_service_take(node, &message);
}

/* Answer what was asked, as at the end of a turn in which `moved` inputs came. */
static void answer(size_t moved, uint64_t steady_ms)
{
    node->input_count = moved;
    fq_service_answer(node, steady_ms);
    node->query_count = node->reading_count = 0;
    fq_arena_reset(&node->scratch);
}

static void test_what_may_not_wait_is_answered_at_once(void **state)
{
    (void)state;
    ask('a', 1, 0);
    ask('b', 0, 1000);
    ask('c', 1, 1000);

    answer(0, 5000);

    assert_string_equal(answered, "ab");
    assert_int_equal(node->waiter_count, 1);
    assert_true(fq_service_deadline(node) == 6000);
}

static void test_all_that_wait_are_looked_at_when_something_moved(void **state)
{
    (void)state;
    ask('a', 1, 1000);
    ask('b', 2, 1000);
    ask('c', 3, 1000);
    ask('d', 1, 1000);
    answer(0, 5000);
    ready = 1;
    answer(0, 5001); /* nothing moved: nobody looks */
    assert_string_equal(answered, "");

    answer(1, 5002);

    assert_string_equal(answered, "ad");
    assert_int_equal(node->waiter_count, 2);
    ready = 3;
    answer(1, 5003);
    assert_int_equal(strlen(answered), 4);
    assert_int_equal(node->waiter_count, 0);
    assert_true(fq_service_deadline(node) == UINT64_MAX);
}

static void test_whose_time_is_over_is_answered_with_what_there_is(void **state)
{
    (void)state;
    ask('a', 9, 1000);
    ask('b', 9, 2000);
    ask('c', 9, 1000);
    answer(0, 5000);

    answer(0, 5999);
    assert_string_equal(answered, "");
    answer(0, 6000);

    assert_string_equal(answered, "ac");
    assert_true(fq_service_deadline(node) == 7000);
}

static void test_one_too_many_that_waits_is_refused(void **state)
{
    (void)state;
    node->waiter_count = FQ_NODE_WAITERS_MAX;
    for (size_t i = 0; i < FQ_NODE_WAITERS_MAX; i++) {
        node->waiters[i].deadline_ms = UINT64_MAX;
    }
    ask('a', 1, 1000);

    answer(0, 5000);

    assert_string_equal(answered, "a");
    assert_int_equal(node->waiter_count, FQ_NODE_WAITERS_MAX);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(test_what_may_not_wait_is_answered_at_once),
        CASE(test_all_that_wait_are_looked_at_when_something_moved),
        CASE(test_whose_time_is_over_is_answered_with_what_there_is),
        CASE(test_one_too_many_that_waits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
