/* A county filled once: its bytes on disk, its start, its rebuilding, and its way up to the city. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "fq/core/feed.h"
#include "fq/edge/store.h"
#include "load.h"

#define STOCK_DISPUTES 100000
#define STOCK_DISPUTES_QUICK 3000
#define LINK_S 30.0

struct stock {
    struct bench *bench;
    struct daemon county, city;
    char data[LAB_PATH_SIZE + 64], kept[LAB_PATH_SIZE + 64];
    uint64_t events, disputes;
    char digest[40];
};

/* ---- filling ---- */

static bool submit_all(struct stock *stock, struct load *load)
{
    struct load_result result = {0};

    if (!load_run(load, &stock->county, 3, 600, &result) || result.refused > 0 ||
        result.events != load->event_count) {
        return complain("stock: %llu of %llu events taken", (unsigned long long)result.events,
                        (unsigned long long)load->event_count);
    }
    stock->events = result.events;
    stock->disputes = daemon_status(&stock->county, "disputes");
    return daemon_status(&stock->county, "events") == stock->events &&
           daemon_digest(&stock->county, stock->digest);
}

static bool fill(struct stock *stock)
{
    struct stream_plan plan = {
        .seed = 7,
        .area = BENCH_COUNTY,
        .dispute_count = stock->bench->is_quick ? STOCK_DISPUTES_QUICK : STOCK_DISPUTES,
        .first_day = workload_day("2021-01-01"),
        .last_day = workload_day("2021-06-30"),
    };
    struct stream stream;
    struct load load = {0};
    bool is_fine = stream_open(&stream, &plan) && load_open(&load, &stream, 4096, UINT64_MAX) &&
                   daemon_start(&stock->county, false) && submit_all(stock, &load);

    is_fine = is_fine && stock->disputes == plan.dispute_count;
    stream_close(&stream);
    load_close(&load);
    return daemon_stop(&stock->county) && is_fine;
}

static bool check_county(struct stock *stock)
{
    char digest[40] = "";

    return daemon_status(&stock->county, "events") == stock->events &&
                   daemon_digest(&stock->county, digest) && strcmp(digest, stock->digest) == 0
               ? true
               : complain("stock: the county is not what it was");
}

/* ---- disk ---- */

static bool sum_log(const char *path, double *out_bytes)
{
    const struct fq_store_options options = {
        .path = path, .has_vault = true, .is_read_only = true, .format = FQ_STORE_FORMAT};
    struct fq_store *store = NULL;
    struct fq_cursor *cursor = NULL;
    struct fq_why why = {0};
    fq_err err = fq_store_open(&options, &store, &why);

    err = err ? err : fq_cursor_open(store, FQ_FAMILY_LOG, &cursor, &why);
    if (!err) {
        for (fq_cursor_seek(cursor, (struct fq_span){0}); fq_cursor_is_valid(cursor);
             fq_cursor_next(cursor)) {
            *out_bytes += (double)(fq_cursor_key(cursor).size + fq_cursor_value(cursor).size);
        }
        err = fq_cursor_error(cursor, &why);
        fq_cursor_close(cursor);
    }
    fq_store_close(store);
    return err ? complain("%s: %s", path, why.detail) : true;
}

static void measure_disk(struct stock *stock)
{
    double log = 0, events = (double)stock->events;
    struct row row = {.name = "log, bytes in it", .unit = "B/event"};

    row.is_sound = sum_log(stock->data, &log);
    series_add(&row.values, log / events);
    table_row(&stock->bench->table, &row);
    struct row disk = {.name = "disk after a clean stop", .unit = "B/event", .is_sound = true};
    series_add(&disk.values, tree_bytes(stock->data, NULL) / events);
    table_row(&stock->bench->table, &disk);
    struct row wal = {.name = "of it write-ahead log", .unit = "B/event", .is_sound = true};
    series_add(&wal.values, tree_bytes(stock->data, ".log") / events);
    table_row(&stock->bench->table, &wal);
}

/* ---- start and replay ---- */

static void add_rate(const struct bench *bench, struct row *row, double rate)
{
    series_add(&row->values, rate);
    if (bench->raw_per_s > 0) {
        series_add(&row->ratios, rate / bench->raw_per_s);
    }
}

static void measure_start(struct stock *stock)
{
    char name[64];
    struct row row = {.name = name, .unit = "ms", .is_sound = true};

    snprintf(name, sizeof name, "start, %llu disputes", (unsigned long long)stock->disputes);
    for (int i = 0; i < stock->bench->rounds && row.is_sound; i++) {
        row.is_sound = daemon_start(&stock->county, false);
        series_add(&row.values, 1000 * stock->county.ready_s);
        row.is_sound = row.is_sound && check_county(stock) &&
                       daemon_logged(&stock->county, "view_lsn=") >= (double)stock->events;
        row.is_sound = daemon_stop(&stock->county) && row.is_sound;
    }
    table_row(&stock->bench->table, &row);
}

static void measure_replay(struct stock *stock)
{
    struct row rate = {.name = "replay into an empty view",
                       .unit = "events/s",
                       .is_sound = true,
                       .target_of = TARGET_VALUE_MIN,
                       .target = 1e6};
    struct row start = {.name = "start with --rebuild", .unit = "ms", .is_sound = true};
    struct row cpu = {.name = "start with --rebuild, CPU", .unit = "us/event", .is_sound = true};

    for (int i = 0; i < stock->bench->rounds && rate.is_sound; i++) {
        rate.is_sound = daemon_start(&stock->county, true);
        double used = cpu_s(stock->county.pid), ms = daemon_logged(&stock->county, " ms=");
        add_rate(stock->bench, &rate, 1000 * (double)stock->events / (ms > 0 ? ms : 1));
        series_add(&start.values, 1000 * stock->county.ready_s);
        series_add(&cpu.values, 1e6 * used / (double)stock->events);
        rate.is_sound = rate.is_sound && check_county(stock);
        rate.is_sound = daemon_stop(&stock->county) && rate.is_sound;
    }
    start.is_sound = cpu.is_sound = rate.is_sound;
    table_row(&stock->bench->table, &rate);
    table_row(&stock->bench->table, &start);
    table_row(&stock->bench->table, &cpu);
    table_note(&stock->bench->table, "%llu events of %llu disputes; files in the page cache",
               (unsigned long long)stock->events, (unsigned long long)stock->disputes);
}

/* ---- link ---- */

static bool wait_linked(struct daemon *daemon)
{
    double began = now_s();

    while (now_s() - began < LINK_S) {
        if (daemon_status(daemon, "linked") == 1) {
            return true;
        }
        (void)poll(NULL, 0, 1);
    }
    return complain("%06u does not link", daemon->node->area);
}

/* Wait until the parent has all of it on disk. */
static bool wait_acked(struct daemon *daemon)
{
    uint8_t buffer[64];
    struct fq_writer pairs = fq_writer_over(buffer, sizeof buffer);
    struct fq_span result;

    fq_write_text(&pairs, "tier");
    fq_write_text(&pairs, "city");
    fq_write_text(&pairs, "wait_ms");
    fq_write_uint(&pairs, ANSWER_MS - 1000);
    return daemon_ask(daemon, "wait", fq_writer_span(&pairs), 2, &result) &&
           fq_map_bool(result, "reached");
}

/* Both as they were before they ever met. */
static bool reset_link(struct stock *stock)
{
    char city_data[LAB_PATH_SIZE + 64];

    daemon_path(&stock->city, "data", city_data);
    return tree_remove(city_data) && tree_remove(stock->data) &&
           tree_copy(stock->kept, stock->data);
}

struct link_rows {
    struct row rate, county_cpu, city_cpu;
};

static bool run_link(struct stock *stock, struct link_rows *rows)
{
    double events = (double)stock->events;
    char digest[40] = "";
    bool is_fine = reset_link(stock) && daemon_start(&stock->county, false);
    double county = cpu_s(stock->county.pid); /* it sends from the moment the link is up */
    is_fine = is_fine && daemon_start(&stock->city, false) && wait_linked(&stock->county);
    double began = now_s(), city = cpu_s(stock->city.pid);

    is_fine = is_fine && wait_acked(&stock->county);
    double took = now_s() - began;
    county = cpu_s(stock->county.pid) - county;
    city = cpu_s(stock->city.pid) - city;
    if (is_fine) {
        add_rate(stock->bench, &rows->rate, events / took);
        series_add(&rows->county_cpu.values, 1e6 * county / events);
        series_add(&rows->city_cpu.values, 1e6 * city / events);
    }
    is_fine = is_fine && daemon_status(&stock->city, "events") == stock->events &&
              daemon_digest(&stock->city, digest) && strcmp(digest, stock->digest) == 0;
    bool is_county_stopped = daemon_stop(&stock->county);
    return daemon_stop(&stock->city) && is_county_stopped && is_fine;
}

static void measure_link(struct stock *stock)
{
    struct link_rows rows = {
        .rate = {.name = "link, county to city", .unit = "events/s"},
        .county_cpu = {.name = "link, county CPU", .unit = "us/event"},
        .city_cpu = {.name = "link, city CPU", .unit = "us/event"},
    };
    bool is_sound = tree_copy(stock->data, stock->kept);

    for (int i = 0; i < stock->bench->rounds && is_sound; i++) {
        is_sound = run_link(stock, &rows);
    }
    rows.rate.is_sound = rows.county_cpu.is_sound = rows.city_cpu.is_sound = is_sound;
    table_row(&stock->bench->table, &rows.rate);
    table_row(&stock->bench->table, &rows.county_cpu);
    table_row(&stock->bench->table, &rows.city_cpu);
}

void bench_stock(struct bench *bench)
{
    static const struct {
        const char *name;
        void (*measure)(struct stock *stock);
    } parts[] = {{"stock-disk", measure_disk},
                 {"stock-start", measure_start},
                 {"stock-replay", measure_replay},
                 {"stock-link", measure_link}};
    struct stock stock = {.bench = bench};
    struct lab *lab = site_open(bench, "stock", "410100,410105");

    if (lab) {
        stock.county = site_daemon(bench, lab, BENCH_COUNTY);
        stock.city = site_daemon(bench, lab, BENCH_CITY);
        daemon_path(&stock.county, "data", stock.data);
        daemon_path(&stock.county, "kept", stock.kept);
    }
    if (!lab || !fill(&stock)) {
        bench->table.failed++;
        free(lab);
        return;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (is_wanted(bench, parts[i].name)) {
            parts[i].measure(&stock);
        }
    }
    (void)tree_remove(lab->dir);
    free(lab);
}

/* ---- idle ---- */

static bool run_idle(struct daemon *city, struct daemon *county, struct row *row,
                     bool *out_is_anonymous_only)
{
    bool is_fine = daemon_start(city, false) && daemon_start(county, false) && wait_linked(county);

    series_add(&row->values, private_bytes(county->pid, out_is_anonymous_only) / 1e6);
    bool is_stopped = daemon_stop(county);
    return daemon_stop(city) && is_stopped && is_fine;
}

void bench_idle(struct bench *bench)
{
    struct row row = {.name = "idle county, private memory",
                      .unit = "MB",
                      .target_of = TARGET_VALUE_MAX,
                      .target = 30};
    struct lab *lab = site_open(bench, "idle", "410100,410105");
    bool is_anonymous_only = false;

    row.is_sound = lab != NULL;
    for (int i = 0; i < bench->rounds && row.is_sound; i++) {
        struct daemon county = site_daemon(bench, lab, BENCH_COUNTY);
        struct daemon city = site_daemon(bench, lab, BENCH_CITY);
        row.is_sound = run_idle(&city, &county, &row, &is_anonymous_only);
    }
    table_row(&bench->table, &row);
    if (is_anonymous_only) {
        table_note(&bench->table, "anonymous pages alone: smaps_rollup of a daemon is root's");
    }
    free(lab);
}
