/* What a person wrote, read into the fields of a step. Which steps there are, and which fields each
 * has, is the core's to say; here stand the words for them on the command line. Whether a step is
 * legal is not asked here (C3). */
#ifndef FQ_NODES_CLI_STEP_H
#define FQ_NODES_CLI_STEP_H

#include "desk.h"
#include "fq/core/step.h"

#define STEP_BINDINGS_MAX FQ_BODY_FIELDS_MAX
#define STEP_OPTIONS_MAX 80 /* of one command */

/* ---- step_field.c: words ---- */

struct step_field {
    enum fq_field field;
    const char *option;
    const char *alias; /* another name of the option; NULL none */
    const char *value; /* NULL: the option takes none */
    const char *help;
};
struct step_word { /* a word for a number that no code table has */
    enum fq_field field;
    uint32_t number;
    const char *id;
    const char *title; /* N_() */
};
struct step_vault {
    enum fq_vault_field field;
    const char *option, *value, *help;
};

/* The option that fills a field; NULL when none does. */
const struct step_field *step_field(enum fq_field field);
/* The words of a field, by index; NULL past the last. */
const struct step_word *step_word(enum fq_field field, size_t index);
/* A word, or words joined by commas where several may hold, as a number; false when unknown. */
bool step_read_word(enum fq_field field, const char *text, uint64_t *out_number);
void step_list_words(enum fq_field field, char *out, size_t out_size);
/* The vault options of an event kind, by index; NULL past the last. */
const struct step_vault *step_vault(unsigned kind, size_t index);

/* ---- step.c: reading ---- */

struct step_binding {
    const char *option;
    enum fq_field field;
    const char *fallback; /* value when the option is not given; NULL none */
    const char *stand_in; /* option taken instead when this one is not given; NULL none */
};

struct step {
    enum fq_kind_of_event kind;
    struct step_binding bindings[STEP_BINDINGS_MAX]; /* a NULL option ends them */
};

/* The step of an event kind, its bindings in the order of the record's fields. */
struct step step_of(enum fq_kind_of_event kind);
/* The kind that a verb or an event's name means; 0 for neither. */
unsigned step_find(const char *name);
/* Whether --unit names the other unit of the step where --to-unit does not: it joins, leaves, is
 * referred to, handed over to or assigned to. */
bool step_unit_is_other(enum fq_kind_of_event kind);
/* The options of a command that makes an event of `kind`, ended by a NULL name. */
void step_options(enum fq_kind_of_event kind, struct cli_option *out_options);
/* The option that a name of a field or an option, or a vault field's name, stands for in that kind;
 * NULL when none. `out_is_cents` tells that the value is in cents, not in units. */
const char *step_option_of(enum fq_kind_of_event kind, const char *key, bool *out_is_cents);

/* The option whose field, or whose vault field, has that title in either language; NULL when none. */
const char *step_option_titled(enum fq_kind_of_event kind, const char *title);

/* Each fails with the reason of its type, naming the option and the text. */
FQ_CHECKED fq_err step_read_date(const char *option, const char *text, uint64_t *out_value,
                                 struct fq_why *out_why);
FQ_CHECKED fq_err step_read_unit(const char *option, const char *text, uint64_t *out_value,
                                 struct fq_why *out_why);
/* Read `text` into the binding's field of the event; a text field is borrowed. */
FQ_CHECKED fq_err step_read_field(const struct cli_tables *tables,
                                  const struct step_binding *binding, const char *text,
                                  struct fq_event *event, struct fq_why *out_why);
FQ_CHECKED fq_err step_read_area_text(const struct cli_tables *tables, const char *option,
                                      const char *text, uint32_t *out_area, struct fq_why *out_why);
/* The county that --area names, or the node's own. */
FQ_CHECKED fq_err step_read_area(const struct cli_desk *desk, uint32_t *out_area,
                                 struct fq_why *out_why);
/* What the command line says of a binding; NULL when nothing. */
const char *step_given(const struct cli *cli, const struct step_binding *binding);
/* As step_read_field; a campaign also by its name. */
FQ_CHECKED fq_err step_read_given(struct cli_desk *desk, const struct step_binding *binding,
                                  const char *text, struct fq_event *event, struct fq_why *out_why);
/* Every option given of the step, and its fallbacks. */
FQ_CHECKED fq_err step_read_options(struct cli_desk *desk, const struct step *step,
                                    struct fq_event *event, struct fq_why *out_why);
/* Whether a person must give the field. */
bool step_needs(unsigned kind, enum fq_field field);
/* FIELD, naming the option, when a field the step requires is not set. */
FQ_CHECKED fq_err step_check_required(const struct fq_event *event, struct fq_why *out_why);
/* Where a node names a field that is missing, name the option that gives it. */
void step_name_option(struct fq_why *why);

#endif
