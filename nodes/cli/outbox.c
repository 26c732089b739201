/* `outbox`: what was saved on this computer, where it is by now, and what to do about what was refused. */
#include "outbox.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fq/core/describe.h"
#include "fq/edge/clock.h"

#include "desk.h"
#include "desk_local.h"
#include "desk_parties.h"
#include "desk_sync.h"
#include "target.h"

#define PREFIX_MIN 4
#define PLAIN_SIZE ((size_t)1 << 20)

static fq_err open_outbox(const struct cli *cli, struct fq_outbox **out_outbox,
                          struct fq_why *out_why)
{
    struct cli_target target;
    fq_err err = target_find(cli, &target, out_why);

    return err ? err : fq_outbox_open(target.outbox, out_outbox, out_why);
}

/* ---- rows ---- */

const char *outbox_state(const struct fq_outbox_entry *entry)
{
    const char *state = "waiting";

    if (entry->state == FQ_OUTBOX_REFUSED) {
        return "refused";
    }
    if (entry->state == FQ_OUTBOX_DROPPED) {
        return "dropped";
    }
    for (unsigned tier = FQ_TIER_COUNTY; tier <= FQ_TIER_PROVINCE; tier++) {
        if (entry->state == FQ_OUTBOX_DELIVERED && entry->held_ms[tier] > 0) {
            state = fq_tier_name((enum fq_tier)tier);
        }
    }
    return state;
}

/* RFC 3339 in the time of this place, or nil; short for tables that must fit a screen. */
static void write_time(struct fq_writer *writer, const char *key, uint64_t at_ms, bool is_short)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm parts;
    char text[40], zone[8];

    if (at_ms == 0 || !localtime_r(&seconds, &parts)) {
        cli_write_pair_nil(writer, key);
        return;
    }
    if (is_short) {
        strftime(text, sizeof text, "%m-%d %H:%M", &parts);
        cli_write_pair_text(writer, key, text);
        return;
    }
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    strftime(zone, sizeof zone, "%z", &parts); /* +hhmm */
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "%.3s:%.2s", zone, zone + 3);
    cli_write_pair_text(writer, key, text);
}

static void write_reason(const struct fq_outbox_entry *entry, struct fq_writer *writer)
{
    struct fq_why why = {.reason = (enum fq_reason)entry->reason};
    char code[16], text[512];

    if (entry->state == FQ_OUTBOX_REFUSED) {
        snprintf(why.detail, sizeof why.detail, "%s", entry->detail);
        snprintf(code, sizeof code, "FQ-%04u", entry->reason);
        cli_text_why(&why, false, text, sizeof text);
        cli_write_pair_text(writer, "code", code);
        cli_write_pair_text(writer, "reason", text);
        return;
    }
    cli_write_pair_nil(writer, "code");
    if (entry->state == FQ_OUTBOX_DROPPED) {
        cli_write_pair_text(writer, "reason", entry->detail);
    } else {
        cli_write_pair_nil(writer, "reason");
    }
}

static void write_date(const struct fq_outbox_entry *entry, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(entry->record);
    struct fq_event event;
    char text[11];

    if (fq_codec_scan(entry->record) &&
        fq_event_decode(&reader, (struct fq_event_id){{0}, 0}, &event)) {
        fq_date_format(event.date, text);
        cli_write_pair_text(writer, "date", text);
    } else {
        cli_write_pair_nil(writer, "date");
    }
}

void outbox_write_row(const struct fq_outbox *outbox, size_t place, bool is_short,
                      uint32_t extra_pairs, struct fq_writer *writer)
{
    const struct fq_outbox_entry *entry = fq_outbox_at(outbox, place);
    const struct fq_kind_row *kind = fq_kind_row(entry->kind);
    char number[64], cmd_id[2 * FQ_ID_SIZE + 1], dispute[2 * FQ_ID_SIZE + 1];

    fq_hex_encode(fq_span_of(entry->cmd_id.bytes, FQ_ID_SIZE), cmd_id);
    fq_hex_encode(fq_span_of(entry->dispute.bytes, FQ_ID_SIZE), dispute);
    local_number(outbox, &entry->dispute, number);
    fq_write_map(writer, 14 + extra_pairs);
    cli_write_pair_uint(writer, "entry", place + 1);
    cli_write_pair_text(writer, "cmd_id", cmd_id);
    if (fq_id_is_zero(&entry->dispute)) { /* a screening, a figure, a campaign */
        cli_write_pair_nil(writer, "dispute");
        cli_write_pair_nil(writer, "id");
    } else {
        cli_write_pair_text(writer, "dispute", number[0] ? number : dispute);
        cli_write_pair_text(writer, "id", dispute);
    }
    cli_write_pair_text(writer, "event", kind ? kind->name : "");
    write_date(entry, writer);
    cli_write_pair_text(writer, "state", outbox_state(entry));
    write_time(writer, "saved", entry->saved_ms, is_short);
    for (unsigned tier = FQ_TIER_COUNTY; tier <= FQ_TIER_PROVINCE; tier++) {
        write_time(writer, fq_tier_name((enum fq_tier)tier), entry->held_ms[tier], is_short);
    }
    write_reason(entry, writer);
    write_time(writer, "ended", entry->ended_ms, is_short);
}

/* ---- ls ---- */

static const char *const states[] = {"waiting", "county",  "city", "province",
                                     "refused", "dropped", NULL};

static bool is_listed(const struct cli *cli, const struct fq_outbox_entry *entry)
{
    const char *state = cli_value(cli, "state");

    if (state && cli_word_find(states, state, &state)) {
        return strcmp(state, outbox_state(entry)) == 0;
    }
    return cli_has(cli, "all") || entry->state != FQ_OUTBOX_DROPPED;
}

static fq_err check_state(const struct cli *cli, struct fq_why *out_why)
{
    const char *state = cli_value(cli, "state"), *id;

    return !state || cli_word_find(states, state, &id)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_USAGE,
                         "--state %s: waiting, county, city, province, refused, dropped", state);
}

static fq_err run_ls(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"entry", "dispute",  "event",  "state", "county",
                                          "city",  "province", "reason", NULL};
    static const char *const importance[] = {"entry",  "dispute", "event", "state",
                                             "reason", "county",  "city",  NULL};
    struct cli_view view = {.columns = columns};
    struct fq_outbox *outbox = NULL;
    struct fq_writer rows = cli_build_open(CLI_VALUE_MAX), list = cli_build_open(CLI_VALUE_MAX);
    uint32_t count = 0;
    fq_err err = check_state(cli, out_why);

    err = err ? err : open_outbox(cli, &outbox, out_why);
    for (size_t i = 0; !err && i < fq_outbox_count(outbox); i++) {
        if (is_listed(cli, fq_outbox_at(outbox, i))) {
            outbox_write_row(outbox, i, cli->format == CLI_TABLE, 0, &rows);
            view.importance = fq_outbox_at(outbox, i)->ended_ms ? importance : view.importance;
            count++;
        }
    }
    if (!err) {
        fq_write_array(&list, count);
        fq_write_raw(&list, fq_writer_span(&rows));
        err = cli_print(cli, fq_writer_span(&list), &view, out_why);
    }
    if (!err && fq_outbox_damaged(outbox) > 0) {
        cli_say(_("%s: pieces that could not be read: %zu"), fq_outbox_directory(outbox),
                fq_outbox_damaged(outbox));
    }
    if (!err && count == 0 && cli_has(cli, "fail-empty")) {
        err = fq_fail(out_why, FQ_REASON_EMPTY, "%s", "");
    }
    cli_build_close(&rows);
    cli_build_close(&list);
    fq_outbox_close(outbox);
    return err;
}

/* ---- which entry ---- */

fq_err outbox_find(const struct fq_outbox *outbox, const char *name, size_t *out_place,
                   struct fq_why *out_why)
{
    size_t size = strlen(name), found = 0;
    size_t digits = strspn(name, "0123456789");
    unsigned long place = digits == size && size < 10 ? strtoul(name, NULL, 10) : 0;

    if (place >= 1 && place <= fq_outbox_count(outbox)) {
        *out_place = place - 1;
        return FQ_OK;
    }
    for (size_t i = 0; i < fq_outbox_count(outbox) && size >= PREFIX_MIN; i++) {
        char hex[2 * FQ_ID_SIZE + 1];
        fq_hex_encode(fq_span_of(fq_outbox_at(outbox, i)->cmd_id.bytes, FQ_ID_SIZE), hex);
        if (size < sizeof hex && strncasecmp(hex, name, size) == 0) {
            *out_place = i;
            found++;
        }
    }
    return found == 1 ? FQ_OK : fq_fail(out_why, FQ_REASON_OUTBOX_ENTRY, "%s", name);
}

/* ---- show ---- */

static fq_err write_parties(const struct fq_outbox *outbox, const struct fq_outbox_entry *entry,
                            struct fq_writer *writer, struct fq_why *out_why)
{
    struct party_text texts[CLI_PARTIES_MAX];
    size_t count = 0;
    uint8_t *memory = malloc(PLAIN_SIZE);
    struct fq_arena arena = fq_arena_over(memory, memory ? PLAIN_SIZE : 0);
    fq_err err = entry->state == FQ_OUTBOX_DELIVERED /* its key is gone */
                     ? FQ_OK
                     : parties_open(outbox, entry, &arena, texts, &count, out_why);

    if (!err) {
        fq_write_text(writer, "parties");
        fq_write_map(writer, (uint32_t)count);
        for (size_t i = 0; i < count; i++) {
            const char *name = fq_vault_field_name(texts[i].field);
            fq_write_text(writer, name ? name : "");
            fq_write_text_span(writer, texts[i].text);
        }
    }
    free(memory);
    return err;
}

/* The public fields, told as in a dispute's history. */
static void write_fields(const struct cli_desk *desk, const struct fq_outbox_entry *entry,
                         struct fq_writer *writer)
{
    uint8_t memory[FQ_DESCRIBE_EVENT_MAX];
    struct fq_writer step = fq_writer_over(memory, sizeof memory);
    struct fq_reader reader = fq_reader_over(entry->record);
    struct fq_event event;

    fq_write_text(writer, "fields");
    if (fq_codec_scan(entry->record) && fq_event_decode(&reader, entry->event, &event)) {
        fq_describe_step(&desk->tables->codes, &event, 0, &step);
    }
    struct fq_span fields = fq_map_get(fq_writer_span(&step), "fields");
    if (fields.size) {
        fq_write_raw(writer, fields);
    } else {
        fq_write_nil(writer);
    }
}

static fq_err run_show(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct cli_desk *desk = NULL;
    struct fq_writer writer = cli_build_open(CLI_VALUE_MAX);
    bool has_parties = cli_has(cli, "with-parties");
    size_t place = 0;
    fq_err err = cli_desk_open(cli, &desk, out_why);

    err = err ? err : outbox_find(desk->outbox, cli->arguments[0], &place, out_why);
    if (!err) {
        const struct fq_outbox_entry *entry = fq_outbox_at(desk->outbox, place);
        outbox_write_row(desk->outbox, place, false, 1 + has_parties, &writer);
        write_fields(desk, entry, &writer);
        err = has_parties ? write_parties(desk->outbox, entry, &writer, out_why) : FQ_OK;
    }
    err = err ? err : cli_print(cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    cli_desk_close(desk);
    return err;
}

/* ---- retry, drop ---- */

static fq_err note(struct fq_outbox *outbox, size_t place, enum fq_outbox_note_kind kind,
                   const char *detail, struct fq_why *out_why)
{
    struct fq_outbox_note row = {
        .kind = kind,
        .cmd_id = fq_outbox_at(outbox, place)->cmd_id,
        .at_ms = fq_clock_now().wall_ms,
    };

    snprintf(row.detail, sizeof row.detail, "%s", detail);
    return fq_outbox_note(outbox, &row, 1, true, out_why);
}

static fq_err print_rows(const struct cli *cli, const struct fq_outbox *outbox,
                         const size_t *places, size_t count, struct fq_why *out_why)
{
    static const char *const columns[] = {"entry", "dispute", "event", "date",
                                          "state", "reason",  NULL};
    static const struct cli_view view = {.columns = columns};
    struct fq_writer writer = cli_build_open(CLI_VALUE_MAX);

    fq_write_array(&writer, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        outbox_write_row(outbox, places[i], false, 0, &writer);
    }
    fq_err err = cli_print(cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

static fq_err fail_state(const struct fq_outbox *outbox, size_t place, struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_OUTBOX_STATE, "%zu: %s", place + 1,
                   outbox_state(fq_outbox_at(outbox, place)));
}

/* The entries to retry: the one named, or all that were refused. */
static fq_err choose_retried(const struct cli *cli, const struct fq_outbox *outbox, size_t *places,
                             size_t *out_count, struct fq_why *out_why)
{
    bool is_all = cli_has(cli, "all-refused");
    size_t count = 0;

    if (is_all == (cli->argument_count == 1)) {
        return fq_fail(out_why, FQ_REASON_USAGE, "outbox retry ENTRY | --all-refused");
    }
    if (!is_all) {
        fq_err err = outbox_find(outbox, cli->arguments[0], &places[0], out_why);
        if (!err && fq_outbox_at(outbox, places[0])->state != FQ_OUTBOX_REFUSED) {
            err = fail_state(outbox, places[0], out_why);
        }
        *out_count = err ? 0 : 1;
        return err;
    }
    for (size_t i = 0; i < fq_outbox_count(outbox); i++) {
        if (fq_outbox_at(outbox, i)->state == FQ_OUTBOX_REFUSED) {
            places[count++] = i;
        }
    }
    *out_count = count;
    return FQ_OK;
}

static fq_err run_retry(struct cli *cli, struct fq_why *out_why)
{
    struct fq_outbox *outbox = NULL;
    size_t *places = NULL;
    size_t count = 0;
    fq_err err = open_outbox(cli, &outbox, out_why);

    if (!err) {
        places = calloc(fq_outbox_count(outbox) + 1, sizeof *places);
        err = places ? choose_retried(cli, outbox, places, &count, out_why)
                     : fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
    }
    for (size_t i = 0; i < count && !err; i++) {
        err = note(outbox, places[i], FQ_OUTBOX_NOTE_RETRY, "", out_why);
    }
    err = err ? err : print_rows(cli, outbox, places, count, out_why);
    free(places);
    fq_outbox_close(outbox);
    return err;
}

/* Steps given after it on the same dispute, which will be judged without it. */
static unsigned count_later(const struct fq_outbox *outbox, size_t place)
{
    unsigned count = 0;

    for (size_t i = place + 1; i < fq_outbox_count(outbox); i++) {
        const struct fq_outbox_entry *later = fq_outbox_at(outbox, i);
        count += later->state == FQ_OUTBOX_WAITING &&
                 fq_id_equal(&later->dispute, &fq_outbox_at(outbox, place)->dispute);
    }
    return count;
}

static fq_err confirm_drop(const struct cli *cli, const struct fq_outbox *outbox, size_t place,
                           struct fq_why *out_why)
{
    const struct fq_outbox_entry *entry = fq_outbox_at(outbox, place);
    char number[64], line[16] = "";

    if (cli->is_yes) {
        return FQ_OK;
    }
    if (cli->has_no_input || !isatty(STDIN_FILENO)) {
        return fq_fail(out_why, FQ_REASON_USAGE, "outbox drop: --yes");
    }
    local_number(outbox, &entry->dispute, number);
    fprintf(stderr, _("Drop entry %zu (%s of %s)? %u later entries of the dispute wait. [y/N] "),
            place + 1, fq_kind_row(entry->kind)->name, number, count_later(outbox, place));
    bool is_yes = fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
    return is_yes ? FQ_OK : fq_fail(out_why, FQ_REASON_EMPTY, "outbox drop");
}

static fq_err drop(struct cli *cli, struct fq_outbox *outbox, struct fq_why *out_why)
{
    const char *reason = cli_value(cli, "reason");
    size_t place = 0;

    if (!reason || !*reason) {
        return fq_fail(out_why, FQ_REASON_USAGE, "outbox drop: --reason TEXT");
    }
    fq_err err = outbox_find(outbox, cli->arguments[0], &place, out_why);
    if (!err && fq_outbox_at(outbox, place)->state != FQ_OUTBOX_REFUSED &&
        fq_outbox_at(outbox, place)->state != FQ_OUTBOX_WAITING) {
        err = fail_state(outbox, place, out_why);
    }
    err = err ? err : confirm_drop(cli, outbox, place, out_why);
    err = err ? err : note(outbox, place, FQ_OUTBOX_NOTE_DROPPED, reason, out_why);
    if (!err) {
        parties_forget(outbox, fq_outbox_at(outbox, place));
        err = print_rows(cli, outbox, &place, 1, out_why);
    }
    return err;
}

static fq_err run_drop(struct cli *cli, struct fq_why *out_why)
{
    struct fq_outbox *outbox = NULL;
    fq_err err = open_outbox(cli, &outbox, out_why);

    err = err ? err : drop(cli, outbox, out_why);
    fq_outbox_close(outbox);
    return err;
}

/* ---- tables ---- */

static const struct cli_option ls_options[] = {
    {"all", 0, NULL, N_("with those that were dropped")},
    {"state", 0, "STATE", N_("only this state")},
    {"fail-empty", 0, NULL, N_("end with 3 when nothing matched")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option show_options[] = {
    {"with-parties", 0, NULL, N_("with the party data that waits here")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option retry_options[] = {
    {"all-refused", 0, NULL, N_("all that were refused")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option drop_options[] = {
    {"reason", 0, "TEXT", N_("why it is not to be sent; kept here")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_outbox_commands[] = {
    {"outbox", "ls", "", 0, 0, N_("List what was saved on this computer and where it is by now."),
     ls_options, run_ls},
    {"outbox", "show", "ENTRY", 1, 1, N_("Show one entry of the outbox."), show_options, run_show},
    {"outbox", "retry", "[ENTRY]", 0, 1, N_("Let what was refused be sent once more."),
     retry_options, run_retry},
    {"outbox", "drop", "ENTRY", 1, 1, N_("Give up an entry that no node holds."), drop_options,
     run_drop},
    {"sync", NULL, "", 0, 0, N_("Send what waits, and fetch receipts, tables and known disputes."),
     NULL, sync_run},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
