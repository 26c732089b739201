/* A party's identity as a hash: whether two disputes name the same person can be asked without
 * reading who it is.
 *
 * Names, identity numbers and telephones are written in one form (libutf8proc) and hashed under a
 * key of the county's own (X5). The hashes are for that county: they are party data all the same,
 * and lie in its vault.
 *
 * X6  An identity hashes alike however it was typed: full or half width, upper or lower case, with
 *     spaces, dots or hyphens, a telephone with or without +86.
 * X7  What names nobody has no hash: nothing, "unknown", a number too short to be one. */
#ifndef FQ_EDGE_PARTY_H
#define FQ_EDGE_PARTY_H

#include "fq/core/duplicate.h"
#include "fq/edge/vault.h"

#define FQ_PARTY_TEXT_MAX                                                                          \
    400 /* bytes of an identity that are looked at; a longer one has no hash */

/* What a vault field says of a party; NONE for a field that identifies nobody. */
enum fq_party_class fq_party_class_of(unsigned vault_field);
/* The text in one form (X6), ended by a NUL; false when it names nobody (X7). */
bool fq_party_normalise(enum fq_party_class class, struct fq_span text,
                        char out[FQ_PARTY_TEXT_MAX]);
/* The hash of a vault field's text under the county's key; false as above. */
bool fq_party_hash(const struct fq_vault_key *key, unsigned vault_field, struct fq_span text,
                   struct fq_id *out_hash);

#endif
