/* The desk: where a command is made ready, checked, saved, sent and answered. Every command that writes
 * goes over it, one by one; ledgers have their own way (import.c).
 *
 * K1  A command has its id before anything is sent; giving it again adds nothing.
 * K2  Party data goes to the node that registers the dispute and nowhere else; on this computer it
 *     lies sealed until then, and not longer.
 * K3  Nothing is sent that is not saved here, and nothing counts as delivered without a receipt.
 * K4  What is found illegal here, by the node's own rules and tables, is not saved. */
#ifndef FQ_NODES_CLI_DESK_H
#define FQ_NODES_CLI_DESK_H

#include "fq/core/agenda.h"
#include "fq/core/command.h"
#include "fq/edge/outbox.h"
#include "fq/edge/vault.h"

#include "client.h"

#define CLI_PARTIES_MAX 12

struct cli_desk {
    const struct cli *cli;
    struct cli_client *client; /* NULL: the node cannot be reached */
    struct cli_tables *tables; /* the node's, as it is or as they were last fetched */
    struct fq_outbox *outbox;
    enum fq_tier tier; /* the node's */
};

/* Open the desk at the node the command line names, whether it can be reached or not. Gives a desk for
 * cli_desk_close. Fails as target_find, fq_outbox_open and asking do, but for UNREACHED; with
 * OUTBOX_TABLES when the node cannot be reached and never was, STORE_FOREIGN when the outbox is another
 * node's. */
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
    struct fq_command_room room; /* what checking adds to the event */
    char number[64]; /* out: of the dispute, for people; L7 until the node has numbered it */
    char state[32];  /* out: of the dispute, after the command */
    char saved[16];  /* out: the highest tier that holds it, or `outbox` */
};

/* Begin a command of `kind`: its id from --cmd-id or fresh, its date from --date or today, its unit
 * from --unit. */
FQ_CHECKED fq_err cli_entry_init(const struct cli_desk *desk, enum fq_kind_of_event kind,
                                 struct cli_entry *out_entry, struct fq_why *out_why);
/* The dispute a person means by an id, the beginning of one, a number or an L-name. Fails with
 * DISPUTE_UNKNOWN, DISPUTE_MANY, or OUTBOX_DISPUTE when only the node could tell. */
FQ_CHECKED fq_err cli_desk_find(struct cli_desk *desk, const char *name, struct fq_id *out_id,
                                struct fq_why *out_why);
/* The same for a question that goes to the node alone: an L-name as an id, other names as they are. Fails
 * with DISPUTE_UNKNOWN. */
FQ_CHECKED fq_err cli_desk_name(const struct cli *cli, const char *name, char out[64],
                                struct fq_why *out_why);
/* Check the command, save it, send it with all that waits, and wait as --wait says; with --dry-run only
 * check it. Fails with the reason of a rule, and the command is not kept (K4) or kept as refused; or,
 * when it is saved and the tier waited for has not answered, with NOT_ACKNOWLEDGED: the out fields are
 * then set all the same. Without --wait a command that is only saved here is done. */
FQ_CHECKED fq_err cli_desk_send(struct cli_desk *desk, struct cli_entry *entry,
                                struct fq_why *out_why);
/* Send it and print what became of it. */
FQ_CHECKED fq_err cli_desk_do(struct cli_desk *desk, struct cli_entry *entry,
                              struct fq_why *out_why);

/* What is known of the dispute on this computer, as `dispute.show` and, with `has_history`, its history
 * would tell it, and since when (0: it was never fetched). Fails with OUTBOX_DISPUTE. */
FQ_CHECKED fq_err cli_desk_describe(struct cli_desk *desk, const struct fq_id *dispute,
                                    bool has_history, struct fq_writer *writer,
                                    uint64_t *out_fetched_ms, struct fq_why *out_why);
/* The dispute that `name` means as the node tells it, `dispute.show`; for whoever has an outbox also what
 * waits there and, when the node cannot be reached, what is known here. */
FQ_CHECKED fq_err cli_desk_show(const struct cli *cli, const char *name, bool has_history,
                                struct fq_writer *out_told, struct fq_why *out_why);
/* Every dispute known on this computer, of one state unless that is NULL, as rows of `dispute.list`. */
FQ_CHECKED fq_err cli_desk_list(struct cli_desk *desk, const char *state, struct fq_writer *writer,
                                struct fq_why *out_why);
/* What waits of the disputes known on this computer, over `add_items`; fills the agenda's view, codes,
 * rows and count. */
FQ_CHECKED fq_err cli_desk_agenda(struct cli_desk *desk,
                                  void (*add_items)(struct fq_agenda *agenda,
                                                    const struct fq_dispute *dispute),
                                  struct fq_agenda *agenda, struct fq_why *out_why);
/* Whether commands for the node the command line names were ever saved on this computer. */
bool cli_desk_exists(const struct cli *cli);
/* Keep what the node knows of a dispute that was looked at, for the time when it cannot be reached. */
void cli_desk_remember(struct cli_desk *desk, const struct fq_id *dispute);

#endif
