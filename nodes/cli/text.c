/* What the program says to people: the language, and how a reason is told.
 *
 * gettext looks at LANGUAGE only when the locale is not "C"; C.UTF-8 is on every Debian, so that
 * is set and LANGUAGE chooses (design 6, Text). */
#include "cli.h"

#include <libintl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fq/core/step.h"
#include "width.h"

#define DOMAIN "fengqiao"
#ifndef FQ_LOCALEDIR
#define FQ_LOCALEDIR "/usr/share/locale"
#endif

static bool is_chinese;

static bool begins_chinese(const char *text)
{
    return text && strncmp(text, "zh", 2) == 0;
}

static bool choose_language(const char *asked)
{
    static const char *const names[] = {"FQ_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

    if (asked) {
        return begins_chinese(asked);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            return begins_chinese(value);
        }
    }
    return false;
}

/* Beside the program when it was just built, below the prefix when it was installed. */
static const char *find_catalogs(const char *exe_dir, char *path, size_t path_size)
{
    static const char *const places[] = {"../locale", "../../locale", "../share/locale"};
    const char *given = getenv("FQ_LOCALEDIR");
    char file[700];

    if (given && *given) {
        return given;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, path_size, "%s/%s", exe_dir, places[i]);
        snprintf(file, sizeof file, "%s/zh_CN/LC_MESSAGES/" DOMAIN ".mo", path);
        if (access(file, R_OK) == 0) {
            return path;
        }
    }
    return FQ_LOCALEDIR;
}

void cli_text_open(const char *asked, const char *exe_dir)
{
    char path[600];

    is_chinese = choose_language(asked);
    setenv("LANGUAGE", is_chinese ? "zh_CN" : "en", 1);
    setlocale(LC_ALL, "C.UTF-8");
    setlocale(LC_NUMERIC, "C");
    bindtextdomain(DOMAIN, find_catalogs(exe_dir, path, sizeof path));
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    textdomain(DOMAIN);
}

bool cli_text_is_chinese(void)
{
    return is_chinese;
}

const char *cli_text(const char *text)
{
    return *text ? gettext(text) : text;
}

/* gettext keeps what it looked up until this counter moves (its manual, "Being a gettext grok"). */
extern int _nl_msg_cat_cntr;

static void speak(bool in_chinese)
{
    setenv("LANGUAGE", in_chinese ? "zh_CN" : "en", 1);
    _nl_msg_cat_cntr++;
}

bool cli_text_means(const char *text, const char *said)
{
    if (strcmp(text, said) == 0 || strcmp(cli_text(text), said) == 0) {
        return true;
    }
    if (is_chinese || !*text) {
        return false;
    }
    speak(true);
    bool is_same = strcmp(gettext(text), said) == 0;
    speak(false);
    return is_same;
}

/* The size of `text` without the full stop that ends it, in either language. */
static size_t size_without_stop(const char *text)
{
    size_t size = strlen(text);

    if (size >= 3 && strcmp(text + size - 3, "。") == 0) {
        return size - 3;
    }
    return size >= 1 && text[size - 1] == '.' ? size - 1 : size;
}

/* Append a word of a refusal, with what it is called: verbs are typed in English. */
static void append_word(char *out, size_t out_size, const char *word, size_t size)
{
    const struct fq_span span = fq_span_of(word, size);
    unsigned kind = fq_step_find(span);
    char name[64];
    size_t used = strlen(out);

    if (kind) {
        snprintf(out + used, out_size - used, "%.*s(%s)", (int)size, word,
                 cli_word(fq_span_text(fq_kind_row(kind)->name), name, sizeof name));
    } else {
        snprintf(out + used, out_size - used, "%s", cli_word(span, name, sizeof name));
    }
}

void cli_text_verb(struct fq_span verb, char *out, size_t out_size)
{
    out[0] = '\0';
    if (is_chinese) {
        append_word(out, out_size, (const char *)verb.data, verb.size);
    } else {
        cli_copy(out, out_size, verb);
    }
}

/* `close: accepted -> session agree`: the steps and the state also in Chinese. */
static void tell_steps(const char *detail, char *out, size_t out_size)
{
    out[0] = 0;
    while (*detail && strlen(out) + 1 < out_size) {
        size_t size = strspn(detail, "abcdefghijklmnopqrstuvwxyz_");
        size_t used = strlen(out);
        if (size) {
            append_word(out, out_size, detail, size);
        } else {
            snprintf(out + used, out_size - used, "%c", *detail);
        }
        detail += size ? size : 1;
    }
}

static bool names_steps(enum fq_reason reason)
{
    return reason == FQ_REASON_STEP || reason == FQ_REASON_NOT_HOST ||
           reason == FQ_REASON_REFERRAL_STATE || reason == FQ_REASON_CORRECTION_NONE;
}

void cli_text_why(const struct fq_why *why, bool with_cure, char *out, size_t out_size)
{
    const struct fq_reason_row *row = fq_reason_find(why->reason);

    if (!row) {
        snprintf(out, out_size, "%s", why->detail);
        return;
    }
    const char *cause = cli_text(row->cause);
    const char *cure = with_cure ? cli_text(row->cure) : "";
    const char *space = with_cure && !is_chinese ? " " : "";
    const char *stop = is_chinese ? "。" : ".";
    const char *detail = why->detail;
    char steps[2 * FQ_WHY_SIZE];
    if (is_chinese && names_steps(why->reason)) {
        tell_steps(detail, steps, sizeof steps);
        detail = steps;
    }
    if (*detail) {
        snprintf(out, out_size, is_chinese ? "%.*s（%s）%s%s%s" : "%.*s (%s)%s%s%s",
                 (int)size_without_stop(cause), cause, detail, stop, space, cure);
    } else {
        snprintf(out, out_size, "%s%s%s", cause, space, cure);
    }
}

void cli_complain(const struct fq_why *why)
{
    char text[2048];

    size_t width = width_terminal(stderr);
    size_t used = (size_t)fprintf(stderr, "FQ-%04u: ", (unsigned)why->reason);

    cli_text_why(why, true, text, sizeof text);
    width_print(stderr, text, used, 0, width ? width : used + sizeof text);
}

void cli_copy(char *out, size_t out_size, struct fq_span text)
{
    size_t size = text.size < out_size - 1 ? text.size : out_size - 1;

    if (size) {
        memcpy(out, text.data, size);
    }
    out[size] = 0;
}
