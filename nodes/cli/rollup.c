/* `rollup PERIOD`: the figures of a period by areas, types, kinds and so on. */
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "fq/core/rollup.h"
#include "width.h"

#define COLUMNS_MAX 80
#define BY_MAX 8
#define SAID_AREAS_MAX 10 /* of those missing, in words */

struct by {
    char names[BY_MAX][32];
    size_t count;
};

/* Split `a,b` at commas; false when there is too much of it. */
static bool split_by(const char *text, struct by *by)
{
    while (text && *text) {
        size_t size = strcspn(text, ",");
        if (by->count == BY_MAX || size >= sizeof by->names[0]) {
            return false;
        }
        snprintf(by->names[by->count++], sizeof by->names[0], "%.*s", (int)size, text);
        text += size + (text[size] == ',');
    }
    return true;
}

static fq_err add_where(const char *text, struct cli_args *args, struct fq_why *out_why)
{
    uint32_t count = 0;

    for (const char *at = text; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        count++;
    }
    cli_args_key(args, "where");
    fq_write_map(&args->pairs, count);
    for (const char *at = text; *at;) {
        size_t size = strcspn(at, ","), key_size = strcspn(at, "=");
        if (key_size >= size) {
            return fq_fail(out_why, FQ_REASON_USAGE, "--where %s: NAME=VALUE,...", text);
        }
        fq_write_text_span(&args->pairs, fq_span_of(at, key_size));
        fq_write_text_span(&args->pairs, fq_span_of(at + key_size + 1, size - key_size - 1));
        at += size + (at[size] == ',');
    }
    return FQ_OK;
}

static fq_err make_args(const struct cli *cli, const struct by *by, struct cli_args *args,
                        struct fq_why *out_why)
{
    const char *area = cli_value(cli, "area"), *where = cli_value(cli, "where");

    cli_args_text(args, "period", cli->arguments[0]);
    if (area) {
        cli_args_text(args, "area", area);
    }
    if (cli_value(cli, "as-of")) {
        cli_args_text(args, "as_of", cli_value(cli, "as-of"));
    }
    if (by->count) {
        cli_args_key(args, "by");
        fq_write_array(&args->pairs, (uint32_t)by->count);
        for (size_t i = 0; i < by->count; i++) {
            fq_write_text(&args->pairs, by->names[i]);
        }
    }
    return where ? add_where(where, args, out_why) : FQ_OK;
}

/* ---- names ---- */

static const char *area_name(const struct cli_tables *tables, const char *code)
{
    const struct fq_area *area = fq_areas_find(&tables->areas, (uint32_t)strtoul(code, NULL, 10));

    if (!area) {
        return NULL;
    }
    return cli_text_is_chinese() ? area->name_zh : area->name_en;
}

static const char *code_name(const struct cli_tables *tables, const char *dimension, const char *id)
{
    enum fq_code_table table = fq_codes_table_find(fq_span_text(dimension));
    uint16_t number;

    if (!table || !fq_codes_find_id(&tables->codes, table, fq_span_text(id), &number)) {
        return NULL;
    }
    const struct fq_code *code = fq_codes_find(&tables->codes, table, number);
    return cli_text_is_chinese() ? code->zh : code->en;
}

static const char *name_of(const struct cli_tables *tables, const char *dimension,
                           const char *value)
{
    static const char *const areas[] = {"area", "city", "county"};

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(areas[i], dimension) == 0) {
            return area_name(tables, value);
        }
    }
    return code_name(tables, dimension, value);
}

/* The row as a person reads it: codes become names, areas keep their code beside `name`. */
static void write_named_row(const struct cli_tables *tables, const struct by *by,
                            struct fq_span row, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(row);
    uint32_t count = fq_read_map(&reader);
    char first[64] = "";

    if (by->count) {
        cli_copy(first, sizeof first, fq_map_text(row, by->names[0]));
    }
    fq_write_map(writer, count);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        char key[64], value[64];
        cli_copy(key, sizeof key, fq_read_text(&reader));
        struct fq_span raw = fq_read_skip(&reader);
        fq_write_text(writer, key);
        const char *name = NULL;
        cli_copy(value, sizeof value, fq_map_text(row, key));
        if (strcmp(key, "name") == 0 && by->count) {
            name = name_of(tables, by->names[0], first);
        } else if (*value) {
            name = code_name(tables, key, value);
        }
        if (name && *name) {
            fq_write_text(writer, name);
        } else {
            fq_write_raw(writer, raw);
        }
    }
}

/* Kinds overlap: what is counted under more than one of them stands in a row before the total. */
static void write_overlap_row(const struct by *by, struct fq_span overlap, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(overlap);
    uint32_t count = fq_read_map(&reader);

    fq_write_map(writer, count + 1);
    cli_write_pair_text(writer, by->names[0], _("overlap"));
    fq_write_raw(writer, fq_span_of(reader.at, (size_t)(reader.end - reader.at)));
}

static void write_named(const struct cli_tables *tables, const struct by *by, struct fq_span result,
                        struct fq_writer *writer)
{
    struct fq_span overlap = fq_map_get(result, "overlap");
    struct fq_reader rows = fq_reader_over(fq_map_get(result, "rows"));
    uint32_t count = fq_read_array(&rows);

    fq_write_map(writer, 2);
    fq_write_text(writer, "rows");
    fq_write_array(writer, count + (overlap.size > 0));
    for (uint32_t i = 0; i < count && !rows.is_bad; i++) {
        write_named_row(tables, by, fq_read_skip(&rows), writer);
    }
    if (overlap.size) {
        write_overlap_row(by, overlap, writer);
    }
    fq_write_text(writer, "total");
    fq_write_raw(writer, fq_map_get(result, "total"));
}

/* ---- printing ---- */

/* The measures asked for most, in the order to print and in the order a narrow terminal keeps. */
static const char *const measures[] = {
    "found",      "registered", "accepted", "concluded", "agreed",       "failed",
    "terminated", "referred",   "surveyed", "satisfied", "amount_cents", "success_rate",
};
static const char *const importance[] = {
    "area",      "city",     "county",       "type",       "kind",       "committee",
    "source",    "month",    "name",         "accepted",   "agreed",     "success_rate",
    "concluded", "failed",   "amount_cents", "terminated", "registered", "found",
    "referred",  "surveyed", "satisfied",    NULL,
};

static size_t choose_names(const struct by *by, const char **columns)
{
    size_t count = 0;

    for (size_t i = 0; i < by->count; i++) {
        columns[count++] = by->names[i];
        if (i == 0 && (strcmp(by->names[0], "area") == 0 || strcmp(by->names[0], "city") == 0 ||
                       strcmp(by->names[0], "county") == 0)) {
            columns[count++] = "name";
        }
    }
    return count;
}

/* A table has room for the measures asked for most; md, csv and json have them all. */
static void choose_columns(const struct by *by, bool is_all, const char **columns)
{
    size_t count = choose_names(by, columns);

    for (size_t i = 0; !is_all && i < sizeof measures / sizeof measures[0]; i++) {
        columns[count++] = measures[i];
    }
    for (unsigned i = 0; is_all && i < FQ_MEASURES_COUNT; i++) {
        if (i != FQ_MEASURE_ACTIVITY) {
            columns[count++] = fq_measure_row((enum fq_measure)i)->name;
        }
    }
    for (size_t i = 0; is_all && fq_rate_at(i); i++) {
        columns[count++] = fq_rate_at(i)->name;
    }
    FQ_ASSERT(count < COLUMNS_MAX);
    columns[count] = NULL;
}

/* How many measures the table has no column for. */
static void say_others(void)
{
    size_t count = FQ_MEASURES_COUNT - 1 - sizeof measures / sizeof measures[0];

    for (size_t i = 0; fq_rate_at(i); i++) {
        count++;
    }
    if (width_terminal(stdout)) {
        cli_say(_("%zu more measures: `-o csv`, `-o md` and `-o json` have all."), count);
    }
}

/* Figures that are not whole say so on stderr, whatever is printed on stdout. */
static void say_completeness(struct fq_span result)
{
    static const char *const keys[] = {"missing", "late"};

    for (size_t i = 0; i < 2; i++) {
        struct fq_reader list = fq_reader_over(fq_map_get(result, keys[i]));
        uint32_t count = list.at == list.end ? 0 : fq_read_array(&list);
        char areas[8 * SAID_AREAS_MAX + 8] = "";
        for (uint32_t j = 0; j < count && j <= SAID_AREAS_MAX && !list.is_bad; j++) {
            size_t used = strlen(areas);
            char area[8];
            cli_copy(area, sizeof area, fq_map_text(fq_read_skip(&list), "area"));
            snprintf(areas + used, sizeof areas - used, " %s", j < SAID_AREAS_MAX ? area : "...");
        }
        if (count) {
            cli_say(_("%s %zu:%s"), cli_title(keys[i]), (size_t)count, areas);
        }
    }
}

static fq_err print_rollup(struct cli *cli, struct cli_client *client, const struct by *by,
                           struct fq_span result, struct fq_why *out_why)
{
    const char *columns[COLUMNS_MAX];
    struct cli_view view = {.rows = "rows", .total = "total", .importance = importance};
    struct cli_tables *tables = NULL;

    if (cli->format != CLI_TABLE && cli->format != CLI_MD) {
        return cli_print(cli, result, &view, out_why);
    }
    struct fq_writer copy = cli_build_open(CLI_VALUE_MAX); /* the answer is gone with the next */
    struct fq_writer named = cli_build_open(CLI_VALUE_MAX);
    fq_write_raw(&copy, result);
    fq_err err = cli_tables_open(client, &tables, out_why);
    if (!err) {
        write_named(tables, by, fq_writer_span(&copy), &named);
        choose_columns(by, cli->format == CLI_MD, columns);
        view.columns = columns;
        err = cli_print(cli, fq_writer_span(&named), &view, out_why);
    }
    if (!err && cli->format == CLI_TABLE) {
        say_others();
    }
    if (!err) {
        say_completeness(fq_writer_span(&copy));
    }
    cli_tables_close(tables);
    cli_build_close(&copy);
    cli_build_close(&named);
    return err;
}

static fq_err run_rollup(struct cli *cli, struct fq_why *out_why)
{
    struct by by = {.count = 0};
    struct cli_client *client = NULL;
    struct cli_args args;
    struct cli_answer answer;

    if (!split_by(cli_value(cli, "by"), &by)) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--by %s", cli_value(cli, "by"));
    }
    fq_err err = cli_connect(cli, &client, out_why);
    if (err) {
        return err;
    }
    cli_args_open(&args);
    err = make_args(cli, &by, &args, out_why);
    err = err ? err : cli_call(client, "rollup", &args, &answer, out_why);
    err = err ? err : print_rollup(cli, client, &by, answer.result, out_why);
    cli_args_close(&args);
    cli_disconnect(client);
    return err;
}

/* ---- cases ---- */

static fq_err run_cases(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"dispute", "id",         "home",      "type",  "state",
                                          "kind",    "registered", "concluded", "value", NULL};
    static const struct cli_view view = {.columns = columns};
    static const struct by none = {.count = 0};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    struct cli_client *client = NULL;
    struct cli_args args;
    const char *measure = cli_value(cli, "measure");
    fq_err err = cli_connect(cli, &client, out_why);

    cli_args_open(&args);
    err = err ? err : make_args(cli, &none, &args, out_why);
    cli_args_text(&args, "measure", measure ? measure : "accepted");
    err = err ? err : cli_call_all(client, "cases", &args, 0, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&list));
    if (!err && cli_has(cli, "fail-empty") && fq_read_array(&reader) == 0) {
        err = fq_fail(out_why, FQ_REASON_EMPTY, "cases");
    }
    cli_args_close(&args);
    cli_disconnect(client);
    cli_build_close(&list);
    return err;
}

static const struct cli_option cases_options[] = {
    {"measure", 0, "NAME", N_("the figure's measure (default: accepted)")},
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {"where", 0, "NAME=VALUE,...", N_("only what has these values; a row's own keys")},
    {"as-of", 0, "SEAL|TIME|LSN", N_("as it was: a seal, a sealed period, a time, or lsn:N")},
    {"fail-empty", 0, NULL, N_("end with 3 when nothing matched")},
    {NULL, 0, NULL, NULL},
};

static const struct cli_option rollup_options[] = {
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {"by", 0, "NAME,...", N_("area, city, county, type, kind, committee, source, month, ...")},
    {"where", 0, "NAME=VALUE,...", N_("only what has these values")},
    {"as-of", 0, "SEAL|TIME|LSN", N_("as it was: a seal, a sealed period, a time, or lsn:N")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_rollup_commands[] = {
    {"rollup", NULL, "PERIOD", 1, 1, N_("Count the disputes of a period."), rollup_options,
     run_rollup},
    {"cases", NULL, "PERIOD", 1, 1, N_("List the disputes behind a figure."), cases_options,
     run_cases},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
