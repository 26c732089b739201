/* A whole seal, out of a file or from the node that made it, and whether its parts fit together.
 *
 *   file = "FQSEAL1\n" and [head, signature, notes, marks, [cells, ...]], all bin
 */
#ifndef FQ_NODES_CLI_SEAL_FILE_H
#define FQ_NODES_CLI_SEAL_FILE_H

#include "fq/core/period_figures.h"

#include "client.h"

struct seal_file {
    struct fq_writer room; /* what the spans point into */
    struct fq_period_seal seal;
    struct fq_span head, signature, notes, marks;
    struct fq_span cells; /* all of them, one after the other */
};

/* Whether the file begins as one does. */
bool seal_file_is(const char *path);
/* Read a file; release with seal_file_close. Fails with FILE, or SEAL_DIFFERS when it is no seal. */
FQ_CHECKED fq_err seal_file_read(const char *path, struct seal_file *out_file,
                                 struct fq_why *out_why);
/* Ask the node for the seal that `name` names; release with seal_file_close. */
FQ_CHECKED fq_err seal_file_fetch(struct cli_client *client, const char *name, const char *area,
                                  struct seal_file *out_file, struct fq_why *out_why);
void seal_file_close(struct seal_file *file);
FQ_CHECKED fq_err seal_file_write(const struct seal_file *file, const char *path,
                                  struct fq_why *out_why);
/* Whether the parts are those that the head names. Fails with SEAL_DIFFERS and the part. */
FQ_CHECKED fq_err seal_file_check(const struct seal_file *file, struct fq_why *out_why);

/* Whether a rollup's answer, asked for as of `name`, is as of a seal of its own period and of no other.
 * Fails with NOT_HELD when the node did not understand the question, USAGE when it is another's. */
FQ_CHECKED fq_err seal_is_of_answer(struct cli_client *client, const char *name,
                                    struct fq_span answer, struct fq_why *out_why);

/* Read a file of at most `size_max` bytes into the writer. */
FQ_CHECKED fq_err seal_read_whole(const char *path, size_t size_max, struct fq_writer *writer,
                                  struct fq_why *out_why);
/* Write a file in one piece, over what is there. */
FQ_CHECKED fq_err seal_write_whole(const char *path, struct fq_span bytes, struct fq_why *out_why);

#endif
