#include "refusals.h"

#include <stdlib.h>
#include <string.h>

fq_err refusals_add(struct refusals *refusals, uint32_t line, const struct fq_why *why,
                    struct fq_why *out_why)
{
    char text[1024];

    if (refusals->count == refusals->capacity) {
        size_t capacity = refusals->capacity ? refusals->capacity * 2 : 64;
        struct refusal *more = realloc(refusals->rows, capacity * sizeof *more);
        if (!more) {
            return fq_fail(out_why, FQ_REASON_LIMIT, "memory is short");
        }
        refusals->rows = more;
        refusals->capacity = capacity;
    }
    cli_text_why(why, false, text, sizeof text);
    refusals->rows[refusals->count++] =
        (struct refusal){.line = line, .reason = why->reason, .text = strdup(text)};
    return FQ_OK;
}

static int compare(const void *a, const void *b)
{
    const struct refusal *left = a, *right = b;

    return left->line < right->line ? -1 : left->line > right->line;
}

void refusals_write(struct refusals *refusals, struct fq_writer *writer)
{
    char code[16];

    if (refusals->count > 0) {
        qsort(refusals->rows, refusals->count, sizeof *refusals->rows, compare);
    }
    fq_write_text(writer, "refusals");
    fq_write_array(writer, (uint32_t)refusals->count);
    for (size_t i = 0; i < refusals->count; i++) {
        const struct refusal *refusal = &refusals->rows[i];
        snprintf(code, sizeof code, "FQ-%04u", (unsigned)refusal->reason);
        fq_write_map(writer, 3);
        cli_write_pair_uint(writer, "line", refusal->line);
        cli_write_pair_text(writer, "code", code);
        cli_write_pair_text(writer, "reason", refusal->text ? refusal->text : "");
    }
}

fq_err refusals_print(const struct refusals *refusals, const struct cli *cli, struct fq_span result,
                      const struct cli_view *view, struct fq_why *out_why)
{
    static const struct cli_view rows = {.rows = "refusals"};
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    fq_err err = cli_print(cli, result, view, out_why);

    return !err && is_for_person && refusals->count > 0 ? cli_print(cli, result, &rows, out_why)
                                                        : err;
}

void refusals_close(struct refusals *refusals)
{
    for (size_t i = 0; i < refusals->count; i++) {
        free(refusals->rows[i].text);
    }
    free(refusals->rows);
}
