/* Requests: what a node answers on its service socket. service.c takes and answers them, query.c
 * and events.c hold the verbs. */
#ifndef FQ_NODES_SERVICE_H
#define FQ_NODES_SERVICE_H

#include "node.h"

#include "fq/core/period.h"

#define FQ_CURSOR_SIZE_MAX 64
#define FQ_SUBMIT_TEXTS_MAX 16384 /* party data of one submit; a turn begins no other beyond */

struct fq_answer {
    struct fq_writer writer; /* the result, one MessagePack value */
    uint8_t cursor[FQ_CURSOR_SIZE_MAX];
    size_t cursor_size;  /* 0: there is no next page */
    bool is_waiting;     /* out: nothing to tell yet, ask again when something happened */
    bool is_last_chance; /* in: the time to wait is over, answer with what there is */
    const struct fq_certificate *asker; /* in: who asks; NULL when unknown, or after a wait */
};

typedef fq_err fq_verb_run(struct fq_node *node, struct fq_span args, struct fq_answer *answer,
                           struct fq_why *out_why);

struct fq_verb {
    const char *name;
    fq_verb_run *run;
};

extern const struct fq_verb fq_verbs[]; /* ends with a NULL name; in query.c */

/* query.c: of the view */
fq_verb_run fq_verb_status, fq_verb_digest, fq_verb_wait, fq_verb_codes, fq_verb_areas;
/* figures.c, explain.c, audit.c: of all of it */
fq_verb_run fq_verb_rollup, fq_verb_cases, fq_verb_explain, fq_verb_audit;
/* figures.c, audit.c: of all of it */
fq_verb_run fq_verb_rollup, fq_verb_cases, fq_verb_audit;
/* period.c, period_diff.c: of sealed periods */
fq_verb_run fq_verb_period_list, fq_verb_period_read, fq_verb_period_check, fq_verb_proof_case;
fq_verb_run fq_verb_period_diff, fq_verb_period_cases;
/* tables.c: of the tables a node may have */
fq_verb_run fq_verb_units, fq_verb_places;
/* today.c, referral.c: what waits for somebody */
fq_verb_run fq_verb_today, fq_verb_alerts, fq_verb_referrals;
/* lookup.c: of single disputes */
fq_verb_run fq_verb_find, fq_verb_show, fq_verb_list;
/* records.c: for work away from the node */
fq_verb_run fq_verb_desk, fq_verb_records, fq_verb_receipt;
/* screening.c: of campaigns and sweeps; activities.c: of other services' figures */
fq_verb_run fq_verb_campaigns, fq_verb_campaign_report, fq_verb_coverage, fq_verb_activities;
fq_verb_run fq_verb_find, fq_verb_show, fq_verb_list;
/* subsidy.c: which disputes are paid for */
fq_verb_run fq_verb_subsidies;
/* vault.c, duplicates.c: of party data, in a county */
fq_verb_run fq_verb_vault_read, fq_verb_vault_log, fq_verb_vault_forget;
fq_verb_run fq_verb_dup_list, fq_verb_dup_show, fq_verb_dup_dismiss;
/* Whether the asker may have to do with party data: one of the county's own people. Fails with
 * NOT_HELD above the county, and DENIED; in vault.c. */
FQ_CHECKED fq_err fq_vault_admit(const struct fq_node *node, const struct fq_answer *answer,
                                 struct fq_why *out_why);
/* events.c: of the log */
fq_verb_run fq_verb_replay, fq_verb_replay_start, fq_verb_log_verify, fq_verb_evidence;

/* bundle.c: what a person carries */
fq_verb_run fq_verb_bundle_read;
/* The submit of args.sealed, which its author, a person this node knows, signed and sealed for this
 * node. Fails with KEY_UNKNOWN, SEAL, CRYPTO, BYTES or LIMIT. */
FQ_CHECKED fq_err fq_bundle_unseal(struct fq_node *node, struct fq_span args,
                                   const struct fq_certificate **out_author,
                                   struct fq_span *out_submit, struct fq_why *out_why);

/* ---- what several verbs need; in query.c ---- */

/* args.area, the node's own when absent. Fails with AREA_UNKNOWN or NOT_HELD. */
FQ_CHECKED fq_err fq_service_read_area(const struct fq_node *node, struct fq_span args,
                                       uint32_t *out_area, struct fq_why *out_why);
/* args.period: a period, or a campaign's name or number for the months its days lie in. Fails with
 * PERIOD_UNKNOWN or CAMPAIGN_MANY. */
FQ_CHECKED fq_err fq_service_find_period(const struct fq_node *node, struct fq_span text,
                                         struct fq_period *out_period, struct fq_why *out_why);
FQ_CHECKED fq_err fq_service_read_period(const struct fq_node *node, struct fq_span args,
                                         struct fq_period *out_period, struct fq_why *out_why);
/* A day or a unit among the arguments; left alone when absent. Fail with DATE, UNIT. */
FQ_CHECKED fq_err fq_service_read_date(struct fq_span args, const char *name, uint16_t *out_date,
                                       struct fq_why *out_why);
FQ_CHECKED fq_err fq_service_read_unit(struct fq_span args, uint64_t *out_unit,
                                       struct fq_why *out_why);

/* What stands on every figure: what is held, and what it amounts to. */
struct fq_proofs {
    char frontier[2 * FQ_HASH_SIZE + 1];
    char digest[33];
};
FQ_CHECKED fq_err fq_service_prove(struct fq_node *node, uint32_t area, uint16_t first_month,
                                   uint16_t last_month, struct fq_proofs *out_proofs,
                                   struct fq_why *out_why);

/* The dispute a person names: its id, a unique beginning of it, or its number; in lookup.c. Fails with
 * DISPUTE_UNKNOWN or DISPUTE_MANY. */
FQ_CHECKED fq_err fq_service_find_dispute(struct fq_node *node, struct fq_span name,
                                          const struct fq_dispute **out_dispute,
                                          struct fq_why *out_why);

#endif
