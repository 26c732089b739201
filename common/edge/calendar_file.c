#include "fq/edge/calendar_file.h"

#include <stdlib.h>
#include <string.h>

#include "fq/edge/settings.h"

#define SETTINGS_ARENA_SIZE (16 * 1024 * 1024) /* address space; touched as far as a file needs */

static bool is_within(const struct fq_setting *setting, int64_t least, int64_t most)
{
    return setting->type == FQ_SETTING_NUMBER && setting->number >= least &&
           setting->number <= most;
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
    return "there is no such key";
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
