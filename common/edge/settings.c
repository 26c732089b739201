#include "fq/edge/settings.h"

#include <errno.h>
#include <libconfig.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define SETTING_PATH_SIZE 256
#define NUMBER_TEXT_SIZE 32

/* ---- The text of a file, made safe for libconfig 1.5 ---- */

static fq_err read_text(const char *path, char **out_text, struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    char *text = NULL;
    size_t size;
    FILE *file = fopen(path, "rb");

    if (!file) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
        goto done;
    }
    text = malloc(FQ_SETTINGS_FILE_MAX + 1);
    if (!text) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: no memory", path);
        goto done;
    }
    size = fread(text, 1, FQ_SETTINGS_FILE_MAX + 1, file);
    if (ferror(file)) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
        goto done;
    }
    if (size > FQ_SETTINGS_FILE_MAX) {
        err = fq_fail(out_why, FQ_REASON_CONFIG, "%s: longer than %d bytes", path,
                      FQ_SETTINGS_FILE_MAX);
        goto done;
    }
    if (memchr(text, '\0', size)) {
        err = fq_fail(out_why, FQ_REASON_CONFIG, "%s: not a text: it has NUL bytes", path);
        goto done;
    }
    text[size] = '\0';
    *out_text = text;
    text = NULL;

done:
    free(text);
    if (file) {
        (void)fclose(file);
    }
    return err;
}

/* The length of the comment, string or name that begins at `text`; 0 when it is something else. */
static size_t length_of_words(const char *text)
{
    if (text[0] == '#' || (text[0] == '/' && text[1] == '/')) {
        return strcspn(text, "\n");
    }
    if (text[0] == '/' && text[1] == '*') {
        const char *end = strstr(text + 2, "*/");
        return end ? (size_t)(end - text) + 2 : strlen(text);
    }
    if (text[0] == '"') {
        size_t length = 1;
        while (text[length] && text[length] != '"') {
            length += text[length] == '\\' && text[length + 1] ? 2 : 1;
        }
        return length + (text[length] == '"');
    }
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*") > 0) {
        return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*"
                            "0123456789_-");
    }
    return 0;
}

/* Whether a number needs an L to be read by libconfig 1.5, which wraps what is past 32 bits. False
 * result: it does not fit 64 bits either. */
static bool judge_number(const char *text, size_t length, bool *out_needs_l)
{
    char number[NUMBER_TEXT_SIZE];
    *out_needs_l = false;
    if (length >= sizeof number) {
        return false;
    }
    memcpy(number, text, length);
    number[length] = '\0';

    bool is_hex = number[0] == '0' && (number[1] == 'x' || number[1] == 'X');
    char *end;
    errno = 0;
    long long value = strtoll(number, &end, is_hex ? 16 : 10);
    if (*end == '\0') {
        *out_needs_l = value > INT_MAX || value < INT_MIN;
    }
    return errno != ERANGE;
}

/* Copy `text` to `out`, which is twice as large, with an L after every number that needs one (L1);
 * line numbers stay. Refuses includes (L2). */
static fq_err widen_numbers(const char *path, const char *text, char *out, struct fq_why *out_why)
{
    unsigned line = 1;
    while (*text) {
        size_t length = length_of_words(text);
        bool needs_l = false;
        if (length == 0) {
            length = strspn(text, "+-.0123456789ABCDEFabcdefxXL");
            if (length > 0 && !judge_number(text, length, &needs_l)) {
                return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: %.40s: the number is too large",
                               path, line, text);
            }
        }
        if (length == 0 && *text == '@') {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: @include is not used here", path,
                           line);
        }
        length = length ? length : 1;
        for (size_t i = 0; i < length; i++) {
            line += text[i] == '\n';
        }
        memcpy(out, text, length);
        out += length;
        text += length;
        if (needs_l) {
            *out++ = 'L';
        }
    }
    *out = '\0';
    return FQ_OK;
}

/* ---- The tree, made flat ---- */

struct level {
    config_setting_t *group;
    unsigned next;      /* the child to visit */
    size_t path_length; /* of the group's own path */
};

struct walk {
    const char *file;
    struct fq_arena *arena;
    char path[SETTING_PATH_SIZE]; /* of the setting now visited */
    const struct fq_setting **tail;
};

static const char *copy_text(struct fq_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = fq_arena_take_raw(arena, size);
    return copy ? memcpy(copy, text, size) : NULL;
}

static fq_err add_leaf(struct walk *walk, const config_setting_t *leaf, struct fq_why *out_why)
{
    unsigned line = config_setting_source_line(leaf);
    struct fq_setting setting = {.line = line, .text = ""};

    switch (config_setting_type(leaf)) {
    case CONFIG_TYPE_STRING:
        setting.type = FQ_SETTING_TEXT;
        setting.text = copy_text(walk->arena, config_setting_get_string(leaf));
        break;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        setting.type = FQ_SETTING_NUMBER;
        setting.number = config_setting_get_int64(leaf);
        break;
    case CONFIG_TYPE_BOOL:
        setting.type = FQ_SETTING_TRUTH;
        setting.number = config_setting_get_bool(leaf);
        break;
    case CONFIG_TYPE_FLOAT:
        return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: %s: must be a whole number", walk->file,
                       line, walk->path);
    default:
        setting.type = FQ_SETTING_EMPTY;
    }

    setting.path = copy_text(walk->arena, walk->path);
    struct fq_setting *kept = fq_arena_take_raw(walk->arena, sizeof *kept);
    if (!setting.path || !setting.text || !kept) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "%s:%u: no memory for the settings", walk->file,
                       line);
    }
    *kept = setting;
    *walk->tail = kept;
    walk->tail = &kept->next;
    return FQ_OK;
}

/* Put the path of the group's next child into walk->path. */
static bool extend_path(struct walk *walk, const struct level *level, const config_setting_t *child)
{
    const char *dot = level->path_length ? "." : "";
    const char *name = config_setting_name(child);
    char position[NUMBER_TEXT_SIZE];
    if (!name) {
        (void)snprintf(position, sizeof position, "%u", level->next);
        name = position;
    }
    size_t room = sizeof walk->path - level->path_length;
    int length = snprintf(walk->path + level->path_length, room, "%s%s", dot, name);
    return length > 0 && (size_t)length < room;
}

static fq_err flatten(struct walk *walk, config_setting_t *root, struct fq_why *out_why)
{
    struct level levels[FQ_SETTINGS_DEPTH_MAX] = {{.group = root}};
    size_t depth = 1;

    while (depth > 0) {
        struct level *level = &levels[depth - 1];
        config_setting_t *child = config_setting_get_elem(level->group, level->next);
        if (!child) {
            depth--;
            continue;
        }
        unsigned line = config_setting_source_line(child);
        if (!extend_path(walk, level, child)) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: the name is too long", walk->file,
                           line);
        }
        level->next++;
        if (config_setting_length(child) == 0) { /* a value, or an empty group */
            fq_err err = add_leaf(walk, child, out_why);
            if (err) {
                return err;
            }
            continue;
        }
        if (depth == FQ_SETTINGS_DEPTH_MAX) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: %s: more than %d levels", walk->file,
                           line, walk->path, FQ_SETTINGS_DEPTH_MAX);
        }
        levels[depth++] = (struct level){.group = child, .path_length = strlen(walk->path)};
    }
    return FQ_OK;
}

fq_err fq_settings_read(const char *path, struct fq_arena *arena,
                        const struct fq_setting **out_first, struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(arena);

    const struct fq_setting *first = NULL;
    struct walk walk = {.file = path, .arena = arena, .tail = &first};
    char *text = NULL;
    char *wide = NULL;
    config_t tree;
    config_init(&tree);

    fq_err err = read_text(path, &text, out_why);
    if (err) {
        goto done;
    }
    wide = malloc(2 * strlen(text) + 1);
    if (!wide) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: no memory", path);
        goto done;
    }
    err = widen_numbers(path, text, wide, out_why);
    if (err) {
        goto done;
    }
    if (!config_read_string(&tree, wide)) {
        err = fq_fail(out_why, FQ_REASON_CONFIG, "%s:%d: %s", path, config_error_line(&tree),
                      config_error_text(&tree));
        goto done;
    }
    err = flatten(&walk, config_root_setting(&tree), out_why);
    if (!err) {
        *out_first = first;
    }

done:
    config_destroy(&tree);
    free(wide);
    free(text);
    return err;
}

const struct fq_setting *fq_settings_find(const struct fq_setting *first, const char *path)
{
    for (const struct fq_setting *setting = first; setting; setting = setting->next) {
        if (strcmp(setting->path, path) == 0) {
            return setting;
        }
    }
    return NULL;
}

bool fq_settings_resolve(const char *file, const char *name, char *out, size_t out_size)
{
    const char *slash = strrchr(file, '/');
    size_t directory = slash && name[0] != '/' ? (size_t)(slash - file) + 1 : 0;
    size_t length = strlen(name);
    if (directory + length >= out_size) {
        return false;
    }
    memcpy(out, file, directory);
    memcpy(out + directory, name, length + 1);
    return true;
}
