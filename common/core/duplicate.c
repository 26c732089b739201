#include "fq/core/duplicate.h"

#define WEEK_DAYS 7

static const struct {
    int score;
    const char *name;
} rows[FQ_LIKENESS_COUNT] = {
#define LIKENESS_ROW(name, bit, score, text) {score, text},
    FQ_LIKENESSES(LIKENESS_ROW)
#undef LIKENESS_ROW
};

static bool has_hash(const struct fq_duplicate_case *of, const struct fq_party_hash *hash)
{
    for (uint32_t i = 0; i < of->hash_count; i++) {
        if (of->hashes[i].class == hash->class && fq_id_equal(&of->hashes[i].hash, &hash->hash)) {
            return true;
        }
    }
    return false;
}

/* The grounds of identity; E3: a bit is set once. */
static unsigned shared(const struct fq_duplicate_case *a, const struct fq_duplicate_case *b)
{
    static const unsigned bits[FQ_PARTY_CLASSES] = {
        [FQ_PARTY_NAME] = FQ_LIKE_NAME,
        [FQ_PARTY_ID_NUMBER] = FQ_LIKE_ID_NUMBER,
        [FQ_PARTY_PHONE] = FQ_LIKE_PHONE,
    };
    unsigned grounds = 0;

    for (uint32_t i = 0; i < a->hash_count; i++) {
        if (a->hashes[i].class < FQ_PARTY_CLASSES && has_hash(b, &a->hashes[i])) {
            grounds |= bits[a->hashes[i].class];
        }
    }
    return grounds;
}

static bool names_another(const struct fq_duplicate_case *a, const struct fq_duplicate_case *b)
{
    for (uint32_t i = 0; i < a->hash_count; i++) {
        if (a->hashes[i].class == FQ_PARTY_NAME && !has_hash(b, &a->hashes[i])) {
            return true;
        }
    }
    return false;
}

unsigned fq_duplicate_compare(const struct fq_duplicate_case *a, const struct fq_duplicate_case *b)
{
    FQ_ASSERT(a);
    FQ_ASSERT(b);

    int days = a->date > b->date ? a->date - b->date : b->date - a->date;
    unsigned grounds = shared(a, b);

    if (grounds == 0 || days > FQ_DUPLICATE_DAYS_MAX) { /* E2 */
        return 0;
    }
    grounds |= a->type != 0 && a->type == b->type ? FQ_LIKE_TYPE : 0;
    grounds |= a->place != 0 && a->place == b->place ? FQ_LIKE_PLACE : 0;
    grounds |= days <= WEEK_DAYS ? FQ_LIKE_WEEK : FQ_LIKE_MONTH;
    if (names_another(a, b) && names_another(b, a)) { /* E4 */
        grounds |= FQ_LIKE_OTHERS;
    }
    return grounds;
}

int fq_duplicate_score(unsigned grounds)
{
    int score = 0;

    for (unsigned i = 0; i < FQ_LIKENESS_COUNT; i++) {
        score += grounds >> i & 1 ? rows[i].score : 0;
    }
    return score > 0 ? score : 0;
}

const char *fq_likeness_name(unsigned index)
{
    FQ_ASSERT(index < FQ_LIKENESS_COUNT);
    return rows[index].name;
}
