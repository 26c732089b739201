#include "form.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "form_memory.h"
#include "fq/edge/crypto.h"
#include "line.h"
#include "names.h"

#define QUESTIONS_MAX 32
#define ANSWER_SIZE 1024

enum about { ABOUT_DATE, ABOUT_AREA, ABOUT_FIELD, ABOUT_PARTY };

struct question {
    enum about about;
    const char *option; /* what the answer is given as */
    const char *title;
    struct step_binding binding; /* of ABOUT_FIELD */
    bool is_required;
    char fallback[64];
    char answer[ANSWER_SIZE]; /* empty: none */
};

struct form {
    struct cli_desk *desk;
    struct cli *cli;
    enum fq_kind_of_event kind;
    struct cli_line *line;
    int given_count; /* of cli, before the answers */
    struct question questions[QUESTIONS_MAX];
    size_t count;
};

/* ---- whether to ask ---- */

static const struct step_binding *find_binding(const struct step *step, enum fq_field field)
{
    for (size_t i = 0; i < STEP_BINDINGS_MAX && step->bindings[i].option; i++) {
        if (step->bindings[i].field == field) {
            return &step->bindings[i];
        }
    }
    return NULL; /* no option fills it */
}

static bool is_missing(const struct cli *cli, const struct step *step, enum fq_field field)
{
    const struct step_binding *binding = find_binding(step, field);

    return binding && step_needs(step->kind, field) && !binding->fallback &&
           !step_given(cli, binding);
}

bool form_lacks(const struct cli *cli, enum fq_kind_of_event kind)
{
    const struct fq_step_row *row = fq_step_row(kind);
    struct step step = step_of(kind);

    for (size_t i = 0; i < FQ_STEP_REQUIRED_MAX && row->required[i]; i++) {
        if (is_missing(cli, &step, row->required[i])) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct cli *cli, enum fq_kind_of_event kind)
{
    return !cli->has_no_input && isatty(0) && isatty(1) && isatty(2) && /* F1 */
           form_lacks(cli, kind);
}

/* ---- the questions ---- */

static struct question *add_question(struct form *form, enum about about, const char *option,
                                     const char *title)
{
    FQ_ASSERT(form->count < QUESTIONS_MAX);

    struct question *question = &form->questions[form->count++];
    *question = (struct question){.about = about, .option = option, .title = title};
    return question;
}

static void add_date(struct form *form)
{
    struct question *question = add_question(form, ABOUT_DATE, "date", cli_title("date"));
    const char *given = cli_value(form->cli, "date");
    time_t now = time(NULL);
    struct tm parts;

    question->is_required = true;
    localtime_r(&now, &parts);
    strftime(question->fallback, sizeof question->fallback, "%Y-%m-%d", &parts);
    snprintf(question->answer, sizeof question->answer, "%s", given ? given : "");
}

static void add_area(struct form *form)
{
    const char *given = cli_value(form->cli, "area");

    if (form->kind != FQ_EVENT_REGISTERED || strcmp(form->desk->tables->tier, "county") == 0) {
        return;
    }
    struct question *question = add_question(form, ABOUT_AREA, "area", cli_title("county"));
    question->is_required = true;
    snprintf(question->answer, sizeof question->answer, "%s", given ? given : "");
    form_recall("area", question->fallback, sizeof question->fallback);
}

static void add_field(struct form *form, const struct step_binding *binding)
{
    bool is_host = binding->field == FQ_FIELD_HOST;
    const char *given = step_given(form->cli, binding);
    struct question *question = add_question(form, ABOUT_FIELD, is_host ? "unit" : binding->option,
                                             cli_title(fq_field_row(binding->field)->name));

    question->binding = *binding;
    question->is_required = step_needs(form->kind, binding->field);
    snprintf(question->answer, sizeof question->answer, "%s", given ? given : "");
    const char *fallback = binding->field == FQ_FIELD_KIND ? "people" : binding->fallback;
    if (fallback) {
        snprintf(question->fallback, sizeof question->fallback, "%s", fallback);
    }
    form_recall(question->option, question->fallback, sizeof question->fallback);
}

static void add_parties(struct form *form)
{
    bool has_vault = strcmp(form->desk->tables->tier, "county") == 0;

    for (size_t i = 0; has_vault && step_vault(form->kind, i); i++) {
        const struct step_vault *vault = step_vault(form->kind, i);
        const char *given = cli_value(form->cli, vault->option);
        struct question *question = add_question(form, ABOUT_PARTY, vault->option,
                                                 cli_title(fq_vault_field_name(vault->field)));
        snprintf(question->answer, sizeof question->answer, "%s", given ? given : "");
    }
}

/* The date, what is required, the parties, then the rest. */
static void add_questions(struct form *form, const struct step *step)
{
    const struct fq_step_row *row = fq_step_row(form->kind);

    add_date(form);
    add_area(form);
    for (size_t i = 0; i < FQ_STEP_REQUIRED_MAX && row->required[i]; i++) {
        const struct step_binding *binding = find_binding(step, row->required[i]);
        if (binding && step_needs(form->kind, binding->field)) {
            add_field(form, binding);
        }
    }
    if (form->kind == FQ_EVENT_REGISTERED) {
        add_parties(form);
    }
    for (size_t i = 0; i < STEP_BINDINGS_MAX && step->bindings[i].option; i++) {
        if (!step_needs(form->kind, step->bindings[i].field)) {
            add_field(form, &step->bindings[i]);
        }
    }
    if (form->kind != FQ_EVENT_REGISTERED) {
        add_parties(form);
    }
}

/* ---- choices ---- */

struct choosing {
    const struct form *form;
    const struct question *question;
};

static bool code_at(const struct fq_codes *codes, enum fq_code_table table, size_t index,
                    struct cli_choice *out)
{
    if (index >= codes->tables[table].count) {
        return false;
    }
    const struct fq_code *code = &codes->tables[table].rows[index];
    *out = (struct cli_choice){code->id, code->zh, code->en, code->number};
    return true;
}

static bool area_at(const struct cli_tables *tables, size_t index, struct cli_choice *out)
{
    static char code[16]; /* good until the next is asked for */

    for (uint32_t i = 0; i < tables->areas.count; i++) {
        const struct fq_area *area = &tables->areas.rows[i];
        if (area->tier == FQ_TIER_COUNTY && index-- == 0) {
            snprintf(code, sizeof code, "%06u", area->code);
            *out = (struct cli_choice){code, area->name_zh, area->name_en, 0};
            return true;
        }
    }
    return false;
}

static bool truth_at(size_t index, struct cli_choice *out)
{
    static const struct cli_choice truths[] = {{"yes", "是", "yes", 0}, {"no", "否", "no", 0}};

    if (index < 2) {
        *out = truths[index];
    }
    return index < 2;
}

static bool choice_at(const void *context, size_t index, struct cli_choice *out)
{
    const struct choosing *choosing = context;
    const struct question *question = choosing->question;
    const struct cli_tables *tables = choosing->form->desk->tables;

    if (question->about == ABOUT_AREA) {
        return area_at(tables, index, out);
    }
    if (question->about != ABOUT_FIELD) {
        return false;
    }
    enum names_table table = names_table_of(question->option);
    if (table != NAMES_NONE) {
        return names_at(choosing->form->desk, table, index, out);
    }
    const struct fq_field_row *row = fq_field_row(question->binding.field);
    const struct step_word *word = step_word(question->binding.field, index);
    switch (row->type) {
    case FQ_VALUE_CODE:
        return code_at(&tables->codes, row->table, index, out);
    case FQ_VALUE_BOOL:
        return truth_at(index, out);
    case FQ_VALUE_AREA:
        return area_at(tables, index, out);
    default:
        if (word) {
            const char *title = _(word->title);
            *out = (struct cli_choice){word->id, title, word->id, word->number};
        }
        return word != NULL;
    }
}

/* ---- answers ---- */

/* An area's name stands for its code when it is the only one of that name. */
static void take_name(const struct form *form, char *text, size_t text_size)
{
    const struct fq_areas *areas = &form->desk->tables->areas;
    const struct fq_area *found = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < areas->count; i++) {
        const struct fq_area *area = &areas->rows[i];
        if (strcmp(area->name_zh, text) == 0 || strcmp(area->name_en, text) == 0) {
            found = area;
            count++;
        }
    }
    if (count == 1) {
        snprintf(text, text_size, "%06u", found->code);
    }
}

static fq_err check_answer(const struct form *form, const struct question *question, char *text,
                           size_t text_size, struct fq_why *out_why)
{
    const struct cli_tables *tables = form->desk->tables;
    struct fq_event event = {0};
    struct fq_id id;
    uint64_t date;
    uint32_t area;

    switch (question->about) {
    case ABOUT_DATE:
        return step_read_date("date", text, &date, out_why);
    case ABOUT_AREA:
        take_name(form, text, text_size);
        return step_read_area_text(tables, "area", text, &area, out_why);
    case ABOUT_FIELD:
        if (question->binding.field == FQ_FIELD_INTO) {
            return cli_desk_find(form->desk, text, &id, out_why);
        }
        names_take(form->desk, names_table_of(question->option), text, text_size);
        if (fq_field_row(question->binding.field)->type == FQ_VALUE_AREA) {
            take_name(form, text, text_size);
        }
        return step_read_given(form->desk, &question->binding, text, &event, out_why);
    default:
        return FQ_OK;
    }
}

static bool is_back(const char *text)
{
    return strcmp(text, "<") == 0 || strcmp(text, "上一步") == 0;
}

enum turn { TURN_NEXT, TURN_BACK, TURN_LEFT };

/* An answer as people read it: a code by its name. */
static const char *answer_name(const struct form *form, const struct question *question,
                               const char *text)
{
    const struct choosing choosing = {form, question};
    struct cli_choice choice;
    char number[24];

    for (size_t i = 0; *text && cli_text_is_chinese() && choice_at(&choosing, i, &choice); i++) {
        snprintf(number, sizeof number, "%llu", (unsigned long long)choice.number);
        if (*choice.zh && (strcmp(choice.id, text) == 0 || strcmp(choice.en, text) == 0 ||
                           (choice.number && strcmp(number, text) == 0))) {
            return choice.zh;
        }
    }
    return text;
}

static void make_prompt(const struct form *form, const struct question *question, char *prompt,
                        size_t prompt_size)
{
    const char *shown =
        answer_name(form, question, *question->answer ? question->answer : question->fallback);
    const char *colon = cli_text_is_chinese() ? "：" : ": ";

    snprintf(prompt, prompt_size, "%s%s%s%s%s%s", question->title,
             question->is_required ? " *" : "", *shown ? " [" : "", shown, *shown ? "]" : "",
             colon);
}

static void say_what(const struct question *question)
{
    const struct step_field *field =
        question->about == ABOUT_FIELD ? step_field(question->binding.field) : NULL;

    if (field) {
        fprintf(stderr, "  %s\n", _(field->help));
    } else if (question->about == ABOUT_DATE) {
        fprintf(stderr, "  %s\n", _("YYYY-MM-DD"));
    } else if (question->about == ABOUT_PARTY) {
        fprintf(stderr, "  %s\n", _("stays in this node's vault"));
    }
}

/* Ask one question until its answer holds (F2). Enter takes what the brackets show. */
static enum turn ask(struct form *form, struct question *question)
{
    struct choosing choosing = {form, question};
    char prompt[ANSWER_SIZE + 128], text[CLI_LINE_SIZE];

    for (;;) {
        struct fq_why why = {0};
        make_prompt(form, question, prompt, sizeof prompt);
        if (!cli_line_ask(form->line, prompt, choice_at, &choosing, text)) {
            return TURN_LEFT;
        }
        if (is_back(text)) {
            return TURN_BACK;
        }
        if (strcmp(text, "?") == 0 || strcmp(text, "？") == 0) {
            say_what(question);
            cli_line_list(choice_at, &choosing);
            continue;
        }
        if (!*text) {
            snprintf(text, sizeof text, "%s",
                     *question->answer ? question->answer : question->fallback);
        }
        if (strcmp(text, "-") == 0) {
            *text = 0; /* none, though there is a default */
            question->fallback[0] = 0;
        }
        if (!*text && !question->is_required) {
            question->answer[0] = 0;
            return TURN_NEXT;
        }
        if (strlen(text) >= ANSWER_SIZE) {
            fprintf(stderr, "%s\n", _("That is too long."));
        } else if (!*text) {
            fprintf(stderr, "%s\n", _("This one is needed; ? lists what may be given."));
        } else if (check_answer(form, question, text, sizeof text, &why)) {
            cli_complain(&why);
        } else {
            snprintf(question->answer, sizeof question->answer, "%s", text);
            return TURN_NEXT;
        }
    }
}

static void print_review(const struct form *form)
{
    fprintf(stderr, "\n");
    for (size_t i = 0; i < form->count; i++) {
        const struct question *question = &form->questions[i];
        if (*question->answer) {
            fprintf(stderr, "%3zu  %s  %s\n", i + 1, question->title,
                    answer_name(form, question, question->answer));
        }
    }
}

/* Ask what is not answered yet, going back where the user does; false when the user left. */
static bool ask_all(struct form *form)
{
    size_t at = 0;

    while (at < form->count) {
        struct question *question = &form->questions[at];
        enum turn turn = ask(form, question);
        if (turn == TURN_LEFT) {
            return false;
        }
        at = turn == TURN_NEXT ? at + 1 : at > 0 ? at - 1 : 0;
    }
    return true;
}

static bool is_word(const char *text, const char *latin, const char *chinese)
{
    return strcmp(text, latin) == 0 || strcmp(text, chinese) == 0;
}

/* F3: true when the user said yes. */
static bool review(struct form *form)
{
    char text[CLI_LINE_SIZE];

    for (;;) {
        print_review(form);
        if (!cli_line_ask(form->line, _("Save? y, n, or a number to change: "), NULL, NULL, text) ||
            is_word(text, "n", "否") || is_word(text, "no", "不")) {
            return false;
        }
        if (is_word(text, "y", "是") || is_word(text, "yes", "保存")) {
            return true;
        }
        size_t number = strtoul(text, NULL, 10);
        if (is_back(text)) {
            number = form->count;
        }
        if (number >= 1 && number <= form->count &&
            ask(form, &form->questions[number - 1]) == TURN_LEFT) {
            return false;
        }
    }
}

/* ---- the whole ---- */

static void give_answers(struct form *form)
{
    struct cli *cli = form->cli;

    for (size_t i = 0; i < form->count; i++) {
        const struct question *question = &form->questions[i];
        const char *given = cli_value(cli, question->option);
        bool is_new = *question->answer && (!given || strcmp(given, question->answer) != 0);
        bool is_taken_away = !*question->answer && given;
        if ((is_new || is_taken_away) && cli->given_count < CLI_OPTIONS_MAX) {
            char *kept = strdup(question->answer); /* as long-lived as a word of the line */
            cli->given[cli->given_count++] = (struct cli_given){question->option, kept};
        }
        if (question->about != ABOUT_PARTY && *question->answer) {
            form_remember(question->option, question->answer);
        }
    }
    form_remember(NULL, NULL);
}

void form_close(struct form *form)
{
    if (form) {
        cli_line_close(form->line);
        fq_wipe(form, sizeof *form);
        free(form);
    }
}

/* F3: what was answered is given, or the user has left. */
static void finish(struct form *form, bool is_saved)
{
    form->cli->is_left = !is_saved;
    if (is_saved) {
        form->cli->given_count = form->given_count;
        give_answers(form);
    } else {
        cli_say("%s", _("Nothing was saved."));
    }
}

bool form_again(struct form *form, const struct fq_why *why)
{
    cli_complain(why);
    finish(form, review(form));
    return !form->cli->is_left;
}

fq_err form_ask(struct cli_desk *desk, struct cli *cli, enum fq_kind_of_event kind,
                struct form **out_form, struct fq_why *out_why)
{
    struct step step = step_of(kind);

    *out_form = NULL;
    if (!is_wanted(cli, kind)) {
        return FQ_OK;
    }
    struct form *form = calloc(1, sizeof *form);
    if (!form) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "form");
    }
    *form = (struct form){.desk = desk, .cli = cli, .kind = kind, .given_count = cli->given_count};
    fq_err err = cli_line_open(&form->line, out_why);
    if (err) {
        form_close(form);
        return err;
    }
    add_questions(form, &step);
    cli_say("%s",
            _("Enter takes what is in brackets, ? lists the choices, Tab completes, < goes back, "
              "- leaves empty, Ctrl-C leaves and saves nothing."));
    finish(form, ask_all(form) && review(form));
    *out_form = form;
    return FQ_OK;
}
