/* `make bench`: how fast, how small. One run, one table; README.md says what each line means.
 *
 *   bench PROGRAMS      the folder of the daemons; run from the root of the repository
 *
 * Environment: QUICK=1 a bounded part, BENCH_ONLY=part or
 * part-line, BENCH_OUT=file for JSON lines. */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "site.h"

static struct bench bench;

/* ---- shared ---- */

double own_cpu_s(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double cpu_s(pid_t pid)
{
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    struct timespec used;

    if ((pid != 0 && clock_getcpuclockid(pid, &clock) != 0) || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

double loop_cpu_s(pid_t pid)
{
    char path[64];
    unsigned long long nanoseconds = 0;

    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%llu", &nanoseconds) != 1) {
            nanoseconds = 0;
        }
        fclose(file);
    }
    return (double)nanoseconds / 1e9;
}

/* The sum of the KiB in the lines that begin with one of `keys`; -1 when the file cannot be read. */
static double sum_kib(const char *path, const char *const *keys)
{
    char line[256];
    double sum = -1;
    FILE *file = fopen(path, "r");

    while (file && fgets(line, sizeof line, file)) {
        for (size_t i = 0; keys[i]; i++) {
            size_t size = strlen(keys[i]);
            if (strncmp(line, keys[i], size) == 0) {
                sum = (sum < 0 ? 0 : sum) + strtod(line + size, NULL);
            }
        }
    }
    if (file) {
        fclose(file);
    }
    return sum;
}

double private_bytes(pid_t pid, bool *out_is_anonymous_only)
{
    static const char *const keys[] = {
        "Private_Clean:", "Private_Dirty:", "Private_Hugetlb:", NULL};
    static const char *const anonymous[] = {"RssAnon:", NULL};
    char path[64];

    pid = pid ? pid : getpid();
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    double kib = sum_kib(path, keys);
    *out_is_anonymous_only = kib < 0;
    if (kib < 0) {
        snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
        kib = sum_kib(path, anonymous);
    }
    return kib < 0 ? 0 : 1024 * kib;
}

bool is_wanted(const struct bench *run, const char *name)
{
    size_t size = run->only ? strlen(run->only) : 0;

    return size == 0 || strcmp(run->only, name) == 0 ||
           (strncmp(run->only, name, size) == 0 && name[size] == '-');
}

bool set_urgent(bool is_urgent)
{
    const struct sched_param urgent = {.sched_priority = 1}, usual = {0};
    bool was_urgent = sched_getscheduler(0) == SCHED_RR;

    (void)sched_setscheduler(0, is_urgent ? SCHED_RR : SCHED_OTHER, is_urgent ? &urgent : &usual);
    return was_urgent;
}

bool complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "bench: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return false;
}

/* ---- the machine ---- */

static const char *file_system(const char *path)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {{0xEF53, "ext4"},      {0x58465342, "xfs"},     {0x9123683E, "btrfs"},
                 {0x01021994, "tmpfs"}, {0x794C7630, "overlay"}, {0x2FC12FC1, "zfs"}};
    static char number[32];
    struct statfs stat;

    if (statfs(path, &stat) != 0) {
        return "unknown";
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if ((unsigned long)stat.f_type == known[i].magic) {
            return known[i].name;
        }
    }
    snprintf(number, sizeof number, "type 0x%lx", (unsigned long)stat.f_type);
    return number;
}

static void print_command(const char *command)
{
    char line[512];
    FILE *pipe = popen(command, "r");

    while (pipe && fgets(line, sizeof line, pipe)) {
        printf("# %s", line);
    }
    if (pipe) {
        pclose(pipe);
    }
}

static void print_machine(void)
{
    struct utsname system = {0};

    uname(&system);
    printf("# fengqiao " FQ_VERSION ", %ld cores, Linux %s, data on %s (%s)\n",
           sysconf(_SC_NPROCESSORS_ONLN), system.release, bench.dir, file_system(bench.dir));
    print_command("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1");
    print_command("for l in libzmq rocksdb libsodium libxxhash msgpack; do "
                  "printf '%s %s  ' $l \"$(pkg-config --modversion $l 2>/dev/null)\"; done; echo");
    print_command("echo load average before: $(cut -d' ' -f1-3 /proc/loadavg)");
    fflush(stdout);
}

/* ---- in and out ---- */

static void clean(void)
{
    daemons_kill();
    if (bench.dir[0]) {
        (void)tree_remove(bench.dir);
        bench.dir[0] = '\0';
    }
}

static void on_signal(int number)
{
    clean(); /* nobody waits for locks here: the process is at its end */
    _exit(128 + number);
}

static bool make_place(void)
{
    const char *above = getenv("TMPDIR");

    snprintf(bench.dir, sizeof bench.dir, "%s/fengqiao-bench.XXXXXX", above ? above : "/tmp");
    if (!mkdtemp(bench.dir)) {
        complain("%s: %s", bench.dir, strerror(errno));
        bench.dir[0] = '\0';
        return false;
    }
    atexit(clean);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal);
    signal(SIGPIPE, on_signal);
    return true;
}

static void find_sync_library(void)
{
    ssize_t size = readlink("/proc/self/exe", bench.sync_library, sizeof bench.sync_library - 32);

    bench.sync_library[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(bench.sync_library, '/');
    strcpy(slash ? slash + 1 : bench.sync_library, "count_syncs.so");
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(struct bench *bench);
    } parts[] = {{"ingest", bench_ingest},
                 {"stock", bench_stock},
                 {"idle", bench_idle},
                 {"fold", bench_fold}};
    const char *quick = setting("QUICK"), *out = setting("BENCH_OUT");

    bench.programs = argc > 1 ? argv[1] : "build/bin";
    bench.is_quick = quick && strcmp(quick, "0") != 0;
    bench.rounds = bench.is_quick ? 1 : 3;
    bench.only = setting("BENCH_ONLY");
    find_sync_library();
    if (!make_place()) {
        return 1;
    }
    bench.table.json = out ? fopen(out, "w") : NULL;
    if (out && !bench.table.json) {
        complain("%s: %s", out, strerror(errno));
        return 1;
    }
    print_machine();
    table_begin(&bench.table);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t size = strlen(parts[i].name);
        if (!bench.only || strncmp(bench.only, parts[i].name, size) == 0) {
            parts[i].run(&bench);
        }
    }
    if (bench.table.json) {
        fclose(bench.table.json);
    }
    print_command("echo load average after: $(cut -d' ' -f1-3 /proc/loadavg)");
    printf("%d passed, %d failed\n", bench.table.passed, bench.table.failed);
    return bench.table.failed > 0;
}
