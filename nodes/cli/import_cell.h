/* Cells: what a person wrote into one field of a ledger, as a value. Pure.
 *
 * Spaces at the ends never count, the ideographic one included. Numbers, dates and amounts may be
 * written with full-width signs. An apostrophe before a sign that a spreadsheet would take for a
 * formula, which is how such cells are disarmed, is no part of the text. */
#ifndef FQ_NODES_CLI_IMPORT_CELL_H
#define FQ_NODES_CLI_IMPORT_CELL_H

#include "fq/base/bytes.h"

#define CELL_NARROW_MAX 256 /* longer texts are no numbers and keep their full-width signs */

struct fq_span cell_trim(struct fq_span text);
/* The text in `out` with full-width signs, digits and letters as their ASCII ones; the text itself
 * when it is longer than CELL_NARROW_MAX. */
struct fq_span cell_narrow(struct fq_span text, uint8_t out[CELL_NARROW_MAX]);
/* Whether two texts are one but for the width of their signs and the spaces in them. */
bool cell_is_like(struct fq_span a, struct fq_span b);

/* Strictly units with at most two decimals, perhaps with thousands commas and a currency sign:
 * "707", "707.5", "1,234.50", "$7.00", "1200元". */
bool row_amount(struct fq_span text, uint64_t *out_cents);
/* Digits, at most 18. */
bool cell_number(struct fq_span text, uint64_t *out_number);
/* In one of the formats; YYYY-MM-DD when there are none. */
bool cell_date(struct fq_span text, const char *const *formats, size_t format_count,
               uint16_t *out_date);
/* Yes or no, in either language; nothing is no. */
bool cell_truth(struct fq_span text, uint64_t *out_truth);
/* False when the text has the form of a resident's identity number of 18 signs but its last does
 * not fit the others (GB 11643-1999); other papers' numbers are not judged. */
bool cell_may_be_id_number(struct fq_span text);

#endif
