/* Words of results: titles of keys, names of states, events and roles. */
#ifndef FQ_NODES_CLI_WORDS_H
#define FQ_NODES_CLI_WORDS_H

#include <stdbool.h>

/* The title of a key, not yet translated; NULL when it has none. `linked#` is `linked` where it
 * counts. */
const char *words_title(const char *key);
/* Whether a word of a result has a translation. */
bool words_has(const char *word);

#endif
