/* `export events`: every event with all its public fields. */
#include "feed.h"

static fq_err run_events(struct cli *cli, struct fq_why *out_why)
{
    const struct feed feed = {.cli = cli, .from = "begin"};

    if (cli->format == CLI_TABLE) {
        cli->format = CLI_JSONL; /* an export is for programs */
    }
    return feed_print(&feed, out_why);
}

const struct cli_command cli_export_commands[] = {
    {"export", "events", "", 0, 0, N_("Print every event with all its public fields."), NULL,
     run_events},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
