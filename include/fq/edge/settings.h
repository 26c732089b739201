/* Settings: any libconfig file as a flat list of named values.
 *
 * The door to libconfig. What the settings mean is the business of who reads them: the node's
 * configuration, code tables, import maps.
 *
 * L1  A number is read as written or refused; it never wraps, whatever its size. (libconfig 1.5
 *     reads 3000000000 as -1294967296, and says nothing.)
 * L2  A file is whole in itself: includes are refused, so a line number always means this file. */
#ifndef FQ_EDGE_SETTINGS_H
#define FQ_EDGE_SETTINGS_H

#include "fq/base/bytes.h"

#define FQ_SETTINGS_FILE_MAX (1024 * 1024) /* bytes of one file */
#define FQ_SETTINGS_DEPTH_MAX 8

enum fq_setting_type {
    FQ_SETTING_TEXT,
    FQ_SETTING_NUMBER,
    FQ_SETTING_TRUTH, /* number is 0 or 1 */
    FQ_SETTING_EMPTY, /* a group, list or array with nothing in it */
};

struct fq_setting {
    const struct fq_setting *next; /* in the order of the file */
    const char *path; /* names and positions from 0: "limits.heartbeat_ms", "type.0.id" */
    unsigned line;
    enum fq_setting_type type;
    const char *text; /* "" unless it is a text */
    int64_t number;
};

/* Read any libconfig file as a flat list of its settings, in the arena (L1, L2). Numbers with a
 * decimal point are refused. `out_first` is NULL for an empty file. */
FQ_CHECKED fq_err fq_settings_read(const char *path, struct fq_arena *arena,
                                   const struct fq_setting **out_first, struct fq_why *out_why);
/* The setting of a path, or NULL. */
const struct fq_setting *fq_settings_find(const struct fq_setting *first, const char *path);
/* Put `name`, which may be relative to the directory of `file`, into `out`; false when too long. */
bool fq_settings_resolve(const char *file, const char *name, char *out, size_t out_size);

#endif
