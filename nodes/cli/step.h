/* What a person wrote, read into the fields of a step. Options are named in complaints as on the
 * command line; whether the step is legal is not asked here (C3). */
#ifndef FQ_NODES_CLI_STEP_H
#define FQ_NODES_CLI_STEP_H

#include "desk.h"

#define STEP_BINDINGS_MAX 14

struct step_binding {
    const char *option;
    enum fq_field field;
    const char *fallback; /* value when the option is not given; NULL none */
};

struct step {
    const char *verb;
    enum fq_kind_of_event kind;
    struct step_binding bindings[STEP_BINDINGS_MAX];
};

/* Each fails with the reason of its type, naming the option and the text. */
FQ_CHECKED fq_err step_read_date(const char *option, const char *text, uint64_t *out_value,
                                 struct fq_why *out_why);
FQ_CHECKED fq_err step_read_unit(const char *option, const char *text, uint64_t *out_value,
                                 struct fq_why *out_why);
/* Read `text` into the binding's field of the event; a text field is borrowed. */
FQ_CHECKED fq_err step_read_field(const struct cli_tables *tables,
                                  const struct step_binding *binding, const char *text,
                                  struct fq_event *event, struct fq_why *out_why);
/* The county that --area names, or the node's own. */
FQ_CHECKED fq_err step_read_area(const struct cli_desk *desk, uint32_t *out_area,
                                 struct fq_why *out_why);
/* Every option given of the step, and its fallbacks. */
FQ_CHECKED fq_err step_read_options(const struct cli_desk *desk, const struct step *step,
                                    struct fq_event *event, struct fq_why *out_why);

#endif
