/* `sync`: everything that waits goes out, everything that was learnt comes in. */
#include <stdlib.h>

#include "desk.h"
#include "desk_local.h"
#include "desk_parties.h"
#include "desk_sync.h"
#include "outbox.h"

/* Send, ask where everything is, and send again what a rebuilt node has lost. */
static fq_err exchange(struct cli_desk *desk, struct desk_counts *counts, struct fq_why *out_why)
{
    fq_err err = desk_deliver(desk, counts, out_why);

    err = err ? err : desk_ask_receipts(desk, SIZE_MAX, counts, out_why);
    if (!err && counts->lost > 0) {
        err = desk_deliver(desk, counts, out_why);
    }
    return err;
}

/* What is known here of disputes, brought up to the node's. */
static fq_err refresh_disputes(struct cli_desk *desk, struct fq_why *out_why)
{
    struct fq_id *disputes = NULL;
    size_t count = 0;
    fq_err err = local_list(desk->outbox, &disputes, &count, out_why);

    err = err ? err : local_fetch(desk->client, desk->outbox, disputes, count, out_why);
    free(disputes);
    return err;
}

static fq_err wait_and_ask(struct cli_desk *desk, struct desk_counts *counts,
                           struct fq_why *out_why)
{
    if (!desk->cli->wait_tier[0]) {
        return FQ_OK;
    }
    fq_err err = cli_wait(desk->cli, desk->client, out_why);
    struct fq_why ask_why = {0};
    fq_err ask_err = desk_ask_receipts(desk, SIZE_MAX, counts, &ask_why);
    return err || !ask_err ? err : fq_fail(out_why, ask_why.reason, "%s", ask_why.detail);
}

struct totals {
    unsigned waiting, refused, held[FQ_TIER_PROVINCE + 1];
};

static struct totals count_entries(const struct fq_outbox *outbox)
{
    struct totals totals = {0};

    for (size_t i = 0; i < fq_outbox_count(outbox); i++) {
        const struct fq_outbox_entry *entry = fq_outbox_at(outbox, i);
        totals.waiting += entry->state == FQ_OUTBOX_WAITING;
        totals.refused += entry->state == FQ_OUTBOX_REFUSED;
        for (unsigned tier = FQ_TIER_COUNTY; tier <= FQ_TIER_PROVINCE; tier++) {
            totals.held[tier] += entry->state == FQ_OUTBOX_DELIVERED && entry->held_ms[tier] > 0;
        }
    }
    return totals;
}

/* What this run did, then how many entries stand where: a tier's number is of all it holds. */
static fq_err print(const struct cli_desk *desk, const struct desk_counts *counts,
                    const struct totals *totals, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    uint8_t memory[512];
    struct fq_writer writer = fq_writer_over(memory, sizeof memory);

    fq_write_map(&writer, 10);
    cli_write_pair_bool(&writer, "reached", desk->client != NULL);
    cli_write_pair_uint(&writer, "sent", counts->sent);
    cli_write_pair_uint(&writer, "already", counts->already);
    cli_write_pair_uint(&writer, "refused", counts->refused);
    cli_write_pair_uint(&writer, "lost", counts->lost);
    cli_write_pair_uint(&writer, "waiting", totals->waiting);
    cli_write_pair_uint(&writer, "county", totals->held[FQ_TIER_COUNTY]);
    cli_write_pair_uint(&writer, "city", totals->held[FQ_TIER_CITY]);
    cli_write_pair_uint(&writer, "province", totals->held[FQ_TIER_PROVINCE]);
    cli_write_pair_uint(&writer, "refused_in_all", totals->refused);
    return cli_print(desk->cli, fq_writer_span(&writer), &view, out_why);
}

static fq_err conclude(const struct cli_desk *desk, const struct desk_counts *counts,
                       const struct totals *totals, struct fq_why *out_why)
{
    if (counts->refused > 0) {
        return fq_fail(out_why, FQ_REASON_OUTBOX_REFUSED, "%u", counts->refused);
    }
    if (totals->waiting > 0 && counts->held_by != FQ_REASON_NONE) {
        return fq_fail(out_why, FQ_REASON_OUTBOX_WAITING, "%u; FQ-%04u", totals->waiting,
                       (unsigned)counts->held_by);
    }
    if (totals->waiting > 0) {
        return fq_fail(out_why, FQ_REASON_OUTBOX_WAITING, "%u", totals->waiting);
    }
    return desk->client ? FQ_OK : fq_fail(out_why, FQ_REASON_UNREACHED, "%s", "");
}

static fq_err sync_desk(struct cli_desk *desk, struct fq_why *out_why)
{
    struct desk_counts counts = {0};
    struct fq_why why = {0};
    fq_err err = FQ_OK;

    if (desk->client) {
        err = exchange(desk, &counts, &why);
        err = err ? err : refresh_disputes(desk, &why);
        err = err ? err : desk_fetch_campaigns(desk, &why);
        err = err ? err : wait_and_ask(desk, &counts, &why);
        if (err && desk_is_unreached(&why)) {
            desk_lose(desk);
            err = FQ_OK;
        }
    }
    parties_sweep(desk->outbox);
    struct totals totals = count_entries(desk->outbox);
    if (err && err != FQ_ERR_WAITING) {
        return fq_fail(out_why, why.reason, "%s", why.detail);
    }
    fq_err print_err = print(desk, &counts, &totals, out_why);
    if (print_err) {
        return print_err;
    }
    fq_err end = conclude(desk, &counts, &totals, out_why);
    return end || !err ? end : fq_fail(out_why, why.reason, "%s", why.detail);
}

fq_err sync_run(struct cli *cli, struct fq_why *out_why)
{
    struct cli_desk *desk = NULL;
    fq_err err = cli_desk_open(cli, &desk, out_why);

    err = err ? err : sync_desk(desk, out_why);
    cli_desk_close(desk);
    return err;
}
