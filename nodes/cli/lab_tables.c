#include "lab_tables.h"

#include <stdlib.h>
#include <unistd.h>

#include "codes.h"
#include "fq/edge/area_file.h"
#include "fq/edge/code_file.h"
#include "fq/edge/place_file.h"
#include "fq/edge/unit_file.h"
#include "lab_layout.h"

#define MEMORY ((size_t)256 << 20) /* address space only; pages are used as they are written */

/* The file of that name in the lab; false when the lab has none. */
static bool find_file(const char *lab_dir, const char *name, char out[LAB_PATH_SIZE + 64])
{
    snprintf(out, LAB_PATH_SIZE + 64, "%.*s/%s", LAB_PATH_SIZE, lab_dir, name);
    return access(out, R_OK) == 0;
}

static fq_err load(const char *lab_dir, struct cli_tables *tables, struct fq_why *out_why)
{
    char path[LAB_PATH_SIZE + 64];
    struct fq_arena *arena = &tables->arena;

    (void)find_file(lab_dir, "areas.csv", path);
    fq_err err = fq_areas_load_csv(path, arena, &tables->areas, out_why);
    if (!err) {
        (void)find_file(lab_dir, "taxonomy.cfg", path);
        err = fq_codes_load(path, arena, &tables->codes, out_why);
    }
    if (!err && find_file(lab_dir, "units.csv", path)) {
        err = fq_units_load_csv(path, &tables->codes, arena, &tables->units, out_why);
    }
    if (!err && find_file(lab_dir, "places.csv", path)) {
        err = fq_places_load_csv(path, arena, &tables->places, out_why);
    }
    return err;
}

fq_err lab_tables_load(const char *lab_dir, uint32_t area, struct cli_tables **out_tables,
                       struct fq_why *out_why)
{
    struct cli_tables *tables = calloc(1, sizeof *tables);
    struct fq_writer memory = cli_build_open(MEMORY);

    if (!tables || !memory.base) {
        free(tables);
        cli_build_close(&memory);
        return fq_fail(out_why, FQ_REASON_LIMIT, "tables");
    }
    tables->arena = fq_arena_over(memory.base, memory.size);
    fq_err err = load(lab_dir, tables, out_why);
    const struct fq_area *own = err ? NULL : fq_areas_find(&tables->areas, area);
    if (!own) {
        cli_tables_close(tables);
        return err ? err : fq_fail(out_why, FQ_REASON_AREA_UNKNOWN, "%06u", area);
    }
    tables->area = area;
    snprintf(tables->tier, sizeof tables->tier, "%s", fq_tier_name(own->tier));
    codes_lend(&tables->codes);
    *out_tables = tables;
    return FQ_OK;
}
