/* Reported figures: how the reports of an indicator become a figure.
 *
 * A report is of an indicator, an area, a unit and some days; a register each (command_service.h, Q2),
 * so that one sent again replaces the first. Nodes that do not see each other may all the same report
 * days in common, and reports come in months here and in quarters there.
 *
 * Q5  A flow's reports of one area and unit with days in common are never added up: the finer stands,
 *     of equally fine ones the one that ends later; the others are set aside whole and counted as
 *     overlapping. Which stand does not depend on the period asked for, nor on what came first. A
 *     report of 0 adds nothing, so it stands in no other's way.
 * Q6  A flow's figure is the sum of what stands within the period. What reaches over its edge is not
 *     cut, since nobody knows how it spreads, but counted as partial.
 * Q7  A stock's figure is the sum of what each area and unit reported last up to the period's end. */
#ifndef FQ_CORE_ACTIVITY_H
#define FQ_CORE_ACTIVITY_H

#include "fq/core/merge.h"

struct fq_report {
    uint16_t indicator;
    uint16_t first_day, last_day; /* inclusive; the same of a stock */
    bool is_aside;                /* Q5 */
    uint32_t area;
    uint64_t unit;  /* 0: none is named */
    uint64_t count; /* in the indicator's own unit; cents of money */
};

struct fq_reports {
    struct fq_report *rows; /* by indicator, area, unit, first day, last day */
    uint32_t count;
};

struct fq_activity_figure {
    uint64_t count;
    uint32_t reports;     /* that make it up */
    uint32_t areas;       /* that reported them */
    uint32_t partial;     /* Q6 */
    uint32_t overlapping; /* Q5: set aside, within the period */
};

/* What the entity reports, or false when it is no activity or its days are out of order. */
bool fq_report_of(const struct fq_dispute *entity, struct fq_report *out_report);
bool fq_reports_share_days(const struct fq_report *a, const struct fq_report *b);
/* Sort reports, none of which is there twice, and set aside what does not stand (Q5). False when the
 * arena is full; it keeps nothing there. */
bool fq_reports_settle(const struct fq_codes *codes, struct fq_arena *arena,
                       struct fq_reports *reports);
/* All reports of the view at or under `area`, settled, in the arena. False when it is full. */
bool fq_reports_gather(const struct fq_view *view, const struct fq_codes *codes, uint32_t area,
                       struct fq_arena *arena, struct fq_reports *out_reports);
/* The figure of the days first_day..last_day (inclusive) from the reports of one indicator, of which
 * the first is at `first`; gives the place after its last. */
uint32_t fq_activity_figure(const struct fq_codes *codes, const struct fq_reports *reports,
                            uint32_t first, uint16_t first_day, uint16_t last_day,
                            struct fq_activity_figure *out_figure);

#endif
