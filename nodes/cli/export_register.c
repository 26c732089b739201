/* `export register FILE --map MAP`: the disputes a node holds as a paper register, one row each.
 *
 * What was exported is imported again as what it is: each row carries its dispute's id and a
 * fingerprint. Party data is read from the vault only when asked for, dispute by dispute, and each
 * reading is noted there with its purpose. */
#include "export.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "register.h"
#include "sheet.h"

#define MAP_MEMORY (64u << 20) /* address space, as those below */
#define TEXT_MEMORY (1u << 30) /* of all cells */
#define PAST_MEMORY (8u << 20) /* of one dispute */

struct entry {
    struct fq_id id;
    uint32_t home;
    uint16_t registered;
    uint32_t place; /* in the node's list */
};

struct export
{
    const struct cli *cli;
    struct cli_client *client;
    struct cli_tables *tables;
    struct map map;
    int columns[MAP_COLUMNS_MAX]; /* by place */
    struct fq_writer text_memory, past_memory;
    struct fq_arena texts, past;
    struct entry *entries;
    size_t entry_count;
    uint64_t left_out; /* merged or voided: they count nowhere */
    const char **cells;
    uint16_t from, to;
};

/* ---- which disputes ---- */

static fq_err read_day(const struct cli *cli, const char *option, uint16_t otherwise,
                       uint16_t *out_day, struct fq_why *out_why)
{
    const char *text = cli_value(cli, option);

    *out_day = otherwise;
    if (text && !fq_date_parse(fq_span_text(text), out_day)) {
        return fq_fail(out_why, FQ_REASON_DATE, "--%s %s", option, text);
    }
    return FQ_OK;
}

static bool is_text(struct fq_span span, const char *text)
{
    return fq_span_equal(span, fq_span_text(text));
}

static void take_entry(struct export *export, struct fq_span row, uint32_t place)
{
    struct entry *entry = &export->entries[export->entry_count];
    struct fq_span state = fq_map_text(row, "state"), id = fq_map_text(row, "id");
    uint64_t home = 0;

    *entry = (struct entry){.place = place};
    if (!fq_hex_decode((const char *)id.data, id.size, entry->id.bytes, FQ_ID_SIZE) ||
        !cell_number(fq_map_text(row, "home"), &home) ||
        !fq_date_parse(fq_map_text(row, "registered"), &entry->registered) ||
        entry->registered < export->from || entry->registered > export->to) {
        return;
    }
    if (is_text(state, "merged") || is_text(state, "voided")) {
        export->left_out++;
        return;
    }
    entry->home = (uint32_t)home;
    export->entry_count++;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    if (left->registered != right->registered) {
        return left->registered < right->registered ? -1 : 1;
    }
    return left->place < right->place ? -1 : left->place > right->place;
}

static fq_err list_entries(struct export *export, struct fq_why *out_why)
{
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    struct cli_args args;

    cli_args_open(&args);
    if (cli_value(export->cli, "area")) {
        cli_args_text(&args, "area", cli_value(export->cli, "area"));
    }
    fq_err err = cli_call_all(export->client, "dispute.list", &args, 0, &list, out_why);
    struct fq_reader reader = fq_reader_over(fq_writer_span(&list));
    uint32_t count = err ? 0 : fq_read_array(&reader);
    export->entries = calloc((size_t)count + 1, sizeof *export->entries);
    if (!err && !export->entries) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "export");
    }
    for (uint32_t i = 0; i < count && !err && !reader.is_bad; i++) {
        take_entry(export, fq_read_skip(&reader), i);
    }
    if (!err && export->entry_count) {
        qsort(export->entries, export->entry_count, sizeof *export->entries, compare_entries);
    }
    cli_args_close(&args);
    cli_build_close(&list);
    return err;
}

/* ---- one dispute ---- */

static fq_err ask(struct export *export, const char *verb, const struct entry *entry,
                  const char *purpose, struct cli_answer *out_answer, struct fq_why *out_why)
{
    char id[2 * FQ_ID_SIZE + 1];
    struct cli_args args;

    fq_hex_encode(fq_span_of(entry->id.bytes, FQ_ID_SIZE), id);
    cli_args_open(&args);
    cli_args_text(&args, "dispute", id);
    if (purpose) {
        cli_args_text(&args, "purpose", purpose);
    } else {
        cli_args_bool(&args, "history", true);
    }
    fq_err err = cli_call(export->client, verb, &args, out_answer, out_why);
    cli_args_close(&args);
    return err;
}

static fq_err write_row(struct export *export, size_t index, struct fq_why *out_why)
{
    const struct entry *entry = &export->entries[index];
    const char *purpose = cli_value(export->cli, "purpose");
    struct register_row row = {.id = entry->id, .home = entry->home};
    struct cli_answer answer;

    fq_arena_reset(&export->past);
    fq_err err = ask(export, "dispute.show", entry, NULL, &answer, out_why);
    if (!err) { /* copied: the answer is gone with the next question */
        struct fq_span history = fq_arena_copy(&export->past, fq_map_get(answer.result, "history"));
        err = past_read(history, &export->tables->codes, &export->past, &row.past, out_why);
    }
    if (!err && cli_has(export->cli, "with-parties")) {
        err = ask(export, "vault.read", entry, purpose, &answer, out_why);
        row.vault = err ? (struct fq_span){0} : answer.result;
    }
    return err ? err
               : register_cells(&export->map, &export->tables->codes, &row, &export->texts,
                                export->cells + index * export->map.column_count, out_why);
}

/* ---- the whole ---- */

static fq_err print_result(const struct export *export, const char *path, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct fq_writer writer = cli_build_open(4096);

    fq_write_map(&writer, 3);
    cli_write_pair_text(&writer, "file", path);
    cli_write_pair_uint(&writer, "rows", export->entry_count);
    cli_write_pair_uint(&writer, "left_out", export->left_out);
    fq_err err = cli_print(export->cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

static fq_err write_file(struct export *export, const char *path, struct fq_why *out_why)
{
    struct sheet_column columns[MAP_COLUMNS_MAX];
    const struct sheet sheet = {.name = export->map.sheet,
                                .columns = columns,
                                .cells = export->cells,
                                .column_count = export->map.column_count,
                                .row_count = export->entry_count};

    for (size_t i = 0; i < export->map.column_count; i++) {
        const struct map_column *column = &export->map.columns[export->columns[i]];
        columns[i] = (struct sheet_column){column->name, column->type};
    }
    if (strcmp(path, "-") == 0) {
        sheet_print_csv(stdout, &sheet);
        return cli_flush(out_why);
    }
    fq_err err = sheet_write(path, cli_has(export->cli, "with-parties"), &sheet, out_why);
    return err ? err : print_result(export, path, out_why);
}

/* Party data leaves the vault for a purpose only, and only where the vault is. */
static fq_err check_parties(const struct export *export, struct fq_why *out_why)
{
    const char *purpose = cli_value(export->cli, "purpose");

    if (!cli_has(export->cli, "with-parties")) {
        return FQ_OK;
    }
    if (!purpose || !*purpose) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--with-parties --purpose TEXT");
    }
    return strcmp(export->tables->tier, "county") == 0
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_NOT_HELD, "--with-parties");
}

static fq_err export_all(struct export *export, const char *path, struct fq_why *out_why)
{
    fq_err err = cli_connect(export->cli, &export->client, out_why);

    err = err ? err : cli_tables_open(export->client, &export->tables, out_why);
    err = err ? err : check_parties(export, out_why);
    err = err ? err : list_entries(export, out_why);
    if (!err && export->cli->is_dry_run) {
        return print_result(export, path, out_why);
    }
    if (err) {
        return err;
    }
    register_bind(&export->map, export->columns);
    export->cells =
        calloc(export->entry_count * export->map.column_count + 1, sizeof *export->cells);
    if (!export->cells) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "export");
    }
    for (size_t i = 0; i < export->entry_count && !err; i++) {
        err = write_row(export, i, out_why);
    }
    return err ? err : write_file(export, path, out_why);
}

static void close_export(struct export *export)
{
    cli_tables_close(export->tables);
    cli_disconnect(export->client);
    cli_build_close(&export->text_memory);
    cli_build_close(&export->past_memory);
    free(export->entries);
    free(export->cells);
    free(export);
}

/* A map without an identity column would make what is imported again other disputes. */
static fq_err read_map(struct export *export, struct fq_arena *arena, struct fq_why *out_why)
{
    const char *path = cli_value(export->cli, "map");

    if (!path) {
        return fq_fail(out_why, FQ_REASON_USAGE, "export register FILE --map MAP");
    }
    fq_err err = map_load(path, arena, &export->map, out_why);
    if (!err && export->map.identity < 0) {
        err = fq_fail(out_why, FQ_REASON_MAP, "%s:1: identity", path);
    }
    return err;
}

fq_err export_register(struct cli *cli, struct fq_why *out_why)
{
    struct fq_writer memory = cli_build_open(MAP_MEMORY);
    struct fq_arena arena = fq_arena_over(memory.base, memory.size);
    struct export *export = calloc(1, sizeof *export);

    if (!export || !memory.base) {
        free(export);
        cli_build_close(&memory);
        return fq_fail(out_why, FQ_REASON_LIMIT, "export");
    }
    export->cli = cli;
    export->text_memory = cli_build_open(TEXT_MEMORY);
    export->past_memory = cli_build_open(PAST_MEMORY);
    export->texts = fq_arena_over(export->text_memory.base, export->text_memory.size);
    export->past = fq_arena_over(export->past_memory.base, export->past_memory.size);
    fq_err err = read_day(cli, "from", 0, &export->from, out_why);
    err = err ? err : read_day(cli, "to", FQ_DATE_MAX, &export->to, out_why);
    err = err ? err : read_map(export, &arena, out_why);
    err = err ? err : export_all(export, cli->arguments[0], out_why);
    close_export(export);
    cli_build_close(&memory);
    return err;
}
