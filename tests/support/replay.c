/* Replay: feeds the kept inputs of a fuzz target to it, without a fuzzer.
 *
 * `replay_x [FOLDER]` reads every file of FOLDER (else tests/corpus/x) and prints TAP: one line
 * that every input went through, and one that the empty input did. A target that breaks dies; the
 * runner counts that. The name of the file at work is on stderr when it does. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096
#define INPUT_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char at_work[PATH_SIZE];

/* Each input lies in a block of exactly its size, so that reading past it is seen. */
static int replay_file(const char *path)
{
    uint8_t *block = malloc(INPUT_MAX);
    uint8_t *input = NULL;
    int failed = 1;
    FILE *file = fopen(path, "rb");

    if (!block || !file) {
        goto done;
    }
    size_t size = fread(block, 1, INPUT_MAX, file);
    input = malloc(size ? size : 1);
    if (ferror(file) || !input) {
        goto done;
    }
    memcpy(input, block, size);
    LLVMFuzzerTestOneInput(input, size);
    failed = 0;

done:
    if (failed) {
        printf("# %s: %s\n", path, strerror(errno));
    }
    if (file) {
        fclose(file);
    }
    free(block);
    free(input);
    return failed;
}

static int replay_folder(const char *folder, unsigned *out_count)
{
    DIR *entries = opendir(folder);
    int failed = 0;

    if (!entries) {
        return errno == ENOENT ? 0 : 1;
    }
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "README.md") == 0) {
            continue;
        }
        int size = snprintf(at_work, sizeof at_work, "%s/%s", folder, entry->d_name);
        if (size < 0 || (size_t)size >= sizeof at_work) {
            failed++;
            continue;
        }
        failed += replay_file(at_work);
        ++*out_count;
    }
    closedir(entries);
    return failed;
}

static void tell_at_work(void)
{
    if (at_work[0]) {
        fprintf(stderr, "replay: at work on %s\n", at_work);
    }
}

int main(int argc, char **argv)
{
    const char *base = strrchr(argv[0], '/');
    const char *name = strstr(base ? base : argv[0], "replay_");
    char folder[PATH_SIZE];
    unsigned count = 0;

    name = name ? name + strlen("replay_") : "";
    snprintf(folder, sizeof folder, "tests/corpus/%s", name);
    setvbuf(stdout, NULL, _IONBF, 0);
    atexit(tell_at_work);
    printf("1..2\n");
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("ok 1 - %s takes the empty input\n", name);

    int failed = replay_folder(argc > 1 ? argv[1] : folder, &count);
    at_work[0] = 0;
    if (count == 0 && !failed) {
        printf("ok 2 - %s # SKIP there is no corpus\n", name);
        return 0;
    }
    printf("%s 2 - %s takes %u kept inputs\n", failed ? "not ok" : "ok", name, count);
    return failed ? 1 : 0;
}
