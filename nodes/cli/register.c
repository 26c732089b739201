#include "register.h"

#include <stdio.h>
#include <string.h>

#include "fq/edge/vault.h"

#define TEXT_SIZE 512

/* One column being filled in. */
struct filling {
    const struct map *map;
    const struct fq_codes *codes;
    const struct register_row *row;
    int column;
    struct fq_span *cells; /* of the row, by place: the candidate is tried in its place */
    char best[TEXT_SIZE];
    int best_score;
};

static bool is_of(const struct map_source *source, int column)
{
    return source->is_given && !source->constant && source->column == column;
}

/* The step a map's event stands for, when it does stand. */
static const struct fq_event *standing(const struct filling *filling, const struct map_event *event)
{
    const struct fq_event *step = past_standing(&filling->row->past, event->kind);

    return step && step->step == event->kind ? step : NULL;
}

/* ---- does a text say what it should? ---- */

static bool says_value(const struct filling *filling, enum fq_field field, struct fq_span text,
                       const struct fq_event *step)
{
    const struct fq_field_row *row = fq_field_row(field);
    uint64_t value = 0;
    uint16_t small = 0;
    bool is_read = true;

    if (row->type == FQ_VALUE_TEXT) {
        return fq_span_equal(text, fq_event_bytes(step, field));
    }
    if (text.size == 0) {
        return step->value[field] == 0;
    }
    switch (row->type) {
    case FQ_VALUE_CODE:
        is_read = fq_codes_find_id(filling->codes, row->table, text, &small);
        value = small;
        break;
    case FQ_VALUE_CENTS:
        is_read = row_amount(text, &value);
        break;
    case FQ_VALUE_DATE:
        is_read = cell_date(text, filling->map->dates, filling->map->date_count, &small);
        value = small;
        break;
    case FQ_VALUE_BOOL:
        is_read = cell_truth(text, &value);
        break;
    default:
        is_read = cell_number(text, &value);
        break;
    }
    return is_read && value == step->value[field];
}

static bool says_date(const struct filling *filling, struct fq_span text, uint16_t wanted)
{
    uint16_t date;

    return cell_date(text, filling->map->dates, filling->map->date_count, &date) && date == wanted;
}

/* A source's text for the cells at hand; false when the map refuses it. */
static bool resolve(const struct filling *filling, const struct map_source *source,
                    struct fq_span *out_text)
{
    struct fq_why why;

    return row_resolve(filling->map, source, filling->cells, filling->map->column_count, out_text,
                       &why) == FQ_OK;
}

/* How many of an event's sources say what they should, less those that do not. */
static int score_event(const struct filling *filling, const struct map_event *event)
{
    const struct fq_event *step = standing(filling, event);
    struct fq_span text;
    int score = 0;

    if (is_of(&event->when, filling->column)) {
        bool is_said = resolve(filling, &event->when, &text);
        bool is_true = is_said && text.size && !fq_span_equal(text, fq_span_text("false"));
        score += is_said && is_true == (step != NULL) ? 2 : -2; /* whether outweighs how */
    }
    if (step && is_of(&event->date, filling->column)) {
        bool is_said = resolve(filling, &event->date, &text);
        score += is_said && says_date(filling, text, step->date) ? 1 : -1;
    }
    if (step && is_of(&event->unit, filling->column)) {
        uint64_t unit = 0;
        bool is_said = resolve(filling, &event->unit, &text);
        (void)(is_said && text.size && cell_number(text, &unit));
        score += is_said && unit == step->unit ? 1 : -1;
    }
    for (size_t i = 0; step && i < event->field_count; i++) {
        const struct map_field *field = &event->fields[i];
        if (is_of(&field->source, filling->column)) {
            bool is_said = resolve(filling, &field->source, &text);
            score += is_said && says_value(filling, field->field, text, step) ? 1 : -1;
        }
    }
    return score;
}

static void try_text(struct filling *filling, const char *text)
{
    const struct map *map = filling->map;
    int place = map->columns[filling->column].place, score = 0;
    struct fq_span said;
    uint64_t home = 0;

    filling->cells[place] = fq_span_text(text);
    for (size_t i = 0; i < map->event_count; i++) {
        score += score_event(filling, &map->events[i]);
    }
    if (is_of(&map->area, filling->column)) {
        bool is_said = resolve(filling, &map->area, &said) && cell_number(said, &home);
        score += is_said && home == filling->row->home ? 1 : -1;
    }
    filling->cells[place] = fq_span_text("");
    if (score > filling->best_score && strlen(text) < TEXT_SIZE) {
        filling->best_score = score;
        snprintf(filling->best, sizeof filling->best, "%s", text);
    }
}

/* ---- what could stand there ---- */

static void format_code(const struct filling *filling, enum fq_code_table table, uint64_t number,
                        char *out)
{
    const struct fq_code *code = fq_codes_find(filling->codes, table, number);
    enum map_words words = filling->map->words;

    if (!code) {
        snprintf(out, TEXT_SIZE, "%llu", (unsigned long long)number);
        return;
    }
    snprintf(out, TEXT_SIZE, "%s",
             words == MAP_WORDS_ZH   ? code->zh
             : words == MAP_WORDS_EN ? code->en
                                     : code->id);
}

/* Days in the map's first format. */
static void format_date(const struct map *map, uint16_t date, char *out)
{
    const char *format = map->date_count ? map->dates[0] : "%Y-%m-%d";
    unsigned year, month, day;
    size_t used = 0;

    out[0] = '\0';
    if (date == 0 || date > FQ_DATE_MAX) {
        return;
    }
    fq_date_to_civil(date, &year, &month, &day);
    for (; *format && used + 8 < TEXT_SIZE; format++) {
        if (*format != '%' || !format[1]) {
            out[used++] = *format;
            out[used] = '\0';
            continue;
        }
        format++;
        unsigned part = *format == 'Y' ? year : *format == 'm' ? month : day;
        used +=
            (size_t)snprintf(out + used, TEXT_SIZE - used, *format == 'Y' ? "%04u" : "%02u", part);
    }
}

static void format_value(const struct filling *filling, enum fq_field field,
                         const struct fq_event *step, char *out)
{
    const struct fq_field_row *row = fq_field_row(field);
    uint64_t value = step->value[field];
    struct fq_span bytes;

    switch (row->type) {
    case FQ_VALUE_CODE:
        format_code(filling, row->table, value, out);
        break;
    case FQ_VALUE_CENTS:
        snprintf(out, TEXT_SIZE, "%llu.%02u", (unsigned long long)(value / 100),
                 (unsigned)(value % 100));
        break;
    case FQ_VALUE_DATE:
        format_date(filling->map, (uint16_t)value, out);
        break;
    case FQ_VALUE_BOOL:
        snprintf(out, TEXT_SIZE, "%s", filling->map->words == MAP_WORDS_ZH ? "是" : "yes");
        break;
    case FQ_VALUE_TEXT:
        bytes = fq_event_bytes(step, field);
        snprintf(out, TEXT_SIZE, "%.*s", (int)bytes.size, (const char *)bytes.data);
        break;
    case FQ_VALUE_UNIT:
        snprintf(out, TEXT_SIZE, "%010llu", (unsigned long long)value);
        break;
    default:
        snprintf(out, TEXT_SIZE, "%llu", (unsigned long long)value);
        break;
    }
}

/* The texts a source's table, or its list, knows. */
static void try_listed(struct filling *filling, const struct map_source *source)
{
    const struct map_table *table = source->table;

    if (!is_of(source, filling->column)) {
        return;
    }
    for (size_t i = 0; table && i < table->entry_count; i++) {
        const char **entry = table->cells + i * table->width;
        if (entry != table->default_row) {
            try_text(filling, entry[0]);
        }
    }
    for (size_t i = 0; !table && i < source->is_count; i++) {
        try_text(filling, source->is[i]);
    }
}

static void try_event(struct filling *filling, const struct map_event *event)
{
    const struct fq_event *step = standing(filling, event);
    char text[TEXT_SIZE];

    if (step && is_of(&event->date, filling->column)) {
        format_date(filling->map, step->date, text);
        try_text(filling, text);
    }
    if (step && step->unit && is_of(&event->unit, filling->column)) {
        snprintf(text, sizeof text, "%010llu", (unsigned long long)step->unit);
        try_text(filling, text);
    }
    for (size_t i = 0; i < event->field_count; i++) {
        const struct map_field *field = &event->fields[i];
        if (step && step->value[field->field] && is_of(&field->source, filling->column)) {
            format_value(filling, field->field, step, text);
            try_text(filling, text);
        }
        try_listed(filling, &field->source);
    }
    try_listed(filling, &event->when);
}

/* R1: the first of the texts that says most. */
static void fill_column(struct filling *filling)
{
    char text[TEXT_SIZE];

    filling->best[0] = '\0';
    filling->best_score = -1000;
    try_text(filling, "");
    for (size_t i = 0; i < filling->map->event_count; i++) {
        try_event(filling, &filling->map->events[i]);
    }
    if (is_of(&filling->map->area, filling->column)) {
        snprintf(text, sizeof text, "%06u", (unsigned)filling->row->home);
        try_text(filling, text);
        try_listed(filling, &filling->map->area);
    }
}

/* ---- rows ---- */

void register_bind(struct map *map, int out_columns[MAP_COLUMNS_MAX])
{
    for (size_t i = 0; i < map->column_count; i++) {
        int place = 0;
        for (size_t j = 0; j < map->column_count; j++) {
            place += map->columns[j].order < map->columns[i].order;
        }
        map->columns[i].place = place;
        out_columns[place] = (int)i;
    }
}

/* The first column of a vault field holds it; it was one text when it came in from several. */
static struct fq_span vault_text(const struct map *map, int column, struct fq_span vault)
{
    for (size_t i = 0; vault.size && i < map->vault_count; i++) {
        if (map->vault[i].column_count && map->vault[i].columns[0] == column) {
            return cell_trim(fq_map_text(vault, fq_vault_field_name(map->vault[i].field)));
        }
    }
    return (struct fq_span){0};
}

static const char *keep(struct fq_arena *arena, struct fq_span text)
{
    char *copy = fq_arena_take_raw(arena, text.size + 1);

    if (copy) {
        memcpy(copy, text.size ? text.data : (const uint8_t *)"", text.size);
        copy[text.size] = '\0';
    }
    return copy;
}

fq_err register_cells(const struct map *map, const struct fq_codes *codes,
                      const struct register_row *row, struct fq_arena *arena,
                      const char **out_cells, struct fq_why *out_why)
{
    struct fq_span cells[MAP_COLUMNS_MAX], said[MAP_COLUMNS_MAX] = {{0}};
    struct filling filling = {.map = map, .codes = codes, .row = row, .cells = cells};
    char text[2 * FQ_ID_SIZE + 1];

    for (size_t i = 0; i < map->column_count; i++) {
        cells[i] = fq_span_text("");
    }
    for (int i = 0; i < (int)map->column_count; i++) {
        int place = map->columns[i].place;
        struct fq_span secret = vault_text(map, i, row->vault);
        filling.column = i;
        fill_column(&filling);
        if (i == map->identity) {
            fq_hex_encode(fq_span_of(row->id.bytes, FQ_ID_SIZE), text);
            snprintf(filling.best, sizeof filling.best, "%s", text);
        }
        bool is_secret = !filling.best[0] && secret.size;
        out_cells[place] = keep(arena, is_secret ? secret : fq_span_text(filling.best));
        if (!out_cells[place]) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "register");
        }
        said[place] = fq_span_text(out_cells[place]);
    }
    if (map->fingerprint >= 0) {
        char fingerprint[17];
        int place = map->columns[map->fingerprint].place;
        row_fingerprint(map, said, map->column_count, fingerprint);
        out_cells[place] = keep(arena, fq_span_text(fingerprint));
    }
    return map->fingerprint < 0 || out_cells[map->columns[map->fingerprint].place]
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_LIMIT, "register");
}
