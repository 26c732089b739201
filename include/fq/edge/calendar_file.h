/* Calendar files: the calendar of core/calendar.h read from a file such as config/calendar.cfg. Every
 * key may be absent but the version; an unknown one is refused. Errors say FILE:LINE: what is wrong. */
#ifndef FQ_EDGE_CALENDAR_FILE_H
#define FQ_EDGE_CALENDAR_FILE_H

#include "fq/core/calendar.h"

FQ_CHECKED fq_err fq_calendar_load(const char *path, struct fq_calendar *out_calendar,
                                   struct fq_why *out_why);

#endif
