/* How wide texts are on a screen, and where a line of English or Chinese may end.
 *
 * Widths are those of the C library in C.UTF-8: a Chinese character takes two columns. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "width.h"

#define COLUMNS_DEFAULT 80
#define COLUMNS_LEAST 40 /* below this nothing is laid out well; the terminal may wrap it */
#define COLUMNS_MOST 1000

size_t width_terminal(FILE *stream)
{
    const char *given = getenv("COLUMNS");
    unsigned long columns = given ? strtoul(given, NULL, 10) : 0;
    struct winsize size = {0};

    if (!isatty(fileno(stream))) {
        return 0;
    }
    if (columns == 0 && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0) {
        columns = size.ws_col;
    }
    if (columns == 0 || columns > COLUMNS_MOST) {
        return COLUMNS_DEFAULT;
    }
    return columns < COLUMNS_LEAST ? COLUMNS_LEAST : columns;
}

/* One character: its bytes, its columns. A bad byte is one column wide. */
static size_t read_character(const char *text, wchar_t *out_character, size_t *out_columns)
{
    mbstate_t state = {0};
    size_t size = mbrtowc(out_character, text, strlen(text), &state);

    if (size == 0 || size > 4) {
        *out_character = (unsigned char)*text;
        *out_columns = 1;
        return 1;
    }
    int columns = wcwidth(*out_character);
    *out_columns = columns < 0 ? 1 : (size_t)columns;
    return size;
}

size_t width_of(const char *text)
{
    size_t width = 0, columns;
    wchar_t character;

    while (*text) {
        text += read_character(text, &character, &columns);
        width += columns;
    }
    return width;
}

static bool is_one_of(wchar_t character, const wchar_t *list)
{
    return wcschr(list, character) != NULL;
}

/* Whether a line may end between two characters that no space parts: beside a Chinese character,
 * but not before what closes nor after what opens. */
static bool may_part(wchar_t before, size_t before_columns, wchar_t after, size_t after_columns)
{
    if (before_columns < 2 && after_columns < 2) {
        return false;
    }
    return !is_one_of(after, L"，。；：、？！）》」】,.;:?!)]}%/|=`'\"") &&
           !is_one_of(before, L"（《「【([{`'\"/|=-");
}

const char *width_line(const char *text, size_t width, const char **out_next)
{
    const char *at = text, *end = NULL, *next = NULL;
    wchar_t before = 0, character;
    size_t used = 0, before_columns = 0, columns;

    while (*at && *at != '\n') {
        size_t size = read_character(at, &character, &columns);
        if (character == ' ' && before != ' ') {
            end = at;
            next = at + strspn(at, " ");
        } else if (before && before != ' ' && character != ' ' &&
                   may_part(before, before_columns, character, columns)) {
            end = next = at;
        }
        if (used + columns > width && at > text && character != ' ') {
            *out_next = end && end > text ? next : at; /* a word wider than the line is cut */
            return end && end > text ? end : at;
        }
        used += columns;
        before = character;
        before_columns = columns;
        at += size;
    }
    *out_next = *at ? at + 1 : at;
    while (at > text && at[-1] == ' ') {
        at--;
    }
    return at;
}

size_t width_of_word(const char *text)
{
    wchar_t before = 0, character;
    size_t before_columns = 0, columns, width = 0, most = 0;

    while (*text) {
        text += read_character(text, &character, &columns);
        bool is_new = character == ' ' || character == '\n' ||
                      (before && may_part(before, before_columns, character, columns));
        width = is_new ? 0 : width;
        width += character == ' ' || character == '\n' ? 0 : columns;
        most = width > most ? width : most;
        before = character;
        before_columns = columns;
    }
    return most;
}

void width_print(FILE *out, const char *text, size_t used, size_t indent, size_t width)
{
    size_t room = width > used ? width - used : 1;

    do {
        const char *next;
        const char *end = width_line(text, room, &next);
        fprintf(out, "%.*s\n", (int)(end - text), text);
        text = next;
        room = width > indent + 1 ? width - indent : 1;
        if (*text) {
            fprintf(out, "%*s", (int)indent, "");
        }
    } while (*text);
}
