#include "fq/core/code.h"

#include <string.h>

static const char *const table_names[FQ_CODES_COUNT] = {
    [FQ_CODES_NONE] = "",
    [FQ_CODES_TYPE] = "type",
    [FQ_CODES_KIND] = "kind",
    [FQ_CODES_COMMITTEE] = "committee",
    [FQ_CODES_SOURCE] = "source",
    [FQ_CODES_OUTCOME] = "outcome",
    [FQ_CODES_FORM] = "form",
    [FQ_CODES_PERFORMANCE] = "performance",
    [FQ_CODES_CONFIRMATION] = "confirmation",
    [FQ_CODES_DIFFICULTY] = "difficulty",
    [FQ_CODES_SCALE] = "scale",
    [FQ_CODES_RISK] = "risk",
    [FQ_CODES_PREVENTION] = "prevention",
    [FQ_CODES_STATION] = "station",
    [FQ_CODES_RELATION] = "relation",
    [FQ_CODES_SERVICE] = "service",
    [FQ_CODES_COUNTED] = "counted",
    [FQ_CODES_INDICATOR] = "indicator",
};

/* The rows that rules of the core rest on (O2). */
static const struct known {
    enum fq_code_table table;
    uint16_t number;
    const char *id;
} known[] = {
    {FQ_CODES_TYPE, FQ_TYPE_OTHER, "other"},
    {FQ_CODES_KIND, FQ_KIND_PEOPLE, "people"},
    {FQ_CODES_KIND, FQ_KIND_ADMINISTRATIVE, "administrative"},
    {FQ_CODES_KIND, FQ_KIND_JUDICIAL, "judicial"},
    {FQ_CODES_SOURCE, FQ_SOURCE_SCREENING, "screening"},
    {FQ_CODES_SOURCE, FQ_SOURCE_ON_APPLICATION, "on_application"},
    {FQ_CODES_SOURCE, FQ_SOURCE_ON_INITIATIVE, "on_initiative"},
    {FQ_CODES_SOURCE, FQ_SOURCE_DELEGATED_COURT, "delegated_court"},
    {FQ_CODES_SOURCE, FQ_SOURCE_DELEGATED_PROCURATORATE, "delegated_procuratorate"},
    {FQ_CODES_SOURCE, FQ_SOURCE_DELEGATED_POLICE, "delegated_police"},
    {FQ_CODES_SOURCE, FQ_SOURCE_DELEGATED_PETITION, "delegated_petition"},
    {FQ_CODES_SOURCE, FQ_SOURCE_DELEGATED_OTHER, "delegated_other"},
    {FQ_CODES_OUTCOME, FQ_OUTCOME_AGREED, "agreed"},
    {FQ_CODES_OUTCOME, FQ_OUTCOME_FAILED, "failed"},
    {FQ_CODES_OUTCOME, FQ_OUTCOME_TERMINATED, "terminated"},
    {FQ_CODES_FORM, FQ_FORM_ORAL, "oral"},
    {FQ_CODES_FORM, FQ_FORM_WRITTEN, "written"},
    {FQ_CODES_PERFORMANCE, FQ_PERFORMANCE_IMMEDIATE, "immediate"},
    {FQ_CODES_PERFORMANCE, FQ_PERFORMANCE_PENDING, "pending"},
    {FQ_CODES_PERFORMANCE, FQ_PERFORMANCE_PERFORMED, "performed"},
    {FQ_CODES_PERFORMANCE, FQ_PERFORMANCE_PARTIAL, "partial"},
    {FQ_CODES_PERFORMANCE, FQ_PERFORMANCE_REFUSED, "refused"},
    {FQ_CODES_PERFORMANCE, FQ_PERFORMANCE_SUED, "sued"},
    {FQ_CODES_CONFIRMATION, FQ_CONFIRMATION_NONE, "none"},
    {FQ_CODES_CONFIRMATION, FQ_CONFIRMATION_APPLIED, "applied"},
    {FQ_CODES_CONFIRMATION, FQ_CONFIRMATION_CONFIRMED, "confirmed"},
    {FQ_CODES_CONFIRMATION, FQ_CONFIRMATION_REJECTED, "rejected"},
    {FQ_CODES_CONFIRMATION, FQ_CONFIRMATION_WITHDRAWN, "withdrawn"},
    {FQ_CODES_CONFIRMATION, FQ_CONFIRMATION_ENFORCED, "enforced"},
    {FQ_CODES_DIFFICULTY, FQ_DIFFICULTY_SIMPLE, "simple"},
    {FQ_CODES_DIFFICULTY, FQ_DIFFICULTY_ORDINARY, "ordinary"},
    {FQ_CODES_DIFFICULTY, FQ_DIFFICULTY_DIFFICULT, "difficult"},
    {FQ_CODES_DIFFICULTY, FQ_DIFFICULTY_MAJOR, "major"},
    {FQ_CODES_RISK, FQ_RISK_RED, "red"},
    {FQ_CODES_RISK, FQ_RISK_ORANGE, "orange"},
    {FQ_CODES_RISK, FQ_RISK_YELLOW, "yellow"},
    {FQ_CODES_RISK, FQ_RISK_BLUE, "blue"},
    {FQ_CODES_RISK, FQ_RISK_GREEN, "green"},
    {FQ_CODES_PREVENTION, FQ_PREVENTION_SUICIDE, "suicide"},
    {FQ_CODES_PREVENTION, FQ_PREVENTION_CIVIL_TO_CRIMINAL, "civil_to_criminal"},
    {FQ_CODES_PREVENTION, FQ_PREVENTION_MASS_PETITION, "mass_petition"},
    {FQ_CODES_PREVENTION, FQ_PREVENTION_MASS_BRAWL, "mass_brawl"},
    {FQ_CODES_COUNTED, FQ_COUNTED_YUAN, "yuan"},
};

fq_err fq_codes_reserve(struct fq_codes *codes, struct fq_arena *arena, enum fq_code_table table,
                        uint32_t capacity, struct fq_why *out_why)
{
    FQ_ASSERT(table > FQ_CODES_NONE);
    FQ_ASSERT(table < FQ_CODES_COUNT);

    if (capacity > FQ_CODES_MAX) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s: more than %d codes", table_names[table],
                       FQ_CODES_MAX);
    }
    struct fq_code *rows = fq_arena_take(arena, capacity * sizeof *rows);
    uint16_t *numbers = fq_arena_take(arena, capacity * sizeof *numbers);
    if (!rows || !numbers) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "no memory for the table %s", table_names[table]);
    }
    codes->tables[table].rows = rows;
    codes->tables[table].numbers = numbers;
    codes->tables[table].capacity = capacity;
    codes->tables[table].count = 0;
    return FQ_OK;
}

static const struct fq_code *find_by_id(const struct fq_codes *codes, enum fq_code_table table,
                                        struct fq_span id)
{
    for (uint32_t i = 0; i < codes->tables[table].count; i++) {
        const struct fq_code *code = &codes->tables[table].rows[i];
        if (fq_span_equal(fq_span_text(code->id), id)) {
            return code;
        }
    }
    return NULL;
}

static fq_err check_indicator(const struct fq_codes *codes, const struct fq_code *code,
                              struct fq_why *out_why) /* O3 */
{
    uint16_t at_most = code->of_indicator.at_most;
    const struct fq_code *bound = fq_codes_find(codes, FQ_CODES_INDICATOR, at_most);

    if (!fq_codes_find(codes, FQ_CODES_SERVICE, code->of_indicator.service) ||
        !fq_codes_find(codes, FQ_CODES_COUNTED, code->of_indicator.counted)) {
        return fq_fail(out_why, FQ_REASON_CONFIG, "indicator: %s: service or counted is missing",
                       code->id);
    }
    if (at_most != 0 && (!bound || bound->of_indicator.counted != code->of_indicator.counted ||
                         bound->of_indicator.is_stock != code->of_indicator.is_stock)) {
        return fq_fail(out_why, FQ_REASON_CONFIG, "indicator: %s: at_most %u is no such indicator",
                       code->id, at_most);
    }
    if (code->of_indicator.is_stock && code->of_indicator.months) {
        return fq_fail(out_why, FQ_REASON_CONFIG,
                       "indicator: %s: a stock is of a day, not a period", code->id);
    }
    return FQ_OK;
}

fq_err fq_codes_add(struct fq_codes *codes, enum fq_code_table table, const struct fq_code *code,
                    struct fq_why *out_why)
{
    FQ_ASSERT(table > FQ_CODES_NONE);
    FQ_ASSERT(table < FQ_CODES_COUNT);

    const char *name = table_names[table];
    if (codes->tables[table].count == codes->tables[table].capacity) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s: more than %u codes", name,
                       codes->tables[table].capacity);
    }
    if (code->number == 0 || code->id[0] == '\0') {
        return fq_fail(out_why, FQ_REASON_CONFIG, "%s: a code needs a number above 0 and an id",
                       name);
    }
    if (fq_codes_find(codes, table, code->number) ||
        find_by_id(codes, table, fq_span_text(code->id))) {
        return fq_fail(out_why, FQ_REASON_CONFIG, "%s: %s (%u): number or id is taken", name,
                       code->id, code->number);
    }
    if (code->parent != 0 && !fq_codes_find(codes, table, code->parent)) {
        return fq_fail(out_why, FQ_REASON_CONFIG, "%s: %s: its parent %u is not above it", name,
                       code->id, code->parent);
    }
    fq_err err = table == FQ_CODES_INDICATOR ? check_indicator(codes, code, out_why) : FQ_OK;
    if (err) {
        return err;
    }
    uint32_t place = codes->tables[table].count++;
    codes->tables[table].rows[place] = *code;
    codes->tables[table].numbers[place] = code->number;
    return FQ_OK;
}

fq_err fq_codes_check(const struct fq_codes *codes, struct fq_why *out_why)
{
    for (int table = FQ_CODES_NONE + 1; table < FQ_CODES_COUNT; table++) {
        bool is_optional =
            table == FQ_CODES_SERVICE || table == FQ_CODES_COUNTED || table == FQ_CODES_INDICATOR;
        if (codes->tables[table].count == 0 && !is_optional) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s: the table is missing or empty",
                           table_names[table]);
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (codes->tables[known[i].table].count == 0) {
            continue; /* one that may be absent */
        }
        const struct fq_code *code = fq_codes_find(codes, known[i].table, known[i].number);
        if (!code || strcmp(code->id, known[i].id) != 0) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s: number %u must be %s, not %s",
                           table_names[known[i].table], known[i].number, known[i].id,
                           code ? code->id : "missing");
        }
    }
    return FQ_OK;
}

const struct fq_code *fq_codes_find(const struct fq_codes *codes, enum fq_code_table table,
                                    uint64_t number)
{
    FQ_ASSERT(table < FQ_CODES_COUNT);

    for (uint32_t i = 0; i < codes->tables[table].count; i++) {
        if (codes->tables[table].numbers[i] == number) {
            return &codes->tables[table].rows[i];
        }
    }
    return NULL;
}

/* A decimal number of one to five digits; 0, which is no row, for anything else. */
static unsigned read_number(struct fq_span text)
{
    unsigned number = 0;
    if (text.size < 1 || text.size > 5) {
        return 0;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }
        number = number * 10 + (unsigned)(text.data[i] - '0');
    }
    return number;
}

static const struct fq_code *find_by_name(const struct fq_codes *codes, enum fq_code_table table,
                                          struct fq_span name, bool is_zh)
{
    for (uint32_t i = 0; i < codes->tables[table].count; i++) {
        const struct fq_code *code = &codes->tables[table].rows[i];
        if (fq_span_equal(fq_span_text(is_zh ? code->zh : code->en), name)) {
            return code;
        }
    }
    return NULL;
}

bool fq_codes_find_id(const struct fq_codes *codes, enum fq_code_table table, struct fq_span text,
                      uint16_t *out_number)
{
    FQ_ASSERT(table < FQ_CODES_COUNT);

    if (text.size == 0) {
        return false;
    }
    const struct fq_code *code = find_by_id(codes, table, text);
    code = code ? code : fq_codes_find(codes, table, read_number(text));
    code = code ? code : find_by_name(codes, table, text, true);
    code = code ? code : find_by_name(codes, table, text, false);
    if (!code) {
        return false;
    }
    *out_number = code->number;
    return true;
}

const char *fq_codes_table_name(enum fq_code_table table)
{
    return table < FQ_CODES_COUNT ? table_names[table] : "";
}

enum fq_code_table fq_codes_table_find(struct fq_span name)
{
    for (enum fq_code_table table = FQ_CODES_NONE + 1; table < FQ_CODES_COUNT; table++) {
        if (fq_span_equal(name, fq_span_text(table_names[table]))) {
            return table;
        }
    }
    return FQ_CODES_NONE;
}
