/* Configuration: what a node is told by its file, county.cfg, city.cfg or province.cfg.
 *
 * What is read here is right in form and range; whether an area exists or a path can be opened is
 * found out by who uses it. Errors say FILE:LINE: key: what is wrong.
 *
 * F1  An unknown key, a key of the wrong type, or a value out of its range is refused by name.
 * F2  What is printed can be loaded again; the token is never printed. */
#ifndef FQ_EDGE_CONFIG_H
#define FQ_EDGE_CONFIG_H

#include <stdio.h>

#include "fq/base/err.h"

#define FQ_CONFIG_PATH_SIZE 512
#define FQ_CONFIG_ENDPOINT_SIZE 128
#define FQ_CONFIG_KEY_SIZE 41 /* a CURVE public key in Z85 and a NUL */
#define FQ_CONFIG_TOKEN_SIZE 128

/* What a node is told. Paths are ready to open: relative ones were relative to the file. */
struct fq_config {
    uint32_t area;                                 /* node.area: the area this node serves */
    uint32_t index;                                /* node.index: which of the area's nodes */
    char data[FQ_CONFIG_PATH_SIZE];                /* node.data: the store's directory */
    char listen_service[FQ_CONFIG_ENDPOINT_SIZE];  /* listen.service: requests and children */
    char listen_feed[FQ_CONFIG_ENDPOINT_SIZE];     /* listen.feed */
    char listen_http[FQ_CONFIG_ENDPOINT_SIZE];     /* listen.http: host:port; empty for none */
    char parent_endpoint[FQ_CONFIG_ENDPOINT_SIZE]; /* parent.endpoint; empty at the top */
    char parent_key[FQ_CONFIG_KEY_SIZE];           /* parent.key: its CURVE public key, Z85 */
    char areas[FQ_CONFIG_PATH_SIZE];               /* tables.areas */
    char taxonomy[FQ_CONFIG_PATH_SIZE];            /* tables.taxonomy */
    char units[FQ_CONFIG_PATH_SIZE];               /* tables.units; empty for none */
    char places[FQ_CONFIG_PATH_SIZE];              /* tables.places; empty for none */
    char metrics[FQ_CONFIG_PATH_SIZE];             /* tables.metrics; empty for the built-in ones */
    char calendar[FQ_CONFIG_PATH_SIZE];            /* tables.calendar; empty for the built-in one */
    bool curve;                                    /* security.curve: encrypt and authenticate */
    char keys[FQ_CONFIG_PATH_SIZE];                /* security.keys: this node's own keys */
    char certificates[FQ_CONFIG_PATH_SIZE];        /* security.certificates: who is let in */
    uint32_t batch_records;                        /* limits.batch_records: events of one batch */
    uint32_t batch_bytes;                          /* limits.batch_bytes */
    uint32_t heartbeat_ms;      /* limits.heartbeat_ms: how often we say we live */
    uint32_t silence_ms;        /* limits.silence_ms: when a peer is called silent */
    uint32_t reconnect_ms;      /* limits.reconnect_ms: between attempts to reach the parent */
    uint32_t credit_bytes;      /* limits.credit_bytes: what a child may have in flight */
    uint32_t turn_messages;     /* limits.turn_messages: messages taken in one turn */
    uint32_t disputes_max;      /* limits.disputes_max: room of the view */
    uint32_t checkpoint_events; /* limits.checkpoint_events: how many, until the view is written */
    uint32_t checkpoint_bytes;  /* limits.checkpoint_bytes: of the view, written in one turn */
    char
        http_token[FQ_CONFIG_TOKEN_SIZE]; /* http.token: asked of every HTTP client; may be empty */
};

/* Read a node's configuration; absent keys have their defaults. */
FQ_CHECKED fq_err fq_config_load(const char *path, struct fq_config *out_config,
                                 struct fq_why *out_why);
/* Print the effective configuration (F2). */
void fq_config_print(const struct fq_config *config, FILE *out);

#endif
