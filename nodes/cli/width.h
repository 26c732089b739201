/* How wide texts are on a screen, and where their lines end. Needs the locale of cli_text_open. */
#ifndef FQ_NODES_CLI_WIDTH_H
#define FQ_NODES_CLI_WIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The columns of the terminal behind `stream` (COLUMNS, else what it says of itself); 0 when the
 * stream is no terminal and nothing need be made to fit. */
size_t width_terminal(FILE *stream);
/* The columns of a text. */
size_t width_of(const char *text);
/* The columns of the longest part of it that no line may end within. */
size_t width_of_word(const char *text);
/* Where the line that begins at `text` ends so that it takes at most `width` columns, and where the
 * next begins. Lines end at spaces and beside Chinese characters, not before what closes. */
const char *width_line(const char *text, size_t width, const char **out_next);
/* Print `text` in lines, the cursor standing at column `used`; later lines begin at `indent`. */
void width_print(FILE *out, const char *text, size_t used, size_t indent, size_t width);

#endif
