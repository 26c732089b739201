/* The province of Henan in the first half of 2021, from a seed: what its 157 counties, 17 cities and
 * the province itself would have written.
 *
 * Not real events: only totals, proportions of types and the change of Luoyang are published, see
 * README.md. Everything else is drawn. The same seed and volume give the same events.
 *
 * K1  As many disputes as wanted are accepted and concluded in the half-year, and as many of them
 *     agreed; nothing else is accepted or concluded in it.
 * K2  A log's events stand in the order in which they were written down, not in that of their dates.
 * K3  Old areas register until the day of their change, their successors from it on. */
#ifndef FQ_TESTS_HENAN_H
#define FQ_TESTS_HENAN_H

#include "../../nodes/cli/lab_layout.h"
#include "../support/random.h"
#include "fq/core/area.h"
#include "fq/core/event.h"

#define COUNTIES_MAX 200
#define WRITERS_MAX 256
#define TYPES_MAX 32
#define LIFE_STEPS_MAX 24

#define MAIN_DISPUTES 278604 /* 27.86万 */
#define MAIN_AGREED 273032   /* 98.0 % */
#define BASE_DISPUTES 262832 /* of the half-year before; ours, no source states it */
#define BASE_AGREED 256787

enum life_class {            /* the lives of a county, one class after the other */
                  LIFE_MAIN, /* accepted and concluded in 2021H1 */
                  LIFE_BASE, /* the same in 2020H1 */
                  LIFE_REJECTED,
                  LIFE_OLDER,  /* of 2020H2, half of them written down in 2021 or later */
                  LIFE_OPEN,   /* accepted in 2020H2, without an outcome */
                  LIFE_VOIDED, /* registered by mistake */
                  LIFE_MERGED, /* registered twice */
                  LIFE_CLASSES
};

struct county {
    uint32_t area, city;  /* city: the area above, the province for Jiyuan */
    uint32_t successor;   /* 0 none */
    uint32_t weight;      /* of its volume */
    uint16_t first, last; /* days in 2021H1 on which it registers (K3) */
    bool is_run;          /* has a daemon: its events are submitted there */
    uint32_t count[LIFE_CLASSES];
    uint32_t agreed[2]; /* of LIFE_MAIN and LIFE_BASE */
};

struct province {
    uint64_t seed;
    uint32_t scale; /* one of so many disputes */
    struct fq_areas areas;
    void *memory; /* of the areas */
    struct county counties[COUNTIES_MAX];
    uint32_t county_count;
    uint16_t types[TYPES_MAX];
    uint32_t type_weights[TYPES_MAX]; /* running sums */
    uint32_t type_count;
    uint16_t day_2020, day_2021, end_2020, end_2021, change_day;
};

/* ---- province.c ---- */

/* The tables, and how many lives of which class each county has. `lab` says which nodes run. False,
 * with words on stderr, when a file is missing or wrong. */
bool province_open(struct province *province, const struct lab *lab, uint64_t seed, uint32_t scale);
void province_close(struct province *province);
const struct county *province_county(const struct province *province, uint32_t area);
uint32_t county_lives(const struct county *county);

/* ---- life.c ---- */

struct life_step {
    uint8_t kind, step; /* as the event's; they differ in a correction */
    uint8_t code;       /* of a confirmation, a performance, a prevention, a referral */
    uint16_t date;      /* business date */
    uint16_t written;   /* day on which it was written down */
    uint32_t writer;    /* area of the node */
};

struct life {
    enum life_class class;
    struct fq_id dispute, into;
    uint32_t birth, home;                        /* area that registered it, and where it ends up */
    uint64_t first_host, host, helper, referred; /* units */
    const char *actor;
    uint16_t type, final_type; /* after a correction */
    uint8_t helper_kind, source, committee, scale, difficulty, risk, form;
    uint32_t persons, place, amount_cents;
    uint32_t count;
    struct life_step steps[LIFE_STEPS_MAX];
};

void life_draw(const struct province *province, const struct county *county, uint32_t index,
               struct life *life);
/* One of its events, without an id. It borrows from the life. */
void life_event(const struct life *life, uint32_t step, struct fq_event *out_event);
/* The day as milliseconds since 1970, in the upper part of a hybrid clock. */
uint64_t day_hlc(uint16_t day);

/* ---- figures.c: reports of other services, and screenings ---- */

struct report {
    uint32_t writer; /* area that reports it of itself */
    uint16_t number; /* of the indicator; 0: a screening */
    uint16_t first, last, written;
    uint64_t count; /* cents of money; households of a screening */
    uint32_t found; /* of a screening */
};

/* All reports, by no order. Gives memory for free(). NULL when memory is short. */
struct report *figures_make(const struct province *province, size_t *out_count);
void report_event(const struct report *report, struct fq_event *out_event);

/* ---- logs.c: who wrote what, in which order ---- */

struct entry {
    uint16_t written;
    uint8_t step;
    bool is_report;
    uint32_t county; /* place in the province; of a report its place among the reports */
    uint32_t life;
};

struct log {
    uint32_t area;
    bool is_run;
    struct entry *entries;
    size_t count, capacity;
};

struct logs {
    struct log rows[WRITERS_MAX];
    uint32_t count;
    struct report *reports;
    size_t report_count;
    struct life life; /* the one drawn last */
    uint32_t drawn_county, drawn_life;
};

/* Sort all events into the logs of their writers (K2). False when memory is short. */
bool logs_open(struct logs *logs, const struct province *province, const struct lab *lab);
void logs_close(struct logs *logs);
const struct log *logs_find(const struct logs *logs, uint32_t area);
/* The event of an entry, without an id; borrowed until the next call. */
void logs_event(struct logs *logs, const struct province *province, const struct entry *entry,
                struct fq_event *out_event);

/* ---- bundles.c ---- */

/* Make certificates for all who have no daemon and let them in at the daemons above them. */
bool bundles_admit(const struct province *province, const struct lab *lab);
/* Write OUT/CODE.fqb for each daemon above counties without one, and OUT/late.fqb: what is written
 * down after that, by some of them. */
bool bundles_write(const struct province *province, struct logs *logs, const struct lab *lab,
                   const char *out);

/* ---- submit.c ---- */

/* Submit the events of a county at its daemon. */
bool submit_county(const struct province *province, struct logs *logs, const struct lab *lab,
                   uint32_t area);
/* Write OUT/activities-CODE.csv for every daemon that reports figures. */
bool submit_write_reports(const struct logs *logs, const char *out);

bool complain(const char *format, ...) __attribute__((format(printf, 1, 2))); /* false */

#endif
