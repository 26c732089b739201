/* The network: who gets in, who is heard, and what a hostile neighbour cannot do. The hostile ones
 * are raw sockets here. Nothing sleeps: everything waits for what must come, up to a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "fq/edge/net.h"

#define ANY_PORT "tcp://127.0.0.1:*"
#define LIMIT_MS 10000
#define STEP_MS 5
#define NO_FD (-1)

enum who { PROVINCE, CITY, COUNTY, MEDIATOR, STRANGER, PEOPLE };

static struct fq_identity people[PEOPLE];
static uint8_t memory[4 * 1024 * 1024] __attribute__((aligned(16)));
static struct fq_arena arena;
static struct fq_why why;

static int create_people(void **state)
{
    static const struct fq_certificate holders[PEOPLE] = {
        [PROVINCE] = {"360000-1", true, FQ_ROLE_NODE, .area = 360000, .index = 1},
        [CITY] = {"363600-1", true, FQ_ROLE_NODE, .area = 363600, .index = 1},
        [COUNTY] = {"363661-1", true, FQ_ROLE_NODE, .area = 363661, .index = 1},
        [MEDIATOR] = {"li.wei", false, FQ_ROLE_MEDIATOR, .area = 363661},
        [STRANGER] = {"stranger", false, FQ_ROLE_OPERATOR, .area = 363661},
    };

    (void)state;
    for (size_t i = 0; i < PEOPLE; i++) {
        if (fq_identity_create(&holders[i], &people[i], &why)) {
            return -1;
        }
    }
    return 0;
}

static int fresh_arena(void **state)
{
    (void)state;
    arena = fq_arena_over(memory, sizeof memory);
    return 0;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The city's net: province, county and mediator are known; the province may read the feed. */
static struct fq_net *open_city(void)
{
    static const bool may_feed[] = {true, false, false};
    const struct fq_certificate certificates[] = {
        people[PROVINCE].certificate, people[COUNTY].certificate, people[MEDIATOR].certificate};
    const struct fq_net_options options = {.identity = &people[CITY],
                                           .certificates = certificates,
                                           .may_feed = may_feed,
                                           .certificate_count = 3,
                                           .is_curve = true};
    struct fq_net *net = NULL;

    assert_int_equal(fq_net_open(&options, &net, &why), FQ_OK);
    assert_int_equal(fq_net_bind_service(net, ANY_PORT, &why), FQ_OK);
    assert_int_equal(fq_net_bind_feed(net, ANY_PORT, &why), FQ_OK);
    return net;
}

static struct fq_client *dial(const struct fq_net *net, enum who who)
{
    struct fq_client *client = NULL;

    assert_int_equal(fq_client_open(fq_net_bound_endpoint(net, FQ_NET_SERVICE),
                                    people[CITY].certificate.curve_public, &people[who], &client,
                                    &why),
                     FQ_OK);
    return client;
}

static void tell(struct fq_client *client, const char *text)
{
    assert_int_equal(fq_client_send(client, fq_span_text(text), &why), FQ_OK);
}

/* Poll once and take what is there. */
static bool step(struct fq_net *net, struct fq_net_message *message)
{
    bool is_received = false;

    assert_int_equal(fq_net_poll(net, STEP_MS, NO_FD, NULL, &why), FQ_OK);
    assert_int_equal(fq_net_receive(net, &arena, message, &is_received, &why), FQ_OK);
    return is_received;
}

/* The next message of `net`, which must come. */
static struct fq_net_message await(struct fq_net *net)
{
    struct fq_net_message message = {0};
    uint64_t end = now_ms() + LIMIT_MS;

    while (!step(net, &message)) {
        assert_true(now_ms() < end);
    }
    return message;
}

static void assert_says(const struct fq_net_message *message, const char *text)
{
    assert_true(fq_span_equal(message->body, fq_span_text(text)));
}

/* The client's next message or verdict, while the net answers. */
static fq_err await_client(struct fq_net *net, struct fq_client *client, struct fq_span *out_body)
{
    uint64_t end = now_ms() + LIMIT_MS;
    fq_err err;

    do {
        assert_true(now_ms() < end);
        assert_int_equal(fq_net_poll(net, STEP_MS, NO_FD, NULL, &why), FQ_OK);
        err = fq_client_receive(client, 0, out_body, &why);
    } while (err && why.reason == FQ_REASON_UNREACHED);
    return err;
}

/* A raw socket with a known key. */
static void *raw(void *context, int type, const char *endpoint, enum who who)
{
    void *socket = zmq_socket(context, type);
    int zero = 0;

    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &zero, sizeof zero);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, people[CITY].certificate.curve_public, 32);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, people[who].certificate.curve_public, 32);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, people[who].curve_secret, 32);
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    return socket;
}

static void test_n1_a_known_key_is_seen_by_its_certificate(void **state)
{
    struct fq_net *net = open_city();
    struct fq_client *mediator = dial(net, MEDIATOR);
    struct fq_client *county = dial(net, COUNTY);
    struct fq_span answer;

    (void)state;
    for (int i = 0; i < 6; i++) { /* every message, in whatever order it is polled */
        tell(i % 2 ? county : mediator, i % 2 ? "county" : "mediator");
    }
    for (int i = 0; i < 6; i++) {
        struct fq_net_message message = await(net);
        bool is_county = message.body.size == 6;
        assert_int_equal(message.source, FQ_NET_SERVICE);
        assert_non_null(message.peer);
        assert_string_equal(message.peer->name, is_county ? "363661-1" : "li.wei");
        assert_int_equal(message.peer->origin, is_county ? 36366101 : 36366100);
        assert_int_equal(fq_net_send_service(net, message.routing, message.body), FQ_SENT_OK);
    }
    assert_int_equal(await_client(net, mediator, &answer), FQ_OK);
    assert_true(fq_span_equal(answer, fq_span_text("mediator")));
    assert_int_equal(fq_net_refused_count(net), 0);
    fq_client_close(mediator);
    fq_client_close(county);
    fq_net_close(net);
}

static void test_n1_an_unknown_key_is_refused_and_told_so(void **state)
{
    struct fq_net *net = open_city();
    struct fq_client *stranger = dial(net, STRANGER);
    struct fq_net_message message;
    struct fq_span answer;
    char z85[FQ_Z85_KEY_SIZE];

    (void)state;
    tell(stranger, "let me in");

    assert_int_equal(await_client(net, stranger, &answer), FQ_ERR_DENIED);
    assert_int_equal(why.reason, FQ_REASON_KEY_UNKNOWN);
    assert_false(step(net, &message));
    assert_true(fq_net_refused_count(net) >= 1);
    fq_z85_encode(people[STRANGER].certificate.curve_public, z85);
    assert_string_equal(fq_net_last_refused(net), z85);
    fq_client_close(stranger);
    fq_net_close(net);
}

static void test_n1_without_an_answering_handler_nobody_gets_in(void **state)
{
    struct fq_net *net = open_city();
    struct fq_client *mediator = dial(net, MEDIATOR);
    struct fq_net_message message;
    struct fq_span answer;
    bool is_received = true;

    (void)state;
    tell(mediator, "is anybody there?");

    /* The handler answers in fq_net_poll, which is not called. */
    assert_int_equal(fq_client_receive(mediator, 200, &answer, &why), FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_UNREACHED);
    assert_int_equal(fq_net_receive(net, &arena, &message, &is_received, &why), FQ_OK);
    assert_false(is_received);
    fq_client_close(mediator);
    fq_net_close(net);
}

static void test_n1_the_list_changes_while_running(void **state)
{
    struct fq_net *net = open_city();
    struct fq_client *mediator = dial(net, MEDIATOR);
    struct fq_client *county = dial(net, COUNTY);
    struct fq_client *stranger;
    struct fq_net_message message;

    (void)state;
    tell(mediator, "before");
    message = await(net);
    assert_says(&message, "before");
    const struct fq_certificate certificates[] = {people[COUNTY].certificate,
                                                  people[STRANGER].certificate};
    assert_int_equal(fq_net_set_certificates(net, certificates, NULL, 2, &why), FQ_OK);
    tell(mediator, "after"); /* still connected, not heard any more */
    while (fq_net_refused_count(net) == 0) {
        assert_false(step(net, &message));
    }
    tell(county, "county");
    message = await(net);
    assert_string_equal(message.peer->name, "363661-1");
    stranger = dial(net, STRANGER);
    tell(stranger, "now known");
    message = await(net);

    assert_string_equal(message.peer->name, "stranger");
    fq_client_close(stranger);
    fq_client_close(mediator);
    fq_client_close(county);
    fq_net_close(net);
}

static void test_n2_the_self_test_passes_and_counts_nothing(void **state)
{
    struct fq_net *net = open_city();

    (void)state;
    assert_int_equal(fq_net_self_test(net, &why), FQ_OK);
    assert_int_equal(fq_net_self_test(net, &why), FQ_OK);
    assert_int_equal(fq_net_refused_count(net), 0);
    fq_net_close(net);
}

static void test_n2_a_server_without_a_handler_fails_the_self_test(void **state)
{
    struct fq_net *net = open_city();
    void *context = zmq_ctx_new();
    void *open_server = zmq_socket(context, ZMQ_ROUTER);
    char endpoint[128];
    size_t size = sizeof endpoint;
    int one = 1;

    (void)state;
    /* As the service, but its context has no handler and option 93 is not set: the trap. */
    zmq_setsockopt(open_server, ZMQ_CURVE_SERVER, &one, sizeof one);
    zmq_setsockopt(open_server, ZMQ_CURVE_SECRETKEY, people[CITY].curve_secret, 32);
    zmq_setsockopt(open_server, ZMQ_ZAP_DOMAIN, "fengqiao", 8);
    assert_int_equal(zmq_bind(open_server, ANY_PORT), 0);
    assert_int_equal(zmq_getsockopt(open_server, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);

    assert_int_equal(fq_net_test_refusal(net, FQ_NET_SERVICE, endpoint,
                                         people[CITY].certificate.curve_public, &why),
                     FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_ZAP_OPEN);
    zmq_close(open_server);
    zmq_ctx_term(context);
    fq_net_close(net);
}

static void test_n3_the_largest_message_passes_and_a_larger_one_cuts_its_sender(void **state)
{
    static uint8_t large[FQ_NET_MESSAGE_MAX + 1];
    struct fq_net *net = open_city();
    void *context = zmq_ctx_new();
    void *hostile = raw(context, ZMQ_DEALER, fq_net_bound_endpoint(net, FQ_NET_SERVICE), COUNTY);
    struct fq_client *mediator = dial(net, MEDIATOR);
    struct fq_net_message message;

    (void)state;
    assert_int_equal(fq_client_send(mediator, fq_span_of(large, sizeof large), &why), FQ_ERR_LIMIT);
    assert_int_equal(fq_client_send(mediator, fq_span_of(large, FQ_NET_MESSAGE_MAX), &why), FQ_OK);
    message = await(net);
    assert_int_equal(message.body.size, FQ_NET_MESSAGE_MAX);
    arena = fq_arena_over(memory, sizeof memory);
    zmq_send(hostile, "hello", 5, 0);
    message = await(net);
    assert_says(&message, "hello");
    zmq_send(hostile, large, sizeof large, 0);
    /* The connection the routing id stood for ends, and the message never comes. */
    uint64_t end = now_ms() + LIMIT_MS;
    while (fq_net_send_service(net, message.routing, fq_span_text("?")) != FQ_SENT_GONE) {
        struct fq_net_message other;
        assert_true(now_ms() < end);
        assert_false(step(net, &other));
    }
    tell(mediator, "neighbour");
    message = await(net);
    assert_says(&message, "neighbour");

    assert_int_equal(fq_net_send_service(net, message.routing, fq_span_of(large, sizeof large)),
                     FQ_SENT_TOO_LARGE);
    zmq_close(hostile);
    zmq_ctx_term(context);
    fq_client_close(mediator);
    fq_net_close(net);
}

static void test_n4_a_message_of_many_frames_is_dropped_and_counted(void **state)
{
    struct fq_net *net = open_city();
    void *context = zmq_ctx_new();
    void *hostile = raw(context, ZMQ_DEALER, fq_net_bound_endpoint(net, FQ_NET_SERVICE), COUNTY);
    struct fq_client *mediator = dial(net, MEDIATOR);
    struct fq_net_message message;

    (void)state;
    for (int i = 0; i < 100; i++) {
        zmq_send(hostile, "more", 4, ZMQ_SNDMORE);
    }
    zmq_send(hostile, "last", 4, 0);
    zmq_send(hostile, "", 0, ZMQ_SNDMORE); /* a REQ's envelope is no better */
    zmq_send(hostile, "asked", 5, 0);
    tell(mediator, "first");
    tell(mediator, "second");

    message = await(net);
    assert_says(&message, "first");
    message = await(net);
    assert_says(&message, "second");
    while (fq_net_hostile_count(net) < 2) {
        assert_false(step(net, &message));
    }
    zmq_send(hostile, "one frame", 9, 0);
    message = await(net);
    assert_says(&message, "one frame");
    assert_int_equal(fq_net_hostile_count(net), 2);
    zmq_close(hostile);
    zmq_ctx_term(context);
    fq_client_close(mediator);
    fq_net_close(net);
}

static void test_n4_what_a_subscriber_says_besides_topics_is_hostile(void **state)
{
    struct fq_net *net = open_city();
    void *context = zmq_ctx_new();
    void *hostile = raw(context, ZMQ_XSUB, fq_net_bound_endpoint(net, FQ_NET_FEED), PROVINCE);
    struct fq_net_message message;

    (void)state;
    zmq_send(hostile, "\1ev.36", 6, 0);
    zmq_send(hostile, "speech", 6, 0);
    zmq_send(hostile, "more", 4, ZMQ_SNDMORE);
    zmq_send(hostile, "speech", 6, 0);

    message = await(net);
    assert_int_equal(message.source, FQ_NET_FEED);
    assert_says(&message, "\1ev.36");
    assert_string_equal(message.peer->name, "360000-1");
    while (fq_net_hostile_count(net) < 2) {
        assert_false(step(net, &message));
    }
    zmq_close(hostile);
    message = await(net); /* its subscription ends with it */
    assert_memory_equal(message.body.data, "\0ev.36", 6);
    zmq_ctx_term(context);
    fq_net_close(net);
}

static void test_n5_a_peer_that_left_is_gone(void **state)
{
    struct fq_net *net = open_city();
    struct fq_client *mediator = dial(net, MEDIATOR);
    struct fq_net_message message, other;

    (void)state;
    assert_int_equal(fq_net_send_service(net, fq_span_text("\0none"), fq_span_text("?")),
                     FQ_SENT_GONE);
    tell(mediator, "bye");
    message = await(net);
    fq_client_close(mediator);

    uint64_t end = now_ms() + LIMIT_MS;
    while (fq_net_send_service(net, message.routing, fq_span_text("?")) != FQ_SENT_GONE) {
        assert_true(now_ms() < end);
        assert_false(step(net, &other));
    }
    fq_net_close(net);
}

static void test_n5_a_peer_that_does_not_read_blocks_itself_alone(void **state)
{
    static uint8_t answer[64 * 1024];
    struct fq_net *net = open_city();
    void *context = zmq_ctx_new();
    void *sleepy = zmq_socket(context, ZMQ_DEALER);
    struct fq_client *mediator = dial(net, MEDIATOR);
    struct fq_net_message message;
    struct fq_span body;
    enum fq_sent sent = FQ_SENT_OK;
    int zero = 0, one = 1;

    (void)state;
    zmq_setsockopt(sleepy, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(sleepy, ZMQ_RCVHWM, &one, sizeof one);
    zmq_setsockopt(sleepy, ZMQ_CURVE_SERVERKEY, people[CITY].certificate.curve_public, 32);
    zmq_setsockopt(sleepy, ZMQ_CURVE_PUBLICKEY, people[COUNTY].certificate.curve_public, 32);
    zmq_setsockopt(sleepy, ZMQ_CURVE_SECRETKEY, people[COUNTY].curve_secret, 32);
    assert_int_equal(zmq_connect(sleepy, fq_net_bound_endpoint(net, FQ_NET_SERVICE)), 0);
    zmq_send(sleepy, "all", 3, 0);
    message = await(net);

    for (int i = 0; i < 4000 && sent == FQ_SENT_OK; i++) {
        sent = fq_net_send_service(net, message.routing, fq_span_of(answer, sizeof answer));
    }
    assert_int_equal(sent, FQ_SENT_BLOCKED);
    tell(mediator, "me too");
    message = await(net);
    assert_int_equal(fq_net_send_service(net, message.routing, message.body), FQ_SENT_OK);
    assert_int_equal(await_client(net, mediator, &body), FQ_OK);
    zmq_close(sleepy);
    zmq_ctx_term(context);
    fq_client_close(mediator);
    fq_net_close(net);
}

/* Let `subscriber` subscribe and the net learn it, unless it is refused; true when subscribed. */
static bool subscribe(struct fq_net *net, void *subscriber, const char *topic)
{
    uint64_t refused = fq_net_refused_count(net);
    uint64_t end = now_ms() + LIMIT_MS;
    struct fq_net_message message;

    zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, topic, strlen(topic));
    while (fq_net_refused_count(net) == refused) {
        assert_true(now_ms() < end);
        if (step(net, &message)) {
            assert_int_equal(message.source, FQ_NET_FEED);
            return true;
        }
    }
    return false;
}

static void test_n6_the_feed_admits_only_who_may_read_all(void **state)
{
    struct fq_net *net = open_city();
    void *context = zmq_ctx_new();
    const char *endpoint = fq_net_bound_endpoint(net, FQ_NET_FEED);
    void *county = raw(context, ZMQ_SUB, endpoint, COUNTY);

    (void)state;
    assert_false(subscribe(net, county, "ev."));
    zmq_close(county);
    void *stranger = raw(context, ZMQ_SUB, endpoint, STRANGER);
    assert_false(subscribe(net, stranger, "ev."));
    zmq_close(stranger);
    void *province = raw(context, ZMQ_SUB, endpoint, PROVINCE);
    assert_true(subscribe(net, province, "ev."));
    zmq_close(province);
    zmq_ctx_term(context);
    fq_net_close(net);
}

/* The next two frames at the subscriber; the sequence number in the second. */
static unsigned receive_published(void *subscriber)
{
    char topic[64], payload[64];
    int size = zmq_recv(subscriber, topic, sizeof topic, 0);

    assert_int_equal(size, 20);
    assert_memory_equal(topic, "ev.363661.registered", 20);
    size = zmq_recv(subscriber, payload, sizeof payload - 1, 0);
    assert_true(size > 0);
    payload[size] = '\0';
    return (unsigned)strtoul(payload, NULL, 10);
}

static void test_the_feed_loses_nothing_of_ten_thousand(void **state)
{
    struct fq_net *net = open_city();
    void *context = zmq_ctx_new();
    void *province = raw(context, ZMQ_SUB, fq_net_bound_endpoint(net, FQ_NET_FEED), PROVINCE);
    int limit = LIMIT_MS;
    char text[32];

    (void)state;
    zmq_setsockopt(province, ZMQ_RCVTIMEO, &limit, sizeof limit);
    assert_true(subscribe(net, province, "ev.3636"));
    for (unsigned i = 1; i <= 10000; i++) {
        (void)snprintf(text, sizeof text, "%u", i);
        fq_net_publish(net, fq_span_text("ev.370000.registered"), fq_span_text(text));
        fq_net_publish(net, fq_span_text("ev.363661.registered"), fq_span_text(text));
    }

    for (unsigned i = 1; i <= 10000; i++) {
        assert_int_equal(receive_published(province), i);
    }
    zmq_close(province);
    zmq_ctx_term(context);
    fq_net_close(net);
}

static struct fq_net *open_child(const struct fq_net *parent, enum who who)
{
    const struct fq_net_options options = {.identity = &people[who],
                                           .certificates = &people[CITY].certificate,
                                           .certificate_count = 1,
                                           .is_curve = true};
    struct fq_net *child = NULL;

    assert_int_equal(fq_net_open(&options, &child, &why), FQ_OK);
    assert_int_equal(fq_net_send_parent(child, fq_span_text("early")), FQ_SENT_BLOCKED);
    assert_int_equal(fq_net_connect_parent(child, fq_net_bound_endpoint(parent, FQ_NET_SERVICE),
                                           people[CITY].certificate.curve_public, &why),
                     FQ_OK);
    assert_int_equal(fq_net_send_parent(child, fq_span_text("early")), FQ_SENT_BLOCKED);
    return child;
}

static void test_the_link_carries_both_ways(void **state)
{
    struct fq_net *city = open_city();
    struct fq_net *county = open_child(city, COUNTY);
    struct fq_net_message message;
    uint64_t end = now_ms() + LIMIT_MS;

    (void)state;
    /* Nothing is taken for a parent that is not connected yet. */
    while (fq_net_send_parent(county, fq_span_text("hello")) != FQ_SENT_OK) {
        assert_true(now_ms() < end);
        assert_false(step(city, &message));
        assert_int_equal(fq_net_poll(county, 0, NO_FD, NULL, &why), FQ_OK);
    }
    message = await(city);
    assert_says(&message, "hello");
    assert_int_equal(message.peer->origin, 36366101);
    assert_int_equal(fq_net_send_service(city, message.routing, fq_span_text("welcome")),
                     FQ_SENT_OK);
    message = await(county);
    assert_int_equal(message.source, FQ_NET_PARENT);
    assert_says(&message, "welcome");
    assert_int_equal(message.peer->origin, 36360001);
    assert_false(fq_net_is_parent_refusing(county));
    fq_net_close(county);
    fq_net_close(city);
}

static void test_a_refused_child_learns_it_and_tries_again(void **state)
{
    struct fq_net *city = open_city();
    struct fq_net *child = open_child(city, STRANGER);
    struct fq_net_message message;
    uint64_t end = now_ms() + LIMIT_MS;

    (void)state;
    while (!fq_net_is_parent_refusing(child)) {
        assert_true(now_ms() < end);
        assert_false(step(city, &message));
        assert_int_equal(fq_net_poll(child, 0, NO_FD, NULL, &why), FQ_OK);
    }
    assert_int_equal(fq_net_send_parent(child, fq_span_text("hello")), FQ_SENT_BLOCKED);

    assert_int_equal(fq_net_set_certificates(city, &people[STRANGER].certificate, NULL, 1, &why),
                     FQ_OK);
    while (fq_net_send_parent(child, fq_span_text("hello")) != FQ_SENT_OK) {
        assert_true(now_ms() < end);
        assert_false(step(city, &message));
        assert_int_equal(fq_net_poll(child, 0, NO_FD, NULL, &why), FQ_OK);
    }
    message = await(city);
    assert_string_equal(message.peer->name, "stranger");
    fq_net_close(child);
    fq_net_close(city);
}

static void test_n7_without_curve_only_loopback(void **state)
{
    const struct fq_net_options options = {.is_curve = false};
    static const uint8_t no_key[FQ_CURVE_KEY_SIZE];
    struct fq_net *net = NULL;
    struct fq_client *client = NULL;
    struct fq_net_message message;

    (void)state;
    assert_int_equal(fq_net_open(&options, &net, &why), FQ_OK);
    assert_int_equal(fq_net_bind_service(net, "tcp://0.0.0.0:*", &why), FQ_ERR_USAGE);
    assert_int_equal(why.reason, FQ_REASON_CONFIG);
    assert_int_equal(fq_net_bind_feed(net, "tcp://*:*", &why), FQ_ERR_USAGE);
    assert_int_equal(fq_net_connect_parent(net, "tcp://192.0.2.1:7301", no_key, &why),
                     FQ_ERR_USAGE);
    assert_int_equal(fq_client_open("tcp://192.0.2.1:7301", NULL, NULL, &client, &why),
                     FQ_ERR_USAGE);
    assert_int_equal(fq_net_bind_service(net, ANY_PORT, &why), FQ_OK);
    assert_int_equal(fq_net_self_test(net, &why), FQ_OK);
    assert_int_equal(
        fq_client_open(fq_net_bound_endpoint(net, FQ_NET_SERVICE), NULL, NULL, &client, &why),
        FQ_OK);
    tell(client, "plain");
    message = await(net);
    assert_says(&message, "plain");
    assert_null(message.peer);
    fq_client_close(client);
    fq_net_close(net);
}

static void test_a_port_that_is_taken_is_named(void **state)
{
    struct fq_net *net = open_city();
    struct fq_net *other = NULL;
    const struct fq_net_options options = {.identity = &people[CITY], .is_curve = true};

    (void)state;
    assert_int_equal(fq_net_open(&options, &other, &why), FQ_OK);
    assert_int_equal(fq_net_bind_service(other, fq_net_bound_endpoint(net, FQ_NET_SERVICE), &why),
                     FQ_ERR_FAILED);
    assert_int_equal(why.reason, FQ_REASON_NET);
    assert_non_null(strstr(why.detail, fq_net_bound_endpoint(net, FQ_NET_SERVICE)));
    assert_string_equal(fq_net_bound_endpoint(other, FQ_NET_SERVICE), "");
    fq_net_close(other);
    fq_net_close(net);
    fq_net_close(NULL);
    fq_client_close(NULL);
}

static void test_a_full_arena_leaves_the_message_where_it_is(void **state)
{
    struct fq_net *net = open_city();
    struct fq_client *mediator = dial(net, MEDIATOR);
    struct fq_arena small = fq_arena_over(memory, FQ_NET_MESSAGE_MAX);
    struct fq_net_message message;
    bool is_received = true;

    (void)state;
    tell(mediator, "first");
    message = await(net);
    tell(mediator, "second");
    assert_int_equal(fq_net_poll(net, LIMIT_MS, NO_FD, NULL, &why), FQ_OK);
    assert_int_equal(fq_net_receive(net, &small, &message, &is_received, &why), FQ_OK);
    assert_false(is_received);
    message = await(net);
    assert_says(&message, "second");
    fq_client_close(mediator);
    fq_net_close(net);
}

static void test_poll_sees_another_descriptor(void **state)
{
    struct fq_net *net = open_city();
    bool is_ready = true;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fq_net_poll(net, 0, ends[0], &is_ready, &why), FQ_OK);
    assert_false(is_ready);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(fq_net_poll(net, LIMIT_MS, ends[0], &is_ready, &why), FQ_OK);
    assert_true(is_ready);
    close(ends[0]);
    close(ends[1]);
    fq_net_close(net);
}

static void ring(int signal_number)
{
    (void)signal_number;
}

static void test_a_signal_ends_the_waiting(void **state)
{
    struct fq_net *net = open_city();
    struct fq_client *mediator = dial(net, MEDIATOR);
    const struct sigaction action = {.sa_handler = ring};
    const struct itimerval again = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    struct fq_span answer;
    uint64_t start = now_ms();

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &again, NULL), 0);
    assert_int_equal(fq_net_poll(net, LIMIT_MS, NO_FD, NULL, &why), FQ_OK);
    assert_int_equal(fq_client_receive(mediator, LIMIT_MS, &answer, &why), FQ_ERR_NOTHING);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);

    assert_true(now_ms() - start < LIMIT_MS);
    fq_client_close(mediator);
    fq_net_close(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup(test, fresh_arena)
        TEST(test_n1_a_known_key_is_seen_by_its_certificate),
        TEST(test_n1_an_unknown_key_is_refused_and_told_so),
        TEST(test_n1_without_an_answering_handler_nobody_gets_in),
        TEST(test_n1_the_list_changes_while_running),
        TEST(test_n2_the_self_test_passes_and_counts_nothing),
        TEST(test_n2_a_server_without_a_handler_fails_the_self_test),
        TEST(test_n3_the_largest_message_passes_and_a_larger_one_cuts_its_sender),
        TEST(test_n4_a_message_of_many_frames_is_dropped_and_counted),
        TEST(test_n4_what_a_subscriber_says_besides_topics_is_hostile),
        TEST(test_n5_a_peer_that_left_is_gone),
        TEST(test_n5_a_peer_that_does_not_read_blocks_itself_alone),
        TEST(test_n6_the_feed_admits_only_who_may_read_all),
        TEST(test_the_feed_loses_nothing_of_ten_thousand),
        TEST(test_the_link_carries_both_ways),
        TEST(test_a_refused_child_learns_it_and_tries_again),
        TEST(test_n7_without_curve_only_loopback),
        TEST(test_a_port_that_is_taken_is_named),
        TEST(test_a_full_arena_leaves_the_message_where_it_is),
        TEST(test_poll_sees_another_descriptor),
        TEST(test_a_signal_ends_the_waiting),
#undef TEST
    };
    return cmocka_run_group_tests(tests, create_people, NULL);
}
