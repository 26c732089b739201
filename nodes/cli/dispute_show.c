#include "dispute.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "desk.h"

/* One of the two writes of a conflict as a row: what it wrote, when and where, and whether it holds. */
static void write_side(struct fq_span conflict, const char *side, bool holds,
                       struct fq_writer *writer)
{
    static const char *const keys[] = {"event", "date", "fields", "event_id"};
    struct fq_span told = fq_map_get(conflict, side);
    struct fq_span id = fq_map_text(told, "event_id"); /* begins with its node */

    fq_write_map(writer, 7);
    fq_write_text(writer, "origin");
    fq_write_text_span(writer, fq_span_of(id.data, id.size < 8 ? id.size : 8));
    fq_write_text(writer, "register");
    fq_write_raw(writer, fq_map_get(conflict, "register"));
    cli_write_pair_bool(writer, "holds", holds);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct fq_span value = fq_map_get(told, keys[i]);
        fq_write_text(writer, keys[i]);
        if (value.size) {
            fq_write_raw(writer, value);
        } else {
            fq_write_nil(writer);
        }
    }
}

/* For people: two rows a conflict, the write that holds first. */
static fq_err print_conflicts(const struct cli *cli, struct fq_span told, struct fq_why *out_why)
{
    static const char *const columns[] = {"register", "holds",  "event",    "date",
                                          "origin",   "fields", "event_id", NULL};
    static const char *const importance[] = {"register", "holds",  "event", "fields",
                                             "date",     "origin", NULL};
    static const struct cli_view view = {.columns = columns, .importance = importance};
    struct fq_writer rows = cli_build_open(CLI_VALUE_MAX);
    struct fq_reader reader = fq_reader_over(fq_map_get(told, "conflicts"));
    uint32_t count = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;

    fq_write_array(&rows, 2 * count);
    for (uint32_t i = 0; i < count; i++) {
        struct fq_span conflict = fq_read_skip(&reader);
        write_side(conflict, "held", true, &rows);
        write_side(conflict, "other", false, &rows);
    }
    fq_err err = cli_print(cli, fq_writer_span(&rows), &view, out_why);
    cli_build_close(&rows);
    return err;
}

fq_err dispute_show(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {
        "dispute",     "id",        "state",      "home",      "type",
        "kind",        "risk",      "units",      "outcome",   "amount_cents",
        "dates",       "deadline",  "perform_by", "referrals", "supervision",
        "merged_into", "conflicts", "next",       NULL};
    static const char *const steps_columns[] = {"lsn", "date",   "event", "origin",
                                                "seq", "fields", NULL};
    static const struct cli_view view = {.columns = columns};
    static const struct cli_view history = {.rows = "history", .columns = steps_columns};
    struct fq_writer told = cli_build_open(CLI_VALUE_MAX);
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    bool has_history = cli_has(cli, "history"), has_conflicts = cli_has(cli, "conflicts");
    fq_err err = cli_desk_show(cli, cli->arguments[0], has_history, &told, out_why);

    if (!err && !(has_conflicts && is_for_person)) {
        err = cli_print(cli, fq_writer_span(&told), &view, out_why);
    }
    if (!err && has_conflicts && is_for_person) {
        err = print_conflicts(cli, fq_writer_span(&told), out_why);
    }
    if (!err && has_history && is_for_person) {
        err = cli_print(cli, fq_writer_span(&told), &history, out_why);
    }
    cli_build_close(&told);
    return err;
}

/* A state by its name in either language; what is none is the node's to refuse. */
static const char *state_id(const char *text)
{
    const char *names[FQ_STATES + 1] = {NULL}, *id = text;

    for (unsigned state = 0; state < FQ_STATES; state++) {
        names[state] = fq_state_name((enum fq_state)state);
    }
    (void)cli_word_find(names, text, &id);
    return id;
}

/* Likewise of a referral. */
static const char *referral_state_id(const char *text)
{
    static const char *const names[] = {"open", "accepted", "declined", "reported", NULL};
    const char *id = text;

    if (cli_text_means(N_("not answered yet"), text)) {
        return names[0];
    }
    (void)cli_word_find(names, text, &id);
    return id;
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
        return codes_unknown(&tables->codes, table, name, text, out_why);
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
        const char *text = cli_value(cli, texts[i]);
        if (text) {
            cli_args_text(args, texts[i], i == 1 ? state_id(text) : text);
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
    const char *state = cli_value(cli, "state") ? state_id(cli_value(cli, "state")) : NULL;
    fq_err err = cli_desk_open(cli, &desk, out_why);

    err = err ? err : cli_desk_list(desk, state, &list, out_why);
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
        const char *text = cli_value(cli, texts[i]);
        if (text) {
            cli_args_text(&args, texts[i], i == 0 ? referral_state_id(text) : text);
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
