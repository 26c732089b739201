#include "lab_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_SIZE (LAB_PATH_SIZE + 64)
#define COMMAND_LINE_MAX 4096

fq_err lab_fail(const struct lab *lab, const struct lab_node *node, struct fq_why *out_why)
{
    char log[PATH_SIZE];

    lab_path(lab, node, "log", log);
    return fq_fail(out_why, FQ_REASON_LAB, "%06" PRIu32 ": %s", node->area, log);
}

static pid_t read_pid_file(const struct lab *lab, const struct lab_node *node)
{
    char path[PATH_SIZE];
    int pid = 0;

    lab_path(lab, node, "pid", path);
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%d", &pid) != 1 || pid < 2) {
            pid = 0;
        }
        fclose(file);
    }
    return pid;
}

/* P1: argument 0 ends with the daemon's name, argument 2 is the configuration. */
static bool is_daemon(pid_t pid, const struct lab *lab, const struct lab_node *node)
{
    char path[64], line[COMMAND_LINE_MAX + 1], config[PATH_SIZE], name[64];

    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    FILE *file = fopen(path, "rb");
    if (!file) {
        return false;
    }
    size_t size = fread(line, 1, COMMAND_LINE_MAX, file);
    fclose(file);
    line[size] = 0;
    lab_path(lab, node, "node.cfg", config);
    int name_size = snprintf(name, sizeof name, "/fengqiao-%s", fq_tier_name(node->tier));
    size_t first = strlen(line);
    const char *second = line + first + 1, *third = second + strlen(second) + 1;
    return first > (size_t)name_size && size > first + 4 && third < line + size &&
           strcmp(line + first - name_size, name) == 0 && strcmp(second, "-c") == 0 &&
           strcmp(third, config) == 0;
}

pid_t lab_pid(const struct lab *lab, const struct lab_node *node)
{
    pid_t pid = read_pid_file(lab, node);

    if (pid > 0) {
        (void)waitpid(pid, NULL, WNOHANG); /* one we started ourselves may be a zombie */
    }
    return pid > 0 && is_daemon(pid, lab, node) ? pid : 0;
}

/* ---- start ---- */

/* In the child: nothing here may return. Tells `report` the errno when exec fails. */
static _Noreturn void become_daemon(const char *program, const char *config, const char *directory,
                                    int log, int report)
{
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    setsid();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0 && dup2(null, 0) >= 0 && dup2(log, 1) >= 0 && dup2(log, 2) >= 0 &&
        chdir(directory) == 0) {
        execl(program, program, "-c", config, (char *)NULL);
    }
    int failure = errno;
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static fq_err write_pid_file(const struct lab *lab, const struct lab_node *node, pid_t pid,
                             struct fq_why *out_why)
{
    char path[PATH_SIZE];

    lab_path(lab, node, "pid", path);
    FILE *file = fopen(path, "w");
    if (!file) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    fprintf(file, "%d\n", (int)pid);
    return fclose(file) == 0 ? FQ_OK : fq_fail(out_why, FQ_REASON_FILE, "%s", path);
}

static fq_err start_process(const char *program, const char *config, const char *directory, int log,
                            pid_t *out_pid, struct fq_why *out_why)
{
    int report[2], failure = 0;

    if (pipe2(report, O_CLOEXEC)) {
        return fq_fail(out_why, FQ_REASON_FILE, "pipe: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid == 0) {
        become_daemon(program, config, directory, log, report[1]);
    }
    close(report[1]);
    ssize_t size = pid > 0 ? read(report[0], &failure, sizeof failure) : 0; /* 0: exec went well */
    close(report[0]);
    if (pid < 0 || size > 0) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", program,
                       strerror(size > 0 ? failure : errno));
    }
    *out_pid = pid;
    return FQ_OK;
}

fq_err lab_start(const struct lab *lab, const struct lab_node *node, const char *exe_dir,
                 struct fq_why *out_why)
{
    char program[PATH_SIZE], config[PATH_SIZE], directory[PATH_SIZE], log_path[PATH_SIZE];
    pid_t pid = 0;

    if (lab_pid(lab, node)) {
        return FQ_OK;
    }
    snprintf(program, sizeof program, "%s/fengqiao-%s", exe_dir, fq_tier_name(node->tier));
    lab_path(lab, node, "node.cfg", config);
    lab_path(lab, node, "", directory);
    lab_path(lab, node, "log", log_path);
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", log_path, strerror(errno));
    }
    fq_err err = start_process(program, config, directory, log, &pid, out_why);
    close(log);
    return err ? err : write_pid_file(lab, node, pid, out_why);
}

/* ---- end ---- */

fq_err lab_end(const struct lab *lab, const struct lab_node *node, int signal_number,
               int timeout_ms, struct fq_why *out_why)
{
    char path[PATH_SIZE];
    pid_t pid = lab_pid(lab, node);
    int handle = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    fq_err err = FQ_OK;

    if (handle >= 0) {
        struct pollfd gone = {.fd = handle, .events = POLLIN};
        if (lab_pid(lab, node) == pid && /* still the same process now that we hold it */
            syscall(SYS_pidfd_send_signal, handle, signal_number, NULL, 0) == 0 &&
            poll(&gone, 1, timeout_ms) <= 0) {
            err = lab_fail(lab, node, out_why);
        }
        close(handle);
        (void)waitpid(pid, NULL, WNOHANG);
    }
    if (!err) {
        lab_path(lab, node, "pid", path);
        unlink(path);
    }
    return err;
}
