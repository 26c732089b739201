/* The desk: where a command is made ready, saved, sent and answered. Every command that writes goes
 * over it, one by one; ledgers have their own way (import.c).
 *
 * K1  A command has its id before anything is sent; giving it again adds nothing.
 * K2  Party data goes to the node that registers the dispute and nowhere else. */
#ifndef FQ_NODES_CLI_DESK_H
#define FQ_NODES_CLI_DESK_H

#include "client.h"
#include "fq/core/event.h"
#include "fq/edge/vault.h"

#define CLI_PARTIES_MAX 12

struct cli_desk {
    const struct cli *cli;
    struct cli_client *client; /* NULL: the node cannot be reached */
    struct cli_tables *tables; /* the node's */
};

/* Open the desk at the node the command line names. Gives a desk for cli_desk_close. Fails as
 * cli_connect and cli_tables_open do. */
FQ_CHECKED fq_err cli_desk_open(const struct cli *cli, struct cli_desk **out_desk,
                                struct fq_why *out_why);
void cli_desk_close(struct cli_desk *desk); /* NULL is accepted */

struct cli_party { /* one vault field of a command; `text` is borrowed */
    enum fq_vault_field field;
    const char *text;
};

struct cli_entry {         /* one command */
    struct fq_event event; /* all but stamp and revision; the id too (K1) */
    struct cli_party parties[CLI_PARTIES_MAX];
    size_t party_count;
    char number[64]; /* out: of the dispute, for people */
    char state[32];  /* out: of the dispute, after the command */
    char saved[16];  /* out: the tier that holds it */
};

/* Begin a command of `kind`: its id from --cmd-id or fresh, its date from --date or today, its unit
 * from --unit. */
FQ_CHECKED fq_err cli_entry_init(const struct cli_desk *desk, enum fq_kind_of_event kind,
                                 struct cli_entry *out_entry, struct fq_why *out_why);
/* The dispute a person means by an id, the beginning of one, or a number. */
FQ_CHECKED fq_err cli_desk_find(struct cli_desk *desk, const char *name, struct fq_id *out_id,
                                struct fq_why *out_why);
/* Send the command and wait as --wait says; with --dry-run only check it. Fails with the node's
 * reason, or, when it is stored and the tier waited for has not answered, with NOT_ACKNOWLEDGED:
 * the out fields are then set all the same. */
FQ_CHECKED fq_err cli_desk_send(struct cli_desk *desk, struct cli_entry *entry,
                                struct fq_why *out_why);
/* Send it and print what became of it. */
FQ_CHECKED fq_err cli_desk_do(struct cli_desk *desk, struct cli_entry *entry,
                              struct fq_why *out_why);

#endif
