/* Whom the disputes of the vault name, as hashes: key dispute16 field2, value hash16 (edge/party). */
#ifndef FQ_NODES_PARTIES_H
#define FQ_NODES_PARTIES_H

#include "writes.h"

#include "fq/edge/party.h"

#define FQ_PARTY_FIELD_KEY_SIZE (FQ_ID_SIZE + 2)

/* The key of a field in the families of the vault and of the hashes. */
void fq_party_field_key(const struct fq_id *dispute, unsigned field,
                        uint8_t out[FQ_PARTY_FIELD_KEY_SIZE]);
/* Note whom the field names now: one write, none when the field names no party. */
void fq_parties_put(struct fq_writes *writes, const struct fq_vault_key *party_key,
                    const struct fq_id *dispute, unsigned field, struct fq_span plain);
/* Forget whom the dispute names: FQ_VAULT_FIELDS_END writes at most. */
void fq_parties_forget(struct fq_writes *writes, const struct fq_id *dispute);

#endif
