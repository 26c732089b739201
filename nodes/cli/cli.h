/* The command line: what its files share.
 *
 * Every noun has one file with a table of commands. A command has one table of options from which
 * both parsing and help come. A result, whether a node sent it or a command made it, is one
 * MessagePack value; out.c alone prints results, text.c alone speaks.
 *
 * C1  Data goes to stdout, talk to stderr.
 * C2  The JSON of a result is the value itself: never poorer than the table.
 * C3  Nothing here decides about disputes: the node does. */
#ifndef FQ_NODES_CLI_H
#define FQ_NODES_CLI_H

#include <stdio.h>

#include "fq/base/err.h"
#include "fq/core/codec.h"

#ifndef FQ_CHECKED
#define FQ_CHECKED __attribute__((warn_unused_result))
#endif

/* ---- text.c ---- */

#define _(text) cli_text(text)
#define N_(text) text /* marked for translation, translated where it is shown */

/* Choose the language: `asked` (zh, en or NULL), else FQ_LANG, else the locale variables. */
void cli_text_open(const char *asked, const char *exe_dir);
bool cli_text_is_chinese(void);
/* The translation of an N_() text; the text itself when there is none. Never fails. */
const char *cli_text(const char *text) __attribute__((format_arg(1)));
/* Whether `said` is the N_() text in either language: what people type is not bound to the language
 * they are spoken to in. */
bool cli_text_means(const char *text, const char *said);
/* A verb with what it is called, `close(结案)`; the verb alone in English. */
void cli_text_verb(struct fq_span verb, char *out, size_t out_size);
/* `cause (detail). cure`, without the cure when `with_cure` is false. */
void cli_text_why(const struct fq_why *why, bool with_cure, char *out, size_t out_size);
void cli_complain(const struct fq_why *why); /* `FQ-nnnn: ` and the above, on stderr */
/* A line on stderr unless -q was given. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- main.c ---- */

enum cli_format {
    CLI_TABLE,
    CLI_JSON,
    CLI_JSONL,
    CLI_CSV,
    CLI_MD,
    CLI_TEXT, /* these three of commands that print pages and forms */
    CLI_HTML,
    CLI_XLSX,
};

struct cli_option {
    const char *name;  /* long name without its dashes; NULL ends a table */
    char letter;       /* short name, 0 none */
    const char *value; /* word for the value in help; NULL: the option takes none */
    const char *help;  /* N_() */
};

struct cli;

struct cli_command {
    const char *noun;      /* NULL ends a table */
    const char *verb;      /* NULL when the noun is the whole command */
    const char *arguments; /* as shown in help, "" none */
    int arguments_min, arguments_max;
    const char *help;                 /* N_(); NULL: for programs, in no list */
    const struct cli_option *options; /* NULL none */
    fq_err (*run)(struct cli *cli, struct fq_why *out_why);
};

#define CLI_ARGUMENTS_MAX 512
#define CLI_OPTIONS_MAX 64

struct cli_given {
    const char *name;
    const char *value; /* NULL for an option without one */
};

struct cli {
    char exe_dir[512]; /* where this program lies */
    const char *node, *lab, *context, *outbox;
    enum cli_format format;
    char wait_tier[16]; /* empty when --wait was not given */
    uint64_t wait_ms;
    bool is_dry_run, is_yes, is_quiet, is_verbose, has_no_input;
    bool is_left; /* out: the user left a question without an answer; the exit status is 130 */
    const struct cli_command *command;
    const char *arguments[CLI_ARGUMENTS_MAX];
    int argument_count;
    struct cli_given given[CLI_OPTIONS_MAX];
    int given_count;
};

/* The value of an option of the command; NULL when not given. The last one given wins. */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);

extern const struct cli_command cli_lab_commands[];
extern const struct cli_command cli_dispute_commands[];
extern const struct cli_command cli_import_commands[];
extern const struct cli_command cli_rollup_commands[];
extern const struct cli_command cli_explain_commands[];
extern const struct cli_command cli_feed_commands[];
extern const struct cli_command cli_status_commands[];
extern const struct cli_command cli_log_commands[];
extern const struct cli_command cli_export_commands[];
extern const struct cli_command cli_errors_commands[];
extern const struct cli_command cli_vault_commands[];
/* Every command, one after the other; NULL past the last. */
const struct cli_command *cli_command_at(size_t index);
/* The options of every command. */
const struct cli_option *cli_global_options(void);
/* What -o takes; NULL at the end. */
const char *const *cli_format_names(void);

extern const struct cli_command cli_activity_commands[];
extern const struct cli_command cli_bundle_commands[];
extern const struct cli_command cli_campaign_commands[];
extern const struct cli_command cli_sweep_commands[];
extern const struct cli_command cli_coverage_commands[];
extern const struct cli_command cli_period_commands[];
extern const struct cli_command cli_proof_commands[];
extern const struct cli_command cli_print_commands[];
extern const struct cli_command cli_dup_commands[];
extern const struct cli_command cli_bulletin_commands[];
extern const struct cli_command cli_form_commands[];
extern const struct cli_command cli_subsidy_commands[];
extern const struct cli_command cli_outbox_commands[];
extern const struct cli_command cli_completion_commands[];
extern const struct cli_command cli_dispute_commands[];
extern const struct cli_command cli_errors_commands[];
extern const struct cli_command cli_export_commands[];
extern const struct cli_command cli_feed_commands[];
extern const struct cli_command cli_import_commands[];
extern const struct cli_command cli_lab_commands[];
extern const struct cli_command cli_log_commands[];
extern const struct cli_command cli_rollup_commands[];
extern const struct cli_command cli_status_commands[];
extern const struct cli_command cli_today_commands[];
extern const struct cli_command cli_vault_commands[];

/* Build the options of the steps from the core's table; once, before the line is read. */
void cli_dispute_open(void);

/* ---- out.c ---- */

/* How a result becomes rows. A result that is an array is its own rows; a map without `rows` is
 * shown as one record. */
struct cli_view {
    const char *rows;              /* key of the array of rows, NULL: the value itself */
    const char *total;             /* key of a map shown as the last row, NULL none */
    const char *const *columns;    /* keys, NULL at the end; NULL: every key of any row */
    const char *const *importance; /* keys a narrow terminal keeps longest, NULL at the end; NULL:
                                    * those on the left */
};

/* Print `value` on stdout as the user asked (C1, C2). */
FQ_CHECKED fq_err cli_print(const struct cli *cli, struct fq_span value,
                            const struct cli_view *view, struct fq_why *out_why);
/* Flush stdout; fails with FILE when the reader went away. */
FQ_CHECKED fq_err cli_flush(struct fq_why *out_why);

/* ---- words.c ---- */

/* A word of the domain, such as a state's name, in the user's language; other texts as they are. */
const char *cli_word(struct fq_span word, char *out, size_t out_size);
/* The title of a column, in the user's language. */
const char *cli_title(const char *key);
/* Whether the text is the title of that key, in either language. */
bool cli_is_title(const char *key, const char *text);
/* Which of the words, NULL at their end, the text is, in either language; false when none. */
bool cli_word_find(const char *const *ids, const char *text, const char **out_id);
/* Whether a key has a title, a word of results a translation: `completion check` asks. */
bool cli_has_title(const char *key);
bool cli_has_word(const char *word);

/* ---- json.c ---- */

/* Print one value as JSON, indented by two or on one line, and a newline. */
FQ_CHECKED fq_err cli_json_print(FILE *out, struct fq_span value, bool is_pretty,
                                 struct fq_why *out_why);
/* The same as text without a newline; gives memory for free(), NULL on bad bytes. */
char *cli_json_text(struct fq_span value);
/* Read the object that the text begins with, its values no containers, as one map; how many bytes it
 * took, 0 when it is no JSON. False when it is not such an object. */
bool cli_json_object(struct fq_span text, size_t *out_used, struct fq_writer *out_map);

/* ---- table.c ---- */

#define CLI_COLUMNS_MAX 128

struct cli_cells {         /* a grid of texts, owned by out.c */
    const char **titles;   /* column_count of them */
    const bool *is_number; /* right-aligned */
    char **cells;          /* row_count x column_count; NULL is empty */
    size_t column_count, row_count;
    bool has_total;          /* the last row is a total */
    const char *const *keys; /* of the columns; NULL: not told */
};

/* Print an aligned table (libsmartcols), right also with Chinese text. */
FQ_CHECKED fq_err cli_table_print(FILE *out, const struct cli_cells *cells, struct fq_why *out_why);

/* ---- sheet.c ---- */

/* Print one cell of a CSV file (RFC 4180); one that a spreadsheet would run as a formula is disarmed
 * by an apostrophe. */
void cli_csv_cell_print(FILE *out, const char *cell);

/* ---- a growing value ---- */

#define CLI_VALUE_MAX (512u << 20) /* address space only; pages are used as they are written */

/* A writer over fresh memory; release with cli_build_close. Never fails short of no memory. */
struct fq_writer cli_build_open(size_t size_max);
void cli_build_close(struct fq_writer *writer);
/* free() what a function gave as a span of memory for free(); an empty one is well. */
void cli_free(struct fq_span content);
void cli_write_pair_text(struct fq_writer *writer, const char *key, const char *text);
void cli_write_pair_uint(struct fq_writer *writer, const char *key, uint64_t value);
void cli_write_pair_bool(struct fq_writer *writer, const char *key, bool value);
void cli_write_pair_nil(struct fq_writer *writer, const char *key);
/* Copy `text`, cut to fit, always ended by a NUL. */
void cli_copy(char *out, size_t out_size, struct fq_span text);

#endif
