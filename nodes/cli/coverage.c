/* `coverage PERIOD`: who has reported, who reported that nothing was found, who has not reported, and
 * what of it came late. */
#include <string.h>

#include "services.h"

#define SAID_MAX 12

static bool is_incomplete(struct fq_span row)
{
    return !fq_map_bool(row, "complete");
}

static bool is_missing(struct fq_span row)
{
    return fq_map_bool(row, "missing");
}

static bool is_arrived_late(struct fq_span row)
{
    return fq_map_uint(row, "arrived_late") > 0;
}

static bool is_recorded_late(struct fq_span row)
{
    return fq_map_uint(row, "recorded_late") > 0;
}

/* A line that names the areas of the rows that are so, if there are any: each once, since rows come
 * by area. */
static void say_areas(struct fq_span rows, const char *title, bool (*is_so)(struct fq_span row))
{
    struct fq_reader reader = fq_reader_over(rows);
    uint32_t count = fq_read_array(&reader);
    char areas[8 * SAID_MAX + 8] = "", last[8] = "";
    size_t found = 0, named = 0;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span row = fq_read_skip(&reader);
        char area[8];
        cli_copy(area, sizeof area, fq_map_text(row, "area"));
        if (!is_so(row)) {
            continue;
        }
        found++;
        if (strcmp(area, last) != 0 && named++ < SAID_MAX) {
            size_t used = strlen(areas);
            snprintf(areas + used, sizeof areas - used, " %s", area);
        }
        cli_copy(last, sizeof last, fq_map_text(row, "area"));
    }
    if (found) { /* whether it is complete is said of counties, all else of rows */
        found = is_so == is_incomplete ? named : found;
        cli_say(_("%s %zu:%s%s"), title, found, areas, named > SAID_MAX ? " ..." : "");
    }
}

static void say_all(struct fq_span rows)
{
    say_areas(rows, cli_title("missing"), is_missing);
    say_areas(rows, cli_title("incomplete"), is_incomplete);
    say_areas(rows, cli_title("recorded_late"), is_recorded_late);
    say_areas(rows, cli_title("arrived_late"), is_arrived_late);
}

static fq_err run_coverage(struct cli *cli, struct fq_why *out_why)
{
    const char *area = cli_value(cli, "area"), *by = cli_value(cli, "by");
    bool is_by_area = !by || strcmp(by, "area") == 0;
    const char *const rest[] = {service_name_column(),
                                "state",
                                "timing",
                                "sweeps",
                                "found",
                                "events",
                                "in_time",
                                "recorded_late",
                                "arrived_late",
                                "zero_reports",
                                "households",
                                "last",
                                "complete",
                                NULL};
    const char *columns[sizeof rest / sizeof rest[0] + 2] = {"area"};
    size_t count = 1;

    if (!is_by_area) {
        columns[count++] = by;
    }
    memcpy(columns + count, rest, sizeof rest);
    struct cli_args args;

    cli_args_open(&args);
    cli_args_text(&args, "period", cli->arguments[0]);
    if (area) {
        cli_args_text(&args, "area", area);
    }
    if (by) {
        cli_args_text(&args, "by", by);
    }
    fq_err err = service_print_list(cli, "coverage", &args, columns, say_all, out_why);
    cli_args_close(&args);
    return err;
}

static const struct cli_option coverage_options[] = {
    {"area", 0, "CODE", N_("area (default: the node's own, or the campaign's)")},
    {"by", 0, "NAME", N_("area, unit or place")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_coverage_commands[] = {
    {"coverage", NULL, "PERIOD", 1, 1,
     N_("Who has reported in a period or campaign, who late, and who has not."), coverage_options,
     run_coverage},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
