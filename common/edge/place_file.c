#include "fq/edge/place_file.h"

#include "fq/edge/table_file.h"

enum column { CODE, NAME_ZH, PARENT };

static fq_err take_place(void *context, const struct fq_span *values, struct fq_why *out_why)
{
    struct fq_places *places = context;
    struct fq_place place = {.code = 0};
    uint64_t parent = 0;

    if (!fq_table_number(values[CODE], &place.code) || !fq_place_is_code(place.code)) {
        return fq_fail(out_why, FQ_REASON_PLACE_FILE, "code is malformed");
    }
    if (values[NAME_ZH].size == 0 ||
        !fq_table_text(values[NAME_ZH], place.name_zh, sizeof place.name_zh)) {
        return fq_fail(out_why, FQ_REASON_PLACE_FILE, "name_zh is missing or too long");
    }
    if (values[PARENT].size > 0 &&
        (!fq_table_number(values[PARENT], &parent) || parent != place.code / 1000)) {
        return fq_fail(out_why, FQ_REASON_PLACE_FILE, "parent is not the beginning of the code");
    }
    return fq_places_add(places, &place, out_why);
}

fq_err fq_places_load_csv(const char *path, struct fq_arena *arena, struct fq_places *out_places,
                          struct fq_why *out_why)
{
    static const struct fq_table_format format = {
        .columns =
            {[CODE] = {"code", true}, [NAME_ZH] = {"name_zh", true}, [PARENT] = {"parent", false}},
        .reason = FQ_REASON_PLACE_FILE,
        .take = take_place,
    };
    struct fq_places places;
    struct fq_why why;
    fq_err err = fq_places_init(&places, arena, FQ_PLACES_MAX, out_why);

    err = err ? err : fq_table_read(path, &format, &places, out_why);
    if (!err && fq_places_sort(&places, &why)) {
        err = fq_fail(out_why, why.reason, "%s: %.300s", path, why.detail);
    }
    if (!err) {
        *out_places = places;
    }
    return err;
}
