#include "desk.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "fq/edge/clock.h"
#include "fq/edge/crypto.h"

#include "codes.h"
#include "desk_sync.h"
#include "lab_tables.h"
#include "step.h"
#include "target.h"

#define PROBE_MS 2000 /* how long a node may take to say who it is */
#define AGAIN_MS 250  /* until a node that is awaited is tried again */
#define TABLES_FILE "tables"
#define TABLES_SIZE ((size_t)128 << 20)

/* ---- opening ---- */

/* Ask the node who it is; `out_hello` is its answer as memory for free(), or empty, and the desk
 * without a client, when it cannot be reached. */
static fq_err greet(struct cli_desk *desk, const struct cli_target *target,
                    struct fq_span *out_hello, struct fq_why *out_why)
{
    struct fq_why why = {0};
    struct cli_answer answer;

    if (!target_may_listen(target)) {
        return FQ_OK;
    }
    fq_err err = cli_connect_to(target->endpoint, target->server_key, target->key_file,
                                &desk->client, out_why);
    if (err) {
        return err;
    }
    err = cli_call_within(desk->client, "desk", NULL, PROBE_MS, &answer, &why);
    if (err) {
        desk_lose(desk);
        return desk_is_unreached(&why) ? FQ_OK : fq_fail(out_why, why.reason, "%s", why.detail);
    }
    uint8_t *copy = malloc(answer.result.size);
    if (!copy) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    memcpy(copy, answer.result.data, answer.result.size);
    *out_hello = fq_span_of(copy, answer.result.size);
    return FQ_OK;
}

static void *memory_of(struct fq_span content)
{
    void *memory;

    memcpy(&memory, &content.data, sizeof memory);
    return memory;
}

/* Fetch the tables and keep them for the time when the node cannot be reached. Who cannot keep them can
 * still read; a command fails where it is saved (K3). */
static fq_err fetch_tables(struct cli_desk *desk, const struct cli_target *target,
                           struct fq_span hello, struct fq_why *out_why)
{
    struct fq_writer raw = cli_build_open(TABLES_SIZE), file = cli_build_open(TABLES_SIZE);
    struct fq_span digest = fq_map_text(hello, "tables");
    fq_err err = cli_tables_fetch(desk->client, &raw, out_why);

    if (!err) {
        fq_write_map(&file, 3);
        cli_write_pair_text(&file, "server_key", target->server_key);
        fq_write_text(&file, "digest");
        fq_write_text_span(&file, digest);
        fq_write_text(&file, "tables");
        fq_write_bytes(&file, raw.base, raw.used);
        struct fq_why ignored;
        (void)!fq_outbox_file_write(desk->outbox, TABLES_FILE, fq_writer_span(&file), &ignored);
    }
    err = err ? err : cli_tables_read(fq_writer_span(&raw), &desk->tables, out_why);
    cli_build_close(&raw);
    cli_build_close(&file);
    return err;
}

/* The node's tables: those kept here unless it has others by now, or those of the lab it is in. */
static fq_err open_tables(struct cli_desk *desk, const struct cli_target *target,
                          struct fq_span hello, struct fq_why *out_why)
{
    struct fq_span file;
    fq_err err = fq_outbox_file_read(desk->outbox, TABLES_FILE, &file, out_why);

    if (err) {
        return err;
    }
    struct fq_span owner = fq_map_text(file, "server_key");
    bool is_kept = file.data != NULL;
    bool is_same =
        is_kept && fq_span_equal(fq_map_text(file, "digest"), fq_map_text(hello, "tables"));
    if (is_kept && !fq_span_equal(owner, fq_span_text(target->server_key))) {
        err = fq_fail(out_why, FQ_REASON_STORE_FOREIGN, "%s", target->outbox);
    } else if (desk->client && !is_same) {
        err = fetch_tables(desk, target, hello, out_why);
    } else if (is_kept) {
        err = cli_tables_read(fq_map_bytes(file, "tables"), &desk->tables, out_why);
    } else if (target->lab[0]) {
        err = lab_tables_load(target->lab, target->area, &desk->tables, out_why);
    } else {
        err = fq_fail(out_why, FQ_REASON_OUTBOX_TABLES, "%s", target->endpoint);
    }
    cli_free(file);
    return err;
}

fq_err cli_desk_open(const struct cli *cli, struct cli_desk **out_desk, struct fq_why *out_why)
{
    struct cli_desk *desk = calloc(1, sizeof *desk);
    struct cli_target target;
    struct fq_span hello = {0};

    if (!desk) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "desk");
    }
    desk->cli = cli;
    fq_err err = target_find(cli, &target, out_why);
    err = err ? err : fq_outbox_open(target.outbox, &desk->outbox, out_why);
    err = err ? err : greet(desk, &target, &hello, out_why);
    err = err ? err : open_tables(desk, &target, hello, out_why);
    if (!err && !fq_tier_parse(fq_span_text(desk->tables->tier), &desk->tier)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "tier");
    }
    cli_free(hello);
    if (err) {
        cli_desk_close(desk);
        return err;
    }
    *out_desk = desk;
    return FQ_OK;
}

fq_err desk_reach(struct cli_desk *desk, struct fq_why *out_why)
{
    uint64_t until_ms = fq_clock_now().wall_ms + desk->cli->wait_ms,
             now_ms = fq_clock_now().wall_ms;
    struct cli_target target;
    fq_err err = target_find(desk->cli, &target, out_why);

    while (!err && !desk->client && now_ms < until_ms) {
        struct fq_span hello = {0};
        uint64_t left_ms = until_ms - now_ms;
        (void)poll(NULL, 0, (int)(left_ms < AGAIN_MS ? left_ms : AGAIN_MS));
        err = greet(desk, &target, &hello, out_why);
        free(memory_of(hello));
        now_ms = fq_clock_now().wall_ms;
    }
    return err;
}

void cli_desk_close(struct cli_desk *desk)
{
    if (desk) {
        codes_keep(desk->tables); /* what was learnt here is printed later */
        cli_disconnect(desk->client);
        fq_outbox_close(desk->outbox);
        free(desk);
    }
}

/* ---- beginning ---- */

static fq_err read_command_id(const struct cli *cli, struct fq_id *out_id, struct fq_why *out_why)
{
    const char *text = cli_value(cli, "cmd-id");

    if (!text) {
        fq_random_bytes(out_id->bytes, FQ_ID_SIZE);
        return FQ_OK;
    }
    return fq_hex_decode(text, strlen(text), out_id->bytes, FQ_ID_SIZE)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_FIELD, "--cmd-id %s", text);
}

fq_err cli_entry_init(const struct cli_desk *desk, enum fq_kind_of_event kind,
                      struct cli_entry *out_entry, struct fq_why *out_why)
{
    const char *date = cli_value(desk->cli, "date"), *unit = cli_value(desk->cli, "unit");
    const uint64_t today = fq_clock_day(fq_clock_now().wall_ms);
    uint64_t number = today;

    memset(out_entry, 0, sizeof *out_entry);
    struct fq_event *event = &out_entry->event;
    event->kind = event->step = (uint16_t)kind;
    event->actor = fq_span_text(""); /* the node knows who asks */
    fq_err err = read_command_id(desk->cli, &event->cmd_id, out_why);
    if (!err && date) {
        err = step_read_date("date", date, &number, out_why);
        if (!err && number > today) {
            cli_say(_("%s is yet to come: is the date right?"), date);
        }
    }
    event->date = (uint16_t)number;
    if (!err && unit) {
        err = step_read_unit("unit", unit, &event->unit, out_why);
    }
    return err;
}
