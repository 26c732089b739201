/* Disputes as this computer knows them, told as the node would tell them. */
#include "desk.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fq/core/describe.h"

#include "desk_local.h"
#include "target.h"

/* ---- what is known on this computer ---- */

/* The map `told` with another number of the dispute. */
static void write_renamed(struct fq_span told, const char *number, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(told);
    uint32_t pairs = fq_read_map(&reader);

    fq_write_map(writer, pairs);
    for (uint32_t i = 0; i < pairs; i++) {
        struct fq_span key = fq_read_text(&reader);
        struct fq_span value = fq_read_skip(&reader);
        fq_write_text_span(writer, key);
        if (fq_span_equal(key, fq_span_text("dispute"))) {
            fq_write_text(writer, number);
        } else {
            fq_write_raw(writer, value);
        }
    }
}

/* The record behind a fact: what was fetched, or the outbox's. */
static void write_history(const struct cli_desk *desk, const struct local *local,
                          const struct fq_dispute *dispute, struct fq_writer *writer)
{
    struct fq_writer steps = cli_build_open(CLI_VALUE_MAX);
    const struct fq_fact *facts[512];
    uint32_t count = 0;

    for (const struct fq_fact *fact = fq_view_facts(&local->view, dispute); fact && count < 512;
         fact = fq_view_next(&local->view, fact)) {
        facts[count++] = fact;
    }
    fq_write_text(writer, "history");
    fq_write_array(writer, count);
    while (count > 0) { /* the smallest stamp first */
        struct fq_event event;
        fq_fact_unpack(facts[--count], &event);
        event.id = fq_view_event_id(&local->view, facts[count]);
        event.dispute = dispute->id;
        fq_describe_step(&desk->tables->codes, &event, 0, &steps);
    }
    fq_write_raw(writer, fq_writer_span(&steps));
    cli_build_close(&steps);
}

fq_err cli_desk_describe(struct cli_desk *desk, const struct fq_id *dispute, bool has_history,
                         struct fq_writer *writer, uint64_t *out_fetched_ms, struct fq_why *out_why)
{
    struct fq_writer told = cli_build_open(CLI_VALUE_MAX);
    struct local local;
    char number[64];
    fq_err err = local_open(desk->tables, desk->outbox, dispute, NULL, &local, out_why);

    if (!err) {
        const struct fq_dispute *found = fq_view_find(&local.view, dispute);
        if (found) {
            fq_describe_dispute(&local.view, &desk->tables->codes, found, has_history ? 1 : 0,
                                &told);
            if (has_history) {
                write_history(desk, &local, found, &told);
            }
            local_number(desk->outbox, dispute, number);
            write_renamed(fq_writer_span(&told), number, writer);
            *out_fetched_ms = local.fetched_ms;
        } else {
            char hex[2 * FQ_ID_SIZE + 1];
            fq_hex_encode(fq_span_of(dispute->bytes, FQ_ID_SIZE), hex);
            err = fq_fail(out_why, FQ_REASON_OUTBOX_DISPUTE, "%s", hex);
        }
        local_close(&local);
    }
    cli_build_close(&told);
    return err;
}

fq_err cli_desk_list(struct cli_desk *desk, const char *state, struct fq_writer *writer,
                     struct fq_why *out_why)
{
    struct local local;
    fq_err err = local_open(desk->tables, desk->outbox, NULL, NULL, &local, out_why);

    if (err) {
        return err;
    }
    struct fq_writer rows = cli_build_open(CLI_VALUE_MAX);
    uint32_t count = 0;
    for (uint32_t i = 0; i < local.view.index.count; i++) {
        uint8_t memory[FQ_DESCRIBE_ROW_MAX];
        char number[64];
        struct fq_writer row = fq_writer_over(memory, sizeof memory);
        const struct fq_dispute *dispute = &local.view.disputes[i];
        if (state && strcmp(state, fq_state_name(fq_dispute_state(dispute))) != 0) {
            continue;
        }
        fq_describe_dispute_row(&local.view, &desk->tables->codes, dispute, &row);
        local_number(desk->outbox, &dispute->id, number);
        write_renamed(fq_writer_span(&row), number, &rows);
        count++;
    }
    fq_write_array(writer, count);
    fq_write_raw(writer, fq_writer_span(&rows));
    cli_build_close(&rows);
    local_close(&local);
    return FQ_OK;
}

/* The items that were added, under the names that disputes have here. */
static void rename_items(const struct cli_desk *desk, const struct fq_id *dispute,
                         struct fq_span items, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(items);
    char number[64];

    local_number(desk->outbox, dispute, number);
    while (reader.at < reader.end && !reader.is_bad) {
        write_renamed(fq_read_skip(&reader), number, writer);
    }
}

fq_err cli_desk_agenda(struct cli_desk *desk,
                       void (*add_items)(struct fq_agenda *agenda,
                                         const struct fq_dispute *dispute),
                       struct fq_agenda *agenda, struct fq_why *out_why)
{
    struct fq_writer rows = agenda->rows;
    struct local local;
    fq_err err = local_open(desk->tables, desk->outbox, NULL, NULL, &local, out_why);

    if (err) {
        return err;
    }
    agenda->view = &local.view;
    agenda->codes = &desk->tables->codes;
    for (uint32_t i = 0; i < local.view.index.count; i++) {
        const struct fq_dispute *dispute = &local.view.disputes[i];
        uint8_t memory[FQ_AGENDA_MAX];
        agenda->rows = fq_writer_over(memory, sizeof memory);
        if (fq_agenda_has(dispute)) {
            add_items(agenda, dispute);
            rename_items(desk, &dispute->id, fq_writer_span(&agenda->rows), &rows);
        }
    }
    agenda->rows = rows;
    local_close(&local);
    return FQ_OK;
}

void cli_desk_remember(struct cli_desk *desk, const struct fq_id *dispute)
{
    struct fq_why ignored;

    if (desk->client && local_fetch(desk->client, desk->outbox, dispute, 1, &ignored)) {
        return; /* it was shown; that it is not kept shows when it is looked for */
    }
}

/* ---- a dispute, by the node or by this computer ---- */

/* The node's words. */
static fq_err ask(struct cli_client *client, const char *name, bool has_history,
                  struct fq_writer *out_told, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    cli_args_open(&args);
    cli_args_text(&args, "dispute", name);
    cli_args_bool(&args, "history", has_history);
    fq_err err = cli_call(client, "dispute.show", &args, &answer, out_why);
    if (!err) {
        fq_write_raw(out_told, answer.result);
    }
    cli_args_close(&args);
    return err;
}

/* What this computer knows, and since when. */
static fq_err tell_known(struct cli_desk *desk, const struct fq_id *id, bool has_history,
                         struct fq_writer *out_told, struct fq_why *out_why)
{
    uint64_t fetched_ms = 0;
    fq_err err = cli_desk_describe(desk, id, has_history, out_told, &fetched_ms, out_why);

    if (!err && fetched_ms) {
        time_t seconds = (time_t)(fetched_ms / 1000);
        struct tm parts;
        char text[40] = "";
        if (localtime_r(&seconds, &parts)) {
            strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
        }
        cli_say(_("As known on this computer at %s, with what waits here."), text);
    } else if (!err) {
        cli_say(_("As saved on this computer."));
    }
    return err;
}

/* Over the desk of whoever has an outbox: also what waits there, and without the node. */
static fq_err ask_desk(const struct cli *cli, const char *name, bool has_history,
                       struct fq_writer *out_told, struct fq_why *out_why)
{
    struct cli_desk *desk = NULL;
    struct fq_id id;
    char hex[2 * FQ_ID_SIZE + 1];
    struct fq_why why = {.reason = FQ_REASON_UNREACHED};
    fq_err err = cli_desk_open(cli, &desk, out_why);

    err = err ? err : cli_desk_find(desk, name, &id, out_why);
    if (!err) {
        fq_hex_encode(fq_span_of(id.bytes, FQ_ID_SIZE), hex);
        fq_err ask_err =
            desk->client ? ask(desk->client, hex, has_history, out_told, &why) : FQ_ERR_FAILED;
        if (!ask_err) {
            cli_desk_remember(desk, &id);
        } else if (why.reason == FQ_REASON_DISPUTE_UNKNOWN || why.reason == FQ_REASON_UNREACHED) {
            err = tell_known(desk, &id, has_history, out_told, out_why);
        } else {
            err = fq_fail(out_why, why.reason, "%s", why.detail);
        }
    }
    cli_desk_close(desk);
    return err;
}

bool cli_desk_exists(const struct cli *cli)
{
    struct cli_target target;
    struct fq_why ignored;

    return target_find(cli, &target, &ignored) == FQ_OK && access(target.outbox, F_OK) == 0;
}

static fq_err ask_node(const struct cli *cli, const char *name, bool has_history,
                       struct fq_writer *out_told, struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : ask(client, name, has_history, out_told, out_why);
    cli_disconnect(client);
    return err;
}

fq_err cli_desk_show(const struct cli *cli, const char *name, bool has_history,
                     struct fq_writer *out_told, struct fq_why *out_why)
{
    return cli_desk_exists(cli) ? ask_desk(cli, name, has_history, out_told, out_why)
                                : ask_node(cli, name, has_history, out_told, out_why);
}
