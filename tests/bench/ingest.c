/* Durable ingest into one real county node, in slices between measurements of the bare disk. */
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "load.h"
#include "raw.h"

#define BATCH_FRAME 220 /* what seal, signature and keys add to the records of a batch */
#define LIFE_EVENTS 8   /* of a dispute, at least, on average */
#define COUNTED_SECONDS 0.3
#define COUNTED_EVENTS_MAX 60000
#define RAW_FAST 1e6 /* where the disk is faster than this, the processor binds */

struct line {
    const char *name;
    uint32_t group_events, window;
    uint64_t events_max; /* of one round */
    int slices;
    double slice_s;
};

static const struct line lines[] = {
    {"ingest-1", 1, 1, 10000, 8, 0.25},
    {"ingest-64", 64, 4, 400000, 4, 0.5},
    {"ingest-1024", 1024, 4, 1500000, 3, 0.7},
    {"ingest-4096", 4096, 3, 2500000, 3, 0.8},
};

enum figure {
    RAW_BEFORE,
    RAW_AFTER,
    SYNCS_BEFORE, /* of single events: what their syncs alone take */
    SYNCS_AFTER,
    RATE,
    OF_SYNCS,
    CPU,
    LOOP_CPU,
    SYNCS,
    ANSWER_P50,
    ANSWER_P99,
    FIGURES
};

struct ingest {
    struct bench *bench;
    struct daemon daemon;
    const struct line *line;
    struct row rows[FIGURES];
    uint64_t sent;
    double wire_bytes, record_bytes, taken_events; /* of all loads made */
    struct raw raw;
    size_t piece;      /* bytes of one raw append */
    size_t wal_record; /* of one reply, measured */
    double frames_per_group;
};

/* A stream longer than what is taken of it, so that every group is full. */
static bool open_load(struct ingest *ingest, uint64_t seed, uint64_t events_max, struct load *load)
{
    struct stream_plan plan = {
        .seed = 1000003 * seed + ingest->line->group_events,
        .area = BENCH_COUNTY,
        .dispute_count = (uint32_t)(events_max / LIFE_EVENTS) + 1 + ingest->line->group_events,
        .first_day = workload_day("2021-01-01"),
        .last_day = workload_day("2021-06-30"),
    };
    struct stream stream;
    bool is_fine = stream_open(&stream, &plan) &&
                   load_open(load, &stream, ingest->line->group_events, events_max);

    stream_close(&stream);
    return is_fine;
}

static void add(struct ingest *ingest, enum figure figure, double value)
{
    series_add(&ingest->rows[figure].values, value);
}

/* ---- syncs, counted in a short run of their own ---- */

static uint64_t read_count(const char *path)
{
    uint64_t count = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file >= 0) {
        if (pread(file, &count, sizeof count, 0) != sizeof count) {
            count = 0;
        }
        close(file);
    }
    return count;
}

static bool make_count(const char *path)
{
    static const uint64_t zero;
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_fine = file >= 0 && write(file, &zero, sizeof zero) == sizeof zero;

    if (file >= 0) {
        close(file);
    }
    return is_fine ? true : complain("cannot write %s", path);
}

/* How often the node syncs for one reply, and how much its write-ahead log grows. */
static bool count_syncs(struct ingest *ingest)
{
    char path[PATH_SIZE + 32], data[LAB_PATH_SIZE + 64];
    struct load load = {0};
    struct load_result result = {0};

    snprintf(path, sizeof path, "%s/syncs", ingest->bench->dir);
    daemon_path(&ingest->daemon, "data", data);
    ingest->daemon.sync_counter = path;
    bool is_fine = make_count(path) && open_load(ingest, 99, COUNTED_EVENTS_MAX, &load) &&
                   daemon_start(&ingest->daemon, false);
    uint64_t before = read_count(path);
    double wal_before = tree_bytes(data, ".log");
    is_fine =
        is_fine && load_run(&load, &ingest->daemon, ingest->line->window, COUNTED_SECONDS, &result);
    uint64_t count = read_count(path) - before;
    if (load.group_count > 0) {
        ingest->piece = (size_t)(load.record_bytes / load.group_count) + BATCH_FRAME;
    }
    if (is_fine && result.frames > 0) {
        add(ingest, SYNCS, (double)count / result.frames);
        ingest->wal_record = (size_t)((tree_bytes(data, ".log") - wal_before) / result.frames);
        ingest->frames_per_group = (double)result.frames / result.groups;
    }
    is_fine = daemon_stop(&ingest->daemon) && is_fine && count > 0 && result.refused == 0;
    ingest->daemon.sync_counter = NULL;
    load_close(&load);
    return tree_remove(data) && is_fine;
}

/* ---- rounds ---- */

struct disk {
    struct raw_rate append_before, append_after, reply_before, reply_after;
};

static double per_s(const struct raw_rate *a, const struct raw_rate *b)
{
    double seconds = a->seconds + b->seconds;

    return seconds > 0 ? (a->pieces + b->pieces) / seconds : 0;
}

/* The bare disk: the same bytes at once, and for single events what their syncs alone take. */
static bool measure_disk(struct ingest *ingest, struct raw_rate *append, struct raw_rate *reply)
{
    double seconds = ingest->bench->is_quick ? 0.06 : 0.12;

    return raw_append(&ingest->raw, seconds, append) &&
           (ingest->line->group_events > 1 || raw_reply(&ingest->raw, seconds, reply));
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void keep_round(struct ingest *ingest, const struct load_result *result,
                       const struct disk *disk)
{
    const struct raw_rate none = {0};
    uint32_t group = ingest->line->group_events, groups = result->groups;
    double rate = (double)result->events / result->seconds;

    add(ingest, RAW_BEFORE, group * per_s(&disk->append_before, &none));
    add(ingest, RAW_AFTER, group * per_s(&disk->append_after, &none));
    add(ingest, RATE, rate);
    series_add(&ingest->rows[RATE].ratios,
               rate / (group * per_s(&disk->append_before, &disk->append_after)));
    add(ingest, CPU, 1e6 * result->node_cpu_s / (double)result->events);
    if (result->loop_cpu_s > 0) {
        add(ingest, LOOP_CPU, 1e6 * result->loop_cpu_s / (double)result->events);
    }
    if (disk->reply_before.pieces > 0) {
        add(ingest, SYNCS_BEFORE, per_s(&disk->reply_before, &none));
        add(ingest, SYNCS_AFTER, per_s(&disk->reply_after, &none));
        add(ingest, OF_SYNCS, rate / per_s(&disk->reply_before, &disk->reply_after));
    }
    qsort(result->latencies_s, groups, sizeof(double), compare);
    add(ingest, ANSWER_P50, 1000 * result->latencies_s[groups / 2]);
    add(ingest, ANSWER_P99, 1000 * result->latencies_s[groups * 99 / 100]);
}

static bool run_round(struct ingest *ingest, int round)
{
    const struct line *line = ingest->line;
    bool is_quick = ingest->bench->is_quick;
    int slices = is_quick ? 2 : line->slices;
    struct load load = {0};
    struct load_result result = {0};
    struct disk disk = {0};
    bool is_fine = open_load(ingest, (uint64_t)round, line->events_max / (is_quick ? 8 : 1), &load);

    if (is_fine) {
        ingest->wire_bytes += (double)load.used;
        ingest->record_bytes += (double)load.record_bytes;
        ingest->taken_events += (double)load.event_count;
    }
    for (int i = 0; i < slices && is_fine && load.next_frame < load.frame_count; i++) {
        is_fine = measure_disk(ingest, &disk.append_before, &disk.reply_before) &&
                  load_run(&load, &ingest->daemon, line->window, is_quick ? 0.2 : line->slice_s,
                           &result) &&
                  measure_disk(ingest, &disk.append_after, &disk.reply_after);
    }
    if (is_fine) {
        keep_round(ingest, &result, &disk);
    }
    ingest->sent += result.events;
    load_close(&load);
    return is_fine && result.refused == 0;
}

/* Every event acknowledged is in the node, and nothing else. */
static bool check_counts(struct ingest *ingest)
{
    uint64_t events = daemon_status(&ingest->daemon, "events");

    return events == ingest->sent
               ? true
               : complain("%s: %llu acknowledged, %llu in the node", ingest->line->name,
                          (unsigned long long)ingest->sent, (unsigned long long)events);
}

/* ---- rows ---- */

static void set_targets(struct ingest *ingest)
{
    double raw = series_median(&ingest->rows[RAW_BEFORE].values);

    if (ingest->line->group_events == 1) {
        ingest->rows[OF_SYNCS].target_of = TARGET_VALUE_MIN;
        ingest->rows[OF_SYNCS].target = 0.7;
    } else if (ingest->line->group_events == 4096) {
        ingest->bench->raw_per_s = raw;
        ingest->rows[RATE].target_of = TARGET_RATIO_MIN;
        ingest->rows[RATE].target = raw > RAW_FAST ? 0.25 : 0.6;
        ingest->rows[CPU].target_of = TARGET_VALUE_MAX;
        ingest->rows[CPU].target = 1.5;
    }
}

static void print_rows(struct ingest *ingest, bool is_sound)
{
    static const struct {
        const char *name, *unit;
        bool is_of_ends; /* of 1 and 4,096 alone: the table stays short */
    } figures[FIGURES] = {
        [RAW_BEFORE] = {"raw append %u, before", "events/s", false},
        [RAW_AFTER] = {"raw append %u, after", "events/s", false},
        [SYNCS_BEFORE] = {"syncs of %u alone, before", "events/s", false},
        [SYNCS_AFTER] = {"syncs of %u alone, after", "events/s", false},
        [RATE] = {"ingest %u", "events/s", false},
        [OF_SYNCS] = {"ingest %u, of its syncs", "share", false},
        [CPU] = {"ingest %u, node CPU", "us/event", false},
        [LOOP_CPU] = {"ingest %u, of it the loop", "us/event", true},
        [SYNCS] = {"ingest %u, syncs", "per reply", false},
        [ANSWER_P50] = {"ingest %u, answer p50", "ms", true},
        [ANSWER_P99] = {"ingest %u, answer p99", "ms", true},
    };
    uint32_t group = ingest->line->group_events;
    char names[FIGURES][64];

    set_targets(ingest);
    for (int i = 0; i < FIGURES; i++) {
        struct row *row = &ingest->rows[i];
        if ((figures[i].is_of_ends && group != 1 && group != 4096) ||
            (row->values.count == 0 && (is_sound || i != RATE))) {
            continue;
        }
        size_t before = strcspn(figures[i].name, "%");
        snprintf(names[i], sizeof names[i], "%.*s%u%s", (int)before, figures[i].name, group,
                 figures[i].name + before + 2);
        row->name = names[i];
        row->unit = figures[i].unit;
        row->is_sound = is_sound;
        table_row(&ingest->bench->table, row);
    }
    double events = ingest->taken_events > 0 ? ingest->taken_events : 1;
    table_note(&ingest->bench->table,
               "%u in flight, of %.3g submit%s; bytes an event: %.1f on the wire, %.1f in the log",
               ingest->line->window, ingest->frames_per_group,
               ingest->frames_per_group > 1 ? "s sent back to back" : "",
               ingest->wire_bytes / events, ingest->record_bytes / events);
    if (group == 1) {
        table_note(&ingest->bench->table, "syncs alone: %zu bytes appended, then 512 in place",
                   ingest->wal_record);
    }
}

static void run_line(struct bench *bench, const struct lab *lab, const struct line *line)
{
    struct ingest ingest = {
        .bench = bench, .daemon = site_daemon(bench, lab, BENCH_COUNTY), .line = line};
    char data[LAB_PATH_SIZE + 64];
    /* One event at a time, node and client mostly sleep; larger requests would take a whole core. */
    bool was_urgent = set_urgent(line->group_events == 1);
    bool is_sound = count_syncs(&ingest) &&
                    raw_open(&ingest.raw, bench->dir, ingest.piece, ingest.wal_record) &&
                    daemon_start(&ingest.daemon, false);

    for (int round = 0; round < bench->rounds && is_sound; round++) {
        is_sound = run_round(&ingest, round);
    }
    is_sound = is_sound && check_counts(&ingest);
    is_sound = daemon_stop(&ingest.daemon) && is_sound;
    (void)set_urgent(was_urgent);
    raw_close(&ingest.raw);
    print_rows(&ingest, is_sound);
    daemon_path(&ingest.daemon, "data", data);
    (void)tree_remove(data);
}

void bench_ingest(struct bench *bench)
{
    struct lab *lab = site_open(bench, "ingest", "410105");

    for (size_t i = 0; lab && i < sizeof lines / sizeof lines[0]; i++) {
        if (is_wanted(bench, lines[i].name)) {
            run_line(bench, lab, &lines[i]);
        }
    }
    bench->table.failed += !lab;
    free(lab);
}
