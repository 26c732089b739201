#include "person.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"

#define KEY_SIZE 48

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* Keys whose values are words of the program; other texts are names, ids and what people wrote. */
static bool is_word_key(const char *key)
{
    static const char *const keys[] = {
        "against", "corrects", "event",  "holds",   "outcome", "register", "role",      "saved",
        "state",   "tier",     "timing", "to_tier", "verb",    "verdict",  "waits_for", "what"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static void print_word(FILE *out, const struct cli *cli, const char *key, struct fq_span text)
{
    char word[512];

    if (text.size >= sizeof word) {
        fwrite(text.data, 1, text.size, out);
        return;
    }
    cli_copy(word, sizeof word, text);
    const char *name = codes_name(cli, key, word);
    fputs(name && *name                            ? name
          : is_word_key(key) && cli_has_word(word) ? cli_text(word)
                                                   : word,
          out);
}

static void print_cents(FILE *out, int64_t cents)
{
    uint64_t size = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;

    fprintf(out, "%s%" PRIu64 ".%02u", cents < 0 ? "-" : "", size / 100, (unsigned)(size % 100));
}

/* What is neither a list nor a record. */
static void print_scalar(FILE *out, const struct cli *cli, const char *key, struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);
    char *text;

    switch (value.size ? fq_read_type(&reader) : FQ_CODEC_NIL) {
    case FQ_CODEC_NIL:
        return;
    case FQ_CODEC_BOOL:
        fputs(fq_read_bool(&reader) ? _("yes") : _("no"), out);
        return;
    case FQ_CODEC_UINT:
    case FQ_CODEC_INT:
        if (ends_with(key, "_cents")) {
            print_cents(out, fq_read_int(&reader));
        } else {
            fprintf(out, "%" PRId64, fq_read_int(&reader));
        }
        return;
    case FQ_CODEC_TEXT:
        print_word(out, cli, key, fq_read_text(&reader));
        return;
    default:
        text = cli_json_text(value);
        fputs(text ? text : "", out);
        free(text);
    }
}

static bool is_type(struct fq_span value, enum fq_codec_type type)
{
    struct fq_reader reader = fq_reader_over(value);

    return value.size && fq_read_type(&reader) == type;
}

/* `title value, title value`; what is nothing is left out. */
static void print_map(FILE *out, const struct cli *cli, struct fq_span map)
{
    struct fq_reader reader = fq_reader_over(map);
    uint32_t count = fq_read_map(&reader);
    bool is_first = true;

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        char key[KEY_SIZE];
        cli_copy(key, sizeof key, fq_read_text(&reader));
        struct fq_span value = fq_read_skip(&reader);
        if (is_type(value, FQ_CODEC_NIL)) {
            continue;
        }
        fprintf(out, "%s%s ", is_first ? "" : cli_text_is_chinese() ? "，" : ", ", cli_title(key));
        print_scalar(out, cli, key, value);
        is_first = false;
    }
}

static void print_list(FILE *out, const struct cli *cli, const char *key, struct fq_span list)
{
    struct fq_reader reader = fq_reader_over(list);
    uint32_t count = fq_read_array(&reader);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct fq_span value = fq_read_skip(&reader);
        bool is_map = is_type(value, FQ_CODEC_MAP);
        if (i) {
            fputs(is_map ? cli_text_is_chinese() ? "；" : "; " : " ", out);
        }
        if (is_map) {
            print_map(out, cli, value);
        } else {
            print_scalar(out, cli, key, value);
        }
    }
}

char *person_text(const struct cli *cli, const char *key, struct fq_span value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = NULL;

    if (!value.size || is_type(value, FQ_CODEC_NIL) || !(out = open_memstream(&text, &size))) {
        return NULL;
    }
    if (is_type(value, FQ_CODEC_MAP)) {
        print_map(out, cli, value);
    } else if (is_type(value, FQ_CODEC_ARRAY)) {
        print_list(out, cli, key, value);
    } else {
        print_scalar(out, cli, key, value);
    }
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}
