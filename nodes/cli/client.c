#include "client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fq/edge/crypto.h"
#include "fq/edge/net.h"
#include "codes.h"
#include "target.h"

#define FRAME_MAX (260u << 10)
#define ARGS_MAX FRAME_MAX
#define ARRAY_HEAD 5   /* bytes of an array's head in its long form */
#define ABSENT_MS 3000 /* a node of the lab that seems not to run */

struct cli_client {
    struct fq_client *link;
    uint64_t last_id;
    uint64_t answer_ms; /* how long an answer may take */
    uint8_t request[FRAME_MAX];
    char endpoint[160];
};

/* ---- arguments ---- */

void cli_args_open(struct cli_args *args)
{
    *args = (struct cli_args){.pairs = cli_build_open(ARGS_MAX)};
}

void cli_args_close(struct cli_args *args)
{
    cli_build_close(&args->pairs);
}

void cli_args_key(struct cli_args *args, const char *key)
{
    fq_write_text(&args->pairs, key);
    args->count++;
}

void cli_args_text(struct cli_args *args, const char *key, const char *value)
{
    cli_args_key(args, key);
    fq_write_text(&args->pairs, value);
}

void cli_args_uint(struct cli_args *args, const char *key, uint64_t value)
{
    cli_args_key(args, key);
    fq_write_uint(&args->pairs, value);
}

void cli_args_bool(struct cli_args *args, const char *key, bool value)
{
    cli_args_key(args, key);
    fq_write_bool(&args->pairs, value);
}

void cli_args_option(struct cli_args *args, const struct cli *cli, const char *name)
{
    if (cli_value(cli, name)) {
        cli_args_text(args, name, cli_value(cli, name));
    }
}

/* The part up to the next comma; goes on behind it. */
static struct fq_span next_part(const char **at)
{
    size_t size = strcspn(*at, ",");
    struct fq_span part = fq_span_of(*at, size);

    *at += size + ((*at)[size] == ',');
    return part;
}

static uint32_t count_parts(const char *text)
{
    uint32_t count = 0;

    while (*text) {
        (void)next_part(&text);
        count++;
    }
    return count;
}

void cli_args_list(struct cli_args *args, const char *key, const char *text)
{
    cli_args_key(args, key);
    fq_write_array(&args->pairs, count_parts(text));
    while (*text) {
        fq_write_text_span(&args->pairs, next_part(&text));
    }
}

static size_t name_size(struct fq_span pair)
{
    const uint8_t *equals = pair.size ? memchr(pair.data, '=', pair.size) : NULL;

    return equals ? (size_t)(equals - pair.data) : 0;
}

/* Whether a part before this one has its name. */
static bool is_repeated(const char *text, struct fq_span pair)
{
    struct fq_span name = fq_span_of(pair.data, name_size(pair));

    for (const char *at = text; (const uint8_t *)at < pair.data;) {
        struct fq_span before = next_part(&at);
        if (before.data < pair.data &&
            fq_span_equal(fq_span_of(before.data, name_size(before)), name)) {
            return true;
        }
    }
    return false;
}

fq_err cli_args_pairs(struct cli_args *args, const char *key, const char *text,
                      struct fq_why *out_why)
{
    cli_args_key(args, key);
    fq_write_map(&args->pairs, count_parts(text));
    for (const char *at = text; *at;) {
        struct fq_span pair = next_part(&at);
        size_t size = name_size(pair);
        if (size == 0) {
            return fq_fail(out_why, FQ_REASON_USAGE, "--%s %s: NAME=VALUE,...", key, text);
        }
        if (is_repeated(text, pair)) {
            return fq_fail(out_why, FQ_REASON_USAGE, _("--%s %s: %.*s is given twice"), key, text,
                           (int)size, (const char *)pair.data);
        }
        fq_write_text_span(&args->pairs, fq_span_of(pair.data, size));
        fq_write_text_span(&args->pairs, fq_span_of(pair.data + size + 1, pair.size - size - 1));
    }
    return FQ_OK;
}

/* ---- connecting ---- */

fq_err cli_connect_to(const char *endpoint, const char *server_key, const char *key_file,
                      struct cli_client **out_client, struct fq_why *out_why)
{
    struct fq_identity identity;
    uint8_t server[FQ_CURVE_KEY_SIZE];

    if (!fq_z85_decode(fq_span_text(server_key), server)) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "%s: server key", endpoint);
    }
    fq_err err = fq_identity_load(key_file, &identity, out_why);
    if (err) {
        return err;
    }
    struct cli_client *client = calloc(1, sizeof *client);
    if (!client) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "client");
    } else {
        client->answer_ms = CLI_ANSWER_MS;
        snprintf(client->endpoint, sizeof client->endpoint, "%s", endpoint);
        err = fq_client_open(endpoint, server, &identity, &client->link, out_why);
    }
    fq_identity_wipe(&identity);
    if (err) {
        free(client);
        return err;
    }
    *out_client = client;
    return FQ_OK;
}

fq_err cli_connect(const struct cli *cli, struct cli_client **out_client, struct fq_why *out_why)
{
    struct cli_target target;
    fq_err err = target_find(cli, &target, out_why);

    err = err ? err
              : cli_connect_to(target.endpoint, target.server_key, target.key_file, out_client,
                               out_why);
    if (!err && target.is_absent) {
        (*out_client)->answer_ms = ABSENT_MS;
    }
    return err;
}

void cli_disconnect(struct cli_client *client)
{
    if (client) {
        fq_client_close(client->link);
        free(client);
    }
}

/* ---- asking ---- */

fq_err cli_send(struct cli_client *client, const char *verb, const struct cli_args *args,
                struct fq_span cursor, uint64_t *out_id, struct fq_why *out_why)
{
    struct fq_writer writer = fq_writer_over(client->request, sizeof client->request);
    uint32_t count = args ? args->count : 0;

    fq_write_map(&writer, 3);
    cli_write_pair_uint(&writer, "id", ++client->last_id);
    cli_write_pair_text(&writer, "verb", verb);
    fq_write_text(&writer, "args");
    fq_write_map(&writer, count + (cursor.size > 0));
    if (count) {
        fq_write_raw(&writer, fq_writer_span(&args->pairs));
    }
    if (cursor.size) {
        fq_write_text(&writer, "cursor");
        fq_write_bytes(&writer, cursor.data, cursor.size);
    }
    if (writer.is_full || (args && args->pairs.is_full)) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", verb);
    }
    *out_id = client->last_id;
    return fq_client_send(client->link, fq_writer_span(&writer), out_why);
}

fq_err cli_receive(struct cli_client *client, uint64_t timeout_ms, struct cli_answer *out_answer,
                   struct fq_why *out_why)
{
    struct fq_span frame;
    fq_err err = fq_client_receive(client->link, timeout_ms, &frame, out_why);

    if (err) {
        return err;
    }
    if (!fq_codec_scan(frame)) {
        return fq_fail(out_why, FQ_REASON_BYTES, "%s", client->endpoint);
    }
    codes_within_reach();
    *out_answer = (struct cli_answer){
        .id = fq_map_uint(frame, "id"),
        .status = (unsigned)fq_map_uint(frame, "status"),
        .detail = fq_map_text(frame, "detail"),
        .result = fq_map_get(frame, "result"),
        .cursor = fq_map_bytes(frame, "cursor"),
    };
    return FQ_OK;
}

fq_err cli_answer_err(const struct cli_answer *answer, struct fq_why *out_why)
{
    if (answer->status == 0) {
        return FQ_OK;
    }
    if (!fq_reason_find(answer->status)) {
        return fq_fail(out_why, FQ_REASON_VERB_UNKNOWN, "FQ-%04u %.*s", answer->status,
                       (int)answer->detail.size, (const char *)answer->detail.data);
    }
    return fq_fail(out_why, (enum fq_reason)answer->status, "%.*s", (int)answer->detail.size,
                   answer->detail.size ? (const char *)answer->detail.data : "");
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Send and take the answer of that id; answers to questions given up earlier are dropped. */
static fq_err ask(struct cli_client *client, const char *verb, const struct cli_args *args,
                  struct fq_span cursor, uint64_t timeout_ms, struct cli_answer *out_answer,
                  struct fq_why *out_why)
{
    uint64_t id, until_ms = now_ms() + timeout_ms;
    fq_err err = cli_send(client, verb, args, cursor, &id, out_why);

    while (!err) {
        uint64_t now = now_ms();
        err = cli_receive(client, now < until_ms ? until_ms - now : 0, out_answer, out_why);
        if (!err && out_answer->id == id) {
            return cli_answer_err(out_answer, out_why);
        }
    }
    return err;
}

fq_err cli_call_within(struct cli_client *client, const char *verb, const struct cli_args *args,
                       uint64_t timeout_ms, struct cli_answer *out_answer, struct fq_why *out_why)
{
    return ask(client, verb, args, (struct fq_span){0}, timeout_ms, out_answer, out_why);
}

fq_err cli_call(struct cli_client *client, const char *verb, const struct cli_args *args,
                struct cli_answer *out_answer, struct fq_why *out_why)
{
    return cli_call_within(client, verb, args, client->answer_ms, out_answer, out_why);
}

/* Append the elements of a page; false on bad bytes. */
static bool append_page(struct fq_span page, uint64_t most, uint64_t *count,
                        struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(page);
    uint32_t page_count = fq_read_array(&reader);

    for (uint32_t i = 0; i < page_count && !reader.is_bad; i++) {
        struct fq_span element = fq_read_skip(&reader);
        if (most == 0 || *count < most) {
            fq_write_raw(writer, element);
            ++*count;
        }
    }
    return !reader.is_bad && !writer->is_full;
}

fq_err cli_call_all(struct cli_client *client, const char *verb, const struct cli_args *args,
                    uint64_t most, struct fq_writer *out_array, struct fq_why *out_why)
{
    struct fq_writer elements = cli_build_open(CLI_VALUE_MAX);
    struct cli_answer answer;
    uint8_t cursor_bytes[1024];
    struct fq_span cursor = {0};
    uint64_t count = 0;
    fq_err err;

    do {
        err = ask(client, verb, args, cursor, client->answer_ms, &answer, out_why);
        if (!err && (!append_page(answer.result, most, &count, &elements) ||
                     answer.cursor.size > sizeof cursor_bytes)) {
            err = fq_fail(out_why, FQ_REASON_LIMIT, "%s", verb);
        }
        if (!err && answer.cursor.size) {
            memcpy(cursor_bytes, answer.cursor.data, answer.cursor.size);
        }
        cursor = fq_span_of(cursor_bytes, err ? 0 : answer.cursor.size);
    } while (!err && cursor.size && (most == 0 || count < most));
    if (!err) {
        fq_write_array(out_array, (uint32_t)count);
        fq_write_raw(out_array, fq_writer_span(&elements));
        err = out_array->is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "%s", verb) : FQ_OK;
    }
    cli_build_close(&elements);
    return err;
}

/* The pairs of a table but its rows, then all the rows. */
static void join_pages(struct fq_span pairs, uint32_t row_count, struct fq_span rows,
                       struct fq_writer *out_map)
{
    struct fq_reader reader = fq_reader_over(pairs);
    uint32_t count = fq_read_map(&reader);

    fq_write_map(out_map, count);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span key = fq_read_text(&reader);
        struct fq_span value = fq_read_skip(&reader);
        fq_write_text_span(out_map, key);
        if (fq_span_equal(key, fq_span_text("rows"))) {
            fq_write_array(out_map, row_count);
            fq_write_raw(out_map, rows);
        } else {
            fq_write_raw(out_map, value);
        }
    }
}

fq_err cli_call_table(struct cli_client *client, const char *verb, const struct cli_args *args,
                      struct fq_writer *out_map, struct fq_why *out_why)
{
    struct fq_writer first = cli_build_open(CLI_VALUE_MAX), rows = cli_build_open(CLI_VALUE_MAX);
    uint8_t cursor_bytes[1024];
    struct fq_span cursor = {0};
    struct cli_answer answer;
    uint32_t count = 0;
    fq_err err;

    do {
        err = ask(client, verb, args, cursor, client->answer_ms, &answer, out_why);
        if (!err && answer.cursor.size > sizeof cursor_bytes) {
            err = fq_fail(out_why, FQ_REASON_BYTES, "%s: cursor", verb);
        }
        if (err) {
            break;
        }
        if (cursor.size == 0) {
            fq_write_raw(&first, answer.result);
        }
        struct fq_reader page = fq_reader_over(fq_map_get(answer.result, "rows"));
        count += fq_read_array(&page);
        fq_write_raw(&rows, fq_span_of(page.at, (size_t)(page.end - page.at)));
        if (answer.cursor.size) {
            memcpy(cursor_bytes, answer.cursor.data, answer.cursor.size);
        }
        cursor = fq_span_of(cursor_bytes, answer.cursor.size);
    } while (cursor.size);
    if (!err) {
        join_pages(fq_writer_span(&first), count, fq_writer_span(&rows), out_map);
    }
    cli_build_close(&first);
    cli_build_close(&rows);
    return err;
}

/* ---- verdicts ---- */

unsigned cli_read_verdict(struct fq_reader *reader, struct fq_span *out_detail)
{
    struct fq_reader verdict = fq_reader_over(fq_read_skip(reader));
    uint32_t count = fq_read_array(&verdict);
    unsigned status = (unsigned)fq_read_uint(&verdict);

    for (int i = 0; i < 3; i++) {
        (void)fq_read_skip(&verdict);
    }
    *out_detail = count > 4 ? fq_read_text(&verdict) : (struct fq_span){0};
    return verdict.is_bad ? FQ_REASON_BYTES : status;
}

fq_err cli_verdict(struct fq_span result, struct fq_why *out_why)
{
    struct fq_reader list = fq_reader_over(result);
    struct cli_answer one = {.id = 0};

    if (fq_read_array(&list) != 1) {
        return fq_fail(out_why, FQ_REASON_BYTES, "submit");
    }
    one.status = cli_read_verdict(&list, &one.detail);
    return one.status <= 1 ? FQ_OK : cli_answer_err(&one, out_why);
}

/* ---- waiting ---- */

fq_err cli_wait(const struct cli *cli, struct cli_client *client, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    if (!cli->wait_tier[0]) {
        return FQ_OK;
    }
    cli_args_open(&args);
    cli_args_text(&args, "tier", cli->wait_tier);
    cli_args_uint(&args, "wait_ms", cli->wait_ms);
    fq_err err =
        cli_call_within(client, "wait", &args, cli->wait_ms + CLI_ANSWER_MS, &answer, out_why);
    cli_args_close(&args);
    if (!err && !fq_map_bool(answer.result, "reached")) {
        err = fq_fail(out_why, FQ_REASON_NOT_ACKNOWLEDGED, "%s", cli->wait_tier);
    }
    return err;
}
