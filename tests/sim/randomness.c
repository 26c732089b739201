/* Randomness from the seed, for keys of the vault and instances of stores: libsodium is told to ask
 * here. Never link this into anything but a test. */
#include <sodium.h>

#include "sim.h"

static struct random source;

static const char *name(void)
{
    return "from a seed";
}

static uint32_t next(void)
{
    return (uint32_t)random_next(&source);
}

static void fill(void *const out, const size_t size)
{
    random_bytes(&source, out, size);
}

void sim_seed_randomness(uint64_t seed)
{
    static struct randombytes_implementation implementation = {
        .implementation_name = name,
        .random = next,
        .buf = fill,
    };

    /* Starting libsodium draws a few bytes itself: it must not do so in the middle of a seed. */
    int status = sodium_init();
    FQ_ASSERT(status >= 0);
    source = random_of(seed ^ UINT64_C(0x5eed));
    randombytes_set_implementation(&implementation);
}
