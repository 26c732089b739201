#include <stdio.h>
#include <string.h>

#include "returns.h"

#define PATH_SIZE 64

static const char *plain_text(const struct returns *returns, const char *path, const char *name)
{
    char whole[2 * PATH_SIZE];

    snprintf(whole, sizeof whole, "%s.%s", path, name);
    const struct fq_setting *setting = fq_settings_find(returns->settings, whole);
    return setting ? setting->text : "";
}

const char *returns_text(const struct returns *returns, const char *path, const char *name)
{
    char key[32];

    snprintf(key, sizeof key, "%s%s%s", name, *name ? "_" : "", returns->is_chinese ? "zh" : "en");
    return plain_text(returns, path, key);
}

/* Of the column, else of its group. */
static const char *own_or_group(const struct returns *returns, const char *column,
                                const char *group, const char *name)
{
    const char *own = plain_text(returns, column, name);

    return *own ? own : plain_text(returns, group, name);
}

/* The answer that a column with that key needs, added when it is new. */
static bool find_answer(struct returns *returns, struct returns_column *column)
{
    for (uint32_t i = 0; i < returns->answer_count; i++) {
        if (returns->answers[i].is_year == column->is_year &&
            strcmp(returns->answers[i].key, column->key) == 0) {
            column->answer = i;
            return true;
        }
    }
    if (returns->answer_count == RETURNS_ANSWERS_MAX) {
        return false;
    }
    column->answer = returns->answer_count;
    returns->answers[returns->answer_count++] =
        (struct returns_answer){.is_year = column->is_year, .key = column->key};
    return true;
}

static bool read_column(struct returns *returns, const char *path, const char *group)
{
    struct returns_column column = {
        .id = plain_text(returns, path, "id"),
        .title = returns_text(returns, path, ""),
        .group = returns_text(returns, group, ""),
        .measure = plain_text(returns, path, "measure"),
        .part = plain_text(returns, path, "part"),
        .whole = plain_text(returns, path, "whole"),
        .key = own_or_group(returns, path, group, "key"),
        .codes = own_or_group(returns, path, group, "codes"),
        .is_year = strcmp(plain_text(returns, path, "when"), "year") == 0,
    };
    bool is_rate = *column.part && *column.whole;

    column.is_money = strcmp(column.measure, "amount_cents") == 0;
    if (!*column.id || (!*column.measure && !is_rate) || (*column.key && !*column.codes) ||
        returns->column_count == RETURNS_COLUMNS_MAX || !find_answer(returns, &column)) {
        return false;
    }
    returns->columns[returns->column_count++] = column;
    return true;
}

static fq_err read_group(struct returns *returns, const char *group, struct fq_why *out_why)
{
    char path[PATH_SIZE];

    for (unsigned i = 0;; i++) {
        snprintf(path, sizeof path, "%.32s.column.%u", group, i);
        if (!*plain_text(returns, path, "zh")) {
            return FQ_OK;
        }
        if (!read_column(returns, path, group)) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s: %s", returns->settings_path, path);
        }
    }
}

/* Names of all forms, for who asks for another. */
static fq_err fail_form(const struct returns *returns, const char *name, struct fq_why *out_why)
{
    char known[200] = "", path[PATH_SIZE];
    const char *id;

    for (unsigned i = 0;
         snprintf(path, sizeof path, "form.%u", i) > 0 && *(id = plain_text(returns, path, "id"));
         i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", id);
    }
    return fq_fail(out_why, FQ_REASON_USAGE, "--form %s: %s", name ? name : "FORM", known);
}

fq_err returns_read_layout(struct returns *returns, struct fq_why *out_why)
{
    const char *name = cli_value(returns->cli, "form"), *id;
    char group[PATH_SIZE];
    fq_err err = FQ_OK;

    for (unsigned i = 0;; i++) {
        snprintf(returns->path, sizeof returns->path, "form.%u", i);
        id = plain_text(returns, returns->path, "id");
        if (!*id) {
            return fail_form(returns, name, out_why);
        }
        if (name && (strcmp(id, name) == 0 ||
                     strcmp(plain_text(returns, returns->path, "zh"), name) == 0)) {
            break;
        }
    }
    returns->rows = plain_text(returns, returns->path, "rows");
    returns->where = plain_text(returns, returns->path, "where");
    returns->answers[returns->answer_count++] = (struct returns_answer){.key = ""};
    if (strcmp(returns->rows, "type") != 0 && strcmp(returns->rows, "area") != 0) {
        return fq_fail(out_why, FQ_REASON_CONFIG, "%s: %s.rows", returns->settings_path,
                       returns->path);
    }
    for (unsigned i = 0; !err; i++) {
        snprintf(group, sizeof group, "%.20s.group.%u", returns->path, i);
        if (!*plain_text(returns, group, "zh")) {
            break;
        }
        err = read_group(returns, group, out_why);
    }
    return err || returns->column_count ? err
                                        : fq_fail(out_why, FQ_REASON_CONFIG, "%s: %s",
                                                  returns->settings_path, returns->path);
}
