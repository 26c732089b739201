/* Duplicates: how alike two disputes are, by hashes of their parties' identities, type, place, date.
 *
 * Only the county can compare them: the hashes are made under its own key and stay there
 * (edge/party). What is found is a proposal to a person; nothing is merged here.
 *
 * E1  Two disputes are as alike as they are the other way round.
 * E2  Without an identity in common, or more than thirty days apart, they are not alike at all.
 * E3  Each ground counts once, however many hashes are shared.
 * E4  When each names somebody whom the other does not, that speaks against: in a mass dispute many
 *     meet the same respondent, with the same type and in the same place, on one day. */
#ifndef FQ_CORE_DUPLICATE_H
#define FQ_CORE_DUPLICATE_H

#include "fq/base/bytes.h"

#define FQ_DUPLICATE_HASHES_MAX 6 /* three of each of two parties */
#define FQ_DUPLICATE_DAYS_MAX 30
#define FQ_DUPLICATE_SCORE_MIN 50 /* from here on it is proposed */

enum fq_party_class {
    FQ_PARTY_NONE,
    FQ_PARTY_NAME,
    FQ_PARTY_ID_NUMBER,
    FQ_PARTY_PHONE,
    FQ_PARTY_CLASSES,
};

struct fq_party_hash {
    struct fq_id hash;
    enum fq_party_class class;
};

struct fq_duplicate_case {
    struct fq_party_hash hashes[FQ_DUPLICATE_HASHES_MAX];
    uint32_t hash_count;
    uint16_t type;
    uint16_t date;  /* of registration */
    uint64_t place; /* 0 unknown, which is like nothing */
};

/* name, bit, score, as written */
#define FQ_LIKENESSES(X)                                                                           \
    X(ID_NUMBER, 1 << 0, 60, "same_id_number")                                                     \
    X(PHONE, 1 << 1, 30, "same_phone")                                                             \
    X(NAME, 1 << 2, 20, "same_name")                                                               \
    X(TYPE, 1 << 3, 20, "same_type")                                                               \
    X(PLACE, 1 << 4, 15, "same_place")                                                             \
    X(WEEK, 1 << 5, 15, "within_7_days")                                                           \
    X(MONTH, 1 << 6, 5, "within_30_days")                                                          \
    X(OTHERS, 1 << 7, -30, "other_names")

enum fq_likeness {
#define FQ_LIKENESS_ENUM(name, bit, score, text) FQ_LIKE_##name = bit,
    FQ_LIKENESSES(FQ_LIKENESS_ENUM)
#undef FQ_LIKENESS_ENUM
        FQ_LIKE_END
};
#define FQ_LIKENESS_COUNT 8

/* The grounds, as bits of enum fq_likeness; 0 when the two are not alike (E2). */
unsigned fq_duplicate_compare(const struct fq_duplicate_case *a, const struct fq_duplicate_case *b);
/* The sum of the grounds; below 0 is 0. */
int fq_duplicate_score(unsigned grounds);
/* The word for ground `index` below FQ_LIKENESS_COUNT, whose bit is 1 << index. */
const char *fq_likeness_name(unsigned index);

#endif
