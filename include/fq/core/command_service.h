/* Commands of the other services: screenings, reported figures, campaigns. None is about a dispute;
 * they are checked where they are entered, like those of command.h.
 *
 * Q1  A sweep belongs to a county and names the unit or the place of it that was screened, one that
 *     the tables know if there are any; of a campaign, it lies in its area and its days, and not
 *     after its closing.
 * Q2  An activity's figure is of a known indicator, of days in order, and signed; of the tier of areas
 *     and the length of period that its indicator is reported for, if the table fixes them. A flow has no days
 *     in common with another report of it for the same area and unit, unless one of the two is 0: a
 *     report is taken back by one of 0 for its days. A figure never exceeds that of the indicator it
 *     is a part of for the same area and unit: parts add up to no more than a whole whose days they
 *     lie in, nor is a part more than the wholes that fill its days. All this as far as this node
 *     knows them.
 * Q3  A campaign is made and closed by a city or a province, in its own area; its name is not one
 *     that another open campaign or a period has.
 * Q4  A period is sealed by the node alone, which signs what it made; a record that came as a command
 *     is refused. */
#ifndef FQ_CORE_COMMAND_SERVICE_H
#define FQ_CORE_COMMAND_SERVICE_H

#include "fq/core/calendar.h"
#include "fq/core/campaign.h"
#include "fq/core/merge.h"
#include "fq/core/period_seal.h"
#include "fq/core/place.h"
#include "fq/core/unit.h"

#define FQ_COMMAND_PERSONS_MAX 100000
#define FQ_COMMAND_MINUTES_MAX 100000
#define FQ_SWEEP_ROUNDS_MAX 1000
#define FQ_SWEEP_HOUSEHOLDS_MAX 10000000
#define FQ_SWEEP_FOUND_MAX 1000000
#define FQ_ACTIVITY_COUNT_MAX UINT64_C(100000000000000) /* in cents: a million million yuan */

struct fq_service_context {
    const struct fq_areas *areas;
    const struct fq_codes *codes;
    uint32_t own_area;
    const struct fq_view *view;
    const struct fq_campaigns *campaigns;
    const struct fq_units *units;   /* NULL or empty: the node has no such table */
    const struct fq_places *places; /* likewise */
    const struct fq_calendar
        *calendar; /* of reports' periods; NULL: where they begin is not asked */
    const struct fq_dispute *rehearsed; /* what commands before made of a dry run; none otherwise */
    uint32_t rehearsed_count;
    struct fq_arena *arena; /* for what is looked at together; it keeps nothing there */
    bool is_sealing; /* the node itself seals a period: nobody else writes such a record (Q4) */
};

/* Whether a command of this kind is checked here. */
bool fq_command_is_service(unsigned kind);
/* Fill what may be left out: the area, which is the node's own, and the first day of what stands on
 * a day. To be called before the command's entity is looked for, since an activity's is made of
 * these. */
void fq_command_service_complete(const struct fq_service_context *context,
                                 struct fq_event *command);
/* Check a completed command. Refuses with the reason and, in the detail, what is at fault. */
FQ_CHECKED fq_err fq_command_service_check(const struct fq_service_context *context,
                                           const struct fq_event *command, struct fq_why *out_why);
/* Whether the number is one that the field's count can be, in a dispute's commands too (G3). */
FQ_CHECKED fq_err fq_command_check_number(const struct fq_event *command, enum fq_field field,
                                          struct fq_why *out_why);
/* Whether what happened on `date` in `area` may be told of the campaign `number` (Q1). */
FQ_CHECKED fq_err fq_campaign_check(const struct fq_service_context *context, uint64_t number,
                                    uint32_t area, uint16_t date, struct fq_why *out_why);

#endif
