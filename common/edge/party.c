#include "fq/edge/party.h"

#include <string.h>
#include <utf8proc.h>

#include "fq/base/hash.h"
#include "fq/edge/crypto.h"

#define POINTS_MAX (2 * FQ_PARTY_TEXT_MAX) /* a character can become several */
#define ID_NUMBER_MIN 6
#define PHONE_MIN 7
#define MOBILE_SIZE 11 /* digits of a mobile number, which begins with 1 */

enum fq_party_class fq_party_class_of(unsigned vault_field)
{
    switch (vault_field) {
    case FQ_VAULT_PARTY_NAME:
    case FQ_VAULT_OTHER_PARTY_NAME:
        return FQ_PARTY_NAME;
    case FQ_VAULT_PARTY_ID_NUMBER:
    case FQ_VAULT_OTHER_PARTY_ID_NUMBER:
        return FQ_PARTY_ID_NUMBER;
    case FQ_VAULT_PARTY_PHONE:
    case FQ_VAULT_OTHER_PARTY_PHONE:
        return FQ_PARTY_PHONE;
    default:
        return FQ_PARTY_NONE;
    }
}

/* Letters, their marks and numbers tell people apart; spaces, dots and hyphens are how one types. */
static bool is_kept(enum fq_party_class class, utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    bool is_number = category == UTF8PROC_CATEGORY_ND;

    if (class == FQ_PARTY_PHONE) {
        return is_number;
    }
    return is_number || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO);
}

/* The text decomposed, folded to one width and case, and of that what is kept. 0 when it is not
 * UTF-8 or too long. */
static size_t fold(enum fq_party_class class, struct fq_span text, utf8proc_int32_t *points)
{
    const utf8proc_option_t options =
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    utf8proc_ssize_t count =
        utf8proc_decompose(text.data, (utf8proc_ssize_t)text.size, points, POINTS_MAX, options);
    size_t kept = 0;

    if (count <= 0 || count > POINTS_MAX) {
        return 0;
    }
    count = utf8proc_normalize_utf32(points, count, options);
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        if (is_kept(class, points[i])) {
            points[kept++] = points[i];
        }
    }
    return kept;
}

static bool encode(const utf8proc_int32_t *points, size_t count, char out[FQ_PARTY_TEXT_MAX])
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        utf8proc_uint8_t bytes[4];
        size_t size = (size_t)utf8proc_encode_char(points[i], bytes);
        if (used + size >= FQ_PARTY_TEXT_MAX) {
            return false;
        }
        memcpy(out + used, bytes, size);
        used += size;
    }
    out[used] = '\0';
    return used > 0;
}

/* 0086 and 86 before a mobile number are the country, not the number. */
static void strip_country(char *digits)
{
    size_t size = strlen(digits);
    size_t prefix = size > MOBILE_SIZE ? size - MOBILE_SIZE : 0;
    bool is_country = (prefix == 2 && strncmp(digits, "86", 2) == 0) ||
                      (prefix == 4 && strncmp(digits, "0086", 4) == 0);

    if (is_country && digits[prefix] == '1') {
        memmove(digits, digits + prefix, MOBILE_SIZE + 1);
    }
}

/* X7: what a clerk writes when there is nothing to write. */
static bool names_somebody(enum fq_party_class class, const char *text)
{
    static const char *const nobody[] = {"无",   "不详", "未知", "匿名",    "无名氏",
                                         "某某", "na",   "none", "unknown", "anonymous"};
    size_t size_min = class == FQ_PARTY_PHONE       ? PHONE_MIN
                      : class == FQ_PARTY_ID_NUMBER ? ID_NUMBER_MIN
                                                    : 1;

    if (strlen(text) < size_min || strspn(text, "0") == strlen(text)) {
        return false;
    }
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        if (strcmp(text, nobody[i]) == 0) {
            return false;
        }
    }
    return true;
}

bool fq_party_normalise(enum fq_party_class class, struct fq_span text, char out[FQ_PARTY_TEXT_MAX])
{
    FQ_ASSERT(out);

    utf8proc_int32_t points[POINTS_MAX + 1];

    if (class == FQ_PARTY_NONE || text.size == 0 || text.size > FQ_PARTY_TEXT_MAX) {
        return false;
    }
    bool is_something = encode(points, fold(class, text, points), out);
    if (is_something && class == FQ_PARTY_PHONE) {
        strip_country(out);
    }
    fq_wipe(points, sizeof points);
    return is_something && names_somebody(class, out);
}

bool fq_party_hash(const struct fq_vault_key *key, unsigned vault_field, struct fq_span text,
                   struct fq_id *out_hash)
{
    FQ_ASSERT(key);
    FQ_ASSERT(out_hash);

    enum fq_party_class class = fq_party_class_of(vault_field);
    char folded[FQ_PARTY_TEXT_MAX];
    uint8_t kind = (uint8_t) class; /* a name is never taken for a number */
    struct fq_hash hash;
    bool has_hash = fq_party_normalise(class, text, folded);

    if (has_hash) {
        const struct fq_span spans[] = {fq_span_of(&kind, 1), fq_span_text(folded)};
        fq_hash_keyed(key->bytes, spans, 2, &hash);
        memcpy(out_hash->bytes, hash.bytes, FQ_ID_SIZE);
    }
    fq_wipe(folded, sizeof folded);
    return has_hash;
}
