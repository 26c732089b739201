#include "services.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "desk_sync.h"
#include "step.h"

/* Whether the row of campaign.list is what the text names. */
static bool is_named(struct fq_span row, const char *text, bool *out_is_number)
{
    char number[16];

    snprintf(number, sizeof number, "%" PRIu64, fq_map_uint(row, "number"));
    *out_is_number = strcmp(number, text) == 0;
    return *out_is_number || fq_span_equal(fq_map_text(row, "campaign"), fq_span_text(text));
}

static struct service_campaign read_campaign(struct fq_span row)
{
    char area[8];

    cli_copy(area, sizeof area, fq_map_text(row, "area"));
    return (struct service_campaign){
        .number = (uint32_t)fq_map_uint(row, "number"),
        .area = (uint32_t)strtoul(area, NULL, 10),
    };
}

fq_err service_find_campaign(struct cli_desk *desk, const char *text,
                             struct service_campaign *out_campaign, struct fq_why *out_why)
{
    struct fq_span list = {0};
    uint32_t found = 0;
    bool is_number = false;
    fq_err err = desk->client ? desk_fetch_campaigns(desk, out_why) : FQ_OK;

    err = err ? err : desk_kept_campaigns(desk, &list, out_why);
    struct fq_reader reader = fq_reader_over(list);
    for (uint32_t count = err || !list.data ? 0 : fq_read_array(&reader); count > 0 && !is_number;
         count--) {
        struct fq_span row = fq_read_skip(&reader);
        if (is_named(row, text, &is_number)) {
            *out_campaign = read_campaign(row);
            found++;
        }
    }
    cli_free(list);
    if (!err && found == 0) {
        err = fq_fail(out_why, FQ_REASON_CAMPAIGN_UNKNOWN, "%s", text);
    } else if (!err && found > 1 && !is_number) {
        err = fq_fail(out_why, FQ_REASON_CAMPAIGN_MANY, "%s", text);
    }
    return err;
}

fq_err service_read_area(const struct cli_desk *desk, uint32_t *out_area, struct fq_why *out_why)
{
    fq_err err = step_read_area(desk, out_area, out_why);

    if (!err && *out_area == 0) {
        *out_area = desk->tables->area;
    }
    return err;
}

fq_err service_read_date(const struct cli_desk *desk, const char *option, uint16_t *out_date,
                         struct fq_why *out_why)
{
    const char *text = cli_value(desk->cli, option);
    uint64_t date = 0;
    fq_err err = text ? step_read_date(option, text, &date, out_why) : FQ_OK;

    if (!err) {
        *out_date = (uint16_t)date;
    }
    return err;
}

void service_tell_area(struct cli_args *told, uint32_t area)
{
    char text[16];

    snprintf(text, sizeof text, "%06" PRIu32, area);
    cli_args_text(told, "area", text);
}

void service_tell_date(struct cli_args *told, const char *key, uint16_t date)
{
    char text[FQ_DATE_TEXT_SIZE];

    fq_date_format(date, text);
    cli_args_text(told, key, text);
}

static fq_err print_told(const struct cli *cli, struct cli_args *told, struct fq_why *out_why)
{
    static const struct cli_view view = {0};
    struct fq_writer value = cli_build_open(told->pairs.used + 16);

    fq_write_map(&value, told->count);
    fq_write_raw(&value, fq_writer_span(&told->pairs));
    fq_err err = cli_print(cli, fq_writer_span(&value), &view, out_why);
    cli_build_close(&value);
    return err;
}

fq_err service_run(struct cli *cli, service_work *work, struct fq_why *out_why)
{
    struct cli_desk *desk = NULL;
    struct cli_args told;
    fq_err err = cli_desk_open(cli, &desk, out_why);

    if (err) {
        return err;
    }
    cli_args_open(&told);
    err = work(desk, &told, out_why);
    cli_args_close(&told);
    cli_desk_close(desk);
    return err;
}

fq_err service_send(struct cli_desk *desk, struct cli_entry *entry, struct cli_args *told,
                    struct fq_why *out_why)
{
    char cmd_id[2 * FQ_ID_SIZE + 1];
    struct fq_why wait_why = {0};
    fq_err err = cli_desk_send(desk, entry, &wait_why);

    if (!err || err == FQ_ERR_WAITING) {
        fq_hex_encode(fq_span_of(entry->event.cmd_id.bytes, FQ_ID_SIZE), cmd_id);
        cli_args_text(told, "cmd_id", cmd_id);
        cli_args_text(told, "saved", entry->saved);
        fq_err print_err = print_told(desk->cli, told, out_why);
        if (print_err) {
            return print_err;
        }
    }
    return err ? fq_fail(out_why, wait_why.reason, "%s", wait_why.detail) : FQ_OK;
}

fq_err service_print_list(struct cli *cli, const char *verb, const struct cli_args *args,
                          const char *const *columns, void (*say)(struct fq_span rows),
                          struct fq_why *out_why)
{
    bool is_for_person = cli->format == CLI_TABLE || cli->format == CLI_MD;
    struct cli_view view = {.columns = is_for_person ? columns : NULL};
    struct fq_writer list = cli_build_open(CLI_VALUE_MAX);
    struct cli_client *client = NULL;
    fq_err err = cli_connect(cli, &client, out_why);

    err = err ? err : cli_call_all(client, verb, args, 0, &list, out_why);
    err = err ? err : cli_print(cli, fq_writer_span(&list), &view, out_why);
    if (!err && say) {
        say(fq_writer_span(&list));
    }
    cli_disconnect(client);
    cli_build_close(&list);
    return err;
}

const char *service_name_column(void)
{
    return cli_text_is_chinese() ? "name_zh" : "name";
}
