#include "fq/edge/metric_file.h"

#include <stdlib.h>
#include <string.h>

#include "fq/edge/settings.h"

#define SETTINGS_ARENA_SIZE (16 * 1024 * 1024) /* address space; touched as far as a file needs */

struct loader {
    const char *file;
    struct fq_metrics *metrics;
    struct fq_why *why;
};

/* The member of a setting's path "metrics.3.name" and its row; NULL for another path. */
static const char *member_of(const char *path, unsigned long *out_row)
{
    static const char table[] = "metrics.";
    char *end;

    if (strncmp(path, table, sizeof table - 1) != 0) {
        return NULL;
    }
    *out_row = strtoul(path + sizeof table - 1, &end, 10);
    return end > path + sizeof table - 1 && *end == '.' ? end + 1 : NULL;
}

static const char *take_text(const struct fq_setting *setting, char *out, size_t size)
{
    size_t length = strlen(setting->text);

    if (setting->type != FQ_SETTING_TEXT || length == 0 || length >= size) {
        return "must be a text, not too long";
    }
    memcpy(out, setting->text, length + 1);
    return NULL;
}

static const char *take_measure(const struct fq_setting *setting, enum fq_measure *out_measure)
{
    return setting->type == FQ_SETTING_TEXT &&
                   fq_measure_find(fq_span_text(setting->text), out_measure) &&
                   *out_measure != FQ_MEASURE_ACTIVITY
               ? NULL
               : "must be the name of a measure";
}

static const char *take_version(const struct fq_setting *setting, uint32_t *out_version)
{
    if (setting->type != FQ_SETTING_NUMBER || setting->number < 1 || setting->number > UINT32_MAX) {
        return "must be a number above 0";
    }
    *out_version = (uint32_t)setting->number;
    return NULL;
}

/* Take one member into the row; the result says what is wrong with it, or NULL. */
static const char *take_member(const char *member, const struct fq_setting *setting,
                               struct fq_metric *metric)
{
    if (strcmp(member, "name") == 0) {
        return take_text(setting, metric->name, sizeof metric->name);
    }
    if (strcmp(member, "zh") == 0) {
        return take_text(setting, metric->zh, sizeof metric->zh);
    }
    if (strcmp(member, "en") == 0) {
        return take_text(setting, metric->en, sizeof metric->en);
    }
    if (strcmp(member, "version") == 0) {
        return take_version(setting, &metric->version);
    }
    if (strcmp(member, "numerator") == 0) {
        return take_measure(setting, &metric->numerator);
    }
    if (strcmp(member, "denominator") == 0) {
        return take_measure(setting, &metric->denominator);
    }
    if (strcmp(member, "default") == 0) {
        metric->is_default = setting->number == 1;
        return setting->type == FQ_SETTING_TRUTH ? NULL : "must be true or false";
    }
    return "there is no such key";
}

/* Take a setting "publication.k" and the like; the result says what is wrong with it, or NULL. */
static const char *take_publication(const struct fq_setting *setting,
                                    struct fq_publication *publication)
{
    const char *member = setting->path + strlen("publication.");
    bool is_k = strcmp(member, "k") == 0, is_k_sensitive = strcmp(member, "k_sensitive") == 0;

    if (is_k || is_k_sensitive) {
        *(is_k ? &publication->k : &publication->k_sensitive) = (uint16_t)setting->number;
        return setting->type == FQ_SETTING_NUMBER && setting->number >= 2 && setting->number <= 1000
                   ? NULL
                   : "must be a number between 2 and 1000";
    }
    if (strncmp(member, "sensitive.", 10) != 0) {
        return "there is no such key";
    }
    if (publication->sensitive_count == FQ_SENSITIVE_MAX) {
        return "there are too many";
    }
    return take_text(setting, publication->sensitive[publication->sensitive_count++],
                     FQ_CODE_ID_SIZE);
}

static fq_err fail_at(const struct loader *loader, const struct fq_setting *setting,
                      const char *wrong)
{
    return fq_fail(loader->why, FQ_REASON_METRIC_FILE, "%s:%u: %s: %s", loader->file, setting->line,
                   setting->path, wrong);
}

/* Read the row that begins at `setting`; gives the first setting after it. */
static fq_err take_row(struct loader *loader, const struct fq_setting *setting,
                       const struct fq_setting **out_next)
{
    const struct fq_setting *begin = setting;
    struct fq_metric metric = {
        .numerator = FQ_MEASURES_COUNT, .denominator = FQ_MEASURES_COUNT, .version = 0};
    unsigned long row = 0, row_of_this = 0;
    const char *member;
    struct fq_why why;

    (void)member_of(begin->path, &row);
    for (; setting && (member = member_of(setting->path, &row_of_this)) && row_of_this == row;
         setting = setting->next) {
        const char *wrong = take_member(member, setting, &metric);
        if (wrong) {
            return fail_at(loader, setting, wrong);
        }
    }
    if (!metric.name[0] || !metric.zh[0] || !metric.en[0] || metric.version == 0 ||
        metric.numerator == FQ_MEASURES_COUNT || metric.denominator == FQ_MEASURES_COUNT) {
        return fail_at(loader, begin,
                       "the row needs name, version, numerator, denominator, zh and en");
    }
    if (fq_metrics_add(loader->metrics, &metric, &why)) {
        return fq_fail(loader->why, why.reason, "%s:%u: %.300s", loader->file, begin->line,
                       why.detail);
    }
    *out_next = setting;
    return FQ_OK;
}

static fq_err take_table(struct loader *loader, const struct fq_setting *first)
{
    const struct fq_setting *setting = first;
    unsigned long row;

    while (setting) {
        if (strcmp(setting->path, "version") == 0) {
            const char *wrong = take_version(setting, &loader->metrics->version);
            if (wrong) {
                return fail_at(loader, setting, wrong);
            }
            setting = setting->next;
        } else if (member_of(setting->path, &row)) {
            fq_err err = take_row(loader, setting, &setting);
            if (err) {
                return err;
            }
        } else {
            bool is_publication = strncmp(setting->path, "publication.", 12) == 0;
            const char *wrong = is_publication
                                    ? take_publication(setting, &loader->metrics->publication)
                                    : "there is no such key";
            if (wrong) {
                return fail_at(loader, setting, wrong);
            }
            setting = setting->next;
        }
    }
    if (loader->metrics->version == 0) {
        return fq_fail(loader->why, FQ_REASON_METRIC_FILE, "%s:1: version: must be set",
                       loader->file);
    }
    return FQ_OK;
}

fq_err fq_metrics_load(const char *path, struct fq_metrics *out_metrics, struct fq_why *out_why)
{
    FQ_ASSERT(path);

    struct fq_metrics metrics = {.publication = {.k = 5, .k_sensitive = 10}};
    struct loader loader = {.file = path, .metrics = &metrics, .why = out_why};
    const struct fq_setting *first = NULL;
    struct fq_why why;
    fq_err err = FQ_OK;
    void *memory = malloc(SETTINGS_ARENA_SIZE);

    if (!memory) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: no memory", path);
        goto done;
    }
    struct fq_arena settings = fq_arena_over(memory, SETTINGS_ARENA_SIZE);
    err = fq_settings_read(path, &settings, &first, out_why);
    err = err ? err : take_table(&loader, first);
    if (!err && fq_metrics_check(&metrics, &why)) {
        err = fq_fail(out_why, why.reason, "%s:1: %.300s", path, why.detail);
    }
    if (!err) {
        *out_metrics = metrics;
    }

done:
    free(memory);
    return err;
}
