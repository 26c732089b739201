/* What the commands about one dispute share. */
#ifndef FQ_NODES_CLI_DISPUTE_H
#define FQ_NODES_CLI_DISPUTE_H

#include "history.h"
#include "step.h"

/* One command being made: what the entry borrows lies here. */
struct dispute_command {
    struct cli_entry entry;
    struct history history; /* of a correction, a void, an answer to a referral */
    struct fq_id other;     /* the dispute merged into, the referral */
    uint8_t target[FQ_EVENT_ID_SIZE];
    uint8_t hash[32];
    char *held[CLI_PARTIES_MAX]; /* texts read from files */
    size_t held_count;
};

/* Make the command of `kind` that the arguments and options of desk->cli say. Release with
 * dispute_forget, also when it fails. */
FQ_CHECKED fq_err dispute_make(struct cli_desk *desk, enum fq_kind_of_event kind,
                               struct dispute_command *out_command, struct fq_why *out_why);
void dispute_forget(struct dispute_command *command);
/* Run the command whose verb makes an event of `kind`: from the line, a form or a file. */
FQ_CHECKED fq_err dispute_run(struct cli *cli, enum fq_kind_of_event kind, struct fq_why *out_why);

/* ---- dispute_mend.c: steps that point at something ---- */

FQ_CHECKED fq_err mend_correct(struct cli_desk *desk, struct dispute_command *command,
                               struct fq_why *out_why);
FQ_CHECKED fq_err mend_void(struct cli_desk *desk, struct dispute_command *command,
                            struct fq_why *out_why);
FQ_CHECKED fq_err mend_merge(struct cli_desk *desk, struct dispute_command *command,
                             struct fq_why *out_why);
FQ_CHECKED fq_err mend_document(struct cli_desk *desk, struct dispute_command *command,
                                struct fq_why *out_why);
/* The dispute and the referral that the argument names as a referral's id or its beginning. */
FQ_CHECKED fq_err mend_find_referral(struct cli_desk *desk, struct dispute_command *command,
                                     struct fq_why *out_why);
FQ_CHECKED fq_err mend_referral(struct cli_desk *desk, struct dispute_command *command,
                                struct fq_why *out_why);

/* ---- dispute_show.c ---- */

FQ_CHECKED fq_err dispute_show(struct cli *cli, struct fq_why *out_why);
FQ_CHECKED fq_err dispute_ls(struct cli *cli, struct fq_why *out_why);
FQ_CHECKED fq_err dispute_find(struct cli *cli, struct fq_why *out_why);
FQ_CHECKED fq_err referral_ls(struct cli *cli, struct fq_why *out_why);

/* ---- rows.c ---- */

/* `--from FILE`: one command per object or row. */
FQ_CHECKED fq_err rows_run(struct cli_desk *desk, struct cli *cli, enum fq_kind_of_event kind,
                           const char *path, struct fq_why *out_why);

#endif
