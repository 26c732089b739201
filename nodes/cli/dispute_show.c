#include "dispute.h"

#include <stdlib.h>
#include <string.h>

#include "desk.h"

fq_err dispute_show(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {
        "dispute",     "id",        "state",      "home",      "type",
        "kind",        "risk",      "units",      "outcome",   "amount_cents",
        "dates",       "deadline",  "perform_by", "referrals", "supervision",
        "merged_into", "conflicts", "next",       NULL};
    static const char *const steps_columns[] = {"lsn", "date",   "event", "origin",
                                                "seq", "fields", NULL};
    static const char *const conflicts_columns[] = {"register", "holds", "against", NULL};
    static const struct cli_view view = {.columns = columns};
    static const struct cli_view history = {.rows = "history", .columns = steps_columns};
    static const struct cli_view conflicts = {.rows = "conflicts", .columns = conflicts_columns};
    struct fq_writer told = cli_build_open(CLI_VALUE_MAX);
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    bool has_history = cli_has(cli, "history"), has_conflicts = cli_has(cli, "conflicts");
    fq_err err = cli_desk_show(cli, cli->arguments[0], has_history, &told, out_why);

    if (!err && !(has_conflicts && is_for_person)) {
        err = cli_print(cli, fq_writer_span(&told), &view, out_why);
    }
    if (!err && has_conflicts && is_for_person) {
        err = cli_print(cli, fq_writer_span(&told), &conflicts, out_why);
    }
    if (!err && has_history && is_for_person) {
        err = cli_print(cli, fq_writer_span(&told), &history, out_why);
    }
    cli_build_close(&told);
    return err;
}

/* Filters take what a person writes; the node is told ids. */
static fq_err add_code_filter(const struct cli *cli, const struct cli_tables *tables,
                              const char *name, enum fq_code_table table, struct cli_args *args,
                              struct fq_why *out_why)
{
    const char *text = cli_value(cli, name);
    uint16_t number;

    if (!text) {
        return FQ_OK;
    }
    if (!fq_codes_find_id(&tables->codes, table, fq_span_text(text), &number)) {
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "--%s %s, %s", name, text,
                       fq_codes_table_name(table));
    }
    cli_args_text(args, name, fq_codes_find(&tables->codes, table, number)->id);
    return FQ_OK;
}

static bool read_limit(const char *text, uint64_t *out_most)
{
    size_t size = strspn(text, "0123456789");

    *out_most = strtoull(text, NULL, 10);
    return size > 0 && size <= 9 && text[size] == 0;
}

static fq_err read_filters(const struct cli *cli, const struct cli_tables *tables,
                           struct cli_args *args, uint64_t *out_most, struct fq_why *out_why)
{
    static const char *const texts[] = {"area", "state", "place"};
    static const char *const days[] = {"since", "until", "due"};
    const char *limit = cli_value(cli, "limit"), *unit = cli_value(cli, "unit");
    uint64_t value;
    fq_err err = FQ_OK;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (cli_value(cli, texts[i])) {
            cli_args_text(args, texts[i], cli_value(cli, texts[i]));
        }
    }
    for (size_t i = 0; i < sizeof days / sizeof days[0] && !err; i++) {
        const char *day = cli_value(cli, days[i]);
        err = day ? step_read_date(days[i], day, &value, out_why) : FQ_OK;
        if (day) {
            cli_args_text(args, days[i], day);
        }
    }
    if (unit && !err) {
        err = step_read_unit("unit", unit, &value, out_why);
        cli_args_text(args, "unit", unit);
    }
    if (cli_has(cli, "joined")) {
        cli_args_bool(args, "joined", true);
    }
    if (limit && !err && !read_limit(limit, out_most)) {
        err = fq_fail(out_why, FQ_REASON_USAGE, "--limit %s", limit);
    }
    err = err ? err : add_code_filter(cli, tables, "type", FQ_CODES_TYPE, args, out_why);
    err = err ? err : add_code_filter(cli, tables, "source", FQ_CODES_SOURCE, args, out_why);
    return err ? err : add_code_filter(cli, tables, "kind", FQ_CODES_KIND, args, out_why);
}

static fq_err print_list(struct cli *cli, struct fq_span list, struct fq_why *out_why)
{
    static const char *const importance[] = {"dispute",    "id",        "state",        "type",
                                             "registered", "concluded", "amount_cents", NULL};
    static const struct cli_view view = {.importance = importance};
    struct fq_reader reader = fq_reader_over(list);
    fq_err err = cli_print(cli, list, &view, out_why);

    if (!err && cli_has(cli, "fail-empty") && fq_read_array(&reader) == 0) {
        err = fq_fail(out_why, FQ_REASON_EMPTY, "dispute %s", cli->command->verb);
    }
    return err;
}

/* ---- find ---- */

static bool holds(struct fq_span text, const char *part)
{
    char copy[256];

    cli_copy(copy, sizeof copy, text);
    return strcasestr(copy, part) != NULL;
}

static bool is_named(const struct cli_tables *tables, const char *key, struct fq_span id,
                     const char *part)
{
    enum fq_code_table table = fq_codes_table_find(fq_span_text(key));
    uint16_t number;
    char word[64];

    if (strcmp(key, "home") == 0) {
        cli_copy(word, sizeof word, id);
        const struct fq_area *area =
            fq_areas_find(&tables->areas, (uint32_t)strtoul(word, NULL, 10));
        return area && (strstr(area->name_zh, part) || strcasestr(area->name_en, part));
    }
    if (strcmp(key, "state") == 0) {
        return strcasestr(cli_word(id, word, sizeof word), part) != NULL;
    }
    if (table == FQ_CODES_NONE || !fq_codes_find_id(&tables->codes, table, id, &number)) {
        return false;
    }
    const struct fq_code *code = fq_codes_find(&tables->codes, table, number);
    return strstr(code->zh, part) || strcasestr(code->en, part);
}

/* Whether any text of the row, or a name for it, holds the part. */
static bool is_found(const struct cli_tables *tables, struct fq_span row, const char *part)
{
    struct fq_reader reader = fq_reader_over(row);
    uint32_t count = fq_read_map(&reader);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        char key[48];
        cli_copy(key, sizeof key, fq_read_text(&reader));
        if (fq_read_type(&reader) != FQ_CODEC_TEXT) {
            (void)fq_read_skip(&reader);
            continue;
        }
        struct fq_span text = fq_read_text(&reader);
        if (holds(text, part) || is_named(tables, key, text, part)) {
            return true;
        }
    }
    return false;
}

static void keep_found(const struct cli_tables *tables, struct fq_span list, const char *part,
                       uint64_t most, struct fq_writer *out_list)
{
    struct fq_writer rows = cli_build_open(CLI_VALUE_MAX);
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader), kept = 0;

    for (uint32_t i = 0; i < count && (most == 0 || kept < most); i++) {
        struct fq_span row = fq_read_skip(&reader);
        if (is_found(tables, row, part)) {
            fq_write_raw(&rows, row);
            kept++;
        }
    }
    fq_write_array(out_list, kept);
    fq_write_raw(out_list, fq_writer_span(&rows));
    cli_build_close(&rows);
}

/* Ten digits are a unit, nine or twelve a place: the node knows who takes part, and where it was. */
static const char *filter_of(const char *text)
{
    size_t size = strlen(text);

    if (strspn(text, "0123456789") != size) {
        return NULL;
    }
    return size == 10 ? "unit" : size == 9 || size == 12 ? "place" : NULL;
}

/* ---- both ---- */

static fq_err list_disputes(struct cli *cli, struct cli_client *client,
                            const struct cli_tables *tables, const char *part,
                            struct fq_why *out_why)
{
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX), found = cli_build_open(CLI_VALUE_MAX);
    const char *filter = part ? filter_of(part) : NULL;
    bool is_searched = part && !filter;
    struct cli_args args;
    uint64_t most = 0;

    cli_args_open(&args);
    fq_err err = read_filters(cli, tables, &args, &most, out_why);
    if (filter && !cli_value(cli, filter)) {
        cli_args_text(&args, filter, part);
    }
    err = err ? err
              : cli_call_all(client, "dispute.list", &args, is_searched ? 0 : most, &list, out_why);
    if (!err && is_searched) {
        keep_found(tables, fq_writer_span(&list), part, most, &found);
    }
    err = err ? err : print_list(cli, fq_writer_span(is_searched ? &found : &list), out_why);
    cli_args_close(&args);
    cli_build_close(&list);
    cli_build_close(&found);
    return err;
}

/* Those known on this computer: the node cannot be reached. */
static fq_err list_known(struct cli *cli, const char *part, struct fq_why *out_why)
{
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX), found = cli_build_open(CLI_VALUE_MAX);
    struct cli_desk *desk = NULL;
    fq_err err = cli_desk_open(cli, &desk, out_why);

    err = err ? err : cli_desk_list(desk, cli_value(cli, "state"), &list, out_why);
    if (!err && part) {
        keep_found(desk->tables, fq_writer_span(&list), part, 0, &found);
    }
    if (!err) {
        cli_say(_("The node cannot be reached: these are the disputes known on this computer."));
        err = print_list(cli, fq_writer_span(part ? &found : &list), out_why);
    }
    cli_desk_close(desk);
    cli_build_close(&list);
    cli_build_close(&found);
    return err;
}

static fq_err run_list(struct cli *cli, const char *part, struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    struct cli_tables *tables = NULL;
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : cli_tables_open(client, &tables, out_why);
    err = err ? err : list_disputes(cli, client, tables, part, out_why);
    cli_tables_close(tables);
    cli_disconnect(client);
    if (err && out_why->reason == FQ_REASON_UNREACHED && cli_desk_exists(cli)) {
        err = list_known(cli, part, out_why);
    }
    return err;
}

fq_err dispute_ls(struct cli *cli, struct fq_why *out_why)
{
    return run_list(cli, NULL, out_why);
}

fq_err dispute_find(struct cli *cli, struct fq_why *out_why)
{
    return run_list(cli, cli->arguments[0], out_why);
}

/* ---- referrals ---- */

fq_err referral_ls(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"referral", "dispute", "from", "to_unit", "kind",
                                          "state",    "date",    "due",  "outcome", NULL};
    static const char *const texts[] = {"state", "unit", "area"};
    static const struct cli_view view = {.columns = columns};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    struct cli_client *client = NULL;
    struct cli_args args;
    fq_err err = cli_connect(cli, &client, out_why);

    cli_args_open(&args);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (cli_value(cli, texts[i])) {
            cli_args_text(&args, texts[i], cli_value(cli, texts[i]));
        }
    }
    cli_args_text(&args, "direction", cli_has(cli, "sent") ? "out" : "in");
    err = err ? err : cli_call_all(client, "referral.list", &args, 0, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&list));
    if (!err && cli_has(cli, "fail-empty") && fq_read_array(&reader) == 0) {
        err = fq_fail(out_why, FQ_REASON_EMPTY, "referral ls");
    }
    cli_args_close(&args);
    cli_disconnect(client);
    cli_build_close(&list);
    return err;
}
