#include "feed.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 20000
#define INTERRUPTED 130 /* the contract's exit code */

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    is_interrupted = 1;
}

struct reading {
    const struct feed *feed;
    struct cli_client *client;
    char instance[64];
    uint64_t next;              /* first lsn not yet looked at */
    uint64_t until;             /* last lsn to print */
    struct fq_writer collected; /* events, for formats that are one document */
    uint32_t collected_count;
};

/* ---- where to begin ---- */

/* A cursor `instance:lsn`, perhaps after the word cursor: go on after that lsn. */
static bool is_cursor(const char *from, char *out_instance, size_t size, uint64_t *out_lsn)
{
    const char *at = strncmp(from, "cursor ", 7) == 0 ? from + 7 : from;
    size_t hex = strspn(at, "0123456789abcdef");
    char *end;

    if (hex != 2 * FQ_ID_SIZE || at[hex] != ':' || hex >= size) {
        return false;
    }
    *out_lsn = strtoull(at + hex + 1, &end, 10);
    snprintf(out_instance, size, "%.*s", (int)hex, at);
    return end != at + hex + 1 && *end == 0;
}

static fq_err start(struct reading *reading, struct fq_why *out_why)
{
    char instance[64] = "";
    uint64_t lsn = 0;
    bool has_cursor = is_cursor(reading->feed->from, instance, sizeof instance, &lsn);
    struct cli_args args;
    struct cli_answer answer;

    cli_args_open(&args);
    cli_args_text(&args, "from", has_cursor ? "end" : reading->feed->from);
    fq_err err = cli_call(reading->client, "replay.start", &args, &answer, out_why);
    cli_args_close(&args);
    if (err) {
        return err;
    }
    cli_copy(reading->instance, sizeof reading->instance, fq_map_text(answer.result, "instance"));
    reading->next = has_cursor ? lsn + 1 : fq_map_uint(answer.result, "lsn");
    reading->until = reading->feed->is_following ? UINT64_MAX : fq_map_uint(answer.result, "head");
    if (has_cursor && strcmp(instance, reading->instance)) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT,
                       _("--from %s: the node numbers its events anew as %s"), reading->feed->from,
                       reading->instance);
    }
    return FQ_OK;
}

/* ---- printing ---- */

static void print_line(struct fq_span event)
{
    char area[16], date[16], kind[32], dispute[40], word[64];

    cli_copy(area, sizeof area, fq_map_text(event, "area"));
    cli_copy(date, sizeof date, fq_map_text(event, "date"));
    cli_copy(kind, sizeof kind, fq_map_text(event, "event"));
    cli_copy(dispute, sizeof dispute, fq_map_text(event, "dispute"));
    printf("%8" PRIu64 "  %-10s  %-6s  %-32s  %s\n", fq_map_uint(event, "lsn"), date, area, dispute,
           cli_word(fq_span_text(kind), word, sizeof word));
}

static fq_err print_event(struct reading *reading, struct fq_span event, struct fq_why *out_why)
{
    enum cli_format format = reading->feed->cli->format;

    if (format == CLI_JSONL || (format == CLI_JSON && reading->feed->is_following)) {
        return cli_json_print(stdout, event, false, out_why);
    }
    if (format == CLI_TABLE || reading->feed->is_following) {
        print_line(event);
        return FQ_OK;
    }
    fq_write_raw(&reading->collected, event);
    reading->collected_count++;
    return reading->collected.is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "feed") : FQ_OK;
}

static fq_err print_collected(struct reading *reading, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    enum cli_format format = reading->feed->cli->format;

    if (format == CLI_JSONL || format == CLI_TABLE || reading->feed->is_following) {
        return FQ_OK;
    }
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    fq_write_array(&list, reading->collected_count);
    fq_write_raw(&list, fq_writer_span(&reading->collected));
    fq_err err = list.is_full
                     ? fq_fail(out_why, FQ_REASON_LIMIT, "feed")
                     : cli_print(reading->feed->cli, fq_writer_span(&list), &view, out_why);
    cli_build_close(&list);
    return err;
}

/* ---- reading ---- */

static void write_events_filter(const char *events, struct cli_args *args)
{
    uint32_t count = 1;

    for (const char *at = events; *at; at++) {
        count += *at == ',';
    }
    cli_args_key(args, "events");
    fq_write_array(&args->pairs, count);
    for (uint32_t i = 0; i < count; i++) {
        size_t size = strcspn(events, ",");
        fq_write_text_span(&args->pairs, fq_span_of(events, size));
        events += size + (events[size] == ',');
    }
}

static fq_err read_page(struct reading *reading, struct fq_why *out_why)
{
    const struct feed *feed = reading->feed;
    struct cli_args args;
    struct cli_answer answer;
    uint64_t wait_ms = feed->is_following ? WAIT_MS : 0;

    cli_args_open(&args);
    cli_args_uint(&args, "from", reading->next);
    if (feed->area) {
        cli_args_text(&args, "area", feed->area);
    }
    if (feed->type) {
        cli_args_text(&args, "type", feed->type);
    }
    if (feed->events) {
        write_events_filter(feed->events, &args);
    }
    if (wait_ms) {
        cli_args_uint(&args, "wait_ms", wait_ms);
    }
    fq_err err = cli_call_within(reading->client, "replay", &args, wait_ms + CLI_ANSWER_MS, &answer,
                                 out_why);
    cli_args_close(&args);
    if (err) {
        return err;
    }
    struct fq_reader events = fq_reader_over(fq_map_get(answer.result, "events"));
    uint32_t count = fq_read_array(&events);
    for (uint32_t i = 0; i < count && !err; i++) {
        struct fq_span event = fq_read_skip(&events);
        if (fq_map_uint(event, "lsn") <= reading->until) {
            err = print_event(reading, event, out_why);
        }
    }
    uint64_t scanned = fq_map_uint(answer.result, "scanned");
    if (!err && scanned >= reading->next) {
        reading->next = (scanned < reading->until ? scanned : reading->until) + 1;
    } else if (!err && !feed->is_following) {
        return fq_fail(out_why, FQ_REASON_BYTES, "replay"); /* a page that goes nowhere */
    }
    return err ? err : cli_flush(out_why);
}

static fq_err read_all(struct reading *reading, struct fq_why *out_why)
{
    bool has_complained = false;
    fq_err err = FQ_OK;

    while (!err && !is_interrupted && reading->next <= reading->until) {
        err = read_page(reading, out_why);
        if (err && out_why->reason == FQ_REASON_UNREACHED && reading->feed->is_following) {
            if (!has_complained) {
                cli_complain(out_why); /* and go on: the connection mends itself */
            }
            has_complained = true;
            err = FQ_OK;
        } else if (!err) {
            has_complained = false;
        }
    }
    return is_interrupted ? (fq_err)FQ_OK : err;
}

fq_err feed_print(const struct feed *feed, struct fq_why *out_why)
{
    struct reading reading = {.feed = feed};
    const struct sigaction action = {.sa_handler = interrupt};
    fq_err err = cli_connect(feed->cli, &reading.client, out_why);

    err = err ? err : start(&reading, out_why);
    if (err) {
        cli_disconnect(reading.client);
        return err;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    reading.collected = cli_build_open(CLI_VALUE_MAX);
    err = read_all(&reading, out_why);
    err = err ? err : print_collected(&reading, out_why);
    cli_build_close(&reading.collected);
    cli_disconnect(reading.client);
    if (err) {
        cli_complain(out_why); /* before the cursor, which is the last line */
        out_why->reason = FQ_REASON_NONE;
    }
    fprintf(stderr, "%s:%" PRIu64 "\n", reading.instance, reading.next - 1);
    if (!err && is_interrupted) {
        exit(INTERRUPTED);
    }
    return err;
}

/* ---- commands ---- */

static fq_err run_feed(struct cli *cli, struct fq_why *out_why)
{
    struct feed feed = {
        .cli = cli,
        .from = cli_value(cli, "from") ? cli_value(cli, "from") : "begin",
        .area = cli_value(cli, "area"),
        .type = cli_value(cli, "type"),
        .events = cli_value(cli, "event"),
        .is_following = cli_has(cli, "follow") && !cli_has(cli, "until-head"),
    };

    return feed_print(&feed, out_why);
}

static const struct cli_option feed_options[] = {
    {"area", 0, "PREFIX", N_("only areas whose code begins so")},
    {"event", 0, "EVENT,...", N_("only these events")},
    {"type", 0, "TYPE", N_("only disputes of this type")},
    {"from", 0, "WHERE", N_("begin, end, -N, TIME, LSN or a cursor (default: begin)")},
    {"until-head", 0, NULL, N_("stop at what is the last event now (the default)")},
    {"follow", 0, NULL, N_("go on as events come")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_feed_commands[] = {
    {"feed", NULL, "", 0, 0, N_("Print the node's events in the order it learned of them."),
     feed_options, run_feed},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
