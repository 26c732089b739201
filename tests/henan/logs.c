#include "henan.h"

#include <stdlib.h>

static struct log *find(struct logs *logs, uint32_t area)
{
    for (uint32_t i = 0; i < logs->count; i++) {
        if (logs->rows[i].area == area) {
            return &logs->rows[i];
        }
    }
    return NULL;
}

const struct log *logs_find(const struct logs *logs, uint32_t area)
{
    for (uint32_t i = 0; i < logs->count; i++) {
        if (logs->rows[i].area == area) {
            return &logs->rows[i];
        }
    }
    return NULL;
}

static bool add_entry(struct log *log, struct entry entry)
{
    if (log->count == log->capacity) {
        size_t capacity = log->capacity ? 2 * log->capacity : 1024;
        struct entry *more = realloc(log->entries, capacity * sizeof *more);
        if (!more) {
            return complain("memory is short");
        }
        log->entries = more;
        log->capacity = capacity;
    }
    log->entries[log->count++] = entry;
    return true;
}

static bool add_life_entries(struct logs *logs, const struct province *province, uint32_t county,
                             uint32_t index)
{
    const struct life *life = &logs->life;

    life_draw(province, &province->counties[county], index, &logs->life);
    for (uint32_t step = 0; step < life->count; step++) {
        struct log *log = find(logs, life->steps[step].writer);
        struct entry entry = {.written = life->steps[step].written,
                              .step = (uint8_t)step,
                              .county = county,
                              .life = index};
        if (!log || !add_entry(log, entry)) {
            return complain("no log of %06u", life->steps[step].writer);
        }
    }
    return true;
}

/* K2 */
static int compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    if (left->written != right->written) {
        return left->written < right->written ? -1 : 1;
    }
    if (left->is_report != right->is_report) {
        return left->is_report ? 1 : -1;
    }
    if (left->county != right->county) {
        return left->county < right->county ? -1 : 1;
    }
    if (left->life != right->life) {
        return left->life < right->life ? -1 : 1;
    }
    return (left->step > right->step) - (left->step < right->step);
}

static bool add_reports(struct logs *logs, const struct province *province)
{
    logs->reports = figures_make(province, &logs->report_count);
    for (size_t i = 0; i < logs->report_count; i++) {
        struct log *log = find(logs, logs->reports[i].writer);
        struct entry entry = {
            .written = logs->reports[i].written, .is_report = true, .county = (uint32_t)i};
        if (!log || !add_entry(log, entry)) {
            return complain("no log of %06u", logs->reports[i].writer);
        }
    }
    return logs->reports != NULL;
}

bool logs_open(struct logs *logs, const struct province *province, const struct lab *lab)
{
    *logs = (struct logs){.drawn_county = UINT32_MAX};
    for (uint32_t i = 0; i < province->areas.count && logs->count < WRITERS_MAX; i++) {
        uint32_t area = province->areas.rows[i].code;
        logs->rows[logs->count++] =
            (struct log){.area = area, .is_run = lab_find_area(lab, area) != NULL};
    }
    for (uint32_t i = 0; i < province->county_count; i++) {
        uint32_t lives = county_lives(&province->counties[i]);
        for (uint32_t index = 0; index < lives; index++) {
            if (!add_life_entries(logs, province, i, index)) {
                return false;
            }
        }
    }
    if (!add_reports(logs, province)) {
        return false;
    }
    for (uint32_t i = 0; i < logs->count; i++) {
        if (logs->rows[i].count > 0) {
            qsort(logs->rows[i].entries, logs->rows[i].count, sizeof(struct entry), compare);
        }
    }
    return true;
}

void logs_close(struct logs *logs)
{
    for (uint32_t i = 0; i < logs->count; i++) {
        free(logs->rows[i].entries);
    }
    free(logs->reports);
}

void logs_event(struct logs *logs, const struct province *province, const struct entry *entry,
                struct fq_event *out_event)
{
    if (entry->is_report) {
        report_event(&logs->reports[entry->county], out_event);
        return;
    }
    if (logs->drawn_county != entry->county || logs->drawn_life != entry->life) {
        life_draw(province, &province->counties[entry->county], entry->life, &logs->life);
        logs->drawn_county = entry->county;
        logs->drawn_life = entry->life;
    }
    life_event(&logs->life, entry->step, out_event);
}
