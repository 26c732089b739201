#include "import_map.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fq/edge/csv.h"
#include "fq/edge/settings.h"
#include "fq/edge/vault.h"
#include "import_cell.h"

#define PATH_SIZE 160

struct loader {
    struct map *map;
    const struct fq_setting *first;
    struct fq_why *why;
};

/* ---- settings ---- */

static const struct fq_setting *get(const struct loader *loader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const struct fq_setting *get(const struct loader *loader, const char *format, ...)
{
    char path[PATH_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    return fq_settings_find(loader->first, path);
}

/* Whether any setting begins with `prefix` and a point, and the line of the first that does. */
static bool has_group(const struct loader *loader, const char *prefix, unsigned *out_line)
{
    size_t size = strlen(prefix);

    for (const struct fq_setting *at = loader->first; at; at = at->next) {
        if (strncmp(at->path, prefix, size) == 0 && at->path[size] == '.') {
            *out_line = at->line;
            return true;
        }
    }
    return false;
}

static fq_err fail_at(const struct loader *loader, unsigned line, const char *key, const char *what)
{
    return fq_fail(loader->why, FQ_REASON_MAP, "%s:%u: %s: %s", loader->map->path, line, key, what);
}

static fq_err fail_on(const struct loader *loader, const struct fq_setting *setting,
                      const char *what)
{
    return fail_at(loader, setting->line, setting->path, what);
}

/* `#` stands for a position, `*` for a name. */
static bool matches(const char *pattern, const char *path)
{
    while (*pattern && *path) {
        size_t word = strcspn(path, ".");
        size_t pattern_word = strcspn(pattern, ".");
        bool is_number = strspn(path, "0123456789") == word;
        bool is_match = *pattern == '#' ? is_number
                        : *pattern == '*'
                            ? !is_number
                            : word == pattern_word && memcmp(path, pattern, word) == 0;
        if (!is_match) {
            return false;
        }
        path += word + (path[word] == '.');
        pattern += pattern_word + (pattern[pattern_word] == '.');
    }
    return !*pattern && !*path;
}

static fq_err check_keys(const struct loader *loader)
{
    static const char *const texts[] = {
        "ledger",
        "key",
        "identity",
        "fingerprint",
        "words",
        "sheet",
        "optional.#",
        "columns.#",
        "blank.#",
        "dates.#",
        "tables.*.file",
        "tables.*.match",
        "area.column",
        "area.table",
        "area.value",
        "vault.#.field",
        "vault.#.columns.#",
        "events.#.event",
        "events.#.date.column",
        "events.#.date.value",
        "events.#.when.column",
        "events.#.when.table",
        "events.#.when.is.#",
        "events.#.unit.column",
        "events.#.unit.table",
        "events.#.unit.value",
        "events.#.fields.*.column",
        "events.#.fields.*.table",
        "events.#.fields.*.value",
        "events.#.fields.*.is.#",
    };
    static const char *const numbers[] = {"area.output", "events.#.when.output",
                                          "events.#.unit.output", "events.#.fields.*.output"};
    static const char *const truths[] = {"skip_foreign", "strict", "tables.*.trim"};
    const struct {
        const char *const *patterns;
        size_t count;
        enum fq_setting_type type;
    } groups[] = {
        {texts, sizeof texts / sizeof texts[0], FQ_SETTING_TEXT},
        {numbers, sizeof numbers / sizeof numbers[0], FQ_SETTING_NUMBER},
        {truths, sizeof truths / sizeof truths[0], FQ_SETTING_TRUTH},
    };

    for (const struct fq_setting *at = loader->first; at; at = at->next) {
        bool is_known = at->type == FQ_SETTING_EMPTY;
        for (size_t i = 0; i < 3 && !is_known; i++) {
            for (size_t j = 0; j < groups[i].count && !is_known; j++) {
                is_known = matches(groups[i].patterns[j], at->path);
                if (is_known && at->type != groups[i].type) {
                    return fail_on(loader, at, "is of the wrong type");
                }
            }
        }
        if (!is_known) {
            return fail_on(loader, at, "is not a key of a map");
        }
    }
    return FQ_OK;
}

/* ---- tables ---- */

struct table_loader {
    struct map_table *table;
    struct fq_arena *arena;
    const char *path;
};

static const char *keep(struct fq_arena *arena, struct fq_span text)
{
    char *copy = fq_arena_take(arena, text.size + 1);

    if (copy && text.size) {
        memcpy(copy, text.data, text.size);
    }
    return copy;
}

/* The header line gives the width and is no entry. */
static fq_err take_header(struct table_loader *loader, const struct fq_csv_row *row,
                          struct fq_why *out_why)
{
    if (row->field_count < 2 || row->field_count > MAP_OUTPUTS_MAX) {
        return fq_fail(out_why, FQ_REASON_MAP, "%s:%u: 2 to %d columns", loader->path, row->line,
                       MAP_OUTPUTS_MAX);
    }
    loader->table->width = row->field_count;
    loader->table->cells =
        fq_arena_take(loader->arena, sizeof(char *) * row->field_count * MAP_ENTRIES_MAX);
    return loader->table->cells ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "%s", loader->path);
}

static fq_err take_entry(void *context, const struct fq_csv_row *row, struct fq_why *out_why)
{
    struct table_loader *loader = context;
    struct map_table *table = loader->table;

    if (row->is_malformed) {
        return fq_fail(out_why, FQ_REASON_MAP, "%s:%u", loader->path, row->line);
    }
    if (!table->cells) {
        return take_header(loader, row, out_why);
    }
    if (table->entry_count == MAP_ENTRIES_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s: %d rows", loader->path, MAP_ENTRIES_MAX);
    }
    const char **entry = table->cells + table->entry_count++ * table->width;
    for (size_t i = 0; i < table->width; i++) {
        entry[i] = keep(loader->arena, row->fields[i]);
        if (!entry[i]) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "%s", loader->path);
        }
    }
    if (strcmp(entry[0], "*") == 0) {
        table->default_row = entry;
    }
    return FQ_OK;
}

static fq_err load_table(const struct loader *loader, const struct fq_setting *file)
{
    struct map *map = loader->map;
    char name[64], path[600];
    size_t size = strcspn(file->path + strlen("tables."), ".");

    if (map->table_count == MAP_TABLES_MAX) {
        return fail_on(loader, file, "one table too many");
    }
    snprintf(name, sizeof name, "%.*s", (int)size, file->path + strlen("tables."));
    struct map_table *table = &map->tables[map->table_count++];
    const struct fq_setting *match = get(loader, "tables.%s.match", name);
    const struct fq_setting *trimmed = get(loader, "tables.%s.trim", name);
    if (match && strcmp(match->text, "exact") && strcmp(match->text, "prefix")) {
        return fail_on(loader, match, "is exact or prefix");
    }
    table->name = keep(map->arena, fq_span_text(name));
    table->is_prefix = match && strcmp(match->text, "prefix") == 0;
    table->is_trimmed = table->is_prefix || (trimmed && trimmed->number);
    if (!table->name || !fq_settings_resolve(map->path, file->text, path, sizeof path)) {
        return fq_fail(loader->why, FQ_REASON_LIMIT, "%s", map->path);
    }
    struct table_loader reading = {table, map->arena, path};
    fq_err err = fq_csv_read(path, take_entry, &reading, loader->why);
    if (!err && !table->cells) {
        err = fail_on(loader, file, "is an empty file");
    }
    return err;
}

static fq_err load_tables(const struct loader *loader)
{
    for (const struct fq_setting *at = loader->first; at; at = at->next) {
        if (matches("tables.*.file", at->path)) {
            fq_err err = load_table(loader, at);
            if (err) {
                return err;
            }
        }
    }
    return FQ_OK;
}

/* ---- sources ---- */

static fq_err add_column(const struct loader *loader, const struct fq_setting *name,
                         int *out_column)
{
    struct map *map = loader->map;

    for (size_t i = 0; i < map->column_count; i++) {
        if (strcmp(map->columns[i].name, name->text) == 0) {
            *out_column = (int)i;
            return FQ_OK;
        }
    }
    if (map->column_count == MAP_COLUMNS_MAX) {
        return fail_on(loader, name, "one column too many");
    }
    map->columns[map->column_count].name = name->text;
    map->columns[map->column_count].order = (unsigned)map->column_count;
    map->columns[map->column_count].place = -1;
    *out_column = (int)map->column_count++;
    return FQ_OK;
}

static fq_err find_table(const struct loader *loader, const struct fq_setting *name,
                         const struct fq_setting *output, struct map_source *source)
{
    for (size_t i = 0; i < loader->map->table_count; i++) {
        const struct map_table *table = &loader->map->tables[i];
        if (strcmp(table->name, name->text) == 0) {
            source->table = table;
            source->output = output ? (size_t)output->number : 1;
            return source->output >= 1 && source->output < table->width
                       ? FQ_OK
                       : fail_on(loader, output ? output : name, "the table has no such column");
        }
    }
    return fail_on(loader, name, "is not one of tables");
}

static fq_err load_source(const struct loader *loader, const char *prefix,
                          struct map_source *source)
{
    const struct fq_setting *constant = get(loader, "%s.value", prefix);
    const struct fq_setting *column = get(loader, "%s.column", prefix);
    const struct fq_setting *table = get(loader, "%s.table", prefix);
    unsigned line = 0;
    fq_err err = FQ_OK;

    if (!has_group(loader, prefix, &line)) {
        return FQ_OK;
    }
    source->is_given = true;
    source->line = line;
    if ((constant != NULL) == (column != NULL) || (constant && table)) {
        return fail_at(loader, line, prefix, "needs either column or value");
    }
    if (constant) {
        source->constant = constant->text;
        return FQ_OK;
    }
    err = add_column(loader, column, &source->column);
    if (!err) {
        loader->map->columns[source->column].is_mapped = true;
    }
    if (!err && table) {
        err = find_table(loader, table, get(loader, "%s.output", prefix), source);
    }
    const struct fq_setting *is = get(loader, "%s.is.0", prefix);
    while (!err && is) {
        if (source->is_count == MAP_VALUES_MAX) {
            return fail_on(loader, is, "one value too many");
        }
        source->is[source->is_count++] = is->text;
        is = get(loader, "%s.is.%zu", prefix, source->is_count);
    }
    return err;
}

/* ---- events ---- */

static enum fq_field find_field(struct fq_span name)
{
    for (int field = 1; field < FQ_FIELDS_COUNT; field++) {
        if (fq_span_equal(name, fq_span_text(fq_field_row((enum fq_field)field)->name))) {
            return (enum fq_field)field;
        }
    }
    return FQ_FIELD_NONE;
}

static bool has_field(unsigned kind, enum fq_field field)
{
    const struct fq_kind_row *row = fq_kind_row(kind);

    for (size_t i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        if (row->fields[i] == field) {
            return true;
        }
    }
    return false;
}

static fq_err load_field(const struct loader *loader, struct map_event *event, const char *prefix,
                         struct fq_span name)
{
    char path[PATH_SIZE];
    enum fq_field field = find_field(name);
    unsigned line = 0;

    snprintf(path, sizeof path, "%s.fields.%.*s", prefix, (int)name.size, (const char *)name.data);
    for (size_t i = 0; i < event->field_count; i++) {
        if (event->fields[i].field == field) {
            return FQ_OK; /* another setting of the same field */
        }
    }
    (void)has_group(loader, path, &line);
    if (!field || !has_field(event->kind, field)) {
        return fail_at(loader, line, path, "is not a field of the event");
    }
    if (event->field_count == FQ_BODY_FIELDS_MAX) {
        return fail_at(loader, line, path, "one field too many");
    }
    struct map_field *made = &event->fields[event->field_count++];
    made->field = field;
    return load_source(loader, path, &made->source);
}

static fq_err load_fields(const struct loader *loader, struct map_event *event, const char *prefix)
{
    char begin[PATH_SIZE];
    int size = snprintf(begin, sizeof begin, "%s.fields.", prefix);

    for (const struct fq_setting *at = loader->first; at; at = at->next) {
        if (strncmp(at->path, begin, (size_t)size) == 0) {
            const char *name = at->path + size;
            fq_err err = load_field(loader, event, prefix, fq_span_of(name, strcspn(name, ".")));
            if (err) {
                return err;
            }
        }
    }
    return FQ_OK;
}

static fq_err load_event(const struct loader *loader, const struct fq_setting *name, size_t index)
{
    struct map *map = loader->map;
    char prefix[64], path[96];
    fq_err err;

    if (map->event_count == MAP_EVENTS_MAX) {
        return fail_on(loader, name, "one event too many");
    }
    struct map_event *event = &map->events[map->event_count++];
    event->kind = fq_kind_find(fq_span_text(name->text));
    if (event->kind < FQ_EVENT_REGISTERED || event->kind > FQ_EVENT_REOPENED) {
        return fail_on(loader, name, "is not an event of a dispute");
    }
    if ((index == 0) != (event->kind == FQ_EVENT_REGISTERED)) {
        return fail_on(loader, name, "the first event, and no other, is registered");
    }
    snprintf(prefix, sizeof prefix, "events.%zu", index);
    const struct {
        const char *name;
        struct map_source *source;
    } parts[] = {{"date", &event->date}, {"when", &event->when}, {"unit", &event->unit}};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s.%s", prefix, parts[i].name);
        err = load_source(loader, path, parts[i].source);
        if (err) {
            return err;
        }
    }
    if (!event->date.is_given) {
        return fail_on(loader, name, "date is missing");
    }
    if (index == 0 && event->when.is_given) {
        return fail_at(loader, event->when.line, path, "every row is registered");
    }
    return load_fields(loader, event, prefix);
}

static fq_err load_events(const struct loader *loader)
{
    const struct fq_setting *name;

    for (size_t i = 0; (name = get(loader, "events.%zu.event", i)) != NULL; i++) {
        fq_err err = load_event(loader, name, i);
        if (err) {
            return err;
        }
    }
    return loader->map->event_count ? FQ_OK : fail_at(loader, 1, "events", "is missing");
}

static fq_err load_vault(const struct loader *loader)
{
    struct map *map = loader->map;
    const struct fq_setting *field;

    for (size_t i = 0; (field = get(loader, "vault.%zu.field", i)) != NULL; i++) {
        if (i == MAP_VAULT_MAX) {
            return fail_on(loader, field, "one vault field too many");
        }
        struct map_vault *vault = &map->vault[map->vault_count++];
        vault->field = fq_vault_field_find(fq_span_text(field->text));
        if (!vault->field) {
            return fail_on(loader, field, "is not a vault field");
        }
        const struct fq_setting *column;
        while ((column = get(loader, "vault.%zu.columns.%zu", i, vault->column_count)) != NULL) {
            if (vault->column_count == MAP_COLUMNS_MAX) {
                return fail_on(loader, column, "one column too many");
            }
            fq_err err = add_column(loader, column, &vault->columns[vault->column_count]);
            if (err) {
                return err;
            }
            map->columns[vault->columns[vault->column_count++]].is_vault = true;
        }
    }
    return FQ_OK;
}

/* ---- the whole ---- */

/* The texts of a list. */
static fq_err load_texts(const struct loader *loader, const char *name, const char **texts,
                         size_t *out_count)
{
    const struct fq_setting *text;

    while ((text = get(loader, "%s.%zu", name, *out_count)) != NULL) {
        if (*out_count == MAP_DATES_MAX) {
            return fail_on(loader, text, "one too many");
        }
        texts[(*out_count)++] = text->text;
    }
    return FQ_OK;
}

/* Columns are numbered in the order they are written in: those of `columns` first. */
static fq_err load_layout(const struct loader *loader)
{
    const struct fq_setting *name;
    int column;

    for (size_t i = 0; (name = get(loader, "columns.%zu", i)) != NULL; i++) {
        fq_err err = add_column(loader, name, &column);
        if (err) {
            return err;
        }
    }
    return FQ_OK;
}

static fq_err load_words(const struct loader *loader)
{
    static const char *const names[] = {"id", "zh", "en"};
    const struct fq_setting *words = get(loader, "words");

    for (size_t i = 0; words && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(words->text, names[i]) == 0) {
            loader->map->words = (enum map_words)i;
            return FQ_OK;
        }
    }
    return words ? fail_on(loader, words, "is id, zh or en") : FQ_OK;
}

/* A column that is named by the setting itself. */
static fq_err load_column(const struct loader *loader, const char *name, bool is_mapped,
                          int *out_column)
{
    const struct fq_setting *setting = get(loader, "%s", name);

    *out_column = -1;
    if (!setting) {
        return FQ_OK;
    }
    fq_err err = add_column(loader, setting, out_column);
    if (!err) {
        loader->map->columns[*out_column].is_mapped |= is_mapped;
        loader->map->columns[*out_column].is_optional |= !is_mapped;
    }
    return err;
}

static fq_err load_head(const struct loader *loader)
{
    struct map *map = loader->map;
    const struct fq_setting *ledger = get(loader, "ledger");
    const struct fq_setting *skip = get(loader, "skip_foreign");
    const struct fq_setting *strict = get(loader, "strict");
    const struct fq_setting *sheet = get(loader, "sheet");

    if (!ledger || !*ledger->text) {
        return fail_at(loader, 1, "ledger", "is missing");
    }
    map->ledger = ledger->text;
    map->sheet = sheet ? sheet->text : ledger->text;
    map->is_skipping_foreign = skip && skip->number;
    map->is_strict = strict && strict->number;
    fq_err err = load_layout(loader);
    err = err ? err : load_words(loader);
    err = err ? err : load_texts(loader, "dates", map->dates, &map->date_count);
    err = err ? err : load_texts(loader, "blank", map->blanks, &map->blank_count);
    err = err ? err : load_column(loader, "identity", false, &map->identity);
    return err ? err : load_column(loader, "key", true, &map->key);
}

/* Optional columns are those of the map that a file may lack. */
static fq_err load_optional(const struct loader *loader)
{
    const struct fq_setting *name;
    int column = -1;

    for (size_t i = 0; (name = get(loader, "optional.%zu", i)) != NULL; i++) {
        fq_err err = add_column(loader, name, &column);
        if (err) {
            return err;
        }
        loader->map->columns[column].is_optional = true;
    }
    return FQ_OK;
}

/* A column that is only listed is a slip of the pen. */
static fq_err check_columns(const struct loader *loader)
{
    const struct map *map = loader->map;

    for (int i = 0; i < (int)map->column_count; i++) {
        const struct map_column *column = &map->columns[i];
        if (!column->is_mapped && !column->is_vault && i != map->identity &&
            i != map->fingerprint) {
            return fail_at(loader, 1, column->name, "is listed but not used");
        }
    }
    return FQ_OK;
}

/* I2: columns are hashed in the order of their names, so sources are told their new places. */
static void sort_columns(struct map *map)
{
    struct map_column sorted[MAP_COLUMNS_MAX];
    int places[MAP_COLUMNS_MAX];

    for (size_t i = 0; i < map->column_count; i++) {
        int before = 0;
        for (size_t j = 0; j < map->column_count; j++) {
            before += strcmp(map->columns[j].name, map->columns[i].name) < 0;
        }
        places[i] = before;
        sorted[before] = map->columns[i];
    }
    memcpy(map->columns, sorted, sizeof sorted[0] * map->column_count);
    map->key = map->key >= 0 ? places[map->key] : -1;
    map->identity = map->identity >= 0 ? places[map->identity] : -1;
    map->fingerprint = map->fingerprint >= 0 ? places[map->fingerprint] : -1;
    map->area.column = map->area.constant ? 0 : places[map->area.column];
    for (size_t i = 0; i < map->event_count; i++) {
        struct map_event *event = &map->events[i];
        event->date.column = places[event->date.column];
        event->when.column = places[event->when.column];
        event->unit.column = places[event->unit.column];
        for (size_t j = 0; j < event->field_count; j++) {
            event->fields[j].source.column = places[event->fields[j].source.column];
        }
    }
    for (size_t i = 0; i < map->vault_count; i++) {
        for (size_t j = 0; j < map->vault[i].column_count; j++) {
            map->vault[i].columns[j] = places[map->vault[i].columns[j]];
        }
    }
}

static void set_type(struct map *map, const struct map_source *source, enum map_type type)
{
    if (source->is_given && !source->constant && !source->table && source->is_count == 0) {
        map->columns[source->column].type = type;
    }
}

static void find_types(struct map *map)
{
    for (size_t i = 0; i < map->event_count; i++) {
        const struct map_event *event = &map->events[i];
        set_type(map, &event->date, MAP_DATE);
        for (size_t j = 0; j < event->field_count; j++) {
            enum fq_field field = event->fields[j].field;
            enum fq_value_type type = fq_field_row(field)->type;
            set_type(map, &event->fields[j].source,
                     type == FQ_VALUE_DATE                              ? MAP_DATE
                     : type == FQ_VALUE_CENTS                           ? MAP_MONEY
                     : type == FQ_VALUE_UINT && field != FQ_FIELD_PLACE ? MAP_NUMBER
                                                                        : MAP_TEXT);
        }
    }
}

static fq_err load_all(const struct loader *loader)
{
    struct map *map = loader->map;
    fq_err err = check_keys(loader);

    err = err ? err : load_head(loader);
    err = err ? err : load_tables(loader);
    err = err ? err : load_source(loader, "area", &map->area);
    if (!err && !map->area.is_given) {
        err = fail_at(loader, 1, "area", "is missing");
    }
    err = err ? err : load_events(loader);
    err = err ? err : load_vault(loader);
    err = err ? err : load_column(loader, "fingerprint", false, &map->fingerprint);
    err = err ? err : load_optional(loader);
    err = err ? err : check_columns(loader);
    if (!err && map->column_count == 0) {
        err = fail_at(loader, 1, "events", "no column is used");
    }
    if (!err) {
        sort_columns(map);
        find_types(map);
        map->is_area_from_vault = !map->area.constant && map->columns[map->area.column].is_vault;
    }
    return err;
}

fq_err map_load(const char *path, struct fq_arena *arena, struct map *out_map,
                struct fq_why *out_why)
{
    struct fq_why why = {0};
    struct loader loader = {.map = out_map, .why = &why};

    memset(out_map, 0, sizeof *out_map);
    snprintf(out_map->path, sizeof out_map->path, "%s", path);
    out_map->arena = arena;
    fq_err err = fq_settings_read(path, arena, &loader.first, &why);
    if (err && why.reason == FQ_REASON_CONFIG) {
        return fq_fail(out_why, FQ_REASON_MAP, "%s", why.detail);
    }
    err = err ? err : load_all(&loader);
    return err ? fq_fail(out_why, why.reason, "%s", why.detail) : FQ_OK;
}

fq_err map_bind(struct map *map, const struct fq_span *header, size_t count, struct fq_why *out_why)
{
    for (size_t i = 0; i < map->column_count; i++) {
        struct map_column *column = &map->columns[i];
        column->place = -1;
        for (size_t j = 0; j < count; j++) {
            if (!cell_is_like(header[j], fq_span_text(column->name))) {
                continue;
            }
            if (column->place >= 0) {
                return fq_fail(out_why, FQ_REASON_MAP, "%s: %s / %d, %zu", map->path, column->name,
                               column->place + 1, j + 1);
            }
            column->place = (int)j;
        }
        if (column->place < 0 && !column->is_optional) {
            return fq_fail(out_why, FQ_REASON_MAP, "%s: %s", map->path, column->name);
        }
    }
    return FQ_OK;
}
