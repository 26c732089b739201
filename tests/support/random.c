#include "random.h"

#include <stdlib.h>

struct random random_of(uint64_t seed)
{
    return (struct random){.seed = seed, .state = seed};
}

/* splitmix64 (Steele, Lea and Flood 2014; public domain by S. Vigna). */
uint64_t random_next(struct random *random)
{
    uint64_t mixed = random->state += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

uint32_t random_below(struct random *random, uint32_t bound)
{
    return (uint32_t)((random_next(random) >> 32) * bound >> 32);
}

bool random_chance(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

void random_bytes(struct random *random, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)random_next(random);
    }
}

uint64_t random_setting(int argc, char **argv, int place, const char *name, uint64_t fallback)
{
    const char *text = place < argc ? argv[place] : getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : fallback;
}
