/* `coverage PERIOD`: who has reported a screening, who reported that nothing was found, and who has
 * not reported. */
#include <string.h>

#include "services.h"

#define SAID_MAX 12

static void say_missing(struct fq_span rows)
{
    struct fq_reader reader = fq_reader_over(rows);
    uint32_t count = fq_read_array(&reader), missing = 0;
    char areas[8 * SAID_MAX + 8] = "";

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span row = fq_read_skip(&reader);
        if (!fq_map_bool(row, "missing")) {
            continue;
        }
        if (missing++ < SAID_MAX) {
            size_t used = strlen(areas);
            char area[8];
            cli_copy(area, sizeof area, fq_map_text(row, "area"));
            snprintf(areas + used, sizeof areas - used, " %s", area);
        }
    }
    if (missing) {
        cli_say(_("%s %zu:%s%s"), cli_title("missing"), (size_t)missing, areas,
                missing > SAID_MAX ? " ..." : "");
    }
}

static fq_err run_coverage(struct cli *cli, struct fq_why *out_why)
{
    const char *area = cli_value(cli, "area"), *by = cli_value(cli, "by");
    bool is_by_area = !by || strcmp(by, "area") == 0;
    const char *const rest[] = {service_name_column(), "state", "sweeps", "zero_reports",
                                "households",          "found", "last",   NULL};
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
    fq_err err = service_print_list(cli, "coverage", &args, columns, say_missing, out_why);
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
     N_("Who has reported a screening in a period or campaign, and who has not."), coverage_options,
     run_coverage},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
