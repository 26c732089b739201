#include "person.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "step.h"

#define KEY_SIZE 48
#define DEPTH_MAX 3                     /* records in records */
#define REFERRAL_STATE "referral_state" /* what `state` is called here when it is a referral's */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* Keys whose values are words of the program; other texts are names, ids and what people wrote. */
static bool is_word_key(const char *key)
{
    static const char *const keys[] = {
        "against", "corrects", "event",        "holds",     "outcome", "register",
        "role",    "saved",    REFERRAL_STATE, "state",     "tier",    "timing",
        "to_tier", "verb",     "verdict",      "waits_for", "what"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

/* The step's word for an id or a number of that key; NULL when it has none. In English the id says it. */
static const char *step_name(const char *key, const char *id, uint64_t number)
{
    static const struct {
        const char *key;
        enum fq_field field;
    } keys[] = {{"card", FQ_FIELD_CARD},
                {"role", FQ_FIELD_ROLE},
                {"to_tier", FQ_FIELD_TO_TIER},
                {"document", FQ_FIELD_DOCUMENT},
                {"retention", FQ_FIELD_RETENTION}};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct step_word *word;
        for (size_t at = 0; strcmp(keys[i].key, key) == 0 && (word = step_word(keys[i].field, at));
             at++) {
            if (id ? strcmp(word->id, id) == 0 : word->number == number) {
                return cli_text_is_chinese() ? cli_text(word->title) : word->id;
            }
        }
    }
    return NULL;
}

/* An open referral waits to be accepted; anything else that is open is under way. */
static bool is_unanswered(const char *key, const char *word)
{
    return strcmp(key, REFERRAL_STATE) == 0 && strcmp(word, "open") == 0 && cli_text_is_chinese();
}

/* In English by its id, which options take; money is not in units here. */
static void print_measure(FILE *out, const char *id)
{
    if (!cli_text_is_chinese()) {
        fputs(id, out);
    } else if (ends_with(id, "_cents")) {
        fprintf(out, _("%s, in cents"), cli_title(id));
    } else {
        fputs(cli_title(id), out);
    }
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
    name = name && *name ? name : step_name(key, word, 0);
    if (name) {
        fputs(name, out);
    } else if (is_unanswered(key, word)) {
        fputs(_("not answered yet"), out);
    } else if (strcmp(key, "measure") == 0) {
        print_measure(out, word);
    } else if (strcmp(key, "next") == 0) {
        char verb[64];
        cli_text_verb(text, verb, sizeof verb);
        fputs(verb, out);
    } else {
        fputs(is_word_key(key) && cli_has_word(word) ? cli_text(word) : word, out);
    }
}

static void print_cents(FILE *out, int64_t cents)
{
    uint64_t size = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;

    fprintf(out, "%s%" PRIu64 ".%02u", cents < 0 ? "-" : "", size / 100, (unsigned)(size % 100));
}

static const char *number_name(const char *key, struct fq_span value)
{
    struct fq_reader reader = fq_reader_over(value);

    return step_name(key, NULL, (uint64_t)fq_read_int(&reader));
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
        } else if (number_name(key, value)) {
            fputs(number_name(key, value), out);
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

const char *person_key(struct fq_span row, const char *key)
{
    bool is_referral = strcmp(key, "state") == 0 && fq_map_get(row, "referral").size > 0;

    return is_referral ? REFERRAL_STATE : key;
}

/* `title value, title value`; what is nothing is left out, a record within stands in brackets. */
static void print_map(FILE *out, const struct cli *cli, struct fq_span map, unsigned depth)
{
    struct fq_reader reader = fq_reader_over(map);
    uint32_t count = fq_read_map(&reader);
    const char *comma = "";

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        char key[KEY_SIZE];
        cli_copy(key, sizeof key, fq_read_text(&reader));
        struct fq_span value = fq_read_skip(&reader);
        if (is_type(value, FQ_CODEC_NIL)) {
            continue;
        }
        fprintf(out, "%s%s", comma, cli_title(key));
        if (is_type(value, FQ_CODEC_MAP) && depth < DEPTH_MAX) {
            fputs(cli_text_is_chinese() ? "（" : " (", out);
            print_map(out, cli, value, depth + 1);
            fputs(cli_text_is_chinese() ? "）" : ")", out);
        } else {
            fputc(' ', out);
            print_scalar(out, cli, person_key(map, key), value);
        }
        comma = cli_text_is_chinese() ? "，" : ", ";
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
            print_map(out, cli, value, 0);
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
        print_map(out, cli, value, 0);
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
