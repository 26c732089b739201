/* A rollup's answer as a table. */
#include "rollup.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/measure.h"
#include "fq/core/press.h"
#include "width.h"

#define COLUMNS_MAX 80
#define SAID_MAX 10 /* of those missing, in words */

bool rollup_split(const char *text, struct rollup_by *by)
{
    while (text && *text) {
        size_t size = strcspn(text, ",");
        if (by->count == ROLLUP_BY_MAX || size >= sizeof by->names[0]) {
            return false;
        }
        snprintf(by->names[by->count++], sizeof by->names[0], "%.*s", (int)size, text);
        text += size + (text[size] == ',');
    }
    return true;
}

/* ---- names ---- */

struct naming {
    const struct cli_tables *tables; /* NULL: for programs, which are given codes */
    const struct rollup_by *by;
    bool is_press; /* figures as the press prints them */
};

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
    const char *of = strcmp(dimension, "type_group") == 0 ? "type" : dimension;
    enum fq_code_table table = fq_codes_table_find(fq_span_text(of));
    uint16_t number;

    if (!table || !fq_codes_find_id(&tables->codes, table, fq_span_text(id), &number)) {
        return NULL;
    }
    const struct fq_code *code = fq_codes_find(&tables->codes, table, number);
    return cli_text_is_chinese() ? code->zh : code->en;
}

static bool is_in(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Keys that stand beside a name: a code says little to people. */
static bool is_named(const char *dimension)
{
    static const char *const named[] = {"area", "city",    "county",  "town",
                                        "unit", "village", "campaign"};

    return is_in(dimension, named, sizeof named / sizeof named[0]);
}

/* The name of the row's first key. */
static const char *name_of(const struct naming *naming, const char *first, struct fq_span row,
                           char *out, size_t out_size)
{
    const char *dimension = naming->by->names[0];
    const char *name = is_named(dimension) ? area_name(naming->tables, first) : NULL;

    if (!name) {
        name = code_name(naming->tables, dimension, first);
    }
    if (!name) { /* the node knows it */
        cli_copy(out, out_size, fq_map_text(row, cli_text_is_chinese() ? "name_zh" : "name"));
        name = out;
    }
    return name;
}

/* ---- cells ---- */

/* What stands for a count that is not published; NULL for any other value. A rate may be none. */
static const char *suppressed(struct fq_span row, const char *key, struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);
    enum fq_measure measure;

    return fq_map_bool(row, "suppressed") && fq_read_type(&reader) == FQ_CODEC_NIL &&
                   fq_measure_find(fq_span_text(key), &measure)
               ? "*"
               : NULL;
}

/* A count or a sum of money as the press prints it, or NULL: as it is. */
static const char *in_press(const struct naming *naming, const char *measure, struct fq_span value,
                            char out[FQ_PRESS_SIZE])
{
    struct fq_reader reader = fq_reader_over(value);
    enum fq_codec_type type = value.size ? fq_read_type(&reader) : FQ_CODEC_NIL;
    size_t size = strlen(measure);
    struct fq_press form = {FQ_PRESS_ROUNDED, 100,
                            size > 6 && strcmp(measure + size - 6, "_cents") == 0};
    enum fq_measure found;

    if (!naming->is_press || (type != FQ_CODEC_UINT && type != FQ_CODEC_INT) ||
        !fq_measure_find(fq_span_text(measure), &found)) {
        return NULL;
    }
    if (cli_text_is_chinese()) {
        fq_press_zh(fq_read_int(&reader), &form, out);
    } else {
        fq_press_en(fq_read_int(&reader), &form, out);
    }
    return out;
}

/* The text a key's value is shown as, or NULL: as it is. */
static const char *shown_as(const struct naming *naming, const char *key, const char *value,
                            const char *first, struct fq_span row, char *out, size_t out_size)
{
    if (!naming->tables) {
        return NULL;
    }
    if (strcmp(key, "name") == 0 && naming->by->count) {
        return name_of(naming, first, row, out, out_size);
    }
    if (strcmp(key, "tier") == 0 && *value) {
        return cli_word(fq_span_text(value), out, out_size);
    }
    return *value ? code_name(naming->tables, key, value) : NULL;
}

/* The row as a person reads it: codes become names, areas keep their code beside `name`. */
static void write_row(const struct naming *naming, struct fq_span row, struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(row);
    uint32_t count = fq_read_map(&reader);
    char first[64] = "";

    if (naming->by->count) {
        cli_copy(first, sizeof first, fq_map_text(row, naming->by->names[0]));
    }
    fq_write_map(writer, count);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        char key[64], value[64], text[512], press[FQ_PRESS_SIZE];
        struct fq_span key_span = fq_read_text(&reader);
        cli_copy(key, sizeof key, key_span);
        struct fq_span raw = fq_read_skip(&reader);
        cli_copy(value, sizeof value, fq_map_text(row, key));
        const char *name = shown_as(naming, key, value, first, row, text, sizeof text);
        name = name && *name ? name : suppressed(row, key, raw);
        name = name ? name : in_press(naming, key, raw, press);
        fq_write_text(writer, key);
        if (name) {
            fq_write_text(writer, name);
        } else {
            fq_write_raw(writer, raw);
        }
    }
}

/* Kinds overlap: what is counted under more than one of them stands in a row before the total. */
static void write_overlap_row(const struct naming *naming, struct fq_span overlap,
                              struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(overlap);
    uint32_t count = fq_read_map(&reader);

    fq_write_map(writer, count + 1);
    cli_write_pair_text(writer, naming->by->names[0], _("overlap"));
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        char key[64], press[FQ_PRESS_SIZE];
        cli_copy(key, sizeof key, fq_read_text(&reader));
        struct fq_span value = fq_read_skip(&reader);
        const char *text = suppressed(overlap, key, value);
        text = text ? text : in_press(naming, key, value, press);
        fq_write_text(writer, key);
        if (text) {
            fq_write_text(writer, text);
        } else {
            fq_write_raw(writer, value);
        }
    }
}

static void write_rows(const struct naming *naming, struct fq_span result, struct fq_writer *writer)
{
    struct fq_span overlap = fq_map_get(result, "overlap");
    struct fq_reader rows = fq_reader_over(fq_map_get(result, "rows"));
    uint32_t count = fq_read_array(&rows);
    bool has_overlap = overlap.size > 0 && naming->tables;

    fq_write_map(writer, 2);
    fq_write_text(writer, "rows");
    fq_write_array(writer, count + has_overlap);
    for (uint32_t i = 0; i < count && !rows.is_bad; i++) {
        write_row(naming, fq_read_skip(&rows), writer);
    }
    if (has_overlap) {
        write_overlap_row(naming, overlap, writer);
    }
    fq_write_text(writer, "total");
    write_row(naming, fq_map_get(result, "total"), writer);
}

/* ---- a line for each measure ---- */

/* Where a line's values are: under the measure in the row, or in a map of the row. */
static const struct part {
    const char *column, *map;
} parts[] = {
    {"figure", NULL},     {"base", "base"},   {"difference", "difference"},
    {"growth", "growth"}, {"share", "share"}, {"cumulative", "cumulative"},
};
#define PARTS (sizeof parts / sizeof parts[0])

static bool has_part(const struct part *part, struct fq_span total)
{
    return !part->map || fq_map_get(total, part->map).size > 0;
}

/* Amounts are shown as money, whatever the column they stand in. */
static void write_value(const char *measure, struct fq_span value, bool is_for_person,
                        struct fq_writer *writer)
{
    struct fq_reader reader = fq_reader_over(value);
    size_t size = strlen(measure);
    enum fq_codec_type type = value.size ? fq_read_type(&reader) : FQ_CODEC_NIL;
    bool is_money = size > 6 && strcmp(measure + size - 6, "_cents") == 0;

    if (is_for_person && is_money && (type == FQ_CODEC_UINT || type == FQ_CODEC_INT)) {
        char text[40];
        int64_t cents = fq_read_int(&reader);
        uint64_t amount = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;
        snprintf(text, sizeof text, "%s%" PRIu64 ".%02u", cents < 0 ? "-" : "", amount / 100,
                 (unsigned)(amount % 100));
        fq_write_text(writer, text);
    } else if (value.size) {
        fq_write_raw(writer, value);
    } else {
        fq_write_nil(writer);
    }
}

static void write_line(const struct naming *naming, const char *measure, struct fq_span total,
                       struct fq_span row, bool is_total, struct fq_writer *writer)
{
    bool is_for_person = naming->tables != NULL;
    uint32_t count = 2;
    char name[256] = "";

    cli_copy(name, sizeof name, fq_map_text(row, "name"));
    for (size_t i = 0; i < PARTS; i++) {
        count += has_part(&parts[i], total);
    }
    fq_write_map(writer, count + (uint32_t)naming->by->count);
    for (size_t i = 0; i < naming->by->count; i++) {
        char key[64];
        cli_copy(key, sizeof key, fq_map_text(row, naming->by->names[i]));
        bool is_first = is_total && i == 0;
        cli_write_pair_text(writer, naming->by->names[i],
                            is_first ? (is_for_person ? _("total") : "total") : key);
    }
    cli_write_pair_text(writer, "name", name);
    cli_write_pair_text(writer, "measure", is_for_person ? cli_title(measure) : measure);
    for (size_t i = 0; i < PARTS; i++) {
        struct fq_span map = parts[i].map ? fq_map_get(row, parts[i].map) : row;
        if (!has_part(&parts[i], total)) {
            continue;
        }
        struct fq_span value = map.size ? fq_map_get(map, measure) : map;
        const char *text = suppressed(row, measure, value);
        fq_write_text(writer, parts[i].column);
        if (text) {
            fq_write_text(writer, text);
        } else {
            write_value(measure, value, is_for_person, writer);
        }
    }
}

/* The named rows anew, a line for each measure of each. */
static void write_lines(const struct naming *naming, const struct rollup_by *measures,
                        struct fq_span named, struct fq_writer *writer)
{
    struct fq_span total = fq_map_get(named, "total");
    struct fq_reader rows = fq_reader_over(fq_map_get(named, "rows"));
    uint32_t count = fq_read_array(&rows);

    fq_write_array(writer, (count + 1) * (uint32_t)measures->count);
    for (uint32_t i = 0; i < count && !rows.is_bad; i++) {
        struct fq_span row = fq_read_skip(&rows);
        for (size_t k = 0; k < measures->count; k++) {
            write_line(naming, measures->names[k], total, row, false, writer);
        }
    }
    for (size_t k = 0; k < measures->count; k++) {
        write_line(naming, measures->names[k], total, total, true, writer);
    }
}

/* ---- columns ---- */

/* The keys, and the name of the first where it says more; gives how many. */
static size_t choose_keys(const struct rollup_by *by, const char **columns)
{
    size_t count = 0;

    for (size_t i = 0; i < by->count; i++) {
        columns[count++] = by->names[i];
        if (i == 0 && is_named(by->names[0])) {
            columns[count++] = "name";
        }
    }
    return count;
}

/* The measures asked for most, in the order to print and in the order a narrow terminal keeps. */
static const char *const usual[] = {
    "found",      "registered", "accepted", "concluded", "agreed",       "failed",
    "terminated", "referred",   "surveyed", "satisfied", "amount_cents", "success_rate",
};
static const char *const importance[] = {
    "area",      "city",     "county",       "type",       "kind",       "committee",
    "source",    "month",    "name",         "accepted",   "agreed",     "success_rate",
    "concluded", "failed",   "amount_cents", "terminated", "registered", "found",
    "referred",  "surveyed", "satisfied",    NULL,
};

/* The keys of a map the caller keeps, as far as there is room. */
struct keys {
    char names[COLUMNS_MAX][48];
    size_t count;
};

static void list_keys(struct fq_span map, struct keys *keys)
{
    struct fq_reader reader = fq_reader_over(map);
    uint32_t count = fq_read_map(&reader);

    for (uint32_t i = 0; i < count && !reader.is_bad && keys->count < COLUMNS_MAX - 16; i++) {
        struct fq_span key = fq_read_text(&reader);
        struct fq_span value = fq_read_skip(&reader);
        struct fq_reader of = fq_reader_over(value);
        enum fq_codec_type type = fq_read_type(&of);
        bool is_figure = type != FQ_CODEC_ARRAY && type != FQ_CODEC_BOOL && key.size > 1;
        if (is_figure) { /* neither `suppressed` nor `k` */
            cli_copy(keys->names[keys->count++], sizeof keys->names[0], key);
        }
    }
}

/* A table has room for the measures asked for most; md, csv and json have them all. */
static void choose_columns(const struct rollup_by *by, const struct rollup_by *measures,
                           const struct keys *all, const char **columns)
{
    size_t count = choose_keys(by, columns);

    for (size_t i = 0; i < measures->count; i++) {
        columns[count++] = measures->names[i];
    }
    for (size_t i = 0; i < all->count && measures->count == 0; i++) {
        columns[count++] = all->names[i];
    }
    for (size_t i = 0; i < sizeof usual / sizeof usual[0] && all->count + measures->count == 0;
         i++) {
        columns[count++] = usual[i];
    }
    columns[count] = NULL;
}

/* How many measures the table has no column for. */
static void say_others(struct fq_span total)
{
    static struct keys all;

    all.count = 0;
    list_keys(total, &all);
    if (width_terminal(stdout)) {
        cli_say(_("%zu more measures: `-o csv`, `-o md` and `-o json` have all."),
                all.count - sizeof usual / sizeof usual[0]);
    }
}

static void choose_line_columns(const struct rollup_by *by, struct fq_span total,
                                const char **columns)
{
    size_t count = choose_keys(by, columns);

    columns[count++] = "measure";
    for (size_t i = 0; i < PARTS; i++) {
        if (has_part(&parts[i], total)) {
            columns[count++] = parts[i].column;
        }
    }
    columns[count] = NULL;
}

/* ---- what is to be said ---- */

/* The elements of a list: texts, numbers, or the areas of maps. */
static void append_element(struct fq_span element, char *out, size_t out_size)
{
    struct fq_reader reader = fq_reader_over(element);
    size_t used = strlen(out);
    char text[40] = "";

    switch (fq_read_type(&reader)) {
    case FQ_CODEC_UINT:
        snprintf(text, sizeof text, "%" PRIu64, fq_read_uint(&reader));
        break;
    case FQ_CODEC_TEXT:
        cli_copy(text, sizeof text, fq_read_text(&reader));
        break;
    default:
        cli_copy(text, sizeof text, fq_map_text(element, "area"));
    }
    snprintf(out + used, out_size - used, " %s", text);
}

static void say_list(const char *title, struct fq_span elements)
{
    struct fq_reader list = fq_reader_over(elements);
    uint32_t count = list.at == list.end ? 0 : fq_read_array(&list);
    char words[48 * SAID_MAX + 8] = "";

    for (uint32_t i = 0; i < count && i < SAID_MAX && !list.is_bad; i++) {
        append_element(fq_read_skip(&list), words, sizeof words);
    }
    if (count) {
        size_t used = strlen(words);
        snprintf(words + used, sizeof words - used, "%s", count > SAID_MAX ? " ..." : "");
        cli_say(_("%s %zu:%s"), title, (size_t)count, words);
    }
}

/* Figures that are not whole say so on stderr, whatever is printed on stdout. */
static void say_completeness(struct fq_span result)
{
    struct fq_span unknown = fq_map_get(result, "unknown");

    say_list(cli_title("missing"), fq_map_get(result, "missing"));
    say_list(cli_title("late"), fq_map_get(result, "late"));
    if (unknown.size) {
        say_list(_("types unknown to this node's table"), fq_map_get(unknown, "types"));
        say_list(_("areas unknown to this node's table"), fq_map_get(unknown, "areas"));
        say_list(_("rates unknown to this node in that version"), fq_map_get(unknown, "metrics"));
    }
}

/* ---- the whole ---- */

static fq_err print_lines(struct cli *cli, const struct naming *naming,
                          const struct rollup_by *measures, struct fq_span named,
                          struct fq_why *out_why)
{
    static const struct rollup_by few = {{"accepted", "concluded", "agreed", "success_rate"}, 4};
    const char *columns[COLUMNS_MAX];
    struct cli_view view = {.columns = columns};
    struct fq_writer lines = cli_build_open(CLI_VALUE_MAX);

    write_lines(naming, measures->count ? measures : &few, named, &lines);
    choose_line_columns(naming->by, fq_map_get(named, "total"), columns);
    fq_err err = cli_print(cli, fq_writer_span(&lines), &view, out_why);
    cli_build_close(&lines);
    return err;
}

static fq_err print_table(struct cli *cli, const struct naming *naming,
                          const struct rollup_by *measures, struct fq_span result,
                          struct fq_why *out_why)
{
    const char *columns[COLUMNS_MAX];
    struct cli_view view = {.rows = "rows", .total = "total", .importance = importance};
    static struct keys all;
    struct fq_writer named = cli_build_open(CLI_VALUE_MAX);
    struct fq_span total = fq_map_get(result, "total");
    bool has_lines = false;
    fq_err err;

    for (size_t i = 1; i < PARTS; i++) {
        has_lines |= has_part(&parts[i], total);
    }
    write_rows(naming, result, &named);
    if (has_lines) {
        err = print_lines(cli, naming, measures, fq_writer_span(&named), out_why);
    } else {
        if (naming->tables || measures->count) {
            all.count = 0;
            if (cli->format == CLI_MD) {
                list_keys(total, &all);
            }
            choose_columns(naming->by, measures, &all, columns);
            view.columns = columns;
        }
        err = cli_print(cli, fq_writer_span(&named), &view, out_why);
        if (!err && cli->format == CLI_TABLE && measures->count == 0) {
            say_others(total);
        }
    }
    cli_build_close(&named);
    return err;
}

/* What * stands for, and how far the promise goes. */
static void say_public(struct fq_span result)
{
    struct fq_span terms = fq_map_get(result, "public");

    if (terms.size) {
        cli_say(_("* Not published: fewer than %u cases stand behind it (more for sensitive "
                  "types), or such a figure could be worked out from it."),
                (unsigned)fq_map_uint(terms, "k"));
        cli_say(_("This holds for this table with its sums. Another that cuts the same cases "
                  "otherwise may tell more: compare before you publish both."));
    }
}

/* The press's style is for people: programs are given whole numbers. */
static fq_err read_style(const struct cli *cli, bool is_for_person, struct naming *naming,
                         struct fq_why *out_why)
{
    const char *style = cli_value(cli, "style");

    naming->is_press = style && strcmp(style, "press") == 0;
    return style && (!naming->is_press || !is_for_person)
               ? fq_fail(out_why, FQ_REASON_USAGE, "--style press: -o table, md")
               : FQ_OK;
}

/* Figures and rates are the keys of any row. */
static fq_err check_measures(const struct rollup_by *measures, struct fq_span total,
                             struct fq_why *out_why)
{
    for (size_t i = 0; i < measures->count; i++) {
        if (!fq_map_get(total, measures->names[i]).size) {
            return fq_fail(out_why, FQ_REASON_MEASURE_UNKNOWN, "%s", measures->names[i]);
        }
    }
    return FQ_OK;
}

fq_err rollup_print(struct cli *cli, struct cli_client *client, const struct rollup_by *by,
                    const char *measures_text, struct fq_span result, struct fq_why *out_why)
{
    static const struct cli_view plain = {.rows = "rows", .total = "total"};
    struct rollup_by measures = {.count = 0};
    struct naming naming = {.by = by};
    struct cli_tables *tables = NULL;
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    fq_err err = FQ_OK;

    if (!rollup_split(measures_text, &measures)) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--measure %s", measures_text);
    }
    err = check_measures(&measures, fq_map_get(result, "total"), out_why);
    err = err ? err : read_style(cli, is_for_person, &naming, out_why);
    if (err) {
        return err;
    }
    if (!is_for_person && cli->format != CLI_CSV) {
        return cli_print(cli, result, &plain, out_why);
    }
    if (is_for_person) {
        err = cli_tables_open(client, &tables, out_why);
        naming.tables = tables;
    }
    err = err ? err : print_table(cli, &naming, &measures, result, out_why);
    if (!err && is_for_person) {
        say_completeness(result);
        say_public(result);
    }
    cli_tables_close(tables);
    return err;
}
