/* The figures of a bulletin, one by one as bulletin.cfg lists them. */
#include <inttypes.h>
#include <string.h>

#include "bulletin.h"
#include "fq/core/press.h"

#define PATH_SIZE 64
#define SECTIONS_SIZE (256u << 10)

struct item {
    const char *figure; /* "27.86万件" */
    const char *exact;  /* "278604" */
    const char *growth; /* "同比增长189%", "" without */
    const char *definition;
};

static const struct fq_setting *find(const struct bulletin *bulletin, const char *path,
                                     const char *name)
{
    char whole[4 * PATH_SIZE];

    snprintf(whole, sizeof whole, "%s.%s", path, name);
    return fq_settings_find(bulletin->settings, whole);
}

static const char *text_of(const struct bulletin *bulletin, const char *path, const char *name)
{
    const struct fq_setting *setting = find(bulletin, path, name);

    return setting ? setting->text : "";
}

static bool is_power_of_ten(int64_t number)
{
    while (number > 1 && number % 10 == 0) {
        number /= 10;
    }
    return number == 1;
}

static fq_err read_press(const struct bulletin *bulletin, const char *path,
                         struct fq_press *out_press, struct fq_why *out_why)
{
    static const char *const styles[] = {"rounded", "more", "exact"};
    const struct fq_setting *style = find(bulletin, path, "press"),
                            *step = find(bulletin, path, "step");

    for (unsigned i = 0; style && step && i < 3; i++) {
        if (strcmp(styles[i], style->text) == 0 && is_power_of_ten(step->number) &&
            step->number <= FQ_PRESS_STEP_MAX) {
            *out_press = (struct fq_press){(enum fq_press_style)i, (uint32_t)step->number, false};
            return FQ_OK;
        }
    }
    return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: press, step", bulletin->settings_path,
                   style  ? style->line
                   : step ? step->line
                          : 0);
}

static const char *press(struct bulletin *bulletin, const struct fq_press *form, int64_t value,
                         const char *unit)
{
    char text[FQ_PRESS_SIZE];

    if (bulletin->is_chinese) {
        fq_press_zh(value, form, text);
    } else {
        fq_press_en(value, form, text);
    }
    return bulletin_text(bulletin, bulletin->is_chinese ? "%s%s" : "%s %s", text, unit);
}

static const char *tell_exact(struct bulletin *bulletin, int64_t value, bool is_cents)
{
    return is_cents ? bulletin_text(bulletin, "%" PRId64 ".%02" PRId64, value / 100, value % 100)
                    : bulletin_text(bulletin, "%" PRId64, value);
}

/* ---- measures and rates ---- */

static fq_err take_measure(struct bulletin *bulletin, const char *path, const char *name,
                           struct item *item, struct fq_why *out_why)
{
    struct fq_span now = fq_map_get(bulletin->now.total, "total");
    struct fq_span base = fq_map_get(bulletin->base.total, "total");
    struct fq_press form;
    fq_err err = read_press(bulletin, path, &form, out_why);

    if (err) {
        return err;
    }
    item->definition = bulletin_setting(bulletin, path, "definition");
    if (bulletin_is_hidden(bulletin, now, name)) {
        item->figure = item->exact = BULLETIN_HIDDEN;
        return FQ_OK;
    }
    int64_t value = fq_map_int(now, name);
    form.is_cents = strcmp(name, "amount_cents") == 0;
    item->figure = press(bulletin, &form, value, bulletin_setting(bulletin, path, "unit"));
    item->exact = tell_exact(bulletin, value, form.is_cents);
    item->growth = bulletin_growth(bulletin, value, fq_map_int(base, name)); /* hidden: 0 */
    return FQ_OK;
}

/* "98%" and, of the year before, "上年同期97.7%". */
static void tell_rate(struct bulletin *bulletin, const uint64_t now[2], const uint64_t base[2],
                      struct item *item)
{
    char rate[FQ_PRESS_SIZE], before[FQ_PRESS_SIZE];

    fq_press_percent(now[0], now[1], 1, rate);
    fq_press_percent(base[0], base[1], 1, before);
    item->figure = bulletin_text(bulletin, "%s", rate);
    item->exact = bulletin_text(bulletin, "%" PRIu64 " / %" PRIu64, now[0], now[1]);
    item->growth = before[0] ? bulletin_text(bulletin, _("%s the year before"), before) : "";
}

static void take_rate(struct bulletin *bulletin, const char *path, const char *name,
                      struct item *item)
{
    const char *part = text_of(bulletin, path, "part"), *whole = text_of(bulletin, path, "whole");
    struct fq_span total = fq_map_get(bulletin->now.total, "total");
    struct fq_span before = fq_map_get(bulletin->base.total, "total");
    const uint64_t now[2] = {fq_map_uint(total, part), fq_map_uint(total, whole)};
    const uint64_t base[2] = {fq_map_uint(before, part), fq_map_uint(before, whole)};
    char definition[BULLETIN_TEXT_SIZE];

    if (bulletin_is_hidden(bulletin, total, part) || bulletin_is_hidden(bulletin, total, whole)) {
        item->figure = item->exact = BULLETIN_HIDDEN;
    } else {
        tell_rate(bulletin, now, base, item);
    }
    cli_copy(definition, sizeof definition,
             fq_map_text(fq_map_get(bulletin->now.total, "metrics"), name));
    item->definition = bulletin_text(bulletin, "%s %s", name, definition);
}

/* ---- indicators ---- */

/* The row of an indicator; empty when nobody reported it. */
static struct fq_span find_row(struct fq_span rows, const char *indicator)
{
    struct fq_reader reader = fq_reader_over(rows);
    uint32_t count = rows.size ? fq_read_array(&reader) : 0;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span row = fq_read_skip(&reader);
        if (fq_span_equal(fq_map_text(row, "indicator"), fq_span_text(indicator)) &&
            fq_map_uint(row, "reports") > 0) {
            return row;
        }
    }
    return (struct fq_span){0};
}

static bool is_money(struct fq_span row)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(row, "amount_cents"));

    return row.size > 0 && fq_read_type(&reader) == FQ_CODEC_UINT;
}

static uint64_t count_of(struct fq_span row)
{
    return row.size == 0 ? 0 : fq_map_uint(row, is_money(row) ? "amount_cents" : "count");
}

static const char *define_indicator(struct bulletin *bulletin, struct fq_span row)
{
    bool is_stock = fq_span_equal(fq_map_text(row, "kind"), fq_span_text("stock"));

    return bulletin_text(
        bulletin,
        is_stock ? _("indicator %" PRIu64 ": what stands at the end of the period, last reported "
                     "(%" PRIu64 " reports, %" PRIu64 " areas)")
                 : _("indicator %" PRIu64 ": the sum of what was reported for days in the period "
                     "(%" PRIu64 " reports, %" PRIu64 " areas)"),
        fq_map_uint(row, "number"), fq_map_uint(row, "reports"), fq_map_uint(row, "areas"));
}

static fq_err take_indicator(struct bulletin *bulletin, const char *path, const char *name,
                             struct item *item, struct fq_why *out_why)
{
    struct fq_span now = find_row(bulletin->now.activities, name);
    struct fq_span base = find_row(bulletin->base.activities, name);
    const char *over = text_of(bulletin, path, "over");
    struct fq_press form;

    if (now.size == 0) {
        return FQ_OK; /* nobody reported it */
    }
    item->definition = define_indicator(bulletin, now);
    if (*over) {
        const uint64_t rate[2] = {count_of(now),
                                  count_of(find_row(bulletin->now.activities, over))};
        const uint64_t before[2] = {count_of(base),
                                    count_of(find_row(bulletin->base.activities, over))};
        tell_rate(bulletin, rate, before, item);
        item->definition = bulletin_text(bulletin, "%s / %s: %s", name, over, item->definition);
        return FQ_OK;
    }
    fq_err err = read_press(bulletin, path, &form, out_why);
    if (err) {
        return err;
    }
    form.is_cents = is_money(now);
    int64_t value = (int64_t)(count_of(now) & INT64_MAX);
    item->figure = press(bulletin, &form, value, bulletin_setting(bulletin, path, "unit"));
    item->exact = tell_exact(bulletin, value, form.is_cents);
    item->growth = bulletin_growth(bulletin, value, (int64_t)(count_of(base) & INT64_MAX));
    return FQ_OK;
}

/* ---- sections ---- */

/* The item of a path; without a figure when there is none to tell. Fails with CONFIG. */
static fq_err take_item(struct bulletin *bulletin, const char *path, struct item *item,
                        struct fq_why *out_why)
{
    const char *measure = text_of(bulletin, path, "measure");
    const char *rate = text_of(bulletin, path, "rate");
    const char *indicator = text_of(bulletin, path, "indicator");

    *item = (struct item){.figure = "", .exact = "", .growth = "", .definition = ""};
    if (*measure) {
        return take_measure(bulletin, path, measure, item, out_why);
    }
    if (*rate) {
        take_rate(bulletin, path, rate, item);
        return FQ_OK;
    }
    if (*indicator) {
        return take_indicator(bulletin, path, indicator, item, out_why);
    }
    return fq_fail(out_why, FQ_REASON_CONFIG, "%s: %s", bulletin->settings_path, path);
}

static void write_item(struct bulletin *bulletin, const char *path, const struct item *item,
                       struct fq_writer *writer)
{
    fq_write_map(writer, 6);
    cli_write_pair_text(writer, "name",
                        text_of(bulletin, path, bulletin->is_chinese ? "zh" : "en"));
    cli_write_pair_text(writer, "figure", item->figure);
    cli_write_pair_text(writer, "exact", item->exact);
    cli_write_pair_text(writer, "growth", item->growth);
    cli_write_pair_text(writer, "definition", item->definition);
    cli_write_pair_text(writer, "seal", bulletin->seal ? bulletin->seal : "");
}

static fq_err write_items(struct bulletin *bulletin, const char *section, struct fq_writer *items,
                          uint32_t *out_count, struct fq_why *out_why)
{
    char path[2 * PATH_SIZE];
    struct item item;

    *out_count = 0;
    for (unsigned i = 0;; i++) {
        snprintf(path, sizeof path, "%s.item.%u", section, i);
        if (!find(bulletin, path, "zh")) {
            return FQ_OK;
        }
        fq_err err = take_item(bulletin, path, &item, out_why);
        if (err) {
            return err;
        }
        if (*item.figure) {
            write_item(bulletin, path, &item, items);
            (*out_count)++;
        }
    }
}

fq_err bulletin_write_sections(struct bulletin *bulletin, struct fq_writer *values,
                               struct fq_why *out_why)
{
    struct fq_writer sections = fq_writer_take(&bulletin->arena, SECTIONS_SIZE);
    uint32_t section_count = 0;
    char path[PATH_SIZE];

    for (unsigned i = 0;; i++) {
        struct fq_writer items = fq_writer_take(&bulletin->arena, SECTIONS_SIZE);
        uint32_t count = 0;
        snprintf(path, sizeof path, "section.%u", i);
        if (!find(bulletin, path, "zh")) {
            break;
        }
        fq_err err = write_items(bulletin, path, &items, &count, out_why);
        if (err || items.is_full) {
            return err ? err : fq_fail(out_why, FQ_REASON_LIMIT, "bulletin");
        }
        if (count == 0) {
            continue;
        }
        fq_write_map(&sections, 2);
        cli_write_pair_text(&sections, "title",
                            text_of(bulletin, path, bulletin->is_chinese ? "zh" : "en"));
        fq_write_text(&sections, "items");
        fq_write_array(&sections, count);
        fq_write_raw(&sections, fq_writer_span(&items));
        section_count++;
    }
    fq_write_text(values, "sections");
    fq_write_array(values, section_count);
    fq_write_raw(values, fq_writer_span(&sections));
    return sections.is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "bulletin") : FQ_OK;
}
