#include "step.h"

#include <stdlib.h>
#include <string.h>

#include "import_row.h"

static bool read_digits(const char *text, size_t digits_max, uint64_t *out_number)
{
    size_t size = strspn(text, "0123456789");

    if (size == 0 || size > digits_max || text[size]) {
        return false;
    }
    *out_number = strtoull(text, NULL, 10);
    return true;
}

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
        return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "--%s %s, %s", option, text,
                       fq_codes_table_name(table));
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
    default:
        return read_digits(text, 12, value)
                   ? FQ_OK
                   : fq_fail(out_why, FQ_REASON_FIELD, "--%s %s", option, text);
    }
}

fq_err step_read_area(const struct cli_desk *desk, uint32_t *out_area, struct fq_why *out_why)
{
    const char *text = cli_value(desk->cli, "area");
    uint64_t code = 0;

    if (text &&
        (!read_digits(text, 6, &code) || !fq_areas_find(&desk->tables->areas, (uint32_t)code))) {
        return fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "--area %s", text);
    }
    if (!text && strcmp(desk->tables->tier, "county") == 0) {
        code = desk->tables->area;
    }
    *out_area = (uint32_t)code;
    return FQ_OK;
}

fq_err step_read_options(const struct cli_desk *desk, const struct step *step,
                         struct fq_event *event, struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    for (size_t i = 0; i < STEP_BINDINGS_MAX && step->bindings[i].option && !err; i++) {
        const struct step_binding *binding = &step->bindings[i];
        const char *text = cli_value(desk->cli, binding->option);
        if (!text && cli_has(desk->cli, binding->option)) {
            text = "yes"; /* an option without a value */
        }
        text = text ? text : binding->fallback;
        err = text ? step_read_field(desk->tables, binding, text, event, out_why) : FQ_OK;
    }
    return err;
}
