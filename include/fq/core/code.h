/* Codes: the versioned tables of dispute types, sources, outcomes and the like.
 *
 * A table is configuration: its rows have a number (what events carry), an id (what JSON shows) and
 * two names. Rules of the core rest on a few of the rows; those are the enums here, and a loaded
 * table is used only when it agrees with them. An event's number that no row knows is kept, shown
 * as its number, and counted under "other".
 *
 * O1  A row's number and id stand in their table once; number 0 is "not given" and never a row.
 * O2  Numbers the core knows by name mean the same in every table version.
 * O3  An indicator is told of one service and counted in one thing; the one it may not exceed is
 *     another indicator counted in the same. A file without indicators is whole. */
#ifndef FQ_CORE_CODE_H
#define FQ_CORE_CODE_H

#include "fq/base/bytes.h"

#define FQ_CODES_MAX 512 /* rows of one table */
#define FQ_CODE_ID_SIZE 40
#define FQ_CODE_NAME_SIZE 96

enum fq_code_table {
    FQ_CODES_NONE, /* not a table: fields without one say so */
    FQ_CODES_TYPE,
    FQ_CODES_KIND,
    FQ_CODES_COMMITTEE,
    FQ_CODES_SOURCE,
    FQ_CODES_OUTCOME,
    FQ_CODES_FORM,
    FQ_CODES_PERFORMANCE,
    FQ_CODES_CONFIRMATION,
    FQ_CODES_DIFFICULTY,
    FQ_CODES_SCALE,
    FQ_CODES_RISK,
    FQ_CODES_PREVENTION,
    FQ_CODES_STATION,
    FQ_CODES_RELATION,
    FQ_CODES_SERVICE,   /* whose figures an indicator tells */
    FQ_CODES_COUNTED,   /* what an indicator counts: cases, person-times, yuan, ... */
    FQ_CODES_INDICATOR, /* what activities report */
    FQ_CODES_COUNT
};

#define FQ_TYPE_OTHER 99 /* where unknown types are counted */

enum fq_kind { FQ_KIND_PEOPLE = 1, FQ_KIND_ADMINISTRATIVE, FQ_KIND_JUDICIAL };

enum fq_source {
    FQ_SOURCE_SCREENING = 1,
    FQ_SOURCE_ON_APPLICATION,
    FQ_SOURCE_ON_INITIATIVE,
    FQ_SOURCE_DELEGATED_COURT,
    FQ_SOURCE_DELEGATED_PROCURATORATE,
    FQ_SOURCE_DELEGATED_POLICE,
    FQ_SOURCE_DELEGATED_PETITION,
    FQ_SOURCE_DELEGATED_OTHER
};

enum fq_outcome { FQ_OUTCOME_AGREED = 1, FQ_OUTCOME_FAILED, FQ_OUTCOME_TERMINATED };

enum fq_form { FQ_FORM_ORAL = 1, FQ_FORM_WRITTEN };

enum fq_performance {
    FQ_PERFORMANCE_IMMEDIATE = 1,
    FQ_PERFORMANCE_PENDING,
    FQ_PERFORMANCE_PERFORMED,
    FQ_PERFORMANCE_PARTIAL,
    FQ_PERFORMANCE_REFUSED,
    FQ_PERFORMANCE_SUED
};

enum fq_confirmation {
    FQ_CONFIRMATION_NONE = 1,
    FQ_CONFIRMATION_APPLIED,
    FQ_CONFIRMATION_CONFIRMED,
    FQ_CONFIRMATION_REJECTED,
    FQ_CONFIRMATION_WITHDRAWN,
    FQ_CONFIRMATION_ENFORCED
};

enum fq_difficulty {
    FQ_DIFFICULTY_SIMPLE = 1,
    FQ_DIFFICULTY_ORDINARY,
    FQ_DIFFICULTY_DIFFICULT,
    FQ_DIFFICULTY_MAJOR
};

enum fq_risk { FQ_RISK_RED = 1, FQ_RISK_ORANGE, FQ_RISK_YELLOW, FQ_RISK_BLUE, FQ_RISK_GREEN };

enum fq_prevention {
    FQ_PREVENTION_SUICIDE = 1,
    FQ_PREVENTION_CIVIL_TO_CRIMINAL,
    FQ_PREVENTION_MASS_PETITION,
    FQ_PREVENTION_MASS_BRAWL
};

enum fq_counted { FQ_COUNTED_YUAN = 9 }; /* counts of it are cents */

struct fq_code {
    uint16_t number;
    uint16_t parent; /* the number of the row it belongs under; 0 none */
    struct {
        uint16_t service, counted;
        uint16_t at_most; /* the indicator whose figure it never exceeds; 0 none */
        uint8_t tier;     /* enum fq_tier of the areas it is reported of; 0 any */
        uint8_t months;   /* how many a flow's report is of: 1, 3, 6 or 12; 0 any days */
        bool is_stock;    /* what stands on a day, else what happened between two */
    } of_indicator;
    char id[FQ_CODE_ID_SIZE];
    char zh[FQ_CODE_NAME_SIZE];
    char en[FQ_CODE_NAME_SIZE];
};

struct fq_codes {
    uint32_t version;
    struct {
        struct fq_code *rows; /* in the order of the file, which is the order to print in */
        uint16_t *numbers;    /* the numbers alone, so that a search stays in a cache line */
        uint32_t count;
        uint32_t capacity;
    } tables[FQ_CODES_COUNT];
};

/* Room for `capacity` rows of `table`, at most FQ_CODES_MAX, in the arena; what the table held is
 * forgotten. `codes` begins as {0}. Fails with FQ_ERR_LIMIT. */
FQ_CHECKED fq_err fq_codes_reserve(struct fq_codes *codes, struct fq_arena *arena,
                                   enum fq_code_table table, uint32_t capacity,
                                   struct fq_why *out_why);
/* Add a copy of `code` (O1). Its parent must be there already. */
FQ_CHECKED fq_err fq_codes_add(struct fq_codes *codes, enum fq_code_table table,
                               const struct fq_code *code, struct fq_why *out_why);
/* Whether every table has rows and every number the core knows stands for its id (O2). */
FQ_CHECKED fq_err fq_codes_check(const struct fq_codes *codes, struct fq_why *out_why);

/* The row of a number, or NULL. */
const struct fq_code *fq_codes_find(const struct fq_codes *codes, enum fq_code_table table,
                                    uint64_t number);
/* The number of what a person wrote: an id, a decimal number, a Chinese or an English name, tried
 * in this order. False when the table has no such row. */
bool fq_codes_find_id(const struct fq_codes *codes, enum fq_code_table table, struct fq_span text,
                      uint16_t *out_number);

const char *fq_codes_table_name(enum fq_code_table table);   /* as in taxonomy.cfg: "type", ... */
enum fq_code_table fq_codes_table_find(struct fq_span name); /* FQ_CODES_NONE when unknown */

#endif
