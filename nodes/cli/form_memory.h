/* What a mediator gave last, offered as the next form's default: units, places, kinds. Never party
 * data. A file of option=value lines in the user's state directory; when it cannot be read or
 * written there are no such defaults, and nothing else is lost. */
#ifndef FQ_NODES_CLI_FORM_MEMORY_H
#define FQ_NODES_CLI_FORM_MEMORY_H

#include <stddef.h>

/* Put what was last given for the option into `out`; leaves it alone when nothing was. */
void form_recall(const char *option, char *out, size_t out_size);
/* Note what was given now; an option NULL writes all that was noted to the file. */
void form_remember(const char *option, const char *value);

#endif
