/* Templates: text with holes, filled from one MessagePack map. For paper that is printed.
 *
 *     {{name}}                              the value, escaped
 *     {{#if name}} .. {{else}} .. {{/if}}   nothing, nil, false, 0, "" and [] are no
 *     {{#each name}} .. {{/each}}           once for each map of the array, whose keys come first
 *
 * Not a language: nothing is computed, included or printed as it is.
 *
 * W1  Whatever a value holds prints as text: what HTML reads is escaped, control characters but
 *     the end of a line and the tabulator become spaces.
 * W2  A name nobody gave prints nothing.
 * W3  A template that is wrong fails, named by its line; what was printed so far is taken back. */
#ifndef FQ_NODES_CLI_TEMPLATE_H
#define FQ_NODES_CLI_TEMPLATE_H

#include "fq/core/codec.h"

#define TEMPLATE_DEPTH_MAX 8 /* blocks inside each other */
#define TEMPLATE_NAME_SIZE 40

/* Append the template, filled from the map `values`, to `out` as bytes. `name` is what a failure
 * calls it. Fails with TEMPLATE (W3), or LIMIT when `out` is full. */
FQ_CHECKED fq_err template_render(const char *name, struct fq_span text, struct fq_span values,
                                  struct fq_writer *out, struct fq_why *out_why);
/* The same for pages that are no HTML: values print as they are. For figures and names of tables,
 * never for what people wrote. */
FQ_CHECKED fq_err template_render_plain(const char *name, struct fq_span text,
                                        struct fq_span values, struct fq_writer *out,
                                        struct fq_why *out_why);

#endif
