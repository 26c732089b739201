/* A table made to fit a terminal: long texts go on below, 32-digit ids show their beginning, and the
 * least important columns are left out when there is still no room. What was left out or cut is
 * told. Numbers are never cut. */
#ifndef FQ_NODES_CLI_FIT_H
#define FQ_NODES_CLI_FIT_H

#include "cli.h"

struct fit {
    struct cli_cells cells; /* what fits; its texts are this struct's */
    const char *titles[CLI_COLUMNS_MAX];
    bool is_number[CLI_COLUMNS_MAX];
    char left_out[1024]; /* titles of the columns without room; empty: none */
    char shortened[256]; /* titles of the columns of ids that are cut */
};

/* Make `cells` fit `width` columns. `importance`, which may be NULL, names keys in the order to keep
 * them; the others follow from left to right. False when memory is full; then as after fit_free. */
bool fit_make(const struct cli_cells *cells, const char *const *importance, size_t width,
              struct fit *out_fit);
void fit_free(struct fit *fit);

#endif
