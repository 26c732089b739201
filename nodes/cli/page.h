/* Pages: templates of `config/` filled into a text, and the text written where it belongs.
 *
 * E1  A file is there whole or not at all; one that is there stays unless it may be replaced; a link
 *     that lies there is replaced, not followed.
 * E2  What is secret is its owner's alone to read. */
#ifndef FQ_NODES_CLI_PAGE_H
#define FQ_NODES_CLI_PAGE_H

#include "cli.h"

#define PAGE_FILE_SIZE 4096

/* Fill the template `config/PLACE` from the map `values` and append it to `page`; `is_plain`: the
 * values are not escaped for HTML. The arena keeps the template's text. Fails with FILE, TEMPLATE or
 * LIMIT. */
FQ_CHECKED fq_err page_render(const struct cli *cli, const char *place, bool is_plain,
                              struct fq_span values, struct fq_arena *arena, struct fq_writer *page,
                              struct fq_why *out_why);

bool page_is_stdout(const char *file); /* "-" */
/* Whether page_write would find nothing in its way. Fails with FILE_THERE. */
FQ_CHECKED fq_err page_check(const char *file, bool may_replace, struct fq_why *out_why);
/* Write the text to a file, or to stdout (E1, E2). Fails with FILE_THERE or FILE. */
FQ_CHECKED fq_err page_write(const char *file, struct fq_span text, bool is_secret,
                             bool may_replace, struct fq_why *out_why);

#endif
