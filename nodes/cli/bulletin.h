/* `bulletin`: the figures of a period as a province publishes them. What its files share. */
#ifndef FQ_NODES_CLI_BULLETIN_H
#define FQ_NODES_CLI_BULLETIN_H

#include "client.h"
#include "fq/edge/settings.h"

#define BULLETIN_TEXT_SIZE 512

struct bulletin_answers { /* of one period, copied out of the node's answers */
    struct fq_span total; /* the whole answer of a rollup without `by` */
    struct fq_span types, months, areas, kinds;
    struct fq_span activities; /* rows */
};

struct bulletin {
    const struct cli *cli;
    struct cli_client *client;
    struct cli_tables *tables;
    const struct fq_setting *settings; /* config/bulletin/bulletin.cfg */
    const char *settings_path;
    struct fq_writer memory;
    struct fq_arena arena;
    const char *period, *seal; /* seal: NULL when the figures are live */
    char base_period[96];      /* the same a year before; empty when there is none */
    struct bulletin_answers now, base;
    bool is_chinese;
    bool has_hidden; /* some figure is not published */
};

#define BULLETIN_HIDDEN "*" /* stands for a figure that is not published */

/* A text of the arena, printed. "" when the arena is full. */
const char *bulletin_text(struct bulletin *bulletin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* `名称` or its English, as the reader reads: the setting of `path` with _zh or _en; "" without one. */
const char *bulletin_setting(const struct bulletin *bulletin, const char *path, const char *name);
/* Whether the node keeps the figure back: too few people stand behind it. Remembers that it did. */
bool bulletin_is_hidden(struct bulletin *bulletin, struct fq_span figures, const char *measure);
/* How much more than the year before, as a phrase; "" when there is nothing to compare with. */
const char *bulletin_growth(struct bulletin *bulletin, int64_t now, int64_t base);
/* A count of disputes in the press's form, with its unit when it has one. */
const char *bulletin_count(struct bulletin *bulletin, int64_t value);

/* bulletin_figure.c: append the pair `sections`: what bulletin.cfg asks for, where it was reported.
 * Fails with CONFIG when the file is wrong. */
FQ_CHECKED fq_err bulletin_write_sections(struct bulletin *bulletin, struct fq_writer *values,
                                          struct fq_why *out_why);
/* bulletin_table.c: append the pairs of the tables and their charts; gives how many pairs. */
uint32_t bulletin_write_tables(struct bulletin *bulletin, struct fq_writer *values);

#endif
