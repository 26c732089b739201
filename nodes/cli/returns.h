/* `form`: statistical returns by the layouts of config/forms/forms.cfg. What its files share. */
#ifndef FQ_NODES_CLI_RETURNS_H
#define FQ_NODES_CLI_RETURNS_H

#include "client.h"
#include "fq/edge/settings.h"

#include "share.h"

#define RETURNS_COLUMNS_MAX 60
#define RETURNS_ROWS_MAX 512
#define RETURNS_ANSWERS_MAX 16

struct returns_column {
    const char *id, *title, *group;
    const char *measure;      /* "" of a rate */
    const char *part, *whole; /* of a rate */
    const char *key, *codes;  /* "" all */
    bool is_year, is_money;
    uint32_t answer; /* where its figures stand */
};

struct returns_answer { /* of one rollup */
    bool is_year;
    const char *key;
    struct fq_span rows; /* all pages */
    struct fq_span head; /* the first page whole */
};

struct returns_row {
    char code[64], name[128];
};

struct returns {
    const struct cli *cli;
    struct cli_client *client;
    struct cli_tables *tables;
    const struct fq_setting *settings;
    char settings_path[SHARE_PATH_SIZE];
    char path[32]; /* of the form among the settings: "form.1" */
    struct fq_writer memory;
    struct fq_arena arena;
    const char *period, *rows, *where;
    char year_period[32], year_from[16]; /* known once the first answer is */
    bool is_chinese;
    struct returns_column columns[RETURNS_COLUMNS_MAX];
    uint32_t column_count;
    struct returns_answer answers[RETURNS_ANSWERS_MAX]; /* the first is of the period, by rows */
    uint32_t answer_count;
    struct returns_row lines[RETURNS_ROWS_MAX];
    uint32_t line_count;
    const char **cells; /* (line_count + 1) x column_count; the last line is the total */
};

/* returns_layout.c: the form's columns out of the settings. Fails with CONFIG. */
FQ_CHECKED fq_err returns_read_layout(struct returns *returns, struct fq_why *out_why);
/* A text of the form in the reader's language; "" when there is none. */
const char *returns_text(const struct returns *returns, const char *path, const char *name);
/* returns_cell.c: ask the node for what the columns need, and compute all cells. */
FQ_CHECKED fq_err returns_ask(struct returns *returns, struct fq_why *out_why);
FQ_CHECKED fq_err returns_compute(struct returns *returns, struct fq_why *out_why);

#endif
