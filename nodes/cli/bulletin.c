#include "bulletin.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/period.h"
#include "fq/core/press.h"
#include "page.h"
#include "seal_file.h"
#include "share.h"

#define MEMORY_SIZE (64u << 20)
#define VALUES_SIZE (8u << 20)
#define PAGE_MAX (16u << 20)
#define SAID_MAX 10 /* missing areas named in a sentence */

/* ---- words ---- */

const char *bulletin_text(struct bulletin *bulletin, const char *format, ...)
{
    char text[BULLETIN_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct fq_span copy = fq_arena_copy(&bulletin->arena, fq_span_of(text, strlen(text) + 1));
    return copy.data ? (const char *)copy.data : "";
}

const char *bulletin_setting(const struct bulletin *bulletin, const char *path, const char *name)
{
    char whole[96];

    snprintf(whole, sizeof whole, "%s.%s_%s", path, name, bulletin->is_chinese ? "zh" : "en");
    const struct fq_setting *setting = fq_settings_find(bulletin->settings, whole);
    return setting ? setting->text : "";
}

bool bulletin_is_hidden(struct bulletin *bulletin, struct fq_span figures, const char *measure)
{
    struct fq_span value = fq_map_get(figures, measure);
    struct fq_reader reader = fq_reader_over(value);
    bool is_hidden = value.size > 0 && fq_read_type(&reader) == FQ_CODEC_NIL;

    bulletin->has_hidden |= is_hidden;
    return is_hidden;
}

const char *bulletin_growth(struct bulletin *bulletin, int64_t now, int64_t base)
{
    char percent[FQ_PRESS_SIZE];

    if (base <= 0 || now < 0) {
        return "";
    }
    if (now == base) {
        return _("as many as the year before");
    }
    fq_press_percent((uint64_t)(now > base ? now - base : base - now), (uint64_t)base, 1, percent);
    return bulletin_text(
        bulletin, now > base ? _("up %s on the year before") : _("down %s on the year before"),
        percent);
}

const char *bulletin_count(struct bulletin *bulletin, int64_t value)
{
    static const struct fq_press form = {FQ_PRESS_ROUNDED, 100, false};
    char text[FQ_PRESS_SIZE];

    if (bulletin->is_chinese) {
        fq_press_zh(value, &form, text);
    } else {
        fq_press_en(value, &form, text);
    }
    return bulletin_text(bulletin, _("%s cases"), text);
}

/* ---- asking the node ---- */

static fq_err keep(struct bulletin *bulletin, struct fq_span answer, struct fq_span *out_copy,
                   struct fq_why *out_why)
{
    struct fq_span copy = fq_arena_copy(&bulletin->arena, answer);

    if (!copy.data) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "bulletin");
    }
    *out_copy = copy;
    return FQ_OK;
}

static void open_args(const struct bulletin *bulletin, const char *period, struct cli_args *args)
{
    const char *area = cli_value(bulletin->cli, "area");

    cli_args_open(args);
    cli_args_text(args, "period", period);
    if (area) {
        cli_args_text(args, "area", area);
    }
    if (bulletin->seal) { /* the year before, too, as it was known then */
        cli_args_text(args, "as_of", bulletin->seal);
    }
}

/* A rollup. */
static fq_err ask_rollup(struct bulletin *bulletin, const char *period, const char *by,
                         struct fq_span *out_answer, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    open_args(bulletin, period, &args);
    cli_args_bool(&args, "public", true);
    if (by) {
        cli_args_key(&args, "by");
        fq_write_array(&args.pairs, 1);
        fq_write_text(&args.pairs, by);
    }
    fq_err err = cli_call(bulletin->client, "rollup", &args, &answer, out_why);
    cli_args_close(&args);
    return err ? err : keep(bulletin, answer.result, out_answer, out_why);
}

static fq_err ask_activities(struct bulletin *bulletin, const char *period,
                             struct fq_span *out_rows, struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    open_args(bulletin, period, &args);
    fq_err err = cli_call(bulletin->client, "activity.list", &args, &answer, out_why);
    cli_args_close(&args);
    return err ? err : keep(bulletin, answer.result, out_rows, out_why);
}

static fq_err ask_all(struct bulletin *bulletin, const char *period,
                      struct bulletin_answers *answers, struct fq_why *out_why)
{
    fq_err err = ask_rollup(bulletin, period, NULL, &answers->total, out_why);

    err = err ? err : ask_rollup(bulletin, period, "type", &answers->types, out_why);
    err = err ? err : ask_rollup(bulletin, period, "month", &answers->months, out_why);
    err = err ? err : ask_rollup(bulletin, period, "area", &answers->areas, out_why);
    err = err ? err : ask_rollup(bulletin, period, "kind", &answers->kinds, out_why);
    return err ? err : ask_activities(bulletin, period, &answers->activities, out_why);
}

/* The same period a year before: each year in its name less one. "" of a campaign. */
static void find_base_period(struct bulletin *bulletin)
{
    struct fq_period period;
    char *at = bulletin->base_period;

    if (!fq_period_parse(fq_span_text(bulletin->period), &period)) {
        return;
    }
    snprintf(bulletin->base_period, sizeof bulletin->base_period, "%s", bulletin->period);
    while (at) {
        char year[5] = "";
        memcpy(year, at, strnlen(at, 4));
        snprintf(year, sizeof year, "%04lu", (strtoul(year, NULL, 10) + 9999) % 10000);
        memcpy(at, year, 4);
        at = strstr(at, "..");
        at = at ? at + 2 : NULL;
    }
    if (!fq_period_parse(fq_span_text(bulletin->base_period), &period)) {
        bulletin->base_period[0] = '\0';
    }
}

/* ---- what the page is filled with ---- */

static const char *name_area(struct bulletin *bulletin)
{
    char code[8];

    cli_copy(code, sizeof code, fq_map_text(bulletin->now.total, "area"));
    const struct fq_area *area =
        fq_areas_find(&bulletin->tables->areas, (uint32_t)strtoul(code, NULL, 10));
    return !area                  ? bulletin_text(bulletin, "%s", code)
           : bulletin->is_chinese ? area->name_zh
                                  : area->name_en;
}

/* 上半年 is how the half-year is called; other periods by their days. */
static const char *name_period(struct bulletin *bulletin)
{
    const char *text = bulletin->period;
    size_t size = strlen(text);

    if (size == 6 && text[4] == 'H') {
        return text[5] == '1' ? bulletin_text(bulletin, _("first half of %.4s"), text)
                              : bulletin_text(bulletin, _("second half of %.4s"), text);
    }
    if (size == 4) {
        return bulletin_text(bulletin, _("the year %.4s"), text);
    }
    return text;
}

/* The missing counties by name, as far as a sentence goes. */
static const char *list_missing(struct bulletin *bulletin, const char *key)
{
    struct fq_span list = fq_map_get(bulletin->now.total, key);
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = list.size ? fq_read_array(&reader) : 0;
    const char *names = "";

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        char code[8];
        cli_copy(code, sizeof code, fq_map_text(fq_read_skip(&reader), "area"));
        const struct fq_area *area =
            fq_areas_find(&bulletin->tables->areas, (uint32_t)strtoul(code, NULL, 10));
        const char *name = !area ? code : bulletin->is_chinese ? area->name_zh : area->name_en;
        const char *comma = !*names ? "" : bulletin->is_chinese ? "、" : ", ";
        if (i == SAID_MAX) {
            return bulletin_text(bulletin, _("%s and others, %u in all"), names, count);
        }
        names = bulletin_text(bulletin, "%s%s%s", names, comma, name);
    }
    return names;
}

/* County-level areas that the figures are of. */
static uint32_t count_counties(const struct bulletin *bulletin)
{
    struct fq_span code = fq_map_text(bulletin->now.total, "area");
    const struct fq_areas *areas = &bulletin->tables->areas;
    uint16_t last = 0;
    char text[8];
    uint32_t count = 0;

    cli_copy(text, sizeof text, code);
    (void)fq_date_parse(fq_map_text(bulletin->now.total, "to"), &last);
    for (uint32_t i = 0; i < areas->count; i++) {
        count += areas->rows[i].tier == FQ_TIER_COUNTY &&
                 fq_area_is_valid_on(&areas->rows[i], last) &&
                 fq_areas_covers(areas, (uint32_t)strtoul(text, NULL, 10), areas->rows[i].code);
    }
    return count;
}

static const char *tell_completeness(struct bulletin *bulletin)
{
    const char *missing = list_missing(bulletin, "missing");

    return fq_map_bool(bulletin->now.total, "complete")
               ? bulletin_text(bulletin,
                               _("Complete: all %u county-level units were heard after the period "
                                 "ended."),
                               count_counties(bulletin))
               : bulletin_text(bulletin,
                               _("Not complete: of %u county-level units these were not heard "
                                 "after the period ended: %s."),
                               count_counties(bulletin), missing);
}

static const char *tell_as_of(struct bulletin *bulletin)
{
    return bulletin->seal
               ? bulletin_text(bulletin, _("Sealed figures; seal %s."), bulletin->seal)
               : _("Live figures: what the node knows now; late reports may still change them.");
}

static const char *tell_hidden(struct bulletin *bulletin)
{
    unsigned k = (unsigned)fq_map_uint(fq_map_get(bulletin->now.total, "public"), "k");

    return !bulletin->has_hidden
               ? ""
               : bulletin_text(bulletin,
                               _("* Not published: fewer than %u cases stand behind it (more for "
                                 "sensitive types), or such a figure could be worked out from it."),
                               k);
}

static void write_copy(struct bulletin *bulletin, struct fq_writer *values, const char *key)
{
    fq_write_text(values, key);
    fq_write_raw(values, fq_map_get(bulletin->now.total, key));
}

static fq_err make_values(struct bulletin *bulletin, struct fq_span *out_values,
                          struct fq_why *out_why)
{
    struct fq_writer pairs = fq_writer_take(&bulletin->arena, VALUES_SIZE);
    struct fq_writer values = fq_writer_take(&bulletin->arena, VALUES_SIZE);

    cli_write_pair_text(&pairs, "area_name", name_area(bulletin));
    cli_write_pair_text(&pairs, "period_name", name_period(bulletin));
    cli_write_pair_text(&pairs, "completeness", tell_completeness(bulletin));
    cli_write_pair_text(&pairs, "late_names", list_missing(bulletin, "late"));
    cli_write_pair_text(&pairs, "told", tell_as_of(bulletin));
    cli_write_pair_text(&pairs, "seal", bulletin->seal ? bulletin->seal : "");
    cli_write_pair_text(&pairs, "base_period", bulletin->base_period);
    static const char *const copied[] = {"period",   "area",   "from",     "to",      "as_of",
                                         "frontier", "digest", "complete", "missing", "late"};
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        write_copy(bulletin, &pairs, copied[i]);
    }
    fq_err err = bulletin_write_sections(bulletin, &pairs, out_why);
    uint32_t count = 7 + (uint32_t)(sizeof copied / sizeof copied[0]) + 1 +
                     bulletin_write_tables(bulletin, &pairs) + 1;
    cli_write_pair_text(&pairs, "hidden_note", tell_hidden(bulletin));
    fq_write_map(&values, count);
    fq_write_raw(&values, fq_writer_span(&pairs));
    if (!err && (pairs.is_full || values.is_full)) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "bulletin");
    }
    *out_values = fq_writer_span(&values);
    return err;
}

/* ---- the command ---- */

static fq_err read_settings(struct bulletin *bulletin, struct fq_why *out_why)
{
    char path[SHARE_PATH_SIZE];
    fq_err err = share_find(bulletin->cli, "bulletin/bulletin.cfg", path, out_why);

    bulletin->settings_path = err ? "" : bulletin_text(bulletin, "%s", path);
    return err ? err
               : fq_settings_read(bulletin->settings_path, &bulletin->arena, &bulletin->settings,
                                  out_why);
}

static fq_err gather(struct bulletin *bulletin, struct fq_why *out_why)
{
    fq_err err = read_settings(bulletin, out_why);

    err = err ? err : cli_connect(bulletin->cli, &bulletin->client, out_why);
    err = err ? err : cli_tables_open(bulletin->client, &bulletin->tables, out_why);
    err = err ? err : ask_all(bulletin, bulletin->period, &bulletin->now, out_why);
    if (!err && bulletin->seal) {
        err = seal_is_of_answer(bulletin->client, bulletin->seal, bulletin->now.total, out_why);
    }
    if (!err && bulletin->base_period[0]) {
        err = ask_all(bulletin, bulletin->base_period, &bulletin->base, out_why);
    }
    return err;
}

static fq_err print_page(struct bulletin *bulletin, struct fq_span values, struct fq_why *out_why)
{
    const struct cli *cli = bulletin->cli;
    const char *file = cli_value(cli, "to");
    const char *kind = cli->format == CLI_HTML ? "html" : cli->format == CLI_MD ? "md" : "txt";
    struct fq_writer page = cli_build_open(PAGE_MAX);
    char place[64];

    snprintf(place, sizeof place, "bulletin/bulletin.%s.%s", bulletin->is_chinese ? "zh" : "en",
             kind);
    fq_err err =
        page_render(cli, place, cli->format != CLI_HTML, values, &bulletin->arena, &page, out_why);
    err = err ? err
              : page_write(file ? file : "-", fq_writer_span(&page), false, cli->is_yes, out_why);
    cli_build_close(&page);
    return err;
}

static fq_err make(struct bulletin *bulletin, struct fq_why *out_why)
{
    const struct cli *cli = bulletin->cli;
    const char *file = cli_value(cli, "to");
    bool is_page = cli->format == CLI_TABLE || cli->format == CLI_TEXT || cli->format == CLI_MD ||
                   cli->format == CLI_HTML;
    static const struct cli_view view = {0};
    struct fq_span values;

    if (!is_page && (cli->format != CLI_JSON || file)) {
        return fq_fail(out_why, FQ_REASON_USAGE, "-o text, md, html; --json");
    }
    fq_err err = file ? page_check(file, cli->is_yes, out_why) : FQ_OK;
    err = err ? err : gather(bulletin, out_why);
    err = err ? err : make_values(bulletin, &values, out_why);
    if (err) {
        return err;
    }
    return is_page ? print_page(bulletin, values, out_why) : cli_print(cli, values, &view, out_why);
}

static fq_err run_bulletin(struct cli *cli, struct fq_why *out_why)
{
    struct bulletin *bulletin = calloc(1, sizeof *bulletin);

    if (!bulletin) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "bulletin");
    }
    bulletin->cli = cli;
    bulletin->period = cli->arguments[0];
    bulletin->seal = cli_value(cli, "seal");
    bulletin->is_chinese = cli_text_is_chinese();
    bulletin->memory = cli_build_open(MEMORY_SIZE);
    bulletin->arena = fq_arena_over(bulletin->memory.base, bulletin->memory.size);
    find_base_period(bulletin);
    fq_err err = make(bulletin, out_why);
    cli_tables_close(bulletin->tables);
    cli_disconnect(bulletin->client);
    cli_build_close(&bulletin->memory);
    free(bulletin);
    return err;
}

static const struct cli_option bulletin_options[] = {
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {"seal", 0, "SEAL", N_("the figures of this seal, not those of now")},
    {"to", 0, "FILE", N_("file to write, - for standard output (the default)")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_bulletin_commands[] = {
    {"bulletin", NULL, "PERIOD", 1, 1,
     N_("Print what is published of a period, as the press does: `-o text`, `md` or `html`."),
     bulletin_options, run_bulletin},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
