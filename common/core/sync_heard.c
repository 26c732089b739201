#include "sync_sides.h"

#define HEARD_SIZE 40 /* bytes of one node in a heartbeat, at most */

/* ---- what children say ---- */

/* Its place; heard_count when nothing was heard of it. */
static uint32_t heard_place(const struct fq_sync *sync, uint32_t origin)
{
    uint32_t place = 0;

    while (place < sync->heard_count && sync->heard[place].origin != origin) {
        place++;
    }
    return place;
}

/* The entry of a node of the child's area; NULL when it is not, or there is no room. */
static struct fq_sync_heard *add_heard(struct fq_sync *sync, uint32_t child, uint32_t origin)
{
    uint32_t place = heard_place(sync, origin);

    if (place == FQ_SYNC_HEARD_MAX || !fq_areas_covers(sync->areas, child / 100, origin / 100)) {
        return NULL;
    }
    if (place == sync->heard_count) {
        sync->heard[sync->heard_count++] = (struct fq_sync_heard){.origin = origin};
    }
    return &sync->heard[place];
}

/* A greeting names the ends of all logs; it says of the others when they were written, not when they
 * were heard. */
void fq_sync_hear_greeting(struct fq_sync *sync, uint32_t child, struct fq_reader logs,
                           uint32_t count)
{
    struct heard_log log;

    for (uint32_t i = 0; i < sync->heard_count; i++) {
        if (fq_areas_covers(sync->areas, child / 100, sync->heard[i].origin / 100)) {
            sync->heard[i].greeted = 0;
        }
    }
    for (uint32_t i = 0; i < count && fq_sync_read_hello_log(&logs, &log); i++) {
        struct fq_sync_heard *heard = fq_log_flows_up(sync->areas, child / 100, &log.id)
                                          ? add_heard(sync, child, log.id.origin)
                                          : NULL;
        if (heard) {
            heard->greeted += log.have;
            heard->announced = larger(heard->announced, heard->greeted);
        }
    }
}

/* HEARTBEAT of a child: [wall_ms, [[origin, heard_ms, announced, reason], ...]]. */
void fq_sync_hear_heartbeat(struct fq_sync *sync, uint32_t child, struct fq_span body,
                            uint64_t wall_ms)
{
    struct fq_reader reader = fq_reader_over(body);
    uint32_t parts = fq_read_array(&reader);

    (void)fq_read_uint(&reader);
    uint32_t count = parts >= 2 ? fq_read_array(&reader) : 0;
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        uint32_t fields = fq_read_array(&reader);
        uint64_t origin = fq_read_uint(&reader);
        uint64_t heard_ms = fq_read_uint(&reader);
        uint64_t announced = fq_read_uint(&reader);
        uint64_t reason = fq_read_uint(&reader);
        if (fields != 4 || reader.is_bad || origin > UINT32_MAX) {
            return;
        }
        struct fq_sync_heard *heard = add_heard(sync, child, (uint32_t)origin);
        if (heard) { /* nobody was heard in the future, whatever another's clock says */
            heard->heard_ms = larger(heard->heard_ms, smaller(heard_ms, wall_ms));
            heard->announced = announced;
            heard->reason = (enum fq_reason)(reason & 0xffff);
        }
    }
}

/* ---- what the parent is told ---- */

/* Whether one of the node's logs that go up was refused by the parent. */
static bool is_stopped(const struct fq_sync *sync, uint32_t origin)
{
    for (uint32_t i = 0; i < sync->frontier->count; i++) {
        const struct fq_log_id *id = &sync->frontier->logs[i].id;
        if (id->origin == origin && sync->logs[i].is_diverged &&
            fq_log_flows_up(sync->areas, sync->options.area, id)) {
            return true;
        }
    }
    return false;
}

static void write_heard(const struct fq_sync *sync, struct fq_writer *writer,
                        const struct fq_sync_heard *heard)
{
    bool is_diverged = is_stopped(sync, heard->origin);

    fq_write_array(writer, 4);
    fq_write_uint(writer, heard->origin);
    fq_write_uint(writer, heard->heard_ms);
    fq_write_uint(writer, heard->announced);
    fq_write_uint(writer, is_diverged ? FQ_REASON_COVERAGE_DIVERGED : heard->reason);
}

/* With each heartbeat the parent is told of all nodes here and below (Y9). */
struct fq_span fq_sync_report(struct fq_sync *sync, struct fq_effects *effects, struct fq_now now)
{
    struct fq_uplink *up = &sync->up;
    struct fq_writer writer =
        fq_link_begin(effects->arena, SMALL_BODY + (size_t)(sync->heard_count + 1) * HEARD_SIZE);
    const struct fq_sync_heard own = {
        .origin = sync->options.origin,
        .heard_ms = now.wall_ms,
        .announced = fq_sync_held(sync->frontier, sync->options.origin),
        .reason = fq_sync_may_originate(sync) ? FQ_REASON_NONE : FQ_REASON_COVERAGE_READ_ONLY,
    };

    fq_write_array(&writer, 2);
    fq_write_uint(&writer, now.wall_ms);
    fq_write_array(&writer, sync->heard_count + 1);
    write_heard(sync, &writer, &own);
    for (uint32_t i = 0; i < sync->heard_count; i++) {
        write_heard(sync, &writer, &sync->heard[i]);
    }
    return fq_link_end(&writer, FQ_LINK_HEARTBEAT, up->session, up->mseq++);
}

/* ---- state for others ---- */

const struct fq_sync_heard *fq_sync_heard_of(const struct fq_sync *sync, uint32_t origin)
{
    uint32_t place = heard_place(sync, origin);

    return place < sync->heard_count ? &sync->heard[place] : NULL;
}

uint64_t fq_sync_held(const struct fq_frontier *frontier, uint32_t origin)
{
    uint64_t held = 0;

    for (uint32_t i = 0; i < frontier->count; i++) {
        const struct fq_log *log = &frontier->logs[i];
        bool goes_up = log->id.stream == FQ_STREAM_FACTS || log->id.stream == FQ_STREAM_CONTROL;
        held += log->id.origin == origin && goes_up ? log->last : 0;
    }
    return held;
}
