/* A county with a daemon: its people submit what happened, day by day. */
#include "henan.h"

#include <stdlib.h>
#include <string.h>

#include "fq/core/codec.h"
#include "fq/edge/net.h"

#define PATH_SIZE (LAB_PATH_SIZE + 64)
#define FRAME_EVENTS 700
#define FRAME_SIZE (240u * 1024u)
#define FLYING_MAX 4 /* requests without an answer */
#define ANSWER_MS 60000

struct submission {
    struct fq_client *client;
    struct fq_writer records; /* of the open frame */
    uint32_t record_count, flying;
    uint64_t next_id, taken, refused;
    uint8_t frame[FRAME_SIZE + 1024];
    uint8_t memory[FRAME_SIZE];
};

static bool open_client(const struct lab *lab, uint32_t area, struct fq_client **out_client)
{
    const struct lab_node *node = lab_find_area(lab, area);
    char path[PATH_SIZE];
    struct fq_certificate server;
    struct fq_identity person = {0};
    struct fq_why why = {0};

    if (!node) {
        return complain("%06u has no daemon", area);
    }
    lab_path(lab, node, "keys/node.cert", path);
    fq_err err = fq_certificate_load(path, &server, &why);
    lab_path(lab, node, "keys/operator.key", path);
    err = err ? err : fq_identity_load(path, &person, &why);
    err = err ? err : fq_client_open(node->service, server.curve_public, &person, out_client, &why);
    fq_identity_wipe(&person);
    return err ? complain("%06u: %s", area, why.detail) : true;
}

static bool take_answer(struct submission *submission)
{
    struct fq_span answer;
    struct fq_why why = {0};

    if (fq_client_receive(submission->client, ANSWER_MS, &answer, &why) || !fq_codec_scan(answer) ||
        fq_map_uint(answer, "status") != 0) {
        return complain("submit: %s", why.detail);
    }
    struct fq_reader reader = fq_reader_over(fq_map_get(answer, "result"));
    uint32_t count = fq_read_array(&reader);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        uint32_t parts = fq_read_array(&reader);
        uint64_t status = fq_read_uint(&reader);
        struct fq_span detail = {0};
        for (uint32_t part = 1; part < parts; part++) {
            detail = fq_read_skip(&reader);
        }
        submission->taken += status <= 1;
        submission->refused += status > 1;
        if (status > 1 && submission->refused < 5) {
            complain("refused: FQ-%llu %.*s", (unsigned long long)status, (int)detail.size,
                     (const char *)detail.data);
        }
    }
    submission->flying--;
    return true;
}

static bool send_frame(struct submission *submission)
{
    struct fq_writer writer = fq_writer_over(submission->frame, sizeof submission->frame);
    struct fq_why why = {0};

    if (submission->record_count == 0) {
        return true;
    }
    fq_write_map(&writer, 3);
    fq_write_text(&writer, "id");
    fq_write_uint(&writer, ++submission->next_id);
    fq_write_text(&writer, "verb");
    fq_write_text(&writer, "submit");
    fq_write_text(&writer, "args");
    fq_write_map(&writer, 1);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, submission->record_count);
    fq_write_raw(&writer, fq_writer_span(&submission->records));
    submission->records.used = 0;
    submission->record_count = 0;
    while (submission->flying >= FLYING_MAX) {
        if (!take_answer(submission)) {
            return false;
        }
    }
    submission->flying++;
    return fq_client_send(submission->client, fq_writer_span(&writer), &why)
               ? complain("submit: %s", why.detail)
               : true;
}

/* As a client writes it: no stamp, no table version, the revision left to the node. */
static bool add_command(struct submission *submission, struct fq_event *event)
{
    uint8_t bytes[FQ_RECORD_MAX];
    struct fq_writer writer = fq_writer_over(bytes, sizeof bytes);

    event->rev = 0;
    event->dict_version = 0;
    fq_event_encode(event, &writer);
    if ((submission->record_count == FRAME_EVENTS ||
         submission->records.size - submission->records.used < writer.used + 8) &&
        !send_frame(submission)) {
        return false;
    }
    fq_write_bytes(&submission->records, bytes, writer.used);
    submission->record_count++;
    return true;
}

bool submit_county(const struct province *province, struct logs *logs, const struct lab *lab,
                   uint32_t area)
{
    const struct log *log = logs_find(logs, area);
    struct submission *submission = calloc(1, sizeof *submission);
    struct fq_event event;

    if (!submission || !log || !open_client(lab, area, &submission->client)) {
        free(submission);
        return false;
    }
    submission->records = fq_writer_over(submission->memory, sizeof submission->memory);
    bool is_fine = true;
    for (size_t i = 0; i < log->count && is_fine; i++) {
        const struct entry *entry = &log->entries[i];
        if (entry->is_report && logs->reports[entry->county].number) {
            continue; /* `activity import` */
        }
        logs_event(logs, province, entry, &event);
        is_fine = add_command(submission, &event);
    }
    is_fine = is_fine && send_frame(submission);
    while (is_fine && submission->flying > 0) {
        is_fine = take_answer(submission);
    }
    printf("# %06u: %llu events submitted, %llu refused\n", area,
           (unsigned long long)submission->taken, (unsigned long long)submission->refused);
    is_fine = is_fine && submission->refused == 0;
    fq_client_close(submission->client);
    free(submission);
    return is_fine;
}

/* ---- figures of other services ---- */

static void write_report(FILE *file, const struct report *report)
{
    char first[FQ_DATE_TEXT_SIZE], last[FQ_DATE_TEXT_SIZE];
    bool is_money = report->number == 203 || report->number == 305 || report->number == 604;

    fq_date_format(report->first, first);
    fq_date_format(report->last, last);
    fprintf(file, "%u,%06u,%s,%s,", report->number, report->writer, first, last);
    if (is_money) {
        fprintf(file, "%llu.%02llu", (unsigned long long)report->count / 100,
                (unsigned long long)report->count % 100);
    } else {
        fprintf(file, "%llu", (unsigned long long)report->count);
    }
    fprintf(file, ",office\n");
}

bool submit_write_reports(const struct logs *logs, const char *out)
{
    for (uint32_t i = 0; i < logs->count; i++) {
        const struct log *log = &logs->rows[i];
        char path[PATH_SIZE];
        if (!log->is_run) {
            continue;
        }
        snprintf(path, sizeof path, "%s/activities-%06u.csv", out, log->area);
        FILE *file = fopen(path, "w");
        if (!file) {
            return complain("%s", path);
        }
        fprintf(file, "indicator,area,from,to,value,signer\n");
        for (size_t k = 0; k < log->count; k++) {
            const struct entry *entry = &log->entries[k];
            if (entry->is_report && logs->reports[entry->county].number) {
                write_report(file, &logs->reports[entry->county]);
            }
        }
        if (fclose(file)) {
            return complain("%s", path);
        }
    }
    return true;
}
