#include "line.h"

#include <histedit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTED_MAX 24
#define PREFIX_SIZE 256

struct cli_line {
    EditLine *edit;
    const char *prompt;
    cli_choice_at choice_at;
    const void *context;
    bool is_left; /* Ctrl-C */
};

/* ---- completion ---- */

static bool begins_with(const char *text, const char *prefix)
{
    return text && *text && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What a typed beginning stands for in a choice; NULL when nothing. */
static const char *match(const struct cli_choice *choice, const char *typed, char number[24])
{
    snprintf(number, 24, "%llu", (unsigned long long)choice->number);
    if (begins_with(choice->zh, typed)) {
        return choice->zh;
    }
    if (begins_with(choice->id, typed)) {
        return choice->id;
    }
    if (begins_with(choice->en, typed)) {
        return choice->en;
    }
    return choice->number && begins_with(number, typed) ? number : NULL;
}

static const char *match_part(const struct cli_choice *choice, const char *typed)
{
    return *typed && choice->zh && strstr(choice->zh, typed) ? choice->zh : NULL;
}

/* Cut `common` to what it shares with `text`, at a character's border. */
static void share(char *common, const char *text)
{
    size_t size = 0;

    while (common[size] && common[size] == text[size]) {
        size++;
    }
    while (size && ((unsigned char)common[size] & 0xc0) == 0x80) {
        size--;
    }
    common[size] = 0;
}

static void print_choice(const struct cli_choice *choice)
{
    fprintf(stderr, "  %s  %s\r\n", choice->id,
            cli_text_is_chinese() && choice->zh && *choice->zh ? choice->zh
            : choice->en                                       ? choice->en
                                                               : "");
}

struct completion {
    size_t count;
    char common[PREFIX_SIZE];
};

/* Find what matches; list it when `is_listing`. */
static struct completion complete_text(const struct cli_line *line, const char *typed,
                                       bool is_in_part, bool is_listing)
{
    struct completion found = {0};
    struct cli_choice choice = {0};

    for (size_t i = 0; line->choice_at(line->context, i, &choice); i++) {
        char number[24];
        const char *name = is_in_part ? match_part(&choice, typed) : match(&choice, typed, number);
        if (!name) {
            continue;
        }
        if (found.count++ == 0) {
            snprintf(found.common, sizeof found.common, "%s", name);
        } else {
            share(found.common, name);
        }
        if (is_listing && found.count <= LISTED_MAX) {
            print_choice(&choice);
        } else if (is_listing && found.count == LISTED_MAX + 1) {
            fprintf(stderr, "  ...\r\n");
        }
    }
    return found;
}

static void replace_line(EditLine *edit, const char *text)
{
    const LineInfoW *info = el_wline(edit);

    el_cursor(edit, (int)(info->lastchar - info->cursor));
    el_deletestr(edit, (int)(info->lastchar - info->buffer));
    (void)el_insertstr(edit, text);
}

static unsigned char on_tab(EditLine *edit, int key)
{
    struct cli_line *line = NULL;
    const LineInfo *info = el_line(edit);
    char typed[PREFIX_SIZE];
    size_t size = (size_t)(info->lastchar - info->buffer);

    (void)key;
    el_get(edit, EL_CLIENTDATA, &line);
    if (!line->choice_at || size >= sizeof typed) {
        return CC_ERROR;
    }
    memcpy(typed, info->buffer, size);
    typed[size] = 0;
    struct completion found = complete_text(line, typed, false, false);
    bool is_in_part = found.count == 0;
    if (is_in_part) {
        found = complete_text(line, typed, true, false);
    }
    if (found.count == 0) {
        return CC_ERROR;
    }
    if (found.count > 1) {
        fprintf(stderr, "\r\n");
        (void)complete_text(line, typed, is_in_part, true);
    }
    if (strlen(found.common) > size || found.count == 1) {
        replace_line(edit, found.common);
    }
    return found.count > 1 ? CC_REDISPLAY : CC_REFRESH;
}

void cli_line_list(cli_choice_at choice_at, const void *context)
{
    struct cli_choice choice = {0};

    for (size_t i = 0; choice_at(context, i, &choice); i++) {
        print_choice(&choice);
    }
}

/* ---- reading ---- */

static unsigned char on_interrupt(EditLine *edit, int key)
{
    struct cli_line *line = NULL;

    (void)key;
    el_get(edit, EL_CLIENTDATA, &line);
    line->is_left = true;
    return CC_EOF;
}

static char *give_prompt(EditLine *edit)
{
    struct cli_line *line = NULL;
    static char prompt[512];

    el_get(edit, EL_CLIENTDATA, &line);
    snprintf(prompt, sizeof prompt, "%s", line->prompt);
    return prompt;
}

fq_err cli_line_open(struct cli_line **out_line, struct fq_why *out_why)
{
    struct cli_line *line = calloc(1, sizeof *line);

    if (!line) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "form");
    }
    line->edit = el_init("fengqiao", stdin, stderr, stderr);
    if (!line->edit) {
        free(line);
        return fq_fail(out_why, FQ_REASON_FILE, "%s", _("the terminal cannot be edited on"));
    }
    el_set(line->edit, EL_CLIENTDATA, line);
    el_set(line->edit, EL_EDITOR, "emacs");
    el_set(line->edit, EL_PROMPT, give_prompt);
    el_set(line->edit, EL_SETTY, "-d", "-isig", NULL);
    el_set(line->edit, EL_ADDFN, "fq-complete", "complete", on_tab);
    el_set(line->edit, EL_ADDFN, "fq-leave", "leave", on_interrupt);
    el_set(line->edit, EL_BIND, "^I", "fq-complete", NULL);
    el_set(line->edit, EL_BIND, "^C", "fq-leave", NULL);
    *out_line = line;
    return FQ_OK;
}

void cli_line_close(struct cli_line *line)
{
    if (line) {
        el_end(line->edit);
        free(line);
    }
}

bool cli_line_ask(struct cli_line *line, const char *prompt, cli_choice_at choice_at,
                  const void *context, char out_text[CLI_LINE_SIZE])
{
    int size = 0;

    line->prompt = prompt;
    line->choice_at = choice_at;
    line->context = context;
    el_set(line->edit, EL_PREP_TERM,
           1); /* before the prompt: what is typed at once is not echoed */
    const char *text = el_gets(line->edit, &size);
    if (!text || size <= 0 || line->is_left) {
        fputc('\n', stderr);
        return false;
    }
    while (size > 0 && strchr("\r\n \t", text[size - 1])) {
        size--;
    }
    while (size > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        size--;
    }
    size = size < CLI_LINE_SIZE ? size : CLI_LINE_SIZE - 1;
    memcpy(out_text, text, (size_t)size);
    out_text[size] = 0;
    return true;
}
