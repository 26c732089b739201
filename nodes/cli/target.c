#include "target.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fq/base/hash.h"
#include "fq/edge/settings.h"
#include "lab_process.h"

#define CONTEXT_MEMORY (64u << 10)
#define CONNECT_MS 1000

/* ---- a node of a lab ---- */

static fq_err find_in_lab(const struct cli *cli, struct cli_target *target, struct fq_why *out_why)
{
    struct lab *lab = NULL;
    fq_err err = lab_load(cli->lab, &lab, out_why);

    if (err) {
        return err;
    }
    const struct lab_node *node = cli->node ? lab_find(lab, cli->node) : &lab->nodes[0];
    if (!node) {
        err = fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%s", cli->node);
    } else {
        char outbox[LAB_PATH_SIZE + 64];
        lab_path(lab, node, "outbox", outbox);
        snprintf(target->outbox, sizeof target->outbox, "%s", outbox);
        lab_path(lab, node, "keys/operator.key", target->key_file);
        snprintf(target->lab, sizeof target->lab, "%s", lab->dir);
        target->area = node->area;
        snprintf(target->endpoint, sizeof target->endpoint, "%s", node->service);
        err = lab_server_key(lab, node, target->server_key, out_why);
        target->is_absent = !err && lab_pid(lab, node) == 0;
    }
    free(lab);
    return err;
}

/* ---- a node of a context ---- */

static const char *text_of(const struct fq_setting *first, const char *name)
{
    const struct fq_setting *setting = fq_settings_find(first, name);

    return setting && setting->type == FQ_SETTING_TEXT ? setting->text : NULL;
}

static void find_context(const struct cli *cli, char *out, size_t out_size)
{
    const char *home = getenv("HOME");
    const char *given = cli->context ? cli->context : getenv("FQ_CONTEXT");

    if (given) {
        snprintf(out, out_size, "%s", given);
    } else {
        snprintf(out, out_size, "%s/.config/fengqiao/context.cfg", home ? home : "");
    }
}

/* One for each node and key: two people on one computer do not see each other's commands. */
static void choose_outbox(struct cli_target *target)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    const struct fq_span parts[] = {fq_span_text(target->server_key),
                                    fq_span_text(target->key_file)};
    struct fq_id id;
    char hex[2 * FQ_ID_SIZE + 1];

    fq_hash_id(parts, 2, &id);
    fq_hex_encode(fq_span_of(id.bytes, FQ_ID_SIZE), hex);
    snprintf(target->outbox, sizeof target->outbox, "%.400s%s/fengqiao/outbox-%.16s",
             data && *data ? data
             : home        ? home
                           : "",
             data && *data ? "" : "/.local/share", hex);
}

/* endpoint, server_key (Z85) and key (the caller's key file); --node may name another endpoint. */
static fq_err read_context(const struct cli *cli, const char *path, const struct fq_setting *first,
                           struct cli_target *target, struct fq_why *out_why)
{
    const char *endpoint = cli->node ? cli->node : text_of(first, "endpoint");
    const char *server_key = text_of(first, "server_key"), *key = text_of(first, "key");
    const char *outbox = text_of(first, "outbox");

    if (!endpoint || !server_key || !key || strlen(server_key) >= sizeof target->server_key ||
        !fq_settings_resolve(path, key, target->key_file, sizeof target->key_file)) {
        return fq_fail(out_why, FQ_REASON_CONFIG, "%s:1: endpoint, server_key, key", path);
    }
    snprintf(target->endpoint, sizeof target->endpoint, "%s", endpoint);
    snprintf(target->server_key, sizeof target->server_key, "%s", server_key);
    choose_outbox(target);
    if (outbox && !fq_settings_resolve(path, outbox, target->outbox, sizeof target->outbox)) {
        return fq_fail(out_why, FQ_REASON_CONFIG, "%s:1: outbox", path);
    }
    return FQ_OK;
}

static fq_err find_in_context(const struct cli *cli, struct cli_target *target,
                              struct fq_why *out_why)
{
    char path[512];
    const struct fq_setting *first = NULL;
    void *memory = malloc(CONTEXT_MEMORY);
    fq_err err = memory ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "context");

    find_context(cli, path, sizeof path);
    if (!err) {
        struct fq_arena arena = fq_arena_over(memory, CONTEXT_MEMORY);
        err = fq_settings_read(path, &arena, &first, out_why);
    }
    err = err ? err : read_context(cli, path, first, target, out_why);
    free(memory);
    return err;
}

fq_err target_find(const struct cli *cli, struct cli_target *out_target, struct fq_why *out_why)
{
    struct cli_target target = {.is_absent = false};
    const char *outbox = cli->outbox ? cli->outbox : getenv("FQ_OUTBOX");
    fq_err err =
        cli->lab ? find_in_lab(cli, &target, out_why) : find_in_context(cli, &target, out_why);

    if (!err && outbox && *outbox) {
        snprintf(target.outbox, sizeof target.outbox, "%s", outbox);
    }
    if (!err) {
        *out_target = target;
    }
    return err;
}

/* ---- whether it is there ---- */

static bool may_connect(const struct addrinfo *address)
{
    int error = 0;
    socklen_t size = sizeof error;
    int file = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (file < 0) {
        return true;
    }
    if (connect(file, address->ai_addr, address->ai_addrlen) != 0) {
        struct pollfd done = {.fd = file, .events = POLLOUT};
        error = errno;
        if (error == EINPROGRESS) {
            error = poll(&done, 1, CONNECT_MS) > 0 ? 0 : ETIMEDOUT;
            if (!error && getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
                error = errno;
            }
        }
    }
    close(file);
    return error == 0;
}

bool target_may_listen(const struct cli_target *target)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[160], port[8];

    if (sscanf(target->endpoint, "tcp://%159[^:]:%7[0-9]", host, port) != 2 ||
        getaddrinfo(host, port, &hints, &found) != 0) {
        return true;
    }
    bool may = may_connect(found);
    freeaddrinfo(found);
    return may;
}
