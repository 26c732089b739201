#include "form_memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is the same from one dispute to the next; a type or a number of persons is not. */
static const char *const kept[] = {"area", "unit", "kind", "committee", "place", "source"};
#define KEPT (sizeof kept / sizeof kept[0])
#define VALUE_SIZE 64

static char values[KEPT][VALUE_SIZE];

static bool find_path(char *path, size_t path_size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (state && *state) {
        snprintf(path, path_size, "%s/fengqiao", state);
    } else if (home && *home) {
        snprintf(path, path_size, "%s/.local/state/fengqiao", home);
    } else {
        return false;
    }
    return true;
}

static int find_kept(const char *option, size_t size)
{
    for (size_t i = 0; i < KEPT; i++) {
        if (strlen(kept[i]) == size && memcmp(kept[i], option, size) == 0) {
            return (int)i;
        }
    }
    return -1;
}

void form_recall(const char *option, char *out, size_t out_size)
{
    char path[512], file_path[600], line[256];

    if (find_kept(option, strlen(option)) < 0 || !find_path(path, sizeof path)) {
        return;
    }
    snprintf(file_path, sizeof file_path, "%s/form", path);
    FILE *file = fopen(file_path, "r");
    while (file && fgets(line, sizeof line, file)) {
        size_t size = strcspn(line, "=");
        line[strcspn(line, "\n")] = 0;
        if (line[size] == '=' && strlen(option) == size && memcmp(line, option, size) == 0) {
            snprintf(out, out_size, "%s", line + size + 1);
        }
    }
    if (file) {
        fclose(file);
    }
}

static void make_folders(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at == '/') {
            *at = 0;
            (void)mkdir(path, 0700);
            *at = '/';
        }
    }
    (void)mkdir(path, 0700);
}

static void write_all(void)
{
    char path[512], file_path[600], fresh_path[620];

    if (!find_path(path, sizeof path)) {
        return;
    }
    make_folders(path);
    snprintf(file_path, sizeof file_path, "%s/form", path);
    snprintf(fresh_path, sizeof fresh_path, "%s.new", file_path);
    FILE *file = fopen(fresh_path, "w");
    for (size_t i = 0; file && i < KEPT; i++) {
        if (*values[i]) {
            fprintf(file, "%s=%s\n", kept[i], values[i]);
        }
    }
    if (file && fclose(file) == 0) {
        (void)rename(fresh_path, file_path);
    }
}

void form_remember(const char *option, const char *value)
{
    int at = option ? find_kept(option, strlen(option)) : -1;

    if (!option) {
        write_all();
    } else if (at >= 0) {
        snprintf(values[at], VALUE_SIZE, "%s", value);
    }
}
