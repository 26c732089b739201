/* Seeded pseudo-random numbers: the same seed, the same test. */
#ifndef FQ_TESTS_RANDOM_H
#define FQ_TESTS_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t seed;
    uint64_t state;
};

struct random random_of(uint64_t seed);
uint64_t random_next(struct random *random);
/* From 0 up to, but not, `bound`, which is above 0. */
uint32_t random_below(struct random *random, uint32_t bound);
bool random_chance(struct random *random, unsigned percent);
void random_bytes(struct random *random, uint8_t *out, size_t size);

/* The number in the first argument, else in the environment's `name`, else `fallback`. */
uint64_t random_setting(int argc, char **argv, int place, const char *name, uint64_t fallback);

#endif
