/* The daemons of a lab: starting, finding and ending them.
 *
 * P1  A signal goes only to a process whose command line is that node's daemon with that node's
 *     configuration: a pid file outlives its process, and its number may be another's by now. */
#ifndef FQ_NODES_CLI_LAB_PROCESS_H
#define FQ_NODES_CLI_LAB_PROCESS_H

#include <sys/types.h>

#include "lab_layout.h"

/* The process of the node; 0 when it does not run (P1). */
pid_t lab_pid(const struct lab *lab, const struct lab_node *node);
/* Start the daemon beside this program, in its own session, its stderr appended to DIR/CODE/log.
 * Fails with FILE when it cannot be run. Does nothing when it runs. */
FQ_CHECKED fq_err lab_start(const struct lab *lab, const struct lab_node *node, const char *exe_dir,
                            struct fq_why *out_why);
/* Send the signal (P1) and wait until the process is gone, at most `timeout_ms`. Fails with LAB. */
FQ_CHECKED fq_err lab_end(const struct lab *lab, const struct lab_node *node, int signal_number,
                          int timeout_ms, struct fq_why *out_why);
/* A LAB failure that names the node and its log file. */
fq_err lab_fail(const struct lab *lab, const struct lab_node *node, struct fq_why *out_why);

#endif
