#include "fq/edge/unit_file.h"

#include "fq/edge/table_file.h"

enum column { CODE, NAME_ZH, KIND, NAME_EN };

struct loader {
    const struct fq_codes *codes;
    struct fq_units units;
};

static fq_err take_unit(void *context, const struct fq_span *values, struct fq_why *out_why)
{
    struct loader *loader = context;
    struct fq_unit unit = {.code = 0};
    uint16_t kind = 0;

    if (values[CODE].size != 10 || !fq_table_number(values[CODE], &unit.code)) {
        return fq_fail(out_why, FQ_REASON_UNIT_FILE, "code is malformed");
    }
    if (!fq_codes_find_id(loader->codes, FQ_CODES_KIND, values[KIND], &kind)) {
        return fq_fail(out_why, FQ_REASON_UNIT_FILE, "kind is malformed");
    }
    if (values[NAME_ZH].size == 0 ||
        !fq_table_text(values[NAME_ZH], unit.name_zh, sizeof unit.name_zh) ||
        !fq_table_text(values[NAME_EN], unit.name_en, sizeof unit.name_en)) {
        return fq_fail(out_why, FQ_REASON_UNIT_FILE, "a name is missing or too long");
    }
    unit.kind = (uint8_t)kind;
    return fq_units_add(&loader->units, &unit, out_why);
}

fq_err fq_units_load_csv(const char *path, const struct fq_codes *codes, struct fq_arena *arena,
                         struct fq_units *out_units, struct fq_why *out_why)
{
    static const struct fq_table_format format = {
        .columns = {[CODE] = {"code", true},
                    [NAME_ZH] = {"name_zh", true},
                    [KIND] = {"kind", true},
                    [NAME_EN] = {"name_en", false}},
        .reason = FQ_REASON_UNIT_FILE,
        .take = take_unit,
    };
    struct loader loader = {.codes = codes};
    struct fq_why why;
    fq_err err = fq_units_init(&loader.units, arena, FQ_UNITS_MAX, out_why);

    err = err ? err : fq_table_read(path, &format, &loader, out_why);
    if (!err && fq_units_sort(&loader.units, &why)) {
        err = fq_fail(out_why, why.reason, "%s: %.300s", path, why.detail);
    }
    if (!err) {
        *out_units = loader.units;
    }
    return err;
}
