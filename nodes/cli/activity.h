/* A reported figure as a person writes it, on the line or in a file. */
#ifndef FQ_NODES_CLI_ACTIVITY_H
#define FQ_NODES_CLI_ACTIVITY_H

#include "client.h"
#include "fq/core/event.h"

struct activity_text { /* empty: not given */
    struct fq_span indicator, area, first_day, last_day, value, signer;
};

/* Read it into an event of kind ACTIVITY without id and date: dates as 2021-06-30, 2021/6/30 or
 * 2021年6月30日, the value with two decimals at most where money is counted and none elsewhere. The
 * area is the node's own when not given, the first day of what stands on a day is its last. Borrows
 * the signer. Refuses with CODE_UNKNOWN, AREA_UNKNOWN, DATE, AMOUNT or FIELD. */
FQ_CHECKED fq_err activity_read(const struct cli_tables *tables, const struct activity_text *text,
                                struct fq_event *out_event, struct fq_why *out_why);
/* `activity import`. */
FQ_CHECKED fq_err activity_import(struct cli *cli, struct fq_why *out_why);

#endif
