/* What a printed form is filled with: the public fields of a dispute and its vault fields, as one
 * map of texts for a template. Nothing is asked or written here.
 *
 * W4  A step that was voided is not on the paper; one that was corrected stands as corrected.
 * W5  What is not known is left out: the form shows a line to fill by hand. */
#ifndef FQ_NODES_CLI_PAPER_H
#define FQ_NODES_CLI_PAPER_H

#include "fq/core/area.h"
#include "fq/core/code.h"
#include "fq/core/codec.h"

enum paper_form {
    PAPER_ACCEPTANCE,
    PAPER_RECORD,
    PAPER_AGREEMENT,
    PAPER_VISIT,
    PAPER_FORMS,
};

struct paper_form_row {
    const char *name; /* on the command line and in file names */
    const char *zh, *en;
};

/* The row of a form. */
const struct paper_form_row *paper_form_row(enum paper_form form);
/* By its name or its Chinese title; PAPER_FORMS when there is none. */
enum paper_form paper_form_find(const char *text);

struct paper {
    const struct fq_codes *codes;
    const struct fq_areas *areas;
    struct fq_span show;          /* dispute.show with its history */
    struct fq_span vault;         /* vault.read; empty: every party line is left to fill */
    struct fq_span units, places; /* rows of these tables with code and names; empty: codes print */
    enum paper_form form;
    bool is_chinese;
};

#define PAPER_VALUES_MAX (2u << 20)

/* The map, in the arena. Fails with LIMIT. */
FQ_CHECKED fq_err paper_values(const struct paper *paper, struct fq_arena *arena,
                               struct fq_span *out_values, struct fq_why *out_why);

/* 2021年3月4日 or 4 March 2021; empty when `text` is no date. */
#define PAPER_DATE_SIZE 32
void paper_date(struct fq_span text, bool is_chinese, char out[PAPER_DATE_SIZE]);
/* 700.05 is 柒佰元零伍分: money as agreements write it beside the digits. */
#define PAPER_CAPITAL_SIZE 192
void paper_capital(uint64_t cents, char out[PAPER_CAPITAL_SIZE]);

#endif
