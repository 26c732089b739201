/* henan lay-out LAB CODES             lay out a lab of these nodes, with the keys of all others
 * henan write LAB OUT SCALE SEED      write what all wrote: bundles, tables of figures, the truth
 * henan submit LAB CODE SCALE SEED    submit one county's events at its daemon
 *
 * Run from the root of the repository. README.md says what is played. */
#include "henan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "henan: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return false;
}

/* ---- the truth ---- */

enum truth {
    REGISTERED,
    ACCEPTED,
    REJECTED,
    CONCLUDED,
    AGREED,
    FAILED,
    TERMINATED,
    MERGED,
    VOIDED,
    TRUTHS
};

#define MONTHS_MAX 48

struct truths {
    uint32_t area;
    uint32_t value[MONTHS_MAX][TRUTHS];
};

static void count_life(const struct province *province, const struct life *life,
                       struct truths *truths)
{
    uint16_t first = fq_month_of(province->day_2020), outcome_on = 0;
    uint8_t outcome = 0;
    bool is_merged = life->steps[life->count - 1].kind == FQ_EVENT_MERGED;
    bool is_voided = life->steps[life->count - 1].kind == FQ_EVENT_VOIDED;

#define COUNT(what, date) truths->value[fq_month_of(date) - first][what]++
    if (is_merged || is_voided) {
        COUNT(is_merged ? MERGED : VOIDED, life->steps[0].date);
        return;
    }
    COUNT(REGISTERED, life->steps[0].date);
    for (uint32_t i = 1; i < life->count; i++) {
        const struct life_step *step = &life->steps[i];
        if (step->step == FQ_EVENT_ACCEPTED) {
            COUNT(ACCEPTED, step->date);
        } else if (step->step == FQ_EVENT_REJECTED) {
            COUNT(REJECTED, step->date);
        } else if (step->step == FQ_EVENT_AGREED || step->step == FQ_EVENT_FAILED ||
                   step->step == FQ_EVENT_TERMINATED) {
            outcome = step->step; /* the last one stands */
            outcome_on = step->date;
        }
    }
    if (outcome) {
        COUNT(CONCLUDED, outcome_on);
        COUNT(outcome == FQ_EVENT_AGREED   ? AGREED
              : outcome == FQ_EVENT_FAILED ? FAILED
                                           : TERMINATED,
              outcome_on);
    }
#undef COUNT
}

static struct truths *count_all(const struct province *province)
{
    struct truths *truths = calloc(province->county_count, sizeof *truths);
    struct life life;

    for (uint32_t i = 0; truths && i < province->county_count; i++) {
        const struct county *county = &province->counties[i];
        uint32_t lives = county_lives(county);
        truths[i].area = county->area;
        for (uint32_t index = 0; index < lives; index++) {
            life_draw(province, county, index, &life);
            const struct county *home = province_county(province, life.home);
            count_life(province, &life, &truths[home - province->counties]);
        }
    }
    return truths;
}

/* OUT/truth.csv: what the figures must be, by county and month. */
static bool write_truth(const struct province *province, const char *out)
{
    char path[LAB_PATH_SIZE + 16], month[FQ_MONTH_TEXT_SIZE];
    struct truths *truths = count_all(province);

    snprintf(path, sizeof path, "%s/truth.csv", out);
    FILE *file = truths ? fopen(path, "w") : NULL;
    if (!file) {
        free(truths);
        return complain("%s", path);
    }
    fprintf(file, "county,month,registered,accepted,rejected,concluded,agreed,failed,terminated,"
                  "merged,voided\n");
    for (uint32_t i = 0; i < province->county_count; i++) {
        for (uint16_t at = 0; at < MONTHS_MAX; at++) {
            const uint32_t *value = truths[i].value[at];
            uint32_t any = 0;
            for (int k = 0; k < TRUTHS; k++) {
                any |= value[k];
            }
            if (!any) {
                continue;
            }
            fq_month_format((uint16_t)(fq_month_of(province->day_2020) + at), month);
            fprintf(file, "%06u,%s", truths[i].area, month);
            for (int k = 0; k < TRUTHS; k++) {
                fprintf(file, ",%u", value[k]);
            }
            fprintf(file, "\n");
        }
    }
    free(truths);
    return fclose(file) == 0;
}

/* ---- commands ---- */

static bool lay_out(const char *dir, const char *codes)
{
    struct lab_plan plan = {.dir = dir,
                            .areas_file = "config/areas/henan.csv",
                            .taxonomy_file = "config/taxonomy.cfg",
                            .only = codes};
    static struct province province;
    struct lab *lab = NULL;
    struct fq_why why = {0};

    if (lab_lay_out(&plan, &why) || lab_load(dir, &lab, &why)) {
        return complain("%s: %s", dir, why.detail);
    }
    bool is_fine = province_open(&province, lab, 1, 1) && bundles_admit(&province, lab);
    province_close(&province);
    free(lab);
    return is_fine;
}

static bool play(char **arguments, bool is_submit)
{
    static struct province province;
    static struct logs logs;
    struct lab *lab = NULL;
    struct fq_why why = {0};

    if (lab_load(arguments[2], &lab, &why)) {
        return complain("%s: %s", arguments[2], why.detail);
    }
    bool is_fine = province_open(&province, lab, strtoull(arguments[5], NULL, 10),
                                 (uint32_t)strtoul(arguments[4], NULL, 10)) &&
                   logs_open(&logs, &province, lab);
    if (is_submit) {
        is_fine = is_fine &&
                  submit_county(&province, &logs, lab, (uint32_t)strtoul(arguments[3], NULL, 10));
    } else {
        is_fine = is_fine && bundles_write(&province, &logs, lab, arguments[3]) &&
                  submit_write_reports(&logs, arguments[3]) && write_truth(&province, arguments[3]);
    }
    logs_close(&logs);
    province_close(&province);
    free(lab);
    return is_fine;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "lay-out") == 0) {
        return lay_out(argv[2], argv[3]) ? 0 : 1;
    }
    if (argc == 6 && (strcmp(argv[1], "write") == 0 || strcmp(argv[1], "submit") == 0)) {
        return play(argv, argv[1][0] == 's') ? 0 : 1;
    }
    fprintf(stderr, "usage: henan lay-out LAB CODES | write LAB OUT SCALE SEED | "
                    "submit LAB CODE SCALE SEED\n");
    return 2;
}
