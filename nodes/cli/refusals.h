/* The rows of a file that were refused, each by its line and with its reason. */
#ifndef FQ_CLI_REFUSALS_H
#define FQ_CLI_REFUSALS_H

#include "cli.h"

struct refusals {
    struct refusal {
        uint32_t line;
        enum fq_reason reason;
        char *text;
    } * rows;
    size_t count, capacity;
};

/* Remember that the row was refused, in the words of `why`. Fails with LIMIT. */
FQ_CHECKED fq_err refusals_add(struct refusals *refusals, uint32_t line, const struct fq_why *why,
                               struct fq_why *out_why);
/* Write the pair `refusals` of a result, in the order of lines. */
void refusals_write(struct refusals *refusals, struct fq_writer *writer);
/* Print the result by `view` and, for a person, its refusals as a table of their own. */
FQ_CHECKED fq_err refusals_print(const struct refusals *refusals, const struct cli *cli,
                                 struct fq_span result, const struct cli_view *view,
                                 struct fq_why *out_why);
void refusals_close(struct refusals *refusals);

#endif
