/* Units, towns and villages by name: the node's own tables, asked for when a name first stands where
 * a code belongs. Without the node, or without such tables, only codes are understood. */
#ifndef FQ_NODES_CLI_NAMES_H
#define FQ_NODES_CLI_NAMES_H

#include "desk.h"
#include "line.h"

/* Which table an option's values stand in. */
enum names_table { NAMES_NONE, NAMES_UNITS, NAMES_PLACES };
enum names_table names_table_of(const char *option);

/* The row at `index` as a choice, good until the next; false past the last. */
bool names_at(struct cli_desk *desk, enum names_table table, size_t index,
              struct cli_choice *out_choice);
/* Put the code of the only row of that name into `text` (a buffer of `text_size`); leaves a text
 * alone that is a code or names none or several. */
void names_take(struct cli_desk *desk, enum names_table table, char *text, size_t text_size);
/* Put codes in place of names in the options given from `first` on. */
void names_resolve(struct cli_desk *desk, struct cli *cli, int first);
void names_close(void); /* forget all tables */

#endif
