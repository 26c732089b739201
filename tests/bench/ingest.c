/* Durable ingest into one real county node, between two measurements of the bare disk. */
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "raw.h"

#define BATCH_FRAME 220 /* what seal, signature and keys add to the records of a batch */
#define DISPUTE_EVENTS 8

struct line {
    uint32_t group_events, window;
    uint64_t events_max;
};

struct ingest {
    struct bench *bench;
    struct daemon daemon;
    const struct line *line;
    struct row raw_before, raw_after, rate, cpu, latency_50, latency_99, replies;
    uint64_t sent, wire_bytes, wire_events;
    double piece; /* bytes of one raw append */
    double seed;
};

static double round_seconds(const struct bench *bench)
{
    return bench->is_quick ? 0.4 : 2.0;
}

static double raw_seconds(const struct bench *bench)
{
    return bench->is_quick ? 0.1 : 0.4;
}

static bool open_load(struct ingest *ingest, int round, uint64_t events_max, struct load *load)
{
    struct stream_plan plan = {
        .seed = 1000003u * (uint64_t)round + ingest->line->group_events,
        .area = BENCH_COUNTY,
        .dispute_count = (uint32_t)(events_max / DISPUTE_EVENTS) + 1,
        .first_day = workload_day("2021-01-01"),
        .last_day = workload_day("2021-06-30"),
    };
    struct stream stream;
    bool is_fine = stream_open(&stream, &plan) &&
                   load_open(load, &stream, ingest->line->group_events, events_max);

    stream_close(&stream);
    return is_fine;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void keep_round(struct ingest *ingest, struct load_result *result, double raw_per_s)
{
    double rate = (double)result->events / result->seconds;
    uint32_t groups = result->groups;

    series_add(&ingest->rate.values, rate);
    if (raw_per_s > 0) {
        series_add(&ingest->rate.ratios, rate / raw_per_s);
    }
    series_add(&ingest->cpu.values, 1e6 * result->node_cpu_s / (double)result->events);
    if (groups > 0) {
        qsort(result->latencies_s, groups, sizeof(double), compare);
        series_add(&ingest->latency_50.values, 1000 * result->latencies_s[groups / 2]);
        series_add(&ingest->latency_99.values, 1000 * result->latencies_s[groups * 99 / 100]);
    }
}

/* The bare disk before, the load, the bare disk after. */
static bool run_round(struct ingest *ingest, int round)
{
    struct bench *bench = ingest->bench;
    struct load load = {0};
    struct load_result result = {0};
    bool is_fine = open_load(ingest, round, ingest->line->events_max, &load);

    if (is_fine) {
        size_t piece = (size_t)((double)load.record_bytes / load.group_count) + BATCH_FRAME;
        double before =
            raw_append(bench->dir, piece, raw_seconds(bench)) * ingest->line->group_events;
        is_fine =
            load_run(&load, &ingest->daemon, ingest->line->window, round_seconds(bench), &result);
        double after =
            raw_append(bench->dir, piece, raw_seconds(bench)) * ingest->line->group_events;
        is_fine = is_fine && before > 0 && after > 0 && result.refused == 0;
        series_add(&ingest->raw_before.values, before);
        series_add(&ingest->raw_after.values, after);
        ingest->sent += result.events;
        ingest->wire_bytes += load.used;
        ingest->wire_events += load.event_count;
        ingest->piece = (double)piece;
        if (is_fine) {
            keep_round(ingest, &result, (before + after) / 2);
        }
    }
    free(result.latencies_s);
    load_close(&load);
    return is_fine;
}

static void print_rows(struct ingest *ingest, bool is_sound)
{
    struct bench *bench = ingest->bench;
    uint32_t group = ingest->line->group_events;
    char names[6][64];
    double raw = series_median(&ingest->raw_before.values);

    snprintf(names[0], sizeof names[0], "raw append, before %u", group);
    snprintf(names[1], sizeof names[1], "raw append, after %u", group);
    snprintf(names[2], sizeof names[2], "ingest %u", group);
    snprintf(names[3], sizeof names[3], "ingest %u, node CPU", group);
    snprintf(names[4], sizeof names[4], "ingest %u, answer p50", group);
    snprintf(names[5], sizeof names[5], "ingest %u, answer p99", group);
    struct row *rows[] = {&ingest->raw_before, &ingest->raw_after,  &ingest->rate,
                          &ingest->cpu,        &ingest->latency_50, &ingest->latency_99};
    static const char *const units[] = {"events/s", "events/s", "events/s", "us/event", "ms", "ms"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i]->name = names[i];
        rows[i]->unit = units[i];
        rows[i]->is_sound = is_sound;
    }
    if (group == 4096) {
        ingest->rate.target_of = TARGET_RATIO_MIN;
        ingest->rate.target = raw > 1e6 ? 0.25 : 0.6;
        ingest->cpu.target_of = TARGET_VALUE_MAX;
        ingest->cpu.target = 1.5;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        table_row(&bench->table, rows[i]);
    }
    table_note(&bench->table, "%u in flight; %.0f bytes per event on the wire; raw pieces of %.0f",
               ingest->line->window,
               (double)ingest->wire_bytes / (double)(ingest->wire_events ? ingest->wire_events : 1),
               ingest->piece);
}

/* Every event acknowledged is in the node, and nothing else. */
static bool check_counts(struct ingest *ingest)
{
    uint64_t events = daemon_status(&ingest->daemon, "events");

    return events == ingest->sent
               ? true
               : complain("ingest %u: %llu acknowledged, %llu in the node",
                          ingest->line->group_events, (unsigned long long)ingest->sent,
                          (unsigned long long)events);
}

static void run_line(struct bench *bench, const struct lab *lab, const struct line *line)
{
    struct ingest ingest = {
        .bench = bench, .daemon = site_daemon(bench, lab, BENCH_COUNTY), .line = line};
    char data[LAB_PATH_SIZE + 64];
    bool is_sound = daemon_start(&ingest.daemon, false);

    for (int round = 0; round < bench->rounds && is_sound; round++) {
        is_sound = run_round(&ingest, round);
    }
    is_sound = is_sound && check_counts(&ingest);
    is_sound = daemon_stop(&ingest.daemon) && is_sound;
    if (line->group_events == 4096) {
        bench->raw_per_s = series_median(&ingest.raw_before.values);
    }
    print_rows(&ingest, is_sound);
    daemon_path(&ingest.daemon, "data", data);
    (void)tree_remove(data);
}

void bench_ingest(struct bench *bench)
{
    static const struct line lines[] = {
        {1, 1, 8000}, {64, 4, 200000}, {1024, 4, 800000}, {4096, 3, 1200000}};
    struct lab *lab = site_open(bench, "ingest", "410105");

    for (size_t i = 0; lab && i < sizeof lines / sizeof lines[0]; i++) {
        struct line line = lines[i];
        line.events_max /= bench->is_quick ? 8 : 1;
        run_line(bench, lab, &line);
    }
    bench->table.failed += !lab;
    free(lab);
}
