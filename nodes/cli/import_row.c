#include "import_row.h"

#include <stdlib.h>
#include <string.h>

#include "fq/base/hash.h"

#define SEEN_CAPACITY_FIRST 8192

struct row_seen_slot {
    struct fq_id id; /* zero: free */
    uint32_t count;
};

/* ---- cells ---- */

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Without spaces at either end, the ideographic space of Chinese text included. */
static struct fq_span trim(struct fq_span text)
{
    for (bool is_more = true; is_more && text.size;) {
        is_more = true;
        if (is_space(text.data[0])) {
            text = fq_span_of(text.data + 1, text.size - 1);
        } else if (is_space(text.data[text.size - 1])) {
            text.size--;
        } else if (text.size >= 3 && memcmp(text.data, "\xe3\x80\x80", 3) == 0) {
            text = fq_span_of(text.data + 3, text.size - 3);
        } else if (text.size >= 3 && memcmp(text.data + text.size - 3, "\xe3\x80\x80", 3) == 0) {
            text.size -= 3;
        } else {
            is_more = false;
        }
    }
    return text;
}

static struct fq_span cell_of(const struct map *map, int column, const struct fq_span *cells,
                              size_t count)
{
    int place = map->columns[column].place;

    return place >= 0 && (size_t)place < count ? cells[place] : fq_span_of("", 0);
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

/* The text a source gives for this row; empty when the cell is. */
static fq_err resolve(const struct map *map, const struct map_source *source,
                      const struct fq_span *cells, size_t count, struct fq_span *out_text,
                      struct fq_why *out_why)
{
    struct fq_span text;

    if (source->constant) {
        *out_text = fq_span_text(source->constant);
        return FQ_OK;
    }
    text = cell_of(map, source->column, cells, count);
    if (source->table) {
        const char **entry = look_up(source->table, source->table->is_trimmed ? trim(text) : text);
        if (!entry) {
            return fq_fail(out_why, FQ_REASON_ROW_VALUE, "%s", column_name(map, source));
        }
        text = fq_span_text(entry[source->output]);
    } else {
        text = trim(text);
    }
    if (source->is_count) {
        bool is_one = false;
        for (size_t i = 0; i < source->is_count; i++) {
            is_one |= fq_span_equal(text, fq_span_text(source->is[i]));
        }
        text = fq_span_text(is_one ? "true" : "false");
    }
    *out_text = text;
    return FQ_OK;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whole units before the point: digits, or groups of three after the first comma. */
static bool read_units(struct fq_span text, uint64_t *out_units)
{
    uint64_t units = 0;
    size_t since_comma = 0, digits = 0;
    bool has_comma = false;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == ',') {
            if (digits == 0 || (has_comma ? since_comma != 3 : digits > 3)) {
                return false;
            }
            has_comma = true;
            since_comma = 0;
            continue;
        }
        if (!is_digit(text.data[i]) || ++digits > 15) {
            return false;
        }
        units = units * 10 + (uint64_t)(text.data[i] - '0');
        since_comma++;
    }
    *out_units = units;
    return digits > 0 && (!has_comma || since_comma == 3);
}

bool row_amount(struct fq_span text, uint64_t *out_cents)
{
    static const char *const signs[] = {"$", "\xc2\xa5", "\xef\xbf\xa5"};

    text = trim(text);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (is_prefix_of(signs[i], text)) {
            size_t size = strlen(signs[i]);
            text = fq_span_of(text.data + size, text.size - size);
            break;
        }
    }
    size_t point = 0;
    while (point < text.size && text.data[point] != '.') {
        point++;
    }
    uint64_t units, cents = 0;
    if (!read_units(fq_span_of(text.data, point), &units)) {
        return false;
    }
    if (point < text.size) {
        size_t decimals = text.size - point - 1;
        if (decimals < 1 || decimals > 2 || !is_digit(text.data[point + 1]) ||
            !is_digit(text.data[text.size - 1])) {
            return false;
        }
        cents = (uint64_t)(text.data[point + 1] - '0') * 10;
        cents += decimals == 2 ? (uint64_t)(text.data[point + 2] - '0') : 0;
    }
    *out_cents = units * 100 + cents;
    return true;
}

static bool read_number(struct fq_span text, uint64_t *out_number)
{
    uint64_t number = 0;

    if (text.size == 0 || text.size > 18) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out_number = number;
    return true;
}

static bool read_date(const struct map *map, struct fq_span text, uint16_t *out_date)
{
    for (size_t i = 0; i < map->date_count; i++) {
        if (fq_date_parse_format(text, map->dates[i], out_date)) {
            return true;
        }
    }
    return map->date_count == 0 && fq_date_parse(text, out_date);
}

static bool read_truth(struct fq_span text, uint64_t *out_truth)
{
    static const char *const yes[] = {"true", "yes", "Yes", "1", "是", "有"};
    static const char *const no[] = {"false", "no", "No", "0", "否", "无", ""};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (fq_span_equal(text, fq_span_text(yes[i]))) {
            *out_truth = 1;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (fq_span_equal(text, fq_span_text(no[i]))) {
            *out_truth = 0;
            return true;
        }
    }
    return false;
}

/* ---- area and id ---- */

fq_err row_area(const struct map *map, const struct fq_span *cells, size_t count,
                uint32_t *out_area, struct fq_why *out_why)
{
    struct fq_span text;
    uint64_t number;
    fq_err err = resolve(map, &map->area, cells, count, &text, out_why);

    if (err) {
        return err;
    }
    if (text.size != 6 || !read_number(text, &number)) {
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
        hash_part(&parts, trim(cell_of(map, map->key, cells, count)));
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
    return map->key < 0 || trim(cell_of(map, map->key, cells, count)).size > 0;
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
    uint16_t number;

    if (!fq_codes_find_id(reader->codes, table, text, &number)) {
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
    fq_err err = resolve(reader->map, &field->source, reader->cells, reader->count, &text, out_why);

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
        if (!read_date(reader->map, text, &date)) {
            err = fq_fail(out_why, FQ_REASON_DATE, "%s", name);
        }
        value = date;
        break;
    case FQ_VALUE_BOOL:
        is_fine = read_truth(text, &value);
        break;
    case FQ_VALUE_UINT:
    case FQ_VALUE_AREA:
    case FQ_VALUE_UNIT:
        is_fine = read_number(text, &value);
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

static fq_err read_event(const struct row_reader *reader, const struct map_event *from,
                         struct row *row, struct fq_why *out_why)
{
    struct fq_event *event = &row->events[row->event_count];
    struct fq_span text;
    unsigned ordinal = 1;
    fq_err err = resolve(reader->map, &from->date, reader->cells, reader->count, &text, out_why);

    if (err) {
        return err;
    }
    memset(event, 0, sizeof *event);
    if (!read_date(reader->map, text, &event->date)) {
        return fq_fail(out_why, FQ_REASON_DATE, "%s", column_name(reader->map, &from->date));
    }
    if (row->event_count && event->date < row->events[row->event_count - 1].date) {
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
        err = resolve(reader->map, &from->unit, reader->cells, reader->count, &text, out_why);
        if (!err && text.size && !read_number(text, &event->unit)) {
            err = fq_fail(out_why, FQ_REASON_UNIT, "%s", column_name(reader->map, &from->unit));
        }
    }
    for (size_t i = 0; i < from->field_count && !err; i++) {
        err = read_field(reader, &from->fields[i], event, out_why);
    }
    row->event_count += err == FQ_OK;
    return err;
}

static fq_err read_vault(const struct row_reader *reader, struct row *row, struct fq_why *out_why)
{
    row->vault_count = 0;
    for (size_t i = 0; i < reader->map->vault_count; i++) {
        const struct map_vault *vault = &reader->map->vault[i];
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
                trim(cell_of(reader->map, vault->columns[j], reader->cells, reader->count));
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
            err = resolve(map, &from->when, cells, count, &text, out_why);
        }
        if (!err && text.size && !fq_span_equal(text, fq_span_text("false"))) {
            err = read_event(&reader, from, row, out_why);
        }
        if (err) {
            return err;
        }
    }
    return read_vault(&reader, row, out_why);
}
