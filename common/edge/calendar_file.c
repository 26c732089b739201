#include "fq/edge/calendar_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/edge/settings.h"

#define SETTINGS_ARENA_SIZE (16 * 1024 * 1024) /* address space; touched as far as a file needs */

static bool is_within(const struct fq_setting *setting, int64_t least, int64_t most)
{
    return setting->type == FQ_SETTING_NUMBER && setting->number >= least &&
           setting->number <= most;
}

/* "HH:MM:SS", up to 24:00:00; false for anything else. */
static bool read_time(const char *text, uint32_t *out_second)
{
    uint32_t parts[3] = {0};
    size_t size = strlen(text);

    for (size_t i = 0; i < size; i++) {
        bool is_colon = i % 3 == 2;
        if (is_colon ? text[i] != ':' : text[i] < '0' || text[i] > '9') {
            return false;
        }
        if (!is_colon && i < 8) {
            parts[i / 3] = parts[i / 3] * 10 + (uint32_t)(text[i] - '0');
        }
    }
    *out_second = parts[0] * 3600 + parts[1] * 60 + parts[2];
    return size == 8 && parts[1] < 60 && parts[2] < 60 && *out_second >= 1 && *out_second <= 86400;
}

/* "+08:00", "-03:30", at most 14 hours either way; false for anything else. */
static bool read_offset(const char *text, int32_t *out_offset_s)
{
    char clock[9] = "";
    uint32_t second = 0;
    bool is_sign = text[0] == '+' || text[0] == '-';

    if (!is_sign || strlen(text) != 6) {
        return false;
    }
    snprintf(clock, sizeof clock, "%s:00", text + 1);
    bool is_read = strcmp(clock, "00:00:00") == 0 || read_time(clock, &second);
    *out_offset_s = text[0] == '-' ? -(int32_t)second : (int32_t)second;
    return is_read && second <= 14 * 3600;
}

/* Take one setting of the deadlines. */
static const char *take_deadline(const struct fq_setting *setting, struct fq_calendar *calendar)
{
    bool is_unit = strncmp(setting->path, "unit_", 5) == 0;
    const char *rest = strchr(setting->path, '_');
    bool is_text = setting->type == FQ_SETTING_TEXT;

    if (strcmp(setting->path, "utc_offset") == 0) {
        return is_text && read_offset(setting->text, &calendar->utc_offset_s)
                   ? NULL
                   : "must be a time zone such as \"+08:00\"";
    }
    if (!rest || (!is_unit && strncmp(setting->path, "county_", 7) != 0)) {
        return "there is no such key";
    }
    if (strcmp(rest, "_day") == 0) {
        *(is_unit ? &calendar->unit_day : &calendar->county_day) = (uint8_t)setting->number;
        return is_within(setting, 1, 31) ? NULL : "must be a day from 1 to 31";
    }
    if (strcmp(rest, "_time") == 0) {
        uint32_t *second = is_unit ? &calendar->unit_second : &calendar->county_second;
        return is_text && read_time(setting->text, second)
                   ? NULL
                   : "must be a time such as \"17:30:00\", up to \"24:00:00\"";
    }
    return "there is no such key";
}

/* Take one setting; the result says what is wrong with it, or NULL. */
static const char *take(const struct fq_setting *setting, struct fq_calendar *calendar)
{
    if (strcmp(setting->path, "version") == 0) {
        calendar->version = (uint32_t)setting->number;
        return is_within(setting, 1, UINT32_MAX) ? NULL : "must be a number above 0";
    }
    if (strcmp(setting->path, "year_starts") == 0) {
        calendar->year_starts = (uint8_t)setting->number;
        return is_within(setting, 1, 12) ? NULL : "must be a month from 1 to 12";
    }
    return take_deadline(setting, calendar);
}

fq_err fq_calendar_load(const char *path, struct fq_calendar *out_calendar, struct fq_why *out_why)
{
    FQ_ASSERT(path);

    struct fq_calendar calendar = fq_calendar_default();
    const struct fq_setting *first = NULL;
    fq_err err = FQ_OK;
    void *memory = malloc(SETTINGS_ARENA_SIZE);

    if (!memory) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: no memory", path);
        goto done;
    }
    struct fq_arena settings = fq_arena_over(memory, SETTINGS_ARENA_SIZE);
    calendar.version = 0;
    err = fq_settings_read(path, &settings, &first, out_why);
    for (const struct fq_setting *setting = first; setting && !err; setting = setting->next) {
        const char *wrong = take(setting, &calendar);
        if (wrong) {
            err = fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: %s: %s", path, setting->line,
                          setting->path, wrong);
        }
    }
    if (!err && calendar.version == 0) {
        err = fq_fail(out_why, FQ_REASON_CONFIG, "%s:1: version: must be set", path);
    }
    if (!err) {
        *out_calendar = calendar;
    }

done:
    free(memory);
    return err;
}
