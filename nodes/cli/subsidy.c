/* `subsidy ls PERIOD --rules FILE`: what a county pays its mediators for their disputes (以案定补). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "fq/core/subsidy.h"
#include "fq/edge/settings.h"

#define RULES_MEMORY (2u << 20)

struct payment {
    char unit[16], actor[FQ_ACTOR_MAX + 1]; /* who is paid; actor "" by unit */
    struct fq_span dispute, details;        /* of the node's answer */
    uint32_t place;                         /* in it */
};

struct listing {
    const struct cli *cli;
    struct cli_client *client;
    struct cli_tables *tables;
    const char *path; /* of the rules */
    const struct fq_setting *settings;
    struct fq_subsidy_rules rules;
    struct fq_writer rows;    /* the node's answer: [[dispute, payment], ...] */
    struct payment *payments; /* by payee */
    uint32_t count;
    uint64_t cents;
};

/* ---- rules ---- */

static const struct fq_setting *find(const struct listing *listing, const char *group,
                                     unsigned place, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "%s.%u.%s", group, place, name);
    return fq_settings_find(listing->settings, path);
}

static fq_err fail_rule(const struct listing *listing, const struct fq_setting *at,
                        const char *what, struct fq_why *out_why)
{
    return fq_fail(out_why, FQ_REASON_SUBSIDY_RULES, "%s:%u: %s", listing->path, at ? at->line : 0,
                   what);
}

static fq_err read_code(const struct listing *listing, const char *group, unsigned place,
                        const char *name, uint8_t *out_code, struct fq_why *out_why)
{
    const struct fq_setting *setting = find(listing, group, place, name);
    enum fq_code_table table = fq_codes_table_find(fq_span_text(name));
    uint16_t number;

    if (!setting) {
        return FQ_OK;
    }
    if (!fq_codes_find_id(&listing->tables->codes, table, fq_span_text(setting->text), &number) ||
        number > UINT8_MAX) {
        return fail_rule(listing, setting, setting->text, out_why);
    }
    *out_code = (uint8_t)number;
    return FQ_OK;
}

static bool read_truth(const struct listing *listing, const char *group, unsigned place,
                       const char *name)
{
    const struct fq_setting *setting = find(listing, group, place, name);

    return setting && setting->number != 0;
}

/* Whole yuan, or a text with decimals. */
static fq_err read_amount(const struct listing *listing, const struct fq_setting *setting,
                          uint64_t *out_cents, struct fq_why *out_why)
{
    unsigned long long yuan = 0;
    unsigned cents = 0;
    int end = 0;

    if (setting->type == FQ_SETTING_NUMBER && setting->number >= 0 &&
        setting->number <= FQ_SUBSIDY_CENTS_MAX / 100) {
        *out_cents = (uint64_t)setting->number * 100;
        return FQ_OK;
    }
    if (setting->type == FQ_SETTING_TEXT && strlen(setting->text) < 12 &&
        sscanf(setting->text, "%9llu.%2u%n", &yuan, &cents, &end) == 2 &&
        setting->text[end] == '\0' && end > 3 && setting->text[end - 3] == '.') {
        *out_cents = (uint64_t)yuan * 100 + cents;
        return FQ_OK;
    }
    return fail_rule(listing, setting, "yuan", out_why);
}

static fq_err read_rule(struct listing *listing, const char *group, unsigned place,
                        const struct fq_setting *amount, struct fq_why *out_why)
{
    struct fq_subsidy_rule rule = {
        .is_confirmed = read_truth(listing, group, place, "confirmed"),
        .is_linked = read_truth(listing, group, place, "linked"),
        .is_supplement = strcmp(group, "supplement") == 0,
    };

    if (listing->rules.count == FQ_SUBSIDY_RULES_MAX) {
        return fail_rule(listing, amount, "64", out_why);
    }
    fq_err err = read_amount(listing, amount, &rule.cents, out_why);
    err = err ? err : read_code(listing, group, place, "outcome", &rule.outcome, out_why);
    err = err ? err : read_code(listing, group, place, "form", &rule.form, out_why);
    err = err ? err : read_code(listing, group, place, "difficulty", &rule.difficulty, out_why);
    err = err ? err : read_code(listing, group, place, "scale", &rule.scale, out_why);
    err = err ? err : read_code(listing, group, place, "performance", &rule.performance, out_why);
    if (!err) {
        listing->rules.rows[listing->rules.count++] = rule;
    }
    return err;
}

static fq_err read_step(struct listing *listing, struct fq_why *out_why)
{
    static const struct {
        const char *name;
        uint8_t step;
    } steps[] = {{"outcome", FQ_EVENT_AGREED},
                 {"performed", FQ_EVENT_PERFORMED},
                 {"closed", FQ_EVENT_CLOSED},
                 {"archived", FQ_EVENT_ARCHIVED}};
    const struct fq_setting *setting = fq_settings_find(listing->settings, "step");

    for (size_t i = 0; setting && i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(steps[i].name, setting->text) == 0) {
            listing->rules.step = steps[i].step;
            return FQ_OK;
        }
    }
    return fail_rule(listing, setting, "step: outcome, performed, closed, archived", out_why);
}

/* A word nobody knows is a mistake that would cost money: refused. */
static fq_err check_words(const struct listing *listing, struct fq_why *out_why)
{
    static const char *const known[] = {"outcome",     "form",      "difficulty", "scale",
                                        "performance", "confirmed", "linked",     "yuan"};

    for (const struct fq_setting *at = listing->settings; at; at = at->next) {
        const char *name = strrchr(at->path, '.');
        bool is_rule =
            strncmp(at->path, "rule.", 5) == 0 || strncmp(at->path, "supplement.", 11) == 0;
        bool is_known =
            !is_rule && (strcmp(at->path, "name") == 0 || strcmp(at->path, "step") == 0 ||
                         strcmp(at->path, "supplement") == 0);
        for (size_t i = 0; is_rule && name && i < sizeof known / sizeof known[0]; i++) {
            is_known |= strcmp(name + 1, known[i]) == 0;
        }
        if (!is_known) {
            return fail_rule(listing, at, at->path, out_why);
        }
    }
    return FQ_OK;
}

static fq_err read_rules(struct listing *listing, struct fq_arena *arena, struct fq_why *out_why)
{
    static const char *const groups[] = {"rule", "supplement"};
    const struct fq_setting *amount;
    fq_err err = fq_settings_read(listing->path, arena, &listing->settings, out_why);

    err = err ? err : check_words(listing, out_why);
    err = err ? err : read_step(listing, out_why);
    for (size_t group = 0; group < 2 && !err; group++) {
        for (unsigned i = 0; !err && (amount = find(listing, groups[group], i, "yuan")); i++) {
            err = read_rule(listing, groups[group], i, amount, out_why);
        }
    }
    return err || listing->rules.count ? err : fail_rule(listing, NULL, "rule", out_why);
}

/* ---- asking ---- */

static void write_rules(const struct fq_subsidy_rules *rules, struct cli_args *args)
{
    struct fq_writer *writer = &args->pairs;

    cli_args_key(args, "rules");
    fq_write_map(writer, 2);
    cli_write_pair_uint(writer, "step", rules->step);
    fq_write_text(writer, "rows");
    fq_write_array(writer, rules->count);
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct fq_subsidy_rule *rule = &rules->rows[i];
        fq_write_map(writer, 9);
        cli_write_pair_uint(writer, "outcome", rule->outcome);
        cli_write_pair_uint(writer, "form", rule->form);
        cli_write_pair_uint(writer, "difficulty", rule->difficulty);
        cli_write_pair_uint(writer, "scale", rule->scale);
        cli_write_pair_uint(writer, "performance", rule->performance);
        cli_write_pair_bool(writer, "confirmed", rule->is_confirmed);
        cli_write_pair_bool(writer, "linked", rule->is_linked);
        cli_write_pair_bool(writer, "supplement", rule->is_supplement);
        cli_write_pair_uint(writer, "cents", rule->cents);
    }
}

static fq_err ask(struct listing *listing, struct fq_why *out_why)
{
    const char *area = cli_value(listing->cli, "area");
    struct cli_args args;

    cli_args_open(&args);
    cli_args_text(&args, "period", listing->cli->arguments[0]);
    if (area) {
        cli_args_text(&args, "area", area);
    }
    write_rules(&listing->rules, &args);
    fq_err err = cli_call_all(listing->client, "subsidy.list", &args, 0, &listing->rows, out_why);
    cli_args_close(&args);
    return err;
}

/* ---- payees ---- */

static int by_payee(const struct payment *left, const struct payment *right)
{
    int order = strcmp(left->unit, right->unit);

    return order ? order : strcmp(left->actor, right->actor);
}

static int compare(const void *a, const void *b)
{
    const struct payment *left = a, *right = b;
    int order = by_payee(left, right);

    return order ? order : left->place < right->place ? -1 : left->place > right->place;
}

static fq_err sort_payments(struct listing *listing, struct fq_why *out_why)
{
    const char *by = cli_value(listing->cli, "by");
    struct fq_reader reader = fq_reader_over(fq_writer_span(&listing->rows));
    uint32_t count = fq_read_array(&reader);

    listing->payments = calloc((size_t)count + 1, sizeof *listing->payments);
    if (!listing->payments) {
        return fq_fail(out_why, FQ_REASON_LIMIT, "subsidy");
    }
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        struct payment *payment = &listing->payments[listing->count++];
        (void)fq_read_array(&reader);
        payment->dispute = fq_read_skip(&reader);
        payment->details = fq_read_skip(&reader);
        payment->place = i;
        cli_copy(payment->unit, sizeof payment->unit, fq_map_text(payment->details, "unit"));
        if (!by || strcmp(by, "unit") != 0) {
            cli_copy(payment->actor, sizeof payment->actor, fq_map_text(payment->details, "actor"));
        }
        listing->cents += fq_map_uint(payment->dispute, "value");
    }
    if (!by || strcmp(by, "dispute") != 0) {
        qsort(listing->payments, listing->count, sizeof *listing->payments, compare);
    }
    return FQ_OK;
}

/* The first payment after `first` of another payee. */
static uint32_t end_of_payee(const struct listing *listing, uint32_t first)
{
    uint32_t end = first + 1;

    while (end < listing->count &&
           by_payee(&listing->payments[first], &listing->payments[end]) == 0) {
        end++;
    }
    return end;
}

/* ---- printing ---- */

static void write_payment(const struct payment *payment, struct fq_writer *writer)
{
    static const char *const told[] = {"dispute", "id", "home", "type", "state"};
    static const char *const paid[] = {"payday", "unit", "actor"};

    fq_write_map(writer, 9);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        fq_write_text(writer, told[i]);
        fq_write_raw(writer, fq_map_get(payment->dispute, told[i]));
    }
    for (size_t i = 0; i < sizeof paid / sizeof paid[0]; i++) {
        fq_write_text(writer, paid[i]);
        fq_write_raw(writer, fq_map_get(payment->details, paid[i]));
    }
    cli_write_pair_uint(writer, "amount_cents", fq_map_uint(payment->dispute, "value"));
}

static void write_payee(const struct listing *listing, uint32_t first, uint32_t end,
                        struct fq_writer *writer)
{
    uint64_t cents = 0;

    for (uint32_t i = first; i < end; i++) {
        cents += fq_map_uint(listing->payments[i].dispute, "value");
    }
    fq_write_map(writer, 5);
    cli_write_pair_text(writer, "unit", listing->payments[first].unit);
    cli_write_pair_text(writer, "actor", listing->payments[first].actor);
    cli_write_pair_uint(writer, "disputes", end - first);
    cli_write_pair_uint(writer, "amount_cents", cents);
    fq_write_text(writer, "list");
    fq_write_array(writer, end - first);
    for (uint32_t i = first; i < end; i++) {
        write_payment(&listing->payments[i], writer);
    }
}

static void write_rows(const struct listing *listing, bool is_by_dispute, struct fq_writer *writer)
{
    uint32_t payees = 0;

    for (uint32_t i = 0; i < listing->count; i = end_of_payee(listing, i)) {
        payees++;
    }
    fq_write_text(writer, "rows");
    fq_write_array(writer, is_by_dispute ? listing->count : payees);
    for (uint32_t i = 0, end; i < listing->count; i = end) {
        end = is_by_dispute ? i + 1 : end_of_payee(listing, i);
        if (is_by_dispute) {
            write_payment(&listing->payments[i], writer);
        } else {
            write_payee(listing, i, end, writer);
        }
    }
}

static fq_err print(struct listing *listing, bool is_by_dispute, struct fq_why *out_why)
{
    static const char *const payees[] = {"unit", "actor", "disputes", "amount_cents", NULL};
    static const char *const units[] = {"unit", "disputes", "amount_cents", NULL};
    static const char *const disputes[] = {"dispute", "id",    "type",         "payday",
                                           "unit",    "actor", "amount_cents", NULL};
    const char *by = cli_value(listing->cli, "by");
    struct cli_view view = {.rows = "rows",
                            .total = "total",
                            .columns = is_by_dispute                   ? disputes
                                       : by && strcmp(by, "unit") == 0 ? units
                                                                       : payees};
    struct fq_writer writer = cli_build_open(CLI_VALUE_MAX);
    const struct fq_setting *name = fq_settings_find(listing->settings, "name");

    fq_write_map(&writer, 4);
    cli_write_pair_text(&writer, "period", listing->cli->arguments[0]);
    cli_write_pair_text(&writer, "rules", name ? name->text : listing->path);
    write_rows(listing, is_by_dispute, &writer);
    fq_write_text(&writer, "total");
    fq_write_map(&writer, 2);
    cli_write_pair_uint(&writer, "disputes", listing->count);
    cli_write_pair_uint(&writer, "amount_cents", listing->cents);
    fq_err err = writer.is_full ? fq_fail(out_why, FQ_REASON_LIMIT, "subsidy")
                                : cli_print(listing->cli, fq_writer_span(&writer), &view, out_why);
    cli_build_close(&writer);
    return err;
}

/* ---- the command ---- */

static fq_err list(struct listing *listing, struct fq_arena *arena, struct fq_why *out_why)
{
    const char *by = cli_value(listing->cli, "by");
    bool is_by_dispute = by && strcmp(by, "dispute") == 0;

    if (!listing->path) {
        return fq_fail(out_why, FQ_REASON_USAGE, "subsidy ls PERIOD --rules FILE");
    }
    if (by && !is_by_dispute && strcmp(by, "unit") != 0 && strcmp(by, "mediator") != 0) {
        return fq_fail(out_why, FQ_REASON_USAGE, "--by %s: mediator, unit, dispute", by);
    }
    fq_err err = cli_connect(listing->cli, &listing->client, out_why);
    err = err ? err : cli_tables_open(listing->client, &listing->tables, out_why);
    err = err ? err : read_rules(listing, arena, out_why);
    err = err ? err : ask(listing, out_why);
    err = err ? err : sort_payments(listing, out_why);
    return err ? err : print(listing, is_by_dispute, out_why);
}

static fq_err run_ls(struct cli *cli, struct fq_why *out_why)
{
    struct listing *listing = calloc(1, sizeof *listing);
    struct fq_writer memory = cli_build_open(RULES_MEMORY);
    struct fq_arena arena = fq_arena_over(memory.base, memory.size);
    fq_err err = listing ? FQ_OK : fq_fail(out_why, FQ_REASON_LIMIT, "subsidy");

    if (!err) {
        listing->cli = cli;
        listing->path = cli_value(cli, "rules");
        listing->rows = cli_build_open(CLI_VALUE_MAX);
        err = list(listing, &arena, out_why);
        cli_tables_close(listing->tables);
        cli_disconnect(listing->client);
        cli_build_close(&listing->rows);
        free(listing->payments);
    }
    free(listing);
    cli_build_close(&memory);
    return err;
}

static const struct cli_option ls_options[] = {
    {"rules", 0, "FILE", N_("the county's rules; `config/subsidy/sample.cfg` shows how")},
    {"by", 0, "NAME", N_("`mediator` (the default), `unit` or `dispute`")},
    {"area", 0, "CODE", N_("area (default: the node's own)")},
    {NULL, 0, NULL, NULL},
};

const struct cli_command cli_subsidy_commands[] = {
    {"subsidy", "ls", "PERIOD", 1, 1,
     N_("What is paid to mediators for the disputes of a period; none is ever paid for twice."),
     ls_options, run_ls},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
