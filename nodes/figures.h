/* Figures: what their verbs share. question.c reads what is asked, figure.c writes a figure. */
#ifndef FQ_NODES_FIGURES_H
#define FQ_NODES_FIGURES_H

#include "service.h"

#include "fq/core/rollup.h"
#include "fq/core/suppress.h"

struct question {
    struct fq_rollup_query query;
    struct fq_rates rates;
    bool has_base; /* compared with another period: */
    struct fq_rollup_query base;
    bool is_cumulative; /* the reporting year to date as well: */
    struct fq_rollup_query year;
    bool has_shares;
    bool is_public; /* small figures are suppressed */
};

/* What args ask: period, area, by, where, basis, metric, yoy or compare, cumulative, share, public.
 * Keeps the node's tables. Fails with reasons that list what there is. */
FQ_CHECKED fq_err question_read(struct fq_node *node, struct fq_span args,
                                struct question *out_question, struct fq_why *out_why);
/* ---- compare.c: the table that answers a question ---- */

struct figure_table {
    struct fq_rollup now; /* its rows are those below */
    struct fq_rollup_row *rows;
    uint32_t count;
    struct fq_rollup base, year;                 /* likewise where they were asked for */
    struct fq_rollup_row *base_rows, *year_rows; /* beside rows; NULL: not asked for */
    /* What is not to be published of now, base and year; `hidden` is NULL otherwise. */
    struct fq_suppression of_now, of_base, of_year;
    const uint16_t *k; /* for each row, what is below it is few */
    uint16_t k_total;
};

/* Everything in the node's scratch memory. */
FQ_CHECKED fq_err figure_table_make(struct fq_node *node, const struct fq_view *view,
                                    const struct question *question, struct figure_table *out_table,
                                    struct fq_why *out_why);

/* ---- figure.c: a figure as a map ---- */

#define FIGURE_SIZE_MAX (FQ_MEASURES_COUNT * 64 + FQ_RATES_MAX * 80)

/* Every measure by name, then the rates. Activities are no dispute's. */
uint32_t figure_pair_count(const struct fq_rates *rates);
/* `hidden` is a set of measures not to be told. */
void figure_put_pairs(const struct fq_rates *rates, const int64_t *values, uint64_t hidden,
                      struct fq_writer *writer);
void figure_put_map(const struct fq_rates *rates, const char *name, const int64_t *values,
                    uint64_t hidden, struct fq_writer *writer);
/* How many pairs fq_service_put_keys writes. */
uint32_t figure_key_count(const struct fq_rollup_query *query);
/* The row at `index`, or the total past the end: keys, figures, what they are compared with. */
void figure_put_row(const struct fq_node *node, const struct question *question,
                    const struct figure_table *table, uint32_t index, struct fq_writer *writer);
void figure_put_total(const struct question *question, const struct figure_table *table,
                      struct fq_writer *writer);

/* A map whose pairs are counted as they are written. */
struct figure_pairs {
    struct fq_writer writer;
    uint32_t count;
};
void figure_pair_text(struct figure_pairs *pairs, const char *key, const char *value);
/* A key whose value the caller writes to pairs->writer next. */
void figure_pair(struct figure_pairs *pairs, const char *key);

#endif
