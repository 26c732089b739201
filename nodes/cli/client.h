/* Talking to a node: one request and its answer, pages of answers, many requests at once.
 *
 * N1  A node that does not answer in time is UNREACHED, never a wait without end. */
#ifndef FQ_NODES_CLI_CLIENT_H
#define FQ_NODES_CLI_CLIENT_H

#include "fq/core/area.h"
#include "fq/core/code.h"
#include "fq/core/place.h"
#include "fq/core/unit.h"

#include "cli.h"

#define CLI_ANSWER_MS 20000 /* how long a node may take to answer */

struct cli_client;

/* The arguments of a request, added one by one. Release with cli_args_close. */
struct cli_args {
    struct fq_writer pairs;
    uint32_t count;
};
void cli_args_open(struct cli_args *args);
void cli_args_close(struct cli_args *args);
void cli_args_text(struct cli_args *args, const char *key, const char *value);
void cli_args_uint(struct cli_args *args, const char *key, uint64_t value);
void cli_args_bool(struct cli_args *args, const char *key, bool value);
/* The option's value under its own name, when it was given. */
void cli_args_option(struct cli_args *args, const struct cli *cli, const char *name);
/* `a,b` as an array of texts. */
void cli_args_list(struct cli_args *args, const char *key, const char *text);
/* `NAME=VALUE,...`, of the option called as the key is, as a map. Fails with USAGE when it is none, or a
 * name stands there twice. */
FQ_CHECKED fq_err cli_args_pairs(struct cli_args *args, const char *key, const char *text,
                                 struct fq_why *out_why);
/* A key whose value the caller writes to args->pairs next. */
void cli_args_key(struct cli_args *args, const char *key);

struct cli_answer { /* borrowed until the client is asked again */
    uint64_t id;
    unsigned status; /* a reason's number, 0 success */
    struct fq_span detail, result, cursor;
};

/* Connect to the node named by --node, --lab and -C. Gives a client. Fails with USAGE, FILE, CRYPTO
 * or AREA_UNKNOWN; whether the node is there shows with the first answer. */
FQ_CHECKED fq_err cli_connect(const struct cli *cli, struct cli_client **out_client,
                              struct fq_why *out_why);
/* The same to a node with its endpoint, its CURVE key (Z85) and the caller's key file. */
FQ_CHECKED fq_err cli_connect_to(const char *endpoint, const char *server_key, const char *key_file,
                                 struct cli_client **out_client, struct fq_why *out_why);
void cli_disconnect(struct cli_client *client); /* NULL is accepted */

/* Send a request (with a page's cursor when it is not empty). */
FQ_CHECKED fq_err cli_send(struct cli_client *client, const char *verb, const struct cli_args *args,
                           struct fq_span cursor, uint64_t *out_id, struct fq_why *out_why);
/* The next answer; UNREACHED when none comes in time. */
FQ_CHECKED fq_err cli_receive(struct cli_client *client, uint64_t timeout_ms,
                              struct cli_answer *out_answer, struct fq_why *out_why);
/* The failure an answer reports; FQ_OK for success. */
FQ_CHECKED fq_err cli_answer_err(const struct cli_answer *answer, struct fq_why *out_why);

/* Ask and wait. The answer is borrowed until the next call; `args` may be NULL. */
FQ_CHECKED fq_err cli_call(struct cli_client *client, const char *verb, const struct cli_args *args,
                           struct cli_answer *out_answer, struct fq_why *out_why);
FQ_CHECKED fq_err cli_call_within(struct cli_client *client, const char *verb,
                                  const struct cli_args *args, uint64_t timeout_ms,
                                  struct cli_answer *out_answer, struct fq_why *out_why);
/* Ask for all pages of a list and write them as one array; stops after `most` elements (0: all). */
FQ_CHECKED fq_err cli_call_all(struct cli_client *client, const char *verb,
                               const struct cli_args *args, uint64_t most,
                               struct fq_writer *out_array, struct fq_why *out_why);
/* Ask for all pages of a table, a map with `rows` whose further pages have rows alone, and write them
 * as one such map. */
FQ_CHECKED fq_err cli_call_table(struct cli_client *client, const char *verb,
                                 const struct cli_args *args, struct fq_writer *out_map,
                                 struct fq_why *out_why);
/* The verdict of a submit of one command: FQ_OK when it is stored now or was before. */
FQ_CHECKED fq_err cli_verdict(struct fq_span result, struct fq_why *out_why);
/* One verdict [status, origin, epoch, seq, detail?] of a submit: 0 new, 1 stored before, else a
 * reason. */
unsigned cli_read_verdict(struct fq_reader *reader, struct fq_span *out_detail);
/* --wait: return when the tier asked for holds everything the node has written. Fails with
 * NOT_ACKNOWLEDGED. Does nothing when --wait was not given. */
FQ_CHECKED fq_err cli_wait(const struct cli *cli, struct cli_client *client,
                           struct fq_why *out_why);

/* The node's tables, for looking up what a person wrote. */
struct cli_tables {
    struct fq_codes codes;
    struct fq_areas areas;
    struct fq_units units;   /* empty when the node has none */
    struct fq_places places; /* likewise; those of the node's own area */
    uint32_t area;           /* the node's own */
    char tier[16];
    struct fq_arena arena;
};
/* Fetch them as bytes, for keeping; make tables of such bytes; or both. Release tables with
 * cli_tables_close. */
FQ_CHECKED fq_err cli_tables_fetch(struct cli_client *client, struct fq_writer *out_raw,
                                   struct fq_why *out_why);
FQ_CHECKED fq_err cli_tables_read(struct fq_span raw, struct cli_tables **out_tables,
                                  struct fq_why *out_why);
FQ_CHECKED fq_err cli_tables_open(struct cli_client *client, struct cli_tables **out_tables,
                                  struct fq_why *out_why);
void cli_tables_close(struct cli_tables *tables);

#endif
