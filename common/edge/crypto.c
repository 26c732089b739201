#include "fq/edge/crypto.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define LINE_PLACE_SIZE 200
#define INDEX_MAX 99
#define AREA_MAX 999999

static const char z85_digits[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

static const char *const role_names[] = {
#define ROLE_NAME(name, text) [FQ_ROLE_##name] = text,
    FQ_ROLES(ROLE_NAME)
#undef ROLE_NAME
};

/* The keys of a certificate file. */
enum key {
    KEY_NAME,
    KEY_KIND,
    KEY_AREA,
    KEY_INDEX,
    KEY_ROLE,
    KEY_SERIAL,
    KEY_PUBLIC_KEY,
    KEY_SIGN_KEY,
    KEY_SECRET_KEY,
    KEY_SIGN_SECRET,
    KEYS
};

static const struct key_row {
    const char *name;
    bool is_number;
    bool is_secret; /* in the secret file, and nowhere else */
} key_rows[KEYS] = {
    [KEY_NAME] = {"name", false, false},
    [KEY_KIND] = {"kind", false, false},
    [KEY_AREA] = {"area", false, false},
    [KEY_INDEX] = {"index", true, false},
    [KEY_ROLE] = {"role", false, false},
    [KEY_SERIAL] = {"serial", true, false},
    [KEY_PUBLIC_KEY] = {"public-key", false, false},
    [KEY_SIGN_KEY] = {"sign-key", false, false},
    [KEY_SECRET_KEY] = {"secret-key", false, true},
    [KEY_SIGN_SECRET] = {"sign-secret", false, true},
};

struct value {
    unsigned line; /* 0 when the key is absent */
    struct fq_span text;
    uint64_t number;
};

struct entry { /* of a directory */
    char file[NAME_MAX + 1];
    struct fq_certificate certificate;
};

static void start_sodium(void)
{
    FQ_ASSERT(sodium_init() >= 0);
}

void fq_random_bytes(void *out, size_t size)
{
    start_sodium();
    randombytes_buf(out, size);
}

void fq_wipe(void *memory, size_t size)
{
    sodium_memzero(memory, size);
}

void fq_z85_encode(const uint8_t key[FQ_CURVE_KEY_SIZE], char out[FQ_Z85_KEY_SIZE])
{
    for (size_t i = 0; i < FQ_CURVE_KEY_SIZE / 4; i++) {
        uint32_t word = fq_get_be32(key + 4 * i);
        for (size_t digit = 5; digit-- > 0; word /= 85) {
            out[5 * i + digit] = z85_digits[word % 85];
        }
    }
    out[FQ_Z85_KEY_SIZE - 1] = '\0';
}

bool fq_z85_decode(struct fq_span text, uint8_t out_key[FQ_CURVE_KEY_SIZE])
{
    uint8_t key[FQ_CURVE_KEY_SIZE];

    if (text.size != FQ_Z85_KEY_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < FQ_CURVE_KEY_SIZE / 4; i++) {
        uint64_t word = 0;
        for (size_t digit = 0; digit < 5; digit++) {
            const char *place = memchr(z85_digits, text.data[5 * i + digit], 85);
            if (!place) {
                return false;
            }
            word = word * 85 + (uint64_t)(place - z85_digits);
        }
        if (word > UINT32_MAX) {
            return false;
        }
        fq_put_be32(key + 4 * i, (uint32_t)word);
    }
    memcpy(out_key, key, sizeof key);
    return true;
}

const char *fq_role_name(enum fq_role role)
{
    FQ_ASSERT((unsigned)role < FQ_ROLES_COUNT);

    return role_names[role];
}

bool fq_role_find(const char *name, enum fq_role *out_role)
{
    for (unsigned role = 0; role < FQ_ROLES_COUNT; role++) {
        if (strcmp(role_names[role], name) == 0) {
            *out_role = (enum fq_role)role;
            return true;
        }
    }
    return false;
}

static bool is_name(const char *name)
{
    size_t size = strnlen(name, FQ_CERTIFICATE_NAME_SIZE);

    return size > 0 && size < FQ_CERTIFICATE_NAME_SIZE && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               size;
}

/* What is wrong with the holder, or NULL. */
static const char *holder_problem(const struct fq_certificate *holder)
{
    if (!is_name(holder->name)) {
        return "name: 1 to 63 letters, digits, `.`, `-` or `_`";
    }
    if (holder->area == 0 || holder->area > AREA_MAX) {
        return "area: six digits";
    }
    if ((unsigned)holder->role >= FQ_ROLES_COUNT) {
        return "role: unknown";
    }
    if (holder->is_node != (holder->role == FQ_ROLE_NODE)) {
        return "role: a node has the role node, a person any other";
    }
    if (holder->is_node && (holder->index == 0 || holder->index > INDEX_MAX)) {
        return "index: 1 to 99 for a node";
    }
    if (!holder->is_node && holder->index != 0) {
        return "index: a person has none";
    }
    return NULL;
}

fq_err fq_identity_create(const struct fq_certificate *holder, struct fq_identity *out_identity,
                          struct fq_why *out_why)
{
    FQ_ASSERT(holder);
    FQ_ASSERT(out_identity);

    struct fq_identity identity = {.certificate = *holder};
    struct fq_certificate *certificate = &identity.certificate;
    const char *problem = holder_problem(holder);
    uint8_t seed[32];

    if (problem) {
        return fq_fail(out_why, FQ_REASON_ARGUMENT, "%s", problem);
    }
    fq_random_bytes(seed, sizeof seed);
    fq_sign_pair(seed, &certificate->sign_key, &identity.sign_secret);
    fq_random_bytes(identity.curve_secret, sizeof identity.curve_secret);
    FQ_ASSERT(crypto_scalarmult_base(certificate->curve_public, identity.curve_secret) == 0);
    certificate->origin = certificate->area * 100 + certificate->index;
    *out_identity = identity;
    fq_wipe(seed, sizeof seed);
    fq_identity_wipe(&identity);
    return FQ_OK;
}

/* Write all of `content`; false with errno. */
static bool write_all(int file, struct fq_span content)
{
    while (content.size > 0) {
        ssize_t written = write(file, content.data, content.size);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            content = fq_span_of(content.data + written, content.size - (size_t)written);
        }
    }
    return true;
}

/* Sync the directory that holds `path`, so that the name survives too. */
static bool sync_directory(const char *path)
{
    char directory[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;

    if (size >= sizeof directory) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(directory, path, size);
    directory[size] = '\0';
    int file = open(size ? directory : (slash ? "/" : "."), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool is_synced = fsync(file) == 0;
    (void)close(file);
    return is_synced;
}

/* Write a file in one piece: aside first, then under its name, which must be free when the file is
 * secret. */
static fq_err write_file(const char *path, struct fq_span content, bool is_secret,
                         struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    char aside[PATH_SIZE];
    int file = -1;

    int size = snprintf(aside, sizeof aside, "%s.%ld.new", path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof aside) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: the path is too long", path);
    }
    (void)unlink(aside); /* of a process of our id that died here */
    file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, is_secret ? 0400 : 0644);
    if (file < 0) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", aside, strerror(errno));
    }
    /* link(2) does not replace (C1); rename(2) does. */
    bool is_written = write_all(file, content) && fsync(file) == 0 &&
                      (is_secret ? link(aside, path) == 0 : rename(aside, path) == 0) &&
                      sync_directory(path);
    if (!is_written) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
    }
    (void)close(file);
    (void)unlink(aside);
    return err;
}

static size_t print_certificate(const struct fq_certificate *certificate, char *out, size_t size)
{
    char z85[FQ_Z85_KEY_SIZE];
    char sign_key[2 * FQ_SIGN_PUBLIC_SIZE + 1];
    char index[32] = "";

    fq_z85_encode(certificate->curve_public, z85);
    fq_hex_encode(fq_span_of(certificate->sign_key.bytes, FQ_SIGN_PUBLIC_SIZE), sign_key);
    if (certificate->is_node) {
        (void)snprintf(index, sizeof index, "index = %u\n", (unsigned)certificate->index);
    }
    /* libconfig reads a number beyond 31 bits right only with its L. */
    int printed =
        snprintf(out, size,
                 "name = \"%s\"\nkind = \"%s\"\narea = \"%06u\"\n%srole = \"%s\"\n"
                 "serial = %" PRIu64 "%s\npublic-key = \"%s\"\nsign-key = \"%s\"\n",
                 certificate->name, certificate->is_node ? "node" : "person",
                 (unsigned)certificate->area, index, fq_role_name(certificate->role),
                 certificate->serial, certificate->serial > INT32_MAX ? "L" : "", z85, sign_key);
    FQ_ASSERT(printed > 0 && (size_t)printed < size);
    return (size_t)printed;
}

fq_err fq_identity_save(const struct fq_identity *identity, const char *cert_path,
                        const char *key_path, struct fq_why *out_why)
{
    FQ_ASSERT(identity);
    FQ_ASSERT(cert_path);
    FQ_ASSERT(key_path);

    static const char head[] = "# Fengqiao identity: SECRET, for its holder alone\n";
    char text[FQ_SECRET_FILE_MAX];
    char z85[FQ_Z85_KEY_SIZE];
    char sign_secret[2 * FQ_SIGN_SECRET_SIZE + 1];
    size_t size = sizeof head - 1;

    memcpy(text, head, sizeof head);
    size += print_certificate(&identity->certificate, text + size, sizeof text - size);
    fq_z85_encode(identity->curve_secret, z85);
    fq_hex_encode(fq_span_of(identity->sign_secret.bytes, FQ_SIGN_SECRET_SIZE), sign_secret);
    size += (size_t)snprintf(text + size, sizeof text - size,
                             "secret-key = \"%s\"\nsign-secret = \"%s\"\n", z85, sign_secret);
    fq_err err = fq_secret_file_write(key_path, fq_span_of(text, size), out_why);
    if (!err) {
        err = fq_certificate_save(&identity->certificate, cert_path, out_why);
        if (err) {
            (void)unlink(key_path); /* ours: its name was free a moment ago */
        }
    }
    fq_wipe(text, sizeof text);
    fq_wipe(z85, sizeof z85);
    fq_wipe(sign_secret, sizeof sign_secret);
    return err;
}

/* Cut the blanks off the front. */
static struct fq_span skip_blanks(struct fq_span text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\r')) {
        text = fq_span_of(text.data + 1, text.size - 1);
    }
    return text;
}

/* Cut `size` bytes off the front and give them back. */
static struct fq_span cut(struct fq_span *text, size_t size)
{
    struct fq_span front = fq_span_of(text->data, size);

    *text = fq_span_of(text->data + size, text->size - size);
    return front;
}

static bool is_end(struct fq_span text)
{
    return text.size == 0 || text.data[0] == '#' ||
           (text.size > 1 && text.data[0] == '/' && text.data[1] == '/');
}

/* A string in quotes without escapes; returns what is wrong, or NULL. */
static const char *parse_text(struct fq_span *rest, struct fq_span *out_text)
{
    if (rest->size == 0 || rest->data[0] != '"') {
        return "a text in quotes is wanted";
    }
    (void)cut(rest, 1);
    const uint8_t *quote = memchr(rest->data, '"', rest->size);
    if (!quote) {
        return "the quote does not end";
    }
    *out_text = cut(rest, (size_t)(quote - rest->data));
    (void)cut(rest, 1);
    if (memchr(out_text->data, '\\', out_text->size)) {
        return "a backslash is not wanted here";
    }
    return NULL;
}

/* A decimal number with libconfig's L or without; returns what is wrong, or NULL. */
static const char *parse_number(struct fq_span *rest, uint64_t *out_number)
{
    uint64_t number = 0;
    size_t size = 0;

    for (; size < rest->size && rest->data[size] >= '0' && rest->data[size] <= '9'; size++) {
        if (number > (INT64_MAX - 9) / 10) {
            return "the number is too large";
        }
        number = number * 10 + (uint64_t)(rest->data[size] - '0');
    }
    if (size == 0) {
        return "a number is wanted";
    }
    (void)cut(rest, size);
    if (rest->size > 0 && rest->data[0] == 'L') {
        (void)cut(rest, 1);
    }
    *out_number = number;
    return NULL;
}

/* Take one `key = value` line (C2). `place` is FILE:LINE. */
static fq_err parse_line(struct fq_span line, unsigned number, const char *place, bool is_secret,
                         struct value *values, struct fq_why *out_why)
{
    struct fq_span rest = skip_blanks(line);
    size_t size = 0;

    if (is_end(rest)) {
        return FQ_OK;
    }
    while (size < rest.size && !memchr(" \t\r=:", rest.data[size], 5)) {
        size++;
    }
    struct fq_span word = cut(&rest, size);
    unsigned key = 0;
    while (key < KEYS && !fq_span_equal(word, fq_span_text(key_rows[key].name))) {
        key++;
    }
    if (key == KEYS) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "%s: %.*s: unknown key", place,
                       (int)(size < 40 ? size : 40), (const char *)word.data);
    }
    const struct key_row *row = &key_rows[key];
    if (values[key].line) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "%s: %s: also in line %u", place, row->name,
                       values[key].line);
    }
    if (row->is_secret && !is_secret) {
        return fq_fail(out_why, FQ_REASON_CRYPTO, "%s: %s: a certificate must hold no secret",
                       place, row->name);
    }
    rest = skip_blanks(rest);
    const char *problem = "`=` is wanted";
    if (rest.size > 0 && (rest.data[0] == '=' || rest.data[0] == ':')) {
        (void)cut(&rest, 1);
        rest = skip_blanks(rest);
        problem = row->is_number ? parse_number(&rest, &values[key].number)
                                 : parse_text(&rest, &values[key].text);
    }
    rest = skip_blanks(rest);
    if (rest.size > 0 && rest.data[0] == ';') {
        (void)cut(&rest, 1);
        rest = skip_blanks(rest);
    }
    if (!problem && !is_end(rest)) {
        problem = "more after the value";
    }
    values[key].line = number;
    return problem ? fq_fail(out_why, FQ_REASON_CRYPTO, "%s: %s: %s", place, row->name, problem)
                   : FQ_OK;
}

static fq_err parse_lines(const char *path, struct fq_span text, bool is_secret,
                          struct value *values, struct fq_why *out_why)
{
    fq_err err = FQ_OK;

    for (unsigned number = 1; text.size > 0 && !err; number++) {
        const uint8_t *newline = memchr(text.data, '\n', text.size);
        struct fq_span line = cut(&text, newline ? (size_t)(newline - text.data) : text.size);
        char place[LINE_PLACE_SIZE];

        if (newline) {
            (void)cut(&text, 1);
        }
        (void)snprintf(place, sizeof place, "%s:%u", path, number);
        err = parse_line(line, number, place, is_secret, values, out_why);
    }
    for (unsigned key = 0; key < KEYS && !err; key++) {
        bool is_wanted = key != KEY_INDEX && (is_secret || !key_rows[key].is_secret);
        if (is_wanted && !values[key].line) {
            err = fq_fail(out_why, FQ_REASON_CRYPTO, "%s: %s: missing", path, key_rows[key].name);
        }
    }
    return err;
}

/* The word as text with a NUL; false when it does not fit or holds one. */
static bool copy_text(struct fq_span text, char *out, size_t size)
{
    if (text.size >= size || memchr(text.data, '\0', text.size)) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static fq_err wrong(const char *path, const struct value *values, enum key key, const char *problem,
                    struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_CRYPTO, "%s:%u: %s: %s", path, values[key].line,
                   key_rows[key].name, problem);
}

static bool read_hex(struct fq_span text, uint8_t *out, size_t size)
{
    return fq_hex_decode((const char *)text.data, text.size, out, size);
}

static fq_err read_holder(const char *path, const struct value *values,
                          struct fq_certificate *certificate, struct fq_why *out_why)
{
    char word[32];

    if (!copy_text(values[KEY_NAME].text, certificate->name, sizeof certificate->name)) {
        return wrong(path, values, KEY_NAME, "too long", out_why);
    }
    certificate->is_node = fq_span_equal(values[KEY_KIND].text, fq_span_text("node"));
    if (!certificate->is_node && !fq_span_equal(values[KEY_KIND].text, fq_span_text("person"))) {
        return wrong(path, values, KEY_KIND, "node or person", out_why);
    }
    if (values[KEY_AREA].text.size != 6 || !copy_text(values[KEY_AREA].text, word, sizeof word) ||
        strspn(word, "0123456789") != 6) {
        return wrong(path, values, KEY_AREA, "six digits", out_why);
    }
    certificate->area = (uint32_t)strtoul(word, NULL, 10);
    if (values[KEY_INDEX].number > INDEX_MAX) {
        return wrong(path, values, KEY_INDEX, "1 to 99", out_why);
    }
    certificate->index = (uint32_t)values[KEY_INDEX].number;
    certificate->origin = certificate->area * 100 + certificate->index;
    if (!copy_text(values[KEY_ROLE].text, word, sizeof word) ||
        !fq_role_find(word, &certificate->role)) {
        return wrong(path, values, KEY_ROLE,
                     "node, operator, mediator, coordinator or statistician", out_why);
    }
    certificate->serial = values[KEY_SERIAL].number;
    const char *problem = holder_problem(certificate);
    return problem ? fq_fail(out_why, FQ_REASON_CRYPTO, "%s: %s", path, problem) : FQ_OK;
}

static fq_err read_certificate(const char *path, const struct value *values,
                               struct fq_certificate *certificate, struct fq_why *out_why)
{
    fq_err err = read_holder(path, values, certificate, out_why);

    if (err) {
        return err;
    }
    if (!fq_z85_decode(values[KEY_PUBLIC_KEY].text, certificate->curve_public)) {
        return wrong(path, values, KEY_PUBLIC_KEY, "40 characters of Z85", out_why);
    }
    if (!read_hex(values[KEY_SIGN_KEY].text, certificate->sign_key.bytes, FQ_SIGN_PUBLIC_SIZE)) {
        return wrong(path, values, KEY_SIGN_KEY, "64 hex digits", out_why);
    }
    return FQ_OK;
}

/* The secrets, which must make the public keys (C3). */
static fq_err read_secrets(const char *path, const struct value *values,
                           struct fq_identity *identity, struct fq_why *out_why)
{
    const struct fq_certificate *certificate = &identity->certificate;
    fq_err err = FQ_OK;
    uint8_t curve_public[FQ_CURVE_KEY_SIZE];
    struct fq_sign_public sign_key;
    struct fq_sign_secret sign_secret;

    if (!fq_z85_decode(values[KEY_SECRET_KEY].text, identity->curve_secret)) {
        return wrong(path, values, KEY_SECRET_KEY, "40 characters of Z85", out_why);
    }
    if (!read_hex(values[KEY_SIGN_SECRET].text, identity->sign_secret.bytes, FQ_SIGN_SECRET_SIZE)) {
        return wrong(path, values, KEY_SIGN_SECRET, "128 hex digits", out_why);
    }
    start_sodium();
    if (crypto_scalarmult_base(curve_public, identity->curve_secret) != 0 ||
        memcmp(curve_public, certificate->curve_public, sizeof curve_public) != 0) {
        return wrong(path, values, KEY_SECRET_KEY, "does not belong to public-key", out_why);
    }
    fq_sign_pair(identity->sign_secret.bytes, &sign_key, &sign_secret); /* the seed comes first */
    if (memcmp(&sign_key, &certificate->sign_key, sizeof sign_key) != 0 ||
        sodium_memcmp(&sign_secret, &identity->sign_secret, sizeof sign_secret) != 0) {
        err = wrong(path, values, KEY_SIGN_SECRET, "does not belong to sign-key", out_why);
    }
    fq_wipe(&sign_secret, sizeof sign_secret);
    return err;
}

/* Read the whole file; `is_secret` asks that its owner alone may read it (C1). */
static fq_err read_file(const char *path, bool is_secret, char *buffer, size_t capacity,
                        size_t *out_size, struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    struct stat status;
    size_t size = 0;
    ssize_t got = 1;

    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0) {
        err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
        goto done;
    }
    if (is_secret && (status.st_mode & 077)) {
        err = fq_fail(out_why, FQ_REASON_CRYPTO, "%s: mode %03o lets others read it, 400 is wanted",
                      path, (unsigned)(status.st_mode & 0777));
        goto done;
    }
    while (size < capacity && got != 0) {
        got = read(file, buffer + size, capacity - size);
        if (got < 0 && errno != EINTR) {
            err = fq_fail(out_why, FQ_REASON_FILE, "%s: %s", path, strerror(errno));
            goto done;
        }
        size += got > 0 ? (size_t)got : 0;
    }
    if (size == capacity) {
        err = fq_fail(out_why, FQ_REASON_CRYPTO, "%s: longer than %zu bytes", path, capacity - 1);
        goto done;
    }
    *out_size = size;

done:
    if (file >= 0) {
        (void)close(file);
    }
    return err;
}

fq_err fq_identity_load(const char *key_path, struct fq_identity *out_identity,
                        struct fq_why *out_why)
{
    FQ_ASSERT(key_path);
    FQ_ASSERT(out_identity);

    struct fq_identity identity = {0};
    struct value values[KEYS] = {0};
    char text[FQ_SECRET_FILE_MAX];
    size_t size = 0;

    fq_err err = fq_secret_file_read(key_path, text, sizeof text, &size, out_why);
    if (!err) {
        err = parse_lines(key_path, fq_span_of(text, size), true, values, out_why);
    }
    if (!err) {
        err = read_certificate(key_path, values, &identity.certificate, out_why);
    }
    if (!err) {
        err = read_secrets(key_path, values, &identity, out_why);
    }
    if (!err) {
        *out_identity = identity;
    }
    fq_wipe(text, sizeof text);
    fq_identity_wipe(&identity);
    return err;
}

void fq_identity_wipe(struct fq_identity *identity)
{
    FQ_ASSERT(identity);

    fq_wipe(identity, sizeof *identity);
}

fq_err fq_certificate_save(const struct fq_certificate *certificate, const char *path,
                           struct fq_why *out_why)
{
    FQ_ASSERT(certificate);
    FQ_ASSERT(path);

    static const char head[] = "# Fengqiao certificate: may be shown to anyone\n";
    char text[FQ_SECRET_FILE_MAX];
    size_t size = sizeof head - 1;

    memcpy(text, head, sizeof head);
    size += print_certificate(certificate, text + size, sizeof text - size);
    return write_file(path, fq_span_of(text, size), false, out_why);
}

fq_err fq_certificate_load(const char *path, struct fq_certificate *out_certificate,
                           struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(out_certificate);

    struct fq_certificate certificate = {0};
    struct value values[KEYS] = {0};
    char text[FQ_SECRET_FILE_MAX];
    size_t size = 0;

    fq_err err = read_file(path, false, text, sizeof text, &size, out_why);
    if (!err) {
        err = parse_lines(path, fq_span_of(text, size), false, values, out_why);
    }
    if (!err) {
        err = read_certificate(path, values, &certificate, out_why);
    }
    if (!err) {
        *out_certificate = certificate;
    }
    return err;
}

static bool is_certificate_file(const char *file)
{
    size_t size = strlen(file);

    return file[0] != '.' && size > 5 && strcmp(file + size - 5, ".cert") == 0;
}

/* Names of the directory's certificates, in `out_entries`, which the caller frees. */
static fq_err list_entries(const char *directory, size_t capacity, struct entry **out_entries,
                           size_t *out_count, struct fq_why *out_why)
{
    fq_err err = FQ_OK;
    struct entry *entries = NULL;
    size_t count = 0;

    DIR *dir = opendir(directory);
    if (!dir) {
        return fq_fail(out_why, FQ_REASON_FILE, "%s: %s", directory, strerror(errno));
    }
    for (struct dirent *file = readdir(dir); file; file = readdir(dir)) {
        if (!is_certificate_file(file->d_name)) {
            continue;
        }
        if (count == capacity) {
            err = fq_fail(out_why, FQ_REASON_LIMIT, "%s: more than %zu certificates", directory,
                          capacity);
            goto done;
        }
        if ((count & (count - 1)) == 0) { /* full at 0, 1, 2, 4, ... */
            struct entry *more = realloc(entries, (count ? 2 * count : 1) * sizeof *entries);
            if (!more) {
                err = fq_fail(out_why, FQ_REASON_LIMIT, "no memory for %zu certificates", count);
                goto done;
            }
            entries = more;
        }
        (void)snprintf(entries[count++].file, sizeof entries->file, "%s", file->d_name);
    }
    *out_entries = entries;
    *out_count = count;
    entries = NULL;

done:
    free(entries);
    (void)closedir(dir);
    return err;
}

static int compare_keys(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;

    return memcmp(left->certificate.curve_public, right->certificate.curve_public,
                  FQ_CURVE_KEY_SIZE);
}

static int compare_names(const void *a, const void *b)
{
    const struct fq_certificate *left = &((const struct entry *)a)->certificate;
    const struct fq_certificate *right = &((const struct entry *)b)->certificate;
    int order = strcmp(left->name, right->name);

    return order ? order : (left->serial > right->serial) - (left->serial < right->serial);
}

/* Read each entry, refuse a key that comes twice (C4), sort by name. */
static fq_err load_entries(const char *directory, struct entry *entries, size_t count,
                           struct fq_why *out_why)
{
    for (size_t i = 0; i < count; i++) {
        char path[PATH_SIZE];
        int size = snprintf(path, sizeof path, "%s/%s", directory, entries[i].file);
        if (size < 0 || (size_t)size >= sizeof path) {
            return fq_fail(out_why, FQ_REASON_FILE, "%s: the path is too long", directory);
        }
        fq_err err = fq_certificate_load(path, &entries[i].certificate, out_why);
        if (err) {
            return err;
        }
    }
    qsort(entries, count, sizeof *entries, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (compare_keys(&entries[i - 1], &entries[i]) == 0) {
            return fq_fail(out_why, FQ_REASON_CRYPTO, "%s: %.120s and %.120s hold the same key",
                           directory, entries[i - 1].file, entries[i].file);
        }
    }
    qsort(entries, count, sizeof *entries, compare_names);
    return FQ_OK;
}

fq_err fq_certificates_load(const char *directory, struct fq_certificate *certificates,
                            size_t capacity, size_t *out_count, struct fq_why *out_why)
{
    FQ_ASSERT(directory);
    FQ_ASSERT(certificates);
    FQ_ASSERT(out_count);

    struct entry *entries = NULL;
    size_t count = 0;

    fq_err err = list_entries(directory, capacity, &entries, &count, out_why);
    if (!err && count > 0) {
        err = load_entries(directory, entries, count, out_why);
    }
    if (!err) {
        for (size_t i = 0; i < count; i++) {
            certificates[i] = entries[i].certificate;
        }
        *out_count = count;
    }
    free(entries);
    return err;
}

fq_err fq_secret_file_write(const char *path, struct fq_span content, struct fq_why *out_why)
{
    FQ_ASSERT(path);

    return write_file(path, content, true, out_why);
}

fq_err fq_secret_file_read(const char *path, char *buffer, size_t capacity, size_t *out_size,
                           struct fq_why *out_why)
{
    FQ_ASSERT(path);
    FQ_ASSERT(buffer);
    FQ_ASSERT(out_size);

    return read_file(path, true, buffer, capacity, out_size, out_why);
}
