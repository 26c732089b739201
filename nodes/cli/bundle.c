/* `bundle`: what a node holds, in a file that a person carries to another node. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desk_carry.h"
#include "page.h"
#include "target.h"
#include "fq/core/date.h"
#include "fq/core/event.h"
#include "fq/edge/bundle.h"

#define BUNDLE_VERSION 1
#define LOGS_MAX 4096
#define MANIFEST_MAX (512u << 10)
#define REQUEST_SIZE_MAX (200u << 10)
#define REQUEST_BATCHES_MAX 256

struct range { /* a stretch of one log, both ends included; nothing when to < from */
    struct fq_log_id log;
    uint64_t from, to;
};

struct ranges {
    struct range rows[LOGS_MAX];
    size_t count;
};

static struct range *find_range(struct ranges *ranges, const struct fq_log_id *log)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (fq_log_id_equal(&ranges->rows[i].log, log)) {
            return &ranges->rows[i];
        }
    }
    return NULL;
}

/* ---- the manifest ---- */

static void write_ranges(const struct ranges *ranges, struct fq_writer *writer)
{
    fq_write_text(writer, "logs");
    fq_write_array(writer, (uint32_t)ranges->count);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->rows[i];
        char origin[16];
        snprintf(origin, sizeof origin, "%08u", range->log.origin);
        fq_write_map(writer, 5);
        cli_write_pair_text(writer, "origin", origin);
        cli_write_pair_uint(writer, "stream", range->log.stream);
        cli_write_pair_uint(writer, "epoch", range->log.epoch);
        cli_write_pair_uint(writer, "from", range->from);
        cli_write_pair_uint(writer, "to", range->to);
    }
}

static bool read_log_id(struct fq_span map, struct fq_log_id *out_log)
{
    char origin[16];

    cli_copy(origin, sizeof origin, fq_map_text(map, "origin"));
    out_log->origin = (uint32_t)strtoul(origin, NULL, 10);
    out_log->stream = (uint32_t)fq_map_uint(map, "stream");
    out_log->epoch = (uint32_t)fq_map_uint(map, "epoch");
    return out_log->origin != 0;
}

static bool read_ranges(struct fq_span manifest, struct ranges *ranges)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(manifest, "logs"));
    uint32_t count = fq_read_array(&reader);

    ranges->count = 0;
    for (uint32_t i = 0; i < count && i < LOGS_MAX && !reader.is_bad; i++) {
        struct fq_span map = fq_read_skip(&reader);
        struct range *range = &ranges->rows[ranges->count++];
        range->from = fq_map_uint(map, "from");
        range->to = fq_map_uint(map, "to");
        if (!read_log_id(map, &range->log)) {
            return false;
        }
    }
    return !reader.is_bad && count <= LOGS_MAX;
}

/* Open a bundle and take its manifest; the span is borrowed from the bundle. */
static fq_err open_bundle(const char *path, struct fq_bundle **out_bundle,
                          struct fq_bundle_maker *out_maker, struct fq_span *out_manifest,
                          struct fq_why *out_why)
{
    enum fq_bundle_kind kind;
    struct fq_bundle *bundle = NULL;
    fq_err err = fq_bundle_open(path, &bundle, out_maker, out_why);

    if (err) {
        return err;
    }
    if (!fq_bundle_next(bundle, &kind, out_manifest)) {
        err = fq_fail(out_why, FQ_REASON_BUNDLE_CUT, "%s", path);
    } else if (!fq_codec_scan(*out_manifest)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "%s", path);
    } else if (fq_map_uint(*out_manifest, "version") > BUNDLE_VERSION) {
        err = fq_fail(out_why, FQ_REASON_STORE_NEWER, "%s", path);
    }
    if (err) {
        fq_bundle_close(bundle);
        return err;
    }
    *out_bundle = bundle;
    return FQ_OK;
}

/* ---- export ---- */

struct exporting {
    const struct cli *cli;
    struct cli_client *client;
    struct fq_bundle_writer *file;
    struct ranges wanted, before; /* to be written; in the bundle named by --since */
    uint64_t batches, events, bytes, commands;
    char node[16], area[16];
};

/* What the node holds of logs whose origin begins with the digits of --area. */
static fq_err read_holdings(struct exporting *exporting, struct fq_why *out_why)
{
    const char *area = cli_value(exporting->cli, "area");
    struct cli_answer answer;
    fq_err err = cli_call(exporting->client, "status", NULL, &answer, out_why);

    if (err) {
        return err;
    }
    cli_copy(exporting->node, sizeof exporting->node, fq_map_text(answer.result, "node"));
    cli_copy(exporting->area, sizeof exporting->area, fq_map_text(answer.result, "area"));
    struct fq_reader reader = fq_reader_over(fq_map_get(answer.result, "origins"));
    uint32_t count = fq_read_array(&reader);
    for (uint32_t i = 0; i < count && exporting->wanted.count < LOGS_MAX; i++) {
        struct fq_span map = fq_read_skip(&reader);
        struct fq_span origin = fq_map_text(map, "origin");
        struct range range = {.from = 1, .to = fq_map_uint(map, "seq")};
        if (!read_log_id(map, &range.log) ||
            (area && (strlen(area) > origin.size || memcmp(origin.data, area, strlen(area))))) {
            continue;
        }
        const struct range *before = find_range(&exporting->before, &range.log);
        range.from = before ? before->to + 1 : 1;
        exporting->wanted.rows[exporting->wanted.count++] = range;
    }
    return FQ_OK;
}

static fq_err read_since(struct exporting *exporting, struct fq_why *out_why)
{
    const char *path = cli_value(exporting->cli, "since");
    struct fq_bundle *bundle = NULL;
    struct fq_bundle_maker maker;
    struct fq_span manifest;

    if (!path) {
        return FQ_OK;
    }
    fq_err err = open_bundle(path, &bundle, &maker, &manifest, out_why);
    if (!err && !maker.is_whole) {
        err = fq_fail(out_why, FQ_REASON_BUNDLE_CUT, "%s", path);
    } else if (!err && !read_ranges(manifest, &exporting->before)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "%s", path);
    }
    fq_bundle_close(bundle);
    return err;
}

static fq_err write_manifest(struct exporting *exporting, struct fq_why *out_why)
{
    struct fq_writer writer = cli_build_open(MANIFEST_MAX);
    char made[40];

    fq_time_format_ms((int64_t)time(NULL) * 1000, made);
    fq_write_map(&writer, 5);
    cli_write_pair_uint(&writer, "version", BUNDLE_VERSION);
    cli_write_pair_text(&writer, "node", exporting->node);
    cli_write_pair_text(&writer, "area", exporting->area);
    cli_write_pair_text(&writer, "made", made);
    write_ranges(&exporting->wanted, &writer);
    fq_err err = writer.is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "bundle")
                                : fq_bundle_add(exporting->file, FQ_BUNDLE_MANIFEST,
                                                fq_writer_span(&writer), out_why);
    cli_build_close(&writer);
    return err;
}

static fq_err add_batches(struct exporting *exporting, struct fq_span batches,
                          struct fq_why *out_why)
{
    struct fq_reader reader = fq_reader_over(batches);
    uint32_t count = fq_read_array(&reader);
    fq_err err = FQ_OK;

    for (uint32_t i = 0; i < count && !err; i++) {
        struct fq_span batch = fq_read_bytes(&reader);
        err = fq_bundle_add(exporting->file, FQ_BUNDLE_BATCH, batch, out_why);
        exporting->batches++;
        exporting->bytes += batch.size;
    }
    return err;
}

static fq_err export_log(struct exporting *exporting, const struct range *range,
                         struct fq_why *out_why)
{
    uint64_t next = range->from;
    fq_err err = FQ_OK;

    while (!err && next <= range->to) {
        struct cli_args args;
        struct cli_answer answer;
        cli_args_open(&args);
        cli_args_uint(&args, "origin", range->log.origin);
        cli_args_uint(&args, "stream", range->log.stream);
        cli_args_uint(&args, "epoch", range->log.epoch);
        cli_args_uint(&args, "from", next);
        err = cli_call(exporting->client, "bundle.read", &args, &answer, out_why);
        cli_args_close(&args);
        if (err) {
            return err;
        }
        uint64_t reached = fq_map_uint(answer.result, "next");
        if (reached <= next) {
            return fq_fail(out_why, FQ_REASON_GAP, "%08u-%u-%u-%llu", range->log.origin,
                           range->log.stream, range->log.epoch, (unsigned long long)next);
        }
        exporting->events += reached - next;
        next = reached;
        err = add_batches(exporting, fq_map_get(answer.result, "batches"), out_why);
    }
    return err;
}

/* What the node holds. */
static fq_err write_logs(struct exporting *exporting, struct fq_why *out_why)
{
    fq_err err = cli_connect(exporting->cli, &exporting->client, out_why);

    err = err ? err : read_since(exporting, out_why);
    err = err ? err : read_holdings(exporting, out_why);
    err = err ? err : write_manifest(exporting, out_why);
    for (size_t i = 0; i < exporting->wanted.count && !err; i++) {
        err = export_log(exporting, &exporting->wanted.rows[i], out_why);
    }
    return err;
}

/* What waits in the outbox, for the node it is meant for. */
static fq_err write_outbox(struct exporting *exporting, const struct cli_target *target,
                           const struct fq_identity *author, struct fq_why *out_why)
{
    uint8_t node_key[FQ_CURVE_KEY_SIZE];
    struct cli_desk *desk = NULL;
    fq_err err = cli_desk_open(exporting->cli, &desk, out_why);

    if (err) {
        return err;
    }
    snprintf(exporting->area, sizeof exporting->area, "%06u", desk->tables->area);
    if (!fq_z85_decode(fq_span_text(target->server_key), node_key)) {
        err = fq_fail(out_why, FQ_REASON_CRYPTO, "%s", target->endpoint);
    }
    err = err ? err : write_manifest(exporting, out_why);
    err = err ? err
              : desk_carry(desk, exporting->file, author, node_key, &exporting->commands, out_why);
    cli_desk_close(desk);
    return err;
}

static fq_err write_bundle(struct exporting *exporting, struct fq_why *out_why)
{
    struct cli_target target;
    struct fq_identity identity;
    const struct cli *cli = exporting->cli;
    fq_err err = page_check(cli->arguments[0], cli->is_yes, out_why);

    err = err ? err : target_find(cli, &target, out_why);
    err = err ? err : fq_identity_load(target.key_file, &identity, out_why);
    if (err) {
        return err;
    }
    err = fq_bundle_create(exporting->cli->arguments[0], &exporting->file, out_why);
    if (!err) {
        err = cli_has(exporting->cli, "from-outbox")
                  ? write_outbox(exporting, &target, &identity, out_why)
                  : write_logs(exporting, out_why);
        if (err) {
            fq_bundle_discard(exporting->file);
        } else {
            err = fq_bundle_finish(exporting->file, &identity, out_why);
        }
    }
    fq_identity_wipe(&identity);
    return err;
}

static fq_err print_export(const struct exporting *exporting, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    uint8_t memory[2048];
    struct fq_writer writer = fq_writer_over(memory, sizeof memory);

    fq_write_map(&writer, 6);
    cli_write_pair_text(&writer, "file", exporting->cli->arguments[0]);
    cli_write_pair_uint(&writer, "commands", exporting->commands);
    cli_write_pair_uint(&writer, "logs", exporting->wanted.count);
    cli_write_pair_uint(&writer, "batches", exporting->batches);
    cli_write_pair_uint(&writer, "events", exporting->events);
    cli_write_pair_uint(&writer, "bytes", exporting->bytes);
    return cli_print(exporting->cli, fq_writer_span(&writer), &view, out_why);
}

static fq_err run_export(struct cli *cli, struct fq_why *out_why)
{
    struct exporting *exporting = calloc(1, sizeof *exporting);

    if (!exporting) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "bundle");
    }
    exporting->cli = cli;
    fq_err err = write_bundle(exporting, out_why);
    err = err ? err : print_export(exporting, out_why);
    cli_disconnect(exporting->client);
    free(exporting);
    return err;
}

/* ---- import ---- */

struct importing {
    const struct cli *cli;
    struct cli_client *client;
    struct cli_args args; /* batches gathered for the next request */
    struct fq_writer batches;
    uint32_t gathered;
    uint64_t total, fresh, already, missing, skipped, refused;
    unsigned reason; /* of the first refused */
};

/* Count one verdict of the node. */
static void count_verdict(struct importing *importing, unsigned status)
{
    importing->fresh += status == 0;
    importing->already += status == 1;
    importing->missing += status == FQ_REASON_GAP;
    importing->skipped += status == FQ_REASON_NOT_HELD;
    if (status > 1 && status != FQ_REASON_GAP && status != FQ_REASON_NOT_HELD) {
        importing->refused++;
        importing->reason = importing->reason ? importing->reason : status;
    }
}

static void count_verdicts(struct importing *importing, struct fq_span result)
{
    struct fq_reader reader = fq_reader_over(result);
    uint32_t count = fq_read_array(&reader);
    struct fq_span detail;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        importing->total++;
        count_verdict(importing, cli_read_verdict(&reader, &detail));
    }
}

static fq_err send_gathered(struct importing *importing, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    if (importing->gathered == 0) {
        return FQ_OK;
    }
    cli_args_open(&args);
    cli_args_key(&args, "batches");
    fq_write_array(&args.pairs, importing->gathered);
    fq_write_raw(&args.pairs, fq_writer_span(&importing->batches));
    fq_err err = cli_call(importing->client, "bundle.import", &args, &answer, out_why);
    cli_args_close(&args);
    if (!err) {
        count_verdicts(importing, answer.result);
    }
    importing->gathered = 0;
    importing->batches.used = 0;
    return err;
}

static fq_err gather(struct importing *importing, struct fq_span batch, struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    if (importing->gathered == REQUEST_BATCHES_MAX ||
        importing->batches.used + batch.size > REQUEST_SIZE_MAX) {
        err = send_gathered(importing, out_why);
    }
    fq_write_bytes(&importing->batches, batch.data, batch.size);
    importing->gathered++;
    return err;
}

/* A command sealed to this node goes as it is: its pairs are the arguments. */
static fq_err send_command(struct importing *importing, struct fq_span command,
                           struct fq_why *out_why)
{
    static const char *const keys[] = {"author", "sealed", "signature"};
    struct cli_args args;
    struct cli_answer answer;

    cli_args_open(&args);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        cli_args_key(&args, keys[i]);
        fq_write_raw(&args.pairs, fq_map_get(command, keys[i]));
    }
    fq_err err = cli_call(importing->client, "bundle.commands", &args, &answer, out_why);
    cli_args_close(&args);
    if (!err) {
        count_verdicts(importing, answer.result);
    }
    return err;
}

static fq_err import_frames(struct importing *importing, struct fq_bundle *bundle,
                            struct fq_why *out_why)
{
    enum fq_bundle_kind kind;
    struct fq_span payload;
    fq_err err = FQ_OK;

    while (!err && fq_bundle_next(bundle, &kind, &payload)) {
        if (kind == FQ_BUNDLE_BATCH) {
            err = gather(importing, payload, out_why);
        } else if (kind == FQ_BUNDLE_COMMAND && fq_codec_scan(payload)) {
            err = send_command(importing, payload, out_why);
        }
    }
    return err ? err : send_gathered(importing, out_why);
}

static fq_err print_import(const struct importing *importing, const struct fq_bundle_maker *maker,
                           struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    uint8_t memory[2048];
    struct fq_writer writer = fq_writer_over(memory, sizeof memory);

    fq_write_map(&writer, 9);
    cli_write_pair_text(&writer, "file", importing->cli->arguments[0]);
    if (maker->is_whole) {
        cli_write_pair_text(&writer, "by", maker->name);
    } else {
        cli_write_pair_nil(&writer, "by");
    }
    cli_write_pair_bool(&writer, "complete", maker->is_whole);
    cli_write_pair_uint(&writer, "carried", importing->total);
    cli_write_pair_uint(&writer, "new", importing->fresh);
    cli_write_pair_uint(&writer, "already", importing->already);
    cli_write_pair_uint(&writer, "missing_before", importing->missing);
    cli_write_pair_uint(&writer, "skipped", importing->skipped);
    cli_write_pair_uint(&writer, "refused", importing->refused);
    return cli_print(importing->cli, fq_writer_span(&writer), &view, out_why);
}

/* What the exit status says, the worst first. */
static fq_err judge_import(const struct importing *importing, const struct fq_bundle_maker *maker,
                           struct fq_why *out_why)
{
    const char *file = importing->cli->arguments[0];

    if (importing->refused > 0) {
        return fq_fail(out_why, (enum fq_reason)importing->reason, "%s: %llu", file,
                       (unsigned long long)importing->refused);
    }
    if (!maker->is_whole) {
        return fq_fail(out_why, FQ_REASON_BUNDLE_CUT, "%s", file);
    }
    if (importing->missing > 0) {
        return fq_fail(out_why, FQ_REASON_BUNDLE_GAP, "%s: %llu", file,
                       (unsigned long long)importing->missing);
    }
    return FQ_OK;
}

static fq_err run_import(struct cli *cli, struct fq_why *out_why)
{
    struct importing importing = {.cli = cli};
    struct fq_bundle *bundle = NULL;
    struct fq_bundle_maker maker;
    struct fq_span manifest;
    fq_err err = open_bundle(cli->arguments[0], &bundle, &maker, &manifest, out_why);

    err = err ? err : cli_connect(cli, &importing.client, out_why);
    importing.batches = cli_build_open(REQUEST_SIZE_MAX + (512u << 10));
    err = err ? err : import_frames(&importing, bundle, out_why);
    err = err ? err : print_import(&importing, &maker, out_why);
    err = err ? err : judge_import(&importing, &maker, out_why);
    cli_build_close(&importing.batches);
    cli_disconnect(importing.client);
    fq_bundle_close(bundle);
    return err;
}

/* ---- show ---- */

static fq_err run_show(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    static const struct cli_view logs = {.rows = "logs"};
    struct fq_writer writer = cli_build_open(MANIFEST_MAX);
    struct fq_bundle *bundle = NULL;
    struct fq_bundle_maker maker;
    struct fq_span manifest;
    fq_err err = open_bundle(cli->arguments[0], &bundle, &maker, &manifest, out_why);

    if (err) {
        cli_build_close(&writer);
        return err;
    }
    fq_write_map(&writer, 5);
    cli_write_pair_bool(&writer, "complete", maker.is_whole);
    cli_write_pair_text(&writer, "by", maker.is_whole ? maker.name : "");
    for (const char *const *key = (const char *const[]){"node", "made", "logs", NULL}; *key;
         key++) {
        struct fq_span value = fq_map_get(manifest, *key);
        if (value.size == 0) {
            cli_write_pair_nil(&writer, *key);
        } else {
            fq_write_text(&writer, *key);
            fq_write_raw(&writer, value);
        }
    }
    bool is_table = cli->format == CLI_TABLE || cli->format == CLI_MD;
    err = writer.is_full ? fq_fail(out_why, FQ_REASON_BYTES, "%s", cli->arguments[0])
                         : cli_print(cli, fq_writer_span(&writer), &view, out_why);
    if (!err && is_table) {
        err = cli_print(cli, fq_writer_span(&writer), &logs, out_why);
    }
    fq_bundle_close(bundle);
    cli_build_close(&writer);
    return err;
}

static const struct cli_option export_options[] = {
    {"area", 0, "PREFIX", N_("only what was written at nodes whose area begins so")},
    {"from-outbox", 0, NULL, N_("what waits in the outbox, sealed for its node")},
    {"since", 0, "BUNDLE", N_("only what is not in this earlier bundle")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_bundle_commands[] = {
    {"bundle", "export", "FILE", 1, 1, N_("Write what the node holds to a file to be carried."),
     export_options, run_export},
    {"bundle", "import", "FILE", 1, 1,
     N_("Bring a carried file in; what is there already is not doubled."), NULL, run_import},
    {"bundle", "show", "FILE", 1, 1, N_("Say what a carried file holds and who made it."), NULL,
     run_show},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
