/* A view of many random histories and a seal over it, for tests of seals and proofs. */
#ifndef FQ_TESTS_SEALED_H
#define FQ_TESTS_SEALED_H

#include "fq/core/period_figures.h"

#include "world.h"

struct sealed {
    struct world world;
    struct world_view *held;
    struct fq_arena arena;
    struct fq_sign_public key;
    struct fq_sign_secret secret;
    struct fq_id salt;
    struct fq_period_seal seal;
    struct fq_span cells;
    struct fq_leaf_row *leaves;
    uint8_t head[FQ_PERIOD_HEAD_MAX];
    size_t head_size;
    uint8_t signature[FQ_SIGNATURE_SIZE];
};

/* Open a view of `histories` histories drawn from `seed`, and seal `period` of `area` in it. */
void sealed_open(struct sealed *sealed, uint64_t seed, int histories, const char *period,
                 uint32_t area);
/* Make the seal anew of what the view holds now. */
void sealed_make(struct sealed *sealed, const char *period, uint32_t area);
void sealed_close(struct sealed *sealed);

#endif
