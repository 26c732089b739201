/* `errors ls`, `errors show`: every reason with its cause and its cure. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static void write_reason(struct fq_writer *writer, const struct fq_reason_row *row)
{
    char code[16];

    snprintf(code, sizeof code, "FQ-%04u", (unsigned)row->reason);
    fq_write_map(writer, 4);
    cli_write_pair_text(writer, "code", code);
    cli_write_pair_text(writer, "cause", cli_text(row->cause));
    cli_write_pair_text(writer, "cure", cli_text(row->cure));
    cli_write_pair_uint(writer, "exit", row->err == FQ_ERR_LIMIT ? FQ_ERR_FAILED : row->err);
}

static fq_err run_ls(struct cli *cli, struct fq_why *out_why)
{
    struct fq_writer writer = cli_build_open(1 << 20);
    static const struct cli_view view = {0};
    uint32_t count = 0;

    while (fq_reason_at(count)) {
        count++;
    }
    fq_write_array(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        write_reason(&writer, fq_reason_at(i));
    }
    fq_err err = cli_print(cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

static fq_err run_show(struct cli *cli, struct fq_why *out_why)
{
    const char *text = cli->arguments[0];
    const char *digits = strncasecmp(text, "FQ-", 3) == 0 ? text + 3 : text;
    char *end = NULL;
    unsigned long number = strtoul(digits, &end, 10);
    const struct fq_reason_row *row =
        end != digits && !*end && number < 10000 ? fq_reason_find((unsigned)number) : NULL;
    static const struct cli_view view = {0};

    if (!row) {
        return fq_fail(out_why, FQ_REASON_USAGE, _("%s: `fengqiao errors ls` lists the codes"),
                       text);
    }
    struct fq_writer writer = cli_build_open(1 << 16);
    write_reason(&writer, row);
    fq_err err = cli_print(cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

const struct cli_command cli_errors_commands[] = {
    {"errors", "ls", "", 0, 0, N_("List every code with its cause and its cure."), NULL, run_ls},
    {"errors", "show", "FQ-nnnn", 1, 1, N_("Explain one code."), NULL, run_show},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
