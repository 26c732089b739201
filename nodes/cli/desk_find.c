/* Which dispute a person means. */
#include "desk.h"

#include <stdlib.h>
#include <string.h>

#include "desk_local.h"
#include "desk_sync.h"
#include "target.h"

/* ---- which dispute ---- */

static bool is_letter_name(const char *name, uint32_t *out_number)
{
    size_t size = strspn(name + 1, "0123456789");

    if ((name[0] != 'L' && name[0] != 'l') || size == 0 || size > 9 || name[1 + size]) {
        return false;
    }
    *out_number = (uint32_t)strtoul(name + 1, NULL, 10);
    return true;
}

static fq_err find_by_letter(const struct fq_outbox *outbox, const char *name, uint32_t number,
                             struct fq_id *out_id, struct fq_why *out_why)
{
    for (size_t i = 0; i < fq_outbox_count(outbox); i++) {
        const struct fq_outbox_entry *entry = fq_outbox_at(outbox, i);
        if (entry->number == number && number > 0) {
            *out_id = entry->dispute;
            return FQ_OK;
        }
    }
    return fq_fail(out_why, FQ_REASON_DISPUTE_UNKNOWN, "%s", name);
}

#define PREFIX_MIN 4 /* as at the node */

static bool begins_with(const struct fq_id *id, const char *prefix)
{
    char hex[2 * FQ_ID_SIZE + 1];
    size_t size = strlen(prefix);

    fq_hex_encode(fq_span_of(id->bytes, FQ_ID_SIZE), hex);
    return size >= PREFIX_MIN && size <= 2 * FQ_ID_SIZE && strncasecmp(hex, prefix, size) == 0;
}

/* By what is known on this computer: the beginning of an id, or a number. */
static fq_err find_here(struct cli_desk *desk, const char *name, bool is_number,
                        struct fq_id *out_id, bool *out_found, struct fq_why *out_why)
{
    struct fq_id *disputes = NULL;
    size_t count = 0, matches = 0;
    fq_err err = local_list(desk->outbox, &disputes, &count, out_why);

    for (size_t i = 0; i < count && !err; i++) {
        char number[64] = "";
        if (is_number) {
            local_number(desk->outbox, &disputes[i], number);
        }
        if (is_number ? strcmp(number, name) == 0 : begins_with(&disputes[i], name)) {
            *out_id = disputes[i];
            matches++;
        }
    }
    free(disputes);
    *out_found = matches == 1;
    return !err && matches > 1 ? fq_fail(out_why, FQ_REASON_DISPUTE_MANY, "%s", name) : err;
}

static fq_err find_at_node(struct cli_desk *desk, const char *name, struct fq_id *out_id,
                           struct fq_why *out_why)
{
    struct cli_args args;
    struct cli_answer answer;

    cli_args_open(&args);
    cli_args_text(&args, "dispute", name);
    fq_err err = cli_call(desk->client, "dispute.find", &args, &answer, out_why);
    cli_args_close(&args);
    if (err) {
        return err;
    }
    struct fq_span id = fq_map_text(answer.result, "id");
    return fq_hex_decode((const char *)id.data, id.size, out_id->bytes, FQ_ID_SIZE)
               ? FQ_OK
               : fq_fail(out_why, FQ_REASON_BYTES, "dispute.find");
}

/* The node's word, and beside it that of the outbox, whose registrations it may not have yet. */
static fq_err find_at_both(struct cli_desk *desk, const char *name, bool is_here,
                           const struct fq_id *here, struct fq_id *out_id, struct fq_why *out_why)
{
    struct fq_id there;
    struct fq_why why = {0};
    fq_err err = find_at_node(desk, name, &there, &why);

    if (err && desk_is_unreached(&why)) {
        desk_lose(desk);
    }
    if (!err && is_here && !fq_id_equal(here, &there)) {
        return fq_fail(out_why, FQ_REASON_DISPUTE_MANY, "%s", name);
    }
    if (!err || (is_here && (why.reason == FQ_REASON_DISPUTE_UNKNOWN || !desk->client))) {
        *out_id = err ? *here : there;
        return FQ_OK;
    }
    return desk->client ? fq_fail(out_why, why.reason, "%s", why.detail)
                        : fq_fail(out_why, FQ_REASON_OUTBOX_DISPUTE, "%s", name);
}

fq_err cli_desk_find(struct cli_desk *desk, const char *name, struct fq_id *out_id,
                     struct fq_why *out_why)
{
    struct fq_id here;
    uint32_t letter = 0;
    bool is_here = false, is_number = strchr(name, '-') != NULL;

    if (is_letter_name(name, &letter)) {
        return find_by_letter(desk->outbox, name, letter, out_id, out_why);
    }
    if (!desk->client || !is_number) {
        fq_err err = find_here(desk, name, is_number, &here, &is_here, out_why);
        if (err) {
            return err;
        }
    }
    if (is_here && (!desk->client || strlen(name) == 2 * FQ_ID_SIZE)) {
        *out_id = here;
        return FQ_OK;
    }
    if (desk->client) {
        return find_at_both(desk, name, is_here, &here, out_id, out_why);
    }
    return fq_fail(out_why, FQ_REASON_OUTBOX_DISPUTE, "%s", name);
}

fq_err cli_desk_name(const struct cli *cli, const char *name, char out[64], struct fq_why *out_why)
{
    struct cli_target target;
    struct fq_outbox *outbox = NULL;
    struct fq_id id;
    uint32_t letter = 0;

    if (!is_letter_name(name, &letter)) {
        snprintf(out, 64, "%s", name);
        return FQ_OK;
    }
    fq_err err = target_find(cli, &target, out_why);
    err = err ? err : fq_outbox_open(target.outbox, &outbox, out_why);
    err = err ? err : find_by_letter(outbox, name, letter, &id, out_why);
    if (!err) {
        fq_hex_encode(fq_span_of(id.bytes, FQ_ID_SIZE), out);
    }
    fq_outbox_close(outbox);
    return err;
}
