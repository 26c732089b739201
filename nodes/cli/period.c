/* `period`: figures that are sealed, kept, compared with what is known since, and made again. */
#include <stdlib.h>
#include <string.h>

#include "fq/core/measure.h"
#include "fq/edge/crypto.h"
#include "period_diff.h"
#include "seal_file.h"

/* ---- seal ---- */

static fq_err read_id(const struct cli *cli, struct fq_id *out_id, struct fq_why *out_why)
{
    const char *text = cli_value(cli, "cmd-id");

    if (!text) {
        fq_random_bytes(out_id->bytes, FQ_ID_SIZE);
        return FQ_OK;
    }
    return fq_hex_decode(text, strlen(text), out_id->bytes, FQ_ID_SIZE)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_FIELD, "--cmd-id %s", text);
}

static fq_err run_seal(struct cli *cli, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct cli_client *client = NULL;
    struct cli_answer answer;
    struct cli_args args;
    struct fq_id id = {{0}};
    fq_err err = read_id(cli, &id, out_why);

    err = err ? err : cli_connect(cli, &client, out_why);
    if (err) {
        return err;
    }
    cli_args_open(&args);
    cli_args_text(&args, "period", cli->arguments[0]);
    cli_args_option(&args, cli, "area");
    cli_args_option(&args, cli, "reason");
    cli_args_bool(&args, "force", cli_has(cli, "force"));
    cli_args_key(&args, "cmd_id");
    fq_write_bytes(&args.pairs, id.bytes, FQ_ID_SIZE);
    err = cli_call_within(client, "period.seal", &args, SEALING_MS, &answer, out_why);
    err = err ? err : cli_print(cli, answer.result, &view, out_why);
    err = err ? err : cli_wait(cli, client, out_why);
    cli_args_close(&args);
    cli_disconnect(client);
    return err;
}

/* ---- ls ---- */

static fq_err run_ls(struct cli *cli, struct fq_why *out_why)
{
    static const char *const columns[] = {"period",  "area",  "node", "made", "forced",
                                          "missing", "count", "kept", "seal", NULL};
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    struct cli_view view = {.columns = is_for_person ? columns : NULL};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    struct cli_client *client = NULL;
    struct cli_args args;
    fq_err err = cli_connect(cli, &client, out_why);

    cli_args_open(&args);
    if (cli->argument_count) {
        cli_args_text(&args, "period", cli->arguments[0]);
    }
    err = err ? err : cli_call_all(client, "period.list", &args, 0, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    cli_args_close(&args);
    cli_disconnect(client);
    cli_build_close(&list);
    return err;
}

/* ---- show ---- */

static void name_month(uint16_t first, uint16_t last, char out[2 * FQ_MONTH_TEXT_SIZE + 2])
{
    char from[FQ_MONTH_TEXT_SIZE], to[FQ_MONTH_TEXT_SIZE];

    fq_month_format(first, from);
    fq_month_format(last, to);
    snprintf(out, 2 * FQ_MONTH_TEXT_SIZE + 2, "%s..%s", from, to);
}

/* The figures as `rollup` tells them, of the moment that was sealed. */
static fq_err show_figures(struct cli *cli, struct cli_client *client,
                           const struct fq_period_seal *seal, struct fq_why *out_why)
{
    static const char *const columns[] = {"area",       "city",       "county",       "name",
                                          "registered", "accepted",   "concluded",    "agreed",
                                          "failed",     "terminated", "success_rate", NULL};
    const char *by = cli_value(cli, "by") ? cli_value(cli, "by") : "area";
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    bool is_plain = strcmp(by, "area") == 0 || strcmp(by, "county") == 0 || strcmp(by, "city") == 0;
    struct cli_view view = {
        .rows = "rows", .total = "total", .columns = is_for_person && is_plain ? columns : NULL};
    char period[2 * FQ_MONTH_TEXT_SIZE + 2], id[2 * FQ_ID_SIZE + 1], area[8];
    struct cli_answer answer;
    struct cli_args args;

    name_month(seal->first_month, seal->last_month, period);
    fq_hex_encode(fq_span_of(seal->id.bytes, FQ_ID_SIZE), id);
    snprintf(area, sizeof area, "%06u", seal->area);
    cli_args_open(&args);
    cli_args_text(&args, "period", seal->period[0] ? seal->period : period);
    cli_args_text(&args, "as_of", id);
    cli_args_text(&args, "area", cli_value(cli, "area") ? cli_value(cli, "area") : area);
    cli_args_list(&args, "by", by);
    fq_err err = cli_call_within(client, "rollup", &args, SEALING_MS, &answer, out_why);
    err = err ? err : cli_print(cli, answer.result, &view, out_why);
    cli_args_close(&args);
    return err;
}

/* Who was missing when it was sealed, and why it was sealed even so. */
static void say_notes(const struct seal_file *file)
{
    struct fq_reader list = fq_reader_over(fq_map_get(file->notes, "missing"));
    struct fq_span reason = fq_map_text(file->notes, "reason");
    uint32_t count = fq_read_array(&list);
    char areas[120] = "";

    for (uint32_t i = 0; i < count && i < 12 && !list.is_bad; i++) {
        size_t used = strlen(areas);
        char area[8];
        cli_copy(area, sizeof area, fq_map_text(fq_read_skip(&list), "area"));
        snprintf(areas + used, sizeof areas - used, " %s", area);
    }
    if (count) {
        cli_say("%s %u:%s%s", cli_title("missing"), count, areas, count > 12 ? " ..." : "");
    }
    if (reason.size) {
        cli_say("%s: %.*s", cli_title("reason"), (int)reason.size, (const char *)reason.data);
    }
}

static fq_err run_show(struct cli *cli, struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    struct seal_file file = {.cells = {0}};
    const char *save = cli_value(cli, "save");
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err
              : seal_file_fetch(client, cli->arguments[0], cli_value(cli, "area"), &file, out_why);
    err = err ? err : seal_file_check(&file, out_why);
    err = err || !save ? err : seal_file_write(&file, save, out_why);
    err = err ? err : show_figures(cli, client, &file.seal, out_why);
    if (!err) {
        say_notes(&file);
    }
    seal_file_close(&file);
    cli_disconnect(client);
    return err;
}

/* ---- verify ---- */

/* What the node made of the seal, kept while it is asked again. */
struct made {
    struct fq_writer room;
    struct fq_span answer;
    uint32_t scope;
};

static void add_check(const struct seal_file *file, struct cli_args *args)
{
    const struct {
        const char *key;
        struct fq_span bytes;
    } parts[] = {{"head", file->head},
                 {"signature", file->signature},
                 {"marks", file->marks},
                 {"salt", fq_map_bytes(file->notes, "salt")}};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        cli_args_key(args, parts[i].key);
        fq_write_bytes(&args->pairs, parts[i].bytes.data, parts[i].bytes.size);
    }
}

/* The first measure in which two groups differ. */
static void name_difference(struct fq_span sealed, struct fq_span made, uint64_t area, char *out,
                            size_t size)
{
    struct fq_reader a = fq_reader_over(sealed), b = fq_reader_over(made);
    struct fq_cell left = {.month = 0}, right = {.month = 0};
    char month[FQ_MONTH_TEXT_SIZE];

    for (;;) {
        bool has_left = fq_period_cells_next(&a, &left);
        bool has_right = fq_period_cells_next(&b, &right);
        if (!has_left && !has_right) {
            snprintf(out, size, "%06u", (unsigned)area);
            return;
        }
        bool is_same_cell =
            has_left && has_right && left.month == right.month && left.dimension == right.dimension;
        const struct fq_cell *named = has_left ? &left : &right;
        for (int m = 0; m < FQ_MEASURES_COUNT; m++) {
            int64_t was = has_left ? left.value[m] : 0;
            int64_t is = is_same_cell ? right.value[m] : has_left ? 0 : right.value[m];
            if (was != is) {
                fq_month_format(named->month, month);
                snprintf(out, size, "%06u %s %s: %lld / %lld", (unsigned)area, month,
                         fq_measure_row((enum fq_measure)m)->name, (long long)was, (long long)is);
                return;
            }
        }
    }
}

/* Ask for the cells of the group, and name what differs in it. */
static fq_err look_into(struct cli_client *client, const struct seal_file *file, uint64_t table,
                        uint64_t area, char *out, size_t size, struct fq_why *out_why)
{
    struct cli_answer answer;
    struct cli_args args;

    cli_args_open(&args);
    add_check(file, &args);
    cli_args_uint(&args, "group_table", table);
    cli_args_uint(&args, "group_area", area);
    fq_err err = cli_call_within(client, "period.check", &args, SEALING_MS, &answer, out_why);
    if (!err) {
        name_difference(fq_period_cells_group(file->cells, table, area),
                        fq_map_bytes(answer.result, "cells"), area, out, size);
    }
    cli_args_close(&args);
    return err;
}

static bool is_in_scope(const struct cli_tables *tables, uint32_t scope, uint64_t area)
{
    return fq_areas_covers(&tables->areas, scope, (uint32_t)area);
}

/* The first group whose checksum is another, or which only one side has. */
static bool find_group(const struct cli_tables *tables, const struct seal_file *file,
                       const struct made *made, uint64_t *out_table, uint64_t *out_area)
{
    struct fq_reader groups = fq_reader_over(fq_map_get(made->answer, "groups"));
    struct fq_reader cells = fq_reader_over(file->cells);
    uint32_t count = fq_read_array(&groups);
    struct fq_cell cell;

    for (uint32_t i = 0; i < count && !groups.is_bad; i++) {
        (void)fq_read_array(&groups);
        *out_table = fq_read_uint(&groups);
        *out_area = fq_read_uint(&groups);
        uint64_t checksum = fq_read_uint(&groups);
        if (fq_hash_quick(fq_period_cells_group(file->cells, *out_table, *out_area)) != checksum) {
            return true;
        }
    }
    while (fq_period_cells_next(&cells, &cell)) {
        bool is_there = !is_in_scope(tables, made->scope, cell.area);
        struct fq_reader again = fq_reader_over(fq_map_get(made->answer, "groups"));
        count = fq_read_array(&again);
        for (uint32_t i = 0; i < count && !is_there && !again.is_bad; i++) {
            (void)fq_read_array(&again);
            uint64_t table = fq_read_uint(&again), area = fq_read_uint(&again);
            (void)fq_read_uint(&again);
            is_there = table == cell.table && area == cell.area;
        }
        if (!is_there) {
            *out_table = cell.table;
            *out_area = cell.area;
            return true;
        }
    }
    return false;
}

static bool is_same(const struct made *made, const char *key, const void *bytes, size_t size)
{
    return fq_span_equal(fq_map_bytes(made->answer, key), fq_span_of(bytes, size));
}

/* What differs, empty when nothing does. Of a node that holds only its own area, its own cells. */
static fq_err compare(struct cli_client *client, const struct cli_tables *tables,
                      const struct seal_file *file, const struct made *made, char *out, size_t size,
                      struct fq_why *out_why)
{
    const struct fq_period_seal *seal = &file->seal;
    bool is_whole = made->scope == seal->area;
    uint64_t table = 0, area = 0;
    uint8_t digest[16];

    fq_put_be64(digest, seal->digest.high);
    fq_put_be64(digest + 8, seal->digest.low);
    if (!fq_span_equal(fq_map_text(made->answer, "signature"), fq_span_text("good"))) {
        snprintf(out, size, "%s", "signature");
    } else if (fq_map_uint(made->answer, "metrics") != seal->metrics) {
        snprintf(out, size, "metrics: v%u", seal->metrics);
    } else if (find_group(tables, file, made, &table, &area)) {
        return look_into(client, file, table, area, out, size, out_why);
    } else if (is_whole && !is_same(made, "cells", seal->cells.bytes, FQ_HASH_SIZE)) {
        snprintf(out, size, "%s", "cells");
    } else if (is_whole && !is_same(made, "digest", digest, sizeof digest)) {
        snprintf(out, size, "%s", "digest");
    } else if (is_whole && fq_map_uint(made->answer, "count") != seal->count) {
        snprintf(out, size, "count: %llu / %llu", (unsigned long long)seal->count,
                 (unsigned long long)fq_map_uint(made->answer, "count"));
    } else if (is_whole && !is_same(made, "root", seal->root.bytes, FQ_HASH_SIZE)) {
        snprintf(out, size, "%s", "root");
    }
    return FQ_OK;
}

static fq_err tell(struct cli *cli, const struct seal_file *file, uint32_t scope,
                   const char *difference, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct fq_writer writer = cli_build_open(4096);
    char id[2 * FQ_ID_SIZE + 1], code[16];

    fq_hex_encode(fq_span_of(file->seal.id.bytes, FQ_ID_SIZE), id);
    fq_write_map(&writer, 8);
    cli_write_pair_text(&writer, "seal", id);
    cli_write_pair_text(&writer, "period", file->seal.period);
    snprintf(code, sizeof code, "%06u", file->seal.area);
    cli_write_pair_text(&writer, "area", code);
    snprintf(code, sizeof code, "%08u", file->seal.node);
    cli_write_pair_text(&writer, "node", code);
    snprintf(code, sizeof code, "%06u", scope);
    cli_write_pair_text(&writer, "scope", code);
    cli_write_pair_uint(&writer, "count", file->seal.count);
    cli_write_pair_bool(&writer, "match", !difference[0]);
    if (difference[0]) {
        cli_write_pair_text(&writer, "first_difference", difference);
    } else {
        cli_write_pair_nil(&writer, "first_difference");
    }
    fq_err err = cli_print(cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err || !difference[0] ? err : fq_fail(out_why, FQ_REASON_SEAL_DIFFERS, "%s", difference);
}

static fq_err verify(struct cli *cli, struct cli_client *client, const struct seal_file *file,
                     struct fq_why *out_why)
{
    struct made made = {.room = cli_build_open(CLI_VALUE_MAX)};
    struct cli_tables *tables = NULL;
    char difference[160] = "";
    struct cli_answer answer;
    struct cli_args args;
    fq_err err = cli_tables_open(client, &tables, out_why);

    cli_args_open(&args);
    add_check(file, &args);
    err = err ? err : cli_call_within(client, "period.check", &args, SEALING_MS, &answer, out_why);
    if (!err) {
        fq_write_raw(&made.room, answer.result);
        made.answer = fq_writer_span(&made.room);
        made.scope = (uint32_t)fq_map_uint(made.answer, "scope");
        err = compare(client, tables, file, &made, difference, sizeof difference, out_why);
    }
    err = err ? err : tell(cli, file, made.scope, difference, out_why);
    cli_args_close(&args);
    cli_tables_close(tables);
    cli_build_close(&made.room);
    return err;
}

static fq_err run_verify(struct cli *cli, struct fq_why *out_why)
{
    struct cli_client *client = NULL;
    struct seal_file file = {.cells = {0}};
    const char *name = cli->arguments[0];
    fq_err err = cli_connect(cli, &client, out_why);

    if (!err) {
        err = seal_file_is(name)
                  ? seal_file_read(name, &file, out_why)
                  : seal_file_fetch(client, name, cli_value(cli, "area"), &file, out_why);
    }
    err = err ? err : seal_file_check(&file, out_why);
    err = err ? err : verify(cli, client, &file, out_why);
    seal_file_close(&file);
    cli_disconnect(client);
    return err;
}

/* ---- commands ---- */

static const struct cli_option seal_options[] = {
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {"force", 0, NULL, N_("also when somebody is missing; needs --reason")},
    {"reason", 0, "TEXT", N_("why it is sealed though somebody is missing")},
    {"cmd-id", 0, "HEX", N_("command id, so that repeating the command adds nothing")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option show_options[] = {
    {"area", 0, "CODE", N_("area (default: the seal's)")},
    {"by", 0, "NAME,...", N_("area, city, county, type, kind, month (default: area)")},
    {"save", 0, "FILE", N_("write the whole seal to a file, for `period verify`")},
    {NULL, 0, NULL, NULL},
};
static const struct cli_option verify_options[] = {
    {"area", 0, "CODE", N_("area whose seal is meant (default: the node's own)")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_period_commands[] = {
    {"period", "seal", "PERIOD", 1, 1, N_("Seal the figures of a period as they are now."),
     seal_options, run_seal},
    {"period", "ls", "[PERIOD]", 0, 1, N_("List the seals of this node and of other tiers."), NULL,
     run_ls},
    {"period", "show", "PERIOD|SEAL", 1, 1, N_("Show the figures that were sealed."), show_options,
     run_show},
    {"period", "diff", "PERIOD|SEAL", 1, 1, N_("What changed since a seal, and why."),
     period_diff_options, period_diff},
    {"period", "verify", "PERIOD|SEAL|FILE", 1, 1,
     N_("Make a seal again from this node's own log and compare."), verify_options, run_verify},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
