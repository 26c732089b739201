/* Apart from clock.c, in whose place the simulation has clocks of its own. */
#include "fq/edge/clock.h"

#include <time.h>

uint16_t fq_clock_day(uint64_t wall_ms)
{
    time_t now = (time_t)(wall_ms / 1000);
    struct tm parts;
    uint16_t date = 0;

    localtime_r(&now, &parts);
    (void)fq_date_from_civil((unsigned)parts.tm_year + 1900, (unsigned)parts.tm_mon + 1,
                             (unsigned)parts.tm_mday, &date);
    return date;
}
