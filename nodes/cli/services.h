/* What the commands of campaigns, sweeps and activities share: a campaign by the name a person gives,
 * and a command sent and told about. */
#ifndef FQ_NODES_CLI_SERVICES_H
#define FQ_NODES_CLI_SERVICES_H

#include "desk.h"

struct service_campaign {
    uint32_t number;
    uint32_t area;
};

/* The campaign of a name or a number. Fails with CAMPAIGN_UNKNOWN or CAMPAIGN_MANY. */
FQ_CHECKED fq_err service_find_campaign(struct cli_desk *desk, const char *text,
                                        struct service_campaign *out_campaign,
                                        struct fq_why *out_why);
/* The area --area names; the node's own when not given. */
FQ_CHECKED fq_err service_read_area(const struct cli_desk *desk, uint32_t *out_area,
                                    struct fq_why *out_why);
/* The date of an option; 0 when it is not given. */
FQ_CHECKED fq_err service_read_date(const struct cli_desk *desk, const char *option,
                                    uint16_t *out_date, struct fq_why *out_why);
/* Pairs about the command, to be printed. */
void service_tell_area(struct cli_args *told, uint32_t area);
void service_tell_date(struct cli_args *told, const char *key, uint16_t date);
/* Open the desk, let `work` do it with room for what it tells, and close it. */
typedef fq_err service_work(struct cli_desk *desk, struct cli_args *told, struct fq_why *out_why);
FQ_CHECKED fq_err service_run(struct cli *cli, service_work *work, struct fq_why *out_why);
/* Send the command and print `told` with its id and the tier that holds it. */
FQ_CHECKED fq_err service_send(struct cli_desk *desk, struct cli_entry *entry,
                               struct cli_args *told, struct fq_why *out_why);
/* Ask a verb that answers with a list, print the rows with these columns, and say on stderr what of
 * them is missing, if anything. */
FQ_CHECKED fq_err service_print_list(struct cli *cli, const char *verb, const struct cli_args *args,
                                     const char *const *columns, void (*say)(struct fq_span rows),
                                     struct fq_why *out_why);
/* `name` or `name_zh`, as the user reads. */
const char *service_name_column(void);

#endif
