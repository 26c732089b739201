#include "import_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq/base/hash.h"
#include "fq/edge/vault.h"

#define SEEN_CAPACITY_FIRST 8192

struct row_seen_slot {
    struct fq_id id; /* zero: free */
    uint32_t count;
    uint32_t line; /* of the first */
};

/* ---- cells ---- */

static struct fq_span cell_of(const struct map *map, int column, const struct fq_span *cells,
                              size_t count)
{
    int place = map->columns[column].place;

    return place >= 0 && (size_t)place < count ? cells[place] : fq_span_of("", 0);
}

struct fq_span row_cell(const struct map *map, int column, const struct fq_span *cells,
                        size_t count)
{
    struct fq_span text = fq_span_of("", 0);

    if (column >= 0) {
        text = cell_trim(cell_of(map, column, cells, count));
    }
    for (size_t i = 0; i < map->blank_count; i++) {
        if (fq_span_equal(text, fq_span_text(map->blanks[i]))) {
            return fq_span_of("", 0);
        }
    }
    return text;
}

/* ---- values ---- */

static bool is_prefix_of(const char *prefix, struct fq_span text)
{
    size_t size = strlen(prefix);

    return size <= text.size && memcmp(prefix, text.data, size) == 0;
}

/* The row of the table for `value`: the equal or longest prefix, else the default, else NULL. */
static const char **look_up(const struct map_table *table, struct fq_span value)
{
    const char **found = NULL;
    size_t found_size = 0;

    for (size_t i = 0; i < table->entry_count; i++) {
        const char **entry = table->cells + i * table->width;
        size_t size = strlen(entry[0]);
        bool is_match = table->is_prefix
                            ? size > 0 && size > found_size && is_prefix_of(entry[0], value)
                            : size == value.size && is_prefix_of(entry[0], value);
        if (is_match && entry != table->default_row) {
            found = entry;
            found_size = size;
        }
    }
    return found ? found : table->default_row;
}

static const char *column_name(const struct map *map, const struct map_source *source)
{
    return source->constant ? "constant" : map->columns[source->column].name;
}

static bool is_one_of(const struct map_source *source, struct fq_span text)
{
    for (size_t i = 0; i < source->is_count; i++) {
        if (fq_span_equal(text, fq_span_text(source->is[i]))) {
            return true;
        }
    }
    return false;
}

/* A table that trims also knows its texts in full-width signs. */
static const char **find_entry(const struct map_table *table, struct fq_span text)
{
    uint8_t narrow[CELL_NARROW_MAX];
    const char **entry = look_up(table, text);

    if (table->is_trimmed && entry == table->default_row) {
        entry = look_up(table, cell_narrow(text, narrow));
    }
    return entry;
}

fq_err row_resolve(const struct map *map, const struct map_source *source,
                   const struct fq_span *cells, size_t count, struct fq_span *out_text,
                   struct fq_why *out_why)
{
    struct fq_span text;

    if (source->constant) {
        *out_text = fq_span_text(source->constant);
        return FQ_OK;
    }
    text = row_cell(map, source->column, cells, count);
    if (source->table) {
        bool is_trimmed = source->table->is_trimmed;
        const char **entry = find_entry(
            source->table, is_trimmed ? text : cell_of(map, source->column, cells, count));
        if (!entry) {
            return fq_fail(out_why, FQ_REASON_ROW_VALUE, "%s", column_name(map, source));
        }
        text = fq_span_text(entry[source->output]);
    }
    if (source->is_count) {
        text = fq_span_text(is_one_of(source, text) ? "true" : "false");
    }
    *out_text = text;
    return FQ_OK;
}

/* ---- area and id ---- */

fq_err row_area(const struct map *map, const struct fq_span *cells, size_t count,
                uint32_t *out_area, struct fq_why *out_why)
{
    struct fq_span text;
    uint64_t number;
    fq_err err = row_resolve(map, &map->area, cells, count, &text, out_why);

    if (err) {
        return err;
    }
    if (!cell_number(text, &number) || number < 100000 || number > 999999) {
        return fq_fail(out_why, FQ_REASON_ROW_VALUE, "%s", column_name(map, &map->area));
    }
    *out_area = (uint32_t)number;
    return FQ_OK;
}

void row_seen_close(struct row_seen *seen)
{
    free(seen->slots);
    *seen = (struct row_seen){0};
}

static struct row_seen_slot *seen_find(const struct row_seen *seen, const struct fq_id *id)
{
    uint64_t at;

    memcpy(&at, id->bytes, sizeof at);
    for (at &= seen->capacity - 1;; at = (at + 1) & (seen->capacity - 1)) {
        struct row_seen_slot *slot = &seen->slots[at]; /* ends: a slot in two is free */
        if (slot->count == 0 || fq_id_equal(&slot->id, id)) {
            return slot;
        }
    }
}

static bool seen_grow(struct row_seen *seen)
{
    struct row_seen larger = {.capacity =
                                  seen->capacity ? seen->capacity * 2 : SEEN_CAPACITY_FIRST};

    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots) {
        return false;
    }
    for (size_t i = 0; i < seen->capacity; i++) {
        if (seen->slots[i].count) {
            *seen_find(&larger, &seen->slots[i].id) = seen->slots[i];
            larger.used++;
        }
    }
    free(seen->slots);
    *seen = larger;
    return true;
}

/* How many rows like this one have been seen, this one included; 0 when memory is out. */
static uint32_t count_occurrence(struct row_seen *seen, const struct fq_id *id)
{
    if (seen->used * 2 >= seen->capacity && !seen_grow(seen)) {
        return 0;
    }
    struct row_seen_slot *slot = seen_find(seen, id);
    seen->used += slot->count == 0;
    slot->id = *id;
    return ++slot->count;
}

struct hash_parts {
    struct fq_span spans[4 * MAP_COLUMNS_MAX + 8];
    uint8_t sizes[2 * MAP_COLUMNS_MAX + 8][4];
    size_t span_count, size_count;
};

/* A part is hashed behind its length, so that no two lists of parts look alike. */
static void hash_part(struct hash_parts *parts, struct fq_span part)
{
    uint8_t *size = parts->sizes[parts->size_count++];

    fq_put_be32(size, (uint32_t)part.size);
    parts->spans[parts->span_count++] = fq_span_of(size, 4);
    parts->spans[parts->span_count++] = part;
}

bool row_id(const struct map *map, const struct fq_span *cells, size_t count, uint32_t area,
            struct row_seen *seen, struct fq_id *out_id)
{
    struct hash_parts parts = {.span_count = 0};
    uint8_t number[4];

    hash_part(&parts, fq_span_text(map->ledger));
    if (map->key >= 0) { /* I2: a keyed row is its key, however often it stands there */
        hash_part(&parts, fq_span_text("key"));
        hash_part(&parts, cell_trim(cell_of(map, map->key, cells, count)));
        fq_hash_id(parts.spans, parts.span_count, out_id);
        return true;
    }
    for (size_t i = 0; i < map->column_count; i++) {
        if (map->columns[i].is_mapped && !map->columns[i].is_vault) {
            hash_part(&parts, fq_span_text(map->columns[i].name));
            hash_part(&parts, cell_of(map, (int)i, cells, count));
        }
    }
    if (map->is_area_from_vault) {
        fq_put_be32(number, area);
        hash_part(&parts, fq_span_of(number, sizeof number));
    }
    struct fq_id like;
    fq_hash_id(parts.spans, parts.span_count, &like);
    uint32_t occurrence = count_occurrence(seen, &like);
    if (occurrence == 0) {
        return false;
    }
    uint8_t last[4];
    fq_put_be32(last, occurrence);
    hash_part(&parts, fq_span_of(last, sizeof last));
    fq_hash_id(parts.spans, parts.span_count, out_id);
    return true;
}

bool row_has_key(const struct map *map, const struct fq_span *cells, size_t count)
{
    return map->key < 0 || cell_trim(cell_of(map, map->key, cells, count)).size > 0;
}

uint32_t row_first_line(struct row_seen *seen, const struct fq_id *id, uint32_t line)
{
    if (count_occurrence(seen, id) == 0) {
        return 0;
    }
    struct row_seen_slot *slot = seen_find(seen, id);
    slot->line = slot->count == 1 ? line : slot->line;
    return slot->line;
}

/* The text of a column whichever way it is written: 1200.00 and "1,200" are one amount. */
static struct fq_span plain_text(const struct map *map, int column, const struct fq_span *cells,
                                 size_t count, char out[32])
{
    struct fq_span text = cell_trim(cell_of(map, column, cells, count));
    uint16_t date;
    uint64_t number;

    switch (map->columns[column].type) {
    case MAP_DATE:
        if (cell_date(text, map->dates, map->date_count, &date)) {
            fq_date_format(date, out);
            return fq_span_text(out);
        }
        return text;
    case MAP_MONEY:
        if (row_amount(text, &number)) {
            snprintf(out, 32, "%llu", (unsigned long long)number);
            return fq_span_text(out);
        }
        return text;
    default:
        return text;
    }
}

void row_fingerprint(const struct map *map, const struct fq_span *cells, size_t count, char out[17])
{
    struct hash_parts parts = {.span_count = 0};
    char texts[MAP_COLUMNS_MAX][32];
    struct fq_id id;

    hash_part(&parts, fq_span_text(map->ledger));
    for (int i = 0; i < (int)map->column_count; i++) {
        if (i != map->fingerprint && !map->columns[i].is_vault) {
            hash_part(&parts, fq_span_text(map->columns[i].name));
            hash_part(&parts, plain_text(map, i, cells, count, texts[i]));
        }
    }
    fq_hash_id(parts.spans, parts.span_count, &id);
    fq_hex_encode(fq_span_of(id.bytes, 8), out);
}

/* ---- events ---- */

struct row_reader {
    const struct map *map;
    const struct fq_codes *codes;
    const struct fq_span *cells;
    size_t count;
    struct fq_arena *arena;
};

static fq_err read_code(const struct row_reader *reader, const struct map_field *field,
                        struct fq_span text, uint64_t *out_value, struct fq_why *out_why)
{
    enum fq_code_table table = fq_field_row(field->field)->table;
    uint8_t narrow[CELL_NARROW_MAX];
    uint16_t number;

    if (!fq_codes_find_id(reader->codes, table, text, &number) &&
        !fq_codes_find_id(reader->codes, table, cell_narrow(text, narrow), &number)) {
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "%s, %s",
                       column_name(reader->map, &field->source), fq_codes_table_name(table));
    }
    *out_value = number;
    return FQ_OK;
}

static fq_err read_text(const struct row_reader *reader, const struct map_field *field,
                        struct fq_span text, struct fq_event *event, struct fq_why *out_why)
{
    if (text.size > FQ_TEXT_MAX || fq_field_row(field->field)->type != FQ_VALUE_TEXT ||
        !fq_event_set_bytes(event, field->field, text)) {
        return fq_fail(out_why, FQ_REASON_FIELD, "%s", column_name(reader->map, &field->source));
    }
    return FQ_OK;
}

static fq_err read_field(const struct row_reader *reader, const struct map_field *field,
                         struct fq_event *event, struct fq_why *out_why)
{
    struct fq_span text;
    uint64_t value = 0;
    uint16_t date = 0;
    bool is_fine = true;
    const char *name = column_name(reader->map, &field->source);
    fq_err err =
        row_resolve(reader->map, &field->source, reader->cells, reader->count, &text, out_why);

    if (err || text.size == 0) {
        return err; /* an empty cell is an absent field */
    }
    switch (fq_field_row(field->field)->type) {
    case FQ_VALUE_CODE:
        err = read_code(reader, field, text, &value, out_why);
        break;
    case FQ_VALUE_CENTS:
        if (!row_amount(text, &value)) {
            err = fq_fail(out_why, FQ_REASON_AMOUNT, "%s", name);
        }
        break;
    case FQ_VALUE_DATE:
        if (!cell_date(text, reader->map->dates, reader->map->date_count, &date)) {
            err = fq_fail(out_why, FQ_REASON_DATE, "%s", name);
        }
        value = date;
        break;
    case FQ_VALUE_BOOL:
        is_fine = cell_truth(text, &value);
        break;
    case FQ_VALUE_UINT:
    case FQ_VALUE_AREA:
    case FQ_VALUE_UNIT:
        is_fine = cell_number(text, &value);
        break;
    default:
        return read_text(reader, field, text, event, out_why);
    }
    if (!is_fine) {
        err = fq_fail(out_why, FQ_REASON_FIELD, "%s", name);
    }
    event->value[field->field] = value;
    return err;
}

static void make_cmd_id(const struct row *row, unsigned kind, unsigned ordinal,
                        struct fq_id *out_id)
{
    uint8_t number[4];
    struct fq_span parts[3] = {fq_span_of(row->id.bytes, FQ_ID_SIZE),
                               fq_span_text(fq_kind_row(kind)->name),
                               fq_span_of(number, sizeof number)};

    fq_put_be32(number, ordinal);
    fq_hash_id(parts, 3, out_id);
}

/* How far in the life of a dispute a step stands; none lies before one that stands less far. */
static unsigned rank_of(unsigned kind)
{
    switch (kind) {
    case FQ_EVENT_REGISTERED:
        return 0;
    case FQ_EVENT_ACCEPTED:
    case FQ_EVENT_REJECTED:
        return 1;
    case FQ_EVENT_AGREED:
    case FQ_EVENT_FAILED:
    case FQ_EVENT_TERMINATED:
        return 3;
    case FQ_EVENT_PERFORMED:
    case FQ_EVENT_CONFIRMATION:
    case FQ_EVENT_VISITED:
    case FQ_EVENT_CLOSED:
        return 4;
    case FQ_EVENT_ARCHIVED:
        return 5;
    default:
        return 2;
    }
}

static bool is_before_its_ground(const struct row *row, unsigned kind, uint16_t date)
{
    for (size_t i = 0; i < row->event_count; i++) {
        if (rank_of(row->events[i].kind) < rank_of(kind) && date < row->events[i].date) {
            return true;
        }
    }
    return false;
}

/* What follows an outcome may happen in any order: by date, and in the map's order on one day. */
static void sort_events(struct row *row)
{
    for (size_t i = 1; i < row->event_count; i++) {
        for (size_t j = i; j > 0; j--) {
            struct fq_event event = row->events[j];
            const struct map_event *from = row->from[j];
            if (rank_of(event.kind) != 4 || rank_of(row->events[j - 1].kind) != 4 ||
                row->events[j - 1].date <= event.date) {
                break;
            }
            row->events[j] = row->events[j - 1];
            row->from[j] = row->from[j - 1];
            row->events[j - 1] = event;
            row->from[j - 1] = from;
        }
    }
}

static fq_err read_event(const struct row_reader *reader, const struct map_event *from,
                         struct row *row, struct fq_why *out_why)
{
    struct fq_event *event = row->events + row->event_count;
    struct fq_span text;
    unsigned ordinal = 1;

    if (row->event_count == ROW_COMMANDS_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%d", ROW_COMMANDS_MAX);
    }
    fq_err err =
        row_resolve(reader->map, &from->date, reader->cells, reader->count, &text, out_why);

    if (err) {
        return err;
    }
    memset(event, 0, sizeof *event);
    if (!cell_date(text, reader->map->dates, reader->map->date_count, &event->date)) {
        return fq_fail(out_why, FQ_REASON_DATE, "%s", column_name(reader->map, &from->date));
    }
    if (is_before_its_ground(row, from->kind, event->date)) {
        return fq_fail(out_why, FQ_REASON_DATE_ORDER, "%s", column_name(reader->map, &from->date));
    }
    event->kind = event->step = (uint16_t)from->kind;
    event->area = row->area;
    event->dispute = row->id;
    event->actor = fq_span_text(""); /* the node knows who asks */
    for (size_t i = 0; i < row->event_count; i++) {
        ordinal += row->events[i].kind == from->kind;
    }
    if (from->kind == FQ_EVENT_REGISTERED) {
        event->cmd_id = row->id;
    } else {
        make_cmd_id(row, from->kind, ordinal, &event->cmd_id);
    }
    if (from->unit.is_given) {
        err = row_resolve(reader->map, &from->unit, reader->cells, reader->count, &text, out_why);
        if (!err && text.size && !cell_number(text, &event->unit)) {
            err = fq_fail(out_why, FQ_REASON_UNIT, "%s", column_name(reader->map, &from->unit));
        }
    }
    for (size_t i = 0; i < from->field_count && !err; i++) {
        err = read_field(reader, &from->fields[i], event, out_why);
    }
    row->from[row->event_count] = from;
    row->event_count += err == FQ_OK;
    return err;
}

static fq_err read_vault(const struct row_reader *reader, struct row *row, struct fq_why *out_why)
{
    row->vault_count = 0;
    for (size_t i = 0; i < reader->map->vault_count; i++) {
        const struct map_vault *vault = &reader->map->vault[i];
        bool is_id_number = vault->field == FQ_VAULT_PARTY_ID_NUMBER ||
                            vault->field == FQ_VAULT_OTHER_PARTY_ID_NUMBER;
        size_t size = 0;
        for (size_t j = 0; j < vault->column_count; j++) {
            size += 2 + cell_of(reader->map, vault->columns[j], reader->cells, reader->count).size;
        }
        struct fq_writer text = fq_writer_take(reader->arena, size);
        if (text.is_full) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "vault");
        }
        for (size_t j = 0; j < vault->column_count; j++) {
            struct fq_span cell =
                row_cell(reader->map, vault->columns[j], reader->cells, reader->count);
            if (is_id_number && !cell_may_be_id_number(cell)) {
                return fq_fail(out_why, FQ_REASON_PARTY_ID, "%s",
                               reader->map->columns[vault->columns[j]].name);
            }
            if (cell.size) {
                fq_write_raw(&text, fq_span_text(text.used ? ", " : ""));
                fq_write_raw(&text, cell);
            }
        }
        if (text.used) {
            row->vault[row->vault_count].field = vault->field;
            row->vault[row->vault_count++].text = fq_writer_span(&text);
        }
    }
    return FQ_OK;
}

/* ---- what belongs to no step ---- */

static bool is_of(const struct map_source *source, int column)
{
    return source->is_given && !source->constant && source->column == column;
}

static bool has_column(const struct map_event *event, int column)
{
    bool is_its = is_of(&event->date, column) || is_of(&event->unit, column);

    for (size_t i = 0; i < event->field_count && !is_its; i++) {
        is_its = is_of(&event->fields[i].source, column);
    }
    return is_its;
}

static bool is_taken(const struct row *row, const struct map_event *event)
{
    for (size_t i = 0; i < row->event_count; i++) {
        if (row->from[i] == event) {
            return true;
        }
    }
    return false;
}

/* Whether a column tells of steps none of which was taken; what steps depend on tells nothing. */
static bool is_left_over(const struct map *map, const struct row *row, int column)
{
    bool is_some = false;

    for (size_t i = 0; i < map->event_count; i++) {
        const struct map_event *event = &map->events[i];
        if (is_of(&event->when, column) || is_of(&map->area, column)) {
            return false;
        }
        if (has_column(event, column)) {
            if (is_taken(row, event)) {
                return false;
            }
            is_some = true;
        }
    }
    return is_some;
}

static bool is_nothing(struct fq_span text)
{
    uint64_t cents = 1;

    return text.size == 0 || (row_amount(text, &cents) && cents == 0);
}

static fq_err check_left_over(const struct row_reader *reader, const struct row *row,
                              struct fq_why *out_why)
{
    const struct map *map = reader->map;

    for (int i = 0; i < (int)map->column_count; i++) {
        if (!map->columns[i].is_vault && is_left_over(map, row, i) &&
            !is_nothing(row_cell(map, i, reader->cells, reader->count))) {
            return fq_fail(out_why, FQ_REASON_ROW_LEFTOVER, "%s", map->columns[i].name);
        }
    }
    return FQ_OK;
}

fq_err row_events(const struct map *map, const struct fq_codes *codes, const struct fq_span *cells,
                  size_t count, struct fq_arena *arena, struct row *row, struct fq_why *out_why)
{
    struct row_reader reader = {map, codes, cells, count, arena};

    row->event_count = 0;
    for (size_t i = 0; i < map->event_count; i++) {
        const struct map_event *from = &map->events[i];
        struct fq_span text = fq_span_text("true");
        fq_err err = FQ_OK;
        if (from->when.is_given) {
            err = row_resolve(map, &from->when, cells, count, &text, out_why);
        }
        if (!err && text.size && !fq_span_equal(text, fq_span_text("false"))) {
            err = read_event(&reader, from, row, out_why);
        }
        if (err) {
            return err;
        }
    }
    sort_events(row);
    fq_err err = map->is_strict ? check_left_over(&reader, row, out_why) : (fq_err)FQ_OK;
    return err ? err : read_vault(&reader, row, out_why);
}
