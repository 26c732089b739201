#include "paper.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 256 /* sessions or visits on one form */
#define TEXT_SIZE 400

static const struct paper_form_row forms[PAPER_FORMS] = {
    [PAPER_ACCEPTANCE] = {"acceptance", "受理登记表", "Acceptance Form"},
    [PAPER_RECORD] = {"record", "调解记录", "Record of Mediation"},
    [PAPER_AGREEMENT] = {"agreement", "调解协议书", "Mediation Agreement"},
    [PAPER_VISIT] = {"visit", "回访记录", "Record of Follow-up Visits"},
};

const struct paper_form_row *paper_form_row(enum paper_form form)
{
    FQ_ASSERT(form < PAPER_FORMS);
    return &forms[form];
}

enum paper_form paper_form_find(const char *text)
{
    enum paper_form form = 0;

    while (form < PAPER_FORMS && strcmp(text, forms[form].name) && strcmp(text, forms[form].zh)) {
        form++;
    }
    return form;
}

/* ---- the map ---- */

struct filling {
    const struct paper *paper;
    struct fq_writer pairs;
    uint32_t count;
};

static void put_span(struct filling *filling, const char *key, struct fq_span text)
{
    if (text.size > 0) { /* W5 */
        fq_write_text(&filling->pairs, key);
        fq_write_text_span(&filling->pairs, text);
        filling->count++;
    }
}

static void put_text(struct filling *filling, const char *key, const char *text)
{
    put_span(filling, key, fq_span_text(text));
}

static void put_truth(struct filling *filling, const char *key, bool truth)
{
    fq_write_text(&filling->pairs, key);
    fq_write_bool(&filling->pairs, truth);
    filling->count++;
}

static void put_uint(struct filling *filling, const char *key, uint64_t value)
{
    if (value > 0) {
        fq_write_text(&filling->pairs, key);
        fq_write_uint(&filling->pairs, value);
        filling->count++;
    }
}

static void put_date(struct filling *filling, const char *key, struct fq_span text)
{
    char date[PAPER_DATE_SIZE];

    paper_date(text, filling->paper->is_chinese, date);
    put_text(filling, key, date);
}

static void put_money(struct filling *filling, const char *key, uint64_t cents)
{
    char text[40];

    if (cents > 0) {
        snprintf(text, sizeof text, "%" PRIu64 ".%02u", cents / 100, (unsigned)(cents % 100));
        put_text(filling, key, text);
    }
}

/* The name of the code that map[key] holds as its id; a code no table knows prints as it is. */
static void put_code(struct filling *filling, struct fq_span map, const char *key,
                     enum fq_code_table table)
{
    const struct paper *paper = filling->paper;
    struct fq_span id = fq_map_text(map, key);
    const struct fq_code *code = NULL;
    uint16_t number;

    if (id.size > 0 && fq_codes_find_id(paper->codes, table, id, &number)) {
        code = fq_codes_find(paper->codes, table, number);
    }
    if (code) {
        put_text(filling, key, paper->is_chinese ? code->zh : code->en);
    } else {
        put_span(filling, key, id);
    }
}

static const struct fq_area *area_of(const struct paper *paper, struct fq_span code)
{
    char digits[8] = "";

    if (code.size < 6) {
        return NULL;
    }
    memcpy(digits, code.data, 6);
    return fq_areas_find(paper->areas, (uint32_t)strtoul(digits, NULL, 10));
}

static const char *area_name(const struct paper *paper, struct fq_span code)
{
    const struct fq_area *area = area_of(paper, code);

    return !area ? "" : paper->is_chinese ? area->name_zh : area->name_en;
}

/* The row of a table that has this code; empty when it has none. */
static struct fq_span row_of(struct fq_span table, struct fq_span code)
{
    struct fq_reader reader = fq_reader_over(table);
    uint32_t count = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span row = fq_read_skip(&reader);
        if (fq_span_equal(fq_map_text(row, "code"), code)) {
            return row;
        }
    }
    return (struct fq_span){0};
}

/* What a unit without a name is called: its area and what body it is. */
static void describe_unit(const struct paper *paper, struct fq_span unit, struct fq_span kind,
                          char out[TEXT_SIZE])
{
    static const struct {
        const char *kind, *zh, *en;
    } bodies[] = {
        {"people", "人民调解委员会", "People's Mediation Committee"},
        {"administrative", "行政调解机构", "Administrative Mediation Body"},
        {"judicial", "人民法院", "People's Court"},
    };
    const char *body = "", *area = area_name(paper, unit);

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        if (fq_span_equal(kind, fq_span_text(bodies[i].kind))) {
            body = paper->is_chinese ? bodies[i].zh : bodies[i].en;
        }
    }
    snprintf(out, TEXT_SIZE, "%s%s%s", area, *area && *body && !paper->is_chinese ? " " : "", body);
}

/* A unit as one writes it: its name and its code. */
static void put_unit(struct filling *filling, const char *key, struct fq_span unit,
                     struct fq_span kind)
{
    const struct paper *paper = filling->paper;
    struct fq_span row = row_of(paper->units, unit);
    struct fq_span name = fq_map_text(row, paper->is_chinese ? "name_zh" : "name_en");
    char described[TEXT_SIZE], text[TEXT_SIZE];

    if (unit.size == 0 || unit.size > 20) {
        return;
    }
    if (name.size == 0 || name.size > 200) {
        describe_unit(paper, unit, kind, described);
        name = fq_span_text(described);
    }
    snprintf(text, sizeof text, paper->is_chinese ? "%.*s（%.*s）" : "%.*s (%.*s)", (int)name.size,
             (const char *)name.data, (int)unit.size, (const char *)unit.data);
    put_text(filling, key, text);
}

/* A village after its town, by their names; the code when the table does not know it. */
static void put_place(struct filling *filling, const char *key, uint64_t place)
{
    char code[24], town[24], text[TEXT_SIZE];
    struct fq_span places = filling->paper->places;

    if (place == 0) {
        return;
    }
    snprintf(code, sizeof code, "%" PRIu64, place);
    snprintf(town, sizeof town, "%" PRIu64, place / 1000);
    struct fq_span own = fq_map_text(row_of(places, fq_span_text(code)), "name_zh");
    struct fq_span above = fq_map_text(row_of(places, fq_span_text(town)), "name_zh");
    if (own.size == 0 || own.size + above.size >= sizeof text) {
        put_text(filling, key, code);
        return;
    }
    snprintf(text, sizeof text, "%.*s%.*s", (int)above.size,
             above.size ? (const char *)above.data : "", (int)own.size, (const char *)own.data);
    put_text(filling, key, text);
}

/* ---- the history ---- */

/* What stands of the dispute's steps, as the maps of its history. */
struct standing {
    struct fq_span registered, accepted, agreed, reason;
    struct fq_span sessions[ROWS_MAX], visits[ROWS_MAX];
    uint32_t session_count, visit_count;
};

static struct fq_reader events_of(struct fq_span history, uint32_t *out_count)
{
    struct fq_reader reader = fq_reader_over(history);

    *out_count = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;
    return reader;
}

/* Whether some event of the history voids this one (W4). */
static bool is_voided(struct fq_span history, struct fq_span event)
{
    char id[64];
    uint32_t count;
    struct fq_span origin = fq_map_text(event, "origin");
    struct fq_reader reader = events_of(history, &count);

    snprintf(id, sizeof id, "%.*s-%" PRIu64 "-%" PRIu64 "-%" PRIu64, (int)(origin.size & 15),
             origin.size ? (const char *)origin.data : "", fq_map_uint(event, "stream"),
             fq_map_uint(event, "epoch"), fq_map_uint(event, "seq"));
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span other = fq_read_skip(&reader);
        struct fq_span fields = fq_map_get(other, "fields");
        if (fq_span_equal(fq_map_text(other, "event"), fq_span_text("voided")) &&
            fq_span_equal(fq_map_text(fields, "target"), fq_span_text(id))) {
            return true;
        }
    }
    return false;
}

/* A correction takes the place of what it corrects, the last of its kind. */
static void keep_row(struct fq_span *rows, uint32_t *count, struct fq_span event,
                     bool is_correction)
{
    if (is_correction && *count > 0) {
        rows[*count - 1] = event;
    } else if (*count < ROWS_MAX) {
        rows[(*count)++] = event;
    }
}

static void keep(struct standing *standing, struct fq_span event)
{
    struct fq_span name = fq_map_text(event, "event");
    struct fq_span fields = fq_map_get(event, "fields");
    bool is_correction = fq_span_equal(name, fq_span_text("corrected"));
    struct fq_span step = is_correction ? fq_map_text(fields, "corrects") : name;

    if (fq_span_equal(step, fq_span_text("registered"))) {
        standing->registered = event;
    } else if (fq_span_equal(step, fq_span_text("accepted"))) {
        standing->accepted = event;
    } else if (fq_span_equal(step, fq_span_text("agreed"))) {
        standing->agreed = event;
        standing->reason = (struct fq_span){0};
    } else if (fq_span_equal(step, fq_span_text("failed")) ||
               fq_span_equal(step, fq_span_text("terminated"))) {
        standing->agreed = (struct fq_span){0};
        standing->reason = fq_map_text(fields, "reason");
    } else if (fq_span_equal(step, fq_span_text("reopened"))) { /* empties the outcome (D3) */
        standing->agreed = standing->reason = (struct fq_span){0};
    } else if (fq_span_equal(step, fq_span_text("session"))) {
        keep_row(standing->sessions, &standing->session_count, event, is_correction);
    } else if (fq_span_equal(step, fq_span_text("visited"))) {
        keep_row(standing->visits, &standing->visit_count, event, is_correction);
    }
}

/* The history runs from the smallest stamp up: the last word on a step stands. */
static void read_history(struct fq_span history, struct standing *standing)
{
    uint32_t count;
    struct fq_reader reader = events_of(history, &count);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span event = fq_read_skip(&reader);
        if (!is_voided(history, event)) {
            keep(standing, event);
        }
    }
}

/* ---- parts of a form ---- */

/* A list whose maps are made by the functions below: `filling` as the map of one item. */
static void write_item(struct filling *list, const struct filling *item)
{
    fq_write_map(&list->pairs, item->count);
    fq_write_raw(&list->pairs, fq_writer_span(&item->pairs));
}

static struct filling item_of(const struct paper *paper, uint8_t *memory, size_t size)
{
    return (struct filling){.paper = paper, .pairs = fq_writer_over(memory, size)};
}

static void put_list(struct filling *filling, const char *key, uint32_t count)
{
    fq_write_text(&filling->pairs, key);
    fq_write_array(&filling->pairs, count);
    filling->count++;
}

static void put_sessions(struct filling *filling, const struct standing *standing)
{
    uint8_t memory[1024];

    put_list(filling, "sessions", standing->session_count);
    for (uint32_t i = 0; i < standing->session_count; i++) {
        struct filling item = item_of(filling->paper, memory, sizeof memory);
        struct fq_span fields = fq_map_get(standing->sessions[i], "fields");
        put_uint(&item, "index", i + 1);
        put_date(&item, "date", fq_map_text(standing->sessions[i], "date"));
        put_uint(&item, "minutes", fq_map_uint(fields, "minutes"));
        put_place(&item, "place", fq_map_uint(fields, "place"));
        write_item(filling, &item);
    }
}

static void put_visits(struct filling *filling, const struct standing *standing)
{
    static const char *const zh[] = {"不满意", "满意"};
    static const char *const en[] = {"not satisfied", "satisfied"};
    const char *const *words = filling->paper->is_chinese ? zh : en;
    uint8_t memory[1024];

    put_list(filling, "visits", standing->visit_count);
    for (uint32_t i = 0; i < standing->visit_count; i++) {
        struct filling item = item_of(filling->paper, memory, sizeof memory);
        struct fq_span fields = fq_map_get(standing->visits[i], "fields");
        put_date(&item, "date", fq_map_text(standing->visits[i], "date"));
        put_code(&item, fields, "performance", FQ_CODES_PERFORMANCE);
        if (fq_map_bool(fields, "surveyed")) {
            put_text(&item, "satisfied", words[fq_map_bool(fields, "satisfied")]);
        }
        write_item(filling, &item);
    }
}

static void put_assists(struct filling *filling)
{
    struct fq_reader reader = fq_reader_over(fq_map_get(filling->paper->show, "units"));
    uint32_t count = fq_read_type(&reader) == FQ_CODEC_ARRAY ? fq_read_array(&reader) : 0;
    struct fq_span units[ROWS_MAX];
    uint32_t assist_count = 0;
    uint8_t memory[1024];

    for (uint32_t i = 0; i < count && assist_count < ROWS_MAX; i++) {
        struct fq_span unit = fq_read_skip(&reader);
        if (fq_span_equal(fq_map_text(unit, "role"), fq_span_text("assist"))) {
            units[assist_count++] = unit;
        }
    }
    put_list(filling, "assists", assist_count);
    for (uint32_t i = 0; i < assist_count; i++) {
        struct filling item = item_of(filling->paper, memory, sizeof memory);
        put_unit(&item, "unit", fq_map_text(units[i], "unit"), fq_map_text(units[i], "kind"));
        write_item(filling, &item);
    }
}

/* Always two: a party nobody named is a line to fill. */
static void put_parties(struct filling *filling)
{
    static const char *const keys[][2] = {
        {"party_name", "other_party_name"},
        {"party_id_number", "other_party_id_number"},
        {"party_phone", "other_party_phone"},
        {"party_address", "other_party_address"},
    };
    static const char *const names[] = {"name", "id_number", "phone", "address"};

    put_list(filling, "parties", 2);
    for (size_t party = 0; party < 2; party++) {
        fq_write_map(&filling->pairs, 4);
        for (size_t i = 0; i < 4; i++) {
            fq_write_text(&filling->pairs, names[i]);
            fq_write_text_span(&filling->pairs, fq_map_text(filling->paper->vault, keys[i][party]));
        }
    }
}

static void put_vault(struct filling *filling)
{
    static const char *const keys[] = {
        "party_name", "other_party_name", "narrative", "agreement_text", "note", "visit_note"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        put_span(filling, keys[i], fq_map_text(filling->paper->vault, keys[i]));
    }
}

static void put_head(struct filling *filling)
{
    const struct paper *paper = filling->paper;
    const struct paper_form_row *row = &forms[paper->form];
    struct fq_span number = fq_map_text(paper->show, "dispute");
    char text[TEXT_SIZE];

    put_text(filling, "lang", paper->is_chinese ? "zh-CN" : "en");
    put_text(filling, "title", paper->is_chinese ? row->zh : row->en);
    put_span(filling, "number", number);
    if (number.size > 0 && number.size < 60) { /* the papers of one dispute are numbered 1 to 4 */
        snprintf(text, sizeof text, "%.*s-%d", (int)number.size, (const char *)number.data,
                 (int)paper->form + 1);
        put_text(filling, "form_number", text);
        snprintf(text, sizeof text, "%.*s-%d", (int)number.size, (const char *)number.data,
                 (int)PAPER_AGREEMENT + 1);
        put_text(filling, "agreement_number", text);
    }
    put_unit(filling, "unit", fq_map_text(paper->show, "host"), fq_map_text(paper->show, "kind"));
    put_text(filling, "area", area_name(paper, fq_map_text(paper->show, "home")));
    put_code(filling, paper->show, "type", FQ_CODES_TYPE);
    put_code(filling, paper->show, "source", FQ_CODES_SOURCE);
    put_code(filling, paper->show, "difficulty", FQ_CODES_DIFFICULTY);
    put_code(filling, paper->show, "risk", FQ_CODES_RISK);
    put_uint(filling, "persons", fq_map_uint(paper->show, "persons"));
}

static void put_steps(struct filling *filling, const struct standing *standing)
{
    struct fq_span show = filling->paper->show;
    struct fq_span dates = fq_map_get(show, "dates"), outcome = fq_map_text(show, "outcome");
    struct fq_span registered = fq_map_get(standing->registered, "fields");
    struct fq_span agreed = fq_map_get(standing->agreed, "fields");
    uint64_t cents = fq_map_uint(show, "amount_cents");
    bool is_agreed = fq_span_equal(outcome, fq_span_text("agreed"));
    char capital[PAPER_CAPITAL_SIZE];

    put_date(filling, "registered_date", fq_map_text(dates, "registered"));
    put_date(filling, "acceptance_date", fq_map_text(dates, "accepted"));
    put_truth(filling, "consent", fq_map_bool(fq_map_get(standing->accepted, "fields"), "consent"));
    put_place(filling, "place", fq_map_uint(registered, "place"));
    put_money(filling, "claimed", fq_map_uint(registered, "claimed_cents"));
    put_code(filling, registered, "scale", FQ_CODES_SCALE);
    put_code(filling, show, "outcome", FQ_CODES_OUTCOME);
    put_date(filling, "outcome_date", fq_map_text(dates, "outcome"));
    put_span(filling, "reason", standing->reason);
    put_truth(filling, "is_agreed", is_agreed);
    put_truth(filling, "is_failed", fq_span_equal(outcome, fq_span_text("failed")));
    put_truth(filling, "is_terminated", fq_span_equal(outcome, fq_span_text("terminated")));
    if (is_agreed) {
        put_date(filling, "agreement_date", fq_map_text(dates, "outcome"));
        put_date(filling, "due_date", fq_map_text(agreed, "due"));
        put_truth(filling, "is_immediate", fq_map_bool(agreed, "immediate"));
        put_money(filling, "amount", cents);
        paper_capital(cents, capital);
        put_text(filling, "amount_capital", cents > 0 ? capital : "");
    }
}

fq_err paper_values(const struct paper *paper, struct fq_arena *arena, struct fq_span *out_values,
                    struct fq_why *out_why)
{
    FQ_ASSERT(paper);
    FQ_ASSERT(arena);

    struct filling filling = {.paper = paper, .pairs = fq_writer_take(arena, PAPER_VALUES_MAX)};
    struct fq_writer map = fq_writer_take(arena, PAPER_VALUES_MAX);
    struct standing *standing = fq_arena_take(arena, sizeof *standing);

    if (!standing) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "paper");
    }
    read_history(fq_map_get(paper->show, "history"), standing);
    put_head(&filling);
    put_steps(&filling, standing);
    put_vault(&filling);
    put_parties(&filling);
    put_assists(&filling);
    put_sessions(&filling, standing);
    put_visits(&filling, standing);
    fq_write_map(&map, filling.count);
    fq_write_raw(&map, fq_writer_span(&filling.pairs));
    if (filling.pairs.is_full || map.is_full) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "paper");
    }
    *out_values = fq_writer_span(&map);
    return FQ_OK;
}
