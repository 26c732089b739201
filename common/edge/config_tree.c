#include "fq/edge/config_tree.h"

#include <libconfig.h>
#include <stdlib.h>

struct fq_tree {
    config_t file;
};

static config_setting_t *inside(const struct fq_setting *setting)
{
    return (config_setting_t *)(uintptr_t)setting;
}

static const struct fq_setting *outside(config_setting_t *setting)
{
    return (const struct fq_setting *)setting;
}

fq_err fq_tree_open(const char *path, enum fq_reason reason, struct fq_tree **out_tree,
                    struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(out_tree);

    struct fq_tree *tree = calloc(1, sizeof *tree);
    if (!tree) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s", path);
    }
    config_init(&tree->file);
    if (!config_read_file(&tree->file, path)) {
        fq_err err = config_error_type(&tree->file) == CONFIG_ERR_FILE_IO
                         ? fq_fail(out_why, FQ_REASON_FILE, "%s", path)
                         : fq_fail(out_why, reason, "%s:%d: %s", path,
                                   config_error_line(&tree->file),
                                   config_error_text(&tree->file));
        fq_tree_close(tree);
        return err;
    }
    *out_tree = tree;
    return FQ_OK;
}

void fq_tree_close(struct fq_tree *tree)
{
    if (tree) {
        config_destroy(&tree->file);
        free(tree);
    }
}

const struct fq_setting *fq_tree_root(const struct fq_tree *tree)
{
    return outside(config_root_setting(&tree->file));
}

bool fq_setting_is_group(const struct fq_setting *setting)
{
    return setting && config_setting_is_group(inside(setting));
}

bool fq_setting_is_list(const struct fq_setting *setting)
{
    return setting &&
           (config_setting_is_list(inside(setting)) || config_setting_is_array(inside(setting)));
}

const struct fq_setting *fq_setting_find(const struct fq_setting *group, const char *name)
{
    if (!fq_setting_is_group(group)) {
        return NULL;
    }
    return outside(config_setting_get_member(inside(group), name));
}

size_t fq_setting_count(const struct fq_setting *setting)
{
    return fq_setting_is_group(setting) || fq_setting_is_list(setting)
               ? (size_t)config_setting_length(inside(setting))
               : 0;
}

const struct fq_setting *fq_setting_at(const struct fq_setting *setting, size_t index)
{
    if (index >= fq_setting_count(setting)) {
        return NULL;
    }
    return outside(config_setting_get_elem(inside(setting), (unsigned)index));
}

const char *fq_setting_name(const struct fq_setting *setting)
{
    const char *name = setting ? config_setting_name(inside(setting)) : NULL;

    return name ? name : "";
}

unsigned fq_setting_line(const struct fq_setting *setting)
{
    return setting ? (unsigned)config_setting_source_line(inside(setting)) : 0;
}

const char *fq_setting_text(const struct fq_setting *setting)
{
    if (!setting || config_setting_type(inside(setting)) != CONFIG_TYPE_STRING) {
        return NULL;
    }
    return config_setting_get_string(inside(setting));
}

bool fq_setting_number(const struct fq_setting *setting, int64_t *out_number)
{
    int type = setting ? config_setting_type(inside(setting)) : CONFIG_TYPE_NONE;

    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
        return false;
    }
    *out_number = config_setting_get_int64(inside(setting)); /* T1 */
    return true;
}

bool fq_setting_truth(const struct fq_setting *setting, bool *out_truth)
{
    if (!setting || config_setting_type(inside(setting)) != CONFIG_TYPE_BOOL) {
        return false;
    }
    *out_truth = config_setting_get_bool(inside(setting)) != 0;
    return true;
}
