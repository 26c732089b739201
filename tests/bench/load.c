#include "load.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_COMMANDS_MAX ((size_t)250 * 1024) /* below the 256 KiB of PROTOCOL.md */
#define GROUP_EVENTS_MAX 4096

/* ---- making frames ---- */

static bool grow(struct load *load, size_t more)
{
    if (load->used + more > load->size) {
        size_t size = 2 * load->size + more;
        uint8_t *bytes = realloc(load->bytes, size);
        if (!bytes) {
            return complain("memory is short");
        }
        load->bytes = bytes;
        load->size = size;
    }
    if (load->frame_count == load->frame_capacity) {
        uint32_t capacity = 2 * load->frame_capacity + 64;
        struct load_frame *frames = realloc(load->frames, capacity * sizeof *frames);
        if (!frames) {
            return complain("memory is short");
        }
        load->frames = frames;
        load->frame_capacity = capacity;
    }
    return true;
}

/* One submit of records [first, end), which lie one after the other. */
static bool add_frame(struct load *load, const struct fq_span *records, uint32_t first,
                      uint32_t end)
{
    size_t size = 64;

    for (uint32_t i = first; i < end; i++) {
        size += records[i].size + 3;
    }
    if (!grow(load, size)) {
        return false;
    }
    struct fq_writer writer = fq_writer_over(load->bytes + load->used, size);
    fq_write_map(&writer, 3);
    fq_write_text(&writer, "id");
    fq_write_uint(&writer, load->frame_count);
    fq_write_text(&writer, "verb");
    fq_write_text(&writer, "submit");
    fq_write_text(&writer, "args");
    fq_write_map(&writer, 1);
    fq_write_text(&writer, "commands");
    fq_write_array(&writer, end - first);
    for (uint32_t i = first; i < end; i++) {
        fq_write_bytes(&writer, records[i].data, records[i].size);
    }
    FQ_ASSERT(!writer.is_full);
    load->frames[load->frame_count++] =
        (struct load_frame){load->used, writer.used, load->group_count};
    load->used += writer.used;
    return true;
}

/* Split evenly into as few frames as will do. */
static bool add_group(struct load *load, const struct fq_span *records, uint32_t count)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < count; i++) {
        bytes += records[i].size + 3;
    }
    uint32_t frames = (uint32_t)(bytes / FRAME_COMMANDS_MAX) + 1;
    for (uint32_t i = 0; i < frames; i++) {
        if (!add_frame(load, records, count * i / frames, count * (i + 1) / frames)) {
            return false;
        }
    }
    load->group_count++;
    load->event_count += count;
    return true;
}

/* As a client writes it: no stamp, no table version, the base revision left to the node. */
static struct fq_span encode_command(struct load *load, struct fq_event *event,
                                     struct fq_writer *writer)
{
    size_t before = writer->used;

    fq_event_encode(event, writer); /* as the log will hold it */
    load->record_bytes += writer->used - before;
    writer->used = before;
    event->rev = 0;
    event->hlc = 0;
    event->dict_version = 0;
    fq_event_encode(event, writer);
    FQ_ASSERT(!writer->is_full);
    return fq_span_of(writer->base + before, writer->used - before);
}

bool load_open(struct load *load, struct stream *stream, uint32_t group_events, uint64_t events_max)
{
    static uint8_t scratch[GROUP_EVENTS_MAX * 256];
    static struct fq_span records[GROUP_EVENTS_MAX];
    static struct fq_event event;
    bool is_fine = true;

    FQ_ASSERT(group_events <= GROUP_EVENTS_MAX);
    *load = (struct load){0};
    while (is_fine && load->event_count < events_max) {
        struct fq_writer writer = fq_writer_over(scratch, sizeof scratch);
        uint32_t count = 0;
        while (count < group_events && stream_next(stream, &event)) {
            records[count++] = encode_command(load, &event, &writer);
        }
        if (count == 0) {
            break;
        }
        is_fine = add_group(load, records, count);
    }
    load->sent_s = calloc(load->group_count + 1, sizeof(double));
    load->latencies_s = calloc(load->group_count + 1, sizeof(double));
    load->waiting = calloc(load->group_count + 1, sizeof(uint32_t));
    return is_fine && load->sent_s && load->latencies_s && load->waiting;
}

void load_close(struct load *load)
{
    free(load->bytes);
    free(load->frames);
    free(load->sent_s);
    free(load->latencies_s);
    free(load->waiting);
    *load = (struct load){0};
}

/* ---- sending ---- */

struct sending {
    struct load *load;
    struct daemon *daemon;
    struct load_result *result;
};

static bool send_group(struct sending *sending)
{
    struct load *load = sending->load;
    uint32_t group = load->frames[load->next_frame].group;
    struct fq_why why = {0};

    load->sent_s[group] = now_s();
    while (load->next_frame < load->frame_count && load->frames[load->next_frame].group == group) {
        const struct load_frame *frame = &load->frames[load->next_frame++];
        if (fq_client_send(sending->daemon->client,
                           fq_span_of(load->bytes + frame->offset, frame->size), &why)) {
            return complain("submit: %s", why.detail);
        }
        load->waiting[group]++;
    }
    return true;
}

/* D2 */
static void count_verdicts(struct fq_span result, struct load_result *counts)
{
    struct fq_reader reader = fq_reader_over(result);
    uint32_t count = fq_read_array(&reader);

    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        uint32_t parts = fq_read_array(&reader);
        bool is_new = fq_read_uint(&reader) == 0;
        for (uint32_t part = 1; part < parts; part++) {
            (void)fq_read_skip(&reader);
        }
        counts->events += is_new;
        counts->refused += !is_new;
    }
}

/* Take one answer; *out_is_done says that a group is whole. */
static bool take_answer(struct sending *sending, bool *out_is_done)
{
    struct load *load = sending->load;
    struct load_result *result = sending->result;
    struct fq_span answer;
    struct fq_why why = {0};

    if (fq_client_receive(sending->daemon->client, ANSWER_MS, &answer, &why)) {
        return complain("submit: no answer: %s", why.detail);
    }
    uint64_t id = fq_map_uint(answer, "id");
    if (id >= load->next_frame || fq_map_uint(answer, "status") != 0) {
        return complain("submit: answer %llu, status %llu", (unsigned long long)id,
                        (unsigned long long)fq_map_uint(answer, "status"));
    }
    count_verdicts(fq_map_get(answer, "result"), result);
    uint32_t group = load->frames[id].group;
    result->frames++;
    *out_is_done = --load->waiting[group] == 0;
    if (*out_is_done) {
        result->latencies_s[result->groups++] = now_s() - load->sent_s[group];
    }
    return true;
}

static bool send_all(struct sending *sending, uint32_t window, double seconds)
{
    const struct load *load = sending->load;
    uint32_t flying = 0;
    double began = now_s();

    for (;;) { /* ends with the load, or the time */
        while (flying < window && load->next_frame < load->frame_count &&
               now_s() - began < seconds) {
            if (!send_group(sending)) {
                return false;
            }
            flying++;
        }
        bool is_done = false;
        if (flying == 0) {
            return true;
        }
        if (!take_answer(sending, &is_done)) {
            return false;
        }
        flying -= is_done;
    }
}

bool load_run(struct load *load, struct daemon *daemon, uint32_t window, double seconds,
              struct load_result *result)
{
    struct sending sending = {.load = load, .daemon = daemon, .result = result};

    result->latencies_s = load->latencies_s;
    double began = now_s(), cpu = cpu_s(daemon->pid), loop = loop_cpu_s(daemon->pid);
    bool is_fine = send_all(&sending, window, seconds);
    result->seconds += now_s() - began;
    result->node_cpu_s += cpu_s(daemon->pid) - cpu;
    result->loop_cpu_s += loop_cpu_s(daemon->pid) - loop;
    return is_fine;
}
