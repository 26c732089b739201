/* Campaigns as they were last heard of: what a screening may name when the node cannot be reached. */
#include <stdlib.h>
#include <string.h>

#include "desk_sync.h"

#define CAMPAIGNS_FILE "campaigns"
#define LIST_MEMORY (16u << 20)

fq_err desk_fetch_campaigns(struct cli_desk *desk, struct fq_why *out_why)
{
    struct fq_writer list = cli_build_open(LIST_MEMORY);
    struct fq_span kept = {0};
    fq_err err = cli_call_all(desk->client, "campaign.list", NULL, 0, &list, out_why);

    err = err ? err : desk_kept_campaigns(desk, &kept, out_why);
    if (!err && !fq_span_equal(kept, fq_writer_span(&list))) {
        err = fq_outbox_file_write(desk->outbox, CAMPAIGNS_FILE, fq_writer_span(&list), out_why);
    }
    cli_free(kept);
    cli_build_close(&list);
    return err;
}

fq_err desk_kept_campaigns(const struct cli_desk *desk, struct fq_span *out_rows,
                           struct fq_why *out_why)
{
    return fq_outbox_file_read(desk->outbox, CAMPAIGNS_FILE, out_rows, out_why);
}

static uint16_t read_date(struct fq_span row, const char *key)
{
    uint16_t date = 0;

    return fq_date_parse(fq_map_text(row, key), &date) ? date : 0;
}

static struct fq_campaign read_campaign(struct fq_span row)
{
    struct fq_campaign campaign = {
        .number = (uint32_t)fq_map_uint(row, "number"),
        .first_day = read_date(row, "from"),
        .last_day = read_date(row, "to"),
        .closed_on = read_date(row, "closed"),
        .made = {.hlc = 1},
    };
    char area[16];

    cli_copy(area, sizeof area, fq_map_text(row, "area"));
    campaign.area = campaign.closed_area = (uint32_t)strtoul(area, NULL, 10);
    campaign.closed.hlc = campaign.closed_on > 0;
    cli_copy(campaign.name, sizeof campaign.name, fq_map_text(row, "campaign"));
    return campaign;
}

fq_err desk_read_campaigns(const struct cli_desk *desk, struct fq_campaigns *out_campaigns,
                           struct fq_why *out_why)
{
    struct fq_span rows;
    fq_err err = desk_kept_campaigns(desk, &rows, out_why);

    if (err || !rows.data) {
        return err;
    }
    struct fq_reader reader = fq_reader_over(rows);
    for (uint32_t left = fq_read_array(&reader);
         left > 0 && !reader.is_bad && out_campaigns->count < FQ_CAMPAIGNS_MAX; left--) {
        out_campaigns->rows[out_campaigns->count++] = read_campaign(fq_read_skip(&reader));
    }
    cli_free(rows);
    return FQ_OK;
}
