#include "desk.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fq/edge/crypto.h"
#include "step.h"

fq_err cli_desk_open(const struct cli *cli, struct cli_desk **out_desk, struct fq_why *out_why)
{
    struct cli_desk *desk = calloc(1, sizeof *desk);

    if (!desk) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "desk");
    }
    desk->cli = cli;
    fq_err err = cli_connect(cli, &desk->client, out_why);
    err = err ? err : cli_tables_open(desk->client, &desk->tables, out_why);
    if (err) {
        cli_desk_close(desk);
        return err;
    }
    *out_desk = desk;
    return FQ_OK;
}

void cli_desk_close(struct cli_desk *desk)
{
    if (desk) {
        cli_tables_close(desk->tables);
        cli_disconnect(desk->client);
        free(desk);
    }
}

/* ---- beginning ---- */

static uint16_t today(void)
{
    time_t now = time(NULL);
    struct tm parts;
    uint16_t date = 0;

    localtime_r(&now, &parts);
    (void)fq_date_from_civil((unsigned)parts.tm_year + 1900, (unsigned)parts.tm_mon + 1,
                             (unsigned)parts.tm_mday, &date);
    return date;
}

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
    uint64_t number = today();

    memset(out_entry, 0, sizeof *out_entry);
    struct fq_event *event = &out_entry->event;
    event->kind = event->step = (uint16_t)kind;
    event->actor = fq_span_text(""); /* the node knows who asks */
    fq_err err = read_command_id(desk->cli, &event->cmd_id, out_why);
    if (!err && date) {
        err = step_read_date("date", date, &number, out_why);
    }
    event->date = (uint16_t)number;
    if (!err && unit) {
        err = step_read_unit("unit", unit, &event->unit, out_why);
    }
    return err;
}

/* ---- which dispute ---- */

fq_err cli_desk_find(struct cli_desk *desk, const char *name, struct fq_id *out_id,
                     struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    cli_args_open(&args);
    cli_args_text(&args, "dispute", name);
    fq_err err = cli_call(desk->client, "dispute.find", &args, &answer, out_why);
    cli_args_close(&args);
    if (err) {
        return err;
    }
    struct fq_span id = fq_map_text(answer.result, "id");
    return fq_hex_decode((const char *)id.data, id.size, out_id->bytes, FQ_ID_SIZE)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_BYTES, "dispute.find");
}

/* ---- sending ---- */

static void write_parties(const struct cli_entry *entry, struct cli_args *args)
{
    if (entry->party_count == 0) {
        return;
    }
    cli_args_key(args, "vault");
    fq_write_array(&args->pairs, (uint32_t)entry->party_count);
    for (size_t i = 0; i < entry->party_count; i++) {
        fq_write_array(&args->pairs, 3);
        fq_write_uint(&args->pairs, 0);
        fq_write_uint(&args->pairs, entry->parties[i].field);
        fq_write_text(&args->pairs, entry->parties[i].text);
    }
}

static fq_err submit(struct cli_desk *desk, const struct cli_entry *entry, struct fq_why *out_why)
{
    uint8_t record[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(record, sizeof record);
    struct cli_args args;
    struct cli_answer answer;

    fq_event_encode(&entry->event, &writer);
    if (writer.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", fq_kind_row(entry->event.kind)->name);
    }
    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, 1);
    fq_write_bytes(&args.pairs, record, fq_writer_span(&writer).size);
    write_parties(entry, &args);
    if (desk->cli->is_dry_run) {
        cli_args_bool(&args, "dry_run", true);
    }
    fq_err err = cli_call(desk->client, "submit", &args, &answer, out_why);
    cli_args_close(&args);
    return err ? err : cli_verdict(answer.result, out_why);
}

static fq_err read_state(struct cli_desk *desk, struct cli_entry *entry, struct fq_why *out_why)
{
    char id[2 * FQ_ID_SIZE + 1];
    struct cli_args args;
    struct cli_answer answer;

    fq_hex_encode(fq_span_of(entry->event.dispute.bytes, FQ_ID_SIZE), id);
    cli_args_open(&args);
    cli_args_text(&args, "dispute", id);
    fq_err err = cli_call(desk->client, "dispute.show", &args, &answer, out_why);
    cli_args_close(&args);
    if (!err) {
        cli_copy(entry->number, sizeof entry->number, fq_map_text(answer.result, "dispute"));
        cli_copy(entry->state, sizeof entry->state, fq_map_text(answer.result, "state"));
    }
    return err;
}

static int tier_rank(const char *tier)
{
    enum fq_tier parsed;

    return fq_tier_parse(fq_span_text(tier), &parsed) ? (int)parsed : 0;
}

fq_err cli_desk_send(struct cli_desk *desk, struct cli_entry *entry, struct fq_why *out_why)
{
    const struct cli *cli = desk->cli;
    bool is_dispute = !fq_id_is_zero(&entry->event.dispute);
    bool is_there = !(cli->is_dry_run && entry->event.kind == FQ_EVENT_REGISTERED);
    fq_err err = submit(desk, entry, out_why);

    if (!err && is_dispute && is_there) {
        err = read_state(desk, entry, out_why);
    }
    if (err || cli->is_dry_run) {
        return err;
    }
    snprintf(entry->saved, sizeof entry->saved, "%s", desk->tables->tier);
    err = cli_wait(cli, desk->client, out_why);
    if (!err && tier_rank(cli->wait_tier) > tier_rank(entry->saved)) {
        snprintf(entry->saved, sizeof entry->saved, "%s", cli->wait_tier);
    }
    return err;
}

/* ---- printing ---- */

static void write_pair_or_nil(struct fq_writer *writer, const char *key, const char *text)
{
    if (*text) {
        cli_write_pair_text(writer, key, text);
    } else {
        cli_write_pair_nil(writer, key);
    }
}

static fq_err print_entry(const struct cli_desk *desk, const struct cli_entry *entry,
                          struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    uint8_t memory[1024];
    char id[2 * FQ_ID_SIZE + 1], cmd_id[2 * FQ_ID_SIZE + 1];
    struct fq_writer writer = fq_writer_over(memory, sizeof memory);

    fq_hex_encode(fq_span_of(entry->event.dispute.bytes, FQ_ID_SIZE), id);
    fq_hex_encode(fq_span_of(entry->event.cmd_id.bytes, FQ_ID_SIZE), cmd_id);
    fq_write_map(&writer, 6);
    write_pair_or_nil(&writer, "dispute", entry->number);
    cli_write_pair_text(&writer, "id", id);
    cli_write_pair_text(&writer, "event", fq_kind_row(entry->event.kind)->name);
    cli_write_pair_text(&writer, "cmd_id", cmd_id);
    write_pair_or_nil(&writer, "state", entry->state);
    write_pair_or_nil(&writer, "saved", entry->saved);
    return cli_print(desk->cli, fq_writer_span(&writer), &view, out_why);
}

fq_err cli_desk_do(struct cli_desk *desk, struct cli_entry *entry, struct fq_why *out_why)
{
    struct fq_why wait_why = {0};
    fq_err err = cli_desk_send(desk, entry, &wait_why);

    if (err && err != FQ_ERR_WAITING) {
        return fq_fail(out_why, wait_why.reason, "%s", wait_why.detail);
    }
    fq_err print_err = print_entry(desk, entry, out_why);
    if (print_err || !err) {
        return print_err;
    }
    return fq_fail(out_why, wait_why.reason, "%s", wait_why.detail);
}
