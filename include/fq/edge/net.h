/* The network: a node's sockets, and a client's one socket, over ZeroMQ with CURVE.
 *
 * A node has a service socket (requests and children), a feed socket (subscribers) and one link to
 * its parent. Nothing here knows what a message means. All calls come from one thread; none but
 * fq_net_poll, fq_net_self_test and fq_client_receive waits.
 *
 * N1  Only a key of the allow-list gets in, also while no handler answers; who a message is from is
 *     told by the connection's key, read from the body frame of every message, and by nothing the
 *     peer says. A key that leaves the list is not heard from then on, even if still connected; a
 *     subscription it has lasts until the connection ends.
 * N2  A node that would let an unknown key in does not start.
 * N3  A message over FQ_NET_MESSAGE_MAX costs its sender the connection, and nobody else anything.
 * N4  One message is one frame: what comes in more is dropped whole and counted as hostile.
 * N5  A send never waits, and says when the message was not taken.
 * N6  The feed admits only keys that may read all of it.
 * N7  Without CURVE a socket exists on 127.0.0.1 alone. */
#ifndef FQ_EDGE_NET_H
#define FQ_EDGE_NET_H

#include "fq/base/bytes.h"
#include "fq/edge/crypto.h"

#define FQ_NET_MESSAGE_MAX (260u * 1024u)
#define FQ_NET_TOPIC_MAX 240 /* longer ones are mis-encoded by libzmq 4.3.4 */

struct fq_net;
struct fq_client;

struct fq_net_options {
    const struct fq_identity *identity;        /* our keys; copied; may be NULL without CURVE */
    const struct fq_certificate *certificates; /* the allow-list; copied */
    const bool *may_feed;                      /* beside it; NULL: nobody may */
    size_t certificate_count;                  /* at most FQ_CERTIFICATES_MAX */
    bool is_curve;
};

enum fq_net_source { FQ_NET_SERVICE, FQ_NET_PARENT, FQ_NET_FEED, FQ_NET_SOURCES };

struct fq_net_message {
    enum fq_net_source source;
    /* Of SERVICE: give it to fq_net_send_service to answer; in the arena. It is 5 bytes unless the
     * peer chose one itself, and says nothing about who the peer is. */
    struct fq_span routing;
    /* Whose key the connection has (N1), until the allow-list changes. NULL without CURVE, for a
     * subscription that ends, and for a parent that is not in the allow-list. */
    const struct fq_certificate *peer;
    /* Of FEED: 1 or 0 (subscribed, unsubscribed) and the topic. In the arena. */
    struct fq_span body;
};

enum fq_sent {
    FQ_SENT_OK,
    FQ_SENT_BLOCKED,   /* not taken: the peer reads too slowly, or the parent is not connected */
    FQ_SENT_GONE,      /* not taken: the peer is no longer connected */
    FQ_SENT_TOO_LARGE, /* not taken: over FQ_NET_MESSAGE_MAX */
};

/* A net without sockets, its allow-list in force. Gives `out_net`, released by fq_net_close. Fails
 * with NET when libzmq is without CURVE, or LIMIT. */
FQ_CHECKED fq_err fq_net_open(const struct fq_net_options *options, struct fq_net **out_net,
                              struct fq_why *out_why);
/* NULL is accepted. What was not sent is lost. */
void fq_net_close(struct fq_net *net);

/* Listen, once each. Fail with NET, or with CONFIG (N7). */
FQ_CHECKED fq_err fq_net_bind_service(struct fq_net *net, const char *endpoint,
                                      struct fq_why *out_why);
FQ_CHECKED fq_err fq_net_bind_feed(struct fq_net *net, const char *endpoint,
                                   struct fq_why *out_why);
/* Where it really listens: "tcp://127.0.0.1:*" has a port then. "" when it does not. */
const char *fq_net_bound_endpoint(const struct fq_net *net, enum fq_net_source source);
/* Dial the parent, once; it is dialled again whenever it is lost. Whether it answers is not known
 * here. Fails with NET, or with CONFIG (N7). */
FQ_CHECKED fq_err fq_net_connect_parent(struct fq_net *net, const char *endpoint,
                                        const uint8_t parent_public[FQ_CURVE_KEY_SIZE],
                                        struct fq_why *out_why);
/* True when the parent's last word on our key was no. */
bool fq_net_is_parent_refusing(const struct fq_net *net);

/* Dial each bound endpoint with a random key and see it refused (N2). Lasts 5 s an endpoint at
 * most, usually milliseconds. Fails with ZAP_OPEN, also when no verdict comes. */
FQ_CHECKED fq_err fq_net_self_test(struct fq_net *net, struct fq_why *out_why);
/* The same of any endpoint, SERVICE or FEED; the caller knows the CURVE key that answers there. */
FQ_CHECKED fq_err fq_net_test_refusal(struct fq_net *net, enum fq_net_source source,
                                      const char *endpoint,
                                      const uint8_t server_public[FQ_CURVE_KEY_SIZE],
                                      struct fq_why *out_why);

/* Replace the allow-list (N1). `may_feed` may be NULL. Every `peer` given before is then invalid.
 * Fails with LIMIT, changing nothing. */
FQ_CHECKED fq_err fq_net_set_certificates(struct fq_net *net,
                                          const struct fq_certificate *certificates,
                                          const bool *may_feed, size_t count,
                                          struct fq_why *out_why);

/* Wait until there may be something to receive, `extra_fd` is readable (-1: none), the time is over
 * (-1: never) or a signal comes; all are success. `out_is_extra_ready` may be NULL. Answers those
 * who ask to be let in. Fails with NET. */
FQ_CHECKED fq_err fq_net_poll(struct fq_net *net, int timeout_ms, int extra_fd,
                              bool *out_is_extra_ready, struct fq_why *out_why);
/* The next message that is there, from each socket in turn; `out_is_received` is false when there
 * is none, or when the arena has not room for the largest: it then stays where it is. Fails with
 * NET. */
FQ_CHECKED fq_err fq_net_receive(struct fq_net *net, struct fq_arena *arena,
                                 struct fq_net_message *out_message, bool *out_is_received,
                                 struct fq_why *out_why);

/* Send one frame (N5). Each borrows its spans. */
enum fq_sent fq_net_send_service(struct fq_net *net, struct fq_span routing, struct fq_span body);
enum fq_sent fq_net_send_parent(struct fq_net *net, struct fq_span body);
/* Two frames to those who subscribed to a beginning of `topic`; one who reads too slowly misses
 * it. Nothing happens without a feed. */
void fq_net_publish(struct fq_net *net, struct fq_span topic, struct fq_span payload);

/* How many were not let in or, out of the list, not heard (N1); and how many messages were dropped
 * as hostile (N4). */
uint64_t fq_net_refused_count(const struct fq_net *net);
uint64_t fq_net_hostile_count(const struct fq_net *net);
/* The key of the last one not let in, Z85; "" when there was none. */
const char *fq_net_last_refused(const struct fq_net *net);

/* A connection to a node's service. With `identity` NULL it is without CURVE (N7) and
 * `server_public` is ignored. Gives `out_client`, released by fq_client_close. Whether the node is
 * there shows with the first answer. Fails with NET, or CONFIG. */
FQ_CHECKED fq_err fq_client_open(const char *endpoint,
                                 const uint8_t server_public[FQ_CURVE_KEY_SIZE],
                                 const struct fq_identity *identity, struct fq_client **out_client,
                                 struct fq_why *out_why);
void fq_client_close(struct fq_client *client); /* NULL is accepted */
/* Send one message; before the node is reached it waits here. Fails with LIMIT over
 * FQ_NET_MESSAGE_MAX, or with UNREACHED when too many wait. */
FQ_CHECKED fq_err fq_client_send(struct fq_client *client, struct fq_span body,
                                 struct fq_why *out_why);
/* The next message, borrowed until the next call on this client. Fails with UNREACHED when none
 * comes in time, with KEY_UNKNOWN as soon as the node refuses our key, with EMPTY when a signal
 * interrupts, with BYTES when it has more than one frame. */
FQ_CHECKED fq_err fq_client_receive(struct fq_client *client, uint64_t timeout_ms,
                                    struct fq_span *out_body, struct fq_why *out_why);

#endif
