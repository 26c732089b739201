#include "step.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "import_row.h"
#include "services.h"

static bool read_digits(const char *text, size_t digits_max, uint64_t *out_number)
{
    size_t size = strspn(text, "0123456789");

    if (size == 0 || size > digits_max || text[size]) {
        return false;
    }
    *out_number = strtoull(text, NULL, 10);
    return true;
}

static bool has_field(enum fq_kind_of_event kind, enum fq_field field)
{
    const struct fq_kind_row *row = fq_kind_row(kind);

    for (size_t i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        if (row->fields[i] == field) {
            return true;
        }
    }
    return false;
}

bool step_unit_is_other(enum fq_kind_of_event kind)
{
    bool is_answer =
        fq_step_row(kind) && fq_step_row(kind)->is_answer; /* the referral says whose */

    return !is_answer && has_field(kind, FQ_FIELD_TO_UNIT);
}

static bool names_other_area(enum fq_kind_of_event kind)
{
    return has_field(kind, FQ_FIELD_TO_AREA);
}

/* The option that fills the field when its own is not given. */
static const char *stand_in(enum fq_kind_of_event kind, enum fq_field field)
{
    bool is_unit =
        field == FQ_FIELD_HOST || (field == FQ_FIELD_TO_UNIT && step_unit_is_other(kind));

    return is_unit ? "unit" : field == FQ_FIELD_TO_AREA ? "area" : NULL;
}

struct step step_of(enum fq_kind_of_event kind)
{
    static const struct {
        enum fq_kind_of_event kind;
        enum fq_field field;
        const char *value;
    } fallbacks[] = {
        {FQ_EVENT_ACCEPTED, FQ_FIELD_CONSENT, "yes"},
        {FQ_EVENT_JOINED, FQ_FIELD_ROLE, "assist"},
        {FQ_EVENT_PERFORMED, FQ_FIELD_PERFORMANCE, "performed"},
        {FQ_EVENT_CONFIRMATION, FQ_FIELD_STEP, "confirmed"},
        {FQ_EVENT_VISITED, FQ_FIELD_SURVEYED, "yes"},
    };
    const struct fq_kind_row *row = fq_kind_row(kind);
    struct step step = {.kind = kind};
    size_t count = 0;

    for (size_t i = 0; i < FQ_BODY_FIELDS_MAX && row->fields[i]; i++) {
        const struct step_field *field = step_field(row->fields[i]);
        if (field) {
            step.bindings[count++] = (struct step_binding){field->option, field->field, NULL,
                                                           stand_in(kind, field->field)};
        }
    }
    for (size_t i = 0; i < count * (sizeof fallbacks / sizeof fallbacks[0]); i++) {
        struct step_binding *binding = &step.bindings[i % count];
        if (fallbacks[i / count].kind == kind && fallbacks[i / count].field == binding->field) {
            binding->fallback = fallbacks[i / count].value;
        }
    }
    return step;
}

unsigned step_find(const char *name)
{
    unsigned kind = fq_step_find(fq_span_text(name));

    return kind ? kind : fq_kind_find(fq_span_text(name));
}

/* ---- options ---- */

static bool is_listed(const struct cli_option *options, const char *name)
{
    for (; options->name; options++) {
        if (strcmp(options->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Add an option, unless one of that name is there already. */
static void add_option(struct cli_option *options, const char *name, const char *value,
                       const char *help)
{
    size_t count = 0;

    if (is_listed(options, name)) {
        return;
    }
    while (options[count].name) {
        count++;
    }
    FQ_ASSERT(count + 1 < STEP_OPTIONS_MAX);
    options[count] = (struct cli_option){name, 0, value, help};
    options[count + 1] = (struct cli_option){NULL, 0, NULL, NULL};
}

static void add_fields(struct cli_option *options, enum fq_kind_of_event kind, bool is_correction)
{
    struct step step = step_of(kind);

    for (size_t i = 0; i < STEP_BINDINGS_MAX && step.bindings[i].option; i++) {
        const struct step_field *field = step_field(step.bindings[i].field);
        const char *value = field->value || !is_correction ? field->value : "yes|no";
        add_option(options, field->option, value, field->help);
        if (field->alias) {
            add_option(options, field->alias, value, field->help);
        }
    }
}

void step_options(enum fq_kind_of_event kind, struct cli_option *out_options)
{
    bool is_correction = kind == FQ_EVENT_CORRECTED;

    out_options[0] = (struct cli_option){NULL, 0, NULL, NULL};
    add_option(out_options, "date", "DATE",
               is_correction ? N_("the right date, YYYY-MM-DD (default: it stays)")
                             : N_("business date, YYYY-MM-DD (default: today)"));
    add_option(out_options, "unit", "UNIT",
               step_unit_is_other(kind) ? N_("the other unit, unless --to-unit names it")
                                        : N_("the unit that acts: ten digits, or its name"));
    if (kind == FQ_EVENT_REGISTERED || is_correction) {
        add_option(out_options, "area", "CODE",
                   is_correction ? N_("the right county (default: it stays)")
                                 : N_("county the dispute belongs to (default: the node's own)"));
    } else if (names_other_area(kind)) {
        add_option(out_options, "area", "CODE", N_("the same as --to-area"));
    }
    add_fields(out_options, kind, false);
    for (unsigned step = FQ_EVENT_REGISTERED; is_correction && step < FQ_EVENT_CORRECTED; step++) {
        add_fields(out_options, (enum fq_kind_of_event)step, true);
    }
    if (is_correction) {
        add_option(out_options, "new-reason", "TEXT", N_("the right reason of the step"));
    }
    if (kind == FQ_EVENT_DOCUMENT) {
        add_option(out_options, "file", "PATH", N_("the file; its hash is kept, it stays here"));
    }
    for (size_t i = 0; step_vault(kind, i); i++) {
        const struct step_vault *vault = step_vault(kind, i);
        add_option(out_options, vault->option, vault->value, vault->help);
    }
    add_option(out_options, "from", "FILE|-",
               N_("one command per object or row of a JSON or CSV file, or of stdin"));
    add_option(out_options, "cmd-id", "HEX",
               N_("command id, so that repeating the command adds nothing"));
}

static bool is_key(const char *key, const char *name)
{
    for (; *key && *name; key++, name++) {
        if (*key != *name && !(*key == '_' && *name == '-')) {
            return false;
        }
    }
    return *key == *name;
}

static const char *field_option_of(enum fq_kind_of_event kind, const char *key, bool *out_is_cents)
{
    struct step step = step_of(kind);

    for (size_t i = 0; i < STEP_BINDINGS_MAX && step.bindings[i].option; i++) {
        const struct step_field *field = step_field(step.bindings[i].field);
        const struct fq_field_row *row = fq_field_row(field->field);
        bool is_option = is_key(key, field->option) || (field->alias && is_key(key, field->alias));
        if (is_option || strcmp(key, row->name) == 0) {
            *out_is_cents = !is_option && row->type == FQ_VALUE_CENTS;
            return field->option;
        }
    }
    return NULL;
}

static const char *vault_option_of(enum fq_kind_of_event kind, const char *key)
{
    for (size_t i = 0; step_vault(kind, i); i++) {
        const struct step_vault *vault = step_vault(kind, i);
        if (is_key(key, vault->option) || strcmp(key, fq_vault_field_name(vault->field)) == 0) {
            return vault->option;
        }
    }
    return NULL;
}

const char *step_option_of(enum fq_kind_of_event kind, const char *key, bool *out_is_cents)
{
    static const char *const all[] = {"date", "unit", "cmd-id"};
    bool has_area = kind == FQ_EVENT_REGISTERED || kind == FQ_EVENT_CORRECTED;
    const char *option;

    if (names_other_area(kind) && strcmp(key, "area") == 0) {
        *out_is_cents = false;
        return "area";
    }

    *out_is_cents = false;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (is_key(key, all[i])) {
            return all[i];
        }
    }
    if (has_area && (strcmp(key, "area") == 0 || strcmp(key, "home") == 0)) {
        return "area";
    }
    if (kind == FQ_EVENT_DOCUMENT && strcmp(key, "file") == 0) {
        return "file";
    }
    option = field_option_of(kind, key, out_is_cents);
    option = option ? option : vault_option_of(kind, key);
    if (!option && kind == FQ_EVENT_CORRECTED && is_key(key, "new-reason")) {
        return "new-reason";
    }
    for (unsigned step = FQ_EVENT_REGISTERED;
         !option && kind == FQ_EVENT_CORRECTED && step < FQ_EVENT_CORRECTED; step++) {
        option = field_option_of((enum fq_kind_of_event)step, key, out_is_cents);
    }
    return option;
}

static const char *titled_field(enum fq_kind_of_event kind, const char *title)
{
    struct step step = step_of(kind);

    for (size_t i = 0; i < STEP_BINDINGS_MAX && step.bindings[i].option; i++) {
        if (cli_is_title(fq_field_row(step.bindings[i].field)->name, title)) {
            return step.bindings[i].option;
        }
    }
    return NULL;
}

const char *step_option_titled(enum fq_kind_of_event kind, const char *title)
{
    static const struct {
        const char *key, *option;
    } others[] = {{"date", "date"}, {"unit", "unit"}, {"area", "area"}, {"county", "area"}};
    bool is_cents;
    const char *option = titled_field(kind, title);

    for (size_t i = 0; !option && step_vault(kind, i); i++) {
        const struct step_vault *vault = step_vault(kind, i);
        option = cli_is_title(fq_vault_field_name(vault->field), title) ? vault->option : NULL;
    }
    for (size_t i = 0; !option && i < sizeof others / sizeof others[0]; i++) {
        option = cli_is_title(others[i].key, title)
                     ? step_option_of(kind, others[i].option, &is_cents)
                     : NULL;
    }
    for (unsigned step = FQ_EVENT_REGISTERED;
         !option && kind == FQ_EVENT_CORRECTED && step < FQ_EVENT_CORRECTED; step++) {
        option = titled_field((enum fq_kind_of_event)step, title);
    }
    return option;
}

/* ---- values ---- */

static bool read_truth(const char *text, uint64_t *out_truth)
{
    static const char *const words[] = {"no", "yes", "false", "true", "0", "1", "否", "是"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out_truth = i % 2;
            return true;
        }
    }
    return false;
}

static fq_err read_code(const struct cli_tables *tables, enum fq_field field, const char *option,
                        const char *text, uint64_t *out_value, struct fq_why *out_why)
{
    enum fq_code_table table = fq_field_row(field)->table;
    uint16_t number;

    if (!fq_codes_find_id(&tables->codes, table, fq_span_text(text), &number)) {
        return codes_unknown(&tables->codes, table, option, text, out_why);
    }
    *out_value = number;
    return FQ_OK;
}

fq_err step_read_unit(const char *option, const char *text, uint64_t *out_value,
                      struct fq_why *out_why)
{
    if (strlen(text) != 10 || !read_digits(text, 10, out_value)) {
        return fq_fail(out_why, FQ_REASON_UNIT, "--%s %s", option, text);
    }
    return FQ_OK;
}

fq_err step_read_date(const char *option, const char *text, uint64_t *out_value,
                      struct fq_why *out_why)
{
    uint16_t date;

    if (!fq_date_parse(fq_span_text(text), &date)) {
        return fq_fail(out_why, FQ_REASON_DATE, "--%s %s", option, text);
    }
    *out_value = date;
    return FQ_OK;
}

/* A number, or its word where it has words. */
static fq_err read_number(const struct step_binding *binding, const char *text, uint64_t *out_value,
                          struct fq_why *out_why)
{
    char words[160];

    if (step_read_word(binding->field, text, out_value) && *text) {
        return FQ_OK;
    }
    if (read_digits(text, 12, out_value)) {
        return FQ_OK;
    }
    step_list_words(binding->field, words, sizeof words);
    return fq_fail(out_why, FQ_REASON_FIELD, "--%s %s%s%s", binding->option, text,
                   *words ? ": " : "", words);
}

fq_err step_read_area_text(const struct cli_tables *tables, const char *option, const char *text,
                           uint32_t *out_area, struct fq_why *out_why)
{
    uint64_t code = 0;

    if (!read_digits(text, 6, &code) || !fq_areas_find(&tables->areas, (uint32_t)code)) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "--%s %s", option, text);
    }
    *out_area = (uint32_t)code;
    return FQ_OK;
}

static fq_err read_area_field(const struct cli_tables *tables, const struct step_binding *binding,
                              const char *text, uint64_t *out_value, struct fq_why *out_why)
{
    uint32_t area = 0;
    fq_err err = step_read_area_text(tables, binding->option, text, &area, out_why);

    if (!err) {
        *out_value = area;
    }
    return err;
}

fq_err step_read_field(const struct cli_tables *tables, const struct step_binding *binding,
                       const char *text, struct fq_event *event, struct fq_why *out_why)
{
    uint64_t *value = &event->value[binding->field];
    const char *option = binding->option;

    switch (fq_field_row(binding->field)->type) {
    case FQ_VALUE_CODE:
        return read_code(tables, binding->field, option, text, value, out_why);
    case FQ_VALUE_UNIT:
        return step_read_unit(option, text, value, out_why);
    case FQ_VALUE_AREA:
        return read_area_field(tables, binding, text, value, out_why);
    case FQ_VALUE_DATE:
        return step_read_date(option, text, value, out_why);
    case FQ_VALUE_CENTS:
        return row_amount(fq_span_text(text), value)
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_AMOUNT, "--%s %s", option, text);
    case FQ_VALUE_BOOL:
        return read_truth(text, value)
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_FIELD, "--%s %s: yes, no", option, text);
    case FQ_VALUE_TEXT:
        return *text == 0 || (strlen(text) <= FQ_TEXT_MAX &&
                              fq_event_set_bytes(event, binding->field, fq_span_text(text)))
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_FIELD, "--%s", option);
    case FQ_VALUE_ID:
    case FQ_VALUE_EVENT:
    case FQ_VALUE_BYTES:
    case FQ_VALUE_KIND:
        return FQ_OK; /* what they name is looked up by who makes the event */
    default:
        return read_number(binding, text, value, out_why);
    }
}

fq_err step_read_area(const struct cli_desk *desk, uint32_t *out_area, struct fq_why *out_why)
{
    const char *text = cli_value(desk->cli, "area");

    *out_area = strcmp(desk->tables->tier, "county") == 0 ? desk->tables->area : 0;
    return text ? step_read_area_text(desk->tables, "area", text, out_area, out_why) : FQ_OK;
}

const char *step_given(const struct cli *cli, const struct step_binding *binding)
{
    const struct step_field *field = step_field(binding->field);
    const char *text = cli_value(cli, binding->option);

    if (!text && field && field->alias) {
        text = cli_value(cli, field->alias);
    }
    if (!text && binding->stand_in) {
        text = cli_value(cli, binding->stand_in);
    }
    return !text && cli_has(cli, binding->option) ? "yes" : text; /* an option without a value */
}

fq_err step_read_given(struct cli_desk *desk, const struct step_binding *binding, const char *text,
                       struct fq_event *event, struct fq_why *out_why)
{
    struct service_campaign campaign;

    if (binding->field != FQ_FIELD_CAMPAIGN || !desk->client) {
        return step_read_field(desk->tables, binding, text, event, out_why);
    }
    fq_err err = service_find_campaign(desk, text, &campaign, out_why);
    if (!err) {
        event->value[FQ_FIELD_CAMPAIGN] = campaign.number;
    }
    return err;
}

fq_err step_read_options(struct cli_desk *desk, const struct step *step, struct fq_event *event,
                         struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    for (size_t i = 0; i < STEP_BINDINGS_MAX && step->bindings[i].option && !err; i++) {
        const struct step_binding *binding = &step->bindings[i];
        const char *text = step_given(desk->cli, binding);
        text = text ? text : binding->fallback;
        err = text ? step_read_given(desk, binding, text, event, out_why) : FQ_OK;
    }
    return err;
}

bool step_needs(unsigned kind, enum fq_field field)
{
    return fq_step_requires(kind, field) && field != FQ_FIELD_REFERRAL; /* the node finds it */
}

fq_err step_check_required(const struct fq_event *event, struct fq_why *out_why)
{
    const struct fq_step_row *row = fq_step_row(event->kind);

    for (size_t i = 0; row && i < FQ_STEP_REQUIRED_MAX && row->required[i]; i++) {
        enum fq_field field = row->required[i];
        if (step_needs(event->kind, field) && !event->value[field]) {
            return fq_fail(
                out_why, FQ_REASON_FIELD, _("%s%s is missing"), step_field(field) ? "--" : "",
                step_field(field) ? step_field(field)->option : fq_field_row(field)->name);
        }
    }
    return FQ_OK;
}

void step_name_option(struct fq_why *why)
{
    for (unsigned field = FQ_FIELD_NONE + 1; field < FQ_FIELDS_COUNT; field++) {
        const struct step_field *row = step_field((enum fq_field)field);
        if (row && why->reason == FQ_REASON_FIELD &&
            strcmp(why->detail, fq_field_row((enum fq_field)field)->name) == 0) {
            snprintf(why->detail, sizeof why->detail, "--%s", row->option);
            return;
        }
    }
}
