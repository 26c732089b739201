#include "fq/core/campaign.h"

#include <string.h>

#define PAYLOAD_VERSION 1

/* ---- records ---- */

uint32_t fq_campaign_number(const struct fq_id *cmd_id)
{
    uint32_t number = fq_get_be32(cmd_id->bytes) & INT32_MAX;

    return number ? number : 1;
}

bool fq_campaign_write(const struct fq_campaign_terms *terms, enum fq_campaign_verb verb,
                       uint8_t payload[FQ_CAMPAIGN_PAYLOAD_MAX], struct fq_event *event)
{
    struct fq_writer writer = fq_writer_over(payload, FQ_CAMPAIGN_PAYLOAD_MAX);
    bool is_making = verb == FQ_CONTROL_CAMPAIGN;

    fq_write_map(&writer, is_making ? 5 : 3);
    fq_write_text(&writer, "v");
    fq_write_uint(&writer, PAYLOAD_VERSION);
    fq_write_text(&writer, "area");
    fq_write_uint(&writer, terms->area);
    if (is_making) {
        fq_write_text(&writer, "name");
        fq_write_text_span(&writer, terms->name);
        fq_write_text(&writer, "from");
        fq_write_uint(&writer, terms->first_day);
        fq_write_text(&writer, "to");
        fq_write_uint(&writer, terms->last_day);
    } else {
        fq_write_text(&writer, "campaign");
        fq_write_uint(&writer, terms->number);
    }
    event->kind = event->step = FQ_EVENT_CONTROL;
    event->area = terms->area;
    event->value[FQ_FIELD_VERB] = verb;
    return !writer.is_full && fq_event_set_bytes(event, FQ_FIELD_PAYLOAD, fq_writer_span(&writer));
}

static bool is_day(uint64_t date)
{
    return date > 0 && date <= FQ_DATE_MAX;
}

static bool read_making(struct fq_span payload, struct fq_campaign_terms *terms)
{
    uint64_t first_day = fq_map_uint(payload, "from"), last_day = fq_map_uint(payload, "to");

    terms->name = fq_map_text(payload, "name");
    if (!is_day(first_day) || !is_day(last_day) || first_day > last_day || terms->name.size == 0 ||
        terms->name.size >= FQ_CAMPAIGN_NAME_SIZE ||
        memchr(terms->name.data, '\0', terms->name.size)) {
        return false;
    }
    terms->first_day = (uint16_t)first_day;
    terms->last_day = (uint16_t)last_day;
    return true;
}

bool fq_campaign_read(const struct fq_event *event, struct fq_campaign_terms *out_terms)
{
    struct fq_campaign_terms terms = {0};

    if (event->kind != FQ_EVENT_CONTROL) {
        return false;
    }
    uint64_t verb = event->value[FQ_FIELD_VERB];
    struct fq_span payload = fq_event_bytes(event, FQ_FIELD_PAYLOAD);
    if ((verb != FQ_CONTROL_CAMPAIGN && verb != FQ_CONTROL_CAMPAIGN_CLOSED) ||
        !fq_codec_scan(payload) || fq_map_uint(payload, "v") != PAYLOAD_VERSION) {
        return false;
    }
    uint64_t area = fq_map_uint(payload, "area"), number = fq_map_uint(payload, "campaign");
    if (area == 0 || area > 999999 || number > INT32_MAX) {
        return false;
    }
    terms.area = (uint32_t)area;
    if (verb == FQ_CONTROL_CAMPAIGN) {
        terms.number = fq_campaign_number(&event->cmd_id);
        if (!read_making(payload, &terms)) {
            return false;
        }
    } else {
        terms.number = (uint32_t)number;
        if (number == 0) {
            return false;
        }
    }
    *out_terms = terms;
    return true;
}

/* ---- the table ---- */

/* Its place, or the count. */
static uint32_t place_of(const struct fq_campaigns *campaigns, uint64_t number)
{
    uint32_t place = 0;

    while (place < campaigns->count && campaigns->rows[place].number != number) {
        place++;
    }
    return place;
}

/* Two different records never have the same stamp: it ends with the record's identity. */
static bool is_later(const struct fq_event *event, const struct fq_campaign_stamp *than)
{
    if (event->hlc != than->hlc) {
        return event->hlc > than->hlc;
    }
    int by_log = fq_log_id_compare(&event->id.log, &than->id.log);
    return by_log != 0 ? by_log > 0 : event->id.seq > than->id.seq;
}

bool fq_campaigns_fold(struct fq_campaigns *campaigns, const struct fq_areas *areas,
                       const struct fq_event *event)
{
    struct fq_campaign_terms terms;

    if (!fq_campaign_read(event, &terms) ||
        !fq_areas_covers(areas, event->id.log.origin / 100, terms.area)) { /* Z2 */
        return false;
    }
    uint32_t place = place_of(campaigns, terms.number);
    if (place == FQ_CAMPAIGNS_MAX) {
        campaigns->dropped_count++;
        return false;
    }
    struct fq_campaign *campaign = &campaigns->rows[place];
    if (place == campaigns->count) {
        *campaign = (struct fq_campaign){.number = terms.number};
        campaigns->count++;
    }
    bool is_making = event->value[FQ_FIELD_VERB] == FQ_CONTROL_CAMPAIGN;
    struct fq_campaign_stamp *stamp = is_making ? &campaign->made : &campaign->closed;
    if (!is_later(event, stamp)) { /* Z1 */
        return false;
    }
    *stamp = (struct fq_campaign_stamp){event->hlc, event->id};
    if (is_making) {
        campaign->area = terms.area;
        campaign->first_day = terms.first_day;
        campaign->last_day = terms.last_day;
        memset(campaign->name, 0, sizeof campaign->name);
        memcpy(campaign->name, terms.name.data, terms.name.size);
    } else {
        campaign->closed_on = event->date;
        campaign->closed_area = terms.area;
    }
    return true;
}

bool fq_campaign_is_made(const struct fq_campaign *campaign)
{
    return campaign->made.hlc > 0;
}

bool fq_campaign_is_closed(const struct fq_campaign *campaign)
{
    return campaign->closed.hlc > 0 && campaign->closed_area == campaign->area; /* Z4 */
}

const struct fq_campaign *fq_campaigns_find(const struct fq_campaigns *campaigns, uint64_t number)
{
    uint32_t place = place_of(campaigns, number);

    return place < campaigns->count ? &campaigns->rows[place] : NULL;
}

/* A number of up to ten digits; 0, which is no campaign's, for anything else. */
static uint64_t read_number(struct fq_span text)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.size > 10 || text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return number;
}

const struct fq_campaign *fq_campaigns_named(const struct fq_campaigns *campaigns,
                                             struct fq_span text, bool *out_is_many)
{
    const struct fq_campaign *found = fq_campaigns_find(campaigns, read_number(text));

    *out_is_many = false;
    if (found && fq_campaign_is_made(found)) {
        return found;
    }
    found = NULL;
    for (uint32_t i = 0; i < campaigns->count; i++) {
        const struct fq_campaign *campaign = &campaigns->rows[i];
        if (fq_campaign_is_made(campaign) && fq_span_equal(fq_span_text(campaign->name), text)) {
            *out_is_many = found != NULL;
            if (found) {
                return NULL;
            }
            found = campaign;
        }
    }
    return found;
}
