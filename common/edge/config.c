#include "fq/edge/config.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fq/edge/settings.h"

#define SETTINGS_ARENA_SIZE (4 * 1024 * 1024) /* address space; touched as far as a file needs */

/* ---- The keys of a node ---- */

enum key_kind { TEXT, AREA, FILE_PATH, ENDPOINT, ADDRESS, CURVE_KEY, NUMBER, TRUTH };

struct key {
    const char *path;
    enum key_kind kind;
    size_t offset, size; /* of its field in struct fq_config */
    bool is_required;
    const char *text; /* default of texts; NULL is empty */
    uint32_t number;  /* default of numbers and truths */
    uint32_t low, high;
};

#define FIELD(member) offsetof(struct fq_config, member), sizeof(((struct fq_config *)0)->member)
#define REQUIRED true, NULL, 0, 0, 0
#define OPTIONAL false, NULL, 0, 0, 0
#define DEFAULT_TEXT(text) false, text, 0, 0, 0
#define DEFAULT_NUMBER(number, low, high) false, NULL, number, low, high

static const struct key keys[] = {
    {"node.area", AREA, FIELD(area), REQUIRED},
    {"node.index", NUMBER, FIELD(index), DEFAULT_NUMBER(1, 1, 99)},
    {"node.data", FILE_PATH, FIELD(data), REQUIRED},
    {"listen.service", ENDPOINT, FIELD(listen_service), REQUIRED},
    {"listen.feed", ENDPOINT, FIELD(listen_feed), REQUIRED},
    {"listen.http", ADDRESS, FIELD(listen_http), OPTIONAL},
    {"parent.endpoint", ENDPOINT, FIELD(parent_endpoint), OPTIONAL},
    {"parent.key", CURVE_KEY, FIELD(parent_key), OPTIONAL},
    {"tables.areas", FILE_PATH, FIELD(areas), REQUIRED},
    {"tables.taxonomy", FILE_PATH, FIELD(taxonomy), REQUIRED},
    {"tables.units", FILE_PATH, FIELD(units), OPTIONAL},
    {"tables.places", FILE_PATH, FIELD(places), OPTIONAL},
    {"tables.metrics", FILE_PATH, FIELD(metrics), OPTIONAL},
    {"tables.calendar", FILE_PATH, FIELD(calendar), OPTIONAL},
    {"security.curve", TRUTH, FIELD(curve), DEFAULT_NUMBER(1, 0, 1)},
    {"security.keys", FILE_PATH, FIELD(keys), DEFAULT_TEXT("keys/")},
    {"security.certificates", FILE_PATH, FIELD(certificates), DEFAULT_TEXT("certs/")},
    {"limits.batch_records", NUMBER, FIELD(batch_records), DEFAULT_NUMBER(4096, 1, 4096)},
    {"limits.batch_bytes", NUMBER, FIELD(batch_bytes), DEFAULT_NUMBER(262144, 4096, 262144)},
    {"limits.heartbeat_ms", NUMBER, FIELD(heartbeat_ms), DEFAULT_NUMBER(5000, 50, 60000)},
    {"limits.silence_ms", NUMBER, FIELD(silence_ms), DEFAULT_NUMBER(15000, 100, 600000)},
    {"limits.reconnect_ms", NUMBER, FIELD(reconnect_ms), DEFAULT_NUMBER(1000, 10, 60000)},
    {"limits.credit_bytes", NUMBER, FIELD(credit_bytes),
     DEFAULT_NUMBER(8388608, 262144, 1073741824)},
    {"limits.turn_messages", NUMBER, FIELD(turn_messages), DEFAULT_NUMBER(1024, 1, 65536)},
    {"limits.disputes_max", NUMBER, FIELD(disputes_max),
     DEFAULT_NUMBER(16000000, 1000, 2147483648)},
    {"limits.checkpoint_events", NUMBER, FIELD(checkpoint_events),
     DEFAULT_NUMBER(2000000, 100, 1000000000)},
    {"limits.checkpoint_bytes", NUMBER, FIELD(checkpoint_bytes),
     DEFAULT_NUMBER(262144, 1, 16777216)},
    {"http.token", TEXT, FIELD(http_token), OPTIONAL},
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

/* What is wrong with a text, or NULL. */
static const char *judge_endpoint(const char *text)
{
    if (strncmp(text, "ipc://", 6) == 0 && text[6]) {
        return NULL;
    }
    const char *port = strrchr(text, ':');
    if (strncmp(text, "tcp://", 6) != 0 || !port || port < text + 7 || !port[1] ||
        (strcmp(port, ":*") != 0 && port[1 + strspn(port + 1, "0123456789")])) {
        return "must be tcp://HOST:PORT or ipc://PATH";
    }
    return NULL;
}

static const char *judge_address(const char *text)
{
    const char *port = strrchr(text, ':');
    if (!port || port == text || !port[1] || port[1 + strspn(port + 1, "0123456789")]) {
        return "must be HOST:PORT";
    }
    return NULL;
}

static const char *judge_curve_key(const char *text)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   ".-:+=^!/*?&<>()[]{}@%$#"; /* ZeroMQ RFC 32 */
    return strlen(text) == 40 && strspn(text, alphabet) == 40 ? NULL
                                                              : "must be 40 characters of Z85";
}

static const char *judge_area(const char *text)
{
    return strlen(text) == 6 && strspn(text, "0123456789") == 6 && text[0] != '0'
               ? NULL
               : "must be an area code of six digits in quotes";
}

static const char *judge_text(const struct key *key, const char *text)
{
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < 0x20) {
            return "must not have control characters";
        }
    }
    switch (key->kind) {
    case AREA:
        return judge_area(text);
    case ENDPOINT:
        return judge_endpoint(text);
    case ADDRESS:
        return judge_address(text);
    case CURVE_KEY:
        return judge_curve_key(text);
    default:
        return text[0] ? NULL : "must not be empty";
    }
}

static void put_number(struct fq_config *config, const struct key *key, uint32_t number)
{
    char *field = (char *)config + key->offset;
    if (key->kind == TRUTH) {
        memcpy(field, &(bool){number != 0}, sizeof(bool));
    } else {
        FQ_ASSERT(key->size == sizeof number);
        memcpy(field, &number, sizeof number);
    }
}

static bool put_text(struct fq_config *config, const struct key *key, const char *file,
                     const char *text)
{
    char *field = (char *)config + key->offset;
    if (key->kind == AREA) {
        put_number(config, key, (uint32_t)strtoul(text, NULL, 10));
        return true;
    }
    return fq_settings_resolve(key->kind == FILE_PATH ? file : "", text, field, key->size);
}

/* Take one setting into its field; the result says what is wrong with it, or NULL. */
static const char *take_setting(struct fq_config *config, const struct key *key, const char *file,
                                const struct fq_setting *setting, char *sentence, size_t size)
{
    if (key->kind == NUMBER) {
        if (setting->type != FQ_SETTING_NUMBER) {
            return "must be a number";
        }
        if (setting->number < key->low || setting->number > key->high) {
            (void)snprintf(sentence, size, "%" PRId64 " is not between %" PRIu32 " and %" PRIu32,
                           setting->number, key->low, key->high);
            return sentence;
        }
        put_number(config, key, (uint32_t)setting->number);
        return NULL;
    }
    if (key->kind == TRUTH) {
        if (setting->type != FQ_SETTING_TRUTH) {
            return "must be true or false";
        }
        put_number(config, key, setting->number != 0);
        return NULL;
    }
    if (setting->type != FQ_SETTING_TEXT) {
        return "must be a text in quotes";
    }
    const char *wrong = judge_text(key, setting->text);
    if (!wrong && !put_text(config, key, file, setting->text)) {
        return "is too long";
    }
    return wrong;
}

static const struct key *find_key(const char *path)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].path, path) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

/* Whether an empty group is one of ours: `parent = {};`. */
static bool is_group(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strncmp(keys[i].path, path, length) == 0 && keys[i].path[length] == '.') {
            return true;
        }
    }
    return false;
}

static fq_err take_settings(struct fq_config *config, const char *path,
                            const struct fq_setting *first, struct fq_why *out_why)
{
    for (const struct fq_setting *setting = first; setting; setting = setting->next) {
        char sentence[80];
        const struct key *key = find_key(setting->path);
        if (!key && setting->type == FQ_SETTING_EMPTY && is_group(setting->path)) {
            continue;
        }
        const char *wrong =
            key ? take_setting(config, key, path, setting, sentence, sizeof sentence)
                : "there is no such key";
        if (wrong) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: %s: %s", path, setting->line,
                           setting->path, wrong);
        }
    }
    return FQ_OK;
}

/* The line to name for a key that is absent: where its group is, else the first. */
static unsigned line_near(const struct fq_setting *first, const char *path)
{
    size_t group = strcspn(path, ".");
    for (const struct fq_setting *setting = first; setting; setting = setting->next) {
        if (strncmp(setting->path, path, group) == 0 && strchr(".", setting->path[group])) {
            return setting->line;
        }
    }
    return 1;
}

static fq_err fill_defaults(struct fq_config *config, const char *path,
                            const struct fq_setting *first, struct fq_why *out_why)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct key *key = &keys[i];
        if (fq_settings_find(first, key->path)) {
            continue;
        }
        if (key->is_required) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: %s: must be set", path,
                           line_near(first, key->path), key->path);
        }
        if (key->kind == NUMBER || key->kind == TRUTH) {
            put_number(config, key, key->number);
        } else if (key->text && !put_text(config, key, path, key->text)) {
            return fq_fail(out_why, FQ_REASON_CONFIG, "%s:1: %s: is too long", path, key->path);
        }
    }
    return FQ_OK;
}

/* What no key can say alone. */
static fq_err check_together(const struct fq_config *config, const char *path,
                             const struct fq_setting *first, struct fq_why *out_why)
{
    const char *key = NULL;
    const char *wrong = NULL;
    if (config->parent_endpoint[0] && config->curve && !config->parent_key[0]) {
        key = "parent.key";
        wrong = "must be set, for parent.endpoint is set and security.curve is on";
    } else if (config->parent_key[0] && !config->parent_endpoint[0]) {
        key = "parent.endpoint";
        wrong = "must be set, for parent.key is set";
    } else if (config->silence_ms <= config->heartbeat_ms) {
        key = "limits.silence_ms";
        wrong = "must be above limits.heartbeat_ms";
    }
    if (wrong) {
        const struct fq_setting *setting = fq_settings_find(first, key);
        return fq_fail(out_why, FQ_REASON_CONFIG, "%s:%u: %s: %s", path,
                       setting ? setting->line : line_near(first, key), key, wrong);
    }
    return FQ_OK;
}

fq_err fq_config_load(const char *path, struct fq_config *out_config, struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(out_config);

    struct fq_config config = {0};
    const struct fq_setting *first = NULL;
    fq_err err = FQ_OK;
    void *memory = malloc(SETTINGS_ARENA_SIZE);

    if (!memory) {
        err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: no memory", path);
        goto done;
    }
    struct fq_arena arena = fq_arena_over(memory, SETTINGS_ARENA_SIZE);
    err = fq_settings_read(path, &arena, &first, out_why);
    err = err ? err : take_settings(&config, path, first, out_why);
    err = err ? err : fill_defaults(&config, path, first, out_why);
    err = err ? err : check_together(&config, path, first, out_why);
    if (!err) {
        *out_config = config;
    }

done:
    free(memory);
    return err;
}

static void print_text(const char *text, FILE *out)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            (void)fputc('\\', out);
        }
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

static void print_value(const struct fq_config *config, const struct key *key, FILE *out)
{
    const char *field = (const char *)config + key->offset;
    uint32_t number = 0;
    switch (key->kind) {
    case AREA:
        memcpy(&number, field, sizeof number);
        (void)fprintf(out, "\"%06" PRIu32 "\"", number);
        break;
    case NUMBER:
        memcpy(&number, field, sizeof number);
        (void)fprintf(out, "%" PRIu32 "%s", number, number > INT_MAX ? "L" : "");
        break;
    case TRUTH:
        (void)fputs(*(const bool *)field ? "true" : "false", out);
        break;
    default:
        print_text(field, out);
    }
}

/* Whether a key has nothing to print: an optional text that is not set, or the secret. */
static bool is_silent(const struct fq_config *config, const struct key *key)
{
    bool is_number = key->kind == NUMBER || key->kind == TRUTH || key->kind == AREA;
    return !is_number && (key->kind == TEXT || *((const char *)config + key->offset) == '\0');
}

void fq_config_print(const struct fq_config *config, FILE *out)
{
    const char *group = "";
    size_t group_length = 0;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct key *key = &keys[i];
        if (is_silent(config, key)) {
            continue;
        }
        if (group_length == 0 || strncmp(group, key->path, group_length + 1) != 0) {
            (void)fputs(group_length ? "};\n" : "", out);
            group = key->path;
            group_length = strcspn(group, ".");
            (void)fprintf(out, "%.*s = {\n", (int)group_length, group);
        }
        (void)fprintf(out, "    %s = ", key->path + group_length + 1);
        print_value(config, key, out);
        (void)fputs(";\n", out);
    }
    (void)fprintf(out, "};\n%s",
                  config->http_token[0] ? "# http.token is set and not shown\n" : "");
}
