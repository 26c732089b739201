#include "fq/edge/clock.h"

#include <time.h>

static uint64_t read_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct fq_now fq_clock_now(void)
{
    /* CLOCK_BOOTTIME goes on while the machine sleeps: a peer's silence is then seen at once (K1). */
    return (struct fq_now){.wall_ms = read_ms(CLOCK_REALTIME),
                           .steady_ms = read_ms(CLOCK_BOOTTIME)};
}
