/* The two clocks. The wall says what time it is and may be set, forward or back; steady time only
 * tells how long something took, and nobody can set it. What is written down for people is wall
 * time; what waits, waits in steady time.
 *
 * K1  Steady time never runs backwards while the process lives, whatever is done to the wall. */
#ifndef FQ_EDGE_CLOCK_H
#define FQ_EDGE_CLOCK_H

#include "fq/core/date.h"
#include "fq/core/effects.h"

/* Both clocks, read one after the other. */
struct fq_now fq_clock_now(void);
/* The day at that moment by the wall, where this program runs. */
uint16_t fq_clock_day(uint64_t wall_ms);

#endif
