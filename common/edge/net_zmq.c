#include "fq/edge/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define ENDPOINT_SIZE 256
#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_DOMAIN "fengqiao"
#define ZAP_DOMAIN_FEED "fengqiao.feed"
#define ZAP_ENFORCE_DOMAIN 93 /* in libzmq 4.3.4, though its header keeps it among the drafts */
#define ZAP_FRAMES 7          /* RFC 27: version, id, domain, address, identity, mechanism, key */
#define ZAP_BATCH 64          /* requests answered in one poll */
#define DROPS_MAX 64          /* messages dropped in one receive */
#define SELF_TEST_MS 5000
#define REDIAL_REFUSED_MS 1000 /* after the parent said no; up to half as much is added */
#define REDIAL_MS 15000        /* a link that is not up; longer than connecting may take */
#define FEED_MESSAGE_MAX 4096  /* a subscriber has nothing but topics to say */
#define ROUTING_MAX 255
#define CURVE_OVERHEAD 33 /* libzmq limits the frame as encrypted: RFC 26, the MESSAGE command */
#define RECEIVE_ROOM (FQ_NET_MESSAGE_MAX + ROUTING_MAX + 32)
#define WATCHED_EVENTS                                                                             \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |                             \
     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |                  \
     ZMQ_EVENT_DISCONNECTED)

struct allowed {
    char z85[FQ_Z85_KEY_SIZE]; /* the User-Id of the key's connections, too */
    bool may_feed;
    struct fq_certificate certificate;
};

struct fq_net {
    void *context;
    void *zap;                     /* REP: libzmq asks it about every CURVE key */
    void *sockets[FQ_NET_SOURCES]; /* ROUTER, DEALER, XPUB; NULL when not open */
    void *parent_watch;
    char bound[FQ_NET_SOURCES][ENDPOINT_SIZE];
    struct allowed *allowed; /* sorted by z85 */
    size_t allowed_count;
    bool is_curve;
    uint8_t curve_public[FQ_CURVE_KEY_SIZE];
    uint8_t curve_secret[FQ_CURVE_KEY_SIZE];
    char parent_z85[FQ_Z85_KEY_SIZE];
    char parent_endpoint[ENDPOINT_SIZE];
    uint64_t redial_ms;             /* when to dial the parent anew; never while the link is up */
    char test_z85[FQ_Z85_KEY_SIZE]; /* the self-test's key: its refusal is not counted */
    char last_refused[FQ_Z85_KEY_SIZE];
    enum fq_net_source next; /* whose turn it is to be received from */
    bool is_parent_refusing;
    unsigned watch_count;
    uint64_t refused_count;
    uint64_t hostile_count;
};

struct fq_client {
    void *context;
    void *socket;
    void *watch;
    zmq_msg_t message; /* the last one received */
    char endpoint[ENDPOINT_SIZE];
    bool is_handshake_failing;
};

struct setting {
    int option;
    int value;
};

/* For every socket: a peer that does not finish a handshake, or answer a heartbeat, is cut. */
static const struct setting common_settings[] = {
    {ZMQ_LINGER, 0},
    {ZMQ_HANDSHAKE_IVL, 5000},
    {ZMQ_HEARTBEAT_IVL, 10000},
    {ZMQ_HEARTBEAT_TIMEOUT, 40000},
    {0, 0},
};
static const struct setting service_settings[] = {
    {ZMQ_ROUTER_MANDATORY, 1}, /* or a send to nobody succeeds */
    {ZMQ_SNDHWM, 1024},
    {ZMQ_RCVHWM, 64},
    {0, 0},
};
static const struct setting feed_settings[] = {
    {ZMQ_SNDHWM, 200000},
    {0, 0},
};
static const struct setting parent_settings[] = {
    {ZMQ_IMMEDIATE, 1}, /* nothing is queued for a parent that is not there */
    {ZMQ_RECONNECT_IVL, 1000},
    {ZMQ_RECONNECT_IVL_MAX, 3000},
    {ZMQ_CONNECT_TIMEOUT, 5000},
    {ZMQ_SNDHWM, 256},
    {ZMQ_RCVHWM, 64},
    {0, 0},
};
static const struct setting client_settings[] = {
    {ZMQ_RECONNECT_IVL, 100},
    {ZMQ_RECONNECT_IVL_MAX, 1000},
    {0, 0},
};

static fq_err fail(struct fq_why *out_why, const char *what)
{
    return fq_fail(out_why, FQ_REASON_NET, "%s: %s", what, zmq_strerror(errno));
}

static uint64_t now_ms(void)
{
    struct timespec now;

    FQ_ASSERT(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool set_bytes(void *socket, int option, const void *bytes, size_t size)
{
    return zmq_setsockopt(socket, option, bytes, size) == 0;
}

static bool set_number(void *socket, int option, int value)
{
    return set_bytes(socket, option, &value, sizeof value);
}

static bool set_all(void *socket, const struct setting *settings)
{
    bool is_set = true;

    for (; settings->option && is_set; settings++) {
        is_set = set_number(socket, settings->option, settings->value);
    }
    return is_set;
}

/* A socket with the common settings and its own; NULL with errno. */
static void *open_socket(void *context, int type, const struct setting *settings, bool is_curve,
                         size_t size_max)
{
    int64_t message_max = (int64_t)size_max + (is_curve ? CURVE_OVERHEAD : 0);
    void *socket = zmq_socket(context, type);

    if (socket && (!set_all(socket, common_settings) || !set_all(socket, settings) ||
                   !set_bytes(socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max))) {
        int saved = errno;
        (void)zmq_close(socket);
        errno = saved;
        socket = NULL;
    }
    return socket;
}

static bool be_curve_client(void *socket, const uint8_t *server, const uint8_t *public_key,
                            const uint8_t *secret)
{
    return set_bytes(socket, ZMQ_CURVE_SERVERKEY, server, FQ_CURVE_KEY_SIZE) &&
           set_bytes(socket, ZMQ_CURVE_PUBLICKEY, public_key, FQ_CURVE_KEY_SIZE) &&
           set_bytes(socket, ZMQ_CURVE_SECRETKEY, secret, FQ_CURVE_KEY_SIZE);
}

/* A server whose every handshake asks our handler; without an answer nobody gets in (N1). */
static bool be_curve_server(const struct fq_net *net, void *socket, const char *domain)
{
    return set_number(socket, ZMQ_CURVE_SERVER, 1) &&
           set_bytes(socket, ZMQ_CURVE_SECRETKEY, net->curve_secret, FQ_CURVE_KEY_SIZE) &&
           set_bytes(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) &&
           set_number(socket, ZAP_ENFORCE_DOMAIN, 1);
}

static bool is_loopback(const char *endpoint)
{
    static const char loopback[] = "tcp://127.0.0.1:";

    return strncmp(endpoint, loopback, sizeof loopback - 1) == 0;
}

/* N7 */
static fq_err check_endpoint(const char *endpoint, bool is_curve, struct fq_why *out_why)
{
    if (!is_curve && !is_loopback(endpoint)) {
        return fq_fail(out_why, FQ_REASON_CONFIG,
                       "%s: without CURVE only tcp://127.0.0.1 is served", endpoint);
    }
    return FQ_OK;
}

/* ---- events of a connection: libzmq tells them on a PAIR ---- */

static void *open_watch(void *context, void *socket, unsigned number)
{
    char name[64];

    (void)snprintf(name, sizeof name, "inproc://fengqiao.watch.%u", number);
    if (zmq_socket_monitor(socket, name, WATCHED_EVENTS) != 0) {
        return NULL;
    }
    void *watch = zmq_socket(context, ZMQ_PAIR);
    if (watch && (!set_number(watch, ZMQ_LINGER, 0) || zmq_connect(watch, name) != 0)) {
        (void)zmq_close(watch);
        watch = NULL;
    }
    return watch;
}

static void close_watched(void *socket, void *watch)
{
    if (socket) {
        (void)zmq_socket_monitor(socket, NULL, 0);
        (void)zmq_close(socket);
    }
    if (watch) {
        (void)zmq_close(watch);
    }
}

/* The next event, 0 when there is none. Two frames: event and value, then the endpoint. */
static unsigned read_event(void *watch)
{
    uint8_t bytes[6];
    char endpoint[ENDPOINT_SIZE];
    uint16_t event = 0;

    if (zmq_recv(watch, bytes, sizeof bytes, ZMQ_DONTWAIT) != (int)sizeof bytes) {
        return 0;
    }
    memcpy(&event, bytes, sizeof event); /* in the host's order */
    (void)zmq_recv(watch, endpoint, sizeof endpoint, ZMQ_DONTWAIT);
    return event;
}

/* ---- the allow-list, and who asks to be let in ---- */

static int compare_allowed(const void *a, const void *b)
{
    return strcmp(((const struct allowed *)a)->z85, ((const struct allowed *)b)->z85);
}

static int compare_z85(const void *key, const void *allowed)
{
    return strcmp(key, ((const struct allowed *)allowed)->z85);
}

static const struct allowed *find_allowed(const struct fq_net *net, const char *z85)
{
    return net->allowed_count == 0
               ? NULL
               : bsearch(z85, net->allowed, net->allowed_count, sizeof *net->allowed, compare_z85);
}

fq_err fq_net_set_certificates(struct fq_net *net, const struct fq_certificate *certificates,
                               const bool *may_feed, size_t count, struct fq_why *out_why)
{
    FQ_ASSERT(net);
    FQ_ASSERT(certificates || count == 0);

    if (count > FQ_CERTIFICATES_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "more than %d certificates", FQ_CERTIFICATES_MAX);
    }
    struct allowed *allowed = calloc(count ? count : 1, sizeof *allowed);
    if (!allowed) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "no memory for %zu certificates", count);
    }
    for (size_t i = 0; i < count; i++) {
        fq_z85_encode(certificates[i].curve_public, allowed[i].z85);
        allowed[i].certificate = certificates[i];
        allowed[i].may_feed = may_feed && may_feed[i];
    }
    qsort(allowed, count, sizeof *allowed, compare_allowed);
    free(net->allowed);
    net->allowed = allowed;
    net->allowed_count = count;
    return FQ_OK;
}

static bool is_text(zmq_msg_t *frame, const char *text)
{
    return fq_span_equal(fq_span_of(zmq_msg_data(frame), zmq_msg_size(frame)), fq_span_text(text));
}

/* Whether the key may in (N1), to the feed (N6); gives its text. */
static bool is_welcome(struct fq_net *net, zmq_msg_t frames[ZAP_FRAMES], char out_z85[])
{
    if (!is_text(&frames[0], "1.0") || !is_text(&frames[5], "CURVE") ||
        zmq_msg_size(&frames[6]) != FQ_CURVE_KEY_SIZE) {
        return false;
    }
    fq_z85_encode(zmq_msg_data(&frames[6]), out_z85);
    const struct allowed *allowed = find_allowed(net, out_z85);
    if (!allowed) {
        return false;
    }
    return is_text(&frames[2], ZAP_DOMAIN) ||
           (is_text(&frames[2], ZAP_DOMAIN_FEED) && allowed->may_feed);
}

static void answer_zap(struct fq_net *net, zmq_msg_t frames[ZAP_FRAMES], bool is_whole)
{
    char z85[FQ_Z85_KEY_SIZE] = "";
    bool is_in = is_whole && is_welcome(net, frames, z85);
    const char *user = is_in ? z85 : "";

    if (!is_in && strcmp(z85, net->test_z85) != 0) {
        net->refused_count++;
        memcpy(net->last_refused, z85, sizeof z85);
    }
    /* version, id, status code, status text, user id, metadata; RFC 27 */
    (void)zmq_send(net->zap, "1.0", 3, ZMQ_SNDMORE);
    (void)zmq_send(net->zap, zmq_msg_data(&frames[1]), zmq_msg_size(&frames[1]), ZMQ_SNDMORE);
    (void)zmq_send(net->zap, is_in ? "200" : "400", 3, ZMQ_SNDMORE);
    (void)zmq_send(net->zap, is_in ? "OK" : "", is_in ? 2 : 0, ZMQ_SNDMORE);
    (void)zmq_send(net->zap, user, strlen(user), ZMQ_SNDMORE);
    (void)zmq_send(net->zap, "", 0, 0);
}

/* Receive the rest of a message and forget it. Its frames are here already: libzmq shows no message
 * before its last frame. */
static void drain(void *socket)
{
    zmq_msg_t frame;
    bool is_more = true;

    while (is_more) {
        FQ_ASSERT(zmq_msg_init(&frame) == 0);
        bool is_received = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) >= 0;
        is_more = is_received ? zmq_msg_more(&frame) : errno == EINTR;
        (void)zmq_msg_close(&frame);
    }
}

/* Receive up to `capacity` frames of one message; the rest is dropped. Gives how many there were,
 * capacity + 1 when there was a rest, 0 when nothing is there, or -1 with errno. The caller closes
 * all `capacity` frames. */
static int receive_frames(void *socket, zmq_msg_t *frames, int capacity)
{
    int count = 0;
    bool is_more = true;

    for (int i = 0; i < capacity; i++) {
        FQ_ASSERT(zmq_msg_init(&frames[i]) == 0);
    }
    while (count < capacity && is_more) {
        if (zmq_msg_recv(&frames[count], socket, ZMQ_DONTWAIT) >= 0) {
            is_more = zmq_msg_more(&frames[count++]);
        } else if (errno != EINTR || count == 0) {
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        }
    }
    if (is_more) {
        drain(socket);
        return capacity + 1;
    }
    return count;
}

static void close_frames(zmq_msg_t *frames, int count)
{
    for (int i = 0; i < count; i++) {
        (void)zmq_msg_close(&frames[i]);
    }
}

static void serve_zap(struct fq_net *net)
{
    for (int i = 0; i < ZAP_BATCH; i++) {
        zmq_msg_t frames[ZAP_FRAMES];
        int count = receive_frames(net->zap, frames, ZAP_FRAMES);
        if (count > 0) {
            answer_zap(net, frames, count == ZAP_FRAMES);
        }
        close_frames(frames, ZAP_FRAMES);
        if (count <= 0) {
            return;
        }
    }
}

/* ---- opening ---- */

fq_err fq_net_open(const struct fq_net_options *options, struct fq_net **out_net,
                   struct fq_why *out_why)
{
    FQ_ASSERT(options);
    FQ_ASSERT(out_net);
    FQ_ASSERT(options->identity || !options->is_curve);

    fq_err err = FQ_OK;
    struct fq_net *net = calloc(1, sizeof *net);

    if (!net) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "no memory for the net");
    }
    net->is_curve = options->is_curve;
    if (options->is_curve) {
        memcpy(net->curve_public, options->identity->certificate.curve_public, FQ_CURVE_KEY_SIZE);
        memcpy(net->curve_secret, options->identity->curve_secret, FQ_CURVE_KEY_SIZE);
    }
    if (options->is_curve && !zmq_has("curve")) {
        err = fq_fail(out_why, FQ_REASON_NET, "this libzmq was built without CURVE");
        goto done;
    }
    err = fq_net_set_certificates(net, options->certificates, options->may_feed,
                                  options->certificate_count, out_why);
    if (err) {
        goto done;
    }
    net->context = zmq_ctx_new();
    net->zap = net->context ? zmq_socket(net->context, ZMQ_REP) : NULL;
    /* The handler is there before any socket that needs it. */
    if (!net->zap || !set_number(net->zap, ZMQ_LINGER, 0) || zmq_bind(net->zap, ZAP_ENDPOINT)) {
        err = fail(out_why, "authentication");
        goto done;
    }
    *out_net = net;
    net = NULL;

done:
    fq_net_close(net);
    return err;
}

/* Frees the context; its sockets are closed already. */
static void close_context(void *context)
{
    while (context && zmq_ctx_term(context) != 0 && errno == EINTR) {
        continue; /* a signal: go on waiting for the I/O thread */
    }
}

void fq_net_close(struct fq_net *net)
{
    if (!net) {
        return;
    }
    close_watched(net->sockets[FQ_NET_PARENT], net->parent_watch);
    close_watched(net->sockets[FQ_NET_SERVICE], NULL);
    close_watched(net->sockets[FQ_NET_FEED], NULL);
    if (net->zap) {
        (void)zmq_close(net->zap);
    }
    close_context(net->context);
    free(net->allowed);
    fq_wipe(net, sizeof *net);
    free(net);
}

static fq_err bind_server(struct fq_net *net, enum fq_net_source source, void *socket,
                          const char *domain, const char *endpoint, struct fq_why *out_why)
{
    size_t size = sizeof net->bound[source];

    if (!socket || (net->is_curve && !be_curve_server(net, socket, domain)) ||
        zmq_bind(socket, endpoint) != 0 ||
        zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, net->bound[source], &size) != 0) {
        fq_err err = fail(out_why, endpoint);
        net->bound[source][0] = '\0';
        if (socket) {
            (void)zmq_close(socket);
        }
        return err;
    }
    net->sockets[source] = socket;
    return FQ_OK;
}

fq_err fq_net_bind_service(struct fq_net *net, const char *endpoint, struct fq_why *out_why)
{
    FQ_ASSERT(net);
    FQ_ASSERT(endpoint);
    FQ_ASSERT(!net->sockets[FQ_NET_SERVICE]);

    fq_err err = check_endpoint(endpoint, net->is_curve, out_why);

    if (err) {
        return err;
    }
    void *socket =
        open_socket(net->context, ZMQ_ROUTER, service_settings, net->is_curve, FQ_NET_MESSAGE_MAX);
    return bind_server(net, FQ_NET_SERVICE, socket, ZAP_DOMAIN, endpoint, out_why);
}

fq_err fq_net_bind_feed(struct fq_net *net, const char *endpoint, struct fq_why *out_why)
{
    FQ_ASSERT(net);
    FQ_ASSERT(endpoint);
    FQ_ASSERT(!net->sockets[FQ_NET_FEED]);

    fq_err err = check_endpoint(endpoint, net->is_curve, out_why);

    if (err) {
        return err;
    }
    void *socket =
        open_socket(net->context, ZMQ_XPUB, feed_settings, net->is_curve, FEED_MESSAGE_MAX);
    return bind_server(net, FQ_NET_FEED, socket, ZAP_DOMAIN_FEED, endpoint, out_why);
}

const char *fq_net_bound_endpoint(const struct fq_net *net, enum fq_net_source source)
{
    FQ_ASSERT(net);
    FQ_ASSERT((unsigned)source < FQ_NET_SOURCES);

    return net->bound[source];
}

fq_err fq_net_connect_parent(struct fq_net *net, const char *endpoint,
                             const uint8_t parent_public[FQ_CURVE_KEY_SIZE], struct fq_why *out_why)
{
    FQ_ASSERT(net);
    FQ_ASSERT(endpoint);
    FQ_ASSERT(!net->sockets[FQ_NET_PARENT]);

    fq_err err = check_endpoint(endpoint, net->is_curve, out_why);
    void *socket = NULL;
    void *watch = NULL;

    if (err) {
        return err;
    }
    socket =
        open_socket(net->context, ZMQ_DEALER, parent_settings, net->is_curve, FQ_NET_MESSAGE_MAX);
    if (!socket || (net->is_curve && !be_curve_client(socket, parent_public, net->curve_public,
                                                      net->curve_secret))) {
        err = fail(out_why, endpoint);
        goto done;
    }
    watch = open_watch(net->context, socket, net->watch_count++);
    if (!watch || zmq_connect(socket, endpoint) != 0) {
        err = fail(out_why, endpoint);
        goto done;
    }
    if (net->is_curve) {
        fq_z85_encode(parent_public, net->parent_z85);
    }
    (void)snprintf(net->parent_endpoint, sizeof net->parent_endpoint, "%s", endpoint);
    net->redial_ms = now_ms() + REDIAL_MS;
    net->sockets[FQ_NET_PARENT] = socket;
    net->parent_watch = watch;
    socket = NULL;
    watch = NULL;

done:
    close_watched(socket, watch);
    return err;
}

bool fq_net_is_parent_refusing(const struct fq_net *net)
{
    FQ_ASSERT(net);

    return net->is_parent_refusing;
}

/* ---- the self-test ---- */

/* The first word about the handshake, asking our own handler meanwhile; 0 when none comes. */
static unsigned await_verdict(struct fq_net *net, void *watch)
{
    uint64_t deadline = now_ms() + SELF_TEST_MS;
    unsigned event = 0;

    for (uint64_t now = now_ms(); !event && now < deadline; now = now_ms()) {
        zmq_pollitem_t items[] = {{.socket = watch, .events = ZMQ_POLLIN},
                                  {.socket = net->zap, .events = ZMQ_POLLIN}};
        (void)zmq_poll(items, 2, (long)(deadline - now));
        serve_zap(net);
        event = read_event(watch);
    }
    return event;
}

fq_err fq_net_test_refusal(struct fq_net *net, enum fq_net_source source, const char *endpoint,
                           const uint8_t server_public[FQ_CURVE_KEY_SIZE], struct fq_why *out_why)
{
    FQ_ASSERT(net);
    FQ_ASSERT(endpoint);
    FQ_ASSERT(server_public);

    fq_err err = FQ_OK;
    char secret[FQ_Z85_KEY_SIZE];
    void *watch = NULL;

    /* Of a type that fits: a misfit is cut off before the handler's word is told. */
    void *socket = open_socket(net->context, source == FQ_NET_FEED ? ZMQ_SUB : ZMQ_DEALER,
                               client_settings, true, FQ_NET_MESSAGE_MAX);
    if (!socket || zmq_curve_keypair(net->test_z85, secret) != 0 ||
        !set_bytes(socket, ZMQ_CURVE_SERVERKEY, server_public, FQ_CURVE_KEY_SIZE) ||
        !set_bytes(socket, ZMQ_CURVE_PUBLICKEY, net->test_z85, FQ_Z85_KEY_SIZE) ||
        !set_bytes(socket, ZMQ_CURVE_SECRETKEY, secret, FQ_Z85_KEY_SIZE)) {
        err = fail(out_why, endpoint);
        goto done;
    }
    watch = open_watch(net->context, socket, net->watch_count++);
    if (!watch || zmq_connect(socket, endpoint) != 0) {
        err = fail(out_why, endpoint);
        goto done;
    }
    unsigned verdict = await_verdict(net, watch);
    if (verdict == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        err = fq_fail(out_why, FQ_REASON_ZAP_OPEN, "%s", endpoint);
    } else if (verdict != ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) { /* no proof is no pass (N2) */
        err = fq_fail(out_why, FQ_REASON_ZAP_OPEN, "%s: no verdict (event %u)", endpoint, verdict);
    }

done:
    close_watched(socket, watch);
    net->test_z85[0] = '\0';
    return err;
}

/* Where we reach what listens at `bound`. */
static void reach(const char *bound, char out[ENDPOINT_SIZE])
{
    static const char any[] = "tcp://0.0.0.0:";
    bool is_any = strncmp(bound, any, sizeof any - 1) == 0;

    (void)snprintf(out, ENDPOINT_SIZE, "%s%s", is_any ? "tcp://127.0.0.1:" : "",
                   is_any ? bound + sizeof any - 1 : bound);
}

fq_err fq_net_self_test(struct fq_net *net, struct fq_why *out_why)
{
    FQ_ASSERT(net);

    fq_err err = FQ_OK;

    for (unsigned source = 0; source < FQ_NET_SOURCES && !err && net->is_curve; source++) {
        char endpoint[ENDPOINT_SIZE];
        if (net->bound[source][0]) {
            reach(net->bound[source], endpoint);
            err = fq_net_test_refusal(net, (enum fq_net_source)source, endpoint, net->curve_public,
                                      out_why);
        }
    }
    return err;
}

/* ---- receiving ---- */

static void read_parent_events(struct fq_net *net, uint64_t now)
{
    unsigned event = read_event(net->parent_watch);

    for (; event; event = read_event(net->parent_watch)) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            net->is_parent_refusing = false;
            net->redial_ms = UINT64_MAX;
        } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
            uint32_t jitter;
            fq_random_bytes(&jitter, sizeof jitter);
            net->is_parent_refusing = true;
            net->redial_ms = now + REDIAL_REFUSED_MS + jitter % (REDIAL_REFUSED_MS / 2);
        } else if (net->redial_ms == UINT64_MAX) {
            net->redial_ms = now + REDIAL_MS;
        }
    }
}

/* libzmq dials again after a lost connection, but gives up for good after a refused key or a frame
 * that is too large (session_base_t::engine_error, protocol_error). */
static void keep_dialling(struct fq_net *net)
{
    uint64_t now = now_ms();

    read_parent_events(net, now);
    if (now >= net->redial_ms) {
        net->redial_ms = now + REDIAL_MS;
        (void)zmq_disconnect(net->sockets[FQ_NET_PARENT], net->parent_endpoint);
        (void)zmq_connect(net->sockets[FQ_NET_PARENT], net->parent_endpoint);
    }
}

fq_err fq_net_poll(struct fq_net *net, int timeout_ms, int extra_fd, bool *out_is_extra_ready,
                   struct fq_why *out_why)
{
    FQ_ASSERT(net);

    zmq_pollitem_t items[FQ_NET_SOURCES + 2] = {{.socket = net->zap, .events = ZMQ_POLLIN}};
    int count = 1;
    int extra = 0;

    for (unsigned source = 0; source < FQ_NET_SOURCES; source++) {
        if (net->sockets[source]) {
            items[count++] = (zmq_pollitem_t){.socket = net->sockets[source], .events = ZMQ_POLLIN};
        }
    }
    if (extra_fd >= 0) {
        extra = count++;
        items[extra] = (zmq_pollitem_t){.fd = extra_fd, .events = ZMQ_POLLIN};
    }
    int ready = zmq_poll(items, count, timeout_ms);
    if (ready < 0 && errno != EINTR) {
        return fail(out_why, "poll");
    }
    if (ready > 0 && items[0].revents) {
        serve_zap(net);
    }
    if (net->sockets[FQ_NET_PARENT]) {
        keep_dialling(net);
    }
    if (out_is_extra_ready) {
        *out_is_extra_ready = ready > 0 && extra > 0 && items[extra].revents != 0;
    }
    return FQ_OK;
}

/* Whose key the connection has that the frame came by. libzmq 4.3.4 forgets it on a routing id that
 * was prefetched by a poll, so the frame must be the body. */
static const struct fq_certificate *peer_of(const struct fq_net *net, enum fq_net_source source,
                                            zmq_msg_t *body)
{
    const char *z85 = source == FQ_NET_PARENT ? net->parent_z85 : zmq_msg_gets(body, "User-Id");
    const struct allowed *allowed = z85 && net->is_curve ? find_allowed(net, z85) : NULL;

    return allowed ? &allowed->certificate : NULL;
}

enum taken { TAKEN_FAILED, TAKEN_NOTHING, TAKEN_DROPPED, TAKEN_MESSAGE };

/* Judge a whole message and copy what passes. */
static enum taken take_frames(struct fq_net *net, enum fq_net_source source, zmq_msg_t *frames,
                              struct fq_arena *arena, struct fq_net_message *out_message)
{
    zmq_msg_t *frame = source == FQ_NET_SERVICE ? &frames[1] : &frames[0];
    struct fq_net_message message = {.source = source, .peer = peer_of(net, source, frame)};
    struct fq_span body = fq_span_of(zmq_msg_data(frame), zmq_msg_size(frame));

    if (source == FQ_NET_SERVICE && net->is_curve && !message.peer) {
        net->refused_count++; /* it has left the list since it connected (N1) */
        return TAKEN_DROPPED;
    }
    if (source == FQ_NET_FEED && (body.size == 0 || body.data[0] > 1)) {
        net->hostile_count++; /* neither a subscription nor its end */
        return TAKEN_DROPPED;
    }
    message.body = fq_arena_copy(arena, body);
    if (source == FQ_NET_SERVICE) {
        message.routing =
            fq_arena_copy(arena, fq_span_of(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0])));
    }
    *out_message = message;
    return TAKEN_MESSAGE;
}

static enum taken take_message(struct fq_net *net, enum fq_net_source source,
                               struct fq_arena *arena, struct fq_net_message *out_message)
{
    zmq_msg_t frames[2];
    int wanted = source == FQ_NET_SERVICE ? 2 : 1; /* a ROUTER's begins with the routing id */
    enum taken taken = TAKEN_FAILED;

    int count = receive_frames(net->sockets[source], frames, wanted);
    if (count == 0) {
        taken = TAKEN_NOTHING;
    } else if (count == wanted) {
        taken = take_frames(net, source, frames, arena, out_message);
    } else if (count > 0) {
        net->hostile_count++; /* N4 */
        taken = TAKEN_DROPPED;
    }
    close_frames(frames, wanted);
    return taken;
}

fq_err fq_net_receive(struct fq_net *net, struct fq_arena *arena,
                      struct fq_net_message *out_message, bool *out_is_received,
                      struct fq_why *out_why)
{
    FQ_ASSERT(net);
    FQ_ASSERT(arena);
    FQ_ASSERT(out_message);
    FQ_ASSERT(out_is_received);

    unsigned drops = 0;

    *out_is_received = false;
    if (arena->size - arena->used < RECEIVE_ROOM) {
        return FQ_OK;
    }
    for (unsigned empty = 0; empty < FQ_NET_SOURCES && drops < DROPS_MAX;) {
        enum fq_net_source source = net->next;
        enum taken taken =
            net->sockets[source] ? take_message(net, source, arena, out_message) : TAKEN_NOTHING;
        net->next = (enum fq_net_source)((source + 1) % FQ_NET_SOURCES);
        if (taken == TAKEN_FAILED) {
            return fail(out_why, "receive");
        }
        if (taken == TAKEN_MESSAGE) {
            *out_is_received = true;
            return FQ_OK;
        }
        empty = taken == TAKEN_NOTHING ? empty + 1 : 0;
        drops += taken == TAKEN_DROPPED;
    }
    return FQ_OK;
}

/* ---- sending ---- */

static enum fq_sent send_frame(void *socket, struct fq_span frame, int flags)
{
    while (zmq_send(socket, frame.data, frame.size, flags | ZMQ_DONTWAIT) < 0) {
        if (errno != EINTR) {
            return errno == EHOSTUNREACH ? FQ_SENT_GONE : FQ_SENT_BLOCKED;
        }
    }
    return FQ_SENT_OK;
}

enum fq_sent fq_net_send_service(struct fq_net *net, struct fq_span routing, struct fq_span body)
{
    FQ_ASSERT(net);

    void *socket = net->sockets[FQ_NET_SERVICE];

    if (body.size > FQ_NET_MESSAGE_MAX) {
        return FQ_SENT_TOO_LARGE;
    }
    if (!socket || routing.size == 0) {
        return FQ_SENT_GONE;
    }
    /* The verdict falls with the routing id; the body then always has a place. */
    enum fq_sent sent = send_frame(socket, routing, ZMQ_SNDMORE);
    return sent == FQ_SENT_OK ? send_frame(socket, body, 0) : sent;
}

enum fq_sent fq_net_send_parent(struct fq_net *net, struct fq_span body)
{
    FQ_ASSERT(net);

    if (body.size > FQ_NET_MESSAGE_MAX) {
        return FQ_SENT_TOO_LARGE;
    }
    return net->sockets[FQ_NET_PARENT] ? send_frame(net->sockets[FQ_NET_PARENT], body, 0)
                                       : FQ_SENT_BLOCKED;
}

void fq_net_publish(struct fq_net *net, struct fq_span topic, struct fq_span payload)
{
    FQ_ASSERT(net);
    FQ_ASSERT(topic.size <= FQ_NET_TOPIC_MAX);

    void *feed = net->sockets[FQ_NET_FEED];

    if (feed && send_frame(feed, topic, ZMQ_SNDMORE) == FQ_SENT_OK) {
        (void)send_frame(feed, payload, 0);
    }
}

uint64_t fq_net_refused_count(const struct fq_net *net)
{
    FQ_ASSERT(net);

    return net->refused_count;
}

uint64_t fq_net_hostile_count(const struct fq_net *net)
{
    FQ_ASSERT(net);

    return net->hostile_count;
}

const char *fq_net_last_refused(const struct fq_net *net)
{
    FQ_ASSERT(net);

    return net->last_refused;
}

/* ---- the client ---- */

fq_err fq_client_open(const char *endpoint, const uint8_t server_public[FQ_CURVE_KEY_SIZE],
                      const struct fq_identity *identity, struct fq_client **out_client,
                      struct fq_why *out_why)
{
    FQ_ASSERT(endpoint);
    FQ_ASSERT(out_client);
    FQ_ASSERT(server_public || !identity);

    fq_err err = check_endpoint(endpoint, identity != NULL, out_why);

    if (err) {
        return err;
    }
    struct fq_client *client = calloc(1, sizeof *client);
    if (!client) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "no memory for the client");
    }
    FQ_ASSERT(zmq_msg_init(&client->message) == 0);
    (void)snprintf(client->endpoint, sizeof client->endpoint, "%s", endpoint);
    if (identity && !zmq_has("curve")) {
        err = fq_fail(out_why, FQ_REASON_NET, "this libzmq was built without CURVE");
        goto done;
    }
    client->context = zmq_ctx_new();
    client->socket = client->context ? open_socket(client->context, ZMQ_DEALER, client_settings,
                                                   identity != NULL, FQ_NET_MESSAGE_MAX)
                                     : NULL;
    if (!client->socket || (identity && !be_curve_client(client->socket, server_public,
                                                         identity->certificate.curve_public,
                                                         identity->curve_secret))) {
        err = fail(out_why, endpoint);
        goto done;
    }
    client->watch = open_watch(client->context, client->socket, 0);
    if (!client->watch || zmq_connect(client->socket, endpoint) != 0) {
        err = fail(out_why, endpoint);
        goto done;
    }
    *out_client = client;
    client = NULL;

done:
    fq_client_close(client);
    return err;
}

void fq_client_close(struct fq_client *client)
{
    if (!client) {
        return;
    }
    (void)zmq_msg_close(&client->message);
    close_watched(client->socket, client->watch);
    close_context(client->context);
    free(client);
}

fq_err fq_client_send(struct fq_client *client, struct fq_span body, struct fq_why *out_why)
{
    FQ_ASSERT(client);

    if (body.size > FQ_NET_MESSAGE_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s: %zu bytes, at most %u go into one message",
                       client->endpoint, body.size, FQ_NET_MESSAGE_MAX);
    }
    if (send_frame(client->socket, body, 0) != FQ_SENT_OK) {
        return fq_fail(out_why, FQ_REASON_UNREACHED, "%s: too many messages wait",
                       client->endpoint);
    }
    return FQ_OK;
}

/* What became known of the handshake since it was last asked for. */
static fq_err read_client_events(struct fq_client *client, struct fq_why *out_why)
{
    for (unsigned event = read_event(client->watch); event; event = read_event(client->watch)) {
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
            return fq_fail(out_why, FQ_REASON_KEY_UNKNOWN, "%s", client->endpoint);
        }
        if (event != ZMQ_EVENT_DISCONNECTED) {
            client->is_handshake_failing = event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        }
    }
    return FQ_OK;
}

/* Wait for a message or an event; at most an hour at a time. */
static fq_err await_client(struct fq_client *client, uint64_t wait_ms, struct fq_why *out_why)
{
    zmq_pollitem_t items[] = {{.socket = client->socket, .events = ZMQ_POLLIN},
                              {.socket = client->watch, .events = ZMQ_POLLIN}};

    if (zmq_poll(items, 2, (long)(wait_ms < 3600000 ? wait_ms : 3600000)) < 0) {
        return errno == EINTR
                   ? fq_fail(out_why, FQ_REASON_EMPTY, "%s: interrupted", client->endpoint)
                   : fail(out_why, client->endpoint);
    }
    return read_client_events(client, out_why);
}

fq_err fq_client_receive(struct fq_client *client, uint64_t timeout_ms, struct fq_span *out_body,
                         struct fq_why *out_why)
{
    FQ_ASSERT(client);
    FQ_ASSERT(out_body);

    uint64_t start = now_ms();

    for (;;) { /* until the time is over */
        (void)zmq_msg_close(&client->message);
        int count = receive_frames(client->socket, &client->message, 1);
        if (count > 1) {
            return fq_fail(out_why, FQ_REASON_BYTES, "%s: more than one frame", client->endpoint);
        }
        if (count == 1) {
            *out_body = fq_span_of(zmq_msg_data(&client->message), zmq_msg_size(&client->message));
            return FQ_OK;
        }
        fq_err err =
            count < 0 ? fail(out_why, client->endpoint) : read_client_events(client, out_why);
        uint64_t passed = now_ms() - start;
        if (!err && passed >= timeout_ms) {
            err = fq_fail(out_why, FQ_REASON_UNREACHED, "%s%s", client->endpoint,
                          client->is_handshake_failing ? ": is its key the right one?" : "");
        }
        err = err ? err : await_client(client, timeout_ms - passed, out_why);
        if (err) {
            return err;
        }
    }
}
