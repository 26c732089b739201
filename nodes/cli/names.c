#include "names.h"

#include <string.h>

#define CODE_SIZE 16
#define NAME_SIZE 128
#define RESOLVED_MAX 16 /* of one command; rows begin anew */

/* The two tables, as the node gave them, and the codes that stand in for names: as long-lived as
 * the words of the command line they replace. */
static struct {
    bool is_loaded;
    struct fq_writer list;
} tables[NAMES_PLACES + 1];
static char resolved[RESOLVED_MAX][CODE_SIZE];
static size_t resolved_count, kept_count; /* those of the line itself are kept */

enum names_table names_table_of(const char *option)
{
    static const char *const units[] = {"unit", "host", "to-unit"};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(option, units[i]) == 0) {
            return NAMES_UNITS;
        }
    }
    return strcmp(option, "place") == 0 ? NAMES_PLACES : NAMES_NONE;
}

/* Towns and villages of the node's own area: there are thousands. */
static void add_prefix(const struct cli_desk *desk, struct cli_args *args)
{
    size_t digits = strcmp(desk->tables->tier, "county") == 0 ? 6
                    : strcmp(desk->tables->tier, "city") == 0 ? 4
                                                              : 2;
    char prefix[8];

    snprintf(prefix, sizeof prefix, "%06u", desk->tables->area % 1000000);
    prefix[digits] = 0;
    cli_args_text(args, "prefix", prefix);
}

static struct fq_span load(struct cli_desk *desk, enum names_table table)
{
    struct fq_why ignored;
    struct cli_args args;

    if (!tables[table].is_loaded && desk->client) {
        tables[table].list = cli_build_open(CLI_VALUE_MAX);
        cli_args_open(&args);
        if (table == NAMES_PLACES) {
            add_prefix(desk, &args);
        }
        if (cli_call_all(desk->client, table == NAMES_UNITS ? "table.units" : "table.places", &args,
                         0, &tables[table].list, &ignored)) {
            cli_build_close(&tables[table].list); /* an older node: only codes are understood */
        }
        cli_args_close(&args);
    }
    tables[table].is_loaded = true;
    return fq_writer_span(&tables[table].list);
}

bool names_at(struct cli_desk *desk, enum names_table table, size_t index,
              struct cli_choice *out_choice)
{
    static char code[CODE_SIZE], zh[NAME_SIZE], en[NAME_SIZE];
    static struct fq_reader reader; /* where the last call stopped: rows are asked for in order */
    static size_t next;
    static enum names_table last;
    struct fq_span list = load(desk, table);

    if (index == 0 || index != next || table != last) {
        reader = fq_reader_over(list);
        (void)fq_read_array(&reader);
        for (next = 0; next < index && reader.at < reader.end; next++) {
            (void)fq_read_skip(&reader);
        }
        last = table;
    }
    if (!list.size || reader.at >= reader.end || reader.is_bad) {
        next = 0;
        return false;
    }
    struct fq_span row = fq_read_skip(&reader);
    next = index + 1;
    cli_copy(code, sizeof code, fq_map_text(row, "code"));
    cli_copy(zh, sizeof zh, fq_map_text(row, "name_zh"));
    cli_copy(en, sizeof en, fq_map_text(row, "name_en"));
    *out_choice = (struct cli_choice){code, zh, en, 0};
    return true;
}

void names_take(struct cli_desk *desk, enum names_table table, char *text, size_t text_size)
{
    char code[CODE_SIZE] = "";
    size_t found = 0;
    struct cli_choice choice = {0};

    if (table == NAMES_NONE || strspn(text, "0123456789") == strlen(text)) {
        return;
    }
    for (size_t i = 0; names_at(desk, table, i, &choice); i++) {
        if (strcmp(choice.zh, text) == 0 || strcmp(choice.en, text) == 0) {
            snprintf(code, sizeof code, "%s", choice.id);
            found++;
        }
    }
    if (found == 1) {
        snprintf(text, text_size, "%s", code);
    }
}

void names_resolve(struct cli_desk *desk, struct cli *cli, int first)
{
    resolved_count = first == 0 ? 0 : kept_count;
    for (int i = first; i < cli->given_count && resolved_count < RESOLVED_MAX; i++) {
        struct cli_given *given = &cli->given[i];
        enum names_table table = given->value ? names_table_of(given->name) : NAMES_NONE;
        char text[NAME_SIZE];
        if (table == NAMES_NONE || strlen(given->value) >= sizeof text) {
            continue;
        }
        snprintf(text, sizeof text, "%s", given->value);
        names_take(desk, table, text, sizeof text);
        if (strcmp(text, given->value) != 0) {
            cli_copy(resolved[resolved_count], CODE_SIZE, fq_span_text(text));
            given->value = resolved[resolved_count++];
        }
    }
    kept_count = first == 0 ? resolved_count : kept_count;
}

void names_close(void)
{
    for (size_t i = 0; i <= NAMES_PLACES; i++) {
        cli_build_close(&tables[i].list);
        tables[i].is_loaded = false;
    }
}
