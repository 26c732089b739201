#include "names.h"

#include <string.h>

#define CODE_SIZE 16
#define NAME_SIZE 128
#define RESOLVED_MAX 16 /* of one command; rows begin anew */

/* The codes that stand in for names: as long-lived as the words of the command line they replace. */
static char resolved[RESOLVED_MAX][CODE_SIZE];
static size_t resolved_count, kept_count; /* those of the line itself are kept */

enum names_table names_table_of(const char *option)
{
    static const char *const units[] = {"unit", "host", "to-unit"};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(option, units[i]) == 0) {
            return NAMES_UNITS;
        }
    }
    return strcmp(option, "place") == 0 ? NAMES_PLACES : NAMES_NONE;
}

bool names_at(const struct cli_desk *desk, enum names_table table, size_t index,
              struct cli_choice *out_choice)
{
    static char code[CODE_SIZE]; /* good until the next is asked for */
    const struct fq_units *units = &desk->tables->units;
    const struct fq_places *places = &desk->tables->places;

    if (table == NAMES_UNITS && index < units->count) {
        const struct fq_unit *unit = &units->rows[index];
        snprintf(code, sizeof code, "%010llu", (unsigned long long)unit->code);
        *out_choice = (struct cli_choice){code, unit->name_zh, unit->name_en, 0};
        return true;
    }
    if (table == NAMES_PLACES && index < places->count) {
        const struct fq_place *place = &places->rows[index];
        snprintf(code, sizeof code, "%llu", (unsigned long long)place->code);
        *out_choice = (struct cli_choice){code, place->name_zh, "", 0};
        return true;
    }
    return false;
}

void names_take(const struct cli_desk *desk, enum names_table table, char *text, size_t text_size)
{
    char code[CODE_SIZE] = "";
    size_t found = 0;
    struct cli_choice choice = {0};

    if (table == NAMES_NONE || strspn(text, "0123456789") == strlen(text)) {
        return;
    }
    for (size_t i = 0; names_at(desk, table, i, &choice); i++) {
        if (strcmp(choice.zh, text) == 0 || strcmp(choice.en, text) == 0) {
            snprintf(code, sizeof code, "%s", choice.id);
            found++;
        }
    }
    if (found == 1) {
        snprintf(text, text_size, "%s", code);
    }
}

void names_resolve(const struct cli_desk *desk, struct cli *cli, int first)
{
    resolved_count = first == 0 ? 0 : kept_count;
    for (int i = first; i < cli->given_count && resolved_count < RESOLVED_MAX; i++) {
        struct cli_given *given = &cli->given[i];
        enum names_table table = given->value ? names_table_of(given->name) : NAMES_NONE;
        char text[NAME_SIZE];
        if (table == NAMES_NONE || strlen(given->value) >= sizeof text) {
            continue;
        }
        snprintf(text, sizeof text, "%s", given->value);
        names_take(desk, table, text, sizeof text);
        if (strcmp(text, given->value) != 0) {
            cli_copy(resolved[resolved_count], CODE_SIZE, fq_span_text(text));
            given->value = resolved[resolved_count++];
        }
    }
    kept_count = first == 0 ? resolved_count : kept_count;
}
