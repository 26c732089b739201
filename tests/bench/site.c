#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAEMONS_MAX 16
#define READY_S 120.0
#define STOP_S 60.0
#define LOG_NAME "bench.log"
#define SITE_PATH_SIZE (LAB_PATH_SIZE + 64)

static pid_t running[DAEMONS_MAX]; /* for the way out (S1) */

static void remember(pid_t was, pid_t is)
{
    for (size_t i = 0; i < DAEMONS_MAX; i++) {
        if (running[i] == was) {
            running[i] = is;
            return;
        }
    }
}

void daemons_kill(void)
{
    for (size_t i = 0; i < DAEMONS_MAX; i++) {
        if (running[i] > 0) {
            kill(running[i], SIGKILL);
            waitpid(running[i], NULL, 0);
            running[i] = 0;
        }
    }
}

/* ---- layout ---- */

struct lab *site_open(const struct bench *bench, const char *name, const char *areas)
{
    char dir[PATH_SIZE + 32];
    struct lab_plan plan = {.dir = dir,
                            .areas_file = "config/areas/henan.csv",
                            .taxonomy_file = "config/taxonomy.cfg",
                            .only = areas};
    struct lab *lab = NULL;
    struct fq_why why = {0};

    snprintf(dir, sizeof dir, "%s/%s", bench->dir, name);
    if (lab_lay_out(&plan, &why) || lab_load(dir, &lab, &why)) {
        complain("%s: %s", dir, why.detail);
        return NULL;
    }
    return lab;
}

struct daemon site_daemon(const struct bench *bench, const struct lab *lab, uint32_t area)
{
    return (struct daemon){.bench = bench, .lab = lab, .node = lab_find_area(lab, area)};
}

void daemon_path(const struct daemon *daemon, const char *name, char out[LAB_PATH_SIZE + 64])
{
    lab_path(daemon->lab, daemon->node, name, out);
}

/* ---- processes ---- */

static _Noreturn void become_daemon(const struct daemon *daemon, bool is_rebuild)
{
    char program[PATH_SIZE + 64], config[SITE_PATH_SIZE], log_path[SITE_PATH_SIZE];
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* S1 */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    snprintf(program, sizeof program, "%s/fengqiao-%s", daemon->bench->programs,
             fq_tier_name(daemon->node->tier));
    daemon_path(daemon, "node.cfg", config);
    daemon_path(daemon, LOG_NAME, log_path);
    if (daemon->sync_counter) {
        setenv("LD_PRELOAD", daemon->bench->sync_library, 1);
        setenv("BENCH_SYNCS", daemon->sync_counter, 1);
    }
    int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (log >= 0 && dup2(log, 1) >= 0 && dup2(log, 2) >= 0) {
        execl(program, program, "-c", config, is_rebuild ? "--rebuild" : (char *)NULL,
              (char *)NULL);
    }
    _exit(127);
}

static bool read_log(const struct daemon *daemon, char *out, size_t size)
{
    char path[SITE_PATH_SIZE];

    daemon_path(daemon, LOG_NAME, path);
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(out, 1, size - 1, file) : 0;
    out[length] = '\0';
    if (file) {
        fclose(file);
    }
    return length > 0;
}

double daemon_logged(const struct daemon *daemon, const char *key)
{
    char log[8192];
    const char *at = read_log(daemon, log, sizeof log) ? strstr(log, key) : NULL;

    return at ? strtod(at + strlen(key), NULL) : 0;
}

static bool wait_ready(struct daemon *daemon, double began)
{
    char log[8192] = "";

    while (now_s() - began < READY_S) {
        if (read_log(daemon, log, sizeof log) && strstr(log, "node.ready")) {
            daemon->ready_s = now_s() - began;
            return true;
        }
        if (waitpid(daemon->pid, NULL, WNOHANG) != 0) {
            remember(daemon->pid, 0);
            daemon->pid = 0;
            break;
        }
        (void)poll(NULL, 0, 1);
    }
    return complain("%06u does not come up: %s", daemon->node->area, log);
}

static bool connect_client(struct daemon *daemon)
{
    char path[SITE_PATH_SIZE];
    struct fq_certificate server;
    struct fq_identity identity;
    struct fq_why why = {0};

    daemon_path(daemon, "keys/node.cert", path);
    fq_err err = fq_certificate_load(path, &server, &why);
    daemon_path(daemon, "keys/operator.key", path);
    err = err ? err : fq_identity_load(path, &identity, &why);
    if (!err) {
        err = fq_client_open(daemon->node->service, server.curve_public, &identity, &daemon->client,
                             &why);
        fq_identity_wipe(&identity);
    }
    return err ? complain("%s: %s", daemon->node->service, why.detail) : true;
}

bool daemon_start(struct daemon *daemon, bool is_rebuild)
{
    char path[SITE_PATH_SIZE];

    daemon_path(daemon, LOG_NAME, path);
    unlink(path);
    double began = now_s();
    daemon->pid = fork();
    if (daemon->pid == 0) {
        become_daemon(daemon, is_rebuild);
    }
    if (daemon->pid < 0) {
        daemon->pid = 0;
        return complain("fork: %s", strerror(errno));
    }
    remember(0, daemon->pid);
    return wait_ready(daemon, began) && connect_client(daemon);
}

bool daemon_stop(struct daemon *daemon)
{
    int status = 0;
    double began = now_s();
    pid_t ended = 0;

    fq_client_close(daemon->client);
    daemon->client = NULL;
    if (daemon->pid == 0) {
        return false;
    }
    kill(daemon->pid, SIGTERM);
    while (ended == 0 && now_s() - began < STOP_S) {
        ended = waitpid(daemon->pid, &status, WNOHANG);
        if (ended == 0) {
            (void)poll(NULL, 0, 2);
        }
    }
    if (ended == 0) {
        kill(daemon->pid, SIGKILL);
        waitpid(daemon->pid, NULL, 0);
    }
    remember(daemon->pid, 0);
    daemon->pid = 0;
    return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? true
               : complain("%06u did not end well", daemon->node->area);
}

/* ---- questions ---- */

bool daemon_ask(struct daemon *daemon, const char *verb, struct fq_span pairs, uint32_t pair_count,
                struct fq_span *out_result)
{
    uint8_t buffer[1024];
    struct fq_writer writer = fq_writer_over(buffer, sizeof buffer);
    struct fq_span answer;
    struct fq_why why = {0};

    fq_write_map(&writer, 3);
    fq_write_text(&writer, "id");
    fq_write_uint(&writer, UINT32_MAX + ++daemon->last_id); /* apart from those of a load */
    fq_write_text(&writer, "verb");
    fq_write_text(&writer, verb);
    fq_write_text(&writer, "args");
    fq_write_map(&writer, pair_count);
    fq_write_raw(&writer, pairs);
    if (!daemon->client || fq_client_send(daemon->client, fq_writer_span(&writer), &why) ||
        fq_client_receive(daemon->client, ANSWER_MS, &answer, &why)) {
        return complain("%06u: %s: %s", daemon->node->area, verb, why.detail);
    }
    if (!fq_codec_scan(answer) || fq_map_uint(answer, "status") != 0) {
        return complain("%06u: %s: status %u", daemon->node->area, verb,
                        (unsigned)fq_map_uint(answer, "status"));
    }
    *out_result = fq_map_get(answer, "result");
    return true;
}

uint64_t daemon_status(struct daemon *daemon, const char *key)
{
    struct fq_span result;

    if (!daemon_ask(daemon, "status", (struct fq_span){0}, 0, &result)) {
        return UINT64_MAX;
    }
    struct fq_span value = fq_map_get(result, key);
    struct fq_reader reader = fq_reader_over(value);
    return fq_read_type(&reader) == FQ_CODEC_BOOL ? fq_map_bool(result, key)
                                                  : fq_map_uint(result, key);
}

bool daemon_digest(struct daemon *daemon, char out[40])
{
    struct fq_span result;

    if (!daemon_ask(daemon, "digest", (struct fq_span){0}, 0, &result)) {
        return false;
    }
    struct fq_span digest = fq_map_text(result, "digest");
    snprintf(out, 40, "%.*s", (int)digest.size, (const char *)digest.data);
    return digest.size == 32;
}

/* ---- trees ---- */

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(path);
}

bool tree_remove(const char *path)
{
    return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

bool tree_copy(const char *from, const char *to)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        execlp("cp", "cp", "-a", from, to, (char *)NULL);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0
               ? true
               : complain("cannot copy %s", from);
}

static double counted; /* nftw carries no context */
static const char *counted_end;

static int count_entry(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    size_t size = strlen(path), end_size = counted_end ? strlen(counted_end) : 0;

    (void)place;
    if (type == FTW_F && !counted_end) {
        counted += 512.0 * (double)stat->st_blocks;
    } else if (type == FTW_F && size > end_size &&
               strcmp(path + size - end_size, counted_end) == 0) {
        counted += (double)stat->st_size;
    }
    return 0;
}

double tree_bytes(const char *path, const char *end)
{
    counted = 0;
    counted_end = end;
    (void)nftw(path, count_entry, 16, FTW_PHYS);
    return counted;
}
