/* The clocks of the node in its turn: one virtual time, and a wall clock that anybody may set. */
#include "fq/edge/clock.h"

#include "sim.h"

#define WALL_AT_START UINT64_C(1609459200000) /* 2021-01-01 */

struct sim *sim_here;
int sim_at;

struct fq_now fq_clock_now(void)
{
    uint64_t wall_ms = WALL_AT_START + sim_here->now_ms;

    return (struct fq_now){
        .wall_ms = wall_ms + (uint64_t)sim_here->nodes[sim_at].wall_ms,
        .steady_ms = sim_here->now_ms,
    };
}
