/* Reading a node's events from any point, in order and without a hole. */
#ifndef FQ_NODES_CLI_FEED_H
#define FQ_NODES_CLI_FEED_H

#include "client.h"

struct feed {
    struct cli *cli;
    const char *from;   /* begin, end, -N, TIME, LSN, or a cursor `instance:lsn` */
    const char *area;   /* beginning of the area code; NULL all */
    const char *type;   /* id; NULL all */
    const char *events; /* comma-separated; NULL all */
    bool is_following;  /* go on when the end is reached */
};

/* Print events as the user asked. The last line on stderr is the cursor to go on from. */
FQ_CHECKED fq_err feed_print(const struct feed *feed, struct fq_why *out_why);

#endif
