/* Units, towns and villages by name, where a code belongs: from the node's tables, as the desk has
 * them. Without such tables only codes are understood. */
#ifndef FQ_NODES_CLI_NAMES_H
#define FQ_NODES_CLI_NAMES_H

#include "desk.h"
#include "line.h"

/* Which table an option's values stand in. */
enum names_table { NAMES_NONE, NAMES_UNITS, NAMES_PLACES };
enum names_table names_table_of(const char *option);

/* The row at `index` as a choice, good until the next; false past the last. */
bool names_at(const struct cli_desk *desk, enum names_table table, size_t index,
              struct cli_choice *out_choice);
/* Put the code of the only row of that name into `text` (a buffer of `text_size`); leaves a text
 * alone that is a code or names none or several. */
void names_take(const struct cli_desk *desk, enum names_table table, char *text, size_t text_size);
/* Put codes in place of names in the options given from `first` on. */
void names_resolve(const struct cli_desk *desk, struct cli *cli, int first);

#endif
