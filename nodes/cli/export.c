/* `export`: every event with all its public fields, or the disputes as a paper register. */
#include "export.h"

#include "feed.h"

static fq_err run_events(struct cli *cli, struct fq_why *out_why)
{
    const struct feed feed = {.cli = cli, .from = "begin"};

    if (cli->format == CLI_TABLE) {
        cli->format = CLI_JSONL; /* an export is for programs */
    }
    return feed_print(&feed, out_why);
}

static const struct cli_option register_options[] = {
    {"map", 0, "MAP", N_("import map: its columns are those of the register")},
    {"area", 0, "CODE", N_("only disputes at home in this area")},
    {"from", 0, "DATE", N_("only those registered on this day or later")},
    {"to", 0, "DATE", N_("only those registered on this day or before")},
    {"with-parties", 0, NULL, N_("with party data; each reading is noted at the node")},
    {"purpose", 0, "TEXT", N_("why you read it; noted at the node")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_export_commands[] = {
    {"export", "events", "", 0, 0, N_("Print every event with all its public fields."), NULL,
     run_events},
    {"export", "register", "FILE", 1, 1,
     N_("Write the disputes as a register: FILE.xlsx, FILE.csv, or - for CSV."), register_options,
     export_register},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
