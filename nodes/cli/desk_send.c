/* One command: checked, saved, sent, and what became of it. */
#include "desk.h"

#include <stdlib.h>
#include <string.h>

#include "fq/core/command.h"
#include "fq/edge/clock.h"

#include "desk_local.h"
#include "desk_parties.h"
#include "desk_sync.h"

#define RECEIPTS_LATELY 256 /* asked for after waiting */

/* ---- checking ---- */

/* The other dispute that the command speaks of; zero when there is none. */
static struct fq_id other_of(const struct fq_event *event)
{
    struct fq_span into = fq_event_bytes(event, FQ_FIELD_INTO);
    struct fq_id other = {{0}};

    if (into.size == FQ_ID_SIZE) {
        memcpy(other.bytes, into.data, FQ_ID_SIZE);
    }
    return other;
}

/* What is known of the dispute, brought up to the node's when it can be reached. */
static fq_err open_local(struct cli_desk *desk, const struct fq_event *event, struct local *local,
                         struct fq_why *out_why)
{
    struct fq_id disputes[2] = {event->dispute, other_of(event)};
    size_t count = fq_id_is_zero(&disputes[1]) ? 1 : 2;
    struct fq_why why = {0};
    fq_err err = FQ_OK;

    if (desk->client && event->kind != FQ_EVENT_REGISTERED && !fq_id_is_zero(&disputes[0])) {
        err = local_fetch(desk->client, desk->outbox, disputes, count, &why);
        if (err && desk_is_unreached(&why)) {
            desk_lose(desk);
        } else if (err) {
            return fq_fail(out_why, why.reason, "%s", why.detail);
        }
    }
    return local_open(desk->tables, desk->outbox, &disputes[0], &disputes[1], local, out_why);
}

static bool has_waiting(const struct cli_desk *desk)
{
    for (size_t i = fq_outbox_count(desk->outbox); i > 0; i--) {
        if (fq_outbox_at(desk->outbox, i - 1)->state == FQ_OUTBOX_WAITING) {
            return true;
        }
    }
    return false;
}

/* Only the node can rehearse what depends on more than this dispute; it does not know what waits. */
static fq_err rehearse(struct cli_desk *desk, const struct cli_entry *entry, struct fq_why *out_why)
{
    uint8_t record[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(record, sizeof record);
    struct cli_args args;
    struct cli_answer answer;

    if (!desk->client || has_waiting(desk)) {
        return FQ_OK;
    }
    fq_event_encode(&entry->event, &writer);
    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, 1);
    fq_write_bytes(&args.pairs, record, fq_writer_span(&writer).size);
    cli_args_bool(&args, "dry_run", true);
    fq_err err = cli_call(desk->client, "submit", &args, &answer, out_why);
    cli_args_close(&args);
    return err ? err : cli_verdict(answer.result, out_why);
}

/* Of no dispute: campaigns change, so the node judges when it can be reached, and what was last heard of
 * them when it cannot. */
static fq_err check_service(struct cli_desk *desk, struct local *local, struct cli_entry *entry,
                            struct fq_why *out_why)
{
    struct fq_campaigns *campaigns = calloc(1, sizeof *campaigns);
    const struct fq_service_context context = {
        .areas = &desk->tables->areas,
        .codes = &desk->tables->codes,
        .own_area = desk->tables->area,
        .view = &local->view,
        .campaigns = campaigns,
        .units = &desk->tables->units,
        .places = &desk->tables->places,
        .arena = &local->arena,
    };

    if (!campaigns) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    fq_err err = FQ_OK;
    if (desk->client) {
        err = rehearse(desk, entry, out_why);
    } else {
        err = desk_read_campaigns(desk, campaigns, out_why);
        fq_command_service_complete(&context, &entry->event);
        err = err ? err : fq_command_service_check(&context, &entry->event, out_why);
    }
    free(campaigns);
    return err;
}

/* The node's own check (K4), on the facts known here. */
static fq_err check(struct cli_desk *desk, struct local *local, struct cli_entry *entry,
                    struct fq_why *out_why)
{
    struct fq_event *event = &entry->event;
    const struct fq_command_context context = {
        .areas = &desk->tables->areas,
        .codes = &desk->tables->codes,
        .own_area = desk->tables->area,
        .view = &local->view,
        .units = &desk->tables->units,
        .places = &desk->tables->places,
        .room = &entry->room,
    };
    const struct fq_dispute *dispute = fq_view_find(&local->view, &event->dispute);

    if (entry->party_count > 0 && desk->tier != FQ_TIER_COUNTY) {
        return fq_fail(out_why, FQ_REASON_VAULT_ABOVE, "%s", desk->tables->tier); /* K2 */
    }
    for (size_t i = 0; i < entry->party_count; i++) {
        if (!fq_utf8_is_valid(fq_span_text(entry->parties[i].text))) {
            return fq_fail(out_why, FQ_REASON_TEXT_ENCODING, "%s",
                           fq_vault_field_name(entry->parties[i].field));
        }
    }
    if (fq_command_is_service(event->kind)) {
        return check_service(desk, local, entry, out_why);
    }
    if (!dispute && !desk->client && event->kind != FQ_EVENT_REGISTERED) {
        return fq_fail(out_why, FQ_REASON_OUTBOX_DISPUTE, "%s", fq_kind_row(event->kind)->name);
    }
    return fq_command_check(&context, dispute, event, out_why);
}

/* Whether the command id was given before, here or at the node. Fails when for something else. */
static fq_err find_repeat(const struct cli_desk *desk, const struct local *local,
                          const struct fq_event *event, bool *out_is_repeat, struct fq_why *out_why)
{
    const struct fq_outbox_entry *entry = fq_outbox_find(desk->outbox, &event->cmd_id);
    const struct fq_dispute *dispute = fq_view_find(&local->view, &event->dispute);
    const struct fq_fact *fact =
        dispute ? fq_view_command(&local->view, dispute, &event->cmd_id) : NULL;
    unsigned kind = entry ? entry->kind : fact ? fact->kind : event->kind;

    *out_is_repeat = entry || fact;
    return kind == event->kind ? FQ_OK
                               : fq_fail(out_why, FQ_REASON_COMMAND_CLASH, "%s / %s",
                                         fq_kind_row(kind)->name, fq_kind_row(event->kind)->name);
}

/* ---- saving ---- */

static fq_err save(struct cli_desk *desk, const struct local *local, struct cli_entry *entry,
                   struct fq_why *out_why)
{
    uint8_t record[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(record, sizeof record);
    struct fq_span sealed = {0};
    size_t index;

    entry->event.rev = local->known_rev;
    fq_event_encode(&entry->event, &writer);
    if (writer.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", fq_kind_row(entry->event.kind)->name);
    }
    fq_err err = parties_seal(desk->outbox, entry, &sealed, out_why);
    if (!err) {
        const struct fq_outbox_entry saved = {
            .cmd_id = entry->event.cmd_id,
            .dispute = entry->event.dispute,
            .kind = entry->event.kind,
            .known_rev = local->known_rev,
            .saved_ms = fq_clock_now().wall_ms,
            .record = fq_writer_span(&writer),
            .sealed = sealed,
        };
        err = fq_outbox_add(desk->outbox, &saved, &index, out_why);
        if (err && !fq_outbox_find(desk->outbox, &saved.cmd_id)) {
            parties_forget(desk->outbox, &saved);
        }
    }
    cli_free(sealed);
    return err;
}

/* ---- sending ---- */

/* Send what waits; a node that goes away meanwhile leaves it waiting. */
static fq_err deliver(struct cli_desk *desk, struct fq_why *out_why)
{
    struct desk_counts counts = {0};
    struct fq_why why = {0};

    if (!desk->client) {
        return FQ_OK;
    }
    fq_err err = desk_deliver(desk, &counts, &why);
    if (err && desk_is_unreached(&why)) {
        desk_lose(desk);
        return FQ_OK;
    }
    if (!err && counts.held_by != FQ_REASON_NONE) {
        struct fq_why held = {.reason = counts.held_by};
        char text[512];
        cli_text_why(&held, false, text, sizeof text);
        cli_say("FQ-%04u: %s", (unsigned)held.reason, text);
    }
    return err ? fq_fail(out_why, why.reason, "%s", why.detail) : FQ_OK;
}

/* ---- what became of it ---- */

static void tell_saved(const struct fq_outbox_entry *saved, const struct cli_desk *desk,
                       struct cli_entry *entry)
{
    bool is_held = !saved || saved->state == FQ_OUTBOX_DELIVERED; /* or another computer gave it */
    const char *tier = is_held ? fq_tier_name(desk->tier) : "outbox";

    /* Without --wait, how far it happens to have come in the meantime is not told. */
    for (unsigned i = desk->tier; saved && desk->cli->wait_tier[0] && i <= FQ_TIER_PROVINCE; i++) {
        if (saved->held_ms[i] > 0) {
            tier = fq_tier_name((enum fq_tier)i);
        }
    }
    snprintf(entry->saved, sizeof entry->saved, "%s", tier);
}

static fq_err read_state(struct cli_desk *desk, struct cli_entry *entry, struct fq_why *out_why)
{
    const struct fq_id *id = &entry->event.dispute;
    struct local local;

    if (fq_id_is_zero(id)) {
        return FQ_OK;
    }
    fq_err err = local_open(desk->tables, desk->outbox, id, NULL, &local, out_why);
    if (err) {
        return err;
    }
    const struct fq_dispute *dispute = fq_view_find(&local.view, id);
    local_number(desk->outbox, id, entry->number);
    if (dispute) {
        snprintf(entry->state, sizeof entry->state, "%s", fq_state_name(fq_dispute_state(dispute)));
    }
    local_close(&local);
    return FQ_OK;
}

static int tier_rank(const char *tier)
{
    enum fq_tier parsed;

    return fq_tier_parse(fq_span_text(tier), &parsed) ? (int)parsed : 0;
}

/* Wait as --wait says, and learn where everything is by then. */
static fq_err wait_for_tier(struct cli_desk *desk, struct fq_why *out_why)
{
    const struct cli *cli = desk->cli;
    struct desk_counts counts = {0};
    struct fq_why why = {0};

    if (!cli->wait_tier[0]) {
        return FQ_OK;
    }
    fq_err err = desk->client ? cli_wait(cli, desk->client, &why) : FQ_OK;
    if (!err && desk->client && tier_rank(cli->wait_tier) > (int)desk->tier) {
        err = desk_ask_receipts(desk, RECEIPTS_LATELY, &counts, &why);
    }
    if (err && desk_is_unreached(&why)) {
        desk_lose(desk);
    } else if (err) {
        return fq_fail(out_why, why.reason, "%s", why.detail);
    }
    return desk->client ? FQ_OK
                        : fq_fail(out_why, FQ_REASON_NOT_ACKNOWLEDGED, "%s", cli->wait_tier);
}

/* The command is saved, or was before: say what became of it. */
static fq_err conclude(struct cli_desk *desk, struct cli_entry *entry, struct fq_why *out_why)
{
    const struct fq_outbox_entry *saved = fq_outbox_find(desk->outbox, &entry->event.cmd_id);

    if (saved && saved->state == FQ_OUTBOX_REFUSED) {
        return fq_fail(out_why, (enum fq_reason)saved->reason, "%s", saved->detail);
    }
    if (saved && saved->state == FQ_OUTBOX_DROPPED) {
        return fq_fail(out_why, FQ_REASON_OUTBOX_STATE, "%s", "dropped");
    }
    bool is_waiting = saved && saved->state == FQ_OUTBOX_WAITING;
    struct fq_why wait_why = {0};
    fq_err wait_err = FQ_OK;
    if (!is_waiting) {
        wait_err = wait_for_tier(desk, &wait_why);
    } else if (desk->cli->wait_tier[0]) {
        wait_err = fq_fail(&wait_why, FQ_REASON_NOT_ACKNOWLEDGED, "%s", desk->cli->wait_tier);
    }
    fq_err err = read_state(desk, entry, out_why);
    if (err) {
        return err;
    }
    tell_saved(fq_outbox_find(desk->outbox, &entry->event.cmd_id), desk, entry);
    if (is_waiting && !wait_err) {
        cli_say(_("Saved on this computer; `fengqiao sync` or the next command sends it."));
    }
    return wait_err ? fq_fail(out_why, wait_why.reason, "%s", wait_why.detail) : FQ_OK;
}

fq_err cli_desk_send(struct cli_desk *desk, struct cli_entry *entry, struct fq_why *out_why)
{
    struct local local = {.known_rev = 0};
    bool is_dry = desk->cli->is_dry_run, is_repeat = false;
    fq_err err = is_dry ? FQ_OK : deliver(desk, out_why); /* what waits goes first */

    err = err ? err : open_local(desk, &entry->event, &local, out_why);
    err = err ? err : find_repeat(desk, &local, &entry->event, &is_repeat, out_why);
    if (!err && !is_repeat) {
        err = check(desk, &local, entry, out_why);
        if (!err && is_dry && !fq_command_is_service(entry->event.kind)) {
            err = rehearse(desk, entry, out_why);
        } else if (!err && !is_dry) {
            err = save(desk, &local, entry, out_why); /* K3 */
        }
    }
    local_close(&local);
    if (err || is_dry) {
        return err ? err : read_state(desk, entry, out_why);
    }
    err = deliver(desk, out_why);
    if (!err && !desk->client && desk->cli->wait_tier[0]) {
        err = desk_reach(desk, out_why);
        err = err ? err : deliver(desk, out_why);
    }
    return err ? err : conclude(desk, entry, out_why);
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
