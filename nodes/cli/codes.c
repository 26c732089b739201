#include "codes.h"

#include <string.h>

#include "client.h"

static const struct fq_codes *lent;
static struct cli_tables *fetched; /* kept until the program ends */
static bool is_within_reach, has_tried;

void codes_lend(const struct fq_codes *codes)
{
    lent = codes;
}

void codes_return(const struct fq_codes *codes)
{
    if (lent == codes) {
        lent = NULL;
    }
}

void codes_keep(struct cli_tables *tables)
{
    if (tables && tables != fetched) {
        cli_tables_close(fetched);
        fetched = tables;
    }
}

void codes_within_reach(void)
{
    is_within_reach = true;
}

/* Over a connection of its own: the answer being printed belongs to the command's. */
static void fetch(const struct cli *cli)
{
    struct cli_client *client = NULL;
    struct fq_why ignored;

    has_tried = true;
    if (cli_connect(cli, &client, &ignored) == FQ_OK &&
        cli_tables_open(client, &fetched, &ignored) != FQ_OK) {
        fetched = NULL;
    }
    cli_disconnect(client);
}

/* The table that a key's values are of: keys of fields, and those that are called otherwise. */
static enum fq_code_table table_of(const char *key)
{
    static const struct {
        const char *key, *table;
    } others[] = {{"to_kind", "kind"}, {"step", "confirmation"}, {"effect", "prevention"}};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i].key, key) == 0) {
            return fq_codes_table_find(fq_span_text(others[i].table));
        }
    }
    return fq_codes_table_find(fq_span_text(key));
}

const char *codes_name(const struct cli *cli, const char *key, const char *id)
{
    enum fq_code_table table = table_of(key);
    uint16_t number;

    if (!table || !*id) {
        return NULL;
    }
    if (!lent && !fetched && is_within_reach && !has_tried) {
        fetch(cli);
    }
    const struct fq_codes *codes = lent ? lent : fetched ? &fetched->codes : NULL;
    if (!codes || !fq_codes_find_id(codes, table, fq_span_text(id), &number)) {
        return NULL;
    }
    const struct fq_code *code = fq_codes_find(codes, table, number);
    return !code ? NULL : cli_text_is_chinese() ? code->zh : code->en;
}

fq_err codes_unknown(const struct fq_codes *codes, enum fq_code_table table, const char *option,
                     const char *text, struct fq_why *out_why)
{
    char list[FQ_WHY_SIZE - 120] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < codes->tables[table].count; i++) {
        const char *id = codes->tables[table].rows[i].id;
        if (used + strlen(id) + sizeof ", ..." > sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, " ...");
            break;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? " " : "", id);
    }
    return fq_fail(out_why, FQ_REASON_CODE_UNKNOWN, "--%s %.40s, %s: %s", option, text,
                   fq_codes_table_name(table), list);
}
