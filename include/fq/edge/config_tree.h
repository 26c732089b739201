/* Settings of any shape, read only: import maps and the lab's own file.
 *
 * The second half of the one door to libconfig; config.h is the half with known keys. Settings stay
 * valid until their tree is closed. A missing setting is NULL and every question about NULL is
 * answered with nothing, so that a reader asks first and complains once.
 *
 * T1  Numbers are read as 64-bit; libconfig wraps those that do not fit an int without its L. */
#ifndef FQ_EDGE_CONFIG_TREE_H
#define FQ_EDGE_CONFIG_TREE_H

#include "fq/base/err.h"

#ifndef FQ_CHECKED
#define FQ_CHECKED __attribute__((warn_unused_result))
#endif

struct fq_tree;
struct fq_setting;

/* Read the file. Gives a tree; release with fq_tree_close. Fails with `reason` (of the caller's
 * kind of file), naming FILE:LINE. */
FQ_CHECKED fq_err fq_tree_open(const char *path, enum fq_reason reason, struct fq_tree **out_tree,
                               struct fq_why *out_why);
void fq_tree_close(struct fq_tree *tree); /* NULL is accepted */

const struct fq_setting *fq_tree_root(const struct fq_tree *tree);
/* The setting of that name in a group; NULL when absent or not a group. */
const struct fq_setting *fq_setting_find(const struct fq_setting *group, const char *name);
/* The element at `index` of a group, list or array; NULL past the end. */
const struct fq_setting *fq_setting_at(const struct fq_setting *setting, size_t index);
size_t fq_setting_count(const struct fq_setting *setting); /* of elements; 0 for a scalar */
bool fq_setting_is_group(const struct fq_setting *setting);
bool fq_setting_is_list(const struct fq_setting *setting); /* list or array */
const char *fq_setting_name(const struct fq_setting *setting); /* "" for elements of lists */
unsigned fq_setting_line(const struct fq_setting *setting);

const char *fq_setting_text(const struct fq_setting *setting); /* NULL when it is no text */
bool fq_setting_number(const struct fq_setting *setting, int64_t *out_number);
bool fq_setting_truth(const struct fq_setting *setting, bool *out_truth);

#endif
