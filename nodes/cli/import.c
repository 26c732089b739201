/* `import FILE --map MAP`: a ledger of somebody else's becomes disputes.
 *
 * Rows are sent in requests of whole rows, several on their way at once. Importing again is safe:
 * every command's id follows from its row (I2), so what is there is counted as `already`, and an
 * import that broke off is finished by another.
 *
 * J1  The area is decided before anything else: a bad row is refused at one node only.
 * J2  A refused row never stops another.
 * J3  A row is taken in whole or not at all.
 * J4  A dry run goes the same way to the same verdicts. */
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "fq/base/hash.h"
#include "fq/edge/workbook.h"
#include "import_correct.h"
#include "refusals.h"

#define MAP_MEMORY (64u << 20)         /* address space; look-up tables */
#define ROW_MEMORY (4u << 20)          /* address space; a long past is read into it too */
#define REQUEST_BYTES_MAX (200u << 10) /* of commands and vault texts together */
#define REQUEST_COMMANDS_MAX 4096
#define WINDOW 8 /* requests on their way */

struct sent_row {
    uint32_t line;
    uint32_t command_count;
};

struct request {
    uint64_t id; /* 0: free */
    struct sent_row rows[REQUEST_COMMANDS_MAX];
    size_t row_count;
};

struct import {
    const struct cli *cli;
    struct cli_client *client;
    struct cli_tables *tables;
    struct map map;
    struct row_seen seen, seen_disputes;
    struct fq_arena row_arena;
    bool has_header, has_vault, is_second_pass;
    struct row row;

    struct request window[WINDOW];
    struct request *open;             /* the request being filled */
    struct fq_writer commands, vault; /* its contents */
    uint32_t command_count, vault_count;

    uint32_t *known_lines; /* of rows whose dispute was there already, ascending */
    size_t known_count, known_capacity, known_next;

    uint64_t rows, imported, already, skipped, events, corrected;
    struct refusals refusals;
};

/* ---- answers ---- */

/* A row whose dispute is there already may have changed: it is looked at again at the end. */
static fq_err remember(struct import *import, uint32_t line, struct fq_why *out_why)
{
    import->already++;
    if (import->known_count == import->known_capacity) {
        size_t capacity = import->known_capacity ? import->known_capacity * 2 : 1024;
        uint32_t *more = realloc(import->known_lines, capacity * sizeof *more);
        if (!more) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "import");
        }
        import->known_lines = more;
        import->known_capacity = capacity;
    }
    import->known_lines[import->known_count++] = line;
    return FQ_OK;
}

/* A row is refused when its commands are, else new when one is, else already there. */
static fq_err take_row_answer(struct import *import, const struct sent_row *row,
                              struct fq_reader *reader, struct fq_why *out_why)
{
    struct fq_why why = {0};
    uint32_t new_count = 0;
    bool is_known = false;

    for (uint32_t i = 0; i < row->command_count; i++) {
        struct fq_span detail;
        unsigned status = cli_read_verdict(reader, &detail);
        new_count += status == 0;
        is_known |= i == 0 && status == 1;
        if (status > 1 && !why.reason) {
            (void)fq_fail(&why, (enum fq_reason)status, "%.*s", (int)detail.size,
                          detail.size ? (const char *)detail.data : "");
        }
    }
    if (is_known && (why.reason || new_count == 0) && import->map.key >= 0) {
        return remember(import, row->line, out_why);
    }
    if (why.reason) {
        return refusals_add(&import->refusals, row->line, &why, out_why);
    }
    import->events += new_count;
    import->imported += new_count > 0;
    import->already += new_count == 0;
    return FQ_OK;
}

/* Wait for one answer and take it. */
static fq_err take_answer(struct import *import, struct fq_why *out_why)
{
    struct cli_answer answer;
    fq_err err = cli_receive(import->client, CLI_ANSWER_MS, &answer, out_why);

    err = err ? err : cli_answer_err(&answer, out_why);
    if (err) {
        return err;
    }
    for (size_t i = 0; i < WINDOW; i++) {
        struct request *request = &import->window[i];
        if (request->id != answer.id || request == import->open) {
            continue;
        }
        struct fq_reader reader = fq_reader_over(answer.result);
        (void)fq_read_array(&reader);
        for (size_t j = 0; j < request->row_count && !err; j++) {
            err = take_row_answer(import, &request->rows[j], &reader, out_why);
        }
        request->id = 0;
        return err;
    }
    return FQ_OK;
}

/* ---- requests ---- */

static struct request *find_free(struct import *import)
{
    for (size_t i = 0; i < WINDOW; i++) {
        if (import->window[i].id == 0) {
            return &import->window[i];
        }
    }
    return NULL;
}

static fq_err open_request(struct import *import, struct fq_why *out_why)
{
    while (!import->open) {
        import->open = find_free(import);
        if (!import->open) {
            fq_err err = take_answer(import, out_why);
            if (err) {
                return err;
            }
        }
    }
    import->open->row_count = 0;
    import->commands.used = import->vault.used = 0;
    import->command_count = import->vault_count = 0;
    return FQ_OK;
}

static fq_err send_request(struct import *import, struct fq_why *out_why)
{
    struct cli_args args;

    if (!import->open || import->open->row_count == 0) {
        return FQ_OK;
    }
    cli_args_open(&args);
    cli_args_key(&args, "commands");
    fq_write_array(&args.pairs, import->command_count);
    fq_write_raw(&args.pairs, fq_writer_span(&import->commands));
    cli_args_key(&args, "rows"); /* J3 */
    fq_write_array(&args.pairs, (uint32_t)import->open->row_count);
    for (size_t i = 0; i < import->open->row_count; i++) {
        fq_write_uint(&args.pairs, import->open->rows[i].command_count);
    }
    if (import->vault_count) {
        cli_args_key(&args, "vault");
        fq_write_array(&args.pairs, import->vault_count);
        fq_write_raw(&args.pairs, fq_writer_span(&import->vault));
    }
    if (import->cli->is_dry_run) {
        cli_args_bool(&args, "dry_run", true);
    }
    fq_err err =
        cli_send(import->client, "submit", &args, (struct fq_span){0}, &import->open->id, out_why);
    cli_args_close(&args);
    import->open = NULL;
    return err;
}

static size_t row_size(const struct row *row)
{
    size_t size = row->event_count * 8;

    for (size_t i = 0; i < row->event_count; i++) {
        size += row->events[i].record.size;
    }
    for (size_t i = 0; i < row->vault_count; i++) {
        size += row->vault[i].text.size + 16;
    }
    return size;
}

static fq_err add_row(struct import *import, uint32_t line, struct fq_why *out_why)
{
    const struct row *row = &import->row;
    fq_err err = FQ_OK;
    size_t used = import->commands.used + import->vault.used;

    if (import->open && (used + row_size(row) > REQUEST_BYTES_MAX ||
                         import->command_count + row->event_count > REQUEST_COMMANDS_MAX)) {
        err = send_request(import, out_why);
    }
    if (!err && !import->open) {
        err = open_request(import, out_why);
    }
    if (err) {
        return err;
    }
    for (size_t i = 0; i < row->vault_count; i++) {
        fq_write_array(&import->vault, 3);
        fq_write_uint(&import->vault, import->command_count); /* the registration */
        fq_write_uint(&import->vault, row->vault[i].field);
        fq_write_text_span(&import->vault, row->vault[i].text);
        import->vault_count++;
    }
    for (size_t i = 0; i < row->event_count; i++) {
        struct fq_span record = row->events[i].record;
        fq_write_bytes(&import->commands, record.data, record.size);
        import->command_count++;
    }
    import->open->rows[import->open->row_count++] =
        (struct sent_row){line, (uint32_t)row->event_count};
    return FQ_OK;
}

/* ---- rows ---- */

/* Encode the row's commands into the row's arena. */
static fq_err encode_row(struct import *import, struct fq_why *out_why)
{
    struct row *row = &import->row;

    for (size_t i = 0; i < row->event_count; i++) {
        struct fq_writer writer = fq_writer_take(&import->row_arena, FQ_RECORD_MAX);
        fq_event_encode(&row->events[i], &writer);
        row->events[i].record = fq_writer_span(&writer);
        if (writer.is_full || row->events[i].record.size == 0) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "%s", fq_kind_row(row->events[i].kind)->name);
        }
    }
    if (row_size(row) > REQUEST_BYTES_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "vault");
    }
    return FQ_OK;
}

/* Whether the row is this node's business; false when it is another's (J1). */
static fq_err judge_area(struct import *import, const struct fq_csv_row *csv, bool *out_is_ours,
                         struct fq_why *out_why)
{
    const struct fq_areas *areas = &import->tables->areas;
    fq_err err = row_area(&import->map, csv->fields, csv->field_count, &import->row.area, out_why);

    if (err) {
        return err;
    }
    if (!fq_areas_find(areas, import->row.area)) {
        return fq_fail(out_why, FQ_REASON_ROW_VALUE, "%06u", (unsigned)import->row.area);
    }
    *out_is_ours = fq_areas_covers(areas, import->tables->area, import->row.area);
    return FQ_OK;
}

enum judgement {
    ROW_NEW,       /* to be sent */
    ROW_KNOWN,     /* names its dispute: to be compared */
    ROW_UNCHANGED, /* since it was exported */
    ROW_SKIPPED,
};

/* Which dispute an identity names: its id, or what the node finds under it. */
static fq_err find_identity(struct import *import, struct fq_span identity, struct fq_id *out_id,
                            struct fq_why *out_why)
{
    char name[2 * FQ_ID_SIZE + 16];
    struct cli_args args;
    struct cli_answer answer;

    snprintf(name, sizeof name, "%.*s", (int)(identity.size < sizeof name ? identity.size : 0),
             (const char *)identity.data);
    cli_args_open(&args);
    cli_args_text(&args, "dispute", name);
    fq_err err = cli_call(import->client, "dispute.find", &args, &answer, out_why);
    cli_args_close(&args);
    struct fq_span id = err ? identity : fq_map_text(answer.result, "id");
    if (!err && !fq_hex_decode((const char *)id.data, id.size, out_id->bytes, FQ_ID_SIZE)) {
        err = fq_fail(out_why, FQ_REASON_BYTES, "dispute.find");
    }
    return err;
}

/* No dispute stands twice in a file: which line was right nobody could say. */
static fq_err check_twice(struct import *import, const struct fq_id *id, uint32_t line,
                          struct fq_why *out_why)
{
    uint32_t first =
        import->is_second_pass ? line : row_first_line(&import->seen_disputes, id, line);

    if (first == 0) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "import");
    }
    return first == line
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_ROW_TWICE, "%u / %u", (unsigned)first, (unsigned)line);
}

/* A row that names its dispute: in the first pass it is only noted. */
static fq_err judge_identity(struct import *import, const struct fq_csv_row *csv,
                             struct fq_span identity, enum judgement *out_judgement,
                             struct fq_why *why)
{
    const struct map *map = &import->map;
    struct fq_id *id = &import->row.id;
    char fingerprint[17];

    if (!fq_hex_decode((const char *)identity.data, identity.size, id->bytes, FQ_ID_SIZE)) {
        fq_hash_id(&identity, 1, id);
    }
    *out_judgement = ROW_KNOWN;
    if (!import->is_second_pass) {
        return check_twice(import, id, csv->line, why);
    }
    fq_err err = find_identity(import, identity, id, why);
    row_fingerprint(map, csv->fields, csv->field_count, fingerprint);
    if (!err && fq_span_equal(row_cell(map, map->fingerprint, csv->fields, csv->field_count),
                              fq_span_text(fingerprint))) {
        *out_judgement = ROW_UNCHANGED;
    }
    return err;
}

/* Which dispute the row is about. Every well-formed row without an identity counts as an
 * occurrence (I2), foreign ones too. */
static fq_err judge_dispute(struct import *import, const struct fq_csv_row *csv, fq_err area_err,
                            bool is_ours, enum judgement *out_judgement, struct fq_why *why)
{
    struct map *map = &import->map;
    struct fq_span identity = row_cell(map, map->identity, csv->fields, csv->field_count);

    if (!identity.size && !csv->is_malformed &&
        !row_id(map, csv->fields, csv->field_count, area_err ? 0 : import->row.area, &import->seen,
                &import->row.id)) {
        return fq_fail(why, FQ_REASON_LIMIT, "import");
    }
    if (area_err) { /* nobody can tell where a row that cannot be read belongs */
        return csv->is_malformed ? fq_fail(why, csv->reason, "%s", "") : area_err;
    }
    if (!is_ours) {
        *out_judgement = ROW_SKIPPED;
        return map->is_skipping_foreign
                   ? FQ_OK
                   : fq_fail(why, FQ_REASON_AREA_FOREIGN, "%06u", (unsigned)import->row.area);
    }
    if (csv->is_malformed) {
        return fq_fail(why, csv->reason, "%s", "");
    }
    if (identity.size) {
        return judge_identity(import, csv, identity, out_judgement, why);
    }
    if (!row_has_key(map, csv->fields, csv->field_count)) {
        return fq_fail(why, FQ_REASON_FIELD, "%s", map->columns[map->key].name);
    }
    return map->key < 0 ? FQ_OK : check_twice(import, &import->row.id, csv->line, why);
}

/* The row's refusal is in `why`; what stops the whole import is returned. */
static fq_err judge_row(struct import *import, const struct fq_csv_row *csv,
                        enum judgement *out_judgement, struct fq_why *why)
{
    bool is_ours = false;

    *out_judgement = ROW_NEW;
    fq_arena_reset(&import->row_arena);
    fq_err err = judge_area(import, csv, &is_ours, why);
    err = judge_dispute(import, csv, err, is_ours, out_judgement, why);
    if (err || *out_judgement == ROW_SKIPPED || *out_judgement == ROW_UNCHANGED ||
        (*out_judgement == ROW_KNOWN && !import->is_second_pass)) {
        return err;
    }
    err = row_events(&import->map, &import->tables->codes, csv->fields, csv->field_count,
                     &import->row_arena, &import->row, why);
    if (!import->has_vault) {
        import->row.vault_count = 0;
    }
    return err ? err : encode_row(import, why);
}

/* A failure that is not the row's own ends the import. */
static bool is_of_row(const struct fq_why *why)
{
    return why->reason != FQ_REASON_UNREACHED && why->reason != FQ_REASON_BYTES;
}

static fq_err take_row(void *context, const struct fq_csv_row *csv, struct fq_why *out_why)
{
    struct import *import = context;
    struct fq_why why = {0};
    enum judgement judgement;

    if (!import->has_header) {
        import->has_header = true;
        return map_bind(&import->map, csv->fields, csv->field_count, out_why);
    }
    import->rows++;
    if (judge_row(import, csv, &judgement, &why)) {
        return refusals_add(&import->refusals, csv->line, &why, out_why); /* J2 */
    }
    if (judgement == ROW_SKIPPED) {
        import->skipped++;
        return FQ_OK;
    }
    return judgement == ROW_KNOWN ? remember(import, csv->line, out_why)
                                  : add_row(import, csv->line, out_why);
}

/* ---- rows of known disputes ---- */

static fq_err take_known_row(void *context, const struct fq_csv_row *csv, struct fq_why *out_why)
{
    struct import *import = context;
    struct fq_why why = {0};
    enum judgement judgement;
    struct row_changes changes = {0};

    if (import->known_next == import->known_count ||
        csv->line != import->known_lines[import->known_next]) {
        return FQ_OK;
    }
    import->known_next++;
    fq_err err = judge_row(import, csv, &judgement, &why);
    if (!err && judgement != ROW_UNCHANGED) {
        err = correct_row(import->cli, import->client, &import->map, &import->tables->codes,
                          &import->row, &import->row_arena, &changes, &why);
    }
    if (err && !is_of_row(&why)) {
        return fq_fail(out_why, why.reason, "%s", why.detail);
    }
    import->already -= err || changes.corrected || changes.added;
    if (err) {
        return refusals_add(&import->refusals, csv->line, &why, out_why);
    }
    import->corrected += changes.corrected > 0;
    import->imported += changes.corrected == 0 && changes.added > 0;
    import->events += changes.corrected + changes.added;
    return FQ_OK;
}

static int compare_lines(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static fq_err read_rows(struct import *import, const char *path,
                        fq_err (*take)(void *context, const struct fq_csv_row *row,
                                       struct fq_why *out_why),
                        struct fq_why *out_why)
{
    return fq_workbook_is(path) ? fq_workbook_read(path, take, import, out_why)
                                : fq_csv_read(path, take, import, out_why);
}

static fq_err correct_known(struct import *import, const char *path, struct fq_why *out_why)
{
    import->is_second_pass = true;
    if (import->known_count == 0) {
        return FQ_OK;
    }
    qsort(import->known_lines, import->known_count, sizeof *import->known_lines, compare_lines);
    return read_rows(import, path, take_known_row, out_why);
}

static fq_err finish_requests(struct import *import, struct fq_why *out_why)
{
    fq_err err = send_request(import, out_why);

    for (size_t i = 0; i < WINDOW; i++) {
        while (!err && import->window[i].id) {
            err = take_answer(import, out_why);
        }
    }
    return err;
}

/* ---- result ---- */

static void write_result(struct import *import, struct fq_writer *writer)
{
    fq_write_map(writer, 8);
    cli_write_pair_uint(writer, "rows", import->rows);
    cli_write_pair_uint(writer, "imported", import->imported);
    cli_write_pair_uint(writer, "already", import->already);
    cli_write_pair_uint(writer, "refused", import->refusals.count);
    cli_write_pair_uint(writer, "skipped", import->skipped);
    cli_write_pair_uint(writer, "corrected", import->corrected);
    cli_write_pair_uint(writer, "events", import->events);
    refusals_write(&import->refusals, writer);
}

static fq_err print_result(struct import *import, struct fq_why *out_why)
{
    static const char *const counts[] = {"rows",    "imported",  "already", "refused",
                                         "skipped", "corrected", "events",  NULL};
    static const struct cli_view view = {.columns = counts};
    struct fq_writer writer = cli_build_open(CLI_VALUE_MAX);

    write_result(import, &writer);
    fq_err err =
        refusals_print(&import->refusals, import->cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

static fq_err import_file(struct import *import, const char *path, struct fq_why *out_why)
{
    fq_err err = cli_connect(import->cli, &import->client, out_why);

    err = err ? err : cli_tables_open(import->client, &import->tables, out_why);
    if (err) {
        return err;
    }
    import->has_vault = strcmp(import->tables->tier, "county") == 0;
    if (!import->has_vault && import->map.vault_count) {
        cli_say("%s", _("Only counties keep party data; the map's vault columns stay out."));
    }
    err = read_rows(import, path, take_row, out_why);
    err = err ? err : finish_requests(import, out_why);
    err = err ? err : correct_known(import, path, out_why);
    struct fq_why print_why;
    if (import->has_header && (!err || import->rows)) {
        fq_err print_err = print_result(import, &print_why); /* counts so far, also on failure */
        if (!err && print_err) {
            return fq_fail(out_why, print_why.reason, "%s", print_why.detail);
        }
    }
    if (!err && import->cli->is_dry_run) {
        cli_say("%s", _("Dry run: nothing was written."));
    } else if (!err) {
        err = cli_wait(import->cli, import->client, out_why);
    }
    return err || !import->refusals.count ? err : FQ_ERR_REFUSED;
}

static void close_import(struct import *import)
{
    refusals_close(&import->refusals);
    free(import->known_lines);
    row_seen_close(&import->seen);
    row_seen_close(&import->seen_disputes);
    cli_tables_close(import->tables);
    cli_disconnect(import->client);
    cli_build_close(&import->commands);
    cli_build_close(&import->vault);
    free(import->row_arena.base);
    free(import);
}

static fq_err run_import(struct cli *cli, struct fq_why *out_why)
{
    const char *map_path = cli_value(cli, "map");
    struct fq_writer memory = cli_build_open(MAP_MEMORY);
    struct fq_arena arena = fq_arena_over(memory.base, memory.size);
    struct import *import = calloc(1, sizeof *import);
    void *row_memory = malloc(ROW_MEMORY);

    if (!import || !row_memory || !memory.base) {
        free(import);
        free(row_memory);
        cli_build_close(&memory);
        return fq_fail(out_why, FQ_REASON_LIMIT, "import");
    }
    import->cli = cli;
    import->row_arena = fq_arena_over(row_memory, ROW_MEMORY);
    import->commands = cli_build_open(2 * REQUEST_BYTES_MAX);
    import->vault = cli_build_open(2 * REQUEST_BYTES_MAX);
    fq_err err = map_path ? FQ_OK : fq_fail(out_why, FQ_REASON_USAGE, "import FILE --map MAP");
    err = err ? err : map_load(map_path, &arena, &import->map, out_why);
    err = err ? err : import_file(import, cli->arguments[0], out_why);
    close_import(import);
    cli_build_close(&memory);
    return err;
}

static const struct cli_option import_options[] = {
    {"map", 0, "MAP", N_("import map: how the columns become events")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_import_commands[] = {
    {"import", NULL, "FILE", 1, 1,
     N_("Import a ledger (CSV or .xlsx); importing again adds only what is new."), import_options,
     run_import},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
