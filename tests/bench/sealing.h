/* The part of the bench that seals periods of a view which `fold` filled. */
#ifndef FQ_TESTS_BENCH_SEALING_H
#define FQ_TESTS_BENCH_SEALING_H

#include "bench.h"
#include "fq/core/merge.h"

struct sealed_view {
    struct fq_view *view;
    const struct fq_codes *codes;
    uint32_t area;
    const char *text; /* its size, as the rows say it */
};

void bench_sealing(struct bench *bench, const struct sealed_view *of);

#endif
